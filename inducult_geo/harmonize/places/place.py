"""Turn coordinates as written into geometries in EPSG:3035, with the reading, the operation and the accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError, CoordinateError, SourceError
from inducult_geo.frames import WORK_CRS, Problem
from inducult_geo.harmonize.coordinates.cells import REPAIRED, Cells, read_cells
from inducult_geo.harmonize.coordinates.parsed import WGS84
from inducult_geo.harmonize.places.choosing import choose
from inducult_geo.harmonize.places.corrections import ROWS_MAX, suggest
from inducult_geo.harmonize.places.ground import OUTSIDE_M, Ground
from inducult_geo.harmonize.places.mixed import another_system, two_systems, whereabouts
from inducult_geo.harmonize.places.placement import Placement, usual_there
from inducult_geo.harmonize.places.readings import Land, Reading, how_to_settle, readings_of
from inducult_geo.harmonize.places.shared_places import SHARED_ACCURACY_M, find_shared
from inducult_geo.harmonize.transforms.crs import transform_geometries
from inducult_geo.harmonize.transforms.systems import told_of

OUTSIDE_COUNTRIES, NOT_IN_ITS_COUNTRY = "outside_countries", "not_in_its_country"
"""Kinds of problems: a wide source lies elsewhere as a whole; some of the rows do, by what they say themselves."""

UNSTATED_ACCURACY_M = {"surveyed": 1.0, "digitized": 10.0, "address": 250.0, "settlement": 2000.0, "unknown": 500.0}
"""How true a source's own coordinates are taken to be where its contract does not state it, by their origin; the last
one as two open lists show, of which seven in ten labelled pairs lie within that of both (`bench_accuracy`)."""


@dataclass
class Placed:
    """The places of n rows: geometries in EPSG:3035 (null where none) and how they came about."""

    cells: Cells
    geometry: np.ndarray
    accuracy_m: np.ndarray
    crs: list[str | None]
    reading: list[str | None]
    operation: list[str | None]
    origin: list[str]
    readings: dict[int, Reading] = field(default_factory=dict)
    candidates: tuple[dict[str, Any], ...] = ()
    problems: list[Problem] = field(default_factory=list)

    @property
    def systems(self) -> list[str | None]:
        """The CRS of each row: as declared, else the one that its reading found."""
        found = [self.readings.get(row) for row in range(len(self.crs))]
        return [crs or (reading.crs if reading else None) for crs, reading in zip(self.crs, found, strict=True)]

    def is_point(self, row: int) -> bool:
        """Whether a row is a pair of numbers that were read: drawn shapes hold no slip of one."""
        shape = self.cells.shapes[row]
        return row in self.readings and (shape is None or shape.geom_type == "Point")

    @property
    def told(self) -> list[str]:
        """What whoever takes the places as they are has to know: a repair, and which of them cannot be right."""
        repairs = sorted({reading.name for reading in self.readings.values() if not reading.is_as_declared})
        said = [f"its coordinates are read with: {', '.join(repairs)}"] if repairs else []
        return said + [one.message for one in self.problems if one.kind in (OUTSIDE_COUNTRIES, NOT_IN_ITS_COUNTRY)]


def placeable(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the coordinates of rows of a wrong shape out: they would tell of the whole file, and may be other cells."""
    bad = rows["reason"].eq("bad_row")
    if not bad.any():
        return rows
    there = [name for name in ("x", "y", "text", "geometry") if name in rows]
    return rows.assign(**{name: rows[name].mask(bad, None) for name in there})


def place(rows: pd.DataFrame, contract: Contract, ground: Ground, *, file_crs: str | None = None) -> Placed:
    """Place the rows of a `Raw` frame.

    The reading (axes, units, signs, zone prefix) is chosen once for all rows of one CRS. Where several fit, every
    row is quarantined as `ambiguous_place` with the candidates; a region's row more than `OUTSIDE_M` outside is
    quarantined as `outside_region`.

    Raises
    ------
    ContractError
        Where no reading of the declared CRS lies in the region, or none is declared and none can be found.
    SourceError
        Where fewer rows lie inside than the contract expects.
    """
    declared = contract.place.crs or file_crs
    cells = read_cells(rows, contract, crs=declared, country=ground.country)
    placed = _unplaced(cells, contract)
    placed.problems.extend(Problem(contract.id, kind, message) for kind, message in cells.notes)
    if contract.place.crs and file_crs and (said := told_of(file_crs)) != told_of(contract.place.crs):
        message = f"the file states {said} and the contract {contract.place.crs}: the contract is followed"
        placed.problems.append(Problem(contract.id, "crs_differs", message))
    try:
        for crs, group in _by_system(cells):
            _place_group(placed, group, crs, contract, ground)
    except CoordinateError as problem:
        raise ContractError(f"{contract.declared_in}: [place] crs: {problem}") from problem
    _note_repaired(placed, contract)
    _set_accuracy(placed, rows, contract)
    _doubt_shared_places(placed, rows, contract)
    _check_inside(placed, contract, ground)
    return placed


def _unplaced(cells: Cells, contract: Contract) -> Placed:
    """Return rows of which no place is known yet."""
    n = len(cells.x)
    origin: list[str] = [contract.place.origin] * n
    nowhere = np.full(n, None, dtype=object)
    return Placed(cells, nowhere, np.full(n, np.nan), [None] * n, [None] * n, [None] * n, origin)


def _by_system(cells: Cells) -> Iterator[tuple[str | None, np.ndarray]]:
    """Yield each CRS with the positions of its rows, those of no stated CRS last."""
    usable = np.isfinite(cells.x) & np.isfinite(cells.y)
    systems = pd.Series(cells.crs, dtype=object)
    for crs in sorted({str(name) for name in systems[usable].dropna()}):
        yield crs, np.flatnonzero(usable & (systems == crs).to_numpy())
    unstated = np.flatnonzero(usable & systems.isna().to_numpy())
    if len(unstated):
        yield None, unstated


def _place_group(placed: Placed, rows: np.ndarray, crs: str | None, contract: Contract, ground: Ground) -> None:
    """Choose one reading for these rows and transform them."""
    x, y = placed.cells.x[rows], placed.cells.y[rows]
    choice = choose(x, y, crs, contract, ground)
    reading = choice.reading
    if reading is None and crs is not None and ground.area is None and not choice.candidates:
        placed.problems.append(_outside_countries(choice, contract, ground))
        reading = Reading.as_declared(crs)
    if reading is None:
        fitting = [candidate for candidate in choice.candidates if crs is None or candidate.reading.crs == crs]
        if not fitting:
            raise ContractError(_no_reading(crs, contract, ground, choice, x, y))
        _quarantine(placed, rows, crs, choice, _mixed(crs, ground, x, y))
        offers = [candidate.reading for candidate in fitting] + [*(readings_of(crs) if crs is not None else ())]
        for offered, some in _shown_by(placed.cells, rows, offers, ground.land):
            _transform(placed, some, crs, offered, ground)
        return
    _transform(placed, rows, crs, reading, ground)


def _shown_by(
    cells: Cells, rows: np.ndarray, readings: list[Reading], land: Land
) -> Iterator[tuple[Reading, np.ndarray]]:
    """Yield each reading with the rows that wait at its places: a row's is the first that puts it into the region.

    One reading rarely fits all rows, and a question drawn on another continent helps nobody to settle it.
    """
    near = np.full(len(rows), -1)
    for number, reading in enumerate(readings):
        inside = land.locate(reading, cells.x[rows], cells.y[rows]).inside
        near[(near < 0) & inside] = number
    near[near < 0] = 0
    for number, reading in enumerate(readings):
        if (near == number).any():
            yield reading, rows[near == number]


def _outside_countries(choice: Placement, contract: Contract, ground: Ground) -> Problem:
    """Say that a wide source lies outside of its countries; it is taken as declared, since nothing else fits."""
    said = f"{choice.detail}. Check its countries ({', '.join(ground.countries)}) and [place] of the contract."
    return Problem(contract.id, OUTSIDE_COUNTRIES, said)


def _transform(placed: Placed, rows: np.ndarray, crs: str | None, reading: Reading, ground: Ground) -> None:
    """Give rows their places by one reading."""
    shapes = _read_shapes(placed.cells, rows, reading)
    moved, operation, accuracy_m = transform_geometries(
        shapes, source_crs=reading.crs, target_crs=WORK_CRS, country=ground.country or "", grids=ground.grids
    )
    lost = ~np.isfinite(shapely.bounds(moved)).all(axis=1)
    moved[lost] = None
    placed.geometry[rows] = moved
    placed.accuracy_m[rows] = np.hypot(accuracy_m, placed.cells.precision_m[rows])
    for row in rows:
        placed.crs[row], placed.reading[row], placed.operation[row] = crs, reading.name, operation
        placed.readings[int(row)] = reading
    for row in rows[lost]:
        # The numbers stay: in another system they may be a place.
        placed.cells.reason[row] = "bad_coordinate"
        placed.cells.detail[row] = f"not a place in {reading.crs}: check the coordinate and [place] crs"


def _quarantine(placed: Placed, rows: np.ndarray, crs: str | None, choice: Placement, mixed: str) -> None:
    """Let rows wait for a person, with every reading that fits, or the two systems that do so together."""
    placed.candidates = tuple(candidate.as_dict() for candidate in choice.candidates)
    fits = "; ".join(
        f"'{c['reading']}' in {c['crs']} ({c['inside_share']:.0%} inside, {c['shift_m']:.0f} m away)"
        for c in placed.candidates
    )
    told = f"{choice.detail}: {fits}." + (mixed or how_to_settle([c.reading for c in choice.candidates], crs))
    for row in rows:
        placed.cells.reason[row] = "ambiguous_place"
        placed.cells.detail[row] = told


def _read_shapes(cells: Cells, rows: np.ndarray, reading: Reading) -> np.ndarray:
    own = cells.shapes[rows]
    if shapely.is_missing(own).all():
        return np.asarray(shapely.points(*reading.apply(cells.x[rows], cells.y[rows])))

    def apply(coordinates: np.ndarray) -> np.ndarray:
        return np.column_stack(reading.apply(coordinates[:, 0], coordinates[:, 1]))

    return np.asarray(shapely.transform(own, apply))


def _note_repaired(placed: Placed, contract: Contract) -> None:
    """Say how many geometries were invalid; each such row carries the note."""
    repaired = sum(detail == REPAIRED for detail in placed.cells.detail)
    if repaired:
        message = "outlines crossed themselves and were repaired; this is noted in the 'detail' of their rows"
        placed.problems.append(Problem(contract.id, "geometry_repaired", message, repaired))


def _set_accuracy(placed: Placed, rows: pd.DataFrame, contract: Contract) -> None:
    """Widen the accuracy by what the source says of its own coordinates, by row or as a whole."""
    own = np.full(len(rows), contract.place.accuracy_m or UNSTATED_ACCURACY_M[contract.place.origin])
    if "accuracy_m" in rows:
        stated = pd.to_numeric(rows["accuracy_m"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        own = np.where(np.isfinite(stated) & (stated > 0), stated, own)
    elif contract.place.accuracy_m is None:
        message = f"[place] accuracy_m is not stated: {own[0] if len(own) else 0:g} m is assumed"
        placed.problems.append(Problem(contract.id, "accuracy_assumed", message))
    placed.accuracy_m = np.hypot(placed.accuracy_m, own)


def _doubt_shared_places(placed: Placed, rows: pd.DataFrame, contract: Contract) -> None:
    """Say how many rows share a place; where too many do, trust it less (see `shared_places`)."""
    points = shapely.get_type_id(placed.geometry) == shapely.GeometryType.POINT
    x, y = (np.where(points, values, np.nan) for values in (placed.cells.x, placed.cells.y))
    shared = find_shared(x, y, rows, units_per_site=contract.units_per_site)
    if not shared.rows:
        return
    placed.problems.append(Problem(contract.id, "shared_place", shared.message, shared.rows))
    placed.accuracy_m = np.where(shared.doubtful, np.fmax(placed.accuracy_m, SHARED_ACCURACY_M), placed.accuracy_m)
    origin = "address" if contract.place.origin == "address" else "settlement"
    for row in np.flatnonzero(shared.doubtful):
        placed.origin[row] = origin
        placed.cells.detail[row] = placed.cells.detail[row] or shared.note


def _check_inside(placed: Placed, contract: Contract, ground: Ground) -> None:
    """Reject the rows that lie outside of the region; refuse a source of which fewer lie inside than expected."""
    if ground.area is None:
        _check_inside_countries(placed, contract, ground)
        return
    rows = np.flatnonzero(~shapely.is_missing(placed.geometry))
    outline, _, _ = transform_geometries(
        np.array([ground.area]), source_crs=WGS84, target_crs=WORK_CRS, country=ground.country or "", grids=None
    )
    distance_m = shapely.distance(placed.geometry[rows], outline[0])
    outside = [
        (int(row), float(away_m))
        for row, away_m in zip(rows, distance_m, strict=True)
        if away_m > OUTSIDE_M and placed.cells.reason[row] is None
    ]
    land = Land(ground.area, ground.country or "", ground.grids)
    near = _middle(placed, rows[distance_m <= OUTSIDE_M], ground.area, land.country)
    told = _note_mixed(placed, [row for row, _ in outside], contract, ground, land)
    for row in told.keys() - dict(outside).keys():
        placed.cells.detail[row] = f"{placed.cells.detail[row]}; {told[row]}"
    for number, (row, away_m) in enumerate(outside):
        hint = told.get(row) or (_hint(placed, row, land, near, ground.crs) if number < ROWS_MAX else None)
        placed.cells.reason[row] = "outside_region"
        said = f"lies {away_m / 1000:.1f} km outside {ground.name}: check the coordinate"
        placed.cells.detail[row] = f"{said}; {hint}" if hint else said
        if hint:  # It may be read in two ways, and nobody knows how true the written one is.
            placed.accuracy_m[row] = np.nan
    _refuse_too_few(distance_m <= OUTSIDE_M, contract, ground.name)


def _check_inside_countries(placed: Placed, contract: Contract, ground: Ground) -> None:
    """Refuse a wide source of which fewer rows lie in its countries, or off their coasts, than its contract expects."""
    if contract.expect.inside_share_min is None:
        return
    if ground.land.area.is_empty:
        message = "[expect] inside_share_min is not checked, since no outline of the list's countries is known"
        placed.problems.append(Problem(contract.id, "unchecked_share", message))
        return
    middles, _, _ = transform_geometries(
        shapely.centroid(placed.geometry[~shapely.is_missing(placed.geometry)]),
        source_crs=WORK_CRS,
        target_crs=WGS84,
        country=ground.country or "",
    )
    _refuse_too_few(shapely.contains(ground.land.area, middles), contract, ", ".join(ground.countries))


def _refuse_too_few(inside: np.ndarray, contract: Contract, where: str) -> None:
    """Refuse a source of which fewer rows lie inside (n,) than its contract expects."""
    share_min, share = contract.expect.inside_share_min, float(inside.mean()) if len(inside) else 1.0
    if share_min is not None and share < share_min:
        raise SourceError(
            f"{contract.id}: {share:.0%} of the rows lie in {where}, where the contract expects at least "
            f"{share_min:.0%}. Check the file and [place] crs. The records of the last good run are kept."
        )


def _middle(placed: Placed, inside: np.ndarray, area: BaseGeometry, country: str) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the rows that lie inside, or of the area where none does."""
    middle = area.representative_point()
    if len(inside):
        center = np.median(shapely.get_coordinates(shapely.centroid(placed.geometry[inside])), axis=0)
        moved, _, _ = transform_geometries(
            np.array([shapely.Point(center)]), source_crs=WORK_CRS, target_crs=WGS84, country=country
        )
        middle = moved[0]
    return middle.x, middle.y


def _note_mixed(placed: Placed, outside: list[int], contract: Contract, ground: Ground, land: Land) -> dict[int, str]:
    """Say which rows outside, or without a place in their system, lie inside in another; returns a hint for each."""
    nowhere = np.flatnonzero(shapely.is_missing(placed.geometry)).tolist()
    rows = np.array([row for row in sorted([*outside, *nowhere]) if placed.is_point(row)], dtype=int)
    own = [placed.readings[row].crs for row in rows.tolist()]
    other = another_system(placed.cells.x[rows], placed.cells.y[rows], land, ground.crs, own, contract.place.crs)
    if other is None:
        return {}
    number = int(other.fits.sum())
    said = f"{number} of the {len(rows)} rows outside {ground.name} would lie inside in {other.words}"
    placed.problems.append(Problem(contract.id, "mixed_systems", f"{said}: {other.advice}", number))
    return dict.fromkeys(rows[other.fits].tolist(), f"in {other.words} it would lie inside, as others of this file")


def _hint(placed: Placed, row: int, land: Land, near: tuple[float, float], systems: Sequence[str]) -> str | None:
    """Name the slip that may have misplaced a row, or another system; drawn shapes hold none."""
    if not placed.is_point(row):
        return None
    return suggest(placed.cells.x[row], placed.cells.y[row], placed.readings[row], land, near, systems)


def _mixed(crs: str | None, ground: Ground, x: np.ndarray, y: np.ndarray) -> str:
    """Say which two systems put all rows inside together; nothing where one does alone, or no two do."""
    return two_systems(x, y, ground.land, [*([crs] if crs else []), *ground.crs])


def _no_reading(
    crs: str | None, contract: Contract, ground: Ground, choice: Placement, x: np.ndarray, y: np.ndarray
) -> str:
    said = f"{contract.declared_in}: wrong [place] crs, x or y for {', '.join(contract.files)}: {choice.detail}."
    if mixed := _mixed(crs, ground, x, y):
        return said + mixed
    usual = usual_there(ground.crs, crs, ground.name, ground.country or "")
    usual += f' Is the list about more than {ground.name}? Write countries = ["{ground.country}"] instead of region.'
    fits = "; ".join(f"{c.reading.crs} {c.reading.name} ({c.inside_share:.0%} inside)" for c in choice.candidates)
    told = f" What fits: {fits}." if fits else whereabouts(x, y, crs, ground.country or "") + usual
    return f"{said}{told} Correct the contract."
