"""An area that is compared cell by cell: sites reach across borders, and a cell needs its halo alone."""

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
from inducult_geo.match.reading.places import points_in
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.resolving.cells import Grid, candidates_by_cell, compare_by_cell

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
    return as_records(frame, geometry=gpd.GeoSeries(shapes, crs=WORK_CRS))


def resolved(records: Records, decisions=replay(())) -> Resolution:  # noqa: B008
    return resolve(
        records,
        contracts={},
        decisions=decisions,
        registry=empty_registry(),
        comparing=partial(compare_by_cell, grid=GRID),
    )


def the_same(one: Resolution, other: Resolution) -> None:
    assert one.members.equals(other.members)
    assert one.sites.to_json() == other.sites.to_json()
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.review, other.review)
    pd.testing.assert_frame_equal(one.registry, other.registry)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_sites_reach_across_borders_and_the_order_of_records_has_no_say(seed: int) -> None:
    records = made_up(seed)
    whole = resolved(records)
    the_same(whole, resolved(Records(records.sample(frac=1, random_state=seed))))
    cells = GRID.cells(points_in(records.geometry.to_numpy()))
    assert len(np.unique(cells, axis=0)) == 16
    # It would be no proof if no site reached across a border.
    across = pd.Series(cells[:, 0], index=records["record_key"]).groupby(whole.members).nunique()
    assert (across > 1).sum() > 10
    assert len(whole.sites) < len(records) * 0.7


def test_a_decision_across_a_border_holds() -> None:
    records = made_up(4, 120)
    far = records["record_key"].iloc[[0, -1]].tolist()
    word = replay([Decision("me", "2026-01-01T00:00:00+00:00", far[0], far[1], "same")])
    whole = resolved(records, word)
    assert whole.members[far[0]] == whole.members[far[1]]


def test_every_pair_is_of_one_cell_which_needs_its_halo_alone() -> None:
    records = made_up(5)
    points, pairs = points_in(records.geometry.to_numpy()), candidates_by_cell(records, GRID)
    assert len(pairs) > len(records)
    assert not pairs.duplicated().any()
    assert (pairs["left_key"] < pairs["right_key"]).all()
    home = dict(zip(records["record_key"], map(tuple, GRID.cells(points).tolist()), strict=True))
    cell = home[records["record_key"].iloc[0]]
    near = Records(records.iloc[GRID.reached(np.array(cell), points)].reset_index(drop=True))
    assert len(near) < len(records)
    alone, among_all = (
        some[some["left_key"].map(home) == cell].reset_index(drop=True)
        for some in (candidates_by_cell(near, GRID), pairs)
    )
    pd.testing.assert_frame_equal(alone, among_all)


def test_without_a_halo_the_borders_would_show() -> None:
    records = made_up(6)
    cut, halo = (len(candidates_by_cell(records, grid)) for grid in (Grid(GRID.cell_m, 0), GRID))
    assert cut < halo


def test_nothing_and_one_record_are_areas_too() -> None:
    records = made_up(7, 3)
    assert len(resolved(Records(records.iloc[:0])).sites) == 0
    assert len(resolved(Records(records.iloc[:1])).sites) == 1
