"""From tags to raw records."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from inducult_geo.frames import REJECT_REASONS
from inducult_geo.sources.osm.objects import LOST_COLUMNS, OsmObjects
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES


def made(*tags: dict[str, str], note: str | None = None, lost: int = 0, shape=None, day="2024-03-04T21:21:35Z"):
    frame = gpd.GeoDataFrame(
        {
            "osm_type": ["way"] * len(tags),
            "osm_id": range(1, len(tags) + 1),
            "version": pd.array([1] * len(tags), dtype="Int64"),
            "timestamp": pd.array(["2019-05-06T07:08:09Z"] * len(tags), dtype="str"),
            "tags": list(tags),
            "note": pd.array([note] * len(tags), dtype="str"),
        },
        geometry=[shape or Point(9, 47)] * len(tags),
        crs="EPSG:4326",
    )
    gone = [("relation", 7, "none of its ways is there", {"man_made": "works", "name": "Gone"})] * lost
    return OsmObjects(frame, pd.DataFrame(gone, columns=[*LOST_COLUMNS]), len(tags) + lost, 0, day)


def row(tags: dict[str, str], **more) -> dict[str, object]:
    found = records_of(made({"man_made": "works", **tags}, **more)).frame.iloc[0]
    return {name: value for name, value in found.items() if name == "geometry" or isinstance(value, str)}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (
            {"name": "Werk", "name:de": "Werk", "name:sr-Latn": "Tvornica", "old_name": "Hütte"},
            {"name:sr-Latn": "Tvornica"},
        ),
        (
            {"name": "Svornost", "old_name:de": "Einigkeitszeche", "old_name": "Einigkeit", "loc_name": "Jáma"},
            {"name": "Svornost", "old_name": "Einigkeit;Einigkeitszeche", "alt_name": "Jáma"},
        ),
        ({"name": "Huť", "short_name:de": "EH", "loc_name:cs": "Fabrika"}, {"alt_name": "Fabrika;EH"}),
        (
            {
                "alt_name:de": "Hütte",
                "official_name:cs": "Huť a.s.",
                "official_name": "Hutě",
                "alt_name:etymology": "x",
            },
            {"alt_name": "Hütte;Huť a.s.", "official_name": "Hutě"},
        ),
        ({"start_date": "C19", "opening_date": "2030"}, {"start": "C19"}),
        ({"construction_date": "1890"}, {"start": "1890"}),
        ({"end_date": "1991"}, {"end": "1991", "status": "decommissioned", "present_use": "none"}),
        ({"operator": "Škoda", "owner": "x"}, {"operator": "Škoda"}),
        ({"addr:street": "Hauptstraße", "addr:housenumber": "5"}, {"address": "Hauptstraße 5"}),
        ({"addr:place": "Lhota", "addr:conscriptionnumber": "12"}, {"address": "Lhota 12"}),
        ({"addr:postcode": "9490", "addr:city": "Vaduz", "addr:country": "LI"}, {"postcode": "9490", "country": "LI"}),
        ({"contact:website": "https://a.example", "url": "https://b.example"}, {"website": "https://a.example"}),
        ({"wikidata": "Q1", "wikipedia": "de:Werk"}, {"ids.wikidata": "Q1", "wikipedia": "de:Werk"}),
        (
            {"ref:npu": "1000123456", "heritage": "3", "heritage:operator": "npu"},
            {"ids.heritage": "npu:1000123456", "heritage_scheme": "npu", "heritage_designation": "3"},
        ),
        ({"ref:hr:uzkb": "Z-5253"}, {"ids.heritage": "uzkb:Z-5253", "heritage_ref": "Z-5253"}),
        ({"ref:at:bda": "123"}, {"ids.heritage": "bda-objektid:123"}),
        ({"heritage:operator": "Národní památkový ústav", "heritage:ref": "5"}, {"ids.heritage": "npu:5"}),
        ({"disused:end_date": "1991"}, {"end": "1991"}),
        ({"heritage:operator": "bda", "heritage": "2"}, {"heritage_scheme": "bda", "aspect": "both"}),
        ({"heritage": "2"}, {"aspect": "both", "present_use": "production"}),
        ({"building": "construction"}, {"aspect": "factory", "present_use": "unknown"}),
        ({"tourism": "museum"}, {"visitor_access": "open", "present_use": "museum", "aspect": "monument"}),
        ({"tourism": "museum", "access": "private"}, {"visitor_access": "closed"}),
        ({"access": "permit"}, {"visitor_access": "limited"}),
        ({"fee": "yes", "wheelchair": "limited", "opening_hours": "24/7"}, {"fee": "yes", "wheelchair": "limited"}),
        ({}, {"type": "factory", "theme": "other", "present_use": "production", "valid_at": "2019-05-06"}),
        ({"amenity": "theatre"}, {"present_use": "culture"}),
        ({"amenity": "events_venue"}, {"present_use": "culture"}),
        ({"historic": "mine", "tourism": "attraction"}, {"type": "visitor_mine", "present_use": "museum"}),
        ({"disused": "yes", "landuse": "residential"}, {"status": "disused", "present_use": "housing"}),
        ({"was:name": "Kammgarn"}, {"old_name": "Kammgarn"}),
        ({"old_name": "Zuse", "name:1946-1990": "VEB Motor"}, {"old_name": "Zuse;VEB Motor"}),
        ({"alt_name_1": "Werk II", "int_name": "Plant"}, {"alt_name": "Werk II;Plant"}),
        ({"name:pronunciation": "x", "proposed:name": "y", "name:etymology:1": "z"}, {"alt_name": None}),
        ({"office": "company"}, {"present_use": "business"}),
        ({"shop": "furniture"}, {"present_use": "business"}),
        ({"shop": "vacant"}, {"present_use": "production"}),
        ({"shop": "vacant", "disused": "yes"}, {"status": "disused", "present_use": "none"}),
        ({"office": "no", "museum": "no"}, {"present_use": "production"}),
        ({"museum": "technology", "shop": "books"}, {"present_use": "museum"}),
        ({"building": "apartments", "office": "company"}, {"present_use": "housing"}),
        ({"operator": "  ", "owner": "Škoda"}, {"operator": "Škoda"}),
        ({"ref:nid": "1;2", "ref:npu": ""}, {"ids.heritage": "nid:1", "heritage_ref": "1"}),
        ({"tourism": "attraction"}, {"visitor_access": "open"}),
        ({"tourism": "attraction", "access": "customers"}, {"visitor_access": "limited"}),
        ({"tourism": "museum", "access": "designated"}, {"visitor_access": "open"}),
    ],
    ids=str,
)
def test_fields(tags, expected):
    found = row(tags)
    assert {name: found.get(name) for name in expected} == expected
    assert (found["key"], found["place"], found["accuracy_m"]) == ("way/1", "way/1", "5")


@pytest.mark.parametrize("key", ["name:etymology:wikidata", "name:<script>"])
def test_what_is_no_name_stays_a_tag(key):
    found = row({key: "x"})
    assert key not in found
    assert key in json.loads(str(found["tags"]))


@pytest.mark.parametrize(
    "key",
    [
        "phone", "contact:email", "fax:de", "phone:mobile", "phone_2", "operator:phone", "contact:operator:email",
        "disused:contact:fax", "email:2", "contact:whatsapp", "mobile", "contact:mobile",
    ],
)  # fmt: skip
def test_numbers_and_addresses_of_persons_are_left_behind(key):
    found = row({key: "x", "operator": "Škoda"})
    assert key not in found
    assert json.loads(str(found["tags"])) == {"man_made": "works", "operator": "Škoda"}


@pytest.mark.parametrize("key", ["name:fax", "smartphone", "emergency", "operator:type", "email_contact_policy"])
def test_what_only_sounds_personal_is_kept(key):
    assert key in json.loads(str(row({key: "x"})["tags"]))


def test_tags_are_kept_whole():
    assert json.loads(str(row({"colour": "grün", "a": "b;c"})["tags"])) == {
        "man_made": "works",
        "colour": "grün",
        "a": "b;c",
    }


def test_incomplete_geometries_are_less_sure():
    line = LineString([(9, 47), (9.01, 47)])
    assert row({}, note="incomplete")["accuracy_m"] == "55"
    assert 350 < float(str(row({}, note="incomplete", shape=line)["accuracy_m"])) < 420
    assert row({}, note="repaired")["accuracy_m"] == "5"


def test_lost_objects_are_rows_with_reason():
    frame = records_of(made({"man_made": "works"}, lost=1)).frame
    gone = frame[frame.reason.notna()].iloc[0]
    assert len(frame) == 2
    assert gone["key"] == "relation/7"
    assert gone["name"] == "Gone"
    assert gone["reason"] in REJECT_REASONS
    assert "none of its ways is there" in gone["detail"]
    assert "openstreetmap.org/relation/7" in gone["detail"]
    assert gone["geometry"] is None
    assert gone["valid_at"] == "2024-03-04"


@pytest.mark.parametrize(
    "objects", [made(), made(lost=1), made({"man_made": "works"}, day=None)], ids=["0", "lost", "1"]
)
def test_frames_of_any_size_have_the_same_columns(objects):
    table = records_of(objects)
    assert table.crs == "EPSG:4326"
    assert table.frame.crs == "EPSG:4326"
    assert {"key", "name", "type", "start", "nace", "tags", "content_hash", "reason", "geometry"} <= set(table.frame)
    assert all(str(kind) in ("str", "geometry", "object") for kind in table.frame.dtypes)


def test_a_changed_tag_changes_the_hash_and_an_equal_one_does_not():
    assert row({"a": "1"})["content_hash"] == row({"a": "1"})["content_hash"] != row({"a": "2"})["content_hash"]


def test_real_objects(shared):
    objects = read_objects(shared / "data/osm/liechtenstein-2024-03.osm.pbf")
    table = records_of(objects)
    frame = table.frame
    assert len(frame) == objects.hits
    assert frame.key.is_unique
    assert frame.aspect.isin(ASPECTS).all()
    assert frame.status.isin(STATUSES).all()
    assert frame.present_use.isin(PRESENT_USES).all()
    assert frame.type.notna().all()
    assert (frame.valid_at <= "2024-03-04").all()
    assert table.data_time == objects.data_time
