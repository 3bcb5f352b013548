"""A release in a real PostGIS: whole or not at all, read by those who could read before, no password told."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from bundles import contracts, small_bundle
from test_qgis import PYTHON, has_qgis
from typer.testing import CliRunner

from inducult_geo.cli import app
from inducult_geo.errors import ConfigError, ReleaseError
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.databases.postgis import _shown, _told, load_postgis
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.releasing.withholding import for_release

pytest.importorskip("asyncpg")
PASSWORD = "s3cret-of-the-test"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
pytestmark = pytest.mark.skipif(
    not BINARIES or not any(Path("/usr/share/postgresql").glob("*/extension/postgis.control")),
    reason="needs PostgreSQL with PostGIS",
)


class Database:
    """A PostgreSQL of its own, on loopback, with one database."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.folder, self.data = BINARIES[-1].parent, folder, folder / "data"
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def run(self, *command: str) -> str:
        told = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            user=self.user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PGHOST": str(self.folder), "PGPORT": str(self.port)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()

    def start(self) -> None:
        self.run("initdb", "-D", "data", "--no-sync", "-A", "trust", "--auth-host=scram-sha-256", "-U", "owner")
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
        self.sql(f"ALTER ROLE owner PASSWORD '{PASSWORD}'", database="postgres")
        self.sql("CREATE DATABASE maps", database="postgres")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    def sql(self, text: str, *, database: str = "maps", role: str = "owner") -> str:
        return self.run("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", role, "-d", database, "-c", text)

    @property
    def address(self) -> str:
        return f"postgresql://owner@127.0.0.1:{self.port}/maps"


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    # Not below pytest's folder, which is root's alone; a socket's path must be short.
    from tempfile import TemporaryDirectory

    if os.getuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("needs the user postgres")
    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        database = Database(Path(name))
        database.start()
        yield database
        database.stop()


@pytest.fixture
def database(server: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    server.sql("DROP SCHEMA IF EXISTS inducult CASCADE; DROP SCHEMA IF EXISTS served CASCADE")
    server.sql("CREATE EXTENSION IF NOT EXISTS postgis")
    return server


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_geopackage(for_release(small_bundle(), contracts()), folder / GEOPACKAGE)
    return folder


def test_every_table_arrives_with_its_rows_and_values(database: Database, release: Path) -> None:
    loaded = load_postgis(release, database.address)
    present = {layer.name: layer for layer in LAYERS if layer.name != "changes"}
    assert set(loaded) == set(present)
    for name, layer in present.items():
        there = gpd.read_file(release / GEOPACKAGE, layer=name)
        assert loaded[name] == len(there)
        if layer.geometry:
            told = database.sql(f"SELECT encode(ST_AsBinary(geom), 'hex') FROM inducult.{name} ORDER BY fid")
            assert shapely.equals_exact(shapely.from_wkb(told.split("\n")), there.geometry.to_numpy()).all()
            assert database.sql(f"SELECT DISTINCT ST_SRID(geom) FROM inducult.{name}") == "3035"
    assert database.sql("SELECT count(*) FROM inducult.site_points WHERE first_seen = date '2019-05-01'") == str(
        loaded["site_points"]
    )
    assert database.sql("SELECT name FROM inducult.site_points WHERE name LIKE 'Robert%'").startswith("Robert'); DROP")
    assert database.sql("SELECT names::json->>'de' FROM inducult.site_points ORDER BY site_id LIMIT 1") == "Fabrik 0"
    assert database.sql("SELECT is_sample FROM inducult.runs") == "t"


def test_what_an_older_release_lacks_is_null(database: Database, release: Path, tmp_path: Path) -> None:
    older = Path(shutil.copytree(release, tmp_path / "older"))
    with closing(sqlite3.connect(older / GEOPACKAGE)) as con, con:
        for column in ("end_precision", "accuracy_m"):
            con.execute(f"ALTER TABLE source_records DROP COLUMN {column}")
    rows = load_postgis(older, database.address)["source_records"]
    lacking = "end_precision IS NULL AND accuracy_m IS NULL"
    assert database.sql(f"SELECT count(*) FROM inducult.source_records WHERE {lacking}") == str(rows)


@pytest.mark.qgis
def test_qgis_exports_every_table_and_puts_it_through_an_algorithm(database: Database, release: Path) -> None:
    if not has_qgis():
        pytest.skip("needs QGIS for the system's Python")
    loaded = load_postgis(release, database.address)
    source = f"dbname='maps' host=127.0.0.1 port={database.port} user='owner'"
    told = subprocess.run(
        [PYTHON, Path(__file__).with_name("qgis_postgis.py"), source, *loaded],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    met = json.loads(told.stdout.splitlines()[-1])
    assert met == {name: {"exported": ["", rows], "made": rows} for name, rows in loaded.items()}


def test_a_person_finds_words_keys_and_indexes(database: Database, release: Path) -> None:
    load_postgis(release, database.address)
    undescribed = (
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'inducult' AND column_name NOT IN "
        "('fid', 'geom') AND col_description((table_schema || '.' || table_name)::regclass, ordinal_position) IS NULL"
    )
    assert database.sql(undescribed) == "0"
    names = database.sql(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute "
        "WHERE attrelid = 'inducult.site_points'::regclass AND attname = 'names'"
    )
    assert names.endswith("text. JSON, as text: cast it to json.")
    assert "kernel" not in database.sql("SELECT obj_description('inducult.site_points'::regclass)")
    indexes = database.sql("SELECT count(*) FROM pg_indexes WHERE schemaname = 'inducult' AND indexdef LIKE '%gist%'")
    assert int(indexes) == sum(layer.geometry is not None for layer in LAYERS if layer.name != "changes")
    keys = database.sql(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'inducult'::regnamespace"
    )
    assert keys == "2"


def test_who_could_read_the_last_release_can_read_the_new_one(database: Database, release: Path) -> None:
    load_postgis(release, database.address)
    database.sql('DROP ROLE IF EXISTS "Map Server"; CREATE ROLE "Map Server" LOGIN')
    database.sql('GRANT USAGE ON SCHEMA inducult TO "Map Server"; GRANT SELECT ON inducult.site_points TO "Map Server"')
    load_postgis(release, database.address)
    assert database.sql("SELECT count(*) > 0 FROM inducult.site_points", role="Map Server") == "t"
    with pytest.raises(AssertionError, match="permission denied"):
        database.sql("SELECT count(*) FROM inducult.source_records", role="Map Server")


def test_every_right_that_an_administrator_gave_is_kept(database: Database, release: Path) -> None:
    load_postgis(release, database.address)
    database.sql("DROP TABLE inducult.matches")
    roles = ("editor", "guest", "later")
    for role in roles:
        database.sql(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        database.sql(f"GRANT USAGE ON SCHEMA inducult TO {role}")
    database.sql(
        "GRANT SELECT, UPDATE ON inducult.site_points TO editor WITH GRANT OPTION;"
        "GRANT SELECT (site_id, geom) ON inducult.site_points TO guest;"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA inducult GRANT SELECT ON TABLES TO later"
    )
    asked = "SELECT relacl FROM pg_class WHERE oid = 'inducult.site_points'::regclass"
    before = database.sql(asked)
    for _ in range(2):
        load_postgis(release, database.address)
        assert database.sql(asked) == before
        assert database.sql("SELECT count(site_id) > 0 FROM inducult.site_points", role="guest") == "t"
        with pytest.raises(AssertionError, match="permission denied"):
            database.sql("SELECT name FROM inducult.site_points", role="guest")
        # The one table that is new since the rights for tables to come were given, and no other.
        assert database.sql("SELECT count(*) >= 0 FROM inducult.matches", role="later") == "t"
        with pytest.raises(AssertionError, match="permission denied"):
            database.sql("SELECT name FROM inducult.site_points", role="later")


def test_rows_that_nobody_else_may_see_are_not_open_after_the_next_release(database: Database, release: Path) -> None:
    """Row security without a policy shows others no row; each release switched it off in silence."""
    load_postgis(release, database.address)
    database.sql("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    database.sql("GRANT USAGE ON SCHEMA inducult TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA inducult TO guest")
    database.sql("ALTER TABLE inducult.review ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for _ in range(2):
        loaded = load_postgis(release, database.address)
        assert loaded["review"] > 0
        assert database.sql("SELECT count(*) FROM inducult.review", role="guest") == "0"
        assert database.sql("SELECT count(*) FROM inducult.regions", role="guest") != "0"
    asked = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert database.sql(asked) == "review"


def test_what_an_administrator_put_into_the_schema_stays(database: Database, release: Path) -> None:
    load_postgis(release, database.address)
    database.sql(
        "CREATE TABLE inducult.notes (a text); COMMENT ON TABLE inducult.notes IS 'Notes on a release';"
        "INSERT INTO inducult.notes VALUES ('mine');"
        "CREATE VIEW inducult.my_notes AS SELECT a FROM inducult.notes;"
        "CREATE FUNCTION inducult.two() RETURNS int LANGUAGE sql AS 'SELECT 2'"
    )
    load_postgis(release, database.address)
    assert database.sql("SELECT a || inducult.two() FROM inducult.my_notes") == "mine2"


def test_a_table_that_is_published_no_more_goes_with_its_release(database: Database, release: Path) -> None:
    """It stayed for ever, and whoever read it took the sites of an old release for those of today."""
    load_postgis(release, database.address)
    database.sql("ALTER TABLE inducult.review RENAME TO questions")
    load_postgis(release, database.address)
    assert database.sql("SELECT to_regclass('inducult.questions') IS NULL, to_regclass('inducult.review')") == (
        "t|inducult.review"
    )


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("CREATE VIEW inducult.works AS SELECT site_id FROM inducult.site_points", r"view inducult\.works"),
        ('CREATE MATERIALIZED VIEW inducult."Wörks" AS SELECT 1 FROM inducult.runs', 'view inducult."Wörks"'),
        ("CREATE TABLE inducult.own (r text REFERENCES inducult.regions (region))", "own_r_fkey on table inducult.own"),
        ("CREATE FUNCTION inducult.f(inducult.runs) RETURNS int LANGUAGE sql AS 'SELECT 1'", r"inducult\.f\(inducult"),
        ("CREATE POLICY mine ON inducult.site_points", r"policy mine on inducult\.site_points"),
        ("CREATE RULE kept AS ON DELETE TO inducult.runs DO INSTEAD NOTHING", r"rule kept on inducult\.runs"),
        (
            "CREATE FUNCTION inducult.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER told AFTER UPDATE ON inducult.runs EXECUTE FUNCTION inducult.t()",
            r"trigger told on inducult\.runs",
        ),
    ],
)
def test_what_rests_on_the_tables_is_named_not_dropped(
    database: Database, release: Path, made: str, named: str
) -> None:
    load_postgis(release, database.address)
    database.sql(made)
    table = database.sql("SELECT 'inducult.site_points'::regclass::oid")
    with pytest.raises(ReleaseError, match=named) as told:
        load_postgis(release, database.address)
    assert "create them again" in str(told.value)
    assert database.sql("SELECT 'inducult.site_points'::regclass::oid") == table


def test_a_reader_who_never_ends_stops_neither_readers_nor_the_night(
    database: Database, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_postgis(release, database.address)
    from inducult_geo.publish.databases import postgis

    monkeypatch.setattr(postgis, "_SWAP_WAIT_S", 1)
    held = subprocess.Popen(
        ["psql", "-X", "-q", database.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdin is not None
    assert held.stdout is not None
    held.stdin.write("BEGIN; SELECT count(*) FROM inducult.site_points;\n\\echo held\n")
    held.stdin.flush()
    try:
        while "held" not in held.stdout.readline():
            assert held.poll() is None
        with pytest.raises(ReleaseError, match="held the tables of 'inducult' for 1 s"):
            load_postgis(release, database.address)
    finally:
        held.communicate("ROLLBACK;\n", timeout=30)
    load_postgis(release, database.address)


def test_readers_see_the_last_release_until_the_new_one_is_whole(
    database: Database, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_postgis(release, database.address)
    from inducult_geo.publish.databases import postgis

    made = database.sql("SELECT 'inducult.site_points'::regclass::oid")
    finish, met = postgis._finish, []

    async def watched(*args: object) -> None:
        await finish(*args)
        met.append(database.sql("SELECT 'inducult.site_points'::regclass::oid, count(*) > 0 FROM inducult.site_points"))
        met.append(database.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'inducult%'"))

    monkeypatch.setattr(postgis, "_finish", watched)
    load_postgis(release, database.address)
    assert met == [f"{made}|t", "1"]
    assert database.sql("SELECT 'inducult.site_points'::regclass::oid") != made
    assert database.sql("SELECT obj_description('inducult'::regnamespace)") == "inducult-geo release 0123456789abcdef"


def test_a_failure_leaves_the_last_release_as_it_was(
    database: Database, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_postgis(release, database.address)
    made = database.sql("SELECT 'inducult.site_points'::regclass::oid")
    from inducult_geo.publish.databases import postgis

    async def broken(*_: object) -> None:
        raise OSError("the line went dead")

    monkeypatch.setattr(postgis, "_finish", broken)
    with pytest.raises(ConfigError, match="the line went dead"):
        load_postgis(release, database.address)
    assert database.sql("SELECT 'inducult.site_points'::regclass::oid") == made
    assert database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'inducult__new'") == "0"


def test_a_server_that_goes_away_meanwhile_is_told(
    database: Database, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_postgis(release, database.address)
    made = database.sql("SELECT 'inducult.site_points'::regclass::oid")
    from inducult_geo.publish.databases import postgis

    finish = postgis._finish

    async def ended(*args: object) -> None:
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        await finish(*args)

    monkeypatch.setattr(postgis, "_finish", ended)
    with pytest.raises(ReleaseError, match=r"maps: the connection broke off.* is as it was.*publish again"):
        load_postgis(release, database.address)
    assert database.sql("SELECT 'inducult.site_points'::regclass::oid") == made


def test_a_role_without_the_right_is_told_which_it_needs(database: Database, release: Path) -> None:
    database.sql("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    database.sql(f"ALTER ROLE guest PASSWORD '{PASSWORD}'")
    with pytest.raises(ReleaseError, match="needs the right CREATE on the database"):
        load_postgis(release, database.address.replace("owner@", "guest@"))


def test_a_schema_of_others_is_left_alone(database: Database, release: Path) -> None:
    database.sql("CREATE SCHEMA inducult; CREATE TABLE inducult.mine (a int)")
    with pytest.raises(ReleaseError, match="holds something else than a release"):
        load_postgis(release, database.address)
    assert database.sql("SELECT count(*) FROM inducult.mine") == "0"


def test_views_of_others_are_named_not_dropped(database: Database, release: Path) -> None:
    load_postgis(release, database.address)
    database.sql("CREATE SCHEMA served; CREATE VIEW served.works AS SELECT site_id, geom FROM inducult.site_points")
    with pytest.raises(ReleaseError, match=r"served\.works"):
        load_postgis(release, database.address)
    assert database.sql("SELECT count(*) > 0 FROM served.works") == "t"


def test_a_database_without_postgis_says_what_to_do(database: Database, release: Path) -> None:
    database.sql("DROP EXTENSION postgis CASCADE")
    with pytest.raises(ReleaseError, match="CREATE EXTENSION postgis"):
        load_postgis(release, database.address)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.replace("owner@", f"owner:{PASSWORD}@"), "leave the password out"),
        (lambda a: f"{a}?password={PASSWORD}", "leave the password out"),
        (lambda a: a.replace("postgresql", "mysql"), "not of the form"),
        (lambda a: a.replace("/maps", ""), "not of the form"),
        (lambda a: a.replace("/maps", "/absent"), "cannot be reached"),
        (lambda a: a.replace("owner@", "stranger@"), "cannot be reached"),
        (lambda _: "postgresql://owner@127.0.0.1:1/maps", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_told_and_no_password_with_it(database: Database, release: Path, change, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as told:
        load_postgis(release, change(database.address))
    assert PASSWORD not in str(told.value)


def test_a_server_that_says_nothing_is_told(database: Database) -> None:
    with pytest.raises(ConfigError, match="cannot be reached: no answer comes"), _told(database.address, "maps"):
        raise TimeoutError


def test_a_wrong_password_is_told_without_it(
    database: Database, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-" + PASSWORD)
    with pytest.raises(ConfigError, match="password authentication failed") as told:
        load_postgis(release, database.address)
    assert PASSWORD not in str(told.value)


@pytest.mark.parametrize("schema", ["", "Maps", "pg_maps", 'a"; DROP SCHEMA public; --', "1a", "a" * 60])
def test_a_schema_is_named_plainly(database: Database, release: Path, schema: str) -> None:
    with pytest.raises(ConfigError, match="lower-case"):
        load_postgis(release, database.address, schema=schema)


def test_no_release_is_told_plainly(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="folder of a release"):
        load_postgis(tmp_path, database.address)


def test_the_command_refuses_a_release_that_breaks_its_promises(database: Database, release: Path) -> None:
    told = CliRunner().invoke(app, ["publish", str(release), "--to", database.address])
    assert isinstance(told.exception, ReleaseError)
    assert "breaks its promises" in str(told.exception)
    assert database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'inducult'") == "0"


@pytest.mark.parametrize(
    "address",
    [f"postgresql://a:{PASSWORD}@h/d", f"postgresql://a@h/d?password={PASSWORD}", f"x://:{PASSWORD}@h"]
    + [f"postgresql://a:x/{PASSWORD}@h/d", f"postgresql://a:{PASSWORD}/x@h/d", f"postgresql://a:@{PASSWORD}@h/d"],
)
def test_an_address_is_shown_without_its_password(address: str) -> None:
    assert PASSWORD not in _shown(address)
    # What is left must still tell which server was meant.
    assert re.search(r"(?<=[/@])h\b", _shown(address))


@pytest.mark.parametrize(
    "address",
    ["postgresql://[h/d", "postgresql://a@h:port/d", "postgresql://a@h:99999/d"]
    + [f"postgresql://a:{PASSWORD}/x@h/d", f"postgresql://a:x[{PASSWORD}@h/d"],
)
def test_an_address_that_none_can_ask_is_told_and_no_password_with_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=r"no address that can be asked|leave the password out") as told:
        load_postgis(tmp_path, address)
    assert PASSWORD not in str(told.value)
