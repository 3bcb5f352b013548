"""A release folder opened for looking only: its database, manifest and files, as the promises need them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from inducult_geo.publish.files import GEOPACKAGE, MANIFEST

COVERAGE = "2d-gridded-coverage"
"""What a GeoPackage calls a raster of numbers."""

OWN_TABLES = frozenset({"layer_styles"})
"""Tables that QGIS needs and GDAL lists as layers: they hold no data of ours."""


class Opened:
    """A release folder; nothing in it is ever changed, and nothing beside it is made.

    Parameters
    ----------
    folder
        The release.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def geopackage(self) -> Path:
        """The release's GeoPackage.

        Raises
        ------
        FileNotFoundError
            Where there is none.
        """
        path = self.folder / GEOPACKAGE
        if not path.is_file():
            raise FileNotFoundError(f"no {GEOPACKAGE} in {self.folder}")
        return path

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        # Immutable, not only read-only: SQLite then makes no side files, even for a file in WAL mode.
        return sqlite3.connect(self.geopackage.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the GeoPackage; `values` are bound."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        """Return the first value of the first row, None where there is no row."""
        first = self._connection.execute(sql, values).fetchone()
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

    def close(self) -> None:
        """Let the database go."""
        if "_connection" in self.__dict__:
            self._connection.close()


@dataclass(frozen=True)
class Promise:
    """One thing that a release promises.

    Attributes
    ----------
    name
        The promise, as a sentence.
    broken
        Yields one sentence for each way in which a release breaks it; nothing where it is kept.
    """

    name: str
    broken: Callable[[Opened], Iterator[str]]
