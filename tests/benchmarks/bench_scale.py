"""Measure matching at scale, on made-up works of Central Europe, beside what is wanted of it.

`python tests/benchmarks/bench_scale.py [SIZE ...] [--million] [--no-splink]`. Two sources tell of the same works, some
of them twice within a source; names are misspelled, shortened or lose their town, places are moved by 200 m. The
tables: CPU seconds and memory from names to sites; as many records in one city as spread over Central Europe; the same
pairs scored by Splink (see `splink_pairs`). `--million` adds a million records: some minutes. F1 is that of works that
both sources tell of: found where one joined pair of records is of the work; a joined pair is right where both of its
records are of one work. Memory is what the process holds at most beyond the records, each run in a process of its own,
set up as those of the command line are; of sizes up to 100,000 it is the run of median time of five.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from printed import table
from splink_pairs import score_with_splink

from inducult_geo.catalog.models import Contract
from inducult_geo.cli.process import set_up_process
from inducult_geo.frames import WORK_CRS, Records, as_records, concat_records
from inducult_geo.match.clusters.cluster import Clusters, cluster
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.golden.best import golden
from inducult_geo.match.identity.assign import assign_ids
from inducult_geo.match.identity.continuity import fingerprints
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.pairs.candidates import compared
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.resolve import links
from inducult_geo.match.scoring.evidence import evidence
from inducult_geo.match.scoring.permits import sure_or_first
from inducult_geo.match.scoring.score import Scored, score, shipped_weights

T = TypeVar("T")
R = TypeVar("R")
CITY, SPLINK = 40_000, 100_000
SMALL, REPEATS = 100_000, 5
"""Up to so many records a run takes so little that another one differs by a tenth: it is done so often."""

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


def source(random: np.random.Generator, truth: pd.DataFrame, name: str, size: int, moved_m: float = 200) -> Records:
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
    place = rows[["x", "y"]].to_numpy() + random.normal(0, moved_m, (size, 2))
    frame["detail"], frame["accuracy_m"] = [str(work) for work in at], moved_m * 2.45
    return as_records(frame, geometry=gpd.points_from_xy(*place.T, crs=WORK_CRS))


def city(random: np.random.Generator, count: int) -> pd.DataFrame:
    """Make up works of one city, all within a few kilometers, in sixty postal districts."""
    frame = works(random, count)
    place = np.array(EXTENT[:2]) + 300_000 + random.normal(0, 2000, (count, 2))
    district = random.integers(0, 60, count)
    return frame.assign(
        x=place[:, 0], y=place[:, 1], country="DE", city="Halbrastadt", postcode=(4_000 + district).astype(str)
    )


def records_of(truth: pd.DataFrame, random: np.random.Generator, size: int, moved_m: float = 200) -> Records:
    """Let two sources tell of works; a record's work is in `detail`."""
    made = concat_records([source(random, truth, name, size // 2, moved_m) for name in ("a", "b")])
    return Records(made.assign(region="all", licence="CC0-1.0").sort_values("record_key", ignore_index=True))


class Memory:
    """Memory that the process holds at most from now on, in MB beyond what it holds now."""

    def __init__(self) -> None:
        gc.collect()
        # What making up has left behind must not pass for memory of the records.
        pa.default_memory_pool().release_unused()
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        self.before = self._of("VmRSS")

    def most_mb(self) -> int:
        return round((self._of("VmHWM") - self.before) / 1024)

    @staticmethod
    def _of(name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@dataclass
class Made:
    """What matching made of records, and what each step cost; `system_s` is the system's part of `cpu_s`."""

    cpu_s: dict[str, float]
    system_s: dict[str, float]
    mb: dict[str, int]
    pairs: Compared
    groups: dict[str, str]
    sites: int


def matched(records: Records) -> Made:
    """Match records step by step, as `resolve` does, without what it tells of pairs."""
    cpu_s, system_s, mb, memory = {}, {}, {}, Memory()

    def step(name: str, work: Callable[[], T]) -> T:
        before, system = time.process_time(), getrusage(RUSAGE_SELF).ru_stime
        done = work()
        cpu_s[name], system_s[name] = time.process_time() - before, getrusage(RUSAGE_SELF).ru_stime - system
        mb[name] = memory.most_mb()
        return done

    step("words", lambda: prepare(Records(records.drop_duplicates("country").reset_index(drop=True))))
    named = [step("names", lambda: prepare(records))]
    pairs = step("candidates", lambda: compared(named.pop()))
    scored = step("comparing", lambda: score(pairs))
    groups = step("clusters", lambda: clustered(records, scored))
    # As `resolve` does: what the pairs say is let go of before the rows are made.
    scored = None
    marks = fingerprints(records)
    ids = step("ids", lambda: assign_ids(groups.group, empty_registry(), records, marks=marks, found={}))
    marks = None
    homed = Records(records.assign(site_id=ids.members.reindex(records["record_key"]).to_numpy()))
    contracts = {
        name: Contract(id=name, title=name, files="x", licence="CC0-1.0", attribution=name) for name in ("a", "b")
    }
    sites = step("golden rows", lambda: golden(homed, contracts))
    return Made(cpu_s, system_s, mb, pairs, dict(groups.group), len(sites))


def as_compared(records: Records, pairs: Compared) -> Records:
    """Return records in the order in which they were compared."""
    order = pd.Index(records["record_key"]).get_indexer(pairs.prepared.key)
    return Records(records.iloc[order].reset_index(drop=True))


def truths(records: Records, made: Made) -> dict[str, float]:
    """Recall of candidates, and precision, recall and F1 of what was joined (see the head of this file)."""
    records = as_compared(records, made.pairs)
    work, source_of = records["detail"].to_numpy(dtype=object), records["source"].to_numpy(dtype=object)
    told = [set(work[source_of == name]) for name in ("a", "b")]
    both = told[0] & told[1]
    left, right = made.pairs.left, made.pairs.right
    found = len(set(work[left][work[left] == work[right]]) & both) / len(both)
    home = pd.Series(made.groups).reindex(records["record_key"]).to_numpy(dtype=object)
    frame = pd.DataFrame({"home": home, "work": work, "source": source_of})
    pairs = frame[frame["source"] == "a"].merge(frame[frame["source"] == "b"], on="home")
    right_ones = pairs["work_x"] == pairs["work_y"]
    precision, recall = right_ones.mean(), len(set(pairs.loc[right_ones, "work_x"])) / len(both)
    f1 = 2 * precision * recall / (precision + recall)
    return {"candidate recall": found, "precision": precision, "recall": recall, "F1": f1}


def clustered(records: Records, scored: Scored) -> Clusters:
    """Join what is sure enough, as `resolve` does."""
    return cluster(records, links(scored, Decisions(), {}, sure_or_first(scored, ())))


STEPS = ("candidates", "comparing", "clusters", "ids", "golden rows")
WHOLE = "candidates to sites, CPU s"
GROWTH = "growth of CPU s by growth of pairs"
WANTED = {
    "names prepared a CPU s": ">= 200,000",
    "pairs compared a CPU s": ">= 500,000",
    WHOLE: "<= 3 (100,000), 30 (1,000,000)",
    "MB over records, ids and golden rows": "<= 2,000 (1,000,000)",
    "candidates a record, at most": "bounded",
    "F1": "at 1,000,000 <= 0.02 below 10,000",
    f"{GROWTH}, from {SIZES[0]:,}": "<= 1",
}


def measure(size: int) -> dict[str, Any]:
    """Measure one size."""
    random = np.random.default_rng(size)
    records = records_of(works(random, int(size * 0.4)), random, size)
    made = matched(records)
    pairs, whole = len(made.pairs.left), sum(made.cpu_s[name] for name in STEPS)
    most = np.bincount(np.r_[made.pairs.left, made.pairs.right], minlength=size)
    return {
        "pairs": pairs,
        "reading the vocabulary, once a process, CPU s": round(made.cpu_s["words"], 2),
        "names prepared a CPU s": round(size / made.cpu_s["names"]),
        "pairs compared a CPU s": round(pairs / made.cpu_s["comparing"]),
        **{f"{name}, CPU s": round(made.cpu_s[name], 2) for name in STEPS},
        WHOLE: round(whole, 3),
        "of that the system's (new memory), CPU s": round(sum(made.system_s[name] for name in STEPS), 3),
        "MB over records, names": made.mb["names"],
        "MB over records, candidates to clusters": made.mb["clusters"],
        "MB over records, ids and golden rows": made.mb["golden rows"],
        "candidates a record, mean": round(2 * pairs / size, 1),
        "candidates a record, at most": int(most.max()),
        "sites": made.sites,
        **{name: round(value, 4) for name, value in truths(records, made).items()},
    }


PLACES = {
    "spread over 900 km, true to 200 m": (works, 200),
    "one city, true to 200 m": (city, 200),
    "one city, true to 30 m": (city, 30),
}


def dense(where: str, size: int = CITY) -> dict[str, object]:
    """Measure one city (68 % of it within 3 km of its middle), or the same number of records over the country."""
    make, moved_m = PLACES[where]
    random = np.random.default_rng(size)
    records = records_of(make(random, int(size * 0.4)), random, size, moved_m)
    made = matched(records)
    most = np.bincount(np.r_[made.pairs.left, made.pairs.right], minlength=size)
    row: dict[str, object] = {"records": f"{size:,}, {where}", "pairs": len(made.pairs.left)}
    row |= {"a record, mean": round(2 * len(made.pairs.left) / size, 1), "at most": int(most.max())}
    row |= {name: round(value, 3) for name, value in truths(records, made).items()}
    return row | {"CPU s": round(sum(made.cpu_s[name] for name in STEPS), 2), "MB": made.mb["clusters"]}


def apart(work: Callable[..., R], asked: Sequence[object]) -> list[R]:
    """Do each piece of work in a process of its own, so that none finds memory that another has left."""
    set_up_process()
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=set_up_process, max_tasks_per_child=1) as pool:
        return [*pool.map(work, asked)]


WHAT = {
    "fields": "4 comparisons of whole texts",
    "words": "8 comparisons, most of words",
    "ours": "17 of our comparisons",
}


def beside_splink(size: int) -> list[dict[str, object]]:
    """Score the same pairs with Splink; an empty list where it is not to be had."""
    random = np.random.default_rng(size)
    records = records_of(works(random, int(size * 0.4)), random, size)
    weights = shipped_weights()
    ours = {
        f"{len(COMPARISONS)} comparisons": lambda pairs: evidence(pairs, weights.points, weights.intercept),
        f"{len(COMPARISONS)} comparisons, rivals, overlap": score,
    }
    rows: list[dict[str, object]] = []
    for what, work in ours.items():
        spent = []
        # Half a second is told closer by its median.
        for _ in range(REPEATS):
            # Made anew each time: likenesses of words that are remembered would be a gift.
            pairs = compared(prepare(records))
            before = time.process_time()
            work(pairs)
            spent.append(time.process_time() - before)
        rows.append({"who": "inducult-geo", "what": what, "CPU s": float(np.median(spent)), "whole process": ""})
    alone, whole = (row["CPU s"] for row in rows)
    count = len(pairs.left)
    for told in score_with_splink(as_compared(records, pairs), pairs):
        who = f"Splink {told['splink']}, DuckDB {told['duckdb']}, {told['threads']} thread(s)"
        what = WHAT[told["what"]]
        rows.append({"who": who, "what": what, "CPU s": told["cpu_s"], "whole process": round(told["process_s"], 2)})
    for row in rows:
        row |= {"pairs a CPU s": round(count / row["CPU s"]), "times our comparisons": round(row["CPU s"] / alone, 2)}
        row |= {"times all of ours": round(row["CPU s"] / whole, 2), "CPU s": round(row["CPU s"], 2)}
    return rows if len(rows) > len(ours) else []


def often(sizes: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Measure each size, a small one several times: of the runs the one that took the median of the time."""
    asked = [size for size in sizes for _ in range(REPEATS if size <= SMALL else 1)]
    runs: dict[int, list[dict[str, Any]]] = {}
    for size, made in zip(asked, apart(measure, asked), strict=True):
        runs.setdefault(size, []).append(made)
    return {size: sorted(some, key=itemgetter(WHOLE))[len(some) // 2] for size, some in runs.items()}


def by_size(sizes: Sequence[int]) -> str:
    """Measure sizes and lay them out beside what is wanted."""
    told = often(sizes)
    first = told[sizes[0]]
    for size in sizes[1:]:
        spent, pairs = (told[size][name] / first[name] for name in (WHOLE, "pairs"))
        told[size][f"{GROWTH}, from {sizes[0]:,}"] = round(spent / pairs, 2)
    for before, size in pairwise(sizes):
        spent, pairs = (told[size][name] / told[before][name] for name in (WHOLE, "pairs"))
        told[size][f"{GROWTH}, from the size before"] = round(spent / pairs, 2)
    rows = [
        {"records": name} | {f"{size:,}": told[size].get(name, "") for size in sizes} | {"wanted": WANTED.get(name, "")}
        for name in told[sizes[-1]]
    ]
    return table(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--million", action="store_true", help="measure a million records, too")
    parser.add_argument("--no-splink", action="store_true", help="leave the comparison with Splink out")
    parser.add_argument("--only-sizes", action="store_true", help="leave the city and Splink out")
    given = parser.parse_args()
    parts = [by_size([*given.sizes, *([1_000_000] if given.million else [])])]
    if not given.only_sizes:
        parts.append(table(apart(dense, [*PLACES])))
    if not given.only_sizes and not given.no_splink:
        (rows,) = apart(beside_splink, [SPLINK])
        parts.append(table(rows) if rows else "Splink is not to be had here: nothing was compared with it")
    sys.stdout.write("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
