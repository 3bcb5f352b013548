from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from match_rows import backdrop, point, records, row, square

from inducult_geo.frames import to_json
from inducult_geo.match.link import link
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import same_postcode, same_street
from inducult_geo.match.pairs.places import in_outline, inside, place, same_area
from inducult_geo.match.reading.misplaced import ASTRAY_FROM_M, ASTRAY_FROM_TIMES, KNOWN_FROM, astray_m
from inducult_geo.match.reading.prepare import prepare


def astray(*places_km, towns=None):
    east = np.array([0.0 if km is None else km * 1000.0 for km in places_km])
    east[[km is None for km in places_km]] = np.nan
    codes = np.zeros(len(east), dtype=np.int64) if towns is None else np.array(towns)
    return (astray_m(codes, east, np.zeros(len(east))) / 1000).tolist()


@pytest.mark.parametrize(
    ("places_km", "expected"),
    [
        ((0, 1, 2, 3), (0, 0, 0, 0)),
        ((0, 1, 2, 201), (0, 0, 0, 200)),
        # Three places know no town, however often they are told.
        ((0, 1, 201), (0, 0, 0)),
        ((0, 1, 1, 1, 1, 1, 201), (0, 0, 0, 0, 0, 0, 0)),
        # Works lie outside of towns.
        ((0, 1, 2, 20), (0, 0, 0, 0)),
        # A county is wide.
        ((0, 30, 60, 90, 120), (0, 0, 0, 0, 0)),
        ((0, 30, 60, 90, 400), (0, 0, 0, 0, 340)),
        # Where others are beside it, there is another town of the name; told again and again it is a geocode.
        ((*range(7), 200, 201, 202), (*[0] * 7, 196, 197, 198)),
        ((*range(7), 200, 201, 202, 203), (0,) * 11),
        ((*range(7), 200, 200, 200, 200), (*[0] * 7, 197, 197, 197, 197)),
        # What has no place says nothing.
        ((0, 1, 2, None, 201), (0, 0, 0, 0, 200)),
        ((None, None), (0, 0)),
        ((), ()),
    ],
)
def test_a_place_far_from_the_others_of_its_town_contradicts_it(places_km, expected):
    assert astray(*places_km) == pytest.approx(expected)


def test_each_town_is_looked_at_by_itself():
    towns = [7, 3, 7, 3, 7, 3, 7, 3, -1]
    assert astray(0, 500, 1, 501, 2, 502, 300, 503, 900, towns=towns) == pytest.approx([0] * 6 + [299, 0, 0])


MAYBE = st.one_of(st.none(), st.integers(0, 9), st.integers(0, 9), st.integers(0, 400))


@given(st.lists(st.tuples(st.integers(-1, 1), MAYBE), max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter_and_who_is_astray_is_far(told, shuffle):
    found = astray(*(km for _, km in told), towns=[town for town, _ in told])
    order = [*range(len(told))]
    shuffle.shuffle(order)
    again = astray(*(told[place][1] for place in order), towns=[told[place][0] for place in order])
    assert again == pytest.approx([found[place] for place in order])
    for (town, km), away in zip(told, found, strict=True):
        assert away == 0 or (away > ASTRAY_FROM_M / 1000 and town >= 0 and km is not None)
        if away:
            others = np.array(sorted({other for land, other in told if land == town and other is not None}))
            assert len(others) >= KNOWN_FROM
            middle = others[(len(others) - 1) // 2]
            usual = np.sort(np.abs(others - middle))[(len(others) - 1) // 2]
            assert away == pytest.approx(abs(km - middle))
            assert away > ASTRAY_FROM_TIMES * usual
            assert (np.abs(others - km) < ASTRAY_FROM_M / 1000).sum() < KNOWN_FROM


def town(*, postcode=None, city="Taranto", country="IT", count=4):
    """Other works of a town."""
    return [
        row(f"a:t{n}", f"Officina {n} Vento", point(500 * n), city=city, postcode=postcode, country=country)
        for n in range(count)
    ]


def placed(one, other, *extra):
    pairs = Compared(prepare(records(one, other, *extra)), np.array([0]), np.array([1]))
    return float(place(pairs).value[0])


@pytest.mark.parametrize(
    ("east_m", "fields", "told"),
    [
        # 200 km from its own town: where it is cannot be told.
        (200_000, {"city": "Taranto"}, False),
        (200_000, {"postcode": "74123"}, False),
        # Near the other record it is as good as any.
        (900, {"city": "Taranto"}, True),
        # Of another town it contradicts nothing.
        (200_000, {"city": "Genova"}, True),
        (200_000, {"city": "Taranto", "country": "ES"}, True),
        (200_000, {}, True),
    ],
)
def test_a_place_that_contradicts_its_town_says_nothing_about_others_of_that_town(east_m, fields, told):
    here = {"country": "IT", "city": "Taranto", "postcode": "74123"}
    one = row("a:1", "Raffineria", point(0), **here)
    other = row("b:1", "Raffineria", point(east_m), **{"country": "IT", **fields})
    value = placed(one, other, *town(postcode="74123"))
    assert np.isnan(value) != told
    # Where the town is hardly known, its places are believed.
    assert not np.isnan(placed(one, other, *town(postcode="74123", count=1)))


@pytest.mark.parametrize(
    ("compare", "other"),
    [(in_outline, point(200_000)), (same_area, square(20, 200_000)), (inside, square(60, 200_000))],
)
def test_nor_do_outlines_say_anything_of_such_a_place(compare, other):
    told = {"city": "Taranto", "country": "IT"}
    works = row("a:1", "Raffineria", square(20), **told), row("b:1", "Raffineria", other, **told)
    for beside, is_known in ((town(count=1), True), (town(), False)):
        pairs = Compared(prepare(records(*works, *beside)), np.array([0]), np.array([1]))
        assert np.isfinite(compare(pairs).value[0]) == is_known


def test_works_of_two_towns_of_one_name_are_as_far_apart_as_they_are():
    """There are many towns called Neustadt: what is alike in two of them is not in one."""
    there = [row(f"b:{n}", f"Officina {n} Aria", point(200_000 + 700 * n), city="Taranto") for n in range(2, 6)]
    here = [work | {"country": "DE"} for work in town(count=7)]
    one, other = (row(f"{s}:1", "Raffineria", point(m), city="Taranto") for s, m in (("a", 0), ("b", 200_000)))
    assert not np.isnan(placed(one, other, *here, *there))
    assert np.isnan(placed(one, other, *here, *there[:2]))


def test_both_records_of_a_town_far_from_it_are_compared_where_they_lie_side_by_side():
    one, other = (row(f"{s}:1", "Raffineria", point(200_000 + m), city="Taranto") for s, m in (("a", 0), ("b", 300)))
    assert not np.isnan(placed(one, other, *town(country="DE")))


def test_works_with_a_wrong_coordinate_are_found_by_name_and_address_where_their_town_is_known():
    told = {"city": "Taranto", "postcode": "74100", "country": "IT"}
    one = row("a:1", "Stabilimento di Taranto", point(0), operator="Ilva", address="Via Appia km 648", **told)
    other = row("b:1", "Acciaierie Stabilimento di Taranto", point(201_000), address="Via Appia km 648", **told)
    lists = [[work for work in backdrop() if work["source"] == source] for source in "ab"]
    scores = []
    for beside in ([], town(postcode="74100")):
        found = link(records(one, *beside, *lists[0]), records(other, *lists[1]))
        scores.append(found.set_index("left_id")["score"]["1"])
    assert scores[1] > max(scores[0] + 0.15, 0.7)


OFFICE = {"name": "Alsen Raffinerie Saal", "city": "Hamburg", "postcode": "20095", "address": "Ring 1"}


@pytest.mark.parametrize(
    ("fields", "east_m", "is_unknown"),
    [
        ({}, 600_000, True),
        ({}, None, True),
        # Near the works it is a gate of it.
        ({}, 15_000, False),
        # Its name tells its own town, another one, or none.
        ({"name": "Alsen Raffinerie Saal Hamburg"}, 600_000, False),
        ({"name": "Alsen Raffinerie Kiel"}, 600_000, False),
        ({"name": "Alsen Raffinerie"}, 600_000, False),
        # The name of other works in Saal, and another quarter of one town.
        ({"name": "Papierfabrik Brandt Saal"}, 600_000, False),
        ({"city": "Saal-Nord"}, 600_000, False),
    ],
)
def test_an_address_of_an_office_says_nothing_about_works_in_the_town_of_its_name(fields, east_m, is_unknown):
    works = row("a:1", "Alsen Raffinerie, Saal", point(), city="Saal", postcode="93342", address="Kai 5")
    office = row("b:1", **OFFICE | {"geometry": point(east_m) if east_m else None} | fields)
    for pair in ((works, office), (office, works)):
        pairs = Compared(prepare(records(*pair, *backdrop())), np.array([0]), np.array([1]))
        told = [place(pairs), same_postcode(pairs), same_street(pairs)]
        assert [bool(np.isnan(part.value[0])) for part in told] == [is_unknown or not east_m, is_unknown, is_unknown]


def test_works_are_found_whose_other_list_tells_the_address_of_an_office():
    works = row("l:1", "Raffinerie Alsen Grauberg Saal", point(), city="Saal", postcode="93342", address="Kai 5")
    office = row("r:1", "Alsen Grauberg Raffinerie Saal", point(600_000), city="Hamburg", postcode="20095")
    mine, theirs = ([part for part in backdrop(12) if part["source"] == source] for source in "ab")
    stranger = office | {"names": to_json({"name": "Raffinerie Alsen Grauberg"})}
    found = [link(records(works, *mine), records(part, *theirs)).set_index("left_id") for part in (office, stranger)]
    assert [bool(links.loc["1", "doubtful"]) for links in found] == [False, True]
    assert found[0].loc["1", "score"] > 0.9
