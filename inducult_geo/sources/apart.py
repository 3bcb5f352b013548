"""Do tasks in processes of their own: a library in C that crashes on hostile input ends that one, and not ours."""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

    Parameters and errors as of `apart_all`.
    """
    return apart_all(path, [task])[0]


def apart_all(path: Path, tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each of some tasks makes of a file, done side by side, each in a forked process.

    Where the system cannot fork, they are done in this one. (`multiprocessing` would not do: a worker of Dask may have
    no children of that kind, and its pool waits forever for one that was killed.)

    Parameters
    ----------
    path
        The file, for its size and for messages.
    tasks
        What they return or raise must be such that it can be pickled. Where one raises, the others are ended.

    Raises
    ------
    SourceError
        Where a process ends without a word, or not in time.
    """
    if not hasattr(os, "fork"):
        return [task() for task in tasks]
    longest_s = LONGEST_S + LONGEST_S_A_MB * path.stat().st_size / 1e6
    until = time.monotonic() + longest_s
    workers: list[_Worker] = []
    try:
        workers.extend(map(_started, tasks))
        while waiting := [worker for worker in workers if not worker.has_told]:
            if time.monotonic() > until:
                raise SourceError(f"{path}: is not read after {longest_s:.0f} seconds. Is it the file that was meant?")
            _listen(waiting)
            for worker in waiting:
                if worker.has_told:
                    worker.made = _made(path, b"".join(worker.parts))
                    worker.parts.clear()
    finally:
        for worker in workers:
            worker.end()
    return [worker.made for worker in workers]


def _made(path: Path, answer: bytes) -> Any:
    """Return what a worker made, or raise what it raised."""
    try:
        is_whole, told = pickle.loads(answer)  # noqa: S301 - this process wrote it
    except (EOFError, pickle.UnpicklingError):
        raise SourceError(
            f"{path}: reading it crashed: it is damaged or made to do so, or something ended the process that read it "
            "(is there too little memory?). Download it again and compare its checksum."
        ) from None
    if is_whole:
        return told
    raise told


@dataclass(eq=False)
class _Worker:
    """A forked process and what it has told so far; its number is another's once it was waited for."""

    number: int
    pipe: int
    parts: list[bytes] = field(default_factory=list)
    has_told: bool = False
    has_ended: bool = False
    made: Any = None

    def look(self) -> bool:
        """Tell whether it has ended."""
        self.has_ended = self.has_ended or os.waitpid(self.number, os.WNOHANG)[0] != 0
        return self.has_ended

    def end(self) -> None:
        """End it, if it has not."""
        os.close(self.pipe)
        if not self.look():
            os.kill(self.number, signal.SIGKILL)
            os.waitpid(self.number, 0)


def _started(task: Callable[[], Any]) -> _Worker:
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # It only computes: it takes no lock that a thread of this process may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        number = os.fork()
    if not number:
        # Else it would wait forever for a reader that was killed.
        os.close(ours)
        _work(task, theirs)
    os.close(theirs)
    return _Worker(number, ours)


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


def _listen(workers: Sequence[_Worker]) -> None:
    """Read what workers tell next, for half a second; who ended has told all."""
    # The end of the pipe alone does not tell: a worker that was forked meanwhile holds it open as well.
    over = [worker for worker in workers if worker.look()]
    told = select.poll()
    for worker in workers:
        told.register(worker.pipe, select.POLLIN)
    ready = {pipe for pipe, _ in told.poll(0 if over else _LOOK_MS)}
    for worker in workers:
        part = os.read(worker.pipe, _CHUNK) if worker.pipe in ready else b""
        worker.parts.append(part)
        worker.has_told = not part and (worker.pipe in ready or worker in over)
