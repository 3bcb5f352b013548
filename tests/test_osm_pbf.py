"""Reading extracts: every wanted object is a feature, lost with a reason, or outside."""

from __future__ import annotations

import bz2
import gzip
import os
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
import shapely
from shapely.geometry import MultiPoint, box

from inducult_geo.errors import CountingError, SourceError
from inducult_geo.sources.osm.elements import Element, Group, Member, Newest, World
from inducult_geo.sources.osm.libosmium import gathered
from inducult_geo.sources.osm.objects import LOST_COLUMNS, OsmObjects
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.shapes import Shape, shape_of
from inducult_geo.sources.osm.tags import load_tag_table

NODES = {1: (0, 0), 2: (4, 0), 3: (4, 4), 4: (0, 4), 5: (1, 1), 6: (3, 1), 7: (3, 3), 8: (1, 3), 9: (6, 2), 10: (8, 2)}


def tag_xml(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def node(number: int, lon: float, lat: float, tags: dict[str, str] | None = None, more: str = "") -> str:
    return f'<node id="{number}" lon="{lon}" lat="{lat}" {more}>{tag_xml(tags or {})}</node>'


def way(number: int, refs: list[int], tags: dict[str, str] | None = None, more: str = "") -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" {more}>{nodes}{tag_xml(tags or {})}</way>'


def relation(number: int, members: list[tuple[str, int, str]], tags: dict[str, str], more: str = "") -> str:
    inner = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
    return f'<relation id="{number}" {more}>{inner}{tag_xml(tags)}</relation>'


def grid() -> list[str]:
    return [node(number, 9 + x / 1000, 47 + y / 1000) for number, (x, y) in NODES.items()]


def document(items: list[str]) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{"".join(items)}</osm>'


def write(folder: Path, items: list[str], name: str = "made.osm") -> Path:
    path = folder / name
    path.write_text(document(items), encoding="utf-8")
    return path


def one(objects: OsmObjects) -> Any:
    assert len(objects.features) == 1, (objects.features, objects.lost)
    return objects.features.iloc[0]


WORKS = {"man_made": "works"}
MULTI = {"type": "multipolygon", "landuse": "quarry"}
OUTER, INNER = [1, 2, 3, 4, 1], [5, 6, 7, 8, 5]


@pytest.mark.parametrize(
    ("item", "kind", "note"),
    [
        (node(99, 9, 47, WORKS), "Point", None),
        (way(1, OUTER, WORKS), "Polygon", None),
        (way(1, OUTER, {"disused:landuse": "quarry"}), "Polygon", None),
        (way(1, OUTER, {"aerialway": "goods"}), "LineString", None),
        (way(1, OUTER, {**WORKS, "area": "no"}), "LineString", None),
        (way(1, [1, 2, 3], WORKS), "LineString", None),
        (way(1, [1, 2, 1], WORKS), "LineString", None),
        (way(1, [1, 2, 4, 3, 1], WORKS), "MultiPolygon", "repaired"),
        (way(1, [1, 2, 77, 4, 1], WORKS), "MultiLineString", "incomplete"),
        (way(1, [1, 2, 3, 77], WORKS), "LineString", "incomplete"),
        (way(1, [1, 2, 1, 2, 1], WORKS), "LineString", "repaired"),
        (relation(1, [("node", 1, ""), ("node", 2, "")], {"type": "site", **WORKS}), "MultiPoint", None),
        (relation(1, [("node", 1, ""), ("node", 77, "")], {"type": "site", **WORKS}), "MultiPoint", "incomplete"),
        (
            way(1, [1, 2, 4, 3, 1], {"building": "yes"}) + relation(1, [("way", 1, "")], {"type": "site", **WORKS}),
            "MultiPolygon",
            "repaired",
        ),
        (
            way(1, [1, 2, 77]) + relation(1, [("way", 1, "")], {"type": "site", **WORKS}),
            "MultiLineString",
            "incomplete",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else None,
)
def test_geometries(tmp_path, item, kind, note):
    feature = one(read_objects(write(tmp_path, [*grid(), item])))
    assert feature.geometry.geom_type == kind
    assert feature.geometry.is_valid
    assert (feature.note if isinstance(feature.note, str) else None) == note


RINGS = [way(11, OUTER), way(12, INNER), way(13, [1, 2, 3]), way(14, [3, 4, 1])]


@pytest.mark.parametrize(
    ("members", "area", "note"),
    [
        ([(11, "outer"), (12, "inner")], 12, None),
        ([(11, ""), (12, "")], 12, None),
        ([(13, "outer"), (14, "outer")], 16, None),
        ([(14, "outer"), (12, "inner"), (13, "outer")], 12, None),
        ([(11, "outer"), (11, "outer")], 16, None),
        ([(11, "outer"), (15, "outer")], 22, "repaired"),
        ([(11, "outer"), (16, "inner")], 14, "repaired"),
        *(([(11, role), (17, "")], 12, "repaired") for role in ("outer", "")),
        ([(11, "inner"), (15, "inner")], 22, "repaired"),
        # Three deep nobody knows which land is meant: all of it is.
        ([(18, ""), (11, ""), (12, ""), (15, "")], 64, "repaired"),
        ([(11, "outer"), (99, "inner")], 16, "incomplete"),
        ([(11, "outer"), (15, "outer"), (99, "inner")], 22, "incomplete"),
    ],
)
def test_multipolygons(tmp_path, members, area, note):
    extra = [node(21, 9.003, 47), node(22, 9.005, 47), node(23, 9.005, 47.004), node(24, 9.003, 47.004)]
    lower = [node(31, 9.001, 46.999), node(32, 9.003, 46.999), node(33, 9.003, 47.001), node(34, 9.001, 47.001)]
    wide = [node(41, 9.003, 46.999), node(42, 9.005, 46.999), node(43, 9.005, 47.004), node(44, 9.003, 47.004)]
    crossing = [*extra, *lower, *wide, way(15, [41, 42, 43, 44, 41]), way(16, [31, 32, 33, 34, 31])]
    at_edge = [node(51, 9.001, 47), node(52, 9.003, 47), node(53, 9.003, 47.002), node(54, 9.001, 47.002)]
    around = [node(61, 8.998, 46.998), node(62, 9.006, 46.998), node(63, 9.006, 47.006), node(64, 8.998, 47.006)]
    crossing += [*at_edge, way(17, [51, 52, 53, 54, 51]), *around, way(18, [61, 62, 63, 64, 61])]
    item = relation(1, [("way", ref, role) for ref, role in members], MULTI)
    feature = one(read_objects(write(tmp_path, [*grid(), *RINGS, *crossing, item])))
    assert feature.geometry.is_valid
    assert (feature.note if isinstance(feature.note, str) else None) == note
    assert feature.geometry.area * 1e6 == pytest.approx(area, abs=1.01 if note == "repaired" else 1e-6)


@pytest.mark.parametrize(("role", "note"), [("subarea", None), ("outer", "incomplete")])
def test_a_relation_within_one_is_a_part_of_its_outline_by_its_role_alone(tmp_path, role, note):
    item = relation(1, [("way", 11, "outer"), ("relation", 2, role)], MULTI)
    feature = one(read_objects(write(tmp_path, [*grid(), *RINGS, item])))
    assert (feature.note if isinstance(feature.note, str) else None) == note


@pytest.mark.parametrize("refs", [[13, 99], [13]], ids=["cut", "as drawn"])
def test_open_rings_are_kept_as_lines_and_marked(tmp_path, refs):
    item = relation(1, [("way", ref, "outer") for ref in refs], MULTI)
    feature = one(read_objects(write(tmp_path, [*grid(), *RINGS, item])))
    assert (feature.geometry.geom_type, feature.note) == ("LineString", "incomplete")


def test_a_site_gathers_members_of_all_kinds_and_nested_relations(tmp_path):
    items = [
        *grid(),
        way(11, OUTER, {"building": "industrial"}),
        way(12, [9, 10]),
        relation(5, [("way", 11, "outer")], {"type": "multipolygon", "building": "yes"}),
        relation(1, [("relation", 5, ""), ("way", 12, ""), ("node", 9, "")], {"type": "site", "historic": "mine"}),
    ]
    feature = one(read_objects(write(tmp_path, items)))
    assert feature.osm_id == 1
    assert {part.geom_type for part in feature.geometry.geoms} == {"Polygon", "LineString", "Point"}


def test_a_site_that_holds_itself_comes_to_an_end(tmp_path):
    items = [*grid(), relation(1, [("relation", 1, ""), ("node", 1, "")], {"type": "site", **WORKS})]
    assert one(read_objects(write(tmp_path, items))).note == "incomplete"


def test_a_member_that_comes_by_many_ways_is_drawn_once():
    """Seven levels of twenty relations that each name the next twenty: 64 million ways to one node."""
    levels = [range(20 * level, 20 * level + 20) for level in range(7)]
    nests = {
        number: Group(tuple(Member("relation", ref, "") for ref in below), {"type": "site"})
        for level, below in pairwise(levels)
        for number in level
    }
    last = {number: Group((Member("node", 1, ""),), {"type": "site"}) for number in levels[-1]}
    world = World(is_area=lambda _: False, nodes={1: (13.0, 47.0)}, relations={**nests, **last})
    assert shape_of("relation", 0, world) == Shape(MultiPoint([(13.0, 47.0)]))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (way(1, [77, 78], WORKS), "0 of the way's 2 nodes have a place"),
        (way(1, [1, 77, 1], WORKS), "1 of the way's 2 nodes have a place"),
        (way(1, [], WORKS), "0 of the way's 0 nodes"),
        (node(99, 9, 147, WORKS), "the node has no valid coordinate"),
        (relation(1, [], MULTI), "the relation has no members"),
        (relation(1, [("way", 99, "outer")], MULTI), "0 of the relation's 1 ways are in the data"),
        (relation(1, [("node", 1, "label")], MULTI), "no ways as members"),
        (relation(1, [("node", 77, "")], {"type": "site", **WORKS}), "none of its 1 members can be drawn"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else None,
)
def test_what_cannot_be_drawn_is_lost_with_a_reason(tmp_path, item, reason):
    objects = read_objects(write(tmp_path, [*grid(), item]))
    assert (objects.hits, len(objects.features), len(objects.lost)) == (1, 0, 1)
    assert reason in objects.lost.reason.iloc[0]
    assert objects.lost.tags.iloc[0]
    assert [*objects.lost.columns] == [*LOST_COLUMNS]


def test_what_crosses_itself_at_every_turn_is_lost_at_once(tmp_path):
    """To repair it, or to cut its lines at their crossings, would take a minute and gigabytes."""
    places = np.random.default_rng(1).random((2000, 2)) / 100
    comb = np.column_stack([np.arange(1500) / 150_000, np.arange(1500) % 2 / 100])
    refs, across, upright = range(1000, 3000), range(3000, 4500), range(5000, 6500)
    nodes = [node(n, 9 + lon, 47 + lat) for n, (lon, lat) in zip(refs, places.tolist(), strict=True)]
    nodes += [node(n, 9 + lon, 47 + lat) for n, (lon, lat) in zip(across, comb.tolist(), strict=True)]
    nodes += [node(n, 9 + lon, 47 + lat) for n, (lat, lon) in zip(upright, comb.tolist(), strict=True)]
    ways = [way(1, [*refs], WORKS), way(2, [*refs, 1000], WORKS), way(3, [*across]), way(4, [*upright])]
    members = [("way", 3, ""), ("way", 4, "")]
    items = [relation(5, members, MULTI), relation(6, members, {"type": "site", **WORKS})]
    begun = time.process_time()
    objects = read_objects(write(tmp_path, [*grid(), *nodes, *ways, *items, way(7, OUTER, WORKS)]))
    assert time.process_time() - begun < 5
    assert list(objects.features.osm_id) == [7]
    assert list(objects.lost.osm_id) == [1, 2, 5, 6]
    assert objects.lost.reason.str.endswith("crosses itself at every turn").all()


def test_of_two_that_are_equally_new_the_later_stays():
    newest = Newest()
    for name in ("first", "second"):
        newest.put(Element("node", 1, None, None, {"name": name}))
    assert newest.elements["node", 1].tags["name"] == "second"


@pytest.mark.parametrize("turned", [False, True])
def test_the_highest_version_counts_in_any_order(tmp_path, turned):
    old = way(1, OUTER, {**WORKS, "name": "old"}, 'version="1" timestamp="2020-01-01T00:00:00Z"')
    new = way(1, INNER, {**WORKS, "name": "new"}, 'version="2" timestamp="2021-01-01T00:00:00Z"')
    items = [*grid(), *([new, old] if turned else [old, new])]
    objects = read_objects(write(tmp_path, items))
    feature = one(objects)
    assert (feature.tags["name"], feature.version, feature.timestamp) == ("new", 2, "2021-01-01T00:00:00Z")
    assert feature.geometry.area * 1e6 == pytest.approx(4)
    assert objects.data_time == "2021-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "pair",
    [
        [way(1, OUTER, WORKS, 'version="1"'), way(1, OUTER, {}, 'version="2"')],
        [way(1, OUTER, WORKS, 'version="1"'), way(1, [], {}, 'version="2" visible="false"')],
        [node(99, 9, 47, WORKS, 'version="1"'), node(99, 9, 47, {"shop": "kiosk"}, 'version="2"')],
        [relation(1, [("node", 1, "")], {"type": "site", **WORKS}, 'version="1"'), relation(1, [], {}, 'version="3"')],
    ],
    ids=["way", "deleted way", "node", "relation"],
)
def test_a_newer_version_without_the_tag_ends_the_hit(tmp_path, pair):
    assert read_objects(write(tmp_path, [*grid(), *pair])).hits == 0


def test_the_order_of_the_file_does_not_matter(tmp_path):
    items = [*grid(), *RINGS, relation(1, [("way", 11, "outer"), ("way", 12, "inner")], MULTI), way(2, OUTER, WORKS)]
    one_way, other = read_objects(write(tmp_path, items)), read_objects(write(tmp_path, items[::-1], "turned.osm"))
    assert len(one_way.features) == 2
    assert one_way.features.drop(columns="tags").equals(other.features.drop(columns="tags"))


def test_objects_that_were_never_uploaded(tmp_path):
    items = [node(-1, 9, 47), node(-2, 9.001, 47), node(-3, 9, 47.001), way(-9, [-1, -2, -3, -1], WORKS)]
    feature = one(read_objects(write(tmp_path, items)))
    assert (feature.osm_id, feature.geometry.geom_type) == (-9, "Polygon")
    assert feature.isna()["version"]
    assert feature.isna()["timestamp"]


@pytest.mark.parametrize(("edge", "kept"), [(9.0039, 1), (9.0021, 1), (9.0019, 0), (9.0001, 0), (8.9, 0), (9.1, 1)])
@pytest.mark.parametrize("refs", [OUTER, [1, 2]], ids=["area", "line"])
def test_what_straddles_belongs_where_most_of_it_lies(tmp_path, edge, kept, refs):
    objects = read_objects(write(tmp_path, [*grid(), way(1, refs, WORKS)]), area=box(8, 46, edge, 48))
    assert (len(objects.features), objects.clipped, objects.hits) == (kept, 1 - kept, 1)
    if kept:
        assert objects.features.total_bounds[2] == pytest.approx(9.004), "it is not cut"


@pytest.mark.parametrize("side", [(-1, -1, 0, 1), (0, -1, 1, 1)], ids=["west", "east"])
def test_what_lies_in_two_regions_by_half_is_in_both_rather_than_in_none(tmp_path, side):
    at = [node(1, -0.5, 0), node(2, 0.5, 0), node(3, 0.5, 0.5), node(4, -0.5, 0.5), node(5, 0.5, -0.5)]
    path = write(tmp_path, [*at, way(1, [1, 2, 3, 4, 1], WORKS), way(2, [1, 2], WORKS)])
    assert [*read_objects(path, area=box(*side)).features.osm_id] == [1, 2]


def test_a_lost_object_whose_known_node_lies_outside_is_outside(tmp_path):
    outlined = relation(3, [("way", 4, "outer")], MULTI)
    path = write(tmp_path, [*grid(), way(1, [1, 77], WORKS), way(2, [78, 77], WORKS), way(4, [77, 1], {}), outlined])
    objects = read_objects(path, area=box(20, 20, 21, 21))
    assert (objects.clipped, [*objects.lost.osm_id]) == (2, [2])


def test_nothing_wanted_gives_an_empty_frame_with_its_columns(tmp_path):
    objects = read_objects(write(tmp_path, grid()))
    assert (objects.hits, len(objects.features), len(objects.lost), objects.data_time) == (0, 0, 0, None)
    assert [*objects.features.columns] == ["osm_type", "osm_id", "version", "timestamp", "tags", "note", "geometry"]
    assert objects.features.crs == "EPSG:4326"


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_a_file_that_ends_behind_its_head_is_no_empty_region(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    osmium.SimpleWriter(str(path)).close()
    with pytest.raises(SourceError, match="holds no object at all"):
        read_objects(path)


@pytest.mark.parametrize(("suffix", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_packed_files_under_hostile_names(tmp_path, suffix, pack):
    path = tmp_path / f"$(touch owned); 'a b' & %s {{}}{suffix}"
    path.write_bytes(pack(document([node(1, 9, 47, WORKS)]).encode()))
    assert one(read_objects(path)).geometry.geom_type == "Point"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.osm.pbf", b"no extract at all " * 100, "download it again"),
        ("a.osm.pbf", b"", "download it again"),
        ("a.osm", b"<osm><node id='1'", "download it again"),
        ("a.osm", b"\x00\xff", "download it again"),
        ("a.osm.gz", b"\x1f\x8b\x08\x00garbage", "download it again"),
        ("a.osm", b"<osm version='0.6'><node id='1' lat='nan' lon='1'/></osm>", "wrong format for coordinate: 'nan'"),
        ("a.csv", b"x,y", "must end in .osm.pbf"),
        ("a.osm", document([way(1, [1], {"man_made": "x" * 3000})]).encode(), "download it again"),
    ],
)
def test_files_that_cannot_be_read_name_file_and_remedy(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=says) as caught:
        read_objects(path)
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_objects(tmp_path / "none.osm.pbf")


def test_a_truncated_extract(shared, tmp_path):
    whole = (shared / "data/osm/liechtenstein-2024-03.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(SourceError, match="cut short"):
        read_objects(path)


def test_the_law_is_asserted(tmp_path):
    whole = read_objects(write(tmp_path, [node(1, 9, 47, WORKS)]))
    with pytest.raises(CountingError, match="2 objects carry a wanted tag"):
        OsmObjects(whole.features, whole.lost, 2, 0, None)


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("liechtenstein-2021-05.osm.pbf", "2021-05-05T20:21:43Z"),
        ("liechtenstein-2024-03.osm.pbf", "2024-03-04T21:21:35Z"),
        ("krems-2013-12.osm.gz", None),
        ("north-brabant-2021-05.osm.pbf", None),
    ],
)
def test_real_extracts(shared, name, time):
    objects = read_objects(shared / "data/osm" / name)
    assert objects.hits >= 3
    assert objects.lost.empty
    assert time in (None, objects.data_time)
    assert objects.features.is_valid.all()
    assert not objects.features.duplicated(["osm_type", "osm_id"]).any()
    assert (shapely.area(objects.features.geometry.to_numpy()) < 0.01).all()


def test_no_shell_is_started(shared, monkeypatch):
    def refuse(*args: Any, **more: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)
    table = load_tag_table()
    assert gathered(shared / "data/osm/krems-2013-12.osm.gz", table.keys, table.wanted)[0]


@pytest.mark.parametrize("turn", [1, -1])
def test_the_version_tells_which_is_newer_and_not_the_clock(turn: int) -> None:
    newest = Newest()
    for version, stamp in [(1, "2021-01-01T00:00:00Z"), (2, "2020-01-01T00:00:00Z")][::turn]:
        newest.put(Element("node", 7, version, stamp, {}))
    assert newest.elements["node", 7].version == 2
