"""Choose pairs that are worth comparing, in several ways, with a limit for each record so that dense places stay small.

A small fixed radius loses half of the true pairs, so no road decides alone: nearness of the real geometries, the same
postcode or town, rare words of the name within a country, and shared identifiers all lead to a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.roads import (
    RARE_IN_RECORDS,
    Pairs2,
    Road,
    by_code,
    near,
    near_back,
    none,
    same_code,
    touching,
)
from inducult_geo.match.reading.letters import scattered
from inducult_geo.match.reading.prepare import bag, flat
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.ragged import Flags, Floats, Ints, Small, best_of_each, blocks, distinct, starts_of

Values = TypeVar("Values", Small, Flags)

PER_RECORD: Final = 12
PER_PARTNER: Final = 3
LEFT_BLOCK: Final = 5_000
"""Records whose partners are chosen at once."""

FEW: Final = 8
"""Words of a record up to which two are compared word by word."""

FINENESS: Final = float(1 << 26)
"""Merits that differ by less than one by this are the same: what is worked out in another order of words differs so."""


@dataclass(frozen=True)
class _Side:
    """What the roads and the quick look need of all records of both sides."""

    prepared: Prepared
    names: Bag
    addresses: Bag

    @classmethod
    def of(cls, prepared: Prepared) -> _Side:
        """Weigh the words of prepared records."""
        words = [prepared.name_words, flat(prepared.operators, prepared.variants)]
        places = [prepared.streets, prepared.house_numbers, prepared.cities]
        return cls(prepared, Bag.of(bag(prepared, words)), Bag.of(bag(prepared, places, stems=False)))


def compared(prepared: Prepared, *, split: int | None = None) -> Compared:
    """Return the candidates (see `candidates_of`) among prepared records, put in the order of their places."""
    # Bound anew, so that the records in their old order are let go of before the candidates take memory.
    prepared = prepared.in_place_order(split or 0)
    return Compared(prepared, *candidates_of(prepared, split=split))


def candidates_of(prepared: Prepared, *, split: int | None = None) -> Pairs2:
    """Find candidates among prepared records: between the rows before and from `split`, or between all sources.

    The left record of each pair is of the first of its sources by name (with `split`, of the rows before), so that what
    competes for a record stands on one side. Of equally promising partners the first stay. Many records are compared
    faster in the order of their places.
    """
    if len(prepared) == 0:
        return none()
    side = _Side.of(prepared)
    found = [_between(side, a, b) for a, b in _groups(prepared, split)]
    if not found:
        return none()
    left, right = map(list, zip(*found, strict=True))
    found.clear()
    return _in_order(len(prepared), left, right)


def _in_order(size: int, lefts: list[Small], rights: list[Small]) -> Pairs2:
    """Put pairs of `size` records in the order of the left and then of the right; what was given is let go of."""
    one, other = _together(lefts), _together(rights)
    # Sorting both ends as one number is several times as fast as by one and then the other. A block at a time, as
    # memory that was never touched costs more than the work.
    code = np.empty(len(one), dtype=np.int64)
    for here in blocks(len(code)):
        code[here] = one[here]
        code[here] *= size
        code[here] += other[here]
    del one, other
    code.sort()
    left, right = code, np.empty_like(code)
    for here in blocks(len(code)):
        left[here], right[here] = np.divmod(code[here], size)
    return left, right


def _together(parts: list[Values]) -> Values:
    """Put arrays one after the other, and let go of them."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole


def _groups(prepared: Prepared, split: int | None) -> Iterable[Pairs2]:
    """Yield the records of the two sides of every comparison, in their order."""
    if split is not None:
        yield np.arange(split), np.arange(split, len(prepared))
        return
    codes, sources = prepared.sources
    for one, other in combinations(range(len(sources)), 2):
        yield np.flatnonzero(codes == one), np.flatnonzero(codes == other)


def _between(side: _Side, left: Ints, right: Ints) -> tuple[Small, Small]:
    """Find candidates between two lists of records, bounded, for those of the shorter list one after the other."""
    if len(left) <= len(right):
        return _asked(side, left, right)
    second, first = _asked(side, right, left)
    return first, second


def _asked(side: _Side, left: Ints, right: Ints) -> tuple[Small, Small]:
    """Find for each left record those of the right that are worth comparing, and the other way round."""
    if not len(left):
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    size, roads, found = len(side.prepared), _roads(side, left, right), []
    for start in range(0, len(left), LEFT_BLOCK):
        here = slice(start, min(start + LEFT_BLOCK, len(left)))
        found.append(_promising(side, left[here], right, [road(here) for road in roads]))
    columns = [*map(list, zip(*found, strict=True))]
    found.clear()
    first, second, merit, kept = (_together(column) for column in columns)
    some = np.flatnonzero(_may_be_best(second, merit, size))
    # Both in one number: several times as fast as by the one and then by the other.
    some = some[np.argsort(second[some].astype(np.int64) * size + first[some])]
    kept[some] |= best_of_each(starts_of(second[some]), merit[some].astype(np.int64), PER_PARTNER)
    return first[kept], second[kept]


def _promising(side: _Side, left: Ints, right: Ints, pairs: list[Pairs2]) -> tuple[Small, Small, Small, Flags]:
    """Return of some pairs those that may be kept, their merit, and whether they are among the left record's best."""
    bits = len(right).bit_length()
    code = distinct(np.concatenate([(a << bits) | b for a, b in pairs]))
    a, b = code >> bits, code & ((1 << bits) - 1)
    first, second = left.take(a), right.take(b)
    merit = np.empty(len(code), dtype=np.int64)
    # Where one list is dense and the other is not, some records have thousands of partners to look at.
    for here in blocks(len(code)):
        merit[here] = quick_score(side, first[here], second[here]) * FINENESS
    kept = best_of_each(starts_of(a), merit, PER_RECORD)
    some = np.flatnonzero(kept | _may_be_best(second, merit, len(side.prepared)))
    # Half the size, since these are kept until all partners are known.
    mine, theirs, value = (part[some].astype(np.int32) for part in (first, second, merit))
    return mine, theirs, value, kept[some]


def _may_be_best(groups: Ints | Small, merit: Ints | Small, width: int) -> Flags:
    """Tell which pairs may be among the `PER_PARTNER` best of their group: all that are, and what is even with them."""
    if not len(groups):
        return np.zeros(0, dtype=bool)
    top = int(merit.max())
    bits = top.bit_length()
    # Group by group, the best first. A block at a time: new memory for millions of pairs costs more than the work.
    code = np.empty(len(groups), dtype=np.int64)
    for here in blocks(len(groups)):
        code[here] = (groups[here].astype(np.int64) << bits) | (top - merit[here])
    code.sort()
    group = np.empty(len(code), dtype=np.int32)
    for here in blocks(len(code)):
        group[here] = code[here] >> bits
    starts = starts_of(group)
    last = np.minimum(starts + PER_PARTNER, np.append(starts[1:], len(code))) - 1
    least = np.empty(width, dtype=merit.dtype)
    least[group[starts]] = top - (code[last] & ((1 << bits) - 1))
    found = np.empty(len(groups), dtype=bool)
    for here in blocks(len(groups)):
        found[here] = merit[here] >= least.take(groups[here])
    return found


def _roads(side: _Side, left: Ints, right: Ints) -> list[Road]:
    """All roads between two lists of records."""
    p = side.prepared
    roads = [
        near(p.xy[left], p.xy[right], p.accuracy_m[left]),
        near_back(p.xy[left], p.xy[right], p.accuracy_m[right]),
        touching(p.geometry[left], p.geometry[right]),
        same_code(p.postcode_codes[left], p.postcode_codes[right]),
        same_code(p.town_codes[left], p.town_codes[right]),
        _rare_words(side, left, right),
        _same_ids(side, left, right),
    ]
    return [road for road in roads if road is not None]


def quick_score(side: _Side, first: Ints, second: Ints) -> Floats:
    """Score pairs cheaply, only to choose which to look at: words in common, address in common, nearness."""
    p = side.prepared
    scale = 300.0 + p.accuracy_m.take(first) + p.accuracy_m.take(second)
    near = 1 / (1 + p.apart_m(first, second) / scale)
    near[np.isnan(near)] = 0.0
    code = p.postcode_codes.take(first)
    same_code = (code == p.postcode_codes.take(second)) & (code >= 0)
    names, places = side.names.dot(first, second), side.addresses.dot(first, second)
    told = 0.2 * same_code + 3.0 * _share_an_id(p, first, second)
    return np.asarray(1.6 * names + 1.2 * places + 1.4 * near + told, dtype=float)


@dataclass(frozen=True)
class Bag:
    """Weighted words of each record (rows x words), and a mark in 64 bits for each word that a record has."""

    words: sparse.csr_matrix
    marks: NDArray[np.uint64]

    @classmethod
    def of(cls, words: sparse.csr_matrix) -> Bag:
        """Mark the words of every record."""
        of_word = np.uint64(1) << scattered(np.arange(words.shape[1], dtype=np.int64), np.uint64(6))
        bit = of_word.take(words.indices)
        marks = np.zeros(words.shape[0], dtype=np.uint64)
        told = np.flatnonzero(np.diff(words.indptr))
        marks[told] = np.bitwise_or.reduceat(bit, words.indptr[told]) if len(told) else bit
        return cls(words, marks)

    @cached_property
    def _counts(self) -> Ints:
        counts: Ints = np.diff(self.words.indptr).astype(np.int64)
        return counts

    def dot(self, first: Ints, second: Ints) -> Floats:
        """Multiply rows pair by pair; two without a mark in common have no word in common either."""
        out = np.zeros(len(first))
        rows = np.flatnonzero((self.marks.take(first) & self.marks.take(second)) != 0)
        one, other = first.take(rows), second.take(rows)
        is_few = np.maximum(self._counts.take(one), self._counts.take(other)) <= FEW
        few = np.flatnonzero(is_few)
        out[rows.take(few)] = self._of_few(one.take(few), other.take(few))
        many = np.flatnonzero(~is_few)
        if len(many):
            one, other = one.take(many), other.take(many)
            out[rows.take(many)] = self.words[one].multiply(self.words[other]).sum(axis=1).ravel()
        return out

    def _of_few(self, first: Ints, second: Ints) -> Floats:
        """Multiply rows of at most `FEW` words, each word of one with each of the other; to the bit what SciPy gives.

        That adds what follows the first product, and then both.
        """
        words, weights, ends = self.words.indices, self.words.data, self.words.indptr
        starts = [ends.take(side).astype(np.int64) for side in (first, second)]
        counts = [self._counts.take(side) for side in (first, second)]
        mine, theirs = (
            [np.where(count > at, words.take(start + at, mode="clip"), absent) for at in range(count.max(initial=0))]
            for start, count, absent in zip(starts, counts, (-1, -2), strict=True)
        )
        top, rest = np.zeros(len(first)), np.zeros(len(first))
        for at, word in enumerate(mine):
            for beside, other in enumerate(theirs):
                same = np.flatnonzero(word == other)
                value = weights.take(starts[0].take(same) + at) * weights.take(starts[1].take(same) + beside)
                further = top.take(same) > 0
                rest[same[further]] += value[further]
                top[same[~further]] = value[~further]
        return np.add(top, rest, out=top)


def _rare_words(side: _Side, left: Ints, right: Ints) -> Road:
    """Lead to records whose names share a word that is rare in their country.

    A record of an unknown country is led to those of all countries, by words that are rare in all of them.
    """
    p, told = side.prepared, [side.names.words[rows].tocoo() for rows in (left, right)]
    records = [rows[part.row] for rows, part in zip((left, right), told, strict=True)]
    lands = [[p.land[some]] for some in records]
    if (nowhere := p.country == "").any():
        # Two more countries: one for the unknown ones of the left and all others of the right, one the other way round.
        more = int(p.land.max()) + 1
        lands[0].append(more + nowhere[records[0]])
        lands[1].append(more + ~nowhere[records[1]])
    width, times = told[0].shape[1], len(lands[0])
    every = [np.concatenate([land * width + part.col for land in some]) for some, part in zip(lands, told, strict=True)]
    codes = np.split(pd.factorize(np.concatenate(every))[0], [len(every[0])])
    one, other = ((np.tile(part.row.astype(np.int64), times), code) for part, code in zip(told, codes, strict=True))
    return by_code(one, other, (len(left), len(right)), lambda a, b: a + b <= RARE_IN_RECORDS)


def _same_ids(side: _Side, left: Ints, right: Ints) -> Road:
    """Lead to records that share an identifier."""
    ends = [_ids(side.prepared, rows) for rows in (left, right)]
    codes = np.split(pd.factorize(np.array(ends[0][1] + ends[1][1], dtype=object))[0], [len(ends[0][1])])
    one, other = ((rows, code) for (rows, _), code in zip(ends, codes, strict=True))
    return by_code(one, other, (len(left), len(right)), lambda a, _: a > 0)


def _ids(prepared: Prepared, records: Ints) -> tuple[Ints, list[str]]:
    """Which of some records have identifiers, and these, one a time."""
    told = np.flatnonzero(prepared.has_ids[records])
    ids = prepared.ids[records[told]].tolist()
    texts = [f"{scheme}|{text}" for one in ids for scheme, text in one.items()]
    return np.repeat(told, np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))), texts


def _share_an_id(prepared: Prepared, first: Ints, second: Ints) -> NDArray[np.bool_]:
    shared = np.zeros(len(first), dtype=bool)
    ids, has_ids = prepared.ids, prepared.has_ids
    if not has_ids.any():
        return shared
    for at in np.flatnonzero(has_ids.take(first) & has_ids.take(second)):
        shared[at] = bool(ids[first[at]].items() & ids[second[at]].items())
    return shared
