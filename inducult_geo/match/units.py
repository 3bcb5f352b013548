"""Units of one plant ("Escombreras 1", "Escombreras 2"): rows of a list that differ in a number alone.

Another list may give the plant as one row, under its name or under the number of one of its machines, and with the
capacity of them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.trades import power_words
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, spread

if TYPE_CHECKING:
    from inducult_geo.match.prepared import Prepared

PLANT_M: Final = 20_000.0
"""Units of one plant have no such gap between them: numbered works of a firm in two towns are two works."""

GENERAL: Final = frozenset({"@factory"})
"""Words for works of any kind."""

MACHINES_M: Final = 1_000.0
"""Machines of one plant lie no farther apart; numbered boiler houses of a town do."""


def units_of(prepared: Prepared) -> Ints:
    """Return the number of the plant that each record is a unit of; -1 where it is none.

    Records of one source are units of one plant where their first names hold a number and agree in all other words but
    those of a power house or of works in general, and one at least is the plant's own (not "Kraftwerk 1", "Kraftwerk
    2"), with no gap of `PLANT_M` between them. Works in the north and the south are two, and so are a power plant and a
    brewery.
    """
    names, words = prepared.names, prepared.lexicon
    rows = np.flatnonzero(prepared.is_numbered)
    first = Ragged(names.values[names.offsets[rows]], np.arange(len(rows) + 1))
    at, told = spread(first, prepared.variants)
    which, place = np.unique(told, return_inverse=True)
    listed = words.words[which].tolist()
    # "Irsching 3 Power Plant", "Irsching-5 CCGT Power Plant": what kind of machine it is tells no other plant.
    is_power = power_words(listed)
    is_kind = (is_power | np.array([word in GENERAL for word in listed], dtype=bool))[place]
    own = np.bincount(at[~(words.exact[told] | is_power[place])], minlength=len(rows)) > 0
    mark = np.zeros(len(rows), dtype=np.int64)
    beside = ~(words.is_unit[told] | is_kind)
    # A sum of random numbers stands for the words in any order.
    marks = np.random.default_rng(0).integers(1 << 40, size=len(words.words))
    np.add.at(mark, at[beside], marks[told[beside]])
    units = rows[own]
    found = np.full(len(prepared), -1, dtype=np.int64)
    alike = several(prepared.source[units], mark[own])
    found[units] = at_one_place(alike, prepared.xy[units], np.full(len(units), PLANT_M))
    return found


def numbered(prepared: Prepared) -> Flags:
    """Tell whose first name holds the number of a unit."""
    names = prepared.names
    # Few names hold a number at all: the others need no closer look.
    named = np.flatnonzero(names.has_any)
    found = np.zeros(len(prepared), dtype=bool)
    holding = _holding(prepared.variants, prepared.lexicon.is_unit)
    found[named] = holding[names.values[names.offsets[named]]]
    return found


def several(*columns: NDArray[Any]) -> Ints:
    """Return the number of each row among those that are alike; -1 where it is alone."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    codes = pd.MultiIndex.from_arrays(columns).factorize()[0].astype(np.int64)
    return np.where(np.bincount(codes)[codes] > 1, codes, -1)


def stand_for_all(prepared: Prepared, units: Ints, others: Ints) -> Flags:
    """Tell which records stand for the whole plant of a record of another list, whatever number they bear.

    A list that gives a plant's machines one by one, all at one place (`MACHINES_M`), and one that gives it once, under
    the number of a machine by another count ("Solkan G1", "Solkan G2" and "HE Solkan 1"): the number is none of theirs.
    Numbered ironworks or shafts side by side ("Radwerk I", "Radwerk III") are works of their own, however near.

    Parameters
    ----------
    units, others
        Records, one a pair.
    """
    plants, names, words = prepared.units, prepared.name_words, prepared.lexicon
    width = len(words.words)
    power = prepared.is_power_plant
    found: Flags = prepared.is_machine[units] & (plants[others] < 0) & (power[units] | power[others])
    rows = np.flatnonzero(found)
    if not len(rows):
        return found
    machines = np.flatnonzero(plants >= 0)
    at, word = _numbers(names.take(machines), words.is_unit)
    owner, other = _numbers(names.take(others[rows]), words.is_unit)
    known = np.isin(plants[units[rows[owner]]] * width + other, plants[machines[at]] * width + word)
    found[rows[owner[known]]] = False
    return found


def capacity_of_all(prepared: Prepared) -> Floats:
    """Return the capacity of all units together of the plant that each record is a unit of.

    NaN where it is of none, or one of the units does not tell its capacity.
    """
    plants = prepared.units
    units = np.flatnonzero(plants >= 0)
    found = np.full(len(prepared), np.nan)
    found[units] = np.bincount(plants[units], weights=prepared.capacity[units])[plants[units]] if len(units) else 0.0
    return found


def machines_of(prepared: Prepared) -> Flags:
    """Tell which records are units of a plant whose units all lie at one place (`MACHINES_M`), as far as they tell."""
    plants = prepared.units
    units = np.flatnonzero(plants >= 0)
    size = int(plants.max(initial=-1)) + 1
    low, high = np.full((size, 2), np.inf), np.full((size, 2), -np.inf)
    # Of a number and NaN these keep the number.
    np.fmin.at(low, plants[units], prepared.xy[units])
    np.fmax.at(high, plants[units], prepared.xy[units])
    found = np.zeros(len(prepared), dtype=bool)
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


def _numbers(names: Ragged, is_unit: Flags) -> tuple[Ints, Ints]:
    """Return the numbers of units among lists of words: which list each is of, and the word."""
    told = is_unit[names.values]
    return names.rows[told], names.values[told]


def _holding(lists: Ragged, wanted: Flags) -> Flags:
    """Tell which lists hold any of the wanted values."""
    found = np.zeros(len(lists), dtype=bool)
    found[np.searchsorted(lists.offsets, np.flatnonzero(wanted[lists.values]), side="right") - 1] = True
    return found
