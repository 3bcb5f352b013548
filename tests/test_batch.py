"""Tokens of many names at once are those of each name alone."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ragged_lists import ragged, tokens_of, words_of

from inducult_geo import ragged as ragged_module
from inducult_geo.frames import to_json
from inducult_geo.match.reading.record_names import called
from inducult_geo.text import name_tokens, packaged_rows, prepare_names

COUNTRIES = st.sampled_from((None, "DE", "AT", "CZ", "PL", "IT", "SI", "HR", "BE", "XX"))
TERMS = sorted({row["term"] for row in packaged_rows("name_concepts.csv")})
TOWNS = sorted({row[side] for row in packaged_rows("exonyms.csv") for side in ("exonym", "own_name")})
FORMS = sorted({form for row in packaged_rows("legal_forms.csv") for form in row["abbreviations"].split(";") if form})
ODD = ("II", "x", "V", "B", "C", "12", "007", "-", "&", "/", "\x01", "Ølværk", "S.p.A.", "GmbH", "& Co. KG", "d.o.o.,")
WORD = st.one_of(
    *(st.sampled_from(words) for words in (TERMS, TOWNS, FORMS, ODD)),
    st.text(st.sampled_from("abdeijoszäéłžßΣς'.-1 2"), min_size=1, max_size=9),
    st.sampled_from(("Papier", "Fabrik", "Säge", "werk", "Ziegel", "ei", "Muehle", "Djuro", "STRASSE")),
)
NAME = st.lists(WORD, max_size=6).flatmap(
    lambda words: st.sampled_from((" ", "  ", "-", " - ", "\t")).map(lambda s: s.join(words))
)


@settings(max_examples=100)
@given(st.lists(st.tuples(NAME, COUNTRIES), max_size=12))
def test_as_each_name_alone(asked):
    names, countries = [name for name, _ in asked], [country for _, country in asked]
    made = tokens_of(names, countries)
    assert words_of(made) == [name_tokens(name, country=country) for name, country in asked]
    assert [*made.numbers.values()] == [*range(len(made.numbers))]


@pytest.mark.parametrize(
    "name",
    [
        "Papier Fabrik Steyr",
        "Papier - Fabrik Steyr",
        "Papier-Fabrik",
        "Karlsbad Porzellan",
        "Werk B",
        "Halle II",
        "GmbH",
        "",
        " ",
        "ehem.",
        "Ziegelei\x01Meier",
        "Haus \x01 Hof",
        "Wienerberger AG & Co. KG",
    ],
)
def test_names_with_something_special_beside_plain_ones(name):
    names = ["Zementwerk Rohrdorf", name, "Hut", name]
    assert words_of(tokens_of(names, ["DE"] * 4)) == [name_tokens(one, country="DE") for one in names]


PHRASES = [term for term in TERMS if " " in term]


@pytest.mark.parametrize("sign", [" ", "-", " - ", "  "])
def test_phrases_whole_cut_short_and_with_a_word_between(sign):
    """Only names in which a second word follows a first are read one by one: all others must be read the same."""
    words = [term.split() for term in PHRASES]
    names = [sign.join(some) for one in words for some in (one, one[:-1], [*one, "Rohr"], ["Rohr", *one])]
    names += [sign.join([one[0], "Rohr", *one[1:]]) for one in words]
    names += [sign.join([one[0], *other]) for one, other in pairwise(words)]
    made = words_of(tokens_of(names, [None] * len(names)))
    assert made == [name_tokens(name) for name in names]
    assert len(PHRASES) > 50


def test_names_of_real_tables(shared):
    parts = []
    for table, columns in (("hotmaps", ("name", "company")), ("power_geodb", ("name", "owner")), ("eutl", ("name",))):
        read = pd.read_csv(shared / f"data/sites/{table}.csv", dtype=str)
        parts += [pd.DataFrame({"name": read[column], "country": read["country"]})[::3] for column in columns]
    told = pd.concat(parts).dropna().drop_duplicates()
    made, which = prepare_names(told["name"], told["country"])
    said = words_of(made)
    assert [said[one] for one in which] == [name_tokens(a, country=b) for a, b in told.itertuples(index=False)]
    assert len(told) > 5000


@given(st.integers(0, 6), st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 9), max_size=3), max_size=6))
def test_lists_of_numbers_alone_but_for_others(size, told):
    others = {number: said for number, said in told.items() if number < size}
    made = ragged_module.themselves_but(size, others)
    assert [made.row(at).tolist() for at in range(size)] == [others.get(at, [at]) for at in range(size)]


LISTS = st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=12)


@given(LISTS)
def test_equal_lists_in_order_of_appearance(lists):
    code, first = ragged(lists).alike_in_order
    known: dict[tuple[int, ...], int] = {}
    assert code.tolist() == [known.setdefault(tuple(one), len(known)) for one in lists]
    assert [tuple(lists[row]) for row in first] == [*known]


def test_lists_that_mix_to_one_number_are_told_apart(monkeypatch):
    monkeypatch.setattr(ragged_module, "_mixed", lambda lists: np.zeros(len(lists), dtype=np.uint64))
    code, first = ragged([[1, 2], [2, 1], [], [1, 2], [3]]).alike_in_order
    assert (code.tolist(), first.tolist()) == ([0, 1, 2, 0, 3], [0, 1, 2, 4])


@given(LISTS.filter(len), st.data())
def test_some_lists(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=8))
    taken = ragged(lists).take(np.array(rows, dtype=np.int64))
    assert [taken.row(at).tolist() for at in range(len(taken))] == [lists[row] for row in rows]
    assert taken.rows.tolist() == [at for at, row in enumerate(rows) for _ in lists[row]]


def test_names_of_roles_in_order_and_parents_apart():
    column = pd.Series(['{"parent": "P", "name": "B", "alt_name": "A"}', None, '{"name": " "} ', '{"name": "B"}', "{}"])
    own, parents = called(column)
    assert [own.listed[number] for number in own.numbers] == ["A", "B", "B"]
    assert own.rows.tolist() == [0, 0, 3]
    assert [parents.listed[number] for number in parents.numbers] == ["P"]


@pytest.mark.parametrize(
    ("parent", "name"),
    [
        ("SHS [50.0%]; Voest (12,5 %)", "SHS; Voest"),
        ("Werk 2 100%", "Werk 2"),
        ("50% Kohle", " Kohle"),
        ("A1 (3)", "A1 (3)"),
        # As long as a cell of a broken file may be: looked through once, not once for every digit.
        pytest.param("1" * 200_000, "1" * 200_000, id="200,000 digits"),
    ],
)
def test_what_an_owner_holds_is_no_part_of_its_name(parent: str, name: str) -> None:
    assert called(pd.Series([f'{{"parent": "{parent}"}}']))[1].listed.tolist() == [name]


@pytest.mark.parametrize("text", ['{"name": "A"', '{"name": "A"} {}', "[1]", '{"name" "A"}'])
def test_what_is_not_an_object_is_refused(text):
    with pytest.raises((ValueError, AttributeError)):
        called(pd.Series([text]))


@pytest.mark.parametrize(
    "name", ["Mühle", 'Zeche "Anna"', "C\\d", "a\nb", "日本", " \u00a0", "", '{"name": "x"}', "SHS [50.0%]"]
)
def test_a_name_alone_is_read_as_one_beside_others_is(name):
    """Rows with one name and nothing else are read without decoding their JSON; all that needs it is decoded."""
    texts = [to_json({"name": name}), json.dumps({"name": name}), json.dumps({"name": name, "parent": "Holding [20%]"})]
    own, parents = called(pd.Series([*texts, None, "{}"], dtype="object"))
    said = [name] if name.strip() else []
    assert [own.listed[number] for number in own.numbers] == said * 3
    assert own.rows.tolist() == ([0, 1, 2] if said else [])
    assert [parents.listed[number] for number in parents.numbers] == ["Holding"]
    assert parents.rows.tolist() == [2]
