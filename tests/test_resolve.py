from __future__ import annotations

import itertools
import weakref

import pandas as pd
import pytest
from match_rows import backdrop, point, records, row, square

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import CountingError, InducultError
from inducult_geo.frames import PAIR_COLUMNS, Records
from inducult_geo.match.decided.decisions import Decision, Decisions, replay
from inducult_geo.match.golden.best import golden
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.identity.site_ids import check_site_id
from inducult_geo.match.questions import FAR_SURE, REVIEW_COLUMNS, question_id
from inducult_geo.match.resolve import _confidence, _count, compare, resolve
from inducult_geo.match.scoring.score import DOUBTED

SAPPI = (
    row("a:1", "Sappi Lanaken", square(500), aspect="factory", accuracy_m=20.0),
    row("b:1", "Sappi Lanaken Paper Mill", point(150)),
)


def contract(source, **more):
    return Contract(id=source, title=source, files="x.csv", licence="CC0-1.0", attribution=source, **more)


def run(*rows, decisions=(), registry=None, contracts=None, others=True):
    table = records(*rows, *(backdrop(12) if others else ()))
    return resolve(
        table,
        contracts=contracts or {},
        decisions=replay(decisions),
        registry=empty_registry() if registry is None else registry,
    )


def word(left, right, decision):
    return Decision("Eva", "2026-01-01", left, right, decision, "seen on the spot")


def outcome(made, left, right):
    pairs = made.pairs
    ends = [{a, b} for a, b in zip(pairs["left_key"], pairs["right_key"], strict=True)]
    rows = pairs[[end == {left, right} for end in ends]]
    return rows["decision"].iloc[0] if len(rows) else None


def test_two_sources_meet_in_one_site():
    made = run(*SAPPI)
    assert made.members["a:1"] == made.members["b:1"]
    assert outcome(made, "a:1", "b:1") == "match"
    site = made.sites.set_index("site_id").loc[made.members["a:1"]]
    assert (site["n_sources"], site["n_records"]) == (2, 2)
    assert 0.3 <= site["confidence"] <= 1
    assert check_site_id(made.members["a:1"])


def test_the_next_best_is_judged_as_if_who_is_kept_apart_were_not_there():
    rows = [row("a:1", "Kalkwerk Saal", point()), row("b:1", "Kalkwerk Saal", point(20))]
    rows.append(row("b:2", "Kalkwerk Saal", point(400)))
    made = run(*rows, decisions=[word("b:1", "a:1", "different")])
    assert made.members["a:1"] == made.members["b:2"] != made.members["b:1"]
    assert made.pairs.set_index(["left_key", "right_key"])["score"].loc[("a:1", "b:2")] > 0.9


def test_frames_have_their_columns_and_everything_is_counted():
    made = run(*SAPPI)
    assert [*made.pairs.columns] == [*PAIR_COLUMNS]
    assert [*made.review.columns] == [*REVIEW_COLUMNS]
    assert len(made.members) == made.sites["n_records"].sum() == 26
    assert set(made.registry["record_key"]) == set(made.members.index)


@pytest.mark.parametrize("verdict", ["same", "part_of", "different"])
def test_a_steward_is_obeyed_and_never_asked_again(verdict):
    made = run(*SAPPI, decisions=[word("a:1", "b:1", verdict)])
    assert (made.members["a:1"] == made.members["b:1"]) == (verdict == "same")
    assert outcome(made, "a:1", "b:1") == verdict
    assert made.review.empty or not made.review["left_key"].isin(["a:1", "b:1"]).any()
    assert made.pairs.set_index("left_key").loc["a:1", "decided_by"] == "Eva"
    if verdict == "same":
        turned = run(*SAPPI, decisions=[word("b:1", "a:1", verdict)])
        assert turned.pairs.set_index("left_key").loc["a:1", "decided_by"] == "Eva", "the smaller key stands left"


def test_a_decided_pair_that_is_no_candidate_is_kept():
    made = run(row("a:1", "Werk"), row("b:1", "Zeche"), decisions=[word("a:1", "b:1", "same")])
    assert made.members["a:1"] == made.members["b:1"]
    assert outcome(made, "a:1", "b:1") == "same"


def test_decisions_about_absent_records_are_passed_over():
    made = run(*SAPPI, decisions=[word("a:1", "z:7", "same"), word("z:8", "z:9", "different")])
    assert made.members["a:1"] == made.members["b:1"]


def test_what_two_people_say_of_records_is_told_in_their_region_alone():
    """Each region told all disputes: a question of Zwickau was noticed in Karlovy Vary, too."""
    said = [word("a:1", "b:1", "same"), Decision("Jan", "2026-01-02", "a:1", "b:1", "different")]
    first = run(*SAPPI, decisions=said)
    (told,) = first.problems
    assert told.startswith("Eva and Jan differ on 'a:1' and 'b:1'")
    assert run(row("c:1", "Zeche"), decisions=said, registry=first.registry).problems == ()
    assert run(row("c:1", "Zeche"), decisions=said).problems == (told,), "where nobody knows the records, all tell it"


def test_a_part_that_words_on_other_records_turn_round_is_told():
    """The sites are one by their scores: no two of the words are about the same records."""
    rows = *SAPPI, row("a:2", "Brauerei Dorgra", point(4000)), row("b:2", "Brauerei Dorgra", point(4050))
    old, new = word("a:1", "a:2", "part_of"), Decision("Jan", "2026-01-02", "b:2", "b:1", "part_of")
    made = run(*rows, decisions=[old, new])
    paper, brewery = made.members["a:1"], made.members["a:2"]
    assert (made.members["b:1"], made.members["b:2"]) == (paper, brewery)
    assert made.sites.set_index("site_id")["part_of"].dropna().to_dict() == {brewery: paper}
    assert made.problems == (
        "1 decision without effect, since decisions about other records of the same sites say otherwise (Eva on "
        "2026-01-01: 'a:1' part_of 'a:2', but Jan on 2026-01-02: 'b:2' part_of 'b:1'). Decide one of each again: "
        "inducult review decide.",
    )
    ring = Decision("Jan", "2026-01-02", "a:2", "a:1", "part_of")
    assert run(*rows, decisions=[old, ring]).problems == replay([old, ring]).problems, "these are told already"


def test_a_monument_inside_the_works_is_kept_apart_and_asked():
    made = run(
        row("a:1", "Stahlwerk Hohenau", square(1200), aspect="factory", accuracy_m=20.0),
        row("b:1", "Kapelle Sankt Barbara", square(20, 300), aspect="monument", accuracy_m=20.0),
    )
    assert made.members["a:1"] != made.members["b:1"]
    assert outcome(made, "a:1", "b:1") == "review"
    asked = made.review.set_index("left_key").loc["b:1"]
    assert asked["question"] == "Is 'Kapelle Sankt Barbara' part of 'Stahlwerk Hohenau', one site with it, or another?"
    assert "inside" in asked["why"]
    assert asked["review_id"] == question_id("b:1", "a:1")
    assert made.sites.set_index("site_id").loc[made.members["a:1"], "n_review"] == 1


def test_houses_of_one_name_side_by_side_stay_apart():
    houses = [row(f"a:{i}", "DOM", point(30 * i), ids={"heritage": str(i)}) for i in range(8)]
    made = run(*houses)
    assert made.members[[f"a:{i}" for i in range(8)]].nunique() == 8


def test_exact_duplicates_fold_with_a_reason():
    twin = {"name": "Wasserturm", "geometry": point(), "ids": {"heritage": "7"}}
    made = run(row("a:1", **twin), row("a:2", **twin))
    assert made.members["a:1"] == made.members["a:2"]
    assert "exact duplicate" in made.pairs.set_index("left_key").loc["a:1", "why"]


PERMITS = [
    row(f"b:{i}", f"{unit} Donawitz", point(10), address="Kerpelystraße 199", city="Leoben", postcode="8700")
    for i, unit in enumerate(("Sinteranlage Stahlwerk", "Stahlwerk", "Stahlwerk Kohleeinblasung"), start=1)
]
WORKS = row("a:1", "Stahlwerk Donawitz", point(), address="Kerpelystrasse 199", city="Leoben", postcode="8700")


def test_permits_of_one_site_only_join_where_the_contract_says_so():
    alone = run(WORKS, *PERMITS)
    assert alone.members[["b:1", "b:2", "b:3"]].nunique() == 3
    assert alone.members["a:1"] == alone.members["b:2"]
    # One row of a source is the works: the others fit as well, less surely. They are told, not asked about.
    rest = alone.pairs[alone.pairs["right_key"].isin(["b:1", "b:3"])]
    assert set(rest["decision"]) == {"no_match"}
    assert rest["why"].str.contains("others that fit -").all()
    assert alone.review.empty
    together = run(WORKS, *PERMITS, contracts={"b": contract("b", units_per_site=True)})
    assert len(set(together.members[["a:1", "b:1", "b:2", "b:3"]])) == 1
    assert together.review.empty


def test_ids_stay_over_runs_and_any_order_of_rows():
    first = run(*SAPPI)
    again = resolve(
        Records(records(*SAPPI, *backdrop(12)).iloc[::-1]),
        contracts={},
        decisions=Decisions(),
        registry=first.registry,
    )
    pd.testing.assert_series_equal(first.members, again.members)
    pd.testing.assert_frame_equal(first.registry, again.registry)
    pd.testing.assert_frame_equal(first.pairs, again.pairs)
    pd.testing.assert_frame_equal(pd.DataFrame(first.sites), pd.DataFrame(again.sites))


@pytest.mark.parametrize("bad", [("a:1", "a:1"), (None, "a:1")])
def test_keys_must_be_there_once(bad):
    with pytest.raises(InducultError, match="record key"):
        run(*(row("a:1") | {"record_key": key} for key in bad))


def test_rejected_records_are_refused():
    with pytest.raises(InducultError, match="not accepted"):
        run(row("a:1", reason="no_coordinates"))


def test_a_lost_record_is_a_fault():
    made = run(*SAPPI)
    table = records(*SAPPI, *backdrop(12))
    with pytest.raises(CountingError):
        _count(table, made.sites.iloc[1:], made.members)
    with pytest.raises(CountingError):
        _count(Records(table.iloc[1:]), made.sites, made.members)


def test_no_records_and_one_record():
    lone = run(row("a:1", "Alone", point()), others=False)
    assert len(lone.sites) == 1
    assert lone.review.empty
    empty = resolve(Records(records(row("a:1")).iloc[:0]), contracts={}, decisions=Decisions(), registry=lone.registry)
    assert len(empty.sites) == 0
    assert len(empty.registry) == 1


def test_the_sample_is_resolved_as_its_tables_say(repository):
    from benchmarks.bench_sample import SAMPLE, bench

    if not (SAMPLE / "tables").is_dir():
        pytest.skip("no sample")
    figures = bench()
    assert figures["precision"] >= 0.95
    assert figures["recall"] >= 0.92
    assert figures["asked"] <= figures["records"] / 5


def test_all_pairs_of_a_site_are_explained():
    made = run(*SAPPI)
    for left, right in itertools.combinations(["a:1", "b:1"], 2):
        assert outcome(made, left, right)
    assert made.pairs["why"].notna().all()


def test_a_museum_of_working_works_is_asked_about_not_joined():
    """The museum in the brewery: part of it, one site with it, or another? Only a person can tell."""
    works = row("a:1", "Erzberg", point(), type="opencast_mine", theme="mining", aspect="factory")
    shows = row("b:1", "Erzberg", point(300), type="visitor_mine", theme="museum_memory", aspect="monument")
    made = run(works, shows)
    assert made.members["a:1"] != made.members["b:1"]
    (asked,) = made.review.to_dict("records")
    assert asked["question"].startswith("Is 'Erzberg' part of 'Erzberg'")
    assert "a museum and active works" in asked["why"]
    closed = run(row("a:1", "Erzberg", point(), type="opencast_mine", theme="mining", aspect="monument"), shows)
    assert closed.members["a:1"] == closed.members["b:1"]


FAR_APART = {"accuracy_m": 500.0}


def far_apart(name, east_m):
    """Resolve two records of one works, so far apart; and return the score of the pair."""
    made = run(row("a:1", "Huta Jedlice", point(), **FAR_APART), row("b:1", name, point(east_m), **FAR_APART))
    assert made.members["a:1"] == made.members["b:1"]
    return made, made.pairs.set_index(["left_key", "right_key"]).loc[("a:1", "b:1"), "score"]


def test_a_match_whose_places_contradict_each_other_is_shown_and_asked_about():
    made, score = far_apart("Huta szkła Jedlice", 13_000)
    assert DOUBTED <= score < FAR_SURE
    (asked,) = made.review.to_dict("records")
    assert asked["question"].endswith("really one site, as the map shows them?")
    assert "the stated places contradict each other" in asked["why"]


def test_a_sure_match_whose_places_contradict_each_other_is_shown_and_not_asked_about():
    """That it is one site is told by all else; that one of the places is wrong is told by the site."""
    made, score = far_apart("Huta Jedlice", 8_000)
    assert score >= FAR_SURE
    assert made.review.empty
    site = made.sites.set_index("site_id").loc[made.members["a:1"]]
    assert "8.0 km from the place shown" in site["conflicts"]


@pytest.mark.parametrize("true_m", [(20.0, 500.0), (500.0, 20.0), (20.0, 20.0)])
def test_a_sure_match_is_asked_about_too_where_a_place_is_known_well_and_the_other_is_far_from_it(true_m):
    one, other = ({"accuracy_m": told} for told in true_m)
    made = run(row("a:1", "Huta Jedlice", point(), **one), row("b:1", "Huta Jedlice", point(8_000), **other))
    assert made.members["a:1"] == made.members["b:1"]
    assert made.review["question"].str.contains("really one site").tolist() == [True]


@pytest.mark.parametrize(
    ("kind", "theme", "is_asked"), [("foundry", "metallurgy", True), ("grain_mill", "food_drink", False)]
)
def test_two_trades_that_bear_one_name_are_shown_as_one_site_and_asked_about(kind, theme, is_asked):
    brewery = row("a:1", "Huber", point(), type="brewery", theme="food_drink", accuracy_m=10.0)
    made = run(brewery, row("b:1", "Huber", point(400), type=kind, theme=theme, accuracy_m=10.0))
    assert made.members["a:1"] == made.members["b:1"]
    assert ["the types tell two trades" in why for why in made.review["why"]] == [True] * is_asked


@pytest.mark.parametrize(("town", "joined"), [("Ozimek", True), (None, True), ("Brzeg", False)])
def test_one_name_in_two_towns_far_apart_is_asked_about_and_not_joined(town, joined):
    rows = [row("a:1", "Huta Jedlice", point(), city="Ozimek", **FAR_APART)]
    made = run(*rows, row("b:1", "Huta Jedlice", point(8_000), city=town, **FAR_APART))
    assert (made.members["a:1"] == made.members["b:1"]) == joined
    assert made.review.empty == joined


@pytest.mark.parametrize(
    "more", [{"east": 3500}, {"accuracy_m": 2000.0}, {"address": "Hutnicza 4"}, {"postcode": "46-060"}]
)
def test_places_that_are_near_enough_or_confirmed_by_an_address_are_not_asked_about(more):
    told = FAR_APART | more
    east = told.pop("east", 4500)
    made = run(row("a:1", "Huta Jedlice", point(), **told), row("b:1", "Huta Jedlice", point(east), **told))
    assert made.members["a:1"] == made.members["b:1"]
    assert made.review.empty


def test_a_word_of_the_trade_is_no_name():
    """Two porcelain works of two villages: so few records there be, the trade does not make them one."""
    rows = [row("a:1", "Porzellanfabrik Pirkenhammer", point()), row("b:1", "Porzellanfabrik Dallwitz", point(700))]
    made = resolve(records(*rows), contracts={}, decisions=Decisions(), registry=empty_registry())
    assert made.members["a:1"] != made.members["b:1"]


def test_further_units_are_joined_where_they_are_sure():
    """Permits of one firm all over the country: one of them may be the site, the others are elsewhere."""
    firm = row("a:1", "Cristal Union", point(300))
    towns = ("Toury", "Corbeilles", "Aiserey", "Fontaine", "Bourdon")
    permits = [row(f"b:{i}", f"Cristal Union {town}", point(90_000 * i)) for i, town in enumerate(towns)]
    made = run(firm, *permits, contracts={"b": contract("b", units_per_site=True)})
    assert made.members["a:1"] == made.members["b:0"]
    assert made.members[[f"b:{i}" for i in range(5)]].nunique() == 5
    assert made.review.empty


def test_the_power_plant_of_a_town_is_not_all_works_of_the_town():
    """A list of power plants knows one by its town alone; of the permits there the power house is it."""
    plants = [row(f"a:p{n}", f"Centrale {n}", point(60_000 + 9_000 * n), tags='{"fuel": "gas"}') for n in range(9)]
    plant = row("a:1", "Assemini", point(), tags='{"fuel": "gas"}', accuracy_m=1000.0)
    told = {"city": "Assemini", "accuracy_m": 1000.0}
    names = (
        "Centrale termoelettrica di Assemini",
        "Sanac stabilimento di Assemini",
        "Syndial stabilimento di Assemini",
    )
    permits = [row(f"b:{at}", name, point(600 - 100 * at), **told) for at, name in enumerate(names)]
    made = run(plant, *plants, *permits, contracts={"b": contract("b", units_per_site=True)}, others=False)
    assert [made.members["a:1"] == made.members[f"b:{at}"] for at in range(3)] == [True, False, False]


OFFICE = {"address": "Forusbeen 50", "postcode": "4035", "city": "Stavanger", "country": "NO"}
FIELDS = ("Heimdalfeltet", "Granefeltet", "Snorrefeltet", "Kristinfeltet")


@pytest.mark.parametrize(
    ("works", "first", "others", "joined"),
    [
        # One company's works, all at its office: what bears the record's own name is it, the others are elsewhere.
        ("Statoil Raffineri Mongstad", "Equinor Raffineri Mongstad", [f"Equinor {name}" for name in FIELDS], 1),
        # Permits that tell no company are parts of the works.
        ("Statoil Raffineri Mongstad", "Equinor Raffineri Mongstad", FIELDS, 5),
        # Nor does anything tell that they are not where none of them bears the name.
        ("Statoil Raffineri Mongstad", "Equinor Ormen", [f"Equinor {name}" for name in FIELDS], 5),
        # Numbers are units of one works.
        ("Equinor Mongstad", "Equinor Mongstad 1", [f"Equinor Mongstad {number}" for number in (2, 3, 4, 5)], 5),
    ],
)
def test_permits_of_other_works_at_one_office_stay_apart(works, first, others, joined):
    permits = [row(f"b:{at}", name, point(40), **OFFICE) for at, name in enumerate([first, *others])]
    made = run(row("a:1", works, point(), **OFFICE), *permits, contracts={"b": contract("b", units_per_site=True)})
    assert (made.members[[f"b:{at}" for at in range(5)]] == made.members["a:1"]).sum() == joined
    assert made.members["a:1"] == made.members["b:0"]


def test_records_in_another_order_give_the_same_and_are_left_as_they_are():
    rows = [*SAPPI, *backdrop(10)]
    table = records(*rows[::-1])
    before = table.copy()
    one, other = run(*rows, others=False), run(*rows[::-1], others=False)
    pd.testing.assert_series_equal(one.members, other.members)
    for part in ("sites", "pairs", "review", "registry"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(one, part)), pd.DataFrame(getattr(other, part)))
    resolve(table, contracts={}, decisions=Decisions(), registry=empty_registry())
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))


def test_what_the_pairs_say_is_let_go_before_the_rows_are_made(monkeypatch):
    held = []

    def comparing(table, **more):
        scored = compare(table, **more)
        held.append(weakref.ref(scored))
        return scored

    def rows(*given, **more):
        held.append(held[0]() is None)
        return golden(*given, **more)

    monkeypatch.setitem(resolve.__globals__, "golden", rows)
    table = records(*SAPPI, *backdrop(12))
    resolve(table, contracts={}, decisions=Decisions(), registry=empty_registry(), comparing=comparing)
    assert held[1:] == [True]


def test_pairs_are_told_of_alike_however_many_at_once(monkeypatch):
    rows = [*SAPPI, *backdrop(20)]
    whole = run(*rows, others=False)
    assert len(whole.pairs) > 2
    monkeypatch.setattr("inducult_geo.match.clusters.outcomes.EXPLAINED", 1)
    pd.testing.assert_frame_equal(run(*rows, others=False).pairs, whole.pairs)


def test_a_site_is_as_sure_as_the_record_that_is_tied_least():
    def pair(left, right, score, by=None, home="S"):
        told = {"left_key": left, "right_key": right, "score": score, "decided_by": by, "decision": "match"}
        return told | {"left_site": home, "right_site": home}

    members = pd.Series({"a:1": "S", "b:1": "S", "c:1": "S", "a:2": "T", "b:2": "T"})
    pairs = [
        pair("a:1", "b:1", 0.9),
        pair("b:1", "c:1", 0.6),
        pair("a:1", "c:1", 0.2),
        pair("a:2", "b:2", 0.1, "Eva", "T"),
    ]
    review = pd.DataFrame({"left_site": ["S", "S"], "right_site": ["S", "T"]})
    sure = _confidence(pd.DataFrame(pairs), review, members)
    assert (sure.by_site, sure.reviews) == ({"S": 0.6, "T": 1.0}, {"S": 2, "T": 1})
