"""Measure growth: `python tests/benchmarks/bench_scale.py [10000 100000 ...]` on made-up works of Central Europe.

Two sources tell of the same works, one in ten of them twice within a source; names are misspelled, shortened or lose
their town, places are moved. Counted is CPU time: names, candidates, comparisons, clusters; and the largest memory.
Nothing here is used by the package. One million records take some minutes of making up before anything is measured.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from printed import table

from inducult_geo.frames import WORK_CRS, Records, as_records

SIZES = (10_000, 100_000)
TRADES = {
    "DE": ("Ziegelei", "Papierfabrik", "Spinnerei", "Zementwerk", "Brauerei", "Maschinenfabrik", "Gießerei", "Weberei"),
    "AT": ("Sägewerk", "Hammerwerk", "Papierfabrik", "Stahlwerk", "Brauerei", "Zementwerk", "Mühle", "Textilfabrik"),
    "CZ": ("Cihelna", "Papírna", "Přádelna", "Cementárna", "Pivovar", "Strojírna", "Slévárna", "Sklárna"),
    "PL": ("Cegielnia", "Papiernia", "Przędzalnia", "Cementownia", "Browar", "Huta", "Odlewnia", "Młyn"),
    "SI": ("Opekarna", "Papirnica", "Predilnica", "Cementarna", "Pivovarna", "Železarna", "Livarna", "Mlin"),
    "IT": ("Fornace", "Cartiera", "Filanda", "Cementificio", "Birrificio", "Officina", "Fonderia", "Vetreria"),
}
SYLLABLES = (
    *("ba", "be", "bo", "bra", "dor", "fel", "gra", "hal", "hin", "kar", "kla", "kol", "lau", "lin", "mar", "mei"),
    *("nor", "ost", "pra", "ros", "sta", "stein", "tal", "ven", "wal", "zell"),
)
STREETS = ("Hauptstraße", "Bahnhofstraße", "Fabrikgasse", "Nádražní", "Fabryczna", "Via Roma", "Mlinska", "Am Werk")
EXTENT = (4_200_000.0, 2_500_000.0, 5_100_000.0, 3_400_000.0)


def words(random: np.random.Generator, count: int, syllables: int) -> np.ndarray:
    """Make up proper words."""
    parts = np.array(SYLLABLES)[random.integers(0, len(SYLLABLES), (count, syllables))]
    return np.array(["".join(row).capitalize() for row in parts], dtype=object)


def works(random: np.random.Generator, count: int) -> pd.DataFrame:
    """Make up works in towns: one town for about twelve works."""
    towns = max(count // 12, 5)
    lands = np.array([*TRADES])[random.integers(0, len(TRADES), towns)]
    center = random.uniform(EXTENT[:2], EXTENT[2:], (towns, 2))
    town = random.integers(0, towns, count)
    trades = [TRADES[land][at] for land, at in zip(lands[town], random.integers(0, 8, count), strict=True)]
    place = center[town] + random.normal(0, 1500, (count, 2))
    frame = pd.DataFrame({"trade": trades, "owner": words(random, count, 3), "city": words(random, towns, 3)[town]})
    frame["x"], frame["y"], frame["country"] = place[:, 0], place[:, 1], lands[town]
    frame["postcode"] = (10_000 + town * 7 % 89_999).astype(str)
    frame["address"] = [
        f"{STREETS[a]} {b}" for a, b in zip(random.integers(0, 8, count), random.integers(1, 90, count), strict=True)
    ]
    return frame


def source(random: np.random.Generator, truth: pd.DataFrame, name: str, size: int) -> Records:
    """Tell of works as a source does: some twice, misspelled, moved, and not all it knows."""
    at = random.integers(0, len(truth), size)
    rows, said = truth.iloc[at].reset_index(drop=True), []
    for style, cut, (trade, owner, city) in zip(
        random.integers(0, 5, size),
        random.integers(1, 5, size),
        rows[["trade", "owner", "city"]].itertuples(index=False),
        strict=True,
    ):
        wrong = owner[:cut] + owner[cut + 1 :]
        said.append((f"{trade} {owner}", f"{owner} {trade}", f"{trade} {city}", f"{trade} {wrong}", owner)[style])
    frame = pd.DataFrame(
        {
            "record_key": [f"{name}:{number}" for number in range(size)],
            "source": name,
            "names": [json.dumps({"name": text}, ensure_ascii=False) for text in said],
            "operator": rows["owner"].where(random.random(size) < 0.5),
        }
    )
    hidden = random.random((3, size)) < 0.4
    for column, lost in zip(("address", "postcode", "city"), hidden, strict=True):
        frame[column] = rows[column].mask(lost)
    frame["country"] = rows["country"]
    place = rows[["x", "y"]].to_numpy() + random.normal(0, 200, (size, 2))
    frame["detail"] = [str(work) for work in at]
    return as_records(frame, geometry=gpd.points_from_xy(*place.T), crs=WORK_CRS)


def measure(size: int) -> dict:
    """Measure one size: CPU seconds, pairs per CPU second, memory beyond the input, and how true the matches are."""
    from inducult_geo.frames import concat_records
    from inducult_geo.match.candidates import candidates_of
    from inducult_geo.match.cluster import cluster, links_of
    from inducult_geo.match.comparisons import Compared
    from inducult_geo.match.prepare import prepare
    from inducult_geo.match.score import score

    random = np.random.default_rng(size)
    truth = works(random, int(size * 0.4))
    records = concat_records([source(random, truth, name, size // 2) for name in ("a", "b")])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    marks = [time.process_time()]
    prepared = prepare(records)
    marks.append(time.process_time())
    pairs = Compared(prepared, *candidates_of(prepared))
    marks.append(time.process_time())
    scored = score(pairs)
    marks.append(time.process_time())
    strong = scored.is_match & scored.is_backed
    groups = cluster(records, links_of(prepared.key, (pairs.left, pairs.right), scored.probability, strong))
    marks.append(time.process_time())
    names, found, compared, joined = np.diff(marks)
    work = records["detail"].to_numpy()
    same = (work[pairs.left] == work[pairs.right]) & scored.is_match
    return {
        "records": size,
        "pairs": len(pairs.left),
        "names_s": round(float(names), 2),
        "candidates_s": round(float(found), 2),
        "compare_s": round(float(compared), 2),
        "cluster_s": round(float(joined), 2),
        "candidates_to_clusters_s": round(float(found + compared + joined), 2),
        "names_per_cpu_s": round(size / float(names)),
        "pairs_per_cpu_s": round(len(pairs.left) / float(compared)),
        "peak_mb_over_input": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "match_precision": round(float(same.sum() / max(scored.is_match.sum(), 1)), 3),
        "clusters": len(set(groups.group.values())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    figures = [measure(size) for size in parser.parse_args().sizes]
    for small, large in pairwise(figures):
        large["growth"] = round(large["candidates_to_clusters_s"] / max(small["candidates_to_clusters_s"], 0.01), 1)
    names = [name for name in figures[-1] if name != "records"]
    rows = [{"records": name} | {f"{told['records']:,}": told.get(name, "") for told in figures} for name in names]
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
