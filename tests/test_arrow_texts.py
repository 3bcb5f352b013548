from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.arrow.texts import (
    as_column,
    beside,
    coded,
    either,
    first_of_each,
    in_json,
    joined,
    no_texts,
    only,
    replaced,
    strung,
    taken,
    texts,
    told,
)

SAID = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SOME = texts(["a", None, "ö", "", "a"])


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "ö"],
        np.array(["a", np.nan, "ö"], dtype=object),
        pd.Series(["a", None, "ö"], dtype="str"),
        pd.Series(["a", pd.NA, "ö"], dtype=object),
        pd.concat([pd.Series(["a", None], dtype="str"), pd.Series(["ö"], dtype="str")]),
    ],
)
def test_texts_of_any_kind_are_one_array(values):
    assert texts(values).to_pylist() == ["a", None, "ö"]
    assert texts(values).type == "large_string"


def test_a_number_where_a_text_is_expected_is_written_as_one():
    assert texts([1868, "1868", None]).to_pylist() == ["1868", "1868", None]


def test_texts_are_taken_replaced_and_filled():
    assert taken(SOME, np.array([2, -1, 0])).to_pylist() == ["ö", None, "a"]
    assert replaced(SOME, np.array([4, 0]), ["x", None]).to_pylist() == [None, None, "ö", "", "x"]
    assert replaced(SOME, np.array([], dtype=int), []) is SOME
    assert either(SOME, "?").to_pylist() == ["a", "?", "ö", "", "a"]
    assert only(np.array([True, True, False, True, True]), SOME).to_pylist() == ["a", None, None, "", "a"]
    assert told(SOME).tolist() == [True, False, True, True, True]
    assert no_texts(2).to_pylist() == [None, None]


def test_pandas_holds_them_as_texts():
    assert as_column(SOME).dtype == "str"
    assert pd.Series(as_column(SOME)).isna().tolist() == [False, True, False, False, False]


def test_columns_stand_beside_each_other_and_null_stays_null():
    assert beside("<", SOME, "|", SOME, ">").to_pylist() == ["<a|a>", None, "<ö|ö>", "<|>", "<a|a>"]


@given(st.lists(st.lists(SAID, max_size=4), max_size=5))
def test_pieces_are_put_together(lists):
    pieces = texts([piece for part in lists for piece in part])
    counts = np.array([len(part) for part in lists], dtype=np.int64)
    rows = np.arange(len(pieces))
    assert strung(pieces, rows, counts).to_pylist() == ["".join(part) for part in lists]
    assert joined(pieces, rows, counts, "; ").to_pylist() == ["; ".join(part) for part in lists]


def test_one_piece_may_be_used_often_and_in_any_order():
    assert strung(texts(["a", "b"]), np.array([1, 0, 0, 1]), np.array([3, 0, 1])).to_pylist() == ["baa", "", "b"]


@given(st.lists(st.none() | SAID, max_size=5))
def test_json_is_that_of_the_standard_library(values):
    expected = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    assert in_json(texts(values)).to_pylist() == expected


@given(st.lists(st.none() | st.sampled_from(["a", "b", "ö", ""]), max_size=8))
def test_equal_texts_get_equal_numbers(values):
    found = coded(texts(values))
    assert [found.listed[code] if code >= 0 else None for code in found.codes] == values
    assert found.is_one_of(["a", "x"]).tolist() == [value == "a" for value in values]
    assert found.numbers({"a": 1.0, "b": 2.0}, 9.0).tolist() == [
        {"a": 1.0, "b": 2.0}.get(value, 9.0) for value in values
    ]
    ranked = found.ranked()
    assert list(ranked.listed) == sorted(ranked.listed)
    assert [ranked.listed[code] if code >= 0 else None for code in ranked.codes] == values


def test_the_first_of_those_that_stand_together():
    assert first_of_each(texts(["a", "a", "b", "a"])).tolist() == [True, False, True, True]
    assert first_of_each(no_texts(0)).tolist() == []
