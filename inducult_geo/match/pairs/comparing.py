"""Run all comparisons, a block of pairs at a time, so that intermediate results stay small.

Arrays of millions of values that are needed for a moment cost more in memory that is handed out than in arithmetic.
Findings that are kept for all pairs would take more memory than the records: a score needs them once, and few pairs are
told of afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS, Comparison
from inducult_geo.match.pairs.scores import Scores
from inducult_geo.ragged import Floats, Ints, blocks

_NAMES: Final = tuple(entry.name for entry in COMPARISONS)


def compare_all(pairs: Compared) -> dict[str, Scores]:
    """Make every comparison of `COMPARISONS`, and keep what was found.

    Returns
    -------
    dict
        Comparison -> what it found. What no pair tells is one value that all of them share; do not write to it.
    """
    size = len(pairs.left)
    found: dict[str, Floats] = {}
    for here, _, findings in in_blocks(pairs):
        for name, value in findings.items():
            if name not in found and not np.isnan(value).all():
                found[name] = np.full(size, np.nan)
            if name in found:
                found[name][here] = value
    unknown, again = np.broadcast_to(np.nan, size), _Again(pairs)
    return {e.name: Scores(found.get(e.name, unknown), partial(again.detail, e)) for e in COMPARISONS}


def in_blocks(pairs: Compared) -> Iterator[tuple[slice, Compared, Mapping[str, Floats]]]:
    """Make every comparison of a block of pairs after the other: which pairs, these, and comparison -> its findings.

    The pairs of a block know what their comparisons share. What no record tells is not compared; do not write to the
    findings.
    """
    untold = pairs.prepared.untold
    made = [entry for entry in COMPARISONS if not untold.issuperset(entry.fields)]
    for here in blocks(len(pairs.left)):
        some = pairs.take(here)
        unknown = np.broadcast_to(np.nan, len(some.left))
        yield here, some, dict.fromkeys(_NAMES, unknown) | {entry.name: entry.compare(some).value for entry in made}


class Finding:
    """What one comparison finds, worked out anew for the pairs that are asked about."""

    def __init__(self, entry: Comparison, again: _Again) -> None:
        self._entry, self._again = entry, again

    @property
    def value(self) -> Floats:
        """The findings about all pairs; NaN where unknown."""
        return self.of(slice(None))

    def of(self, rows: Ints | slice) -> Floats:
        """Return the findings about some pairs, by their numbers."""
        return self._again.value(self._entry, rows)

    def detail(self, rows: Ints) -> list[str]:
        """Tell in words what was seen, for the numbers of some pairs."""
        return self._again.detail(self._entry, rows)


def findings(pairs: Compared) -> dict[str, Finding]:
    """Return what every comparison finds, without making one: each is made for the pairs that are asked about."""
    again = _Again(pairs)
    return {entry.name: Finding(entry, again) for entry in COMPARISONS}


class _Again:
    """Compares pairs once more; for the same few again, what the comparisons share is worked out once."""

    def __init__(self, pairs: Compared) -> None:
        self._pairs = pairs
        self._some = pairs.take(np.zeros(0, dtype=np.int64))
        self._rows: Ints = np.zeros(0, dtype=np.int64)

    def value(self, entry: Comparison, rows: Ints | slice) -> Floats:
        """Return the findings of one comparison about some pairs."""
        if isinstance(rows, slice):
            pairs = self._pairs.take(rows)
            return np.concatenate([entry.compare(pairs.take(here)).value for here in blocks(len(pairs.left))])
        return entry.compare(self._of(rows)).value

    def detail(self, entry: Comparison, rows: Ints) -> list[str]:
        """Return the words of one comparison for some pairs."""
        at = np.searchsorted(self._rows, rows) if len(self._rows) else np.zeros(0, dtype=np.int64)
        # Some of those that were asked about last: what these share is known.
        if len(at) and np.array_equal(self._rows.take(at, mode="clip"), rows):
            return entry.compare(self._some).detail(at)
        return entry.compare(self._of(rows)).detail(np.arange(len(rows)))

    def _of(self, rows: Ints) -> Compared:
        if not np.array_equal(rows, self._rows):
            self._some, self._rows = self._pairs.take(rows), np.array(rows)
        return self._some
