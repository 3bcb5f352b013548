"""The inflected forms of a word of trade, by simple rules of its language, in the spelling of lexicons.

Registers of monuments write genitives ("areál vodního mlýna", "zespół młyna wodnego"), companies plurals ("Breweries",
"Fabbriche"). The rules give more forms than there are: a form that no word has does no harm, one that two words share
is for the lexicon to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_FAMILY: Final[Mapping[str, str]] = {
    "en": "english",
    **dict.fromkeys(("de", "nl"), "germanic"),
    **dict.fromkeys(("cs", "sl", "hr", "pl", "sk", "bg"), "slavic"),
    **dict.fromkeys(("fr", "es", "pt"), "plural"),
    **dict.fromkeys(("sv", "da", "nb"), "nordic"),
    **dict.fromkeys(("lt", "lv", "et"), "as written"),
    "el": "greek",
    "fi": "finnish",
    "it": "italian",
    "ro": "romanian",
    "hu": "hungarian",
}
_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "english": ("", "e", "en", "n", "s", "es", "er"),
    "germanic": ("", "e", "en", "n", "s", "es", "er"),
    "plural": ("", "s", "es"),
    "nordic": ("", "et", "en", "er", "s", "ets", "ens", "erne", "arna"),
    "as written": ("",),
    "greek": ("o", "a", "i", "os", "oi", "ou", "on", "as", "es", "is"),
    "finnish": ("", "n", "t"),
    "italian": ("a", "e", "i", "o", "ie"),
    "romanian": ("", "a", "e", "i", "ia", "ie", "ul", "ului", "ei", "ii"),
    "hungarian": ("", "a", "e", "k", "ak", "ek", "ok", "ja", "je", "ban", "ben"),
    "slavic": (
        *("", "a", "e", "i", "o", "u", "y", "ou", "em", "om", "am", "ach", "ech", "ich", "ami", "emi", "owi"),
        *("ovi", "ow", "ia", "ie", "iach", "iami", "ama", "ima", "ej", "oj", "ho", "ego", "ych", "ih"),
    ),
}
_IN_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "english": ("", "s", "es"),
    "germanic": ("", "e", "em", "en", "er", "es", "n", "s"),
    "plural": ("", "s", "es", "x"),
    "slavic": (
        *("", "a", "e", "i", "o", "u", "y", "ou", "em", "om", "im", "ym", "ow", "ov", "ej", "ich", "ih", "ych"),
        *("ego", "iego", "eho", "iho", "ega", "og", "oga", "iej", "ia", "ie", "ii", "emu", "imu", "omu", "ami", "emi"),
        *("imi", "ymi"),
    ),
}
"""Endings in phrases: those of adjectives, too, for the neighbors of a word there make it safe."""

_STEM: Final[Mapping[str, str]] = {
    **dict.fromkeys(("italian", "romanian", "slavic"), "i?[aeiouy]$"),
    "greek": "(?:os|o|a|i)$",
}
"""What the endings of a family take the place of: in the others they follow the whole word."""

_TURNED: Final[Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "english": (("(?<=[^aeiou])y$", ("ies",)),),
    "plural": (("cao$", ("cos",)), ("al$", ("ais", "aux"))),
    "finnish": (("s$", ("kset", "ksen")),),
    "italian": (("(?<=[cg])[aeo]$", ("he", "hi")),),
    "slavic": (("k$", ("ci",)),),
}
"""What ends a word, and what takes its place in some forms: "quarry", "fundição", "kaivos", "fabbrica", "rudnik"."""

INFLECTED_FROM: Final = 5
"""Letters from which a word by itself is known in other forms; shorter ones mean something else too often."""

_IN_PHRASES_FROM: Final = 3


def forms(word: str, lang: str) -> Iterator[str]:
    """Give the forms of a word that stands alone: its stem with each ending of the language's family.

    Parameters
    ----------
    word
        A word as `lexicon.split_words` gives it.
    lang
        Its language, one of `name_concepts.csv`.
    """
    family = _FAMILY[lang]
    stem = re.sub(_STEM.get(family, "$"), "", word)
    if len(stem) >= INFLECTED_FROM - 1:
        yield from (stem + ending for ending in _ENDINGS[family])
        yield from _turned(word, family)


def forms_in_phrase(word: str, lang: str) -> Iterator[str]:
    """Give the forms of a word of a phrase ("wielki" and "piec"): short words have some, too, and adjectives.

    Parameters and language as in `forms`.
    """
    family = _FAMILY[lang]
    if len(word) >= _IN_PHRASES_FROM:
        stem = re.sub("e$" if family == "germanic" else _STEM.get(family, "$"), "", word)
        yield from (stem + ending for ending in _IN_PHRASES.get(family, _ENDINGS[family]))
        yield from _turned(word, family)


def _turned(word: str, family: str) -> Iterator[str]:
    """Give the forms in which other letters take the place of a word's last ones."""
    for ended, turned in _TURNED.get(family, ()):
        if found := re.search(ended, word):
            yield from (word[: found.start()] + ending for ending in turned)
