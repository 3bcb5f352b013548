"""Rows of a list that tell of one works once more: which do not compete for a partner, and which do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.link import link
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.resolve import compare
from inducult_geo.match.scoring.rivals import contests, leads
from inducult_geo.match.scoring.twins import FITS, with_twins

SAAL = {"city": "Saal", "postcode": "93342"}
SMITH = {"operator": "Alsen Breitenburg AG"}


def plants(
    one: dict[str, Any], other: dict[str, Any], *, base: float = 0.0, repeated: tuple[str, ...] = ("a",)
) -> list:
    """Which plant two rows of list "a" are of, that both fit one record of list "b"."""
    table = prepare(
        records(*(row(f"a:{i}", **part) for i, part in enumerate((one, other))), row("b:1", "Alsen"), *backdrop())
    )
    pairs = Compared(table, np.array([0, 1]), np.array([2, 2]))
    of = np.isin(table.sources[1], repeated)
    none = np.full(len(table), -1, dtype=np.int64)
    return with_twins(none, pairs, np.array([1.0, base]), of)[:2].tolist()


TWINS = (
    {"name": "Kalkwerk Alsen", "geometry": point()} | SMITH | SAAL,
    {"name": "Alsen Breitenburg AG Kalkwerk Alsen", "geometry": point(300)} | SMITH | SAAL,
)


def test_a_row_of_another_register_is_a_twin():
    assert plants(*TWINS) == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Kalkwerk Alsen 2"},
        {"name": "Ziegelei Brandt"},
        {"name": "Kalkwerk Alsen Ofenhalle Grauberg"},
        {"city": "Wolnzach", "postcode": "85283"},
        {"geometry": point(9000)},
    ],
    ids=["another unit", "another name", "a part of it", "another town", "far away"],
)
def test_what_is_of_other_works_competes(change):
    first = TWINS[0] | ({"name": "Kalkwerk Alsen 1"} if change.get("name", "").endswith("2") else {})
    assert plants(first, TWINS[0] | change) == [-1, -1]


@pytest.mark.parametrize("name", ["Villa", "Villa Alsen"])
def test_houses_of_one_name_compete(name):
    """A name that many bear is of many houses; and one that few bear may be that of two houses side by side."""
    house = {"name": name, "geometry": point(), "address": "Kai 5"} | SAAL
    assert plants(house, house | {"address": "Kai 7", "geometry": point(40)}) == [-1, -1]


def test_a_row_that_fits_nothing_is_no_twin_of_it():
    assert plants(*TWINS, base=FITS - 0.1) == [-1, -1]
    assert plants(*TWINS, base=FITS) == [0, 0]


def test_only_a_list_with_several_rows_of_one_works_has_twins():
    assert plants(*TWINS, repeated=("b",)) == [-1, -1]


def test_the_address_of_a_head_office_makes_no_other_works():
    """The name tells the town that the other row stands in; a name that tells its own town, too, is of that one."""
    works = {"name": "Raffinerie Alsen Saal", "geometry": point()} | SMITH | SAAL
    office = works | {"geometry": point(800_000), "city": "Hamburg", "postcode": "20095"}
    assert plants(works, office) == [0, 0]
    assert plants(office, works) == [0, 0]
    named = office | {"name": "Raffinerie Alsen Saal Hamburg"}
    assert plants(works, named) == [-1, -1]


def test_works_called_by_trade_and_town_are_one_where_the_other_address_is_that_of_a_head_office():
    """'Kalkwerk Saal' is borne by many in Saal; in Hamburg it is the head office of the one that stands there."""
    works = {"name": "Kalkwerk Saal", "geometry": point(), "address": "Kai 5"} | SAAL
    office = works | {"geometry": point(800_000), "address": "Ring 1", "city": "Hamburg", "postcode": "20095"}
    assert plants(works, office) == plants(office, works) == [0, 0]
    assert plants(works, works | {"geometry": point(300), "address": "Ring 1"}) == [-1, -1]


def test_units_of_a_plant_stay_together_and_twins_join_them():
    table = prepare(records(*(row(f"a:{i}", **TWINS[i % 2]) for i in range(4)), row("b:1", "Alsen"), *backdrop()))
    units = np.full(len(table), -1, dtype=np.int64)
    units[[2, 3]] = 0
    pairs = Compared(table, np.array([0, 1]), np.array([4, 4]))
    of = with_twins(units, pairs, np.zeros(2), np.isin(table.sources[1], ["a"]))[:4]
    assert of[0] == of[1] != of[2] == of[3] >= 0


def test_twins_have_no_lead_over_each_other():
    rows = [row("a:0", **TWINS[0]), row("a:1", **TWINS[1]), row("a:2", "Ziegelei Brandt", point(), **SAAL)]
    table = prepare(records(*rows, row("b:1", "Alsen"), *backdrop()))
    pairs = Compared(table, np.array([0, 1, 2]), np.array([3, 3, 3]))
    base = np.array([4.0, 3.0, 1.0])
    assert leads(pairs, base, ["a"])[1].tolist() == [3.0, 2.0, -3.0]
    assert leads(pairs, base)[1].tolist() == [1.0, -1.0, -3.0]
    assert [contest.kin is None for contest in contests(pairs, ["a"])] == [True, True]


def test_both_rows_of_one_works_are_linked():
    """The one row gives the works' address, the other one that of the head office: both are the same works."""
    permit = row("r:1", "Raffinerie Alsen Grauberg Saal", point(200), address="Kai 5", **SAAL)
    mine, theirs = ([part for part in backdrop(12) if part["source"] == source] for source in "ab")
    works = row("l:0", "Raffinerie Alsen Grauberg Saal", point(), address="Kai 5", **SMITH, **SAAL)
    office = works | {"record_key": "l:1", "geometry": point(600_000), "city": "Hamburg", "postcode": "20095"}
    office |= {"address": None}
    found = link(records(works, office, *mine), records(permit, *theirs)).query("right_id == '1'")
    assert found.set_index("left_id")["decision"].to_dict() == {"0": "match", "1": "match"}
    stranger = office | {"names": to_json({"name": "Raffinerie Alsen"}), "operator": "Brandt SE"}
    other = link(records(works, stranger, *mine), records(permit, *theirs)).query("right_id == '1'")
    assert other.query("decision == 'match'")["left_id"].tolist() == ["0"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2)])
def test_rows_of_one_name_at_one_place_are_one_find_whatever_stands_between_them(order):
    """A register with a row for each year, and its twin in another register: chance would find the twin at most."""
    works = TWINS[0], TWINS[1], TWINS[0]
    rows = [row(f"a:{i}", **works[place]) for i, place in enumerate(order)]
    table = prepare(records(*rows, row("b:1", "Alsen"), *backdrop()))
    pairs = Compared(table, np.arange(3), np.full(3, 3))
    value = np.array([1.0 if place == 1 else 5.0 for place in order])
    _, contest = contests(pairs, ("a",), value)
    after = contest.standing(value)[1]
    assert after.value.tolist() == [1.0]
    assert np.isnan(after.lead).tolist() == [True]


def test_twins_are_told_wherever_they_stand_in_the_table():
    """The row of the other list between them: it is right in the pair with the one, and left in that with the other."""
    mine, theirs = [row(f"a:{i}", **part) for i, part in enumerate(TWINS)], row("b:1", "Alsen")
    table = prepare(records(mine[0], theirs, mine[1], *backdrop()))
    pairs, none = Compared(table, np.array([0, 1]), np.array([1, 2])), np.full(len(table), -1, dtype=np.int64)
    found = with_twins(none, pairs, np.array([1.0, 0.0]), np.isin(table.sources[1], ["a"]))
    assert found[0] == found[2] >= 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_do_not_depend_on_the_order_of_the_records(seed):
    """Two registers in one list, and several rows of each: of those that fit alike the one with the first key leads."""
    rows = [row(f"b:{i}", name, point(100 * i), **SAAL) for i, name in enumerate(("Alsen", "Kalkwerk Alsen", "Saal"))]
    for at in range(12):
        part = dict(TWINS[at % 2]) | {"geometry": point(60 * (at % 5))}
        rows.append(row(f"a:{at}", **part | ({"name": f"{part['name']} {'Grauberg Tal' * (at % 3 == 0)}".strip()})))
    scores = []
    for order in (np.arange(len(rows)), np.random.default_rng(seed).permutation(len(rows))):
        scored = compare(records(*(rows[at] for at in order), *backdrop()), many=("a",))
        keys = scored.pairs.prepared.key
        ends = zip(keys[scored.pairs.left], keys[scored.pairs.right], strict=True)
        scores.append(dict(zip((tuple(sorted(pair)) for pair in ends), scored.probability.tolist(), strict=True)))
    assert scores[0] == pytest.approx(scores[1])
