"""The map of a checked file: as text for a terminal, as a picture (SVG) for a browser.

Both draw degrees with the longitude shortened by the cosine of the middle latitude, so a kilometer is as long in every
direction near the middle of the map. The window is the region with some room around it; what lies beyond is counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from jinja2 import Environment, PackageLoader, StrictUndefined
from shapely.geometry.base import BaseGeometry

from inducult_geo.harmonize.coordinates.parsed import DEGREE_M
from inducult_geo.publish.page.drawing import CITIES, length_text, round_length
from inducult_geo.text import printable

_ROOM: Final = 0.08
_LEAST_DEGREES: Final = 0.01
_TEXT_WIDTH, _TEXT_HEIGHTS = 64, (6, 26)
_LETTER_ASPECT: Final = 2.1
"""How many times a letter of a terminal is taller than wide."""

_PICTURE_WIDTH, _PICTURE_HEIGHTS = 900, (300, 760)
PICTURE_MARK: Final = 'font-family="system-ui, sans-serif" font-size="14" fill="#1b2430"'
"""Stands in the first line of each picture of ours."""

_EDGE_PX: Final = 9.0
_MOST_MARKS: Final = 20_000


@dataclass(frozen=True)
class Sites:
    """The rows of a file that have a place, and the land that they are about.

    Attributes
    ----------
    points
        (n, 2) longitude and latitude, EPSG:4326.
    accepted
        (n,) false where the row waits for a person or is refused.
    titles
        (n,) what a mark is, for a person.
    area
        The region in EPSG:4326, null for a wide source.
    countries
        The countries of a wide source, as far as their outlines are known; in EPSG:4326.
    """

    points: np.ndarray
    accepted: np.ndarray
    titles: tuple[str, ...]
    area: BaseGeometry | None
    countries: tuple[BaseGeometry, ...] = ()

    @property
    def land(self) -> tuple[BaseGeometry, ...]:
        """What is drawn below the rows."""
        return self.countries if self.area is None else (self.area,)


@dataclass(frozen=True)
class Window:
    """A piece of the earth: its sides in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def narrow(self) -> float:
        """How long a degree of longitude is, by one of latitude."""
        return max(math.cos(math.radians((self.south + self.north) / 2)), 0.1)

    @property
    def width_m(self) -> float:
        """How wide it is in the middle."""
        return (self.east - self.west) * self.narrow * DEGREE_M

    @property
    def aspect(self) -> float:
        """Height by width."""
        return (self.north - self.south) / ((self.east - self.west) * self.narrow)

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Tell which of (n, 2) points lie in it."""
        x, y = points[:, 0], points[:, 1]
        return np.asarray((x >= self.west) & (x <= self.east) & (y >= self.south) & (y <= self.north))


def _window_of(sites: Sites) -> Window | None:
    """Return the window of the map: the region, else all places; null where there is nothing to show."""
    if sites.area is not None and not sites.area.is_empty:
        west, south, east, north = sites.area.bounds
    elif len(sites.points):
        (west, south), (east, north) = sites.points.min(axis=0), sites.points.max(axis=0)
    else:
        return None
    room_x, room_y = (max((east - west) * _ROOM, _LEAST_DEGREES), max((north - south) * _ROOM, _LEAST_DEGREES))
    return Window(
        max(west - room_x, -180.0), max(south - room_y, -90.0), min(east + room_x, 180.0), min(north + room_y, 90.0)
    )


def text_map(sites: Sites) -> str:
    """Draw the map with letters: `·` the land, `o` a site, `8` several, `?` not accepted; with scale and legend."""
    window = _window_of(sites)
    if window is None:
        return ""
    low, high = _TEXT_HEIGHTS
    lines = round(_TEXT_WIDTH * window.aspect / _LETTER_ASPECT)
    # A tall region keeps its shape in a narrower drawing.
    columns = _TEXT_WIDTH if lines <= high else max(round(_TEXT_WIDTH * high / lines), 8)
    lines = min(max(lines, low), high)
    step_x, step_y = (window.east - window.west) / columns, (window.north - window.south) / lines
    grid = np.full((lines, columns), " ")
    xs = window.west + (np.arange(columns) + 0.5) * step_x
    ys = window.north - (np.arange(lines) + 0.5) * step_y
    for land in sites.land:
        shapely.prepare(land)
        grid[shapely.contains_xy(land, *np.meshgrid(xs, ys))] = "·"
    inside = window.holds(sites.points)
    for accepted in (True, False):
        shown = sites.points[inside & (sites.accepted == accepted)]
        at_x = np.clip(((shown[:, 0] - window.west) / step_x).astype(int), 0, columns - 1)
        at_y = np.clip(((window.north - shown[:, 1]) / step_y).astype(int), 0, lines - 1)
        hits = np.zeros((lines, columns), dtype=int)
        np.add.at(hits, (at_y, at_x), 1)
        grid[hits == 1] = "o" if accepted else "?"
        grid[hits > 1] = "8" if accepted else "?"
    rows = ["".join(line).rstrip() for line in grid]
    bar_m = round_length(window.width_m / 4)
    bar = "|" + "-" * max(round(bar_m / window.width_m * columns) - 2, 0) + "| " + length_text(bar_m)
    return "\n".join([*rows, "", bar, *_legend(sites, inside)])


def _legend(sites: Sites, inside: np.ndarray) -> list[str]:
    """Return what the letters mean, as far as they occur, and what lies beyond the drawing."""
    words = ["o one site, 8 several"] if (sites.accepted & inside).any() else []
    words += ["? not accepted"] if (~sites.accepted & inside).any() else []
    words += ["· the region" if sites.area is not None else "· its countries"] if sites.land else []
    beyond = int((~inside).sum())
    return [", ".join(words) + (f"; {beyond} beyond the edge" if beyond else "")]


def picture(sites: Sites, *, title: str, lines: Sequence[str]) -> str:
    """Return the map as an SVG: the land, a grid of degrees, towns, every row with its title, scale and legend.

    Parameters
    ----------
    title, lines
        What stands above the map: which source, and what became of it.
    """
    loader = PackageLoader("inducult_geo", "publish/templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.get_template("check.svg")
    window = _window_of(sites)
    if window is None:
        canvas = _Canvas(_PICTURE_WIDTH, 0, Window(0.0, 0.0, 1.0, 1.0))
        return template.render(title=printable(title), lines=[*map(printable, lines)], canvas=canvas, map=None)
    canvas = _canvas(window)
    inside = window.holds(sites.points)
    bar_m = round_length(window.width_m / 5)
    drawn = {
        "outline": [_path(ring, canvas) for land in sites.land for ring in _rings(_clipped(land, window))],
        "meridians": [
            (canvas.place(x, window.south)[0], _degrees(x, "E", "W")) for x in _ticks(window.west, window.east)
        ],
        "parallels": [
            (canvas.place(window.west, y)[1], _degrees(y, "N", "S")) for y in _ticks(window.south, window.north)
        ],
        "towns": [(*canvas.place(*at), name) for name, at in CITIES.items() if window.holds(np.array([at])).all()],
        "good": _marks(sites, inside & sites.accepted, canvas),
        "doubtful": _marks(sites, inside & ~sites.accepted, canvas),
        "beyond": [
            (min(max(x, _EDGE_PX), canvas.width - _EDGE_PX), min(max(y, _EDGE_PX), canvas.height - _EDGE_PX), text)
            for x, y, text in _marks(sites, ~inside, canvas)
        ],
        "n_good": int(sites.accepted.sum()),
        "n_doubtful": int((~sites.accepted).sum()),
        "bar_px": round(bar_m / DEGREE_M * canvas.scale_y, 1),
        "bar_text": length_text(bar_m),
    }
    return template.render(title=printable(title), lines=[*map(printable, lines)], canvas=canvas, map=drawn)


def _canvas(window: Window) -> _Canvas:
    least, most = _PICTURE_HEIGHTS
    width = min(float(_PICTURE_WIDTH), most / window.aspect)
    if width * window.aspect < least:
        # A map of one line would show nothing: it gets land above and below.
        missing = (least / width - window.aspect) * (window.east - window.west) * window.narrow / 2
        window = Window(window.west, window.south - missing, window.east, window.north + missing)
    return _Canvas(round(width), round(width * window.aspect), window)


@dataclass(frozen=True)
class _Canvas:
    """A window in pixels; y runs down."""

    width: int
    height: int
    window: Window

    @property
    def scale_y(self) -> float:
        """Pixels of a degree of latitude."""
        return self.height / (self.window.north - self.window.south)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a place; one beyond the edge lies on the edge."""
        across = (x - self.window.west) / (self.window.east - self.window.west)
        down = (self.window.north - y) / (self.window.north - self.window.south)
        return round(min(max(across, 0), 1) * self.width, 1), round(min(max(down, 0), 1) * self.height, 1)


def _marks(sites: Sites, shown: np.ndarray, canvas: _Canvas) -> list[tuple[float, float, str]]:
    rows = np.flatnonzero(shown)[:_MOST_MARKS]
    return [(*canvas.place(*map(float, sites.points[row])), printable(sites.titles[row])) for row in rows]


def _clipped(land: BaseGeometry, window: Window) -> BaseGeometry:
    """Return the part of a land that the window shows, and a little more, so that no border runs along its edge."""
    room = _ROOM * (window.east - window.west)
    return shapely.clip_by_rect(land, window.west - room, window.south - room, window.east + room, window.north + room)


def _rings(area: BaseGeometry) -> list[BaseGeometry]:
    polygons = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return [ring for part in polygons for ring in (part.exterior, *part.interiors)]


def _path(ring: BaseGeometry, canvas: _Canvas) -> str:
    points = [canvas.place(float(x), float(y)) for x, y in shapely.get_coordinates(ring)]
    # Points of one pixel are one point.
    kept = [point for point, before in zip(points, [None, *points[:-1]], strict=True) if point != before]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept) + "Z"


def _ticks(low: float, high: float) -> list[float]:
    """Return three to seven round degrees between two."""
    step = round_length((high - low) / 3)
    first = math.ceil(low / step)
    return [round(n * step, 6) for n in range(first, math.floor(high / step) + 1)]


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}° {positive if value >= 0 else negative}"
