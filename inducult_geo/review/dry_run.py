"""Dry runs: answers are written to a copy of the decisions log, which is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from inducult_geo.match.decided.decisions import content_of
from inducult_geo.store import storing


@contextmanager
def log_to_write(log: Path, *, dry_run: bool) -> Iterator[Path]:
    """Give the log of decisions that answers are appended to: itself, or in a dry run a copy of it for the time being.

    Raises
    ------
    DecisionError
        In a dry run, where the log cannot be read.
    StorageError
        Where the folder for temporary files does not take the copy.
    """
    if not dry_run:
        yield log
        return
    said = content_of(log)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / log.name
        with storing(copy):
            copy.write_bytes(said)
        yield copy
