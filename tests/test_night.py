"""One bad night: four things break at once, everything else is released, and one sentence names all four."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from test_overpass_extract import everything

from inducult_geo.pipeline import run_all
from inducult_geo.publish.promises.verify import verify
from inducult_geo.run import open_run
from inducult_geo.status import status_of
from inducult_geo.store import DataFolder, current_release

GRID = "at_bev_AT_GIS_GRID.tif"
REGIONS = ("leoben", "opole", "padova", "zwickau")
"""Three of which something breaks, and one with news."""

DOWN, BROKEN, UNPLACED, RASTER = "padova", "opole_zabytki", "leoben_eisenstrasse", "relief"


class World:
    """An Overpass server and a mailbox on loopback: what is down can be set, what was told is kept."""

    def __init__(self, extracts: Path) -> None:
        self.down: set[str] = set()
        self.told: list[dict] = []
        self.answers = {path.stem: answer_of(path) for path in extracts.glob("*.osm")}
        self.regions = open_run(extracts.parents[1], contracts=False).catalog.regions

    def region_of(self, query: str) -> str:
        south, west, north, east = map(float, re.search(r"\[bbox:([^\]]+)\]", query)[1].split(","))
        middle = ((west + east) / 2, (south + north) / 2)
        return next(
            name
            for name, region in self.regions.items()
            if region.bbox[0] <= middle[0] <= region.bbox[2] and region.bbox[1] <= middle[1] <= region.bbox[3]
        )


def answer_of(path: Path) -> bytes:
    """Return what an Overpass server would answer with everything of an extract."""
    elements = [{"type": kind, "id": number, **rest} for (kind, number), rest in everything(path).items()]
    answer = {"osm3s": {"timestamp_osm_base": "2026-11-20T21:00:00Z"}, "elements": elements}
    return json.dumps(answer).encode()


@pytest.fixture(scope="module")
def world(repository: Path) -> Iterator[tuple[World, str]]:
    made = World(repository / "data" / "raw" / "sample" / "osm")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(200, b"Rate limit: 0\n")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "interpreter" not in self.path:
                made.told.append(json.loads(body))
                self.reply(200, b"ok")
                return
            from urllib.parse import parse_qs

            region = made.region_of(parse_qs(body.decode())["data"][0])
            if region in made.down:
                self.reply(504, b"<html>The server is probably too busy to handle your request.</html>")
            else:
                self.reply(200, made.answers[region])

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made, f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def data(tmp_path: Path, repository: Path, shared: Path, world: tuple[World, str], monkeypatch) -> Path:
    """A data folder after a good night with some regions, Overpass, a datum grid and a raster."""
    world[0].down.clear()
    world[0].told.clear()
    raw = tmp_path / "data" / "raw"
    for name in ("partners", "boundaries"):
        shutil.copytree(repository / "data" / "raw" / "sample" / name, raw / name)
    (raw / "grids").mkdir()
    shutil.copy(shared / "data" / "crs" / "grids" / GRID, raw / "grids")
    write_raster(raw / "rasters")
    monkeypatch.setenv("INDUCULT_OVERPASS_URLS", f"http://{world[1]}/api")
    monkeypatch.setenv("INDUCULT_RETRY_BASE_S", "0.01")
    monkeypatch.setenv("INDUCULT_NOTIFY_URL", f"json://{world[1]}/told")
    assert run_all(REGIONS, open_run(tmp_path / "data", osm="overpass")).sentence == "4 of 4 regions whole"
    return tmp_path / "data"


def write_raster(folder: Path) -> None:
    folder.mkdir()
    transform = Affine(10_000, 0, 3_900_000, 0, -10_000, 3_200_000)
    profile = {"driver": "GTiff", "height": 90, "width": 110, "count": 1, "dtype": "float32", "crs": "EPSG:3035"}
    with rasterio.open(folder / "relief.tif", "w", transform=transform, **profile) as file:
        file.write(np.arange(9900, dtype="float32").reshape(1, 90, 110) / 10)
    (folder / "relief.toml").write_text(
        f'id = "{RASTER}"\ntitle = "Made-up relief"\nfile = "relief.tif"\ncolumn = "elevation_m"\n'
        'licence = "CC0-1.0"\nattribution = "nobody"\n'
    )


def break_everything(data: Path, world: World) -> None:
    world.down.add(DOWN)
    (data / "raw" / "partners" / f"{BROKEN}.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (data / "raw" / "grids" / GRID).unlink()
    raster = data / "raw" / "rasters" / "relief.tif"
    raster.write_bytes(raster.read_bytes()[:300])
    # What is not broken has news.
    path = data / "raw" / "partners" / "zwickau_industriekultur.csv"
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")


def ask(data: Path, sql: str) -> list[tuple]:
    release = current_release(DataFolder(data))
    assert release is not None
    connection = sqlite3.connect(f"file:{release / 'inducult.gpkg'}?mode=ro&immutable=1", uri=True)
    rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


def by_source(data: Path) -> dict[str, int]:
    return dict(ask(data, "SELECT source, count(*) FROM source_records GROUP BY source"))


def names_all_four(sentence: str) -> None:
    assert "\n" not in sentence
    for name in (f"osm in {DOWN}", f"{BROKEN} in opole", f"{UNPLACED} in leoben", RASTER, GRID, "504"):
        assert name in sentence, (name, sentence)


def kept_and_marked(data: Path, records: dict[str, int], heights: dict[str, float]) -> None:
    now = by_source(data)
    assert {name: now[name] for name in ("osm", BROKEN, UNPLACED)} == {
        name: records[name] for name in ("osm", BROKEN, UNPLACED)
    }
    assert now["zwickau_industriekultur"] == records["zwickau_industriekultur"] - 1
    states = dict(ask(data, "SELECT source, state FROM sources"))
    stale = {name for name, state in states.items() if state == "stale"}
    assert stale == {"osm", BROKEN, UNPLACED, RASTER}
    found = dict(ask(data, "SELECT site_id, elevation_m FROM site_points WHERE elevation_m IS NOT NULL"))
    assert len(found) > 50
    assert found.items() <= heights.items()
    release = current_release(DataFolder(data))
    assert release is not None
    assert [one for one in verify(release) if not one.ok] == []
    status = status_of(DataFolder(data), max_age_h=36)
    assert not status.is_well
    assert {line.split(":")[0] for line in status.stale} == {f"source {name}" for name in stale}


def heights_of(data: Path) -> dict[str, float]:
    return dict(ask(data, "SELECT site_id, elevation_m FROM site_points"))


@pytest.mark.slow
def test_one_bad_night_by_the_command(data: Path, world: tuple[World, str]) -> None:
    records, heights = by_source(data), heights_of(data)
    break_everything(data, world[0])
    outcome = run_all(REGIONS, open_run(data, osm="overpass"))
    assert outcome.exit_code == 1
    assert outcome.is_new
    names_all_four(outcome.sentence)
    assert len(outcome.failures) == 4
    kept_and_marked(data, records, heights)
    # The night after, with everything put right but the news, ends whole.
    world[0].down.clear()


@pytest.mark.slow
def test_one_bad_night_by_the_flow_is_told_to_people(data: Path, world: tuple[World, str], tmp_path: Path) -> None:
    records, heights = by_source(data), heights_of(data)
    break_everything(data, world[0])
    told = subprocess.run(
        [sys.executable, "-m", "flows.refresh", *REGIONS, "--overpass", "--data", str(data)],
        env={**os.environ, "PREFECT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert told.returncode == 1, told.stderr
    ended = [line for line in told.stderr.splitlines() if "Finished in state Failed" in line and "of 4 regions" in line]
    names_all_four(ended[-1])
    kept_and_marked(data, records, heights)
    (message,) = world[0].told
    assert message["type"] == "failure"
    assert message["title"] == "inducult-geo: 0 of 4 regions whole, 4 failed" or "4 failed" in message["title"]
    for text in ("What happened", "What was kept", "What to do", DOWN, BROKEN, UNPLACED, RASTER):
        assert text in message["message"]
    assert world[1] not in told.stderr.replace(f"http://{world[1]}/api", "")
