"""Ways to find pairs: places near each other; a postcode, a town, a rare word or an identifier in common.

Each road is told for some records at a time, so that what leads away from them stays small, however many records there
are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from inducult_geo.ragged import Flags, Floats, Ints, Ragged, blocks, sets, spread

NEAREST_WITHIN_M: Final = 10_000.0
NEAREST: Final = 24
"""Nearest partners that a record looks at."""

CROWDED: Final = 100
"""... that one looks at whose place is less true than these are near: it does not tell which of them is meant."""

NEAREST_BACK: Final = 5
CROWDED_BACK: Final = 50
"""The same of the nearest on the way back."""

TOUCHING_WITHIN_M: Final = 300.0
RARE_IN_RECORDS: Final = 40
BLOCK_PAIRS: Final = 20_000

Pairs2 = tuple[Ints, Ints]
Road = Callable[[slice], Pairs2]
"""Some records of the left, as places in their list -> which of them each pair is of (0: the first), and its right."""


@dataclass(frozen=True)
class Groups:
    """Left records -> groups that they are in -> right records of these."""

    of_left: Ragged
    rights: Ragged

    def __call__(self, here: slice) -> Pairs2:
        """Follow the road (see `Road`)."""
        return spread(self.of_left.part(here), self.rights)


def by_code(left: Pairs2, right: Pairs2, sizes: tuple[int, int], usable: Callable[[Ints, Ints], Flags]) -> Road:
    """Lead from each record to those that bear the same code.

    Parameters
    ----------
    left, right
        Records and codes, one of each a time that a record bears a code; codes are numbers from 0 on, without gaps.
    sizes
        How many records there are on either side.
    usable
        Tells of which codes to make use, by how many records bear them on the left and on the right.
    """
    width = 1 + int(max(left[1].max(initial=-1), right[1].max(initial=-1)))
    mine, theirs = (np.bincount(codes, minlength=width) for _, codes in (left, right))
    kept = usable(mine, theirs) & (mine > 0) & (theirs > 0)
    one, other = (kept[codes] for _, codes in (left, right))
    return Groups(sets(left[0][one], left[1][one], sizes[0]), sets(right[1][other], right[0][other], width))


def listed(left: Ints, right: Ints, size: int) -> Road:
    """Lead from each of `size` left records to the right ones that it is paired with."""
    pairs = sets(left, right, size)

    def road(here: slice) -> Pairs2:
        some = pairs.part(here)
        return some.rows, some.values

    return road


def near(left: Floats, right: Floats, accuracy_m: Floats) -> Road:
    """Lead to the nearest points of the right; points are (n, 2) in meters, NaN where there is none.

    Parameters
    ----------
    accuracy_m
        How true each left point is. Where the `NEAREST` are nearer than that, the nearest `CROWDED` are told.
    """
    told = np.flatnonzero(~np.isnan(right[:, 0]))
    tree = KDTree(right[told])

    def road(here: slice) -> Pairs2:
        asked, found = _nearest(tree, left[here], accuracy_m[here], NEAREST, CROWDED)
        return asked, told[found]

    return road


def near_back(left: Floats, right: Floats, accuracy_m: Floats) -> Road:
    """Lead to the points of the right to which a left one is among the nearest.

    In a dense town the other side's nearest may be far down one's own list.

    Parameters
    ----------
    accuracy_m
        How true each right point is. Where the `NEAREST_BACK` are nearer, the nearest `CROWDED_BACK` are told.
    """
    told = np.flatnonzero(~np.isnan(left[:, 0]))
    tree, width = KDTree(left[told]), len(right)
    found = []
    for here in blocks(width):
        asked, at = _nearest(tree, right[here], accuracy_m[here], NEAREST_BACK, CROWDED_BACK)
        # Both ends as one number: of a large list of rough places these are many.
        found.append(told[at] * width + here.start + asked)
    pairs = np.concatenate(found)
    found.clear()
    pairs.sort()

    def road(here: slice) -> Pairs2:
        first, last = np.searchsorted(pairs, [here.start * width, here.stop * width])
        mine, theirs = np.divmod(pairs[first:last], max(width, 1))
        return mine - here.start, theirs

    return road


def _nearest(tree: KDTree, points: Floats, accuracy_m: Floats, count: int, crowded: int) -> Pairs2:
    """Find for each point the nearest of a tree within `NEAREST_WITHIN_M`: places among the points, and in the tree.

    So many as `count`; where these are nearer than the point is true, so many as `crowded`.
    """
    asked, found, reach_m = _so_many(tree, points, count)
    rough = np.flatnonzero(reach_m < accuracy_m)
    among, more, _ = _so_many(tree, points[rough], crowded)
    return np.concatenate([asked, rough[among]]), np.concatenate([found, more])


def _so_many(tree: KDTree, points: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    """Find for each point the nearest of a tree within `NEAREST_WITHIN_M`.

    Returns
    -------
    asked, found
        Places among the points, and in the tree.
    reach_m
        How far each point's last of so many lies; infinite where there are fewer.
    """
    asked = np.flatnonzero(~np.isnan(points[:, 0]))
    reach_m = np.full(len(points), np.inf)
    if not tree.n or not len(asked):
        return *none(), reach_m
    wanted = [*range(1, min(count, tree.n) + 1)]
    apart_m, index = tree.query(points[asked], k=wanted, distance_upper_bound=NEAREST_WITHIN_M)
    if len(wanted) == count:
        reach_m[asked] = apart_m[:, -1]
    found = index < tree.n
    return np.repeat(asked, found.sum(axis=1)), index[found], reach_m


def touching(left: NDArray[np.object_], right: NDArray[np.object_]) -> Road | None:
    """Lead to areas whose real outlines are near, however far their middles lie apart; None where all are points."""
    wide = [shapely.get_dimensions(side) > 0 for side in (left, right)]
    if not (wide[0].any() or wide[1].any()):
        return None
    at_left, at_right = shapely.STRtree(right).query(left, predicate="dwithin", distance=TOUCHING_WITHIN_M)
    area = wide[0][at_left] | wide[1][at_right]
    return listed(at_left[area], at_right[area], len(left))


def same_code(left: Ints, right: Ints) -> Road:
    """Lead to all with the same code (-1: unknown), but for groups so large that it tells nothing."""
    sides = [(np.flatnonzero(codes >= 0), codes[codes >= 0]) for codes in (left, right)]
    number = pd.factorize(np.concatenate([codes for _, codes in sides]))[0]
    ends = np.split(number, [len(sides[0][0])])
    one, other = ((rows, codes) for (rows, _), codes in zip(sides, ends, strict=True))
    return by_code(one, other, (len(left), len(right)), lambda a, b: a * b <= BLOCK_PAIRS)


def none() -> Pairs2:
    """No pairs."""
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
