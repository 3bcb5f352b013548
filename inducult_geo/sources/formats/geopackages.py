"""Judge the views of a GeoPackage, which are computed on reading: GDAL could wait for one without end.

A view is a query, and so is a generated column: a file of a hundred kilobytes can hold one that never ends, or that
gives gigabytes. So each is run once within bounds, row by row, and nothing of it is kept.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.table import MAX_ROWS
from inducult_geo.text import quoted, sql_name

MAX_SECONDS = 30.0
"""What all queries of a file may take together."""

MAX_VALUE_BYTES = 128 * 1024**2
MAX_VIEW_BYTES = 512 * 1024**2
_STEPS = 100_000
"""Steps of SQLite's machine after which the clock is looked at."""


def check_views(told: Path, path: Path, layer: str | None = None) -> tuple[str, ...]:
    """Refuse a GeoPackage whose views do not end or hold too much: GDAL runs all of them to tell the layers.

    Parameters
    ----------
    told
        The file that refusals name.
    path
        Where it lies.
    layer
        The one layer that is meant; null where it is not known, or all are.

    Returns
    -------
    tuple of str
        Names of other views that have such a fault: GDAL must not see them.

    Raises
    ------
    ContractError
        Where a view does not end in `MAX_SECONDS`, holds more than `MAX_ROWS` rows or `MAX_VIEW_BYTES`,
        or needs what SQLite alone does not know; where `layer` is another one, of a generated column only.
    """
    left_out = []
    with closing(opened_to_read(path)) as con:
        ends = time.monotonic() + MAX_SECONDS
        # The one that is meant has the whole time.
        for name, is_view, columns in sorted(_made(con), key=lambda one: one[0] != layer):
            why = _fault(con, f"SELECT {columns} FROM {sql_name(name)}", ends)  # noqa: S608
            if why is not None and is_view and layer not in (None, name):
                left_out.append(name)
            elif why is not None:
                what = "is made by a query inside the file (a view)" if is_view else "has columns made by a query"
                other = ", or name another layer as [read] layer" if is_view and layer is None else ""
                raise ContractError(
                    f"{told}: layer '{name}' {what}, and {why}. Save the layers that are needed as tables (in QGIS: "
                    f"Export > Save Features As, one by one) and send these{other}."
                )
    return tuple(left_out)


def opened_to_read(path: Path) -> sqlite3.Connection:
    """Open a GeoPackage of which nothing may change, neither in it nor beside it; its texts are bytes."""
    # Immutable where no log lies beside it: SQLite would make one in the partner's folder.
    log = path.with_name(path.name + "-wal")
    how = "" if log.is_file() and log.stat().st_size else "&immutable=1"
    con = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{how}", uri=True)
    con.text_factory = bytes
    con.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    return con


def leave_out(told: Path, path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Take views out of a copy of a GeoPackage that GDAL must not see (see `check_views`).

    Returns
    -------
    tuple of str
        What to tell of the views that were taken out.

    Raises
    ------
    ContractError
        Where SQLite does not take a view out.
    """
    if not names:
        return ()
    try:
        with closing(sqlite3.connect(path)) as con, con:
            for name in names:
                con.execute(f"DROP VIEW {sql_name(name)}")
    except sqlite3.Error as problem:
        raise ContractError(f"{told}: a view in it cannot be left out: {problem}. Export the layer alone.") from problem
    return (f"{quoted(names)} is made by a query inside the file that cannot be checked, and was not read",)


def _made(con: sqlite3.Connection) -> list[tuple[str, bool, str]]:
    """Return what is made while it is read: the layer, whether it is a view, and the columns for a query."""
    try:
        con.execute("PRAGMA trusted_schema = OFF")
        views = [(name, True, "*") for name in _names(con, "view")]
        return views + [(name, False, made) for name in _names(con, "table") if (made := _generated(con, name))]
    except sqlite3.Error:
        # A damaged file: GDAL says so.
        return []


def _names(con: sqlite3.Connection, kind: str) -> list[str]:
    found = con.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,))
    return [name.decode("utf-8", "replace") for (name,) in found]


def _generated(con: sqlite3.Connection, table: str) -> str:
    """Return the columns of a table that are made while it is read, for a query; empty where there are none."""
    try:
        found = con.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden > 1", (table,)).fetchall()
    except sqlite3.Error:
        # A table of a program's own module, as SpatiaLite leaves them: it says nothing of the others.
        return ""
    return ", ".join(sql_name(name.decode("utf-8", "replace")) for (name,) in found)


def _fault(con: sqlite3.Connection, query: str, ends: float) -> str | None:
    """Run a query within bounds; say why it cannot be read, null where it can."""
    con.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    held = 0
    try:
        for number, row in enumerate(con.execute(query), 1):
            held += sum(len(cell) for cell in row if isinstance(cell, bytes))
            if number > MAX_ROWS or held > MAX_VIEW_BYTES:
                return f"gives more than {MAX_ROWS:,} rows or {MAX_VIEW_BYTES // 1024**2} MB"
    except (sqlite3.Error, MemoryError, OverflowError) as problem:
        return f"does not end within {MAX_SECONDS:.0f} s" if time.monotonic() > ends else f"cannot be judged: {problem}"
    finally:
        con.set_progress_handler(None, 0)
    return None
