"""Bring frames to their declared columns and types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from pandas.api.types import pandas_dtype

Data = TypeVar("Data", pd.DataFrame, pd.Series)


def with_none(data: Data) -> Data:
    """Return a frame or a column as objects, with None for every kind of null."""
    return data.astype(object).where(data.notna(), None)


def typed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Bring a frame to exactly these columns, in order, with their types; what is missing is null.

    Parameters
    ----------
    frame
        Any columns; it stays as it is.
    columns
        Name -> what Pandas calls the type ("str", "Int64", "float64").
    """
    wanted = {name: _dtype(kind) for name, kind in columns.items()}
    has = dict(zip(frame.columns, frame.dtypes, strict=True))
    if all(has.get(name) == dtype for name, dtype in wanted.items()):
        return frame.reindex(columns=[*columns])
    # Column by column: `reindex` would make one of numbers of each that is missing, and `astype` then one of its type.
    made = {
        name: frame[name].astype(dtype).array.copy() if name in has else _nulls(dtype, len(frame))
        for name, dtype in wanted.items()
    }
    return pd.DataFrame(made, index=frame.index, copy=False)


# Pandas looks for the type of a name each time anew, and a region is typed thousands of times.
_dtype = cache(pandas_dtype)


def _nulls(dtype: Any, count: int) -> ExtensionArray:
    return _null(dtype).take(np.zeros(count, dtype=np.intp))


@cache
def _null(dtype: Any) -> ExtensionArray:
    return pd.Series([None], dtype=dtype).array
