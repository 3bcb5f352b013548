"""Read the coordinates of a table cell by cell: numbers and their system, or the reason why they cannot be read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import DEGREE_M, WGS84, marked_angles
from inducult_geo.harmonize.coordinates.read import parse_coordinates, parse_number
from inducult_geo.harmonize.transforms.systems import crs_code, crs_of
from inducult_geo.tangled import TANGLED, is_tangled

HALF_MINUTE_M = math.sqrt(2) * 0.5 * DEGREE_M / 60
"""Diagonal of half an arc minute: what degrees are worth that were once written as degrees and minutes."""

REPAIRED = "its outline crossed itself and was repaired: compare it with the source"
"""What is noted of a row, accepted as it is, whose geometry was invalid."""

_DECIMALS = re.compile(r"\.(\d+)$")
_AROUND = re.compile(r"^[^\d+-]+|\D+$")
"""Quotes around a number, and its unit: no part of its decimals."""

_REPEATING_DECIMALS = 4
_NO_PLACE = (
    "the contract maps no coordinates: name x and y or text in [place], or `geometry = true` for a file of shapes "
    "(an address alone is not looked up)"
)
FARTHEST = 1e9
"""No system has larger coordinates in any unit of length that a partner may use."""
# A column of the other decimal mark: a few whole numbers may read either way, a few cells may be no numbers.
_ROWS_TO_TELL, _FEW, _NEARLY_ALL, _SAMPLE = 5, 0.2, 0.9, 500


@dataclass
class Cells:
    """The coordinates of n rows before any reading is chosen.

    Attributes
    ----------
    x, y
        (n,) numbers, easting or longitude first as far as the source says; NaN where there are none.
    crs
        (n,) the system each row is in: the declared one; EPSG:4326 where the text says degrees, but that is in meters.
    shapes
        (n,) the file's own geometries in the declared CRS, or all null.
    precision_m
        (n,) half a unit of the last digit written, in meters; half a minute where degrees were rounded to minutes. Of
        outlines 0: they have many corners.
    raw_x, raw_y, reason, detail
        (n,) what stood in the file, and why a row has no coordinates; a detail without a reason is a note.
    notes
        What was noticed of the file as a whole: (kind, message).
    """

    x: np.ndarray
    y: np.ndarray
    crs: list[str | None]
    shapes: np.ndarray
    precision_m: np.ndarray
    raw_x: list[str | None]
    raw_y: list[str | None]
    reason: list[str | None] = field(default_factory=list)
    detail: list[str | None] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, row: int, reason: str, detail: str) -> None:
        """Note why a row has no coordinates."""
        self.reason[row], self.detail[row] = reason, detail
        self.x[row] = self.y[row] = np.nan
        self.shapes[row] = None


def read_cells(rows: pd.DataFrame, contract: Contract, *, crs: str | None, country: str | None) -> Cells:
    """Read the coordinates of a `Raw` frame.

    Parameters
    ----------
    rows
        With `x` and `y`, or `text`, or `geometry`.
    contract
        Its `read.decimal` tells a decimal comma.
    crs
        The declared CRS; null where neither contract nor file says.
    country
        Tells what "O" and other ambiguous letters mean.
    """
    n = len(rows)
    empty = np.full(n, np.nan)
    cells = Cells(empty, empty.copy(), [crs] * n, np.full(n, None, dtype=object), np.zeros(n), [None] * n, [None] * n)
    cells.reason, cells.detail = [None] * n, [None] * n
    if "geometry" in rows:
        _from_shapes(cells, rows["geometry"].to_numpy())
    elif "text" in rows:
        for row, text in enumerate(rows["text"]):
            cells.raw_x[row] = _written(text)
            _from_text(cells, row, text, country)
    elif "x" in rows:
        cells.raw_x[:], cells.raw_y[:] = map(_written, rows["x"]), map(_written, rows["y"])
        decimal = _decimal_mark(cells, contract.read.decimal)
        for row in range(n):
            _from_columns(cells, row, decimal, country)
    else:
        for row in range(n):
            cells.refuse(row, "no_coordinates", _NO_PLACE)
    return cells


def _decimal_mark(cells: Cells, declared: str) -> str:
    """Return the decimal mark of both columns: the declared one, unless it reads little and the other reads it all."""
    pairs = [pair for pair in zip(cells.raw_x, cells.raw_y, strict=True) if pair[0] is not None and pair[1] is not None]
    pairs = pairs[:: max(1, len(pairs) // _SAMPLE)]
    other = "," if declared == "." else "."
    if len(pairs) < _ROWS_TO_TELL or _share_read(pairs, declared) > _FEW or _share_read(pairs, other) < _NEARLY_ALL:
        return declared
    message = (
        f"the coordinates are written with '{other}' as decimal mark, the contract says '{declared}': they are read as "
        f"written, for example {pairs[0][0]} {pairs[0][1]}. Correct [read] decimal."
    )
    cells.notes.append(("decimal_differs", message))
    return other


def _share_read(pairs: list[tuple[str | None, str | None]], decimal: str) -> float:
    """Return the share of pairs of which both numbers can be read with a decimal mark."""
    return sum(_is_number(x, decimal) and _is_number(y, decimal) for x, y in pairs) / len(pairs)


def _is_number(text: str | None, decimal: str) -> bool:
    try:
        parse_number(text or "", decimal=decimal)
    except CoordinateError:
        return False
    return True


def _from_columns(cells: Cells, row: int, decimal: str, country: str | None) -> None:
    raw_x, raw_y = cells.raw_x[row], cells.raw_y[row]
    if raw_x is None or raw_y is None:
        cells.refuse(row, "no_coordinates", "a coordinate is empty: give both, or leave the site to other sources")
        return
    try:
        cells.x[row], cells.y[row] = parse_number(raw_x, decimal=decimal), parse_number(raw_y, decimal=decimal)
    except CoordinateError as problem:
        _from_text(cells, row, marked_angles(raw_y, raw_x), country, instead=str(problem))
        return
    _say_precision(cells, row, raw_x, raw_y, decimal)
    _refuse_nowhere(cells, row)


def _from_text(cells: Cells, row: int, text: Any, country: str | None, *, instead: str | None = None) -> None:
    """Read one text; `instead` is what to say where two columns held it and neither way could be read."""
    if _written(text) is None:
        cells.refuse(row, "no_coordinates", "the coordinate is empty")
        return
    try:
        parsed = parse_coordinates(str(text), country=country)
    except CoordinateError as problem:
        # Of degrees with their sign nobody wants to hear that they are no plain number.
        is_angle = not {"°", "º", "˚"}.isdisjoint(str(text))
        cells.refuse(row, "bad_coordinate", str(problem) if instead is None or is_angle else instead)
        return
    if parsed.kind == "xy":
        if instead is not None:
            cells.refuse(row, "bad_coordinate", instead)
            return
        cells.x[row], cells.y[row] = parsed.a, parsed.b
        cells.crs[row] = parsed.crs or cells.crs[row]
    else:
        cells.x[row], cells.y[row] = parsed.b, parsed.a
        cells.crs[row] = parsed.crs or _of_degrees(cells.crs[row])
    cells.precision_m[row] = parsed.precision_m or 0.0
    _refuse_nowhere(cells, row)


def _of_degrees(declared: str | None) -> str:
    """Return the system of degrees that do not say theirs: the declared one if it is of degrees."""
    try:
        if declared is not None and crs_of(crs_code(declared)).is_geographic:
            return declared
    except CoordinateError:
        # Whether the declared system can be used at all is judged where the rows are placed.
        pass
    return WGS84


def _from_shapes(cells: Cells, shapes: np.ndarray) -> None:
    """Take a file's own geometries: without Z and M, repaired where invalid, refused where empty."""
    flat = _single(shapely.force_2d(shapes))
    wrong = ~shapely.is_valid(flat) & ~shapely.is_missing(flat) & np.isfinite(shapely.bounds(flat)).all(axis=1)
    lines = shapely.get_dimensions(flat) == 1
    tangled = {int(row) for row in np.flatnonzero(wrong | lines) if is_tangled(flat[row])}
    flat[[*tangled]], wrong[[*tangled]] = None, False
    with np.errstate(all="ignore"):
        flat[wrong] = shapely.make_valid(flat[wrong], method="structure", keep_collapsed=False)
    for repaired in np.flatnonzero(wrong):
        cells.detail[int(repaired)] = REPAIRED
    bounds = shapely.bounds(flat)
    usable = np.isfinite(bounds).all(axis=1) & (np.abs(np.nan_to_num(bounds)) < FARTHEST).all(axis=1)
    usable &= ~shapely.is_missing(flat) & ~shapely.is_empty(flat)
    points = np.full(len(flat), None, dtype=object)
    with np.errstate(all="ignore"):
        points[usable] = shapely.point_on_surface(flat[usable])
    # A shape of absurd extent has no point of its own that could be told.
    usable &= np.isfinite(shapely.bounds(points)).all(axis=1)
    cells.shapes[usable] = flat[usable]
    is_point = shapely.get_type_id(flat) == shapely.GeometryType.POINT
    for row in range(len(flat)):
        if not usable[row]:
            reason = "no_coordinates" if shapes[row] is None else "bad_geometry"
            why = TANGLED if row in tangled else "is null, empty or beyond repair"
            cells.refuse(row, reason, f"the geometry {why}: draw it again")
            continue
        cells.x[row], cells.y[row] = points[row].x, points[row].y
        raw = repr(float(points[row].x)), repr(float(points[row].y))
        cells.raw_x[row], cells.raw_y[row] = raw
        if is_point[row]:
            _say_precision(cells, row, *(text.removesuffix(".0") for text in raw))
            _refuse_nowhere(cells, row)


def _single(shapes: np.ndarray) -> np.ndarray:
    """Make a point of each multipoint of one: many programs write every point so."""
    multiple = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    alone = multiple & (shapely.get_num_geometries(shapes) == 1)
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _refuse_nowhere(cells: Cells, row: int) -> None:
    """Refuse numbers that are no place in any system: 0, 0, and those that no unit of length brings to earth."""
    if not (abs(cells.x[row]) < FARTHEST and abs(cells.y[row]) < FARTHEST):
        cells.refuse(row, "bad_coordinate", f"{cells.x[row]:g}, {cells.y[row]:g} is not a place on earth: correct it")
        return
    if cells.x[row] == 0 and cells.y[row] == 0:
        cells.refuse(
            row, "bad_coordinate", "0, 0 is not the place of a site: give the true coordinate, or leave both empty"
        )


def _written(cell: Any) -> str | None:
    """Return a cell as it was written, null where nothing was."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    text = repr(cell) if isinstance(cell, float) else str(cell)
    return text.strip() or None


def _say_precision(cells: Cells, row: int, x: str, y: str, decimal: str = ".") -> None:
    """Say how true a row's numbers are, as they are written; those that may be degrees are."""
    is_small = abs(cells.x[row]) <= 180 and abs(cells.y[row]) <= 180
    thousands = "," if decimal == "." else "."
    plain = (_AROUND.sub("", text).replace(thousands, "").replace(decimal, ".") for text in (x, y))
    cells.precision_m[row] = _precision_m(*plain, degrees=is_small)


def _precision_m(x: str, y: str, *, degrees: bool) -> float:
    """Return the diagonal of half a unit of the last decimal that either number is written with."""
    written = [len(found[1]) if (found := _DECIMALS.search(text)) else 0 for text in (x, y)]
    unit_m = DEGREE_M if degrees else 1.0
    precision_m = math.sqrt(2) * 0.5 * unit_m * 10.0 ** -max(written)
    if degrees and max(written) >= _REPEATING_DECIMALS and _is_minute(x, written[0]) and _is_minute(y, written[1]):
        return max(precision_m, HALF_MINUTE_M)
    return precision_m


def _is_minute(text: str, decimals: int) -> bool:
    """Whether a number of degrees is a whole number of minutes, as far as its decimals tell (50.716667 is 50°43')."""
    try:
        minutes = abs(float(text)) * 60
    except ValueError:
        return False
    return abs(minutes - round(minutes)) <= 60 * 0.5 * 10.0**-decimals + 1e-9
