"""Tiny extracts for tests, written by pyosmium, and what it takes to call two results the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import osmium
import osmium.osm.mutable as mutable
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.sources.osm.objects import OsmObjects, assemble
from inducult_geo.sources.osm.pbf import gather
from inducult_geo.sources.osm.tags import load_tag_table

WORKS: Mapping[str, str] = {"man_made": "works", "name": "Spinnerei Ü"}
MADE = "2021-05-05T20:21:43Z"


@dataclass(frozen=True)
class N:
    """A node on a grid of a thousandth of a degree."""

    number: int
    x: float
    y: float
    tags: Mapping[str, str] | None = None
    version: int | None = 1
    stamp: str | None = MADE


@dataclass(frozen=True)
class W:
    """A way."""

    number: int
    refs: Sequence[int]
    tags: Mapping[str, str] | None = None
    version: int | None = 1
    stamp: str | None = MADE


@dataclass(frozen=True)
class R:
    """A relation; its members are (n, w or r; id; role)."""

    number: int
    members: Sequence[tuple[str, int, str]]
    tags: Mapping[str, str] | None = None
    version: int | None = 1
    stamp: str | None = MADE


Item = N | W | R

CORNERS = ((0, 0), (4, 0), (4, 4), (0, 4), (1, 1), (3, 1), (3, 3), (1, 3), (6, 2), (8, 2), (5, -1), (5, 2))
GRID: tuple[Item, ...] = tuple(N(number, x, y) for number, (x, y) in enumerate(CORNERS, start=1))
OUTER, INNER = [1, 2, 3, 4, 1], [5, 6, 7, 8, 5]


def write(path: Path, items: Sequence[Item], form: str = "pbf") -> Path:
    """Write items in the order given."""
    with osmium.SimpleWriter(osmium.io.File(path, form), overwrite=True) as writer:
        for item in items:
            more: dict[str, Any] = {"id": item.number, "tags": dict(item.tags or {})}
            more |= {"version": item.version} if item.version is not None else {}
            more |= {"timestamp": item.stamp} if item.stamp else {}
            if isinstance(item, N):
                writer.add_node(mutable.Node(location=(9 + item.x / 1000, 47 + item.y / 1000), **more))
            elif isinstance(item, W):
                writer.add_way(mutable.Way(nodes=list(item.refs), **more))
            else:
                writer.add_relation(mutable.Relation(members=list(item.members), **more))
    return path


def by_pyosmium(path: Path, area: BaseGeometry | None = None) -> OsmObjects:
    """Read as if there were no other reader."""
    table = load_tag_table()
    found = gather(path, table.keys, table.wanted, is_area=table.is_area)
    return assemble(found.hits, found.world, area=area, data_time=found.header_time)


def assert_same(one: OsmObjects, other: OsmObjects) -> None:
    """Assert that two results are the same to the last digit, order and orientation of rings included."""
    told = [(objects.hits, objects.clipped, objects.data_time, objects.torn) for objects in (one, other)]
    assert told[0] == told[1]
    pd.testing.assert_frame_equal(one.lost, other.lost)
    left, right = one.features, other.features
    pd.testing.assert_frame_equal(
        pd.DataFrame(left.drop(columns="geometry")), pd.DataFrame(right.drop(columns="geometry"))
    )
    assert left.crs == right.crs
    assert shapely.equals_identical(left.geometry.to_numpy(), right.geometry.to_numpy()).all()
