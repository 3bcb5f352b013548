"""The tokens that a name is compared by; `batch` makes those of many."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import eq
from types import MappingProxyType
from typing import Final

import numpy as np

from inducult_geo.ragged import Flags
from inducult_geo.text.legal import strip_legal_form
from inducult_geo.text.lexicon import (
    PRODUCT,
    SHORTEST_HEAD,
    SILENT_ROLES,
    Concept,
    Phrases,
    foreign_words,
    lexicon,
    place_names,
    split_words,
)

GUESSABLE_ROLES: Final = frozenset({"generic", "specific", "part", "visitor", "area"})
"""Roles of concepts that say what a site is; the others say how it is called."""

_SMALL_WORDS: Final = (
    "al am an and auf aus aux bei da dal das de degli dei del della delle dello den der des di die du ed ei el en "
    "et for fuer fur gli het il im in ke kod la las le lo los na nad nr och od of og op pod pri przy sa te "
    "the ul und van vom von we za ze zu zum zur"
)
_STOPWORDS: Final = frozenset(_SMALL_WORDS.split())
_NUMERALS: Final = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMANS: Final[Mapping[str, str]] = {roman: f"#{value}" for value, roman in enumerate(_NUMERALS.split(), start=1)}
_CAPITAL: Final = re.compile(r"(?<![.\w&+])(?<!& )[A-Z](?![.\w&+])(?! &)")
"""A capital by itself: none of initials, nor of a company's partners ("Faiella & C")."""

_SPOKEN: Final = re.compile(r"[a-z]+[24][a-z]{2,}|[a-z][24][a-z]")
"""Words in which a digit stands for "to" or "for" ("net4gas", "a2a"): no number of a unit, as "block2a" is one."""


@lru_cache(maxsize=200_000)
def word_concepts(word: str) -> tuple[str | Concept, ...]:
    """Read one word: a concept, a number token, a compound's two parts, the word, or nothing.

    The first part of a compound may be a word for a product: "Glaswerk" is of glass as a "Glashütte" is.
    """
    known = lexicon()
    if concept := known.words.get(word):
        return (concept,)
    if not word.isalpha() and not _SPOKEN.fullmatch(word):
        return (f"#{word.lstrip('0') or '0'}",)
    if len(word) > 1 and word in _ROMANS:
        return (_ROMANS[word],)
    if word in _STOPWORDS or len(word) == 1:
        return ()
    if head := known.head_of(word):
        first, trade = word[: -len(head)], known.heads[head]
        made = known.words.get(first)
        return (made if made is not None and made.role == PRODUCT else first, trade)
    return (word,)


def say_themselves(words: Sequence[str]) -> Flags:
    """Tell at a glance which words say nothing but themselves, as most do; of a few that do it is not told."""
    ends, more = lexicon().endings, _that_say_more()
    told = (len(w) > 1 and w.isalpha() and w not in more and w[-SHORTEST_HEAD:] not in ends for w in words)
    return np.fromiter(told, dtype=bool, count=len(words))


@lru_cache(maxsize=1)
def _that_say_more() -> frozenset[str]:
    """Return the words that say another thing than themselves, or nothing."""
    return frozenset((*lexicon().words, *_STOPWORDS, *_ROMANS))


def may_pair(word: str, said: tuple[str | Concept, ...]) -> bool:
    """Tell whether a word, and what it says, may be the first of two that are one: a plain one, or a product."""
    return said == (word,) or (len(said) == 1 and isinstance(said[0], Concept) and said[0].role == PRODUCT)


def _phrase_at(
    words: tuple[str, ...],
    index: int,
    phrases: Phrases,
    other_forms: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[int, Concept] | None:
    """Find length and concept of the longest phrase that starts at a word, of equals that with most words as written.

    `other_forms` tells of which words of phrases each word may be a form.
    """
    found, best = None, (0, 0)
    for first in other_forms.get(words[index], (words[index],)):
        for phrase, concept in phrases.get(first, ()):
            here = words[index : index + len(phrase)]
            fits = len(here) == len(phrase) and all(map(_is_form, here, phrase, repeat(other_forms)))
            if fits and (told := (len(phrase), sum(map(eq, here, phrase)))) > best:
                found, best = (len(phrase), concept), told
    return found


def _is_form(word: str, whole: str, other_forms: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a word is one of a phrase, or a form of it."""
    return word == whole or whole in other_forms.get(word, ())


def _unit(words: tuple[str, ...], index: int, capitals: Container[str], is_upper: bool) -> str | None:
    """Make the token of a letter by itself that names a unit: a Roman numeral, or a letter.

    It is one of the name's `capitals`. Where all of a name is in capitals (`is_upper`), so are its small words ("Y",
    "E"): then a letter must stand at the end.
    """
    letter, last = words[index], index == len(words) - 1
    if index == 0 or letter.upper() not in capitals:
        return None
    among_words = not last and len(words[index - 1]) > 1 and len(words[index + 1]) > 1
    stands_out = last or (among_words and not is_upper)
    if letter in ("v", "x") or (letter == "i" and stands_out):
        return _ROMANS[letter]
    return f"#{letter}" if stands_out else None


def _said(original: str, places: Phrases, foreign: Container[str] = ()) -> Iterator[str | Concept]:
    """Read the words of a name, one after the other; towns by their own name, `foreign` ones as no words of trade."""
    known = lexicon()
    words = split_words(original)
    capitals, is_upper = frozenset(_CAPITAL.findall(original)), original.isupper()
    index, count = 0, len(words)
    while index < count:
        word = words[index]
        if word in places and (found := _phrase_at(words, index, places)):
            for own in found[1].types:
                yield from word_concepts(own)
            index += found[0]
        elif word in known.firsts and (found := _phrase_at(words, index, known.phrases, known.in_phrases)):
            yield found[1]
            index += found[0]
        elif word in foreign:
            yield word
            index += 1
        elif len(word) == 1 and word.isalpha():
            if unit := _unit(words, index, capitals, is_upper):
                yield unit
            index += 1
        else:
            said = word_concepts(word)
            joined = word + words[index + 1] if index + 1 < count and may_pair(word, said) else ""
            if joined not in foreign and (pair := known.words.get(joined)):
                said = (pair,)  # "Papier Fabrik" is a Papierfabrik
                index += 1
            yield from said
            index += 1


def town_words(town: str, *, country: str | None = None) -> tuple[str, ...]:
    """List the words of a town, folded; a foreign or former name is its own ("Karlsbad": karlovy, vary).

    Short foreign names count where the `country` is known (ISO code), see `place_names`.
    """
    words, places = split_words(town), place_names(country)
    said: list[str] = []
    index = 0
    while index < len(words):
        found = _phrase_at(words, index, places)
        said += found[1].types if found else words[index : index + 1]
        index += found[0] if found else 1
    return tuple(said)


def name_concepts(name: str, *, country: str | None = None) -> tuple[Concept, ...]:
    """List the concepts that a name holds, in order, for example those of a brickworks and of a museum.

    Short words count in the countries of their language only, where the `country` is known (ISO code).
    """
    return tuple(said for said in _said(name, place_names(None), foreign_words(country)) if isinstance(said, Concept))


def trades_in(name: str, *, country: str | None = None) -> list[Concept]:
    """List the concepts of a name by which a type may be guessed (`GUESSABLE_ROLES`), as `name_concepts` does."""
    return [concept for concept in name_concepts(name, country=country) if concept.role in GUESSABLE_ROLES]


def name_tokens(name: str, *, country: str | None = None) -> tuple[str, ...]:
    """Turn a name into tokens for comparing it: folded words, ``@concept`` for words of trade, ``#2`` for numbers.

    Legal forms are stripped, inflected and compound words of trade go to their concept (``cegielni`` and
    ``Ziegelwerk`` both give ``@brickworks``), foreign names of towns to the town's own (``Karlsbad`` to ``karlovy``,
    ``vary``), Roman numerals to numbers, unit letters to ``#a``. Articles, words about status (``ehem.``) and about
    the company are left out, unless nothing else is left. No token comes twice.

    Parameters
    ----------
    name
        One name, cleaned.
    country
        ISO code; chooses legal forms, foreign names of towns, and what short words mean ("Star"). None: those of
        all countries, with more care.
    """
    bare = strip_legal_form(name, country=country)[0]
    return _tokens(bare, country) or tuple(dict.fromkeys(split_words(name)))


def _tokens(bare: str, country: str | None) -> tuple[str, ...]:
    """Collect the tokens of a name without legal form."""
    tokens: dict[str, None] = {}
    for said in _said(bare, place_names(country), foreign_words(country)):
        if isinstance(said, str):
            tokens[said] = None
        elif said.role not in SILENT_ROLES:
            tokens[said.token] = None
    return tuple(tokens)
