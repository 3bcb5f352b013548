"""What the flows show and understand, apart from a server: rows of artifacts, names of runs, the picture, the shelf."""

from __future__ import annotations

import asyncio
import csv
import http.client
import inspect
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import requests
import shapely
from pydantic import SecretStr

from inducult_geo import pipeline
from inducult_geo.errors import BusyError, ConfigError, InducultError, RegionError, StorageError, TransientError
from inducult_geo.frames import WORK_CRS, Counts, Problem
from inducult_geo.outcome import RunOutcome
from inducult_geo.run import SourceFacts, open_run
from inducult_geo.stage import RegionOutcome, Stage
from inducult_geo.store import DataFolder

RELEASE = "2026-11-25T020000Z"
ORANGE, BLUE = (213, 94, 0), (0, 114, 178)  # vermillion and blue of Okabe and Ito, as on the map page


@pytest.fixture(autouse=True)
def _no_state_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Prefect is imported by the first test that needs it: it must not make a folder in the home of who runs this."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))


def region(name: str, *facts: SourceFacts, state: str = "fresh", message: str | None = None, notes=()) -> RegionOutcome:
    kept = Stage(name, Path("x"), "r", Counts(9, 6, 1, 2), 4, facts, {}, tuple(notes)) if state == "fresh" else None
    return RegionOutcome(name, state, kept, message)


@pytest.fixture
def night(tmp_path: Path) -> RunOutcome:
    """A night of three regions: whole with a note, one stale source, one that failed; and a wide source that failed."""
    remark = Problem("kroniky", "unmapped_value", "'Zvonice' (1) is not mapped")
    whole = region("karlovy-vary", SourceFacts("kroniky", None, "fresh", problems=(remark,)), notes=("no raster",))
    partly = region("opole", SourceFacts("zabytki", "opole", "stale", message="the file is empty"))
    lost = region("leoben", state="failed", message="no outline")
    wide = (SourceFacts("eutl", None, "failed", message="not a table"),)
    noticed = (Problem("hotmaps", "lost_characters", "characters were lost"),)
    release = tmp_path / "processed" / "releases" / RELEASE
    return RunOutcome(
        (whole, partly, lost), release, Counts(18, 12, 2, 4), 8, 0, {}, n_changes=3, wide=wide, noticed=noticed
    )


def test_the_table_of_counts_has_a_row_for_each_region_even_a_failed_one(night: RunOutcome) -> None:
    from flows.artifacts import counts_rows

    counted = {"records_in": 9, "in_sites": 6, "in_review": 1, "rejected": 2, "sites": 4}
    assert counts_rows(night) == [
        {"region": "karlovy-vary", "state": "fresh", **counted},
        {"region": "opole", "state": "partial", **counted},
        {"region": "leoben", "state": "failed", **dict.fromkeys(counted, 0)},
    ]


def test_problems_name_what_failed_first_and_then_what_was_noticed(night: RunOutcome) -> None:
    from flows.artifacts import problem_rows

    assert [tuple(row.values()) for row in problem_rows(night)] == [
        ("opole", "zabytki", "stale", "the file is empty"),
        ("leoben", "", "failed", "no outline"),
        ("", "eutl", "failed", "not a table"),
        ("karlovy-vary", "kroniky", "unmapped_value", "'Zvonice' (1) is not mapped"),
        ("karlovy-vary", "", "note", "no raster"),
        ("", "hotmaps", "lost_characters", "characters were lost"),
    ]


def test_changes_are_those_of_this_release_and_not_more_than_fit(tmp_path: Path) -> None:
    from flows.artifacts import MOST_CHANGES, changed_rows

    lines = "".join(f"IC-{number},'=new\n" for number in range(MOST_CHANGES + 5))
    (tmp_path / f"2026-11-24T020000Z_{RELEASE}.csv").write_text(f"\ufeffsite_id,change\n{lines}", encoding="utf-8")
    (tmp_path / "2026-11-23T020000Z_2026-11-24T020000Z.csv").write_text("site_id,change\nIC-OLD,gone\n")
    rows = [*changed_rows(tmp_path, RELEASE)]
    assert len(rows) == MOST_CHANGES
    assert rows[0] == {"site_id": "IC-0", "change": "=new"}, "no spreadsheet reads it there"
    assert [*changed_rows(tmp_path, "2026-11-26T020000Z")] == []
    # A name of any length is no fault of a night.
    (tmp_path / "2026-11-26T020000Z_2026-11-27T020000Z.csv").write_text("detail\n" + "x" * 200_000 + "\n")
    before = csv.field_size_limit(131_072)
    try:
        (row,) = changed_rows(tmp_path, "2026-11-27T020000Z")
    finally:
        csv.field_size_limit(before)
    assert len(row["detail"]) == 200_000


class Shown(dict[str, dict[str, Any]]):
    """Takes the place of the server: what would be shown, by its key."""

    def __call__(self, key: str, **said: Any) -> None:
        self[key] = said


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    from flows import artifacts

    taken = Shown()
    for kind in ("image", "link", "markdown", "table"):
        monkeypatch.setattr(artifacts, f"create_{kind}_artifact", taken)
    monkeypatch.setattr(artifacts, "map_picture", lambda release: f"picture of {release.name}")
    return taken


def test_a_night_shows_counts_problems_changes_the_map_and_the_files(
    night: RunOutcome, shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.artifacts import show

    night.release.mkdir(parents=True)
    (night.release / "index.html").write_text("page")
    (night.release / "styles").mkdir()
    changes = tmp_path / "processed" / "changes"
    changes.mkdir()
    (changes / f"2026-11-24T020000Z_{RELEASE}.csv").write_text("site_id,change\nIC-1,gone\n")
    show(night, open_run(tmp_path, contracts=False))
    assert shown["counts"]["description"] == f"{night.sentence} (release {RELEASE})"
    assert [row["region"] for row in shown["counts"]["table"]] == ["karlovy-vary", "opole", "leoben"]
    assert len(shown["problems"]["table"]) == 6
    assert shown["changes"] == {
        "table": [{"site_id": "IC-1", "change": "gone"}],
        "description": "What changed with this release: 3 changes",
    }
    assert shown["map-page"]["link"] == (night.release / "index.html").as_uri()
    assert shown["map-page"]["link_text"] == "Open the map"
    assert shown["map"]["image_url"] == f"picture of {RELEASE}"
    assert all(artifact["description"] for artifact in shown.values()), "else Prefect shows 'No description'"
    files = shown["release"]["markdown"]
    assert f"- `{night.release / 'index.html'}`" in files
    assert "styles" not in files, "a folder is no file to open"
    # Where releases are served, links lead there: a browser follows none to a file.
    monkeypatch.setenv("INDUCULT_RELEASES_URL", "http://127.0.0.1:8001/")
    show(night, open_run(tmp_path, contracts=False))
    assert shown["review"]["link"] == f"http://127.0.0.1:8001/{RELEASE}/inducult.gpkg"


def test_a_night_without_news_and_one_without_a_release_say_so(night: RunOutcome, shown: Shown, tmp_path: Path) -> None:
    from flows.artifacts import show

    run = open_run(tmp_path, contracts=False)
    night.release.mkdir(parents=True)
    (tmp_path / "processed" / "changes").mkdir()
    (tmp_path / "processed" / "changes" / f"x_{RELEASE}.csv").write_text("site_id,change\nIC-1,gone\n")
    held = (night.regions[:1], night.release, night.counts, 4, 0, {})
    show(RunOutcome(*held, is_new=False, n_changes=None), run)
    assert shown["counts"]["description"] == f"karlovy-vary is whole (release {RELEASE}, unchanged)"
    assert shown["changes"]["table"] == [], "told on the night that made them"
    assert shown["changes"]["description"].endswith("not known: there was no release before")
    shown.clear()
    show(RunOutcome((), None, Counts(0, 0, 0, 0), 0, 0, {}), run)
    assert set(shown) == {"counts", "problems"}
    assert shown["counts"]["description"].endswith("(no release)")


def test_the_picture_shows_each_aspect_in_its_color_at_its_place() -> None:
    from flows.picture import MARGIN, WIDTH, draw

    places = [(4_500_000, 3_000_000), (4_600_000, 3_000_000), (4_550_000, 3_050_000), (4_550_000, 3_000_000)]
    sites = gpd.GeoDataFrame(
        {"aspect": ["monument", "factory", "both", "unknown"]}, geometry=[*map(shapely.Point, places)], crs=WORK_CRS
    )
    image = draw(sites)
    height, width, _ = image.shape
    assert (width, height) == (WIDTH, 384), "as wide as can be, and as high as the sites need"
    middle = WIDTH // 2
    spots = {"monument": (-MARGIN - 1, MARGIN), "factory": (-MARGIN - 1, WIDTH - MARGIN)}
    assert tuple(image[spots["monument"]]) == ORANGE
    assert tuple(image[spots["factory"]]) == BLUE
    assert tuple(image[MARGIN, middle]) == ORANGE, "north is up"
    across = [tuple(color) for color in image[MARGIN - 5 : MARGIN + 5, middle]]
    assert [color for color in across if color in (ORANGE, BLUE)] == [BLUE, *[ORANGE] * 3, BLUE], "one within the other"
    assert tuple(image[-MARGIN - 1, middle]) == (112, 112, 112)
    assert tuple(image[0, middle + 20]) == (250, 249, 245), "paper elsewhere"


@pytest.mark.parametrize(
    ("places", "height"),
    [([], 720), ([(4_500_000, 3_000_000)], 720), ([(4_500_000, 2_000_000), (4_500_000, 4_000_000)], 1440)],
    ids=["no site", "one site", "one above the other"],
)
def test_a_picture_of_few_sites_has_a_size_that_can_be_looked_at(
    places: list[tuple[float, float]], height: int
) -> None:
    from flows.picture import draw

    sites = gpd.GeoDataFrame({"aspect": ["factory"] * len(places)}, geometry=[*map(shapely.Point, places)])
    image = draw(sites)
    assert image.shape == (height, 720, 3)
    assert np.all(image == BLUE, axis=2).any() == bool(places)


def test_the_grid_of_a_picture_stands_at_every_100_km() -> None:
    from flows.picture import _GRID, MARGIN, WIDTH, draw

    west, east, south, north = 4_010_000, 4_340_000, 2_950_000, 3_050_000
    sites = gpd.GeoDataFrame(
        {"aspect": ["both"] * 2}, geometry=[shapely.Point(west, south), shapely.Point(east, north)]
    )
    image = draw(sites)
    scale = (WIDTH - 2 * MARGIN) / (east - west)
    columns = [MARGIN + (line - west) * scale for line in (4_000_000, 4_100_000, 4_200_000, 4_300_000)]
    rows = [len(image) - MARGIN - (3_000_000 - south) * scale]
    # In a corner without dots, on no line of the other kind.
    assert np.flatnonzero(np.all(image[2] == _GRID, axis=1)).tolist() == pytest.approx(columns, abs=1.5)
    assert np.flatnonzero(np.all(image[:, 60] == _GRID, axis=1)).tolist() == pytest.approx(rows, abs=1.5)


@pytest.mark.parametrize(("number", "wide"), [(2, 5), (5_000, 3)])
def test_a_dot_is_a_square_around_its_place_and_smaller_where_there_are_many(number: int, wide: int) -> None:
    from flows.picture import MARGIN, WIDTH, draw

    places = [(4_505_000, 3_000_000)] * (number - 1) + [(4_515_000, 3_000_000)]
    image = draw(gpd.GeoDataFrame({"aspect": ["monument"] * number}, geometry=[*map(shapely.Point, places)]))
    rows, columns = np.nonzero(np.all(image == ORANGE, axis=2))
    apart = 10_000 * (WIDTH - 2 * MARGIN) / 20_000  # 20 km are shown at least.
    assert len(rows) == 2 * wide**2
    left, right = columns[columns < WIDTH / 2], columns[columns > WIDTH / 2]
    assert (left.max() - left.min() + 1, right.max() - right.min() + 1) == (wide, wide)
    assert right.mean() - left.mean() == pytest.approx(apart, abs=1)
    assert (left.mean() + right.mean()) / 2 == pytest.approx(WIDTH / 2, abs=1)
    assert rows.mean() == pytest.approx(len(image) / 2, abs=1)


def test_a_release_becomes_a_picture_that_a_page_can_hold(sample_data: Path) -> None:
    from flows.picture import map_picture

    address = map_picture(sample_data / "processed" / "current")
    assert address.startswith("data:image/png;base64,iVBORw0KGgo")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (None, "all regions 2026-11-25 02:00"),
        ({"regions": []}, "all regions 2026-11-25 02:00"),
        ({"regions": ["opole", "leoben"]}, "opole, leoben 2026-11-25 02:00"),
        ({"regions": ["a", "b", "c"]}, "a, b, c 2026-11-25 02:00"),
        ({"regions": ["a", "b", "c", "d", "e"]}, "a, b, c and 2 more 2026-11-25 02:00"),
        (SimpleNamespace(regions=["padova"]), "padova 2026-11-25 02:00"),
    ],
)
def test_a_run_is_named_by_its_regions_and_the_hour_it_was_meant_for(
    given: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from flows import parameters

    when = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    now = SimpleNamespace(parameters={"parameters": given}, scheduled_start_time=when)
    monkeypatch.setattr(parameters, "flow_run", now)
    assert parameters.run_name() == name


def test_a_failed_task_tells_its_reason_and_only_a_passing_failure_is_tried_again() -> None:
    from prefect.states import Completed, Failed, Running

    from flows.parameters import is_transient, words_of

    def failed(problem: Exception) -> Any:
        return Failed(message="x", data=problem)

    assert words_of(Completed(data=1)) is None
    assert words_of(Running()) == "its worker gave no answer; look at the worker's log"
    assert words_of(failed(RegionError("opole has no outline."))) == "opole has no outline."
    assert words_of(failed(KeyError("site_id"))) == "KeyError: 'site_id'", "a fault of ours is named with its kind"
    assert is_transient(None, None, failed(TransientError("504")))
    assert not is_transient(None, None, failed(RegionError("no outline")))


def test_what_a_stage_fails_at_comes_to_the_next_one_and_a_stage_that_breaks_costs_every_region() -> None:
    from prefect.states import Completed, Crashed, Failed

    from flows.refresh import _failures

    regions = ["leoben", "opole"]
    assert _failures(Completed(data={"leoben": None, "opole": None}), regions) == {}
    assert _failures(Failed(data={"leoben": None, "opole": "no outline."}), regions) == {"opole": "no outline."}
    broken = Failed(message="x", data=KeyError("a fault"))
    assert _failures(broken, regions) == dict.fromkeys(regions, "KeyError: 'a fault'")
    lost = Crashed(message="the process is gone", data=OSError("killed"))
    assert _failures(lost, regions) == dict.fromkeys(regions, "OSError: killed")


def test_settled_parameters_mean_the_same_on_a_worker_elsewhere(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.parameters import Parameters

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "sample").symlink_to(repository / "data" / "raw" / "sample")
    (tmp_path / "own").mkdir()
    asked = Parameters(
        data=Path("data"), catalogs=[Path("own")], osm="none", afresh=True, afresh_sources=["osm"]
    ).settled()
    assert len(asked.regions) == 8
    assert (asked.data, asked.catalogs, asked.osm_file) == (tmp_path / "data", [tmp_path / "own"], None)
    assert (asked.osm, asked.afresh) == ("none", True)
    assert (asked.open().afresh, asked.open().afresh_sources) == (True, {"osm"})
    assert Parameters.model_validate(json.loads(asked.model_dump_json())) == asked
    named = Parameters(data=Path("data"), regions=["opole"], osm_file=Path("x.osm.pbf")).settled()
    assert (named.regions, named.osm_file) == (["opole"], tmp_path / "x.osm.pbf")
    with pytest.raises(ConfigError, match="hainaut"):
        Parameters(data=Path("data"), regions=["hainaut"]).settled()


def test_tasks_on_a_cluster_need_a_server_that_its_workers_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.task_runners import ThreadPoolTaskRunner

    from flows.parameters import THREADS, task_runner

    runner = task_runner(open_run(tmp_path, contracts=False))
    assert isinstance(runner, ThreadPoolTaskRunner)
    assert runner._max_workers == THREADS
    monkeypatch.setenv("INDUCULT_DASK_ADDRESS", "tcp://127.0.0.1:8786")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ConfigError, match="PREFECT_API_URL"):
        task_runner(open_run(tmp_path, contracts=False))


def test_the_shelf_gives_files_of_whole_releases_alone(tmp_path: Path) -> None:
    from flows.shelf import shelf

    releases = tmp_path / "releases"
    for name in (RELEASE, ".making-x"):
        (releases / name).mkdir(parents=True)
        (releases / name / "index.html").write_text(f"page of {name}")
    (releases / RELEASE / ".lock").write_text("held")
    (tmp_path / "decisions.jsonl").write_text("who said what")

    def get(path: str) -> tuple[int, str]:
        asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        try:
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode()
        finally:
            asked.close()

    # Two at once: each takes a port that is free.
    with shelf(tmp_path) as other, shelf(releases) as address:
        assert other != address
        assert get(f"/{RELEASE}/index.html") == (200, f"page of {RELEASE}")
        assert get(f"/{RELEASE}/index.html?region=opole")[0] == 200
        for path in (
            "/",
            f"/{RELEASE}",
            f"/{RELEASE}/",
            f"/{RELEASE}/absent.csv",
            f"/{RELEASE}/.lock",
            "/.making-x/index.html",
            "/%2Emaking-x/index.html",
            f"/{RELEASE}/%2elock",
            "/../decisions.jsonl",
            "/%2e%2e/decisions.jsonl",
            f"/{RELEASE}/..%2f..%2fdecisions.jsonl",
        ):
            assert get(path)[0] == 404, path
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(address.rpartition(":")[2])), timeout=10)


def test_a_message_says_what_happened_what_was_kept_and_what_to_do(night: RunOutcome) -> None:
    from flows.telling import outcome_text

    subject, body = outcome_text(night)
    assert subject == "inducult-geo: 1 of 3 regions whole, 3 failed"
    said = body.splitlines()
    assert said[0] == f"What happened: 1 of 3 regions whole; release {RELEASE}, 8 sites, 3 changes."
    assert said[2:6] == [
        "Failed:",
        "- leoben (no outline)",
        "- zabytki in opole (the file is empty)",
        "- eutl (not a table)",
    ]
    assert "stays in the release, marked as stale" in said[7]
    assert said[8].startswith("What to do: correct what is named above")
    assert said[-1] == f"The map: {night.release / 'index.html'}"


def test_a_message_of_a_good_night_is_two_lines_and_of_none_published_one() -> None:
    from flows.telling import outcome_text

    counts, held = Counts(9, 6, 1, 2), Path("releases") / RELEASE
    _, calm = outcome_text(RunOutcome((region("opole"),), held, counts, 4, 0, {}, is_new=False, n_changes=2))
    assert calm.splitlines() == [
        f"What happened: opole is whole; release {RELEASE}, 4 sites.",
        "",
        f"The map: {held / 'index.html'}",
    ]
    _, first = outcome_text(RunOutcome((region("opole"),), held, counts, 4, 0, {}, n_changes=None))
    assert "changed" not in first, "there was nothing to compare with"
    _, bare = outcome_text(RunOutcome((region("opole"),), None, counts, 4, 0, {}))
    assert bare == "What happened: opole is whole; nothing was published, 4 sites."


def test_a_long_list_of_failures_is_cut() -> None:
    from flows.telling import outcome_text

    lost = tuple(region(f"r{number:02}", state="failed", message="x") for number in range(25))
    subject, body = outcome_text(RunOutcome(lost, None, Counts(0, 0, 0, 0), 0, 0, {}))
    assert subject.endswith("0 of 25 regions whole, 25 failed")
    assert [line for line in body.splitlines() if line.startswith("- ")][20:] == ["- and 5 more: inducult status"]


@pytest.mark.parametrize("spoiled", ["inducult.toml", "data/raw/rasters/dem.toml"])
def test_what_ends_the_night_does_not_keep_it_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    """A slip in the settings or in a declaration ended the run, and the telling as well: nobody heard of it."""
    from prefect.states import Failed

    from flows import telling
    from inducult_geo.errors import ConfigError

    (tmp_path / spoiled).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / spoiled).write_text("colour = 1\n")
    sent: list[tuple[str | None, str]] = []
    monkeypatch.setattr(
        telling, "send", lambda to, _subject, body, **_: sent.append((to and to.get_secret_value(), body))
    )
    monkeypatch.setenv("INDUCULT_NOTIFY_URL", "json://127.0.0.1/night")
    flow_run = SimpleNamespace(parameters={"parameters": {"data": str(tmp_path / "data")}})
    telling.tell_crash(None, flow_run, Failed(message="x", data=ConfigError("unknown key 'colour'")))
    ((to, body),) = sent
    assert to == "json://127.0.0.1/night"
    assert "What happened: unknown key 'colour'" in body
    assert "There is no release yet." in body


@pytest.mark.parametrize("as_model", [True, False], ids=["parameters", "plain values"])
def test_a_crash_is_told_with_what_is_still_whole_and_a_known_failure_not_twice(
    as_model: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, night: RunOutcome
) -> None:
    from prefect.states import Crashed, Failed

    from flows import telling
    from flows.parameters import Parameters

    sent: list[tuple[str, str, bool]] = []
    monkeypatch.setattr(telling, "send", lambda _to, subject, body, failed: sent.append((subject, body, failed)))
    (tmp_path / "processed" / "releases" / RELEASE).mkdir(parents=True)
    (tmp_path / "processed" / "releases" / RELEASE / "manifest.json").write_text("{}")
    (tmp_path / "processed" / "current").symlink_to(Path("releases") / RELEASE)
    asked: Any = Parameters(data=tmp_path)
    flow_run = SimpleNamespace(parameters={"parameters": asked if as_model else asked.model_dump(mode="json")})
    telling.tell_crash(None, flow_run, Failed(message="1 of 3 regions whole", data=night))
    assert sent == [], "whoever ended by name has been told"
    telling.tell_crash(None, flow_run, Crashed(message="x", data=OSError("no space left on device")))
    (subject, body, failed), *more = sent
    assert (subject, failed, more) == ("inducult-geo: the run failed, nothing was published", True, [])
    assert "What happened: OSError: no space left on device" in body
    assert f"Release {RELEASE} is whole and stays the current one." in body
    assert f"run `inducult run --data {tmp_path}`;" in body


def test_a_message_names_the_command_that_does_the_same_by_hand(night: RunOutcome) -> None:
    """Without `--overpass` the run that the message asks for looked for extracts, which nobody has."""
    from flows.parameters import Parameters
    from flows.telling import outcome_text

    assert Parameters().command == "inducult run"
    served = Parameters(regions=["opole"], data=Path("/my data"), catalogs=[Path("/own")], osm="overpass")
    assert served.command == "inducult run opole --data '/my data' --catalog /own --overpass"
    assert Parameters(osm_file=Path("/a.osm.pbf")).command == "inducult run --osm /a.osm.pbf"
    assert f"then run `{served.command}`, or wait" in outcome_text(night, served.command)[1]


@pytest.mark.parametrize(
    ("changes", "is_new", "fails", "always", "told"),
    [
        (0, True, False, False, False),
        (3, True, False, False, True),
        (None, True, False, False, True),
        (3, False, False, False, False),
        (0, False, True, False, True),
        (0, True, False, True, True),
    ],
    ids=["no change", "changes", "the first release", "nothing new", "a failure", "always"],
)
def test_who_sleeps_is_woken_for_news_alone(
    changes: int | None,
    is_new: bool,
    fails: bool,
    always: bool,
    told: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flows import telling

    sent: list[bool] = []
    monkeypatch.setattr(telling, "send", lambda *_text, failed: sent.append(failed))
    monkeypatch.setenv("INDUCULT_NOTIFY_ALWAYS", str(always))
    one = region("opole", state="failed" if fails else "fresh")
    outcome = RunOutcome((one,), Path(RELEASE), Counts(0, 0, 0, 0), 0, 0, {}, is_new=is_new, n_changes=changes)
    run = open_run(tmp_path, contracts=False)
    telling.tell_outcome(outcome, run)
    assert sent == ([fails] if told else [])
    monkeypatch.setattr(RunOutcome, "gone", ("half of a list",))
    telling.tell_outcome(replace(outcome, is_new=True), run)
    assert len(sent) == 1 + told, "rows that are gone are news, though no site differs"


@pytest.mark.parametrize(
    ("told", "then"),
    [("", "127.0.0.1"), ("intern.example", "intern.example,127.0.0.1"), ("*", "*")],
)
def test_loopback_is_asked_without_the_office_s_proxy(monkeypatch: pytest.MonkeyPatch, told: str, then: str) -> None:
    from flows import serve

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, told)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    serve._ask_directly()
    assert (os.environ["no_proxy"], os.environ["NO_PROXY"]) == (then, then)
    assert requests.utils.should_bypass_proxies("http://127.0.0.1:4200/api/health", None)


def test_a_port_that_is_taken_is_left_to_whom_it_belongs() -> None:
    from flows.serve import LOOPBACK, free_port

    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        other = free_port(port)
        assert other not in (0, port)
    assert free_port(port) == port


def test_the_server_listens_on_loopback_its_command_holds_no_secret_and_its_log_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import serve

    asked: list[Any] = []
    monkeypatch.setattr(serve.subprocess, "Popen", lambda command, **given: asked.append((command, given)))
    for name in ("_tied", "_wait", "_stop"):
        monkeypatch.setattr(serve, name, lambda *_args, **_named: [])
    monkeypatch.setattr(serve, "LOG_BYTES", 3)
    (tmp_path / "server.log").write_text("long")
    with serve.server(tmp_path, port=4200, database=SecretStr("postgresql+asyncpg://me:hush@db/p")) as (url, _):
        pass
    ((command, given),) = asked
    assert (url, command[-4:]) == ("http://127.0.0.1:4200/api", ["--host", "127.0.0.1", "--port", "4200"])
    assert "hush" not in " ".join(command)
    assert given["env"]["PREFECT_SERVER_DATABASE_CONNECTION_URL"].endswith("hush@db/p")
    assert {path.name: path.stat().st_size for path in tmp_path.glob("server.log*")} == {
        "server.log": 0,
        "server.log.1": 4,
    }


def sleeper(on_interrupt: str) -> subprocess.Popen[str]:
    """Start a program that sleeps; what SIGINT does is said, since in the background of a shell it is ignored."""
    code = (
        f"import signal, time; signal.signal(signal.SIGINT, signal.{on_interrupt}); print(flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def test_a_server_that_ends_or_never_answers_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import serve

    url, log = f"http://{serve.LOOPBACK}:{serve.free_port(0)}/api", tmp_path / "server.log"
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
        with pytest.raises(InducultError, match=rf"ended at once; its log is {log}"):
            serve._wait(url, ended, log, by=None)
    monkeypatch.setattr(serve, "START_S", 0.1)
    with sleeper("SIG_DFL") as silent:
        with pytest.raises(InducultError, match=rf"did not answer within 0 s; its log is {log}"):
            serve._wait(url, silent, log, by=None)
        serve._stop(silent)
    assert silent.returncode == -signal.SIGINT


def test_a_server_that_will_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import serve

    monkeypatch.setattr(serve, "STOP_S", 0.2)
    with sleeper("SIG_IGN") as child:
        serve._stop(child)
    assert child.returncode == -signal.SIGKILL


def test_a_data_folder_has_one_service(tmp_path: Path) -> None:
    """Two of them shared the runs, and locked each other out of Prefect's database."""
    from flows.serve import alone

    folder = DataFolder(tmp_path)
    with alone(folder), pytest.raises(BusyError, match="another service serves this data folder"), alone(folder):
        pass
    with alone(folder) as home:
        assert home.is_dir()


class Serving:
    """Takes the place of Prefect's runner: serves until it is ended, or fails as it does after some silence.

    It finds out that `dying` is gone before that one has ended.
    """

    def __init__(self, problem: Exception | None = None, dying: subprocess.Popen[bytes] | None = None) -> None:
        self.problem, self.dying, self.was_ended = problem, dying, False

    async def start(self) -> None:
        if self.dying is not None:
            self.dying.kill()
        if self.problem is not None:
            raise self.problem
        try:
            await asyncio.sleep(60)
        finally:
            self.was_ended = True


@pytest.mark.parametrize(
    ("killed", "problem", "said"),
    [
        (True, None, r"the Prefect server of this service ended \(signal 9\).*Start the service again"),
        (False, RuntimeError("exceeded"), r"^http://127.0.0.1:4200/api: the Prefect server gives no answer any more"),
    ],
    ids=["killed", "silent"],
)
def test_a_service_whose_server_is_gone_does_not_stay_as_if_all_were_well(
    monkeypatch: pytest.MonkeyPatch, killed: bool, problem: Exception | None, said: str
) -> None:
    """It went on without a word, and no night came any more."""
    from flows import serve

    monkeypatch.setattr(serve, "LOOK_S", 0.01)
    runner = Serving(problem)
    with sleeper("SIG_DFL") as child:
        if killed:
            child.kill()
            child.wait()
        with pytest.raises(InducultError, match=said):
            asyncio.run(serve._until_interrupted(runner, "http://me:s3cret@127.0.0.1:4200/api", child))
        child.kill()
    assert runner.was_ended is killed


def test_a_runner_that_finds_the_server_gone_first_does_not_hide_how_it_ended() -> None:
    """On a busy machine the service said that its server gave no answer, of one that had been killed."""
    from flows import serve

    with sleeper("SIG_DFL") as child, pytest.raises(InducultError, match=r"service ended \(signal 9\)"):
        asyncio.run(
            serve._until_interrupted(Serving(RuntimeError("refused"), child), "http://127.0.0.1:4200/api", child)
        )


def test_runs_that_wait_are_told_once_and_not_as_skipped() -> None:
    from flows.serve import Waiting

    def said(text: str, *values: object) -> str | None:
        record = logging.LogRecord("prefect.runner", logging.INFO, "", 0, text, values, None)
        return record.getMessage() if waiting.filter(record) else None

    waiting, prefects = Waiting(), "%d scheduled runs skipped (at capacity)"
    told = [said(prefects, 7), said(prefects, 7), said("Runner '%s' polls", "x"), said(prefects, 6)]
    assert told == [
        "one run at a time; waiting for the one at work: 7",
        None,
        "Runner 'x' polls",
        "one run at a time; waiting for the one at work: 6",
    ]
    import prefect

    poller = Path(inspect.getfile(prefect)).parent / "runner" / "_scheduled_run_poller.py"
    assert prefects in poller.read_text(), "Prefect says it in other words now"


def test_why_a_server_is_asked_again_is_said_once() -> None:
    """Before each try the log told all that every server had said, and in whose code."""
    import prefect.task_engine

    from flows.parameters import SaidOnce

    def said(task: str, why: str, number: int, when: str = "9.3718 second(s) from now", most: int = 3) -> str:
        values = ("exception", TransientError(why), number, most, when)
        record = logging.LogRecord("prefect.task_runs", logging.INFO, "", 0, SaidOnce.OF_PREFECT, values, None)
        record.task_run_id = task
        assert once.filter(record)
        return record.getMessage()

    once = SaidOnce()
    assert said("a", "No answer.", 1) == "No answer. Asked again in 9 s (try 2 of 4)."
    assert said("b", "No answer.", 1, "immediately") == "No answer. Asked again at once (try 2 of 4)."
    assert said("a", "No answer.", 2) == "The same as before. Asked again in 9 s (try 3 of 4)."
    assert said("a", "Busy.", 3) == "Busy. Asked again in 9 s (try 4 of 4)."
    assert said("b", "No answer.", 3).startswith("The same")
    other = logging.LogRecord("prefect.task_runs", logging.INFO, "", 0, "%s of %s", (1, 2), None)
    assert (once.filter(other), other.getMessage()) == (True, "1 of 2")
    assert SaidOnce.OF_PREFECT in Path(inspect.getfile(prefect.task_engine)).read_text(), "Prefect words it otherwise"


def test_a_worker_that_sees_another_folder_is_told_of_and_does_nothing(sample_data: Path, tmp_path: Path) -> None:
    """It told to put an outline where one was; with files of its own it would have given the regions what these say."""
    from flows.parameters import Parameters, run_of_task

    copy = tmp_path / "data"
    shutil.copytree(sample_data, copy, symlinks=True)
    for folder in (copy, tmp_path / "empty"):
        with pytest.raises(
            StorageError, match=rf"{folder}: the worker on \S+ does not see the data folder of this run"
        ):
            run_of_task(Parameters(data=folder))
    with pipeline.at_work(open_run(copy)):
        assert run_of_task(Parameters(data=copy)).folder.root == copy


def test_an_address_that_nobody_can_be_told_by_stands_in_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library told the whole of an address that it could not use, with the tokens in it."""
    from flows.telling import send

    addresses = ["slack://s3cret/token", "s3cret", "json://me:s3cret@127.0.0.1:1/s3cret?key=s3cret"]
    # Prefect hands nothing on to the loggers above its own.
    monkeypatch.setattr(logging.getLogger("prefect"), "propagate", True)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "prefect"):
        assert not any(send(SecretStr(address), "a", "b", failed=True) for address in addresses)
    said = caplog.text + "".join(capfd.readouterr())
    assert caplog.text.count("Look at INDUCULT_NOTIFY_URL") == len(addresses)
    assert "s3cret" not in said
