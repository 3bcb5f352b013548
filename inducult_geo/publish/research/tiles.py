"""`sites.pmtiles`: the sites as vector tiles in one file, for web maps of others (PMTiles 3, Mapbox Vector Tiles 2).

GDAL's driver writes it. Its metadata repeat values of every column as examples and name no source: the examples are
taken out, and who must be credited is put in, where viewers look for it (`attribution`).
"""

from __future__ import annotations

import gzip
import html
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import TEXT
from inducult_geo.gdal import gdal_set
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.tables import site_points, text_array
from inducult_geo.publish.licences import credit_lines
from inducult_geo.publish.qgis.metadata import release_title

LAYER = "sites"
WEB_CRS = "EPSG:4326"
MIN_ZOOM, MAX_ZOOM = 4, 11
"""From all of Central Europe on a phone's screen to steps of 1.5 m; maps draw closer zooms from the deepest one."""

COLUMNS = (
    "site_id", "name", "name_en", "region", "country", "aspect", "type", "theme", "status", "start_year", "end_year",
    "operator", "city", "present_use", "visitor_access", "website", "wikidata", "n_sources", "accuracy_m",
    "licence", "attribution",
)  # fmt: skip
"""What each point says: enough for a map and its pop-ups; everything else is in the GeoPackage, by site_id."""

_WHOLE = ("start_year", "end_year", "n_sources")
_OPTIONS = {"MINZOOM": str(MIN_ZOOM), "MAXZOOM": str(MAX_ZOOM), "EXTENT": "8192", "TYPE": "overlay"}
# A tile that grew larger would lose features without a word.
_LIMITS = {"MAX_SIZE": "50000000", "MAX_FEATURES": "10000000"}
_SETTINGS: Final[Mapping[str, str]] = {
    # With one thread the order of tiles cannot depend on the machine.
    "GDAL_NUM_THREADS": "1",
    # The driver hands TEMPORARY_DB on to that of its tiles, but does not list it as its own.
    "GDAL_VALIDATE_CREATION_OPTIONS": "NO",
}


def tile_points(bundle: Bundle) -> gpd.GeoDataFrame:
    """Return what the tiles hold: the sites as points in EPSG:4326 with the columns of `COLUMNS`."""
    points = site_points(bundle)
    frame = gpd.GeoDataFrame(points[[*COLUMNS, "geometry"]], geometry="geometry", crs=bundle.sites.crs)
    for name in COLUMNS:
        if name in _WHOLE:
            frame[name] = frame[name].astype("Int32")
        elif name == "accuracy_m":
            frame[name] = frame[name].astype("float64")
        else:
            frame[name] = pd.array(text_array(frame[name]), dtype=TEXT)
    return frame.to_crs(WEB_CRS)


def write_tiles(bundle: Bundle, path: Path) -> None:
    """Write the tiles of all sites; the same bundle gives the same bytes.

    Parameters
    ----------
    bundle
        What is to be published: `withholding.for_release` has been applied.
    path
        The file, which must not exist yet; without sites none is written, for the format knows no
        empty extent. Zooms `MIN_ZOOM` to `MAX_ZOOM`; every site is in every zoom.

    Raises
    ------
    ReleaseError
        Where GDAL cannot write it.
    """
    points = tile_points(bundle)
    if points.empty:
        return
    told = {"NAME": release_title(bundle), "DESCRIPTION": "Sites of industrial culture, one point each."}
    # What is of one tile stands together then: the file is smaller, and GDAL sorts less.
    points = points.iloc[np.argsort(points.geometry.hilbert_distance().to_numpy(), kind="stable")]
    try:
        with gdal_set(_SETTINGS):
            pyogrio.write_dataframe(
                points,
                path,
                driver="PMTiles",
                layer=LAYER,
                geometry_type="Point",
                # Of itself the library writes the letters of this driver as the machine's locale does.
                encoding="UTF-8",
                dataset_options={**_OPTIONS, **_LIMITS, **told, "TEMPORARY_DB": f"/vsimem/{uuid4().hex}.db"},
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as problem:
        raise ReleaseError(
            f"{path}: GDAL {pyogrio.__gdal_version_string__} could not write the tiles ({problem}). "
            "Check the free space of the disk and that pyogrio is the wheel of the package index."
        ) from problem
    credit = " · ".join(credit_lines(bundle))
    path.write_bytes(_with_metadata(path.read_bytes(), {"attribution": html.escape(credit), "version": "1"}))


_HEADER = struct.Struct("<8s8Q")
_HEADER_BYTES = 127
_GZIP = 2


def _with_metadata(archive: bytes, more: dict[str, str]) -> bytes:
    """Return a PMTiles archive with these metadata besides its own, and without examples of values.

    By the format's specification, version 3: a header of 127 bytes tells where root directory, metadata, leaf
    directories and tiles lie; directories count from the start of the tiles, so that the parts can move as a whole.
    """
    magic, *places = _HEADER.unpack_from(archive)
    parts = [archive[start : start + length] for start, length in zip(places[::2], places[1::2], strict=True)]
    packed = archive[97] == _GZIP
    told = json.loads(gzip.decompress(parts[1]) if packed else parts[1])
    told = {key: value for key, value in told.items() if key != "tilestats"} | more
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    parts[1] = gzip.compress(text, mtime=0) if packed else text
    starts = [_HEADER_BYTES + sum(map(len, parts[:place])) for place in range(len(parts))]
    moved = [number for start, part in zip(starts, parts, strict=True) for number in (start, len(part))]
    return _HEADER.pack(magic, *moved) + archive[_HEADER.size : _HEADER_BYTES] + b"".join(parts)
