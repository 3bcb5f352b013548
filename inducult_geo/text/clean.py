"""Repair the text of a cell, and detect where characters were lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

_SAYS_NOTHING: Final = "- -- --- – — . .. ... ? ?? ??? n/a #n/a n.a. na nan none null <null> (null) <na> nil"
_NOTHING: Final = frozenset(_SAYS_NOTHING.split())
_NAMES: Final = frozenset(("Na", "Nan", "Nil", "Null"))
"""Surnames and places: no program writes its word for nothing so (Python alone writes "None")."""

MAYBE_NAMES: Final = frozenset(("na", "nan", "nil", "none", "null"))
"""Words for nothing that may also be meant (folded); what is read as nothing is told where a name belongs."""

LOST: Final = "\ufffd"
"""What stands where a character was lost (U+FFFD)."""


def _replacements() -> dict[int, str | None]:
    """Map the characters that cleaning replaces or removes: quotes, spaces, controls, invisible marks."""
    table: dict[int, str | None] = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
    invisible = (0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065))
    table.update(dict.fromkeys(invisible))
    table.update(dict.fromkeys(map(ord, "\t\n\r\x0b\x0c\x85\u2028\u2029"), " "))
    table.update(dict.fromkeys(map(ord, "‘’‚‛′´`"), "'"))
    table.update(dict.fromkeys(map(ord, "“”„‟″«»"), '"'))
    table[0x1A] = LOST  # the loss must stay visible after cleaning
    return table


_CLEAN: Final = _replacements()
_HALF: Final = re.compile(r"[\ud800-\udfff]")


def is_null(value: object) -> bool:
    """Whether a value of a table is none of any kind: null, no number, no date."""
    return value is None or value is pd.NA or value != value


def line_of(value: object) -> str:
    """Return a value as printable text on one line, nothing for null."""
    if is_null(value):
        return ""
    return printable(f"{value:g}" if isinstance(value, float) else str(value)).strip()


def clean_text(value: object) -> str | None:
    """Return the text of a cell as people meant it, or None where the cell says nothing.

    Unicode NFC, white space collapsed, control and invisible characters removed, typographic quotes made plain. The
    substitute character becomes U+FFFD, so that a loss stays visible. Whole numbers that a spreadsheet turned into
    floats lose their ".0". Words that programs write for nothing ("NULL", "nan", "None") are nothing; "Null" is a name.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        if value != value:
            return None
        value = int(value) if value.is_integer() else value
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text).translate(_CLEAN)
    text = " ".join(text.split())
    return None if not text or (text.casefold() in _NOTHING and text not in _NAMES) else text


def is_blank(text: str) -> bool:
    """Whether a text holds nothing that can be seen: white space, and marks without any width (zero-width spaces)."""
    return not text.strip() or not (text.isascii() or text.translate(_CLEAN).strip())


def whole_text(text: str) -> str:
    """Return text with U+FFFD for every half of a character, which no file can hold (JSON, UTF-7 and UTF-16 can)."""
    return text if text.isascii() else _HALF.sub(LOST, text)


def storable(text: str) -> str:
    """Return text that any file can hold: no NUL, and "?" for every half of a character."""
    text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """Return text on one line that cannot steer a terminal and that XML can hold: spaces for what cannot be shown."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "1 row", "2 rows"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def first_few(texts: Sequence[str], most: int, mark: str = ", ") -> str:
    """Return at most so many texts for a message, and how many more there are: a, b and 7 more."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return mark.join(texts[:most]) + more


def shortened(text: str, most: int) -> str:
    """Return at most so many letters of a text, the last of them an ellipsis where it goes on."""
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(names: Iterable[str]) -> str:
    """Return names for a message: 'a', 'b'."""
    return ", ".join(f"'{name}'" for name in names)


def sql_name(name: str) -> str:
    """Return an SQL identifier for a name that comes out of a file."""
    return '"' + name.replace('"', '""') + '"'


_LOSSES: Final = (
    (re.compile(f"{LOST}|ï¿½"), "characters lost before the file was written (U+FFFD)"),
    (re.compile("\x1a"), "characters lost before the file was written (substitute character)"),
    (re.compile("[\x80-\x84\x86-\x9f]"), "control characters where letters belong: read with the wrong encoding"),
    (re.compile(r"(?<=[^\W\d_])\?(?=[^\W\d_])"), "a question mark inside a word: a character was lost"),
    (re.compile(r"(?<=[a-zA-Z])[³¹¿¼¾£](?=[a-z])"), "a sign inside a word: cp1250 read as cp1252"),
)
_SECONDS: Final = "\x80-\xbf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸˇ˘ŁĄŻłąşĽżŚŤŹśťź"
_MISREAD: Final = re.compile(f"[ÃÄÅĹ][{_SECONDS}Ş]|[ÂĂ](?:[{_SECONDS}]|Ş(?:[^A-ZĂÂÎŞŢ]|$))")
"""UTF-8 read as another encoding, a letter at a time; "ORĂŞTIE" is a Romanian town."""

SPOILED: Final = f"{LOST}|ï¿½|{_MISREAD.pattern}"
"""What a text of which letters are lost or misread looks like at a glance, as RE2 reads it: a sign, no proof."""

MARKUP: Final = r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>"
"""A tag of HTML or XML, as RE2 reads it."""


def lost_characters(text: str) -> str | None:
    """Say what is wrong with the characters of ``text``; None where nothing is seen.

    Looks for replacement and substitute characters, control characters, question marks inside words, and for UTF-8
    that was read as cp1252 or cp1250 (only where the bytes turn back into clean UTF-8).
    """
    if text.isascii() and "?" not in text and "\x1a" not in text:
        return None
    for pattern, reason in _LOSSES:
        if pattern.search(text):
            return reason
    if _MISREAD.search(text):
        for encoding in ("cp1252", "cp1250", "latin-1"):
            try:
                text.encode(encoding).decode("utf-8")
            except UnicodeError:
                continue
            return f"UTF-8 read as {encoding}"
    return None
