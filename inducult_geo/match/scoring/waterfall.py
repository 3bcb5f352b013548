"""Explain scores in words: a sentence for each pair, the score that it needs, and a list of all its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.scoring.evidence import NAMED_ALIKE, of_own_names
from inducult_geo.match.scoring.score import KINDS, LEADS, OVERLAP, Scored
from inducult_geo.ragged import Ints
from inducult_geo.text import token_in_words

_IN_WORDS: Final = 6
_TOO_SMALL: Final = 0.05
_ASTRAY: Final = (
    "count nothing: one of them is far from the town or postcode that both records tell, which others place elsewhere"
)
_OFFICE: Final = (
    "count nothing: the name of one record tells the town of the other and not its own; its address may be an office's"
)
_WIDE: Final = 31
"""Letters of the longest name of a comparison."""


def explain(scored: Scored, rows: Ints) -> list[str]:
    """Tell in words, for some pairs, what counted: the largest points first.

    The points of one sentence add up to the log-odds of the score (to a rounding); what is too small to be named, and
    where every pair starts, is its "rest". What is known of the places and counts nothing is said behind it.
    """
    names = [*scored.parts]
    points = np.array([scored.parts.of(name, rows) for name in names]).reshape(len(names), len(rows))
    chance = np.clip(scored.probability[rows], 1e-12, 1 - 1e-12)
    rest = np.log(chance / (1 - chance))
    order = np.argsort(-np.abs(points), axis=0, kind="stable")[:_IN_WORDS]
    largest = np.take_along_axis(points, order, axis=0)
    is_named = np.abs(largest) >= _TOO_SMALL
    # Place in the sentence x pair: only what is named is put into words.
    said, rounded = np.full(order.shape, "", dtype=object), np.zeros(order.shape)
    for part, name in enumerate(names):
        place, pair = np.nonzero((order == part) & is_named)
        counts = largest[place, pair].tolist()
        about = _about(scored, name, rows[pair], counts) if counts else []
        shown = [f"{count:+.1f}" for count in counts]
        said[place, pair] = [f"{what} {text}" for what, text in zip(about, shown, strict=True)]
        rounded[place, pair] = [*map(float, shown)]
    rest -= sum(rounded)
    beside = _notes(scored.pairs.take(rows))
    return [
        "; ".join(filter(None, [*told, f"rest {left:+.1f}", note]))
        for told, left, note in zip(said.T.tolist(), rest.tolist(), beside, strict=True)
    ]


def _about(scored: Scored, name: str, rows: Ints, points: Sequence[float]) -> list[str]:
    """Say what one part of a score is about, for some pairs with their points."""
    if name in LEADS:
        whose = "first" if name == LEADS[0] else "second"
        ahead, behind = f"fits better than all else of the {whose}", f"the {whose} has another that may fit"
        return [ahead if count > 0 else behind for count in points]
    if name == OVERLAP:
        told = zip(scored.lists.fuels(rows), scored.lists.shares[scored.lists.of_pair[rows]], strict=True)
        return [f"{name}{f' in {fuel!r}' if fuel else ''} about {share:.0%}" for fuel, share in told]
    if name == KINDS:
        return [f"{name} '{token_in_words(word)}'" for word in scored.kinds.words[scored.kinds.of_pair[rows]]]
    if name in scored.scores:
        return [f"{name} {seen}" for seen in scored.scores[name].detail(rows)]
    return [name] * len(rows)


def bar_in_words(scored: Scored, row: int) -> str:
    """Say from which score one pair is a match in a run, and why where that is not the usual bar."""
    if scored.is_elsewhere[row]:
        return f"never a match in a run, whatever its score: {_why_elsewhere(scored, row)}"
    if not scored.is_backed[row]:
        return "never a match in a run, whatever its score: nothing but nearness speaks for it"
    why = ""
    if scored.is_other_unit[row]:
        why = " since their names have other unit numbers or sides (north and south, old and new)"
    elif scored.is_other_address[row]:
        why = " since many bear such a name, and their addresses or places differ"
    return f"a match from {scored.bar[row]:.0%}{why}"


def _why_elsewhere(scored: Scored, row: int) -> str:
    """Say why one pair, which lies elsewhere (see `Evidence`), is none: by its names, its towns or its trade."""
    at = np.array([row])
    if not any(scored.scores[name].of(at)[0] >= least for name, least in NAMED_ALIKE.items()):
        return "the places contradict each other, and the names have next to nothing in common"
    # Of this pair alone: the names of all pairs were let go of, and would be compared again.
    if of_own_names(scored.pairs.take(at), np.array([0]))[0]:
        return "the places contradict each other, and so do the towns"
    return "the names are of words of a trade alone, and the places are too far apart for that"


class Step(NamedTuple):
    """One comparison of a pair: what was compared, what was seen, and the log-odds that it adds."""

    name: str
    detail: str
    points: float


@dataclass(frozen=True)
class Waterfall:
    """How a pair comes to its score.

    Attributes
    ----------
    start
        Log-odds of a pair of which nothing is known.
    steps
        Every comparison that knew something, the weightiest first.
    unknown
        Comparisons that could not tell, since a side says nothing.
    probability
        The score: start and all points added up, as a probability.
    note
        Why places that are known tell nothing, where one contradicts its town (see `misplaced`); else empty.
    """

    start: float
    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    probability: float
    note: str = ""

    def lines(self) -> list[str]:
        """Tell it in plain lines: points, running sum as a probability, and what was seen."""
        total = self.start
        told = [f"{'start':>{_WIDE}}  {total:+6.2f}  {_chance(total):5.1%}"]
        for step in self.steps:
            total += step.points
            told.append(f"{step.name:>{_WIDE}}  {step.points:+6.2f}  {_chance(total):5.1%}  {step.detail}".rstrip())
        if self.unknown:
            told.append(f"{'not known':>{_WIDE}}  {', '.join(self.unknown)}")
        if self.note:
            told.append(f"{'':>{_WIDE}}  {self.note}")
        return told


def waterfall(scored: Scored, row: int) -> Waterfall:
    """Return the waterfall of one pair of `scored`, by its number."""
    at = np.array([row])
    steps, unknown = [], []
    for name in scored.parts:
        found = scored.scores.get(name)
        if found is not None and np.isnan(found.of(at)[0]):
            unknown.append(name)
        else:
            steps.append(
                Step(name, found.detail(at)[0] if found is not None else "", float(scored.parts.of(name, at)[0]))
            )
    probability = float(np.clip(scored.probability[row], 1e-12, 1 - 1e-12))
    start = float(np.log(probability / (1 - probability))) - sum(step.points for step in steps)
    ordered = sorted(steps, key=lambda step: -abs(step.points))
    return Waterfall(
        start, tuple(ordered), tuple(unknown), float(scored.probability[row]), _notes(scored.pairs.take(at))[0]
    )


def _notes(pairs: Compared) -> list[str]:
    """Say of each pair why what is known of its places counts nothing; empty where it counts."""
    found = [""] * len(pairs.left)
    for row in np.flatnonzero(pairs.is_astray | pairs.is_at_office).tolist():
        apart = "" if np.isnan(pairs.distance_m[row]) else f", {pairs.distance_m[row] / 1000:.0f} km apart,"
        found[row] = f"the places{apart} {_ASTRAY}" if pairs.is_astray[row] else f"the addresses{apart} {_OFFICE}"
    return found


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
