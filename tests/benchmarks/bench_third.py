"""Link lists that teach the weights nothing: `python tests/benchmarks/bench_third.py [SHARED]`.

Power plants of two databases are labelled pairs. Both are linked with a third list: where both records of a plant find
a row there, it must be one row. That two links agree by chance alone is unlikely, so the share that agrees tells of
precision; of the plants that one side finds, the share that the other one finds, too, tells of recall. Labels that are
wrong, and plants of which the third list holds several rows (the permits of two units), count as disagreement.

JRC's list of hydropower plants names for some of its rows the row of another list that is the same plant: labels that
somebody else made. What the links say of these rows is counted, and of those whose names are not all in one another.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
from bench_link import emptied, measure
from printed import table

from inducult_geo.frames import Records, from_json, own_keys
from inducult_geo.match.learning.labelled import Labelled, labelled_sets
from inducult_geo.match.learning.tables import records_from_csv
from inducult_geo.match.link import link
from inducult_geo.text import fold

SET = "jrc-geodb"
THIRD: Mapping[str, Mapping[str, str]] = {
    "power_eprtr": {
        "operator": "ParentCompanyName", "address": "StreetName", "postcode": "PostalCode", "city": "City"
    },
    "eutl": {},
}  # fmt: skip
"""Third lists, with the names of their columns where they are not the usual ones."""

HYDRO: Final = "messy/jrc_hydro_bom.csv"
TELLS: Final = {"country": "country_code", "capacity": "installed_capacity_MW"}
NAMED: Final = "GEO"
"""Its column with the number of the plant in the right list of `SET`, which has seven digits after its sign there."""


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


def hydro(data: Path, plants: Labelled) -> Labelled:
    """Read JRC's hydropower plants, and which rows of the right list of `plants` they name."""
    left = records_from_csv(data / HYDRO, "jrc_hydro", TELLS)
    said = pd.read_csv(data / HYDRO, dtype="str", keep_default_na=False).set_index("id")[NAMED]
    theirs = "GEODB" + said[said.str.isdecimal()].str.zfill(7)
    labels = {*theirs[theirs.isin(own_keys(plants.right["record_key"]))].items()}
    return Labelled("jrc_hydro, with power_geodb", left, plants.right, labels)


def differing(labelled: Labelled) -> set[tuple[str, str]]:
    """Return the labels of which neither name holds all words of the other."""
    words = []
    for side in (labelled.left, labelled.right):
        names = (" ".join(fold(from_json(text).get("name", ""))) for text in side["names"])
        words.append({key: {*name.split()} for key, name in zip(own_keys(side["record_key"]), names, strict=True)})
    both = {(one, other): (words[0][one], words[1][other]) for one, other in labelled.labels}
    return {label for label, (one, other) in both.items() if not (one <= other or other <= one)}


def counted(labelled: Labelled) -> list[dict[str, object]]:
    """Count what `link` says of labelled left rows, by the shipped weights."""
    links = link(labelled.left, labelled.right, review=False)
    gone = link(labelled.left, emptied(labelled), review=False)
    rows = []
    for what, labels in (("", {*labelled.labels}), (", names differ", differing(labelled))):
        lefts = {left for left, _ in labels}
        told, sure = measure(links, labels), measure(links[~links["doubtful"].astype(bool)], labels)
        still = gone.loc[(gone["decision"] == "match") & gone["left_id"].isin(lefts), "left_id"].nunique()
        row = {"lists": f"{labelled.name}{what}", "labels": len(labels), "P": told["precision"], "R": told["recall"]}
        row |= {"F1": told["f1"], "emptied": still / len(lefts)}
        row |= {"sure P": sure["precision"], "sure R": sure["recall"]}
        rows.append({name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, nargs="?", default=Path(__file__).resolve().parents[3] / "shared")
    data = parser.parse_args().shared / "data"
    folder = data / "sites"
    if not folder.is_dir():
        sys.stdout.write(f"skipped: no labelled tables under {folder}\n")
        return
    (plants,) = (one for one in labelled_sets(Path(__file__).with_name("labelled.toml"), folder) if one.name == SET)
    labels = pd.DataFrame(sorted(plants.labels), columns=["left_id", "right_id"])
    rows = []
    for name, columns in THIRD.items():
        third = records_from_csv(folder / f"{name}.csv", name, columns)
        agreed = agreement(labels, found(plants.left, third), found(plants.right, third))
        rows.append({"lists": f"{SET}, with {name}"} | agreed)
    sys.stdout.write(f"{table(rows)}\n\n{table(counted(hydro(data, plants)))}\n")


if __name__ == "__main__":
    main()
