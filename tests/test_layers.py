"""The declarations: every column is there, once, with an alias that GDAL shows."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from colorsys import rgb_to_hsv

import pytest

from inducult_geo.frames import PAIR_COLUMNS, RECORD_COLUMNS, SITE_COLUMNS
from inducult_geo.match.decided.verdict import WORDS
from inducult_geo.publish.layers.declared import LAYERS, layer_named
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.page.pagewords import access_words
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS
from inducult_geo.publish.qgis.styles import environment, styles_of
from inducult_geo.publish.qgis.symbols import ASPECT_RINGS, THEME_COLORS, aspects_in_words
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES

COLUMNS = [(layer, column) for layer in LAYERS for column in layer.columns]
KINDS = {"str": "text", "Int64": "whole", "float64": "number", "boolean": "flag"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("site_points", SITE_COLUMNS),
        ("site_areas", SITE_COLUMNS),
        ("source_records", {**RECORD_COLUMNS, "site_id": "str", "outcome": "str"}),
        ("matches", PAIR_COLUMNS),
    ],
)
def test_columns_are_those_of_the_frames_in_their_order(name, expected):
    columns = layer_named(name).columns
    assert [column.name for column in columns] == [*expected]
    for column in columns:
        assert column.kind == KINDS[expected[column.name]] or (column.kind, expected[column.name]) == ("date", "str")


def test_the_codes_of_access_are_told():
    (told,) = (column.description for column in layer_named("site_points").columns if column.name == "visitor_access")
    assert all(f"`{code}`" in told for code in access_words())


def test_a_rejected_record_begins_with_why_and_keeps_every_column():
    names = [column.name for column in layer_named("rejected").columns]
    assert names[:5] == ["record_key", "names", "reason", "detail", "place"]
    assert sorted(names) == sorted(RECORD_COLUMNS)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_table_of_attributes_shows_what_is_looked_for_first_and_cuts_no_heading(layer):
    root = ET.fromstring(styles_of(layer, region_titles={"opole": "Województwo opolskie"})[layer.style_name])
    headings = {alias.get("field"): alias.get("name") for alias in root.iter("alias")}
    shown = [column for column in root.iterfind("attributetableconfig/columns/column") if column.get("hidden") == "0"]
    assert all(int(column.get("width")) >= 8 * len(headings[column.get("name")]) + 20 for column in shown)
    names = [column.get("name") for column in shown]
    assert [name.removesuffix("_in_words") for name in names][: len(layer.first)] == [*layer.first]
    json_or_hash = {column.name for column in layer.columns if column.json} | {"content_hash", "sha256"}
    assert not json_or_hash & {*names}
    assert not [name for name in names if name.endswith("_in_words") and name != "name_in_words"], "several lines"


@pytest.mark.parametrize(("layer", "column"), COLUMNS, ids=[f"{layer.name}.{c.name}" for layer, c in COLUMNS])
def test_every_column_is_declared_for_a_person(layer, column):
    assert column.alias.strip()
    assert column.label != column.name, "GDAL ignores an alias that equals the name"
    assert column.alias.lower() != column.name
    assert column.description.endswith(".")
    assert column.domain is None or column.domain in DOMAINS
    assert not (column.json and column.kind != "text")
    if column.name.rsplit("_", 1)[-1] in ("m", "m2", "km2"):
        assert column.unit is not None, "a measure says its unit"


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_every_layer_is_described_and_has_its_style(layer):
    labels = [column.label for column in layer.columns]
    assert len(set(labels)) == len(labels), "the name in gpkg_data_columns is unique within a table"
    assert layer.title
    assert layer.description.endswith(".")
    assert layer.display
    assert environment().get_template(layer.style)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_layer_with_a_geometry_is_drawn_by_a_style_of_its_own(layer):
    assert layer.style == (f"{layer.name}.qml.j2" if layer.geometry else "table.qml.j2")
    assert layer.style_name == ("by aspect" if layer.name == "site_points" else "default")


def test_the_tree_of_the_project_has_the_sites_first_and_each_layer_where_it_belongs():
    groups: dict[str, list[str]] = {}
    for layer in LAYERS:
        groups.setdefault(layer.group, []).append(layer.name)
    assert groups == {
        "Sites": ["site_points", "site_areas"],
        "Review": ["review"],
        "Evidence": ["source_records", "matches", "rejected", "sources", "runs"],
        "Changes": ["changes", "former_ids", "former_keys"],
        "Background": ["regions"],
        "Documentation": ["dictionary", "vocabulary"],
    }


def test_default_layer_comes_first_and_the_laws_tables_are_always_there():
    assert LAYERS[0].name == "site_points"
    assert {layer.name for layer in LAYERS if layer.always} == {
        "site_points",
        "source_records",
        "runs",
        "sources",
        "regions",
        "dictionary",
        "vocabulary",
    }


def test_domains_have_lower_case_names_and_hold_the_closed_lists():
    assert all(name == name.lower() for name in DOMAINS)
    assert all(label.strip() for labels in DOMAINS.values() for label in labels.values())
    # A longer one widens every form of QGIS that offers it; kinds of sites are named as the vocabulary has them.
    assert [
        label for name, labels in DOMAINS.items() for label in labels.values() if len(label) > 40 and name != "type"
    ] == []
    assert tuple(DOMAINS["aspect"]) == ASPECTS
    assert tuple(DOMAINS["status"]) == STATUSES
    assert tuple(DOMAINS["present_use"]) == PRESENT_USES
    assert set(DOMAINS["decision"]) == set(WORDS)


def test_labels_of_a_domain_differ():
    for name, labels in DOMAINS.items():
        assert len(set(labels.values())) == len(labels), f"a value map of {name} would lose a value"


def test_every_aspect_and_theme_has_its_own_mark():
    assert set(ASPECT_RINGS) == set(ASPECTS)
    assert set(THEME_COLORS) == set(PICTOGRAMS) == set(DOMAINS["theme"])
    assert len({*PICTOGRAMS.values()}) == len(PICTOGRAMS), "told by shape alone, without color"
    assert set(ASPECT_RINGS["both"][0][:1] + ASPECT_RINGS["both"][1][:1]) == {
        ASPECT_RINGS["factory"][0][0],
        ASPECT_RINGS["monument"][0][0],
    }


def test_the_legend_in_words_names_the_colors_that_the_signs_have():
    hues = {"orange": (15, 45), "blue": (190, 250)}
    said = dict(part.split(": ") for part in aspects_in_words().split("; "))
    assert [*said] == [DOMAINS["aspect"][value] for value in ASPECT_RINGS]
    for words, rings in zip(said.values(), ASPECT_RINGS.values(), strict=True):
        for word, (mark, _) in zip(words.split(" within "), reversed(rings), strict=True):
            hue, saturation, _ = rgb_to_hsv(*(part / 255 for part in bytes.fromhex(mark.color[1:])))
            assert saturation == 0 if word == "gray" else hues[word][0] < 360 * hue < hues[word][1], (word, mark)


@pytest.mark.parametrize(("name", "n_rows"), [("site_points", 80_000), ("review", 16_000)])
def test_the_more_rows_the_smaller_their_signs_on_a_map_of_a_continent(name, n_rows):
    layer = layer_named(name)
    plain, few, many = (
        styles_of(layer, region_titles={}, n_rows=count)[layer.style_name] for count in (0, n_rows // 100, n_rows)
    )
    assert few == plain, "a small release looks as ever"
    (before, most), (least, as_near) = (_first_sizes(qml) for qml in (plain, many))
    assert least <= before / 3.9
    assert as_near == most, "and so does a map of a region"
    assert "clamp(888888, coalesce(@map_scale, 1), 1200000)" in many


def _first_sizes(qml):
    """Return the least and the largest diameter of a style's first sign, in millimeters."""
    found = next(one for one in ET.fromstring(qml).iter("Option") if one.get("name") == "size_map_unit_scale")
    *_, least, _, most = found.get("value").split(",")
    return float(least), float(most)
