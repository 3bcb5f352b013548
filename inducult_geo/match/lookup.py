"""Keys among others, their order and their earliest dates; texts are looked up where Arrow holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.match.columns import coded, taken, texts
from inducult_geo.ragged import Flags, Ints


def places_of(rows: pd.Index, keys: Any) -> Ints:
    """Return where keys stand among others; -1 where they do not."""
    asked = pd.Index(keys, dtype=object)
    # The same keys in the same order need not be hashed.
    if len(asked) == len(rows) and np.array_equal(asked.to_numpy(), rows.to_numpy()):
        return np.arange(len(rows), dtype=np.int64)
    return np.asarray(rows.get_indexer(asked), dtype=np.int64)


def places_in(keys: pa.Array, among: pa.Array) -> Ints:
    """Return where texts stand among others, which are different; -1 where they do not, and for null."""
    # Most columns are looked up in one of the same rows.
    if keys.equals(among):
        return np.arange(len(keys), dtype=np.int64)
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    found = pc.index_in(keys, value_set=among, skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1), dtype=np.int64)


def is_in(values: Any, among: Iterable[Any]) -> Flags:
    """Tell which values are among others; null never is."""
    if not len(values):
        return np.zeros(0, dtype=bool)
    known = among if isinstance(among, pd.Series | pd.Index | pa.Array) else [*among]
    return np.asarray(pc.is_in(texts(values), value_set=texts(known), skip_nulls=True), dtype=bool)


def order_of(table: pd.DataFrame | Mapping[str, Any], columns: Sequence[str]) -> Ints:
    """Return the order of the rows by text columns, the first of them first; null comes last.

    Arrow sorts texts where they lie, several times as fast as pandas, which makes objects of them.
    """
    told = pa.table({name: texts(table[name]) for name in columns})
    order = pc.sort_indices(told, sort_keys=[(name, "ascending") for name in columns])
    return np.asarray(order, dtype=np.int64)


def ranks(values: pa.Array) -> Ints:
    """Return the number of each text among the different ones in their order; none is null."""
    found = pc.dictionary_encode(values)
    rank = np.empty(len(found.dictionary), dtype=np.int64)
    rank[np.asarray(pc.sort_indices(found.dictionary))] = np.arange(len(rank))
    return np.asarray(rank[np.asarray(found.indices)], dtype=np.int64)


def earliest(keys: pa.Array, dates: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the different keys, and the earliest date (ISO text) of each, null where none is told."""
    found, said = pc.dictionary_encode(keys), coded(dates).ranked()
    code = np.asarray(pc.fill_null(found.indices, -1))
    told = (code >= 0) & (said.codes >= 0)
    first = np.full(len(found.dictionary), len(said.listed), dtype=np.int64)
    np.minimum.at(first, code[told], said.codes[told])
    return found.dictionary, taken(texts([*said.listed, None]), first)
