"""Keys among others and rows in order: the same as the plain way, null and other alphabets included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.arrow.keys import among as those_among
from inducult_geo.arrow.keys import earliest, is_in, order_of, places_in, places_of, ranks, repeated
from inducult_geo.arrow.texts import texts

TEXTS = st.lists(st.none() | st.text(st.sampled_from("aZž𝔸é1-"), max_size=3), max_size=12)


@pytest.mark.parametrize("dtype", ["str", "object"])
@given(TEXTS, TEXTS)
def test_a_value_is_among_others_as_it_is_in_a_set_and_null_never_is(
    dtype: str, values: list[str | None], among: list[str | None]
) -> None:
    wanted = [value is not None and value in among for value in values]
    column, others = pd.Series(values, dtype=dtype), pd.Series(among, dtype=dtype)
    assert is_in(column, others).tolist() == wanted
    assert is_in(pd.Index(column), set(among)).tolist() == wanted


@pytest.mark.parametrize("dtype", ["str", "object"])
@given(st.lists(st.tuples(*[st.none() | st.text(st.sampled_from("aZž𝔸é1-"), max_size=2)] * 2), max_size=12))
def test_rows_are_ordered_by_their_texts_letter_by_letter_and_null_comes_last(
    dtype: str, rows: list[tuple[str | None, str | None]]
) -> None:
    table = pd.DataFrame(rows, columns=["first", "second"]).astype(dtype)
    ordered = [rows[at] for at in order_of(table, ["first", "second"])]
    assert ordered == sorted(rows, key=lambda row: [(text is None, text or "") for text in row])


LONG = st.builds("".join, st.lists(st.sampled_from(["IC-", "osm:way/", "\0", "ž", "9", "-", "𝔸"]), max_size=9))
ALIKE = st.lists(st.none() | LONG | LONG.map("osm:node/1234".__add__), max_size=30)


@given(ALIKE, st.integers(0, 3))
def test_texts_that_part_only_after_many_signs_are_in_order_too_and_equal_ones_stay_as_they_were(
    said: list[str | None], first: int
) -> None:
    # A piece of a column: its texts do not begin where those of the column do.
    column, wanted = texts(said)[first:], said[first:]
    ordered = sorted(range(len(wanted)), key=lambda at: (wanted[at] is None, (wanted[at] or "").encode()))
    assert order_of({"key": column}, ["key"]).tolist() == ordered
    assert repeated(column).tolist() == [text is not None and wanted.count(text) > 1 for text in wanted]
    assert those_among(column, {"IC-", *wanted[:2]} - {None}) == [
        text for text in wanted if text is not None and (text in wanted[:2] or text == "IC-")
    ]


@given(st.lists(st.text(st.sampled_from("aZž𝔸"), max_size=2), unique=True, max_size=8), TEXTS)
def test_places_among_others(among: list[str], keys: list[str | None]) -> None:
    wanted = [among.index(key) if key in among else -1 for key in keys]
    assert places_in(texts(keys), texts(among)).tolist() == wanted
    assert places_in(texts(among), texts(among)).tolist() == list(range(len(among)))
    # Null stands nowhere, even among the same texts.
    assert places_in(texts([*among, None]), texts([*among, None])).tolist() == [*range(len(among)), -1]
    rows = pd.Index(among, dtype=object)
    assert places_of(rows, keys).tolist() == wanted
    assert places_of(rows, np.array(among, dtype=object)).tolist() == list(range(len(among)))


@given(st.lists(st.text(st.sampled_from("aZž𝔸é1-"), max_size=3), max_size=12))
def test_ranks_are_places_among_the_different_texts_in_order(values: list[str]) -> None:
    assert ranks(texts(values)).tolist() == [sorted(set(values)).index(value) for value in values]


def test_earliest_date_of_each_key_without_nulls() -> None:
    keys = texts(["b", "a", None, "b", "c"])
    dates = texts(["2024-05-01", None, "1999-01-01", "2023-12-31", "2025-02-03"])
    found, first = earliest(keys, dates)
    assert dict(zip(found.to_pylist(), first.to_pylist(), strict=True)) == {
        "b": "2023-12-31",
        "a": None,
        "c": "2025-02-03",
    }
    assert len(earliest(keys[:0], dates[:0])[0]) == 0
