"""Rasters that are hostile, broken, odd or hold what cannot be: a problem each, never a crash, a request or a lie."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy as copy_raster
from test_sample_rasters import COLUMNS, GRIDS, NODATA, NORTH, ROWS, WEST, _cells, _gdal, _raster, _sites, _write

from inducult_geo.catalog import load_catalog
from inducult_geo.enrich import sample
from inducult_geo.enrich.sample import sample_rasters
from inducult_geo.frames import from_json

HERE = [(WEST + 150, NORTH - 50)]
MOSAIC = """<VRTDataset rasterXSize="170" rasterYSize="130"><SRS>EPSG:3035</SRS>
<GeoTransform>4500000,100,0,3000000,0,-100</GeoTransform><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename relativeToVRT="0">{}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""
SERVICE = """<GDAL_WMS><Service name="TMS"><ServerUrl>{}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service><DataWindow>
<UpperLeftX>4500000</UpperLeftX><UpperLeftY>3000000</UpperLeftY><LowerRightX>4517000</LowerRightX>
<LowerRightY>2987000</LowerRightY><SizeX>170</SizeX><SizeY>130</SizeY></DataWindow><Projection>EPSG:3035</Projection>
<BandsCount>1</BandsCount></GDAL_WMS>"""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that notes what it is asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


def sampled(folder: Path, file: str, column: str = "elevation_m", points: object = HERE, **more: object):
    return sample_rasters(_sites(points), [_raster(file, column, **more)], folder=folder)


@pytest.mark.parametrize("name", ["mosaic.vrt", "mosaic.tif", "service.xml", "service.tif"])
def test_what_refers_to_other_places_is_not_followed(tmp_path: Path, server, name: str) -> None:
    address, asked = server
    text = MOSAIC.format(f"/vsicurl/{address}/a.tif") if name.startswith("mosaic") else SERVICE.format(address)
    (tmp_path / name).write_text(text)
    got = sampled(tmp_path, name)
    assert got.sites["elevation_m"].isna().all()
    assert "is not followed: save it as a single file" in got.problems[0]
    assert asked == []
    with rasterio.open(tmp_path / name) as dataset, pytest.raises(rasterio.errors.RasterioError):
        dataset.read(1)
    assert asked, "opened as GDAL opens it, the same file does ask"


def test_a_mosaic_of_local_files_is_refused_too(tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}.tif"
    _write(secret, _cells())
    (tmp_path / "mosaic.vrt").write_text(MOSAIC.format(secret))
    got = sampled(tmp_path, "mosaic.vrt")
    assert got.sites["elevation_m"].isna().all()
    assert "not followed" in got.problems[0]


def test_a_mask_beside_a_raster_sends_nobody_to_the_network(tmp_path: Path, server) -> None:
    address, asked = server
    _write(tmp_path / "dem.tif", np.full((ROWS, COLUMNS), 5, dtype="uint8"))
    for side in ("dem.tif.msk", "dem.tif.ovr"):
        (tmp_path / side).write_text(MOSAIC.format(f"/vsicurl/{address}/a.tif"))
    got = sampled(tmp_path, "dem.tif")
    assert asked == []
    assert got.sites["elevation_m"].isna().all() or got.sites["elevation_m"].tolist() == [5]


@pytest.mark.parametrize("file", ["/vsicurl/http://127.0.0.1:9/a.tif", "https://127.0.0.1:9/a.tif", "WMS:http://a"])
def test_an_address_is_no_file(tmp_path: Path, file: str) -> None:
    (problem,) = sampled(tmp_path, file).problems
    assert "no file" in problem


@pytest.mark.parametrize(
    ("column", "value"),
    [("elevation_m", -32768), ("elevation_m", 32767), ("population_per_km2", -200), ("population_per_km2", -1)],
)
def test_a_nodata_number_that_the_file_does_not_declare_is_no_value(tmp_path: Path, column: str, value: int) -> None:
    cells = np.full((ROWS, COLUMNS), 12, dtype="int16")
    cells[:, 1] = value
    _write(tmp_path / "r.tif", cells)
    points = [*HERE, *HERE, (WEST + 50, NORTH - 50)]
    got = sampled(tmp_path, "r.tif", column, points)
    assert got.sites[column].fillna(-1).tolist() == [-1, -1, 12]
    (problem,) = got.problems
    assert problem.startswith(f"raster dem: 2 sites have the value {value}, which is not possible for {column}")
    assert f"gdal_edit.py -a_nodata {value} r.tif" in problem
    assert from_json(got.sites["lineage"][0]) == {}


@pytest.mark.parametrize(
    ("column", "value"), [("population_per_km2", 0), ("elevation_m", -500), ("elevation_m", 0), ("elevation_m", 9000)]
)
def test_the_ends_of_what_is_possible_are_values(tmp_path: Path, column: str, value: int) -> None:
    """Nobody lives at many a works: that is a number, too."""
    _write(tmp_path / "r.tif", np.full((ROWS, COLUMNS), value, dtype="int16"))
    got = sampled(tmp_path, "r.tif", column)
    assert got.sites[column].tolist() == [value]
    assert got.problems == ()


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_infinity_is_no_height(tmp_path: Path, value: float) -> None:
    _write(tmp_path / "r.tif", np.full((ROWS, COLUMNS), value, dtype="float32"))
    got = sampled(tmp_path, "r.tif")
    assert got.sites["elevation_m"].isna().all()
    assert len(got.problems) == (0 if np.isnan(value) else 1)


def test_a_wrong_raster_is_named_in_a_few_words(tmp_path: Path) -> None:
    _write(tmp_path / "r.tif", np.arange(ROWS * COLUMNS, dtype="int32").reshape(ROWS, COLUMNS) + 100_000)
    xy = np.random.default_rng(2).uniform((WEST, NORTH - 13_000), (WEST + 17_000, NORTH), (300, 2))
    got = sampled(tmp_path, "r.tif", points=xy)
    assert got.sites["elevation_m"].isna().all()
    assert len(got.problems) == sample.MAX_DOUBTS + 1
    assert "more impossible values" in got.problems[-1]


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"]
)
def test_every_kind_of_number_is_read_as_gdal_reads_it(tmp_path: Path, dtype: str) -> None:
    rng = np.random.default_rng(6)
    cells = rng.integers(0, 100, (ROWS, COLUMNS)).astype(dtype)
    path = _write(tmp_path / "r.tif", cells, nodata=99)
    xy = rng.uniform((WEST, NORTH - 13_000), (WEST + 17_000, NORTH), (300, 2))
    expected = _gdal(path, xy)
    got = sampled(tmp_path, "r.tif", points=xy)
    np.testing.assert_array_equal(got.sites["elevation_m"], np.where(expected == 99, np.nan, expected))


def test_complex_numbers_are_no_height(tmp_path: Path) -> None:
    _write(tmp_path / "r.tif", np.full((ROWS, COLUMNS), 1 + 2j, dtype="complex64"))
    (problem,) = sampled(tmp_path, "r.tif").problems
    assert "complex" in problem


def test_cells_that_all_lie_on_one_line_are_no_place(tmp_path: Path) -> None:
    path = _write(tmp_path / "r.tif", np.zeros((ROWS, COLUMNS), dtype="uint8"))
    with rasterio.open(path, "r+") as raster:
        raster.transform = Affine(100, 100, WEST, 100, 100, NORTH)
    assert "r.tif cannot be read" in sampled(tmp_path, "r.tif").unusable["dem"]


@pytest.mark.parametrize("band", [1, 2, 3])
def test_the_declared_band_is_read_with_its_own_scale(tmp_path: Path, band: int) -> None:
    profile = {"driver": "GTiff", "width": COLUMNS, "height": ROWS, "count": 3, "dtype": "int16", "crs": "EPSG:3035"}
    with rasterio.open(tmp_path / "r.tif", "w", **profile, transform=GRIDS["laea"][1]) as target:
        for number in (1, 2, 3):
            target.write(np.full((ROWS, COLUMNS), 10 * number, dtype="int16"), number)
        target.scales, target.offsets = (1, 2, 0.1), (0, 5, 100)
    expected = {1: 10.0, 2: 45.0, 3: 103.0}[band]
    assert sampled(tmp_path, "r.tif", band=band).sites["elevation_m"].tolist() == [expected]


def test_a_colored_classification_gives_its_codes(tmp_path: Path) -> None:
    path = _write(tmp_path / "clc.tif", np.full((ROWS, COLUMNS), 3, dtype="uint8"))
    with rasterio.open(path, "r+") as target:
        target.write_colormap(1, {3: (230, 0, 77, 255)})
    got = sampled(tmp_path, "clc.tif", "land_cover", values={"3": "Industrial"})
    assert (got.sites["land_cover"].tolist(), got.problems) == (["Industrial"], ())


def test_value_and_date_stand_with_each_site(tmp_path: Path) -> None:
    _write(tmp_path / "r.tif", np.full((ROWS, COLUMNS), 420, dtype="int16"))
    got = sampled(tmp_path, "r.tif", "population_per_km2", valid_at="2021-01-01")
    assert got.sites["population_per_km2"].tolist() == [420]
    assert from_json(got.sites["lineage"][0]) == {"population_per_km2": "raster:dem@2021-01-01"}


def test_blocks_too_large_to_decode_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MAX_BLOCK_CELLS", 1000)
    _write(tmp_path / "r.tif", _cells(), compress="deflate", blockysize=ROWS)
    (problem,) = sampled(tmp_path, "r.tif").problems
    assert f"blocks of {COLUMNS} x {ROWS} cells" in problem
    assert "gdal_translate -of COG" in problem


def test_damaged_bytes_are_a_problem_or_a_value_never_a_crash(tmp_path: Path) -> None:
    layout = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}
    whole = _write(tmp_path / "whole.tif", _cells(), nodata=NODATA, **layout).read_bytes()
    rng = np.random.default_rng(0)
    xy = rng.uniform((WEST, NORTH - 13_000), (WEST + 17_000, NORTH), (50, 2))
    refused = 0
    for attempt in range(40):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 30)):
            damaged[rng.integers(0, len(damaged) if attempt % 2 else 1200)] = rng.integers(0, 256)
        (tmp_path / "r.tif").write_bytes(damaged)
        got = sampled(tmp_path, "r.tif", points=xy)
        assert len(got.sites) == 50
        refused += bool(got.problems)
    assert refused > 20


@pytest.mark.parametrize("format_", ["AAIGrid", "ENVI", "EHdr", "HFA", "GPKG"])
def test_other_formats_that_hold_their_own_cells_are_read(tmp_path: Path, format_: str) -> None:
    ends = {"AAIGrid": "asc", "ENVI": "dat", "EHdr": "bil", "HFA": "img", "GPKG": "gpkg"}
    name = f"r.{ends[format_]}"
    _write(tmp_path / "whole.tif", np.full((ROWS, COLUMNS), 7, dtype="uint8" if format_ == "GPKG" else "int16"))
    copy_raster(tmp_path / "whole.tif", tmp_path / name, driver=format_)
    (tmp_path / "whole.tif").unlink()
    got = sampled(tmp_path, name)
    assert (got.sites["elevation_m"].tolist(), got.problems) == ([7], ())


def test_declarations_beside_the_rasters_are_part_of_a_run(tmp_path: Path) -> None:
    declared = tmp_path / "rasters"
    declared.mkdir()
    (declared / "people.toml").write_text(
        'id = "people"\ntitle = "Population"\nfile = "people.tif"\ncolumn = "population_per_km2"\n'
        'valid_at = 2021-01-01\nlicence = "CC-BY-4.0"\nattribution = "Eurostat"\n'
    )
    catalog = load_catalog(rasters=[declared])
    assert catalog.rasters["people"].column == "population_per_km2"
    (declared / "wrong.toml").write_text('id = "wrong"\nheight = 3\n')
    told = load_catalog(rasters=[declared])
    assert [*told.rasters] == ["people"]
    assert "unknown key 'height'" in told.unread["wrong.toml"]
