"""Web addresses of sites as sources write them."""

from __future__ import annotations

import re
from typing import Final

_WEB: Final = re.compile(r"^(https?://)?[\w.-]+\.[a-z]{2,}(:\d+)?([/?#]\S*)?$", re.IGNORECASE)
_FURTHER: Final = re.compile(r"(?:[;,|](?=\s|https?:|www\.)|#(?=https?:)).*", re.IGNORECASE)
"""What stands behind the first of several addresses; a semicolon may also be a part of one."""

_SLIP: Final = re.compile(r"(?<![^\s#<(\"'=])(https?)(?::/{1,3}|//|:(?=www\.))\s?(?=\w)", re.IGNORECASE)
"""The beginning of an address, with or without a slip ("http//", "http:/")."""

_WITHIN: Final = re.compile(
    r"(?<![^\s#<(\"'=:])(?P<web>(?:https?://|www\.)[^\s<>\"']{1,2000}+)"
    r"(?=[>\"']|\s*$|\s+(?:[(,;|/+&–-]|https?:|www\.|(?:and|und|a|e|i|in|oraz|en|et|ter|"
    r"or|oder|o|lub|nebo|ali|ili|ou|of)\s))",
    re.IGNORECASE,
)
"""An address among other words, by its beginning; what goes on behind a blank may be the rest of it ("/a b.pdf")."""

_SCRIPT: Final = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
_AROUND: Final = ",;:!?#|"
_ABBREVIATED: Final = re.compile(r"(?:[._]\w|_(?:co|inc|ltd))\.$", re.IGNORECASE)
"""The end of an address of an article, whose stop is a part of it ("/wiki/Škoda_a.s.")."""

_LONGEST_ABBREVIATED: Final = len("_inc.")


def web_address(text: str | None) -> str | None:
    """Return a web address with its scheme, of several the first; anything else (a script, a mail) is no website.

    It may stand in markup, in brackets or behind a word ("strona: www.x.pl", Access' "x#http://x.pl#").
    """
    if not isinstance(text, str) or _SCRIPT.match(text):
        return None
    text = _SLIP.sub(r"\1://", text, count=1)
    told = _plain(text)
    if not _WEB.match(told):
        found = _WITHIN.search(text)
        told = _plain(found["web"]) if found else ""
    if not _WEB.match(told):
        return None
    return told if told.lower().startswith(("http://", "https://")) else f"https://{told}"


def _plain(text: str) -> str:
    """Return the first of several addresses without the marks around it; brackets within are a part of it."""
    told = _without_marks(_FURTHER.sub("", text).strip())
    for opens, closes in ("()", "[]"):
        at_end = len(told) - len(told.rstrip(closes))
        more = max(told.count(closes) - told.count(opens), 0)
        told = _without_marks(told[: len(told) - min(at_end, more)])
    return told


def _without_marks(text: str) -> str:
    told = text.rstrip(_AROUND)
    return told if _ABBREVIATED.search(told[-_LONGEST_ABBREVIATED:]) else told.rstrip(f"{_AROUND}.")
