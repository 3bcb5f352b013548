"""Link two lists with a third one that has no labels: `python tests/benchmarks/bench_third.py [SHARED]`.

Power plants of two databases are labelled pairs. Both are linked with a third list: where both records of a plant find
a row there, it must be one row. That two links agree by chance alone is unlikely, so the share that agrees tells of
precision; of the plants that one side finds, the share that the other one finds, too, tells of recall. Labels that are
wrong, and plants of which the third list holds several rows (the permits of two units), count as disagreement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from printed import table

from inducult_geo.frames import Records
from inducult_geo.match.labelled import labelled_sets
from inducult_geo.match.link import link
from inducult_geo.match.tables import records_from_csv

SET = "jrc-geodb"
THIRD: Mapping[str, Mapping[str, str]] = {
    "power_eprtr": {
        "operator": "ParentCompanyName", "address": "StreetName", "postcode": "PostalCode", "city": "City"
    },
    "eutl": {},
}  # fmt: skip
"""Third lists, with the names of their columns where they are not the usual ones."""


def found(left: Records, right: Records) -> pd.DataFrame:
    """Return the match of each left row: `right_id` and whether it is `sure`, by the left row's own key."""
    links = link(left, right, review=False)
    best = links[(links["decision"] == "match") & links["beside"].isna()].set_index("left_id")
    return pd.DataFrame({"right_id": best["right_id"], "sure": ~best["doubtful"].astype(bool)})


def agreement(labels: pd.DataFrame, one: pd.DataFrame, other: pd.DataFrame) -> dict[str, object]:
    """Count what the two records of each plant find in the third list (see `found`)."""
    mine, theirs = one.reindex(labels["left_id"]), other.reindex(labels["right_id"])
    rows = [side["right_id"].to_numpy(dtype=object) for side in (mine, theirs)]
    told = [pd.notna(side) for side in rows]
    sure = [side["sure"].eq(True).to_numpy() for side in (mine, theirs)]
    both, same = told[0] & told[1], rows[0] == rows[1]
    certain = sure[0] & sure[1]
    return {
        "plants": len(labels),
        "found by both": int(both.sum()),
        "one row": round(float(same[both].mean()), 3),
        "sure for both": int(certain.sum()),
        "one row of sure": round(float(same[certain].mean()), 3),
        "the first finds what the second does": round(float(told[0][told[1]].mean()), 3),
        "the second finds what the first does": round(float(told[1][told[0]].mean()), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    folder = parser.parse_args().shared / "data" / "sites"
    if not folder.is_dir():
        sys.stdout.write(f"skipped: no labelled tables under {folder}\n")
        return
    (plants,) = (one for one in labelled_sets(Path(__file__).with_name("labelled.toml"), folder) if one.name == SET)
    labels = pd.DataFrame(sorted(plants.labels), columns=["left_id", "right_id"])
    rows = []
    for name, columns in THIRD.items():
        third = records_from_csv(folder / f"{name}.csv", name, columns)
        counted = agreement(labels, found(plants.left, third), found(plants.right, third))
        rows.append({"lists": f"{SET}, with {name}"} | counted)
    sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
