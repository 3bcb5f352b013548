"""Detect answers that are one page of a longer list: the server says in them that there is more."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final, NamedTuple

from inducult_geo.text import quoted

CUT_LIST: Final = "cut_list"
"""Kind of what is told of a page."""

_MARKUP: Final = (".gml", ".xml")
_HEAD: Final = 8192
"""The root of an XML, with its counts, stands in so many bytes."""

_EXCEEDED: Final = re.compile(rb'"exceededTransferLimit"\s*:\s*true')
_REMEDY: Final = "Ask for the others (resultOffset, startIndex), and name all pages in `files`"
_TOTAL: Final = re.compile(rb'"?\b(numberMatched|totalFeatures|numberReturned)"?\s*[:=]\s*"?(\d{1,12})\b')


class Page(NamedTuple):
    """One page of a server's answer: the rows that it holds, and how many there are in all; 0 where it says "more"."""

    rows: int
    total: int

    @property
    def told(self) -> tuple[tuple[str, str, int], ...]:
        """The warning (kind, sentence, rows missing) of a page that stands alone."""
        if not self.total:
            there, missing = f"it holds {self.rows:,} rows, and there are more", 1
        else:
            there, missing = f"of {self.total:,} rows it holds {self.rows:,}", self.total - self.rows
        return ((CUT_LIST, f"is one page of a server's answer: {there}. {_REMEDY}", missing),)


def cut_list(content: bytes, suffix: str, rows: int) -> Page | None:
    """Return the page that a server's answer says to be; null where it is the whole list.

    Parameters
    ----------
    content
        The file: GeoJSON or the JSON of an ArcGIS server, or GML.
    suffix
        Its ending, in small letters.
    rows
        How many rows were read of it.
    """
    counts = {found[1]: int(found[2]) for found in _TOTAL.finditer(content[:_HEAD] if suffix in _MARKUP else content)}
    # Of a GML with several layers one is read.
    rows = max(rows, counts.pop(b"numberReturned", 0))
    if page := page_of(max(counts.values(), default=0), rows):
        return page
    return Page(rows, 0) if suffix not in _MARKUP and _EXCEEDED.search(content) else None


def page_of(total: int, rows: int) -> Page | None:
    """Return the page of `cut_list` where a server has more rows than it gave."""
    return Page(rows, total) if total > rows else None


def pages_told(files: Sequence[tuple[str, Page | None, Set[str]]]) -> list[tuple[str, int]]:
    """Say (sentence, rows missing) of the files of one source which pages of a server's answer are not among them.

    Parameters
    ----------
    files
        Name of each, the page that it says to be, and the hashes of its rows: a page that came twice counts once.
    """
    said = []
    for total in dict.fromkeys(page.total for _, page, _ in files if page is not None):
        pages = [(name, page, rows) for name, page, rows in files if page is not None and page.total == total]
        twice = [at for at, (_, _, rows) in enumerate(pages) if any(rows <= before for _, _, before in pages[:at])]
        held = sum(page.rows for at, (_, page, _) in enumerate(pages) if at not in twice)
        named = quoted(name for name, _, _ in pages)
        again = f" ({quoted(pages[at][0] for at in twice)} repeats another page)" if twice else ""
        if total > held:
            said.append((f"{named}: of the {total:,} rows of a server's answer {held:,} are here{again}", total - held))
        elif not total and len(pages) == len(files):
            said.append((f"{named}: each says to be a page of a server's answer of which there is more{again}", 1))
    return [(f"{told}. {_REMEDY}", missing) for told, missing in said]
