from __future__ import annotations

import numpy as np
import pytest
from match_rows import point, records, row, square
from scipy import sparse

from inducult_geo.match.candidates import NEAREST_WITHIN_M, PER_PARTNER, PER_RECORD, Bag, candidates
from inducult_geo.ragged import best_of_each, cross, ragged, ranks_within


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
    alone = records(row("a:1", "Grube Elsterglanz", country=None, region=None))
    assert not found(alone, records(row("b:1", "Elsterglanz")))


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
    assert len(candidates(*sides)[0]) == 0
    assert len(candidates(sides[0])[0]) == 0


def test_cross_lists_every_combination_in_order():
    left, right = ragged([[1, 2], [], [3]]), ragged([[7], [8, 9]])
    pair, at_left, at_right = cross(left, np.array([0, 1, 2]), right, np.array([1, 1, 0]))
    assert pair.tolist() == [0, 0, 0, 0, 2]
    assert left.values[at_left].tolist() == [1, 1, 2, 2, 3]
    assert right.values[at_right].tolist() == [8, 9, 8, 9, 7]


def test_ranks_within_groups():
    ranks = ranks_within(np.array([1, 0, 1, 0, 1]), np.array([2.0, 5.0, 3.0, 5.0, 3.0]))
    assert ranks.tolist() == [2, 0, 0, 1, 1]


def test_real_tables_lose_almost_nobody(shared):
    from benchmarks.bench_link import SETS, bench_candidates

    from inducult_geo.match.labelled import labelled_sets

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


@pytest.mark.parametrize("count", [1, 3])
def test_the_best_of_each_group(count) -> None:
    random = np.random.default_rng(2)
    groups, values = random.integers(0, 40, 500), random.permutation(500) / 7
    assert best_of_each(groups, values, count).tolist() == (ranks_within(groups, values) < count).tolist()
    assert best_of_each(groups.astype(np.int32), values, count).sum() == 40 * count
    assert best_of_each(groups[:2], values[:2] * 0, 5).tolist() == [True, True]
    assert best_of_each(groups[:0], values[:0], 1).tolist() == []
