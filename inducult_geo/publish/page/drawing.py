"""Small maps as numbers for SVG: outlines, marks, a graticule and a scale bar, all in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from inducult_geo.publish.degrees import to_degrees, to_work

CENTRAL_EUROPE = (3_860_000.0, 2_330_000.0, 5_010_000.0, 3_330_000.0)
"""Window of the overview in EPSG:3035: xmin, ymin, xmax, ymax in meters."""

CITIES: Mapping[str, tuple[float, float]] = {
    "Berlin": (13.405, 52.520),
    "Praha": (14.421, 50.088),
    "Wien": (16.373, 48.208),
    "Ljubljana": (14.506, 46.056),
    "Zagreb": (15.978, 45.813),
    "Bruxelles": (4.352, 50.847),
    "München": (11.576, 48.137),
    "Milano": (9.190, 45.464),
    "Frankfurt": (8.682, 50.111),
    "Kraków": (19.945, 50.062),
}
"""Towns that help a reader find his way: longitude and latitude in degrees."""

_REGION_PX, _OVERVIEW_PX = 560, 900
"""Widths of the maps; the heights follow."""

_GRATICULE_STEP = 2  # Degrees.
_SIMPLIFY_PX = 0.35
_STEPS = (1, 2, 5)
_CHAR_PX, _WIDE_CHAR_PX = 9.0, 11.5  # A letter of a label, on a desk and in the larger type on phones.


@dataclass(frozen=True)
class Dot:
    """A site on a map, in pixels."""

    x: float
    y: float
    aspect: str
    theme: str
    title: str


@dataclass(frozen=True)
class Text:
    """A word on a map, in pixels."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Map:
    """A map in pixels: y runs down."""

    width: int
    height: int
    outlines: tuple[str, ...]
    dots: tuple[Dot, ...]
    size: float
    bar_px: float
    bar_text: str
    graticule: tuple[str, ...] = ()
    labels: tuple[Text, ...] = ()
    towns: tuple[Text, ...] = ()

    def crowd(self, aspect: str) -> str:
        """Return the sites of an aspect as the `d` of an SVG path: dots of no length."""
        return "".join(f"M{dot.x} {dot.y}h0" for dot in self.dots if dot.aspect == aspect)


class Frame:
    """The window of a map: turns meters in EPSG:3035 into pixels."""

    def __init__(self, window: Sequence[float], width: int, margin: float = 14.0) -> None:
        # As plain numbers: with those of NumPy each place would take ten times as long.
        west, south, east, north = map(float, window)
        self.scale = (width - 2 * margin) / max(east - west, 1.0)
        self.width = width
        self.height = math.ceil((north - south) * self.scale + 2 * margin)
        self._west, self._north, self._margin = west, north, margin

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a place."""
        return round((x - self._west) * self.scale + self._margin, 1), round(
            (self._north - y) * self.scale + self._margin, 1
        )

    def path(self, shape: shapely.Geometry) -> str:
        """Return a geometry as the `d` of an SVG path, simplified to what one can see."""
        simple = shapely.simplify(shape, _SIMPLIFY_PX / self.scale, preserve_topology=True)
        return "".join(self._ring(ring) for ring in _lines(simple))

    def holds(self, point: tuple[float, float]) -> bool:
        """Tell whether a pixel lies on the map."""
        return 0 <= point[0] <= self.width and 0 <= point[1] <= self.height

    def _ring(self, line: shapely.Geometry) -> str:
        points = [self.place(x, y) for x, y in shapely.get_coordinates(line).tolist()]
        body = "L".join(f"{x:g} {y:g}" for x, y in points)
        return f"M{body}Z" if isinstance(line, shapely.LinearRing) else f"M{body}"


def region_map(outline: shapely.Geometry, sites: gpd.GeoDataFrame) -> Map:
    """Return the map of one region: its outline and every site in it.

    Parameters
    ----------
    outline
        The region in EPSG:3035.
    sites
        Its sites: columns aspect, theme, title and a point geometry in EPSG:3035.
    """
    window = _joined([tuple(shapely.bounds(outline)), *([tuple(sites.total_bounds)] if len(sites) else [])])
    west, south, east, north = window
    # A region that is tall would tower over the others: its map gets narrower instead.
    lean = max(0.0, (north - south) * 0.95 - (east - west)) / 2
    frame = Frame((west - lean, south, east + lean, north), _REGION_PX)
    bar_m = round_length(_REGION_PX / 4 / frame.scale)
    return Map(
        width=frame.width,
        height=frame.height,
        outlines=(frame.path(outline),),
        dots=tuple(_dots(frame, sites)),
        size=_mark_size(len(sites)),
        bar_px=round(bar_m * frame.scale, 1),
        bar_text=length_text(bar_m),
    )


def overview_map(regions: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> Map:
    """Return the map of all regions, with a graticule and towns to find one's way."""
    window = _joined([CENTRAL_EUROPE, *([tuple(regions.total_bounds)] if len(regions) else [])])
    frame = Frame(window, _OVERVIEW_PX, margin=0.0)
    bar_m = round_length(_OVERVIEW_PX / 5 / frame.scale)
    boxes = [_box(frame, shape) for shape in regions.geometry]
    labels: list[Text] = []
    # The longest name has the fewest places, so it chooses first.
    for box, title in sorted(zip(boxes, regions["title"].astype(str), strict=True), key=lambda pair: -len(pair[1])):
        labels.append(_label(frame, box, title, [*(b for b in boxes if b is not box), *map(_text_box, labels)]))
    towns = [Text(*frame.place(*place), name) for name, place in _projected(CITIES).items()]
    taken = shapely.union_all(boxes + [_text_box(label) for label in labels])
    return Map(
        width=frame.width,
        height=frame.height,
        outlines=tuple(frame.path(shape) for shape in regions.geometry),
        graticule=tuple(frame.path(line) for line in _graticule(window)),
        dots=tuple(_dots(frame, sites)),
        labels=tuple(labels),
        towns=tuple(t for t in towns if frame.holds((t.x, t.y)) and not taken.intersects(_text_box(t, left=True))),
        size=float(np.interp(len(sites), [200, 2000, 20_000], [3.2, 2.2, 1.0]).round(1)),
        bar_px=round(bar_m * frame.scale, 1),
        bar_text=length_text(bar_m),
    )


def _dots(frame: Frame, sites: gpd.GeoDataFrame) -> Iterable[Dot]:
    places = (place(sites.geometry.to_numpy()).tolist() for place in (shapely.get_x, shapely.get_y))
    said = (sites[name].tolist() for name in ("aspect", "theme", "title"))
    for x, y, *told in zip(*places, *said, strict=True):
        yield Dot(*frame.place(x, y), *told)


def _box(frame: Frame, shape: shapely.Geometry) -> shapely.Polygon:
    """Return the box around a region, in pixels."""
    west, south, east, north = shapely.bounds(shape)
    return shapely.box(*frame.place(west, north), *frame.place(east, south))


def _label(frame: Frame, box: shapely.Polygon, title: str, taken: Sequence[shapely.Polygon]) -> Text:
    """Put a region's name under its outline, or where it covers less of what is taken: over it, or to a side."""
    left, top, right, bottom = shapely.bounds(box)
    half = min(_WIDE_CHAR_PX * len(str(title)) / 2, frame.width / 2)
    under, over = min(bottom + 15, frame.height - 6), max(top - 6, 12)
    middle, leftward, rightward = (left + right) / 2, right - half, left + half
    places = [(x, y) for x in (middle, leftward, rightward) for y in (under, over)]
    texts = [Text(round(min(max(x, half), frame.width - half), 1), round(y, 1), str(title)) for x, y in places]
    return min(texts, key=lambda text: sum(other.intersects(_text_box(text)) for other in taken))


def _text_box(text: Text, *, left: bool = False) -> shapely.Polygon:
    """Return about the room that a word takes, in pixels: centered on its place, or to the right of it."""
    width = _CHAR_PX * len(text.text)
    start = text.x if left else text.x - width / 2
    return shapely.box(start, text.y - 12, start + width, text.y + 4)


def _graticule(window: Sequence[float]) -> list[shapely.LineString]:
    """Return meridians and parallels, as far as they cross the window."""
    west, south, east, north = to_degrees().transform_bounds(window[0], window[1], window[2], window[3])
    meridians = [(np.full(60, lon), np.linspace(south, north, 60)) for lon in _every(west, east)]
    parallels = [(np.linspace(west, east, 60), np.full(60, lat)) for lat in _every(south, north)]
    lines = [shapely.linestrings(*to_work().transform(lon, lat)) for lon, lat in (*meridians, *parallels)]
    clipped = shapely.clip_by_rect(lines, *window)
    return [line for line in clipped if not line.is_empty]


def _every(low: float, high: float) -> range:
    return range(math.ceil(low / _GRATICULE_STEP) * _GRATICULE_STEP, math.floor(high) + 1, _GRATICULE_STEP)


def _projected(places: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {name: to_work().transform(*place) for name, place in places.items()}


def _lines(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = shapely.get_parts(shape)
    return [
        ring
        for part in parts
        for ring in ([part.exterior, *part.interiors] if isinstance(part, shapely.Polygon) else [part])
    ]


def _joined(boxes: Iterable[Sequence[float]]) -> tuple[float, float, float, float]:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _mark_size(count: int) -> float:
    """Return the radius of a mark in pixels: the more there are, the smaller."""
    return float(np.interp(count, [20, 100, 500, 3000], [8.0, 6.5, 4.5, 2.5]).round(1))


def round_length(length: float) -> float:
    """Return the largest of 1, 2, 5, 10 ... (or 0.1, 0.2 ...) that is not longer, but for what rounding adds."""
    power = 10.0 ** math.floor(math.log10(length))
    return float(max(step * power for step in (*_STEPS, 10) if step * power <= length * (1 + 1e-9)))


def length_text(length_m: float) -> str:
    """Return a length as the text of a scale bar."""
    return f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
