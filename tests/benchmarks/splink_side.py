"""Score given pairs with Splink; run by `splink_pairs` in an environment that holds Splink, and in none of ours.

`python splink_side.py RECORDS.parquet PAIRS.parquet THREADS fields|words` prints JSON: the CPU seconds of `predict`.
"""

import json
import logging
import resource
import sys
import warnings

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator

NEAR = cl.DistanceInKMAtThresholds("lat", "lon", [0.3, 1, 3, 10])
LEVELS = [0.95, 0.88, 0.8]
COMPARISONS = {
    "fields": [
        cl.JaroWinklerAtThresholds("name", LEVELS),
        cl.ExactMatch("city"),
        cl.ExactMatch("postcode"),
        NEAR,
    ],
    "words": [
        *(
            cl.PairwiseStringDistanceFunctionAtThresholds(words, "jaro_winkler", LEVELS)
            for words in ("name_words", "operator_words", "every_word", "street_words", "city_words")
        ),
        cl.ArrayIntersectAtSizes("numbers", [1]),
        cl.ExactMatch("postcode"),
        NEAR,
    ],
}
"""What is compared: whole texts, or words with words, as near to ours as Splink's library comes."""


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    records, pairs, threads, what = sys.argv[1:]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=COMPARISONS[what],
        blocking_rules_to_generate_predictions=["l.unique_id = r.unique_id"],
        retain_matching_columns=False,
    )
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    connection = duckdb.connect()
    # Splink 5.0 still writes lambdas as DuckDB 2 reads them only when told so.
    connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    if int(threads):
        connection.execute(f"SET threads = {int(threads)}")
    api = DuckDBAPI(connection=connection)
    table = connection.read_parquet(records).arrow()
    linker = Linker(api.register(table.read_all() if hasattr(table, "read_all") else table), settings)
    connection.execute("CREATE TABLE given_pairs AS SELECT * FROM read_parquet($1)", [pairs])
    linker.table_management.register_blocked_pairs_for_predict(api.register("given_pairs"))
    before = spent()
    made = linker.inference.predict(warning_mode="never")
    used = spent() - before
    count = connection.execute(f"SELECT count(*), avg(match_probability) FROM {made.physical_name}").fetchone()
    told = {
        "cpu_s": used,
        "pairs": count[0],
        "mean": count[1],
        "splink": splink.__version__,
        "duckdb": duckdb.__version__,
    }
    told["threads"] = connection.execute("SELECT current_setting('threads')").fetchone()[0]
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
