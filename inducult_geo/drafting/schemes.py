"""Columns of codes of a public scheme: activities of E-PRTR and of emissions trading, subsectors of Hotmaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from inducult_geo.drafting.column import Column, called, found_in
from inducult_geo.drafting.text import quoted, short
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.text import fold_once

_MOSTLY: Final = 0.9
_FEW: Final = 3

_ACTIVITY: Final = called("activity")


def _is_called_activity(column: Column) -> bool:
    return found_in(_ACTIVITY, column.name) is not None


def _has_words(column: Column) -> bool:
    return len(set(column.cells)) >= _FEW


class _Scheme(NamedTuple):
    """How a scheme's codes are written, what else a column of them must be, and the share of them that is known."""

    written: re.Pattern[str]
    may_be: Callable[[Column], bool]
    known: float


_SCHEMES: Final[Mapping[str, _Scheme]] = {
    # With a bracket it is no number of a house ("1a"), nor anything else, though not each code is in the table.
    "eprtr": _Scheme(re.compile(r"[1-9]\.? ?\([a-g]\).*"), lambda _: True, 0.5),
    # Two digits alone may be anything.
    "euets": _Scheme(re.compile(r"\d{1,2}(?:\.0)?(?:\s*[-–:]?\s*[^\W\d].*)?"), _is_called_activity, _MOSTLY),
    "hotmaps": _Scheme(re.compile(r"[^\W\d].*"), _has_words, _MOSTLY),
}


def scheme_lines(columns: Sequence[Column]) -> tuple[list[str], set[str]]:
    """Return the lines for columns that hold codes of a public scheme, and their names: one column for each scheme."""
    found: dict[str, Column] = {}
    for column in columns:
        for scheme in _schemes(column):
            found.setdefault(scheme, column)
    lines = [line for scheme, column in found.items() for line in _lines(scheme, column)]
    return lines, {column.name for column in found.values()}


def _schemes(column: Column) -> Iterator[str]:
    """Give the schemes of which nearly all cells are codes."""
    if not column.cells or "nace" in fold_once(column.name):
        return
    vocabulary = load_vocabulary()
    for name, scheme in _SCHEMES.items():
        written = sum(scheme.written.fullmatch(cell) is not None for cell in column.sample)
        known = sum(vocabulary.map_sector(name, cell) is not None for cell in column.sample)
        size = len(column.sample)
        if scheme.may_be(column) and written >= _MOSTLY * size and known >= scheme.known * size:
            yield name


def _lines(scheme: str, column: Column) -> list[str]:
    lines = [f'"sector:{scheme}" = {quoted(column.name)} # guessed: e.g. {short(column.cells[0])}']
    if scheme == "euets":
        # Divisions of NACE are two digits as well, and mean other trades: 20 is chemistry there.
        lines.append(f"# nace = {quoted(column.name)} # if these are divisions of NACE")
    return lines
