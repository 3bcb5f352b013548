"""Density surfaces as files: the integral, the COG, its style, its bytes, and what QGIS makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from bundles import contracts, small_bundle
from qgis_python import PYTHON, has_qgis

from inducult_geo.enrich.density import BANDWIDTH_M, FINE_BANDWIDTH_M, density, density_surfaces
from inducult_geo.errors import ReleaseError
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.qgis.surfaces import NAMES, cog_bytes, style_bytes, write_density
from inducult_geo.releasing.withholding import for_release

BOUNDS = (4_300_000.0, 2_900_000.0, 4_340_000.0, 2_930_000.0)
ASPECTS = {
    name + size: aspects
    for name, aspects in {"monuments": ["monument", "both"], "production": ["factory", "both"]}.items()
    for size in ("", "_250m")
}
LOOK = """
import json, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsRasterLayer
app = QgsApplication([], False)
app.initQgis()
seen = []
for path in sys.argv[1:]:
    layer = QgsRasterLayer(path, "density")
    renderer = layer.renderer()
    seen.append({
        "valid": layer.isValid(), "crs": layer.crs().authid(), "renderer": renderer.type(),
        "labels": [label for label, _ in renderer.legendSymbologyItems()],
        "opacity": renderer.opacity(), "nodata": layer.dataProvider().sourceHasNoDataValue(1),
    })
print(json.dumps(seen), flush=True)
os._exit(0)
"""


def with_surfaces(bundle: Bundle) -> Bundle:
    return replace(bundle, surfaces=density_surfaces(bundle.sites, bundle.regions))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return with_surfaces(for_release(small_bundle(), contracts()))


@pytest.fixture(scope="module")
def folder(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("surfaces")
    write_density(bundle, target)
    assert {file.name for file in target.iterdir()} == {f"{s}.{end}" for s in NAMES.values() for end in ("tif", "qml")}
    return target


def surface_of(n: int, cell_m: int):
    west, south, east, north = BOUNDS
    points = np.random.default_rng(5).uniform((west, south), (east, north), (n, 2))
    return density(points, cell_m=cell_m, bandwidth_m=4000, bounds=BOUNDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_integrates_to_the_number_of_its_sites(bundle: Bundle, folder: Path, name: str) -> None:
    closed = bundle.sites["status"].isin(["projected", "underConstruction", "disused", "decommissioned"])
    counted = bundle.sites["aspect"].isin(ASPECTS[name]) & (~closed if name.startswith("production") else True)
    expected = int(counted.sum())
    with rasterio.open(folder / f"{NAMES[name]}.tif") as written:
        values = written.read(1, masked=True).astype(float)
        km2 = abs(written.transform.a * written.transform.e) / 1e6
        assert values.sum() * km2 == pytest.approx(expected, rel=1e-3)
        assert written.tags()["n_sites"] == str(expected)
        assert 0 < values.mask.mean() < 1
        assert values.min() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_what_it_is(bundle: Bundle, folder: Path, name: str) -> None:
    surface = bundle.surfaces[name]
    with rasterio.open(folder / f"{NAMES[name]}.tif") as written:
        assert (written.crs.to_epsg(), written.transform) == (3035, surface.transform)
        assert written.transform.c % surface.cell_m == written.transform.f % surface.cell_m == 0
        assert surface.cell_m == (250 if name.endswith("_250m") else 1000)
        assert np.array_equal(written.read(1), surface.values, equal_nan=True)
        assert written.tags()["kernel"] == "quartic"
        assert written.tags()["bandwidth_m"] == f"{FINE_BANDWIDTH_M if '250m' in name else BANDWIDTH_M:g}"
        assert written.descriptions == (f"{name} per km2",)
        assert np.isnan(written.nodata)


@pytest.mark.parametrize(("cell_m", "levels"), [(1000, 0), (100, 1), (50, 2)])
def test_the_file_is_a_cog_with_overviews_and_statistics(tmp_path: Path, cell_m: int, levels: int) -> None:
    surface = surface_of(50, cell_m)
    path = tmp_path / "density.tif"
    path.write_bytes(cog_bytes(surface, title="sites"))
    with rasterio.open(path) as written:
        assert written.overviews(1) == [2 ** (n + 1) for n in range(levels)]
        assert written.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert float(written.tags(1)["STATISTICS_MAXIMUM"]) == pytest.approx(surface.values.max())


def test_equal_bundles_give_equal_bytes_whatever_their_order(bundle: Bundle, folder: Path, tmp_path: Path) -> None:
    shuffled = replace(bundle, sites=bundle.sites.sample(frac=1, random_state=3))
    write_density(with_surfaces(shuffled), tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_bundle_without_surfaces_writes_nothing(bundle: Bundle, tmp_path: Path) -> None:
    write_density(replace(bundle, surfaces={}), tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_not_there_is_told_plainly(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="cannot be written"):
        write_density(bundle, tmp_path / "absent")


@pytest.mark.parametrize("n", [0, 50])
@pytest.mark.parametrize("name", NAMES)
def test_the_style_goes_from_nothing_to_the_highest_value(n: int, name: str) -> None:
    surface = surface_of(n, 1000)
    items = ET.fromstring(style_bytes(surface, name)).findall(".//colorrampshader/item")
    values = [float(item.get("value", "")) for item in items]
    assert values == sorted(set(values))
    assert values[-1] == pytest.approx(float(surface.values.max()) or 1.0, rel=1e-5)
    assert [item.get("alpha") for item in items] == ["0", "255", "255", "255", "255"]
    for item, value in zip(items, values, strict=True):
        assert item.get("label") == f"{value:.2g} per km²", "the legend tells the value of its color"


VALIDATE = """
import sys
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate
print(*validate(sys.argv[1], full_check=True)[:2])
"""


@pytest.mark.parametrize("stem", NAMES.values())
def test_gdal_validates_it_as_cloud_optimized(folder: Path, stem: str) -> None:
    if not shutil.which(PYTHON) or subprocess.run([PYTHON, "-c", "import osgeo_utils"], capture_output=True).returncode:
        pytest.skip("needs python3-gdal")
    call = [PYTHON, "-c", VALIDATE, str(folder / f"{stem}.tif")]
    told = subprocess.run(call, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[] []", "warnings and errors"


def test_land_without_sites_takes_no_room(tmp_path: Path) -> None:
    """Two small regions a thousand kilometers apart: what lies between is not stored."""
    near = surface_of(50, 100)
    far = np.full((near.values.shape[0] + 3000, near.values.shape[1] + 3000), np.nan, dtype="float32")
    far[: near.values.shape[0], : near.values.shape[1]] = near.values
    wide = replace(near, values=far)
    values = cog_bytes(replace(near, values=np.nan_to_num(far)), title="sites")
    assert len(cog_bytes(wide, title="sites")) < 1.2 * len(cog_bytes(near, title="sites")) < len(values)


def test_gdal_calls_it_a_whole_file(folder: Path) -> None:
    """The system's own GDAL, another version than the one that wrote it, reads every block."""
    if not shutil.which("gdalinfo"):
        pytest.skip("needs gdal-bin")
    path = folder / "density_monuments.tif"
    told = subprocess.run(["gdalinfo", "-checksum", str(path)], capture_output=True, text=True, check=True)
    assert "LAYOUT=COG" in told.stdout
    assert "Checksum=" in told.stdout
    assert "NoData Value=nan" in told.stdout
    assert not told.stderr


@pytest.mark.qgis
def test_qgis_opens_each_in_color(folder: Path) -> None:
    if not has_qgis():
        pytest.skip("needs QGIS for the system's Python")
    call = [PYTHON, "-c", LOOK, *(str(folder / f"{stem}.tif") for stem in NAMES.values())]
    told = subprocess.run(call, capture_output=True, text=True, check=True, timeout=60)
    rasters = json.loads(told.stdout.splitlines()[-1])
    assert len(rasters) == len(NAMES) == 4
    for seen in rasters:
        assert (seen["valid"], seen["crs"], seen["renderer"]) == (True, "EPSG:3035", "singlebandpseudocolor")
        assert seen["opacity"] == 0.75
        assert seen["nodata"]
        assert any("per km²" in label for label in seen["labels"])
