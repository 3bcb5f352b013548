from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from match_rows import backdrop, point, records, row

from inducult_geo import ragged
from inducult_geo.frames import concat_records
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import compare_all
from inducult_geo.match.pairs.comparisons import COMPARISONS
from inducult_geo.match.pairs.places import place
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.points import Parts, added, weigh
from inducult_geo.match.scoring.score import score, shipped_weights
from inducult_geo.match.scoring.waterfall import explain

TOWNS = ("Steyr", "Bad Ischl", "Ried im Innkreis", "Linz")


def works(source, shift):
    return [
        row(
            f"{source}:{number}",
            names={"name": f"{trade} {town}", "alt_name": f"{owner} {number}"},
            operator=owner if number % 3 else None,
            city=town if number % 2 else None,
            postcode=f"44{number % 5}0",
            address=f"Werkstraße {number}",
            geometry=point(400 * number + shift, 300 * number),
        )
        for number, (trade, town, owner) in enumerate(
            (trade, town, owner)
            for trade in ("Papierfabrik", "Ziegelei", "Steyrwerk")
            for town in TOWNS
            for owner in ("Wienerberger", "Nettingsdorfer AG")
        )
    ]


@pytest.fixture(scope="module")
def pairs():
    prepared = prepare(concat_records([records(*works("a", 0), *backdrop()), records(*works("b", 30))]))
    return Compared(prepared, *candidates_of(prepared))


def test_blocks_change_nothing(pairs, monkeypatch):
    whole = {entry.name: entry.compare(pairs) for entry in COMPARISONS}
    before = score(pairs)
    monkeypatch.setattr(ragged, "BLOCK", 7)
    rows = np.arange(len(pairs.left))[::-3]
    told = 0
    for name, found in compare_all(pairs).items():
        np.testing.assert_array_equal(found.value, whole[name].value)
        assert found.detail(rows) == whole[name].detail(rows)
        told += not np.isnan(found.value).all()
    assert told > 8
    after = score(pairs)
    np.testing.assert_array_equal(after.probability, before.probability)
    assert explain(after, rows) == explain(before, rows)


def test_words_are_asked_for_again_and_for_other_pairs(pairs):
    found = compare_all(pairs)["place"]
    first, second = found.detail(np.array([0, 1]))
    assert found.detail(np.array([1, 0])) == [second, first]
    assert found.detail(np.array([1])) == [second]
    assert found.detail(np.array([1, 7])) == place(pairs).detail(np.array([1, 7]))
    assert found.detail(np.array([7, 0, 7])) == place(pairs).detail(np.array([7, 0, 7]))


def test_what_no_record_tells_is_not_compared(pairs, monkeypatch):
    assert pairs.prepared.untold == {"type", "theme", "start_year", "ids", "tags"}
    told = {"type": "mill", "theme": "power", "start_year": 1900, "ids": {"wikidata": "Q1"}, "tags": '{"fuel": "gas"}'}
    for name, value in told.items():
        some = prepare(records(row("a:1", "Werk", point(), **{name: value}), row("b:1", "Werk", point())))
        assert some.untold == {"operator", "address", "postcode", "city", *told} - {name}
    asked = []
    heard = [
        replace(one, compare=lambda some, one=one: asked.append(one.name) or one.compare(some)) for one in COMPARISONS
    ]
    monkeypatch.setattr("inducult_geo.match.pairs.comparing.COMPARISONS", heard)
    score(pairs)
    silent = {entry.name for entry in COMPARISONS} - {*asked}
    assert silent >= {"years", "kind", "fuel", "capacity", "identifier"}
    for entry in COMPARISONS:
        assert entry.name not in silent or np.isnan(entry.compare(pairs).value).all()


def test_what_is_found_anew_is_what_was_found(pairs):
    kept, anew = compare_all(pairs), score(pairs).scores
    rows = np.arange(len(pairs.left))[::-2]
    for name, found in kept.items():
        np.testing.assert_array_equal(anew[name].value, found.value)
        np.testing.assert_array_equal(anew[name].of(rows), found.of(rows))
        np.testing.assert_array_equal(anew[name].of(slice(3, 5)), found.value[3:5])
        assert anew[name].detail(rows) == found.detail(rows)
    told, again = score(pairs), score(pairs, scores=kept)
    for field in ("base", "probability", "whole", "bar", "is_match", "is_question", "is_backed"):
        np.testing.assert_array_equal(getattr(again, field), getattr(told, field))
    for name, points in told.parts.items():
        np.testing.assert_array_equal(again.parts[name], points)
    total = told.weights.offset + told.weights.scale * told.weights.intercept + sum(told.parts.values())
    np.testing.assert_allclose(1 / (1 + np.exp(-total)), told.probability, atol=1e-12)


def test_no_pairs():
    prepared = prepare(records(row("a:1")))
    none = np.zeros(0, dtype=np.int64)
    found = compare_all(Compared(prepared, none, none))
    assert [len(one.value) for one in found.values()] == [0] * len(COMPARISONS)
    assert found["name"].detail(none) == []


def test_parts_add_up_to_the_sum(pairs):
    found, weights = compare_all(pairs), shipped_weights()
    parts = Parts(found, weights.points, 1.0, {"more": np.full(len(pairs.left), 2.0)})
    assert [*parts][-1] == "more"
    assert len(parts) == len(COMPARISONS) + 1
    total = sum(parts[name] for name in parts if name != "more")
    values = {name: one.value for name, one in found.items()}
    np.testing.assert_allclose(total, added(values, weights.points), atol=1e-12)
    some = np.array([3, 1])
    for name in parts:
        assert parts.of(name, some).tolist() == parts[name][some].tolist()


@pytest.mark.parametrize("knots", [(0.0, 1.0), (0.0, 0.3, 0.6, 0.85, 1.0), (-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0)])
def test_points_between_knots_are_those_of_numpy_to_the_bit(knots):
    random = np.random.default_rng(len(knots))
    value, points = random.normal(0, 4, 5_000), random.normal(size=len(knots))
    value[::3], value[::7], value[1::5] = random.random(1_667), np.nan, random.choice(knots, 1_000)
    value[[1, 2]] = np.inf, -np.inf
    kept = value.copy()
    wanted = np.where(np.isnan(value), 0.0, np.interp(value, knots, points))
    assert weigh(value, knots, points).tobytes() == wanted.tobytes()
    assert value.tobytes() == kept.tobytes()


def test_points_of_a_finding_that_nobody_knows_are_nothing():
    assert weigh(np.array([np.nan, np.nan]), (0.0, 1.0), (1.0, 2.0)).tolist() == [0.0, 0.0]
    assert weigh(np.zeros(0), (0.0, 1.0), (1.0, 2.0)).tolist() == []


def test_words_of_towns_are_found_as_searching_finds_them(pairs):
    p = pairs.prepared
    size = len(p.lexicon.words)
    rows, words = (part.ravel() for part in np.meshgrid(np.arange(len(p)), np.arange(size), indexing="ij"))
    wanted = [word in set(p.cities.row(row).tolist()) for row, word in zip(rows, words, strict=True)]
    assert p.is_in_town(np.arange(len(p)), rows, words).tolist() == wanted
    # Of some records, in any order, and more than once.
    some = np.array([5, 0, 5, 3])
    asked = np.isin(rows, some)
    owner = np.array([some.tolist().index(row) for row in rows[asked]])
    assert p.is_in_town(some, owner, words[asked]).tolist() == np.array(wanted)[asked].tolist()
    assert sum(wanted) == len(p.cities.values) > 10
