"""Progress: a bar on a terminal, plain lines elsewhere, all on standard error.

What the package logs is told, too: information always, finer steps (debug) on a terminal, and in a log that would
otherwise be silent.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Say = Callable[[str], None]
Advance = Callable[[int, int], None]

_SILENCE_S = 1.0
"""After so long without a line the next finer step is told in a log, too: of a small region, none."""


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
        with _bar() as (say, advance), _logged_to(say, finer=say):
            yield say, advance
    else:
        lines = _Lines()
        with _logged_to(lines.say, finer=lines.say_in_silence):
            yield lines.say, _no_advance


class _Lines:
    """Tells plain lines on standard error."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()

    def say(self, text: str) -> None:
        """Tell a line."""
        self._last_s = time.monotonic()
        # A log on a full disk must not cost the night its work: the note of the run tells how it ended.
        with suppress(OSError):
            print(text, file=sys.stderr, flush=True)  # noqa: T201

    def say_in_silence(self, text: str) -> None:
        """Tell a line if the last one was long ago."""
        if time.monotonic() - self._last_s >= _SILENCE_S:
            self.say(text)


def _no_advance(_done: int, _total: int) -> None:
    """Show nothing."""


class _Teller(logging.Handler):
    """Hands log records on to a callback, finer ones to another."""

    def __init__(self, say: Say, finer: Say) -> None:
        super().__init__(logging.DEBUG)
        self._say, self._finer = say, finer

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        (self._say if record.levelno >= logging.INFO else self._finer)(record.getMessage())


@contextmanager
def _logged_to(say: Say, *, finer: Say) -> Iterator[None]:
    logger, teller = logging.getLogger("inducult_geo"), _Teller(say, finer)
    before = logger.level
    logger.addHandler(teller)
    logger.setLevel(logging.DEBUG)
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
