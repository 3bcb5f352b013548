"""The same flows on a Dask cluster: the same bytes as in threads, and a worker that dies costs time, not results."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from inducult_geo.pipeline import run_all
from inducult_geo.run import open_run
from inducult_geo.store import DataFolder, current_release

pytestmark = pytest.mark.slow
LIMIT_S = 1800


@contextmanager
def process(
    *arguments: str, log: Path, end: signal.Signals = signal.SIGTERM, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, *arguments], stdout=output, stderr=output, env={**os.environ, **environment}
        )
    try:
        yield child
    finally:
        child.send_signal(end)
        with suppress(subprocess.TimeoutExpired):
            child.wait(60)
        child.kill()
        child.wait()


def worker(address: str, server: str, log: Path):
    options = ["--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    return process("-m", "distributed.cli.dask_worker", address, *options, log=log, PREFECT_API_URL=server)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real Prefect server on loopback; gives the address of its API."""
    code = (
        "import pathlib, signal, sys\nfrom flows.serve import free_port, server\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with server(pathlib.Path(sys.argv[1]), port=free_port(0)) as (url, _):\n"
        "    print(url, flush=True)\n    signal.pause()\n"
    )
    log = tmp_path / "server.log"
    with process("-c", code, str(tmp_path / "prefect"), log=log, end=signal.SIGINT):
        yield appeared(log, r"(http://\S+/api)")


def appeared(log: Path, pattern: str) -> str:
    """Wait until a log tells something, and return it."""
    until = time.monotonic() + 300
    while time.monotonic() < until:
        found = re.search(pattern, log.read_text())
        if found is not None:
            return found[1]
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A real Dask scheduler on loopback; gives its address."""
    log = tmp_path / "scheduler.log"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with process("-m", "distributed.cli.dask_scheduler", *options, log=log):
        yield appeared(log, r"Scheduler at:\s+(tcp://\S+)")


def fresh(folder: Path, repository: Path) -> Path:
    shutil.copytree(repository / "data" / "raw" / "sample", folder / "raw" / "sample")
    return folder


def sums(data: Path) -> str:
    release = current_release(DataFolder(data))
    assert release is not None
    return (release / "SHA256SUMS").read_text()


def flow(data: Path, address: str, server: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.refresh", "--data", str(data)],
        env={**os.environ, "INDUCULT_DASK_ADDRESS": address, "PREFECT_API_URL": server, "PREFECT_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_eight_regions_on_two_workers_one_of_which_dies(
    scheduler: str, server: str, tmp_path: Path, repository: Path
) -> None:
    data = fresh(tmp_path / "data", repository)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with worker(scheduler, server, logs[0]) as one, worker(scheduler, server, logs[1]):
        for log in logs:
            appeared(log, r"(Registered to)")
        run = flow(data, scheduler, server, tmp_path / "home")
        # Half way: the first regions are resolved, others are not.
        until = time.monotonic() + LIMIT_S
        while len([*(data / "processed" / "regions").glob("*/manifest.json")]) < 2 and time.monotonic() < until:
            time.sleep(0.05)
            assert run.poll() is None, run.communicate()[0]
        assert len([*(data / "processed" / "regions").glob("*/manifest.json")]) < 8
        os.kill(one.pid, signal.SIGKILL)
        said, _ = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 0, said
    calm = fresh(tmp_path / "calm", repository)
    assert run_all([], open_run(calm)).exit_code == 0
    assert sums(data) == sums(calm)
    # Both workers had their share: the one that died, and the one that took over.
    assert all("Task run" in log.read_text() for log in logs)


def test_without_a_server_that_the_workers_reach_nothing_begins(tmp_path: Path, repository: Path) -> None:
    data = fresh(tmp_path / "data", repository)
    run = flow(data, "tcp://127.0.0.1:9", "", tmp_path / "home")
    said, _ = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 2
    assert "PREFECT_API_URL" in said
