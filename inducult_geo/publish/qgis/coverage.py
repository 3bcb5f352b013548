"""Density surfaces inside a GeoPackage: as tiled gridded coverages, which QGIS and GDAL open as rasters of numbers.

Tables, columns and rows are those of OGC 17-066r1 (GeoPackage extension for tiled gridded coverage data): tiles of 256
by 256 cells as 32-bit TIFF, a level of halved resolution for each doubling. Every value is bound, and the names of
tables are constants.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.io import MemoryFile

from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.degrees import written_crs
from inducult_geo.surface import Surface

TILE = 256
NO_DATA = -1.0
"""Stands for "not looked at": a density is never negative, and SQLite has no NaN."""

_SRS = 3035
_EXTENSION = "http://docs.opengeospatial.org/is/17-066r1/17-066r1.html"
# The extension asks for this system in every file, whether anything is in it or not.
_WGS84_3D = (
    'GEODCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,'
    'LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,3],'
    'AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],'
    'AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],'
    'AXIS["ellipsoidal height (h)",up,ORDER[3],LENGTHUNIT["metre",1]],ID["EPSG",4979]]'
)
_TABLES = """
CREATE TABLE gpkg_2d_gridded_coverage_ancillary (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, tile_matrix_set_name TEXT NOT NULL UNIQUE,
  datatype TEXT NOT NULL DEFAULT 'integer', scale REAL NOT NULL DEFAULT 1.0, offset REAL NOT NULL DEFAULT 0.0,
  precision REAL DEFAULT 1.0, data_null REAL, grid_cell_encoding TEXT DEFAULT 'grid-value-is-center', uom TEXT,
  field_name TEXT DEFAULT 'Height', quantity_definition TEXT DEFAULT 'Height',
  CONSTRAINT fk_g2dgtct_name FOREIGN KEY('tile_matrix_set_name') REFERENCES gpkg_tile_matrix_set ( table_name )
  CHECK (datatype in ('integer','float')));
CREATE TABLE gpkg_2d_gridded_tile_ancillary (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, tpudt_name TEXT NOT NULL, tpudt_id INTEGER NOT NULL,
  scale REAL NOT NULL DEFAULT 1.0, offset REAL NOT NULL DEFAULT 0.0, min REAL DEFAULT NULL, max REAL DEFAULT NULL,
  mean REAL DEFAULT NULL, std_dev REAL DEFAULT NULL,
  CONSTRAINT fk_g2dgtat_name FOREIGN KEY (tpudt_name) REFERENCES gpkg_contents(table_name),
  UNIQUE (tpudt_name, tpudt_id));
"""
_TILES = """
CREATE TABLE {table} (
  id INTEGER PRIMARY KEY AUTOINCREMENT, zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL,
  tile_row INTEGER NOT NULL, tile_data BLOB NOT NULL, UNIQUE (zoom_level, tile_column, tile_row))
"""

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Coverage:
    """A surface as it is called inside a GeoPackage."""

    table: str
    title: str
    description: str


COVERAGES: Mapping[str, Coverage] = {
    "monuments": Coverage(
        "density_monuments", "Density of monuments", "Monuments per square kilometer, places that are both included."
    ),
    "production": Coverage(
        "density_production",
        "Density of production",
        "Factories per square kilometer, places that are both included, those that are planned or closed not.",
    ),
}
"""Name of a surface in a bundle -> its table."""


def extent_of_surface(surface: Surface) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax of a surface in EPSG:3035."""
    rows, columns = surface.values.shape
    west, north = float(surface.transform.c), float(surface.transform.f)
    return west, north - rows * surface.cell_m, west + columns * surface.cell_m, north


def add_coverages(con: sqlite3.Connection, bundle: Bundle, stamp: str) -> None:
    """Write every surface of a bundle into an open GeoPackage, dated `stamp`; nothing where there is none.

    Parameters
    ----------
    con
        A GeoPackage as GDAL made it with `CRS_WKT_EXTENSION`, inside a transaction of the caller.
    bundle
        What is to be published.
    stamp
        `YYYY-MM-DDThh:mm:ss.000Z`.
    """
    present = [(said, bundle.surfaces[name]) for name, said in COVERAGES.items() if name in bundle.surfaces]
    if present:
        _prepare(con)
    for said, surface in present:
        _add(con, said, surface, stamp)


def _prepare(con: sqlite3.Connection) -> None:
    """Add the tables of the extension, and what it asks of the table of reference systems."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            con.execute(statement)
    wkt = written_crs().to_wkt("WKT2_2015")
    con.execute("UPDATE gpkg_spatial_ref_sys SET definition_12_063 = ? WHERE srs_id = ?", (wkt, _SRS))
    con.execute(
        "INSERT INTO gpkg_spatial_ref_sys "
        "VALUES ('WGS 84 3D', 4979, 'EPSG', 4979, 'undefined', 'WGS 84 with heights', ?)",
        (_WGS84_3D,),
    )
    rows = [
        ("gpkg_2d_gridded_coverage_ancillary", None, "gpkg_2d_gridded_coverage", _EXTENSION),
        ("gpkg_2d_gridded_tile_ancillary", None, "gpkg_2d_gridded_coverage", _EXTENSION),
    ]
    con.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) "
        "VALUES (?, ?, ?, ?, 'read-write')",
        rows,
    )


def _add(con: sqlite3.Connection, said: Coverage, surface: Surface, stamp: str) -> None:
    table, extent = said.table, extent_of_surface(surface)
    values = np.where(np.isfinite(surface.values), surface.values, np.float32(NO_DATA)).astype(np.float32)
    levels = max(0, math.ceil(math.log2(max(values.shape) / TILE)))
    side = TILE * surface.cell_m * 2**levels
    west, _, _, north = extent
    con.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, min_x, min_y, max_x, "
        "max_y, srs_id) VALUES (?, '2d-gridded-coverage', ?, ?, ?, ?, ?, ?, ?, ?)",
        (table, said.title, _described(said, surface), stamp, *extent, _SRS),
    )
    box = (west, north - side, west + side, north)
    con.execute("INSERT INTO gpkg_tile_matrix_set VALUES (?, ?, ?, ?, ?, ?)", (table, _SRS, *box))
    con.execute(
        "INSERT INTO gpkg_2d_gridded_coverage_ancillary (tile_matrix_set_name, datatype, precision, data_null, "
        "grid_cell_encoding, uom, field_name, quantity_definition) "
        "VALUES (?, 'float', NULL, ?, 'grid-value-is-area', '1/km2', 'Density', 'Sites per square kilometer')",
        (table, NO_DATA),
    )
    con.execute(
        "INSERT INTO gpkg_extensions VALUES (?, 'tile_data', 'gpkg_2d_gridded_coverage', ?, 'read-write')",
        (table, _EXTENSION),
    )
    con.execute(_TILES.format(table=table))
    for level in range(levels, -1, -1):
        cell = surface.cell_m * 2 ** (levels - level)
        row = (table, level, 2**level, 2**level, TILE, TILE, float(cell), float(cell))
        con.execute("INSERT INTO gpkg_tile_matrix VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        grid = Affine(cell, 0.0, west, 0.0, -cell, north)
        for place, tile in _tiles(values):
            corner = grid @ Affine.translation(place[0] * TILE, place[1] * TILE)
            _insert(con, table, (level, *place), tile, _tiff(tile, corner))
        values = _halved(values)


def _described(said: Coverage, surface: Surface) -> str:
    return (
        f"{said.description} {surface.kernel.capitalize()} kernel of {surface.bandwidth_m:g} m, cells of "
        f"{surface.cell_m} m on the EEA reference grid; the surface integrates to {surface.n_sites} sites."
    )


def _tiles(values: Values) -> Iterator[tuple[tuple[int, int], Values]]:
    """Yield (column, row) and the cells of each tile, filled up to its full size."""
    for row in range(0, values.shape[0], TILE):
        for column in range(0, values.shape[1], TILE):
            tile = np.full((TILE, TILE), NO_DATA, dtype=np.float32)
            part = values[row : row + TILE, column : column + TILE]
            tile[: part.shape[0], : part.shape[1]] = part
            yield (column // TILE, row // TILE), tile


def _insert(con: sqlite3.Connection, table: str, place: tuple[int, int, int], tile: Values, tiff: bytes) -> None:
    cursor = con.execute(
        f"INSERT INTO {table} (zoom_level, tile_column, tile_row, tile_data) VALUES (?, ?, ?, ?)",  # noqa: S608
        (*place, tiff),
    )
    known = tile[tile != NO_DATA].astype(float)
    told = (
        (float(known.min()), float(known.max()), float(known.mean()), float(known.std())) if known.size else (None,) * 4
    )
    con.execute(
        "INSERT INTO gpkg_2d_gridded_tile_ancillary (tpudt_name, tpudt_id, min, max, mean, std_dev) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (table, cursor.lastrowid, *told),
    )


def _halved(values: Values) -> Values:
    """Return the surface at half its resolution: the mean of the cells that are known, so that no site is lost."""
    rows, columns = (size + size % 2 for size in values.shape)
    even = np.full((rows, columns), np.nan)
    even[: values.shape[0], : values.shape[1]] = np.where(values == NO_DATA, np.nan, values)
    blocks = even.reshape(rows // 2, 2, columns // 2, 2)
    known = np.isfinite(blocks).sum(axis=(1, 3))
    mean = np.nansum(blocks, axis=(1, 3)) / np.maximum(known, 1)
    return np.where(known > 0, mean, NO_DATA).astype(np.float32)


def _tiff(tile: Values, corner: Affine) -> bytes:
    """Return a tile as the extension asks: one band of 32-bit floats in one strip or tile, LZW."""
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=TILE,
            height=TILE,
            count=1,
            dtype="float32",
            compress="LZW",
            blockysize=TILE,
            transform=corner,
        ) as target:
            target.write(tile, 1)
        return bytes(memory.read())
