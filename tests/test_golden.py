from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from match_rows import point, records, row, square

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import CountingError
from inducult_geo.frames import SITE_COLUMNS, Records
from inducult_geo.match.golden import names as names_of_sites
from inducult_geo.match.golden.best import Confidence, golden
from inducult_geo.text.clean import lost_characters


def contract(source, **more):
    return Contract(id=source, title=source, files="x.csv", licence="CC0-1.0", attribution=f"{source} office", **more)


CONTRACTS = {"good": contract("good", reliability=90), "poor": contract("poor", reliability=30)}


def site(*rows, contracts=CONTRACTS, **more):
    table = records(*rows).assign(site_id="IC-1", first_seen="2026-01-01", last_seen="2026-02-02")
    return golden(Records(table), contracts, **more).iloc[0]


def test_one_row_a_site_in_order_with_all_columns():
    table = records(row("good:1", "A"), row("good:2", "B"), row("poor:1", "C")).assign(site_id=["z", "a", "z"])
    sites = golden(Records(table), CONTRACTS)
    assert sites["site_id"].tolist() == ["a", "z"]
    assert [*sites.columns] == [*SITE_COLUMNS, "geometry"]
    assert sites["n_records"].tolist() == [1, 2]
    assert sites["n_sources"].tolist() == [1, 2]


def test_no_records_no_sites():
    assert len(golden(Records(records(row("good:1")).iloc[:0].assign(site_id=[])), {})) == 0


@pytest.mark.parametrize("homes", [{"site_id": ["z", None]}, {"site_id": ["z", float("nan")]}, {}])
def test_a_record_without_a_site_is_refused_by_name(homes):
    table = records(row("good:1", "A"), row("good:2", "B")).assign(**homes)
    with pytest.raises(CountingError, match="'good:2'" if homes else "2 of 2 records have no site_id"):
        golden(Records(table), CONTRACTS)


OFFICE = {"city": "Hamburg", "postcode": "20095", "address": "Ring 1", "accuracy_m": 5.0}


@pytest.mark.parametrize(
    ("name", "fields", "east_m", "is_office"),
    [
        ("Raffinerie Saal an der Donau", {}, 500_000, True),
        ("Alsen", {"names": {"name": "Alsen", "old": "Raffinerie Saal/Donau", "parent": "Hamburg AG"}}, 500_000, True),
        # It tells its own town, no town, or stands nearby; or nobody knows how far away.
        ("Raffinerie Saal an der Donau, Hamburg", {}, 500_000, False),
        ("Raffinerie", {}, 500_000, False),
        ("Raffinerie Saal an der Donau", {}, 9_000, False),
        ("Raffinerie Saal an der Donau", {"geometry": None}, 0, False),
        ("Raffinerie Saal an der Donau", {"city": None}, 500_000, False),
    ],
)
def test_place_and_address_of_an_office_come_last(name, fields, east_m, is_office):
    works = row("poor:1", "Raffinerie", point(), accuracy_m=50.0, city="Saal Donau", address="Kai 5")
    office = row("good:1", **({"name": name, "geometry": point(east_m)} | OFFICE | fields))
    far = row("good:2", "Bergwerk", point(900_000), city="Kiel")
    sites = golden(Records(records(far, office, works).assign(site_id=["IC-0", "IC-1", "IC-1"])), CONTRACTS)
    best = sites.set_index("site_id").loc["IC-1"]
    lineage = json.loads(best["lineage"])
    told = "poor:1" if is_office else "good:1"
    assert (lineage["address"], lineage["geometry"]) == (told, told if fields.get("geometry", 1) else "poor:1")


def test_of_a_site_without_a_place_nobody_knows_how_far_its_towns_are():
    works = row("poor:1", "Raffinerie", None, city="Saal Donau", address="Kai 5")
    office = row("good:1", "Raffinerie Saal an der Donau", None, **OFFICE)
    assert json.loads(site(works, office)["lineage"])["address"] == "good:1"


def test_the_reliable_source_wins_and_gaps_are_filled():
    best = site(row("poor:1", operator="Wrong", nace="23.32"), row("good:1", operator="Right"))
    assert (best["operator"], best["nace"]) == ("Right", "23.32")
    assert json.loads(best["lineage"])["operator"] == "good:1"
    assert json.loads(best["lineage"])["nace"] == "poor:1"


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"accuracy_m": 900.0}, {"accuracy_m": 9.0}),
        ({"valid_at": "2020-01-01"}, {"valid_at": "2025-01-01"}),
        ({"valid_at": "2025-01-01"}, {"valid_at": "2025-11-01"}),
        ({}, {"valid_at": "2025-01-01"}),
        ({"valid_at": "2020-01-01", "retrieved_at": "2026-01-01"}, {"valid_at": "2021-01-01"}),
    ],
)
def test_among_equals_precision_then_freshness_wins(worse, better):
    best = site(row("good:1", operator="Worse", **worse), row("good:2", operator="Better", **better))
    assert best["operator"] == "Better"


def test_precision_goes_before_freshness_but_for_what_changes_with_time():
    fresh, precise = {"accuracy_m": 900.0, "valid_at": "2025-01-01"}, {"accuracy_m": 9.0, "valid_at": "2020-01-01"}
    best = site(*(row(f"good:{n}", operator=n, nace=n, **one) for n, one in (("1", fresh), ("2", precise))))
    assert (best["operator"], best["nace"]) == ("1", "2")


def test_of_two_sources_alike_the_one_that_tells_the_year_is_heard_though_the_other_is_fresher():
    year = {"start_year": 1894, "year_precision": "year", "valid_at": "2020-01-01"}
    decade = {"start_year": 1880, "year_precision": "decade", "valid_at": "2025-01-01"}
    best = site(row("good:1", **decade), row("good:2", **year))
    assert (best["start_year"], best["year_precision"]) == (1894, "year")
    best = site(row("good:1", **decade), row("poor:1", **year | {"start_year": 1850}))
    assert best["start_year"] == 1880, "the better source is heard though it is less exact"


def test_of_two_places_as_true_a_surveyed_one_goes_before_the_address_of_a_better_source():
    told = {"good:1": "address", "poor:1": "surveyed"}
    best = site(*(row(key, geometry=point(5), geometry_origin=how, accuracy_m=50.0) for key, how in told.items()))
    assert json.loads(best["lineage"])["geometry"] == "poor:1"


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"geometry_origin": "surveyed", "accuracy_m": 90.0}, {"geometry_origin": "address", "accuracy_m": 50.0}),
        ({"record_key": "poor:2", "valid_at": "2025-01-01"}, {"valid_at": "2020-01-01"}),
    ],
)
def test_the_truest_place_is_shown_and_of_two_as_true_that_of_the_better_source(worse, better):
    place = {"geometry_origin": "surveyed", "accuracy_m": 50.0}
    table = [place | {"record_key": key} | more for key, more in (("good:1", worse), ("good:2", better))]
    best = site(*(row(one.pop("record_key"), geometry=point(5), **one) for one in table))
    assert json.loads(best["lineage"])["geometry"] == "good:2"


def test_what_belongs_together_comes_from_one_record():
    best = site(row("good:1", city="Leoben"), row("poor:1", address="Hauptstr. 1", postcode="04107", city="Leipzig"))
    assert (best["address"], best["postcode"], best["city"]) == ("Hauptstr. 1", "04107", "Leipzig")
    assert json.loads(best["lineage"])["city"] == "poor:1"


@pytest.mark.parametrize(
    ("other", "postcode"),
    [
        ({"address": "HAUPTSTR. 1", "city": "Leipzig"}, "04107"),
        ({"address": "Hauptstr.1"}, "04107"),
        ({"address": "Hauptstr. 11", "city": "Leipzig"}, None),
        ({"address": "Hauptstr. 1", "city": "Halle"}, None),
        ({"city": "Leipzig"}, None),
    ],
)
def test_what_an_address_leaves_out_another_record_tells_that_tells_the_same_address(other, postcode):
    best = site(row("good:1", address="Hauptstr. 1", city="Leipzig"), row("poor:1", postcode="04107", **other))
    assert (best["address"], best["city"]) == ("Hauptstr. 1", "Leipzig")
    assert postcode == (best["postcode"] if pd.notna(best["postcode"]) else None)
    said = json.loads(best["lineage"])
    assert (said["address"], said.get("postcode")) == ("good:1", "poor:1" if postcode else None)


@pytest.mark.parametrize(
    "bad",
    ["K\ufffddzierzyn-Ko\ufffdle", "KÄ™dzierzyn-KoĹşle", "Kï¿½dzierzyn", "<p><b>Azoty</b> K.</p>", 'K <a href="x">'],
)
def test_a_value_with_lost_letters_or_markup_gives_way_to_a_whole_one(bad):
    best = site(
        row("good:1", bad, operator=bad, address="Szkolna 1", city=bad, nace="20.15"),
        row("poor:1", "Kędzierzyn", operator="Azoty", address="Szkolna 1", city="Kędzierzyn-Koźle"),
    )
    assert (best["name"], best["operator"], best["city"]) == ("Kędzierzyn", "Azoty", "Kędzierzyn-Koźle")
    assert best["nace"] == "20.15"
    lineage = json.loads(best["lineage"])
    assert {lineage[name] for name in ("name", "operator", "address", "city")} == {"poor:1"}
    assert bad in json.loads(best["names"]).values(), "nothing is lost"


@pytest.mark.parametrize("whole", ["ORĂŞTIE", "RÂŞNOV", "FABRICA DE MĂŞINI", "Werk <3", "Hall A<B", "a < b > c"])
def test_capitals_of_romanian_and_signs_that_are_no_markup_are_whole(whole):
    """In other lists the same signs are what is left of a letter ("fenĂŞtre")."""
    best = site(row("good:1", whole, city=whole), row("poor:1", "Ditrau", city="Ditrau"))
    assert (best["name"], best["city"]) == (whole, whole)
    assert lost_characters(whole) is None
    assert lost_characters("fenĂŞtre") == "UTF-8 read as cp1250"


def test_a_value_whose_letters_were_lost_is_better_than_none():
    best = site(row("good:1", "Pozna\ufffd", city="Pozna\ufffd"), row("poor:1"))
    assert (best["name"], best["city"]) == ("Pozna\ufffd", "Pozna\ufffd")


@pytest.mark.parametrize(
    ("aspects", "expected"),
    [
        (("monument", "factory"), "both"),
        (("monument", None), "monument"),
        (("unknown", "factory"), "factory"),
        (("both", "monument"), "both"),
        ((None, None), "unknown"),
    ],
)
def test_aspect(aspects, expected):
    assert site(row("good:1", aspect=aspects[0]), row("poor:1", aspect=aspects[1]))["aspect"] == expected


def test_who_says_both_stands_for_it_though_others_say_one_each():
    told = site(*(row(f"poor:{aspect}", aspect=aspect) for aspect in ("factory", "monument", "both")))
    assert (told["aspect"], json.loads(told["lineage"])["aspect"]) == ("both", "poor:both")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("disused", "monument"), ("functional", "factory"), "functional"),
        (("disused", "factory"), ("functional", "monument"), "disused"),
        (("unknown", "factory"), ("decommissioned", "factory"), "decommissioned"),
        ((None, None), ("unknown", None), "unknown"),
        (("disused", "factory"), ("functional", "both"), "functional"),
    ],
)
def test_status(one, other, expected):
    rows = (row(key, status=s, aspect=a) for key, (s, a) in (("good:1", one), ("poor:1", other)))
    assert site(*rows)["status"] == expected


def test_a_vague_type_gives_way():
    assert site(row("good:1", type="factory"), row("poor:1", type="brickworks"))["type"] == "brickworks"
    assert site(row("good:1", type="factory"), row("poor:1"))["type"] == "factory"


def test_a_type_gives_way_to_what_tells_it_more_exactly():
    """The most reliable record said mine, of a name alone, and two others coal mine."""
    told = site(row("good:1", type="mine"), row("poor:1", type="brickworks"), row("poor:2", type="coal_mine"))
    assert (told["type"], json.loads(told["lineage"])["type"]) == ("coal_mine", "poor:2")
    assert site(row("good:1", type="coal_mine"), row("poor:1", type="mine"))["type"] == "coal_mine"
    assert site(row("good:1", type="mine"), row("poor:1", type="brickworks"))["type"] == "mine"
    units = {**CONTRACTS, "permits": contract("permits", units_per_site=True)}
    parts = (row(f"permits:{unit}", type="hydro_power") for unit in "ab")
    assert site(row("good:1", type="power_station"), *parts, contracts=units)["type"] == "power_station"


def test_of_sources_alike_the_one_that_does_not_shout_is_shown():
    names = [("poor:1", "WEBEREI C. F. JÄCKEL"), ("poor:2", "Weberei C. F. Jäckel")]
    assert site(*(row(key, name) for key, name in names))["name"] == "Weberei C. F. Jäckel"
    assert site(row("good:1", "WEBEREI JÄCKEL"), row("poor:1", "Weberei Jäckel"))["name"] == "WEBEREI JÄCKEL"
    assert site(row("poor:1", "AEG"), row("poor:2", "Kabelwerk"))["name"] == "AEG"


def test_names_are_merged_and_shown_in_the_regions_language():
    best = site(
        row("good:1", names={"name": "Mauritius mine", "en": "Mauritius mine", "cs": "Důl Mauritius"}, country="CZ"),
        row("poor:1", names={"name": "Štola Kryštof", "de": "Hengst"}, country="CZ"),
    )
    assert (best["name"], best["name_en"]) == ("Důl Mauritius", "Mauritius mine")
    assert {"Štola Kryštof", "Hengst", "Důl Mauritius"} <= set(json.loads(best["names"]).values())


def test_a_record_without_names():
    assert pd.isna(site(row("good:1"))["name"])


def test_an_area_of_a_reliable_source_wins_else_the_truest_point():
    best = site(row("good:1", geometry=square(100), accuracy_m=50.0), row("poor:1", geometry=point(9), accuracy_m=1.0))
    assert best["area_m2"] == pytest.approx(10_000)
    assert best["accuracy_m"] == 50.0
    parts = (row(f"good:{side}", geometry=square(side), accuracy_m=1.0) for side in (20, 90))
    assert site(*parts)["area_m2"] == pytest.approx(8_100)
    unreliable = site(row("good:1", geometry=point(5), accuracy_m=20.0), row("poor:1", geometry=square(100)))
    assert unreliable["geometry"].equals(point(5))
    assert pd.isna(unreliable["area_m2"])
    assert json.loads(unreliable["lineage"])["geometry"] == "good:1"


def on_grid(**more):
    return contract("secret", publish_grid_m=1000, columns={"key": "id"}, place={"geometry": True}, **more)


@pytest.mark.parametrize(
    ("hidden", "open_place", "area_m2"),
    [
        ({"geometry": point(9), "accuracy_m": 1.0}, {"geometry": point(5), "accuracy_m": 300.0}, None),
        ({"geometry": square(500), "accuracy_m": 1.0}, {"geometry": square(100), "accuracy_m": 30.0}, 10_000.0),
        ({"geometry": square(500), "accuracy_m": 1.0}, {"geometry": point(5), "accuracy_m": 300.0}, None),
    ],
)
def test_a_place_that_leaves_on_a_grid_only_takes_none_away_that_may_be_shown(hidden, open_place, area_m2):
    contracts = {"secret": on_grid(reliability=90), "open": contract("open", reliability=50)}
    best = site(row("secret:1", **hidden), row("open:1", **open_place), contracts=contracts)
    assert json.loads(best["lineage"])["geometry"] == "open:1"
    assert best["accuracy_m"] == open_place["accuracy_m"]
    assert best["area_m2"] == area_m2 if area_m2 else pd.isna(best["area_m2"])


def test_a_place_on_a_grid_holds_where_the_others_are_worse():
    contracts = {"secret": on_grid(), "open": contract("open")}
    rows = row("secret:1", geometry=point(9), accuracy_m=1.0), row("open:1", geometry=point(5), accuracy_m=3000.0)
    assert json.loads(site(*rows, contracts=contracts)["lineage"])["geometry"] == "secret:1"


def test_a_site_without_any_place_stays():
    assert site(row("good:1", "Lost"))["geometry"] is None


def test_licences_and_attributions_are_assembled():
    best = site(row("good:1", licence="CC0-1.0"), row("poor:1", licence="ODbL-1.0"), row("other:1", licence="CC0-1.0"))
    assert best["licence"] == "CC0-1.0; ODbL-1.0"
    assert best["attribution"] == "good office; poor office"


def test_identifiers_dates_and_confidence():
    sure = Confidence({"IC-1": 0.61}, {"IC-1": 2})
    best = site(row("good:1"), row("poor:1", ids={"wikidata": "Q5"}), confidence=sure)
    assert (best["wikidata"], best["confidence"], best["n_review"]) == ("Q5", 0.61, 2)
    assert (best["first_seen"], best["last_seen"]) == ("2026-01-01", "2026-02-02")
    assert site(row("good:1"))["confidence"] == 1.0


def test_input_is_not_changed():
    table = Records(records(row("good:1", "A"), row("poor:1", "B")).assign(site_id="IC-1"))
    before = table.copy()
    golden(table, CONTRACTS)
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))


def test_unknown_outvotes_nothing_and_type_and_theme_fit_each_other():
    best = site(
        row("good:1", present_use="unknown", theme="mining", type=None),
        row("poor:1", present_use="museum", type="brewery", theme="food_drink"),
    )
    assert (best["present_use"], best["type"], best["theme"]) == ("museum", "brewery", "food_drink")
    lineage = json.loads(best["lineage"])
    assert lineage["present_use"] == lineage["theme"] == "poor:1"


NAMES = ({"name": "Huta"}, {"name": "Huta"}, {"name": 'Hut "A"'}, {"name": "Hut", "pl": "Huta", "en": "Works"}, {}, {})
FIELDS = {
    "names": (*NAMES, {"alt_name": "Hütte"}, {"parent": "Kombinat"}, {"name": "Werk\\1"}, {"name": "Ofen"}),
    "ids": ({}, {}, {"wikidata": "Q5"}, {"heritage": "D-1"}),
    "aspect": (None, "monument", "factory", "both", "unknown"),
    "status": (None, "functional", "disused", "unknown"),
    "type": (None, "factory", "brickworks"),
    "theme": (None, "mining", "museum_memory"),
    "start_year": (None, None, 1868, 1870, 1990),
    "end_year": (None, None, 1850, 1995),
    "year_precision": (None, "year", "century"),
    "end_precision": (None, "year", "decade"),
    "operator": (None, "AG"),
    "address": (None, "Weg 1"),
    "city": (None, "Opole"),
    "present_use": (None, "unknown", "museum"),
    "accuracy_m": (None, 5.0, 500.0),
    "geometry": (None, point(), point(9), point(5000), square(50), square(90, 20)),
    "licence": (None, "CC0-1.0", "ODbL-1.0"),
    "valid_at": (None, "2020-01-01", "2024", "never"),
}


def many(seed, count=120):
    """Records of any kind in about forty sites, most of them alone."""
    random = np.random.default_rng(seed)

    def one(values):
        return values[random.integers(len(values))]

    rows = [
        row(f"{one(('good', 'poor', 'other'))}:{number}", **{name: one(values) for name, values in FIELDS.items()})
        for number in range(count)
    ]
    sites = [f"IC-{number}" for number in random.integers(0, 60, count)]
    days = [f"2026-0{day}-01" if day else None for day in random.integers(0, 9, count)]
    return Records(records(*rows).assign(site_id=sites, first_seen=days, last_seen=days))


def test_blocks_of_any_size_give_the_same_sites(monkeypatch):
    table = many(1, 60)
    whole = golden(table, CONTRACTS)
    for size in (7, 1_000):
        monkeypatch.setitem(golden.__globals__, "BLOCK", size)
        pd.testing.assert_frame_equal(golden(table, CONTRACTS), whole)
    one_by_one = [golden(Records(part), CONTRACTS) for _, part in table.groupby("site_id")]
    pd.testing.assert_frame_equal(pd.concat(one_by_one, ignore_index=True), whole, check_dtype=False)


@pytest.mark.parametrize("seed", range(3))
def test_plain_names_make_what_all_names_make(monkeypatch, seed):
    table = many(seed)
    quick = golden(table, CONTRACTS)
    monkeypatch.setattr(names_of_sites, "_PLAIN", "^never$")
    pd.testing.assert_frame_equal(golden(table, CONTRACTS), quick)


@pytest.mark.parametrize("count", [9, 10, 12])
def test_more_names_than_have_a_digit_are_in_the_order_of_json(count):
    best = site(*(row(f"good:{number:02}", f"Huta {number:02}") for number in range(count)))
    assert [*json.loads(best["names"])] == sorted(["name", *(f"name_{number}" for number in range(2, count + 1))])
    assert sorted(json.loads(best["names"]).values()) == [f"Huta {number:02}" for number in range(count)]
    assert json.loads(best["lineage"])["names"].split("; ") == [f"good:{number:02}" for number in range(count)]


def test_keys_with_signs_of_json_in_them_are_written_as_json():
    key = 'good:"a\\b"\n'
    best = site(row(key, "Huta", operator="AG", aspect="monument"), row("good:b", "Hut", aspect="factory"))
    lineage = json.loads(best["lineage"])
    assert (lineage["operator"], lineage["aspect"], lineage["names"]) == (key, f"{key}; good:b", f"{key}; good:b")
    assert json.loads(site(row(key, operator="AG"))["lineage"])["operator"] == key


def test_a_record_that_says_nothing_has_a_row_without_lineage():
    table = records(row("good:1", country=None, region=None)).assign(site_id="IC-1")
    alone = golden(Records(table), {}).iloc[0]
    assert alone[["lineage", "names", "attribution", "licence", "first_seen", "run_id"]].isna().all()
    assert (alone["status"], alone["aspect"], alone["present_use"]) == ("unknown", "unknown", "unknown")


def test_columns_without_any_value_may_be_written_into():
    sites = golden(many(2).drop(columns="operator"), CONTRACTS)
    assert sites["operator"].isna().all()
    sites.loc[0, "operator"] = "AG"
    assert sites["operator"].notna().sum() == 1
    assert sites[["land_cover", "website", "run_id"]].isna().all(axis=None)


@pytest.mark.parametrize("told", ["Q7;Q8", "see Q7", 5])
def test_what_is_no_item_of_wikidata_is_none_of_the_site(told):
    assert site(row("good:1", ids={"wikidata": told}), row("poor:1", ids={"wikidata": "Q5"}))["wikidata"] == "Q5"
