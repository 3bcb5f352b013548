"""A real HTTP server on loopback that publishes files, and fails in the ways that are asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Entry:
    """A published file and how it is served; `cut` sends only so many bytes of each answer, then drops the line."""

    content: bytes = b""
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = "application/octet-stream"
    encoding: str | None = None
    cut: int | None = None
    drip_s: float = 0
    drip_headers_s: float = 0
    ranges: bool = True
    tell_length: bool = True
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Served first, one a request: status and headers, with a page of HTML."""
    etag_of_rest: str | None = None
    content_range: str | None = None


@dataclass
class Publisher:
    """What is published, and what was asked: path and headers of each request, and the status of its answer."""

    base: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], int]] = field(default_factory=list)
    before: Callable[[str, int], None] = lambda _path, _count: None
    """Called before each answer with the path and how often it was asked for already."""

    def __setitem__(self, path: str, entry: Entry) -> None:
        self.entries[path] = entry

    def url(self, path: str) -> str:
        return f"{self.base}/{path}"

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def statuses(self) -> list[int]:
        return [status for *_, status in self.asked]


def _answer(entry: Entry, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    if entry.faults:
        status, headers = entry.faults.pop(0)
        return status, headers, b"<html><body>Try &amp; wait</body></html>"
    told = {"Content-Type": entry.content_type}
    told |= {"ETag": entry.etag} if entry.etag else {}
    told |= {"Content-Encoding": entry.encoding} if entry.encoding else {}
    told |= {"Last-Modified": entry.last_modified} if entry.last_modified else {}
    if entry.etag and asked.get("If-None-Match") == entry.etag:
        return 304, told, b""
    since = asked.get("If-Modified-Since")
    if since and "If-None-Match" not in asked and since == entry.last_modified:
        return 304, told, b""
    wanted = asked.get("Range", "")
    if entry.ranges and wanted and asked.get("If-Range") in (None, entry.etag):
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(entry.content):
            return 416, {"Content-Range": f"bytes */{len(entry.content)}"}, b""
        span = entry.content_range or f"bytes {start}-{len(entry.content) - 1}/{len(entry.content)}"
        rest = {"Content-Range": span, "ETag": entry.etag_of_rest or entry.etag or ""}
        return 206, rest, entry.content[start:]
    return 200, told, entry.content


def _handler(publisher: Publisher) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            publisher.before(path, publisher.paths().count(path))
            entry = publisher.entries.get(path)
            asked = dict(self.headers)
            status, headers, body = (404, {}, b"not here") if entry is None else _answer(entry, asked)
            publisher.asked.append((path, asked, status))
            entry = entry or Entry()
            self.send_response_only(status)
            length = {"Content-Length": str(len(body))} if entry.tell_length and status != 304 else {}
            for name, value in (length | headers).items():
                self.send_header(name, value)
            try:
                self._drip_headers(entry)
                self.end_headers()
                self._send(body if entry.cut is None else body[: entry.cut], entry.drip_s)
            except OSError:
                pass
            self.close_connection = True

        def _drip_headers(self, entry: Entry) -> None:
            for number in range(50 if entry.drip_headers_s else 0):
                self.wfile.write(f"X-{number}: slow\r\n".encode())
                self.wfile.flush()
                time.sleep(entry.drip_headers_s)

        def _send(self, body: bytes, drip_s: float) -> None:
            step = 20 if drip_s else max(len(body), 1)
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                self.wfile.flush()
                time.sleep(drip_s)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def publishing(**entries: Entry) -> Iterator[Publisher]:
    """Publish until the block ends."""
    publisher = Publisher(entries=dict(entries))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(publisher))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    publisher.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
