"""Run tasks in separate processes: a C library that crashes on hostile input ends that process, not ours."""

from __future__ import annotations

import atexit
import os
import pickle
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from inducult_geo.errors import SourceError
from inducult_geo.sources.fork_server import HEAD, message

T = TypeVar("T")

LONGEST_S, LONGEST_S_A_MB = 600.0, 1.0
"""Time for reading a file, whatever it is and for each of its megabytes; an honest one needs a tenth of it."""

_CHUNK = 1 << 20
_PROGRAM = """
import sys
sys.path[:] = sys.argv[2:]
from inducult_geo.sources.fork_server import serve
serve(int(sys.argv[1]))
"""


def apart(path: Path, task: Callable[[], T]) -> T:
    """Return what a task makes of a file, done in a process of its own; where the system cannot fork, in this one.

    Parameters and errors as of `apart_all`.
    """
    return apart_all(path, [task])[0]


def apart_all(path: Path, tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Return what each of some tasks makes of a file, done side by side, each in a process of its own.

    Where the system cannot fork, they are done in this one. (`multiprocessing` would not do: a worker of Dask may have
    no children of that kind, and its pool waits forever for one that was killed.)

    Parameters
    ----------
    path
        The file, for its size and for messages.
    tasks
        Such that they can be pickled, with what they return or raise. Where one raises, the others are ended.

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
        workers.extend(map(_Worker, tasks))
        while waiting := [worker for worker in workers if not worker.has_told]:
            if time.monotonic() > until:
                raise SourceError(
                    f"{path}: is not read after {longest_s:.0f} seconds, so reading was stopped. Is it the right file?"
                )
            _listen(waiting, until - time.monotonic())
            for worker in waiting:
                if worker.has_told:
                    worker.made = _made(path, worker)
                    worker.answer.clear()
    finally:
        for worker in workers:
            worker.connection.close()
    return [worker.made for worker in workers]


def _made(path: Path, worker: _Worker) -> Any:
    """Return what a worker made, or raise what it raised."""
    if not worker.is_whole:
        raise SourceError(
            f"{path}: reading it crashed. Either the file is damaged or malicious, or the process that read it was "
            "ended (too little memory?). Download it again and compare its checksum."
        )
    is_made, told = pickle.loads(memoryview(worker.answer)[HEAD.size :])  # noqa: S301 - this process had it written
    if is_made:
        return told
    raise told


class _Worker:
    """A process that does a task, seen from here: the connection to it, and what it has told so far."""

    def __init__(self, task: Callable[[], Any]) -> None:
        whole = message(task)
        self.connection, theirs = socket.socketpair()
        self.answer, self.has_told = bytearray(), False
        self.made: Any = None
        with theirs:
            self.connection.sendall(message((_directory(), _module_of(task))))
            _SERVER.ask(theirs)
        # That it has died meanwhile is found where it is listened to.
        with suppress(ConnectionError):
            self.connection.sendall(whole)

    @property
    def is_whole(self) -> bool:
        """Whether all of its answer is there."""
        return len(self.answer) >= HEAD.size and len(self.answer) == HEAD.size + HEAD.unpack_from(self.answer)[0]

    def listen(self) -> None:
        """Take what it tells next; who is silent for good has told all."""
        try:
            part = self.connection.recv(_CHUNK)
        except ConnectionError:
            part = b""
        self.answer += part
        self.has_told = not part or self.is_whole


def _listen(workers: Sequence[_Worker], seconds: float) -> None:
    """Hear what workers tell next, for some seconds at most."""
    told = select.poll()
    for worker in workers:
        told.register(worker.connection, select.POLLIN)
    ready = {descriptor for descriptor, _ in told.poll(1000 * max(seconds, 0))}
    for worker in workers:
        if worker.connection.fileno() in ready:
            worker.listen()


def _directory() -> str | None:
    """Return where relative paths begin; null where somebody has removed it."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


def _module_of(task: Callable[[], Any]) -> str:
    """Return the name of the module that a task stands in."""
    inner: Any = task
    while isinstance(inner, partial):
        inner = inner.func
    return str(inner.__module__)


class _Server:
    """The process that forks for this one (see `fork_server`): started when it is needed, ended with this one."""

    def __init__(self) -> None:
        self.forget()
        atexit.register(self.end)
        if hasattr(os, "register_at_fork"):
            # A child that somebody else forks has one of its own.
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Know of none that was started."""
        self._lock = Lock()
        self._asked: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, connection: socket.socket) -> None:
        """Have a process forked that works for a connection."""
        with self._lock:
            if self._asked is not None:
                with suppress(ConnectionError):
                    socket.send_fds(self._asked, [b" "], [connection.fileno()])
                    return
                # Somebody has ended it.
                self.end()
            socket.send_fds(self._started(), [b" "], [connection.fileno()])

    def _started(self) -> socket.socket:
        self._asked, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no text from outside
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno()), *map(str, sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # It computes nothing itself, and threads are what it must not have.
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            )
        return self._asked

    def end(self) -> None:
        """End it, if it runs; what it forked ends with it."""
        if self._asked is not None and self._process is not None:
            self._asked.close()
            self._process.wait()
        self._asked = self._process = None


_SERVER = _Server()
