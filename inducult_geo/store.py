"""The data folder: where things lie, and how they get there whole or not at all.

Everything is written beside its target under a name that begins with a dot, synced, and renamed; `current` moves
last. So whoever looks at a final name sees the whole of the old or the whole of the new.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import get_ident
from typing import Any

from filelock import FileLock, Timeout

from inducult_geo.errors import BusyError, InducultError


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
        own = any(_holds_files(raw / name) for name in ("osm", "partners", "rasters"))
        return not own and (raw / "sample").is_dir()

    @property
    def raw(self) -> Path:
        """Where the inputs of this run lie."""
        return self.root / "raw" / "sample" if self.is_sample else self.root / "raw"

    @property
    def partners(self) -> Path:
        """Partner files, each with its contract beside it."""
        return self.raw / "partners"

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

    def region(self, region_id: str) -> Path:
        """Return the folder of one region's stage outputs."""
        return self.processed / "regions" / region_id

    def source(self, source_id: str) -> Path:
        """Return the folder of one wide source's harmonized records."""
        return self.processed / "sources" / source_id

    @contextmanager
    def lock(self, *, wait_s: float = 0) -> Iterator[None]:
        """Hold the data folder for one run; wait that long where another holds it.

        Raises
        ------
        BusyError
            Where another run holds it.
        """
        self.processed.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.processed / ".lock", timeout=wait_s)
        try:
            with lock:
                yield
        except Timeout:
            message = f"{self.root}: another run is at work on this data folder. Wait for it to end, then run again."
            raise BusyError(message) from None


def current_release(folder: DataFolder) -> Path | None:
    """Return the newest whole release, or None where there is none yet."""
    link = folder.current
    if link.is_symlink() or link.is_dir():
        target = link.resolve()
    elif link.is_file():
        target = folder.releases / link.read_text(encoding="utf-8").strip()
    else:
        return None
    return target if target.is_dir() else None


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() and not path.name.startswith(".") for path in folder.rglob("*"))


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a name to write to beside `target`; on leaving without an error it becomes `target` at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.stem}.{os.getpid()}-{get_ident()}{target.suffix}")
    try:
        yield draft
        sync(draft)
        draft.replace(target)
    except PermissionError as problem:
        raise InducultError(
            f"{target}: cannot be replaced. Close the program that has it open, and run again."
        ) from problem
    finally:
        draft.unlink(missing_ok=True)


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


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def new_release(folder: DataFolder) -> Iterator[Path]:
    """Give an empty folder to build a release in; on leaving without an error it is published.

    The folder takes its final name (the UTC time) and then `current` points to it. On an error nothing of it
    remains and `current` is as it was.
    """
    folder.releases.mkdir(parents=True, exist_ok=True)
    draft = folder.releases / f".building.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        yield draft
        for path in draft.rglob("*"):
            sync(path)
        final = _free_name(folder.releases)
        draft.rename(final)
        sync(folder.releases)
        _point(folder, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _free_name(releases: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    names = [stamp, *(f"{stamp}-{number}" for number in range(2, 100))]
    return next(releases / name for name in names if not (releases / name).exists())


def _point(folder: DataFolder, release: Path) -> None:
    """Let `current` point to a release; where links cannot be made it is a small file with the release's name."""
    draft = folder.processed / f".current.{os.getpid()}"
    draft.unlink(missing_ok=True)
    try:
        draft.symlink_to(Path("releases") / release.name)
    except (OSError, NotImplementedError):
        draft.write_text(release.name + "\n", encoding="utf-8")
    draft.replace(folder.current)


def prune_releases(folder: DataFolder, keep: int) -> list[str]:
    """Remove the oldest releases beyond `keep`, never the current one; returns their names."""
    current = current_release(folder)
    whole = sorted(path for path in folder.releases.glob("[0-9]*") if path.is_dir())
    old = [path for path in whole[: max(0, len(whole) - keep)] if path != current]
    for path in old:
        # Renamed first, so that a half-removed release never bears a release's name.
        doomed = path.with_name(f".old.{path.name}")
        path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return [path.name for path in old]


def sync(path: Path) -> None:
    """Let a file or folder reach the disk before anything points to it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
