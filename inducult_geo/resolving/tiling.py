"""Wide areas, tile by tile: which records are worth comparing is found for each cell of a fixed grid with a halo.

A country or a continent is cut into tiles, each of whole cells of one fixed grid in EPSG:3035 (`CELL_M`), and each tile
gets the records of its cells and of `HALO_M` around them: nothing else is needed to find the candidates of its cells,
so a tile can be a task of its own, on another machine. A pair belongs to the cell of its smaller record key and is
found there, once; then all tiles' pairs are scored, joined and named together: a site may reach across any border.

Since cells are always the same ones, how they are put together into tiles changes nothing: sites, ids and files are
equal to the byte. What the cells change against looking at all records at once: two records more than `HALO_M` apart
are not compared, whatever their names, and which words are rare enough to bring two records together is told by the
cell and its halo.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from inducult_geo.frames import Records
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.places import place_order
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.score import Scored, Weights, score
from inducult_geo.ragged import Ints

CELL_M = 200_000.0
HALO_M = 12_000.0
"""Beyond the 10 km within which the nearest records are candidates."""

Cell = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """The fixed grid: cell (0, 0) begins at the origin of EPSG:3035."""

    cell_m: float = CELL_M
    halo_m: float = HALO_M

    def cells(self, points: np.ndarray) -> Ints:
        """Return column and row of the cell of each point, as (n, 2); points are (n, 2) in meters."""
        return np.asarray(np.floor(points / self.cell_m), dtype=np.int64)

    def reach(self, cell: Cell) -> tuple[float, float, float, float]:
        """Return the box of a cell and its halo: xmin, ymin, xmax, ymax."""
        x, y = cell[0] * self.cell_m, cell[1] * self.cell_m
        return x - self.halo_m, y - self.halo_m, x + self.cell_m + self.halo_m, y + self.cell_m + self.halo_m


def points_of(records: Records) -> np.ndarray:
    """Return the point of each record by which it belongs to a cell, as (n, 2)."""
    points = shapely.point_on_surface(records.geometry.to_numpy())
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)]).reshape(-1, 2)


def tiles_of(records: Records, per_side: int, grid: Grid | None = None) -> list[frozenset[Cell]]:
    """Cut the cells that hold records into at most `per_side` x `per_side` tiles; every cell is in one of them."""
    cells = np.unique((grid or Grid()).cells(points_of(records)), axis=0)
    if not len(cells):
        return []
    low = cells.min(axis=0)
    span = (cells.max(axis=0) - low + 1) / per_side
    place = ((cells - low) / span).astype(int)
    parts: dict[tuple[int, int], set[Cell]] = {}
    for (column, row), (x, y) in zip(place.tolist(), cells.tolist(), strict=True):
        parts.setdefault((column, row), set()).add((x, y))
    return [frozenset(parts[name]) for name in sorted(parts)]


def records_of_tile(records: Records, tile: Iterable[Cell], grid: Grid | None = None) -> Records:
    """Return all that a tile needs: the records of its cells and of their halos."""
    net = grid or Grid()
    points = points_of(records)
    wanted = np.zeros(len(records), dtype=bool)
    for cell in tile:
        wanted |= _within(points, net.reach(cell))
    return Records(records[wanted].reset_index(drop=True))


def candidates_of_tile(records: Records, tile: Iterable[Cell], grid: Grid | None = None) -> pd.DataFrame:
    """Find the candidates that belong to a tile's cells.

    Parameters
    ----------
    records
        All that `records_of_tile` gives; more changes nothing.
    tile
        Its cells.

    Returns
    -------
    DataFrame
        `left_key` and `right_key`, as `candidates_of` gives them; each pair of the area is in one cell only.
    """
    net = grid or Grid()
    points = points_of(records)
    found = [*_found(records, points, sorted(tile), net)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"left_key": [], "right_key": []}, dtype=str)


def compare_pairs(
    records: Records,
    pairs: pd.DataFrame,
    weights: Weights | None = None,
    *,
    many: Collection[str] = (),
    apart: Collection[tuple[str, str]] = (),
) -> Scored:
    """Score the candidates of all tiles together (`left_key`, `right_key`); the order of the tiles changes nothing."""
    prepared = prepare(records).in_place_order()
    at = pd.Series(np.arange(len(prepared)), index=prepared.key)
    left = at.reindex(pairs["left_key"]).to_numpy(dtype=np.int64)
    right = at.reindex(pairs["right_key"]).to_numpy(dtype=np.int64)
    order = np.lexsort((right, left))
    every = Compared(prepared, left[order], right[order])
    return score(every, weights, many=many, apart=every.are(apart))


def compare_in_tiles(
    records: Records,
    *,
    per_side: int = 1,
    grid: Grid | None = None,
    weights: Weights | None = None,
    many: Collection[str] = (),
    apart: Collection[tuple[str, str]] = (),
) -> Scored:
    """Do all of it here, one tile after the other: what `match.resolve.compare` is for an area of any size."""
    tiles = tiles_of(records, per_side, grid)
    found = [candidates_of_tile(records_of_tile(records, tile, grid), tile, grid) for tile in tiles]
    empty = pd.DataFrame({"left_key": [], "right_key": []}, dtype=str)
    pairs = pd.concat(found, ignore_index=True) if found else empty
    return compare_pairs(records, pairs, weights, many=many, apart=apart)


def _found(records: Records, points: np.ndarray, cells: Iterable[Cell], net: Grid) -> Iterator[pd.DataFrame]:
    home = net.cells(points)
    for cell in cells:
        here = np.flatnonzero(_within(points, net.reach(cell)))
        # By place and key, so that neither the order of the records nor what else the tile holds has a say.
        here = here[np.argsort(records["record_key"].to_numpy(dtype=object)[here])]
        here = here[place_order(points[here])]
        near = Records(records.iloc[here].reset_index(drop=True))
        left, right = candidates_of(prepare(near))
        mine = (home[here] == np.array(cell)).all(axis=1)[left]
        keys = near["record_key"].to_numpy(dtype=object)
        yield pd.DataFrame({"left_key": keys[left[mine]], "right_key": keys[right[mine]]})


def _within(points: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    low, high = np.array(box[:2]), np.array(box[2:])
    return np.asarray(((points >= low) & (points < high)).all(axis=1))
