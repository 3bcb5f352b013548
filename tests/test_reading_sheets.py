"""Workbooks as people keep them: sheets, formulas, merged and hidden cells, comments."""

from __future__ import annotations

import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from files_made import AUTO, refused, sheet_with, workbook, zipped

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats import sheets
from inducult_geo.sources.formats.readers import ChoiceError, read_table
from inducult_geo.sources.formats.table import Table, nul_rows


@pytest.mark.parametrize("name", ["opsd_be_18.xlsx", "orte.xls", "set.ods"])
def test_spreadsheets_as_they_come(shared: Path, name: str) -> None:
    table = read_table(shared / "data" / "messy" / name, AUTO)
    assert len(table.frame) > 0
    assert len(table.places) == len(table.frame)


@pytest.mark.parametrize("suffix", [".xls", ".xlsx", ".ods"])
@pytest.mark.parametrize("start", [b"<html>", b"\xef\xbb\xbf\r\n <?xml version='1.0'?><Workbooks>"])
def test_a_page_of_a_portal_under_the_ending_of_a_workbook_says_what_to_do(
    tmp_path: Path, suffix: str, start: bytes
) -> None:
    path = tmp_path / f"Export{suffix}"
    path.write_bytes(start + b"<table><tr><td>1</td></tr></table>")
    refused(path, rf"a page of HTML or XML with the ending '\{suffix}'.*save it as \.xlsx")


def test_the_mark_of_a_file_that_somebody_has_open_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "~$popis.xlsx"
    path.write_bytes(b"\x05M. Novak" + b" " * 160)
    refused(path, r"while somebody has the file open\. Name popis\.xlsx instead")


def test_all_sheets_are_read_one_below_the_other(tmp_path: Path) -> None:
    """Many a list has a sheet for each municipality."""
    sisak = {"A1": "List", "A2": "nr", "B2": "name", "C2": "name", "A3": "1", "B3": "x", "C3": "y"}
    glina = {"A2": "nr", "B2": "year", "A4": "2", "B4": "1872", "A5": "3"}
    path = workbook(tmp_path / "a.xlsx", sisak, Glina=glina, Empty={})
    table = read_table(path, Read(sheet="*", header_row=2))
    assert [*table.frame] == ["nr", "name (1)", "name (2)", "sheet", "year"]
    assert table.frame.to_numpy().tolist() == [
        ["1", "x", "y", "A", None], ["2", None, None, "Glina", "1872"], ["3", None, None, "Glina", None],
    ]  # fmt: skip
    assert table.places == ["a.xlsx row 3 of 'A'", "a.xlsx row 4 of 'Glina'", "a.xlsx row 5 of 'Glina'"]
    assert table.notes[:3] == (
        "sheets 'A', 'Glina'",
        "sheet 'A' has no column 'year', as others have: its rows are empty there",
        "sheet 'Glina' has no column 'name (1)', 'name (2)', as others have: its rows are empty there",
    )
    assert table.notes[3].startswith("sheet 'A': column 'name' appears 2 times")


@pytest.mark.parametrize(
    ("days", "is_told"),
    [
        (["1905-03-04", "1905-06-18", "1904-08-26"], True),
        (["1905-03-04", "1905-06-18", None, "1905-06-18", "1904-12-03"], True),
        (["1905-03-04", "1905-06-18", "1923-08-26"], False),
        (["1905-03-04", "1905-03-04", "1905-03-04"], False),
        (["1905-03-04", None, None], False),
    ],
)
@pytest.mark.parametrize("driver", ["XLSX", "ODS"])
def test_years_that_became_days_in_a_spreadsheet_are_told(
    tmp_path: Path, driver: str, days: list[str | None], is_told: bool
) -> None:
    """1890 in a cell for dates is the 4th of March 1905: all works of a list were founded in 1904 or 1905."""
    frame = pd.DataFrame({"id": [*map(str, range(len(days)))], "anno": pd.to_datetime(pd.Series(days))})
    path = tmp_path / f"a.{driver.lower()}"
    pyogrio.write_dataframe(frame, path, layer="A", driver=driver)
    table = read_table(path, AUTO)
    assert [str(cell)[:10] for cell in table.frame["anno"] if cell is not None] == [day for day in days if day]
    told = [message for kind, message, _ in table.warnings if kind == "years_as_days"]
    assert len(told) == is_told
    assert not told or "'anno' holds only days between 1904 and 1905" in told[0]
    assert not told or "(1905-03-04 is the number 1890)" in told[0]


def test_where_less_memory_is_allowed_than_our_own_limit_workbooks_are_read(tmp_path: Path) -> None:
    """Under `ulimit -v` every workbook was refused: a limit that somebody set cannot be raised."""
    path = workbook(tmp_path / "a.xlsx", {"A1": "name"})
    child = shlex.join([sys.executable, "-I", str(sheets._CHILD), str(path), "null", str(sheets._MEMORY_MB)])
    told = subprocess.run(["sh", "-c", f"ulimit -v 2000000; {child}"], capture_output=True, check=False)
    assert (told.returncode, b"name" in told.stdout) == (0, True), told.stderr


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_workbook_is_opened_once_for_all_its_sheets(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An .ods of 30 sheets was read 31 times over, which took minutes."""
    path, asked = tmp_path / f"a{suffix}", []
    if suffix == ".xlsx":
        workbook(path, {"A1": "id", "A2": "1"}, B={"A1": "id", "A2": "2"}, C={}, D={"A1": "id", "A2": "3"})
    else:
        frames = {name: pd.DataFrame({"id": [number]}) for name, number in (("A", 1), ("B", 2), ("D", 3))}
        for name, frame in frames.items():
            pyogrio.write_dataframe(frame, path, layer=name, driver="ODS", append=path.exists())
    run = subprocess.run

    def counting(*words: Any, **more: Any) -> Any:
        asked.append(words)
        return run(*words, **more)

    monkeypatch.setattr(sheets.subprocess, "run", counting)
    table = read_table(path, Read(sheet="*"))
    assert table.frame.astype(str).to_numpy().tolist() == [["1", "A"], ["2", "B"], ["3", "D"]]
    assert len(asked) == 1


def test_a_sheet_of_notes_among_all_sheets_is_told(tmp_path: Path) -> None:
    lists = {name: {"A1": "nr", "B1": "name", "A2": "1", "B2": "x"} for name in ("Sisak", "Glina")}
    notes = {"A1": "How the list was made", "A2": "by hand", "A3": "in 2024"}
    path = workbook(tmp_path / "a.xlsx", lists["Sisak"], Glina=lists["Glina"], Notes=notes)
    table = read_table(path, Read(sheet="*"))
    assert len(table.frame) == 4
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("sheet_of_notes", 2)
    assert told.startswith("sheet 'Notes' has none of the columns that other sheets share")
    assert not any("'Notes' has no column" in note for note in table.notes)


def test_all_sheets_of_a_workbook_with_one_are_that_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A1": "sheet", "A2": "1"}, Empty={})
    table = read_table(path, Read(sheet="*"))
    assert table.frame.to_dict("records") == [{"sheet": "1", "name of the sheet": "A"}]


def test_a_sheet_without_a_header_is_named_where_all_are_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A1": "x", "A2": "nr", "A3": "1"}, Note={"A1": "as of 2024"})
    with pytest.raises(ContractError, match="sheet 'Note' has no row 2"):
        read_table(path, Read(sheet="*", header_row=2))


def test_a_workbook_is_read_with_its_formulas_as_text(tmp_path: Path) -> None:
    cells = {"A1": "id", "B1": "name", "A2": "1", "B2": "=cmd|calc", "A4": "2", "B4": "x"}
    # What a page of the web leaves behind is not seen, and is no row and no column.
    path = workbook(tmp_path / "a.xlsx", cells | dict.fromkeys(("A3", "B3", "C1", "C3"), "\xa0"))
    table = read_table(path, AUTO)
    assert table.frame.to_numpy().tolist() == [["1", "=cmd|calc"], ["2", "x"]]
    assert table.places == ["a.xlsx row 2", "a.xlsx row 4"]


def test_a_formula_is_worth_what_the_file_holds_beside_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A1": "id", "B1": "x", "C1": "y", "A2": "1", "D2": "end"})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    formulas = b'<c r="B2"><f>1+1</f></c><c r="C2"><f>WEBSERVICE("http://127.0.0.1:9")</f><v>7</v></c><c r="D2"'
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="D2"', formulas)
    table = read_table(zipped(path, members), AUTO)
    assert table.frame.loc[0].tolist() == ["1", None, 7, "end"]
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("formula_without_result", 1)
    assert told.startswith(
        "1 cell with a formula that was never calculated, read as empty: 'x' (1, first in row 2). Open"
    )
    assert table.valueless == {"x"}


def test_rows_that_a_filter_hides_are_read_and_told(tmp_path: Path) -> None:
    """Who sends a filtered sheet sees fewer rows than it holds."""
    rows = "".join(
        f'<row{number}{hidden}><c r="A{n}"><v>{n}</v></c></row>' if n != 5 else "<row r='5' hidden='1'/>"
        for n, number, hidden in (
            (2, ' r="2"', ' hidden="0"'), (3, ' r="3"', ' hidden="1"'), (4, "", ' hidden="true"'), (5, "", ""),
            (6, ' r="6"', ""),
        )
    )  # fmt: skip
    table = read_table(sheet_with(tmp_path / "a.xlsx", rows), AUTO)
    assert table.frame["id"].tolist() == [2, 3, 4, 6]
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("hidden_rows", 2)
    assert told.startswith("2 rows hidden in the sheet, by hand or by a filter, but read like all others: 3, 4. Delete")


def test_comments_on_cells_are_told_and_what_they_say_is_not(tmp_path: Path) -> None:
    """ "Coordinates wrong!" beside a cell was lost in silence; what it says may name a person."""
    path = sheet_with(tmp_path / "a.xlsx", "")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
    members["xl/worksheets/_rels/sheet1.xml.rels"] = (
        f'<Relationships><Relationship Id="r1" Type="{kind}" Target="../comments1.xml"/></Relationships>'.encode()
    )
    members["xl/comments1.xml"] = b'<comments><commentList><comment ref="B1"><text>Eva</text></comment>' + (
        b'<comment ref="AA7"/></commentList></comments>'
    )
    ((kind, told, number),) = read_table(zipped(path, members), AUTO).warnings
    assert (kind, number) == ("comments", 2)
    assert told.startswith("2 cells with a comment, which is not read: row 1 'name', row 7. If")
    table = ods_of_four(tmp_path, {3: b""}, within=b"<office:annotation><text:p>Eva</text:p></office:annotation>")
    assert [told.partition("read: ")[2][:10] for kind, told, _ in table.warnings if kind == "comments"] == [
        "row 3 'nr'"
    ]
    assert table.frame["nr"].tolist() == ["a", "b", "c", "d"]


def ods_of_four(folder: Path, said: dict[int, bytes], *, within: bytes = b"", columns: bytes = b"") -> Table:
    """Read a sheet of four rows below their names, of which some (from 1 on) say more, or their first cells hold it."""
    path = folder / "a.ods"
    pyogrio.write_dataframe(pd.DataFrame({"nr": ["a", "b", "c", "d"]}), path, driver="ODS")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    parts = members["content.xml"].split(b"<table:table-row")
    parts[0] = parts[0].replace(b"<table:table-column", columns or b"<table:table-column")
    for row, attribute in said.items():
        parts[row] = (b" table:" + attribute if attribute else b"") + parts[row]
        parts[row] = parts[row].replace(b"<text:p>", within + b"<text:p>", 1)
    members["content.xml"] = b"<table:table-row".join(parts)
    return read_table(zipped(path, members), AUTO)


def test_a_hidden_sheet_among_all_is_told(tmp_path: Path) -> None:
    old = {"A1": "nr", "A2": "9"}
    path = workbook(tmp_path / "a.xlsx", {"A1": "nr", "A2": "1"}, **{'stare" state="hidden': old})
    ((kind, told, number),) = read_table(path, Read(sheet="*")).warnings
    assert (kind, number) == ("hidden_sheet", 1)
    assert told.startswith("sheet 'stare': the sheet is hidden in the file, but was read")
    assert not read_table(path, Read(sheet="stare")).warnings


def test_hidden_rows_of_an_ods_are_told(tmp_path: Path) -> None:
    table = ods_of_four(tmp_path, {3: b'visibility="filter"', 4: b'visibility="collapse"'})
    assert table.frame["nr"].tolist() == ["a", "b", "c", "d"]
    assert [(kind, number) for kind, _, number in table.warnings] == [("hidden_rows", 2)]
    assert "others: 3, 4." in table.warnings[0][1]


def test_hidden_columns_are_told(tmp_path: Path) -> None:
    """A column of remarks that nobody sees is published like every other."""
    path = workbook(tmp_path / "a.xlsx", {"A1": "nr", "B1": "note", "D1": "own", "A2": "1", "B2": "x", "D2": "y"})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    columns = b'<cols><col min="1" max="1"/><col min="2" max="16384" hidden="1"/></cols><sheetData>'
    inside = members["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", columns)
    (seen,) = read_table(zipped(path, members | {"xl/worksheets/sheet1.xml": inside}), AUTO).warnings
    assert seen[::2] == ("hidden_columns", 2)
    assert seen[1].startswith("2 columns hidden in the sheet, but read like all others: 'note', 'own'. List those")


def test_hidden_columns_of_an_ods_are_told(tmp_path: Path) -> None:
    hidden = b'<table:table-column table:visibility="collapse"'
    ((kind, told, _),) = ods_of_four(tmp_path, {}, columns=hidden).warnings
    assert (kind, told.startswith("1 column hidden")) == ("hidden_columns", True)
    assert not ods_of_four(tmp_path, {}, columns=b"<table:table-column/>" + hidden).warnings


def test_an_ods_that_repeats_a_row_less_than_once_hides_no_other(tmp_path: Path) -> None:
    table = ods_of_four(tmp_path, {2: b'number-rows-repeated="0"', 4: b'visibility="collapse"'})
    assert [told.partition("others: ")[2][:2] for kind, told, _ in table.warnings if kind == "hidden_rows"] == ["4."]


def test_what_nobody_looks_for_in_an_xls_is_told(shared: Path) -> None:
    table = read_table(shared / "data" / "messy" / "orte.xls", Read(sheet=1))
    assert (
        "whether formulas lack their results, rows are hidden, and cells have comments, could not be seen"
        in table.notes
    )


@pytest.mark.parametrize("calculated", [True, False])
def test_the_zero_of_a_program_that_does_not_calculate_is_no_value(tmp_path: Path, calculated: bool) -> None:
    rows = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A1</f><v>0</v></c><c r="C2"><f>A1</f><v>5</v></c></row>'
    table = read_table(sheet_with(tmp_path / "a.xlsx", rows, calculated=calculated), AUTO)
    assert table.frame.loc[0].tolist() == [1, 0 if calculated else None, 5]
    assert [kind for kind, *_ in table.warnings] == ([] if calculated else ["formula_without_result"])


def test_a_formula_that_gives_an_empty_text_is_empty_and_an_error_is_told(tmp_path: Path) -> None:
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="str"><f>IF(A2=1,"",A2)</f><v></v></c>'
        '<c r="C2"><v>5</v></c></row>'
        '<row><c><v>2</v></c><c t="e"><f>A9</f><v>#REF!</v></c><c><v>5</v></c></row>'
    )
    table = read_table(sheet_with(tmp_path / "a.xlsx", rows), AUTO)
    assert table.frame.to_numpy().tolist() == [[1, None, 5], [2, None, 5]]
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("error_in_cell", 1)
    assert "'name' (1, first in row 3)" in told


MERGED = [
    ("Obec", "Objekt", "Rok"),
    ("Okres Sokolov", None, None),  # merged sideways: a heading
    ("Sokolov", "Jiří", "1892"),  # the town spans three rows, the works two
    (None, None, "1901"),
    (None, "Medard", "1895"),
    ("Celkem", "2", None),
    (None, None, None),  # merged with the row above, which is high
]
SPANS = ["A2:C2", "A3:A5", "B3:B4", "A6:A7", "B6:B7"]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_merged_cell_stands_for_each_row_that_it_spans_and_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "xlsx":
        cells = {f"{'ABC'[c]}{r}": cell for r, row in enumerate(MERGED, 1) for c, cell in enumerate(row) if cell}
        workbook(path, cells)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        merged = "".join(f'<mergeCell ref="{span}"/>' for span in SPANS)
        inside = members["xl/worksheets/sheet1.xml"].replace(
            b"</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>".encode()
        )
        zipped(path, members | {"xl/worksheets/sheet1.xml": inside})
    else:
        opendocument(path, MERGED, SPANS)
    table = read_table(path, AUTO)
    assert table.frame.astype(object).where(table.frame.notna(), None).to_numpy().tolist() == [
        ["Okres Sokolov", None, None],
        ["Sokolov", "Jiří", "1892"],
        ["Sokolov", "Jiří", "1901"],
        ["Sokolov", "Medard", "1895"],
        ["Celkem", "2", None],
    ]
    ((name, told, number),) = table.warnings
    assert (name, number) == ("merged_cells", 3)
    assert "'Obec' (rows 3 to 5), 'Objekt' (rows 3 to 4)" in told


def with_merged(path: Path, *spans: str) -> Path:
    """An .xlsx with cells merged."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    merged = "".join(f'<mergeCell ref="{span}"/>' for span in spans)
    inside = members["xl/worksheets/sheet1.xml"].replace(
        b"</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>".encode()
    )
    return zipped(path, members | {"xl/worksheets/sheet1.xml": inside})


def test_merged_cells_beside_the_table_hold_nothing_and_do_no_harm(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 60))
    beside = [f"{column}2:{column}59" for column in "FGHIJKLMN"]
    table = read_table(with_merged(sheet_with(tmp_path / "a.xlsx", rows), *beside), AUTO)
    assert (len(table.frame), table.warnings) == (58, ())


def test_a_sheet_that_cannot_be_looked_at_again_is_told(tmp_path: Path) -> None:
    path = sheet_with(tmp_path / "a.xlsx", '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A1</f></c></row>')
    assert "whether formulas" not in " ".join(read_table(path, AUTO).notes)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    links = members["xl/_rels/workbook.xml.rels"].replace(b'"worksheets/', b'"Worksheets/')
    table = read_table(zipped(path, members | {"xl/_rels/workbook.xml.rels": links}), AUTO)
    assert table.frame["id"].tolist() == [1]
    assert (
        table.notes[-1]
        == "whether formulas lack their results, rows are hidden, and cells have comments, could not be seen"
    )


def test_merged_cells_that_lie_on_one_another_would_take_for_ever(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 60))
    path = sheet_with(tmp_path / "a.xlsx", rows)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    merged = b'<mergeCell ref="A2:A1000000"/>' * 9
    inside = members["xl/worksheets/sheet1.xml"].replace(
        b"</sheetData>", b"</sheetData><mergeCells>" + merged + b"</mergeCells>"
    )
    refused(zipped(path, members | {"xl/worksheets/sheet1.xml": inside}), "merged cells overlap")


def opendocument(path: Path, rows: list[tuple[str | None, ...]], spans: list[str]) -> None:
    """Write the smallest .ods with merged cells, and a row that stands for a million."""
    corners = {span.partition(":")[0]: span.partition(":")[2] for span in spans}
    body = ""
    for r, row in enumerate(rows, 1):
        body += "<table:table-row>"
        for c, cell in enumerate(row):
            end = corners.get(f"{'ABC'[c]}{r}")
            span = ""
            if end:
                wide, high = "ABC".index(end[0]) - c + 1, int(end[1:]) - r + 1
                span = f' table:number-columns-spanned="{wide}" table:number-rows-spanned="{high}"'
            text = f"<text:p>{cell}</text:p>" if cell else ""
            body += f'<table:table-cell{span} office:value-type="string">{text}</table:table-cell>'
        body += "</table:table-row>"
    body += '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/></table:table-row>'
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in names)
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="B"><table:table-row><table:table-cell/></table:table-row></table:table>'
        f'<table:table table:name="A">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    zipped(path, {"mimetype": kind, "META-INF/manifest.xml": b"<m/>", "content.xml": content.encode()})


def test_a_number_of_sixteen_digits_is_a_whole_one(tmp_path: Path) -> None:
    path = sheet_with(tmp_path / "a.xlsx", '<row r="2"><c r="A2"><v>1234567890123456</v></c></row>')
    assert [str(cell) for cell in read_table(path, AUTO).frame["id"]] == ["1234567890123456"]


def test_lines_within_a_cell_of_an_ods_stay_apart(tmp_path: Path) -> None:
    opendocument(tmp_path / "a.ods", [("id", "a"), ("1", "Huta 5<text:line-break/>Opole<text:tab/>PL")], [])
    assert read_table(tmp_path / "a.ods", AUTO).frame["a"].tolist() == ["Huta 5\nOpole\tPL"]


def test_a_workbook_of_another_kind_under_the_ending_ods_is_read(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "7"}).rename(tmp_path / "a.ods")
    assert [*map(str, read_table(tmp_path / "a.ods", AUTO).frame["id"])] == ["7"]


def test_formulas_of_an_ods_are_worth_what_stands_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    opendocument(path, [("id", "a", "b"), ("1", "x", "y"), ("2", "x", "y")], [])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    head, _, rest = members["content.xml"].partition("<text:p>x</text:p></table:table-cell>")
    middle, _, tail = rest.partition('<table:table-cell office:value-type="string"><text:p>x</text:p>')
    opened = head.rpartition("<table:table-cell")[0]
    error = 'xmlns:calcext="urn:c" table:formula="of:=1/0" calcext:value-type="error"'
    failed = f"<table:table-cell {error}><text:p>#DIV/0!</text:p>"
    members["content.xml"] = f'{opened}<table:table-cell table:formula="of:=1+1"/>{middle}{failed}{tail}'
    table = read_table(zipped(path, {name: text.encode() for name, text in members.items()}), AUTO)
    assert table.frame["b"].tolist() == ["y", "y"]
    assert table.frame["a"].tolist() == [None, None]
    assert [(kind, number) for kind, _, number in table.warnings] == [
        ("formula_without_result", 1),
        ("error_in_cell", 1),
    ]


def test_a_stray_cell_in_the_last_corner_does_not_end_the_process(tmp_path: Path) -> None:
    """The reader asks for half a terabyte then, and its process ends: it must not be ours."""
    path = workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "1", "XFD1048576": "x"})
    refused(path, "stray cell far outside")


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    manifest = b'<manifest:manifest><manifest:encryption-data manifest:checksum="x"/></manifest:manifest>'
    path = zipped(tmp_path / "a.ods", {"META-INF/manifest.xml": manifest, "content.xml": b"\x13\x37"})
    refused(path, "it is protected by a password. Open it with the password, and save it without one")


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook"}), "cannot be read as a spreadsheet")
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 20)
    refused(tmp_path / "a.xls", "cannot be read as a spreadsheet")


LIST = {"A1": "id", "B1": "name", "A2": "1", "B2": "Huta"}


def test_of_several_sheets_the_only_one_that_holds_anything_is_read(tmp_path: Path) -> None:
    """Older programs put three sheets into every new workbook."""
    path = workbook(tmp_path / "a.xlsx", {}, Tabelle2=LIST, Tabelle3={})
    table = read_table(path, AUTO)
    assert table.frame["name"].tolist() == ["Huta"]
    assert table.notes == ("sheet 'Tabelle2'",)
    assert read_table(path, Read(sheet=2)).frame["name"].tolist() == ["Huta"], "a number counts all sheets"
    with pytest.raises(ContractError, match="sheet 'A' has no row 1 to hold the column names"):
        read_table(path, Read(sheet="A"))


def test_of_several_filled_sheets_one_has_to_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", LIST, Leer={}, Alt={**LIST, "B2": "Hala"})
    with pytest.raises(ChoiceError, match="has 2 sheets") as told:
        read_table(path, AUTO)
    assert told.value.options == ("A", "Alt")
    assert read_table(path, Read(sheet="Alt")).frame["name"].tolist() == ["Hala"]
    assert read_table(path, Read(sheet=3)).frame["name"].tolist() == ["Hala"]
    for wanted in ("Neu", 4, 0):
        with pytest.raises(ContractError, match="Alt"):
            read_table(path, Read(sheet=wanted))


def test_a_workbook_of_empty_sheets_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError):
        read_table(workbook(tmp_path / "a.xlsx", {}, B={}), AUTO)
    with pytest.raises(ContractError, match="has no row 3 to hold the column names"):
        read_table(workbook(tmp_path / "b.xlsx", LIST), Read(header_row=3))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_names_in_two_rows_are_those_of_a_table_with_merged_cells(tmp_path: Path, kind: str) -> None:
    rows = [
        ("Wykaz", "", "", "", "", "", ""),
        ("Nr", "Obiekt", "", "Geo", "", "Plan", ""),
        ("", "Nazwa", "Gmina", "X", "Y", "X", "Y"),
        ("1", "Huta", "Opole", "4", "5", "6", "7"),
    ]
    if kind == "csv":
        path = tmp_path / "a.csv"
        path.write_text("\n".join(";".join(row) for row in rows) + "\n", encoding="utf-8")
    else:
        filled = {f"{'ABCDEFG'[c]}{r}": cell for r, row in enumerate(rows, 1) for c, cell in enumerate(row) if cell}
        path = workbook(tmp_path / "a.xlsx", filled)
    table = read_table(path, Read(header_row=2, header_rows=2))
    assert [*table.frame.columns] == ["Nr", "Nazwa", "Gmina", "Geo X", "Geo Y", "Plan X", "Plan Y"]
    assert [[*map(str, row)] for row in table.frame.to_numpy().tolist()] == [[*rows[3]]]
    assert table.places == [f"{path.name} {'line' if kind == 'csv' else 'row'} 4"]
    assert table.bad_rows == {}
    with pytest.raises(ContractError):
        read_table(path, Read(header_row=4, header_rows=2))


def test_a_cell_of_a_spreadsheet_with_lost_bytes_marks_its_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["1", "2"], "name": ["Hu\x00ta", "Hala"]}, dtype=object)
    assert nul_rows(frame) == {0: "column 'name' holds NUL characters: bytes were lost"}


def test_an_angle_that_a_sheet_took_for_a_length_of_time_is_as_typed(tmp_path: Path) -> None:
    """50:43:12 was read as "2 days, 2:43:12", which no reader of coordinates takes for an angle."""
    day = 24 * 3600
    numbers = {"B": (50 * 3600 + 43 * 60 + 12.5) / day, "C": (12 * 3600 + 29 * 60) / day}
    path = with_lengths_of_time(tmp_path / "a.xlsx", numbers)
    assert read_table(path, AUTO).frame.iloc[0].tolist() == [1, "50:43:12.5", "12:29:00"]


def test_a_length_of_time_without_end_costs_no_workbook(tmp_path: Path) -> None:
    """A number of an id, in a column with that format, refused the file."""
    path = with_lengths_of_time(tmp_path / "a.xlsx", {"B": 2.5, "C": 5.1e12})
    assert read_table(path, AUTO).frame.iloc[0].tolist() == [1, "60:00:00", 5100000000000]


def with_lengths_of_time(path: Path, numbers: dict[str, float]) -> Path:
    """Write a workbook of one row, of which some cells are shown as hours."""
    cells = "".join(f'<c r="{letter}2" s="1"><v>{number!r}</v></c>' for letter, number in numbers.items())
    sheet_with(path, f'<row r="2"><c r="A2"><v>1</v></c>{cells}</row>')
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members["xl/styles.xml"] = (
        f'<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss.0"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ).encode()
    beside = "xl/_rels/workbook.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"
    style = f'<Relationship Id="s" Type="{kind}" Target="styles.xml"/></Relationships>'
    members[beside] = members[beside].replace(b"</Relationships>", style.encode())
    return zipped(path, members)
