"""How a data folder stands, for people and for monitoring."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.pipeline import run_all
from inducult_geo.run import open_run
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    data = tmp_path_factory.mktemp("status") / "data"
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
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
    result = CliRunner().invoke(cli.app, ["status", "--data", str(data), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["is_well"] is True
    (data / "raw" / "sample" / "partners" / "leoben_eisenstrasse.xlsx").write_bytes(b"PK\x03\x04torn")
    run_all(["leoben"], open_run(data))
    result = CliRunner().invoke(cli.app, ["status", "--data", str(data)])
    assert result.exit_code == 1
    assert "source leoben_eisenstrasse: stale" in result.stdout
    assert "needs a look" in result.stdout
