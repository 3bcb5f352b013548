"""Cells of files that are not what they seem: no value comes out that the cell does not tell."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from files_made import AUTO, sheet_with, zipped

from inducult_geo.sources.formats import vector_files
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.sheet_child import ERROR
from inducult_geo.sources.formats.sheet_child import read as read_sheet

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


def test_an_error_in_the_second_sheet_of_a_workbook_costs_its_cell_where_it_stands(tmp_path: Path) -> None:
    """Sheets may be told by whole paths, endings be in capitals, and a list begin below an empty row."""
    path = sheet_with(tmp_path / "A.XLSX", "")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    rows = '<row r="2"><c r="B2"><v>7</v></c></row><row r="3"><c r="B3" t="e"><v>Err:502</v></c></row>'
    members["xl/worksheets/sheet2.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    named, links, kinds = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
    members[named] = members[named].replace("</sheets>", '<sheet name="B" sheetId="2" r:id="r2"/></sheets>')
    link = members[links][members[links].index("<Relationship ") : members[links].index("</Relationships>")]
    second = link.replace("r1", "r2").replace("worksheets/sheet1", "/xl/worksheets/sheet2")
    members[links] = members[links].replace("</Relationships>", f"{second}</Relationships>")
    kind = members[kinds][members[kinds].rindex("<Override") : members[kinds].index("</Types>")]
    members[kinds] = members[kinds].replace("</Types>", f"{kind.replace('sheet1', 'sheet2')}</Types>")
    zipped(path, {name: text.encode() for name, text in members.items()})
    told = next(read_sheet(str(path), "B"))
    assert told["rows"] == [[None, None], [None, 7], [None, None]]
    assert told["lost"] == [[2, 1, ERROR]]


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


def shapefile(path: Path, fields: tuple[str, ...], *rows: tuple[str, ...], deleted: int | None = None) -> Path:
    """Write a shapefile whose .dbf has fields such as "Y N4.0", and in each row the bytes that are given."""
    places = gpd.points_from_xy([15] * len(rows), [47] * len(rows), crs=4326)
    gpd.GeoDataFrame(geometry=places).to_file(path, engine="pyogrio")
    described, widths = b"", []
    for field in fields:
        name, kind = field.split()
        width, _, decimals = kind[1:].partition(".")
        widths.append(int(width))
        described += struct.pack("<11s1s4xBB14x", name.encode(), kind[0].encode(), widths[-1], int(decimals or 0))
    head = struct.pack("<BBBBIHH20x", 3, 126, 1, 1, len(rows), 33 + len(described), 1 + sum(widths))
    body = "".join(
        ("*" if n == deleted else " ") + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for n, row in enumerate(rows)
    )
    path.with_suffix(".dbf").write_bytes(head + described + b"\r" + body.encode() + b"\x1a")
    return path


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_cell_of_a_dbf_that_is_not_of_its_columns_kind_is_what_stands_there(tmp_path: Path, as_zip: bool) -> None:
    """GDAL made 1 of "1,5", 0 of "n/a", a no of an empty yes or no, and refused the file for a day such as 18900000."""
    path = shapefile(
        tmp_path / "a.shp", ("ID N12.0", "X N8.2", "OPEN L1", "BEGAN D8"),
        ("7", "2.50", "T", "18900102"),
        ("1,5", "15,417", " ", "18900000"),
        ("n/a", "5 m", "j", "1890"),
        ("123456789012", "", "F", "00000000"),
        ("-3", "1e3", "?", "18900230"),
    )  # fmt: skip
    if as_zip:
        path = zipped(tmp_path / "b.zip", {part.name: part.read_bytes() for part in tmp_path.glob("a.*")})
    table = read_table(path, AUTO)
    assert table.frame["ID"].tolist() == [7, "1,5", "n/a", 123456789012, -3]
    assert table.frame["X"].tolist() == [2.5, "15,417", "5 m", None, 1000]
    assert table.frame["OPEN"].tolist() == [True, None, "j", False, None]
    assert table.frame["BEGAN"].tolist() == ["1890-01-02", "1890-00-00", "1890", None, "1890-02-30"]
    assert [shape.x for shape in table.frame["geometry"]] == [15] * 5
    (told,) = [note for note in table.notes if "that do not fit the type of their column" in note]
    assert "'ID' (2, first '1,5' in feature 2)" in told
    assert "'BEGAN' (3, first '18900000' in feature 2)" in told


def test_what_foxpro_writes_behind_its_columns_is_none(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ("ID C3", "MW N5.1"), ("a", "1,5"), ("b", "2.5"))
    dbf, behind = path.with_suffix(".dbf").read_bytes(), 33 + 2 * 32
    head = struct.pack("<BBBBIHH", 0x30, 126, 1, 1, 2, behind + 263, 1 + 3 + 5)
    path.with_suffix(".dbf").write_bytes(head + dbf[12:behind] + bytes(263) + dbf[behind:])
    table = read_table(path, AUTO)
    assert table.frame[["ID", "MW"]].to_numpy().tolist() == [["a", "1,5"], ["b", 2.5]]
    assert not table.warnings


def test_a_number_that_had_no_room_in_its_column_is_told(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", ("ID N2.0", "MW N4.1"), ("1", "****"), ("2", "12.5"), ("**", ""), deleted=0)
    table = read_table(path, AUTO)
    assert table.frame[["ID", "MW"]].to_numpy().tolist() == [[2, 12.5], [None, None]]
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("number_without_room", 1)
    assert "'ID' (1, first in feature 2)" in told


def test_rows_that_are_marked_as_deleted_are_told_and_no_sign_of_a_cut(tmp_path: Path) -> None:
    """Programs of old mark rows and leave them in the file: it was refused as one that was cut off."""
    path = shapefile(tmp_path / "a.shp", ("ID C3",), ("a",), ("b",), ("c",), deleted=1)
    table = read_table(path, AUTO)
    assert table.frame["ID"].tolist() == ["a", "c"]
    assert "1 row marked as deleted in its .dbf, and not read" in table.notes
    path.with_suffix(".shx").unlink()
    assert read_table(path, AUTO).frame["ID"].tolist() == ["a", "c"]


def test_numbers_of_texts_in_another_file_are_no_texts(tmp_path: Path) -> None:
    """A memo of dBASE was read as the number of its block: all works were called 1, 2, 3."""
    path = shapefile(tmp_path / "a.shp", ("ID C3", "NAME M10", "MORE G10"), ("a", "1", "3"), ("b", "2", "4"))
    table = read_table(path, AUTO)
    assert table.frame["ID"].tolist() == ["a", "b"]
    assert table.frame[["NAME", "MORE"]].to_numpy().tolist() == [[None, None]] * 2
    ((kind, told, number),) = table.warnings
    assert (kind, number) == ("unread_column", 4)
    assert "'NAME'" in told


def test_a_dbf_without_misfits_is_read_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(*_: Any) -> None:
        raise AssertionError

    rows = ("1", "nan", "18900102", "n"), ("", "-1.5e2", "", "?")
    path = shapefile(tmp_path / "a.shp", ("ID N9.0", "X F9.3", "D D8", "L L1"), *rows)
    monkeypatch.setattr(vector_files, "copied", copied)
    table = read_table(path, AUTO)
    assert table.frame[["ID", "X", "D", "L"]].to_numpy().tolist() == [
        [1, None, "1890-01-02", False], [None, -150, None, None],
    ]  # fmt: skip


GEOPACKAGE_CELLS = [
    ("INTEGER", ["n/a", "1,5", 1.5, 7, None], ["n/a", "1,5", 1.5, 7, None]),
    ("MEDIUMINT", [2**40, b"\x01", -5], [2**40, None, -5]),
    ("INT", ["1,5", 7], ["1,5", 7]),
    ("TINYINT", [128, 127, -40000], [128, 127, -40000]),
    ("SMALLINT", [2**15, "n/a", 7, None], [2**15, "n/a", 7, None]),
    *((kind, ["12,5", 12.5, 3], ["12,5", 12.5, 3.0]) for kind in ("REAL", "FLOAT", "DOUBLE")),
    ("BOOLEAN", ["ja", 5, 1, 0, None], ["ja", 5, True, False, None]),
    ("DATE", ["1890-00-00", 1890, "1890-01-02T03:04:05Z"], ["1890-00-00", 1890, "1890-01-02"]),
    ("DATETIME", ["um 1890", "1890-01-02T03:04:05Z"], ["um 1890", "1890-01-02T03:04:05Z"]),
]


@pytest.mark.parametrize(("kind", "stored", "read"), GEOPACKAGE_CELLS, ids=[kind for kind, *_ in GEOPACKAGE_CELLS])
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_cell_of_a_geopackage_that_is_not_of_its_columns_kind_is_what_is_stored(
    tmp_path: Path, kind: str, stored: list[Any], read: list[Any], as_zip: bool
) -> None:
    """SQLite takes any value in any column; GDAL made 0 of "n/a", 1 of "1,5", and nothing of 1890-00-00."""
    path = tmp_path / "a.gpkg"
    places = gpd.points_from_xy([*range(len(stored) + 1)], [47] * (len(stored) + 1), crs=4326)
    gpd.GeoDataFrame(geometry=places).to_file(path, layer="x", engine="pyogrio", SPATIAL_INDEX="NO")
    with closing(sqlite3.connect(path)) as con, con:
        # Ids of features that do not begin with 1, as after a row was taken out.
        con.execute("DELETE FROM x WHERE fid = 1")
        con.execute(f'ALTER TABLE x ADD COLUMN "v \'1" {kind}')
        con.executemany('UPDATE x SET "v \'1" = ? WHERE fid = ?', zip(stored, range(2, len(stored) + 2), strict=True))
    if as_zip:
        path = zipped(tmp_path / "b.zip", {"a.gpkg": path.read_bytes()})
    table = read_table(path, AUTO)
    cells = table.frame["v '1"].tolist()
    assert list(map(repr, cells)) == list(map(repr, read))
    assert [shape.x for shape in table.frame["geometry"]] == [*range(1, len(stored) + 1)]


def test_a_number_that_is_too_large_for_its_column_of_a_geopackage_costs_no_file(tmp_path: Path) -> None:
    """GDAL's reader refused a whole list for one 70000 in a column of two bytes."""
    path = tmp_path / "a.gpkg"
    cells = {"name": ["a", "b"], "built": np.array([1890, 1900], dtype="int16"), "floors": np.array([2, 3], "int16")}
    places = gpd.points_from_xy([15, 16], [47, 47], crs=4326)
    gpd.GeoDataFrame(cells, geometry=places).to_file(path, layer="x", engine="pyogrio", SPATIAL_INDEX="NO")
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("UPDATE x SET built = 70000 WHERE fid = 1")
    table = read_table(path, AUTO)
    assert [*table.frame] == ["name", "built", "floors", "geometry"]
    assert table.frame[["name", "built", "floors"]].to_numpy().tolist() == [["a", 70000, 2], ["b", 1900, 3]]


SCHEMA = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Schema name="s" id="s"><SimpleField type="int" name="n"/>'
    "<SimpleField name='d' type='double'></SimpleField><SimpleField type=\"bool\" name=\"b\"/>"
    '<SimpleField type="string" name="s"/></Schema>{rows}</Document></kml>'
)


@pytest.mark.parametrize("as_kmz", [False, True])
def test_a_cell_of_a_kml_that_is_not_what_its_schema_promises_is_what_stands_there(
    tmp_path: Path, as_kmz: bool
) -> None:
    """An empty cell in a field of numbers was 0, "n/a" as well, "12,5" was 12, and an empty yes or no a no."""
    cells = [("5", "1.5", "true", "5"), ("", "", "", ""), ("n/a", "12,5", "ja", "x"), ("99999999999", "3", "0", "1.0")]
    cells += [("-7", "1e3", "1", "n/a"), ("0", "0", "False", "")]
    rows = "".join(
        '<Placemark><ExtendedData><SchemaData schemaUrl="#s">'
        + "".join(f'<SimpleData name="{name}">{cell}</SimpleData>' for name, cell in zip("ndbs", row, strict=True))
        + "</SchemaData></ExtendedData><Point><coordinates>15,47</coordinates></Point></Placemark>"
        for row in cells
    )
    path = tmp_path / "a.kml"
    path.write_text(SCHEMA.format(rows=rows))
    if as_kmz:
        path = zipped(tmp_path / "b.kmz", {"doc.kml": path.read_bytes()})
    table = read_table(path, AUTO)
    assert table.frame["n"].tolist() == [5, None, "n/a", 99999999999, -7, 0]
    assert list(map(repr, table.frame["d"])) == ["1.5", "None", "'12,5'", "3.0", "1000.0", "0.0"]
    assert table.frame["b"].tolist() == [True, None, "ja", False, True, False]
    assert table.frame["s"].tolist() == ["5", "", "x", "1.0", "n/a", ""]
    (told,) = [note for note in table.notes if "that do not fit the type of their column" in note]
    assert "'n' (1, first 'n/a' in feature 3)" in told
