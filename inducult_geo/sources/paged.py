"""A page of a longer list: a server gives so many rows at a time, and says in the answer that there are more."""

from __future__ import annotations

import re
from typing import Final

_MARKUP: Final = (".gml", ".xml")
_HEAD: Final = 8192
"""The root of an XML, with its counts, stands in so many bytes."""

_EXCEEDED: Final = re.compile(rb'"exceededTransferLimit"\s*:\s*true')
_TOTAL: Final = re.compile(rb'"?\b(numberMatched|totalFeatures|numberReturned)"?\s*[:=]\s*"?(\d{1,12})\b')


def cut_list(content: bytes, suffix: str, rows: int) -> tuple[tuple[str, str, int], ...]:
    """Return a warning (kind, sentence, rows missing) where a server's answer says that it is not the whole list.

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
    if told := page_of(max(counts.values(), default=0), rows):
        return told
    if suffix not in _MARKUP and _EXCEEDED.search(content):
        return _told(f"it holds {rows:,} rows, and there are more", 1)
    return ()


def page_of(total: int, rows: int) -> tuple[tuple[str, str, int], ...]:
    """Return the warning of `cut_list` where a server has more rows than it gave."""
    return _told(f"of {total:,} rows it holds {rows:,}", total - rows) if total > rows else ()


def _told(there: str, missing: int) -> tuple[tuple[str, str, int], ...]:
    sentence = (
        f"is one page of a server's answer: {there}. Ask for the others (resultOffset, startIndex), and name all pages "
        "in `files`"
    )
    return (("cut_list", sentence, missing),)
