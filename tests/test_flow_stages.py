"""The stages as flows, run in this process under a real Prefect server with a home of its own."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_overpass import answer, ok, serving

from inducult_geo.errors import BusyError
from inducult_geo.run import open_run
from inducult_geo.sources.osm.overpass_client import ATTEMPTS
from inducult_geo.stage import last_collected, last_stage

BUSY = 504, {}, b"<html>busy</html>"
REFUSED = 400, {}, b"<html>parse error</html>"
WORKS = {"type": "node", "id": 7, "lon": 17.93, "lat": 50.67, "tags": {"man_made": "works", "name": "Huta"}}
ANSWER = ok(answer(WORKS))
WIDE = """
id = "everywhere"
title = "Works of Europe"
countries = ["PL", "AT"]
files = ["everywhere.csv"]
licence = "CC0-1.0"
attribution = "nobody"
[place]
crs = "EPSG:4326"
x = "lon"
y = "lat"
[columns]
key = "nr"
name = "name"
"""


@pytest.fixture(scope="module")
def told_to(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """This process tells its flows to the server, as a run of the command does that `PREFECT_API_URL` names one to."""
    os.environ.setdefault("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
    from prefect.logging.configuration import setup_logging
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.limits import create_limits

    with temporary_settings(updates={PREFECT_API_URL: server}):
        create_limits()
        # The first flow would do so, and take away who listens.
        setup_logging()
        yield


@pytest.fixture
def data(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two regions with a partner's file each."""
    monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0.001")
    raw, sample = tmp_path / "raw", repository / "data" / "raw" / "sample"
    (raw / "partners").mkdir(parents=True)
    shutil.copytree(sample / "boundaries", raw / "boundaries")
    for path in sample.glob("partners/*"):
        if path.name.startswith(("opole", "leoben")):
            shutil.copy(path, raw / "partners")
    return tmp_path


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the tasks log, in order."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{getattr(record, 'task_run_name', '')}: {record.getMessage()}")

    logger, kept = logging.getLogger("prefect.task_runs"), Kept()
    logger.addHandler(kept)
    yield lines
    logger.removeHandler(kept)


def asked(data: Path, *regions: str, **more: Any) -> Any:
    from flows.parameters import Parameters

    return Parameters(**{"data": data, "regions": [*(regions or ("leoben", "opole"))], "osm": "none", **more})


def ended(flow: Any, *arguments: Any, **named: Any) -> tuple[Any, Any]:
    """Run a flow; give its state and what it hands on."""
    state = flow(*arguments, return_state=True, **named)
    return state, state.result(raise_on_failure=False)


def put_wide(data: Path, rows: str) -> None:
    (data / "raw" / "partners" / "everywhere.toml").write_text(WIDE, encoding="utf-8")
    (data / "raw" / "partners" / "everywhere.csv").write_text(rows, encoding="utf-8")


def states(data: Path, region: str) -> dict[str, str]:
    collected = last_collected(region, open_run(data))
    assert collected is not None
    return {part.facts.source: part.facts.state for part in collected.parts if part.facts.state != "absent"}


def progress() -> dict[str, float]:
    """Return what the newest progress artifact of each kind shows, in percent."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import ArtifactSort

    with get_client(sync_client=True) as client:
        made = client.read_artifacts(sort=ArtifactSort.CREATED_DESC)
    found: dict[str, float] = {}
    for one in made:
        if one.type == "progress":
            found.setdefault(one.key, float(one.data))
    return found


@pytest.mark.usefixtures("told_to")
class TestPartners:
    def test_wide_sources_are_read_once_and_before_any_region(self, data: Path, said: list[str]) -> None:
        from flows import stages

        put_wide(data, "nr,name,lon,lat\n1,Huta,17.93,50.67\n2,Hütte,15.09,47.38\n")
        (data / "raw" / "osm").mkdir()
        (data / "raw" / "osm" / "opole.osm").write_text("not read by this stage", encoding="utf-8")
        state, told = ended(stages.ingest_partners, asked(data, osm="files"))
        assert (state.name, state.message) == ("Completed", "2 of 2 regions")
        assert told == {"leoben": None, "opole": None}
        reading = [line for line in said if ": reading " in line]
        assert reading[0] == "read-everywhere: everywhere: reading everywhere.csv"
        assert sorted(reading[1:]) == [
            "partners-leoben: leoben: reading leoben_eisenstrasse.xlsx",
            "partners-opole: opole: reading opole_zabytki.csv",
        ]
        for region, source in (("leoben", "leoben_eisenstrasse"), ("opole", "opole_zabytki")):
            assert states(data, region) == {source: "fresh", "everywhere": "fresh"}
        assert progress()["progress-partners"] == 100.0

    def test_a_broken_source_costs_itself_alone(self, data: Path, said: list[str]) -> None:
        from flows import stages

        put_wide(data, "")
        (data / "raw" / "partners" / "opole_zabytki.csv").write_bytes(b"")
        state, told = ended(stages.ingest_partners, asked(data))
        assert (state.name, told) == ("Completed", {"leoben": None, "opole": None})
        assert states(data, "leoben") == {"leoben_eisenstrasse": "fresh", "everywhere": "failed"}
        assert states(data, "opole") == {"opole_zabytki": "failed", "everywhere": "failed"}
        assert any("everywhere.csv: the file is empty" in line for line in said)
        assert any(
            line.startswith("partners-opole:") and "opole_zabytki.csv: the file is empty" in line for line in said
        )

    def test_a_region_without_an_outline_is_named_and_the_other_is_whole(self, data: Path) -> None:
        from flows import stages

        (data / "raw" / "boundaries" / "opole.geojson").unlink()
        state, told = ended(stages.ingest_partners, asked(data))
        assert state.name == "Failed"
        assert told["leoben"] is None
        assert told["opole"].startswith("opole: the region has no outline")
        assert state.message == f"1 of 2 regions; failed: opole ({told['opole'].rstrip('.')})"
        assert states(data, "leoben") == {"leoben_eisenstrasse": "fresh"}
        assert last_collected("opole", open_run(data)) is None

    def test_nobody_writes_where_another_run_is_at_work(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from flows import parameters, stages

        monkeypatch.setattr(parameters, "LOCK_WAIT_S", 0.05)
        with open_run(data).folder.lock(wait_s=1):
            _, told = ended(stages.ingest_partners, asked(data))
        assert isinstance(told, BusyError)
        assert last_collected("opole", open_run(data)) is None


@pytest.mark.usefixtures("told_to")
class TestOpenStreetMap:
    def collect(self, data: Path, replies: list[Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, int]:
        from flows import stages

        with serving(replies) as (url, requests):
            monkeypatch.setenv("INDUCULT_OVERPASS_URLS", url)
            _, told = ended(stages.ingest_osm, asked(data, "opole", osm="overpass"))
        return told, len(requests)

    def test_a_server_that_answers_later_is_asked_again(
        self, data: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told, requests = self.collect(data, [BUSY] * ATTEMPTS + [ANSWER], monkeypatch)
        assert (told, requests) == ({"opole": None}, ATTEMPTS + 1)
        assert sum("(try 2 of 3)" in line for line in said) == 1
        collected = last_collected("opole", open_run(data))
        assert collected is not None
        (part,) = [part for part in collected.parts if part.facts.source == "osm"]
        assert part.records()["record_key"].tolist() == ["osm:node/7"]

    def test_who_asks_for_the_last_time_takes_yesterday_s_records(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from flows.stages import RETRIES

        assert self.collect(data, [ANSWER], monkeypatch) == ({"opole": None}, 1)
        told, requests = self.collect(data, [BUSY], monkeypatch)
        assert (told, requests) == ({"opole": None}, ATTEMPTS * (RETRIES + 1))
        assert states(data, "opole") == {"osm": "stale"}, "partners are another stage's"

    def test_a_server_that_asks_to_be_left_alone_is_asked_once(
        self, data: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from flows import stages

        with serving([(429, {"Retry-After": "86400"}, b"")]) as (url, requests):
            monkeypatch.setenv("INDUCULT_OVERPASS_URLS", url)
            for region in ("opole", "leoben"):
                assert ended(stages.ingest_osm, asked(data, region, osm="overpass"))[1] == {region: None}
                assert states(data, region)["osm"] == "failed"
        assert len(requests) == 1
        assert not any("Asked again" in line for line in said)

    def test_tries_share_the_time_of_a_region(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INDUCULT_OVERPASS_DEADLINE_S", "2.5")
        monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0.1")
        _, requests = self.collect(data, [BUSY], monkeypatch)
        assert requests < 3 * ATTEMPTS
        collected = last_collected("opole", open_run(data))
        assert collected is not None
        (part,) = [part for part in collected.parts if part.facts.source == "osm"]
        assert "INDUCULT_OVERPASS_DEADLINE_S" in str(part.facts.message)

    def test_what_no_waiting_mends_is_not_tried_again(self, data: Path, said: list[str]) -> None:
        from flows import stages

        (data / "raw" / "boundaries" / "opole.geojson").unlink()
        _, told = ended(stages.ingest_osm, asked(data, "opole"))
        assert told["opole"].startswith("opole: the region has no outline")
        assert not any("Asked again" in line for line in said)

    def test_a_refusal_is_not_asked_again(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.collect(data, [REFUSED], monkeypatch) == ({"opole": None}, 1)
        assert states(data, "opole")["osm"] == "failed"


@pytest.mark.usefixtures("told_to")
class TestResolveAndRelease:
    @pytest.fixture
    def collected(self, data: Path) -> Path:
        from inducult_geo.pipeline import collect

        run = open_run(data, osm="none")
        for region in ("leoben", "opole"):
            collect(run.catalog.region(region), run)
        return data

    def test_what_failed_before_is_left_alone_and_still_named(self, collected: Path, said: list[str]) -> None:
        from flows import stages

        state, told = ended(stages.resolve, asked(collected), failed={"opole": "no outline."})
        assert (state.name, state.message) == ("Failed", "1 of 2 regions; failed: opole (no outline)")
        assert told == {"opole": "no outline.", "leoben": None}
        assert not any("opole: resolving" in line for line in said)
        run = open_run(collected)
        assert last_stage("opole", run) is None
        kept = last_stage("leoben", run)
        assert kept is not None
        assert kept.n_sites > 0

    def test_a_region_of_which_nothing_was_collected_fails_by_name(self, data: Path) -> None:
        from flows import stages

        _, told = ended(stages.resolve, asked(data, "opole"))
        assert told == {"opole": "opole: nothing was collected yet. Collect it first: inducult run opole"}

    def test_a_run_that_failed_by_name_is_no_unexpected_exception_in_the_log(self, data: Path) -> None:
        """Each night that failed in part ended with 60 places in Prefect's code, as an unexpected exception."""
        from prefect.flow_engine import run_flow

        from flows import stages

        lines: list[str] = []
        logger, kept = logging.getLogger("prefect.flow_runs"), logging.Handler()
        kept.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
        logger.addHandler(kept)
        try:
            # As the engine of a scheduled run does.
            with pytest.raises(TypeError, match="Unexpected result for failed state"):
                run_flow(stages.resolve, parameters={"parameters": asked(data, "opole")}, error_logger=logger)
            logger.error("something else", extra={"send_to_api": False})
        finally:
            logger.removeHandler(kept)
        assert any("0 of 1 regions; failed: opole" in line for line in lines)
        assert not any("unexpected exception" in line for line in lines)
        assert lines[-1] == "something else"

    def test_a_release_holds_what_is_whole_and_names_the_rest(self, collected: Path) -> None:
        from flows import stages

        assert ended(stages.resolve, asked(collected, "leoben"))[0].name == "Completed"
        state, outcome = ended(stages.release, asked(collected), failed={"opole": "opole: no outline."})
        assert state.name == "Completed"
        assert state.message == outcome.sentence == "1 of 2 regions whole; failed: opole (opole: no outline)"
        assert {one.region: (one.state, one.message) for one in outcome.regions} == {
            "leoben": ("fresh", None),
            "opole": ("failed", "opole: no outline."),
        }
        assert outcome.exit_code == 1
        assert set(json.loads((outcome.release / "manifest.json").read_text())["regions"]) == {"leoben"}
