"""Text that was encoded twice: UTF-8 that a program took for another encoding and wrote as UTF-8 again."""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import Final

_TABLES: Final = ("cp1252", "cp1250", "latin-1", "iso8859-2", "mac_roman")
_LEAST: Final = 3
"""So many letters must come right: of fewer a text may hold such a sequence by itself."""

_AS_BYTE: Final = "inducult_geo.as_byte"


def _as_byte(problem: UnicodeError) -> tuple[bytes, int]:
    """Give a control character as the byte that it was: a table of Windows has no letter for five bytes."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    try:
        return problem.object[problem.start : problem.end].encode("latin-1"), problem.end
    except UnicodeEncodeError:
        raise problem from None


codecs.register_error(_AS_BYTE, _as_byte)


def encoded_once(text: str) -> tuple[str, str] | None:
    """Return a text as it was before it was encoded a second time, and words that show it; None where it was not.

    All of it must come out as UTF-8, with at least three letters beyond ASCII: no honest text does.
    """
    for table in () if text.isascii() else _TABLES:
        try:
            found = text.encode(table, errors=_AS_BYTE).decode("utf-8")
        except UnicodeError:
            continue
        letters = [letter for letter in found if letter > "\x7f" and letter.isalpha()]
        if len(letters) >= _LEAST:
            # Shapes may be written in one word of a million letters.
            words = (word[0] for word in re.finditer(r"\w{1,40}", found) if not word[0].isascii())
            word = max(islice(words, 20), key=len)
            return found, f"{word.encode('utf-8').decode(table, errors='replace')!r} for {word!r}"
    return None
