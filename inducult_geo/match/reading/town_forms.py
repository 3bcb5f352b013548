"""Towns as names inflect them: "Huta w Ozimku" stands in Ozimek, "Raahen tehdas" in Raahe.

Such a word is no name of the works, and tells as little as the town's own. By which endings the languages of a country
form words of towns stands in `catalog/town_endings.csv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.ragged import Ints
from inducult_geo.text import packaged_rows

SHORTEST_STEM: Final = 3
"""Letters that a form has in common with its town at least."""


class _Rule(NamedTuple):
    """How a country's towns are inflected: letters that they lose at their end at most, and what takes their place."""

    loses_at_most: int
    endings: frozenset[str]


@cache
def _rules() -> Mapping[str, _Rule]:
    """Return the rule of each country."""
    return {
        country: _Rule(int(row["loses_at_most"]), frozenset(row["endings"].split()))
        for row in packaged_rows("town_endings.csv")
        for country in row["countries"].split()
    }


@cache
def _endings() -> frozenset[str]:
    """Return all endings."""
    return frozenset(ending for rule in _rules().values() for ending in rule.endings)


def forms_of_towns(words: Sequence[str], towns: Iterable[tuple[str, int]]) -> Ints:
    """Find the words that are forms of towns.

    Parameters
    ----------
    words
        All words, by number, folded.
    towns
        The words of towns: a country, and the number of a word of a town there.

    Returns
    -------
    numpy.ndarray
        The form's number times the count of all words, and the number of the town's word; in order.
    """
    rules = _rules()
    stems: dict[str, list[tuple[_Rule, int]]] = defaultdict(list)
    for country, town in towns:
        if rule := rules.get(country):
            name = words[town]
            for end in range(max(SHORTEST_STEM, len(name) - rule.loses_at_most), len(name) + 1):
                stems[name[:end]].append((rule, town))
    if not stems:
        return np.zeros(0, dtype=np.int64)
    spoken, known, endings = (pa.array(texts, pa.string()) for texts in (words, stems, _endings()))
    found = []
    for size in range(1, max(map(len, _endings())) + 1):
        ends = pc.is_in(pc.utf8_slice_codeunits(spoken, -size), value_set=endings)
        numbers = np.flatnonzero(ends)
        begun = pc.is_in(pc.utf8_slice_codeunits(spoken.take(pa.array(numbers)), 0, -size), value_set=known)
        for number in numbers[np.asarray(begun, dtype=bool)].tolist():
            stem, ending = words[number][:-size], words[number][-size:]
            found += [
                number * len(words) + town for rule, town in stems[stem] if ending in rule.endings and town != number
            ]
    return np.unique(np.array(found, dtype=np.int64))
