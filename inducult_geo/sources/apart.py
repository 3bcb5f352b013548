"""Do a task in a process of its own: a library in C that crashes on hostile input ends that one, and not ours."""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from inducult_geo.errors import SourceError

T = TypeVar("T")

LONGEST_S, LONGEST_S_A_MB = 600.0, 1.0
"""Time for reading a file, whatever it is and for each of its megabytes; an honest one needs a tenth of it."""

_CHUNK = 1 << 20
_LOOK_MS = 500


def apart(path: Path, task: Callable[[], T]) -> T:
    """Return what a task makes of a file, done in a forked process; where the system cannot fork, in this one.

    (`multiprocessing` would not do: a worker of Dask may have no children of that kind.)

    Parameters
    ----------
    path
        The file, for its size and for messages.
    task
        What it returns or raises must be such that it can be pickled.

    Raises
    ------
    SourceError
        Where the process ends without a word, or not in time.
    """
    if not hasattr(os, "fork"):
        return task()
    longest_s = LONGEST_S + LONGEST_S_A_MB * path.stat().st_size / 1e6
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # It only computes: it takes no lock that a thread of this process may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        worker = os.fork()
    if not worker:
        _work(task, theirs)
    os.close(theirs)
    answer = _answer(_Worker(worker), ours, time.monotonic() + longest_s)
    if answer is None:
        raise SourceError(f"{path}: is not read after {longest_s:.0f} seconds. Is it the file that was meant?")
    try:
        is_whole, told = pickle.loads(answer)  # noqa: S301 - this process wrote it
    except (EOFError, pickle.UnpicklingError):
        raise SourceError(
            f"{path}: reading it crashed: it is damaged, or made to do so. Download it again and compare its checksum."
        ) from None
    if is_whole:
        return told  # type: ignore[no-any-return]
    raise told


def _work(task: Callable[[], Any], theirs: int) -> None:
    """Do the task, tell what came of it, and end."""
    # What this process holds is another's to tidy up.
    gc.disable()
    try:
        try:
            answer = pickle.dumps((True, task()))
        except Exception as problem:
            answer = pickle.dumps((False, problem))
        with open(theirs, "wb", closefd=False) as file:
            file.write(answer)
    finally:
        os._exit(0)


@dataclass
class _Worker:
    """A forked process; its number is another's once it was waited for."""

    number: int
    has_ended: bool = False

    def look(self) -> bool:
        """Tell whether it has ended."""
        self.has_ended = self.has_ended or os.waitpid(self.number, os.WNOHANG)[0] != 0
        return self.has_ended

    def end(self) -> None:
        """End it, if it has not."""
        if not self.look():
            os.kill(self.number, signal.SIGKILL)
            os.waitpid(self.number, 0)


def _answer(worker: _Worker, ours: int, until: float) -> bytes | None:
    """Read what a worker tells until it ends, and end it; null where it is late."""
    parts: list[bytes] = []
    told = select.poll()
    told.register(ours, select.POLLIN)
    try:
        while time.monotonic() < until:
            # The end of the pipe alone does not tell: a worker that was forked meanwhile holds it open as well.
            is_over = worker.look()
            has_more = bool(told.poll(0 if is_over else _LOOK_MS))
            part = os.read(ours, _CHUNK) if has_more else b""
            parts.append(part)
            if not part and (has_more or is_over):
                return b"".join(parts)
        return None
    finally:
        os.close(ours)
        worker.end()
