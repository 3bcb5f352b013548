"""The review's round trip: questions leave as a table, answers come back, the next run obeys and asks no more."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from conftest import released
from files_made import sheet_with
from qgis_python import PYTHON, has_qgis
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.errors import BusyError, ConfigError, ContractError, ReleaseError, StorageError
from inducult_geo.match.decided.decisions import Decision, Decisions, append_decision, read_decisions
from inducult_geo.match.decided.verdict import WORDS
from inducult_geo.match.questions import question_id
from inducult_geo.pipeline import run_all
from inducult_geo.publish.compared.changes import diff
from inducult_geo.release_folders import prune_releases
from inducult_geo.releasing.left_answers import answered_releases, left_told, spared_releases
from inducult_geo.review.answers import canonical
from inducult_geo.review.log_copies import copies_told
from inducult_geo.review.table import ANSWER_COLUMNS, ImportOutcome, decide, export_review, import_review
from inducult_geo.run import Run, open_run
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder, current_release
from inducult_geo.text import fold_once, packaged_words

SCRIPT = Path(__file__).with_name("qgis_answer.py")
ASKING = ("gorenjska", "leoben", "sisak-moslavina")
LATER = "2999-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """The data folder of a run of three regions of the sample, which ask more than half of its questions."""
    return released(tmp_path_factory, "asking_data", ASKING, sample_data)


@pytest.fixture
def run(tmp_path: Path, built: Path) -> Run:
    shutil.copytree(built, tmp_path / "data", symlinks=True)
    return open_run(tmp_path / "data")


def release_of(run: Run) -> Path:
    release = current_release(run.folder)
    assert release is not None
    return release


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Path:
    path = tmp_path_factory.mktemp("exported") / "review.csv"
    export_review(release_of(open_run(built)), path)
    return path


@pytest.fixture
def sheet(tmp_path: Path, exported: Path) -> Path:
    """The questions as a CSV."""
    return Path(shutil.copy(exported, tmp_path))


def rows_of(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def save(sheet: Path, rows: list[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with sheet.open("w", encoding=encoding, newline="") as handle:
        writer = csv.DictWriter(handle, rows[0], delimiter=delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return sheet


def to_ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def pairs_of(sheet: Path) -> list[dict[str, str]]:
    return [row for row in rows_of(sheet) if row["kind"] == "pair"]


def answered(sheet: Path, answer: Callable[[dict[str, str]], None], which: int = 0) -> dict[str, str]:
    """Answer one question of the sheet and save it."""
    rows = rows_of(sheet)
    (row,) = [row for row in rows if row["review_id"] == pairs_of(sheet)[which]["review_id"]]
    answer(row)
    save(sheet, rows)
    return row


def line(left: str, right: str, decision: str, **more: str) -> dict[str, str]:
    blank = dict.fromkeys(ANSWER_COLUMNS, "")
    return blank | {"kind": "pair", "left_key": left, "right_key": right, "decision": decision, **more}


def keys(built: Path, n: int) -> list[str]:
    """Some record keys of the sample."""
    return sorted(pd.read_parquet(built / "processed" / "current" / "records.parquet")["record_key"])[:n]


def ids(run: Run) -> dict[str, str]:
    """Which site each record is part of in the current release."""
    records = pd.read_parquet(release_of(run) / "records.parquet").dropna(subset=["site_id"])
    return dict(zip(records["record_key"], records["site_id"], strict=True))


def questions(run: Run) -> set[str]:
    with closing(sqlite3.connect(release_of(run) / "inducult.gpkg")) as con:
        return {name for (name,) in con.execute("SELECT review_id FROM review")}


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
        ConfigError, match=r"with 1 answer\. Name another file; or take them in first \(`inducult review"
    ):
        export_review(release_of(run), sheet)
    assert sheet.read_bytes() == kept


def test_what_is_no_table_of_questions_is_not_written_over(tmp_path: Path, run: Run) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("name,town\nMill,Opole\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no table of questions"):
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
        assert "place: gorenjska_dediscina:GO-12: mend its row in the file" in "\n".join(outcome.lines())
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
    assert "mend its row in the file, or say in the contract" in outcome.refused[0].reason
    (place,) = [row | {"decision": "", "note": "outside indeed"} for row in rows if row["kind"] == "place"]
    stray = line("", "", "same")
    outcome = import_review(save(sheet, [place, stray]), run, who="Eva")
    assert outcome.wordless == (place["review_id"],), "nobody reads the note"
    assert "refused: 'same': its row names neither a question nor records: put its review_id back" in outcome.lines()


def as_geopackage(run: Run, sheet: Path) -> Path:
    """A copy of the release in whose layer of questions stands what the sheet says."""
    copy = Path(shutil.copy(release_of(run) / "inducult.gpkg", sheet.with_suffix(".gpkg")))
    with closing(sqlite3.connect(copy)) as con:
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f'DROP TRIGGER "{name}"')  # They call functions that QGIS has.
        for row in rows_of(sheet):
            answer = [row[name] or None for name in ("decision", "decided_by", "note", "review_id")]
            con.execute("UPDATE review SET decision = ?, decided_by = ?, note = ? WHERE review_id = ?", answer)
        con.commit()
    return copy


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
        f"the answer of Jan comes late and overrules nothing. Where it shall count all the same: inducult review "
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
    assert CliRunner().invoke(cli.app, words).output.endswith("\nIt is in the log.\n")


def test_the_command_says_what_it_wrote(run: Run) -> None:
    one, other = gpd.read_parquet(release_of(run) / "records.parquet")["record_key"].iloc[:2]
    words = ["review", "decide", one, "different", other, "--who", "Eva", "--data", str(run.folder.root)]
    words += ["--catalog", str(run.folder.root)]
    said = [CliRunner().invoke(cli.app, words) for _ in range(2)]
    assert said[0].output == f"Eva: {one} different {other}\nThe next run obeys it.\n"
    assert said[1].output == "That is said already.\nNothing is written.\n"
    assert [result.exit_code for result in said] == [0, 0]


def test_a_word_that_cannot_be_obeyed_is_told_with_its_records_not_with_a_row(run: Run) -> None:
    words = ["review", "decide", "osm:way/1", "equal", "osm:way/2", "--who", "Eva", "--data", str(run.folder.root)]
    said = CliRunner().invoke(cli.app, words)
    assert said.exit_code == 1
    assert said.output.startswith(
        "refused: osm:way/1 equal osm:way/2: 'equal' is no answer: write same (both are one site), "
    )
    assert said.output.endswith("\nNothing is written.\n")


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
    assert "answers them: 1. The next run" in said.output
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
    assert "mend the clock" in outcome.refused[0].reason


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("utf-8-sig", "\t")])
def test_what_a_spreadsheet_saves_is_read(run: Run, sheet: Path, encoding: str, delimiter: str) -> None:
    rows = rows_of(sheet)
    rows[-1] |= {"decision": "different", "note": "not; the, same\nžel"}
    outcome = import_review(save(sheet, rows, encoding=encoding, delimiter=delimiter), run, who="Eva")
    assert [one.note for one in outcome.added] == ["not; the, same\nžel"]


@pytest.mark.parametrize(
    ("page", "who", "note", "shown"),
    [
        ("cp1252", "Jürgen Müller", "Straße zwei", "Hütte"),
        ("cp1250", "Jiří Kůň", "není totéž", "Žďár nad Sázavou, Příbram, Plzeň, Třinec"),
        ("utf-16", "Łukasz", "nie to samo", "Łódź"),
    ],
)
def test_what_excel_saves_as_plain_csv_is_read(
    run: Run, sheet: Path, page: str, who: str, note: str, shown: str
) -> None:
    rows = [{**row, "left_name": shown, "right_name": "", "question": shown, "left_city": ""} for row in rows_of(sheet)]
    rows[-1] |= {"decision": "different", "decided_by": who, "note": note}
    plain = [
        {name: cell if cell in (who, note, shown) else to_ascii(cell) for name, cell in row.items()} for row in rows
    ]
    outcome = import_review(save(sheet, plain, encoding=page, delimiter=";"), run)
    assert [(one.who, one.note) for one in outcome.added] == [(who, note)]


@pytest.mark.parametrize(
    ("page", "who", "says"),
    [
        ("cp1250", "Jiří", "may be '.*' as well. Save it as 'CSV UTF-8'"),
        ("cp1252", "?ukasz Müller", "may have lost a letter"),
    ],
)
def test_a_name_that_a_code_page_leaves_open_is_refused(run: Run, sheet: Path, page: str, who: str, says: str) -> None:
    rows = [{name: to_ascii(cell) for name, cell in row.items()} for row in rows_of(sheet)]
    rows[-1] |= {"decision": "different", "decided_by": who}
    with pytest.raises(ContractError, match=says):
        import_review(save(sheet, rows, encoding=page), run)
    assert not run.folder.decisions.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no open questions"),
        (b"review_id,kind,left_key,decided_by\n", "no column decision"),
        ("review_id,kind\nžluť,kůň\n".encode("cp852"), "CSV UTF-8"),
        (b"review_id,kind\n1,2,3\n", "3 cells"),
        (b"SQLite format 3\x00" + bytes(500), "cannot be read"),
        (b"SQLite format 3\x00", "cannot be read"),
    ],
)
def test_a_file_that_is_no_review_is_told_plainly(run: Run, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(ContractError, match=says):
        import_review(path, run)
    with pytest.raises(ContractError, match="no such file"):
        import_review(tmp_path / "absent", run)
    layer = path.rename(tmp_path / "odd.GeoJSON")
    with pytest.raises(ContractError, match=r"a \.GeoJSON is not read. In QGIS export the layer 'review' as CSV"):
        import_review(layer, run)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DROP TABLE review", "no open questions"),
        ("ALTER TABLE review DROP COLUMN note", "no column note"),
        ("ALTER TABLE review RENAME TO other; CREATE VIEW review AS SELECT * FROM other", "no open questions"),
    ],
)
def test_an_altered_geopackage_is_told_plainly(run: Run, tmp_path: Path, sql: str, says: str) -> None:
    copy = tmp_path / "inducult.gpkg"
    with closing(sqlite3.connect(copy)) as con:
        con.executescript(f"CREATE TABLE review ({', '.join(ANSWER_COLUMNS)}); {sql}")
    with pytest.raises(ContractError, match=says):
        import_review(copy, run)


def test_what_is_still_in_the_write_ahead_log_counts(run: Run, tmp_path: Path, sheet: Path) -> None:
    copy = tmp_path / "mine" / "inducult.gpkg"
    copy.parent.mkdir()
    shutil.copyfile(release_of(run) / "inducult.gpkg", copy)
    asked = pairs_of(sheet)[0]["review_id"]
    with closing(sqlite3.connect(copy)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        # They call functions that GDAL and QGIS bring along.
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f'DROP TRIGGER "{name}"')
        con.execute("UPDATE review SET decision = 'different' WHERE review_id = ?", (asked,))
        con.commit()
        before = {path.name: path.read_bytes() for path in copy.parent.iterdir() if path.suffix != ".gpkg-shm"}
        assert "inducult.gpkg-wal" in before
        outcome = import_review(copy, run, who="Eva")
        after = {path.name: path.read_bytes() for path in copy.parent.iterdir() if path.suffix != ".gpkg-shm"}
    assert [one.decision for one in outcome.added] == ["different"]
    assert after == before


def test_while_a_run_is_at_work_nothing_is_imported(run: Run, sheet: Path) -> None:
    with run.folder.lock(), pytest.raises(BusyError):
        import_review(sheet, replace(run))


def test_a_log_that_cannot_be_written_is_told_plainly(run: Run, sheet: Path) -> None:
    answered(sheet, lambda row: row.update(decision="same", decided_by="Eva"))
    run.folder.decisions.parent.symlink_to("a disk that is not there")
    with pytest.raises(StorageError, match=r"decisions\.jsonl: cannot be written: .*decisions is a link to a disk or"):
        import_review(sheet, run)


@pytest.mark.qgis
def test_an_edit_in_a_real_qgis_is_obeyed_by_the_next_run(run: Run, built: Path, tmp_path: Path, sheet: Path) -> None:
    if not has_qgis():
        pytest.skip("needs QGIS for the system's Python")
    copy = tmp_path / "mine" / "inducult.gpkg"
    copy.parent.mkdir()
    shutil.copyfile(release_of(run) / "inducult.gpkg", copy)
    one, other, third, fourth = pairs_of(sheet)[:4]
    # Jan said before, over a record between them, that the fourth pair is one site.
    between = next(key for key in keys(built, 99) if key not in (fourth["left_key"], fourth["right_key"]))
    for side in ("left_key", "right_key"):
        append_decision(run.folder.decisions, Decision("Jan", "2026-01-01", fourth[side], between, "same"))
    answers = {
        one["review_id"]: {"decision": "same", "decided_by": "Žofie", "note": "one works, two names"},
        other["review_id"]: {"decision": "different"},
        third["review_id"]: {"decision": "part_of"},
        fourth["review_id"]: {"decision": "different"},
    }
    said = tmp_path / "answers.json"
    said.write_text(json.dumps(answers), encoding="utf-8")
    told = subprocess.run([PYTHON, SCRIPT, copy, said], capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(told.stdout.splitlines()[-1])["saved"] == 6
    before = ids(run)
    outcome = import_review(copy, run, who="Eva")
    assert {(word.who, word.decision, word.left) for word in outcome.added} == {
        ("Žofie", "same", one["left_key"]),
        ("Eva", "different", other["left_key"]),
        ("Eva", "part_of", third["left_key"]),
    }
    (refusal,) = outcome.refused
    assert refusal.review_id == fourth["review_id"]
    assert "contradiction: " in refusal.reason
    assert "Jan: " in refusal.reason
    run_all(ASKING, run)
    after = ids(run)
    assert after[one["left_key"]] == after[one["right_key"]]
    assert after[other["left_key"]] != after[other["right_key"]]
    assert questions(run).isdisjoint({row["review_id"] for row in (one, other, third)}), "not asked again"
    said_of = [row[f"{side}_key"] for row in (one, other, third, fourth) for side in ("left", "right")]
    touched = {before[key] for key in (*said_of, between)}
    assert {key: home for key, home in after.items() if before[key] not in touched} == {
        key: home for key, home in before.items() if home not in touched
    }
    assert import_review(copy, run, who="Eva").unchanged == 3


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


@pytest.mark.parametrize("driver", ["XLSX", "ODS"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_workbook_with_answers_is_read(run: Run, sheet: Path, tmp_path: Path, driver: str, mark: str) -> None:
    answered(sheet, lambda row: row.update(decision="Same ", note="'=no formula"))
    rows = pd.DataFrame(rows_of(sheet)).replace("", None).rename(columns={"review_id": mark + "review_id"})
    path = tmp_path / f"answers.{driver.lower()}"
    pyogrio.write_dataframe(rows, path, layer="questions", driver=driver)
    outcome = import_review(path, run, who="Eva")
    assert [(one.decision, one.note) for one in outcome.added] == [("same", "=no formula")]
    assert outcome.still_open == len(pairs_of(sheet)) - 1


def test_an_answer_that_is_a_formula_without_a_result_is_told(run: Run, sheet: Path, tmp_path: Path) -> None:
    asked = f'<c r="A2" t="inlineStr"><is><t>{pairs_of(sheet)[0]["review_id"]}</t></is></c>'
    rows = f'<row r="2" hidden="1">{asked}<c r="B2"><f>B1</f></c></row>'
    path = sheet_with(tmp_path / "answers.xlsx", rows, heads=("review_id", "decision"))
    formula, hidden = import_review(path, run, who="Eva").remarks
    assert "1 cell with a formula that nobody calculated, read as empty: 'decision'" in formula
    assert "1 row hidden in the sheet" in hidden


@pytest.mark.parametrize(
    ("turn", "says"),
    [
        (lambda text: text.replace(",note,", ",decision,", 1), "several columns are called decision: which is meant"),
        (lambda text: text.replace("\r\n", ",,my remark\r\n").replace(",,my remark", "", 1), "stands 'my remark'"),
        (lambda text: text.replace("\nQ-", '\n"Q-', 1), "not a CSV from line 3 on: .* expected"),
        (lambda text: f'{text}"Q-1', "not a CSV from line .* on: unexpected end of data"),
    ],
)
def test_a_table_whose_columns_are_not_sure_is_told_plainly(
    run: Run, sheet: Path, turn: Callable[[str], str], says: str
) -> None:
    answered(sheet, lambda row: row.update(decision="same"))
    sheet.write_bytes(turn(sheet.read_bytes().decode()).encode())
    with pytest.raises(ContractError, match=says):
        import_review(sheet, run, who="Eva")


def test_every_word_of_an_answer_means_one_thing() -> None:
    words = packaged_words("decision_words.csv", "decision")
    assert words.keys() == {*WORDS}
    for word, known in words.items():
        assert {canonical(one.capitalize()) for one in (*known, word)} == {word}
        assert {fold_once(one) for one in known} == known
    assert canonical("Stejné") == canonical("tożsame") == canonical("Lo stesso") == "same"
    assert canonical("vielleicht ja") == "vielleicht_ja"


def test_a_question_s_id_alone_names_its_records(run: Run, sheet: Path) -> None:
    asked = next(row for row in pairs_of(sheet))
    sheet.write_text(f"decision;review_id\nverschieden;{asked['review_id']}\ngleich;Q-0123456789\n")
    outcome = import_review(sheet, run, who="Eva")
    assert [(one.left, one.decision, one.right) for one in outcome.added] == [
        (asked["left_key"], "different", asked["right_key"])
    ]
    assert outcome.refused[0].reason.count("key") == 2, "one thing is wrong with it"
    assert "this is none of the questions that are open now" in outcome.refused[0].reason


def test_a_question_s_id_alone_is_known_when_it_was_answered_and_in_a_region_of_another_catalog(
    run: Run, sheet: Path
) -> None:
    asked, place = (next(row for row in rows_of(sheet) if row["kind"] == kind) for kind in ("pair", "place"))
    regions = run.folder.processed / "regions"
    (regions / asked["region"]).rename(regions / "ruhr")
    sheet.write_text(f"decision,review_id\ndifferent,{asked['review_id']}\nsame,{place['review_id']}\n")
    outcome = import_review(sheet, run, who="Eva")
    assert len(outcome.added) == 1
    assert "a question about the place" in outcome.refused[0].reason
    (regions / "ruhr" / "manifest.json").unlink()
    again = import_review(sheet, run, who="Eva")
    assert (again.added, again.unchanged, len(again.refused)) == ((), 1, 1)


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
    with pytest.raises(ContractError, match="holds no answers"):
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


def test_a_table_of_keys_and_decisions_alone_is_read(run: Run, sheet: Path) -> None:
    """Who sends a table on takes out columns; it was refused for the want of a column of notes."""
    rows = answered(sheet, lambda row: row.update(decision="same")) and rows_of(sheet)
    sheet.write_text("".join(f"{row['decision']};{row['right_key']};{row['left_key']}\n" for row in [
        {name: name for name in ANSWER_COLUMNS}, *rows,
    ]))  # fmt: skip
    assert [one.decision for one in import_review(sheet, run, who="Eva").added] == ["same"]


def test_a_column_that_somebody_added_and_a_name_that_was_changed_are_said_not_to_be_taken(
    run: Run, sheet: Path
) -> None:
    table = pd.read_csv(sheet, dtype=str).assign(Bemerkung=None, decision=None)
    table.to_csv(sheet, index=False)
    assert import_review(sheet, run, who="Eva").remarks == ()
    table.assign(Bemerkung="seen", left_site="IC-1", fid="3").to_csv(sheet, index=False)
    (told,) = import_review(sheet, run, who="Eva").remarks
    assert "no question has such a column: 'Bemerkung'." in told
    pairs = table[table["kind"] == "pair"].assign(left_name="Mine", decision="same").drop(columns="review_id")
    pairs.head(1).to_csv(sheet, index=False)
    outcome = import_review(sheet, run, who="Eva")
    assert len(outcome.added) == 1
    assert f"({pairs['left_key'].iloc[0]}): 'Mine' for " in outcome.remarks[1]


def test_what_was_changed_in_the_layer_beside_the_answers_is_told(run: Run, sheet: Path) -> None:
    """Who opens the layer without the project can write anywhere."""
    copy = as_geopackage(run, sheet)
    assert import_review(copy, run, who="Eva").remarks == ()
    with closing(sqlite3.connect(copy)) as con:
        con.execute("ALTER TABLE review ADD COLUMN Bemerkung TEXT")
        one = pairs_of(sheet)[0]["review_id"]
        con.execute("UPDATE review SET left_name = 'Mine', Bemerkung = 'seen' WHERE review_id = ?", [one])
        con.commit()
    added, where, what = import_review(copy, run, who="Eva").remarks
    assert "'Bemerkung'" in added
    assert "1 cell" in where
    assert f"left_name of {one}" in what


def test_empty_cells_beside_the_table_and_the_mark_of_excel_are_passed_over(run: Run, sheet: Path) -> None:
    rows = rows_of(sheet)
    next(row for row in rows if row["kind"] == "pair")["decision"] = "same"
    save(sheet, rows, delimiter=";")
    lines = sheet.read_bytes().decode().split("\r\n")
    sheet.write_bytes("\r\n".join(["sep=;", lines[0], *(f"{line};;" for line in lines[1:] if line)]).encode())
    assert len(import_review(sheet, run, who="Eva").added) == 1
