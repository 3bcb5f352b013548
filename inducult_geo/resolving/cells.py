"""Find pairs that are worth comparing in a large area, for each cell of a fixed grid and its halo.

A country or a continent is cut into cells of one fixed grid in EPSG:3035 (`CELL_M`), and each gets its own records and
those of `HALO_M` around them: nothing else is needed to find its candidates. A pair belongs to the cell of its smaller
record key and is found there, once; then all cells' pairs are scored, joined and named together: a site may reach
across any border.

What the cells change against looking at all records at once: two records more than `HALO_M` apart are not compared,
whatever their names, and which words are rare enough to bring two records together is told by the cell and its halo.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inducult_geo.arrow.keys import places_of
from inducult_geo.frames import Records
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.places import place_order, points_in
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.score import Scored, Weights, score
from inducult_geo.ragged import Floats, Ints

_LOG = logging.getLogger(__name__)

CELL_M = 200_000.0
HALO_M = 12_000.0
"""Beyond the 10 km within which the nearest records are candidates."""


@dataclass(frozen=True)
class Grid:
    """The fixed grid: cell (0, 0) begins at the origin of EPSG:3035."""

    cell_m: float = CELL_M
    halo_m: float = HALO_M

    def cells(self, points: Floats) -> Ints:
        """Return column and row of the cell of each point, as (n, 2); points are (n, 2) in meters."""
        return np.asarray(np.floor(points / self.cell_m), dtype=np.int64)

    def reached(self, cell: Ints, points: Floats) -> Ints:
        """Return the numbers of the points in a cell and its halo."""
        low, high = cell * self.cell_m - self.halo_m, (cell + 1) * self.cell_m + self.halo_m
        return np.flatnonzero(((points >= low) & (points < high)).all(axis=1))


WHOLE_GRID = Grid()


def candidates_by_cell(records: Records, grid: Grid) -> pd.DataFrame:
    """Find the candidates of all cells; each pair is of one cell only.

    Returns
    -------
    DataFrame
        `left_key` and `right_key`, as `candidates_of` gives them.
    """
    none = pd.DataFrame({"left_key": [], "right_key": []}, dtype=str)
    return pd.concat([none, *_of_cells(records, grid)], ignore_index=True)


def compare_by_cell(
    records: Records,
    *,
    grid: Grid = WHOLE_GRID,
    weights: Weights | None = None,
    many: Collection[str] = (),
    apart: Collection[tuple[str, str]] = (),
) -> Scored:
    """Score the candidates of all cells together: what `match.resolve.compare` is for an area of any size."""
    pairs = candidates_by_cell(records, grid)
    prepared = prepare(records).in_place_order()
    at = pd.Index(prepared.key)
    left, right = (places_of(at, pairs[side]) for side in ("left_key", "right_key"))
    order = np.lexsort((right, left))
    every = Compared(prepared, left[order], right[order])
    return score(every, weights, many=many, apart=every.are(apart))


def _of_cells(records: Records, grid: Grid) -> Iterator[pd.DataFrame]:
    points, every_key = points_in(records.geometry.to_numpy()), records["record_key"].to_numpy(dtype=object)
    home = grid.cells(points)
    cells = np.unique(home, axis=0)
    for number, cell in enumerate(cells, start=1):
        _LOG.debug("comparing cell %d of %d", number, len(cells))
        here = grid.reached(cell, points)
        # By place and key, so that the order of the records has no say.
        here = here[np.argsort(every_key[here])]
        here = here[place_order(points[here])]
        left, right = candidates_of(prepare(Records(records.iloc[here].reset_index(drop=True))))
        mine, keys = (home[here] == cell).all(axis=1)[left], every_key[here]
        yield pd.DataFrame({"left_key": keys[left[mine]], "right_key": keys[right[mine]]})
