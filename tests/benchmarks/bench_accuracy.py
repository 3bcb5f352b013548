"""Measure how true the contracts' accuracies are, by country: `python tests/benchmarks/bench_accuracy.py [SHARED]`.

Records of labelled pairs stand for one site, so their places should lie no farther apart than both contracts allow
together. From one half of the left records is told within which distance nine in ten of a country's pairs lie; of the
other half, which had no part in it, how many do. Which of the two lists is to blame no distance tells: where contracts
state an accuracy of a country's own, it is `accuracy_m` times the same factor for both, rounded up to 100 m. Of fewer
pairs than `STATED_FROM` the ninth tenth hangs on single mistakes: they are shown, and state nothing. The last column
is of what a run would take for the accuracy of both if their contracts stated none.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from bench_resolve import place_of
from printed import table

from inducult_geo.catalog.models import Place
from inducult_geo.frames import own_keys
from inducult_geo.harmonize.places.place import UNSTATED_ACCURACY_M
from inducult_geo.match.learning.labelled import Labelled, labelled_sets

WANTED: Final = 0.9
MANY_PAIRS: Final = 50
STATED_FROM: Final = 200


def told_gaps(labelled: Labelled) -> pd.DataFrame:
    """Return the labelled pairs with places: `country` and `gap_m`, and whether they are of the half to learn from."""
    pairs = sorted(labelled.labels)
    sides = (labelled.left, labelled.right)
    known = [side.set_index(own_keys(side["record_key"])) for side in sides]
    one, other = (side.reindex([*keys]) for side, keys in zip(known, zip(*pairs, strict=True), strict=True))
    gap_m = one.geometry.distance(other.geometry, align=False).to_numpy()
    learned = [zlib.crc32(left.encode()) % 2 == 0 for left, _ in pairs]
    told = pd.DataFrame({"country": other["country"].to_numpy(), "gap_m": gap_m, "learned": learned})
    return told[told["gap_m"].notna()]


def stated_m(country: str, places: tuple[Place, Place]) -> float:
    return sum(place.accuracy_m_by_country.get(country, place.accuracy_m or np.nan) for place in places)


def rows_of(name: str, told: pd.DataFrame, places: tuple[Place, Place]) -> Iterator[dict[str, object]]:
    """Yield what is told of each country that has many pairs, most first, and at last of all pairs."""
    base_m, assumed_m = stated_m("", places), 2 * UNSTATED_ACCURACY_M["unknown"]
    told = told.assign(stated_m=[stated_m(country, places) for country in told["country"].astype("str")])
    counts = told["country"].value_counts()
    for country in [*counts.index[counts >= MANY_PAIRS], None]:
        here = told if country is None else told[told["country"] == country]
        learned, other = here[here["learned"]], here[~here["learned"]]
        wanted_m = float(learned["gap_m"].quantile(WANTED))
        teaches = country is not None and len(here) >= STATED_FROM
        yield {
            "lists": name,
            "country": country or "all",
            "pairs": len(here),
            "accuracy_m of both": int(base_m),
            "within it": share(here["gap_m"] <= base_m),
            "nine in ten of one half, m": round(wanted_m),
            "within it, other half": share(other["gap_m"] <= wanted_m),
            "factor": round(wanted_m / base_m, 2) if teaches else "",
            "stated of both, m": "" if country is None else int(stated_m(str(country), places)),
            "within what is stated, other half": share(other["gap_m"] <= other["stated_m"]),
            f"within {assumed_m:,.0f} m": share(here["gap_m"] <= assumed_m),
        }


def share(within: pd.Series) -> float:
    return round(float(within.mean()), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    folder = parser.parse_args().shared / "data/sites"
    if not folder.is_dir():
        sys.stdout.write(f"skipped: no labelled tables under {folder}\n")
        return
    rows: list[dict[str, object]] = []
    for labelled in labelled_sets(Path(__file__).with_name("labelled.toml"), folder):
        left, right = labelled.name.split("-")
        rows += rows_of(labelled.name, told_gaps(labelled), (place_of(left), place_of(right)))
    sys.stdout.write(f"{table(rows)}\n")


if __name__ == "__main__":
    main()
