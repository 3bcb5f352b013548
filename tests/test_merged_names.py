from __future__ import annotations

import pandas as pd
import pytest
from match_rows import point, records, row

from inducult_geo.arrow.keys import is_in
from inducult_geo.catalog.models import Contract
from inducult_geo.frames import Records, from_json, to_json
from inducult_geo.match.golden.best import golden
from inducult_geo.match.golden.merged_names import display_name, first_told, merged_names, plain_name, read_names


@pytest.mark.parametrize(
    ("names", "country", "shown"),
    [
        ({"name": "Hut", "name:pl": "Huta"}, "PL", "Hut"),
        ({"pl": "Huta", "name": "Hut"}, "PL", "Huta"),
        ({"pl": "Huta", "old_name": "Alt"}, "DE", "Alt"),
        ({"sv": "Hytta", "it": "Forno"}, None, "Forno"),
        ({"parent": "Konzern"}, "DE", None),
        ({"parent": "Konzern", "xx": "Werk"}, "XX", "Werk"),
        ({}, "DE", None),
    ],
)
def test_which_name_is_shown(names, country, shown):
    assert display_name(names, country) == shown


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        ({"de": "Werk", "name": "Hut"}, "Hut"),
        ({"pl": "Huta", "de": "Hütte"}, "Hütte"),
        ({"name": "", "de": "Hütte"}, "Hütte"),
        ({"parent": "Konzern"}, None),
        ({"name": 5}, None),
        ({}, None),
    ],
)
def test_which_name_is_the_plain_one(names, plain):
    assert plain_name(names) == plain


def test_a_second_value_of_a_role_gets_a_role_of_its_own():
    told = [
        ("a:1", {"name": "Hut"}),
        ("b:1", {"name": "Hut", "alt": "H", "en": "Hut"}),
        ("c:1", {"name": "Hutte"}),
        ("c:2", {"name": "Hutte"}),
        ("d", {"name": "X"}),
    ]
    merged, origin = merged_names(told)
    assert merged == {"name": "Hut", "alt": "H", "en": "Hut", "name_2": "Hutte", "name_3": "X"}
    assert origin == {"name": "a:1", "alt": "b:1", "en": "b:1", "name_2": "c:1", "name_3": "d"}


def test_names_are_read_in_the_order_of_their_roles():
    read = read_names(['{"z": "1", "a": "2"}', None, '{"z": "1", "a": "2"}'])
    assert [[*one.items()] for one in read] == [[("a", "2"), ("z", "1")], [], [("a", "2"), ("z", "1")]]


def test_the_first_that_is_told():
    assert first_told([None, "", "AT", "DE"]) == "AT"
    assert first_told([]) is None


CONTRACTS = {s: Contract(id=s, title=s, files="x", licence="CC0-1.0", attribution=s) for s in ("a", "b")}


def test_a_site_is_seen_from_its_first_record_to_its_last():
    rows = [row("a:1", "A", point()), row("b:1", "A", point()), row("b:2", "B", point(9_000)), row("b:3", "A", point())]
    first, last = ["2025-03-01", "2024-02-01", None, None], [None, "2026-01-01", "2026-02-01", None]
    homes = ["IC-1", "IC-1", "IC-2", "IC-1"]
    sites = golden(Records(records(*rows).assign(site_id=homes, first_seen=first, last_seen=last)), CONTRACTS)
    assert sites["first_seen"].astype(object).where(sites["first_seen"].notna(), None).tolist() == ["2024-02-01", None]
    assert sites["last_seen"].tolist() == ["2026-01-01", "2026-02-01"]


@pytest.mark.parametrize("text", ["", None, "{}", ' {"a": 1} ', '{"a": 1}', '{"a": 1}\n'])
def test_json_is_read_with_and_without_space_around_it(text):
    assert from_json(text) == ({"a": 1} if text and "a" in text else {})


@pytest.mark.parametrize("text", ['{"a": 1} {"b": 2}', '{"a": 1', '{"a": 1}x'])
def test_json_with_more_or_less_than_an_object_is_refused(text):
    with pytest.raises(ValueError, match=r"line 1 column"):
        from_json(text)


def test_json_is_written_with_its_keys_in_order_and_without_what_says_nothing():
    assert to_json({"b": "ü", "a": 1, "c": None, "d": ""}) == '{"a": 1, "b": "ü"}'
    assert to_json({"c": None}) is None


@pytest.mark.parametrize("make", [list, set, pd.Series, pd.Index, lambda values: pd.Series(values, dtype="str")])
def test_what_is_among_others(make):
    assert is_in(pd.Series(["a", None, "c"], dtype="str"), make(["c", "b"])).tolist() == [False, False, True]
    assert is_in(pd.Series(["a"], dtype="str"), make([])).tolist() == [False]
