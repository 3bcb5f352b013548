"""Find rows of a list that describe the same works in other words, such as a row from each of two registers.

Both fit the same record of another list, and the one that fits a little better would have it alone. Where several rows
of a list may be of one works, they do not compete for it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import in_blocks
from inducult_geo.match.pairs.comparisons import towns_alike
from inducult_geo.match.reading.plants import TELLING
from inducult_geo.ragged import Flags, Floats, Ints, components, starts_of

FITS: Final = -5.0
"""Log-odds by the comparisons alone from which a row may be told of a record of another list at all."""

SAME_WORDS: Final = 0.8
"""Share of the words of names and operators that both rows tell: what one has beside them sets two works apart."""

SAME_NAME: Final = 0.85
"""Likeness from which two names are one; such a name is of one works where its words are rare (`plants.TELLING`)."""

SAME_TOWN: Final = 0.85
"""Likeness from which two towns are one."""

SAME_PLACE: Final = 4.0
"""Places of one works differ by no more than so many times their accuracy."""

_DIGITS: Final = 9
"""Log-odds that differ by less are the same: what is added up in another order differs so."""


def with_twins(plants: Ints, pairs: Compared, base: Floats, repeated: Flags) -> Ints:
    """Return the number of the plant of each record, where rows that tell of one works are of one plant, too.

    Two rows of a source are so that both fit one record of another, share nearly all words of their names and
    operators and tell of no other unit, and stand in one town: by their addresses, or the one by its name alone (its
    address may be that of the head office). Two that bear one name that many bear ("Villa"), or one at two house
    numbers, are two, unless the one names the other's town from elsewhere.

    Parameters
    ----------
    plants
        Number of the plant that each record is a unit of, -1 where it is none (see `plants.plants_of`).
    base
        Log-odds by the comparisons alone, one a pair.
    repeated
        Of which sources (by their number) several rows may be of one works.
    """
    one, other = _first_and_others(pairs, base, repeated)
    same = _tell_the_same(Compared(pairs.prepared, one, other))
    return _together(plants, one[same], other[same]) if same.any() else plants


def _first_and_others(pairs: Compared, base: Floats, repeated: Flags) -> tuple[Ints, Ints]:
    """Return which partner fits each record best, and each other one of the same source that fits, too."""
    p, source = pairs.prepared, pairs.prepared.sources[0]
    ends = (pairs.left, pairs.right), (pairs.right, pairs.left)
    # A record may stand left in some pairs and right in others.
    found = [np.flatnonzero((base >= FITS) & repeated[source[theirs]]) for _, theirs in ends]
    mine, theirs = (
        np.concatenate([side[rows] for side, rows in zip(sides, found, strict=True)])
        for sides in zip(*ends, strict=True)
    )
    value = np.round(base[np.concatenate(found)], _DIGITS)
    group = mine * len(repeated) + source[theirs]
    # Of two that fit alike the first by its key, wherever it stands in its list.
    some, which = np.unique(theirs, return_inverse=True)
    order = np.lexsort((p.key[some].argsort().argsort()[which], -value, group))
    partner, starts = theirs[order], starts_of(group[order])
    first = np.repeat(partner[starts], np.diff(np.r_[starts, len(partner)]))
    rest = first != partner
    return first[rest], partner[rest]


def _tell_the_same(rows: Compared) -> Flags:
    """Tell which pairs of rows of one source tell of one works (see `with_twins`)."""
    found = np.zeros(len(rows.left), dtype=bool)
    for here, some, seen in in_blocks(rows):
        near = (seen["postcode"] == 1) | (towns_alike(some) >= SAME_TOWN)
        near &= ~(seen["place"] > np.log10(1 + SAME_PLACE))
        told = some.is_town_told
        words = np.where(np.isnan(seen["words"]), seen["name"], seen["words"])
        # An office may bear the name of another firm.
        words = np.where(told, np.fmax(words, seen["name"]), words)
        is_house = (seen["telling words"] < TELLING) | (seen["house number"] == 0)
        is_house &= (seen["name"] >= SAME_NAME) & ~told
        found[here] = (words >= SAME_WORDS) & (near | told) & ~(seen["numbers"] < 1) & ~is_house
    return found


def _together(plants: Ints, one: Ints, other: Ints) -> Ints:
    """Put the plants of pairs of records together."""
    units = np.flatnonzero(plants >= 0)
    first = np.full(plants.max(initial=-1) + 1, -1, dtype=np.int64)
    first[plants[units]] = units
    starts, ends = np.r_[one, units], np.r_[other, first[plants[units]]]
    group = components(len(plants), starts, ends).astype(np.int64)
    return np.where(np.bincount(group)[group] > 1, group, -1)
