"""Progress: a bar on a terminal, plain lines elsewhere, all on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Give two callbacks: one told of every step, one told how many of how many are done."""
    if quiet:
        yield (lambda _: None), (lambda _done, _total: None)
    elif sys.stderr.isatty():
        with _bar() as callbacks:
            yield callbacks
    else:
        yield (lambda text: print(text, file=sys.stderr, flush=True)), (lambda _done, _total: None)  # noqa: T201


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
