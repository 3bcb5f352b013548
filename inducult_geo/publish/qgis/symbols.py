"""How aspects and themes are drawn, in QGIS and in the preview alike: a color and a shape each.

Colors of aspects are vermillion and blue of the palette of Okabe and Ito; those of themes are the palette "muted" of
Paul Tol. Both stay apart for readers who are color-blind, and every shape differs as well, so that nothing
is told by color alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inducult_geo.publish.layers.domains import DOMAINS


@dataclass(frozen=True)
class Mark:
    """A color (`#rrggbb`), the name of a shape of QGIS's simple marker, and its angle in degrees, clockwise."""

    color: str
    shape: str
    angle: int = 0


@dataclass(frozen=True)
class AspectMark:
    """An aspect as rings, from the outside in; each ring has a relative size."""

    value: str
    label: str
    rings: tuple[tuple[Mark, float], ...]


MONUMENT = Mark("#d55e00", "circle")
FACTORY = Mark("#0072b2", "square")
UNKNOWN = Mark("#707070", "diamond")
COLOR_WORDS: Mapping[str, str] = {MONUMENT.color: "orange", FACTORY.color: "blue", UNKNOWN.color: "gray"}

ASPECT_RINGS: Mapping[str, tuple[tuple[Mark, float], ...]] = {
    "monument": ((MONUMENT, 1.0),),
    "factory": ((FACTORY, 0.9),),
    "both": ((FACTORY, 1.3), (MONUMENT, 1.0)),
    "unknown": ((UNKNOWN, 1.1),),
}
"""Who is both wears both: the monument's ring inside the factory's."""

THEME_MARKS: Mapping[str, Mark] = {
    "mining": Mark("#332288", "equilateral_triangle"),
    "metallurgy": Mark("#882255", "star"),
    "engineering": Mark("#000000", "asterisk_fill"),
    "textiles_leather": Mark("#aa4499", "cross_fill", 45),
    "glass_ceramics": Mark("#44aa99", "diamond"),
    "building_materials": Mark("#cc6677", "square"),
    "chemistry": Mark("#7a7a29", "hexagon"),
    "paper_wood": Mark("#117733", "semi_circle", 180),
    "food_drink": Mark("#cc9922", "semi_circle"),
    "energy": Mark("#cc3311", "equilateral_triangle", 180),
    "water_waste": Mark("#3388bb", "arrow", 180),
    "transport_storage": Mark("#555555", "arrow", 90),
    "housing_landscape": Mark("#117733", "pentagon"),
    "museum_memory": Mark("#882255", "cross_fill"),
    "other": Mark("#777777", "circle"),
}
OTHER_THEME = THEME_MARKS["other"]


def aspect_marks() -> list[AspectMark]:
    """Return the aspects in the order of their legend."""
    labels = DOMAINS["aspect"]
    return [AspectMark(value, labels[value], rings) for value, rings in ASPECT_RINGS.items()]


def aspects_in_words() -> str:
    """Return the legend of aspects as a sentence, for where no sign can be shown."""
    colors = {
        mark.label: " within ".join(COLOR_WORDS[ring.color] for ring, _ in reversed(mark.rings))
        for mark in aspect_marks()
    }
    return "; ".join(f"{label}: {color}" for label, color in colors.items())


def theme_marks() -> list[tuple[str, str, Mark]]:
    """Return value, label and mark of every theme; one that the vocabulary adds is drawn as `other`."""
    return [(value, label, THEME_MARKS.get(value, OTHER_THEME)) for value, label in DOMAINS["theme"].items()]
