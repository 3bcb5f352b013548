"""Which extract belongs to a region, and what a source's failure costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from inducult_geo.gather import find_extract
from inducult_geo.run import open_run


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["zwickau.osm"], "zwickau.osm"),
        (["sachsen-latest.osm.pbf"], "sachsen-latest.osm.pbf"),
        (["sachsen-2026-11-19.osm.pbf", "sachsen-2026-11-20.osm.pbf"], "sachsen-2026-11-20.osm.pbf"),
        (["sachsen-2026-11-20.osm.pbf", "sachsen-latest.osm.pbf"], "sachsen-2026-11-20.osm.pbf"),
        (["sachsen-2026-11-20.osm.pbf", "zwickau.osm.pbf"], "zwickau.osm.pbf"),
        (["sachsen-anhalt.txt", "zwickauer-land.md"], None),
        (["zwickauer.osm.pbf", "sachsenring.osm"], None),
        ([], None),
    ],
)
def test_the_newest_extract_of_a_region_is_found(tmp_path: Path, names: list[str], chosen: str | None) -> None:
    folder = tmp_path / "raw" / "osm"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    run = open_run(tmp_path)
    found = find_extract(run.catalog.region("zwickau"), run)
    assert (found.name if found else None) == chosen


def test_one_extract_for_all_and_none_when_a_server_is_asked(tmp_path: Path) -> None:
    extract = tmp_path / "all.osm.pbf"
    run = open_run(tmp_path, osm_file=extract)
    assert find_extract(run.catalog.region("opole"), run) == extract
    run = open_run(tmp_path, osm="overpass")
    assert find_extract(run.catalog.region("opole"), run) is None
