"""Measure how alike two lists of words are: each word finds its best partner, and rare words count more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from inducult_geo.match.reading.lexicon import COMPASS, Lexicon
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, blocks, cross, spread_out, starts_of

ALIKE_FROM: Final = 0.80
"""Jaro-Winkler similarity below which two words have nothing in common; from here the share grows to 1."""

PLACE_SHARE: Final = 0.35
"""What a word weighs that only names the town which either record stands in."""

_TELLING_FULL: Final = 2.5
_COLUMNS: Final = ("forward", "backward", "telling", "numbers")


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
        1 where unit numbers, letters or quarters of the compass agree, 0 where these or other sides (`words.SIDES`)
        differ, 0.5 where only one name has any; NaN where neither has.
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
        return Likeness(*(part.take(rows) for part in (self.forward, self.backward, self.telling, self.numbers)))

    def put(self, rows: Ints, size: int) -> Likeness:
        """Return `size` rows, of which these are some; the others are unknown."""
        if len(rows) == size:
            return self
        columns = []
        for column in (self.forward, self.backward, self.telling, self.numbers):
            filled = np.full(size, np.nan)
            filled[rows] = column
            columns.append(filled)
        return Likeness(*columns)


def similar_words(lexicon: Lexicon, left: Ints, right: Ints) -> tuple[Ints, Floats]:
    """Find pairs of words that are alike; concepts and numbers are equal or not.

    Parameters
    ----------
    left, right
        Numbers of words, one a pair.

    Returns
    -------
    rows, similarity
        The pairs that have anything in common, and how alike they are (0 to 1).
    """
    same = left == right
    maybe = lexicon.letters.may_reach(left, right, ALIKE_FROM)
    maybe = maybe[~same.take(maybe)]
    width = max(len(lexicon.words), 1)
    codes = left.take(maybe) * width + right.take(maybe)
    alike = lexicon.remembered.find(codes, lambda pairs: _alike(lexicon, pairs))
    equal = np.flatnonzero(same)
    return np.concatenate([equal, maybe]), np.concatenate([np.ones(len(equal)), alike])


def _alike(lexicon: Lexicon, pairs: Ints) -> NDArray[np.float32]:
    """Compare pairs of different words letter by letter, 0 to 1."""
    width = max(len(lexicon.words), 1)
    first, second = lexicon.words[pairs // width].tolist(), lexicon.words[pairs % width].tolist()
    jaro = cpdist(first, second, scorer=JaroWinkler.similarity, score_cutoff=ALIKE_FROM, dtype=np.float32, workers=1)
    return np.asarray(np.clip((jaro - ALIKE_FROM) / (1 - ALIKE_FROM), 0, 1), dtype=np.float32)


def plain_likeness(prepared: Prepared, words: Ragged, left: Ints, right: Ints) -> tuple[Likeness, Ints]:
    """Compare lists of words of which none names a town (or all do): equal pairs of lists are compared once.

    Parameters
    ----------
    words
        One list a record.
    left, right
        Records, one a pair.

    Returns
    -------
    likeness, which
        How the different pairs of lists compare, and which of these each pair is.
    """
    code, first = words.alike_in_order
    pair = code.take(left) * len(first) + code.take(right)
    which, different = pd.factorize(pair)
    rows = (first[different // max(len(first), 1)], first[different % max(len(first), 1)])
    return likeness(prepared, (words, words), rows, None), which


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
    parts = [
        _block(prepared, words, (rows[0][b], rows[1][b]), (records[0][b], records[1][b]) if records else None)
        for b in blocks(len(rows[0]))
    ]
    if len(parts) == 1:
        return parts[0]
    return Likeness(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


@dataclass(frozen=True)
class _Side:
    """One side's lists of some pairs, one after the other.

    Attributes
    ----------
    counts, starts
        One value a pair: words in its list, and where they begin.
    owner, word
        One value a word: the pair, and the number of the word.
    """

    counts: Ints
    starts: Ints
    owner: Ints
    word: Ints

    @classmethod
    def of(cls, words: Ragged, rows: Ints) -> _Side:
        """Take some lists, one a pair."""
        starts, counts = words.spans(rows)
        owner, places = spread_out(starts, counts)
        return cls(counts, np.cumsum(counts) - counts, owner, words.values.take(places))


def _block(
    prepared: Prepared, words: tuple[Ragged, Ragged], rows: tuple[Ints, Ints], records: tuple[Ints, Ints] | None
) -> Likeness:
    """Compare one block of lists (see `likeness`)."""
    lexicon = prepared.lexicon
    left, right = (_Side.of(part, row) for part, row in zip(words, rows, strict=True))
    at_left, at_right, similar = _met(lexicon, left, right)
    forward, shared = _directed(prepared, left, records, at_left, similar)
    backward, shared_back = _directed(prepared, right, records, at_right, similar)
    some = similar > 0
    numbers, is_all = _numbers(lexicon, left, right, (at_left[some], at_right[some]))
    for column in (forward, backward, shared, shared_back):
        column[is_all] = 0.0
    # Words that are alike may differ in rarity: what they tell is the same from either side.
    telling = np.minimum(np.minimum(shared, shared_back) / _TELLING_FULL, 1)
    empty = (left.counts == 0) | (right.counts == 0)
    for column in (forward, backward, telling, numbers):
        np.copyto(column, np.nan, where=empty)
    return Likeness(forward, backward, telling, numbers)


def _met(lexicon: Lexicon, left: _Side, right: _Side) -> tuple[Ints, Ints, Floats]:
    """Find the words of both sides that are alike: where each stands in its side, and how alike they are."""
    others = np.repeat(right.counts, left.counts)
    at_left, at_right = spread_out(np.repeat(right.starts, left.counts), others)
    met, similar = similar_words(lexicon, np.repeat(left.word, others), right.word.take(at_right))
    return at_left.take(met), at_right.take(met), similar


def covered(prepared: Prepared, words: tuple[Ragged, Ragged], rows: tuple[Ints, Ints]) -> Floats:
    """Share of the left words' weight that finds a partner on the right (0 to 1); NaN where a side has no words.

    The same as `Likeness.forward` where towns do not matter, at half the work.
    """
    found = [np.zeros(0)]
    for here in blocks(len(rows[0])):
        left, right = (_Side.of(part, row[here]) for part, row in zip(words, rows, strict=True))
        at_left, _, similar = _met(prepared.lexicon, left, right)
        share, _ = _directed(prepared, left, None, at_left, similar)
        found.append(np.where((left.counts == 0) | (right.counts == 0), np.nan, share))
    return np.concatenate(found)


def best_variants(
    prepared: Prepared, left: tuple[Ragged, Ints], right: tuple[Ragged, Ints]
) -> tuple[Ints, Likeness, tuple[Ints, Ints]]:
    """Compare all variants of two records' names; the best combination speaks for the pair.

    Parameters
    ----------
    left, right
        Record -> variants, and the records, one a pair.

    Returns
    -------
    pair, likeness, best
        The pairs of which both sides have variants, how these compare, and the numbers of the variants compared.
    """
    pair, *chosen = cross(left[0], left[1], right[0], right[1])
    best = chosen[0], chosen[1]
    every = likeness(prepared, (prepared.variants, prepared.variants), best, (left[1][pair], right[1][pair]))
    starts = starts_of(pair)
    if len(starts) < len(pair):
        # A clash of numbers must not be escaped by choosing another variant, but decides between equal ones.
        numbers = np.nan_to_num(every.numbers, nan=0.5)
        merit = every.mean + 0.5 * every.within + 0.3 * every.telling + 0.05 * numbers
        first = _best_of_each(pair, merit, starts)
        pair, every, best = pair[first], every.take(first), (best[0][first], best[1][first])
    return pair, every, best


def told_beside(prepared: Prepared, left: Ints, right: Ints) -> Floats:
    """Share of the name of the one record of a pair without a town that all words of the other tell, its address too.

    NaN where both tell a town, or neither; of several names the best told one speaks.
    """
    told = prepared.cities.has_any
    found = np.full(len(left), np.nan)
    at = np.flatnonzero(told[left] != told[right])
    if not len(at):
        return found
    one, other = left[at], right[at]
    mine, theirs = np.where(told[one], other, one), np.where(told[one], one, other)
    names = prepared.names.take(mine)
    pair = names.rows
    share = covered(prepared, (prepared.variants, prepared.everything), (names.values, theirs[pair]))
    np.fmax.at(found, at[pair], share)
    return found


def _best_of_each(pair: Ints, merit: Floats, starts: Ints) -> Ints:
    """Row of the highest merit of each pair, the first of equal ones; `pair` is in order, and begins at `starts`."""
    best = np.maximum.reduceat(merit, starts)
    owner = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(pair)]))
    rows = np.flatnonzero(merit == best[owner])
    return rows[starts_of(owner[rows])]


def _directed(
    prepared: Prepared, side: _Side, records: tuple[Ints, Ints] | None, at: Ints, similar: Floats
) -> tuple[Floats, Floats]:
    """Share, and sum, of one side's weight that finds a partner; `at` are the words alike to one, as `similar`."""
    size = len(side.counts)
    best = np.zeros(len(side.word))
    np.maximum.at(best, at, similar)
    weight = prepared.lexicon.weights.take(side.word)
    if records is not None:
        _lower_towns(weight, prepared, records, side)
    whole = np.bincount(side.owner, weights=weight, minlength=size)
    found = np.asarray(np.bincount(side.owner, weights=weight * best, minlength=size), dtype=float)
    return found / np.maximum(whole, 1e-9), found


def _lower_towns(weight: Floats, prepared: Prepared, records: tuple[Ints, Ints], side: _Side) -> None:
    """Let words that name the town of either record count only `PLACE_SHARE` of their weight."""
    # Few words name any town at all: the others need no search.
    maybe = np.flatnonzero(prepared.names_a_town.take(side.word))
    word, owner = side.word.take(maybe), side.owner.take(maybe)
    in_town = prepared.is_in_town(records[0], owner, word) | prepared.is_in_town(records[1], owner, word)
    weight[maybe[in_town]] *= PLACE_SHARE


def _numbers(lexicon: Lexicon, left: _Side, right: _Side, met: tuple[Ints, Ints]) -> tuple[Floats, Flags]:
    """Whether unit numbers, letters and quarters of the compass agree (see `Likeness`); `met` are the words alike.

    A number is no answer to a quarter: "Nord" and "2" differ in nothing that both tell. That both are old tells little,
    that one is old and the other new as much as two numbers. Where one number is all that two names have in common, it
    tells nothing; which of these have words beside it is returned, too.
    """
    size = len(left.counts)
    is_number = lexicon.is_number.take(left.word.take(met[0]))
    alike = np.zeros(size, dtype=bool)
    alike[left.owner.take(met[0][~is_number])] = True
    is_mark = lexicon.is_mark.take(left.word.take(met[0]))
    one, other = met[0][is_mark], met[1][is_mark]
    equal = one[left.word[one] == right.word[other]]
    told = [(left.owner[equal], left.word[equal])]
    for side in (left, right):
        marked = np.flatnonzero(lexicon.is_mark.take(side.word))
        told.append((side.owner[marked], side.word[marked]))
    same, differ, any_told = (np.zeros(size, dtype=bool) for _ in range(3))
    for which in lexicon.sides:
        both, mine, theirs = (np.zeros(size, dtype=bool) for _ in told)
        for flags, (owner, word) in zip((both, mine, theirs), told, strict=True):
            flags[owner[lexicon.side[word] == which]] = True
        differ |= mine & theirs & ~both
        if which <= COMPASS:
            same |= both
            any_told |= mine | theirs
    numbers = np.full(size, np.nan)
    numbers[any_told] = 0.5
    numbers[same] = np.where(alike[same], 1.0, np.nan)
    numbers[differ] = 0.0
    return numbers, _beside_words(lexicon, same & ~alike, left, right)


def _beside_words(lexicon: Lexicon, some: Flags, left: _Side, right: _Side) -> Flags:
    """Tell in which of some pairs both lists have more than numbers: house numbers have nothing else."""
    if not some.any():
        return some
    found = some.copy()
    for side in (left, right):
        worded = np.zeros(len(some), dtype=bool)
        worded[side.owner[~lexicon.is_number.take(side.word)]] = True
        found &= worded
    return found
