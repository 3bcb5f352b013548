"""The difference of two releases, on small made-up ones."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from bundles import contracts, small_bundle

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.compared.changes import (
    CHANGE_COLUMNS,
    CHANGES,
    _without_site,
    diff,
    with_changes,
    write_changes,
)
from inducult_geo.publish.compared.snapshot import Record, Snapshot
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.columns import CHANGES as CHANGE_LAYER
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.research.geoparquet import write_geoparquet
from inducult_geo.releasing.withholding import for_release

FORMER = ["former_key", "record_key"]
X, Y = 4_500_000.0, 3_000_000.0
SITES = {  # site: name, status, x, and its records
    "IC-A-1": ("Cihelna", "disused", 0.0, ("osm:way/1", "list:1")),
    "IC-B-2": ("Huta", "functional", 5000.0, ("osm:way/2", "list:2", "list:2b")),
    "IC-C-3": (None, "unknown", 9000.0, ("osm:node/3",)),
}


def _release(
    folder: Path,
    sites: dict,
    *,
    hashes: dict | None = None,
    loose: tuple = (),
    crs: int = 3035,
    more: dict | None = None,
    read: dict | None = None,
    ids: dict | None = None,
    keys: dict | None = None,
) -> Path:
    """Write the files of a release; `loose` are records without a site, `more` and `read` further columns.

    `ids` and `keys` are former ids and keys with those that took their places.
    """
    folder.mkdir()
    rows = [(s, name, "opole", status, shapely.Point(X + x, Y)) for s, (name, status, x, _) in sites.items()]
    columns = ["site_id", "name", "region", "status", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=3035)
    frame = frame.astype(dict.fromkeys(columns[:-1], "str")).assign(**(more or {}))
    frame.to_crs(crs).to_parquet(folder / "sites.parquet")
    homes = [(key, s) for s, (*_, keys) in sites.items() for key in keys] + [(key, None) for key in loose]
    records = pd.DataFrame(homes, columns=["record_key", "site_id"])
    records["source"] = [key.split(":")[0] for key in records["record_key"]]
    records["content_hash"] = [(hashes or {}).get(key, "same") for key in records["record_key"]]
    records.astype("str").assign(**(read or {})).to_parquet(folder / "records.parquet")
    for layer, names, said in (("former_ids", ["site_id", "merged_into"], ids), ("former_keys", FORMER, keys)):
        if said:
            table = pd.DataFrame([*said.items()], columns=names)
            pyogrio.write_dataframe(table, folder / GEOPACKAGE, layer=layer)
    return folder


_SERIAL = itertools.count()


def _diff(folder: Path, after: dict, **more) -> pd.DataFrame:
    n = next(_SERIAL)
    return diff(_release(folder / f"old{n}", SITES), _release(folder / f"new{n}", after, **more))


def _told(table: pd.DataFrame) -> list[tuple]:
    return [(row.change, row.site_id, row.cause) for row in table.itertuples()]


def _with(site_id: str, name=None, status=None, x=None, keys=None) -> dict:
    was = SITES[site_id]
    return SITES | {site_id: (name or was[0], status or was[1], was[2] if x is None else x, keys or was[3])}


def _without(*site_ids: str) -> dict:
    return {site_id: site for site_id, site in SITES.items() if site_id not in site_ids}


MORE = {"IC-D-4": ("Zeche", "unknown", 7000.0, ("list:4",))}
OSM_1 = {"hashes": {"osm:way/1": "other"}}
CASES = {
    "nothing": (SITES, {}, []),
    "a new one": (SITES | MORE, {}, [("new", "IC-D-4", "list appeared")]),
    "gone with its record": (_without("IC-C-3"), {}, [("gone", "IC-C-3", "osm vanished")]),
    "its record now rejected": (_without("IC-C-3"), {"loose": ("osm:node/3",)}, [("gone", "IC-C-3", "osm rejected")]),
    "moved by a source": (_with("IC-A-1", x=30.0), OSM_1, [("moved", "IC-A-1", "osm changed")]),
    "moved by a rule": (_with("IC-A-1", x=30.0), {}, [("moved", "IC-A-1", "matching")]),
    "a shift of half a meter": (_with("IC-A-1", x=0.5), OSM_1, []),
    "a shift of two meters": (_with("IC-A-1", x=2.0), OSM_1, [("moved", "IC-A-1", "osm changed")]),
    "renamed": (_with("IC-A-1", "Ziegelei"), OSM_1, [("renamed", "IC-A-1", "osm changed")]),
    "named at last": (_with("IC-C-3", "Mine"), {}, [("renamed", "IC-C-3", "matching")]),
    "reopened": (_with("IC-A-1", status="functional"), OSM_1, [("reopened", "IC-A-1", "osm changed")]),
    "closed": (_with("IC-B-2", status="decommissioned"), {}, [("closed", "IC-B-2", "matching")]),
    "from disused to decommissioned": (
        _with("IC-A-1", status="decommissioned"),
        OSM_1,
        [("revised", "IC-A-1", "osm changed")],
    ),
    "merged": (
        {"IC-A-1": ("Cihelna", "disused", 0.0, (*SITES["IC-A-1"][3], "osm:node/3")), "IC-B-2": SITES["IC-B-2"]},
        {},
        [("merged", "IC-C-3", "osm regrouped")],
    ),
    "split": (
        _with("IC-B-2", keys=("osm:way/2", "list:2")) | {"IC-D-4": ("Nebenwerk", "unknown", 5100.0, ("list:2b",))},
        {},
        [("split", "IC-D-4", "list regrouped")],
    ),
    "a record that changes sides": (
        _with("IC-B-2", keys=("osm:way/2", "list:2"))
        | {"IC-C-3": (None, "unknown", 9000.0, ("osm:node/3", "list:2b"))},
        {},
        [("split", "IC-C-3", "list regrouped")],
    ),
    "an id that is replaced": (
        _without("IC-C-3") | {"IC-D-4": SITES["IC-C-3"]},
        {},
        [("new", "IC-D-4", "osm regrouped"), ("gone", "IC-C-3", "osm regrouped")],
    ),
    "two ways at once": (
        _with("IC-A-1", "Ziegelei", "functional", 40.0, ("osm:way/1",)),
        OSM_1,
        [(change, "IC-A-1", "list vanished; osm changed") for change in ("moved", "renamed", "reopened")],
    ),
    "renamed in a list that was numbered anew": (
        _with("IC-C-3", "Mine", keys=("osm:node/33",)),
        {},
        [("renamed", "IC-C-3", "osm under new keys")],
    ),
    "renamed as another row of a list is of it": (
        _with("IC-A-1", "Ziegelei", keys=("osm:way/1", "list:9")),
        {},
        [("renamed", "IC-A-1", "list appeared and vanished")],
    ),
    "split off under new keys": (
        _with("IC-B-2", keys=("osm:way/2", "list:B")) | {"IC-D-4": ("Nebenwerk", "unknown", 5100.0, ("list:C",))},
        {"keys": {"list:2": "list:B", "list:2b": "list:C"}},
        [("split", "IC-D-4", "list regrouped under new keys")],
    ),
    "renamed as a row of another key": (
        _with("IC-A-1", "Ziegelei", keys=("osm:way/1", "list:9")),
        {"keys": {"list:1": "list:9"}},
        [("renamed", "IC-A-1", "list under new keys")],
    ),
    "merged under a new key": (
        _without("IC-C-3") | {"IC-A-1": (*SITES["IC-A-1"][:3], (*SITES["IC-A-1"][3], "osm:way/33"))},
        {"keys": {"osm:node/3": "osm:way/33"}},
        [("merged", "IC-C-3", "osm regrouped under new keys")],
    ),
    "merged, of which no record tells": (
        _without("IC-C-3"),
        {"ids": {"IC-C-3": "IC-A-1"}},
        [("merged", "IC-C-3", "osm vanished")],
    ),
    "merged into one that is new itself": (
        _without("IC-C-3") | MORE,
        {"ids": {"IC-C-3": "IC-D-4"}},
        [("new", "IC-D-4", "list appeared"), ("gone", "IC-C-3", "osm vanished")],
    ),
    "under a new key, and rejected": (
        _without("IC-C-3"),
        {"loose": ("osm:way/33",), "keys": {"osm:node/3": "osm:way/33"}},
        [("gone", "IC-C-3", "osm rejected")],
    ),
    "a key that is there still is believed": (
        _with("IC-A-1", "Ziegelei", keys=("osm:way/1", "list:1", "list:9")),
        {"keys": {"list:1": "list:9"}},
        [("renamed", "IC-A-1", "list appeared")],
    ),
    "a record that joins changes nothing to see": (_with("IC-A-1", keys=(*SITES["IC-A-1"][3], "list:9")), {}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_found_with_its_cause(tmp_path: Path, case: str) -> None:
    after, more, expected = CASES[case]
    table = _diff(tmp_path, after, **more)
    assert _told(table) == expected
    assert {name: str(kind) for name, kind in table.dtypes.items()} == dict(CHANGE_COLUMNS)


def test_every_kind_of_change_has_a_case() -> None:
    assert {change for *_, expected in CASES.values() for change, *_ in expected} == set(CHANGES)


def test_details_and_distance_are_for_a_person(tmp_path: Path) -> None:
    (moved,) = _diff(tmp_path, _with("IC-A-1", x=30.4)).itertuples()
    assert (moved.detail, moved.distance_m, moved.name, moved.region) == ("30 m", 30.4, "Cihelna", "opole")
    (renamed,) = _diff(tmp_path, _with("IC-C-3", "Mine")).itertuples()
    assert renamed.detail == "no name -> Mine"
    assert pd.isna(renamed.distance_m)
    (merged,) = _diff(tmp_path, CASES["merged"][0]).itertuples()
    assert merged.detail == "its records are now in IC-A-1"
    (split,) = _diff(tmp_path, CASES["split"][0]).itertuples()
    assert split.detail == "holds records that were in IC-B-2"


def test_records_and_sites_are_followed_in_words_and_from_the_older_release_too(tmp_path: Path) -> None:
    after, more, _ = CASES["split off under new keys"]
    (split,) = _diff(tmp_path, after, **more).itertuples()
    assert split.detail == "holds records that were in IC-B-2"
    new = _release(tmp_path / "new", after, **more)
    (merged,) = diff(new, _release(tmp_path / "old", SITES)).itertuples()
    assert (merged.change, merged.detail) == ("merged", "its records are now in IC-B-2")
    (merged,) = _diff(tmp_path, _without("IC-C-3"), ids={"IC-C-3": "IC-A-1"}).itertuples()
    assert merged.detail == "its records are now in IC-A-1"
    fresh = _diff(tmp_path, _without("IC-C-3") | MORE, ids={"IC-C-3": "IC-D-4"})
    assert fresh["detail"].tolist() == ["takes the records of IC-C-3", "its records are now in IC-D-4"]


def test_a_word_on_a_record_is_the_same_word_under_its_new_key(tmp_path: Path) -> None:
    """Else it would be told as taken back, and as said anew."""
    old = _said(_release(tmp_path / "old", SITES), ("list:2", "list:2b", "same", "Eva"))
    parted = _with("IC-B-2", keys=("osm:way/2", "list:B")) | {"IC-D-4": ("x", "unknown", 5100.0, ("list:C",))}
    followed = {"list:2": "list:B", "list:2b": "list:C"}
    new = _said(_release(tmp_path / "new", parted, keys=followed), ("list:B", "list:C", "different", "Eva"))
    (split,) = diff(old, new).itertuples()
    assert split.cause == "Eva decided different"


WAS = {
    "type": [None, "ironworks", "mine"],
    "start_year": [1890, None, None],
    "accuracy_m": [100.0, 5.0, None],
    "names": ['{"name": "Cihelna", "de": "Ziegelei"}', None, None],
    "timeline": ["[]", '[{"year": 1990, "event": "closed", "record": "a:1"}]', "no JSON"],
    "licence": ["ODbL-1.0", "CC0-1.0", "CC0-1.0"],
    "confidence": [1.0, 0.9, 1.0],
    "area_m2": [1000.0, None, 8.23],
    "population_per_km2": [None, 0.02, 140.0],
}
IS = {
    "type": ["brickworks", "ironworks", "mine"],
    "start_year": [1904, None, None],
    "accuracy_m": [100.5, 5.0, None],
    "names": ['{"name": "Cihelna", "cs": "Cihelna u lesa"}', None, None],
    "timeline": ["[]", '[{"year": 1990, "event": "closed", "record": "a:2"}]', '[{"year": 1994, "event": "closed"}]'],
    "licence": ["CC-BY-4.0; ODbL-1.0", "CC0-1.0", "CC0-1.0"],
    "confidence": [0.5, 0.9, 1.0],
    "area_m2": [1050.0, None, 9.14],
    "population_per_km2": [None, 0.04, 140.2],
}


def test_every_other_value_that_differs_is_told_and_evidence_is_not(tmp_path: Path) -> None:
    types = {"type": [None, None, "x", "x", "x", "x"]}
    old = _release(tmp_path / "old", SITES, more=WAS, read=types)
    new = _release(tmp_path / "new", SITES, more=IS, read={"type": ["brickworks", *types["type"][1:]]})
    table = diff(old, new)
    assert dict(zip(table["site_id"], table["detail"], strict=True)) == {
        "IC-A-1": "names: Ziegelei (de) -> Cihelna u lesa (cs); type: - -> brickworks; start_year: 1890 -> 1904; "
        "area_m2: 1000 -> 1050; licence: - -> CC-BY-4.0",
        "IC-B-2": "population_per_km2: 0.02 -> 0.04",
        "IC-C-3": "timeline: - -> 1994 closed; area_m2: 8.23 -> 9.14",
    }
    assert set(table["change"]) == {"revised"}
    assert dict(zip(table["site_id"], table["cause"], strict=True)) == {
        "IC-A-1": "osm read otherwise",
        "IC-B-2": "matching",
        "IC-C-3": "matching",
    }


def test_a_record_that_is_placed_otherwise_was_read_otherwise_and_one_that_lies_there_was_not(tmp_path: Path) -> None:
    """The same words at another place: another system or another operation put it there."""
    where = [None, *(shapely.Point(X + 100.0 * at, Y) for at in range(1, 6))]
    there = [*where[:5], shapely.Point(X + 500.002, Y)]
    releases = [
        _release(tmp_path / name, SITES, more=more, read={"geometry": shapely.to_wkb(places).tolist()})
        for name, more, places in (("old", WAS, where), ("new", IS, there))
    ]
    told = diff(*releases)
    assert dict(zip(told["site_id"], told["cause"], strict=True)) == {
        "IC-A-1": "matching",
        "IC-B-2": "matching",
        "IC-C-3": "osm read otherwise",
    }


def test_a_site_whose_record_cannot_be_used_any_more_says_why(tmp_path: Path) -> None:
    why = {"reason": [*[None] * 5, "outside_region"]}
    new = _release(tmp_path / "new", _without("IC-C-3"), loose=("osm:node/3",), read=why)
    (gone,) = diff(_release(tmp_path / "old", SITES), new).itertuples()
    assert gone.detail == "none of its records is in a site: osm:node/3 asked about (outside_region)"
    assert gone.cause == "osm asked about"
    loose = {f"osm:node/{n}": Record("osm", None, None, reason="no_key") for n in range(6)}
    many = _without_site("A", Snapshot({}, {}, {"A": frozenset(loose)}), Snapshot({}, loose, {}))
    assert many.endswith("osm:node/1 rejected (no_key), osm:node/2 rejected (no_key) and 3 more")
    (back,) = diff(new, tmp_path / "old").itertuples()
    assert (back.change, back.cause) == ("new", "osm read otherwise"), "its contract states `crs` now, say"


def test_the_order_is_that_of_the_kinds_then_regions_and_ids(tmp_path: Path) -> None:
    many = {f"IC-{n}-N": ("x", "unknown", n * 10.0, (f"list:{n}",)) for n in (12, 7, 9)}
    after = many | {"IC-A-1": ("Ziegelei", "disused", 99.0, SITES["IC-A-1"][3])}
    one = _diff(tmp_path, after)
    other = _diff(tmp_path, dict(reversed(after.items())))
    pd.testing.assert_frame_equal(one, other)
    assert [*one["change"]] == ["new"] * 3 + ["gone"] * 2 + ["moved", "renamed"]
    assert [*one["site_id"]][:5] == ["IC-12-N", "IC-7-N", "IC-9-N", "IC-B-2", "IC-C-3"]


def test_places_in_degrees_are_compared_in_meters(tmp_path: Path) -> None:
    assert diff(_release(tmp_path / "old", SITES), _release(tmp_path / "new", SITES, crs=4326)).empty
    (moved,) = _diff(tmp_path, _with("IC-A-1", x=30.0), crs=4326).itertuples()
    assert moved.distance_m == pytest.approx(30, abs=0.01)


def test_releases_without_sites_can_be_compared(tmp_path: Path) -> None:
    empty = _release(tmp_path / "empty", {})
    assert diff(empty, empty).empty
    assert set(diff(_release(tmp_path / "old", SITES), empty)["change"]) == {"gone"}
    assert set(diff(empty, tmp_path / "old")["change"]) == {"new"}


def test_a_release_that_is_too_old_to_say_who_decided_is_compared(tmp_path: Path) -> None:
    old = _release(tmp_path / "old", SITES)
    pairs = pd.DataFrame({"left_key": ["osm:way/1"], "right_key": ["list:1"], "decision": ["same"]})
    pyogrio.write_dataframe(pairs, old / GEOPACKAGE, layer="matches")
    assert diff(old, old).empty


@pytest.mark.parametrize("spoil", ["missing", "text", "column"])
def test_a_folder_that_is_no_release_is_told_plainly(tmp_path: Path, spoil: str) -> None:
    good, bad = _release(tmp_path / "good", SITES), _release(tmp_path / "bad", SITES)
    for name in ("sites.parquet", "records.parquet"):
        whole = (bad / name).read_bytes()
        if spoil == "missing":
            (bad / name).unlink()
        elif spoil == "text":
            (bad / name).write_text("PAR1 not really")
        else:
            read = gpd.read_parquet if name == "sites.parquet" else pd.read_parquet
            read(bad / name).drop(columns="site_id").to_parquet(bad / name)
        with pytest.raises(ReleaseError, match=name.split(".")[0]):
            diff(good, bad)
        (bad / name).write_bytes(whole)


def test_changes_are_written_beside_the_releases(tmp_path: Path) -> None:
    old = _release(tmp_path / "old", SITES)
    new = _release(tmp_path / "new", _with("IC-A-1", name="=1+1"))
    path = tmp_path / "changes" / "old_new.csv"
    write_changes(diff(old, new), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(path)
    assert [*table] == [*CHANGE_COLUMNS]
    assert table["name"].tolist() == ["'=1+1"]
    write_changes(diff(new, new), path)
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 1


@pytest.fixture(scope="module")
def public():
    return for_release(small_bundle(), contracts())


def _publish(bundle, folder: Path) -> Path:
    """Write what is compared of a release."""
    folder.mkdir()
    write_geopackage(bundle, folder / GEOPACKAGE)
    write_geoparquet(bundle, folder)
    (folder / "manifest.json").write_text(json.dumps({"run": {"run_id": bundle.run["run_id"]}}))
    return folder


@pytest.fixture(scope="module")
def last(public, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of `public`, which tests compare with and leave as it is: to write one takes a second."""
    return _publish(public, tmp_path_factory.mktemp("changes") / "last")


def _later(bundle, **columns):
    """The same sites one run later, the first one of each column changed."""
    sites = bundle.sites.copy()
    for number, (column, value) in enumerate(columns.items()):
        sites.loc[sites.index[number], column] = value
    return replace(bundle, sites=sites, run={**bundle.run, "run_id": "later"})


def test_the_layer_tells_each_change_at_its_place(public, last: Path, tmp_path: Path) -> None:
    lost, kept = public.sites.iloc[[0]], public.sites.iloc[1:]
    records = public.records.copy()
    records.loc[records["site_id"].eq(lost["site_id"].iloc[0]), ["site_id", "outcome"]] = [None, "review"]
    now = replace(public, sites=kept, records=records, run={**public.run, "run_id": "later"})
    now = _later(now, name="Stará cihelna")
    made, table = with_changes(now, last)
    told = made.changes
    pd.testing.assert_frame_equal(table, diff(last, _publish(made, tmp_path / "new")))
    assert dict(zip(told["change"], told["site_id"], strict=True)) == {
        "gone": lost["site_id"].iloc[0],
        "renamed": kept["site_id"].iloc[0],
    }
    assert told.crs.to_epsg() == 3035
    place = told[told["change"] == "gone"].geometry.iloc[0]
    assert place.distance(lost.geometry.representative_point().iloc[0]) < 0.01
    write_geopackage(made, tmp_path / GEOPACKAGE)
    stored = pyogrio.read_dataframe(tmp_path / GEOPACKAGE, layer="changes")
    assert stored["detail"].tolist() == told["detail"].tolist()
    assert [*stored.columns][:-1] == [column.name for column in CHANGE_LAYER] == [*CHANGE_COLUMNS]


def test_the_first_release_has_nothing_to_compare_with(public) -> None:
    assert with_changes(public, None) == (public, None)


def test_the_same_once_more_tells_the_same_changes(public, last: Path, tmp_path: Path) -> None:
    second, _ = with_changes(_later(public, name="Nová huta"), last)
    assert len(second.changes) == 1
    published = _publish(second, tmp_path / "second")
    third, _ = with_changes(replace(second, changes=None), published)
    write_geopackage(third, tmp_path / GEOPACKAGE)
    assert (tmp_path / GEOPACKAGE).read_bytes() == (published / GEOPACKAGE).read_bytes()
    assert with_changes(public, last)[0].changes is None, "nothing was told the first time"


def test_another_run_that_changes_nothing_tells_nothing(public, last: Path, tmp_path: Path) -> None:
    second = _publish(with_changes(_later(public, name="Nová huta"), last)[0], tmp_path / "second")
    other = replace(_later(public, name="Nová huta"), run={**public.run, "run_id": "third"})
    assert with_changes(other, second)[0].changes.empty


@pytest.mark.parametrize("terms", [{"publish": False}, {"publish_grid_m": 5000.0}])
def test_what_may_no_longer_be_shown_is_not_told_from_the_last_release(public, last: Path, terms: dict) -> None:
    guarded = public.records[public.records["source"].eq("register") & public.records["site_id"].notna()]
    site_id = guarded["site_id"].iloc[0]
    sources = public.sources.copy()
    for column, value in terms.items():
        sources.loc[sources["source"].eq("register"), column] = value
    kept = replace(public, sites=public.sites[public.sites["site_id"] != site_id], sources=sources)
    now = replace(kept, run={**public.run, "run_id": "later"})
    assert site_id not in set(with_changes(now, last)[0].changes["site_id"])
    elsewhere = public.sites["city"].mask(public.sites["site_id"].eq(site_id), "Elsewhere")
    revised = replace(now, sites=public.sites.assign(city=elsewhere))
    assert site_id not in set(with_changes(revised, last)[0].changes["site_id"]), "a town is a place, too"


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("status", "disused", "functional"),
        pytest.param("name", "A", "B", marks=pytest.mark.slow),
        pytest.param("type", "mine", "adit", marks=pytest.mark.slow),
    ],
)
def test_a_value_that_went_with_a_license_is_told_no_more(public, tmp_path: Path, column, before, after) -> None:
    """Works do not reopen because a register is withdrawn, and what it said of them is not said once more."""
    site_id = public.records.loc[public.records["source"].eq("register"), "site_id"].dropna().iloc[0]
    here = public.sites["site_id"].eq(site_id)
    sites = [public.sites.assign(**{column: public.sites[column].mask(here, said)}) for said in (before, after)]
    last = _publish(replace(public, sites=sites[0]), tmp_path / "last")
    now = replace(public, sites=sites[1], run={**public.run, "run_id": "later"})
    assert site_id in set(with_changes(now, last)[0].changes["site_id"]), "while the register is public it is told"
    closed = public.sources.assign(publish=public.sources["publish"] & public.sources["source"].ne("register"))
    assert site_id not in set(with_changes(replace(now, sources=closed), last)[0].changes["site_id"])
    gone = public.sources[public.sources["source"].ne("register")].reset_index(drop=True)
    told = with_changes(replace(now, sources=gone), last)[0].changes
    assert site_id not in set(told["site_id"]), "nobody knows the terms of what is called otherwise, or is not declared"


def test_a_damaged_last_release_is_told(public, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReleaseError, match="folder of a release"):
        with_changes(public, tmp_path / "empty")


def test_every_kind_of_change_has_its_label() -> None:
    assert tuple(DOMAINS["change"]) == CHANGES


def _said(folder: Path, *words: tuple[str, str, str, str | None]) -> Path:
    """Write what people decided of pairs into a release."""
    columns = ["left_key", "right_key", "decision", "decided_by"]
    table = pd.DataFrame([*words], columns=columns).astype("str")
    pyogrio.write_dataframe(table, folder / "inducult.gpkg", layer="matches")
    return folder


MERGED = _without("IC-C-3") | {"IC-A-1": (*SITES["IC-A-1"][:3], (*SITES["IC-A-1"][3], "osm:node/3"))}
PARTED = _with("IC-B-2", keys=("osm:way/2",)) | {"IC-E-5": ("Huta", "functional", 5000.0, ("list:2", "list:2b"))}


@pytest.mark.parametrize(
    ("after", "word", "causes"),
    [
        (MERGED, ("list:1", "osm:node/3", "same", "Eva"), {"Eva decided same"}),
        (MERGED, ("list:1", "osm:node/3", "match", None), {"osm regrouped"}),
        (MERGED, ("list:2", "osm:way/2", "same", "Eva"), {"osm regrouped"}),
        (PARTED, ("list:2", "osm:way/2", "different", "Jan"), {"Jan decided different"}),
        (PARTED, ("list:2", "osm:way/2", "part_of", "Jan"), {"Jan decided part_of"}),
        (PARTED, ("list:2", "osm:way/2", "same", "Jan"), {"list regrouped"}),
    ],
)
def test_a_change_that_a_person_decided_says_who(tmp_path: Path, after: dict, word: tuple, causes: set[str]) -> None:
    new = _said(_release(tmp_path / "new", after), word)
    table = diff(_release(tmp_path / "old", SITES), new)
    assert {*table.loc[table["change"].isin(["merged", "split", "new"]), "cause"]} == causes


@pytest.mark.parametrize(
    ("was", "now", "word", "cause"),
    [
        (None, "IC-B-2", ("osm:node/3", "list:2", "part_of", "Eva"), "Eva decided part_of"),
        (None, "IC-B-2", ("list:2", "osm:node/3", "part_of", "Eva"), "matching"),
        ("IC-E-5", "IC-B-2", ("list:2", "osm:way/2", "same", "Jan"), "Jan decided same"),
    ],
    ids=["a word", "another word", "a word on its whole"],
)
def test_what_becomes_a_part_says_by_whose_word(tmp_path: Path, was, now, word, cause) -> None:
    """A word on two sites that stay two was obeyed, and the change was told to be the program's."""
    sites = [PARTED if was else SITES, SITES]
    wholes = [
        {"part_of": pd.Series([whole if site == "IC-C-3" else None for site in some], dtype="str")}
        for some, whole in zip(sites, (was, now), strict=True)
    ]
    old, new = (
        _release(tmp_path / name, some, more=more)
        for name, some, more in zip(("old", "new"), sites, wholes, strict=True)
    )
    table = diff(old, _said(new, word)).set_index(["site_id", "change"])
    assert table.loc[("IC-C-3", "revised"), "cause"] == cause


@pytest.mark.parametrize(("record", "cause"), [("osm:node/3", "osm changed"), ("osm:way/2", "matching")])
def test_neither_an_old_word_nor_what_its_whole_is_made_of_changed_a_part(tmp_path: Path, record, cause) -> None:
    is_part = {"part_of": pd.Series([None, None, "IC-B-2"], dtype="str")}
    word = ("osm:node/3", "list:2", "part_of", "Eva")
    old = _said(_release(tmp_path / "old", SITES, more=is_part), word)
    new = _release(tmp_path / "new", _with("IC-C-3", "Mine"), more=is_part, hashes={record: "other"})
    assert _told(diff(old, _said(new, word))) == [("renamed", "IC-C-3", cause)]


def test_what_parts_since_a_word_was_taken_back_says_so_and_no_more(tmp_path: Path) -> None:
    old = _said(_release(tmp_path / "old", SITES), ("list:2", "osm:way/2", "same", "Jan"))
    table = diff(old, _release(tmp_path / "new", PARTED))
    assert {*table.loc[table["change"].isin(["split", "new"]), "cause"]} == {"no longer decided same (Jan)"}


def test_what_a_source_did_stands_beside_what_a_person_decided(tmp_path: Path) -> None:
    new = _said(
        _release(tmp_path / "new", MERGED, hashes={"osm:node/3": "other"}), ("list:1", "osm:node/3", "same", "Eva")
    )
    (merged,) = diff(_release(tmp_path / "old", SITES), new).itertuples()
    assert (merged.change, merged.cause) == ("merged", "Eva decided same; osm changed")
