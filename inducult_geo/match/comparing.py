"""All comparisons of many pairs, a block of pairs at a time: what is worked out in between stays small.

Arrays of millions of values that are needed for a moment cost more in memory that is handed out than in arithmetic.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from inducult_geo.match.comparisons import COMPARISONS, Compared, Comparison, Scores
from inducult_geo.ragged import Floats, Ints, blocks


def compare_all(pairs: Compared) -> dict[str, Scores]:
    """Make every comparison of `COMPARISONS`.

    Returns
    -------
    dict
        Comparison -> what it found. What no pair tells is one value that all of them share; do not write to it.
    """
    size = len(pairs.left)
    found: dict[str, Floats] = {}
    for here in blocks(size):
        some = Compared(pairs.prepared, pairs.left[here], pairs.right[here])
        for entry in COMPARISONS:
            value = entry.compare(some).value
            if entry.name not in found and not np.isnan(value).all():
                found[entry.name] = np.full(size, np.nan)
            if entry.name in found:
                found[entry.name][here] = value
    unknown = np.broadcast_to(np.nan, size)
    told = _Told(pairs)
    return {e.name: Scores(found.get(e.name, unknown), partial(told.detail, e)) for e in COMPARISONS}


class _Told:
    """Says in words what was seen: the few pairs that are asked about are compared once more."""

    def __init__(self, pairs: Compared) -> None:
        self._pairs = pairs
        self._some = pairs.take(np.zeros(0, dtype=np.int64))
        self._rows: Ints = np.zeros(0, dtype=np.int64)

    def detail(self, entry: Comparison, rows: Ints) -> list[str]:
        """Return the words of one comparison for some pairs, by their numbers."""
        if not np.array_equal(rows, self._rows):
            self._some, self._rows = self._pairs.take(rows), np.array(rows)
        return entry.compare(self._some).detail(np.arange(len(rows)))
