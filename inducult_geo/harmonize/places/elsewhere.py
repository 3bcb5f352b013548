"""Tell rows that cannot lie in their country: a wrong digit, or the country of another row. Nothing is altered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.outlines import elsewhere, outlines_of
from inducult_geo.frames import Problem
from inducult_geo.harmonize.places.corrections import ROWS_MAX, suggest_turned
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import NOT_IN_ITS_COUNTRY, Placed
from inducult_geo.harmonize.places.readings import Land
from inducult_geo.text import counted, first_few

_NAMED_MAX: Final = 3


def note_elsewhere(placed: Placed, rows: pd.DataFrame, told: Sequence[str | None], source: str, ground: Ground) -> None:
    """Note of each placed row that it cannot lie in the country that `told` (n,) says (see `elsewhere`).

    Which of both is wrong is open. A row of a region that says the region's country is left alone: it was looked for
    there.
    """
    asked = [
        row
        for row, country in enumerate(told)
        if country and placed.cells.reason[row] is None and (ground.area is None or country != ground.country)
    ]
    middles = shapely.centroid(placed.geometry[asked])
    points = np.column_stack([shapely.get_x(middles), shapely.get_y(middles)])
    found, away_m = elsewhere(points, [told[row] for row in asked])
    said: list[str] = []
    stands = rows["place"].tolist()
    for number in np.flatnonzero(away_m):
        row = asked[number]
        own, where = str(told[row]), f"{_told_km(away_m[number] / 1000)} from there"
        if found[number]:
            where = f"in {found[number]}, {where}"
        hint = _hint(placed, row, own, ground) if len(said) < ROWS_MAX else None
        detail = f"its country is {own}, but it lies {where}: check the coordinate and the country"
        placed.cells.detail[row] = "; ".join(filter(None, (placed.cells.detail[row], detail, hint)))
        said.append(f"{stands[row]} says {own} and lies {where}")
    if said:
        message = f"{counted(len(said), 'row')} not in the country told: {first_few(said, _NAMED_MAX, '; ')}"
        placed.problems.append(
            Problem(source, NOT_IN_ITS_COUNTRY, f"{message}. Check coordinate and country.", len(said))
        )


def _told_km(away_km: float) -> str:
    """Say how far a row lies from its country: to two figures, since outlines are coarse."""
    return f"some {round(away_km, -2 if away_km >= 1000 else -1 if away_km >= 100 else 0):,.0f} km"


def _hint(placed: Placed, row: int, country: str, ground: Ground) -> str | None:
    """Name the slip that may have led a row out of its country; drawn shapes hold none."""
    if not placed.is_point(row):
        return None
    land = Land(outlines_of([country])[0], ground.country or "", ground.grids)
    return suggest_turned(placed.cells.x[row], placed.cells.y[row], placed.readings[row], land)
