"""From comparisons to one score: log-odds that are added up, so that a person sees why.

Each comparison gives points by its value (even between the knots of `weights.json`); an unknown one gives nothing.
The sum is scaled, then the neighbors are looked at: how far this pair is ahead of the next best of either side. All
together is turned into a probability. The form is that of Fellegi and Sunter (1969), with weights learned from
labelled pairs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.comparisons import COMPARISONS, Compared, Scores
from inducult_geo.match.ragged import Flags, Floats, Ints

LEADS: Final = ("lead over the left's next best", "lead over the right's next best")
LEAD_KNOTS: Final = (-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0)
"""Leads in log-odds, between which their weight changes evenly; beyond the ends it stays."""

SUPPORT: Final[Mapping[str, float]] = {
    "name": 0.85,
    "telling words": 0.15,
    "operator": 0.5,
    "words": 0.5,
    "street": 0.5,
    "identifier": 0.5,
    "area": 0.5,
}
"""Comparison -> value from which it supports a match. Between two lists of one kind, being each other's nearest may be
enough; among sources of all kinds it is not: neighbors are near, too."""

_ADDRESS: Final = ("street", "postcode", "town")
_IN_WORDS: Final = 6


@dataclass(frozen=True)
class Weights:
    """What each comparison counts.

    Attributes
    ----------
    points
        Comparison -> log-odds at its knots.
    intercept
        Log-odds of a pair of which nothing is known.
    scale
        What all of these count beside the neighbors.
    leads
        Lead -> log-odds at `LEAD_KNOTS`.
    offset
        Log-odds added where the neighbors are looked at.
    match, match_without_address, review
        Probabilities from which a pair is a match (where neither street, postcode nor town can be compared, the
        scores are lower all over: the second), or a question.
    """

    points: Mapping[str, tuple[float, ...]]
    intercept: float
    scale: float
    leads: Mapping[str, tuple[float, ...]]
    offset: float
    match: float
    match_without_address: float
    review: float


@dataclass(frozen=True)
class Scored:
    """Pairs with their scores.

    Attributes
    ----------
    pairs
        What was compared.
    base
        Log-odds by the comparisons alone.
    parts
        Name of a comparison or lead -> its points, one a pair.
    probability
        The score, 0 to 1.
    scores
        Comparison -> what it found.
    is_match, is_question
        Whether the score is high enough for a match, or at least for a question.
    is_backed
        Whether more than nearness speaks for the pair (see `SUPPORT`).
    """

    pairs: Compared
    base: Floats
    parts: Mapping[str, Floats]
    probability: Floats
    scores: Mapping[str, Scores]
    is_match: Flags
    is_question: Flags
    is_backed: Flags


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """Read the weights that come with the package."""
    text = (files("inducult_geo") / "match" / "weights.json").read_text(encoding="utf-8")
    return weights_from(json.loads(text))


def weights_from(document: Mapping[str, Any]) -> Weights:
    """Make weights of the content of `weights.json`."""
    neighbors = document["neighbors"]
    judged = {entry.name: entry.judged for entry in COMPARISONS if entry.judged}
    return Weights(
        points=judged | {name: tuple(points) for name, points in document["points"].items()},
        intercept=float(document["intercept"]),
        scale=float(neighbors["scale"]),
        leads={name: tuple(neighbors["leads"][name]) for name in LEADS},
        offset=float(neighbors["offset"]),
        match=float(document["thresholds"]["match"]),
        match_without_address=float(document["thresholds"]["match_without_address"]),
        review=float(document["thresholds"]["review"]),
    )


def score(pairs: Compared, weights: Weights | None = None) -> Scored:
    """Score pairs.

    Parameters
    ----------
    pairs
        All candidates of the records at once: the neighbors are seen among them.
    weights
        The shipped ones where not given.
    """
    chosen = weights or shipped_weights()
    scores = {entry.name: entry.compare(pairs) for entry in COMPARISONS}
    points = {
        entry.name: weigh(scores[entry.name].value, entry.knots, chosen.points[entry.name]) for entry in COMPARISONS
    }
    base = chosen.intercept + sum(points.values(), np.zeros(len(pairs.left)))
    parts = {name: chosen.scale * part for name, part in points.items()}
    for name, lead in zip(LEADS, leads(pairs, base), strict=True):
        parts[name] = weigh(lead, LEAD_KNOTS, chosen.leads[name])
    total = chosen.offset + chosen.scale * chosen.intercept + sum(parts.values(), np.zeros(len(pairs.left)))
    probability = 1 / (1 + np.exp(-total))
    no_address = np.all([np.isnan(scores[name].value) for name in _ADDRESS], axis=0)
    # Two units of one plant differ in nothing but their number: there the lower bar would not do.
    eased = no_address & (scores["numbers"].value != 0)
    enough = probability >= np.where(eased, chosen.match_without_address, chosen.match)
    backed = np.any([scores[name].value >= least for name, least in SUPPORT.items()], axis=0)
    return Scored(pairs, base, parts, probability, scores, enough, enough | (probability >= chosen.review), backed)


def weigh(value: Floats, knots: Sequence[float], points: Sequence[float]) -> Floats:
    """Points of values: even between knots, the outermost beyond them, 0 where unknown."""
    return np.where(np.isnan(value), 0.0, np.interp(np.nan_to_num(value), knots, points))


def leads(pairs: Compared, base: Floats) -> tuple[Floats, Floats]:
    """How far each pair is ahead of the next best of its left and of its right record, among partners of one source.

    Unknown where there is no other: being alone is no proof.

    Parameters
    ----------
    base
        Log-odds without neighbors, one a pair.
    """
    source = pd.factorize(pairs.prepared.source)[0].astype(np.int64)
    width = int(source.max()) + 1 if len(source) else 1
    by_left = _lead(pairs.left * width + source[pairs.right], base)
    by_right = _lead(pairs.right * width + source[pairs.left], base)
    return by_left, by_right


def explain(scored: Scored, rows: Ints) -> list[str]:
    """Tell in words, for some pairs, what counted: the largest points first."""
    names = [*scored.parts]
    points = np.array([scored.parts[name][rows] for name in names]).reshape(len(names), len(rows))
    seen = {name: found.detail(rows) for name, found in scored.scores.items()}
    return [_sentence(names, points[:, at], {name: seen[name][at] for name in seen}) for at in range(len(rows))]


def _lead(groups: Ints, base: Floats) -> Floats:
    """Lead over the best other of the same group; NaN where there is none."""
    order = np.lexsort((-base, groups))
    grouped, ordered = groups[order], base[order]
    first = np.r_[True, grouped[1:] != grouped[:-1]] if len(order) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(first)
    sizes = np.diff(np.r_[starts, len(order)])
    second = np.where(sizes > 1, ordered[np.minimum(starts + 1, len(order) - 1)], np.nan) if len(order) else ordered
    rival = np.where(first, np.repeat(second, sizes), np.repeat(ordered[starts], sizes))
    lead = np.empty(len(base))
    lead[order] = ordered - rival
    return lead


def _sentence(names: Sequence[str], points: NDArray[np.float64], seen: Mapping[str, str]) -> str:
    """One pair's points in words."""
    order = [at for at in np.argsort(-np.abs(points), kind="stable") if abs(points[at]) >= 0.05][:_IN_WORDS]
    told = [f"{names[at]} {seen[names[at]]}" if names[at] in seen else names[at] for at in order]
    return "; ".join(f"{words} {points[at]:+.1f}" for words, at in zip(told, order, strict=True))
