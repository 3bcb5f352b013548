"""Call a function once for each different text of a column, in which most texts stand many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")


class _Told(dict[str | None, T], Generic[T]):
    """What a function tells of texts, asked when it is looked up first."""

    def __init__(self, tell: Callable[[Any], T]) -> None:
        super().__init__()
        self._tell = tell

    def __missing__(self, text: str | None) -> T:
        self[text] = told = self._tell(text)
        return told


def of_each(values: Iterable[Any], tell: Callable[[Any], T]) -> list[T]:
    """Return what a function tells of each value, in order.

    Parameters
    ----------
    values
        Cells of any kind; those that are no text are asked about one by one (1 and True are equal, and differ).
    tell
        A function of the value alone. Equal texts get the very same answer: one that can be changed must not be.
    """
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.StringDtype):
        codes, texts = pd.factorize(values)
        # The code of null is -1: the last one.
        answers = [*map(tell, texts.tolist()), *([tell(np.nan)] if (codes < 0).any() else [])]
        return [answers[code] for code in codes.tolist()]
    known = _Told(tell)
    return [known[value] if value is None or type(value) is str else tell(value) for value in values]
