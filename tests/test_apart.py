"""A file that is read in a process of its own: what comes of it, and what does not bring ours down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inducult_geo.errors import SourceError
from inducult_geo.sources import apart as module
from inducult_geo.sources.apart import apart, apart_all

HERE = Path(__file__)


@pytest.fixture(autouse=True)
def _nothing_is_forked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that another thread holds at that moment would be locked in the child forever."""

    def forked() -> int:
        raise AssertionError("forked in a process that has threads")

    monkeypatch.setattr(os, "fork", forked)


def children_of(number: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


def server() -> int:
    assert module._SERVER._process is not None
    return module._SERVER._process.pid


def no_worker_is_left() -> bool:
    return comes_true(lambda: not children_of(server()))


def comes_true(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not (is_true := what()) and time.monotonic() < until:
        time.sleep(0.01)
    return is_true


def give(made: Any) -> Any:
    return made


def stop(how: signal.Signals) -> None:
    os.kill(os.getpid(), how)


def refuse() -> None:
    raise SourceError("is no file of mine")


SLEEP = partial(time.sleep, 60)


@pytest.mark.parametrize("made", [None, (1, {"a": [2.5]}), "x" * 5_000_000], ids=["nothing", "some", "much"])
def test_what_is_made_arrives(made: Any) -> None:
    assert apart(HERE, partial(give, made)) == made
    assert no_worker_is_left()


def test_what_is_raised_is_raised_here() -> None:
    with pytest.raises(SourceError, match="is no file of mine"):
        apart(HERE, refuse)
    assert no_worker_is_left()


@pytest.mark.parametrize("task", [partial(stop, signal.SIGKILL), partial(stop, signal.SIGTERM), partial(os._exit, 3)])
def test_a_crash_is_not_ours(task: Callable[[], None]) -> None:
    with pytest.raises(SourceError, match=r"test_apart\.py: reading it crashed. Either the file is damaged"):
        apart(HERE, task)
    assert no_worker_is_left()


def test_who_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.1)
    with pytest.raises(SourceError, match="is not read after 0 seconds"):
        apart(HERE, SLEEP)
    assert no_worker_is_left()


def test_several_are_done_side_by_side_and_told_in_their_order() -> None:
    made = ["x" * 200_000, None, 7]
    assert apart_all(HERE, [partial(give, one) for one in made]) == made
    assert no_worker_is_left()


@pytest.mark.parametrize(("task", "says"), [(refuse, "is no file of mine"), (partial(stop, signal.SIGKILL), "crashed")])
def test_where_one_of_several_fails_the_others_are_ended(task: Callable[[], None], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        apart_all(HERE, [SLEEP, task])
    assert no_worker_is_left()


def test_many_threads_may_ask_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda number: apart(HERE, partial(give, number)), range(80))
        assert [*made] == [*range(80)]
    assert no_worker_is_left()


def test_relative_paths_begin_where_we_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    apart(HERE, os.getcwd)
    monkeypatch.chdir(tmp_path)
    assert apart(HERE, os.getcwd) == str(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert apart(HERE, partial(give, 1)) == 1


def test_who_forks_for_us_is_started_again_where_somebody_ended_it() -> None:
    apart(HERE, partial(give, 1))
    first = server()
    os.kill(first, signal.SIGKILL)
    assert comes_true(lambda: module._SERVER._process is not None and module._SERVER._process.poll() is not None)
    assert apart(HERE, partial(give, 1)) == 1
    assert server() != first


def test_it_ends_with_us_and_so_does_what_it_forked(tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = f"import test_apart as t; t.apart(t.HERE, t.partial(t.note_and_sleep, {str(note)!r}))"
    with subprocess.Popen([sys.executable, "-c", code], cwd=HERE.parent) as ours:
        assert comes_true(note.exists)
        numbers = note.read_text().split()
        ours.kill()
    assert comes_true(lambda: all(has_ended(number) for number in numbers))


def note_and_sleep(path: str) -> None:
    draft = Path(path).with_suffix(".draft")
    draft.write_text(f"{os.getppid()} {os.getpid()}")
    draft.rename(path)
    time.sleep(60)


def has_ended(number: str) -> bool:
    """Whether there is no such process, or nothing but its entry, which who inherited it has not taken note of."""
    told = Path(f"/proc/{number}/stat")
    return not told.exists() or told.read_text().rpartition(")")[2].split()[0] == "Z"
