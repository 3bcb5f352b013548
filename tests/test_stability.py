"""Ids stay, whatever happens to the input: its order, OpenStreetMap's numbers, sources that come and go, borders."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_rows import backdrop, point, records, row, square

from inducult_geo.frames import Records
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.identity.borders import shared_ids, since_own_records, with_own_ids
from inducult_geo.match.identity.registry import empty_registry, merge_registries
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.opening.tracing import id_changes
from inducult_geo.resolving.recalled import recalled, recalled_before

NAMES = ("Sappi Lanaken", "Ziegelei Brunner", "Papirnica Goričane", "Huta Zygmunt", "Cartiera Favini", "Sklárna Moser")
COLUMNS = ["record_key", "region", "site_id"]
QUICK = settings(max_examples=3)


def world(*, numbers: int = 0, sources: str = "osm list register", day: str = "2026-01-01") -> list[dict]:
    """Six works 5 km apart, each told of by up to three sources; `numbers` is where OpenStreetMap starts to count."""
    rows = []
    for at, name in enumerate(NAMES):
        known = {"accuracy_m": 20.0, "retrieved_at": day, "type": "factory", "aspect": "factory"}
        rows.append(row(f"osm:way/{numbers + at}", name, square(120, 5000 * at), **known))
        rows.append(row(f"list:{at}", f"{name} GmbH", point(5000 * at + 60), **known))
        rows.append(row(f"register:{at}", name, point(5000 * at + 30), **known))
    kept = [one for one in rows if one["source"] in sources.split()]
    return kept + [one | {"retrieved_at": day, "region": "zwickau"} for one in backdrop(3)]


def run(rows: list[dict], registry: pd.DataFrame | None = None) -> Resolution:
    known = empty_registry() if registry is None else registry
    table = records(*rows) if rows else records(*world()[:1]).iloc[:0]
    return resolve(Records(table), contracts={}, decisions=Decisions(), registry=known)


@cache
def first() -> Resolution:
    return run(world())


@QUICK
@given(st.permutations(range(len(world()))))
def test_another_order_of_the_input_changes_nothing(order: list[int]) -> None:
    rows = world()
    again = run([rows[at] for at in order], first().registry)
    pd.testing.assert_series_equal(again.members, first().members)
    afresh = run([rows[at] for at in order])
    pd.testing.assert_series_equal(afresh.members, first().members)
    pd.testing.assert_frame_equal(afresh.registry, first().registry)


@QUICK
@given(st.integers(100, 10_000), st.randoms(use_true_random=False))
def test_new_numbers_in_openstreetmap_keep_every_id(start: int, random: object) -> None:
    rows = world(numbers=start, day="2026-02-01")
    random.shuffle(rows)
    later = run(rows, first().registry)
    for at in range(6):
        assert later.members[f"osm:way/{start + at}"] == first().members[f"osm:way/{at}"]
        assert later.members[f"list:{at}"] == first().members[f"list:{at}"]
    alone = run(world(sources="osm"))
    renumbered = run(world(numbers=start, sources="osm", day="2026-02-01"), alone.registry)
    for at in range(6):
        assert renumbered.members[f"osm:way/{start + at}"] == alone.members[f"osm:way/{at}"]
    changes = id_changes(renumbered.registry)
    assert changes["change"].tolist() == ["renumbered"] * 6
    assert changes["cause"].str.contains("the same name").all()


@QUICK
@given(st.lists(st.sampled_from(["osm", "list", "register"]), min_size=1, max_size=4))
def test_sources_that_come_and_go_change_no_id(gone: list[str]) -> None:
    """One source after the other is taken out, and added again; in between the others stay."""
    registry = first().registry
    for day, source in enumerate(gone, start=1):
        rest = " ".join({"osm", "list", "register"} - {source})
        without = run(world(sources=rest, day=f"2026-02-{2 * day:02d}"), registry)
        for key, site in without.members.items():
            assert site == first().members[key]
        whole = run(world(day=f"2026-02-{2 * day + 1:02d}"), without.registry)
        pd.testing.assert_series_equal(whole.members, first().members)
        registry = whole.registry


@QUICK
@given(st.sampled_from(["osm", "list", "register"]))
def test_a_new_source_changes_no_id(new: str) -> None:
    rest = " ".join({"osm", "list", "register"} - {new})
    before = run(world(sources=rest))
    after = run(world(day="2026-02-01"), before.registry)
    for key, site in before.members.items():
        assert after.members[key] == site
    for at in range(6):
        assert len({after.members[f"list:{at}"], after.members[f"register:{at}"], after.members[f"osm:way/{at}"]}) == 1


def tiled(border_m: float, registry: pd.DataFrame, day: str) -> tuple[dict[str, str], pd.DataFrame]:
    """Resolve west and east of a border apart, as two regions, and bring their registries together."""
    parts, members = {}, {}
    for region in ("east", "west"):
        rows = [
            one | {"region": region}
            for one in world(day=day)
            if (one["geometry"].centroid.x - point().x < border_m) == (region == "west")
        ]
        made = run(rows, registry)
        parts[region] = made.registry
        members |= {(key, region): site for key, site in made.members.items()}
    table = pd.DataFrame([(key, region, site) for (key, region), site in members.items()], columns=COLUMNS)
    renamed = shared_ids(table, registry)
    table = with_own_ids(table, renamed, "site_id")
    assert table.groupby("site_id")["region"].nunique().max() == 1
    own = {region: with_own_ids(part, renamed, "site_id") for region, part in parts.items()}
    return dict(zip(table["record_key"], table["site_id"], strict=True)), merge_registries(registry, own)


@QUICK
@given(st.lists(st.integers(-1, 6), min_size=1, max_size=4))
def test_a_border_that_moves_changes_no_id(borders: list[int]) -> None:
    """Borders between the works: each record is in one region or the other, and keeps its site."""
    first, registry = tiled(7500, empty_registry(), "2026-01-01")
    for day, border in enumerate(borders, start=2):
        members, registry = tiled(5000 * border + 2500, registry, f"2026-01-{day:02d}")
        assert members == first
        rows = registry.dropna(subset=["record_key"]).set_index("record_key")
        assert rows["site_id"].to_dict() == first
        assert set(rows["last_seen"]) == {f"2026-01-{day:02d}"}


def test_a_border_through_works_splits_them_and_the_way_back_joins_them() -> None:
    first, registry = tiled(7500, empty_registry(), "2026-01-01")
    split, registry = tiled(10_045, registry, "2026-01-02")
    works = {key: site for key, site in first.items() if key.endswith((":2", "/2")) and not key.startswith(("a", "b"))}
    assert len(set(works.values())) == 1
    assert len({split[key] for key in works}) == 2
    assert set(works.values()) <= {split[key] for key in works}
    back, registry = tiled(7500, registry, "2026-01-03")
    assert back == first
    merged = id_changes(registry)
    assert merged["change"].tolist() == ["merged"]
    assert "are now there" in merged.loc[0, "cause"]


@pytest.mark.parametrize("is_dated", [False, True])
def test_what_shared_an_id_is_as_old_as_its_own_records(is_dated: bool) -> None:
    """An undated row went to another region: its site was said to be as old as the one that it had left.

    Where the dated one went, what stayed was as old for one night more.
    """
    rows = [one | ({"retrieved_at": None} if one["source"] == "list" else {}) for one in world(sources="osm list")]
    before = run(rows)
    keys = {one["source"]: one["record_key"] for one in rows if one["record_key"].endswith(("list:2", "/2"))}
    gone = keys["osm" if is_dated else "list"]
    goes = [one | {"region": "west"} for one in rows if one["record_key"] == gone]
    stays = [one for one in rows if one["record_key"] != gone]
    parts = {"west": run(goes, before.registry), "zwickau": run(stays, before.registry)}
    homes = [(key, region, site) for region, part in parts.items() for key, site in part.members.items()]
    renamed = shared_ids(pd.DataFrame(homes, columns=COLUMNS), before.registry)
    old = before.members["list:2"]
    own = renamed["west", old]
    sites = pd.concat([with_own_ids(part.sites, renamed, "site_id") for part in parts.values()])
    assert sites.set_index("site_id").loc[[old, own], "first_seen"].tolist() == ["2026-01-01"] * 2
    known = {region: with_own_ids(part.registry, renamed, "site_id") for region, part in parts.items()}
    known["zwickau"] = known["zwickau"][known["zwickau"]["record_key"] != gone]
    since = since_own_records(sites, merge_registries(before.registry, known)).set_index("site_id")["first_seen"]
    dated, undated = (own, old) if is_dated else (old, own)
    assert since[dated] == "2026-01-01"
    assert pd.isna(since[undated])


def test_a_site_is_as_old_as_what_the_other_region_leaves_of_it() -> None:
    """Its dated record was the other region's; the next night knew, and published the site without a date."""
    registry = pd.DataFrame(
        [("list:1", "IC-A", None, "leoben"), ("osm:node/2", "IC-B", "2026-01-01", "zwickau")],
        columns=["record_key", "site_id", "first_seen", "region"],
    )
    sites = pd.DataFrame({"site_id": ["IC-A", "IC-B"], "first_seen": ["2026-01-01"] * 2})
    since = since_own_records(sites, registry)["first_seen"]
    assert since.isna().tolist() == [True, False]


def test_a_source_that_is_called_otherwise_now_is_no_other_one() -> None:
    """All ids of what it alone tells were new, and decisions were lost, since somebody changed the id of a contract."""
    alone = run(world(sources="list"))
    renamed = [
        one | ({"source": "wykaz", "record_key": one["record_key"].replace("list:", "wykaz:")} if at < 6 else {})
        for at, one in enumerate(world(sources="list"))
    ]
    now = Records(records(*renamed))
    registry, (told,) = recalled(now, alone.registry, {"wykaz", "osm"})
    assert told.startswith("source 'list' is called 'wykaz' now: 6 records of it")
    assert recalled_before(["another thing", told]) == [told]
    after = run(renamed, registry)
    for at in range(6):
        assert after.members[f"wykaz:{at}"] == alone.members[f"list:{at}"]
    assert set(after.registry["succeeds"].dropna()) == {f"list:{at}" for at in range(6)}
    # Another night brings a new row: of the former list nobody is left to go on.
    later = Records(records(*renamed, row("wykaz:6", "Browar Opole", point(40_000))))
    assert recalled(later, after.registry, {"wykaz", "osm"})[1] == []
    # While both are declared they are two lists, and another list under the same numbers is another.
    assert recalled(now, alone.registry, {"wykaz", "list", "osm"})[1] == []
    others = Records(now.assign(geometry=now.geometry.translate(0, 400)))
    assert recalled(others, alone.registry, {"wykaz", "osm"})[1] == []
    others = Records(now.assign(names=[f'{{"name": "Browar {at}"}}' for at in range(len(now))]))
    assert recalled(others, alone.registry, {"wykaz", "osm"})[1] == []
    more = Records(records(*renamed, *(row(f"wykaz:n{at}", "Browar", point(50_000 + at)) for at in range(7))))
    assert recalled(more, alone.registry, {"wykaz", "osm"})[1] == [], "most of it is new"
    # Who went on as one goes on as no second, and for two that are gone one does not go on.
    third = now.assign(record_key=now["record_key"].str.replace("wykaz", "third"), source="third")
    assert recalled(Records(third), after.registry, {"wykaz", "third"})[1] == []
    twin = alone.registry.assign(record_key=alone.registry["record_key"].str.replace("list", "alt"))
    assert len(recalled(now, pd.concat([alone.registry, twin], ignore_index=True), {"wykaz"})[1]) == 1


def test_a_share_has_the_id_of_its_own_again_where_outlines_overlap() -> None:
    """Every night its region joined it with what the other region has, and it got yet another id."""
    registry = pd.DataFrame(
        [("list:1", "leoben", "IC-OWN"), ("list:2", "leoben", "IC-SIDE"), ("osm:node/2", "zwickau", "IC-BOTH")],
        columns=COLUMNS,
    )
    tonight = registry.assign(site_id=["IC-BOTH", "IC-SIDE", "IC-BOTH"])
    assert shared_ids(tonight, registry) == {("leoben", "IC-BOTH"): "IC-OWN"}
    others = pd.concat([tonight, pd.DataFrame([("list:3", "leoben", "IC-OWN")], columns=COLUMNS)])
    ((_, made),) = shared_ids(others, registry).items()
    assert made not in {"IC-OWN", "IC-SIDE", "IC-BOTH"}, "another site bears it tonight"


def test_two_shares_that_had_one_id_do_not_both_get_it_again() -> None:
    held = [("list:1", "leoben", "IC-OWN"), ("list:2", "opole", "IC-OWN")]
    held += [(f"osm:node/{n}", "zwickau", "IC-BOTH") for n in (1, 2)]
    registry = pd.DataFrame(held, columns=COLUMNS)
    own, other = shared_ids(registry.assign(site_id="IC-BOTH"), registry).values()
    assert own == "IC-OWN"
    assert other not in {"IC-OWN", "IC-BOTH"}
    # Nor do two that one record of both regions founds get one.
    both = registry.assign(record_key=["list:1", "list:1", "osm:node/1", "osm:node/2"], site_id="IC-BOTH")
    assert len({"IC-BOTH", *shared_ids(both, registry[2:]).values()}) == 3
    # Of several the one that most of its records had.
    had = [("list:1", "leoben", "IC-A"), ("list:2", "leoben", "IC-B"), ("list:3", "leoben", "IC-B")]
    known = pd.DataFrame(had + [(f"osm:node/{n}", "zwickau", "IC-BOTH") for n in range(4)], columns=COLUMNS)
    assert shared_ids(known.assign(site_id="IC-BOTH"), known) == {("leoben", "IC-BOTH"): "IC-B"}


def test_a_share_does_not_take_the_id_of_a_record_that_goes_to_the_other_region() -> None:
    """Its own records changed their id, and that of the other region's record stood a kilometer away."""
    registry = pd.DataFrame(
        [("list:1", "leoben", "IC-OWN"), ("osm:node/2", "zwickau", "IC-LEFT")],
        columns=COLUMNS,
    )
    for home in ("IC-LEFT", "IC-OTHER"):
        tonight = registry.assign(site_id=["IC-LEFT", home])
        assert shared_ids(tonight, registry) == {("leoben", "IC-LEFT"): "IC-OWN"}
    # Of a record that both have the id is at home in both: the larger share keeps it.
    homes = [("list:1", "leoben", "IC-OWN"), ("list:1", "zwickau", "IC-OWN"), ("osm:node/2", "zwickau", "IC-OWN")]
    assert [*shared_ids(pd.DataFrame(homes, columns=COLUMNS), registry[:1])] == [("leoben", "IC-OWN")]
