"""Verify the research files: the same number of sites, every column explained, densities that add up.

A file that is missing altogether is told by `files.files_are_there`; here the files that are there are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
from rasterio.io import MemoryFile

from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.files import RECORDS_FILE, SITES_FILE
from inducult_geo.publish.spreadsheet import lines_of
from inducult_geo.text import sql_name

_DENSITIES = {
    f"density_{name}{size}.tif": aspects
    for name, aspects in {"monuments": ("monument", "both"), "production": ("factory", "both")}.items()
    for size in ("", "_250m")
}
"""Surface -> the aspects of the sites that it counts."""

_INSIDE = ("density_monuments.tif", "density_production.tif")
"""The surfaces that are inside the GeoPackage as well; finer ones would outweigh everything else there."""

_TOLERANCE = 1e-3
_DATA = frozenset({".gpkg", ".parquet", ".csv", ".pmtiles", ".tif", ".html"})
_SECTION = re.compile(r"^## (\S+?):", re.MULTILINE)
_ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|$", re.MULTILINE)
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:e[+-]?\d+)?")
_FITS: Mapping[str, Callable[[pa.DataType], bool]] = {
    "string": lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
    "date": pa.types.is_date32,
    "integer": pa.types.is_integer,
    "number": pa.types.is_floating,
    "boolean": pa.types.is_boolean,
}
"""What the schema calls a kind of value -> whether a type of a Parquet file is one."""


def csv_holds_the_sites(release: Opened) -> Iterator[str]:
    """Check that `sites.csv` holds as many sites as the database, in degrees, and that no cell acts as a formula."""
    path = release.folder / "sites.csv"
    if not path.is_file():
        return
    # Column by column: most cells stand in many rows, and a release has millions.
    columns = [*zip_longest(*lines_of(path), fillvalue="")]
    cells = {name: column for name, *column in columns}
    sites, expected = cells["site_id"], [site for (site,) in release.rows("SELECT site_id FROM site_points")]
    told = {*sites}
    if not len(told) == len(sites) == len(expected):
        yield f"sites.csv has {len(sites)} rows of {len(told)} sites, site_points {len(expected)}"
    elif other := told ^ {*expected}:
        yield f"sites.csv and site_points hold other sites: {len(other)} differ, such as {min(map(str, other))}"
    places = zip(cells["longitude"], cells["latitude"], strict=True)
    lost = sum(not (-180 <= _number(x) <= 180 and -90 <= _number(y) <= 90) for x, y in places)
    if lost:
        yield f"{lost} sites of sites.csv have no longitude and latitude"
    acting = {cell for column in columns for cell in {*column} if cell[:1] in _FORMULA and not _NUMBER.fullmatch(cell)}
    formulas = [cell for column in columns for cell in column if cell in acting] if acting else []
    if formulas:
        yield f"{len(formulas)} cells of sites.csv act as formulas, such as {formulas[0][:40]!r}"


def dictionary_names_every_column(release: Opened) -> Iterator[str]:
    """Check that `DICTIONARY.md` explains every column of every layer, and `schema.json` fits the Parquet files."""
    path = release.folder / "DICTIONARY.md"
    if path.is_file():
        pieces = _SECTION.split(path.read_text(encoding="utf-8"))
        explained = {name: dict(_ROW.findall(text)) for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
        for table in release.layers:
            for column in release.columns(table):
                said = explained.get(table, {}).get(column, "")
                if column not in ("fid", "geom") and not said.rsplit("|", 1)[-1].strip():
                    yield f"DICTIONARY.md does not explain {table}.{column}"
    if (release.folder / "schema.json").is_file():
        yield from _unlike_schema(release)


def _unlike_schema(release: Opened) -> Iterator[str]:
    schema = json.loads((release.folder / "schema.json").read_text(encoding="utf-8"))
    for name, what in ((SITES_FILE, "site"), (RECORDS_FILE, "record")):
        with pq.ParquetFile(release.folder / name) as file:
            there = {field.name: field.type for field in file.schema_arrow if field.name not in ("geometry", "bbox")}
        told = {column: _kind_of(said) for column, said in schema["$defs"][what]["properties"].items()}
        if told.keys() != there.keys():
            yield f"schema.json and {name} differ in {', '.join(sorted(told.keys() ^ there.keys()))}"
        for column in sorted(told.keys() & there.keys()):
            if told[column] not in _FITS or not _FITS[told[column]](there[column]):
                yield f"schema.json says {column} is a {told[column]}, {name} has {there[column]}"


def _kind_of(said: Mapping[str, Any]) -> str:
    """Return the kind of value that the schema declares for a column, whether or not it may be null."""
    kinds = [said["type"]] if isinstance(said["type"], str) else said["type"]
    return str(said.get("format") or next(kind for kind in kinds if kind != "null"))


def every_data_file_is_described(release: Opened) -> Iterator[str]:
    """Check that `dcat.jsonld` describes each data file and no other; which one was altered, SHA256SUMS tells."""
    path = release.folder / "dcat.jsonld"
    if not path.is_file():
        return
    entries = json.loads(path.read_text(encoding="utf-8"))["dcat:distribution"]
    told = {entry["dcat:downloadURL"]["@id"] for entry in entries}
    there = {file.name for file in release.folder.iterdir() if file.suffix in _DATA}
    for name in sorted(told ^ there):
        yield f"dcat.jsonld describes {name}, which is not there" if name in told else f"{name} is in no description"


def densities_count_the_sites(release: Opened) -> Iterator[str]:
    """Check that each density surface integrates to its number of sites, within a thousandth, on the EEA grid."""
    for name in _DENSITIES:
        path = release.folder / name
        if not path.is_file():
            continue
        with rasterio.open(path) as raster:
            transform, epsg = raster.transform, raster.crs.to_epsg()
            counted = float(np.nansum(raster.read(1), dtype="float64")) * abs(transform.a * transform.e) / 1e6
        yield from _miscounted(release, name, counted, path.name)
        if epsg != 3035 or transform.c % transform.a or transform.f % transform.a:
            yield f"{path.name} is not on the EEA grid in EPSG:3035"
        if not path.with_suffix(".qml").is_file():
            yield f"{path.name} has no style beside it"


def _miscounted(release: Opened, name: str, counted: float, where: str) -> Iterator[str]:
    """Tell of a surface that counts other sites than it should; one of before counted what is closed, too."""
    asked = "SELECT count(*) FROM site_points WHERE aspect IN (?, ?)"
    idle = "('projected', 'underConstruction', 'disused', 'decommissioned')"
    runs = f"{asked} AND coalesce(status, 'unknown') NOT IN {idle}"
    of_before = release.one(asked, *_DENSITIES[name])
    sites = release.one(runs, *_DENSITIES[name]) if name.startswith("density_production") else of_before
    if all(abs(counted - right) > _TOLERANCE * max(right, 1) for right in (sites, of_before)):
        yield f"{where} integrates to {counted:.2f} sites, site_points holds {sites}"


def coverages_count_the_sites(release: Opened) -> Iterator[str]:
    """Check that each raster inside the GeoPackage integrates to the sites of its aspects, as its file does."""
    for name in _INSIDE:
        table = name.removesuffix(".tif")
        if table in release.coverages:
            yield from _miscounted(release, name, _summed_tiles(release, table), f"{table} in the GeoPackage")
        elif (release.folder / name).is_file():
            yield f"{name} is not inside the GeoPackage as {table}"


def _summed_tiles(release: Opened, table: str) -> float:
    """Add up the finest tiles of a raster, times the area of a cell in km2; asks SQLite, so that nothing is written."""
    level, width, height = release.rows(
        "SELECT zoom_level, pixel_x_size, pixel_y_size FROM gpkg_tile_matrix WHERE table_name = ? "
        "ORDER BY zoom_level DESC LIMIT 1",
        table,
    )[0]
    empty = release.one(
        "SELECT data_null FROM gpkg_2d_gridded_coverage_ancillary WHERE tile_matrix_set_name = ?", table
    )
    total = 0.0
    for (tile,) in release.rows(f"SELECT tile_data FROM {sql_name(table)} WHERE zoom_level = ?", level):  # noqa: S608
        with MemoryFile(tile) as memory, memory.open() as raster:
            values = raster.read(1).astype("float64")
        total += float(values[values != empty].sum())
    return total * float(width) * float(height) / 1e6


def _number(text: str) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
