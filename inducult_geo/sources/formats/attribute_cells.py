"""Cells of a .dbf that are not of their column's kind: GDAL makes other values of them, or none, or refuses the file.

Of "1,5" in a column of whole numbers it makes 1, of "n/a" 0, of an empty cell for yes or no a no; and of a day such as
18900000 no file. The columns that hold such cells are read as text, and their other cells made what they were before.
A dBASE column of memos holds the numbers of texts in another file: nothing is read of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from inducult_geo.sources.formats.table import Table
from inducult_geo.text import counted, quoted

_HEAD, _FIELD, _END, _DELETED = 32, 32, 0x0D, ord("*")
_DBASE_7: Final = 4
"""The last three bits of the first byte, in a version whose fields are described otherwise, which GDAL reads itself."""

_TEXT, _READABLE, _WHOLE_DIGITS_MOST = "C", "NFDL", 18
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_PLAIN: Final = (
    re.compile(rb"(?: *+(?:[+-]?\d++(?:\.\d*+)?)?+\n)*+"),
    re.compile(rb"(?: *+(?:[+-]?\d++)?+\n)*+"),
)
"""Lines of numbers as programs write them, and of whole ones."""

_NO_NUMBER: Final = re.compile(r"[+-]?(?:nan|1\.#(?:ind|q?nan))", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_NO_DAY: Final = re.compile("0*")
_NO_ROOM: Final = re.compile(r"\*+")
_ANSWERS: Final = {**dict.fromkeys("TtYy", True), **dict.fromkeys("FfNn", False), "?": None}
_BLANK = " \x00\t\r\n"


@dataclass(frozen=True)
class Column:
    """A column of a .dbf: its position, kind (N, F, D, L, or another letter), digits behind the point, and width."""

    position: int
    kind: str
    decimals: int
    width: int

    @property
    def is_whole(self) -> bool:
        """Whether GDAL takes its numbers for whole ones."""
        return self.decimals == 0 and self.width <= _WHOLE_DIGITS_MOST


@dataclass(frozen=True)
class Cells:
    """A .dbf in which the columns with misfits are of text, these columns, and how many rows are marked as deleted."""

    dbf: bytes
    misfits: tuple[Column, ...] = ()
    deleted: int = 0

    @property
    def told(self) -> tuple[str, ...]:
        """What a person should know of its rows."""
        return (f"{counted(self.deleted, 'row')} marked as deleted in its .dbf, and not read",) if self.deleted else ()


def as_text(dbf: bytes) -> Cells:
    """Return a table in which columns with misfits are of text; as it is where it has none."""
    begin, width = (int.from_bytes(dbf[at : at + 2], "little") for at in (8, 10))
    columns = _columns(dbf[:begin])
    if dbf[0] & 7 == _DBASE_7 or width != 1 + sum(column.width for column in columns):
        return Cells(dbf)
    number = min(int.from_bytes(dbf[4:8], "little"), (len(dbf) - begin) // width)
    rows = np.frombuffer(dbf, np.uint8, number * width, begin).reshape(number, width)
    is_there = rows[:, 0] != _DELETED
    rows = rows if is_there.all() else rows[is_there]
    mended, found, at = bytearray(dbf), [], 1
    for column in columns:
        cells = rows[:, at : at + column.width]
        at += column.width
        if column.kind != _TEXT and (column.kind not in _READABLE or not _all_fit(column, cells)):
            field = _HEAD + _FIELD * column.position
            mended[field + 11], mended[field + 17] = ord(_TEXT), 0
            found.append(column)
    return Cells(bytes(mended) if found else dbf, tuple(found), number - len(rows))


def with_own_kinds(table: Table, columns: Sequence[Column]) -> Table:
    """Return a table of which columns were read as text (see `as_text`) with the values that their cells tell."""
    frame = table.frame.copy()
    misfits: dict[str, list[tuple[int, str]]] = {}
    no_room: dict[str, list[int]] = {}
    unread: list[str] = []
    for column in columns:
        name = str(frame.columns[column.position])
        texts = [str(cell or "").strip(_BLANK) for cell in frame.iloc[:, column.position]]
        read = [value_of(column, text) for text in texts]
        frame[name] = pd.Series([value for value, _ in read], index=frame.index, dtype=object)
        if column.kind not in _READABLE:
            unread.append(name)
            continue
        misfits[name] = [(row, texts[row]) for row, (value, fits) in enumerate(read) if not fits and value is not None]
        no_room[name] = [row for row, (value, fits) in enumerate(read) if not fits and value is None]
    return replace(
        table,
        frame=frame,
        notes=(*table.notes, *misfits_told(misfits)),
        warnings=(*table.warnings, *_no_room_told(no_room), *_unread_told(unread, len(frame))),
    )


def _columns(head: bytes) -> list[Column]:
    """Return the columns that the head of a .dbf describes."""
    columns: list[Column] = []
    for at in range(_HEAD, len(head) - _FIELD + 1, _FIELD):
        if head[at] == _END:
            break
        columns.append(Column(len(columns), chr(head[at + 11]), head[at + 17], head[at + 16]))
    return columns


def _all_fit(column: Column, cells: np.ndarray[Any, Any]) -> bool:
    """Whether GDAL reads the cells of a column (one a row, of bytes) as what they tell."""
    if not cells.size:
        return True
    lines = np.full((len(cells), column.width + 1), ord("\n"), np.uint8)
    lines[:, :-1] = cells
    # Most columns are of plain numbers, which is seen at once ten times as fast as cell by cell.
    if column.kind in "NF" and _PLAIN[column.is_whole].fullmatch(lines.tobytes()):
        return True
    held = np.ascontiguousarray(cells).view(f"S{column.width}").ravel()
    return all(_fits(column, cell.decode("latin-1").strip(_BLANK)) for cell in set(held.tolist()))


def _fits(column: Column, text: str) -> bool:
    if column.kind == "L":
        return text in _ANSWERS
    if not text:
        return True
    if column.kind in "NF" and column.is_whole:
        return bool(_WHOLE.fullmatch(text))
    if column.kind in "NF" and _NO_NUMBER.fullmatch(text):
        return True
    return value_of(column, text)[1]


def value_of(column: Column, text: str) -> tuple[Any, bool]:
    """Return the value that a cell tells, and whether it is one of its column's kind; null where it tells none."""
    if not text or column.kind not in _READABLE:
        return None, True
    if _NO_ROOM.fullmatch(text):
        return None, False
    if column.kind == "L":
        return (_ANSWERS[text], True) if text in _ANSWERS else (text, False)
    if column.kind == "D":
        return _day(text)
    if column.is_whole and _WHOLE.fullmatch(text):
        return int(text), True
    if _NUMBER.fullmatch(text):
        return float(text), True
    return (None, True) if _NO_NUMBER.fullmatch(text) else (text, False)


def _day(text: str) -> tuple[str | None, bool]:
    """Return a day as other files have it, also 1890-00-00, of which the year is known alone."""
    if _NO_DAY.fullmatch(text):
        return None, True
    if (found := _DAY.fullmatch(text)) is None:
        return text, False
    told = "-".join(found.groups())
    try:
        return date.fromisoformat(told).isoformat(), True
    except ValueError:
        return told, False


def misfits_told(misfits: Mapping[str, Sequence[tuple[int, str]]]) -> list[str]:
    """Say which cells stand as they are written, since they are none of their column's kind."""
    where = [
        f"{name!r} ({len(cells)}, first {cells[0][1]!r} in feature {cells[0][0] + 1})"
        for name, cells in misfits.items()
        if cells
    ]
    return (
        [f"cells that do not fit the type of their column, read as they are written: {', '.join(where)}"]
        if where
        else []
    )


def _no_room_told(rows: Mapping[str, Sequence[int]]) -> list[tuple[str, str, int]]:
    """Say which cells hold asterisks in place of a number."""
    number = sum(map(len, rows.values()))
    if not number:
        return []
    where = ", ".join(
        f"{name!r} ({len(found)}, first in feature {found[0] + 1})" for name, found in rows.items() if found
    )
    message = (
        f"{counted(number, 'cell')} of asterisks, which programs write if a number does not fit into its column; read "
        f"as empty: {where}. If the number is still known, widen the column and export it again."
    )
    return [("number_without_room", message, number)]


def _unread_told(names: Sequence[str], rows: int) -> list[tuple[str, str, int]]:
    """Say which columns hold no texts, but where texts lie, or numbers in the bytes of a machine."""
    if not names:
        return []
    message = (
        f"column {quoted(names)} is of a kind that cannot be read (a memo with its texts in another file, or bytes), "
        "so it is left empty: ask for the table as a GeoPackage or CSV."
    )
    return [("unread_column", message, rows * len(names))]
