"""The review's round trip: questions leave as a table, answers come back, the next run obeys and asks no more."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from reviewed import (
    ASKING,
    answered,
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
from inducult_geo.errors import BusyError, ConfigError, ReleaseError, StorageError
from inducult_geo.match.decided.verdict import WORDS
from inducult_geo.pipeline import run_all
from inducult_geo.publish.compared.changes import diff
from inducult_geo.review.answers import canonical
from inducult_geo.review.table import decide, export_review, import_review
from inducult_geo.run import Run
from inducult_geo.text import fold_once, packaged_words


def follow_ups(run: Run) -> set[str]:
    """Questions that an answer raises: it took a record's partner, which had matched another record of the source."""
    with closing(sqlite3.connect(release_of(run) / "inducult.gpkg")) as con:
        rows = con.execute("SELECT review_id FROM review WHERE why LIKE '%it would put two records of%'")
        return {name for (name,) in rows}


def test_the_table_holds_every_open_question_with_both_records(run: Run, sheet: Path) -> None:
    rows = rows_of(sheet)
    assert {row["review_id"] for row in rows} == questions(run)
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf")
    records = pd.read_parquet(release_of(run) / "records.parquet").set_index("record_key")
    for row in pairs_of(sheet):
        for side in ("left", "right"):
            record = records.loc[row[f"{side}_key"]]
            assert row[f"{side}_source"] == record["source"]
            assert row[f"{side}_start_year"] == ("" if pd.isna(record["start_year"]) else str(record["start_year"]))
            assert 45 < float(row[f"{side}_latitude"]) < 52
        assert row["decision"] == row["decided_by"] == row["note"] == ""
    assert [row["kind"] for row in rows].count("place") == 1


@pytest.mark.parametrize(("column", "value"), [("decision", "same"), ("decided_by", "Eva"), ("note", "ask Jan")])
def test_answers_are_not_written_over(run: Run, sheet: Path, column: str, value: str) -> None:
    export_review(release_of(run), sheet)
    rows = rows_of(sheet)
    rows[1][column] = value
    kept = save(sheet, rows, delimiter=";").read_bytes()
    with pytest.raises(
        ConfigError, match=r"with 1 answer\. Name another file; or import the answers first \(`inducult review"
    ):
        export_review(release_of(run), sheet)
    assert sheet.read_bytes() == kept


def test_questions_leave_as_a_workbook_and_come_back(tmp_path: Path, run: Run) -> None:
    """A CSV was written under the name of a workbook, which Excel refuses to open, and so did the import."""
    book = tmp_path / "questions.xlsx"
    assert export_review(release_of(run), book)[0] == len(questions(run))
    assert book.read_bytes().startswith(b"PK")
    with pytest.raises(ConfigError, match="is there already and may hold answers"):
        export_review(release_of(run), book)
    assert import_review(book, run, who="Eva").lines()[0].startswith("0 answers taken, 0 known already")
    assert import_review(book, run, who="Eva").remarks == (), "no cell of it counts as altered"
    with pytest.raises(ConfigError, match=r"is no \.ods file. Call it 'questions.csv' or 'questions.xlsx'"):
        export_review(release_of(run), tmp_path / "questions.ods")


def test_what_is_no_table_of_questions_is_not_written_over(tmp_path: Path, run: Run) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("name,town\nMill,Opole\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a table of questions"):
        export_review(release_of(run), mine)
    assert mine.read_text(encoding="utf-8").startswith("name,town")


def test_no_release_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="folder of a release"):
        export_review(tmp_path, tmp_path / "out.csv")


@pytest.mark.parametrize("name", ["inducult.gpkg", "records.parquet"])
@pytest.mark.parametrize("part", [0.5, 0.02])
def test_a_release_that_was_cut_is_told_with_the_way_out(tmp_path: Path, run: Run, name: str, part: float) -> None:
    spoiled = release_of(run) / name
    whole = spoiled.read_bytes()
    spoiled.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ReleaseError, match=r"cannot be read: .+ It is damaged, or was altered: `inducult verify`"):
        export_review(release_of(run), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_questions_that_lack_a_column_are_not_told_with_its_name_for_a_value(tmp_path: Path, run: Run) -> None:
    with closing(sqlite3.connect(release_of(run) / "inducult.gpkg")) as con, con:
        con.execute("ALTER TABLE review DROP COLUMN priority")
    with pytest.raises(ReleaseError, match=r"no such column: .*priority"):
        export_review(release_of(run), tmp_path / "out.csv")


def test_nothing_answered_changes_nothing(run: Run, sheet: Path) -> None:
    for source in (sheet, release_of(run) / "inducult.gpkg"):
        outcome = import_review(source, run, who="Eva")
        assert (outcome.added, outcome.refused, outcome.exit_code) == ((), (), 0)
        assert outcome.still_open == len(pairs_of(sheet))
        assert [text.partition(": ")[0] for text in outcome.places] == ["gorenjska_dediscina:GO-12"]
        assert "place: gorenjska_dediscina:GO-12: correct its row in the file" in "\n".join(outcome.lines())
    assert not run.folder.decisions.exists()


def test_an_answer_is_obeyed_and_never_asked_again(run: Run, sheet: Path) -> None:
    before = ids(run)
    row = answered(sheet, lambda row: row.update(decision="same", decided_by="Eva", note="=the same works"))
    outcome = import_review(sheet, run)
    assert [(one.who, one.decision, one.note) for one in outcome.added] == [("Eva", "same", "=the same works")]
    run_all(ASKING, run)
    after = ids(run)
    assert after[row["left_key"]] == after[row["right_key"]]
    before_it = {one["review_id"] for one in rows_of(sheet)}
    assert questions(run) - follow_ups(run) == before_it - {row["review_id"]} - follow_ups(run)
    assert row["review_id"] not in questions(run)
    joined = {before[row["left_key"]], before[row["right_key"]]}
    assert {key: home for key, home in after.items() if before[key] not in joined} == {
        key: home for key, home in before.items() if home not in joined
    }
    assert after[row["left_key"]] in joined
    again = import_review(sheet, run)
    assert (again.added, again.unchanged) == ((), 1)
    assert len(run.folder.decisions.read_text(encoding="utf-8").splitlines()) == 1


def test_who_comes_from_the_row_then_the_call_then_the_environment(
    run: Run, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("INDUCULT_WHO", raising=False)
    answered(sheet, lambda row: row.update(decision="different"))
    nobody = import_review(sheet, run)
    assert "nobody is named" in nobody.refused[0].reason
    monkeypatch.setenv("INDUCULT_WHO", "Jan")
    assert import_review(sheet, run).added[0].who == "Jan"
    answered(sheet, lambda row: row.update(decision="different"), which=1)
    assert import_review(sheet, run, who="Eva").added[0].who == "Eva"
    answered(sheet, lambda row: row.update(decision="different", decided_by="Ana"), which=2)
    assert import_review(sheet, run, who="Eva").added[0].who == "Ana"


@pytest.mark.parametrize("written", ["part of", " PART_OF ", "Teil von", "Součást.", "The left is part of the right"])
def test_an_answer_may_be_written_as_the_pages_show_it(run: Run, sheet: Path, written: str) -> None:
    answered(sheet, lambda row: row.update(decision=written))
    outcome = import_review(sheet, run, who="Eva")
    assert [decision.decision for decision in outcome.added] == ["part_of"]
    assert outcome.refused == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decision": "yes"}, "'yes' is no answer: write same (both are one site), part_of (the left one"),
        ({"decision": "same", "left_key": "osm:way/0"}, "no record 'osm:way/0' is known"),
        ({"decision": "same", "right_key": ""}, "key is missing"),
        ({"decision": "same", "review_id": "Q-0000000000"}, "not the records of question"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_and_the_rest_taken(
    run: Run, sheet: Path, change: dict[str, str], says: str
) -> None:
    answered(sheet, lambda row: row.update(change), which=0)
    rows = rows_of(sheet)
    rows[-1]["decision"] = "different"
    outcome = import_review(save(sheet, rows), run, who="Eva")
    assert len(outcome.added) == 1
    assert says in outcome.refused[0].reason
    assert outcome.still_open == len(pairs_of(sheet)) - 1, "what is refused stays open"
    assert outcome.exit_code == 1
    assert outcome.lines()[0].startswith("1 answer taken, 0 known already")
    assert any(line.startswith("refused: Q-") and says in line for line in outcome.lines())
    assert json.loads(json.dumps(outcome.as_dict()))["refused"][0]["reason"] == outcome.refused[0].reason


def test_a_note_without_a_word_is_no_answer_and_that_is_told(run: Run, sheet: Path) -> None:
    asked = answered(sheet, lambda row: row.update(note="ask Karl"))
    named = answered(sheet, lambda row: row.update(decided_by="Eva"), which=1)
    answered(sheet, lambda row: row.update(decided_by="Eva", decision="different"), which=2)
    outcome = import_review(sheet, run)
    assert (len(outcome.added), outcome.still_open, outcome.exit_code) == (1, len(pairs_of(sheet)) - 1, 0)
    assert outcome.wordless == (asked["review_id"], named["review_id"])
    assert outcome.lines()[-1].startswith("a note or a name without a decision")
    assert outcome.lines()[-1].endswith(f"{asked['review_id']}, {named['review_id']}")
    again = import_review(sheet, run)
    assert again.still_open == outcome.still_open, "what the log holds is answered"
    rows = [line(f"a:{n}", f"b:{n}", "", review_id=f"Q-{n}", decided_by="Eva") for n in range(9)]
    assert import_review(save(sheet, rows), run).lines()[-1].endswith("Q-0, Q-1, Q-2, Q-3, Q-4 and 4 more")


def test_text_of_a_file_cannot_steer_a_terminal(run: Run, sheet: Path) -> None:
    answered(sheet, lambda row: row.update(decision="sa\x1b[2Jme\u202e", review_id=""))
    outcome = import_review(sheet, run, who="Eva")
    assert not any("\x1b" in line or "\u202e" in line for line in outcome.lines())


def test_a_question_about_a_place_is_settled_in_the_contract(run: Run, sheet: Path) -> None:
    rows = rows_of(sheet)
    for row in rows:
        row["decision"] = "same" if row["kind"] == "place" else ""
    outcome = import_review(save(sheet, rows), run, who="Eva")
    assert outcome.added == ()
    assert "correct its row in the file, or say in the contract" in outcome.refused[0].reason
    assert outcome.places == (), "told once"
    (place,) = [row | {"decision": "", "note": "outside indeed"} for row in rows if row["kind"] == "place"]
    stray = line("", "", "same")
    outcome = import_review(save(sheet, [place, stray]), run, who="Eva")
    assert outcome.wordless == (place["review_id"],), "nobody reads the note"
    assert "refused: 'same': its row names neither a question nor records: put its review_id back" in outcome.lines()


@pytest.mark.slow
def test_an_answer_that_is_taken_back_is_asked_again(run: Run, sheet: Path, built: Path) -> None:
    before, asked = ids(run), questions(run)
    row = answered(sheet, lambda row: row.update(decision="same"))
    pair = (row["left_key"], row["right_key"])
    early = decide(pair[0], "undecided", pair[1], run, who="Eva")
    assert (early.added, "nothing can be taken back" in early.refused[0].reason) == ((), True)
    import_review(sheet, run, who="Eva")
    run_all(ASKING, run)
    joined = release_of(run)
    answered(sheet, lambda row: row.update(decision="Undecided", note="ask Karl first"))
    back = import_review(sheet, run, who="Eva")
    assert back.changed[0].startswith(f"'{pair[0]}' and '{pair[1]}': Eva says 'undecided' now; Eva said 'same' on 20")
    assert (back.still_open, back.refused, back.problems) == (len(pairs_of(sheet)), (), ())
    assert import_review(sheet, run, who="Eva").unchanged == 1
    answered(sheet, lambda row: row.update(decision="different", note=""))
    late = import_review(sheet, run, who="Jan")
    assert (late.added, late.refused[0].reason.startswith("Eva on 20")) == ((), True), "it knew nothing of the undoing"
    run_all(ASKING, run)
    assert (ids(run), questions(run)) == (before, asked)
    with closing(sqlite3.connect(release_of(run) / "inducult.gpkg")) as con:
        ((why,),) = con.execute("SELECT why FROM review WHERE review_id = ?", (row["review_id"],))
    assert "undecided again, said Eva on 20" in why
    assert "ask Karl first" in why
    apart = diff(joined, release_of(run))
    assert {cause.partition(";")[0] for cause in apart["cause"]} == {"no longer decided same (Eva)"}
    answered(sheet, lambda row: row.update(decision="same", note=""))
    old = import_review(sheet, run, who="Eva")
    assert "and Eva 'undecided' on" in old.refused[0].reason, "the file of before does not answer it again"
    assert import_review(sheet, run, who="Jan").added == ()
    sheet.unlink()
    export_review(release_of(run), sheet)
    (at,) = [at for at, one in enumerate(pairs_of(sheet)) if one["review_id"] == row["review_id"]]
    answered(sheet, lambda row: row.update(decision="same"), which=at)
    assert len(import_review(sheet, run, who="Jan").added) == 1, "that file knows that it was undone"


def test_taking_one_answer_back_makes_room_for_another(run: Run, built: Path, tmp_path: Path) -> None:
    a, b, c = keys(built, 3)
    sheet = tmp_path / "own.csv"
    import_review(save(sheet, [line(a, b, "same"), line(b, c, "same")]), run, who="Eva")
    both = [line(a, c, "different"), line(b, c, "undecided")]
    assert len(import_review(save(sheet, both), run, who="Eva").added) == 2


@pytest.mark.slow
def test_a_merge_that_nobody_asked_about_is_taken_apart_and_put_together_again(run: Run) -> None:
    made = gpd.read_parquet(release_of(run) / "records.parquet")
    _, rows = next((site, rows) for site, rows in made.groupby("site_id") if len(rows) == 2)
    one, other = rows["record_key"]
    outcome = decide(one, "different", other, run, who="Eva", note=" two yards ")
    assert [(d.who, d.pair, d.decision, d.note) for d in outcome.added] == [
        ("Eva", tuple(sorted((one, other))), "different", "two yards")
    ]
    assert outcome.exit_code == 0
    again = decide(other, "different", one, run, who="Jan")
    assert (again.added, again.unchanged) == ((), 1)
    run_all(ASKING, run)
    now = gpd.read_parquet(release_of(run) / "records.parquet").set_index("record_key")["site_id"]
    assert now[one] != now[other]
    changed = decide(one, "same", other, run, who="Eva")
    assert len(changed.changed) == 1


@pytest.mark.parametrize(
    ("left", "verdict", "right", "who", "says"),
    [
        ("osm:gone/1", "same", None, "Eva", "no record 'osm:gone/1' is known in this data folder"),
        (None, "equal", None, "Eva", "'equal' is no answer: write same (both are one site)"),
        (None, "same", None, "", "nobody is named"),
        ("SITE", "same", None, "Eva", "is a site: name a record of it (`inducult explain IC-"),
        (None, "same", "ELSEWHERE", "Eva", "regions are matched each by itself, so that no run could join them"),
        (None, "part_of", "ELSEWHERE", "Eva", "regions are matched each by itself"),
    ],
)
def test_a_word_that_cannot_be_obeyed_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, left: str | None, verdict: str, right: str | None, who: str, says: str
) -> None:
    for name in ("INDUCULT_WHO", "USER", "LOGNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    made = gpd.read_parquet(release_of(run) / "records.parquet").dropna(subset="site_id")
    one, other = made["record_key"].iloc[:2]
    left = made["site_id"].iloc[0] if left == "SITE" else left or one
    elsewhere = made.loc[made["region"] != made["region"].iloc[0], "record_key"]
    right = elsewhere.iloc[0] if right == "ELSEWHERE" else right
    outcome = decide(left, verdict, right or other, run, who=who)
    assert [says in refusal.reason for refusal in outcome.refused] == [True]
    assert outcome.exit_code == 1
    assert not run.folder.decisions.exists()


def test_that_no_run_would_join_records_of_two_regions_is_told_of_a_word_that_keeps_them_apart(run: Run) -> None:
    made = gpd.read_parquet(release_of(run) / "records.parquet").dropna(subset="site_id")
    one = made.iloc[0]
    other = made[made["region"] != one["region"]].iloc[0]
    outcome = decide(one["record_key"], "different", other["record_key"], run, who="Eva")
    assert (len(outcome.added), outcome.exit_code) == (1, 0)
    (told,) = outcome.remarks
    assert told.startswith(f"'{one['record_key']}' is in {one['region']}, '{other['record_key']}' in {other['region']}")
    assert decide(one["record_key"], "undecided", other["record_key"], run, who="Eva").remarks == ()
    near = made.loc[(made["region"] == one["region"]) & (made["record_key"] != one["record_key"]), "record_key"].iloc[0]
    assert decide(one["record_key"], "different", near, run, who="Eva").remarks == ()


def test_that_no_run_can_obey_a_word_on_a_row_that_cannot_be_used_is_told(run: Run) -> None:
    made = gpd.read_parquet(release_of(run) / "records.parquet").dropna(subset=["record_key", "region"])
    bad = made[made["reason"].notna()].iloc[0]
    good = made[made["reason"].isna() & (made["region"] == bad["region"])].iloc[0]
    (told,) = decide(good["record_key"], "same", bad["record_key"], run, who="Eva").remarks
    assert told.startswith(f"'{bad['record_key']}' is in no site ({bad['reason']})")
    words = ["review", "decide", good["record_key"], "different", bad["record_key"], "--who", "Jan"]
    words += ["--data", str(run.folder.root), "--catalog", str(run.folder.root)]
    assert CliRunner().invoke(cli.app, words).output.endswith("\nThe decision is in the log.\n")


def test_the_command_says_what_it_wrote(run: Run) -> None:
    one, other = gpd.read_parquet(release_of(run) / "records.parquet")["record_key"].iloc[:2]
    words = ["review", "decide", one, "different", other, "--who", "Eva", "--data", str(run.folder.root)]
    words += ["--catalog", str(run.folder.root)]
    said = [CliRunner().invoke(cli.app, words) for _ in range(2)]
    assert said[0].output == f"Eva: {one} different {other}\nIt takes effect in the next run.\n"
    assert said[1].output == "This was already decided.\nNothing is written.\n"
    assert [result.exit_code for result in said] == [0, 0]


def test_a_dry_run_says_what_the_real_one_says_and_writes_nothing(run: Run, sheet: Path) -> None:
    run.folder.decisions.parent.mkdir(parents=True, exist_ok=True)
    run.folder.decisions.write_text('{"who": "Jan", "when": "2026', encoding="utf-8")
    answered(sheet, lambda row: row.update(decision="same", note="seen"))
    answered(sheet, lambda row: row.update(decision="perhaps"), which=1)
    left, right = (pairs_of(sheet)[2][side] for side in ("left_key", "right_key"))
    imported = ["review", "import", str(sheet), "--who", "Eva", "--data", str(run.folder.root)]
    decided = ["review", "decide", left, "different", right, "--who", "Eva", "--data", str(run.folder.root)]
    # The first word takes the torn line away, the last one is known already and taken by nobody.
    for command in (imported, decided, imported):
        before = run.folder.decisions.read_bytes()
        dry = CliRunner().invoke(cli.app, [*command, "--dry-run"])
        assert run.folder.decisions.read_bytes() == before
        real = CliRunner().invoke(cli.app, command)
        assert dry.output == real.output + "A dry run: nothing of this is written. Repeat it without --dry-run.\n"
        assert dry.exit_code == real.exit_code
    assert len(run.folder.decisions.read_text(encoding="utf-8").splitlines()) == 2


def test_a_dry_run_tells_a_log_that_cannot_be_read_as_the_real_one_does(tmp_path: Path) -> None:
    (tmp_path / "raw" / "decisions" / "decisions.jsonl").mkdir(parents=True)
    words = ["review", "decide", "osm:way/1", "same", "osm:way/2", "--who", "Eva", "--data", str(tmp_path)]
    real, dry = (str(CliRunner().invoke(cli.app, [*words, *more]).exception) for more in ([], ["--dry-run"]))
    assert "decisions.jsonl: cannot be read (Is a directory)" in real
    assert dry == real


def test_a_word_that_cannot_be_obeyed_is_told_with_its_records_not_with_a_row(run: Run) -> None:
    words = ["review", "decide", "osm:way/1", "equal", "osm:way/2", "--who", "Eva", "--data", str(run.folder.root)]
    said = CliRunner().invoke(cli.app, words)
    assert said.exit_code == 1
    assert said.output.startswith(
        "refused: osm:way/1 equal osm:way/2: 'equal' is no answer: write same (both are one site), "
    )
    assert said.output.endswith("\nNothing is written.\n")


def test_while_a_run_is_at_work_nothing_is_imported(run: Run, sheet: Path) -> None:
    with run.folder.lock(), pytest.raises(BusyError):
        import_review(sheet, replace(run))


def test_a_log_that_cannot_be_written_is_told_plainly(run: Run, sheet: Path) -> None:
    answered(sheet, lambda row: row.update(decision="same", decided_by="Eva"))
    run.folder.decisions.parent.symlink_to("a disk that is not there")
    with pytest.raises(StorageError, match=r"decisions\.jsonl: cannot be written: .*decisions is a link to a disk or"):
        import_review(sheet, run)


def test_every_word_of_an_answer_means_one_thing() -> None:
    words = packaged_words("decision_words.csv", "decision")
    assert words.keys() == {*WORDS}
    for word, known in words.items():
        assert {canonical(one.capitalize()) for one in (*known, word)} == {word}
        assert {fold_once(one) for one in known} == known
    assert canonical("Stejné") == canonical("tożsame") == canonical("Lo stesso") == "same"
    assert canonical("vielleicht ja") == "vielleicht_ja"
