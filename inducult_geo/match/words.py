"""How alike two lists of words are: each word finds its best partner, and rare words tell more than frequent ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from inducult_geo.match.prepare import Lexicon, Prepared
from inducult_geo.match.ragged import Floats, Ints, Ragged, cross

ALIKE_FROM: Final = 0.80
"""Jaro-Winkler similarity below which two words have nothing in common; from here the share grows to 1."""

PLACE_SHARE: Final = 0.35
"""What a word weighs that only names the town which either record stands in."""

_TELLING_FULL: Final = 2.5
_COLUMNS: Final = ("forward", "backward", "telling", "numbers")
BLOCK: Final = 100_000


@dataclass(frozen=True)
class Likeness:
    """How two lists of words compare, one row a pair; NaN where a side has no words.

    Attributes
    ----------
    forward, backward
        Share of the left words' weight that finds a partner on the right, and the reverse (0 to 1).
    telling
        Weight of the words in common, against two and a half of the rarest words (0 to 1).
    numbers
        1 where unit numbers or letters agree, 0 where they differ, 0.5 where one side has none; NaN where neither has.
    """

    forward: Floats
    backward: Floats
    telling: Floats
    numbers: Floats

    @property
    def mean(self) -> Floats:
        """Both directions together."""
        return (self.forward + self.backward) / 2

    @property
    def within(self) -> Floats:
        """The better direction: 1 where one list is contained in the other."""
        return np.maximum(self.forward, self.backward)

    def take(self, rows: Ints) -> Likeness:
        """Return some of the rows."""
        return Likeness(self.forward[rows], self.backward[rows], self.telling[rows], self.numbers[rows])

    def put(self, rows: Ints, size: int) -> Likeness:
        """Return `size` rows, of which these are some; the others are unknown."""
        columns = []
        for column in (self.forward, self.backward, self.telling, self.numbers):
            filled = np.full(size, np.nan)
            filled[rows] = column
            columns.append(filled)
        return Likeness(*columns)


def word_similarity(lexicon: Lexicon, left: Ints, right: Ints) -> Floats:
    """Similarity of words, 0 to 1, by their numbers; concepts and numbers are equal or not."""
    value: Floats = (left == right).astype(np.float64)
    open_ = np.flatnonzero((left != right) & ~lexicon.exact[left] & ~lexicon.exact[right])
    if len(open_):
        width = len(lexicon.words)
        codes = left[open_] * width + right[open_]
        which, pairs = pd.factorize(codes)
        first, second = lexicon.words[pairs // width].tolist(), lexicon.words[pairs % width].tolist()
        jaro = cpdist(
            first, second, scorer=JaroWinkler.similarity, score_cutoff=ALIKE_FROM, dtype=np.float32, workers=1
        )
        alike = np.clip((jaro - ALIKE_FROM) / (1 - ALIKE_FROM), 0, 1)
        value[open_] = alike[which]
    return value


def plain_likeness(prepared: Prepared, words: Ragged, left: Ints, right: Ints) -> Likeness:
    """Compare lists of words of which none names a town (or all do): equal pairs of lists are compared once.

    Parameters
    ----------
    words
        One list a record.
    left, right
        Records, one a pair.
    """
    code, first = words.alike
    pair = code[left] * len(first) + code[right]
    which, different = pd.factorize(pair)
    rows = (first[different // max(len(first), 1)], first[different % max(len(first), 1)])
    return likeness(prepared, (words, words), rows, None).take(which)


def likeness(
    prepared: Prepared, words: tuple[Ragged, Ragged], rows: tuple[Ints, Ints], records: tuple[Ints, Ints] | None
) -> Likeness:
    """Compare lists of words pair by pair, a block of pairs at a time: that keeps memory small.

    Parameters
    ----------
    prepared
        The records that the words are of.
    words
        Lists on the left and on the right.
    rows
        Which list of each, one a pair.
    records
        Which records the lists are of (their towns tell less); None where towns do not matter.
    """
    blocks = [slice(start, start + BLOCK) for start in range(0, max(len(rows[0]), 1), BLOCK)]
    parts = [
        _block(prepared, words, (rows[0][b], rows[1][b]), (records[0][b], records[1][b]) if records else None)
        for b in blocks
    ]
    return Likeness(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


def _block(
    prepared: Prepared, words: tuple[Ragged, Ragged], rows: tuple[Ints, Ints], records: tuple[Ints, Ints] | None
) -> Likeness:
    """Compare one block of lists (see `likeness`)."""
    lexicon = prepared.lexicon
    pair, at_left, at_right = cross(words[0], rows[0], words[1], rows[1])
    token_left, token_right = words[0].values[at_left], words[1].values[at_right]
    similar = word_similarity(lexicon, token_left, token_right) if len(pair) else np.zeros(0)
    forward, shared = _directed(prepared, words[0], rows[0], records, pair, at_left, similar)
    backward, _ = _directed(prepared, words[1], rows[1], records, pair, at_right, similar)
    empty = (words[0].counts[rows[0]] == 0) | (words[1].counts[rows[1]] == 0)
    numbers = _numbers(lexicon, words, rows, pair, token_left, token_right)
    telling = np.minimum(shared / _TELLING_FULL, 1)
    hidden = [np.where(empty, np.nan, column) for column in (forward, backward, telling, numbers)]
    return Likeness(*hidden)


def best_variants(prepared: Prepared, left: tuple[Ragged, Ints], right: tuple[Ragged, Ints]) -> tuple[Likeness, Ints]:
    """Compare all variants of two records' names; the best combination speaks for the pair.

    Parameters
    ----------
    left, right
        Record -> variants, and the records, one a pair.

    Returns
    -------
    likeness, best
        `best` (pairs, 2) holds the numbers of the variants compared, -1 where a side has none.
    """
    pair, at_left, at_right = cross(left[0], left[1], right[0], right[1])
    chosen = (left[0].values[at_left], right[0].values[at_right])
    every = likeness(prepared, (prepared.variants, prepared.variants), chosen, (left[1][pair], right[1][pair]))
    # A clash of numbers must not be escaped by choosing another variant, but decides between equal ones.
    merit = every.mean + 0.5 * every.within + 0.3 * every.telling + 0.05 * np.nan_to_num(every.numbers, nan=0.5)
    first = _best_of_each(pair, merit)
    size = len(left[1])
    best = np.full((size, 2), -1, dtype=np.int64)
    best[pair[first]] = np.column_stack([chosen[0][first], chosen[1][first]])
    return every.take(first).put(pair[first], size), best


def _best_of_each(pair: Ints, merit: Floats) -> Ints:
    """Row of the highest merit of each pair, the first of equal ones; `pair` is in order."""
    new = np.r_[True, pair[1:] != pair[:-1]] if len(pair) else np.zeros(0, dtype=bool)
    starts = np.flatnonzero(new)
    if len(starts) == len(pair):
        return starts
    best = np.maximum.reduceat(merit, starts)
    owner = np.cumsum(new) - 1
    rows = np.flatnonzero(merit == best[owner])
    return rows[np.r_[True, owner[rows][1:] != owner[rows][:-1]]]


def _directed(
    prepared: Prepared,
    words: Ragged,
    rows: Ints,
    records: tuple[Ints, Ints] | None,
    pair: Ints,
    at: Ints,
    similar: Floats,
) -> tuple[Floats, Floats]:
    """Share, and sum, of one side's weight that finds a partner."""
    counts, offsets = words.counts[rows], words.offsets[rows]
    starts = np.cumsum(counts) - counts
    moved = starts - offsets
    best = np.zeros(int(counts.sum()))
    alike = np.flatnonzero(similar)
    np.maximum.at(best, moved[pair[alike]] + at[alike], similar[alike])
    owner = np.repeat(np.arange(len(rows)), counts)
    token: Ints = words.values[np.arange(len(owner)) - moved[owner]]
    weight = prepared.lexicon.weights[token]
    if records is not None:
        weight = weight * _town_share(prepared, records, owner, token)
    found = np.bincount(owner, weights=weight * best, minlength=len(rows))
    whole = np.bincount(owner, weights=weight, minlength=len(rows))
    return found / np.maximum(whole, 1e-9), found.astype(float)


def _town_share(prepared: Prepared, records: tuple[Ints, Ints], owner: Ints, token: Ints) -> Floats:
    """`PLACE_SHARE` for words that name the town of either record, else 1."""
    known, width = prepared.towns_words, max(len(prepared.lexicon.words), 1)
    # Few words name any town at all: the others need no search.
    maybe = np.flatnonzero(prepared.names_a_town[token])
    in_town = np.zeros(len(token), dtype=bool)
    for side in records if len(known) else ():
        wanted = side[owner[maybe]] * width + token[maybe]
        in_town[maybe] |= known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    return np.where(in_town, PLACE_SHARE, 1.0)


def _numbers(
    lexicon: Lexicon, words: tuple[Ragged, Ragged], rows: tuple[Ints, Ints], pair: Ints, left: Ints, right: Ints
) -> Floats:
    """Whether unit numbers and letters agree (see `Likeness`)."""
    sides = []
    for part, row in zip(words, rows, strict=True):
        totals = np.r_[0, np.cumsum(lexicon.is_number[part.values])]
        sides.append(totals[part.offsets[row + 1]] - totals[part.offsets[row]])
    same = np.bincount(pair, weights=(left == right) & lexicon.is_number[left], minlength=len(rows[0])) > 0
    both, either = (sides[0] > 0) & (sides[1] > 0), (sides[0] > 0) | (sides[1] > 0)
    return np.where(same, 1.0, np.where(both, 0.0, np.where(either, 0.5, np.nan)))
