"""A whole release keeps every promise; each fault that is planted is found by the promise that it breaks."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from inducult_geo.assemble import with_surfaces
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.changes import CHANGE_COLUMNS
from inducult_geo.publish.licences import for_release
from inducult_geo.publish.release import write_release, write_sums
from inducult_geo.publish.verify import PROMISES, Finding, verify
from tests.bundles import contracts, small_bundle
from tests.faults import COLUMNS, EXPLAINED, FAULTS, LAYERS, LISTED, SAID, STYLES, SUMS, sql

NAMES = [promise.name for promise in PROMISES]


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


def test_a_whole_release_keeps_every_promise(whole: Path) -> None:
    found = verify(whole)
    assert [finding for finding in found if not finding.ok] == []
    assert [finding.promise for finding in found] == NAMES


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
        (lambda r: (r / "sub").mkdir() or (r / "sub" / "a").write_text("more"), "sub/a is not listed"),
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


def test_many_faults_of_one_kind_are_told_shortly(release: Path) -> None:
    sql("DELETE FROM gpkg_data_columns")(release)
    detail = _broken(release)[COLUMNS].detail
    assert detail.endswith("and more")
    assert len(detail) < 400


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
