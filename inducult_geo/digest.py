"""Hashes of files and frames, by which a stage knows whether anything that it depends on has changed.

A file's hash is taken anew only where its size, its times or its inode differ from when it was taken last, so that a
night in which nothing changed does not read gigabytes to find that out.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident

import pandas as pd

from inducult_geo.typed import with_none

SETTLED_S = 2.0
"""A file that was changed this short a time ago may change again within the same tick of its clock."""

_Mark = tuple[int, int, int, int]


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def frame_digest(frame: pd.DataFrame) -> str:
    """Return a hash of a frame's values, row by row in order; its index and its types do not count."""
    plain = with_none(frame)
    digest = hashlib.sha256("\n".join(map(str, plain.columns)).encode())
    digest.update(pd.util.hash_pandas_object(plain.astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()


class FileHashes:
    """SHA-256 of files, remembered from run to run in `home` (nowhere, where it is null).

    What is remembered is a convenience: where the file is lost or damaged, everything is read once more.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._lock = Lock()
        self._known: dict[str, tuple[_Mark, str]] | None = None
        self._fresh: dict[str, tuple[_Mark, str]] = {}

    def of(self, path: Path) -> str:
        """Return a file's SHA-256.

        Raises
        ------
        OSError
            Where it cannot be read.
        """
        name = str(path.resolve())
        mark = _mark(path)
        with self._lock:
            if self._known is None:
                self._known = self._read()
            held = self._fresh.get(name) or self._known.get(name)
        if held is not None and held[0] == mark:
            return held[1]
        found = sha256(path)
        if mark == _mark(path) and time.time() - max(mark[1], mark[2]) / 1e9 > SETTLED_S:
            with self._lock:
                self._fresh[name] = (mark, found)
        return found

    def save(self) -> None:
        """Remember what was hashed; where that cannot be written, the next run reads the files once more."""
        with self._lock:
            if self._home is None or not self._fresh:
                return
            whole = {**self._read(), **self._fresh}
            text = json.dumps({name: [*mark, found] for name, (mark, found) in whole.items() if Path(name).exists()})
            draft = self._home.with_name(f"{self._home.name}.{os.getpid()}-{get_ident()}")
            with suppress(OSError):
                draft.write_text(text, encoding="utf-8")
                draft.replace(self._home)
                self._known, self._fresh = whole, {}

    def _read(self) -> dict[str, tuple[_Mark, str]]:
        try:
            text = "{}" if self._home is None else self._home.read_text(encoding="utf-8")
            rows = json.loads(text).items()
            return {name: ((int(a), int(b), int(c), int(d)), str(found)) for name, (a, b, c, d, found) in rows}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def _mark(path: Path) -> _Mark:
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino
