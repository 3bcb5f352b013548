"""Look up, sort and date record keys in Arrow columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inducult_geo.arrow.texts import coded, taken, texts
from inducult_geo.arrow.texts import told as is_told
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
    if not keys.null_count and keys.equals(among):
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

    Most texts of a column (ids, keys) part within a few signs: as numbers these are sorted many times as fast as texts,
    and only rows that they leave tied are compared as texts.
    """
    told = [texts(table[name]) for name in columns]
    order, tied = _nearly_sorted(told[0])
    if len(tied):
        # In the order in which they stand: what is equal in all columns keeps it.
        rows = np.sort(order[tied])
        some = pa.table([taken(column, rows) for column in told], names=[*columns])
        order[tied] = rows[np.asarray(pc.sort_indices(some, sort_keys=[(name, "ascending") for name in columns]))]
    return order


def repeated(values: pa.Array) -> Flags:
    """Tell which texts stand there more than once; null is none."""
    order, tied = _nearly_sorted(values)
    codes = coded(taken(values, order[tied])).codes
    found = np.zeros(len(values), dtype=bool)
    found[order[tied]] = (codes >= 0) & (np.bincount(codes + 1) > 1)[codes + 1]
    return found


def among(values: pa.Array, wanted: Collection[str]) -> list[str]:
    """Return those of many texts that are among a few."""
    return list(values.filter(pa.array(is_in(values, wanted))).to_pylist())


def _nearly_sorted(values: pa.Array) -> tuple[Ints, Ints]:
    """Return the order of texts by their first signs, and which places in it these leave tied."""
    signs = _first_signs(values)
    order = np.argsort(signs)
    same = signs[order[1:]] == signs[order[:-1]]
    return np.asarray(order, dtype=np.int64), np.flatnonzero(np.append(same, False) | np.append(False, same))


def _first_signs(values: pa.Array) -> NDArray[np.uint64]:
    """Return the eight bytes after what all texts begin with, as numbers in the order of the texts; null comes last."""
    if not len(values):
        return np.zeros(0, dtype=np.uint64)
    ends = pc.min_max(values).as_py()
    low, high = ((ends[end] or "").encode() for end in ("min", "max"))
    shared = next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    offsets = np.frombuffer(values.buffers()[1], dtype=np.int64)[values.offset :][: len(values) + 1]
    signs = (values.buffers()[2] or pa.py_buffer(b"")).to_pybytes() + bytes(8)
    eight = np.ndarray(len(signs) - 7, dtype=">u8", buffer=signs, strides=(1,))
    starts = np.minimum(offsets[:-1] + shared, offsets[1:])
    found = eight[starts].astype(np.uint64)
    # What follows a short text in the buffer is of the next one.
    beyond = np.maximum(8 - (offsets[1:] - starts), 0)
    short = np.flatnonzero(beyond)
    kept = np.array([(1 << 64) - (1 << (8 * count)) for count in range(9)], dtype=np.uint64)
    found[short] &= kept[beyond[short]]
    # No byte of UTF-8 is 255: no text has this number.
    found[~is_told(values)] = np.iinfo(np.uint64).max
    return found


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
