"""Pinned operations: true accuracies, one operation per country, no ballpark."""

from __future__ import annotations

import csv
import hashlib
import shutil
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.crs import geodetic_code, transform_geometries, transform_points
from inducult_geo.harmonize.operations import Operation, operations

DEGREE_M = 111_320.0
# Systems that partners of each country send, and a box of longitude and latitude in the region.
SENT = {
    "DE": ("31466 31467 31468 31469 5668 5669 5678 5679 3398 3399 2398 2399 4314 25833 4326", (12.2, 50.5, 12.8, 50.9)),
    "AT": ("31254 31255 31256 31257 31258 31259 31287 31297 4312 3416 25833 4326", (14.7, 47.2, 15.3, 47.6)),
    "CZ": ("5514 5513 2065 5221 4156 28403 3333 3835 4258 4326 32633", (12.5, 49.95, 13.1, 50.25)),
    "IT": ("3003 3004 4265 4806 26591 23032 23033 4230 6707 7791 7792 25832 32632", (11.5, 45.1, 12.0, 45.6)),
    "SI": ("3794 3912 3787 3906 4765 4326", (13.9, 46.0, 14.6, 46.4)),
    "HR": ("3765 8677 8678 31275 31276 3906 3907 3908 4326", (16.0, 45.1, 16.9, 45.6)),
    "PL": ("2180 2176 2177 2178 2179 2172 2173 2174 2175 3120 4179 4258", (17.1, 50.1, 18.5, 51.1)),
    "BE": ("31370 31300 4313 3812 4258 25831 23031 4326 3857", (5.1, 50.8, 5.8, 51.2)),
}  # fmt: skip
PAIRS = [(country, f"EPSG:{code}") for country, (codes, _) in SENT.items() for code in codes.split()]


def _box(country: str, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = SENT[country][1]
    chance = np.random.default_rng(7)
    return chance.uniform(west, east, n), chance.uniform(south, north, n)


def _away_m(lon: np.ndarray, lat: np.ndarray, to_lon: np.ndarray, to_lat: np.ndarray) -> float:
    return float(np.max(np.hypot((lon - to_lon) * np.cos(np.radians(lat)), lat - to_lat)) * DEGREE_M)


@pytest.fixture
def grids(shared: Path) -> Path:
    return shared / "data/crs/grids"


@pytest.fixture(autouse=True)
def _no_grids_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDUCULT_GRIDS", raising=False)


@pytest.mark.parametrize("with_grids", [True, False])
def test_control_points(shared: Path, grids: Path, with_grids: bool) -> None:
    text = (shared / "data/crs/control_points.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        done = transform_points(
            [float(row["source_x"])],
            [float(row["source_y"])],
            source_crs=row["source_epsg"],
            target_crs=row["target_epsg"],
            country=row["country"],
            grids=grids if with_grids else None,
        )
        unit = DEGREE_M if row["target_epsg"] == "EPSG:4258" else 1.0
        error_m = unit * float(np.hypot(done.x[0] - float(row["target_x"]), done.y[0] - float(row["target_y"])))
        # A row that was itself computed to a tolerance cannot show more than that.
        assert error_m <= max(done.accuracy_m, float(row["tolerance_m"])), row["id"]
        if with_grids and row["kind"].startswith("datum("):
            assert error_m <= 0.001, row["id"]


@pytest.mark.parametrize(("country", "code"), PAIRS)
def test_every_system_goes_to_the_work_crs_and_back(country: str, code: str, tmp_path: Path) -> None:
    lon, lat = _box(country)
    there = transform_points(lon, lat, source_crs="EPSG:4258", target_crs=code, country=country)
    work = transform_points(there.x, there.y, source_crs=code, target_crs="EPSG:3035", country=country)
    back = transform_points(work.x, work.y, source_crs="EPSG:3035", target_crs="EPSG:4258", country=country)
    assert _away_m(lon, lat, back.x, back.y) < 0.02
    assert 0.02 <= work.accuracy_m <= 10
    assert "allpark" not in work.operation


@pytest.mark.parametrize(("country", "code"), PAIRS)
def test_no_ballpark(country: str, code: str) -> None:
    """A ballpark leaves longitude and latitude as they are: a datum of its own must move them by tens of meters."""
    lon, lat = _box(country)
    datum = geodetic_code(code)
    done = transform_points(lon, lat, source_crs=datum, target_crs="EPSG:4258", country=country)
    native = datum in {"EPSG:4258", "EPSG:4326", "EPSG:4761", "EPSG:4765", "EPSG:6706", "EPSG:9702"}
    assert (_away_m(lon, lat, done.x, done.y) == 0) == native
    assert done.accuracy_m >= (1.0 if datum == "EPSG:4326" else 0.1)


@pytest.mark.parametrize(
    ("country", "code", "pipeline", "grid"),
    [
        ("DE", "EPSG:4314", "+proj=hgridshift +grids=", "de_adv_BETA2007.tif"),
        ("BE", "EPSG:4313", "+proj=hgridshift +grids=", "be_ign_bd72lb72_etrs89lb08.tif"),
        ("AT", "EPSG:4312", "+proj=hgridshift +grids=", "at_bev_AT_GIS_GRID.tif"),
    ],
)
def test_grids_are_followed(grids: Path, country: str, code: str, pipeline: str, grid: str) -> None:
    lon, lat = _box(country)
    to_radians, to_degrees = (
        "+step +proj=unitconvert +xy_in=deg +xy_out=rad",
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg",
    )
    shift = Transformer.from_pipeline(f"+proj=pipeline {to_radians} +step {pipeline}{grids / grid} {to_degrees}")
    to_lon, to_lat = shift.transform(lon, lat)
    done = transform_points(lon, lat, source_crs=code, target_crs="EPSG:4258", country=country, grids=grids)
    assert _away_m(done.x, done.y, to_lon, to_lat) < 0.001
    plain = transform_points(lon, lat, source_crs=code, target_crs="EPSG:4258", country=country)
    assert grid in done.operation
    assert grid not in plain.operation
    assert _away_m(done.x, done.y, plain.x, plain.y) <= plain.accuracy_m


def test_czech_table_agrees_with_a_hand_made_pipeline(grids: Path) -> None:
    x, y = np.array([-868208.53, -850000.0]), np.array([-1095793.57, -1010000.0])
    table = grids / "cz_cuzk_table_-y-x_3_v1710.tif"
    east, north = Transformer.from_pipeline(f"+proj=gridshift +grids={table}").transform(x, y)
    lon, lat = Transformer.from_crs(5516, 5228, always_xy=True).transform(east, north)
    lon, lat = Transformer.from_crs(5228, 4258, always_xy=True).transform(lon, lat)
    done = transform_points(x, y, source_crs="EPSG:5514", target_crs="EPSG:4258", country="CZ", grids=grids)
    assert _away_m(done.x, done.y, lon, lat) < 0.002
    assert done.accuracy_m == 0.05


@pytest.mark.parametrize("code", ["EPSG:4156", "EPSG:4312"])
def test_the_rim_of_a_grid_is_not_trusted(grids: Path, code: str) -> None:
    """Beyond the border these grids hold zeros or gaps; near them PROJ shifts by nothing, or by kilometers."""
    country, box = ("CZ", (12.0, 48.5, 18.9, 51.1)) if code == "EPSG:4156" else ("AT", (9.5, 46.3, 17.2, 49.1))
    chance = np.random.default_rng(0)
    lon, lat = chance.uniform(box[0], box[2], 20_000), chance.uniform(box[1], box[3], 20_000)
    extra = np.array([[16.31716892, 50.4546296], [13.84440786, 48.90522166], [17.16524254, 49.27926389]])
    lon, lat = np.append(lon, extra[:, 0]), np.append(lat, extra[:, 1])
    done = transform_points(lon, lat, source_crs=code, target_crs="EPSG:4258", country=country, grids=grids)
    plain = transform_points(lon, lat, source_crs=code, target_crs="EPSG:4258", country=country)
    assert _away_m(done.x, done.y, plain.x, plain.y) < 5
    assert "outside the grid" in done.operation
    assert done.accuracy_m == plain.accuracy_m


def test_all_croatian_towns_get_the_croatian_operation() -> None:
    towns = {"Sisak": (16.37, 45.48), "Petrinja": (16.28, 45.44), "Dvor": (16.37, 45.07), "Kutina": (16.78, 45.47)}
    ours = Transformer.from_pipeline(
        next(item.pipeline for item in operations() if item.country == "HR" and "helmert" in item.pipeline)
    )
    for lon, lat in towns.values():
        for code in ("EPSG:8677", "EPSG:31275", "EPSG:8678", "EPSG:31276"):
            x, y = Transformer.from_crs(geodetic_code(code), code, always_xy=True).transform(lon, lat)
            done = transform_points([x], [y], source_crs=code, target_crs="EPSG:3765", country="HR")
            assert "EPSG:3963" in done.operation
            to_lon, to_lat = ours.transform(lon, lat)
            to_x, to_y = Transformer.from_crs(4761, 3765, always_xy=True).transform(to_lon, to_lat)
            assert np.hypot(done.x[0] - to_x, done.y[0] - to_y) < 0.001


@pytest.mark.parametrize(
    ("code", "x", "y"),
    [("EPSG:5514", -850000, -1010000), ("EPSG:5513", 850000, 1010000), ("EPSG:2065", 850000, 1010000),
     ("ESRI:102067", -850000, -1010000),
     ("EPSG:5513", 1010000, 850000)],
)  # fmt: skip
def test_krovak_in_all_its_axes(code: str, x: float, y: float) -> None:
    done = transform_points([x], [y], source_crs=code, target_crs="EPSG:5514", country="CZ")
    assert (done.x[0], done.y[0]) == pytest.approx((-850000, -1010000), abs=1e-6)
    back = transform_points(done.x, done.y, source_crs="EPSG:5514", target_crs="EPSG:5513", country="CZ")
    assert (back.x[0], back.y[0]) == pytest.approx((850000, 1010000), abs=1e-6)


@pytest.mark.parametrize(
    ("code", "country", "said"),
    [
        ("EPSG:21500", "BE", "EPSG:4313"), ("EPSG:4215", "BE", "EPSG:4313"), ("EPSG:4314", "FR", "registered for DE"),
        ("EPSG:31468", "AT", "EPSG:4312"), ("EPSG:3912", "DE", "HR, SI"), ("EPSG:999999", "DE", "Unknown"),
        ("", "DE", "Unknown"),
        ("EPSG:4978; drop", "DE", "Unknown"),
    ],
)  # fmt: skip
def test_unknown_systems_are_refused(code: str, country: str, said: str) -> None:
    with pytest.raises(CoordinateError, match=said):
        transform_points([1.0], [2.0], source_crs=code, target_crs="EPSG:3035", country=country)


def test_what_cannot_be_transformed_is_nan_and_inputs_stay() -> None:
    x, y = np.array([4534567.0, np.nan, np.inf, 1e12]), np.array([5619432.0, 1.0, 2.0, 3.0])
    before = x.copy()
    done = transform_points(x, y, source_crs="EPSG:31468", target_crs="EPSG:25833", country="DE")
    assert np.isfinite(done.x).tolist() == np.isfinite(done.y).tolist() == [True, False, False, False]
    assert np.array_equal(x, before, equal_nan=True)
    with pytest.raises(CoordinateError, match="as many"):
        transform_points([1.0], [1.0, 2.0], source_crs="EPSG:4326", target_crs="EPSG:3035", country="DE")


@pytest.mark.parametrize("folder", ["a b", "ä"])
def test_grids_are_found_by_the_environment_in_any_folder(
    grids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / folder).mkdir()
    shutil.copy(grids / "de_adv_BETA2007.tif", tmp_path / folder)
    call = {"source_crs": "EPSG:31468", "target_crs": "EPSG:3035", "country": "DE"}
    assert transform_points([4534567.0], [5619432.0], **call).accuracy_m == 3.0
    monkeypatch.setenv("INDUCULT_GRIDS", str(tmp_path / folder))
    assert transform_points([4534567.0], [5619432.0], **call).accuracy_m == 0.9


def test_a_damaged_grid_is_refused(grids: Path, tmp_path: Path) -> None:
    (tmp_path / "de_adv_BETA2007.tif").write_bytes((grids / "de_adv_BETA2007.tif").read_bytes()[:-1])
    with pytest.raises(CoordinateError, match="SHA-256"):
        transform_points(
            [4534567.0], [5619432.0], source_crs="EPSG:31468", target_crs="EPSG:3035", country="DE", grids=tmp_path
        )


@pytest.mark.parametrize("item", operations(), ids=lambda item: f"{item.country}-{item.datum}-{item.rank}")
def test_registry(item: Operation, shared: Path) -> None:
    assert CRS.from_user_input(item.datum).is_geographic
    assert item.accuracy_m > 0
    assert item.source
    assert bool(item.grid) == bool(item.grid_sha256) == (f"={item.grid}" in item.pipeline and bool(item.grid))
    same = [other for other in operations() if (other.country, other.datum) == (item.country, item.datum)]
    assert sorted(other.rank for other in same) == list(range(1, len(same) + 1))
    # Whoever lacks the grids must still get an answer with its true accuracy.
    assert not max(same, key=lambda other: other.rank).grid
    if item.grid:
        assert hashlib.sha256((shared / "data/crs/grids" / item.grid).read_bytes()).hexdigest() == item.grid_sha256


def test_geometries_of_all_kinds() -> None:
    polygon = shapely.box(4534000, 5619000, 4535000, 5620000)
    shapes = np.array([shapely.Point(4534567, 5619432), None, polygon, shapely.Point()], dtype=object)
    moved, operation, accuracy_m = transform_geometries(
        shapes, source_crs="EPSG:31468", target_crs="EPSG:3035", country="DE"
    )
    assert accuracy_m == 3.0
    assert "DHDN" in operation
    assert moved[1] is None
    assert moved[3].is_empty
    assert moved[2].contains(moved[0])
    alone, _, _ = transform_geometries(shapes[:1], source_crs="EPSG:31468", target_crs="EPSG:3035", country="DE")
    assert alone[0].equals_exact(moved[0], 1e-9)
    none, _, _ = transform_geometries(shapes[:0], source_crs="EPSG:31468", target_crs="EPSG:3035", country="DE")
    assert len(none) == 0


def test_half_the_time_of_to_crs(grids: Path) -> None:
    n = 200_000
    chance = np.random.default_rng(1)
    x, y = chance.uniform(4_500_000, 4_560_000, n), chance.uniform(5_600_000, 5_650_000, n)
    points = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=31468)
    call = {"source_crs": "EPSG:31468", "target_crs": "EPSG:3035", "country": "DE", "grids": grids}
    transform_points(x[:2], y[:2], **call)
    points[:2].to_crs(3035)
    ours, theirs = [], []
    for _ in range(3):
        start = time.process_time()
        transform_points(x, y, **call)
        middle = time.process_time()
        points.to_crs(3035)
        ours.append(middle - start)
        theirs.append(time.process_time() - middle)
    assert min(ours) <= 0.5 * min(theirs)
