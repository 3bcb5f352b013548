"""Find the coordinate system of an unknown file: what it states, what fits, and where its places would lie.

A system is set only where the file states it and its numbers can be so, where degrees leave no usual rival, or where
no other reading that fits lies more than `SAME_PLACE_M` away. Everything else is offered as a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import numpy as np
import shapely
from pyproj import CRS, Transformer

from inducult_geo.catalog import Region
from inducult_geo.collecting.boundaries import outline_for_check
from inducult_geo.drafting.text import comment, number_range, quoted, short
from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import WGS84
from inducult_geo.harmonize.places.mixed import two_systems
from inducult_geo.harmonize.places.placement import (
    LOST_POINTS,
    SAME_PLACE_M,
    Candidate,
    Placement,
    choose_reading,
    is_usable,
    lost_points,
)
from inducult_geo.harmonize.places.points import BEYOND_DEG
from inducult_geo.harmonize.places.readings import WEB_MERCATOR, Land, Located, Reading
from inducult_geo.harmonize.transforms.operations import operations
from inducult_geo.harmonize.transforms.systems import crs_code, geodetic_code, systems_over
from inducult_geo.run import Run

_WEB_MERCATOR_EDGE = 20_037_508.4
_NO_COORDINATE_OF_A_COUNTRY = 1e6
_SHARE_MIN = 0.5
_NEARLY_ALL = 0.9
_OFFERED_MAX = 6
_NAMED_MAX = 3
_FAR_M = 2000.0
_NOT_WHERE_USED = (
    "Read in this system, the places do not lie where it is used: the file may state the wrong one. Draft again with "
    "--region, which names what fits."
)
_HOW_TO_TELL = (
    "Their numbers look alike. Enter the latitude and longitude of the first place into a map search: in which one "
    "does its address or town lie there? Remove the # before crs of that one, or ask the sender."
)


@dataclass
class SystemLines:
    """Lines for the head and for `[place]` of a draft, and the codes of the systems that they name."""

    head: list[str] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    chosen: str | None = None
    offered: list[str] = field(default_factory=list)

    def choose(self, code: str, told: str) -> None:
        """Set the system, and say why."""
        self.chosen = code
        self.place.append(f"crs = {quoted(code)} # {told}")

    def offer(self, code: str, told: str) -> None:
        """Name a system that a person may set."""
        self.offered.append(code)
        self.place.append(f"# crs = {quoted(code)} # {told}")

    def ask(self) -> None:
        """Leave the system open: a person has to say it."""
        self.place.append('# crs = "EPSG:"')


@dataclass(frozen=True)
class PointsIn:
    """Points of a file, (n, 2) x and y as the columns are named, and a region in which they may lie."""

    xy: np.ndarray
    region: Region
    run: Run

    @property
    def candidates(self) -> Sequence[Candidate]:
        """Every reading in the systems usual in the region that puts half of the points there."""
        choice = self.choice(None)
        return () if choice is None else choice.candidates

    def choice(self, crs: str | None, divisor: int = 1) -> Placement | None:
        """Return what fits half of the points, their numbers divided first; nothing where `crs` has no operation."""
        x, y = self.xy.T / divisor
        systems = {"candidates": self.region.crs, "others": self.planes}
        try:
            return choose_reading(x, y, self._land, crs=crs, **systems, share_min=_SHARE_MIN)
        except CoordinateError:
            return None

    def located(self, reading: Reading, most: int | None = None) -> Located:
        """Return where a reading puts the points, or the first few of them."""
        x, y = self.xy[:most].T
        return self._land.locate(reading, x, y)

    @property
    def planes(self) -> Sequence[str]:
        """Codes of the plane systems that are in use over the region."""
        return systems_over(self.region.bbox, in_degrees=False)

    @property
    def mixed(self) -> str:
        """Which two systems the file seems to mix, in words, if any two put all rows into the region together."""
        x, y = self.xy.T
        return two_systems(x, y, self._land, self.region.crs).strip()

    @cached_property
    def _land(self) -> Land:
        outline = outline_for_check(self.region, self.run)
        return Land(outline.area, self.region.country, self.run.settings.grids_folder)


def crs_lines(stated: str | None, points: np.ndarray, about: Region | None, run: Run) -> SystemLines:
    """Return what a draft says of the CRS.

    Parameters
    ----------
    stated
        The CRS that the file states.
    points
        (n, 2) x and y as the columns are named; none where they could not be told.
    about
        The region that the file is about; without one, every region is tried.
    """
    lines = SystemLines()
    if stated is not None and _fits_globe(stated, points):
        code = stated if re.fullmatch(r"[A-Za-z]+:\d+", stated) else None
        if code is None and not _is_registered(stated):
            lines.place.append(comment(f"The file states {short(stated)}, which is not a registered system."))
            if len(points):
                _choose(lines, stated, points, about, run)
            return lines
        if code:
            lines.choose(code, "stated by the file")
        else:
            lines.place.append(comment(f"states {short(stated)}"))
        lines.place += _doubt(code, points, about, run)
        lines.head += _home(code, points, about, run)
        return lines
    if stated is not None:
        numbers = number_range(points[:, 0])
        lines.place.append(comment(f"The file states {short(stated)}, but its numbers are not degrees ({numbers})."))
    if len(points):
        _choose(lines, stated, points, about, run)
    return lines


def _doubt(code: str | None, points: np.ndarray, about: Region | None, run: Run) -> list[str]:
    """Say that the places do not lie in the region in the system that the file states: a `.prj` may be of another.

    Nor where the system is used, where no region is named.
    """
    if code is None or not len(points):
        return []
    if about is None:
        return [] if _lie_where_used(code, points) else [comment(_NOT_WHERE_USED)]
    choice = PointsIn(points, about, run).choice(code)
    if choice is None or (choice.reading is not None and choice.reading.is_as_declared):
        return []
    return [
        comment(f"Read in this system, the places do not lie in {about.id}: inducult check names the systems that fit.")
    ]


def _lie_where_used(code: str, points: np.ndarray) -> bool:
    crs = CRS(code)
    if crs.is_projected and _are_degrees(points):
        return False
    area = crs.area_of_use
    if area is None:
        return True
    lon, lat = Transformer.from_crs(code, WGS84, always_xy=True).transform(*points.T)
    west, south, east, north = shapely.box(*area.bounds).buffer(BEYOND_DEG).bounds
    inside = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    return bool(inside.mean() >= _SHARE_MIN) or area.west > area.east


def _choose(lines: SystemLines, stated: str | None, points: np.ndarray, about: Region | None, run: Run) -> None:
    if about is None and stated is None and _are_degrees(points):
        lines.choose(WGS84, "guessed: degrees; no other system is usual for a wide source")
        lines.head += _home(WGS84, points, about, run)
        return
    regions = [about] if about is not None else [*run.catalog.regions.values()]
    tried = [PointsIn(points, region, run) for region in regions]
    found = [(there, candidate) for there in tried for candidate in there.candidates]
    for there, candidate in found:
        lines.offer(candidate.reading.crs, _candidate_told(candidate, there))
    if about is not None and found and max(candidate.inside_share for _, candidate in found) < _NEARLY_ALL:
        told = (
            f"None of them puts all rows into {about.id}: there may be slips, rows from elsewhere, or several systems "
            "in one file."
        )
        lines.place.append(comment(tried[0].mixed or f"{told} Ask the sender."))
    only = _unrivaled(candidate for _, candidate in found) if about is not None else None
    if only is not None and about is not None:
        how = "" if only.reading.is_as_declared else f", {only.reading.name} (a run does so)"
        told = f"guessed: no other candidate lies elsewhere, {only.inside_share:.0%} inside{how}"
        lines.choose(only.reading.crs, told)
        lines.place += _old_degrees(only.reading, tried[0])
        return
    alike = [candidate.reading.name for _, candidate in found if candidate.reading.repairs <= {"swap"}]
    if about is not None and len(set(alike)) < len(alike):
        lines.place.append(comment(_HOW_TO_TELL))
    if found and about is None:
        lines.head += [
            f"# region = {quoted(name)} # see the candidates"
            for name in sorted({there.region.id for there, _ in found})
        ]
    if not found:
        _nothing_usual(lines, points, tried[0] if about is not None else None)


def _nothing_usual(lines: SystemLines, points: np.ndarray, there: PointsIn | None) -> None:
    """Say that no usual system puts the places into the region that is named, or into any, and what else would."""
    if there is not None and (mixed := there.mixed):
        lines.place.append(comment(mixed))
        lines.ask()
        return
    where = f" in {there.region.id}" if there is not None else " in any region"
    lines.place.append(
        comment(f"None of the systems in use there puts the places{where}: ask the sender which system it is.")
    )
    if there is not None:
        if told := _without_decimals(there):
            lines.place += told
        elif rare := [*islice(_rare_candidates(there), _OFFERED_MAX)]:
            for candidate in rare:
                lines.offer(candidate.reading.crs, _rare_told(candidate))
        else:
            lines.place += _without_operation(there)
        country = f'countries = ["{there.region.country}"]'
        lines.place.append(comment(f"If the list is about more than the region, write {country} instead of region."))
    lines.ask()
    if place := _as_web_mercator(points):
        lines.offer(WEB_MERCATOR, f"Web Mercator would put them at {place}")


def _old_degrees(reading: Reading, there: PointsIn) -> list[str]:
    """Say how far away degrees would lie if they were of the country's old maps: no outline tells them apart."""
    if not CRS(reading.crs).is_geographic:
        return []
    as_read = there.located(reading)
    told = []
    for datum in sorted({item.datum for item in operations() if item.country == there.region.country}):
        as_old = there.located(replace(reading, crs=datum))
        away_m = as_read.away_m(as_old)
        if SAME_PLACE_M < away_m < _FAR_M:
            told.append(f"{CRS(datum).name} ({datum}) {away_m:,.0f} m, {as_old.share:.0%} inside")
    if not told:
        return []
    said = f"If they are degrees from old maps, they lie elsewhere: {'; '.join(told)}."
    return [comment(f"{said} Only a row whose true place is known can show which one is right.")]


def _unrivaled(candidates: Iterable[Candidate]) -> Candidate | None:
    """Return the one candidate that fits as written or with its axes swapped, where no other reading lies elsewhere."""
    known = sorted(candidates, key=lambda one: (not one.reading.is_as_declared, one.reading.crs != WGS84))
    # Surveyors of half of the countries call the northing X: where nothing else fits, nobody need be asked.
    if not known or not known[0].reading.repairs <= {"swap"}:
        return None
    # What is told of each is how far it lies from the first.
    return None if any(abs(one.shift_m - known[0].shift_m) > SAME_PLACE_M for one in known) else known[0]


def _candidate_told(candidate: Candidate, there: PointsIn) -> str:
    reading, region = candidate.reading, there.region
    how = "as written" if reading.is_as_declared else reading.name
    how += "" if reading.crs in region.crs else ", not usual there"
    away = f", {candidate.shift_m:,.0f} m from the first" if candidate.shift_m >= 1 else ""
    # No row is a place by both: the file holds two systems.
    away = away if np.isfinite(candidate.shift_m) else ", of other rows than the first"
    system = CRS(reading.crs)
    told = f"candidate: {candidate.inside_share:.0%} inside {region.id}, {how}{away}"
    if system.is_geographic:
        return told
    first = there.located(reading, 1)
    numbers = " ".join(f"{number:.10g}" for number in there.xy[0])
    where = f"; {numbers} lies at {first.lat[0]:.5f}, {first.lon[0]:.5f}" if np.isfinite(first.lat[0]) else ""
    return f"{told} ({system.name}{where})"


def _without_decimals(there: PointsIn) -> list[str]:
    """Say that numbers are degrees whose decimal point a spreadsheet program took for a mark of thousands."""
    for divisor in LOST_POINTS:
        choice = there.choice(WGS84, divisor)
        if choice is not None and choice.reading is not None and choice.reading.is_as_declared:
            return [comment(f"{lost_points(divisor, there.region.id)}.")]
    return []


def _rare_candidates(there: PointsIn) -> Iterator[Candidate]:
    """Yield the best reading in each system of the register that is not usual in a region and puts the points there.

    Old sheets and neighbors' lists are in such: the zones of Poland's system of 1965, say.
    """
    known: set[str] = set()
    for code in there.planes:
        if code in there.region.crs:
            continue
        choice = there.choice(code)
        candidates = () if choice is None else choice.candidates
        best = next((one for one in candidates if one.inside_share >= _NEARLY_ALL), None)
        # UTM of WGS 84 is read as that of ETRS89, which stands there as well.
        if best is not None and best.reading.crs not in known:
            known.add(best.reading.crs)
            yield best


def _without_operation(there: PointsIn) -> list[str]:
    """Name what puts the points there but has no operation in the country: a neighbor's list."""
    west, south, east, north = there.region.bbox
    names: list[str] = []
    for code in there.planes:
        if is_usable(code, there.region.country):
            continue
        way = Transformer.from_crs(code, WGS84, always_xy=True)
        for x, y in (there.xy.T, there.xy.T[::-1]):
            lon, lat = way.transform(x, y)
            inside = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
            if inside.mean() >= _NEARLY_ALL:
                names.append(f"{CRS(code).name} ({code})")
                break
    if not names:
        return []
    told = f"{' or '.join(names[:_NAMED_MAX])} would put them there, but cannot be read in {there.region.country}"
    return [comment(f"{told}: ask the sender for the list in degrees (EPSG:4326) or ETRS89.")]


def _rare_told(candidate: Candidate) -> str:
    reading = candidate.reading
    how = "" if reading.is_as_declared else f", {reading.name}"
    return f"{CRS(reading.crs).name}, not usual there: {candidate.inside_share:.0%} inside{how}"


def _as_web_mercator(points: np.ndarray) -> str | None:
    """Return where numbers would lie if they were Web Mercator, which is often taken for degrees or not stated."""
    if np.abs(points).max() > _WEB_MERCATOR_EDGE or np.abs(points).max() < _NO_COORDINATE_OF_A_COUNTRY:
        return None
    lon, lat = Transformer.from_crs(WEB_MERCATOR, WGS84, always_xy=True).transform(points[:, 0], points[:, 1])
    return f"longitude {number_range(np.asarray(lon))}, latitude {number_range(np.asarray(lat))}"


def _home(crs: str | None, points: np.ndarray, about: Region | None, run: Run) -> list[str]:
    """Where no region is named: the one country of the system, and the regions where the places lie."""
    if about is not None or crs is None:
        return []
    try:
        datum = geodetic_code(crs)
    except CoordinateError:
        return []
    lines = []
    countries = sorted({item.country for item in operations() if item.datum == datum})
    if len(countries) == 1 and countries[0] != "*":
        lines.append(f"countries = [{quoted(countries[0])}] # guessed: {crs} is registered for this country alone")
    if crs == WGS84 and len(points):
        for region in run.catalog.regions.values():
            west, south, east, north = region.bbox
            inside = (points[:, 0] >= west) & (points[:, 0] <= east) & (points[:, 1] >= south) & (points[:, 1] <= north)
            if inside.mean() > _SHARE_MIN:
                lines.append(f"# region = {quoted(region.id)} # {inside.mean():.0%} of the rows lie near it")
    return lines


def _are_degrees(points: np.ndarray) -> bool:
    return bool(len(points)) and float(((np.abs(points[:, 0]) <= 180) & (np.abs(points[:, 1]) <= 90)).mean()) > 0.9


def _is_registered(crs: str) -> bool:
    try:
        crs_code(crs)
    except CoordinateError:
        return False
    return True


def _fits_globe(crs: str, points: np.ndarray) -> bool:
    """Whether numbers can be of a system: degrees must be degrees."""
    return not CRS.from_user_input(crs).is_geographic or not len(points) or _are_degrees(points)
