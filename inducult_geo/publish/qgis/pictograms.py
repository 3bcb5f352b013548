"""Pictograms of the branches of industry in QGIS, drawn for this project, so that no legend is needed.

Each is a few SVG paths on a grid of 24 by 24, bold enough for three millimeters on paper; holes by even-odd.
QGIS takes the drawing out of the style itself, so that no file lies beside it, and colors it.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Mapping


def _gear() -> str:
    """Return a gear around the middle of the grid."""
    teeth, outer, inner, hole = 8, 11.5, 8.4, 3.6
    points = []
    for tooth in range(teeth):
        for turn, radius in ((-0.30, inner), (-0.18, outer), (0.18, outer), (0.30, inner)):
            angle = 2 * math.pi * (tooth + turn) / teeth
            points.append(f"{12 + radius * math.sin(angle):.2f} {12 - radius * math.cos(angle):.2f}")
    bore = f"M{12 - hole} 12a{hole} {hole} 0 1 0 {2 * hole} 0a{hole} {hole} 0 1 0 {-2 * hole} 0z"
    return f"M{'L'.join(points)}z{bore}"


PICTOGRAMS: Mapping[str, tuple[str, ...]] = {
    # Hammer and pick, crossed.
    "mining": (
        "M2.8 18.6 13.4 8 11.2 5.2 14.4 2 22.2 9.8 19 13 16.2 10.8 5.6 21.4z",
        "M21.2 18.6 10.6 8 12.8 5.2 9.6 2 1.8 9.8 5 13 7.8 10.8 18.4 21.4z",
    ),
    # An anvil.
    "metallurgy": (
        "M1 5.5h22v4.2h-5.4c0 3.2 1.3 4.7 4 5.6V20H6.6v-4.7c2.3-.8 3.5-2.3 3.5-4.2C5.2 11.1 1.5 9.5 1"
        " 5.5z",
    ),
    "engineering": (_gear(),),
    # A spool of thread.
    "textiles_leather": (
        "M4.5 1.5h15V6h-2.7v12h2.7v4.5h-15V18h2.7V6H4.5z"
        "M9.2 8.2v1.9h5.6V8.2zM9.2 13.9v1.9h5.6v-1.9z",
    ),
    # A goblet.
    "glass_ceramics": ("M4.5 1.5h15c.3 6.3-1.7 10.2-5.7 11.2v6.3h4.7v3.5H5.5V19h4.7v-6.3c-4-1-6-4.9-5.7-11.2z",),
    # A wall of bricks.
    "building_materials": (
        "M1.5 3.5h9.7v4.7H1.5zM12.8 3.5h9.7v4.7h-9.7zM1.5 9.7h4.2v4.7H1.5zM7.3 9.7h9.4v4.7H7.3z"
        "M18.3 9.7h4.2v4.7h-4.2zM1.5 15.9h9.7v4.7H1.5zM12.8 15.9h9.7v4.7h-9.7z",
    ),
    # A flask.
    "chemistry": (
        "M7.8 1.5h8.4v2.8h-1.3v4.5l6.3 10.9c.8 1.4-.1 2.8-1.5 2.8H4.3c-1.4 0-2.3-1.4-1.5-2.8L9.1"
        " 8.8V4.3H7.8z",
    ),
    # A spruce.
    "paper_wood": ("M12 1l6.2 7.8h-3.1l5.4 7.2h-6.3v6.5H9.8V16H3.5l5.4-7.2H5.8z",),
    # A mug.
    "food_drink": (
        "M2.5 4.5h14v2.7h2.3a3.7 3.7 0 0 1 3.7 3.7v3a3.7 3.7 0 0 1-3.7 3.7h-2.3v3.9h-14z"
        "M16.5 9.8v5.2h2a1.4 1.4 0 0 0 1.4-1.4v-2.4a1.4 1.4 0 0 0-1.4-1.4z",
    ),
    # A flash of lightning.
    "energy": ("M14.5.8 4 13.7h6.2L7.9 23.2 20 9.4h-7.2z",),
    # A drop.
    "water_waste": ("M12 1.2c4.3 5.2 7.7 9 7.7 13.4a7.7 7.7 0 0 1-15.4 0C4.3 10.2 7.7 6.4 12 1.2z",),
    # A railway track.
    "transport_storage": (
        "M7.2 1.5h3L9.8 5h4.4l-.4-3.5h3L20.5 22.5h-3.3l-.3-2.6H7.1l-.3 2.6H3.5z"
        "M9.5 7.6l-.3 2.8h5.6l-.3-2.8zM8.9 13l-.5 4.3h7.2l-.5-4.3z",
    ),
    # A house.
    "housing_landscape": ("M12 1.8.8 12h3.7v10.2h5.3v-6.4h4.4v6.4h5.3V12h3.7z",),
    # A temple of the muses.
    "museum_memory": (
        "M12 1 1.5 7v2.5h21V7z"
        "M3.8 11h3.6v7.2H3.8zM10.2 11h3.6v7.2h-3.6zM16.6 11h3.6v7.2h-3.6zM1.5 19.6h21v3h-21z",
    ),
    "other": ("M5.5 12a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0z",),
}  # fmt: skip
"""Theme -> its drawing: the `d` of each path."""


def embedded(theme: str) -> str:
    """Return a pictogram as QGIS reads it out of a style: `base64:` and an SVG that takes its color from the symbol."""
    drawn = PICTOGRAMS.get(theme, PICTOGRAMS["other"])
    paths = "".join(f'<path fill="param(fill) #000" fill-rule="evenodd" d="{path}"/>' for path in drawn)
    text = f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">{paths}</svg>'
    return "base64:" + b64encode(text.encode("ascii")).decode("ascii")
