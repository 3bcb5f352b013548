"""Suggest what a misplaced row may have meant (swapped axes, a sign, another system ...). Reported, never applied.

A row that lies outside its region is a typing error more often than a stray site. The slips that people make are
tried in the order of how common they are, and the first that leads into the region is named with the place it gives,
for the steward to judge; where there is none, the systems usual in the region in which the row would lie there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from inducult_geo.harmonize.coordinates.parsed import DEGREE_DECIMALS_MAX
from inducult_geo.harmonize.places.readings import Land, Reading
from inducult_geo.harmonize.transforms.systems import crs_of

ROWS_MAX = 200
"""More misplaced rows than this are no slips: the rest gets no suggestion."""

_NAMED_MAX = 3
_SWAPPED = "with its axes swapped"
_DEGREE_DECIMALS, _METER_DIGITS_KEPT = 2, 3
_KILOMETER_M = 1000.0
_METER_DECIMALS_MAX = 3


@dataclass(frozen=True)
class Slip:
    """One pair of numbers that may have been meant, and what would have gone wrong."""

    x: float
    y: float
    what: str


def suggest(
    x: float, y: float, reading: Reading, land: Land, near: tuple[float, float], systems: Sequence[str] = ()
) -> str | None:
    """Name the commonest slip that explains a misplaced pair of numbers, or another system; None where none does.

    Parameters
    ----------
    x, y
        East-west and north-south number as written.
    reading
        How the file's numbers are read.
    land
        Where the row must lie.
    near
        Longitude and latitude of the middle of the rows that lie there: of equal slips the nearest to it is named.
    systems
        The systems usual in the region.
    """
    other = _in_another_system(x, y, reading, land, systems)
    typed = (_digits(x, y, transposed=True), _digits(x, y, transposed=False))
    kinds = ([Slip(y, x, _SWAPPED)], _signs(x, y), _units(x, y, reading), _points(x, y, reading), *typed)
    found = _commonest(kinds, reading, land, near)
    if found is None:
        return other
    slip, longitude, latitude = found
    said = f"{slip.what} it would lie inside, at {latitude:.5f}, {longitude:.5f}"
    # As likely as a slip of the hand: a row of the zone beside it, as it stands. Not as a swap: numbers of one land lie
    # somewhere in a neighbor's systems by chance.
    return f"{said}; or {other}" if other and slip.what != _SWAPPED else said


def suggest_turned(x: float, y: float, reading: Reading, land: Land) -> str | None:
    """Name swapped axes or a sign that would lead into a whole country; other slips lead into one by chance, too."""
    middle = land.area.representative_point()
    found = _commonest(([Slip(y, x, _SWAPPED)], _signs(x, y)), reading, land, (middle.x, middle.y))
    if found is None:
        return None
    slip, longitude, latitude = found
    return f"{slip.what} it would lie there, at {latitude:.5f}, {longitude:.5f}"


def _commonest(
    kinds: Iterable[Iterable[Slip]], reading: Reading, land: Land, near: tuple[float, float]
) -> tuple[Slip, float, float] | None:
    """Return the first slip, of kinds in the order of how common they are, that leads inside, and its place."""
    tried = (_inside(list(slips), reading, land, near) for slips in kinds)
    return next((found for found in tried if found is not None), None)


def _in_another_system(x: float, y: float, reading: Reading, land: Land, systems: Sequence[str]) -> str | None:
    """Name the systems in which the numbers as written lie inside; those a few meters apart all fit."""
    numbers = np.array([x]), np.array([y])
    tried = [(code, land.locate(Reading("as written", code), *numbers)) for code in systems if code != reading.crs]
    fitting = [(code, located) for code, located in tried if located.inside[0]]
    if not fitting:
        return None
    named = " or ".join(code for code, _ in fitting[:_NAMED_MAX])
    first = fitting[0][1]
    return f"in {named} it would lie inside, at {first.lat[0]:.5f}, {first.lon[0]:.5f}: ask the sender"


def _inside(
    slips: list[Slip], reading: Reading, land: Land, near: tuple[float, float]
) -> tuple[Slip, float, float] | None:
    """Return the slip that leads into the region, nearest to where the other rows lie, and its place."""
    if not slips:
        return None
    numbers = np.array([(slip.x, slip.y) for slip in slips])
    found = land.locate(reading, numbers[:, 0], numbers[:, 1])
    inside = np.flatnonzero(found.inside)
    if not len(inside):
        return None
    east = (found.lon[inside] - near[0]) * np.cos(np.radians(near[1]))
    best = int(inside[int(np.argmin(np.hypot(east, found.lat[inside] - near[1])))])
    return slips[best], float(found.lon[best]), float(found.lat[best])


def _signs(x: float, y: float) -> Iterator[Slip]:
    yield Slip(-x, y, f"with the sign of x reversed ({-x:.12g})")
    yield Slip(x, -y, f"with the sign of y reversed ({-y:.12g})")
    yield Slip(-x, -y, "with both signs reversed")


def _units(x: float, y: float, reading: Reading) -> Iterator[Slip]:
    if crs_of(reading.crs).is_geographic or reading.other_units:
        return
    if reading.scale == 1:
        yield Slip(x * _KILOMETER_M, y * _KILOMETER_M, "read as kilometers")
    else:
        yield Slip(x / reading.scale, y / reading.scale, "read as meters")


def _points(x: float, y: float, reading: Reading) -> Iterator[Slip]:
    """Yield every pair in which a whole number, or both, gets back the decimal point that it lost."""
    most = DEGREE_DECIMALS_MAX if crs_of(reading.crs).is_geographic else _METER_DECIMALS_MAX
    for easting, northing in product(_with_point(x, most), _with_point(y, most)):
        axes = [axis for axis, old, new in (("x", x, easting), ("y", y, northing)) if old != new]
        if axes:
            numbers = " and ".join(_written(easting if axis == "x" else northing) for axis in axes)
            yield Slip(easting, northing, f"with a decimal point lost in {' and '.join(axes)} ({numbers})")


def _with_point(number: float, decimals_max: int) -> list[float]:
    """Return a number, and where it is a whole one what it was if it lost its decimal point."""
    if not number or not float(number).is_integer():
        return [number]
    return [number, *(number / 10**decimals for decimals in range(1, decimals_max + 1))]


def _digits(x: float, y: float, *, transposed: bool) -> Iterator[Slip]:
    """Yield every pair in which two neighboring digits of one number, or one digit of it, are changed."""
    for axis, number in (("x", x), ("y", y)):
        for text in _transposed(number) if transposed else _mistyped(number):
            what = "with two digits exchanged" if transposed else "with one digit changed"
            said = f"{what} in {axis} ({text} for {_written(number)})"
            yield Slip(float(text), y, said) if axis == "x" else Slip(x, float(text), said)


def _places(text: str) -> list[int]:
    """Return the positions of the digits that move a place by more than a region's margin."""
    whole, _, decimals = text.lstrip("-").partition(".")
    start = len(text) - len(text.lstrip("-"))
    if len(whole) <= 3:
        kept = min(_DEGREE_DECIMALS, len(decimals))
        return [*range(start, start + len(whole)), *range(start + len(whole) + 1, start + len(whole) + 1 + kept)]
    return list(range(start, start + max(len(whole) - _METER_DIGITS_KEPT, 0)))


def _written(number: float) -> str:
    text = f"{number:.9f}".rstrip("0").rstrip(".")
    return text or "0"


def _transposed(number: float) -> Iterator[str]:
    text = _written(number)
    places = _places(text)
    for first, second in pairwise(places):
        if text[first] != text[second]:
            letters = list(text)
            letters[first], letters[second] = letters[second], letters[first]
            yield "".join(letters)


def _mistyped(number: float) -> Iterator[str]:
    text = _written(number)
    for place in _places(text):
        for digit in "0123456789":
            if digit != text[place]:
                yield text[:place] + digit + text[place + 1 :]
