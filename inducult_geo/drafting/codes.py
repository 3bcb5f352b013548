"""Columns of codes that another sheet of the workbook explains, as in exports of databases: `ArtID` 1 is "Bergwerk"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from inducult_geo.drafting.column import Column
from inducult_geo.drafting.text import comment, quoted, short
from inducult_geo.harmonize.words.dated_states import status_of
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.text import fold_once

_CODES_MAX: Final = 200
_WIDEST: Final = 8
_KNOWN: Final = 0.5


@dataclass(frozen=True)
class Codes:
    """A column of codes: the field that it tells, the sheet that explains it, and each code with its words."""

    column: str
    field: str
    sheet: str
    words: Mapping[str, str]
    meant: Mapping[str, str]

    @property
    def line(self) -> str:
        """The line for `[columns]`."""
        return f"{self.field} = {quoted(self.column)} # guessed: codes that sheet {short(self.sheet)} explains"

    @property
    def values(self) -> list[str]:
        """The section that says what the codes mean."""
        known = [f"{quoted(code)} = {quoted(self.meant[code])} # {short(self.words[code])}" for code in self.meant]
        others = [
            comment(f"{quoted(code)} is {short(word)}") for code, word in self.words.items() if code not in self.meant
        ]
        return [f"[values.{self.field}]", *known, *others]


def codes_of(others: Sequence[tuple[str, pd.DataFrame]], columns: list[Column]) -> list[Codes]:
    """Return the columns whose cells are codes that another sheet explains, where the words tell kinds or conditions.

    Such a sheet holds a column of the same name with each code once, and beside it a column of words.
    """
    found: dict[str, Codes] = {}
    for sheet, frame in others:
        # Every table of a database may number its rows by an ID: that of the objects is none of a kind.
        for column in (column for column in columns if not column.is_key):
            words = _words(frame, column)
            codes = _meant(column, sheet, words) if words else None
            if codes is not None and codes.field not in found:
                found[codes.field] = codes
    return list(found.values())


def _words(frame: pd.DataFrame, column: Column) -> dict[str, str] | None:
    """Return the words that a sheet has for the codes of a column; None where it explains other things."""
    names = [str(name) for name in frame.columns]
    own = next((name for name in names if fold_once(name) == fold_once(column.name)), None)
    if own is None or not 2 <= len(names) <= _WIDEST or not 1 < len(frame) <= _CODES_MAX:
        return None
    codes = [_text(cell) for cell in frame[own]]
    texts = [name for name in names if name != own and all(map(_is_word, frame[name]))]
    if not texts or len(set(codes)) < len(codes) or not {*map(_text, column.cells)} <= set(codes):
        return None
    return {code: _text(cell) for code, cell in zip(codes, frame[texts[0]], strict=True) if code and _text(cell)}


def _meant(column: Column, sheet: str, words: Mapping[str, str]) -> Codes | None:
    """Return what codes mean as kinds or as conditions, where half of their words do."""
    vocabulary = load_vocabulary()
    for field, read in (("type", vocabulary.map_type), ("status", lambda word: status_of(word, vocabulary))):
        meant = {code: told for code, word in words.items() if (told := read(word)) is not None}
        if len(meant) >= _KNOWN * len(words):
            return Codes(column.name, field, sheet, words, meant)
    return None


def _is_word(cell: Any) -> bool:
    """Whether a cell holds a letter, or nothing."""
    return not _text(cell) or any(map(str.isalpha, _text(cell)))


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().removesuffix(".0")
