"""The registry of site ids: what regions side by side know of it, and the files that it is read from."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from match_rows import records, row
from test_identity import assign, stones

from inducult_geo.match.identity.assign import assign_ids
from inducult_geo.match.identity.registry import empty_registry, merge_registries, registry_unlike, typed_registry
from inducult_geo.match.identity.site_ids import new_site_id
from inducult_geo.releasing.rescuing import as_released


def test_records_of_other_regions_are_not_gone():
    table = records(row("a:1", "A", region="opole"), row("b:1", "B", region="leoben"))
    both = assign_ids({"a:1": "a:1", "b:1": "b:1"}, empty_registry(), table)
    one = assign_ids({"a:1": "a:1"}, both.registry, records(row("a:1", "A", region="opole")))
    assert not one.registry["is_gone"].any()
    # And what has gone there does not come back by what is seen here.
    gone = both.registry.assign(is_gone=both.registry["record_key"] == "b:1")
    kept = assign_ids({"a:1": "a:1"}, gone, records(row("a:1", "A", region="opole"))).registry
    assert kept.set_index("record_key")["is_gone"].to_dict() == {"a:1": False, "b:1": True}


def test_a_site_that_another_region_holds_is_not_buried_where_its_records_here_leave_it():
    here = [row(key, key, region="opole") for key in ("a:1", "a:2", "a:3")]
    homes_ = {"a:1": "a:1", "a:2": "a:2", "a:3": "a:2", "b:1": "a:1"}
    first = assign_ids(homes_, empty_registry(), records(*here, row("b:1", "B", region="leoben")))
    later = assign_ids(dict.fromkeys(("a:1", "a:2", "a:3"), "a:1"), first.registry, records(*here))
    assert set(later.members) == {first.members["a:2"]}
    assert later.registry.set_index("record_key").loc["b:1", "site_id"] == first.members["b:1"] == first.members["a:1"]
    assert stones(later.registry) == {}


def test_of_regions_side_by_side_a_tombstone_holds_where_no_record_bears_its_id_and_the_last_one_counts():
    """A release that called an id that stands a former one broke its own promise."""
    seen = assign({"a:1": 1, "a:2": 2}).registry.assign(region="opole")

    def buried(site, into):
        grave = seen.iloc[:1].assign(record_key=None, site_id=site, merged_into=into, region=None)
        return pd.concat([seen, grave], ignore_index=True)

    borne = new_site_id("a:2")
    assert stones(merge_registries(buried(borne, "IC-A"), {"opole": seen, "leoben": buried(borne, "IC-B")})) == {}
    assert stones(merge_registries(buried("IC-X", "IC-A"), {"opole": buried("IC-X", "IC-B")})) == {"IC-X": "IC-B"}
    # What one region keeps of an earlier night says nothing of where the other one merged it since.
    assert stones(merge_registries(seen, {"opole": buried("IC-X", borne), "zwickau": buried("IC-X", "IC-A")})) == {
        "IC-X": borne
    }


def test_an_id_that_two_regions_leave_in_one_night_leads_where_its_records_went():
    """Each left it to the other one, and it was forgotten: who looked it up found nothing."""
    both = assign({"a:1": 1, "b:1": 1, "a:2": 2}).registry
    old, new = (both.set_index("record_key").loc[key, "site_id"] for key in ("a:1", "a:2"))
    both["region"] = both["record_key"].map({"a:1": "opole", "b:1": "leoben", "a:2": "opole"})
    both["first_seen"] = both["record_key"].map({"a:1": "2024-01-02", "b:1": "2024-01-01", "a:2": "2024-01-01"})
    both["last_seen"] = both["record_key"].map({"a:1": "2024-01-02", "b:1": "2024-01-03", "a:2": "2024-01-03"})
    shares = {
        region: both.assign(site_id=both["site_id"].where(both["region"] != region, new))
        for region in ("leoben", "opole")
    }
    merged = merge_registries(both, shares)
    assert stones(merged) == {old: new}
    (grave,) = merged[merged["site_id"] == old].to_dict("records")
    assert (grave["first_seen"], grave["last_seen"]) == ("2024-01-01", "2024-01-03")


def test_the_region_that_holds_a_record_speaks_for_it():
    here, there = (
        assign_ids({"a:1": "a:1"}, empty_registry(), records(row("a:1", "A", region=region))).registry
        for region in ("leoben", "opole")
    )
    moved = assign_ids({"b:1": "b:1"}, there, records(row("b:1", "B", region="opole"))).registry
    whole = merge_registries(there, {"leoben": here, "opole": moved}).set_index("record_key")
    assert (whole.loc["a:1", "region"], whole.loc["a:1", "is_gone"]) == ("leoben", False)
    # Of two that hold it the one that says when.
    shares = {"leoben": here.assign(last_seen="2026-01-01"), "opole": there.assign(last_seen=None)}
    assert merge_registries(there, shares)["region"].tolist() == ["leoben"]


def test_a_record_that_stands_twice_in_a_registry_counts_as_last_written():
    first = assign({"a:1": 1, "b:1": 2}).registry
    twice = pd.concat([first, first[first["record_key"] == "a:1"].assign(site_id="IC-later")], ignore_index=True)
    typed = typed_registry(twice)
    assert typed.set_index("record_key")["site_id"]["a:1"] == "IC-later"
    assert len(typed) == 2
    assert typed_registry(first).equals(first)


def test_a_column_in_which_nothing_ever_stood_may_be_of_no_type():
    needed = [("record_key", pa.string()), ("site_id", pa.large_string())]
    assert registry_unlike(pa.schema([*needed, ("succeeds", pa.null()), ("is_gone", pa.bool_())])) is None
    assert registry_unlike(pa.schema([*needed, ("succeeds", pa.int64())])) == "its column 'succeeds' holds int64"
    assert registry_unlike(pa.schema([*needed, ("is_gone", pa.string())])) == "its column 'is_gone' holds string"


def test_a_registry_in_which_nothing_was_seen_is_everybodys_own():
    mine = empty_registry()
    mine["more"] = 1
    assert "more" not in empty_registry()


def test_what_has_vanished_keeps_no_id_of_a_record_that_went_to_another_region():
    """The id led nowhere: a row that was long gone bore it in the registry, and no grave told where the site is."""
    stays, goes = (row(key, "A", region="opole") for key in ("a:1", "a:2"))
    first = assign_ids(dict.fromkeys(("a:1", "a:2"), "a:1"), empty_registry(), records(stays, goes))
    (old,) = set(first.members)
    alone = assign_ids({"a:1": "a:1"}, first.registry, records(stays))
    moved = alone.registry.assign(region="leoben", site_id="IC-B").query("record_key == 'a:1'")
    whole = merge_registries(alone.registry, {"opole": alone.registry.query("record_key == 'a:2'"), "leoben": moved})
    assert stones(whole) == {old: "IC-B"}
    assert set(whole["site_id"].where(whole["record_key"].notna()).dropna()) == {"IC-B"}


def test_an_id_leads_to_where_its_record_is_and_not_where_a_region_that_left_it_thought():
    """Where outlines overlap, a region puts a record of the other one into a site of its own."""
    before = typed_registry(pd.DataFrame({"record_key": ["x:1"], "site_id": ["IC-X"], "region": ["opole"]}))
    columns = ["record_key", "site_id", "region", "merged_into"]
    shares = {
        "leoben": typed_registry(pd.DataFrame([("x:1", "IC-L", "leoben", None)], columns=columns)),
        "opole": typed_registry(
            pd.DataFrame([("x:2", "IC-O", "opole", None), (None, "IC-X", None, "IC-O")], columns=columns)
        ),
    }
    assert stones(merge_registries(before, shares)) == {"IC-X": "IC-L"}


def test_a_registry_made_again_knows_who_has_what_two_regions_hold():
    """Each region's share said that it has all of them under one id; a restore moved works to the other region."""
    columns = ["record_key", "region", "site_id", "merged_into"]
    shares = {
        name: typed_registry(
            pd.DataFrame(
                [("osm:1", name, "IC-X", None), (own, name, "IC-X", None), (None, None, grave, "IC-X")]
            ).set_axis(columns, axis=1)
        )
        for name, own, grave in (("mid", "list:m", "IC-M"), ("west", "list:w", "IC-W"))
    }
    told = [("osm:1", "mid", "IC-X"), ("list:m", "mid", "IC-X"), ("list:w", "west", "IC-W")]
    released = typed_registry(pd.DataFrame(told, columns=columns[:3]))
    registry = as_released(shares, released)
    assert {*registry[columns[:3]].dropna().itertuples(index=False, name=None)} == {*told}
    assert stones(registry) == {"IC-M": "IC-X"}
