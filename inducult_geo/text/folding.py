"""Fold a text to plain lower-case Latin letters, in each way that people do it.

Greek and Cyrillic are spelled as the road signs of their countries do it: lists of Europe tell one works in either
script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from inducult_geo.text.tables import packaged_rows

_MARKED: Final = (*range(0xC0, 0x250), *range(0x300, 0x370), *range(0x370, 0x530), *range(0x1E00, 0x2000))
"""Codes of Latin, Greek and Cyrillic letters that may bear a mark, and of marks by themselves."""

_GREEK: Final = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")


def _base_letter(code: int) -> str | None:
    """Return the base letter of a character with marks, or the character; None for a combining mark."""
    character = chr(code)
    if unicodedata.combining(character):
        return None
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(part for part in decomposed if not unicodedata.combining(part)).casefold() or character


@lru_cache(maxsize=1)
def _fold_tables() -> tuple[dict[int, str | None], ...]:
    """Build tables for ``str.translate``: the canonical spelling first, then the other ways of writing."""
    letters = {row["character"]: row["spellings"].split(";") for row in packaged_rows("transliteration.csv")}
    # Letters that stay as they are, too: `str.translate` takes twice as long over what it does not find.
    base: dict[int, str | None] = {code: chr(code) for code in range(128)}
    base |= {code: _base_letter(code) for code in _MARKED}
    base.update({ord("’"): "'", ord("–"): "-", ord("—"): "-", 0xA0: " "})
    tables = []
    for variant in range(3):
        single = {one: told[min(variant, len(told) - 1)] for one, told in letters.items() if len(one) == 1}
        # What is left of a letter without its mark may be of another script still.
        table = {code: single.get(letter or "", letter) for code, letter in base.items()}
        tables.append(table | {ord(one): told for one, told in single.items()})
    return tuple(tables)


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, str], ...]:
    """Return two letters that are spelled together, also with an accent on the second, and their spelling."""
    rows = (row for row in packaged_rows("transliteration.csv") if len(row["character"]) > 1)
    said = ((row["character"], row["spellings"]) for row in rows)
    return tuple((unicodedata.normalize("NFC", pair + mark), told) for pair, told in said for mark in ("", "\u0301"))


def _lowered(text: str) -> str:
    """Write a text in lower case, and what two letters spell together in Latin letters."""
    # Lower-casing before NFC would miss capitals; casefold would already spell the German sharp s out.
    lowered = unicodedata.normalize("NFC", text.lower())
    if _GREEK.search(lowered):
        for pair, told in _pairs():
            lowered = lowered.replace(pair, told)
    return lowered


def fold(text: str) -> tuple[str, ...]:
    """Spell a text in lower case without marks, the canonical one first: ``Mühle`` gives ``muhle`` and ``muehle``.

    Spellings come from ``transliteration.csv``. A text without special letters gives one spelling. Scripts other
    than Latin, Greek and Cyrillic pass unchanged.
    """
    if text.isascii():
        return (text.lower(),)
    lowered = _lowered(text)
    return tuple(dict.fromkeys(lowered.translate(table) for table in _fold_tables()))


def fold_once(text: str) -> str:
    """Give the canonical spelling of `fold` alone, for those who need no other."""
    if text.isascii():
        return text.lower()
    return _lowered(text).translate(_fold_tables()[0])


_SECOND_LETTER: Final = re.compile(r"e(?<=[aou]e)(?:(?<=\b..)|(?<=[b-df-hj-np-tv-z]..))|j(?<=dj)")
"""The second of two letters that spell one: "ae" after a consonant or none, "dj". What comes first is found fastest."""


def spelling_key(text: str) -> str:
    """Fold a text so that ``Muehle`` and ``Mühle``, ``Djurdjevac`` and ``Đurđevac`` come out alike."""
    return respelled(fold_once(text))


def respelled(folded: str) -> str:
    """Spell a folded text so that what two alphabets write with other letters comes out alike."""
    if "e" in folded or "dj" in folded:
        return _SECOND_LETTER.sub("", folded)
    return folded
