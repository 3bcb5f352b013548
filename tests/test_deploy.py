"""The examples for servers say what is true: commands, options, flows, parameters and signals exist."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from typer.testing import CliRunner

from inducult_geo import cli
from inducult_geo.catalog import load_catalog
from inducult_geo.settings import Settings


@pytest.fixture(scope="module")
def unit(repository: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(repository / "deploy" / "inducult.service")
    return parser


def settings_named(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"INDUCULT_([A-Z_]+)", text)}


def takes(command: str, *options: str) -> bool:
    told = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200"})
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told.stdout)
    return told.exit_code == 0 and all(option in plain for option in options)


def test_the_service_starts_a_command_that_exists_and_stops_it_as_it_wants_to_be(unit) -> None:
    program, command, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "inducult"
    assert takes(command, *(one for one in arguments if one.startswith("--")))
    assert unit["Service"]["KillSignal"] == "SIGINT"
    data = Path(unit["Service"]["Environment"].removeprefix("INDUCULT_DATA="))
    assert data.is_relative_to(unit["Service"]["ReadWritePaths"])
    assert arguments[arguments.index("--data") + 1] == str(data)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_no_fault(repository: Path, tmp_path: Path) -> None:
    text = (repository / "deploy" / "inducult.service").read_text()
    here = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text)
    (tmp_path / "inducult.service").write_text(here.replace("User=inducult\nGroup=inducult\n", ""))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "inducult.service")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "inducult.service" not in told.stderr, told.stderr


def test_what_brings_new_files_every_night_is_a_command_that_exists(unit, repository: Path, tmp_path: Path) -> None:
    """A run reads the files that are there: without this a service would confirm the same old extract for ever."""
    fetch, timer = (configparser.ConfigParser(strict=False, interpolation=None) for _ in range(2))
    fetch.read(repository / "deploy" / "inducult-fetch.service")
    timer.read(repository / "deploy" / "inducult-fetch.timer")
    program, command, region, option, data = shlex.split(fetch["Service"]["ExecStart"])
    assert (program, data) == (shlex.split(unit["Service"]["ExecStart"])[0], "/srv/inducult/data")
    assert takes(command, option)
    assert load_catalog().region(region).geofabrik
    assert fetch["Service"]["ReadWritePaths"] == unit["Service"]["ReadWritePaths"]
    hour, minute, zone = re.search(r"(\d\d):(\d\d):\d\d (\S+)$", timer["Timer"]["OnCalendar"]).groups()
    within = timedelta(minutes=int(timer["Timer"]["RandomizedDelaySec"].removesuffix("min")))
    # A machine whose clock shows UTC would fetch after the nights of summer had begun, and each would be a day behind.
    for month in (1, 7):
        latest = datetime(2026, month, 15, int(hour), int(minute), tzinfo=ZoneInfo(zone)) + within
        for one in load_catalog().regions.values():
            at_minute, at_hour = map(int, one.schedule.split()[:2])
            begins = datetime(2026, month, 15, at_hour, at_minute, tzinfo=ZoneInfo(one.timezone))
            assert begins - latest >= timedelta(hours=1), one.id
    if shutil.which("systemd-analyze") is not None:
        text = (repository / "deploy" / "inducult-fetch.service").read_text()
        text = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", text).replace(
            "User=inducult\nGroup=inducult\n", ""
        )
        (tmp_path / "inducult-fetch.service").write_text(text)
        shutil.copy(repository / "deploy" / "inducult-fetch.timer", tmp_path)
        found = [str(tmp_path / f"inducult-fetch.{kind}") for kind in ("service", "timer")]
        told = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *found], capture_output=True, text=True, check=False
        )
        assert "inducult-fetch" not in told.stderr, told.stderr


def test_every_setting_that_an_example_names_exists(repository: Path) -> None:
    for name in ("deploy/inducult.service", "deploy/inducult-fetch.service", "deploy/Containerfile", "docs/scaling.md"):
        named = settings_named((repository / name).read_text(encoding="utf-8"))
        assert named <= {*Settings.model_fields}, (name, named)


def test_the_container_builds_what_the_makefile_offers_and_runs_commands_that_exist(repository: Path) -> None:
    lines = (repository / "deploy" / "Containerfile").read_text().splitlines()
    text = "\n".join(lines)
    assert "RUN make venv" in lines
    assert re.search(r"^venv:", (repository / "Makefile").read_text(), flags=re.MULTILINE)
    assert "STOPSIGNAL SIGINT" in lines
    assert takes(re.search(r'CMD \["(\w+)"\]$', text)[1])
    assert takes(re.search(r'inducult", "(\w+)"\]', text)[1], "--max-age-h")
    assert next(index for index, line in enumerate(lines) if line.startswith("USER")) < lines.index("RUN make venv")


def test_the_image_takes_the_program_and_nothing_else_of_the_checkout(repository: Path) -> None:
    """The checkout's `.venv`, whose Python is not there, was taken for its own, and the steward's data went along."""
    lines = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    taken = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert all((repository / name).exists() for name in taken)
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {one.rstrip("*") for one in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    named = {project["project"]["readme"], *project["project"]["license-files"], *packages}
    assert taken == named | {"Makefile", "constraints.txt", "pyproject.toml"}


def test_two_containers_share_the_data_and_the_settings_beside_them(repository: Path) -> None:
    """`Z` took the data from the service when the other one began, and no `inducult.toml` was seen beside `/data`."""
    text = (repository / "deploy" / "Containerfile").read_text()
    (data,) = re.findall(r"INDUCULT_DATA=(\S+)", text)
    mounts = re.findall(r" -v (\S+):(\S+):(\w+) ", text)
    assert len(mounts) == 2
    assert {(inside, label) for _, inside, label in mounts} == {(str(Path(data).parent), "z")}
    assert f"VOLUME {Path(data).parent}" in text


def test_every_deployment_names_a_flow_and_parameters_that_it_takes(repository: Path) -> None:
    from prefect.schedules import Cron

    declared = yaml.safe_load((repository / "prefect.yaml").read_text(encoding="utf-8"))
    names = [one["name"] for one in declared["deployments"]]
    assert names == ["nightly", "ingest-osm", "ingest-partners", "resolve", "release"]
    flows = []
    for one in declared["deployments"]:
        file, name = one["entrypoint"].split(":")
        flow = getattr(import_module(file.removesuffix(".py").replace("/", ".")), name)
        flow.validate_parameters(one["parameters"])
        for each in one.get("schedules", ()):
            Cron(each["cron"], timezone=each["timezone"])
        form = flow.parameters.definitions["Parameters"]["properties"]
        assert all("description" in field for field in form.values()), form
        flows.append(flow.name)
    assert flows == ["refresh", "ingest-osm", "ingest-partners", "resolve", "release"]
