"""Read the names of sites by whole columns: each different text once, with the rows that it is in.

Lists of texts a row would keep the garbage collector busy with objects that the next step takes apart again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inducult_geo.arrow.texts import different, taken, texts
from inducult_geo.frames import from_json
from inducult_geo.ragged import Ints, Ragged, spread
from inducult_geo.text import names_nobody

# Begun where white space or a number begins and nowhere within: a name of 200,000 digits takes no longer than it is.
_SHARE: Final = re.compile(r"(?:(?<!\s)\s+)?(?:[\[(]|(?<!\d))\d+(?:[.,]\d+)?\s?%[\])]?")
"""What an owner holds of the works ("SHS [50.0%]"): no part of its name."""


LONGEST_NAME: Final = 250
"""Characters of a name; longer ones are texts, which tell of many works."""

_BEFORE_NAME, _AFTER_NAME = '{"name": "', '"}'
_ONE_NAME: Final = rf'^{re.escape(_BEFORE_NAME)}[^"\\\x00-\x1f]*{re.escape(_AFTER_NAME)}$'
"""The JSON of most rows: one name that needs no decoding."""


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


def owners_in(column: pd.Series) -> Texts:
    """Return the names in a column of owners, one a row or none; "private" and "various" name nobody."""
    codes, values = different(column)
    said = np.array([_is_said(value) and not names_nobody(value) for value in values], dtype=bool)
    rows = np.flatnonzero(said[codes])
    return Texts(rows, codes[rows].astype(np.int64), values)


def called(names: pd.Series) -> tuple[Texts, Texts]:
    """Read the names of all roles of each row, in the order of the roles, and apart from them its parent's."""
    found = pc.dictionary_encode(texts(names), null_encoding="encode")
    codes, told = found.indices.to_numpy(), found.dictionary
    plain, one = _only_names(told)
    rest = np.delete(np.arange(len(told)), plain)
    others = [(row, *said) for row in rest.tolist() for said in _all_names(told[row].as_py())]
    at = np.r_[plain, np.array([row for row, _, _ in others], dtype=np.int64)]
    all_names = np.r_[one, np.array([name for *_, name in others], dtype=object)]
    is_parent = np.r_[np.zeros(len(plain), dtype=bool), np.array([is_so for _, is_so, _ in others], dtype=bool)]
    order = np.argsort(at, kind="stable")
    # Of texts that differ, such as hold one name alone hold different ones.
    numbers, listed = pd.factorize(all_names[order]) if others else (np.arange(len(one)), one)
    rows = Ragged(codes.astype(np.int64), np.arange(len(codes) + 1))
    packed = []
    for some in (~is_parent[order], is_parent[order]):
        ends = np.searchsorted(at[order][some], np.arange(len(told) + 1))
        packed.append(Texts(*spread(rows, Ragged(numbers[some].astype(np.int64), ends)), listed))
    return packed[0], packed[1]


def _only_names(told: pa.Array) -> tuple[Ints, NDArray[np.object_]]:
    """Find the JSON texts that hold one name and nothing else: which they are, and their names."""
    rows = np.flatnonzero(pc.fill_null(pc.match_substring_regex(told, _ONE_NAME), False))
    inner = pc.binary_slice(taken(told, rows).cast(pa.large_binary()), len(_BEFORE_NAME), -len(_AFTER_NAME))
    names = inner.cast(pa.large_string())
    said = pc.not_equal(pc.utf8_trim_whitespace(names), "")
    return rows[np.asarray(said, dtype=bool)], names.filter(said).to_numpy(zero_copy_only=False)


def _all_names(text: Any) -> Iterator[tuple[bool, str]]:
    """Yield the names in a JSON text in the order of their roles, and whether each is the parent's."""
    for role, value in sorted(from_json(text).items()):
        if _is_said(value):
            is_parent = role == "parent"
            yield is_parent, _SHARE.sub("", value) if is_parent else value


def joined(first: Texts, second: Texts) -> Texts:
    """Put the texts of each row one after the other."""
    rows = np.r_[first.rows, second.rows]
    order = np.argsort(rows, kind="stable")
    numbers = np.r_[first.numbers, second.numbers + len(first.listed)]
    return Texts(rows[order], numbers[order], np.r_[first.listed, second.listed])


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
