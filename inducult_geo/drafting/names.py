"""Find columns of an unknown table that hold further names: in other languages, other and former ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from inducult_geo.drafting.column import Column, called
from inducult_geo.text import fold_once

LANGUAGES: Final[Mapping[str, str]] = {
    "cs": "cs cz czech tschechisch česky čeština ceco czeski češki tsjechisch",
    "de": "de at german deutsch německy němčina tedesco niemiecki nemško njemački duits allemand",
    "en": "en english englisch anglicky angličtina inglese angielski angleško engleski engels anglais",
    "fr": "fr french französisch francouzsky francese francuski francosko frans français",
    "hr": "hr croatian kroatisch chorvatsky croato chorwacki hrvaško hrvatski",
    "hu": "hu hungarian ungarisch maďarsky ungherese węgierski madžarsko mađarski hongaars magyar",
    "it": "it italian italienisch italsky italiano włoski italijansko talijanski italiaans italien",
    "nl": "nl dutch niederländisch nizozemsky olandese niderlandzki nizozemsko nizozemski nederlands néerlandais",
    "pl": "pl polish polnisch polsky polacco polski poljsko poljski pools polonais",
    "sk": "sk slovak slowakisch slovensky slovacco słowacki slovaško slovački slowaaks slovenčina",
    "sl": "sl si slovenian slovene slowenisch slovinsky sloveno słoweński slovensko slovenski sloveens",
}
"""Language -> what headings call it: its code, a sign of its country, its name in the languages of the regions."""

_LAST: Final = re.compile(r"[^\W\d_]+(?=[\W_]*$)")
_FURTHER: Final = called("alt_name", "old_name")


def is_further(column: Column) -> bool:
    """Whether a column's name says that it holds other or former names."""
    return _FURTHER.search(fold_once(column.name)) is not None


def language_of(heading: str) -> str | None:
    """Return the language that the last word of a heading names ("Name_de", "Plant name (English)"), or None."""
    last = _LAST.search(heading)
    return _by_word().get(fold_once(last[0])) if last else None


def in_languages(columns: Iterable[Column]) -> dict[str, Column]:
    """Return for each language the first of some columns of names that is in it."""
    found: dict[str, Column] = {}
    for column in columns:
        language = language_of(column.name)
        if language is not None:
            found.setdefault(language, column)
    return found


@cache
def _by_word() -> Mapping[str, str]:
    return {fold_once(word): language for language, words in LANGUAGES.items() for word in words.split()}
