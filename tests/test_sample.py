"""The sample: built from its tables to the byte, readable by the real readers, with its troubles where it says."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from inducult_geo import open_release
from inducult_geo.catalog import Catalog, load_catalog
from inducult_geo.frames import RawTable, Records, concat_records
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.records import Harmonized, harmonize
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
from inducult_geo.sources.partners.files import find_files
from inducult_geo.sources.partners.partner import read_partner

MAX_BYTES = 300_000
PARTNERS = {
    # source: rows, reasons of rows that are not accepted, reading, kinds of problems beside notes
    "zwickau_industriekultur": (12, {"bad_coordinate": 1}, "as declared", set()),
    "leoben_eisenstrasse": (13, {"no_key": 1}, "as declared", {"unmapped_value"}),
    "karlovy_vary_prumysl": (14, {}, "as declared", set()),
    "padova_archeologia_industriale": (14, {}, "as declared", set()),
    "gorenjska_dediscina": (21, {"outside_region": 1}, "as declared", set()),
    "sisak_bastina": (7, {}, "as declared", set()),
    "sisak_pogoni": (9, {}, "as declared", set()),
    "opole_zabytki": (17, {"bad_coordinate": 1}, "axes swapped", set()),
    "limburg_erfgoed": (14, {}, "as declared", {"unmapped_column"}),
}
OSM_RECORDS = {
    "zwickau": 9, "leoben": 12, "karlovy-vary": 12, "padova": 11, "gorenjska": 10, "sisak-moslavina": 10,
    "opole": 11, "limburg": 13,
}  # fmt: skip
ENCODINGS = {
    "zwickau_industriekultur.csv": ("latin-1", "Fährbrücke"),
    "karlovy_vary_prumysl.csv": ("cp1250", "třídírna"),
    "sisak_pogoni.csv": ("cp1250", "čeličana"),
    "opole_zabytki.csv": ("cp1250", "Górażdże"),
    "limburg_erfgoed.csv": ("utf-8", "Steenkoolmijn"),
}


@pytest.fixture(scope="module")
def sample(repository: Path) -> Path:
    return repository / "data" / "raw" / "sample"


def test_its_page_counts_the_sites(sample: Path) -> None:
    sites = pd.read_csv(sample / "sites.csv")
    assert f"It holds {len(sites)} sites" in (sample / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def build(sample: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_build", sample / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # Other tests copy the sample while this runs: nothing may appear in it.
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


@pytest.fixture(scope="module")
def catalog(sample: Path) -> Catalog:
    return load_catalog(contracts=[sample / "partners"])


@pytest.fixture(scope="module")
def sites(sample: Path) -> pd.DataFrame:
    return pd.read_csv(sample / "sites.csv", keep_default_na=False)


def outline(sample: Path, region: str) -> shapely.Geometry:
    return gpd.read_file(sample / "boundaries" / f"{region}.geojson").geometry.union_all()


def osm_table(sample: Path, region: str) -> RawTable:
    return records_of(read_objects(sample / "osm" / f"{region}.osm", area=outline(sample, region)))


@pytest.fixture(scope="module")
def harmonized(sample: Path, catalog: Catalog) -> dict[str, Harmonized]:
    """Every source of the sample as a run would take it: partners by id, OSM by region."""
    vocabulary, found = load_vocabulary(), {}
    for region in catalog.regions.values():
        ground = Ground(region.id, region.country, outline(sample, region.id), region.crs, None)
        found[region.id] = harmonize(osm_table(sample, region.id), catalog.sources["osm"], ground, vocabulary)
        for contract in catalog.sources_of(region.id):
            found[contract.id] = harmonize(read_partner(contract, find_files(contract)), contract, ground, vocabulary)
    return found


@pytest.fixture(scope="module")
def records(harmonized: dict[str, Harmonized]) -> Records:
    return concat_records([result.records for result in harmonized.values()])


def test_the_tables_give_the_same_bytes(build: ModuleType, sample: Path, tmp_path: Path) -> None:
    build.main(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) == 8 + 8 + 13
    for name in made:
        assert (tmp_path / name).read_bytes() == (sample / name).read_bytes(), name


def test_nothing_lies_about_that_nobody_makes(build: ModuleType, sample: Path) -> None:
    made = {name for name, _ in build.build()}
    written = {
        f"{folder}/{p.name}" for folder in ("osm", "boundaries", "partners") for p in (sample / folder).iterdir()
    }
    assert {name for name in written - made if not name.endswith(".toml")} == set()


def test_the_sample_is_small(sample: Path) -> None:
    assert sum(path.stat().st_size for path in sample.rglob("*") if path.is_file()) < MAX_BYTES


def test_every_region_has_osm_outline_and_partner(sample: Path, catalog: Catalog) -> None:
    for region in catalog.regions:
        assert (sample / "osm" / f"{region}.osm").is_file()
        assert (sample / "boundaries" / f"{region}.geojson").is_file()
        assert catalog.sources_of(region), region


@pytest.mark.parametrize("source", PARTNERS)
def test_a_contract_is_whole(sample: Path, catalog: Catalog, source: str) -> None:
    contract = catalog.sources[source]
    files = find_files(contract)
    assert [path.name for path in files] == list(contract.files)
    assert contract.declared_in.stem == contract.id == source
    assert contract.place.crs in {"EPSG:3912", *catalog.region(contract.region or "").crs}
    assert contract.place.accuracy_m is not None
    assert contract.place.accuracy_m >= 100
    assert contract.columns["accuracy_m"]
    assert (contract.licence, contract.attribution) == ("CC0-1.0", "inducult-geo sample, hand-written facts")
    assert contract.expect.rows_max is not None


@pytest.mark.parametrize("source", PARTNERS)
def test_the_troubles_are_where_they_are_meant_to_be(harmonized: dict[str, Harmonized], source: str) -> None:
    rows, reasons, reading, kinds = PARTNERS[source]
    result = harmonized[source]
    assert len(result.records) == rows
    assert Counter(result.records["reason"].dropna()) == reasons
    assert set(result.placed.reading) - {None} == {reading}
    assert {problem.kind for problem in result.problems} - {"note"} == kinds


@pytest.mark.parametrize("region", OSM_RECORDS)
def test_osm_gives_its_industry_and_no_more(harmonized: dict[str, Harmonized], region: str) -> None:
    found = harmonized[region].records
    lost = {"lost_geometry": 1} if region == "sisak-moslavina" else {}
    assert len(found) == OSM_RECORDS[region]
    assert Counter(found["reason"].dropna()) == lost
    assert not set(found["names"].dropna()) & {'{"name": "Bushaltestelle"}', '{"name": "Kavárna"}'}


def test_osm_has_areas_holes_and_lifecycles(harmonized: dict[str, Harmonized]) -> None:
    shapes = pd.concat([harmonized[region].records for region in OSM_RECORDS])
    kinds = Counter(shapes.geometry.dropna().geom_type)
    holes = [shape for shape in shapes.geometry.dropna() if shapely.get_num_interior_rings(shape) == 1]
    assert kinds["Point"] > 20
    assert kinds["Polygon"] + kinds["MultiPolygon"] > 40
    assert len(holes) >= 6 or kinds["MultiPolygon"] >= 6
    assert {"disused", "decommissioned", "functional"} <= set(shapes["status"])


def test_the_readme_counts_as_the_pipeline_does(sample: Path, harmonized: dict[str, Harmonized]) -> None:
    text = (sample / "README.md").read_text(encoding="utf-8")
    lines = [[cell.strip(" `") for cell in line.split("|")] for line in text.splitlines()]
    told = {
        cells[1]: [int(cell or 0) for cell in cells[3:7]] for cells in lines if len(cells) == 9 and cells[1] in PARTNERS
    }
    assert set(told) == set(PARTNERS)
    for source, (rows, accepted, review, rejected) in told.items():
        reasons = harmonized[source].records["reason"]
        counted = (len(reasons), int(reasons.isna().sum()), int((reasons == "outside_region").sum()))
        assert counted == (rows, accepted, review), source
        assert rows == accepted + review + rejected, source


def test_places_come_back_as_they_went_out(build: ModuleType, sample: Path, records: Records) -> None:
    facts = {row["site"]: row for row in build.read_rows(sample / "sites.csv")}
    places = records.set_index("record_key").geometry.to_crs("EPSG:4326")
    tables = {
        "karlovy_vary_prumysl": "kód",
        "limburg_erfgoed": "nummer",
        "opole_zabytki": "lp",
        "sisak_pogoni": "Šifra",
    }
    for source, key in tables.items():
        for row in build.read_rows(sample / "tables" / f"{source}.csv"):
            if not row["offset_m"].isdigit():
                continue
            site = facts[row["site"]]
            start = (float(site["lon"]), float(site["lat"]))
            meant = shapely.Point(build.displaced(start, float(row["offset_m"]), float(row["bearing"])))
            assert meant.distance(places[f"{source}:{row[key]}"]) * 111_320 < 8, (source, row)


def test_accuracy_is_what_the_facts_allow(records: Records) -> None:
    partners = records[(records["source"] != "osm") & records["reason"].isna()]
    assert partners["accuracy_m"].between(200, 1004).all()


def test_outlines_hold_their_sites(sample: Path, sites: pd.DataFrame, catalog: Catalog) -> None:
    assert Counter(sites["region"])[""] == 1
    assert len(sites) == 139
    for region in catalog.regions:
        area = outline(sample, region)
        own = sites[sites["region"] == region]
        assert shapely.contains_xy(area, own["lon"].astype(float), own["lat"].astype(float)).all(), region
        assert shapely.box(*catalog.region(region).bbox).contains(area)


def test_outlines_are_drawn_by_hand(sample: Path) -> None:
    for path in (sample / "boundaries").iterdir():
        feature = json.loads(path.read_text(encoding="utf-8"))["features"][0]
        assert feature["properties"]["note"] == "coarse, hand-drawn, for the sample only"
        parts = feature["geometry"]["coordinates"]
        assert 8 <= len(parts[0][0]) - 1 <= 14
        assert all(round(number, 2) == number for part in parts for corner in part[0] for number in corner)
        assert shapely.geometry.shape(feature["geometry"]).is_valid


def test_outlines_are_near_the_real_ones(sample: Path, shared: Path, catalog: Catalog) -> None:
    for region in catalog.regions:
        real = gpd.read_file(shared / "data" / "boundaries" / f"{region}.geojson").geometry.union_all()
        drawn = outline(sample, region)
        assert 0.8 < drawn.intersection(real).area / drawn.union(real).area < 0.95, "coarse, but the right region"


def test_guarded_coordinates_are_coarse(sites: pd.DataFrame) -> None:
    for row in sites.itertuples():
        decimals = max(len(str(row.lat).partition(".")[2]), len(str(row.lon).partition(".")[2]))
        assert decimals <= (2 if "rounded" in row.place_known_from else 3), row.site
        assert row.accuracy_m >= (1000 if "rounded" in row.place_known_from else 200), row.site


def test_every_site_is_in_some_file(sample: Path, sites: pd.DataFrame) -> None:
    used = {row["site"] for path in (sample / "tables").glob("*.csv") for row in read(path) if "site" in row}
    assert set(sites["site"]) - used == set()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_are_those_of_the_country(sample: Path, name: str) -> None:
    encoding, word = ENCODINGS[name]
    data = (sample / "partners" / name).read_bytes()
    assert word in data.decode(encoding)
    if encoding != "utf-8":
        with pytest.raises(UnicodeDecodeError):
            data.decode("utf-8")


def test_one_name_holds_html(harmonized: dict[str, Harmonized], catalog: Catalog) -> None:
    contract = catalog.sources["limburg_erfgoed"]
    names = read_partner(contract, find_files(contract)).frame["name"]
    assert [name for name in names if "<" in name] == ["<p><b>Jenevermuseum</b> Hasselt &amp; stokerij</p>"]


def test_pairs_name_records_that_are_there(repository: Path, records: Records) -> None:
    pairs = read(repository / "tests" / "data" / "sample_pairs.csv")
    keys = set(records["record_key"])
    assert Counter(pair["expectation"] for pair in pairs).keys() == {"same", "doubtful", "different"}
    for pair in pairs:
        assert {pair["left_key"], pair["right_key"]} <= keys, pair
        assert pair["left_key"] < pair["right_key"], pair


def test_pairs_meant_to_be_one_site_lie_near(repository: Path, records: Records) -> None:
    places = records.set_index("record_key").geometry
    same = [pair for pair in read(repository / "tests" / "data" / "sample_pairs.csv") if pair["expectation"] == "same"]
    away_m = sorted(places[pair["left_key"]].distance(places[pair["right_key"]]) for pair in same)
    assert len(same) >= 46, "about a third of the sites are in two sources"
    assert away_m[-1] < 1600, "farther apart they are doubtful"
    assert away_m[len(away_m) // 2] > 30, "two sources never agree to the meter"


def test_halls_are_one_site_and_a_headframe_is_part_of_its_mine(sample_data: Path) -> None:
    sites = open_release(sample_data).sites.set_index("site_id")
    records = open_release(sample_data).records.set_index("record_key")["site_id"]
    assert records["osm:way/9900020007"] == records["osm:way/9900020008"]
    headframe, mine = records["osm:node/99000080065"], records["osm:way/9900080001"]
    assert headframe != mine
    assert sites.loc[headframe, "part_of"] == mine
    assert sites.loc[headframe, "status"] == "unknown", "it stands, whether a rope runs over it or not"
