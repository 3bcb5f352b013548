"""What readers of OpenStreetMap return: raw elements within this package, `OsmObjects` to others.

The law: `hits = features + lost + clipped`. Every object that carries a wanted tag is in exactly one of the three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import CountingError
from inducult_geo.sources.osm.elements import Element, World
from inducult_geo.sources.osm.shapes import Lost, Shape, shape_of

OSM_CRS = "EPSG:4326"
LOST_COLUMNS = ("osm_type", "osm_id", "reason", "tags")


@dataclass(frozen=True)
class OsmObjects:
    """The wanted objects of an extract or an answer.

    Attributes
    ----------
    features
        EPSG:4326; columns osm_type, osm_id, version, timestamp (ISO text or null), tags (dict), note (null,
        `repaired` or `incomplete`), geometry. Ordered by type (node, way, relation) and id.
    lost
        Columns osm_type, osm_id, reason, tags: wanted objects of which no geometry can be made.
    hits
        How many objects carry a wanted tag.
    clipped
        How many of them lie outside the area asked for.
    data_time
        The state of the data: the header's replication time, else that of the newest wanted object; ISO text or null.
    ends_early
        Whether its file holds no relation, which are the last objects of one, and so may have lost its end.
    torn
        Of the relations and of the ways ("relation", "way") inside the area: how many name members or nodes that the
        data do not hold, as a cut through them drops what lies beyond.
    """

    features: gpd.GeoDataFrame
    lost: pd.DataFrame
    hits: int
    clipped: int
    data_time: str | None
    ends_early: bool = False
    torn: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounted = len(self.features) + len(self.lost) + self.clipped
        if self.hits != accounted:
            raise CountingError(
                f"OpenStreetMap: {self.hits} objects carry a wanted tag, but {len(self.features)} are features, "
                f"{len(self.lost)} lost and {self.clipped} outside the area ({accounted} in all). "
                "This is a fault of inducult-geo: please report it with the extract's name and date."
            )


def assemble(
    hits: Iterable[Element], world: World, *, area: BaseGeometry | None = None, data_time: str | None = None
) -> OsmObjects:
    """Give the wanted elements their geometries and keep those that lie in an area.

    Parameters
    ----------
    hits
        The wanted elements, each once.
    world
        The nodes, ways and relations that they are made of.
    area
        EPSG:4326; a straddling object belongs where most of its area or length lies, and is not cut. Objects without
        geometry are counted as outside only where some of their nodes are known, and all of these are outside.
    data_time
        State of the data, where known.
    """
    order = {"node": 0, "way": 1, "relation": 2}
    elements = sorted(hits, key=lambda element: (order[element.osm_type], element.osm_id))
    shapes = [shape_of(element.osm_type, element.osm_id, world) for element in elements]
    places = [shape.geometry if isinstance(shape, Shape) else shape.near for shape in shapes]
    inside = _mostly_inside(places, area)
    kept = [(e, s) for e, s, here in zip(elements, shapes, inside, strict=True) if here]
    features = [(element, shape) for element, shape in kept if isinstance(shape, Shape)]
    lost = [(element, shape) for element, shape in kept if isinstance(shape, Lost)]
    newest = max((element.timestamp for element in elements if element.timestamp), default=None)
    return OsmObjects(
        features=_features(features),
        lost=pd.DataFrame([(e.osm_type, e.osm_id, s.reason, dict(e.tags)) for e, s in lost], columns=[*LOST_COLUMNS]),
        hits=len(elements),
        clipped=len(elements) - len(kept),
        data_time=data_time or newest,
        torn=Counter(element.osm_type for element, _ in kept if _is_torn(element, world)),
    )


def _is_torn(element: Element, world: World) -> bool:
    """Whether the data do not hold all that an object is made of."""
    held = {"node": world.nodes, "way": world.ways, "relation": world.relations}
    return not all(member.ref in held[member.osm_type] for member in element.members) or not all(
        ref in world.nodes for ref in element.refs
    )


def _features(pairs: Sequence[tuple[Element, Shape]]) -> gpd.GeoDataFrame:
    columns = {
        "osm_type": pd.array([element.osm_type for element, _ in pairs], dtype="str"),
        "osm_id": np.array([element.osm_id for element, _ in pairs], dtype="int64"),
        "version": pd.array([element.version for element, _ in pairs], dtype="Int64"),
        "timestamp": pd.array([element.timestamp for element, _ in pairs], dtype="str"),
        "tags": pd.Series([dict(element.tags) for element, _ in pairs], dtype="object"),
        "note": pd.array([shape.note for _, shape in pairs], dtype="str"),
    }
    return gpd.GeoDataFrame(columns, geometry=[shape.geometry for _, shape in pairs], crs=OSM_CRS)


def _mostly_inside(places: Sequence[BaseGeometry | None], area: BaseGeometry | None) -> list[bool]:
    """Tell for each place whether most of it lies in the area; a place that is not known does."""
    if area is None:
        return [True] * len(places)
    shapely.prepare(area)
    return [place is None or _lies_in(place, area) for place in places]


def _lies_in(place: BaseGeometry, area: BaseGeometry) -> bool:
    """Shares of one small object are the same in degrees as in meters: no projection is needed."""
    if not area.intersects(place):
        return False
    if area.covers(place):
        return True
    parts = shapely.get_parts(place)
    size = shapely.area if shapely.get_dimensions(place) == 2 else shapely.length
    if shapely.get_dimensions(place) == 0:
        return bool(2 * sum(area.covers(part) for part in parts) >= len(parts))
    whole, within = size(parts).sum(), size(shapely.intersection(parts, area)).sum()
    return bool(2 * within >= whole)
