"""Kernel density surfaces: how many sites per km2 are around each place.

The kernel is the quartic one (biweight; Silverman 1986, eq. 4.5): a site at distance d adds, inside the bandwidth h,
(1 - (d/h)^2)^2, taken at cell centers, and nothing outside. Each site's weights are then divided by their own sum, so
that it counts exactly once however coarse the cells are and however near it lies to the edge: the surface integrates
to the number of sites. What this costs is said here: near the edge of the bounds a site's weight is pushed inwards.
`density_surfaces` leaves three bandwidths around every region, so that no site of a region comes near that edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine

from inducult_geo.catalog.models import CLOSED
from inducult_geo.errors import InducultError
from inducult_geo.frames import Sites
from inducult_geo.surface import Surface

Floats = npt.NDArray[np.float64]

MAX_CELLS = 40_000_000
"""More cells than this (160 MB) are a mistyped cell size, not a map: all of Europe at 1 km has 30 million."""

CELL_M = 1000
BANDWIDTH_M = 5000.0
FINE_CELL_M = 250
FINE_BANDWIDTH_M = 2000.0
"""Two looks at the same sites: from afar, where a region stands out among others, and close, where a valley does. A
cell four times finer under the same kernel would only be the same picture, smoother."""

COARSER_M = (2000, 5000, 10_000, 25_000, 50_000, 100_000)
"""Cell sizes of the EEA reference grid that are taken where regions lie too far apart for `CELL_M`."""

PADDING = 3
"""Bandwidths that are shown around a region."""

SURFACES: Mapping[str, frozenset[str]] = {
    "monuments": frozenset({"monument", "both"}),
    "production": frozenset({"factory", "both"}),
}
"""Name of a surface -> the aspects of the sites that it counts; who is both counts in both, an unknown in none."""

_NOT_RUNNING = ("projected", "underConstruction", *CLOSED)
"""What is not there yet or no more is no production, whatever it is called."""

_WEIGHTS_AT_ONCE = 4_000_000


def density_surfaces(sites: Sites, regions: gpd.GeoDataFrame) -> dict[str, Surface]:
    """Estimate the densities of monuments and of production over all regions, at 1 km and at 250 m.

    Returns
    -------
    dict
        One surface for each of `SURFACES` (`CELL_M`, `BANDWIDTH_M`), and one more named `<name>_250m`
        (`FINE_CELL_M`, `FINE_BANDWIDTH_M`); see `surfaces_at`. Its size is bounded whatever the regions: where they
        lie so far apart that a grid over them would have more than `MAX_CELLS`, there is no fine surface, and the
        other takes the first of `COARSER_M` that fits.
    """
    coarse = next((cell for cell in (CELL_M, *COARSER_M) if _fits(sites, regions, cell, BANDWIDTH_M)), COARSER_M[-1])
    made = surfaces_at(sites, regions, cell_m=coarse, bandwidth_m=max(BANDWIDTH_M, 2.0 * coarse))
    if _fits(sites, regions, FINE_CELL_M, FINE_BANDWIDTH_M):
        fine = surfaces_at(sites, regions, cell_m=FINE_CELL_M, bandwidth_m=FINE_BANDWIDTH_M)
        made |= {f"{name}_{FINE_CELL_M}m": surface for name, surface in fine.items()}
    return made


def surfaces_at(
    sites: Sites, regions: gpd.GeoDataFrame, *, cell_m: int = CELL_M, bandwidth_m: float = BANDWIDTH_M
) -> dict[str, Surface]:
    """Estimate the densities of monuments and of production over all regions, on one grid.

    Parameters
    ----------
    sites
        With `aspect`, `status` and geometry; an outline counts at a point on it.
    regions
        Outlines in EPSG:3035. Cells farther than `PADDING` bandwidths from every region's bounding box are NaN
        ("not looked at"), unless a site there has weight; zero means "looked at, and none near".
    cell_m, bandwidth_m
        Cell size and kernel radius in meters.

    Returns
    -------
    dict
        One surface for each of `SURFACES`, each integrating to its number of sites; none where there is no region.

    Raises
    ------
    InducultError
        Where the grid would be too large.
    """
    if regions.empty:
        return {}
    points, boxes, bounds = _reach(sites, regions, bandwidth_m)
    aspects, runs = sites["aspect"].to_numpy(), ~sites["status"].isin(_NOT_RUNNING).to_numpy(dtype=bool)
    made = {}
    for name, counted in SURFACES.items():
        chosen = points[np.isin(aspects, [*counted]) & (runs if name == "production" else True)]
        whole = density(chosen, cell_m=cell_m, bandwidth_m=bandwidth_m, bounds=bounds)
        shown = np.where(_near(whole, boxes) | (whole.values > 0), whole.values, np.float32(np.nan))
        made[name] = replace(whole, values=shown.astype(np.float32))
    return made


def _reach(
    sites: Sites, regions: gpd.GeoDataFrame, bandwidth_m: float
) -> tuple[Floats, Floats, tuple[float, float, float, float]]:
    """Return the sites' points, the boxes that are shown around regions, and the bounds of both with their kernels."""
    points = shapely.get_coordinates(shapely.point_on_surface(sites.geometry.to_numpy())).reshape(-1, 2)
    boxes = shapely.bounds(regions.geometry.to_numpy()) + np.array([-1, -1, 1, 1]) * PADDING * bandwidth_m
    reach = np.vstack([boxes, np.hstack([points - bandwidth_m, points + bandwidth_m])])
    west, south = (float(value) for value in reach[:, :2].min(axis=0))
    east, north = (float(value) for value in reach[:, 2:].max(axis=0))
    return points, boxes, (west, south, east, north)


def _fits(sites: Sites, regions: gpd.GeoDataFrame, cell_m: int, bandwidth_m: float) -> bool:
    """Tell whether a grid over everything stays within `MAX_CELLS`."""
    if regions.empty:
        return False
    west, south, east, north = _reach(sites, regions, bandwidth_m)[2]
    return ((east - west) / cell_m + 1) * ((north - south) / cell_m + 1) <= MAX_CELLS


def _near(surface: Surface, boxes: Floats) -> npt.NDArray[np.bool_]:
    """Tell which cells touch one of the boxes (west, south, east, north)."""
    near = np.zeros(surface.values.shape, dtype=bool)
    left, top = surface.transform.c, surface.transform.f
    for west, south, east, north in boxes:
        rows = slice(math.floor((top - north) / surface.cell_m), math.ceil((top - south) / surface.cell_m))
        columns = slice(math.floor((west - left) / surface.cell_m), math.ceil((east - left) / surface.cell_m))
        near[rows, columns] = True
    return near


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
            f"density: {shape[1]} x {shape[0]} cells of {cell_m} m are more than {MAX_CELLS}: choose larger cells"
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
        # The points come in order of their rows: a portion touches a few of them, and not all cells.
        first = int(cells.min(initial=sums.size))
        there = np.bincount(cells - first, weights)
        sums[first : first + len(there)] += there
    return sums.reshape(shape)


def _weights(
    column: Floats, row: Floats, radius: float, shape: tuple[int, int]
) -> Iterator[tuple[npt.NDArray[np.int64], Floats]]:
    """Yield cell numbers and weights, in portions that fit memory; the weights of one point sum to 1."""
    reach = math.ceil(radius)
    step = np.arange(-reach, reach + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    portion = max(1, _WEIGHTS_AT_ONCE // down.size)
    for start in range(0, len(column), portion):
        x, y = column[start : start + portion, None], row[start : start + portion, None]
        # A point on the last edge belongs to the last cell.
        own = np.minimum(x, shape[1] - 1).astype(np.int64), np.minimum(y, shape[0] - 1).astype(np.int64)
        across, along = own[0] + right, own[1] + down
        ratio = ((across + 0.5 - x) ** 2 + (along + 0.5 - y) ** 2) / radius**2
        weight = (1 - np.minimum(ratio, 1.0)) ** 2
        weight[(across < 0) | (across >= shape[1]) | (along < 0) | (along >= shape[0])] = 0.0
        # A kernel narrower than a cell may reach no center at all: then the point's own cell has it.
        weight[:, (down == 0) & (right == 0)] += weight.sum(axis=1, keepdims=True) == 0
        weight /= weight.sum(axis=1, keepdims=True)
        kept = weight > 0
        yield (along * shape[1] + across)[kept], weight[kept]
