"""The four decisions that a person can take about two records, and the words for them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from inducult_geo.errors import DecisionError

SAME: Final = "same"
PART_OF: Final = "part_of"
DIFFERENT: Final = "different"
VERDICTS: Final = (SAME, PART_OF, DIFFERENT)

UNDECIDED: Final = "undecided"
"""Takes back what was said of a pair: it stands as if nobody had decided, and is asked again where that is doubtful."""

WORDS: Final = (*VERDICTS, UNDECIDED)

NEEDED: Final = ("who", "when", "left", "right", "decision")

PairKey = tuple[str, str]

_MINUTE: Final = len("2026-03-01T09:30")

_LOST: Final = re.compile("[\ud800-\udfff]")
"""Half a character: what a terminal makes of bytes that are no UTF-8."""


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
        `same` (one site), `part_of` (two sites, the left within the right), `different` (two sites), or `undecided`
        (what was said of the pair before is taken back).
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
        for name in NEEDED:
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise DecisionError(f"a decision needs text in '{name}'")
        lost = next((name for name in (*NEEDED, "note") if _LOST.search(getattr(self, name))), None)
        if lost is not None:
            raise DecisionError(f"'{lost}' holds half a character, which no file can hold: write it again in UTF-8")
        if self.decision not in WORDS:
            raise DecisionError(f"decision '{self.decision}' is not one of: {', '.join(WORDS)}")
        if self.left == self.right:
            raise DecisionError(f"left and right are both '{self.left}': a decision is about two records")
        try:
            # The first hours of the year 1 are those of the year 0 elsewhere.
            datetime.fromisoformat(self.when).astimezone(UTC)
        except (ValueError, OverflowError):
            raise DecisionError(f"when '{self.when}' is not an ISO 8601 time (2026-03-01T09:30:00+00:00)") from None

    @property
    def pair(self) -> PairKey:
        """The two keys, ordered, so that (a, b) and (b, a) are one pair."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)

    @property
    def day(self) -> str:
        """The day on which it was said, as its time has it."""
        return datetime.fromisoformat(self.when).date().isoformat()

    @property
    def moment(self) -> str:
        """When it was said as a person reads it: to the minute, in UTC where an offset tells that."""
        moment = datetime.fromisoformat(self.when)
        return (
            f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment.tzinfo else self.when[:_MINUTE].replace("T", " ")
        )

    @property
    def order(self) -> tuple[float, str]:
        """What comes later wins; at the same time the content decides, so that the order of lines never does."""
        moment = datetime.fromisoformat(self.when)
        stamp = moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp()
        return (stamp, self.as_line())

    def as_line(self) -> str:
        """Write the decision as one line of JSON."""
        kept = {name: getattr(self, name) for name in (*NEEDED, "note")}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)
