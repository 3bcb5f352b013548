"""A point for every shape."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from inducult_geo.ragged import Floats


def points_in(shapes: NDArray[np.object_]) -> Floats:
    """Return a point inside each shape, as (n, 2) in the shapes' units; NaN where there is none."""
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]) if len(shapes) else np.zeros((0, 2))
    # A point is inside itself; asking for that takes ten times as long as reading it.
    wide = np.flatnonzero(np.isnan(xy[:, 0]))
    points = shapely.point_on_surface(shapes[wide])
    xy[wide] = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return xy
