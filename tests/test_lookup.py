"""Keys among others and rows in order: the same as the plain way, null and other alphabets included."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inducult_geo.match.lookup import is_in, order_of

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
