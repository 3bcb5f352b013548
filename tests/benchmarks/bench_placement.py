"""Measure how files that arrive wrong are placed: by country, system and damage.

Every file of every region, in every system of its country and every damage of `tests/corruptions.py`, goes the way of a
run. A damaged file is detected if it is repaired or kept back. Krovak's southing and westing in the wrong order count
as placed rightly: the system itself tells them. A file that lies about its system can only be told where it falls
outside; "believed" counts the rest.

    .venv/bin/python tests/benchmarks/bench_placement.py [points,...] [seeds] [--systems]      e.g. 5,20,200 3

`--systems` counts by coordinate system instead of by country.
"""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from corruptions import REGIONS, datasets, lies, noisy, region  # noqa: E402
from placing import OUTCOMES, is_torn, outcome  # noqa: E402
from printed import table  # noqa: E402

Table = defaultdict[str, Counter[str]]


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(title: str, counts: Table) -> None:
    """Print counts by outcome."""
    rows = [{title: name} | {found: told[found] for found in OUTCOMES} for name, told in sorted(counts.items())]
    say("\n" + table(rows))


def main() -> None:
    """Print the tables and the shares."""
    shared = Path(os.environ.get("INDUCULT_SHARED", ROOT.parent / "shared"))
    if not (shared / "data").is_dir():
        say("skipped: the folder of real data is not here")
        return
    asked = [text for text in sys.argv[1:] if text != "--systems"]
    each_system = len(asked) < len(sys.argv) - 1
    arguments = [*asked, *("5,20,200", "1")[len(asked) :]]
    sizes, seeds = [int(text) for text in arguments[0].split(",")], range(int(arguments[1]))
    by_kind, by_place, clean, told = (defaultdict(Counter) for _ in range(4))
    rows: Counter[str] = Counter()
    torn: Counter[str] = Counter()
    for name in REGIONS:
        place = region(shared, name)
        for crs in place.systems:
            for seed in seeds:
                for n in sizes:
                    for how in ("spread", "town", "border"):
                        for data in datasets(place, crs, n, seed=seed, how=how):
                            for noise in (False, True) if n >= 40 else (False,):
                                found, right, wrong = outcome(noisy(data, 0.05, seed) if noise else data)
                                if data.kind == "none":
                                    clean[f"right, {how}" + (", 5 % noise" if noise else "")][found] += 1
                                else:
                                    by_kind[data.kind + (", 5 % noise" if noise else "")][found] += 1
                                    torn[found] += found == "kept back" and is_torn(data)
                                    by_place[f"{place.country} {crs}" if each_system else place.country][found] += 1
                                rows.update(right=right, wrong=wrong)
                for data in lies(place, crs, sizes[0] * 4, seed=seed):
                    told[f"{place.country} {data.kind}" if each_system else place.country][outcome(data)[0]] += 1
    show("undamaged files", clean)
    show("damaged, declared system true", by_kind)
    show("the same by " + ("system" if each_system else "country"), by_place)
    show("declared system untrue", told)
    total = sum((counts for counts in by_kind.values()), Counter())
    n = total.total()
    rightly = total["repaired"] + total["as declared"]
    say(
        f"\n{n:,} damaged files of a true system: detected {1 - total['believed'] / n:.2%}, placed rightly "
        f"{rightly / n:.2%}, kept back {total['kept back'] / n:.2%} ({torn['kept back'] / n:.2%} since another reading "
        f"fits, more than 3 m away), repaired wrongly {total['REPAIRED WRONGLY']}. Of all rows that were accepted "
        f"{rows['right']:,} lie within 3 m of the truth, {rows['wrong']:,} elsewhere."
    )


if __name__ == "__main__":
    main()
