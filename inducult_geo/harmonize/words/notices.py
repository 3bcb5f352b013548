"""Collect what is noticed while rows become records: unmapped values, unread dates, lost characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from inducult_geo.catalog.models import NAME_FIELDS
from inducult_geo.frames import Problem
from inducult_geo.harmonize.dates.read import reasons_unread
from inducult_geo.harmonize.words.meanings import KNOWN_WORDS, YEARS
from inducult_geo.text import (
    first_few,
    line_of,
    lost_characters,
    may_be_meant,
    named_text,
    names_nobody,
    of_each,
    shortened,
)

_NAMES_OF_OTHERS = frozenset(("operator", "address", "city", "parent"))
_NAMED = _NAMES_OF_OTHERS | NAME_FIELDS
_MOST_NAMED = 5
_UNDERSCORE = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_A-Z])")
"""Where all words of a text are joined so ("walcownia_blach"), it is how somebody writes a space."""

_LONGEST_TEXT = 200
_NO_TEXT = frozenset(
    ("key", "place", "tags", "content_hash", "reason", "detail", "geometry", "x", "y", "text", "valid_at")
    # A question mark is at home in a web address.
    + ("website", "image", "wikipedia")
)


class Told(NamedTuple):
    """What a cell means, and its words where nobody knows them."""

    found: str | None
    strange: str | None = None


class Notices:
    """Values that nobody mapped, gathered by kind, with how often and a few of them named."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: dict[tuple[str, str], Counter[str]] = {}

    def add(self, kind: str, column: str, value: str) -> None:
        """Count one value."""
        self._seen.setdefault((kind, column), Counter())[value] += 1

    def of_cells(self, cells: Iterable[Any], read: Callable[[Any], Told], kind: str, column: str) -> list[str | None]:
        """Return what each cell means; count words that nobody knows as often as they stand there."""
        told = of_each(cells, read)
        for one in told:
            if one.strange:
                self.add(kind, column, one.strange)
        return [one.found for one in told]

    def problems(self) -> list[Problem]:
        """Return one problem a kind and column."""
        texts = {
            "unmapped_value": "values of '{column}' that nobody mapped: {some}. Map them in [values.{column}].{known}",
            "dates_contradict": "rows with an end before their start ({some}): the end is left out. Correct the file.",
            "unread_date": "dates in '{column}' that cannot be read: {some}.{known}",
            "lost_characters": "characters in '{column}' were lost before the file came here: {some}. Ask for a new "
            "export, or correct [read] encoding.",
            "footnote_mark": "'{column}' has marks of footnotes: {some}. The marks are left out, and the notes are "
            "not read. If a note says something about the site (demolished, closed, uncertain), "
            "write that into a column.",
            "wiki_link": "'{column}' holds wiki links: {some}. The text that they show is taken as the name.",
            "no_web_address": "cells of '{column}' that hold no web address: {some}. They are left out; write an "
            "address such as https://www.example.org.",
            "read_as_empty": "cells of '{column}' that say {some} are read as empty, since programs and people write "
            "this where there is no value. If one is a name, add a word to it ('Comune None'); if "
            "one stands for the value of the row above, write that value out.",
        }
        found = []
        for (kind, column), counter in sorted(self._seen.items()):
            most = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
            some = first_few([f"'{shortened(value, _LONGEST_TEXT)}' ({number})" for value, number in most], _MOST_NAMED)
            known = f" {KNOWN_WORDS[column]}" if column in KNOWN_WORDS else ""
            if kind == "unread_date" and column in YEARS:
                known = reasons_unread(counter) + known
            message = texts[kind].format(column=column, some=some, known=known)
            found.append(Problem(self._source, kind, message, sum(counter.values())))
        return found


def note_lost_characters(rows: pd.DataFrame, notices: Notices) -> None:
    """Note how many rows show lost or misread characters, by column and by what was lost, and the first of them."""
    first: dict[tuple[str, str], str] = {}
    for cell in lost_cells(rows):
        place = first.setdefault((cell.column, cell.detail), cell.place)
        notices.add("lost_characters", cell.column, f"{cell.detail}, first in {place}")


def note_nothing(rows: pd.DataFrame, notices: Notices) -> None:
    """Note cells of names that are read as empty, and may be a name, or that of the row above."""
    for column in rows.columns:
        if _is_named(column):
            read = _read_as_empty if column in _NAMES_OF_OTHERS else _read_as_no_name
            for text in filter(None, of_each(rows[column], read)):
                notices.add("read_as_empty", str(column), text)


def _read_as_empty(cell: Any) -> str | None:
    text = line_of(cell)
    return text if text and named_text(cell) is None and may_be_meant(text) else None


def _read_as_no_name(cell: Any) -> str | None:
    text = line_of(cell)
    # An owner without a name ("Vari", "Private") gives a site none, but may be its name.
    return text if text and names_nobody(text) else _read_as_empty(cell)


@dataclass(frozen=True)
class LostCell:
    """A cell that shows lost or misread characters: where it stands, what it holds, what is wrong."""

    place: str
    column: str
    text: str
    detail: str


def lost_cells(rows: pd.DataFrame) -> Iterator[LostCell]:
    """Yield every cell of a text column of a `Raw` frame that shows lost or misread characters, column by column."""
    for column in rows.columns:
        if column in _NO_TEXT:
            continue
        told = of_each(rows[column], _lost_in_names if _is_named(column) else _lost)
        if any(told):
            places = rows["place"] if "place" in rows else [None] * len(rows)
            for text, where, found in zip(rows[column], places, told, strict=True):
                if found:
                    yield LostCell(str(where), str(column), text[:_LONGEST_TEXT], found)


def _is_named(column: Any) -> bool:
    """Whether a column holds names: of works, their owners or places."""
    return column in _NAMED or str(column).startswith("name:")


def _lost(text: Any) -> str | None:
    return lost_characters(text) if isinstance(text, str) else None


def _lost_in_names(text: Any) -> str | None:
    """As `_lost`; in names of several words an underscore within one may stand for a letter, too ("M_yn wodny")."""
    found = _lost(text)
    if found is None and isinstance(text, str) and " " in text and _UNDERSCORE.search(text):
        return "an underscore inside a word: a character was lost"
    return found
