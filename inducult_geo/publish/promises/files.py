"""Verify the files of a release: all are listed, none is altered, and they agree with each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from inducult_geo.digest import sha256
from inducult_geo.errors import ReleaseError
from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST, PAGE, RECORDS_FILE, SITES_FILE, TILES
from inducult_geo.publish.promises.web import page_of, sites_in_tiles
from inducult_geo.publish.spreadsheet import lines_of
from inducult_geo.store import SUMS

FILES = (
    *(GEOPACKAGE, SITES_FILE, RECORDS_FILE, PAGE, MANIFEST, "README.txt", SUMS),
    *("sites.csv", "DICTIONARY.md", "schema.json", "dcat.jsonld", "CITATION.cff"),
)
"""The files without which a folder is no release; tiles are one more where there are sites."""

MANIFEST_KEYS = ("schema_version", "version", "run", "is_sample", "regions")


_NAMED = 5
_SAME = {SITES_FILE: ("site_id", ("site_points",)), RECORDS_FILE: ("record_key", ("source_records", "rejected"))}
"""Parquet file -> the key of its rows, and the tables that hold the same."""


def files_are_there(release: Opened) -> Iterator[str]:
    """Check that every file is there, and that the database has no side files."""
    for name in FILES:
        if not (release.folder / name).is_file():
            yield f"{name} is missing"
    for suffix in ("-wal", "-shm", "-journal"):
        if (release.folder / (GEOPACKAGE + suffix)).exists():
            yield f"{GEOPACKAGE}{suffix} lies beside the database: a program has it open for editing, or ended so"


class Sums(NamedTuple):
    """How the files of a folder stand to its `SHA256SUMS`; names, sorted."""

    unlisted: list[str]
    missing: list[str]
    altered: list[str]


def sums_of(folder: Path) -> Sums:
    """Compare every file of a folder, but the list itself, with `SHA256SUMS`.

    Raises
    ------
    ReleaseError
        Where the list or a file cannot be read.
    """
    listed: dict[str, str] = {}
    # Only files found in the folder are read, so a listed name can lead nowhere else.
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    try:
        for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition(" ")
            listed[name.lstrip(" *")] = digest.lower()
        altered = [name for name in sorted(listed.keys() & found.keys()) if sha256(found[name]) != listed[name]]
    except (OSError, ValueError) as problem:
        raise ReleaseError(f"{folder / SUMS}: cannot be read: {problem}. Get the release again.") from problem
    found.pop(SUMS)
    return Sums(sorted(found.keys() - listed.keys()), sorted(listed.keys() - found.keys()), altered)


def refuse_altered(folder: Path) -> None:
    """Refuse a release of which a file is not what its `SHA256SUMS` says; a folder without that list is let pass.

    Raises
    ------
    ReleaseError
        Where a file was cut, damaged or altered; the message names it.
    """
    if not (folder / SUMS).is_file():
        return
    altered = sums_of(folder).altered
    if altered:
        raise ReleaseError(
            f"{folder}: {', '.join(altered[:_NAMED])}: not what {SUMS} says: altered or damaged (to begin editing in "
            "QGIS is enough). Get the release again; `inducult verify` tells more."
        )


def sums_match(release: Opened) -> Iterator[str]:
    """Check that `SHA256SUMS` lists every file but itself, and each with its hash."""
    sums = sums_of(release.folder)
    yield from (f"{name} is not listed in {SUMS}" for name in sums.unlisted)
    yield from (f"{name} is listed in {SUMS} but missing" for name in sums.missing)
    yield from (f"{name} is not what {SUMS} says: it was altered or damaged{_why(name)}" for name in sums.altered)


def _why(name: str) -> str:
    """Name what alters a release though nobody means to: QGIS sets the file's journal mode before any change."""
    return ". Editing that is begun in QGIS does so, though nothing is saved: edit a copy" if name == GEOPACKAGE else ""


def manifest_is_complete(release: Opened) -> Iterator[str]:
    """Check that the manifest tells what went in, and counts what the database counts."""
    manifest = release.manifest
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        yield f"manifest.json lacks {', '.join(missing)}"
        return
    names = [name for name in release.columns("runs") if name != "fid"]
    row = dict(zip(names, release.rows("SELECT * FROM (SELECT * FROM runs LIMIT 1)")[0][-len(names) :], strict=True))
    for name, said in manifest["run"].items():
        if name in row and row[name] != said:
            yield f"manifest.json says {name} = {said}, the table runs {row[name]}"


def parquet_has_the_same_rows(release: Opened) -> Iterator[str]:
    """Check rows, by their keys, and CRS of the Parquet files against the database."""
    for name, (key, tables) in _SAME.items():
        there = [table for table in tables if table in release.layers]
        rows = [told for table in there for (told,) in release.rows(f"SELECT {key} FROM {table}")]  # noqa: S608 - our own
        with pq.ParquetFile(release.folder / name) as file:
            found = file.read(columns=[key]).column(key).to_pylist()
            about = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        if len(found) != len(rows):
            yield f"{name} has {len(found)} rows, {GEOPACKAGE} {len(rows)}"
        elif other := {*found} ^ {*rows}:
            yield f"{name} and {GEOPACKAGE} hold other rows: {len(other)} differ, such as {min(map(str, other))}"
        for column, facts in about.get("columns", {}).items():
            if (facts.get("crs") or {}).get("id", {}).get("code") != 3035:
                yield f"{name}: column {column} is not in EPSG:3035"
        if not about:
            yield f"{name} is not GeoParquet"


def number_of_sites_is_one(release: Opened) -> Iterator[str]:
    """Check that every file gives the same number of sites."""
    with pq.ParquetFile(release.folder / SITES_FILE) as file:
        parquet = file.metadata.num_rows
    page = page_of(release)
    told = {
        "site_points": release.one("SELECT count(*) FROM site_points"),
        "runs": release.one("SELECT sites FROM runs"),
        "regions": release.one("SELECT coalesce(sum(sites), 0) FROM regions"),
        SITES_FILE: parquet,
        MANIFEST: release.manifest.get("run", {}).get("sites"),
        "sites.csv": sum(1 for _ in lines_of(release.folder / "sites.csv")) - 1,
        TILES: sites_in_tiles(release),
        PAGE: page.sites,
        f"the map of {PAGE}": page.mapped,
    }
    if len(set(told.values())) > 1:
        yield "the number of sites differs: " + ", ".join(f"{name} {number}" for name, number in told.items())
