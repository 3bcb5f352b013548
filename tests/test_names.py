"""The JSON text of names."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from inducult_geo.harmonize.names import harmonize_names


def one(**cells: object) -> dict[str, str] | None:
    text = harmonize_names(pd.DataFrame([{name.replace("__", ":"): cell for name, cell in cells.items()}]))[0]
    return json.loads(text) if isinstance(text, str) else None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": " Důl\u00a0Svornost "}, {"name": "Důl Svornost"}),
        ({"name": "Svornost", "name__de": "Eintracht"}, {"name": "Svornost", "de": "Eintracht"}),
        ({"name": "A", "alt_name": "B; C;;B"}, {"name": "A", "alt": "B", "alt_2": "C"}),
        ({"name": "A;B"}, {"name": "A;B"}),
        ({"alt_name": "A", "name": "A"}, {"name": "A"}),
        ({"name": "A", "name__en": "A"}, {"name": "A", "en": "A"}),
        ({"name": "A", "old_name": "B", "short_name": "C"}, {"name": "A", "old": "B", "short": "C"}),
        ({"name": "A", "official_name": "A a.s.", "parent": "P"}, {"name": "A", "official": "A a.s.", "parent": "P"}),
        ({"name__sr-Latn": "A"}, {"sr-Latn": "A"}),
        ({"name__etymology__wikidata": "Q1", "name__alt": "x", "name": "A"}, {"name": "A"}),
        ({"name": "-", "alt_name": None}, None),
        ({"other": "x"}, None),
        ({"name": '<script>"'}, {"name": '<script>"'}),
    ],
)
def test_harmonize_names(cells: dict[str, object], expected: dict[str, str] | None) -> None:
    assert one(**cells) == expected


def test_text_is_readable_and_sorted() -> None:
    frame = pd.DataFrame({"name": ["Mühle", None], "name:cs": ["Mlýn", None]}, index=[4, 2])
    before = frame.copy()
    found = harmonize_names(frame)
    assert found[4] == '{"cs": "Mlýn", "name": "Mühle"}'
    assert found.isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(frame, before)


def test_no_rows() -> None:
    assert harmonize_names(pd.DataFrame({"name": []})).empty
