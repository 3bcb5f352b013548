"""Refit the weights to stewards' decisions: they move from the shipped ones only as far as the decisions require.

A few dozen decisions cannot teach all weights anew. So they move the shipped ones: a logistic regression whose starting
point is the score as it is, and whose penalty (`HOLD`) holds every point of every comparison where it was, unless the
decisions say otherwise (a normal prior around the shipped weights). What the neighbors count, the judged comparisons
and the thresholds stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from inducult_geo.errors import InducultError
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.verdict import PART_OF, SAME
from inducult_geo.match.learning.regression import adjusted, hats
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import compare_all
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.scoring.score import Scored, Weights, score, shipped_weights
from inducult_geo.ragged import Flags, Floats, Ints

FEWEST: Final = 40
"""Decisions needed in all."""

FEWEST_OF_EACH: Final = 10
"""Decisions needed of each kind: of one kind alone nothing can be learned."""

HOLD: Final = 2.0
"""How firmly the points are held where they are (see `adjusted`)."""

FOLDS: Final = 5


@dataclass(frozen=True)
class Taught:
    """Decided pairs among the candidates of some records.

    Attributes
    ----------
    pairs
        All candidates (the neighbors count).
    rows
        Numbers of the decided ones.
    true
        Whether each of these is one site.
    many
        Sources of permits or units, as a run is told them: several of their records may be one site.
    """

    pairs: Compared
    rows: Ints
    true: Flags
    many: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refit:
    """New weights, and how they do beside those before, each pair judged by weights that did not know it.

    Attributes
    ----------
    weights
        Fitted on all decisions.
    n_same, n_different
        Decisions that taught.
    accuracy_before, accuracy_after
        Share of the decided pairs that the score decides as the stewards did.
    loss_before, loss_after
        Mean logarithmic loss; lower is better.
    moved
        Comparison -> largest change of one of its points.
    """

    weights: Weights
    n_same: int
    n_different: int
    accuracy_before: float
    accuracy_after: float
    loss_before: float
    loss_after: float
    moved: dict[str, float]

    @property
    def is_better(self) -> bool:
        """Whether the new weights are at least as true to the decisions as those before."""
        return self.loss_after < self.loss_before and self.accuracy_after >= self.accuracy_before


def taught_by(pairs: Compared, decisions: Decisions, many: frozenset[str] = frozenset()) -> Taught:
    """Find the decided pairs among candidates; `part_of` teaches nothing: the pair is two sites, and alike."""
    p = pairs.prepared
    row = {key: at for at, key in enumerate(p.key)}
    said = {
        frozenset((row[a], row[b])): one.decision == SAME
        for (a, b), one in decisions.latest.items()
        if a in row and b in row and one.decision != PART_OF
    }
    if not said:
        return Taught(pairs, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool), many)
    touched = np.zeros(len(p), dtype=bool)
    touched[[at for ends in said for at in ends]] = True
    some = np.flatnonzero(touched[pairs.left] & touched[pairs.right])
    ends = [frozenset(pair) for pair in zip(pairs.left[some].tolist(), pairs.right[some].tolist(), strict=True)]
    kept = [(at, said[pair]) for at, pair in zip(some.tolist(), ends, strict=True) if pair in said]
    rows, true = np.array([at for at, _ in kept], dtype=np.int64), np.array([one for _, one in kept], dtype=bool)
    return Taught(pairs, rows, true, many)


def refit(taught: Taught, weights: Weights | None = None) -> Refit:
    """Move weights by decisions, and judge them by cross-validation.

    Parameters
    ----------
    taught
        Decided pairs.
    weights
        Where to start from; the shipped ones where not given.

    Raises
    ------
    InducultError
        Where there are too few decisions, or too few of one kind.
    """
    start = weights or shipped_weights()
    n_same, n_different = int(taught.true.sum()), int((~taught.true).sum())
    if n_same + n_different < FEWEST or min(n_same, n_different) < FEWEST_OF_EACH:
        raise InducultError(
            f"{n_same + n_different} decisions can teach ({n_same} same, {n_different} different); {FEWEST} are "
            f"needed, at least {FEWEST_OF_EACH} of each kind. Answer more questions, then try again."
        )
    scores = compare_all(taught.pairs)
    before = score(taught.pairs, start, scores, many=taught.many)
    after = np.zeros(len(taught.rows))
    decided = np.zeros(len(taught.rows), dtype=bool)
    for fold in _folds(taught):
        # The pairs of a fold are judged by weights that were moved without them.
        known = replace(taught, rows=taught.rows[~fold], true=taught.true[~fold])
        judged = score(taught.pairs, _moved(known, before, start), scores, many=taught.many)
        after[fold] = judged.probability[taught.rows[fold]]
        decided[fold] = judged.is_match[taught.rows[fold]]
    new = _moved(taught, before, start)
    was = before.probability[taught.rows]
    moved = {n: float(np.abs(np.subtract(new.points[n], start.points[n])).max()) for n in new.points}
    return Refit(
        new,
        n_same,
        n_different,
        float((before.is_match[taught.rows] == taught.true).mean()),
        float((decided == taught.true).mean()),
        _loss(was, taught.true),
        _loss(after, taught.true),
        {name: round(change, 3) for name, change in sorted(moved.items(), key=lambda item: -item[1]) if change},
    )


def _moved(taught: Taught, before: Scored, start: Weights) -> Weights:
    """Fit how far the points of the learned comparisons move."""
    rows = taught.rows
    knots = {entry.name: entry.knots for entry in COMPARISONS if entry.learned}
    columns = {name: before.scores[name].of(rows) for name in knots}
    chance = np.clip(before.probability[rows], 1e-9, 1 - 1e-9)
    told = sum(hats(columns[name], knots[name]) @ np.asarray(start.points[name]) for name in knots)
    rest = np.log(chance / (1 - chance)) - start.scale * told
    points = adjusted(columns, knots, taught.true, rest, start.points, scale=start.scale, hold=HOLD)
    return replace(start, points=dict(start.points) | {name: tuple(fitted) for name, fitted in points.items()})


def _folds(taught: Taught) -> Iterator[Flags]:
    """Part the decided pairs by their left record: what one record teaches must not judge it."""
    records = np.unique(taught.pairs.left[taught.rows])
    fold_of = dict(zip(records.tolist(), (np.random.default_rng(0).permutation(len(records)) % FOLDS), strict=True))
    mine = np.array([fold_of[at] for at in taught.pairs.left[taught.rows].tolist()])
    for fold in range(FOLDS):
        if (mine == fold).any():
            yield mine == fold


def _loss(chance: Floats, true: Flags) -> float:
    held = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(-np.where(true, np.log(held), np.log(1 - held)).mean())
