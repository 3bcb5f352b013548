"""Sites whose records were numbered anew keep their ids; nothing else inherits one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from match_rows import point, records, row, square

from inducult_geo.match.identity.agreeing import agreements, bunches, marks_of
from inducult_geo.match.identity.assign import assign_ids
from inducult_geo.match.identity.continuity import FINGERPRINT_COLUMNS, fingerprints, former_keys, heirs, successors
from inducult_geo.match.identity.registry import (
    REGISTRY_COLUMNS,
    empty_registry,
    first_seen_of,
    merge_registries,
    merged_ids,
)
from inducult_geo.pipeline import run_all
from inducult_geo.publish.compared.changes import diff
from inducult_geo.run import open_run

OLD = ("osm:way/1", "Hilti AG", square(80))
NEW_KEY = "osm:way/2"


def assign(table, registry=None, groups=None):
    clusters = {key: key for key in table["record_key"]} | (groups or {})
    return assign_ids(clusters, empty_registry() if registry is None else registry, table)


def thing(key, name, shape, day="2026-01-01", **more):
    return row(key, name, shape, **{"retrieved_at": day, "type": "industrial", **more})


def passed_on(old, new) -> bool:
    first = assign(records(thing(*old) if isinstance(old, tuple) else old))
    second = assign(records(new), first.registry)
    return second.members.iloc[0] == first.members.iloc[0]


SHIFTED = square(80, 30)
CASES = {
    # what: (old, new, whether the site goes on)
    "redrawn": (OLD, thing(NEW_KEY, "Hilti AG", SHIFTED), True),
    "another legal form": (OLD, thing(NEW_KEY, "HILTI Aktiengesellschaft", SHIFTED), True),
    "grown": (OLD, thing(NEW_KEY, "Hilti AG", square(160, 30)), True),
    "an area of what was a node": (("osm:node/1", "Hilti AG", point()), thing(NEW_KEY, "Hilti AG", square(80)), True),
    "a node of what was an area": (OLD, thing("osm:node/2", "Hilti AG", point(60)), True),
    "another type": (OLD, thing(NEW_KEY, "Hilti AG", SHIFTED, type="works"), True),
    "spelled anew": (OLD, thing(NEW_KEY, "Hiltti AG", square(82)), True),
    "spelled anew and moved": (OLD, thing(NEW_KEY, "Hiltti AG", square(80, 60)), False),
    "spelled anew, of another size": (OLD, thing(NEW_KEY, "Hiltti AG", square(120)), False),
    "name grown": (OLD, thing(NEW_KEY, "Hilti Innovation AG", square(82)), True),
    "name lost": (OLD, thing(NEW_KEY, None, square(82)), True),
    "name lost, of another type": (OLD, thing(NEW_KEY, None, square(82), type="works"), False),
    "neither name nor type": (
        thing("osm:way/1", None, square(80), type=None),
        thing(NEW_KEY, None, square(80), type=None),
        False,
    ),
    "another name": (OLD, thing(NEW_KEY, "Hilcona AG", square(80)), False),
    "too far": (OLD, thing(NEW_KEY, "Hilti AG", square(80, 200)), False),
    "too far of a huge one": (("osm:way/1", "Hilti AG", square(2000)), thing(NEW_KEY, "Hilti AG", point(1000)), False),
    "another source": (OLD, thing("register:2", "Hilti AG", square(80)), False),
    "another region": (OLD, thing(NEW_KEY, "Hilti AG", square(80), region="opole"), False),
    "nameless, redrawn": (("osm:way/1", None, square(80)), thing(NEW_KEY, None, square(84, 3)), True),
    "nameless, of another size": (("osm:way/1", None, square(80)), thing(NEW_KEY, None, square(95)), False),
    "nameless, of another type": (("osm:way/1", None, square(80)), thing(NEW_KEY, None, square(80), type="x"), False),
    "nameless, next door": (("osm:way/1", None, square(80)), thing(NEW_KEY, None, square(80, 81)), False),
    "nameless, next hut": (("osm:way/1", None, square(5)), thing(NEW_KEY, None, square(5, 5)), False),
    "nameless, no type": (thing("osm:way/1", None, square(80), type=None), thing(NEW_KEY, None, square(80)), False),
    "nameless nodes": (("osm:node/1", None, point()), thing("osm:node/2", None, point(3)), True),
    "nameless nodes apart": (("osm:node/1", None, point()), thing("osm:node/2", None, point(8)), False),
    "a word of trade is no name": (
        ("osm:node/1", "Ziegelwerk", point()),
        thing("osm:node/2", "Ziegelei", point(30)),
        False,
    ),
    "the trade told now": (("osm:way/1", "Lawena", square(24)), thing(NEW_KEY, "Kraftwerk Lawena", square(43)), True),
    "another trade of one name": (
        ("osm:way/1", "Sägewerk Lawena", square(24)),
        thing(NEW_KEY, "Kraftwerk Lawena", square(43)),
        False,
    ),
    "a place unknown": (OLD, thing(NEW_KEY, "Hilti AG", None), False),
    "a place told only now": (("osm:way/1", "Hilti AG", None), thing(NEW_KEY, "Hilti AG", square(80)), False),
}


@pytest.mark.parametrize(("old", "new", "same"), CASES.values(), ids=CASES)
def test_who_goes_on_as_whom(old, new, same) -> None:
    assert passed_on(old, new) is same


def test_the_registry_tells_of_it() -> None:
    first = assign(records(thing(*OLD, day="2021-05-05")))
    second = assign(records(thing(NEW_KEY, "Hilti AG", SHIFTED, day="2024-03-04")), first.registry)
    rows = second.registry.set_index("record_key")
    site = first.members[OLD[0]]
    assert rows.loc[NEW_KEY, ["succeeds", "cause"]].tolist() == [OLD[0], "the same name, 0 m away"]
    assert rows.loc[NEW_KEY, ["first_seen", "last_seen"]].tolist() == ["2024-03-04", "2024-03-04"]
    assert rows.loc[OLD[0], ["first_seen", "last_seen", "site_id"]].tolist() == ["2021-05-05", "2021-05-05", site]
    assert first_seen_of(second.members, second.registry).tolist() == ["2021-05-05"]
    assert rows.loc[NEW_KEY, [*FINGERPRINT_COLUMNS]].tolist() == [
        *("zwickau", "hilti", 4_600_030.0, 2_900_000.0, 6400.0, "industrial")
    ]
    # A third one follows the second, not the first once more; and the registry stays as it is without changes.
    assert assign(records(thing("osm:way/3", "Hilti AG", square(80))), second.registry).heirs["osm:way/3"].old_key == (
        NEW_KEY
    )
    again = assign(records(thing(NEW_KEY, "Hilti AG", SHIFTED, day="2024-03-04")), second.registry)
    pd.testing.assert_frame_equal(again.registry, second.registry)


def test_seen_is_not_edited() -> None:
    made = assign(records(thing(*OLD, day="2024-03-04", valid_at="2011-01-01")))
    assert made.registry.loc[0, ["first_seen", "last_seen"]].tolist() == ["2024-03-04"] * 2


def test_of_a_site_that_others_hold_the_key_alone_is_followed() -> None:
    both = records(thing(*OLD), thing("register:1", "Hilti", point()))
    first = assign(both, groups={"register:1": "osm:way/1"})
    second = assign(records(thing(NEW_KEY, "Hilti AG", SHIFTED), thing("register:1", "Hilti", point())), first.registry)
    assert (second.heirs[NEW_KEY].old_key, second.heirs[NEW_KEY].inherits) == (OLD[0], False)
    assert second.members["register:1"] == first.members["register:1"] != second.members[NEW_KEY]


def test_who_would_lose_its_site_is_followed_first_and_what_others_hold_is_not_taken_in() -> None:
    held, lone = thing("osm:way/1", "Hilti AG", square(40)), thing("osm:way/2", "Hilti AG", square(40, 20))
    first = assign(records(held, lone, thing("register:1", "Hilti", point())), groups={"register:1": "osm:way/1"})
    new = records(thing("osm:way/3", "Hilti AG", square(40)), thing("register:1", "Hilti", point()))
    (heir,) = assign(new, first.registry).heirs.values()
    assert (heir.old_key, heir.inherits, heir.absorbs) == ("osm:way/2", True, ())
    # What a steward said of the other one is to be followed, too.
    (heir,) = heirs(first.registry, new, fingerprints(new), spoken={"osm:way/1"}).values()
    assert heir.old_key == "osm:way/1"


def test_of_two_that_could_go_on_as_one_one_does() -> None:
    first = assign(records(thing(*OLD)))
    two = records(thing("osm:way/2", "Hilti AG", square(80, 10)), thing("osm:way/3", "Hilti AG", square(90, 20)))
    second = assign(two, first.registry)
    assert [(key, heir.old_key) for key, heir in second.heirs.items()] == [("osm:way/2", OLD[0])]
    assert second.registry["succeeds"].notna().sum() == 1


def test_every_former_key_leads_to_the_last_one() -> None:
    """Be it that it was held by others all the time, and went to a site of its own since."""
    stays = thing("register:1", "Hilti", point())
    made = assign(records(thing(*OLD), stays), groups={"register:1": OLD[0]})
    for key in (NEW_KEY, "osm:way/3"):
        made = assign(records(thing(key, *OLD[1:], day="2024-03-04"), stays), made.registry, {"register:1": key})
    told = former_keys(made.registry)
    assert told["former_key"].tolist() == sorted([OLD[0], NEW_KEY])
    assert set(told["record_key"]) == {"osm:way/3"}
    seen = made.registry.set_index("record_key")["last_seen"]
    assert told["last_seen"].tolist() == seen[told["former_key"]].tolist()
    assert former_keys(assign(records(stays)).registry).empty


def test_an_old_record_that_comes_back_has_its_site_again() -> None:
    first = assign(records(thing(*OLD)))
    second = assign(records(thing(NEW_KEY, "Hilti AG", SHIFTED)), first.registry)
    third = assign(records(thing(*OLD), thing(NEW_KEY, "Hilti AG", SHIFTED)), second.registry)
    assert third.members[OLD[0]] == first.members[OLD[0]]
    assert third.members.is_unique


def test_an_heir_in_another_site_takes_the_old_one_along() -> None:
    neighbor = thing("osm:node/9", "Hilti Museum", point(20))
    first = assign(records(thing(*OLD), neighbor, thing("osm:node/8", None, point(25))))
    registry = first.registry
    joined = dict.fromkeys((NEW_KEY, "osm:node/9"), "osm:node/8")
    second = assign(
        records(thing(NEW_KEY, "Hilti AG", SHIFTED), neighbor, thing("osm:node/8", None, point(25))), registry, joined
    )
    living = set(second.members)
    assert len(living) == 1
    stones = second.registry[second.registry["merged_into"].notna()]
    assert set(stones["merged_into"]) == living
    assert set(stones["site_id"]) == set(first.members) - living
    rows = second.registry.set_index("record_key")
    assert rows.loc[OLD[0], "site_id"] in living


def test_what_was_numbered_anew_twice_moves_with_the_last_and_what_stays_with_others_does_not() -> None:
    stays = thing("a:0", "Hilti", point()), thing("register:1", "Presta", point(900))
    first = assign(records(thing(*OLD), *stays), groups={"a:0": OLD[0]})
    registry = first.registry
    for key in (NEW_KEY, "osm:way/3"):
        table = records(thing(key, *OLD[1:]), *stays)
        found = heirs(registry, table, fingerprints(table), spoken=[OLD[0], NEW_KEY])
        registry = assign_ids({"a:0": key, key: key, "register:1": "register:1"}, registry, table, found=found).registry
    again = assign(table, registry, {"osm:way/3": "register:1"})
    rows = again.registry.set_index("record_key")["site_id"]
    assert set(rows[[OLD[0], NEW_KEY, "osm:way/3"]]) == {first.members["register:1"]}
    assert rows["a:0"] == first.members["a:0"]
    # A steward spoke of it, so it has an heir; its site is held by another record, and it stays there.
    both = assign(records(thing(*OLD), thing("register:1", "Hilti", point())), groups={"register:1": OLD[0]})
    new = records(thing(NEW_KEY, *OLD[1:]), thing("register:1", "Hilti", point()))
    found = heirs(both.registry, new, fingerprints(new), spoken=[OLD[0]])
    apart = assign_ids({key: key for key in new["record_key"]}, both.registry, new, found=found)
    assert (found[NEW_KEY].inherits, found[NEW_KEY].old_key) == (False, OLD[0])
    rows = apart.registry.set_index("record_key")["site_id"]
    assert rows[OLD[0]] == rows["register:1"] != rows[NEW_KEY]


def test_of_a_chain_the_first_that_is_here_goes_on() -> None:
    rows = pd.DataFrame({"record_key": ["b", "c", "d"], "succeeds": ["a", "b", "c"]})
    assert successors("a", rows, {}, "bd") == {"a": "b"}
    assert successors("a", rows, {}, "d") == {"a": "d"}


def test_a_list_that_has_its_old_keys_back_goes_on_under_them() -> None:
    """What was decided under the new keys was lost, and what was taken back under them came to life again."""
    rows = pd.DataFrame({"record_key": ["b", "c", "d"], "succeeds": ["a", "b", None], "went_into": [None, None, "e"]})
    assert successors("bc", rows, {}, "a") == {"b": "a", "c": "a"}
    assert successors("c", rows, {}, "ab") == {"c": "b"}
    assert successors("b", rows, {}, "ac") == {"b": "c"}, "where both are there, on as it went on"
    assert successors("e", rows, {}, "d") == {}, "what took another in is not that other"


def test_each_takes_over_once_the_nearest_first() -> None:
    new = records(thing("osm:way/3", "Hilti AG", square(40, 55)), thing("osm:way/4", "Hilti AG", square(40, 90)))
    for far, near in (("osm:way/1", "osm:way/2"), ("osm:way/2", "osm:way/1")):
        first = assign(records(thing(far, "Hilti AG", square(40)), thing(near, "Hilti AG", square(40, 60))))
        assert assign(new, first.registry).heirs["osm:way/3"].old_key == near


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        pytest.param(square(60), square(80), id="of another size"),
        pytest.param(square(80, 35), square(80, 5), id="farther in it"),
    ],
)
def test_of_two_that_lie_in_the_new_one_the_more_alike_goes_on(worse, better) -> None:
    first = assign(records(thing("osm:way/1", "Hilti AG", worse), thing("osm:way/2", "Hilti AG", better)))
    assert assign(records(thing("osm:way/3", "Hilti AG", square(80))), first.registry).heirs["osm:way/3"].old_key == (
        "osm:way/2"
    )


def test_what_another_region_lost_has_no_heir_here_though_both_are_in_the_run() -> None:
    stay = thing("osm:way/7", "Voest AG", square(80, 5000), region="opole"), thing("osm:way/8", "Presta", point(9000))
    first = assign(records(thing(*OLD), *stay))
    again = assign(records(*stay, thing(NEW_KEY, "Hilti AG", SHIFTED, region="opole")), first.registry)
    assert again.heirs == {}


HALLS = (thing("osm:way/1", "Hilti AG", square(60)), thing("osm:way/5", "Hilti AG", square(30, 50), day="2021-01-01"))
OUTLINE = thing("osm:relation/2", "Hilti AG", square(140, 10))


def test_two_halls_that_become_one_outline_are_merged() -> None:
    first = assign(records(*HALLS))
    second = assign(records(OUTLINE), first.registry)
    living = second.members["osm:relation/2"]
    (gone,) = set(first.members) - {living}
    hall = first.members.index[first.members == gone][0]
    stone = second.registry[second.registry["site_id"] == gone].iloc[0]
    assert (stone["merged_into"], stone["cause"]) == (living, f"its record {hall} went into osm:relation/2")
    assert stone["first_seen"] == first.registry.set_index("record_key").loc[hall, "first_seen"]
    assert second.registry.set_index("record_key").loc[hall, "site_id"] == living
    # Nothing more happens in a run without news, and a hall that comes back has its own id again.
    again = assign(records(OUTLINE), second.registry)
    pd.testing.assert_frame_equal(again.registry, second.registry)
    back = assign(records(OUTLINE, *(one for one in HALLS if one["record_key"] == hall)), second.registry)
    assert back.members.to_dict() == {"osm:relation/2": living, hall: gone}
    assert back.registry["merged_into"].isna().all()


def test_a_site_that_went_into_another_is_merged_though_another_of_its_records_vanished_for_good() -> None:
    """Its id led nowhere, since the record that the register dropped still bore it."""
    first = assign(records(*HALLS, thing("register:5", "Halle Fünf", point(50))), groups={"register:5": "osm:way/5"})
    second = assign(records(OUTLINE), first.registry)
    gone, living = first.members["osm:way/5"], first.members["osm:way/1"]
    assert (second.heirs["osm:relation/2"].old_key, second.members["osm:relation/2"]) == ("osm:way/1", living)
    assert merged_ids(second.registry)[["site_id", "merged_into"]].to_numpy().tolist() == [[gone, living]]
    rows = second.registry.dropna(subset="record_key").set_index("record_key")
    assert rows.loc["register:5", "site_id"] == living
    # Where another hall of it goes on elsewhere, it stands, and what has vanished stays with it.
    works = (*HALLS, thing("osm:way/6", "Hilti AG", square(60, 900)), thing("register:5", "Halle Fünf", point(50)))
    first = assign(records(*works), groups=dict.fromkeys(("osm:way/5", "register:5"), "osm:way/6"))
    second = assign(records(OUTLINE, thing("osm:way/7", "Hilti AG", square(60, 905))), first.registry)
    rows = second.registry.dropna(subset="record_key").set_index("record_key")
    assert rows.loc["osm:way/5", "site_id"] == second.members["osm:relation/2"]
    assert rows.loc["register:5", "site_id"] == second.members["osm:way/7"] == first.members["register:5"]
    assert merged_ids(second.registry).empty


def test_every_hall_that_became_one_outline_leads_to_it_until_it_is_back() -> None:
    """The outline goes on as one of them; of the key of the other nobody could say what became of it."""
    second = assign(records(OUTLINE), assign(records(*HALLS)).registry)
    told = former_keys(second.registry)
    assert told["former_key"].tolist() == sorted(one["record_key"] for one in HALLS)
    assert set(told["record_key"]) == {OUTLINE["record_key"]}
    assert assign(records(OUTLINE, *HALLS), second.registry).registry["went_into"].isna().all()


@pytest.mark.parametrize("east_m", [88, 130])
def test_a_hall_beside_the_outline_is_not_in_it(east_m) -> None:
    first = assign(records(HALLS[0], thing("osm:way/5", "Hilti AG", square(30, east_m))))
    second = assign(records(OUTLINE), first.registry)
    assert second.heirs["osm:relation/2"].absorbs == ()
    assert second.registry["merged_into"].isna().all()


def test_what_a_steward_spoke_of_is_not_taken_in() -> None:
    table, outline = records(*HALLS), records(OUTLINE)
    registry = assign(table).registry
    spoken = {one["record_key"] for one in HALLS}
    assert len(heirs(registry, outline, fingerprints(outline))["osm:relation/2"].absorbs) == 1
    assert heirs(registry, outline, fingerprints(outline), spoken=spoken)["osm:relation/2"].absorbs == ()


def test_an_older_registry_can_still_be_read() -> None:
    first = assign(records(thing(*OLD)))
    older = first.registry[["record_key", "site_id", "first_seen", "last_seen", "merged_into"]]
    same = assign(records(thing(*OLD)), older)
    pd.testing.assert_frame_equal(same.registry, first.registry)
    kept = older.astype(object).where(older.notna(), None)
    assert assign(records(thing(NEW_KEY, "Hilti AG", SHIFTED)), kept).heirs == {}
    assert same.registry.columns.tolist() == [*REGISTRY_COLUMNS]


def test_no_records_at_all() -> None:
    nothing = records(thing(*OLD)).iloc[:0]
    assert fingerprints(nothing).empty
    first = assign(records(thing(*OLD)))
    assert heirs(first.registry, nothing, fingerprints(nothing)) == {}
    assert assign(nothing, first.registry).registry.equals(first.registry)


names = st.sampled_from(["Hilti AG", "Neutrik AG", "Sulzer AG", "Presta Werk 2", None])
things = st.lists(st.tuples(names, st.integers(10, 90)), min_size=1, max_size=7)


@settings(max_examples=8)
@given(things, st.randoms(use_true_random=False), st.integers(-4, 4))
def test_new_numbers_for_everything_keep_every_site(given_things, random, shift_m) -> None:
    def table(start, moved_m=0):
        return [
            thing(f"osm:way/{start + number}", name, square(side_m, 1000 * number + moved_m))
            for number, (name, side_m) in enumerate(given_things)
        ]

    first = assign(records(*table(0)))
    numbered = table(100, shift_m)
    shuffled = random.sample(numbered, len(numbered))
    second, other = assign(records(*numbered), first.registry), assign(records(*shuffled), first.registry)
    assert second.members.tolist() == [
        first.members[f"osm:way/{n}"] for n in sorted(range(len(numbered)), key=str)
    ] or (set(second.members) == set(first.members))
    for number in range(len(given_things)):
        assert second.members[f"osm:way/{100 + number}"] == first.members[f"osm:way/{number}"]
    pd.testing.assert_series_equal(second.members, other.members)
    pd.testing.assert_frame_equal(second.registry, other.registry)


def test_registries_of_regions_side_by_side() -> None:
    def at(region, key, day):
        return thing(key, key, point(100_000 * (region == "opole")), day, region=region)

    start = assign(records(at("opole", "osm:a", "2026-01-01"), at("zwickau", "osm:b", "2026-01-01"))).registry
    fresh = assign(records(at("opole", "osm:a", "2026-02-02"), at("opole", "osm:c", "2026-02-02")), start).registry
    merged = merge_registries(start, {"opole": fresh, "zwickau": start}).set_index("record_key")
    assert merged["last_seen"].to_dict() == {"osm:a": "2026-02-02", "osm:b": "2026-01-01", "osm:c": "2026-02-02"}
    # The record went to another site: its old row must not stay beside the new one.
    moved = fresh.assign(site_id=fresh["site_id"].where(fresh["record_key"] != "osm:a", "IC-0000000-0"))
    whole = merge_registries(start, {"opole": moved})
    assert whole["record_key"].is_unique
    assert whole.set_index("record_key").loc["osm:a", "site_id"] == "IC-0000000-0"
    older = start.drop(columns=[*FINGERPRINT_COLUMNS])
    assert set(merge_registries(older, {"opole": fresh})["record_key"]) == {"osm:a", "osm:b", "osm:c"}


def test_merged_ids_lead_to_what_stands_over_regions_and_a_ring_ends() -> None:
    ids, into = ["IC-B", "IC-A", "IC-R", "IC-S"], ["IC-C", "IC-B", "IC-S", "IC-R"]
    stones = empty_registry().reindex(range(5)).assign(site_id=[*ids, "IC-C"], merged_into=[*into, None])
    told = merged_ids(stones.assign(last_seen="2024-05-01"))
    assert told["site_id"].tolist() == sorted(ids)
    assert told["merged_into"].tolist()[:2] == ["IC-C", "IC-C"]
    assert set(told["merged_into"][2:]) <= {"IC-R", "IC-S"}, "of a ring no id stands"


REGION = """
id = "liechtenstein"
title = "Liechtenstein"
country = "LI"
languages = ["de"]
timezone = "Europe/Vaduz"
bbox = [9.4, 47.0, 9.7, 47.3]
area_km2 = 160
boundary = { "ISO3166-1" = ["LI"] }
"""


@pytest.mark.slow
def test_three_years_of_real_edits(shared: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    (catalog / "regions").mkdir(parents=True)
    (catalog / "regions" / "liechtenstein.toml").write_text(REGION)
    releases = []
    for month in ("2021-05", "2022-07", "2024-03"):
        extract = shared / "data" / "osm" / f"liechtenstein-{month}.osm.pbf"
        outcome = run_all(["liechtenstein"], open_run(tmp_path / "data", catalogs=[catalog], osm_file=extract))
        assert outcome.release is not None
        releases.append(outcome.release)
    old, _, new = (gpd.read_parquet(release / "records.parquet").set_index("record_key") for release in releases)
    vanished = old[~old.index.isin(new.index)]
    held = vanished[vanished["site_id"].isin(set(new["site_id"]))]
    assert len(held) >= 9
    registry = pd.read_parquet(tmp_path / "data" / "processed" / "registry.parquet").set_index("record_key")
    successors = registry.dropna(subset=["succeeds"])
    places = [(gpd.read_parquet(r / "records.parquet").to_crs(3035).set_index("record_key").geometry) for r in releases]
    shapes = pd.concat(places)
    shapes = shapes[~shapes.index.duplicated()]
    assert len(successors) >= 10
    assert shapely.distance(shapes[successors["succeeds"]].to_numpy(), shapes[successors.index].to_numpy()).max() < 50
    sites = gpd.read_parquet(releases[2] / "sites.parquet")
    assert set(sites["last_seen"]) == {date(2024, 3, 4)}
    first = sites.set_index("site_id")["first_seen"]
    assert set(first[held["site_id"]]) == {date(2021, 5, 5)}
    changes = diff(releases[0], releases[2])["change"].value_counts()
    assert changes["gone"] <= 9


def test_a_fingerprint_holds_the_words_of_the_name_in_order_place_and_area():
    table = records(
        row("a:1", "Ziegelei Nord Linde", square(10), type="brickworks"),
        row("a:2", names={"parent": "Konzern", "de": "Ziegelei Nord Linde"}),
        row("a:3", names={"parent": "Konzern"}, geometry=point(3, 4)),
        row("a:4", names={"name": 5}, geometry=point()),
        row("a:5", "-", geometry=point(), region=None),
    )
    marks = fingerprints(table)
    assert [*marks.columns] == [*FINGERPRINT_COLUMNS]
    assert marks.loc["a:1", "name_key"] == marks.loc["a:2", "name_key"] == "@brickworks linde nord"
    assert marks.loc[["a:3", "a:4", "a:5"], "name_key"].isna().all()
    assert marks.loc[["a:1", "a:3"], "area_m2"].tolist() == [100, 0]
    assert marks.loc["a:3", ["x", "y"]].tolist() == [4_600_003, 2_900_004]
    assert marks["x"].isna().tolist() == [False, True, False, False, False]
    assert marks["type"].notna().tolist() == [True, False, False, False, False]
    assert marks["region"].isna().tolist() == [False, False, False, False, True]


def test_what_only_keys_tell_apart_is_compared_once_and_goes_on_by_the_order_of_keys() -> None:
    old = records(*(thing(f"osm:way/{number}", "Hilti AG", point()) for number in range(20)))
    new = records(*(thing(f"osm:node/{number}", "Hilti", point()) for number in range(30)))
    marks = fingerprints(new)
    kept = assign(old).registry
    found = {key: heir.old_key for key, heir in heirs(kept, new, marks).items()}
    assert found == dict(zip(sorted(marks.index)[:20], sorted(old["record_key"]), strict=True))
    sides = [bunches((mark, point()) for mark in marks_of(told)) for told in (fingerprints(old), marks)]
    assert [len(bunch.keys) for side in sides for bunch in side] == [20, 30]
    assert len(agreements(*sides)) == 1


def test_of_many_with_names_and_none_at_one_spot_each_goes_on_by_rank_and_then_by_key() -> None:
    """A record without a name may go on as any; of a rank the smaller old key chooses first, the smallest new one."""
    old = records(thing("osm:way/1", None, point()), thing("osm:way/2", "Presta", point()))
    new = records(*(thing(f"osm:way/{key}", name, point()) for key, name in ((7, "Presta"), (8, None), (9, None))))
    found = heirs(assign(old).registry, new, fingerprints(new))
    assert {key: heir.old_key for key, heir in found.items()} == {"osm:way/7": "osm:way/1", "osm:way/8": "osm:way/2"}


def test_the_order_of_its_words_makes_no_other_name() -> None:
    told = records(thing("osm:a", "Huta Alba", point()), thing("osm:b", "Alba Huta", point()))
    one, other = fingerprints(told)["name_key"]
    assert one == other
