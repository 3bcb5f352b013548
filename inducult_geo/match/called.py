"""What sites are called, read from whole columns: every different text once, and which rows it stands in.

Lists of texts a row would keep the garbage collector busy with objects that the next step takes apart again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.frames import from_json
from inducult_geo.ragged import Ints, Ragged, spread

# Begun where white space or a number begins and nowhere within: a name of 200,000 digits takes no longer than it is.
_SHARE: Final = re.compile(r"(?:(?<!\s)\s+)?(?:[\[(]|(?<!\d))\d+(?:[.,]\d+)?\s?%[\])]?")
"""What an owner holds of the works ("SHS [50.0%]"): no part of its name."""


@dataclass(frozen=True)
class Texts:
    """Texts of rows, in the order of the rows.

    Attributes
    ----------
    rows, numbers
        One value a text: the row, and its number in `listed`.
    listed
        The different texts.
    """

    rows: Ints
    numbers: Ints
    listed: NDArray[np.object_]


def texts_of(column: pd.Series) -> Texts:
    """Return the texts of a column, one a row or none."""
    codes, values = pd.factorize(column.to_numpy(dtype=object))
    said = np.array([_is_said(value) for value in values], dtype=bool)
    rows = np.flatnonzero(np.append(said, False)[codes])
    return Texts(rows, codes[rows].astype(np.int64), values)


def called(names: pd.Series) -> tuple[Texts, Texts]:
    """Read the names of all roles of each row, in the order of the roles, and apart from them its parent's."""
    codes, told = pd.factorize(names.to_numpy(dtype=object), use_na_sentinel=False)
    number: dict[str, int] = {}
    own: list[int] = []
    parents: list[int] = []
    ends: tuple[list[int], list[int]] = ([0], [0])
    for text in told:
        said = from_json(text)
        for role, value in sorted(said.items()) if len(said) > 1 else said.items():
            if _is_said(value):
                name = _SHARE.sub("", value) if role == "parent" else value
                (parents if role == "parent" else own).append(number.setdefault(name, len(number)))
        ends[0].append(len(own))
        ends[1].append(len(parents))
    listed = np.array([*number], dtype=object)
    packed = (
        Ragged(np.array(part, dtype=np.int64), np.array(end, dtype=np.int64))
        for part, end in zip((own, parents), ends, strict=True)
    )
    rows = Ragged(codes.astype(np.int64), np.arange(len(codes) + 1))
    own_texts, parent_texts = (Texts(*spread(rows, part), listed) for part in packed)
    return own_texts, parent_texts


def joined(first: Texts, second: Texts) -> Texts:
    """Put the texts of each row one after the other."""
    rows = np.r_[first.rows, second.rows]
    order = np.argsort(rows, kind="stable")
    numbers = np.r_[first.numbers, second.numbers + len(first.listed)]
    return Texts(rows[order], numbers[order], np.r_[first.listed, second.listed])


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
