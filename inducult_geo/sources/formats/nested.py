"""Flatten objects within objects of a GeoJSON: GDAL gives each as one cell, which no contract can map."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from inducult_geo.sources.formats.table import Table
from inducult_geo.text import quoted

_LONGEST: Final = 20_000
_NAMES_MAX: Final = 50


def with_nested(table: Table) -> Table:
    """Return a table with a column "location.name" for each text or number in the objects of a column "location".

    A column counts as one of objects where each filled cell is one; it stays as it is.
    """
    added: dict[str, pd.Series[Any]] = {}
    for column in table.frame.columns.drop("geometry", errors="ignore"):
        objects = [_object(cell) for cell in table.frame[column]]
        filled = [found for found in objects if found is not None]
        if not filled or len(filled) < table.frame[column].notna().sum():
            continue
        names = dict.fromkeys(name for found in filled for name, value in found.items() if _is_plain(value))
        for name in [*names][:_NAMES_MAX]:
            own = f"{column}.{name}"
            if own not in table.frame:
                cells = [_plain((found or {}).get(name)) for found in objects]
                added[own] = pd.Series(cells, index=table.frame.index, dtype=object)
    if not added:
        return table
    note = f"read from objects in cells: {quoted(added)}"
    frame = table.frame.assign(**added)
    return replace(table, frame=frame, notes=(*table.notes, note), derived=table.derived | added.keys())


def _object(cell: Any) -> dict[str, Any] | None:
    if isinstance(cell, dict):
        return cell
    if not isinstance(cell, str) or not cell.lstrip().startswith("{") or len(cell) > _LONGEST:
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _plain(value: Any) -> str | None:
    text = str(value) if _is_plain(value) else ""
    return text if text.strip() else None
