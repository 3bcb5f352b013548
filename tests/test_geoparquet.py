"""The Parquet files: GeoParquet 1.1 with bbox, sorted, typed, the same bytes each time."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import small_bundle

from inducult_geo.frames import RECORD_COLUMNS, SITE_COLUMNS
from inducult_geo.publish.research.geoparquet import ABOUT, write_geoparquet

FILES = {"sites.parquet": [*SITE_COLUMNS], "records.parquet": [*RECORD_COLUMNS, "site_id", "outcome"]}


@pytest.fixture(scope="module")
def bundle():
    return small_bundle()


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    target = tmp_path_factory.mktemp("parquet")
    write_geoparquet(bundle, target)
    return target


@pytest.mark.parametrize(("name", "columns"), FILES.items())
def test_file_is_geoparquet_with_a_bbox_covering(folder, name, columns):
    file = pq.ParquetFile(folder / name)
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    about = geo["columns"]["geometry"]
    assert about["crs"]["id"] == {"authority": "EPSG", "code": 3035}
    assert about["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert file.schema_arrow.names == [*columns, "geometry", "bbox"]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert not any("null" in str(field.type) for field in file.schema_arrow), "an all-null column keeps its type"


@pytest.mark.parametrize("name", FILES)
def test_a_file_alone_says_which_release_it_is_of_and_on_which_terms(folder, bundle, name):
    about = json.loads(pq.read_schema(folder / name).metadata[ABOUT])
    assert (about["run_id"], about["data_date"]) == (bundle.run["run_id"], bundle.run["data_date"])
    assert about["title"].startswith("SAMPLE")
    assert set(about["licences"]) == set(bundle.sources["licence"])
    assert any("© OpenStreetMap contributors (ODbL-1.0)" in line for line in about["credit"])


@pytest.mark.parametrize(("name", "key"), [("sites.parquet", "site_id"), ("records.parquet", "record_key")])
def test_rows_are_all_there_and_sorted(folder, bundle, name, key):
    frame = gpd.read_parquet(folder / name)
    source = bundle.sites if name.startswith("sites") else bundle.records
    assert frame[key].is_monotonic_increasing
    assert set(frame[key]) == set(source[key])
    assert frame.crs.to_epsg() == 3035
    boxes = pq.read_table(folder / name)["bbox"]
    assert boxes.is_null().to_pylist() == frame.geometry.isna().to_list(), "no box where there is no place"
    assert pq.read_metadata(folder / name).num_columns == len(FILES[name]) + 5


def test_records_keep_those_that_are_rejected(folder, bundle):
    frame = gpd.read_parquet(folder / "records.parquet")
    rejected = frame[frame["outcome"] == "rejected"]
    assert len(rejected) == bundle.run["rejected"]
    assert rejected.geometry.isna().all()
    assert rejected["reason"].notna().all()


def test_json_columns_stay_text(folder):
    names = gpd.read_parquet(folder / "sites.parquet")["names"]
    assert all(json.loads(text)["name"] for text in names)


def test_same_bundle_gives_the_same_bytes(folder, bundle, tmp_path):
    write_geoparquet(bundle, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_days_have_the_type_that_they_have_in_the_geopackage(folder):
    schema = pq.read_schema(folder / "sites.parquet")
    assert {schema.field(name).type for name in ("first_seen", "last_seen")} == {pa.date32()}
    seen = gpd.read_parquet(folder / "sites.parquet")[["first_seen", "last_seen"]].drop_duplicates()
    assert seen.to_numpy().tolist() == [[datetime.date(2019, 5, 1), datetime.date(2024, 3, 1)]]


def test_a_day_that_cannot_be_read_is_null_and_no_day_at_all_is_a_column_of_days(bundle, tmp_path):
    told = ["", "soon", *["2026-01-01"] * (len(bundle.sites) - 2)]
    nothing = pd.Series(None, index=bundle.sites.index, dtype="str")
    write_geoparquet(replace(bundle, sites=bundle.sites.assign(first_seen=told, last_seen=nothing)), tmp_path)
    table = pq.read_table(tmp_path / "sites.parquet", columns=["first_seen", "last_seen"])
    assert set(table.schema.types) == {pa.date32()}
    assert table["first_seen"].null_count == 2
    assert table["last_seen"].null_count == len(told)
