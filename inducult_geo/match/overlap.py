"""How much two lists share, estimated without labels, and what that says about each of their pairs.

The same likeness means more between two lists of the same works than between two that hardly meet. Two things are
estimated for every pair of sources, and drawn towards what training saw where there is little to estimate from:

- the level of chance: how high a pair scores that is best only since the best was taken away. Odds are a ratio of two
  densities, so their mean over what chance brings is known; where it is lower, as between sources that tell little, all
  scores of the two lists are too low by as much;
- the share of the shorter list, country by country, that has a partner: the prior of a classifier, adjusted to
  unlabelled data by expectation maximization (Saerens, Latinne and Decaestecker 2002, Neural Computation 14, 21-41).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.match.compared import Compared
from inducult_geo.match.rivals import Contest
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
    """What two lists share: the same for all of their pairs in one country.

    Attributes
    ----------
    shares
        Estimated share of the shorter list that has a partner in the other, one for each of `level`.
    """

    shares: Floats

    @property
    def share(self) -> Floats:
        """Estimated share of the shorter list with a partner, one a pair."""
        return self.shares[self.of_pair]


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
    source, names = pairs.prepared.sources
    land = pd.factorize(pairs.prepared.country, sort=True)[0].astype(np.int64)
    n_lands, n_sources = int(land.max()) + 1, len(names)
    counts = np.bincount(source * n_lands + land, minlength=n_sources * n_lands).reshape(n_sources, n_lands)
    lists = [lists_of(side, source, n_sources) for side in sides]
    best = [side.best(total) for side in sides]
    level, shares = np.zeros(n_sources**2 * n_lands), np.zeros(n_sources**2 * n_lands)
    for number in np.unique(lists[0]).tolist():
        of_two = counts[[*divmod(number, n_sources)]]
        of_these = [part == number for part in lists]
        raised = _level(sides, of_these, spare, of_two.sum(axis=1), trained)
        tops = [
            (land[side.record[some]], top[some] + raised) for side, some, top in zip(sides, of_these, best, strict=True)
        ]
        priors = _shares(tops, of_two, trained)
        rows = slice(number * n_lands, (number + 1) * n_lands)
        level[rows] = raised + np.clip(logit(priors) - logit(np.array(trained)), -MOST_DOWN, MOST_UP)
        shares[rows] = priors
    # The country is that of the record of the source that comes first by name.
    of_pair = sides[0].of_pairs((lists[0] * n_lands + land[sides[0].record]).astype(np.int32))
    return Overlap(of_pair, level, shares)


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


def _shares(tops: Sequence[tuple[Ints, Floats]], counts: Ints, trained: float) -> Floats:
    """Estimate the share of the shorter list that has a partner, for each country.

    Parameters
    ----------
    tops
        For either side: country and best log-odds, one a record with candidates.
    counts
        Records of either list in each country.
    """
    n_lands = counts.shape[1]
    shorter = counts.argmin(axis=0)
    table = np.zeros((n_lands, _BINS))
    for side, (where, best) in enumerate(tops):
        kept = shorter[where] == side
        at = np.clip((best[kept] + _EDGE) * (_BINS / (2 * _EDGE)), 0, _BINS - 1).astype(np.int64)
        table += np.bincount(where[kept] * _BINS + at, minlength=n_lands * _BINS).reshape(n_lands, _BINS)
    # Records without any candidate have no partner that could be found.
    table[:, 0] += np.maximum(counts.min(axis=0) - table.sum(axis=1), 0)
    whole = _estimate(table.sum(axis=0, keepdims=True), np.array([trained]), trained)
    return _estimate(table, np.full(n_lands, float(whole[0])), trained)


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
