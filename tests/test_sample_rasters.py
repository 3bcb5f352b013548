"""Rasters at sites, judged by the system's own gdallocationinfo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import Affine

from inducult_geo.catalog import RasterSource
from inducult_geo.enrich.sample import sample_rasters
from inducult_geo.frames import Sites, as_sites, from_json

NODATA = -9999
WEST, NORTH = 4_500_000.0, 3_000_000.0
ROWS, COLUMNS = 130, 170
GRIDS = {  # name: CRS, geotransform; the places are the same, about
    "laea": ("EPSG:3035", Affine(100, 0, WEST, 0, -100, NORTH)),
    "laea odd": ("EPSG:3035", Affine(33.3, 0, WEST + 0.3, 0, -77.7, NORTH + 0.7)),
    "laea fine": ("EPSG:3035", Affine(0.1, 0, WEST + 0.3, 0, -0.3, NORTH + 0.7)),
    "laea turned": ("EPSG:3035", Affine(90, 20, WEST, 20, -90, NORTH)),
    "laea south up": ("EPSG:3035", Affine(100, 0, WEST, 0, 100, NORTH - 13_000)),
    "degrees": ("EPSG:4326", Affine(1 / 600, 0, 12.4, 0, -1 / 600, 50.2)),
    "krovak": ("EPSG:5514", Affine(100, 0, -880_000, 0, -100, -1_000_000)),
}


def _write(
    path: Path, cells: np.ndarray, crs: str | None = "EPSG:3035", transform: Affine | None = None, **more
) -> Path:
    profile = {"driver": "GTiff", "width": cells.shape[1], "height": cells.shape[0], "count": 1, "dtype": cells.dtype}
    transform = transform or GRIDS["laea"][1]
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, **more) as target:
        target.write(cells, 1)
    return path


def _cells(seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 2000, (ROWS, COLUMNS)).astype("int16")
    cells[rng.random(cells.shape) < 0.1] = NODATA
    return cells


def _sites(points: np.ndarray | list, **columns: object) -> Sites:
    shapes = [shapely.Point(p) if not isinstance(p, shapely.Geometry) and p is not None else p for p in points]
    ids = {"site_id": [f"IC-{n}-A" for n in range(len(shapes))]}
    return as_sites(gpd.GeoDataFrame({**ids, **columns}, geometry=shapes, crs="EPSG:3035"))


def _raster(file: str, column: str = "elevation_m", **more: object) -> RasterSource:
    named = {"id": "dem", "title": "DEM", "licence": "CC0-1.0", "attribution": "none", "column": column}
    return RasterSource.model_validate({**named, "file": file, **more})


def _gdal(path: Path, xy: np.ndarray) -> np.ndarray:
    """What gdallocationinfo says at points in the raster's own CRS; NaN outside and where it says nodata."""
    lines = "".join(f"{float(x)!r} {float(y)!r}\n" for x, y in xy)
    call = ["gdallocationinfo", "-valonly", "-geoloc", str(path)]
    try:
        told = subprocess.run(call, input=lines, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        pytest.skip("needs gdal-bin")
    values = np.array([float(line or "nan") for line in told.split("\n")[: len(xy)]])
    return np.where(values == NODATA, np.nan, values)


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 32, "blockysize": 16}, {"compress": "deflate"}])
@pytest.mark.parametrize("grid", ["laea", "laea odd", "laea fine", "laea turned", "laea south up"])
def test_it_agrees_with_gdal_at_random_points_on_edges_and_on_nodata(tmp_path: Path, grid: str, layout: dict) -> None:
    crs, transform = GRIDS[grid]
    path = _write(tmp_path / "dem.tif", _cells(), crs, transform, nodata=NODATA, **layout)
    rng = np.random.default_rng(11)
    inside = rng.uniform((-3, -3), (COLUMNS + 3, ROWS + 3), (1500, 2))
    edges = np.column_stack([rng.integers(0, COLUMNS + 1, 500), rng.integers(0, ROWS + 1, 500)])
    x, y = (np.concatenate([inside, edges]) @ np.array([[transform.a, transform.d], [transform.b, transform.e]])).T
    xy = np.column_stack([x + transform.c, y + transform.f])
    expected = _gdal(path, xy)
    got = sample_rasters(_sites(xy), [_raster("dem.tif")], folder=tmp_path)
    assert got.problems == ()
    np.testing.assert_array_equal(got.sites["elevation_m"].to_numpy(), expected)
    assert 50 < np.isnan(expected).sum() < 1000, "the test must hold nodata and outside points, but not only these"


@pytest.mark.parametrize("grid", ["degrees", "krovak"])
def test_it_agrees_with_gdal_in_other_systems(tmp_path: Path, grid: str) -> None:
    crs, transform = GRIDS[grid]
    path = _write(tmp_path / "dem.tif", _cells(), crs, transform, nodata=NODATA)
    cells = np.random.default_rng(4).uniform((-5, -5), (COLUMNS + 5, ROWS + 5), (1000, 2))
    own = np.column_stack([transform.c + transform.a * cells[:, 0], transform.f + transform.e * cells[:, 1]])
    forth = Transformer.from_crs(crs, "EPSG:3035", always_xy=True)
    points = np.column_stack(forth.transform(own[:, 0], own[:, 1]))
    back = Transformer.from_crs("EPSG:3035", crs, always_xy=True)
    expected = _gdal(path, np.column_stack(back.transform(points[:, 0], points[:, 1])))
    got = sample_rasters(_sites(points), [_raster("dem.tif")], folder=tmp_path)
    np.testing.assert_array_equal(got.sites["elevation_m"].to_numpy(), expected)
    assert np.isfinite(expected).sum() > 500


def test_many_points_are_read_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No window is larger than a block, and each block is read once."""
    from inducult_geo.enrich import sample

    cells = np.arange(512 * 512, dtype="int32").reshape(512, 512) % 9000
    _write(tmp_path / "dem.tif", cells, tiled=True, blockxsize=64, blockysize=64)
    seen = []
    real = sample._windows
    monkeypatch.setattr(sample, "_windows", lambda *a: (seen.append(pair) or pair for pair in real(*a)))
    xy = np.random.default_rng(8).uniform((WEST, NORTH - 51_200), (WEST + 51_200, NORTH), (5000, 2))
    got = sample_rasters(_sites(xy), [_raster("dem.tif")], folder=tmp_path).sites["elevation_m"]
    assert got.notna().all()
    assert len(seen) == 64
    assert all(window.width <= 64 and window.height <= 64 for _, window in seen)


def test_an_area_is_sampled_inside_itself(tmp_path: Path) -> None:
    """The centroid of a U-shaped works lies outside it; the representative point does not."""
    cells = np.zeros((ROWS, COLUMNS), dtype="int16")
    cells[2:8, 2:4] = cells[2:8, 8:10] = cells[6:8, 2:10] = 7
    _write(tmp_path / "dem.tif", cells)
    ring = [(200, 200), (400, 200), (400, 600), (800, 600), (800, 200), (1000, 200), (1000, 800), (200, 800)]
    works = shapely.Polygon([(WEST + x, NORTH - y) for x, y in ring])
    got = sample_rasters(_sites([works]), [_raster("dem.tif")], folder=tmp_path).sites
    assert got["elevation_m"].tolist() == [7]
    assert got.geometry.iloc[0].equals(works)


def test_nothing_is_made_up_where_there_is_no_value(tmp_path: Path) -> None:
    cells = np.full((ROWS, COLUMNS), 5.5, dtype="float32")
    cells[0, 0] = np.nan
    _write(tmp_path / "dem.tif", cells)
    points = [(WEST + 50, NORTH - 50), (WEST + 150, NORTH - 50), (WEST - 1, NORTH), None, shapely.Point()]
    sites = _sites(points)
    got = sample_rasters(sites, [_raster("dem.tif")], folder=tmp_path)
    assert got.sites["elevation_m"].isna().tolist() == [True, False, True, True, True]
    assert got.sites["elevation_m"].dtype == "float64"
    assert [from_json(text) for text in got.sites["lineage"]] == [{}, {"elevation_m": "raster:dem"}, {}, {}, {}]
    assert sites["elevation_m"].isna().all(), "the frame that came in is as it was"


def test_a_mask_beside_the_values_counts_as_nodata(tmp_path: Path) -> None:
    path = _write(tmp_path / "dem.tif", np.full((ROWS, COLUMNS), 5, dtype="uint8"))
    with rasterio.open(path, "r+") as target:
        target.write_mask(np.tile([True] * 2 + [False] * (COLUMNS - 2), (ROWS, 1)))
    points = [(WEST + 150, NORTH - 50), (WEST + 250, NORTH - 50)]
    got = sample_rasters(_sites(points), [_raster("dem.tif")], folder=tmp_path).sites["elevation_m"]
    assert got.isna().tolist() == [False, True]


def test_scale_and_offset_are_those_of_a_quantity_not_of_a_code(tmp_path: Path) -> None:
    path = _write(tmp_path / "r.tif", np.full((ROWS, COLUMNS), 112, dtype="int16"))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (0.5,), (100.0,)
    rasters = [_raster("r.tif"), _raster("r.tif", "land_cover", id="clc", values={"112": "Urban"})]
    got = sample_rasters(_sites([(WEST + 1, NORTH - 1)]), rasters, folder=tmp_path).sites
    assert (got["elevation_m"][0], got["land_cover"][0]) == (156.0, "Urban")


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_codes_become_labels_and_a_code_without_one_is_named(tmp_path: Path, dtype: str) -> None:
    cells = np.full((ROWS, COLUMNS), 121, dtype=dtype)
    cells[:, 1:3], cells[:, 3] = 99, 255
    _write(tmp_path / "clc.tif", cells, nodata=255)
    points = [(WEST + 100 * n + 50, NORTH - 50) for n in range(5)]
    raster = _raster("clc.tif", "land_cover", id="clc", values={"121": "Industrial or commercial units"})
    got = sample_rasters(_sites(points), [raster], folder=tmp_path)
    label = "Industrial or commercial units"
    assert got.sites["land_cover"].fillna("-").tolist() == [label, "-", "-", "-", label]
    assert got.problems == ("raster clc: code 99 at 2 sites has no label: add it to [values]",)


def test_without_labels_the_codes_stand_as_text(tmp_path: Path) -> None:
    _write(tmp_path / "clc.tif", np.full((ROWS, COLUMNS), 121, dtype="float32"))
    got = sample_rasters(_sites([(WEST + 1, NORTH - 1)]), [_raster("clc.tif", "land_cover")], folder=tmp_path)
    assert got.sites["land_cover"].tolist() == ["121"]


def test_the_first_raster_with_a_value_wins_and_what_stands_is_kept(tmp_path: Path) -> None:
    coarse, fine = np.full((ROWS, COLUMNS), 1, dtype="int16"), np.full((ROWS, COLUMNS), 2, dtype="int16")
    fine[:, 0] = NODATA
    _write(tmp_path / "coarse.tif", coarse)
    _write(tmp_path / "fine.tif", fine, nodata=NODATA)
    points = [(WEST + 50, NORTH - 50), (WEST + 150, NORTH - 50), (WEST + 150, NORTH - 50)]
    rasters = [_raster("fine.tif", id="fine"), _raster("coarse.tif", id="coarse")]
    sites = _sites(points, elevation_m=[np.nan, np.nan, 300.0])
    got = sample_rasters(sites, rasters, folder=tmp_path).sites
    assert got["elevation_m"].tolist() == [1, 2, 300]
    assert [from_json(text).get("elevation_m") for text in got["lineage"]] == ["raster:coarse", "raster:fine", None]


def test_a_raster_beside_its_declaration_is_found_and_one_outside_is_not(tmp_path: Path) -> None:
    for name in ("catalog", "rasters", "elsewhere"):
        (tmp_path / name).mkdir()
    _write(tmp_path / "catalog" / "dem.tif", _cells())
    outside = _write(tmp_path / "elsewhere" / "dem.tif", _cells())
    sites, folder = _sites([(WEST + 1, NORTH - 1)]), tmp_path / "rasters"
    declared = tmp_path / "catalog" / "dem.toml"
    assert not sample_rasters(sites, [_raster("dem.tif", declared_in=declared)], folder=folder).problems
    for name in (str(outside), "../elsewhere/dem.tif", f"/vsizip/{outside}", "https://example.org/dem.tif"):
        (problem,) = sample_rasters(sites, [_raster(name, declared_in=declared)], folder=folder).problems
        assert "no file" in problem


def _broken(folder: Path, kind: str) -> str:
    path = _write(
        folder / "dem.tif",
        _cells(),
        None if kind == "no crs" else "EPSG:3035",
        tiled=True,
        blockxsize=16,
        blockysize=16,
    )
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:3000])
    if kind == "text":
        path.write_text("not a raster")
    if kind == "folder":
        path.unlink()
        path.mkdir()
    return path.name


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("missing", {"file": "absent.tif"}, "put it there"),
        ("no crs", {}, "states no coordinate system"),
        ("band", {"band": 2}, "correct `band`"),
        ("truncated", {}, "cannot be read"),
        ("text", {}, "cannot be read"),
        ("folder", {}, "no file"),
    ],
)
def test_a_raster_that_cannot_be_used_is_a_problem_and_the_others_go_on(
    tmp_path: Path, kind: str, more: dict, says: str
) -> None:
    raster = _raster(**{"file": _broken(tmp_path, kind), "id": "bad", **more})
    _write(tmp_path / "good.tif", np.full((ROWS, COLUMNS), 3, dtype="int16"))
    place = (WEST + 9000, NORTH - 9000)
    got = sample_rasters(_sites([place]), [raster, _raster("good.tif", id="good")], folder=tmp_path)
    assert says in got.problems[0]
    assert got.problems[0].startswith("raster bad: ")
    assert got.sites["elevation_m"].fillna(-1).tolist() == [3]


def test_a_raster_elsewhere_is_a_problem_only_where_none_lies_here(tmp_path: Path) -> None:
    """A run samples region by region, with the rasters of all countries."""
    _write(tmp_path / "here.tif", _cells())
    _write(tmp_path / "far.tif", _cells(), transform=Affine(100, 0, 0, 0, -100, 0))
    here, far = _raster("here.tif", id="here"), _raster("far.tif", id="far")
    sites = _sites([(WEST + 1, NORTH - 1)])
    assert sample_rasters(sites, [far, here], folder=tmp_path).problems == ()
    (problem,) = sample_rasters(sites, [far], folder=tmp_path).problems
    assert problem == "raster far: covers none of 1 sites, elevation_m stays as it was"


def test_no_sites_and_no_rasters_are_no_trouble(tmp_path: Path) -> None:
    _write(tmp_path / "dem.tif", _cells())
    empty = _sites([])
    got = sample_rasters(empty, [_raster("dem.tif")], folder=tmp_path)
    assert got.problems == ()
    pd.testing.assert_frame_equal(pd.DataFrame(got.sites), pd.DataFrame(empty))
    some = _sites([(WEST, NORTH)])
    pd.testing.assert_frame_equal(pd.DataFrame(sample_rasters(some, [], folder=tmp_path).sites), pd.DataFrame(some))
