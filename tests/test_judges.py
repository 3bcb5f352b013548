"""What others say of a release's GeoPackage: GDAL's validator, PDOK's, SQLite, an analyst's check in a real QGIS."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from conftest import released

from inducult_geo.match.decided.decisions import Decision, append_decision
from inducult_geo.opening.release import open_release
from inducult_geo.pipeline import run_all
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.run import open_run

SYSTEM = "/usr/bin/python3"
ROOT = Path(__file__).parents[1]
PDOK = ROOT / ".venv-judges" / "bin" / "python"
ANALYST = ROOT.parent / "shared" / "tools" / "qgis_check.py"
ASK_PDOK = """
import json, sys
from geopackage_validator.validate import validate
found, asked, fine = validate(sys.argv[1])
print(json.dumps({"found": found, "asked": asked, "fine": fine}))
"""


def _can(python: str, module: str) -> bool:
    if not shutil.which(python):
        return False
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """The GeoPackage of the sample, with changes, a former id and a former key.

    Between two runs a row goes, another one gets a new number, and two sites merge.
    """
    regions = ("zwickau", "gorenjska")
    data = released(tmp_path_factory, "judged", regions, sample_data)
    table = data / "raw" / "sample" / "partners" / "zwickau_industriekultur.csv"
    lines = table.read_bytes().split(b"\n")
    assert lines[4].startswith(b"IK-04;")
    table.write_bytes(b"\n".join([*lines[:3], lines[4].replace(b"IK-04", b"IK-94"), *lines[5:]]))
    sites = open_release(data).sites
    alone = sites[(sites["region"] == "gorenjska") & (sites["n_records"] == 1) & (sites["n_review"] == 0)]
    left, right = sorted(open_release(data).site(site).records["record_key"].iloc[0] for site in alone["site_id"][:2])
    log = data / "raw" / "decisions" / "decisions.jsonl"
    append_decision(log, Decision("me", "2026-01-01T00:00:00+00:00", left, right, "same"))
    run_all(regions, open_run(data))
    return (data / "processed" / "current" / "inducult.gpkg").resolve()


def test_every_layer_and_raster_is_in_what_is_judged(package: Path) -> None:
    with closing(sqlite3.connect(f"file:{package}?mode=ro", uri=True)) as con:
        listed = {name for (name,) in con.execute("SELECT table_name FROM gpkg_contents")}
    densities = {"density_monuments", "density_production"}
    assert listed == {layer.name for layer in LAYERS} | densities | {"layer_styles"}


def test_sqlite_finds_it_whole(package: Path) -> None:
    with closing(sqlite3.connect(f"file:{package}?mode=ro", uri=True)) as con:
        assert con.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert con.execute("PRAGMA foreign_key_check").fetchall() == []


def test_gdals_validator_finds_nothing(package: Path) -> None:
    if not _can(SYSTEM, "osgeo_utils.samples.validate_gpkg"):
        pytest.skip("needs Debian's python3-gdal")
    asked = [SYSTEM, "-m", "osgeo_utils.samples.validate_gpkg", "--extra", "--warning-as-error", str(package)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=120)
    assert (told.returncode, told.stdout.strip()) == (0, ""), told.stdout + told.stderr


def test_pdoks_validator_finds_nothing(package: Path) -> None:
    if not _can(str(PDOK), "geopackage_validator.validate"):
        pytest.skip("needs PDOK's validator: .ci/run installs it")
    told = subprocess.run([PDOK, "-c", ASK_PDOK, package], capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout.splitlines()[-1])
    assert answer["found"] == []
    assert answer["fine"]
    assert len(answer["asked"]) >= 20, "it did look"


@pytest.mark.qgis
def test_an_analyst_meets_no_problem_and_no_warning(package: Path) -> None:
    if not ANALYST.is_file():
        pytest.skip("needs ../shared/tools/qgis_check.py")
    if not _can(SYSTEM, "qgis.core"):
        pytest.skip("needs QGIS for the system's Python")
    needs = ["--need-style", "--need-project", "--need-alias", "--crs", "EPSG:3035"]
    told = subprocess.run([SYSTEM, ANALYST, package, *needs], capture_output=True, text=True, check=False, timeout=240)
    answer = json.loads(told.stdout)
    assert (answer["problems"], answer["warnings"], told.returncode) == ([], [], 0)
    assert not answer["bytes_changed_by_opening"]
