"""Coordinates as machines write them: links, geo URIs, WKT, ISO 6709, UTM, MGRS and plus codes.

Each form has one function that gives a result, None when the text is not of its form, or refuses. `CODE_FORMS` lists
them in the order in which they are asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

import mgrs
from openlocationcode import openlocationcode
from pyproj import Transformer

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinate_words import mark_words

_DEGREE_M = 111_320.0
_WGS84 = "EPSG:4326"


@dataclass(frozen=True)
class Parsed:
    """What a text says.

    `kind` is "latlon" or "grid" (a latitude, b longitude, degrees) or "xy" (a, b in the order written, with `labels`
    as written). `crs` is a code where the form itself tells it; `precision_m` is the worth of the last digit written.
    """

    kind: str
    a: float
    b: float
    labels: tuple[str, str] | None
    crs: str | None
    precision_m: float | None


def _degrees(lat: str, lon: str, crs: str | None = _WGS84) -> Parsed:
    """Give latitude and longitude from plain decimal texts."""
    return Parsed("latlon", float(lat), float(lon), None, crs, max(last_digit_m(lat), last_digit_m(lon)))


def last_digit_m(number: str, unit_m: float = _DEGREE_M) -> float:
    """Give the worth of a number's last digit in meters."""
    fraction = re.split(r"[.,]", number)[1:]
    return float(f"{unit_m * 10.0 ** -(len(fraction[0]) if fraction else 0):.3g}")


def sexagesimal(parts: list[str]) -> tuple[float, float]:
    """Give degrees from up to three parts (degrees, minutes, seconds), and the worth of the last digit in meters."""
    values = [float(part) for part in parts]
    if any("." in part for part in parts[:-1]):
        raise CoordinateError("Only the last part of an angle may have decimals.")
    if any(value >= 60 for value in values[1:]):
        raise CoordinateError("Minutes and seconds must be below 60.")
    degrees = sum(value / 60**place for place, value in enumerate(values))
    return degrees, last_digit_m(parts[-1], _DEGREE_M / 60 ** (len(parts) - 1))


def signed(value: float, mark: str) -> float:
    """Make south, west and minus negative."""
    return -value if mark in ("-", "S", "W") else value


# ---- forms that machines write ---------------------------------------------------------------------------------------

_D = r"[+-]?[0-9]{1,3}(?:\.[0-9]+)?"
_GEO = re.compile(rf"geo:({_D}),({_D})(?:,{_D})?((?:;[^;?]*)*)(?:\?.*)?", re.ASCII | re.IGNORECASE)
_WKT = re.compile(
    r"(?:SRID=([0-9]{4,6});\s?)?POINT\s?(?:Z|M|ZM)?\s?\(\s?(-?[0-9.]+) (-?[0-9.]+)(?: -?[0-9.]+){0,2}\s?\)",
    re.ASCII | re.IGNORECASE,
)
_ISO = re.compile(
    r"([+-])([0-9]{2}|[0-9]{4}|[0-9]{6})(\.[0-9]+)?([+-])([0-9]{3}|[0-9]{5}|[0-9]{7})(\.[0-9]+)?"
    r"(?:[+-][0-9.]+)?(?:CRS[\w:]+)?/?",
    re.ASCII,
)
_COMPACT = re.compile(
    r"(?:([0-9]{6}(?:\.[0-9]+)?) ?([NS])[ ,;/]*([0-9]{7}(?:\.[0-9]+)?) ?([EWO]))"
    r"|(?:([NS]) ?([0-9]{6}(?:\.[0-9]+)?)[ ,;/]*([EWO]) ?([0-9]{7}(?:\.[0-9]+)?))",
    re.ASCII,
)
_MAP_HOSTS = re.compile(r"(?:www\.)?(?:openstreetmap\.org|osm\.org)|(?:www\.|maps\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_PLACES_IN_LINK = (
    re.compile(rf"[?&#]mlat=({_D})&mlon=({_D})(?:[&#]|$)", re.ASCII),
    re.compile(rf"!3d({_D})!4d({_D})(?:!|$|\?)", re.ASCII),
    re.compile(rf"[?&](?:q|query|ll|destination)=(?:loc:)?({_D}),[ +]?({_D})(?:[&#]|$)", re.ASCII),
    re.compile(rf"#map=[0-9]{{1,2}}(?:\.[0-9]+)?/({_D})/({_D})(?:[&/]|$)", re.ASCII),
    re.compile(rf"/@({_D}),({_D}),[0-9.]+[zma]", re.ASCII),
)


def _geo_uri(text: str, _country: str | None) -> Parsed | None:
    """Read RFC 5870: geo:lat,lon."""
    match = _GEO.fullmatch(text)
    if match is None:
        return None
    system = parse_qs(match[3].lstrip(";").replace(";", "&")).get("crs", ["wgs84"])
    if system[0].lower() != "wgs84":
        raise CoordinateError(f"{text[:80]!r} names a system that is not WGS 84.")
    return _degrees(match[1], match[2])


def _map_link(text: str, _country: str | None) -> Parsed | None:
    """Read links of OpenStreetMap and Google Maps; a marker counts before the middle of the map."""
    if not text.lower().startswith(("http://", "https://")):
        return None
    link = unquote(text)
    try:
        known = _MAP_HOSTS.fullmatch((urlsplit(link).hostname or "").lower())
    except ValueError:
        known = None
    for place in _PLACES_IN_LINK if known and " " not in text else ():
        match = place.search(link)
        if match is not None:
            return _degrees(match[1], match[2])
    raise CoordinateError(f"No coordinates in the link {text[:80]!r}.")


def _wkt_point(text: str, _country: str | None) -> Parsed | None:
    """Read WKT and EWKT points: x before y, longitude before latitude."""
    match = _WKT.fullmatch(text)
    if match is None:
        return None
    try:
        x, y = float(match[2]), float(match[3])
    except ValueError as error:
        raise CoordinateError(f"{text[:80]!r} holds a number that is none.") from error
    crs = f"EPSG:{match[1]}" if match[1] else None
    if crs in (None, _WGS84, "EPSG:4258") and abs(x) <= 180 and abs(y) <= 90:
        return _degrees(match[3], match[2], crs)
    return Parsed("xy", x, y, None, crs, max(last_digit_m(match[2], 1.0), last_digit_m(match[3], 1.0)))


def _iso_6709(text: str, _country: str | None) -> Parsed | None:
    """Read ISO 6709: signs, then degrees, degrees and minutes, or degrees, minutes and seconds without separators."""
    match = _ISO.fullmatch(text)
    if match is None or len(match[5]) != len(match[2]) + 1:
        return None
    lat, lat_m = _packed(match[2], match[3] or "", 2)
    lon, lon_m = _packed(match[5], match[6] or "", 3)
    return Parsed("latlon", signed(lat, match[1]), signed(lon, match[4]), None, _WGS84, max(lat_m, lon_m))


def _compact(text: str, country: str | None) -> Parsed | None:
    """Read 504312N 0122945E: degrees, minutes and seconds without separators."""
    match = _COMPACT.fullmatch(text.upper())
    if match is None:
        return None
    north, lat, east, lon = (match[2], match[1], match[4], match[3]) if match[1] else match.group(5, 6, 7, 8)
    marks = mark_words(f"{north} {east}", country).split()
    values = [_packed(*_split(lat), 2), _packed(*_split(lon), 3)]
    degrees = [signed(value[0], mark) for value, mark in zip(values, marks, strict=True)]
    return Parsed("latlon", degrees[0], degrees[1], None, None, max(values[0][1], values[1][1]))


def _split(number: str) -> tuple[str, str]:
    """Split a number into its digits and its fraction with the dot."""
    whole, dot, fraction = number.partition(".")
    return whole, dot + fraction


def _packed(digits: str, fraction: str, width: int) -> tuple[float, float]:
    """Give degrees, and the worth of the last digit, from DD, DDMM or DDMMSS (DDD... for a longitude)."""
    parts = [digits[:width], *(digits[i : i + 2] for i in range(width, len(digits), 2))]
    parts[-1] += fraction
    return sexagesimal(parts)


# ---- codes of grids --------------------------------------------------------------------------------------------------

_PLUS = re.compile(r"[23456789CFGHJMPQRVWX0]{2,8}\+[23456789CFGHJMPQRVWX]{0,7}(?: .*)?", re.IGNORECASE)
_MGRS = re.compile(r"([0-9]{1,2}) ?([C-HJ-NP-X]) ?([A-HJ-NP-Z][A-HJ-NP-V]) ?([0-9]+)(?: ([0-9]+))?", re.ASCII)
_UTM = re.compile(
    r"(?:UTM ?)?(?:ZONE ?)?([0-9]{1,2}) ?([C-HJ-NP-X])[ ,;:]+(?:E[ =:]*)?0?([0-9]{6}(?:[.,][0-9]+)?) ?(?:M ?E|E|M)?"
    r"[ ,;/]+(?:N[ =:]*)?([0-9]{7}(?:[.,][0-9]+)?) ?(?:M ?N|N|M)?",
    re.ASCII,
)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"


def _plus_code(text: str, _country: str | None) -> Parsed | None:
    """Read a full plus code (open location code): the middle of its cell."""
    if _PLUS.fullmatch(text) is None:
        return None
    if not openlocationcode.isFull(text) or "0" in text or text.endswith("+"):
        raise CoordinateError(
            f"The plus code {text[:40]!r} is short or coarse; give the full code of 10 digits or more."
        )
    area = openlocationcode.decode(text)
    height_m = (area.latitudeHi - area.latitudeLo) * _DEGREE_M
    return Parsed("grid", area.latitudeCenter, area.longitudeCenter, None, _WGS84, float(f"{height_m:.3g}"))


def _military_grid(text: str, _country: str | None) -> Parsed | None:
    """Read MGRS: the middle of its square, or the corner where the square is one meter."""
    match = _MGRS.fullmatch(text.upper())
    if match is None:
        return None
    east, north = (match[4], match[5]) if match[5] else (match[4][: len(match[4]) // 2], match[4][len(match[4]) // 2 :])
    if len(east) != len(north) or not 2 <= len(east) <= 5:
        raise CoordinateError(f"The grid reference {text[:40]!r} needs 2 to 5 digits for each of easting and northing.")
    size_m = 10.0 ** (5 - len(east))
    middle = "" if size_m == 1 else "5".ljust(5 - len(east), "0")
    zone = match[1].zfill(2)
    try:
        lat, lon = mgrs.MGRS().toLatLon(f"{zone}{match[2]}{match[3]}{east}{middle}{north}{middle}")
    except mgrs.core.MGRSError as error:
        raise CoordinateError(f"The grid reference {text[:40]!r} does not exist.") from error
    if not _in_band(lat, match[2]):
        raise CoordinateError(f"The square of {text[:40]!r} does not lie in its band.")
    return Parsed("grid", lat, lon, None, _WGS84, size_m)


def _utm(text: str, _country: str | None) -> Parsed | None:
    """Read UTM: zone and band, easting, northing (WGS 84)."""
    match = _UTM.fullmatch(text.upper())
    if match is None:
        return None
    zone, east, north = int(match[1]), match[3].replace(",", "."), match[4].replace(",", ".")
    if not 1 <= zone <= 60 or not 100_000 <= float(east) <= 900_000 or match[2] == "S":
        raise CoordinateError(f"{text[:60]!r} is no UTM position of the northern hemisphere.")
    lon, lat = _utm_zone(zone).transform(float(east), float(north))
    # N stands for the northern hemisphere as well as for a band near the equator.
    if not math.isfinite(lat) or (match[2] != "N" and not _in_band(lat, match[2])):
        raise CoordinateError(f"{text[:60]!r}: the northing does not lie in band {match[2]}.")
    return Parsed("grid", lat, lon, None, _WGS84, max(last_digit_m(east, 1.0), last_digit_m(north, 1.0)))


@lru_cache(maxsize=60)
def _utm_zone(zone: int) -> Transformer:
    """Build the inverse of one northern UTM zone."""
    return Transformer.from_crs(32600 + zone, 4326, always_xy=True)


def _in_band(lat: float, band: str) -> bool:
    """Whether a latitude lies in a band of 8 degrees (X has 12), with room for squares that straddle the edge."""
    south = -80 + 8 * _BANDS.index(band)
    return south - 1 <= lat <= south + (13 if band == "X" else 9)


Form = Callable[[str, str | None], Parsed | None]
CODE_FORMS: tuple[Form, ...] = (
    _geo_uri,
    _map_link,
    _wkt_point,
    _iso_6709,
    _compact,
    _plus_code,
    _utm,
    _military_grid,
)
