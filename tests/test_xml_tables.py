"""XML that is a table: lists of records as archives export them, and workbooks of Excel 2003."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.sheets import ALL_SHEETS

RECORDS = """<?xml version="1.0" encoding="windows-1250"?>
<wykaz xmlns="urn:a"><opis><stan>2026</stan></opis><obiekty razem="2">
<obiekt id="A-1"><nazwa>Młyn &amp; <b>tartak</b> Odra</nazwa><adres kod="45-061"><miasto>Opole</miasto></adres>
 <autor>X</autor><autor>Y</autor><autor>X</autor></obiekt>
<!-- nowy --><obiekt id="A-2"><nazwa> </nazwa><field name="rok">1754</field></obiekt>
</obiekty></wykaz>"""

SHEET = "urn:schemas-microsoft-com:office:spreadsheet"
BOOK = f"""<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="{SHEET}" xmlns:ss="{SHEET}"><Worksheet ss:Name="Liste"><Table>
<Column/><Column ss:Index="2" ss:Hidden="1"/>
<Row><Cell><Data ss:Type="String">Nr</Data></Cell><Cell ss:Index="3"><Data ss:Type="String">Jahr</Data></Cell></Row>
<Row ss:Index="4" ss:Hidden="1"><Cell ss:MergeDown="1"><Data ss:Type="String">A-1</Data></Cell>
 <Cell><Data ss:Type="Number">12.5</Data><Comment/></Cell><Cell><Data ss:Type="Number">1.89E3</Data></Cell></Row>
<Row><Cell ss:Index="2"><Data ss:Type="Error">#REF!</Data></Cell>
 <Cell><Data ss:Type="DateTime">1901-05-01T00:00:00.000</Data></Cell></Row>
</Table></Worksheet><Worksheet ss:Name="Leer"><Table/></Worksheet></Workbook>"""


def written(tmp_path: Path, text: str, name: str = "a.xml", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_each_record_is_a_row_and_each_element_and_attribute_a_column(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, RECORDS, encoding="cp1250"), Read())
    assert table.frame.to_dict("records") == [
        {
            "id": "A-1", "nazwa": "Młyn & tartak Odra", "adres.kod": "45-061", "adres.miasto": "Opole",
            "autor": "X; Y", "rok": None,
        },
        {
            "id": "A-2", "nazwa": None, "adres.kod": None, "adres.miasto": None, "autor": None,
            "rok": "1754",
        },
    ]  # fmt: skip
    assert table.places == ["a.xml obiekt 1", "a.xml obiekt 2"]
    assert table.notes == (
        "each <obiekt> is a row",
        "holds also 'opis', 'stan' beside the rows, which is not read",
        "appears several times in a row, and becomes one cell: autor",
    )


def test_a_long_number_of_a_workbook_keeps_its_last_digit(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, BOOK.replace("1.89E3", "9007199254740993")), Read())
    assert table.frame["Jahr"].tolist()[0] == 9007199254740993


def test_a_single_record_is_one_row(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "<a><b><nr>1</nr><name>Huta</name></b></a>"), Read())
    assert table.frame.to_dict("records") == [{"nr": "1", "name": "Huta"}]


@pytest.mark.parametrize("name", ["a.xml", "a.xls"])
@pytest.mark.parametrize("sheet", [None, ALL_SHEETS, "Liste", 1])
def test_a_workbook_in_xml_is_a_spreadsheet(tmp_path: Path, name: str, sheet: str | int | None) -> None:
    table = read_table(written(tmp_path, BOOK, name, "utf-16" if sheet is None else "utf-8"), Read(sheet=sheet))
    assert table.frame.drop(columns="sheet", errors="ignore").to_dict("list") == {
        "Nr": ["A-1", "A-1"], "column 2": [12.5, None], "Jahr": [1890, "1901-05-01"],
    }  # fmt: skip
    assert [place.split(" of ")[0] for place in table.places] == [f"{name} row 4", f"{name} row 5"]
    assert [kind for kind, _, _ in table.warnings] == [
        "merged_cells", "error_in_cell", "hidden_rows", "hidden_columns", "comments",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a><b n="1"/><b n="2"/></a>', "holds a document type or entities"),
        ("<a><b n='1'/>", "damaged or was cut short"),
        ("<a>" * 60 + "</a>" * 60, "too deeply nested"),
        ("<a><b n='1'/><b n='2'/><c n='1'/><c n='2'/></a>", "several lists (<b> in <a>, <c> in <a>)"),
        ("<a><b>1</b></a>", "holds no list of records"),
        ("<kml><Placemark><name>x</name></Placemark></kml>", "give it the ending .kml"),
        ("<html><body><p>log in</p></body></html>", "is a web page"),
        (BOOK.replace('"4"', '"99999999"'), "99,999,999 rows"),
        (BOOK.replace('"4"', '"1"'), "rows are out of order"),
        (BOOK.replace('"4"', '"-4"'), "has '-4' as its Index"),
        (BOOK.replace('ss:Index="3"', 'ss:Index="99999999"'), "cells out of order"),
    ],
)
def test_what_is_no_table_says_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ContractError) as refused:
        read_table(written(tmp_path, text), Read())
    assert why in str(refused.value)


def test_what_tells_of_a_table_in_an_archive_is_not_taken_for_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("list.csv", "nr;name\n1;Huta\n")
        archive.writestr("list.csv.xml", RECORDS)
    assert [*read_table(tmp_path / "a.zip", Read()).frame] == ["nr", "name"]
