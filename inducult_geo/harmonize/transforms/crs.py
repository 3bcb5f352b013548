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
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.transforms.grid_rim import GRIDS_WITH_RIM, covered
from inducult_geo.harmonize.transforms.operations import Operation, grid_path, operations_for
from inducult_geo.harmonize.transforms.systems import (
    DOUBTFUL_PLANES,
    KROVAK_SOUTH_WEST,
    SAME_PLANE,
    crs_code,
    crs_of,
    geodetic_code,
)
from inducult_geo.ragged import Floats

_NO_SHIFT = "+proj=noop"
# Longitudes may be counted from Ferro, 17.7° west of Greenwich.
_LON_MAX, _PLANE_MAX = 200.0, 1e8
# Conversions inside one datum are exact; coordinates of a classical network are seldom worth more than this.
_CONVERSION_ACCURACY_M = 0.1


@dataclass(frozen=True)
class Transformed:
    """Coordinates in the target system (x east-west, y north-south; NaN where nothing can be said)."""

    x: Floats
    y: Floats
    operation: str
    accuracy_m: float


@dataclass(frozen=True)
class _Shift:
    """An operation made ready: its transformer, and which way it runs."""

    operation: Operation
    transformer: Transformer | None
    inverse: bool = False
    path: str = ""

    def __call__(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        if self.transformer is None:
            return x, y
        return _run(self.transformer, x, y, inverse=self.inverse)


_Hop = tuple[_Shift, ...]
"""A change of datum: the first choice, and what takes over where the first has no values."""


@lru_cache(maxsize=256)
def _conversion(geodetic: str, code: str) -> Transformer | None:
    """Build the pure conversion from a geodetic system to one on it, axes east and north; None if it is the same."""
    plane = SAME_PLANE.get(code, code)
    if geodetic == plane:
        return None
    try:
        return Transformer.from_crs(crs_of(geodetic), crs_of(plane), always_xy=True)
    except ProjError as error:
        raise CoordinateError(f"PROJ cannot convert to the plane system {plane}; declare another system.") from error


def _run(transformer: Transformer, x: Floats, y: Floats, *, inverse: bool = False) -> tuple[Floats, Floats]:
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
    found = str(path or "")
    return _Shift(operation, _pipeline(operation.pipeline, operation.grid, found), inverse, found)


def _hop(datum: str, country: str, grids: Path | None, *, inverse: bool) -> _Hop:
    """Choose what runs between a datum and ETRS89 with the grids at hand."""
    found = [(item, grid_path(item, grids)) for item in operations_for(datum, country)]
    ready = [_shift(item, path, inverse=inverse) for item, path in found if path is not None or not item.grid]
    if not ready:
        missing = ", ".join(item.grid for item, _ in found)
        raise CoordinateError(f"{datum} in {country} needs the grid {missing}, which is missing.")
    return tuple(ready)


def _apply(hop: _Hop, x: Floats, y: Floats) -> tuple[Floats, Floats, str, float]:
    """Run a hop: the first choice, and the next one where the first has no values."""
    first = hop[0]
    east, north = first(x, y)
    gaps = np.isnan(east) & np.isfinite(x) & np.isfinite(y)
    if len(hop) > 1 and first.operation.grid in GRIDS_WITH_RIM:
        # On the way back the fallback tells well enough where a point lies in the grid's system.
        lon, lat = hop[1](x, y) if first.inverse else (x, y)
        gaps |= ~covered(first.path, first.operation.datum, lon, lat) & np.isfinite(x) & np.isfinite(y)
    if len(hop) == 1 or not gaps.any():
        return east, north, first.operation.name, first.operation.accuracy_m
    second = hop[1]
    east[gaps], north[gaps] = second(x[gaps], y[gaps])
    name = f"{first.operation.name}; outside the grid ({int(gaps.sum())} points) {second.operation.name}"
    if gaps.sum() == np.isfinite(x).sum():
        name = f"{second.operation.name} (outside the grid {first.operation.grid})"
    return east, north, name, second.operation.accuracy_m


def _to_plane_axes(code: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn westing and southing into the east and north of the same plane; other systems stay."""
    if code not in KROVAK_SOUTH_WEST:
        return x, y
    # Krovak laid his axes so that southing exceeds westing in the whole country: the numbers tell the order.
    seen = np.isfinite(x) & np.isfinite(y)
    if seen.any() and bool(np.all(x[seen] > y[seen])):
        x, y = y, x
    return -x, -y


def _inputs(x: Any, y: Any) -> tuple[Floats, Floats]:
    """Copy two columns into float arrays of one length; a coordinate that is not finite counts as missing."""
    try:
        east, north = (np.array(column, dtype=np.float64, ndmin=1) for column in (x, y))
    except (TypeError, ValueError) as error:
        raise CoordinateError(f"x and y must be numbers: {error}") from error
    if east.ndim > 1 or north.ndim > 1:
        raise CoordinateError("x and y must be one column each.")
    if east.size != north.size:
        raise CoordinateError(f"x has {east.size} values and y has {north.size}; both need the same number.")
    bad = ~(np.isfinite(east) & np.isfinite(north))
    east[bad] = north[bad] = np.nan
    return east, north


def transform_points(
    x: Any, y: Any, *, source_crs: str | int, target_crs: str | int, country: str, grids: Path | None = None
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
    east, north = _to_plane_axes(source, *_inputs(x, y))
    datum, aim = geodetic_code(source), geodetic_code(target)
    # Sines and cosines accept any number: what lies off the globe must not come back around it.
    limits = (_LON_MAX, 90.0) if crs_of(source).is_geographic else (_PLANE_MAX, _PLANE_MAX)
    off = (np.abs(east) > limits[0]) | (np.abs(north) > limits[1])
    if off.any():
        east[off] = north[off] = np.nan
    hops = _hops(datum, aim, country, grids)
    back, onward = _conversion(datum, source), _conversion(aim, target)
    east, north = _run(back, east, north, inverse=True) if back is not None else (east, north)
    east, north, names, accuracy_m = _hopped(hops, east, north)
    east, north = _run(onward, east, north) if onward is not None else (east, north)
    if target in KROVAK_SOUTH_WEST:
        east, north = -east, -north
    for code in {source, target} & DOUBTFUL_PLANES.keys():
        doubt_m, why = DOUBTFUL_PLANES[code]
        accuracy_m, names = max(accuracy_m, doubt_m), [*names, why]
    if not names:
        said = f"conversion within {datum} ({crs_of(datum).name})"
        return Transformed(east, north, said, accuracy_m or _CONVERSION_ACCURACY_M)
    return Transformed(east, north, "; ".join(names), accuracy_m)


def _hopped(hops: list[_Hop], east: Floats, north: Floats) -> tuple[Floats, Floats, list[str], float]:
    """Run all changes of datum; return the coordinates, the operations' names and their accuracy together."""
    names, accuracy_m = [], 0.0
    for hop in hops:
        east, north, name, hop_accuracy_m = _apply(hop, east, north)
        names += [name] if hop[0].transformer is not None or len(hops) == 1 else []
        accuracy_m += hop_accuracy_m
    return east, north, names, round(accuracy_m, 3)


def _hops(datum: str, aim: str, country: str, grids: Path | None) -> list[_Hop]:
    """List the changes of datum on the way: to the hub, and away from it when the target has a datum of its own."""
    if datum == aim and not _is_hub(datum, country):
        return []
    hops = [_hop(datum, country, grids, inverse=False)]
    onward = _hop(aim, country, grids, inverse=True)
    if onward[0].transformer is not None:
        hops.append(onward)
    return hops


def _is_hub(datum: str, country: str) -> bool:
    """Whether a datum is ETRS89 itself, or taken for it: what it is worth is then said of conversions as well."""
    try:
        return operations_for(datum, country)[0].pipeline == _NO_SHIFT
    except CoordinateError:
        return False


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

    def _all(coordinates: Floats) -> Floats:
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
    geometries: np.ndarray[Any, np.dtype[Any]], function: Callable[[Floats], Floats]
) -> np.ndarray[Any, np.dtype[Any]]:
    """Apply a function to the coordinates; plain points are rebuilt, which is three times as fast."""
    points = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    if bool(points.all()) and not bool(shapely.is_empty(geometries).any()):
        return np.asarray(shapely.points(function(shapely.get_coordinates(geometries))), dtype=object)
    try:
        moved = np.array(shapely.transform(geometries, function), dtype=object)
    except shapely.errors.GEOSException:
        # One ring that leaves the world of its system comes back open; the others must not pay for it.
        moved = np.array([_transform_one(shape, function) for shape in geometries], dtype=object)
    coordinates, owner = shapely.get_coordinates(moved, return_index=True)
    # A shape of which one corner has no place in the other system has none.
    moved[np.unique(owner[~np.isfinite(coordinates).all(axis=1)])] = None
    return moved


def _transform_one(shape: BaseGeometry | None, function: Callable[[Floats], Floats]) -> BaseGeometry | None:
    """Apply a function to one geometry; null where it has no place in the other system."""
    try:
        moved: BaseGeometry | None = shapely.transform(shape, function)
    except shapely.errors.GEOSException:
        return None
    return moved
