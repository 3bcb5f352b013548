"""Coordinates as codes: ISO 6709, degrees without separators, UTM, MGRS and plus codes.

Each form has one function that gives a result, None when the text is not of its form, or refuses. `CODE_FORMS` lists
them in the order in which they are asked.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import mgrs
from openlocationcode import openlocationcode
from pyproj import Transformer

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import (
    DEGREE_M,
    EUROPE_LAT,
    WGS84,
    Form,
    Parsed,
    last_digit_m,
    sexagesimal,
    signed,
)
from inducult_geo.harmonize.coordinates.words import mark_words

# ---- degrees without separators --------------------------------------------------------------------------------------

_ISO = re.compile(
    r"([+-])([0-9]{2}|[0-9]{4}|[0-9]{6})(\.[0-9]+)?([+-])([0-9]{3}|[0-9]{5}|[0-9]{7})(\.[0-9]+)?"
    r"(?:[+-][0-9.]+)?(?:CRS[\w:]+)?/?",
    re.ASCII,
)
# Degrees and minutes (5043.2N 01229.75E) or degrees, minutes and seconds (504312N 0122945E).
_LAT_PACKED, _LON_PACKED = r"(?:[0-9]{4}|[0-9]{6})(?:\.[0-9]+)?", r"(?:[0-9]{5}|[0-9]{7})(?:\.[0-9]+)?"
_COMPACT = re.compile(
    rf"(?:({_LAT_PACKED}) ?([NS])[ ,;/]*({_LON_PACKED}) ?([EWO]))"
    rf"|(?:([NS]) ?({_LAT_PACKED})[ ,;/]*([EWO]) ?({_LON_PACKED}))",
    re.ASCII,
)


def _iso_6709(text: str, _country: str | None) -> Parsed | None:
    """Read ISO 6709: signs, then degrees, degrees and minutes, or degrees, minutes and seconds without separators."""
    match = _ISO.fullmatch(text)
    if match is None or len(match[5]) != len(match[2]) + 1:
        return None
    lat, lat_m = _packed(match[2], match[3] or "", 2)
    lon, lon_m = _packed(match[5], match[6] or "", 3)
    return Parsed("latlon", signed(lat, match[1]), signed(lon, match[4]), None, WGS84, max(lat_m, lon_m))


def _compact(text: str, country: str | None) -> Parsed | None:
    """Read 504312N 0122945E or 5043.2N 01229.75E: degrees, minutes and seconds without separators."""
    match = _COMPACT.fullmatch(text.upper())
    if match is None:
        return None
    north, lat, east, lon = match.group(2, 1, 4, 3) if match[1] else match.group(5, 6, 7, 8)
    if len(lon.partition(".")[0]) != len(lat.partition(".")[0]) + 1:
        return None
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

_PLUS = re.compile(r"[23456789CFGHJMPQRVWX0]{2,8}\+[23456789CFGHJMPQRVWX]{0,7}(?:,? .*)?", re.IGNORECASE)
_MGRS = re.compile(r"([0-9]{1,2}) ?([C-HJ-NP-X]) ?([A-HJ-NP-Z][A-HJ-NP-V]) ?([0-9]+)(?: ([0-9]+))?", re.ASCII)
_MGRS_NAME = re.compile(r"^(?:MGRS|UTMREF|UTM-REF)[ :=]*")
_EASTING = r"(?:E[ =:]*)?0?([0-9]{6}(?:[.,][0-9]+)?) ?(?:M ?E|E|M)?"
_NORTHING = r"(?:N[ =:]*)?([0-9]{7}(?:[.,][0-9]+)?) ?(?:M ?N|N|M)?"
# The bands south of the equator are left out: E is the easting's letter, not the band of 60° south.
_UTM = re.compile(
    rf"(UTM ?)?((?:ZONE|FUSO|FUSEAU|STREFA|ZONA|CONA) ?)?([0-9]{{1,2}}) ?([N-X](?![A-Z]))?[ ,;:/]+"
    rf"(?:{_EASTING}[ ,;/]+{_NORTHING}|N[ =:]*([0-9]{{7}}(?:[.,][0-9]+)?)[ ,;/]+E[ =:]*0?([0-9]{{6}}(?:[.,][0-9]+)?))",
    re.ASCII,
)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"


def _plus_code(text: str, _country: str | None) -> Parsed | None:
    """Read a full plus code (open location code), alone or before a place's name: the middle of its cell."""
    if _PLUS.fullmatch(text) is None:
        return None
    text = text.partition(" ")[0].rstrip(",")
    if not openlocationcode.isFull(text) or text.endswith("+"):
        raise CoordinateError(
            f"The plus code {text[:40]!r} is shortened or too coarse; give the full code of 10 or more characters."
        )
    area = openlocationcode.decode(text)
    height_m = (area.latitudeHi - area.latitudeLo) * DEGREE_M
    return Parsed("grid", area.latitudeCenter, area.longitudeCenter, None, WGS84, float(f"{height_m:.3g}"))


def _military_grid(text: str, _country: str | None) -> Parsed | None:
    """Read MGRS: the middle of its square, to a meter."""
    match = _MGRS.fullmatch(_MGRS_NAME.sub("", text.upper()))
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
    return Parsed("grid", lat, lon, None, WGS84, size_m)


def _utm(text: str, _country: str | None) -> Parsed | None:
    """Read UTM: zone and band or hemisphere, easting, northing; without a letter the zone must be called so."""
    match = _UTM.fullmatch(text.upper())
    if match is None or not (match[1] or match[2] or match[4]):
        return None
    zone, band = int(match[3]), match[4]
    east, north = (item.replace(",", ".") for item in (match.group(5, 6) if match[5] else match.group(8, 7)))
    if not 1 <= zone <= 60 or not 100_000 <= float(east) <= 900_000 or band == "S":
        raise CoordinateError(f"{text[:60]!r} is not a UTM position of the northern hemisphere.")
    lon, lat = _utm_zone(zone).transform(float(east), float(north))
    # N stands for the northern hemisphere as well as for a band near the equator.
    if not math.isfinite(lat) or (band not in (None, "N") and not _in_band(lat, band)):
        raise CoordinateError(f"{text[:60]!r}: the northing does not lie in band {band}.")
    if band is None and lat < EUROPE_LAT[0]:
        raise CoordinateError(f"{text[:60]!r} names no band or hemisphere, and lies outside Europe.")
    return Parsed("grid", lat, lon, None, WGS84, max(last_digit_m(east, 1.0), last_digit_m(north, 1.0)))


@lru_cache(maxsize=60)
def _utm_zone(zone: int) -> Transformer:
    """Build the inverse of one northern UTM zone."""
    return Transformer.from_crs(32600 + zone, 4326, always_xy=True)


def _in_band(lat: float, band: str) -> bool:
    """Whether a latitude lies in a band of 8 degrees (X has 12), with room for squares that straddle the edge."""
    south = -80 + 8 * _BANDS.index(band)
    return south - 1 <= lat <= south + (13 if band == "X" else 9)


CODE_FORMS: tuple[Form, ...] = (_iso_6709, _compact, _plus_code, _utm, _military_grid)
