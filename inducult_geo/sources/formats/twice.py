"""Detect text that was encoded twice: UTF-8 read in another encoding and saved as UTF-8 again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from inducult_geo.text.misread import AS_BYTE

_TABLES: Final = ("cp1252", "cp1250", "latin-1", "iso8859-2", "mac_roman")
_LEAST: Final = 3
"""So many letters must come right: of fewer a text may hold such a sequence by itself."""

_RUN: Final = re.compile("[^\x00-\x7f]+")
_MOSTLY: Final = 0.5
_NEVER_MEANT: Final = ("cp1252", "latin-1")
"""Tables in which what UTF-8 is taken for is no spelling of any language: of these some lines are enough."""


def encoded_once(text: str) -> tuple[str, str] | None:
    """Return a text as it was before it was encoded a second time, and words that show it; None where it was not.

    All of it must come out as UTF-8, with at least three letters beyond ASCII: a text that says what it should hardly
    ever does.
    """
    for table in () if text.isascii() else _TABLES:
        try:
            found = text.encode(table, errors=AS_BYTE).decode("utf-8")
        except UnicodeError:
            continue
        letters = [letter for letter in found if letter > "\x7f" and letter.isalpha()]
        if len(letters) >= _LEAST:
            # Shapes may be written in one word of a million letters.
            words = (word[0] for word in re.finditer(r"\w{1,40}", found) if not word[0].isascii())
            word = max(islice(words, 20), key=len)
            return found, f"{word.encode('utf-8').decode(table, errors='replace')!r} for {word!r}"
    return None


@dataclass(frozen=True)
class Partly:
    """A text with the lines mended that were encoded twice, their number, words that show it, the first other line."""

    text: str
    lines: int
    words: str
    other_line: int


def partly_twice(text: str) -> Partly | None:
    """Repair the lines of a text that were encoded twice; None where they are too few to be sure.

    Lists are put together by copying: some rows went through the wrong table, others did not. A line is mended only
    where all of its letters beyond ASCII come out as UTF-8.
    """
    runs = [*_RUN.finditer(text)]
    best: tuple[int, str, str] | None = None
    for table in _TABLES:
        once = {found: _once(found, table) for found in {run[0] for run in runs}}
        mended = [run for run in runs if once[run[0]]]
        letters = {once[run[0]] for run in mended}
        least = _LEAST if table in _NEVER_MEANT else max(_LEAST, int(_MOSTLY * len(runs)) + 1)
        if len(mended) >= max(least, best[0] + 1 if best else 0) and len(letters) >= 2:
            best = len(mended), table, f"{mended[0][0]!r} for {once[mended[0][0]]!r}"
    if best is None:
        return None
    lines = re.split(r"(\r\n|\r|\n)", text)
    done = [line if line.isascii() else _once(line, best[1]) or line for line in lines]
    changed = [one != other for one, other in zip(lines, done, strict=True)]
    other = next((n for n, line in enumerate(lines) if not line.isascii() and not changed[n]), 0)
    return Partly("".join(done), sum(changed), best[2], other // 2 + 1) if any(changed) else None


def _once(text: str, table: str) -> str | None:
    """Return a text as it was before it was encoded a second time, where all of it comes out with a letter of UTF-8."""
    try:
        found = text.encode(table, errors=AS_BYTE).decode("utf-8")
    except UnicodeError:
        return None
    return found if any(letter > "\x7f" and letter.isalpha() for letter in found) else None
