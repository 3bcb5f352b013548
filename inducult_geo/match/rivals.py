"""Competition: how far a pair is ahead of the next best of either record, among partners of one source.

Units of one plant ("Escombreras 1", "Escombreras 2": the same words beside another number) are no rivals of each other:
where another list has the plant as one record, all of them are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
import pandas as pd

from inducult_geo.match.comparisons import Compared
from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, Small, blocks, spread, starts_of

Values = TypeVar("Values", Floats, Flags)


@dataclass(frozen=True)
class Contest:
    """Pairs in groups that compete: one group for each record and each source of its partners.

    Attributes
    ----------
    order
        Pairs, group by group, and kin by kin in it.
    starts
        Where in `order` each group begins.
    record
        The record of each group.
    partners
        The source of the partners of each group, by its number (see `Prepared.sources`).
    kin
        Where in `order` the pairs begin whose partners are units of one plant: they do not compete. None where every
        pair is alone.
    """

    order: Small
    starts: Ints
    record: Ints
    partners: Ints
    kin: Ints | None

    @cached_property
    def sizes(self) -> Ints:
        """Pairs in each group."""
        return np.asarray(np.diff(np.r_[self.starts, len(self.order)]), dtype=np.int64)

    def best(self, values: Floats) -> Floats:
        """Return the highest value of each group."""
        found = [np.maximum.reduceat(values[part.order], part.starts) for part in self._parts()]
        return np.concatenate([np.zeros(0), *found])

    def lead(self, base: Floats) -> Floats:
        """Lead of each pair over the best other of its group; NaN where there is none."""
        lead = np.empty(len(base))
        for part in self._parts():
            value = base[part.order]
            told = value - part.best_other(value)
            told[np.isinf(told)] = np.nan
            lead[part.order] = told
        return lead

    def crowd(self, total: Floats, single: Flags) -> Floats:
        """Return for each pair the odds of all others of its group together.

        Parameters
        ----------
        total
            Log-odds, one a pair.
        single
            Of which sources one record alone can be the partner: the others take nothing from each other.
        """
        rest = np.empty(len(total))
        for part in self._parts():
            odds = np.exp(np.minimum(total[part.order], _MOST))
            others = np.maximum(part.each(np.add.reduceat(odds, part.starts)) - part.of_kin(odds), 0.0)
            if not single.all():
                others[~part.each(single[part.partners])] = 0.0
            rest[part.order] = others
        return rest

    def without_best(self, base: Floats, more: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what each group would hold at best if its best pair were gone.

        Parameters
        ----------
        base
            The value that decides which is best, one a pair.
        more
            Another value of each pair.

        Returns
        -------
        base, lead, more
            Of the second best pair: its value, its lead over the third (NaN where there is none), and its `more`; one
            for each group of at least two pairs.
        """
        none = np.zeros(0)
        found = [(none, none, none), *(part.without_best(base[part.order], more[part.order]) for part in self._parts())]
        value, lead, other = (np.concatenate(column) for column in zip(*found, strict=True))
        return value, lead, other

    def _parts(self) -> Iterator[_Part]:
        """Cut the groups into parts of about a block of pairs each: what is worked out of one stays small."""
        ends = np.unique(np.r_[np.searchsorted(self.starts, [here.start for here in blocks(len(self.order))]),
                               len(self.starts)])  # fmt: skip
        starts = np.r_[self.starts, len(self.order)]
        for low, high in pairwise(ends.tolist()):
            first, last = starts[low], starts[high]
            kin = None
            if self.kin is not None:
                kin = self.kin[slice(*np.searchsorted(self.kin, [first, last]))] - first
            yield _Part(self.order[first:last], self.starts[low:high] - first, self.partners[low:high], kin)


@dataclass(frozen=True)
class _Part:
    """Some groups of a contest (see there), with `starts` and `kin` as places in their own `order`."""

    order: Small
    starts: Ints
    partners: Ints
    kin: Ints | None

    def each(self, values: Values) -> Values:
        """Return the value of its group for each pair."""
        return np.repeat(values, np.diff(np.r_[self.starts, len(self.order)]))

    def of_kin(self, values: Floats) -> Floats:
        """Return for each pair the sum of the values of its kin, itself among them."""
        if self.kin is None:
            return values
        return np.repeat(np.add.reduceat(values, self.kin), np.diff(np.r_[self.kin, len(values)]))

    def best_other(self, value: Floats) -> Floats:
        """Return for each pair the best value of its group that is not of its kin; -inf where there is none."""
        if self.kin is None:
            first, second = (self.each(part) for part in _two(value, self.starts))
            return np.where(value < first, first, second)
        mine = np.maximum.reduceat(value, self.kin)
        # Where each group begins among the kins: every beginning of a group is one of a kin.
        starts = np.searchsorted(self.kin, self.starts)
        sizes = np.diff(np.r_[starts, len(self.kin)])
        first, second = (np.repeat(part, sizes) for part in _two(mine, starts))
        return np.repeat(np.where(mine < first, first, second), np.diff(np.r_[self.kin, len(value)]))

    def without_best(self, value: Floats, more: Floats) -> tuple[Floats, Floats, Floats]:
        """Return what each group of two pairs at least would hold if its best were gone (see `Contest`)."""
        _, second = _two(value, self.starts)
        of_each = self.each(second)
        third = np.maximum.reduceat(np.where(value < of_each, value, -np.inf), self.starts)
        tied = np.where(value == of_each, more, -np.inf)
        kept = np.isfinite(second)
        lead = np.where(np.isinf(third), np.nan, second - np.where(np.isinf(third), 0.0, third))
        return second[kept], lead[kept], np.maximum.reduceat(tied, self.starts)[kept]


def _two(value: Floats, starts: Ints) -> tuple[Floats, Floats]:
    """Return the best and the second best of each group (equal where two are best); -inf where there is none."""
    first = np.maximum.reduceat(value, starts)
    top = value == np.repeat(first, np.diff(np.r_[starts, len(value)]))
    second = np.maximum.reduceat(np.where(top, -np.inf, value), starts)
    return first, np.where(np.add.reduceat(top.astype(np.int64), starts) > 1, first, second)


def contests(pairs: Compared) -> tuple[Contest, Contest]:
    """Group pairs by the record of the source that comes first by name, and by that of the other source."""
    source, names = pairs.prepared.sources
    swap = source[pairs.left] > source[pairs.right]
    one, other = np.where(swap, pairs.right, pairs.left), np.where(swap, pairs.left, pairs.right)
    width = max(len(names), 1)
    plants = plants_of(pairs.prepared)
    return _contest(one, other, source, width, plants), _contest(other, one, source, width, plants)


def leads(pairs: Compared, base: Floats) -> tuple[Floats, Floats]:
    """How far each pair is ahead of the next best of either record, among partners of one source.

    Unknown where there is no other: being alone is no proof.

    Parameters
    ----------
    base
        Log-odds without neighbors, one a pair.
    """
    one, other = contests(pairs)
    return one.lead(base), other.lead(base)


def plants_of(prepared: Prepared) -> Ints:
    """Return the number of the plant that each record is a unit of; -1 where it is none.

    Records of one source are units of one plant where their first names hold a number and agree in all other words, of
    which one at least is the plant's own (not "Kraftwerk 1", "Kraftwerk 2"). Works in the north and the south are two.
    """
    names, words = prepared.names, prepared.lexicon
    rows = np.flatnonzero(names.counts > 0)
    first = Ragged(names.values[names.offsets[rows]], np.arange(len(rows) + 1))
    at, told = spread(first, prepared.variants)
    numbered, own = (
        np.bincount(at[some], minlength=len(rows)) > 0 for some in (words.is_unit[told], ~words.exact[told])
    )
    mark = np.zeros(len(rows), dtype=np.int64)
    beside = ~words.is_unit[told]
    # A sum of random numbers stands for the words in any order.
    marks = np.random.default_rng(0).integers(1 << 40, size=len(words.words))
    np.add.at(mark, at[beside], marks[told[beside]])
    units = rows[numbered & own]
    codes = pd.MultiIndex.from_arrays([prepared.source[units], mark[numbered & own]]).factorize()[0]
    found = np.full(len(prepared), -1, dtype=np.int64)
    if len(codes):
        found[units] = np.where(np.bincount(codes)[codes] > 1, codes, -1)
    return found


def _contest(mine: Ints, theirs: Ints, source: Ints, width: int, plants: Ints) -> Contest:
    """Put pairs in groups.

    Parameters
    ----------
    mine, theirs
        The records that pairs are grouped by, and their partners.
    source, plants
        Of each record: its source (0 to `width` - 1), and which plant it is a unit of (-1: none).
    """
    bits = max(len(mine).bit_length(), 1)
    # Sorting group and row as one number is several times as fast as an indirect sort.
    packed = source[theirs]
    packed += mine * width
    packed <<= bits
    packed |= np.arange(len(mine))
    packed.sort()
    order = (packed & ((1 << bits) - 1)).astype(np.int32)
    packed >>= bits
    starts = starts_of(packed)
    kin = None
    if (plants >= 0).any() and (unit := plants[theirs]).max(initial=-1) >= 0:
        by_plant = np.where(unit >= 0, unit, unit.max() + 1 + np.arange(len(unit)))[order]
        again = np.lexsort((by_plant, packed))
        order, by_plant = order[again], by_plant[again]
        kin = np.flatnonzero(np.r_[True, (by_plant[1:] != by_plant[:-1]) | (packed[1:] != packed[:-1])])
    return Contest(order, starts, packed[starts] // width, packed[starts] % width, kin)


_MOST: Final = 30.0
"""Log-odds beyond which odds are all the same: sums of them stay exact."""
