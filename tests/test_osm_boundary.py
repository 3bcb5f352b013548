"""A region's outline by its tags."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from pyproj import Geod

from inducult_geo.errors import SourceError
from inducult_geo.sources.osm.boundary import read_boundary

TAGS = {"ISO3166-2": ["CZ-41", "CZ-KA"]}
ADMIN = {"type": "boundary", "boundary": "administrative"}


def square(first: int, west: float, size: float) -> str:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    nodes = (
        f'<node id="{first + i}" lon="{west + x * size}" lat="{50 + y * size}"/>' for i, (x, y) in enumerate(corners)
    )
    return "".join(nodes)


def ring(number: int, first: int, tags: dict[str, str] | None = None) -> str:
    refs = "".join(f'<nd ref="{first + i % 4}"/>' for i in range(5))
    return f'<way id="{number}">{refs}{marks(tags or {})}</way>'


def marks(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


def boundary(number: int, ways: list[int], tags: dict[str, str]) -> str:
    members = "".join(f'<member type="way" ref="{way}" role="outer"/>' for way in ways)
    return f'<relation id="{number}">{members}{marks(tags)}</relation>'


@pytest.fixture
def extract(tmp_path):
    def write(*items: str):
        path = tmp_path / "made.osm"
        path.write_text(f'<osm version="0.6">{"".join(items)}</osm>', encoding="utf-8")
        return path

    return write


GROUND = square(1, 12, 0.1) + square(11, 13, 0.2) + ring(1, 1) + ring(2, 11)


@pytest.mark.parametrize("code", ["CZ-41", "CZ-KA", "CZ-XX;CZ-41"])
def test_any_of_the_values(extract, code):
    area = read_boundary(extract(GROUND, boundary(5, [1], {**ADMIN, "ISO3166-2": code})), TAGS)
    assert area.area == pytest.approx(0.01)


@pytest.mark.parametrize("tags", [{}, {"ISO3166-2": ["CZ-42"]}, {**TAGS, "admin_level": ["6"]}])
def test_no_object_carries_all_tags(extract, tags):
    path = extract(GROUND, boundary(5, [1], {**ADMIN, "ISO3166-2": "CZ-41", "admin_level": "4"}))
    assert read_boundary(path, tags) is None


def test_a_label_node_or_an_open_way_is_no_boundary(extract):
    node = f'<node id="90" lon="12" lat="50">{marks({"ISO3166-2": "CZ-41"})}</node>'
    way = f'<way id="9"><nd ref="1"/><nd ref="2"/>{marks({"ISO3166-2": "CZ-41"})}</way>'
    assert read_boundary(extract(GROUND, node, way), TAGS) is None


def test_a_closed_way(extract):
    assert read_boundary(extract(GROUND, ring(3, 11, {"ISO3166-2": "CZ-41"})), TAGS).area == pytest.approx(0.04)


def test_the_administrative_one_goes_before_a_larger_one(extract):
    park = boundary(6, [2], {"type": "boundary", "boundary": "protected_area", "ISO3166-2": "CZ-41"})
    path = extract(GROUND, park, boundary(5, [1], {**ADMIN, "ISO3166-2": "CZ-41"}))
    assert read_boundary(path, TAGS).area == pytest.approx(0.01)


def test_of_several_of_which_none_is_administrative_the_largest(extract):
    kind = {**ADMIN, "boundary": "statistical", "ISO3166-2": "CZ-41"}
    area = read_boundary(extract(GROUND, boundary(5, [1], kind), boundary(6, [2], kind)), TAGS)
    assert area.area == pytest.approx(0.04)


def test_of_several_the_largest_and_it_says_so(extract, caplog):
    both = [boundary(5, [1], {**ADMIN, "ISO3166-2": "CZ-41"}), boundary(6, [2], {**ADMIN, "ISO3166-2": "CZ-41"})]
    with caplog.at_level(logging.WARNING):
        assert read_boundary(extract(GROUND, *both), TAGS).area == pytest.approx(0.04)
    assert "relation/5, relation/6" in caplog.text
    assert "relation/6 is the largest" in caplog.text
    both[1] = boundary(6, [77], {**ADMIN, "ISO3166-2": "CZ-41"})
    assert read_boundary(extract(GROUND, *both), TAGS).area == pytest.approx(0.01), "nothing of the other is there"


def test_a_boundary_that_crosses_itself_at_every_turn(extract):
    places = enumerate(np.random.default_rng(1).random((2000, 2)).tolist())
    nodes = "".join(f'<node id="{number}" lon="{lon}" lat="{lat}"/>' for number, (lon, lat) in places)
    refs = "".join(f'<nd ref="{number % 2000}"/>' for number in range(2001))
    path = extract(nodes, f'<way id="1">{refs}{marks({**ADMIN, "ISO3166-2": "CZ-41"})}</way>')
    with pytest.raises(SourceError, match=r"the way crosses itself at every turn \(boundary way/1\)\. Give the region"):
        read_boundary(path, TAGS)


@pytest.mark.parametrize(
    ("ground", "ways", "says"),
    [
        (GROUND, [1, 77], "1 of its 2 ways are missing"),
        (GROUND, [77], "1 of its 1 ways are missing"),
        (GROUND.replace('<node id="2"', '<node id="202"'), [1], "its ring does not close"),
    ],
)
def test_a_boundary_that_the_extract_cuts(extract, ground, ways, says):
    path = extract(ground, boundary(5, ways, {**ADMIN, "ISO3166-2": "CZ-41"}))
    with pytest.raises(SourceError, match=f"cuts the boundary relation/5: {says}") as caught:
        read_boundary(path, TAGS)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["liechtenstein-2021-05", "liechtenstein-2024-03"])
def test_liechtenstein(shared, name):
    area = read_boundary(shared / f"data/osm/{name}.osm.pbf", {"ISO3166-1": ["LI"]})
    area_km2 = abs(Geod(ellps="GRS80").geometry_area_perimeter(area)[0]) / 1e6
    assert area_km2 == pytest.approx(160.5, abs=0.5)
    assert area.is_valid


def test_objects_with_different_codes_are_parts_of_one_region(extract):
    tags = {"ISO3166-2": ["SI-052", "SI-131"]}
    parts = [boundary(5 + n, [1 + n], {**ADMIN, "ISO3166-2": code}) for n, code in enumerate(tags["ISO3166-2"])]
    area = read_boundary(extract(GROUND, *parts), tags)
    assert area.area == pytest.approx(0.01 + 0.04)
