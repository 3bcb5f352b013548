"""Detect files that hold only changes since the last one: rows marked as new, changed or gone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import pandas as pd

from inducult_geo.text import counted, first_few, fold_once, packaged_words, quoted

_MOST: Final = 3
_MARK_LENGTH: Final = 2
_WHOLE_LIST: Final = (
    "If the file holds only changes, ask for the whole list: a site that is not in the file is no longer in the source"
)


def deleted_rows(table: pd.DataFrame, places: list[str], known: Collection[str]) -> list[tuple[str, int]]:
    """Return for each column that says of rows that they are deleted a sentence for a person, and how many there are.

    Parameters
    ----------
    table
        A file's rows as they stand in it.
    places
        Where each of them stands.
    known
        Columns that the contract reads or passes over: what they say is settled.
    """
    roles = packaged_words("change_words.csv", "role")
    told, gone_words = [], roles["gone"]
    for name in (name for name in table.columns if name not in known):
        words = table[name].map(_word)
        said, is_head = set(words.dropna()), _word(str(name)) in roles["head"]
        if is_head and said and max(map(len, said)) <= _MARK_LENGTH:
            told.append(_by_marks(str(name), table[name]))
        if not (said & gone_words and (is_head or said <= gone_words | roles["kept"])):
            continue
        gone = [place for place, word in zip(places, words, strict=True) if word in gone_words]
        where = first_few(gone, _MOST)
        cells = quoted([*dict.fromkeys(table[name][words.isin([*gone_words])])][:_MOST])
        sentence = (
            f"column '{name}' marks {counted(len(gone), 'row')} as gone ({where}: {cells}); it is read like all "
            f"others. Remove what is gone from the file. {_WHOLE_LIST}"
        )
        told.append((sentence, len(gone)))
    return told


def _by_marks(name: str, cells: pd.Series[Any]) -> tuple[str, int]:
    """Say that a column called a change seems to tell of each row by a mark what became of it, and how many rows."""
    marks = quoted(first for first in [*dict.fromkeys(str(cell).strip() for cell in cells.dropna())][: _MOST + 1])
    sentence = (
        f"column '{name}' seems to mark rows as new, changed or gone ({marks}); all are read alike. Remove those that "
        f"are gone from the file. {_WHOLE_LIST}"
    )
    return sentence, int(cells.notna().sum())


def _word(cell: Any) -> str | None:
    """Return a cell's word without marks and case, null where it holds none."""
    return " ".join(fold_once(cell).strip(" .").split()) or None if isinstance(cell, str) else None
