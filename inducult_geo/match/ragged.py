"""Lists of unequal length as two arrays, so that pairs of records are compared without a Python loop per pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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

    @property
    def counts(self) -> Ints:
        """Length of each list."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, index: int) -> Ints:
        """Return one list."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]


def ragged(lists: Iterable[Sequence[int] | Ints]) -> Ragged:
    """Pack lists of whole numbers."""
    rows = list(lists)
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    values = np.fromiter((value for row in rows for value in row), dtype=np.int64, count=int(offsets[-1]))
    return Ragged(values, offsets)


def cross(left: Ragged, left_rows: Ints, right: Ragged, right_rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Every combination of the two lists of each pair of rows.

    Parameters
    ----------
    left_rows, right_rows
        Row numbers, one a pair.

    Returns
    -------
    pair, left_at, right_at
        Number of the pair, and places in `left.values` and `right.values`; ordered by pair, left, right.
    """
    left_counts, right_counts = left.counts[left_rows], right.counts[right_rows]
    sizes = left_counts * right_counts
    pair = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
    within = np.arange(len(pair), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = right_counts[pair]
    left_at = left.offsets[left_rows][pair] + within // np.maximum(width, 1)
    right_at = right.offsets[right_rows][pair] + within % np.maximum(width, 1)
    return pair, left_at, right_at


def ranks_within(groups: Ints, values: Floats) -> Ints:
    """Rank of each value within its group, 0 for the highest; equal values in order of appearance."""
    order = np.lexsort((np.arange(len(values)), -values, groups))
    ranks = np.empty(len(values), dtype=np.int64)
    ordered = groups[order]
    new = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(new)
    ranks[order] = np.arange(len(values)) - np.repeat(starts, np.diff(np.r_[starts, len(values)]))
    return ranks
