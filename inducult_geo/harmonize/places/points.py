"""Transform a table of points row by row: what `inducult transform` does with a CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from pyproj import Transformer

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.read import parse_number
from inducult_geo.harmonize.transforms.crs import Transformed
from inducult_geo.harmonize.transforms.systems import crs_code, crs_of

_MARKS = (".", ",")

BEYOND_DEG: Final = 3.5
"""So far outside of the area that EPSG tells for a system its numbers are used: all of Germany is told in zone 32."""


def transform_table(
    table: pd.DataFrame, source: str, target: str, move: Callable[..., Transformed]
) -> tuple[pd.DataFrame, int]:
    """Transform the columns x and y of a table of texts; all other columns stay as they are.

    Parameters
    ----------
    table : DataFrame, n rows of str
        With the columns `x` and `y`; the decimal mark, point or comma, is the one that reads more rows.
    source, target : str
        Codes of the systems that `move` leads from and to: degrees get nine decimals, meters four.
    move : callable
        Takes x and y as arrays, gives `Transformed`.

    Returns
    -------
    tuple
        The table with new x and y, `operation` and `accuracy_m`; a row that cannot be read or moved, or lies where the
        systems are not meant for (see `BEYOND_DEG`), has all four empty, and says why in a further column `problem`.
        Then the number of such rows.

    Raises
    ------
    CoordinateError
        As `move`, or where no row holds two numbers.
    """
    x, y, problems = min((_numbers(table, mark) for mark in _MARKS), key=lambda read: sum(map(bool, read[2])))
    if len(table) and all(problems):
        raise CoordinateError(f"no row holds two numbers: {problems[0]}")
    moved = move(x, y)
    for row in np.flatnonzero(np.isnan(moved.x)):
        problems[row] = problems[row] or "lies outside the area where this system is defined: are x and y exchanged?"
    problems = [told or beyond for told, beyond in zip(problems, _beyond(moved, source, target), strict=True)]
    lost = np.array([*map(bool, problems)], dtype=bool)
    decimals = 9 if crs_of(crs_code(target)).is_geographic else 4
    done = table.assign(
        x=_written(np.where(lost, np.nan, moved.x), decimals),
        y=_written(np.where(lost, np.nan, moved.y), decimals),
        operation=np.where(lost, "", moved.operation),
        accuracy_m=np.where(lost, "", f"{moved.accuracy_m:g}"),
    )
    return (done.assign(problem=problems) if lost.any() else done), int(lost.sum())


def _beyond(moved: Transformed, source: str, target: str) -> list[str]:
    """Say of each place, told in the target's system, that it lies far outside of a system's area, or nothing."""
    told, plane = [""] * len(moved.x), crs_of(crs_code(target))
    if plane.geodetic_crs is None:
        return told
    lon, lat = Transformer.from_crs(plane, plane.geodetic_crs, always_xy=True).transform(moved.x, moved.y)
    # What is wrong with both is told of the source's.
    for code in (target, source):
        area = crs_of(crs_code(code)).area_of_use
        if area is None:
            continue
        west, south, east, north = area.bounds
        # NaN is in no comparison.
        is_aside = (lon < west - BEYOND_DEG) | (lon > east + BEYOND_DEG)
        for row in np.flatnonzero(is_aside | (lat < south - BEYOND_DEG) | (lat > north + BEYOND_DEG)):
            told[row] = (
                f"lies at {lon[row]:.1f}, {lat[row]:.1f} (degrees east, north), and {code} is for {west:g} to "
                f"{east:g}, {south:g} to {north:g}: are x and y exchanged, or are the coordinates in another system?"
            )
    return told


def _numbers(table: pd.DataFrame, mark: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read both columns with a decimal mark; say of each row what is wrong with it, or nothing."""
    problems = [""] * len(table)
    columns = []
    for name in ("x", "y"):
        numbers = np.full(len(table), np.nan)
        for row, text in enumerate(table[name]):
            try:
                numbers[row] = parse_number(text, decimal=mark)
            except CoordinateError as problem:
                problems[row] = problems[row] or (f"{name} is empty" if not str(text).strip() else f"{name}: {problem}")
        columns.append(numbers)
    return columns[0], columns[1], problems


def _written(numbers: np.ndarray, decimals: int) -> Sequence[str]:
    return ["" if np.isnan(number) else f"{number:.{decimals}f}" for number in numbers]
