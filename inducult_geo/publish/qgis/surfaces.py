"""Density surfaces as files: cloud-optimized GeoTIFF with statistics and overviews, and a QGIS style beside each.

One file a surface, because QGIS takes the style of a raster from the `.qml` of the same name and a style shows one
band: both open colored, and can be laid over one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.qgis.styles import environment
from inducult_geo.surface import Surface

NAMES: Mapping[str, str] = {
    name: f"density_{name}" for name in ("monuments", "production", "monuments_250m", "production_250m")
}
"""Name of a surface in a bundle -> the stem of its two files."""

_BLOCK = 256
# Light to dark in the hue that the aspect has on the map: legible without color, too.
_RAMPS: Mapping[str, tuple[str, ...]] = {
    "monuments": ("#fff5eb", "#fdd0a2", "#fd8d3c", "#d55e00", "#7f2704"),
    "production": ("#f7fbff", "#c6dbef", "#6baed6", "#0072b2", "#08306b"),
}
SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)
"""Where the colors stand between zero and the highest value: most cells are near zero."""


@dataclass(frozen=True)
class _Stop:
    value: str
    label: str
    color: str
    alpha: int


def write_density(bundle: Bundle, folder: Path) -> None:
    """Write each surface of a bundle as `density_<name>.tif` and `.qml`.

    The bytes depend on the surfaces and the version of GDAL only. A bundle without surfaces gives no file.

    Raises
    ------
    ReleaseError
        Where a file cannot be written.
    """
    for name, stem in NAMES.items():
        surface = bundle.surfaces.get(name)
        if surface is None:
            continue
        contents = {f"{stem}.tif": cog_bytes(surface, title=name), f"{stem}.qml": style_bytes(surface, name)}
        for file, content in contents.items():
            try:
                (folder / file).write_bytes(content)
            except OSError as problem:
                raise ReleaseError(f"{folder / file}: cannot be written: {problem}. Is the disk full?") from problem


def ramp(name: str) -> tuple[str, ...]:
    """Return the colors of a surface at `SHARES` of its highest value, from nothing on."""
    return _RAMPS[name.partition("_")[0]]


def style_bytes(surface: Surface, name: str) -> bytes:
    """Return the QML of a surface: from nothing (transparent) to its highest value, in the hue of its aspect."""
    known = surface.values[np.isfinite(surface.values)]
    top = float(known.max()) if known.size and known.max() > 0 else 1.0
    stops = [
        _Stop(f"{share * top:.6g}", f"{share * top:.2g} per km²", color, 0 if share == 0 else 255)
        for share, color in zip(SHARES, ramp(name), strict=True)
    ]
    return environment().get_template("density.qml.j2").render(stops=stops).encode()


def cog_bytes(surface: Surface, *, title: str) -> bytes:
    """Return a surface as a cloud-optimized GeoTIFF; NaN is its nodata value.

    The file holds neither time nor software version: equal surfaces give equal bytes with one GDAL. It is made in
    memory, where GDAL leaves no side files.
    """
    with MemoryFile() as plain, MemoryFile(ext=".tif") as whole:
        _fill_memory(plain, surface, title)
        copy_raster(
            plain.name,
            whole.name,
            driver="COG",
            compress="DEFLATE",
            level="6",
            predictor="YES",
            blocksize=str(_BLOCK),
            # The mean keeps the integral, as the values are a density.
            overviews="IGNORE_EXISTING",
            overview_resampling="AVERAGE",
            statistics="YES",
            # A block without any value is not stored: regions far apart cost no more than near ones.
            sparse_ok="YES",
            num_threads="1",
        )
        return bytes(whole.read())


def _fill_memory(memory: MemoryFile, surface: Surface, title: str) -> None:
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
        nodata=float("nan"),
        tiled=True,
        blockxsize=_BLOCK,
        blockysize=_BLOCK,
    ) as target:
        target.write(surface.values, 1)
        target.set_band_description(1, f"{title} per km2")
        target.set_band_unit(1, "1/km2")
        target.update_tags(
            kernel=surface.kernel,
            bandwidth_m=f"{surface.bandwidth_m:g}",
            cell_m=surface.cell_m,
            n_sites=surface.n_sites,
        )
