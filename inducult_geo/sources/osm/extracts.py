"""Find a region's OpenStreetMap extract by its file name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from inducult_geo.catalog.models import Region

FILES: Final = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")
"""How the names of files of OpenStreetMap end."""

EXTRACTS: Final = (*FILES, ".json.gz")
"""... and those of extracts: the last one is an archived answer of an Overpass server."""

_DATED: Final = re.compile(r"-\d{4}-\d{2}-\d{2}")
_OWN: Final = re.compile(r"\.osm|-(?:\d|latest|internal|free|updated|undated)")
_CALLED: Final = re.compile(r"[-_. (]")


def newest_extract(folder: Path, region: Region, regions: Iterable[Region]) -> Path | None:
    """Return the newest extract of a region in a folder: named after it, or after its Geofabrik extract.

    Among files of one name a dated one (`sachsen-2026-11-20.osm.pbf`, as `inducult fetch` keeps them) goes before one
    without a date (`sachsen-latest.osm.pbf`), whose age nobody knows. Where there is none, a file that a person called
    after the region is taken (`opole-test.osm.pbf`, `opole (1).osm`), and never one that is called after another of
    `regions`.
    """
    extracts = [path for path in folder.glob("*") if path.name.endswith(EXTRACTS)]
    ways: list[Callable[[str], bool]] = [*map(_owner, _stems(region)), partial(_is_called, region, regions)]
    for is_meant in ways:
        found = [path for path in extracts if is_meant(path.name)]
        if found:
            return max(found, key=lambda path: (bool(_DATED.search(path.name)), path.name))
    return None


def _owner(stem: str) -> Callable[[str], bool]:
    """Tell a stem's own files: `opole.osm`, `sachsen-latest.osm.pbf`; not `sachsen-anhalt.osm.pbf`."""
    return lambda name: name.startswith(stem) and _OWN.match(name, len(stem)) is not None


def _is_called(region: Region, regions: Iterable[Region], name: str) -> bool:
    """Whether a file is called after a region, and none that is called otherwise is meant by it.

    Geofabrik joins words by a hyphen: where the region may bear the name of a land of its, the file may be another's.
    """
    own, *lands = _stems(region)
    if not name.startswith(own) or not _CALLED.match(name, len(own)):
        return False
    if name[len(own)] == "-" and (not lands or own in lands):
        return False
    others = {stem for other in regions for stem in _stems(other)} - {own}
    return not any(stem.startswith(own) and name.startswith(stem) for stem in others)


def _stems(region: Region) -> list[str]:
    return [region.id, *([region.geofabrik.rsplit("/", 1)[-1]] if region.geofabrik else [])]
