"""The GeoPackage in a real QGIS: everything opens, is styled, named and joined."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from bundles import contracts, small_bundle

from inducult_geo.publish.geopackage import FILE_NAME, write_geopackage
from inducult_geo.publish.layers import LAYERS, layer_named
from inducult_geo.publish.licences import for_release

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("qgis_open.py")
pytestmark = pytest.mark.qgis


def has_qgis() -> bool:
    if not shutil.which(PYTHON):
        return False
    return subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def bundle():
    return for_release(small_bundle(), contracts())


@pytest.fixture(scope="module")
def met(bundle, tmp_path_factory):
    if not has_qgis():
        pytest.skip("needs QGIS for the system's Python")
    path = tmp_path_factory.mktemp("qgis") / FILE_NAME
    write_geopackage(bundle, path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    told = subprocess.run([PYTHON, SCRIPT, path], capture_output=True, text=True, check=True, timeout=120)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before, "opening changed the file"
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_layer_is_valid_styled_and_named(met, layer):
    seen = met["layers"][layer.name]
    assert seen["valid"]
    assert seen["styled"]
    assert seen["count"] > 0
    assert seen["unnamed"] == []
    assert seen["crs"] == ("EPSG:3035" if layer.geometry else None)
    assert seen["title"] == layer.title
    assert seen["licenses"] == ["CC-BY-4.0", "ODbL-1.0"]
    assert set(seen["value_maps"]) >= {column.name for column in layer.columns if column.domain}
    assert seen["display_error"] == ""
    assert seen["tip_errors"] == []
    assert seen["tabs"] == list(dict.fromkeys(column.group for column in layer.columns))


@pytest.mark.parametrize(("name", "symbols"), [("monument", 2), ("factory", 2), ("both", 3), ("unknown", 2)])
def test_aspects_are_drawn_as_rings_around_the_theme(met, name, symbols):
    seen = met["layers"]["site_points"]
    assert seen["renderer"] == "categorizedSymbol"
    assert seen["categories"][name] == symbols
    assert seen["labels"]


def test_map_tips_show_hostile_names_as_text(met):
    tips = "\n".join(met["layers"]["site_points"]["tip"])
    assert "&lt;script&gt;alert" in tips
    assert "<script" not in tips
    assert "[% layer_property('x','source') %]" in tips, "an expression in a name is not evaluated"
    assert "Monument and factory" in tips


def test_project_opens_with_all_its_layers(met):
    project = met["project"]
    assert project["read"]
    assert project["crs"] == "EPSG:3035"
    assert project["title"].startswith("SAMPLE")
    assert len(project["layers"]) == len(LAYERS) + 1
    assert all(project["layers"].values())
    assert project["groups"] == ["Review", "Sites", "Evidence", "Background"]
    assert [name for name, fixed in project["read_only"].items() if not fixed] == [layer_named("review").title]


def test_relations_lead_from_a_site_to_its_records(met, bundle):
    relations = met["project"]["relations"]
    assert len(relations) == 6
    assert all(relations.values())
    counts = dict(zip(bundle.sites["site_id"], bundle.sites["n_records"], strict=True))
    assert met["project"]["records_of_a_site"] == counts


def test_map_is_drawn_in_colors(met):
    assert met["project"]["colors"] > 50
