"""Read conditions that also say since when: "stillgelegt 1991", "od 1995 nieczynna", "in use since 1920"."""

from __future__ import annotations

import re
from typing import Any, Final

from inducult_geo.catalog.models import CLOSED
from inducult_geo.harmonize.dates.read import parse_date
from inducult_geo.harmonize.dates.tokens import BESIDE_YEAR
from inducult_geo.harmonize.words.vocabulary import Vocabulary
from inducult_geo.text import fold_once, known_text, packaged_words

_WORDS: Final = packaged_words("date_words.csv", "role")


def _any_of(*roles: str) -> str:
    """Return a pattern of all words of some roles of dates."""
    return f"(?:{'|'.join(sorted(frozenset[str]().union(*(_WORDS[role] for role in roles)), key=len, reverse=True))})"


_DECADE: Final = _any_of("decade", "decade_or_year")
_DATE: Final = re.compile(
    rf"\b(?:\d{{1,2}}[./]\s?(?:\d{{1,2}}[./]\s?)?)?(?:1[0-9]|20)[0-9]{{2}}(?:er|s)?\b"
    rf"|\b[0-9]0\.?\s?{_DECADE}\b|\b{_DECADE}\s[0-9]0\b|\b[12]?[0-9]\.\s?{_any_of('century')}\b",
    re.ASCII | re.IGNORECASE,
)
"""A year, with its day and month as numbers, or a decade or century: "31. 12. 2009", "1990s", "lat 70", "19. st"."""
_BESIDE: Final = _any_of("since", "month", "decade", BESIDE_YEAR)
_BEFORE_YEAR: Final = re.compile(rf"\b(?:{_BESIDE}|\d{{1,2}})\W*$", re.IGNORECASE)
_AFTER_YEAR: Final = re.compile(rf"^\W*{_BESIDE}\b", re.IGNORECASE)


def status_of(text: str, vocabulary: Vocabulary) -> str | None:
    """Return the status of a text, of one with years what stands beside them.

    Null where it is not known, where two are told ("in use since 1900, closed 1990"), or where use ended ("in use
    1880-1990").
    """
    if found := vocabulary.map_status(text):
        return found
    before, *after = _DATE.split(fold_once(text))
    if not after:
        return None
    parts = [(before, _BEFORE_YEAR), *((part, _AFTER_YEAR) for part in after)]
    told = {found for part, beside in parts if (found := _peeled(part, beside, vocabulary))}
    is_ended = len(after) > 1 and told == {"functional"}
    return next(iter(told)) if len(told) == 1 and not is_ended else None


def _peeled(text: str, beside: re.Pattern[str], vocabulary: Vocabulary) -> str | None:
    """Take words beside the year away until a status is left: "v provozu od roku" says "v provozu"."""
    while not (found := vocabulary.map_status(text.strip(" ,;.:()-"))):
        shorter = beside.sub("", text)
        if shorter == text:
            return None
        text = shorter
    return found


def years_beside(status: str, cell: Any) -> tuple[str | None, str | None]:
    """Return the texts of a first and of a last year that a cell tells beside its status, as `life_span` reads them."""
    text = re.sub("[()]", " ", known_text(cell) or "")
    told = parse_date(text) if _DATE.search(fold_once(text)) else None
    if told is None:
        return None, None
    if status in CLOSED and told.precision in ("open_start", "life"):
        return (text if told.precision == "life" else None), text
    return (text, None) if status == "functional" and told.precision == "open_end" else (None, None)
