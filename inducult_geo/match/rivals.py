"""Competition: how far a pair is ahead of the next best of either record, among partners of one source.

Units of one plant ("Escombreras 1", "Escombreras 2": the same words beside another number) are no rivals of each other:
where another list has the plant as one record, all of them are right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.match.comparisons import Compared
from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Floats, Ints, Ragged, spread


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
    kin
        Where in `order` the pairs begin whose partners are units of one plant: they do not compete.
    """

    order: Ints
    starts: Ints
    record: Ints
    kin: Ints

    @cached_property
    def sizes(self) -> Ints:
        """Pairs in each group."""
        return np.asarray(np.diff(np.r_[self.starts, len(self.order)]), dtype=np.int64)

    def best(self, values: Floats) -> Floats:
        """Return the highest value of each group."""
        return np.maximum.reduceat(values[self.order], self.starts) if len(self.starts) else np.zeros(0)

    def lead(self, base: Floats) -> Floats:
        """Lead of each pair over the best other of its group; NaN where there is none."""
        if not len(self.order):
            return np.zeros(0)
        value = base[self.order]
        mine = np.maximum.reduceat(value, self.kin)
        # Where each group begins among the kins: every beginning of a group is one of a kin.
        starts = np.searchsorted(self.kin, self.starts)
        sizes = np.diff(np.r_[starts, len(self.kin)])
        first, second = (np.repeat(part, sizes) for part in _two(mine, starts))
        other = np.where(mine < first, first, second)
        told = value - np.repeat(other, np.diff(np.r_[self.kin, len(self.order)]))
        lead = np.empty(len(base))
        lead[self.order] = np.where(np.isinf(told), np.nan, told)
        return lead

    def crowd(self, total: Floats) -> Floats:
        """Return for each pair the odds of all others of its group together.

        Parameters
        ----------
        total
            Log-odds, one a pair.
        """
        if not len(self.order):
            return np.zeros(0)
        odds = np.exp(np.minimum(total[self.order], _MOST))
        kin = np.repeat(np.add.reduceat(odds, self.kin), np.diff(np.r_[self.kin, len(self.order)]))
        rest = np.empty(len(total))
        rest[self.order] = np.maximum(np.repeat(np.add.reduceat(odds, self.starts), self.sizes) - kin, 0.0)
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
        if not len(self.order):
            return np.zeros(0), np.zeros(0), np.zeros(0)
        value = base[self.order]
        _, second = _two(value, self.starts)
        again = np.where(value < np.repeat(second, self.sizes), value, -np.inf)
        third = np.maximum.reduceat(again, self.starts)
        tied = np.where(value == np.repeat(second, self.sizes), more[self.order], -np.inf)
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
    codes, sources = pd.factorize(pairs.prepared.source, sort=True)
    source = codes.astype(np.int64)
    swap = source[pairs.left] > source[pairs.right]
    one, other = np.where(swap, pairs.right, pairs.left), np.where(swap, pairs.left, pairs.right)
    width = max(len(sources), 1)
    plants = plants_of(pairs.prepared)
    return (
        _contest(one * width + source[other], width, plants[other]),
        _contest(other * width + source[one], width, plants[one]),
    )


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
    which one at least is the plant's own (not "Kraftwerk 1", "Kraftwerk 2").
    """
    names, words = prepared.names, prepared.lexicon
    rows = np.flatnonzero(names.counts > 0)
    first = Ragged(names.values[names.offsets[rows]], np.arange(len(rows) + 1))
    at, told = spread(first, prepared.variants)
    numbered, own = (
        np.bincount(at[some], minlength=len(rows)) > 0 for some in (words.is_number[told], ~words.exact[told])
    )
    mark = np.zeros(len(rows), dtype=np.int64)
    beside = ~words.is_number[told]
    # A sum of random numbers stands for the words in any order.
    marks = np.random.default_rng(0).integers(1 << 40, size=len(words.words))
    np.add.at(mark, at[beside], marks[told[beside]])
    units = rows[numbered & own]
    codes = pd.MultiIndex.from_arrays([prepared.source[units], mark[numbered & own]]).factorize()[0]
    found = np.full(len(prepared), -1, dtype=np.int64)
    if len(codes):
        found[units] = np.where(np.bincount(codes)[codes] > 1, codes, -1)
    return found


def _contest(groups: Ints, width: int, plants: Ints) -> Contest:
    """Put pairs in groups; `plants` says of each pair's partner which plant it is a unit of (-1: none)."""
    bits = max(len(groups).bit_length(), 1)
    # Sorting group and row as one number is several times as fast as an indirect sort.
    packed = np.sort((groups << bits) | np.arange(len(groups)))
    order, ordered = packed & ((1 << bits) - 1), packed >> bits
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else order
    kin = np.arange(len(order))
    if (plants >= 0).any():
        by_plant = np.where(plants >= 0, plants, plants.max(initial=0) + 1 + np.arange(len(plants)))[order]
        again = np.lexsort((by_plant, ordered))
        order, by_plant = order[again], by_plant[again]
        kin = np.flatnonzero(np.r_[True, (by_plant[1:] != by_plant[:-1]) | (ordered[1:] != ordered[:-1])])
    return Contest(order, starts, ordered[starts] // width, kin)


_MOST: Final = 30.0
"""Log-odds beyond which odds are all the same: sums of them stay exact."""
