"""One pair's score as a waterfall: where it starts, what each comparison adds, where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inducult_geo.match.score import Scored


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
    """

    start: float
    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    probability: float

    def lines(self) -> list[str]:
        """Tell it in plain lines: points, running sum as a probability, and what was seen."""
        total = self.start
        told = [f"{'start':>28}  {total:+6.2f}  {_chance(total):5.1%}"]
        for step in self.steps:
            total += step.points
            told.append(f"{step.name[:28]:>28}  {step.points:+6.2f}  {_chance(total):5.1%}  {step.detail}".rstrip())
        if self.unknown:
            told.append(f"{'not known':>28}  {', '.join(self.unknown)}")
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
    return Waterfall(start, tuple(ordered), tuple(unknown), float(scored.probability[row]))


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
