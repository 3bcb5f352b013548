"""Files of every kind, honest or not, read as tables."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from files_made import AUTO, FEATURE, refused, write

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import MAX_BYTES


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n0000", "is not what it says.*a PNG picture"),
        ("a.xlsx", b"id;name\n", "is not what it says.*begins as a ZIP"),
        ("a.xlsx", b"PK\x03\x04broken", "cannot be read as an archive"),
        ("a.shp", b"%PDF-1.4", "a PDF document"),
        ("a.shp", b"no shapefile at all", "cannot be read"),
        ("a.docx", b"PK\x03\x04", "is not a known kind of table. It is a text"),
        ("a.txt", b'{| class="wikitable"\n! Nr. !! Lage\n|-\n| 1 || x\n|}', "the source text of a wiki page"),
        ("a.mdb", b"\0\1\0\0Standard Jet DB", "a database of Access: export the table from it as an Excel workbook"),
        (
            "a.csv",
            b"<!DOCTYPE html>\n<html><body>a, b</body></html>",
            "is a web page and not a table, often a page that asks",
        ),
        ("a.geojson", b"\xef\xbb\xbf\n<html>", "is a web page and not a table"),
        ("a.zip", b"<!doctype HTML>", "is a web page and not a table"),
        ("a.csv", "<!DOCTYPE html>\n<html>".encode("utf-16"), "is a web page and not a table"),
        ("a.csv", b'{"error": {"code": 400, "message": "no"}}', "is JSON, and not delimited text"),
        ("a.txt", b'<?xml version="1.0"?><ows:ExceptionReport/>', "is XML, and not delimited text"),
        ("a.xyz", b"1 2 3", "is not a known kind of table. Known: .csv, "),
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


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    wide = ";".join(f"c{n}" for n in range(5_001))
    refused(write(tmp_path / "a.csv", wide + "\n" + wide + "\n"), "5001 columns are more")
    exact = ";".join(f"c{n}" for n in range(5_000))
    assert read_table(write(tmp_path / "b.csv", exact + "\n" + exact + "\n"), AUTO).frame.shape == (1, 5_000)


def test_too_many_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inducult_geo.sources.formats.delimited.MAX_CELLS", 1000)
    refused(write(tmp_path / "a.csv", "id;name\n" + "1;2\n" * 600), "1,000 cells")


def test_a_table_that_fills_the_memory_is_refused_by_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inducult_geo.sources.formats.table.MAX_CELLS", 5)
    (tmp_path / "a.csv").write_text("a;b\n1;2\n3;4\n")
    with pytest.raises(ContractError, match=r"a\.csv: 3 rows in 2 columns are more than"):
        read_table(tmp_path / "a.csv", AUTO)
    monkeypatch.setattr("inducult_geo.sources.formats.table.MAX_CELLS", 6)
    assert len(read_table(tmp_path / "a.csv", AUTO).frame) == 2


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


@pytest.mark.parametrize("name", ["a.csv", "a.geojson", "a.gpkg"])
def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ContractError, match="is not a file, but a pipe or device"):
        read_table(tmp_path / name, AUTO)
