"""Read items of Wikidata, written as numbers, with prefixes or as addresses."""

from __future__ import annotations

import re
from typing import Final

ITEM_NUMBER: Final = "Q[1-9][0-9]*"
"""How the number of an item is written, as a regular expression."""

_TOLD: Final = re.compile(
    rf"(?:(?:wd|wikidata):)?({ITEM_NUMBER})"
    rf"|(?:https?://)?(?:www\.|m\.)?wikidata\.org/(?:entity|wiki)/(?:special:entity(?:page|data)/)?({ITEM_NUMBER})"
    r"(?:[?#]\S*|\.[a-z]+)?",
    re.IGNORECASE,
)


def wikidata_item(text: str) -> str | None:
    """Return the number ("Q42") of the item that a text tells and nothing else; None where it tells none.

    Sources tell it as "Q42", "q42", "wd:Q42", or as an address of its page or of its data.
    """
    found = _TOLD.fullmatch(text.strip())
    return (found[1] or found[2]).upper() if found else None
