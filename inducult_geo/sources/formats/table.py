"""The table that every reader of a file returns, and the limits that hold for every file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.paged import Page
from inducult_geo.text import is_blank, of_each, quoted

MAX_BYTES = 2 * 1024**3
"""Larger files are refused: no partner's list of sites comes near it."""

MAX_COLUMNS = 5_000
MAX_CELL = 10_000_000
"""Characters of one cell: more is a quote that was never closed."""

_DECIMALS = re.compile(r"[+-]?\d{1,8}[.,]\d{2,}", re.ASCII)
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d", re.ASCII)

MAX_ROWS = 5_000_000

MAX_CELLS = 60_000_000
"""Rows times columns: what a machine of a few gigabytes can hold."""

_NUMBERED, _BESIDE_MIN = re.compile(r"(.+) \((\d+)\)"), 3

_ROWS_MIN, _COLUMNS_MIN, _MOSTLY = 4, 4, 0.5
"""Rows, columns and the share of rows that fill the first one, with which a table tells which rows only go on."""


class ChoiceError(ContractError):
    """A file holds several tables and the contract names none.

    Attributes
    ----------
    what
        "sheet", "layer", or "member" of an archive.
    options
        Their names, in the file's order.
    """

    def __init__(self, message: str, what: str, options: tuple[str, ...]) -> None:
        super().__init__(message)
        self.what, self.options = what, options


@dataclass(frozen=True)
class Table:
    """A file's rows as they stand in it.

    Attributes
    ----------
    frame
        One row a record; cells are text, numbers or null, as the file holds them. `geometry` where it has any.
    places
        Where each row stands, for a person: "zabytki.csv line 14".
    bad_rows
        Position -> why the row does not have the shape of its table.
    crs
        The CRS that the file states, as an authority code or WKT.
    kind, encoding
        What the file turned out to be.
    notes
        What was decided while reading, for a person.
    warnings
        What a person should look at: kind, sentence, and how many cells it is about.
    valueless
        Columns of which every cell that holds something is a formula or an error without a value.
    derived
        Columns that the reader made of others, or of what stands beside the cells: no part of what tells a row from
        others, whose key would be another one with each version of this program that makes more of them.
    page
        Which part of a server's answer the file says to be.
    """

    frame: pd.DataFrame
    places: list[str]
    bad_rows: dict[int, str] = field(default_factory=dict)
    crs: str | None = None
    kind: str = ""
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str, int], ...] = ()
    valueless: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    page: Page | None = None


def choose(path: Path, what: str, wanted: str | int | None, found: list[str]) -> str:
    """Return the sheet or layer that is meant; several and none named is no time to guess.

    Raises
    ------
    ChoiceError
        Where there are several and none is named.
    ContractError
        Where the one named is not there.
    """
    if isinstance(wanted, int) and 1 <= wanted <= len(found):
        return found[wanted - 1]
    if wanted is None and len(found) == 1:
        return found[0]
    if not found:
        raise ContractError(f"{path}: holds no {what}: it is empty. Export it again.")
    names = quoted(found)
    if wanted is None:
        message = f"{path}: has {len(found)} {what}s ({names}). Name the right one as [read] {what}."
        raise ChoiceError(message, what, tuple(found))
    if wanted not in found:
        raise ContractError(f"{path}: no {what} '{wanted}', which [read] {what} names. Found: {names}.")
    return str(wanted)


def joined_header(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the names of columns that stand in one row or in two, as under merged cells.

    The lower name counts, or the upper one where there is none below. Names that stand several times below are told
    apart by what stands above, which reaches to the right as far as nothing else does: "Geo X".
    """
    if len(rows) == 1:
        return [*rows[0]]
    width = max(map(len, rows))
    upper, lower = ([_heading(cell) for cell in row] + [""] * (width - len(row)) for row in rows)
    reaching: list[str] = []
    for own in upper:
        reaching.append(own or (reaching[-1] if reaching else ""))
    often = Counter(lower)
    return [
        f"{above} {below}".strip() if below and often[below] > 1 else below or own
        for own, above, below in zip(upper, reaching, lower, strict=True)
    ]


def _heading(cell: Any) -> str:
    return " ".join(str("" if cell is None else cell).strip().lstrip("\ufeff").split())


def checked_header(path: Path, cells: list[Any]) -> tuple[list[str], tuple[str, ...]]:
    """Return the column names, and what was done to them.

    White space in a name is one space: a line break inside a heading, or a space that does not break, cannot be seen in
    a spreadsheet. A column without a name is named by its number. Of several columns of one name none keeps it: they
    become "name (1)", "name (2)", so that a contract has to say which of them it means.

    Raises
    ------
    ContractError
        Where there are more than `MAX_COLUMNS`.
    """
    names = [_heading(cell) or f"column {n}" for n, cell in enumerate(cells, 1)]
    if len(names) > MAX_COLUMNS:
        raise ContractError(
            f"{path}: {len(names)} columns are more than the {MAX_COLUMNS} allowed. Is [read] delimiter right? "
            "Export only the columns that are needed."
        )
    counted = Counter(names)
    taken, found = set(names), []
    notes: dict[str, list[str]] = {}
    for name in names:
        if counted[name] == 1:
            found.append(name)
            continue
        own = next(f"{name} ({n})" for n in count(1) if f"{name} ({n})" not in taken)
        taken.add(own)
        found.append(own)
        notes.setdefault(name, []).append(own)
    told = (
        f"column '{name}' appears {len(own)} times in the header: read as {quoted(own)}" for name, own in notes.items()
    )
    return found, tuple(told)


def tables_beside(frame: pd.DataFrame) -> int:
    """Return how many tables of the same columns stand side by side, each with `_BESIDE_MIN` columns; 1 where one does.

    Names that stand several times were told apart before: "Nr (1)", "Nr (2)" (see `checked_header`).
    """
    named = [found for name in frame if (found := _NUMBERED.fullmatch(str(name)))]
    columns: dict[str, list[str]] = {}
    for found in named:
        columns.setdefault(found[2], []).append(found[1])
    first, *others = columns.values() or [[]]
    unnumbered = sum(frame[name].notna().any() for name in frame if not _NUMBERED.fullmatch(str(name)))
    alike = len(first) >= _BESIDE_MIN and not unnumbered and all(names == first for names in others)
    return len(columns) if alike and others else 1


def check_cells(path: Path, rows: int, columns: int) -> None:
    """Refuse a table that no machine of a few gigabytes can hold.

    Raises
    ------
    ContractError
        Where it has more than `MAX_ROWS` rows or `MAX_CELLS` cells.
    """
    if rows > MAX_ROWS or rows * columns > MAX_CELLS:
        raise ContractError(
            f"{path}: {rows:,} rows in {columns} columns are more than the {MAX_ROWS:,} rows and {MAX_CELLS:,} cells "
            "allowed. Export only what is needed."
        )


def names_of_a_row(table: pd.DataFrame) -> list[str]:
    """Return the names of columns that are values: a number with decimals, or a year above years alone.

    Then the first row of a table without names was taken for them, and is lost.
    """
    return [
        name
        for name in map(str, table.columns)
        if _DECIMALS.fullmatch(name) or (_YEAR.fullmatch(name) and _are_years(table[name]))
    ]


def _are_years(cells: pd.Series[Any]) -> bool:
    filled = [str(cell) for cell in cells if cell is not None]
    return bool(filled) and all(map(_YEAR.fullmatch, filled))


def rows_going_on(frame: pd.DataFrame) -> set[int]:
    """Return the positions of rows that only seem to go on the row above, as in a table that was taken from a PDF.

    Most rows fill the first column and half of all; these leave it empty, and fill a fourth of the columns at most,
    which the row above fills, too.
    """
    columns = [of_each(column, is_filled) for _, column in frame.items()]
    filled = np.array(columns, dtype=bool).reshape(frame.shape[::-1]).T
    if len(filled) < _ROWS_MIN or filled.shape[1] < _COLUMNS_MIN or filled[:, 0].mean() <= _MOSTLY:
        return set()
    few = ~filled[:, 0] & (filled.sum(axis=1) <= max(filled.shape[1] // 4, 1))
    found, above = set(), filled[0]
    for row in range(1, len(filled)):
        if few[row] and not few[0] and (above | ~filled[row]).all():
            found.add(row)
        else:
            above = filled[row]
    return found


def is_filled(cell: Any) -> bool:
    """Whether a cell holds anything but blanks."""
    return cell is not None and cell == cell and not is_blank(str(cell))


def blank_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of objects in which every missing cell is None."""
    table = pd.DataFrame(frame).astype(object)
    return table.where(table.notna(), None)


def has_shapes(table: pd.DataFrame) -> bool:
    """Whether a table has geometries: a column of that name may also hold text."""
    if "geometry" not in table:
        return False
    return all(cell is None or isinstance(cell, BaseGeometry) for cell in table["geometry"])


def nul_rows(frame: pd.DataFrame) -> dict[int, str]:
    """Return the rows of which a cell holds NUL or is longer than `MAX_CELL`, with what is wrong."""
    bad: dict[int, str] = {}
    for column in frame.columns:
        for row, cell in enumerate(frame[column]):
            if not isinstance(cell, str):
                continue
            if "\x00" in cell:
                bad.setdefault(row, f"column '{column}' holds NUL characters: bytes were lost")
            elif len(cell) > MAX_CELL:
                bad.setdefault(row, f"column '{column}' holds {len(cell):,} characters")
    return bad
