"""Outlines of Europe's countries (`countries.csv`, made by `web/countries.py`): in which country a place lies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from inducult_geo.frames import WORK_CRS
from inducult_geo.ragged import Flags, Floats
from inducult_geo.text.tables import packaged_rows

BORDER_M: Final = 5_000.0
"""A place this near to a country may be in it: outlines are simplified by some two kilometers, and quays are built."""


@dataclass(frozen=True)
class _Country:
    """A country as it is drawn, in `WORK_CRS`."""

    code: str
    outline: BaseGeometry

    @cached_property
    def around(self) -> BaseGeometry:
        """The outline widened by `BORDER_M`."""
        # Few countries have a place of a list near by, and widening takes longer than all else here.
        return shapely.buffer(self.outline, BORDER_M, quad_segs=2)

    def holds(self, points: Floats) -> Flags:
        """Tell which points (n, 2) lie in it."""
        return self._within(points, lambda: self.outline)

    def is_near(self, points: Floats) -> Flags:
        """Tell which points (n, 2) lie in it or within `BORDER_M` of it."""
        return self._within(points, lambda: self.around)

    def _within(self, points: Floats, area_of_it: Callable[[], BaseGeometry]) -> Flags:
        west, south, east, north = self.outline.bounds
        x, y = points[:, 0], points[:, 1]
        found = (west - BORDER_M <= x) & (x <= east + BORDER_M) & (south - BORDER_M <= y) & (y <= north + BORDER_M)
        some = np.flatnonzero(found)
        if len(some):
            area = area_of_it()
            shapely.prepare(area)
            found[some] = shapely.contains_xy(area, x[some], y[some])
        return found


def area_of(countries: Collection[str]) -> BaseGeometry | None:
    """Return the area of some countries together, in EPSG:4326; null where none is named, or one has no outline here.

    Parameters
    ----------
    countries
        Codes of ISO 3166-1, two letters each.
    """
    known = _outlines()
    if not countries or not known.keys() >= {*countries}:
        return None
    return shapely.union_all([known[code] for code in sorted(countries)])


def country_at(points: Floats) -> NDArray[np.object_]:
    """Return the code of the country in which each place lies; an empty text where that is none, or may be another.

    Parameters
    ----------
    points
        (n, 2) in `WORK_CRS`; NaN where there is no place.
    """
    found = np.full(len(points), "", dtype=object)
    times = np.zeros(len(points), dtype=int)
    for country in _countries():
        near = country.is_near(points)
        found[near] = country.code
        times += near
    found[times > 1] = ""
    return found


def in_another(points: Floats, told: Sequence[str | None]) -> NDArray[np.object_]:
    """Return of each place that lies in another country than is told of it the code of that; else an empty text.

    It lies in another one where it is farther from its own than `BORDER_M`; out at sea it lies in none.

    Parameters
    ----------
    points
        (n, 2) in `WORK_CRS`; NaN where there is no place.
    told
        The code of each place's country; null, or one without an outline here, where that is not known.
    """
    own = np.array(told, dtype=object)
    found = np.full(len(points), "", dtype=object)
    for country in _countries():
        found[country.is_near(points)] = country.code
    for country in _countries():
        found[country.holds(points)] = country.code
    doubtful = np.isin(own, [*_outlines()]) & (found != "") & (found != own)
    for country in _countries():
        some = np.flatnonzero(doubtful & (own == country.code))
        doubtful[some] = ~country.is_near(points[some])
    found[~doubtful] = ""
    return found


@cache
def _outlines() -> dict[str, BaseGeometry]:
    """Return each country's outline by its code, in EPSG:4326."""
    rows = packaged_rows("countries.csv")
    return dict(zip((row["country"] for row in rows), shapely.from_wkt([row["outline"] for row in rows]), strict=True))


@cache
def _countries() -> tuple[_Country, ...]:
    # To the kilometer the two datums are one, so this needs no pinned operation.
    to_work = Transformer.from_crs("EPSG:4326", WORK_CRS, always_xy=True)

    def moved(xy: Floats) -> Floats:
        return np.column_stack(to_work.transform(xy[:, 0], xy[:, 1]))

    return tuple(_Country(code, shapely.transform(outline, moved)) for code, outline in _outlines().items())
