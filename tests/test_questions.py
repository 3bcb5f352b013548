"""What stewards are asked: only what changes the map, once for two sites, what changes most first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from match_rows import backdrop, point, records, row, square

from inducult_geo.match.clusters.outcomes import WORTH_ASKING
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.questions import CHANGES, FAR_SURE, LATER, PRECISE_SURE, question_id, questions
from inducult_geo.match.resolve import compare, resolve
from inducult_geo.match.scoring.score import DOUBTED, TRADES_DOUBTED

RECORDS = records(
    row("a:1", "Alpha", square(100), aspect="factory", status="functional"),
    row("b:1", "Beta", point(0), aspect="monument", status="disused"),
    row("c:1", "Gamma", point(5), aspect="factory", status="functional"),
    row("d:1", "Delta", point(4000), aspect="factory", status="functional"),
)


def pair(left, right, score, decision="review", **more):
    homes = {"a:1": "S1", "b:1": "S2", "c:1": "S3", "d:1": "S4"} | more.pop("homes", {})
    known = {"left_key": left, "right_key": right, "score": score, "distance_m": 1.0, "why": "because", "asked": True}
    known |= {"whole": score, "contained": False, "far": False, "precise": False, "other_trade": False}
    known |= {"decision": decision, "decided_by": None, "direct": decision == "match"}
    return known | {"left_site": homes[left], "right_site": homes[right], "region": "zwickau"} | more


def ask(*rows):
    return questions(pd.DataFrame([*rows]), RECORDS)


def test_two_sites_are_asked_about_once_by_the_best_pair() -> None:
    one = {"b:1": "S2", "c:1": "S2"}
    table, review = ask(pair("a:1", "b:1", 0.2, homes=one), pair("a:1", "c:1", 0.25, homes=one))
    assert review["review_id"].tolist() == [question_id("a:1", "c:1")]
    assert table["decision"].tolist() == ["review", "review"]
    assert "by another pair" in table.loc[0, "why"]


UNITS = {"homes": dict.fromkeys(("a:1", "b:1", "c:1", "d:1"), "S")}


def test_the_units_of_one_plant_are_asked_about_once() -> None:
    """Two units that a surer pair holds together are one part of the site: one answer joins both, or neither."""
    units = pair("b:1", "c:1", None, "match", direct=False, **UNITS)
    doubts = [pair("a:1", key, score, "match", **UNITS) for key, score in (("b:1", 0.4), ("c:1", 0.6))]
    assert ask(units, *doubts)[1]["review_id"].tolist() == [question_id("a:1", "c:1")]
    assert len(ask(*doubts)[1]) == 2


def test_what_a_person_joined_holds_a_site_together() -> None:
    """The word on one unit answers for the next."""
    units = pair("b:1", "c:1", None, "match", direct=False, **UNITS)
    said = pair("a:1", "c:1", 0.4, "same", decided_by="Ana", direct=False, **UNITS)
    doubt = pair("a:1", "b:1", 0.6, "match", **UNITS)
    assert ask(units, said, doubt)[1].empty
    assert len(ask(said, doubt)[1]) == 1


@pytest.mark.parametrize(("score", "asked"), [(FAR_SURE, 1), (PRECISE_SURE - 0.001, 1), (PRECISE_SURE, 0)])
def test_places_that_both_sources_know_are_asked_about_where_they_contradict_each_other(score, asked):
    homes = {"a:1": "IC-A", "d:1": "IC-A"}
    assert len(ask(pair("a:1", "d:1", score, "match", homes=homes, far=True, precise=True))[1]) == asked


@pytest.mark.parametrize(("score", "asked"), [(DOUBTED, 1), (TRADES_DOUBTED - 0.001, 1), (TRADES_DOUBTED, 0)])
def test_two_trades_in_one_site_are_asked_about(score, asked):
    homes = {"a:1": "IC-A", "d:1": "IC-A"}
    assert len(ask(pair("a:1", "d:1", score, "match", homes=homes, other_trade=True))[1]) == asked


@pytest.mark.parametrize(("score", "asked"), [(0.69, 1), (0.75, 1), (FAR_SURE - 0.01, 1), (FAR_SURE, 0), (0.99, 0)])
def test_places_that_contradict_each_other_are_asked_about_up_to_a_score(score, asked) -> None:
    homes = {"a:1": "S", "d:1": "S"}
    assert len(ask(pair("a:1", "d:1", score, "match", homes=homes, far=True))[1]) == asked


def test_the_name_of_a_parent_is_none_of_the_record() -> None:
    table = records(row("a:1", "Alpha", point()), row("b:1", names={"parent": "Konzern"}, geometry=point(9)))
    review = questions(pd.DataFrame([pair("a:1", "b:1", 0.2)]), table)[1]
    assert review["left_name"].tolist() == ["Alpha"]
    assert review["right_name"].isna().all()
    assert review["question"].tolist() == ["Are 'Alpha' and 'b:1' one site?"]


def test_a_record_is_asked_about_its_best_partner_only() -> None:
    more = records(*(row(f"a:{n}", "x", point()) for n in (1, 2)), *(row(f"b:{n}", "y", point()) for n in (1, 2)))
    rows = [("a:1", "b:1", 0.3), ("a:1", "b:2", 0.2), ("a:2", "b:1", 0.2), ("a:2", "b:2", 0.15)]
    homes = {"a:1": "1", "a:2": "2", "b:1": "3", "b:2": "4"}
    table, review = questions(pd.DataFrame([pair(*one, homes=homes) for one in rows]), more)
    assert set(review["review_id"]) == {question_id(*one[:2]) for one in rows[:3]}
    assert table["decision"].tolist() == ["review"] * 3 + ["no_match"]


def test_among_equals_there_are_no_more_questions_than_records() -> None:
    """Three houses that two registers call alike: which is which is asked three times, not nine times."""
    keys = [f"{source}:{n}" for source in "ab" for n in (1, 2, 3)]
    homes = {key: key for key in keys}
    rows = [pair(a, b, 0.3, homes=homes) for a in keys[:3] for b in keys[3:]]
    table, review = questions(pd.DataFrame(rows), records(*(row(key, "Haus", point()) for key in keys)))
    assert len(review) == 3
    assert sorted(review["left_key"]) == keys[:3]
    assert sorted(review["right_key"]) == keys[3:]
    rest = table[table["decision"] == "no_match"]
    assert len(rest) == 6
    assert rest["why"].str.startswith(LATER).all()


def test_a_record_without_a_partner_is_asked_about_though_the_other_has_one() -> None:
    """One list has the plant twice, the other once: the second row is a question."""
    more = records(*(row(key, "x", point()) for key in ("a:1", "a:2", "a:3", "b:1")))
    homes = {"a:1": "S", "b:1": "S", "a:2": "T", "a:3": "U"}
    rows = [pair("a:1", "b:1", 0.9, "match", homes=homes)]
    rows += [pair("a:2", "b:1", 0.4, homes=homes), pair("a:3", "b:1", 0.6, homes=homes)]
    _, review = questions(pd.DataFrame(rows), more)
    assert set(review["review_id"]) == {question_id("a:2", "b:1"), question_id("a:3", "b:1")}


def test_a_pair_waits_where_both_have_a_partner() -> None:
    more = records(*(row(key, "x", point()) for key in ("a:1", "a:2", "b:1", "b:2")))
    homes = {"a:1": "S", "b:1": "S", "a:2": "T", "b:2": "T"}
    held = [pair("a:1", "b:1", 0.9, "match", homes=homes), pair("a:2", "b:2", 0.9, "match", homes=homes)]
    _, review = questions(pd.DataFrame([*held, pair("a:1", "b:2", 0.95, homes=homes)]), more)
    assert review["review_id"].tolist() == [question_id("a:1", "b:2")], "likelier than not is no rival"
    _, review = questions(pd.DataFrame([*held, pair("a:1", "b:2", 0.4, homes=homes)]), more)
    assert review.empty


@pytest.mark.parametrize("score", [0.9, None])
def test_whom_a_steward_keeps_apart_is_no_likelier_partner(score) -> None:
    """What is left of two pairs of twins that were told apart was never asked about: each had a better one."""
    more = records(*(row(key, "x", point()) for key in ("a:1", "a:2", "b:1", "b:2")))
    homes = {key: key for key in more["record_key"]}
    told = [pair(a, b, score, "different", decided_by="Eva", homes=homes) for a, b in (("a:1", "b:1"), ("a:2", "b:2"))]
    _, review = questions(pd.DataFrame([*told, pair("a:1", "b:2", 0.3, homes=homes)]), more)
    assert review["review_id"].tolist() == [question_id("a:1", "b:2")]


@pytest.mark.parametrize("verdict", ["different", "part_of"])
def test_sites_that_a_steward_keeps_apart_are_never_asked_about_again(verdict) -> None:
    one = {"b:1": "S2", "c:1": "S2"}
    said = pair("a:1", "b:1", 0.4, verdict, decided_by="Eva", homes=one)
    table, review = ask(said, pair("a:1", "c:1", 0.3, homes=one))
    assert review.empty
    assert table["decision"].tolist() == [verdict, "no_match"]
    assert "other records of both" in table.loc[1, "why"]


@pytest.mark.parametrize(("score", "asked"), [(0.35, True), (0.69, True), (0.7, False)])
def test_a_doubtful_join_is_asked_about_where_nothing_surer_holds_it(score, asked) -> None:
    one = {"a:1": "S1", "b:1": "S1", "c:1": "S1"}
    _, review = ask(pair("a:1", "b:1", score, "match", homes=one))
    assert len(review) == asked
    sure = [pair("a:1", "c:1", 0.9, "match", homes=one), pair("b:1", "c:1", 0.9, "match", homes=one)]
    table, review = ask(pair("a:1", "b:1", score, "match", homes=one), *sure)
    assert review.empty
    assert set(table["decision"]) == {"match"}


def test_what_changes_more_comes_first_not_what_is_closest_to_even() -> None:
    # c and d: one site more or fewer, and where it lies; a and b: monument and factory, and in use or closed, too.
    _, review = ask(pair("c:1", "d:1", 0.5), pair("a:1", "b:1", 0.4))
    assert review["review_id"].tolist() == [question_id("a:1", "b:1"), question_id("c:1", "d:1")]
    assert review["priority"].tolist() == [0.3, 0.25]
    assert CHANGES[1] in review.loc[0, "why"]
    assert CHANGES[3] in review.loc[1, "why"]


def test_what_was_kept_apart_counts_by_whether_it_is_one_of_the_right_ones() -> None:
    """Two blocks of a plant fit one row and share what fits it: each may be of that site for all that."""
    alone, one_of_two = pair("a:1", "c:1", 0.6), pair("b:1", "c:1", 0.45, whole=0.9)
    _, review = ask(alone, one_of_two)
    assert review["score"].tolist() == [0.45, 0.6]
    assert review["priority"].tolist() == [round(0.9 * 3 / 4, 3), round(0.6 / 4, 3)]
    one = {"a:1": "S1", "c:1": "S1"}
    _, review = ask(pair("a:1", "c:1", 0.3, "match", homes=one, whole=0.9))
    assert review["priority"].tolist() == [round(0.7 / 4, 3)], "joined: which of them it is, the score tells"


def test_a_doubted_join_counts_by_what_the_score_lacks() -> None:
    one = {"a:1": "S1", "c:1": "S1"}
    _, review = ask(pair("a:1", "c:1", 0.3, "match", homes=one))
    assert review["priority"].tolist() == [round(0.7 / 4, 3)]
    assert review.loc[0, "question"] == "Are 'Gamma' and 'Alpha' really one site, as the map shows them?"


def test_the_part_stands_left_so_that_part_of_can_be_answered() -> None:
    _, review = ask(pair("a:1", "b:1", 0.01, contained=True))
    asked = review.iloc[0]
    assert (asked["left_key"], asked["right_key"], asked["left_site"]) == ("b:1", "a:1", "S2")
    assert asked["priority"] == 0.5 * 3 / 4
    assert asked["question"] == "Is 'Beta' part of 'Alpha', one site with it, or another?"


def test_a_monument_inside_works_leaves_them_their_other_question() -> None:
    table = records(*(row(key, key, point()) for key in ("a:1", "a:2", "b:1", "b:2")))
    homes = {"a:2": "S5", "b:2": "S5"}
    inside, other = pair("a:1", "b:1", 0.2, contained=True), pair("a:1", "b:2", 0.3, homes=homes)
    joined = pair("a:2", "b:2", 0.9, "match", homes=homes)
    asked = questions(pd.DataFrame([inside, other, joined]), table)[1]
    assert {*asked["review_id"]} == {question_id("a:1", "b:1"), question_id("a:1", "b:2")}


def made(*rows, decisions=(), registry=None):
    table = records(*rows, *backdrop(12))
    known = empty_registry() if registry is None else registry
    return resolve(table, contracts={}, decisions=replay(decisions), registry=known)


def test_a_decided_pair_is_never_asked_again_when_osm_numbers_anew() -> None:
    def rows(number):
        works = row(
            f"osm:way/{number}", "Sappi Lanaken", square(300), aspect="factory", accuracy_m=20.0, type="paper_mill"
        )
        chapel = row("reg:7", "Kapelle Sankt Barbara", square(20, 60), aspect="monument", accuracy_m=20.0)
        return works, chapel, row("b:1", "Sappi Lanaken Paper Mill", point(100))

    first = made(*rows(1))
    assert len(first.review) == 1
    for verdict in ("different", "part_of", "same"):
        word = Decision("Eva", "2026-01-01", "reg:7", "osm:way/1", verdict)
        held = made(*rows(1), decisions=[word], registry=first.registry)
        assert held.review.empty
        # The site is held by b:1 as well, so the new way inherits nothing but the decision.
        again = made(*rows(9), decisions=[word], registry=held.registry)
        assert again.review.empty
        later = made(*rows(11), decisions=[word], registry=again.registry)
        assert later.review.empty
        assert (later.members["reg:7"] == later.members["osm:way/11"]) == (verdict == "same")
        part = later.sites.set_index("site_id").loc[later.members["reg:7"], "part_of"]
        assert (part == later.members["osm:way/11"]) == (verdict == "part_of")
        pairs = later.pairs[later.pairs["decided_by"].notna()]
        assert "goes on as 'osm:way/11'" in pairs["why"].iloc[0]


def test_a_part_keeps_its_site_and_points_to_its_whole() -> None:
    rows = (
        row("a:1", "Stahlwerk Hohenau", square(1200), aspect="factory", accuracy_m=20.0),
        row("b:1", "Werksmuseum", square(20, 300), aspect="monument", accuracy_m=20.0),
    )
    told = made(*rows, decisions=[Decision("Eva", "2026-01-01", "b:1", "a:1", "part_of")])
    sites = told.sites.set_index("site_id")
    assert sites.loc[told.members["b:1"], "part_of"] == told.members["a:1"]
    assert pd.isna(sites.loc[told.members["a:1"], "part_of"])
    assert sites.loc[told.members["a:1"], "aspect"] == "factory"
    word = told.pairs[told.pairs["decision"] == "part_of"].iloc[0]
    assert (word["left_key"], word["right_key"], word["left_site"]) == ("b:1", "a:1", told.members["b:1"])
    merged = made(*rows, decisions=[Decision("Eva", "2026-01-01", "b:1", "a:1", "same")])
    assert merged.sites.set_index("site_id").loc[merged.members["a:1"], "aspect"] == "both"


def asked_at(chance: float, *names: str) -> bool:
    """Tell whether two records side by side under these names are asked about where their score is as given."""
    rows = [row(key, name, point(east)) for key, name, east in zip(("a:1", "b:1"), names, (0, 200), strict=True)]

    def comparing(some, **more):
        scored = compare(some, **more)
        keys = scored.pairs.prepared.key
        here = (keys[scored.pairs.left] == "a:1") & (keys[scored.pairs.right] == "b:1")
        assert here.sum() == 1
        probability = np.where(here, chance, scored.probability)
        return replace(scored, probability=probability, is_question=here | scored.is_question)

    table = records(*rows, *backdrop(12))
    told = resolve(table, contracts={}, decisions=replay(()), registry=empty_registry(), comparing=comparing)
    assert told.members["a:1"] != told.members["b:1"]
    return question_id("a:1", "b:1") in set(told.review["review_id"])


@pytest.mark.parametrize(("chance", "asked"), [(0.45, False), (0.55, True)])
def test_what_is_only_near_is_asked_about_where_it_is_likelier_than_not(chance, asked) -> None:
    """A museum and a bus stop beside it: other names, and nothing but nearness; the score is set to what it may be."""
    assert asked_at(chance, "Museum Moslavina", "Selk Kutina") == asked


@pytest.mark.parametrize(("chance", "asked"), [(WORTH_ASKING - 0.01, False), (WORTH_ASKING, True)])
def test_what_next_to_never_is_one_site_is_not_asked_about(chance, asked) -> None:
    assert asked_at(chance, "Museum Moslavina", "Moslavina Museum") == asked
