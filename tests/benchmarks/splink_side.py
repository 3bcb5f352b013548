"""Score given pairs with Splink; run by `splink_pairs` in an environment that holds Splink, and in none of ours.

`python splink_side.py RECORDS.parquet PAIRS.parquet THREADS fields|words|ours` prints JSON: CPU seconds of `predict`.
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


def covered(one: str, other: str) -> str:
    """SQL: share of the weight of one side's words that have partners among the other's, as our comparisons have it."""
    best = f"list_max(list_transform({other}, v -> jaro_winkler_similarity(w, v, 0.8)))"
    found = f"list_transform({one}, w -> greatest(5 * {best} - 4, 0))"
    stem, _, side = one.rpartition("_words_")
    return f"list_dot_product({found}, {stem}_weights_{side}) / {stem}_sum_{side}"


def both_ways(one: str, other: str) -> tuple[str, str]:
    """SQL: what is covered of the left by the right, and of the right by the left."""
    left, right = f"our_{one}_words_l", f"our_{other}_words_r"
    return covered(left, right), covered(right, left)


def mean(field: str) -> str:
    first, second = both_ways(field, field)
    return f"({first} + {second}) / 2"


def within(*pairs: tuple[str, str]) -> str:
    """SQL: the better direction of the best of some pairs of fields; what is unknown is left out."""
    return f"greatest({', '.join(way for pair in pairs for way in both_ways(*pair))})"


def in_levels(name: str, unknown: str, conditions: list[str]) -> cl.CustomComparison:
    """Compare by conditions, the best level first."""
    levels = [{"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}]
    levels += [{"sql_condition": one, "label_for_charts": f"{name} {at}"} for at, one in enumerate(conditions)]
    levels.append({"sql_condition": "ELSE", "label_for_charts": "else"})
    return cl.CustomComparison(output_column_name=name, comparison_levels=levels)


def of_words(name: str, field: str, value: str, least: list[float]) -> cl.CustomComparison:
    """Compare two lists of words of one field: the same, or alike from some shares on."""
    one, other = f"our_{field}_words_l", f"our_{field}_words_r"
    alike = [f"{one} = {other}", *(f"{value} >= {share}" for share in least)]
    return in_levels(name, f"{one} IS NULL OR {other} IS NULL", alike)


def unknown(*fields: str) -> str:
    return " OR ".join(f"our_{field}_{side} IS NULL" for field in fields for side in "lr")


DISTANCE = (
    "sqrt(pow(our_x_l - our_x_r, 2) + pow(our_y_l - our_y_r, 2))"
    " / sqrt(pow(our_accuracy_m_l, 2) + pow(our_accuracy_m_r, 2) + 10000)"
)
OPERATOR = within(("operator", "operator"), ("operator", "name"), ("name", "operator"))
TOLD = (
    f"CASE WHEN our_city_words_l IS NULL THEN {covered('our_name_words_l', 'our_everything_words_r')}"
    f" ELSE {covered('our_name_words_r', 'our_everything_words_l')} END"
)
OURS = [
    of_words("name", "name", mean("name"), [0.85, 0.6, 0.3]),
    of_words("name within", "name", within(("name", "name")), [0.8, 0.5]),
    cl.ExactMatch("rarest").configure(term_frequency_adjustments=True),
    in_levels(
        "numbers",
        "our_numbers_l IS NULL AND our_numbers_r IS NULL",
        ["list_has_any(our_numbers_l, our_numbers_r)", "our_numbers_l IS NULL OR our_numbers_r IS NULL"],
    ),
    in_levels(
        "power house",
        f"{unknown('power_house')} OR our_power_house_l + our_power_house_r = 0",
        ["our_power_house_l = our_power_house_r"],
    ),
    in_levels(
        "operator",
        "our_operator_words_l IS NULL AND our_operator_words_r IS NULL",
        [
            f"our_operator_words_l = our_operator_words_r OR {OPERATOR} >= 1",
            *(f"{OPERATOR} >= {share}" for share in (0.8, 0.5)),
        ],
    ),
    in_levels(
        "words",
        "our_operator_words_l IS NULL AND our_operator_words_r IS NULL",
        ["our_every_words_l = our_every_words_r", *(f"{mean('every')} >= {share}" for share in (0.6, 0.3))],
    ),
    of_words("street", "street", mean("street"), [0.85, 0.5]),
    in_levels("house number", unknown("house_words"), ["list_has_any(our_house_words_l, our_house_words_r)"]),
    in_levels(
        "postcode",
        f"{unknown('postcode')} OR our_country_l <> our_country_r",
        [f"left(our_postcode_l, {size}) = left(our_postcode_r, {size})" for size in (12, 4, 3, 2)],
    ),
    in_levels(
        "name told",
        f"(our_city_words_l IS NULL) = (our_city_words_r IS NULL) OR {unknown('name_words', 'everything_words')}",
        [f"{TOLD} >= {share}" for share in (1, 0.6, 0.3)],
    ),
    in_levels("place", unknown("x"), [f"{DISTANCE} <= {10**knot - 1}" for knot in (0.15, 0.4, 0.8, 1.2, 1.7, 2.5)]),
    in_levels("identifier", unknown("ids"), ["list_has_any(our_ids_l, our_ids_r)"]),
    in_levels(
        "kind",
        f"({unknown('type')}) AND ({unknown('theme')})",
        ["our_type_l = our_type_r", "our_theme_l = our_theme_r"],
    ),
    in_levels(
        "capacity",
        unknown("capacity"),
        [f"abs(log2(our_capacity_l / our_capacity_r)) <= {knot}" for knot in (0.15, 0.5, 1, 2)],
    ),
    in_levels("fuel", "our_fuel_l = 0 OR our_fuel_r = 0", ["our_fuel_l & our_fuel_r <> 0"]),
    in_levels(
        "years", unknown("start_year"), [f"abs(our_start_year_l - our_start_year_r) <= {years}" for years in (0, 2, 9)]
    ),
]
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
    "ours": OURS,
}
"""What is compared: whole texts, words with words as Splink's library has it, or all of ours that SQL expresses."""


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
