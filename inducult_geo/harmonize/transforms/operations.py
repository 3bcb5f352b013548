"""The registry of pinned operations to ETRS89, and the grids that some of them need.

One row of `catalog/operations.csv` is one way from a country's datum to ETRS89 (EPSG:4258): a PROJ pipeline from
longitude and latitude to longitude and latitude in degrees, written out. Rank 1 is the best; the next rank takes over
where its grid is missing. `accuracy_m` is the issuer's figure, or the largest gap to the grid measured over the country
where that is larger.
"""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from inducult_geo.errors import CoordinateError

_ANYWHERE = "*"


@dataclass(frozen=True)
class Operation:
    """One registered way from a country's datum to ETRS89: a row of `catalog/operations.csv`."""

    country: str
    datum: str
    pipeline: str
    accuracy_m: float
    grid: str
    grid_sha256: str
    rank: int
    source: str

    @property
    def name(self) -> str:
        """What a person reads: the registry's name and the grid, if it needs one."""
        return f"{self.source}, grid {self.grid}" if self.grid else self.source


@lru_cache(maxsize=1)
def operations() -> tuple[Operation, ...]:
    """Read the packaged registry of operations.

    Returns
    -------
    tuple of Operation
        In the file's order; within a country and datum rank 1 comes first.
    """
    text = resources.files("inducult_geo.catalog").joinpath("operations.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        Operation(
            country=row["country"],
            datum=row["datum"],
            pipeline=row["pipeline"],
            accuracy_m=float(row["accuracy_m"]),
            grid=row["grid"],
            grid_sha256=row["grid_sha256"],
            rank=int(row["rank"]),
            source=row["source"],
        )
        for row in rows
    )


def operations_for(datum: str, country: str) -> tuple[Operation, ...]:
    """List the registered operations of a datum in a country, best first.

    Parameters
    ----------
    datum : str
        Code of a geodetic system, such as ``EPSG:4314``.
    country : str
        ISO 3166 code of two letters; empty where no single country is known, as of a list of several.

    Raises
    ------
    CoordinateError
        None is registered; the text names what is.
    """
    here = (country.upper(), _ANYWHERE)
    found = [item for item in operations() if item.datum == datum and item.country in here]
    if found:
        return tuple(sorted(found, key=lambda item: item.rank))
    own = {item.datum for item in operations() if item.country == here[0]}
    known = sorted({*own, "EPSG:4258", "EPSG:4326"})
    elsewhere = sorted({item.country for item in operations() if item.datum == datum})
    if not country and elsewhere:
        raise CoordinateError(
            f"Which operation leads from {datum} to ETRS89 depends on the country, and no single one is named. There "
            f"are operations for {', '.join(elsewhere)}. Give the rows of each country a contract of their own, which "
            f'names that one alone: countries = ["{elsewhere[0]}"].'
        )
    hint = f" This datum is registered for {', '.join(elsewhere)}." if elsewhere else ""
    if not own:
        countries = sorted({item.country for item in operations()} - {_ANYWHERE})
        hint += f" Countries with operations of their own: {', '.join(countries)}."
    raise CoordinateError(
        f"No operation from {datum} to ETRS89 is registered for country {country!r}; known there: "
        f"{', '.join(known)}.{hint} Declare one of these datums, or add a row to catalog/operations.csv."
    )


@lru_cache(maxsize=64)
def _grid_is_registered(path: str, sha256: str, _stamp: tuple[int, int]) -> bool:
    """Whether a grid file holds the registered bytes; `_stamp` renews the answer when the file changes."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() == sha256


def grid_path(operation: Operation, grids: Path | None) -> Path | None:
    """Find an operation's grid file.

    Parameters
    ----------
    operation : Operation
        The operation.
    grids : Path or None
        Folder of grids; without it ``$INDUCULT_GRIDS``.

    Returns
    -------
    Path or None
        The absolute path, or None when the operation needs no grid or the file is not there.

    Raises
    ------
    CoordinateError
        The file is there but is not the registered one (its SHA-256 differs), or PROJ cannot open such a path.
    """
    folder = grids if grids is not None else os.environ.get("INDUCULT_GRIDS")
    if not operation.grid or not folder:
        return None
    path = (Path(folder) / operation.grid).resolve()
    if not path.is_file():
        return None
    if any(letter in str(path) for letter in ',"'):
        raise CoordinateError(f'PROJ cannot read grids from {path.parent}: move them to a folder without , or ".')
    state = path.stat()
    if not _grid_is_registered(str(path), operation.grid_sha256, (state.st_mtime_ns, state.st_size)):
        raise CoordinateError(
            f"{path} is not the registered grid (its SHA-256 differs): fetch it again (inducult grids "
            f"{operation.country}) or remove it."
        )
    return path
