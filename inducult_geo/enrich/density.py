"""How many sites stand around each place: a kernel density surface in sites per km2.

The kernel is the quartic one (biweight; Silverman 1986, eq. 4.5): a site at distance d adds, inside the bandwidth h,
(1 - (d/h)^2)^2, taken at cell centers, and nothing outside. Each site's weights are then divided by their own sum, so
that it counts exactly once however coarse the cells are and however near it lies to the edge: the surface integrates
to the number of sites. What this costs is said here: near the edge of the bounds a site's weight is pushed inwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster

from inducult_geo.errors import InducultError
from inducult_geo.frames import WORK_CRS

Floats = npt.NDArray[np.float64]

KERNEL = "quartic"
MAX_CELLS = 50_000_000
"""More cells than this (200 MB) are a mistyped cell size, not a map: all of Europe at 1 km has 30 million."""

_WEIGHTS_AT_ONCE = 4_000_000
_BLOCK = 256


@dataclass(frozen=True)
class Surface:
    """A density surface.

    Attributes
    ----------
    values
        float32 (rows, columns), sites per km2, north up.
    transform
        From column and row to `WORK_CRS`; cell edges lie on multiples of `cell_m`, as the EEA reference grid's do.
    cell_m, bandwidth_m
        Cell size and kernel radius in meters.
    n_sites
        How many points lie inside the bounds: what the surface integrates to.
    """

    values: npt.NDArray[np.float32]
    transform: Affine
    cell_m: int
    bandwidth_m: float
    n_sites: int


def density(points: Floats, *, cell_m: int, bandwidth_m: float, bounds: tuple[float, float, float, float]) -> Surface:
    """Estimate the density of sites.

    Parameters
    ----------
    points
        (n, 2) easting and northing in EPSG:3035. Points outside the bounds are not counted.
    cell_m
        Cell size in meters.
    bandwidth_m
        Kernel radius in meters; below about 0.7 of a cell each site stays in its own cell.
    bounds
        West, south, east, north in EPSG:3035, widened to whole cells of the EEA reference grid.

    Returns
    -------
    Surface
        The same whatever the order of the points.

    Raises
    ------
    InducultError
        Where a size is not positive, the bounds are not in order, a coordinate is not finite or the grid too large.
    """
    _check(points, cell_m, bandwidth_m, bounds)
    west, south = (math.floor(bounds[i] / cell_m) for i in (0, 1))
    east, north = (math.ceil(bounds[i] / cell_m) for i in (2, 3))
    shape = (north - south, east - west)
    if shape[0] * shape[1] > MAX_CELLS:
        raise InducultError(
            f"density: {shape[1]} x {shape[0]} cells of {cell_m} m are more than {MAX_CELLS}: take larger cells"
        )
    column, row = points[:, 0] / cell_m - west, north - points[:, 1] / cell_m
    inside = (column >= 0) & (column <= shape[1]) & (row >= 0) & (row <= shape[0])
    # Sums of floats depend on their order: sorted, the same points give the same bytes.
    order = np.lexsort((column[inside], row[inside]))
    sums = _spread(column[inside][order], row[inside][order], bandwidth_m / cell_m, shape)
    values = (sums / (cell_m / 1000) ** 2).astype(np.float32)
    transform = Affine(cell_m, 0.0, west * cell_m, 0.0, -cell_m, north * cell_m)
    return Surface(values, transform, cell_m, float(bandwidth_m), int(inside.sum()))


def _check(points: Floats, cell_m: int, bandwidth_m: float, bounds: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    if points.ndim != 2 or points.shape[1] != 2:
        raise InducultError(f"density: points must have the shape (n, 2), not {points.shape}")
    if not np.isfinite(points).all():
        raise InducultError("density: a point's coordinate is not finite: drop sites without a place first")
    if not (cell_m > 0 and bandwidth_m > 0 and math.isfinite(bandwidth_m)):
        raise InducultError(f"density: cell_m ({cell_m}) and bandwidth_m ({bandwidth_m}) must be positive")
    if not (all(map(math.isfinite, bounds)) and west < east and south < north):
        raise InducultError(f"density: bounds must be west, south, east, north in EPSG:3035, not {bounds}")


def _spread(column: Floats, row: Floats, radius: float, shape: tuple[int, int]) -> Floats:
    """Sum the weights of all points in each cell; `column`, `row` and `radius` are in cells."""
    sums = np.zeros(shape[0] * shape[1])
    for cells, weights in _weights(column, row, radius, shape):
        sums += np.bincount(cells, weights, minlength=sums.size)
    return sums.reshape(shape)


def _weights(
    column: Floats, row: Floats, radius: float, shape: tuple[int, int]
) -> Iterator[tuple[npt.NDArray[np.int64], Floats]]:
    """Yield cell numbers and weights, in portions that fit memory; the weights of one point sum to 1."""
    reach = math.ceil(radius) + 1
    step = np.arange(-reach, reach + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    portion = max(1, _WEIGHTS_AT_ONCE // down.size)
    for start in range(0, len(column), portion):
        x, y = column[start : start + portion, None], row[start : start + portion, None]
        # A point on the last edge belongs to the last cell.
        own = np.minimum(x, shape[1] - 1).astype(np.int64), np.minimum(y, shape[0] - 1).astype(np.int64)
        across, along = own[0] + right, own[1] + down
        ratio = ((across + 0.5 - x) ** 2 + (along + 0.5 - y) ** 2) / radius**2
        weight = np.where(ratio < 1, (1 - ratio) ** 2, 0.0)
        weight[(across < 0) | (across >= shape[1]) | (along < 0) | (along >= shape[0])] = 0.0
        # A kernel narrower than a cell may reach no center at all: then the point's own cell has it.
        weight[:, (down == 0) & (right == 0)] += weight.sum(axis=1, keepdims=True) == 0
        weight /= weight.sum(axis=1, keepdims=True)
        kept = weight > 0
        yield (along * shape[1] + across)[kept], weight[kept]


def write_cog(surface: Surface, path: Path) -> None:
    """Write a surface as a cloud-optimized GeoTIFF with statistics, and overviews where it is larger than a block.

    The file holds neither time nor software version: equal surfaces give equal bytes with one GDAL. Zero is a true
    value (no site near), so no nodata value is set. It appears under its name only when whole.

    Raises
    ------
    InducultError
        Where the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(_cog_bytes(surface))
        temporary.replace(path)
    except OSError as problem:
        raise InducultError(
            f"{path}: cannot be written: {problem}. Is it open elsewhere, or the disk full?"
        ) from problem
    finally:
        temporary.unlink(missing_ok=True)


def _cog_bytes(surface: Surface) -> bytes:
    """Make the file in memory, where GDAL leaves no side files."""
    with MemoryFile() as plain, MemoryFile(ext=".tif") as whole:
        _fill_memory(plain, surface)
        copy_raster(
            plain.name,
            whole.name,
            driver="COG",
            compress="DEFLATE",
            level="9",
            predictor="YES",
            blocksize=str(_BLOCK),
            overviews="FORCE_USE_EXISTING",
            statistics="YES",
            num_threads="1",
        )
        return bytes(whole.read())


def _fill_memory(memory: MemoryFile, surface: Surface) -> None:
    """Make the plain GeoTIFF that the COG is copied from."""
    rows, columns = surface.values.shape
    with memory.open(
        driver="GTiff",
        height=rows,
        width=columns,
        count=1,
        dtype="float32",
        crs=WORK_CRS,
        transform=surface.transform,
        tiled=True,
        blockxsize=_BLOCK,
        blockysize=_BLOCK,
    ) as target:
        target.write(surface.values, 1)
        target.set_band_description(1, "sites per km2")
        target.set_band_unit(1, "1/km2")
        target.update_tags(
            kernel=KERNEL, bandwidth_m=f"{surface.bandwidth_m:g}", cell_m=surface.cell_m, n_sites=surface.n_sites
        )
        # The mean keeps the integral, as the values are a density. What fits one block needs no overview.
        factors = [2**level for level in range(1, 16) if max(rows, columns) > _BLOCK * 2 ** (level - 1)]
        if factors:
            target.build_overviews(factors, Resampling.average)
