"""Read codes of NACE and the revision that a list names: each revision gives the numbers to other trades."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from inducult_geo.text import fold_once

_REVISION: Final = re.compile(r"(?<!\d)(?<!\d[._])([12](?:[._]1)?):")
"""The revision that registers write before a code ("NACE_1.1:40.10")."""

_NATIONAL: Final = re.compile(
    r"\b(?:(?:[a-z]{1,3}-?)?nace(?:-?bel)?|wz|pkd|okec|ateco|skd|nkd|naf|sbi|noga|teaor|caen|rev(?:ision|ize)?)"
    r"(?![a-z])[\s'._:-]*"
    r"(?:rev(?:ision|ize)?\b[\s._]*)?"
    r"(?P<told>(?:199\d|200\d|2025)\b|20[12]\d\b(?=\D{1,6}\d\d\.\d)|"
    r"(?:9[1-9]|0[2-8])\b(?=\D{1,6}(?<![\d.])\d\d\.?\d)|[12](?:[._]1)?(?![\d.]))?"
)
"""A national edition of NACE, folded, with its year, the last digits of that before a code, or the revision.

No code looks like the years of editions; of others a code must follow: "NACE 2014" is the class 20.14.
"""

_ALWAYS_FIRST: Final = "okec"
"""The Czech edition of the first revision; that of the second is called otherwise."""

_SECOND_FROM: Final = 2007
_THIRD_FROM: Final = 2024
"""Years from which on national editions follow revision 2, and 2.1."""

_SHORT_YEAR: Final = 2

_OF_FIRST: Final = re.compile(
    r"\b(?:(?:C[AB]|D[A-N])[\s.-]?(?=\d\d)|D[\s.-]?(?=(?:1[5-9]|2\d|3[0-4]|3[67])[\d.]*\b)|"
    r"E[\s.-]?(?=4[01][\d.]*\b)|\d\d\.?\d[A-Z]\b)"
)
"""What there is in the first revision alone: letters before a division ("DJ27.10") or behind a group ("27.1Z").

Its section D is that of all manufacturing, of which the second leaves division 35 to the letter, and its E that of
energy (40) and water (41).
"""

_OTHER_SCHEME: Final = re.compile(r"\b(?:sic|naics)\b")

_CODE: Final = re.compile(r"(?<![\d.])(?:[A-U]\.)?(\d\d)(?:\.?(\d{1,2})(?:\.?\d{1,2})?)?(?!\d)")
"""A division, group or class of NACE; a country's own digits may follow (24.100, 24.10.0, 241000)."""

_GROUPS_OF_SERVICES: Final = frozenset(("620", "721", "811", "812"))
"""Groups (62.0, 81.1) that a class of mining looks like once a cell for numbers took its zero (06.20, 08.11)."""


def named_revision(text: str) -> str | None:
    """Return the revision ("1.1", "2", "2.1") that registers write before a code; None where they write none."""
    found = _REVISION.search(text)
    return None if found is None else found[1].replace("_", ".")


def is_of_first(text: str) -> bool:
    """Whether a code is written as those of the first revision alone are ("DJ27.10", "271Z")."""
    return _OF_FIRST.match(text) is not None


def revision_and_code(text: str) -> tuple[str | None, str]:
    """Return the revision that a text names ("1", "1.1", "2", "2.1"), and what is left of the text: there the code is.

    National editions are named by their year ("WZ 2003 27.10", "PKD 2007: 24.10.Z"), OKEČ and codes as they are in
    the first revision alone ("DJ27.10") by themselves. What names another scheme (SIC) has no code left.
    """
    if revision := named_revision(text):
        return revision, _where_code_is(text)
    folded = fold_once(text)
    if _OTHER_SCHEME.search(folded):
        return None, ""
    found = _NATIONAL.search(folded)
    if found:
        left = f"{folded[: found.start()]} {folded[found.end() :]}".upper()
        is_first = found[0].startswith(_ALWAYS_FIRST) or _OF_FIRST.search(left) is not None
        return "1.1" if is_first else _of_edition(found["told"]), _where_code_is(left)
    return ("1.1" if _OF_FIRST.search(text) else None), _where_code_is(text)


def _where_code_is(text: str) -> str:
    """Return what stands between colons and holds a code, the last of it ("2:24.10", "24.10: Roheisen")."""
    parts = text.split(":")
    return next((part for part in reversed(parts) if _CODE.search(part)), parts[-1])


def _of_edition(told: str | None) -> str | None:
    """Return the revision of a national edition by its year ("2003", "03"); a revision as it is."""
    digits = len(told) if told and told.isdigit() else 0
    if told is None or digits < _SHORT_YEAR:
        return told and told.replace("_", ".")
    year = int(told) if digits > _SHORT_YEAR else int(told) + (1900 if told[0] == "9" else 2000)
    return "1.1" if year < _SECOND_FROM else "2" if year < _THIRD_FROM else "2.1"


def nace_codes(text: str) -> Iterator[str]:
    """Give the compact ways to look up a code that `revision_and_code` leaves, from the code itself to its parents."""
    text = text.strip()
    # A cell for numbers keeps "05.10" as 5.1.
    text = f"0{text}" if re.fullmatch(r"[1-9](?:\.\d\d?)?", text, re.ASCII) else text
    found = _CODE.search(text)
    if found:
        # No class of mining or works in the first revision begins with a zero.
        if re.fullmatch(r"\d{3}", text) and text not in _GROUPS_OF_SERVICES:
            yield f"0{text}"
        yield from (found[1] + (found[2] or "")[:length] for length in (2, 1, 0))
    elif re.fullmatch("[A-U]", text):
        yield text.lower()
