"""The result of reading a text of coordinates, and the arithmetic that all forms share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from inducult_geo.errors import CoordinateError

DEGREE_M = 111_320.0
DEGREE_DECIMALS_MAX = 9
"""Decimals that degrees are written with at most."""
WGS84 = "EPSG:4326"
# Below 34° the latitudes and longitudes of Europe overlap; above it a pair of plain degrees has one order only.
EUROPE_LAT = (34.0, 72.0)
EUROPE_LON = (-25.0, 34.0)

# Groups of two digits are no thousands. With points between them both are written out: 50.40.02, not 50.4.2.
_PARTED = tuple(
    re.compile(rf"([0-9]{{1,2}}){between}([0-9]{digits})\2([0-9]{digits}(?:[.,][0-9]+)?)")
    for between, digits in (("([ :-])", "{1,2}"), (r"(\.)", "{2}"))
)


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


Form = Callable[[str, str | None], Parsed | None]


def degrees(lat: str, lon: str, crs: str | None = WGS84) -> Parsed:
    """Give latitude and longitude from plain decimal texts."""
    return Parsed("latlon", float(lat), float(lon), None, crs, max(last_digit_m(lat), last_digit_m(lon)))


def last_digit_m(number: str, unit_m: float = DEGREE_M) -> float:
    """Give the worth of a number's last digit in meters."""
    mantissa, _, power = number.lower().partition("e")
    fraction = re.split(r"[.,]", mantissa)[1:]
    return float(f"{unit_m * 10.0 ** (int(power or 0) - (len(fraction[0]) if fraction else 0)):.3g}")


def sexagesimal(parts: list[str]) -> tuple[float, float]:
    """Give degrees from up to three parts (degrees, minutes, seconds), and the worth of the last digit in meters."""
    values = [float(part) for part in parts]
    if any("." in part for part in parts[:-1]):
        raise CoordinateError("Only the last part of an angle may have decimals.")
    # 60 in the last part is a rounding of 59.96, and the next minute or degree.
    if any(value >= 60 for value in values[1:-1]) or (len(values) > 1 and values[-1] > 60):
        raise CoordinateError("Minutes and seconds must be below 60: write the next minute or degree.")
    angle = sum(value / 60**place for place, value in enumerate(values))
    return angle, last_digit_m(parts[-1], DEGREE_M / 60 ** (len(parts) - 1))


def marked_angles(*cells: str) -> str:
    """Join cells of columns of angles to a text, with marks where all are written as 50 40 12 (50.40.12, 50:40:12)."""
    parted = [next((found for form in _PARTED if (found := form.fullmatch(cell.strip()))), None) for cell in cells]
    marked = [f"{found[1]}°{found[3]}'{found[4]}\"" for found in parted if found]
    return " ".join(marked if len(marked) == len(cells) else cells)


def signed(value: float, mark: str) -> float:
    """Make south, west and minus negative."""
    return -value if mark in ("-", "S", "W") else value


def is_european(lat: float, lon: float) -> bool:
    """Whether a pair of degrees lies in Europe, where latitude and longitude cannot be taken for each other."""
    return EUROPE_LAT[0] <= lat <= EUROPE_LAT[1] and EUROPE_LON[0] <= lon <= EUROPE_LON[1]
