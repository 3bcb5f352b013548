"""A small picture of a release's sites, drawn from its Parquet file, as a data address that any page can show."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.io import MemoryFile

from inducult_geo.frames import read_shapes
from inducult_geo.publish.files import SITES_FILE
from inducult_geo.publish.qgis.symbols import ASPECT_RINGS

WIDTH, MARGIN, LEAST_M = 720, 24, 20_000.0
LOWEST, HIGHEST = 120, 1440
_PAPER, _GRID = (250, 249, 245), (226, 224, 214)
_GRID_M = 100_000.0
Image = np.ndarray[Any, np.dtype[np.uint8]]


def map_picture(release: Path) -> str:
    """Draw the sites of a release; returns `data:image/png;base64,...`."""
    sites = read_shapes(release / SITES_FILE, columns=["aspect", "geometry"])
    return "data:image/png;base64," + base64.b64encode(_png(draw(sites))).decode()


def draw(sites: gpd.GeoDataFrame) -> Image:
    """Draw sites (EPSG:3035) as dots by their aspect over a grid of 100 km; (rows, columns, 3)."""
    points = shapely.get_coordinates(shapely.point_on_surface(sites.geometry.to_numpy())).reshape(-1, 2)
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (np.zeros(2), np.zeros(2))
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, LEAST_M / 2)
    room = np.array([WIDTH, HIGHEST]) - 2 * MARGIN
    scale = (room / (2 * half)).min()
    height = int(max(2 * half[1] * scale + 2 * MARGIN, LOWEST))
    image = np.full((height, WIDTH, 3), _PAPER, dtype=np.uint8)
    reach = np.array([WIDTH, height]) / 2 / scale
    for axis in (0, 1):
        first, last = middle[axis] - reach[axis], middle[axis] + reach[axis]
        for line in np.arange(np.ceil(first / _GRID_M), last / _GRID_M) * _GRID_M:
            at = int((line - first) * scale)
            if axis == 0:
                image[:, min(at, WIDTH - 1)] = _GRID
            else:
                image[height - 1 - min(at, height - 1)] = _GRID
    columns = ((points[:, 0] - middle[0] + reach[0]) * scale).astype(int)
    rows = height - 1 - ((points[:, 1] - middle[1] + reach[1]) * scale).astype(int)
    _dot(image, pd.DataFrame({"row": rows, "column": columns, "aspect": sites["aspect"].to_numpy()}))
    return image


def _dot(image: Image, dots: pd.DataFrame) -> None:
    """Draw dots (`row`, `column`, `aspect`) into a picture, the later over the earlier."""
    size = 2 if len(dots) < 5_000 else 1
    dots = dots.drop_duplicates(["row", "column"], keep="last")
    which, aspects = pd.factorize(dots["aspect"].where(dots["aspect"].isin([*ASPECT_RINGS]), "unknown"))
    steps = np.arange(-size, size + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    inward = size - np.maximum(abs(down), abs(right))
    # As on the map page and in QGIS: who is both wears the monument's color inside the factory's.
    rings = [[_rgb(mark.color) for mark, _ in ASPECT_RINGS[aspect]] for aspect in aspects]
    colors = np.array([[ring[min(step, len(ring) - 1)] for step in inward] for ring in rings], dtype=np.uint8)
    row, column = dots["row"].to_numpy()[:, None] + down, dots["column"].to_numpy()[:, None] + right
    inside = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
    # Where a pixel is told several times, NumPy keeps the last.
    image[row[inside], column[inside]] = colors.reshape(-1, len(inward), 3)[which][inside]


def _rgb(color: str) -> tuple[int, ...]:
    """Return red, green and blue of `#rrggbb`."""
    return tuple(bytes.fromhex(color[1:]))


def _png(image: Image) -> bytes:
    import warnings

    from rasterio.errors import NotGeoreferencedWarning

    height, width, _ = image.shape
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(driver="PNG", height=height, width=width, count=3, dtype="uint8") as file:
            file.write(np.moveaxis(image, 2, 0))
        return bytes(memory.read())
