"""What stewards decided: an append-only log, one JSON line each, read so that the order of lines does not matter."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from inducult_geo.errors import DecisionError

SAME: Final = "same"
PART_OF: Final = "part_of"
DIFFERENT: Final = "different"
VERDICTS: Final = (SAME, PART_OF, DIFFERENT)

_NEEDED: Final = ("who", "when", "left", "right", "decision")

PairKey = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """A steward's word on two records.

    Attributes
    ----------
    who, when
        The steward, and the time (ISO 8601; with an offset where it has a clock time of day).
    left, right
        Record keys; with `part_of`, `left` is the part and `right` the whole.
    decision
        `same`, `part_of` or `different`.
    note
        Why, in the steward's words.
    """

    who: str
    when: str
    left: str
    right: str
    decision: str
    note: str = ""

    def __post_init__(self) -> None:
        """Check what is said.

        Raises
        ------
        DecisionError
            Where it says nothing usable.
        """
        for name in _NEEDED:
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise DecisionError(f"a decision needs text in '{name}'")
        if self.decision not in VERDICTS:
            raise DecisionError(f"decision '{self.decision}' is none of: {', '.join(VERDICTS)}")
        if self.left == self.right:
            raise DecisionError(f"left and right are both '{self.left}': a decision is about two records")
        try:
            datetime.fromisoformat(self.when)
        except ValueError:
            raise DecisionError(f"when '{self.when}' is no ISO 8601 time, such as 2026-03-01T09:30:00+00:00") from None

    @property
    def pair(self) -> PairKey:
        """The two keys, ordered, so that (a, b) and (b, a) are one pair."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)

    @property
    def order(self) -> tuple[float, str]:
        """What comes later wins; at the same time the content decides, so that the order of lines never does."""
        moment = datetime.fromisoformat(self.when)
        stamp = moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=_UTC).timestamp()
        return (stamp, self.as_line())

    def as_line(self) -> str:
        """Write the decision as one line of JSON."""
        kept = {name: getattr(self, name) for name in (*_NEEDED, "note")}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)


_UTC: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00").tzinfo


@dataclass(frozen=True)
class Decisions:
    """The decisions in force: the latest on each pair.

    Attributes
    ----------
    latest
        Pair of keys, ordered -> decision.
    problems
        What could not be read or contradicts itself, for a person.
    """

    latest: Mapping[PairKey, Decision] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def of(self, left: str, right: str) -> Decision | None:
        """Return the decision on two records, or None."""
        return self.latest.get((left, right) if left < right else (right, left))

    def __len__(self) -> int:
        return len(self.latest)


def replay(decisions: Iterable[Decision], problems: Iterable[str] = ()) -> Decisions:
    """Bring decisions to what is in force, whatever order they come in.

    The latest word on a pair wins; contradictions between pairs are named in `problems`, not resolved.
    """
    ordered = sorted(decisions, key=lambda one: (one.pair, one.order))
    latest = {pair: [*group][-1] for pair, group in groupby(ordered, key=lambda one: one.pair)}
    return Decisions(latest, (*problems, *contradictions(latest.values())))


def contradictions(latest: Iterable[Decision]) -> tuple[str, ...]:
    """Name every `different` between two records that other decisions make one site."""
    words = [*latest]
    group: dict[str, str] = {}
    for one in words:
        if one.decision != DIFFERENT:
            a, b = sorted((root(group, one.left), root(group, one.right)))
            group[b] = a
    return tuple(
        f"{one.who} said on {one.when} that '{one.left}' and '{one.right}' are different, but other decisions make "
        "them one site. The word 'different' is obeyed; decide one of the others anew."
        for one in sorted(words, key=lambda one: one.pair)
        if one.decision == DIFFERENT and root(group, one.left) == root(group, one.right)
    )


def root(group: dict[str, str], key: str) -> str:
    """Follow a key to the one that stands for its group."""
    while group.get(key, key) != key:
        key = group[key]
    return key


def read_decisions(path: Path) -> Decisions:
    """Read the log; a missing file holds no decisions.

    A last line without its end (a torn write) is skipped and named in `problems`.

    Raises
    ------
    DecisionError
        Where a line cannot be read; the message names file and line.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Decisions()
    lines = content.split(b"\n")
    problems: list[str] = []
    found: list[Decision] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_read_line(line))
        except DecisionError as error:
            if number == len(lines):
                problems.append(f"{path}, line {number}: the last line is torn and was skipped: {error}")
                continue
            raise DecisionError(f"{path}, line {number}: {error}. Mend this line, then run again.") from None
    return replay(found, problems)


def append_decision(path: Path, decision: Decision) -> None:
    """Append one decision and wait until it is on the disk; a torn last line is closed first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as log:
        log.seek(0, os.SEEK_END)
        if log.tell():
            log.seek(-1, os.SEEK_END)
            _close_torn_line(log, path)
        log.write(decision.as_line().encode() + b"\n")
        log.flush()
        os.fsync(log.fileno())


def _close_torn_line(log: Any, path: Path) -> None:
    """Make the log end with a whole line: complete a good one, cut a torn one."""
    if log.read(1) == b"\n":
        return
    content = path.read_bytes()
    start = content.rfind(b"\n") + 1
    try:
        _read_line(content[start:])
    except DecisionError:
        log.truncate(start)
    else:
        log.write(b"\n")


def _read_line(line: bytes) -> Decision:
    """Read one line.

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
    missing = [name for name in _NEEDED if name not in values]
    if missing:
        raise DecisionError(f"no '{missing[0]}' in it")
    return Decision(**{name: values[name] for name in _NEEDED}, note=str(values.get("note") or ""))
