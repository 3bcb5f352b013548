"""The folders of releases: publish one, point `current` to it, remove old ones.

A release is named by the clock, and clocks are set back: which one is newer tells the order in which they were
published, which is noted beside them.
"""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import accumulate, count
from pathlib import Path

from inducult_geo.digest import sha256
from inducult_geo.store import SUMS, DataFolder, current_release, read_json, storing, sync, write_json


@contextmanager
def new_release(folder: DataFolder) -> Iterator[Path]:
    """Give an empty folder to build a release in; on leaving without an error it is published.

    The folder takes its final name (the UTC time) and then `current` points to it. Where the newest or the current
    release holds the same bytes, nothing new is published, and `current` points to that one. On an error nothing of
    the draft remains and `current` is as it was.

    Raises
    ------
    StorageError
        Where the disk does not take it.
    """
    draft = folder.releases / f".building.{os.getpid()}"
    try:
        with storing(folder.releases):
            folder.releases.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder.releases).free
        with storing(folder.releases, free=free):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            yield draft
            final = _same(folder, draft)
            if final is None:
                for path in (*draft.rglob("*"), draft):
                    sync(path)
                final = _free_name(folder.releases)
                # Noted first: killed in between, the release has its place already.
                _note_order(folder, final)
                draft.rename(final)
                sync(folder.releases)
            _point(folder, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def release_is_whole(release: Path, hash_of: Callable[[Path], str] = sha256) -> bool:
    """Whether every file that a release's SHA256SUMS lists is there and unaltered."""
    try:
        listed = _listed(release)
        return bool(listed) and all(hash_of(release / name) == found for found, name in listed)
    except (OSError, ValueError):
        return False


def missing_files(release: Path) -> list[str]:
    """Return the names of the files that a release's SHA256SUMS lists and that are not there; no file is read."""
    try:
        return [name for _, name in _listed(release) if name and not (release / name).is_file()]
    except (OSError, ValueError):
        return []


def _listed(release: Path) -> list[tuple[str, str]]:
    """Read a release's SHA256SUMS: hash and name of each file; a line that holds no name has an empty one."""
    lines = (release / SUMS).read_text(encoding="utf-8").splitlines()
    return [(found, name) for found, _, name in (line.partition("  ") for line in lines if line)]


def _same(folder: DataFolder, draft: Path) -> Path | None:
    """Return the newest or the current release where it holds the same bytes as the draft."""
    sums = draft / SUMS
    if not sums.is_file():
        return None
    found = releases_of(folder)[-1:] + [path for path in [current_release(folder)] if path is not None]
    text = sums.read_bytes()
    for path in found:
        if (path / SUMS).is_file() and (path / SUMS).read_bytes() == text and release_is_whole(path):
            return path
    return None


def releases_of(folder: DataFolder) -> list[Path]:
    """Return every release, the oldest first: as they were published, and by their names where that is not noted."""
    found = {path.name: path for path in folder.releases.glob("[0-9]*") if path.is_dir()}
    order = [name for name in _noted_order(folder) if name in found]
    noted = {name: place for place, name in enumerate(order)}
    latest_so_far = [*accumulate(map(_by_name, order), max)]

    def place(name: str) -> tuple[int, tuple[str, int, str]]:
        # One that an older version published, or that was copied here, stands before the first with a later name.
        return noted.get(name, bisect_right(latest_so_far, _by_name(name))), _by_name(name)

    return [found[name] for name in sorted(found, key=place)]


def _by_name(name: str) -> tuple[str, int, str]:
    """Return what orders names: of one second "-10" comes after "-2"."""
    return name.partition("Z")[0], len(name), name


def _noted_order(folder: DataFolder) -> list[str]:
    """Return the names of releases as they were published; none where nobody noted it, or somebody wrote else."""
    names = (read_json(folder.published) or {}).get("releases")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _note_order(folder: DataFolder, newest: Path) -> None:
    write_json(folder.published, {"releases": [*(path.name for path in releases_of(folder)), newest.name]})


def _free_name(releases: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    names = (stamp if number == 1 else f"{stamp}-{number}" for number in count(1))
    return next(releases / name for name in names if not (releases / name).exists())


def _point(folder: DataFolder, release: Path) -> None:
    """Let `current` point to a release; where links cannot be made it is a small file with the release's name."""
    draft = folder.processed / f".current.{os.getpid()}"
    with storing(folder.current):
        draft.unlink(missing_ok=True)
        try:
            draft.symlink_to(Path("releases") / release.name)
        except (OSError, NotImplementedError):
            draft.write_text(release.name + "\n", encoding="utf-8")
            sync(draft)
        draft.replace(folder.current)
        sync(folder.processed)


def prune_releases(folder: DataFolder, keep: int, *, spared: Container[Path] = ()) -> list[str]:
    """Remove old releases; returns their names.

    The rule: the newest `keep` stay, the newest of every month stays, and the current one stays; so do those `spared`.
    """
    whole = releases_of(folder)
    of_month = {path.name[:7]: path for path in whole}
    stay = {*whole[-keep:], *of_month.values(), current_release(folder)}
    old = [path for path in whole if path not in stay and path.resolve() not in stay and path not in spared]
    for path in old:
        # Renamed first, so that a half-removed release never bears a release's name.
        doomed = path.with_name(f".old.{path.name}")
        with storing(path):
            path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return [path.name for path in old]
