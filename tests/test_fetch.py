"""Downloads for a schedule, from a real server on loopback that behaves well and badly."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests
from filelock import FileLock
from publisher import Entry, Publisher, publishing
from tenacity import RetryCallState

from inducult_geo.catalog import Catalog, Contract, Region
from inducult_geo.errors import CatalogError, SourceError, TransientError
from inducult_geo.run import Run
from inducult_geo.settings import Settings
from inducult_geo.sources.web import http
from inducult_geo.sources.web.fetch import dated_name, fetch
from inducult_geo.sources.web.fetch_plan import GEOFABRIK, fetch_all, geofabrik_url, named_file
from inducult_geo.sources.web.guards import insecure, is_inside
from inducult_geo.sources.web.http import (
    ATTEMPTS,
    BusyServerError,
    exchange,
    retry_after_s,
    retrying,
    shown,
)
from inducult_geo.store import DataFolder, unfetched, write_json

NAME = "sachsen.osm.pbf"
BODY = bytes(range(256)) * 40
MODIFIED = "Thu, 19 Nov 2026 21:21:05 GMT"
DATED = "sachsen-2026-11-19.osm.pbf"
PUBLISHED = Entry(BODY, etag='"one"', last_modified=MODIFIED)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as served:
        yield served


def settings(**more: float) -> Settings:
    return Settings(**{"retry_base_s": 0.01, "http_deadline_s": 5, "retry_after_max_s": 2, **more})


def get(publisher: Publisher, folder: Path, **more: object):
    more = {"settings": settings(), **more}
    return fetch(publisher.url("file"), folder, name=NAME, **more)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_file_is_kept_by_its_date_and_asked_for_once(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED)
    first = get(publisher, tmp_path / "osm")
    assert first.path == tmp_path / "osm" / DATED
    assert first.path.read_bytes() == BODY
    assert (first.changed, first.sha256, first.etag) == (True, hashlib.sha256(BODY).hexdigest(), '"one"')
    assert datetime.fromisoformat(first.retrieved).tzinfo is not None
    assert names(first.path.parent) == [DATED, f"{NAME}.fetched.json"]
    before = {path: path.stat().st_mtime_ns for path in first.path.parent.iterdir()}
    second = get(publisher, tmp_path / "osm")
    assert second == replace(first, changed=False)
    assert publisher.statuses() == [200, 304]
    assert {path: path.stat().st_mtime_ns for path in before if not path.name.endswith(".lock")} == {
        path: when for path, when in before.items() if not path.name.endswith(".lock")
    }
    assert publisher.asked[0][1]["User-Agent"].startswith("inducult-geo/")


def test_by_last_modified_where_there_is_no_etag(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED, etag=None)
    assert [get(publisher, tmp_path).changed for _ in range(2)] == [True, False]
    assert publisher.statuses() == [200, 304]


def test_a_newer_file_lies_beside_the_older(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED)
    get(publisher, tmp_path)
    publisher["file"] = Entry(BODY[::-1], etag='"two"', last_modified="Fri, 20 Nov 2026 01:00:00 GMT")
    second = get(publisher, tmp_path)
    assert second.changed
    assert names(tmp_path) == [DATED, "sachsen-2026-11-20.osm.pbf", f"{NAME}.fetched.json"]
    assert (tmp_path / DATED).read_bytes() == BODY


def test_the_same_bytes_under_another_etag_are_no_change(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED)
    first = get(publisher, tmp_path)
    when = first.path.stat().st_mtime_ns
    publisher["file"] = replace(PUBLISHED, etag='"two"', last_modified="Fri, 20 Nov 2026 01:00:00 GMT")
    second = get(publisher, tmp_path)
    assert (second.changed, second.path, second.retrieved) == (False, first.path, first.retrieved)
    assert first.path.stat().st_mtime_ns == when
    assert names(tmp_path) == [DATED, f"{NAME}.fetched.json"]
    get(publisher, tmp_path)
    assert publisher.statuses() == [200, 200, 304]


@pytest.mark.parametrize("harm", ["damaged", "gone", "note is no JSON", "note climbs out"])
def test_what_is_kept_is_trusted_only_where_it_is_whole(publisher: Publisher, tmp_path: Path, harm: str) -> None:
    publisher["file"] = replace(PUBLISHED)
    kept = get(publisher, tmp_path)
    note = tmp_path / f"{NAME}.fetched.json"
    if harm == "damaged":
        kept.path.write_bytes(BODY[:-1])
    elif harm == "gone":
        kept.path.unlink()
    elif harm == "note is no JSON":
        note.write_text("{")
    else:
        note.write_text(json.dumps(json.loads(note.read_text()) | {"file": "../../etc/hosts"}))
    again = get(publisher, tmp_path)
    assert (again.changed, again.path.read_bytes()) == (True, BODY)
    assert publisher.statuses() == [200, 200]


def test_the_day_is_todays_where_the_publisher_tells_none_that_can_be(publisher: Publisher, tmp_path: Path) -> None:
    today = datetime.now(UTC)
    for told in (None, "yesterday", format_datetime(today + timedelta(days=9), usegmt=True)):
        folder = tmp_path / str(told)[:3]
        publisher["file"] = replace(PUBLISHED, last_modified=told)
        assert get(publisher, folder).path.name == dated_name(NAME, today.date())


@pytest.mark.parametrize(
    ("name", "dated"),
    [
        ("sachsen.osm.pbf", "sachsen-2026-11-20.osm.pbf"),
        ("sites.csv", "sites-2026-11-20.csv"),
        ("my.sites.xlsx", "my.sites-2026-11-20.xlsx"),
        ("plain", "plain-2026-11-20"),
    ],
)
def test_dated_names(name: str, dated: str) -> None:
    assert dated_name(name, date(2026, 11, 20)) == dated


def md5(content: bytes) -> bytes:
    return f"{hashlib.md5(content).hexdigest()}  sachsen-latest.osm.pbf\n".encode()


def test_the_checksum_of_the_publisher(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED)
    publisher["file.md5"] = Entry(md5(BODY))
    assert get(publisher, tmp_path, checksum_url=publisher.url("file.md5")).checked == "md5"
    publisher["file.sha256"] = Entry(hashlib.sha256(BODY).hexdigest().upper().encode())
    assert get(publisher, tmp_path / "b", checksum_url=publisher.url("file.sha256")).checked == "sha256"
    assert get(publisher, tmp_path / "c", checksum_url=publisher.url("nowhere")).checked is None


@pytest.mark.parametrize("told", [md5(b"another"), b"<html>oops", b"", b"abc"])
def test_a_checksum_that_does_not_agree_keeps_nothing(publisher: Publisher, tmp_path: Path, told: bytes) -> None:
    publisher["file"] = replace(PUBLISHED)
    publisher["file.md5"] = Entry(told)
    with pytest.raises(TransientError, match=r"md5"):
        get(publisher, tmp_path, checksum_url=publisher.url("file.md5"))
    assert publisher.paths().count("file.md5") == ATTEMPTS
    assert [name for name in names(tmp_path) if not name.startswith(".")] == []


def test_a_file_that_is_just_being_replaced_is_fetched_again(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED)
    publisher["file.md5"] = Entry(md5(BODY[::-1]))

    def replaced(path: str, count: int) -> None:
        if path == "file" and count == 1:
            publisher["file"] = replace(PUBLISHED, content=BODY[::-1], etag='"two"')

    publisher.before = replaced
    assert get(publisher, tmp_path, checksum_url=publisher.url("file.md5")).path.read_bytes() == BODY[::-1]


def test_a_dropped_download_is_resumed(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED, cut=4000)
    got = get(publisher, tmp_path)
    assert got.path.read_bytes() == BODY
    assert publisher.statuses() == [200, 206, 206]
    assert [asked.get("Range") for _, asked, _ in publisher.asked] == [None, "bytes=4000-", "bytes=8000-"]
    assert publisher.asked[1][1]["If-Range"] == '"one"'
    assert names(tmp_path) == [DATED, f"{NAME}.fetched.json"]


def test_dying_again_and_again_is_bounded_and_the_next_run_goes_on(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED, cut=2000)
    with pytest.raises(TransientError, match="no whole answer"):
        get(publisher, tmp_path)
    assert len(publisher.asked) == ATTEMPTS
    assert [name for name in names(tmp_path) if not name.startswith(".")] == []
    assert get(publisher, tmp_path).path.read_bytes() == BODY
    assert publisher.asked[ATTEMPTS][1]["Range"] == "bytes=8000-"


@pytest.mark.parametrize(
    "entry",
    [
        replace(PUBLISHED, etag=None),
        replace(PUBLISHED, etag='W/"one"'),
        replace(PUBLISHED, content=gzip.compress(BODY, 0), encoding="gzip"),
        replace(PUBLISHED, ranges=False),
        replace(PUBLISHED, etag_of_rest='"two"'),
        replace(PUBLISHED, content_range="bytes 5-9/10"),
        replace(PUBLISHED, content_range="nonsense"),
    ],
    ids=["no etag", "weak etag", "packed on its way", "no ranges", "another etag", "another range", "no range"],
)
def test_what_cannot_be_resumed_is_begun_anew(publisher: Publisher, tmp_path: Path, entry: Entry) -> None:
    publisher["file"] = replace(entry, cut=4000)

    def mended(path: str, count: int) -> None:
        publisher.entries[path].cut = 4000 if count == 0 else None

    publisher.before = mended
    assert get(publisher, tmp_path).path.read_bytes() == BODY
    assert publisher.statuses()[-1] == 200


def test_a_file_that_changed_meanwhile_is_not_mixed(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED, cut=4000)

    def changed(path: str, count: int) -> None:
        if count == 1:
            publisher["file"] = Entry(BODY[::-1], etag='"two"')

    publisher.before = changed
    assert get(publisher, tmp_path).path.read_bytes() == BODY[::-1]


def test_what_came_of_another_address_is_not_gone_on_with(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(b"another publisher's")
    facts = {"url": publisher.url("elsewhere"), "etag": '"one"', "modified": MODIFIED}
    (tmp_path / f".{NAME}.part.json").write_text(json.dumps(facts))
    publisher["file"] = replace(PUBLISHED)
    assert get(publisher, tmp_path).path.read_bytes() == BODY
    assert publisher.statuses() == [200]


@pytest.mark.parametrize(("there", "statuses"), [(BODY, [416]), (BODY + b"x", [416, 200])])
def test_nothing_is_left_to_download(publisher: Publisher, tmp_path: Path, there: bytes, statuses: list[int]) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(there)
    facts = {"url": publisher.url("file"), "etag": '"one"', "modified": MODIFIED}
    (tmp_path / f".{NAME}.part.json").write_text(json.dumps(facts))
    publisher["file"] = replace(PUBLISHED)
    got = get(publisher, tmp_path)
    assert (got.path.name, got.path.read_bytes(), got.etag) == (DATED, BODY, '"one"')
    assert publisher.statuses() == statuses


def test_a_file_is_not_downloaded_again_because_its_checksum_does_not_come(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher["file"] = replace(PUBLISHED)
    publisher["file.md5"] = Entry(md5(BODY), faults=[(503, {})])
    assert get(publisher, tmp_path, checksum_url=publisher.url("file.md5")).changed
    assert publisher.statuses() == [200, 503, 416, 200]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(publisher: Publisher, tmp_path: Path, status: int) -> None:
    publisher["file"] = replace(PUBLISHED, faults=[(status, {}), (status, {})])
    assert get(publisher, tmp_path).changed
    assert publisher.statuses() == [status, status, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(publisher: Publisher, tmp_path: Path, status: int) -> None:
    publisher["file"] = replace(PUBLISHED, faults=[(status, {})])
    with pytest.raises(SourceError, match=rf"HTTP {status}\): Try & wait") as caught:
        get(publisher, tmp_path)
    assert not isinstance(caught.value, TransientError)
    assert len(publisher.asked) == 1


def in_a_second() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("told", ["1", in_a_second], ids=["seconds", "date"])
def test_retry_after_is_obeyed(publisher: Publisher, tmp_path: Path, told) -> None:
    text = told if isinstance(told, str) else told()
    publisher["file"] = replace(PUBLISHED, faults=[(429, {"Retry-After": text})])
    start = time.monotonic()
    assert get(publisher, tmp_path).changed
    assert time.monotonic() - start >= 0.9


@pytest.mark.parametrize("told", ["3600", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_told_to_wait_too_long_it_gives_up_at_once(publisher: Publisher, tmp_path: Path, told: str) -> None:
    publisher["file"] = replace(PUBLISHED, faults=[(503, {"Retry-After": told})])
    with pytest.raises(TransientError, match="503"):
        get(publisher, tmp_path)
    assert len(publisher.asked) == 1


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "٣", f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"])
def test_retry_after_that_says_nothing(text: str | None) -> None:
    assert retry_after_s(text) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the answer is empty"),
        (b"\n <!DOCTYPE html><html></html>", "page of HTML"),
        (b"\xef\xbb\xbf<!-- a note -->\n<HTML lang=de>", "page of HTML"),
        ("<!DOCTYPE html>\n<html>".encode("utf-16"), "page of HTML"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC '-//W3C'><html>", "page of HTML"),
        (b"<?xml version='1.0'?><ows:ExceptionReport><ows:Text>No layer 'x'</ows:Text>", r"an error \(No layer 'x'\)"),
        ("<ServiceException>No layer".encode("utf-16"), r"an error \(No layer\)"),
        (b'{"error": {"code": 400, "message": "Invalid query"}}', "an error .*Invalid query"),
    ],
)
def test_no_file_with_status_200(publisher: Publisher, tmp_path: Path, content: bytes, said: str) -> None:
    publisher["file"] = replace(PUBLISHED)
    kept = get(publisher, tmp_path)
    publisher["file"] = Entry(content, etag='"two"', content_type="text/html")
    with pytest.raises(TransientError, match=said):
        get(publisher, tmp_path)
    assert kept.path.read_bytes() == BODY
    assert names(tmp_path) == [DATED, f"{NAME}.fetched.json"]


def test_xml_is_no_page(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = Entry(b"<?xml version='1.0'?><osm/>", content_type="text/html")
    assert get(publisher, tmp_path).changed


@pytest.mark.parametrize("tell_length", [True, False])
def test_half_of_a_compressed_answer_is_no_file(publisher: Publisher, tmp_path: Path, tell_length: bool) -> None:
    half = gzip.compress(BODY)[:-30]
    publisher["file"] = Entry(half, encoding="gzip", tell_length=tell_length)
    with pytest.raises(TransientError, match="its compression breaks off"):
        get(publisher, tmp_path)
    publisher["file"] = Entry(half, encoding="br")
    with pytest.raises(SourceError, match=r"its answer is compressed in a way that was not asked for \(br\)"):
        get(publisher, tmp_path)
    publisher["file"] = Entry(b"a;b", encoding="utf-8")
    assert get(publisher, tmp_path).path.read_bytes() == b"a;b"
    twice = gzip.compress(BODY[:5000]) + gzip.compress(BODY[5000:])
    publisher["file"] = Entry(twice, encoding="gzip", faults=[(503, {"Content-Encoding": "gzip", "Retry-After": "0"})])
    assert get(publisher, tmp_path).path.read_bytes() == BODY


def test_many_comments_before_a_file_are_looked_at_once(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = Entry(b"<!---->" * 200 + b"<osm/>")
    assert get(publisher, tmp_path).changed


@pytest.mark.parametrize("told", [True, False])
def test_larger_than_allowed(publisher: Publisher, tmp_path: Path, told: bool) -> None:
    publisher["file"] = replace(PUBLISHED, tell_length=told)
    with pytest.raises(SourceError, match="larger than 9,999 bytes"):
        get(publisher, tmp_path, max_bytes=9_999)
    assert len(publisher.asked) == 1
    assert names(tmp_path) == []
    assert get(publisher, tmp_path, max_bytes=len(BODY)).changed


@pytest.mark.parametrize(
    "entry",
    [
        replace(PUBLISHED, etag=None, drip_s=0.02),
        replace(PUBLISHED, etag=None, drip_s=0.02, tell_length=False),
        replace(PUBLISHED, drip_headers_s=0.1),
        replace(PUBLISHED, drip_headers_s=3),
    ],
    ids=["body", "body of unknown length", "headers", "silence"],
)
def test_a_drip_ends_at_the_deadline(publisher: Publisher, tmp_path: Path, entry: Entry) -> None:
    publisher["file"] = entry
    slow = settings(http_deadline_s=0.3, retry_after_max_s=0)
    start = time.monotonic()
    with pytest.raises(TransientError, match=r"not finished in time|no whole answer"):
        get(publisher, tmp_path, settings=slow)
    assert time.monotonic() - start < ATTEMPTS * 0.3 + 3 * (0.04 + 0.01) + 1
    assert [name for name in names(tmp_path) if not name.startswith(".")] == []


def test_a_slow_line_gets_there_by_going_on(publisher: Publisher, tmp_path: Path) -> None:
    publisher["file"] = replace(PUBLISHED, content=BODY[:1000], drip_s=0.02)
    got = get(publisher, tmp_path, settings=settings(http_deadline_s=0.5))
    assert got.path.read_bytes() == BODY[:1000]
    assert publisher.statuses()[1:] == [206] * (len(publisher.asked) - 1) != []


@contextmanager
def never_done_with_its_headers() -> Iterator[str]:
    """A server that sends a byte of a header now and then, for three seconds: no single read waits long."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            asking, _ = listening.accept()
            with asking, suppress(OSError):
                asking.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                for _ in range(60):
                    asking.sendall(b"a")
                    time.sleep(0.05)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


def test_headers_that_drip_end_with_the_time_of_the_request() -> None:
    with never_done_with_its_headers() as address:
        start = time.monotonic()
        with (
            pytest.raises(TransientError, match=r"not finished in time\. Raise INDUCULT_HTTP_DEADLINE_S"),
            exchange("GET", address, settings=settings(http_deadline_s=0.4)),
        ):
            pass
        assert time.monotonic() - start < 2.5


@pytest.mark.parametrize(
    ("problem", "wait_s"),
    [
        (BusyServerError("busy", 7.0), 7.0),
        (BusyServerError("busy", None), 0.0),
        (TransientError("no answer"), 0.0),
        (None, 0.0),
    ],
)
def test_who_is_told_no_time_waits_for_the_backoff_alone(problem: TransientError | None, wait_s: float) -> None:
    retries = retrying(settings(retry_base_s=0.01))
    state = RetryCallState(retries, None, (), {})
    if problem is not None:
        state.set_exception((type(problem), problem, None))
    assert wait_s <= retries.wait(state) <= wait_s + 0.1


def test_nobody_outside_leads_into_this_network(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "is_inside", lambda url: "localhost" in url)
    inside = publisher.url("inside").replace("127.0.0.1", "localhost")
    publisher["inside"] = Entry(BODY)
    publisher["file"] = Entry(faults=[(302, {"Location": inside})])
    with pytest.raises(
        SourceError, match=r"127\.0\.0\.1:\d+/file: leads to http://localhost:\d+/inside, an address of"
    ):
        get(publisher, tmp_path)
    # Whoever names an address inside means it.
    publisher["file"] = Entry(faults=[(302, {"Location": inside})])
    monkeypatch.setattr(http, "is_inside", lambda _url: True)
    assert get(publisher, tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("url", "inside"),
    [("http://169.254.169.254/a", True), ("http://[::1]:80/", True), ("http://1.1.1.1/", False), ("http://[", False)],
)
def test_which_addresses_are_of_this_network(url: str, inside: bool) -> None:
    assert is_inside(url) is inside


def test_why_a_certificate_does_not_hold() -> None:
    refused = ssl.SSLCertVerificationError("x")
    refused.verify_message = "certificate has expired"
    problem = requests.exceptions.SSLError()
    problem.__context__ = refused
    assert insecure(problem).startswith("its certificate is not valid (certificate has expired). Check the clock")
    assert insecure(requests.exceptions.SSLError()) == "no secure connection (SSLError). Ask again later."


@pytest.mark.parametrize("url", ["ftp://localhost/x", "file:///etc/hosts", "nonsense", "http://", "http://[::1"])
def test_a_wrong_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError, match="this address cannot be used") as caught:
        fetch(url, tmp_path, name=NAME, settings=settings())
    assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://bob:SECRET@host:8443/a/list.csv?token=SECRET#SECRET", "https://host:8443/a/list.csv"),
        ("https://bob:SEC#RET@host/list.csv", "an address that cannot be read"),
        ("https://bob:SEC/RET@host/list.csv", "an address that cannot be read"),
        ("https://bob:123/RET@host/list.csv", "an address that cannot be read"),
        ("https://host/@bob/list.csv", "https://host/@bob/list.csv"),
        ("https://bob:12?SECRET@host/list.csv", "an address that cannot be read"),
        ("bob:SECRET@host/list.csv", "an address without a host"),
        ("nonsense", "nonsense"),
        ("https://host/list.csv", "https://host/list.csv"),
    ],
)
def test_an_address_is_told_without_what_is_secret(url: str, told: str) -> None:
    assert shown(url) == told


def test_no_message_of_a_download_holds_a_password_or_a_token(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.url("file?token=SECRET").replace("http://", "http://bob:SECRET@")
    publisher["file.md5?token=SECRET"] = Entry(b"0" * 32)
    refused, busy = (Entry(faults=[(status, {})] * ATTEMPTS) for status in (403, 500))
    for entry in (Entry(b"<!doctype html>"), Entry(b""), refused, busy, replace(PUBLISHED)):
        publisher["file?token=SECRET"] = entry
        with pytest.raises(SourceError, match="/file") as caught:
            fetch(url, tmp_path, name=NAME, settings=settings(), checksum_url=url.replace("file?", "file.md5?"))
        assert "SECRET" not in str(caught.value)


def test_of_the_downloads_of_many_nights_the_newest_stay(publisher: Publisher, tmp_path: Path) -> None:
    """Each night brought an extract, and none was ever taken away; what a person put there stays."""
    mine = tmp_path / "sachsen-2026-01-01.osm.pbf"
    mine.write_bytes(b"mine")
    given = settings(downloads_kept=3)
    for day in range(10, 16):
        told = format_datetime(datetime(2026, 11, day, 21, tzinfo=UTC), usegmt=True)
        publisher["file"] = Entry(BODY + bytes([day]), etag=f'"{day}"', last_modified=told)
        kept = get(publisher, tmp_path, settings=given)
        assert kept.path.name == f"sachsen-2026-11-{day}.osm.pbf"
        assert not get(publisher, tmp_path, settings=given).changed
    days = [f"sachsen-2026-11-{day}.osm.pbf" for day in (13, 14, 15)]
    assert names(tmp_path) == [mine.name, *days, f"{NAME}.fetched.json"]
    publisher["file"] = replace(publisher.entries["file"], etag='"again"')
    assert not get(publisher, tmp_path, settings=given).changed
    assert json.loads((tmp_path / f"{NAME}.fetched.json").read_text())["earlier"] == [days[1], days[0]]


@pytest.mark.parametrize("name", ["../x.pbf", "a/b.pbf", ".hidden", ""])
def test_a_wrong_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="not the name of a file"):
        fetch("http://localhost/x", tmp_path, name=name, settings=settings())


def test_a_folder_that_cannot_be_written(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "osm").write_text("a file")
    with pytest.raises(SourceError, match="cannot be written"):
        get(publisher, tmp_path / "osm")


def test_two_at_once(publisher: Publisher, tmp_path: Path) -> None:
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with FileLock(tmp_path / f".{NAME}.lock"):
            taken.set()
            done.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    taken.wait(10)
    with pytest.raises(TransientError, match="another run"):
        get(publisher, tmp_path)
    done.set()
    other.join()


def region(name: str, geofabrik: str | None) -> Region:
    values = {"id": name, "title": name, "country": "DE", "languages": ["de"], "timezone": "Europe/Berlin"}
    return Region.model_validate(
        values | {"bbox": [12, 50, 13, 51], "geofabrik": geofabrik, "boundary": {"ISO3166-2": ["DE-SN"]}}
    )


def contract(name: str, url: str | None, *files: str, about: str | None = None, folder: Path = Path()) -> Contract:
    values = {"id": name, "files": files, "url": url, "region": about, "declared_in": folder / f"{name}.toml"}
    return Contract.model_validate(values)


def test_the_address_of_an_extract() -> None:
    assert geofabrik_url(region("zwickau", "europe/germany/sachsen")) == (
        f"{GEOFABRIK}/europe/germany/sachsen-latest.osm.pbf"
    )
    assert geofabrik_url(region("x", "a/b"), "http://mirror/") == "http://mirror/a/b-latest.osm.pbf"
    with pytest.raises(SourceError, match="names no extract"):
        geofabrik_url(region("x", None))


@pytest.mark.parametrize(
    ("url", "files", "found"),
    [
        ("https://x.org/data/list.csv?v=2", ["sites.csv"], "sites.csv"),
        ("https://x.org/a%20b.xlsx", ["a b.xlsx", "c.xlsx"], "a b.xlsx"),
        ("https://x.org/other.xlsx", ["a.xlsx", "c.xlsx"], None),
        ("https://x.org/list.csv", ["../sites.csv"], None),
        ("https://x.org/list.html", ["sites.csv"], None),
        ("https://www.openstreetmap.org", [], None),
        ("ftp://x.org/list.csv", ["list.csv"], None),
        (None, ["list.csv"], None),
    ],
)
def test_which_file_an_address_names(url: str | None, files: list[str], found: str | None) -> None:
    assert named_file(contract("x", url, *files)) == found


def test_all_that_regions_need_is_fetched_once_and_one_failure_is_its_own(publisher: Publisher, tmp_path: Path) -> None:
    publisher["de/sachsen-latest.osm.pbf"] = replace(PUBLISHED)
    publisher["de/sachsen-latest.osm.pbf.md5"] = Entry(md5(BODY))
    publisher["list.csv"] = Entry(b"id,name\n1,Works\n", last_modified=MODIFIED)
    regions = [region("a", "de/sachsen"), region("b", "de/sachsen"), region("c", "de/gone"), region("d", None)]
    sources = [
        contract("own", publisher.url("list.csv"), "own.csv", about="a"),
        contract("wide", publisher.url("missing.csv"), "wide.csv"),
        contract("page", publisher.base, "page.csv", about="b"),
        contract("elsewhere", publisher.url("list.csv"), "elsewhere.csv", about="d"),
    ]
    catalog = Catalog({r.id: r for r in regions}, {c.id: c for c in sources})
    said: list[str] = []
    run = Run(settings(), catalog, DataFolder(tmp_path / "data"), say=said.append)
    outcomes = {one.name: one for one in fetch_all(["a", "b", "c"], run, base=publisher.base)}
    # Who waits at a terminal, or reads the log of a night, is told of every file.
    assert said[:2] == ["sachsen.osm.pbf: asking 127.0.0.1", f"sachsen.osm.pbf: {DATED} is new"]
    assert any(line.startswith("gone.osm.pbf: failed: ") and "HTTP 404" in line for line in said)
    assert {name: (one.regions, one.state) for name, one in outcomes.items()} == {
        "sachsen.osm.pbf": (("a", "b"), "new"),
        "gone.osm.pbf": (("c",), "failed"),
        "own.csv": (("a",), "new"),
        "wide.csv": ((), "failed"),
    }
    assert publisher.paths().count("de/sachsen-latest.osm.pbf") == 1
    assert "HTTP 404" in str(outcomes["gone.osm.pbf"].message)
    assert (tmp_path / "data" / "raw" / "osm" / DATED).read_bytes() == BODY
    assert (tmp_path / "data" / "raw" / "partners" / "own-2026-11-19.csv").is_file()
    again = fetch_all([], run, base=publisher.base)
    assert [(one.name, one.state) for one in again if one.state != "failed"] == [
        ("sachsen.osm.pbf", "same"),
        ("own.csv", "same"),
        ("elsewhere.csv", "new"),
    ]
    assert f"sachsen.osm.pbf: {DATED} did not change" in said
    assert {one.name for one in again if one.state == "failed"} == {"gone.osm.pbf", "wide.csv"}
    # What does not come is noted until it does, with the day on which it first did not.
    assert unfetched(run.folder).keys() == {"gone.osm.pbf", "wide.csv"}
    write_json(run.folder.unfetched, {name: {"since": "2026-01-01T00:00:00+00:00"} for name in ("wide.csv", "left")})
    publisher["de/gone-latest.osm.pbf"] = replace(PUBLISHED)
    fetch_all(["c"], run, base=publisher.base)
    assert {name: told["since"][:10] for name, told in unfetched(run.folder).items()} == {"wide.csv": "2026-01-01"}
    assert "names no extract" in str(fetch_all(["d"], run, base=publisher.base)[0].message)
    with pytest.raises(CatalogError, match="no region 'x'"):
        fetch_all(["x"], run)


def test_the_sources_of_the_sample_are_left_alone(publisher: Publisher, tmp_path: Path) -> None:
    partners = tmp_path / "raw" / "sample" / "partners"
    partners.mkdir(parents=True)
    source = contract("own", publisher.url("list.csv"), "own.csv", about="a", folder=partners)
    run = Run(settings(), Catalog({"a": region("a", None)}, {"own": source}), DataFolder(tmp_path))
    assert [one.name for one in fetch_all(["a"], run, base=publisher.base)] == ["a"]
