"""The print layouts of the embedded project: a map with title, legend, scale bar and credit, for each size of paper.

Each has an atlas, so that *Export Atlas* prints a page a region. The map is that of the main window, whose map theme a
person chooses there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from inducult_geo.catalog import OSM
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.licences import credits_of
from inducult_geo.publish.qgis.metadata import data_date

CREDIT, DATED = "inducult_credit", "inducult_date"
"""Variables of the project that the labels show: QGIS takes what stands in one as text and evaluates nothing in it."""

_MARGIN_MM = 10.0
_SIDE_MM = 58.0
_TITLE_MM = 15.0
_GAP_MM = 3.0
_LINE_MM = 2.9
_LETTER_MM = 1.25
"""Mean width of a letter of the credit (6.5 points), taken wide: better a line left over than one cut off."""


@dataclass(frozen=True)
class Box:
    """Where an item lies on its page, in millimeters from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def position(self) -> str:
        """The corner as a layout writes it."""
        return f"{self.x:g},{self.y:g},mm"

    @property
    def size(self) -> str:
        """Width and height as a layout writes them."""
        return f"{self.width:g},{self.height:g},mm"

    def around(self, extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return an extent widened to the shape of the box: QGIS would make the box as flat as the extent."""
        west, south, east, north = extent
        width, height = east - west, north - south
        across = max(width, height * self.width / self.height)
        up = across * self.height / self.width
        x, y = (west + east) / 2, (south + north) / 2
        return round(x - across / 2, 3), round(y - up / 2, 3), round(x + across / 2, 3), round(y + up / 2, 3)


@dataclass(frozen=True)
class Sheet:
    """A size of paper, in landscape; `name` is what QGIS calls the layout."""

    name: str
    width_mm: float
    height_mm: float

    def boxes(self, credit: str) -> dict[str, Box]:
        """Return where each item lies; the credit gets the lines that it needs, and the map what is left.

        Parameters
        ----------
        credit
            The text that must be read in full.
        """
        # The legend has a column of its own from top to bottom, and everything else the width of the map.
        side = self.width_mm - _MARGIN_MM - _SIDE_MM
        width = side - _GAP_MM - _MARGIN_MM
        lines = max(2, math.ceil(len(credit) * _LETTER_MM / width))
        # A credit that would crowd out the map is cut at half of the page: no reader of paper reads more.
        foot = min(lines * _LINE_MM, self.height_mm / 2)
        top = _MARGIN_MM + _TITLE_MM
        height = self.height_mm - top - _MARGIN_MM - foot - _GAP_MM
        return {
            "page": Box(0, 0, self.width_mm, self.height_mm),
            "title": Box(_MARGIN_MM, _MARGIN_MM - 2, width, 8),
            "date": Box(_MARGIN_MM, _MARGIN_MM + 7, width, 5),
            "map": Box(_MARGIN_MM, top, width, round(height, 2)),
            "scale": Box(side, _MARGIN_MM, _SIDE_MM, _TITLE_MM - 5),
            "crs": Box(side + 1, top - 4.5, _SIDE_MM - 1, 4),
            "legend": Box(side, top, _SIDE_MM, self.height_mm - top - _MARGIN_MM),
            "credit": Box(_MARGIN_MM, round(top + height + _GAP_MM, 2), width, round(foot, 2)),
        }

    def uuid(self, item: str) -> str:
        """Return the id of an item: the same in every release."""
        return f"{{{uuid5(NAMESPACE_URL, f'inducult-geo/{self.name}/{item}')}}}"


SHEETS: tuple[Sheet, ...] = (Sheet("Map on A4", 297, 210), Sheet("Map on A3", 420, 297))
"""The layouts in the order of QGIS's menu."""


def layouts(bundle: Bundle) -> dict[str, Any]:
    """Return what the templates of layouts need: sheets with their boxes, and the variables with their texts."""
    credit = " · ".join(printed_credits(bundle))
    variables = {CREDIT: credit, DATED: f"Data up to {data_date(bundle)}"}
    return {"sheets": [(sheet, sheet.boxes(credit)) for sheet in SHEETS], "variables": variables}


def printed_credits(bundle: Bundle) -> list[str]:
    """Return who must be named on a printed map: each credit with its license once, OpenStreetMap first."""
    owed = sorted(credits_of(bundle), key=lambda credit: credit.source != OSM)
    # On one line: the room that a credit gets is counted in letters.
    named = [" ".join(credit.named.split()) for credit in owed if credit.who]
    link = ["openstreetmap.org/copyright"] if any(credit.source == OSM for credit in owed) else []
    return [*dict.fromkeys(named), *link]
