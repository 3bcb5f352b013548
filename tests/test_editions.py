"""Rows that a list gives again (a row a year, the table twice): one stands for all, and all share its links."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from match_rows import backdrop, point, records, row, square

from inducult_geo.frames import Records, to_json
from inducult_geo.match.link import link
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.within_source.editions import MANY, given_once, stand_ins, told_of_all

PLANT = {"operator": "Alsen Kalk AG", "address": "Kaistraße 5", "postcode": "93342", "city": "Saal"}


def told_by(*rows: dict[str, Any]) -> list[int]:
    """Which row stands for each of some of one list."""
    table = records(*rows)
    return stand_ins(table, prepare(table)).tolist()


def year(number: int, name: str | None = "Kalkwerk Alsen", place: Any = None, **fields: Any) -> dict[str, Any]:
    at = {"geometry": point() if place is None else place, "tags": to_json({"ReportingYear": str(2010 + number)})}
    return row(f"a:{number}", name, **at, **fields)


def test_a_row_a_year_is_told_by_the_first():
    assert told_by(*(year(number, **PLANT) for number in range(3))) == [0, 0, 0]


def test_the_latest_stands_for_all():
    years = ("2012-12-31", "2014-12-31", "2013-12-31", "2014-12-31", None)
    assert told_by(*(year(number, valid_at=day) for number, day in enumerate(years))) == [1, 1, 1, 1, 1]


def test_the_way_a_year_is_written_does_not_matter():
    first = year(0, **PLANT)
    other = year(1, "KALKWERK ALSEN", point(60, 60), **PLANT | {"address": "Kaistr. 5", "city": "SAAL"})
    assert told_by(first, other) == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Kalkwerk Alsen Ofen 2"},
        {"operator": "Brandt AG"},
        {"address": "Kaistraße 7"},
        {"address": "Bahnstraße 5"},
        {"postcode": "93343"},
        {"city": "Wolnzach"},
        {"country": "AT"},
        {"type": "cement_works"},
        {"theme": "building_materials"},
        {"start_year": 1901},
        {"ids": {"register": "17"}},
        {"heritage_ref": "17"},
        {"source": "b"},
        {"place": point(400)},
        {"place": square(50)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_differs_in_what_is_compared_stands_for_itself(change):
    assert told_by(year(0, **PLANT), year(1, **PLANT | change)) == [0, 1]


@pytest.mark.parametrize(("capacity", "first"), [("80", [0, 0]), ("99", [0, 0]), ("101", [0, 1]), (None, [0, 1])])
def test_units_of_another_capacity_stand_for_themselves(capacity, first):
    power = {"type": "power_station", "place": point()}
    rows = [year(number, "Kraftwerk Alsen", **power) for number in range(2)]
    tags = [{"capacity": told, "year": told} if told else {} for told in ("80", capacity)]
    rows[0]["tags"], rows[1]["tags"] = map(to_json, tags)
    assert told_by(*rows) == first


@pytest.mark.parametrize(("apart_m", "first"), [(99, [0, 0]), (101, [0, 1])])
def test_without_an_address_places_are_one_that_rounding_moved(apart_m, first):
    assert told_by(year(0), year(1, place=point(apart_m))) == first
    assert told_by(year(0), year(1, place=point(0, apart_m))) == first


def test_an_address_in_common_makes_a_rough_place_one_and_a_street_alone_does_not():
    rough, apart = {"city": "Saal", "accuracy_m": 300.0}, {"place": point(200)}
    for address, first in (("Kaistraße 5", [0, 0]), ("Kaistraße", [0, 1])):
        assert told_by(year(0, address=address, **rough), year(1, address=address, **rough, **apart)) == first


@pytest.mark.parametrize(("fuel", "first"), [("coal", [0, 0]), ("gas", [0, 1]), (None, [0, 1])])
def test_a_plant_that_burns_something_else_stands_for_itself(fuel, first):
    rows = [year(number, "Kraftwerk Alsen", type="power_station") for number in range(2)]
    for one, told in zip(rows, ("coal", fuel), strict=True):
        one["tags"] = to_json({"fuel": told})
    assert told_by(*rows) == first


def test_a_gap_that_shows_only_once_another_works_is_taken_out_is_one():
    assert told_by(year(0), year(1, place=point(90, 1000)), year(2, place=point(180))) == [0, 1, 2]
    assert told_by(year(0), year(1, place=point(90)), year(2, place=point(180))) == [0, 0, 0]
    assert told_by(*(year(n, place=point(90 * n)) for n in range(4))) == [0, 1, 2, 3], "none is near all others"


def test_a_place_that_is_true_is_not_moved():
    assert told_by(year(0, accuracy_m=20.0), year(1, place=point(30), accuracy_m=20.0)) == [0, 1]


def test_what_has_no_place_joins_none_that_has_one():
    nowhere = [year(number, **PLANT) | {"geometry": None} for number in (1, 2)]
    assert told_by(year(0, **PLANT), *nowhere) == [0, 1, 1]


def test_houses_side_by_side_stay_apart_and_a_house_given_thrice_is_one():
    houses = [row(f"a:{i}", "Haus", point(), tags=to_json({"remark": remark})) for i, remark in enumerate("xxxyyy")]
    # A word that nearly all bear: other houses far away.
    others = [row(f"a:{i}", "Haus", point(5_000 * i)) for i in range(6, 30) for _ in range(3)]
    others = [one | {"record_key": f"a:o{i}"} for i, one in enumerate(others)]
    assert told_by(*houses, *others)[:6] == [0, 0, 0, 3, 3, 3]
    assert told_by(*(one | {"tags": to_json({"n": i})} for i, one in enumerate(houses[:2])), *others[::3])[:2] == [0, 1]


@pytest.mark.parametrize("apart_m", [4, 20])
def test_a_street_of_houses_under_one_name_is_not_one_house(apart_m):
    """Each lies near the next one, and a word that was counted once seemed rare: forty houses became one site."""
    others = [row(f"a:o{i}", f"Werk {i}", point(9_000 * i + 9_000)) for i in range(30)]
    houses = [row(f"a:{i}", "Haus", point(apart_m * i)) for i in range(40)]
    assert told_by(*houses, *others) == [*range(70)]


def test_few_rows_that_are_alike_are_rows_of_their_own():
    """A register of permits holds some that differ in their keys alone; a list of years holds nothing else."""
    permits = [year(0, **PLANT), year(1, **PLANT)]
    rest = [row(f"a:r{i}", f"Werk {name}", point(9_000 * i)) for i, name in enumerate(_names(40))]
    size = int(1 / MANY)
    assert told_by(*permits, *rest[: size - 2])[:2] == [0, 0]
    assert told_by(*permits, *rest[: size - 1])[:2] == [0, 1]


def _names(count: int) -> list[str]:
    made = [f"{a}{b}" for a in ("Ahorn", "Birken", "Eschen", "Linden", "Ulmen") for b in ("bach", "berg", "hof", "tal")]
    return [f"{made[i % 20]} {made[(i * 7 + 3) % 20]}" for i in range(count)]


def lists() -> tuple[Records, Records]:
    """Two lists of the same works, and of others."""
    rng = np.random.default_rng(3)
    both = [[], []]
    for i, name in enumerate(_names(40)):
        place = 40_000 * (i % 7), 40_000 * (i // 7)
        for side, into in enumerate(both):
            if side == 0 or i % 3:
                moved = rng.normal(0, 150, 2) if side else (0, 0)
                into.append(row(f"{'ab'[side]}:{i}", f"Werk {name}", point(place[0] + moved[0], place[1] + moved[1])))
    return records(*both[0]), records(*both[1])


def by_year(table: Records, count: int) -> Records:
    every = [
        table.assign(
            record_key=table["record_key"] + f"/{number}",
            tags=to_json({"year": number}),
            valid_at=f"{2010 + number}-12-31",
        )
        for number in range(count)
    ]
    mixed = pd.concat(every).sample(frac=1, random_state=1)
    return Records(mixed.reset_index(drop=True))


@pytest.mark.parametrize(("left_years", "right_years"), [(4, 1), (1, 4), (3, 5)])
def test_a_list_with_a_row_a_year_is_linked_as_one_with_a_row_a_plant(left_years, right_years):
    left, right = lists()
    plain = link(left, right, units=True)
    found = link(by_year(left, left_years), by_year(right, right_years), units=True)
    tail = [found[side].str.partition("/") for side in ("left_id", "right_id")]
    told = found.assign(left_id=tail[0][0], right_id=tail[1][0])
    best = told[found["beside"].isna()]
    latest = best[tail[0][2][best.index] == str(left_years - 1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(latest, plain)
    # Every left row has its match, the latest right row, and the other years beside it; nobody need look at it more.
    assert (best.groupby(["left_id", "right_id"]).size() == left_years).all()
    matches = found[found["decision"] == "match"]
    assert len(matches) == (plain["decision"] == "match").sum() * left_years * right_years
    assert set(tail[1][2][best.index]) == {str(right_years - 1)}
    beside = {told.rpartition("/")[2] for told in matches["beside"].dropna()}
    assert beside == ({str(right_years - 1)} if right_years > 1 else set())
    assert matches["doubtful"].mean() == pytest.approx(plain.query("decision == 'match'")["doubtful"].mean())


def test_a_question_is_asked_once_of_all_years_of_the_right():
    left = records(row("l:0", "Kalkwerk Saal", point()), *(part for part in backdrop(12) if part["source"] == "a"))
    permits = [row(f"r:{i}", f"Kalkwerk Saal {side}", point(150)) for i, side in enumerate(("Nord", "Süd"))]
    right = records(*permits, *(part for part in backdrop(12) if part["source"] == "b"))
    told = link(left, by_year(right, 3)).query("left_id == '0'")
    assert told["decision"].value_counts().to_dict() == {"match": 3, "review": 1}
    assert told["beside"].isna().sum() == 2, "the match, and the question"


def test_lists_without_rows_given_again_are_as_they_were():
    left, _ = lists()
    prepared, row_of = given_once(left)
    assert prepared.key.tolist() == left["record_key"].tolist()
    assert row_of.tolist() == [*range(len(left))]


def test_no_rows_are_no_rows():
    table = records(row("a:1", "Kalkwerk Saal", point()))
    none = Records(table.iloc[:0])
    assert stand_ins(none, prepare(none)).tolist() == []


def test_works_on_both_sides_of_a_border_stand_for_themselves_without_an_address_too():
    assert told_by(year(0), year(1, country="AT")) == [0, 1]


def test_what_is_told_to_stand_beside_a_match_stays_beside_it_in_all_years():
    told = {"left": 0, "right": 1, "left_id": "l", "right_id": "x", "decision": "match"}
    for beside, expected in (("best", ["best", "best"]), (None, [None, "x"])):
        table = pd.DataFrame([told | {"beside": beside}]).astype({"beside": object})
        every = told_of_all(table, pd.Series(["l", "x", "x2"]), np.array([0, 1, 1])).set_index("right_id")
        assert [value if isinstance(value, str) else None for value in every["beside"]] == expected
