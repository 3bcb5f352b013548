"""Find coordinate systems that are named in the headings of an unknown table, or in a title above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inducult_geo.catalog import Read
from inducult_geo.catalog.crs_names import codes_named
from inducult_geo.drafting.crs import SystemLines
from inducult_geo.drafting.heads import is_plain, tried
from inducult_geo.drafting.text import comment, short
from inducult_geo.sources.formats.table import Table

_NAMED_MAX = 3


def named_lines(path: Path, table: Table, read: Read, systems: SystemLines) -> list[str]:
    """Return what a draft says of headings that name one of the systems that it offers.

    Parameters
    ----------
    path, table, read
        The file, and how its table was read.
    systems
        The systems that the draft sets and offers.
    """
    possible = {systems.chosen, *systems.offered}
    told: dict[str, str] = {}
    for text in _headings(path, table, read):
        named = [code for code in codes_named(text) if code in possible]
        if named and named != [systems.chosen]:
            told.setdefault(" or ".join(named), comment(f"The heading {short(text)} names {' or '.join(named)}."))
    return [*told.values()][:_NAMED_MAX]


def _headings(path: Path, table: Table, read: Read) -> Iterator[str]:
    """Yield the names of the columns, and what stands above them."""
    yield from map(str, table.frame.columns)
    rows = read.header_row + read.header_rows - 2
    above = (
        tried(path, read.model_copy(update={"header_row": 1, "header_rows": 1})) if is_plain(table) and rows else None
    )
    if above is not None:
        yield from map(str, above.frame.columns)
        yield from (str(cell) for cell in above.frame.head(rows).to_numpy().ravel() if cell is not None)
