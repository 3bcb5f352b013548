"""Open a release folder for verification: its database, manifest and files."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, TypeVar, cast

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST
from inducult_geo.text import quoted

T = TypeVar("T")

_TOLD = 5
"""So many queries of a file are named: a hundred say no more."""

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises where it cannot read; it may quote the file's own bytes."""

QUERY_SECONDS = 300.0
"""What one query may take. Those of a release of a million records take seconds; of a file whose pages lead in circles
one would never end."""

_LOOK_SECONDS = 1.0

COVERAGE = "2d-gridded-coverage"
"""What a GeoPackage calls a raster of numbers."""

OWN_TABLES = frozenset({"layer_styles"})
"""Tables that QGIS needs and GDAL lists as layers: they hold no data of ours."""


def tables_alone(package: Path) -> Path:
    """Return the path of a release's GeoPackage where nothing in it is made by a query while it is read.

    A release has no view and no generated column; one that somebody put there may never end, or fill the memory, in
    whatever reads it: SQLite, GDAL, QGIS. What is no database is left to who reads it.

    Raises
    ------
    ReleaseError
        Where there is such a query.
    """
    try:
        with closing(looked_at(package)) as con:
            made = _made_by_queries(con)
    except _UNREADABLE:
        return package
    if made:
        raise ReleaseError(
            f"{package}: {quoted(made[:_TOLD])} is produced by a query inside the file. No release contains such "
            "queries, so the file was altered. Get the release again."
        )
    return package


def _made_by_queries(con: sqlite3.Connection) -> list[str]:
    """Name the views and generated columns of a database, whatever else somebody put there."""
    con.text_factory = lambda raw: raw.decode("utf-8", "replace")
    made = [name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY 1")]
    tables = con.execute("SELECT rowid FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for table in tables:
        # One table that cannot be read must not hide the others.
        with suppress(*_UNREADABLE):
            told = con.execute(
                "SELECT m.name || '.' || c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c "
                "WHERE m.rowid = ? AND c.hidden > 1",
                table,
            )
            made += [name for (name,) in told]
    return made


def looked_at(package: Path) -> sqlite3.Connection:
    """Open a database for looking only: nothing in it can be changed, and no function of its schema is run."""
    # Immutable, not only read-only: SQLite then makes no side files, even for a file in WAL mode.
    con = sqlite3.connect(package.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)
    con.execute("PRAGMA trusted_schema = OFF")
    return con


class _Clock:
    """Calls `ring` again and again once it is later than `until` (monotonic seconds), until it `ended`.

    SQLite's own handler of progress is not asked while it counts rows; an interruption from beside is heard. One thread
    serves all queries of a file: hundreds are asked to verify a release.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self.until, self.ended, self._ring = math.inf, Event(), ring
        Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while not self.ended.wait(min(QUERY_SECONDS / 4, _LOOK_SECONDS)):
            if monotonic() > self.until:
                self._ring()


class Opened:
    """A release folder; nothing in it is ever changed, and nothing beside it is made.

    Parameters
    ----------
    folder
        The release.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[object, Any] = {}

    @cached_property
    def geopackage(self) -> Path:
        """The release's GeoPackage.

        Raises
        ------
        FileNotFoundError
            Where there is none.
        ReleaseError
            Where it holds queries (see `tables_alone`).
        """
        path = self.folder / GEOPACKAGE
        if not path.is_file():
            raise FileNotFoundError(f"no {GEOPACKAGE} in {self.folder}")
        return tables_alone(path)

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        return looked_at(self.geopackage)

    @cached_property
    def _clock(self) -> _Clock:
        return _Clock(self._connection.interrupt)

    @contextmanager
    def _in_time(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one query; what does not end in time is broken off, and named."""
        self._clock.until = monotonic() + QUERY_SECONDS
        try:
            yield self._connection
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise ReleaseError(
                f"{GEOPACKAGE}: reading it does not end within {QUERY_SECONDS:.0f} s: it is damaged, or was altered. "
                "Get the release again."
            ) from problem
        finally:
            self._clock.until = math.inf

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the GeoPackage; `values` are bound.

        Raises
        ------
        ReleaseError
            Where it takes longer than `QUERY_SECONDS`.
        """
        with self._in_time() as con:
            return con.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        """Return the first value of the first row, None where there is no row."""
        with self._in_time() as con:
            first = con.execute(sql, values).fetchone()
        return None if first is None else first[0]

    @cached_property
    def layers(self) -> dict[str, str]:
        """Layer or table -> `features` or `attributes`, as the file itself lists them."""
        return {name: kind for name, kind in self._listed.items() if kind != COVERAGE}

    @property
    def coverages(self) -> list[str]:
        """The rasters inside the GeoPackage."""
        return [name for name, kind in self._listed.items() if kind == COVERAGE]

    @cached_property
    def _listed(self) -> dict[str, str]:
        listed = self.rows("SELECT table_name, data_type FROM gpkg_contents ORDER BY table_name")
        return {str(name): str(kind) for name, kind in listed if name not in OWN_TABLES}

    @property
    def spatial(self) -> list[str]:
        """The layers with a geometry."""
        return [name for name, kind in self.layers.items() if kind == "features"]

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table."""
        return [str(name) for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", table)]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What `manifest.json` holds.

        Raises
        ------
        ValueError
            Where it is not a JSON object.
        """
        values = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise ValueError("manifest.json is not a JSON object")
        return values

    def once(self, name: object, read: Callable[[], T]) -> T:
        """Return what `read` makes, made the first time that it is asked for under a name; it raises each time."""
        if name not in self._kept:
            self._kept[name] = read()
        return cast("T", self._kept[name])

    def close(self) -> None:
        """Let the database go."""
        if "_clock" in self.__dict__:
            self._clock.ended.set()
        if "_connection" in self.__dict__:
            self._connection.close()
