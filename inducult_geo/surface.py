"""A density surface: the type that `enrich` computes and `publish` writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine

KERNEL = "quartic"


@dataclass(frozen=True)
class Surface:
    """A density surface.

    Attributes
    ----------
    values
        float32 (rows, columns), sites per km2, north up; NaN where nothing was looked for.
    transform
        From column and row to EPSG:3035; cell edges lie on multiples of `cell_m`, as the EEA reference grid's do.
    cell_m, bandwidth_m
        Cell size and kernel radius in meters.
    n_sites
        How many points lie inside the bounds: what the surface integrates to.
    """

    values: npt.NDArray[np.float32]
    transform: Affine
    cell_m: int
    bandwidth_m: float
    n_sites: int
    kernel: str = KERNEL
