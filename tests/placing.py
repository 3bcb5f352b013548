"""How a damaged file ends: placed rightly, placed wrongly, or kept back; used by the tests and by the measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from corruptions import Dataset

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import place
from inducult_geo.harmonize.places.placement import SAME_PLACE_M, choose_reading
from inducult_geo.harmonize.places.readings import Land
from inducult_geo.harmonize.transforms.crs import transform_points

OUTCOMES = ("as declared", "repaired", "kept back", "believed", "REPAIRED WRONGLY")


def is_torn(data: Dataset) -> bool:
    """Whether more than one reading of a file lies in its region, more than 3 m apart: it must be kept back."""
    x, y = (np.array([float(text) for text in texts]) for texts in (data.x, data.y))
    land = Land(data.region.area, data.region.country)
    found = choose_reading(x, y, land, crs=data.crs, candidates=data.region.usual)
    return found.status == "ambiguous" and any(candidate.shift_m > SAME_PLACE_M for candidate in found.candidates)


def outcome(data: Dataset, *, crs: str | None = "", reading: str | None = None) -> tuple[str, int, int]:
    """Place a file as a run does.

    Returns
    -------
    tuple
        One of `OUTCOMES`: "believed" is a file taken as declared whose rows lie more than 3 m from the truth; then the
        number of rows that were placed within 3 m, and of those placed elsewhere.
    """
    declared = data.crs if crs == "" else crs
    contract = Contract(
        id="test",
        files=("a.csv",),
        place={"crs": declared, "x": "X", "y": "Y", "accuracy_m": 1.0, "reading": reading},
        read={"decimal": data.decimal},
        declared_in=Path("test.toml"),
    )
    ground = Ground(data.region.name, data.region.country, data.region.area, data.region.usual)
    rows = pd.DataFrame({"x": data.x, "y": data.y}, dtype=object)
    try:
        placed = place(rows, contract, ground)
    except ContractError:
        return "kept back", 0, 0
    kept = np.array([reason is None for reason in placed.cells.reason])
    if not kept.any():
        return "kept back", 0, 0
    true = transform_points(
        data.lon, data.lat, source_crs="EPSG:4326", target_crs="EPSG:3035", country=data.region.country
    )
    away_m = shapely.distance(placed.geometry[kept], shapely.points(true.x[kept], true.y[kept]))
    right, wrong = int((away_m <= SAME_PLACE_M).sum()), int((away_m > SAME_PLACE_M).sum())
    changed = any(str(name) not in ("as declared", "as written", "None") for name in placed.reading)
    changed |= any(problem.kind == "decimal_differs" for problem in placed.problems)
    if wrong > right:
        return ("REPAIRED WRONGLY" if changed else "believed"), right, wrong
    return ("repaired" if changed else "as declared"), right, wrong
