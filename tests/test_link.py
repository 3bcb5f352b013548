from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from match_rows import backdrop, point, records, row, square

from inducult_geo.match.learning.labelled import labelled_sets
from inducult_geo.match.learning.tables import records_from_csv
from inducult_geo.match.learning.train import fit_weights
from inducult_geo.match.link import LINK_COLUMNS, _left_out, link
from inducult_geo.match.resolve import compare
from inducult_geo.match.scoring.score import DOUBTED, score

LEFT = records(row("hm:1", "Zementwerk Rohrdorf", point()), row("hm:2", "Gaswerk Nord", point(50_000)))
RIGHT = records(row("eu:A/1:b", "Werk SPZ Rohrdorf Zement", point(200)), row("eu:2", "Ziegelei Süd", point(90_000)))


def test_keys_are_the_sources_own():
    links = link(LEFT, RIGHT)
    assert [*links.columns] == [*LINK_COLUMNS]
    assert links[["left_id", "right_id", "decision"]].to_numpy().tolist()[0] == ["1", "A/1:b", "match"]
    assert links["distance_m"].iloc[0] == 200.0
    assert "place 200 m" in links["why"].iloc[0]


def test_a_person_reads_names_and_not_only_keys():
    left = records(row("l:1", names={"old_name": "Kalkwerk Saal"}, geometry=point()), row("l:2", "Haus", point(9000)))
    right = records(row("r:0", "Kalkwerk Saal GmbH", point(40)), row("r:1", names={}, geometry=point(9000)))
    links = link(left, right).set_index("left_id")
    assert links.loc["1", ["left_name", "right_name"]].tolist() == ["Kalkwerk Saal", "Kalkwerk Saal GmbH"]
    assert links["right_name"].isna().sum() == (links["right_id"] == "1").sum()


def test_what_is_said_of_some_pairs_changes_no_score_of_others():
    """The lists seemed to share less, so that each score was lower, and matches that nobody spoke about became none."""
    names = ["".join(chr(97 + (n * k + k) % 26) for k in (3, 5, 7, 11, 17, 19)) for n in range(26)]
    left, right = (
        records(*(row(f"{side}:x{n}", name, point(20_000 * n)) for n, name in enumerate(names))) for side in "ab"
    )
    said = pd.DataFrame({"left_id": [f"x{n}" for n in range(10)], "decision": "different"})
    before, after = link(left, right), link(left, right, said=said.assign(right_id=said["left_id"]))
    told = after["left_id"].isin(said["left_id"]) | after["right_id"].isin(said["left_id"])
    rest = after[~told].merge(before, on=["left_id", "right_id"])
    assert (len(before), len(rest)) == (26, 16)
    assert rest["score_x"].tolist() == rest["score_y"].tolist()


def test_what_is_said_to_be_two_is_no_question_and_all_else_stays_one():
    scored = compare(records(*(row(f"{side}:1", "Kalkwerk Saal", point()) for side in "abc")))
    apart, every = np.array([True, False, False]), np.ones(3, dtype=bool)
    left = _left_out(replace(scored, is_question=every, is_anybodys=every), apart)
    assert left.is_question.tolist() == left.is_anybodys.tolist() == [False, True, True]
    assert (left.probability > 0).tolist() == [False, True, True]


def test_several_left_rows_may_match_one_right_row():
    left = records(*(row(f"l:{i}", "Kalkwerk Saal", point(10 * i)) for i in range(2)))
    right = records(row("r:0", "Kalkwerk Saal", point()), row("r:1", "Saal Schotter", point(40)))
    sure = link(left, right).query("decision == 'match'")
    assert sure["left_id"].is_unique


@pytest.mark.parametrize("is_told", [True, False])
def test_not_all_houses_of_a_square_are_the_one_monument_on_it(is_told):
    """Of two left rows both may be of one works; of six that merely stand around it at most one is."""
    where = "Hauptplatz" if is_told else ""
    names = ["Haus Amsel", "Mühle", "Kapelle", "Turmvilla", "Gasthof", "Scheune"]
    houses = [row(f"l:{n}", name, point(12 * n), city="Leoben", address=where and f"{where} {n + 1}")
              for n, name in enumerate(names)]  # fmt: skip
    column = records(row("r:0", "Pestsäule", point(20), city="Leoben", address=where))
    assert link(records(*houses[:2]), column)["decision"].tolist() == ["match"] * 2
    found = link(records(*houses), column)
    assert len(found) > 3
    assert set(found["decision"]) == {"review"}


@pytest.mark.parametrize(
    ("names", "doubtful"),
    [
        (("Kalkwerk Saal", "Kalkwerk Saal"), [False, True]),
        # Units of one plant are all right.
        (("Kalkwerk Saal Ofen 1", "Kalkwerk Saal Ofen 2"), [False, False]),
    ],
)
def test_a_match_that_another_left_row_fits_better_is_worth_a_look(names, doubtful):
    left = records(*(row(f"l:{i}", name, point(400 * i)) for i, name in enumerate(names)), *backdrop())
    right = records(row("r:0", "Kalkwerk Saal", point()), *backdrop())
    found = link(left, right, review=False).query("right_id == '0'")
    assert found["left_id"].tolist() == ["0", "1"]
    assert found["doubtful"].tolist() == doubtful
    again = link(left.iloc[::-1].reset_index(drop=True), right, review=False).query("right_id == '0'")
    assert again["doubtful"].tolist() == doubtful


@pytest.mark.parametrize(("gap", "doubtful"), [(1e-12, [False, False]), (1e-3, [False, True])])
def test_no_match_is_doubtful_by_a_digit_that_nobody_is_shown(gap, doubtful, monkeypatch):
    def scored(*told, **more):
        found = score(*told, **more)
        return replace(found, probability=np.where(found.pairs.left == 1, found.probability - gap, found.probability))

    monkeypatch.setattr(import_module("inducult_geo.match.link"), "score", scored)
    left = records(*(row(f"l:{i}", "Kalkwerk Saal", point()) for i in range(2)), *backdrop())
    found = link(left, records(row("r:0", "Kalkwerk Saal", point()), *backdrop()), review=False)
    assert found.query("right_id == '0'")["doubtful"].tolist() == doubtful


@pytest.mark.parametrize(
    ("second_m", "apart_m", "doubtful"), [(None, 15, False), (60, 15, True), (5_000, 15, False), (None, 2_500, True)]
)
def test_works_called_by_their_trade_alone_are_looked_at_where_another_is_near(second_m, apart_m, doubtful):
    """Of a list of mills each is "Mühle": where there is one, it is meant."""
    rows = [
        row(f"{side}:x{i}", "Wassermühle", point(30_000 + 9_000 * i + (side == "r") * 15), type="watermill")
        for i in range(40)
        for side in "lr"
    ]
    rows += [
        row("l:0", "Wassermühle", point(), type="watermill"),
        row("r:0", "Wassermühle", point(apart_m), type="watermill"),
    ]
    rows += [row("r:1", "Wassermühle", point(-second_m), type="watermill")] if second_m else []
    found = link(*(records(*(one for one in rows if one["source"] == side)) for side in "lr"))
    found = found.query("left_id == '0' and decision == 'match'")
    assert found["right_id"].tolist() == ["0"]
    assert found["doubtful"].tolist() == [doubtful]


@pytest.mark.parametrize(
    ("name", "apart_m", "doubtful"),
    [
        ("Ziegelei", 200, False),
        ("Ziegelei", 3_000, True),
        ("Ziegelei Huber", 3_000, False),
    ],
)
def test_a_trade_alone_is_doubtful_where_the_places_are_too_far_apart_though_no_other_is_called_so(
    name, apart_m, doubtful
):
    lists = [
        records(row(f"{side}:0", name, point(east)), *(one for one in backdrop() if one["source"] == side))
        for side, east in (("a", 0), ("b", apart_m))
    ]
    found = link(*lists).query("left_id == '0' and decision == 'match'")
    assert found["doubtful"].tolist() == [doubtful]


@pytest.mark.parametrize(("theme", "doubtful"), [("metallurgy", True), ("food_drink", False)])
def test_a_match_of_two_trades_is_worth_a_look(theme, doubtful):
    told = (("a", "food_drink", 0), ("b", theme, 400))
    lists = [
        records(
            row(f"{side}:0", "Huber", point(east), theme=mine, accuracy_m=10.0),
            *(one for one in backdrop() if one["source"] == side),
        )
        for side, mine, east in told
    ]
    found = link(*lists).query("left_id == '0' and decision == 'match'")
    assert found["doubtful"].tolist() == [doubtful]


@pytest.mark.parametrize(
    ("name", "address", "doubtful"),
    [
        ("Haus", None, True),
        ("Haus", "Kaistraße", True),
        ("Haus", "Kaistraße 5", False),
        ("Sägewerk Huber", None, False),
    ],
)
def test_a_name_that_nearly_all_bear_is_looked_at_unless_the_house_is_the_same(name, address, doubtful):
    """Two houses side by side under the same word may be one; what is called by a name of its own is."""
    houses = [
        row(f"{side}:x{i}", "Haus", point(30_000 + 9_000 * i), address=f"Weg {i}", city=f"Ort {i}")
        for i in range(40)
        for side in "lr"
    ]
    place = {"address": address, "city": "Saal"}
    lists = [
        records(row(f"{side}:0", name, point(east), **place), *(one for one in houses if one["source"] == side))
        for side, east in (("l", 0), ("r", 15))
    ]
    found = link(*lists).query("left_id == '0' and decision == 'match'")
    assert found["right_id"].tolist() == ["0"]
    assert found["doubtful"].tolist() == [doubtful]


def test_a_house_under_a_name_that_nearly_all_bear_goes_to_the_point_inside():
    """Several left rows may match one right row, but not by a word that says nothing of which one it is."""
    row_of_houses = [(number, 30.0 * number) for number in range(8)]
    far = [row(f"{side}:x{i}", "Haus", point(30_000 + 9_000 * i)) for i in range(40) for side in "lr"]
    left = [row(f"l:{i}", "Haus", point(east), accuracy_m=20.0) for i, east in row_of_houses]
    right = [row(f"r:{i}", "Haus", square(12, east), accuracy_m=20.0) for i, east in row_of_houses if i % 2]
    lists = [records(*own, *(one for one in far if one["source"] == own[0]["source"])) for own in (left, right)]
    found = link(*lists, review=False)
    found = found[~found["left_id"].str.startswith("x")]
    assert [*zip(found["left_id"], found["right_id"], strict=True)] == [(i, i) for i in ("1", "3", "5", "7")]


@pytest.mark.parametrize(
    ("name", "operator", "lefts"),
    [("Sennerei", None, ["1"]), ("Sennerei", "Alpkäse Saal", ["1", "2"]), ("Sennerei Huber", None, ["1", "2"])],
)
def test_several_left_rows_share_no_right_row_by_a_name_that_others_bear(name, operator, lefts):
    """Two that are called "dairy" are two, one of which the other list lacks; a name of its own may be given twice."""
    words = [*["Sennerei"] * 6, *["Haus"] * 20, *(f"Bau {i}" for i in range(14))]
    far = [row(f"{side}:x{i}", word, point(30_000 + 9_000 * i)) for i, word in enumerate(words) for side in "lr"]
    left = [row(f"l:{i}", name, point(east), operator=operator) for i, east in (("1", 0), ("2", 600))]
    right = [row("r:1", name, point(0), operator=operator)]
    lists = [records(*own, *(one for one in far if one["source"] == own[0]["source"])) for own in (left, right)]
    found = link(*lists, review=False)
    assert found.loc[~found["left_id"].str.startswith("x"), "left_id"].tolist() == lefts


@pytest.mark.parametrize(("accuracy_m", "decisions"), [(20.0, []), (500.0, ["match"])])
def test_the_next_house_is_no_match_of_who_knows_houses(accuracy_m, decisions):
    """A pharmacy at the market is not the house beside it, whose partner the other list lacks; a gate may be."""
    told = {"city": "Poznań", "country": "PL", "accuracy_m": accuracy_m}
    left = [row("l:1", "Apteka pod Złotym Lwem", point(), address="Rynek 75", **told)]
    right = [row("r:1", "Bank Wschodni", square(15, 12), address="Rynek 76", **told)]
    far = [row(f"{side}:x{i}", f"Haus {i}", point(30_000 + 9_000 * i)) for i in range(40) for side in "lr"]
    lists = [records(*own, *(one for one in far if one["source"] == own[0]["source"])) for own in (left, right)]
    found = link(*lists, review=False)
    assert found.loc[found["left_id"] == "1", "decision"].tolist() == decisions


def test_what_may_be_right_instead_is_told_for_review():
    """Two works that fit alike: one is taken, the other is a question; what surely is not the one is none."""
    left = records(row("l:0", "Kalkwerk Saal", point()), *(part for part in backdrop(12) if part["source"] == "a"))
    permits = [row(f"r:{i}", f"Kalkwerk Saal {side}", point(150)) for i, side in enumerate(("Nord", "Süd"))]
    others = [part for part in backdrop(12) if part["source"] == "b"]
    told = link(left, records(*permits, row("r:2", "Ziegelei Nord", point(160)), *others)).query("left_id == '0'")
    assert told["decision"].tolist() == ["match", "review"]
    assert set(told["right_id"]) == {"0", "1"}
    assert told["score"].max() <= 0.5
    assert told["doubtful"].all(), "a match among equals is worth a look, too"


def test_a_sure_match_needs_no_person():
    left = records(row("l:0", "Kalkwerk Saal", point()), *(part for part in backdrop(12) if part["source"] == "a"))
    right = records(row("r:0", "Kalkwerk Saal", point(150)), *(part for part in backdrop(12) if part["source"] == "b"))
    told = link(left, right).query("left_id == '0' and decision == 'match'")
    assert told["score"].min() >= DOUBTED
    assert not told["doubtful"].any()


def test_permits_of_other_works_at_the_office_of_a_company_are_no_units():
    """What bears the row's own name is its match; a further permit of these works is a unit, one of others is not."""
    office = {"address": "Forusbeen 50", "postcode": "4035", "city": "Stavanger", "country": "NO"}
    others = [part for part in backdrop(12) if part["source"] == "b"]
    left = records(
        row("l:0", "Statoil Raffineri Mongstad", point(), **office),
        *(part for part in backdrop(12) if part["source"] == "a"),
    )
    names = ("Equinor Raffineri Mongstad", "Equinor Mongstad", "Equinor Heimdalfeltet", "Equinor Snorrefeltet")
    permits = [row(f"r:{at}", name, point(40), **office) for at, name in enumerate(names)]
    told = link(left, records(*permits, *others), units=True).query("left_id == '0' and decision != 'review'")
    assert set(told["right_id"]) == {"0", "1"}


@pytest.mark.parametrize(("name", "permits", "doubtful"), [
    ("Hagfors Jernverk", ("Hagfors Jernverk", "OP 4 Hagfors Jernverk"), False),
    ("Kalkwerk", ("Anlage 1", "Anlage 2"), True),
])  # fmt: skip
def test_a_unit_that_only_its_place_speaks_for_is_doubtful(name, permits, doubtful):
    """In Taranto the steelworks had a brickworks beside it as a unit, without a word."""
    left, right = ([part for part in backdrop(30) if part["source"] == side] for side in "ab")
    units = [row(f"r:{at}", permit, point(20 + 50 * at), city="Saal") for at, permit in enumerate(permits)]
    told = link(records(row("l:0", name, point(), city="Saal"), *left), records(*units, *right), units=True)
    unit = told.query("left_id == '0' and decision == 'unit'").iloc[0]
    assert unit["score"] > DOUBTED
    assert unit["doubtful"] == doubtful


def test_without_review_only_matches_are_given():
    assert set(link(LEFT, RIGHT, review=False)["decision"]) <= {"match"}


def test_nothing_to_find_gives_nothing():
    far = records(*(part for part in backdrop() if part["source"] == "a"))
    links = link(LEFT, far)
    assert (links["decision"] != "match").all()


@pytest.mark.parametrize("swap", [False, True])
def test_empty_tables(swap):
    none = LEFT.iloc[:0]
    links = link(none, RIGHT) if swap else link(LEFT, none)
    assert links.empty
    assert [*links.columns] == [*LINK_COLUMNS]


def test_order_of_rows_changes_nothing():
    # Of more equals than are looked at the same ones are.
    many = [records(*(row(f"{side}:{i}", "Mühle", point()) for i in range(20))) for side in "lr"]
    for left, right in ((LEFT, RIGHT), many):
        pd.testing.assert_frame_equal(link(left, right), link(left.iloc[::-1], right.iloc[::-1]))


def test_keys_that_both_tables_use_are_kept_apart():
    links = link(LEFT, LEFT)
    assert set(zip(links["left_id"], links["right_id"], strict=True)) >= {("1", "1"), ("2", "2")}


@pytest.fixture(scope="module")
def sets(shared):
    from benchmarks.bench_link import SETS

    return {labelled.name: labelled for labelled in labelled_sets(SETS, shared / "data/sites")}


@pytest.fixture(scope="module")
def judge(sets):
    from benchmarks.bench_link import Judge

    return Judge([*sets.values()])


def test_real_tables(shared, sets):
    from benchmarks.bench_link import measure, own_names

    labelled = sets["hotmaps-eutl"]
    links = link(labelled.left, labelled.right)
    own = {pair for pair in labelled.labels if pair[0] in own_names(shared)}
    assert measure(links, set(labelled.labels), set(labelled.ignored))["f1"] >= 0.974
    assert measure(links, own, set(labelled.ignored))["f1"] >= 0.925
    assert (links["decision"] == "review").mean() <= 0.08


@pytest.mark.slow
def test_of_real_tables_without_their_partners_hardly_any_row_is_matched(sets):
    from benchmarks.bench_link import emptied

    labelled = sets["hotmaps-eutl"]
    none = link(labelled.left, emptied(labelled))
    lefts = {a for a, _ in labelled.labels}
    matched = set(none.loc[none["decision"] == "match", "left_id"]) & lefts
    assert len(matched) / len(lefts) <= 0.03


@pytest.mark.slow
def test_two_lists_of_power_plants_find_the_same_rows_of_a_third_that_tells_no_fuel(shared, sets):
    from benchmarks.bench_third import agreement, found

    plants = sets["jrc-geodb"]
    permits = records_from_csv(shared / "data/sites/eutl.csv", "eutl", {})
    labels = pd.DataFrame(sorted(plants.labels), columns=["left_id", "right_id"])
    counted = agreement(labels, found(plants.left, permits), found(plants.right, permits))
    assert counted["the first finds what the second does"] >= 0.79
    assert counted["the second finds what the first does"] >= 0.95
    assert counted["one row of sure"] >= 0.92


def test_agreement_counts_what_both_find_and_what_one_misses():
    from benchmarks.bench_third import agreement

    labels = pd.DataFrame({"left_id": ["1", "2", "3", "4"], "right_id": ["a", "b", "c", "d"]})
    one = pd.DataFrame({"right_id": ["x", "y", "z"], "sure": [True, True, False]}, index=["1", "2", "3"])
    other = pd.DataFrame({"right_id": ["x", "w", "v"], "sure": [True, False, True]}, index=["a", "b", "d"])
    counted = agreement(labels, one, other)
    assert (counted["plants"], counted["found by both"], counted["one row"]) == (4, 2, 0.5)
    assert (counted["sure for both"], counted["one row of sure"]) == (1, 1.0)
    assert counted["the first finds what the second does"] == counted["the second finds what the first does"] == 0.667


def test_power_plants(sets):
    from benchmarks.bench_link import measure

    labelled = sets["jrc-geodb"]
    assert measure(link(labelled.left, labelled.right), set(labelled.labels))["f1"] >= 0.938
    silent = [side.assign(tags=None) for side in (labelled.left, labelled.right)]
    assert measure(link(*silent), set(labelled.labels))["f1"] >= 0.9


@pytest.mark.slow
def test_countries_left_out(shared, judge):
    from benchmarks.bench_link import countries, figures

    name = "hotmaps-eutl"
    found = judge.out_of(name, countries(shared, judge))
    labels = judge.sets[name].labels
    whole, bare = (found[f"{name}, {state}"] for state in ("whole", "bare"))
    given = figures(*whole, len(labels), len({a for a, _ in labels}))
    assert given["f1"] >= 0.965
    assert given["emptied"] <= 0.04
    assert figures(*bare, len(labels), len({a for a, _ in labels}))["f1"] >= 0.945


@pytest.mark.slow
def test_shipped_weights_are_what_training_gives(judge, repository):
    shipped = repository / "inducult_geo" / "match" / "weights.json"
    assert json.dumps(fit_weights(judge.shown), indent=1) + "\n" == shipped.read_text(encoding="utf-8")


def test_a_parent_is_no_name_of_a_row():
    left, right = records(row("a:1", "Huta Opole")), records(row("b:1", "Huta Opole"))
    right["names"] = ['{"parent": "Huta AG", "alt_name": "Huta Opole"}']
    assert link(left, right).loc[0, ["left_name", "right_name"]].tolist() == ["Huta Opole", "Huta Opole"]
    right["names"] = ['{"parent": "Huta Opole"}']
    assert link(left, right)["right_name"].isna().all()


def test_an_old_list_without_places_is_linked_by_towns_in_another_language():
    """Neither place nor country, towns as they were called: no more than a name to go by."""
    old = {"country": None, "region": None}
    left = records(row("a:1", "Porzellanfabrik Pirken", city="Karlsbad", **old), row("a:2", "Mühle Elsterglanz", **old))
    there = [row("b:1", "Pirken porcelán", point(), city="Karlovy Vary", country="CZ")]
    links = link(left, records(*there, row("b:2", "Elsterglanz", point(90_000), country="SI"), *backdrop()))
    assert links[["left_id", "right_id"]].to_numpy().tolist() == [["1", "1"], ["2", "2"]]
    assert "town alone 100% +" in links["why"].iloc[0]
    # One name, and nothing that tells where: a person should look.
    assert links["doubtful"].tolist() == [False, True]


def test_what_was_said_of_a_pair_goes_before_every_score():
    rows = [row("a:1", "Kalkwerk Saal", point()), row("a:2", "Ziegelei Ahorn", point(9_000)), *backdrop()]
    others = [("b:1", "Kalkwerk Saal", 0), ("b:2", "Kalkwerk Saal Saar", 300), ("b:3", "Zimmerei Esche", 700_000)]
    right = records(*(row(key, name, point(at)) for key, name, at in others), *backdrop())
    left = records(*rows)
    before = link(left, right).set_index("left_id")
    assert (before.loc[["1"], "right_id"].iloc[0], "2" in before.index) == ("1", False)
    words = [("1", "1", "different"), ("2", "3", "same"), ("2", "gone", "different")]
    said = pd.DataFrame(words, columns=["left_id", "right_id", "decision"])
    found = link(left, right, said=said).query("left_id in ['1', '2']").reset_index(drop=True)
    assert [*found.columns] == [*LINK_COLUMNS]
    told = found[["left_id", "right_id", "decision", "doubtful"]].to_numpy().tolist()
    # The next best of the first is found; a word on a row that is gone is not lost.
    assert told[0][:3] == ["1", "2", "match"]
    assert [one for one in told[1:] if one[0] == "1"] == [["1", "1", "different", False]]
    assert told[-2:] == [["2", "3", "same", False], ["2", "gone", "different", False]]
    assert found["why"].iloc[-2] == "said to be one site"
    assert found["left_name"].tolist()[-2:] == ["Ziegelei Ahorn"] * 2


def test_who_is_the_same_as_one_row_is_no_match_of_another():
    left, right = records(row("a:1", "Kalkwerk Saal", point())), [row("b:1", "Kalkwerk Saal", point(10)), *backdrop()]
    right += [row("b:2", "Ofen", point(2_000))]
    said = pd.DataFrame([("1", "2", "same")], columns=["left_id", "right_id", "decision"])
    assert link(left, records(*right), said=said)[["right_id", "decision"]].to_numpy().tolist() == [["2", "same"]]


@pytest.mark.parametrize(
    ("town", "street", "doubtful"),
    [
        ("Saal", "Bahnhofstraße 3", False),
        (None, "Bahnhofstraße 3", False),
        # Works of one firm in two towns, and a street that each of them has.
        ("Wels", "Bahnhofstraße 3", True),
        ("Wels", None, True),
    ],
)
def test_one_firm_in_two_towns_is_looked_at_where_no_place_is_known(town, street, doubtful):
    name, there = "Gebrüder Elsterglanz Zellstoffabrik Hohenquell", {"city": "Saal", "address": "Bahnhofstraße 3"}
    left = records(row("a:1", name, city=town, address=street), *backdrop())
    found = link(left, records(row("b:1", name, point(), **there), *backdrop())).query("left_id == '1'")
    assert (found["decision"].tolist(), found["doubtful"].tolist()) == (["match"], [doubtful])


def test_what_nothing_but_a_town_speaks_for_is_looked_at():
    left = [row("a:1", "Gebrüder Elsterglanz", city="Saal"), row("a:2", "Papierfabrik Hohenquell", city="Wels")]
    there = [row("b:1", "Nordmark Keramik", point(), city="Saal"), row("b:2", "Hohenquell", point(9_000), city="Wels")]
    found = link(records(*left, *backdrop()), records(*there, *backdrop())).set_index("left_id").loc[["1", "2"]]
    assert found["right_id"].tolist() == ["1", "2"]
    assert found["doubtful"].tolist() == [True, False]
    assert "town alone 100% +" in found["why"].iloc[0]


@pytest.mark.parametrize(("town", "doubtful"), [("Hohenquell", False), ("Wels", True)])
def test_a_town_that_only_the_other_name_tells_is_no_town_in_common(town, doubtful):
    """Of a cement works "Märker" in Harburg the match was an office called "Harburg" in Hamburg, without doubt."""
    left = records(row("a:1", "Papierfabrik Elsterglanz", city="Hohenquell"), *backdrop())
    right = records(row("b:1", "Hohenquell Elster", point(), city=town), *backdrop())
    found = link(left, right).query("left_id == '1'")
    assert found["score"].iloc[0] < 0.95
    assert (found["decision"].tolist(), found["doubtful"].tolist()) == (["match"], [doubtful])
