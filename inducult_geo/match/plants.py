"""Records of one list that belong together: units of one plant, one name at one place, permits at one address.

Found by their names and places alone; those that tell of one works in other words are found in `twins`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, spread

TELLING: Final = 0.5
"""Weight of the words from which a name is of one works ("Haus" side by side are two)."""

PLANT_M: Final = 20_000.0
"""Units of one plant have no such gap between them: numbered works of a firm in two towns are two works."""

SPOT_M: Final = 10.0
"""Points that fall into one square of this side are one."""


def plants_of(prepared: Prepared, repeated: Collection[str] = ()) -> Ints:
    """Return the number of the plant that each record is a unit of; -1 where it is none.

    Records of one source are units of one plant where their first names hold a number and agree in all other words, of
    which one at least is the plant's own (not "Kraftwerk 1", "Kraftwerk 2"), with no gap of `PLANT_M` between them.
    Works in the north and the south are two.
    In the sources `repeated` so are those that bear one telling name at one place: a row for each phase, or permit.
    """
    names, words = prepared.names, prepared.lexicon
    named = np.flatnonzero(names.counts > 0)
    # Few names hold a number at all: the others need no closer look.
    numbered = _holding(prepared.variants, words.is_unit)[names.values[names.offsets[named]]]
    rows = named[numbered]
    first = Ragged(names.values[names.offsets[rows]], np.arange(len(rows) + 1))
    at, told = spread(first, prepared.variants)
    own = np.bincount(at[~words.exact[told]], minlength=len(rows)) > 0
    mark = np.zeros(len(rows), dtype=np.int64)
    beside = ~words.is_unit[told]
    # A sum of random numbers stands for the words in any order.
    marks = np.random.default_rng(0).integers(1 << 40, size=len(words.words))
    np.add.at(mark, at[beside], marks[told[beside]])
    units = rows[own]
    found = np.full(len(prepared), -1, dtype=np.int64)
    found[units] = _at_one_place(_several(prepared.source[units], mark[own]), prepared.xy[units])
    if len(repeated):
        again = _at_one_spot(prepared, named[~numbered & np.isin(prepared.source[named], [*repeated])])
        found[again >= 0] = again[again >= 0] + found.max(initial=-1) + 1
    return found


def doors_of(prepared: Prepared) -> Ints:
    """Return the number of the address at which each record stands with others of its source; -1 where it is alone.

    An address is a street, a house number and a postcode: a post box or a street alone is none.
    """
    told = (prepared.streets.counts > 0) & (prepared.house_numbers.counts > 0) & (prepared.postcode != "")
    rows = np.flatnonzero(told)
    found = np.full(len(prepared), -1, dtype=np.int64)
    found[rows] = _several(prepared.source[rows], *(part[rows] for part in _addresses(prepared)))
    return found


def _addresses(prepared: Prepared) -> tuple[Ints, Ints, Ints]:
    """Return a number for the streets, the house numbers and the postcode of each record."""
    return prepared.streets.alike[0], prepared.house_numbers.alike[0], prepared.coded["postcode"][0]


def _several(*columns: NDArray[Any]) -> Ints:
    """Return the number of each row among those that are alike; -1 where it is alone."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    codes = pd.MultiIndex.from_arrays(columns).factorize()[0].astype(np.int64)
    return np.where(np.bincount(codes)[codes] > 1, codes, -1)


def _at_one_place(groups: Ints, xy: Floats) -> Ints:
    """Cut groups of records where a gap of `PLANT_M` lies between them, in either direction; -1 is none.

    Parameters
    ----------
    xy
        Coordinates in meters, one row a record; NaN where unknown: what has no place stays with the last of its group.
    """
    for axis in (0, 1):
        order = np.lexsort((xy[:, axis], groups))
        group, at = groups[order], xy[order, axis]
        cut = np.zeros(len(group), dtype=bool)
        cut[1:] = (group[1:] != group[:-1]) | (np.diff(at) > PLANT_M)
        parts = np.empty(len(group), dtype=np.int64)
        parts[order] = np.cumsum(cut)
        groups = np.where(groups < 0, -1, parts)
    many = np.bincount(groups[groups >= 0], minlength=1) > 1
    return np.where((groups >= 0) & many[groups], groups, -1)


def _at_one_spot(prepared: Prepared, rows: Ints) -> Ints:
    """Return for each record which of some records bear its telling name at its address and point; -1 where none."""
    names, variants, words = prepared.names, prepared.variants, prepared.lexicon
    tells = np.where(words.exact, 0.0, words.weights)[variants.values]
    weight = np.bincount(variants.rows, weights=tells, minlength=len(variants))
    placed = (prepared.streets.counts > 0) | ~np.isnan(prepared.x)
    kept = rows[placed[rows] & (weight[names.values[names.offsets[rows]]] >= TELLING)]
    points = np.round(np.nan_to_num(prepared.xy[kept]) / SPOT_M).astype(np.int64)
    found = np.full(len(prepared), -1, dtype=np.int64)
    name = names.values[names.offsets[kept]]
    addresses = (part[kept] for part in _addresses(prepared))
    found[kept] = _several(prepared.source[kept], name, points[:, 0], points[:, 1], *addresses)
    return found


def _holding(lists: Ragged, wanted: Flags) -> Flags:
    """Tell which lists hold any of the wanted values."""
    found = np.zeros(len(lists), dtype=bool)
    found[np.searchsorted(lists.offsets, np.flatnonzero(wanted[lists.values]), side="right") - 1] = True
    return found
