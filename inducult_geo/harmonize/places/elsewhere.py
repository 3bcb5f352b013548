"""Tell rows that lie in another country than they say: a wrong digit, or the country of another row. Never altered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.outlines import in_another
from inducult_geo.frames import Problem
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import Placed
from inducult_geo.text import counted, first_few

_NAMED_MAX: Final = 3


def note_elsewhere(placed: Placed, rows: pd.DataFrame, told: Sequence[str | None], source: str, ground: Ground) -> None:
    """Note of each placed row that lies in another country than `told` (n,) says; which of both is wrong is open.

    A row of a region that says the region's country is left alone: it was looked for there.
    """
    asked = [
        row
        for row, country in enumerate(told)
        if country and placed.cells.reason[row] is None and (ground.area is None or country != ground.country)
    ]
    middles = shapely.centroid(placed.geometry[asked])
    points = np.column_stack([shapely.get_x(middles), shapely.get_y(middles)])
    found = in_another(points, [told[row] for row in asked])
    said = []
    for number in np.flatnonzero(found != ""):
        row = asked[number]
        placed.cells.detail[row] = placed.cells.detail[row] or (
            f"lies in {found[number]}, but its country is {told[row]}: check the coordinate and the country"
        )
        said.append(f"{rows['place'].iloc[row]} says {told[row]} and lies in {found[number]}")
    if said:
        message = (
            f"{counted(len(said), 'row')} in another country than the one told: {first_few(said, _NAMED_MAX, '; ')}. "
            "Check coordinate and country."
        )
        placed.problems.append(Problem(source, "in_another_country", message, len(said)))
