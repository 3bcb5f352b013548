"""The words of records as numbers: those of names and operators, of streets, of towns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.arrow.texts import different
from inducult_geo.match.reading.addresses import read_addresses, tells_street
from inducult_geo.match.reading.lexicon import COMPASS
from inducult_geo.match.reading.record_names import Texts
from inducult_geo.ragged import Flags, Ints, Ragged, each_once, spread, themselves_but
from inducult_geo.text import token_lists, town_words
from inducult_geo.text.legal import UNMISTAKABLE
from inducult_geo.text.lexicon import place_names, split_words

_BOX_OFFICE: Final = "cedex"
"""What towns of France are called where post boxes are."""

_BRACKETS: Final = re.compile(r"\([^)]*\)")
_SHORTEST_PART: Final = 3
"""Letters from which a word may be one of the two that another is made of: shorter ones begin and end too many."""

_GROWN: Final = re.compile(r"#([^\W\d_]{2,})(\d+)")


DIRECTIONS: Final[Mapping[str, str]] = {
    "north": "north nord norte noord norr sever severni severna sjever polnoc polnocna polnocny pohjoinen eszak",
    "south": "south sued sud zuid syd soder jih jizni jug juzni poludnie poludniowa poludniowy etela",
    "east": "east ost est oost oster vychod vychodni istok istocni vzhod vzhodni wschod wschodnia wschodni kelet",
    "west": "west ovest ouest oeste vest zapad zapadni zahod zahodni zachod zachodnia zachodni nyugat",
}
"""Quarter of the compass -> words for it, folded. Two works of one company differ by it as by a number ("Nord", "Süd").
Left out is what means another thing as often ("sur", "del", the town of Este)."""

QUARTERS: Final = tuple(f"#{quarter}" for quarter in DIRECTIONS)
"""The words that they become."""

_READ_AS: Final[Mapping[str, tuple[str, ...]]] = {
    **{word: (f"#{quarter}",) for quarter, words in DIRECTIONS.items() for word in words.split()},
    **dict.fromkeys(UNMISTAKABLE, ()),
}
"""Word of a name -> the words that it is read as: a quarter of the compass; a legal form is none."""

SIDES: Final[Mapping[str, int]] = {
    word: number
    for number, words in enumerate((QUARTERS, ("@old", "@new"), ("@upper", "@lower"), ("@big", "@small")), COMPASS)
    for word in words
}
"""Words that two works or villages of one name differ by as by numbers ("Stará Role" and "Nová Role") -> which of them
are opposites of each other."""


class Words:
    """Gives each word a number, in the order of appearance.

    Attributes
    ----------
    number
        Word -> its number.
    """

    def __init__(self) -> None:
        self.number: dict[str, int] = {}

    def variants(self, said: Sequence[Texts], lands: Ints, known: NDArray[np.object_]) -> tuple[list[Ragged], Ragged]:
        """Read names: what words each is made of, by its country, and which of these lists of words each row has.

        Parameters
        ----------
        said
            Names of the rows, and in the same way other texts that are compared with them.
        lands, known
            Country of each row, as a number of those that are `known`, an empty text where unknown.

        Returns
        -------
        rows, variants
            Row -> numbers of variants, each once, for each of `said`; and variant -> numbers of words.
        """
        width = max(len(known), 1)
        asked = [pd.factorize(texts.numbers * width + lands[texts.rows]) for texts in said]
        pairs = [np.asarray(every, dtype=np.int64) for _, every in asked]
        names = np.concatenate([texts.listed[every // width] for texts, every in zip(said, pairs, strict=True)])
        lists = self._numbered(names.tolist(), np.concatenate(pairs) % width, known.tolist())
        told = np.flatnonzero(lists.counts)
        which = np.full(len(names), -1, dtype=np.int64)
        which[told], first = lists.take(told).alike_in_order
        parts = np.split(which, np.cumsum([len(every) for every in pairs])[:-1])
        rows = [
            each_once(texts.rows, part[code], len(lands))
            for texts, part, (code, _) in zip(said, parts, asked, strict=True)
        ]
        return rows, lists.take(told[first])

    def addresses(self, column: pd.Series) -> tuple[Ragged, Ragged, Flags]:
        """Read street words and house numbers ("24", "24a") of each address, and whether it tells a street at all."""
        codes, addresses = different(column)
        read = [*read_addresses(addresses)]
        streets = self._words([[f"~{word}" for word in words] for words, _ in read])
        numbers = self._words([[f"#{house}" for house in houses] for _, houses in read])
        told = [
            bool(houses) or (bool(words) and tells_street(address))
            for address, (words, houses) in zip(addresses, read, strict=True)
        ]
        return streets.take(codes), numbers.take(codes), np.array(told, dtype=bool)[codes]

    def towns(self, column: pd.Series, lands: Ints, known: NDArray[np.object_]) -> tuple[Ragged, Ragged]:
        """Read the words of each town, by its country, as `variants` does; and these with those in brackets behind it.

        In brackets stands the municipality or the province ("Paal (Beringen)").
        """
        codes, towns = different(column)
        foreign = frozenset(chain.from_iterable(place_names(name or None) for name in known))
        plain = [_plain_words(town) for town in towns]
        # Few towns are called as another one is in some country: the others are read once.
        depends = np.fromiter((not foreign.isdisjoint(words) for words in plain), dtype=bool, count=len(plain))
        width = max(len(known), 1)
        which, pairs = pd.factorize(codes.astype(np.int64) * width + np.where(depends[codes], lands, 0))
        read = [divmod(pair, width) for pair in pairs.tolist()]
        said = [city_words(towns[town], known[land]) if depends[town] else plain[town] for town, land in read]
        brackets = [_in_brackets(towns[town]) for town, _ in read]
        cities = self._words(said).take(which)
        if not any(brackets):
            return cities, cities
        every = [[*words, *beside] for words, beside in zip(said, brackets, strict=True)]
        return cities, self._words(every).take(which)

    def _words(self, lists: Sequence[Sequence[str]]) -> Ragged:
        """Return the numbers of the words of each list, each once, in order."""
        code, words = pd.factorize(np.array([*chain.from_iterable(lists)], dtype=object))
        numbers = [self.number.setdefault(word, len(self.number)) for word in words.tolist()]
        rows = np.repeat(np.arange(len(lists)), [*map(len, lists)])
        return each_once(rows, np.array(numbers, dtype=np.int64)[code], len(lists))

    def _numbered(self, names: list[str], lands: Ints, known: Sequence[str]) -> Ragged:
        """Return the numbers of each name's words, each once, in order; these are the first words of all."""
        made = token_lists(names, lands, known)
        every = dict(made.numbers)
        others = {
            number: [every.setdefault(piece, len(every)) for piece in _read_as(token)]
            for token, number in made.numbers.items()
            if token[0] == "#" or token in _READ_AS
        }
        rows, said = spread(made.lists, themselves_but(len(made.numbers), others))
        numbers, order = pd.factorize(said)
        words = np.array([*every], dtype=object)[order]
        self.number = {word: number for number, word in enumerate(words.tolist())}
        return each_once(*_in_one_word(rows, numbers.astype(np.int64), self.number), len(names))


def _in_one_word(rows: Ints, numbers: Ints, number: Mapping[str, int]) -> tuple[Ints, Ints]:
    """Write in one word what stands so in any other name: "Arcelor Mittal" where one has "ArcelorMittal".

    Parameters
    ----------
    rows, numbers
        One value a word, in order: the name that it is of, and its number.
    number
        Word -> its number.
    """
    words, width = [*number], len(number)
    plain = (len(word) >= _SHORTEST_PART and word[0] not in "@#" for word in words)
    is_part = np.fromiter(plain, dtype=bool, count=width).take(numbers)
    at = np.flatnonzero(is_part[:-1] & is_part[1:] & (rows[:-1] == rows[1:]))
    which, pairs = pd.factorize(numbers[at] * width + numbers[at + 1])
    told = (number.get(words[pair // width] + words[pair % width], -1) for pair in pairs.tolist())
    whole = np.fromiter(told, dtype=np.int64, count=len(pairs))[which]
    at, whole = at[whole >= 0], whole[whole >= 0]
    # Of three words of which the middle one goes with both others, it goes with the first.
    first = np.diff(at, prepend=-2) > 1
    joined = numbers.copy()
    joined[at[first]] = whole[first]
    return np.delete(rows, at[first] + 1), np.delete(joined, at[first] + 1)


def _read_as(token: str) -> tuple[str, ...]:
    """Return what a token of a name is read as; a word and the number grown onto it are two ("lavrio4")."""
    found = _GROWN.fullmatch(token)
    return (found[1], f"#{found[2].lstrip('0') or '0'}") if found else _READ_AS.get(token, (token,))


def city_words(city: Any, country: str) -> list[str]:
    """Return a city's words in its own language, without what stands in brackets ("Sassuolo (MO)")."""
    return _telling(town_words(_BRACKETS.sub(" ", city), country=country or None)) if isinstance(city, str) else []


def _plain_words(city: Any) -> list[str]:
    """Return a city's words as they are written, as `city_words` does."""
    return _telling(split_words(_BRACKETS.sub(" ", city))) if isinstance(city, str) else []


def _in_brackets(city: Any) -> list[str]:
    """Return the words that stand in brackets in a city; none that are but letters for a province ("MO")."""
    found = _BRACKETS.findall(city) if isinstance(city, str) else []
    return [word for part in found for word in _telling(split_words(part)) if len(word) >= _SHORTEST_PART]


def _telling(words: Iterable[str]) -> list[str]:
    return [word for word in words if len(word) > 1 and word != _BOX_OFFICE]
