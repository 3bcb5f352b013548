"""A look at what answers would do: they go into a copy of the log of decisions, which is thrown away."""

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
