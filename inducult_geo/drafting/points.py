"""Read the coordinate columns of an unknown table as points, and write the draft's lines about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import shapely

from inducult_geo.drafting.column import Column
from inducult_geo.drafting.columns import angles_of
from inducult_geo.drafting.text import comment, number_range, short
from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.cells import FARTHEST
from inducult_geo.harmonize.coordinates.links import NO_POINT, is_shape
from inducult_geo.harmonize.coordinates.read import parse_coordinates
from inducult_geo.harmonize.places.placement import Candidate

_NUMBERS_MAX = 8
_MOSTLY = 0.5
_NEARLY_ALL = 0.9
_ASKED_MAX = 8
_ASKED_ROWS = 500
_FEWEST = 5
_ZONES_MAX = 4
_SHARED = 0.2
_ZONE = re.compile(r"(?:UTM ?)?3[0-6] ?[S-WN]", re.IGNORECASE)


def shape_points(shapes: pd.Series[Any]) -> np.ndarray:
    """Return one point (x, y) for each geometry that has any."""
    known = np.array([shape for shape in shapes if shape is not None], dtype=object)
    if not len(known):
        return np.empty((0, 2))
    boxes = shapely.bounds(known)
    middles = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2))
    return np.asarray(middles[(np.abs(middles) < FARTHEST).all(axis=1)])


def shape_lines(columns: list[Column]) -> list[str]:
    """Name the columns that hold shapes as text, which no contract can read."""
    return [comment(f"{short(column.name)} {NO_POINT}.") for column in columns if column.share(is_shape) > _MOSTLY]


def number_lines(frame: pd.DataFrame, columns: list[Column]) -> list[str]:
    """Name the columns of numbers, where no names tell which are coordinates: the heading may stand a row higher."""
    lines = []
    for column in columns:
        if column.decimal is not None and not column.is_counter and len(column.cells) > 0.5 * len(frame):
            numbers = np.array([n for n in column.numbers(column.decimal) if n is not None])
            lines.append(comment(f"{short(column.name)} holds numbers: {number_range(numbers)}"))
    return lines[:_NUMBERS_MAX]


def zone_lines(columns: list[Column]) -> list[str]:
    """Say how rows of several UTM zones are read, where a column names the zone of each ("32U", "33U")."""
    for column in columns:
        zones = sorted(set(column.cells))
        if 1 < len(zones) <= _ZONES_MAX and all(map(_ZONE.fullmatch, zones)):
            told = f"{short(column.name)} seems to name a UTM zone for each row ({', '.join(zones)}). Rows of several"
            how = "zones are read from one column: write zone, easting, northing into it (33U 405000 5560000)"
            return [comment(f"{told} {how} and name it as text.")]
    return []


def axes_inside(
    frame: pd.DataFrame, columns: list[Column], candidates: Callable[[np.ndarray], Sequence[Candidate]]
) -> tuple[Column, Column] | None:
    """Return the two columns of numbers that alone put nearly all rows into a region, whatever they are called.

    `candidates` returns the readings that put points into the region. Two pairs that do so leave it open.
    """
    full = [column for column in columns if column.decimal and not column.is_counter]
    full = [column for column in full if len(column.cells) > _MOSTLY * len(frame)][:_ASKED_MAX]
    found: list[tuple[Column, Column]] = []
    for x, y in combinations(full, 2):
        points = column_points(frame, x, y, "," if "," in (x.decimal, y.decimal) else ".")[:_ASKED_ROWS]
        if len(np.unique(points, axis=0)) < _FEWEST:
            continue
        best = max(candidates(points), key=lambda one: one.inside_share, default=None)
        if best is not None and best.inside_share >= _NEARLY_ALL:
            found.append((y, x) if "swapped" in best.reading.name else (x, y))
    return found[0] if len(found) == 1 else None


def column_points(frame: pd.DataFrame, x: Column, y: Column, decimal: str) -> np.ndarray:
    """Return the points (x, y) of two columns of numbers or angles; zeros and what is too far are left out."""
    both = frame[[x.name, y.name]].dropna().astype(str)
    if x.is_angle and y.is_angle:
        pairs = [angles_of(one, other) for one, other in zip(both[x.name], both[y.name], strict=True)]
        points = np.array([pair for pair in pairs if pair is not None], dtype=float).reshape(-1, 2)
    else:
        numbers = [Column(name, tuple(both[name]), len(both)).numbers(decimal) for name in (x.name, y.name)]
        points = np.array(numbers, dtype=float).T.reshape(-1, 2)
    return np.asarray(points[(np.abs(points) < FARTHEST).all(axis=1) & (points != 0).any(axis=1)])


def text_points(column: Column) -> np.ndarray:
    """Return the points (x, y) of texts that tell neither degrees nor their system: WKT of eastings, say."""
    found = (_numbers_of(cell) for cell in column.cells)
    return np.array([numbers for numbers in found if numbers is not None], dtype=float).reshape(-1, 2)


def _numbers_of(cell: str) -> tuple[float, float] | None:
    try:
        parsed = parse_coordinates(cell)
    except CoordinateError:
        return None
    is_open = parsed.kind == "xy" and parsed.crs is None and parsed.labels is None
    return (parsed.a, parsed.b) if is_open and max(abs(parsed.a), abs(parsed.b)) < FARTHEST else None


def unit_lines(points: np.ndarray) -> list[str]:
    """Offer that rows are units of one site, where many share their place with another."""
    _, at, counts = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    share = float((counts[at.reshape(-1)] > 1).mean()) if len(points) else 0.0
    told = f"{share:.0%} of the places are those of several rows: units, or permits, of one site?"
    return [f"# units_per_site = true # {told}"] if share >= _SHARED else []
