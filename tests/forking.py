"""A process that has imported what the program is built on, and forks one for each call, of which that takes most.

The program itself it forgets again: a child imports it from the folders of its own `PYTHONPATH`, as a new process does.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OURS = ("inducult_geo", "flows")
_CALL = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    told = [sys.argv[1:], os.getcwd(), dict(os.environ)]
    socket.send_fds(asked, [json.dumps(told).encode() + b"\\n"], [0, 1, 2])
    answer = asked.recv(9)
sys.exit(int(answer))
"""


@contextmanager
def forking(folder: Path) -> Iterator[list[str]]:
    """Start one; give the command that runs a text of Python, and what `sys.argv` is then, in a fork of it."""
    address, call = folder / "socket", folder / "call.py"
    call.write_text(_CALL.format(address=str(address)), encoding="utf-8")
    with subprocess.Popen([sys.executable, __file__, str(address)], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield [sys.executable, "-I", "-S", str(call)]
        finally:
            server.kill()


def main(address: str) -> None:
    """Import, forget what is ours, and answer one call after the other with its exit code."""
    import inducult_geo.cli
    import inducult_geo.pipeline  # noqa: F401

    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            asked, _ = door.accept()
            with asked:
                told, streams, _, _ = socket.recv_fds(asked, 1 << 20, 3)
                while not told.endswith(b"\n"):
                    told += asked.recv(1 << 20)
                pid = os.fork()
                if pid == 0:
                    _child(told, streams)
                for stream in streams:
                    os.close(stream)
                _, status = os.waitpid(pid, 0)
                with suppress(OSError):  # Who asked may be gone.
                    asked.send(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())


def _child(told: bytes, streams: list[int]) -> None:
    """Be the process that was asked for."""
    (code, *arguments), folder, environment = json.loads(told)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:1] = ["", *environment.get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = ["-c", *arguments]
    status = 1
    try:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
