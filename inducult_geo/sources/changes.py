"""A file that tells what changed since the last one: its rows say of themselves that they are new, changed or gone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import pandas as pd

from inducult_geo.text import counted, first_few, fold_once, packaged_words, quoted

_MOST: Final = 3


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
        said = set(words.dropna())
        if not (said & gone_words and said <= gone_words | roles["kept"]):
            continue
        gone = [place for place, word in zip(places, words, strict=True) if word in gone_words]
        where = first_few(gone, _MOST)
        cells = quoted([*dict.fromkeys(table[name][words.isin([*gone_words])])][:_MOST])
        sentence = (
            f"column '{name}' says of {counted(len(gone), 'row')} that what it tells of is gone ({where}: {cells}); it "
            "is read as all others. Take it out of the file. Where the file holds only what changed, ask for the whole "
            "list: what is not in the file is no longer in the source"
        )
        told.append((sentence, len(gone)))
    return told


def _word(cell: Any) -> str | None:
    """Return a cell's word without marks and case, null where it holds none."""
    return " ".join(fold_once(cell).strip(" .").split()) or None if isinstance(cell, str) else None
