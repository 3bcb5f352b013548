"""A site that loses a record on the way out says only what the others say, and still says all of that."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo.catalog.models import AREA_RELIABLE
from inducult_geo.errors import ReleaseError
from inducult_geo.frames import as_records, as_sites, from_json, to_json
from inducult_geo.publish.rebuild import rebuilt, without_places

HERE, THERE = shapely.Point(4_500_000, 3_000_000), shapely.Point(4_500_400, 3_000_000)
LINEAGE = {"name": "secret:1", "geometry": "secret:1", "operator": "secret:1"}


def record(key: str, **said: object) -> dict[str, object]:
    names = to_json({"name": f"Works {key}"})
    plain = {"record_key": key, "source": key.split(":")[0], "names": names, "accuracy_m": 50.0, "geometry": HERE}
    return {**plain, "geometry_origin": "surveyed", "site_id": "IC-1", **said}


RELIABILITY = {"register": 90, "rumor": AREA_RELIABLE - 1}


def without(*stay: dict[str, object], lineage: dict[str, str] | None = None, **said: object) -> pd.Series:
    """What remains of a site whose record `secret:1` is withheld, with these records staying."""
    row = {"site_id": "IC-1", "name": "Secret works", "names": to_json({"name": "Secret works", "en": "Secret"})}
    row |= {"region": "opole", "aspect": "factory", "operator": "Secret AG", "accuracy_m": 1.0, "geometry": THERE}
    row |= {"geometry_origin": "digitized", "confidence": 0.7, "lineage": to_json(LINEAGE | (lineage or {}))}
    sites = as_sites(gpd.GeoDataFrame([{**row, **said}], geometry="geometry", crs="EPSG:3035"))
    table = pd.DataFrame(stay)
    records = as_records(table.drop(columns="geometry"), geometry=[*table["geometry"]])
    records["site_id"] = table["site_id"].to_numpy()
    return rebuilt(sites, pd.Series([True]), records, RELIABILITY).iloc[0]


def test_what_only_the_withheld_record_said_is_gone() -> None:
    site = without(record("a:1"))
    assert "Secret" not in str(site.to_dict())
    assert site["name"] == "Works a:1"
    assert site[["name_en", "operator"]].isna().all()
    assert set(from_json(site["lineage"]).values()) == {"a:1"}


def test_what_a_staying_record_said_stays_its_own() -> None:
    site = without(
        record("a:1", type="mine", accuracy_m=5.0),
        record("b:2", type="brewery"),
        lineage={"type": "b:2"},
        type="brewery",
    )
    assert site["type"] == "brewery", "it was chosen when all spoke"
    assert from_json(site["lineage"])["type"] == "b:2"


def test_the_item_is_that_of_the_truest_record_that_has_one() -> None:
    said = {"a:1": {"heritage": "7"}, "b:2": {"wikidata": ""}, "c:3": {"wikidata": "Q3"}, "d:4": {"wikidata": "Q4"}}
    rows = [record(key, ids=to_json(ids), accuracy_m=float(key[2])) for key, ids in said.items()]
    assert without(*rows, wikidata="Q666")["wikidata"] == "Q3"


def test_a_gap_is_filled_by_the_truest_record_that_knows() -> None:
    first, second = record("a:1", accuracy_m=5.0), record("b:2", operator="Huta S.A.", city="Opole", accuracy_m=80.0)
    site = without(second, first)
    assert (site["operator"], site["city"]) == ("Huta S.A.", "Opole")
    assert site["accuracy_m"] == 5.0
    assert {name: from_json(site["lineage"])[name] for name in ("operator", "geometry", "accuracy_m")} == {
        "operator": "b:2", "geometry": "a:1", "accuracy_m": "a:1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "present_use"),
    [(("unknown", "museum"), "museum"), (("unknown", "unknown"), "unknown"), (("housing", "museum"), "housing")],
)
def test_unknown_outvotes_nobody(said: tuple[str, str], present_use: str) -> None:
    records = [record(f"a:{n}", present_use=use, accuracy_m=5.0 + n) for n, use in enumerate(said)]
    assert without(*records)["present_use"] == present_use


@pytest.mark.parametrize(
    ("said", "aspect"),
    [
        (("monument",), "monument"),
        (("monument", "factory"), "both"),
        (("both", None), "both"),
        (("factory", "unknown"), "factory"),
        ((None, "unknown"), "unknown"),
    ],
)
def test_the_aspect_is_that_of_the_records_that_stay(said: tuple[str | None, ...], aspect: str) -> None:
    assert without(*(record(f"a:{n}", aspect=one) for n, one in enumerate(said)))["aspect"] == aspect


def test_a_site_moves_to_its_truest_record_and_loses_what_was_measured_at_the_old_place() -> None:
    outline = HERE.buffer(50)
    sampled = {"elevation_m": 412.0, "land_cover": "industrial", "population_per_km2": 80.0}
    origin = {"elevation_m": "raster:dem@2019-06-30"}
    site = without(
        record("a:1", accuracy_m=None, geometry=None),
        record("b:2", geometry=outline, accuracy_m=20.0, geometry_origin="digitized"),
        area_m2=9.0,
        lineage=origin,
        **sampled,
    )
    assert site["geometry"].equals(outline)
    assert site["area_m2"] == pytest.approx(outline.area, abs=0.05)
    assert (site["accuracy_m"], site["geometry_origin"]) == (20.0, "digitized")
    assert site[[*sampled]].isna().all()
    assert "elevation_m" not in from_json(site["lineage"])
    assert pd.isna(without(record("a:1"), area_m2=9.0)["area_m2"]), "a point has no area"


def test_the_place_is_chosen_as_where_nothing_is_withheld() -> None:
    outline, rough = HERE.buffer(50), HERE.buffer(90)
    point = record("a:1", accuracy_m=5.0)
    assert without(point, record("b:2", geometry=outline, accuracy_m=20.0))["geometry"].equals(outline)
    larger = record("rumor:1", geometry=rough, accuracy_m=1.0)
    assert without(point, record("b:2", geometry=outline, accuracy_m=20.0), larger)["geometry"].equals(outline)
    assert without(point, larger, record("b:2", geometry=rough))["geometry"].equals(rough), "the largest"


def test_a_reliable_source_speaks_before_a_truer_place() -> None:
    site = without(record("a:1", operator="Huta S.A.", accuracy_m=5.0), record("register:2", operator="Huta Opole"))
    assert (site["operator"], site["accuracy_m"]) == ("Huta Opole", 5.0)


def test_a_place_that_stays_keeps_its_samples_and_the_credit_of_their_rasters() -> None:
    origin = {"geometry": "a:1", "elevation_m": "raster:dem@2019-06-30"}
    site = without(record("a:1"), elevation_m=412.0, lineage=origin)
    assert site["geometry"].equals(THERE)
    assert site["elevation_m"] == 412.0
    told = from_json(site["lineage"])
    assert told.pop("elevation_m") == "raster:dem@2019-06-30"
    assert set(told.values()) == {"a:1"}, "no key of the record that stays at home"


def test_a_site_whose_staying_records_have_no_place_cannot_leave() -> None:
    with pytest.raises(ReleaseError, match="site IC-1 has no record with a place that may be published"):
        without(record("a:1", geometry=None))


def test_one_record_alone_is_sure_and_two_are_as_sure_as_they_were() -> None:
    assert without(record("a:1"))["confidence"] == 1.0
    assert without(record("a:1"), record("b:2"))["confidence"] == 0.7


def test_names_ids_and_years_are_those_of_the_records_that_stay() -> None:
    events = [
        {"year": 1890, "event": "founded", "record": "secret:1"},
        {"year": 1991, "event": "closed", "record": "a:1"},
    ]
    conflicts = {"status": {"secret:1": "functional", "a:1": "disused"}, "place": {"a:1": "2.1 km", "secret:1": "3 km"}}
    site = without(
        record("a:1", names=to_json({"name": "Huta", "en": "Ironworks"}), ids=to_json({"wikidata": "Q7"})),
        record("b:2", names=to_json({"de": "Hütte", "name": "Zakład"}), accuracy_m=90.0),
        wikidata="Q666",
        timeline=json.dumps(events),
        conflicts=json.dumps(conflicts),
    )
    assert (site["name"], site["name_en"], site["wikidata"]) == ("Huta", "Ironworks", "Q7")
    assert from_json(site["names"]) == {"name": "Huta", "en": "Ironworks", "de": "Hütte"}
    assert json.loads(site["timeline"]) == events[1:]
    assert from_json(site["conflicts"]) == {"place": {"a:1": "2.1 km"}}, "one word is no contradiction, but of places"


def test_an_event_that_a_withheld_record_told_first_is_told_by_one_that_stays() -> None:
    events = [
        {"year": 1890, "event": "founded", "record": "secret:1"},
        {"year": 1890, "event": "closed", "record": "secret:2"},
        {"year": 1986, "event": "closed", "record": "secret:1"},
        {"year": 1986, "event": "museum since", "record": "b:2"},
    ]
    site = without(
        record("a:1", start_year=1890, end_year=1986), record("b:2", start_year=1986), timeline=json.dumps(events)
    )
    assert [(event["year"], event["event"], event["record"]) for event in json.loads(site["timeline"])] == [
        (1890, "founded", "a:1"),
        (1986, "closed", "a:1"),
        (1986, "museum since", "b:2"),
    ]


def test_a_name_that_a_staying_record_gives_stays_and_what_nobody_tells_is_empty() -> None:
    called, other = record("b:2", names=to_json({"old": "Zakład"}), accuracy_m=90.0), record("a:1")
    site = without(called, other, name="Zakład", lineage={"name": "b:2"}, timeline="[]")
    assert site["name"] == "Zakład"
    assert from_json(site["lineage"])["name"] == "b:2"
    assert site[["timeline", "conflicts", "wikidata"]].isna().all()
    renamed = without(called, other)
    assert renamed["name"] == "Works a:1", "the truest record names it"
    assert from_json(renamed["lineage"])["name"] == "a:1"


def test_sites_that_lose_nothing_are_left_alone() -> None:
    row = {"site_id": "IC-2", "name": "Mlýn", "aspect": "monument", "geometry": HERE, "accuracy_m": 3.0}
    sites = as_sites(gpd.GeoDataFrame([row], geometry="geometry", crs="EPSG:3035"))
    table = pd.DataFrame([record("a:1")])
    records = as_records(table.drop(columns="geometry"), geometry=[*table["geometry"]]).assign(site_id="IC-1")
    kept = rebuilt(sites, pd.Series([False]), records, {})
    pd.testing.assert_frame_equal(pd.DataFrame(kept), pd.DataFrame(sites))
    assert kept is not sites


@pytest.mark.parametrize(
    ("conflicts", "on_grid", "told"),
    [
        (None, False, None),
        ({"place": {"a:1": "2 km"}}, True, None),
        ({"place": {"a:1": "2 km", "grid:1": "3 km"}}, False, None),
        ({"place": {"a:1": "2 km"}}, False, {"place": {"a:1": "2 km"}}),
        ({"status": {"a:1": "x", "grid:1": "y"}}, True, {"status": {"a:1": "x", "grid:1": "y"}}),
    ],
)
def test_how_far_apart_places_are_is_a_circle_around_a_hidden_one(
    conflicts: dict | None, on_grid: bool, told: dict | None
) -> None:
    text = without_places(None if conflicts is None else json.dumps(conflicts), {"grid"}, shown_on_grid=on_grid)
    assert (None if text is None else json.loads(text)) == told


def told(site: pd.Series, *columns: str) -> tuple[object, ...]:
    return tuple(None if pd.isna(site[column]) else site[column] for column in columns)


def test_an_address_is_one_record_s_whether_it_stays_or_comes_anew() -> None:
    street = record("a:1", address="ul. Portowa 1", city="Opole", accuracy_m=80.0)
    town = record("b:2", postcode="45-001", city="Kędzierzyn", accuracy_m=5.0)
    anew = without(street, town)
    assert told(anew, "address", "postcode", "city") == ("ul. Portowa 1", None, "Opole")
    stays = without(street, town, lineage={"city": "b:2"}, city="Kędzierzyn")
    assert told(stays, "address", "postcode", "city") == (None, None, "Kędzierzyn")
    assert "address" not in from_json(stays["lineage"])


@pytest.mark.parametrize(
    ("status", "kept", "years"),
    [
        ("disused", {}, (1880, 1990)),
        ("functional", {}, (1880, None)),
        ("disused", {"end_year": 1870}, (None, 1870)),
        ("disused", {"start_year": 1995}, (1995, None)),
    ],
)  # fmt: skip
def test_years_filled_anew_fit_each_other_and_the_status(status: str, kept: dict, years: tuple) -> None:
    site = without(
        record("a:1", start_year=1880, year_precision="decade", accuracy_m=5.0, status=status),
        record("b:2", end_year=1990, end_precision="open_start", accuracy_m=80.0, status=status),
        record("c:3", accuracy_m=90.0, status=status),
        lineage={"status": "c:3"} | dict.fromkeys(kept, "c:3"),
        status=status,
        **kept,
    )
    assert told(site, "start_year", "end_year") == years
    own = from_json(site["lineage"]).get("start_year") == "a:1"
    assert (site["year_precision"] == "decade") is own
    assert told(site, "end_precision") == ("open_start" if years[1] == 1990 else None,)
