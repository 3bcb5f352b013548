"""Places that lie off all alike: the relative of the declared system that was meant is named, and only then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from inducult_geo.catalog import load_catalog
from inducult_geo.frames import WORK_CRS, Pairs, Records, as_pairs, as_records
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.resolving import shifted
from inducult_geo.resolving.shifted import RECORDS_MIN, places_told

REGIONS = load_catalog().regions


def beside(
    region: str, meant: str, declared: str, wrong: int, right: int = 0, *, noise_m: float = 30, accuracy_m: float = 20
) -> tuple[Records, Pairs]:
    """Records of a list beside those of OpenStreetMap that they are joined to.

    The numbers of `wrong` rows are in the system that is meant, those of `right` in the declared one, as which all are
    read. The places of both lists differ by `noise_m`, any way.
    """
    about, count, chance = REGIONS[region], wrong + right, np.random.default_rng(7)
    west, south, east, north = about.bbox
    lon, lat = chance.uniform(west, east, count), chance.uniform(south, north, count)
    true = transform_points(lon, lat, source_crs="EPSG:4258", target_crs=WORK_CRS, country=about.country)
    x, y = true.x + chance.normal(0, noise_m / 2, count), true.y + chance.normal(0, noise_m / 2, count)
    said = transform_points(x, y, source_crs=WORK_CRS, target_crs=meant, country=about.country)
    read = transform_points(said.x, said.y, source_crs=declared, target_crs=WORK_CRS, country=about.country)
    x[:wrong], y[:wrong] = read.x[:wrong], read.y[:wrong]
    return told_of(shapely.points(x, y), shapely.points(true.x, true.y), declared, accuracy_m)


def told_of(mine: np.ndarray, theirs: np.ndarray, declared: str, accuracy_m: float) -> tuple[Records, Pairs]:
    """Records of a list and of OpenStreetMap, one after the other, and the pairs that join them."""
    numbers = range(len(mine))
    keys = [f"{source}:{number}" for source in ("list", "osm") for number in numbers]
    frame = pd.DataFrame({"record_key": keys, "source": [key.partition(":")[0] for key in keys]})
    frame["declared_crs"] = [declared] * len(mine) + ["EPSG:4326"] * len(mine)
    frame["accuracy_m"] = [accuracy_m] * len(mine) + [10.0] * len(mine)
    records = as_records(frame, geometry=np.concatenate([mine, theirs]))
    pairs = pd.DataFrame({"left_key": keys[: len(mine)], "right_key": keys[len(mine) :], "decision": "match"})
    sites = [f"S{number}" for number in numbers]
    pairs = pairs.assign(score=0.9, left_site=sites, right_site=sites, distance_m=shapely.distance(mine, theirs))
    return records, as_pairs(pairs)


def told(region: str, *given: object, **noise: float) -> tuple[str, ...]:
    records, pairs = beside(region, *given, **noise)  # type: ignore[arg-type]
    return places_told(records, pairs, REGIONS[region], ())


@pytest.mark.parametrize(
    ("region", "meant", "declared", "shift"),
    [
        ("gorenjska", "EPSG:3912", "EPSG:3794", "610 m south-east"),
        ("gorenjska", "EPSG:3794", "EPSG:3912", "610 m north-west"),
        ("zwickau", "EPSG:4314", "EPSG:4326", "170 m"),
        ("zwickau", "EPSG:2398", "EPSG:31468", "590 m"),
        ("limburg", "EPSG:4313", "EPSG:4326", "110 m"),
    ],
)
def test_a_file_that_is_read_in_a_relative_of_its_system_is_told(
    region: str, meant: str, declared: str, shift: str
) -> None:
    (message,) = told(region, meant, declared, 12)
    assert message.startswith("list: of 12 records that other sources place, too, 12 lie some ")
    assert shift in message
    assert f"Read as {meant} " in message
    assert f"and not as {declared} they would lie" in message
    assert "Ask the sender which system the file is in. If it is so, write it into the contract" in message


def test_rows_of_another_system_in_a_file_are_named() -> None:
    (message,) = told("gorenjska", "EPSG:3912", "EPSG:3794", RECORDS_MIN + 1, 20)
    assert "of 26 records that other sources place, too, 6 lie some 610 m south-east of theirs, all alike:" in message
    assert all(f"'list:{number}'" in message for number in range(6))
    assert "'list:6'" not in message
    assert "20 other records of it lie well. Ask the sender which system these rows are in." in message
    assert "put these rows into a file of their own" in message


@pytest.mark.parametrize(
    ("wrong", "right", "noise_m", "accuracy_m"),
    [
        (0, 40, 30, 20),
        # Places that are false by as much as the systems differ, but any way.
        (0, 600, 612, 20),
        (RECORDS_MIN - 1, 0, 30, 20),
        # Places that are true to no more than what the systems differ by tell nothing.
        (12, 0, 30, 400),
    ],
)
def test_nothing_is_told_of_what_has_other_reasons(wrong: int, right: int, noise_m: float, accuracy_m: float) -> None:
    assert told("gorenjska", "EPSG:3912", "EPSG:3794", wrong, right, noise_m=noise_m, accuracy_m=accuracy_m) == ()


def test_no_system_is_named_where_all_lie_off_as_no_system_puts_them() -> None:
    at = np.arange(12) * 1000.0
    mine, theirs = shapely.points(4_600_000 + at, 2_700_000 + at), shapely.points(4_600_500 + at, 2_700_500 + at)
    records, pairs = told_of(mine, theirs, "EPSG:3794", 20)
    assert places_told(records, pairs, REGIONS["gorenjska"], ()) == ()


def test_large_works_are_no_witness() -> None:
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 12)
    records.loc[records["source"] == "osm", "geometry"] = records.geometry.buffer(500)
    assert places_told(records, pairs, REGIONS["gorenjska"], ()) == ()


def test_records_that_were_told_to_be_others_are_no_witness() -> None:
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 12)
    for decision in ("different", "no_match", "part_of"):
        assert places_told(records, as_pairs(pairs.assign(decision=decision)), REGIONS["gorenjska"], ()) == ()
    # Of several the likeliest is: here each was asked about with its neighbor's, too.
    asked = pairs.assign(decision="review", score=0.5)
    neighbors = asked.assign(right_key=np.roll(asked["right_key"], 1), score=0.4)
    table = as_pairs(pd.concat([neighbors, asked], ignore_index=True))
    assert len(places_told(records, table, REGIONS["gorenjska"], ())) == 1


@pytest.mark.parametrize(("limit", "meters"), [("_SHIFT_MIN_M", 700.0), ("_SHIFT_MAX_M", 500.0)])
def test_a_system_too_near_or_too_far_is_not_tried(limit: str, meters: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shifted, limit, meters)
    assert told("gorenjska", "EPSG:3912", "EPSG:3794", 12) == ()


def test_of_two_lists_the_one_is_told_that_others_contradict() -> None:
    """The second list lies as OpenStreetMap does, and off the first, in which it is no less alike."""
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 12)
    again = records.iloc[12:].assign(record_key=[f"second:{n}" for n in range(12)], source="second")
    again["declared_crs"] = "EPSG:4326"
    both = as_records(pd.concat([records, again], ignore_index=True))
    beside_it = pairs.assign(right_key=again["record_key"].to_numpy())
    (message,) = places_told(both, as_pairs(pd.concat([pairs, beside_it])), REGIONS["gorenjska"], ())
    assert message.startswith("list: of 12 records")
    # In the system that explains it the second list would be told to be off in turn.
    both.loc[24:, "declared_crs"] = "EPSG:3912"
    some = as_pairs(pd.concat([pairs, beside_it[:8]]))
    (message,) = places_told(both, some, REGIONS["gorenjska"], ())
    assert message.startswith("list: of 12 records")


def test_a_list_of_many_is_judged_at_once() -> None:
    (message,) = told("gorenjska", "EPSG:3912", "EPSG:3794", 20_000, 20_000)
    assert message.startswith("list: of 40,000 records that other sources place, too, 20000 lie some 610 m")


def test_without_pairs_or_places_nothing_is_told() -> None:
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 6)
    about = REGIONS["gorenjska"]
    assert places_told(records, as_pairs(pairs.head(0)), about, ()) == ()
    records["geometry"] = None
    assert places_told(records, pairs, about, ()) == ()
    records["declared_crs"] = None
    assert places_told(records, pairs, about, ()) == ()


@pytest.mark.parametrize("crs", ["a grid of the mine", "EPSG:999999", "EPSG:4978", "EPSG:32600"])
def test_what_is_no_system_is_explained_by_none(crs: str) -> None:
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 12)
    records["declared_crs"] = crs
    assert places_told(records, pairs, REGIONS["gorenjska"], ()) == ()


def test_what_a_wrong_system_explains_is_no_wrong_accuracy() -> None:
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 12)
    (told,) = places_told(records, pairs, REGIONS["gorenjska"], {"list"})
    assert "all alike" in told
    records, pairs = beside("gorenjska", "EPSG:3912", "EPSG:3794", 0, 12, noise_m=300)
    assert places_told(records, pairs, REGIONS["gorenjska"], ()) == ()
    (told,) = places_told(records, pairs, REGIONS["gorenjska"], {"list"})
    assert "state what they are worth" in told


def test_of_a_list_and_openstreetmap_the_list_is_told_whatever_it_is_called() -> None:
    """In degrees either explains the other: those of OpenStreetMap are in WGS 84 by its own rule."""
    records, pairs = beside("zwickau", "EPSG:4326", "EPSG:4314", 12)
    for name in ("list", "zlist"):
        named = records.assign(source=records["source"].replace("list", name))
        (told,) = places_told(as_records(named), pairs, REGIONS["zwickau"], ())
        assert told.startswith(f"{name}: of 12 records")
        assert "Read as EPSG:4326 (WGS 84) and not as EPSG:4314" in told
