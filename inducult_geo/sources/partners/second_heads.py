"""Rows that repeat the names of columns, as printed tables do on each page, and tables below another one."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from inducult_geo.sources.formats.table import Table

_ALIKE: Final = 2
"""So many cells of a row are the name of their column where it is a header again."""

_AGAIN: Final = "repeats the names of the columns: it is not a site, and may be deleted in the file"
_OTHER: Final = "names other columns than the first row: another table begins here, and its rows cannot be read"
_BELOW: Final = (
    "stands below {place}, which names other columns than the first row, so it belongs to another table. Put that "
    "table into a file or on a sheet of its own, with a contract of its own"
)


def second_heads(table: Table) -> dict[int, str]:
    """Return the positions of rows that are no rows of a table of cells, with what is wrong with each.

    A row that repeats most of the names is passed over alone. One that repeats some, and in which no cell holds a
    figure, begins another table: what stands below it, until the first names come again, belongs to that one.
    """
    if table.kind not in ("spreadsheet", "delimited text"):
        return {}
    frame = table.frame.drop(columns="geometry", errors="ignore")
    alike, filled = np.zeros(len(frame), dtype=int), np.zeros(len(frame), dtype=int)
    for name in frame.columns:
        is_name = (frame[name] == re.sub(r" \(\d+\)$", "", str(name))).to_numpy(dtype=bool)
        is_filled = frame[name].notna().to_numpy()
        # A form writes each choice into a column of its name: there it is an answer.
        if not np.array_equal(is_name, is_filled):
            alike += is_name
            filled += is_filled
    found: dict[int, str] = {}
    for row in np.flatnonzero(alike >= _ALIKE).tolist():
        if alike[row] > 0.5 * filled[row]:
            found[row] = _AGAIN
        elif all(map(_is_head, frame.iloc[row])):
            found[row] = _OTHER
    return _with_rows_below(found, table)


def _with_rows_below(found: dict[int, str], table: Table) -> dict[int, str]:
    """Add the rows below the heads of other tables; a blank line or a title between them changes nothing."""
    begin = None
    for row in range(min(found, default=0), len(table.frame) if _OTHER in found.values() else 0):
        if row in found:
            begin = row if found[row] is _OTHER else None
        elif begin is not None:
            found[row] = _BELOW.format(place=table.places[begin])
    return found


def _is_head(cell: Any) -> bool:
    """Whether a cell is empty, or has letters and no figure."""
    if not isinstance(cell, str):
        return cell is None
    return any(map(str.isalpha, cell)) and not any(map(str.isdecimal, cell))
