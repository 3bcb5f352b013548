"""`sites.pmtiles`: the sites as vector tiles in one file, for web maps of others (PMTiles 3, Mapbox Vector Tiles 2)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from inducult_geo.frames import TEXT
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.tables import site_points, text_array
from inducult_geo.publish.licences import credit_lines
from inducult_geo.publish.qgis.metadata import release_title
from inducult_geo.publish.research.pmtiles import Bounds, archive
from inducult_geo.publish.research.vector_tiles import Points, vector_tiles

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
_NUMBERS = (*_WHOLE, "accuracy_m")


def tile_points(bundle: Bundle) -> gpd.GeoDataFrame:
    """Return what the tiles hold: the sites as points in EPSG:4326 with the columns of `COLUMNS`."""
    points = site_points(bundle)
    frame = gpd.GeoDataFrame(points[[*COLUMNS, "geometry"]], geometry="geometry", crs=bundle.sites.crs)
    for name in COLUMNS:
        if name in _WHOLE:
            frame[name] = frame[name].astype("Int32")
        elif name in _NUMBERS:
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
        The file; without sites none is written, for the format knows no empty extent. Zooms `MIN_ZOOM` to `MAX_ZOOM`;
        every site is in every zoom.
    """
    frame = tile_points(bundle)
    if frame.empty:
        return
    # What is of one tile stands together then: the file is smaller.
    frame = frame.iloc[np.argsort(frame.geometry.hilbert_distance().to_numpy(), kind="stable")]
    lon, lat = (np.asarray(part, dtype=float) for part in (frame.geometry.x, frame.geometry.y))
    points = Points.of(lon, lat, {name: frame[name] for name in COLUMNS})
    bounds = lon.min(), lat.min(), lon.max(), lat.max()
    zooms = range(MIN_ZOOM, MAX_ZOOM + 1)
    path.write_bytes(archive(vector_tiles(points, LAYER, zooms), bounds, zooms, _metadata(bundle, bounds)))


def _metadata(bundle: Bundle, bounds: Bounds) -> dict[str, Any]:
    """Return what viewers are told: whom to credit above all, and of no value."""
    west, south, east, north = bounds
    fields = {name: "Number" if name in _NUMBERS else "String" for name in COLUMNS}
    return {
        "name": release_title(bundle),
        "description": "Sites of industrial culture, one point each.",
        "attribution": html.escape(" · ".join(credit_lines(bundle))),
        "version": "1",
        "type": "overlay",
        "format": "pbf",
        "scheme": "xyz",
        "bounds": _listed(bounds),
        "center": f"{_listed(((west + east) / 2, (south + north) / 2))},{MIN_ZOOM}",
        "minzoom": str(MIN_ZOOM),
        "maxzoom": str(MAX_ZOOM),
        "vector_layers": [{"id": LAYER, "description": "", "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM, "fields": fields}],
    }


def _listed(degrees: Sequence[float]) -> str:
    return ",".join(f"{number:.7f}" for number in degrees)
