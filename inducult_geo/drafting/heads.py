"""Find the row, or the two rows, of an unknown table that hold the names of its columns."""

from __future__ import annotations

import re
from pathlib import Path

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError, CoordinateError
from inducult_geo.harmonize.coordinates.read import parse_coordinates
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import Table, names_of_a_row

_HEADER_ROWS = 12
_NAMED_SYSTEM = re.compile(
    r"\b(?:htrs|etrs|wgs|utm|gk|puwg|krovak|lambert|epsg:|mgi|bmn|d|m)[ -]?\d+(?:/tm)?\b", re.IGNORECASE
)


def is_plain(table: Table) -> bool:
    """Whether a table was written by hand, or as by hand: a sheet, or delimited text."""
    return table.kind in ("spreadsheet", "delimited text")


def read_headed(path: Path, given: Read, languages: tuple[str, ...] = ()) -> tuple[Table, Read]:
    """Read a table, maybe in some languages; where a title is its first row, find the one or two that hold the names.

    Raises
    ------
    ContractError
        Where the file cannot be read at all.
    """
    given = given.model_copy(update={"languages": languages})
    table = read_table(path, given)
    if not is_plain(table):
        return table, given
    for row in range(1, _HEADER_ROWS):
        here = given.model_copy(update={"header_row": row})
        other = table if row == 1 else tried(path, here)
        if other is not None and _holds_values(other):
            # Names stand above what they name.
            break
        if other is not None and _is_header(other):
            return _told_apart(path, here, other) or _two_rows(path, here, other) or (other, here)
    return table, given


def tried(path: Path, read: Read) -> Table | None:
    """Return a table as it is read so; None where it cannot be."""
    try:
        return read_table(path, read)
    except ContractError:
        return None


def _told_apart(path: Path, here: Read, table: Table) -> tuple[Table, Read] | None:
    """Read the names from two rows where the upper one tells apart those that stand several times below: "Lage X"."""
    if here.header_row == 1 or not _repeated(table):
        return None
    both = here.model_copy(update={"header_row": here.header_row - 1, "header_rows": 2})
    other = tried(path, both)
    return None if other is None or _repeated(other) or _unnamed(other) else (other, both)


def _repeated(table: Table) -> bool:
    """Whether a name stands several times: such columns were numbered."""
    return any(re.fullmatch(r".+ \(\d+\)", str(name)) for name in table.frame.columns)


def _two_rows(path: Path, here: Read, table: Table) -> tuple[Table, Read] | None:
    """Read the names from two rows where one leaves columns without any, as under merged cells, and both leave none."""
    lower = [*table.frame.iloc[0]] if len(table.frame) else []
    words = [str(cell) for cell in lower if cell is not None]
    goes_on = len(words) < len(lower) and not any(any(map(str.isdigit, _NAMED_SYSTEM.sub("", word))) for word in words)
    for row in range(here.header_row, max(here.header_row - 2, 0), -1) if _unnamed(table) else ():
        above = table if row == here.header_row else tried(path, here.model_copy(update={"header_row": row}))
        is_row_of_names = above is not None and len(above.frame.columns) - len(_unnamed(above, filled=False)) > 1
        both = here.model_copy(update={"header_row": row, "header_rows": 2})
        if not is_row_of_names or (row == here.header_row and not goes_on):
            continue
        other = tried(path, both)
        if other is not None and not _unnamed(other):
            return other, both
    return None


def _unnamed(table: Table, *, filled: bool = True) -> list[str]:
    """Return the columns without a name, or those of them that hold anything."""
    names = [str(name) for name in table.frame.columns if re.fullmatch(r"column \d+", str(name))]
    return [name for name in names if table.frame[name].notna().any()] if filled else names


def _is_header(table: Table) -> bool:
    """Whether most columns that hold anything have a name that is text."""
    filled = [str(name) for name in table.frame.columns if table.frame[name].notna().any()]
    unnamed = len(_unnamed(table))
    return bool(filled) and len(table.bad_rows) < 0.5 * max(len(table.frame), 1) and unnamed < 0.5 * len(filled)


def _holds_values(table: Table) -> bool:
    """Whether what heads the columns is a row of the table: a place, a number, a year among years."""
    return bool(names_of_a_row(table.frame)) or any(_is_place(str(name)) for name in table.frame.columns)


def _is_place(name: str) -> bool:
    """Whether what heads a column is a place."""
    try:
        return bool(re.search(r"\d", name)) and parse_coordinates(name) is not None
    except CoordinateError:
        return False
