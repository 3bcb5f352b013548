"""Grids: what is there, what a missing one costs, and how it is fetched; the server is a loopback stand-in."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inducult_geo import grids as module
from inducult_geo.errors import ConfigError, CoordinateError
from inducult_geo.grids import fetch_grids, grids
from inducult_geo.harmonize.transforms.crs import transform_points
from inducult_geo.harmonize.transforms.operations import operations

BETA = "de_adv_BETA2007.tif"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def offer(folder: Path, name: str, content: bytes) -> None:
    """Write a grid and the list of files that PROJ's server shows."""
    (folder / name).write_bytes(content)
    entry = {
        "type": "Feature",
        "properties": {
            "name": name,
            "type": "HORIZONTAL_OFFSET",
            "version_added": "1.0.0",
            "area_of_use": "Germany",
            "source_id": "de_adv",
            "source": "AdV",
            "source_country": "de",
            "file_size": len(content),
            "sha256sum": hashlib.sha256(content).hexdigest(),
            "url": f"https://example.org/{name}",
        },
        "geometry": {"type": "Polygon", "coordinates": [[[5, 47], [16, 47], [16, 56], [5, 56], [5, 47]]]},
    }
    (folder / "files.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [entry]}))


def register(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let the registry expect these bytes of every grid."""
    sha256 = hashlib.sha256(content).hexdigest()
    found = tuple(replace(item, grid_sha256=sha256) if item.grid else item for item in operations())
    monkeypatch.setattr(module, "operations", lambda: found)


def test_every_grid_is_known_with_what_its_absence_costs(tmp_path: Path) -> None:
    found = {grid.name: grid for grid in grids(tmp_path)}
    assert set(found) == {item.grid for item in operations() if item.grid}
    assert {grid.state for grid in found.values()} == {"missing"}
    assert all(grid.without_m is not None and grid.without_m > grid.accuracy_m for grid in found.values())
    assert found[BETA].cost == "EPSG:4314 in DE: 0.9 m with it, 3 m without"
    assert found[BETA].as_dict()["state"] == "missing"


def test_grids_are_copied_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, b"grid")
    source, target = tmp_path / "a", tmp_path / "b" / "grids"
    source.mkdir()
    (source / BETA).write_bytes(b"grid")
    (source / "at_bev_AT_GIS_GRID.tif").write_bytes(b"another")
    said: list[str] = []
    done = {grid.name: grid for grid in fetch_grids(target, source=source, say=said.append)}
    assert done[BETA].state == "fetched"
    assert (target / BETA).read_bytes() == b"grid"
    assert done["at_bev_AT_GIS_GRID.tif"].state == "failed"
    assert "the registered grid" in done["at_bev_AT_GIS_GRID.tif"].detail
    assert done["be_ign_bd72lb72_etrs89lb08.tif"].state == "not offered"
    assert [path.name for path in target.iterdir()] == [BETA]
    assert said[0].endswith("copying")


def test_what_is_there_is_left_alone_and_what_is_wrong_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, b"grid")
    source, target = tmp_path / "a", tmp_path / "b"
    source.mkdir()
    target.mkdir()
    (source / BETA).write_bytes(b"grid")
    (target / BETA).write_bytes(b"damaged")
    assert next(grid for grid in grids(target) if grid.name == BETA).state == "wrong"
    assert [grid.state for grid in fetch_grids(target, source=source, only=["de"])] == ["fetched"]
    assert [grid.state for grid in fetch_grids(target, source=source, only=[BETA])] == ["there"]


@pytest.mark.parametrize("content", [b"the grid", b"another grid"])
def test_grids_come_from_projs_server_by_pyprojs_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    register(monkeypatch, b"the grid")
    source, target = tmp_path / "server", tmp_path / "grids"
    source.mkdir()
    offer(source, BETA, content)
    with served(source) as url:
        monkeypatch.setenv("PROJ_NETWORK_ENDPOINT", url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        german = fetch_grids(target, only=["DE"])
        slovene = fetch_grids(target, only=["SI"])
    assert [grid.state for grid in german] == (["fetched"] if content == b"the grid" else ["failed"])
    assert (target / BETA).is_file() == (content == b"the grid")
    assert [grid.state for grid in slovene] == ["not offered"]
    assert "--from" in slovene[0].detail


def test_a_server_that_is_not_there_costs_the_grid_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJ_NETWORK_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    done = fetch_grids(tmp_path / "grids", only=["DE"])
    assert [grid.state for grid in done] == ["failed"]
    assert "cannot be fetched" in done[0].detail


def test_a_half_downloaded_grid_is_told_and_mended(tmp_path: Path, shared: Path) -> None:
    source, target = shared / "data/crs/grids", tmp_path / "grids"
    target.mkdir()
    whole = (source / BETA).read_bytes()
    (target / BETA).write_bytes(whole[: len(whole) // 2])
    (found,) = grids(target, only=["de"])
    assert (found.name, found.state) == (BETA, "wrong")
    assert "interrupted download" in found.detail
    assert "inducult grids DE" in found.detail
    with pytest.raises(CoordinateError, match=r"inducult grids DE"):
        transform_points([1], [1], source_crs="EPSG:31468", target_crs="EPSG:3035", country="DE", grids=target)
    assert [grid.state for grid in fetch_grids(target, source=source, only=["DE"])] == ["fetched"]
    assert (target / BETA).read_bytes() == whole
    assert [path.name for path in target.iterdir()] == [BETA]


def test_a_broken_copy_is_not_kept_and_what_was_there_stays(tmp_path: Path, shared: Path) -> None:
    source, target = tmp_path / "stick", tmp_path / "grids"
    source.mkdir()
    target.mkdir()
    whole = (shared / "data/crs/grids" / BETA).read_bytes()
    (source / BETA).write_bytes(whole[:100])
    (target / BETA).write_bytes(whole[:50])
    (done,) = fetch_grids(target, source=source, only=[BETA])
    assert done.state == "failed"
    assert "the registered grid" in done.detail
    assert (target / BETA).read_bytes() == whole[:50]


def test_a_stick_that_cannot_be_read_costs_its_grid_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch, b"grid")
    source = tmp_path / "stick"
    source.mkdir()
    for name in (BETA, "at_bev_AT_GIS_GRID.tif"):
        (source / name).write_bytes(b"grid")
    copyfile = shutil.copyfile

    def worn(origin: Path, target: Path) -> object:
        if origin == source / BETA:
            raise OSError(errno.EIO, "Input/output error")
        return copyfile(origin, target)

    monkeypatch.setattr(shutil, "copyfile", worn)
    done = {grid.name: grid for grid in fetch_grids(tmp_path / "grids", source=source)}
    assert done[BETA].state == "failed"
    assert done[BETA].detail == f"{source / BETA}: cannot be read: Input/output error"
    assert done["at_bev_AT_GIS_GRID.tif"].state == "fetched"


def test_a_grid_without_which_nothing_can_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a grid's users the worst off counts: one that nothing takes over for makes it "not readable"."""
    with_grid = next(item for item in operations() if item.grid == BETA)
    others = [item for item in operations() if item.country == "DE" and not item.grid]
    assert others
    monkeypatch.setattr(module, "operations", lambda: (with_grid,))
    (alone,) = grids(tmp_path)
    assert alone.without_m is None
    assert alone.cost == "EPSG:4314 in DE: 0.9 m with it; cannot be read without it"
    assert alone.as_dict()["without_m"] is None
    # What stands before the grid in rank does not take over when it is gone; of those after it the first does.
    first, second, third = (
        replace(others[0], datum=with_grid.datum, rank=with_grid.rank + step, accuracy_m=accuracy_m)
        for step, accuracy_m in ((-1, 1.5), (2, 7.0), (1, 4.0))
    )
    monkeypatch.setattr(module, "operations", lambda: (first, second, with_grid, third))
    assert grids(tmp_path)[0].without_m == 4.0
    monkeypatch.setattr(module, "operations", lambda: (first, with_grid))
    assert grids(tmp_path)[0].without_m is None


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("Traceback\n  x\nValueError: no such file\n\n", "cannot be fetched: ValueError: no such file"),
        ("", "cannot be fetched: pyproj sync failed"),
        ("x" * 500, "cannot be fetched: " + "x" * 200),
    ],
)
def test_what_pyproj_says_last_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, said: str) -> None:
    failing = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failing)
    (done,) = fetch_grids(tmp_path / "grids", only=[BETA])
    assert (done.state, done.detail) == ("failed", said)


def test_a_server_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **given: object) -> None:
        raise subprocess.TimeoutExpired("pyproj", float(str(given["timeout"])))

    monkeypatch.setattr(subprocess, "run", hang)
    (done,) = fetch_grids(tmp_path / "grids", only=[BETA])
    assert done.state == "failed"
    assert "timed out after 600" in done.detail


def test_a_folder_that_takes_nothing_costs_the_grids_alone(tmp_path: Path, shared: Path) -> None:
    blocked = tmp_path / "grids"
    (blocked / BETA).mkdir(parents=True)  # a folder stands where the file belongs
    states = {grid.name: grid for grid in fetch_grids(blocked, source=shared / "data/crs/grids")}
    assert states[BETA].state == "failed"
    assert BETA in states[BETA].detail
    assert {grid.state for name, grid in states.items() if name != BETA} == {"fetched"}


def test_a_folder_that_cannot_be_made_is_refused_with_the_way_out(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="INDUCULT_GRIDS"):
        fetch_grids(tmp_path / "file" / "grids", source=shared / "data/crs/grids")


def test_a_wrong_call_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no grid 'FR'\. Known: .*country: AT, BE, CZ, DE, SI"):
        fetch_grids(tmp_path, only=["FR"])
    with pytest.raises(ConfigError, match="no such folder"):
        fetch_grids(tmp_path, source=tmp_path / "nowhere")


def test_the_real_grids_are_the_registered_ones(shared: Path, tmp_path: Path) -> None:
    done = fetch_grids(tmp_path / "grids", source=shared / "data/crs/grids")
    assert {grid.state for grid in done} == {"fetched"}
