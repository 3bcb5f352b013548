"""The GeoPackage as a file: whole, described, counted, and the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from bundles import HOSTILE, contracts, small_bundle, with_made_changes
from pyproj import Transformer

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import as_pairs
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.columns import Column
from inducult_geo.publish.layers.declared import LAYERS, Layer, layer_named
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.layers.tables import _sorted, arrow_table, clean_text, layer_frames
from inducult_geo.publish.qgis.metadata import data_date, extent_of, timestamp
from inducult_geo.publish.qgis.pictograms import embedded
from inducult_geo.publish.qgis.styles import styles_of
from inducult_geo.publish.research.listing import LAW_SQL
from inducult_geo.releasing.withholding import for_release


@pytest.fixture(scope="module")
def bundle():
    return with_made_changes(for_release(small_bundle(), contracts()))


@pytest.fixture(scope="module")
def path(bundle, tmp_path_factory):
    target = tmp_path_factory.mktemp("gpkg") / GEOPACKAGE
    write_geopackage(bundle, target)
    return target


@pytest.fixture
def con(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        yield connection


def names(con, sql, *values):
    return [row[0] for row in con.execute(sql, values)]


def test_same_bundle_gives_the_same_bytes(bundle, path, tmp_path):
    again = tmp_path / GEOPACKAGE
    before = pyogrio.get_gdal_config_option("OGR_SQLITE_SYNCHRONOUS")
    for _ in range(2):  # the second time over an existing file
        write_geopackage(bundle, again)
        assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert [entry.name for entry in tmp_path.iterdir()] == [GEOPACKAGE], "nothing is left behind"
    assert pyogrio.get_gdal_config_option("OGR_SQLITE_SYNCHRONOUS") == before, "the caller's setting stays"


def test_rows_in_another_order_give_the_same_bytes(bundle, path, tmp_path):
    shuffled = replace(
        bundle,
        sites=bundle.sites.sample(frac=1, random_state=3),
        records=bundle.records.sample(frac=1, random_state=4),
        pairs=bundle.pairs.sample(frac=1, random_state=5),
    )
    write_geopackage(shuffled, tmp_path / GEOPACKAGE)
    assert (tmp_path / GEOPACKAGE).read_bytes() == path.read_bytes()


def test_database_is_sound_and_not_in_wal_mode(con):
    assert con.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert con.execute("PRAGMA foreign_key_check").fetchall() == []
    assert con.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert con.execute("PRAGMA user_version").fetchone() == (10300,)
    assert con.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG"),)


def test_every_layer_is_registered_with_title_and_description(con):
    rows = {
        row[0]: row[1:]
        for row in con.execute("SELECT table_name, data_type, identifier, description FROM gpkg_contents")
    }
    assert rows.pop("layer_styles")
    assert set(rows) == {layer.name for layer in LAYERS}
    for layer in LAYERS:
        assert rows[layer.name] == ("features" if layer.geometry else "attributes", layer.title, layer.description)


def test_every_column_has_alias_and_description(con):
    for layer in LAYERS:
        in_file = set(names(con, "SELECT name FROM pragma_table_info(?)", layer.name))
        said = {
            row[0]: row[1:]
            for row in con.execute(
                "SELECT column_name, name, title, description, mime_type, constraint_name "
                "FROM gpkg_data_columns WHERE table_name = ?",
                (layer.name,),
            )
        }
        assert set(said) == in_file
        for column, (alias, title, description, mime, domain) in said.items():
            assert alias == title != column
            assert description
            if column not in ("fid", "geom"):
                assert domain == layer.column(column).domain
            assert mime is None, "QGIS can neither export a column of JSON nor put it through an algorithm"


def test_domains_are_enumerations_with_labels(con):
    rows = con.execute("SELECT constraint_name, value, description FROM gpkg_data_column_constraints")
    stored: dict[str, dict[str, str]] = {}
    for name, value, label in rows:
        stored.setdefault(name, {})[value] = label
    assert stored == {name: dict(labels) for name, labels in DOMAINS.items()}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_columns_have_their_declared_types(con, layer):
    types = {row[1]: row[2] for row in con.execute("SELECT * FROM pragma_table_info(?)", (layer.name,))}
    expected = {"text": "TEXT", "whole": "MEDIUMINT", "number": "REAL", "flag": "BOOLEAN", "date": "DATE"}
    for column in layer.columns:
        assert types[column.name] == expected[column.kind]


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.geometry], ids=lambda layer: layer.name)
def test_spatial_layers_are_indexed_whole_and_in_the_work_crs(con, path, layer):
    frame = gpd.read_file(path, layer=layer.name)
    assert frame.crs.to_epsg() == 3035
    assert frame.geometry.is_valid.all()
    assert not frame.geometry.is_empty.any()
    assert set(frame.geom_type) == {layer.geometry}
    assert con.execute(f"SELECT count(*) FROM rtree_{layer.name}_geom").fetchone()[0] == len(frame)
    assert con.execute(
        "SELECT \"notnull\" FROM pragma_table_info(?) WHERE name = 'geom'", (layer.name,)
    ).fetchone() == (1,)


def test_outer_rings_run_counter_clockwise(path):
    outlines = pyogrio.read_dataframe(path, layer="site_areas").geometry
    assert all(shapely.is_ccw(part.exterior) for shape in outlines for part in shape.geoms)


def test_no_vertex_of_an_outline_stands_twice_running(tmp_path):
    bundle = for_release(small_bundle(), contracts())
    row = bundle.sites.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).idxmax()
    box = bundle.sites.geometry[row].bounds
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, south), (east, north), (west, north), (west, south)]
    bundle.sites.loc[[row], "geometry"] = gpd.GeoSeries([shapely.Polygon(corners)], index=[row], crs=3035)
    write_geopackage(bundle, tmp_path / GEOPACKAGE)
    outlines = pyogrio.read_dataframe(tmp_path / GEOPACKAGE, layer="site_areas").set_index("site_id").geometry
    assert shapely.get_num_coordinates(outlines[bundle.sites["site_id"][row]]) == 5


def test_an_outline_beside_a_point_is_one_too_and_what_has_no_area_has_none():
    bundle = for_release(small_bundle(), contracts())
    square = shapely.box(4e6, 3e6, 4e6 + 100, 3e6 + 100)
    mixed = [shapely.GeometryCollection([part, square.centroid]) for part in (square, shapely.multipolygons([square]))]
    bay = square.difference(shapely.box(4e6 + 10, 3e6 + 10, 4e6 + 100, 3e6 + 90))
    shapes = [*mixed, shapely.force_3d(bay, 250.0), shapely.LineString([(4e6, 3e6), (4e6 + 100, 3e6)])]
    at = bundle.sites.index[: len(shapes)]
    bundle.sites.loc[at, "geometry"] = gpd.GeoSeries(shapes, index=at, crs=3035)
    frames = layer_frames(bundle)
    points, areas = (frames[name].set_index("site_id").geometry for name in ("site_points", "site_areas"))
    *surfaces, line = bundle.sites.loc[at, "site_id"]
    outlines = areas[surfaces]
    assert outlines.geom_type.tolist() == ["MultiPolygon"] * 3
    assert outlines.area.tolist() == [10_000.0, 10_000.0, bay.area]
    assert line not in areas.index
    assert not areas.has_z.any()
    assert shapely.distance(points[[*surfaces, line]].to_numpy(), np.array(shapes)).tolist() == [0.0] * 4
    assert not points.has_z.any()


def test_a_question_tells_where_its_right_record_lies(bundle):
    frames = layer_frames(bundle)
    asked = frames["review"].dropna(subset="right_key")
    assert (asked["right_key"] != asked["left_key"]).all()
    right = frames["source_records"].set_index("record_key").geometry[asked["right_key"]]
    assert asked[["right_x_m", "right_y_m"]].to_numpy().tolist() == right.get_coordinates().to_numpy().tolist()


def test_rows_are_sorted_by_all_of_their_key():
    pairs = pd.DataFrame({"left_key": ["a", "a", "b"], "right_key": ["2", "1", "0"]}, dtype="str")
    assert _sorted(pairs, "left_key", "right_key")["right_key"].tolist() == ["1", "2", "0"]


def test_the_counting_law_holds_in_sql(con):
    answers = [con.execute(statement).fetchall() for statement in LAW_SQL]
    assert answers == [[(1,)], [], [], [(0,)], [(0,)], [(0,)]]


def test_records_and_outlines_belong_to_sites_by_foreign_key(con):
    for table in ("source_records", "site_areas"):
        keys = con.execute('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', (table,)).fetchall()
        assert keys == [("site_points", "site_id", "site_id")]
        (asked,) = con.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE site_id = ''")
        assert "USING INDEX" in asked[-1], "a form asks so for each site"


def test_hostile_names_come_back_as_they_went_in(path):
    stored = set(gpd.read_file(path, layer="site_points")["name"])
    told = {name.replace("\x00", "") for name in HOSTILE}
    assert len(told & stored) >= len(HOSTILE) - 1  # one of them is withheld
    assert "Robert'); DROP TABLE site_points;--" in stored


def test_json_columns_hold_json_and_dates_are_dates(con):
    for (text,) in con.execute("SELECT names FROM site_points"):
        assert json.loads(text)["name"]
    assert con.execute("SELECT DISTINCT first_seen, last_seen FROM site_points").fetchall() == [
        ("2019-05-01", "2024-03-01")
    ]


def test_every_style_is_well_formed_and_one_is_the_default(con):
    rows = con.execute("SELECT f_table_name, styleName, styleQML, useAsDefault FROM layer_styles").fetchall()
    assert {row[0] for row in rows} == {layer.name for layer in LAYERS}
    for layer in LAYERS:
        assert sum(row[3] for row in rows if row[0] == layer.name) == 1
    for table, _, qml, _ in rows:
        root = ET.fromstring(qml)
        aliased = {alias.get("field"): alias.get("name") for alias in root.iter("alias")}
        told = {"fid": "Row number"}
        columns = layer_named(table).columns
        if table in ("source_records", "rejected"):
            told["name_in_words"] = "Name"
        for column in columns:
            told |= {column.name: column.label}
            if column.json:
                told |= {column.name: f"{column.label} (JSON)", f"{column.name}_in_words": column.label}
        assert aliased == told
        in_form = [field.get("name") for field in root.iter("attributeEditorField")]
        shown = [f"{column.name}_in_words" if column.json else column.name for column in columns]
        assert sorted(in_form) == sorted(shown), "each column stands on one tab"


def test_a_decision_is_chosen_from_a_list(con):
    (qml,) = con.execute("SELECT styleQML FROM layer_styles WHERE f_table_name = 'review'").fetchone()
    root = ET.fromstring(qml)
    widget = root.find("fieldConfiguration/field[@name='decision']/editWidget")
    assert widget.get("type") == "ValueMap"
    assert {option.get("value") for option in widget.iter("Option")} >= set(DOMAINS["decision"])
    editable = {field.get("name") for field in root.iter("field") if field.get("editable") == "1"}
    assert editable == {"decision", "decided_by", "note"}


def default_style(name, titles):
    layer = layer_named(name)
    return ET.fromstring(styles_of(layer, region_titles=titles)[layer.style_name])


def widgets(name, **titles):
    """Return the widget of each column of a layer's style: its type, and its options as text."""
    root = default_style(name, titles)
    found = {}
    for field in root.iterfind("fieldConfiguration/field"):
        widget = field.find("editWidget")
        found[field.get("name")] = (
            widget.get("type"),
            [(option.get("name"), option.get("value")) for option in widget.iter("Option") if option.get("value")],
        )
    return found


def test_a_region_is_shown_by_its_title_whatever_that_holds(con):
    titles = {"opole": 'Opole & "Śląsk" <b>', "zwickau": "Landkreis Zwickau"}
    for name in ("site_points", "review", "rejected"):
        kind, options = widgets(name, **titles)["region"]
        assert kind == "ValueMap"
        assert sorted(options) == sorted((title, value) for value, title in titles.items())
    assert widgets("regions", **titles)["region"][0] == "TextEdit", "there the id stands beside its title"


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_what_came_from_outside_is_shown_as_text_and_numbers_too(layer):
    found = widgets(layer.name)
    for name, (kind, options) in found.items():
        if kind == "TextEdit":
            assert dict(options)["UseHtml"] == "false", name
    numbers = [column.name for column in layer.columns if column.kind in ("whole", "number")]
    assert {found[name][0] for name in numbers} <= {"TextEdit"}, "a spin box hides them in a narrow form"


@pytest.mark.parametrize(
    ("layer", "column"),
    [("dictionary", "description"), ("vocabulary", "used_by"), ("sources", "sha256"), ("source_records", "operation"),
     ("regions", "boundary_source")],
)  # fmt: skip
def test_what_fills_several_lines_is_not_cut_to_one(layer, column):
    kind, options = widgets(layer)[column]
    assert (kind, dict(options)["IsMultiline"]) == ("TextEdit", "true")


def test_what_a_person_fills_in_holds_no_null_as_its_text():
    """QGIS put "NULL" into the box of the note, and who wrote beside it had it in the note."""
    asked = widgets("review")
    assert {dict(asked[name][1])["IsMultiline"] for name in ("decided_by", "note")} == {"false"}
    assert dict(asked["question"][1])["IsMultiline"] == "true"


def test_what_is_wide_stands_below_its_label():
    root = default_style("site_points", {})
    above = {field.get("name") for field in root.iterfind("labelOnTop/field") if field.get("labelOnTop") == "1"}
    assert above >= {"type", "theme", "names", "lineage", "attribution"}
    assert not above & {"site_id", "name", "status", "start_year", "accuracy_m"}


def test_a_theme_without_a_drawing_has_that_of_the_others(con):
    root = default_style("site_points", {})
    said = " ".join(value for part in root.iter() for value in part.attrib.values())
    otherwise = set(re.findall(r"""coalesce\(map_get\(map\([^()]*\), "theme"\), '([^']*)'\)""", said))
    assert embedded("other") in otherwise
    assert "other" not in otherwise


def test_a_question_mark_stands_at_its_ring_or_not_at_all():
    root = default_style("review", {})
    (settings,) = root.iterfind("labeling/settings")
    place, seen = settings.find("placement"), settings.find("rendering")
    ring = float(next(o.get("value") for o in root.iter("Option") if o.get("name") == "size")) / 400 / 2
    assert (place.get("placement"), place.get("quadOffset")) == ("1", "2"), "one place alone, at the upper right"
    right, down = float(place.get("xOffset")), float(place.get("yOffset"))
    assert (right**2 + down**2) ** 0.5 == pytest.approx(ring, abs=0.5)
    assert right > 0 > down
    assert seen.get("displayAll") == "0"
    assert (place.get("offsetUnits"), int(place.get("priority"))) == ("MM", 9), "no symbol of a site hides it"
    assert seen.get("obstacle") == "0", "the line to the other record keeps no names away"
    assert float(seen.get("scaleMax")) <= 150_000, "from afar the rings tell enough"


def project(con):
    (content,) = con.execute("SELECT content FROM qgis_projects WHERE name = 'inducult'").fetchone()
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        assert [entry.date_time for entry in archive.infolist()] == [(1980, 1, 1, 0, 0, 0)]
        return ET.fromstring(archive.read("inducult.qgs"))


def test_project_holds_all_layers_by_relative_path(con):
    root = project(con)
    sources = {layer.findtext("datasource") for layer in root.iter("maplayer")}
    assert sources == {f"./{GEOPACKAGE}|layername={layer.name}" for layer in LAYERS}
    ids = {layer.findtext("id") for layer in root.iter("maplayer")}
    assert ids == {node.get("id") for node in root.iter("layer-tree-layer")}
    assert all(len(name) > 20 for name in ids), "QGIS replaces short ids"
    assert "SAMPLE" in root.findtext("title")
    assert "OpenStreetMap" in root.findtext("projectMetadata/abstract")


def test_a_server_is_told_what_to_offer_where_and_under_which_terms(con):
    root = project(con)
    names = {layer.findtext("id"): layer.findtext("shortname") for layer in root.iter("maplayer")}
    told = {part.tag: [value.text for value in part] or part.text for part in root.find("properties")}
    assert sorted(names[layer] for layer in told["WFSLayers"]) == sorted(layer.name for layer in LAYERS)
    west, south, east, north = (float(side) for side in told["WMSExtent"])
    boxes = con.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'regions'").fetchall()
    assert all(west < a < c < east and south < b < d < north for a, b, c, d in boxes)
    assert all(word in told["WMSAccessConstraints"] for word in ("ODbL-1.0", "OpenStreetMap contributors"))
    assert all("OpenStreetMap contributors" in layer.findtext("attribution") for layer in root.iter("maplayer"))


def test_the_form_of_a_feature_has_a_tab_for_each_table_that_belongs_to_it(con):
    root = project(con)
    tabs = {
        layer.findtext("id"): {tab.get("relation") for tab in layer.iter("attributeEditorRelation")}
        for layer in root.iter("maplayer")
    }
    wanted: dict[str, set[str]] = {layer: set() for layer in tabs}
    for relation in root.iter("relation"):
        wanted[relation.get("referencedLayer")].add(relation.get("id"))
    assert tabs == wanted
    assert any(tabs.values())


def test_only_the_questions_can_be_written(con):
    layers = {layer.findtext("datasource").split("=")[-1]: layer for layer in project(con).iter("maplayer")}
    assert {name for name, layer in layers.items() if layer.get("readOnly") == "0"} == {"review"}


def test_relations_join_columns_that_are_there(con):
    root = project(con)
    tables = {layer.findtext("id"): layer.findtext("datasource").split("=")[-1] for layer in root.iter("maplayer")}
    relations = list(root.iter("relation"))
    assert len(relations) == 12
    for relation in relations:
        pair = relation.find("fieldRef")
        for layer, column in (("referencingLayer", "referencingField"), ("referencedLayer", "referencedField")):
            assert layer_named(tables[relation.get(layer)]).column(pair.get(column))


def test_only_the_open_questions_can_be_edited_in_the_project(con):
    editable = {m.findtext("layername") for m in project(con).iter("maplayer") if m.get("readOnly") == "0"}
    assert editable == {"Open questions"}


def test_metadata_of_each_layer_tell_its_own_extent(con):
    rows = con.execute(
        "SELECT r.table_name, m.metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id "
        "WHERE r.reference_scope = 'table'"
    ).fetchall()
    told = {name: re.search(r'minx="(.*?)" miny="(.*?)" maxx="(.*?)" maxy="(.*?)"', text) for name, text in rows}
    boxes = con.execute("SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE data_type = 'features'")
    found = {name: box for name, *box in boxes.fetchall()}
    assert len(found) > 3
    assert len({tuple(box) for box in found.values()}) > 2
    for name, box in found.items():
        assert [float(value) for value in told[name].groups()] == pytest.approx(box, abs=0.001), name


def test_the_extent_of_nothing_is_the_origin_of_the_system():
    origin = Transformer.from_crs("EPSG:4258", "EPSG:3035", always_xy=True).transform(10, 52)
    assert extent_of(pd.DataFrame({"geometry": []})) == pytest.approx(origin * 2)


def test_metadata_name_license_and_sample(con):
    tables = set(names(con, "SELECT table_name FROM gpkg_extensions"))
    assert tables >= {"gpkg_metadata", "gpkg_metadata_reference", "gpkg_data_columns", "gpkg_data_column_constraints"}
    documents = names(con, "SELECT metadata FROM gpkg_metadata")
    assert len(documents) == len(LAYERS) + 1
    for document in documents:
        root = ET.fromstring(document)
        assert [node.text for node in root.iter("license")] == ["CC-BY-4.0", "ODbL-1.0"]
        assert "ODbL 1.0" in root.findtext("rights")
        assert "SAMPLE" in root.findtext("constraints")


def test_layers_without_rows_are_left_out_but_for_the_laws_tables(bundle, tmp_path):
    accepted = bundle.records[bundle.records["outcome"] == "site"]
    bare = replace(
        bundle,
        records=accepted,
        pairs=as_pairs(bundle.pairs.head(0)),
        review=bundle.review.head(0),
        sites=bundle.sites[bundle.sites["area_m2"].isna()],
        sources=bundle.sources.head(0),
        changes=None,
        former=None,
        former_keys=None,
    )
    write_geopackage(bare, tmp_path / GEOPACKAGE)
    with closing(sqlite3.connect(tmp_path / GEOPACKAGE)) as con:
        listed = set(names(con, "SELECT table_name FROM gpkg_contents")) - {"layer_styles"}
        always = {"site_points", "source_records", "regions", "sources", "runs", "dictionary", "vocabulary"}
        assert listed == always
        shown = {layer.findtext("datasource").split("=")[-1] for layer in project(con).iter("maplayer")}
        assert shown == listed
        assert len(list(project(con).iter("relation"))) == 3


def test_a_release_of_nothing_is_still_a_file(bundle, tmp_path):
    nothing = replace(
        bundle,
        records=bundle.records.head(0),
        sites=bundle.sites.head(0),
        pairs=bundle.pairs.head(0),
        review=bundle.review.head(0),
        regions=bundle.regions.head(0),
    )
    write_geopackage(nothing, tmp_path / GEOPACKAGE)
    with closing(sqlite3.connect(tmp_path / GEOPACKAGE)) as con:
        assert con.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert con.execute("SELECT count(*) FROM runs").fetchone() == (1,)


@pytest.mark.parametrize("nowhere", [None, shapely.Point()])
def test_a_record_in_review_without_a_place_stands_where_its_question_stands(bundle, nowhere):
    records = bundle.records.copy()
    row = records.index[records["record_key"] == "register:lost-1"][0]
    records.loc[row, "geometry"] = nowhere
    stored = layer_frames(replace(bundle, records=records))["source_records"].set_index("record_key")
    asked = bundle.review.set_index("left_key").geometry["register:lost-1"]
    assert stored.geometry["register:lost-1"].equals(asked)


def test_a_record_without_any_place_is_refused(bundle, tmp_path):
    records = bundle.records.copy()
    records.loc[records.index[0], "geometry"] = None
    with pytest.raises(ReleaseError, match="not rejected but has no place"):
        write_geopackage(replace(bundle, records=records), tmp_path / GEOPACKAGE)
    assert list(tmp_path.iterdir()) == []


def test_how_many_sources_tell_no_date_is_said(bundle):
    records = bundle.records.assign(valid_at=None, retrieved_at=None)
    records["source"] = [f"s{n % 3}" for n in range(len(records))]
    assert data_date(replace(bundle, records=records)) == "2024-03-01 (3 of 3 sources tell no date)"
    records.loc[records["source"] == "s1", "retrieved_at"] = "2024-02-01"
    assert data_date(replace(bundle, records=records)) == "2024-03-01 (2 of 3 sources tell no date)"
    records.loc[records["source"] != "s1", "valid_at"] = "2024-02-01"
    assert data_date(replace(bundle, records=records)) == "2024-03-01"
    assert data_date(replace(bundle, run={**bundle.run, "data_date": None})) == "an unknown date"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2024-03-01", "2024-03-01T00:00:00.000Z"),
        ("2024-03-01T20:21:22Z", "2024-03-01T20:21:22.000Z"),
        ("2024-03-01T20:21:22+02:00", "2024-03-01T18:21:22.000Z"),
        (None, "1970-01-01T00:00:00.000Z"),
        ("soon", "1970-01-01T00:00:00.000Z"),
    ],
)
def test_times_in_the_file_are_those_of_the_data(bundle, said, expected):
    assert timestamp(replace(bundle, run={**bundle.run, "data_date": said})) == expected


def test_no_clock_is_asked(con):
    stamps = set(names(con, "SELECT last_change FROM gpkg_contents"))
    stamps |= set(names(con, "SELECT timestamp FROM gpkg_metadata_reference"))
    stamps |= set(names(con, "SELECT update_time FROM layer_styles"))
    assert stamps == {"2024-03-01T00:00:00.000Z"}


def test_a_layer_is_added_by_its_declaration_alone(bundle, monkeypatch):
    century = Column("century", "whole", "Century of the sites", "In which century they began.")
    layer = Layer(
        "centuries", "Centuries", "When sites began.", None, (century,),
        rows=lambda bundle: pd.DataFrame({"century": bundle.sites["start_year"].dropna() // 100 + 1}),
    )  # fmt: skip
    monkeypatch.setattr("inducult_geo.publish.layers.tables.LAYERS", (*LAYERS, layer))
    frames = layer_frames(bundle)
    assert [*frames][-1] == "centuries"
    assert arrow_table(frames["centuries"], layer).column("century").to_pylist()[:1] == [
        int(bundle.sites["start_year"].dropna().iloc[0]) // 100 + 1
    ]


def test_points_are_laid_out_as_geos_lays_them_out(bundle):
    layer = layer_named("site_points")
    frame = layer_frames(bundle)[layer.name]
    made = arrow_table(frame, layer).column("geom").to_pylist()
    assert made == list(shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1))


@pytest.mark.parametrize(
    ("text", "kept"), [("a\x00b", "ab"), ("\ud800x", "?x"), (None, None), (float("nan"), None), (pd.NA, None), (5, "5")]
)
def test_text_is_what_any_file_can_hold(text, kept):
    assert clean_text(text) == kept
    layer = Layer("t", "T", "t.", None, (Column("name", "text", "Name of it", "What it is called."),))
    values = pd.DataFrame({"name": pd.Series([text, "ž"], dtype=object)})
    assert arrow_table(values, layer).column("name").to_pylist() == [kept, "ž"]


def test_texts_that_pandas_keeps_as_arrow_lose_their_nul_and_nothing_else():
    layer = Layer("t", "T", "t.", None, (Column("name", "text", "Name of it", "What it is called."),))
    values = pd.DataFrame({"name": pd.Series(["a\x00b", None, "", "ž 😀"], dtype="str")})
    assert arrow_table(values, layer).column("name").to_pylist() == ["ab", None, "", "ž 😀"]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("whole", pd.array([1, None], dtype="Int64"), [1, None]),
        ("whole", [1.0, None], [1, None]),
        ("number", pd.array([1.5, None], dtype="float64"), [1.5, None]),
        ("flag", pd.array([True, None], dtype="boolean"), [True, None]),
        ("flag", [True, None], [True, None]),
        ("date", ["2024-03-01T23:00:00Z", "2024-03", "soon", None], [date(2024, 3, 1), date(2024, 3, 1), None, None]),
    ],
)
def test_values_have_their_declared_kind(kind, values, expected):
    layer = Layer("t", "T", "t.", None, (Column("value", kind, "Value of it", "What it is."),))
    table = pd.DataFrame({"value": pd.Series(values, dtype=object if isinstance(values, list) else None)})
    assert arrow_table(table, layer).column("value").to_pylist() == expected
