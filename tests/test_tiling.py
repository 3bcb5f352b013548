"""One area cut in 1, 4 and 16 tiles gives the same sites, ids included; a tile needs its cells and their halo alone."""

from __future__ import annotations

import json
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from inducult_geo.frames import WORK_CRS, Records, as_records
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.resolving.tiling import (
    Grid,
    candidates_of_tile,
    compare_in_tiles,
    points_of,
    records_of_tile,
    tiles_of,
)

GRID = Grid(cell_m=20_000, halo_m=12_000)
EXTENT_M = 80_000
TRADES = ("Ziegelei", "Papierfabrik", "Spinnerei", "Brauerei", "Gießerei", "Mühle")
WORDS = ("Alt", "Berg", "Dorn", "Eich", "Falk", "Grün", "Hart", "Kalt", "Lind", "Moor", "Nord", "Rau")


def made_up(seed: int, count: int = 260) -> Records:
    """Make up works that three sources tell of, some as areas, many of them beside the borders of cells."""
    random = np.random.default_rng(seed)
    place = random.uniform(500, EXTENT_M - 500, (count, 2))
    beside = random.random(count) < 0.4
    borders = random.integers(1, 4, beside.sum()) * GRID.cell_m
    place[beside, 0] = borders + random.normal(0, 60, beside.sum())
    rows, shapes = [], []
    for number, (x, y) in enumerate(place):
        first, second = random.integers(0, len(WORDS), 2)
        name = f"{TRADES[number % 6]} {WORDS[first]}{WORDS[second].lower()}{number % 7}"
        for source in ("osm", "register", "partner"):
            if random.random() < 0.3:
                continue
            shift = random.normal(0, 40, 2)
            point = shapely.Point(4_200_000 + x + shift[0], 2_800_000 + y + shift[1])
            shapes.append(point.buffer(80, cap_style="square") if source == "osm" and number % 3 == 0 else point)
            told = name if random.random() < 0.8 else name.replace("e", "", 1)
            key = f"{source}:{number:04d}"
            rows.append({"record_key": key, "source": source, "names": json.dumps({"name": told}), "country": "AT"})
    frame = pd.DataFrame(rows).assign(postcode="8700", aspect="factory", accuracy_m=50.0, region="middle")
    return as_records(frame, geometry=gpd.GeoSeries(shapes, crs=WORK_CRS).to_numpy(), crs=WORK_CRS)


def resolved(records: Records, per_side: int, decisions=replay(())) -> Resolution:  # noqa: B008
    return resolve(
        records,
        contracts={},
        decisions=decisions,
        registry=empty_registry(),
        run_id="made-up",
        comparing=partial(compare_in_tiles, per_side=per_side, grid=GRID),
    )


def the_same(one: Resolution, other: Resolution) -> None:
    assert one.members.equals(other.members)
    assert one.sites.to_json() == other.sites.to_json()
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.review, other.review)
    pd.testing.assert_frame_equal(one.registry, other.registry)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_one_four_and_sixteen_tiles_give_the_same_sites(seed: int) -> None:
    records = made_up(seed)
    cuts = [len(tiles_of(records, per_side, GRID)) for per_side in (1, 2, 4)]
    assert cuts == [1, 4, 16]
    whole = resolved(records, 1)
    for per_side in (2, 4):
        the_same(whole, resolved(Records(records.sample(frac=1, random_state=seed)), per_side))
    # It would be no proof if no site reached across a border.
    column = pd.Series(GRID.cells(points_of(records))[:, 0], index=records["record_key"])
    across = column.groupby(whole.members).nunique()
    assert (across > 1).sum() > 10
    assert len(whole.sites) < len(records) * 0.7


def test_a_decision_across_a_border_holds_in_every_cut() -> None:
    records = made_up(4, 120)
    far = records["record_key"].iloc[[0, -1]].tolist()
    word = replay([Decision("me", "2026-01-01T00:00:00+00:00", far[0], far[1], "same")])
    whole = resolved(records, 1, word)
    assert whole.members[far[0]] == whole.members[far[1]]
    the_same(whole, resolved(records, 4, word))


def test_every_pair_belongs_to_one_tile_and_a_tile_needs_its_halo_alone() -> None:
    records = made_up(5)
    found = []
    for tile in tiles_of(records, 4, GRID):
        own = records_of_tile(records, tile, GRID)
        assert len(own) < len(records)
        alone, among_all = (candidates_of_tile(some, tile, GRID) for some in (own, records))
        pd.testing.assert_frame_equal(alone, among_all)
        found.append(alone)
    pairs = pd.concat(found)
    assert len(pairs) > len(records)
    assert not pairs.duplicated().any()
    assert (pairs["left_key"] < pairs["right_key"]).all()


def test_without_a_halo_the_borders_would_show() -> None:
    records = made_up(6)
    cut, halo = (
        sum(len(candidates_of_tile(records, tile, grid)) for tile in tiles_of(records, 1, grid))
        for grid in (Grid(GRID.cell_m, 0), GRID)
    )
    assert cut < halo


def test_nothing_and_one_record_are_areas_too() -> None:
    records = made_up(7, 3)
    none = Records(records.iloc[:0])
    assert tiles_of(none, 4, GRID) == []
    assert len(resolved(none, 4).sites) == 0
    assert len(resolved(Records(records.iloc[:1]), 4).sites) == 1
