"""A release in a PostGIS database, for partners who serve maps from one.

A finished release folder is the source, so that what is served is what was verified. One transaction builds the new
tables beside the old ones and swaps them: whoever reads sees the whole of the one or the whole of the other, and
where anything fails the old one stays. The schema itself stays, with what an administrator put into it. Names of
tables and columns are those of our own declarations, quoted; every value travels as data (COPY), none as SQL.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inducult_geo.errors import ConfigError, ReleaseError
from inducult_geo.publish.databases.gpkg_schema import BELONG, INDEXES
from inducult_geo.publish.databases.wkb import wkb_of
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.columns import Kind
from inducult_geo.publish.layers.declared import LAYERS, Layer
from inducult_geo.publish.layers.tables import GEOMETRY

if TYPE_CHECKING:
    from asyncpg import Connection

MARK = "inducult-geo release"
"""How the comment on a schema begins that may be replaced: any other schema is left alone."""

SRID = 3035
_SWAP_WAIT_S = 60
"""How long the swap waits for those who hold the old tables: all who come to read meanwhile wait behind it."""

_MADE = "A table of an inducult-geo release."
"""How the comment on each of its tables ends: by it those are known that a later version no longer publishes."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
_TYPES: Mapping[Kind, str] = {
    "text": "text",
    "whole": "integer",
    "number": "double precision",
    "flag": "boolean",
    "date": "date",
}
_CONVERT: Mapping[Kind, Callable[[Any], Any]] = {
    "text": str,
    "whole": int,
    "number": float,
    "flag": bool,
    "date": date.fromisoformat,
}
_KEYS = {"site_points": "site_id", "regions": "region", "sources": "source", "runs": "run_id"}
"""Table -> the column that tells its rows apart; of others it is the row number."""


def load_postgis(release: Path, address: str, *, schema: str = "inducult") -> dict[str, int]:
    """Put a release into a PostGIS database, in place of the release that is there; returns the rows of each table.

    Parameters
    ----------
    release
        A release folder; check it with `verify` before.
    address
        `postgresql://[user@]host[:port]/database`, without a password: that comes from `PGPASSWORD`, `~/.pgpass` or the
        file that `PGPASSFILE` names, where nobody sees it in a list of processes.
    schema
        Lower case, digits and `_`. In an existing one only the tables of an earlier release are replaced: other things
        in it stay, and so do all rights, those for tables to come (`ALTER DEFAULT PRIVILEGES`) and row security
        among them.

    Raises
    ------
    ConfigError
        Where address or schema are not as said, the database cannot be reached, or asyncpg is not installed.
    ReleaseError
        Where the folder is no release, or the database refuses: no PostGIS, no right, something else in the schema,
        anything of others that rests on its tables (views, policies, triggers, keys), someone who holds them.
        Also where the connection breaks off.
    """
    _check_address(address)
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise ConfigError(f"schema '{schema}': lower-case letters, digits and _, not beginning with a digit or pg_.")
    package = release / GEOPACKAGE
    if not package.is_file():
        raise ReleaseError(f"{release}: no {GEOPACKAGE}: is this the folder of a release?")
    if find_spec("asyncpg") is None:
        raise ConfigError("PostGIS needs asyncpg, which is not installed: pip install 'inducult-geo[postgis]'")
    with _told(address, schema):
        return asyncio.run(_load(package, address, schema))


class _BrokeOffError(Exception):
    """A connection that was there, and is no more."""


@contextmanager
def _told(address: str, schema: str) -> Iterator[None]:
    """Tell in our words what went wrong between us and the database."""
    import asyncpg

    try:
        yield
    except _BrokeOffError as problem:
        raise ReleaseError(
            f"{_shown(address)}: the connection broke off. The schema '{schema}' is as it was. See the server's log, "
            "then publish again"
        ) from problem
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as problem:
        raise ConfigError(f"{_shown(address)}: cannot be reached: {str(problem) or 'no answer comes'}") from problem
    except asyncpg.DependentObjectsStillExistError as problem:
        raise ReleaseError(_resting(schema, str(problem.detail).splitlines())) from problem
    except asyncpg.LockNotAvailableError as problem:
        raise ReleaseError(
            f"{_shown(address)}: someone has held the tables of '{schema}' for {_SWAP_WAIT_S} s, in a transaction that "
            "was not ended; pg_stat_activity tells who. The schema is as it was; publish again when they are free"
        ) from problem
    except asyncpg.InsufficientPrivilegeError as problem:
        raise ReleaseError(
            f"{_shown(address)}: {problem}. The schema '{schema}' is as it was. Who publishes needs the right CREATE "
            "on the database and must own the schema and its tables"
        ) from problem
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise ReleaseError(f"{_shown(address)}: {problem}. The schema '{schema}' is as it was.") from problem


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        # What Python says of it may quote a password.
        raise ConfigError(f"--to {_shown(address)}: no address that can be asked. Look at host and port.") from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ConfigError(f"--to {_shown(address)}: not of the form postgresql://user@host/database.")
    if parts.password is not None or "password=" in (parts.query or ""):
        raise ConfigError(
            f"--to {_shown(address)}: leave the password out, where others see it. Set PGPASSWORD, or use ~/.pgpass."
        )


def _shown(address: str) -> str:
    """Return an address as it may be printed: without a password, wherever in it one stands."""
    # To the last "@": a password may hold one, or a "/".
    bare = re.sub(r"(?<=//)([^/@:]*):.*@", r"\1@", address)
    return re.sub(r"(password=)[^&]*", r"\1...", bare).split("?")[0]


async def _load(package: Path, address: str, schema: str) -> dict[str, int]:
    import asyncpg

    # A server's notices of each dropped table are no news.
    con = await asyncpg.connect(address, password=os.environ.get("PGPASSWORD"), timeout=30, command_timeout=None)
    try:
        with closing(sqlite3.connect(package.resolve().as_uri() + "?mode=ro&immutable=1", uri=True)) as source:
            try:
                async with con.transaction():
                    return await _replace(con, source, schema)
            except asyncpg.InterfaceError as problem:
                # Else what is told is that a transaction could not be rolled back, not why.
                if con.is_closed():
                    raise _BrokeOffError from problem
                raise
    finally:
        await con.close(timeout=10)


async def _replace(con: Connection, source: sqlite3.Connection, schema: str) -> dict[str, int]:
    """Build the schema anew and put it in place of the old one; the caller's transaction holds all of it."""
    # Two runs for one schema wait for each other.
    lock = int.from_bytes(hashlib.sha256(f"{MARK} {schema}".encode()).digest()[:8], "big", signed=True)
    await con.execute("SELECT pg_advisory_xact_lock($1)", lock)
    await _check_replaceable(con, schema)
    await _read_geometry(con)
    fresh = f"{schema}__new"
    await con.execute(f'DROP SCHEMA IF EXISTS "{fresh}" CASCADE')
    await con.execute(f'CREATE SCHEMA "{fresh}"')
    present = {str(name) for (name,) in source.execute("SELECT table_name FROM gpkg_contents")}
    rows = {layer.name: await _copy(con, source, fresh, layer) for layer in LAYERS if layer.name in present}
    await _finish(con, fresh, present)
    await _swap(con, fresh, schema, sorted(rows))
    (run,) = source.execute("SELECT run_id FROM runs").fetchone()
    await con.execute(
        await con.fetchval("SELECT format('COMMENT ON SCHEMA %I IS %L', $1::text, $2::text)", schema, f"{MARK} {run}")
    )
    return rows


async def _swap(con: Connection, fresh: str, schema: str, names: list[str]) -> None:
    """Put the new tables in place of the old ones, with the rights on them."""
    await con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    grants = await _grants(con, schema, names)
    secured = [row["statement"] for row in await con.fetch(_SECURED, schema, names)]
    held = await con.fetch(f"SELECT relname FROM ({_HELD}) AS held", schema, _NAMES, _MADE)  # noqa: S608 - our own
    await con.execute(f"SET LOCAL lock_timeout TO '{_SWAP_WAIT_S}s'")
    if held:
        # No CASCADE: what rests on them in a way not foreseen here PostgreSQL refuses, and names it.
        await con.execute("DROP TABLE " + ", ".join(f'"{schema}"."{row["relname"]}"' for row in held))
    for name in names:
        await con.execute(f'ALTER TABLE "{fresh}"."{name}" SET SCHEMA "{schema}"')
    await con.execute(f'DROP SCHEMA "{fresh}"')
    for statement in (*grants, *secured):
        await con.execute(statement)


# Without it a table whose rows nobody else may see is open to all who have a right on it.
_SECURED = """
SELECT format('ALTER TABLE %I.%I %s ROW LEVEL SECURITY', n.nspname, c.relname, said) AS statement
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
     LATERAL (VALUES ('ENABLE', c.relrowsecurity), ('FORCE', c.relforcerowsecurity)) AS told (said, holds)
WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname = ANY($2::text[]) AND holds
"""


async def _check_replaceable(con: Connection, schema: str) -> None:
    """Refuse a database without PostGIS, a schema that is not ours, and one that others rest on."""
    if not await con.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'"):
        raise ReleaseError("the database has no PostGIS: run CREATE EXTENSION postgis in it as its owner")
    found = await con.fetchrow(
        "SELECT obj_description(oid, 'pg_namespace') AS said FROM pg_namespace WHERE nspname = $1", schema
    )
    if found is not None and not str(found["said"]).startswith(MARK):
        raise ReleaseError(f"the schema '{schema}' holds something else than a release: name another one by --schema")
    resting = await con.fetch(_RESTING, schema, _NAMES, _MADE)
    if resting:
        raise ReleaseError(_resting(schema, [str(row["name"]) for row in resting]))


def _resting(schema: str, names: list[str]) -> str:
    return (
        f"others rest on the tables of '{schema}' and would go with them: {'; '.join(names)}. Nothing was changed. "
        "Drop them before you publish and create them again after it"
    )


_NAMES = [layer.name for layer in LAYERS]

# Those of a release before: by their names, and by what their comments say.
_HELD = """
SELECT c.oid, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
  AND (c.relname = ANY($2::text[]) OR right(obj_description(c.oid, 'pg_class'), length($3::text)) = $3::text)
"""

# What a table is dropped with untold, too: policies, without which its rows are open, rules and triggers.
_RESTING = f"""
WITH held AS ({_HELD})
SELECT CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || v.oid::regclass::text AS name
FROM pg_depend AS d
JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
JOIN pg_class AS v ON v.oid = r.ev_class
JOIN held ON held.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
WHERE v.relkind IN ('v', 'm')
UNION SELECT format('policy %I on %s', polname, polrelid::regclass) FROM pg_policy JOIN held ON held.oid = polrelid
UNION SELECT format('rule %I on %s', rulename, ev_class::regclass) FROM pg_rewrite JOIN held ON held.oid = ev_class
UNION SELECT format('trigger %I on %s', tgname, tgrelid::regclass) FROM pg_trigger JOIN held ON held.oid = tgrelid
WHERE NOT tgisinternal
ORDER BY 1
"""  # noqa: S608 - of our own words


async def _read_geometry(con: Connection) -> None:
    """Teach the connection to send geometries: PostGIS takes EWKB."""
    home = await con.fetchval(
        "SELECT n.nspname FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace "
        "WHERE t.typname = 'geometry'"
    )
    await con.set_type_codec("geometry", schema=home, encoder=_ewkb, decoder=bytes, format="binary")
    await con.execute(f'SET LOCAL search_path TO "{home}", pg_catalog')


def _ewkb(wkb: bytes) -> bytes:
    """Return little-endian WKB with its reference system, as PostGIS writes it: a flag in the type, then the SRID."""
    kind = int.from_bytes(wkb[1:5], "little") | 0x20000000
    return b"\x01" + kind.to_bytes(4, "little") + SRID.to_bytes(4, "little") + wkb[5:]


async def _copy(con: Connection, source: sqlite3.Connection, schema: str, layer: Layer) -> int:
    """Make one table and fill it; return the number of its rows."""
    # JSON, too, is text: layers with columns of type json QGIS 3.22 can neither export nor put through an algorithm.
    columns = [f'"{column.name}" {_TYPES[column.kind]}' for column in layer.columns]
    if layer.geometry:
        columns.append(f'"{GEOMETRY}" geometry({layer.geometry}, {SRID}) NOT NULL')
    await con.execute(f'CREATE TABLE "{schema}"."{layer.name}" (fid integer PRIMARY KEY, {", ".join(columns)})')
    names = ["fid", *(column.name for column in layer.columns), *([GEOMETRY] if layer.geometry else [])]
    await con.copy_records_to_table(layer.name, schema_name=schema, columns=names, records=_rows(source, layer, names))
    for column, text in [(None, f"{layer.title}. {layer.description} {_MADE}"), *_said(layer)]:
        target = f'COLUMN "{schema}"."{layer.name}"."{column}"' if column else f'TABLE "{schema}"."{layer.name}"'
        await con.execute(
            await con.fetchval("SELECT format('COMMENT ON ' || $1::text || ' IS %L', $2::text)", target, text)
        )
    return int(await con.fetchval(f'SELECT count(*) FROM "{schema}"."{layer.name}"'))  # noqa: S608 - names of our own


def _said(layer: Layer) -> Iterator[tuple[str, str]]:
    for column in layer.columns:
        values = f" Values: table vocabulary, list {column.domain}." if column.domain else ""
        cast = " JSON, as text: cast it to json." if column.json else ""
        yield column.name, f"{column.label}. {column.description}{values}{cast}"


def _rows(source: sqlite3.Connection, layer: Layer, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a layer as PostgreSQL takes them; what an older release of the same schema lacks is null."""
    convert: list[Callable[[Any], Any]] = [
        int,
        *(_CONVERT[column.kind] for column in layer.columns),
        *([wkb_of] if layer.geometry else []),
    ]
    there = {name for (name,) in source.execute("SELECT name FROM pragma_table_info(?)", (layer.name,))}
    # SQLite takes the name of a column that is not there for a text.
    listed = ", ".join(f'"{name}"' if name in there else "NULL" for name in names)
    for row in source.execute(f'SELECT {listed} FROM "{layer.name}" ORDER BY fid'):  # noqa: S608 - names of our own
        yield tuple(None if value is None else to(value) for to, value in zip(convert, row, strict=True))


async def _finish(con: Connection, schema: str, present: set[str]) -> None:
    """Add keys and indexes."""
    for layer in (layer for layer in LAYERS if layer.name in present):
        table = f'"{schema}"."{layer.name}"'
        if layer.name in _KEYS:
            await con.execute(f'ALTER TABLE {table} ADD UNIQUE ("{_KEYS[layer.name]}")')
        if layer.geometry:
            await con.execute(f'CREATE INDEX ON {table} USING gist ("{GEOMETRY}")')
    for name, column, _ in INDEXES:
        if name in present and column != _KEYS.get(name):
            await con.execute(f'CREATE INDEX ON "{schema}"."{name}" ("{column}")')
    for name in BELONG:
        if name in present:
            await con.execute(
                f'ALTER TABLE "{schema}"."{name}" ADD FOREIGN KEY (site_id) REFERENCES "{schema}".site_points (site_id)'
            )
    for layer in (layer for layer in LAYERS if layer.name in present):
        await con.execute(f'ANALYZE "{schema}"."{layer.name}"')


async def _grants(con: Connection, schema: str, names: list[str]) -> list[str]:
    """Return the statements that give the rights on the old tables, or those for tables to come, on the new ones."""
    columns: set[tuple[str, str | None]] = {(layer.name, column.name) for layer in LAYERS for column in layer.columns}
    columns |= {(name, column) for name in names for column in (None, "fid", GEOMETRY)}
    rows = await con.fetch(_GRANTS, schema, names)
    return [str(row["statement"]) for row in rows if row["name"] in names and (row["name"], row["part"]) in columns]


_GRANTS = """
WITH held AS (
  SELECT c.oid, c.relname::text AS name, c.relowner AS owner, c.relacl
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'
), given AS (
  SELECT name, NULL::text AS part, owner, acl.* FROM held, aclexplode(relacl) AS acl
  UNION ALL
  SELECT name, attname::text, owner, acl.*
  FROM held JOIN pg_attribute ON attrelid = held.oid AND NOT attisdropped, aclexplode(attacl) AS acl
  UNION ALL
  SELECT fresh, NULL, defaclrole, acl.*
  FROM unnest($2::text[]) AS fresh, pg_default_acl JOIN pg_namespace AS n ON n.oid = defaclnamespace,
       aclexplode(defaclacl) AS acl
  WHERE n.nspname = $1 AND defaclobjtype = 'r' AND defaclrole = current_user::regrole
    AND fresh NOT IN (SELECT name FROM held)
)
SELECT name, part, format(
  'GRANT %s%s ON %I.%I TO %s%s', privilege_type, CASE WHEN part IS NULL THEN '' ELSE format(' (%I)', part) END,
  $1::text, name, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
FROM given WHERE grantee <> owner
ORDER BY 1, 2, 3
"""
