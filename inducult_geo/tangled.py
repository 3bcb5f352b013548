"""Outlines and lines that cross themselves so often that to repair or join them would take minutes and gigabytes."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

FEW_SIDES: Final = 1_000
"""What has no more is repaired in any case: it cannot cross itself often enough."""

CROSSINGS: Final = 200_000
"""Crossings up to which an outline is repaired, in some seconds."""

TANGLED: Final = "crosses itself at every turn"
"""What to say of it."""

_SAMPLE, _OTHERS = 100, 10_000

_Floats = NDArray[np.float64]


def is_tangled(shape: BaseGeometry) -> bool:
    """Tell whether the rings and lines of a shape cross themselves and each other beyond repair, by some sides."""
    if shapely.get_num_coordinates(shape) <= FEW_SIDES:
        return False
    parts = shapely.get_parts(shapely.get_parts(shape))
    lines = parts[shapely.get_dimensions(parts) == 1]
    points, ring = shapely.get_coordinates([*shapely.get_rings(parts), *lines], return_index=True)
    sides = np.hstack([points[:-1], points[1:]])[ring[:-1] == ring[1:]]
    if len(sides) <= FEW_SIDES:
        return False
    random = np.random.default_rng(0)
    some, others = (sides[random.permutation(len(sides))[:size]] for size in (_SAMPLE, _OTHERS))
    met = sum(int(_meet(one, others).sum()) for one in some)
    crossings = met / len(some) / len(others) * len(sides) ** 2 / 2
    return bool(crossings > CROSSINGS)


def _meet(side: _Floats, others: _Floats) -> NDArray[np.bool_]:
    """Tell which of some sides (start and end, (n, 4)) a side crosses, or shares more with than a point."""
    start, end, starts, ends = side[:2], side[2:], others[:, :2], others[:, 2:]
    turns = [_turn(start, end, starts), _turn(start, end, ends), _turn(starts, ends, start), _turn(starts, ends, end)]
    crossing = (turns[0] * turns[1] < 0) & (turns[2] * turns[3] < 0)
    room = np.minimum(np.maximum(starts, ends), np.maximum(start, end))
    room = room - np.maximum(np.minimum(starts, ends), np.minimum(start, end))
    one_line = ~np.any(turns, axis=0) & (room >= 0).all(axis=1) & (room > 0).any(axis=1)
    return np.asarray(crossing | one_line, dtype=bool)


def _turn(start: _Floats, end: _Floats, point: _Floats) -> _Floats:
    """Return the side of a line on which a point lies, by its sign; each (2,) or (n, 2)."""
    along, to = (end - start).T, (point - start).T
    return np.asarray(along[0] * to[1] - along[1] * to[0], dtype=np.float64)
