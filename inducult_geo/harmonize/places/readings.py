"""Readings of a file's numbers (axes, units, signs, zone prefixes), and where the numbers lie by each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.harmonize.coordinates.parsed import DEGREE_M, WGS84
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.harmonize.transforms.systems import crs_of, geodetic_code
from inducult_geo.ragged import Flags, Floats

WEB_MERCATOR: Final = "EPSG:3857"

_SHOWN: Final = 3
_AS_DECLARED = "as declared"
_ETRS89 = "EPSG:4258"
_KROVAK = re.compile("krovak", re.IGNORECASE)
_UTM_NAME = re.compile(r"UTM zone ([0-9]{1,2})N")


@dataclass(frozen=True)
class Reading:
    """One way to understand a pair of columns: swap them, scale, turn signs, add; then they are `crs`.

    `other_units` says that `crs` is not the declared system but degrees or Web Mercator on the same datum.
    """

    name: str
    crs: str
    swap: bool = False
    scale: float = 1.0
    sign_x: float = 1.0
    sign_y: float = 1.0
    add_x: float = 0.0
    add_y: float = 0.0
    other_units: bool = False

    @classmethod
    def as_declared(cls, crs: str) -> Reading:
        """Give the reading that changes nothing."""
        return cls(_AS_DECLARED, crs)

    @property
    def is_as_declared(self) -> bool:
        """Whether this reading changes nothing."""
        return not self.repairs

    @property
    def repairs(self) -> frozenset[str]:
        """The kinds of change that this reading makes."""
        made = {
            "swap": self.swap,
            "scale": self.scale != 1,
            "sign": self.sign_x < 0 or self.sign_y < 0,
            "add": bool(self.add_x or self.add_y),
            "units": self.other_units,
        }
        return frozenset(kind for kind, is_made in made.items() if is_made)

    def apply(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Give east and north (longitude and latitude) in `crs` from the columns as they came.

        Parameters
        ----------
        x, y : numpy.ndarray of float, shape (n,)
            What the contract calls the east-west and the north-south column.
        """
        if self.swap:
            x, y = y, x
        factor_x, factor_y = self.scale * self.sign_x, self.scale * self.sign_y
        return np.asarray(x) * factor_x + self.add_x, np.asarray(y) * factor_y + self.add_y


@dataclass(frozen=True)
class Located:
    """Where numbers lie by a reading: degrees in EPSG:4326 (NaN where nowhere), and whether in the area; each (n,)."""

    lon: Floats
    lat: Floats
    inside: Flags

    @property
    def share(self) -> float:
        """Share of the points in the area."""
        return float(np.mean(self.inside)) if self.inside.size else 0.0

    def away_m(self, other: Located) -> float:
        """Median distance from where another reading puts the points; infinite where they have none in common."""
        east = (self.lon - other.lon) * np.cos(np.radians(other.lat))
        away = np.hypot(east, self.lat - other.lat) * DEGREE_M
        known = away[np.isfinite(away)]
        return float(np.median(known)) if known.size else float("inf")


@dataclass(frozen=True)
class Land:
    """Where points must lie (`area` in EPSG:4326), and what numbers become degrees by: country and folder of grids."""

    area: BaseGeometry
    country: str
    grids: Path | None = None

    def locate(self, reading: Reading, x: Floats, y: Floats) -> Located:
        """Tell where a reading puts numbers.

        Parameters
        ----------
        x, y : numpy.ndarray of float, shape (n,)
            East-west and north-south column as they came.

        Raises
        ------
        CoordinateError
            The reading's system has no registered operation in this country.
        """
        east, north = reading.apply(x, y)
        done = transform_points(
            east, north, source_crs=reading.crs, target_crs=WGS84, country=self.country, grids=self.grids
        )
        return Located(done.x, done.y, np.asarray(shapely.contains_xy(self.area, done.x, done.y), dtype=bool))


def readings_of(crs: str, plain: str = _AS_DECLARED) -> Iterator[Reading]:
    """Give every reading of a system, the one that changes nothing first."""
    system = crs_of(crs)
    scales = [1.0] if system.is_geographic else [1.0, 1000.0]
    signs = [1.0, -1.0] if _KROVAK.search(system.name) else [1.0]
    for scale, sign, swap in product(scales, signs, (False, True)):
        words = [
            *(["axes swapped"] if swap else []),
            *(["kilometers"] if scale != 1 else []),
            *(["signs reversed"] if sign < 0 else []),
        ]
        yield Reading(" + ".join(words) or plain, crs, swap, scale, sign, sign)
    for (name, add_x, add_y), swap in product(_shifts(crs), (False, True)):
        yield Reading(f"axes swapped + {name}" if swap else name, crs, swap, add_x=add_x, add_y=add_y)


def other_units(crs: str) -> Iterator[Reading]:
    """Give degrees for a plane of ETRS89 or WGS 84, and Web Mercator for their degrees: the commonest wrong labels."""
    datum = geodetic_code(crs)
    if datum not in (WGS84, _ETRS89):
        return
    name, other = ("Web Mercator", WEB_MERCATOR) if crs == datum else ("degrees", datum)
    yield Reading(name, other, other_units=True)
    yield Reading(f"axes swapped + {name}", other, swap=True, other_units=True)


@lru_cache(maxsize=256)
def _shifts(crs: str) -> tuple[tuple[str, float, float], ...]:
    """List what may have been left out of, or put before, a system's numbers."""
    operation = crs_of(crs).coordinate_operation
    if operation is None:
        return ()
    values = {parameter.name.lower(): parameter.value for parameter in operation.params}
    easting, northing = (float(values.get(name, 0.0)) for name in ("false easting", "false northing"))
    found: list[tuple[str, float, float]] = []
    if easting >= 1_000_000:
        found.append(("zone prefix missing", easting // 1_000_000 * 1_000_000, 0.0))
    zone = _UTM_NAME.search(crs_of(crs).name)
    if zone is not None:
        found.append(("zone prefix added", -int(zone[1]) * 1_000_000.0, 0.0))
    if northing == -5_000_000:
        found += [("northing in full", 0.0, northing), ("easting and northing with a leading 5", northing, northing)]
    return tuple(found)


def how_to_settle(readings: Sequence[Reading], crs: str | None) -> str:
    """Say what to write into the contract: the system alone where that settles it, else the reading."""
    systems, names = dict.fromkeys(one.crs for one in readings), dict.fromkeys(one.name for one in readings)
    if all(one.is_as_declared for one in readings):
        said = " or ".join(f'crs = "{system}"' for system in [*systems][:_SHOWN])
    elif [*systems] == [crs]:
        said = " or ".join(f'reading = "{name}"' for name in [*names][:_SHOWN])
    else:
        said = " or ".join(f'reading = "{one.crs} {one.name}"' for one in readings[:_SHOWN])
    return f" Write the right one into the contract, below [place]: {said}."
