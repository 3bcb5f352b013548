"""Where keys stand among others, and whether they do, as object arrays: several times as fast as on text columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from inducult_geo.match.ragged import Flags, Ints


def places_of(rows: pd.Index, keys: Any) -> Ints:
    """Return where keys stand among others; -1 where they do not."""
    return np.asarray(rows.get_indexer(pd.Index(keys, dtype=object)), dtype=np.int64)


def is_in(values: pd.Series | pd.Index, among: Iterable[Any]) -> Flags:
    """Tell which values are among others; null never is."""
    known = {value for value in among if isinstance(value, str)}
    if not known:
        return np.zeros(len(values), dtype=bool)
    return np.fromiter((value in known for value in values.to_numpy(dtype=object)), dtype=bool, count=len(values))
