"""A table of points from one system to another, row by row: what `inducult transform` does with a CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.read import parse_number
from inducult_geo.harmonize.transforms.crs import Transformed
from inducult_geo.harmonize.transforms.systems import crs_code, crs_of

_MARKS = (".", ",")


def transform_table(table: pd.DataFrame, target: str, move: Callable[..., Transformed]) -> tuple[pd.DataFrame, int]:
    """Transform the columns x and y of a table of texts; all other columns stay as they are.

    Parameters
    ----------
    table : DataFrame, n rows of str
        With the columns `x` and `y`; the decimal mark, point or comma, is the one that reads more rows.
    target : str
        Code of the system that `move` leads to: degrees get nine decimals, meters four.
    move : callable
        Takes x and y as arrays, gives `Transformed`.

    Returns
    -------
    tuple
        The table with new x and y, `operation` and `accuracy_m`; a row that cannot be read or moved has all four empty,
        and says why in a further column `problem`. Then the number of such rows.

    Raises
    ------
    CoordinateError
        As `move`, or where no row holds two numbers.
    """
    x, y, problems = min((_numbers(table, mark) for mark in _MARKS), key=lambda read: sum(map(bool, read[2])))
    if len(table) and all(problems):
        raise CoordinateError(f"no row holds two numbers: {problems[0]}")
    moved = move(x, y)
    lost = np.isnan(moved.x)
    for row in np.flatnonzero(lost):
        problems[row] = problems[row] or "lies where the systems are not defined: are x and y exchanged?"
    decimals = 9 if crs_of(crs_code(target)).is_geographic else 4
    done = table.assign(
        x=_written(moved.x, decimals),
        y=_written(moved.y, decimals),
        operation=np.where(lost, "", moved.operation),
        accuracy_m=np.where(lost, "", f"{moved.accuracy_m:g}"),
    )
    return (done.assign(problem=problems) if lost.any() else done), int(lost.sum())


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
