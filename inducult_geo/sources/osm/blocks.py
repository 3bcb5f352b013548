"""Read the wanted and the needed objects from the blocks of an .osm.pbf.

What all objects of a block share (ids, pairs of key and value) is tested at once, as numbers; only what passes becomes
an object of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from inducult_geo.sources.osm.elements import Element, Member, OsmType
from inducult_geo.sources.osm.sieve import Sieve, Sought
from inducult_geo.sources.osm.tags import Tags
from inducult_geo.sources.osm.wire import (
    Bytes,
    Fields,
    HandOverError,
    Integers,
    Opening,
    inflated,
    integers,
    parse,
    unpack,
    walk,
)

NODE, WAY, RELATION = 2, 3, 4
"""Kinds of a group, by the number of their field."""

_KINDS: tuple[OsmType, ...] = ("node", "way", "relation")
_FIELDS = {WAY: (2, 3, 4, 8), RELATION: (2, 3, 4, 8, 9, 10)}
_NAMES = {WAY: "Way", RELATION: "Relation"}
_LONGEST_TEXT = 1024
"""Longer keys and values are against the rules of OpenStreetMap; pyosmium says so."""


@dataclass(frozen=True, slots=True)
class NodeBlock:
    """What the beginning of a block of nodes says: its first and last id, and whether it may hold a hit."""

    first: int
    last: int
    hopeful: bool


@dataclass(frozen=True)
class Block:
    """A block unpacked whole: its strings, and its groups by kind."""

    strings: Sequence[bytes]
    groups: Sequence[tuple[int, Any]]


def kind_of(data: bytes) -> int:
    """Return the kind of a block's first group, from the beginning of a packed blob."""
    return _first_group(Opening(data))[0]


def _first_group(opening: Opening) -> tuple[int, int, int]:
    """Return kind, start and end of the first group."""
    _, strings_end = opening.field(0x0A, 0)
    start, end = opening.field(0x12, strings_end)
    opening.need(min(start + 1, opening.size))
    kind = opening.data[start] >> 3
    if kind not in (NODE, WAY, RELATION):
        raise HandOverError("plain nodes" if kind == 1 else "a group of an unknown kind")
    return kind, start, end


def peek_nodes(data: bytes, sieve: Sieve) -> NodeBlock:
    """Read strings and ids of a block of nodes; the rest is not unpacked, unless there is more than one group.

    Raises
    ------
    HandOverError
        Where it does not begin with nodes, the ids do not rise, or fields stand in an unusual order.
    """
    opening = Opening(data)
    kind, start, end = _first_group(opening)
    if kind != NODE:
        raise HandOverError("kinds of objects out of order")
    dense, dense_end = opening.field(0x12, start)
    if end != opening.size or dense_end != end:
        return _peek_groups(open_block(data))
    _, ids_end = opening.field(0x0A, dense)
    opening.need(ids_end)
    ids = rising(np.cumsum(integers(parse("Dense", opening.data[dense:ids_end]).id)))
    strings_at, strings_end = opening.field(0x0A, 0)
    strings = list(parse("Strings", opening.data[strings_at:strings_end]).s)
    return NodeBlock(int(ids[0]), int(ids[-1]), sieve.marks(strings) is not None)


def _peek_groups(block: Block) -> NodeBlock:
    every = [integers(parse("Dense", dense).id) for kind, dense in block.groups if kind == NODE]
    ids = rising(np.concatenate([np.cumsum(ids) for ids in every]))
    return NodeBlock(int(ids[0]), int(ids[-1]), hopeful=True)


def rising(ids: Integers) -> Integers:
    """Return ids that rise.

    Raises
    ------
    HandOverError
        Where there are none, where they do not rise, or where they are below 0.
    """
    if not len(ids) or ids[0] < 0:
        raise HandOverError("objects that were never uploaded, or none in a group")
    if (np.diff(ids) <= 0).any():
        raise HandOverError("objects out of order or in several versions")
    return ids


def open_block(data: bytes) -> Block:
    """Unpack a block.

    Raises
    ------
    HandOverError
        Where it holds plain nodes, changesets, or other units than the usual ones.
    """
    block = parse("Block", inflated(data))
    usual = (("granularity", 100), ("date_granularity", 1000), ("lat_offset", 0), ("lon_offset", 0))
    if any(block.HasField(name) and getattr(block, name) != value for name, value in usual):
        raise HandOverError("coordinates or times in unusual units")
    groups: list[tuple[int, Any]] = []
    for packed in block.groups:
        group = parse("Group", packed)
        if group.nodes or group.changesets:
            raise HandOverError("plain nodes" if group.nodes else "changesets")
        found = [(NODE, group.dense)] if group.HasField("dense") else []
        found += [(kind, held) for kind, held in ((WAY, group.ways), (RELATION, group.relations)) if held]
        if len(found) != 1:
            raise HandOverError("a group of several kinds, or empty")
        groups += found
    return Block(list(parse("Strings", block.strings).s), groups)


def elements_of(
    kind: int, messages: Sequence[bytes], strings: Sequence[bytes], sought: Sought | None, needed: Integers
) -> tuple[Integers, list[Element]]:
    """Read those ways or relations of a group that are wanted or needed.

    Parameters
    ----------
    kind
        WAY or RELATION.
    messages
        One for each object.
    strings
        The block's strings.
    sought
        What is wanted; null where only what is needed is read.
    needed
        Ids that are needed whatever their tags, rising.

    Returns
    -------
    tuple
        All ids, and the elements.

    Raises
    ------
    HandOverError
        Where something is unusual.
    """
    data = np.frombuffer(b"".join(messages), np.uint8)
    ends = np.cumsum(np.fromiter(map(len, messages), np.int64, len(messages)))
    ids, fields = walk(data, ends, _FIELDS[kind])
    need = is_in(rising(ids), needed)
    may = need | _fitting(data, fields, strings, sought)
    elements: list[Element] = []
    for place in np.flatnonzero(may).tolist():
        message = parse(_NAMES[kind], messages[place])
        tags = _texts(message.keys, message.vals, strings)
        if need[place] or (sought is not None and sought.wanted(tags)):
            elements.append(_way(message, tags) if kind == WAY else _relation(message, tags, strings))
    return ids, elements


def _fitting(data: Bytes, fields: Fields, strings: Sequence[bytes], sought: Sought | None) -> Any:
    """Tell for each message whether a pair of its keys and values is sought."""
    fits = np.zeros(len(fields[2][0]), bool)
    marks = sought.sieve.marks(strings) if sought is not None else None
    if marks is not None:
        keys, owner = unpack(data, *fields[2])
        values, other = unpack(data, *fields[3])
        if not np.array_equal(owner, other):
            raise HandOverError("keys without values")
        fits[owner[(marks[0][keys] & marks[1][values]) != 0]] = True
    return fits


def is_in(ids: Integers, among: Integers) -> Any:
    """Tell for each of some ids whether it is among others, which rise."""
    if not len(among):
        return np.zeros(len(ids), bool)
    return among[np.searchsorted(among, ids).clip(max=len(among) - 1)] == ids


def nodes_of(dense: bytes, strings: Sequence[bytes], sought: Sought | None, needed: Integers) -> Any:
    """Read the places of needed nodes, and the nodes that are wanted.

    Parameters
    ----------
    dense
        The group's message.
    strings
        The block's strings.
    sought
        What is wanted; null where it is known that nothing is.
    needed
        Ids, rising.

    Returns
    -------
    tuple
        All ids; the needed ids that are there; their longitudes and latitudes in units of 1e-7 degrees; the elements.

    Raises
    ------
    HandOverError
        Where something is unusual.
    """
    nodes = parse("Dense", dense)
    ids = rising(np.cumsum(integers(nodes.id)))
    lon, lat = np.cumsum(integers(nodes.lon)), np.cumsum(integers(nodes.lat))
    if not len(ids) == len(lon) == len(lat):
        raise HandOverError("nodes without places")
    low, high = np.searchsorted(needed, [ids[0], ids[-1] + 1])
    chosen = np.searchsorted(ids, needed[low:high])
    chosen = chosen[ids[chosen] == needed[low:high]]
    hits = _tagged(integers(nodes.tags), len(ids), strings, sought) if sought is not None else {}
    elements: list[Element] = []
    if hits:
        ages = _ages(nodes.info, [*hits], len(ids))
        elements = [
            Element("node", int(ids[place]), *age, tags, place_of(int(lon[place]), int(lat[place])))
            for (place, tags), age in zip(hits.items(), ages, strict=True)
        ]
    return ids, ids[chosen], lon[chosen], lat[chosen], elements


def place_of(lon: int, lat: int) -> tuple[float, float] | None:
    """Return longitude and latitude in degrees of a place in units of 1e-7 degrees; null where it is not on Earth."""
    return (lon / 1e7, lat / 1e7) if abs(lon) <= 1_800_000_000 and abs(lat) <= 900_000_000 else None


def _tagged(tags: Integers, count: int, strings: Sequence[bytes], sought: Sought) -> dict[int, dict[str, str]]:
    """Return the tags of those nodes that are wanted, by their place in the group.

    The tags of all nodes stand in one list, key after value, those of each node ended by a 0.
    """
    marks = sought.sieve.marks(strings) if len(tags) else None
    if marks is None:
        return {}
    stops = np.flatnonzero(tags == 0)
    if len(stops) != count or tags.min() < 0:
        raise HandOverError("tags of dense nodes that do not fit the nodes")
    # A value followed by the next key may fit by chance: that costs a look, no more.
    fits = np.flatnonzero(marks[0][tags[:-1]] & marks[1][tags[1:]])
    found: dict[int, dict[str, str]] = {}
    for place in np.unique(np.searchsorted(stops, fits)).tolist():
        pairs = tags[stops[place - 1] + 1 if place else 0 : stops[place]].tolist()
        held = _texts(pairs[::2], pairs[1::2], strings)
        if sought.wanted(held):
            found[place] = held
    return found


def _ages(info: bytes, places: Sequence[int], count: int) -> list[tuple[int | None, str | None]]:
    """Return version and timestamp of some dense nodes."""
    held = parse("DenseInfo", info)
    if len(held.visible):
        raise HandOverError("a mark of deleted objects")
    versions, stamps = integers(held.version), np.cumsum(integers(held.timestamp))
    if len(versions) not in (0, count) or len(stamps) not in (0, count):
        raise HandOverError("metadata of dense nodes that do not fit the nodes")
    return [
        (_version(int(versions[at])) if len(versions) else None, _stamp(int(stamps[at])) if len(stamps) else None)
        for at in places
    ]


def _way(way: Any, tags: Tags) -> Element:
    return Element("way", way.id, *_age(way), tags, refs=tuple(np.cumsum(integers(way.refs)).tolist()))


def _relation(relation: Any, tags: Tags, strings: Sequence[bytes]) -> Element:
    refs = np.cumsum(integers(relation.refs)).tolist()
    numbers = (*relation.types, *relation.roles)
    if not len(refs) == len(relation.types) == len(relation.roles) or min(numbers, default=0) < 0:
        raise HandOverError("members without type or role")
    members = tuple(
        Member(_KINDS[kind], ref, strings[role].decode())
        for kind, ref, role in zip(relation.types, refs, relation.roles, strict=True)
    )
    return Element("relation", relation.id, *_age(relation), tags, members=members)


def _age(item: Any) -> tuple[int | None, str | None]:
    if not item.HasField("info"):
        return None, None
    info = parse("Info", item.info)
    if info.HasField("visible"):
        raise HandOverError("a mark of deleted objects")
    return _version(info.version), _stamp(info.timestamp)


def _version(number: int) -> int | None:
    if number < -1:
        raise HandOverError("a version below 0")
    return number if number > 0 else None


def _stamp(seconds: int) -> str | None:
    """Return ISO 8601; what is no time (absent, or in the first year of the count) is null, as with pyosmium."""
    when = datetime.fromtimestamp(seconds, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when.year > 1970 else None


def _texts(keys: Sequence[int], values: Sequence[int], strings: Sequence[bytes]) -> dict[str, str]:
    pairs = [(strings[key], strings[value]) for key, value in zip(keys, values, strict=True)]
    if any(len(text) > _LONGEST_TEXT for pair in pairs for text in pair):
        raise HandOverError("a tag that is too long")
    tags = {key.decode(): value.decode() for key, value in pairs}
    if len(tags) < len(pairs):
        raise HandOverError("a key stands twice")
    return tags
