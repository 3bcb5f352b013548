"""A whole release keeps every promise; each fault that is planted is found by the promise that it breaks."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import rasterio
from bundles import contracts, small_bundle
from faults import COLUMNS, EXPLAINED, FAULTS, LAYERS, LISTED, SAID, STYLES, SUMS, sql
from faults import _project as in_project
from typer.testing import CliRunner

from inducult_geo.cli import app
from inducult_geo.errors import ReleaseError
from inducult_geo.opening.release import Release
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.compared.changes import CHANGE_COLUMNS, diff
from inducult_geo.publish.compared.opened import Opened, looked_at, tables_alone
from inducult_geo.publish.promises import content as content
from inducult_geo.publish.promises import files as files
from inducult_geo.publish.promises import gpkg as gpkg
from inducult_geo.publish.promises import research as research
from inducult_geo.publish.promises import web as web
from inducult_geo.publish.promises.verify import PROMISES, Finding, verify
from inducult_geo.publish.release import write_release, write_sums
from inducult_geo.releasing.assemble import with_surfaces
from inducult_geo.releasing.withholding import for_release

NAMES = [*PROMISES]


def _public(bundle: Bundle) -> Bundle:
    """The small bundle as a run would give it: real site ids, a license on every record, nothing withheld in it."""
    ids = {old: f"IC-{number:04d}-X" for number, old in enumerate(bundle.sites["site_id"])}
    licences = dict(zip(bundle.sources["source"], bundle.sources["licence"], strict=True))

    def renamed(frame, *columns):
        return frame.assign(**{name: frame[name].map(ids).astype("str") for name in columns})

    records = renamed(bundle.records, "site_id")
    changed = dataclasses.replace(
        bundle,
        sites=renamed(bundle.sites, "site_id"),
        records=records.assign(licence=records["source"].map(licences).astype("str")),
        pairs=renamed(bundle.pairs, "left_site", "right_site"),
        review=renamed(bundle.review, "left_site", "right_site"),
        former=renamed(bundle.former, "merged_into"),
    )
    public = with_surfaces(for_release(changed, contracts()))
    new = public.sites.iloc[[10]]
    told = pd.DataFrame({name: pd.Series([None], dtype=kind) for name, kind in CHANGE_COLUMNS.items()})
    told = told.assign(change="new", site_id=new["site_id"].iloc[0], name=new["name"].iloc[0], cause="osm appeared")
    places = gpd.GeoSeries(new.geometry.representative_point().to_list(), crs=new.crs)
    return dataclasses.replace(public, changes=gpd.GeoDataFrame(told, geometry=places))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "release"
    folder.mkdir()
    bundle = _public(small_bundle())
    keys = {"schema_version": "1", "version": "0.1.0", "is_sample": True, "regions": {}}
    write_release(bundle, folder, keys | {"run": dict(bundle.run)})
    return folder


@pytest.fixture(autouse=True, scope="module")
def _parsed_once() -> Iterator[None]:
    """Each fault leaves most of a release as it was: XML and pages, half of the time, are parsed once for all."""
    pages: dict[bytes, web.Page] = {}

    def page(path: Path, read: type[web.Page] = web.Page) -> web.Page:
        told = path.read_bytes()
        if told not in pages:
            pages[told] = read(path)
        return pages[told]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpkg, "_parse", functools.lru_cache(64)(gpkg._parse))
        patch.setattr(web, "Page", page)
        yield


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "release"))


def _broken(release: Path) -> dict[str, Finding]:
    """Verify with the hashes brought up to date, so that only the planted fault is found."""
    write_sums(release)
    return {finding.promise: finding for finding in verify(release) if not finding.ok}


def _listing_elsewhere(release: Path) -> None:
    sums = release / "SHA256SUMS"
    sums.write_text(sums.read_text() + f"{hashlib.sha256(b'').hexdigest()}  ../../etc/passwd\n")


def test_a_whole_release_keeps_every_promise(whole: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="inducult_geo"):
        found = verify(whole)
    assert [finding for finding in found if not finding.ok] == []
    assert [finding.promise for finding in found] == NAMES
    assert f"checking promise 2 of {len(NAMES)}: {NAMES[1]}" in caplog.messages, "and it tells how far it is"


def test_a_release_of_the_least_that_there_can_be_keeps_every_promise(tmp_path: Path) -> None:
    """Nothing rejected, compared, asked or changed, no outline; and an empty folder is no file."""
    public = _public(small_bundle())
    sites = public.sites[public.sites["area_m2"].isna()]
    records = public.records[public.records["site_id"].isin(sites["site_id"])]
    sites = sites[sites["site_id"].isin(records["site_id"])].assign(n_review=0)
    counted = {"in_review": 0, "rejected": 0}
    sources, regions = (
        frame.assign(**counted)[frame[key].isin(records[key])].assign(
            records_in=lambda told, key=key: told[key].map(records[key].value_counts()),
            in_sites=lambda told, key=key: told[key].map(records[key].value_counts()),
        )
        for frame, key in ((public.sources, "source"), (public.regions, "region"))
    )
    regions = regions.assign(sites=regions["region"].map(sites["region"].value_counts()))
    totals = {"records_in": len(records), "in_sites": len(records), "sites": len(sites), "withheld": 0, **counted}
    bare = dataclasses.replace(
        public,
        sites=sites,
        records=records,
        sources=sources,
        regions=regions,
        changes=None,
        pairs=public.pairs.iloc[:0],
        review=public.review.iloc[:0],
        run={**public.run, **totals},
        surfaces={},
    )
    write_release(
        bare, tmp_path, {"schema_version": "1", "version": "0", "is_sample": True, "regions": {}, "run": bare.run}
    )
    (tmp_path / "folder").mkdir()
    assert [finding for finding in verify(tmp_path) if not finding.ok] == []
    exported = CliRunner().invoke(app, ["review", "export", str(tmp_path), "--out", str(tmp_path / "folder" / "q.csv")])
    assert "0 open questions" in exported.output
    assert "There is nothing to answer." in exported.output


def test_nothing_is_changed_by_looking(release: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in release.rglob("*")}
    verify(release)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in release.rglob("*")} == before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_the_promise_that_it_breaks(release: Path, fault: str) -> None:
    plant, promises, says = FAULTS[fault]
    plant(release)
    broken = _broken(release)
    assert set(broken) == set(promises)
    assert any(says in finding.detail for finding in broken.values()), broken


def test_every_promise_is_broken_by_some_fault() -> None:
    broken = {promise for _, promises, _ in FAULTS.values() for promise in promises}
    assert broken == set(NAMES) - {SUMS}, "SHA256SUMS has tests of its own, below"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: (r / "README.txt").write_text("other"), "README.txt is not what SHA256SUMS says"),
        (lambda r: (r / "more.txt").write_text("more"), "more.txt is not listed"),
        (lambda r: (r / "sub").mkdir() or (r / "sub/SHA256SUMS").write_text("more"), "sub/SHA256SUMS is not listed"),
        (lambda r: (r / "README.txt").unlink(), "README.txt is listed in SHA256SUMS but missing"),
        (
            _listing_elsewhere,
            "../../etc/passwd is listed in SHA256SUMS but missing",
        ),
        (lambda r: (r / "SHA256SUMS").unlink(), "cannot be checked"),
    ],
)
def test_an_altered_folder_is_seen(release: Path, change: Callable[[Path], object], says: str) -> None:
    change(release)
    (finding,) = [finding for finding in verify(release) if finding.promise == SUMS]
    assert not finding.ok
    assert says in finding.detail


def test_where_a_file_is_missing_no_promise_speaks_in_codes(release: Path) -> None:
    (release / "sites.parquet").unlink()
    told = [finding.detail for finding in verify(release) if not finding.ok]
    assert "sites.parquet is missing" in told
    assert "cannot be checked: a file that it needs is missing" in told
    assert not any("Errno" in detail for detail in told)


def test_sums_agree_with_sha256sum_of_the_system(whole: Path) -> None:
    listed = dict(line.split("  ")[::-1] for line in (whole / "SHA256SUMS").read_text().splitlines())
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in whole.iterdir()
        if path.name != "SHA256SUMS"
    }


@pytest.mark.parametrize(
    "spoil", ["no folder", "empty folder", "no database", "empty database", "text", "cut", "zeros"]
)
def test_a_spoiled_folder_gives_reasons_never_a_crash(release: Path, spoil: str) -> None:
    path = release / "inducult.gpkg"
    whole = path.read_bytes()
    contents = {"empty database": b"", "text": b"hello", "cut": whole[: len(whole) // 3]}
    if spoil in contents:
        path.write_bytes(contents[spoil])
    elif spoil == "zeros":
        path.write_bytes(whole[:5000] + bytes(60_000) + whole[65_000:])
    elif spoil == "no database":
        path.unlink()
    else:
        shutil.rmtree(release)
        if spoil == "empty folder":
            release.mkdir()
    found = verify(release)
    assert [finding.promise for finding in found] == NAMES
    assert not all(finding.ok for finding in found)
    assert all(finding.detail for finding in found if not finding.ok)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, i AS site_id FROM n"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (f"DROP TABLE review; CREATE VIEW review AS {ENDLESS}", "review"),
        (f"ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS {ENDLESS} WHERE fid < 0", "runs"),
        ("ALTER TABLE runs ADD COLUMN more TEXT AS (hex(zeroblob(400000000)))", "runs.more"),
    ],
)
def test_a_query_inside_the_file_is_not_waited_for(release: Path, change: str, name: str) -> None:
    with closing(sqlite3.connect(release / "inducult.gpkg")) as con:
        con.executescript(change)
    write_sums(release)
    broken = [finding for finding in verify(release) if not finding.ok]
    assert len(broken) > 10
    told = broken[0].detail
    assert f"inducult.gpkg: '{name}' is produced by a query inside the file. No release contains such queries" in told
    with pytest.raises(ReleaseError, match="produced by a query inside the file"):
        _ = Release(release).review
    with pytest.raises(ReleaseError, match="produced by a query inside the file"):
        diff(release, release)


@pytest.mark.parametrize("ask", ["SELECT count(*) FROM n", "SELECT i FROM n WHERE i < 0"])
def test_a_query_that_does_not_end_is_broken_off(release: Path, monkeypatch: pytest.MonkeyPatch, ask: str) -> None:
    monkeypatch.setattr("inducult_geo.publish.compared.opened.QUERY_SECONDS", 0.3)
    endless = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) {ask}"
    opened = Opened(release)
    for asked in (opened.rows, opened.one):
        with pytest.raises(ReleaseError, match="reading it does not end within 0 s: it is damaged, or was altered"):
            asked(endless)
    assert opened.one("SELECT count(*) FROM site_points") > 0, "the next query has its own time"
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        opened.rows("SELECT * FROM nowhere")
    clock = opened._clock
    opened.close()
    assert clock.ended.is_set(), "a service that verifies each night keeps no thread of each"


@pytest.mark.parametrize("endless", ["<a ", "<!--x>", "<![CDATA[>"])
def test_a_page_whose_reading_does_not_end_is_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endless: str
) -> None:
    monkeypatch.setattr("inducult_geo.publish.compared.opened.QUERY_SECONDS", 0.2)
    page = tmp_path / "index.html"
    page.write_text("<body>" + endless * 300_000, encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"^index\.html: reading it does not end within 0 s"):
        web.Page(page)


UNREADABLE = (
    "PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES ('table', 'aa', 'aa', 0, "
    "'CREATE VIRTUAL TABLE aa USING nomodule(x)')"
)

NO_TEXT = b'CREATE VIEW "v\xff" AS ' + ENDLESS.encode()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (f"CREATE VIEW v AS {ENDLESS}; {UNREADABLE}", "v"),
        (f"ALTER TABLE runs ADD COLUMN more TEXT AS (hex(zeroblob(400000000))); {UNREADABLE}", "runs.more"),
        ("PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES ('view', CAST(x'76FF' AS TEXT), "
         f"CAST(x'76FF' AS TEXT), 0, CAST(x'{NO_TEXT.hex()}' AS TEXT))", "v\ufffd"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_hides_no_query_inside_the_file(release: Path, change: str, name: str) -> None:
    """One table of an unknown kind, or a name that is no text, and all views passed."""
    with closing(sqlite3.connect(release / "inducult.gpkg")) as con:
        con.executescript(change)
    with pytest.raises(ReleaseError, match=f"'{name}' is produced by a query inside the file"):
        tables_alone(release / "inducult.gpkg")


def test_many_faults_of_one_kind_are_told_shortly(release: Path) -> None:
    sql("DELETE FROM gpkg_data_columns")(release)
    detail = _broken(release)[COLUMNS].detail
    assert detail.endswith("and more")
    assert len(detail) < 400


def test_a_release_that_somebody_began_to_edit_in_qgis_is_told_as_such(release: Path) -> None:
    """QGIS sets the journal mode, and puts it back: no row is touched, but the header counts it."""
    for mode in ("WAL", "DELETE"):
        with closing(sqlite3.connect(release / "inducult.gpkg")) as con:
            con.execute(f"PRAGMA journal_mode = {mode}")
        with closing(looked_at(release / "inducult.gpkg")) as con:
            con.execute("SELECT count(*) FROM site_points").fetchone()
            assert _told(files.files_are_there, release) == []
    (told,) = _told(files.sums_match, release)
    assert "Editing that is begun in QGIS does so" in told


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_side_file_of_the_database_is_told(release: Path, suffix: str) -> None:
    (release / f"inducult.gpkg{suffix}").touch()
    assert [fault.split(" lies")[0] for fault in _told(files.files_are_there, release)] == [f"inducult.gpkg{suffix}"]


def test_sums_in_the_ways_of_other_programs_are_read(release: Path) -> None:
    """In capitals, or with the star of binary files: what `sha256sum -b` and Windows write."""
    sums = release / "SHA256SUMS"
    pairs = [line.split("  ", 1) for line in sums.read_text().splitlines()]
    sums.write_text("".join(f"{digest.upper()} *{name}\n" for digest, name in pairs))
    assert _told(files.sums_match, release) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (sql("UPDATE regions SET sites = sites + 1 WHERE fid = 1"), "regions"),
        (sql("UPDATE runs SET sites = sites + 1"), "runs"),
        (lambda folder: (folder / "sites.csv").write_text("site_id\nIC-1\n"), "sites.csv"),
        (lambda folder: (folder / "sites.pmtiles").unlink(), "sites.pmtiles"),
    ],
    ids=["regions", "runs", "sheet", "tiles"],
)
def test_each_place_that_tells_the_number_of_sites_is_asked(
    release: Path, change: Callable[[Path], object], says: str
) -> None:
    assert _told(files.number_of_sites_is_one, release) == []
    change(release)
    (told,) = _told(files.number_of_sites_is_one, release)
    numbers = dict(part.rsplit(" ", 1) for part in told.removeprefix("the number of sites differs: ").split(", "))
    assert [name for name, number in numbers.items() if number != numbers["site_points"]] == [says]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("longitude", value) for value in ("180.1", "-180.1", "", "5e")),
        *(("latitude", value) for value in ("90.1", "-90.1", "")),
    ],
)
def test_a_site_that_is_not_on_the_globe_is_told(release: Path, column: str, value: str) -> None:
    path = release / "sites.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table.loc[0, column] = value
    table.to_csv(path, index=False)
    assert "1 sites of sites.csv have no longitude and latitude" in _told(research.csv_holds_the_sites, release)


@pytest.mark.parametrize("replaced", [True, False])
def test_a_site_that_stands_twice_in_the_sheet_is_told(release: Path, replaced: bool) -> None:
    """Once in the place of another one, so that the number of rows is right, and once beside all."""
    path = release / "sites.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    pd.concat([table.iloc[1:] if replaced else table, table.iloc[[1]]]).to_csv(path, index=False)
    (told,) = _told(research.csv_holds_the_sites, release)
    sites, rows = (len(table) - 1, len(table)) if replaced else (len(table), len(table) + 1)
    assert told == f"sites.csv has {rows} rows of {sites} sites, site_points {len(table)}"


SURFACES = [f"density_{what}{size}.tif" for what in ("monuments", "production") for size in ("", "_250m")]


@pytest.mark.parametrize("name", SURFACES)
def test_each_surface_is_summed_and_asked_for_its_grid(release: Path, name: str) -> None:
    with rasterio.open(release / name, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        raster.write(raster.read() * 1.01)
        raster.crs = "EPSG:3034"
    told = _told(research.densities_count_the_sites, release)
    assert [fault.split(" sites")[0].rsplit(" ", 1)[0] for fault in told[:1]] == [f"{name} integrates to"]
    assert told[1:] == [f"{name} is not on the EEA grid in EPSG:3035"]


def test_hostile_names_in_a_file_are_only_names(release: Path) -> None:
    """Table and column names come out of the file: they must not be run as SQL."""
    odd = 'x"; DROP TABLE runs; --'
    quoted = '"' + odd.replace('"', '""') + '"'
    with closing(sqlite3.connect(release / "inducult.gpkg")) as con, con:
        con.execute(f"CREATE TABLE {quoted} (fid INTEGER PRIMARY KEY, {quoted} TEXT)")
        con.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES (?, 'attributes')", (odd,))
        con.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, constraint_name) VALUES (?, ?, 'aspect')",
            (odd, odd),
        )
        con.execute(f"INSERT INTO {quoted} VALUES (1, 'ruin')")
    broken = _broken(release)
    assert set(broken) == {LAYERS, COLUMNS, SAID, STYLES, LISTED, EXPLAINED}
    assert odd in broken[LISTED].detail


@pytest.fixture
def package(whole: Path, tmp_path: Path) -> Path:
    """The database alone: what one promise says of it costs no whole release."""
    shutil.copy(whole / "inducult.gpkg", tmp_path)
    return tmp_path


def _told(promise: Callable[[Opened], Iterator[str]], folder: Path) -> list[str]:
    opened = Opened(folder)
    try:
        return [*promise(opened)]
    finally:
        opened.close()


TABLES = ("site_points", "site_areas", "source_records", "rejected")
IN_EACH_TABLE = [
    (content.accuracies_are_positive, "accuracy_m = 0", "1 rows of {} with an accuracy that is not positive", TABLES),
    (content.accuracies_are_positive, "accuracy_m = -3", "1 rows of {} with an accuracy that is not positive", TABLES),
    (content.rights_are_kept, "licence = ' '", "1 rows of {} without a license", TABLES),
    (content.rights_are_kept, "licence = NULL", "1 rows of {} without a license", TABLES),
    (content.rights_are_kept, "source = 'x'", "1 rows of {} of a source that may not be published", TABLES[2:]),
    (content.rights_are_kept, "source = NULL", "1 rows of {} of a source that may not be published", TABLES[2:]),
    (content.values_are_listed, "status = 'idle'", "{}.status: 'idle' is not in the list status", TABLES),
    (content.values_are_listed, "aspect = 'ruin'", "{}.aspect holds values outside monument", TABLES),
    (content.geometries_are_sound, "geom = x''", "1 geometries of {} are missing", TABLES[:3]),
]


@pytest.mark.parametrize(
    ("promise", "change", "says"),
    [
        pytest.param(promise, f"UPDATE {table} SET {change} WHERE fid = 1", says.format(table), id=f"{table} {change}")
        for promise, change, says, tables in IN_EACH_TABLE
        for table in tables
    ],
)
def test_a_promise_holds_for_every_table_that_it_is_about(
    package: Path, promise: Callable[[Opened], Iterator[str]], change: str, says: str
) -> None:
    assert _told(promise, package) == []
    sql(change)(package)
    told = _told(promise, package)
    assert any(fault.startswith(says) for fault in told), told


SOME_SITE = "WHERE fid = (SELECT min(fid) FROM source_records WHERE outcome = 'site')"
ANOTHER_S = "record_key = (SELECT record_key FROM rejected WHERE fid = 2)"
ONE_KEY = "record_key = (SELECT max(record_key) FROM source_records)"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (f"UPDATE source_records SET outcome = NULL {SOME_SITE}", "1 records whose outcome does not fit their site id"),
        (f"UPDATE source_records SET outcome = 'lost' {SOME_SITE}", "1 records whose outcome does not fit"),
        (f"UPDATE source_records SET outcome = 'review' {SOME_SITE}", "1 records whose outcome does not fit"),
        (f"UPDATE source_records SET site_id = NULL {SOME_SITE}", "1 records whose outcome does not fit"),
        (f"UPDATE source_records SET {ONE_KEY} WHERE fid = 1", "1 record keys that stand twice"),
        (f"UPDATE rejected SET {ONE_KEY} WHERE fid = 1", "1 keys of rejected records that stand twice"),
        (f"UPDATE rejected SET {ANOTHER_S} WHERE fid = 1", "1 keys of rejected records that stand twice"),
        ("UPDATE rejected SET record_key = NULL WHERE fid = 1", "1 rejected records that lack a key"),
        ("UPDATE rejected SET record_key = ' ' WHERE fid = 1", "1 rejected records that lack a key"),
        ("UPDATE changes SET change = 'merged' WHERE fid = 1", "1 sites told to be gone that still stand"),
        ("UPDATE changes SET site_id = NULL WHERE fid = 1", "1 changes of sites that should stand and do not"),
        (
            "UPDATE former_ids SET merged_into = 'IC-9' WHERE fid = 1",
            "1 former ids that still stand or lead to no site",
        ),
        ("UPDATE former_ids SET merged_into = NULL WHERE fid = 1", "1 former ids that still stand or lead to no site"),
        ("UPDATE former_ids SET site_id = merged_into WHERE fid = 1", "1 former ids that still stand"),
        ("UPDATE former_keys SET record_key = 'osm:none' WHERE fid = 1", "1 former keys that lead to no record"),
        ("UPDATE former_keys SET record_key = NULL WHERE fid = 1", "1 former keys that lead to no record"),
        ("UPDATE former_keys SET former_key = record_key WHERE fid = 1", "1 former keys that still stand"),
        ("UPDATE source_records SET record_key = NULL WHERE fid = 1", "1 records that lack a key"),
        ("UPDATE source_records SET record_key = '' WHERE fid = 1", "1 records that lack a key"),
        ("UPDATE rejected SET reason = ' ' WHERE fid = 1", "1 rejected records without a reason"),
        ("UPDATE site_points SET n_records = NULL WHERE fid = 1", "1 sites that miscount their records"),
        ("UPDATE site_points SET part_of = 'IC-9' WHERE fid = 1", "1 sites that are part of none that exists"),
        ("UPDATE site_points SET part_of = site_id WHERE fid = 1", "1 sites that are part of none that exists"),
        ("UPDATE site_areas SET site_id = NULL WHERE fid = 1", "1 outlines of no site that exists"),
        ("UPDATE site_areas SET site_id = 'IC-9' WHERE fid = 1", "1 outlines of no site that exists"),
        *(
            (f"UPDATE {table} SET {side}_site = 'IC-9' WHERE fid = 1", f"1 {what} no site that exists")
            for table, what in (("matches", "compared records of"), ("review", "open questions about"))
            for side in ("left", "right")
        ),
    ],
)
def test_a_record_that_is_lost_or_made_up_is_found_however_it_came_about(package: Path, change: str, says: str) -> None:
    """The law holds for what the file tells, whatever the counts beside it say."""
    assert _told(content.all_is_linked, package) == []
    sql(change)(package)
    assert any(fault.startswith(says) for fault in _told(content.all_is_linked, package))


def test_a_record_that_stands_twice_is_found_where_none_is_rejected(package: Path) -> None:
    """Of a layer without rows there is none in the file, and what asks it is not asked."""
    sql("DELETE FROM gpkg_contents WHERE table_name = 'rejected'")(package)
    assert _told(content.all_is_linked, package) == []
    sql(f"UPDATE source_records SET {ONE_KEY} WHERE fid = 1")(package)
    assert any(fault.startswith("1 record keys that stand twice") for fault in _told(content.all_is_linked, package))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("table", ["matches", "review"])
def test_a_record_that_stays_at_home_is_named_by_no_pair(package: Path, table: str, side: str) -> None:
    sql("INSERT INTO sources (source, title, publish) VALUES ('home', 'x', 0), ('untold', 'x', NULL)")(package)
    assert _told(content.rights_are_kept, package) == []
    for key in ("home:1:2", "untold:1"):
        sql(f"UPDATE {table} SET {side}_key = '{key}' WHERE fid = 1")(package)
        assert _told(content.rights_are_kept, package) == [
            f"1 rows of {table} that name a record of a source that may not be published"
        ]


def test_a_source_that_stays_at_home_in_one_region_may_leave_in_none(package: Path) -> None:
    sql("INSERT INTO sources (source, title, publish) VALUES ('register', 'x', 0)")(package)
    told = _told(content.rights_are_kept, package)
    assert any("rows of source_records of a source that may not be published" in fault for fault in told), told


@pytest.mark.parametrize(
    ("promise", "change", "says"),
    [
        (content.counts_add_up, "UPDATE runs SET withheld = coalesce(withheld, 0) + 1", "runs has "),
        (content.counts_add_up, "DELETE FROM runs", "the table runs does not have one row"),
        *(
            (
                content.site_ids_are_valid,
                f"UPDATE site_points SET site_id = '{site_id}' WHERE fid = 1",
                "1 site ids are malformed",
            )
            for site_id in ("IC-0-XX", "IC-0-")
        ),
    ],
)
def test_what_tells_too_much_is_told_as_what_tells_too_little(
    package: Path, promise: Callable[[Opened], Iterator[str]], change: str, says: str
) -> None:
    assert _told(promise, package) == []
    sql(change)(package)
    assert [fault for fault in _told(promise, package) if fault.startswith(says)]


def test_a_title_explains_no_column_and_a_schema_must_fit_what_is_there(release: Path) -> None:
    assert _told(research.dictionary_names_every_column, release) == []
    words, schema = release / "DICTIONARY.md", release / "schema.json"
    words.write_text(re.sub(r"(\| `nace` \|.*\|)[^|]+\|\n", r"\1 |\n", words.read_text(encoding="utf-8"), count=1))
    told = json.loads(schema.read_text(encoding="utf-8"))
    told["$defs"]["site"]["properties"]["n_records"]["type"] = "string"
    schema.write_text(json.dumps(told))
    one, other = _told(research.dictionary_names_every_column, release)
    assert one == "DICTIONARY.md does not explain site_points.nace"
    assert other.startswith("schema.json says n_records is a string, sites.parquet has int")


def test_a_surface_of_before_that_counts_what_is_closed_too_breaks_no_promise(release: Path) -> None:
    sql("UPDATE site_points SET status = 'disused' WHERE aspect IN ('factory', 'both')")(release)
    assert _told(research.densities_count_the_sites, release) == []


def test_an_accuracy_that_is_not_known_breaks_no_promise(package: Path) -> None:
    sql(*(f"UPDATE {table} SET accuracy_m = NULL" for table in TABLES))(package)
    assert _told(content.accuracies_are_positive, package) == []


@pytest.mark.parametrize("table", ["regions", "sources"])
@pytest.mark.parametrize("count", ["records_in", "in_sites", "in_review", "rejected"])
def test_each_count_of_each_table_is_checked_against_the_rows(package: Path, table: str, count: str) -> None:
    (name,) = _one(package, f"SELECT {table.removesuffix('s')} FROM {table} ORDER BY 1 LIMIT 1")
    other = "in_sites" if count != "in_sites" else "in_review"
    both = f"{count} = {count} + 1, {other} = {other} + {1 if count == 'records_in' else -1}"
    sql(f"UPDATE {table} SET {both} WHERE {table.removesuffix('s')} = '{name}'")(package)
    told = _told(content.counts_add_up, package)
    assert any(f"{table}: {name} says" in fault for fault in told), told
    assert not any(fault.startswith("runs") for fault in told), told


def _one(folder: Path, question: str) -> tuple[str, ...]:
    with closing(sqlite3.connect(folder / "inducult.gpkg")) as con:
        return con.execute(question).fetchone()


SEALED_PAGE = """<html><head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; {rules}"></head>
<body data-sites="1">{body}</body></html>"""


@pytest.mark.parametrize(
    "body",
    [
        *(f"<{tag}>" for tag in ("link", "img", "iframe", "frame", "object", "embed", "audio", "video", "source")),
        *(
            "<track>",
            "<base href='https://example.org/'>",
            "<input src='x'>",
            "<p onclick='alert(1)'>",
            "<IMG SRC='x'>",
            "<meta HTTP-EQUIV='Refresh' content='0;url=https://example.org/'>",
        ),
        "<svg onload='alert(1)'>",
    ],
)
def test_whatever_could_load_or_run_something_breaks_the_seal(tmp_path: Path, body: str) -> None:
    page = tmp_path / "index.html"
    page.write_text(SEALED_PAGE.format(rules="", body="<p>text</p>"))
    assert _told(web.page_is_sealed, tmp_path) == []
    page.write_text(SEALED_PAGE.format(rules="", body=body))
    (told,) = _told(web.page_is_sealed, tmp_path)
    assert told.startswith("index.html holds <")
    assert told.endswith("> that loads or runs something from elsewhere")


@pytest.mark.parametrize(
    "rules",
    [
        *("img-src *", "connect-src http://example.org", "style-src https:", "connect-src example.org"),
        *("script-src-elem 'unsafe-inline'", "connect-src 'self'", "CONNECT-SRC example.org; connect-src 'none'"),
    ],
)
def test_a_policy_that_lets_anything_out_is_none(tmp_path: Path, rules: str) -> None:
    (tmp_path / "index.html").write_text(SEALED_PAGE.format(rules=rules, body=""))
    assert _told(web.page_is_sealed, tmp_path) == [
        "the Content-Security-Policy of index.html does not forbid the network"
    ]


@pytest.mark.parametrize("before", ["</head><body>", "<p>text</p>"])
def test_a_policy_behind_the_head_is_none(tmp_path: Path, before: str) -> None:
    """No browser obeys it."""
    text = SEALED_PAGE.format(rules="", body="").replace("<head>", f"<head>{before}")
    (tmp_path / "index.html").write_text(text)
    assert _told(web.page_is_sealed, tmp_path) == [
        "the Content-Security-Policy of index.html does not forbid the network"
    ]


@pytest.mark.parametrize(
    "rule",
    ["default-src 'self'", "img-src 'self'", "default-src 'none' 'self'", "default-src data:; default-src 'none'"],
)
def test_a_policy_that_does_not_forbid_all_it_does_not_name_is_none(tmp_path: Path, rule: str) -> None:
    (tmp_path / "index.html").write_text(SEALED_PAGE.replace("default-src 'none'", rule).format(rules="", body=""))
    assert [fault.split(" of ")[0] for fault in _told(web.page_is_sealed, tmp_path)] == ["the Content-Security-Policy"]


@pytest.mark.parametrize(
    ("promise", "change", "says"),
    [
        (gpkg.project_opens, lambda text: re.sub(r"(GPKG:[^<]*:)density_\w+", r"\1gone", text), ":gone' is not in "),
        (
            gpkg.themes_show_layers,
            lambda text: re.sub(r"(<visibility-preset [^>]*>).*?(</visibility-preset>)", r"\1\2", text, flags=re.S),
            "shows what is not there",
        ),
    ],
    ids=["a raster", "a theme that shows nothing"],
)
def test_the_project_shows_nothing_that_is_not_in_the_file(
    package: Path, promise: Callable[[Opened], Iterator[str]], change: Callable[[str], str], says: str
) -> None:
    assert _told(promise, package) == []
    in_project(change)(package)
    told = _told(promise, package)
    assert told
    assert all(says in fault for fault in told)


def test_tiles_of_other_sites_and_columns_are_told(package: Path, whole: Path) -> None:
    shutil.copy(whole / "sites.pmtiles", package)
    assert _told(web.tiles_hold_the_sites, package) == []
    (gone,) = _one(package, "SELECT min(site_id) FROM site_points")
    sql(f"UPDATE site_points SET site_id = 'IC-OTHER-X' WHERE site_id = '{gone}'")(package)
    assert _told(web.tiles_hold_the_sites, package) == [
        "sites.pmtiles lacks 1 sites, such as IC-OTHER-X",
        f"sites.pmtiles holds besides 1 sites, such as {gone}",
    ]
    sql("ALTER TABLE site_points RENAME COLUMN status TO state")(package)
    assert _told(web.tiles_hold_the_sites, package)[2:] == [
        "sites.pmtiles holds columns that the layer of sites has not: status"
    ]


def test_without_tiles_only_a_release_without_sites_is_whole(package: Path) -> None:
    assert _told(web.tiles_hold_the_sites, package) == ["sites.pmtiles is missing"]
    sql("DELETE FROM site_points")(package)
    assert _told(web.tiles_hold_the_sites, package) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("an empty outline", ["site_areas are empty"]),
        ("an invalid outline", ["site_areas are invalid"]),
        ("a place that is no number", ["site_points are invalid", "site_points are without finite coordinates"]),
        ("no geometry", ["source_records are missing"]),
    ],
)
def test_a_geometry_is_told_by_what_it_lacks_and_no_other_with_it(package: Path, fault: str, told: list[str]) -> None:
    FAULTS[fault][0](package)
    assert _told(content.geometries_are_sound, package) == [f"1 geometries of {text}" for text in told]


@pytest.mark.parametrize("layer", gpkg.LAYERS)
def test_each_layer_that_must_be_there_is_missed(package: Path, layer: str) -> None:
    sql(f"DELETE FROM gpkg_contents WHERE table_name = '{layer}'")(package)
    assert any(layer in fault for fault in _told(gpkg.layers_are_described, package))


@pytest.mark.parametrize("column", ["identifier", "description"])
@pytest.mark.parametrize("value", ["NULL", "' '"])
def test_a_layer_needs_a_title_and_a_description(package: Path, column: str, value: str) -> None:
    sql(f"UPDATE gpkg_contents SET {column} = {value} WHERE table_name = 'regions'")(package)
    assert _told(gpkg.layers_are_described, package) == ["layer regions has no title or no description"]


def test_of_two_default_styles_nobody_knows_which_is_drawn(package: Path) -> None:
    sql("UPDATE layer_styles SET useAsDefault = 1 WHERE f_table_name = 'site_points'")(package)
    assert _told(gpkg.styles_are_there, package) == ["layer site_points has not one default style"]


@pytest.mark.parametrize("change", ["name = ' '", "name = NULL", "title = ''", "title = NULL", "name = column_name"])
def test_an_alias_needs_both_of_its_names(package: Path, change: str) -> None:
    column = "table_name = 'runs' AND column_name = 'withheld'"
    sql(f"UPDATE gpkg_data_columns SET {change} WHERE {column}")(package)
    assert _told(gpkg.columns_are_described, package) == ["runs.withheld has no alias"]


@pytest.mark.parametrize("change", ["title = ' '", "title = NULL", "description = ''", "description = NULL"])
def test_the_dictionary_explains_a_column_by_title_and_meaning(package: Path, change: str) -> None:
    sql(f"UPDATE dictionary SET {change} WHERE table_name = 'runs' AND column_name = 'withheld'")(package)
    told = _told(gpkg.dictionary_lists_every_column, package)
    assert told == ["the dictionary does not explain runs.withheld"]


def test_a_file_that_is_no_database_is_called_so(package: Path) -> None:
    (package / "inducult.gpkg").write_bytes(b"PK\x03\x04" + bytes(200))
    assert _told(gpkg.container_is_right, package) == ["it is no SQLite database"]


def test_an_index_that_lies_is_no_whole_database(package: Path) -> None:
    assert _told(gpkg.database_is_whole, package) == []
    sql(
        "CREATE INDEX idx_lie ON runs (title)",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX idx_lie ON runs (run_id)' WHERE name = 'idx_lie'",
    )(package)
    told = _told(gpkg.database_is_whole, package)
    assert told
    assert all(fault.startswith("integrity: ") and "idx_lie" in fault for fault in told), told


def _stored(package: Path, change: str) -> None:
    """Change how the embedded project is stored."""
    sql(f"UPDATE qgis_projects SET content = {change}")(package)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("'zz'", "cannot be opened: non-hexadecimal"),
        ("'50'", "cannot be opened: File is not a zip file"),
        ("hex(zeroblob(0))", "cannot be opened: File is not a zip file"),
    ],
)
def test_a_project_that_cannot_be_unpacked_is_told_once(package: Path, change: str, says: str) -> None:
    _stored(package, change)
    (told,) = _told(gpkg.project_opens, package)
    assert says in told
    assert _told(gpkg.themes_show_layers, package) == [], "told by the other promise"


def test_a_project_may_be_stored_as_text_or_as_bytes_and_must_not_be_huge(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("TEXT", "BLOB"):
        _stored(package, f"CAST(content AS {kind})")
        assert _told(gpkg.project_opens, package) == []
    monkeypatch.setattr(gpkg, "_LARGEST_PROJECT", 1000)
    (told,) = _told(gpkg.project_opens, package)
    assert told.endswith("it is too large to be a project")
