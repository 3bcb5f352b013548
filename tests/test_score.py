from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from match_rows import backdrop, point, records, row, square

from inducult_geo.frames import to_json
from inducult_geo.match.learning.train import JUDGED
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.reading.plants import plants_of
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.evidence import FAR_FROM_M, FUEL_UNITS, PRECISE_FAR_M, SAME_FUEL, SAME_PLANT
from inducult_geo.match.scoring.points import weigh
from inducult_geo.match.scoring.rivals import contests, leads
from inducult_geo.match.scoring.score import (
    CROWD,
    KINDS,
    LEAD_KNOTS,
    LEADS,
    OTHER_UNIT,
    OVERLAP,
    score,
    shipped_weights,
)
from inducult_geo.match.scoring.waterfall import Step, Waterfall, bar_in_words, explain

WHOLE = {"address": "Sinning 1", "postcode": "83101", "city": "Rohrdorf"}


def scored_pairs(*rows):
    prepared = prepare(records(*rows, *backdrop()))
    scored = score(Compared(prepared, *candidates_of(prepared)))
    names = zip(prepared.key[scored.pairs.left], prepared.key[scored.pairs.right], strict=True)
    at = {pair: i for i, pair in enumerate(names)}
    return scored, at


def chance(*rows, pair=("a:1", "b:1")):
    scored, at = scored_pairs(*rows)
    return scored.probability[at[pair]]


def test_shipped_weights_fit_the_list_of_comparisons():
    weights = shipped_weights()
    assert set(weights.points) == {entry.name for entry in COMPARISONS}
    for entry in COMPARISONS:
        assert len(weights.points[entry.name]) == len(entry.knots)
        assert entry.learned or entry.name in JUDGED
    assert all(len(weights.leads[name]) == len(LEAD_KNOTS) for name in LEADS)
    assert 0 < weights.review < weights.match < 1
    assert 0 < weights.share < 1


def test_weights_file_says_where_it_comes_from():
    text = (files("inducult_geo") / "match" / "weights.json").read_text(encoding="utf-8")
    assert "train" in json.loads(text)["about"]


def test_unknown_counts_nothing():
    assert weigh(np.array([np.nan, 0.0, 0.5, 2.0]), (0.0, 1.0), (-1.0, 3.0)).tolist() == [0.0, -1.0, 1.0, 3.0]


def test_what_differs_counts_and_what_is_missing_does_not():
    one = row("a:1", "Zementwerk Rohrdorf", point(), **WHOLE)
    whole = chance(one, row("b:1", "Zementwerk Rohrdorf", point(200), **WHOLE))
    bare = chance(one, row("b:1", "Zementwerk Rohrdorf", point(200)))
    other = WHOLE | {"address": "Lindenallee 77", "postcode": "10115", "city": "Berlin"}
    different = chance(one, row("b:1", "Zementwerk Rohrdorf", point(200), **other))
    assert whole > bare > different


def test_parts_add_up_to_the_score():
    scored, _ = scored_pairs(row("a:1", "Werk Alsen", point()), row("b:1", "Alsen", point(90)))
    weights = shipped_weights()
    total = weights.offset + weights.scale * weights.intercept + sum(scored.parts.values())
    assert np.allclose(scored.probability, 1 / (1 + np.exp(-total)))


def test_a_rival_takes_from_the_score():
    one, other = row("a:1", "Kalkwerk Saal", point()), row("b:1", "Kalkwerk Saal", point(150))
    rival = row("b:2", "Kalkwerk Saal", point(140))
    assert chance(one, other) > chance(one, other, rival)


def test_what_is_said_to_be_two_sites_takes_nothing_from_others_and_has_a_score():
    """The next best partner was as unlikely as if the steward had said nothing: a record has one partner a list."""
    twins = [row("b:1", "Kalkwerk Saal", point(20)), row("b:2", "Kalkwerk Saal", point(400))]
    before, at = scored_pairs(row("a:1", "Kalkwerk Saal", point()), *twins)
    first, second = at["a:1", "b:1"], at["a:1", "b:2"]
    apart = before.pairs.are([("b:1", "a:1"), ("b:1", "z:9")])
    assert np.flatnonzero(apart).tolist() == [first]
    said, gone = score(before.pairs, apart=apart), score(before.pairs.take(~apart))
    for name in LEADS:
        assert said.parts[name][~apart] == pytest.approx(gone.parts[name])
    # What the lists as a whole say is of no single word: it would move every score.
    for name in (OVERLAP, KINDS):
        assert np.array_equal(said.parts[name], before.parts[name])
    assert before.probability[second] < 0.2 < 0.9 < said.probability[second]
    assert 0.1 < said.probability[first] < before.probability[first]
    assert np.isfinite(said.whole).all()


def test_being_alone_is_no_lead():
    table = prepare(records(row("a:1", "X", point()), row("b:1", "Y", point())))
    alone = leads(Compared(table, np.array([0]), np.array([1])), np.array([1.0]))
    assert np.isnan(alone).all()


def test_leads_are_over_the_best_other_of_the_same_source():
    table = prepare(records(*(row(key, "X", point()) for key in ("a:1", "b:1", "b:2", "c:1"))))
    pairs = Compared(table, np.array([0, 0, 0]), np.array([1, 2, 3]))
    left, right = leads(pairs, np.array([4.0, 1.0, 9.0]))
    assert left[:2].tolist() == [3.0, -3.0]
    assert np.isnan(left[2])
    assert np.isnan(right).all()


TRAPS = {
    "two mines of nearly one name": (
        row("a:1", "Antonov rov", point(), country="SI"),
        row("b:1", "Antonijev rov", point(45_000), country="SI"),
    ),
    "a monument in the works beside it": (
        row("a:1", "Kapelle Sankt Barbara", square(20, 300), aspect="monument", accuracy_m=10.0),
        row("b:1", "Stahlwerk Hohenau", square(1200), aspect="factory", accuracy_m=10.0),
    ),
    "two reactors": (row("a:1", "Neurath F", point()), row("b:1", "Neurath G", point(900))),
    "other identifiers": (
        row("a:1", "Alte Mühle", point(), ids={"wikidata": "Q1"}),
        row("b:1", "Alte Mühle", point(60), ids={"wikidata": "Q2"}),
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_are_not_matches(trap):
    scored, at = scored_pairs(*TRAPS[trap])
    place = at.get(("a:1", "b:1"))
    assert place is None or not (scored.is_match[place] and scored.is_backed[place])


SURE = {
    "renamed, with its old name": (
        row("a:1", names={"name": "C-mine", "old_name": "Steenkoolmijn Winterslag"}, geometry=square(300)),
        row("b:1", "Steenkoolmijn Winterslag", point(250)),
    ),
    "point inside the works": (row("a:1", "Sappi Lanaken", square(600)), row("b:1", "Sappi", point(200))),
    "identifier across 40 km": (
        row("a:1", "Donawitz", point(), ids={"wikidata": "Q9"}),
        row("b:1", "Stahlwerk Leoben-Donawitz", point(40_000), ids={"wikidata": "Q9"}),
    ),
}


@pytest.mark.parametrize("pair", SURE)
def test_sure_ones_are_matches(pair):
    scored, at = scored_pairs(*SURE[pair])
    assert scored.is_match[at["a:1", "b:1"]]
    assert scored.is_backed[at["a:1", "b:1"]]


HOUSES = {
    "the next house of the street": ("Villa", "Ahornweg 2", "Villa", "Ahornweg 4", True),
    "the same house": ("Villa", "Ahornweg 2", "Villa", "Ahornweg 2", False),
    "one number of two": ("Villa", "Ahornweg 2/4", "Villa", "Ahornweg 4", False),
    "another street": ("Haus", "Ahornweg 2", "Haus", "Rathausgasse 2", True),
    "another street, a name that few bear": ("Villa Opalka", "Ahornweg 2", "Villa Opalka", "Rathausgasse 2", False),
    "a name of its own": ("Villa Arnold Opalka", "Ahornweg 2", "Villa Arnold Opalka", "Ahornweg 4", False),
    "other names": ("Villa", "Ahornweg 2", "Brauerei", "Ahornweg 4", False),
    "no address": ("Villa", None, "Villa", "Ahornweg 4", False),
}


@pytest.mark.parametrize("kind", HOUSES)
def test_two_houses_under_a_name_that_many_bear_need_more_than_nearness(kind):
    name, address, other_name, other_address, apart = HOUSES[kind]
    many = [
        row(f"{source}:m{number}", word, point(60_000 + 5_000 * number), city="Gera")
        for source in "ab"
        for number, word in enumerate(["Haus"] * 30 + ["Villa"] * 12)
    ]
    pair = (
        row("a:1", name, point(), address=address, city="Gera"),
        row("b:1", other_name, point(30), address=other_address, city="Gera"),
    )
    scored, at = scored_pairs(*pair, *many)
    place = at["a:1", "b:1"]
    assert (scored.bar[place] == OTHER_UNIT) == apart
    assert ("many bear such a name" in bar_in_words(scored, place)) == apart


@pytest.mark.parametrize(("distance_m", "apart"), [(1_500, False), (2_500, True)])
def test_two_places_under_a_name_that_nearly_all_bear_need_more_than_the_name(distance_m, apart):
    """Of a list of windmills each is "Windmühle": farther apart than four times the accuracy it says nothing."""
    many = [row(f"{side}:m{at}", "Windmühle", point(60_000 + 5_000 * at)) for side in "ab" for at in range(40)]
    scored, at = scored_pairs(row("a:1", "Windmühle", point()), row("b:1", "Windmühle", point(distance_m)), *many)
    place = at["a:1", "b:1"]
    assert (scored.bar[place] == OTHER_UNIT) == apart
    assert ("words of a trade" in bar_in_words(scored, place)) == apart


@pytest.mark.parametrize(("distance_m", "other_name", "asked"), [
    (200, "Radwerk III", True), (1_500, "Radwerk III", False), (1_500, "Radwerk", True),
])  # fmt: skip
def test_other_unit_numbers_are_worth_a_question_only_where_all_else_is_the_same(distance_m, other_name, asked):
    scored, at = scored_pairs(
        row("a:1", "Radwerk IV", point()), row("b:1", other_name, point(distance_m)), *backdrop(12)
    )
    place = at["a:1", "b:1"]
    assert scored.probability[place] >= shipped_weights().review
    assert scored.is_question[place] == asked


@pytest.mark.parametrize(
    ("fuel", "other", "backed"), [("gas", "gas", True), ("gas", "coal", False), ("gas", None, False)]
)
def test_the_same_fuel_speaks_for_plants_that_lists_know_by_abbreviations(fuel, other, backed):
    def plant(key, name, east_m, fuel):
        return row(key, name, point(east_m), tags=to_json({"fuel": fuel}), accuracy_m=500.0)

    scored, at = scored_pairs(plant("a:1", "Peterborough", 0, fuel), plant("b:1", "PBRG", 40, other))
    place = at["a:1", "b:1"]
    assert scored.is_backed[place] == backed
    assert (scored.probability[place] >= SAME_FUEL) or not backed


def told_plants(distance_m, fuel="gas", other="gas", **more):
    """A power plant in two lists that call it by its town and by an abbreviation; whether that speaks for it."""
    scored, at = scored_pairs(
        row("a:1", "Peterborough", point(), tags=to_json({"fuel": fuel}), accuracy_m=500.0),
        row("b:1", "PBRG", point(distance_m), tags=to_json({"fuel": other}), accuracy_m=500.0, **more),
    )
    place = at["a:1", "b:1"]
    return scored.is_backed[place], scored.probability[place]


@pytest.mark.parametrize("units", [0.5, FUEL_UNITS - 0.1, FUEL_UNITS + 0.1, 12.0])
def test_the_same_fuel_speaks_for_plants_near_each_other(units):
    """Farther off it is no match by that alone, whatever its score: on a river the next plant is not far."""
    backed, score = told_plants(units * np.hypot(500, 500))
    assert score >= SAME_FUEL
    assert backed == (units < FUEL_UNITS)


WORDS = ("Anna", "Berta", "Carl", "Dora", "Emil", "Frieda", "Gustav", "Hedwig", "Ida", "Julius", "Klara", "Ludwig")

ELSEWHERE = {
    "fuel and capacity alone": (FAR_FROM_M + 100, "Ludersheim", {}, False),
    "within what counts as one place": (FAR_FROM_M - 100, "Ludersheim", {"accuracy_m": 300.0}, True),
    "within what does, where both are precise": (PRECISE_FAR_M - 100, "Ludersheim", {}, True),
    "beyond that": (PRECISE_FAR_M + 100, "Ludersheim", {}, False),
    "true to a third of it": (FAR_FROM_M + 100, "Ludersheim", {"accuracy_m": 1400.0}, True),
    "the company, too": (38_000, "Ludersheim", {"operator": "Helios Energie AG"}, False),
    "the number, too": (38_000, "Ludersheim Nordfeld II", {}, False),
    "a number that few bear": (38_000, "Ludersheim Nordfeld XIV", {}, False),
    "a word of the name": (38_000, "Kraftwerk Kaprun Süd", {}, True),
    "... in one town": (38_000, "Kraftwerk Kaprun Süd", {"city": "Zell am See"}, True),
    "... in two towns": (38_000, "Kraftwerk Kaprun Süd", {"city": "Bramberg"}, False),
    "... of one postcode": (38_000, "Kraftwerk Kaprun Süd", {"city": "Bramberg", "postcode": "5700"}, True),
    "... side by side": (PRECISE_FAR_M - 100, "Kraftwerk Kaprun Süd", {"city": "Bramberg"}, True),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_of_what_lies_elsewhere_only_a_name_tells_that_it_is_one(kind):
    distance_m, other_name, more, backed = ELSEWHERE[kind]
    plant = {"tags": to_json({"fuel": "gas", "capacity": 154}), "accuracy_m": 100.0}
    name = "Kraftwerk Kaprun XIV" if "few" in kind else "Kraftwerk Kaprun II"
    own = {field: more[field] for field in ("operator", "postcode") if field in more}
    numbered = [row(f"a:n{at}", f"Halde {word} II", point(200_000 + 9_000 * at)) for at, word in enumerate(WORDS)]
    scored, at = scored_pairs(
        row("a:1", name, point(), **plant | {"city": "Zell am See", **own}),
        row("b:1", other_name, point(distance_m), **plant | more),
        *numbered,
    )
    place = at["a:1", "b:1"]
    assert scored.is_backed[place] == backed
    assert ("the places contradict each other" in bar_in_words(scored, place)) == (not backed)
    # Of a monastery and its namesake it would be untrue that their names have next to nothing in common.
    assert ("and so do the towns" in bar_in_words(scored, place)) == (kind == "... in two towns")


def test_what_confirms_one_pair_confirms_no_other():
    plant = {"tags": to_json({"fuel": "gas", "capacity": 154}), "accuracy_m": 100.0}
    here, there = plant | {"city": "Zell am See"}, plant | {"city": "Bramberg"}
    scored, at = scored_pairs(
        row("a:1", "Kraftwerk Kaprun II", point(), **here | {"postcode": "5700"}),
        row("b:1", "Kraftwerk Kaprun Süd", point(38_000), **there | {"postcode": "5700"}),
        row("a:2", "Kraftwerk Gerlos II", point(300_000), **here),
        row("b:2", "Kraftwerk Gerlos Süd", point(338_000), **there),
        *(row(f"a:n{at}", f"Halde {word} II", point(900_000 + 9_000 * at)) for at, word in enumerate(WORDS)),
    )
    assert scored.is_backed[at["a:1", "b:1"]]
    assert not scored.is_backed[at["a:2", "b:2"]]


ANY_WORKS = {
    "boiler houses of two places": (18_000, "Kesselhaus", {}, False),
    "... with more to the name": (18_000, "Kesselhaus Karolin", {}, True),
    "... of one company": (18_000, "Kesselhaus", {"operator": "Veolia Energia"}, True),
    "too far apart for both to be true": (800, "Kesselhaus", {}, False),
    "... and near enough": (600, "Kesselhaus", {}, True),
    "... of one postcode": (800, "Kesselhaus", {"postcode": "08056"}, False),
    "... with more to the name, too far apart": (800, "Kesselhaus Karolin", {}, True),
    "... of one company, too far apart": (800, "Kesselhaus", {"operator": "Veolia Energia"}, True),
    "... of one number": (800, "Kesselhaus", {"ids": {"ref": "09302"}}, True),
    "in two towns": (450, "Kesselhaus", {"city": "Mülsen"}, False),
    "in one town": (450, "Kesselhaus", {"city": "Zwickau"}, True),
    "in two towns side by side": (250, "Kesselhaus", {"city": "Mülsen"}, True),
    "in two streets": (450, "Kesselhaus", {"address": "Rathausgasse 2"}, False),
    "in two streets side by side": (250, "Kesselhaus", {"address": "Rathausgasse 2"}, True),
    "in two streets, with more to the name": (450, "Kesselhaus Karolin", {"address": "Rathausgasse 2"}, True),
    "in one street": (450, "Kesselhaus", {"address": "Ahornweg 2"}, True),
}


@pytest.mark.parametrize("kind", ANY_WORKS)
def test_a_word_of_trade_is_no_name_of_places_that_differ(kind):
    """The register's boiler house of a hospital is not that of the brewery 18 km off, for both are called no more."""
    distance_m, name, more, may_be_one = ANY_WORKS[kind]
    own = {"address": "Ahornweg 2", "city": "Zwickau", "accuracy_m": 100.0}
    shared = {field: more[field] for field in ("operator", "postcode", "ids") if field in more}
    scored, at = scored_pairs(
        row("a:1", name, point(), **own, **shared),
        row("b:1", name, point(distance_m), **more, accuracy_m=100.0),
        *backdrop(12),
    )
    place = at["a:1", "b:1"]
    assert scored.is_backed[place] == may_be_one
    assert ("words of a trade" in bar_in_words(scored, place)) != may_be_one


@pytest.mark.parametrize(
    ("distance_m", "kind", "fuel", "backed"),
    [
        (40, "power_station", None, True),
        (40, "power_station", "coal", False),
        (40, "brewery", None, False),
        (900, "power_station", None, False),
    ],
)
def test_that_both_are_power_plants_speaks_for_them_at_one_place(distance_m, kind, fuel, backed):
    found, score = told_plants(distance_m, other=fuel, type=kind)
    assert found == backed
    assert score >= SAME_PLANT or not backed


@pytest.mark.parametrize(
    ("distance_m", "other_name", "other_type", "backed"),
    [
        (40, "Dworzec kolejowy", "railway_station", True),
        (900, "Dworzec kolejowy", "railway_station", False),
        (40, "Dworzec kolejowy", "railway_depot", False),
        (40, "Gdańska", "railway_station", False),
    ],
)
def test_that_both_are_of_one_type_speaks_for_them_where_one_name_is_in_the_other(
    distance_m, other_name, other_type, backed
):
    scored, at = scored_pairs(
        row("a:1", "Dworzec", point(), type="railway_station"),
        row("b:1", other_name, point(distance_m), type=other_type),
        *backdrop(12),
    )
    place = at["a:1", "b:1"]
    assert scored.is_backed[place] == backed
    assert scored.probability[place] >= SAME_PLANT or not backed


def test_in_lists_of_power_plants_each_row_is_one():
    """A register of combustion plants calls them by their companies: nothing else there tells what they are."""
    towns = ("Gera", "Jena", "Suhl", "Hof", "Plauen", "Zwickau", "Chemnitz", "Freiberg")
    plants = [
        row(f"{source}:{at}", f"{town} Power Plant", point(100_000 + 20_000 * at), country="AT", accuracy_m=500.0)
        for at, town in enumerate(towns)
        for source in "cd"
    ]
    bare = row("c:9", "Peterborough", point(), accuracy_m=500.0), row("d:9", "Regional Generators", point(20))
    scored, at = scored_pairs(*bare, *plants)
    place = at["c:9", "d:9"]
    assert scored.probability[place] >= SAME_PLANT
    assert scored.is_backed[place]
    scored, at = scored_pairs(*bare)
    assert not scored.is_backed[at["c:9", "d:9"]]


def test_explanation_names_what_counted():
    scored, at = scored_pairs(
        row("a:1", "Zementwerk Rohrdorf", point(), **WHOLE), row("b:1", "Werk SPZ Rohrdorf", point(150), **WHOLE)
    )
    (text,) = explain(scored, np.array([at["a:1", "b:1"]]))
    assert "name 'cement rohrdorf' / 'factory spz rohrdorf'" in text, "tokens are told as words"
    assert "place 150 m" in text
    assert "street 100%" in text
    assert explain(scored, np.array([], dtype=int)) == []


def test_points_of_an_explanation_add_up_to_the_score():
    scored, at = scored_pairs(
        row("a:1", "Zementwerk Rohrdorf", point(), **WHOLE),
        row("b:1", "Werk SPZ Rohrdorf", point(150), **WHOLE),
        row("b:2", "Kraftwerk Rohrdorf", point(180), **WHOLE),
    )
    rows = np.array([at["a:1", "b:1"], at["a:1", "b:2"]])
    for text, chance in zip(explain(scored, rows), scored.probability[rows], strict=True):
        total = sum(float(part.rsplit(" ", 1)[1]) for part in text.split("; "))
        assert total == pytest.approx(np.log(chance / (1 - chance)), abs=0.06)
    told = " ".join(explain(scored, rows))
    assert "has another that may fit" in told
    assert "overlap of the lists about" in told
    assert not any(name in told for name in LEADS)


def test_the_bar_of_a_pair_is_told():
    scored, at = scored_pairs(
        row("a:1", "Kalkwerk Saal", point()),
        row("b:1", "Kalkwerk Saal", point(20)),
        row("a:2", "Neurath F", point(500_000)),
        row("b:2", "Neurath G", point(500_100)),
        row("a:3", None, point(900_000)),
        row("b:3", "Ziegelei", point(900_000)),
    )
    told = [bar_in_words(scored, at[f"a:{i}", f"b:{i}"]) for i in (1, 2, 3)]
    assert told[0] == f"a match from {shipped_weights().match:.0%}"
    why = "their names have other unit numbers or sides (north and south, old and new)"
    assert told[1] == f"a match from 95% since {why}"
    assert told[2].startswith("never a match in a run")


def test_custom_weights_are_used():
    prepared = prepare(records(row("a:1", "Werk", point()), row("b:1", "Werk", point())))
    pairs = Compared(prepared, np.array([0]), np.array([1]))
    silent = replace(shipped_weights(), scale=0.0, offset=0.0)
    assert score(pairs, silent).probability[0] == pytest.approx(0.5, abs=0.05)


def test_two_equals_get_half_each_where_one_alone_can_be_right():
    """Conditional logit: what fits is shared; a source of permits shares nothing."""
    twins = [row(f"b:{i}", "Kalkwerk Saal", point(side * 150)) for i, side in ((1, -1), (2, 1))]
    prepared = prepare(records(row("a:1", "Kalkwerk Saal", point()), *twins, *backdrop()))
    pairs = Compared(prepared, *candidates_of(prepared))
    mine = prepared.key[pairs.left] == "a:1"
    mine &= np.isin(prepared.key[pairs.right], ["b:1", "b:2"])
    shared, several = score(pairs), score(pairs, many=["b"])
    assert mine.sum() == 2
    assert shared.probability[mine].sum() < 1.0 < several.probability[mine].sum()
    assert np.allclose(shared.whole[mine], several.probability[mine])
    assert np.allclose(
        shared.parts[CROWD][mine], -np.log1p(several.probability[mine] / (1 - several.probability[mine]))
    )
    assert (several.parts[CROWD][mine] == 0).all()
    assert shared.several.is_match[mine].all()


def test_doubt_that_both_sides_see_counts_once():
    """Two records of each side that fit alike: each is the partner of one of two, not of one of three."""
    four = [row(f"{side}:{i}", "Kalkwerk Saal", point(40 * i)) for side in "ab" for i in (1, 2)]
    prepared = prepare(records(*four, *backdrop()))
    scored = score(Compared(prepared, *candidates_of(prepared)))
    ours = np.isin(prepared.key[scored.pairs.left], ["a:1", "a:2"])
    odds = scored.whole[ours] / (1 - scored.whole[ours])
    assert ours.sum() == 4
    assert (scored.probability[ours] >= odds.min() / (1 + 2 * odds.max())).all()


def test_which_list_is_called_first_changes_nothing():
    left = [row(f"a:{i}", f"Kalkwerk Saal {w}", point(300 * i)) for i, w in enumerate(("Nord", "Au"))]
    right = [row(f"b:{i}", "Kalkwerk Saal", point(100 + 400 * i)) for i in range(3)]
    found = []
    for names in ("ab", "zy"):
        turned = [
            part | {"record_key": part["record_key"].translate(str.maketrans("ab", names)), "source": None}
            for part in (*left, *right)
        ]
        table = records(*(part | {"source": part["record_key"][0]} for part in turned))
        prepared = prepare(table)
        scored = score(Compared(prepared, np.repeat([0, 1], 3), np.tile([2, 3, 4], 2)))
        found.append(scored.probability)
    assert np.allclose(*found)


def test_units_of_a_plant_are_no_rivals():
    keys = ("a:1", "a:2", "a:3", "b:1")
    names = ("Escombreras 1", "Escombreras 2", "Cartagena", "Escombreras")
    table = prepare(records(*(row(key, name, point()) for key, name in zip(keys, names, strict=True))))
    assert table.units.tolist() == [0, 0, -1, -1]
    pairs = Compared(table, np.array([0, 1, 2]), np.array([3, 3, 3]))
    _, right = leads(pairs, np.array([4.0, 3.0, 1.0]))
    assert right.tolist() == [3.0, 2.0, -3.0]
    _, other = contests(pairs)
    single, lone = np.array([True, True]), np.zeros(3, dtype=bool)
    assert np.allclose(other.crowd(np.log([4.0, 3.0, 1.0]), single, lone, lone), [1.0, 1.0, 7.0])
    assert other.crowd(np.log([4.0, 3.0, 1.0]), ~single, lone, lone).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("places", "plants"),
    [
        ([(0, 0), (4_000, 0)], [0, 0]),
        ([(0, 0), (60_000, 0)], [-1, -1]),
        ([(0, 0), (0, 60_000), (0, 61_000)], [-1, 0, 0]),
        ([(0, 0), (15_000, 0), (30_000, 0)], [0, 0, 0]),
        ([(0, 0), None], [0, 0]),
        ([None, None], [0, 0]),
    ],
)
def test_numbered_works_of_a_firm_in_two_towns_are_two_works(places, plants):
    shapes = [point(*place) if place else None for place in places]
    table = prepare(records(*(row(f"a:{i}", f"Escombreras {i}", shape) for i, shape in enumerate(shapes))))
    found = table.units
    assert (found >= 0).tolist() == [plant >= 0 for plant in plants]
    assert len({*found[found >= 0].tolist()}) == len({*plants} - {-1})


@pytest.mark.parametrize(
    ("names", "places", "plants"),
    [
        (("Alsen", "Alsen"), (0, 0), [0, 0]),
        (("Alsen", "Alsen"), (0, 40), [-1, -1]),
        (("Alsen", "Saal"), (0, 0), [-1, -1]),
        # Two houses side by side bear what all houses are called.
        (("Zementwerk", "Zementwerk"), (0, 0), [-1, -1]),
    ],
)
def test_a_row_for_each_phase_of_one_works_is_no_rival(names, places, plants):
    rows = [row(f"a:{i}", name, point(place)) for i, (name, place) in enumerate(zip(names, places, strict=True))]
    table = prepare(records(*rows))
    assert plants_of(table, ["a"]).tolist() == plants
    assert table.units.tolist() == plants_of(table, ["b"]).tolist() == [-1, -1]


@pytest.mark.parametrize(
    "names",
    [
        ("Kraftwerk 1", "Kraftwerk 2"),
        ("CCGT 1", "CCGT 2"),
        ("Dom", "Dom"),
        ("Alsen 1", "Alsen"),
        ("Alsen 1", "Saal 2"),
        ("Alsen Nord", "Alsen Süd"),
    ],
)
def test_what_is_no_unit_stays_a_rival(names):
    table = prepare(records(*(row(f"a:{i}", name, point()) for i, name in enumerate(names))))
    assert table.units.tolist() == [-1, -1]


def test_an_explanation_writes_every_name_whole() -> None:
    """The last letters of "lead over the right's next best" were cut off."""
    names = [one.name for one in COMPARISONS] + [*LEADS]
    told = Waterfall(0.0, tuple(Step(name, "", 0.0) for name in names), (), 0.5).lines()[1:]
    assert [line.split("  +")[0].strip() for line in told] == names
    assert len({line.index("  +") for line in told}) == 1, "all in one column"
