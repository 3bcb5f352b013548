"""Find towns in names that inflect them: "Huta w Ozimku" is in Ozimek, "Raahen tehdas" in Raahe.

Such a word is no name of the works, and tells as little as the town's own. By which endings the languages of a country
form words of towns stands in `catalog/town_endings.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.arrow.keys import places_in
from inducult_geo.ragged import Flags, Ints, Ragged, sets, spread_out
from inducult_geo.text import packaged_rows

SHORTEST_STEM: Final = 3
"""Letters that a form has in common with its town at least."""


class _Rules(NamedTuple):
    """How towns are inflected.

    Attributes
    ----------
    of_country
        Country -> number of its rule.
    loses_at_most
        Letters that a town loses at its end at most, one value a rule.
    endings
        What may take their place.
    allowed
        Which rule has which of the endings.
    """

    of_country: Mapping[str, int]
    loses_at_most: Ints
    endings: pa.Array
    allowed: Flags


@cache
def _rules() -> _Rules:
    rows = packaged_rows("town_endings.csv")
    each = [row["endings"].split() for row in rows]
    endings = sorted({ending for some in each for ending in some})
    return _Rules(
        {country: number for number, row in enumerate(rows) for country in row["countries"].split()},
        np.array([int(row["loses_at_most"]) for row in rows]),
        pa.array(endings),
        np.array([[ending in some for ending in endings] for some in each]),
    )


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
    told = [(rules.of_country[country], town) for country, town in towns if country in rules.of_country]
    rule, town = np.array(told, dtype=np.int64).reshape(-1, 2).T
    spoken = pa.array(words, pa.string())
    stems, owners = _stems(spoken.take(pa.array(town)), rules.loses_at_most[rule])
    found = [np.zeros(0, dtype=np.int64)]
    for size in range(1, pc.max(pc.utf8_length(rules.endings)).as_py() + 1):
        stem = places_in(pc.utf8_slice_codeunits(spoken, 0, -size), stems)
        ending = places_in(pc.utf8_slice_codeunits(spoken, -size), rules.endings)
        some = np.flatnonzero((stem >= 0) & (ending >= 0))
        pair, at = spread_out(*owners.spans(stem[some]))
        number, who = some[pair], owners.values[at]
        is_form = rules.allowed[rule[who], ending[number]] & (town[who] != number)
        found.append(number[is_form] * len(words) + town[who[is_form]])
    return np.unique(np.concatenate(found))


def _stems(names: pa.Array, loses_at_most: Ints) -> tuple[pa.Array, Ragged]:
    """Return what may be left of names that lose letters at their end, each once; and which names each is left of."""
    letters = np.asarray(pc.utf8_length(names), dtype=np.int64)
    parts, of_names = [pa.array([], pa.string())], [np.zeros(0, dtype=np.int64)]
    for lost in range(loses_at_most.max(initial=0) + 1):
        some = np.flatnonzero((loses_at_most >= lost) & (letters - lost >= SHORTEST_STEM))
        part = names.take(pa.array(some))
        parts.append(pc.utf8_slice_codeunits(part, 0, -lost) if lost else part)
        of_names.append(some)
    coded = pa.concat_arrays(parts).dictionary_encode()
    code = np.asarray(coded.indices, dtype=np.int64)
    return coded.dictionary, sets(code, np.concatenate(of_names), len(coded.dictionary))
