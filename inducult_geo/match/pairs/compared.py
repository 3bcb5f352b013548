"""The pairs that are compared, and intermediate results that several comparisons share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.match.reading.likeness import Likeness, best_variants, likeness, plain_likeness
from inducult_geo.match.reading.misplaced import ASTRAY_FROM_M
from inducult_geo.match.reading.prepared import NO_AREA_M2, Prepared
from inducult_geo.ragged import Flags, Floats, Ints, Ragged
from inducult_geo.tangled import common_parts

PLACE_FLOOR_M: Final = 100.0
"""Sites have an extent: two good points of one works may lie this far apart."""

OTHER_TOWN: Final = 0.5
"""How alike the names of two towns are at most; the same in part are such as a town and its quarter."""

_NAMED_ALIKE: Final = 0.5
"""How alike names are at least for the address of the one to be that of an office of the works of the other."""


@dataclass(frozen=True)
class Compared:
    """Pairs of prepared records, and what several comparisons share.

    Attributes
    ----------
    prepared
        The records of both sides.
    left, right
        Row numbers, one a pair.
    """

    prepared: Prepared
    left: Ints
    right: Ints

    @cached_property
    def names(self) -> tuple[Likeness, Ints]:
        """The best combination of names, and which variants it was of (pairs, 2), -1 where a side has none."""
        p, size = self.prepared, len(self.left)
        pair, alike, variants = best_variants(p, (p.names, self.left), (p.names, self.right))
        best = np.full((size, 2), -1, dtype=np.int64)
        best[pair, 0], best[pair, 1] = variants
        return alike.put(pair, size), best

    @cached_property
    def operators(self) -> Floats:
        """How much of the shorter is in the longer: the operator of either side and operator or name of the other.

        Of the three that which is most alike as a whole.
        """
        p = self.prepared
        best, found = np.full(len(self.left), -1.0), np.full(len(self.left), np.nan)
        for a, b in ((p.operators, p.operators), (p.operators, p.names), (p.names, p.operators)):
            pair, alike, _ = best_variants(p, (a, self.left), (b, self.right))
            within = alike.within
            merit = alike.mean + within
            better = np.flatnonzero(merit > best.take(pair))
            rows = pair.take(better)
            best[rows], found[rows] = merit.take(better), within.take(better)
        return found

    @cached_property
    def all_words(self) -> Floats:
        """How much of all words of name and operator together has partners; unknown without any operator."""
        p = self.prepared
        has_operator = p.operators.has_any
        told = np.flatnonzero(has_operator.take(self.left) | has_operator.take(self.right))
        sides = (self.left[told], self.right[told])
        found = np.full(len(self.left), np.nan)
        found[told] = likeness(p, (p.every_word, p.every_word), sides, sides).mean
        return found

    @cached_property
    def distance_m(self) -> Floats:
        """Distance of the real geometries in meters; NaN where a side has no place."""
        p = self.prepared
        gap = p.apart_m(self.left, self.right)
        real = np.flatnonzero(p.is_wide.take(self.left) | p.is_wide.take(self.right))
        gap[real] = shapely.distance(p.geometry[self.left[real]], p.geometry[self.right[real]])
        return gap

    @cached_property
    def unit_m(self) -> Floats:
        """How true the two places are together, in meters; never less than `PLACE_FLOOR_M`."""
        one, other = (self.prepared.accuracy_m.take(side) for side in (self.left, self.right))
        return np.sqrt(one * one + other * other + PLACE_FLOOR_M * PLACE_FLOOR_M)

    @cached_property
    def is_astray(self) -> Flags:
        """Tell which pairs of one town or postcode lie far apart since a place contradicts it (see `misplaced`)."""
        found = np.zeros(len(self.left), dtype=bool)
        for codes, astray in self.prepared.astray:
            away = np.maximum(astray.take(self.left), astray.take(self.right))
            rows = np.flatnonzero((away > 0) & (self.distance_m > away / 2))
            found[rows] |= codes[self.left[rows]] == codes[self.right[rows]]
        return found

    @cached_property
    def is_at_office(self) -> Flags:
        """Tell in which pairs the one tells where an office is: its name, like the other's, tells the other's town.

        Its own town is another, which its name does not tell, and the two do not lie near each other.
        """
        found = np.zeros(len(self.left), dtype=bool)
        rows = np.flatnonzero(~(self.distance_m <= ASTRAY_FROM_M) & (self.names[0].mean >= _NAMED_ALIKE))
        rows = rows[self.take(rows).is_town_told]
        found[rows] = self.take(rows).within(self.prepared.cities) < OTHER_TOWN
        return found

    @cached_property
    def is_town_told(self) -> Flags:
        """Tell in which pairs the names of the one hold a word of the other's town and none of its own."""
        p, found = self.prepared, np.zeros(len(self.left), dtype=bool)
        for mine, theirs in ((self.left, self.right), (self.right, self.left)):
            rows = np.flatnonzero(p.tells_other_town.take(mine))
            words = p.name_words.take(mine[rows])
            found[rows[words.rows[p.is_in_town(theirs[rows], words.rows, words.values)]]] = True
        return found

    @cached_property
    def house_numbers(self) -> Floats:
        """How alike the house numbers are (see `within`)."""
        return self.within(self.prepared.house_numbers)

    @cached_property
    def telling_m(self) -> Floats:
        """Distance in meters where it tells something, else NaN: a place may be an office's or contradict its town."""
        return np.where(self.is_astray | self.is_at_office, np.nan, self.distance_m)

    @cached_property
    def is_placeless(self) -> Flags:
        """Tell which pairs no distance tells anything about: a side has no place, or one that tells nothing."""
        return np.isnan(self.telling_m)

    @cached_property
    def areas(self) -> tuple[Floats, Floats, Floats]:
        """Area of the left, of the right, and of what they share, in m2.

        What they share is NaN unless both are areas, where their distance tells nothing, and where the two cross each
        other too often (see `tangled`).
        """
        a, b = self.prepared.area_m2[self.left], self.prepared.area_m2[self.right]
        shared = np.full(len(a), np.nan)
        both = np.flatnonzero((a > NO_AREA_M2) & (b > NO_AREA_M2) & ~self.is_placeless)
        shared[both] = 0.0
        touching = both[self.distance_m[both] <= 0]
        mine, theirs = (shapely.make_valid(self.prepared.geometry[side[touching]]) for side in (self.left, self.right))
        shared[touching] = shapely.area(common_parts(mine, theirs))
        return a, b, shared

    def take(self, pairs: Ints | slice) -> Compared:
        """Return some of the pairs (nothing that was worked out is kept)."""
        return Compared(self.prepared, self.left[pairs], self.right[pairs])

    def are(self, said: Collection[tuple[str, str]]) -> Flags | None:
        """Tell which pairs are of two records whose keys these are, whichever comes first; null where none is said."""
        if not said:
            return None
        rows, size = pd.Index(self.prepared.key), len(self.prepared)
        ends = np.array([*said], dtype=object).reshape(-1, 2)
        one, other = (rows.get_indexer(pd.Index(ends[:, side])) for side in (0, 1))
        here = (one >= 0) & (other >= 0)
        told = np.r_[one * size + other, other * size + one][np.r_[here, here]]
        return np.isin(self.left * size + self.right, told)

    def words(self, words: Ragged) -> tuple[Likeness, Ints]:
        """Compare a list of words of either record (see `plain_likeness`)."""
        return plain_likeness(self.prepared, words, self.left, self.right)

    def within(self, words: Ragged) -> Floats:
        """How much of one record's words the other's hold, the better of both, 0 to 1; NaN where a side has none."""
        alike, which = self.words(words)
        return alike.within.take(which)
