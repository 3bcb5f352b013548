"""The log of stewards' decisions: append-only, one JSON line each; the order of lines does not matter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from inducult_geo.errors import DecisionError, is_no_plain_file
from inducult_geo.match.decided.relations import conflicts, told
from inducult_geo.match.decided.verdict import NEEDED, PART_OF, UNDECIDED, Decision, PairKey
from inducult_geo.store import sync

_CONFIRMED = 2


@dataclass(frozen=True)
class Decisions:
    """The decisions in force: the latest on each pair, but for those that were taken back.

    Attributes
    ----------
    latest
        Pair of keys, ordered -> decision; never `undecided`.
    problems
        What could not be read, contradicts itself, or is seen differently by two people; for a person.
    overruled
        Each decision that a later one took the place of, with the one in force: nothing that was said is lost.
    dissent
        The last word of each person that another's later word on the pair gainsays, and nobody confirmed since.
    taken_back
        Each decision that its own giver said otherwise since, with that person's last word.
    reopened
        Pair of keys, ordered -> the word `undecided` that is the latest on it.
    about
        Those of `problems` that are about records -> their keys.
    """

    latest: Mapping[PairKey, Decision] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    overruled: tuple[tuple[Decision, Decision], ...] = ()
    dissent: tuple[Decision, ...] = ()
    taken_back: tuple[tuple[Decision, Decision], ...] = ()
    reopened: Mapping[PairKey, Decision] = field(default_factory=dict)
    about: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, left: str, right: str) -> Decision | None:
        """Return the decision on two records, or None."""
        return self.latest.get((left, right) if left < right else (right, left))

    def last_word(self, left: str, right: str) -> Decision | None:
        """Return the decision on two records, or the word that took it back; None where nobody said any."""
        return self.of(left, right) or self.reopened.get((left, right) if left < right else (right, left))

    def __len__(self) -> int:
        return len(self.latest)

    @property
    def last_words(self) -> dict[PairKey, Decision]:
        """Pair of keys, ordered -> the last word on it, be it that it takes a decision back."""
        return {**self.latest, **self.reopened}

    @property
    def spoken(self) -> frozenset[str]:
        """Keys of all records that a decision is about, be it that one was taken back."""
        return frozenset(key for pair in self.last_words for key in pair)

    def carried(self, heirs: Mapping[str, str]) -> Decisions:
        """Return the same decisions, about the records that go on as those named.

        Parameters
        ----------
        heirs
            Key of a vanished record -> key of the record as which it goes on.
        """
        if self.spoken.isdisjoint(heirs):
            return self
        # An answer of before may be about the vanished record, and taken back of its heir.
        again = replay(moved for one in self.last_words.values() if (moved := of_heirs(one, heirs)) is not None)
        # What the words in force contradict each other in is told of the heirs, and of these alone.
        told = contradictions(self.latest.values())
        lasting = [text for text in self.problems if text not in told]
        problems = (*lasting, *(text for text in again.problems if text not in lasting))
        about = {text: keys for text, keys in self.about.items() if text not in told}
        return replace(again, problems=problems, about={**about, **again.about})


def of_heirs(one: Decision, heirs: Mapping[str, str]) -> Decision | None:
    """Let a decision speak of the heirs of its records; its note tells of whom it spoke.

    Of two records of which one goes on as the other nothing is left to say: null.
    """
    left, right = heirs.get(one.left, one.left), heirs.get(one.right, one.right)
    if left == right:
        return None
    moved = [f"'{old}' goes on as '{new}'" for old, new in ((one.left, left), (one.right, right)) if old != new]
    return replace(one, left=left, right=right, note="; ".join(filter(None, (one.note, *moved)))) if moved else one


def replay(decisions: Iterable[Decision], problems: Iterable[str] = ()) -> Decisions:
    """Bring decisions to what is in force, whatever order they come in.

    The latest word on a pair wins, whoever said it; what it overrules is kept in `overruled`. Named in `problems`,
    and not resolved, are two people whose last words on one pair differ, and words that contradict each other. Who
    took back what they said has no opinion that a later word could differ from. Where the later word was said twice
    since, nobody is waited for: who is overruled may have left.
    """
    ordered = sorted(decisions, key=lambda one: (one.pair, one.order))
    latest: dict[PairKey, Decision] = {}
    overruled: list[tuple[Decision, Decision]] = []
    dissent: list[Decision] = []
    taken_back: list[tuple[Decision, Decision]] = []
    for pair, group in groupby(ordered, key=lambda one: one.pair):
        words = [*group]
        latest[pair] = words[-1]
        overruled += [(one, words[-1]) for one in words[:-1] if meaning(one) != meaning(words[-1])]
        last_of = {one.who: one for one in words}
        dissent += [one for one in last_of.values() if one.decision != UNDECIDED and not _is_settled(one, words)]
        taken_back += [(one, last_of[one.who]) for one in words if meaning(one) != meaning(last_of[one.who])]
    about = {_disagreement(one, latest[one.pair]): frozenset(one.pair) for one in dissent}
    reopened = {pair: one for pair, one in latest.items() if one.decision == UNDECIDED}
    in_force = {pair: one for pair, one in latest.items() if pair not in reopened}
    about |= contradictions(in_force.values())
    return Decisions(
        in_force, (*problems, *about), tuple(overruled), tuple(dissent), tuple(taken_back), reopened, about
    )


def meaning(one: Decision) -> tuple[str, str]:
    """Return what a decision says of its pair: `part_of` has a direction, the other words have none."""
    return (one.decision, one.left if one.decision == PART_OF else "")


def _is_settled(one: Decision, words: Sequence[Decision]) -> bool:
    """Whether a person's last word agrees with the one in force, or that was said twice since, by whomever.

    `words` are all on the pair, in order; a line that stands twice in the log is one word.
    """
    in_force = meaning(words[-1])
    since = {later for later in words if later.order > one.order and meaning(later) == in_force}
    return meaning(one) == in_force or len(since) >= _CONFIRMED


def _disagreement(one: Decision, later: Decision) -> str:
    """Tell a dissent in a short line: `status` and every run name each of them."""
    parts = {later.left: "the first part of the second", later.right: "the second part of the first"}
    first, last = (parts[word.left] if word.decision == PART_OF else word.decision for word in (one, later))
    return (
        f"{one.who} and {later.who} differ on '{later.left}' and '{later.right}': {first} ({one.day}), then "
        f"{last} ({later.day}, obeyed). Settled when {one.who} agrees, another person says the later word, or "
        "it is said again with --note."
    )


def contradictions(latest: Iterable[Decision]) -> dict[str, frozenset[str]]:
    """Name every set of decisions that cannot all be true (see `relations.conflicts`), with the keys of its records."""
    return {
        f"These contradict each other: {told(found)}. Meanwhile records are kept apart where one of them says so; "
        "decide one of them anew.": frozenset(key for one in found for key in one.pair)
        for found in conflicts(latest)
    }


def content_of(path: Path) -> bytes:
    """Return the content of the log; a missing file has none.

    Raises
    ------
    DecisionError
        Where the file cannot be read; the message names it.
    """
    if is_no_plain_file(path):
        raise DecisionError(f"{path}: is not a file, but a pipe or device. Restore it from a backup, or remove it.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as problem:
        raise DecisionError(
            f"{path}: cannot be read ({problem.strerror}). What stewards decided stands there: give this program the "
            "right to read it, or put it back from a backup, then run again."
        ) from problem


def read_decisions(path: Path) -> Decisions:
    """Read the log; a missing file holds no decisions.

    A last line without its end (a torn write) is skipped and named in `problems`.

    Raises
    ------
    DecisionError
        Where the file or a line of it cannot be read; the message names file and line.
    """
    lines = content_of(path).split(b"\n")
    problems: list[str] = []
    found: list[Decision] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(read_word(line))
        except DecisionError as error:
            if number == len(lines):
                problems.append(f"{path}, line {number}: the last line is torn and was skipped: {error}")
                continue
            raise DecisionError(f"{path}, line {number}: {error}. Correct this line, then run again.") from None
    return replay(found, problems)


def append_decision(path: Path, decision: Decision) -> None:
    """Append one decision, and wait until it is on the disk; a torn last line is closed first.

    Where the disk does not take it, the log is as it was.

    Raises
    ------
    OSError
        Where the disk does not take the whole of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole: int | None = None
    try:
        with path.open("ab+") as log:
            if log.seek(0, os.SEEK_END):
                log.seek(-1, os.SEEK_END)
                _close_torn_line(log, path)
            whole = log.seek(0, os.SEEK_END)
            log.write(decision.as_line().encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
        if not whole:
            # The first word of all: the log is new in its folder, and this mostly in the one above.
            sync(path.parent)
            sync(path.parent.parent)
    except OSError:
        # Half a line would be told as torn every night, though nobody's word is in it.
        if whole is not None:
            with suppress(OSError):
                os.truncate(path, whole)
        raise


def _close_torn_line(log: Any, path: Path) -> None:
    """Make the log end with a whole line: complete a good one, cut a torn one."""
    if log.read(1) == b"\n":
        return
    content = path.read_bytes()
    start = content.rfind(b"\n") + 1
    try:
        read_word(content[start:])
    except DecisionError:
        log.truncate(start)
    else:
        log.write(b"\n")


def read_word(line: bytes) -> Decision:
    """Read one word from its line of the log.

    Raises
    ------
    DecisionError
        Where it is no decision.
    """
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DecisionError(f"not a line of JSON ({error})") from None
    if not isinstance(values, dict):
        raise DecisionError("not a JSON object")
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise DecisionError(f"no '{missing[0]}' in it")
    return Decision(**{name: values[name] for name in NEEDED}, note=str(values.get("note") or ""))
