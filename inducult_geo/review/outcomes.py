"""The outcome of an import: which answers were taken, which not and why, and what to look at in the log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import pandas as pd

from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.verdict import Decision
from inducult_geo.text import counted, first_few, printable

_NAMED_MAX: Final = 5


@dataclass(frozen=True)
class Refusal:
    """An answer that was not taken: its question (empty where nobody asked), records and word, and why not."""

    review_id: str
    decision: str
    reason: str
    records: tuple[str, str] = ("", "")

    @property
    def told(self) -> str:
        """In words: which answer, and why it was not taken."""
        left, right = self.records
        is_pair = not self.review_id and (left or right)
        said = f"{left} {self.decision} {right}" if is_pair else f"{self.review_id} '{self.decision}'".strip()
        return f"{said}: {self.reason}"


@dataclass(frozen=True)
class ImportOutcome:
    """What became of the answers in an edited review.

    Attributes
    ----------
    added
        Decisions appended to the log.
    changed
        Those of `added` that overrule an earlier word on the same two records, told in words.
    unchanged
        How many answers the log held already.
    still_open
        How many questions about pairs have no answer in the log, those refused among them.
    wordless
        Questions whose row has a note or a name, and no decision: nothing is taken from it.
    refused
        Answers that cannot be obeyed; nothing of them was written.
    places
        Questions about places without an answer: they are settled in the source's file or contract, not by a decision.
    problems
        What the log itself says that contradicts itself.
    remarks
        What stands in the file beside its cells, and nobody reads; which words say what no run could make otherwise.
    """

    added: tuple[Decision, ...]
    changed: tuple[str, ...]
    unchanged: int
    still_open: int
    wordless: tuple[str, ...]
    refused: tuple[Refusal, ...]
    places: tuple[str, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def with_remarks(self, *more: str) -> ImportOutcome:
        """Return the outcome with further remarks."""
        return replace(self, remarks=(*self.remarks, *more))

    @property
    def exit_code(self) -> int:
        """0 where every answer was taken, 1 where some were refused."""
        return 1 if self.refused else 0

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON can hold it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Tell the outcome, one thing a line; text of the file cannot steer a terminal."""
        told = [
            f"{counted(len(self.added), 'answer')} taken, {self.unchanged} known already, "
            f"{self.still_open} of the questions here still open"
        ]
        told += [f"{one.who}: {one.left} {one.decision} {one.right}" for one in self.added]
        told += [f"changed: {text}" for text in self.changed]
        told += [f"refused: {one.told}" for one in self.refused]
        told += [f"place: {text}" for text in self.places]
        if self.wordless:
            some = first_few(self.wordless, _NAMED_MAX)
            told.append(f"a note or a name without a decision, so nothing is taken: {some}")
        told += [*self.remarks, *(f"the log: {text}" for text in self.problems)]
        return [printable(text) for text in told]


def told_of(keys: Collection[str], log: Decisions, registry: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the log tells of records and of others of their sites; and how much it tells of further ones.

    Parameters
    ----------
    keys
        The records that somebody spoke of.
    log
        The log, with what is disputed in it.
    registry
        Which site each record was given.
    """
    sites = registry.loc[registry["record_key"].isin([*keys]), "site_id"]
    near = {*keys, *registry.loc[registry["site_id"].isin(sites), "record_key"].dropna()}
    others = [text for text in log.problems if near.isdisjoint(log.about.get(text, near))]
    here = tuple(text for text in log.problems if text not in others)
    told = f"the log: {counted(len(others), 'dispute')} about other sites: `inducult status` tells each"
    return here, (told,) if others else ()
