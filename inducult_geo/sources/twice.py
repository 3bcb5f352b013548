"""Text that was encoded twice: UTF-8 that a program took for another encoding and wrote as UTF-8 again."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from inducult_geo.text.misread import AS_BYTE

_TABLES: Final = ("cp1252", "cp1250", "latin-1", "iso8859-2", "mac_roman")
_LEAST: Final = 3
"""So many letters must come right: of fewer a text may hold such a sequence by itself."""

_RUN: Final = re.compile("[^\x00-\x7f]+")
_MOSTLY: Final = 0.5


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


def partly_twice(text: str) -> tuple[str, int] | None:
    """Return words that show that most of a text was encoded twice, and its first line that was not; None where not.

    Lists are put together by copying: some rows went through the wrong table, others did not. Nothing is mended.
    """
    runs = [*_RUN.finditer(text)]
    best: tuple[str, int] | None = None
    most = max(_LEAST - 1, int(_MOSTLY * len(runs)))
    for table in _TABLES:
        once = {found: _once(found, table) for found in {run[0] for run in runs}}
        mended = [run for run in runs if once[run[0]]]
        letters = {once[run[0]] for run in mended}
        if len(mended) <= most or len(letters) < 2:
            continue
        most = len(mended)
        other = next((run for run in runs if not once[run[0]]), runs[0])
        best = f"{mended[0][0]!r} for {once[mended[0][0]]!r}", text.count("\n", 0, other.start()) + 1
    return best


def _once(run: str, table: str) -> str | None:
    """Return a run of letters beyond ASCII as it was, where all of it comes out as letters or signs of UTF-8."""
    try:
        found = run.encode(table, errors=AS_BYTE).decode("utf-8")
    except UnicodeError:
        return None
    return found if any(letter.isalpha() for letter in found) else None
