"""Columns of texts as Arrow arrays: conversion, counting and joining without a Python object for each text."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inducult_geo.frames import TEXT
from inducult_geo.ragged import Flags, Floats, Ints

_KIND: Final = pa.large_string()
_ESCAPED: Final = r'["\\\x00-\x1f]'
"""What JSON cannot hold as it is."""
_QUOTE: Final = json.JSONEncoder(ensure_ascii=False).encode


def texts(values: Any) -> pa.Array:
    """Return texts (a series, an array, a list) as one Arrow array of large strings; null where there is none."""
    try:
        told = pa.array(values, _KIND, from_pandas=True)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        # JSON from outside may hold a number where a text is expected.
        told = pa.array(pd.array(values, dtype=TEXT), _KIND, from_pandas=True)
    parts = told.chunks if isinstance(told, pa.ChunkedArray) else [told]
    return parts[0].cast(_KIND) if len(parts) == 1 else pa.concat_arrays([no_texts(0), *(p.cast(_KIND) for p in parts)])


def different(column: pd.Series) -> tuple[Ints, NDArray[np.object_]]:
    """Return which of the different texts of a column each row holds, and these, in the order of appearance.

    That a row holds none counts as one of them (NaN).
    """
    codes, values = pd.factorize(column, use_na_sentinel=False)
    return codes, np.asarray(values, dtype=object)


def text_or_none(value: object) -> str | None:
    """Return a value where it is a text that holds anything, else None."""
    return value if isinstance(value, str) and value else None


def no_texts(size: int) -> pa.Array:
    """Return so many nulls."""
    return pa.nulls(size, _KIND)


def taken(values: pa.Array, rows: Ints) -> pa.Array:
    """Return the texts of some rows; row -1 is null."""
    return pc.take(values, pa.array(rows, mask=rows < 0))


def told(values: pa.Array) -> Flags:
    """Tell which texts are not null."""
    return np.asarray(pc.is_valid(values), dtype=bool)


def replaced(values: pa.Array, at: Ints, others: Any) -> pa.Array:
    """Return texts with others in place of some of them, which are numbered by `at`, each once."""
    if not len(at):
        return values
    if len(at) == len(values) and (at[1:] > at[:-1]).all():
        return texts(others)
    rows = np.arange(len(values))
    rows[at] = len(values) + np.arange(len(at))
    return pc.take(pa.concat_arrays([values, texts(others)]), pa.array(rows))


def first_of_each(values: pa.Array) -> Flags:
    """Tell of texts, equal ones of which stand together, which are the first of their kind."""
    if not len(values):
        return np.zeros(0, dtype=bool)
    return np.append(True, np.asarray(pc.not_equal(values[1:], values[:-1]), dtype=bool))


def one_after_the_other(parts: Sequence[pa.Array]) -> pa.Array:
    """Put arrays of texts one after the other, in one piece."""
    return pa.concat_arrays(parts)


def as_column(values: pa.Array) -> pd.api.extensions.ExtensionArray:
    """Return texts as pandas holds them; they are not copied."""
    return pd.array(values, dtype=TEXT)


def only(where: Flags, values: pa.Array) -> pa.Array:
    """Return texts where they hold, null elsewhere."""
    return values if where.all() else pc.if_else(pa.array(where), values, pa.scalar(None, _KIND))


def either(values: pa.Array, other: str) -> pa.Array:
    """Return texts, another one in place of null."""
    return pc.fill_null(values, pa.scalar(other, _KIND))


def bare(values: pa.Array) -> pa.Array:
    """Return the letters and digits of texts, small: "Mostowa 30A" and "mostowa 30 a" are written alike."""
    return pc.replace_substring_regex(pc.utf8_lower(values), r"[^\pL\pN]+", "")


def beside(*parts: str | pa.Array) -> pa.Array:
    """Write texts and columns one beside the other; null where a column is null."""
    scalars = [pa.scalar(part, _KIND) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*scalars, pa.scalar("", _KIND))


def strung(pieces: pa.Array, rows: Ints, counts: Ints) -> pa.Array:
    """Put pieces together, one after the other without anything between them.

    Parameters
    ----------
    pieces
        Texts, none of them null.
    rows
        Which pieces, in the order of the texts that they make.
    counts
        How many of them make each text; where none do, the text is empty.
    """
    out = taken(pieces, rows)
    _, starts, letters = out.buffers()
    # The pieces lie one after the other already: their texts are the same letters with fewer borders.
    borders = np.frombuffer(starts, dtype=np.int64)[np.r_[0, np.cumsum(counts)]]
    return pa.LargeStringArray.from_buffers(len(counts), pa.py_buffer(borders), letters)


def joined(values: pa.Array, rows: Ints, counts: Ints, separator: str) -> pa.Array:
    """Join texts with a separator between them; the parameters are those of `strung`."""
    lists = pa.ListArray.from_arrays(pa.array(np.r_[0, np.cumsum(counts)], pa.int32()), taken(values, rows))
    return pc.binary_join(lists, pa.scalar(separator, _KIND))


def in_json(values: pa.Array) -> pa.Array:
    """Write texts as JSON holds them, in quotes; null stays null."""
    out = beside('"', values, '"')
    odd = np.asarray(pc.fill_null(pc.match_substring_regex(values, _ESCAPED), False), dtype=bool)
    if odd.any():
        changed = texts([_QUOTE(text) for text in values.filter(pa.array(odd)).to_pylist()])
        out = pc.replace_with_mask(out, pa.array(odd), changed)
    return out


@dataclass(frozen=True)
class Coded:
    """A column of texts of which many are equal.

    Attributes
    ----------
    codes
        Number of each row's text; -1 where there is none.
    listed
        The different texts.
    """

    codes: Ints
    listed: Sequence[str]

    def is_one_of(self, wanted: Collection[str]) -> Flags:
        """Tell which rows hold one of some texts; null is none of them."""
        return np.array([*(text in wanted for text in self.listed), False], dtype=bool)[self.codes]

    def numbers(self, known: Mapping[str, float], other: float) -> Floats:
        """Return the number that each row's text stands for, another one where it is unknown or null."""
        return np.array([*(known.get(text, other) for text in self.listed), other], dtype=float)[self.codes]

    def ranked(self) -> Coded:
        """Return the same with numbers in the order of the texts."""
        order = sorted(range(len(self.listed)), key=self.listed.__getitem__)
        rank = np.full(len(order) + 1, -1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        return Coded(rank[self.codes], [self.listed[at] for at in order])


def coded(values: pa.Array) -> Coded:
    """Give every text of a column its number, equal ones the same, in order of appearance."""
    found = pc.dictionary_encode(values)
    return Coded(np.asarray(pc.fill_null(found.indices, -1), dtype=np.int64), found.dictionary.to_pylist())
