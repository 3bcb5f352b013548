"""The frames at the borders: columns, CRS, counting."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.errors import CountingError, InducultError
from inducult_geo.frames import (
    PAIR_COLUMNS,
    RECORD_COLUMNS,
    SITE_COLUMNS,
    Counts,
    as_pairs,
    as_records,
    as_sites,
    concat_records,
    content_hash,
    from_json,
    outcome_of,
    to_json,
)


def test_records_have_every_column_in_order_and_the_work_crs() -> None:
    records = as_records(pd.DataFrame({"record_key": ["a:1"], "start_year": [1890]}), geometry=[shapely.Point(1, 2)])
    assert [*records.columns] == [*RECORD_COLUMNS, "geometry"]
    assert records.crs.to_epsg() == 3035
    assert records["start_year"].dtype == "Int64"
    assert records["names"].isna().all()


@pytest.mark.parametrize("make", [as_records, as_sites])
def test_a_geometry_is_never_coerced_to_another_crs(make) -> None:
    frame = gpd.GeoDataFrame({"record_key": ["a:1"]}, geometry=[shapely.Point(12, 50)], crs="EPSG:4326")
    with pytest.raises(InducultError, match="transform them first"):
        make(frame)


def test_sites_and_pairs_have_their_columns() -> None:
    sites = as_sites(gpd.GeoDataFrame({"site_id": ["IC-1-1"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:3035"))
    assert [*sites.columns] == [*SITE_COLUMNS, "geometry"]
    assert [*as_pairs(pd.DataFrame({"left_key": ["a"]})).columns] == [*PAIR_COLUMNS]


def test_concat_keeps_every_row_and_nothing_gives_an_empty_frame() -> None:
    one = as_records(pd.DataFrame({"record_key": ["a:1"]}), geometry=[shapely.Point(1, 2)])
    other = as_records(pd.DataFrame({"record_key": ["b:1"]}), geometry=[None])
    assert [*concat_records([one, other])["record_key"]] == ["a:1", "b:1"]
    assert len(concat_records([])) == 0


def test_the_counting_law_names_the_place_where_it_is_broken() -> None:
    assert Counts(5, 3, 1, 1).check("here") == Counts(5, 3, 1, 1)
    with pytest.raises(CountingError, match="opole: 5 records came in"):
        Counts(5, 3, 1, 0).check("opole")


def test_counts_add_up() -> None:
    assert Counts(5, 3, 1, 1) + Counts(2, 2, 0, 0) == Counts(7, 5, 1, 1)


def test_the_outcome_follows_from_the_reason_alone() -> None:
    frame = pd.DataFrame({"reason": [None, "ambiguous_place", "no_key", "a reason of tomorrow"]})
    assert [*outcome_of(frame)] == ["site", "review", "rejected", "rejected"]


def test_json_drops_what_is_empty_and_sorts() -> None:
    assert to_json({"b": "ß", "a": 1, "c": None, "d": ""}) == '{"a": 1, "b": "ß"}'
    assert to_json({"c": None}) is None
    assert from_json(None) == {}
    assert from_json('{"a": 1}') == {"a": 1}


def test_content_hash_tells_values_apart() -> None:
    assert content_hash(["a", 1]) == content_hash(["a", 1])
    assert content_hash(["a", 1]) != content_hash(["a", "1"])
    assert content_hash(["ab", ""]) != content_hash(["a", "b"])
