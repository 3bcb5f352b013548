"""Compare two places: their distance, and how areas lie to points and to each other."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.scores import Scores, percent
from inducult_geo.match.reading.prepared import NO_AREA_M2
from inducult_geo.ragged import Flags, Floats, Ints

PRECISE_M: Final = 200.0
"""Accuracy from which on a source knows where its records are: what it tells is no geocode of a namesake."""

OUTSIDE_MEANT: Final = 4
"""One in so many points of a site with a known outline is not meant to lie in it."""


def place(pairs: Compared) -> Scores:
    """Distance in units of how true both places are, as log10(1 + units); 0 where they touch.

    Unknown, too, where a place contradicts its town (see `misplaced`) or is that of an office.
    """
    unit = pairs.unit_m
    found = np.log10(1 + pairs.telling_m / unit)
    return Scores(found, lambda rows: [f"{pairs.distance_m[i]:.0f} m, true to {unit[i]:.0f} m" for i in rows])


def are_precise(pairs: Compared, *, either: bool = False) -> Flags:
    """Tell of which pairs both places, or either, are true to `PRECISE_M`."""
    one, other = (pairs.prepared.accuracy_m.take(side) <= PRECISE_M for side in (pairs.left, pairs.right))
    return np.asarray(one | other if either else one & other, dtype=bool)


def same_area(pairs: Compared) -> Scores:
    """Share that two areas have in common (intersection over union), 0 to 1; unknown unless both are areas.

    Unknown, too, where a place contradicts its town (see `misplaced`) or is that of an office.
    """
    a, b, shared = pairs.areas
    found = shared / np.maximum(a + b - np.nan_to_num(shared), NO_AREA_M2)
    return Scores(found, percent(found))


def inside(pairs: Compared) -> Scores:
    """Share of the smaller area that lies in the larger, where the larger is at least twice as large; else unknown.

    Unknown, too, where a place contradicts its town (see `misplaced`) or is that of an office.
    """
    a, b, shared = pairs.areas
    small, large = np.minimum(a, b), np.maximum(a, b)
    found = np.where(large >= 2 * small, shared / np.maximum(small, NO_AREA_M2), np.nan)
    return Scores(found, percent(found))


def in_outline(pairs: Compared) -> Scores:
    """How much likelier a point lies where it does to an area if both are of one site, as natural logarithm.

    Unknown unless one of the two is a point (a line is none) and the other an area that is smaller than all that counts
    as near; unknown, too, where a place contradicts its town (see `misplaced`) or is that of an office.
    """
    p = pairs.prepared
    value = np.full(len(pairs.left), np.nan)
    if not p.has_areas:
        return Scores(value, percent(value))
    larger = np.maximum(p.area_m2.take(pairs.left), p.area_m2.take(pairs.right))
    is_one_wide = p.is_wide.take(pairs.left) != p.is_wide.take(pairs.right)
    rows = np.flatnonzero((larger > NO_AREA_M2) & is_one_wide & ~pairs.is_placeless)
    bound_m = np.hypot(*(p.accuracy_m[side[rows]] for side in (pairs.left, pairs.right)))
    value[rows] = _told_by_outline(larger[rows], pairs.distance_m[rows], bound_m, pairs.unit_m[rows])

    def detail(some: Ints) -> list[str]:
        gaps = [f"{gap:.0f} m outside" if gap > 0 else "inside" for gap in pairs.distance_m[some]]
        return [f"of {size:.0f} m², {gap}" for size, gap in zip(larger[some], gaps, strict=True)]

    return Scores(value, detail)


def _told_by_outline(area_m2: Floats, distance_m: Floats, bound_m: Floats, near_m: Floats) -> Floats:
    """Return the logarithm of how much likelier points of the areas lie so far from them than points of other sites.

    Points of others lie anywhere in the circle of `near_m`, which `place` takes for near. Points of the area lie in it,
    but for an error that `bound_m` holds in 95 of 100 cases. One in `OUTSIDE_MEANT` is meant for another spot of the
    site (a gate, an office): it tells no more than `place` does. NaN where the area fills the circle.
    """
    # Twice the variance of a normal error in each of two dimensions: it is within R in 1 - exp(-R²/(2s²)) of all cases.
    # Records that somebody made by hand may tell an error of 0 m.
    spread_m2 = np.maximum(bound_m, 1.0) ** 2 / -math.log(0.05)
    chances = near_m**2 / (area_m2 / np.pi + spread_m2)
    meant = (1 - 1 / OUTSIDE_MEANT) * (1 - 1 / np.maximum(chances, 1))
    # Errors carry half of the points that belong at an edge across it.
    likelier = chances * np.where(distance_m > 0, 0.5, 1.0) * np.exp(-(distance_m**2) / spread_m2)
    return np.where(chances > 1, np.log1p(meant * (likelier - 1)), np.nan)
