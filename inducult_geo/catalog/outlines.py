"""Outlines of Europe's countries (`countries.csv`, made by `web/countries.py`): in which country a place lies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

AT_SEA_M: Final = 370_400.0
"""So far at most a country's works stand in the sea: its economic zone ends 200 nautical miles from its coast, by the
United Nations' Convention on the Law of the Sea, article 57."""


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
        return _within(self.outline, points)

    def is_near(self, points: Floats) -> Flags:
        """Tell which points (n, 2) lie in it or within `BORDER_M` of it."""
        west, south, east, north = self.outline.bounds
        x, y = points[:, 0], points[:, 1]
        found = (west - BORDER_M <= x) & (x <= east + BORDER_M) & (south - BORDER_M <= y) & (y <= north + BORDER_M)
        some = np.flatnonzero(found)
        if len(some):
            found[some] = _within(self.around, points[some])
        return found


def _within(area: BaseGeometry, points: Floats) -> Flags:
    shapely.prepare(area)
    return np.asarray(shapely.contains_xy(area, points[:, 0], points[:, 1]), dtype=bool)


def outlines_of(countries: Collection[str]) -> tuple[BaseGeometry, ...]:
    """Return the outlines of those of some countries that have one here, in EPSG:4326, in the order of their codes."""
    known = _outlines()
    return tuple(known[code] for code in sorted(known.keys() & {*countries}))


def area_of(countries: Collection[str]) -> BaseGeometry | None:
    """Return the area of some countries together, in EPSG:4326; null where none is named, or one has no outline here.

    Parameters
    ----------
    countries
        Codes of ISO 3166-1, two letters each.
    """
    if not countries or not _outlines().keys() >= {*countries}:
        return None
    return shapely.union_all(outlines_of(countries))


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


def elsewhere(points: Floats, told: Sequence[str | None]) -> tuple[NDArray[np.object_], Floats]:
    """Tell which places cannot be in the country that is told of them, and how far from it they are.

    Such a place is in another country (or off its coast) and farther from its own than `BORDER_M`, or it is farther
    from its own than `AT_SEA_M`.

    Parameters
    ----------
    points
        (n, 2) in `WORK_CRS`; NaN where there is no place.
    told
        The code of each place's country; null, or one without an outline here, where that is not known.

    Returns
    -------
    tuple
        The code of the country in which each lies, an empty text where that is none; and its distance from its own in
        meters of `WORK_CRS`, which is a few percent short beyond Europe; 0 where it may be there.
    """
    own = np.array(told, dtype=object)
    found, away_m = np.full(len(points), "", dtype=object), np.zeros(len(points))
    for country in _countries():
        some = np.flatnonzero((own == country.code) & ~np.isnan(points[:, 0]))
        out = some[~country.is_near(points[some])]
        away_m[out] = shapely.distance(country.outline, shapely.points(points[out]))
    out = np.flatnonzero(away_m)
    for holds in (_Country.is_near, _Country.holds):
        for country in _countries():
            found[out[holds(country, points[out])]] = country.code
    away_m[(found == "") & (away_m <= AT_SEA_M)] = 0.0
    found[away_m == 0] = ""
    return found, away_m


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
