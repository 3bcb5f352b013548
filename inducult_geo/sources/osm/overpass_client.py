"""Call Overpass servers so that only complete answers come back: limited retries, deadlines, checks of the answer.

What servers do when something is wrong: 429 and 5xx with HTML; 200 with JSON whose `remark` tells of a timeout or of
lack of memory, its elements empty or partly filled; 200 with HTML; 200 with JSON that breaks off.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from inducult_geo.errors import SourceError, TransientError
from inducult_geo.run import Run
from inducult_geo.settings import Settings
from inducult_geo.sources.web.http import (
    ATTEMPTS,
    BusyServerError,
    exchange,
    longest_backoff_s,
    plain,
    retrying,
    shown,
)
from inducult_geo.store import moment_of, read_json, write_json

__all__ = ["ATTEMPTS", "Patience", "ask", "check_answer", "slot_wait_s"]

STATUS_S = 10.0
"""Time for asking a server whether it has a slot; no answer to that is no fault."""

_DEADLINE = "INDUCULT_OVERPASS_DEADLINE_S"
_AVAILABLE = re.compile(r"^\s*([1-9]\d*) slots? available now", re.MULTILINE)
_LATER = re.compile(r"^\s*Slot available after:.*?\bin (-?\d{1,9}) seconds", re.MULTILINE)
_BROKE_OFF = re.compile(r"error|timed out|r[au]n out of memory", re.IGNORECASE)
_STATUS_BYTES = 100_000
_MOMENT = "%Y-%m-%d %H:%M UTC"
_LEFT_ALONE = timedelta(days=1)
"""A server is left alone for no longer, whatever it says: the next night asks whether it means it."""

_noting = threading.Lock()
Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long servers are asked, and what they said of when to come again.

    Attributes
    ----------
    until
        Moment of `time.monotonic` after which none is asked any more.
    notes
        JSON of the servers that asked to be left alone: address -> until when (ISO 8601, UTC). Not kept where null.
    """

    until: float = math.inf
    notes: Path | None = None

    @classmethod
    def of(cls, run: Run) -> Patience:
        """Return what a run has; one that is afresh asks whom it will."""
        return cls(run.ask_until, None if run.afresh else run.folder.left_alone)


def _take(_answer: Answer, _where: str) -> None:
    """Take every whole answer."""


def ask(
    query: str,
    *,
    what: str,
    settings: Settings,
    patience: Patience | None = None,
    refuse: Callable[[Answer, str], None] = _take,
) -> tuple[bytes, Answer]:
    """Post a query to the servers in turn and return the first whole answer, as it came (JSON) and as it is read.

    It ends within `overpass_deadline_s`, whatever the servers do. Each gets its share of the time that is left: one
    that is silent does not cost the answer of the next. One that asks to be left alone for more than
    `retry_after_max_s` is not asked again before (but after a day), which `patience.notes` tells the nights and regions
    to come.

    Parameters
    ----------
    query
        Overpass QL.
    what
        What it is about, for messages.
    settings
        `overpass_urls`, `overpass_deadline_s`, `retry_base_s`, `retry_after_max_s` and `http_deadline_s` are used.
    patience
        How long the servers are asked at most, within `overpass_deadline_s`.
    refuse
        Raises a `SourceError` for a whole answer, of the server named, that is not wanted: then the next one is asked.

    Raises
    ------
    TransientError
        Where no server gave a whole answer and at least one may do so later; `soon` is false where the time is over or
        all that may do so asked to be left alone.
    SourceError
        Where every server refused the request itself, or gave what is not wanted.
    """
    given = patience or Patience()
    until = min(given.until, time.monotonic() + settings.overpass_deadline_s)
    problems: list[SourceError] = []
    for place, url in enumerate(settings.overpass_urls):
        now = time.monotonic()
        share_s = (until - now) / (len(settings.overpass_urls) - place)
        try:
            return _ask_one(url.rstrip("/"), query, settings, Patience(now + share_s, given.notes), refuse)
        except SourceError as problem:
            problems.append(problem)
    raise _failure(what, problems, until, settings)


def _failure(what: str, problems: Sequence[SourceError], until: float, settings: Settings) -> SourceError:
    """Sum up why no server answered, and whether to ask again is of use."""
    said = " ".join(str(problem) for problem in problems) or "no server is set: set INDUCULT_OVERPASS_URLS."
    passing = [problem for problem in problems if isinstance(problem, TransientError)]
    if not passing:
        return SourceError(f"Overpass, {what}: {said}")
    is_over = until - time.monotonic() <= longest_backoff_s(settings)
    if is_over:
        said += (
            f" The {settings.overpass_deadline_s:g} seconds for one region are over ({_DEADLINE}): the region is tried "
            "again in the next nightly run."
        )
    return TransientError(f"Overpass, {what}: {said}", soon=not is_over and any(problem.soon for problem in passing))


def slot_wait_s(status: str) -> float:
    """Read from a server's status in how many seconds it has a slot for us.

    "Rate limit: 0" means that nobody is limited. Where all slots are taken by queries of which it does not say when
    they end, the answer is 0: the server itself lets a query wait for a while.
    """
    if _AVAILABLE.search(status):
        return 0.0
    return max(0.0, float(min((int(text) for text in _LATER.findall(status)), default=0)))


def _ask_one(
    base: str, query: str, settings: Settings, patience: Patience, refuse: Callable[[Answer, str], None]
) -> tuple[bytes, Answer]:
    """Post a query to one server, as often as it is of use."""
    _refuse_left_alone(base, patience.notes)
    if patience.until <= time.monotonic():
        raise TransientError(f"{shown(base)}: no time was left to ask it.", soon=False)
    _wait_for_slot(base, settings, patience.until)
    try:
        tries = retrying(settings, within_s=patience.until - time.monotonic())
        return tries(_post, f"{base}/interpreter", query, settings, patience.until, refuse)
    except BusyServerError as problem:
        if problem.wait_s is None or problem.wait_s <= settings.retry_after_max_s:
            raise
        until = datetime.now(UTC) + min(timedelta(seconds=problem.wait_s), _LEFT_ALONE)
        _leave_alone(base, until, patience.notes)
        raise TransientError(f"{problem} It is not asked again before {until:{_MOMENT}}.", soon=False) from problem


def _refuse_left_alone(base: str, notes: Path | None) -> None:
    until = moment_of((read_json(notes) or {}).get(shown(base))) if notes is not None else None
    # A note of a clock that was wrong, or of nobody, holds for no longer than one of now.
    if until is not None and datetime.now(UTC) < until <= datetime.now(UTC) + _LEFT_ALONE:
        raise TransientError(
            f"{shown(base)}: asked to be left alone until {until:{_MOMENT}}, and is not asked before. Name another "
            "server (INDUCULT_OVERPASS_URLS), or ask it nevertheless by hand: inducult run --overpass --afresh.",
            soon=False,
        )


def _leave_alone(base: str, until: datetime, notes: Path | None) -> None:
    if notes is not None:
        with _noting:
            write_json(notes, {**(read_json(notes) or {}), shown(base): until.isoformat(timespec="seconds")})


def _wait_for_slot(base: str, settings: Settings, until: float) -> None:
    """Wait until a server has a slot.

    Raises
    ------
    BusyServerError
        Where that takes more than `retry_after_max_s`, or longer than `until` (of `time.monotonic`).
    """
    try:
        deadline_s = min(STATUS_S, _left_s(until))
        with exchange("GET", f"{base}/status", settings=settings, deadline_s=deadline_s) as answer:
            answer.check_status()
            status = answer.body(most_bytes=_STATUS_BYTES).decode("utf-8", errors="replace")
    except SourceError:
        return
    wait_s = slot_wait_s(status)
    if wait_s > min(settings.retry_after_max_s, _left_s(until)):
        raise BusyServerError(f"{shown(base)}: has no slot for {wait_s:.0f} seconds.", wait_s)
    time.sleep(wait_s)


def _left_s(until: float) -> float:
    """Return how much time is left; a request that is begun has some."""
    return max(until - time.monotonic(), 0.01)


def _post(
    url: str, query: str, settings: Settings, until: float, refuse: Callable[[Answer, str], None]
) -> tuple[bytes, Answer]:
    """Post once and return a body that is whole, JSON and free of errors, and what it says."""
    headers, data = {"Accept": "application/json"}, {"data": query}
    left_s = _left_s(until)
    with exchange(
        "POST", url, settings=settings, headers=headers, data=data, deadline_s=left_s, deadline_of=_DEADLINE
    ) as answer:
        answer.check_status()
        body = answer.body()
    try:
        told = json.loads(body)
        check_answer(told, shown(url))
    except (ValueError, RecursionError) as problem:
        said = plain(body) if body.lstrip()[:1] == b"<" else "JSON that breaks off"
        raise TransientError(
            f"{shown(url)}: answered without an error, but not with complete JSON: {said}. Ask again later."
        ) from problem
    refuse(told, shown(url))
    return body, told


def check_answer(answer: Any, where: str) -> None:
    """Refuse an answer that is only a part: a `remark` that tells of an error comes with HTTP 200.

    Raises
    ------
    TransientError
        Where the answer tells of an error, or does not have the shape of one.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        raise TransientError(
            f"{where}: answered with JSON that is not an answer of Overpass. Is this an address that ends in /api?"
        )
    remark = str(answer.get("remark", ""))
    if _BROKE_OFF.search(remark):
        raise TransientError(f"{where}: the server broke off: {remark[:200]}")
