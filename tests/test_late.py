"""Answers of a file that were written before somebody else decided, be it under other keys of the same records."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from inducult_geo.match.decided.decisions import Decision, append_decision, replay
from inducult_geo.match.questions import question_id
from inducult_geo.review import answers
from inducult_geo.review.answers import answered_questions
from inducult_geo.review.late import lateness, why_stale
from inducult_geo.run import open_run

REGISTRY = pd.DataFrame({"record_key": ["list:8"], "succeeds": ["list:7"]})


@pytest.mark.parametrize(("in_file", "in_log"), [("list:7", "list:8"), ("list:8", "list:7"), ("list:8", "list:8")])
@pytest.mark.parametrize(("word", "is_late"), [("same", True), ("part_of", False)])
def test_a_row_that_was_numbered_anew_is_the_same_row(in_file: str, in_log: str, word: str, is_late: bool) -> None:
    log = replay([Decision("Eva", "2026-03-01", in_log, "osm:way/1", "part_of")])
    answer = Decision("Jan", "2026-03-02", in_file, "osm:way/1", word)
    late = lateness([answer], log, REGISTRY, lambda _: False)
    assert (late.why_late(answer, "Q-1", "") is not None) is is_late
    assert late.why_late(answer, "", "") is None, "a list made by hand, of what nobody asked"


@pytest.mark.parametrize(("note", "is_late"), [("", True), ("old", True), ("new", False)])
def test_who_was_overruled_comes_back_with_another_reason_alone(note: str, is_late: bool) -> None:
    pair = ("list:1", "osm:way/1")
    said = Decision("Jan", "2026-03-01", *pair, "same", note="old")
    log = replay([said, Decision("Eva", "2026-03-02", *pair, "different")])
    answer = Decision("Jan", "2026-03-03", *pair, "part_of", note=note)
    late = lateness([answer], log, REGISTRY, lambda _: False)
    assert (late.why_late(answer, "Q-1", "") is not None) is is_late


def test_the_last_ten_releases_are_asked_the_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    looked: list[str] = []
    none = pd.DataFrame(columns=["review_id"])
    monkeypatch.setattr(answers, "releases_of", lambda _: [Path(f"{n:02}") for n in range(12)])
    monkeypatch.setattr(answers, "questions_of", lambda release: looked.append(release.name) or none)
    assert not answers.was_asked("Q-1", open_run(tmp_path, contracts=False))
    assert looked == [f"{n:02}" for n in range(11, 1, -1)]


def test_one_s_own_word_holds_nothing_back_nor_one_that_was_taken_back_as_the_file_knew() -> None:
    pair = ("list:1", "osm:way/1")
    answer = Decision("Jan", "2026-03-03", *pair, "same")
    own = replay([Decision("Jan", "2026-03-02", *pair, "different")])
    assert lateness([answer], own, REGISTRY, lambda _: True).why_late(answer, "Q-1", "") is None
    back = Decision("Eva", "2026-03-02", *pair, "undecided")
    log = replay([Decision("Eva", "2026-03-01", *pair, "different"), back])
    late = lateness([answer], log, REGISTRY, lambda _: True)
    assert late.why_late(answer, "Q-1", "") is not None
    assert late.why_late(answer, "Q-1", f"taken back at {back.moment}") is None
    assert late.why_late(answer, "", "") is None, "a list made by hand, of what somebody asked"


@pytest.mark.parametrize("in_file", ["list:7", "list:8"])
@pytest.mark.parametrize(("first", "last"), [("list:8", "list:7"), ("list:7", "list:8")])
def test_of_words_under_the_key_of_before_and_of_today_the_last_one_counts(in_file: str, first: str, last: str) -> None:
    words = [("Ada", "2026-03-01", first, "same"), ("Eva", "2026-03-02", last, "different")]
    log = replay([Decision(who, day, key, "osm:way/1", word) for who, day, key, word in words])
    answer = Decision("Jan", "2026-03-03", in_file, "osm:way/1", "same", note="one yard")
    assert "Eva" in str(lateness([answer], log, REGISTRY, lambda _: True).why_late(answer, "Q-1", ""))


def test_a_word_on_the_heir_of_a_row_that_is_back_says_nothing_of_that_row() -> None:
    log = replay([Decision("Eva", "2026-03-01", "list:8", "osm:way/1", "different")])
    answer = Decision("Jan", "2026-03-02", "list:7", "osm:way/1", "same")
    for present, is_late in (("list:8", "osm:way/1"), True), (("list:7", "list:8", "osm:way/1"), False):
        late = lateness([answer], log, REGISTRY, lambda _: True, present)
        assert (late.why_late(answer, "Q-1", "") is not None) is is_late


@pytest.mark.parametrize("since", ["different", "undecided"])
@pytest.mark.parametrize(("note", "is_stale"), [("", True), ("old", True), ("new", False)])
def test_what_was_said_before_a_later_word_is_no_new_word(since: str, note: str, is_stale: bool) -> None:
    pair = ("list:1", "osm:way/1")
    log = replay(
        [Decision("Jan", "2026-03-01", *pair, "same", note="old"), Decision("Eva", "2026-03-02", *pair, since)]
    )
    told = why_stale(Decision("Jan", "2026-03-03", *pair, "same", note=note), log)
    assert (told is not None) is is_stale
    assert why_stale(Decision("Ada", "2026-03-03", *pair, "same", note=note), log) is None


def test_who_changed_his_mind_said_nothing_new_by_an_old_file() -> None:
    days = [("Jan", "2026-03-01", "same"), ("Jan", "2026-03-02", "different"), ("Eva", "2026-03-03", "same")]
    log = replay([Decision(who, day, "list:1", "osm:way/1", word) for who, day, word in days])
    told = why_stale(Decision("Jan", "2026-03-04", "list:1", "osm:way/1", "same"), log)
    assert told is not None
    assert "Jan 'different' on 2026-03-02" in told


def test_a_question_is_answered_by_a_word_under_a_key_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`inducult review export` wrote it out again; and left it out where such a word had taken its answer back."""
    run = open_run(tmp_path)
    monkeypatch.setattr(answers, "registry_of", lambda _: REGISTRY)
    monkeypatch.setattr(answers, "present_regions", lambda _: {"list:8": frozenset(["opole"])})
    said = [("1", "list:7", "same", True), ("2", "list:8", "same", True), ("3", "list:7", "undecided", False)]
    for day, key, word, is_answered in said:
        append_decision(run.folder.decisions, Decision("Eva", f"2026-11-0{day}T10:00:00+00:00", key, "osm:way/1", word))
        assert (question_id("list:8", "osm:way/1") in answered_questions(run)) is is_answered
