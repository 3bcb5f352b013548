"""Logistic regression on piecewise linear values; deterministic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, solve

from inducult_geo.ragged import Flags, Floats

RIDGE = 1.0
SMOOTH = 3.0
_FREE = 1e-6

Points = Mapping[str, Sequence[float]]
Knots = Mapping[str, Sequence[float]]


def logistic(
    columns: Mapping[str, Floats], knots: Knots, true: Flags, weight: Floats, *, free: Collection[str] = ()
) -> tuple[dict[str, list[float]], float]:
    """Fit points and intercept by Newton's method.

    Parameters
    ----------
    columns
        Comparison -> values, one an example, or several whose points add up (examples x values); NaN where unknown.
    knots
        Comparison -> values between which its points change evenly.
    true, weight
        What each example is, and what it counts.
    free
        Columns whose points may be as large as the examples ask.
    """
    design = np.column_stack([np.ones(len(true)), *(hats(columns[name], knots[name]) for name in knots)])
    each = ((_FREE if name in free else 1.0) * _penalty(len(knots[name])) for name in knots)
    beta = _newton(design, true, weight, block_diag(_FREE, *each), np.zeros(len(true)))
    return _by_name(beta[1:], knots), round(float(beta[0]), 3)


def adjusted(
    columns: Mapping[str, Floats],
    knots: Knots,
    true: Flags,
    rest: Floats,
    start: Points,
    *,
    scale: float,
    hold: float,
) -> dict[str, list[float]]:
    """Fit points anew that stay near those they start from.

    Parameters
    ----------
    rest
        Log-odds of each example by all that is not fitted.
    start
        Comparison -> points as they are.
    scale
        What the points count beside the rest.
    hold
        How firmly they are held: the curvature of the penalty on every point.
    """
    design = scale * np.column_stack([hats(columns[name], knots[name]) for name in knots])
    first = np.concatenate([np.asarray(start[name], dtype=float) for name in knots])
    penalty = hold * block_diag(*(_penalty(len(knots[name])) for name in knots))
    moved = _newton(design, true, np.ones(len(true)), penalty, rest + design @ first)
    return _by_name(first + moved, knots)


def hats(value: Floats, knots: Sequence[float]) -> NDArray[np.float64]:
    """How much each knot counts for each value (rows x knots), or for several together; nothing where unknown."""
    if value.ndim > 1:
        return np.asarray(sum(hats(one, knots) for one in value.T))
    held = np.clip(np.nan_to_num(value), knots[0], knots[-1])
    columns = [np.interp(held, knots, row) for row in np.eye(len(knots))]
    return np.where(np.isnan(value)[:, None], 0.0, np.column_stack(columns))


def _newton(design: Floats, true: Flags, weight: Floats, penalty: Floats, offset: Floats) -> Floats:
    """Minimize the weighted loss and the penalty."""
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(design @ beta + offset)))
        gradient = design.T @ (weight * (true - p)) - penalty @ beta
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + penalty
        step = solve(curvature, gradient, assume_a="pos")
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _penalty(size: int) -> Floats:
    """Penalty on the points of one comparison: small, and without corners."""
    bends = np.diff(np.eye(size), n=2, axis=0) if size > 2 else np.zeros((0, size))
    return np.asarray(RIDGE * np.eye(size) + SMOOTH * bends.T @ bends, dtype=float)


def _by_name(beta: Floats, knots: Knots) -> dict[str, list[float]]:
    """Cut the points up by comparison."""
    split = np.split(beta, np.cumsum([len(knots[name]) for name in knots])[:-1])
    # Three digits are what the labels can tell, and keep the file the same on every machine.
    return {name: [round(float(point), 3) for point in part] for name, part in zip(knots, split, strict=True)}
