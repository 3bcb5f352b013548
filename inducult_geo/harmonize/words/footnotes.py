"""Remove the marks of footnotes and wikis from names ("Mlin¹", "Hütte*", "Brauerei [2]", "Talilnica †")."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from inducult_geo.catalog.models import NAME_FIELDS
from inducult_geo.harmonize.words.notices import Notices

_AHEAD: Final = re.compile(r"[*†‡]{1,3}\s*(?=\w)")
# Possessive: a name of a thousand stars could else be cut into marks in more ways than there is time for.
_BEHIND: Final = re.compile(
    r"""
      (?: \s?\[(?:\d{1,2}|[a-z])\]
        | (?<=[^\W\d_]|[.)])[¹²³⁴⁵⁶⁷⁸⁹⁰]{1,2}
        | (?<=\S)\*{1,3} | (?<=\S)\s\*
        | \s?[†‡]{1,3}
      )++$
    """,
    re.VERBOSE,
)
_MARKS_MAX: Final = 20
"""Letters at the end of a name among which marks are looked for."""

_OTHER: Final = re.compile(r"(?:^|[\d\s])[kcd]?m[²³]$|\s\*{2,}$")
"""Square meters, and the stars of a hotel."""

_LETTERS_MIN: Final = 2

_LINK: Final = re.compile(r"\[\[(?:[^\[\]|]{1,250}\|)?(?!\d{1,3}\])([^\[\]|]{1,250})\]\]")
"""A link in the source text of a wiki: what is shown, behind the page that it leads to where that has another name."""


def without_footnotes(rows: pd.DataFrame, notices: Notices) -> pd.DataFrame:
    """Return raw rows whose names bear no mark of a footnote; each that did is noted.

    What the note says stands elsewhere in the file, and only a person can tell whether it holds of the site. Stars that
    stand apart ("Hotel ***"), units ("500 m²") and what would leave no name stay.
    """
    changed = {}
    for column in (name for name in rows.columns if name in NAME_FIELDS or str(name).startswith("name:")):
        cells = rows[column].tolist()
        shown = [_LINK.sub(r"\1", cell) if isinstance(cell, str) and "[[" in cell else cell for cell in cells]
        plain = [_plain(cell) if isinstance(cell, str) else cell for cell in shown]
        for cell, link, without in zip(cells, shown, plain, strict=True):
            if link is not cell:
                notices.add("wiki_link", str(column), cell.strip())
            elif without is not cell:
                notices.add("footnote_mark", str(column), cell.strip())
        changed[column] = pd.Series(plain, index=rows.index, dtype=object)
    return rows.assign(**{str(name): cells for name, cells in changed.items()})


def _plain(text: str) -> str:
    """Return a name without marks of footnotes, the same text where it bears none."""
    name = text.strip()
    if name.isascii() and name[-1:] not in ("*", "]") and name[:1] != "*":
        return text
    begin, found = _AHEAD.match(name), _BEHIND.search(name, max(len(name) - _MARKS_MAX, 0))
    without = name if _OTHER.search(name) else name[begin.end() if begin else 0 : found.start() if found else None]
    without = without.strip()
    return without if without != name and sum(map(str.isalpha, without)) >= _LETTERS_MIN else text
