"""Density surfaces: the integral, the grid, the file."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio

from inducult_geo.enrich.density import density, write_cog
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
    surface = density(np.vstack([edges, outside]), cell_m=1000, bandwidth_m=3000, bounds=BOUNDS)
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


@pytest.mark.parametrize(("cell_m", "levels"), [(1000, 0), (100, 1), (50, 2)])
def test_the_file_is_a_cog_with_overviews_statistics_and_its_story(tmp_path: Path, cell_m: int, levels: int) -> None:
    surface = density(_points(50), cell_m=cell_m, bandwidth_m=4000, bounds=BOUNDS)
    path = tmp_path / "density.tif"
    write_cog(surface, path)
    with rasterio.open(path) as written:
        assert written.crs.to_epsg() == 3035
        assert written.transform == surface.transform
        assert np.array_equal(written.read(1), surface.values)
        assert written.overviews(1) == [2 ** (n + 1) for n in range(levels)]
        assert written.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert float(written.tags(1)["STATISTICS_MAXIMUM"]) == pytest.approx(surface.values.max())
        assert written.descriptions == ("sites per km2",)
        assert written.tags()["kernel"] == "quartic"
        assert written.tags()["n_sites"] == "50"
        assert written.nodata is None
    assert [*tmp_path.iterdir()] == [path], "neither a side file nor a temporary one is left"


def test_equal_surfaces_give_equal_bytes(tmp_path: Path) -> None:
    surface = density(_points(50), cell_m=100, bandwidth_m=4000, bounds=BOUNDS)
    for name in ("one.tif", "other.tif"):
        write_cog(surface, tmp_path / name)
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "other.tif").read_bytes()


def test_a_folder_that_is_not_there_is_told_plainly(tmp_path: Path) -> None:
    surface = density(_points(5), cell_m=1000, bandwidth_m=4000, bounds=BOUNDS)
    with pytest.raises(InducultError, match="cannot be written"):
        write_cog(surface, tmp_path / "absent" / "density.tif")


def test_gdal_calls_it_a_whole_file(tmp_path: Path) -> None:
    """The system's own GDAL, another version than the one that wrote it, reads every block."""
    path = tmp_path / "density.tif"
    write_cog(density(_points(50), cell_m=200, bandwidth_m=4000, bounds=BOUNDS), path)
    try:
        told = subprocess.run(["gdalinfo", "-checksum", str(path)], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("needs gdal-bin")
    assert "LAYOUT=COG" in told.stdout
    assert "Checksum=" in told.stdout
    assert not told.stderr
