"""Measure how files that arrive wrong are placed: by country, system and damage.

Every file of every region, in every system of its country and every damage of `tests/corruptions.py`, goes the way of a
run. A damaged file is detected if it is repaired or kept back. Krovak's southing and westing in the wrong order count
as placed rightly: the system itself tells them. A file that lies about its system can only be told where it falls
outside; "believed" counts the rest.

    .venv/bin/python tests/benchmarks/bench_placement.py [points,...] [seeds]      e.g. 5,20,200 3
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

Table = defaultdict[str, Counter[str]]


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(title: str, table: Table) -> None:
    """Print counts by outcome."""
    say(f"\n{title:<38}" + "".join(f"{name:>18}" for name in OUTCOMES))
    for name, counts in sorted(table.items()):
        say(f"{name:<38}" + "".join(f"{counts[outcome_name]:>18}" for outcome_name in OUTCOMES))


def main() -> None:
    """Print the tables and the shares."""
    shared = Path(os.environ.get("INDUCULT_SHARED", ROOT.parent / "shared"))
    if not (shared / "data").is_dir():
        say("needs the folder of real data beside the repository")
        return
    arguments = [*sys.argv[1:], *("5,20,200", "1")[len(sys.argv) - 1 :]]
    sizes, seeds = [int(text) for text in arguments[0].split(",")], range(int(arguments[1]))
    by_kind, by_system, clean, told = (defaultdict(Counter) for _ in range(4))
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
                                    by_system[f"{place.country} {crs}"][found] += 1
                                rows.update(right=right, wrong=wrong)
                for data in lies(place, crs, sizes[0] * 4, seed=seed):
                    told[f"{place.country} {data.kind}"][outcome(data)[0]] += 1
    show("undamaged files", clean)
    show("damaged, declared system true", by_kind)
    show("the same by system", by_system)
    show("declared system untrue", told)
    total = sum((counts for counts in by_kind.values()), Counter())
    n = total.total()
    say(f"\n{n} damaged files of a true system: detected {1 - total['believed'] / n:.2%}, "
        f"placed rightly {(total['repaired'] + total['as declared']) / n:.2%}, kept back {total['kept back'] / n:.2%} "
        f"({torn['kept back'] / n:.2%} since another reading fits, more than 3 m away), "
        f"repaired wrongly {total['REPAIRED WRONGLY']}")  # fmt: skip
    say(f"rows accepted: {rows['right']} within 3 m, {rows['wrong']} elsewhere")


if __name__ == "__main__":
    main()
