"""Which records are worth comparing: several roads at once, and a bound per record so that dense places stay small.

A small fixed radius loses half of the true pairs, so no road decides alone: nearness of the real geometries, the same
postcode or town, rare words of the name within a country, and shared identifiers all lead to a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree

from inducult_geo.frames import Records, concat_records
from inducult_geo.match.letters import scattered
from inducult_geo.match.prepare import bag, flat, prepare
from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Floats, Ints, best_of_each, blocks, distinct, sets, spread_out

NEAREST_WITHIN_M: Final = 10_000.0
NEAREST: Final = 40
TOUCHING_WITHIN_M: Final = 300.0
RARE_IN_RECORDS: Final = 40
BLOCK_PAIRS: Final = 20_000
PER_RECORD: Final = 12
PER_PARTNER: Final = 3
CELL_M: Final = 5_000.0

Pairs2 = tuple[Ints, Ints]


@dataclass(frozen=True)
class _Side:
    """What the roads need, for all records of both sides."""

    prepared: Prepared
    names: Bag
    addresses: Bag
    postcodes: Ints
    towns: Ints


def candidates(left: Records, right: Records | None = None) -> Pairs2:
    """Find the pairs worth comparing.

    Parameters
    ----------
    left, right
        Records in the work CRS. Without `right`, pairs of different sources within `left`.

    Returns
    -------
    left_pos, right_pos
        Row numbers, ordered; at most about `PER_RECORD` partners a record and pair of sources.
    """
    if right is None:
        return candidates_of(prepare(left))
    prepared = prepare(concat_records([left, right])) if len(left) and len(right) else prepare(left.iloc[:0])
    size = len(left)
    first, second = candidates_of(prepared, split=size)
    return first, second - size


def candidates_of(prepared: Prepared, *, split: int | None = None) -> Pairs2:
    """Find candidates among prepared records: between the rows before and from `split`, or between all sources."""
    if len(prepared) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    words = [flat(prepared.names, prepared.variants), flat(prepared.operators, prepared.variants)]
    places = [prepared.streets, prepared.house_numbers, prepared.cities]
    # The words of a town in the order of their numbers: "Bad Ischl" and "Ischl, Bad" are one.
    towns = sets(np.repeat(np.arange(len(prepared)), prepared.cities.counts), prepared.cities.values, len(prepared))
    town = np.where(towns.counts > 0, towns.alike[0], -1)
    postcode, texts = pd.factorize(prepared.postcode)
    coded = np.where(texts == "", -1, np.arange(len(texts)))[postcode]
    side = _Side(
        prepared,
        Bag.of(bag(prepared, words)),
        Bag.of(bag(prepared, places, stems=False)),
        _codes(prepared, coded.astype(np.int64)),
        _codes(prepared, town),
    )
    found = [_between(side, a, b) for a, b in _groups(prepared, split)]
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first, second = (np.concatenate(column) for column in zip(*found, strict=True))
    # Sorting both ends as one number is several times as fast as by one and then the other.
    code = np.sort(np.minimum(first, second) * len(prepared) + np.maximum(first, second))
    return np.divmod(code, len(prepared))


def _groups(prepared: Prepared, split: int | None) -> Iterable[Pairs2]:
    """Row numbers of the two sides of every comparison."""
    if split is not None:
        yield np.arange(split), np.arange(split, len(prepared))
        return
    codes, sources = pd.factorize(prepared.source, sort=True)
    for one, other in combinations(range(len(sources)), 2):
        a, b = np.flatnonzero(codes == one), np.flatnonzero(codes == other)
        yield (a, b) if len(a) <= len(b) else (b, a)


def _between(side: _Side, left: Ints, right: Ints) -> Pairs2:
    """Candidates between two lists of rows, bounded."""
    p = side.prepared
    roads = (
        _near(p, left, right),
        [_touching(p, left, right)],
        [_same_code(side.postcodes[left], side.postcodes[right])],
        [_same_code(side.towns[left], side.towns[right])],
        [_rare_words(side, left, right)],
        [_same_ids(p, left, right)],
    )
    code = distinct(np.concatenate([a * len(right) + b for a, b in chain.from_iterable(roads)]))
    # Half the size, since there are about three times as many as will be kept.
    first, second = np.empty(len(code), dtype=np.int32), np.empty(len(code), dtype=np.int32)
    merit = np.empty(len(code))
    for here in blocks(len(code)):
        mine, theirs = left[code[here] // len(right)], right[code[here] % len(right)]
        first[here], second[here], merit[here] = mine, theirs, quick_score(side, mine, theirs)
    del code
    kept = best_of_each(first, merit, PER_RECORD)
    kept |= best_of_each(second, merit, PER_PARTNER)
    return first[kept].astype(np.int64), second[kept].astype(np.int64)


def quick_score(side: _Side, first: Ints, second: Ints) -> Floats:
    """Score pairs cheaply, only to choose which to look at: words in common, address in common, nearness."""
    p = side.prepared
    gap = np.hypot(p.x[first] - p.x[second], p.y[first] - p.y[second])
    scale = 300.0 + p.accuracy_m[first] + p.accuracy_m[second]
    near = np.nan_to_num(1 / (1 + gap / scale))
    same_code = (side.postcodes[first] == side.postcodes[second]) & (side.postcodes[first] >= 0)
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
        bit = np.uint64(1) << scattered(words.indices.astype(np.int64), np.uint64(6))
        marks = np.zeros(words.shape[0], dtype=np.uint64)
        told = np.flatnonzero(np.diff(words.indptr))
        marks[told] = np.bitwise_or.reduceat(bit, words.indptr[told]) if len(told) else bit
        return cls(words, marks)

    def dot(self, first: Ints, second: Ints) -> Floats:
        """Multiply rows pair by pair; two without a mark in common have no word in common either."""
        out = np.zeros(len(first))
        rows = np.flatnonzero(self.marks[first] & self.marks[second])
        out[rows] = self.words[first[rows]].multiply(self.words[second[rows]]).sum(axis=1).ravel()
        return out


def _near(p: Prepared, left: Ints, right: Ints) -> Iterator[Pairs2]:
    """Find the nearest records within `NEAREST_WITHIN_M`, a block of records at a time."""
    a, b = np.flatnonzero(~np.isnan(p.x[left])), np.flatnonzero(~np.isnan(p.x[right]))
    if not len(a) or not len(b):
        return
    # Both directions: in a dense town the other side's nearest may be far down one's own list.
    for one, two in _nearest(p, left[a], right[b], NEAREST):
        yield a[one], b[two]
    for two, one in _nearest(p, right[b], left[a], 5):
        yield a[one], b[two]


def _nearest(p: Prepared, mine: Ints, theirs: Ints, count: int) -> Iterator[Pairs2]:
    """Find for each row of one list the nearest of the other within `NEAREST_WITHIN_M`, as places in the lists."""
    tree, count = KDTree(p.xy[theirs]), min(count, len(theirs))
    # Neighbors are asked for one after the other: what they need lies in the cache then.
    order = np.lexsort([(part[mine] // CELL_M).astype(np.int64) for part in (p.x, p.y)])
    for here in blocks(len(mine)):
        asked = order[here]
        index = tree.query(p.xy[mine[asked]], k=[*range(1, count + 1)], distance_upper_bound=NEAREST_WITHIN_M)[1]
        near = index < len(theirs)
        yield np.repeat(asked, near.sum(axis=1)), index[near]


def _touching(p: Prepared, left: Ints, right: Ints) -> Pairs2:
    """Areas whose real outlines are near, however far their middles lie apart."""
    shapes_left, shapes_right = p.geometry[left], p.geometry[right]
    wide = (shapely.get_dimensions(shapes_left) > 0).any() or (shapely.get_dimensions(shapes_right) > 0).any()
    if not wide:
        return _none()
    tree = shapely.STRtree(shapes_right)
    at_left, at_right = tree.query(shapes_left, predicate="dwithin", distance=TOUCHING_WITHIN_M)
    area = (shapely.get_dimensions(shapes_left[at_left]) > 0) | (shapely.get_dimensions(shapes_right[at_right]) > 0)
    return at_left[area], at_right[area]


def _codes(p: Prepared, part: Ints) -> Ints:
    """Country and a part of the address of each row as one number; -1 where the part is unknown."""
    return np.where(part < 0, -1, p.land * (int(part.max(initial=0)) + 1) + part)


def _same_code(left: Ints, right: Ints) -> Pairs2:
    """All pairs with the same number, but for blocks so large that it tells nothing."""
    a, b = np.flatnonzero(left >= 0), np.flatnonzero(right >= 0)
    a, b = a[np.argsort(left[a], kind="stable")], b[np.argsort(right[b], kind="stable")]
    shared, at_a, at_b = np.intersect1d(left[a], right[b], return_indices=True)
    ends_a = np.searchsorted(left[a], shared, side="right")
    ends_b = np.searchsorted(right[b], shared, side="right")
    small = (ends_a - at_a) * (ends_b - at_b) <= BLOCK_PAIRS
    n_a, n_b = (ends_a - at_a)[small], (ends_b - at_b)[small]
    block, mine = spread_out(at_a[small], n_a)
    which, theirs = spread_out(at_b[small][block], n_b[block])
    return a[mine[which]], b[theirs]


def _rare_words(side: _Side, left: Ints, right: Ints) -> Pairs2:
    """Pairs of one country whose names share a word that is rare there."""
    p = side.prepared
    rows = np.concatenate([left, right])
    land = p.land[rows]
    part = side.names.words[rows].tocoo()
    codes = pd.factorize(land[part.row].astype(np.int64) * part.shape[1] + part.col)[0]
    pattern = sparse.csr_matrix(
        (np.ones(len(codes), dtype=np.int32), (part.row, codes)),
        shape=(len(rows), int(codes.max()) + 1 if len(codes) else 1),
    )
    frequent = np.asarray(pattern.sum(axis=0)).ravel() > RARE_IN_RECORDS
    pattern = sparse.csr_matrix(pattern[:, ~frequent])
    shared = (pattern[: len(left)] @ pattern[len(left) :].T).tocoo()
    return shared.row.astype(np.int64), shared.col.astype(np.int64)


def _id_table(p: Prepared, rows: Ints) -> pd.DataFrame:
    told = np.flatnonzero(p.has_ids[rows])
    found = [(i, f"{k}|{v}") for i in told.tolist() for k, v in p.ids[rows[i]].items()]
    return pd.DataFrame(found, columns=["at", "id"]).astype({"at": "int64", "id": "str"})


def _same_ids(p: Prepared, left: Ints, right: Ints) -> Pairs2:
    """Pairs that share an identifier."""
    joined = _id_table(p, left).merge(_id_table(p, right), on="id")
    return joined["at_x"].to_numpy(), joined["at_y"].to_numpy()


def _share_an_id(p: Prepared, first: Ints, second: Ints) -> NDArray[np.bool_]:
    shared = np.zeros(len(first), dtype=bool)
    for at in np.flatnonzero(p.has_ids[first] & p.has_ids[second]):
        shared[at] = bool(p.ids[first[at]].items() & p.ids[second[at]].items())
    return shared


def _none() -> Pairs2:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
