"""Estimate without labels how much two lists share, and what that says about each of their pairs.

The same likeness means more between two lists of the same works than between two that hardly meet. Two things are
estimated for every pair of sources, and drawn towards what training saw where there is little to estimate from:

- the level of chance: how high a pair scores that is best only since the best was taken away. Odds are a ratio of two
  densities, so their mean over what chance brings is known; where it is lower, as between sources that tell little, all
  scores of the two lists are too low by as much;
- the share of the shorter list, country by country, that has a partner: the prior of a classifier, adjusted to
  unlabelled data by expectation maximization (Saerens, Latinne and Decaestecker 2002, Neural Computation 14, 21-41).
  Where one list alone tells fuels, it is the share of that list, country by country and fuel by fuel: a register of
  combustion plants holds nearly all coal of a list of power plants, and none of its rivers and winds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.fuels import FUELS
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.match.scoring.rivals import Contest
from inducult_geo.ragged import Flags, Floats, Ints, Small, blocks

CHANCE_AT_MOST: Final = 4.0
"""Log-odds above which a pair that chance brings counts no more: a few sites with many permits must not decide."""

CHANCE_COUNTS: Final = 100.0
SHARE_COUNTS: Final = 30.0
"""What training says counts as so many records, beside those of the lists themselves."""

MOST_LEVEL: Final = 1.0
MOST_UP: Final = 2.0
MOST_DOWN: Final = 3.0
"""Log-odds by which a pair is moved at most, by chance and by the share. Restraint has more room than zeal: that two
lists tell of the same works is no proof that these two rows do."""

_N_FUELS: Final = 1 + len(FUELS)
_EDGE: Final = 12.0
_BINS: Final = 240
_ROUNDS: Final = 300


@dataclass(frozen=True)
class Levels:
    """Log-odds that are the same for many pairs.

    Attributes
    ----------
    of_pair
        Place in `level` for each pair.
    level
        Log-odds that are added to the pair's.
    """

    of_pair: Small
    level: Floats

    def __getitem__(self, rows: Ints | slice) -> Floats:
        """Log-odds that are added to some pairs."""
        return self.level[self.of_pair[rows]]

    def add_to(self, total: Floats) -> None:
        """Add to the log-odds of all pairs, in place."""
        for here in blocks(len(total)):
            total[here] += self[here]


@dataclass(frozen=True)
class Overlap(Levels):
    """What two lists share: the same for all of their pairs in one country, and of one fuel where one list tells fuels.

    Attributes
    ----------
    shares
        Estimated share of the shorter list, or of the one that tells fuels, that has a partner in the other, one for
        each of `level`.
    """

    shares: Floats

    def fuels(self, rows: Ints) -> NDArray[np.object_]:
        """Return the fuel that the share of some pairs is estimated for; empty where it is all of a country."""
        return np.array(["", *FUELS], dtype=object)[self.of_pair[rows] % _N_FUELS]


def overlap(
    pairs: Compared,
    sides: tuple[Contest, Contest],
    total: Floats,
    spare: tuple[Floats, Floats],
    trained: float,
) -> Overlap:
    """Estimate what each pair's lists share.

    Parameters
    ----------
    sides
        The contests of `pairs` (see `rivals.contests`).
    total
        Log-odds of each pair, as trained.
    spare
        For the groups of either side that have rivals: log-odds of the best pair if the best were gone.
    trained
        Share of the records with a partner that training saw.
    """
    if not len(total):
        return Overlap(np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0))
    p, parts = pairs.prepared, _Parts.of(pairs.prepared)
    source, n_sources = p.sources[0], len(p.sources[1])
    lists = [lists_of(side, source, n_sources) for side in sides]
    best = [side.best(total) for side in sides]
    shape = (n_sources**2, parts.n_lands, _N_FUELS)
    level, shares, told_by = np.zeros(shape), np.zeros(shape), np.full(n_sources**2, -1, dtype=np.int32)
    for number in np.unique(lists[0]).tolist():
        two = divmod(number, n_sources)
        of_these = [part == number for part in lists]
        raised = _level(sides, of_these, spare, parts.counts[[*two]].sum(axis=(1, 2)), trained)
        tops = [(side.record[some], top[some] + raised) for side, some, top in zip(sides, of_these, best, strict=True)]
        told_by[number] = teller = parts.teller(*two)
        priors = parts.shares(tops, two, teller, trained)
        level[number] = raised + np.clip(logit(priors) - logit(np.array(trained)), -MOST_DOWN, MOST_UP)
        shares[number] = priors
    # The country is that of the record of the source that comes first by name.
    first = (lists[0] * parts.n_lands + parts.land[sides[0].record]) * _N_FUELS
    of_pair = sides[0].of_pairs(first.astype(np.int32))
    if (told_by >= 0).any():
        of_pair += parts.fuels_of(pairs, sides[0].of_pairs(told_by[lists[0]]))
    return Overlap(of_pair, level.ravel(), shares.ravel())


@dataclass(frozen=True)
class _Parts:
    """The parts of every list that may share more or less with another one: by country, and by fuel.

    Attributes
    ----------
    source, land, fuel
        Numbers, one a record; fuel 0 where none is told, and of several the first of `FUELS`.
    tells
        Of each source whether it tells fuels.
    counts
        Records of each source in each country with each fuel.
    """

    source: Ints
    land: Ints
    fuel: Ints
    tells: Flags
    counts: Ints

    @classmethod
    def of(cls, p: Prepared) -> _Parts:
        """Sort all records."""
        source, names = p.sources
        land = pd.factorize(p.country, sort=True)[0].astype(np.int64)
        fuel = np.where(p.fuel > 0, np.log2(np.maximum(p.fuel & -p.fuel, 1)).astype(np.int64) + 1, 0)
        shape = (len(names), int(land.max()) + 1, _N_FUELS)
        counts = np.bincount(np.ravel_multi_index((source, land, fuel), shape), minlength=np.prod(shape))
        return cls(source, land, fuel, p.tells_fuels, counts.reshape(shape))

    @property
    def n_lands(self) -> int:
        """How many countries there are."""
        return int(self.counts.shape[1])

    def teller(self, one: int, other: int) -> int:
        """Return which of two sources alone tells fuels, -1 where both do or neither."""
        return -1 if self.tells[one] == self.tells[other] else one if self.tells[one] else other

    def fuels_of(self, pairs: Compared, tellers: Small) -> Small:
        """Return the fuel of each pair that its teller tells, 0 where there is none."""
        rows = np.flatnonzero(tellers >= 0)
        told = np.where(self.source[pairs.left[rows]] == tellers[rows], pairs.left[rows], pairs.right[rows])
        found = np.zeros(len(tellers), dtype=np.int32)
        found[rows] = self.fuel[told]
        return found

    def shares(self, tops: Sequence[tuple[Ints, Floats]], two: tuple[int, int], teller: int, trained: float) -> Floats:
        """Estimate the share of a list that has a partner in another, for each country (rows) and fuel.

        Parameters
        ----------
        tops
            For either side: records that have candidates, and the log-odds of the best one of each.
        two
            The numbers of both sources, in their order.
        teller
            Which of them alone tells fuels, or -1.
        """
        record, best = (np.concatenate(part) for part in zip(*tops, strict=True))
        counts = self.counts[[*two]].sum(axis=2)
        shorter = np.array(two)[counts.argmin(axis=0)]
        mine = self.source[record] == shorter[self.land[record]]
        table = _binned(self.land[record[mine]], best[mine], counts.min(axis=0))
        by_land = _estimate(table, np.full(self.n_lands, _of_all(table, trained)), trained)[:, None]
        if teller < 0:
            return np.repeat(by_land, _N_FUELS, axis=1)
        by_fuel, is_shared = self._by_fuel(record, best, teller, trained)
        # Where that list is the longer one, what the other lacks is not what they share most: of that as much is found
        # as of the shorter list.
        return np.maximum(by_fuel, np.where((shorter != teller)[:, None] & is_shared, by_land, 0.0))

    def _by_fuel(self, record: Ints, best: Floats, teller: int, trained: float) -> tuple[Floats, Flags]:
        """Estimate the share of the list that tells fuels, for each country (rows) and fuel.

        Returns
        -------
        by_fuel, is_shared
            The share; and for each fuel whether more of it has a partner than of the list as a whole.
        """
        mine = self.source[record] == teller
        at = self.land[record[mine]] * _N_FUELS + self.fuel[record[mine]]
        table = _binned(at, best[mine], self.counts[teller].ravel())
        whole = _of_all(table, trained)
        each = _estimate(table.reshape(self.n_lands, _N_FUELS, _BINS).sum(axis=0), np.full(_N_FUELS, whole), trained)
        found = _estimate(table, np.tile(each, self.n_lands), trained)
        return found.reshape(self.n_lands, _N_FUELS), each >= whole


def lists_of(side: Contest, source: Ints, n_sources: int) -> Ints:
    """Return which two lists each group of a contest is of, as one number; `source` is that of each record."""
    mine, theirs = source[side.record], side.partners
    return np.minimum(mine, theirs) * n_sources + np.maximum(mine, theirs)


def _level(
    sides: tuple[Contest, Contest],
    of_these: Sequence[Flags],
    spare: tuple[Floats, Floats],
    n_records: Ints,
    trained: float,
) -> float:
    """How much higher the scores of two lists would be if chance reached as high in them as odds say it does.

    Parameters
    ----------
    of_these
        For either side which groups are of the two lists.
    n_records
        How many records each list holds.
    """
    side = 0 if n_records[0] <= n_records[1] else 1
    values = spare[side][of_these[side][sides[side].has_rivals]]
    if not len(values):
        return 0.0
    # Where the best was the only one, nothing is left: odds of zero.
    mean = float(np.exp(np.minimum(values, CHANCE_AT_MOST)).sum() / of_these[side].sum())
    found = float(logit(np.array(trained))) - np.log(max(mean, 1e-9))
    return float(np.clip(found * len(values) / (len(values) + CHANCE_COUNTS), -MOST_LEVEL, MOST_LEVEL))


def _binned(parts: Ints, best: Floats, counts: Ints) -> Floats:
    """Count records of each part by the log-odds of their best candidate, in bins from the lowest to the highest.

    Parameters
    ----------
    parts, best
        Part and log-odds, one a record that has candidates.
    counts
        All records of each part: those without any candidate have no partner that could be found.
    """
    at = np.clip((best + _EDGE) * (_BINS / (2 * _EDGE)), 0, _BINS - 1).astype(np.int64)
    table = np.bincount(parts * _BINS + at, minlength=len(counts) * _BINS).reshape(-1, _BINS).astype(float)
    table[:, 0] += np.maximum(counts - table.sum(axis=1), 0)
    return table


def _of_all(table: Floats, trained: float) -> float:
    """Estimate the share with a partner of all parts together."""
    return float(_estimate(table.sum(axis=0, keepdims=True), np.array([trained]), trained)[0])


def _estimate(table: Floats, expected: Floats, trained: float) -> Floats:
    """Estimate the share with a partner, one for each row of binned log-odds, by expectation maximization."""
    middle = (np.arange(_BINS) + 0.5) * (2 * _EDGE / _BINS) - _EDGE
    share = expected.copy()
    size = table.sum(axis=1) + SHARE_COUNTS
    for _ in range(_ROUNDS):
        moved = (logit(share) - logit(np.array(trained)))[:, None] + middle
        found = (table / (1 + np.exp(-moved))).sum(axis=1)
        new = (found + SHARE_COUNTS * expected) / size
        if np.abs(new - share).max() < 1e-6:
            break
        share = new
    return share


def logit(share: Floats) -> Floats:
    """Return the log-odds of shares, finite for none and all."""
    held = np.clip(share, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(held / (1 - held)), dtype=float)
