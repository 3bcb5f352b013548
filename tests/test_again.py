"""Works that the right list gives again: which rows are a match beside the best one, and which are not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.link import SHARED, link
from inducult_geo.match.scoring.score import DOUBTED

ADDRESS = {"address": "Kaistraße 5", "city": "Saal", "postcode": "93342"}


def linked(left: dict[str, Any], *right: dict[str, Any], units: bool = False) -> pd.DataFrame:
    """Links of one left row ("l:0") with some right rows, among others far around."""
    mine, theirs = ([part for part in backdrop(12) if part["source"] == source] for source in "ab")
    found = link(records(left, *mine), records(*right, *theirs), units=units)
    return found.query("left_id == '0'").set_index("right_id")


def test_a_works_under_two_names_is_matched_twice():
    """A permit under the old name and one under the new: which one the left row meant, nobody can tell."""
    permits = [
        row(f"r:{i}", name, point(150), **ADDRESS) for i, name in enumerate(["Kalk Saal Ost", "Kalk Saal Donau"])
    ]
    told = linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *permits)
    assert told["decision"].to_dict() == {"0": "match", "1": "match"}
    assert told["doubtful"].all()
    best = told.index[told["beside"].isna()]
    assert len(best) == 1
    assert (told["beside"].dropna() == best[0]).all()


@pytest.mark.parametrize(("apart_m", "house", "matches"), [(0, "", 2), (60, "", 1), (60, " 5", 2)])
def test_two_houses_of_a_street_under_a_name_that_many_bear_are_not_one_works(apart_m, house, matches):
    """A street without a number of a house tells two houses apart only where they stand at two points."""
    others = [row(f"r:x{i}", "Haus", point(40_000 + 9_000 * i), city=f"Ort {i}") for i in range(30)]
    place = {"address": f"Kaistraße{house}", "city": "Saal", "postcode": "93342"}
    houses = [row(f"r:{i}", "Haus", point(20 + apart_m * i), **place) for i in (0, 1)]
    told = linked(row("l:0", "Haus", point(20 + apart_m / 2), **place), *houses, *others)
    assert (told["decision"] == "match").sum() == matches


def test_what_is_given_again_bears_the_score_of_being_one_of_the_right_ones():
    """Of two alike the best has a half; the other one's score is what it would have alone."""
    twice = [row(f"r:{i}", "Kalkwerk Saal", point(150), start_year=1900 + i, **ADDRESS) for i in (0, 1)]
    told = linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *twice)
    best, again = told[told["beside"].isna()].iloc[0], told[told["beside"].notna()].iloc[0]
    assert best["score"] <= 0.5
    assert again["score"] >= DOUBTED
    assert "others that fit" in best["why"]
    assert "others that fit" not in again["why"]


@pytest.mark.parametrize(("other", "matches"), [("coal", 2), ("gas", 1)])
def test_a_plant_that_burns_something_else_is_not_given_again(other, matches):
    """One list has the site's coal blocks, the other these and the gas turbine beside them."""
    sides = ("Kordula 1", "coal"), ("Kordula 2", other)
    plants = [
        row(f"r:{i}", name, point(50 + 20 * i), tags=to_json({"fuel": fuel}), **ADDRESS)
        for i, (name, fuel) in enumerate(sides)
    ]
    told = linked(row("l:0", "Kordula", point(), tags=to_json({"fuel": "coal"}), **ADDRESS), *plants)
    assert (told["decision"] == "match").sum() == matches
    assert told["decision"]["0"] == "match"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({}, {"name": "Kalkwerk Saal Süd"}, id="another quarter of the compass"),
        pytest.param({}, {"name": "Sägewerk Huber", "point": point(600)}, id="another works near by"),
        pytest.param({}, {"address": None, "city": None, "point": point(30_000)}, id="so far that the best is clear"),
    ],
)
def test_what_is_not_given_again(first, second):
    made = []
    for number, said in enumerate((first, second)):
        place = {"name": "Kalkwerk Saal Nord", "point": point(150)} | ADDRESS | said
        made.append(row(f"r:{number}", place.pop("name"), place.pop("point"), **place))
    told = linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *made)
    assert (told["decision"] == "match").sum() == 1
    assert told["beside"].isna().all()


def test_a_name_that_many_bear_is_not_given_again():
    """Two houses side by side, with no address: which of the two is meant cannot be told, but they are two."""
    others = [row(f"r:{i}", "Wohnhaus", point(5_000 * i)) for i in range(10, 40)]
    told = linked(row("l:0", "Wohnhaus", point()), *(row(f"r:{i}", "Wohnhaus", point(20 + i)) for i in (0, 1)), *others)
    assert (told["decision"] == "match").sum() <= 1


@pytest.mark.parametrize(("name", "matches"), [("Kraftwerk Saal", 2), ("Kraftwerk Saal 2", 1)])
def test_all_units_of_a_plant_are_right_where_the_left_row_names_none(name, matches):
    units = [row(f"r:{i}", f"Kraftwerk Saal {i}", point(100 + i), **ADDRESS) for i in (1, 2)]
    told = linked(row("l:0", name, point(), **ADDRESS), *units)
    assert (told["decision"] == "match").sum() == matches
    assert told.loc["2", "decision"] == "match"


def test_a_match_given_again_is_no_unit_and_other_permits_are():
    twice = [row(f"r:{i}", "Kalkwerk Saal", point(150), **ADDRESS) for i in (0, 1)]
    south = row("r:2", "Kalkwerk Saal Süd", point(300), **ADDRESS)
    told = linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *twice, south, units=True)
    assert told["decision"].to_dict() == {"0": "match", "1": "match", "2": "unit"}
    assert told.loc["2", "beside"] == told.index[told["beside"].isna()][0]


def test_the_order_of_the_right_rows_changes_nothing():
    names = ["Kalk Saal Ost", "Kalk Saal Donau", "Kalkwerk Saal"]
    permits = [row(f"r:{i}", name, point(150 + i), **ADDRESS) for i, name in enumerate(names)]
    mine = row("l:0", "Kalkwerk Saal", point(), **ADDRESS)
    pd.testing.assert_frame_equal(linked(mine, *permits), linked(mine, *permits[::-1]))


def test_works_that_are_given_five_times_are_a_match_all_the_same():
    """Each of five alike has a fifth of the chance: less than a match needs, for works that are surely there."""
    five = [row(f"r:{i}", "Kalkwerk Saal", point(150), start_year=1900 + i, **ADDRESS) for i in range(5)]
    told = linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *five)
    assert (told["decision"] == "match").sum() == 5
    assert told.loc[told["beside"].isna(), "score"].item() < 0.3
    names = ("Mühle Brandt", "Spinnerei Grauberg", "Werft Lohse", "Gerberei Volkmar", "Molkerei Quast")
    strangers = [row(f"r:{i}", name, point(150), city="Saal") for i, name in enumerate(names)]
    assert not (linked(row("l:0", "Kalkwerk Saal", point(), **ADDRESS), *strangers)["decision"] == "match").any()


def test_beside_is_text_where_no_row_has_one():
    found = link(
        records(row("l:0", "Kalkwerk Saal", point(), **ADDRESS)), records(row("r:0", "Kalkwerk Saal", point()))
    )
    assert len(found) == 1
    assert found["beside"].dtype == found["left_id"].dtype


PERMITS = ("Hochofen C", "Warmwalzwerk", "Feuerverzinkung", "Glocke", "Kaltband")


def permits_at(*houses: str) -> list[dict[str, Any]]:
    """Permits that are called by what they permit, at the houses of one street."""
    return [
        row(f"r:{i}", PERMITS[i], point(900), address=f"Kaistraße {house}", city="Saal", postcode="93342")
        for i, house in enumerate(houses)
    ]


def test_permits_at_one_address_are_one_works_with_a_chance_together():
    works = row("l:0", "Stahlwerk Saal Donau", point(), city="Saal")
    told = linked(works, *permits_at("5", "5", "5", "5", "5"), units=True)
    assert (told["decision"] == "match").sum() == 1
    match = told[told["decision"] == "match"].iloc[0]
    assert match["score"] < 0.3
    share = int(match["why"].removeprefix(f"{SHARED} ").partition("%")[0])
    assert 30 <= share <= 100, "what made it a match is told"
    assert match["doubtful"]


@pytest.mark.parametrize(
    ("permits", "units"),
    [
        pytest.param(permits_at("5", "5", "5", "5", "5"), False, id="a list that holds works, not permits"),
        pytest.param(permits_at("1", "2", "3", "4", "5"), True, id="at five houses"),
        pytest.param([one | {"postcode": None} for one in permits_at(*"55555")], True, id="in no town that is told"),
    ],
)
def test_what_stands_side_by_side_has_no_chance_together(permits, units):
    told = linked(row("l:0", "Stahlwerk Saal Donau", point(), city="Saal"), *permits, units=units)
    assert not (told["decision"] == "match").any()


def test_what_has_no_match_has_no_units():
    """Strangers side by side, each likely if it were alone: none is the one, so none is a further permit of it."""
    names = ("Spinnerei Grauberg", "Werft Lohse", "Gerberei Volkmar")
    strangers = [row(f"r:{i}", name, point(150), city="Saal") for i, name in enumerate(names)]
    told = linked(row("l:0", "Kalkwerk Saal", point(), city="Saal"), *strangers, units=True)
    assert set(told["decision"]) <= {"review"}
