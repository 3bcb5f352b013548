"""Read the wanted objects of an extract with libosmium: slower than `fast`, for every kind of file.

The order of the file is not trusted (headers that say "sorted" are wrong now and then), so what objects are made of
is looked up after the objects are known:

1. the whole file through a C++ filter on keys, then the tag table on what remains;
2. relations, until those that sites nest are known; then the ways that are wanted or needed by a relation, and every
   tagged node: here a newer version of a wanted object is met that has lost its tags;
3. the nodes' places, into an index of libosmium.

Of an object that is there in several versions, the highest counts. For nodes without tags, of which only the place
matters, the last in the file counts, which is the highest wherever the versions of one object stand in order; in files
above `EXACT_NODES_BYTES` the order of equal ids is libosmium's. Extracts with history are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import osmium
from osmium.filter import EmptyTagFilter, IdFilter, KeyFilter
from osmium.osm import NODE, RELATION, WAY

from inducult_geo.errors import SourceError
from inducult_geo.sources.osm.elements import DEEPEST, Element, Group, Line, Member, Newest
from inducult_geo.sources.osm.tags import Tags

EXACT_NODES_BYTES = 64_000_000
"""Up to this file size nodes are held in a map (about 45 bytes each, the last version wins), above it in a sorted
list (16 bytes each)."""

_KINDS = {"n": "node", "w": "way", "r": "relation"}
_HEADER_TIME = "osmosis_replication_timestamp"


def gathered(path: Path, keys: Sequence[str], wanted: Callable[[Tags], bool]) -> tuple[Any, ...]:
    """Return the hits, what they are made of (places of nodes, ways, relations), and the header's time.

    Raises
    ------
    SourceError
        As `read_objects`.
    """
    with _speaking(path):
        header_time = _header_time(path)
        newest = Newest()
        for item in osmium.FileProcessor(path, NODE | WAY | RELATION).with_filter(KeyFilter(*keys)):
            if wanted(dict(item.tags)):
                newest.put(_element(item))
        relations = _follow_relations(path, newest)
        ways = _follow_ways(path, newest, relations)
        known = newest.elements.values()
        hits = tuple(element for element in known if element.visible and wanted(element.tags))
        nodes = _places(path, hits, ways, relations)
    return hits, nodes, ways, relations, header_time


def is_empty(path: Path) -> bool:
    """Tell whether an extract holds no object at all.

    Raises
    ------
    SourceError
        As `read_objects`.
    """
    with _speaking(path):
        return next(iter(osmium.FileProcessor(path, NODE | WAY | RELATION)), None) is None


def _follow_relations(path: Path, newest: Newest) -> dict[int, Group]:
    """Read the wanted relations in their newest version, and those that they nest."""
    relations: dict[int, Group] = {}
    sought = {number for kind, number in newest.elements if kind == "relation"}
    for _ in range(DEEPEST):
        if not sought:
            break
        seen = Newest()
        for item in osmium.FileProcessor(path, RELATION).with_filter(_ids(sought, RELATION)):
            if item.id in sought:
                seen.put(_element(item))
        for element in seen.elements.values():
            if element.key in newest.elements:
                newest.put(element)
            if element.visible:
                relations[element.osm_id] = Group(element.members, element.tags)
        nested = (member for number in sought & relations.keys() for member in relations[number].members)
        sought = {member.ref for member in nested if member.osm_type == "relation"} - relations.keys()
    return relations


def _follow_ways(path: Path, newest: Newest, relations: Mapping[int, Group]) -> dict[int, Line]:
    """Read the wanted ways in their newest version and the ways of the relations; look again at tagged nodes."""
    wanted = {number for kind, number in newest.elements if kind == "way"}
    needed = {m.ref for group in relations.values() for m in group.members if m.osm_type == "way"}
    seen = Newest()
    sought = wanted | needed
    for item in osmium.FileProcessor(path, NODE | WAY).with_filter(_tagged(NODE)).with_filter(_ids(sought, WAY)):
        if isinstance(item, osmium.osm.Way):
            if item.id in sought:
                seen.put(_element(item))
        elif ("node", item.id) in newest.elements:
            newest.put(_element(item))
    for element in seen.elements.values():
        if element.osm_id in wanted:
            newest.put(element)
    return {e.osm_id: Line(e.refs, e.tags) for e in seen.elements.values() if e.visible}


def _tagged(entity: Any) -> Any:
    """Return a filter that lets only tagged objects of one kind pass, and all of the others."""
    tagged = EmptyTagFilter()
    tagged.enable_for(entity)
    return tagged


def _ids(ids: set[int], entity: Any) -> Any:
    """Return a filter on ids of one kind; libosmium's knows none below 0, so then it lets all pass."""
    if any(number < 0 for number in ids):
        return osmium.filter.EntityFilter(osmium.osm.ALL)
    chosen = IdFilter(sorted(ids))
    chosen.enable_for(entity)
    return chosen


def _places(
    path: Path, hits: Sequence[Element], ways: Mapping[int, Line], relations: Mapping[int, Group]
) -> dict[int, tuple[float, float]]:
    """Look up the places of all nodes that hits, ways and relations need."""
    needed = {ref for way in ways.values() for ref in way.refs}
    needed |= {m.ref for group in relations.values() for m in group.members if m.osm_type == "node"}
    places = _indexed(path, needed) if needed else {}
    return places | {hit.osm_id: hit.position for hit in hits if hit.osm_type == "node" and hit.position}


def _indexed(path: Path, needed: set[int]) -> dict[int, tuple[float, float]]:
    index = osmium.index.create_map("sparse_mem_map" if path.stat().st_size <= EXACT_NODES_BYTES else "flex_mem")
    handler = osmium.NodeLocationsForWays(index)
    handler.ignore_errors()
    with osmium.io.Reader(path, NODE) as reader:
        osmium.apply(reader, handler)
    places: dict[int, tuple[float, float]] = {}
    for number in (known for known in needed if known >= 0):
        with suppress(KeyError):
            place = index.get(number)
            if place.valid():
                places[number] = (place.lon, place.lat)
    return places | (_never_uploaded(path, needed) if min(needed) < 0 else {})


def _never_uploaded(path: Path, needed: set[int]) -> dict[int, tuple[float, float]]:
    """Look up nodes with ids below 0 (an editor's own files hold them), which libosmium's index leaves out."""
    newest = Newest()
    for item in osmium.FileProcessor(path, NODE):
        if item.id < 0 and item.id in needed:
            newest.put(_element(item))
    return {e.osm_id: e.position for e in newest.elements.values() if e.position and e.visible}


def _element(item: Any) -> Element:
    """Copy an object out of libosmium's buffer, which is used anew for the next one."""
    kind = _KINDS[item.type_str()]
    position = (item.location.lon, item.location.lat) if kind == "node" and item.location.valid() else None
    stamp = item.timestamp
    return Element(
        osm_type=kind,  # type: ignore[arg-type]
        osm_id=item.id,
        version=item.version or None,
        # libosmium reads an absent timestamp as the first second of 1970.
        timestamp=stamp.strftime("%Y-%m-%dT%H:%M:%SZ") if stamp.year > 1970 else None,
        tags=dict(item.tags),
        position=position,
        refs=tuple(node.ref for node in item.nodes) if kind == "way" else (),
        members=tuple(Member(_KINDS[m.type], m.ref, m.role) for m in item.members) if kind == "relation" else (),
        visible=item.visible,
    )


def _header_time(path: Path) -> str | None:
    with osmium.io.Reader(path, osmium.osm.NOTHING) as reader:
        header = reader.header()
    if header.has_multiple_object_versions:
        raise SourceError(
            f"{path}: an extract with history. Cut a moment out of it first: osmium time-filter, then use its result."
        )
    return header.get(_HEADER_TIME) or None


@contextmanager
def _speaking(path: Path) -> Iterator[None]:
    """Turn what libosmium raises into an error that names the file and the remedy."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as problem:
        raise SourceError(
            f"{path}: cannot be read as OpenStreetMap data ({problem}). The file is cut short, damaged or of another "
            "format: download it again and compare its checksum."
        ) from problem
