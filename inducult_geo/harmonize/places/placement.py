"""Choose one reading for all points of a file: axes, units, signs and zone prefixes.

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
- No system declared: every reading of every candidate system is a rival, and so is every other plane in use there that
  fits as written about as well; chosen only when all that fit are one place, and nothing must be added or taken away.
- Otherwise nothing is chosen: "ambiguous" with what fits, or "none".

A wrong repair is worse than a quarantine. The declared datum itself is believed: containment cannot tell a system from
relatives that lie 1 to 750 m away (RD/83 and DHDN, D48 and D96, Monte Mario and RDN2008).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

import numpy as np
import shapely

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import DEGREE_DECIMALS_MAX, WGS84
from inducult_geo.harmonize.places.readings import WEB_MERCATOR, Land, Located, Reading, other_units, readings_of
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.harmonize.transforms.systems import DOUBTFUL_PLANES, crs_code, crs_of
from inducult_geo.ragged import Floats

SAME_PLACE_M = 3.0
"""Readings closer than this count as one."""

LOST_POINTS = tuple(10**decimals for decimals in range(1, DEGREE_DECIMALS_MAX + 1))
"""What degrees may have been multiplied by where their decimal point was lost."""

POINTS_MIN = 5
"""A repair needs at least so many distinct points."""

_AS_WELL = 0.05
"""A plane that is not usual is a rival where it puts so much less than the best, or more, into the area."""

# Systems of one country on several datums put the same numbers up to 750 m apart: the declared one is believed.
_RELATIVES_M = 800.0
_SAMPLE = 1000
_UTM_ZONES = ("EPSG:25831", "EPSG:25832", "EPSG:25833", "EPSG:25834")
_OFTEN_MISLABELED = (WGS84, WEB_MERCATOR, *_UTM_ZONES)


@dataclass(frozen=True)
class Candidate:
    """A reading that fits: its share of points in the area, its median distance from the first candidate."""

    reading: Reading
    inside_share: float
    shift_m: float

    def as_dict(self) -> dict[str, Any]:
        """Return what is told of it, rounded."""
        numbers = {"inside_share": round(self.inside_share, 4), "shift_m": round(self.shift_m, 1)}
        return {"reading": self.reading.name, "crs": self.reading.crs, **numbers}


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
        return self.located.away_m(other.located)


@dataclass(frozen=True)
class _Site:
    """The points and the ground they are tried on."""

    x: Floats
    y: Floats
    land: Land
    share_min: float

    @cached_property
    def distinct(self) -> int:
        """Number of distinct points, counted no further than needed: one head office a hundred times is one."""
        few = len(np.unique(self.x[:_SAMPLE] + 1j * self.y[:_SAMPLE]))
        return few if few >= POINTS_MIN else len(np.unique(self.x + 1j * self.y))

    def tried(self, readings: Iterator[Reading]) -> list[_Fit]:
        """Give the readings that fit, in the order they came."""
        found = (self.try_reading(reading) for reading in readings)
        return [fit for fit in found if fit is not None]

    def share(self, reading: Reading) -> float:
        """Share of the points that a reading puts into the area."""
        return self.land.locate(reading, self.x, self.y).share

    def try_reading(self, reading: Reading) -> _Fit | None:
        """Give where a reading puts the points; nothing where it does not fit."""
        needed = self.share_min if self.distinct >= POINTS_MIN else 1.0
        step = max(1, len(self.x) // _SAMPLE)
        if step > 1 and self.land.locate(reading, self.x[::step], self.y[::step]).share < needed - 0.2:
            return None
        located = self.land.locate(reading, self.x, self.y)
        return _Fit(reading, located) if located.share >= needed else None


def choose_reading(
    x: Floats,
    y: Floats,
    land: Land,
    *,
    crs: str | None,
    candidates: Sequence[str] = (),
    others: Sequence[str] = (),
    share_min: float = 0.95,
) -> Placement:
    """Decide how a dataset's numbers are to be read; the rule stands at the head of this module.

    Parameters
    ----------
    x, y : array-like of float, shape (n,)
        East-west and north-south column as they came; points that are not finite do not count.
    land : Land
        The region: where the points must lie, and the country, which picks the operations.
    crs : str or None
        The declared system, such as ``EPSG:31468``.
    candidates, others : sequence of str
        The systems usual in the region; planes in use there as well, which are rivals where none is declared.
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
    shapely.prepare(land.area)
    site = _Site(*_known(x, y), land, share_min)
    if not site.x.size:
        return Placement("none", None, (), "no point has both coordinates")
    usual = tuple(code for code in dict.fromkeys(candidates) if is_usable(code, land.country))
    if crs is None:
        return _choose_undeclared(site, usual, others)
    return _choose_declared(site, crs_code(crs), usual)


def _known(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Give the points that have both coordinates."""
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(east) & np.isfinite(north)
    return east[known], north[known]


def is_usable(code: str, country: str) -> bool:
    """Whether an operation for this system is registered in the country."""
    try:
        transform_points(np.zeros(1), np.zeros(1), source_crs=code, target_crs="EPSG:4326", country=country)
    except CoordinateError:
        return False
    return True


_NO_SYSTEM: Final = (
    "no system is declared, and the region does not name the systems in use there (`crs` in its file of the catalog)"
)


def usual_there(codes: Sequence[str], declared: str | None, name: str, country: str) -> str:
    """Say which systems besides the declared one are usual in a region, and of which of them nothing can be read."""
    others = [code for code in codes if code != declared]
    mute = [code for code in others if not is_usable(code, country)]
    usual = f" Usual in {name}: {', '.join(others)}." if others else ""
    if not mute:
        return usual
    return f"{usual} Of these {', '.join(mute)} cannot be read: no operation is registered for country '{country}'."


def _choose_declared(site: _Site, crs: str, usual: tuple[str, ...]) -> Placement:
    """Apply the rule for a declared system."""
    fits = site.tried(chain(readings_of(crs), other_units(crs)))
    if not fits:
        return _offer_others(site, crs, usual)
    if not _is_one_place(fits):
        return _ambiguous(fits, f"{len(fits)} readings of {crs} fit, more than {SAME_PLACE_M:g} m apart")
    reading = fits[0].reading
    if reading.is_as_declared:
        return _chosen(fits, f"as declared, {fits[0].share:.1%} inside")
    if site.distinct < POINTS_MIN:
        return _ambiguous(fits, f"'{reading.name}' fits, but {site.distinct} distinct points are too few for a repair")
    if reading.other_units and reading.crs != WEB_MERCATOR:
        others = site.tried(Reading("as written", code) for code in usual if crs_of(code).is_geographic)
        return _ambiguous(
            [*fits, *others], f"the numbers are degrees, {crs} is in meters, and it is open on which datum"
        )
    rivals = [
        fit
        for fit in site.tried(_rivals(reading, usual))
        if fit.reading.repairs < reading.repairs or fit.shift_m(fits[0]) > _RELATIVES_M
    ]
    if not _is_one_place([*fits, *rivals]):
        return _ambiguous([*fits, *rivals], f"'{reading.name}' fits, but so does another system, no less simply")
    return _chosen(fits, f"{reading.name}, {fits[0].share:.1%} inside")


def _choose_undeclared(site: _Site, usual: tuple[str, ...], others: Sequence[str]) -> Placement:
    """Apply the rule for a file that names no system."""
    fits = site.tried(reading for code in usual for reading in readings_of(code, plain="as written"))
    if not fits:
        told = f"no reading in {', '.join(usual)} lies in the area" if usual else _NO_SYSTEM
        return Placement("none", None, (), told)
    fits += _strangers(site, fits, [code for code in others if code not in usual])
    # Degrees of nobody knows what are those of a receiver, which claim less than ETRS89.
    fits.sort(key=lambda fit: (not fit.reading.is_as_declared, fit.reading.crs != WGS84))
    if not _is_one_place(fits):
        return _ambiguous(fits, f"no system is declared, and {len(fits)} readings fit")
    if site.distinct < POINTS_MIN or "add" in fits[0].reading.repairs:
        return _ambiguous(fits, f"no system is declared, and {site.distinct} distinct points are too few to decide")
    return _chosen(fits, f"no system is declared; only {fits[0].reading.crs} fits, {fits[0].share:.1%} inside")


def _strangers(site: _Site, fits: list[_Fit], others: list[str]) -> list[_Fit]:
    """Give what planes that are not usual make of plane numbers as written, where that is another place.

    Lambert 2005 and Lambert 72 write numbers alike, 1.4 km apart; what is usual is not for that what is meant.
    """
    if all(crs_of(fit.reading.crs).is_geographic for fit in fits):
        return []
    needed = max(fit.share for fit in fits) - _AS_WELL
    found: list[_Fit] = []
    for code in sorted(others, key=lambda code: code not in _UTM_ZONES):
        if code in DOUBTFUL_PLANES or not is_usable(code, site.land.country):
            continue
        fit = site.try_reading(Reading("as written", code))
        if fit is not None and fit.share >= needed and all(fit.shift_m(one) > SAME_PLACE_M for one in fits + found):
            found.append(fit)
    return found


def _offer_others(site: _Site, crs: str, usual: tuple[str, ...]) -> Placement:
    """Say what else the numbers may be when no reading of the declared system fits."""
    share = site.share(Reading.as_declared(crs))
    said = f"as declared in {crs} {share:.0%} of the points lie in the area"
    others = (code for code in dict.fromkeys((*usual, *_OFTEN_MISLABELED)) if code != crs)
    fits = site.tried(reading for code in others for reading in readings_of(code, plain="as written"))
    if not fits:
        told = f"{said}, and no other reading fits"
        return Placement("none", None, (), told + _told_of_lost_points(site, crs))
    fits.sort(key=lambda fit: not fit.reading.is_as_declared)
    systems = ", ".join(dict.fromkeys(fit.reading.crs for fit in fits))
    return _ambiguous(fits, f"{said}; the numbers fit {systems}, which is not what is declared")


def _told_of_lost_points(site: _Site, crs: str) -> str:
    """Say that declared degrees are some with their decimal point taken for a mark of thousands; mostly nothing."""
    if not crs_of(crs).is_geographic:
        return ""
    for divisor in LOST_POINTS:
        shrunk = _Site(site.x / divisor, site.y / divisor, site.land, 0.5)
        if shrunk.share(Reading.as_declared(crs)) > shrunk.share_min:
            return f". {lost_points(divisor)}"
    return ""


def lost_points(divisor: int, where: str = "the area") -> str:
    """Return what a person is told of degrees that became whole numbers, and are so when divided."""
    return (
        f"Divided by {divisor:,} most are degrees in {where}: a spreadsheet program took their decimal point for a "
        "thousands separator. Do not divide the numbers, since some had fewer digits: ask for the original file"
    )


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
