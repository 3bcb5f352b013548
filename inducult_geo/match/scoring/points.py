"""Points of a comparison: linear between knots, and added up for many pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from inducult_geo.match.pairs.comparing import Finding
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.pairs.scores import Scores
from inducult_geo.match.scoring.overlap import Levels
from inducult_geo.ragged import Floats, Ints

_KNOTS: Final = {entry.name: entry.knots for entry in COMPARISONS}


def weigh(value: Floats, knots: Sequence[float], points: Sequence[float]) -> Floats:
    """Points of values: even between knots, the outermost beyond them, 0 where unknown.

    What `numpy.interp` gives, to the bit; with few knots, comparing all values with each is a third of its work.
    """
    unknown = np.isnan(value)
    if 2 * np.count_nonzero(unknown) > len(value):
        known, found = np.flatnonzero(~unknown), np.zeros(len(value))
        found[known] = weigh(value.take(known), knots, points)
        return found
    at, counts = np.asarray(knots, dtype=float), np.asarray(points, dtype=float)
    slopes = np.append(np.diff(counts) / np.diff(at), 0.0)
    below = np.zeros(len(value), dtype=np.intp)
    for knot in knots[1:]:
        below += value >= knot
    found = np.clip(value, at[0], at[-1])
    found -= at.take(below)
    found *= slopes.take(below)
    found += counts.take(below)
    np.copyto(found, 0.0, where=unknown)
    return found


class Parts(Mapping[str, Floats]):
    """What each comparison and each further part of a score counts, one value a pair.

    The points of comparisons are worked out when they are asked for: kept, those of a million records would take more
    memory than the records.

    Parameters
    ----------
    scores
        Comparison -> what it found.
    points
        Comparison -> log-odds at its knots.
    scale
        What the points of comparisons count.
    more
        Further parts: name -> log-odds, one a pair.
    """

    def __init__(
        self,
        scores: Mapping[str, Scores | Finding],
        points: Mapping[str, Sequence[float]],
        scale: float,
        more: Mapping[str, Floats | Levels],
    ) -> None:
        self._scores, self._points, self._scale, self._more = scores, points, scale, more

    def __getitem__(self, name: str) -> Floats:
        return self.of(name, slice(None))

    def __iter__(self) -> Iterator[str]:
        return iter([*_KNOTS, *self._more])

    def __len__(self) -> int:
        return len(_KNOTS) + len(self._more)

    def without(self, name: str) -> Parts:
        """Return the same without one of the further parts."""
        more = {other: part for other, part in self._more.items() if other != name}
        return Parts(self._scores, self._points, self._scale, more)

    def of(self, name: str, rows: Ints | slice) -> Floats:
        """Return one part of some pairs."""
        if name in self._more:
            return self._more[name][rows]
        return self._scale * weigh(self._scores[name].of(rows), _KNOTS[name], self._points[name])


def added(found: Mapping[str, Floats], points: Mapping[str, Sequence[float]]) -> Floats:
    """Add up the points of all comparisons, one sum a pair; `found` holds what each comparison found."""
    total = np.zeros(len(next(iter(found.values()))))
    for name, knots in _KNOTS.items():
        total += weigh(found[name], knots, points[name])
    return total
