"""Score pairs: the log-odds of all comparisons are added up, so that a person can see why.

Each comparison gives points by its value (even between the knots of `weights.json`); an unknown one gives nothing.
The sum is scaled, then the neighbors are looked at: how far this pair is ahead of the next best of either side. Then
comes how much the two lists share at all, and which kinds of works. The form is that of Fellegi and Sunter (1969), with
weights learned from labelled pairs.

Last, what fits a record must be shared among all that fit it: where only one record of a source can be its partner, the
odds of one pair are its own against those of "none" and of all others together (McFadden 1974, conditional logit). So
two equals of which each would be sure alone get a half each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import Finding, findings
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.pairs.scores import Scores
from inducult_geo.match.scoring.evidence import Evidence, evidence, of_one_kind
from inducult_geo.match.scoring.kinds import Kinds, kinds
from inducult_geo.match.scoring.overlap import Levels, Overlap, overlap
from inducult_geo.match.scoring.points import Parts, weigh
from inducult_geo.match.scoring.rivals import Contest, contests
from inducult_geo.ragged import Flags, Floats, Ints, blocks

LEADS: Final = ("lead over the left's next best", "lead over the right's next best")
OVERLAP: Final = "overlap of the lists"
KINDS: Final = "kinds that the lists share"
CROWD: Final = "others that fit"
LEAD_KNOTS: Final = (-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0)
"""Leads in log-odds, between which their weight changes evenly; beyond the ends it stays."""

OTHER_UNIT: Final = 0.95
"""Score from which a pair of names with other unit numbers or sides (`words.SIDES`) is a match: two units of a
plant differ in nothing else. Nor do two houses of a street under a name that many bear."""

EVEN: Final = 0.5
"""Score from which a pair is likelier one site than not: of rivals only one can have it. What nothing but nearness
speaks for is worth a question from here on."""

DOUBTED: Final = 0.7
"""A match with a lower score is worth a person's look; one from here on is decided without."""

TRADES_DOUBTED: Final = 0.99
"""The same of two whose types tell two trades (`types.same_kind`): a family may own a brewery and a foundry."""

UNIT: Final = 0.5
"""Score from which a further permit or unit is of a record's site, where the record has a better one."""

NEARNESS_ALONE: Final = 0.35
"""Score from which a pair is a match that nothing but nearness speaks for (see `evidence.SUPPORT`), or that lies
elsewhere."""


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
    share
        Share of the records with a partner that training saw (see `overlap`).
    match, review
        Probabilities from which a pair is a match, or a question.
    """

    points: Mapping[str, tuple[float, ...]]
    intercept: float
    scale: float
    leads: Mapping[str, tuple[float, ...]]
    offset: float
    share: float
    match: float
    review: float

    def alone(self, base: Floats) -> Floats:
        """Return the score of pairs that have no neighbors, of the log-odds by their comparisons."""
        return _chance(_total(base, (), self))

    def document(self, about: str) -> dict[str, Any]:
        """Return the content of a weights file; `about` says where they come from."""
        return {
            "about": about,
            "thresholds": {"match": self.match, "review": self.review},
            "intercept": self.intercept,
            "points": {name: [*points] for name, points in self.points.items()},
            "neighbors": {
                "scale": self.scale,
                "offset": self.offset,
                "leads": {name: [*curve] for name, curve in self.leads.items()},
            },
            "share": self.share,
        }


@dataclass(frozen=True)
class Scored:
    """Pairs with their scores.

    Attributes
    ----------
    pairs
        What was compared.
    weights
        What each comparison counts.
    base
        Log-odds by the comparisons alone.
    parts
        Name of a comparison, of a lead or of the overlap -> its points, one a pair.
    probability
        The score, 0 to 1.
    scores
        Comparison -> what it found; worked out when asked for.
    lists
        What is said about the lists of each pair.
    kinds
        What is said about the kind of works that each pair is.
    is_question
        Whether the score is high enough for a question at least: of names with other unit numbers, and of two addresses
        under a name that many bear, that of a match that nobody doubts.
    is_backed
        Whether more than nearness speaks for the pair (see `evidence.SUPPORT`), and it is not elsewhere.
    is_elsewhere
        Whether the places contradict each other and the names have next to nothing in common (see `evidence`).
    is_other_unit
        Whether the names have other unit numbers or sides (`words.SIDES`).
    is_other_address
        Whether both bear a name that many bear, at two addresses or places (see `evidence.BORNE_BY_ALL`).
    is_anybodys
        Whether both bear a name that nearly all bear, with no address in common (see `evidence.BORNE_BY_ALL`).
    """

    pairs: Compared
    weights: Weights
    base: Floats
    parts: Parts
    probability: Floats
    scores: Mapping[str, Scores | Finding]
    lists: Overlap
    kinds: Kinds
    is_question: Flags
    is_backed: Flags
    is_elsewhere: Flags
    is_other_unit: Flags
    is_other_address: Flags
    is_anybodys: Flags

    @property
    def whole(self) -> Floats:
        """The score of each pair if others that fit took nothing from it: whether it is one of the right ones."""
        total = _total(self.base, [self.parts[name] for name in LEADS], self.weights)
        self.lists.add_to(total)
        self.kinds.add_to(total)
        return _chance(total)

    @property
    def bar(self) -> Floats:
        """Score from which each pair is a match."""
        return _bar(self.weights, self.is_backed, self.is_other_unit | self.is_other_address)

    @property
    def is_match(self) -> Flags:
        """Whether the score of each pair is high enough for a match."""
        found = np.empty(len(self.probability), dtype=bool)
        for here in blocks(len(found)):
            is_other = self.is_other_unit[here] | self.is_other_address[here]
            found[here] = self.probability[here] >= _bar(self.weights, self.is_backed[here], is_other)
        return found

    def tell_two_trades(self, rows: Ints) -> Flags:
        """Tell of which of some pairs the types tell two trades (see `types.same_kind`)."""
        return np.asarray(self.scores["kind"].of(rows) == 0, dtype=bool)

    @cached_property
    def several(self) -> Scored:
        """The same pairs where several partners may be right: others that fit take nothing from them."""
        return replace(self, probability=self.whole, parts=self.parts.without(CROWD))


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Any]:
    text = (files("inducult_geo") / "match" / "weights.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@lru_cache(maxsize=1)
def shipped_weights() -> Weights:
    """Read the weights that come with the package."""
    return weights_from(_shipped())


def weights_from(document: Mapping[str, Any]) -> Weights:
    """Make weights of the content of `weights.json`.

    A file that was written before there was a comparison counts it as the shipped weights do; so with one that is
    judged, never learned, and had other knots then.

    Raises
    ------
    ValueError
        Where a learned comparison has another number of points than it has knots.
    """
    neighbors = document["neighbors"]
    known = {entry.name: entry.judged for entry in COMPARISONS if entry.judged}
    known |= {name: tuple(told) for name, told in _shipped()["points"].items()}
    points = known | {name: tuple(told) for name, told in document["points"].items()}
    for entry in (one for one in COMPARISONS if len(points[one.name]) != len(one.knots)):
        if entry.learned:
            raise ValueError(f"'{entry.name}' has {len(points[entry.name])} points, and needs {len(entry.knots)}")
        points[entry.name] = known[entry.name]
    return Weights(
        points=points,
        intercept=float(document["intercept"]),
        scale=float(neighbors["scale"]),
        leads={name: tuple(neighbors["leads"][name]) for name in LEADS},
        offset=float(neighbors["offset"]),
        share=float(document["share"]),
        match=float(document["thresholds"]["match"]),
        review=float(document["thresholds"]["review"]),
    )


def score(
    pairs: Compared,
    weights: Weights | None = None,
    scores: Mapping[str, Scores | Finding] | None = None,
    *,
    many: Collection[str] = (),
    apart: Flags | None = None,
) -> Scored:
    """Score pairs.

    Parameters
    ----------
    pairs
        All candidates of the records at once: the neighbors are seen among them.
    weights
        The shipped ones where not given.
    scores
        What `compare_all` gave, where that was done before.
    many
        Sources of which several records may be partners of one record (permits, units): they take nothing from each
        other, unless their name is common or they are many that nothing but nearness speaks for, and those that bear
        one telling name at one place do not compete.
    apart
        Which pairs somebody said to be two sites: these have a score, and take nothing from others. What the lists as a
        whole say stays as it is, so that a word moves the scores of its own records only.
    """
    chosen = weights or shipped_weights()
    seen = evidence(pairs, chosen.points, chosen.intercept, scores)
    standing = stand(pairs, seen.base, chosen, many)
    lists = overlap(pairs, standing.sides, standing.total, standing.spare, chosen.share)
    total = standing.total
    lists.add_to(total)
    shared = kinds(pairs, standing.sides, total)
    shared.add_to(total)
    neighbors, rivals = _beside_rivals(standing, seen.base, total, apart, chosen)
    crowd = _crowd(pairs, standing.sides, rivals, many, seen)
    parts: dict[str, Floats | Levels] = {**neighbors, OVERLAP: lists, KINDS: shared, CROWD: crowd}
    found = findings(pairs) if scores is None else scores
    probability = _chance(np.add(total, crowd, out=total))
    backed = (seen.is_backed | of_one_kind(pairs, seen, probability)) & ~seen.is_elsewhere
    asked = np.empty(len(probability), dtype=bool)
    for here in blocks(len(asked)):
        other = seen.is_other_unit[here] | seen.is_other_address[here]
        asked[here] = probability[here] >= np.where(other, DOUBTED, chosen.review)
    told = Parts(found, chosen.points, chosen.scale, parts)
    rules = (asked, backed, seen.is_elsewhere, seen.is_other_unit, seen.is_other_address, seen.is_anybodys)
    return Scored(pairs, chosen, seen.base, told, probability, found, lists, shared, *rules)


def _bar(weights: Weights, is_backed: Flags, is_other: Flags) -> Floats:
    """Return from which score each pair is a match."""
    bar = np.where(is_backed, weights.match, max(NEARNESS_ALONE, weights.match))
    bar[is_other] = OTHER_UNIT
    return bar


def _chance(odds: Floats) -> Floats:
    """Make probabilities of log-odds, in place."""
    np.negative(odds, out=odds)
    np.exp(odds, out=odds)
    odds += 1
    return np.divide(1, odds, out=odds)


def _total(base: Floats, leads: Sequence[Floats], weights: Weights) -> Floats:
    """Add up log-odds with the neighbors."""
    total = weights.scale * base
    total += weights.offset
    for part in leads:
        total += part
    return total


def _crowd(
    pairs: Compared, sides: tuple[Contest, Contest], total: Floats, many: Collection[str], seen: Evidence
) -> Floats:
    """Return what all others that fit a pair's records take from it, of the side where they are more.

    Where both records have others that fit, the same doubt is seen from both sides: it counts once.
    """
    single = ~np.isin(pairs.prepared.sources[1], [*many])
    is_near = seen.is_of_place | seen.is_elsewhere
    most = sides[0].crowd(total, single, seen.is_common, is_near)
    np.maximum(most, sides[1].crowd(total, single, seen.is_common, is_near), out=most)
    return np.negative(np.log1p(most, out=most), out=most)


@dataclass(frozen=True)
class Standing:
    """How pairs stand beside their neighbors.

    Attributes
    ----------
    sides
        The contests (see `rivals.contests`).
    parts
        Lead -> its points, one a pair.
    total
        Log-odds with the neighbors.
    spare
        Log-odds that would be the best of each group if its best were gone, for either side.
    """

    sides: tuple[Contest, Contest]
    parts: Mapping[str, Floats]
    total: Floats
    spare: tuple[Floats, Floats]


def stand(pairs: Compared, base: Floats, weights: Weights, repeated: Collection[str] = ()) -> Standing:
    """Look at the neighbors.

    Parameters
    ----------
    base
        Log-odds by the comparisons alone, one a pair.
    repeated
        Sources of which several records may be of one works (see `rivals.contests`).
    """
    sides = contests(pairs, repeated, base)
    curves = [weights.leads[name] for name in LEADS]
    parts, after = map(list, zip(*(side.standing(base) for side in sides), strict=True))
    for part, curve in zip(parts, curves, strict=True):
        for here in blocks(len(part)):
            part[here] = weigh(part[here], LEAD_KNOTS, curve)
    spare = []
    for best, mine, theirs in ((after[0], curves[0], parts[1]), (after[1], curves[1], parts[0])):
        lead = weigh(best.lead, LEAD_KNOTS, mine)
        spare.append(weights.offset + weights.scale * best.value + lead + best.most(theirs))
    total = _total(base, parts, weights)
    return Standing(sides, dict(zip(LEADS, parts, strict=True)), total, (spare[0], spare[1]))


def _beside_rivals(
    standing: Standing, base: Floats, total: Floats, apart: Flags | None, weights: Weights
) -> tuple[Mapping[str, Floats], Floats]:
    """Return the points of the leads, and log-odds by which pairs are rivals, where some (`apart`) are none.

    `total` is moved by what the leads are more or less then.
    """
    if apart is None:
        return standing.parts, total
    rivals = np.where(apart, -np.inf, base)
    found = {}
    for name, side in zip(LEADS, standing.sides, strict=True):
        lead = side.standing(rivals)[0]
        own = base[apart] - side.of_pairs(side.best(rivals))[apart]
        lead[apart] = np.where(np.isinf(own), np.nan, own)
        found[name] = weigh(lead, LEAD_KNOTS, weights.leads[name])
        total += found[name] - standing.parts[name]
    return found, np.where(apart, -np.inf, total)
