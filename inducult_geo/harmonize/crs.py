"""Coordinates from any system of the regions to any other, by pinned operations only.

A transformation runs through a hub: source -> its geodetic system (a conversion) -> ETRS89 by the one operation
that `catalog/operations.csv` registers for the country and datum -> target (a conversion). PROJ is never asked to
choose: its choice depends on bounding boxes, on the grids at hand and on the target, and may be a silent ballpark.

Everywhere x is the east-west coordinate and y the north-south one, whatever the official order of the axes. The
Krovak systems EPSG:5513 and 2065 count westing and southing: x is the westing, y the southing, both positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.operations import Operation, grid_path, operations_for

Array = np.ndarray[Any, np.dtype[np.float64]]

_HUB = "EPSG:4258"
_NO_SHIFT = "+proj=noop"
_KROVAK_EAST_NORTH = "EPSG:5514"
# The Ferro meridian of 2065 and 5221 is 17°40' west of Greenwich, so the plane is that of 5514.
_KROVAK_SOUTH_WEST = frozenset({"EPSG:5513", "EPSG:2065"})
_SAME_PLANE = {
    "EPSG:5513": _KROVAK_EAST_NORTH,
    "EPSG:2065": _KROVAK_EAST_NORTH,
    "EPSG:5221": _KROVAK_EAST_NORTH,
    "ESRI:102067": _KROVAK_EAST_NORTH,
    "EPSG:4979": "EPSG:4326",
    "OGC:CRS84": "EPSG:4326",
    "EPSG:4937": _HUB,
}
# Conversions inside one datum are exact; coordinates of a classical network are seldom worth more than this.
_CONVERSION_ACCURACY_M = 0.1
# Grids that hold zeros or gaps beyond the border: at the rim they shift too little, or far too much.
_GRIDS_WITH_RIM = frozenset({"at_bev_AT_GIS_GRID.tif", "cz_cuzk_table_-y-x_3_v1710.tif"})
_GRID_DOUBT_DEG = 5.0 / 111_320


@dataclass(frozen=True)
class Transformed:
    """Coordinates in the target system (x east-west, y north-south; NaN where nothing can be said)."""

    x: Array
    y: Array
    operation: str
    accuracy_m: float


@dataclass(frozen=True)
class _Shift:
    """An operation made ready: its transformer, and which way it runs."""

    operation: Operation
    transformer: Transformer | None
    inverse: bool = False

    def __call__(self, x: Array, y: Array) -> tuple[Array, Array]:
        if self.transformer is None:
            return x, y
        return _run(self.transformer, x, y, inverse=self.inverse)


@dataclass(frozen=True)
class _Hop:
    """A change of datum: the first choice, and what takes over where the first has no values."""

    choices: tuple[_Shift, ...]


@lru_cache(maxsize=512)
def crs_code(text: str) -> str:
    """Give the authority code ("EPSG:31468") of a code, name or WKT.

    Raises
    ------
    CoordinateError
        The system is unknown, or matches no registered code.
    """
    crs = _crs(text)
    authority = crs.to_authority(min_confidence=70)
    if authority is None:
        raise CoordinateError(f"The system {crs.name!r} matches no registered code; declare its EPSG code.")
    return ":".join(authority)


@lru_cache(maxsize=512)
def _crs(text: str) -> CRS:
    """Build a CRS, or say that there is none."""
    try:
        return CRS.from_user_input(text.strip())
    except CRSError as error:
        raise CoordinateError(f"Unknown coordinate system {text[:80]!r}; give a code such as EPSG:3035.") from error


def geodetic_code(crs: str) -> str:
    """Give the code of the geodetic system (the datum) under a system, such as EPSG:4314 for EPSG:31468.

    Raises
    ------
    CoordinateError
        The system is unknown or has no geodetic system with a code.
    """
    code = crs_code(crs)
    geodetic = _crs(_SAME_PLANE.get(code, code)).geodetic_crs
    authority = geodetic.to_authority(min_confidence=70) if geodetic is not None else None
    if authority is None:
        raise CoordinateError(f"{code} has no geodetic system with a code; declare another system.")
    return _SAME_PLANE.get(":".join(authority), ":".join(authority))


@lru_cache(maxsize=256)
def _conversion(geodetic: str, projected: str) -> Transformer | None:
    """Build the pure conversion from a geodetic system to a plane of the same datum; None if it is the same."""
    if geodetic == projected:
        return None
    return Transformer.from_crs(_crs(geodetic), _crs(projected), always_xy=True)


def _run(transformer: Transformer, x: Array, y: Array, *, inverse: bool = False) -> tuple[Array, Array]:
    """Run a transformer over arrays; what PROJ cannot transform becomes NaN."""
    east, north = transformer.transform(x, y, direction="INVERSE" if inverse else "FORWARD")
    bad = ~(np.isfinite(east) & np.isfinite(north))
    if bad.any():
        east[bad] = north[bad] = np.nan
    return east, north


@lru_cache(maxsize=128)
def _pipeline(pipeline: str, grid: str, path: str) -> Transformer:
    """Build the transformer of a registered pipeline, with the grid's path written in."""
    text = pipeline.replace(f"={grid}", f'="{path}"') if grid else pipeline
    try:
        return Transformer.from_pipeline(text)
    except ProjError as error:
        raise CoordinateError(f"PROJ cannot use the registered pipeline {text!r}: {error}") from error


def _shift(operation: Operation, path: Path | None, *, inverse: bool) -> _Shift:
    """Make an operation ready to run."""
    if operation.pipeline == _NO_SHIFT:
        return _Shift(operation, None)
    return _Shift(operation, _pipeline(operation.pipeline, operation.grid, str(path or "")), inverse)


def _hop(datum: str, country: str, grids: Path | None, *, inverse: bool) -> _Hop:
    """Choose what runs between a datum and ETRS89 with the grids at hand."""
    found = [(item, grid_path(item, grids)) for item in operations_for(datum, country)]
    ready = [_shift(item, path, inverse=inverse) for item, path in found if path is not None or not item.grid]
    if not ready:
        missing = ", ".join(item.grid for item, _ in found)
        raise CoordinateError(f"{datum} in {country} needs the grid {missing}, which is not there.")
    return _Hop(tuple(ready))


def _apply(hop: _Hop, x: Array, y: Array) -> tuple[Array, Array, str, float]:
    """Run a hop: the first choice, and the next one where the first has no values."""
    first = hop.choices[0]
    east, north = first(x, y)
    gaps = np.isnan(east) & np.isfinite(x) & np.isfinite(y)
    if first.operation.grid in _GRIDS_WITH_RIM:
        gaps |= _in_doubt(hop, x, y, east, north)
    if len(hop.choices) == 1 or not gaps.any():
        return east, north, first.operation.name, first.operation.accuracy_m
    second = hop.choices[1]
    east[gaps], north[gaps] = second(x[gaps], y[gaps])
    name = f"{first.operation.name}; outside the grid ({int(gaps.sum())} points) {second.operation.name}"
    return east, north, name, second.operation.accuracy_m


def _in_doubt(hop: _Hop, x: Array, y: Array, east: Array, north: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Points where a grid with a rim disagrees with the fallback by more than 5 m: it has no values there."""
    if len(hop.choices) == 1:
        return np.zeros(x.shape, dtype=bool)
    other_east, other_north = hop.choices[1](x, y)
    away = np.hypot((east - other_east) * np.cos(np.radians(other_north)), north - other_north)
    return np.asarray(away > _GRID_DOUBT_DEG)


def _to_plane_axes(code: str, x: Array, y: Array) -> tuple[Array, Array]:
    """Turn westing and southing into the east and north of the same plane; other systems stay."""
    if code not in _KROVAK_SOUTH_WEST:
        return x, y
    # Krovak laid his axes so that southing exceeds westing in the whole country: the numbers tell the order.
    seen = np.isfinite(x) & np.isfinite(y)
    if seen.any() and bool(np.all(x[seen] > y[seen])):
        x, y = y, x
    return -x, -y


def _inputs(x: Any, y: Any) -> tuple[Array, Array]:
    """Copy two columns into float arrays of one length; a coordinate that is not finite counts as missing."""
    east, north = (np.array(column, dtype=np.float64, ndmin=1) for column in (x, y))
    if east.shape != north.shape:
        raise CoordinateError(f"x has {east.size} values and y has {north.size}; they must be as many.")
    bad = ~(np.isfinite(east) & np.isfinite(north))
    east[bad] = north[bad] = np.nan
    return east, north


def transform_points(
    x: Any, y: Any, *, source_crs: str, target_crs: str, country: str, grids: Path | None = None
) -> Transformed:
    """Transform points by the country's registered operation.

    Parameters
    ----------
    x, y : array-like of float, shape (n,)
        East-west coordinate or longitude, north-south coordinate or latitude, in this order for every system. Westing
        and southing for EPSG:5513 and 2065 (southing first is recognized there, since it is always the larger).
    source_crs, target_crs : str
        Codes such as ``EPSG:31468``.
    country : str
        ISO 3166 code of the country where the points lie: it picks the operation.
    grids : Path, optional
        Folder of datum grids; without it ``$INDUCULT_GRIDS``. A missing grid means the registered fallback.

    Returns
    -------
    Transformed
        Arrays of the same length (NaN where a point is missing or cannot be transformed), the operation's name and
        its accuracy in meters. EPSG:4326 as a target is taken as ETRS89.

    Raises
    ------
    CoordinateError
        A system is unknown, or no operation is registered for its datum in this country.
    """
    source, target = crs_code(source_crs), crs_code(target_crs)
    datum, aim = geodetic_code(source), geodetic_code(target)
    east, north = _to_plane_axes(source, *_inputs(x, y))
    hops = _hops(datum, aim, country, grids)
    steps = _conversion(datum, _SAME_PLANE.get(source, source))
    if steps is not None:
        east, north = _run(steps, east, north, inverse=True)
    names, accuracy_m = [], 0.0
    for hop in hops:
        east, north, name, hop_accuracy_m = _apply(hop, east, north)
        names += [name] if hop.choices[0].transformer is not None or len(hops) == 1 else []
        accuracy_m += hop_accuracy_m
    steps = _conversion(aim, _SAME_PLANE.get(target, target))
    if steps is not None:
        east, north = _run(steps, east, north)
    if target in _KROVAK_SOUTH_WEST:
        east, north = -east, -north
    if not names:
        return Transformed(east, north, f"conversion within {datum} ({_crs(datum).name})", _CONVERSION_ACCURACY_M)
    return Transformed(east, north, "; ".join(names), round(accuracy_m, 3))


def _hops(datum: str, aim: str, country: str, grids: Path | None) -> list[_Hop]:
    """List the changes of datum on the way: to the hub, and away from it when the target has a datum of its own."""
    shared = {item.datum for item in operations_for(_HUB, country)}
    if datum == aim and datum not in shared:
        return []
    hops = [_hop(datum, country, grids, inverse=False)]
    onward = _hop(aim, country, grids, inverse=True)
    if onward.choices[0].transformer is not None:
        hops.append(onward)
    return hops


def transform_geometries(
    geometries: np.ndarray[Any, np.dtype[Any]],
    *,
    source_crs: str,
    target_crs: str,
    country: str,
    grids: Path | None = None,
) -> tuple[np.ndarray[Any, np.dtype[Any]], str, float]:
    """Transform an array of shapely geometries, all coordinates at once; heights are dropped.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely geometries, shape (n,)
        May hold None. Axes, codes and grids as in `transform_points`.

    Returns
    -------
    tuple
        New geometries, the operation's name, its accuracy in meters.

    Raises
    ------
    CoordinateError
        As `transform_points`.
    """
    said: list[Transformed] = []

    def _all(coordinates: Array) -> Array:
        done = transform_points(
            coordinates[:, 0],
            coordinates[:, 1],
            source_crs=source_crs,
            target_crs=target_crs,
            country=country,
            grids=grids,
        )
        said.append(done)
        return np.column_stack((done.x, done.y))

    moved = _transform_all(np.asarray(geometries, dtype=object), _all)
    return np.asarray(moved, dtype=object), said[0].operation, said[0].accuracy_m


def _transform_all(
    geometries: np.ndarray[Any, np.dtype[Any]], function: Callable[[Array], Array]
) -> np.ndarray[Any, np.dtype[Any]]:
    """Apply a function to the coordinates; plain points are rebuilt, which is three times as fast."""
    points = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    if bool(points.all()) and not bool(shapely.is_empty(geometries).any()):
        return np.asarray(shapely.points(function(shapely.get_coordinates(geometries))), dtype=object)
    return np.asarray(shapely.transform(geometries, function), dtype=object)
