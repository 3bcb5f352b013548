"""Detect outlines and lines with so many crossings that to join them would take minutes and gigabytes."""

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
    sides = _sides(shape)
    return len(sides) > FEW_SIDES and _crossings(sides, sides) / 2 > CROSSINGS


def common_parts(ones: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what each two valid shapes share, row by row.

    Null where their rings and lines seem to cross each other more than `CROSSINGS` times: two combs of 3,000 corners,
    each sound by itself, take a minute and 3 GB. As they are, so is what they share: nobody drew it of works.
    """
    corners = shapely.get_num_coordinates(ones).astype(np.int64) * shapely.get_num_coordinates(others)
    many = np.flatnonzero(corners > CROSSINGS).tolist()
    tangled = [row for row in many if _cross_too_often(ones[row], others[row])]
    shared = np.full(len(ones), None, dtype=object)
    sound = np.setdiff1d(np.arange(len(ones)), tangled)
    shared[sound] = shapely.intersection(ones[sound], others[sound])
    return shared


def _cross_too_often(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Tell whether two shapes cross each other too often, by some of the sides that lie where both may be."""
    west, south, east, north = _common_box(one, other)
    sides = []
    for every in (_sides(one), _sides(other)):
        x, y = every[:, ::2], every[:, 1::2]
        near = (x.max(axis=1) >= west) & (x.min(axis=1) <= east) & (y.max(axis=1) >= south) & (y.min(axis=1) <= north)
        sides.append(every[near])
    mine, theirs = sides
    return len(mine) * len(theirs) > CROSSINGS and _crossings(mine, theirs) > CROSSINGS


def _common_box(one: BaseGeometry, other: BaseGeometry) -> tuple[float, float, float, float]:
    """Return the box that the boxes of two shapes share: west, south, east, north."""
    boxes = np.array([shapely.bounds(one), shapely.bounds(other)])
    return (*boxes[:, :2].max(axis=0).tolist(), *boxes[:, 2:].min(axis=0).tolist())


def _sides(shape: BaseGeometry) -> _Floats:
    """Return the sides of the rings and lines of a shape: start and end, (n, 4)."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    lines = parts[shapely.get_dimensions(parts) == 1]
    points, ring = shapely.get_coordinates([*shapely.get_rings(parts), *lines], return_index=True)
    return np.asarray(np.hstack([points[:-1], points[1:]])[ring[:-1] == ring[1:]], dtype=np.float64)


def _crossings(sides: _Floats, others: _Floats) -> float:
    """Estimate how often sides cross other sides, by some of either."""
    random = np.random.default_rng(0)
    some, there = (each[random.permutation(len(each))[:size]] for each, size in ((sides, _SAMPLE), (others, _OTHERS)))
    met = sum(int(_meet(one, there).sum()) for one in some)
    return met / len(some) / len(there) * len(sides) * len(others)


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
