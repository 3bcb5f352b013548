"""Past and present on one line, and values that name their record."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from match_rows import point, records, row, square

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import Records
from inducult_geo.match.golden.best import golden
from inducult_geo.match.golden.timeline import Told, disagreements, event_of, timeline, years_of

CONTRACTS = {
    name: Contract(id=name, files="x", licence="CC0-1.0", attribution=name, reliability=worth, units_per_site=many)
    for name, worth, many in (("good", 90, False), ("poor", 30, False), ("permits", 70, True))
}


def said(key, **more):
    years = ("start_year", "end_year", "year_precision", "end_precision")
    blank = dict.fromkeys((*years, "status", "aspect", "type", "theme", "present_use"))
    return blank | {"record_key": key} | more


WORKS = said("a:1", start_year=1880, end_year=1991, status="disused", aspect="monument")
MUSEUM = said("b:1", start_year=1998, theme="museum_memory", present_use="museum", status="functional")
RUNNING = said("c:1", start_year=1953, status="functional", aspect="factory")


def site(*rows):
    return golden(Records(records(*rows).assign(site_id="IC-1")), CONTRACTS).iloc[0]


def test_past_and_present_stand_in_order_each_with_its_record() -> None:
    works = WORKS | {"year_precision": "century", "end_precision": "decade"}
    told = [(one["year"], one["event"], one["record"], one["precision"]) for one in timeline([RUNNING, MUSEUM, works])]
    assert told == [
        (1880, "founded", "a:1", "century"),
        (1953, "production since", "c:1", RUNNING["year_precision"]),
        (1991, "closed", "a:1", "decade"),
        (1998, "museum since", "b:1", MUSEUM["year_precision"]),
    ]
    assert timeline([said("x:1")]) == []
    for year, event in ((1909, "founded"), (1910, "production since")):
        assert event_of(RUNNING | {"start_year": year}, Told(1880, 1991)) == event
    # Nobody held concerts in a mill of 1870: that it is of the works holds however old others say that they are.
    mill = said("b:1", start_year=1870, theme="textile", type="textile_mill", present_use="culture")
    assert event_of(mill, Told(1800, None)) == "founded"


def test_a_museum_that_tells_a_last_year_tells_the_life_of_the_works() -> None:
    mine = said("b:1", start_year=1545, end_year=1944, theme="museum_memory", status="decommissioned")
    works = said("a:1", start_year=1545, year_precision="range", status="disused", aspect="monument")
    told = [(one["year"], one["event"]) for one in timeline([works, mine])]
    assert told == [(1545, "founded"), (1944, "closed")]
    years = years_of([works, mine], "disused")
    assert {name: year for name, (year, _) in years.items() if name != "year_precision"} == {
        "start_year": 1545,
        "end_year": 1944,
    }


@pytest.mark.parametrize(
    ("more", "event"),
    [
        ({"start_year": 1827}, "founded"),
        ({"start_year": 1927}, "museum since"),
        ({"start_year": 1927, "type": "technical_monument"}, "founded"),
        ({"start_year": 1927, "type": "technical_monument", "present_use": "museum"}, "museum since"),
        ({"start_year": 1927, "type": "technical_monument", "present_use": "museum", "aspect": "both"}, "founded"),
        ({"start_year": 1870, "theme": None, "present_use": "culture"}, "culture since"),
        ({"start_year": 1870, "theme": "textile", "type": "textile_mill", "present_use": "culture"}, "founded"),
        ({"start_year": 1902, "theme": "energy", "type": "gasworks", "present_use": "museum"}, "founded"),
    ],
)
def test_a_bridge_of_1827_is_no_museum_since_then(more, event) -> None:
    """A monument of technology is of the theme of museums, and its year is that in which it was built."""
    record = said("osm:1", theme="museum_memory", status="functional") | more
    assert [one["event"] for one in timeline([record])] == [event]


def test_a_museum_may_begin_in_the_very_year_in_which_the_works_ended() -> None:
    gone = MUSEUM | {"start_year": 1960, "end_year": 2010, "status": "disused"}
    told = [(one["year"], one["event"]) for one in timeline([gone, WORKS | {"end_year": 1960}])]
    assert told == [(1880, "founded"), (1960, "closed"), (1960, "museum since"), (2010, "museum until")]


@pytest.mark.parametrize("works", [WORKS | {"start_year": 1890, "end_year": 1960}, said("a:1", start_year=1890)])
def test_a_museum_that_closed_again_is_not_the_works(works) -> None:
    gone = MUSEUM | {"start_year": 1985, "end_year": 2010, "status": "disused"}
    for part in ([gone, works], [works, gone]):
        years = years_of(part, "disused")
        assert years["start_year"] == (1890, "a:1")
        assert years.get("end_year") == ((1960, "a:1") if works["end_year"] else None)
        told = [(one["year"], one["event"]) for one in timeline(part) if one["record"] == "b:1"]
        assert told == [(1985, "museum since"), (2010, "museum until")]
        assert disagreements(part) == {}


@pytest.mark.parametrize(
    ("part", "status", "start", "end"),
    [
        ([WORKS, MUSEUM], "disused", 1880, 1991),
        ([MUSEUM, WORKS], "disused", 1880, 1991),
        ([MUSEUM], "functional", 1998, None),
        ([WORKS, RUNNING], "functional", 1880, None),
        ([said("a:1", start_year=1900), said("b:1", end_year=1890), said("c:1", end_year=1950)], "disused", 1900, 1950),
        ([said("b:1", end_year=1950)], "unknown", None, 1950),
        ([said("a:1", end_year=1950), said("b:1", start_year=1900, end_year=1990)], "disused", 1900, 1990),
        ([said("a:1", start_year=1900), said("b:1", end_year=1900)], "disused", 1900, 1900),
        ([], "unknown", None, None),
    ],
)
def test_years_fit_each_other_and_the_status(part, status, start, end) -> None:
    years = years_of(part, status)
    assert years.get("start_year", (None,))[0] == start
    assert years.get("end_year", (None,))[0] == end


@pytest.mark.parametrize(
    ("rough", "precision", "exact", "shown"),
    [
        (1750, "part_of_century", 1754, 1754),
        (1750, "part_of_century", 1775, 1750),
        (1890, "part_of_century", 1901, 1890),
        (1800, "century", 1899, 1899),
        (1800, "century", 1799, 1800),
        (1890, "decade", 1899, 1899),
        (1890, "decade", 1900, 1890),
        (1887, "part_of_decade", 1890, 1887),
        (1890, "approximate", 1885, 1885),
        (1890, "approximate", 1896, 1890),
        (1890, "year", 1891, 1890),
        (1890, None, 1891, 1890),
        (1700, "period", 1720, 1700),
    ],
)
def test_a_year_that_fits_a_rougher_one_of_a_better_source_is_shown(rough, precision, exact, shown) -> None:
    """A museum stood as of 1750 ("2nd half of the 18th century"), though another record told 1754."""
    better = said("good:1", start_year=rough, year_precision=precision, end_year=1930, end_precision="year")
    other = said("poor:1", start_year=exact, year_precision="year")
    years = years_of([better, said("poor:0", start_year=exact, year_precision="decade"), other], "disused")
    key = "good:1" if shown == rough else "poor:1"
    assert years["start_year"] == (shown, key)
    assert years.get("year_precision") == (
        None if precision is None else (precision if key == "good:1" else "year", key)
    )
    assert years["end_year"] == (1930, "good:1")


@pytest.mark.parametrize(
    ("rough", "precision", "exact", "shown"),
    [
        (1999, "decade", 1990, 1990),
        (1999, "decade", 1989, 1999),
        (1899, "century", 1800, 1899),
        (1899, "century", 1850, 1850),
        (1924, "part_of_century", 1900, 1900),
        (1924, "part_of_century", 1899, 1924),
        (1910, "part_of_century", 1899, 1910),
        (1899, "part_of_decade", 1895, 1895),
        (1899, "part_of_decade", 1894, 1899),
        (1990, "approximate", 1994, 1994),
    ],
)
def test_so_is_a_last_year_that_is_not_before_the_first(rough, precision, exact, shown) -> None:
    better = said("good:1", start_year=1820, year_precision="year", end_year=rough, end_precision=precision)
    years = years_of([better, said("poor:1", end_year=exact, end_precision="year")], "disused")
    key = "good:1" if shown == rough else "poor:1"
    assert (years["end_year"], years["start_year"]) == ((shown, key), (1820, "good:1"))
    assert years["end_precision"] == (precision if key == "good:1" else "year", key)


def test_no_year_is_taken_that_would_begin_after_the_end() -> None:
    better = said("good:1", start_year=1800, year_precision="century", end_year=1850)
    assert (
        years_of([better, said("poor:1", start_year=1870, year_precision="year")], "disused")["start_year"][0] == 1800
    )


@pytest.mark.parametrize(
    ("part", "columns"),
    [
        ([WORKS, RUNNING], set()),
        ([said("a:1", status="functional"), said("b:1", status="decommissioned")], {"status"}),
        ([said("a:1", start_year=1880), said("b:1", start_year=1902)], {"start_year"}),
        ([said("a:1", start_year=1880), said("b:1", start_year=1883)], set()),
        ([said("a:1", start_year=1880), said("b:1", start_year=1890, year_precision="decade")], set()),
        ([said("a:1", start_year=1880), MUSEUM], set()),
        ([said("a:1", end_year=1930), said("b:1", end_year=1991)], {"end_year"}),
        ([said("a:1", start_year=1880, end_year=1930), RUNNING | {"end_year": 1991}], {"end_year"}),
        ([said("a:1", end_year=1930), said("b:1", end_year=1935)], set()),
        ([said("a:1", status="disused", aspect="factory"), said("b:1", status="functional")], {"status"}),
    ],
)
def test_only_what_matters_is_a_contradiction(part, columns) -> None:
    found = disagreements(part)
    assert set(found) == columns
    for values in found.values():
        assert set(values) == {one["record_key"] for one in part}


def test_every_value_of_a_site_names_its_record() -> None:
    made = site(
        row("good:1", names={"name": "Huta", "en": "Works"}, aspect="monument", start_year=1880, geometry=square(90)),
        row("poor:1", "Huta Zygmunt", point(), aspect="factory", status="functional", operator="X", nace="24"),
        row("poor:2", "Huta", point(3), ids={"wikidata": "Q5"}, website="https://x.example", type="steelworks"),
    )
    lineage = json.loads(made["lineage"])
    made_of_all = {"site_id", "licence", "attribution", "n_sources", "n_records", "n_review", "confidence", "lineage"}
    told = {name for name, value in made.items() if pd.notna(value) and value != "unknown"} - made_of_all
    assert told - {"timeline", "conflicts"} <= set(lineage)
    assert lineage["wikidata"] == "poor:2"
    assert lineage["aspect"] == "good:1; poor:1"
    assert lineage["accuracy_m" if "accuracy_m" in lineage else "geometry"] == "good:1"
    assert set(lineage["names"].split("; ")) == {"good:1", "poor:1"}


def test_what_changes_with_time_ages_and_what_does_not_stays_with_the_reliable() -> None:
    old = row("good:1", operator="Before", nace="24.10", valid_at="1950-01-01")
    new = row("poor:1", operator="After", nace="23.10", valid_at="2024-01-01")
    made = site(old, new)
    assert (made["operator"], made["nace"]) == ("After", "24.10")
    assert site(old | {"valid_at": "2020-01-01"}, new)["operator"] == "Before"


def test_several_permits_do_not_name_their_site() -> None:
    units = [row(f"permits:{n}", f"Kessel {n}", point(n)) for n in (1, 2)]
    assert site(row("poor:1", "BASF SE", point()), *units)["name"] == "BASF SE"
    assert site(row("poor:1", "BASF SE", point()), units[0])["name"] == "Kessel 1"
    assert site(row("poor:1", "BASF \N{REPLACEMENT CHARACTER}E", point()), *units)["name"][:5] == "BASF "
    kilns = [one | {"type": "lime_kiln"} for one in units]
    assert site(row("poor:1", "BASF SE", point(), type="brickworks"), *kilns)["type"] == "brickworks"


def test_places_far_apart_are_told() -> None:
    made = site(row("good:1", "A", point(), accuracy_m=10.0), row("poor:1", "A", point(38_000), accuracy_m=100.0))
    assert json.loads(made["conflicts"]) == {"place": {"poor:1": "38.0 km from the place shown"}}
    near = site(row("good:1", "A", point(), accuracy_m=10.0), row("poor:1", "A", point(900), accuracy_m=100.0))
    assert pd.isna(near["conflicts"])
    rough = site(row("good:1", "A", square(90), accuracy_m=1000.0), row("poor:1", "A", point(2000), accuracy_m=10.0))
    assert pd.isna(rough["conflicts"])


def test_in_use_or_closed_is_contradicted_without_any_year_too() -> None:
    made = site(row("good:1", "A", status="functional"), row("poor:1", "A", status="disused"))
    assert json.loads(made["conflicts"]) == {"status": {"good:1": "functional", "poor:1": "disused"}}


def test_closed_by_a_year_alone_is_closed() -> None:
    made = site(row("good:1", "A", start_year=1900, status="unknown"), row("poor:1", "A", end_year=1990))
    assert (made["status"], made["end_year"]) == ("disused", 1990)
    assert json.loads(made["lineage"])["status"] == "poor:1"


def test_what_is_in_production_has_no_last_year() -> None:
    told = {"status": "functional", "aspect": "factory", "start_year": 1900, "end_year": 1990, "end_precision": "year"}
    for part in ([row("good:1", "A", **told)], [row("good:1", "A", **told), row("poor:1", "A")]):
        made = site(*part)
        assert made["start_year"] == 1900
        assert made[["end_year", "end_precision"]].isna().all()
