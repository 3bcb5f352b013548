"""Verify the content of a release: counts, references, licenses, places and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow.parquet as pq
import shapely

from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.databases.wkb import wkb_of
from inducult_geo.publish.files import RECORDS_FILE
from inducult_geo.text import sql_name
from inducult_geo.values import ASPECTS, STATUSES

SITE_ID = re.compile(r"IC-[0-9A-Z]+-[0-9A-Z]")
"""The form of a site id: prefix, body, check character."""

_COUNTS = ("records_in", "in_sites", "in_review", "rejected")
_SRS = 3035
_SRS_BYTES = (_SRS.to_bytes(4, "little"), _SRS.to_bytes(4, "big"))
_LISTS: Mapping[str, tuple[str, ...]] = {"aspect": ASPECTS, "status": STATUSES}

_SITES = "(SELECT site_id FROM site_points)"
_RECORDS = "(SELECT record_key FROM source_records UNION ALL SELECT record_key FROM rejected)"
_MAY_LEAVE = "SELECT source FROM sources GROUP BY source HAVING min(publish) = 1"
_ROWS = ("site_points", "site_areas", "source_records", "rejected")

# Of nulls SQL says that they are in no empty list: where every site is gone, each must be left out by name.
# What must not be found -> what counts it, behind SELECT.
_LINKS: Mapping[str, str] = {
    "records in no site that exists": "count(*) FROM source_records "
    f"WHERE site_id IS NOT NULL AND site_id NOT IN {_SITES}",
    "records whose outcome does not fit their site id": "count(*) FROM source_records "
    "WHERE coalesce(outcome, '') NOT IN ('site', 'review') OR (outcome = 'site') <> (site_id IS NOT NULL)",
    "record keys that stand twice": "count(record_key) - count(DISTINCT record_key) FROM source_records",
    "keys of rejected records that stand twice": "count(record_key) - count(DISTINCT record_key) FROM "
    "(SELECT DISTINCT record_key FROM source_records UNION ALL SELECT record_key FROM rejected)",
    **{
        f"{what} that lack a key": f"count(*) FROM {table} WHERE coalesce(trim(record_key), '') = ''"
        for table, what in (("source_records", "records"), ("rejected", "rejected records"))
    },
    "sites without a record": "count(*) FROM site_points "
    "WHERE site_id NOT IN (SELECT site_id FROM source_records WHERE site_id IS NOT NULL)",
    "sites that miscount their records": "count(*) FROM site_points AS s "
    "WHERE n_records IS NOT (SELECT count(*) FROM source_records AS r WHERE r.site_id = s.site_id)",
    "outlines of no site that exists": f"count(*) FROM site_areas WHERE site_id IS NULL OR site_id NOT IN {_SITES}",
    "sites that are part of none that exists, or of themselves": "count(*) FROM site_points "
    f"WHERE part_of IS NOT NULL AND (part_of = site_id OR part_of NOT IN {_SITES})",
    **{
        f"{what} no site that exists": f"count(*) FROM {table} "
        f"WHERE (left_site IS NOT NULL AND left_site NOT IN {_SITES}) "
        f"OR (right_site IS NOT NULL AND right_site NOT IN {_SITES})"
        for table, what in (("matches", "compared records of"), ("review", "open questions about"))
    },
    "changes of sites that should stand and do not": "count(*) FROM changes "
    f"WHERE coalesce(change, '') NOT IN ('gone', 'merged') AND coalesce(site_id, '') NOT IN {_SITES}",
    "sites told to be gone that still stand": "count(*) FROM changes "
    f"WHERE change IN ('gone', 'merged') AND site_id IN {_SITES}",
    "former ids that still stand or lead to no site": "count(*) FROM former_ids "
    f"WHERE site_id IN {_SITES} OR coalesce(merged_into, '') NOT IN {_SITES}",
    "former keys that still stand": "count(*) FROM former_keys "
    "WHERE former_key IN (SELECT record_key FROM source_records)",
    "former keys that lead to no record": f"count(*) FROM former_keys WHERE coalesce(record_key, '') NOT IN {_RECORDS}",
    "rejected records without a reason": "count(*) FROM rejected WHERE coalesce(trim(reason), '') = ''",
}
_RIGHTS: Mapping[str, str] = {
    **{
        f"rows of {table} without a license": f"count(*) FROM {table} WHERE coalesce(trim(licence), '') = ''"
        for table in _ROWS
    },
    **{
        f"rows of {table} of a source that may not be published, or that nobody declares": "count(*) "
        f"FROM {table} WHERE coalesce(source, '') NOT IN ({_MAY_LEAVE})"
        for table in ("source_records", "rejected")
    },
    **{
        f"rows of {table} that name a record of a source that may not be published": "count(*) "  # noqa: S608
        f"FROM {table} WHERE EXISTS (SELECT 1 FROM sources AS s WHERE coalesce(s.publish, 0) = 0 AND s.source || ':' "
        "IN (substr(left_key, 1, instr(left_key, ':')), substr(right_key, 1, instr(right_key, ':'))))"
        for table in ("matches", "review")
    },
    "sites without a credit line": "count(*) FROM site_points WHERE coalesce(trim(attribution), '') = ''",
}
_ACCURACIES: Mapping[str, str] = {
    f"rows of {table} with an accuracy that is not positive": f"count(*) FROM {table} "
    "WHERE accuracy_m IS NOT NULL AND NOT accuracy_m > 0"
    for table in _ROWS
}
_ASKED = re.compile(r"\bFROM (\w+)")


def all_is_linked(release: Opened) -> Iterator[str]:
    """Check that nothing points into the void and no site stands without evidence."""
    return _counted(release, _LINKS)


def rights_are_kept(release: Opened) -> Iterator[str]:
    """Check that each row names its license, and only sources that may be published are in or named, in Parquet too."""
    yield from _counted(release, _RIGHTS)
    path = release.folder / RECORDS_FILE
    if path.is_file():
        allowed = {name for (name,) in release.rows(_MAY_LEAVE)}
        found = set(pq.read_table(path, columns=["source"]).column("source").unique().to_pylist())
        for source in sorted(map(str, found - allowed)):
            yield f"records.parquet holds records of '{source}', which may not be published"


def accuracies_are_positive(release: Opened) -> Iterator[str]:
    """Check that a place that says how true it is does not claim to be truer than true."""
    return _counted(release, _ACCURACIES)


def _counted(release: Opened, rules: Mapping[str, str]) -> Iterator[str]:
    """Run the rules of which all tables are there (empty layers are left out of a file)."""
    for what, sql in rules.items():
        if release.layers.keys() >= {*_ASKED.findall(sql)} and (found := release.one(f"SELECT {sql}")):
            yield f"{found} {what}"


def counts_add_up(release: Opened) -> Iterator[str]:
    """Check the counting law, and that regions, sources and the run count what is in the tables."""
    total = _in_tables(release, "1", ())
    for (*told,) in release.rows(f"SELECT {', '.join(_COUNTS)} FROM runs"):  # noqa: S608 - names of our own
        yield from _unlike("runs", tuple(told), total)
    if release.one("SELECT count(*) FROM runs") != 1:
        yield "the table runs does not have one row"
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in _COUNTS)
    for table, key in (("regions", "region"), ("sources", "source")):
        for name, *told in release.rows(f"SELECT {key}, {sums} FROM {table} GROUP BY {key}"):  # noqa: S608
            yield from _unlike(f"{table}: {name}", tuple(told), _in_tables(release, f"{key} IS ?", (name,)))
    (summed,) = release.rows(f"SELECT {sums} FROM sources")  # noqa: S608 - names of our own
    if summed != total:
        yield f"the sources sum up to {summed}, the tables hold {total} ({', '.join(_COUNTS)})"
    withheld = release.rows("SELECT (SELECT sum(withheld) FROM runs), (SELECT sum(withheld) FROM sources)")[0]
    if withheld[0] != withheld[1]:
        yield f"runs has {withheld[0]} records withheld, the sources {withheld[1]}"


def _in_tables(release: Opened, where: str, values: tuple[str, ...]) -> tuple[int, ...]:
    """Count the records that are in the file by outcome: in all, in sites, in review, rejected."""
    sql = f"SELECT count(*) FROM source_records WHERE outcome = ? AND {where}"  # noqa: S608 - names of our own
    in_sites, in_review = (release.one(sql, outcome, *values) for outcome in ("site", "review"))
    rejected = 0
    if "rejected" in release.layers:
        rejected = release.one(f"SELECT count(*) FROM rejected WHERE {where}", *values)  # noqa: S608
    return in_sites + in_review + rejected, in_sites, in_review, rejected


def _unlike(where: str, told: tuple[int, ...], counted: tuple[int, ...]) -> Iterator[str]:
    if told[0] != sum(told[1:]):
        yield f"{where}: {told[0]} records in, but {told[1]} in sites + {told[2]} in review + {told[3]} rejected"
    elif told != counted:
        yield f"{where} says {told}, the tables hold {counted} ({', '.join(_COUNTS)})"


def site_ids_are_valid(release: Opened) -> Iterator[str]:
    """Check form and uniqueness of the site ids."""
    ids = [site_id for (site_id,) in release.rows("SELECT site_id FROM site_points")]
    odd = sorted({str(site_id) for site_id in ids if not SITE_ID.fullmatch(str(site_id))})
    if odd:
        yield f"{len(odd)} site ids are malformed, such as {odd[0]!r}"
    if len(set(ids)) < len(ids):
        yield f"{len(ids) - len(set(ids))} site ids stand twice"


def geometries_are_sound(release: Opened) -> Iterator[str]:
    """Check that each row has a valid geometry, and that all say EPSG:3035: layer, column and value."""
    for table in release.spatial:
        srs = release.rows(
            "SELECT c.srs_id, g.srs_id, g.column_name, upper(s.organization), s.organization_coordsys_id "
            "FROM gpkg_contents AS c JOIN gpkg_geometry_columns AS g USING (table_name) "
            "LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id WHERE c.table_name = ?",
            table,
        )
        if [(row[0], row[1], *row[3:]) for row in srs] != [(_SRS, _SRS, "EPSG", _SRS)]:
            yield f"layer {table} is not in EPSG:{_SRS}"
            continue
        yield from _shape_faults(release, table, sql_name(srs[0][2]))


def _shape_faults(release: Opened, table: str, column: str) -> Iterator[str]:
    """Look at each geometry as SQLite has it: no GDAL that would repair or skip it stands between."""
    blobs = [bytes(blob or b"") for (blob,) in release.rows(f"SELECT {column} FROM {sql_name(table)}")]  # noqa: S608
    shapes = shapely.from_wkb(np.array([wkb_of(blob) for blob in blobs], dtype=object), on_invalid="ignore")
    elsewhere = sum(blob[4:8] not in _SRS_BYTES for blob in blobs if blob)
    if elsewhere:
        yield f"{elsewhere} geometries of {table} are not in EPSG:{_SRS}"
    there = ~shapely.is_missing(shapes)
    empty = there & shapely.is_empty(shapes)
    faults = {
        "missing": ~there,
        "empty": empty,
        "invalid": there & ~shapely.is_valid(shapes),
        "without finite coordinates": there & ~empty & ~np.isfinite(shapely.bounds(shapes)).all(axis=-1),
    }
    for what, wrong in faults.items():
        if wrong.any():
            yield f"{int(wrong.sum())} geometries of {table} are {what}"


def values_are_listed(release: Opened) -> Iterator[str]:
    """Check that each value of a column with a closed list is in the list, and that the lists are ours."""
    enums = release.rows(
        "SELECT d.table_name, d.column_name, d.constraint_name FROM gpkg_data_columns AS d WHERE EXISTS "
        "(SELECT 1 FROM gpkg_data_column_constraints AS c "
        "WHERE c.constraint_name = d.constraint_name AND c.constraint_type = 'enum')"
    )
    for table, column, constraint in enums:
        sql = (
            f"SELECT DISTINCT {sql_name(column)} FROM {sql_name(table)} WHERE {sql_name(column)} IS NOT NULL "  # noqa: S608
            f"AND CAST({sql_name(column)} AS TEXT) NOT IN "
            "(SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = ?) LIMIT 1"
        )
        odd = release.rows(sql, constraint)
        if odd:
            yield f"{table}.{column}: {odd[0][0]!r} is not in the list {constraint}"
    for column, values in _LISTS.items():
        for table in release.layers.keys() & set(_ROWS):
            marks = ", ".join("?" * len(values))
            sql = f"SELECT count(*) FROM {sql_name(table)} WHERE {column} NOT IN ({marks})"  # noqa: S608
            if release.one(sql, *values):
                yield f"{table}.{column} holds values outside {', '.join(values)}"
