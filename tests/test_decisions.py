from __future__ import annotations

import json
import os
import resource
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.errors import DecisionError
from inducult_geo.match.decided import decisions
from inducult_geo.match.decided.decisions import Decision, append_decision, contradictions, read_decisions, replay


def said(left="a:1", right="b:1", decision="same", when="2026-03-01T09:30:00+00:00", who="Eva", note=""):
    return Decision(who=who, when=when, left=left, right=right, decision=decision, note=note)


words = st.builds(
    said,
    left=st.sampled_from(["a:1", "a:2", "a:3"]),
    right=st.sampled_from(["b:1", "b:2", "b:3"]),
    decision=st.sampled_from(["same", "part_of", "different", "undecided"]),
    when=st.sampled_from(["2026-03-01", "2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00+00:00"]),
    who=st.sampled_from(["Eva", "Jan"]),
)


@given(st.lists(words, max_size=12).flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))))
def test_replay_in_any_order_is_the_same(logs):
    assert replay(logs[0]) == replay(logs[1])


@given(words)
def test_a_line_reads_back(tmp_path_factory, word):
    path = tmp_path_factory.mktemp("log") / "decisions.jsonl"
    append_decision(path, word)
    read = read_decisions(path)
    assert [*read.latest.values(), *read.reopened.values()] == [word]


def test_an_answer_that_is_taken_back_is_in_force_no_more():
    log = [said(), said("b:1", "a:1", "undecided", when="2026-03-02")]
    read = replay(log[::-1])
    assert (read.of("a:1", "b:1"), read.last_word("b:1", "a:1"), len(read)) == (None, log[1], 0)
    assert (read.overruled, read.problems) == (((log[0], log[1]),), ())
    again = replay([*log, said(decision="different", when="2026-03-03", who="Jan")])
    assert again.of("a:1", "b:1").decision == "different"
    assert again.problems == (), "who has no opinion does not gainsay"


def test_who_still_stands_by_an_answer_that_another_took_back_is_named():
    (problem,) = replay([said(), said(decision="undecided", when="2026-03-02", who="Jan")]).problems
    assert problem == (
        "Eva and Jan differ on 'a:1' and 'b:1': same (2026-03-01), then undecided (2026-03-02, obeyed). Settled when "
        "Eva agrees, another person says the later word, or it is said again with --note."
    )


def test_two_who_differ_on_which_is_the_part_are_told_so():
    (problem,) = replay([said("b:1", "a:1", "part_of"), said("a:1", "b:1", "part_of", "2026-03-02", "Jan")]).problems
    first, last = "the second part of the first (2026-03-01)", "the first part of the second (2026-03-02, obeyed)"
    assert f"on 'a:1' and 'b:1': {first}, then {last}" in problem


def test_a_word_that_was_said_twice_since_needs_no_consent():
    jan, mia = (said(decision="different", when=f"2026-03-0{n}", who=who) for n, who in ((2, "Jan"), (3, "Mia")))
    assert len(replay([said(), jan]).problems) == 1
    assert len(replay([said(), jan, jan]).problems) == 1, "one line that stands twice is one word"
    assert replay([mia, jan, said()]).problems == ()
    assert replay([mia, jan, said()]).overruled == ((said(), mia),)
    # What was said before the other's word was not said against it.
    assert len(replay([mia, jan, said(when="2026-03-02T12:00")]).problems) == 1


def test_a_time_without_an_offset_is_one_of_utc_wherever_the_machine_stands(monkeypatch):
    later = said(decision="different", when="2026-03-01T11:00:00+00:00")
    with monkeypatch.context() as there:
        there.setenv("TZ", "EST5")
        time.tzset()
        read = replay([said(when="2026-03-01T09:30"), later])
    time.tzset()
    assert read.of("a:1", "b:1") == later


@pytest.mark.parametrize(
    ("when", "read"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T09:30:12.345678", "2026-03-01 09:30"),
        ("2026-03-01T00:30:12.345678+02:00", "2026-02-28 22:30 UTC"),
    ],
)
def test_when_a_word_was_said_is_told_to_the_minute(when: str, read: str):
    assert said(when=when).moment == read
    assert said(when=when.replace("-", "")).day == said(when=when).day == when[:10]


def test_an_answer_about_a_vanished_record_is_taken_back_of_its_heir():
    log = replay([said(), said("a:2", decision="undecided", when="2026-03-02")])
    assert log.of("a:1", "b:1") is not None
    assert log.carried({"a:1": "a:2"}).of("a:2", "b:1") is None


def test_of_a_record_that_goes_on_as_the_other_of_its_pair_nothing_is_left_to_say():
    """One was drawn anew, came back beside it, was told to be the same, and went again."""
    log = replay([said("a:1", "a:2"), said("a:1", "b:1", "different")])
    carried = log.carried({"a:1": "a:2"})
    assert [one.pair for one in carried.latest.values()] == [("a:2", "b:1")]
    assert carried.problems == ()


def test_a_contradiction_is_told_once_of_the_records_as_they_are_called_now():
    words = [said("a:1", "b:1", "part_of"), said("a:1", "c:1", "part_of"), said("a:1", "d:1", who="else")]
    log = replay(words, ["the last line is torn"])
    _, before = log.problems
    assert "'a:1'" in before
    carried = log.carried({"a:1": "a:2"})
    torn, told = carried.problems
    assert torn == "the last line is torn"
    assert told == before.replace("'a:1'", "'a:2'")
    assert carried.about == {told: frozenset(("a:2", "b:1", "c:1"))}


def test_the_latest_word_wins_whichever_side_comes_first():
    log = [said(when="2026-03-02"), said("b:1", "a:1", "different", when="2026-03-03"), said(when="2026-03-01")]
    assert replay(log).of("a:1", "b:1").decision == "different"
    assert replay(log).of("b:1", "a:1").decision == "different"
    assert len(replay(log)) == 1
    assert replay([]).of("a:1", "b:1") is None


def test_times_are_compared_as_times_not_as_text():
    late = said(decision="different", when="2026-03-01T10:00:00+00:00")
    early = said(when="2026-03-01T11:00:00+02:00")
    assert replay([late, early]).of("a:1", "b:1") == late


def test_contradictions_are_named():
    log = [said("a:1", "b:1"), said("b:1", "c:1"), said("a:1", "c:1", "different")]
    (problem,) = replay(log).problems
    assert "a:1" in problem
    assert "c:1" in problem
    assert contradictions(log[:2]) == {}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"decision": "maybe"}, "is not one of"),
        ({"right": "a:1"}, "about two records"),
        ({"when": "yesterday"}, "ISO 8601"),
        ({"when": "0001-01-01T00:00:00+05:00"}, "ISO 8601"),
        ({"who": " "}, "'who'"),
        ({"left": None}, "'left'"),
    ],
)
def test_senseless_decisions_are_refused(change, fault):
    with pytest.raises(DecisionError, match=fault):
        said(**change)


def test_missing_log_holds_nothing(tmp_path):
    assert len(read_decisions(tmp_path / "none.jsonl")) == 0


def test_a_log_that_cannot_be_read_is_no_empty_one(tmp_path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(DecisionError, match=r"log\.jsonl: cannot be read \(Is a directory\).* from a backup"):
        read_decisions(tmp_path / "log.jsonl")


BAD = [
    b"{",
    b"[1]",
    b'{"who": "Eva"}',
    b"\xff\xfe",
    b'"text"',
    b"[" * 5000,
    b'{"who":1,"when":2,"left":3,"right":4,"decision":5}',
]


@pytest.mark.parametrize("line", BAD)
def test_an_unreadable_line_is_named(tmp_path, line):
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(said().as_line().encode() + b"\n" + line + b"\n" + said("a:9").as_line().encode() + b"\n")
    with pytest.raises(DecisionError, match="line 2"):
        read_decisions(path)


def test_a_torn_last_line_is_skipped_and_reported(tmp_path):
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(said().as_line().encode() + b"\n" + said("a:2").as_line().encode()[:30])
    read = read_decisions(path)
    assert len(read) == 1
    assert "line 2" in read.problems[0]


def test_the_first_word_is_safe_with_the_folders_that_it_makes(tmp_path, monkeypatch):
    """A file may reach the disk, and its name in a folder that is new not."""
    synced = []
    monkeypatch.setattr(decisions, "sync", synced.append)
    path = tmp_path / "raw" / "decisions" / "decisions.jsonl"
    append_decision(path, said("a:1"))
    assert synced == [path.parent, path.parent.parent]
    append_decision(path, said("a:2"))
    assert len(synced) == 2


@pytest.mark.parametrize("cut", [0, 20])
def test_appending_after_a_torn_line_loses_nothing_whole(tmp_path, cut):
    path = tmp_path / "folder" / "decisions.jsonl"
    append_decision(path, said("a:1"))
    last = said("a:2").as_line().encode()
    with path.open("ab") as log:
        log.write(last[: len(last) - cut])
    append_decision(path, said("a:3"))
    lines = [json.loads(line)["left"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == (["a:1", "a:3"] if cut else ["a:1", "a:2", "a:3"])
    assert not read_decisions(path).problems


@pytest.mark.parametrize("room", [0, 30])
@pytest.mark.parametrize("torn", [b"", b'{"who": "E'])
def test_a_word_for_which_there_is_no_room_leaves_the_log_as_it_was(tmp_path, room, torn):
    """Half a line stayed, and was told as torn every night."""
    path = tmp_path / "decisions.jsonl"
    append_decision(path, said("a:1"))
    before = path.read_bytes()
    path.write_bytes(before + torn)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            append_decision(path, said("a:2"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["who", "left", "note"])
def test_half_a_character_is_told_where_it_stands(tmp_path, name):
    """A terminal that is not set to UTF-8 makes such ones of a name; a log may hold them as an escape."""
    values = {"who": "Eva", "when": "2026-03-01", "left": "a:1", "right": "b:1", "decision": "same", "note": ""}
    with pytest.raises(DecisionError, match=f"'{name}' holds half a character"):
        Decision(**(values | {name: "E\udcc5"}))
    log = tmp_path / "decisions.jsonl"
    log.write_text(json.dumps(values | {name: "E\ud800"}) + "\n" + json.dumps(values | {"right": "c:1"}) + "\n")
    with pytest.raises(DecisionError, match=f"line 1: '{name}' holds half a character.*Correct this line"):
        read_decisions(log)


def test_a_pipe_in_place_of_the_log_is_told(tmp_path):
    os.mkfifo(tmp_path / "decisions.jsonl")
    with pytest.raises(DecisionError, match="is not a file, but a pipe or device"):
        read_decisions(tmp_path / "decisions.jsonl")
