"""Detect cells that say nothing: words that people write for it, and values that spreadsheets do."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import Final

from inducult_geo.text.clean import MAYBE_NAMES, clean_text
from inducult_geo.text.folding import fold_once
from inducult_geo.text.tables import packaged_words

_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});")
_SIGNS: Final = frozenset("-–—−‐_/\\|.…,;:?!#=~'\"()[]<> ")
"""Of these alone no text is made; "+", "*" and "•" may say yes."""

_ERROR: Final = re.compile(
    r"#(?:[^\W\d_]+(?:[/_ ][^\W\d_0]*0?)*[!?]|N/?[ABDV]|N\.B\.|HIÁNYZIK|CHYBA|NENÍ_K_DISPOZICI)|Err:\d{3}"
)
"""An error of a spreadsheet in any of its languages: #REF!, #BEZUG!, #N/D, #DIV/0!."""

_NO_NUMBER: Final = re.compile(r"0+(?:[.,]0+)?|[xX]+|-9+|-1")
"""What stands for nothing where a name or a number of a register belongs: a formula that points to an empty cell gives
0."""

_WORD: Final = re.compile(r"[^\W_]+")
_INITIALS_MAX: Final = 4
_CAPITALS_TOO: Final = frozenset(("bd", "brak", "nd", "nn", "nvt", "tbd"))
"""Short words that are no initials in capitals, either; those of two letters are told where a name belongs."""

_FIRMS: Final = frozenset(("Ka", "Nema", "Nima"))
"""Words for nothing that are names of firms, too, where they begin with a capital."""

_LONGEST: Final = 40
_TABLE: Final = ("nothing_words.csv", "says")
_HEAD: Final = 3
"""Letters by which most texts are seen to be none of the words for nothing: to fold each takes ten times as long."""

_NAMELESS: Final = ("no name", "as above")


def known_text(value: object) -> str | None:
    """Return the text of a cell as `clean_text` does, or None where it only says that something is not known.

    "unknown" is a condition, but no name and no owner: for such cells this is used. Words for it stand in
    `catalog/nothing_words.csv`. Signs that stand there as web pages write them ("&amp;", "&#233;") are read.
    """
    text = clean_text(_ENTITY.sub(_sign, value) if isinstance(value, str) and "&" in value else value)
    return None if text is None or _is_no_text(text) or _says(text, "unknown") else text


def says_unknown(text: str) -> bool:
    """Tell whether a text only says that something is not known; an error of a spreadsheet lost what stood there."""
    return known_text(text) is None and not _ERROR.fullmatch(text)


def named_text(value: object) -> str | None:
    """Return the text of a cell for a name, an owner, an address or a number, or None where it says that there is none.

    Beyond what is not known (`known_text`) that is: that it has no name ("bez nazwy"), that it is as in the row above
    ("dtto"), and what stands for nothing ("0", "XXX").
    """
    text = known_text(value)
    return None if text is None or _NO_NUMBER.fullmatch(text) or _says(text, *_NAMELESS) else text


def names_nobody(text: str) -> bool:
    """Tell whether an owner is told without a name ("Privatbesitz", "různí"): of many sites the same is said."""
    return _says(text, "nobody")


def may_be_meant(text: str) -> bool:
    """Tell whether a text that is read as no name may stand for something all the same: a name, or the row above."""
    if _NO_NUMBER.fullmatch(text) or _ERROR.fullmatch(text) or text.casefold() in MAYBE_NAMES or text in _FIRMS:
        return True
    letters = "".join(_WORD.findall(fold_once(text)))
    is_short = text.isupper() and len(letters) == len("BP") and "/" not in text
    return (is_short and (text.isalpha() or letters not in _CAPITALS_TOO)) or _says(text, "as above")


def _sign(entity: re.Match[str]) -> str:
    """Return the sign that an entity of HTML stands for; what is none stays."""
    name = entity[0][1:]
    return unescape(entity[0]) if name[0] == "#" or name in html5 else entity[0]


def _is_no_text(text: str) -> bool:
    """Tell whether a text is made of signs alone, or an error of a spreadsheet."""
    if text[0] in _SIGNS and _SIGNS.issuperset(text):
        return True
    return text[0] in "#E" and _ERROR.fullmatch(text) is not None


@lru_cache
def _heads(roles: tuple[str, ...]) -> frozenset[str]:
    """Return how the words of some roles begin."""
    return frozenset(word[:_HEAD] for role in roles for word in packaged_words(*_TABLE)[role])


def _says(text: str, *roles: str) -> bool:
    """Tell whether a text is one of the words for nothing; short ones in capitals without a mark may be initials."""
    head = text[:_HEAD]
    # A sign that joins two stands in names alone ("N&N").
    if len(text) > _LONGEST or "&" in text or (head.isascii() and head.isalnum() and head.lower() not in _heads(roles)):
        return False
    key = " ".join(_WORD.findall(fold_once(text)))
    if not any(key in packaged_words(*_TABLE)[role] for role in roles):
        return False
    return not (text.isupper() and text.isalpha() and len(text) <= _INITIALS_MAX) or key in _CAPITALS_TOO
