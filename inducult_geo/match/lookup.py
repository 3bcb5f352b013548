"""Keys among others, and their earliest dates, as object arrays: several times as fast as on text columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from inducult_geo.frames import TEXT
from inducult_geo.match.ragged import Flags, Ints


def places_of(rows: pd.Index, keys: Any) -> Ints:
    """Return where keys stand among others; -1 where they do not."""
    return np.asarray(rows.get_indexer(pd.Index(keys, dtype=object)), dtype=np.int64)


def is_in(values: pd.Series | pd.Index, among: Iterable[Any]) -> Flags:
    """Tell which values are among others; null never is."""
    # Going through a text column value by value is slow.
    plain = among.to_numpy(dtype=object) if isinstance(among, pd.Series | pd.Index) else among
    known = {value for value in plain if isinstance(value, str)}
    if not known:
        return np.zeros(len(values), dtype=bool)
    return np.fromiter((value in known for value in values.to_numpy(dtype=object)), dtype=bool, count=len(values))


def earliest(keys: pd.Series, dates: pd.Series) -> pd.Series:
    """Return the earliest date (ISO text) of each key, null where none is told; the index is the keys, each once.

    Grouping a text column for its minimum calls Python once a group; here only the different dates are sorted.
    """
    code, known = pd.factorize(keys.to_numpy(dtype=object))
    rank, texts = pd.factorize(dates.to_numpy(dtype=object), sort=True)
    told = (code >= 0) & (rank >= 0)
    first = np.full(len(known), len(texts), dtype=np.int64)
    np.minimum.at(first, code[told], rank[told])
    return pd.Series(np.array([*texts, None], dtype=object)[first], index=pd.Index(known, dtype=object), dtype=TEXT)
