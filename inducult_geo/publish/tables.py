"""The rows of every published layer, taken from a bundle: one frame a layer, its columns as declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.columns import Column, Kind
from inducult_geo.publish.layers import LAYERS, Layer

GEOMETRY = "geom"
"""Name of the geometry column in the GeoPackage."""

_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
}
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_KEYS: Mapping[str, list[str]] = {
    "site_points": ["site_id"],
    "site_areas": ["site_id"],
    "source_records": ["record_key"],
    "matches": ["left_key", "right_key"],
    "review": ["review_id"],
    "rejected": ["record_key"],
    "regions": ["region"],
    "sources": ["source"],
    "runs": ["run_id"],
}


def layer_frames(bundle: Bundle) -> dict[str, pd.DataFrame]:
    """Return the rows of each layer that stands in the file, sorted by key.

    Layers without rows are left out, unless the counting law needs them.

    Returns
    -------
    dict
        Layer name -> frame with the declared columns; a spatial one is a GeoDataFrame in EPSG:3035.

    Raises
    ------
    ReleaseError
        Where a record that is not rejected has no place.
    """
    frames = {
        "site_points": _points(bundle.sites, bundle.sites.geometry),
        "site_areas": _areas(bundle.sites),
        "source_records": _record_points(bundle),
        "matches": bundle.pairs,
        "review": _points(bundle.review, bundle.review.geometry),
        "rejected": pd.DataFrame(bundle.records[bundle.records["outcome"] == "rejected"]),
        "regions": _areas(bundle.regions),
        "sources": bundle.sources,
        "runs": pd.DataFrame([dict(bundle.run)]),
    }
    kept = (layer for layer in LAYERS if layer.always or len(frames[layer.name]))
    return {layer.name: _declared(frames[layer.name], layer) for layer in kept}


def arrow_table(frame: pd.DataFrame, layer: Layer) -> pa.Table:
    """Return the rows of a layer with the declared types; the geometry becomes WKB in the column `geom`."""
    arrays = {column.name: pa.array(_values(frame, column), type=_TYPES[column.kind]) for column in layer.columns}
    if layer.geometry is not None:
        arrays[GEOMETRY] = pa.array(shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1), type=pa.binary())
    return pa.table(arrays)


def clean_text(value: Any) -> str | None:
    """Return a value as text that any file can hold: null for nothing, no NUL, no lone surrogate."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _values(frame: pd.DataFrame, column: Column) -> list[Any]:
    """Return the values of one column as Python's own, null where missing."""
    series = frame[column.name]
    if column.kind == "text":
        return [clean_text(value) for value in series]
    if column.kind == "date":
        # An unreadable date is null here; the Parquet files keep the text as it came.
        return [None if pd.isna(day) else day.date() for day in _days(series)]
    convert = {"whole": int, "number": float, "flag": bool}[column.kind]
    return [None if pd.isna(value) else convert(value) for value in series]


def _days(series: pd.Series) -> Iterable[Any]:
    return pd.to_datetime(series.astype("str"), errors="coerce", format="ISO8601", utc=True)


def _declared(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Bring a frame to the declared columns, sorted by its key."""
    names = [column.name for column in layer.columns]
    missing = [name for name in names if name not in frame]
    table = pd.DataFrame(frame).assign(**dict.fromkeys(missing))
    whole = table[names + (["geometry"] if layer.geometry else [])]
    ordered = whole.sort_values(_KEYS[layer.name], kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(ordered, geometry="geometry", crs=WORK_CRS) if layer.geometry else ordered


def _points(frame: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    """Put every row at a point that surely lies on its geometry."""
    geometry = np.asarray(shapes, dtype=object)
    points = np.where(shapely.get_type_id(geometry) == 0, geometry, shapely.point_on_surface(geometry))
    return gpd.GeoDataFrame(_bare(frame), geometry=shapely.force_2d(points), crs=WORK_CRS)


def _areas(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the rows that have an outline, as MultiPolygons whose outer rings run counter-clockwise."""
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    kept = frame[np.isin(kinds, _POLYGONS)]
    outlines = [_multi(shape) for shape in kept.geometry]
    return gpd.GeoDataFrame(_bare(kept), geometry=outlines, crs=WORK_CRS)


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape, method="structure")
    parts = [part for part in shapely.get_parts(valid) if isinstance(part, shapely.Polygon)]
    return shapely.orient_polygons(shapely.force_2d(shapely.MultiPolygon(parts)), exterior_cw=False)


def _record_points(bundle: Bundle) -> gpd.GeoDataFrame:
    """Return the records that are in a site or in review; one without a geometry stands where its question stands."""
    kept = bundle.records[bundle.records["outcome"] != "rejected"]
    asked = dict(zip(bundle.review["left_key"], bundle.review.geometry, strict=True))
    shapes = [
        asked.get(key) if shape is None or shape.is_empty else shape
        for key, shape in zip(kept["record_key"], kept.geometry, strict=True)
    ]
    lost = [key for key, shape in zip(kept["record_key"], shapes, strict=True) if shape is None]
    if lost:
        raise ReleaseError(
            f"record {lost[0]} ({len(lost)} in all) is not rejected but has no place. "
            "Reject it with the reason 'no_coordinates', or give it the point of its open question."
        )
    return _points(kept, shapes)


def _bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns without the geometry."""
    return pd.DataFrame(frame).drop(columns="geometry", errors="ignore").reset_index(drop=True)
