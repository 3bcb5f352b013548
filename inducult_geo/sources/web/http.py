"""HTTP requests that always end: one user agent, a deadline for each whole request, limited retries with jitter.

`requests` limits the time of single reads only, so that a server that drips a byte now and then holds a run for ever.
Here every connection of a request is known, and a timer shuts them all when the request's time is over: while the
headers come, while it redirects, while the body comes. (Looking up a host's name and the handshake of TLS have the
limits of the system and of `CONNECT_S`.)
"""

from __future__ import annotations

import html
import math
import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from inducult_geo import __version__
from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings
from inducult_geo.sources.web.guards import insecure, is_inside

ATTEMPTS = 4
"""How often one server is asked before it is given up."""

LONGEST_WAIT_S = 120.0
SLOWEST_BYTES_S = 1_000.0
"""A body that comes no faster, from `SLOW_START_S` on, drips: at this speed no answer of a region comes in time."""

SLOW_START_S = 30.0
CONNECT_S = 30.0
USER_AGENT = f"inducult-geo/{__version__}"
_TRANSIENT_CODES = frozenset({408, 425, 429})
_CHUNK_BYTES = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "br", "zstd", "deflate", "compress", "x-compress"})
_HALF = "no whole answer (its compression breaks off). Ask again later."
_MOST_SECONDS = 10
_WRONG_ADDRESS = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.TooManyRedirects,
)


HTTP_DEADLINE = "INDUCULT_HTTP_DEADLINE_S"


class BusyServerError(TransientError):
    """A server that asks to be left alone, for `wait_s` seconds where it says how long."""

    def __init__(self, message: str, wait_s: float | None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def retrying(settings: Settings, *, within_s: float = math.inf) -> Retrying:
    """Return the retries of a request: `ATTEMPTS` in all, only for a `TransientError`, and none after `within_s`.

    Between two of them lies what the server told (`Retry-After`), at least the backoff: `retry_base_s`, doubled each
    time up to `LONGEST_WAIT_S`, plus a random share of `retry_base_s`. Told to wait for more than
    `retry_after_max_s`, it gives up at once.
    """
    backoff = wait_exponential(multiplier=settings.retry_base_s, max=LONGEST_WAIT_S) + wait_random(
        0, settings.retry_base_s
    )
    ends = stop_after_attempt(ATTEMPTS) | stop_before_delay(within_s)
    return Retrying(
        stop=lambda state: ends(state) or _told_s(state) > settings.retry_after_max_s,
        wait=lambda state: max(_told_s(state), backoff(state)),
        retry=retry_if_exception_type(TransientError),
        reraise=True,
    )


def longest_backoff_s(settings: Settings) -> float:
    """Return how long `retrying` waits at most before an attempt where the server told no time."""
    return min(LONGEST_WAIT_S, settings.retry_base_s * float(2 ** (ATTEMPTS - 2))) + settings.retry_base_s


class _Unpacked:
    """A body as it was before it was compressed; `urllib3` takes one that breaks off for a whole one."""

    def __init__(self, encoding: str | None, where: str) -> None:
        self._where = where
        self._gzip, self._is_begun = None, False
        # Some say what is no compression ("utf-8", "aws-chunked"), and mean nothing by it.
        told = [one for one in (encoding or "").lower().replace(" ", "").split(",") if one in _COMPRESSIONS]
        if told in (["gzip"], ["x-gzip"]):
            self._gzip = zlib.decompressobj(_GZIP)
        elif told:
            raise SourceError(f"{where}: its answer is compressed in a way that was not asked for ({', '.join(told)}).")

    def parts(self, part: bytes) -> Iterator[bytes]:
        """Yield what a part of the body holds, never more than `_CHUNK_BYTES` at once."""
        self._is_begun = True
        if self._gzip is None:
            yield part
            return
        try:
            while part:
                if self._gzip.eof:
                    self._gzip = zlib.decompressobj(_GZIP)
                if unpacked := self._gzip.decompress(part, _CHUNK_BYTES):
                    yield unpacked
                part = self._gzip.unconsumed_tail or self._gzip.unused_data
        except zlib.error as problem:
            raise TransientError(f"{self._where}: {_HALF}") from problem

    def refuse_half(self) -> None:
        """Refuse a body that ended before its compression did.

        Raises
        ------
        TransientError
        """
        if self._is_begun and not (self._gzip is None or self._gzip.eof):
            raise TransientError(f"{self._where}: {_HALF}")


@dataclass(frozen=True)
class Exchange:
    """An answer of which the body is not read yet."""

    response: requests.Response
    where: str
    watch: _Watch

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    def header(self, name: str) -> str | None:
        """Return a header's text."""
        return self.response.headers.get(name)

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it arrives.

        Raises
        ------
        TransientError
            Where the time is over before the body is, it drips, or its compression breaks off.
        SourceError
            Where it is compressed in another way than by gzip.
        """
        unpacked = _Unpacked(self.header("Content-Encoding"), self.where)
        begun, n_bytes = time.monotonic(), 0
        # What has arrived comes at once (`read1`), so that the clock is looked at often enough.
        while part := self.response.raw.read1(_CHUNK_BYTES, decode_content=False):
            if self.watch.is_over:
                break
            n_bytes += len(part)
            taken_s = time.monotonic() - begun
            if taken_s > SLOW_START_S and n_bytes < taken_s * SLOWEST_BYTES_S:
                raise TransientError(f"{self.where}: too slow ({n_bytes} bytes in {taken_s:.0f} s). Ask again later.")
            yield from unpacked.parts(part)
        # A shut connection looks like the end of a body whose length nobody told.
        if self.watch.is_over:
            raise TransientError(self.watch.late(self.where))
        unpacked.refuse_half()

    def body(self, *, most_bytes: int | None = None) -> bytes:
        """Return the whole body; of a longer one than `most_bytes` its beginning only."""
        parts: list[bytes] = []
        n_bytes = 0
        for part in self.chunks():
            parts.append(part)
            n_bytes += len(part)
            if most_bytes is not None and n_bytes >= most_bytes:
                break
        return b"".join(parts)[:most_bytes]

    def check_status(self) -> None:
        """Raise where the status tells of a fault: worth a retry (408, 425, 429, 5xx) or not.

        Raises
        ------
        BusyServerError, SourceError
            With the words of the error page.
        """
        if self.status < 400:
            return
        if self.status in _TRANSIENT_CODES or self.status >= 500:
            wait_s = retry_after_s(self.header("Retry-After"))
            when = "later" if wait_s is None else f"in {math.ceil(wait_s)} seconds, as it says"
            raise BusyServerError(f"{self.where}: busy (HTTP {self.status}). Ask again {when}.", wait_s)
        said = ""
        # A page that breaks off changes nothing of what the status says.
        with suppress(SourceError):
            said = plain(self.body(most_bytes=20_000))
        raise SourceError(f"{self.where}: refused the request (HTTP {self.status}): {said}")


@contextmanager
def exchange(
    method: str,
    url: str,
    *,
    settings: Settings,
    headers: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    deadline_s: float | None = None,
    deadline_of: str = HTTP_DEADLINE,
) -> Iterator[Exchange]:
    """Send a request once and give its answer; the whole of it ends within `http_deadline_s` and `deadline_s`.

    Where the latter is the shorter one and too short, the message names the setting that it comes of (`deadline_of`).

    Raises
    ------
    TransientError
        Where the server cannot be reached, breaks off or is too slow; also while the body is read inside.
    SourceError
        Where the address is none, or leads from outside into this machine or its network.
    """
    whole_s = min(deadline_s or settings.http_deadline_s, settings.http_deadline_s)
    setting = deadline_of if whole_s < settings.http_deadline_s else HTTP_DEADLINE
    where = shown(url)
    with requests.Session() as session, _Watch(whole_s, setting) as watch:
        _mount(session, watch)
        session.hooks["response"].append(_stay_outside)
        try:
            with session.request(
                method,
                url,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})},
                data=data,
                timeout=(min(CONNECT_S, whole_s), whole_s),
                stream=True,
            ) as response:
                # A shut connection looks like the end of the headers.
                if watch.is_over:
                    raise TransientError(watch.late(where))
                yield Exchange(response, where, watch)
        except _WRONG_ADDRESS as problem:
            raise SourceError(f"{where}: this address cannot be used ({type(problem).__name__}).") from problem
        except requests.exceptions.SSLError as problem:
            raise TransientError(f"{where}: {insecure(problem)}") from problem
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as problem:
            if watch.is_over:
                raise TransientError(watch.late(where)) from problem
            raise TransientError(f"{where}: no whole answer ({type(problem).__name__}). Ask again later.") from problem


def _stay_outside(response: requests.Response, **_options: Any) -> None:
    """Refuse to be led from a server outside into this machine or its network, which are none of its business.

    Raises
    ------
    SourceError
    """
    if response.is_redirect and response.url is not None:
        target = urljoin(response.url, response.headers["Location"])
        if is_inside(target) and not is_inside(response.url):
            response.close()
            raise SourceError(
                f"{shown(response.url)}: leads to {shown(target)}, an address of this machine or its network. If "
                "that is intended, write it into `url`."
            )


@dataclass
class _Watch:
    """Shuts every connection of a request when its time is over."""

    whole_s: float
    setting: str
    is_over: bool = False
    _sockets: list[Any] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> _Watch:
        self._timer = threading.Timer(self.whole_s, self._end)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def late(self, where: str) -> str:
        """Say that the time was over, and which setting gives more of it."""
        return f"{where}: not finished in time. Raise {self.setting} or ask later."

    def add(self, opened: Any) -> None:
        """Take the socket of a connection that was just opened."""
        with self._guard:
            self._sockets.append(opened)
            if self.is_over:
                _shut(opened)

    def _end(self) -> None:
        with self._guard:
            self.is_over = True
            for opened in self._sockets:
                _shut(opened)


def _shut(opened: Any) -> None:
    with suppress(OSError, TypeError):
        # The socket's own call: that of TLS would take its layer away under the reader's hands.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _mount(session: requests.Session, watch: _Watch) -> None:
    """Let a session tell the watch of every connection that it opens."""

    class Plain(urllib3.connection.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class Secure(urllib3.connection.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
            return manager

    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())


def retry_after_s(text: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a date; null where it says neither."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:_MOST_SECONDS])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def plain(body: bytes) -> str:
    """Return the words of an error page, at most 200 characters."""
    text = re.sub(r"<[^>]*>", " ", body[:20_000].decode("utf-8", errors="replace"))
    return " ".join(html.unescape(text).split())[:200]


def shown(url: str) -> str:
    """Return an address as it may be told: without user, password and query, for messages stand in releases."""
    try:
        parts = urlsplit(url)
        # A port that is no number, or an "@" behind one, is the rest of a password with a "/" or "#" in it.
        is_torn = parts.port is not None and "@" not in parts.netloc and "@" in url
    except ValueError:
        is_torn = True
    if is_torn:
        return "an address that cannot be read"
    if not parts.netloc:
        return url if "@" not in url and "?" not in url else "an address without a host"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _told_s(state: RetryCallState) -> float:
    """Return how many seconds the server told to wait; 0 where it said nothing."""
    problem = state.outcome.exception() if state.outcome else None
    return problem.wait_s or 0.0 if isinstance(problem, BusyServerError) else 0.0
