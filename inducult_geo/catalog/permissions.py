"""What the words of a licence permit; nothing, where they say "unknown" or "internal".

Offices write no SPDX codes: "nur intern", "data of the municipality, please ask". What is neither is believed, since
only a person can tell what it permits.
"""

from __future__ import annotations

import re
from typing import Final

from inducult_geo.text import fold_once, packaged_words

_TABLE: Final = ("licence_words.csv", "says")
_SHOWN_MAX: Final = 80


def says_nothing(licence: str) -> bool:
    """Whether the words of a licence say no more than that it is not known, or there are none."""
    said = _plain(licence)
    return not said or said in packaged_words(*_TABLE)["nothing"]


def keeps_in_house(licence: str) -> bool:
    """Whether the words of a licence say that the data are not to be passed on, or that one has to ask."""
    said = f" {_plain(licence)} "
    return any(f" {words} " in said for words in packaged_words(*_TABLE)["stays"])


def permits_release(licence: str) -> bool:
    """Whether data under a licence may leave the house: one that is not known, or that says no, permits nothing."""
    return not says_nothing(licence) and not keeps_in_house(licence)


def told_of_refusal(licence: str, consequence: str) -> str:
    """Return what a steward is told of a licence that permits nothing; `consequence` says what becomes of the data."""
    return (
        f"licence = '{licence[:_SHOWN_MAX]}' permits nothing: {consequence}. If the owner permits publication, write "
        "there what was permitted"
    )


def _plain(text: str) -> str:
    """Return words in small letters without marks, one space between them."""
    return " ".join(re.findall(r"[^\W_]+", fold_once(text)))
