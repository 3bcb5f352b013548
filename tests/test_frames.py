"""The frames at the borders: columns, CRS, counting."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as some

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
    counts_of,
    from_json,
    outcome_of,
    read_shapes,
    reasons_of,
    to_json,
)
from inducult_geo.typed import typed

POINT = shapely.Point(4_500_000, 3_000_000)


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


def test_a_shape_without_any_point_is_no_place() -> None:
    empty = [shapely.Point(), shapely.Polygon(), shapely.GeometryCollection(), None]
    table = pd.DataFrame({"record_key": [f"a:{at}" for at in range(5)]})
    assert as_records(table, geometry=[*empty, shapely.Point(1, 2)]).geometry.isna().tolist() == [True] * 4 + [False]
    assert as_records(table.assign(geometry=[*empty, float("nan")])).geometry.isna().all()


def test_concat_keeps_every_row_and_nothing_gives_an_empty_frame() -> None:
    one = as_records(pd.DataFrame({"record_key": ["a:1"]}), geometry=[shapely.Point(1, 2)])
    other = as_records(pd.DataFrame({"record_key": ["b:1"]}), geometry=[None])
    assert [*concat_records([one, other])["record_key"]] == ["a:1", "b:1"]
    assert len(concat_records([])) == 0


def test_a_frame_without_rows_is_made_once_and_given_to_each_anew() -> None:
    one = concat_records([])
    made = as_records(pd.DataFrame({"geometry": []}))
    assert_geodataframe_equal(one, made)
    one["colour"] = "red"
    one.loc[0, "record_key"] = "a:1"
    assert_geodataframe_equal(concat_records([]), made)


@pytest.mark.parametrize("crs", [3035, 4258, 31468, None])
@pytest.mark.parametrize("shapes", [[], [None], [POINT, None, shapely.box(0, 0, 1, 1)]])
def test_a_file_of_ours_is_read_as_geopandas_reads_it(tmp_path: Path, crs: int | None, shapes: list[object]) -> None:
    frame = gpd.GeoDataFrame({"name": ["x"] * len(shapes), "year": [1] * len(shapes)}, geometry=shapes, crs=crs)
    frame = frame.assign(name=frame["name"].astype("str"), year=frame["year"].astype("Int64"))
    frame.to_parquet(tmp_path / "records.parquet", write_covering_bbox=crs == 3035)
    for _ in range(2):
        ours, theirs = read_shapes(tmp_path / "records.parquet"), gpd.read_parquet(tmp_path / "records.parquet")
        assert_geodataframe_equal(ours, theirs)
        assert ours.crs == theirs.crs
        assert ours.geometry.name == theirs.geometry.name
        some = {"columns": ["name", "geometry"]}
        parts = (
            read_shapes(tmp_path / "records.parquet", **some),
            gpd.read_parquet(tmp_path / "records.parquet", **some),
        )
        assert_geodataframe_equal(*parts)


def test_a_table_without_places_is_no_file_of_shapes(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["x"], "geometry": ["POINT (1 2)"]})
    frame.to_parquet(tmp_path / "records.parquet")
    with pytest.raises(ValueError, match="no GeoParquet"):
        read_shapes(tmp_path / "records.parquet")
    gpd.GeoDataFrame(frame, geometry=[POINT], crs=3035).to_parquet(tmp_path / "records.parquet")
    with pytest.raises(ValueError, match="no GeoParquet"):
        read_shapes(tmp_path / "records.parquet", columns=["name"])
    spoiled = pq.read_table(tmp_path / "records.parquet").replace_schema_metadata({b"geo": b'{"columns": {}}'})
    pq.write_table(spoiled, tmp_path / "records.parquet")
    with pytest.raises(ValueError, match="no GeoParquet"):
        read_shapes(tmp_path / "records.parquet")


def test_the_counting_law_names_the_place_where_it_is_broken() -> None:
    assert Counts(5, 3, 1, 1).check("here") == Counts(5, 3, 1, 1)
    with pytest.raises(CountingError, match="opole: 5 records came in"):
        Counts(5, 3, 1, 0).check("opole")


def test_counts_add_up() -> None:
    assert Counts(7, 4, 2, 1) + Counts(60, 30, 20, 10) == Counts(67, 34, 22, 11)


def test_the_outcome_follows_from_the_reason_alone() -> None:
    frame = pd.DataFrame({"reason": [None, "ambiguous_place", "no_key", "a reason of tomorrow"]})
    assert [*outcome_of(frame)] == ["site", "review", "rejected", "rejected"]


def test_json_drops_what_is_empty_and_sorts() -> None:
    assert to_json({"b": "ß", "a": 1, "c": None, "d": ""}) == '{"a": 1, "b": "ß"}'
    assert to_json({"c": None}) is None
    assert from_json(None) == {}
    assert from_json('{"a": 1}') == {"a": 1}


def test_a_content_hash_is_the_same_for_ever() -> None:
    """By it a record is known again: another way to reckon it would change every record over night."""
    row = ["Grube Glückauf", None, 1.5, {"b": [1], "a": "ß"}, date(2026, 1, 2)]
    assert content_hash(row) == "9637a203e452b09d"
    assert content_hash([*row[:3], {"a": "ß", "b": [1]}, row[4]]) == "9637a203e452b09d"


@pytest.mark.parametrize(("text", "found"), [('{"a": 1} \n', {"a": 1}), (' {"a": 1}', {"a": 1}), ("{}", {})])
def test_json_that_somebody_wrote_by_hand_is_read(text: str, found: dict[str, int]) -> None:
    assert from_json(text) == found


@pytest.mark.parametrize("text", ['{"a": 1} {"b": 2}', '{"a": 1', "{'a': 1}", "a"])
def test_text_that_is_no_json_is_no_empty_dictionary(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra data|enclosed"):
        from_json(text)


def test_content_hash_tells_values_apart() -> None:
    assert content_hash(["a", 1]) == content_hash(["a", 1])
    assert content_hash(["a", 1]) != content_hash(["a", "1"])
    assert content_hash(["ab", ""]) != content_hash(["a", "b"])


@pytest.mark.parametrize("crs", ["EPSG:3035", 3035, pyproj.CRS(3035).to_wkt(), None])
def test_the_work_crs_may_be_written_in_any_way(crs: object) -> None:
    records = as_records(pd.DataFrame({"record_key": ["a:1"]}), geometry=gpd.GeoSeries([POINT], crs=crs))
    assert records.crs == pyproj.CRS("EPSG:3035")
    assert records.geometry.iloc[0] == POINT


@pytest.mark.parametrize(("crs", "named"), [("EPSG:4326", "WGS 84"), ("EPSG:2180", "ETRF2000-PL / CS92")])
def test_another_crs_is_refused_by_name(crs: str, named: str) -> None:
    said = f"records must be in EPSG:3035, not {named}: transform them first"
    there, plain = gpd.GeoSeries([POINT], crs=crs), pd.DataFrame({"record_key": ["a:1"]})
    frames = (gpd.GeoDataFrame(plain, geometry=there), None), (plain, there), (plain, there.array)
    for frame, shapes in frames:
        with pytest.raises(InducultError, match=said):
            as_records(frame, geometry=shapes)


def test_sites_without_a_crs_are_refused() -> None:
    with pytest.raises(InducultError, match="sites must be in EPSG:3035, not no CRS"):
        as_sites(gpd.GeoDataFrame({"site_id": ["IC-1"]}, geometry=[POINT]))


def test_a_frame_s_own_geometry_is_taken_and_its_index_and_further_columns_left() -> None:
    frame = gpd.GeoDataFrame(
        {"record_key": ["a:1", "a:2"], "end_year": [1990.0, None], "colour": ["red", "blue"]},
        geometry=[POINT, None],
        crs="EPSG:3035",
        index=[7, 7],
    )
    records = as_records(frame)
    assert [*records.index] == [0, 1]
    assert "colour" not in records
    assert records["end_year"].dtype == "Int64"
    assert records["end_year"].tolist() == [1990, pd.NA]
    assert records.geometry.iloc[1] is None
    assert "colour" in frame, "what was given is not changed"


def test_concat_numbers_the_rows_anew_and_keeps_types_and_crs() -> None:
    one = as_records(pd.DataFrame({"record_key": ["a:1", "a:2"], "start_year": [1890, None]}), geometry=[POINT, None])
    whole = concat_records([one, as_records(one.iloc[:0]), one])
    assert [*whole.index] == [0, 1, 2, 3]
    assert whole.crs == one.crs
    assert whole.geometry.name == "geometry"
    assert [*whole.columns] == [*one.columns]
    assert whole["start_year"].dtype == "Int64"
    assert concat_records([]).crs == one.crs


def test_every_outcome_and_reason_is_counted() -> None:
    reasons = [None, None, "no_key", "outside_region", "no_key", "bad_row"]
    frame = pd.DataFrame({"reason": pd.Series(reasons, dtype="str")})
    assert counts_of(outcome_of(frame)) == Counts(6, 2, 1, 3)
    assert counts_of(outcome_of(frame)).check("here").records_in == 6
    assert [*reasons_of(frame).items()] == [("bad_row", 1), ("no_key", 2), ("outside_region", 1)]
    assert counts_of(outcome_of(frame.iloc[:0])) == Counts(0, 0, 0, 0)
    assert reasons_of(frame.iloc[:2]) == {}


def test_the_counting_law_tells_all_its_numbers_and_whose_fault_it_is() -> None:
    with pytest.raises(CountingError) as told:
        Counts(9, 4, 2, 1).check("leoben")
    assert str(told.value) == (
        "leoben: 9 records came in, but 4 are in sites, 2 in review and 1 rejected (7 in all). "
        "This is a fault of inducult-geo: please report it with the run's manifest."
    )


@pytest.mark.parametrize(("text", "found"), [("", {}), (None, {}), (float("nan"), {}), (pd.NA, {}), ("{}", {})])
def test_a_cell_that_holds_no_json_is_empty(text: object, found: dict[str, str]) -> None:
    assert from_json(text) == found


WORDS = some.text(min_size=1, max_size=5)


@given(some.dictionaries(WORDS, WORDS, max_size=4))
def test_json_comes_back_as_it_went_in_whatever_its_order(values: dict[str, str]) -> None:
    assert from_json(to_json(values)) == values
    assert to_json(dict(reversed(values.items()))) == to_json(values)


@given(some.lists(some.one_of(some.none(), WORDS, some.integers(0, 3)), max_size=4), some.data())
def test_a_content_hash_tells_rows_apart_and_nothing_else(row: list[object], data: some.DataObject) -> None:
    other = data.draw(some.permutations(row))
    assert (content_hash(other) == content_hash(row)) == ([*other] == row)
    assert content_hash([*row, None]) != content_hash(row)
    assert len(content_hash(row)) == 16


def test_who_writes_into_a_typed_frame_writes_into_no_other():
    frame = pd.DataFrame({"a": pd.Series(["x", "y"], dtype="str"), "n": [1.0, 2.0]})
    made = typed(frame, {"a": "str", "n": "float64", "more": "Int64"})
    made.loc[0, "a"], made.loc[0, "n"] = "other", 9.0
    assert frame.to_numpy().tolist() == [["x", 1.0], ["y", 2.0]]
    assert made["more"].isna().all()
