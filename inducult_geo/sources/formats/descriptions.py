"""Read the descriptions of a KML that hold a table, or lines such as "kind: mill", as columns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html import unescape
from typing import Any, Final

from inducult_geo.sources.formats.table import Table, blank_cells
from inducult_geo.text import quoted

COLUMN: Final = "description"
_LONGEST: Final = 20_000
_KEYS_MAX: Final = 100
_KEY_LONGEST: Final = 60
_SHARE: Final = 0.5
_LEAST: Final = 2
"""In so many rows a name must stand, and in half of those that tell anything: else it is a word of a sentence."""

_LINE: Final = re.compile(r"([^\W\d_][^:\n]{0,58}?)\s*:[ \t]+(\S[^\n]*)")
_BREAKS: Final = frozenset(("br", "p", "div", "li", "tr", "table", "ul", "hr"))

_TAG: Final = re.compile(r"<\s*+(/?)\s*+([a-zA-Z0-9]*+)[^<>]*+>")
"""One tag, or a comment; possessive, since thousands of blanks could else be shared out in too many ways.

(The parser of the standard library raises at "<![x", and reads what follows a tag that is never closed again for each
of them.)"""


class _Balloon:
    """Collects the rows of two cells, and the text line by line; nothing is run or fetched."""

    def __init__(self, text: str) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._rows: list[list[list[str]]] = []
        first, *parts = _TAG.split(text)
        self._read(unescape(first))
        for closes, tag, after in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            (self._end if closes else self._begin)(tag.lower())
            self._read(unescape(after))

    def _begin(self, tag: str) -> None:
        if tag in _BREAKS:
            self.text.append("\n")
        if tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append([])

    def _end(self, tag: str) -> None:
        if tag in _BREAKS:
            self.text.append("\n")
        if tag == "tr" and self._rows:
            cells = [" ".join("".join(cell).split()) for cell in self._rows.pop()]
            if len(cells) == 2 and 0 < len(cells[0]) <= _KEY_LONGEST:
                self.pairs.append((cells[0].rstrip(" :"), cells[1]))

    def _read(self, data: str) -> None:
        self.text.append(data)
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(data)


def _told(cell: Any) -> dict[str, str]:
    """Return what a description tells, name by name; of equal names the first."""
    if not isinstance(cell, str) or not cell.strip() or len(cell) > _LONGEST:
        return {}
    balloon = _Balloon(cell)
    lines = (_LINE.fullmatch(" ".join(line.split())) for line in "".join(balloon.text).split("\n"))
    pairs = balloon.pairs or [(found[1], found[2]) for found in lines if found]
    return {name: text for name, text in reversed(pairs) if name and text}


def with_described(table: Table) -> Table:
    """Return a table with a column for each name that most of its descriptions tell; columns that it has stay."""
    frame = table.frame
    if COLUMN not in frame:
        return table
    told = [_told(cell) for cell in frame[COLUMN]]
    often = Counter(name for row in told for name in row)
    least = max(_LEAST, _SHARE * sum(map(bool, told)))
    there = {_alike(str(name)) for name in frame}
    order = dict.fromkeys(name for row in told for name in reversed(row))
    names = [name for name in order if often[name] >= least and _alike(name) not in there][:_KEYS_MAX]
    if not names:
        return table
    found = frame.copy()
    for name in names:
        found[name] = [row.get(name) for row in told]
    note = f"read from the column '{COLUMN}': {quoted(names)}"
    notes, derived = (*table.notes, note), table.derived | {*names}
    return replace(table, frame=blank_cells(found), notes=notes, derived=derived)


def _alike(name: str) -> str:
    """Return a name as a KML without spaces writes it: "rok budowy" is "rok_budowy"."""
    return re.sub(r"\W+", "_", name).casefold()
