"""Towns as names inflect them."""

from __future__ import annotations

import numpy as np
import pytest
from match_rows import backdrop, records, row

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import telling_words
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.town_forms import forms_of_towns
from inducult_geo.text import packaged_rows
from inducult_geo.text.lexicon import split_words

EXAMPLES = [
    (country, *pair.split(" > "))
    for table_row in packaged_rows("town_endings.csv")
    for country in table_row["countries"].split()
    for pair in table_row["example"].split("; ")
]


def forms(country: str, town: str, *words: str) -> list[str]:
    listed = [split_words(text)[0] for text in (town, *words)]
    return [listed[code // len(listed)] for code in forms_of_towns(listed, [(country, 0)]).tolist()]


@pytest.mark.parametrize(("country", "town", "form"), EXAMPLES)
def test_the_examples_of_the_table(country: str, town: str, form: str) -> None:
    assert forms(country, town, form) == [*split_words(form)]


@pytest.mark.parametrize(
    ("country", "town", "word"),
    [
        ("FI", "Kotka", "Kotkamills"),
        ("SE", "Sandviken", "Sandvik"),
        ("AT", "Wien", "Wienstrom"),
        ("IT", "San Felice", "Sangalli"),
        ("PL", "Tychy", "Tych"),
        ("PL", "Leipzig", "Leipziger"),
        ("", "Leipzig", "Leipziger"),
        ("PL", "Łódź", "Łódź"),
        ("SI", "Ig", "Igu"),
    ],
)
def test_no_form(country: str, town: str, word: str) -> None:
    assert forms(country, town, word) == []


def told(one: dict[str, object], other: dict[str, object]) -> float:
    table = records(row("a:1", **one), row("b:1", **other), *backdrop())
    return float(telling_words(Compared(prepare(table), np.array([0]), np.array([1]))).value[0])


@pytest.mark.parametrize("towns", [("Nowa Ruda", "Nowa Ruda"), ("Ruda", None), (None, "Nowa Ruda")])
def test_a_form_of_the_town_of_either_record_tells_as_little_as_the_town(towns: tuple[str | None, str | None]) -> None:
    first, second = ({"country": "PL", "city": town} for town in towns)
    same = told({"name": "Wiskoza Ruda", **first}, {"name": "Wiskoza Ruda", **second})
    form = told({"name": "Wiskoza w Rudzie", **first}, {"name": "Wiskoza w Rudzie", **second})
    nowhere = told({"name": "Wiskoza w Rudzie", "country": "PL"}, {"name": "Wiskoza w Rudzie", "country": "PL"})
    assert form == pytest.approx(same, abs=0.02)
    assert nowhere > form + 0.05
