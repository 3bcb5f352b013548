"""Cells of a KML that are not of the kind that its schema promises: GDAL makes 0 of "n/a" and of an empty cell.

Programs that make a KML of a table write such a schema, and empty cells under it. So all fields are read as text, and
what is of its kind is made what it would have been.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from inducult_geo.sources.formats.attribute_cells import Column, misfits_told, value_of
from inducult_geo.sources.formats.table import Table

_FIELD: Final = re.compile(rb"<(?:\w+:)?SimpleField\b[^<>]*>")
_NAME: Final = re.compile(rb"\bname\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_TYPE: Final = re.compile(rb"(\btype\s*=\s*)(?:\"\s*(\w+)\s*\"|'\s*(\w+)\s*')")
_WHOLE, _REAL, _BOOL = "whole", "real", "bool"
_KINDS: Final = {
    **dict.fromkeys((b"int", b"uint", b"short", b"ushort"), _WHOLE),
    **dict.fromkeys((b"float", b"double"), _REAL),
    b"bool": _BOOL,
}
_COLUMNS: Final = {_WHOLE: Column(0, "N", 0, 18), _REAL: Column(0, "N", 1, 18)}
_ANSWERS: Final = {"true": True, "1": True, "false": False, "0": False}


def as_text(kml: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a KML whose schemas promise texts alone, and the kind of each field that was promised to be another."""
    promised: dict[str, set[str | None]] = {}

    def untyped(field: re.Match[bytes]) -> bytes:
        name, kind = _NAME.search(field[0]), _TYPE.search(field[0])
        if name is None or kind is None:
            return field[0]
        called = (name[1] or name[2] or b"").decode("utf-8", "replace")
        promised.setdefault(called, set()).add(_KINDS.get((kind[2] or kind[3]).lower()))
        return _TYPE.sub(rb'\1"string"', field[0])

    text = _FIELD.sub(untyped, kml)
    kinds = {name: kind for name, found in promised.items() if len(found) == 1 and (kind := next(iter(found)))}
    return (text, kinds) if any(found != {None} for found in promised.values()) else (kml, {})


def with_own_kinds(table: Table, kinds: dict[str, str]) -> Table:
    """Return a table of which columns were read as text with the values that their cells tell."""
    frame = table.frame.copy()
    misfits: dict[str, list[tuple[int, str]]] = {}
    for name in kinds.keys() & set(frame):
        texts = ["" if cell is None else str(cell).strip() for cell in frame[name]]
        read = [_value(kinds[name], text) for text in texts]
        frame[name] = pd.Series([value for value, _ in read], index=frame.index, dtype=object)
        misfits[name] = [(row, texts[row]) for row, (_, fits) in enumerate(read) if not fits]
    return replace(table, frame=frame, notes=(*table.notes, *misfits_told(misfits)))


def _value(kind: str, text: str) -> tuple[Any, bool]:
    """Return the value that a cell tells, and whether it is of its kind; null where it is empty."""
    if kind in _COLUMNS:
        value, fits = value_of(_COLUMNS[kind], text)
        return (value, fits) if value is not None or fits else (text, False)
    if not text:
        return None, True
    return (_ANSWERS[text.lower()], True) if text.lower() in _ANSWERS else (text, False)
