"""Pinned operations: true accuracies, one operation per country, no ballpark."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from bench_control import DEGREE_M, away
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.transforms.crs import crs_code, geodetic_code, transform_geometries, transform_points
from inducult_geo.harmonize.transforms.operations import Operation, operations, operations_for

# Systems that partners of each country send, and a box of longitude and latitude in the region.
SENT = {
    "DE": (
        "31466 31467 31468 31469 5668 5669 5674 5675 5678 5679 3398 3399 2398 2399 4314 4745 4746 4178 4284 28463 "
        "5681 5684 4230 23032 23033 25832 25833 3045 10284 4258 4326 3857 3034 3035 32633",
        (12.2, 50.5, 12.8, 50.9),
    ),
    "AT": (
        "31254 31255 31256 31257 31258 31259 31287 31297 4312 4805 31253 3416 23033 25833 4258 4326 3857 3035",
        (14.7, 47.2, 15.3, 47.6),
    ),
    "CZ": (
        "5514 5513 2065 5221 4156 4818 5228 5229 5515 5516 5224 5225 28403 3333 3835 4284 4258 4326 32633 25833 3857",
        (12.5, 49.95, 13.1, 50.25),
    ),
    "IT": (
        "3003 3004 4265 4806 26591 26592 23032 23033 4230 6706 6707 6708 7791 7792 4670 3064 25832 32632 4258 4326",
        (11.5, 45.1, 12.0, 45.6),
    ),
    "SI": ("3794 3912 3787 3906 4312 4765 25833 4258 4326 3857", (13.9, 46.0, 14.6, 46.4)),
    "HR": (
        "3765 8677 8678 31275 31276 3906 3907 3908 4312 4761 25833 4258 4326 32633",
        (16.0, 45.1, 16.9, 45.6),
    ),
    "PL": (
        "2180 2176 2177 2178 2179 2172 2173 2174 2175 3120 3333 3334 3329 4179 4284 28403 9702 4258 4326 32633",
        (17.1, 50.1, 18.5, 51.1),
    ),
    "HU": ("23700 4237 25834 4258 4326 3857 32634", (20.2, 47.7, 21.4, 48.5)),
    "SK": ("5514 5513 2065 4156 4818 8351 8352 8353 25834 4258 4326 3857 32634", (20.0, 48.5, 22.0, 49.2)),
    "RO": ("3844 4179 4284 28404 28405 25834 4258 4326 3857 32635", (22.5, 45.4, 23.5, 46.2)),
    "BE": ("31370 31300 4313 3812 3447 4258 25831 23031 4230 4326 3857 32631", (5.1, 50.8, 5.8, 51.2)),
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
        error_m, accuracy_m = away(row, grids if with_grids else None)
        # A row that was itself computed to a tolerance cannot show more than that.
        assert error_m <= max(accuracy_m, float(row["tolerance_m"])), row["id"]
        if with_grids and row["kind"].startswith("datum("):
            assert error_m <= 0.001, row["id"]


@pytest.mark.parametrize(("country", "code"), PAIRS)
def test_every_system_goes_to_the_work_crs_and_back(country: str, code: str, tmp_path: Path) -> None:
    lon, lat = _box(country)
    there = transform_points(lon, lat, source_crs="EPSG:4258", target_crs=code, country=country)
    work = transform_points(there.x, there.y, source_crs=code, target_crs="EPSG:3035", country=country)
    back = transform_points(work.x, work.y, source_crs="EPSG:3035", target_crs="EPSG:4258", country=country)
    assert _away_m(lon, lat, back.x, back.y) < 0.02
    assert 0.02 <= work.accuracy_m <= (750 if code == "EPSG:31300" else 10)
    assert "allpark" not in work.operation


@pytest.mark.parametrize(("country", "code"), PAIRS)
def test_no_ballpark(country: str, code: str) -> None:
    """A ballpark leaves longitude and latitude as they are: a datum of its own must move them by tens of meters."""
    lon, lat = _box(country)
    datum = geodetic_code(code)
    done = transform_points(lon, lat, source_crs=datum, target_crs="EPSG:4258", country=country)
    native = datum in {
        "EPSG:4258",
        "EPSG:4326",
        "EPSG:4761",
        "EPSG:4765",
        "EPSG:6706",
        "EPSG:9702",
        "EPSG:4670",
        "EPSG:10284",
    }
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
    assert _away_m(done.x, done.y, plain.x, plain.y) <= plain.accuracy_m
    assert "outside the grid" in done.operation
    assert done.accuracy_m == plain.accuracy_m
    # Nor from a plane, of which rows that all have a value go to another one at once.
    plane = "EPSG:5514" if country == "CZ" else "EPSG:31287"
    x, y = Transformer.from_crs(code, plane, always_xy=True).transform(lon[-60:], lat[-60:])
    east, north = Transformer.from_crs("EPSG:4258", "EPSG:3035", always_xy=True).transform(done.x[-60:], done.y[-60:])
    for row in range(60):
        one = transform_points(x[row], y[row], source_crs=plane, target_crs="EPSG:3035", country=country, grids=grids)
        assert np.hypot(one.x[0] - east[row], one.y[0] - north[row]) < 0.01


def test_all_croatian_towns_get_the_croatian_operation() -> None:
    towns = {
        "Sisak": (16.37, 45.48), "Petrinja": (16.28, 45.44), "Dvor": (16.37, 45.07), "Kutina": (16.78, 45.47),
        "Glina": (16.09, 45.34), "Novska": (16.98, 45.34), "Topusko": (15.97, 45.29), "Jasenovac": (16.91, 45.27),
    }  # fmt: skip
    ours = Transformer.from_pipeline(
        next(item.pipeline for item in operations() if item.country == "HR" and "helmert" in item.pipeline)
    )
    for lon, lat in towns.values():
        for code in ("EPSG:8677", "EPSG:31275", "EPSG:8678", "EPSG:31276", "EPSG:3907", "EPSG:3908", "EPSG:3906"):
            datum = geodetic_code(code)
            x, y = (
                Transformer.from_crs(datum, code, always_xy=True).transform(lon, lat) if code != datum else (lon, lat)
            )
            for target in ("EPSG:3765", "EPSG:3035", "EPSG:25833"):
                done = transform_points([x], [y], source_crs=code, target_crs=target, country="HR")
                assert "EPSG:3963" in done.operation
                to_lon, to_lat = ours.transform(lon, lat)
                to_x, to_y = Transformer.from_crs(4258, target, always_xy=True).transform(to_lon, to_lat)
                assert np.hypot(done.x[0] - to_x, done.y[0] - to_y) < 0.001


@pytest.mark.parametrize(
    ("code", "x", "y"),
    [("EPSG:5514", -850000, -1010000), ("EPSG:5513", 850000, 1010000), ("EPSG:2065", 850000, 1010000),
     ("ESRI:102067", -850000, -1010000),
     ("EPSG:5513", 1010000, 850000), ("ESRI:102066", -850000, -1010000), ("ESRI:102065", 850000, 1010000)],
)  # fmt: skip
def test_krovak_in_all_its_axes(code: str, x: float, y: float) -> None:
    done = transform_points([x], [y], source_crs=code, target_crs="EPSG:5514", country="CZ")
    assert (done.x[0], done.y[0]) == pytest.approx((-850000, -1010000), abs=1e-6)
    back = transform_points(done.x, done.y, source_crs="EPSG:5514", target_crs="EPSG:5513", country="CZ")
    assert (back.x[0], back.y[0]) == pytest.approx((850000, 1010000), abs=1e-6)


def test_krovak_is_turned_around_only_where_every_row_says_so() -> None:
    """One row that is written the wrong way round is that row's slip."""
    alone = transform_points([850000], [1010000], source_crs="EPSG:5513", target_crs="EPSG:5514", country="CZ")
    both = transform_points(
        [850000, 1010000], [1010000, 850000], source_crs="EPSG:5513", target_crs="EPSG:5514", country="CZ"
    )
    assert (both.x[0], both.y[0]) == (alone.x[0], alone.y[0])


@pytest.mark.parametrize(
    ("code", "country", "said"),
    [
        ("EPSG:21500", "BE", "EPSG:4313"), ("EPSG:4215", "BE", "EPSG:4313"), ("EPSG:4314", "FR", "registered for DE"),
        ("EPSG:31468", "AT", "EPSG:4312"), ("EPSG:3912", "DE", "HR, SI"), ("EPSG:999999", "DE", "Unknown"),
        ("", "DE", "Unknown"),
        ("EPSG:4978; drop", "DE", "Unknown"),
        ("EPSG:32600", "DE", r"PROJ cannot convert to the plane system EPSG:32600"),
    ],
)  # fmt: skip
def test_unknown_systems_are_refused(code: str, country: str, said: str) -> None:
    with pytest.raises(CoordinateError, match=said):
        transform_points([1.0], [2.0], source_crs=code, target_crs="EPSG:3035", country=country)


@pytest.mark.parametrize("target", ["EPSG:3035", "EPSG:4258"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4258", "OGC:CRS84"])
def test_degrees_off_the_globe_do_not_come_back_around_it(crs: str, target: str) -> None:
    x, y = [377.9, 17.9, 17.9, 17.9, 17.9], [50.5, 50.5, 410.5, 90.1, -90.1]
    done = transform_points(x, y, source_crs=crs, target_crs=target, country="PL")
    assert np.isfinite(done.x).tolist() == np.isfinite(done.y).tolist() == [False, True, False, False, False]


def test_what_cannot_be_transformed_is_nan_and_inputs_stay() -> None:
    x, y = np.array([4534567.0, np.nan, np.inf, 1e12, 4e6]), np.array([5619432.0, 1.0, 2.0, 3.0, 2e8])
    before = x.copy()
    done = transform_points(x, y, source_crs="EPSG:31468", target_crs="EPSG:25833", country="DE")
    assert np.isfinite(done.x).tolist() == np.isfinite(done.y).tolist() == [True] + 4 * [False]
    assert np.array_equal(x, before, equal_nan=True)
    with pytest.raises(CoordinateError, match="the same number"):
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


def test_a_plane_that_proj_computes_otherwise_than_its_register_says_so() -> None:
    """The example of EPSG Guidance Note 7-2 for Belge Lambert 72: PROJ leaves the rotation of 29.2985" out."""
    call = {"source_crs": "EPSG:4313", "country": "BE"}
    done = transform_points([5.807370277777778], [50.679572222222222], target_crs="EPSG:31300", **call)
    away_m = float(np.hypot(done.x[0] - 251763.20, done.y[0] - 153034.13))
    assert 700 < away_m <= done.accuracy_m
    assert "is EPSG:31370 meant?" in done.operation


_BY_CODE = [
    (item, code)
    for item in operations()
    if "helmert" in item.pipeline and "pm=" not in item.pipeline and not item.grid
    for code in re.findall(r"EPSG:([0-9]+)", item.source)[-1:]
]


@pytest.mark.parametrize(
    ("item", "code"), _BY_CODE, ids=lambda v: v if isinstance(v, str) else f"{v.country}-{v.datum}"
)
def test_a_registered_operation_is_the_one_whose_code_it_bears(item: Operation, code: str) -> None:
    """The pipeline written out moves as PROJ's own operation of that code does."""
    lon, lat = _box(item.country)
    named = Transformer.from_pipeline(f"urn:ogc:def:coordinateOperation:EPSG::{code}")
    to_lat, to_lon = named.transform(lat, lon)
    ours = Transformer.from_pipeline(item.pipeline).transform(lon, lat)
    assert _away_m(np.asarray(ours[0]), np.asarray(ours[1]), to_lon, to_lat) < 0.001


@pytest.mark.parametrize(
    ("source", "x", "y", "target", "to_x", "to_y", "country", "within_m"),
    [
        # Worked examples of EPSG Guidance Note 7-2, printed to the centimeter.
        ("EPSG:4258", 5.0, 50.0, "EPSG:3035", 3962799.45, 2999718.85, "BE", 0.01),
        ("EPSG:4313", 5.807370277777778, 50.679572222222222, "EPSG:31370", 251763.20, 153034.13, "BE", 0.1),
        ("EPSG:4156", 16.849772222222222, 50.209011666666667, "EPSG:5513", 568991.00, 1050538.64, "CZ", 0.05),
        # The origin of a projection is its false easting and northing, by definition.
        ("EPSG:4258", 19.0, 0.0, "EPSG:2180", 500000.0, -5300000.0, "PL", 0.001),
        ("EPSG:4258", 18.0, 0.0, "EPSG:2177", 6500000.0, 0.0, "PL", 0.001),
        ("EPSG:4314", 12.0, 0.0, "EPSG:31468", 4500000.0, 0.0, "DE", 0.001),
        ("EPSG:4312", 16.333333333333333, 0.0, "EPSG:31256", 0.0, -5000000.0, "AT", 0.001),
        ("EPSG:4312", 13.333333333333333, 47.5, "EPSG:31287", 400000.0, 400000.0, "AT", 0.01),
        ("EPSG:4258", 13.333333333333333, 47.5, "EPSG:3416", 400000.0, 400000.0, "AT", 0.01),
        ("EPSG:4765", 15.0, 0.0, "EPSG:3794", 500000.0, -5000000.0, "SI", 0.001),
        ("EPSG:4761", 16.5, 0.0, "EPSG:3765", 500000.0, 0.0, "HR", 0.001),
        ("EPSG:4265", 9.0, 0.0, "EPSG:3003", 1500000.0, 0.0, "IT", 0.001),
        ("EPSG:4265", 15.0, 0.0, "EPSG:3004", 2520000.0, 0.0, "IT", 0.001),
        ("EPSG:4258", 4.359215833333333, 50.797815, "EPSG:3812", 649328.0, 665262.0, "BE", 0.01),
    ],
)  # fmt: skip
def test_worked_examples(
    source: str, x: float, y: float, target: str, to_x: float, to_y: float, country: str, within_m: float
) -> None:
    done = transform_points([x], [y], source_crs=source, target_crs=target, country=country)
    assert np.hypot(done.x[0] - to_x, done.y[0] - to_y) <= within_m
    back = transform_points([to_x], [to_y], source_crs=target, target_crs=source, country=country)
    assert np.hypot(back.x[0] - x, back.y[0] - y) * DEGREE_M <= within_m * 1.7


@pytest.mark.parametrize("country", SENT)
def test_every_system_that_proj_knows_there_is_refused_or_moved(country: str) -> None:
    """No system in the register is moved by a ballpark: its datum moves, is ETRS89 by the registry, or is refused."""
    west, south, east, north = SENT[country][1]
    known = query_crs_info(
        auth_name="EPSG",
        pj_types=[PJType.GEOGRAPHIC_2D_CRS],
        area_of_interest=AreaOfInterest(west, south, east, north),
        allow_deprecated=True,
    )
    lon, lat = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    moved = 0
    for info in known:
        code = f"{info.auth_name}:{info.code}"
        try:
            datum = geodetic_code(code)
            done = transform_points(lon, lat, source_crs=datum, target_crs="EPSG:4258", country=country)
        except CoordinateError:
            continue
        native = operations_for(datum, country)[0].pipeline == "+proj=noop"
        assert (_away_m(lon, lat, done.x, done.y) > 20) != native, code
        moved += 1
    assert moved >= 20


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (31468, "EPSG:31468"), ("31468", "EPSG:31468"), ("epsg:31468 ", "EPSG:31468"),
        ("+init=epsg:31468", "EPSG:31468"),
        ("urn:ogc:def:crs:EPSG::31468", "EPSG:31468"), ("http://www.opengis.net/def/crs/EPSG/0/31468", "EPSG:31468"),
        ("EPSG:4937", "EPSG:4258"), ("EPSG:4979", "EPSG:4326"), ("EPSG:5555", "EPSG:25832"),
        ("EPSG:6190", "EPSG:31370"),
        ("EPSG:4326+5773", "EPSG:4326"), ("ESRI:102067", "EPSG:5514"), ("ESRI:102100", "EPSG:3857"),
        ("IGNF:ETRS89UTM33", "EPSG:25833"), ("+proj=utm +zone=33 +ellps=GRS80 +units=m", "EPSG:25833"),
        ("+proj=longlat +datum=WGS84", "EPSG:4326"),
    ],
)  # fmt: skip
def test_systems_by_other_names(text: str | int, code: str) -> None:
    assert crs_code(text) == code or geodetic_code(text) == geodetic_code(code) == "EPSG:4326"


def test_a_system_that_bears_the_code_of_another_plane_is_none_that_is_registered() -> None:
    """A local list with a false easting of its own would lie 4,000 km away."""
    own = CRS("EPSG:31468").to_wkt("WKT2_2019").replace("4500000", "500000")
    assert 'ID["EPSG",31468]' in own
    with pytest.raises(CoordinateError, match="no registered code"):
        crs_code(own)


@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
@pytest.mark.parametrize(
    "code", [31468, 31256, 31287, 3416, 5514, 3004, 7791, 3912, 3794, 3765, 2180, 2177, 31370, 3035]
)
def test_systems_by_their_wkt(code: int, version: str) -> None:
    """Old WKT drops the order of axes: the same plane with east first is as good, since x is always east here."""
    found = crs_code(CRS(code).to_wkt(version))
    assert geodetic_code(found) == geodetic_code(code)
    lon, lat = (12.5, 50.7) if code != 3765 else (16.4, 45.5)
    one, other = (Transformer.from_crs(geodetic_code(c), c, always_xy=True).transform(lon, lat) for c in (found, code))
    assert one == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        ("EPSG:4978", "middle of the earth"), ("EPSG:5783", "heights alone"),
        ("+proj=tmerc +lat_0=0 +lon_0=12 +k=1 +x_0=4500000 +ellps=bessel", "ellipsoid .Bessel 1841. but no datum"),
        ("+proj=tmerc +lon_0=12 +x_0=4500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.2,0.0,-2.4,6.7", "no datum"),
        ("+proj=longlat +ellps=intl", "no datum"), ('LOCAL_CS["Site grid",UNIT["metre",1]]', "local grid"),
        ("Zwickauer Werksnetz", "Unknown"), ("EPSG:", "Unknown"), ("SR-ORG:7483", "Unknown"),
    ],
)  # fmt: skip
def test_systems_that_say_too_little_are_refused(crs: str, said: str) -> None:
    with pytest.raises(CoordinateError, match=said):
        transform_points([1.0], [2.0], source_crs=crs, target_crs="EPSG:3035", country="DE")


@pytest.mark.parametrize("x", [[4534567, 4534568], (4534567.0, 4534568.0), np.array([4534567, 4534568]),
                               np.array([4534567, 4534568], dtype=np.float32), ["4534567", "4534568.0"]])  # fmt: skip
def test_columns_of_any_kind(x: object) -> None:
    done = transform_points(x, [5619432, 5619432], source_crs=31468, target_crs="EPSG:3035", country="de")
    assert done.x.dtype == np.float64
    assert np.isfinite(done.x).all()


def test_a_scalar_nothing_and_no_numbers() -> None:
    call = {"source_crs": "EPSG:31468", "target_crs": "EPSG:3035", "country": "DE"}
    assert transform_points(4534567, 5619432, **call).x.shape == (1,)
    assert transform_points([], [], **call).x.shape == (0,)
    assert np.isnan(transform_points([None], [1.0], **call).x).all()
    with pytest.raises(CoordinateError, match="must be numbers"):
        transform_points(["east"], [1.0], **call)
    with pytest.raises(CoordinateError, match="one column"):
        transform_points(np.ones((2, 3)), np.ones((2, 3)), **call)


def test_two_changes_of_datum_add_their_accuracies(grids: Path) -> None:
    lon, lat = _box("DE")
    there = transform_points(lon, lat, source_crs="EPSG:4258", target_crs="EPSG:31468", country="DE", grids=grids)
    assert there.accuracy_m == pytest.approx(0.1 + 0.9)
    done = transform_points(
        there.x, there.y, source_crs="EPSG:31468", target_crs="EPSG:3398", country="DE", grids=grids
    )
    assert done.accuracy_m == pytest.approx(0.9 + 1.0)
    assert "EPSG:15948" in done.operation
    assert "EPSG:15868" in done.operation
    direct = transform_points(lon, lat, source_crs="EPSG:4258", target_crs="EPSG:3398", country="DE", grids=grids)
    assert np.hypot(done.x - direct.x, done.y - direct.y).max() < 0.001


@pytest.mark.parametrize("target", ["EPSG:4326", "EPSG:32633", "EPSG:3857", "EPSG:25833", "EPSG:3035"])
@pytest.mark.parametrize("source", ["EPSG:4326", "EPSG:9755"])
def test_wgs84_is_never_better_than_a_meter(source: str, target: str) -> None:
    assert transform_points([12.5], [50.7], source_crs=source, target_crs=target, country="DE").accuracy_m >= 1


@pytest.mark.parametrize("country", ["DE", "AT", "CZ", "SI", "BE"])
def test_the_fallback_is_as_true_as_it_says_in_the_whole_region(shared: Path, grids: Path, country: str) -> None:
    lon, lat = _box(country, 5000)
    datum = next(item.datum for item in operations() if item.country == country and item.grid)
    with_grid, without = (
        transform_points(lon, lat, source_crs=datum, target_crs="EPSG:4258", country=country, grids=folder)
        for folder in (grids, Path("/nowhere"))
    )
    assert with_grid.accuracy_m < without.accuracy_m
    assert 0 < _away_m(with_grid.x, with_grid.y, without.x, without.y) <= without.accuracy_m


@pytest.mark.parametrize(("country", "datum"), [("AT", "EPSG:4312"), ("CZ", "EPSG:4156"), ("BE", "EPSG:4313"),
                                               ("SI", "EPSG:3906"), ("DE", "EPSG:4314")])  # fmt: skip
def test_far_outside_a_grid_the_fallback_speaks(grids: Path, country: str, datum: str) -> None:
    far = {"AT": (9.0, 46.0), "CZ": (19.5, 51.5), "BE": (7.0, 52.5), "SI": (20.0, 50.0), "DE": (20.0, 52.0)}[country]
    call = {"source_crs": datum, "target_crs": "EPSG:4258", "country": country}
    done = transform_points([far[0]], [far[1]], **call, grids=grids)
    plain = transform_points([far[0]], [far[1]], **call, grids=Path("/nowhere"))
    assert (done.x[0], done.y[0], done.accuracy_m) == (plain.x[0], plain.y[0], plain.accuracy_m)
    assert re.fullmatch(rf"{re.escape(plain.operation)} \(outside the grid \S+\)", done.operation)


@pytest.mark.parametrize(
    ("source", "target", "country", "x", "y"),
    [
        ("EPSG:31468", "EPSG:25833", "DE", [5_400_000, 4_500_000], [5_760_000, 5_600_000]),
        ("EPSG:31370", "EPSG:3812", "BE", [390_000, 150_000], [480_000, 170_000]),
    ],
)
def test_a_plane_point_outside_a_grid_is_left_to_the_fallback(
    grids: Path, source: str, target: str, country: str, x: list[float], y: list[float]
) -> None:
    call = {"source_crs": source, "target_crs": target, "country": country}
    done, plain = (transform_points(x, y, **call, grids=folder) for folder in (grids, Path("/nowhere")))
    assert (done.x[0], done.y[0]) == pytest.approx((plain.x[0], plain.y[0]), abs=1e-6)
    assert "outside the grid (1 points)" in done.operation


def test_the_way_back_at_the_rim_of_a_grid(grids: Path) -> None:
    chance = np.random.default_rng(3)
    lon, lat = chance.uniform(9.5, 17.2, 20_000), chance.uniform(46.3, 49.1, 20_000)
    call = {"country": "AT", "grids": grids}
    there = transform_points(lon, lat, source_crs="EPSG:4258", target_crs="EPSG:31287", **call)
    back = transform_points(there.x, there.y, source_crs="EPSG:31287", target_crs="EPSG:4258", **call)
    off_m = np.hypot((back.x - lon) * np.cos(np.radians(lat)), back.y - lat) * DEGREE_M
    # Only where the two ways disagree about the last cell of the grid do they differ, by no more than the fallback.
    assert np.quantile(off_m, 0.99) < 0.02
    assert off_m.max() <= 1.5


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


def test_a_shape_of_which_a_corner_has_no_place_has_none() -> None:
    wild = shapely.Polygon([(17, 50), (1e30, 50), (17, 1e30), (17, 50)])
    shapes = np.array([shapely.box(17, 50, 17.1, 50.1), wild, None], dtype=object)
    moved, _, _ = transform_geometries(shapes, source_crs="EPSG:4326", target_crs="EPSG:3035", country="PL")
    assert [shape is None for shape in moved] == [False, True, True]
