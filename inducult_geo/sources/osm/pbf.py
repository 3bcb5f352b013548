"""Read the wanted objects of an extract (.osm.pbf, .osm, .osm.gz, .osm.bz2).

An ordinary .osm.pbf is tried by `fast`; `libosmium` is the reader of record, which takes all others. It works in a
process of its own, since what is made to crash it does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import SourceError
from inducult_geo.sources.apart import apart
from inducult_geo.sources.osm.elements import Gathered, World
from inducult_geo.sources.osm.extracts import FILES
from inducult_geo.sources.osm.fast import gather_fast
from inducult_geo.sources.osm.libosmium import gathered, is_empty
from inducult_geo.sources.osm.objects import OsmObjects, assemble
from inducult_geo.sources.osm.tags import Tags, TagTable, load_tag_table
from inducult_geo.sources.osm.wire import DamageError, HandOverError

_LOG = logging.getLogger(__name__)


def read_objects(
    path: Path, *, area: BaseGeometry | None = None, table: TagTable | None = None, processes: int = 1
) -> OsmObjects:
    """Read every node, way and relation with a wanted tag.

    An ordinary .osm.pbf is read by `fast`; everything else by pyosmium, which the log then says for a .osm.pbf.

    Parameters
    ----------
    path
        The extract.
    area
        EPSG:4326; what lies mostly outside is counted in `clipped` and left out.
    table
        Which tags are wanted; the catalog's where not given.
    processes
        How many processes read an ordinary .osm.pbf.

    Raises
    ------
    SourceError
        Where the file is absent, empty, cut short, of another format or holds history; the message says what to do.
    """
    tags = table or load_tag_table()
    _check_name(path)
    found = _fast(path, tags, processes) or gather(path, tags.keys, tags.wanted, is_area=tags.is_area)
    if not found.hits and apart(path, partial(is_empty, path)):
        raise SourceError(
            f"{path}: holds no object at all, not even a road: it was cut off after its header, or cut out of an "
            "extract of another area. Download or cut it again."
        )
    objects = assemble(found.hits, found.world, area=area, data_time=found.header_time)
    return replace(objects, ends_early=found.ends_early)


def _fast(path: Path, table: TagTable, processes: int) -> Gathered | None:
    """Read an ordinary .osm.pbf; null where it is left to pyosmium."""
    if not path.name.lower().endswith(".osm.pbf"):
        return None
    try:
        return gather_fast(path, table, processes=processes)
    except DamageError as why:
        raise SourceError(
            f"{path}: holds {why}, which cannot be in OpenStreetMap: it is damaged or malicious. Download it again and "
            "compare its checksum."
        ) from why
    except HandOverError as why:
        _LOG.info("%s: read by pyosmium: %s", path, why)
        return None


def gather(
    path: Path, keys: Sequence[str], wanted: Callable[[Tags], bool], *, is_area: Callable[[Tags], bool]
) -> Gathered:
    """Collect the elements whose tags are wanted and all that they are made of.

    Parameters
    ----------
    path
        The extract.
    keys
        Keys of which a wanted object has at least one.
    wanted
        Decides on an object's tags; such that it can be pickled.
    is_area
        Decides whether a closed way is an area; handed on with the world.

    Raises
    ------
    SourceError
        As `read_objects`.
    """
    _check_name(path)
    hits, nodes, ways, relations, header_time = apart(path, partial(gathered, path, keys, wanted))
    return Gathered(hits, World(is_area=is_area, nodes=nodes, ways=ways, relations=relations), header_time)


def _check_name(path: Path) -> None:
    if not path.is_file():
        raise SourceError(f"{path}: no such file. Get an extract with `inducult fetch`, or name another with --osm.")
    if not path.name.lower().endswith(FILES):
        raise SourceError(f"{path}: not an extract of OpenStreetMap. Its name must end in {', '.join(FILES)}.")
