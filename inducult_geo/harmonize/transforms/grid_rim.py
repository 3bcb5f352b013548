"""Where a datum grid has values: grids are rectangles, countries are not.

Beyond the border some grids hold zeros or a sign for "nothing". PROJ interpolates across that rim and shifts by too
little, or by kilometers, without a word. A point counts as covered only if all four nodes around it hold a value.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from pyproj import Transformer

from inducult_geo.ragged import Flags, Floats

GRIDS_WITH_RIM = frozenset({"at_bev_AT_GIS_GRID.tif", "cz_cuzk_table_-y-x_3_v1710.tif"})
"""The registered grids that are not filled to their edges."""


class _Nodes:
    """The nodes of a grid: which of them hold a value, and where they lie in the grid's own system."""

    def __init__(self, path: Path) -> None:
        import rasterio

        with rasterio.open(path) as grid:
            shifts = grid.read([1, 2])
            self.crs: str = grid.crs.to_string()
            step_x, _, left, _, step_y, top = grid.transform[:6]
        # Some grids have zeros where they have nothing; nowhere is a shift exactly zero both ways.
        empty = ((shifts == 0).all(axis=0)) | (np.abs(shifts) > 9000).any(axis=0) | ~np.isfinite(shifts).all(axis=0)
        # A cell is whole if the nodes at its four corners are.
        node = ~empty
        self.cells: Flags = node[:-1, :-1] & node[1:, :-1] & node[:-1, 1:] & node[1:, 1:]
        self.step = (step_x, step_y)
        self.first = (left + step_x / 2, top + step_y / 2)

    def cover(self, x: Floats, y: Floats) -> Flags:
        """Tell which points, in the grid's system, lie in a whole cell."""
        column, row = (x - self.first[0]) / self.step[0], (y - self.first[1]) / self.step[1]
        rows, columns = self.cells.shape
        inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
        found = np.zeros(x.shape, dtype=bool)
        found[inside] = self.cells[row[inside].astype(int), column[inside].astype(int)]
        return found


@lru_cache(maxsize=16)
def _nodes(path: str, _stamp: int) -> _Nodes:
    return _Nodes(Path(path))


@lru_cache(maxsize=16)
def _to_grid(datum: str, crs: str) -> Transformer:
    return Transformer.from_crs(datum, crs, always_xy=True)


def covered(path: str, datum: str, lon: Floats, lat: Floats) -> Flags:
    """Tell which points a grid covers.

    Parameters
    ----------
    path : str
        The grid, a GeoTIFF.
    datum : str
        Code of the geodetic system of the points; the grid's own system stands on the same datum.
    lon, lat : numpy.ndarray of float, shape (n,)
        Degrees.

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        False outside the grid, at its rim, and where a coordinate is missing.
    """
    nodes = _nodes(path, Path(path).stat().st_mtime_ns)
    if datum == nodes.crs:
        return nodes.cover(lon, lat)
    return nodes.cover(*_to_grid(datum, nodes.crs).transform(lon, lat))
