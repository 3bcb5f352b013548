"""The controlled vocabulary: themes and types of sites with their labels, and the words of sources for them.

What cannot be mapped is answered with None; the caller lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

from inducult_geo.catalog.labels import LANGUAGES
from inducult_geo.catalog.models import FINER_TYPES
from inducult_geo.harmonize.words.heard import part_named_first, trades_heard
from inducult_geo.harmonize.words.nace import is_of_first, nace_codes, named_revision, revision_and_code
from inducult_geo.text import clean_text, fold, fold_once, packaged_rows
from inducult_geo.text.inflection import forms_in_phrase

SCHEMES: Final[Mapping[str, str]] = {
    "eprtr": "e_prtr_annex_i",
    "eprtrannexi": "e_prtr_annex_i",
    "ets": "eu_ets_activity",
    "euets": "eu_ets_activity",
    "euetsactivity": "eu_ets_activity",
    "eutl": "eu_ets_activity",
    "hotmaps": "hotmaps_subsector",
    "hotmapssubsector": "hotmaps_subsector",
    "gem": "gem_tracker",
    "gemtracker": "gem_tracker",
    "erih": "erih_theme_route",
    "erihthemeroute": "erih_theme_route",
    "ticcih": "ticcih_section",
    "ticcihsection": "ticcih_section",
    "nace": "nace_rev2",
    "nacerev2": "nace_rev2",
    "nacerev21": "nace_rev2_1",
    "nacerev1": "nace_rev1",
    "nacerev11": "nace_rev1",
}
"""Ways of writing the name of a scheme (lower case, letters and digits only) -> scheme."""

_AND_OTHERS: Final = re.compile(
    r"[\s,;/&+](?:in\.|inn[eyi]|itp|itd|etc|ecc|usw|u\.? ?a\.|others?|sonstiges?|andere|aj|apod|atd|jine|dr\.|"
    r"ostal[aio]|drug[aio]|e\.? ?a\.|enz|overige|altr[io])\.?$"
)
"""How a kind ends, folded, that is a drawer for many ("breweries, mills, and others")."""

LISTED: Final = re.compile(r"[,;/]")
"""What stands between the kinds of a list."""
_AND: Final = re.compile(r"[;,/+&]|\s(?:and|und|a|e|ed|i|in|oraz|en|et|és|și)\s", re.IGNORECASE)
"""What stands between the uses of one place: marks, and a word for it in each language."""

_MANY: Final = 3
"""Parts from which on a kind is a list: of "dworce, mosty, śluzy" the one word that is known is not the site."""

GENERIC_TYPES: Final = frozenset({"factory"})
"""Types that say no more than that there is industry."""

_INFLECTED_FROM: Final = 7
"""Letters from which a word for a status is known in other forms; those of shorter ones are other words too often."""

_CODE_LONGEST: Final = 80
"""Characters of a code among which its parents are looked for: of a text without end each would be as long."""

_HEATING: Final = "heating_plant"
"""Stands in works of another type, too: "Kesselhaus der Brauerei" is the brewery's own."""

_HEAT_APART: Final = frozenset({"energy", "transport_storage"})
"""Themes of which that is not so: "Centrale" may be a power station or central, and a town may be called Bridge."""


class Sector(NamedTuple):
    """What a sector code means; all None where the code is known but says nothing about a site (aviation).

    A class of NACE is that of a firm, and tells no type of a site; `works` is the one type that is in it, if any.
    """

    theme: str | None
    type: str | None
    works: str | None = None


@dataclass(frozen=True)
class Entry:
    """One theme or type: its labels by language, and for a type also its theme and kind."""

    labels: Mapping[str, str]
    theme: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The vocabulary of one run; never changed after loading.

    Attributes
    ----------
    types, themes
        Id -> entry, in the order of the tables.
    type_words
        Folded label of a type where it means one type alone, or word that a column of kinds has for it -> type.
    sectors
        Scheme and compact code -> sector.
    status_words
        Folded word -> status.
    theme_words
        Folded word for a branch of industry, or label of a theme -> theme.
    use_words
        Folded word for what works are used for today -> present use.
    empty_words
        Folded words for a building that is empty: it is out of use, and used for nothing today.
    """

    types: Mapping[str, Entry]
    themes: Mapping[str, Entry]
    type_words: Mapping[str, str]
    sectors: Mapping[tuple[str, str], Sector]
    status_words: Mapping[str, str]
    theme_words: Mapping[str, str]
    use_words: Mapping[str, str]
    empty_words: frozenset[str]

    def map_type(self, value: str | None) -> str | None:
        """Map a source's value to a type: a type id, a label or word for it in any language, last the value's words.

        The words are read as `guess_type` reads a name, but for those of a drawer ("breweries, mills, and others", or a
        list that begins with what is unknown): the one that is known is not what the site must be. Case and marks do
        not matter.
        """
        text = clean_text(value)
        if text is None:
            return None
        type_id = re.sub(r"[\s-]+", "_", text.lower())
        if type_id in self.types:
            return type_id
        for spelling in fold(_simple(text)):
            if spelling in self.type_words:
                return self.type_words[spelling]
        parts = LISTED.split(text)
        is_drawer = _AND_OTHERS.search(fold_once(text)) or (len(parts) >= _MANY and not self.guess_type(parts[0]))
        return None if is_drawer else self.guess_type(text)

    def map_theme(self, value: str | None) -> str | None:
        """Map a source's word for a branch of industry to a theme: its id, its label in any language, or "Bergbau"."""
        text = clean_text(value)
        if text is None or text in self.themes:
            return text
        return next((self.theme_words[one] for one in fold(_simple(text)) if one in self.theme_words), None)

    def guess_type(self, name: str | None, country: str | None = None, city: str | None = None) -> str | None:
        """Read the type from the words of a name, where they mean exactly one.

        "Ziegelwerk Zwickau" is a brickworks, and what stands after "mit" is a part of it. A word for a works in general
        counts only where no other type is named; "Brauerei und Mühle" means two and gives None. Words that only sound
        like a trade ("Schutzhütte", "Zakład Ubezpieczeń") tell none, nor do those that name its `city` ("Werk
        Brüggen"), nor does the name of a church or a school, nor do short words beyond the `country` (ISO code) of
        their language. A part that is named before its works is that part ("Förderturm der Zeche").
        """
        if not name:
            return None
        concepts = trades_heard(name, country, city)
        meant = {type_id for concept in concepts for type_id in concept.types if type_id in self.types}
        special = finest(meant - GENERIC_TYPES)
        if _HEATING in special and all(len(concept.types) <= 1 for concept in concepts):
            special = {type_id for type_id in special if self._is_heated(type_id)} or special
        kinds = {type_id: self.types[type_id].kind for type_id in special}
        chosen = part_named_first(name, concepts, kinds) or special or meant
        return next(iter(chosen)) if len(chosen) == 1 else None

    def _is_heated(self, type_id: str) -> bool:
        """Tell whether a type is works that may have a boiler house: no part of some, no station or depot."""
        entry = self.types[type_id]
        return entry.kind == "site" and entry.theme not in _HEAT_APART

    def knows_scheme(self, scheme: str) -> bool:
        """Whether codes of a scheme, in any writing of its name, are in the tables."""
        return _compact(scheme) in SCHEMES

    def map_sector(self, scheme: str, code: str | float | None) -> Sector | None:
        """Map a code of a public scheme to theme and type.

        Parameters
        ----------
        scheme
            ``E-PRTR``, ``EU ETS``, ``Hotmaps``, ``GEM``, ``ERIH``, ``TICCIH`` or ``NACE`` in any writing.
        code
            As the source writes it: ``3.(c).(i)``, ``3(c)(i)``, ``20``, ``Iron and steel``, ``24.10``, ``C24.1``.

        Returns
        -------
        Sector or None
            None where scheme or code is unknown. Finer codes than the table holds take their parent's meaning.
        """
        known = SCHEMES.get(_compact(scheme))
        text = clean_text(code)
        if known is None or text is None:
            return None
        if known.startswith("nace"):
            revision, text = revision_and_code(text)
            known = SCHEMES[f"nacerev{_compact(revision)}"] if revision else known
        for candidate in _codes(known, text):
            if (known, candidate) in self.sectors:
                return self.sectors[known, candidate]
        return None

    def map_status(self, value: str | None) -> str | None:
        """Map a source's word to a status; addresses of INSPIRE's code list are read by their last part."""
        text = clean_text(value)
        if text is None:
            return None
        word = text.rstrip("/").rsplit("/", 1)[-1] if "://" in text else text
        return next(
            (self.status_words[spelling] for spelling in _spellings(word) if spelling in self.status_words), None
        )

    def map_use(self, value: str | None) -> str | None:
        """Map a source's word to what stands there today; None where its words mean several uses, or one is unknown."""
        text = clean_text(value)
        if text is None:
            return None
        told = {
            next((self.use_words[spelling] for spelling in _spellings(part) if spelling in self.use_words), None)
            for part in (_AND.split(text) if self.use_words.keys().isdisjoint(_spellings(text)) else [text])
        }
        return told.pop() if len(told) == 1 else None

    def theme_of(self, type_id: str | None) -> str | None:
        """Return the theme of a type; None where there is no such type."""
        entry = self.types.get(type_id or "")
        return entry.theme if entry else None


def finest(types: Set[str]) -> set[str]:
    """Return types without those that another of them tells more exactly: of a mine and a coal mine the latter."""
    return {type_id for type_id in types if not FINER_TYPES.get(type_id, frozenset()) & types}


def nace_code(scheme: str, code: str) -> str | None:
    """Return a code of NACE as records hold it; None where the scheme is another.

    A revision that is not the second stands before it as registers write it ("NACE_1.1:24.10"), for a number means
    other trades in each.
    """
    known = _compact(scheme)
    if not SCHEMES.get(known, "").startswith("nace"):
        return None
    revision = ".".join(known.removeprefix("nacerev").removeprefix("nace")) or "2"
    if revision.startswith("2") and is_of_first(code):
        revision = "1.1"
    return code if revision == "2" or named_revision(code) else f"NACE_{revision}:{code}"


def _simple(text: str) -> str:
    """Take brackets, punctuation and doubled spaces from a word."""
    return " ".join(re.sub(r"[^\w\s&]", " ", re.sub(r"\([^()]*\)", " ", text)).split()).replace("_", " ")


def _words(table: str, column: str) -> dict[str, str]:
    """Return what a table says of each folded word."""
    return {spelling: row[column] for row in packaged_rows(table) for spelling in _spellings(row["word"])}


def _status_words() -> dict[str, str]:
    """Return the status of each folded word, and of the forms of those that stand alone ("nieczynny", "nieczynne").

    A form of words of several statuses has none; what is written in the table comes first.
    """
    forms = (
        (form, row["status"])
        for row in packaged_rows("status_words.csv")
        for spelling in _spellings(row["word"])
        if spelling.isalpha() and len(spelling) >= _INFLECTED_FROM
        for form in forms_in_phrase(spelling, row["lang"])
    )
    return _of_one_meaning(forms) | _words("status_words.csv", "status")


def _of_one_meaning(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map words to what each means; what means two things is left out."""
    found: dict[str, set[str]] = {}
    for word, meaning in said:
        found.setdefault(word, set()).add(meaning)
    return {word: next(iter(meant)) for word, meant in found.items() if len(meant) == 1}


def _spellings(text: str) -> Iterator[str]:
    """Give the folded spellings of a word: whole, and without what stands in brackets."""
    yield from fold(" ".join(re.sub(r"[^\w\s]", " ", text).replace("_", " ").split()))
    yield from fold(_simple(text))


def _compact(text: str) -> str:
    """Fold a text to its letters and digits."""
    return re.sub(r"[^a-z0-9]", "", fold_once(text))


def _codes(scheme: str, text: str) -> Iterator[str]:
    """Give the compact ways to look a code up, from the code itself to its parents."""
    if scheme.startswith("nace"):
        yield from nace_codes(text)
        return
    if scheme == "eu_ets_activity" and (number := re.match(r"0*(\d+)", text)):
        yield number[1]
        return
    yield _compact(text)
    if scheme == "e_prtr_annex_i":
        parts = re.findall(r"[a-z]+|\d+", fold_once(text[:_CODE_LONGEST]))
        yield from ("".join(parts[:length]) for length in range(len(parts) - 1, 1, -1))


def _entries(rows: Iterable[Mapping[str, str]], key: str) -> dict[str, Entry]:
    """Make entries of the rows of a table."""
    return {
        row[key]: Entry(
            labels=MappingProxyType({lang: text for lang in LANGUAGES if (text := row.get(f"label_{lang}"))}),
            theme=row["theme_id"],
            kind=row.get("kind"),
        )
        for row in rows
    }


def _type_words(types: Mapping[str, Entry]) -> dict[str, str]:
    """Map folded labels to types, and words that say it in a column of kinds; what means two types is left out."""
    labels = ((label, type_id) for type_id, entry in types.items() for label in entry.labels.values())
    words = ((row["word"], row["type"]) for row in packaged_rows("type_words.csv") if row["type"] in types)
    return _of_one_meaning(
        (spelling, type_id) for text, type_id in chain(labels, words) for spelling in fold(_simple(text))
    )


def _sectors() -> dict[tuple[str, str], Sector]:
    """Read the crosswalk and the NACE tables of all revisions."""
    found: dict[tuple[str, str], Sector] = {}
    for row in packaged_rows("sector_crosswalk.csv"):
        sector = Sector(row["theme_id"] or None, row["type_id"] or None)
        found[row["scheme"], _compact(row["code"])] = sector
        found.setdefault((row["scheme"], _compact(row["title"])), sector)
    for revision in ("rev2", "rev2_1"):
        works = _works_of_classes(f"nace_{revision}")
        for row in packaged_rows("nace.csv"):
            if code := row[f"{revision}_code"]:
                found[f"nace_{revision}", _compact(code)] = Sector(row["theme_id"] or None, None, works.get(code))
    for row in packaged_rows("nace_rev1.csv"):
        found["nace_rev1", _compact(row["code"])] = Sector(row["theme_id"], None)
    return found


def _works_of_classes(scheme: str) -> dict[str, str]:
    """Return the classes of NACE in which one type alone is, each with it."""
    found: dict[str, set[str]] = {}
    for row in packaged_rows("types.csv"):
        for code in row[scheme].split(";"):
            found.setdefault(code, set()).add(row["type_id"])
    return {code: types.pop() for code, types in found.items() if len(types) == 1 and "." in code}


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Read the packaged vocabulary once."""
    themes = _entries(packaged_rows("themes.csv"), "theme_id")
    types = _entries(packaged_rows("types.csv"), "type_id")
    theme_words = _words("theme_words.csv", "theme")
    for theme_id, entry in themes.items():
        theme_words |= {spelling: theme_id for label in entry.labels.values() for spelling in _spellings(label)}
    return Vocabulary(
        types=MappingProxyType(types),
        themes=MappingProxyType(themes),
        type_words=MappingProxyType(_type_words(types)),
        sectors=MappingProxyType(_sectors()),
        status_words=MappingProxyType(_status_words()),
        theme_words=MappingProxyType(theme_words),
        use_words=MappingProxyType(_words("use_words.csv", "present_use")),
        empty_words=frozenset(fold_once(row["word"]) for row in packaged_rows("use_words.csv") if row["empty"]),
    )
