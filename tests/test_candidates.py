from __future__ import annotations

import sys
from collections import defaultdict

import numpy as np
import pytest
from match_rows import point, records, row, square
from ragged_lists import ragged
from scipy import sparse

from inducult_geo.frames import concat_records
from inducult_geo.match.link import link
from inducult_geo.match.pairs.candidates import FEW, PER_PARTNER, PER_RECORD, Bag, candidates_of
from inducult_geo.match.pairs.roads import NEAREST_WITHIN_M
from inducult_geo.match.reading.places import place_order
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.resolve import compare
from inducult_geo.ragged import best_of_each, cross, ranks_within, starts_of

MODULE = sys.modules["inducult_geo.match.pairs.candidates"]


def candidates(left, right=None):
    if right is None:
        return candidates_of(prepare(left))
    first, second = candidates_of(prepare(concat_records([left, right])), split=len(left))
    return first, second - len(left)


def found(left, right=None):
    first, second = candidates(left, right)
    other = left if right is None else right
    return {
        (left["record_key"][a], other["record_key"][b]) for a, b in zip(first.tolist(), second.tolist(), strict=True)
    }


ROADS = {
    "near": ({"geometry": point()}, {"geometry": point(2_500)}),
    "nearest within ten kilometers": ({"geometry": point()}, {"geometry": point(9_000)}),
    "same postcode": ({"postcode": "08056"}, {"postcode": "8056"}),
    "same town": ({"city": "Sassuolo (MO)"}, {"city": "SASSUOLO"}),
    "rare word": ({"name": "Papierfabrik Fährbrücke"}, {"name": "WKW Faehrbruecke"}),
    "identifier": ({"ids": {"wikidata": "Q42"}}, {"ids": {"wikidata": "Q42"}}),
    "touching outlines": ({"geometry": square(30_000)}, {"geometry": point(15_200)}),
}


@pytest.mark.parametrize("road", ROADS)
def test_every_road_leads_to_a_candidate_alone(road):
    one, other = ROADS[road]
    filler = [row(f"b:far{i}", f"Weitfort {i}", point(200_000 + 20_000 * i)) for i in range(3)]
    left, right = records(row("a:1", **one)), records(row("b:1", **other), *filler)
    assert ("a:1", "b:1") in found(left, right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"geometry": point()}, {"geometry": point(NEAREST_WITHIN_M + 500)}),
        ({"city": "Zwickau"}, {"city": "Leoben"}),
        ({"name": "Grube Elsterglanz"}, {"name": "Grube Elsterglanz", "country": "AT"}),
        ({}, {}),
    ],
)
def test_nothing_in_common_is_no_candidate(one, other):
    assert not found(records(row("a:1", **one)), records(row("b:1", **other)))


def test_a_record_without_country_takes_that_of_its_region():
    left = records(row("a:1", "Grube Elsterglanz", country=None), row("a:2", "Werk", country="DE"))
    assert ("a:1", "b:1") in found(left, records(row("b:1", "Elsterglanz")))


def test_a_record_of_an_unknown_country_is_led_to_rare_words_of_all():
    """Left and right alike; those of two countries that are known stay apart."""
    nowhere, abroad = {"country": None, "region": None}, {"country": "AT"}
    ours = records(row("a:1", "Grube Elsterglanz", **nowhere), row("a:2", "Grube Hoffnung"))
    theirs = records(row("b:1", "Elsterglanz", **abroad), row("b:2", "Werk"), row("b:3", "Hoffnung", **abroad))
    assert found(ours, theirs) == {("a:1", "b:1")}
    assert found(theirs, ours) == {("b:1", "a:1")}


def test_within_one_table_only_different_sources_meet():
    table = records(*(row(f"{source}:{i}", "Werk Nord", point(10 * i)) for source in "abc" for i in range(3)))
    pairs = found(table)
    assert pairs
    assert all(left.split(":")[0] != right.split(":")[0] for left, right in pairs)
    assert len(pairs) == 27


def test_dense_places_stay_bounded():
    rng = np.random.default_rng(1)
    spots = rng.uniform(-1_500, 1_500, size=(2, 400, 2))
    left, right = (
        records(*(row(f"{source}:{i}", f"Haus {i}", point(*spots[side, i])) for i in range(400)))
        for side, source in enumerate("ab")
    )
    first, _ = candidates(left, right)
    assert np.bincount(first).max() <= PER_RECORD + 400 * PER_PARTNER
    assert len(first) <= 400 * (PER_RECORD + PER_PARTNER)


def test_order_of_rows_changes_nothing():
    table = records(
        *(
            row(f"{source}:{i}", f"Mühle {i}", point(37 * i * i + 11 * (source == "b")))
            for source in "ab"
            for i in range(30)
        )
    )
    turned = table.iloc[::-1].reset_index(drop=True)
    assert {frozenset(pair) for pair in found(table)} == {frozenset(pair) for pair in found(turned)}


@pytest.mark.parametrize("sizes", [(0, 0), (0, 1), (1, 0)])
def test_empty_tables(sizes):
    sides = [records(*(row(f"{s}:{i}", "Werk", point()) for i in range(n))) if n else records(row("z:1")).iloc[:0]
             for s, n in zip("ab", sizes, strict=True)]  # fmt: skip
    assert link(*sides).empty
    assert len(candidates(sides[0])[0]) == 0


def test_cross_lists_every_combination_in_order():
    left, right = ragged([[1, 2], [], [3]]), ragged([[7], [8, 9]])
    found = cross(left, np.array([0, 1, 2]), right, np.array([1, 1, 0]))
    assert [part.tolist() for part in found] == [[0, 0, 0, 0, 2], [1, 1, 2, 2, 3], [8, 9, 8, 9, 7]]
    alone = ragged([[1], [], [3]])
    found = cross(alone, np.array([0, 1, 2, 2]), alone, np.array([2, 0, 1, 0]))
    assert [part.tolist() for part in found] == [[0, 3], [1, 3], [3, 1]]


@pytest.mark.parametrize(
    ("groups", "starts"), [([], []), ([3], [0]), ([2, 2, 0, 0, 0, 2], [0, 2, 5]), ([1, 2, 3], [0, 1, 2])]
)
def test_where_groups_begin(groups, starts):
    assert starts_of(np.array(groups, dtype=np.int64)).tolist() == starts


def test_ranks_within_groups():
    ranks = ranks_within(np.array([1, 0, 1, 0, 1]), np.array([2.0, 5.0, 3.0, 5.0, 3.0]))
    assert ranks.tolist() == [2, 0, 0, 1, 1]


@pytest.mark.slow
def test_real_tables_lose_almost_nobody(shared):
    from benchmarks.bench_link import SETS, bench_candidates

    from inducult_geo.match.learning.labelled import labelled_sets

    told = bench_candidates(labelled_sets(SETS, shared / "data/sites")[0])
    assert told["recall"] >= 0.997
    assert told["per_record"] <= 12


def test_marks_of_words_lose_no_product() -> None:
    random = np.random.default_rng(1)
    dense = random.random((60, 300)) * (random.random((60, 300)) < 0.02)
    dense[7] = 0
    bag = Bag.of(sparse.csr_matrix(dense))
    first, second = (part.ravel() for part in np.meshgrid(np.arange(60), np.arange(60)))
    wanted = (dense[first] * dense[second]).sum(axis=1)
    np.testing.assert_allclose(bag.dot(first, second), wanted, atol=1e-12)
    assert 0 < (wanted > 0).sum() < 1000
    assert Bag.of(sparse.csr_matrix((3, 5))).dot(np.array([0]), np.array([1])).tolist() == [0.0]


@pytest.mark.parametrize("longest", [2, FEW, FEW + 6])
def test_products_of_few_words_are_those_of_many_to_the_bit(longest: int) -> None:
    """However they are added up: of equal merits the first is kept, and the last bit must not decide."""
    random = np.random.default_rng(longest)
    lists = [np.sort(random.choice(20, random.integers(0, longest + 1), replace=False)) for _ in range(150)]
    ends = np.r_[0, np.cumsum([len(one) for one in lists])]
    words = sparse.csr_matrix((random.random(ends[-1]), np.concatenate(lists), ends), shape=(150, 20))
    first, second = (part.ravel() for part in np.meshgrid(np.arange(150), np.arange(150)))
    wanted = words[first].multiply(words[second]).sum(axis=1).ravel()
    common = np.diff(words[first].multiply(words[second]).indptr)
    assert Bag.of(words).dot(first, second).tobytes() == np.asarray(wanted).tobytes()
    assert common.max() >= min(longest, 5)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("spread", [1, 1 << 59], ids=["in one number", "too large for one number"])
def test_the_best_of_each_group(count, spread) -> None:
    random = np.random.default_rng(2)
    groups, values = np.sort(random.integers(0, 40, 500)), random.integers(0, 9, 500) * spread
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    # Equal values are frequent here: the first of them count.
    wanted = ranks_within(groups, values.astype(float)) < count
    assert best_of_each(starts, values, count).tolist() == wanted.tolist()
    assert best_of_each(starts, values, 500).all()
    assert best_of_each(starts[:0], values[:0], 1).tolist() == []


def table_of(count: int = 90) -> list[dict]:
    """Works of three sources in a few towns, some without a place, some with identifiers."""
    random = np.random.default_rng(5)
    owners, towns = ("Ahorn", "Birke", "Buche", "Eiche", "Erle", "Esche"), ("Leoben", "Zwickau", "Opole", "Sisak")
    made = []
    for at in range(count):
        town, (east, north) = int(random.integers(4)), random.normal(0, 900, 2)
        fields = {"city": towns[town], "postcode": str(1000 + town)} if random.random() < 0.6 else {}
        if random.random() < 0.1:
            fields["ids"] = {"wikidata": f"Q{random.integers(5)}"}
        place = None if random.random() < 0.1 else point(30_000 * town + east, north)
        name = f"Werk {owners[random.integers(6)]}{random.integers(30)}"
        made.append(row(f"{'abc'[at % 3]}:{at // 3:02}", name, place, **fields))
    return made


def keyed(scored) -> dict[tuple[str, str], float]:
    keys, pairs = scored.pairs.prepared.key, scored.pairs
    ends = zip(keys[pairs.left], keys[pairs.right], scored.probability.tolist(), strict=True)
    return {(min(a, b), max(a, b)): chance for a, b, chance in ends}


def test_in_what_order_records_come_changes_neither_pairs_nor_scores():
    table = records(*table_of())
    told = keyed(compare(table.sort_values("record_key", ignore_index=True)))
    assert len(told) > 300
    for seed in range(3):
        turned = table.iloc[np.random.default_rng(seed).permutation(len(table))]
        met = found(turned.reset_index(drop=True))
        assert {(min(pair), max(pair)) for pair in met} == {*told}
        # Which record of a pair is the left one is told by the order of the rows: that of the sources stays.
        turned = turned.sort_values("source", kind="stable", ignore_index=True)
        again = keyed(compare(turned))
        assert again.keys() == told.keys()
        assert [again[pair] for pair in told] == pytest.approx([*told.values()], abs=1e-9)


@pytest.mark.parametrize("block", [1, 7, 29])
def test_how_many_records_are_looked_at_at_once_changes_nothing(block, monkeypatch):
    prepared = prepare(records(*table_of()))
    whole = candidates_of(prepared)
    monkeypatch.setattr(MODULE, "LEFT_BLOCK", block)
    monkeypatch.setattr("inducult_geo.ragged.BLOCK", 3 * block)
    assert [side.tolist() for side in candidates_of(prepared)] == [side.tolist() for side in whole]


def test_what_is_kept_is_the_best_of_all_that_the_roads_lead_to(monkeypatch):
    monkeypatch.setattr(MODULE, "LEFT_BLOCK", 11)
    monkeypatch.setattr(MODULE, "PER_RECORD", 4)
    monkeypatch.setattr(MODULE, "PER_PARTNER", 2)
    prepared = prepare(records(*table_of(60)))
    side, wanted = MODULE._Side.of(prepared), set()
    for sides in MODULE._groups(prepared, None):
        left, right = sorted(sides, key=len)
        met = set()
        for road in MODULE._roads(side, left, right):
            met |= {(int(left[a]), int(right[b])) for a, b in zip(*road(slice(0, len(left))), strict=True)}
        first, second = (np.array(ends) for ends in zip(*sorted(met), strict=True))
        merit = (MODULE.quick_score(side, first, second) * MODULE.FINENESS).astype(int).tolist()
        rows = [*zip(merit, first.tolist(), second.tolist(), strict=True)]
        for end, count in ((1, 4), (2, 2)):
            of = defaultdict(list)
            for one in rows:
                of[one[end]].append(one)
            best = [sorted(some, key=lambda one: (-one[0], one[3 - end]))[:count] for some in of.values()]
            wanted |= {one[1:] if left is sides[0] else one[:0:-1] for some in best for one in some}
    assert sorted(wanted) == [*zip(*(ends.tolist() for ends in candidates_of(prepared)), strict=True)]
    assert len(wanted) < len(prepared) * 12


def test_the_order_of_the_records_changes_neither_the_pairs_nor_which_side_their_records_are_on():
    in_turn = prepare(records(*table_of()))
    by_place = in_turn.in_place_order()
    assert sorted(by_place.key) == sorted(in_turn.key)
    assert by_place.key.tolist() != in_turn.key.tolist()
    told = []
    for prepared in (in_turn, by_place):
        left, right = candidates_of(prepared)
        assert (prepared.source[left] < prepared.source[right]).all()
        told.append({*zip(prepared.key[left], prepared.key[right], strict=True)})
        names = [prepared.lexicon.words[prepared.name_words.row(row)].tolist() for row in range(len(prepared))]
        told.append(dict(zip(prepared.key, names, strict=True)))
    assert told[:2] == told[2:]
    assert len(told[0]) > 40


def test_in_the_order_of_places_neighbors_follow_one_another():
    random = np.random.default_rng(3)
    points = random.uniform(-400_000, 500_000, (4_000, 2))
    points[::50] = np.nan
    order = place_order(points)
    assert sorted(order.tolist()) == [*range(4_000)]
    assert np.isnan(points[order[-80:]]).all()
    steps = np.hypot(*np.diff(points[order[:-80]], axis=0).T)
    assert np.median(steps) < 2 * 900_000 / np.sqrt(4_000)
    assert place_order(points[::50]).tolist() == [*range(80)]
    assert place_order(points[:0]).tolist() == []
    apart = place_order(points, 1_000)
    assert apart.tolist() == [*place_order(points[:1_000]), *(1_000 + place_order(points[1_000:]))]
    points[7] = 1e15, -1e12
    assert sorted(place_order(points).tolist()) == [*range(4_000)]
    assert place_order(points[[1, 0, 1, 50, 1]]).tolist()[-1] == 3
