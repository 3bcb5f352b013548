"""Find a region's outline in an extract by its tags; ids of relations and admin_level are disputed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import SourceError
from inducult_geo.sources.osm.elements import Element, World
from inducult_geo.sources.osm.pbf import gather
from inducult_geo.sources.osm.shapes import AREA_RELATIONS, INCOMPLETE, Lost, Shape, shape_of
from inducult_geo.sources.osm.tags import carries, values_of
from inducult_geo.tangled import TANGLED

_LOG = logging.getLogger(__name__)


def read_boundary(path: Path, tags: Mapping[str, Sequence[str]]) -> BaseGeometry | None:
    """Return the polygon of the boundary relation or closed way that carries, for every tag named, one of its values.

    Of several candidates those with `boundary=administrative` go on. Of several with one code the one with the largest
    area is taken, and a warning names all; objects with different codes are parts of the region and are united (a
    statistical region that OpenStreetMap knows by its municipalities only).

    Parameters
    ----------
    path
        The extract.
    tags
        Tag -> accepted values, old and new codes alike, e.g. `{"ISO3166-2": ["CZ-41", "CZ-KA"]}`.

    Returns
    -------
    Polygon or MultiPolygon in EPSG:4326, or None where no object carries the tags.

    Raises
    ------
    SourceError
        Where the extract holds only a part of the boundary, or cannot be read.
    """
    if not tags:
        return None
    found = gather(path, [*tags], partial(carries, tags=tags), is_area=lambda _: True)
    return choose_boundary(found.hits, found.world, tags, where=str(path))


def choose_boundary(
    hits: Iterable[Element], world: World, tags: Mapping[str, Sequence[str]], *, where: str
) -> BaseGeometry | None:
    """Choose among the elements that carry the tags, as `read_boundary` says; `where` is for messages.

    Raises
    ------
    SourceError
        Where the chosen boundary is not whole.
    """
    candidates = [hit for hit in hits if _outlines(hit)]
    if len(candidates) > 1:
        candidates = [hit for hit in candidates if hit.tags.get("boundary") == "administrative"] or candidates
    by_code: dict[tuple[str, ...], dict[str, Shape | Lost]] = {}
    for hit in candidates:
        code = tuple(value for key in tags for value in values_of(hit.tags[key]) if value in tags[key])
        by_code.setdefault(code, {})[f"{hit.osm_type}/{hit.osm_id}"] = shape_of(hit.osm_type, hit.osm_id, world)
    parts = [_largest(shapes, code, where, world) for code, shapes in by_code.items()]
    return shapely.union_all(parts) if parts else None


def _largest(shapes: Mapping[str, Shape | Lost], code: Sequence[str], where: str, world: World) -> BaseGeometry:
    name = max(shapes, key=lambda key: _reach(shapes[key]))
    if len(shapes) > 1:
        _LOG.warning("%s: %s carry %s; %s is the largest and is taken", where, ", ".join(shapes), "/".join(code), name)
    return _whole(shapes[name], name, where, world)


def _whole(shape: Shape | Lost, name: str, where: str, world: World) -> BaseGeometry:
    """Return the polygon, or refuse a boundary that the extract cuts."""
    if isinstance(shape, Shape) and shape.note != INCOMPLETE and shape.geometry.geom_type.endswith("Polygon"):
        return shape.geometry
    if isinstance(shape, Lost) and TANGLED in shape.reason:
        raise SourceError(
            f'{where}: {shape.reason} (boundary {name}). Give the region a file: [boundary] file = "...geojson".'
        )
    kind, number = name.split("/")
    group = world.relations.get(int(number)) if kind == "relation" else None
    ways = {member.ref for member in group.members if member.osm_type == "way"} if group else set()
    missing = len(ways - world.ways.keys())
    part = f"{missing} of its {len(ways)} ways are missing" if missing else "its ring does not close"
    raise SourceError(
        f"{where}: the extract cuts the boundary {name}: {part}. Take an extract that holds the whole region, or give "
        'the region a file: [boundary] file = "...geojson".'
    )


def _outlines(hit: Element) -> bool:
    if hit.osm_type == "relation":
        return hit.tags.get("type") in AREA_RELATIONS
    return hit.osm_type == "way" and len(hit.refs) > 3 and hit.refs[0] == hit.refs[-1]


def _reach(shape: Shape | Lost) -> float:
    """How far a candidate reaches: a cut one counts by its envelope, so that it is named rather than passed over."""
    if isinstance(shape, Lost):
        return 0.0
    area = float(shape.geometry.area)
    return max(area, float(shape.geometry.envelope.area)) if shape.note == INCOMPLETE else area
