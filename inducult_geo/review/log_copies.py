"""Copies of the decisions log that a file sync made beside it, where two computers wrote at once.

What stands in one alone was decided, and nobody obeys it: that is told, and can be taken in.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence, Set
from pathlib import Path

from inducult_geo.errors import ContractError, DecisionError
from inducult_geo.match.decided.decisions import append_decision, read_word
from inducult_geo.match.decided.verdict import Decision
from inducult_geo.store import storing
from inducult_geo.text import counted


def copies_told(log: Path) -> list[str]:
    """Say of each copy of the log beside it how many words stand in it that the log has not, and what to do."""
    found = sorted(path for path in log.parent.glob(f"{log.stem}*{log.suffix}") if path != log and path.is_file())
    told = []
    said = _lines_of(log) if found else set()
    for copy in found:
        try:
            number = len(_words_lacking(words_of(copy), said))
        except DecisionError as problem:
            told.append(str(problem))
            continue
        if number:
            told.append(
                f"{copy}: holds {counted(number, 'answer')} that {log.name} has not, and that nobody obeys: a program "
                "that syncs folders makes such a copy where two computers wrote at once. Import it: inducult review "
                f"import {shlex.quote(str(copy))}"
            )
    return told


def take_in(copy: Path, log: Path) -> tuple[list[Decision], int]:
    """Append the words of a copy that the log has not, each with its own day and giver; returns them, and the others.

    Raises
    ------
    ContractError
        Where no word stands in the copy.
    DecisionError, StorageError
        Where it cannot be read, or the log not be written.
    """
    words = words_of(copy)
    if not words:
        raise ContractError(f"{copy}: contains no answers as the log of decisions does. Name an edited table.")
    fresh = _words_lacking(words, _lines_of(log))
    with storing(log):
        for one in fresh:
            append_decision(log, one)
    return fresh, len(words) - len(fresh)


def _words_lacking(words: Sequence[Decision], said: Set[str]) -> list[Decision]:
    """Return the words whose lines are none of those that were said, each once."""
    return list({line: one for one in words if (line := one.as_line()) not in said}.values())


def words_of(path: Path) -> list[Decision]:
    """Return the words of a log or of a copy, one a line; what is none is passed over.

    Raises
    ------
    DecisionError
        Where it cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise DecisionError(
            f"{path}: cannot be read ({problem.strerror}). It may contain answers: make it readable, then run again."
        ) from problem
    return [word for line in lines if (word := _word(line)) is not None]


def _lines_of(log: Path) -> set[str]:
    return {one.as_line() for one in words_of(log)} if log.is_file() else set()


def _word(line: bytes) -> Decision | None:
    try:
        return read_word(line)
    except (ValueError, TypeError, AttributeError, RecursionError, DecisionError):
        return None
