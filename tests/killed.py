"""A process that has imported everything and forks a child a run, so that fifty runs can be killed in a minute or two.

It reads one JSON a line: `data`, `afresh`, `decide` (numbers of decisions to append first) and `at` (the number of the
change to the file system at which the child kills itself; null where somebody else does). It answers with the child's
process id, and, when that has ended, with its status. What the child says goes to `said.log` beside the data folder,
what it has decided for good to `decided.log`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path

import inducult_geo.pipeline
from inducult_geo.match.decided.decisions import Decision, append_decision
from inducult_geo.run import open_run

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree", "os.truncate"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_at(number: int, root: str) -> None:
    """Let this process kill itself before its n-th change below a folder."""
    seen = 0

    def look(event: str, arguments: tuple) -> None:
        nonlocal seen
        is_change = event in _CHANGES or (event == "open" and bool((arguments[2] or 0) & _WRITES))
        if is_change and str(arguments[0]).startswith(root):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def child(asked: dict) -> None:
    """Append decisions, then run the regions."""
    data = Path(asked["data"])
    said = (data.parent / "said.log").open("a", encoding="utf-8", buffering=1)
    if asked["at"] is not None:
        kill_at(asked["at"], str(data))
    run = open_run(data, say=lambda text: said.write(f"{text}\n"), afresh=asked["afresh"])
    for number in asked["decide"]:
        word = Decision("me", "2026-01-01T00:00:00+00:00", f"nowhere:{number}", f"nowhere:{number}b", "same")
        append_decision(run.folder.decisions, word)
        with (data.parent / "decided.log").open("a") as decided:
            decided.write(f"{number}\n")
    said.write("begins\n")
    outcome = inducult_geo.pipeline.run_all(asked["regions"], run)
    said.write(f"ends {outcome.exit_code}\n")


def tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                child(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        tell(pid)
        _, status = os.waitpid(pid, 0)
        tell(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
