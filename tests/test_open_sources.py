"""Contracts of open data as downloaded: they load, mark what nobody verified, and read what such a file looks like.

`PUBLISHED` holds the headers of the published files (facts, seen in public copies and programs) with one row made in
their form. Where a real file is at hand, it is read whole.
"""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest

from inducult_geo.catalog import Catalog, load_catalog
from inducult_geo.checking.check import check
from inducult_geo.frames import from_json
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.run import Run, open_run

UNVERIFIED = [
    "eea_industry", "eprtr", "eutl_installations", "gem_steel", "gem_steel_map", "hotmaps_database", "jrc_hydro",
    "jrc_open_units", "wri_power",
]  # fmt: skip
PUBLISHED: dict[str, tuple[str, str, dict[str, str]]] = {
    # contract -> delimiter, header, the filled cells of one row
    "wri_power": (
        ",",
        "country,country_long,name,gppd_idnr,capacity_mw,latitude,longitude,primary_fuel,other_fuel1,other_fuel2,"
        "other_fuel3,commissioning_year,owner,source,url,geolocation_source,wepp_id,year_of_capacity_data,"
        "generation_gwh_2013,generation_gwh_2014,generation_gwh_2015,generation_gwh_2016,generation_gwh_2017,"
        "generation_gwh_2018,generation_gwh_2019,generation_data_source,estimated_generation_gwh_2013,"
        "estimated_generation_gwh_2014,estimated_generation_gwh_2015,estimated_generation_gwh_2016,"
        "estimated_generation_gwh_2017,estimated_generation_note_2013,estimated_generation_note_2014,"
        "estimated_generation_note_2015,estimated_generation_note_2016,estimated_generation_note_2017",
        {"country": "POL", "country_long": "Poland", "name": "Opole", "gppd_idnr": "WRI1", "latitude": "50.7518",
         "longitude": "17.8820", "primary_fuel": "Hydro", "commissioning_year": "1993.0", "capacity_mw": "33.0"},
    ),
    "jrc_open_units": (
        ",",
        "eic_p,eic_g,name_p,name_g,capacity_p,capacity_g,type_g,lat,lon,country,NUTS2,status_g,year_commissioned,"
        "year_decommissioned,water_type,cooling_type",
        {"eic_p": "P1", "name_p": "Kraftwerk Opole", "capacity_g": "253.8", "type_g": "Hydro Pumped Storage",
         "lat": "50.752", "lon": "17.882", "country": "Poland", "status_g": "COMMISSIONED",
         "year_commissioned": "1993"},
    ),
    "hotmaps_database": (
        ";",
        "SiteID;CompanyName;SiteName;Address;CityCode;City;Country;geom;Subsector;DataSource;Emissions_ETS_2014;"
        "Emissions_EPRTR_2014;Production;Fuel_Demand;Excess_Heat_100-200C;Excess_Heat_200-500C;Excess_Heat_500C;"
        "Excess_Heat_Total",
        {"SiteID": "1", "SiteName": "Huta", "Country": "Poland", "geom": "SRID=4326;POINT(17.882 50.7518)",
         "Subsector": "Iron and steel"},
    ),
    "eutl_installations": (
        ",",
        "id,name,registry_id,activity_id,eprtrID,parentCompany,subsidiaryCompany,permitID,designatorICAO,"
        "permitDateEntry,permitDateExpiry,mainAddress,secondaryAddress,postalCode,city,country_id,latitudeEutl,"
        "longitudeEutl,latitudeGoogle,longitudeGoogle,nace15_id,nace20_id,nace_id,euEntitlement,chEntitlement,"
        "isAircraftOperator,isMaritimeOperator,created_on,updated_on",
        {"id": "PL_1", "name": "Huta", "mainAddress": "Hutnicza 1", "country_id": "PL", "latitudeGoogle": "50.7518",
         "longitudeGoogle": "17.882", "nace_id": "24.10", "activity_id": "24", "parentCompany": "-"},
    ),
    "eea_industry": (
        ",",
        "fileId_EUReg,Parent_Site_INSPIRE_ID,Facility_INSPIRE_ID,ProductionFacility_thematicId,"
        "ProductionFacility_thematicIdScheme,parentCompanyName,parentCompanyURL,"
        "parentCompany_confidentialityReasonCode,parentCompany_confidentialityReasonName,nameOfFeature,"
        "facilityName_confidentialityReasonCode,facilityName_confidentialityReasonName,facilityType,pointGeometryLat,"
        "pointGeometryLon,streetName,buildingNumber,city,postalCode,countryCode,"
        "addressDetails_confidentialityReasonCode,addressDetails_confidentialityReasonName,mainActivityCode,"
        "mainActivityName,RBDSourceCode,RBDSourceName,NUTSRegionSourceCode,NUTSRegionSourceName,dateOfStartOfOperation",
        {"Facility_INSPIRE_ID": "PL.1", "nameOfFeature": "Huta", "pointGeometryLat": "50.7518", "countryCode": "PL",
         "pointGeometryLon": "17.882", "mainActivityCode": "2(b)",
         "dateOfStartOfOperation": "1993-05-02"},
    ),
    "gem_steel": (
        ",",
        "Plant ID,Plant name (English),Plant name (other language),Other plant names (English),"
        "Other plant names (other language),Owner,Owner (other language),Owner GEM ID,Owner PermID,SOE Status,Parent,"
        "Parent GEM ID,Parent Perm ID,Location address,Municipality,Subnational unit (province/state),Country,Region,"
        "Other language location address,Coordinates,Coordinate accuracy,GEM wiki page,Capacity operating status,"
        "Plant age (years),Announced date,Construction date,Start date,Pre-retirement announcement date,Idled date,"
        "Retired date,Nominal crude steel capacity (ttpa)",
        {"Plant ID": "P1", "Plant name (English)": "Huta", "Coordinates": "50.7518, 17.882", "Start date": "1993",
         "Coordinate accuracy": "approximate", "Capacity operating status": "operating", "Country": "Poland",
         "Owner": "unknown"},
    ),
    "eprtr": (
        ",",
        "FacilityReportID,FacilityID,ParentCompanyName,FacilityName,StreetName,City,PostalCode,CountryCode,Lat,Long,"
        "NACEMainEconomicActivityCode",
        {"FacilityReportID": "1", "FacilityID": "9", "FacilityName": "Huta", "Long": "17.882", "Lat": "50.716667",
         "CountryCode": "PL"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(tmp_path / "data", contracts=False)


def published(name: str, folder: Path) -> Path:
    """Write a file as published: with its header, one row, and the sheet or archive it comes in."""
    contract = load_catalog().sources[name]
    delimiter, header, row = PUBLISHED[name]
    cells = {column: row.get(column, "") for column in header.split(delimiter)}
    target = folder / contract.files[0]
    if target.suffix == ".xlsx":
        for sheet in ("About", contract.read.sheet):
            pyogrio.write_dataframe(pd.DataFrame([cells]), target, layer=sheet, driver="XLSX", append=target.exists())
    else:
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(cells), delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerow(cells)
    text = contract.declared_in.read_text(encoding="utf-8").split("[expect]")[0]
    (folder / "c.toml").write_text(text, encoding="utf-8")
    return folder / "c.toml"


def kinds(report: Any) -> set[str]:
    return {problem["kind"] for problem in report["problems"]}


@pytest.mark.parametrize("name", UNVERIFIED)
def test_what_is_unverified_is_marked_and_stays_on_a_grid(catalog: Catalog, name: str) -> None:
    contract = catalog.sources[name]
    assert contract.is_wide
    assert "unverified" in contract.licence
    assert contract.publish_grid_m == 1000
    assert contract.attribution
    assert contract.reliability < catalog.sources["osm"].reliability


@pytest.mark.parametrize("name", [*UNVERIFIED, "hotmaps", "eutl"])
def test_every_value_means_something(catalog: Catalog, name: str) -> None:
    vocabulary = load_vocabulary()
    contract = catalog.sources[name]
    meanings = [*contract.values.get("type", {}).values(), *filter(None, [contract.defaults.get("type")])]
    assert all(vocabulary.theme_of(meaning) for meaning in meanings)
    meters = contract.values.get("accuracy_m", {}).values()
    assert all(float(value) > 0 for value in meters)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_as_published_is_read(tmp_path: Path, run: Run, name: str) -> None:
    report = check(published(name, tmp_path), run)
    assert (report.accepted, len(report.rows)) == (1, 0), report.rows
    told = kinds(report.as_dict())
    assert told.isdisjoint({"unread_date", "unmapped_value"}), report.facts.problems
    if name != "gem_steel":  # whose columns are too many to name
        assert "unmapped_column" not in told, report.facts.problems


def test_the_accuracy_of_a_tracker_goes_by_row(tmp_path: Path, run: Run) -> None:
    from inducult_geo.api import read_source

    records = read_source(published("gem_steel", tmp_path), data=run.folder.root)
    assert records["accuracy_m"].round(-1).tolist() == [5000]
    assert records["country"].tolist() == ["PL"]
    assert records["operator"].isna().all()


def test_an_archive_as_downloaded_is_read(tmp_path: Path, run: Run) -> None:
    contract = published("wri_power", tmp_path)
    table = tmp_path / "global_power_plant_database.csv"
    with zipfile.ZipFile(tmp_path / "globalpowerplantdatabasev130.zip", "w") as archive:
        archive.write(table, table.name)
        archive.writestr("README.txt", "About this table")
        archive.writestr("Estimating_Power_Plant_Generation.pdf", b"%PDF")
    # Packed and unpacked side by side are one table, not two.
    assert check(contract, run).as_dict()["rows_in"] == 1
    table.unlink()
    assert check(contract, run).accepted == 1


def test_a_unit_without_a_code_goes_by_its_plant(tmp_path: Path, run: Run) -> None:
    from inducult_geo.api import read_source

    records = read_source(published("jrc_open_units", tmp_path), data=run.folder.root)
    assert records["record_key"].tolist() == ["jrc_open_units:P1"]
    assert from_json(records["ids"][0]) == {"eic": "P1"}
    assert records["type"].tolist() == ["hydro_power"]


@pytest.mark.parametrize(("name", "expected"), [("eea_industry", "steelworks"), ("eutl_installations", "steelworks")])
def test_a_code_of_a_public_scheme_tells_the_type(tmp_path: Path, run: Run, name: str, expected: str) -> None:
    from inducult_geo.api import read_source

    records = read_source(published(name, tmp_path), data=run.folder.root)
    assert (records["type"][0], records["theme"][0]) == (expected, "metallurgy")


REAL = [
    # contract, file, rows in, accepted
    ("eprtr", "messy/eprtr_plants_cr_macroman.csv", 2161, 2155),
    ("gem_steel_map", "messy/gem_blast_furnaces_utf16.csv", 774, 774),
    ("jrc_hydro", "messy/jrc_hydro_bom.csv", 4178, 4178),
    ("hotmaps", "sites/hotmaps.csv", 5029, 4505),
    pytest.param("eutl", "sites/eutl.csv", 17644, 15939, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "file", "rows", "accepted"), REAL)
def test_a_real_file_is_read_whole(
    catalog: Catalog, shared: Path, tmp_path: Path, run: Run, name: str, file: str, rows: int, accepted: int
) -> None:
    contract = catalog.sources[name]
    shutil.copy(shared / "data" / file, tmp_path / contract.files[0])
    shutil.copy(contract.declared_in, tmp_path / "c.toml")
    report = check(tmp_path / "c.toml", run).as_dict()
    assert (report["rows_in"], report["accepted"]) == (rows, accepted)
    assert report["rows_in"] == report["accepted"] + report["rejected"]
    assert kinds(report).isdisjoint({"unread_date", "unmapped_value"}), report["problems"]


def test_the_old_register_names_what_was_lost(catalog: Catalog, shared: Path, tmp_path: Path, run: Run) -> None:
    shutil.copy(shared / "data/messy/eprtr_plants_cr_macroman.csv", tmp_path / "eprtr_facilities.csv")
    shutil.copy(catalog.sources["eprtr"].declared_in, tmp_path / "c.toml")
    assert {"lost_characters", "shared_place"} <= kinds(check(tmp_path / "c.toml", run).as_dict())


def test_the_header_of_a_published_file_is_no_row() -> None:
    for delimiter, header, row in PUBLISHED.values():
        names = next(csv.reader(io.StringIO(header), delimiter=delimiter))
        assert set(row) <= set(names)
        assert len(names) == len(set(names))
