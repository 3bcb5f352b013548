"""Random nights of two regions: whatever comes, goes and is decided, nothing is lost, ids stay and decisions hold.

Works of which up to three sources tell; every night a few of them move, are renamed, numbered anew, told twice or lose
their coordinates; files are missing, broken or cut; sources get another id; what was kept, or the registry, is lost.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from night_world import COUNTRIES, EVENTS, Event, Row, World, the_registry_is_lost, what_was_kept_is_lost

from inducult_geo import open_release
from inducult_geo.memory import registry_of
from inducult_geo.pipeline import run_all
from inducult_geo.publish.promises.verify import verify
from inducult_geo.review.table import decide
from inducult_geo.run import open_run
from inducult_geo.store import DataFolder, current_release

NIGHTS = 25
AGAIN = 6
"""Records that were decided about last, and are likely to be decided about again: words meet, and make rings."""


@dataclass(frozen=True)
class Told:
    """What a release tells: site (null: none) and region of each record, the rejected, the pairs asked about, and the
    whole of each site that is a part.
    """

    site: pd.Series
    region: pd.Series
    rejected: frozenset[str]
    asked: frozenset[frozenset[str]]
    whole: dict[str, str]

    @classmethod
    def of(cls, data: Path) -> Told:
        release = current_release(DataFolder(data))
        assert release is not None
        broken = [finding for finding in verify(release) if not finding.ok]
        assert not broken
        columns = ["record_key", "site_id", "region"]
        records = pd.read_parquet(release / "records.parquet", columns=columns).set_index("record_key")
        whole = pd.read_parquet(release / "sites.parquet").set_index("site_id")["part_of"].dropna().to_dict()
        with closing(sqlite3.connect(f"file:{release / 'inducult.gpkg'}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
            rejected = [*database.execute("SELECT record_key FROM rejected")] if "rejected" in tables else []
            pairs = "SELECT left_key, right_key FROM review WHERE kind = 'pair'"
            asked = [*database.execute(pairs)] if "review" in tables else []
        refused = frozenset(key for (key,) in rejected)
        return cls(records["site_id"], records["region"], refused, frozenset(map(frozenset, asked)), whole)

    def wholes(self, site: str) -> list[str]:
        """Return what a site is part of, the innermost first."""
        found = [site]
        while (whole := self.whole.get(found[-1])) is not None:
            found.append(whole)
        return found[1:]

    def members(self) -> dict[str, frozenset[str]]:
        """Site -> the keys of its records."""
        there = self.site.dropna()
        return {str(site): frozenset(keys) for site, keys in there.groupby(there).groups.items()}


def now_called(keys: frozenset[str], world: World) -> frozenset[str]:
    """Return keys as they are since tonight's lists have other ids."""
    parts = (key.partition(":") for key in keys)
    return frozenset(f"{world.renamed.get(source, source)}:{own}" for source, _, own in parts)


def decide_something(world: World, told: Told) -> None:
    """Answer a question, or decide about two records that were spoken of, of one site, or of one region."""
    chance, there = world.chance, told.site.dropna()
    before = [key for key in world.spoken if key in there.index]
    if len(before) >= AGAIN and chance.random() < 0.5:
        left, right = chance.sample(before, 2)
    elif told.asked and chance.random() < 0.6:
        left, right = sorted(chance.choice(sorted(map(sorted, told.asked))))
    else:
        left = chance.choice(there.index.tolist())
        others = there.index[(there == there[left]) & (there.index != left)].tolist()
        near = there.index[(told.region[there.index] == told.region[left]) & (there.index != left)].tolist()
        right = chance.choice(others or near)
    again = frozenset((left, right)) in world.decided
    verdict = "undecided" if again and chance.random() < 0.5 else chance.choice(("same", "different", "part_of"))
    world.spoken = [*dict.fromkeys((left, right, *before))][:AGAIN]
    left, right = chance.sample((left, right), 2)
    if decide(left, verdict, right, open_run(world.data), who="night").refused:
        return
    world.decided.pop(frozenset((left, right)), None)
    if verdict != "undecided":
        world.decided[frozenset((left, right))] = verdict, left


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


def forget_what_nothing_tells(world: World) -> None:
    """Where both that tell who went on as whom are lost, a list under another id is a new one to the decisions."""
    processed = world.data / "processed"
    if not ((processed / "registry.parquet").exists() or (processed / "regions").exists()):
        anew = {name for source, name in world.ids.items() if name != source}
        own = {key: key.partition(":")[0] for pair in world.decided for key in pair}
        world.decided = {pair: word for pair, word in world.decided.items() if anew.isdisjoint(map(own.get, pair))}


def decisions_hold(world: World, told: Told) -> None:
    """What was decided is so, and nobody is asked about it."""
    world.decided = {
        now_called(pair, world): (verdict, *now_called(frozenset([first]), world))
        for pair, (verdict, first) in world.decided.items()
    }
    assert told.asked.isdisjoint(world.decided)
    said = (world.data / "processed" / "current" / "manifest.json").read_text(encoding="utf-8")
    for pair, (verdict, first) in world.decided.items():
        (second,) = pair - {first}
        left, right = told.site.get(first), told.site.get(second)
        if isinstance(left, str) and isinstance(right, str):
            assert (left == right) == (verdict == "same")
            # A word on other records of both sites may turn it round, or name another whole: then that is told.
            is_so = verdict != "part_of" or right in told.wholes(left)
            assert is_so or f"'{first}' part_of '{second}'" in said


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
        forget_what_nothing_tells(world)
        run_all([], open_run(world.data))
        before, told = told, Told.of(world.data)
        all_are_there(world, told)
        ids_stay(world, before, told)
        decisions_hold(world, told)
        assert not run_all([], open_run(world.data)).is_new


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("is_lost", [what_was_kept_is_lost, the_registry_is_lost])
def test_a_record_that_went_to_another_region_leaves_its_id_behind_for_good(world: World, is_lost: Event) -> None:
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
        is_lost(world, "", 0)
    assert nights[0]["list-any:1"] == nights[0]["osm:node/2"]
    assert [night["osm:node/2"] for night in nights] == [nights[0]["osm:node/2"]] * 3
    assert nights[1]["list-any:1"] == nights[2]["list-any:1"] != nights[0]["osm:node/2"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_a_record_under_its_third_key_is_followed_by_who_compares_releases(world: World) -> None:
    """Others hold its site all the while; at last a person parts it from them, by the key that it had at first."""
    work = Row(1, "Brauerei", "Dorgra", *world.anywhere("zwickau"))
    world.ids = {"list-any": "list-any"}
    releases = []
    for number in (1, 11, 21, 21):
        world.rows = {"list-any": {number: work}, "osm-zwickau": {2: work}, "osm-leoben": {}}
        world.write()
        run_all([], open_run(world.data))
        releases.append(open_release(world.data))
        if len(releases) == 3:
            decide("list-any:1", "different", "osm:node/2", open_run(world.data), who="Eva")
    first, *_, last = releases
    assert first.changes.empty
    told = last.changes_since(first)
    split = told[told["change"] == "split"].iloc[0]
    assert split["detail"] == f"holds records that were in {first.sites['site_id'].iloc[0]}"
    assert "new" not in set(told["change"])
    assert set(told["cause"]) == {"Eva decided different", "Eva decided different; list-any under new keys"}
    assert dict(zip(last.former_keys["former_key"], last.former_keys["record_key"], strict=True)) == {
        "list-any:1": "list-any:21",
        "list-any:11": "list-any:21",
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("word", ["same", "different"])
@pytest.mark.parametrize("goes", ["one", "both", "both, and the first is in two regions"])
def test_a_night_after_records_went_to_another_region_publishes_nothing(world: World, goes: str, word: str) -> None:
    """The region that they left told otherwise of the words on them once the registry said where they are."""
    first, second = (Row(at, "Brauerei", name, *world.anywhere("zwickau")) for at, name in enumerate(("Dorgra", "Tal")))
    world.ids = {"list-any": "list-any"}
    world.rows = {"list-any": {1: first, 5: second}, "osm-zwickau": {2: first}, "osm-leoben": {}}
    world.write()
    run_all([], open_run(world.data))
    decide("list-any:1", word, "osm:node/2" if word == "same" else "list-any:5", open_run(world.data), who="Eva")
    run_all([], open_run(world.data))
    there = world.anywhere("leoben")
    world.rows["list-any"] = {1: replace(first, lon=there[0], lat=there[1]), 5: second}
    if goes != "one":
        world.rows["list-any"][5] = replace(second, lon=there[0], lat=there[1] + 0.01)
    if "two" in goes:
        world.rows["osm-leoben"] = {2: world.rows["list-any"][1]}
    world.write()
    nights = [run_all([], open_run(world.data)) for _ in range(3)]
    assert [night.is_new for night in nights] == [True, False, False]
    told = [[one.stage.problems for one in night.regions if one.stage] for night in nights]
    assert told[0] == told[1] == told[2], "what is noticed is told every night"
    records = open_release(world.data).records.set_index("record_key")["site_id"]
    is_one = records["list-any:1"] == records["osm:node/2"]
    assert is_one == ("two" in goes), "what lies in both regions goes with the others of its site"
    is_told = any("lie in two regions now" in "".join(problems) for problems in told[0])
    assert is_told == (word == "same" and not is_one)
