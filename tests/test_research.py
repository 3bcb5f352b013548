"""What researchers get: a CSV in degrees without formulas, dictionary, schema, DCAT and citation, all true."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from bundles import HOSTILE, contracts, small_bundle
from hypothesis import given
from hypothesis import strategies as st
from test_surfaces import with_surfaces

from inducult_geo import ragged
from inducult_geo.catalog import Read
from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.frames import RECORD_COLUMNS, SITE_COLUMNS
from inducult_geo.publish import spreadsheet
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.layers import dictionary
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.publish.layers.dictionary import SHEET, dictionary_text, schema_text
from inducult_geo.publish.licences import credit_lines
from inducult_geo.publish.promises import research as promises
from inducult_geo.publish.qgis.surfaces import NAMES
from inducult_geo.publish.research.documents import MAKER, citation_text, dcat_text, write_research_files
from inducult_geo.publish.research.geoparquet import write_geoparquet
from inducult_geo.publish.spreadsheet import (
    degrees,
    plain_cell,
    plain_rows_of,
    read_csv,
    safe_cell,
    write_csv,
    write_plain_csv,
    write_workbook,
)
from inducult_geo.releasing.withholding import for_release
from inducult_geo.sources.formats.readers import read_table

FILES = {"sites.csv", "sites.csvt", "sites.prj", "DICTIONARY.md", "schema.json", "CITATION.cff", "dcat.jsonld"}
CHECKS = (
    promises.csv_holds_the_sites,
    promises.dictionary_names_every_column,
    promises.every_data_file_is_described,
    promises.densities_count_the_sites,
)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return with_surfaces(for_release(small_bundle(), contracts()))


@pytest.fixture(scope="module")
def folder(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release as far as it concerns researchers."""
    target = tmp_path_factory.mktemp("research")
    write_geopackage(bundle, target / "inducult.gpkg")
    write_geoparquet(bundle, target)
    write_research_files(bundle, target)
    return target


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def broken(folder: Path) -> list[str]:
    opened = Opened(folder)
    try:
        return [fault for check in CHECKS for fault in check(opened)]
    finally:
        opened.close()


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "sites.csv").read_text(encoding="utf-8-sig"))))


def test_all_files_are_there_and_keep_their_promises(folder: Path) -> None:
    densities = {f"{stem}.{end}" for stem in NAMES.values() for end in ("tif", "qml")}
    others = {"inducult.gpkg", "sites.parquet", "records.parquet"}
    assert {path.name for path in folder.iterdir()} == FILES | densities | others
    assert broken(folder) == []


def test_one_bundle_gives_the_same_bytes(bundle: Bundle, folder: Path, tmp_path: Path) -> None:
    for path in (*folder.glob("*.parquet"), folder / "inducult.gpkg"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_research_files(replace(bundle, sites=bundle.sites.sample(frac=1, random_state=1)), tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_csv_has_every_site_and_its_values(bundle: Bundle, folder: Path) -> None:
    rows = rows_of(folder)
    sites = bundle.sites.sort_values("site_id", ignore_index=True)
    assert [row["site_id"] for row in rows] == sites["site_id"].tolist()
    assert [*rows[0]] == [column.name for column in SHEET]
    assert set(rows[0]) == {*SITE_COLUMNS, "longitude", "latitude"}
    assert [row["start_year"] for row in rows] == ["" if pd.isna(y) else str(y) for y in sites["start_year"]]
    assert [float(row["confidence"]) for row in rows] == sites["confidence"].tolist()


def test_the_csv_is_read_by_pandas_and_its_places_are_right(bundle: Bundle, folder: Path) -> None:
    table = pd.read_csv(folder / "sites.csv")
    assert table.columns[0] == "site_id", "the mark at the beginning is skipped"
    points = gpd.GeoSeries(gpd.points_from_xy(table["longitude"], table["latitude"]), crs=4326).to_crs(3035)
    sites = bundle.sites.sort_values("site_id", ignore_index=True)
    assert points.distance(sites.geometry, align=False).max() < 0.2


def test_gdal_reads_the_csv_with_types_and_places(bundle: Bundle, folder: Path) -> None:
    table = gpd.read_file(folder / "sites.csv")
    sites = bundle.sites.sort_values("site_id", ignore_index=True)
    assert table.crs is not None
    assert table.geometry.to_crs(3035).distance(sites.geometry, align=False).max() < 0.2
    for column in SHEET:
        read = table[column.name].dtype
        assert pd.api.types.is_numeric_dtype(read) == (column.kind in ("whole", "number")), column.name
        assert pd.api.types.is_datetime64_any_dtype(read) == (column.kind == "date"), column.name
    told = table["start_year"]
    assert [None if pd.isna(y) else int(y) for y in told] == [None if pd.isna(y) else y for y in sites["start_year"]]


def test_no_cell_of_the_csv_acts_as_a_formula(folder: Path) -> None:
    names = {row["name"] for row in rows_of(folder)}
    (formula,) = [name for name in HOSTILE if name.startswith("=")]
    assert f"'{formula}" in names
    assert formula not in names
    assert all(not cell.startswith(("=", "+", "@")) for row in rows_of(folder) for cell in row.values())


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49 351 123", "'+49 351 123"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("-5", "-5"),
        ("+3.25", "+3.25"),
        ("-1,5", "-1,5"),
        ("a=b", "a=b"),
        ("'t Hof", "'t Hof"),
        ("", ""),
        ("a\x00b", "ab"),
        (-5, -5),
        (None, None),
    ],
)
def test_a_cell_is_made_safe(cell: object, safe: object) -> None:
    assert safe_cell(cell) == safe
    if isinstance(cell, str) and "\x00" not in cell:
        assert plain_cell(str(safe)) == cell, "an apostrophe of the name itself stays"


def test_a_workbook_without_rows_has_its_columns(tmp_path: Path) -> None:
    write_workbook(pd.DataFrame({"a": [], "b": pd.Series([], dtype=object)}), tmp_path / "a.xlsx", "pairs")
    read = read_table(tmp_path / "a.xlsx", Read())
    assert ([*read.frame], len(read.frame), read.warnings) == (["a", "b"], 0, ())


def test_a_workbook_of_more_rows_than_excel_opens_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    write_workbook(pd.DataFrame({"a": [1, 2]}), tmp_path / "a.xlsx", "pairs")
    with pytest.raises(ConfigError, match="3 rows are more than the 2 that Excel opens"):
        write_workbook(pd.DataFrame({"a": [1, 2, 3]}), tmp_path / "b.xlsx", "pairs")
    assert not (tmp_path / "b.xlsx").exists()


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8))
def test_what_was_made_safe_comes_back(text: str) -> None:
    made = safe_cell(text)
    assert plain_cell(made) == text
    assert not made.startswith(tuple("=@\t\r\n"))


@pytest.mark.parametrize("block", [2, 100_000])
def test_a_table_comes_back_as_it_went(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragged, "BLOCK", block)
    table = pd.DataFrame({"a": ['x,"y"\nz', "=1", "'=1", "ž; ý", None], "b": [1.5, None, 0.1, 2.0, -3.0]})
    path = tmp_path / "table.csv"
    write_csv(table, path)
    assert read_csv(path)["a"].tolist() == ['x,"y"\nz', "=1", "'=1", "ž; ý", ""]
    assert read_csv(path)["b"].tolist() == ["1.5", "", "0.1", "2.0", "-3.0"]
    assert path.read_bytes() == '\ufeffa,b\n"x,""y""\nz",1.5\n\'=1,\n\'\'=1,0.1\nž; ý,2.0\n,-3.0\n'.encode()
    write_csv(table.iloc[:0], path)
    assert path.read_bytes() == b"\xef\xbb\xbfa,b\n"
    write_csv(pd.DataFrame(columns=["=1+1"]), path)
    assert path.read_bytes() == b"\xef\xbb\xbf'=1+1\n"


def test_a_table_that_excel_saved_is_read_and_what_stands_beyond_its_names_is_told(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\na;b\r\n1;2;\r\n3\r\n")
    assert read_csv(path).to_dict("list") == {"a": ["1", "3"], "b": ["2", ""]}
    path.write_text("a;b\n1;2;more\n")
    with pytest.raises(ContractError, match=r"a row has 3 cells, the header 2: .* Beyond it stands 'more'"):
        read_csv(path)


def test_a_carriage_return_in_a_cell_ends_no_row(tmp_path: Path) -> None:
    table = pd.DataFrame({"key": ["a\rb", "c\r\n", "d"], "name": ["x", "\r", None]})
    path = tmp_path / "table.csv"
    write_csv(table, path)
    assert read_csv(path).to_numpy().tolist() == [["a\rb", "x"], ["c\r\n", "\r"], ["d", ""]]
    assert [*plain_rows_of(path)][2] == {"key": "d", "name": ""}
    path.write_text("key\n\nlonger\n")
    csv.field_size_limit(3)
    assert [*plain_rows_of(path)] == [{"key": "longer"}], "an empty line is no row, and a cell may be of any length"
    told = io.StringIO(newline="")
    write_plain_csv(table, told)
    assert told.getvalue() == 'key,name\n"a\rb",x\n"c\r\n","\r"\nd,\n'
    assert len(pd.read_csv(io.StringIO(told.getvalue(), newline=""))) == 3


def test_degrees_of_nothing_are_nothing() -> None:
    shapes = [None, shapely.Point(), shapely.Point(4321000, 3210000), shapely.box(4321000, 3210000, 4321010, 3210010)]
    longitude, latitude = degrees(shapes)
    assert np.isnan(longitude).tolist() == np.isnan(latitude).tolist() == [True, True, False, False]
    assert (longitude[2], latitude[2]) == (10, 52)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_the_dictionary_explains_every_column_and_list(layer) -> None:
    text = dictionary_text()
    (section,) = re.findall(rf"^## {layer.name}: .*?(?=^##? )", text, re.MULTILINE | re.DOTALL)
    for column in layer.columns:
        assert f"| `{column.name}` | {column.alias} |" in section
        assert column.description in section
        if column.domain:
            assert f"[{column.domain}](#{column.domain})" in section
            assert f"## {column.domain}\n" in text


def test_a_label_that_nobody_translated_is_null_and_not_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "label_status", lambda *told: "" if told[2] == "de" else "mem")
    told = {(row["list"], row["value"]): row for row in dictionary.vocabulary_rows()}
    brewery, kept = told["type", "brewery"], told["outcome", "site"]
    assert (brewery["label_de"], brewery["label_pl"]) == (None, "Browar")
    assert [kept[f"label_{code}"] for code in ("de", "pl")] == [None, None], "a list that has no labels but English"


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R with the package sf")
def test_r_reads_every_layer_without_a_warning(folder: Path) -> None:
    script = """
        options(warn = 2)
        if (!requireNamespace("sf", quietly = TRUE)) { cat("no sf"); quit() }
        layers <- sf::st_layers("inducult.gpkg")
        for (name in layers$name) invisible(sf::st_read("inducult.gpkg", name, quiet = TRUE))
        sites <- sf::st_read("inducult.gpkg", "site_points", quiet = TRUE)
        cat(nrow(sites), sf::st_crs(sites)$epsg, class(sites$last_seen), class(sites$start_year), inherits(sites, "sf"))
    """
    done = subprocess.run(["Rscript", "-e", script], cwd=folder, capture_output=True, text=True, check=False)
    if done.stdout == "no sf":
        pytest.skip("needs R's package sf")
    assert (done.returncode, done.stdout) == (0, "38 3035 Date integer TRUE"), done.stderr


def test_the_schema_accepts_the_release_and_refuses_what_is_not_in_it(folder: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text())
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)

    def plain(name: str) -> list[dict]:
        table = pq.read_table(folder / f"{name}.parquet").drop_columns(["geometry", "bbox"])
        return json.loads(json.dumps(table.to_pylist(), default=str))

    document = {name: plain(name) for name in ("sites", "records")}
    assert [error.message for error in validator.iter_errors(document)] == []
    assert document["sites"][0]["last_seen"] == "2024-03-01"
    wrong = ({"aspect": "ruin"}, {"site_id": None}, {"start_year": "old"}, {"color": "red"}, {"last_seen": "2024-3"})
    for spoiled in wrong:
        assert not validator.is_valid({"sites": [document["sites"][0] | spoiled]}), spoiled
    record = document["records"][0]
    for key in ("record_key", "source", "outcome"):
        lacking = {name: value for name, value in record.items() if name != key}
        assert not validator.is_valid({"records": [lacking]}), f"a record without {key}"
        assert not validator.is_valid({"records": [record | {key: None}]}), f"a record whose {key} is null"
    assert not validator.is_valid({"sites": [{}]})
    assert validator.is_valid({"sites": [{"site_id": "IC-1"}]}), "an older release lacks the newer columns"
    assert validator.is_valid({"records": [record | {"site_id": None}]}), "what waits or is rejected has no site"
    assert schema["$defs"]["site"]["properties"]["names"]["contentMediaType"] == "application/json"
    assert "contentMediaType" not in schema["$defs"]["site"]["properties"]["name"]
    assert set(schema["$defs"]["site"]["properties"]) == set(SITE_COLUMNS)
    assert set(schema["$defs"]["record"]["properties"]) == {*RECORD_COLUMNS, "site_id", "outcome"}


def test_dcat_describes_every_data_file_and_its_license(bundle: Bundle, folder: Path) -> None:
    dataset = json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))
    told = {entry["dcat:downloadURL"]["@id"]: entry for entry in dataset["dcat:distribution"]}
    assert set(told) == {
        *("inducult.gpkg", "sites.parquet", "records.parquet", "sites.csv"),
        *(f"{stem}.tif" for stem in NAMES.values()),
    }
    for name, entry in told.items():
        assert entry["dcat:accessURL"]["@id"] == name, "DCAT-AP asks for it"
        content = (folder / name).read_bytes()
        assert entry["dcat:byteSize"]["@value"] == str(len(content))
        assert entry["spdx:checksum"]["spdx:checksumValue"]["@value"] == hashlib.sha256(content).hexdigest()
    licences = [entry["@id"] for entry in dataset["dct:license"]]
    assert licences == [
        "https://creativecommons.org/licenses/by/4.0/",
        "https://opendatacommons.org/licenses/odbl/1-0/",
    ]
    whole = {entry["dct:license"]["@id"] for entry in dataset["dcat:distribution"]}
    assert whole == {"https://opendatacommons.org/licenses/odbl/1-0/"}, "what is made of OpenStreetMap"
    assert dataset["dct:modified"]["@value"] == "2024-03-01"
    assert "dct:issued" not in dataset, "no input tells the day of the release"
    types = {entry["dcat:mediaType"]["@id"] for entry in told.values()}
    assert {re.sub("https://www.iana.org/assignments/media-types/", "", one) for one in types} == {
        *("application/geopackage+sqlite3", "application/vnd.apache.parquet", "text/csv", "image/tiff"),
    }
    # DCAT wants things there, not words: what has no address has a type and a label.
    for said in [*dataset["dct:rights"], *(source["dct:rights"] for source in dataset["dct:source"])]:
        assert said["@type"] == "dct:RightsStatement"
        assert said["rdfs:label"]
    assert dataset["dct:title"]["@value"].startswith("SAMPLE")
    assert "SAMPLE DATA" in dataset["dct:description"]["@value"]
    assert len(dataset["dct:rights"]) == len(credit_lines(bundle))
    prefixes = {key.split(":")[0] for key in re.findall(r'"([a-z]+:\w+)"', json.dumps(dataset)) if "/" not in key}
    assert prefixes - {"urn"} <= set(dataset["@context"])


def things(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every thing of a description that is no plain value."""
    inside = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(node, dict) and "@value" not in node:
        yield node
    for part in inside:
        yield from things(part)


def test_portals_find_what_they_ask_of_a_description(folder: Path) -> None:
    dataset = json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))
    del dataset["@context"]
    # A validator of DCAT-AP sees this file alone: it takes nothing of which no kind is told, but addresses of files.
    untyped = [thing for thing in things(dataset) if "@type" not in thing]
    assert all(thing.keys() == {"@id"} and (folder / thing["@id"]).is_file() for thing in untyped)
    for described in [dataset, *dataset["dct:source"]]:
        assert described["@type"] == "dcat:Dataset"
        assert described["dct:title"]
        assert described["dct:description"]["@value"]
    assert dataset["dct:publisher"]["foaf:name"] == MAKER
    counted = {one["dct:identifier"]: one["dct:description"]["@value"] for one in dataset["dct:source"]}
    osm = pq.read_table(folder / "records.parquet", columns=["source"]).column("source").to_pylist().count("osm")
    assert counted["osm"] == f"Source of {osm} of the records of this release, with data of 2024-01-01."
    formats = {one["dct:format"]["@id"].rsplit("/", 1)[1] for one in dataset["dcat:distribution"]}
    assert formats == {"GPKG", "PARQUET", "CSV", "GEOTIFF"}


def test_an_unknown_license_is_told_in_words_and_no_date_is_no_date(bundle: Bundle, tmp_path: Path) -> None:
    odd = replace(
        bundle,
        sources=bundle.sources.assign(licence="by letter of the mayor"),
        run={**bundle.run, "data_date": None, "is_sample": False},
    )
    (tmp_path / "sites.csv").touch()
    dataset = json.loads(dcat_text(odd, tmp_path))
    assert dataset["dct:license"] == []
    assert "License: by letter of the mayor" in [said["rdfs:label"] for said in dataset["dct:rights"]]
    unknown = {"@type": "dct:LicenseDocument", "rdfs:label": "by letter of the mayor"}
    assert [source["dct:license"] for source in dataset["dct:source"]] == [unknown] * len(dataset["dct:source"])
    assert "dct:modified" not in dataset
    mine = replace(odd, records=odd.records[odd.records["source"] != "osm"])
    for licence, told in (("CC-BY-4.0", True), ("by letter of the mayor", False)):
        one = replace(mine, sources=odd.sources.assign(licence=licence))
        (entry,) = json.loads(dcat_text(one, tmp_path))["dcat:distribution"]
        assert ("dct:license" in entry) is told, licence
    assert "data up to" not in citation_text(odd).casefold()
    assert "SAMPLE" not in citation_text(odd)


def test_the_citation_is_read_as_what_it_says(bundle: Bundle) -> None:
    yaml = pytest.importorskip("yaml")
    hostile = bundle.sources.assign(title='Evil\x1b[2J "\n- x: {y}\u2028', attribution=None)
    for sources in (bundle.sources, hostile):
        said = yaml.safe_load(citation_text(replace(bundle, sources=sources)))
        assert (said["cff-version"], said["type"]) == ("1.2.0", "dataset")
        assert "Data up to 2024-03-01." in said["abstract"]
        assert said["title"].endswith(f"(data up to 2024-03-01, run {bundle.run['run_id']})")
        assert "date-released" not in said, "no input tells the day of the release"
        assert said["version"] == bundle.run["run_id"]
        assert {"message", "title", "authors"} <= said.keys()
        assert len(said["references"]) == bundle.records["source"].nunique()
        assert all({"type", "title", "authors"} <= entry.keys() for entry in said["references"])


@pytest.mark.parametrize("nothing", ["", None, float("nan")])
def test_a_source_is_cited_by_whom_it_is_of(bundle: Bundle, nothing: object) -> None:
    """Without an attribution and a title its author was an empty text, which no reader of citations takes."""
    yaml = pytest.importorskip("yaml")
    sources = bundle.sources.astype({"title": object, "attribution": object}).reset_index(drop=True)
    for row, (title, attribution) in enumerate([("Register", "Office"), ("Register", nothing), (nothing, nothing)]):
        sources.loc[row, ["title", "attribution"]] = [title, attribution]
    keys = sources["source"].tolist()
    records = bundle.records.assign(source=[keys[n % 3] for n in range(len(bundle.records))])
    said = yaml.safe_load(citation_text(replace(bundle, sources=sources, records=records)))["references"]
    told = [(one["title"], one["authors"][0]["name"]) for one in said]
    assert sorted(told) == sorted([("Register", "Office"), ("Register", "Register"), (keys[2], keys[2])])


def test_nothing_withheld_is_in_any_file(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name in FILES:
            assert "secret" not in path.read_text(encoding="utf-8").lower(), path.name


def text(name: str, old: str, new: str, count: int = 1) -> Callable[[Path], object]:
    def plant(folder: Path) -> None:
        path = folder / name
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_bytes(before.replace(old, new, count).encode())

    return plant


def one_line_less(folder: Path) -> None:
    path = folder / "sites.csv"
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:-2]) + b"\n")


def days_as_text(folder: Path) -> None:
    path = folder / "sites.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("last_seen")
    pq.write_table(table.set_column(at, "last_seen", table["last_seen"].cast("string")), path)


def without_a_site(folder: Path) -> None:
    """Half of a surface is gone."""
    import rasterio

    with rasterio.open(folder / "density_monuments.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        values = raster.read(1)
        values[: len(values) // 2] = 0
        raster.write(values, 1)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_every_beginning_of_a_formula_is_seen(copy: Path, start: str) -> None:
    rows = rows_of(copy)
    rows[3]["name"] = f"{start}SUM(1)"
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, [*rows[0]])
    writer.writeheader()
    writer.writerows([{**row, "name": "-12,5"} if at == 4 else row for at, row in enumerate(rows)])
    (copy / "sites.csv").write_bytes(buffer.getvalue().encode("utf-8-sig"))
    opened = Opened(copy)
    (told,) = promises.csv_holds_the_sites(opened)
    opened.close()
    assert told == f"1 cells of sites.csv act as formulas, such as {start + 'SUM(1)'!r}", "a number is none"


@pytest.mark.parametrize(
    ("longitude", "latitude", "lost"),
    [("180", "-90", 0), ("-180", "90", 0), ("180.1", "50", 1), ("-180.1", "50", 1), ("17", "90.1", 1),
     ("17", "-90.1", 1), ("", "50", 1), ("17", "", 1), ("nowhere", "50", 1)],
)  # fmt: skip
def test_a_site_off_the_globe_or_without_degrees_is_seen(copy: Path, longitude: str, latitude: str, lost: int) -> None:
    head, first, rest = (copy / "sites.csv").read_text(encoding="utf-8-sig").split("\n", 2)
    names, cells = head.split(","), next(csv.reader([first]))
    cells[names.index("longitude")], cells[names.index("latitude")] = longitude, latitude
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    (copy / "sites.csv").write_text(f"{head}\n{buffer.getvalue()}{rest}", encoding="utf-8-sig")
    opened = Opened(copy)
    told = [*promises.csv_holds_the_sites(opened)]
    opened.close()
    assert told == ["1 sites of sites.csv have no longitude and latitude"] * lost


@pytest.mark.parametrize("table", ["density_monuments", "density_production"])
def test_a_raster_that_is_not_inside_the_database_is_missed(copy: Path, table: str) -> None:
    with closing(sqlite3.connect(copy / "inducult.gpkg")) as con, con:
        con.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
    opened = Opened(copy)
    assert [*promises.coverages_count_the_sites(opened)] == [f"{table}.tif is not inside the GeoPackage as {table}"]
    opened.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (one_line_less, "sites.csv has 37 rows of 37 sites, site_points 38"),
        (text("sites.csv", "'=HYPERLINK", "=HYPERLINK"), "act as formulas"),
        (text("sites.csv", "longitude", "length"), "no column longitude|cannot|longitude"),
        (text("DICTIONARY.md", "| `nace` |", "| `nace2` |"), "does not explain site_points.nace"),
        (text("schema.json", '"nace"', '"nace2"'), "differ in nace, nace2"),
        (text("schema.json", '"format": "date"', '"format": "time"'), "first_seen is a time, sites.parquet has"),
        (text("schema.json", '"format": "date"', '"x": 0'), "says first_seen is a string, sites.parquet has date32"),
        (days_as_text, "says last_seen is a date, sites.parquet has string"),
        (lambda folder: (folder / "more.tif").write_bytes(b"x"), "more.tif is in no description"),
        (text("dcat.jsonld", '"@id": "sites.csv"', '"@id": "../../x"'), "which is not there"),
        (lambda folder: (folder / "density_production.qml").unlink(), "no style beside it"),
        (without_a_site, "density_monuments.tif integrates to"),
    ],
)
def test_a_planted_fault_is_found(copy: Path, plant: Callable[[Path], object], says: str) -> None:
    plant(copy)
    try:
        found = "; ".join(broken(copy))
    except Exception as problem:
        found = f"{type(problem).__name__}: {problem}"
    assert re.search(says, found), found
