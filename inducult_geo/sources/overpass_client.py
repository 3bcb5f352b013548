"""Ask Overpass servers so that only a whole answer comes back: bounded retries, deadlines, every kind of half answer.

What servers do when something is wrong: 429 and 5xx with HTML; 200 with JSON whose `remark` tells of a timeout or of
lack of memory, its elements empty or partly filled; 200 with HTML; 200 with JSON that breaks off.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings
from inducult_geo.sources.http import ATTEMPTS, BusyServerError, exchange, longest_s, plain, retrying, shown

__all__ = ["ATTEMPTS", "ask", "check_answer", "longest_ask_s", "slot_wait_s"]

STATUS_S = 10.0
"""Time for asking a server whether it has a slot; no answer to that is no fault."""

_AVAILABLE = re.compile(r"^\s*([1-9]\d*) slots? available now", re.MULTILINE)
_LATER = re.compile(r"^\s*Slot available after:.*?\bin (-?\d{1,9}) seconds", re.MULTILINE)
_BROKE_OFF = re.compile(r"error|timed out|r[au]n out of memory", re.IGNORECASE)
_STATUS_BYTES = 100_000
Answer = Mapping[str, Any]


def _take(_answer: Answer, _where: str) -> None:
    """Take every whole answer."""


def ask(query: str, *, what: str, settings: Settings, refuse: Callable[[Answer, str], None] = _take) -> bytes:
    """Post a query to the servers in turn and return the first whole answer (JSON).

    It ends within `longest_ask_s`.

    Parameters
    ----------
    query
        Overpass QL.
    what
        What it is about, for messages.
    settings
        `overpass_urls`, `retry_base_s`, `retry_after_max_s` and `http_deadline_s` are used.
    refuse
        Raises a `SourceError` for a whole answer, of the server named, that is not wanted: then the next one is asked.

    Raises
    ------
    TransientError
        Where no server gave a whole answer and at least one may do so later.
    SourceError
        Where every server refused the request itself, or gave what is not wanted.
    """
    problems: list[SourceError] = []
    for url in settings.overpass_urls:
        try:
            _wait_for_slot(url.rstrip("/"), settings)
            return retrying(settings)(_post, f"{url.rstrip('/')}/interpreter", query, settings, refuse)
        except SourceError as problem:
            problems.append(problem)
    kind = TransientError if any(isinstance(p, TransientError) for p in problems) else SourceError
    said = " ".join(str(problem) for problem in problems) or "no server is set: set INDUCULT_OVERPASS_URLS."
    raise kind(f"Overpass, {what}: {said}")


def longest_ask_s(settings: Settings) -> float:
    """Return how long `ask` can take at most: for each server its status, the wait for a slot, and the retries."""
    status_s = min(STATUS_S, settings.http_deadline_s)
    return len(settings.overpass_urls) * (status_s + settings.retry_after_max_s + longest_s(settings))


def slot_wait_s(status: str) -> float:
    """Read from a server's status in how many seconds it has a slot for us.

    "Rate limit: 0" means that nobody is limited. Where all slots are taken by queries of which it does not say when
    they end, the answer is 0: the server itself lets a query wait for a while.
    """
    if _AVAILABLE.search(status):
        return 0.0
    return max(0.0, float(min((int(text) for text in _LATER.findall(status)), default=0)))


def _wait_for_slot(base: str, settings: Settings) -> None:
    """Wait until a server has a slot.

    Raises
    ------
    BusyServerError
        Where that takes more than `retry_after_max_s`.
    """
    try:
        with exchange("GET", f"{base}/status", settings=settings, deadline_s=STATUS_S) as answer:
            answer.check_status()
            status = answer.body(most_bytes=_STATUS_BYTES).decode("utf-8", errors="replace")
    except SourceError:
        return
    wait_s = slot_wait_s(status)
    if wait_s > settings.retry_after_max_s:
        raise BusyServerError(f"{shown(base)}: has no slot for {wait_s:.0f} seconds.", wait_s)
    time.sleep(wait_s)


def _post(url: str, query: str, settings: Settings, refuse: Callable[[Answer, str], None]) -> bytes:
    """Post once and return a body that is whole, JSON and free of errors."""
    headers = {"Accept": "application/json"}
    with exchange("POST", url, settings=settings, headers=headers, data={"data": query}) as answer:
        answer.check_status()
        body = answer.body()
    try:
        told = json.loads(body)
        check_answer(told, shown(url))
    except (ValueError, RecursionError) as problem:
        said = plain(body) if body.lstrip()[:1] == b"<" else "JSON that breaks off"
        raise TransientError(
            f"{shown(url)}: answered 200, but not with whole JSON: {said}. Ask again later."
        ) from problem
    refuse(told, shown(url))
    return body


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
    if _BROKE_OFF.search(remark):
        raise TransientError(f"{where}: the server broke off: {remark[:200]}")
