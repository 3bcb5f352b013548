"""The same region through Overpass and through the extract gives the same records."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import osmium
import pandas as pd
import pytest
from shapely.geometry.base import BaseGeometry
from test_overpass import ok, serving, settings

from inducult_geo.catalog import Region
from inducult_geo.sources.osm.boundary import read_boundary
from inducult_geo.sources.osm.objects import OsmObjects
from inducult_geo.sources.osm.overpass import fetch_boundary, fetch_objects, read_answer, read_answer_boundary
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
from inducult_geo.sources.osm.tags import load_tag_table

pytestmark = pytest.mark.slow
Box = tuple[float, float, float, float]
Everything = dict[tuple[str, int], dict[str, Any]]
TAGS = {"ISO3166-1": ("LI",)}
KINDS = {"n": "node", "w": "way", "r": "relation"}
ENTITIES = {"node": osmium.osm.NODE, "way": osmium.osm.WAY, "relation": osmium.osm.RELATION}


def everything(path: Path) -> Everything:
    """Read a whole extract as the elements of `out meta`."""
    return elements(osmium.FileProcessor(path))


def elements(items: Iterable[Any]) -> Everything:
    found: Everything = {}
    for item in items:
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


def everything_about(path: Path, wanted: Callable[[dict[str, str]], bool]) -> Everything:
    """Read what has such tags, and all that it is made of: of a whole country that is a small part."""
    tagged = osmium.FileProcessor(path).with_filter(osmium.filter.EmptyTagFilter())
    found = elements(item for item in tagged if wanted(dict(item.tags)))
    added: Collection[tuple[str, int]] = found.keys()
    while added:
        parts = {part for key in added for part in parts_of(found[key])} - found.keys()
        more: Everything = {}
        for kind, of_kind in ENTITIES.items():
            numbers = osmium.filter.IdFilter({number for name, number in parts if name == kind})
            more |= elements(osmium.FileProcessor(path, of_kind).with_filter(numbers))
        found |= more
        added = more.keys()
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
    return everything_about(extract, lambda tags: asked_for(tags) or is_outline(tags))


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


def asked_for(tags: dict[str, str]) -> bool:
    """Whether a server is asked for it: for more than the table wants in the end, but not for every building."""
    table = load_tag_table()
    return table.wanted(tags) or not (table.forms.keys() - {"building"}).isdisjoint(tags)


def is_outline(tags: dict[str, str]) -> bool:
    return tags.get("ISO3166-1") == "LI"


def test_the_same_records(extract: Path, world: Everything, area: BaseGeometry, tmp_path: Path) -> None:
    through_file = read_objects(extract, area=area)
    given = answer_to(world, area.bounds, asked_for, str(through_file.data_time))
    with serving([ok(given)]) as (url, asked):
        through_server = fetch_objects("liechtenstein", area=area, settings=settings(url), archive=tmp_path)
    assert len(asked) == 1
    assert len(through_file.features) >= 60
    pd.testing.assert_frame_equal(frame(through_server), frame(through_file))
    assert (through_server.data_time, len(through_server.lost)) == (through_file.data_time, len(through_file.lost))
    (kept,) = tmp_path.iterdir()
    pd.testing.assert_frame_equal(frame(read_answer(kept, area=area)), frame(through_file))


def test_the_same_outline(world: Everything, area: BaseGeometry, tmp_path: Path) -> None:
    given = answer_to(world, area.bounds, is_outline, "2024-03-04T21:00:00Z")
    with serving([ok(given)]) as (url, _):
        assert fetch_boundary(region(area), settings=settings(url)).equals(area)
    kept = tmp_path / "liechtenstein.json"
    kept.write_text(json.dumps(given))
    assert read_answer_boundary(kept, TAGS).equals(area)
