"""Bound the likeness of two words by their letters alone, so that most pairs need no closer look.

The similarity of Jaro and Winkler counts the letters that two words share. How many that can be is known from how often
each letter stands in either, whatever their order; only pairs whose bound reaches the wanted similarity are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.ragged import Flags, Ints

_BUCKETS: Final = 29
"""Letters are told apart by their code modulo this: all of a to z are, others may share a bucket, which only raises the
bound."""

_SPARE: Final = 64 - 2 * _BUCKETS
_READ: Final = 24
_HEAD: Final = 4
_MARGIN: Final = 1e-6
_BOOST: Final = 0.1


@dataclass(frozen=True)
class Letters:
    """The letters of words.

    Attributes
    ----------
    bits
        Two bits a bucket: whether a letter of it stands in the word, and whether another one does. The bits
        that are left count letters that these do not hold, third ones and those beyond the twenty-fourth: one each.
    more
        Such letters beyond those.
    share
        One by the number of letters.
    head
        The first four letters, sixteen bits each.
    """

    bits: NDArray[np.uint64]
    more: NDArray[np.int32]
    share: NDArray[np.float32]
    head: NDArray[np.uint64]

    def may_reach(self, left: Ints, right: Ints, wanted: float) -> Ints:
        """Return which pairs of words may have a Jaro-Winkler similarity of `wanted` or more."""
        # Whatever the first four letters are, they add at most 0.4 of what is missing to 1.
        least = np.float32(3 * (wanted - _HEAD * _BOOST) / (1 - _HEAD * _BOOST) - 1 - _MARGIN)
        shared = np.bitwise_count(self.bits.take(left) & self.bits.take(right)).astype(np.float32)
        if self.more.any():
            shared += np.minimum(self.more.take(left), self.more.take(right))
        rows = np.flatnonzero(shared * (self.share.take(left) + self.share.take(right)) >= least)
        return rows[self._reaches(left.take(rows), right.take(rows), shared.take(rows), wanted)]

    def _reaches(self, left: Ints, right: Ints, shared: NDArray[np.float32], wanted: float) -> Flags:
        """Tell whether the bound, with the letters that both begin with, reaches `wanted`."""
        differ = self.head.take(left) ^ self.head.take(right)
        # The bits below the lowest that differs; where none does, that is all of them.
        agree = (differ & (~differ + np.uint64(1))) - np.uint64(1)
        begin = (np.bitwise_count(agree) // 16).astype(np.float32)
        jaro = (shared * (self.share.take(left) + self.share.take(right)) + 1) / 3
        return np.asarray(jaro + _BOOST * begin * (1 - jaro) >= wanted - _MARGIN, dtype=bool)


def letters_of(words: NDArray[np.object_], exact: Flags) -> Letters:
    """Read the letters of words; those that are compared by equality only (`exact`) reach nothing."""
    size = len(words)
    length = np.fromiter(map(len, words), dtype=np.int64, count=size)
    texts = np.array([*words], dtype=f"U{_READ}")
    code = texts.view(np.uint32).reshape(size, -1 if size else _READ).astype(np.uint64)
    bits = np.zeros(size, dtype=np.uint64)
    more = np.maximum(length - _READ, 0)
    for column in code.T:
        one = np.uint64(1) << (np.uint64(2) * (column % np.uint64(_BUCKETS)))
        two = one << np.uint64(1)
        first, second = (bits & one) == 0, (bits & two) == 0
        told = column > 0
        bits |= np.where(told, np.where(first, one, two), np.uint64(0))
        more += told & ~first & ~second
    counted = np.minimum(more, _SPARE)
    bits |= ((np.uint64(1) << counted.astype(np.uint64)) - np.uint64(1)) << np.uint64(2 * _BUCKETS)
    more -= counted
    head = np.zeros(size, dtype=np.uint64)
    for place in range(_HEAD):
        head |= (code[:, place] & np.uint64(0xFFFF)) << np.uint64(16 * place)
    bits[exact], more[exact] = 0, 0
    share = (1 / np.maximum(length, 1)).astype(np.float32)
    return Letters(bits, more.astype(np.int32), share, head)


class Remembered:
    """Similarities of pairs of words that were compared before; what comes to the same place pushes the older one out.

    The same words meet in many pairs of records, and in names as well as in operators.
    """

    def __init__(self, bits: int) -> None:
        self._bits = np.uint64(bits)
        self._code = np.full(1 << bits, -1, dtype=np.int64)
        self._value = np.zeros(1 << bits, dtype=np.float32)

    def find(self, codes: Ints, compare: Callable[[Ints], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the similarity of each pair, given as one number; `compare` works out those that are not known."""
        place = scattered(codes, self._bits).view(np.int64)
        found = self._value.take(place)
        missing = np.flatnonzero(self._code.take(place) != codes)
        which, different = pd.factorize(codes[missing])
        fresh = compare(different)
        found[missing] = fresh[which]
        place = scattered(different, self._bits).view(np.int64)
        self._code[place], self._value[place] = different, fresh
        return found


def scattered(codes: Ints, bits: np.uint64) -> NDArray[np.uint64]:
    """Scatter codes over a table of `2 ** bits` places (multiplication by the golden ratio, as Knuth describes)."""
    return (codes.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> (np.uint64(64) - bits)
