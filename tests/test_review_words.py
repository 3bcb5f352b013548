"""Words that gainsay others: contradictions, disputes, second thoughts, and answers that come late or elsewhere."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from reviewed import (
    answered,
    as_geopackage,
    built,
    exported,
    ids,
    keys,
    line,
    pairs_of,
    questions,
    release_of,
    rows_of,
    run,
    save,
    sheet,
)
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.errors import ContractError
from inducult_geo.match.decided.decisions import Decision, Decisions, append_decision, read_decisions, replay
from inducult_geo.match.questions import question_id
from inducult_geo.release_folders import prune_releases
from inducult_geo.releasing.left_answers import answered_releases, left_told, spared_releases
from inducult_geo.review import answers
from inducult_geo.review.log_copies import copies_told
from inducult_geo.review.table import (
    ANSWER_COLUMNS,
    ImportOutcome,
    _Answer,
    _apart,
    _earlier_name,
    _without_contradictions,
    decide,
    export_review,
    import_review,
)
from inducult_geo.run import Run, open_run
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder

LATER = "2999-01-01T00:00:00+00:00"


def test_what_a_file_speaks_of_is_looked_up_in_all_regions_the_log_and_the_newest_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"leoben": ["a:1", "b:1"], "opole": ["a:1"]}
    for region, there in folders.items():
        (tmp_path / region).mkdir()
        pd.DataFrame({"record_key": there}).to_parquet(tmp_path / region / "records.parquet")
    stages = [SimpleNamespace(region=region, folder=tmp_path / region) for region in folders]
    known = pd.DataFrame({"record_key": ["a:1", "a:9", None], "region": ["leoben", None, None]}, dtype="str")
    releases = [f"2026-01-{day:02}" for day in range(1, 15)]
    for name, told in (("registry_of", known), ("kept_stages", stages)):
        monkeypatch.setattr(answers, name, lambda _run, told=told: told)
    empty = open_run(tmp_path / "data", contracts=False)
    # In the outlines of both: a word on it and on a record of either can be obeyed.
    assert answers.present_regions(empty) == {"a:1": {"leoben", "opole"}, "b:1": {"leoben"}}
    assert answers.ever_known(empty) == {"a:1": {"leoben"}, "a:9": frozenset()}, "an older version did not say"
    monkeypatch.setattr(answers, "releases_of", lambda _folder: releases)
    monkeypatch.setattr(answers, "questions_of", lambda release: pd.DataFrame({"review_id": [release]}))
    assert [answers.was_asked(release, empty) for release in releases] == 4 * [False] + 10 * [True]
    monkeypatch.setattr(answers, "kept_stages", lambda _run: [])
    log = replay([Decision("Eva", "2026-01-01T08:00:00+00:00", "a:1", "b:1", "same")])
    bare = {"review_id": question_id("a:1", "b:1"), "kind": "", "left_key": "", "right_key": "", "decision": "Same"}
    (row,) = answers.with_records([bare], empty, log)
    assert (row["left_key"], row["right_key"], row["decision"]) == ("a:1", "b:1", "same")


@pytest.mark.parametrize("kind", ["csv", "keys alone", "gpkg"])
def test_a_late_file_overrules_no_newer_word_of_another_person(run: Run, sheet: Path, kind: str) -> None:
    """A colleague's file of last week overruled what was decided meanwhile, with exit code 0."""
    row = answered(sheet, lambda row: row.update(decision="part_of", decided_by="Jan", note="as the sign says"))
    answered(sheet, lambda row: row.update(decision="different", decided_by="Jan"), which=1)
    if kind == "keys alone":
        save(sheet, [{name: one[name] for name in ANSWER_COLUMNS[2:]} for one in rows_of(sheet) if one["decision"]])
    file = as_geopackage(run, sheet) if kind == "gpkg" else sheet
    left, right = row["left_key"], row["right_key"]
    decide(left, "same", right, run, who="Eva")
    late = import_review(file, run)
    assert [(one.who, one.decision) for one in late.added] == [("Jan", "different")]
    (refusal,) = late.refused
    assert (refusal.decision, late.exit_code, late.changed) == ("part_of", 1, ())
    assert f" UTC: '{left}' same '{right}', which was not known yet" in refusal.reason
    assert refusal.reason.startswith("Eva on 20")
    assert (
        f"the answer of Jan comes late and is not taken. If it is to count nevertheless: inducult review "
        f"decide {left} part_of {right} --who Jan (with" in refusal.reason
    )
    assert read_decisions(run.folder.decisions).of(left, right).who == "Eva"  # type: ignore[union-attr]
    outcome = import_review(file, run, overrule=True)
    assert (outcome.refused, outcome.unchanged) == ((), 1)
    assert "Jan says 'part_of' now; Eva said 'same'" in outcome.changed[0]


def test_a_change_of_mind_in_one_s_own_file_is_taken_and_so_is_a_list_of_pairs_made_by_hand(
    run: Run, sheet: Path, built: Path
) -> None:
    answered(sheet, lambda row: row.update(decision="same"))
    import_review(sheet, run, who="Eva")
    answered(sheet, lambda row: row.update(decision="different"))
    assert import_review(sheet, run, who="Jan").added == (), "that is no mind of his own"
    assert "Eva says 'different' now; Eva said 'same'" in import_review(sheet, run, who="Eva").changed[0]
    a, b = keys(built, 2)
    for who, word in (("Eva", "same"), ("Jan", "different")):
        outcome = import_review(save(sheet, [line(a, b, word)]), run, who=who)
        assert [one.who for one in outcome.added] == [who], "nobody asked"


def test_who_was_overruled_can_agree_and_then_nothing_is_told_any_more(run: Run, sheet: Path) -> None:
    """The notice said how to settle it, and the word that does was "known already": it was told for ever."""
    answered(sheet, lambda row: row.update(decision="same"))
    import_review(sheet, run, who="Eva")
    answered(sheet, lambda row: row.update(decision="different"))
    told = import_review(sheet, run, who="Jan", overrule=True)
    assert "Settled when Eva agrees" in told.problems[0]
    assert import_review(sheet, run, who="Jan").unchanged == 1
    agreed = import_review(sheet, run, who="Eva")
    assert (len(agreed.added), agreed.changed, agreed.problems) == (1, (), ())
    assert import_review(sheet, run, who="Eva").unchanged == 1


@pytest.mark.parametrize(("who", "note"), [("Mia", ""), ("Jan", "seen on site")])
def test_a_dispute_with_one_who_is_gone_is_settled_by_a_second_word(run: Run, sheet: Path, who: str, note: str) -> None:
    """It was told in every run for ever: nobody but Eva could end it."""
    row = pairs_of(sheet)[0]
    for name, word in (("Eva", "same"), ("Jan", "different")):
        told = decide(row["left_key"], word, row["right_key"], run, who=name)
    assert "another person says the later word" in told.problems[0]
    assert len(decide(row["left_key"], "different", row["right_key"], run, who="Jan").problems) == 1
    settled = decide(row["left_key"], "different", row["right_key"], run, who=who, note=note)
    assert (len(settled.added), settled.problems) == (1, ())
    assert decide(row["left_key"], "different", row["right_key"], run, who=who, note=note).unchanged == 1
    undone = decide(row["left_key"], "same", row["right_key"], run, who="Eva", note="I am back")
    assert len(undone.problems) == len({who, "Jan"})
    home = ids(run)
    near = {key for key, site in home.items() if site in {home[row["left_key"]], home[row["right_key"]]}}
    one, other = [key for key in home if key.startswith("osm:") and key not in near][:2]
    aside = decide(one, "different", other, run, who="Eva")
    assert aside.problems == (), "that is told where it belongs"
    assert aside.lines()[-1].startswith(f"the log: {len(undone.problems)} dispute")
    beside = decide(row["left_key"], "different", one, run, who="Eva")
    assert beside.problems == undone.problems


def test_an_old_file_takes_back_no_second_thought_either(run: Run, sheet: Path) -> None:
    """Eva said "same", thought better of it, Jan said "same": her first file made her agree, and ended the notice."""
    row = answered(sheet, lambda row: row.update(decision="same"))
    import_review(sheet, run, who="Eva")
    decide(row["left_key"], "different", row["right_key"], run, who="Eva")
    decide(row["left_key"], "same", row["right_key"], run, who="Jan")
    again = import_review(sheet, run, who="Eva")
    assert again.added == ()
    assert "Eva said so on" in again.refused[0].reason
    assert "and Eva 'different' on" in again.refused[0].reason
    assert "Settled when Eva agrees" in again.problems[0]
    answered(sheet, lambda row: row.update(decision="same", note="seen on site"))
    assert len(import_review(sheet, run, who="Eva").added) == 1


def test_the_two_directions_of_part_of_are_two_words(run: Run, built: Path, tmp_path: Path) -> None:
    a, b = keys(built, 2)
    sheet = tmp_path / "own.csv"
    assert import_review(save(sheet, [line(a, b, "part_of")]), run, who="Eva").added
    turned = import_review(save(sheet, [line(b, a, "part_of")]), run, who="Eva")
    assert (turned.added[0].left, len(turned.changed)) == (b, 1)
    assert import_review(save(sheet, [line(b, a, "part_of")]), run, who="Eva").unchanged == 1


def contradicting(built: Path, run: Run, tmp_path: Path, words: list[tuple[int, int, str]]) -> ImportOutcome:
    some = keys(built, 6)
    rows = [line(some[a], some[b], word, review_id=question_id(some[a], some[b])) for a, b, word in words]
    return import_review(save(tmp_path / "own.csv", rows), run, who="Eva")


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_answers_that_contradict_each_other_are_all_held_back(run: Run, built: Path, tmp_path: Path, turn: int) -> None:
    words = [(0, 1, "same"), (1, 2, "part_of"), (0, 2, "different")]
    outcome = contradicting(built, run, tmp_path, [*words[turn:], *words[:turn], (3, 4, "same")])
    assert [one.decision for one in outcome.added] == ["same"]
    assert len(outcome.refused) == 3
    some = keys(built, 6)
    assert all(f"Eva: '{some[0]}' different '{some[2]}'" in refusal.reason for refusal in outcome.refused)
    assert outcome.problems == ()


def test_an_answer_that_contradicts_an_earlier_word_names_it(run: Run, built: Path, tmp_path: Path) -> None:
    contradicting(built, run, tmp_path, [(0, 1, "same"), (1, 2, "same")])
    outcome = contradicting(built, run, tmp_path, [(0, 2, "different"), (2, 3, "different")])
    assert len(outcome.added) == 1
    (refusal,) = outcome.refused
    some = keys(built, 6)
    assert refusal.review_id == question_id(some[0], some[2])
    assert f"Eva: '{some[1]}' same '{some[2]}'" in refusal.reason


def test_an_answer_that_contradicts_a_word_on_a_former_key_is_refused(run: Run, built: Path, tmp_path: Path) -> None:
    """It was taken, and the next run told that the two contradict each other."""
    a, b, c = keys(built, 3)
    registry = pd.read_parquet(run.folder.registry).astype(object)
    registry.loc[registry["record_key"] == a, "succeeds"] = "list:former"
    registry.to_parquet(run.folder.registry)
    append_decision(run.folder.decisions, Decision("Eva", "2026-03-01", "list:former", b, "same"))
    assert decide(b, "same", c, run, who="Eva").added
    (refusal,) = decide(a, "different", c, run, who="Jan").refused
    assert f"contradiction: Jan: '{a}' different '{c}' and Eva: '{a}' same '{b}'" in refusal.reason
    assert decide(a, "different", b, run, who="Eva").added, "the word on the former key is one on these two"
    assert decide(a, "different", c, run, who="Jan").added


def test_what_was_answered_since_the_release_is_left_out_of_an_export(run: Run, sheet: Path) -> None:
    """A second steward answered it once more, and was told that it comes late."""
    one, other = pairs_of(sheet)[:2]
    for row in (one, other):
        decide(row["left_key"], "same", row["right_key"], run, who="Eva")
    decide(other["left_key"], "undecided", other["right_key"], run, who="Eva")
    words = ["review", "export", "--out", str(sheet), "--data", str(run.folder.root)]
    said = CliRunner().invoke(cli.app, words)
    assert "in the decisions log: 1. The next run" in said.output
    asked = {row["review_id"] for row in rows_of(sheet)}
    assert asked == questions(run) - {one["review_id"]}
    assert export_review(release_of(run), sheet) == (len(asked) + 1, 0)


def test_two_parts_of_one_whole_may_be_different(run: Run, built: Path, tmp_path: Path) -> None:
    outcome = contradicting(built, run, tmp_path, [(0, 2, "part_of"), (1, 2, "part_of"), (0, 1, "different")])
    assert (len(outcome.added), outcome.refused, outcome.problems) == (3, (), ())


@pytest.mark.parametrize(
    "words",
    [
        [(0, 1, "part_of"), (1, 2, "part_of"), (2, 0, "part_of")],
        [(0, 1, "part_of"), (0, 2, "part_of")],
        [(0, 1, "same"), (1, 2, "same"), (0, 2, "part_of")],
    ],
    ids=["a ring", "two wholes side by side", "a part of itself"],
)
def test_parts_that_cannot_be_are_held_back(
    run: Run, built: Path, tmp_path: Path, words: list[tuple[int, int, str]]
) -> None:
    outcome = contradicting(built, run, tmp_path, [*words, (3, 4, "same")])
    assert [one.decision for one in outcome.added] == ["same"]
    assert len(outcome.refused) == len(words)
    assert outcome.problems == ()


def test_one_question_answered_twice_is_refused(run: Run, built: Path, tmp_path: Path) -> None:
    outcome = contradicting(built, run, tmp_path, [(0, 1, "same"), (1, 0, "different"), (2, 3, "same"), (3, 2, "same")])
    assert [one.decision for one in outcome.added] == ["same"]
    assert [refusal.reason for refusal in outcome.refused] == ["answered twice, by different and same: keep one"] * 2
    some = keys(built, 2)
    assert [(refusal.review_id, refusal.decision) for refusal in outcome.refused] == [
        (question_id(some[0], some[1]), "same"),
        (question_id(some[1], some[0]), "different"),
    ]


def test_an_earlier_contradiction_in_the_log_does_not_stop_others(run: Run, built: Path, tmp_path: Path) -> None:
    a, b, c, *_ = keys(built, 6)
    for left, right, word in ((a, b, "same"), (b, c, "same"), (a, c, "different")):
        append_decision(run.folder.decisions, Decision("Jan", "2026-01-01", left, right, word))
    outcome = contradicting(built, run, tmp_path, [(3, 4, "same")])
    assert len(outcome.added) == 1
    assert len(outcome.problems) == 1


def test_a_word_dated_in_the_future_is_not_silently_kept(run: Run, built: Path, tmp_path: Path) -> None:
    a, b, *_ = keys(built, 2)
    append_decision(run.folder.decisions, Decision("Jan", LATER, a, b, "same"))
    outcome = import_review(save(tmp_path / "own.csv", [line(a, b, "different")]), run, who="Eva")
    assert "set the clock right" in outcome.refused[0].reason


def test_a_file_of_last_month_takes_nothing_back(run: Run, sheet: Path, tmp_path: Path) -> None:
    """Taken again, it overruled what was decided since, and nobody had decided that."""
    answered(sheet, lambda row: row.update(decision="same", decided_by="Eva"))
    old = tmp_path / "old.csv"
    shutil.copyfile(sheet, old)
    import_review(old, run)
    row = answered(sheet, lambda row: row.update(decision="different", decided_by="Jan"))
    import_review(sheet, run, overrule=True)
    again = import_review(old, run)
    assert (again.added, again.unchanged, again.exit_code) == ((), 0, 1)
    assert "Eva said so on 20" in again.refused[0].reason
    assert "Jan 'different' on 20" in again.refused[0].reason
    assert read_decisions(run.folder.decisions).of(row["left_key"], row["right_key"]).who == "Jan"  # type: ignore[union-attr]
    assert import_review(sheet, run).unchanged == 1
    meant = answered(sheet, lambda row: row.update(decision="same", decided_by="Eva", note="seen on the spot"))
    assert len(import_review(sheet, run).added) == 1
    assert decide(meant["left_key"], "different", meant["right_key"], run, who="Jan").added, "said by hand it is meant"


def test_a_copy_of_the_log_that_lies_beside_it_is_told_and_taken_in(run: Run, built: Path) -> None:
    """Where two stewards wrote at once in a shared folder, the words of one were in a file that nobody reads."""
    one, two, three = keys(built, 3)
    decide(one, "different", two, run, who="Eva")
    log = run.folder.decisions
    copy = log.with_name("decisions (Jan's conflicted copy 2026-11-20).jsonl")
    shutil.copy(log, copy)
    assert copies_told(log) == []
    words = (Decision("Jan", "2026-11-20T08:00:00+00:00", *pair) for pair in ((one, two, "same"), (two, three, "same")))
    with copy.open("a") as file:
        file.writelines(f"{word.as_line()}\n" for word in words)
        file.write('{"who": "torn')
    (told,) = copies_told(log)
    assert "holds 2 answers that decisions.jsonl has not" in told
    assert told in status_of(run.folder, max_age_h=1).untaken
    outcome = import_review(copy, run)
    assert [(word.who, word.when[:10]) for word in outcome.added] == [("Jan", "2026-11-20")] * 2
    assert outcome.unchanged == 1
    assert copies_told(log) == []
    copy.write_text("{}\n")
    with pytest.raises(ContractError, match="contains no answers"):
        import_review(copy, run)


def test_answers_given_in_a_release_itself_are_told_kept_and_taken_in(run: Run, sheet: Path) -> None:
    """The file that a run names is opened in QGIS and answered in: the next release had none of it, in silence."""
    release, asked = release_of(run), pairs_of(sheet)[0]
    assert left_told(run.folder, read_decisions(run.folder.decisions)) == []
    with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f'DROP TRIGGER "{name}"')
        con.execute("UPDATE review SET decision = 'same', decided_by = 'Eva' WHERE review_id = ?", [asked["review_id"]])
    (told,) = left_told(run.folder, read_decisions(run.folder.decisions))
    assert "holds 1 answer that nobody obeys" in told
    assert told in status_of(run.folder, max_age_h=1).untaken
    spared = answered_releases(run.folder, read_decisions(run.folder.decisions))
    assert spared == {release: 1}
    later = [f"{release.name[:7]}-31T00000{number}Z" for number in (1, 2)]
    for name in later:
        shutil.copytree(release, release.with_name(name))
    run.folder.current.unlink()
    assert prune_releases(run.folder, 1, spared=spared) == later[:1]
    assert len(import_review(release / "inducult.gpkg", run).added) == 1
    assert left_told(run.folder, read_decisions(run.folder.decisions)) == []


def test_a_release_that_a_program_has_open_is_not_removed(tmp_path: Path) -> None:
    """QGIS saved answers into a file that was gone, and said that it had saved them."""
    folder, names = DataFolder(tmp_path), [f"2026-11-0{day}T000000Z" for day in (1, 2, 3)]
    for name in names:
        (folder.releases / name).mkdir(parents=True)
    with closing(sqlite3.connect(folder.releases / names[0] / "inducult.gpkg")) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("CREATE TABLE review (decision TEXT)")
        assert prune_releases(folder, 1, spared=spared_releases(folder, Decisions())) == [names[1]]
    assert prune_releases(folder, 1, spared=spared_releases(folder, Decisions())) == [names[0]]


def test_a_record_of_which_an_older_version_noted_no_region_is_not_told_to_lie_in_another() -> None:
    known = {"list:1": frozenset({"leoben"}), "list:2": frozenset({"zwickau"}), "list:3": frozenset[str]()}
    assert "'list:1' is in leoben, 'list:2' in zwickau" in str(_apart("list:1", "list:2", known))
    assert not any(_apart(*pair, known) for pair in (("list:1", "list:3"), ("list:3", "list:2"), ("list:1", "x")))


def test_who_is_not_named_is_taken_for_the_giver_of_the_same_word_alone() -> None:
    log = replay([Decision("Eva", "2026-03-01", "list:1", "list:2", "different")])
    row = {"left_key": "list:2", "right_key": "list:1"}
    assert [_earlier_name(row | {"decision": word}, log) for word in ("different", "same")] == ["Eva", ""]


@pytest.mark.parametrize(("before", "last", "is_held"), [("different", "same", True), ("same", "undecided", False)])
def test_of_words_under_two_keys_of_a_record_the_last_one_can_contradict(before: str, last: str, is_held: bool) -> None:
    words = [("01", "b:1", "different"), ("02", "list:8", before), ("03", "list:7", last)]
    log = replay(Decision("Eva", f"2026-03-{day}", key, "osm:way/1", word) for day, key, word in words)
    answer = _Answer("", Decision("Jan", "2026-03-04", "list:8", "b:1", "same"))
    _, refused = _without_contradictions([answer], log, {"list:7": "list:8"})
    assert bool(refused) is is_held
