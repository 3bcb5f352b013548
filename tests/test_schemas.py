"""The schemas at the borders between stages: a frame that breaks one is told by column, and as our own fault."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.errors import CountingError
from inducult_geo.frames import Records, Sites, as_records, as_sites
from inducult_geo.schemas import checked_records, checked_sites


def records(**said: object) -> Records:
    """Two good records, some of whose columns are said otherwise (for the second)."""
    rows = [
        {
            "record_key": f"osm:{number}",
            "source": "osm",
            "aspect": "factory",
            "status": "functional",
            "present_use": "production",
            "accuracy_m": 5.0,
            "licence": "ODbL-1.0",
            "content_hash": "0" * 16,
            "geometry": shapely.Point(4_500_000, 3_000_000),
        }
        for number in (1, 2)
    ]
    rows[1] |= said
    frame = pd.DataFrame(rows)
    return as_records(frame.drop(columns="geometry"), geometry=list(frame["geometry"]))


def sites(**said: object) -> Sites:
    """Two good sites, some of whose columns are said otherwise (for the second)."""
    rows = [
        {
            "site_id": f"IC-{number}",
            "region": "opole",
            "aspect": "both",
            "status": "disused",
            "n_records": 1,
            "confidence": 1.0,
            "accuracy_m": 10.0,
            "licence": "ODbL-1.0",
            "run_id": "r",
            "geometry": shapely.Point(4_500_000, 3_000_000),
        }
        for number in (1, 2)
    ]
    rows[1] |= said
    return as_sites(gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:3035"))


def test_good_frames_come_back_as_they_are() -> None:
    good_records, good_sites = records(), sites()
    assert checked_records(good_records, "here") is good_records
    assert checked_sites(good_sites, "here") is good_sites


def test_empty_frames_are_good() -> None:
    assert len(checked_records(as_records(records().iloc[:0]), "here")) == 0
    assert len(checked_sites(as_sites(sites().iloc[:0]), "here")) == 0


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"record_key": "osm:1"}, "record_key"),
        ({"record_key": None}, "record_key"),
        ({"source": None}, "source"),
        ({"aspect": "castle"}, "aspect"),
        ({"status": "sleeping"}, "status"),
        ({"present_use": "fun"}, "present_use"),
        ({"start_year": 3000}, "start_year"),
        ({"end_year": -9000}, "end_year"),
        ({"accuracy_m": 0.0}, "accuracy_m"),
        ({"accuracy_m": -5.0}, "accuracy_m"),
        ({"licence": None}, "licence"),
        ({"content_hash": None}, "content_hash"),
        ({"reason": "because", "detail": "so"}, "reason"),
        ({"geometry": None}, "accepted rows have a place and its accuracy"),
        ({"geometry": shapely.Point()}, "accepted rows have a place and its accuracy"),
        ({"accuracy_m": None}, "accepted rows have a place and its accuracy"),
        ({"reason": "no_key"}, "a reason is told in words"),
    ],
)
def test_a_record_that_breaks_its_schema_is_told(said: dict[str, object], column: str) -> None:
    with pytest.raises(CountingError, match=r"opole: a stage broke its promise: .*please report it") as told:
        checked_records(records(**said), "opole")
    assert column in str(told.value)


@pytest.mark.parametrize(
    "said",
    [
        {"reason": "no_coordinates", "detail": "the row has none", "geometry": None, "accuracy_m": None},
        {"reason": "ambiguous_place", "detail": "two readings fit", "geometry": None},
        {"start_year": -800, "end_year": None},
        {"start_year": None},
    ],
)
def test_what_a_record_may_lack(said: dict[str, object]) -> None:
    assert len(checked_records(records(**said), "here")) == 2


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"site_id": "IC-1"}, "site_id"),
        ({"region": None}, "region"),
        ({"aspect": "castle"}, "aspect"),
        ({"status": "sleeping"}, "status"),
        ({"n_records": 0}, "n_records"),
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": -0.1}, "confidence"),
        ({"accuracy_m": 0.0}, "accuracy_m"),
        ({"accuracy_m": None}, "accuracy_m"),
        ({"licence": None}, "licence"),
        ({"run_id": None}, "run_id"),
        ({"geometry": None}, "every site has a place"),
        ({"geometry": shapely.Polygon()}, "every site has a place"),
    ],
)
def test_a_site_that_breaks_its_schema_is_told(said: dict[str, object], column: str) -> None:
    with pytest.raises(CountingError, match="limburg: a stage broke its promise") as told:
        checked_sites(sites(**said), "limburg")
    assert column in str(told.value)


def test_a_thousand_faults_are_told_in_few_words() -> None:
    frame = pd.concat([pd.DataFrame(sites(aspect="castle"))] * 500, ignore_index=True)
    many = as_sites(gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:3035"))
    with pytest.raises(CountingError) as told:
        checked_sites(many, "here")
    assert len(str(told.value)) < 1_000


def test_the_frame_itself_is_not_changed() -> None:
    frame = records(aspect="castle")
    before = frame.copy()
    with pytest.raises(CountingError):
        checked_records(frame, "here")
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
