"""Files as they come: each is drafted and checked, or refused with the remedy; no row is lost without a word."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inducult_geo.catalog import Read, load_contract
from inducult_geo.checking.check import check
from inducult_geo.drafting.contract import draft
from inducult_geo.errors import ContractError
from inducult_geo.run import Run, open_run
from inducult_geo.sources.formats.readers import read_table

ACCEPTED = [
    # file, rows in, accepted, reasons, CRS
    ("doc.kml", 1, 1, {}, "EPSG:4326"),
    ("eprtr_plants_cr_macroman.csv", 2161, 2155, {"bad_coordinate": 6}, "EPSG:4326"),
    ("flanders_haspengouw_31370.geojson", 1, 1, {}, "EPSG:31370"),
    ("gem_blast_furnaces_utf16.csv", 774, 774, {}, "EPSG:4326"),
    ("jrc_hydro_bom.csv", 4178, 4178, {}, "EPSG:4326"),
    ("opsd_at_hydro_latin1.csv", 107, 0, {"no_coordinates": 107}, None),
    ("opsd_be_18.xlsx", 147, 0, {"no_coordinates": 147}, None),
    ("opsd_be_park.xls", 130, 0, {"no_coordinates": 130}, None),
    ("opsd_si.csv", 95, 74, {"no_coordinates": 21}, "EPSG:4326"),
    ("orte.xls", 3, 3, {}, "EPSG:4326"),
    ("poznan_2177.geojson", 523, 523, {}, "EPSG:2177"),
    ("raba_d48.zip", 7, 7, {}, "EPSG:3035"),
    ("set.ods", 9, 9, {}, "EPSG:4326"),
    ("temp3.gml", 26, 26, {}, "EPSG:4326"),
    ("xxx.csv", 43, 37, {"no_coordinates": 6}, "EPSG:4326"),
    ("poznan_register_points.gpkg", 2091, 2091, {}, "EPSG:2177"),
    ("poznan_register_polygons.gpkg", 856, 856, {}, "EPSG:2177"),
]
REFUSED = [
    # file, at which step, the remedy
    ("bg.mif", "draft", r"bg\.mid is missing.*Ask for all files with that name, or for a GeoPackage"),
    (
        "har_wrong_prj.shp",
        "check",
        r"EPSG:4326 is in degrees, but 100% of the numbers are not degrees.*Name the true system",
    ),
    ("west_webmerc_alone.shp", "check", r"states no CRS\. Name \[place\] crs"),
    ("har_wrong_prj.dbf", "draft", r"Name har_wrong_prj\.shp in `files`"),
    ("har_wrong_prj.prj", "draft", r"Name har_wrong_prj\.shp in `files`"),
    ("har_wrong_prj.shx", "draft", r"Name har_wrong_prj\.shp in `files`"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(tmp_path_factory.mktemp("data"), contracts=False)


def put(shared: Path, name: str, tmp_path: Path) -> Path:
    """Copy a file with those that belong to it."""
    folder = shared / "data" / ("monuments" if name.endswith(".gpkg") else "messy")
    for path in folder.glob(f"{Path(name).stem}.*"):
        shutil.copy(path, tmp_path)
    return tmp_path / name


def drafted(path: Path, run: Run) -> Path:
    contract = path.with_name("contract.toml")
    contract.write_text(draft(path, run), encoding="utf-8")
    return contract


def test_the_table_names_every_file(shared: Path) -> None:
    named = {row[0] for row in ACCEPTED + REFUSED}
    there = {path.name for path in (shared / "data/messy").iterdir()}
    there |= {path.name for path in (shared / "data/monuments").iterdir()}
    assert there == named


@pytest.mark.parametrize(("name", "rows", "accepted", "reasons", "crs"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_a_draft_reads_the_file(
    shared: Path,
    tmp_path: Path,
    run: Run,
    name: str,
    rows: int,
    accepted: int,
    reasons: dict[str, int],
    crs: str | None,
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (shared / "data/messy").iterdir()}
    contract = drafted(put(shared, name, tmp_path), run)
    report = check(contract, run).as_dict()
    assert report["rows_in"] == rows == report["accepted"] + report["rejected"]
    assert (report["accepted"], report["rejected_by_reason"], report["crs"]) == (accepted, reasons, crs)
    assert {path.name: path.stat().st_mtime_ns for path in (shared / "data/messy").iterdir()} == before
    written = {path.name for path in tmp_path.iterdir()} - {"contract.toml"}
    assert all(part.startswith(Path(name).stem) for part in written)


@pytest.mark.parametrize(("name", "step", "remedy"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_cannot_be_read_is_refused_with_the_remedy(
    shared: Path, tmp_path: Path, run: Run, name: str, step: str, remedy: str
) -> None:
    path = put(shared, name, tmp_path)
    if step == "draft":
        with pytest.raises(ContractError, match=f"(?s){remedy}"):
            draft(path, run)
        return
    contract = drafted(path, run)
    load_contract(contract)
    with pytest.raises(ContractError, match=f"(?s){remedy}"):
        check(contract, run)


def test_a_file_whose_crs_lies_is_read_once_the_true_one_is_named(shared: Path, tmp_path: Path, run: Run) -> None:
    contract = drafted(put(shared, "west_webmerc_alone.shp", tmp_path), run)
    contract.write_text(contract.read_text().replace('# crs = "EPSG:"', 'crs = "EPSG:3857"'))
    report = check(contract, run).as_dict()
    assert (report["rows_in"], report["accepted"], report["crs"]) == (1, 1, "EPSG:3857")


def test_attributes_in_utf8_are_read_so_though_the_file_does_not_say_it(shared: Path, tmp_path: Path) -> None:
    table = read_table(put(shared, "har_wrong_prj.shp", tmp_path), Read())
    assert table.frame["ROD_INCONS"].dropna().unique().tolist() == ["Superfície do mapa diferente do SNV Rodoviário"]


def problems(report: dict[str, object], kind: str) -> list[str]:
    return [str(entry["message"]) for entry in report["problems"] if entry["kind"] == kind]  # type: ignore[index, attr-defined]


def test_lost_characters_are_reported_with_their_place(shared: Path, tmp_path: Path, run: Run) -> None:
    report = check(drafted(put(shared, "eprtr_plants_cr_macroman.csv", tmp_path), run), run).as_dict()
    lost = problems(report, "lost_characters")
    assert {text.split("'")[1] for text in lost} >= {"name", "city", "address", "operator"}
    assert all("line" in text for text in lost)


def test_the_register_of_poznan(shared: Path, tmp_path: Path, run: Run) -> None:
    contract = drafted(put(shared, "poznan_register_points.gpkg", tmp_path), run)
    assert 'start = "POWSTANIE"' in contract.read_text()
    report = check(contract, run).as_dict()
    # Every record stands there three times.
    assert any("rows share" in text for text in problems(report, "shared_place"))
    unread = [entry["count"] for entry in report["problems"] if entry["kind"] == "unread_date"]
    # Of "przed 1939" no year is taken, which is told, too.
    assert sum(unread) <= 60
