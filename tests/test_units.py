"""A list of a plant's units beside a list that gives the plant once."""

from __future__ import annotations

import numpy as np
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.reading.plants import doors_of, stand_for_all
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.units import MACHINES_M, at_one_place, capacity_of_all

BY_NAME = {entry.name: entry for entry in COMPARISONS}


def found(name, rows, pairs):
    """Compare rows of the sources a and b, of hydro power stations, given as key, name, place in meters, capacity."""
    told = [
        row(
            key,
            said,
            None if at is None else point(*at),
            tags=to_json({"capacity": mw, "fuel": "hydro"}) if mw else None,
        )
        for key, said, at, mw in rows
    ]
    table = prepare(records(*told, *backdrop()))
    at = {key: number for number, (key, *_) in enumerate(rows)}
    compared = Compared(table, *(np.array([at[pair[side]] for pair in pairs]) for side in (0, 1)))
    scores = BY_NAME[name].compare(compared)
    return scores.value.tolist(), scores.detail(np.arange(len(pairs)))


SOLKAN = [("a:1", "Solkan G1", (0, 0), 10.5), ("a:2", "Solkan G2", (0, 0), 10.5)]


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ([("b:1", "HE Solkan 1", (0, 0), 21)], 0.5),
        ([("b:1", "HE Solkan", (0, 0), 21)], 0.5),
        # The number is one of the units': then it is that unit.
        ([("b:1", "HE Solkan G2", (0, 0), 21)], 0.0),
        # That list gives units, too.
        ([("b:1", "HE Solkan 1", (0, 0), 21), ("b:2", "HE Solkan 2", (0, 0), 21)], 0.0),
    ],
)
def test_a_row_of_the_whole_plant_bears_no_number_of_a_unit(more, value):
    rows = SOLKAN + more
    assert found("numbers", rows, [("a:1", "b:1")])[0] == [value]
    assert found("numbers", rows, [("b:1", "a:1")])[0] == [value]


def test_one_row_of_a_unit_alone_is_another_unit():
    rows = [SOLKAN[0], ("b:1", "HE Solkan 1", (0, 0), 21)]
    assert found("numbers", rows, [("a:1", "b:1")])[0] == [0.0]


@pytest.mark.parametrize(
    ("places", "stands"),
    [
        (((0, 0), (MACHINES_M - 1, 0)), True),
        (((0, 0), (MACHINES_M + 1, 0)), False),
        (((0, 0), (0, MACHINES_M + 1)), False),
        ((None, (0, 0)), True),
        ((None, None), True),
    ],
)
def test_numbered_boiler_houses_of_a_town_are_no_machines_of_one_plant(places, stands):
    rows = [row(f"a:{i}", f"Kessel Solkan {i}", place and point(*place)) for i, place in enumerate(places)]
    table = prepare(records(*rows, row("b:1", "Kessel Solkan 7", point()), *backdrop()))
    assert (table.units[:2] >= 0).all()
    assert stand_for_all(table, np.array([0, 1, 2]), np.array([2, 2, 0])).tolist() == [stands, stands, False]


def test_numbered_ironworks_side_by_side_are_works_of_their_own():
    """In Vordernberg "Radwerk I" and "Radwerk III" stand beside "Radwerk IV": none of them is all of them."""
    rows = [row("b:1", "Radwerk I", point()), row("b:2", "Radwerk III", point()), row("a:1", "Radwerk IV", point())]
    table = prepare(records(*rows, *backdrop()))
    assert (table.units[:2] >= 0).all()
    assert not stand_for_all(table, np.array([0, 1]), np.array([2, 2])).any()


def test_a_number_alone_in_common_tells_nothing():
    rows = [("a:1", "Solkan 1", (0, 0), None), ("b:1", "Formin 1", (0, 0), None), ("b:2", "HE Solkan 1", (0, 0), None)]
    values, _ = found("numbers", rows, [("a:1", "b:1"), ("a:1", "b:2")])
    assert values == pytest.approx([np.nan, 1.0], nan_ok=True)


def test_the_capacity_of_all_units_counts_beside_a_row_of_the_whole_plant():
    rows = [*SOLKAN, ("b:1", "HE Solkan", (0, 0), 21), ("b:2", "HE Solkan klein", (0, 0), 10.5)]
    values, told = found("capacity", rows, [("a:1", "b:1"), ("a:1", "b:2"), ("b:1", "a:2")])
    assert values == pytest.approx([0.0, 0.0, 0.0])
    assert told == ["21 / 21", "10.5 / 10.5", "21 / 21"]


def test_two_lists_of_units_are_compared_unit_by_unit():
    rows = [*SOLKAN, ("b:1", "HE Solkan 1", (0, 0), 21), ("b:2", "HE Solkan 2", (0, 0), 21)]
    assert found("capacity", rows, [("a:1", "b:1")])[0] == pytest.approx([1.0])


def test_a_unit_that_tells_no_capacity_leaves_that_of_the_plant_unknown():
    rows = [SOLKAN[0], ("a:2", "Solkan G2", (0, 0), None), ("b:1", "HE Solkan", (0, 0), 21)]
    values, _ = found("capacity", rows, [("a:1", "b:1"), ("a:2", "b:1")])
    assert values == pytest.approx([1.0, np.nan], nan_ok=True)


def test_units_of_one_plant_may_be_machines_of_two_kinds():
    rows = [row(f"a:{i}", name, point()) for i, name in enumerate(("Irsching 3 Power Plant", "Irsching-5 CCGT Plant"))]
    table = prepare(records(*rows, row("a:9", "Irsching Brauerei 2", point()), *backdrop()))
    assert table.units[0] == table.units[1] >= 0
    assert table.units[2] == -1


@pytest.mark.parametrize(
    ("other", "together"),
    [
        ({}, True),
        ({"country": "IT"}, False),
        ({"postcode": "8701"}, False),
        ({"address": "Hauptstraße 7"}, False),
        ({"address": "Hauptstraße"}, False),
        ({"postcode": None}, False),
    ],
)
def test_permits_are_at_one_address_where_street_house_postcode_and_country_are_the_same(other, together):
    here = {"address": "Hauptstraße 1", "postcode": "8700", "country": "AT"}
    doors = doors_of(prepare(records(row("b:1", "Hochofen", **here), row("b:2", "Walzwerk", **here | other))))
    assert (doors[0] == doors[1] >= 0) == together
    assert together or (doors == -1).all()


def test_of_units_of_which_one_tells_no_capacity_nobody_knows_that_of_all():
    told = capacity_of_all(np.array([0, 0, 1, 1, -1]), np.array([5.0, np.nan, 5.0, 7.0, 9.0]))
    assert np.isnan(told).tolist() == [True, True, False, False, True]
    assert told[2:4].tolist() == [12, 12]


@pytest.mark.parametrize("gap_m", [(200.0, 100.0), (100.0, 200.0)])
def test_of_two_neighbors_the_larger_gap_counts(gap_m):
    xy = np.array([(0.0, 0.0), (150.0, 0.0)])
    assert at_one_place(np.array([0, 0]), xy, np.array(gap_m)).tolist() == [0, 0]
    assert at_one_place(np.array([0, 0]), xy, np.array([100.0, 100.0])).tolist() == [-1, -1]
