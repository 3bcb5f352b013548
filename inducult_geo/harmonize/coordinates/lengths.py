"""Read lengths as meters, mostly accuracies of places ("±50 m", "cca 1,5 km", "50 metrów")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from numbers import Real
from typing import Final

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.read import ROUGHLY, parse_number
from inducult_geo.text import fold_once

_UNITS_M: Final[Mapping[str, float]] = {"km": 1000.0, "m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}
_LENGTH: Final = re.compile(
    r"(?P<number>.*\d) ?(?P<unit>km|[dcm]?m|met(?:er|re|ers|res|ern|ro|ri|ros|ry|ru|row|r|rov|ra|ara|ar))?\.?"
)
_UNIT_OF_HEAD: Final = re.compile(r"(?:^|[\s_(\[,/])([kdcm]m)[)\]]?\s*$", re.IGNORECASE)
_RANGE: Final = re.compile(r"(?P<least>\d+) ?[-–] ?(?P<most>(?P<end>\d+)(?: ?[a-z]+\.?)?)")
_TWO_MEANINGS: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3}|\.\d[05]0)")
"""Thousands, or a fraction: "2.500" may be 2500 where no mark is declared; "3.216" comes from a receiver."""
_AT_MOST: Final = (
    "max maks maximal maximum bis unter hochstens do ponizej nejvyse najvec najvise fino tot onder within under"
)
_ABOUT: Final = re.compile(rf"^(?:±|\+ ?/? ?-|[~≈≤]|<=?|(?:{'|'.join(sorted({*_AT_MOST.split(), *ROUGHLY}))})\b\.?) ?")
"""What stands before an accuracy: about as much, or at most."""

_LONGEST: Final = 60


def unit_of_heads(columns: Iterable[str]) -> float:
    """Return how many meters the unit is that heads of columns tell ("dokładność [cm]"): 1 where they tell none."""
    found = {_UNITS_M[told[1].lower()] if (told := _UNIT_OF_HEAD.search(name)) else 1.0 for name in columns}
    return found.pop() if len(found) == 1 else 1.0


def parse_meters(cell: object, *, decimal: str = ".", unit_m: float = 1.0) -> float | None:
    """Read a length in meters, by the other decimal mark where the column's own reads nothing.

    What tells no unit is in units of `unit_m` meters.

    Of a range ("100-200 m") the larger end counts. Null where it is no number, or one of two meanings ("1,000" or
    "2.500" where the point is the mark).
    """
    if isinstance(cell, Real) and not isinstance(cell, bool):
        return float(cell) * unit_m
    told = " ".join(fold_once(str(cell)).split())
    told = _ABOUT.sub("", told) if len(told) <= _LONGEST else told
    between = _RANGE.fullmatch(told)
    found = _LENGTH.fullmatch(between["most"] if between and int(between["least"]) < int(between["end"]) else told)
    if not found:
        return None
    number, unit_m = found["number"], _UNITS_M.get(found["unit"], 1.0) if found["unit"] else unit_m
    if decimal == "." and _TWO_MEANINGS.fullmatch(number):
        return None
    for mark in (decimal, *{".", ","} - {decimal}):
        with suppress(CoordinateError):
            return parse_number(number, decimal=mark) * unit_m
    return None
