"""Find places that contradict the town of their own record: a geocode of a namesake, a wrong digit, a head office.

Where a town is known from several places, one far away from them is not there. What such a record tells of its place
says nothing about another record of that town.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial import KDTree

from inducult_geo.ragged import Flags, Floats, Ints, starts_of

KNOWN_FROM: Final = 4
"""Different places from which a town is known, also that another one bears its name."""

ASTRAY_FROM_M: Final = 20_000.0
"""Distance from the middle of a town from which a place contradicts it: works lie outside of towns."""

ASTRAY_FROM_TIMES: Final = 4.0
"""... and so many times as far as most places of that town: some lists tell a county."""

_ONE_PLACE_M: Final = 100.0


def astray_m(towns: Ints, x: Floats, y: Floats) -> Floats:
    """Tell how far each place lies from the middle of its town where it contradicts it; else 0.

    The middle is the median of the different places of all records of that town, east and north apart: one of them that
    is wrong does not move it. Where `KNOWN_FROM` of them lie side by side, there is another town of the name.

    Parameters
    ----------
    towns
        Number of the town of each record; -1 where it tells none.
    x, y
        Its place in meters; NaN where it has none.
    """
    found = np.zeros(len(towns))
    rows = _of_wide_towns(towns, x, y)
    if not len(rows):
        return found
    votes, number = _votes(towns[rows], x[rows], y[rows])
    votes = rows[votes]
    known = np.bincount(number) >= KNOWN_FROM
    middle = [_medians(number, part[votes]) for part in (x, y)]
    away = np.hypot(*(part[votes] - center[number] for part, center in zip((x, y), middle, strict=True)))
    bound = np.maximum(ASTRAY_FROM_TIMES * _medians(number, away), ASTRAY_FROM_M)
    here = np.searchsorted(towns[votes[starts_of(number)]], towns[rows])
    away = np.hypot(*(part[rows] - center[here] for part, center in zip((x, y), middle, strict=True)))
    some = np.flatnonzero(known[here] & (away > bound[here]))
    places, told = (np.column_stack([x[of], y[of]]) for of in (rows[some], votes))
    some = some[~_are_known_there(here[some], places, number, told)]
    found[rows[some]] = away[some]
    return found


def _of_wide_towns(towns: Ints, x: Floats, y: Floats) -> Ints:
    """Return the records of towns whose places lie so far apart that one may contradict the town: few towns do."""
    rows = np.flatnonzero((towns >= 0) & ~np.isnan(x))
    if not len(rows):
        return rows
    rows = rows[np.argsort(towns[rows], kind="stable")]
    starts = starts_of(towns[rows])
    extents = [np.maximum.reduceat(part[rows], starts) - np.minimum.reduceat(part[rows], starts) for part in (x, y)]
    is_wide: Flags = np.hypot(*extents) > ASTRAY_FROM_M
    return rows[np.repeat(is_wide, np.diff(np.r_[starts, len(rows)]))]


def _votes(towns: Ints, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Return a record of each different place of each town, town by town, and the number of its town from 0 on."""
    spots = [np.round(part / _ONE_PLACE_M).astype(np.int64) for part in (x, y)]
    order = np.lexsort((spots[1], spots[0], towns))
    is_new = np.ones(len(order), dtype=bool)
    columns = [part[order] for part in (towns, *spots)]
    is_new[1:] = np.any([part[1:] != part[:-1] for part in columns], axis=0)
    votes = order[is_new]
    town = towns[votes]
    return votes, np.cumsum(np.r_[False, town[1:] != town[:-1]])


def _medians(groups: Ints, values: Floats) -> Floats:
    """Return the (lower) median of each group; groups are numbers from 0 on, in order, each with a value."""
    order = np.lexsort((values, groups))
    starts = starts_of(groups)
    sizes = np.diff(np.r_[starts, len(groups)])
    return np.asarray(values[order[starts + (sizes - 1) // 2]], dtype=float)


def _are_known_there(towns: Ints, places: Floats, towns_told: Ints, told: Floats) -> Flags:
    """Tell which places lie among so many different ones of their town as a town is known from; both are (n, 2)."""
    # One tree for all towns, which lie farther apart than it looks.
    one, other = (
        np.column_stack([spots, numbers * (2 * ASTRAY_FROM_M)])
        for spots, numbers in ((told, towns_told), (places, towns))
    )
    gap_m = KDTree(one).query(other, k=[KNOWN_FROM], distance_upper_bound=ASTRAY_FROM_M)[0]
    return np.asarray(np.isfinite(gap_m[:, 0]), dtype=bool)
