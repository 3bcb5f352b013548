"""Which reading is meant: repaired only where nothing else can be meant, else quarantined."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import SHARED
from corruptions import REGIONS, damaged, inside, sent
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.places.placement import SAME_PLACE_M, Placement, choose_reading
from inducult_geo.harmonize.places.readings import Land, Reading
from inducult_geo.harmonize.transforms.crs import transform_points

# Beside what the regions' files list: older systems in which files of these countries come.
MORE = {
    "DE": ("EPSG:2398", "EPSG:4314"), "AT": ("EPSG:31259", "EPSG:4312"), "CZ": ("EPSG:3835", "EPSG:4156"),
    "IT": ("EPSG:4265",), "SI": ("EPSG:3787",), "HR": ("EPSG:8677", "EPSG:8678"),
    "PL": ("EPSG:2175", "EPSG:4179"), "BE": ("EPSG:31300", "EPSG:23031", "EPSG:4313"),
}  # fmt: skip
SLOW = ("karlovy-vary", "leoben", "padova", "zwickau")
SOME_QUICK = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in REGIONS]
"""The regions, of which those with the most systems wait for the slow tests: each is tried with each other one."""
ZWICKAU = ("EPSG:25833", "EPSG:31468", "EPSG:31469", "EPSG:3398", "EPSG:4326")


@pytest.fixture(autouse=True)
def _no_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDUCULT_GRIDS", raising=False)


@pytest.fixture(scope="module")
def outlines(repository: Path) -> Path:
    """The regions' real outlines where they are at hand, else those that were drawn by hand for the sample."""
    real = SHARED / "data" / "boundaries"
    return real if real.is_dir() else repository / "data" / "raw" / "sample" / "boundaries"


@lru_cache(maxsize=16)
def _area(outlines: Path, region: str) -> BaseGeometry:
    text = (outlines / f"{region}.geojson").read_text(encoding="utf-8")
    return shapely.from_geojson(text).geoms[0]


def _systems(repository: Path, region: str) -> tuple[str, tuple[str, ...]]:
    declared = tomllib.loads((repository / f"inducult_geo/catalog/regions/{region}.toml").read_text(encoding="utf-8"))
    return declared["country"], (*declared["crs"], *MORE[declared["country"]])


def _in_zwickau(x: np.ndarray, y: np.ndarray, area: BaseGeometry, **how: Any) -> Placement:
    return choose_reading(x, y, Land(area, "DE"), candidates=ZWICKAU, **how)


def _error_m(placed: Placement, x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, country: str) -> float:
    assert placed.reading is not None
    east, north = placed.reading.apply(x, y)
    done = transform_points(east, north, source_crs=placed.reading.crs, target_crs="EPSG:4326", country=country)
    return float(np.median(np.hypot((done.x - lon) * np.cos(np.radians(lat)), done.y - lat)) * 111_320)


@pytest.mark.parametrize("n", [1, 3, 40])
@pytest.mark.parametrize("region", REGIONS)
def test_what_is_right_is_taken_as_declared(outlines: Path, repository: Path, region: str, n: int) -> None:
    country, systems = _systems(repository, region)
    area = _area(outlines, region)
    lon, lat = inside(area, n)
    for crs in systems:
        x, y = sent(lon, lat, crs, country)
        placed = choose_reading(x, y, Land(area, country), crs=crs, candidates=systems)
        assert placed.status == "chosen", (crs, placed.detail)
        assert placed.reading == Reading.as_declared(crs)


@pytest.mark.parametrize("region", REGIONS)
def test_no_corruption_is_repaired_wrongly(outlines: Path, repository: Path, region: str) -> None:
    country, systems = _systems(repository, region)
    area = _area(outlines, region)
    lon, lat = inside(area, 30)
    seen: Counter[tuple[str, str]] = Counter()
    for crs in systems:
        for kind, x, y in damaged(*sent(lon, lat, crs, country), crs):
            placed = choose_reading(x, y, Land(area, country), crs=crs, candidates=systems)
            if placed.reading is not None:
                assert _error_m(placed, x, y, lon, lat, country) <= SAME_PLACE_M, (crs, kind, placed)
            seen[kind, placed.status] += 1
    assert seen["swapped", "chosen"] >= len(systems) - 1
    assert not seen["kilometers", "none"]
    assert not seen["prefix added", "none"]
    assert not seen["signs", "ambiguous"]


@pytest.mark.parametrize("region", REGIONS)
def test_few_points_are_never_repaired(outlines: Path, repository: Path, region: str) -> None:
    country, systems = _systems(repository, region)
    area = _area(outlines, region)
    lon, lat = inside(area, 4)
    # One head office a hundred times is one point.
    lon, lat = np.repeat(lon, 25), np.repeat(lat, 25)
    for crs in systems:
        for kind, x, y in damaged(*sent(lon, lat, crs, country), crs):
            placed = choose_reading(x, y, Land(area, country), crs=crs, candidates=systems)
            assert placed.reading is None or placed.reading.is_as_declared, (crs, kind, placed)


@pytest.mark.parametrize(
    "region",
    [pytest.param(name, marks=[] if name in ("gorenjska", "opole") else [pytest.mark.slow]) for name in REGIONS],
)
def test_a_lie_is_at_most_believed_never_repaired_far_off(shared: Path, repository: Path, region: str) -> None:
    """Whatever a file is and says it is, a repair is off by no more than the two datums are."""
    country, systems = _systems(repository, region)
    area = _area(shared / "data" / "boundaries", region)
    lon, lat = inside(area, 20)
    for truth in systems:
        for kind, x, y in damaged(*sent(lon, lat, truth, country), truth):
            for crs in systems:
                placed = choose_reading(x, y, Land(area, country), crs=crs, candidates=systems)
                if placed.reading is None or placed.reading.is_as_declared:
                    continue
                assert _error_m(placed, x, y, lon, lat, country) <= 800, (truth, kind, crs, placed)


@pytest.mark.parametrize("region", SOME_QUICK)
def test_nothing_declared(outlines: Path, repository: Path, region: str) -> None:
    country, systems = _systems(repository, region)
    area = _area(outlines, region)
    lon, lat = inside(area, 20)
    for truth in systems:
        for kind, x, y in damaged(*sent(lon, lat, truth, country), truth):
            placed = choose_reading(x, y, Land(area, country), crs=None, candidates=systems)
            if placed.reading is not None:
                assert _error_m(placed, x, y, lon, lat, country) <= SAME_PLACE_M, (truth, kind, placed)
                assert "add" not in placed.reading.repairs
            few = choose_reading(x[:4], y[:4], Land(area, country), crs=None, candidates=systems)
            assert few.status != "chosen"


def test_utm_is_not_read_as_gauss_kruger_with_a_prefix(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    lon, lat = inside(area.buffer(-0.05), 30)
    x, y = sent(lon, lat, "EPSG:25833", "DE")
    placed = choose_reading(x, y, Land(area, "DE"), crs="EPSG:31469")
    assert placed.status == "ambiguous"
    assert {item.reading.crs for item in placed.candidates} == {"EPSG:31469", "EPSG:25833"}
    assert max(item.shift_m for item in placed.candidates) > 1000


def test_a_prefix_that_may_be_of_either_zone_is_not_added() -> None:
    """In a land across two zones the numbers without it lie in both."""
    lon, lat = np.array([12.41, 12.47, 12.5, 12.55, 12.6]), np.array([50.6, 50.7, 50.65, 50.75, 50.8])
    zone = transform_points(lon, lat, source_crs="EPSG:4326", target_crs="EPSG:31468", country="DE")
    how = {"crs": "EPSG:31468", "candidates": ("EPSG:31468", "EPSG:31469")}
    wide = choose_reading(zone.x - 4e6, zone.y, Land(shapely.box(8, 50, 16, 51.5), "DE"), **how)
    assert wide.status == "ambiguous"
    assert {one.reading.crs for one in wide.candidates} > {"EPSG:31468", "EPSG:31469"}
    narrow = choose_reading(zone.x - 4e6, zone.y, Land(shapely.box(12, 50, 13, 51.5), "DE"), **how)
    assert (narrow.status, narrow.reading.name) == ("chosen", "zone prefix missing")
    for candidates in (("EPSG:4258", "EPSG:4326"), ("EPSG:4326", "EPSG:4258")):
        plain = choose_reading(lon, lat, Land(shapely.box(12, 50, 13, 51), "DE"), crs=None, candidates=candidates)
        assert plain.reading.crs == "EPSG:4326", "of ETRS89 nobody said that they are"


def test_web_mercator_called_degrees_is_repaired(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    lon, lat = inside(area, 30)
    x, y = sent(lon, lat, "EPSG:3857", "DE")
    for east, north, swap in ((x, y, False), (y, x, True)):
        placed = _in_zwickau(east, north, area, crs="EPSG:4326")
        assert placed.reading is not None
        assert (placed.reading.crs, placed.reading.swap, placed.reading.is_as_declared) == ("EPSG:3857", swap, False)
        assert _error_m(placed, east, north, lon, lat, "DE") < 0.01
    # Degrees of DHDN are no less likely there, and Web Mercator is of another datum.
    assert _in_zwickau(x, y, area, crs="EPSG:4314").status == "ambiguous"


def test_degrees_called_meters_are_offered_with_their_datums(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    lon, lat = inside(area, 30)
    candidates = (*ZWICKAU, "EPSG:4314")
    placed = choose_reading(lon, lat, Land(area, "DE"), crs="EPSG:25833", candidates=candidates)
    assert placed.status == "ambiguous"
    assert [item.reading.crs for item in placed.candidates] == ["EPSG:4258", "EPSG:4326", "EPSG:4314"]
    assert placed.candidates[2].shift_m > 100
    assert "on which datum" in placed.detail


def test_degrees_do_not_come_back_around_the_globe(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    x, y = sent(*inside(area, 30), "EPSG:4314", "DE")
    assert _in_zwickau(x + 360, y, area, crs="EPSG:4314").status == "none"
    assert _in_zwickau(x, y, area, crs="EPSG:4314").status == "chosen"


def test_krovak_signs_and_axes(outlines: Path) -> None:
    area = _area(outlines, "karlovy-vary")
    x, y = sent(*inside(area, 30), "EPSG:5514", "CZ")
    for east, north in ((-x, -y), (-y, -x), (y, x)):
        placed = choose_reading(east, north, Land(area, "CZ"), crs="EPSG:5514")
        assert placed.reading is not None
        assert np.allclose(placed.reading.apply(east, north), (x, y))
    for east, north in ((-x, -y), (-y, -x)):
        placed = choose_reading(east, north, Land(area, "CZ"), crs="EPSG:5513")
        assert placed.reading == Reading.as_declared("EPSG:5513")


def test_swapped_belgian_points_near_the_diagonal_are_left_alone(outlines: Path) -> None:
    """Where x and y are nearly alike both orders lie in the province: as declared is right, and still doubtful."""
    area = _area(outlines, "limburg")
    lon, lat = inside(area, 400)
    x, y = sent(lon, lat, "EPSG:3812", "BE")
    twice = shapely.contains_xy(area, *_degrees(y, x))
    assert 5 <= twice.sum() < 100
    placed = choose_reading(x[twice], y[twice], Land(area, "BE"), crs="EPSG:3812")
    assert placed.status == "ambiguous"
    assert choose_reading(y, x, Land(area, "BE"), crs="EPSG:3812").reading == Reading(
        "axes swapped", "EPSG:3812", swap=True
    )


def _degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    done = transform_points(x, y, source_crs="EPSG:3812", target_crs="EPSG:4326", country="BE")
    return done.x, done.y


def test_strays_are_borne_up_to_the_share(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    x, y = sent(*inside(area, 40), "EPSG:25833", "DE")
    x[:2] += 500_000
    assert _in_zwickau(x, y, area, crs="EPSG:25833").status == "chosen"
    x[:3] += 500_000
    none = _in_zwickau(x, y, area, crs="EPSG:25833")
    assert (none.status, none.reading, none.candidates) == ("none", None, ())
    assert "92%" in none.detail
    assert _in_zwickau(x, y, area, crs="EPSG:25833", share_min=0.9).status == "chosen"


def test_of_a_long_list_a_sample_is_looked_at_first_and_then_all_of_it(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    x, y = (np.tile(part, 75) for part in sent(*inside(area, 40), "EPSG:25833", "DE"))
    assert _in_zwickau(x, y, area, crs="EPSG:25833").status == "chosen"
    # A thousand rows of one head office say nothing of the others.
    x[:1000], y[:1000] = x[0], y[0]
    assert _in_zwickau(y, x, area, crs="EPSG:25833").reading == Reading("axes swapped", "EPSG:25833", swap=True)


def test_five_points_are_enough_for_a_repair_and_of_fewer_all_must_lie_inside(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    x, y = sent(*inside(area, 5), "EPSG:25833", "DE")
    assert _in_zwickau(y, x, area, crs="EPSG:25833").status == "chosen"
    assert _in_zwickau(y[:4], x[:4], area, crs="EPSG:25833").status == "ambiguous"
    x[0] += 500_000
    assert _in_zwickau(x, y, area, crs="EPSG:25833", share_min=0.7).status == "chosen"
    assert _in_zwickau(x[:4], y[:4], area, crs="EPSG:25833", share_min=0.7).status == "none"


def test_empty_and_unknown(outlines: Path) -> None:
    area = _area(outlines, "zwickau")
    nothing = np.array([np.nan, np.inf])
    assert _in_zwickau(nothing, nothing, area, crs="EPSG:25833").status == "none"
    with pytest.raises(CoordinateError, match="EPSG:4312"):
        choose_reading(np.ones(1), np.ones(1), Land(area, "DE"), crs="EPSG:31256")


@given(
    st.floats(-1e7, 1e7), st.floats(-1e7, 1e7), st.booleans(), st.sampled_from([1.0, 1000.0]),
    st.sampled_from([-1.0, 1.0]), st.sampled_from([0.0, 4e6]),
)  # fmt: skip
def test_a_reading_does_what_it_says(x: float, y: float, swap: bool, scale: float, sign: float, add: float) -> None:
    reading = Reading("some", "EPSG:31468", swap, scale, sign, sign, add, 0.0)
    east, north = reading.apply(np.array([x]), np.array([y]))
    first, second = (y, x) if swap else (x, y)
    assert east[0] == pytest.approx(first * scale * sign + add)
    assert north[0] == pytest.approx(second * scale * sign)
    assert reading.is_as_declared == (not swap and scale == 1 and sign == 1 and add == 0)
