"""The words in names of works: concepts in the languages of Europe's lists, and foreign names of towns.

Inflected forms are worked out once, beforehand, so that looking a word up is one step.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from string import ascii_lowercase
from typing import Final

import numpy as np

from inducult_geo.ragged import Flags
from inducult_geo.text.clean import LOST
from inducult_geo.text.folding import respelled, spelling_key
from inducult_geo.text.inflection import INFLECTED_FROM, forms, forms_in_phrase
from inducult_geo.text.tables import packaged_rows

_WORD: Final = re.compile(r"[^\W_]+")
"""A word: letters and digits, without signs."""

_WITH_LOST: Final = re.compile(rf"(?:[^\W_]|{LOST})+")
_ASKED: Final = re.compile(r"(?<=[^\W\d_])\?{1,2}(?=[^\W\d_])")
_LOST_AT_MOST: Final = 2
_LEFT_AT_LEAST: Final = 4
"""Letters that must be left of a word of trade by which it may be known."""

_COMPOUNDING: Final = frozenset({"de", "nl", "sv", "da", "nb", "fi", "hu"})
_HEADS_OF_FOUR: Final = frozenset({"werk", "mijn", "bahn", "verk", "bruk", "gyar"})
_NO_HEADS: Final = frozenset({"banya", "grove", "halde", "halden", "centralen"})
"""Words of trade (groeve) that are no heads, since places are called so ("Tatabánya", "Aldergrove", "Sonnenhalde") or
other things in another language ("Vårdcentralen" is where doctors are)."""

_INFLECTED_HEADS_FROM: Final = 6
"""Letters from which a head is one in other forms, too: towns are called after several short ones ("Neuhütten")."""

SILENT_ROLES: Final = frozenset({"status_hint", "company"})
"""Roles of concepts that say nothing about which works it is."""

PRODUCT: Final = "product"
"""Role of words that tell what works make ("Papier", "steel"): the works' own concept in a comparison, and no guess at
what a site is."""

LOCAL_UP_TO: Final = 5
"""Letters of a word that means its trade in the countries of its language only: short words mean another thing
elsewhere ("Star" is old in Czechia, "Horn" is upper; "Sage" is a sawmill in Germany)."""

_EXONYM_ANYWHERE_FROM: Final = 6
SHORTEST_HEAD: Final = 4
_COMPOUND_FROM: Final = 7
_PREFIX_FROM: Final = 3
_BEGINNING: Final = 4

Phrases = Mapping[str, tuple[tuple[tuple[str, ...], "Concept"], ...]]
"""First word -> whole phrases with their concept, longest first."""


@dataclass(frozen=True)
class Concept:
    """What a word of a name says: its token (``@brickworks``), its role and the types that it may mean."""

    token: str
    role: str
    types: tuple[str, ...]


def token_in_words(token: str) -> str:
    """Return a token as a person reads it: ``@coal_mine`` is "coal mine", ``#4`` is "4", a word is itself."""
    return token.lstrip("@#").replace("_", " ")


@dataclass(frozen=True)
class Lexicon:
    """Words as they are looked up: single words in all forms, phrases, heads of compounds ("Pappersbruk").

    `in_phrases` tells of a form which words of phrases it may be ("wodnej" is "wodna"); `local` are the words that mean
    what they do in their own languages only, with these.
    """

    words: Mapping[str, Concept]
    phrases: Phrases
    in_phrases: Mapping[str, tuple[str, ...]]
    heads: Mapping[str, Concept]
    local: Mapping[str, frozenset[str]]

    @cached_property
    def endings(self) -> Mapping[str, tuple[str, ...]]:
        """Last letters of a head -> all heads that end so, longest first: most words end otherwise."""
        groups: dict[str, list[str]] = {}
        for head in sorted(self.heads, key=len, reverse=True):
            groups.setdefault(head[-SHORTEST_HEAD:], []).append(head)
        return {ending: tuple(heads) for ending, heads in groups.items()}

    def head_of(self, word: str) -> str | None:
        """Return the head of a compound ("fabrik" of "papierfabrik"); None where it is none."""
        if len(word) >= _COMPOUND_FROM:
            for head in self.endings.get(word[-SHORTEST_HEAD:], ()):
                if word.endswith(head) and len(word) - len(head) >= _PREFIX_FROM:
                    return head
        return None

    def concept_of(self, word: str) -> Concept | None:
        """Return what a word says by itself, or as a compound by its head."""
        head = None if word in self.words else self.head_of(word)
        return self.heads[head] if head else self.words.get(word)

    @cached_property
    def firsts(self) -> frozenset[str]:
        """The first words of all phrases, in all forms."""
        return frozenset(form for form, words in self.in_phrases.items() if not self.phrases.keys().isdisjoint(words))

    @cached_property
    def seconds(self) -> frozenset[str]:
        """The second words of all phrases, in all forms."""
        seconds = {words[1] for group in self.phrases.values() for words, _ in group}
        return frozenset(form for form, words in self.in_phrases.items() if not seconds.isdisjoint(words))

    @cached_property
    def _in_order(self) -> tuple[list[str], frozenset[str]]:
        return sorted(self.words), frozenset(word[:size] for word in self.words for size in range(1, _BEGINNING + 1))

    def begun(self, parts: Sequence[str]) -> Flags:
        """Tell of which parts any word begins with them, and goes on."""
        words, beginnings = self._in_order
        found = which_are(beginnings, [part[:_BEGINNING] for part in parts])
        for at in np.flatnonzero(found).tolist():
            # In order, the words that a text begins follow it.
            after = bisect_right(words, parts[at])
            found[at] = after < len(words) and words[after].startswith(parts[at])
        return found


def which_are(known: Container[str], words: Sequence[str]) -> Flags:
    """Tell which words are among the known ones."""
    return np.fromiter(map(known.__contains__, words), dtype=bool, count=len(words))


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into words, in the spelling that lexicons are keyed by."""
    return words_in(spelling_key(text))


def words_in(folded: str) -> tuple[str, ...]:
    """Split a folded text into words; of letters that were lost (U+FFFD, a question mark between two) see `_restored`.

    Files that were written in an encoding without some of their letters hold such words: "Zak\ufffdady Pu?awy".
    """
    if LOST not in folded and "?" not in folded:
        return tuple(_WORD.findall(folded))
    told = _ASKED.sub(lambda found: LOST * len(found[0]), folded)
    words = (_restored(word) if LOST in word else word for word in _WITH_LOST.findall(told))
    return tuple(word for word in words if word)


@lru_cache(maxsize=4_096)
def _restored(word: str) -> str:
    """Write a word of trade whole where its letters fit one alone ("kopal\ufffdia"), another without what was lost."""
    left = word.replace(LOST, "")
    known = lexicon()
    if word.count(LOST) > _LOST_AT_MOST or len(left) < _LEFT_AT_LEAST or known.concept_of(left):
        return left
    found: dict[str, str] = {}
    blank = word.replace(LOST, "{}")
    for letters in product(ascii_lowercase, repeat=word.count(LOST)):
        whole = blank.format(*letters)
        if concept := known.concept_of(whole):
            found.setdefault(concept.token, whole)
    return next(iter(found.values())) if len(found) == 1 else left


def split_lines(folded: str) -> list[tuple[str, ...]]:
    """Split each line of a folded text into words, as `split_words` does."""
    return [(one,) if one.isalnum() else words_in(one) for one in respelled(folded).split("\n")]


@lru_cache(maxsize=4_096)
def _words_of(term: str) -> tuple[str, ...]:
    """Split a term; its forms, its concept and what it is the head of all ask for it."""
    return split_words(term)


def _terms(rows: Iterable[Mapping[str, str]]) -> dict[tuple[str, ...], Concept]:
    """Map every term to its concept; a term of two concepts keeps the first token and the types of both.

    A word for a product gives way to one for works.
    """
    found: dict[tuple[str, ...], Concept] = {}
    for row in rows:
        words = _words_of(row["term"])
        types = (row["type_id"],) if row["type_id"] else ()
        known = found.get(words)
        if known is None or _gives_way(known.role, row["role"]):
            found[words] = Concept(f"@{row['concept_id']}", row["role"], types)
        elif not set(types) <= set(known.types):
            found[words] = Concept(known.token, known.role, known.types + types)
    return found


def _gives_way(role: str, other: str) -> bool:
    """Tell whether a word in one role gives way to the same word in another one."""
    return (role == PRODUCT != other) or (role == "status_hint" and other == "modifier")


def _inflected(rows: Iterable[Mapping[str, str]], terms: Mapping[tuple[str, ...], Concept]) -> dict[str, Concept]:
    """Map every form of the longer one-word terms; forms that two concepts share are left out."""
    found: dict[str, Concept | None] = {}
    for row in rows:
        words = _words_of(row["term"])
        if len(words) == 1 and len(words[0]) >= INFLECTED_FROM:
            concept = terms[words]
            for form in forms(words[0], row["lang"]):
                known = found.setdefault(form, concept)
                # The same one or an equal one: looking is a tenth of the work of comparing.
                if known is not concept and known != concept:
                    found[form] = _stronger(known, concept)
    return {form: concept for form, concept in found.items() if concept}


def _stronger(one: Concept | None, other: Concept) -> Concept | None:
    """Return which of two concepts a form means that both have: works before what they make, else neither."""
    if one is None or (one.role == PRODUCT) == (other.role == PRODUCT):
        return None
    return other if one.role == PRODUCT else one


def _by_first_word(phrases: Mapping[tuple[str, ...], Concept]) -> Phrases:
    """Group phrases by their first word, longest first."""
    groups: dict[str, list[tuple[tuple[str, ...], Concept]]] = {}
    for words, concept in sorted(phrases.items(), key=lambda item: -len(item[0])):
        groups.setdefault(words[0], []).append((words, concept))
    return {first: tuple(group) for first, group in groups.items()}


def _in_phrases(rows: Iterable[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Map every form of the words of phrases to these; what is such a word itself is that one first."""
    spoken = {(word, row["lang"]): None for row in rows if len(words := _words_of(row["term"])) > 1 for word in words}
    found: dict[str, tuple[str, ...]] = {word: (word,) for word, _ in spoken}
    for word, lang in spoken:
        for form in forms_in_phrase(word, lang):
            known = found.get(form, ())
            if word not in known:
                found[form] = (*known, word)
    return found


def _heads(rows: Iterable[Mapping[str, str]], known: Mapping[str, Concept]) -> dict[str, Concept]:
    """Map what compounds may end in: words of trade, long ones in every form ("Papierfabriken")."""
    found: dict[str, Concept] = {}
    for row in rows:
        if row["lang"] in _COMPOUNDING and row["role"] in ("generic", "specific", "part"):
            words = _words_of(row["term"])
            word = words[0] if len(words) == 1 else ""
            if len(word) >= INFLECTED_FROM or word in _HEADS_OF_FOUR:
                long = len(word) >= _INFLECTED_HEADS_FROM
                others = [form for form in forms(word, row["lang"]) if known.get(form) == known[word]] if long else ()
                found |= dict.fromkeys((word, *others), known[word])
    return {head: concept for head, concept in found.items() if head not in _NO_HEADS}


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Build the lexicon of ``name_concepts.csv`` in all its languages."""
    rows = packaged_rows("name_concepts.csv")
    terms = _terms(rows)
    exact = {words[0]: concept for words, concept in terms.items() if len(words) == 1 and len(words[0]) > 1}
    phrases = _by_first_word({words: concept for words, concept in terms.items() if len(words) > 1})
    words_of_all = _inflected(rows, terms) | exact
    heads = _heads(rows, words_of_all)
    return Lexicon(words_of_all, phrases, _in_phrases(rows), heads, _local(rows, words_of_all))


def _local(rows: Iterable[Mapping[str, str]], known: Mapping[str, Concept]) -> dict[str, frozenset[str]]:
    """Map the short words that are not English to their languages; those that say nothing say so everywhere."""
    spoken: dict[str, set[str]] = {}
    for row in rows:
        words = _words_of(row["term"])
        # No form is shorter than its word without two letters: those of longer words are none of the short ones.
        if len(words) == 1 and len(words[0]) <= LOCAL_UP_TO + 2:
            others = forms(words[0], row["lang"]) if len(words[0]) >= INFLECTED_FROM else ()
            for form in (words[0], *others):
                spoken.setdefault(form, set()).add(row["lang"])
    return {
        word: frozenset(languages)
        for word, languages in spoken.items()
        if word in known and len(word) <= LOCAL_UP_TO and "en" not in languages
        if known[word].role not in SILENT_ROLES
    }


@lru_cache(maxsize=1)
def _languages() -> dict[str, frozenset[str]]:
    """Map each country of the table to its languages."""
    return {row["country"]: frozenset(row["languages"].split()) for row in packaged_rows("languages.csv")}


@lru_cache(maxsize=1_024)
def foreign_words(country: str | None) -> frozenset[str]:
    """Return the short words of trade that mean another thing in a country, for they are of none of its languages.

    None where the country is unknown, to the table or at all.
    """
    here = _languages().get(country or "")
    return frozenset(word for word, spoken in lexicon().local.items() if here and not here & spoken)


@lru_cache(maxsize=1)
def _exonyms() -> tuple[dict[str, str], ...]:
    """Read the table once."""
    return tuple(packaged_rows("exonyms.csv"))


@lru_cache(maxsize=1_024)
def place_names(country: str | None) -> Phrases:
    """Map foreign and former names of towns, each with the words of the town's own name as ``types`` of a concept.

    Parameters
    ----------
    country
        ISO code: only towns there. Without one, names of six letters or more that mean one town alone, and that no
        town of another country bears itself.
    """
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for row in _exonyms():
        if row["also_in"] if country is None else row["country"] != country:
            continue
        words, own = split_words(row["exonym"]), split_words(row["own_name"])
        if words != own:
            found.setdefault(words, set()).add(own)
    return _by_first_word(
        {
            words: Concept("", "place", next(iter(owns)))
            for words, owns in found.items()
            if len(owns) == 1 and (country or len("".join(words)) >= _EXONYM_ANYWHERE_FROM)
        }
    )
