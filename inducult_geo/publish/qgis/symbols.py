"""The color and shape of each aspect and theme, the same in QGIS and on the page (see `pictograms`).

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
    """A color (`#rrggbb`) and the name of a shape of QGIS's simple marker."""

    color: str
    shape: str


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

THEME_COLORS: Mapping[str, str] = {
    "mining": "#332288",
    "metallurgy": "#882255",
    "engineering": "#000000",
    "textiles_leather": "#aa4499",
    "glass_ceramics": "#44aa99",
    "building_materials": "#cc6677",
    "chemistry": "#7a7a29",
    "paper_wood": "#117733",
    "food_drink": "#cc9922",
    "energy": "#cc3311",
    "water_waste": "#3388bb",
    "transport_storage": "#555555",
    "housing_landscape": "#117733",
    "museum_memory": "#882255",
    "other": "#777777",
}
OTHER_COLOR = THEME_COLORS["other"]


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


def theme_colors() -> list[tuple[str, str, str]]:
    """Return value, label and color of every theme; one that the vocabulary adds is drawn as `other`."""
    return [(value, label, THEME_COLORS.get(value, OTHER_COLOR)) for value, label in DOMAINS["theme"].items()]
