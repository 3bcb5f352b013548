"""Read the wanted objects of an ordinary .osm.pbf fast: only what may be wanted is unpacked and turned into Python.

"Ordinary" is what planet-style files are: nodes, ways and relations in this order, each by rising id in one version,
blobs packed with zlib, dense nodes. Whatever else is met ends in `HandOverError`, and pyosmium reads the file. The
order is not believed but checked, id by id, so that both readers give the same objects.

The order of reading is the reverse of the file's: relations say which ways are needed, ways say which nodes. Of a block
of nodes only strings and ids are unpacked, unless it holds a needed node or a pair of strings that is sought.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from deflate import DeflateError
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from isal.igzip_lib import IsalError

from inducult_geo.sources.apart import apart_all
from inducult_geo.sources.osm.blocks import (
    NODE,
    RELATION,
    WAY,
    NodeBlock,
    elements_of,
    kind_of,
    nodes_of,
    open_block,
    peek_nodes,
    place_of,
)
from inducult_geo.sources.osm.elements import DEEPEST, Element, Gathered, Group, Line, World
from inducult_geo.sources.osm.sieve import Sieve, Sought
from inducult_geo.sources.osm.tags import TagTable
from inducult_geo.sources.osm.wire import Blob, HandOverError, Integers, blobs_of, read_blob

_FEATURES = {"OsmSchema-V0.6", "DenseNodes"}
_BLOBS_A_TASK = 32
_NOTHING = np.zeros(0, np.int64)
_DAMAGE: tuple[Any, ...] = (DecodeError, DeflateError, IsalError, IndexError, ValueError, OverflowError, OSError)

Task = Callable[[Sequence[Any]], Any]
Spread = Callable[[Task, Sequence[Any]], Iterable[Any]]


@dataclass
class _Order:
    """Checks that objects of one kind come by rising id, block after block."""

    last: int = -1

    def take(self, first: int, last: int) -> None:
        """Take the first and last id of the next block."""
        if first <= self.last:
            raise HandOverError("objects out of order or in several versions")
        self.last = last


@dataclass(frozen=True)
class _Found:
    """What some blobs gave: first and last id of each group, and elements; for nodes also places."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    places: dict[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class _File:
    """A file's blobs and where those of ways and relations begin."""

    path: Path
    blobs: Sequence[Blob]
    ways_at: int
    relations_at: int

    def kinds_of(self, place: int) -> tuple[int, int]:
        """Return the lowest and highest kind that a block may hold: only the last of a kind may hold more."""

        def kind(at: int) -> int:
            return NODE if at < self.ways_at else WAY if at < self.relations_at else RELATION

        return kind(place), kind(place + 1) if place + 1 < len(self.blobs) else RELATION


def gather_fast(path: Path, table: TagTable, *, processes: int = 1) -> Gathered:
    """Collect the elements that a tag table wants and all that they are made of.

    Parameters
    ----------
    path
        An .osm.pbf.
    table
        Which tags are wanted.
    processes
        How many processes read; more than one only where the system can fork.

    Raises
    ------
    HandOverError
        Where the file is not an ordinary one; what pyosmium makes of it is not said.
    SourceError
        Where one of several processes ends without a word, or not in time.
    """
    try:
        header, file = _open(path)
        many = processes > 1 and hasattr(os, "fork")
        return _gather(file, _time(header), table, partial(_forked, path, processes) if many else _alone)
    except _DAMAGE as problem:
        raise HandOverError(f"it seems damaged ({type(problem).__name__}: {problem})") from problem


def _open(path: Path) -> tuple[Any, _File]:
    header, blobs = blobs_of(path)
    unknown = {feature.decode(errors="replace") for feature in header.required} - _FEATURES
    if unknown:
        raise HandOverError(f"it asks for {', '.join(sorted(unknown))}")
    with path.open("rb") as source:
        kinds = partial(_kind_at, source, blobs)
        ways_at = bisect_left(range(len(blobs)), WAY, key=kinds)
        relations_at = bisect_left(range(len(blobs)), RELATION, lo=ways_at, key=kinds)
    return header, _File(path, blobs, ways_at, relations_at)


def _kind_at(source: BinaryIO, blobs: Sequence[Blob], place: int) -> int:
    return kind_of(read_blob(source, blobs[place]))


def _time(header: Any) -> str | None:
    if not header.replicated:
        return None
    return datetime.fromtimestamp(header.replicated, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _gather(file: _File, time: str | None, table: TagTable, spread: Spread) -> Gathered:
    sought = Sought.of(table)
    outlined = _relations(file, sought, spread)
    relations = {element.osm_id: Group(element.members, element.tags) for element in outlined}
    needed = _sorted(m.ref for group in relations.values() for m in group.members if m.osm_type == "way")
    drawn = _ways(file, sought, needed, spread)
    ways = {element.osm_id: Line(element.refs, element.tags) for element in drawn}
    refs = (ref for way in ways.values() for ref in way.refs)
    labels = (m.ref for group in relations.values() for m in group.members if m.osm_type == "node")
    found = _nodes(file, sought, _sorted(chain(refs, labels)), spread)
    nodes = found.places | {element.osm_id: element.position for element in found.elements if element.position}
    hits = tuple(element for element in (*found.elements, *drawn, *outlined) if table.wanted(element.tags))
    world = World(is_area=table.is_area, nodes=nodes, ways=ways, relations=relations)
    return Gathered(hits, world, time, _last_kind(file) != RELATION)


def _last_kind(file: _File) -> int:
    """Return the kind of a file's last objects; where it holds none, that of relations, which would be the last."""
    if file.relations_at < len(file.blobs) or not file.blobs:
        return RELATION
    with file.path.open("rb") as source:
        return open_block(read_blob(source, file.blobs[-1])).groups[-1][0]


def _relations(file: _File, sought: Sought, spread: Spread) -> list[Element]:
    """Read the wanted relations, and those that they nest."""
    places = range(max(file.relations_at - 1, 0), len(file.blobs))
    found = _read(partial(_grouped, file, RELATION, sought, _NOTHING), places, spread).elements
    known = {element.osm_id: element for element in found}
    for _ in range(DEEPEST - 1):
        nested = {m.ref for element in found for m in element.members if m.osm_type == "relation"}
        needed = _sorted(nested - known.keys())
        if not len(needed):
            break
        found = _read(partial(_grouped, file, RELATION, None, needed), places, spread).elements
        known |= {element.osm_id: element for element in found}
    return list(known.values())


def _ways(file: _File, sought: Sought, needed: Integers, spread: Spread) -> list[Element]:
    """Read the wanted ways, and those that relations need."""
    places = range(max(file.ways_at - 1, 0), file.relations_at)
    return _read(partial(_grouped, file, WAY, sought, needed), places, spread).elements


def _nodes(file: _File, sought: Sought, needed: Integers, spread: Spread) -> _Found:
    """Read the wanted nodes, and the places of those that are needed."""
    peeks = list(chain.from_iterable(spread(partial(_peeked, file, sought.sieve), range(file.ways_at))))
    order = _Order()
    for peek in peeks:
        order.take(peek.first, peek.last)
    tasks = [(place, peek.hopeful) for place, peek in enumerate(peeks) if peek.hopeful or _between(needed, peek)]
    return _read(partial(_placed, file, sought, needed), tasks, spread)


def _between(needed: Integers, peek: NodeBlock) -> bool:
    low, high = np.searchsorted(needed, [peek.first, peek.last + 1])
    return bool(low < high)


def _read(task: Task, items: Sequence[Any], spread: Spread) -> _Found:
    """Do a task on all items and put together what it found, in order."""
    whole, order = _Found(), _Order()
    for found in spread(task, items):
        for first, last in found.spans:
            order.take(first, last)
        whole.elements.extend(found.elements)
        whole.places.update(found.places)
    return whole


def _grouped(file: _File, kind: int, sought: Sought | None, needed: Integers, places: Sequence[int]) -> _Found:
    """Read ways or relations out of some blobs."""
    found = _Found()
    with file.path.open("rb") as source:
        for place in places:
            block = open_block(read_blob(source, file.blobs[place]))
            _check_kinds([number for number, _ in block.groups], *file.kinds_of(place))
            for messages in (held for number, held in block.groups if number == kind):
                ids, elements = elements_of(kind, messages, block.strings, sought, needed)
                found.spans.append((int(ids[0]), int(ids[-1])))
                found.elements.extend(elements)
    return found


def _check_kinds(kinds: Sequence[int], low: int, high: int) -> None:
    if not kinds or kinds[0] != low or kinds[-1] > high or any(a > b for a, b in pairwise(kinds)):
        raise HandOverError("kinds of objects out of order")


def _peeked(file: _File, sieve: Sieve, places: Sequence[int]) -> list[NodeBlock]:
    with file.path.open("rb") as source:
        return [peek_nodes(read_blob(source, file.blobs[place]), sieve) for place in places]


def _placed(file: _File, sought: Sought, needed: Integers, tasks: Sequence[tuple[int, bool]]) -> _Found:
    """Read nodes out of some blobs, of which it is known whether they may hold a wanted one."""
    found = _Found()
    with file.path.open("rb") as source:
        for place, hopeful in tasks:
            block = open_block(read_blob(source, file.blobs[place]))
            _check_kinds([number for number, _ in block.groups], *file.kinds_of(place))
            for dense in (held for number, held in block.groups if number == NODE):
                ids, known, lon, lat, elements = nodes_of(dense, block.strings, sought if hopeful else None, needed)
                found.spans.append((int(ids[0]), int(ids[-1])))
                found.elements.extend(elements)
                places = map(place_of, lon.tolist(), lat.tolist())
                found.places.update((n, at) for n, at in zip(known.tolist(), places, strict=True) if at is not None)
    return found


def _sorted(ids: Iterable[int]) -> Integers:
    return np.unique(np.fromiter(ids, np.int64))


def _alone(task: Task, items: Sequence[Any]) -> Iterator[Any]:
    """Do a task on all pieces of a sequence in this process."""
    return map(task, _pieces(items))


def _forked(path: Path, processes: int, task: Task, items: Sequence[Any]) -> Iterator[Any]:
    """Do a task on all pieces of a sequence in forked readers, which find what it needs in their copied memory."""
    pieces = list(_pieces(items))
    readers = min(processes, len(pieces))
    if readers < 2:
        yield from map(task, pieces)
        return
    shares = apart_all(path, [partial(_all_of, task, pieces[first::readers]) for first in range(readers)])
    for number in range(len(pieces)):
        yield shares[number % readers][number // readers]


def _all_of(task: Task, pieces: Sequence[Sequence[Any]]) -> list[Any]:
    return [task(piece) for piece in pieces]


def _pieces(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[at : at + _BLOBS_A_TASK] for at in range(0, len(items), _BLOBS_A_TASK))
