"""The attribute tables in QGIS, for all layers alike: order and width of columns, and which are hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from inducult_geo.publish.layers.columns import Column, Kind
from inducult_geo.publish.layers.declared import Layer

_LETTER_PX, _MARGIN_PX = 8, 24
_LETTERS: Final[dict[Kind, int]] = {"text": 16, "whole": 6, "number": 9, "flag": 5, "date": 10}
_LONGEST_VALUE = 40
"""A longer label of a list is cut; a form shows all of each."""

_SENTENCE = 70
_SENTENCES: Final = frozenset({"why", "detail", "message", "question", "cause", "description"})
_NAMES: Final = frozenset({"title", "operator", "address", "place", "website", "attribution", "operation", "label"})
_IN_WORDS = "_in_words"
_ASIDE: Final = frozenset({"content_hash", "sha256", "right_x_m", "right_y_m"})
"""Columns for programs: a person sees them on the form, and in the table by *Organize columns*."""


def width_px(column: Column, heading: str, values: Iterable[str]) -> int:
    """Return the width of a column of the table of attributes: its heading, and most of its values, are not cut.

    Parameters
    ----------
    column
        The column.
    heading
        What stands above it.
    values
        The labels of its values where they come from a list.
    """
    lengths = sorted(map(len, values))
    # Nine in ten: the longest of a hundred types would widen the table for itself alone.
    listed = min(lengths[int(len(lengths) * 0.9)], _LONGEST_VALUE) if lengths else _letters(column)
    letters = max(len(heading), listed)
    return letters * _LETTER_PX + _MARGIN_PX


def _letters(column: Column) -> int:
    """Return how many letters of a value without a list are seen."""
    name = column.name
    if name in _SENTENCES:
        return _SENTENCE
    if name == "source":
        return 24
    is_name = name in _NAMES or name.endswith(("name", "_key", _IN_WORDS))
    return 32 if is_name else _LETTERS[column.kind]


def in_order(layer: Layer, names: Sequence[str]) -> list[str]:
    """Return names of fields as the table shows them: those of `Layer.first`, then the others as they come."""
    first = _first(layer, names)
    return [*first, *(name for name in names if name not in first)]


def is_aside(layer: Layer, column: Column, names: Collection[str]) -> bool:
    """Tell whether the table hides a field until a person wants it: JSON, its words, and what is for programs."""
    if column.name in _first(layer, names):
        return False
    return column.json or column.name.endswith(_IN_WORDS) or column.name in _ASIDE


def _first(layer: Layer, names: Collection[str]) -> list[str]:
    """Return the fields that come first: those that QGIS reckons where there are such of the name."""
    return [f"{name}{_IN_WORDS}" if f"{name}{_IN_WORDS}" in names else name for name in layer.first]
