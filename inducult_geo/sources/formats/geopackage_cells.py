"""Cells of a GeoPackage that are not of their column's kind, as SQLite lets anybody write them.

GDAL makes 0 of "n/a" in a column of numbers, 1 of "1,5", and nothing of 1890-00-00 in one of days.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from inducult_geo.sources.formats.geopackages import opened_to_read
from inducult_geo.text import sql_name


class Strays(NamedTuple):
    """Cells that are not of their column's kind.

    Attributes
    ----------
    cells
        Column -> feature id -> what is stored there; of the columns of `without_room` these are all that hold anything.
    without_room
        Columns of two bytes that hold a larger number: for one of these the reader refuses the whole file.
    """

    cells: Mapping[str, Mapping[int, Any]] = {}
    without_room: Sequence[str] = ()


_NUMBER: Final = "typeof({0}) IN ('integer', 'real')"
_DAY: Final = "typeof({0}) = 'text' AND date({0}) IS NOT NULL"
_FITS: Final = {
    "BOOLEAN": "typeof({0}) = 'integer' AND {0} IN (0, 1)",
    "TINYINT": "typeof({0}) = 'integer' AND abs({0}) < 128",
    "SMALLINT": "typeof({0}) = 'integer' AND abs({0}) < 32768",
    "MEDIUMINT": "typeof({0}) = 'integer' AND abs({0}) < 2147483648",
    "INT": "typeof({0}) = 'integer'",
    "INTEGER": "typeof({0}) = 'integer'",
    "FLOAT": _NUMBER,
    "DOUBLE": _NUMBER,
    "REAL": _NUMBER,
    "DATE": _DAY,
    "DATETIME": _DAY,
}
"""Declared kind of a column -> which of its cells are such."""

_OF_TWO_BYTES: Final = ("TINYINT", "SMALLINT")
_TWO_BYTES: Final = range(-(2**15), 2**15)


_COLUMNS: Final = (
    "SELECT c.name, upper(c.type), c.pk FROM sqlite_master AS m, pragma_table_info(m.name) AS c "
    "WHERE m.type = 'table' AND m.name = ?"
)


def stray_cells(path: Path, layer: str) -> Strays:
    """Return the cells of a table that are not of their column's kind; none where SQLite cannot tell."""
    try:
        with closing(opened_to_read(path)) as con:
            con.text_factory = lambda text: text.decode("utf-8", "replace")
            told = con.execute(_COLUMNS, (layer,)).fetchall()
            ids = [name for name, _, is_key in told if is_key]
            fits = {name: _FITS[kind].format(sql_name(name)) for name, kind, _ in told if kind in _FITS}
            found = {name: dict(_strays(con, layer, name, ids[0], fit)) for name, fit in fits.items() if ids}
            without_room = [name for name, kind, _ in told if kind in _OF_TWO_BYTES and _lack_room(found.get(name, {}))]
            for name in without_room:
                found[name] = dict(_strays(con, layer, name, ids[0], "0"))
    except (sqlite3.Error, MemoryError, OverflowError):
        return Strays()
    return Strays({name: cells for name, cells in found.items() if cells}, without_room)


def _lack_room(cells: Mapping[int, Any]) -> bool:
    return any(isinstance(cell, int) and cell not in _TWO_BYTES for cell in cells.values())


def _strays(con: sqlite3.Connection, layer: str, name: str, key: str, fit: str) -> sqlite3.Cursor:
    key, column, table = map(sql_name, (key, name, layer))
    return con.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL AND NOT ({fit})")  # noqa: S608


def with_strays(frame: pd.DataFrame, strays: Strays) -> pd.DataFrame:
    """Return a layer, whose index are the ids of its features, with stray cells as they are stored.

    Bytes are no value. A day that GDAL read, as with an hour behind it, stays.
    """
    for name in strays.cells.keys() & set(frame):
        read, stored = frame[name], strays.cells[name]
        is_day = pd.api.types.is_string_dtype(read.dtype) or read.dtype == object
        cells = [
            cell if fid not in stored or (is_day and pd.notna(cell)) else _told(stored[fid])
            for fid, cell in zip(frame.index, read.astype(object), strict=True)
        ]
        frame[name] = pd.Series(cells, index=frame.index, dtype=object)
    return frame.reset_index(drop=True)


def _told(stored: Any) -> Any:
    return None if isinstance(stored, bytes) else stored
