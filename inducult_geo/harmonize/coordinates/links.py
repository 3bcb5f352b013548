"""Read coordinates in map links, geo URIs, WKT, GeoJSON and templates of Wikipedia.

Each form has one function that gives a result, None when the text is not of its form, or refuses. `LINK_FORMS` lists
them in the order in which they are asked. No link is ever followed: what stands in it is all that is read.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import shapely

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import WGS84, Form, Parsed, degrees, last_digit_m, sexagesimal, signed

_D = r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?"
_PAIR = rf"({_D}),[ +]?({_D})"
_GEO = re.compile(rf"geo:({_D}),({_D})(?:,{_D})?((?:;[^;?]*)*)(?:\?(.*))?", re.ASCII | re.IGNORECASE)
_GEO_QUERY = re.compile(rf"(?:^|&)q={_PAIR}(?:\(.*\))?(?:&|$)", re.ASCII)

# ---- links -----------------------------------------------------------------------------------------------------------

_OSM = r"(?:www\.)?(?:openstreetmap\.(?:org|de)|osm\.org|opentopomap\.org)"
_GOOGLE = r"(?:www\.|maps\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?"
_MAPY = r"(?:[a-z]{2}\.|www\.)?mapy\.(?:cz|com)"
_OTHERS = r"(?:maps\.apple\.com|(?:www\.)?waze\.com|(?:wego|share)\.here\.com|(?:www\.)?bing\.com)"
_GEOHACK = r"(?:geohack|tools)\.(?:toolforge|wmflabs)\.org"
# host -> what its links hold, the marked place before the middle of the map; True where longitude comes first.
_PLACES: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...] = (
    (_OSM, (
        (rf"[?&#]mlat=({_D})&mlon=({_D})(?:[&#]|$)", False),
        (rf"#map=[0-9]{{1,2}}(?:\.[0-9]+)?/({_D})/({_D})(?:[&/]|$)", False),
    )),
    (_GOOGLE, (
        (rf"!3d({_D})!4d({_D})(?:!|$|\?)", False),
        (rf"[?&](?:q|query|ll|destination)=(?:loc:)?{_PAIR}(?:[&#]|$)", False),
        (rf"/(?:search|place)/{_PAIR}(?:[/?]|$)", False),
        (rf"/@({_D}),({_D}),[0-9.]+[zma]", False),
    )),
    (_MAPY, (
        (rf"[?&]id={_PAIR}(?:&|$)", True),
        (rf"[?&]x=({_D})&(?:[^#]*&)?y=({_D})(?:[&#]|$)", True),
        (rf"[?&]y=({_D})&(?:[^#]*&)?x=({_D})(?:[&#]|$)", False),
    )),
    (_OTHERS, (
        (rf"[?&](?:ll|q|map|center)={_PAIR}(?:[,&#(]|$)", False),
        (rf"[?&]cp=({_D})~({_D})(?:&|$)", False),
        (rf"/l/{_PAIR}(?:[,?]|$)", False),
    )),
    (_GEOHACK, ((rf"[?&]params=({_D})_N_({_D})_E(?:_|&|$)", False),)),
)  # fmt: skip
_COMPILED = tuple(
    (re.compile(host), tuple((re.compile(text, re.ASCII), east_first) for text, east_first in places))
    for host, places in _PLACES
)
# Any map may say latitude and longitude by name.
_NAMED = tuple(
    re.compile(rf"[?&]{lat}=({_D})&(?:[^#]*&)?{lon}=({_D})(?:[&#]|$)", re.ASCII)
    for lat, lon in (("lat", "(?:lon|lng)"), ("latitude", "longitude"))
)
_DMS_IN_LINK = re.compile(
    r"""/place/([0-9]{1,2})°([0-9]{1,2})'([0-9.]+)"([NS])[+ ]([0-9]{1,3})°([0-9]{1,2})'([0-9.]+)"([EW])(?:/|$)"""
    r"|[?&]params=([0-9]{1,2})_([0-9]{1,2})_([0-9.]+)_([NS])_([0-9]{1,3})_([0-9]{1,2})_([0-9.]+)_([EW])(?:_|&|$)",
    re.ASCII,
)
_WITHOUT_SCHEME = re.compile(rf"(?:{'|'.join(host for host, _ in _PLACES)})/")


def _map_link(text: str, _country: str | None) -> Parsed | None:
    """Read links of the usual maps; a marker counts before the middle of the map."""
    if _WITHOUT_SCHEME.match(text.lower()):
        text = f"https://{text}"
    if not text.lower().startswith(("http://", "https://")):
        return None
    link = unquote(text)
    try:
        host = (urlsplit(link).hostname or "").lower()
    except ValueError:
        host = ""
    found = _place_in_link(link, host) if " " not in text else None
    if found is None:
        raise CoordinateError(f"No coordinates in the link {text[:80]!r}.")
    return found


def _place_in_link(link: str, host: str) -> Parsed | None:
    """Find the place that a link of a host marks."""
    known = [places for hosts, places in _COMPILED if hosts.fullmatch(host)]
    written = _DMS_IN_LINK.search(link) if known else None
    if written is not None:
        return _dms_of_link([part for part in written.groups() if part is not None])
    # The middle of a map that shows a way between two places is neither of them.
    route = "/dir/" in link
    for pattern, east_first in known[0] if known else ():
        match = pattern.search(link)
        if match is not None and not (route and "destination" not in match[0]):
            return degrees(*(match.group(2, 1) if east_first else match.group(1, 2)))
    for pattern in _NAMED:
        match = pattern.search(link)
        if match is not None:
            return degrees(match[1], match[2])
    return None


def _dms_of_link(parts: list[str]) -> Parsed:
    """Read degrees, minutes and seconds of a link: three numbers and a letter for each axis."""
    lat, lat_m = sexagesimal(parts[:3])
    lon, lon_m = sexagesimal(parts[4:7])
    return Parsed("latlon", signed(lat, parts[3]), signed(lon, parts[7]), None, WGS84, max(lat_m, lon_m))


def _geo_uri(text: str, _country: str | None) -> Parsed | None:
    """Read RFC 5870: geo:lat,lon; Android's geo:0,0?q=lat,lon(name) as well."""
    match = _GEO.fullmatch(text)
    if match is None:
        return None
    system = parse_qs(match[3].lstrip(";").replace(";", "&")).get("crs", ["wgs84"])
    if system[0].lower() != "wgs84":
        raise CoordinateError(f"{text[:80]!r} names a system that is not WGS 84.")
    asked = _GEO_QUERY.search(unquote(match[4] or ""))
    if asked is not None and float(match[1]) == 0 and float(match[2]) == 0:
        return degrees(asked[1], asked[2])
    return degrees(match[1], match[2])


# ---- snippets --------------------------------------------------------------------------------------------------------

_WKT_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?(?:E[+-]?[0-9]{1,2})?"
_WKT_BODY = rf"\(\s?({_WKT_NUMBER}) ({_WKT_NUMBER})(?: {_WKT_NUMBER}){{0,2}}\s?\)"
_WKT = re.compile(
    rf"(?:SRID=([0-9]{{4,6}});\s?)?(?:POINT\s?(?:Z|M|ZM)?\s?{_WKT_BODY}"
    rf"|MULTIPOINT\s?(?:Z|M|ZM)?\s?\(\s?{_WKT_BODY}\s?\))",
    re.ASCII | re.IGNORECASE,
)
_WKT_SHAPE = re.compile(
    r"(?:SRID=[0-9]{4,6};\s?)?(?:(?:MULTI)?(?:POLYGON|LINESTRING|CURVE|SURFACE)|CURVEPOLYGON|GEOMETRYCOLLECTION|MULTIPOINT)"
    r"\s?(?:Z|M|ZM)?\s?\(",
    re.ASCII | re.IGNORECASE,
)
NO_POINT = (
    "is a shape, but a text of coordinates has to be a single point: open the file in QGIS (as delimited text, with "
    "this column as its geometry) and save it as a GeoPackage"
)
_LONG_BINARY = re.compile(r"(?:\\x|0x)?0[01](?:[0-9a-f]{2}){80,}", re.ASCII | re.IGNORECASE)
_IN_DEGREES = frozenset({WGS84, "EPSG:4258"})


def is_shape(text: str) -> bool:
    """Whether a text is a line, an outline or several points in well-known text, or binary too long for a point."""
    is_text = _WKT_SHAPE.match(text) is not None and _WKT.fullmatch(text) is None
    return is_text or _LONG_BINARY.fullmatch(text) is not None


def _wkt_point(text: str, _country: str | None) -> Parsed | None:
    """Read WKT and EWKT points: x before y, longitude before latitude."""
    match = _WKT.fullmatch(text)
    if match is None:
        return None
    x_text, y_text = (match[2], match[3]) if match[2] else (match[4], match[5])
    return _point(x_text, y_text, f"EPSG:{match[1]}" if match[1] else None, text)


def _point(x_text: str, y_text: str, crs: str | None, text: str) -> Parsed:
    """Give a point of well-known text or binary: in degrees where its system is, or may be."""
    x, y = float(x_text), float(y_text)
    may_be_degrees = abs(x) <= 180 and abs(y) <= 90
    if crs in _IN_DEGREES and not may_be_degrees:
        raise CoordinateError(f"{text[:80]!r} is outside the range of degrees, and {crs} is in degrees.")
    if (crs is None or crs in _IN_DEGREES) and may_be_degrees:
        return degrees(y_text, x_text, crs)
    return Parsed("xy", x, y, None, crs, max(last_digit_m(x_text, 1.0), last_digit_m(y_text, 1.0)))


_WKB = re.compile(r"(?:\\x|0x)?(0[01](?:[0-9a-f]{2}){20,})", re.ASCII | re.IGNORECASE)


def _wkb_point(text: str, _country: str | None) -> Parsed | None:
    """Read WKB and EWKB points in hexadecimal digits, as PostGIS and QGIS write them into tables."""
    match = _WKB.fullmatch(text)
    if match is None:
        return None
    try:
        shape = shapely.from_wkb(match[1])
    except (shapely.GEOSException, ValueError) as error:
        raise CoordinateError(f"{text[:80]!r} is not a point in well-known binary (WKB).") from error
    if shape.geom_type not in ("Point", "MultiPoint") or shapely.get_num_coordinates(shape) != 1:
        raise CoordinateError(f"{text[:40]!r}... {NO_POINT}.")
    ((x, y),) = shapely.get_coordinates(shape)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise CoordinateError(f"{text[:80]!r} is not a point in well-known binary (WKB).")
    srid = int(shapely.get_srid(shape))
    x_text, y_text = (np.format_float_positional(value, trim="0") for value in (x, y))
    return _point(x_text, y_text, f"EPSG:{srid}" if srid else None, text)


_LAT_KEYS, _LON_KEYS = ("lat", "latitude"), ("lon", "lng", "long", "longitude")


def _json_point(text: str, _country: str | None) -> Parsed | None:
    """Read a GeoJSON point (longitude first, RFC 7946) or an object that names latitude and longitude."""
    if not text.startswith("{") or text.startswith("{{"):
        return None
    try:
        # Numbers stay as written, so that their digits tell how true they are.
        found = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise CoordinateError(f"{text[:80]!r} cannot be read as JSON.") from error
    if found.get("type") == "Feature" and isinstance(found.get("geometry"), dict):
        found = found["geometry"]
    if found.get("type") == "Point":
        numbers = found.get("coordinates")
        lon, lat = numbers[:2] if isinstance(numbers, list) and 2 <= len(numbers) <= 3 else (None, None)
    else:
        lat, lon = _only(found, _LAT_KEYS), _only(found, _LON_KEYS)
    if not (_is_number(lat) and _is_number(lon)):
        raise CoordinateError(f"{text[:80]!r} holds no point.")
    return degrees(str(lat), str(lon))


def _only(found: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the one value that stands under one of some keys, in any case."""
    values = [value for key, value in found.items() if key.lower() in keys]
    return values[0] if len(values) == 1 else None


def _is_number(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(rf"{_WKT_NUMBER}", text, re.ASCII | re.IGNORECASE) is not None


_TEMPLATE = re.compile(r"\{\{\s?coord(?:inate)?s?\s?\|([^{}]*)\}\}", re.IGNORECASE)


def unwrap_template(text: str) -> str:
    """Give what stands in a template of Wikipedia ({{Coord|50|43|12|N|12|29|45|E|display=title}}) as plain text."""
    match = _TEMPLATE.fullmatch(text)
    if match is None:
        return text
    kept: list[str] = []
    named = {
        name.strip().upper(): value.strip() for name, _, value in (one.partition("=") for one in match[1].split("|"))
    }
    if "NS" in named and "EW" in named:
        # That of the German pages: {{Coordinate|NS=50/43/12/N|EW=12.4958|type=landmark}}.
        sides = [named[side].replace("/", " ") for side in ("NS", "EW")]
        return (" " if all(side[-1:].isalpha() for side in sides) else ", ").join(sides)
    for part in match[1].split("|"):
        if re.fullmatch(r"\s?(?:-?[0-9]+(?:\.[0-9]+)?|[NSEWO])\s?", part, re.ASCII) is None:
            break
        kept.append(part.strip())
    letters = any(part.isalpha() for part in kept)
    return (" " if letters else ", ").join(kept)


LINK_FORMS: tuple[Form, ...] = (_geo_uri, _map_link, _wkt_point, _wkb_point, _json_point)
