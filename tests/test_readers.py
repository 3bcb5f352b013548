"""Files of every kind, honest or not, read as text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.readers import read_table

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
        ("a.xlsx", b"PK\x03\x04broken", "cannot be read as a spreadsheet"),
        ("a.shp", b"%PDF-1.4", "a PDF document"),
        ("a.shp", b"no shapefile at all", "cannot be read"),
        ("a.docx", b"PK\x03\x04", "is no known kind of table"),
        ("a.csv", b"\n\n \n", "only blank lines"),
        ("a.csv", b"id;id\n1;2\n", "stand twice"),
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
