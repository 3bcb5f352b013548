"""Made-up works of two regions, the sources that tell of them, and what befalls both from night to night."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import shapely

COUNTRIES = {"leoben": "AT", "zwickau": "DE"}
TRADES = {
    "Brauerei": ("brewery", "craft", "brewery"),
    "Sägewerk": ("sawmill", "craft", "sawmill"),
    "Ziegelei": ("brickworks", "product", "brick"),
    "Papierfabrik": ("paper_mill", "product", "paper"),
    "Zementwerk": ("cement_works", "product", "cement"),
}
SYLLABLES = ("bel", "bra", "dor", "gra", "hal", "kar", "lau", "mei", "nor", "ost", "ros", "tal", "wen", "zell")
CONTRACT = """id = "{id}"
title = "{id}"
region = "{region}"
files = ["{name}.csv"]
licence = "CC0-1.0"
attribution = "nobody"
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
accuracy_m = 250
[columns]
key = "Nr"
name = "Name"
type = "Art"
[defaults]
aspect = "monument"
[values.type]
"""


@dataclass(frozen=True)
class Row:
    """What a source says of a work: which it is, trade, proper name, and degrees (None where it tells no place)."""

    work: int
    trade: str
    proper: str
    lon: float | None
    lat: float | None


@dataclass
class World:
    """A data folder, its sources and what is decided.

    `rows` is source -> number -> row; `ids` gives the ids of the lists' contracts, `broken` what is wrong with files of
    tonight, `renamed` the former ids of lists that have another one tonight, `decided` what was decided of two records,
    and of which one first: with `part_of` it is the part. `spoken` are records that were decided about last.
    """

    data: Path
    chance: random.Random
    outlines: dict[str, shapely.Geometry]
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    decided: dict[frozenset[str], tuple[str, str]] = field(default_factory=dict)
    spoken: list[str] = field(default_factory=list)
    last: int = 1000
    works: int = 0

    def region_of(self, source: str) -> str:
        return source.split("-")[1]

    def key(self, source: str, number: int) -> str:
        return f"osm:node/{number}" if source.startswith("osm") else f"{self.ids[source]}:{number}"

    def anywhere(self, region: str) -> tuple[float, float]:
        outline = self.outlines[region]
        west, south, east, north = outline.bounds
        while True:
            place = self.chance.uniform(west, east), self.chance.uniform(south, north)
            if outline.contains(shapely.Point(place)):
                return place

    def number(self) -> int:
        self.last += 1
        return self.last

    def new_work(self, beside: Row | None = None, region: str = "") -> None:
        """Let the sources of a region tell of one more work, perhaps beside another that is called like it."""
        chance, self.works = self.chance, self.works + 1
        lon, lat = (beside.lon, beside.lat) if beside and beside.lon else self.anywhere(region)
        trade = beside.trade if beside and chance.random() < 0.5 else chance.choice([*TRADES])
        proper = beside.proper if beside and chance.random() < 0.5 else self.proper()
        for source, rows in self.rows.items():
            if self.region_of(source) == region and chance.random() < 0.65:
                aside = (lon + chance.gauss(0, 0.001), lat + chance.gauss(0, 0.0007))
                rows[self.number()] = Row(self.works, trade, proper, *aside)

    def proper(self) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.choice((2, 3)))).capitalize()

    def write(self) -> None:
        """Write the files of tonight."""
        for source, rows in self.rows.items():
            is_osm, region = source.startswith("osm"), self.region_of(source)
            folder = self.data / "raw" / ("osm" if is_osm else "partners")
            path = folder / (f"{region}.osm" if is_osm else f"{source}.csv")
            if not is_osm:
                types = "".join(f'"{trade}" = "{type_id}"\n' for trade, (type_id, *_) in TRADES.items())
                text = CONTRACT.format(id=self.ids[source], region=region, name=source) + types
                text = text.replace('region = "any"\n', "")
                path.with_suffix(".toml").write_text(text, encoding="utf-8")
            if self.broken.get(source) == "missing":
                path.unlink(missing_ok=True)
            elif self.broken.get(source) == "broken":
                path.write_bytes(b"\x00\x01 PK <osm <node")
            elif is_osm:
                path.write_text(extract(rows), encoding="utf-8")
            else:
                write_list(path, rows, self.chance)


def extract(rows: dict[int, Row]) -> str:
    """Return an extract of nodes."""
    nodes = []
    for number, row in rows.items():
        _, key, value = TRADES[row.trade]
        tags = {"name": f"{row.trade} {row.proper}", key: value} | ({"man_made": "works"} if key == "product" else {})
        told = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        at = f'lon="{row.lon:.7f}" lat="{row.lat:.7f}" version="1" timestamp="2026-01-01T00:00:00Z"'
        nodes.append(f'<node id="{number}" {at}>{told}</node>')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{"".join(nodes)}</osm>'


def write_list(path: Path, rows: dict[int, Row], chance: random.Random) -> None:
    """Write a partner's list, its rows in any order."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Nr", "Name", "Art", "lon", "lat"))
        for number, row in chance.sample([*rows.items()], len(rows)):
            place = ("", "") if row.lon is None else (f"{row.lon:.6f}", f"{row.lat:.6f}")
            writer.writerow((number, f"{row.trade} {row.proper}", row.trade, *place))


Event = Callable[[World, str, int], None]


def moves(world: World, source: str, number: int) -> None:
    row = world.rows[source][number]
    if row.lon is not None and row.lat is not None:
        aside = (row.lon + world.chance.gauss(0, 0.002), row.lat + world.chance.gauss(0, 0.0014))
        world.rows[source][number] = replace(row, lon=aside[0], lat=aside[1])


def is_put_elsewhere(world: World, source: str, number: int) -> None:
    lon, lat = world.anywhere(world.region_of(source))
    world.rows[source][number] = replace(world.rows[source][number], lon=lon, lat=lat)


def loses_its_place(world: World, source: str, number: int) -> None:
    if not source.startswith("osm"):
        world.rows[source][number] = replace(world.rows[source][number], lon=None, lat=None)


def is_renamed(world: World, source: str, number: int) -> None:
    world.rows[source][number] = replace(world.rows[source][number], proper=world.proper())


def is_numbered_anew(world: World, source: str, number: int) -> None:
    world.rows[source][world.number()] = world.rows[source].pop(number)


def is_told_twice(world: World, source: str, number: int) -> None:
    world.rows[source][world.number()] = world.rows[source][number]


def goes(world: World, source: str, number: int) -> None:
    del world.rows[source][number]


def is_forgotten_by_all(world: World, source: str, number: int) -> None:
    work = world.rows[source][number].work
    world.rows = {name: {k: row for k, row in rows.items() if row.work != work} for name, rows in world.rows.items()}


def gets_a_neighbor(world: World, source: str, number: int) -> None:
    world.new_work(world.rows[source][number], world.region_of(source))


def a_file_is_missing(world: World, source: str, number: int) -> None:
    world.broken[source] = "missing"


def a_file_is_broken(world: World, source: str, number: int) -> None:
    world.broken[source] = "broken"


def a_list_gets_another_id(world: World, source: str, number: int) -> None:
    if source in world.ids and source not in world.broken and world.ids[source] not in world.renamed.values():
        before, world.ids[source] = world.ids[source], f"{source}-{world.number()}"
        world.renamed[before] = world.ids[source]


def what_was_kept_is_lost(world: World, source: str, number: int) -> None:
    shutil.rmtree(world.data / "processed" / "regions", ignore_errors=True)


def the_registry_is_lost(world: World, source: str, number: int) -> None:
    (world.data / "processed" / "registry.parquet").unlink(missing_ok=True)


EVENTS: tuple[Event, ...] = (
    *(moves, is_put_elsewhere, loses_its_place, is_renamed, is_numbered_anew, is_told_twice, goes, is_forgotten_by_all),
    *(gets_a_neighbor, gets_a_neighbor, a_file_is_missing, a_file_is_broken, a_list_gets_another_id),
    *(what_was_kept_is_lost, the_registry_is_lost),
)
