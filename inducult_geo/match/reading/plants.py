"""Group records of one list: units of one plant, one name at one place, permits at one address.

Found by their names and places alone; those that tell of one works in other words are found in `twins`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.match.reading.units import several
from inducult_geo.ragged import Flags, Ints, Ragged

TELLING: Final = 0.5
"""Weight of the words from which a name is of one works ("Haus" side by side are two)."""

SPOT_M: Final = 10.0
"""Points that fall into one square of this side are one."""


def plants_of(prepared: Prepared, repeated: Collection[str]) -> Ints:
    """Return the number of the plant that each record is a unit of, or a row of; -1 where it is none.

    Units are told by `units.units_of`. In the sources `repeated` those are of one plant, too, that bear one telling
    name at one place: a row for each phase, or permit.
    """
    units = prepared.units
    if not len(repeated):
        return units
    plain = prepared.names.has_any & ~prepared.is_numbered
    again = _at_one_spot(prepared, np.flatnonzero(plain & np.isin(prepared.source, [*repeated])))
    return np.where(again >= 0, again + units.max(initial=-1) + 1, units)


def doors_of(prepared: Prepared) -> Ints:
    """Return the number of the address at which each record stands with others of its source; -1 where it is alone.

    An address is a street, a house number and a postcode of one country: a post box or a street alone is none.
    """
    told = prepared.streets.has_any & prepared.house_numbers.has_any
    rows = np.flatnonzero(told & (prepared.postcode_codes >= 0))
    found = np.full(len(prepared), -1, dtype=np.int64)
    found[rows] = several(prepared.source[rows], *(part[rows] for part in _addresses(prepared)))
    return found


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


def _addresses(prepared: Prepared) -> tuple[Ints, Ints, Ints]:
    """Return a number for the streets, the house numbers and the postcode of each record."""
    return prepared.streets.alike[0], prepared.house_numbers.alike[0], prepared.postcode_codes


def _at_one_spot(prepared: Prepared, rows: Ints) -> Ints:
    """Return for each record which of some records bear its telling name at its address and point; -1 where none."""
    names, variants, words = prepared.names, prepared.variants, prepared.lexicon
    tells = np.where(words.exact, 0.0, words.weights)[variants.values]
    weight = np.bincount(variants.rows, weights=tells, minlength=len(variants))
    placed = prepared.streets.has_any | ~np.isnan(prepared.x)
    kept = rows[placed[rows] & (weight[names.values[names.offsets[rows]]] >= TELLING)]
    points = np.round(np.nan_to_num(prepared.xy[kept]) / SPOT_M).astype(np.int64)
    found = np.full(len(prepared), -1, dtype=np.int64)
    name = names.values[names.offsets[kept]]
    addresses = (part[kept] for part in _addresses(prepared))
    found[kept] = several(prepared.source[kept], name, points[:, 0], points[:, 1], *addresses)
    return found


def _numbers(names: Ragged, is_unit: Flags) -> tuple[Ints, Ints]:
    """Return the numbers of units among lists of words: which list each is of, and the word."""
    told = is_unit[names.values]
    return names.rows[told], names.values[told]
