"""Overpass: whole answers only, from a real server on loopback that serves answers and faults."""

from __future__ import annotations

import gzip
import json
import math
import pickle
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest
from shapely.geometry import box

from inducult_geo.catalog import Region
from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings
from inducult_geo.sources.osm.overpass import (
    Held,
    build_query,
    fetch_boundary,
    fetch_objects,
    is_answer,
    read_answer,
    read_answer_boundary,
)
from inducult_geo.sources.osm.overpass_client import ATTEMPTS, Patience, slot_wait_s
from inducult_geo.sources.osm.records import records_of
from inducult_geo.sources.osm.tags import load_tag_table
from inducult_geo.sources.web import http

Reply = tuple[int, dict[str, str], bytes]
AREA = box(8.9, 46.9, 9.1, 47.1)
REGION = Region.model_validate(
    {
        "id": "test",
        "title": "Test",
        "country": "LI",
        "languages": ["de"],
        "timezone": "Europe/Vaduz",
        "bbox": [8.9, 46.9, 9.1, 47.1],
        "boundary": {"ISO3166-2": ["LI-01", "LI-X"]},
    }
)
NODES = [
    {"type": "node", "id": i, "lon": 9 + x / 1000, "lat": 47 + y / 1000}
    for i, (x, y) in enumerate([(0, 0), (4, 0), (4, 4), (0, 4)], start=1)
]
META = {"version": 3, "timestamp": "2024-01-02T03:04:05Z", "user": "somebody"}
WORKS = {"type": "way", "id": 1, **META, "nodes": [1, 2, 3, 4, 1], "tags": {"man_made": "works;silo", "id": "99"}}
SITE = {
    "type": "relation",
    "id": 2,
    **META,
    "members": [{"type": "way", "ref": 1, "role": ""}, {"type": "node", "ref": 1, "role": ""}],
    "tags": {"type": "site", "historic": "mine"},
}
FAR = {"type": "node", "id": 50, "lon": 12.0, "lat": 47.0, "tags": {"man_made": "works"}, **META}
CUT = {"type": "way", "id": 3, **META, "nodes": [1, 2, 77], "tags": {"disused:man_made": "works"}}


def answer(*elements: object, **more: object) -> dict[str, object]:
    whole = {"version": 0.6, "osm3s": {"timestamp_osm_base": "2024-03-04T21:00:00Z"}, "elements": [*elements]}
    return whole | more


def ok(body: object) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


WHOLE = ok(answer(*NODES, WORKS, SITE, FAR, CUT, {"type": "way", "id": 1, "nodes": [1, 2, 3, 4, 1]}))
HTML = b"<html><body><p><strong>Error</strong>: too busy &amp; tired</p></body></html>"


@contextmanager
def serving(replies: list[Reply], *, drip_s: float = 0, status: str = "") -> Iterator[tuple[str, list[dict]]]:
    """Serve each reply once, the last one for ever; yield the base address and what was asked."""
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append({"path": self.path, "query": parse_qs(body)["data"][0], "headers": dict(self.headers)})
            status, headers, content = replies[min(len(asked), len(replies)) - 1]
            self.send_response(status)
            promised = headers.get("Content-Length", str(len(content)))
            for name, value in ({"Content-Length": promised} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            step = len(content) if not drip_s else 20
            for start in range(0, len(content), max(step, 1)):
                try:
                    self.wfile.write(content[start : start + step])
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(drip_s)

        def do_GET(self) -> None:
            assert self.path == "/api/status"
            self.send_response(200 if status else 504)
            self.send_header("Content-Length", str(len(status)))
            self.end_headers()
            self.wfile.write(status.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settings(*urls: str, **more: float) -> Settings:
    return Settings(overpass_urls=urls, **{"retry_base_s": 0.01, "http_deadline_s": 5, **more})


def test_a_whole_answer(tmp_path):
    with serving([WHOLE]) as (url, asked):
        objects = fetch_objects(REGION.id, area=AREA, settings=settings(url), archive=tmp_path / "osm")
    assert (objects.hits, objects.clipped, len(objects.lost)) == (4, 1, 0)
    found = objects.features.set_index(["osm_type", "osm_id"])
    assert found.loc[("way", 1)].geometry.geom_type == "Polygon"
    assert found.loc[("way", 1)].version == 3
    assert found.loc[("way", 3)].note == "incomplete"
    assert found.loc[("relation", 2)].geometry.geom_type == "GeometryCollection"
    assert objects.data_time == "2024-03-04T21:00:00Z"
    assert asked[0]["path"] == "/api/interpreter"
    assert asked[0]["headers"]["User-Agent"].startswith("inducult-geo/")
    kept = tmp_path / "osm" / "test-2024-03-04T210000Z.json.gz"
    assert [*kept.parent.iterdir()] == [kept]
    assert gzip.decompress(kept.read_bytes()) == WHOLE[2]


def test_objects_of_three_kinds_may_bear_one_number():
    """Servers give the wanted objects first and their nodes after; a node 1 must not take the way 1's place."""
    site = SITE | {"id": 1}
    elements = [WORKS, site, *reversed(NODES)]
    with serving([ok(answer(*elements)), ok(answer(*reversed(elements)))]) as (url, _):
        for _ in range(2):
            found = fetch_objects(REGION.id, area=AREA, settings=settings(url)).features
            kinds = dict(zip(found.osm_type, found.geometry.geom_type, strict=True))
            assert kinds == {"way": "Polygon", "relation": "GeometryCollection"}


def test_a_remark_that_tells_of_no_error_costs_nothing():
    with serving([ok(answer(*NODES, WORKS, remark="The data are updated every minute."))]) as (url, asked):
        objects = fetch_objects(REGION.id, area=AREA, settings=settings(url))
    assert ([*objects.features.osm_id], len(asked)) == ([1], 1)


HELD = "2024-03-04T21:00:00Z"
STATES = {
    "empty": (ok(answer()), "the answer is empty, although 4 records are known"),
    "older": (
        ok(answer(*NODES, WORKS, osm3s={"timestamp_osm_base": "2024-03-01T21:00:00Z"})),
        r"its data are of 2024-03-01, older than those held \(2024-03-04\)",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_less_than_what_is_held_is_not_taken_in_its_place(state, tmp_path):
    """A server that lacks the region emptied it, and one whose database was put back moved it by years, as fresh."""
    reply, said = STATES[state]
    anyway = "inducult run test --overpass --afresh-source osm"
    with serving([reply]) as (url, asked):
        with pytest.raises(SourceError, match=rf"{said}.*{anyway}") as told:
            fetch_objects(REGION.id, area=AREA, settings=settings(url), archive=tmp_path, held=Held(HELD, 4))
        # It will not be right when asked again: another server may be.
        assert (len(asked), [*tmp_path.iterdir()]) == (1, [])
        assert not isinstance(told.value, TransientError)
        with serving([WHOLE]) as (other, _):
            objects = fetch_objects(REGION.id, area=AREA, settings=settings(url, other), held=Held(HELD, 4))
        assert objects.hits == 4
        assert fetch_objects(REGION.id, area=AREA, settings=settings(url)).hits < 2


@pytest.mark.parametrize(
    "held",
    [Held("2024-03-05T09:00:00Z", 4), Held(None, 4), Held("when?", 4), Held("2099-01-01T00:00:00Z", 4)],
    ids=["a few hours behind", "of no known time", "of no time", "of a wrong clock"],
)
def test_an_answer_that_is_hardly_older_is_taken(held):
    with serving([WHOLE]) as (url, _):
        assert fetch_objects(REGION.id, area=AREA, settings=settings(url), held=held).hits == 4


def test_an_empty_region_is_an_answer():
    with serving([ok(answer())]) as (url, _):
        objects = fetch_objects(REGION.id, area=AREA, settings=settings(url))
    assert (objects.hits, len(objects.features)) == (0, 0)


FAULTS = {
    "timeout": ok(answer(*NODES, WORKS, remark='runtime error: Query timed out in "query" at line 1')),
    "timeout, empty": ok(answer(remark='runtime error: Query timed out in "recurse" at line 1 after 181 seconds.')),
    "memory": ok(answer(remark="runtime error: Query ran out of memory")),
    "memory, partly": ok(answer(*NODES, WORKS, remark="Query run out of memory using about 2048 MB of RAM.")),
    "html": (200, {"Content-Type": "text/html"}, HTML),
    "broken off": (200, {}, WHOLE[2][: len(WHOLE[2]) // 2]),
    "dropped": (200, {"Content-Length": str(len(WHOLE[2]))}, WHOLE[2][:100]),
    "no answer": ok(["elements"]),
    "rate": (429, {}, HTML),
    "gateway": (504, {}, HTML),
    "bad gateway": (502, {}, HTML),
    "nothing": (200, {"Content-Type": "application/json"}, b""),
    "no JSON object": ok(None),
    "too deep": (200, {}, b'{"elements":' + b"[" * 200_000),
    "unavailable": (503, {}, b""),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_never_data_and_is_asked_again(fault, tmp_path):
    with serving([fault, fault, WHOLE]) as (url, asked):
        assert fetch_objects(REGION.id, area=AREA, settings=settings(url)).hits == 4
        assert len(asked) == 3
    with serving([fault]) as (url, asked):
        with pytest.raises(TransientError, match="region 'test'"):
            fetch_objects(REGION.id, area=AREA, settings=settings(url), archive=tmp_path / "osm")
        assert len(asked) == ATTEMPTS
    assert not (tmp_path / "osm").exists()


def test_a_query_that_is_refused_is_not_asked_again_but_elsewhere():
    message = b"<html><body><p>Error: line 1: parse error: ';' expected &amp; not found</p></body></html>"
    with serving([(400, {}, message)]) as (bad, first), serving([WHOLE]) as (good, second):
        with pytest.raises(SourceError, match=r"HTTP 400\): Error: line 1: parse error: ';' expected & not") as caught:
            fetch_objects(REGION.id, area=AREA, settings=settings(bad))
        assert not isinstance(caught.value, TransientError)
        assert len(first) == 1
        assert fetch_objects(REGION.id, area=AREA, settings=settings(bad, good)).hits == 4
        assert (len(first), len(second)) == (2, 1)


def test_a_server_that_dies_between_two_attempts():
    with serving([WHOLE]) as (good, second), ExitStack() as life:
        dying, first = life.enter_context(serving([FAULTS["dropped"]]))
        end = threading.Timer(0.2, life.close)
        end.start()
        assert fetch_objects(REGION.id, area=AREA, settings=settings(dying, good, retry_base_s=0.3)).hits == 4
        end.join()
    assert (len(first), len(second)) == (1, 1)


def busy(*waits_s: int) -> str:
    slots = "".join(f"Slot available after: 2026-11-20T12:00:00Z, in {wait_s} seconds.\n" for wait_s in waits_s)
    running = "Currently running queries (pid, space limit, time limit, start time):\n1\t536870912\t180\n"
    return f"Connected as: 1\nCurrent time: 2026-11-20T12:00:00Z\nRate limit: {len(waits_s)}\n{slots}{running}"


@pytest.mark.parametrize(
    ("status", "wait_s"),
    [
        ("Connected as: 1\nRate limit: 0\nCurrently running queries (pid, ...):\n", 0),
        ("Rate limit: 2\n2 slots available now.\n", 0),
        ("Rate limit: 2\n1 slots available now.\nSlot available after: x, in 40 seconds.\n", 0),
        (busy(40, 7), 7),
        (busy(-3, 9), 0),
        ("Rate limit: 2\n0 slots available now.\n" + busy(5), 5),
        (busy(), 0),
        ("<html>nothing of the kind</html>", 0),
        ("", 0),
    ],
)
def test_what_a_status_says(status, wait_s):
    assert slot_wait_s(status) == wait_s


@pytest.mark.parametrize(("status", "wait_s"), [("Rate limit: 0\n", 0), (busy(1), 1), (busy(-2), 0)])
def test_a_slot_is_waited_for(status, wait_s):
    with serving([WHOLE], status=status) as (url, asked):
        start = time.monotonic()
        assert fetch_objects(REGION.id, area=AREA, settings=settings(url)).hits == 4
    assert wait_s <= time.monotonic() - start < wait_s + 0.9
    assert len(asked) == 1


def test_no_slot_for_too_long_and_the_next_server_is_asked():
    with serving([WHOLE], status=busy(500)) as (full, first), serving([WHOLE]) as (good, second):
        assert fetch_objects(REGION.id, area=AREA, settings=settings(full, good)).hits == 4
        assert (len(first), len(second)) == (0, 1)
        with pytest.raises(TransientError, match="no slot for 500 seconds"):
            fetch_objects(REGION.id, area=AREA, settings=settings(full))


def test_a_password_of_a_server_stands_in_no_message():
    replies = [(500, {}, HTML), (200, {}, HTML), ok({"elements": 1}), ok(answer(remark="runtime error: x"))]
    for reply, status in [*((one, "") for one in replies), (WHOLE, busy(500))]:
        with serving([reply], status=status) as (url, _):
            secret = url.replace("http://", "http://bob:SECRET@")
            with pytest.raises(TransientError, match=r"http://127\.0\.0\.1") as caught:
                fetch_objects(REGION.id, area=AREA, settings=settings(secret))
        assert "SECRET" not in str(caught.value)


def test_of_the_answers_of_many_nights_the_newest_stay(tmp_path):
    """A night brings one; nobody ever took one away."""
    mine = [tmp_path / name for name in ("here-2024-01-01.json.gz", "here-2-2024-01-01T000000Z.json.gz", "here.osm")]
    for path in mine:
        path.write_bytes(b"")
    nights = [ok(answer(osm3s={"timestamp_osm_base": f"2024-03-{day:02}T21:00:00Z"})) for day in range(1, 6)]
    with serving(nights) as (url, _):
        for _night in nights:
            fetch_objects("here", area=AREA, settings=settings(url, downloads_kept=3), archive=tmp_path)
    kept = sorted(path.name for path in tmp_path.iterdir() if path not in mine)
    assert kept == [f"here-2024-03-{day:02}T210000Z.json.gz" for day in (3, 4, 5)]
    assert all(path.is_file() for path in mine)


def test_an_archived_answer_is_read_as_it_came(tmp_path):
    with serving([WHOLE]) as (url, _):
        came = fetch_objects(REGION.id, area=AREA, settings=settings(url), archive=tmp_path)
    (kept,) = tmp_path.iterdir()
    assert is_answer(kept)
    again = read_answer(kept, area=AREA)
    pd.testing.assert_frame_equal(records_of(again).frame, records_of(came).frame)
    assert (again.hits, again.clipped, again.data_time) == (came.hits, came.clipped, came.data_time)
    assert (read_answer(kept).hits, read_answer(kept).clipped) == (4, 0)
    assert read_answer_boundary(kept, {"ISO3166-2": ("LI-X",)}) is None
    plain = tmp_path / "plain.json"
    plain.write_bytes(gzip.decompress(kept.read_bytes()))
    assert read_answer(plain, area=AREA).hits == 4


NO_ANSWERS = {
    "torn": (gzip.compress(WHOLE[2])[:-30], "not a complete answer"),
    "not packed": (WHOLE[2], "not a complete answer"),
    "empty": (b"", "not a complete answer"),
    "of something else": (gzip.compress(b"{}"), "not an answer of Overpass"),
    "cut before it was packed": (gzip.compress(WHOLE[2][:90]), "not a complete answer"),
    "an error": (gzip.compress(FAULTS["timeout"][2]), "Query timed out"),
    "ways by their middles": (
        gzip.compress(b'{"elements": [{"type": "way", "id": 1, "nodes": [1, 2], "center": {"lat": 47, "lon": 13}}]}'),
        "names 1 way and the place of none of their nodes",
    ),
}


# Named, since what gzip makes holds the time: two workers that collect in two seconds would find two tests.
@pytest.mark.parametrize(("content", "said"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_archived_answer_that_is_none(tmp_path, content, said):
    path = tmp_path / "test.json.gz"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said) as caught:
        read_answer(path)
    assert not isinstance(caught.value, TransientError)
    with pytest.raises(SourceError, match="no such file"):
        read_answer(tmp_path / "absent.json.gz")


def test_the_next_server_is_asked():
    with serving([FAULTS["gateway"]]) as (bad, first), serving([WHOLE]) as (good, second):
        assert fetch_objects(REGION.id, area=AREA, settings=settings(bad, good)).hits == 4
    assert (len(first), len(second)) == (ATTEMPTS, 1)


def test_no_server_at_all():
    with serving([WHOLE]) as (url, _):
        pass
    with pytest.raises(TransientError, match="no whole answer"):
        fetch_objects(REGION.id, area=AREA, settings=settings(url))
    with pytest.raises(SourceError, match="INDUCULT_OVERPASS_URLS"):
        fetch_objects(REGION.id, area=AREA, settings=settings())


def test_a_refused_query_is_not_asked_again_and_speaks():
    with serving([(400, {}, HTML)]) as (url, asked):
        with pytest.raises(SourceError, match=r"HTTP 400.*too busy & tired") as caught:
            fetch_objects(REGION.id, area=AREA, settings=settings(url))
        assert not isinstance(caught.value, TransientError)
        assert len(asked) == 1


def test_retry_after_is_honored():
    with serving([(429, {"Retry-After": "1"}, b""), WHOLE]) as (url, _):
        start = time.monotonic()
        fetch_objects(REGION.id, area=AREA, settings=settings(url))
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("told", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_told_to_wait_too_long_the_next_server_is_asked(told):
    with serving([(429, {"Retry-After": told}, b"")]) as (busy, first), serving([WHOLE]) as (good, _):
        start = time.monotonic()
        fetch_objects(REGION.id, area=AREA, settings=settings(busy, good))
    assert len(first) == 1
    assert time.monotonic() - start < 3


def test_how_long_a_busy_server_asks_to_be_left_alone_is_told():
    with serving([(429, {"Retry-After": "86400"}, b"")]) as (url, _), pytest.raises(TransientError) as caught:
        fetch_objects(REGION.id, area=AREA, settings=settings(url))
    assert "busy (HTTP 429). Ask again in 86400 seconds, as it says." in str(caught.value)


def left_alone(url: str, notes: Path, **more) -> TransientError:
    """Ask a server that is busy; return why it gave no answer."""
    with pytest.raises(TransientError) as caught:
        fetch_objects(REGION.id, area=AREA, settings=settings(url, **more), patience=Patience(notes=notes))
    return caught.value


def test_a_server_that_asks_to_be_left_alone_is_not_asked_before(tmp_path):
    """Every region of a night is another query, and every region's night may be another process."""
    notes = tmp_path / "left_alone.json"
    with serving([(429, {"Retry-After": "86400"}, b"")]) as (url, asked), serving([WHOLE]) as (good, _):
        first, second = left_alone(url, notes), left_alone(url, notes)
        assert (len(asked), first.soon, second.soon) == (1, False, False)
        (until,) = json.loads(notes.read_text()).values()
        moment = f"{datetime.fromisoformat(until):%Y-%m-%d %H:%M} UTC"
        assert f"in 86400 seconds, as it says. It is not asked again before {moment}." in str(first)
        assert f"asked to be left alone until {moment}, and is not asked before" in str(second)
        both = settings(url, good)
        assert fetch_objects(REGION.id, area=AREA, settings=both, patience=Patience(notes=notes)).hits == 4
        assert len(asked) == 1
        # Who keeps no notes reads none.
        left_alone(url, tmp_path / "others.json")
        assert len(asked) == 2


@pytest.mark.parametrize("note", ["-1", "86500", "soon", None], ids=["over", "of a wrong clock", "no time", "torn"])
def test_a_note_that_holds_no_more_keeps_nobody_from_asking(tmp_path, note):
    notes = tmp_path / "left_alone.json"
    with serving([(429, {"Retry-After": "500"}, b"")]) as (url, asked):
        until = note and (note if note == "soon" else str(datetime.now(UTC) + timedelta(seconds=int(note))))
        notes.write_text(json.dumps({url: until})[: None if note else 9])
        left_alone(url, notes)
    assert len(asked) == 1
    assert datetime.fromisoformat(json.loads(notes.read_text())[url]) > datetime.now(UTC) + timedelta(seconds=490)


def test_who_says_ten_years_is_asked_in_a_day_again(tmp_path):
    notes = tmp_path / "left_alone.json"
    with serving([(503, {"Retry-After": "315360000"}, b"")]) as (url, _):
        left_alone(url, notes)
    assert datetime.fromisoformat(json.loads(notes.read_text())[url]) < datetime.now(UTC) + timedelta(seconds=86_401)


def test_the_time_of_a_region_holds_over_all_tries_and_leaves_the_next_server_its_share(tmp_path):
    with serving([WHOLE], drip_s=3) as (silent, asked), serving([WHOLE]) as (good, _):
        start = time.monotonic()
        both = settings(silent, good, overpass_deadline_s=0.8)
        assert fetch_objects(REGION.id, area=AREA, settings=both).hits == 4
        assert time.monotonic() - start < 0.8
        problem = left_alone(silent, tmp_path / "notes", overpass_deadline_s=0.4)
        assert time.monotonic() - start < 2
    assert len(asked) == 2
    assert not problem.soon
    assert not pickle.loads(pickle.dumps(problem)).soon
    assert "The 0.4 seconds for one region are over (INDUCULT_OVERPASS_DEADLINE_S)" in str(problem)


def test_where_no_time_is_left_nobody_is_asked():
    with serving([WHOLE]) as (url, asked), pytest.raises(TransientError, match="no time was left") as caught:
        fetch_objects(REGION.id, area=AREA, settings=settings(url), patience=Patience(time.monotonic()))
    assert not caught.value.soon
    assert asked == []


def test_a_server_that_drips_is_given_up_long_before_the_deadline(monkeypatch):
    monkeypatch.setattr(http, "SLOW_START_S", 0.1)
    big = ok(answer(*NODES, WORKS, filler="x" * 4000))
    with serving([big, WHOLE], drip_s=0.05) as (url, _):
        start = time.monotonic()
        with pytest.raises(TransientError, match=r"too slow \(\d+ bytes in 0 s\)"):
            fetch_objects(REGION.id, area=AREA, settings=settings(url))
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("setting", ["http_deadline_s", "overpass_deadline_s"])
def test_the_deadline_holds_for_the_whole_request_and_the_right_one_is_named(setting):
    big = ok(answer(*NODES, WORKS, filler="x" * 4000))
    with serving([big], drip_s=0.05) as (url, _):
        start = time.monotonic()
        with pytest.raises(TransientError, match=f"not finished in time. Raise INDUCULT_{setting.upper()}"):
            fetch_objects(REGION.id, area=AREA, settings=settings(url, **{setting: 0.4}, retry_after_max_s=0))
    assert time.monotonic() - start < 0.4 * ATTEMPTS + 3


def test_a_server_that_falls_silent_does_not_hold_a_run():
    with serving([WHOLE], drip_s=1.5) as (url, _):
        start = time.monotonic()
        with pytest.raises(TransientError, match=r"not finished in time|no whole answer"):
            fetch_objects(REGION.id, area=AREA, settings=settings(url, http_deadline_s=0.3))
        assert time.monotonic() - start < 0.3 * ATTEMPTS + 2


@pytest.mark.parametrize(
    "element",
    [
        {"type": "way", "id": "x", "nodes": [1]},
        {"type": "node", "id": 1, "lon": "east", "lat": 47},
        {"type": "node", "id": 2**63, "lon": 13, "lat": 47, "tags": {"man_made": "works"}},
        {"type": "node", "id": 1.5, "lon": 13, "lat": 47},
        {"type": "way", "id": 1, "nodes": [math.inf]},
        {"type": "way", "id": 1, "tags": ["man_made"]},
        {"type": "relation", "id": 1, "members": [{"ref": 1}]},
        "node",
    ],
    ids=str,
)
def test_malformed_elements(element):
    with serving([ok(answer(element))]) as (url, _), pytest.raises(TransientError, match="malformed"):
        fetch_objects(REGION.id, area=AREA, settings=settings(url))


def test_a_node_outside_the_world_is_lost():
    node = {"type": "node", "id": 9, "lon": 9, "lat": 147, "tags": {"man_made": "works"}}
    with serving([ok(answer(node))]) as (url, _):
        assert len(fetch_objects(REGION.id, area=AREA, settings=settings(url)).lost) == 1


def test_the_query():
    query = build_query(AREA.bounds, load_tag_table(), timeout_s=180.7)
    assert query.startswith("[out:json][timeout:180][bbox:46.9000000,8.9000000,47.1000000,9.1000000];(")
    assert query.count("[bbox:") == 1
    assert 'nwr["disused:man_made"];' in query
    assert 'nwr["industrial"];' in query
    assert "works" in query.split('nwr["man_made"~')[1].split(";nwr")[0]
    assert "storage_tank" not in query
    assert "out meta" in query


@pytest.mark.parametrize(
    ("body", "said"), [(HTML, "Error : too busy & tired"), (b'{"elements": [', "JSON that breaks off")]
)
def test_what_came_instead_of_an_answer_is_told(body, said):
    with (
        serving([(200, {"Content-Type": "text/html"}, body)] * ATTEMPTS) as (url, _),
        pytest.raises(TransientError, match=f"not with complete JSON: {said}"),
    ):
        fetch_objects(REGION.id, area=AREA, settings=settings(url))


def test_of_two_outlines_of_one_region_the_larger_is_taken_whatever_else_they_are(tmp_path):
    """What else stands in a tag makes no second part of a region that both would be joined to."""
    corners = [(0, 0), (8, 0), (8, 8), (0, 8), (10, 10), (11, 10), (11, 11), (10, 11)]
    nodes = [{"type": "node", "id": i, "lon": 9 + x / 100, "lat": 47 + y / 100} for i, (x, y) in enumerate(corners, 1)]
    tags = {"boundary": "administrative"}
    ways = [
        {"type": "way", "id": 1, "nodes": [1, 2, 3, 4, 1], "tags": {**tags, "ISO3166-2": "LI-01;LI-A"}},
        {"type": "way", "id": 2, "nodes": [5, 6, 7, 8, 5], "tags": {**tags, "ISO3166-2": "LI-01;LI-B"}},
    ]
    (tmp_path / "a.json").write_text(json.dumps(answer(*nodes, *ways)))
    found = read_answer_boundary(tmp_path / "a.json", {"ISO3166-2": ["LI-01", "LI-X"]})
    assert found is not None
    assert found.bounds == (9.0, 47.0, 9.08, 47.08)


def test_half_a_character_is_a_lost_one_and_costs_nothing_else(tmp_path):
    """JSON can hold what no file can: one such tag ended its region."""
    half = {**WORKS, "tags": {"man_made": "works", "name": "Werk \ud800 Nord", "name:\udfff": "x"}}
    (tmp_path / "a.json").write_text(json.dumps(answer(*NODES, half)))
    (record,) = records_of(read_answer(tmp_path / "a.json", area=AREA)).frame.to_dict("records")
    assert record["name"] == "Werk \ufffd Nord"
    assert "\ufffd" in record["tags"]
    assert record["tags"].encode()


def test_the_boundary_by_its_tags():
    way = {"type": "way", "id": 1, **META, "nodes": [1, 2, 3, 4, 1]}
    relation = {
        "type": "relation",
        "id": 9,
        **META,
        "members": [{"type": "way", "ref": 1, "role": "outer"}],
        "tags": {"type": "boundary", "boundary": "administrative", "ISO3166-2": "LI-X"},
    }
    with serving([ok(answer(*NODES, way, relation)), ok(answer())]) as (url, asked):
        found = fetch_boundary(REGION, settings=settings(url))
        assert fetch_boundary(REGION, settings=settings(url)) is None
    assert found.area == pytest.approx(16e-6)
    assert 'rel["ISO3166-2"~"(^|;) *(LI-01|LI-X) *(;|$)"]' in asked[0]["query"]


@pytest.mark.parametrize("text", ['x"];out;//', "a\\", "a.b", 'a"b\\"c'])
def test_tags_of_a_region_cannot_break_out_of_the_query(text):
    region = REGION.model_copy(update={"boundary": REGION.boundary.model_copy(update={"tags": {"name": (text,)}})})
    with serving([ok(answer())]) as (url, asked):
        fetch_boundary(region, settings=settings(url))
    inner = asked[0]["query"].split('rel["name"~"')[1].replace("\\\\", "").replace('\\"', "")
    assert inner.split('"')[1].startswith("];way")
