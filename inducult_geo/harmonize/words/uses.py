"""Find the present use of a place, where no column of uses states it."""

from __future__ import annotations

from typing import Any, Final

from inducult_geo.catalog.models import CLOSED
from inducult_geo.harmonize.words.vocabulary import Vocabulary
from inducult_geo.text import clean_text, fold_once

_VISITED: Final = "visitor"
"""The kind of types that are there for visitors."""


def use_instead(cell: Any, vocabulary: Vocabulary) -> str | None:
    """Return the use that a cell tells where a condition belongs, "museum" say: nothing of it is a condition.

    What tells that there is none ("none", "brak") is about the condition there, not about the use.
    """
    return None if vocabulary.map_status(clean_text(cell)) == "unknown" else vocabulary.map_use(clean_text(cell))


def use_of(use: str, status: str, cell: Any, kind: str | None, vocabulary: Vocabulary) -> str:
    """Return the use of a record, "unknown" where nothing tells it.

    Parameters
    ----------
    use, status
        As their own columns tell them.
    cell
        What stands in the column of conditions.
    kind
        The type: a museum, or a mine for visitors, is used as such unless it is closed.
    """
    if use != "unknown":
        return use
    # An empty building is out of use and has none today; of "closed" only the first is told.
    is_told = status == "unknown" or fold_once(clean_text(cell) or "") in vocabulary.empty_words
    told = use_instead(cell, vocabulary) if is_told else None
    entry = vocabulary.types.get(kind or "")
    is_visited = entry is not None and entry.kind == _VISITED and status not in CLOSED
    return told or ("museum" if is_visited else "unknown")
