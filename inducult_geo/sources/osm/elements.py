"""Elements as OpenStreetMap stores them, before geometries are made.

Readers that work in processes of their own know no more than this, so that these start fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

OsmType = Literal["node", "way", "relation"]
DEEPEST = 8
"""How many relations deep a site may nest: far more than is ever mapped, and an end to circles."""


@dataclass(frozen=True, slots=True)
class Member:
    """A relation's member: its type, id and role."""

    osm_type: str
    ref: int
    role: str


@dataclass(frozen=True, slots=True)
class Line:
    """A way's nodes and tags."""

    refs: tuple[int, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """A relation's members and tags."""

    members: tuple[Member, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """What objects are made of: `nodes` id -> (longitude, latitude), ways and relations by id."""

    is_area: Callable[[Mapping[str, str]], bool]
    nodes: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    ways: Mapping[int, Line] = field(default_factory=dict)
    relations: Mapping[int, Group] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """One object as OpenStreetMap stores it.

    `position` (longitude, latitude) is a node's, `refs` are a way's nodes, `members` a relation's. `version` and
    `timestamp` (ISO 8601, UTC) are null where the file leaves them out.
    """

    osm_type: OsmType
    osm_id: int
    version: int | None
    timestamp: str | None
    tags: Mapping[str, str]
    position: tuple[float, float] | None = None
    refs: tuple[int, ...] = ()
    members: tuple[Member, ...] = ()
    visible: bool = True

    @property
    def key(self) -> tuple[OsmType, int]:
        """Its type and id."""
        return self.osm_type, self.osm_id

    @property
    def age(self) -> tuple[int, str]:
        """What tells a newer version from an older one."""
        return self.version or 0, self.timestamp or ""


@dataclass(frozen=True)
class Gathered:
    """The wanted elements of a file, what they are made of, and the file's own time (ISO text or null).

    `ends_early` where a file whose last objects should be relations has none.
    """

    hits: tuple[Element, ...]
    world: World
    header_time: str | None
    ends_early: bool = False


@dataclass
class Newest:
    """Keeps the newest version of every element that is put in, whatever the order."""

    elements: dict[tuple[OsmType, int], Element] = field(default_factory=dict)

    def put(self, element: Element) -> None:
        """Take an element, unless a newer version of it is already known; of two equal ones the later stays."""
        known = self.elements.get(element.key)
        if known is None or element.age >= known.age:
            self.elements[element.key] = element
