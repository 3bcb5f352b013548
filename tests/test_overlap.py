from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from match_rows import point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.overlap import MOST_DOWN, MOST_LEVEL, overlap
from inducult_geo.match.scoring.rivals import contests
from inducult_geo.match.scoring.score import score, shipped_weights, stand
from inducult_geo.match.scoring.waterfall import explain

NAMES = [
    f"{a}{b} {c}werk" for a in ("Ahorn", "Birken", "Eichen") for b in ("au", "tal", "hof") for c in ("Kalk", "Eisen")
]


def lists(shared: float, count: int = 120):
    """Two lists, of which the given share of the left stands in the right, and the rest has a neighbor there."""
    left, right = [], []
    for i in range(count):
        name, place = f"{NAMES[i % 18]} {chr(97 + i % 25)}{i}feld", point(4000 * i)
        left.append(row(f"a:{i}", name, place))
        other = name if i < shared * count else f"{NAMES[(i + 7) % 18]} {chr(97 + (i + 9) % 25)}{i}berg"
        right.append(row(f"b:{i}", other, point(4000 * i + 300)))
        right.append(row(f"b:n{i}", f"{NAMES[(i + 5) % 18]} q{i}", point(4000 * i + 900)))
    prepared = prepare(records(*left, *right))
    return score(Compared(prepared, *candidates_of(prepared)))


@pytest.mark.parametrize("years", [1, 2, 4])
def test_a_register_with_a_row_for_each_year_shares_what_one_does(years):
    """Were the row of one year gone, that of the next would fit as well: that is no sign of chance."""
    left, right = [], []
    for i in range(60):
        own = "".join(chr(97 + (i * step) % 23) for step in (1, 7, 3, 11, 5))
        place, name = point(4000 * i), f"{NAMES[i % 18]} {own}feld"
        left += [row(f"a:{i}-{year}", name, place) for year in range(years)]
        right.append(row(f"b:{i}", name, point(4000 * i + 1200)))
        right.append(row(f"b:n{i}", f"{NAMES[(i + 5) % 18]} {own[::-1]}berg", point(4000 * i + 2000)))
    prepared = prepare(records(*left, *right))
    scored = score(Compared(prepared, *candidates_of(prepared)), many=("a",))
    assert np.median(scored.parts["overlap of the lists"]) > 0


def shares_of(found):
    return found.shares[found.of_pair]


def share_of(scored):
    return float(np.median(shares_of(scored.lists)))


def test_the_share_is_estimated():
    most, half, none = (share_of(lists(share)) for share in (0.95, 0.5, 0.0))
    assert most > half > none
    assert most == pytest.approx(0.9, abs=0.1)
    assert none < 0.25


def test_the_same_pair_scores_lower_between_lists_that_hardly_meet():
    many, few = lists(0.95), lists(0.1)

    def chance(scored):
        key = scored.pairs.prepared.key
        at = (key[scored.pairs.left] == "a:3") & (key[scored.pairs.right] == "b:3")
        return float(scored.probability[at][0])

    assert chance(many) > chance(few)


def test_points_are_bounded_and_part_of_the_sum():
    for share in (0.0, 1.0):
        scored = lists(share)
        moved = scored.parts["overlap of the lists"]
        assert np.abs(moved).max() <= MOST_LEVEL + MOST_DOWN
        weights = shipped_weights()
        total = weights.offset + weights.scale * weights.intercept + sum(scored.parts.values())
        assert np.allclose(scored.probability, 1 / (1 + np.exp(-total)))


def test_few_records_change_little():
    prepared = prepare(records(row("a:1", "Kalkwerk Saal", point()), row("b:1", "Kalkwerk Saal", point(150))))
    scored = score(Compared(prepared, *candidates_of(prepared)))
    assert np.abs(scored.parts["overlap of the lists"]).max() < 0.5


def test_no_pairs_say_nothing():
    prepared = prepare(records(row("a:1", "Kalkwerk Saal", point())))
    pairs = Compared(prepared, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    found = overlap(pairs, contests(pairs), np.zeros(0), (np.zeros(0), np.zeros(0)), 0.6)
    assert len(found[:]) == len(shares_of(found)) == 0


def test_countries_are_estimated_apart():
    rows = []
    for i in range(160):
        land, name = ("DE" if i < 80 else "PL"), f"{NAMES[i % 18]} {chr(97 + i % 25)}{i}feld"
        rows.append(row(f"a:{i}", name, point(4000 * i), country=land))
        other = name if land == "DE" else f"{NAMES[(i + 7) % 18]} q{i}"
        rows.append(row(f"b:{i}", other, point(4000 * i + 400), country=land))
    prepared = prepare(records(*rows))
    scored = score(Compared(prepared, *candidates_of(prepared)))
    land = prepared.country[scored.pairs.left]
    assert shares_of(scored.lists)[land == "DE"].mean() > shares_of(scored.lists)[land == "PL"].mean() + 0.3


def power_plants(tellers: str, *, coal: int = 40, wind: int = 120, listed: int = 1000):
    """A list of coal plants and wind farms, beside one that holds the first of the coal under the names of towns alone.

    Returns the shares told of the pairs of coal that are of one plant, and of those of wind that lie together.
    """
    scored, left, right = compared_plants(tellers, coal=coal, wind=wind, listed=listed)
    return shares_of(scored.lists)[(left == right) & (left < coal)], shares_of(scored.lists)[
        (left == right) & (left >= coal)
    ]


def explain_of(tellers: str) -> str:
    """Say all that is said of the pair of the first plant."""
    scored, left, right = compared_plants(tellers)
    return explain(scored, np.flatnonzero((left == 0) & (right == 0)))[0]


def compared_plants(tellers: str, *, coal: int = 40, wind: int = 120, listed: int = 1000):
    """Score these lists; with the number of the plant of either end of each pair."""
    rows = []
    for i in range(coal + wind):
        fuel, name = "coal" if i < coal else "wind", f"{NAMES[i % 18]} {chr(97 + i % 25)}{i}feld"
        told = {side: {"tags": to_json({"fuel": fuel})} if side in tellers else {} for side in "ab"}
        kind = {"type": "power_station"} if fuel == "coal" else {}
        rows.append(row(f"a:{i}", name, point(4000 * i), **told["a"], **kind))
        other = f"Anlage {name.split()[1]}" if fuel == "coal" else f"{NAMES[(i + 7) % 18]} q{i}"
        rows += [row(f"b:{i}", other, point(4000 * i + 600), **told["b"], **kind)] * (i < listed)
    prepared = prepare(records(*rows))
    scored = score(Compared(prepared, *candidates_of(prepared)))
    ends = (scored.pairs.left, scored.pairs.right)
    return scored, *(np.array([int(key[2:]) for key in prepared.key[end]]) for end in ends)


@pytest.mark.parametrize("teller", ["a", "b"])
def test_where_one_list_alone_tells_fuels_each_is_estimated_apart(teller):
    coal, wind = power_plants(teller)
    assert coal.min() == coal.max() > 0.7
    assert wind.min() == wind.max() < 0.15


@pytest.mark.parametrize("tellers", ["", "ab"])
def test_where_both_lists_tell_fuels_or_neither_the_lists_are_estimated_as_a_whole(tellers):
    coal, wind = power_plants(tellers)
    assert np.ptp(np.r_[coal, wind]) == 0


def test_the_sentence_of_a_pair_names_the_fuel_that_the_lists_were_looked_at_for():
    told, silent = (explain_of(tellers) for tellers in ("a", ""))
    assert re.search(r"overlap of the lists in 'coal' about \d+%", told)
    assert re.search(r"overlap of the lists about \d+%", silent)


def test_of_a_longer_list_that_tells_fuels_as_much_is_found_of_what_is_shared_as_of_the_shorter_list():
    coal, _ = power_plants("a", coal=160, listed=60)
    assert coal.min() == coal.max() > 0.8, "a share of the coal alone would be 0.4 at most"


def test_a_fuel_of_few_plants_is_drawn_to_what_the_fuel_shares_elsewhere_and_to_the_whole():
    few, many = (power_plants("a", wind=count)[1].max() for count in (4, 120))
    assert few > 2 * many


def test_order_of_records_changes_nothing():
    base = [
        row(f"{s}:{i}", f"{NAMES[i % 18]} {chr(97 + i % 25)}{i}feld", point(2500 * i + d))
        for i in range(40)
        for s, d in (("a", 0), ("b", 200))
    ]
    found = []
    for order in (base, base[::-1]):
        prepared = prepare(records(*order))
        scored = score(Compared(prepared, *candidates_of(prepared)))
        ends = [prepared.key[end] for end in (scored.pairs.left, scored.pairs.right)]
        table = pd.DataFrame({"pair": [tuple(sorted(p)) for p in zip(*ends, strict=True)], "score": scored.probability})
        found.append(table.assign(base=scored.base).sort_values("pair", ignore_index=True))
    pd.testing.assert_frame_equal(*found, atol=1e-9)


def contest_of(lefts, rights, sources="ab"):
    keys = [f"{sources[0]}:{i}" for i in range(3)] + [f"{sources[1]}:{i}" for i in range(3)]
    table = prepare(records(*(row(key, "X", point()) for key in keys)))
    return Compared(table, np.array(lefts), np.array(rights) + 3)


def test_what_is_left_when_the_best_is_gone():
    pairs = contest_of([0, 0, 0, 1], [0, 1, 2, 0])
    left, right = contests(pairs)
    after = left.standing(np.array([5.0, 3.0, 1.0, 4.0]))[1]
    assert (after.value.tolist(), after.lead.tolist()) == ([3.0], [2.0])
    assert after.most(np.array([0.1, 0.2, 0.3, 0.4])).tolist() == [0.2]
    after = right.standing(np.array([5.0, 3.0, 1.0, 4.0]))[1]
    assert after.value.tolist() == [4.0]
    assert np.isnan(after.lead).all()


def test_two_that_are_best_leave_one_as_good():
    left, _ = contests(contest_of([0, 0], [0, 1]))
    lead, after = left.standing(np.array([2.0, 2.0]))
    assert lead.tolist() == [0.0, 0.0]
    assert after.most(np.array([1.0, 3.0])).tolist() == [3.0]


def test_sides_go_by_source_not_by_order():
    one, other = contests(contest_of([0, 0], [0, 1])), contests(contest_of([0, 0], [0, 1], sources="ba"))
    assert one[0].sizes.tolist() == [2]
    assert other[0].sizes.tolist() == [1, 1]


def test_totals_are_those_of_the_score():
    scored = lists(0.5, 30)
    standing = stand(scored.pairs, scored.base, shipped_weights())
    moved = scored.parts["overlap of the lists"] + scored.parts["kinds that the lists share"]
    assert np.allclose(1 / (1 + np.exp(-(standing.total + moved))), scored.whole)
    assert replace(standing).sides[0].record.size
