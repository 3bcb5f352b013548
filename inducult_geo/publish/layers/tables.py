"""The rows of every published layer, taken from a bundle: one frame for each layer, with its declared columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.columns import Kind
from inducult_geo.publish.layers.declared import LAYERS, Layer, layer_named
from inducult_geo.publish.layers.dictionary import dictionary_rows, vocabulary_rows
from inducult_geo.text import is_null, storable

GEOMETRY = "geom"
"""Name of the geometry column in the GeoPackage."""

_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.large_string(),
    "whole": pa.int32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
}
_SURFACE = 2
"""Dimension of what has an area; a collection has that of its widest part."""


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
    sites = _sorted(bundle.sites, "site_id")
    records = _sorted(bundle.records, "record_key")
    review = _sorted(bundle.review, "review_id")
    rejected = records["outcome"].eq("rejected").to_numpy()
    placed = _record_points(records[~rejected], review)
    frames: dict[str, pd.DataFrame] = {
        "site_points": _points(sites, sites.geometry),
        "site_areas": _areas(sites),
        "source_records": placed,
        "matches": _sorted(bundle.pairs, "left_key", "right_key"),
        "review": _with_right_places(_points(review, review.geometry), placed),
        "rejected": records[rejected],
        "regions": _areas(_sorted(bundle.regions, "region")),
        "sources": _sorted(bundle.sources, "source"),
        "runs": pd.DataFrame([dict(bundle.run)]),
        "changes": gpd.GeoDataFrame(geometry=[], crs=WORK_CRS) if bundle.changes is None else bundle.changes,
        "dictionary": pd.DataFrame(dictionary_rows()),
        "vocabulary": pd.DataFrame(vocabulary_rows()),
    }
    frames |= {layer.name: layer.rows(bundle) for layer in LAYERS if layer.rows is not None}
    kept = (layer for layer in LAYERS if layer.always or len(frames[layer.name]))
    return {layer.name: _declared(frames[layer.name], layer) for layer in kept}


def site_points(bundle: Bundle) -> gpd.GeoDataFrame:
    """Return the rows of the layer `site_points` alone, as `layer_frames` does."""
    sites = _sorted(bundle.sites, "site_id")
    return gpd.GeoDataFrame(_declared(_points(sites, sites.geometry), layer_named("site_points")))


def arrow_table(frame: pd.DataFrame, layer: Layer) -> pa.Table:
    """Return the rows of a layer with the declared types; the geometry becomes WKB in the column `geom`."""
    arrays = {column.name: _array(frame[column.name], column.kind) for column in layer.columns}
    if layer.geometry is not None:
        arrays[GEOMETRY] = _wkb(frame.geometry.to_numpy(), layer)
    return pa.table(arrays)


def _wkb(shapes: np.ndarray, layer: Layer) -> pa.Array:
    """Return geometries as little-endian WKB; points are laid out at once, since GEOS makes them one by one."""
    if layer.geometry != "Point":
        return pa.array(shapely.to_wkb(shapes, byte_order=1), type=pa.binary())
    points = np.empty(len(shapes), dtype=[("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
    points["order"], points["kind"], points["x"], points["y"] = 1, 1, shapely.get_x(shapes), shapely.get_y(shapes)
    starts = np.arange(len(shapes) + 1, dtype="<i4") * points.itemsize
    return pa.Array.from_buffers(pa.binary(), len(shapes), [None, pa.py_buffer(starts), pa.py_buffer(points)])


def clean_text(value: Any) -> str | None:
    """Return a value as text that any file can hold: null for nothing, no NUL, no lone surrogate."""
    return None if is_null(value) else storable(str(value))


def _array(series: pd.Series, kind: Kind) -> pa.Array:
    """Return one column with its declared type, null where missing."""
    if kind == "text":
        return text_array(series)
    if kind == "date":
        return days_of(series)
    if series.dtype == object:
        convert = {"whole": int, "number": float, "flag": bool}[kind]
        return pa.array([None if pd.isna(value) else convert(value) for value in series], type=_TYPES[kind])
    return pa.Array.from_pandas(series, type=_TYPES[kind])


def text_array(series: pd.Series) -> pa.Array:
    """Return a column as text that any file can hold (see `clean_text`).

    A column that pandas keeps as Arrow text is taken as it is, row by row only the rest.
    """
    if not isinstance(series.dtype, pd.StringDtype):
        return pa.array([clean_text(value) for value in series], type=_TYPES["text"])
    texts = pa.array(series, type=_TYPES["text"], from_pandas=True)
    return pc.replace_substring(texts, "\x00", "") if _has_nul(texts) else texts


def _has_nul(texts: pa.Array | pa.ChunkedArray) -> bool:
    """Tell whether a NUL may be among texts: their bytes are looked at as one, which costs a tenth of text by text."""
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    held = (chunk.buffers()[2] for chunk in chunks)
    return any(letters is not None and not np.frombuffer(letters, "u1").all() for letters in held)


def days_of(series: pd.Series) -> pa.Array:
    """Return the day (UTC) that each text of a column means; null where it is null, or no date of ISO 8601."""
    # Dates repeat from row to row: each different text is read once.
    codes, texts = pd.factorize(series)
    days = pd.to_datetime(pd.Series(texts, dtype="str"), errors="coerce", format="ISO8601", utc=True)
    known = pa.array([None if pd.isna(day) else day.date() for day in days], type=_TYPES["date"])
    return known.take(pa.array(codes, mask=codes < 0))


def _declared(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Bring a frame to the declared columns."""
    names = [column.name for column in layer.columns]
    missing = [name for name in names if name not in frame]
    # Nothing is copied that stands already: at 200,000 rows copies cost as much as writing.
    whole = frame.assign(**dict.fromkeys(missing)) if missing else frame
    return whole[names + (["geometry"] if layer.geometry else [])].reset_index(drop=True)


def _sorted(frame: Any, *keys: str) -> Any:
    """Return a frame sorted by its key; most come sorted, and to look costs less than to move the rows."""
    in_order = _in_order(frame[keys[0]]) and (len(keys) == 1 or frame[keys[0]].is_unique)
    return frame if in_order else frame.sort_values([*keys], kind="stable")


def _in_order(texts: pd.Series) -> bool:
    """Tell whether no text comes before the one above it, and none is null."""
    if not isinstance(texts.dtype, pd.StringDtype):
        return bool(texts.is_monotonic_increasing)
    # Neighbors are compared where they lie: pandas would make Python texts of all first.
    keys = pa.array(texts, type=_TYPES["text"], from_pandas=True)
    return bool(pc.all(pc.less_equal(keys[:-1], keys[1:]), skip_nulls=False, min_count=0).as_py())


def _points(frame: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    """Put every row at a point that surely lies on its geometry."""
    points = np.array(shapes, dtype=object)
    wide = shapely.get_type_id(points) != shapely.GeometryType.POINT
    points[wide] = shapely.point_on_surface(points[wide])
    return _with_geometry(frame, _flat(points))


def _flat(shapes: np.ndarray) -> np.ndarray:
    """Drop heights where there are any."""
    return np.asarray(shapely.force_2d(shapes)) if shapely.has_z(shapes).any() else shapes


def _areas(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the rows that have an outline, as MultiPolygons whose outer rings run counter-clockwise."""
    kept = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == _SURFACE]
    return _with_geometry(kept, _outlines(kept.geometry.to_numpy()))


def _outlines(shapes: np.ndarray) -> np.ndarray:
    """Return polygons as valid MultiPolygons with the winding that the simple features standard asks for."""
    valid = np.array(shapes, dtype=object)
    broken = ~shapely.is_valid(valid)
    valid[broken] = shapely.make_valid(valid[broken], method="structure")
    mixed = shapely.get_type_id(valid) == shapely.GeometryType.GEOMETRYCOLLECTION
    valid[mixed] = shapely.buffer(valid[mixed], 0)
    parts, row = shapely.get_parts(valid, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    whole = np.full(len(valid), shapely.MultiPolygon(), dtype=object)
    shapely.multipolygons(_flat(parts[areal]), indices=row[areal], out=whole)
    # A vertex that stands twice running is valid, but QGIS's own check calls it an error.
    return np.asarray(shapely.orient_polygons(shapely.remove_repeated_points(whole), exterior_cw=False))


def _record_points(kept: gpd.GeoDataFrame, review: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put records that are not rejected at points; one without a geometry stands where its question stands."""
    shapes = kept.geometry.to_numpy().copy()
    keys = kept["record_key"].to_numpy()
    bare = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    asked = dict(zip(review["left_key"], review.geometry, strict=True)) if len(bare) else {}
    shapes[bare] = [asked.get(key) for key in keys[bare]]
    lost = [key for key in keys[bare] if key not in asked]
    if lost:
        raise ReleaseError(
            f"record {lost[0]} ({len(lost)} in all) is not rejected but has no place. "
            "Reject it with the reason 'no_coordinates', or give it the point of its open question."
        )
    return _points(kept, shapes)


def _with_right_places(review: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add where the right record of each question lies: a question stands at one point, and is about two."""
    # No look-up of the other layer while a map is drawn: QGIS waits for itself where both lie in one file.
    places = dict(zip(placed["record_key"].tolist(), placed.geometry, strict=True))
    right = np.array([places.get(key) for key in review["right_key"]], dtype=object)
    return gpd.GeoDataFrame(review.assign(right_x_m=shapely.get_x(right), right_y_m=shapely.get_y(right)))


def _with_geometry(frame: pd.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Return the columns of a frame with another geometry, in the work CRS."""
    plain = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, index=plain.index, crs=WORK_CRS))
