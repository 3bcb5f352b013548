"""Read references of a GML to code lists (`xlink:href`, as INSPIRE has them): GDAL reads texts only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pandas as pd

from inducult_geo.sources.formats.table import Table
from inducult_geo.text import quoted

MARK: Final = b"xlink:href"
"""A file in which it does not stand has no references."""

_ENDING: Final = "_href"
_LIST: Final = "/codelist/"


def with_references(table: Table, attributes: Table) -> Table:
    """Return a table with a column for each element that refers to a code, named as the element.

    Parameters
    ----------
    table
        The rows as GDAL reads them.
    attributes
        The same rows with the attributes of elements as columns ("activity_href").
    """
    added: dict[str, pd.Series[Any]] = {}
    lists: dict[str, list[str]] = {}
    for column in attributes.frame:
        name = str(column)
        if not name.endswith(_ENDING) or name in table.frame or len(attributes.frame) != len(table.frame):
            continue
        codes = [_codes(cell) for cell in attributes.frame[column]]
        if any(code is not None for code in codes):
            own = name.removesuffix(_ENDING)
            own = own if own not in table.frame else name
            added[own] = pd.Series(codes, index=table.frame.index, dtype=object)
            lists[own] = sorted({one for cell in attributes.frame[column] for one in _lists(cell)})
    if not added:
        return table
    told = ", ".join(f"'{name}'" + (f" (codes of {quoted(lists[name])})" if lists[name] else "") for name in added)
    note = f"read from references (xlink:href): {told}"
    frame = table.frame.assign(**added)
    return replace(table, frame=frame, notes=(*table.notes, note), derived=table.derived | added.keys())


def _texts(cell: Any) -> list[str]:
    cells = cell if isinstance(cell, list | tuple) or hasattr(cell, "tolist") else [cell]
    # "#id" is another element of the file.
    return [text for text in cells if isinstance(text, str) and text.strip() and not text.startswith("#")]


def _codes(cell: Any) -> str | None:
    """Return the codes that a cell refers to: of an address in a code list its last part, of another the whole."""
    codes = [text.rstrip("/").rpartition("/")[2] if _LIST in text else text for text in _texts(cell)]
    return ";".join(dict.fromkeys(codes)) or None


def _lists(cell: Any) -> list[str]:
    """Return the names of the code lists that a cell refers to."""
    return [text.rpartition(_LIST)[2].partition("/")[0] for text in _texts(cell) if _LIST in text]
