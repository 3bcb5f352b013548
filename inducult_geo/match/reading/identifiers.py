"""Normalize identifiers: lists write one number of a register in several ways ("A-1/54", "nr rej. a 1/54").

Two that differ so may still be one where the digits of one stand in the other: then they say neither that two records
are one, nor that they are not.
"""

from __future__ import annotations

import re
from typing import Any, Final

from inducult_geo.frames import from_json
from inducult_geo.text import fold_once, wikidata_item

_PARTS: Final = re.compile(r"[^\W\d_]+|\d+")
_ITEM: Final = "wikidata"


def identifiers(text: Any) -> dict[str, str]:
    """Return the identifiers in a JSON text by scheme: their letters and digits, folded, with a blank between groups.

    A text without a digit is none ("ja", "Denkmal"), nor is in Wikidata what is not one item ("Q7;Q8"). Of a number
    alone a spreadsheet takes the zeros away that it begins with.
    """
    found = {}
    for scheme, told in from_json(text).items():
        said = wikidata_item(str(told)) or "" if scheme == _ITEM else fold_once(str(told))
        parts = _PARTS.findall(said)
        if any(part.isdigit() for part in parts):
            found[scheme] = " ".join(parts) if len(parts) > 1 else parts[0].lstrip("0") or "0"
    return found


def contradict(one: str, other: str) -> bool:
    """Tell whether two identifiers of one scheme are of two things: the digits of neither stand in the other."""
    a, b = (f" {' '.join(part for part in text.split() if part.isdigit())} " for text in (one, other))
    return a not in b and b not in a
