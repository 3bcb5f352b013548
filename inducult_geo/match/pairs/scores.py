"""The result of one comparison for many pairs, and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inducult_geo.ragged import Floats, Ints


@dataclass(frozen=True)
class Scores:
    """What a comparison found, one row a pair.

    Attributes
    ----------
    value
        The finding; NaN where unknown. Each comparison says its range.
    detail
        Tells in words what was seen, for the numbers of some pairs.
    """

    value: Floats
    detail: Callable[[Ints], list[str]] = field(compare=False)

    def of(self, rows: Ints | slice) -> Floats:
        """Return the findings about some pairs, by their numbers."""
        return self.value[rows]


def percent(value: Floats) -> Callable[[Ints], list[str]]:
    """Tell shares as percentages."""
    return lambda rows: [f"{share:.0%}" for share in value[rows].tolist()]


def chosen(value: Floats, words: dict[float, str]) -> Callable[[Ints], list[str]]:
    """Tell each value by its word."""
    return lambda rows: [words.get(one, "") for one in value[rows].tolist()]
