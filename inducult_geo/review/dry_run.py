"""A look at what answers would do: they go into a copy of the log of decisions, which is thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def log_to_write(log: Path, *, dry_run: bool) -> Iterator[Path]:
    """Give the log of decisions that answers are appended to: itself, or in a dry run a copy of it for the time being.

    Raises
    ------
    OSError
        Where the folder for temporary files does not take the copy.
    """
    if not dry_run:
        yield log
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / log.name
        if log.exists():
            shutil.copyfile(log, copy)
        yield copy
