"""Competition: how far a pair is ahead of the next best of either record, among partners of one source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from inducult_geo.match.comparisons import Compared
from inducult_geo.match.ragged import Floats, Ints


@dataclass(frozen=True)
class Contest:
    """Pairs in groups that compete: one group for each record and each source of its partners.

    Attributes
    ----------
    order
        Pairs, group by group.
    starts
        Where in `order` each group begins.
    record
        The record of each group.
    """

    order: Ints
    starts: Ints
    record: Ints

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
        first, second = (np.repeat(part, self.sizes) for part in self._two(value))
        told = value - np.where(value < first, first, second)
        lead = np.empty(len(base))
        lead[self.order] = np.where(np.isinf(told), np.nan, told)
        return lead

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
        _, second = self._two(value)
        again = np.where(value < np.repeat(second, self.sizes), value, -np.inf)
        third = np.maximum.reduceat(again, self.starts)
        tied = np.where(value == np.repeat(second, self.sizes), more[self.order], -np.inf)
        kept = np.isfinite(second)
        lead = np.where(np.isinf(third), np.nan, second - np.where(np.isinf(third), 0.0, third))
        return second[kept], lead[kept], np.maximum.reduceat(tied, self.starts)[kept]

    def _two(self, value: Floats) -> tuple[Floats, Floats]:
        """Return the best and the second best of each group (equal where two are best); -inf where there is none."""
        first = np.maximum.reduceat(value, self.starts)
        top = value == np.repeat(first, self.sizes)
        second = np.maximum.reduceat(np.where(top, -np.inf, value), self.starts)
        return first, np.where(np.add.reduceat(top.astype(np.int64), self.starts) > 1, first, second)


def contests(pairs: Compared) -> tuple[Contest, Contest]:
    """Group pairs by the record of the source that comes first by name, and by that of the other source."""
    codes, sources = pd.factorize(pairs.prepared.source, sort=True)
    source = codes.astype(np.int64)
    swap = source[pairs.left] > source[pairs.right]
    one, other = np.where(swap, pairs.right, pairs.left), np.where(swap, pairs.left, pairs.right)
    width = max(len(sources), 1)
    return _contest(one * width + source[other], width), _contest(other * width + source[one], width)


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


def _contest(groups: Ints, width: int) -> Contest:
    """Put pairs in groups."""
    bits = max(len(groups).bit_length(), 1)
    # Sorting group and row as one number is several times as fast as an indirect sort.
    packed = np.sort((groups << bits) | np.arange(len(groups)))
    order, ordered = packed & ((1 << bits) - 1), packed >> bits
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(order) else order
    return Contest(order, starts, ordered[starts] // width)
