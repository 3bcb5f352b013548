"""Detect late answers: their file was written before somebody else decided, or they were imported before.

A question is open only where no word on its records is in force, or where one that took it back is told in its `why`.
So what a file knew stands in the file itself, whatever the clock of the machine on which it was saved.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from inducult_geo.match.decided.decisions import Decisions, meaning, of_heirs
from inducult_geo.match.decided.relations import told
from inducult_geo.match.decided.verdict import UNDECIDED, Decision
from inducult_geo.match.identity.continuity import last_keys
from inducult_geo.match.questions import question_id


@dataclass(frozen=True)
class Lateness:
    """What is held against answers of a file: the words of others that it did not know.

    Attributes
    ----------
    log
        The log, and the same about its records under the keys that these have now.
    carried
        See `log`.
    heirs
        Key that a record of the file or of the log had before -> the one that it has now.
    was_asked
        Whether one of the last releases asked the question with an id.
    """

    log: Decisions
    carried: Decisions
    heirs: Mapping[str, str]
    was_asked: Callable[[str], bool]

    def why_late(self, one: Decision, review_id: str, known: str) -> str | None:
        """Say why an answer does not overrule what somebody else said since it was asked for; None where it may.

        Parameters
        ----------
        one
            The answer.
        review_id
            The id of the question as its row has it; "" where that names records alone.
        known
            The `why` of the row: what was known when it was asked.
        """
        later = self._last_word(one)
        if later is None or later.who == one.who or meaning(later) == meaning(one) or self._returns(one):
            return None
        if later.decision == UNDECIDED and (later.moment in known or not review_id):
            return None
        # A list of pairs that a person made by hand is no answer to a question, and meant as it is.
        if not review_id and not self.was_asked(question_id(*one.pair)):
            return None
        word = shlex.join([one.left, one.decision, one.right, "--who", one.who])
        return (
            f"{told([later])}, which was not known yet when this question was exported, so the answer of {one.who} "
            f"comes late and is not taken. If it is to count nevertheless: inducult review decide {word} (with --note "
            "and the reason), or import the file with --overrule, which takes all late answers"
        )

    def _last_word(self, one: Decision) -> Decision | None:
        """Return the last word on the records of an answer, be it under keys that they had before or have since."""
        now = of_heirs(one, self.heirs)
        if now is None:
            return self.log.last_word(*one.pair)
        word, back = self.carried.last_word(*now.pair), {now.left: one.left, now.right: one.right}
        return replace(word, left=back[word.left], right=back[word.right]) if word else None

    def _returns(self, one: Decision) -> bool:
        """Whether its giver was overruled on these records before, and gives a reason now: that is no late word."""
        before = (*self.log.overruled, *self.log.taken_back)
        return bool(one.note) and any(
            earlier.who == one.who and earlier.pair == one.pair and earlier.note != one.note for earlier, _ in before
        )


def lateness(
    answers: Iterable[Decision],
    log: Decisions,
    registry: pd.DataFrame,
    was_asked: Callable[[str], bool],
    present: Iterable[str] = (),
) -> Lateness:
    """Prepare what answers of a file are held against (see `Lateness`), where records with the keys `present` are."""
    heirs = last_keys(log.spoken.union(*(one.pair for one in answers)), registry, present)
    return Lateness(log, log.carried(heirs), heirs, was_asked)


def why_stale(one: Decision, log: Decisions) -> str | None:
    """Say why an answer of a file is no new word: who gave it said it before, and a later word was given since."""
    for earlier, later in (*log.overruled, *log.taken_back):
        is_again = (earlier.pair, earlier.who, meaning(earlier)) == (one.pair, one.who, meaning(one))
        if is_again and one.note in ("", earlier.note):
            return (
                f"{one.who} said so on {earlier.day} already, and {later.who} '{later.decision}' on "
                f"{later.day}: is the file an old one? To say it anew, give the reason in `note`"
            )
    return None
