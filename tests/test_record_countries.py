"""The country of records that do not tell it: by their region, their place, the places around them, their town."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from match_rows import point, records, row

from inducult_geo.match.link import link
from inducult_geo.match.reading.countries import AROUND_M, countries_of
from inducult_geo.match.reading.places import points_in
from inducult_geo.publish.degrees import to_work

AT_SEA_M = -2_100_000.0
"""So far from the other tests, to the west, no country is near: only other records tell of one."""

LEOBEN, KRANJ, JESENICE, METZ = (15.09, 47.38), (14.36, 46.24), (14.06, 46.44), (6.18, 49.12)


def told(*rows: dict[str, Any]) -> list[str]:
    table = records(*rows)
    return countries_of(table, points_in(table.geometry.to_numpy().astype(object))).tolist()


def works(key: str, country: str | None, east_m: float | None = None, **fields: Any) -> dict[str, Any]:
    place = None if east_m is None else point(east_m + AT_SEA_M)
    return row(key, "Kalkwerk", place, **{"country": country, "region": None} | fields)


def test_what_is_told_stays():
    assert told(works("a:1", "DE", 0), *(works(f"b:{i}", "AT", 10 * i) for i in range(5))) == ["DE", *["AT"] * 5]


def test_the_region_goes_before_the_places_around():
    region = {"region": "zwickau"}
    around = [works(f"b:{i}", "CZ", 10 * i) for i in range(3)]
    assert told(works("a:1", None, 0, **region), works("a:2", "DE", 90_000, **region), *around)[0] == "DE"


def at(key: str, country: str | None, lon_lat: tuple[float, float]) -> dict[str, Any]:
    return row(key, "Kalkwerk", shapely.Point(to_work().transform(*lon_lat)), country=country, region=None)


def test_where_a_place_lies_goes_before_the_places_around():
    croats = [at(f"b:{i}", "HR", (16.1 + i / 100, 45.78)) for i in range(3)]
    assert told(at("a:1", None, LEOBEN), at("a:2", None, KRANJ), at("a:3", None, METZ), *croats)[:3] == [
        "AT",
        "SI",
        "FR",
    ]
    assert told(at("a:1", None, LEOBEN), *(at(f"b:{i}", "SI", LEOBEN) for i in range(3)))[0] == "AT"


def test_at_a_border_the_places_around_decide():
    # Four kilometers from Carinthia.
    assert told(at("a:1", None, JESENICE)) == [""]
    assert told(at("a:1", None, JESENICE), at("b:1", "SI", KRANJ))[0] == "SI"


def test_what_a_record_tells_stays_wherever_it_lies():
    assert told(at("a:1", "DE", LEOBEN)) == ["DE"]


def test_most_of_the_nearest_places_decide():
    places = [works("b:1", "LI", 100), works("b:2", "HR", 900), works("b:3", "HR", -1_000), works("b:4", "LI", 1_100)]
    assert told(works("a:1", None, 0), *places)[0] == "HR"
    assert told(works("a:1", None, 0), *reversed(places))[0] == "HR"


def test_of_even_ones_the_nearest_decides():
    assert told(works("a:1", None, 0), works("b:1", "AT", 900), works("b:2", "SI", 100))[0] == "SI"


@pytest.mark.parametrize(("east_m", "country"), [(AROUND_M - 1, "AT"), (AROUND_M + 1, "")])
def test_places_far_away_have_no_say(east_m, country):
    assert told(works("a:1", None, 0), works("b:1", "AT", east_m))[0] == country


def test_a_record_without_a_place_takes_the_country_of_its_town():
    towns = [works("b:1", "AT", 0, city="LEOBEN"), works("b:2", "DE", 400_000, city="Zwickau")]
    assert told(works("a:1", None, city="Leoben"), works("a:2", None, city="Genk"), *towns)[:2] == ["AT", ""]


def test_a_town_is_known_by_its_foreign_name_too():
    told_of = [works("a:1", None, city="Laibach"), works("a:2", None, city="Eger")]
    # "Eger" is a town of Hungary, too: short names mean their town where the country is known only.
    assert told(*told_of, works("b:1", "SI", 0, city="LJUBLJANA (LJ)"), works("b:2", "CZ", 9_000, city="Cheb"))[:2] == [
        "SI",
        "",
    ]


def test_a_town_is_known_from_places_whose_country_was_found():
    around = [works("b:1", "AT", 100), works("b:2", "DE", 400_000)]
    assert told(works("a:1", None, city="Leoben"), works("a:2", None, 0, city="Leoben"), *around)[:2] == ["AT", "AT"]


def test_without_a_place_or_town_it_is_that_of_all_if_that_is_one():
    assert told(works("a:1", None), works("b:1", "AT", 0), works("b:2", "AT", 900_000))[0] == "AT"
    assert told(works("a:1", None), works("b:1", "AT", 0), works("b:2", "DE", 900_000))[0] == ""


def test_nobody_tells_a_country():
    assert told(works("a:1", None, 0), works("b:1", None)) == ["", ""]


def test_a_list_whose_contract_tells_no_country_is_linked_as_one_that_does():
    """Postcodes, rare words, and what two lists have in common are by country."""
    rng = np.random.default_rng(7)
    lists: list[list[dict[str, Any]]] = [[], []]
    for i in range(60):
        country, east = ("DE", "PL")[i % 2], 1_500_000 * (i % 2) + 7_000 * i
        for side, into in enumerate(lists):
            where = {"postcode": f"{10_000 + i}", "city": f"Ort {i}"}
            into.append(
                row(
                    f"{'ab'[side]}:{i}",
                    f"Werk {i % 7} Nord",
                    point(AT_SEA_M - east + rng.normal(0, 400)),
                    country=country,
                    **where,
                )
            )
    left, right = (records(*rows) for rows in lists)
    plain = link(left, right)
    unknown = pd.Series(None, index=left.index, dtype=left["country"].dtype)
    for tables in (
        (left.assign(country=unknown, region=unknown), right),
        (left, right.assign(country=unknown, region=unknown)),
    ):
        pd.testing.assert_frame_equal(link(*tables), plain)
