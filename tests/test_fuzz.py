"""Damaged and hostile files: nothing but a refusal with a reason, no hang, and no row lost without a word."""

from __future__ import annotations

import csv
import io
import random
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inducult_geo.catalog import Read
from inducult_geo.checking.check import check
from inducult_geo.drafting.contract import draft
from inducult_geo.errors import InducultError
from inducult_geo.run import Run, open_run
from inducult_geo.sources.formats.readers import read_table

pytestmark = pytest.mark.slow

QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE sites; --", '=cmd|"/c calc"!A1',
    "@SUM(1+1)", "+1+1", "-1-1", "\u202ertl", "\x00nul", "\x1asub", "Za\ufffd", "{{7*7}}", "%s%n", "../../etc/passwd",
    "\ud7ff", "😀", "a" * 100_000, "\x1b[31m", "https://a.pl/<b>", "javascript:alert(1)", "NaN", "inf", "1e400", "-0",
    '"""', "\\", "[place]", "0x10", "１２", "½",
]  # fmt: skip
FILES = [
    "doc.kml", "eprtr_plants_cr_macroman.csv", "flanders_haspengouw_31370.geojson", "gem_blast_furnaces_utf16.csv",
    "har_wrong_prj.shp", "opsd_at_hydro_latin1.csv", "opsd_be_18.xlsx", "opsd_be_park.xls", "orte.xls",
    "poznan_2177.geojson", "raba_d48.zip", "set.ods", "temp3.gml", "xxx.csv", "opsd_si.csv",
    "poznan_register_points.gpkg",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(tmp_path_factory.mktemp("data"), contracts=False)


def survive(path: Path, run: Run) -> str:
    """Draft and check a file: either a refusal with a reason, or every row accounted for."""
    contract = path.with_name("contract.toml")
    try:
        contract.write_text(draft(path, run), encoding="utf-8")
        report = check(contract, run).as_dict()
    except InducultError as problem:
        assert len(str(problem)) > 20  # noqa: PT017
        return "refused"
    table = read_table(path, Read()) if "header_row" not in contract.read_text(encoding="utf-8") else None
    assert report["rows_in"] == report["accepted"] + report["rejected"]
    assert sum(report["rejected_by_reason"].values()) == report["rejected"]
    if table is not None:
        assert report["rows_in"] == len(table.frame)
    return "read"


@given(st.binary(max_size=3000))
@QUIET
def test_any_bytes_are_text_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("f") / "a.csv"
    path.write_bytes(data)
    try:
        table = read_table(path, Read())
    except InducultError:
        return
    assert len(table.places) == len(table.frame)


CELL = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20) | st.sampled_from(HOSTILE[:-1])


@given(
    st.lists(st.lists(CELL, min_size=4, max_size=4), min_size=1, max_size=12),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
@QUIET
def test_every_record_that_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, encoding: str, newline: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "name", "x", "y"])
    for n, row in enumerate(rows):
        writer.writerow([f"k{n}", *row[1:]])
    path = tmp_path_factory.mktemp("f") / "a.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    try:
        table = read_table(path, Read().model_copy(update={"delimiter": delimiter}))
    except InducultError as problem:
        # Text that is mostly control characters is taken for binary data, and said to be.
        assert "binary" in str(problem)  # noqa: PT017
        return
    assert table.frame["id"].tolist() == [f"k{n}" for n in range(len(rows))]


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
@settings(QUIET, max_examples=40)
def test_hostile_cells_go_through_check(
    tmp_path_factory: pytest.TempPathFactory, run: Run, rows: list[tuple[str, str, str]]
) -> None:
    path = tmp_path_factory.mktemp("f") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=";")
        writer.writerow(["id", "name", "lon", "lat", "city"])
        writer.writerows([str(n), name, x, "50.6", city] for n, (name, x, city) in enumerate(rows))
    survive(path, run)


def mutated(data: bytes, how: str, chance: random.Random) -> bytes:
    """Damage a file in one of the ways that files are damaged."""
    if how == "flipped":
        out = bytearray(data)
        for _ in range(chance.choice([1, 5, 50, 500])):
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
        return bytes(out)
    if how == "head":
        out = bytearray(data)
        for _ in range(8):
            out[chance.randrange(min(len(out), 600))] = chance.randrange(256)
        return bytes(out)
    if how == "cut":
        return data[: chance.randrange(1, len(data))]
    if how == "hole":
        start = chance.randrange(len(data))
        return data[:start] + data[start + chance.randrange(1, 2000) :]
    if how == "zeros":
        start = chance.randrange(len(data))
        return data[:start] + bytes(512) + data[start + 512 :]
    return data.decode("latin-1").encode("utf-8") if how == "encoded" else data + data


@pytest.mark.parametrize("how", ["flipped", "head", "cut", "hole", "zeros", "encoded", "twice"])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_real_file_is_read_or_refused(shared: Path, tmp_path: Path, run: Run, name: str, how: str) -> None:
    folder = shared / "data" / ("monuments" if name.endswith(".gpkg") else "messy")
    for seed in range(3):
        here = tmp_path / str(seed)
        here.mkdir()
        for part in folder.glob(f"{Path(name).stem}.*"):
            shutil.copy(part, here)
        path = here / name
        path.chmod(0o644)
        chance = random.Random(f"{name} {how} {seed}")
        path.write_bytes(mutated(path.read_bytes(), how, chance))
        survive(path, run)


@pytest.mark.parametrize("how", ["flipped", "head", "cut", "hole", "zeros", "encoded", "twice"])
@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.fgb", "FlatGeobuf"),
        ("a.tab", "MapInfo File"),
        ("a.mif", "MapInfo File"),
        ("a.dxf", "DXF"),
        ("a.gpx", "GPX"),
        ("a.gpkg", "GPKG"),
        ("a.parquet", ""),
    ],
)
def test_a_damaged_written_file_is_read_or_refused(tmp_path: Path, run: Run, name: str, driver: str, how: str) -> None:
    names = {} if driver == "DXF" else {"name": [f"Huta {n}" for n in range(30)]}
    points = gpd.points_from_xy(np.linspace(17, 18, 30), np.linspace(50, 51, 30))
    frame = gpd.GeoDataFrame(names, geometry=points, crs="EPSG:4326")
    for seed in range(5):
        path = tmp_path / str(seed) / name
        path.parent.mkdir()
        if driver:
            frame.to_file(path, driver=driver, engine="pyogrio")
        else:
            frame.to_parquet(path)
        chance = random.Random(f"{name} {how} {seed}")
        path.write_bytes(mutated(path.read_bytes(), how, chance))
        survive(path, run)


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_member_of_an_archive_is_read_or_refused(shared: Path, tmp_path: Path, run: Run, seed: int) -> None:
    """The archive is whole, what it holds is not: as a damaged export that was packed."""
    for name in ("opsd_be_18.xlsx", "set.ods", "raba_d48.zip"):
        chance = random.Random(f"{name} {seed}")
        path = tmp_path / name
        with zipfile.ZipFile(shared / "data/messy" / name) as source, zipfile.ZipFile(path, "w") as target:
            for member in source.namelist():
                data = source.read(member)
                target.writestr(
                    member, mutated(data, chance.choice(["flipped", "cut", "head"]), chance) if data else data
                )
        survive(path, run)


@pytest.mark.parametrize("wrong", ["utf-8", "cp1250", "utf-16", "ascii", "mac_roman", "rot13", "base64", "idna", "hex"])
def test_a_wrong_encoding_is_read_or_refused(shared: Path, wrong: str) -> None:
    for name in ("opsd_at_hydro_latin1.csv", "eprtr_plants_cr_macroman.csv", "opsd_si.csv"):
        try:
            table = read_table(shared / "data/messy" / name, Read(encoding=wrong))
        except InducultError as problem:
            assert name in str(problem)  # noqa: PT017
        else:
            assert len(table.places) == len(table.frame)


def test_a_wide_and_a_long_table_stay_in_bounds(tmp_path: Path, run: Run) -> None:
    wide = ";".join(f"c{n}" for n in range(5_000))
    (tmp_path / "wide.csv").write_text(f"{wide}\n{wide}\n", encoding="utf-8")
    assert survive(tmp_path / "wide.csv", run) == "read"
    rows = "".join(f"{n};Huta {n};17.{n};50.6\n" for n in range(20_000))
    (tmp_path / "long.csv").write_text("id;name;lon;lat\n" + rows, encoding="utf-8")
    assert survive(tmp_path / "long.csv", run) == "read"
