"""The same region through Overpass and through the extract gives the same records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import osmium
import pandas as pd
import pytest
from shapely.geometry.base import BaseGeometry
from test_overpass import ok, serving, settings

from inducult_geo.catalog import Region
from inducult_geo.sources.osm_boundary import read_boundary
from inducult_geo.sources.osm_objects import OsmObjects
from inducult_geo.sources.osm_pbf import read_objects
from inducult_geo.sources.osm_records import records_of
from inducult_geo.sources.osm_tags import load_tag_table
from inducult_geo.sources.overpass import fetch_boundary, fetch_objects, read_answer, read_answer_boundary

Box = tuple[float, float, float, float]
Everything = dict[tuple[str, int], dict[str, Any]]
TAGS = {"ISO3166-1": ("LI",)}
KINDS = {"n": "node", "w": "way", "r": "relation"}


def everything(path: Path) -> Everything:
    """Read a whole extract as the elements of `out meta`."""
    found: Everything = {}
    for item in osmium.FileProcessor(path):
        kind = KINDS[item.type_str()]
        element = {
            "type": kind,
            "id": item.id,
            "version": item.version,
            "timestamp": item.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tags": dict(item.tags),
        }
        if kind == "node":
            element |= {"lon": item.location.lon, "lat": item.location.lat}
        elif kind == "way":
            element |= {"nodes": [node.ref for node in item.nodes]}
        else:
            members = [{"type": KINDS[m.type], "ref": m.ref, "role": m.role} for m in item.members]
            element |= {"members": members}
        found[kind, item.id] = element
    return found


def parts_of(element: dict[str, Any]) -> list[tuple[str, int]]:
    nodes = [("node", ref) for ref in element.get("nodes", ())]
    return nodes + [(member["type"], member["ref"]) for member in element.get("members", ())]


def recursed(keys: set[tuple[str, int]], world: Everything) -> set[tuple[str, int]]:
    """All that elements are made of, through every depth, as far as it is there."""
    found: set[tuple[str, int]] = set()
    while keys:
        keys = {part for key in keys for part in parts_of(world[key]) if part in world} - found
        found |= keys
    return found


def lies_in(key: tuple[str, int], world: Everything, box: Box) -> bool:
    west, south, east, north = box
    nodes = [world[part] for part in recursed({key}, world) | {key} if part[0] == "node"]
    return any(west <= node["lon"] <= east and south <= node["lat"] <= north for node in nodes)


def answer_to(world: Everything, box: Box, wanted, when: str) -> dict[str, Any]:
    hits = {key for key, element in world.items() if wanted(element["tags"]) and lies_in(key, world, box)}
    elements = [world[key] for key in sorted(hits)] + [world[key] for key in sorted(recursed(hits, world))]
    return {"version": 0.6, "osm3s": {"timestamp_osm_base": when}, "elements": elements}


@pytest.fixture(scope="module")
def extract(shared: Path) -> Path:
    return shared / "data" / "osm" / "liechtenstein-2024-03.osm.pbf"


@pytest.fixture(scope="module")
def world(extract: Path) -> Everything:
    return everything(extract)


@pytest.fixture(scope="module")
def area(extract: Path) -> BaseGeometry:
    found = read_boundary(extract, TAGS)
    assert found is not None
    return found


def region(area: BaseGeometry) -> Region:
    values = {"id": "liechtenstein", "title": "Liechtenstein", "country": "LI", "languages": ["de"]}
    more = {"timezone": "Europe/Vaduz", "bbox": area.bounds, "boundary": {"ISO3166-1": ["LI"]}}
    return Region.model_validate(values | more)


def frame(objects: OsmObjects) -> pd.DataFrame:
    table = records_of(objects).frame
    return table[sorted(table.columns)].sort_values("key", ignore_index=True)


def test_the_same_records(extract: Path, world: Everything, area: BaseGeometry, tmp_path: Path) -> None:
    through_file = read_objects(extract, area=area)
    table = load_tag_table()
    # A server is asked for more than the table wants in the end, but not for every building.
    keys = set(table.forms) - {"building"}
    given = answer_to(
        world, area.bounds, lambda tags: table.wanted(tags) or not keys.isdisjoint(tags), str(through_file.data_time)
    )
    with serving([ok(given)]) as (url, asked):
        through_server = fetch_objects("liechtenstein", area=area, settings=settings(url), archive=tmp_path)
    assert len(asked) == 1
    assert len(through_file.features) >= 60
    pd.testing.assert_frame_equal(frame(through_server), frame(through_file))
    assert (through_server.data_time, len(through_server.lost)) == (through_file.data_time, len(through_file.lost))
    (kept,) = tmp_path.iterdir()
    pd.testing.assert_frame_equal(frame(read_answer(kept, area=area)), frame(through_file))


def test_the_same_outline(world: Everything, area: BaseGeometry, tmp_path: Path) -> None:
    given = answer_to(world, area.bounds, lambda tags: tags.get("ISO3166-1") == "LI", "2024-03-04T21:00:00Z")
    with serving([ok(given)]) as (url, _):
        assert fetch_boundary(region(area), settings=settings(url)).equals(area)
    kept = tmp_path / "liechtenstein.json"
    kept.write_text(json.dumps(given))
    assert read_answer_boundary(kept, TAGS).equals(area)
