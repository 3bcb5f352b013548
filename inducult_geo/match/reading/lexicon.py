"""The words of all records by number: how rare each is, and which are numbers of units or quarters of the compass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inducult_geo.match.reading.letters import Letters, Remembered, letters_of
from inducult_geo.ragged import Flags, Floats

COMPASS: Final = 1
"""Number of the quarters of the compass among the sides of a `Lexicon`."""


@dataclass(frozen=True)
class Lexicon:
    """All words of all records.

    Attributes
    ----------
    words
        The words, by number.
    weights
        How much each tells (rarity; higher is rarer).
    exact
        Words that are compared by equality only: concepts (`@...`), numbers (`#...`) and single letters.
    is_number
        Words that tell a unit or one of two works: `#3`, a digit, a single letter, a quarter of the compass.
    side
        Number of a word in `words.SIDES` (`COMPASS` of the quarters); 0 of all others.
    """

    words: NDArray[np.object_]
    weights: Floats
    exact: NDArray[np.bool_]
    is_number: NDArray[np.bool_]
    side: NDArray[np.int8]

    @cached_property
    def is_unit(self) -> Flags:
        """Words that number a unit."""
        return np.asarray(self.is_number & (self.side == 0), dtype=bool)

    @cached_property
    def is_mark(self) -> Flags:
        """Words by which two works of one name may differ: numbers, letters and sides."""
        return np.asarray(self.is_number | (self.side > 0), dtype=bool)

    @cached_property
    def sides(self) -> list[int]:
        """Numbers of the opposites that any word is of, with 0 for unit numbers and letters."""
        return [0, *np.unique(self.side[self.side > 0]).tolist()]

    @cached_property
    def letters(self) -> Letters:
        """The letters of the words, which tell soon which of them cannot be alike."""
        return letters_of(self.words, self.exact)

    @cached_property
    def remembered(self) -> Remembered:
        """How alike words are that were compared."""
        return Remembered(max(min(8 * len(self.words), 1 << 20).bit_length(), 8))
