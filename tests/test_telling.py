"""Who sleeps is told what happened, what was kept and what to do; the address stays a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SECRET = "t0ken-of-the-steward"
CODE = """
import json, sys
from pathlib import Path
from pydantic import SecretStr
from flows.telling import crash_text, outcome_text, send, tell_outcome
from datetime import UTC, datetime, timedelta
from inducult_geo.frames import NEW_VERSION, ROWS_GONE, Counts, Problem
from inducult_geo.outcome import RunOutcome
from inducult_geo.run import SourceFacts, open_run
from inducult_geo.stage import RegionOutcome, Stage
from inducult_geo.store import DataFolder

def region(name, *facts):
    stage = Stage(name, Path("x"), "r", Counts(1, 1, 0, 0), 1, facts, {}, ())
    return RegionOutcome(name, "fresh", stage)

lost = SourceFacts("osm", "opole", "stale", message="the server is down. Ask again.")
release = Path("releases/2026-11-25T020000Z")
whole = RunOutcome((region("leoben"), region("opole")), release, Counts(2, 2, 0, 0), 2, 0, {}, True, 1)
calm = RunOutcome((region("leoben"),), release, Counts(1, 1, 0, 0), 1, 0, {}, False, 0)
today, before = (f"{datetime.now(UTC).date() - timedelta(days=days)}: {days} gone." for days in (0, 2))
gone = SourceFacts("list", "opole", "fresh", problems=(
    Problem("list", ROWS_GONE, "9 are gone at once.", 9), Problem("list", NEW_VERSION, today),
    Problem("list", NEW_VERSION, before),
))
fewer = RunOutcome((region("opole", gone),), release, Counts(1, 1, 0, 0), 1, 0, {}, True, 0)
partly = RunOutcome((region("leoben"), region("opole", lost)), release, Counts(2, 2, 0, 0), 2, 0, {}, True, 1)
run = open_run(Path(sys.argv[1]), contracts=False)
for outcome in (whole, calm, fewer, partly):
    tell_outcome(outcome, run)
subject, body = crash_text("the disk is full", DataFolder(Path(sys.argv[1])))
print(send(run.settings.notify_url, subject, body, failed=True))
print(send(SecretStr(sys.argv[2]), subject, body, failed=True))
print(send(None, subject, body, failed=True))
print(run.settings)
"""


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[dict]]]:
    took: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            took.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1], took
    server.shutdown()
    server.server_close()


def test_people_are_told_of_failures_and_of_changes_and_left_alone_otherwise(
    mailbox: tuple[int, list[dict]], tmp_path: Path
) -> None:
    port, took = mailbox
    told = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path), f"json://127.0.0.1:9/{SECRET}"],
        env={
            **os.environ,
            "INDUCULT_NOTIFY_URL": f"json://127.0.0.1:{port}/{SECRET}",
            "INDUCULT_DATABASE_URL": f"postgresql+asyncpg://me:{SECRET}@127.0.0.1/p",
            "PREFECT_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split("\n")[:3] == ["True", "False", "False"]
    assert [(one["type"], one["title"]) for one in took] == [
        ("info", "inducult-geo: 2 of 2 regions whole"),
        ("info", "inducult-geo: opole is whole"),
        ("failure", "inducult-geo: 1 of 2 regions whole, 1 failed"),
        ("failure", "inducult-geo: the run failed, nothing was published"),
    ]
    changed, fewer, partly, crashed = (one["message"] for one in took)
    assert "release 2026-11-25T020000Z, 2 sites, 1 change" in changed
    assert "Look at this:\n- list in opole: 9 are gone at once." in fewer
    assert "New versions of lists:\n- list in opole: " in fewer
    assert (": 0 gone." in fewer, ": 2 gone." in fewer) == (True, False)
    assert "osm in opole (the server is down. Ask again)" in partly
    assert "data of the last good run stays" in " ".join(partly.split())
    assert "What to do: correct what is named above" in partly
    assert "What happened: the disk is full" in crashed
    assert "There is no release yet." in crashed
    assert SECRET not in told.stdout + told.stderr
    assert "nobody could be told" in told.stderr
