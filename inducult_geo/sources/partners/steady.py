"""Detect a partner's file that is replaced while it is read: what is kept of it must belong together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.table import Table
from inducult_geo.sources.formats.vector_files import COMPANIONS, parts_beside

_ATTEMPTS: Final = 3


def read_steadily(path: Path, read: Read) -> tuple[Table, str]:
    """Read a file that stays the same meanwhile, and return its table with the hash of what was read.

    Raises
    ------
    ContractError
        Where it cannot be read.
    SourceError
        Where somebody writes it each time that it is read.
    """
    for _ in range(_ATTEMPTS):
        before = _marks(path)
        try:
            table, digest = read_table(path, read), _digest(path)
        except ContractError:
            # Half of a new version is no fault of the file.
            if _marks(path) == before:
                raise
            continue
        if _marks(path) == before:
            return table, digest
    raise SourceError(f"{path}: is being written while it is read. Let the copy end, then run again.")


def _parts(path: Path) -> Iterator[Path]:
    """Yield a file and those that belong to it: a shapefile's attributes are not in its .shp."""
    yield path
    beside = parts_beside(path)
    yield from (beside[ending] for ending in COMPANIONS.get(path.suffix.lower(), ()) if ending in beside)


def _marks(path: Path) -> list[tuple[int, ...]]:
    """Return what tells of a file and its parts whether they were written since; nothing where they are not there."""
    try:
        states = [part.stat() for part in _parts(path)]
    except OSError:
        return []
    return [(one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino) for one in states]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for part in _parts(path):
        digest.update(part.read_bytes())
    return digest.hexdigest()
