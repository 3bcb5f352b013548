"""Ask Overpass servers so that only a whole answer comes back: bounded retries, deadlines, every kind of half answer.

What servers do when something is wrong: 429 and 5xx with HTML; 200 with JSON whose `remark` tells of a timeout or of
lack of memory, its elements empty or partly filled; 200 with HTML; 200 with JSON that breaks off.
"""

from __future__ import annotations

import html
import json
import re
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from inducult_geo import __version__
from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings

ATTEMPTS = 4
"""How often one server is asked before the next."""
LONGEST_WAIT_S = 120.0
_TRANSIENT_CODES = frozenset({408, 425, 429})
_CHUNK_BYTES = 1 << 16


class BusyServerError(TransientError):
    """A server that asks to be left alone, for `wait_s` seconds where it says how long."""

    def __init__(self, message: str, wait_s: float | None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def ask(query: str, *, what: str, settings: Settings) -> bytes:
    """Post a query to the servers in turn and return the first whole answer (JSON).

    Parameters
    ----------
    query
        Overpass QL.
    what
        What it is about, for messages.
    settings
        `overpass_urls`, `retry_base_s`, `retry_after_max_s` and `http_deadline_s` are used.

    Raises
    ------
    TransientError
        Where no server gave a whole answer and at least one may do so later.
    SourceError
        Where every server refused the request itself.
    """
    problems: list[SourceError] = []
    for url in settings.overpass_urls:
        try:
            return _ask(f"{url.rstrip('/')}/interpreter", query, settings)
        except SourceError as problem:
            problems.append(problem)
    kind = TransientError if any(isinstance(p, TransientError) for p in problems) else SourceError
    said = " ".join(str(problem) for problem in problems) or "no server is set: set INDUCULT_OVERPASS_URLS."
    raise kind(f"Overpass, {what}: {said}")


def _ask(url: str, query: str, settings: Settings) -> bytes:
    """Ask one server, with pauses in between, until it answers whole or the attempts are used up."""
    backoff = wait_exponential(multiplier=settings.retry_base_s, max=LONGEST_WAIT_S) + wait_random(
        0, settings.retry_base_s
    )

    retrying = Retrying(
        stop=lambda state: stop_after_attempt(ATTEMPTS)(state) or _told_s(state) > settings.retry_after_max_s,
        wait=lambda state: max(_told_s(state), backoff(state)),
        retry=retry_if_exception_type(TransientError),
        reraise=True,
    )
    return retrying(_post, url, query, settings)


def _told_s(state: RetryCallState) -> float:
    """Return how many seconds the server told to wait; 0 where it said nothing."""
    problem = state.outcome.exception() if state.outcome else None
    return problem.wait_s or 0.0 if isinstance(problem, BusyServerError) else 0.0


def _post(url: str, query: str, settings: Settings) -> bytes:
    """Post once and return a body that is whole, JSON and free of errors."""
    deadline = time.monotonic() + settings.http_deadline_s
    headers = {"User-Agent": f"inducult-geo/{__version__}", "Accept": "application/json"}
    wait_s = (min(30.0, settings.http_deadline_s), settings.http_deadline_s)
    try:
        with requests.post(url, data={"data": query}, headers=headers, timeout=wait_s, stream=True) as response:
            body = _read_all(response, url, deadline)
            _check_status(response, body, url)
    except requests.RequestException as problem:
        raise TransientError(f"{url}: no whole answer ({type(problem).__name__}). Ask again later.") from problem
    try:
        check_answer(json.loads(body), url)
    except ValueError as problem:
        said = _plain(body) if body.lstrip()[:1] == b"<" else "JSON that breaks off"
        raise TransientError(f"{url}: answered 200, but not with whole JSON: {said}") from problem
    return body


def _read_all(response: requests.Response, url: str, deadline: float) -> bytes:
    """Read the body; `requests` limits the time for each read only, so that of the whole is watched here.

    Reading what has arrived (`read1`) returns often enough to look at the clock; where nothing arrives any more, the
    timer shuts the connection.
    """
    stop = getattr(response.raw, "shutdown", response.close)
    watch = threading.Timer(max(0.0, deadline - time.monotonic()), stop)
    watch.daemon = True
    watch.start()
    parts: list[bytes] = []
    try:
        while time.monotonic() < deadline:
            part = response.raw.read1(_CHUNK_BYTES, decode_content=True)
            if not part:
                return b"".join(parts)
            parts.append(part)
    except urllib3.exceptions.HTTPError as problem:
        if time.monotonic() < deadline:
            raise requests.ConnectionError(problem) from problem
    finally:
        watch.cancel()
    raise TransientError(f"{url}: not finished in time. Raise INDUCULT_HTTP_DEADLINE_S or ask later.")


def _check_status(response: requests.Response, body: bytes, url: str) -> None:
    code = response.status_code
    if code == requests.codes.ok:
        return
    if code in _TRANSIENT_CODES or code >= 500:
        raise BusyServerError(f"{url}: busy (HTTP {code}).", _retry_after_s(response.headers.get("Retry-After")))
    raise SourceError(f"{url}: refused the request (HTTP {code}): {_plain(body)}")


def check_answer(answer: Any, where: str) -> None:
    """Refuse an answer that is only a part: a `remark` that tells of an error comes with HTTP 200.

    Raises
    ------
    TransientError
        Where the answer tells of an error, or does not have the shape of one.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        raise TransientError(f"{where}: JSON, but not an answer of Overpass. Is this an address that ends in /api?")
    remark = str(answer.get("remark", ""))
    if "error" in remark.lower() or "ran out of memory" in remark.lower():
        raise TransientError(f"{where}: the server broke off: {remark[:200]}")


def _retry_after_s(text: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _plain(body: bytes) -> str:
    """Return the words of an error page."""
    text = re.sub(r"<[^>]*>", " ", body[:20_000].decode("utf-8", errors="replace"))
    return " ".join(html.unescape(text).split())[:200]
