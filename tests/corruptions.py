"""Files as they arrive wrong: a region's points written in one of its country's systems, and damaged in a known way.

`datasets` gives each with its true places, so that a measure can tell a repair from a wrong repair. Needs the outlines
of the shared folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from inducult_geo.harmonize.transforms.crs import transform_points

REGIONS = ("gorenjska", "karlovy-vary", "leoben", "limburg", "opole", "padova", "sisak-moslavina", "zwickau")
# Beside what the regions' files list: older systems in which files of these countries come.
MORE = {
    "DE": ("EPSG:31467", "EPSG:2398", "EPSG:4314"), "AT": ("EPSG:31259", "EPSG:31258", "EPSG:4312"),
    "CZ": ("EPSG:3835", "EPSG:4156", "EPSG:32633"), "IT": ("EPSG:4265", "EPSG:4326"), "SI": ("EPSG:3787", "EPSG:4258"),
    "HR": ("EPSG:8677", "EPSG:8678"), "PL": ("EPSG:2175", "EPSG:4179", "EPSG:4326"),
    "BE": ("EPSG:31300", "EPSG:23031", "EPSG:4313", "EPSG:4326"),
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]
Array = np.ndarray


@dataclass(frozen=True)
class Region:
    """A region: its outline (EPSG:4326), the systems its file lists, and those that files of its country come in."""

    name: str
    country: str
    area: BaseGeometry
    usual: tuple[str, ...]
    systems: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """One file: what stands in its two columns, what it says it is, and where its points truly lie (degrees)."""

    region: Region
    crs: str
    kind: str
    x: list[str]
    y: list[str]
    lon: Array
    lat: Array
    decimal: str = "."

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.x)


@lru_cache(maxsize=16)
def region(shared: Path, name: str) -> Region:
    """Read a region from the catalog, its outline from the shared folder."""
    declared = tomllib.loads((ROOT / f"inducult_geo/catalog/regions/{name}.toml").read_text(encoding="utf-8"))
    text = (shared / f"data/boundaries/{name}.geojson").read_text(encoding="utf-8")
    country = declared["country"]
    systems = dict.fromkeys((*declared["crs"], *MORE[country]))
    return Region(name, country, shapely.from_geojson(text).geoms[0], tuple(declared["crs"]), tuple(systems))


def inside(area: BaseGeometry, n: int, seed: int = 4) -> tuple[Array, Array]:
    """Give n random points inside an area (degrees)."""
    west, south, east, north = area.bounds
    chance = np.random.default_rng(seed)
    lon, lat = chance.uniform(west, east, 60 * n + 200), chance.uniform(south, north, 60 * n + 200)
    kept = np.flatnonzero(shapely.contains_xy(area, lon, lat))[:n]
    return lon[kept], lat[kept]


def scattered(area: BaseGeometry, n: int, seed: int, how: str) -> tuple[Array, Array]:
    """Give n points spread over an area, crowded in one town, or along its border."""
    if how == "spread":
        return inside(area, n, seed)
    if how == "border":
        return inside(area.difference(area.buffer(-0.01)), n, seed)
    town = inside(area.buffer(-0.03), 1, seed)
    return inside(shapely.Point(town[0][0], town[1][0]).buffer(0.02).intersection(area), n, seed)


def sent(lon: Array, lat: Array, crs: str, country: str) -> tuple[Array, Array]:
    """Write places in a system."""
    done = transform_points(lon, lat, source_crs="EPSG:4326", target_crs=crs, country=country)
    return done.x, done.y


def _prefix(crs: str) -> float:
    operation = CRS(crs).coordinate_operation
    values = {item.name.lower(): item.value for item in operation.params} if operation else {}
    return float(values.get("false easting", 0)) // 1e6 * 1e6


def damaged(x: Array, y: Array, crs: str) -> Iterator[tuple[str, Array, Array]]:
    """Give every way in which numbers of a system arrive, the right one first."""
    yield "none", x, y
    yield "swapped", y, x
    if CRS(crs).is_geographic:
        return
    yield "kilometers", x / 1000, y / 1000
    yield "kilometers, swapped", y / 1000, x / 1000
    if "rovak" in CRS(crs).name:
        yield "signs", -x, -y
        yield "signs, swapped", -y, -x
    prefix = _prefix(crs)
    if prefix:
        yield "prefix missing", x - prefix, y
        yield "prefix missing, swapped", y, x - prefix
    if "UTM zone" in CRS(crs).name:
        zone = CRS(crs).utm_zone or "0"
        yield "prefix added", x + 1e6 * int(zone[:-1]), y
    if crs == "EPSG:3912":
        yield "northing in full", x, y + 5e6
        yield "prefix added", x + 5e6, y + 5e6


def _texts(numbers: Array, *, degrees: bool) -> list[str]:
    return [f"{number:.8f}" if degrees else f"{number:.3f}" for number in numbers]


def _commas(texts: list[str], group: str) -> list[str]:
    """Write numbers with a decimal comma, and with dots between thousands where asked."""
    pattern = f"{{:,.{len(texts[0].partition('.')[2])}f}}"
    return [pattern.format(float(text)).replace(",", "_").replace(".", ",").replace("_", group) for text in texts]


def datasets(place: Region, crs: str, n: int, *, seed: int, how: str = "spread") -> Iterator[Dataset]:
    """Give a file of n points in one system, damaged in every way, and called another system."""
    lon, lat = scattered(place.area, n, seed, how)
    x, y = sent(lon, lat, crs, place.country)
    for kind, east, north in damaged(x, y, crs):
        degrees = bool(np.abs(east).max() < 400)
        texts = [_texts(numbers, degrees=degrees) for numbers in (east, north)]
        yield Dataset(place, crs, kind, *texts, lon, lat)
        if kind == "none":
            yield Dataset(place, crs, "decimal comma", *(_commas(numbers, "") for numbers in texts), lon, lat)
            if not degrees:
                yield Dataset(place, crs, "thousands dots", *(_commas(numbers, ".") for numbers in texts), lon, lat)
    if crs in ("EPSG:4326", "EPSG:4258"):
        web = sent(lon, lat, "EPSG:3857", place.country)
        yield Dataset(place, crs, "3857 called degrees", *(_texts(numbers, degrees=False) for numbers in web), lon, lat)


def noisy(data: Dataset, share: float, seed: int) -> Dataset:
    """Damage a share of the rows further: (0, 0), a digit, another county."""
    chance = np.random.default_rng(seed)
    x, y = list(data.x), list(data.y)
    for row in chance.choice(data.n, max(1, int(share * data.n)), replace=False):
        way = int(chance.integers(3))
        if way == 0:
            x[row] = y[row] = "0"
        elif way == 1:
            at = [place for place, letter in enumerate(y[row]) if letter.isdigit()][1]
            y[row] = f"{y[row][:at]}{(int(y[row][at]) + 5) % 10}{y[row][at + 1 :]}"
        else:
            x[row], y[row] = y[row], x[row]
    return Dataset(data.region, data.crs, data.kind, x, y, data.lon, data.lat, data.decimal)


def lies(place: Region, truth: str, n: int, *, seed: int) -> Iterator[Dataset]:
    """Give a file in one system that says it is in each of the others."""
    lon, lat = inside(place.area, n, seed)
    x, y = sent(lon, lat, truth, place.country)
    texts = [_texts(numbers, degrees=bool(np.abs(x).max() < 400)) for numbers in (x, y)]
    for crs in place.systems:
        if crs != truth:
            yield Dataset(place, crs, f"is {truth}", *texts, lon, lat)
