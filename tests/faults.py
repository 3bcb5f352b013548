"""Faults for a release: how each is planted, which promises it breaks, and what must be said of it."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
import rasterio
import shapely

from inducult_geo.publish.promises.gpkg import _LARGEST_PROJECT

LINKED = "nothing points into the void, every site has a record"
COUNTED = "records in = in sites + in review + rejected, everywhere"
RIGHTS = "every record names its license and may be published"
SOUND = "every geometry is there, valid and in EPSG:3035"
LISTED = "values lie in their lists"
LAYERS = "every layer is there and described"
STYLES = "every layer has its styles"
PROJECT = "the embedded project opens and finds its layers"
CONTAINER = "inducult.gpkg is a GeoPackage 1.3 that opens read-only"
WHOLE = "the database is whole"
COLUMNS = "every column has an alias and a description"
IDS = "site ids are well-formed and unique"
SUMS = "SHA256SUMS lists every file but itself, and each is unaltered"
PARQUET = "the Parquet files hold the same rows"
MANIFEST = "manifest.json is complete and counts the same"
NUMBER = "there is one number of sites"
ACCURACY = "accuracies are positive"
FILES = "every file is there"
SHEET = "sites.csv holds every site, in degrees and without formulas"
EXPLAINED = "dictionary and schema name every column"
DESCRIBED = "dcat.jsonld describes every data file"
DENSITY = "the density surfaces count every site once"
TILES = "the tiles hold every site"
CODED = "every coded column has its list"
SAID = "the table dictionary explains every column"
THEMED = "the project's map themes show what is there"
RASTERS = "the rasters in the GeoPackage count the same"
SEALED = "index.html loads nothing and runs its own script only"


def sql(*statements: str) -> Callable[[Path], None]:
    """Plant a fault in the GeoPackage by SQL; triggers that keep such faults out are taken off first."""

    def plant(release: Path) -> None:
        with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
            con.execute("BEGIN")
            triggers = [name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            for name in triggers:
                con.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                con.execute(statement)

    return plant


def _geometry(shape: shapely.Geometry | None, srs: int = 3035, table: str = "site_areas") -> Callable[[Path], None]:
    """Plant a geometry in the first row of a layer."""
    wkb = b"" if shape is None else shapely.to_wkb(shape, byte_order=1)
    header = b"GP\x00\x01" + srs.to_bytes(4, "little")
    return sql(f"UPDATE {table} SET geom = X'{(header + wkb).hex()}' WHERE fid = 1")


def _file(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def plant(release: Path) -> None:
        path = release / name
        path.write_bytes(change(path.read_bytes()))

    return plant


def _manifest(**changes: object) -> Callable[[Path], None]:
    def change(text: bytes) -> bytes:
        values = json.loads(text)
        run = values["run"] | changes.pop("run", {})
        return json.dumps({**values, "run": run, **changes}).encode()

    return _file("manifest.json", change)


def _without(name: str) -> Callable[[Path], None]:
    return lambda release: (release / name).unlink()


def _fewer_rows(name: str) -> Callable[[Path], None]:
    def plant(release: Path) -> None:
        gpd.read_parquet(release / name).iloc[1:].to_parquet(release / name)

    return plant


def _other_rows(name: str, key: str) -> Callable[[Path], None]:
    def plant(release: Path) -> None:
        rows = gpd.read_parquet(release / name)
        rows.loc[0, key] = "another"
        rows.to_parquet(release / name)

    return plant


def _project(change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change the text of the embedded project."""

    def plant(release: Path) -> None:
        with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
            (content,) = con.execute("SELECT content FROM qgis_projects").fetchone()
            with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
                (name,) = [entry for entry in archive.namelist() if entry.endswith(".qgs")]
                text = archive.read(name).decode()
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                archive.writestr(name, change(text))
            con.execute("UPDATE qgis_projects SET content = ?", (buffer.getvalue().hex(),))

    return plant


def _change(kind: str, site_id: str) -> Callable[[Path], None]:
    return sql(f"UPDATE changes SET change = '{kind}', site_id = '{site_id}' WHERE fid = 1")


def _a_withheld_record(release: Path) -> None:
    """Call the source of the last record by the name of the source that stays at home."""
    records = gpd.read_parquet(release / "records.parquet")
    records.loc[records.index[-1], "source"] = "secret"
    records.to_parquet(release / "records.parquet")


def _second_run(release: Path) -> None:
    """Write the row of the run twice."""
    with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
        names = ", ".join(name for _, name, *_ in con.execute("PRAGMA table_info(runs)") if name != "fid")
        con.execute(f"INSERT INTO runs ({names}) SELECT {names} FROM runs")


def _plain_parquet(release: Path) -> None:
    """Take what makes a Parquet file a GeoParquet file out of it."""
    path = release / "records.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)


def _project_files(**sizes: int) -> Callable[[Path], None]:
    """Put an archive of `.qgs` files of these sizes in the place of the embedded project."""

    def plant(release: Path) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, size in sizes.items():
                archive.writestr(f"{name}.qgs", b" " * size)
        with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
            con.execute("UPDATE qgis_projects SET content = ?", (buffer.getvalue().hex(),))

    return plant


def _off_the_grid(release: Path) -> None:
    """Move a density surface by seven meters."""
    with rasterio.open(release / "density_monuments.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        was = raster.transform
        raster.transform = rasterio.Affine(was.a, was.b, was.c + 7, was.d, was.e, was.f)


ID_COLUMNS = [(table, "site_id") for table in ("site_points", "site_areas", "source_records")]
ID_COLUMNS += [(table, column) for table in ("matches", "review") for column in ("left_site", "right_site")]
BOW = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
FAULTS: dict[str, tuple[Callable[[Path], None], tuple[str, ...], str]] = {
    # what: (how it is planted, the promises that it breaks, what is said)
    "a file is gone": (_without("README.txt"), (FILES,), "README.txt is missing"),
    "a journal was left": (lambda r: (r / "inducult.gpkg-journal").write_bytes(b""), (FILES,), "open for editing"),
    "wal mode": (_file("inducult.gpkg", lambda b: b[:18] + b"\2\2" + b[20:]), (CONTAINER,), "WAL"),
    "application id": (sql("PRAGMA application_id = 1"), (CONTAINER,), "not GPKG"),
    "version": (sql("PRAGMA user_version = 10400"), (CONTAINER,), "10400"),
    "foreign key": (
        sql("INSERT INTO gpkg_metadata_reference (reference_scope, md_file_id) VALUES ('geopackage', 999)"),
        (WHOLE,),
        "gpkg_metadata_reference",
    ),
    "no title": (sql("UPDATE gpkg_contents SET identifier = ' ' WHERE table_name = 'sources'"), (LAYERS,), "sources"),
    "nothing said": (
        sql("UPDATE gpkg_contents SET description = '' WHERE table_name = 'regions'"),
        (LAYERS,),
        "regions",
    ),
    "no alias": (sql("DELETE FROM gpkg_data_columns WHERE column_name = 'nace'"), (COLUMNS,), "site_points.nace"),
    "alias that GDAL ignores": (
        sql("UPDATE gpkg_data_columns SET name = column_name WHERE column_name = 'aspect'"),
        (COLUMNS,),
        "aspect has no alias",
    ),
    "no description": (
        sql("UPDATE gpkg_data_columns SET description = ' ' WHERE table_name = 'runs' AND column_name = 'sites'"),
        (COLUMNS,),
        "runs.sites has no description",
    ),
    "a coded column without its list": (
        sql("UPDATE gpkg_data_columns SET constraint_name = NULL WHERE column_name = 'status'"),
        (CODED,),
        "site_points.status has the list None",
    ),
    "a list that lost a value": (
        sql("DELETE FROM gpkg_data_column_constraints WHERE constraint_name = 'decision' AND value = 'part_of'"),
        (CODED,),
        "the list decision has 3 values, the vocabulary 4",
    ),
    "a column that the dictionary forgot": (
        sql("DELETE FROM dictionary WHERE table_name = 'review' AND column_name = 'note'"),
        (SAID,),
        "review.note",
    ),
    "a project without themes": (
        _project(lambda text: re.sub(r"<visibility-presets>.*</visibility-presets>", "", text, flags=re.DOTALL)),
        (THEMED,),
        "no map theme",
    ),
    "a theme in a style that is gone": (
        _project(lambda text: text.replace('<map-layer-style name="heritage">', '<map-layer-style name="other">')),
        (THEMED,),
        "map theme 'Heritage'",
    ),
    "a raster that lost its tiles": (
        sql("DELETE FROM density_monuments WHERE zoom_level = (SELECT max(zoom_level) FROM density_monuments)"),
        (RASTERS,),
        "density_monuments in the GeoPackage integrates to",
    ),
    "a withheld record in the parquet": (
        _a_withheld_record,
        (RIGHTS,),
        "records.parquet holds records of 'secret'",
    ),
    "a new site that does not stand": (
        _change("new", "IC-9999-X"),
        (LINKED,),
        "changes of sites that should stand",
    ),
    "a site that is gone and stands": (
        _change("gone", "IC-0000-X"),
        (LINKED,),
        "told to be gone that still stand",
    ),
    "no default style": (
        sql("UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = 'sources'"),
        (STYLES,),
        "sources has not one default style",
    ),
    "truncated style": (
        sql("UPDATE layer_styles SET styleQML = substr(styleQML, 1, length(styleQML) / 2)"),
        (STYLES,),
        "not well-formed",
    ),
    "style without renderer": (
        sql("UPDATE layer_styles SET styleQML = '<qgis/>' WHERE f_table_name = 'regions'"),
        (STYLES,),
        "no renderer",
    ),
    "no project": (sql("DELETE FROM qgis_projects"), (PROJECT,), "no embedded project"),
    "damaged project": (sql("UPDATE qgis_projects SET content = 'zz'"), (PROJECT,), "cannot be opened"),
    "project of another file": (
        _project(lambda text: text.replace("./inducult.gpkg|", "./other_inducult.gpkg|")),
        (PROJECT,),
        "other_inducult.gpkg",
    ),
    "project of another layer": (
        _project(lambda text: text.replace("layername=regions", "layername=kraje")),
        (PROJECT,),
        "kraje",
    ),
    "truncated project": (_project(lambda text: text[: len(text) // 2]), (PROJECT,), "cannot be opened"),
    "a lost record": (
        sql("DELETE FROM source_records WHERE record_key = 'register:lost-1'"),
        (COUNTED, PARQUET),
        "the tables hold",
    ),
    "the law broken": (
        sql("UPDATE runs SET rejected = rejected + 1"),
        (COUNTED, MANIFEST),
        "records in, but",
    ),
    "a source that counts another way": (
        sql("UPDATE sources SET in_sites = in_sites - 1, rejected = rejected + 1 WHERE source = 'osm'"),
        (COUNTED,),
        "sources: osm says",
    ),
    "a source of which the row is gone": (sql("DELETE FROM sources WHERE source = 'wide'"), (COUNTED, RIGHTS), "sum"),
    "an orphan record": (
        sql("UPDATE source_records SET site_id = 'IC-9999-X' WHERE record_key = 'osm:way/0'"),
        (LINKED, WHOLE),
        "1 records in no site",
    ),
    "a site without records": (
        sql("UPDATE source_records SET site_id = 'IC-0001-X' WHERE site_id = 'IC-0000-X'"),
        (LINKED,),
        "1 sites without a record",
    ),
    "an orphan match": (sql("UPDATE matches SET right_site = 'IC-9999-X' WHERE fid = 1"), (LINKED,), "compared"),
    "an orphan question": (sql("UPDATE review SET left_site = 'IC-9999-X' WHERE fid = 1"), (LINKED,), "questions"),
    "a reason that is gone": (sql("UPDATE rejected SET reason = NULL WHERE fid = 1"), (LINKED,), "reason"),
    "a malformed id": (
        sql(*(f"UPDATE {table} SET {column} = 'ic-00-x' WHERE {column} = 'IC-0000-X'" for table, column in ID_COLUMNS)),
        (IDS, TILES, PARQUET, SHEET),
        "'ic-00-x'",
    ),
    "an id that stands twice": (
        sql(
            "DROP INDEX idx_site_points_site_id",
            "UPDATE site_points SET site_id = 'IC-0001-X' WHERE site_id = 'IC-0000-X'",
        ),
        (IDS, LINKED, WHOLE, TILES, PARQUET, SHEET),
        "twice",
    ),
    "an invalid outline": (_geometry(shapely.MultiPolygon([BOW])), (SOUND,), "1 geometries of site_areas are invalid"),
    "an empty outline": (_geometry(shapely.MultiPolygon()), (SOUND,), "empty"),
    "no geometry": (sql("UPDATE source_records SET geom = X'' WHERE fid = 1"), (SOUND,), "source_records"),
    "a place that is no number": (_geometry(shapely.Point(float("inf"), 1), table="site_points"), (SOUND,), "finite"),
    "a geometry in another system": (
        _geometry(shapely.Point(12, 50), 4326, "site_points"),
        (SOUND,),
        "not in EPSG:3035",
    ),
    "a layer in another system": (
        sql("UPDATE gpkg_contents SET srs_id = 4326 WHERE table_name = 'review'"),
        (SOUND,),
        "layer review",
    ),
    "no license": (
        sql("UPDATE source_records SET licence = ' ' WHERE fid = 1"),
        (RIGHTS,),
        "1 rows of source_records",
    ),
    "a source that may not be published": (
        sql("UPDATE sources SET publish = 0 WHERE source = 'register'"),
        (RIGHTS,),
        "may not be published",
    ),
    "no credit": (sql("UPDATE site_points SET attribution = NULL WHERE fid = 1"), (RIGHTS,), "credit line"),
    "an accuracy of zero": (sql("UPDATE site_points SET accuracy_m = 0 WHERE fid = 1"), (ACCURACY,), "1 rows"),
    "an aspect of its own": (
        sql("UPDATE site_points SET aspect = 'ruin' WHERE fid = 1"),
        (LISTED, DENSITY, RASTERS),
        "'ruin'",
    ),
    "a list that was widened": (
        sql(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value) "
            "VALUES ('status', 'enum', 'idle')",
            "UPDATE site_points SET status = 'idle' WHERE fid = 1",
        ),
        (LISTED, CODED),
        "site_points.status holds values outside",
    ),
    "fewer sites in parquet": (_fewer_rows("sites.parquet"), (PARQUET, NUMBER), "sites.parquet"),
    "fewer records in parquet": (_fewer_rows("records.parquet"), (PARQUET,), "records.parquet"),
    "other sites in parquet": (_other_rows("sites.parquet", "site_id"), (PARQUET,), "hold other rows: 2 differ"),
    "other records in parquet": (_other_rows("records.parquet", "record_key"), (PARQUET,), "hold other rows: 2 differ"),
    "other sites for spreadsheets": (
        _file("sites.csv", lambda b: b.replace(b"IC-0000-X,", b"IC-9999-X,", 1)),
        (SHEET,),
        "hold other sites: 2 differ, such as IC-0000-X",
    ),
    "parquet in degrees": (
        lambda r: gpd.read_parquet(r / "sites.parquet").to_crs(4326).to_parquet(r / "sites.parquet"),
        (PARQUET,),
        "column geometry is not in EPSG:3035",
    ),
    "parquet without a system": (
        lambda r: (
            gpd.read_parquet(r / "sites.parquet").set_crs(None, allow_override=True).to_parquet(r / "sites.parquet")
        ),
        (PARQUET,),
        "column geometry is not in EPSG:3035",
    ),
    "another number on the page": (
        _file("index.html", lambda b: re.sub(rb'data-sites="\d+"', b'data-sites="1"', b)),
        (NUMBER,),
        "index.html 1",
    ),
    "no number on the page": (
        _file("index.html", lambda _: b"<html><body></body></html>"),
        (NUMBER, SEALED),
        "index.html None",
    ),
    "a map of other sites": (
        _file("index.html", lambda b: re.sub(rb'"site_id":\["[^"]+",', b'"site_id":[', b)),
        (NUMBER,),
        "the map of index.html",
    ),
    "a page that loads a script": (
        _file(
            "index.html", lambda b: b.replace(b"</body>", b'<script src="https://example.org/a.js"></script></body>')
        ),
        (SEALED,),
        "<script> that loads",
    ),
    "a page with another script": (
        _file("index.html", lambda b: b.replace(b"</body>", b"<script>alert(1)</script></body>")),
        (SEALED,),
        "is not the one that its Content-Security-Policy names",
    ),
    "a page that may load": (
        _file("index.html", lambda b: b.replace(b"connect-src 'none'", b"connect-src https:")),
        (SEALED,),
        "does not forbid the network",
    ),
    "a page that may run more": (
        _file("index.html", lambda b: b.replace(b"script-src ", b"script-src 'unsafe-eval' ", 1)),
        (SEALED,),
        "allows more scripts than the page holds",
    ),
    "no tiles": (_without("sites.pmtiles"), (TILES, NUMBER, DESCRIBED), "sites.pmtiles is missing"),
    "tiles that are cut": (_file("sites.pmtiles", lambda b: b[:90]), (TILES, NUMBER), "cannot be checked"),
    "fewer sites for spreadsheets": (
        _file("sites.csv", lambda b: b[: b.rstrip().rfind(b"\n") + 1]),
        (SHEET, NUMBER),
        "sites.csv has",
    ),
    "a formula as a Japanese keyboard writes it": (
        _file("sites.csv", lambda b: b.replace(b"'=HYP", "＝HYP".encode())),
        (SHEET,),
        "act as formulas",
    ),
    "a formula": (_file("sites.csv", lambda b: b.replace(b"'=HYP", b"=HYP")), (SHEET,), "act as formulas"),
    "a column unexplained": (
        _file("DICTIONARY.md", lambda b: b.replace(b"| `nace` |", b"| `nape` |")),
        (EXPLAINED,),
        "site_points.nace",
    ),
    "a column too many in the schema": (
        _file("schema.json", lambda b: b.replace(b'"nace"', b'"nape"')),
        (EXPLAINED,),
        "nace, nape",
    ),
    "a file undescribed": (
        _file("dcat.jsonld", lambda b: b.replace(b'"@id": "sites.csv"', b'"@id": "../x.csv"')),
        (DESCRIBED,),
        "sites.csv is in no description",
    ),
    "a density without its style": (_without("density_monuments.qml"), (DENSITY,), "no style beside it"),
    "a manifest of another run": (_manifest(run={"run_id": "other"}), (MANIFEST,), "run_id = other"),
    "a manifest that is no JSON": (_file("manifest.json", lambda b: b[:-9]), (MANIFEST, NUMBER), "cannot be checked"),
    "a run that stands twice": (_second_run, (COUNTED,), "does not have one row"),
    "withheld records that nobody withheld": (
        sql("UPDATE sources SET withheld = coalesce(withheld, 0) + 1 WHERE source = 'osm'"),
        (COUNTED,),
        "records withheld, the sources",
    ),
    "a manifest without its regions": (
        _file("manifest.json", lambda b: b.replace(b'"regions"', b'"areas"', 1)),
        (MANIFEST,),
        "manifest.json lacks regions",
    ),
    "a table that is no GeoParquet": (_plain_parquet, (PARQUET,), "records.parquet is not GeoParquet"),
    "a layer that is listed and not there": (
        sql(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
            "VALUES ('g', 'attributes', 'G', 'x')"
        ),
        (LAYERS, STYLES),
        "layer g is listed but is no table",
    ),
    "a layer that is not listed": (
        sql("DELETE FROM gpkg_contents WHERE table_name = 'sources'"),
        (LAYERS, PROJECT),
        "layer sources is missing",
    ),
    "a style that is a picture": (
        sql("UPDATE layer_styles SET styleQML = '<svg/>' WHERE f_table_name = 'regions'"),
        (STYLES,),
        "is no QML",
    ),
    "a project without layers": (
        _project(lambda text: re.sub(r"<maplayer\b.*?</maplayer>", "", text, flags=re.DOTALL)),
        (PROJECT, THEMED),
        "has no layers",
    ),
    "a tree that shows what is not there": (
        _project(lambda text: re.sub(r'(<layer-tree-layer\b[^>]*\bid=")', r"\1lost_", text, count=1)),
        (PROJECT,),
        "that it does not hold",
    ),
    "two projects in one": (_project_files(a=9, b=9), (PROJECT,), "it holds 2 .qgs files"),
    "a project that would fill the memory": (
        _project_files(a=_LARGEST_PROJECT + 1),
        (PROJECT,),
        "it is too large to be a project",
    ),
    "a site without a longitude": (
        _file("sites.csv", lambda b: re.sub(rb"\b1[0-9]\.[0-9]{5,}", b"east", b, count=1)),
        (SHEET,),
        "1 sites of sites.csv have no longitude and latitude",
    ),
    "a surface off the grid": (_off_the_grid, (DENSITY,), "not on the EEA grid"),
    "a raster that is not inside": (
        sql("DELETE FROM gpkg_contents WHERE table_name = 'density_monuments'"),
        (RASTERS, PROJECT, WHOLE),
        "density_monuments.tif is not inside the GeoPackage",
    ),
}
