from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from match_rows import records, row

from inducult_geo.arrow.texts import texts
from inducult_geo.errors import CountingError
from inducult_geo.frames import Records
from inducult_geo.match.identity.assign import assign_ids
from inducult_geo.match.identity.continuity import Heir
from inducult_geo.match.identity.registry import REGISTRY_COLUMNS, empty_registry, first_seen_of, seen_dates
from inducult_geo.match.identity.site_ids import DIGITS, check_site_id, new_site_id, new_site_ids

KEYS = tuple(f"{source}:{number}" for source in "ab" for number in range(4))


def assign(clusters, registry=None, valid_at="2026-01-01"):
    table = records(*(row(key, key, valid_at=valid_at) for key in clusters))
    homes = {key: min(k for k in clusters if clusters[k] == clusters[key]) for key in clusters}
    return assign_ids(homes, empty_registry() if registry is None else registry, table)


def stones(registry):
    return dict(registry[registry["merged_into"].notna()][["site_id", "merged_into"]].to_numpy().tolist())


def test_a_cluster_is_called_after_one_of_its_records():
    with pytest.raises(CountingError, match="'b:1' is of the cluster of 'x'"):
        assign_ids({"a:1": "a:1", "b:1": "x"}, empty_registry(), records(row("a:1", "A"), row("b:1", "B")))


@given(st.text(min_size=1))
def test_ids_are_well_formed_and_the_same_every_time(key):
    assert check_site_id(new_site_id(key))
    assert new_site_id(key) == new_site_id(key)
    assert new_site_id(key) != new_site_id(key, 1)


def test_every_wrong_character_and_every_swap_is_found():
    good = new_site_id("osm:way/123")
    body = good[3:10] + good[11]
    for place, digit in itertools.product(range(8), DIGITS):
        wrong = body[:place] + digit + body[place + 1 :]
        assert check_site_id(f"IC-{wrong[:7]}-{wrong[7]}") == (wrong == body)
    for place in range(7):
        wrong = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
        assert check_site_id(f"IC-{wrong[:7]}-{wrong[7]}") == (wrong == body)


@pytest.mark.parametrize("text", ["", "IC", "IC-0000000", "IC-000000-0", "XX-0000000-0", "IC-000000U-0", None, 5])
def test_malformed_ids(text):
    assert not check_site_id(text)


homes = st.fixed_dictionaries({key: st.integers(0, 4) for key in KEYS})


@settings(max_examples=8)
@given(homes, st.permutations(KEYS))
def test_order_of_input_changes_nothing(clusters, order):
    one = assign(clusters)
    other = assign({key: clusters[key] for key in order})
    pd.testing.assert_series_equal(one.members, other.members)
    pd.testing.assert_frame_equal(one.registry, other.registry)


@settings(max_examples=8)
@given(homes, homes)
def test_second_run_keeps_ids_and_forgets_nothing(before, after):
    first = assign(before)
    again = assign(before, first.registry)
    pd.testing.assert_frame_equal(again.registry, first.registry)
    later = assign(after, first.registry, "2026-02-01")
    known = set(first.registry["site_id"])
    assert known <= set(later.registry["site_id"])
    # Who stays together is one site, who parts is not.
    for a, b in itertools.combinations(KEYS, 2):
        assert (later.members[a] == later.members[b]) == (after[a] == after[b])
    for dead, heir in stones(later.registry).items():
        assert dead not in set(later.members)
        assert heir in set(later.registry["site_id"])
    assert later.registry.columns.tolist() == [*REGISTRY_COLUMNS]
    assert later.registry["record_key"].dropna().is_unique


@settings(max_examples=8)
@given(homes, homes)
def test_a_split_brings_the_old_ids_back(before, merged):
    first = assign(before)
    middle = assign(merged, first.registry, "2026-02-01")
    last = assign(before, middle.registry, "2026-03-01")
    assert len(set(last.members)) == len(set(first.members))
    assert all(check_site_id(site) for site in last.members)


@pytest.mark.parametrize("date", ["2026-01-01", None])
@pytest.mark.parametrize("keys", [("list:7", "works:4"), ("list:8", "works:5"), ("list:9", "works:6")])
def test_who_takes_a_split_back_has_the_id_of_before(keys, date):
    """Of two ids as old the smaller one stayed: half of the sites got that of the part that was split off."""
    together, apart = dict.fromkeys(keys, 1), dict(zip(keys, (1, 2), strict=True))
    one = assign(together, None, date)
    again = assign(together, assign(apart, one.registry, date).registry, date)
    assert again.members.tolist() == one.members.tolist()


def test_merge_and_split_of_two_sites():
    first = assign({"a:1": 1, "b:1": 2})
    one, other = first.members["a:1"], first.members["b:1"]
    merged = assign({"a:1": 1, "b:1": 1}, first.registry)
    kept = merged.members["a:1"]
    assert kept in (one, other)
    assert stones(merged.registry) == {({one, other} - {kept}).pop(): kept}
    split = assign({"a:1": 1, "b:1": 2}, merged.registry)
    assert set(split.members) == {one, other}
    assert stones(split.registry) == {}


def test_a_second_split_brings_the_id_of_the_first_back():
    """Each split made another one, and the ninth found none left."""
    whole = assign({"a:1": 1, "b:1": 1, "c:1": 1})
    seen, last = set(), whole
    for _ in range(9):
        split = assign({"a:1": 1, "b:1": 2, "c:1": 2}, last.registry)
        seen.add(split.members["a:1"])
        assert split.members["b:1"] == whole.members["b:1"]
        last = assign({"a:1": 1, "b:1": 1, "c:1": 1}, split.registry)
        assert set(last.members) == set(whole.members)
    assert len(seen) == 1


def test_what_comes_back_does_not_take_the_id_from_who_bore_it_all_the_time():
    whole = assign({"a:1": 1, "b:1": 1, "b:2": 1})
    site = whole.members["a:1"]
    alone = assign({"a:1": 1}, whole.registry)
    assert alone.registry.set_index("record_key")["is_gone"].to_dict() == {"a:1": False, "b:1": True, "b:2": True}
    apart = assign({"a:1": 1, "b:1": 2, "b:2": 2}, alone.registry)
    assert apart.members["a:1"] == site != apart.members["b:1"]
    assert not apart.registry["is_gone"].any()
    # Where all were there, most of them keep it; and who goes on as one that was there, was there.
    assert assign({"a:1": 1, "b:1": 2, "b:2": 2}, whole.registry).members["b:1"] == site
    heir = {"a:9": Heir("a:1", site, "drawn anew")}
    keys = {"a:9": "a:9", "b:1": "b:1", "b:2": "b:1"}
    anew = assign_ids(keys, alone.registry, records(*(row(key, key) for key in keys)), found=heir)
    assert anew.members["a:9"] == site != anew.members["b:1"]
    # Nor is one there again because the one that went on as it was there later, and is gone, too.
    with_b = assign_ids({"a:9": "a:9", "b:1": "a:9"}, whole.registry, records(row("a:9", "A"), row("b:1")), found=heir)
    back = assign({"a:1": 1, "b:1": 2}, assign({"b:1": 1}, with_b.registry).registry)
    assert back.members["b:1"] == site != back.members["a:1"]


@pytest.mark.parametrize("key", ["a:1", "b:1"])
def test_a_split_brings_back_the_id_of_a_record_that_was_numbered_anew(key):
    first = assign({"a:1": 1, "b:1": 2})
    other = ({"a:1", "b:1"} - {key}).pop()
    anew = {f"{key}{year}": first.members[key] for year in ("2005", "2015")}
    registry, old_key = first.registry, key
    for new_key, site in anew.items():
        table = records(row(new_key, "Werk"), row(other, "Werk 2"))
        found = {new_key: Heir(old_key, site, "the list was numbered anew")}
        later = assign_ids({new_key: new_key, other: other}, registry, table, found=found)
        assert later.members.to_dict() == {new_key: site, other: first.members[other]}
        registry, old_key = later.registry, new_key
    merged = assign({old_key: 1, other: 1}, registry)
    assert len(set(merged.members)) == 1
    split = assign({old_key: 1, other: 2}, merged.registry)
    assert split.members.to_dict() == {old_key: first.members[key], other: first.members[other]}
    assert stones(split.registry) == {}


def test_the_majority_keeps_the_id():
    first = assign({"a:1": 1, "b:1": 1, "a:2": 1, "b:2": 2})
    later = assign({"a:1": 1, "b:1": 1, "a:2": 2, "b:2": 2}, first.registry)
    assert later.members["a:1"] == first.members["a:1"]
    assert later.members["b:2"] == first.members["b:2"] == later.members["a:2"]


def test_a_newcomer_changes_no_id():
    first = assign({"b:1": 1})
    later = assign({"a:1": 1, "b:1": 1}, first.registry)
    assert set(later.members) == set(first.members)


def test_vanished_records_keep_their_row_and_date():
    first = assign({"a:1": 1, "b:1": 1})
    later = assign({"a:1": 1}, first.registry, "2026-05-05")
    rows = later.registry.set_index("record_key")
    assert rows.loc["b:1", "last_seen"] == "2026-01-01"
    assert rows.loc["b:1", "site_id"] == first.members["b:1"]
    assert rows.loc["a:1", ["first_seen", "last_seen"]].tolist() == ["2026-01-01", "2026-05-05"]
    back = assign({"b:1": 1}, later.registry)
    assert back.members["b:1"] == first.members["b:1"]


def test_older_data_do_not_turn_the_date_back():
    first = assign({"a:1": 1}, valid_at="2026-05-05")
    later = assign({"a:1": 1}, first.registry, "2025-01-01")
    row_ = later.registry.iloc[0]
    assert (row_["first_seen"], row_["last_seen"]) == ("2025-01-01", "2026-05-05")


def test_records_without_any_date():
    first = assign({"a:1": 1, "b:1": 1}, valid_at=None)
    again = assign({"a:1": 1, "b:1": 2}, first.registry, valid_at=None)
    assert again.registry["first_seen"].isna().all()
    assert first.members["a:1"] in set(again.members)


def test_dates_are_those_of_the_data():
    edited, retrieved = {"valid_at": "2024-02-03T04:05:06Z"}, {"retrieved_at": "2025-01-01"}
    table = records(row("a:1", **edited), row("a:2", **retrieved), row("a:3"), row("a:4", **edited, **retrieved))
    assert seen_dates(table).to_pylist() == ["2024-02-03", "2025-01-01", None, "2025-01-01"]


def test_a_tombstone_tells_when_its_site_was_seen():
    first = assign({"a:1": 1, "a:2": 1, "b:1": 2, "b:2": 2})
    second = assign({"a:1": 1, "a:2": 1, "b:1": 2}, first.registry, "2026-02-02")
    registry = assign({"a:1": 1, "a:2": 1, "b:1": 1}, second.registry, "2026-03-03").registry
    (stone,) = registry[registry["merged_into"].notna()].to_dict("records")
    assert (stone["site_id"], stone["first_seen"], stone["last_seen"]) == (
        first.members["b:1"], "2026-01-01", "2026-02-02",
    )  # fmt: skip


def test_chained_merges_point_at_the_living():
    first = assign({"a:1": 1, "a:2": 2, "a:3": 3})
    second = assign({"a:1": 1, "a:2": 1, "a:3": 3}, first.registry)
    third = assign({"a:1": 1, "a:2": 1, "a:3": 1}, second.registry)
    living = third.members["a:1"]
    assert set(stones(third.registry).values()) == {living}
    assert len(stones(third.registry)) == 2


def test_a_tombstone_follows_a_site_that_is_merged_into_a_larger_one_later():
    groups = {"a:1": 1, "b:1": 2, "b:2": 2, "a:0": 3, "a:2": 3, "a:3": 3, "b:0": 3}
    first = assign(groups)
    small, middle, large = (first.members[key] for key in ("a:1", "b:1", "a:0"))
    second = assign(groups | {"a:1": 2}, first.registry)
    assert stones(second.registry) == {small: middle}
    third = assign(dict.fromkeys(groups, 1), second.registry)
    assert stones(third.registry) == {small: large, middle: large}


@pytest.mark.parametrize(("most", "least"), ["xy", "yx"])
def test_a_site_that_is_torn_apart_went_where_most_of_its_records_are(most, least):
    held = {f"{side}:{number}": side for side in "xy" for number in range(3)}
    first = assign(held | {"t:1": "t", "t:2": "t", "t:3": "t"})
    later = assign(held | {"t:1": most, "t:2": most, "t:3": least}, first.registry)
    site = first.members["t:1"]
    assert stones(later.registry) == {site: first.members[f"{most}:0"]}
    (cause,) = later.registry.loc[later.registry["site_id"] == site, "cause"]
    assert cause == "its records (t:1, t:2) are now there"


@settings(max_examples=10)
@given(homes, st.sets(st.sampled_from(KEYS), max_size=6), homes)
def test_an_id_leads_to_where_its_records_are_though_others_of_them_have_gone(before, gone, after):
    first = assign(before)
    left = {key: home for key, home in before.items() if key not in gone}
    shown = assign(left, first.registry, "2026-02-01")
    later = assign({key: after[key] for key in left}, shown.registry, "2026-03-01")
    graves = stones(later.registry)
    for site, keys in shown.members.groupby(shown.members).groups.items():
        assert site in set(later.members) or graves[site] in set(later.members[keys])


def test_a_vanished_record_that_comes_back_to_itself_has_the_id_that_it_founded():
    first = assign({"a:1": 1, "b:1": 1, "a:2": 2, "b:2": 2})
    site, other = first.members["a:1"], first.members["a:2"]
    alone = assign({"b:1": 1, "a:2": 2, "b:2": 2}, first.registry)
    merged = assign({"b:1": 2, "a:2": 2, "b:2": 2}, alone.registry)
    assert stones(merged.registry) == {site: other}
    again = assign({"a:1": 1, "b:1": 2, "a:2": 2, "b:2": 2}, merged.registry)
    assert again.members.to_dict() == {"a:1": site, "b:1": other, "a:2": other, "b:2": other}
    assert not stones(again.registry)


def test_two_that_founded_one_buried_id_do_not_both_get_it_back():
    """A record was numbered anew, merged, and came back beside the one that goes on as it."""
    first = assign({"a:1": 1, "b:1": 2, "b:2": 2})
    groups = {"a:9": "a:9", "b:1": "a:9", "b:2": "a:9"}
    heir = {"a:9": Heir("a:1", first.members["a:1"], "drawn anew")}
    merged = assign_ids(groups, first.registry, records(*(row(key, key) for key in groups)), found=heir)
    assert stones(merged.registry) == {new_site_id("a:1"): first.members["b:1"]}
    apart = assign({"a:1": 1, "a:9": 2, "b:1": 3, "b:2": 3}, merged.registry)
    assert new_site_id("a:1") in {*apart.members[["a:1", "a:9"]]}
    assert apart.members.nunique() == 3


def test_of_two_that_hold_as_many_records_the_one_that_is_known_longest_keeps_the_id():
    first = assign({"a:0": 1, "b:9": 1}, valid_at="2026-01-01")
    second = assign({"a:0": 1, "b:9": 1, "b:1": 1}, first.registry, "2026-02-01")
    later = assign({"b:9": 1, "b:1": 2}, second.registry, "2026-03-01")
    assert later.members["b:9"] == first.members["a:0"] != later.members["b:1"]


def test_an_heir_is_as_old_as_the_record_that_it_follows():
    """It founds the site that is left where neither of its records keeps the id of before."""
    held = {"k:1": 1, "k:2": 1, "t:1": 2, "t:2": 2}
    older = assign(held | {"old:1": 1}, valid_at="2021-01-01")
    both = assign(held | {"old:1": 1, "a:0": 2}, older.registry, "2022-01-01")
    groups = {"k:1": "k:1", "k:2": "k:1", "t:1": "t:1", "t:2": "t:1", "new:1": "a:0", "a:0": "a:0"}
    found = {"new:1": Heir("old:1", both.members["k:1"], "the list was numbered anew")}
    table = records(*(row(key, key, valid_at="2023-01-01") for key in groups))
    later = assign_ids(groups, both.registry, table, found=found)
    assert later.members["a:0"] == later.members["new:1"] == new_site_id("new:1")


def test_a_record_without_a_place_has_no_place_in_the_registry():
    made = assign({"a:1": 1}).registry
    assert made[["x", "y"]].isna().all(axis=None)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=6))
def test_many_ids_are_those_made_one_by_one(keys):
    assert new_site_ids(texts(keys)).to_pylist() == [new_site_id(key) for key in keys]


def test_ids_that_are_taken_are_made_with_salt(monkeypatch):
    same = [new_site_id("x")] * 2
    monkeypatch.setattr(f"{assign_ids.__module__}.new_site_ids", lambda keys: texts(same[: len(keys)]))
    made = assign({"a:1": 1, "b:1": 2, "b:2": 2})
    assert made.members.tolist() == [new_site_id("a:1"), new_site_id("b:1"), new_site_id("b:1")]
    known = made.registry.assign(site_id=new_site_id("a:2"), record_key=["a:1", "b:1", "b:2"])
    monkeypatch.setattr(f"{assign_ids.__module__}.new_site_ids", lambda keys: texts([new_site_id(str(keys[0]))]))
    later = assign({"a:1": 1, "b:1": 1, "b:2": 1, "a:2": 2}, known)
    assert later.members["a:1"] == new_site_id("a:2")
    assert later.members["a:2"] == new_site_id("a:2", 1)


def held(groups, registry):
    """Group -> id -> how many of its records had it."""
    was = registry.dropna(subset="record_key").set_index("record_key")["site_id"].dropna().to_dict()
    found = {}
    for key, group in groups.items():
        if key in was:
            found.setdefault(group, {}).setdefault(was[key], set()).add(key)
    return found


def kept_one_by_one(groups, registry):
    """The rule as it reads: most records, the oldest site, its founder, who has no buried id, the oldest record,
    the id that the oldest of all founded."""
    graves = {*stones(registry)}
    rows = registry.dropna(subset="record_key").set_index("record_key")["first_seen"]
    ages = registry.groupby("site_id")["first_seen"].min()
    claims = sorted(
        (-len(keys), ages[site], site not in own, bool(own & graves), min(rows[[*keys]]), site != first, site, group)
        for group, sites in held(groups, registry).items()
        for known in [set().union(*sites.values())]
        for own, first in [({*map(new_site_id, known)}, new_site_id(min(known, key=lambda key: (rows[key], key))))]
        for site, keys in sites.items()
    )
    chosen, given_ = {}, set()
    for *_, site, group in claims:
        if group not in chosen and site not in given_:
            chosen[group] = site
            given_.add(site)
    return chosen


@settings(max_examples=8)
@given(homes, homes, homes)
def test_which_id_a_cluster_keeps_is_what_the_rule_says(first, second, third):
    registry = assign(second, assign(first).registry, "2026-02-01").registry
    later = assign(third, registry, "2026-03-01")
    groups = {key: min(k for k in third if third[k] == third[key]) for key in third}
    chosen = kept_one_by_one(groups, registry)
    assert {group: later.members[group] for group in chosen} == chosen


def test_of_two_sites_the_older_one_keeps_its_id_though_its_records_are_younger():
    first = assign({"b:0": 1}, valid_at="2026-01-01")
    second = assign({"b:0": 1, "a:1": 2}, first.registry, "2026-02-01")
    third = assign({"b:0": 1, "b:1": 1, "a:1": 2}, second.registry, "2026-03-01")
    later = assign({"b:1": 1, "a:1": 1}, third.registry, "2026-04-01")
    assert {*later.members} == {new_site_id("b:0")}


def test_what_a_merge_had_swallowed_takes_no_id_of_the_whole_whose_founder_has_gone():
    first = assign({"b:0": 1, "b:1": 1, "a:1": 2})
    whole = assign({"b:0": 1, "b:1": 1, "a:1": 1}, first.registry)
    later = assign({"b:1": 1, "a:1": 2}, whole.registry)
    assert later.members.to_dict() == {"b:1": new_site_id("b:0"), "a:1": new_site_id("a:1")}


def test_records_in_another_order_than_their_keys_keep_their_dates_and_fingerprints():
    rows = [row(f"a:{number}", f"Huta {number}", valid_at=f"2026-01-0{number}") for number in (3, 1, 2)]
    table = records(*rows)
    homes_ = {key: key for key in table["record_key"]}
    made = assign_ids(homes_, empty_registry(), table).registry.set_index("record_key").sort_index()
    assert made["first_seen"].tolist() == [f"2026-01-0{number}" for number in (1, 2, 3)]
    assert made["name_key"].is_unique
    ordered = Records(table.sort_values("record_key", ignore_index=True))
    again = assign_ids(homes_, empty_registry(), ordered).registry.set_index("record_key").sort_index()
    pd.testing.assert_frame_equal(made, again)


def test_a_site_is_known_since_its_earliest_record_even_where_that_has_gone():
    first = assign({"a:1": 1, "b:1": 1}, valid_at="2025-01-01")
    later = assign({"b:1": 1, "b:2": 3}, first.registry, "2026-01-01")
    assert first_seen_of(later.members, later.registry).to_dict() == {"b:1": "2025-01-01", "b:2": "2026-01-01"}
    assert first_seen_of(pd.Series(["IC-unknown"], dtype="str"), later.registry).isna().all()


def test_the_record_that_is_known_longest_founds_a_site():
    first = assign({"a:1": 1, "a:2": 1, "a:3": 1})
    later = assign({"a:1": 1, "a:2": 1, "a:3": 2, "a:0": 2}, first.registry, "2026-02-01")
    assert later.members["a:0"] == later.members["a:3"] == new_site_id("a:3")
