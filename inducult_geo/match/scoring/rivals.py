"""Rivals of a pair: how far it is ahead of the next best pair of either record.

Units of one plant ("Escombreras 1", "Escombreras 2": the same words beside another number) are no rivals of each other:
where another list has the plant as one record, all of them are right. Nor are rows of a list that tell of one works
once more, such as a row for each phase (see `plants`, `twins`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.plants import plants_of
from inducult_geo.match.scoring.twins import with_twins
from inducult_geo.ragged import Flags, Floats, Ints, Small, blocks, distinct, starts_of

Values = TypeVar("Values", Floats, Flags, Small)


@dataclass(frozen=True)
class _Groups:
    """Pairs in groups that compete.

    Attributes
    ----------
    size
        Number of pairs.
    order
        Pairs, group by group, and kin by kin in it; None where they stand so already.
    starts
        Where in that order each group begins.
    partners
        The source of the partners of each group, by its number (see `Prepared.sources`).
    kin
        Where in that order the pairs begin whose partners are units of one plant: they do not compete. None where every
        pair is alone.
    again
        The same of rows that bear one name at one place: such a row would be no chance find if the best were gone.
    """

    size: int
    order: Small | slice | None
    starts: Ints
    partners: Ints
    kin: Ints | None
    again: Ints | None

    @cached_property
    def sizes(self) -> Ints:
        """Pairs in each group."""
        return _sizes(self.starts, self.size)

    def each(self, values: Values) -> Values:
        """Return the value of its group for each place of the order."""
        return np.repeat(values, self.sizes)


@dataclass(frozen=True)
class Contest(_Groups):
    """One group for each record (of each group: `record`) and each source of its partners."""

    order: Small | None
    record: Ints

    @cached_property
    def has_rivals(self) -> Flags:
        """Which groups hold more than the rows of one works."""
        if self.again is None:
            return self.sizes > 1
        return np.diff(np.searchsorted(self.again, self.starts), append=len(self.again)) > 1

    def of_pairs(self, values: Values) -> Values:
        """Return the value of its group for each pair."""
        each = self.each(values)
        if self.order is None:
            return each
        found = np.empty_like(each)
        found[self.order] = each
        return found

    def best(self, values: Floats) -> Floats:
        """Return the highest value of each group."""
        found = [np.maximum.reduceat(values[part.order], part.starts) for part in self._parts()]
        return np.concatenate([np.zeros(0), *found])

    def standing(self, base: Floats) -> tuple[Floats, NextBest]:
        """Return how far each pair is ahead of the best other of its group, NaN where there is none, and the next best.

        Parameters
        ----------
        base
            The value that decides which is best, one a pair; -inf of what is no rival of others.
        """
        lead = np.empty(self.size)
        found = []
        for part in self._parts():
            lead[part.order], after = part.standing(base[part.order])
            found.append(after)
        return lead, NextBest.of(found)

    def crowd(self, total: Floats, single: Flags, is_common: Flags, is_near: Flags) -> Floats:
        """Return for each pair the odds of all others of its group together.

        Parameters
        ----------
        total
            Log-odds, one a pair.
        single
            Of which sources one record alone can be the partner: those of others take nothing from each other.
        is_common
            Which pairs must share whatever the source: little but a name that others bear, too, speaks for them (see
            `evidence.Evidence`), and it is no sign of several records of one works.
        """
        rest = np.empty(len(total))
        for part in self._parts():
            odds = np.exp(np.minimum(total[part.order], _MOST))
            others = np.maximum(part.each(np.add.reduceat(odds, part.starts)) - part.of_kin(odds), 0.0)
            if not single.all():
                free = ~part.each(single[part.partners]) & ~is_common[part.order]
                near = np.flatnonzero(free & is_near[part.order] & (others > 0))
                beyond = np.maximum(others[near] - part.other_best(odds)[near], 0.0) if len(near) else 0.0
                others[free] = 0.0
                others[near] = beyond
            rest[part.order] = others
        return rest

    def _parts(self) -> Iterator[_Part]:
        """Cut the groups into parts of about a block of pairs each: what is worked out of one stays small."""
        ends = np.unique(np.r_[np.searchsorted(self.starts, [here.start for here in blocks(self.size)]),
                               len(self.starts)])  # fmt: skip
        starts = np.r_[self.starts, self.size]
        for low, high in pairwise(ends.tolist()):
            first, last = int(starts[low]), int(starts[high])
            here = slice(first, last)
            kin, again = (
                part if part is None else part[slice(*np.searchsorted(part, [first, last]))] - first
                for part in (self.kin, self.again)
            )
            order = here if self.order is None else self.order[here]
            yield _Part(last - first, order, self.starts[low:high] - first, self.partners[low:high], kin, again)


@dataclass(frozen=True)
class NextBest:
    """What would be the best of each group with rivals (see `Contest.has_rivals`) if its best were gone.

    Attributes
    ----------
    value, lead
        Its value, and how far it would be ahead of the next one (NaN where there is none), one a group.
    pairs
        The pairs that it may be, group by group: several where they are even.
    starts
        Where in `pairs` each group begins.
    """

    value: Floats
    lead: Floats
    pairs: Ints
    starts: Ints

    @classmethod
    def of(cls, parts: Sequence[NextBest]) -> NextBest:
        """Put parts one after the other."""
        none, nobody = np.zeros(0), np.zeros(0, dtype=np.int64)
        before = np.cumsum([0, *(len(part.pairs) for part in parts)])
        starts = [part.starts + start for part, start in zip(parts, before, strict=False)]
        return cls(
            np.concatenate([none, *(part.value for part in parts)]),
            np.concatenate([none, *(part.lead for part in parts)]),
            np.concatenate([nobody, *(part.pairs for part in parts)]),
            np.concatenate([nobody, *starts]),
        )

    def most(self, values: Floats) -> Floats:
        """Return the highest value of the pairs that it may be, one a group; `values` are of all pairs."""
        return np.maximum.reduceat(values[self.pairs], self.starts) if len(self.starts) else np.zeros(0)


@dataclass(frozen=True)
class _Part(_Groups):
    """Some groups of a contest, with `starts`, `kin` and `again` as places in their own `order`."""

    order: Small | slice

    def of_kin(self, values: Floats) -> Floats:
        """Return for each pair the sum of the values of its kin, itself among them."""
        if self.kin is None:
            return values
        return np.repeat(np.add.reduceat(values, self.kin), _sizes(self.kin, self.size))

    def other_best(self, value: Floats) -> Floats:
        """Return for each pair the best value of the others of its group (see `Contest.kin`); -inf where none is."""
        return self._beside(value, *_two(value, self.starts, self.sizes))

    def _beside(self, value: Floats, first: Floats, second: Floats) -> Floats:
        """Return the same, given the two best values of each group."""
        if self.kin is not None:
            return self._beside_kin(value, self.kin)
        best = self.each(first)
        return np.where(value < best, best, self.each(second))

    def standing(self, value: Floats) -> tuple[Floats, NextBest]:
        """Return the lead of each pair and the next best of each group (see `Contest.standing`)."""
        first, second = _two(value, self.starts, self.sizes)
        other = self._beside(value, first, second)
        with np.errstate(invalid="ignore"):
            lead = value - other
        np.copyto(lead, np.nan, where=np.isinf(lead))
        if self.again is None:
            return lead, self._next(value, second)
        # Of the rows of one works the best stands for all.
        mine = np.maximum.reduceat(value, self.again)
        top = np.flatnonzero(value == np.repeat(mine, _sizes(self.again, self.size)))
        starts, stands = np.searchsorted(self.again, self.starts), top[np.searchsorted(top, self.again)]
        works = _Part(len(mine), self._numbers(stands).astype(np.int32), starts, self.partners, None, None)
        return lead, works._next(mine, _two(mine, starts, works.sizes)[1])

    def _next(self, value: Floats, second: Floats) -> NextBest:
        """Return the next best of each group; `second` is its value."""
        next_best = self.each(second)
        third = np.maximum.reduceat(np.where(value < next_best, value, -np.inf), self.starts)
        kept = np.isfinite(second)
        ahead = np.where(np.isinf(third), np.nan, second - np.where(np.isinf(third), 0.0, third))
        is_next = value == next_best
        counts = np.add.reduceat(is_next.astype(np.int64), self.starts)[kept]
        pairs = self._numbers(np.flatnonzero(is_next))
        return NextBest(second[kept], ahead[kept], pairs, np.cumsum(counts) - counts)

    def _numbers(self, places: Ints) -> Ints:
        """Return the numbers of the pairs at some places."""
        if isinstance(self.order, slice):
            return np.asarray(self.order.start + places, dtype=np.int64)
        return self.order[places].astype(np.int64)

    def _beside_kin(self, value: Floats, kin: Ints) -> Floats:
        """Return for each pair the best value of its group that is not of its kin; -inf where there is none."""
        mine = np.maximum.reduceat(value, kin)
        # Where each group begins among the kins: every beginning of a group is one of a kin.
        starts = np.searchsorted(kin, self.starts)
        sizes = _sizes(starts, len(kin))
        first, second = (np.repeat(part, sizes) for part in _two(mine, starts, sizes))
        return np.repeat(np.where(mine < first, first, second), _sizes(kin, len(value)))


def _sizes(starts: Ints, size: int) -> Ints:
    """Return how large each group is, of `size` values; `starts` is where each begins."""
    return np.asarray(np.diff(starts, append=size), dtype=np.int64)


def _two(value: Floats, starts: Ints, sizes: Ints) -> tuple[Floats, Floats]:
    """Return the best and the second best of each group (equal where two are best); -inf where there is none."""
    first = np.maximum.reduceat(value, starts)
    top = value == np.repeat(first, sizes)
    second = np.maximum.reduceat(np.where(top, -np.inf, value), starts)
    if np.count_nonzero(top) > len(starts):
        second = np.where(np.add.reduceat(top.astype(np.int64), starts) > 1, first, second)
    return first, second


def contests(pairs: Compared, repeated: Collection[str] = (), base: Floats | None = None) -> tuple[Contest, Contest]:
    """Group pairs by the record of the source that comes first by name, and by that of the other source.

    Parameters
    ----------
    repeated
        Sources in which several records may be of one works: those of one telling name at one place (see `plants_of`).
    base
        Log-odds without neighbors, one a pair. Where given, those that tell of one works in other words, too (see
        `twins`).
    """
    source, names = pairs.prepared.sources
    one, other = pairs.left, pairs.right
    swap = np.concatenate([source[one[here]] > source[other[here]] for here in blocks(len(one))])
    if swap.any():
        one, other = np.where(swap, other, one), np.where(swap, one, other)
    width = max(len(names), 1)
    plants = plants_of(pairs.prepared, repeated)
    spots = np.where(pairs.prepared.units >= 0, -1, plants)
    several = np.isin(names, [*repeated])
    if base is not None and several.any():
        plants = with_twins(plants, pairs, base, several)
    return _contest(one, other, source, width, plants, spots), _contest(other, one, source, width, plants, spots)


def leads(pairs: Compared, base: Floats, repeated: Collection[str] = ()) -> tuple[Floats, Floats]:
    """How far each pair is ahead of the next best of either record, among partners of one source.

    Unknown where there is no other: being alone is no proof.

    Parameters
    ----------
    base
        Log-odds without neighbors, one a pair.
    repeated
        As in `contests`.
    """
    one, other = contests(pairs, repeated, base)
    return one.standing(base)[0], other.standing(base)[0]


def _contest(mine: Ints, theirs: Ints, source: Ints, width: int, plants: Ints, spots: Ints) -> Contest:
    """Put pairs in groups.

    Parameters
    ----------
    mine, theirs
        The records that pairs are grouped by, and their partners.
    source, plants, spots
        Of each record: its source (0 to `width` - 1), which plant it is a unit or a row of (-1: none), and which other
        rows bear its name at its place (-1: none, and of units).
    """
    bits = max(len(mine).bit_length(), 1)
    # Sorting group and row as one number is several times as fast as an indirect sort.
    packed = np.arange(len(mine), dtype=np.int64)
    for here in blocks(len(mine)):
        packed[here] |= (mine[here] * width + source[theirs[here]]) << bits
    is_sorted = bool((packed[1:] > packed[:-1]).all())
    if not is_sorted:
        packed.sort()
    order = np.empty(len(packed), dtype=np.int32)
    for here in blocks(len(packed)):
        order[here] = packed[here] & ((1 << bits) - 1)
    packed >>= bits
    starts = starts_of(packed)
    kin = _put_together(order, packed, plants[theirs], spots[theirs]) if (plants >= 0).any() else None
    again = None if kin is None else _at_one_spot(kin, spots[theirs[order]])
    record, partners = np.divmod(packed[starts], width)
    return Contest(len(packed), None if is_sorted and kin is None else order, starts, partners, kin, again, record)


def _at_one_spot(kin: Ints, spot: Ints) -> Ints | None:
    """Return where kin begin if only those at one spot are kin, one a pair; None where all pairs are alone then."""
    begins = spot < 0
    begins[1:] |= spot[1:] != spot[:-1]
    begins[kin] = True
    return None if begins.all() else np.flatnonzero(begins)


def _put_together(order: Small, groups: Ints, unit: Ints, spot: Ints) -> Ints | None:
    """Put pairs whose partners are units of one plant side by side in their groups, in place; see `Contest.kin`.

    Among them those at one spot, too (see `Contest.again`).

    Parameters
    ----------
    groups
        The group of each place of `order`.
    unit
        The plant of each pair's partner; -1 where it is none.
    spot
        Which other rows bear the name of each pair's partner at its place; -1 where none.
    """
    # Few partners are units: only these move, behind the others of their group.
    places = np.flatnonzero(unit[order] >= 0)
    if not len(places):
        return None
    found = np.flatnonzero(np.isin(groups, distinct(groups[places])))
    by_plant, by_spot = (part[order[found]].astype(np.int64) for part in (unit, spot))
    together = found[np.lexsort((by_spot, by_plant, groups[found]))]
    order[found] = order[together]
    told = unit[order[found]]
    alone = np.ones(len(order), dtype=bool)
    alone[found[1:]] = (told[1:] != told[:-1]) | (told[1:] < 0) | (groups[found[1:]] != groups[found[:-1]])
    return np.flatnonzero(alone)


_MOST: Final = 30.0
"""Log-odds beyond which odds are all the same: sums of them stay exact."""
