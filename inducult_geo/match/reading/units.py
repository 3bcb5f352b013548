"""Units of one plant ("Escombreras 1", "Escombreras 2"): rows of a list that differ in a number alone.

Another list may give the plant as one row, under its name or under the number of one of its machines, and with the
capacity of them all (see `plants.stand_for_all`).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.reading.lexicon import Lexicon
from inducult_geo.match.reading.trades import power_words
from inducult_geo.ragged import Flags, Floats, Ints, Ragged

PLANT_M: Final = 20_000.0
"""Units of one plant have no such gap between them: numbered works of a firm in two towns are two works."""

GENERAL: Final = frozenset({"@factory"})
"""Words for works of any kind."""

MACHINES_M: Final = 1_000.0
"""Machines of one plant lie no farther apart; numbered boiler houses of a town do."""


def units_of(names: Ragged, words: Lexicon, *, source: NDArray[np.object_], xy: Floats) -> Ints:
    """Return the number of the plant that each of some records is a unit of; -1 where it is none.

    Records of one source are units of one plant where their first names hold a number and agree in all other words but
    those of a power house or of works in general, and one at least is the plant's own (not "Kraftwerk 1", "Kraftwerk
    2"), with no gap of `PLANT_M` between them. Works in the north and the south are two, and so are a power plant and a
    brewery.

    Parameters
    ----------
    names
        Record -> the words of its first name, which hold the number of a unit.
    words
        What the numbers of words stand for.
    source, xy
        Of each record; coordinates in meters, NaN where unknown.
    """
    at, told = names.rows, names.values
    which, place = np.unique(told, return_inverse=True)
    listed = words.words[which].tolist()
    # "Irsching 3 Power Plant", "Irsching-5 CCGT Power Plant": what kind of machine it is tells no other plant.
    is_power = power_words(listed)
    is_kind = (is_power | np.array([word in GENERAL for word in listed], dtype=bool))[place]
    own = np.bincount(at[~(words.exact[told] | is_power[place])], minlength=len(names)) > 0
    mark = np.zeros(len(names), dtype=np.int64)
    beside = ~(words.is_unit[told] | is_kind)
    # A sum of random numbers stands for the words in any order.
    marks = np.random.default_rng(0).integers(1 << 40, size=len(words.words))
    np.add.at(mark, at[beside], marks[told[beside]])
    found = np.full(len(names), -1, dtype=np.int64)
    found[own] = at_one_place(several(source[own], mark[own]), xy[own], np.full(np.count_nonzero(own), PLANT_M))
    return found


def several(*columns: NDArray[Any]) -> Ints:
    """Return the number of each row among those that are alike; -1 where it is alone."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    # Column by column: a row of values as one key takes ten times as long.
    for column in columns:
        found, values = pd.factorize(column, use_na_sentinel=False)
        codes = pd.factorize(codes * max(len(values), 1) + found)[0].astype(np.int64)
    return np.where(np.bincount(codes)[codes] > 1, codes, -1)


def capacity_of_all(plants: Ints, capacity: Floats) -> Floats:
    """Return the capacity of all units together of the plant that each record is a unit of.

    NaN where it is of none (`plants` is -1), or one of the units does not tell its capacity.
    """
    units = np.flatnonzero(plants >= 0)
    found = np.full(len(plants), np.nan)
    found[units] = np.bincount(plants[units], weights=capacity[units])[plants[units]] if len(units) else 0.0
    return found


def machines_of(plants: Ints, xy: Floats) -> Flags:
    """Tell which records are units of a plant whose units all lie at one place (`MACHINES_M`), as far as they tell.

    Parameters
    ----------
    plants
        Number of the plant of each record; -1 where it is no unit.
    xy
        Coordinates in meters, one row a record; NaN where unknown.
    """
    units = np.flatnonzero(plants >= 0)
    size = int(plants.max(initial=-1)) + 1
    low, high = np.full((size, 2), np.inf), np.full((size, 2), -np.inf)
    # Of a number and NaN these keep the number.
    np.fmin.at(low, plants[units], xy[units])
    np.fmax.at(high, plants[units], xy[units])
    found = np.zeros(len(plants), dtype=bool)
    found[units] = ((high - low) <= MACHINES_M).all(axis=1)[plants[units]]
    return found


def at_one_place(groups: Ints, xy: Floats, gap_m: Floats) -> Ints:
    """Cut groups of records where a gap lies between them, in either direction; -1 is none.

    Parameters
    ----------
    xy
        Coordinates in meters, one row a record; NaN where unknown: what has no place stays with the last of its group.
    gap_m
        How far the next record may be from each one; of two neighbors the larger counts.
    """
    rows = np.flatnonzero(groups >= 0)
    found, xy, gap_m = groups[rows], xy[rows], gap_m[rows]
    before, count = -1, 0
    # What is cut in one direction may leave a gap in the other.
    while count != before:
        before = count
        for axis in (0, 1):
            order = np.lexsort((xy[:, axis], found))
            group, at, gap = found[order], xy[order, axis], gap_m[order]
            cut = np.zeros(len(group), dtype=bool)
            cut[1:] = (group[1:] != group[:-1]) | (np.diff(at) > np.maximum(gap[1:], gap[:-1]))
            found[order] = np.cumsum(cut)
        count = int(found.max(initial=0))
    out = np.full(len(groups), -1, dtype=np.int64)
    out[rows] = np.where(np.bincount(found, minlength=1)[found] > 1, found, -1)
    return out
