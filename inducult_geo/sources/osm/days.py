"""Whether a date of OpenStreetMap has passed."""

from __future__ import annotations

import re

_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}", re.ASCII)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_CENTURY = re.compile(r"\bC(\d\d?)\b", re.ASCII)


def is_past(text: str, as_of: str | None) -> bool:
    """Whether a date has passed: a day, a month, a year, or the last year that a text names ("~1990", "late C20").

    Forms as the wiki has them for `start_date`.
    """
    if _DAY.fullmatch(text):
        return as_of is None or text < as_of[: len(text)]
    years = [*_YEAR.findall(text), *(f"{century:0>2}00" for century in _CENTURY.findall(text))]
    return bool(years) and (as_of is None or max(years) < as_of[:4])
