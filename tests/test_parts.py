"""What lies within another record of its source and belongs to it is a part of that site."""

from __future__ import annotations

import itertools

import pytest
import shapely
from match_rows import HERE, backdrop, point, records, row, square

from inducult_geo.catalog import Contract
from inducult_geo.match.clusters.parts import ITS_KIND, ITS_NAME, NAMELESS, Part, belonging, parts_of
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import resolve

COLLIERY = row("osm:w", "Zeche Morgenstern", square(400), type="coal_mine", theme="mining", accuracy_m=5.0)
FRAME = row("osm:f", "Alter Turm", point(100), type="headframe", theme="mining", accuracy_m=5.0)


def inner(key="osm:i", name=None, geometry=None, **more):
    return row(key, name, point(50) if geometry is None else geometry, **({"accuracy_m": 5.0} | more))


def line(west_m, east_m):
    return shapely.LineString([(HERE[0] + west_m, HERE[1]), (HERE[0] + east_m, HERE[1])])


def run(*rows, words=(), contracts=None):
    return resolve(
        records(*rows, *backdrop(12)),
        contracts=contracts or {},
        decisions=replay(words),
        registry=empty_registry(),
    )


def word(left, right, decision):
    return Decision("Eva", "2026-01-01", left, right, decision, "seen")


def wholes(made):
    return made.sites.set_index("site_id")["part_of"].dropna().to_dict()


def test_the_headframe_in_the_colliery_is_a_part_of_it_and_stays_a_site():
    made = run(COLLIERY, FRAME)
    frame, works = made.members["osm:f"], made.members["osm:w"]
    assert frame != works
    assert wholes(made) == {frame: works}
    pair = made.pairs[made.pairs["decision"] == "part_of"].iloc[0]
    assert (pair["left_key"], pair["right_key"], pair["why"]) == ("osm:f", "osm:w", ITS_KIND)
    assert (pair["left_site"], pair["right_site"], pair["distance_m"]) == (frame, works, 0)
    assert pair[["decided_by", "score"]].isna().all()
    assert made.review.empty


@pytest.mark.parametrize(
    ("part", "why"),
    [
        pytest.param(inner(name="Morgenstern Schacht 2", type="warehouse"), ITS_NAME, id="its name and more"),
        pytest.param(inner(name="Bergbaumuseum Ruhr", type="industrial_museum"), ITS_KIND, id="museum"),
        pytest.param(inner(type="industrial_building"), NAMELESS, id="building without a name"),
        pytest.param(inner(type="ore_mine", theme="mining"), NAMELESS, id="its theme, without a name"),
        pytest.param(inner(name="Kokerei 2", type="coking_plant", theme="mining"), NAMELESS, id="words of trade alone"),
        pytest.param(inner(geometry=square(80, 195), type="chimney"), None, id="an eighth of it outside"),
        pytest.param(inner(geometry=square(80, 160), type="chimney"), ITS_KIND, id="touches the border"),
        pytest.param(inner(geometry=square(80, 163), type="chimney"), ITS_KIND, id="a twenty-fifth of it outside"),
        pytest.param(inner(geometry=line(100, 208), type="chimney"), ITS_KIND, id="a line with a twelfth outside"),
        pytest.param(inner(geometry=line(100, 220), type="chimney"), None, id="a line with a sixth outside"),
        pytest.param(inner(geometry=square(380), type="chimney"), None, id="nearly the whole"),
        pytest.param(inner(geometry=point(300), type="chimney"), None, id="outside"),
        pytest.param(inner(name="Brauerei Huber", type="brewery", theme="food_drink"), None, id="other works"),
        pytest.param(inner(name="Huber GmbH", type="industrial_building"), None, id="another company's building"),
        pytest.param(inner(type="brewery", theme="food_drink"), None, id="another theme, without a name"),
        pytest.param(inner(type="chimney", accuracy_m=50.0), ITS_KIND, id="just true enough"),
        pytest.param(inner(type="chimney", accuracy_m=51.0), None, id="not true enough"),
        pytest.param(inner("other:i", "Morgenstern", type="chimney"), None, id="another source"),
    ],
)
def test_what_belongs_to_the_works_around_it(part, why):
    found = parts_of(records(COLLIERY, part))
    assert found == ([] if why is None else [Part("osm:i", "osm:w", why)])


def test_of_two_works_around_it_the_smaller_is_its_whole():
    """That one is a part of the other by itself."""
    yard = row("osm:y", "Morgenstern", square(300), type="coal_mine", theme="mining", accuracy_m=5.0)
    found = {one.part: one.whole for one in parts_of(records(COLLIERY, yard, inner(name="Morgenstern Schacht 2")))}
    assert found == {"osm:i": "osm:y", "osm:y": "osm:w"}


def test_an_estate_holds_what_has_no_name_and_not_its_companies():
    estate = row("osm:e", "Gewerbepark Süd", square(900), type="industrial_area", theme="housing_landscape")
    estate |= {"accuracy_m": 5.0}
    named = inner(name="Krane Huber", type="crane", theme="transport_storage")
    assert parts_of(records(estate, named)) == []
    assert parts_of(records(estate, inner(type="crane"))) == [Part("osm:i", "osm:e", NAMELESS)]


@pytest.mark.parametrize(
    ("name", "around", "why"),
    [
        ("Hilti Schaan", "Hilti", ITS_NAME),
        ("Hilti", "Hilti Schaan", ITS_NAME),
        ("Hilti Schaan", "Hilti Nendeln", None),
        ("Hilti", "Ivoclar", None),
    ],
)
def test_a_name_that_holds_the_other_is_its_name(name, around, why):
    outer = row("osm:w", around, square(400), type="factory", theme="machinery", accuracy_m=5.0)
    found = parts_of(records(outer, inner(name=name, type="factory", theme="machinery")))
    assert found == ([] if why is None else [Part("osm:i", "osm:w", why)])


def test_a_hall_is_no_whole():
    hall = row("osm:w", "Halle Nord", square(400), type="industrial_building", theme="mining", accuracy_m=5.0)
    assert parts_of(records(hall, inner(type="chimney", theme="mining"))) == []


def test_of_several_outlines_the_smallest_is_the_whole_whatever_the_order():
    field = row("osm:z", "Morgenstern", square(3000), type="opencast_mine", theme="mining", accuracy_m=5.0)
    expected = {Part("osm:f", "osm:w", ITS_KIND), Part("osm:w", "osm:z", ITS_NAME)}
    for rows in itertools.permutations([COLLIERY, FRAME, field]):
        assert set(parts_of(records(*rows))) == expected


def test_nothing_lies_within_points():
    assert parts_of(records(FRAME, row("osm:p", "Turm", point(100), accuracy_m=5.0))) == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (word("osm:f", "osm:w", "different"), {}),
        (word("osm:w", "osm:f", "part_of"), {"W": "F"}),
        (word("osm:f", "osm:x", "part_of"), {"F": "X"}),
        (word("osm:f", "osm:gone", "different"), {"F": "W"}),
        (word("osm:gone", "osm:w", "different"), {"F": "W"}),
    ],
)
def test_a_stewards_word_goes_before_what_outlines_say(said, expected):
    homes = {"osm:f": "F", "osm:w": "W", "osm:x": "X"}
    settled = belonging([Part("osm:f", "osm:w", ITS_KIND)], [said], homes, {})
    assert settled.whole_of == expected
    assert len(settled.parts) == (expected == {"F": "W"})


def test_parts_make_no_ring_and_no_site_is_a_part_of_itself():
    parts = [Part("a", "b", ITS_NAME), Part("b", "c", ITS_NAME), Part("c", "a", ITS_NAME), Part("d", "e", ITS_NAME)]
    homes = {"a": "A", "b": "B", "c": "C", "d": "D", "e": "D"}
    settled = belonging(parts, [], homes, {})
    assert settled.whole_of == {"A": "B", "B": "C"}
    assert settled.parts == tuple(parts[:2])


HOMES = {"a:1": "P", "b:1": "P", "a:w": "A", "b:w": "B"}
TWO = (Part("a:1", "a:w", ITS_NAME), Part("b:1", "b:w", ITS_KIND))
CHOSEN = "; of 2 works around records of this site the one that "


@pytest.mark.parametrize(
    ("trust", "whole", "told"),
    [
        ({"a": 40.0, "b": 60.0}, "B", f"{ITS_KIND}{CHOSEN}the most reliable source, 'b', tells"),
        ({"a": 60.0}, "A", f"{ITS_NAME}{CHOSEN}the most reliable source, 'a', tells"),
        ({}, "A", f"{ITS_NAME}{CHOSEN}the first record by key tells"),
    ],
)
def test_of_two_works_around_its_records_the_more_reliable_source_tells_the_whole(trust, whole, told):
    for parts in (TWO, TWO[::-1]):
        settled = belonging(parts, [], HOMES, trust)
        assert settled.whole_of == {"P": whole}
        assert [part.why for part in settled.parts] == [told]


@pytest.mark.parametrize(("outer", "whole"), [("A", "B"), ("B", "A")])
def test_of_a_works_and_one_within_it_the_inner_one_is_the_whole(outer, whole):
    within = Part(f"a:{whole}", f"a:{outer}", ITS_NAME)
    settled = belonging([*TWO, within], [], HOMES | {"a:A": "A", "a:B": "B"}, {"a": 60.0})
    assert settled.whole_of == {"P": whole, whole: outer}
    (told,) = [one.why for one in settled.parts if one.part in HOMES]
    assert told.endswith("lies within another" if whole == "B" else "'a', tells")


def test_a_whole_that_would_make_a_ring_is_no_choice():
    turned = Part("a:w", "a:1", ITS_NAME)
    settled = belonging([*TWO, turned], [word("a:w", "a:1", "part_of")], HOMES, {"a": 60.0})
    assert settled.whole_of == {"A": "P", "P": "B"}
    assert [*settled.parts] == [TWO[1]], "and no reason is told where there was nothing to choose"


def test_outlines_that_say_both_ways_make_no_ring():
    turned = Part("c:w", "c:1", ITS_NAME)
    settled = belonging([*TWO, turned], [], HOMES | {"c:w": "A", "c:1": "P"}, {"c": 90.0, "a": 60.0})
    assert settled.whole_of == {"A": "P", "P": "B"}
    assert {*settled.parts} == {TWO[1], turned}


def test_which_source_is_the_more_reliable_its_contract_says():
    plans = [row("plan:o", "Kokerei Nord", square(300, 20), type="coking_plant", theme="mining", accuracy_m=5.0)]
    plans += [row("plan:f", "Alter Turm", point(101), type="headframe", theme="mining", accuracy_m=5.0)]
    contracts = {name: Contract(id=name, files="x", reliability=worth) for name, worth in (("osm", 50), ("plan", 90))}
    said = [word("osm:f", "plan:f", "same"), word("osm:w", "plan:o", "different")]
    made = run(COLLIERY, FRAME, *plans, words=said, contracts=contracts)
    assert wholes(made) == {made.members["osm:f"]: made.members["plan:o"]}
    (pair,) = made.pairs[made.pairs["decision"] == "part_of"].to_dict("records")
    assert pair["why"].endswith(f"{CHOSEN}the most reliable source, 'plan', tells")


def test_of_a_part_nobody_is_asked_whether_it_is_one():
    monument = row("reg:1", "Alter Turm", point(101), type="headframe", aspect="monument", accuracy_m=5.0)
    works = COLLIERY | {"aspect": "factory"}
    alone, made = run(works, monument), run(works, FRAME, monument)
    assert made.members["reg:1"] == made.members["osm:f"]
    assert alone.review["left_key"].to_list() == ["reg:1"]
    assert made.review.empty
    asked = made.pairs[(made.pairs["left_key"] == "osm:w") & (made.pairs["right_key"] == "reg:1")].iloc[0]
    assert asked["decision"] == "no_match"
    assert asked["why"].startswith(f"other records of both: {ITS_KIND}")


def test_an_outline_that_crosses_itself_ends_nothing():
    corners = ((-200, -200), (200, 200), (200, -200), (-100, 200))
    bow = shapely.Polygon([(x + HERE[0], y + HERE[1]) for x, y in corners])
    assert not bow.is_valid
    works = COLLIERY | {"geometry": bow}
    within, beside = (inner(geometry=square(20, *at), type="chimney") for at in ((150, 0), (-150, 0)))
    assert parts_of(records(works, within)) == [Part("osm:i", "osm:w", ITS_KIND)]
    assert parts_of(records(works, beside)) == []
