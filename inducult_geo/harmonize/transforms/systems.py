"""Coordinate systems by any name (code, WKT, PROJ string), and the datum of each.

Where a system differs from one of EPSG's by axes, signs or its prime meridian only, `SAME_PLANE` gives the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

from inducult_geo.errors import CoordinateError

HUB = "EPSG:4258"
"""ETRS89, to which every datum is moved."""

_KROVAK_EAST_NORTH, _NEW_KROVAK_EAST_NORTH, _D48 = "EPSG:5514", "EPSG:5516", "EPSG:3912"
_SLOVAK_KROVAK_EAST_NORTH = "EPSG:8353"
KROVAK_SOUTH_WEST = frozenset({"EPSG:5513", "EPSG:2065", "EPSG:5515", "EPSG:5224", "EPSG:8352"})
# The Ferro meridian of S-JTSK is 17°40' west of Greenwich, so the planes are those counted from Greenwich.
SAME_PLANE = {
    **dict.fromkeys(("EPSG:5513", "EPSG:2065", "EPSG:5221", "ESRI:102067", "ESRI:102066"), _KROVAK_EAST_NORTH),
    **dict.fromkeys(("EPSG:5515", "EPSG:5224", "EPSG:5225"), _NEW_KROVAK_EAST_NORTH),
    "EPSG:8352": _SLOVAK_KROVAK_EAST_NORTH,
    "ESRI:102060": _D48,
    "OGC:CRS84": "EPSG:4326",
    "IGNF:ETRS89G": HUB,
}
_ELLIPSOIDS_OF_ETRS89 = frozenset({"GRS 1980", "GRS80", "WGS 84"})
DOUBTFUL_PLANES = {
    "EPSG:31300": (
        750.0,
        "EPSG:31300 as PROJ computes it, without its rotation: 745 m from EPSG's own example; is EPSG:31370 meant?",
    )
}
"""Systems whose plane is not what their register says: what they are worth in meters, and why."""

_BY_CODE = "*"
_OF_THE_WORLD_DEG = 90.0
"""Systems in use over a longer stretch are of the world; the longest of Europe's (EPSG:3035) covers 80°."""

_NAME_MAX = 80
_OLD_SPELLING = re.compile(r"(?:\+init=)?(?:epsg:)?([0-9]{4,6})(?: \+type=crs)?", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=512)
def crs_code(crs: str | int) -> str:
    """Give the authority code ("EPSG:31468") of a code, name, WKT or PROJ string; heights are left out.

    The horizontal part of a compound or three-dimensional system counts. EPSG goes before other authorities.

    Raises
    ------
    CoordinateError
        The system is unknown, matches no registered code, has no horizontal coordinates, or names an ellipsoid but
        no datum (hundreds of meters lie between the datums on one ellipsoid).
    """
    system = crs_of(crs)
    if system.is_geocentric or system.is_vertical:
        what = "counts from the middle of the earth" if system.is_geocentric else "holds heights alone"
        raise CoordinateError(f"{system.name!r} {what}; declare a system of eastings and northings, or of degrees.")
    geodetic = system.geodetic_crs
    if geodetic is not None and geodetic.datum is not None and geodetic.datum.name.lower().startswith("unknown"):
        ellipsoid = geodetic.ellipsoid.name if geodetic.ellipsoid else ""
        if ellipsoid not in _ELLIPSOIDS_OF_ETRS89:
            raise CoordinateError(
                f"The system {_shown(crs)} names an ellipsoid ({ellipsoid}) but no datum; declare its EPSG code."
            )
    code = _authority(system, asked=str(crs).strip().upper())
    if code is None:
        raise CoordinateError(
            f"The system {system.name!r} matches no registered code; declare its EPSG code. A local grid has none: ask "
            "the office that keeps it to transform the data."
        )
    return code


def _shown(crs: str | int) -> str:
    return repr(str(crs)[:80])


def told_of(crs: str) -> str:
    """Call a system by its code, one that is not registered by its name."""
    try:
        return crs_code(crs)
    except CoordinateError:
        pass
    try:
        name = crs_of(crs).name
    except CoordinateError:
        return _shown(crs)
    return "a system without a name" if name in ("unnamed", "unknown") else f"'{name[:_NAME_MAX]}'"


@lru_cache(maxsize=512)
def crs_of(crs: str | int) -> CRS:
    """Build a CRS in two dimensions, or say that there is none."""
    text = str(crs).strip()
    old = _OLD_SPELLING.fullmatch(text)
    try:
        found = CRS.from_user_input(f"EPSG:{old[1]}" if old else text)
    except CRSError as error:
        raise CoordinateError(f"Unknown coordinate system {_shown(crs)}; give a code such as EPSG:3035.") from error
    return found.to_2d() if found.is_compound or (len(found.axis_info) == 3 and not found.is_geocentric) else found


@lru_cache(maxsize=64)
def systems_over(bbox: tuple[float, float, float, float], *, in_degrees: bool) -> tuple[str, ...]:
    """Name EPSG's systems in degrees, or its planes but those of the world, that are in use in a box of degrees.

    Parameters
    ----------
    bbox
        West, south, east, north.
    """
    kind = PJType.GEOGRAPHIC_2D_CRS if in_degrees else PJType.PROJECTED_CRS
    areas = ((told.code, told.area_of_use) for told in query_crs_info("EPSG", kind, AreaOfInterest(*bbox)))
    return tuple(
        dict.fromkeys(
            f"EPSG:{code}"
            for code, area in areas
            if area is not None and (in_degrees or abs(area.east - area.west) <= _OF_THE_WORLD_DEG)
        )
    )


def _authority(system: CRS, *, asked: str) -> str | None:
    """Give the code of a system, EPSG's first; old WKT has lost the order of axes, but names its own code."""
    own = system.to_json_dict().get("id") or {}
    if own.get("authority") == "EPSG" and asked in (f"EPSG:{own['code']}", _BY_CODE):
        # Asking PROJ which of its thousands a system equals takes a hundred times as long.
        return f"EPSG:{own['code']}"
    found = system.to_authority("EPSG", min_confidence=70)
    if found is None and own.get("authority") == "EPSG":
        registered = crs_of(f"EPSG:{own['code']}")
        if registered.name == system.name and _parameters(registered) == _parameters(system):
            return f"EPSG:{own['code']}"
    found = found or system.to_authority(min_confidence=70)
    return ":".join(found) if found is not None else None


def _parameters(system: CRS) -> dict[str, float]:
    """Give the numbers that define a system's plane."""
    operation = system.coordinate_operation
    return {item.name: round(float(item.value), 8) for item in operation.params} if operation is not None else {}


@lru_cache(maxsize=512)
def geodetic_code(crs: str | int) -> str:
    """Give the code of the geodetic system (the datum) under a system, such as EPSG:4314 for EPSG:31468.

    Raises
    ------
    CoordinateError
        The system is unknown or has no geodetic system with a code.
    """
    code = crs_code(crs)
    geodetic = crs_of(SAME_PLANE.get(code, code)).geodetic_crs
    authority = _authority(geodetic, asked=_BY_CODE) if geodetic is not None else None
    if authority is None:
        raise CoordinateError(f"{code} has no geodetic system with a code; declare another system.")
    return SAME_PLANE.get(authority, authority)
