"""Files of every kind, honest or not, read as text."""

from __future__ import annotations

import csv
import gettext
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pycountry
import pyogrio
import pytest
import shapely

from inducult_geo.catalog import Contract, Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats import geopackages, json_tables, sheets
from inducult_geo.sources.formats.paged import Page, cut_list, pages_told
from inducult_geo.sources.formats.readers import ChoiceError, read_table
from inducult_geo.sources.formats.table import MAX_BYTES, Table, nul_rows
from inducult_geo.sources.formats.twice import encoded_once
from inducult_geo.text.encodings import best_encoding

AUTO = Read()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimited_text_is_detected(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    rows = [["nr", "nazwa", "rok"], ["1", "Huta Małapanew", "1754"], ["2", "Cegielnia", "1890"]]
    path = write(tmp_path / "a.csv", newline.join(delimiter.join(row) for row in rows) + newline, encoding)
    table = read_table(path, AUTO)
    assert [*table.frame.columns] == rows[0]
    assert table.frame.to_numpy().tolist() == rows[1:]
    assert not table.bad_rows
    assert table.places[1] == "a.csv line 3"


@pytest.mark.parametrize("title", ["Popis industrijske baštine", "Popis baštine, stanje 2024"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_title_above_the_table_names_no_delimiter(tmp_path: Path, title: str, delimiter: str) -> None:
    rows = [("R.br.", "Naziv", "Širina", "Dužina")]
    rows += [(str(n), f"Ciglana {n}", f"45°2{n}'00,0\" S", "16°24'00,0\" I") for n in range(6)]
    lines = [title, *(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    table = read_table(write(tmp_path / "a.csv", "\n".join(lines)), Read(header_row=2))
    assert [*table.frame.columns] == [*rows[0]]
    assert table.frame["Dužina"].tolist() == ["16°24'00,0\" I"] * 6
    assert not table.bad_rows


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2", "cp1252", "cp852"])
def test_a_stated_encoding_is_followed(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "id;name\n1;Grüße\n", encoding)
    assert read_table(path, Read(encoding=encoding)).frame["name"][0] == "Grüße"


def test_a_guessed_encoding_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id;name\n" + "1;Förderturm für Müßiggänger\n" * 20, "cp1252")
    table = read_table(path, AUTO)
    assert any("guessed" in note for note in table.notes)


def test_rows_of_a_wrong_shape_are_kept_and_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id;name\n1;A\n2\n3;B;surplus\n\n4;"C;\nD"\n5;E;;\n')
    table = read_table(path, AUTO)
    assert [*table.frame["id"]] == ["1", "2", "3", "4", "5"]
    assert set(table.bad_rows) == {1, 2}
    assert table.frame["name"][3] == "C;\nD"
    assert table.places[4] == "a.csv line 8"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n0000", "is not what it says.*a PNG picture"),
        ("a.xlsx", b"id;name\n", "is not what it says.*begins as a ZIP"),
        ("a.xlsx", b"PK\x03\x04broken", "cannot be read as an archive"),
        ("a.shp", b"%PDF-1.4", "a PDF document"),
        ("a.shp", b"no shapefile at all", "cannot be read"),
        ("a.docx", b"PK\x03\x04", "is no known kind of table. It is a text"),
        ("a.txt", b'{| class="wikitable"\n! Nr. !! Lage\n|-\n| 1 || x\n|}', "the source text of a page of a wiki"),
        ("a.mdb", b"\0\1\0\0Standard Jet DB", "a database of Access: export the table from it as an Excel workbook"),
        (
            "a.csv",
            b"<!DOCTYPE html>\n<html><body>a, b</body></html>",
            "is a web page, and no table: often one that asks",
        ),
        ("a.geojson", b"\xef\xbb\xbf\n<html>", "is a web page, and no table"),
        ("a.zip", b"<!doctype HTML>", "is a web page, and no table"),
        ("a.csv", b'{"error": {"code": 400, "message": "no"}}', "is JSON, and no delimited text"),
        ("a.txt", b'<?xml version="1.0"?><ows:ExceptionReport/>', "is XML, and no delimited text"),
        ("a.xyz", b"1 2 3", "is no known kind of table. Known: .csv, "),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "is protected by a password"),
        ("a.csv", b"\n\n \n", "only blank lines"),
        ("a.csv", bytes(range(256)) * 8, "is not what it says"),
        ("a.geojson", b'{"type": "FeatureCollection"', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_reason(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ContractError, match=f"(?s){name}.*{said}"):
        read_table(path, AUTO)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"a\.csv: no such file"):
        read_table(tmp_path / "a.csv", AUTO)


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", "line 3: byte 0xb3"), ("klingon", "no known encoding")])
def test_a_wrong_encoding_names_the_line(tmp_path: Path, encoding: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id;name\n1;Huta\n2;Ma\xb3apanew\n")
    with pytest.raises(ContractError, match=said):
        read_table(path, Read(encoding=encoding))


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.gpkg", "GPKG"),
        ("a.shp", "ESRI Shapefile"),
        ("a.geojson", "GeoJSON"),
        ("a.fgb", "FlatGeobuf"),
        ("a.gml", "GML"),
    ],
)
def test_vector_files_keep_geometry_and_crs(tmp_path: Path, name: str, driver: str) -> None:
    frame = gpd.GeoDataFrame({"id": ["1", "2"]}, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs="EPSG:3035")
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio")
    table = read_table(tmp_path / name, AUTO)
    assert len(table.frame) == 2
    # FlatGeobuf orders rows by place.
    assert {shape.x for shape in table.frame["geometry"]} == {1, 3}
    assert table.crs is not None
    assert "3035" in table.crs


def test_a_zipped_shapefile_is_read_without_unpacking(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:3035")
    frame.to_file(tmp_path / "a.shp", engine="pyogrio")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for part in tmp_path.glob("a.*"):
            archive.write(part, part.name)
    assert len(read_table(tmp_path / "b.zip", AUTO).frame) == 1
    assert not (tmp_path / "b").exists()


def test_several_layers_need_a_name(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:3035")
    frame.to_file(tmp_path / "a.gpkg", layer="one", engine="pyogrio")
    frame.to_file(tmp_path / "a.gpkg", layer="two", engine="pyogrio")
    with pytest.raises(ContractError, match=r"has 2 layers .*'one', 'two'"):
        read_table(tmp_path / "a.gpkg", AUTO)
    assert len(read_table(tmp_path / "a.gpkg", Read(layer="two")).frame) == 1
    with pytest.raises(ContractError, match="no layer 'three'"):
        read_table(tmp_path / "a.gpkg", Read(layer="three"))


@pytest.mark.parametrize("name", ["opsd_be_18.xlsx", "orte.xls", "set.ods"])
def test_spreadsheets_as_they_come(shared: Path, name: str) -> None:
    path = shared / "data" / "messy" / name
    try:
        table = read_table(path, AUTO)
    except ContractError as problem:
        assert "sheets" in str(problem)  # noqa: PT017 - either way is an answer
        table = read_table(path, Read(sheet=1))
    assert len(table.frame) > 0
    assert len(table.places) == len(table.frame)


# --- hostile and damaged files ------------------------------------------------------------------------------------


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, said: str, read: Read = AUTO) -> None:
    with pytest.raises(ContractError, match=f"(?s){said}"):
        read_table(path, read)


@pytest.mark.parametrize("name", ["dela.gpkg", "DELA.GPKG"])
def test_a_geopackage_that_a_program_left_half_written_is_read_whole_and_left_as_it_is(
    tmp_path: Path, name: str
) -> None:
    """QGIS broke off and left its log: to read the file wrote the log into it, where a partner's file never changes."""
    path = tmp_path / name
    frame = gpd.GeoDataFrame({"nazwa": ["Huta", "Hala"]}, geometry=[shapely.Point(18, 50)] * 2, crs=4326)
    frame.to_file(path, driver="GPKG", layer="dela")
    edit = """
import os, sqlite3, sys
con = sqlite3.connect(sys.argv[1])
con.execute("PRAGMA journal_mode = WAL")
con.execute("CREATE TABLE later (a)")
con.execute("UPDATE gpkg_contents SET identifier = 'edited'")
for name in [row[0] for row in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
    con.execute(f'DROP TRIGGER "{name}"')
con.execute("UPDATE dela SET nazwa = 'Huta Nowa' WHERE nazwa = 'Huta'")
con.commit()
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", edit, str(path)], check=True)
    before = {part.name: part.read_bytes() for part in tmp_path.iterdir()}
    assert before[f"{name}-wal"]
    table = read_table(path, AUTO)
    assert table.frame["nazwa"].tolist() == ["Huta Nowa", "Hala"]
    assert any(f"what stands in {name}-wal is read as well" in note for note in table.notes)
    assert {part.name: part.read_bytes() for part in tmp_path.iterdir()} == before
    packed = read_table(zipped(tmp_path / "dela.zip", before), AUTO)
    assert packed.frame["nazwa"].tolist() == ["Huta Nowa", "Hala"]
    assert any(f"what stands in {name}-wal is read as well" in note for note in packed.notes)


@pytest.mark.parametrize("ending", [".gml", ".gpkg", ".shp"])
@pytest.mark.parametrize("other", ["huty.old", "huty.2024-05", "huty"])
def test_a_file_is_read_itself_and_no_older_one_beside_it(tmp_path: Path, ending: str, other: str) -> None:
    """Of "huty.gml" and "huty.old.gml", or "huty.GML", the one that was asked for, whichever the folder lists first."""
    made, beside = tmp_path / f"huty{ending}", f"{other}{ending.upper() if other == 'huty' else ending}"
    for path, name in ((tmp_path / f"old{ending}", "Stara"), (made, "Nowa")):
        frame = gpd.GeoDataFrame({"nazwa": [name]}, geometry=[shapely.Point(18, 50)], crs=4326)
        frame.to_file(path, driver={".gml": "GML", ".gpkg": "GPKG", ".shp": "ESRI Shapefile"}[ending])
    if ending == ".gpkg":
        made.with_name("huty.gpkg-wal").write_bytes(b"no log")
    for part in tmp_path.glob("old.*"):
        part.rename(
            tmp_path / (beside if part.suffix == ending else f"{other}{part.suffix}" if other != "huty" else part)
        )
    made.with_suffix(".shx").unlink(missing_ok=True)
    packed = {part.name: part.read_bytes() for part in tmp_path.iterdir() if part.stem in ("huty", other)}
    assert read_table(made, AUTO).frame["nazwa"].tolist() == ["Nowa"]
    archive = zipped(tmp_path / "huty.zip", dict(sorted(packed.items(), reverse=True)))
    assert read_table(archive, Read(member=made.name)).frame["nazwa"].tolist() == ["Nowa"]


@pytest.mark.parametrize("suffix", [".zip", ".xlsx", ".ods", ".kmz"])
def test_a_zip_bomb_is_told_by_its_directory(tmp_path: Path, suffix: str) -> None:
    refused(zipped(tmp_path / f"a{suffix}", {"doc.kml": bytes(80_000_000)}), "zip bomb.*Send the file unpacked")


def test_an_archive_that_hides_its_size_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.kmz", {"doc.kml": b"<kml>" + bytes(3_000_000)})
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "larger than it says")


@pytest.mark.parametrize("name", ["../a.kml", "/etc/a.kml", "a/../../b.kml", "C:\\a.kml", "..\\a.kml"])
def test_no_member_leads_out_of_an_archive(tmp_path: Path, name: str) -> None:
    refused(zipped(tmp_path / "a.zip", {name: b"<kml/>"}), "leads out of the archive")


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"x": b"<kml/>"}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    entry = data.rfind(b"PK\x01\x02")
    # The name's length is 0 in the directory; its letter becomes the first byte of an extra field.
    path.write_bytes(data[: entry + 28] + b"\0\0\1\0" + data[entry + 32 :])
    refused(path, "has no name|cannot be read as an archive")


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.zip", {f"{n}.txt": b"" for n in range(2_001)}), "2001 files are more")


CSV = "id;name\n1;Młyn\n2;Huta\n".encode("cp1250")


@pytest.mark.parametrize(
    "members",
    [
        {"plants.csv": CSV},
        {"data/plants.csv": CSV, "README.txt": b"read me", "manual.pdf": b"%PDF"},
        {"data/plants.TXT": CSV},
        {"plants.csv": CSV, "__MACOSX/._plants.csv": b"x", ".hidden.csv": b"y", "~$plants.xlsx": b"z"},
    ],
)
def test_a_table_of_text_in_an_archive_is_read(tmp_path: Path, members: dict[str, bytes]) -> None:
    table = read_table(zipped(tmp_path / "a.zip", members), AUTO)
    assert table.frame["name"].tolist() == ["Młyn", "Huta"]
    assert table.places[1].lower().endswith("line 3")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_no_room_for_temporary_files_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    """It said "Pack it again". What a child may write is limited: to mount a small disk a test may not be allowed."""
    packed = zipped(tmp_path / "a.zip", {"a.csv": b"id,name\n" + b"1,Zeche\n" * 900})
    code = (
        "import resource, sys; from inducult_geo.sources.formats import readers; from pathlib import Path\n"
        "from inducult_geo.catalog import Read\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: readers.read_table(Path(sys.argv[1]), Read())\n"
        "except Exception as problem: print(type(problem).__name__, problem)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, packed], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"ContractError {packed}: 'a.csv' cannot be unpacked: [Errno 27]"), said
    assert "none the worse: make room for temporary files" in said


def test_a_workbook_in_an_archive_is_read(tmp_path: Path) -> None:
    inner = workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "1"})
    path = zipped(tmp_path / "b.zip", {"Liste 2026.xlsx": inner.read_bytes()})
    assert read_table(path, AUTO).places == ["Liste 2026.xlsx row 2"]


def test_of_several_tables_in_an_archive_one_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"units.csv": CSV, "x/links.csv": b"a,b\n1,2\n", "readme.txt": b"x"})
    refused(path, r"has 2 members \('units.csv', 'x/links.csv'\)\. Name the one meant as \[read\] member")
    assert read_table(path, Read(member="x/links.csv")).frame["b"].tolist() == ["2"]
    assert len(read_table(path, Read(member="readme.txt")).frame) == 0
    refused(path, "no member 'z.csv'", Read(member="z.csv"))


def test_what_is_wrong_with_a_member_is_said_of_the_archive(tmp_path: Path) -> None:
    refused(
        zipped(tmp_path / "a.zip", {"x.csv": b"\x89PNG\r\n"}), r"a\.zip: x\.csv: is not what it says.*a PNG picture"
    )
    refused(zipped(tmp_path / "b.zip", {"x.csv": b""}), r"b\.zip: x\.csv: the file is empty")
    refused(zipped(tmp_path / "c.zip", {"inner.txt.bak": b"x", "a.pdf": b"%PDF"}), "holds no table .*'a.pdf'")


def test_an_archive_in_an_archive_is_named_and_never_passed_over(tmp_path: Path) -> None:
    """The text beside it was drafted as the table, with no rows: the partner's data were lost without a word."""
    inner = zipped(tmp_path / "inner.zip", {"x.csv": CSV}).read_bytes()
    path = zipped(tmp_path / "all.zip", {"part/inner.zip": inner, "read me.txt": b"read me"})
    refused(path, r"holds archives in an archive \('part/inner.zip'\)\. Unpack it")
    refused(path, "holds archives in an archive", Read(member="part/inner.zip"))
    assert len(read_table(path, Read(member="read me.txt")).frame) == 0
    beside = read_table(zipped(tmp_path / "b.zip", {"x.csv": CSV, "old.7z": b"7z", "a.txt": b"x"}), AUTO)
    assert len(beside.frame) > 0
    assert "holds also 'old.7z', archives that nobody reads" in beside.notes
    plain = read_table(zipped(tmp_path / "c.zip", {"x.csv": CSV, "a.txt": b"x"}), AUTO)
    assert not any("holds also" in note for note in plain.notes)


@pytest.mark.parametrize("suffix", [".xls", ".xlsx", ".ods"])
@pytest.mark.parametrize("start", [b"<html>", b"\xef\xbb\xbf\r\n <?xml version='1.0'?><Workbooks>"])
def test_a_page_of_a_portal_under_the_ending_of_a_workbook_says_what_to_do(
    tmp_path: Path, suffix: str, start: bytes
) -> None:
    path = tmp_path / f"Export{suffix}"
    path.write_bytes(start + b"<table><tr><td>1</td></tr></table>")
    refused(path, rf"a page of HTML or XML under the ending '\{suffix}'.*save it as \.xlsx")


def test_the_mark_of_a_file_that_somebody_has_open_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "~$popis.xlsx"
    path.write_bytes(b"\x05M. Novak" + b" " * 160)
    refused(path, r"while somebody has the file open\. Name popis\.xlsx in its place")


@pytest.mark.parametrize(("suffix", "remedy"), [(".xlsx", "Save or copy it again"), (".zip", "or pack it again")])
def test_a_file_that_was_copied_half_way_says_what_helps(tmp_path: Path, suffix: str, remedy: str) -> None:
    whole = zipped(tmp_path / "a.zip", {"x.csv": CSV * 50}, zipfile.ZIP_STORED).read_bytes()
    half = tmp_path / f"half{suffix}"
    half.write_bytes(whole[: len(whole) // 2])
    refused(half, f"cannot be read as an archive.*{remedy}")


def test_the_root_of_a_kmz_is_read_and_the_rest_named(tmp_path: Path) -> None:
    one = KML.replace("&a;", "Huta").encode()
    path = zipped(tmp_path / "a.kmz", {"files/b.kml": one.replace(b"Huta", b"Hala"), "doc.kml": one})
    table = read_table(path, AUTO)
    assert table.frame["Name"].tolist() == ["Huta"]
    assert any("holds also 'files/b.kml'" in note for note in table.notes)
    assert read_table(path, Read(member="files/b.kml")).frame["Name"].tolist() == ["Hala"]


BOMB = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FAR = '<!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&a;</name>'
    "<Point><coordinates>17,50</coordinates></Point></Placemark></Document></kml>"
)


@pytest.mark.parametrize("suffix", [".kml", ".gml", ".gpx"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("prolog", [BOMB, FAR, "<!doctype x>", " " * 3_000_000 + "<!ENTITY a 'b'>"])
def test_entities_are_refused_before_any_parser_sees_them(
    tmp_path: Path, suffix: str, encoding: str, prolog: str
) -> None:
    root = {".kml": "kml", ".gml": "FeatureCollection", ".gpx": "gpx"}[suffix]
    path = write(tmp_path / f"a{suffix}", f"<{root}>{prolog}</{root}>", encoding)
    refused(path, "document type or entities")
    before = write(tmp_path / f"b{suffix}", f"{prolog}<{root}/>", encoding)
    refused(before, "document type or entities|should begin with")


def test_entities_inside_a_kmz_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.kmz", {"doc.kml": (BOMB + KML).encode()})
    refused(path, "document type or entities")


@pytest.mark.parametrize("suffix", [".kml", ".gml", ".gpx", ".shp", ".geojson", ".mif", ".tab", ".dxf", ".fgb"])
def test_a_virtual_data_set_is_no_way_to_other_files(tmp_path: Path, suffix: str) -> None:
    secret = write(tmp_path / "secret.csv", "id,name\n1,secret\n")
    text = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    refused(write(tmp_path / f"a{suffix}", text + "</OGRVRTDataSource>"), "not what it says|cannot be read")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"rows": [1]}', "is JSON but no GeoJSON .*'rows'.*as CSV"),
        ("[1, 2]", "its top level is a list of 2"),
        ("3", "a single value"),
        ("[" * 200_000, "too deeply nested|cannot be read as JSON"),
        ('{"type": "Topology"}', "no GeoJSON"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "link", "properties": {"href": "http://a"}}}',
         "member `crs` is no name"),
        ('{"type": "FeatureCollection", "features": [], "crs": {"type": "name", "properties": {"name": "http://a/b"}}}',
         "member `crs` is no name"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".json", ".geojson"])
def test_json_that_is_no_geojson_is_refused(tmp_path: Path, suffix: str, text: str, said: str) -> None:
    refused(write(tmp_path / f"a{suffix}", text), said)


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "Huta", "lat": 50.7180, "n": null, "x": {"y": "a"}}, {"name": " ", "on": true, "lat": NaN}]',
        """{"head": {"vars": ["name"]}, "results": {"bindings": [
            {"name": {"type": "literal", "value": "Huta"}, "lat": {"value": "50.7180"}, "x.y": {"value": "a"}},
            {"on": {"value": "true"}}]}}""",
        """{"count": 2, "next": null, "sites": [
            {"name": "Huta", "lat": 50.7180, "x": {"y": "a"}}, {"name": null, "on": true}]}""",
    ],
)
def test_json_of_rows_is_a_table(tmp_path: Path, text: str) -> None:
    """What Wikidata and most portals give as JSON was refused; numbers keep the digits that are written."""
    table = read_table(write(tmp_path / "a.json", text), AUTO)
    rows = table.frame[["name", "lat", "on", "x.y"]].astype(object).where(lambda cells: cells.notna(), None)
    assert rows.to_numpy().tolist() == [["Huta", "50.7180", None, "a"], [None, None, "true", None]]
    assert table.places == ["a.json object 1", "a.json object 2"]
    assert not table.warnings


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_json_lines_are_a_table(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}", '\ufeff{"name": "Huta", "lat": 50.7180}\n\n{"name": "Ha}\\n{la"}\r\n')
    table = read_table(path, AUTO)
    assert table.frame["name"].tolist() == ["Huta", "Ha}\n{la"]
    assert table.places == [f"a.{ending} line 1", f"a.{ending} line 3"]
    refused(write(path, f"{FEATURE}\n{FEATURE}\n"), "JSON Lines")
    if ending == "jsonl":
        assert read_table(write(path, '{"name": "Huta"}\n'), AUTO).places == ["a.jsonl line 1"]
    refused(write(path, '{"a": 1}\n{"a": '), "JSON Lines")


def test_json_that_is_nearly_a_table_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = r'[{"n\ud800": "a\ud800b", "x": {"y\udfff": "\ud800", "z": "\ud83c\udfed\u0000"}}]'
    frame = read_table(write(tmp_path / "half.json", half), AUTO).frame
    assert frame.to_csv().encode().decode().count("?") >= 4
    assert frame["x.z"][0].startswith("\N{FACTORY}")
    refused(write(tmp_path / "b.json", '[{"type": "Feature", "geometry": null}]'), "a list of 1")
    refused(write(tmp_path / "c.json", '[{"a": 1}, 2]'), "a list of 2")
    refused(write(tmp_path / "f.json", '{"a": [{"n": 1}], "b": [{"n": 2}]}'), "no GeoJSON")
    page = read_table(write(tmp_path / "page.json", '{"count": 5234, "results": [{"n": 1}]}'), AUTO)
    assert page.page is not None
    assert [("of 5,234 rows it holds 1" in told, lost) for _, told, lost in page.page.told] == [(True, 5233)]
    refused(write(tmp_path / "d.json", '[{"a": 1}'), "cut short")
    wide = json.dumps([{f"k{number}": 1} for number in range(2001)])
    refused(write(tmp_path / "e.json", wide), "2,001 different names")
    monkeypatch.setattr(json_tables, "MAX_JSON_BYTES", len(wide) - 1)
    refused(tmp_path / "e.json", "is JSON but no GeoJSON")


FEATURE = '{"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Point", "coordinates": [17, 50]}}'


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([(2, 5, "ab"), (2, 5, "cd"), (1, 5, "e")], []),
        ([(2, 5, "ab"), (1, 5, "e")], [("of the 5 rows of a server's answer 3 are here. Ask", 2)]),
        ([(2, 4, "ab"), (2, 4, "ab")], [("answer 2 are here ('b' holds what another holds)", 2)]),
        ([(2, 0, "ab"), None], []),
        ([(2, 0, "ab"), (2, 0, "cd")], [("each says to be a page", 1)]),
        ([(2, 3, "ab"), (1, 3, "c"), (3, 9, "xyz")], [("'c': of the 9 rows", 6)]),
    ],
)
def test_of_the_pages_of_an_answer_a_missing_one_is_told(files: list[Any], told: list[tuple[str, int]]) -> None:
    read = [(Page(*file[:2]), set(file[2])) if file else (None, {"w"}) for file in files]
    said = pages_told([("abc"[at], *one) for at, one in enumerate(read)])
    assert [(part in sentence, missing) for (part, _), (sentence, missing) in zip(told, said, strict=True)] == [
        (True, missing) for _, missing in told
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('"exceededTransferLimit": true', "it holds 2 rows, and there are more"),
        ('"properties": {"exceededTransferLimit":true}', "it holds 2 rows, and there are more"),
        ('"numberMatched": 5234, "numberReturned": 2', "of 5,234 rows it holds 2"),
        ('"totalFeatures": 7', "of 7 rows it holds 2"),
        ('"totalFeatures": "unknown", "numberMatched": 2, "exceededTransferLimit": false', None),
    ],
)
def test_a_page_of_a_longer_list_is_told_as_one(tmp_path: Path, said: str, told: str | None) -> None:
    """Of 5,234 works of a server the first thousand came in, and nothing said so."""
    text = f'{{"type": "FeatureCollection", {said}, "features": [{FEATURE}, {FEATURE}]}}'
    table = read_table(write(tmp_path / "a.json", text), AUTO)
    assert [told in sentence for _, sentence, _ in (table.page.told if table.page and told else ())] == [True] * bool(
        told
    )
    assert bool(table.page) == bool(told)
    counts = b'<wfs:FeatureCollection numberMatched="5" numberReturned="2">'
    assert cut_list(counts, ".gml", 1) == Page(2, 5), "of its layers one was read"
    assert [cut_list(b" " * 9000 + counts[:45], kind, 1) for kind in (".gml", ".json")] == [None, Page(1, 5)]


def test_the_answer_of_an_arcgis_server_is_read_with_its_system_and_dates(tmp_path: Path) -> None:
    """It was refused, and asked for as GeoJSON, which older servers do not give."""
    rows = [{"attributes": {"NAME": name, "BUILT": -2524521600000}, "geometry": {"x": 323000, "y": 5621000}}
            for name in ("Weberei", "Spinnerei")]  # fmt: skip
    fields = [{"name": "NAME", "type": "esriFieldTypeString"}, {"name": "BUILT", "type": "esriFieldTypeDate"}]
    answer = {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 102329, "latestWkid": 25833},
              "fields": fields, "features": rows}  # fmt: skip
    table = read_table(write(tmp_path / "a.json", json.dumps(answer)), AUTO)
    assert table.crs == "EPSG:25833"
    assert table.frame["NAME"].tolist() == ["Weberei", "Spinnerei"]
    assert str(table.frame["BUILT"][0]).startswith("1890-01-01")
    refused(write(tmp_path / "b.json", json.dumps(answer | {"features": [*rows, {"x": 1}]})), "no GeoJSON")


def test_a_legacy_crs_member_is_followed(tmp_path: Path) -> None:
    text = (
        '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2177"}},'
        '"features": [{"type": "Feature", "properties": {"n": "a"},'
        '"geometry": {"type": "Point", "coordinates": [6420000, 5800000]}}]}'
    )
    assert read_table(write(tmp_path / "a.json", text), AUTO).crs == "EPSG:2177"


def shapefile(folder: Path, rows: int = 3) -> Path:
    frame = gpd.GeoDataFrame(
        {"id": [str(n) for n in range(rows)]}, geometry=[shapely.Point(n, 2) for n in range(rows)], crs="EPSG:3035"
    )
    frame.to_file(folder / "a.shp", engine="pyogrio")
    return folder / "a.shp"


@pytest.mark.parametrize("lost", [(".dbf",), (".prj",), (".shx",), (".dbf", ".prj", ".shx", ".cpg")])
@pytest.mark.parametrize("as_zip", [False, True])
def test_a_shapefile_is_read_without_what_it_lost(tmp_path: Path, lost: tuple[str, ...], as_zip: bool) -> None:
    path = shapefile(tmp_path)
    for suffix in lost:
        path.with_suffix(suffix).unlink(missing_ok=True)
    if as_zip:
        parts = {f"sub/{part.name}": part.read_bytes() for part in tmp_path.glob("a.*")}
        path = zipped(tmp_path / "b.zip", parts)
    there = sorted(part.name for part in tmp_path.iterdir())
    table = read_table(path, AUTO)
    assert [shape.x for shape in table.frame["geometry"]] == [0, 1, 2]
    assert (table.crs is None) == (".prj" in lost)
    assert ("id" in table.frame) == (".dbf" not in lost)
    assert sorted(part.name for part in tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    ("suffix", "size"), [(".shp", 500), (".shx", 300), (".dbf", 200), (".dbf", 40), (".dbf", 0), (".shp", 101)]
)
def test_a_shapefile_that_was_cut_off_is_said(tmp_path: Path, suffix: str, size: int) -> None:
    """Of a table that was cut in its head all names were lost in silence, of a cut .shp most places."""
    path = shapefile(tmp_path, rows=50).with_suffix(suffix)
    path.write_bytes(path.read_bytes()[:size])
    refused(path.with_suffix(".shp"), f"{path.name} was cut short.*Copy all files of that name again")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("a.[sdp]*"):
            archive.write(part, part.name)
    refused(tmp_path / "a.zip", f"{path.name} was cut short")


def test_reading_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["1"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:3035")
    frame.to_file(tmp_path / "a.gml", driver="GML", engine="pyogrio")
    (tmp_path / "a.xsd").unlink()
    read_table(tmp_path / "a.gml", AUTO)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gml"]


@pytest.mark.parametrize(("name", "missing"), [("a.mif", "a.mid"), ("a.tab", "a.dat")])
def test_half_of_a_mapinfo_table_names_the_other_half(tmp_path: Path, name: str, missing: str) -> None:
    refused(write(tmp_path / name, "Version 300\n" if name == "a.mif" else "!table\n!version 300\n"), missing)


def test_half_of_a_mapinfo_table_in_an_archive_names_the_other_half(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.writestr("gis/huty.mif", "Version 300\n")
    refused(tmp_path / "sent.zip", r"huty\.mid is missing")


@pytest.mark.parametrize(("name", "driver"), [("a.tab", "MapInfo File"), ("a.mif", "MapInfo File"), ("a.dxf", "DXF")])
def test_other_vector_files_are_read(tmp_path: Path, name: str, driver: str) -> None:
    data = {} if driver == "DXF" else {"id": ["1", "2"]}
    frame = gpd.GeoDataFrame(data, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs="EPSG:3035")
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio")
    # A TAB keeps whole steps of a grid over the world.
    found = [shape.x for shape in read_table(tmp_path / name, AUTO).frame["geometry"]]
    assert found == pytest.approx([1, 3], abs=0.05)


def test_kml_and_kmz_and_gpx_are_read(tmp_path: Path) -> None:
    kml = KML.replace("&a;", "Huta")
    assert read_table(write(tmp_path / "a.kml", kml), AUTO).crs == "EPSG:4326"
    kmz = zipped(tmp_path / "a.kmz", {"doc.kml": kml.encode(), "files/a.png": b"\x89PNG"})
    assert read_table(kmz, AUTO).frame["Name"][0] == "Huta"
    gpx = (
        '<?xml version="1.0"?><gpx version="1.1" creator="a" xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="50" lon="17"><name>Huta</name></wpt></gpx>'
    )
    table = read_table(write(tmp_path / "a.gpx", gpx), AUTO)
    assert table.frame["name"].tolist() == ["Huta"]
    track = gpx.replace(
        "</gpx>", '<trk><trkseg><trkpt lat="50" lon="17"/><trkpt lat="51" lon="17"/></trkseg></trk></gpx>'
    )
    refused(write(tmp_path / "b.gpx", track), "has 2 layers .*'waypoints', 'tracks'")


def test_parquet_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    cells = {"id": ["1"], "geometry": ["a text"], "geom": [shapely.Point(1, 2)]}
    gpd.GeoDataFrame(cells, geometry="geom", crs="EPSG:3035").to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet", AUTO)
    assert (table.crs, table.frame.to_numpy().tolist()) == ("EPSG:3035", [["1", shapely.Point(1, 2)]])
    feature = FEATURE.replace('"n": 1', '"n": 1, "geometry": "a text"')
    for told in (table, read_table(write(tmp_path / "a.geojson", feature), AUTO)):
        assert "its column 'geometry' is not read" in told.notes[-1]
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(data[:-20])
    refused(tmp_path / "b.parquet", "cannot be read")


# --- delimited text as it should not be ---------------------------------------------------------------------------


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    wide = ";".join(f"c{n}" for n in range(5_001))
    refused(write(tmp_path / "a.csv", wide + "\n" + wide + "\n"), "5001 columns are more")
    exact = ";".join(f"c{n}" for n in range(5_000))
    assert read_table(write(tmp_path / "b.csv", exact + "\n" + exact + "\n"), AUTO).frame.shape == (1, 5_000)


def test_a_cell_of_ten_megabytes_is_a_bad_row_and_half_of_it_read(tmp_path: Path) -> None:
    whole = read_table(write(tmp_path / "a.csv", "id;name\n1;" + "x" * 10_000_001 + "\n2;Huta\n"), AUTO)
    assert whole.frame["id"].tolist() == ["1", "2"]
    assert set(whole.bad_rows) == {0}
    assert "10,000,000 characters" in whole.bad_rows[0]
    assert len(whole.frame["name"][0]) == 10_000
    table = read_table(write(tmp_path / "b.csv", "id;name\n1;" + "x" * 5_000_000 + "\n"), AUTO)
    assert len(table.frame["name"][0]) == 5_000_000


def test_the_first_file_of_a_process_may_hold_a_long_cell(tmp_path: Path) -> None:
    """Its delimiter was looked for with the limit of Python, so that no column was found."""
    before = csv.field_size_limit(131_072)
    try:
        table = read_table(write(tmp_path / "a.csv", "id;name\n1;" + "x" * 200_000 + "\n"), AUTO)
    finally:
        csv.field_size_limit(before)
    assert [*table.frame.columns] == ["id", "name"]
    assert len(table.frame["name"][0]) == 200_000


def test_a_cell_with_nul_marks_its_row(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "id;name\n1;Huta\n2;Mł\x00yn\n" + "3;Hala\n" * 50), AUTO)
    assert len(table.frame) == 52
    assert set(table.bad_rows) == {1}
    assert "NUL" in table.bad_rows[1]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('1;"Huta;1\n2;Młyn;2\n3;Hala;3"\n4;Gazownia;4\n', {0}),
        ('1;"Huta;1\n2;"Młyn";2\n3;"Hala";3\n4;Gazownia;4\n', {0}),
        ('1;Huta;1\n2;"Młyn;2\n3;Hala;3\n4;Gazownia;4\n', {1}),
        ('1;"Huta;1\n2;"Młyn;2\n3;"Hala;3\n4;"Gazownia;4\n', {0, 1, 2, 3}),
        ('1;"Huta\nMałapanew; 2 hale; 3 piece";1\n2;Młyn 12";2\n3;"Hala ""A""";3\n4;"Gaz"ownia;4\n', set()),
    ],
)
def test_an_open_quote_costs_its_own_row_alone(tmp_path: Path, text: str, bad: set[int], newline: str) -> None:
    table = read_table(write(tmp_path / "a.csv", ("id;name;x\n" + text).replace("\n", newline)), AUTO)
    assert table.frame["id"].tolist() == ["1", "2", "3", "4"]
    assert set(table.bad_rows) == bad
    assert all("a quote is not closed" in why or "cells where" in why for why in table.bad_rows.values())


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "a.csv", "id;X;X;X (1);X;\n1;2;3;4;5;\n"), AUTO)
    assert [*table.frame.columns] == ["id", "X (2)", "X (3)", "X (1)", "X (4)"]
    assert table.frame.loc[0].tolist() == ["1", "2", "3", "4", "5"]
    assert any("'X' stands 3 times in the header" in note for note in table.notes)


def test_empty_columns_at_the_end_are_none(tmp_path: Path) -> None:
    text = "id;name;;;\n1;Huta;;;\n2;Hala\n"
    assert [*read_table(write(tmp_path / "a.csv", text), AUTO).frame.columns] == ["id", "name"]
    filled = read_table(write(tmp_path / "b.csv", "id;name;;;\n1;Huta;;x;\n"), AUTO)
    assert [*filled.frame.columns] == ["id", "name", "column 3", "column 4"]
    sheet = workbook(tmp_path / "a.xlsx", {"A1": "id", "A2": "1", "H1": "", "H9": ""})
    assert [*read_table(sheet, AUTO).frame.columns] == ["id"]


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inducult_geo.sources.formats.delimited.MAX_CELLS", 1000)
    refused(write(tmp_path / "a.csv", "id;name\n" + "1;2\n" * 600), "1,000 cells")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_told(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "id;name\n" + "1;Förderturm\n" * 20, encoding)
    assert read_table(path, AUTO).frame["name"][0] == "Förderturm"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Förderturm", "Müßiggang", "Straße", "Göss"]),
        ("cp1250", ["Příbram", "Železárna", "Hřebečná", "Důl"]),
        ("cp1250", ["Małapanew", "Młyn", "Żelazna", "Łódź"]),
        ("iso8859_2", ["Małapanew", "Młyn", "Żelazna", "źródło"]),
        ("mac_roman", ["Förderturm", "Müßiggang", "Königshütte", "Göss"]),
        ("cp852", ["Małapanew", "Młyn", "Żelazna", "źródło"]),
        # Read as cp1252, č becomes è and Č becomes È: letters that are at home elsewhere.
        ("cp1250", ["Železarna", "Kovačnica", "Steklarna Hrastnik", "Čevljarna", "Tržič"]),
        ("cp1250", ["Željezara Sisak", "Ciglana Đurđevac", "Mlin Kukuljević", "Šećerana"]),
        ("iso8859_2", ["Železarna", "Kovačnica", "Čevljarna", "Tržič"]),
        ("cp1252", ["Centrale idroelettrica", "Società", "città è già più"]),
        ("cp1252", ["Papierfabriek België", "ijzergieterij Coöperatie", "Château"]),
        ("cp850", ["Förderturm", "Müßiggang", "Straße", "Königshütte"]),
        ("cp1250", ["Škoda", "Łódź", "Žďár", "Šibenik"]),
        ("iso8859_2", ["Škoda", "Łódź", "Žďár", "Šibenik"]),
        ("cp1251", ["Топлана «Нови Београд»", "Железара Смедерево", "ЛИВНИЦА", "Fabrika Застава"]),
        ("cp1251", ["Завод «Арсенал»", "ГЕС Дніпро", "Цукровий завод № 2", "Зуївка"]),
        ("iso8859_5", ["Завод Москва", "ФАБРИКА", "Мелница Перник", "Рудник"]),
        ("koi8_u", ["Завод Москва", "ФАБРИКА", "Мельниця", "Рудник"]),
        ("cp866", ["Завод Москва", "ФАБРИКА", "Мельница", "Рудник"]),
        ("mac_cyrillic", ["Завод Москва", "Железная дорога", "Мельница", "Рудник"]),
        ("cp1253", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        ("iso8859_7", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        ("cp737", ["Λαύριο", "Άγιος Νικόλαος", "ΕΡΓΟΣΤΑΣΙΟ", "Technopolis Αθήνα"]),
        # Half of Europe in one file: no Central European letters stand in it.
        ("mac_roman", ["Tømmergravsgade", "Produção", "Vértes", "SÄTERIN", "Unità", "LULEÅ", "GENERACIÓN", "Theiß"]),
    ],
)
def test_one_byte_encodings_are_weighed(tmp_path: Path, encoding: str, names: list[str], newline: str) -> None:
    text = newline.join(["id;name", *(f"{n};{name}" for n, name in enumerate(names * 5))])
    table = read_table(write(tmp_path / "a.csv", text, encoding), AUTO)
    assert table.frame["name"].tolist() == names * 5
    evidence = next(note for note in table.notes if "guessed" in note)
    # What the words look like is the evidence that a person can judge.
    assert any(name in evidence or name.split()[0] in evidence for name in names)


@pytest.mark.parametrize(
    ("language", "encodings"),
    [
        ("ru", ["cp1251", "koi8_r", "iso8859_5", "cp866", "mac_cyrillic"]),
        ("uk", ["cp1251", "koi8_u", "iso8859_5"]),
        ("be", ["cp1251", "iso8859_5"]),
        ("sr", ["cp1251", "iso8859_5"]),
        ("mk", ["cp1251", "iso8859_5"]),
        ("bg", ["cp1251", "iso8859_5"]),
        ("el", ["cp1253", "iso8859_7", "cp737"]),
        ("cs", ["cp1250", "iso8859_2", "cp852"]),
        ("pl", ["cp1250", "iso8859_2", "cp852"]),
        ("hr", ["cp1250", "iso8859_2", "cp852"]),
        ("sl", ["cp1250", "iso8859_2", "cp852"]),
    ],
)
def test_ten_names_of_countries_are_enough_to_tell_an_encoding(language: str, encodings: list[str]) -> None:
    told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
    names = sorted({told.gettext(country.name) for country in pycountry.countries})
    for encoding in encodings:
        whole = [name for name in names if not name.isascii() and name.encode(encoding, "replace").count(b"?") == 0]
        lists = ["\n".join(whole[start::9][:10]) for start in range(9)]
        found = [
            text.encode(encoding).decode(best_encoding(text.encode(encoding)) or "ascii", "replace") for text in lists
        ]
        # Two encodings of Central Europe differ in few letters, and names of other languages stand among these.
        wanted = 7 if language in ("cs", "pl", "hr", "sl") else 9
        assert sum(text == read for text, read in zip(lists, found, strict=True)) >= wanted, encoding


def test_half_a_character_is_a_lost_one(tmp_path: Path) -> None:
    """No file can hold one: it ended its region, and `check` in a traceback."""
    (tmp_path / "a.csv").write_bytes(b"id;name\n1;half +2AA- x\n2;whole +ANY-\n")
    table = read_table(tmp_path / "a.csv", Read(encoding="utf-7"))
    assert table.frame["name"].tolist() == ["half \ufffd x", "whole Ö"]


def test_the_end_mark_of_old_systems_is_no_row(tmp_path: Path) -> None:
    assert len(read_table(write(tmp_path / "a.csv", "id;name\n1;Huta\n\x1a"), AUTO).frame) == 1


@pytest.mark.parametrize("name", ["a.dbf", "a.shx", "a.prj", "a.mid", "a.dat"])
def test_a_part_of_a_table_names_the_whole(tmp_path: Path, name: str) -> None:
    refused(write(tmp_path / name, "x"), r"holds a part of a table only\. Name a\.(shp|mif|tab)")


# --- spreadsheets -------------------------------------------------------------------------------------------------

SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{rows}</sheetData></worksheet>"
)


def workbook(path: Path, cells: dict[str, str], **more: dict[str, str]) -> Path:
    """Write the smallest .xlsx: its sheet is called A, further ones by their names."""
    sheets = {"A": cells, **more}
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [f"worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)]
    types = "".join(f'<Override PartName="/xl/{part}" ContentType="{main}.worksheet+xml"/>' for part in parts)
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{relation}/worksheet" Target="{part}"/>' for n, part in enumerate(parts, 1)
    )
    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="{relation}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        **{f"xl/{part}": SHEET.format(rows=_rows(body)) for part, body in zip(parts, sheets.values(), strict=True)},
    }
    return zipped(path, {name: text.encode() for name, text in members.items()})


def _rows(cells: dict[str, str]) -> str:
    rows: dict[int, str] = {}
    for place, value in cells.items():
        number = int("".join(filter(str.isdigit, place)))
        cell = f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        rows[number] = rows.get(number, "") + cell
    return "".join(f'<row r="{number}">{row}</row>' for number, row in sorted(rows.items()))


@pytest.mark.parametrize("table", ["cp1252", "cp1250", "latin-1"])
@pytest.mark.parametrize("stated", [None, "utf-8"])
def test_a_text_that_was_encoded_twice_is_read_as_it_was(tmp_path: Path, table: str, stated: str | None) -> None:
    names = ["Huta Małapanew", "Żółta cegielnia", "Müßiggang – Göß", "plain"]
    text = "nr;name\n" + "".join(f"{n};{name}\n" for n, name in enumerate(names))
    # As browsers have it: a byte without a letter is a control character.
    again = "".join(
        bytes([byte]).decode(table, errors="replace").replace("\ufffd", chr(byte)) for byte in text.encode()
    )
    (tmp_path / "a.csv").write_text(again, encoding="utf-8")
    found = read_table(tmp_path / "a.csv", Read(encoding=stated))
    assert found.frame["name"].tolist() == names
    assert any("encoded twice ('" in note and "read as it was before" in note for note in found.notes)


def test_a_long_word_in_a_text_that_was_encoded_twice_takes_no_time() -> None:
    """Shapes in hexadecimal are words of a million letters: each of them was looked at as often."""
    shape = "0106" * 250_000
    found = encoded_once(f"{shape} Mühle Größe Öl".encode().decode("cp1252"))
    assert found is not None
    assert found[0].endswith("Mühle Größe Öl")
    assert "for 'Mühle'" in found[1]
    found = encoded_once(f"{shape}äöü".encode().decode("cp1252"))
    assert found is not None
    assert len(found[1]) < 200


@pytest.mark.parametrize(
    "names", [["Huta Małapanew", "Żółta"], ["Müßiggang", "Göß", "Straße"], ["Ã©tat", "a"], ["Â°", "Ł‚"]]
)
def test_an_honest_text_is_not_taken_for_one_encoded_twice(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "a.csv").write_text("nr;name\n" + "".join(f"1;{name}\n" for name in names), encoding="utf-8")
    found = read_table(tmp_path / "a.csv", AUTO)
    assert found.frame["name"].tolist() == names
    assert not any("twice" in note for note in found.notes)


@pytest.mark.parametrize("others", [["Łom"], ["Łom", "Żółta Huta", "Góra – Dół", "Müller, MÃ¼ller"] * 5])
def test_lines_that_were_encoded_twice_are_mended_and_the_others_stand(tmp_path: Path, others: list[str]) -> None:
    """Lists are put together by copying: one letter outside the table left all others garbled."""
    names = ["Mühle – alt", "Größe", "Öl"]
    garbled = [name.encode().decode("cp1252") for name in names]
    (tmp_path / "a.csv").write_text("nr;name\n" + "".join(f"1;{name}\n" for name in [*garbled, *others]), "utf-8")
    found = read_table(tmp_path / "a.csv", AUTO)
    assert found.frame["name"].tolist() == [*names, *others]
    told = "3 lines encoded twice ('Ã¼' for 'ü'): read as before. The others, such as line 5, stand as they are"
    assert any(told in note for note in found.notes)


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
    assert table.notes[3].startswith("sheet 'A': column 'name' stands 2 times")


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
    assert not told or "'anno' holds nothing but days of 1904 and 1905" in told[0]
    assert not told or "(1905-03-04 is the number 1890)" in told[0]


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
    assert told.startswith("1 cell with a formula that nobody calculated, read as empty: 'x' (1, first in row 2). Open")
    assert table.valueless == {"x"}


def sheet_with(path: Path, rows: str, *, calculated: bool = True) -> Path:
    """An .xlsx with the rows of a sheet as they stand in its XML."""
    workbook(path, {"A1": "id", "B1": "name", "C1": "x"})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    inside = members["xl/worksheets/sheet1.xml"].replace("</sheetData>", f"{rows}</sheetData>")
    members["xl/worksheets/sheet1.xml"] = inside
    if not calculated:
        members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
            "</sheets>", '</sheets><calcPr fullCalcOnLoad="1"/>'
        )
    return zipped(path, {name: text.encode() for name, text in members.items()})


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
    assert told.startswith("2 rows hidden in the sheet, by hand or by a filter, and read as all others: 3, 4. Those")


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
    assert told.startswith("2 cells with a comment, which nobody reads: row 1 'name', row 7. What")
    table = ods_of_four(tmp_path, {3: b""}, within=b"<office:annotation><text:p>Eva</text:p></office:annotation>")
    assert [told.partition("reads: ")[2][:10] for kind, told, _ in table.warnings if kind == "comments"] == [
        "row 3 'nr'"
    ]
    assert table.frame["nr"].tolist() == ["a", "b", "c", "d"]


def ods_of_four(folder: Path, said: dict[int, bytes], *, within: bytes = b"") -> Table:
    """Read a sheet of four rows below their names, of which some (from 1 on) say more, or their first cells hold it."""
    path = folder / "a.ods"
    pyogrio.write_dataframe(pd.DataFrame({"nr": ["a", "b", "c", "d"]}), path, driver="ODS")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    parts = members["content.xml"].split(b"<table:table-row")
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
    assert told.startswith("sheet 'stare': the sheet is hidden in the file, and read all the same")
    assert not read_table(path, Read(sheet="stare")).warnings


def test_hidden_rows_of_an_ods_are_told(tmp_path: Path) -> None:
    table = ods_of_four(tmp_path, {3: b'visibility="filter"', 4: b'visibility="collapse"'})
    assert table.frame["nr"].tolist() == ["a", "b", "c", "d"]
    assert [(kind, number) for kind, _, number in table.warnings] == [("hidden_rows", 2)]
    assert "others: 3, 4." in table.warnings[0][1]


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
    refused(zipped(path, members | {"xl/worksheets/sheet1.xml": inside}), "merged cells lie on one another")


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
    refused(path, "stray cell stands far outside")


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    manifest = b'<manifest:manifest><manifest:encryption-data manifest:checksum="x"/></manifest:manifest>'
    path = zipped(tmp_path / "a.ods", {"META-INF/manifest.xml": manifest, "content.xml": b"\x13\x37"})
    refused(path, "it is protected by a password. Open it with the password, and save it without one")


def test_a_shapefile_without_its_table_says_what_it_lacks(tmp_path: Path) -> None:
    path = shapefile(tmp_path, rows=3)
    path.with_suffix(".dbf").unlink()
    assert any("came without its .dbf, which holds names" in note for note in read_table(path, AUTO).notes)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    refused(zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook"}), "cannot be read as a spreadsheet")
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 20)
    refused(tmp_path / "a.xls", "cannot be read as a spreadsheet")


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [
        ("sep=;", ";"),
        ('"sep=;"', ";"),
        ("SEP=,", ","),
        ("sep=|", "|"),
        ("sep=\t", "\t"),
        ("sep=:", ":"),
        ("sep=; ", ";"),
    ],
)
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_a_first_line_for_excel_names_the_delimiter(tmp_path: Path, first: str, delimiter: str, newline: str) -> None:
    rows = [delimiter.join(row) for row in (("nr", "nazwa", "uwagi"), ("1", "Huta", "a"), ("2", "Hala", "b"))]
    (tmp_path / "a.csv").write_text(newline.join([first, *rows]), encoding="utf-8-sig", newline="")
    table = read_table(tmp_path / "a.csv", Read())
    assert [*table.frame.columns] == ["nr", "nazwa", "uwagi"]
    assert table.frame["nazwa"].tolist() == ["Huta", "Hala"]
    assert table.places == ["a.csv line 3", "a.csv line 4"]
    assert table.bad_rows == {}
    assert table.notes == (), "nothing was guessed"


def test_a_contract_s_delimiter_goes_before_what_the_file_says_for_excel(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\nnr,nazwa\n1,Huta\n")
    assert [*read_table(tmp_path / "a.csv", Read(delimiter=",")).frame.columns] == ["nr", "nazwa"]


@pytest.mark.parametrize(("header_row", "names"), [(1, ["nr", "nazwa"]), (2, ["nr", "nazwa"]), (3, ["1", "Huta"])])
def test_who_counts_the_line_for_excel_is_right(tmp_path: Path, header_row: int, names: list[str]) -> None:
    (tmp_path / "a.csv").write_text("sep=;\nnr;nazwa\n1;Huta\n2;Hala\n")
    assert [*read_table(tmp_path / "a.csv", Read(header_row=header_row)).frame.columns] == names


@pytest.mark.parametrize("first", ["sep=", "sep=ab;x", "separator=;x", "sep;rok", "sep=1;x", "a;sep=;"])
def test_a_heading_that_only_looks_so_is_a_heading(tmp_path: Path, first: str) -> None:
    (tmp_path / "a.csv").write_text(f"{first}\n1;2;3\n")
    assert read_table(tmp_path / "a.csv", Read()).frame.columns[0] == first.split(";")[0]


@pytest.mark.parametrize(
    "written", ["Rok\nbudowy", "Rok\u00a0budowy", " Rok  budowy ", "Rok\r\nbudowy", "Rok\u2028budowy"]
)
@pytest.mark.parametrize("kind", ["a.csv", "a.parquet"])
def test_white_space_in_a_heading_is_one_space(tmp_path: Path, written: str, kind: str) -> None:
    """A line break inside a heading cannot be seen, and nobody could name the column in a contract."""
    frame = pd.DataFrame({"nr": ["1"], written: ["1890"]})
    write = frame.to_csv if kind == "a.csv" else frame.to_parquet
    write(tmp_path / kind, index=False)
    assert [*read_table(tmp_path / kind, Read()).frame.columns] == ["nr", "Rok budowy"]


def test_a_contract_may_write_a_heading_as_it_is_seen_or_as_it_stands(tmp_path: Path) -> None:
    values = {"id": "t", "files": ("a.csv",), "declared_in": tmp_path / "t.toml"}
    place = {"x": "Coord.\nEst", "y": "Coord.  Nord"}
    contract = Contract(
        **values, place=place, columns={"key": "nr", "start": ("Rok\nbudowy", "")}, ignore=("a\u00a0b",)
    )
    assert contract.columns["start"] == ("Rok budowy", "")
    assert (contract.place.x, contract.place.y, contract.ignore) == ("Coord. Est", "Coord. Nord", ("a b",))


def test_headings_that_differ_by_white_space_alone_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('nr;"Rok\nbudowy";Rok budowy\n1;2;3\n')
    table = read_table(tmp_path / "a.csv", Read())
    assert [*table.frame.columns] == ["nr", "Rok budowy (1)", "Rok budowy (2)"]
    assert "stands 2 times in the header" in table.notes[-1]


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


def test_an_upper_row_of_names_that_ends_early_cuts_no_column_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Nr;Naam;Ligging\n;;lon;lat;jaar\n1;Mijn;5.5;50.9;1907\n", encoding="utf-8")
    table = read_table(path, Read(header_rows=2))
    assert [*table.frame.columns] == ["Nr", "Naam", "lon", "lat", "jaar"]
    assert table.bad_rows == {}
    assert table.frame.iloc[0].tolist() == ["1", "Mijn", "5.5", "50.9", "1907"]


def archive(path: Path, *, change: tuple[int, int] | None = None, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zipped table; `change` sets a byte of the directory's entry, counted from its start."""
    with zipfile.ZipFile(path, "w", compression) as target:
        target.writestr("a.csv", "id;name\n" + "1;Huta\n" * 50)
    if change is not None:
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + change[0]] = change[1]
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("change", "compression", "said"),
    [
        ((8, 1), zipfile.ZIP_DEFLATED, "a.csv is encrypted. Pack it again without a password"),
        (None, zipfile.ZIP_BZIP2, "a.csv is compressed in an unusual way. Pack it again as plain ZIP"),
        (None, zipfile.ZIP_LZMA, "a.csv is compressed in an unusual way"),
        ((21, 9), zipfile.ZIP_DEFLATED, "its members share bytes, as zip bombs do"),
        ((24, 1), zipfile.ZIP_DEFLATED, "a.csv is larger than it says, as zip bombs are"),
        ((42, 9), zipfile.ZIP_DEFLATED, "a.csv is damaged"),
        ((10, 99), zipfile.ZIP_DEFLATED, "a.csv is compressed in an unusual way"),
    ],
)
def test_an_archive_that_hides_something_is_refused_by_name(
    tmp_path: Path, change: tuple[int, int] | None, compression: int, said: str
) -> None:
    path = archive(tmp_path / "a.zip", change=change, compression=compression)
    with pytest.raises(ContractError) as told:
        read_table(path, AUTO)
    assert str(told.value).startswith(f"{path}: ")
    assert said in str(told.value)


def test_an_archive_as_it_should_be_is_read(tmp_path: Path) -> None:
    assert len(read_table(archive(tmp_path / "a.zip"), AUTO).frame) == 50
    assert len(read_table(archive(tmp_path / "b.zip", compression=zipfile.ZIP_STORED), AUTO).frame) == 50


def test_a_table_that_fills_the_memory_is_refused_by_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inducult_geo.sources.formats.table.MAX_CELLS", 5)
    (tmp_path / "a.csv").write_text("a;b\n1;2\n3;4\n")
    with pytest.raises(ContractError, match=r"a\.csv: 3 rows in 2 columns are more than"):
        read_table(tmp_path / "a.csv", AUTO)
    monkeypatch.setattr("inducult_geo.sources.formats.table.MAX_CELLS", 6)
    assert len(read_table(tmp_path / "a.csv", AUTO).frame) == 2


def test_a_cell_of_a_spreadsheet_with_lost_bytes_marks_its_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["1", "2"], "name": ["Hu\x00ta", "Hala"]}, dtype=object)
    assert nul_rows(frame) == {0: "column 'name' holds NUL characters: bytes were lost"}


def test_a_folder_of_that_name_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ContractError, match=r"a\.csv: is a folder\. Name a file in it\."):
        read_table(tmp_path / "a.csv", AUTO)


def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as handle:
        handle.write(b"id;name")
        handle.truncate(MAX_BYTES + 512 * 1024**2)  # sparse: it takes no room
    with pytest.raises(ContractError, match=r"a\.csv: 2\.5 GB is more than the 2 GB allowed"):
        read_table(tmp_path / "a.csv", AUTO)


def test_a_kmz_without_a_map_names_what_it_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.kmz", {"images/a.png": b"x", "__MACOSX/._doc.kml": b"y"})
    with pytest.raises(ContractError, match=r"a\.kmz: holds no \.kml \(found: 'images/a\.png', '__MACOSX"):
        read_table(path, AUTO)


@pytest.mark.parametrize("name", ["a.zip", "a.kmz", "a.xlsx"])
def test_an_archive_of_nothing_is_called_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError, match="but the file holds an empty ZIP archive"):
        read_table(zipped(tmp_path / name, {}), AUTO)


def test_an_archive_without_a_table_names_what_it_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.pdf": b"x", "readme.md": b"y"})
    with pytest.raises(
        ContractError, match=r"a\.zip: holds no table \(found: 'a\.pdf', 'readme\.md'\)\. Known: \.csv, "
    ):
        read_table(path, AUTO)


@pytest.mark.parametrize("text", ["d’Arenberg; ’t Hof; 19e–20e eeuw; façade", "„Zeche Zollverein” – Schacht 12; Größe"])
def test_signs_between_letters_do_not_speak_against_an_encoding(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_bytes(f"id;a;b;c;d\n1;{text};x\n".encode("cp1252"))
    table = read_table(tmp_path / "a.csv", AUTO)
    assert table.encoding == "cp1252"
    assert table.frame["a"][0] == text.split(";")[0].strip()


def with_view(path: Path, query: str) -> Path:
    """Write a GeoPackage with a layer `x` of two points and a view `w` beside it."""
    places = gpd.GeoDataFrame({"n": ["a", "b"]}, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs=4326)
    places.to_file(path, layer="x", engine="pyogrio")
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"CREATE VIEW w AS {query}")
        con.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('w', 'attributes', 'w')")
        con.commit()
    return path


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid, x AS n FROM c"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (ENDLESS + " WHERE x < 0", "does not end within"),
        (ENDLESS, "more than 1,000 rows or"),
        ("SELECT fid, hex(zeroblob(400000000)) AS n FROM x", "too big"),
        ("SELECT fid, no_such_function(n) AS n FROM x", "no such function"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_view_that_would_hang_or_fill_the_memory_is_refused_before_gdal_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, why: str, zipped: bool
) -> None:
    monkeypatch.setattr(geopackages, "MAX_SECONDS", 0.5)
    monkeypatch.setattr(geopackages, "MAX_ROWS", 1_000)
    path = with_view(tmp_path / "a.gpkg", query)
    if zipped:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, "a.gpkg")
        path = tmp_path / "a.zip"
    for read in (AUTO, Read(layer="w"), Read(layer="*")):
        with pytest.raises(ContractError, match=f"{path.name}: layer 'w' is made by a query.*{why}.*Save the layers"):
            read_table(path, read)
    table = read_table(path, Read(layer="x"))
    assert [*table.frame["n"]] == ["a", "b"]
    assert any(note.startswith("'w' is made by a query") for note in table.notes)
    assert {p.name for p in tmp_path.iterdir()} <= {"a.gpkg", "a.zip"}


def test_all_queries_of_a_geopackage_share_one_span_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geopackages, "MAX_SECONDS", 0.5)
    path = with_view(tmp_path / "a.gpkg", ENDLESS + " WHERE x < 0")
    with closing(sqlite3.connect(path)) as con:
        for number in range(12):
            con.execute(f"CREATE VIEW w{number} AS {ENDLESS} WHERE x < 0")
        con.commit()
    began = time.monotonic()
    assert len(geopackages.check_views(path, path, "x")) == 13
    assert time.monotonic() - began < 4


def test_a_table_of_a_foreign_module_hides_no_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geopackages, "MAX_SECONDS", 0.5)
    path = with_view(tmp_path / "a.gpkg", ENDLESS + " WHERE x < 0")
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA writable_schema = ON")
        made = "CREATE VIRTUAL TABLE v USING VirtualGPKG(x)"
        con.execute("INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, ?)", (made,))
        con.commit()
    with pytest.raises(ContractError, match=r"layer 'w' is made by a query.*does not end within"):
        read_table(path, AUTO)


def test_of_a_table_with_a_generated_column_only_this_column_is_weighed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_view(tmp_path / "a.gpkg", "SELECT 1 AS fid, 'a' AS n")
    with closing(sqlite3.connect(path)) as con:
        con.execute("ALTER TABLE x ADD COLUMN up TEXT GENERATED ALWAYS AS (upper(n)) VIRTUAL")
        con.commit()
    monkeypatch.setattr(geopackages, "MAX_VIEW_BYTES", 20)
    assert [*read_table(path, Read(layer="x")).frame["up"]] == ["A", "B"]
    monkeypatch.setattr(geopackages, "MAX_VIEW_BYTES", 1)
    with pytest.raises(ContractError, match=r"layer 'x' has columns made by a query"):
        read_table(path, Read(layer="x"))


def test_a_view_as_people_make_them_is_read(tmp_path: Path) -> None:
    path = with_view(tmp_path / "a.gpkg", "SELECT fid, upper(n) AS n FROM x")
    assert [*read_table(path, Read(layer="w")).frame["n"]] == ["A", "B"]


def test_the_schema_that_a_gml_names_is_asked_of_nobody(tmp_path: Path) -> None:
    asked = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(1)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.xsd?SERVICE=WFS&amp;REQUEST=DescribeFeatureType"

        def listen() -> None:
            try:
                while True:
                    caller, _ = server.accept()
                    asked.append(caller.recv(80))
                    caller.close()
            except OSError:
                return

        listening = threading.Thread(target=listen)
        listening.start()
        text = (
            '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" '
            'xmlns:app="http://www.deegree.org/app" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="http://www.deegree.org/app {address}"><gml:featureMember><app:a><app:n>x</app:n>'
            '<app:g><gml:Point srsName="EPSG:4326"><gml:pos>1 2</gml:pos></gml:Point></app:g></app:a>'
            "</gml:featureMember></wfs:FeatureCollection>"
        )
        table = read_table(write(tmp_path / "a.gml", text), AUTO)
        listening.join()
    assert not asked
    assert [*table.frame["n"]] == ["x"]
    assert not [note for note in table.notes if "GDAL says" in note]


@pytest.mark.parametrize(
    "lost", ["null", '"a"', '{"properties": {"n": 1}}', '{"type": "feature"}', '{"type": "Topic"}']
)
def test_a_member_of_geojson_that_gdal_would_pass_over_is_told(tmp_path: Path, lost: str) -> None:
    whole = '{"type": "Feature", "properties": {"n": 2}, "geometry": null}'
    path = write(tmp_path / "a.geojson", f'{{"type": "FeatureCollection", "features": [{whole}, {lost}, {whole}]}}')
    with pytest.raises(ContractError, match=r"a\.geojson: feature 2 of 3 is no Feature .* would be lost\. Write"):
        read_table(path, AUTO)


def test_features_that_are_no_list_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", '{"type": "FeatureCollection", "features": null}')
    with pytest.raises(ContractError, match="`features` is no list"):
        read_table(path, AUTO)


@pytest.mark.parametrize("name", ["a.csv", "a.geojson", "a.gpkg"])
def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ContractError, match="is no file but a pipe or device"):
        read_table(tmp_path / name, AUTO)


@pytest.mark.parametrize("codec", ["punycode", "undefined"])
def test_a_codec_that_is_none_of_a_table_names_the_remedy(tmp_path: Path, codec: str) -> None:
    with pytest.raises(ContractError, match=f"cannot be read as '{codec}'.*Mend"):
        read_table(write(tmp_path / "a.csv", "id;n\n1;x\n"), Read(encoding=codec))
