"""Geometries of nodes, ways and relations, made the same way for an extract and for Overpass.

Nothing is dropped in silence. What can be drawn only in part is drawn as far as it goes and marked `incomplete`; what
is drawn otherwise than OpenStreetMap says (a ring that crosses itself, an inner ring over its outer, a ring that is
not closed) is mended and marked `repaired`; what cannot be drawn is `Lost` with a reason.

Rings follow the simple features model: roles are not trusted, rings nest by the even-odd rule (which is also how the
wiki wants editors to read a multipolygon with empty roles); only where that gives no valid shape do the roles decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from inducult_geo.sources.osm.elements import DEEPEST, Group, Line, World
from inducult_geo.tangled import TANGLED, is_tangled

REPAIRED, INCOMPLETE = "repaired", "incomplete"
"""Notes of a shape: see the head of this module."""

AREA_RELATIONS = ("multipolygon", "boundary")


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry in EPSG:4326, and null, `repaired` or `incomplete`."""

    geometry: BaseGeometry
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Why there is no geometry, and a place nearby where one is known."""

    reason: str
    near: Point | None = None


def shape_of(osm_type: str, osm_id: int, world: World) -> Shape | Lost:
    """Return the geometry of an object, or why there is none."""
    return _shape_of(osm_type, osm_id, world, (), {})


def _shape_of(
    osm_type: str, osm_id: int, world: World, path: tuple[int, ...], drawn: dict[int, Shape | Lost]
) -> Shape | Lost:
    """Draw an object within those of a path; of the relations that it nests each is drawn once, however often named."""
    if osm_type == "node":
        place = world.nodes.get(osm_id)
        return Shape(Point(place)) if place else Lost("the node has no valid coordinate")
    if osm_type == "way":
        way = world.ways.get(osm_id)
        return _way(way, world) if way else Lost("the way is not in the data")
    group = world.relations.get(osm_id)
    if group is None or osm_id in path or len(path) >= DEEPEST:
        return Lost("the relation is not in the data, or contains itself")
    if osm_id not in drawn:
        is_area = group.tags.get("type") in AREA_RELATIONS
        drawn[osm_id] = _area_relation(group, world) if is_area else _collection(group, world, (*path, osm_id), drawn)
    return drawn[osm_id]


def _way(way: Line, world: World) -> Shape | Lost:
    """Draw a way: an area where it is closed, whole and its tags say so; else a line."""
    places = [world.nodes.get(ref) for ref in way.refs]
    known = [place for place in places if place is not None]
    incomplete = INCOMPLETE if len(known) < len(places) else None
    if len(set(known)) < 2:
        near = Point(known[0]) if known else None
        return Lost(f"{len(set(known))} of the way's {len(set(way.refs))} nodes have a place; a line needs 2", near)
    line = LineString(known)
    if is_tangled(line):
        return Lost(f"the way {TANGLED}", Point(known[0]))
    closed = len(way.refs) > 3 and way.refs[0] == way.refs[-1]
    if closed and not incomplete and world.is_area(way.tags):
        return _ring(known)
    if not incomplete:
        return Shape(line)
    runs = _runs(places) or [line]
    return Shape(runs[0] if len(runs) == 1 else MultiLineString(runs), incomplete)


def _ring(places: Sequence[tuple[float, float]]) -> Shape:
    polygon = Polygon(places)
    if polygon.is_valid:
        return Shape(polygon)
    mended = _polygons(shapely.make_valid(polygon, method="structure"))
    return Shape(LineString(places) if mended is None else mended, REPAIRED)


def _area_relation(group: Group, world: World) -> Shape | Lost:
    """Draw a multipolygon or boundary from its ways; other members (labels, centers) have no part in it."""
    members = {member.ref: member.role for member in group.members if member.osm_type == "way"}
    nested = any(m.osm_type == "relation" and m.role in ("outer", "inner") for m in group.members)
    lines: dict[str, list[LineString]] = {"outer": [], "inner": [], "": []}
    whole = not nested
    for ref, role in members.items():
        way = world.ways.get(ref)
        places = [world.nodes.get(node) for node in way.refs] if way else [None]
        whole = whole and None not in places
        lines[role if role in lines else "outer"] += _runs(places)
    drawn = [line for known in lines.values() for line in known]
    if not drawn:
        return Lost(_nothing_drawn(group, members, world), _any_place(members, world))
    if is_tangled(MultiLineString(drawn)):
        return Lost(f"the relation's outline {TANGLED}", _any_place(members, world))
    return _from_lines(lines, whole=whole)


def _runs(places: Sequence[tuple[float, float] | None]) -> list[LineString]:
    """Cut a way at its missing nodes into the lines that are known, so that no gap is bridged."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != place:
            runs[-1].append(place)
    return [LineString(run) for run in runs if len(run) > 1]


def _from_lines(lines: Mapping[str, Sequence[LineString]], *, whole: bool) -> Shape:
    drawn = [line for known in lines.values() for line in known]
    built = _single(shapely.build_area(_single(shapely.unary_union(drawn))))
    if _is_clean(drawn) and built.is_valid and not built.is_empty:
        return Shape(built, None if whole else INCOMPLETE)
    mended = _by_roles(_with_roles(lines))
    note = REPAIRED if whole else INCOMPLETE
    if mended is not None:
        return Shape(mended, note)
    return Shape(_single(shapely.line_merge(MultiLineString(drawn))), INCOMPLETE)


def _is_clean(lines: Sequence[LineString]) -> bool:
    """Whether the lines close to rings that neither cross nor run on one another; they may touch at their nodes."""
    noded = _single(shapely.unary_union(lines))
    _, cuts, dangles, bad = shapely.polygonize_full([*shapely.get_parts(noded)])
    if not all(shapely.is_empty(rest) for rest in (cuts, dangles, bad)):
        return False
    before, after = shapely.get_coordinates(lines), shapely.get_coordinates(noded)
    crossed = set(map(tuple, after.tolist())) - set(map(tuple, before.tolist()))
    drawn, left = float(shapely.length(lines).sum()), float(noded.length)
    return not crossed and left > drawn * (1 - 1e-9)


def _with_roles(lines: Mapping[str, Sequence[LineString]]) -> dict[str, list[LineString]]:
    """Give roles to the lines that have none: a ring that lies in another is an inner one, all others are outer ones.

    Of rings that lie in one another three deep nobody knows which land their roles would leave: all are outer ones.
    """
    outer, inner = [*lines["outer"]], [*lines["inner"]]
    rings: list[Any] = []
    for line in lines[""]:
        (rings if line.is_closed and len(line.coords) > 3 else outer).append(line)
    if not rings:
        return {"outer": outer, "inner": inner}
    areas = [_ring(list(line.coords)).geometry for line in rings]
    enclosed = _enclosed(outer)
    around = [*areas, *shapely.get_parts(enclosed or Polygon())]
    within, holding = shapely.STRtree(around).query(areas, predicate="covered_by")
    sizes = shapely.area(around)
    is_larger = sizes[holding] > sizes[within]
    depths = np.bincount(within[is_larger], minlength=len(rings))
    is_hole = (depths == 1) & (depths.max(initial=0) == 1)
    for ring, is_in in zip(rings, is_hole, strict=True):
        (inner if is_in else outer).append(ring)
    return {"outer": outer, "inner": inner}


def _by_roles(lines: Mapping[str, Sequence[LineString]]) -> BaseGeometry | None:
    """Take all that outer rings enclose, less all that inner rings enclose; null where nothing is left."""
    outer, inner = _enclosed(lines["outer"]), _enclosed(lines["inner"])
    if outer is None:
        return _polygons(inner) if inner is not None else None
    return _polygons(outer if inner is None else shapely.difference(outer, inner))


def _enclosed(lines: Sequence[LineString]) -> BaseGeometry | None:
    if not lines:
        return None
    merged = shapely.get_parts(shapely.line_merge(MultiLineString(lines)))
    closed = shapely.is_closed(merged) & (shapely.get_num_coordinates(merged) > 3)
    rings = [_ring(list(line.coords)).geometry for line in merged[closed]]
    # Ways that cross or meet in the middle close no ring of their own: cut them at their crossings.
    faces = shapely.get_parts(shapely.polygonize([*shapely.get_parts(shapely.unary_union(merged[~closed]))]))
    return _polygons(shapely.unary_union([*rings, *faces]))


def _polygons(geometry: BaseGeometry) -> BaseGeometry | None:
    """Return what of a geometry is an area, as Polygon or MultiPolygon; null where nothing is."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    areas = parts[shapely.get_type_id(parts) == 3]
    areas = areas[~shapely.is_empty(areas)]
    if not len(areas):
        return None
    return _single(areas[0] if len(areas) == 1 else shapely.multipolygons(areas))


def _nothing_drawn(group: Group, members: Mapping[int, str], world: World) -> str:
    if not group.members:
        return "the relation has no members"
    if not members:
        return "the relation has no ways as members, so nothing outlines it"
    known = sum(ref in world.ways for ref in members)
    return f"{known} of the relation's {len(members)} ways are in the data, and none has two nodes with a place"


def _any_place(members: Iterable[int], world: World) -> Point | None:
    for ref in members:
        for node in world.ways[ref].refs if ref in world.ways else ():
            if node in world.nodes:
                return Point(world.nodes[node])
    return None


def _collection(group: Group, world: World, path: tuple[int, ...], known: dict[int, Shape | Lost]) -> Shape | Lost:
    """Draw a site (or any other relation) as the collection of its members, each drawn by its own tags."""
    unique = dict.fromkeys((member.osm_type, member.ref) for member in group.members)
    drawn = [_shape_of(osm_type, ref, world, path, known) for osm_type, ref in unique]
    shapes = [shape for shape in drawn if isinstance(shape, Shape)]
    if not shapes:
        near = next((lost.near for lost in drawn if isinstance(lost, Lost) and lost.near), None)
        said = "the relation has no members" if not drawn else f"none of its {len(drawn)} members can be drawn"
        return Lost(said, near)
    if is_tangled(shapely.geometrycollections([shape.geometry for shape in shapes])):
        return Lost(f"what the relation's members draw together {TANGLED}", shapes[0].geometry.representative_point())
    notes = {shape.note for shape in shapes}
    whole = len(shapes) == len(drawn) and INCOMPLETE not in notes
    note = INCOMPLETE if not whole else REPAIRED if REPAIRED in notes else None
    nests = any(osm_type == "relation" for osm_type, _ in unique)
    return Shape(_gathered([shape.geometry for shape in shapes], once=nests), note)


def _gathered(geometries: Sequence[BaseGeometry], *, once: bool) -> BaseGeometry:
    """Gather parts into the one multi-geometry that fits them, or a collection where their kinds differ.

    Where relations nest, one member may come by several ways: it is taken `once`, for these ways multiply.
    """
    parts = shapely.get_parts(shapely.get_parts(np.array(geometries, dtype=object)))
    if once:
        parts = np.array([*{part.wkb: part for part in parts}.values()], dtype=object)
    kinds = set(shapely.get_type_id(parts).tolist())
    if kinds == {0}:
        return _single(shapely.multipoints(parts))
    if kinds == {1}:
        return _single(shapely.multilinestrings(parts))
    if kinds == {3}:
        # Members of a site may lie in one another: their union is valid where a bare collection of areas is not.
        return _single(shapely.unary_union(parts))
    return _single(shapely.geometrycollections(parts))


def _single(geometry: Any) -> BaseGeometry:
    """Say that shapely gave one geometry, which its hints cannot tell from an array."""
    found: BaseGeometry = geometry
    return found
