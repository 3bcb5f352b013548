"""The catalog: what is packaged, what a file may hold, and which of two declarations wins."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from pyproj import CRS

from inducult_geo.catalog import Catalog, Contract, Region, load_catalog, load_contract, told_by_stewards
from inducult_geo.catalog.crs_names import crs_code_of
from inducult_geo.errors import CatalogError, ContractError
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.run import open_run

REGIONS = {
    # id: country, title, first CRS, extract, boundary tag
    "zwickau": ("DE", "Landkreis Zwickau", "EPSG:25833", "europe/germany/sachsen", "de:amtlicher_gemeindeschluessel"),
    "leoben": ("AT", "Bezirk Leoben", "EPSG:31256", "europe/austria", "ref:at:gkz"),
    "karlovy-vary": ("CZ", "Karlovarský kraj", "EPSG:5514", "europe/czech-republic", "ISO3166-2"),
    "padova": ("IT", "Provincia di Padova", "EPSG:3003", "europe/italy/nord-est", "ISO3166-2"),
    "gorenjska": ("SI", "Gorenjska", "EPSG:3794", "europe/slovenia", "ISO3166-2"),
    "sisak-moslavina": ("HR", "Sisačko-moslavačka županija", "EPSG:3765", "europe/croatia", "ISO3166-2"),
    "opole": ("PL", "Województwo opolskie", "EPSG:2180", "europe/poland/opolskie", "ISO3166-2"),
    "limburg": ("BE", "Provincie Limburg", "EPSG:31370", "europe/belgium", "ISO3166-2"),
}
REGION = """
id = "{id}"
title = "Somewhere"
country = "AT"
languages = ["de"]
timezone = "Europe/Vienna"
bbox = [14.0, 47.0, 15.0, 48.0]
[boundary]
"ISO3166-2" = "AT-6"
"""
SOURCE = """
id = "{id}"
title = "{title}"
region = "leoben"
files = "a.csv"
licence = "CC0-1.0"
attribution = "nobody"
[columns]
key = "nr"
ids.wikidata = "qid"
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def put(folder: Path, kind: str, name: str, text: str) -> Path:
    (folder / kind).mkdir(parents=True, exist_ok=True)
    path = folder / kind / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_eight_regions_are_there(catalog: Catalog) -> None:
    assert set(catalog.regions) == set(REGIONS)


@pytest.mark.parametrize("region_id", REGIONS)
def test_a_region_says_what_the_facts_say(catalog: Catalog, region_id: str) -> None:
    region = catalog.region(region_id)
    country, title, crs, extract, tag = REGIONS[region_id]
    assert (region.country, region.title, region.crs[0], region.geofabrik) == (country, title, crs, extract)
    assert list(region.boundary.tags) == [tag]
    assert region.declared_in.stem == region.id
    assert region.partner
    assert region.nuts is not None
    assert region.nuts.startswith(country)


@pytest.mark.parametrize("region_id", REGIONS)
def test_a_region_names_real_systems_and_zones(catalog: Catalog, region_id: str) -> None:
    region = catalog.region(region_id)
    ZoneInfo(region.timezone)
    for code in region.crs:
        # Neighboring zones are in use as well, and the registry draws their areas narrowly.
        area = CRS(code).area_of_use
        assert area is not None
        assert shapely.box(*area.bounds).distance(shapely.box(*region.bbox)) < 2, code


def test_regions_do_not_start_at_the_same_time(catalog: Catalog) -> None:
    starts = [region.schedule.split()[:2] for region in catalog.regions.values()]
    minutes = sorted(60 * int(hour) + int(minute) for minute, hour in starts)
    assert minutes == list(range(120, 240, 15))


def test_old_and_new_codes_both_pick_a_boundary(catalog: Catalog) -> None:
    assert catalog.region("karlovy-vary").boundary.tags["ISO3166-2"] == ("CZ-41", "CZ-KA")
    assert catalog.region("opole").boundary.tags["ISO3166-2"] == ("PL-16", "PL-OP")
    assert len(catalog.region("gorenjska").boundary.tags["ISO3166-2"]) == 18


def test_real_outlines_lie_in_the_boxes(catalog: Catalog, shared: Path) -> None:
    import geopandas as gpd

    for region in catalog.regions.values():
        west, south, east, north = gpd.read_file(shared / "data" / "boundaries" / f"{region.id}.geojson").total_bounds
        box = region.bbox
        assert box[0] < west < east < box[2], region.id
        assert box[1] < south < north < box[3], region.id


def test_packaged_sources(catalog: Catalog) -> None:
    assert {"osm", "hotmaps", "eutl"} <= set(catalog.sources)
    assert {"eutl", "hotmaps"} <= {source.id for source in catalog.wide_sources() if source.files}
    assert catalog.sources["osm"].files == ()
    assert catalog.sources["eutl"].units_per_site
    for name in ("hotmaps", "eutl"):
        source = catalog.sources[name]
        assert source.publish_grid_m == 1000, "exact coordinates may not leave the house"
        assert source.reliability < catalog.sources["osm"].reliability
        assert source.place.crs == "EPSG:4326"


def test_every_sector_of_hotmaps_means_something(catalog: Catalog) -> None:
    vocabulary = load_vocabulary()
    meanings = catalog.sources["hotmaps"].values["sector"]
    assert len(meanings) == 9
    for sector, meaning in meanings.items():
        assert meaning in vocabulary.themes or vocabulary.theme_of(meaning), sector


@pytest.mark.parametrize("name", ["hotmaps", "eutl"])
def test_a_packaged_contract_maps_every_column_of_its_file(catalog: Catalog, shared: Path, name: str) -> None:
    source = catalog.sources[name]
    header = (shared / "data" / "sites" / source.files[0]).read_text(encoding="utf-8").splitlines()[0].split(",")
    mapped = {*source.columns.values(), source.place.x, source.place.y, *source.ignore}
    assert mapped == set(header)


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("bbox =", "box =", "unknown key 'box'. Did you mean 'bbox'?"),
        ('country = "AT"', "", """key 'country' is missing: write country = "PL\""""),
        ('[boundary]\n"ISO3166-2" = "AT-6"', "", "key 'boundary' is missing: write [boundary] and below it file ="),
        ('id = "here"', "", "key 'id' is missing"),
        ('country = "AT"', 'country = "Austria"', "key 'country'"),
        ("14.0, 47.0, 15.0, 48.0", "15.0, 47.0, 14.0, 48.0", "west, south, east, north"),
        (
            'country = "AT"',
            'country = "at"',
            "key 'country': 'at' is not accepted here; write two capital letters such as CZ",
        ),
        ('country = "AT"', 'country = "XX"', "key 'country': 'XX' is not the code of a country"),
        ('country = "AT"', 'country = "UK"', "(GB instead of UK, GR instead of EL)"),
        (
            'country = "AT"',
            'country = "AT"\ncrs = ["EPSG:4326", "EPSG:99999"]',
            "'EPSG:99999' is not a coordinate system",
        ),
        ('country = "AT"', 'country = "ATÖ"', "key 'country'"),
        ("14.0, 47.0, 15.0, 48.0", "14.0, 47.0, 15.0", "key 'bbox"),
        ("14.0, 47.0, 15.0, 48.0", "nan, 47.0, 15.0, 48.0", "key 'bbox"),
        ("14.0, 47.0, 15.0, 48.0", "14.0, 47.0, 14.0, 48.0", "west, south, east, north"),
        ("14.0, 47.0, 15.0, 48.0", "14.0, 47.0, 15.0, 98.0", "west, south, east, north"),
        ("14.0, 47.0, 15.0, 48.0", "4540000, 2700000, 4600000, 2750000", "in degrees"),
        ('id = "here"', 'id = "Here there"', "key 'id': 'Here there' is not accepted here; write small letters"),
        ('id = "here"', 'id = "../here"', "key 'id'"),
        ('id = "here"', f'id = "{"h" * 65}"', "key 'id'"),
        ('title = "Somewhere"', "area_km2 = 0", "key 'area_km2'"),
        ('title = "Somewhere"', "area_km2 = inf", "key 'area_km2'"),
        (
            'title = "Somewhere"',
            'crs = ["Gauss-Krueger"]',
            "'Gauss-Krueger' is not accepted here; write a code such as EPSG:25833",
        ),
        ('"ISO3166-2" = "AT-6"', "", "name a `file`, or a tag"),
        ('"ISO3166-2" = "AT-6"', '"ISO3166-2" = []', "name a `file`, or a tag"),
        ('"ISO3166-2" = "AT-6"', '"ISO3166-2" = 6', "key 'boundary.tags.ISO3166-2'"),
        ('"ISO3166-2" = "AT-6"', '"ISO3166-2" = [6]', "key 'boundary.tags.ISO3166-2.0'"),
        ('"ISO3166-2" = "AT-6"', "tags = 6", "key 'boundary.tags'"),
        ("[boundary]", '[boundary]\nlicense = "CC0-1.0"', "unknown key 'license'. Did you mean 'licence'? A tag"),
        ('id = "here"', 'id = "here', "not valid TOML"),
    ],
)
def test_a_faulty_region_is_refused(tmp_path: Path, written: str, instead: str, message: str) -> None:
    text = REGION.format(id="here")
    assert written in text
    path = put(tmp_path, "regions", "here", text.replace(written, instead))
    with pytest.raises(CatalogError) as refusal:
        load_catalog([tmp_path])
    assert message in str(refusal.value)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("region =", "regoin =", "Did you mean 'region'?"),
        ('files = "a.csv"', "", """key 'files' is missing: write files = ["list.csv"]"""),
        (
            'region = "leoben"',
            'region = "leobn"',
            "region 'leobn' is not in the catalog. Did you mean 'leoben'? Known:",
        ),
        (
            'region = "leoben"',
            'countries = ["AT", "Italy"]',
            "key 'countries.1': 'Italy' is not accepted here; write two",
        ),
        ('key = "nr"', 'kee = "nr"', "'kee' is not a field of a record. Did you mean 'key'? Known"),
        ('key = "nr"', "key = 5", "'key': write the name of a column in quotes, or a list of names"),
        ('key = "nr"', "key = []", "'key': write the name of a column"),
        ('key = "nr"', 'key = ["nr", 5]', "'key': write the name of a column"),
        ('ids.wikidata = "qid"', 'ids = "qid"', "'ids' needs a scheme: write ids.wikidata"),
        ('files = "a.csv"', "files = 5", "key 'files'"),
        ("[columns]", "reliability = 101\n[columns]", "key 'reliability': Input should be less than or equal to 100"),
        ("[columns]", "publish_grid_m = 0\n[columns]", "key 'publish_grid_m'"),
        ("[columns]", "publish_grid_m = inf\n[columns]", "key 'publish_grid_m': Input should be a finite number"),
        ("[columns]", "publish_grid_m = 1e300\n[columns]", "key 'publish_grid_m': Input should be less than"),
        ("[columns]", "[place]\naccuracy_m = 1e300\n[columns]", "key 'place.accuracy_m': Input should be less than"),
        ("[columns]", 'url = "http://[x/a.csv"\n[columns]', "key 'url': this address cannot be used"),
        ("[columns]", 'url = "http://x:99999/a.csv"\n[columns]', "key 'url': this address cannot be used"),
        ('[columns]\nkey = "nr"', "publish_grid_m = 9\n[columns]", "publish_grid_m needs a key in [columns]"),
        ("[columns]", 'valid_at = "yesterday"\n[columns]', "key 'valid_at'"),
        ("[columns]", '[place]\nx = "east"\n[columns]', "key 'place': x and y must both be given"),
        ("[columns]", '[place]\nx = "e"\ny = "n"\ngeometry = true\n[columns]', "give either x and y, or text"),
        ("[columns]", '[place]\ntext = "wsp"\ngeometry = true\n[columns]', "give either x and y, or text"),
        ("[columns]", '[place]\ncrs = "31468"\n[columns]', "'31468' is not accepted here; write EPSG:31468"),
        ("[columns]", "[place]\naccuracy_m = 0.0\n[columns]", "key 'place.accuracy_m'"),
        ("[columns]", "[place]\naccuracy_m = nan\n[columns]", "key 'place.accuracy_m'"),
        (
            "[columns]",
            "[place]\naccuracy_m_by_country = { IT = 9 }\n[columns]",
            "accuracy_m_by_country needs accuracy_m",
        ),
        (
            "[columns]",
            "[place]\naccuracy_m_by_country = { Italy = 9 }\n[columns]",
            "'Italy' is not accepted here; write two",
        ),
        ("[columns]", "[place]\naccuracy_m_by_country = { IT = 0 }\n[columns]", "key 'place.accuracy_m_by_country.IT'"),
        ("[columns]", '[read]\ndelimiter = ";;"\n[columns]', "key 'read.delimiter'"),
        (
            "[columns]",
            '[read]\nlanguages = "Czech"\n[columns]',
            "'Czech' is not accepted here; write two small letters",
        ),
        ("[columns]", '[read]\nlanguages = ["de", "cz"]\n[columns]', "'cz' is not the code of a language"),
        (
            "[columns]",
            '[read]\ndelimitter = ";"\n[columns]',
            "unknown key 'read.delimitter'. Did you mean 'delimiter'?",
        ),
        ("[columns]", '[read]\ndecimal = "dot"\n[columns]', "key 'read.decimal'"),
        ("[columns]", "[read]\nheader_row = 0\n[columns]", "key 'read.header_row'"),
        ("[columns]", "[expect]\nrows_min = 10\nrows_max = 9\n[columns]", "rows_max = 9 is less than rows_min = 10"),
        ("[columns]", "[expect]\ninside_share_min = 95\n[columns]", "key 'expect.inside_share_min'"),
        (
            "[columns]",
            '[values.typ]\n"huta" = "ironworks"\n[columns]',
            "'typ' is not a field of a record. Did you mean 'type'?",
        ),
        (
            "[columns]",
            '[values.start]\n"Alt" = "1900"\n"ALT" = ""\n[columns]',
            "'Alt' and 'ALT' of 'start' count as one",
        ),
        (
            "[columns]",
            '[values.accuracy_m]\n"Genau" = "5"\n"genau" = "50"\n[columns]',
            "'Genau' and 'genau' of 'accuracy_m' count as one",
        ),
        ("[columns]", '[values.operator]\n"x" = "Y"\n[columns]', "'operator' is taken as it stands: its values cannot"),
        ("[columns]", '[defaults]\nkind = "x"\n[columns]', "'kind' is not a field of a record"),
    ],
)
def test_a_faulty_source_is_refused(tmp_path: Path, written: str, instead: str, message: str) -> None:
    text = SOURCE.format(id="mine", title="Mine")
    assert written in text
    put(tmp_path, "sources", "mine", text.replace(written, instead))
    with pytest.raises(ContractError) as refusal:
        load_catalog([tmp_path])
    assert message in str(refusal.value)


def test_a_contract_reads_as_written(tmp_path: Path) -> None:
    contract = load_contract(put(tmp_path, "sources", "mine", SOURCE.format(id="mine", title="Mine")))
    assert contract.files == ("a.csv",)
    assert contract.columns == {"key": "nr", "ids.wikidata": "qid"}
    assert contract.declared_in == tmp_path / "sources" / "mine.toml"


def test_a_contract_that_notepad_saved_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "sources", "mine", "\ufeff" + SOURCE.format(id="mine", title="Mühle").replace("\n", "\r\n"))
    assert load_contract(path).title == "Mühle"


def test_a_contract_in_another_encoding_is_refused_with_its_name(tmp_path: Path) -> None:
    path = put(tmp_path, "sources", "mine", "")
    path.write_bytes(SOURCE.format(id="mine", title="Mühle").encode("cp1252"))
    with pytest.raises(ContractError, match=r"mine\.toml: cannot be read as UTF-8 text"):
        load_contract(path)


@pytest.mark.parametrize("name", ["liste.csv", "sites.parquet"])
def test_a_table_where_a_contract_should_be_is_told_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"PAR1\xa0 id;name\n")
    with pytest.raises(ContractError, match=f"{name}: is not a contract.*inducult draft {name} --out {path.stem}.toml"):
        load_contract(path)


@pytest.mark.parametrize(
    ("said", "publishes"),
    [
        ('licence = "CC0-1.0"', True),
        ('licence = "CC0-1.0"\npublish = false', False),
        ('licence = "unknown"', False),
        ('licence = "Unknown"', False),
        # Published, it broke the promise that every record names its license, and with it the release of all regions.
        ('licence = " "', False),
        ("", False),
        ('licence = "?"', False),
        ('licence = "unbekannt"', False),
        ('licence = "k. A."', False),
        # What offices write: it went out to the whole world.
        ('licence = "nur intern"', False),
        ('licence = "Daten der Stadt, bitte fragen"', False),
        ('licence = "Do użytku wewnętrznego!"', False),
        ('licence = "© 2024 Gemeente, alle rechten voorbehouden"', False),
        ('licence = "permission withdrawn on 3 May"', False),
        ('licence = "Zgoda cofnięta"', False),
        ('licence = "irrevocable, CC BY 4.0"', True),
        ('licence = "frei nutzbar"', True),
        ('licence = "CC BY 4.0 International"', True),
        ('licence = "Alcuni diritti riservati (CC-BY-NC)"', True),
        ('licence = "by letter of the mayor"', True),
    ],
)
def test_what_nobody_permitted_stays_in_the_house(tmp_path: Path, said: str, publishes: bool) -> None:
    text = SOURCE.format(id="mine", title="Mine").replace('licence = "CC0-1.0"', said)
    assert load_contract(put(tmp_path, "sources", "mine", text)).may_publish == publishes


@pytest.mark.parametrize(
    "field", ["name:de", "name:sr-Latn", "alt_name", "old_name", "ids.x", "sector:ERIH", "capacity"]
)
def test_a_column_may_be_mapped_to(tmp_path: Path, field: str) -> None:
    text = SOURCE.format(id="mine", title="Mine").replace("key =", f'"{field}" = ["col", ""]\nkey =')
    assert load_contract(put(tmp_path, "sources", "mine", text)).columns[field] == ("col", "")


def test_a_tab_is_a_delimiter_and_not_trimmed(tmp_path: Path) -> None:
    text = SOURCE.format(id="mine", title="  Mine ") + '[read]\ndelimiter = "\\t"\n'
    contract = load_contract(put(tmp_path, "sources", "mine", text))
    assert (contract.read.delimiter, contract.title) == ("\t", "Mine")


def test_a_contract_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"gone\.toml: no such file"):
        load_contract(tmp_path / "gone.toml")


def test_several_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = SOURCE.format(id="mine", title="Mine").replace("[columns]", "reliability = -1\ncolour = 1\n[columns]")
    with pytest.raises(ContractError) as told:
        load_contract(put(tmp_path, "sources", "mine", text))
    assert "key 'reliability'" in str(told.value)
    assert "unknown key 'colour'" in str(told.value)


def test_wide_sources_are_those_with_files_and_no_region(tmp_path: Path) -> None:
    wide = SOURCE.format(id="b_wide", title="Wide").replace('region = "leoben"', 'countries = ["AT", "SI"]')
    put(tmp_path, "sources", "b", wide)
    put(tmp_path, "sources", "a", wide.replace("b_wide", "a_wide"))
    put(tmp_path, "sources", "c", wide.replace("b_wide", "c_none").replace('"a.csv"', "[]"))
    found = [source.id for source in load_catalog([tmp_path]).wide_sources()]
    assert found == sorted(found)
    assert {"a_wide", "b_wide"} <= set(found)
    assert "c_none" not in found


def test_a_single_text_is_a_list_of_one(tmp_path: Path) -> None:
    """It was refused with "Input should be a valid tuple"."""
    region = REGION.format(id="here").replace('languages = ["de"]', 'languages = "de"')
    put(tmp_path, "regions", "here", 'crs = "EPSG:31287"\n' + region)
    contract = 'id = "list"\nfiles = "a.csv"\ncountries = "AT"\nignore = "x"\nprivate = "y"\n'
    put(tmp_path, "sources", "list", contract)
    catalog = load_catalog([tmp_path])
    here, source = catalog.region("here"), catalog.sources["list"]
    assert here.boundary.tags == {"ISO3166-2": ("AT-6",)}
    assert (here.crs, here.languages) == (("EPSG:31287",), ("de",))
    assert (source.files, source.countries) == (("a.csv",), ("AT",))
    assert (source.ignore, source.private) == (("x",), ("y",))


def test_the_later_folder_wins_by_id(tmp_path: Path) -> None:
    for number, folder in enumerate(("first", "second"), 1):
        put(tmp_path / folder, "sources", "any", SOURCE.format(id="mine", title=f"Title {number}"))
    put(tmp_path / "first", "regions", "leoben", REGION.format(id="leoben"))
    catalog = load_catalog([tmp_path / "first", tmp_path / "second"])
    assert catalog.sources["mine"].title == "Title 2"
    assert catalog.region("leoben").title == "Somewhere"
    assert set(catalog.regions) == set(REGIONS)
    assert [source.id for source in catalog.sources_of("leoben")] == ["mine"]


def test_contracts_of_stewards_come_last(tmp_path: Path) -> None:
    put(tmp_path, "sources", "any", SOURCE.format(id="mine", title="catalog"))
    steward = put(tmp_path / "raw", "partners", "any", SOURCE.format(id="mine", title="steward"))
    catalog = load_catalog([tmp_path], contracts=[steward.parent])
    assert catalog.sources["mine"].title == "steward"


def test_one_id_twice_in_a_folder_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path, "sources", name, SOURCE.format(id="mine", title=name))
    with pytest.raises(ContractError, match=r"b\.toml: id 'mine' is also the id of a\.toml"):
        load_catalog([tmp_path])


def test_an_unknown_region_is_answered_with_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match=r"the catalog has no region 'padua'\. Did you mean 'padova'\?"):
        catalog.region("padua")
    assert catalog.region("Padova").id == "padova"
    assert Contract.model_validate({"id": "x", "files": "x.csv", "region": "Padova"}).region == "padova"


def test_a_data_folder_has_its_own_catalog(tmp_path: Path) -> None:
    """Each command but the run said that all was well, or no site called so, where it was not named again."""
    put(tmp_path / "catalog", "regions", "here", REGION.format(id="here"))
    put(tmp_path / "other", "regions", "here", REGION.format(id="here").replace("Somewhere", "Elsewhere"))
    assert open_run(tmp_path, contracts=False).catalog.region("here").title == "Somewhere"
    named = open_run(tmp_path, catalogs=[tmp_path / "other"], contracts=False)
    assert named.catalog.region("here").title == "Elsewhere", "what is named goes before"


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such folder"):
        load_catalog([tmp_path / "nowhere"])


@pytest.mark.parametrize("model", [Region, Contract])
def test_models_are_frozen(catalog: Catalog, model: type) -> None:
    item = catalog.region("opole") if model is Region else catalog.sources["osm"]
    with pytest.raises(ValueError, match="frozen"):
        item.title = "else"


def test_packaged_files_are_plain_toml(repository: Path) -> None:
    for path in (repository / "inducult_geo" / "catalog").glob("*/*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))["id"] == path.stem


def test_a_region_needs_little_and_a_wrong_time_zone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "regions" / "here.toml"
    path.parent.mkdir()
    least = 'id = "here"\ncountry = "LI"\nbbox = [9, 47, 10, 48]\n[boundary]\nfile = "here.geojson"\n'
    path.write_text(least)
    assert load_catalog([tmp_path]).region("here").timezone == "UTC"
    path.write_text('timezone = "Europe/Vadutz"\n' + least)
    with pytest.raises(CatalogError, match="'Europe/Vadutz' is not a time zone"):
        load_catalog([tmp_path])


MINE = (
    'id = "mine"\nfiles = "a.csv"\nregion = "leoben"\nlicence = "CC0-1.0"\n[columns]\nkey = "nr"\nids.wikidata = "q"\n'
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MINE.replace("files", "fiels"), "unknown key 'fiels'"),
        (MINE.replace("leoben", "leobn"), "region 'leobn' is not in the catalog"),
        ("id = ", "not valid TOML"),
        (MINE.replace('"mine"', '"others"'), "id 'others' is also the id of a.toml"),
        (MINE.replace('"mine"', '"osm"'), "id 'osm' is reserved for OpenStreetMap"),
    ],
)
def test_a_steward_s_contract_that_cannot_be_read_costs_itself(tmp_path: Path, text: str, why: str) -> None:
    others = MINE.replace('"mine"', '"others"')
    (tmp_path / "a.toml").write_text(others, encoding="utf-8")
    (tmp_path / "b.toml").write_text(text, encoding="utf-8")
    (tmp_path / "._a.toml").write_bytes(b"\0\5\x16\7")
    found = load_catalog(contracts=[tmp_path])
    assert found.sources["others"].declared_in == tmp_path / "a.toml"
    assert [*found.unread] == ["b.toml"]
    assert why in found.unread["b.toml"]
    assert found.source_id("others") == "others"
    for said, told in (("b", why), ("b.toml", "no source 'b.toml' is declared")):
        with pytest.raises(CatalogError, match=re.escape(told)):
            found.source_id(said)
    assert found.broken == {}
    # What the last run read stands in for it.
    (tmp_path / "b.toml").write_text(MINE, encoding="utf-8")
    before = load_catalog(contracts=[tmp_path])
    kept = json.loads(json.dumps(told_by_stewards(before, [tmp_path])))
    assert {key.rpartition("/")[2] for key in kept} == {"a.toml", "b.toml"}
    (tmp_path / "b.toml").write_text(text, encoding="utf-8")
    found = load_catalog(contracts=[tmp_path], last_good=kept)
    assert found.sources["mine"] == before.sources["mine"]
    assert found.unread == {}
    assert why in found.broken["mine"]
    # It stays so for the next run as well.
    assert told_by_stewards(found, [tmp_path]) == kept


@pytest.mark.parametrize(
    "noted",
    [
        {"b.toml": {"id": "mine", "of": "another version"}},
        {"b.toml": None},
        {"b.toml": {"id": "mine", "files": ["a.csv"], "region": "gone"}},
        {"b.toml": {"id": "others", "files": ["a.csv"]}},
        {},
        None,
    ],
)
def test_what_no_run_can_have_meant_stands_in_for_nothing(tmp_path: Path, noted: dict[str, Any] | None) -> None:
    (tmp_path / "a.toml").write_text(MINE.replace('"mine"', '"others"'), encoding="utf-8")
    (tmp_path / "b.toml").write_text("id = ", encoding="utf-8")
    kept = noted and {f"{tmp_path.name}/{file}": told for file, told in noted.items()}
    found = load_catalog(contracts=[tmp_path], last_good=kept)
    assert found.broken == {}
    assert [*found.unread] == ["b.toml"]
    assert found.sources["others"].region == "leoben"


RASTER = (
    'id = "{id}"\ntitle = "{id}"\nfile = "{id}.tif"\ncolumn = "elevation_m"\nlicence = "CC0-1.0"\nattribution = "x"\n'
)


def test_a_raster_whose_declaration_cannot_be_read_stays_as_it_was(tmp_path: Path) -> None:
    """The first of several rasters that has a value wins, so that their order must stay as well."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.toml").write_text(RASTER.format(id=name), encoding="utf-8")
    before = load_catalog(rasters=[tmp_path])
    kept = json.loads(json.dumps(told_by_stewards(before, [tmp_path])))
    (tmp_path / "b.toml").write_text("id = ", encoding="utf-8")
    (tmp_path / "d.toml").write_text(RASTER.format(id="d").replace("column", "colunm"), encoding="utf-8")
    found = load_catalog(rasters=[tmp_path], last_good=kept)
    assert [*found.rasters.items()] == [*before.rasters.items()]
    assert [*found.unread] == ["b.toml", "d.toml"]
    assert "Did you mean 'column'" in found.unread["d.toml"]
    assert [*load_catalog(rasters=[tmp_path]).rasters] == ["a", "c"]


def test_a_raster_of_no_license_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(RASTER.format(id="a").replace("CC0-1.0", " "), encoding="utf-8")
    found = load_catalog(rasters=[tmp_path])
    assert found.rasters == {}
    assert "key 'licence'" in found.unread["a.toml"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WGS84", "EPSG:4326"), ("WGS 84", "EPSG:4326"), ("EPSG 2180", "EPSG:2180"), ("ETRS89", "EPSG:4258"),
        ("UTM 33N", "EPSG:25833 or EPSG:32633"), ("WGS 84 / UTM zone 33N", "EPSG:32633"),
        ("Gauß-Krüger Zone 4", "EPSG:31468"), ("S-JTSK / Křovák", "EPSG:5514"), ("PL-1992", "EPSG:2180"),
        ("D48/GK", "EPSG:3912"), ("HTRS96/TM", "EPSG:3765"), ("Lambert 72", "EPSG:31370"),
        ("Monte Mario / Italy zone 1", "EPSG:3003"), ("Gauss-Boaga", "a code such as"), ("3", "a code such as"),
    ],
)  # fmt: skip
def test_of_a_system_s_name_the_code_is_told(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"write {re.escape(meant)}"):
        crs_code_of(name)
