"""Measure how lists of whole countries are placed: `python tests/benchmarks/bench_wide.py [SHARED]`.

Five open lists of Europe's works, first as they come: which rows cannot lie in the country that they tell, and of how
many swapped axes or a sign would be the reason. Then every country of every list for itself, and each list as a whole,
as it comes and with its axes swapped: "believed" is swapped and taken as declared, which must not happen.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd
import shapely
from printed import table

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.places.elsewhere import note_elsewhere
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import Placed, place
from inducult_geo.text.countries import country_code

ROOT: Final = Path(__file__).resolve().parents[2]
LISTS: Final = ("hotmaps", "eutl", "power_jrc", "power_geodb", "power_eprtr")
FEW: Final = 5
"""Of fewer rows no repair is made."""


def read(path: Path) -> pd.DataFrame:
    """Read the rows that have coordinates and a country."""
    rows = pd.read_csv(path, dtype="str")
    told = pd.DataFrame(
        {"x": rows["lon"], "y": rows["lat"], "country": rows["country"].map(country_code), "place": rows["id"]}
    )
    return told.dropna().reset_index(drop=True).astype(object)


def placed(rows: pd.DataFrame) -> Placed:
    """Place rows as a run does, the countries that they tell being those of their list."""
    there = {"crs": "EPSG:4326", "x": "x", "y": "y", "accuracy_m": 500.0}
    contract = Contract(id="list", files=("list.csv",), place=there, declared_in=Path("list.toml"))
    return place(rows, contract, Ground("the world", None).told_by(rows["country"].tolist()))


def readings(found: Placed) -> set[str]:
    """Return how the rows that have a place are read."""
    return {reading.name for reading in found.readings.values()}


def as_it_comes(name: str, rows: pd.DataFrame) -> dict[str, object]:
    """Tell of a list how it is read, and which of its rows cannot be where they are."""
    found = placed(rows)
    note_elsewhere(found, rows, rows["country"].tolist(), name, Ground("the world", None))
    said = [text for text in found.cells.detail if text and text.startswith("its country is")]
    return {
        "list": name,
        "rows": len(rows),
        "reading": ", ".join(sorted(readings(found))),
        "not in its country": len(said),
        "... but in another": sum(" lies in " in text for text in said),
        "swapped or turned": sum("would lie there" in text for text in said),
    }


def parts(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield a list as a whole, and each of its countries."""
    yield rows
    for _, part in rows.groupby("country"):
        if len(part) >= FEW:
            yield part.reset_index(drop=True)


def fate(rows: pd.DataFrame, plain: Placed) -> str:
    """Tell what becomes of rows that come with their axes swapped; `plain` says where they lie."""
    try:
        found = placed(rows.rename(columns={"x": "y", "y": "x"}))
    except ContractError:
        return "kept back"
    if "ambiguous_place" in found.cells.reason:
        return "kept back"
    if readings(found) == {"as declared"}:
        return "believed"
    known = ~shapely.is_missing(plain.geometry)
    away_m = shapely.distance(plain.geometry[known], found.geometry[known])
    return "repaired" if (away_m < 1).all() else "REPAIRED WRONGLY"


def main() -> None:
    """Print what becomes of the lists."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    folder = shared / "data" / "sites"
    if not folder.is_dir():
        print("skipped: the folder of real data is not here")  # noqa: T201
        return
    lists = {name: read(folder / f"{name}.csv") for name in LISTS}
    print(table([as_it_comes(name, rows) for name, rows in lists.items()]))  # noqa: T201
    fates = []
    for name, rows in lists.items():
        plain = [(part, placed(part)) for part in parts(rows)]
        as_declared = sum(readings(found) == {"as declared"} for _, found in plain)
        swapped = Counter(fate(part, found) for part, found in plain)
        kinds = ("repaired", "kept back", "believed", "REPAIRED WRONGLY")
        fates.append(
            {"list": name, "lists and countries": len(plain), "as declared": as_declared}
            | {f"swapped: {kind}": swapped[kind] for kind in kinds}
        )
    print("\n" + table(fates))  # noqa: T201


if __name__ == "__main__":
    main()
