"""Our reader against `osmium export`: the same objects and geometries, each difference explained by a rule."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from osm_made import GRID, INNER, OUTER, WORKS, N, R, W, write
from shapely.geometry.base import BaseGeometry

from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.shapes import AREA_RELATIONS
from inducult_geo.sources.osm.tags import load_tag_table

OSMIUM = shutil.which("osmium")
pytestmark = pytest.mark.skipif(OSMIUM is None, reason="needs the tool `osmium`")
TABLE = load_tag_table()
CONFIG = {"linear_tags": False, "area_tags": True, "attributes": {"type": True, "id": True}}
Key = tuple[str, int]


@dataclass(frozen=True)
class Pair:
    """One wanted object as both draw it; null where one of them does not."""

    key: Key
    tags: Mapping[str, str]
    note: str | None
    ours: BaseGeometry | None
    theirs: BaseGeometry | None

    @property
    def only_ours(self) -> bool:
        return self.theirs is None and self.ours is not None


@dataclass(frozen=True)
class Allowed:
    """A difference with its reason; `holds` proves that it is this one and no other."""

    reason: str
    holds: Callable[[Pair], bool]


ALLOWED = (
    Allowed(
        "a closed way is a line where its tags say so (area_rules.csv); export draws an area of every closed way",
        lambda pair: pair.key[0] == "way" and not TABLE.is_area(pair.tags) and same_ring(pair.ours, pair.theirs),
    ),
    Allowed(
        "a site (or any relation that is no multipolygon or boundary) is drawn by its members; export drops it",
        lambda pair: pair.only_ours and pair.key[0] == "relation" and pair.tags.get("type") not in AREA_RELATIONS,
    ),
    Allowed(
        "what is there only in part is drawn as far as it goes, and marked; export drops it, or bridges the gap",
        lambda pair: pair.note == "incomplete",
    ),
    Allowed(
        "a ring that crosses itself or another is repaired, and marked; export drops it",
        lambda pair: pair.only_ours and pair.note == "repaired",
    ),
    Allowed(
        "an object without geometry is listed as lost",
        lambda pair: pair.ours is None and pair.note == "lost",
    ),
)
EXTRACTS = (
    ("boeblingen-2020-03.osm.pbf", 37),
    ("krems-2013-12.osm.gz", 20),
    pytest.param("liechtenstein-2021-05.osm.pbf", 51, marks=pytest.mark.slow),
    pytest.param("liechtenstein-2022-07.osm.pbf", 57, marks=pytest.mark.slow),
    ("liechtenstein-2024-03.osm.pbf", 66),
    ("north-brabant-2021-05.osm.pbf", 3),
)
"""Name and number of wanted objects. None of them needs any of the reasons."""


def same_ring(line: BaseGeometry | None, area: BaseGeometry | None) -> bool:
    return line is not None and area is not None and bool(shapely.equals(line, shapely.boundary(area)))


def exported(path: Path, folder: Path) -> dict[Key, tuple[dict[str, str], BaseGeometry]]:
    """Return what `osmium export` makes of those objects that the tag table wants."""
    config, out = folder / "export.json", folder / "out.geojsonseq"
    config.write_text(json.dumps(CONFIG))
    command = [str(OSMIUM), "export", "--no-progress", "-O", "-c", str(config), "-f", "geojsonseq", "-o", str(out)]
    subprocess.run([*command, "-x", "print_record_separator=false", str(path)], check=True, capture_output=True)
    found: dict[Key, tuple[dict[str, str], BaseGeometry]] = {}
    for line in out.read_text(encoding="utf-8").splitlines():
        feature: dict[str, Any] = json.loads(line)
        tags = feature["properties"]
        key = (tags.pop("@type"), tags.pop("@id"))
        if TABLE.wanted(tags):
            assert key not in found, "a closed way must not come twice"
            found[key] = (tags, shapely.from_geojson(json.dumps(feature["geometry"])))
    return found


def pairs(path: Path, folder: Path) -> list[Pair]:
    """Put side by side what both make of a file; tags must be equal wherever both have an object."""
    objects, theirs = read_objects(path), exported(path, folder)
    features = objects.features
    ours = {
        (row.osm_type, row.osm_id): (row.tags, row.note if isinstance(row.note, str) else None, row.geometry)
        for row in features.itertuples()
    }
    ours |= {(row.osm_type, row.osm_id): (row.tags, "lost", None) for row in objects.lost.itertuples()}
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        tags, note, shape = ours.get(key, ({}, "unknown to us", None))
        their_tags, their_shape = theirs.get(key, (tags, None))
        # Export takes the type of a multipolygon for a part of its geometry.
        assert {k: v for k, v in tags.items() if k != "type"} == {k: v for k, v in their_tags.items() if k != "type"}
        found.append(Pair(key, tags, note, shape, their_shape))
    return found


def differences(found: list[Pair]) -> dict[int, int]:
    """Count the differences by the reason that explains them; one without a reason fails."""
    counts: dict[int, int] = {}
    for pair in found:
        if pair.ours is not None and pair.theirs is not None and shapely.equals(pair.ours, pair.theirs):
            continue
        reasons = [place for place, allowed in enumerate(ALLOWED) if allowed.holds(pair)]
        assert reasons, f"no rule explains {pair}"
        counts[reasons[0]] = counts.get(reasons[0], 0) + 1
    return counts


@pytest.mark.parametrize(("name", "count"), EXTRACTS)
def test_real_extracts_have_no_differences(shared, tmp_path, name, count):
    found = pairs(shared / "data/osm" / name, tmp_path)
    assert len(found) == count
    assert differences(found) == {}


def test_oddities(tmp_path):
    """Every allowed difference happens, and each only where it should."""
    items = [
        *GRID,
        N(99, 1, 1, WORKS),
        W(1, OUTER, WORKS),
        W(2, OUTER, {"aerialway": "goods"}),
        W(3, [1, 2, 4, 3, 1], WORKS),
        W(4, [1, 2, 77, 4, 1], WORKS),
        W(5, [1, 77], WORKS),
        W(6, [1, 2, 3], WORKS),
        W(11, OUTER),
        W(12, INNER),
        R(1, [("w", 11, "outer"), ("w", 12, "inner")], {"type": "multipolygon", "landuse": "quarry"}),
        R(2, [("w", 11, ""), ("n", 9, "")], {"type": "site", "historic": "mine"}),
        R(3, [("w", 11, "outer"), ("w", 88, "outer")], {"type": "multipolygon", "landuse": "quarry"}),
    ]
    found = pairs(write(tmp_path / "made.osm.pbf", items), tmp_path)
    assert len(found) == 10
    assert differences(found) == {0: 1, 1: 1, 2: 2, 3: 1, 4: 1}


def test_a_difference_without_a_reason_fails():
    one, other = shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 2)
    with pytest.raises(AssertionError, match="no rule explains"):
        differences([Pair(("way", 1), WORKS, None, one, other)])
