"""Files in which answers come back: what spreadsheets, workbooks, QGIS and people by hand make of the questions."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from files_made import sheet_with
from qgis_python import PYTHON, has_qgis
from reviewed import (
    ASKING,
    answered,
    as_geopackage,
    built,
    exported,
    ids,
    keys,
    pairs_of,
    questions,
    release_of,
    rows_of,
    run,
    save,
    sheet,
)

from inducult_geo.errors import ContractError
from inducult_geo.match.decided.decisions import Decision, append_decision
from inducult_geo.pipeline import run_all
from inducult_geo.review.table import ANSWER_COLUMNS, import_review
from inducult_geo.run import Run

SCRIPT = Path(__file__).with_name("qgis_answer.py")


def to_ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


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
    with pytest.raises(
        ContractError, match=r"a file of the kind \.GeoJSON cannot be read. In QGIS export the layer 'review' as CSV"
    ):
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
    assert "1 cell with a formula that was never calculated, read as empty: 'decision'" in formula
    assert "1 row hidden in the sheet" in hidden


@pytest.mark.parametrize(
    ("turn", "says"),
    [
        (lambda text: text.replace(",note,", ",decision,", 1), "several columns are called decision. Keep"),
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
