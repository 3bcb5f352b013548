"""Columns of yes or no, one for each kind of works or condition: "Brauerei x", "Museum ja/nein"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd

from inducult_geo.text import fold_once, known_text

MARKED: Final = ("type", "sector", "theme", "status", "present_use")
"""Fields of which the head of a column may be the word, and its cells say where it holds."""

_YES: Final = frozenset(
    ("x", "xx", "ja", "j", "yes", "y", "ano", "si", "da", "tak", "oui", "true", "wahr", "prawda", "pravda", "vero")
    + ("waar", "vrai", "1", "+", "✓", "✔", "☑", "•")
)
_NO: Final = frozenset(
    ("nein", "n", "no", "ne", "nie", "non", "nee", "false", "falsch", "faux", "falso", "nepravda", "falsz", "onwaar")
    + ("0", "-", "–", "☐")
)
_CODE: Final = frozenset(("1",))
"""What alone may be a code as well."""

_ASKED: Final = re.compile(
    r"(?<!\W)\W*+\b(?:ja\W{1,3}nein|j\W{1,3}n|yes\W{1,3}no|y\W{1,3}n|ano\W{1,3}ne|si\W{1,3}no|da\W{1,3}ne|tak\W{1,3}nie|"
    r"oui\W{1,3}non|ja\W{1,3}nee)\b\W*$",
    re.IGNORECASE,
)


def is_marked(cells: Iterable[Any]) -> bool:
    """Whether the filled cells of a column say yes or no, and one says yes."""
    words = _words(cells)
    return bool(words & _YES) and words <= _YES | _NO and words != _CODE


def says_yes_or_no(cells: Iterable[Any]) -> bool:
    """Whether the filled cells of a column say yes or no, all of them perhaps no; what is not known is passed over."""
    words = {word for word in _words(cells) if known_text(word) is not None}
    return bool(words) and words <= _YES | _NO


def _words(cells: Iterable[Any]) -> set[str]:
    return {fold_once(str(cell).strip()) for cell in cells if cell is not None and str(cell).strip()}


def word_of(column: str) -> str:
    """Return what a column asks: "Museum" of "Museum (ja/nein)"."""
    return _ASKED.sub("", " ".join(column.split())).strip() or column


def said_by_marks(table: pd.DataFrame, columns: Sequence[str], mapped: Iterable[str]) -> pd.Series[Any] | None:
    """Return for each row the heads of the columns that say yes, with semicolons between them.

    Parameters
    ----------
    table
        The file's table.
    columns
        Those that a contract maps to one field of `MARKED`.
    mapped
        Words to which the contract gives a meaning: where a "ja" is one of them, it is no mark.

    Returns
    -------
    pandas.Series or None
        None where any column that is there says more than yes or no.
    """
    there = [name for name in columns if name in table]
    meant = {fold_once(word) for word in mapped}
    if not there or meant & (_YES | _NO) or not all(is_marked(table[name]) for name in there):
        return None
    yes = {name: [cell is not None and fold_once(str(cell).strip()) in _YES for cell in table[name]] for name in there}
    said = ["; ".join(word_of(name) for name in there if yes[name][at]) or None for at in range(len(table))]
    return pd.Series(said, index=table.index, dtype=object)
