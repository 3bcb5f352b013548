"""Spell a text in plain lower-case letters, in each way that people write it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from inducult_geo.text.tables import packaged_rows


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
    marked = (*range(0xC0, 0x250), *range(0x300, 0x370), *range(0x1E00, 0x1F00))
    base: dict[int, str | None] = {code: _base_letter(code) for code in marked}
    base.update({ord("’"): "'", ord("–"): "-", ord("—"): "-", 0xA0: " "})
    tables = []
    for variant in range(3):
        table = dict(base)
        for row in packaged_rows("transliteration.csv"):
            spellings = row["spellings"].split(";")
            table[ord(row["character"])] = spellings[min(variant, len(spellings) - 1)]
        tables.append(table)
    return tuple(tables)


def fold(text: str) -> tuple[str, ...]:
    """Spell a text in lower case without marks, the canonical one first: ``Mühle`` gives ``muhle`` and ``muehle``.

    Spellings come from ``transliteration.csv``. A text without special letters gives one spelling. Scripts other
    than Latin pass unchanged.
    """
    if text.isascii():
        return (text.lower(),)
    # Lower-casing before NFC would miss capitals; casefold would already spell the German sharp s out.
    lowered = unicodedata.normalize("NFC", text.lower())
    return tuple(dict.fromkeys(lowered.translate(table) for table in _fold_tables()))


def fold_once(text: str) -> str:
    """Give the canonical spelling of `fold` alone, for those who need no other."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.lower()).translate(_fold_tables()[0])


_DIGRAPH: Final = re.compile(r"(?:\b|(?<=[b-df-hj-np-tv-z]))([aou])e|dj")


def spelling_key(text: str) -> str:
    """Fold a text so that ``Muehle`` and ``Mühle``, ``Djurdjevac`` and ``Đurđevac`` come out alike."""
    return respelled(fold_once(text))


def respelled(folded: str) -> str:
    """Spell a folded text so that what two alphabets write with other letters comes out alike."""
    if "e" in folded or "dj" in folded:
        return _DIGRAPH.sub(lambda found: found[1] or "d", folded)
    return folded
