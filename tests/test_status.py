"""How a data folder stands, for people and for monitoring."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.errors import ConfigError, steady
from inducult_geo.match.decided.decisions import append_decision
from inducult_geo.match.decided.verdict import Decision
from inducult_geo.outcome import told_by
from inducult_geo.pipeline import run_all
from inducult_geo.publish.release import write_sums
from inducult_geo.release_folders import new_release
from inducult_geo.releasing.release import _TOLD, _noted_of, _standing
from inducult_geo.report import status_lines
from inducult_geo.run import open_run
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder, current_release, write_json


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    data = tmp_path_factory.mktemp("status") / "data"
    for kept in ("raw/sample", "processed/regions/leoben"):
        shutil.copytree(sample_data / kept, data / kept, symlinks=True)
    run_all(["leoben"], open_run(data))
    return data


def test_a_fresh_release_is_well_until_it_is_old(data: Path) -> None:
    folder = DataFolder(data)
    young = status_of(folder, max_age_h=1)
    assert young.is_well
    assert young.sites > 10
    assert young.open_questions >= 1
    old = status_of(folder, max_age_h=1, now=datetime.now(UTC) + timedelta(hours=3))
    assert not old.is_well
    assert old.age_h == pytest.approx(3, abs=0.2)


def test_a_region_that_no_run_looks_at_is_named(data: Path) -> None:
    late = status_of(DataFolder(data), max_age_h=2, now=datetime.now(UTC) + timedelta(hours=3))
    assert any(line.startswith("region leoben: no run for 3 h") for line in late.stale)


def test_a_file_that_does_not_come_for_long_is_named(data: Path) -> None:
    """Runs go on with what was fetched before, and are whole: nobody would tell that a partner's server is gone."""
    folder, now = DataFolder(data), datetime.now(UTC)
    told = {"since": (now - timedelta(hours=30)).isoformat(), "regions": ["leoben"], "message": "No answer."}
    write_json(folder.unfetched, {"list.csv": told})
    young, old = (status_of(folder, max_age_h=hours, now=now) for hours in (36, 24))
    folder.unfetched.unlink()
    assert young.is_well
    assert old.reasons == ["1 unfetched"]
    assert re.fullmatch(
        r"list\.csv: has not come since \S+\. No answer\. Then: inducult fetch leoben", old.unfetched[0]
    )


def test_a_region_that_has_data_and_is_not_on_the_map_is_named(data: Path) -> None:
    """A schedule that was never started would be missed in silence: the release knows only what was built."""
    result = CliRunner().invoke(cli.app, ["status", "--data", str(data)])
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert "region opole: has data, and is not on the map yet. Run it: inducult run opole" in told
    assert "region leoben" not in told
    unknown = CliRunner().invoke(cli.app, ["status", "atlantis", "--data", str(data)])
    assert isinstance(unknown.exception, ConfigError)


def test_a_run_that_was_killed_is_told_until_the_next_one_ends(data: Path) -> None:
    note = data / "processed" / "last_run.json"
    whole = note.read_text()
    note.write_text(json.dumps({"began": "2026-11-20T02:00:00Z", "ended": None}))
    killed = status_of(DataFolder(data), max_age_h=1)
    assert not killed.is_well
    assert killed.last_run is not None
    assert "did not end" in killed.last_run
    with DataFolder(data).lock():
        assert status_of(DataFolder(data), max_age_h=1).last_run == "2026-11-20T02:00:00Z: at work now"
    note.write_text(whole)
    assert status_of(DataFolder(data), max_age_h=1).is_well


def test_a_torn_decision_is_told(data: Path) -> None:
    log = data / "raw" / "decisions" / "decisions.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text('{"who": "me", "wh')
    torn = status_of(DataFolder(data), max_age_h=1)
    assert not torn.is_well
    assert "the last line is torn" in torn.torn[0]
    log.unlink()


def test_without_a_release_nothing_is_well(tmp_path: Path) -> None:
    assert not status_of(DataFolder(tmp_path), max_age_h=1).is_well


def test_what_is_stale_is_named_and_the_exit_code_says_so(data: Path) -> None:
    result = CliRunner().invoke(cli.app, ["status", "leoben", "--data", str(data), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["is_well"] is True
    (data / "raw" / "sample" / "partners" / "leoben_eisenstrasse.xlsx").write_bytes(b"PK\x03\x04torn")
    run_all(["leoben"], open_run(data))
    result = CliRunner().invoke(cli.app, ["status", "leoben", "--data", str(data)])
    assert result.exit_code == 1
    assert "source leoben_eisenstrasse: stale" in result.stdout
    assert "needs a look" in result.stdout


def test_a_data_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["status", "--data", str(tmp_path / "nix")])
    assert result.exit_code == 1
    assert "nix is not there. Is it the folder that --data should name?" in " ".join(result.stdout.split())


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def published(root: Path, *rows: str, at: str = "2026-11-20T020000Z") -> DataFolder:
    """A data folder with one release of three sites, published at two in the morning; `rows` are SQL."""
    folder = DataFolder(root)
    with new_release(folder) as draft:
        write_json(draft / "manifest.json", {"run": {"sites": 3}})
        with closing(sqlite3.connect(draft / "inducult.gpkg")) as connection:
            connection.executescript(
                "CREATE TABLE regions (region, state, message);"
                "CREATE TABLE sources (source, state, message, withheld);"
                "CREATE TABLE review (left_key, right_key); INSERT INTO regions VALUES ('opole', 'fresh', NULL);"
                + "".join(rows)
            )
    made = current_release(folder)
    assert made is not None
    made.rename(folder.releases / at)
    folder.current.unlink()
    folder.current.symlink_to(Path("releases") / at)
    return folder


def test_what_a_wrong_clock_dated_does_not_stay_young_for_years(tmp_path: Path) -> None:
    folder = published(tmp_path, at="2031-01-01T020000Z")
    write_json(folder.released, {"release": "2031-01-01T020000Z", "confirmed": "2031-01-01T02:00:00+00:00"})
    told = status_of(folder, max_age_h=30, now=NOON)
    assert not told.is_well
    assert told.stale == (
        "release 2031-01-01T020000Z: its last run is of the future. Set the clock of this machine right, then: "
        "inducult run",
    )
    write_json(folder.released, {"release": "2031-01-01T020000Z", "confirmed": NOON.isoformat()})
    assert status_of(folder, max_age_h=30, now=NOON).is_well
    write_json(folder.region("opole") / "state.json", {"at": "2031-01-01T02:00:00+00:00"})
    assert "region opole: its last run is of the future" in status_of(folder, max_age_h=30, now=NOON).stale[0]


def one_list(tmp_path: Path, repository: Path) -> tuple[Path, Path]:
    """A data folder with one list of one region, and the contract of that list."""
    data = tmp_path / "data"
    sample = repository / "data" / "raw" / "sample"
    for part in ("boundaries/opole.geojson", "partners/opole_zabytki.csv", "partners/opole_zabytki.toml"):
        target = data / "raw" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample / part, target)
    return data, data / "raw" / "partners" / "opole_zabytki.toml"


@pytest.fixture(scope="module")
def released_list(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """That data folder after its first release."""
    data, _ = one_list(tmp_path_factory.mktemp("list"), repository)
    run_all(["opole"], open_run(data))
    return data


@pytest.fixture
def listed(released_list: Path, tmp_path: Path) -> Path:
    """A copy of that data folder, to be changed."""
    return Path(shutil.copytree(released_list, tmp_path / "data", symlinks=True))


@pytest.mark.slow
def test_a_reason_that_reads_otherwise_each_night_makes_no_release_each_night(listed: Path) -> None:
    data, contract = listed, listed / "raw" / "partners" / "opole_zabytki.toml"
    releases = [current_release(DataFolder(data))]
    rows = contract.with_suffix(".csv").read_bytes().splitlines(keepends=True)
    for left in (4, 3):
        contract.with_suffix(".csv").write_bytes(b"".join(rows[:left]))
        outcome = run_all(["opole"], open_run(data))
        releases.append(outcome.release)
        assert f"{left - 1} row" in outcome.failures[0]
    assert releases[0] != releases[1] == releases[2]
    contract.with_suffix(".csv").write_bytes(b"PK\x03\x04torn")
    assert run_all(["opole"], open_run(data)).release != releases[2], "another reason is news"


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("https://x.org: no slot for 30 seconds (HTTP 429).", "https://x.org: no slot for 7 seconds (HTTP 504).", True),
        ("/tmp/a1/huty.tab: cut off", "/tmp/b2/huty.tab: cut off", True),
        ("a.csv: no column 'x1'. Found: 'x', 'y'.", "a.csv: no column 'x2'. Found: 'x', 'y'.", False),
        ("a.xlsx: no sheet 'List 1'. Found: B.", "a.xlsx: no sheet 'List 2'. Found: B.", False),
        ("Overpass' answer: cut off after 5 s, as it's", "Overpass' answer: cut off after 61 s, as it's", True),
    ],
)  # fmt: skip
def test_of_a_reason_times_and_counts_do_not_matter_and_names_do(before: str, now: str, same: bool) -> None:
    assert (steady(before) == steady(now)) is same


def test_what_a_run_noted_of_a_release_and_is_nonsense_ends_no_run(listed: Path) -> None:
    """It ended every run, of all regions, with an error of the program."""
    data, release = listed, current_release(DataFolder(listed))
    assert release is not None
    note = DataFolder(data).released
    told = json.loads(note.read_text())
    assert [_noted_of(_TOLD, nonsense) for nonsense in (None, 7, {"counts": 7})] == [None] * 3
    assert asdict(_noted_of(_TOLD, told["told"])) == told["told"]
    standing = _standing(told["stamp"], open_run(data))
    assert standing is not None
    assert standing["release"] == release.name
    for nonsense in ({"told": {**told["told"], "n_sites": "many"}}, {"noticed": {"opole": 7}}):
        write_json(note, told | nonsense)
        assert _standing(told["stamp"], open_run(data)) is None, "so it is written anew, and noted"


@pytest.mark.slow
def test_of_a_source_that_lost_many_records_somebody_is_told_until_it_is_confirmed(
    tmp_path: Path, repository: Path
) -> None:
    """Its sites leave the map in one night, and every stage is whole."""
    data, contract = one_list(tmp_path, repository)
    contract.write_text(contract.read_text(encoding="utf-8").partition("[expect]")[0], encoding="utf-8")
    assert run_all(["opole"], open_run(data)).gone == ()
    file = contract.with_suffix(".csv")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:8]))
    cut = run_all(["opole"], open_run(data))
    assert (cut.exit_code, len(cut.gone)) == (0, 1)
    assert cut.gone[0].startswith("opole_zabytki in opole: 7 records can be used, but an earlier run had 16: 9 are")
    assert run_all(["opole"], open_run(data)).gone == cut.gone
    told = status_of(DataFolder(data), max_age_h=1)
    assert (told.is_well, told.gone, told.as_dict()["gone"]) == (False, cut.gone, [*cut.gone])
    shown = CliRunner().invoke(cli.app, ["status", "--data", str(data)])
    assert shown.exit_code == 1
    assert "gone      opole_zabytki in opole" in shown.stdout
    release = current_release(DataFolder(data))
    assert release is not None
    assert "rows_gone" not in (release / "manifest.json").read_text()
    afresh = run_all(["opole"], open_run(data, afresh_sources=["opole_zabytki"]))
    assert (afresh.gone, afresh.release) == ((), release)
    assert status_of(DataFolder(data), max_age_h=1).is_well


@pytest.mark.parametrize("nonsense", [None, 7, "x", [7], {"a": 7}])
@pytest.mark.parametrize("name", ["sources", "counts", "problems", "outline"])
def test_what_was_kept_of_a_region_and_is_nonsense_is_told(tmp_path: Path, name: str, nonsense: object) -> None:
    folder = published(tmp_path)
    kept = folder.region("opole") / "manifest.json"
    write_json(kept, {**MANIFEST, name: nonsense})
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.torn == (
        f"{kept}: what was kept of region opole is damaged or of another version. Run again: inducult run",
    )
    assert not status.is_well
    write_json(kept, MANIFEST)
    assert status_of(folder, max_age_h=30, now=NOON).is_well


MANIFEST = {
    "run_id": "r1", "counts": {"records_in": 3, "in_sites": 3, "in_review": 0, "rejected": 0}, "n_sites": 1,
    "outline": {}, "problems": [], "sources": [],
}  # fmt: skip


def test_of_what_the_catalog_no_longer_names_nothing_is_told(tmp_path: Path) -> None:
    folder = published(tmp_path, "INSERT INTO sources VALUES ('wide', 'fresh', NULL, 0);")
    gone = {"source": "wide", "kind": "rows_gone", "message": "9 are gone at once", "count": 9}
    facts = {"source": "wide", "region": None, "state": "fresh", "problems": [gone]}
    for name in ("wide", "of_old"):
        write_json(folder.wide / f"{name}.json", {"facts": facts, "outputs": None})
    for name in ("opole", "atlantis"):
        told = {**MANIFEST, "sources": [facts | {"region": name}]}
        write_json(folder.region(name) / "manifest.json", told)
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.gone == ("wide in opole: 9 are gone at once", "wide: 9 are gone at once")


def test_what_a_new_version_of_a_list_brought_is_told_for_a_week(tmp_path: Path) -> None:
    folder = published(tmp_path)
    days = ("2026-11-20", "2026-11-13", "2026-11-12")
    problems = [{"source": "list", "kind": "new_version", "message": f"{day}: 1 gone"} for day in days]
    facts = {"source": "list", "region": "opole", "state": "fresh", "problems": problems}
    write_json(folder.region("opole") / "manifest.json", {**MANIFEST, "sources": [facts]})
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.changed == ("list in opole: 2026-11-20: 1 gone", "list in opole: 2026-11-13: 1 gone")
    assert status.is_well


@pytest.mark.parametrize("name", ["data", "Zwickau #1", "was ist das?", "100%25", "Datenmappe Straße", "a;b&c=d"])
def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    status = status_of(published(tmp_path / name), max_age_h=30, now=NOON)
    assert status.is_well
    assert (status.sites, status.age_h) == (3, 10)


def test_a_relative_data_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert status_of(DataFolder(Path("data")), max_age_h=30, now=NOON).is_well


@pytest.mark.parametrize(
    ("at", "confirmed", "age_h"),
    [
        ("2026-11-20T020000Z", None, 10),
        ("2026-11-20T020000Z-2", None, 10),
        ("2026-11-20T020000Z", "2026-11-20T11:00:00+00:00", 1),
        ("2026-11-20T020000Z", "2026-11-20T12:00:00+02:00", 2),
        ("2026-11-20T020000Z", "2026-11-19T11:00:00+00:00", 25),  # likewise: what the last run says counts
        ("2031-01-01T020000Z", "2026-11-20T02:00:00+00:00", 10),
        ("2026-11-20T140000Z", None, 0),  # a clock that was set back
    ],
)
def test_a_release_is_as_old_as_the_night_that_last_confirmed_it(
    tmp_path: Path, at: str, confirmed: str | None, age_h: float
) -> None:
    folder = published(tmp_path, at=at)
    if confirmed:
        write_json(folder.released, {"release": at, "confirmed": confirmed})
    assert status_of(folder, max_age_h=30, now=NOON).age_h == age_h
    assert status_of(folder, max_age_h=age_h, now=NOON).is_well


def test_what_confirms_another_release_confirms_nothing(tmp_path: Path) -> None:
    folder = published(tmp_path)
    write_json(folder.released, {"release": "2026-11-19T020000Z", "confirmed": NOON.isoformat()})
    assert status_of(folder, max_age_h=30, now=NOON).age_h == 10


def test_questions_are_counted_and_what_is_not_fresh_is_told_in_order(tmp_path: Path) -> None:
    folder = published(
        tmp_path,
        "INSERT INTO review VALUES ('a', 'b'), ('c', 'd'), ('e', NULL);",
        "INSERT INTO regions VALUES ('leoben', 'stale', 'no outline');",
        "INSERT INTO sources VALUES ('zabytki', 'failed', NULL, 0), ('osm', 'fresh', NULL, 0);",
        "INSERT INTO sources VALUES ('eutl', 'stale', 'torn', 2);",
    )
    folder.decisions.parent.mkdir(parents=True)
    said = Decision("Eva", NOON.isoformat(), "d", "c", "same")
    append_decision(folder.decisions, said)
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.open_questions == 2, "one was answered since"
    assert status.stale == ("region leoben: stale: no outline", "source eutl: stale: torn", "source zabytki: failed")
    assert not status.is_well
    assert status.as_dict()["stale"] == [*status.stale]
    assert status.as_dict()["withheld"] == {"eutl": 2}


def test_an_answer_under_the_key_that_a_record_had_before_is_one(tmp_path: Path) -> None:
    """Of a file that was written before the list was numbered anew; the question was counted, and asked again."""
    folder = published(
        tmp_path,
        "INSERT INTO review VALUES ('a', 'b'), ('b', 'c');",
        "CREATE TABLE former_keys (former_key, record_key, last_seen);",
        "INSERT INTO former_keys VALUES ('z', 'b', '2026-11-01');",
    )
    folder.decisions.parent.mkdir(parents=True)
    append_decision(folder.decisions, Decision("Eva", NOON.isoformat(), "z", "a", "same"))
    assert status_of(folder, max_age_h=30, now=NOON).open_questions == 1


def test_what_two_regions_tell_alike_is_told_once() -> None:
    said = [("leoben", "a"), ("leoben", "b"), ("zwickau", "b"), ("zwickau", "c")]
    assert told_by(said) == {"a": "leoben", "b": "leoben, zwickau", "c": "zwickau"}


@pytest.mark.parametrize("regions", [None, [], {"opole": None}, {"opole": {"problems": "?"}}])
def test_what_was_noticed_of_regions_is_told_and_asks_nobody_to_act(tmp_path: Path, regions: object) -> None:
    folder = published(tmp_path)
    manifest = folder.releases / "2026-11-20T020000Z" / "manifest.json"
    told = {"opole": {"problems": ["b", "a [bold]c[/]"]}, "leoben": {"problems": ["x", "b"]}}
    write_json(manifest, {"run": {"sites": 3}, "regions": told})
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.noticed == ("leoben: x", "leoben, opole: b", "opole: a [bold]c[/]")
    assert status.as_dict()["noticed"] == [*status.noticed]
    told_lines = StringIO()
    status_lines(status, Console(width=80, file=told_lines))
    assert "noticed   opole: a [bold]c[/]\n" in told_lines.getvalue()
    write_json(manifest, {"run": {"sites": 3}, "regions": regions})
    other = status_of(folder, max_age_h=30, now=NOON)
    assert (other.noticed, other.is_well) == ((), status.is_well)


@pytest.mark.parametrize("content", [None, b"", b"torn", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_release_that_was_damaged_is_told_and_not_a_crash(tmp_path: Path, content: bytes | None) -> None:
    folder = published(tmp_path)
    file = folder.releases / "2026-11-20T020000Z" / "inducult.gpkg"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    status = status_of(folder, max_age_h=30, now=NOON)
    assert not status.is_well
    assert status.stale[0].startswith(f"{file}: cannot be read (")
    assert status.stale[0].endswith("Run again: inducult run")


def test_a_release_without_its_manifest_is_none(tmp_path: Path) -> None:
    folder = published(tmp_path)
    (folder.releases / "2026-11-20T020000Z" / "manifest.json").unlink()
    status = status_of(folder, max_age_h=30, now=NOON)
    assert (status.release, status.sites, status.is_well) == (None, 0, False)
    assert status.as_dict()["release"] is None
    assert "manifest.json: missing or not whole" in status.torn[0], "a release is there: nobody must take it for none"


@pytest.mark.parametrize(
    ("noted", "said", "is_well"),
    [
        (
            {"ended": "2026-11-20T03:00:00Z", "said": "8 of 8 regions whole", "exit_code": 0},
            "8 of 8 regions whole",
            True,
        ),
        ({"ended": "2026-11-20T03:00:00Z", "said": "7 of 8 regions whole", "exit_code": 1}, "7 of 8", False),
        ({"ended": "2026-11-20T03:00:00Z"}, "2026-11-20T03:00:00Z", False),  # somebody edited the note
        ({"began": "2026-11-20T02:00:00Z", "ended": None}, "did not end .killed", False),
    ],
)
def test_how_the_last_run_ended_is_told(tmp_path: Path, noted: dict[str, object], said: str, is_well: bool) -> None:
    folder = published(tmp_path)
    write_json(folder.processed / "last_run.json", noted)
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.is_well == is_well
    assert status.last_run is not None
    assert re.search(said, status.last_run)


def test_a_release_that_lost_a_file_is_told(tmp_path: Path) -> None:
    folder = published(tmp_path)
    release = folder.releases / "2026-11-20T020000Z"
    write_sums(release)
    assert status_of(folder, max_age_h=30, now=NOON).is_well
    (release / "sites.parquet").write_bytes(b"")
    write_sums(release)
    (release / "sites.parquet").unlink()
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.torn == (f"{release}: sites.parquet missing: this release is not whole. Run: inducult run",)
    assert not status.is_well


def test_a_damaged_note_of_the_last_run_is_told(tmp_path: Path) -> None:
    """It may have told of a failure: nothing is known of the last run, and that is not "all well"."""
    folder = published(tmp_path)
    note = folder.processed / "last_run.json"
    write_json(note, {"ended": "2026-11-20T03:00:00Z", "said": "7 of 8 regions whole", "exit_code": 1})
    note.write_bytes(note.read_bytes()[:20])
    status = status_of(folder, max_age_h=30, now=NOON)
    assert (status.is_well, status.last_run) == (False, "unknown: the note of it is damaged. Run again: inducult run")


@pytest.mark.parametrize(("fault", "said"), [("full", "the disk is full"), ("read-only", "the disk is read-only")])
def test_a_disk_that_takes_nothing_is_told_though_no_run_could_note_it(
    fault: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published(tmp_path)
    write_json(folder.processed / "last_run.json", {"ended": "2026-11-20T03:00:00Z", "said": "whole", "exit_code": 0})
    assert status_of(folder, max_age_h=30, now=NOON).is_well
    if fault == "full":
        monkeypatch.setattr("inducult_geo.store.ROOM_LEFT", 1 << 62)
    else:
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    status = status_of(folder, max_age_h=30, now=NOON)
    assert status.reasons == ["1 blocked"]
    assert status.blocked == (f"{folder.processed}: cannot be written: {said}. The next run will fail.",)


@pytest.mark.parametrize(("at", "told"), [("2026-11-18T12:00:00+00:00", 1), ("2026-11-20T11:00:00+00:00", 0)])
def test_a_region_whose_schedule_is_gone_is_told(tmp_path: Path, at: str, told: int) -> None:
    folder = published(tmp_path)
    write_json(folder.region("opole") / "state.json", {"state": "fresh", "message": None, "at": at})
    assert status_of(folder, max_age_h=30, now=NOON).stale == ("region opole: no run for 48 h",)[:told]


@pytest.mark.parametrize("noted", [{}, {"at": "yesterday"}, {"at": "2026-11-18"}, {"at": 7}])
def test_notes_of_another_version_are_no_crash(tmp_path: Path, noted: dict[str, object]) -> None:
    folder = published(tmp_path)
    release = current_release(folder)
    assert release is not None
    write_json(release / "manifest.json", {"run": noted.get("at") and {"sites": [noted["at"]]}})
    write_json(folder.region("opole") / "state.json", noted)
    write_json(folder.released, {"release": release.name, "confirmed": noted.get("at")})
    status = status_of(folder, max_age_h=30, now=NOON)
    assert (status.sites, status.age_h, status.stale) == (0, 10, ())
