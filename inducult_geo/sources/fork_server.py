"""A process without threads that forks on request: it runs the tasks of `apart`.

Whatever lock another thread holds while a process forks, the child finds locked forever: libraries take some behind
everybody's back (Prefect does in every child). So no process of ours forks itself, since a flow or a worker has
threads. This one has none. It ends with the process that asks, and with it what it forked.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import select
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from socket import SocketIO
from typing import Any

HEAD = struct.Struct("!Q")
"""Before each message: how many bytes it has."""


def message(content: Any) -> bytes:
    """Return something as one message."""
    told = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(told)) + told


def serve(number: int) -> None:
    """Fork a process for every connection that comes in over a socket, until that closes.

    Over a connection come two messages: the directory to work in (or null) with the name of the task's module, which
    is imported once here; and the task, a function without parameters. Back goes one: whether it was done, and what it
    made or raised. Who closes the connection earlier has the process killed.

    Parameters
    ----------
    number
        The descriptor of the socket.
    """
    # The one who asks decides what an interrupted run still does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ended, wake = socket.socketpair()
    for one in (ended, wake):
        one.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    asked, forked = socket.socket(fileno=number), _Forked()
    try:
        while True:
            ready = _ready(asked, ended, forked)
            if ended.fileno() in ready:
                ended.recv(4096)
                forked.reap()
            forked.kill(ready)
            if asked.fileno() in ready:
                _, descriptors, _, _ = socket.recv_fds(asked, 1, 1)
                if not descriptors:
                    break
                _take(socket.socket(fileno=descriptors[0]), forked, (asked, ended, wake))
    finally:
        forked.kill(set(forked.children))


class _Forked:
    """The processes that work, by the descriptor of the connection that each works for."""

    def __init__(self) -> None:
        self.children: dict[int, tuple[int, socket.socket]] = {}

    def reap(self) -> None:
        """Let go of those that have ended: only then does the other side see the end of the connection."""
        for descriptor, (child, connection) in [*self.children.items()]:
            if os.waitpid(child, os.WNOHANG)[0]:
                self.children.pop(descriptor)
                connection.close()

    def kill(self, descriptors: set[int]) -> None:
        """End those whose connection was closed on the other side."""
        for descriptor in descriptors & self.children.keys():
            child, connection = self.children.pop(descriptor)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            connection.close()


def _ready(asked: socket.socket, ended: socket.socket, forked: _Forked) -> set[int]:
    """Wait until somebody asks, a process ends or a connection is closed; return the descriptors of these."""
    waiting = select.poll()
    waiting.register(asked, select.POLLIN)
    waiting.register(ended, select.POLLIN)
    for descriptor in forked.children:
        waiting.register(descriptor, 0)
    return {descriptor for descriptor, _ in waiting.poll()}


def _take(connection: socket.socket, forked: _Forked, own: tuple[socket.socket, ...]) -> None:
    """Fork a process for a connection."""
    with connection.makefile("rb", buffering=0) as stream:
        try:
            directory, module = _received(stream)
        except (EOFError, OSError):
            connection.close()
            return
        # Where it cannot be imported the process meets the same error, and tells it.
        with suppress(Exception):
            importlib.import_module(module)
        try:
            child = os.fork()
        except OSError:
            # The other side hears that nobody works for it.
            connection.close()
            return
        if not child:
            others = [other for _, other in forked.children.values()]
            for one in (*own, *others):
                one.close()
            _work(directory, connection, stream)
    forked.children[connection.fileno()] = (child, connection)


def _work(directory: str | None, connection: socket.socket, stream: SocketIO) -> None:
    """Do the task, tell what came of it, and end."""
    # What is read stays until the end: who looks for garbage in it finds none.
    gc.disable()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        try:
            if directory is not None:
                os.chdir(directory)
            answer = message((True, _received(stream)()))
        except Exception as problem:
            answer = message((False, problem))
        connection.sendall(answer)
    finally:
        os._exit(0)


def _received(stream: SocketIO) -> Any:
    """Read one message."""
    (length,) = HEAD.unpack(b"".join(_parts(stream, HEAD.size)))
    return pickle.loads(b"".join(_parts(stream, length)))  # noqa: S301 - the process that started this one wrote it


def _parts(stream: SocketIO, length: int) -> Iterator[bytes]:
    while length:
        part = stream.read(min(length, 1 << 20))
        if not part:
            raise EOFError
        yield part
        length -= len(part)
