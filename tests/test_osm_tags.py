"""The tag tables: what is a record, and what it says."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.errors import CatalogError
from inducult_geo.sources.osm import tags as osm_tags
from inducult_geo.sources.osm.tags import load_tag_table
from inducult_geo.values import ASPECTS, STATUSES

TABLE = load_tag_table()


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("inducult_geo.catalog").joinpath(name).read_text("utf-8").splitlines()))


@pytest.mark.parametrize(
    ("text", "values"), [("a", ["a"]), ("a; b", ["a", "b"]), ("a;;b;", ["a", "b"]), ("; ;", []), ("", [""])]
)
def test_values_stand_between_semicolons(text: str, values: list[str]) -> None:
    assert osm_tags.values_of(text) == values


@pytest.mark.parametrize(
    ("value", "there"), [(v, False) for v in ("no", "none", "vacant", "disused")] + [("yes", True)]
)
def test_what_is_said_to_be_missing_is_not_there(value: str, there: bool) -> None:
    assert osm_tags.is_there({"shop": value}, "shop") is there
    assert not osm_tags.is_there({}, "shop")


WANTED = [
    {"man_made": "works"},
    {"disused:man_made": "works"},
    {"abandoned:landuse": "quarry"},
    {"man_made": "chimney;works"},
    {"landuse": "industrial", "name": "Zeche"},
    {"landuse": "industrial", "operator": "Hilti"},
    {"landuse": "industrial", "industrial": "brewery"},
    {"disused:landuse": "industrial"},
    {"building": "industrial", "heritage": "2"},
    {"building": "warehouse", "name:de": "Speicher"},
    {"man_made": "chimney", "wikidata": "Q1"},
    {"man_made": "mineshaft", "disused": "yes"},
    {"building": "industrial", "abandoned": "yes"},
    {"historic": "mine"},
    {"historic": "ruins", "ruins": "mill"},
    {"power": "plant", "plant:source": "hydro"},
    {"power": "plant", "plant:source": "solar;hydro"},
    {"power": "generator", "generator:source": "hydro"},
    {"tourism": "museum", "museum": "railway"},
    {"tourism": "museum", "name": "Bergbaumuseum Leoben"},
    {"demolished:building": "industrial", "name": "Alte Spinnerei"},
    {"landuse": "residential", "name": "Arbeiterkolonie Nord"},
    {"industrial": "foundry"},
    {"industrial": "a_kind_without_a_row", "name": "Werk"},
    {"construction:man_made": "works"},
    {"disused:railway": "station"},
    {"building": "industrial", "old_name:1950-1990": "VEB Motor"},
    {"building": "industrial", "was:name": "Kammgarn"},
    {"landuse": "industrial", "power": "substation", "heritage": "2"},
    {"landuse": "industrial", "man_made": "works", "plant:source": "solar"},
    {"tourism": "museum", "name": "Železarski muzej"},
    {"tourism": "museum", "museum": "mine"},
]
UNWANTED = [
    {},
    {"building": "yes"},
    {"industrial": "no", "name": "Wiese"},
    {"heritage": "2"},
    {"heritage": "2", "building": "church", "name": "St. Florian"},
    {"landuse": "industrial"},
    {"building": "warehouse"},
    {"building": "industrial", "name": ""},
    {"building": "industrial", "name:etymology": ""},
    {"building": "industrial", "demolished": "yes"},
    {"construction:building": "industrial"},
    {"man_made": "chimney"},
    {"historic": "mine_road"},
    {"historic": "ruins", "name": "Burg"},
    {"power": "plant", "plant:source": "solar"},
    {"power": "plant", "plant:source": "solar;wind", "name": "Park"},
    {"power": "generator", "generator:source": "wind"},
    {"proposed:man_made": "works"},
    {"no:man_made": "works"},
    {"not:man_made": "works"},
    {"man_made": "no"},
    {"tourism": "museum", "name": "Kunsthaus"},
    {"railway": "station", "name": "Zwickau Hbf"},
    {"railway": "razed", "heritage": "4"},
    {"landuse": "residential", "name": "Neubau", "heritage": "4"},
    {"man_made": "storage_tank", "name": "T1"},
    {"disused:highway": "raceway"},
    {"landuse": "industrial", "power": "plant", "plant:source": "solar", "name": "Solarpark"},
    {"landuse": "industrial", "power": "substation", "name": "Umspannwerk", "operator": "APG"},
    {"power": "plant", "plant:source": "solar;battery"},
    {"power": "plant", "generator:source": "wind", "name": "Windpark"},
    {"historic": "building", "craft": "optician"},
    {"tourism": "museum", "name": "Museo della Civiltà Montanara"},
    {"tourism": "museum", "museum": "minerals"},
]


@pytest.mark.parametrize("tags", WANTED, ids=str)
def test_wanted(tags):
    assert TABLE.wanted(tags)
    assert set(tags) & set(TABLE.keys), "a filter on keys alone would miss it"


@pytest.mark.parametrize("tags", UNWANTED, ids=str)
def test_unwanted(tags):
    assert not TABLE.wanted(tags)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"man_made": "works"}, ("factory", "other")),
        ({"man_made": "works", "product": "paper"}, ("paper_mill", "paper_wood")),
        ({"disused:man_made": "works", "product": "steel;rails"}, None),
        ({"man_made": "works", "disused:man_made": "chimney"}, ("factory", "other")),
        ({"man_made": "works", "industrial": "brewery", "landuse": "industrial"}, ("brewery", "food_drink")),
        ({"landuse": "quarry", "resource": "clay"}, ("clay_sand_pit", "mining")),
        ({"landuse": "industrial", "name": "x"}, ("industrial_area", "housing_landscape")),
        ({"disused:landuse": "industrial"}, ("brownfield", "housing_landscape")),
        ({"building": "warehouse", "man_made": "works"}, ("factory", "other")),
        ({"man_made": "works", "name:cs": "Městská barvírna"}, ("textile_finishing", "textiles_leather")),
        ({"tourism": "museum", "historic": "mine"}, ("visitor_mine", "museum_memory")),
        ({"tourism": "museum", "museum": "railway"}, ("industrial_museum", "museum_memory")),
        ({"landuse": "industrial", "industrial": "unheard_of"}, ("industrial_area", "housing_landscape")),
        ({"industrial": "unheard_of"}, ("factory", "other")),
        ({"amenity": "bench"}, (None, None)),
        ({"building": "industrial", "power": "generator"}, ("industrial_building", "other")),
        ({"power": "generator", "heritage": "2"}, ("power_station", "energy")),
        ({"was:landuse": "industrial", "landuse": "residential"}, ("brownfield", "housing_landscape")),
        ({"landuse": "residential", "name": "Tuinwijk"}, ("workers_housing", "housing_landscape")),
        ({"building": "industrial", "man_made": "water_works", "name": "Úpravna vody"}, ("waterworks", "water_waste")),
        ({"building": "industrial", "name": "Wasseraufbereitung"}, ("industrial_building", "other")),
        ({"building": "industrial", "name": "Erzaufbereitung"}, ("ore_processing", "mining")),
        ({"landuse": "railway", "name": "Deponiebahn"}, ("industrial_railway", "transport_storage")),
    ],
    ids=str,
)
def test_type_of(tags, expected):
    found = TABLE.type_of(tags)
    assert found == expected if expected else found[0] in {"steelworks", "rolling_mill"}


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({"man_made": "works"}, "functional"),
        ({"man_made": "works", "historic": "yes"}, "functional"),
        ({"historic": "factory"}, "unknown"),
        ({"historic": "mine"}, "disused"),
        ({"disused:man_made": "works"}, "disused"),
        ({"man_made": "works", "disused": "yes"}, "disused"),
        ({"abandoned:man_made": "works"}, "disused"),
        ({"ruins:building": "industrial"}, "decommissioned"),
        ({"man_made": "works", "demolished": "yes"}, "decommissioned"),
        ({"man_made": "works", "demolished": "no"}, "functional"),
        ({"demolished:man_made": "works", "disused:man_made": "works"}, "decommissioned"),
        ({"construction:power": "plant"}, "underConstruction"),
        ({"man_made": "works", "was:shop": "kiosk"}, "functional"),
        ({"landuse": "brownfield"}, "disused"),
        ({"man_made": "works", "tourism": "museum"}, "functional"),
        ({"man_made": "works", "end_date": "1991"}, "decommissioned"),
        ({"man_made": "works", "opening_date": "2027"}, "functional"),
        ({"man_made": "pumping_station"}, "functional"),
        ({"railway": "station"}, "functional"),
        ({"building": "train_station"}, "unknown"),
        ({"building": "warehouse"}, "unknown"),
        ({"building": "industrial"}, "functional"),
        ({"man_made": "headframe"}, "unknown"),
        ({"man_made": "windmill"}, "unknown"),
        ({"man_made": "mineshaft", "disused": "yes"}, "disused"),
        ({"amenity": "bench"}, "unknown"),
        ({"railway": "disused_station"}, "disused"),
        ({"man_made": "works", "razed": "yes"}, "decommissioned"),
        ({"man_made": "works", "abandoned:building": "yes"}, "disused"),
        # Of a part of the works, or of one that is added, not of what the object is.
        ({"landuse": "industrial", "removed:man_made": "chimney"}, "functional"),
        ({"man_made": "works", "construction:building": "industrial"}, "functional"),
        ({"building": "industrial", "disused:man_made": "works"}, "disused"),
    ],
    ids=str,
)
def test_status_of(tags, status):
    assert TABLE.status_of(tags) == status


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({"man_made": "works", "end_date": "2030-01-01"}, "functional"),
        ({"man_made": "works", "end_date": "2024"}, "functional"),
        ({"man_made": "works", "end_date": "2023"}, "decommissioned"),
        ({"man_made": "works", "opening_date": "2027"}, "projected"),
        ({"man_made": "works", "opening_date": "2019-05"}, "functional"),
        ({"man_made": "works", "opening_date": "2024"}, "functional"),
        ({"man_made": "works", "end_date": "soon"}, "functional"),
        ({"man_made": "works", "end_date": "~1990"}, "decommissioned"),
        ({"man_made": "works", "end_date": "before 1945"}, "decommissioned"),
        ({"man_made": "works", "end_date": "1990..1995"}, "decommissioned"),
        ({"man_made": "works", "end_date": "late C20"}, "decommissioned"),
        ({"man_made": "works", "end_date": "C21"}, "functional"),
        ({"man_made": "works", "end_date": "~2024"}, "functional"),
        ({"man_made": "works", "end_date": "no 12345"}, "functional"),
    ],
    ids=str,
)
def test_dates_are_compared_with_the_time_of_the_data(tags, status):
    assert TABLE.status_of(tags, "2024-03-04") == status


@pytest.mark.parametrize(
    ("tags", "aspect"),
    [
        ({"man_made": "works"}, "factory"),
        ({"industrial": "brewery"}, "factory"),
        ({"power": "plant"}, "factory"),
        ({"man_made": "works", "heritage": "2"}, "both"),
        ({"man_made": "works", "historic": "yes"}, "both"),
        ({"man_made": "works", "tourism": "museum"}, "monument"),
        ({"man_made": "works", "museum": "disused"}, "factory"),
        ({"historic": "mine"}, "monument"),
        ({"disused:man_made": "works"}, "unknown"),
        ({"construction:man_made": "works"}, "unknown"),
        ({"disused:man_made": "works", "heritage": "4"}, "monument"),
        ({"man_made": "works", "abandoned": "yes"}, "unknown"),
        ({"man_made": "adit"}, "unknown"),
        ({"man_made": "works", "historic": "no"}, "factory"),
        ({"building": "industrial", "name": "Hilti Werk 1"}, "factory"),
        ({"building": "industrial", "shop": "stationery"}, "unknown"),
        ({"building": "industrial", "office": "it", "heritage": "2"}, "monument"),
        ({"building": "industrial", "amenity": "nightclub"}, "unknown"),
        ({"building": "industrial", "shop": "cheese", "craft": "cheese"}, "factory"),
    ],
    ids=str,
)
def test_aspect_of(tags, aspect):
    assert TABLE.aspect_of(tags) == aspect


@pytest.mark.parametrize(
    ("tags", "area"),
    [
        ({"landuse": "quarry"}, True),
        ({"disused:landuse": "quarry"}, True),
        ({"industrial": "brewery"}, True),
        ({"man_made": "goods_conveyor"}, False),
        ({"man_made": "goods_conveyor", "area": "yes"}, True),
        ({"landuse": "quarry", "area": "no"}, False),
        ({"disused:highway": "raceway"}, False),
        ({"railway": "narrow_gauge"}, False),
        ({"disused:railway": "station"}, True),
        ({"man_made": "quay"}, False),
        ({"man_made": "silo;works"}, True),
        ({"building": "factory"}, True),
        ({"heritage": "2"}, False),
        ({"building": "no", "barrier": "wall"}, False),
    ],
    ids=str,
)
def test_is_area(tags, area):
    assert TABLE.is_area(tags) is area


def test_every_tag_of_the_table_is_found_and_has_a_type():
    for row in rows("osm_tags.csv"):
        tags = {row["key"]: row["value"].replace("*", "something")}
        assert any(True for _ in TABLE.hits(tags)) == (row["select"] != "no"), tags
        if row["select"] == "yes":
            assert TABLE.wanted(tags), tags
            assert TABLE.type_of(tags)[0] == row["type_id"] or TABLE.type_of(tags)[0] is not None, tags


@pytest.mark.parametrize("name", ["osm_tags.csv", "osm_rules.csv"])
def test_types_and_themes_are_those_of_the_vocabulary(name):
    known = {(row["type_id"], row["theme_id"]) for row in rows("types.csv")}
    assert {(row["type_id"], row["theme_id"]) for row in rows(name) if row["type_id"]} <= known


@pytest.mark.parametrize("name", ["osm_tags", "osm_rules", "osm_evidence", "area_rules", "lifecycle"])
def test_every_row_names_its_source_once(name):
    lines = rows(f"{name}.csv")
    assert all(line["source"] for line in lines)
    assert len({tuple(line.values()) for line in lines}) == len(lines)


def test_unknown_evidence_is_refused():
    row = TABLE.rows["man_made"]["chimney"]
    with pytest.raises(CatalogError, match="man_made=chimney asks for 'named'"):
        osm_tags._check_evidence({"man_made": {"chimney": row}}, {})


text = st.text(max_size=12) | st.sampled_from(["works", "yes", "no", "quarry;", ";", "*", "industrial"])


@given(st.dictionaries(st.sampled_from(TABLE.keys) | text, text, max_size=6))
def test_any_tags_give_known_values(tags):
    TABLE.wanted(tags)
    TABLE.type_of(tags)
    assert TABLE.status_of(tags) in STATUSES
    assert TABLE.aspect_of(tags) in ASPECTS
    assert TABLE.is_area(tags) in (True, False)
