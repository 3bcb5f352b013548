"""Outlines of countries: where places lie, and whether that is where their country is told to be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pycountry
import pytest
import shapely

from inducult_geo.catalog import load_catalog
from inducult_geo.catalog.outlines import AT_SEA_M, BORDER_M, area_of, country_at, elsewhere
from inducult_geo.publish.degrees import to_work
from inducult_geo.text.tables import packaged_rows

ROOT = Path(__file__).resolve().parent.parent

TOWNS = {
    "Zwickau": (12.496, 50.719, "DE"),
    "Leoben": (15.092, 47.376, "AT"),
    "Padova": (11.877, 45.407, "IT"),
    "Kranj": (14.356, 46.239, "SI"),
    "Sisak": (16.377, 45.466, "HR"),
    "Opole": (17.921, 50.675, "PL"),
    "Genk": (5.502, 50.966, "BE"),
    "Mariehamn": (19.935, 60.097, "FI"),
    "Gibraltar": (-5.352, 36.141, ""),
    "Saint-Denis de La Réunion": (55.448, -20.882, "FR"),
    "Nouméa": (166.45, -22.27, "FR"),
    "Nicosia, north of the line": (33.365, 35.25, "CY"),
    "Prishtina": (21.166, 42.663, "XK"),
    "the middle of the North Sea": (3.0, 56.5, ""),
    "Chicago": (-87.63, 41.88, ""),
}


def points(*places: tuple[float, float]) -> np.ndarray:
    return np.array([to_work().transform(*place) for place in places])


@pytest.mark.parametrize("town", TOWNS)
def test_towns_lie_in_their_country(town: str) -> None:
    lon, lat, country = TOWNS[town]
    assert country_at(points((lon, lat))).tolist() == [country]


def test_near_a_border_the_country_is_open() -> None:
    # Frankfurt (Oder) and Görlitz lie at the river that is the border.
    assert country_at(points((14.55, 52.34), (14.99, 51.15))).tolist() == ["", ""]


def test_no_place_is_in_no_country() -> None:
    nowhere = np.array([[np.nan, np.nan]])
    assert country_at(nowhere).tolist() == [""]
    assert [told.tolist() for told in elsewhere(nowhere, ["DE"])] == [[""], [0.0]]
    assert country_at(np.zeros((0, 2))).tolist() == []


@pytest.mark.parametrize(
    ("place", "told", "found", "away_km"),
    [
        ((15.092, 47.376), "AT", "", 0),
        ((15.092, 47.376), "DE", "AT", 160),
        ((15.092, 47.376), None, "", 0),
        ((15.092, 47.376), "US", "", 0),
        ((14.99, 51.15), "PL", "", 0),
        # A platform in the middle of the North Sea; no platform stands in the Sahara.
        ((3.0, 56.5), "GB", "", 0),
        ((3.0, 25.0), "ES", "", 1_240),
        # Alcoa in Iceland, of which one list says that it is in Croatia.
        ((-14.1, 65.03), "HR", "IS", 2_740),
    ],
)
def test_a_place_that_is_not_in_its_country(
    place: tuple[float, float], told: str | None, found: str, away_km: float
) -> None:
    where, away_m = elsewhere(points(place), [told])
    assert where.tolist() == [found]
    assert away_m[0] / 1000 == pytest.approx(away_km, rel=0.05)


def test_a_country_reaches_as_far_into_the_sea_as_its_zone() -> None:
    # West of Ireland no other country is near.
    east, north = points((-10.3, 53.5))[0]
    column = np.column_stack([east - 10_000.0 * np.arange(60), np.full(60, north)])
    where, away_m = elsewhere(column, ["IE"] * 60)
    assert set(where) == {""}
    assert not (away_m[away_m > 0] <= AT_SEA_M).any()
    assert (away_m > 0).sum() == pytest.approx(60 - AT_SEA_M / 10_000, abs=4)


def test_a_border_is_as_wide_as_said() -> None:
    # The border of Saxony and Bohemia runs there east to west, about.
    germany = area_of(["DE"])
    czechia = area_of(["CZ"])
    assert germany is not None
    assert czechia is not None
    east, north = points((13.0, 50.0))[0]
    column = np.column_stack([np.full(200, east), north + 500.0 * np.arange(200)])
    found = country_at(column)
    assert [*dict.fromkeys(found)] == ["CZ", "", "DE"]
    width_m = 500.0 * (found == "").sum()
    assert 2 * BORDER_M <= width_m < 4 * BORDER_M


def test_an_area_is_known_of_countries_that_all_are_known() -> None:
    both = area_of(["AT", "SI"])
    assert both is not None
    assert shapely.contains_xy(both, [15.09, 14.36, 12.5], [47.38, 46.24, 50.7]).tolist() == [True, True, False]
    assert (area_of([]), area_of(["AT", "US"])) == (None, None)


def test_every_country_of_regions_and_packaged_lists_has_an_outline() -> None:
    catalog = load_catalog()
    asked = {region.country for region in catalog.regions.values()}
    asked |= {country for source in catalog.sources.values() for country in source.countries}
    known = {row["country"] for row in packaged_rows("countries.csv")}
    assert asked <= known
    assert all(code == "XK" or pycountry.countries.get(alpha_2=code) for code in known)


def test_outlines_are_sound_and_do_not_overlap() -> None:
    shapes = shapely.from_wkt([row["outline"] for row in packaged_rows("countries.csv")])
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-4)


@pytest.mark.skipif(not (ROOT / "web/node_modules/world-atlas").is_dir(), reason="npm ci was not run in web/")
def test_the_table_is_made_from_the_atlas(tmp_path: Path) -> None:
    made = tmp_path / "countries.csv"
    subprocess.run([sys.executable, ROOT / "web" / "countries.py", made], check=True)
    packaged = ROOT / "inducult_geo" / "catalog" / "countries.csv"
    assert made.read_bytes() == packaged.read_bytes()
