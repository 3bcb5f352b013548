"""A file that is read in a process of its own: what comes of it, and what does not bring ours down."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inducult_geo.errors import SourceError
from inducult_geo.sources import apart as module
from inducult_geo.sources.apart import apart, apart_all

HERE = Path(__file__)


FORKED: list[int] = []
"""The processes that were forked for the test at hand: others of its process are none of its business."""


@pytest.fixture(autouse=True)
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork

    def counted() -> int:
        number = fork()
        FORKED.append(number)
        return number

    FORKED.clear()
    monkeypatch.setattr(os, "fork", counted)


def no_child_is_left() -> bool:
    assert FORKED
    for number in FORKED:
        with pytest.raises(ChildProcessError):
            os.waitpid(number, os.WNOHANG)
    return True


def stop(how: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), how)


def refuse() -> None:
    raise SourceError("is no file of mine")


@pytest.mark.parametrize("made", [None, (1, {"a": [2.5]}), "x" * 5_000_000], ids=["nothing", "some", "much"])
def test_what_is_made_arrives(made: Any) -> None:
    assert apart(HERE, lambda: made) == made
    assert no_child_is_left()


def test_what_is_raised_is_raised_here() -> None:
    with pytest.raises(SourceError, match="is no file of mine"):
        apart(HERE, refuse)
    assert no_child_is_left()


@pytest.mark.parametrize("task", [stop(signal.SIGKILL), stop(signal.SIGTERM), lambda: os._exit(3)])
def test_a_crash_is_not_ours(task: Callable[[], None]) -> None:
    with pytest.raises(SourceError, match=r"test_apart\.py: reading it crashed: it is damaged"):
        apart(HERE, task)
    assert no_child_is_left()


def test_who_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.1)
    with pytest.raises(SourceError, match="is not read after 0 seconds"):
        apart(HERE, lambda: time.sleep(60))
    assert no_child_is_left()


def test_several_are_done_side_by_side_and_told_in_their_order() -> None:
    made = ["x" * 200_000, None, 7]
    assert apart_all(HERE, [lambda one=one: one for one in made]) == made
    assert no_child_is_left()


@pytest.mark.parametrize(("task", "says"), [(refuse, "is no file of mine"), (stop(signal.SIGKILL), "crashed")])
def test_where_one_of_several_fails_the_others_are_ended(task: Callable[[], None], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        apart_all(HERE, [lambda: time.sleep(60), task])
    assert no_child_is_left()


def test_a_worker_that_was_forked_meanwhile_may_hold_the_pipe_open(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, held = os.pipe, []

    def held_open() -> tuple[int, int]:
        ours, theirs = pipe()
        held.append(os.dup(theirs))
        return ours, theirs

    monkeypatch.setattr(os, "pipe", held_open)
    assert apart(HERE, lambda: "x" * 200_000) == "x" * 200_000
    with pytest.raises(SourceError, match="crashed"):
        apart(HERE, stop(signal.SIGKILL))
    for one in held:
        os.close(one)
