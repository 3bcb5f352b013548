"""The whole road on the sample: counted at every door, stable, and no failure costs more than its own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from conftest import FEW

from inducult_geo.collecting.at_hand import choose_regions
from inducult_geo.errors import ConfigError, RegionError, ReleaseError
from inducult_geo.pipeline import RunOutcome, run_all
from inducult_geo.publish.compared.changes import diff
from inducult_geo.publish.promises.verify import verify
from inducult_geo.run import open_run
from inducult_geo.status import status_of
from inducult_geo.store import current_release

REGIONS = ("gorenjska", "karlovy-vary", "leoben", "limburg", "opole", "padova", "sisak-moslavina", "zwickau")


def build(data: Path, *regions: str, afresh: bool = False) -> RunOutcome:
    return run_all(regions, open_run(data, afresh=afresh))


def ask(release: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(f"file:{release / 'inducult.gpkg'}?mode=ro", uri=True) as connection:
        rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> tuple[Path, RunOutcome]:
    """A copy of the sample's data folder after its run, and what a second run tells, which finds nothing new."""
    data = tmp_path_factory.mktemp("whole") / "data"
    shutil.copytree(sample_data, data, symlinks=True)
    return data, build(data)


@pytest.fixture(scope="module")
def few_built(tmp_path_factory: pytest.TempPathFactory, few_data: Path) -> tuple[Path, RunOutcome]:
    """The same with three regions alone."""
    data = tmp_path_factory.mktemp("few") / "data"
    shutil.copytree(few_data, data, symlinks=True)
    return data, build(data, *FEW)


@pytest.fixture
def few(tmp_path: Path, few_built: tuple[Path, RunOutcome]) -> Path:
    """A copy of that data folder, to be spoiled."""
    copy = tmp_path / "data"
    shutil.copytree(few_built[0], copy, symlinks=True)
    return copy


def test_all_eight_regions_are_released_whole(built: tuple[Path, RunOutcome]) -> None:
    data, outcome = built
    assert outcome.exit_code == 0
    assert tuple(region.region for region in outcome.regions) == REGIONS
    assert outcome.release == current_release(open_run(data).folder)
    assert outcome.release is not None
    broken = [finding for finding in verify(outcome.release) if not finding.ok]
    assert broken == []


def test_the_law_holds_by_a_query_on_the_geopackage_alone(built: tuple[Path, RunOutcome]) -> None:
    release = built[1].release
    assert release is not None
    rows = ask(
        release,
        """SELECT r.records_in, (SELECT count(*) FROM source_records WHERE outcome = 'site'),
                  (SELECT count(*) FROM source_records WHERE outcome = 'review'), (SELECT count(*) FROM rejected)
           FROM runs r""",
    )
    records_in, in_sites, in_review, rejected = rows[0]
    assert records_in == in_sites + in_review + rejected
    assert min(in_sites, in_review, rejected) > 0
    assert (records_in, in_sites, in_review, rejected) == (
        built[1].counts.records_in,
        built[1].counts.in_sites,
        built[1].counts.in_review,
        built[1].counts.rejected,
    )


def test_the_sample_says_so_wherever_it_shows(built: tuple[Path, RunOutcome]) -> None:
    release = built[1].release
    assert release is not None
    assert "sample" in ask(release, "SELECT title FROM runs")[0][0].lower()
    assert all("(sample)" in title for (title,) in ask(release, "SELECT title FROM regions"))
    for name in ("README.txt", "index.html"):
        assert "sample" in (release / name).read_text(encoding="utf-8").lower()
    assert json.loads((release / "manifest.json").read_text())["is_sample"] is True


def test_the_doubtful_pairs_of_the_sample_wait_for_a_person(built: tuple[Path, RunOutcome]) -> None:
    release = built[1].release
    assert release is not None
    asked = {frozenset(pair) for pair in ask(release, "SELECT left_name, right_name FROM review WHERE kind = 'pair'")}
    assert frozenset({"voestalpine Schienen GmbH", "voestalpine Rail Technology"}) in asked
    both = {name for (name,) in ask(release, "SELECT name FROM site_points WHERE aspect = 'both'")}
    assert "Sklářské muzeum Moser" in both


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes_and_ids_whatever_was_there_before(
    few: Path, few_built: tuple[Path, RunOutcome]
) -> None:
    first = few_built[1].release
    assert first is not None
    # The first run found no registry of ids, the second one does. Without a release beside it it has to publish.
    shutil.rmtree(few / "processed" / "releases")
    (few / "processed" / "current").unlink()
    second = build(few, *FEW, afresh=True).release
    assert second is not None
    assert (first / "SHA256SUMS").read_text() == (second / "SHA256SUMS").read_text()
    assert diff(first, second).empty


def test_a_missing_source_costs_itself_and_yesterdays_records_stay(few: Path) -> None:
    (few / "raw" / "sample" / "osm" / "opole.osm").unlink()
    outcome = build(few, *FEW)
    opole = next(region for region in outcome.regions if region.region == "opole")
    assert outcome.exit_code == 1
    assert [(fact.source, fact.state) for fact in opole.failed_sources] == [("osm", "stale")]
    assert "opole" in str(opole.failed_sources[0].message)
    assert opole.failed_sources[0].counts.records_in > 0
    assert all(region.is_whole for region in outcome.regions if region.region != "opole")
    assert outcome.release is not None
    assert ask(outcome.release, "SELECT state FROM sources WHERE source = 'osm'") == [("stale",)]


@pytest.mark.parametrize("nothing_kept_of", ["opole", pytest.param("", marks=pytest.mark.slow)], ids=["it", "any"])
def test_a_region_without_any_source_leaves_the_others(few: Path, nothing_kept_of: str) -> None:
    shutil.rmtree(few / "processed" / "regions" / nothing_kept_of)
    (few / "raw" / "sample" / "osm" / "opole.osm").unlink()
    for path in (few / "raw" / "sample" / "partners").glob("opole*.csv"):
        path.unlink()
    outcome = build(few, *FEW)
    assert outcome.exit_code == 1
    failed = next(region for region in outcome.regions if not region.is_whole)
    assert (failed.region, failed.state) == ("opole", "failed")
    assert "opole" in str(failed.message)
    assert outcome.release is not None
    assert {region for (region,) in ask(outcome.release, "SELECT region FROM regions")} == {*FEW} - {"opole"}


def test_one_bad_row_is_rejected_with_its_line_and_all_others_are_in(
    few: Path, few_built: tuple[Path, RunOutcome]
) -> None:
    path = few / "raw" / "sample" / "partners" / "limburg_erfgoed.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    before = few_built[1].counts
    path.write_text("\n".join([*lines, "torn"]) + "\n", encoding="utf-8")
    outcome = build(few, *FEW)
    assert outcome.counts.records_in == before.records_in + 1
    assert outcome.counts.in_sites == before.in_sites
    assert outcome.counts.rejected == before.rejected + 1
    assert outcome.release is not None
    rows = ask(outcome.release, "SELECT place, reason, detail FROM rejected WHERE source = 'limburg_erfgoed'")
    assert any(
        place == f"limburg_erfgoed.csv line {len(lines) + 1}" and reason == "bad_row" for place, reason, _ in rows
    )


def test_one_region_alone_keeps_the_others_as_their_own_last_run_left_them(few: Path) -> None:
    (few / "raw" / "sample" / "boundaries" / "opole.geojson").write_text("torn")
    assert build(few, "opole", "zwickau").exit_code == 1
    outcome = build(few, "limburg")
    assert [region.region for region in outcome.regions] == ["limburg"]
    assert not outcome.is_new
    assert outcome.exit_code == 0
    assert outcome.release is not None
    states = dict(ask(outcome.release, "SELECT region, state FROM regions"))
    assert states == {**dict.fromkeys(FEW, "fresh"), "opole": "stale"}
    assert "opole.geojson" in ask(outcome.release, "SELECT message FROM regions WHERE region = 'opole'")[0][0]


def test_nothing_of_the_sample_is_in_a_release_of_real_data(few: Path) -> None:
    """Seven regions of the sample stood among real ones, and its records in place of a file that could not be read."""
    raw, told = few / "raw", []
    for kind in ("osm", "boundaries"):
        (raw / kind).mkdir()
        for own in (raw / "sample" / kind).glob("zwickau.*"):
            shutil.copy(own, raw / kind)
    extract = raw / "osm" / "zwickau.osm"
    extract.write_text(extract.read_text().replace("99000", "10001"))
    (raw / "osm" / "opole.osm").write_text("torn")
    shutil.copy(raw / "sample" / "boundaries" / "opole.geojson", raw / "boundaries")
    outcome = run_all((), open_run(few, say=told.append))
    assert outcome.release is not None
    assert ask(outcome.release, "SELECT region, title, state FROM regions") == [
        ("zwickau", "Landkreis Zwickau", "fresh"),
    ]
    assert outcome.n_changes is None, "what the sample had is not gone"
    (aside,) = (few / "processed").glob("of-sample-*")
    assert {path.name for path in (aside / "regions").iterdir()} == {*FEW}
    before, now = (pd.read_parquet(folder / "registry.parquet") for folder in (aside, few / "processed"))
    assert len(now) > 0
    assert set(now["record_key"]).isdisjoint(before["record_key"])
    assert now["succeeds"].isna().all(), "real works of the same names and places are others than those of the sample"
    assert sum(str(aside) in line for line in told) == 1
    run_all((), open_run(few, say=told.append))
    assert sum("from the sample" in line for line in told) == 1, "it is put aside once"


def test_a_release_that_breaks_a_promise_is_not_published(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inducult_geo.releasing import release as releasing

    before = current_release(open_run(few).folder)
    written = releasing.write_release

    def spoil(bundle, folder, manifest) -> None:
        written(bundle, folder, manifest)
        with (folder / "README.txt").open("a") as handle:
            handle.write("altered")

    monkeypatch.setattr(releasing, "write_release", spoil)
    with (few / "raw" / "sample" / "partners" / "limburg_erfgoed.csv").open("a", encoding="utf-8") as file:
        file.write("torn\n")
    with pytest.raises(ReleaseError, match="SHA256SUMS"):
        build(few, *FEW)
    assert current_release(open_run(few).folder) == before


def test_without_any_data_the_message_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no region has data"):
        build(tmp_path / "data")


WIDE = """
id = "slovenia"
countries = ["SI"]
files = ["list.csv"]
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
accuracy_m = 10
[columns]
key = "nr"
name = "name"
"""


def chosen(data: Path, said: list[str] | None = None) -> list[str]:
    run = open_run(data) if said is None else open_run(data, say=said.append)
    return [region.id for region in choose_regions([], run)]


def test_a_list_of_a_country_is_data_of_its_outlined_regions_only(tmp_path: Path, repository: Path) -> None:
    data = tmp_path / "data"
    partners, outlines = data / "raw" / "partners", data / "raw" / "boundaries"
    partners.mkdir(parents=True)
    outlines.mkdir()
    (partners / "wide.toml").write_text(WIDE)
    with pytest.raises(ConfigError, match="no region has data"):
        chosen(data)
    (partners / "list.csv").write_text("nr,name,lon,lat\n1,HE Moste,14.136,46.409\n")
    with pytest.raises(
        ConfigError, match=r"Of slovenia a region takes its share once its outline is in .*boundaries: gorenjska\.$"
    ):
        chosen(data)
    for name in ("gorenjska", "opole"):
        shutil.copy(repository / "data" / "raw" / "sample" / "boundaries" / f"{name}.geojson", outlines)
    assert chosen(data) == ["gorenjska"], "opole has an outline, and the list is not about Poland"
    said: list[str] = []
    (partners / "wide.toml").write_text(WIDE.replace('["SI"]', '["SI", "AT", "CZ"]'))
    assert chosen(data, said) == ["gorenjska"]
    assert len(said) == 1
    assert said[0].endswith("once its outline is in " + str(outlines) + ": karlovy-vary, leoben.")
    (partners / "wide.toml").write_text(WIDE)
    assert chosen(data, said) == ["gorenjska"]
    assert len(said) == 1, "nothing waits"
    outcome = build(data)
    assert (outcome.exit_code, [one.region for one in outcome.regions]) == (0, ["gorenjska"])
    (outlines / "gorenjska.geojson").unlink()
    assert chosen(data) == ["gorenjska"], "its outline is kept from the run"
    (partners / "wide.toml").write_text(WIDE.replace('countries = ["SI"]', ""))
    assert chosen(data) == ["gorenjska", "opole"], "a list of anywhere may hold something of every outlined region"
    (data / "raw" / "osm").mkdir()
    (data / "raw" / "osm" / "opole.osm.pbf").touch()
    assert chosen(data) == ["gorenjska", "opole"], "and each is one, be it that it has data of its own"


def test_a_dated_copy_of_a_list_of_a_country_is_data_too(tmp_path: Path, repository: Path) -> None:
    data = tmp_path / "data"
    partners, outlines = data / "raw" / "partners", data / "raw" / "boundaries"
    partners.mkdir(parents=True)
    outlines.mkdir()
    shutil.copy(repository / "data" / "raw" / "sample" / "boundaries" / "gorenjska.geojson", outlines)
    (partners / "wide.toml").write_text(WIDE)
    # So `inducult fetch` keeps what it brings.
    (partners / "list-2026-11-20.csv").write_text("nr,name,lon,lat\n1,HE Moste,14.136,46.409\n")
    assert chosen(data) == ["gorenjska"]


def test_a_region_without_outline_says_where_to_put_one(tmp_path: Path, repository: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
    (data / "raw" / "sample" / "boundaries" / "leoben.geojson").unlink()
    with pytest.raises(RegionError, match=r"the region has no outline.*leoben\.geojson"):
        build(data, "leoben")


def test_a_region_where_nothing_is_found_is_an_answer(tmp_path: Path, repository: Path) -> None:
    data = tmp_path / "data"
    for folder in ("osm", "boundaries"):
        (data / "raw" / folder).mkdir(parents=True)
    shutil.copy(repository / "data" / "raw" / "sample" / "osm" / "zwickau.osm", data / "raw" / "osm" / "zwickau.osm")
    corner = [[12.2, 50.5], [12.21, 50.5], [12.21, 50.51], [12.2, 50.51], [12.2, 50.5]]
    outline = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [corner]}}
    text = json.dumps({"type": "FeatureCollection", "features": [outline]})
    (data / "raw" / "boundaries" / "zwickau.geojson").write_text(text)
    outcome = build(data, "zwickau")
    assert outcome.exit_code == 0
    assert (outcome.counts.records_in, outcome.n_sites) == (0, 0)
    assert outcome.release is not None
    assert all(finding.ok for finding in verify(outcome.release))


@pytest.mark.slow
def test_liechtenstein_with_its_boundary_out_of_the_extract(tmp_path: Path, shared: Path) -> None:
    catalog = tmp_path / "catalog" / "regions"
    catalog.mkdir(parents=True)
    (catalog / "liechtenstein.toml").write_text(
        'id = "liechtenstein"\ntitle = "Liechtenstein"\ncountry = "LI"\nlanguages = ["de"]\n'
        'timezone = "Europe/Vaduz"\nbbox = [9.4, 47.0, 9.7, 47.3]\n[boundary]\n"ISO3166-1" = ["LI"]\n'
    )
    extract = shared / "data" / "osm" / "liechtenstein-2024-03.osm.pbf"
    run = open_run(tmp_path / "data", catalogs=[tmp_path / "catalog"], osm_file=extract)
    outcome = run_all(["liechtenstein"], run)
    assert outcome.exit_code == 0
    assert outcome.counts.records_in > 50
    assert outcome.release is not None
    (area_km2,) = ask(outcome.release, "SELECT area_km2 FROM regions")[0]
    assert area_km2 == pytest.approx(160.5, rel=0.01)


@pytest.mark.slow
def test_two_wide_sources_and_no_osm(tmp_path: Path, shared: Path) -> None:
    data = tmp_path / "data"
    for folder in ("partners", "boundaries"):
        (data / "raw" / folder).mkdir(parents=True)
    n_rows = 0
    for file in ("hotmaps.csv", "eutl.csv"):
        with (shared / "data" / "sites" / file).open(encoding="utf-8", newline="") as whole:
            heads, *rows = csv.reader(whole)
        # Every fourth row tells the same, in less time; `test_open_sources` reads them whole.
        rows = rows[::4]
        n_rows += len(rows)
        with (data / "raw" / "partners" / file).open("w", encoding="utf-8", newline="") as part:
            csv.writer(part).writerows([heads, *rows])
    for region in ("limburg", "opole", "zwickau"):
        shutil.copy(shared / "data" / "boundaries" / f"{region}.geojson", data / "raw" / "boundaries")
    outcome = build(data)
    assert outcome.exit_code == 0
    assert {one.region for one in outcome.regions} == {"limburg", "opole", "zwickau"}
    assert outcome.counts.records_in == n_rows > 5000
    assert outcome.n_sites > 10
    assert outcome.release is not None
    sites = gpd.read_file(outcome.release / "inducult.gpkg", layer="site_points")
    assert len(sites) == outcome.n_sites
    reasons = dict(ask(outcome.release, "SELECT reason, count(*) FROM rejected GROUP BY reason"))
    assert reasons == outcome.rejected_by_reason
    assert set(reasons) == {"no_coordinates", "outside_all_regions"} | ({"bad_coordinate"} & set(reasons))
    # Neither source's coordinates may leave the house: every place is the center of a grid cell.
    assert (sites.geometry.x % 1000 == 500).all()
    assert (sites["accuracy_m"] >= 707).all()


@pytest.fixture(scope="module")
def own_built(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Path, RunOutcome]:
    """The sample as a person's own files, a wide source beside them; and what the first run of two regions tells."""
    data = tmp_path_factory.mktemp("own") / "data"
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw", dirs_exist_ok=True)
    wide = data / "raw" / "partners" / "wide"
    wide.with_suffix(".toml").write_text(
        'id = "wide"\nfiles = ["wide.csv"]\nlicence = "CC0-1.0"\nattribution = "nobody"\n'
        '[place]\ncrs = "EPSG:4326"\nx = "lon"\ny = "lat"\naccuracy_m = 100\n[columns]\nkey = "id"\nname = "name"\n'
    )
    rows = "id,name,lon,lat,odd\n1,Glashütte Nirgendwo,12.5,50.7,x\n2,Far away,2.0,48.0,y\n"
    wide.with_suffix(".csv").write_text(rows)
    return data, build(data, "zwickau", "leoben")


@pytest.fixture
def own(tmp_path: Path, own_built: tuple[Path, RunOutcome]) -> tuple[Path, RunOutcome]:
    """A copy of that data folder, to be spoiled."""
    return Path(shutil.copytree(own_built[0], tmp_path / "data", symlinks=True)), own_built[1]


@pytest.mark.slow
def test_a_wide_file_that_breaks_costs_itself_and_its_records_stay(own: tuple[Path, RunOutcome]) -> None:
    data, first = own
    assert first.exit_code == 0
    assert any("columns that the contract does not mention: odd" in problem.message for problem in first.noticed)
    assert first.rejected_by_reason["outside_all_regions"] == 1
    (data / "raw" / "partners" / "wide.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    second = build(data, "zwickau", "leoben")
    assert second.exit_code == 1
    assert second.counts == first.counts
    assert second.release is not None
    assert ask(second.release, "SELECT state FROM sources WHERE source = 'wide'") == [("stale",)]


def test_a_slip_in_a_contract_costs_its_own_source_alone(own: tuple[Path, RunOutcome]) -> None:
    """It ended the night of all regions."""
    data, first = own
    contract = data / "raw" / "partners" / "zwickau_industriekultur.toml"
    assert (first.exit_code, first.failures) == (0, ())
    text = contract.read_text(encoding="utf-8")
    contract.write_text('colour = "red"\n' + text, encoding="utf-8")
    contract.with_name("new.toml").write_text("id = \n", encoding="utf-8")
    second = build(data, "zwickau", "leoben")
    assert second.exit_code == 1
    assert (second.counts, second.n_sites) == (first.counts, first.n_sites)
    states = {one.region: one.is_whole for one in second.regions}
    assert states == {"zwickau": False, "leoben": True}
    slip, unread = second.failures
    assert slip.startswith("zwickau_industriekultur in zwickau (")
    assert "unknown key 'colour'" in slip
    assert unread.startswith("new.toml (")
    assert "not valid TOML" in unread
    # Nobody has to wait for the next good night: a second one with the same slip is told of it as well.
    assert build(data, "zwickau", "leoben").failures == second.failures
    contract.write_text(text, encoding="utf-8")
    contract.with_name("new.toml").unlink()
    assert json.loads((data / "processed" / "declared.json").read_text())["partners/zwickau_industriekultur.toml"]
    third = build(data, "zwickau", "leoben")
    assert (third.exit_code, third.counts) == (0, first.counts)


def test_a_name_without_end_stops_no_release(tmp_path: Path, repository: Path) -> None:
    """Python's limit of a cell, which a CSV of the release then broke, ended the night of all regions."""
    data = tmp_path / "data"
    outline = data / "raw" / "boundaries" / "zwickau.geojson"
    outline.parent.mkdir(parents=True)
    shutil.copyfile(repository / "data" / "raw" / "sample" / "boundaries" / "zwickau.geojson", outline)
    partners = data / "raw" / "partners"
    partners.mkdir()
    point = {"type": "Point", "coordinates": [12.49, 50.72]}
    feature = {"type": "Feature", "geometry": point, "properties": {"nr": "1", "name": "x" * 200_000}}
    (partners / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (partners / "a.toml").write_text(
        'id = "mine"\nregion = "zwickau"\nfiles = ["a.geojson"]\nlicence = "CC0-1.0"\n'
        '[place]\ngeometry = true\naccuracy_m = 10\n[columns]\nkey = "nr"\nname = "name"\n'
    )
    before = csv.field_size_limit(131_072)
    try:
        outcome = build(data)
        csv.field_size_limit(131_072)
        assert outcome.release is not None
        assert all(finding.ok for finding in verify(outcome.release))
    finally:
        csv.field_size_limit(before)
    assert (outcome.exit_code, outcome.n_sites) == (0, 1)


ROWS = "nr;nazwa;X;Y\nA-1;Huta Małapanew;311740,1;444341,0\nA-2;Cementownia Piast;313020,5;424010,2\n"
LIST = (
    'id = "list"\nregion = "opole"\nfiles = ["list.csv"]\nlicence = "{licence}"\nattribution = "nobody"\n'
    '[read]\ndecimal = ","\n[place]\nx = "Y"\ny = "X"\naccuracy_m = 20\n{crs}\n'
    '[columns]\nkey = "nr"\nname = "nazwa"\n'
)


@pytest.mark.slow
def test_a_first_list_of_which_all_is_asked_about_is_released_and_a_license_can_be_taken_back(
    tmp_path: Path, repository: Path
) -> None:
    """Two rows without a stated system wait for a person. A null is in no list but the empty one, says SQL: refused."""
    partners = tmp_path / "raw/partners"
    partners.mkdir(parents=True)
    shutil.copytree(repository / "data/raw/sample/boundaries", tmp_path / "raw/boundaries")
    (partners / "list.csv").write_text(ROWS, encoding="utf-8")
    contract = partners / "list.toml"
    contract.write_text(LIST.format(licence="CC0-1.0", crs=""))
    asked = build(tmp_path, "opole")
    assert asked.release is not None
    assert ask(asked.release, "SELECT in_sites, in_review FROM runs") == [(0, 2)]
    contract.write_text(LIST.format(licence="CC0-1.0", crs='crs = "EPSG:2180"\nreading = "as declared"'))
    settled = build(tmp_path, "opole")
    assert settled.release is not None
    assert ask(settled.release, "SELECT in_sites, in_review FROM runs") == [(2, 0)]
    contract.write_text(LIST.format(licence="unknown", crs='crs = "EPSG:2180"\nreading = "as declared"'))
    taken_back = build(tmp_path, "opole")
    assert taken_back.release is not None
    assert ask(taken_back.release, "SELECT sites, withheld FROM runs") == [(0, 2)]
    assert dict(status_of(open_run(tmp_path).folder, max_age_h=24).withheld) == {"list": 2}
    told = diff(settled.release, taken_back.release)
    assert told[["change", "cause"]].values.tolist() == [["gone", "list withheld"]] * 2


@pytest.mark.slow
def test_a_contract_that_names_a_relative_of_the_file_s_system_is_contradicted_by_other_sources(
    tmp_path: Path, repository: Path
) -> None:
    shutil.copytree(repository / "data/raw/sample", tmp_path / "raw/sample")
    contract = tmp_path / "raw/sample/partners/gorenjska_dediscina.toml"
    text = contract.read_text(encoding="utf-8").replace('"EPSG:3912"', '"EPSG:3794"').replace("= 500\n", "= 30\n")
    contract.write_text("\n".join(line for line in text.splitlines() if not line.startswith('accuracy_m = "')))
    (region,) = build(tmp_path, "gorenjska").regions
    assert region.stage is not None
    (told,) = [one for one in region.stage.problems if " lie some " in one]
    assert told.startswith(
        "gorenjska_dediscina: of 8 records that other sources place, too, 6 lie some 610 m south-east"
    )
    assert "Read as EPSG:3912 (MGI 1901 / Slovene National Grid) and not as EPSG:3794" in told


def test_a_region_of_which_nothing_can_be_read_names_what_can_be_mended_alone(tmp_path: Path, repository: Path) -> None:
    """It stood as one of a dozen, the others being open data sets of which nobody had put a file there."""
    partners = tmp_path / "raw/partners"
    partners.mkdir(parents=True)
    shutil.copytree(repository / "data/raw/sample/boundaries", tmp_path / "raw/boundaries")
    (partners / "list.csv").write_text("numer;nazwa;X;Y\nA-1;Huta;311740,1;444341,0\n", encoding="utf-8")
    (partners / "list.toml").write_text(LIST.format(licence="CC0-1.0", crs='crs = "EPSG:2180"'))
    with pytest.raises(RegionError) as told:
        build(tmp_path, "opole")
    start = (
        f"no region could be built, nothing is published. opole: no source could be read. {partners / 'list.csv'}: no"
    )
    assert str(told.value).startswith(start)
    assert "not there" not in str(told.value)
    (partners / "list.csv").unlink()
    with pytest.raises(RegionError, match=r"no source could be read\. list: list\.csv is missing beside list\.toml\.$"):
        build(tmp_path, "opole")
    shutil.rmtree(partners)
    with pytest.raises(RegionError, match=r"No file of any is there: put an extract into raw/osm/ \(opole\.osm\.pbf\)"):
        build(tmp_path, "opole")


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """All partners' sites left the release in silence where their folder lost its rights, as after a restore."""
    homes = [tmp_path / name / "raw" / name for name in ("partners", "osm")]
    for home in homes:
        home.mkdir(parents=True)
    # Root may read all; without these capabilities it is as any other user.
    as_user = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if as_user and shutil.which(as_user[0]) is None:
        pytest.skip("needs setpriv of util-linux")
    code = (
        "import sys\nfrom pathlib import Path\nfrom inducult_geo.errors import ConfigError\n"
        "from inducult_geo.run import open_run\n"
        "for data in sys.argv[1:]:\n    try:\n        open_run(Path(data))\n"
        "    except ConfigError as problem:\n        print(problem)\n"
    )
    command = [*as_user, sys.executable, "-c", code, *(str(home.parent.parent) for home in homes)]
    for home in homes:
        home.chmod(0)
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    finally:
        for home in homes:
            home.chmod(0o755)
    assert told.returncode == 0, told.stderr
    for line, home in zip(told.stdout.splitlines(), homes, strict=True):
        assert line.startswith(f"{home}: cannot be read: Permission denied. Give this program the right to read it.")
    for home in homes:
        open_run(home.parent.parent)
