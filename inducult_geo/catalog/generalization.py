"""The accuracy of a place that is published on a grid only (`publish_grid_m` of a contract)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def accuracy_on_grid(accuracy_m: ArrayLike, cell_m: ArrayLike) -> NDArray[np.float64]:
    """Return how true places are at the centers of their cells: half a diagonal is added, as errors are.

    Parameters
    ----------
    accuracy_m
        How far each true place may lie from the one that is known, in meters.
    cell_m
        Side of each cell, in meters; 0 where a place is published as it is.
    """
    half_m = np.asarray(cell_m, dtype=np.float64) / math.sqrt(2)
    true_m: NDArray[np.float64] = np.hypot(np.asarray(accuracy_m, dtype=np.float64), half_m)
    return true_m
