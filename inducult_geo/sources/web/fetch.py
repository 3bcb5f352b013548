"""Download files on a schedule: only what changed, completely or not at all, resumed where it broke off.

A file is kept under a dated name (`sachsen-2026-11-20.osm.pbf`; the date is the publisher's `Last-Modified`, else
today's), with as many earlier ones as `downloads_kept` says. Beside it `sachsen.osm.pbf.fetched.json` tells what it is
and what the publisher said of it (ETag, Last-Modified), so that the next request can ask for a newer one only. An
unfinished download has a name that begins with a dot, and is resumed in this run or the next as long as the publisher
names the same ETag.

Nothing waits for ever. `fetch` takes at most, with one request an attempt, or two where there is a checksum,

    ATTEMPTS * requests * http_deadline_s
    + (ATTEMPTS - 1) * max(retry_after_max_s, min(LONGEST_WAIT_S, retry_base_s * 2**(ATTEMPTS - 2)) + retry_base_s)

(`ATTEMPTS` and `LONGEST_WAIT_S` are those of `http`), beside the time for checking and moving the file.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from inducult_geo.arrow.texts import text_or_none
from inducult_geo.digest import sha256
from inducult_geo.errors import SourceError, TransientError
from inducult_geo.settings import Settings
from inducult_geo.sources.web.http import Exchange, exchange, plain, retrying, shown
from inducult_geo.store import read_json, sync, write_json

MAX_BYTES = 8_000_000_000
"""No extract of a region is as large; what is larger is another file than was meant."""

_CHECKSUM_BYTES = 10_000
_DIGESTS: Mapping[int, str] = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_HEX = re.compile(r"^\s*\\?([0-9A-Fa-f]+)\b")
_NO_FILE = re.compile(
    rb"^(\xef\xbb\xbf)?(?><!--.*?-->|<\?xml[^>]*>|\s)*+(?:"
    rb"(?P<html><(!doctype\s+html|html|head|body)\b)|<(\w+:)?(?:Service)?Exception(Report)?\b|\{\s*\"error\"\s*:\s*[{\"])",
    re.IGNORECASE | re.DOTALL,
)
"""A page of HTML, or what WFS, OGC API and ArcGIS servers answer with status 200 where they did not understand."""

_RANGE = re.compile(r"^bytes (\d{1,18})-", re.ASCII)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
"""Python makes no number of thousands of digits."""

_GONE = (404, 410)


@dataclass(frozen=True)
class Fetched:
    """A file as it is kept.

    Attributes
    ----------
    path
        The dated file.
    changed
        Whether this call brought it; false where what is kept is still the publisher's.
    sha256
        Its hash.
    etag, last_modified
        What the publisher said of it; null where nothing.
    retrieved
        When it was brought (ISO 8601, UTC).
    checked
        The kind of checksum of the publisher that it agrees with; null where none is given.
    """

    path: Path
    changed: bool
    sha256: str
    etag: str | None
    last_modified: str | None
    retrieved: str
    checked: str | None = None


@dataclass(frozen=True)
class _Job:
    """One file to fetch, and the names of what lies beside it."""

    url: str
    folder: Path
    name: str
    settings: Settings
    checksum_url: str | None
    max_bytes: int

    @property
    def where(self) -> str:
        return shown(self.url)

    @property
    def note(self) -> Path:
        return self.folder / f"{self.name}.fetched.json"

    @property
    def part(self) -> Path:
        return self.folder / f".{self.name}.part"

    @property
    def part_note(self) -> Path:
        return self.folder / f".{self.name}.part.json"

    def drop_part(self) -> None:
        self.part.unlink(missing_ok=True)
        self.part_note.unlink(missing_ok=True)


def fetch(
    url: str,
    target_folder: Path,
    *,
    name: str,
    settings: Settings,
    checksum_url: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Bring a file, unless what is kept of it is still the publisher's; ends in bounded time (see the module).

    Parameters
    ----------
    url, target_folder
        http or https; the folder is made where it is missing.
    name
        The file's name without a date, such as `sachsen.osm.pbf`.
    settings
        `http_deadline_s` (of one request; the next attempt goes on where it ended) and those of retries are used.
    checksum_url
        A file that begins with the MD5, SHA-1, SHA-256 or SHA-512; that there is none (404) is no fault.
    max_bytes
        A larger file is refused.

    Raises
    ------
    TransientError
        Where the file does not come now, but may come later: busy, broken off, too slow, an empty body or a page of
        HTML in its place, or a checksum that does not agree.
    SourceError
        Where asking again is of no use: refused, too large, a wrong address, a folder that cannot be written.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise SourceError(f"'{name}' is not the name of a file. Give a name without a folder, such as sachsen.osm.pbf.")
    job = _Job(url, target_folder, name, settings, checksum_url, max_bytes)
    try:
        target_folder.mkdir(parents=True, exist_ok=True)
        with FileLock(target_folder / f".{name}.lock", timeout=0):
            return retrying(settings)(_attempt, job)
    except Timeout:
        raise TransientError(
            f"{job.note.parent / name}: is being fetched by another run. Wait for it to end."
        ) from None
    except OSError as problem:
        raise SourceError(
            f"{target_folder}: cannot be written ({problem}). Check its rights and the free space."
        ) from (problem)


def dated_name(name: str, day: date) -> str:
    """Return the name under which a file is kept: `sachsen.osm.pbf` -> `sachsen-2026-11-20.osm.pbf`."""
    path = Path(name)
    suffix = path.suffix
    if Path(path.stem).suffix in (".osm", ".json", ".geojson", ".csv", ".tar") and suffix:
        suffix = Path(path.stem).suffix + suffix
    return f"{name.removesuffix(suffix)}-{day.isoformat()}{suffix}"


def _attempt(job: _Job) -> Fetched:
    """Ask once."""
    held = _held(job)
    with exchange("GET", job.url, settings=job.settings, headers=_headers(job, held)) as answer:
        if answer.status == 304 and held is not None:
            job.drop_part()
            return held
        told = {} if answer.status == 200 else read_json(job.part_note) or {}
        if not _is_whole(answer, job):
            answer.check_status()
            _write(answer, job)
        # An answer to a request for the rest need not repeat what was said of the whole.
        said = _either(answer.header("ETag"), told, "etag"), _either(answer.header("Last-Modified"), told, "modified")
    _refuse_what_is_no_file(job)
    checked = _check(job)
    return _keep(job, held, *said, checked)


def _held(job: _Job) -> Fetched | None:
    """Return what is kept, where it is whole and from the same address."""
    note = read_json(job.note)
    if note is None or note.get("url") != job.url:
        return None
    path = job.folder / Path(str(note.get("file"))).name
    if not path.is_file() or sha256(path) != note.get("sha256"):
        return None
    texts = {name: text_or_none(note.get(name)) for name in ("etag", "last_modified", "checked")}
    return Fetched(path, changed=False, sha256=str(note["sha256"]), retrieved=str(note.get("retrieved")), **texts)


def _headers(job: _Job, held: Fetched | None) -> dict[str, str]:
    """Ask for a newer file only, and for the rest only where a part of it is there."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
    if held is not None and held.etag:
        headers["If-None-Match"] = held.etag
    elif held is not None and held.last_modified:
        headers["If-Modified-Since"] = held.last_modified
    etag = _part_etag(job)
    if etag is not None:
        headers |= {"Range": f"bytes={job.part.stat().st_size}-", "If-Range": etag}
    return headers


def _part_etag(job: _Job) -> str | None:
    """Return the ETag of an unfinished download that can be resumed."""
    note = read_json(job.part_note) or {}
    etag = text_or_none(note.get("etag"))
    there = job.part.is_file() and job.part.stat().st_size > 0
    return etag if there and note.get("url") == job.url else None


def _either(header: str | None, told: Mapping[str, Any], name: str) -> str | None:
    return header or text_or_none(told.get(name))


def _is_whole(answer: Exchange, job: _Job) -> bool:
    """Tell whether nothing is left to download: an earlier attempt ended between the last byte and the checksum."""
    if answer.status != 416:
        return False
    if job.part.is_file() and answer.header("Content-Range") == f"bytes */{job.part.stat().st_size}":
        return True
    job.drop_part()
    raise TransientError(f"{job.where}: the server will not continue the earlier download, so it starts again.")


def _write(answer: Exchange, job: _Job) -> None:
    """Write the body to the unfinished file, behind what is there where the server goes on with the same file."""
    offset = _offset(answer, job)
    _refuse_size(offset + _content_length(answer), job)
    if not offset:
        job.drop_part()
        etag = answer.header("ETag")
        # A weak ETag does not promise the same bytes, and an encoded body has others than the file.
        if etag and not etag.startswith("W/") and not answer.header("Content-Encoding"):
            write_json(job.part_note, {"url": job.url, "etag": etag, "modified": answer.header("Last-Modified")})
    with job.part.open("ab" if offset else "wb") as file:
        n_bytes = offset
        for chunk in answer.chunks():
            n_bytes += len(chunk)
            _refuse_size(n_bytes, job)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _offset(answer: Exchange, job: _Job) -> int:
    """Return where the body begins; a rest that does not fit what is there is refused, and all is begun anew."""
    if answer.status == 200:
        return 0
    begins = _RANGE.match(answer.header("Content-Range") or "")
    there = job.part.stat().st_size if job.part.is_file() else 0
    same = answer.header("ETag") is not None and answer.header("ETag") == _part_etag(job)
    if answer.status == 206 and begins and int(begins[1]) == there > 0 and same:
        return there
    job.drop_part()
    raise TransientError(f"{job.where}: answered with a part that was not asked for (HTTP {answer.status}).")


def _content_length(answer: Exchange) -> int:
    told = _LENGTH.fullmatch(answer.header("Content-Length") or "")
    return int(told[0]) if told else 0


def _refuse_size(n_bytes: int, job: _Job) -> None:
    if n_bytes > job.max_bytes:
        job.drop_part()
        raise SourceError(
            f"{job.where}: larger than {job.max_bytes:,} bytes: another file than was meant? Nothing is kept."
        )


def _refuse_what_is_no_file(job: _Job) -> None:
    """Refuse an empty body, and what says with status 200 that something is wrong."""
    with job.part.open("rb") as file:
        head = file.read(2000)
    if not head:
        job.drop_part()
        raise TransientError(f"{job.where}: the answer is empty. The earlier file is kept.")
    # Of UTF-16 a page begins with a mark, and every letter of it has a NUL beside it.
    begun = head.translate(None, b"\x00").lstrip(b"\xff\xfe")
    if found := _NO_FILE.match(begun):
        job.drop_part()
        what = "a page of HTML" if found["html"] else f"an error ({plain(begun)})"
        raise TransientError(f"{job.where}: answered with {what} instead of the file. The earlier file is kept.")


def _check(job: _Job) -> str | None:
    """Compare the download with the publisher's checksum; returns its kind, or None where there is none."""
    if job.checksum_url is None:
        return None
    with exchange("GET", job.checksum_url, settings=job.settings) as answer:
        if answer.status in _GONE:
            return None
        answer.check_status()
        text = answer.body(most_bytes=_CHECKSUM_BYTES).decode("ascii", errors="replace")
    found = _HEX.match(text)
    kind = _DIGESTS.get(len(found[1])) if found else None
    if found is None or kind is None:
        raise TransientError(f"{shown(job.checksum_url)}: holds no checksum.")
    with job.part.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    if digest != found[1].lower():
        job.drop_part()
        raise TransientError(
            f"{job.where}: its {kind} is {digest}, not {found[1].lower()} as the publisher says: it was damaged on the "
            "way, or is just being replaced. Try again later."
        )
    return kind


def _keep(job: _Job, held: Fetched | None, etag: str | None, modified: str | None, checked: str | None) -> Fetched:
    """Give the download its name; where it is what is kept already, only note what the publisher says of it now."""
    digest = sha256(job.part)
    if held is not None and held.sha256 == digest:
        result = Fetched(held.path, False, digest, etag, modified, held.retrieved, checked)
    else:
        path = job.folder / dated_name(job.name, _day(modified))
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        result = Fetched(path, True, digest, etag, modified, moment, checked)
        job.part.replace(path)
        sync(job.folder)
    job.drop_part()
    if result != held:
        earlier = _earlier(job, result.path.name)
        facts: dict[str, Any] = {"url": job.url, "file": result.path.name, **asdict(result), "earlier": earlier}
        write_json(job.note, {name: value for name, value in facts.items() if name not in ("path", "changed")})
    return result


def _earlier(job: _Job, now: str) -> list[str]:
    """Return the downloads that are kept beside the newest, the latest first; older ones are removed.

    Only what this function was told of goes: what a person put there stays, whatever it is called.
    """
    noted = read_json(job.note) or {}
    told = noted.get("earlier")
    names = [noted.get("file"), *(told if isinstance(told, list) else [])]
    # A name in the note leads nowhere else.
    known = [Path(name).name for name in dict.fromkeys(names) if isinstance(name, str) and name != now]
    there = [name for name in known if (job.folder / name).is_file()]
    keep = job.settings.downloads_kept - 1
    for name in there[keep:]:
        (job.folder / name).unlink(missing_ok=True)
    return there[:keep]


def _day(modified: str | None) -> date:
    """Return the day of `Last-Modified`; today where it is absent, unreadable or yet to come."""
    today = datetime.now(UTC).date()
    try:
        told = parsedate_to_datetime(modified or "").astimezone(UTC).date()
    except (ValueError, OverflowError):
        return today
    # A day to come would hide every later file, since the newest is found by its name.
    return min(told, today)
