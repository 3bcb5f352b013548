"""Layers of a GeoPackage that are made while they are read: judged before GDAL, which would wait for them without end.

A view is a query, and so is a generated column: a file of a hundred kilobytes can hold one that never ends, or that
gives gigabytes. So each is run once within bounds, row by row, and nothing of it is kept.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from inducult_geo.errors import ContractError
from inducult_geo.sources.table import MAX_ROWS

MAX_SECONDS = 30.0
MAX_VALUE_BYTES = 128 * 1024**2
MAX_VIEW_BYTES = 512 * 1024**2
_STEPS = 100_000
"""Steps of SQLite's machine after which the clock is looked at."""

_MADE = """
SELECT name FROM sqlite_master WHERE type = 'view'
UNION SELECT m.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' AND c.hidden > 1
"""


def check_views(told: Path, path: Path) -> None:
    """Refuse a GeoPackage whose views do not end or hold too much: GDAL runs all of them to tell the layers.

    Parameters
    ----------
    told
        The file that refusals name.
    path
        Where it lies.

    Raises
    ------
    ContractError
        Where a view does not end in `MAX_SECONDS`, holds more than `MAX_ROWS` rows or `MAX_VIEW_BYTES`,
        or needs what SQLite alone does not know.
    """
    # Immutable where no log lies beside it: SQLite would make one in the partner's folder.
    log = path.with_name(path.name + "-wal")
    how = "" if log.is_file() and log.stat().st_size else "&immutable=1"
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{how}", uri=True)) as con:
        con.text_factory = bytes
        con.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        try:
            con.execute("PRAGMA trusted_schema = OFF")
            views = [name.decode("utf-8", "replace") for (name,) in con.execute(_MADE)]
        except sqlite3.Error:
            # A damaged file: GDAL says so.
            return
        for name in views:
            why = _fault(con, name)
            if why is not None:
                raise ContractError(
                    f"{told}: layer '{name}' is made by a query inside the file (a view), and {why}. Save the layers "
                    "that are needed as tables (in QGIS: Export > Save Features As, one by one) and send these."
                )


def _fault(con: sqlite3.Connection, name: str) -> str | None:
    """Run a view within bounds; say why it cannot be read, null where it can."""
    ends = time.monotonic() + MAX_SECONDS
    con.set_progress_handler(lambda: time.monotonic() > ends, _STEPS)
    quoted = '"' + name.replace('"', '""') + '"'
    held = 0
    try:
        for number, row in enumerate(con.execute(f"SELECT * FROM {quoted}"), 1):  # noqa: S608
            held += sum(len(cell) for cell in row if isinstance(cell, bytes))
            if number > MAX_ROWS or held > MAX_VIEW_BYTES:
                return f"gives more than {MAX_ROWS:,} rows or {MAX_VIEW_BYTES // 1024**2} MB"
    except (sqlite3.Error, MemoryError, OverflowError) as problem:
        return f"does not end within {MAX_SECONDS:.0f} s" if time.monotonic() > ends else f"cannot be judged: {problem}"
    finally:
        con.set_progress_handler(None, 0)
    return None
