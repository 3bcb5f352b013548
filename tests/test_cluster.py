from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from match_rows import point, records, row

from inducult_geo.match.clusters.cluster import Link, Links, cluster, links_of
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.within_source.duplicates import fold_duplicates

KEYS = ("a:1", "a:2", "b:1", "b:2", "c:1", "c:2")
TABLE = records(*(row(key, key) for key in KEYS))


def link(left, right, chance=0.9):
    return Link(min(left, right), max(left, right), chance, chance >= 0.5)


def word(left, right, decision="same"):
    return Decision("Eva", "2026-01-01", left, right, decision)


def packed(links):
    """Pairs as the arrays that clustering takes."""
    left, right, chance, strong = [*zip(*links, strict=True)] or [()] * 4
    keys = np.array(sorted({*left, *right}, reverse=True), dtype=object)
    ends = tuple(np.array([keys.tolist().index(key) for key in side], dtype=np.int64) for side in (left, right))
    return Links(keys, ends, np.array(chance, dtype=float), np.array(strong, dtype=bool))


def groups(links, **more):
    made = cluster(TABLE, packed(links), **more)
    found = {}
    for key, home in made.group.items():
        found.setdefault(home, set()).add(key)
    return {frozenset(keys) for keys in found.values() if len(keys) > 1}, made


def test_matches_join_across_sources():
    joined, made = groups([link("a:1", "b:1"), link("b:1", "c:1")])
    assert joined == {frozenset({"a:1", "b:1", "c:1"})}
    assert made.joined == {("a:1", "b:1"), ("b:1", "c:1")}
    assert set(made.group) == set(KEYS)


def test_two_records_of_one_source_never_meet_in_silence():
    joined, made = groups([link("a:1", "b:1", 0.95), link("b:1", "c:1", 0.9), link("a:2", "c:1", 0.8)])
    assert joined == {frozenset({"a:1", "b:1", "c:1"})}
    assert "two records of 'a'" in made.refused["a:2", "c:1"]


def test_a_pair_of_one_source_that_stands_alone_is_asked_about_too():
    joined, made = groups([link("a:1", "a:2")])
    assert joined == set()
    assert made.refused == {("a:1", "a:2"): "it would put two records of 'a' into one site"}


def test_duplicates_that_a_steward_keeps_apart_are_two():
    kept = replay([word("a:1", "a:2", "different")])
    assert groups([], folded={"a:2": "a:1"})[0] == {frozenset({"a:1", "a:2"})}
    assert groups([], folded={"a:2": "a:1"}, decisions=kept)[0] == set()


@pytest.mark.parametrize("later", ["a:1", "c:1"])
def test_of_words_that_cannot_all_be_true_the_oldest_gives_way(later):
    words = [Decision("Eva", f"2026-01-0{1 + (end == later)}", end, "b:1", "same") for end in ("a:1", "c:1")]
    joined, _ = groups([], decisions=replay([*words, word("a:1", "c:1", "different")]))
    assert joined == {frozenset({later, "b:1"})}


def test_each_record_has_one_partner_per_source():
    joined, _ = groups([link("a:1", "b:1", 0.9), link("a:1", "b:2", 0.8)])
    assert joined == {frozenset({"a:1", "b:1"})}


def test_units_of_one_site_may_join_where_the_contract_says_so():
    joined, _ = groups([link("a:1", "b:1", 0.9), link("a:1", "b:2", 0.8)], many=["b"])
    assert joined == {frozenset({"a:1", "b:1", "b:2"})}


@pytest.mark.parametrize(("closing", "cut"), [(0.001, True), (0.4, False), (None, False)])
def test_a_chain_that_contradicts_itself_is_cut(closing, cut):
    links = [link("a:1", "b:1", 0.95), link("b:1", "c:1", 0.51)]
    joined, made = groups(links if closing is None else [*links, link("a:1", "c:1", closing)])
    assert joined == {frozenset({"a:1", "b:1"} if cut else {"a:1", "b:1", "c:1"})}
    assert ("speak against" in made.refused.get(("b:1", "c:1"), "")) == cut


def test_a_steward_is_obeyed():
    told = replay([word("a:1", "a:2"), word("a:1", "b:1", "different"), word("b:2", "c:1", "part_of")])
    joined, made = groups([link("a:1", "b:1"), link("a:2", "b:1", 0.8)], decisions=told)
    assert joined == {frozenset({"a:1", "a:2"})}
    assert made.refused == {}
    assert ("a:1", "b:1") in made.apart


def test_whom_a_steward_keeps_apart_takes_the_place_of_no_other():
    kept = replay([word("a:1", "b:1", "different")])
    joined, made = groups([link("a:1", "b:1", 0.9), link("a:1", "b:2", 0.8)], decisions=kept)
    assert joined == {frozenset({"a:1", "b:2"})}
    assert (made.refused, made.apart) == ({}, {("a:1", "b:1")})


def test_words_about_unknown_records_are_passed_over():
    joined, _ = groups([], decisions=replay([word("a:1", "z:9"), word("z:8", "z:9", "different")]))
    assert joined == set()


def test_same_against_different_stays_apart():
    told = replay([word("a:1", "b:1"), word("b:1", "c:1"), word("a:1", "c:1", "different")])
    _, made = groups([], decisions=told)
    assert made.group["a:1"] != made.group["c:1"]


links = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from([0.01, 0.3, 0.6, 0.9, 0.95]))
    .filter(lambda one: one[0][0] != one[1][0])
    .map(lambda one: link(*one)),
    max_size=10,
    unique_by=lambda one: (one.left, one.right),
)


@given(links.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_order_changes_nothing_and_no_source_stands_twice(both):
    first, second = cluster(TABLE, packed(both[0])), cluster(TABLE.iloc[::-1], packed(both[1]))
    assert first == second
    for joined in groups(both[0])[0]:
        assert len({key[0] for key in joined}) == len(joined)


@pytest.mark.parametrize(
    ("change", "folds"),
    [
        *(({}, True), ({"name": "Haus"}, False), ({"geometry": point(1)}, False), ({"ids": {"heritage": "8"}}, False)),
        *(({year: 1990}, False) for year in ("start_year", "end_year")),
        *(({told: "x"}, False) for told in ("type", "theme", "aspect", "status", "operator", "heritage_ref")),
        *(({told: "x"}, False) for told in ("address", "postcode", "city")),
    ],
)
def test_only_exact_duplicates_fold(change, folds):
    base = {"name": "DOM", "geometry": point(), "ids": {"heritage": "7"}, "start_year": 1900}
    table = records(row("a:2", **base), row("a:1", **base | change), row("b:1", **base))
    assert fold_duplicates(table) == ({"a:2": "a:1"} if folds else {})


@pytest.mark.parametrize("change", [{"name": None}, {"geometry": None}])
def test_what_tells_nothing_never_folds(change):
    base = {"name": "DOM", "geometry": point()} | change
    assert fold_duplicates(records(row("a:1", **base), row("a:2", **base))) == {}
    base = {"geometry": point(), "ids": {"heritage": "7"}} | change
    assert len(fold_duplicates(records(row("a:1", **base), row("a:2", **base)))) == (change != {"geometry": None})


def test_a_remark_on_one_row_alone_makes_it_another_thing() -> None:
    base = {"name": "DOM", "geometry": point(), "ids": {"heritage": "7"}}
    table = records(row("a:0", **base), row("a:1", **base), row("a:2", **base, tags=json.dumps({"remark": "x"})))
    assert fold_duplicates(table) == {"a:1": "a:0"}


def test_a_duplicate_that_a_steward_keeps_apart_is_another_record_of_its_source() -> None:
    """Of none it came into a site with a third record of its own source, and nobody was asked."""
    table = records(*(row(key, key) for key in (*KEYS, "a:3")))
    links = [link("a:2", "b:1", 0.95), link("b:1", "c:1", 0.9), link("a:3", "c:1", 0.8)]
    kept = replay([word("a:1", "a:2", "different")])
    made = cluster(table, packed(links), decisions=kept, folded={"a:2": "a:1"})
    assert made.group["a:2"] == made.group["c:1"] != made.group["a:3"]
    assert "two records of 'a'" in made.refused["a:3", "c:1"]


def test_nothing_is_asked_of_two_that_came_into_one_site_by_another_way() -> None:
    joined, made = groups([link("a:1", "b:1", 0.95), link("a:1", "b:2", 0.9)], decisions=replay([word("b:1", "b:2")]))
    assert joined == {frozenset({"a:1", "b:1", "b:2"})}
    assert made.refused == {}


def test_a_weak_pair_counts_where_a_word_could_bring_its_records_together() -> None:
    keys, ends = np.array(["a:1", "b:1", "c:1"], dtype=object), (np.array([0, 0]), np.array([1, 2]))
    scored = np.array([0.9, 0.1]), np.array([True, False])
    assert [len(links_of(keys, ends, *scored, tied)) for tied in ((), [("b:1", "c:1")])] == [1, 2]


def test_a_column_that_numbers_the_rows_is_no_particular_and_a_remark_is() -> None:
    base = {"name": "DOM", "geometry": point(), "ids": {"heritage": "7"}}
    tags = [{"nr": str(n), "remark": remark} for n, remark in enumerate(["a", "a", "b", "b", "a"])]
    table = records(*(row(f"a:{n}", **base, tags=json.dumps(one)) for n, one in enumerate(tags)))
    assert fold_duplicates(table) == {"a:1": "a:0", "a:4": "a:0", "a:3": "a:2"}


@pytest.mark.parametrize("times", [2, 3])
def test_a_table_that_stands_several_times_holds_each_thing_so_often(times) -> None:
    house = {"name": "DOM", "geometry": point(), "ids": {"heritage": "7"}}
    tower = {"name": "Turm", "geometry": point(9), "ids": {"heritage": "8"}}
    once = [house, house, house, tower, tower]
    table = records(*(row(f"a:{n}", **one) for n, one in enumerate(once * times)))
    homes = {f"a:{n}" for n in range(5 * times)} - set(fold_duplicates(table))
    assert len(homes) == 5
    # One more row, and the table does not stand three times any more: equal rows are one thing.
    more = records(*(row(f"a:{n}", **one) for n, one in enumerate([*once * times, {**tower, "name": "Tor"}])))
    assert len(fold_duplicates(more)) == 5 * times + 1 - 3


def test_folded_records_count_once():
    joined, _ = groups([link("a:2", "b:1")], folded={"a:2": "a:1"})
    assert joined == {frozenset({"a:1", "a:2", "b:1"})}


def test_of_rows_that_both_lists_give_twice_each_has_one():
    """The second one's place was taken by the first of the other list, which had gone to the first: it stayed alone."""
    rows, others = ("a:1", "a:2"), ("b:1", "b:2")
    joined, made = groups([link(one, other, 0.5) for one in rows for other in others])
    assert joined == {frozenset({"a:1", "b:1"}), frozenset({"a:2", "b:2"})}
    assert set(made.refused) == {("a:1", "b:2"), ("a:2", "b:1")}
    joined, _ = groups([link("a:1", "b:1", 0.5), link("a:2", "b:1", 0.5), link("a:2", "b:2", 0.4)])
    assert joined == {frozenset({"a:1", "b:1"})}
