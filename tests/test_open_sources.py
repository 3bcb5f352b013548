"""Contracts of open data as downloaded: they load, mark what nobody verified, and read what such a file looks like."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inducult_geo.catalog import Catalog, load_catalog
from inducult_geo.catalog.models import Contract
from inducult_geo.checking import check
from inducult_geo.harmonize.vocabulary import load_vocabulary
from inducult_geo.run import Run, open_run

OPEN = ["eea_industry", "eprtr", "gem_steel", "jrc_open_units", "wri_power"]
ROWS = {
    "eea_industry": {"Facility_INSPIRE_ID": "PL.1", "nameOfFeature": "Huta", "pointGeometryLon": "17.9",
                     "pointGeometryLat": "50.6", "mainActivityName": "Production of pig iron or steel"},
    "eprtr": {"FacilityReportID": "1", "FacilityID": "9", "FacilityName": "Huta", "Long": "17.9", "Lat": "50.716667"},
    "gem_steel": {"Plant ID": "P1", "Plant name (English)": "Huta", "Coordinates": "50.6123, 17.9123",
                  "Status": "operating", "Start date": "1950"},
    "jrc_open_units": {"eic_g": "E1", "name_p": "Opole", "lon": "17.9", "lat": "50.75", "year_commissioned": "1993"},
    "wri_power": {"gppd_idnr": "W1", "name": "Opole", "longitude": "17.88", "latitude": "50.75",
                  "primary_fuel": "Hydro", "commissioning_year": "1993.0"},
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def wanted(contract: Contract) -> list[str]:
    place = [contract.place.x, contract.place.y, contract.place.text]
    return list(dict.fromkeys([*contract.columns.values(), *contract.ignore, *filter(None, place)]))


@pytest.mark.parametrize("name", OPEN)
def test_what_is_unverified_is_marked_and_stays_on_a_grid(catalog: Catalog, name: str) -> None:
    contract = catalog.sources[name]
    assert contract.is_wide
    assert "unverified" in contract.licence
    assert contract.publish_grid_m == 1000
    assert contract.attribution
    assert contract.reliability < catalog.sources["osm"].reliability


@pytest.mark.parametrize("name", OPEN)
def test_every_value_means_something(catalog: Catalog, name: str) -> None:
    vocabulary = load_vocabulary()
    contract = catalog.sources[name]
    meanings = [*contract.values.get("type", {}).values(), *filter(None, [contract.defaults.get("type")])]
    assert all(vocabulary.theme_of(meaning) for meaning in meanings)


@pytest.mark.parametrize("name", OPEN)
def test_a_file_with_those_columns_is_read(catalog: Catalog, tmp_path: Path, name: str) -> None:
    contract = catalog.sources[name]
    columns = wanted(contract)
    file = tmp_path / contract.files[0]
    cells = ['"' + ROWS[name].get(column, "").replace('"', "'") + '"' for column in columns]
    file.write_text(",".join(f'"{column}"' for column in columns) + "\n" + ",".join(cells) + "\n", encoding="utf-8")
    text = contract.declared_in.read_text(encoding="utf-8").split("[expect]")[0]
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    report = check(tmp_path / "c.toml", open_run(tmp_path / "data", contracts=False))
    assert report.accepted == 1, report.rows
    assert not [problem for problem in report.facts.problems if problem.kind == "unmapped_column"]


def test_the_old_register_as_it_comes(catalog: Catalog, shared: Path, tmp_path: Path) -> None:
    contract = catalog.sources["eprtr"]
    shutil.copy(shared / "data/messy/eprtr_plants_cr_macroman.csv", tmp_path / "eprtr_facilities.csv")
    shutil.copy(contract.declared_in, tmp_path / "c.toml")
    run: Run = open_run(tmp_path / "data", contracts=False)
    report = check(tmp_path / "c.toml", run).as_dict()
    assert (report["rows_in"], report["accepted"], report["rejected"]) == (2161, 2155, 6)
    kinds = {problem["kind"] for problem in report["problems"]}
    assert {"lost_characters", "shared_place"} <= kinds
