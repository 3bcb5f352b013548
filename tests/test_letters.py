from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ragged_lists import ragged
from rapidfuzz.distance import JaroWinkler

from inducult_geo.match.reading.letters import Remembered, letters_of
from inducult_geo.match.reading.likeness import ALIKE_FROM
from inducult_geo.ragged import cross

LETTERS = st.sampled_from("abcdeghilmnorstuz0159~ßñжλ語")
WORD = st.text(LETTERS, min_size=1, max_size=14) | st.text(st.sampled_from("ab"), min_size=1, max_size=60)


def reached(pairs, wanted=ALIKE_FROM):
    words = np.array([word for pair in pairs for word in pair], dtype=object)
    letters = letters_of(words, np.zeros(len(words), dtype=bool))
    left = np.arange(0, len(words), 2)
    return set(letters.may_reach(left, left + 1, wanted).tolist())


def twisted(word, data):
    """The word with a few letters gone, doubled, swapped or changed: what is alike, but not equal."""
    letters = list(word)
    for at in data.draw(st.lists(st.integers(0, 60), max_size=4)):
        place = at % max(len(letters), 1)
        how = data.draw(st.sampled_from(("drop", "double", "swap", "change")))
        if how == "drop":
            letters[place : place + 1] = []
        elif how == "double":
            letters[place:place] = letters[place : place + 1]
        elif how == "swap":
            letters[place : place + 2] = letters[place : place + 2][::-1]
        else:
            letters[place : place + 1] = [data.draw(LETTERS)]
    return "".join(letters) or "x"


@settings(max_examples=100)
@given(st.lists(WORD, min_size=1, max_size=8), st.floats(0.72, 0.99), st.data())
def test_no_pair_is_dropped_that_reaches_what_is_wanted(words, wanted, data):
    pairs = [(word, twisted(word, data)) for word in words]
    pairs += [(a, b) for a in words for b in words]
    like = {at for at, (a, b) in enumerate(pairs) if JaroWinkler.similarity(a, b) >= wanted}
    assert like <= reached(pairs, wanted)


def test_pairs_that_cannot_be_alike_are_dropped():
    assert reached([("ziegelei", "papierfabrik"), ("hut", "hutnik"), ("wien", "graz"), ("mueller", "muller")]) == {1, 3}


def test_very_long_words_are_no_trap():
    assert reached([("a" * 70_000, "a" * 70_001), ("b" * 300 + "c", "b" * 300 + "d"), ("a" * 50, "bc" * 9)]) == {0, 1}


def test_words_compared_by_equality_only_reach_nothing():
    words = np.array(["@mill", "@mills", "mill", "mills"], dtype=object)
    letters = letters_of(words, np.array([True, True, False, False]))
    left, right = np.array([0, 0, 2, 2]), np.array([1, 2, 1, 3])
    assert letters.may_reach(left, right, ALIKE_FROM).tolist() == [3]


@pytest.mark.parametrize("words", [[], ["a"]])
def test_no_pairs(words):
    letters = letters_of(np.array(words, dtype=object), np.zeros(len(words), dtype=bool))
    none = np.zeros(0, dtype=np.int64)
    assert len(letters.may_reach(none, none, ALIKE_FROM)) == 0


LISTS = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=5)


@settings(max_examples=100)
@given(LISTS, LISTS, st.data())
def test_every_combination_of_two_lists_in_order(left, right, data):
    pairs = data.draw(st.lists(st.tuples(st.integers(0, len(left) - 1), st.integers(0, len(right) - 1)), max_size=6))
    rows = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    one, other = ragged(left), ragged(right)
    found = [*zip(*(part.tolist() for part in cross(one, rows[:, 0], other, rows[:, 1])), strict=True)]
    assert found == [(n, a, b) for n, (i, j) in enumerate(pairs) for a in left[i] for b in right[j]]


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 10**12), max_size=20), max_size=6))
def test_what_is_remembered_is_what_was_worked_out(asked):
    worked_out = []

    def compare(codes):
        worked_out.extend(codes.tolist())
        return (codes % 97).astype(np.float32)

    memory = Remembered(2)  # four places: nearly all come to the same ones
    for codes in asked:
        numbers = np.array(codes, dtype=np.int64)
        assert memory.find(numbers, compare).tolist() == (numbers % 97).tolist()
    large = Remembered(12)
    worked_out.clear()
    large.find(np.array([5, 6, 5], dtype=np.int64), compare)
    large.find(np.array([6, 5], dtype=np.int64), compare)
    assert worked_out == [5, 6]
