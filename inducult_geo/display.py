"""Progress: a bar on a terminal, plain lines elsewhere, all on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Say = Callable[[str], None]
Advance = Callable[[int, int], None]


def console() -> Console:
    """Return a console for what a command tells at its end: wrapped on a terminal, whole lines elsewhere."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[tuple[Say, Advance]]:
    """Give two callbacks: one told of every step, one told how many of how many are done.

    What the package logs meanwhile is told as a step as well.
    """
    if quiet:
        yield (lambda _: None), _no_advance
    elif sys.stderr.isatty():
        with _bar() as (say, advance), _logged_to(say):
            yield say, advance
    else:
        with _logged_to(_say_plainly):
            yield _say_plainly, _no_advance


def _say_plainly(text: str) -> None:
    # A log on a full disk must not cost the night its work: the note of the run tells how it ended.
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def _no_advance(_done: int, _total: int) -> None:
    """Show nothing."""


class _Teller(logging.Handler):
    """Hands log records on to a callback."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        self._say(record.getMessage())


@contextmanager
def _logged_to(say: Say) -> Iterator[None]:
    logger, teller = logging.getLogger("inducult_geo"), _Teller(say)
    before = logger.level
    logger.addHandler(teller)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.setLevel(before)


@contextmanager
def _bar() -> Iterator[tuple[Say, Advance]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield (
            lambda text: bar.update(task, description=escape(text)),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
