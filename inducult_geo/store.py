"""The data folder: where things are, and how to write them completely or not at all.

Everything is written beside its target under a name that begins with a dot, synced, and renamed; `current` moves
last. So whoever looks at a final name sees the whole of the old or the whole of the new.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any

from filelock import AcquireReturnProxy, FileLock, Timeout

from inducult_geo.errors import BusyError, StorageError

SUMS = "SHA256SUMS"
"""A release's list of its files' hashes: by it two releases are known to be the same."""

INPUTS = ("osm", "partners", "rasters")
"""Folders of inputs which sites, or what stands at sites, go with."""

ROOM_LEFT = 1 << 20
"""Fewer free bytes than this, and whatever failed failed for want of room."""

FILES_LEFT = 16
"""With fewer free inodes than this no file can be made, though there is room."""

_FAULTS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "a file grows beyond what is allowed here",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "writing is not allowed",
    errno.EPERM: "writing is not allowed",
    errno.EIO: "the disk reports an error",
    errno.EEXIST: "a file stands where a folder belongs",
    errno.ENOTDIR: "a file stands where a folder belongs",
    errno.EISDIR: "a folder of that name stands there",
    errno.ENAMETOOLONG: "its name is too long",
}

_NO_FILES = "the disk takes no more files, though there is room on it: its inodes are used up, as df -i tells"

_FULL = ("disk is full", "no space left", "disk full")
"""What GDAL and SQLite say of it, whose errors bear no number."""

_FAULTY = "disk i/o error"
"""What SQLite says of any other fault of a disk, and of a file that grows beyond what is allowed."""


@dataclass(frozen=True)
class DataFolder:
    """A data folder with `raw/` (inputs, never changed) and `processed/` (outputs).

    `raw` is `raw/sample` where the folder holds no data of its own: then everything that is made of it says so.
    """

    root: Path

    @property
    def is_sample(self) -> bool:
        """Whether the run is on the sample, because nothing else is there."""
        raw = self.root / "raw"
        own = any(holds_files(raw / name) for name in INPUTS)
        return not own and (raw / "sample").is_dir()

    @property
    def raw(self) -> Path:
        """Where the inputs of this run lie."""
        return self.root / "raw" / "sample" if self.is_sample else self.root / "raw"

    @property
    def catalog(self) -> Path:
        """Regions, sources and rasters of this data folder's own, over the built-in catalog."""
        return self.root / "catalog"

    @property
    def partners(self) -> Path:
        """Partner files, each with its contract beside it."""
        return self.raw / "partners"

    @property
    def rasters(self) -> Path:
        """Rasters, each with its declaration beside it."""
        return self.raw / "rasters"

    @property
    def decisions(self) -> Path:
        """The stewards' append-only log."""
        return self.root / "raw" / "decisions" / "decisions.jsonl"

    @property
    def processed(self) -> Path:
        """Where outputs go."""
        return self.root / "processed"

    @property
    def releases(self) -> Path:
        """One folder a release, named by UTC time."""
        return self.processed / "releases"

    @property
    def current(self) -> Path:
        """The link to the newest whole release."""
        return self.processed / "current"

    @property
    def registry(self) -> Path:
        """The registry of site ids."""
        return self.processed / "registry.parquet"

    @property
    def released(self) -> Path:
        """What the current release was made of, and when a run last confirmed it."""
        return self.processed / "released.json"

    @property
    def published(self) -> Path:
        """The names of the releases in the order in which they were published, whatever the clock said."""
        return self.processed / "published.json"

    @property
    def declared(self) -> Path:
        """What stewards declare, as the last run read it."""
        return self.processed / "declared.json"

    @property
    def held(self) -> Path:
        """Which folders of inputs held files in the last run."""
        return self.processed / "held.json"

    @property
    def noted(self) -> Path:
        """How the last run ended."""
        return self.processed / "last_run.json"

    @property
    def unfetched(self) -> Path:
        """Which files could not be fetched when they were last asked for, and since when."""
        return self.processed / "unfetched.json"

    @property
    def left_alone(self) -> Path:
        """Which Overpass servers asked to be left alone, and until when."""
        return self.processed / "left_alone.json"

    def region(self, region_id: str) -> Path:
        """Return the folder of one region's stage outputs."""
        return self.processed / "regions" / region_id

    @property
    def wide(self) -> Path:
        """Where the harmonized records of wide sources are kept."""
        return self.processed / "sources"

    @contextmanager
    def lock(self, *, wait_s: float = 1.0) -> Iterator[None]:
        """Hold the data folder for one run; wait that long where another holds it (a look at it takes an instant).

        Raises
        ------
        BusyError
            Where another run holds it.
        StorageError
            Where the folder cannot be written.
        """
        with storing(self.processed):
            busy = f"{self.root}: another run is at work on this data folder. Wait for it to end, then run again."
            lock = held(self.processed, busy, wait_s=wait_s)
        with lock:
            yield


def held(folder: Path, busy: str, *, wait_s: float) -> AcquireReturnProxy[FileLock]:
    """Hold the lock of a folder, which is made where there is none; it is let go where its context is left.

    Raises
    ------
    BusyError
        With the words given, where somebody else holds it after so long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / ".lock"
    with storing(lock):
        try:
            return FileLock(lock, timeout=wait_s).acquire()
        except Timeout:
            raise BusyError(busy) from None


def current_release(folder: DataFolder) -> Path | None:
    """Return the newest whole release, or None where there is none yet."""
    link = folder.current
    if link.is_dir():
        target = link.resolve()
    elif link.is_file():
        # Only the name of a folder there: an empty or damaged pointer must not pass the folder of all for a release.
        name = link.read_text(encoding="utf-8", errors="replace").strip()
        known = {path.name: path for path in folder.releases.glob("*") if not path.name.startswith(".")}
        target = known.get(name, link)
    else:
        return None
    return target if target.is_dir() else None


def confirmed_at(folder: DataFolder) -> datetime | None:
    """Return when a run last found that the current release tells what its sources say; null where none did."""
    noted, current = read_json(folder.released), current_release(folder)
    if noted is None or current is None or noted.get("release") != current.name:
        return None
    return moment_of(noted.get("confirmed"))


def moment_of(text: Any) -> datetime | None:
    """Return the time that a note tells (ISO 8601, with its zone); null where it tells none."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def holds_files(folder: Path) -> bool:
    """Whether there is a file in a folder, or below it; what is hidden is none."""
    return any(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a name to write to beside `target`; on leaving without an error it becomes `target` at once.

    Raises
    ------
    StorageError
        Where the disk does not take it; `target` is as it was.
    """
    draft = target.with_name(f".{target.stem}.{os.getpid()}-{get_ident()}{target.suffix}")
    try:
        with storing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            sync(draft)
            draft.replace(target)
            sync(target.parent)
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def storing(target: Path, *, free: int | None = None) -> Iterator[None]:
    """Turn what a disk has against writing `target` into words; any other error passes as it is.

    `free` bytes there were before a release was written, which is gone when a person looks: so many did not do.

    Raises
    ------
    StorageError
        Where the disk is full, read-only or broken, whichever library met that first.
    """
    try:
        yield
    except (StorageError, BusyError):
        raise
    except Exception as problem:
        why = _fault(problem, target)
        if why is None:
            raise
        if free is not None and why == _FAULTS[errno.ENOSPC]:
            why += f" (a new release takes more than the {free / 1e6:,.1f} MB that were free)"
        raise StorageError(
            f"{target}: cannot be written: {why}. What was there before is whole. Put this right and run again."
        ) from problem


def _fault(problem: BaseException, target: Path) -> str | None:
    """Say what the disk has against it; None where it is not the disk."""
    told: BaseException | None = problem
    while told is not None:
        if isinstance(told, OSError) and told.errno in _FAULTS and told.errno != errno.ENOSPC:
            lost = (one for one in (target, *target.parents) if one.is_symlink() and not one.exists())
            link = next(lost, None) if told.errno == errno.EEXIST else None
            return f"{link} is a link to a disk or share that is not there" if link else _FAULTS[told.errno]
        if getattr(told, "errno", None) == errno.ENOSPC or any(words in str(told).lower() for words in _FULL):
            return _crowded(target) or _FAULTS[errno.ENOSPC]
        if _FAULTY in str(told).lower():
            return _crowded(target) or f"{_FAULTS[errno.EIO]}, or files may not grow so large here"
        told = told.__cause__ or told.__context__
    # Some libraries hide the reason; whether there is room tells it.
    return _crowded(target)


def unwritable(folder: Path) -> str | None:
    """Say why the disk of a folder takes nothing, from anybody: it is full, or read-only; None where it does not."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return _FAULTS[errno.EROFS]
    return _crowded(folder)


def _crowded(target: Path) -> str | None:
    """Say of which kind of room a disk has none; None where it has some of each."""
    home = next((folder for folder in (target, *target.parents) if folder.is_dir()), None)
    if home is None:
        return None
    disk = os.statvfs(home)
    if disk.f_bavail * disk.f_frsize < ROOM_LEFT:
        return _FAULTS[errno.ENOSPC]
    return _NO_FILES if disk.f_files and disk.f_favail < FILES_LEFT else None


def write_json(target: Path, values: Mapping[str, Any]) -> None:
    """Write a mapping as JSON, whole or not at all."""
    with replacing(target) as draft:
        draft.write_text(json.dumps(values, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is missing or not whole."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def unfetched(folder: DataFolder) -> dict[str, dict[str, Any]]:
    """Return which files could not be fetched when last asked for: `since` when, of which `regions`, and `message`."""
    return {name: told for name, told in (read_json(folder.unfetched) or {}).items() if isinstance(told, dict)}


def clear_leftovers(folder: DataFolder) -> list[str]:
    """Remove what a run that was killed left behind: drafts, whose names begin with a dot; names those that are gone.

    Only for the run that holds the folder's lock: another one's drafts would be lost to it.
    """
    homes = [folder.processed, folder.releases, *folder.processed.glob("regions/*"), *folder.processed.glob("sources")]
    homes += [*folder.processed.glob("regions/*/sources"), folder.processed / "changes"]
    drafts = (path for home in homes for path in home.glob(".*") if path.name not in _KEPT_DRAFTS)
    return [str(path.relative_to(folder.processed)) for path in drafts if is_removed(path)]


_KEPT_DRAFTS = frozenset({".lock", ".prefect", ".hashes.json", ".gitkeep", ".gitignore"})


def is_removed(path: Path) -> bool:
    """Remove a file or a folder; tells whether it is gone, which one of another user may not be."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def sync(path: Path) -> None:
    """Let a file or folder reach the disk before anything points to it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
