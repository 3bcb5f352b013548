"""What stewards' words say together, and what clusters they make."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from match_rows import records, row

from inducult_geo.match.clusters.cluster import Links, cluster
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.decided.relations import chain, conflicts, groups_of, kept_apart, tied_by, unheeded, wholes
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import resolve

KEYS = ("a:1", "b:1", "c:1", "d:1", "e:1")
TABLE = records(*(row(key, key) for key in KEYS))
NOBODY = np.zeros(0, dtype=np.int64)
NONE = Links(np.zeros(0, dtype=object), (NOBODY, NOBODY), np.zeros(0), np.zeros(0, dtype=bool))


def said(left, decision, right, when="2026-03-01", who="Eva"):
    return Decision(who=who, when=when, left=left, right=right, decision=decision)


def pairs(found):
    return [sorted((one.left, one.right) for one in words) for words in found]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ([("a:1", "same", "b:1"), ("b:1", "same", "c:1")], 0),
        ([("a:1", "same", "b:1"), ("b:1", "same", "c:1"), ("a:1", "different", "c:1")], 1),
        ([("a:1", "same", "b:1"), ("b:1", "same", "c:1"), ("a:1", "part_of", "c:1")], 1),
        ([("a:1", "same", "b:1"), ("b:1", "part_of", "c:1"), ("a:1", "different", "c:1")], 1),
        ([("a:1", "same", "b:1"), ("b:1", "part_of", "c:1"), ("c:1", "part_of", "a:1")], 1),
        ([("a:1", "part_of", "b:1"), ("b:1", "part_of", "c:1"), ("c:1", "part_of", "a:1")], 1),
        ([("a:1", "part_of", "b:1"), ("a:1", "part_of", "c:1")], 1),
        ([("a:1", "part_of", "b:1"), ("a:1", "part_of", "c:1"), ("b:1", "part_of", "c:1")], 0),
        (
            [(one, "part_of", "c:1") for one in ("a:1", "b:1", "d:1")]
            + [("a:1", "part_of", x) for x in ("b:1", "d:1")],
            1,
        ),
        ([("a:1", "different", "b:1"), ("a:1", "part_of", "c:1")], 0),
        ([("a:1", "different", "c:1"), ("a:1", "part_of", "b:1"), ("b:1", "part_of", "c:1")], 1),
        ([("a:1", "part_of", "b:1"), ("b:1", "part_of", "c:1"), ("c:1", "different", "a:1")], 1),
        ([("a:1", "different", "c:1"), ("a:1", "part_of", "b:1"), ("c:1", "part_of", "b:1")], 0),
    ],
)
def test_what_cannot_all_be_true_is_named_with_every_word(words, number) -> None:
    found = [*conflicts(said(*word) for word in words)]
    assert len(found) == number
    for one in found:
        assert len(one) == len({(word.left, word.right) for word in one}) >= 2
    if number and len(words) == 3 and words[0][1] == "same":
        assert len(found[0]) == 3


def test_the_chain_that_shows_it_is_the_shortest() -> None:
    tied = tied_by([said("a:1", "same", "b:1"), said("b:1", "same", "c:1"), said("a:1", "same", "c:1")])
    assert [(one.left, one.right) for one in chain(tied, "a:1", "c:1")] == [("a:1", "c:1")]
    assert chain(tied, "a:1", "d:1") == []
    assert set(groups_of(tied).values()) == {"a:1"}


def test_people_who_differ_are_named_and_the_later_word_is_obeyed() -> None:
    log = [said("a:1", "same", "b:1"), said("b:1", "different", "a:1", "2026-03-02", "Jan")]
    read = replay(log)
    assert read.of("a:1", "b:1").decision == "different"
    assert "Eva" in read.problems[0]
    assert "Jan" in read.problems[0]
    settled = replay([*log, said("a:1", "different", "b:1", "2026-03-03")])
    assert settled.problems == ()


def test_a_change_of_mind_leaves_a_trace_and_is_no_problem() -> None:
    first, later = said("a:1", "same", "b:1"), said("a:1", "different", "b:1", "2026-03-02")
    read = replay([later, first])
    assert read.overruled == ((first, later),)
    assert read.problems == ()


def test_words_of_several_people_that_contradict_are_named_with_all_of_them() -> None:
    log = [
        said("a:1", "same", "b:1"),
        said("b:1", "same", "c:1", who="Jan"),
        said("a:1", "different", "c:1", who="Ana"),
    ]
    (problem,) = replay(log).problems
    assert all(name in problem for name in ("Eva", "Jan", "Ana"))


def test_of_contradicting_words_the_oldest_same_gives_way() -> None:
    old, new = said("a:1", "same", "b:1"), said("b:1", "same", "c:1", "2026-03-05")
    made = cluster(TABLE, NONE, decisions=replay([old, new, said("a:1", "different", "c:1")]))
    assert made.group["b:1"] == made.group["c:1"] != made.group["a:1"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("a:1", "part_of", "b:1")], {"a:1": "b:1"}),
        ([("a:1", "part_of", "z:9")], {}),
        (
            [("a:1", "part_of", "b:1"), ("a:1", "part_of", "c:1"), ("b:1", "part_of", "c:1")],
            {"a:1": "b:1", "b:1": "c:1"},
        ),
        (
            [
                ("a:1", "part_of", "b:1"),
                ("b:1", "part_of", "c:1", "2026-03-02"),
                ("c:1", "part_of", "a:1", "2026-03-03"),
            ],
            {"b:1": "c:1", "c:1": "a:1"},
        ),
    ],
)
def test_each_part_has_one_whole_and_no_ring(words, expected) -> None:
    found = wholes([said(*word) for word in words], {key: key for key in KEYS})
    assert {part: whole for part, (whole, _) in found.items()} == expected


def test_a_part_within_its_whole_or_apart_from_it_is_none() -> None:
    word = said("a:1", "part_of", "b:1")
    assert wholes([word], {"a:1": "S", "b:1": "S"}) == {}
    apart = said("c:1", "different", "b:1")
    assert wholes([word, apart], {"a:1": "S", "c:1": "S", "b:1": "T"}) == {}


def test_words_that_others_on_the_same_sites_overrule_are_named() -> None:
    """No two of them are about the same records: only the sites show that both cannot be."""
    home = {"a:1": "S", "c:1": "S", "b:1": "T", "d:1": "T", "e:1": "U"}
    old, new = said("a:1", "part_of", "b:1"), said("d:1", "part_of", "c:1", "2026-03-02")
    assert [*unheeded([old, new], home)] == [(old, [new])]
    assert [*unheeded([new, said("a:1", "different", "b:1")], home)] == [(new, [said("a:1", "different", "b:1")])]
    beside = said("c:1", "part_of", "e:1", "2026-03-02")
    assert [*unheeded([old, beside], home)] == [(old, [beside])]
    inner = said("d:1", "part_of", "e:1")
    assert not [*unheeded([old, beside, inner, said("a:1", "part_of", "z:9")], home)]
    ring = said("e:1", "part_of", "c:1", "2026-03-03")
    assert [*unheeded([old, inner, ring], home)] == [(old, [inner, ring])]


def test_a_word_that_gave_way_to_another_whole_closes_no_ring() -> None:
    """It held back the older word, which was true beside all that was obeyed; a run even ended with an error."""
    home = {"osm:1": "A", "osm:2": "B", "p:1": "B", "osm:3": "C"}
    first = said("osm:1", "part_of", "p:1", "2026-03-01")
    back = said("osm:2", "part_of", "osm:1", "2026-03-02")
    last = said("osm:2", "part_of", "osm:3", "2026-03-03")
    assert wholes([first, back, last], home) == {"A": ("B", first), "B": ("C", last)}
    assert [*unheeded([first, back, last], home)] == [(back, [last])]


def test_the_whole_that_was_named_last_is_the_one_that_is_so_by_any_of_its_words() -> None:
    """One works was called the whole twice, and of its words the older one was held against another's."""
    home = {"osm:1": "A", "p:1": "A", "osm:2": "B", "osm:3": "C"}
    first, other = said("osm:1", "part_of", "osm:2", "2026-03-01"), said("osm:1", "part_of", "osm:3", "2026-03-02")
    again = said("p:1", "part_of", "osm:2", "2026-03-03")
    assert wholes([first, other, again], home) == {"A": ("B", again)}


def test_a_word_that_gave_way_beside_the_chain_that_is_told_is_named() -> None:
    """Two chains joined what a third word keeps apart: one was named, and of the other nobody was told."""
    log = [
        said("a:1", "different", "c:1", "2026-03-09"),
        said("a:1", "same", "b:1", "2026-03-01"),
        said("b:1", "same", "c:1", "2026-03-05"),
        said("a:1", "same", "d:1", "2026-03-02"),
        said("d:1", "same", "c:1", "2026-03-06"),
    ]
    table = records(*(row(key, key) for key in KEYS))
    made = resolve(table, contracts={}, decisions=replay(log), registry=empty_registry())
    (contradiction, beside) = made.problems
    assert contradiction.startswith("These contradict each other: ")
    assert "'d:1'" not in contradiction
    assert beside.startswith("1 decision without effect, since other decisions keep the two sites apart ")
    assert "(Eva: 'a:1' same 'd:1')" in beside
    settled = resolve(table, contracts={}, decisions=replay(log[1:]), registry=empty_registry())
    assert (settled.problems, settled.members.loc[[*KEYS[:4]]].nunique()) == ((), 1)


words = (
    st.tuples(
        st.sampled_from(KEYS),
        st.sampled_from(["same", "part_of", "different"]),
        st.sampled_from(KEYS),
        st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-02T01:00:00+01:00", "2026-03-03"]),
        st.sampled_from(["Eva", "Jan"]),
    )
    .filter(lambda one: one[0] != one[2])
    .map(lambda one: said(*one))
)


@given(st.lists(words, max_size=10).flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))))
def test_replay_in_any_order_gives_the_same_clusters_and_parts(logs) -> None:
    first, second = (replay(log) for log in logs)
    assert first == second
    one, other = (cluster(TABLE, NONE, decisions=word) for word in (first, second))
    assert one == other
    assert wholes(first.latest.values(), one.group) == wholes(second.latest.values(), other.group)
    for (left, right), word in first.latest.items():
        if word.decision != "same":
            assert one.group[left] != one.group[right]
        elif not first.problems:
            assert one.group[left] == one.group[right]


@given(st.lists(words, max_size=10), st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_every_part_is_obeyed_or_told_with_the_words_that_are(log, homes) -> None:
    group = dict(zip(KEYS, map(str, homes), strict=True))
    said_so = [*replay(log).latest.values()]
    whole_of = wholes(said_so, group)
    told = dict(unheeded(said_so, group))
    for one in said_so:
        site, seen = group[one.left], [group[one.left]]
        while site in whole_of:
            site = whole_of[site][0]
            assert site not in seen
            seen.append(site)
        is_obeyed = one.decision != "part_of" or group[one.right] in seen
        assert is_obeyed == (one not in told)
        assert is_obeyed or told[one]


def test_decisions_follow_records_that_go_on_under_other_keys() -> None:
    read = replay([said("osm:1", "same", "b:1"), said("osm:1", "different", "c:1")])
    moved = read.carried({"osm:1": "osm:9"})
    assert moved.of("osm:9", "b:1").decision == "same"
    assert "'osm:1' goes on as 'osm:9'" in moved.of("osm:9", "c:1").note
    assert moved.of("osm:1", "b:1") is None
    assert read.carried({"x:1": "y:1"}) is read


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([("a:1", "different", "b:1")], {1}),
        ([("a:1", "part_of", "b:1"), ("d:1", "different", "e:1")], {1}),
        ([("a:1", "same", "d:1"), ("d:1", "different", "b:1")], {1}),
        ([("a:1", "same", "d:1"), ("d:1", "same", "e:1"), ("b:1", "part_of", "e:1")], {1}),
        ([("a:1", "same", "d:1"), ("b:1", "same", "e:1"), ("d:1", "different", "e:1")], {1}),
        ([("a:1", "same", "b:1"), ("c:1", "different", "a:1")], set()),
        ([("a:1", "different", "d:1"), ("b:1", "different", "d:1")], set()),
        ([("a:1", "same", "d:1"), ("a:1", "different", "d:1")], set()),
        ([("a:1", "same", "b:1"), ("b:1", "same", "d:1"), ("d:1", "different", "a:1")], set()),
    ],
)
def test_what_is_one_by_another_reason_is_taken_apart_by_words_also_by_way_of_a_third(words, found) -> None:
    group = {"a:1": 1, "b:1": 1, "c:1": 2}
    assert kept_apart([said(*word) for word in words], group) == found
