"""Cells of a layer as the file holds them, where GDAL's reader gives others: lost bytes, and whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyogrio

from inducult_geo.sources.formats.sheet_child import EXACT_BELOW

EVERY_BYTE = "ISO-8859-1"
"""The encoding in which each byte is a letter."""


def with_marks(frame: Any) -> Any:
    """Read texts whose bytes were each read as a letter as the UTF-8 that they are; what is none gets marks of loss."""

    def told(cell: Any) -> Any:
        return cell.encode(EVERY_BYTE).decode("utf-8", "replace") if isinstance(cell, str) else cell

    named = frame.rename(columns=told)
    texts = [name for name, kind in named.dtypes.items() if pd.api.types.is_string_dtype(kind) and name != "geometry"]
    return named.assign(**{name: named[name].map(told) for name in texts})


def with_whole_numbers(frame: pd.DataFrame, info: Any, again: Callable[[str], Sequence[Any]]) -> pd.DataFrame:
    """Keep whole numbers such, and yes and no, in columns with an empty cell: as fractions they make other keys.

    `info` has the names and types of the columns, in order, as GDAL tells them; `again` reads one column as `exact`.
    """
    for place, (name, kind) in enumerate(zip(info["fields"], map(str, info["dtypes"]), strict=True)):
        column = frame.iloc[:, place]
        if column.dtype.kind != "f" or (kind != "bool" and "int" not in kind):
            continue
        is_long = bool((column.abs() >= EXACT_BELOW).any())
        cells = pd.Series(again(name) if is_long else column, dtype="boolean" if kind == "bool" else "Int64")
        frame.isetitem(place, cells.array)
    return frame


def exact(place: str, layer: str, options: Mapping[str, str], name: str) -> Sequence[Any]:
    """Read the whole numbers of one column without turning them into fractions, which keep 15 digits."""
    _, table = pyogrio.read_arrow(place, layer=layer, columns=[name], read_geometry=False, **options)
    cells: Sequence[Any] = table[name].to_pylist()
    return cells
