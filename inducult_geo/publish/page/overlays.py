"""The density surfaces as the map page shows them: small gray pictures in the projection of web maps.

The page must work without any other file, so the surfaces lie inside it. A gray value tells the square root of the
density's share of the highest one, because most cells are near zero; the page colors it with the ramp of the `.qml`.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.qgis.coverage import COVERAGES, extent_of_surface
from inducult_geo.publish.qgis.surfaces import SHARES, ramp
from inducult_geo.surface import Surface

MAX_SIDE = 2048
"""Pixels of a picture's longer side: over that it gets coarser, so that the page stays small whatever it covers."""

_WEB_MERCATOR = "EPSG:3857"


def density_overlays(bundle: Bundle) -> dict[str, dict[str, Any]]:
    """Return each surface as JSON can hold it.

    Returns
    -------
    dict
        Name -> `png` (base64, 8-bit gray, 0 for "none or not looked at"), `corners` (west, south, east, north in
        degrees), `top` (the highest value, sites per km2), `bandwidth_km`, `stops` (share of `top` -> color).
        Surfaces without any site are left out.
    """
    return {name: _overlay(bundle.surfaces[name], name) for name in COVERAGES if _holds_sites(bundle, name)}


def _holds_sites(bundle: Bundle, name: str) -> bool:
    return name in bundle.surfaces and bool(np.nansum(bundle.surfaces[name].values) > 0)


def _overlay(surface: Surface, name: str) -> dict[str, Any]:
    top = float(np.nanmax(surface.values))
    gray, corners = _web_picture(surface, top)
    return {
        "png": base64.b64encode(png_bytes(gray)).decode(),
        "corners": [round(value, 6) for value in corners],
        "top": float(f"{top:.4g}"),
        "bandwidth_km": surface.bandwidth_m / 1000,
        "stops": [[share, color] for share, color in zip(SHARES, ramp(name), strict=True)],
    }


def _web_picture(surface: Surface, top: float) -> tuple[npt.NDArray[np.uint8], tuple[float, float, float, float]]:
    """Return the picture in web mercator, north up, and its west, south, east and north in degrees."""
    degrees = transform_bounds(WORK_CRS, "EPSG:4326", *extent_of_surface(surface))
    west, south, east, north = transform_bounds("EPSG:4326", _WEB_MERCATOR, *degrees)
    # The web's meters are longer than those on the ground, by so much in the middle of the picture.
    pixel_m = surface.cell_m / math.cos(math.radians((degrees[1] + degrees[3]) / 2))
    coarser = max(1.0, max(east - west, north - south) / pixel_m / MAX_SIDE)
    width, height = (max(1, round(side / pixel_m / coarser)) for side in (east - west, north - south))
    transform = Affine((east - west) / width, 0.0, west, 0.0, (south - north) / height, north)
    shown = np.zeros((height, width), dtype="float32")
    reproject(
        np.nan_to_num(surface.values),
        shown,
        src_transform=surface.transform,
        src_crs=WORK_CRS,
        dst_transform=transform,
        dst_crs=_WEB_MERCATOR,
        resampling=Resampling.average if coarser > 1 else Resampling.bilinear,
        num_threads=1,
    )
    gray = np.ceil(255 * np.sqrt(np.clip(shown / top, 0, 1))).astype("uint8")
    return gray, degrees


def png_bytes(gray: npt.NDArray[np.uint8]) -> bytes:
    """Return an 8-bit gray PNG (ISO/IEC 15948): header, one block of data, end; every row goes unfiltered."""
    height, width = gray.shape
    rows = np.hstack([np.zeros((height, 1), dtype="uint8"), gray]).tobytes()
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    framed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)
