"""Random nights of two regions: whatever comes, goes and is decided, nothing is lost, ids stay and decisions hold.

Works of which up to three sources tell; every night a few of them move, are renamed, numbered anew, told twice or lose
their coordinates; files are missing, broken or cut; sources get another id; what was kept, or the registry, is lost.
"""

from __future__ import annotations

import csv
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.memory import registry_of
from inducult_geo.pipeline import run_all
from inducult_geo.publish.promises.verify import verify
from inducult_geo.review.table import decide
from inducult_geo.run import open_run
from inducult_geo.store import DataFolder, current_release

NIGHTS = 25
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
    tonight, `renamed` the former ids of lists that have another one tonight, `decided` what was decided of two records.
    """

    data: Path
    chance: random.Random
    outlines: dict[str, shapely.Geometry]
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    decided: dict[frozenset[str], str] = field(default_factory=dict)
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


@dataclass(frozen=True)
class Told:
    """What a release tells: site (null: none) and region of each record, the rejected, the pairs asked about."""

    site: pd.Series
    region: pd.Series
    rejected: frozenset[str]
    asked: frozenset[frozenset[str]]

    @classmethod
    def of(cls, data: Path) -> Told:
        release = current_release(DataFolder(data))
        assert release is not None
        broken = [finding for finding in verify(release) if not finding.ok]
        assert not broken
        records = pd.read_parquet(release / "records.parquet", columns=["record_key", "site_id", "region"]).set_index(
            "record_key"
        )
        with closing(sqlite3.connect(f"file:{release / 'inducult.gpkg'}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
            rejected = [*database.execute("SELECT record_key FROM rejected")] if "rejected" in tables else []
            pairs = "SELECT left_key, right_key FROM review WHERE kind = 'pair'"
            asked = [*database.execute(pairs)] if "review" in tables else []
        refused = frozenset(key for (key,) in rejected)
        return cls(records["site_id"], records["region"], refused, frozenset(map(frozenset, asked)))

    def members(self) -> dict[str, frozenset[str]]:
        """Site -> the keys of its records."""
        there = self.site.dropna()
        return {str(site): frozenset(keys) for site, keys in there.groupby(there).groups.items()}


def now_called(keys: frozenset[str], world: World) -> frozenset[str]:
    """Return keys as they are since tonight's lists have other ids."""
    parts = (key.partition(":") for key in keys)
    return frozenset(f"{world.renamed.get(source, source)}:{own}" for source, _, own in parts)


def decide_something(world: World, told: Told) -> None:
    """Answer a question, or decide about two records of one site, or of one region."""
    chance, there = world.chance, told.site.dropna()
    if told.asked and chance.random() < 0.6:
        left, right = sorted(chance.choice(sorted(map(sorted, told.asked))))
    else:
        left = chance.choice(there.index.tolist())
        others = there.index[(there == there[left]) & (there.index != left)].tolist()
        near = there.index[(told.region[there.index] == told.region[left]) & (there.index != left)].tolist()
        right = chance.choice(others or near)
    again = frozenset((left, right)) in world.decided
    verdict = "undecided" if again and chance.random() < 0.5 else chance.choice(("same", "different"))
    if decide(left, verdict, right, open_run(world.data), who="night").refused:
        return
    world.decided.pop(frozenset((left, right)), None)
    if verdict != "undecided":
        world.decided[frozenset((left, right))] = verdict


def all_are_there(world: World, told: Told) -> None:
    """Every row of a file that can be read is in the release: of a site, in review or rejected."""
    given = {
        world.key(source, number)
        for source, rows in world.rows.items()
        if source not in world.broken
        for number in rows
    }
    assert given <= {*told.site.index, *told.rejected}


def ids_stay(world: World, before: Told, told: Told) -> None:
    """The same records keep their id; an id that is gone while its records stay together lies in a grave."""
    is_at, graves = told.site.dropna().to_dict(), set(buried(world.data)["site_id"])
    now = told.members()
    ids = {keys: site for site, keys in now.items()}
    for site, former in before.members().items():
        keys = now_called(former, world)
        assert ids.get(keys, site) == site
        homes = {is_at.get(key) for key in keys}
        assert site in now or site in graves or len(homes) > 1 or None in homes


def buried(data: Path) -> pd.DataFrame:
    registry = registry_of(open_run(data))
    return registry[registry["merged_into"].notna()]


def decisions_hold(world: World, told: Told) -> None:
    """What was decided is so, and nobody is asked about it."""
    world.decided = {now_called(pair, world): verdict for pair, verdict in world.decided.items()}
    assert told.asked.isdisjoint(world.decided)
    for pair, verdict in world.decided.items():
        left, right = (told.site.get(key) for key in pair)
        if isinstance(left, str) and isinstance(right, str):
            assert (left == right) == (verdict == "same")


@pytest.fixture
def world(tmp_path: Path, repository: Path, seed: int) -> World:
    data, outlines = tmp_path / "data", {}
    for folder in ("osm", "partners", "boundaries"):
        (data / "raw" / folder).mkdir(parents=True)
    for region in COUNTRIES:
        path = repository / "data" / "raw" / "sample" / "boundaries" / f"{region}.geojson"
        shutil.copy(path, data / "raw" / "boundaries")
        outlines[region] = gpd.read_file(path).union_all().buffer(-0.02)
    made = World(data, random.Random(seed), outlines)
    lists = {f"{name}-{region}" for region in COUNTRIES for name in ("list", "register")}
    made.ids = {name: name for name in sorted(lists)}
    made.rows = {name: {} for name in (*made.ids, *(f"osm-{region}" for region in COUNTRIES))}
    for _ in range(20):
        for region in COUNTRIES:
            made.new_work(region=region)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_random_nights_lose_nothing(world: World) -> None:
    world.write()
    run_all([], open_run(world.data))
    told = Told.of(world.data)
    for _ in range(NIGHTS):
        world.broken, world.renamed = {}, {}
        happened = world.chance.choices(EVENTS, k=world.chance.choice((0, 1, 2, 3)))
        for event in happened:
            source = world.chance.choice([name for name, rows in world.rows.items() if rows])
            event(world, source, world.chance.choice([*world.rows[source]]))
        for _ in range(world.chance.choice((0, 0, 1, 2))):
            decide_something(world, told)
        world.write()
        run_all([], open_run(world.data))
        before, told = told, Told.of(world.data)
        all_are_there(world, told)
        ids_stay(world, before, told)
        decisions_hold(world, told)
        assert not run_all([], open_run(world.data)).is_new


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_a_record_that_went_to_another_region_leaves_its_id_behind_for_good(world: World) -> None:
    work = Row(1, "Brauerei", "Dorgra", *world.anywhere("zwickau"))
    world.ids = {"list-any": "list-any"}
    world.rows = {"list-any": {1: work}, "osm-zwickau": {2: work}, "osm-leoben": {}}
    nights = []
    for place in (world.anywhere("zwickau"), world.anywhere("leoben"), None):
        if place and nights:
            world.rows["list-any"][1] = replace(work, lon=place[0], lat=place[1])
        world.write()
        run_all([], open_run(world.data))
        nights.append(Told.of(world.data).site)
        what_was_kept_is_lost(world, "", 0)
    assert nights[0]["list-any:1"] == nights[0]["osm:node/2"]
    assert [night["osm:node/2"] for night in nights] == [nights[0]["osm:node/2"]] * 3
    assert nights[1]["list-any:1"] == nights[2]["list-any:1"] != nights[0]["osm:node/2"]
