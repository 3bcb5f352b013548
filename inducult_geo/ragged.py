"""Lists of unequal length as two arrays, so that pairs of records are compared without a Python loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Small = NDArray[np.int32]

BLOCK: Final = 100_000
"""Rows that are worked on at once."""


@dataclass(frozen=True)
class Ragged:
    """One list of whole numbers per row: row `i` is `values[offsets[i]:offsets[i + 1]]`.

    Attributes
    ----------
    values
        All lists one after the other.
    offsets
        Where each list starts, and at the end the number of values (length: rows + 1).
    """

    values: Ints
    offsets: Ints

    @cached_property
    def counts(self) -> Ints:
        """Length of each list."""
        return np.diff(self.offsets)

    @cached_property
    def has_any(self) -> Flags:
        """Tell which lists hold anything."""
        found: Flags = self.counts > 0
        return found

    def holding(self, flags: Flags) -> Flags:
        """Tell which lists hold any value that is flagged; one flag for each value that there may be."""
        return np.asarray(np.bincount(self.rows, weights=flags[self.values], minlength=len(self)) > 0, dtype=bool)

    @property
    def rows(self) -> Ints:
        """The row of each value."""
        return np.repeat(np.arange(len(self)), self.counts)

    @cached_property
    def longest(self) -> int:
        """Length of the longest list."""
        return int(self.counts.max(initial=0))

    @cached_property
    def only(self) -> Ints:
        """The value of each list, none of which holds more than one; -1 where it is empty."""
        found = np.full(len(self), -1, dtype=np.int64)
        found[self.counts > 0] = self.values
        return found

    @cached_property
    def alike(self) -> tuple[Ints, Ints]:
        """Number of each list among the different ones, and for each of these the first row that holds it."""
        rows = np.arange(len(self), dtype=np.int64)
        code = np.zeros(len(self), dtype=np.int64)
        for place in range(int(self.counts.max()) if len(self) else 0):
            here = rows[self.counts > place]
            mixed = code[here] * (int(self.values.max()) + 2) + self.values[self.offsets[here] + place] + 1
            code[here] = np.searchsorted(distinct(mixed), mixed) + int(code.max()) + 1
        found = distinct(code)
        number = np.searchsorted(found, code)
        first = np.full(len(found), len(self), dtype=np.int64)
        np.minimum.at(first, number, rows)
        return number, first

    @cached_property
    def alike_in_order(self) -> tuple[Ints, Ints]:
        """Number of each list among the different ones in order of appearance, and the first row of each of these."""
        code, first = _in_order(pd.factorize(_mixed(self)))
        like = self.take(first[code])
        # Lists that only mix to the same number would be taken for one: then they are looked at one by one.
        if not (np.array_equal(like.offsets, self.offsets) and np.array_equal(like.values, self.values)):
            texts = [self.row(row).tobytes() for row in range(len(self))]
            code, first = _in_order(pd.factorize(np.array(texts, dtype=object)))
        return code, first

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def spans(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return where some lists start, and their lengths.

        Where a list ends stands beside where it starts: the memory of one array is touched, and not that of `counts`.
        """
        starts = self.offsets.take(rows)
        return starts, self.offsets.take(rows + 1) - starts

    def take(self, rows: Ints) -> Ragged:
        """Return some of the lists."""
        starts, counts = self.spans(rows)
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(counts, out=offsets[1:])
        return Ragged(self.values.take(spread_out(starts, counts)[1]), offsets)

    def part(self, rows: slice) -> Ragged:
        """Return some lists that follow one another; nothing is copied but where they begin."""
        ends = self.offsets[rows.start : rows.stop + 1]
        return Ragged(self.values[ends[0] : ends[-1]], ends - ends[0])

    def row(self, index: int) -> Ints:
        """Return one list."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]


def _mixed(lists: Ragged) -> NDArray[np.uint64]:
    """Make one number of each list, with luck another one for every other list."""
    _, places = spread_out(np.zeros(len(lists), dtype=np.int64), lists.counts)
    value = (lists.values.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    order = places.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B8) + np.uint64(3)
    sums = np.zeros(len(value) + 1, dtype=np.uint64)
    np.cumsum((value ^ (value >> np.uint64(31))) * order, out=sums[1:])
    return np.subtract(sums[lists.offsets[1:]], sums[lists.offsets[:-1]], dtype=np.uint64)


def _in_order(found: tuple[Any, Any]) -> tuple[Ints, Ints]:
    """Return codes as they are, and the first row of each."""
    code, different = found
    first = np.zeros(len(different), dtype=np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return code.astype(np.int64), first


def blocks(size: int) -> Iterator[slice]:
    """Cut rows into blocks; no rows are one empty block."""
    return (slice(start, min(start + BLOCK, size)) for start in range(0, max(size, 1), BLOCK))


def starts_of(groups: Ints | Small) -> Ints:
    """Return where each group begins, of rows whose groups stand together: the number of the group, one a row."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    begins = np.empty(len(groups), dtype=bool)
    begins[0] = True
    np.not_equal(groups[1:], groups[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def distinct(codes: Ints) -> Ints:
    """Return each code once, in order; sorting is several times as fast here as the hashing of `numpy.unique`."""
    ordered = np.sort(codes)
    return ordered[starts_of(ordered)]


def sets(rows: Ints, values: Ints, size: int) -> Ragged:
    """Pack values by their rows (0 to `size` - 1), each once and in order."""
    width = int(values.max()) + 1 if len(values) else 1
    codes = rows * width
    codes += values
    codes.sort()
    row, value = np.divmod(codes[starts_of(codes)], width)
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=size), out=offsets[1:])
    return Ragged(value, offsets)


def each_once(rows: Ints, values: Ints, size: int) -> Ragged:
    """Pack values by their rows (0 to `size` - 1), which are in order: each value once, in order; -1 is none."""
    rows, values = rows[values >= 0], values[values >= 0]
    new = ~pd.Index(rows * (int(values.max(initial=0)) + 1) + values).duplicated()
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows[new], minlength=size), out=offsets[1:])
    return Ragged(values[new], offsets)


def themselves_but(size: int, others: Mapping[int, Sequence[int]]) -> Ragged:
    """Return one list for each number from 0 to `size` - 1: the number alone, but for `others` what they name."""
    counts = np.ones(size, dtype=np.int64)
    counts[[*others]] = [*map(len, others.values())]
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    values = np.repeat(np.arange(size, dtype=np.int64), counts)
    for number, told in others.items():
        values[offsets[number] : offsets[number + 1]] = told
    return Ragged(values, offsets)


def spread(outer: Ragged, inner: Ragged) -> tuple[Ints, Ints]:
    """Row -> lists -> values as pairs of row and value."""
    lists = outer.values
    owner, places = spread_out(*inner.spans(lists))
    return outer.rows[owner], inner.values[places]


def cross(left: Ragged, left_rows: Ints, right: Ragged, right_rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Every combination of the two lists of each pair of rows.

    Parameters
    ----------
    left_rows, right_rows
        Row numbers, one a pair.

    Returns
    -------
    pair, left_value, right_value
        Number of the pair, and a value of either list; ordered by pair, left, right.
    """
    if left.longest <= 1 and right.longest <= 1:
        one, other = left.only.take(left_rows), right.only.take(right_rows)
        pair = np.flatnonzero((one >= 0) & (other >= 0))
        return pair, one.take(pair), other.take(pair)
    (left_starts, left_counts), (right_starts, right_counts) = left.spans(left_rows), right.spans(right_rows)
    # Two steps, left and then right, spare a division for every combination. (What is repeated in order is repeated
    # faster than it is looked up.)
    owner, mine = spread_out(left_starts, left_counts)
    others = np.repeat(right_counts, left_counts)
    _, right_at = spread_out(np.repeat(right_starts, left_counts), others)
    return np.repeat(owner, others), np.repeat(left.values.take(mine), others), right.values.take(right_at)


def spread_out(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Count on from each start: the number of the start, and the places."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    places = np.arange(len(owner), dtype=np.int64)
    places += np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return owner, places


def ranks_within(groups: Ints, values: Floats) -> Ints:
    """Rank of each value within its group, 0 for the highest; equal values in order of appearance."""
    order = np.lexsort((-values, groups))  # stable: equal ones keep their order
    ranks = np.empty(len(values), dtype=np.int64)
    starts = starts_of(groups[order])
    ranks[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return ranks


def best_of_each(starts: Ints, values: Ints, count: int) -> Flags:
    """Tell which values are among the `count` highest of their group, the first of equal ones.

    Parameters
    ----------
    starts
        Where each group begins: they follow one another, and none is empty.
    values
        Whole numbers from 0 on.
    """
    sizes = np.diff(np.r_[starts, len(values)])
    group, index = spread_out(np.zeros(len(sizes), dtype=np.int64), sizes)
    found = np.ones(len(values), dtype=bool)
    if not len(values) or sizes.max() <= count:
        return found
    top = int(values.max())
    bits = int(sizes.max()).bit_length()
    shift = bits + top.bit_length()
    if shift + len(sizes).bit_length() < 64:
        # Group, value and place as one whole number each: one plain sort does it.
        code = np.sort((group << shift) | ((top - values) << bits) | index)
        best = group[index < count], code[index < count] & ((1 << bits) - 1)
    else:
        order = np.lexsort((index, -values, group))
        best = group[index < count], index[order[index < count]]
    found[:] = False
    found[starts[best[0]] + best[1]] = True
    return found


def components(size: int, one: Ints, other: Ints) -> Small:
    """Return for each row of a graph the number of the part of it that the row hangs together with."""
    # A sixth of a second that most commands do not need.
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    if not size:
        return np.zeros(0, dtype=np.int32)
    graph = sparse.coo_matrix((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int32)
