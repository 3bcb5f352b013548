from __future__ import annotations

import numpy as np
import pytest
from match_rows import point, square
from ragged_lists import ragged

from inducult_geo.match.pairs import roads

NOWHERE = (np.nan, np.nan)


def pairs(road, size: int, step: int = 2) -> list[tuple[int, int]]:
    """Follow a road for a few records at a time."""
    found = []
    for start in range(0, size, step):
        asked, met = road(slice(start, min(start + step, size)))
        found += [(start + a, b) for a, b in zip(asked.tolist(), met.tolist(), strict=True)]
    return sorted(found)


def test_lists_that_follow_one_another():
    lists = ragged([[1, 2], [], [3], [4, 5]])
    assert [lists.part(slice(1, 4)).row(at).tolist() for at in range(3)] == [[], [3], [4, 5]]
    assert len(lists.part(slice(2, 2))) == 0


def test_the_nearest_within_reach(monkeypatch):
    monkeypatch.setattr(roads, "NEAREST", 2)
    monkeypatch.setattr(roads, "NEAREST_BACK", 1)
    left = np.array([(0.0, 0.0), NOWHERE, (5_000.0, 0.0), (80_000.0, 0.0)])
    right = np.array([(100.0, 0.0), (4_900.0, 0.0), NOWHERE, (200.0, 0.0), (-300.0, 0.0), (12_000.0, 0.0)])
    assert pairs(roads.near(left, right, np.full(4, 150.0)), 4) == [(0, 0), (0, 3), (2, 1), (2, 3)]
    # The fifth is not among the nearest two of any, but one is its nearest.
    assert pairs(roads.near_back(left, right, np.full(6, 50.0)), 4) == [(0, 0), (0, 3), (0, 4), (2, 1), (2, 5)]


def test_where_the_nearest_lie_within_the_accuracy_more_are_looked_at(monkeypatch):
    monkeypatch.setattr(roads, "NEAREST", 2)
    monkeypatch.setattr(roads, "CROWDED", 4)
    left, right = np.zeros((3, 2)), np.array([(100.0 * far, 0.0) for far in range(1, 7)])
    left[1] = np.nan
    met = pairs(roads.near(left, right, np.array([150.0, 900.0, 250.0])), 3)
    assert sorted(set(met)) == [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2), (2, 3)]
    # Fewer than there may be lie within any accuracy, and are all looked at.
    assert sorted(set(pairs(roads.near(left, right[:1], np.full(3, 900.0)), 3))) == [(0, 0), (2, 0)]


def test_a_rough_place_looks_at_more_on_the_way_back_too(monkeypatch):
    """Which of two lists is the left one is chance, or the shorter."""
    monkeypatch.setattr(roads, "NEAREST_BACK", 1)
    monkeypatch.setattr(roads, "CROWDED_BACK", 3)
    left, right = np.array([(100.0 * far, 0.0) for far in range(1, 6)]), np.zeros((3, 2))
    right[1] = np.nan
    met = pairs(roads.near_back(left, right, np.array([50.0, 900.0, 150.0])), 5)
    assert sorted(set(met)) == [(0, 0), (0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(("mine", "theirs"), [([], [(1.0, 1.0)]), ([(1.0, 1.0)], []), ([NOWHERE], [NOWHERE])])
def test_without_places_nothing_is_near(mine, theirs):
    left, right = (np.array(side, dtype=float).reshape(-1, 2) for side in (mine, theirs))
    near = roads.near(left, right, np.full(len(left), 100.0))
    back = roads.near_back(left, right, np.full(len(right), 100.0))
    assert pairs(near, len(left)) == pairs(back, len(left)) == []


def test_outlines_that_nearly_touch():
    left = np.array([square(1_000), point(5_000), None], dtype=object)
    right = np.array([point(700), square(100, 5_100), point(5_010), None], dtype=object)
    road = roads.touching(left, right)
    assert road is not None
    assert pairs(road, 3) == [(0, 0), (1, 1)]
    assert roads.touching(left[1:], right[2:]) is None


def test_the_same_code_but_for_groups_that_tell_nothing(monkeypatch):
    monkeypatch.setattr(roads, "BLOCK_PAIRS", 3)
    # Of code 7 there are one and three, of code 9 two and two; -1 is no code.
    left, right = np.array([7, 9, -1, 9, 5]), np.array([9, 7, 7, -1, 7, 9])
    assert pairs(roads.same_code(left, right), 5) == [(0, 1), (0, 2), (0, 4)]
    assert pairs(roads.same_code(left[:0], right), 0) == []


def test_records_that_bear_several_codes_meet_once_a_code():
    mine, theirs = (np.array([0, 0, 2]), np.array([0, 1, 1])), (np.array([1, 1, 0, 0]), np.array([0, 1, 1, 1]))
    road = roads.by_code(mine, theirs, (3, 2), lambda a, b: a + b < 9)
    assert pairs(road, 3, 1) == [(0, 0), (0, 1), (0, 1), (2, 0), (2, 1)]
    assert pairs(roads.by_code(mine, theirs, (3, 2), lambda a, b: a + b < 5), 3) == [(0, 1)]
