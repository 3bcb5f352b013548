"""Temporary copies of members of an archive, for readers that need a file of its own."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from inducult_geo.errors import ContractError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOENT})
"""Of the last Python says that none of the usual folders for temporary files takes a file."""


@contextmanager
def copied(of: str, files: Iterable[tuple[str, bytes]]) -> Iterator[Path]:
    """Give a folder that holds files, each a name and its content, until the context is left; `of` is what they are.

    Raises
    ------
    ContractError
        Where they cannot be written: there is no room for temporary files, or one bears a name that no file can have.
    """
    with ExitStack() as stack:
        with _unpacking(of):
            folder = Path(stack.enter_context(TemporaryDirectory()))
        for name, content in files:
            with _unpacking(of):
                (folder / name).write_bytes(content)
        yield folder


@contextmanager
def _unpacking(of: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as problem:
        has_no_room = isinstance(problem, OSError) and problem.errno in _NO_ROOM
        end = (
            "The file is none the worse: make room for temporary files, or let TMPDIR name a folder that has some"
            if has_no_room
            else "Pack it again"
        )
        raise ContractError(f"{of} cannot be unpacked: {problem}. {end}.") from problem
