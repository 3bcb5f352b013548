"""The flows under a real Prefect server: the same release, failures shown, schedules that fire."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import requests
import typer
from conftest import FEW
from requests.adapters import HTTPAdapter
from test_flow_stages import ANSWER
from test_overpass import serving
from typer.testing import CliRunner
from urllib3.util import Retry

from inducult_geo.errors import ConfigError, ContractError, InducultError, StorageError
from inducult_geo.run import open_run
from inducult_geo.stage import last_stage
from inducult_geo.store import DataFolder, current_release

LIMIT_S = 240
CALLS = requests.Session()
"""Asks again where the server says that its database is busy, as Prefect's own client does: nothing was done then."""
CALLS.mount("http://127.0.0.1", HTTPAdapter(max_retries=Retry(5, status_forcelist=[503], allowed_methods=None,
                                                              backoff_factor=0.5)))  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


@pytest.fixture
def data(tmp_path: Path, repository: Path) -> Path:
    shutil.copytree(repository / "data" / "raw" / "sample", tmp_path / "data" / "raw" / "sample")
    return tmp_path / "data"


def ask(server: str, what: str, **body: object) -> list[dict]:
    answer = CALLS.post(f"{server}/{what}/filter", json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def parent_run(server: str) -> dict:
    """Return the latest run of the parent flow."""
    (run, *_) = ask(server, "flow_runs", sort="START_TIME_DESC", flows={"name": {"any_": ["refresh"]}})
    return run


def test_the_flow_gives_the_same_release_as_the_command(on_server: str, data: Path, few_data: Path) -> None:
    from flows.refresh import main

    server, app = on_server, typer.Typer()
    app.command()(main)
    told = CliRunner().invoke(app, [*FEW, "--data", str(data)])
    assert told.exit_code == 0, told.output
    assert "inducult.gpkg" in told.stdout
    ours, theirs = (current_release(open_run(folder).folder) for folder in (data, few_data))
    assert ours is not None
    assert theirs is not None
    assert (ours / "SHA256SUMS").read_text() == (theirs / "SHA256SUMS").read_text()
    run = parent_run(server)
    assert run["state"]["name"] == "Completed"
    assert run["name"].startswith("limburg, opole, zwickau 20")
    parts = ask(server, "flow_runs", flow_runs={"start_time": {"after_": run["start_time"]}})
    tasks = {
        task["name"] for part in parts for task in ask(server, "task_runs", flow_runs={"id": {"any_": [part["id"]]}})
    }
    assert {"osm-opole", "partners-opole", "resolve-opole", "resolve-zwickau", "release", "read-hotmaps"} <= tasks
    shown = {one["key"]: one for one in ask(server, "artifacts", artifacts={"flow_run_id": {"any_": [run["id"]]}})}
    assert {"counts", "problems", "changes", "map-page", "review", "release", "map"} <= set(shown)
    rows = json.loads(shown["counts"]["data"])
    assert [row["region"] for row in rows] == sorted(row["region"] for row in rows)
    assert all(row["records_in"] == row["in_sites"] + row["in_review"] + row["rejected"] for row in rows)
    assert sum(row["sites"] for row in rows) == json.loads((ours / "manifest.json").read_text())["run"]["sites"]
    assert any("opmerking" in row["said"] for row in json.loads(shown["problems"]["data"]))
    assert shown["map"]["data"].startswith("data:image/png;base64,")
    assert ours.name in shown["release"]["data"]


def test_neither_the_runs_of_years_nor_the_log_of_the_server_are_kept_for_ever(server: str, home: Path) -> None:
    told = CALLS.get(f"{server}/admin/settings", timeout=30).json()["server"]["services"]["db_vacuum"]
    assert {"events", "flow_runs"} <= set(told["enabled"])
    assert told["retention_period"] in (90 * 86_400, "P90D")
    assert (home / "server.log.1").stat().st_size == 11_000_000
    assert (home / "server.log").stat().st_size < 1_000_000


def test_one_failed_region_leaves_the_others_whole_and_is_named(on_server: str, data: Path) -> None:
    from flows.refresh import main

    (data / "raw" / "sample" / "boundaries" / "opole.geojson").unlink()
    app, server = typer.Typer(), on_server
    app.command()(main)
    told = CliRunner().invoke(app, ["zwickau", "opole", "--data", str(data)])
    assert told.exit_code == 1
    assert "opole" in told.stdout
    assert "the region has no outline" in told.stdout.replace("\n", " ")
    run = parent_run(server)
    assert run["state"]["name"] == "Failed"
    assert run["state"]["message"].startswith("1 of 2 regions whole; failed: opole (opole: the region has no outline")
    release = current_release(open_run(data).folder)
    assert release is not None
    assert set(json.loads((release / "manifest.json").read_text())["regions"]) == {"zwickau"}


def test_a_wrong_call_says_what_is_wrong(tmp_path: Path) -> None:
    from flows.refresh import main

    app = typer.Typer()
    app.command()(main)
    told = CliRunner().invoke(app, ["--data", str(tmp_path), "--catalog", str(tmp_path / "nowhere")])
    assert told.exit_code == 2
    assert "no such folder" in told.stderr


@pytest.mark.parametrize(("error", "code"), [(StorageError, 1), (ContractError, 2)])
def test_service_and_flow_end_as_every_command_does(
    error: type[InducultError], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while they open the data folder ended both with 2, as a wrong call does."""
    from flows import parameters, refresh, serve

    def fails(*_given: object, **_named: object) -> None:
        raise error("mydata: cannot be read.")

    for module, command in ((serve, serve.main), (parameters, refresh.main)):
        monkeypatch.setattr(module, "open_run", fails)
        app = typer.Typer()
        app.command()(command)
        told = CliRunner().invoke(app, [])
        assert (told.exit_code, told.stderr) == (code, "inducult: mydata: cannot be read.\n")


NO_SERVER = "http://me:s3cret@127.0.0.1:1/api"


@pytest.mark.parametrize(
    "program", ["false", pytest.param(None, marks=pytest.mark.slow)], ids=["what ends at once", "Prefect"]
)
def test_a_service_that_cannot_start_says_why_in_a_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    """It showed the places in its own code, and the reason below them."""
    from flows import serve

    if program:
        monkeypatch.setattr(sys, "executable", shutil.which(program))
    monkeypatch.setenv("INDUCULT_DATABASE_URL", "postgresql+asyncpg://me:s3cret@127.0.0.1:1/p")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    # Else whoever ends the tests would be told to end as the service is.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    app = typer.Typer()
    app.command()(serve.main)
    told = CliRunner().invoke(app, ["--port", str(free_port()), "--data", str(data)])
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit)
    assert "Does the database of INDUCULT_DATA" in told.stderr
    assert "s3cret" not in told.stdout + told.stderr


def test_where_no_server_answers_neither_service_nor_flow_begins(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows import refresh, serve

    monkeypatch.setenv("PREFECT_API_URL", NO_SERVER)
    # Else whoever ends the tests would be told to end as the service is.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for command in (serve.main, refresh.main):
        app = typer.Typer()
        app.command()(command)
        with temporary_settings({PREFECT_API_URL: NO_SERVER}):
            told = CliRunner().invoke(app, ["--data", str(data)])
        assert told.exit_code == 1
        assert isinstance(told.exception, SystemExit)
        assert "PREFECT_API_URL names http://127.0.0.1:1/api, where no" in told.stderr
        assert "s3cret" not in told.stdout + told.stderr


@pytest.mark.slow
def test_a_server_that_a_prefect_profile_names_is_asked_for_before_a_run(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment named was; of a profile or a file `.env` the places in Prefect's code were shown."""
    (tmp_path / "profiles.toml").write_text(
        'active = "ours"\n[profiles.ours]\nPREFECT_API_URL = "http://127.0.0.1:1/api"\n', encoding="utf-8"
    )
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    told = python("-m", "flows.refresh", "--data", data, PREFECT_HOME=str(tmp_path))
    assert told.returncode == 1
    assert "PREFECT_API_URL names http://127.0.0.1:1/api, where no server answers" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_limits_are_made_on_a_server_that_is_there_and_said(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a server they were made on one of a moment, without a word; of one that is down places were shown."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows import limits

    def asked(url: str | None) -> None:
        named = {} if url is None else {PREFECT_API_URL: url}
        with temporary_settings(named, restore_defaults={PREFECT_API_URL}):
            runpy.run_path(str(limits.__file__), run_name="__main__")

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    asked(server)
    assert capsys.readouterr().out == f"{server}: overpass 2 at one time\n"
    for url, said, code in (
        (None, "no server is named: set PREFECT_API_URL", 2),
        (NO_SERVER, "http://127.0.0.1:1/api, where no server answers", 1),
    ):
        with pytest.raises(SystemExit, match=f"^{code}$"):
            asked(url)
        told = capsys.readouterr().err
        assert re.search(f"^inducult: .*{said}", told)
        assert "s3cret" not in told


def test_a_service_of_its_own_does_not_ask_prefect_before_its_server_is_named(data: Path) -> None:
    """Prefect reads the address when it is imported: the schedules went to a server of a moment, and no night came."""
    told = python("-c", BEFORE_THE_SERVER, data)
    assert told.stdout == "nobody has asked Prefect\n", told.stderr


BEFORE_THE_SERVER = """
import os, sys
os.environ.pop("PREFECT_API_URL", None)
from contextlib import contextmanager
from pathlib import Path
from flows import serve
from inducult_geo.run import open_run

@contextmanager
def server(*_given, **_named):
    sys.exit(print("Prefect is imported" if "prefect" in sys.modules else "nobody has asked Prefect"))
    yield

serve.server = server
serve._start(open_run(Path(sys.argv[1])), [], 0)
"""


def test_every_region_has_its_own_schedule_in_its_own_time_zone(data: Path) -> None:
    from flows.serve import deployments

    made = deployments(open_run(data), data=data, catalogs=[Path("own")])
    schedules = {one.name: (one.schedules[0].schedule.cron, one.schedules[0].schedule.timezone) for one in made}
    parameters = {one.name: one.parameters["parameters"] for one in made}
    # A run is a process of its own, in a folder of its own: its paths must hold there.
    assert parameters == {
        name: {"regions": [name], "data": str(data.resolve()), "catalogs": [str(Path("own").resolve())], "osm": "files"}
        for name in schedules
    }
    assert len(schedules) == 8
    assert schedules["opole"][1] == "Europe/Warsaw"
    assert len({cron for cron, _ in schedules.values()}) == 8


def test_a_schedule_that_is_none_is_told_in_words(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.serve import deployments

    monkeypatch.setenv("INDUCULT_SERVE_CRON", "at night")
    with pytest.raises(ConfigError, match=r"^gorenjska: 'at night' is no schedule\. Write INDUCULT_SERVE_CRON as cron"):
        deployments(open_run(data), data=data, catalogs=[])


def test_the_nights_of_named_regions_ask_overpass_where_they_are_told_to(tmp_path: Path) -> None:
    """A folder without a file is served, too: `inducult run --overpass` could build it, no night could."""
    from flows.parameters import Parameters
    from flows.serve import deployments

    run = open_run(tmp_path, osm="overpass")
    (made,) = deployments(run, data=tmp_path, catalogs=[], regions=["leoben"])
    assert made.name == "leoben"
    assert made.parameters["parameters"]["osm"] == "overpass"
    assert Parameters.model_validate(made.parameters["parameters"]).open().osm == "overpass"


@pytest.mark.slow
def test_a_region_that_is_served_no_more_is_taken_off_the_server(on_server: str, data: Path, tmp_path: Path) -> None:
    """Each of its nights was told as late from then on; who has paused one, or serves another folder, keeps theirs."""
    from flows.restart import retire

    folder = DataFolder(data)
    theirs = served(shutil.copytree(data, tmp_path / "theirs"), "sisak-moslavina")
    ours = served(data, "zwickau", "limburg", "gorenjska")
    for one in (*ours, *theirs):
        one.paused = one.name == "gorenjska"
        one.apply()
    assert retire(ours, folder) == []
    assert retire([one for one in ours if one.name == "zwickau"], folder) == ["limburg"]
    left = {one["name"]: one["id"] for one in ask(on_server, "deployments", flows={"name": {"any_": ["refresh"]}})}
    for name in ("zwickau", "gorenjska", "sisak-moslavina"):
        CALLS.delete(f"{on_server}/deployments/{left[name]}", timeout=30).raise_for_status()
    assert "limburg" not in left


def served(data: Path, *names: str) -> list:
    """Return the deployments of some regions, as a start of the service makes them."""
    from flows.serve import deployments

    return [one for one in deployments(open_run(data), data=data, catalogs=[]) if one.name in names]


@pytest.fixture
def on_server(server: str) -> Iterator[str]:
    """Let Prefect in this process ask the server; gives its address."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: server}):
        yield server


@pytest.mark.slow
def test_a_restart_keeps_what_a_person_paused_and_runs_one_of_the_missed_nights(
    on_server: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause was lost with each start of the machine, and after a week away every night was made up for."""
    from flows import restart as flows_restart
    from flows.restart import drop_missed, keep_pauses

    # Of the nights of many regions the server tells a part at once.
    monkeypatch.setattr(flows_restart, "_PAGE", 2)

    server = on_server

    def restart() -> tuple[int, dict[str, tuple[bool, list[bool]]]]:
        made = served(data, "leoben", "opole", "padova")
        keep_pauses(made)
        dropped = drop_missed(made)
        for one in made:
            one.apply()
        found = {one["name"]: one for one in ask(server, "deployments", flows={"name": {"any_": ["refresh"]}})}
        known.update({name: one["id"] for name, one in found.items()})
        schedules.update({name: one["schedules"][0]["id"] for name, one in found.items()})
        return dropped, {
            name: (one["paused"], [schedule["active"] for schedule in one["schedules"]]) for name, one in found.items()
        }

    def missed(deployment: str, hours: int, **parameters: object) -> str:
        when = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": when}}
        made = CALLS.post(
            f"{server}/deployments/{deployment}/create_flow_run", json={"state": state, **parameters}, timeout=30
        )
        made.raise_for_status()
        return str(made.json()["id"])

    def another_flows(name: str) -> str:
        """Make a deployment of that name of another flow on the same server, and pause it; returns its id."""
        flow = CALLS.post(f"{server}/flows/", json={"name": "backup"}, timeout=30).json()["id"]
        made = CALLS.post(f"{server}/deployments/", json={"name": name, "flow_id": flow, "paused": True}, timeout=30)
        made.raise_for_status()
        return str(made.json()["id"])

    known: dict[str, str] = {}
    schedules: dict[str, str] = {}
    assert restart() == (0, dict.fromkeys(("leoben", "opole", "padova"), (False, [True])))
    CALLS.post(f"{server}/deployments/{known['leoben']}/pause_deployment", timeout=30).raise_for_status()
    switch = f"{server}/deployments/{known['opole']}/schedules/{schedules['opole']}"
    CALLS.patch(switch, json={"active": False}, timeout=30).raise_for_status()
    asked_for = missed(known["padova"], 80, parameters={"parameters": {"regions": ["padova", "opole"]}})
    *_, night = [missed(known["padova"], hours) for hours in (72, 48, 24)]
    of_others = [missed(another_flows("padova"), hours) for hours in (72, 48)]
    dropped, found = restart()
    assert dropped == 2
    assert found == {"leoben": (True, [True]), "opole": (False, [False]), "padova": (False, [True])}
    past = {"expected_start_time": {"before_": datetime.now(UTC).isoformat()}}
    left = ask(server, "flow_runs", flow_runs=past, deployments={"id": {"any_": [known["padova"]]}})
    assert sorted(run["state"]["type"] for run in left) == ["CANCELLED", "CANCELLED", "SCHEDULED", "SCHEDULED"]
    assert {run["id"] for run in left if run["state"]["type"] == "SCHEDULED"} == {night, asked_for}
    assert {run["state"]["type"] for run in ask(server, "flow_runs", flow_runs={"id": {"any_": of_others}})} == {
        "SCHEDULED"
    }


@pytest.mark.slow
def test_what_broke_off_with_the_service_is_run_again_and_not_at_work_for_ever(on_server: str, data: Path) -> None:
    """A run that a stop of the service ended was shown as running from then on, and its region lost the night."""
    from flows.restart import make_up

    server, made = on_server, served(data, "gorenjska", "limburg", "zwickau")

    def start() -> int:
        return make_up(made, open_run(data).folder)

    def at_work(name: str, state: str, **parameters: object) -> str:
        made = CALLS.post(f"{server}/deployments/{known[name]}/create_flow_run", json=parameters, timeout=30).json()
        CALLS.post(
            f"{server}/flow_runs/{made['id']}/set_state", json={"state": {"type": state}, "force": True}, timeout=30
        ).raise_for_status()
        return str(made["id"])

    def states(*names: str) -> list[tuple[bool, str]]:
        found = ask(server, "flow_runs", deployments={"id": {"any_": [known[name] for name in names]}})
        asked = datetime.now(UTC) + timedelta(minutes=1)
        past = [run for run in found if datetime.fromisoformat(run["expected_start_time"]) < asked]
        return sorted((run["id"] in begun, run["state"]["type"]) for run in past)

    for one in made:
        one.apply()
    assert start() == 0
    named = {"name": {"any_": ["gorenjska", "limburg", "zwickau"]}}
    known = {one["name"]: one["id"] for one in ask(server, "deployments", deployments=named)}
    try:
        begun = [at_work("gorenjska", "RUNNING"), at_work("limburg", "CANCELLING"), at_work("zwickau", "PENDING")]
        begun += [at_work("gorenjska", "RUNNING", parameters={"parameters": {"data": "/elsewhere"}})]
        CALLS.post(f"{server}/deployments/{known['zwickau']}/pause_deployment", timeout=30).raise_for_status()
        with DataFolder(data).lock():
            assert start() == 0
        assert start() == 1
        # Of this folder, and of another one that the same server serves.
        assert states("gorenjska") == [(False, "SCHEDULED"), (True, "CRASHED"), (True, "RUNNING")]
        # What a person ended, or paused, is not wanted again.
        assert states("limburg", "zwickau") == [(True, "CANCELLED"), (True, "CRASHED")]
    finally:
        for one in known.values():
            CALLS.delete(f"{server}/deployments/{one}", timeout=30).raise_for_status()


def test_the_pages_are_there_where_the_program_itself_cannot_be_written(server: str, home: Path) -> None:
    """Prefect unpacks them where it is installed: under the unit of `deploy/` each page was "Not Found"."""
    assert "<html" in CALLS.get(server.removesuffix("/api") + "/", timeout=30).text
    assert [*(home / "pages").glob("v*/index.html")]


def read_only(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return words before a command that let it write nowhere but in a folder, and what its environment needs then.

    So it is under the unit of `deploy/`: with ProtectSystem=strict, ProtectHome=true and PrivateTmp=true.
    """
    homes = [Path("/"), *(path for path in Path(sys.prefix).resolve().parents if path.is_mount())]
    inside = " && ".join(
        [
            'mount --bind "$0" "$0"',
            *(f"mount -o remount,bind,ro {shlex.quote(str(home))}" for home in dict.fromkeys(homes)),
            f"! touch {shlex.quote(sys.prefix)}/written 2>&-",
            'cd "$0" && exec "$@"',
        ]
    )
    words = ["unshare", "--mount", "--map-root-user", "sh", "-ec", inside, str(folder)]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nobody may make a view of the files of its own here")
    (folder / "tmp").mkdir()
    return words, {"TMPDIR": str(folder / "tmp"), "HOME": "/nowhere", "PYTHONPATH": str(Path(__file__).parents[1])}


@pytest.mark.slow
@pytest.mark.parametrize(("stop", "is_shut_in"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_scheduled_run_fires_and_the_service_ends_cleanly(data: Path, stop: signal.Signals, is_shut_in: bool) -> None:
    for region in ("gorenjska", "karlovy-vary", "leoben", "limburg", "padova", "sisak-moslavina", "zwickau"):
        (data / "raw" / "sample" / "osm" / f"{region}.osm").unlink()
    for path in (data / "raw" / "sample" / "partners").glob("*"):
        if not path.name.startswith("opole"):
            path.unlink()
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT")}
    before, needed = read_only(data.parent) if is_shut_in else ([], {})
    child = subprocess.Popen(
        [*before, sys.executable, "-m", "flows.serve", "--data", str(data), "--port", str(port)],
        # Nobody listens at that proxy: what is asked on loopback must not go there.
        env={**environment, **needed, "INDUCULT_SERVE_CRON": "* * * * *", "HTTP_PROXY": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        assert f"http://127.0.0.1:{port}" in line
        server = f"http://127.0.0.1:{port}/api"
        ended = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}
        deadline = time.monotonic() + 2 * LIMIT_S
        runs: list[dict] = []
        while not runs and time.monotonic() < deadline:
            time.sleep(2)
            runs = ask(server, "flow_runs", flow_runs=ended, flows={"name": {"any_": ["refresh"]}})
        assert [run["state"]["message"] for run in runs[:1]] == ["opole is whole"]
        assert runs[0]["name"].startswith("opole 20")
        assert runs[0]["auto_scheduled"]
        shown = {a["key"]: a for a in ask(server, "artifacts", artifacts={"flow_run_id": {"any_": [runs[0]["id"]]}})}
        (row,) = json.loads(shown["counts"]["data"])
        assert row["records_in"] == row["in_sites"] + row["in_review"] + row["rejected"] > 20
        # The links of the artifacts open, and the pages know where their API is.
        page = re.search(r"\((http://[^)]+)\)", shown["map-page"]["data"])[1]
        assert "<html" in CALLS.get(page, timeout=30).text
        assert CALLS.get(page.rsplit("/", 2)[0] + "/", timeout=30).status_code == 404
        assert CALLS.get(f"http://127.0.0.1:{port}/ui-settings", timeout=30).json()["api_url"] == server
        assert "<html" in CALLS.get(f"http://127.0.0.1:{port}/", timeout=30).text
        (limit,) = ask(server, "v2/concurrency_limits")
        assert (limit["name"], limit["limit"]) == ("overpass", 2)
    finally:
        child.send_signal(stop)
        out, _ = child.communicate(timeout=180)
    assert "Traceback" not in out
    assert child.returncode == 0, out
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert (data / "processed" / ".prefect" / "prefect.db").is_file()


@pytest.mark.slow
def test_a_run_that_is_asked_for_in_the_pages_gets_openstreetmap_from_overpass(data: Path) -> None:
    """Through the service, its limit of requests and the process of the run, to a server that is reached directly."""
    sample = data / "raw" / "sample"
    for path in (*sample.glob("osm/*"), *(one for one in sample.glob("partners/*") if "opole" not in one.name)):
        path.unlink()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT")}
    command = [sys.executable, "-m", "flows.serve", "--data", str(data), "--port", str(free_port())]
    with serving([ANSWER]) as (overpass, requests_):
        child = subprocess.Popen(
            command,
            env={**environment, "INDUCULT_OVERPASS_URLS": overpass, "HTTP_PROXY": "http://127.0.0.1:9"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert child.stdout is not None
            server = re.search(r"1 region scheduled. Open (\S+) ", child.stdout.readline())[1] + "/api"
            deadline = time.monotonic() + LIMIT_S
            while not (served := ask(server, "deployments")) and time.monotonic() < deadline:
                time.sleep(0.5)
            wanted = {"parameters": served[0]["parameters"]["parameters"] | {"osm": "overpass"}}
            address = f"{server}/deployments/{served[0]['id']}/create_flow_run"
            made = CALLS.post(address, json={"parameters": wanted, "state": {"type": "SCHEDULED"}}, timeout=30).json()
            told = made["state"]
            while told["type"] not in ("COMPLETED", "FAILED", "CRASHED") and time.monotonic() < deadline:
                time.sleep(1)
                told = CALLS.get(f"{server}/flow_runs/{made['id']}", timeout=30).json()["state"]
            assert told["message"] == "opole is whole"
        finally:
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=180)
    assert len(requests_) == 1
    stage = last_stage("opole", open_run(data))
    assert stage is not None
    assert "osm:node/7" in set(stage.records()["record_key"])


@pytest.mark.slow
def test_a_service_ends_with_its_server_and_a_second_one_does_not_begin(data: Path) -> None:
    """The service stayed without a word where the system had ended its server for want of memory: no night came."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT")}
    command = [sys.executable, "-m", "flows.serve", "--data", str(data), "--port", str(free_port())]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        try:
            assert child.stdout is not None
            assert "8 regions scheduled" in child.stdout.readline()
            second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
            assert (second.returncode, second.stdout) == (2, "")
            assert "another service serves this data folder" in second.stderr
            (of_its_own,) = psutil.Process(child.pid).children()
            of_its_own.kill()
            out, _ = child.communicate(timeout=180)
        finally:
            child.kill()
    assert child.returncode == 1
    # What Prefect's own loops say of a server that is gone, if they came to ask it, is theirs.
    assert "inducult: the Prefect server of this service ended (signal 9)" in out


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
def test_a_killed_service_leaves_no_server_behind(tmp_path: Path) -> None:
    """It would keep its port, and lock the database of the next one."""
    port = free_port()
    script = (
        "import pathlib, sys, time\nfrom flows.serve import server\n"
        "with server(pathlib.Path(sys.argv[1]), port=int(sys.argv[2])):\n"
        "    print('up', flush=True)\n    time.sleep(600)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT")}
    command = [sys.executable, "-c", script, str(tmp_path), str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.kill()

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    deadline = time.monotonic() + 60
    while listens() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not listens()


@pytest.fixture
def postgresql() -> Iterator[str]:
    """A real PostgreSQL on loopback, which takes any password; gives `host:port/database`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("needs PostgreSQL")
    home, port = Path(tempfile.mkdtemp()), free_port()
    who = {"user": "postgres"} if os.getuid() == 0 else {}
    if who:
        shutil.chown(home, "postgres")

    def call(program: str, *arguments: object) -> None:
        command = [str(programs[-1] / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, timeout=LIMIT_S, **who)

    try:
        call("initdb", "-D", home / "db", "-A", "trust", "-U", "me", "--no-sync")
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
        call("pg_ctl", "-D", home / "db", "-o", options, "-l", home / "log", "-w", "-t", LIMIT_S, "start")
        try:
            call("createdb", "-h", "127.0.0.1", "-p", port, "-U", "me", "prefect")
            yield f"127.0.0.1:{port}/prefect"
        finally:
            call("pg_ctl", "-D", home / "db", "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
def test_the_server_keeps_its_state_in_postgresql_and_tells_no_password(postgresql: str, tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\nfrom pydantic import SecretStr\nfrom flows.serve import free_port, server\n"
        "url = SecretStr(os.environ['INDUCULT_DATABASE_URL'])\n"
        "with server(pathlib.Path(sys.argv[1]), port=free_port(0), database=url) as (api, _):\n"
        "    os.environ['PREFECT_API_URL'] = api\n"
        "    from flows.limits import create_limits\n    create_limits()\n"
    )
    url = f"postgresql+asyncpg://me:s3cret@{postgresql}"
    told = python("-c", code, tmp_path / "home", INDUCULT_DATABASE_URL=url, PREFECT_HOME=str(tmp_path / "home"))
    assert told.returncode == 0, told.stderr
    assert not (tmp_path / "home" / "prefect.db").exists()
    log = (tmp_path / "home" / "server.log").read_text()
    assert "s3cret" not in log + told.stdout + told.stderr
    host, _, rest = postgresql.partition(":")
    port, _, name = rest.partition("/")
    asked = "SELECT name FROM concurrency_limit_v2"
    command = [shutil.which("psql") or "psql", "-h", host, "-p", port, "-U", "me", "-At", "-c", asked, name]
    kept = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert kept.stdout.split() == ["overpass"]
