"""Estimate without labels which kinds of works two lists share, by the words of their names.

Two lists may share every cement works and none of the boiler houses: one is of industry, the other of permits. So the
share of the records that hold a word and have a partner is compared with the share that their countries let expect.
This is the prior of `overlap` once more (Saerens, Latinne and Decaestecker 2002), by words instead of by countries: no
table of trades has to know what a list leaves out.

Only the most telling word of a pair counts, of either record. A kind that both names tell is one finding, not two: the
chance of a pair of that kind is the share of either list's records that are found in the other, never the product.

Where one list tells fuels and the other does not, so that they cannot be compared, fuels are such words, too: what
`overlap`, drawn to what the lists share as a whole, leaves of the difference between coal and wind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.fuels import FUELS
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.match.scoring.overlap import Levels, lists_of, logit
from inducult_geo.match.scoring.rivals import Contest
from inducult_geo.ragged import Floats, Ints, Small, blocks

HELD_BY: Final = 8
"""A word that fewer records of a source hold is no kind of works."""

KIND_COUNTS: Final = 40.0
"""What the countries let expect counts as so many holders of a word, beside those of the lists themselves."""

MOST_UP: Final = 0.35
MOST_DOWN: Final = 2.0
"""Log-odds by which a word moves a pair at most. Restraint has more room than zeal: that all cement works of a list are
found in another is no proof that this one is."""

FUEL_UP: Final = 1.0
"""The same of a fuel: of what plants burn each has one, of a few."""


@dataclass(frozen=True)
class Kinds(Levels):
    """What the kinds of works say: the same for all pairs of two lists that one word decides. The first says nothing.

    Attributes
    ----------
    words
        The word or fuel that decides, one for each of `level`; empty where none does.
    """

    words: NDArray[np.object_]


def kinds(pairs: Compared, sides: tuple[Contest, Contest], total: Floats) -> Kinds:
    """Compare how often the holders of each word have a partner with how often other records of their countries have.

    Parameters
    ----------
    sides
        The contests of `pairs` (see `rivals.contests`).
    total
        Log-odds of each pair without this.
    """
    p = pairs.prepared
    (source, names), tells = p.sources, p.tells_fuels

    @cache
    def held(mine: int, *, fuels: bool) -> _Holders:
        return _Holders.of(p, np.flatnonzero(source == mine), fuels=fuels)

    level, words = [np.zeros(1)], [np.full(1, "", dtype=object)]
    size = 1
    of_side = []
    for side in sides:
        lists = lists_of(side, source, len(names))
        chance = 1 / (1 + np.exp(-side.best(total)))
        row = np.zeros(len(side.record), dtype=np.int32)
        for number in np.unique(lists):
            mine = np.flatnonzero(lists == number)
            holders = held(int(source[side.record[mine[0]]]), fuels=bool(~tells[side.partners[mine[0]]]))
            leaning, place = holders.leaning(side.record[mine], chance[mine])
            row[mine] = np.where(place < 0, 0, size + place)
            level.append(leaning)
            words.append(holders.told(p))
            size += len(leaning)
        of_side.append(side.of_pairs(row))
    levels = np.concatenate(level)
    return Kinds(_that_say_more(of_side[0], of_side[1], levels), levels, np.concatenate(words))


def _that_say_more(one: Small, other: Small, level: Floats) -> Small:
    """Return for each pair which of two rows counts: that which says more, of equal ones the one that is against."""
    for here in blocks(len(one)):
        mine, theirs = level[one[here]], level[other[here]]
        more = np.abs(theirs) - np.abs(mine)
        one[here] = np.where((more > 0) | ((more == 0) & (theirs < mine)), other[here], one[here])
    return one


@dataclass(frozen=True)
class _Holders:
    """The records of one source and the words that at least `HELD_BY` of their names hold, or fuels that they tell.

    Attributes
    ----------
    records, land
        One value a record: its row, in order, and the number of its country.
    at, word
        One value a word that a name holds: the record's place in `records`, and the word's in `words`.
    words
        Numbers of the words in the lexicon; beyond these, of the fuels (see `fuels.FUELS`).
    n_words
        How many words the lexicon holds.
    """

    records: Ints
    land: Ints
    at: Ints
    word: Ints
    words: Ints
    n_words: int

    @classmethod
    def of(cls, p: Prepared, records: Ints, *, fuels: bool) -> _Holders:
        """Take the words of some records, and their fuels where asked for; numbers of units are no kinds."""
        names, n_words = p.name_words.take(records), len(p.lexicon.words)
        at, values = names.rows, names.values.astype(np.int64)
        if fuels and p.fuel[records].any():
            burns = np.flatnonzero(p.fuel[records])
            row, fuel = np.nonzero(p.fuel[records[burns], None] >> np.arange(len(FUELS)) & 1)
            at, values = np.r_[at, burns[row]], np.r_[values, n_words + fuel]
        frequent = np.bincount(values, minlength=n_words + len(FUELS)) >= HELD_BY
        frequent[:n_words] &= ~p.lexicon.is_number & ~p.names_a_town[:n_words]
        kept = frequent[values]
        place = np.cumsum(frequent) - 1
        return cls(records, p.land[records], at[kept], place[values[kept]], np.flatnonzero(frequent), n_words)

    def told(self, p: Prepared) -> NDArray[np.object_]:
        """Return the words and fuels themselves."""
        found = np.array([*FUELS], dtype=object)[np.maximum(self.words - self.n_words, 0)]
        is_word = self.words < self.n_words
        found[is_word] = p.lexicon.words[self.words[is_word]]
        return found

    def leaning(self, records: Ints, chance: Floats) -> tuple[Floats, Ints]:
        """Return what each word says, in log-odds, and the place of the word of each of some records that says most.

        Parameters
        ----------
        records, chance
            The records that have candidates, and the probability that each has a partner.

        Returns
        -------
        leaning, place
            One value for each of `words`, and one for each of `records` (-1 where no word says anything).
        """
        which = np.searchsorted(self.records, records)
        found = np.zeros(len(self.records))
        found[which] = chance
        usual = np.bincount(self.land, weights=found) / np.maximum(np.bincount(self.land), 1)
        held = np.bincount(self.word, minlength=len(self.words))
        expected = np.bincount(self.word, weights=usual[self.land[self.at]], minlength=len(self.words)) / held
        share = np.bincount(self.word, weights=found[self.at], minlength=len(self.words)) + KIND_COUNTS * expected
        most_up = np.where(self.words < self.n_words, MOST_UP, FUEL_UP)
        leaning = np.clip(logit(share / (held + KIND_COUNTS)) - logit(expected), -MOST_DOWN, most_up)
        most = np.full(len(self.records), -1, dtype=np.int64)
        # The last of equal rows stands: what says most is written last, and of equal ones what is against.
        order = np.lexsort([-leaning, np.abs(leaning)])
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        np.maximum.at(most, self.at, rank[self.word])
        told = most[which]
        return leaning, np.where(told < 0, -1, order[told]) if len(order) else told
