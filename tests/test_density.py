"""Density surfaces: the integral, the grid, what is shown."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from rasterio.transform import xy

from inducult_geo.enrich import density as module
from inducult_geo.enrich.density import Surface, density, density_surfaces, surfaces_at
from inducult_geo.errors import InducultError

BOUNDS = (4_300_000.0, 2_900_000.0, 4_340_000.0, 2_930_000.0)


def _points(n: int, seed: int = 5) -> np.ndarray:
    west, south, east, north = BOUNDS
    return np.random.default_rng(seed).uniform((west, south), (east, north), (n, 2))


@pytest.mark.parametrize(
    ("cell_m", "bandwidth_m"), [(1000, 5000), (1000, 300), (250, 1000), (5000, 2000), (100, 777.7), (40_000, 90_000)]
)
@pytest.mark.parametrize("n", [1, 500])
def test_the_surface_integrates_to_the_number_of_sites(cell_m: int, bandwidth_m: float, n: int) -> None:
    surface = density(_points(n), cell_m=cell_m, bandwidth_m=bandwidth_m, bounds=BOUNDS)
    whole = surface.values.astype(float).sum() * (cell_m / 1000) ** 2
    assert surface.n_sites == n
    assert whole == pytest.approx(n, rel=1e-3)
    assert surface.values.dtype == np.float32
    assert surface.values.min() >= 0


def test_points_at_corners_and_edges_count_once_and_those_outside_not() -> None:
    west, south, east, north = BOUNDS
    edges = np.array([(west, south), (east, north), (west, north), (east, south), ((west + east) / 2, north)])
    outside = np.array([(west - 1, south), (east + 1, north), (west, north + 1)])
    for bandwidth_m in (3000, 300):
        surface = density(np.vstack([edges, outside]), cell_m=1000, bandwidth_m=bandwidth_m, bounds=BOUNDS)
        assert surface.n_sites == 5
        assert surface.values.astype(float).sum() == pytest.approx(5, rel=1e-3)


def test_the_kernel_has_the_stated_shape() -> None:
    """Away from the edges and with fine cells the weights are the quartic kernel's own density."""
    center, h = np.array([[4_320_005.0, 2_915_005.0]]), 2000.0
    surface = density(center, cell_m=10, bandwidth_m=h, bounds=(4_317_000, 2_912_000, 4_323_000, 2_918_000))
    peak = 3 / (math.pi * (h / 1000) ** 2)
    assert surface.values.max() == pytest.approx(peak, rel=1e-3)
    row, column = np.unravel_index(surface.values.argmax(), surface.values.shape)
    for cells in (50, 100, 150):
        expected = peak * (1 - (cells * 10 / h) ** 2) ** 2
        assert surface.values[row, column + cells] == pytest.approx(expected, rel=1e-3)
        assert surface.values[row - cells, column] == pytest.approx(expected, rel=1e-3)
    assert surface.values[row, column + 201] == 0


def test_every_cell_has_some_whose_center_the_kernel_reaches() -> None:
    surface = density(np.array([[4_320_990.0, 2_915_500.0]]), cell_m=1000, bandwidth_m=5600, bounds=BOUNDS)
    assert np.flatnonzero(surface.values[14]).tolist() == [*range(15, 27)]


def test_the_grid_is_that_of_the_eea_and_covers_the_bounds() -> None:
    surface = density(_points(3), cell_m=1000, bandwidth_m=2000, bounds=(4_300_123, 2_900_999, 4_301_001, 2_903_000))
    assert (surface.transform.c, surface.transform.f) == (4_300_000, 2_903_000)
    assert (surface.transform.a, surface.transform.e) == (1000, -1000)
    assert surface.values.shape == (3, 2)


def test_a_site_lies_in_the_right_cell() -> None:
    point = np.array([[4_312_345.0, 2_906_789.0]])
    surface = density(point, cell_m=1000, bandwidth_m=100, bounds=BOUNDS)
    row, column = np.unravel_index(surface.values.argmax(), surface.values.shape)
    assert surface.transform.c + 1000 * column == 4_312_000
    assert surface.transform.f - 1000 * (row + 1) == 2_906_000
    assert surface.values.max() == 1


def test_the_order_of_points_changes_no_byte() -> None:
    points = _points(400)
    shuffled = np.random.default_rng(1).permutation(points)
    one, other = (density(p, cell_m=500, bandwidth_m=3210, bounds=BOUNDS) for p in (points, shuffled))
    assert one.values.tobytes() == other.values.tobytes()


def test_many_points_are_weighed_in_portions_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = density(_points(100), cell_m=1000, bandwidth_m=5000, bounds=BOUNDS)
    monkeypatch.setattr(module, "_WEIGHTS_AT_ONCE", 2_000)
    in_portions = density(_points(100), cell_m=1000, bandwidth_m=5000, bounds=BOUNDS)
    np.testing.assert_allclose(in_portions.values, whole.values, rtol=1e-6)


def test_no_site_gives_zeros() -> None:
    surface = density(np.empty((0, 2)), cell_m=1000, bandwidth_m=2000, bounds=BOUNDS)
    assert surface.n_sites == 0
    assert not surface.values.any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"points": np.zeros(4)}, "shape"),
        ({"points": np.array([[np.nan, 1.0]])}, "not finite"),
        ({"cell_m": 0}, "positive"),
        ({"bandwidth_m": -1.0}, "positive"),
        ({"bandwidth_m": math.inf}, "positive"),
        ({"bounds": (1.0, 0.0, 0.0, 1.0)}, "west, south, east, north"),
        ({"bounds": (0.0, 0.0, math.nan, 1.0)}, "west, south, east, north"),
        ({"cell_m": 1}, "larger cells"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(change: dict, says: str) -> None:
    call = {"points": _points(2), "cell_m": 1000, "bandwidth_m": 2000.0, "bounds": BOUNDS} | change
    with pytest.raises(InducultError, match=says):
        density(call.pop("points"), **call)


def _sites(points: np.ndarray, aspects: list[str], status: str = "unknown") -> gpd.GeoDataFrame:
    told = {"aspect": aspects, "status": [status] * len(aspects)}
    return gpd.GeoDataFrame(told, geometry=gpd.points_from_xy(*points.T), crs="EPSG:3035")


def _regions(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs="EPSG:3035")


def _integral(surface: Surface) -> float:
    return float(np.nansum(surface.values, dtype=float)) * (surface.cell_m / 1000) ** 2


FAR = (5_000_000.0, 2_500_000.0, 5_020_000.0, 2_510_000.0)


def test_each_surface_counts_its_aspects_and_those_of_both() -> None:
    aspects = ["monument", "factory", "both", "unknown"] * 50
    made = density_surfaces(_sites(_points(200), aspects), _regions(BOUNDS))
    assert {name: surface.n_sites for name, surface in made.items()} == dict.fromkeys(
        ("monuments", "production", "monuments_250m", "production_250m"), 100
    )
    assert {(surface.cell_m, surface.bandwidth_m) for surface in made.values()} == {(1000, 5000), (250, 2000)}
    for surface in made.values():
        assert _integral(surface) == pytest.approx(100, rel=1e-3)
        assert surface.transform.c % surface.cell_m == surface.transform.f % surface.cell_m == 0


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("functional", 3),
        ("unknown", 3),
        ("projected", 0),
        ("underConstruction", 0),
        ("disused", 0),
        ("decommissioned", 0),
    ],
)
def test_a_factory_that_is_planned_or_closed_is_no_production(status: str, counted: int) -> None:
    sites = _sites(_points(4), ["monument", "factory", "both", "factory"], status)
    made = surfaces_at(sites, _regions(BOUNDS))
    assert {name: surface.n_sites for name, surface in made.items()} == {"monuments": 2, "production": counted}


def test_three_bandwidths_around_the_regions_are_shown_and_nothing_else() -> None:
    surface = surfaces_at(_sites(_points(20), ["both"] * 20), _regions(BOUNDS, FAR), bandwidth_m=2000)["monuments"]
    assert (surface.transform.c, surface.transform.f) == (BOUNDS[0] - 6000, BOUNDS[3] + 6000)
    shown = np.isfinite(surface.values)
    assert shown.sum() == (40 + 12) * (30 + 12) + (20 + 12) * (10 + 12)
    assert shown[:42, :52].all()
    assert shown[-22:, -32:].all()
    assert (surface.values[-22:, -32:] == 0).all(), "looked at, and nothing there"
    off_grid = _regions(tuple(edge + 300 for edge in BOUNDS))
    surface = surfaces_at(_sites(_points(1), ["both"]), off_grid, bandwidth_m=2000)["monuments"]
    assert np.isfinite(surface.values).all(), "what a box touches is looked at"


def test_a_site_far_outside_its_region_still_counts_once() -> None:
    points = np.vstack([_points(5), [(FAR[0], FAR[1])]])
    surface = density_surfaces(_sites(points, ["factory"] * 6), _regions(BOUNDS))["production"]
    assert np.nansum(surface.values, dtype=float) == pytest.approx(6, rel=1e-3)
    assert surface.transform.c + 1000 * surface.values.shape[1] == FAR[0] + 5000, "its kernel is not cut"


def test_outlines_count_where_they_lie_and_no_region_gives_no_surface() -> None:
    outline = _sites(_points(1), ["factory"])
    outline.geometry = outline.buffer(300)
    made = surfaces_at(outline, _regions(BOUNDS), bandwidth_m=100)
    row, column = np.unravel_index(np.nanargmax(made["production"].values), made["production"].values.shape)
    x, y = xy(made["production"].transform, row, column)
    assert outline.distance(shapely.Point(x, y)).iloc[0] < 1000
    assert density_surfaces(outline, _regions()) == {}
    empty = density_surfaces(_sites(np.empty((0, 2)), []), _regions(BOUNDS))
    assert all(np.nansum(surface.values) == 0 for surface in empty.values())


SEA = (2_600_000.0, 4_400_000.0)
"""West of Norway: no region, no land."""


@pytest.mark.parametrize(
    "points",
    [
        [BOUNDS[:2]],
        [BOUNDS[:2], BOUNDS[2:]],
        [BOUNDS[:2], SEA],
        [(BOUNDS[0] + 0.001, BOUNDS[3] - 0.001)] * 1000,
        [BOUNDS[:2], (FAR[2], FAR[3])],
    ],
    ids=["one", "corners", "sea", "one place", "two regions"],
)
def test_every_site_counts_once_wherever_it_lies(points: list) -> None:
    made = density_surfaces(_sites(np.array(points), ["both"] * len(points)), _regions(BOUNDS, FAR))
    assert made
    for surface in made.values():
        assert surface.n_sites == len(points)
        assert _integral(surface) == pytest.approx(len(points), rel=1e-3)


def test_regions_far_apart_get_a_coarser_grid_not_a_larger_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portugal and Lapland, with a limit that makes the test small."""
    monkeypatch.setattr(module, "MAX_CELLS", 500_000)
    lapland = (4_900_000.0, 5_000_000.0, 4_950_000.0, 5_050_000.0)
    portugal = (2_650_000.0, 1_900_000.0, 2_700_000.0, 1_950_000.0)
    points = np.array([lapland[:2], portugal[:2], portugal[2:]])
    made = density_surfaces(_sites(points, ["factory"] * 3), _regions(lapland, portugal))
    assert set(made) == {"monuments", "production"}
    assert made["production"].cell_m == 5000
    assert made["production"].bandwidth_m == 10_000
    assert made["production"].values.size <= 500_000
    assert _integral(made["production"]) == pytest.approx(3, rel=1e-3)


def test_without_a_region_or_a_site_nothing_breaks() -> None:
    nobody = _sites(np.empty((0, 2)), [])
    assert density_surfaces(nobody, _regions()) == {}
    assert all(_integral(surface) == 0 for surface in density_surfaces(nobody, _regions(BOUNDS)).values())
