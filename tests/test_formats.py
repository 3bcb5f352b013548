"""A real file of every kind that partners send, made by that kind's own writer, through reading, draft and check."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from inducult_geo.catalog import Read
from inducult_geo.checking.check import check
from inducult_geo.drafting.contract import draft
from inducult_geo.errors import ContractError
from inducult_geo.run import Run, open_run
from inducult_geo.sources.formats.readers import read_table

NAMES = ["Huta Małapanew", "Młyn Żelazny", "Förderturm"]
POINTS = [shapely.Point(17.5, 50.5), shapely.Point(17.6, 50.6), shapely.Point(17.7, 50.7)]
PLACES = gpd.GeoDataFrame({"nr": ["1", "2", "3"], "name": NAMES}, geometry=POINTS, crs=4326)
TABLE = pd.DataFrame({"nr": ["1", "2", "3"], "name": NAMES, "lon": [17.5, 17.6, 17.7], "lat": [50.5, 50.6, 50.7]})
SHAPEFILE = (".shp", ".dbf", ".shx", ".prj", ".cpg")

DRIVERS = {
    "a.shp": "ESRI Shapefile", "a.geojson": "GeoJSON", "a.gpkg": "GPKG", "a.kml": "LIBKML", "b.kml": "KML",
    "a.gpx": "GPX", "a.gml": "GML", "a.mif": "MapInfo File", "a.tab": "MapInfo File", "a.dxf": "DXF",
    "a.fgb": "FlatGeobuf",
}  # fmt: skip
TABLES = {"a.xlsx": "XLSX", "a.ods": "ODS"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(tmp_path / "data", contracts=False)


def written(folder: Path, name: str, places: gpd.GeoDataFrame = PLACES, table: pd.DataFrame = TABLE) -> Path:
    """Write sites (three, where none are given) as a file of that name's kind."""
    path = folder / name
    if name in TABLES:
        pyogrio.write_dataframe(table, path, driver=TABLES[name])
    elif name.endswith(".parquet"):
        places.to_parquet(path)
    elif name.endswith((".csv", ".tsv")):
        table.to_csv(path, index=False, sep="\t" if name.endswith(".tsv") else ";")
    else:
        fields = {".gpx": ["name"], ".dxf": []}.get(path.suffix, ["nr", "name"])
        places[[*fields, "geometry"]].to_file(path, driver=DRIVERS[name], engine="pyogrio")
    return path


def accepted(path: Path, run: Run) -> int:
    """Draft and check; every row in is accounted for."""
    contract = path.with_name("contract.toml")
    text = draft(path, run)
    # A drawing says nothing of its CRS: that is the steward's to say.
    contract.write_text(text.replace('# crs = "EPSG:"', 'crs = "EPSG:4326"'), encoding="utf-8")
    report = check(contract, run).as_dict()
    assert report["rows_in"] == report["accepted"] + report["rejected"] == 3
    return int(report["accepted"])


ALL = [*DRIVERS, *TABLES, "a.parquet", "a.csv", "a.tsv"]


@pytest.mark.parametrize("name", ALL)
def test_a_file_of_every_kind_is_drafted_and_checked(tmp_path: Path, run: Run, name: str) -> None:
    path = written(tmp_path, name)
    assert accepted(path, run) == 3
    table = read_table(path, Read())
    if path.suffix != ".dxf":
        column = "Name" if path.suffix == ".kml" else "name"
        assert sorted(table.frame[column]) == sorted(NAMES)


@pytest.mark.parametrize("name", ALL)
def test_a_file_of_every_kind_is_read_out_of_an_archive(tmp_path: Path, run: Run, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    written(inner, name)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in inner.iterdir():
            if part.suffix != ".xsd":
                archive.write(part, f"Export 2026/{part.name}")
        archive.writestr("Export 2026/README.txt", "about")
    assert accepted(tmp_path / "b.zip", run) == 3


WORDS = ["NA", "None", "Null", "NaN", "nan", "N/A", "true", "1e5", "007", "#N/A", "-", "2026-01-01"]


@pytest.mark.parametrize("name", [n for n in ALL if n != "a.dxf"])
def test_a_word_stays_the_word_that_it_is(tmp_path: Path, name: str) -> None:
    """What other programs take for nothing, a number or a day: Namibia, a town in Piedmont, a surname, a key."""
    points = [shapely.Point(17 + n / 10, 50.5) for n in range(len(WORDS))]
    places = gpd.GeoDataFrame({"nr": WORDS, "name": WORDS}, geometry=points, crs=4326)
    table = pd.DataFrame({"nr": WORDS, "name": WORDS, "lon": 17.0})
    frame = read_table(written(tmp_path, name, places, table), Read()).frame
    # Not all kinds keep the order of their rows.
    assert sorted(frame["Name" if name.endswith(".kml") else "name"]) == sorted(WORDS)
    assert name in ("a.kml", "b.kml", "a.gpx") or sorted(frame["nr"]) == sorted(WORDS)


def test_a_kmz_as_google_earth_packs_it(tmp_path: Path, run: Run) -> None:
    kml = written(tmp_path, "a.kml").read_bytes()
    with zipfile.ZipFile(tmp_path / "b.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", kml)
        archive.writestr("files/icon.png", b"\x89PNG")
    assert accepted(tmp_path / "b.kmz", run) == 3


@pytest.mark.parametrize("lost", [SHAPEFILE[1:], (".prj",), (".shx",), (".dbf", ".cpg")])
def test_a_shapefile_without_its_companions(tmp_path: Path, run: Run, lost: tuple[str, ...]) -> None:
    path = written(tmp_path, "a.shp")
    for suffix in lost:
        path.with_suffix(suffix).unlink()
    assert accepted(path, run) == 3


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1250", ["Młyn Żelazny", "Huta Małapanew", "Łaźnia"]),
        ("cp1250", ["Železárna", "Důl Příbram", "Čevljarna"]),
        ("cp852", ["Młyn Żelazny", "Huta Małapanew", "Łaźnia"]),
        ("ISO-8859-1", ["Förderturm", "Müßiggang", "Göss"]),
        ("ISO-8859-2", ["Młyn Żelazny", "źródło", "Łaźnia śląska"]),
        ("MACINTOSH", ["Förderturm am Bühl", "Müßiggang", "Königshütte Göss"]),
        ("MAC-CENTRALEUROPE", ["Škoda závod", "Žďár hutě", "příliš žluťoučký"]),
        ("CP1251", ["Завод «Арсенал»", "Железара Смедерево", "Мельница"]),
        ("KOI8-U", ["Завод Арсенал", "Цукровий завод", "Мельниця"]),
        ("ISO-8859-5", ["Завод Арсенал", "Железара Смедерево", "Мельница"]),
        ("CP866", ["Завод Арсенал", "Железная дорога", "Мельница"]),
        ("MAC-CYRILLIC", ["Завод Арсенал", "Железная дорога", "Мельница"]),
        ("CP1253", ["Λαύριο", "Άγιος Νικόλαος", "Θεσσαλονίκη"]),
        ("ISO-8859-7", ["Λαύριο", "Άγιος Νικόλαος", "Θεσσαλονίκη"]),
        ("CP737", ["Λαύριο", "Άγιος Νικόλαος", "Θεσσαλονίκη"]),
        ("UTF-8", ["Młyn Żelazny", "Důl Příbram", "Göss"]),
    ],
)
def test_attributes_of_a_shapefile_that_does_not_state_its_encoding(
    tmp_path: Path, encoding: str, names: list[str], as_zip: bool
) -> None:
    path = tmp_path / "a.shp"
    PLACES.assign(name=names).to_file(path, engine="pyogrio", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0
    dbf[44:46] = b"\xfe\xa9"  # an address of a field in memory, as some programs leave it: no text
    path.with_suffix(".dbf").write_bytes(dbf)
    if as_zip:
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            for part in tmp_path.glob("a.*"):
                archive.write(part, part.name)
        path = tmp_path / "b.zip"
    table = read_table(path, Read())
    assert table.frame["name"].tolist() == names
    assert any("guessed" in note for note in table.notes) == (encoding != "UTF-8")


@pytest.mark.parametrize(
    ("encoding", "cpg", "names", "told"),
    [
        ("cp1250", "UTF-8", ["Młyn Żelazny", "Huta Małapanew", "Łaźnia"], "cp1250 guessed"),
        ("cp1252", "65001", ["Förderturm", "Müßiggang", "Göss"], "cp1252 guessed"),
        ("UTF-8", "1252", ["Młyn Żelazny", "Huta Małapanew", "Łaźnia"], "its text is UTF-8"),
        ("UTF-8", "ISO-8859-1", ["Förderturm", "Müßiggang", "Göss"], "its text is UTF-8"),
        ("UTF-8", "ANSI 1250", ["Förderturm", "Müßiggang", "Göss"], "its text is UTF-8"),
        ("cp1250", "1250", ["Młyn Żelazny", "Huta Małapanew", "Łaźnia"], None),
        ("cp1250", "88592", ["Furnace", "Mill", "Mine"], None),
    ],
)
def test_a_cpg_that_is_not_true_is_not_believed(
    tmp_path: Path, encoding: str, cpg: str, names: list[str], told: str | None
) -> None:
    path = tmp_path / "a.shp"
    PLACES.assign(name=names).to_file(path, engine="pyogrio", encoding=encoding)
    path.with_suffix(".cpg").write_text(cpg)
    table = read_table(path, Read())
    assert table.frame["name"].tolist() == names
    assert [told for note in table.notes if ".cpg" in note] == ([] if told is None else [told])
    assert told is None or any(told in note for note in table.notes)


@pytest.mark.parametrize("lost", [".cpg", ".shx", ".none"])
def test_a_letter_that_is_cut_in_half_at_the_end_of_a_cell_costs_itself(tmp_path: Path, lost: str) -> None:
    """Fields of a shapefile are so and so many bytes wide, and not every program cuts between letters."""
    path = tmp_path / "a.shp"
    PLACES.assign(name=["Huta Małapaneó", "Łaźnia śląska żółta", "Göss"]).to_file(path, engine="pyogrio")
    dbf = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(dbf.replace("ó ".encode(), b"\xc3  "))
    path.with_suffix(lost).unlink(missing_ok=True)
    table = read_table(path, Read())
    assert table.frame["name"].tolist() == ["Huta Małapane", "Łaźnia śląska żółta", "Göss"]
    assert any(note.startswith("1 letter cut in half") for note in table.notes)


@pytest.mark.parametrize("name", ["a.mif", "a.tab", "a.gpkg"])
def test_a_plane_of_its_own_is_no_system(tmp_path: Path, name: str) -> None:
    """What CAD calls "Nonearth" and a GeoPackage "Undefined" names none, which a contract or a draft has to."""
    called = "Undefined Cartesian SRS" if name == "a.gpkg" else "Nonearth"
    plane = f'LOCAL_CS["{called}",UNIT["metre",1]]'
    points = [shapely.Point(x, y) for x, y in ((393711, 282061), (400871, 293181), (408049, 304301))]
    places = gpd.GeoDataFrame({"name": NAMES}, geometry=points, crs=plane)
    path = tmp_path / name
    places.to_file(path, driver=DRIVERS[name], engine="pyogrio")
    assert read_table(path, Read()).crs is None


def test_a_workbook_with_a_sheet_for_each_town_is_drafted_and_checked_as_a_whole(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "a.ods"
    for town, rows in (("Opole", TABLE[:1]), ("Nysa", TABLE[1:])):
        pyogrio.write_dataframe(rows, path, driver="ODS", layer=town, append=path.exists())
    assert '# sheet = "*"' in draft(path, run)
    contract = path.with_name("contract.toml")
    contract.write_text(draft(path, run, read=Read(sheet="*")), encoding="utf-8")
    report = check(contract, run).as_dict()
    assert (report["rows_in"], report["accepted"]) == (3, 3)


# --- File Geodatabases ------------------------------------------------------------------------------------------------


def zipped_folder(folder: Path, under: str) -> Path:
    """Pack the files of a folder into an archive beside it."""
    path = folder.with_name("a.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, f"{under}{part.name}")
        archive.writestr("readme.txt", "see the database")
    return path


@pytest.mark.parametrize("under", ["Sites.gdb/", "export/Sites.GDB/"])
def test_a_file_geodatabase_is_read_from_its_archive(tmp_path: Path, run: Run, under: str) -> None:
    PLACES.to_file(tmp_path / "b.gdb", driver="OpenFileGDB", layer="sites", engine="pyogrio")
    path = zipped_folder(tmp_path / "b.gdb", under)
    assert read_table(path, Read()).frame["name"].tolist() == NAMES
    assert accepted(path, run) == 3


def test_a_file_geodatabase_with_several_layers_asks_which_is_meant(tmp_path: Path) -> None:
    for layer in ("mines", "mills"):
        PLACES.to_file(tmp_path / "b.gdb", driver="OpenFileGDB", layer=layer, engine="pyogrio", append=layer == "mills")
    path = zipped_folder(tmp_path / "b.gdb", "b.gdb/")
    with pytest.raises(ContractError, match=r"2 layers \('mines', 'mills'\)"):
        read_table(path, Read())
    assert len(read_table(path, Read(layer="mills")).frame) == 3
    assert len(read_table(path, Read(member="b.gdb", layer="*")).frame) == 6


@pytest.mark.parametrize(
    ("under", "lost", "said"),
    [
        ("", "", "Pack their folder itself"),
        ("b.gdb/", "a00000001.gdbtable", "is missing in b.gdb, or damaged"),
        ("b.gdb/", "a00000009.gdbtable", "a00000009.gdbtable is missing"),
    ],
)
def test_a_file_geodatabase_packed_in_part_is_refused(tmp_path: Path, under: str, lost: str, said: str) -> None:
    PLACES.to_file(tmp_path / "b.gdb", driver="OpenFileGDB", layer="sites", engine="pyogrio")
    if lost:
        (tmp_path / "b.gdb" / lost).unlink()
    with pytest.raises(ContractError, match=said):
        read_table(zipped_folder(tmp_path / "b.gdb", under), Read())


def test_the_folder_of_a_file_geodatabase_is_to_be_packed(tmp_path: Path) -> None:
    (tmp_path / "b.gdb").mkdir()
    with pytest.raises(ContractError, match="is a File Geodatabase, which is a folder"):
        read_table(tmp_path / "b.gdb", Read())


# --- drawings ---------------------------------------------------------------------------------------------------------


def drawing(*symbols: tuple[str, float, float, dict[str, str]], more: str = "") -> str:
    """A DXF of symbols: handle, easting, northing, attributes; each draws a line of its own."""

    def pairs(*values: object) -> str:
        return "".join(f"{value}\n" for value in values)

    line = pairs(0, "LINE", 8, "0", 10, 0, 20, 0, 11, 5, 21, 5)
    block = pairs(0, "BLOCK", 8, "0", 2, "OBIEKT", 70, 2, 10, 0, 20, 0) + line + pairs(0, "ENDBLK", 8, "0")
    text = ""
    for handle, x, y, attributes in symbols:
        text += pairs(0, "INSERT", 5, handle, 8, "HUTY", 66, int(bool(attributes)), 2, "OBIEKT", 10, x, 20, y)
        for n, (tag, value) in enumerate(attributes.items()):
            text += pairs(0, "ATTRIB", 5, f"{handle}{n}", 8, "HUTY", 10, x, 20, y, 40, 2, 1, value, 2, tag, 70, 0)
        text += pairs(0, "SEQEND", 5, f"{handle}F", 8, "HUTY") if attributes else ""
    head = pairs(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, "AC1015", 0, "ENDSEC")
    blocks = head + pairs(0, "SECTION", 2, "BLOCKS") + block + pairs(0, "ENDSEC")
    return blocks + pairs(0, "SECTION", 2, "ENTITIES") + text + more + pairs(0, "ENDSEC", 0, "EOF")


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_symbol_of_a_drawing_is_one_row_with_its_attributes(tmp_path: Path, as_zip: bool) -> None:
    """It was three: a line, one called "Huta", and one called "1872"."""
    path = tmp_path / "a.dxf"
    text = "".join(f"{value}\n" for value in (0, "TEXT", 5, "C0", 8, "OPISY", 10, 1, 20, 2, 40, 2, 1, "Browar"))
    huts = {"NAZWA": "Huta Anna Nowa", "ROK": "1872", "Layer": "x"}
    path.write_text(
        drawing(("A0", 10, 20, huts), ("A1", 30, 40, {"NAZWA": "Mill", "ROK": ""}), ("A2", 50, 60, {}), more=text)
    )
    if as_zip:
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            archive.write(path, "cad/a.dxf")
    table = read_table(tmp_path / "b.zip" if as_zip else path, Read())
    rows = table.frame.set_index("EntityHandle")
    assert sorted(rows.index) == ["A0", "A1", "A2", "C0"]
    assert rows["NAZWA"].to_dict() == {"A0": "Huta Anna Nowa", "A1": "Mill", "A2": None, "C0": None}
    assert rows["ROK"].to_dict() == {"A0": "1872", "A1": None, "A2": None, "C0": None}
    assert rows.loc["A0", ["Layer", "Layer (attribute)"]].tolist() == ["HUTY", "x"]
    assert [shape.wkt for shape in shapely.force_2d(rows["geometry"].loc[["A0", "A1", "C0"]].to_numpy())] == [
        "POINT (10 20)", "POINT (30 40)", "POINT (1 2)",
    ]  # fmt: skip
    assert rows.loc["A2", "geometry"].geom_type == "LineString"  # nothing but what it draws
    assert len(table.places) == 4
    assert any(note.startswith("2 symbols with attributes") for note in table.notes)


def test_a_drawing_whose_symbols_carry_nothing_is_read_as_it_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    path.write_text(drawing(("A0", 10, 20, {}), ("A1", 30, 40, {})))
    table = read_table(path, Read())
    assert [shape.geom_type for shape in table.frame["geometry"]] == ["LineString"] * 2
    assert "BlockName" not in table.frame


# --- Parquet of every sort ----------------------------------------------------------------------------------------


def test_geoparquet_with_a_geometry_of_another_name(tmp_path: Path, run: Run) -> None:
    PLACES.rename_geometry("geom").to_parquet(tmp_path / "a.parquet")
    assert accepted(tmp_path / "a.parquet", run) == 3


def test_longitude_and_latitude_by_another_code(tmp_path: Path) -> None:
    PLACES.set_crs("OGC:CRS84", allow_override=True).to_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet", Read()).crs == "EPSG:4326"


def nested() -> pa.Table:
    names = pa.struct([("primary", pa.string()), ("common", pa.map_(pa.string(), pa.string()))])
    return pa.table(
        {
            "nr": ["1", "2", "3"],
            "names": pa.array([{"primary": "Huta", "common": [("de", "Hütte")]}, None, {"primary": "Młyn"}], names),
            "sources": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
            "built": pa.array([pd.Timestamp("1890-01-02").date(), None, None], pa.date32()),
            "geometry": pa.array([shapely.to_wkb(point) for point in POINTS], pa.binary()),
        }
    )


@pytest.mark.parametrize("declared", [True, False])
def test_lists_and_structures_stay_in_the_row(tmp_path: Path, run: Run, declared: bool) -> None:
    from inducult_geo.api import read_source

    table = nested()
    if declared:
        geo = {"version": "1.1.0", "primary_column": "geometry",
               "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}}}  # fmt: skip
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, tmp_path / "a.parquet")
    assert accepted(tmp_path / "a.parquet", run) == 3
    records = read_source(tmp_path / "contract.toml", data=tmp_path / "data")
    tags = json.loads(records["tags"][0])
    assert tags["names"]["primary"] == "Huta"
    assert tags["sources"] == ["a", "b"]
    assert tags["built"] == "1890-01-02"


def test_a_parquet_file_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PLACES.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("inducult_geo.sources.formats.vectors.MAX_BYTES", 100)
    with pytest.raises(ContractError, match="would grow to"):
        read_table(tmp_path / "a.parquet", Read())


def test_a_parquet_file_with_a_column_twice_is_told_as_that(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], ["b"]], names=["name", "name"]), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match="there are two columns 'name'"):
        read_table(tmp_path / "a.parquet", Read())


@pytest.mark.parametrize("number", ["1e300", "-9e15", "1e999", "99999999999"])
def test_a_number_that_is_no_place_costs_its_own_row_alone(tmp_path: Path, run: Run, number: str) -> None:
    rows = f"nr;name;lon;lat\n1;Huta;17.5;50.5\n2;Hala;{number};50.6\n3;Gaj;17.7;50.7\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    place = '[place]\ncrs = "EPSG:4326"\nx = "lon"\ny = "lat"\n[columns]\nkey = "nr"\nname = "name"\n'
    (tmp_path / "c.toml").write_text(f'id = "test"\nfiles = ["a.csv"]\n{place}', encoding="utf-8")
    report = check(tmp_path / "c.toml", run)
    assert report.accepted == 2
    assert [row["reason"] for row in report.rows] == ["bad_coordinate"]


@pytest.mark.parametrize("far", [9e7, 9e8, 9e11, 1e300])
def test_a_polygon_that_leaves_the_world_costs_its_own_row_alone(tmp_path: Path, run: Run, far: float) -> None:
    wild = shapely.Polygon([(4.3e6, 3e6), (far, 3e6), (far, -far), (4.3e6, 3e6)])
    fine = [shapely.box(x, 3.0e6, x + 100, 3.0e6 + 100) for x in (4.3e6, 4.4e6)]
    frame = gpd.GeoDataFrame({"nr": ["1", "2", "3"]}, geometry=[fine[0], wild, fine[1]], crs=31468)
    frame.to_file(tmp_path / "a.gpkg", engine="pyogrio")
    assert accepted(tmp_path / "a.gpkg", run) in (2, 3)


# --- layers, folders, links ---------------------------------------------------------------------------------------

FOLDERS = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<Folder><name>Mines</name><Placemark><name>Szyb</name><Point><coordinates>17,50</coordinates></Point></Placemark>"
    "</Folder><Folder><name>Works</name><Placemark><name>Huta</name><Point><coordinates>18,51</coordinates></Point>"
    "</Placemark></Folder></Document></kml>"
)


def test_all_layers_are_read_where_a_person_says_so(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "a.kml"
    path.write_text(FOLDERS, encoding="utf-8")
    assert '# layer = "*"' in draft(path, run)
    table = read_table(path, Read(layer="*"))
    assert table.frame["layer"].tolist() == ["Mines", "Works"]
    assert table.frame["Name"].tolist() == ["Szyb", "Huta"]
    assert table.places == ["a.kml feature 1 of 'Mines'", "a.kml feature 1 of 'Works'"]


def test_layers_of_several_systems_are_not_mixed(tmp_path: Path) -> None:
    PLACES.to_file(tmp_path / "a.gpkg", layer="one", engine="pyogrio")
    PLACES.to_crs(2180).to_file(tmp_path / "a.gpkg", layer="two", engine="pyogrio")
    with pytest.raises(ContractError, match="several CRS"):
        read_table(tmp_path / "a.gpkg", Read(layer="*"))


def test_links_to_other_files_are_said_and_not_followed(tmp_path: Path) -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/more.kml</href></Link></NetworkLink>"
    path = tmp_path / "a.kml"
    path.write_text(FOLDERS.replace("<Document>", f"<Document>{link}"), encoding="utf-8")
    assert any("NetworkLink" in note for note in read_table(path, Read(layer="*")).notes)


def test_a_file_without_any_layer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text('<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', encoding="utf-8")
    with pytest.raises(ContractError, match="holds no layer: it is empty"):
        read_table(path, Read())


@pytest.mark.parametrize("encoding", ["utf-16", "cp1250"])
def test_geojson_in_another_encoding_names_the_remedy(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a.geojson")
    path.write_bytes(path.read_text(encoding="utf-8").replace("ö", "o").encode(encoding))
    with pytest.raises(ContractError, match=r"not written in UTF-8.*Save it again with the encoding UTF-8"):
        read_table(path, Read())
