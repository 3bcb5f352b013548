"""A site that loses a record on the way out says only what the others say, and still says all of that."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ReleaseError
from inducult_geo.frames import Records, Sites, as_records, as_sites, from_json, to_json
from inducult_geo.match.golden.best import golden
from inducult_geo.match.golden.remade import made_anew

HERE, THERE = shapely.Point(4_500_000, 3_000_000), shapely.Point(4_500_400, 3_000_000)
SAMPLED = {"elevation_m": 412.0, "land_cover": "industrial", "population_per_km2": 80.0}
DEM = {"elevation_m": "raster:dem@2019-06-30"}
CONTRACTS = {
    name: Contract(id=name, files=("a.csv",), reliability=worth, licence="CC0-1.0")
    for name, worth in {"a": 50, "b": 50, "register": 90}.items()
}


def record(key: str, **said: object) -> dict[str, object]:
    names = to_json({"name": f"Works {key}"})
    plain = {"record_key": key, "source": key.split(":")[0], "names": names, "accuracy_m": 50.0, "geometry": HERE}
    return {**plain, "geometry_origin": "surveyed", "site_id": "IC-1", **said}


def staying(*rows: dict[str, object]) -> Records:
    table = pd.DataFrame(rows)
    records = as_records(table.drop(columns="geometry"), geometry=[*table["geometry"]])
    return Records(records.assign(site_id=table["site_id"].to_numpy()))


def losing(site_id: str = "IC-1", placed_by: str = "secret:1", **said: object) -> dict[str, object]:
    """A site as it was with record `secret:1`, which is withheld now."""
    lineage = {"name": "secret:1", "geometry": placed_by, "accuracy_m": placed_by, "operator": "secret:1", **DEM}
    row = {"site_id": site_id, "name": "Secret works", "names": to_json({"name": "Secret works", "en": "Secret"})}
    row |= {"region": "opole", "aspect": "factory", "operator": "Secret AG", "accuracy_m": 1.0, "geometry": THERE}
    row |= {"geometry_origin": "digitized", "confidence": 0.7, "lineage": to_json(lineage), **SAMPLED}
    row |= {"conflicts": to_json({"status": {"secret:1": "functional", "a:1": "disused"}}), "wikidata": "Q666"}
    return row | {"timeline": '[{"year": 1890, "event": "founded", "record": "secret:1"}]', "area_m2": 9.0} | said


def sites_of(*rows: dict[str, object]) -> Sites:
    return as_sites(gpd.GeoDataFrame([*rows], geometry="geometry", crs="EPSG:3035"))


def without(*rows: dict[str, object], **site: object) -> pd.Series:
    return made_anew(sites_of(losing(**site)), staying(*rows), CONTRACTS).iloc[0]


def test_what_only_the_withheld_record_said_is_gone() -> None:
    site = without(record("a:1"))
    told = site.drop(["site_id", "lineage"])
    assert not [value for value in told if "secret" in str(value).lower() or "Q666" in str(value)]
    assert site["name"] == "Works a:1"
    assert site[["name_en", "operator", "conflicts", "timeline", "wikidata", "area_m2", *SAMPLED]].isna().all()
    assert set(from_json(site["lineage"]).values()) == {"a:1"}


SAID = {
    "status": st.sampled_from([None, "functional", "disused", "unknown"]),
    "aspect": st.sampled_from([None, "monument", "factory", "both", "unknown"]),
    "start_year": st.sampled_from([None, 1880, 1995]),
    "end_year": st.sampled_from([None, 1870, 1990]),
    "city": st.sampled_from([None, "Opole", "Kędzierzyn"]),
    "address": st.sampled_from([None, "ul. Portowa 1"]),
    "type": st.sampled_from([None, "mine", "brewery"]),
    "names": st.sampled_from([to_json({"name": "Huta", "en": "Ironworks"}), to_json({"old": "Zakład"})]),
    "accuracy_m": st.sampled_from([None, 5.0, 80.0]),
}


@settings(max_examples=10)
@given(st.lists(st.fixed_dictionaries(SAID), min_size=1, max_size=4))
def test_a_site_is_what_it_were_had_the_withheld_record_never_been(said: list[dict]) -> None:
    sources = ("a", "b", "register")
    records = staying(*(record(f"{sources[n % 3]}:{n}", **one) for n, one in enumerate(said)))
    never = golden(records, CONTRACTS).iloc[0].drop(["confidence", "run_id"])
    pd.testing.assert_series_equal(
        made_anew(sites_of(losing()), records, CONTRACTS).iloc[0].drop(["confidence", "run_id"])[never.index],
        never,
        check_names=False,
    )


def test_a_site_moves_to_another_record_and_loses_what_was_measured_at_the_old_place() -> None:
    outline = HERE.buffer(50)
    nowhere = record("a:1", accuracy_m=None, geometry=None)
    site = without(nowhere, record("b:2", geometry=outline, accuracy_m=20.0, geometry_origin="digitized"))
    assert site["geometry"].equals(outline)
    assert site["area_m2"] == pytest.approx(outline.area, abs=0.05)
    assert (site["accuracy_m"], site["geometry_origin"]) == (20.0, "digitized")
    assert site[[*SAMPLED]].isna().all()
    assert "elevation_m" not in from_json(site["lineage"])


def test_a_place_that_stays_keeps_its_shape_its_samples_and_the_credit_of_their_rasters() -> None:
    """A works drawn in pieces shows the shape of all of them, which no single record has."""
    whole = THERE.buffer(300)
    site = without(record("b:2", geometry=HERE.buffer(9)), record("a:1"), placed_by="a:1", geometry=whole, area_m2=7.0)
    assert site["geometry"].equals(whole)
    assert (site["area_m2"], site["accuracy_m"], site["geometry_origin"]) == (7.0, 1.0, "digitized")
    assert dict(site[[*SAMPLED]]) == SAMPLED
    told = from_json(site["lineage"])
    assert told.pop("elevation_m") == DEM["elevation_m"]
    assert (told["geometry"], told["accuracy_m"]) == ("a:1", "a:1")
    assert "secret" not in str(told), "no key of the record that stays at home"


def test_a_site_whose_staying_records_have_no_place_cannot_leave() -> None:
    with pytest.raises(ReleaseError, match="site IC-1 has no record with a place that may be published"):
        without(record("a:1", geometry=None))


def test_one_record_alone_is_sure_and_two_are_as_sure_as_they_were() -> None:
    assert without(record("a:1"))["confidence"] == 1.0
    assert without(record("a:1"), record("b:2"))["confidence"] == 0.7


def test_no_name_of_a_staying_record_is_lost() -> None:
    one, other = (record(key, names=to_json({"name": name})) for key, name in (("a:1", "Huta"), ("b:2", "Zakład")))
    assert sorted(from_json(without(one, other)["names"]).values()) == ["Huta", "Zakład"]


def test_sites_stand_in_their_order_with_what_no_record_tells() -> None:
    lasting = {"part_of": "IC-9", "first_seen": "2019-05-01", "last_seen": "2024-03-01", "run_id": "r7"}
    sites = sites_of(losing("IC-2", **lasting), losing("IC-1")).set_index(pd.Index([7, 3]))
    anew = made_anew(
        Sites(sites), staying(record("a:1"), record("a:2", site_id="IC-2"), record("b:3", site_id="IC-3")), CONTRACTS
    )
    assert [*anew.columns] == [*sites.columns]
    assert anew["site_id"].to_dict() == {7: "IC-2", 3: "IC-1"}
    assert anew["name"].to_dict() == {7: "Works a:2", 3: "Works a:1"}
    assert dict(anew.loc[7, [*lasting]]) == lasting
