"""Whatever happens to the machine: the last release is whole, nothing half-written is read, no decision is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inducult_geo.errors import StorageError
from inducult_geo.match.decided.decisions import read_decisions
from inducult_geo.pipeline import run_all
from inducult_geo.publish.promises.verify import verify
from inducult_geo.release_folders import release_is_whole
from inducult_geo.run import open_run
from inducult_geo.store import DataFolder, current_release

HERE = Path(__file__).parent
REGIONS = ["leoben", "opole"]
KILLS = 50
STEPS = ("decides", "reads", "resolves", "releases")


class Runs:
    """Runs in processes that can be killed (see `killed.py`)."""

    def __init__(self, data: Path) -> None:
        self.data = data
        command = [sys.executable, str(HERE / "killed.py")]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.decided = 0

    def begin(self, *, at: int | None = None, afresh: bool = False, decide: int = 0) -> int:
        """Begin a run; returns its process id."""
        numbers = [*range(self.decided, self.decided + decide)]
        self.decided += decide
        asked = {"data": str(self.data), "regions": REGIONS, "at": at, "afresh": afresh, "decide": numbers}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        (self.data.parent / "said.log").write_text("")
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def end(self) -> int:
        """Wait for the run's end; returns its exit code, negative where it was killed."""
        assert self._server.stdout is not None
        return int(self._server.stdout.readline())

    def said(self) -> list[str]:
        return (self.data.parent / "said.log").read_text(encoding="utf-8").splitlines()

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.communicate(timeout=60)


@pytest.fixture
def runs(tmp_path: Path, repository: Path) -> Iterator[Runs]:
    data = tmp_path / "data"
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
    made = Runs(data)
    yield made
    made.close()


def sums(data: Path) -> str:
    release = current_release(DataFolder(data))
    assert release is not None
    return (release / "SHA256SUMS").read_text()


def kept(data: Path, proven: set[str]) -> None:
    """Check that the last release passes every promise; the same bytes are not read twice."""
    release = current_release(DataFolder(data))
    assert release is not None
    assert release_is_whole(release)
    if sums(data) not in proven:
        assert [one for one in verify(release) if not one.ok] == []
        proven.add(sums(data))


def step_of(said: list[str]) -> str:
    """Return what a run was at when it ended."""
    if any(line.startswith("writing the release") for line in said):
        return "releases"
    if any(": resolving " in line for line in said[-1:]):
        return "resolves"
    return "reads" if "begins" in said else "decides"


def kill_by_time(runs: Runs, dice: random.Random) -> None:
    """Kill a run a moment after a step that is drawn."""
    pid = runs.begin(afresh=dice.random() < 0.8, decide=3)
    wanted = dice.choice(["begins", "reading", "resolving", "writing the release", "writing the release"])
    until = time.monotonic() + 120
    while time.monotonic() < until and not any(wanted in line or line.startswith("ends") for line in runs.said()):
        time.sleep(0.01)
    time.sleep(dice.random() ** 2 * 1.5)
    with suppress(ProcessLookupError):  # it may have ended just now
        os.kill(pid, signal.SIGKILL)


def decided(data: Path) -> set[int]:
    """Return the numbers of the decisions that the log holds."""
    latest = read_decisions(DataFolder(data).decisions).latest
    return {int(left.split(":")[1]) for left, _ in latest}


def leftovers(data: Path) -> list[str]:
    known = {".lock", ".hashes.json"}
    return [str(path) for path in (data / "processed").rglob(".*") if path.name not in known]


@pytest.mark.slow
def test_fifty_kills_leave_every_release_whole_and_no_decision_lost(runs: Runs, tmp_path: Path) -> None:
    dice = random.Random(7)
    runs.begin()
    assert runs.end() == 0
    proven: set[str] = set()
    kept(runs.data, proven)
    steps: Counter[str] = Counter()
    while sum(steps.values()) < KILLS:
        if dice.random() < 0.5:
            kill_by_time(runs, dice)
        else:
            runs.begin(at=dice.randrange(1, 120), afresh=True, decide=3)
        killed = runs.end() == -signal.SIGKILL
        steps[step_of(runs.said())] += killed
        kept(runs.data, proven)
        done = {int(line) for line in (tmp_path / "decided.log").read_text().split()}
        assert done <= decided(runs.data)
    sys.stdout.write(f"kills by step: {dict(steps)}, decisions held: {len(done)}\n")
    assert set(steps) == set(STEPS), steps
    runs.begin(decide=1)
    assert runs.end() == 0
    assert leftovers(runs.data) == []
    calm = tmp_path / "calm"
    shutil.copytree(runs.data / "raw", calm / "raw")
    assert run_all(REGIONS, open_run(calm)).exit_code == 0
    assert sums(runs.data) == sums(calm)


@pytest.mark.slow
def test_a_run_that_is_killed_at_the_last_step_is_taken_up_again(runs: Runs) -> None:
    runs.begin()
    pid_ended = runs.end()
    assert pid_ended == 0
    before = sums(runs.data)
    (runs.data / "processed" / "current").unlink()
    (runs.data / "processed" / "releases" / ".building.1").mkdir()
    (runs.data / "processed" / "regions" / "opole" / ".manifest-x").mkdir()
    (runs.data / "processed" / "regions" / "opole" / "manifest-unpointed").mkdir()
    runs.begin()
    assert runs.end() == 0
    assert any("unfinished outputs were removed" in line for line in runs.said())
    assert sums(runs.data) == before
    assert len([*(runs.data / "processed" / "releases").iterdir()]) == 1
    assert leftovers(runs.data) == []
    assert not (runs.data / "processed" / "regions" / "opole" / "manifest-unpointed").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Any]:
    """Give a function that mounts a small disk of so many kilobytes at a folder."""
    mounted: list[Path] = []

    def mount(folder: Path, size_kb: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a small disk")
        mounted.append(folder)

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


@pytest.fixture
def on_small_disk(tmp_path: Path, repository: Path, small_disk: Any) -> Path:
    """A data folder whose outputs lie on a disk of their own, after a whole run."""
    data = tmp_path / "data"
    shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
    small_disk(data / "processed", 64_000)
    assert run_all(REGIONS, open_run(data)).exit_code == 0
    return data


@pytest.mark.slow
def test_a_full_disk_is_told_and_costs_nothing_that_was_whole(on_small_disk: Path) -> None:
    data, processed = on_small_disk, on_small_disk / "processed"
    before, proven = sums(data), set()
    path = data / "raw" / "sample" / "partners" / "opole_zabytki.csv"
    rows = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(rows[:-1]) + b"\n")
    told: list[str] = []
    whole: list[bool] = []
    for free_kb in (0, 40, 150, 400, 900, 1_500, 2_500, 4_000):
        used = shutil.disk_usage(processed).used
        remount(processed, f"size={used // 1024 + free_kb}k")
        try:
            run_all(REGIONS, open_run(data, afresh=True))
        except StorageError as problem:
            told.append(str(problem))
            whole.append(sums(data) == before)
        kept(data, proven)
        remount(processed, "size=64000k")
    assert len(told) >= 4, told
    assert all("the disk is full" in text for text in told)
    assert all(whole)
    assert run_all(REGIONS, open_run(data)).exit_code == 0
    assert sums(data) != before
    assert leftovers(data) == []


@pytest.mark.slow
def test_a_read_only_folder_is_told_and_costs_nothing_that_was_whole(on_small_disk: Path) -> None:
    data, processed = on_small_disk, on_small_disk / "processed"
    before = sums(data)
    remount(processed, "ro")
    with pytest.raises(StorageError, match="read-only"):
        run_all(REGIONS, open_run(data, afresh=True))
    assert sums(data) == before
    kept(data, set())
    remount(processed, "rw")
    assert run_all(REGIONS, open_run(data)).exit_code == 0
    assert sums(data) == before
