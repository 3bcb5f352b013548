"""Which reading of a file's numbers is meant: axes, units, signs and zone prefixes, decided once for all its points.

The rule
--------
A reading *fits* when at least `share_min` of the points (all of them, if there are fewer than 5 distinct ones) lie in
the area. Readings whose points differ by 3 m or less in the median count as one.

- As declared: chosen when it fits and no other reading of the declared system fits; one point is enough.
- Repaired (axes swapped, kilometers, signs, zone prefix missing or added, Web Mercator called degrees): chosen only
  with at least 5 distinct points, when it alone fits, and when no other system usual in the region and no UTM zone
  explains the numbers with fewer repairs. Where something is added or taken away, a system no less simple that puts
  the points elsewhere (no mere relative of the declared one) is a rival as well. Degrees where a plane is declared
  are offered, never chosen: nobody knows of which datum they are.
- No system declared: every reading of every candidate system is a rival; chosen only when all that fit are one place,
  and nothing must be added or taken away.
- Otherwise nothing is chosen: "ambiguous" with what fits, or "none".

A wrong repair is worse than a quarantine. The declared datum itself is believed: containment cannot tell a system from
relatives that lie 1 to 750 m away (RD/83 and DHDN, D48 and D96, Monte Mario and RDN2008).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, product
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinate_parsed import DEGREE_M, WGS84
from inducult_geo.harmonize.crs import transform_points
from inducult_geo.harmonize.systems import crs_code, crs_of, geodetic_code

Array = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

SAME_PLACE_M = 3.0
"""Readings closer than this count as one."""

POINTS_MIN = 5
"""A repair needs at least so many distinct points."""

# Systems of one country on several datums put the same numbers up to 750 m apart: the declared one is believed.
_RELATIVES_M = 800.0
_AS_DECLARED = "as declared"
_SAMPLE = 1000
_UTM_ZONES = ("EPSG:25831", "EPSG:25832", "EPSG:25833", "EPSG:25834")
_ETRS89, _WEB_MERCATOR = "EPSG:4258", "EPSG:3857"
_OFTEN_MISLABELED = (WGS84, _WEB_MERCATOR, *_UTM_ZONES)
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

    def apply(self, x: Array, y: Array) -> tuple[Array, Array]:
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

    lon: Array
    lat: Array
    inside: Flags

    @property
    def share(self) -> float:
        """Share of the points in the area."""
        return float(np.mean(self.inside)) if self.inside.size else 0.0


@dataclass(frozen=True)
class Land:
    """Where points must lie (`area` in EPSG:4326), and what numbers become degrees by: country and folder of grids."""

    area: BaseGeometry
    country: str
    grids: Path | None = None

    def locate(self, reading: Reading, x: Array, y: Array) -> Located:
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


@dataclass(frozen=True)
class Candidate:
    """A reading that fits: its share of points in the area, its median distance from the first candidate."""

    reading: Reading
    inside_share: float
    shift_m: float


@dataclass(frozen=True)
class Placement:
    """The answer: `status` is "chosen" (with `reading`), "ambiguous" (with `candidates`) or "none"."""

    status: str
    reading: Reading | None
    candidates: tuple[Candidate, ...]
    detail: str


@dataclass(frozen=True)
class _Fit:
    """A reading that fits, and where it puts the points."""

    reading: Reading
    located: Located

    @property
    def share(self) -> float:
        """Share of the points in the area."""
        return self.located.share

    def shift_m(self, other: _Fit) -> float:
        """Median distance from another fit."""
        mine, theirs = self.located, other.located
        east = (mine.lon - theirs.lon) * np.cos(np.radians(theirs.lat))
        away = np.hypot(east, mine.lat - theirs.lat) * DEGREE_M
        known = away[np.isfinite(away)]
        return float(np.median(known)) if known.size else float("inf")


@dataclass(frozen=True)
class _Site:
    """The points and the ground they are tried on."""

    x: Array
    y: Array
    land: Land
    share_min: float

    @cached_property
    def distinct(self) -> int:
        """Number of distinct points, counted no further than needed: one head office a hundred times is one."""
        few = len(np.unique(self.x[:_SAMPLE] + 1j * self.y[:_SAMPLE]))
        return few if few >= POINTS_MIN else len(np.unique(self.x + 1j * self.y))

    def tried(self, readings: Iterator[Reading]) -> list[_Fit]:
        """Give the readings that fit, in the order they came."""
        found = (self._try(reading) for reading in readings)
        return [fit for fit in found if fit is not None]

    def share(self, reading: Reading) -> float:
        """Share of the points that a reading puts into the area."""
        return self.land.locate(reading, self.x, self.y).share

    def _try(self, reading: Reading) -> _Fit | None:
        needed = self.share_min if self.distinct >= POINTS_MIN else 1.0
        step = max(1, len(self.x) // _SAMPLE)
        if step > 1 and self.land.locate(reading, self.x[::step], self.y[::step]).share < needed - 0.2:
            return None
        located = self.land.locate(reading, self.x, self.y)
        return _Fit(reading, located) if located.share >= needed else None


def choose_reading(
    x: Array,
    y: Array,
    *,
    crs: str | None,
    area: BaseGeometry,
    country: str,
    candidates: Sequence[str] = (),
    grids: Path | None = None,
    share_min: float = 0.95,
) -> Placement:
    """Decide how a dataset's numbers are to be read; the rule stands at the head of this module.

    Parameters
    ----------
    x, y : array-like of float, shape (n,)
        East-west and north-south column as they came; points that are not finite do not count.
    crs : str or None
        The declared system, such as ``EPSG:31468``.
    area : shapely geometry
        The region's polygon in EPSG:4326.
    country : str
        ISO 3166 code of two letters; it picks the operations.
    candidates : sequence of str
        The systems usual in the region.
    grids : Path, optional
        Folder of datum grids.
    share_min : float
        Share of the points that must lie in the area.

    Returns
    -------
    Placement
        What is chosen, or what fits.

    Raises
    ------
    CoordinateError
        The declared system is unknown, or has no registered operation in this country.
    """
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(east) & np.isfinite(north)
    shapely.prepare(area)
    site = _Site(east[known], north[known], Land(area, country, grids), share_min)
    if not site.x.size:
        return Placement("none", None, (), "no point has both coordinates")
    usual = tuple(code for code in dict.fromkeys(candidates) if _is_usable(code, country))
    if crs is None:
        return _choose_undeclared(site, usual)
    return _choose_declared(site, crs_code(crs), usual)


def _is_usable(code: str, country: str) -> bool:
    """Whether an operation for this system is registered in the country."""
    try:
        transform_points(np.zeros(1), np.zeros(1), source_crs=code, target_crs="EPSG:4326", country=country)
    except CoordinateError:
        return False
    return True


def _choose_declared(site: _Site, crs: str, usual: tuple[str, ...]) -> Placement:
    """Apply the rule for a declared system."""
    fits = site.tried(chain(readings_of(crs), _other_units(crs)))
    if not fits:
        return _offer_others(site, crs, usual)
    if not _is_one_place(fits):
        return _ambiguous(fits, f"{len(fits)} readings of {crs} fit, more than {SAME_PLACE_M:g} m apart")
    reading = fits[0].reading
    if reading.is_as_declared:
        return _chosen(fits, f"as declared, {fits[0].share:.1%} inside")
    if site.distinct < POINTS_MIN:
        return _ambiguous(fits, f"'{reading.name}' fits, but {site.distinct} distinct points are too few for a repair")
    if reading.other_units and reading.crs != _WEB_MERCATOR:
        others = site.tried(Reading("as written", code) for code in usual if crs_of(code).is_geographic)
        return _ambiguous([*fits, *others], f"the numbers are degrees, {crs} is in meters; of which datum?")
    rivals = [
        fit
        for fit in site.tried(_rivals(reading, usual))
        if fit.reading.repairs < reading.repairs or fit.shift_m(fits[0]) > _RELATIVES_M
    ]
    if not _is_one_place([*fits, *rivals]):
        return _ambiguous([*fits, *rivals], f"'{reading.name}' fits, but so does another system, no less simply")
    return _chosen(fits, f"{reading.name}, {fits[0].share:.1%} inside")


def _choose_undeclared(site: _Site, usual: tuple[str, ...]) -> Placement:
    """Apply the rule for a file that names no system."""
    fits = site.tried(reading for code in usual for reading in readings_of(code, plain="as written"))
    if not fits:
        return Placement("none", None, (), f"no reading in {', '.join(usual) or 'any system'} lies in the area")
    fits.sort(key=lambda fit: not fit.reading.is_as_declared)
    if not _is_one_place(fits):
        return _ambiguous(fits, f"no system is declared, and {len(fits)} readings fit")
    if site.distinct < POINTS_MIN or "add" in fits[0].reading.repairs:
        return _ambiguous(fits, f"no system is declared, and {site.distinct} distinct points do not settle it")
    return _chosen(fits, f"no system is declared; only {fits[0].reading.crs} fits, {fits[0].share:.1%} inside")


def _offer_others(site: _Site, crs: str, usual: tuple[str, ...]) -> Placement:
    """Say what else the numbers may be when no reading of the declared system fits."""
    share = site.share(Reading.as_declared(crs))
    said = f"as declared in {crs} {share:.0%} of the points lie in the area"
    others = (code for code in dict.fromkeys((*usual, *_OFTEN_MISLABELED)) if code != crs)
    fits = site.tried(reading for code in others for reading in readings_of(code, plain="as written"))
    if not fits:
        return Placement("none", None, (), f"{said}, and no other reading fits")
    fits.sort(key=lambda fit: not fit.reading.is_as_declared)
    systems = ", ".join(dict.fromkeys(fit.reading.crs for fit in fits))
    return _ambiguous(fits, f"{said}; the numbers fit {systems}, which is not what is declared")


def _chosen(fits: list[_Fit], detail: str) -> Placement:
    """Give the first fit as the answer."""
    return Placement("chosen", fits[0].reading, _listed(fits), detail)


def _ambiguous(fits: list[_Fit], detail: str) -> Placement:
    """Give all fits, and choose none."""
    return Placement("ambiguous", None, _listed(fits), detail)


def _listed(fits: list[_Fit]) -> tuple[Candidate, ...]:
    """List fits as candidates."""
    return tuple(Candidate(fit.reading, fit.share, fit.shift_m(fits[0])) for fit in fits)


def _is_one_place(fits: list[_Fit]) -> bool:
    """Whether all fits put the points within 3 m of each other."""
    return all(one.shift_m(other) <= SAME_PLACE_M for one in fits for other in fits)


def _rivals(reading: Reading, usual: tuple[str, ...]) -> Iterator[Reading]:
    """Give what other systems make of the numbers with fewer repairs (no more, where something is added)."""
    for code in dict.fromkeys((*usual, *_UTM_ZONES)):
        for other in readings_of(code, plain="as written") if code != reading.crs else ():
            if other.repairs < reading.repairs or ("add" in reading.repairs and other.repairs <= reading.repairs):
                yield other


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


def _other_units(crs: str) -> Iterator[Reading]:
    """Give degrees for a plane of ETRS89 or WGS 84, and Web Mercator for their degrees: the commonest wrong labels."""
    datum = geodetic_code(crs)
    if datum not in (WGS84, _ETRS89):
        return
    name, other = ("Web Mercator", _WEB_MERCATOR) if crs == datum else ("degrees", datum)
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
