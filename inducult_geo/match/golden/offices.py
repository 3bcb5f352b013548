"""Find records that give the place of an office: their name has the town of another record, not their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from inducult_geo.arrow.texts import Coded, taken
from inducult_geo.frames import from_json
from inducult_geo.match.reading.misplaced import ASTRAY_FROM_M
from inducult_geo.match.reading.words import city_words
from inducult_geo.ragged import Flags, Ints, starts_of
from inducult_geo.text.lexicon import split_words


def at_offices(site: Ints, shapes: NDArray[np.object_], cities: Coded, countries: pa.Array, names: pa.Array) -> Flags:
    """Tell which records tell where an office of their site is, much as `Compared.is_at_office` tells of pairs.

    Parameters
    ----------
    site
        Number of each record's site; those of one site stand side by side.
    shapes
        Shape of each record in the work CRS; None where it has no place.
    cities, countries, names
        Their towns, countries, and names as JSON.
    """
    found = np.zeros(len(site), dtype=bool)
    for rows in _far_apart(site, shapes, cities.codes):
        towns = [cities.listed[code] for code in cities.codes[rows]]
        lands, told = (taken(column, rows).to_pylist() for column in (countries, names))
        found[rows] = _tell_others(towns, lands, told)
    return found


def _far_apart(site: Ints, shapes: NDArray[np.object_], towns: Ints) -> Iterable[Ints]:
    """Give the records of each site that tell several towns (by number; -1 for none) and lie far apart."""
    rows = np.flatnonzero(towns >= 0)
    starts = starts_of(site[rows])
    if not len(starts):
        return
    differ = np.maximum.reduceat(towns[rows], starts) > np.minimum.reduceat(towns[rows], starts)
    rows = rows[np.repeat(differ, np.diff(np.r_[starts, len(rows)]))]
    starts = starts_of(site[rows])
    bounds = shapely.bounds(shapes[rows])
    for start, end in pairwise(np.append(starts, len(rows))):
        west, south, east, north = bounds[start:end].T
        if np.hypot(_reach(west, east), _reach(south, north)) > ASTRAY_FROM_M:
            yield rows[start:end]


def _reach(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> float:
    """Return how far shapes reach in one direction, in meters; 0 where none has a place."""
    return float(np.nanmax(highest) - np.nanmin(lowest)) if not np.isnan(lowest).all() else 0.0


def _tell_others(towns: Sequence[str], lands: Sequence[str | None], names: Sequence[str | None]) -> Flags:
    """Tell whose names hold all words of another town of these, and none of its own."""
    words = [frozenset(city_words(town, land or "")) for town, land in zip(towns, lands, strict=True)]
    called = [
        frozenset(word for role, name in from_json(told).items() if role != "parent" for word in split_words(name))
        for told in names
    ]
    others = [{other for other in words if other and other.isdisjoint(own)} for own in words]
    return np.array(
        [
            own.isdisjoint(name) and any(other <= name for other in more)
            for own, name, more in zip(words, called, others, strict=True)
        ],
        dtype=bool,
    )
