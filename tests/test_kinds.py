from __future__ import annotations

import numpy as np
import pytest
from match_rows import point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.kinds import FUEL_UP, HELD_BY, MOST_DOWN, MOST_UP, kinds
from inducult_geo.match.scoring.rivals import contests
from inducult_geo.match.scoring.score import KINDS, score
from inducult_geo.match.scoring.waterfall import explain


def found(*works, far=0.0, burns=lambda *_: {}):
    """Kinds of two lists: for each work its name in `a`, in `b`, the country, and the log-odds of the pair.

    `burns` gives the fields that tell the fuel of each record, by its source and its number.
    """
    rows = []
    for at, (mine, theirs, country, _) in enumerate(works):
        rows.append(row(f"a:{at}", mine, point(far + 5000 * at), country=country, **burns("a", at)))
        rows.append(row(f"b:{at}", theirs, point(far + 5000 * at + 100), country=country, **burns("b", at)))
    prepared = prepare(records(*rows))
    left, right = np.arange(len(works)) * 2, np.arange(len(works)) * 2 + 1
    pairs = Compared(prepared, left, right)
    made = kinds(pairs, contests(pairs), np.array([odds for *_, odds in works], dtype=float))
    return made[:], made.words[made.of_pair].tolist()


def many(count, theirs, odds, *, mine="", country="DE"):
    """So many works of a kind; each bears a word of its own besides."""
    return [(f"{mine}x{n}", f"{theirs} y{n}", country, odds) for n in range(count)]


def test_a_kind_that_one_list_leaves_out_counts_against_and_another_for():
    points, words = found(*many(30, "Hospital", -6), *many(30, "Glasfabrik", 6))
    assert words[0] == "hospital"
    assert points[0] < -0.5
    assert words[40] == "@glassworks"
    assert 0 < points[40] <= MOST_UP


def test_the_leanings_are_bounded():
    points, _ = found(*many(400, "Hospital", -9), *many(400, "Glasfabrik", 9))
    assert points.min() == -MOST_DOWN
    assert points.max() == MOST_UP


def fuels_of(*tellers, share=1.0):
    """The first thirty burn coal, the others wind; so large a share of each of some sources tells it."""
    return lambda source, at: (
        {"tags": to_json({"fuel": "coal" if at < 30 else "wind"})} if source in tellers and at % 10 < share * 10 else {}
    )


PLANTS = [(f"x{n}", f"y{n}", "DE", 6.0 if n < 30 else -6.0) for n in range(60)]


@pytest.mark.parametrize("teller", ["a", "b"])
def test_a_fuel_is_a_kind_where_the_other_list_tells_none(teller):
    points, words = found(*PLANTS, burns=fuels_of(teller))
    assert (words[0], words[40]) == ("coal", "wind")
    assert 0.2 < points[0] <= FUEL_UP
    assert points[40] < -0.5


def test_fuels_that_both_lists_tell_are_compared_and_no_kinds():
    assert set(found(*PLANTS, burns=fuels_of("a", "b"))[1]) == {""}
    # One or two fuels in a list of works do not make it a list that tells them.
    few = found(*PLANTS, burns=lambda source, at: fuels_of("a", share=0.4 if source == "a" else 0)(source, at))
    assert {*few[1]} == {"coal", "wind", ""}


def test_a_fuel_moves_a_pair_more_than_a_word_and_is_bounded():
    works = [(f"x{n}", f"y{n}", "DE", 9.0 if n < 30 else -9.0) for n in range(600)]
    points, _ = found(*works, burns=fuels_of("a"))
    assert points.max() == FUEL_UP
    assert points.min() < 0


def test_what_few_hold_is_no_kind():
    few, enough = (
        found(*many(30, "Glasfabrik", 6), *many(count, "Hospital", -6))[1][30] for count in (HELD_BY - 1, HELD_BY)
    )
    assert few == ""
    assert enough == "hospital"


def test_a_country_that_shares_little_does_not_speak_against_the_words_of_its_language():
    alone = found(*many(40, "Caserne", -5, country="FR"), *many(40, "Fabrik", 5))[0]
    assert np.abs(alone).max() < 0.05
    within = found(*many(20, "Caserne", -5), *many(20, "Fabrik", 5))[0]
    assert within[0] < -0.2


def test_numbers_of_units_are_no_kinds():
    _, words = found(*[(f"Werk q{n}", f"{n}feld 7", "DE", -5.0 if n % 2 else 5.0) for n in range(30)])
    assert not any(word and word.startswith("#") for word in words)


def test_of_two_words_that_say_as_much_the_one_against_counts_and_a_kind_told_twice_is_one_finding():
    works = [*many(20, "Hospital", -6, mine="Hospital "), *many(20, "Glasfabrik", 6)]
    once = found(*[(f"Ort x{n}", theirs, country, odds) for n, (_, theirs, country, odds) in enumerate(works)])[0]
    twice = found(*works)[0]
    assert once[0] == pytest.approx(twice[0])


def test_no_pairs_say_nothing():
    prepared = prepare(records(row("a:1", "Kalkwerk Saal", point())))
    none = np.zeros(0, dtype=np.int64)
    pairs = Compared(prepared, none, none)
    made = kinds(pairs, contests(pairs), np.zeros(0))
    assert len(made[:]) == len(made.of_pair) == 0


def lists_with_boilers():
    """Works of `a` that stand in `b`, and in `b` boiler houses beside them that `a` never tells of.

    The last has an other name in `b`, and its boiler house is as near.
    """
    rows = []
    for n in range(60):
        rows.append(row(f"a:{n}", f"Ahorn{n}feld Glas", point(8000 * n)))
        rows.append(row(f"b:{n}", f"Ahorn{n}feld Glas", point(8000 * n + 100)))
        rows.append(row(f"b:h{n}", f"Spital Nordau{n}", point(8000 * n + 400)))
    rows += [
        row("a:last", "Opalka", point(-9000)),
        row("b:last", "Zeder Glas", point(-9300)),
        row("b:hlast", "Spital Ulm", point(-8700)),
    ]
    prepared = prepare(records(*rows))
    return score(Compared(prepared, *candidates_of(prepared)))


def test_a_record_is_looked_for_among_the_kinds_that_are_shared():
    scored = lists_with_boilers()
    key = scored.pairs.prepared.key
    at = {(key[a], key[b]): n for n, (a, b) in enumerate(zip(scored.pairs.left, scored.pairs.right, strict=True))}
    works, boilers = at["a:last", "b:last"], at["a:last", "b:hlast"]
    assert scored.base[works] == pytest.approx(scored.base[boilers], abs=0.2)
    assert scored.probability[works] > 1.5 * scored.probability[boilers]
    assert scored.parts[KINDS][boilers] < -0.3
    assert "kinds that the lists share 'spital' -" in explain(scored, np.array([boilers]))[0]
