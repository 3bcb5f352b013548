"""Ask an Overpass server for the wanted objects of a region.

The query is posted with `requests`, not through osmnx. osmnx returns the part that it got where a server answers 200
with a `remark` of a runtime error, leaves out version and timestamp, drops site relations, ways with a missing node
and values such as `a;b` without a word, retries a 504 without end, and changes settings of the whole process; none of
that can be set otherwise through its public interface. What runs unattended must not take half an answer for a whole
one. From the JSON on, the code is the same as for an extract.

One query for the region's bounding box (every key with its lifecycle forms, members and nodes recursed, with version
and timestamp); the tag table and the region's outline decide afterwards. Servers are tried in turn, each a few times.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import OSM, Region
from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings
from inducult_geo.sources.osm.boundary import choose_boundary
from inducult_geo.sources.osm.elements import Element, Group, Line, Member, Newest, World
from inducult_geo.sources.osm.objects import OsmObjects, assemble
from inducult_geo.sources.osm.overpass_client import Patience, ask, check_answer
from inducult_geo.sources.osm.tags import Tags, TagTable, carries, load_tag_table
from inducult_geo.store import moment_of, replacing
from inducult_geo.text import counted, whole_text

ANSWER_SUFFIXES = (".json.gz", ".json")
BEHIND = timedelta(days=1)
"""Servers follow OpenStreetMap by minutes or hours: a larger step back is a database put back, or standing still."""

Made = TypeVar("Made")
_KINDS = frozenset({"node", "way", "relation"})
# Relations may nest, so all is recursed; what is in both sets comes twice and is kept once.
_TAIL = ".hits out meta;(.hits >>;)->.parts;.parts out meta qt;"


@dataclass(frozen=True)
class Held:
    """What an earlier run holds of a region: the state of its data (ISO 8601, null where unknown), and its records."""

    data_time: str | None
    records: int


def fetch_objects(
    name: str,
    *,
    area: BaseGeometry,
    settings: Settings,
    archive: Path | None = None,
    held: Held | None = None,
    patience: Patience | None = None,
) -> OsmObjects:
    """Fetch every wanted object that lies mostly in an area.

    Parameters
    ----------
    name
        Names the request in messages and in the archive.
    area
        EPSG:4326; its bounding box is asked for.
    settings
        Those of `ask` and `downloads_kept` are used.
    archive
        Folder for the answer as it came (`<name>-<state of the data>.json.gz`, for `read_answer`), beside the newest of
        earlier ones; not kept where null.
    held
        What is held of the region: an answer that holds nothing, or older data, is not taken in its place.
    patience
        How long the servers are asked.

    Raises
    ------
    TransientError
        Where no server gave a whole answer and at least one may do so later.
    SourceError
        Where every server refused the request itself, or gave an answer that is not taken.
    """
    table = load_tag_table()
    query = build_query(area.bounds, table, timeout_s=settings.http_deadline_s)

    def refuse(answer: Mapping[str, Any], where: str) -> None:
        if held is not None:
            _refuse_less(answer, where, held, f"inducult run {name} --overpass --afresh-source {OSM}")

    body, answer = ask(query, what=f"region '{name}'", settings=settings, patience=patience, refuse=refuse)
    if archive is not None:
        _keep(body, archive, f"{name}-{_stamp(answer) or 'undated'}")
        _prune(archive, name, settings.downloads_kept)
    return _objects_of(answer, area=area, table=table)


def _refuse_less(answer: Mapping[str, Any], where: str, held: Held, anyway: str) -> None:
    """Refuse a whole answer that tells less than what is held: of a server that lacks the region, or stands still.

    Raises
    ------
    SourceError
        With the command that takes it nevertheless.
    """
    if held.records and not answer["elements"]:
        raise SourceError(
            f"{where}: the answer is empty, although {held.records} records are known. Does this server cover the "
            f"region? If it is right: `{anyway}`."
        )
    told, known = moment_of(_base_time(answer)), moment_of(held.data_time)
    if told is None or known is None or known > datetime.now(UTC) + BEHIND:
        return
    if known - told > BEHIND:
        raise SourceError(
            f"{where}: its data are of {told:%Y-%m-%d}, older than those held ({known:%Y-%m-%d}). Ask another server "
            f"(INDUCULT_OVERPASS_URLS). If it is right: `{anyway}`."
        )


def fetch_boundary(region: Region, *, settings: Settings, patience: Patience | None = None) -> BaseGeometry | None:
    """Fetch a region's outline by the tags of its boundary, within its bounding box.

    Returns
    -------
    Polygon or MultiPolygon in EPSG:4326, or None where the server knows no such object.

    Raises
    ------
    TransientError, SourceError
        As `fetch_objects`; also where the boundary in OpenStreetMap is broken.
    """
    tags = region.boundary.tags
    if not tags:
        return None
    parts = "".join(f'["{_quoted(key)}"~"{_pattern(values)}"]' for key, values in tags.items())
    query = f"{_head(region.bbox, settings.http_deadline_s)}(rel{parts};way{parts};)->.hits;{_TAIL}"
    _, answer = ask(query, what=f"boundary of '{region.id}'", settings=settings, patience=patience)
    return _boundary_of(elements_of(answer), tags, where="Overpass")


def is_answer(path: Path) -> bool:
    """Tell by its name whether a file is an archived answer, and not an extract."""
    return path.name.lower().endswith(ANSWER_SUFFIXES)


def read_answer(path: Path, *, area: BaseGeometry | None = None) -> OsmObjects:
    """Read an archived answer as it was read when it came: the same objects, without a server.

    Parameters
    ----------
    path
        `.json.gz` as `fetch_objects` archives it, or plain `.json`.
    area
        EPSG:4326; what lies mostly outside is counted in `clipped` and left out. All is kept where null.

    Raises
    ------
    SourceError
        Where the file is absent, damaged, or no whole answer.
    """
    return _replayed(path, lambda answer: _objects_of(answer, area=area, table=load_tag_table()))


def read_answer_boundary(path: Path, tags: Mapping[str, Sequence[str]]) -> BaseGeometry | None:
    """Return a region's outline out of an archived answer; None where the answer does not hold it.

    Raises
    ------
    SourceError
        As `read_answer`; also where the boundary is broken.
    """
    return _replayed(path, lambda answer: _boundary_of(elements_of(answer), tags, where=str(path)))


def _replayed(path: Path, make: Callable[[Mapping[str, Any]], Made]) -> Made:
    """Make something of an archived answer; what is wrong with it will not be right when asked again."""
    remedy = "Remove it and ask the server again, or take an extract."
    try:
        content = path.read_bytes()
        answer = json.loads(gzip.decompress(content) if path.name.lower().endswith(".gz") else content)
        return make(answer)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file. Name an archived answer of Overpass, or an extract.") from None
    except TransientError as problem:
        raise SourceError(f"{path}: {problem} {remedy}") from problem
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as problem:
        raise SourceError(f"{path}: not a complete answer of Overpass ({problem}). {remedy}") from problem


def _boundary_of(elements: Sequence[Element], tags: Mapping[str, Sequence[str]], *, where: str) -> BaseGeometry | None:
    hits = [element for element in elements if carries(element.tags, tags)]
    return choose_boundary(hits, _world(elements, lambda _: True), tags, where=where)


def build_query(bounds: tuple[float, float, float, float], table: TagTable, *, timeout_s: float) -> str:
    """Write the query for a box (west, south, east, north in degrees) in Overpass QL.

    Values of plain keys are asked for by pattern, so that `a;b` is found and not every building of a region travels;
    keys with a lifecycle prefix are few and asked for whatever their value.
    """
    parts = [_statement(key, base, life is None, table) for key, (base, life) in table.forms.items()]
    return f"{_head(bounds, timeout_s)}({''.join(parts)})->.hits;{_TAIL}"


def _head(bounds: tuple[float, float, float, float], timeout_s: float) -> str:
    west, south, east, north = bounds
    return f"[out:json][timeout:{max(1, math.floor(timeout_s))}][bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];"


def _statement(key: str, base: str, plain: bool, table: TagTable) -> str:
    values = [value for value, row in table.rows[base].items() if row.select != "no"]
    if not plain or "*" in values:
        return f'nwr["{key}"];'
    return f'nwr["{key}"~"{_pattern(values)}"];'


def _pattern(values: Iterable[str]) -> str:
    """Return a POSIX pattern that finds each of the values alone or in a list `a;b`, and nothing else."""
    inner = "|".join(re.sub(r"([].[{}()*+?^$|\\])", r"\\\1", value) for value in values)
    return _quoted(f"(^|;) *({inner}) *(;|$)")


def _quoted(text: str) -> str:
    """Return text as it stands between double quotes in Overpass QL."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _objects_of(answer: Mapping[str, Any], *, area: BaseGeometry | None, table: TagTable) -> OsmObjects:
    """Build the objects from an answer in JSON.

    Raises
    ------
    TransientError
        Where the answer tells of an error, does not have the shape of one, or holds ways and none of their nodes.
    """
    elements = elements_of(answer)
    world = _world(elements, table.is_area)
    if world.ways and not any(ref in world.nodes for way in world.ways.values() for ref in way.refs):
        raise TransientError(
            f"the answer of Overpass names {counted(len(world.ways), 'way')} and the place of none of their nodes "
            "(`out center` or `out geom`?). Ask with `out meta; >>; out meta qt;`."
        )
    hits = (element for element in elements if table.wanted(element.tags))
    return assemble(hits, world, area=area, data_time=_base_time(answer))


def elements_of(answer: Mapping[str, Any]) -> list[Element]:
    """Read every element of an answer once, in its newest version.

    Raises
    ------
    TransientError
        Where the answer tells of an error or does not have the shape of one.
    """
    check_answer(answer, "the answer of Overpass")
    newest = Newest()
    try:
        for item in answer["elements"]:
            if item.get("type") in _KINDS:
                newest.put(_element(item))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise TransientError(
            f"an element of the answer of Overpass is malformed ({problem!r}). Ask again."
        ) from problem
    return [*newest.elements.values()]


def _world(elements: Sequence[Element], is_area: Callable[[Tags], bool]) -> World:
    return World(
        is_area=is_area,
        nodes={e.osm_id: e.position for e in elements if e.osm_type == "node" and e.position},
        ways={e.osm_id: Line(e.refs, e.tags) for e in elements if e.osm_type == "way"},
        relations={e.osm_id: Group(e.members, e.tags) for e in elements if e.osm_type == "relation"},
    )


def _element(item: Mapping[str, Any]) -> Element:
    """Read an element; a place that is absent or impossible is null, all else raises."""
    kind = item["type"]
    version = item.get("version")
    return Element(
        osm_type=kind,
        osm_id=_number(item["id"]),
        version=_number(version) if version is not None else None,
        timestamp=whole_text(str(item["timestamp"])) if item.get("timestamp") else None,
        tags={whole_text(str(key)): whole_text(str(value)) for key, value in item.get("tags", {}).items()},
        position=_position(item) if kind == "node" else None,
        refs=tuple(int(ref) for ref in item.get("nodes", ())),
        members=_members(item.get("members", ())),
    )


def _number(value: Any) -> int:
    """Read an id or a version: a part of a number would be that of another object, and tables hold 64 bits."""
    if isinstance(value, float) or not -(2**63) <= int(value) < 2**63:
        raise ValueError(f"{value!r} is no id or version")
    return int(value)


def _members(items: Sequence[Mapping[str, Any]]) -> tuple[Member, ...]:
    return tuple(Member(str(item["type"]), int(item["ref"]), str(item.get("role", ""))) for item in items)


def _position(item: Mapping[str, Any]) -> tuple[float, float] | None:
    if "lon" not in item or "lat" not in item:
        return None
    lon, lat = float(item["lon"]), float(item["lat"])
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None


def _base_time(answer: Mapping[str, Any]) -> str | None:
    header = answer.get("osm3s")
    stamp = header.get("timestamp_osm_base") if isinstance(header, dict) else None
    return stamp if isinstance(stamp, str) and stamp else None


def _stamp(answer: Mapping[str, Any]) -> str:
    """Return the state of the data as a part of a file name: only digits, letters and hyphens.

    With hyphens (2026-11-20T210000Z), so that answers and dated extracts are in order of their names.
    """
    return re.sub(r"[^0-9A-Za-z-]", "", _base_time(answer) or "")[:20]


def _keep(body: bytes, folder: Path, name: str) -> None:
    """Archive an answer; the bytes depend on it alone."""
    with replacing(folder / f"{name}.json.gz") as draft:
        draft.write_bytes(gzip.compress(body, mtime=0))


def _prune(folder: Path, name: str, keep: int) -> None:
    """Remove the oldest answers about a region beyond so many; their names are this module's own."""
    dated = re.compile(rf"{re.escape(name)}-\d{{4}}-\d{{2}}-\d{{2}}T\d{{6}}Z\.json\.gz")
    answers = sorted(path for path in folder.glob("*.json.gz") if dated.fullmatch(path.name))
    for path in answers[:-keep]:
        path.unlink(missing_ok=True)
