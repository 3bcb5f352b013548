"""Raster values at sites: elevation, land cover, and whatever else a steward declares.

The value is that of the cell in which a site's representative point lies, as `gdallocationinfo` gives it: nothing is
interpolated, since a land-cover code has no mean. Null stands for "no value here", never a nodata number.

Files come from outside: only formats whose cells lie in the file itself are opened, so that no raster can send the
program to another file or to the network.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from affine import TransformNotInvertibleError
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from inducult_geo.catalog import RasterSource
from inducult_geo.frames import SITE_COLUMNS, WORK_CRS, Sites, from_json, to_json

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

FORMATS = (
    "GTiff", "COG", "AAIGrid", "DTED", "EHdr", "ENVI", "GPKG", "GRASSASCIIGrid", "GSAG", "GSBG", "GS7BG", "HFA",
    "JP2OpenJPEG", "netCDF", "RST", "SAGA", "SRTMHGT", "USGSDEM", "XYZ",
)  # fmt: skip
"""GDAL's drivers that may open a raster. Left out are those that follow references: VRT, WMS, WCS, STACTA, MRF ..."""

POSSIBLE: Mapping[str, tuple[float, float]] = {"elevation_m": (-500.0, 9000.0), "population_per_km2": (0.0, 1e6)}
"""Lowest and highest value that a quantity can have anywhere on Earth: what lies outside is a nodata number that the
file does not declare, and would be a made-up value."""

MAX_DOUBTS = 3
"""So many impossible values of one raster are named; a mistaken raster holds nothing else."""

_UNREADABLE = (RasterioError, ProjError, TransformNotInvertibleError, ValueError, ZeroDivisionError)
"""What is raised over files that are broken, or whose cells lie nowhere."""

MAX_BLOCK_CELLS = 64_000_000
"""GDAL decodes whole blocks: a file in larger ones (0.5 GB) cannot be read piece by piece."""


@dataclass(frozen=True)
class Enriched:
    """Sites with what was added, and what could not be added.

    Attributes
    ----------
    sites
        The sites, same rows and order as given.
    problems
        One sentence for each raster, or code of it, that could not be used: what, where, what to do.
    unusable
        Id of each raster that could not be read at all -> why.
    """

    sites: Sites
    problems: tuple[str, ...]
    unusable: Mapping[str, str] = field(default_factory=dict)


class _UnusableError(Exception):
    """A raster that cannot be sampled; the text says why."""


def sample_rasters(sites: Sites, rasters: Sequence[RasterSource], *, folder: Path) -> Enriched:
    """Write each raster's value at each site into the raster's column.

    Parameters
    ----------
    sites
        Sites in `WORK_CRS`; a site's representative point lies inside its outline. Sites without a geometry stay null.
    rasters
        In order of preference: the first with a value wins where several fill one column (one per country, say). A
        value that stands in `sites` already is kept.
    folder
        Where raster files lie. A relative `file` is looked for beside its declaration first, then here; a file
        outside both is refused, as for contracts.

    Returns
    -------
    Enriched
        The sites, with `lineage` naming `raster:<id>@<date>` for what was filled, the date being the declaration's
        `valid_at` (without one, `raster:<id>`); and the problems. A raster that is missing, broken or without CRS
        is a problem, never an error; so are impossible values (`POSSIBLE`), which stay null, and a column of which
        no raster lies under any site. (One that does not is none where others do: a country's raster has nothing to
        say elsewhere.)
    """
    points = shapely.point_on_surface(sites.geometry.to_numpy())
    points[shapely.is_empty(points)] = None  # GEOS refuses to tell the x of an empty point
    table = pd.DataFrame(sites.drop(columns=sites.geometry.name))
    problems: list[str] = []
    unusable: dict[str, str] = {}
    covering: dict[str, list[tuple[str, bool]]] = {}
    for raster in rasters:
        try:
            found, covers = _sample(points, raster, folder)
        except _UnusableError as why:
            unusable[raster.id] = str(why)
            problems.append(f"raster {raster.id}: {why}")
            continue
        covering.setdefault(raster.column, []).append((raster.id, covers))
        values, doubts = _COLUMN_VALUES[raster.column](found, raster)
        problems += [f"raster {raster.id}: {doubt}" for doubt in doubts]
        values.index = table.index
        origin = f"raster:{raster.id}" + (f"@{raster.valid_at.isoformat()}" if raster.valid_at else "")
        table = fill(table, raster.column, values, [origin] * len(table))
    problems += _nowhere(covering, len(sites))
    frame = gpd.GeoDataFrame(table, geometry=sites.geometry.to_numpy(), crs=sites.crs)
    return Enriched(Sites(frame), tuple(problems), unusable)


def _nowhere(covering: Mapping[str, Sequence[tuple[str, bool]]], n_sites: int) -> list[str]:
    """Name each column whose rasters all lie elsewhere."""
    return [
        f"raster {', '.join(name for name, _ in used)}: covers none of {n_sites} sites, {column} stays as it was"
        for column, used in covering.items()
        if n_sites and not any(covers for _, covers in used)
    ]


def fill(table: pd.DataFrame, column: str, values: pd.Series, origins: Sequence[str]) -> pd.DataFrame:
    """Return the rows of sites with a column's nulls filled where there is a value, and the lineage of these.

    Parameters
    ----------
    table
        n sites, with `lineage`.
    values
        On the table's index; null where there is none.
    origins
        n texts: where each value comes from.
    """
    free = table[column].isna() & values.notna()
    lineage = [
        to_json({**from_json(text), column: origin}) if new else text
        for text, origin, new in zip(table["lineage"], origins, free, strict=True)
    ]
    filled = table.copy()
    filled[column] = table[column].where(~free, values)
    filled["lineage"] = lineage
    return filled.astype({name: SITE_COLUMNS[name] for name in (column, "lineage")})


def _numbers(values: Floats, raster: RasterSource) -> tuple[pd.Series, list[str]]:
    """Give values of a measured quantity as they are, but none that cannot be."""
    low, high = POSSIBLE[raster.column]
    wrong = (values < low) | (values > high)
    doubts = [
        f"{n} sites have the value {value:g}, which is not possible for {raster.column}: these sites get no value. If "
        f"it stands for 'no value', declare it in the file: gdal_edit.py -a_nodata {value:g} {raster.file}"
        for value, n in zip(*np.unique(values[wrong], return_counts=True), strict=True)
    ]
    if len(doubts) > MAX_DOUBTS:
        doubts = [
            *doubts[:MAX_DOUBTS],
            f"{len(doubts) - MAX_DOUBTS} more impossible values: does this raster really hold {raster.column}?",
        ]
    return pd.Series(np.where(wrong, np.nan, values), dtype="float64"), doubts


def _labels(values: Floats, raster: RasterSource) -> tuple[pd.Series, list[str]]:
    """Give each code's label; a code without one stays null and is named, as the map's reader could not read it."""
    codes = pd.Series([_code(value) for value in values], dtype="str")
    if not raster.values:
        return codes, []
    labels = codes.map(raster.values)
    unknown = codes[labels.isna()].value_counts().sort_index()
    doubts = [f"code {code} at {n} sites has no label: add it to [values]" for code, n in unknown.items()]
    return labels.astype("str"), doubts


def _code(value: float) -> str | None:
    """Write a code as a declaration names it: 121, not 121.0."""
    if np.isnan(value):
        return None
    return str(int(value)) if float(value).is_integer() else repr(float(value))


_COLUMN_VALUES: Mapping[str, Callable[[Floats, RasterSource], tuple[pd.Series, list[str]]]] = {
    "elevation_m": _numbers,
    "population_per_km2": _numbers,
    "land_cover": _labels,
}
"""How a column's cells are read; a new column of `RasterSource` has its row here."""


def _sample(points: npt.NDArray[np.object_], raster: RasterSource, folder: Path) -> tuple[Floats, bool]:
    """Return a declared raster's values at points in `WORK_CRS`, NaN for none; and whether it lies under any."""
    path = raster_path(raster, folder)
    if path is None:
        raise _UnusableError(f"no file '{raster.file}' in {folder}: put it there, or correct `file` in its declaration")
    try:
        # A mask or an overview beside the file may be of any format: no address that it names is asked.
        with rasterio.Env(CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".none"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                dataset = DatasetReader(str(path), driver=[*FORMATS])
            with dataset:
                _check(dataset, raster)
                columns, rows = _cells(points, dataset)
                return _read(dataset, raster, columns, rows)
    except _UNREADABLE as problem:
        told = str(problem.__cause__ or problem).rstrip(". ").replace(f"{path.parent}/", "")
        raise _UnusableError(
            f"{path.name} cannot be read: {told}. Try to open it in QGIS, or download it again; a mosaic or a web "
            "service (VRT, WMS ...) is not followed: save it as a single file with gdal_translate -of COG"
        ) from problem


def raster_path(raster: RasterSource, folder: Path) -> Path | None:
    """Return the raster's file, beside its declaration or in the folder, never elsewhere; null where there is none."""
    for home in (raster.declared_in.parent.resolve(), folder.resolve()):
        path = (home / raster.file).resolve()
        if path.is_relative_to(home) and path.is_file():
            return path
    return None


def _check(dataset: Any, raster: RasterSource) -> None:
    """Refuse a raster that says not where it lies, lacks the band or cannot be read in pieces."""
    if dataset.crs is None:
        raise _UnusableError(
            f"{raster.file} states no coordinate system, and none is guessed: set it with gdal_edit.py -a_srs"
        )
    if raster.band > dataset.count:
        raise _UnusableError(f"{raster.file} has {dataset.count} bands, not {raster.band}: correct `band`")
    if "complex" in dataset.dtypes[raster.band - 1]:
        raise _UnusableError(f"{raster.file} holds complex numbers, which cannot be {raster.column}")
    height, width = dataset.block_shapes[raster.band - 1]
    if height * width > MAX_BLOCK_CELLS:
        raise _UnusableError(
            f"{raster.file} is stored in blocks of {width} x {height} cells, too large to read piece by piece: "
            "rewrite it with gdal_translate -of COG"
        )


def _cells(points: npt.NDArray[np.object_], dataset: Any) -> tuple[Whole, Whole]:
    """Return column and row of the cell under each point, -1 where it lies outside or has no place.

    No ballpark transformation is accepted: a point that no real operation carries over counts as outside.
    """
    crs = CRS.from_wkt(dataset.crs.to_wkt())
    transformer = Transformer.from_crs(WORK_CRS, crs, always_xy=True, allow_ballpark=False)
    x, y = transformer.transform(shapely.get_x(points), shapely.get_y(points))
    column, row = _apply(_inverse(dataset.transform), np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    # Comparing before the cast: NaN and infinity fail every comparison, as integers they would be some cell.
    inside = (column >= 0) & (column < dataset.width) & (row >= 0) & (row < dataset.height)
    return np.where(inside, column, -1).astype(np.int64), np.where(inside, row, -1).astype(np.int64)


def _inverse(forward: Any) -> tuple[float, float, float, float, float, float]:
    """Invert a geotransform exactly as GDAL does, so that a point on a cell's edge falls to the same side."""
    if forward.b == 0 and forward.d == 0:
        return 1 / forward.a, 0.0, -forward.c / forward.a, 0.0, 1 / forward.e, -forward.f / forward.e
    back = ~forward
    return back.a, back.b, back.c, back.d, back.e, back.f


def _apply(back: tuple[float, ...], x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return whole columns and rows, still as floats."""
    a, b, c, d, e, f = back
    return np.floor(c + a * x + b * y), np.floor(f + d * x + e * y)


def _read(dataset: Any, raster: RasterSource, columns: Whole, rows: Whole) -> tuple[Floats, bool]:
    """Read the cells, one window for each of the file's blocks that holds a point."""
    values = np.full(len(columns), np.nan)
    for members, window in _windows(dataset, raster.band, columns, rows):
        at = rows[members] - int(window.row_off), columns[members] - int(window.col_off)
        cells = dataset.read(raster.band, window=window)[at].astype(np.float64)
        cells[dataset.read_masks(raster.band, window=window)[at] == 0] = np.nan
        values[members] = cells
    if raster.column != "land_cover":  # codes are names: a scale would make others of them
        values = values * dataset.scales[raster.band - 1] + dataset.offsets[raster.band - 1]
    return values, bool((columns >= 0).any())


def _windows(dataset: Any, band: int, columns: Whole, rows: Whole) -> Iterator[tuple[Whole, Window]]:
    """Yield the points of each block with the smallest window that holds them, in the file's order.

    Blocks are what a file is stored and compressed in: each is read once, and memory stays that of one block,
    whatever the number of points.
    """
    inside = np.flatnonzero(columns >= 0)
    if not len(inside):
        return
    height, width = dataset.block_shapes[band - 1]
    block = (rows[inside] // height) * (dataset.width // width + 1) + columns[inside] // width
    order = np.argsort(block, kind="stable")
    starts = np.flatnonzero(np.diff(block[order])) + 1
    for members in np.split(inside[order], starts):
        left, top = columns[members].min(), rows[members].min()
        size = columns[members].max() - left + 1, rows[members].max() - top + 1
        yield members, Window(int(left), int(top), int(size[0]), int(size[1]))
