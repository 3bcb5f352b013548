"""Read addresses: the words of the street, and the numbers of the houses.

Lists tell where works are in three ways: a house in a street, a post box, a place along a road. Only the first has a
house number: that of a box is left out (what has a box alone has no street), that of a road ("N-240", "SS 106") is a
word of the street, and so is a milestone ("km 38,9"). "3-7" are the houses from 3 to 7.
"""

from __future__ import annotations

import re
from typing import Final

from inducult_geo.text.folding import spelling_key
from inducult_geo.text.lexicon import WORD

_BOX: Final = re.compile(
    r"\b(?:(?:p\.?\s?o\.?\s?|post(?:al)?\s?)?box|post(?:fach|schliessfach|bus|boks|ilokero)|boite postale|"
    r"casella postale|apartado|ap(?:ar|t)?do|postafiok|skrytka|skr|casuta postala|"
    r"b\.?\s?p|p\.?\s?b|p\.?\s?l|p\.?\s?f|c\.?\s?p|c\.?\s?s|t\.?\s?s\.?\s?a)"
    r"(?:\s?(?:(?:de )?correos|postal|pocztowa|poczt)\b)?[\s.:*-]*(?:n[°ºro]{1,2}\s?)?\d[\d-]*"
)
"""Post boxes in languages of Europe, with their number, folded."""

_ROAD: Final = re.compile(
    r"\b(?:(?!(?:km|nr|no|pk)\b)([a-z]{1,2})\s?-\s?|"
    r"(s\.?\s?s\.?|s\.?\s?p\.?|sr|rd|rn|cd|cv|cm|lp|dn|dj|en|statale|provincial[ei]?|national[ea]?|nacional|"
    r"departementale)\s?)(?=\d)"
)
"""What stands before the number of a road: letters and a hyphen, or what means a road."""

_WRITTEN_OUT: Final = {"statale": "ss", "provinciale": "sp", "nationale": "rn", "departementale": "rd"}
_STONE: Final = re.compile(r"\b(?:km|p\.?k)\b[\s.:]*(\d+)(?:[.,+]\d+)?|\b(?:km|pk)(\d+)(?:[.,+]\d+)?")
"""A milestone; its fraction is left out."""

_STREET: Final = re.compile(r"(?<=\w)(strasse|strase|str)\b\.?|\b(strasse|str)\b\.?")
_RANGE: Final = re.compile(r"\b(\d{1,4})\s?-\s?(\d{1,4})\b")
_NUMBER: Final = re.compile(r"\b(\d+)\s*([a-z])?\b")
_EMPTY: Final = frozenset(("snc", "nr", "no", "km", "via", "str", "de", "la", "le", "les", "di", "der", "die", "am"))
_LONGEST_NUMBER: Final = 4
"""Digits of a house number; longer ones are postcodes."""

_LONGEST_RANGE: Final = 20
"""Houses from one number to another; what is longer is no range."""


def read_address(address: str) -> tuple[list[str], list[str]]:
    """Return the words of the street and the house numbers ("24", "24a") of an address, folded.

    Without a post box and what is no number of a house (see the module).
    """
    told = _BOX.sub(" ", _STREET.sub("str ", spelling_key(address)))
    told = _ROAD.sub(_joined, _STONE.sub(lambda found: f" km{found[1] or found[2]} ", told))
    numbers = [n + letter for n, letter in _NUMBER.findall(told) if len(n) <= _LONGEST_NUMBER]
    for first, last in _RANGE.findall(told):
        if int(first) < int(last) <= int(first) + _LONGEST_RANGE:
            numbers += [str(between) for between in range(int(first) + 1, int(last))]
    words = [word for word in WORD.findall(_NUMBER.sub(" ", told)) if len(word) > 1 and word not in _EMPTY]
    return words, numbers


def _joined(found: re.Match[str]) -> str:
    """Write the letters of a road so that its number grows onto them."""
    letters = re.sub(r"\W", "", found[0])
    return _WRITTEN_OUT.get(letters, letters)
