"""Files of places: Shapefile, GeoPackage with its views, KML, GML, GPX, MapInfo."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from files_made import AUTO, BOMB, ENDLESS, FEATURE, KML, refused, with_view, write, zipped

from inducult_geo.catalog import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats import geopackages
from inducult_geo.sources.formats.geopackages import leave_out
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.text import sql_name


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


FAR = '<!DOCTYPE k [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


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


@pytest.mark.parametrize("suffix", [".kml", ".gml", ".gpx", ".shp", ".geojson", ".mif", ".tab", ".dxf", ".fgb"])
def test_a_virtual_data_set_is_no_way_to_other_files(tmp_path: Path, suffix: str) -> None:
    secret = write(tmp_path / "secret.csv", "id,name\n1,secret\n")
    text = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>'
    refused(write(tmp_path / f"a{suffix}", text + "</OGRVRTDataSource>"), "not what it says|cannot be read")


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


@pytest.mark.parametrize(("name", "driver"), [("a.tab", "MapInfo File"), ("a.mif", "MapInfo File"), ("a.dxf", "DXF")])
def test_other_vector_files_are_read(tmp_path: Path, name: str, driver: str) -> None:
    data = {} if driver == "DXF" else {"id": ["1", "2"]}
    frame = gpd.GeoDataFrame(data, geometry=[shapely.Point(1, 2), shapely.Point(3, 4)], crs="EPSG:3035")
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio")
    # A TAB keeps whole steps of a grid over the world.
    found = [shape.x for shape in read_table(tmp_path / name, AUTO).frame["geometry"]]
    assert found == pytest.approx([1, 3], abs=0.05)


def test_a_long_number_beside_an_empty_cell_keeps_its_last_digit(tmp_path: Path) -> None:
    features = (FEATURE.replace('"n": 1', f'"n": {number}') for number in (2**53 + 1, "null", 2**53 + 3))
    path = write(tmp_path / "a.geojson", f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')
    assert read_table(path, AUTO).frame["n"].tolist() == [2**53 + 1, None, 2**53 + 3]


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


@pytest.mark.parametrize("name", ["a.dbf", "a.shx", "a.prj", "a.mid", "a.dat"])
def test_a_part_of_a_table_names_the_whole(tmp_path: Path, name: str) -> None:
    refused(write(tmp_path / name, "x"), r"holds only a part of a table\. Name a\.(shp|mif|tab)")


def test_a_shapefile_without_its_table_says_what_it_lacks(tmp_path: Path) -> None:
    path = shapefile(tmp_path, rows=3)
    path.with_suffix(".dbf").unlink()
    assert any("came without its .dbf, which holds everything" in note for note in read_table(path, AUTO).notes)


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


def test_a_view_is_left_out_whatever_it_is_called(tmp_path: Path) -> None:
    path, name = tmp_path / "a.gpkg", 'v"; DROP TABLE works; --'
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("CREATE TABLE works (a)")
        con.execute(f"CREATE VIEW {sql_name(name)} AS SELECT 1")
        assert geopackages.check_views(path, path) == ()
        assert name in leave_out(path, path, (name,))[0]
        assert con.execute("SELECT name FROM sqlite_master").fetchall() == [("works",)]


def test_a_layer_that_holds_less_than_it_says_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"name": ["Huta"]}, geometry=[shapely.Point(17, 50)], crs="EPSG:4326").to_file(path)
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("UPDATE gpkg_ogr_contents SET feature_count = 2")
    refused(path, "says that it holds 2 features, but only 1 can be read")


def test_a_text_of_a_geopackage_that_is_no_utf8_is_marked_and_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"řada": ["Důl", "B"]}, geometry=[shapely.Point(1, 2)] * 2, crs="EPSG:3035")
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    with closing(sqlite3.connect(path)) as con, con:
        # SQLite alone has not the functions of their triggers.
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            con.execute(f"DROP TRIGGER {name}")
        con.execute("UPDATE a SET \"řada\" = CAST(x'48FC747465' AS TEXT) WHERE \"řada\" = 'B'")
    table = read_table(path, AUTO)
    assert (table.frame["řada"].tolist(), table.crs) == (["Důl", "H\ufffdtte"], "EPSG:3035")


GPX = '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
PLACEMARKS = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'


@pytest.mark.parametrize("place", ['lon="12"', 'lat="50,1" lon="12"', 'lat="" lon="12"'])
@pytest.mark.parametrize(
    "around", ["{}", "<rte><name>B</name>{}</rte>", "<trk><trkseg>{}</trkseg></trk>"], ids=["wpt", "rtept", "trkpt"]
)
def test_a_point_of_a_gpx_that_would_be_lost_or_put_elsewhere_is_told(tmp_path: Path, around: str, place: str) -> None:
    kind = "wpt" if around == "{}" else "rtept" if "rte" in around else "trkpt"
    held = f'<wpt lat="50" lon="1.2e1"><name>A</name></wpt>{around.format(f"<{kind} {place}/>")}'
    refused(write(tmp_path / "a.gpx", GPX.format(held)), f"point 2 <{kind}> has lat=")


def test_a_point_of_a_gpx_may_stand_between_blanks_and_without_a_leading_zero(tmp_path: Path) -> None:
    frame = read_table(write(tmp_path / "a.gpx", GPX.format('<wpt lat=" +50.5 " lon="-.5"/>')), AUTO).frame
    assert frame["geometry"].tolist() == [shapely.Point(-0.5, 50.5)]


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ("Point", "12,x"), ("Point", "12,5 50,1"), ("Point", "12,5,50,1"), ("Point", "12;50"), ("Point", "12.1.2,50"),
        ("LineString", "12,50 13 14,51"), ("LineString", "12,50 abc,def 13,51"),
    ],
)  # fmt: skip
def test_a_place_of_a_kml_that_would_be_put_elsewhere_is_told(tmp_path: Path, shape: str, told: str) -> None:
    held = "".join(
        f"<Placemark><name>A</name><{kind}><coordinates>{text}</coordinates></{kind}></Placemark>"
        for kind, text in (("Point", "\n 12, 50,\n"), (shape, told))
    )
    refused(write(tmp_path / "a.kml", PLACEMARKS.format(held)), f"point 2 <coordinates> has '{told}'")


@pytest.mark.parametrize(
    ("shape", "at_point"),
    [
        ("<Point><coordinates> .5 , 50.5, 1e2 </coordinates></Point>", (0.5, 50.5)),
        ("<Point><coordinates>12,50,NaN</coordinates></Point>", (12, 50)),
        ("<Point><coordinates></coordinates></Point>", (0, 0)),
        ("<LineString><coordinates>12,50,1 12,51,2\n12,52</coordinates></LineString>", (12, 51)),
        (
            "<MultiGeometry><Point><coordinates>12,50</coordinates></Point><Point><coordinates>12,52</coordinates>"
            "</Point></MultiGeometry>",
            (12, 51),
        ),
    ],
)
def test_places_of_a_kml_that_gdal_reads_as_they_are_are_let_through(
    tmp_path: Path, shape: str, at_point: tuple[float, float]
) -> None:
    more = "<ExtendedData><Data name='coordinates'><value>x</value></Data></ExtendedData>"
    held = f"<Placemark><name>A</name>{more}{shape}</Placemark>"
    (found,) = read_table(write(tmp_path / "a.kml", PLACEMARKS.format(held)), AUTO).frame["geometry"]
    assert (found.centroid.x, found.centroid.y) == at_point


@pytest.mark.parametrize(
    "shape",
    [
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>12,50 13,50 x,51 12,50</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon>",
        "<MultiGeometry><Point><coordinates/></Point></MultiGeometry>",
    ],
)
def test_a_part_of_a_shape_of_a_kml_that_would_be_put_elsewhere_is_told(tmp_path: Path, shape: str) -> None:
    refused(write(tmp_path / "a.kml", PLACEMARKS.format(f"<Placemark>{shape}</Placemark>")), "point 1 <coordinates>")


def gml(folder: Path, *shapes: str) -> Path:
    """Write features with these shapes, and an extent of no places."""
    held = "".join(
        f"<g:featureMember><a:H><a:X>a b</a:X><a:g>{shape}</a:g></a:H></g:featureMember>" for shape in shapes
    )
    extent = "<g:boundedBy><g:Box><g:coordinates>unknown</g:coordinates></g:Box></g:boundedBy>"
    space = 'xmlns:g="http://www.opengis.net/gml" xmlns:a="http://a/"'
    return write(folder / "a.gml", f"<g:FeatureCollection {space}>{extent}{held}</g:FeatureCollection>")


@pytest.mark.parametrize(
    "told",
    [
        "<g:pos>50 x</g:pos>", "<g:pos>50,1 12,5</g:pos>", "<g:pos>NaN 12</g:pos>",
        "<g:coordinates>12,5,50,1</g:coordinates>", "<g:coord><g:X>12,5</g:X><g:Y>50</g:Y></g:coord>",
        "<g:coord><g:X>12.5</g:X><g:Y>50,1</g:Y></g:coord>", "<g:coord><g:X>1</g:X><g:Y>2</g:Y><g:Z>-</g:Z></g:coord>",
    ],
)  # fmt: skip
def test_a_place_of_a_gml_that_would_be_put_elsewhere_is_told(tmp_path: Path, told: str) -> None:
    right = '<g:coordinates decimal="," cs=" " ts=";">12,5 50,1</g:coordinates>'
    shapes = (f'<g:Point srsName="EPSG:4326">{text}</g:Point>' for text in (right, told))
    refused(gml(tmp_path, *shapes), "point 2 <")


@pytest.mark.parametrize(
    "shape",
    [
        "<g:LineString><g:posList>50 12 51 x</g:posList></g:LineString>",
        "<g:MultiPoint><g:pointMember><g:Point><g:pos/></g:Point></g:pointMember></g:MultiPoint>",
    ],
)
def test_a_part_of_a_shape_of_a_gml_that_would_be_put_elsewhere_is_told(tmp_path: Path, shape: str) -> None:
    refused(gml(tmp_path, shape), "point 1 <pos")


@pytest.mark.parametrize(
    ("shape", "at_point"),
    [
        ("<g:Point><g:pos>50 12</g:pos></g:Point>", (50, 12)),
        ("<g:Point><g:coordinates>12,50,300</g:coordinates></g:Point>", (12, 50)),
        ("<g:Point><g:pos/></g:Point>", (0, 0)),
        ("<g:LineString><g:posList>50 12\n51 12 52 12</g:posList></g:LineString>", (51, 12)),
        ("<g:LineString><g:coordinates>12,50 12,51\n12,52</g:coordinates></g:LineString>", (12, 51)),
        ('<g:LineString><g:coordinates ts=";">12,50;12,52</g:coordinates></g:LineString>', (12, 51)),
    ],
)
def test_places_of_a_gml_that_gdal_reads_as_they_are_are_let_through(
    tmp_path: Path, shape: str, at_point: tuple[float, float]
) -> None:
    (found,) = read_table(gml(tmp_path, shape), AUTO).frame["geometry"]
    assert (found.centroid.x, found.centroid.y) == at_point


@pytest.mark.parametrize(
    "fault", ["<a:n>\ufffd</a:n>", "<a:n>A & B</a:n>", "<a:n>&nbsp;</a:n>", "</g:FeatureCollection>"]
)
def test_a_gml_that_is_no_whole_xml_is_no_empty_table(tmp_path: Path, fault: str) -> None:
    """Of one with a letter of another encoding in its first object no row was read, and nothing said."""
    path = gml(tmp_path, f"<g:Point><g:pos>50 12</g:pos></g:Point></a:g>{fault}<a:g>")
    path.write_bytes(path.read_bytes().replace("\ufffd".encode(), b"\xfc"))
    refused(path, "is no whole XML .*line 1, column")


def test_a_gml_with_a_name_that_only_this_reader_does_not_know_is_read(tmp_path: Path) -> None:
    path = gml(tmp_path, "<g:Point><g:pos>50 12</g:pos></g:Point></a:g><b:n>x</b:n><a:g>")
    assert len(read_table(path, AUTO).frame) == 1
