"""Cells of files that are not what they seem: no value comes out that the cell does not tell."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from files_made import AUTO, sheet_with, zipped

from inducult_geo.sources.formats.readers import read_table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)


def days_in_xlsx(path: Path, *numbers: str, from_1904: bool = False) -> Path:
    """Write a workbook with numbers in cells for dates, one a row, and a number below 0 that is none beside each."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" s="1"><v>{number}</v></c><c r="C{n}"><v>-3.5</v></c></row>'
        for n, number in enumerate(numbers, 2)
    )
    sheet_with(path, rows)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    members["xl/styles.xml"] = STYLES
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"
    beside = "xl/_rels/workbook.xml.rels"
    link = f'<Relationship Id="s" Type="{kind}" Target="styles.xml"/></Relationships>'
    members[beside] = members[beside].replace("</Relationships>", link)
    if from_1904:
        members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
            "<sheets>", '<workbookPr date1904="1"/><sheets>'
        )
    return zipped(path, {name: text.encode() for name, text in members.items()})


def test_a_day_before_1900_of_a_workbook_is_that_day_and_is_told(tmp_path: Path) -> None:
    """LibreOffice writes the 4th of July 1856 as -15884 in a cell for dates, which was read as the hour 00:00:00."""
    path = days_in_xlsx(tmp_path / "a.xlsx", "-15884", "44927", "-15884.25", "0.25")
    table = read_table(path, AUTO)
    assert table.frame["name"].tolist() == ["1856-07-04", "2023-01-01", "1856-07-03 18:00:00", "06:00:00"]
    assert table.frame["x"].tolist() == [-3.5] * 4
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("days_before_1900", 2)
    assert "row 2 'name' 1856-07-04, row 4 'name' 1856-07-03 18:00:00" in told


@pytest.mark.parametrize("number", ["-1", "-999", "-9999", "-0.5", "-200000", "-5000000"])
def test_a_number_below_zero_that_is_no_day_stays_that_number(tmp_path: Path, number: str) -> None:
    """What people write for nothing, in a column for dates; and days of which programs count otherwise."""
    table = read_table(days_in_xlsx(tmp_path / "a.xlsx", number), AUTO)
    assert table.frame["name"].tolist() == [float(number)]
    assert table.warnings == ()


def test_of_days_from_1904_on_none_is_before(tmp_path: Path) -> None:
    table = read_table(days_in_xlsx(tmp_path / "a.xlsx", "-15884", "1", from_1904=True), AUTO)
    assert table.frame["name"].tolist() == [-15884, "1904-01-02"]
    assert table.warnings == ()


def test_an_error_by_the_name_of_another_program_costs_its_cell_and_not_the_workbook(tmp_path: Path) -> None:
    """LibreOffice writes Err:502, and errors in its own language, where Excel knows eight of them."""
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><f>FOO(A1)</f><v>Err:502</v></c><c r="C2"><v>5</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3" t="e"><v>#WERT!</v></c><c r="C3"><v>6</v></c></row>'
    )
    table = read_table(sheet_with(tmp_path / "a.xlsx", rows), AUTO)
    assert table.frame.to_numpy().tolist() == [[1, None, 5], [2, None, 6]]
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("error_in_cell", 2)
    assert "'name' (2, first in row 2)" in told


ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
)


def ods(path: Path, *cells: tuple[str, str]) -> Path:
    """Write an .ods of one column: attributes of each cell, and the text that it shows."""
    head = ('office:value-type="string"', "name")
    rows = "".join(
        f"<table:table-row><table:table-cell {told}><text:p>{shown}</text:p></table:table-cell></table:table-row>"
        for told, shown in (head, *cells)
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    members = {"mimetype": kind, "META-INF/manifest.xml": b"<m/>", "content.xml": ODS.format(rows=rows).encode()}
    return zipped(path, members)


def test_an_error_of_an_ods_that_is_worth_zero_is_no_zero(tmp_path: Path) -> None:
    """OpenOffice writes 0, or an empty text, beside #N/A: a capacity that nobody could look up was 0."""
    number = 'table:formula="of:=A1" office:value-type="float" office:value="{}"'
    text = 'table:formula="of:=A1" office:value-type="string" office:string-value="{}"'
    path = ods(
        tmp_path / "a.ods",
        *((number.format(0), shown) for shown in ("#N/A", "Err:502", "#DIV/0!", "0", "0,00")),
        (number.format(7), "7"), (text.format(""), "Błąd:502"), (text.format("Nr:123"), "Nr:123"),
        ('office:value-type="string"', "#NAME"),
    )  # fmt: skip
    table = read_table(path, AUTO)
    assert table.frame["name"].tolist() == [0, 0, 7, "Nr:123", "#NAME"]
    assert table.places == [f"a.ods row {row}" for row in (5, 6, 7, 9, 10)]
    ((kind, told, number_lost),) = table.warnings
    assert (kind, number_lost) == ("error_in_cell", 4)
    assert "'name' (4, first in row 2)" in told


def test_an_angle_that_an_ods_took_for_a_length_of_time_is_as_typed(tmp_path: Path) -> None:
    time = 'office:value-type="time" office:time-value="{}"'
    shown = {"PT50H43M12S": "50:43:12", "-PT15H20M30.500000000S": "-15:20:30.5", "PT10H20M30S": "10:20:30"}
    path = ods(tmp_path / "a.ods", *((time.format(held), told) for held, told in shown.items()))
    assert read_table(path, AUTO).frame["name"].tolist() == [*shown.values()]
