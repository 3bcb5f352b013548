from __future__ import annotations

import numpy as np
import pytest
from match_rows import point, records, row

from inducult_geo import ragged
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.rivals import contests


@pytest.fixture(scope="module")
def pairs() -> Compared:
    """Records of three sources, some of them units of one plant, in pairs of all kinds."""
    names = ("Escombreras 1", "Escombreras 2", "Cartagena", "Lavrio 3", "Lavrio 4", "Lavrio 5", "Alcudia")
    table = prepare(records(*(row(f"{s}:{i}", name, point()) for i, name in enumerate(names) for s in "bac")))
    random = np.random.default_rng(4)
    left, right = np.array([(a, b) for a in range(21) for b in range(a) if table.source[a] != table.source[b]]).T
    kept = random.random(len(left)) < 0.7
    return Compared(table, left[kept], right[kept])


def groups_of(pairs: Compared, side: int) -> dict[tuple[int, str], list[tuple[int, int]]]:
    """Record and source of its partners -> pairs with what their partner is a unit of (none but itself: its row)."""
    source, plants, found = pairs.prepared.source, pairs.prepared.units, {}
    for at, ends in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
        one, other = sorted(ends, key=lambda end: source[end], reverse=side == 1)
        kin = int(plants[other]) if plants[other] >= 0 else -1 - at
        found.setdefault((one, source[other]), []).append((at, kin))
    return found


@pytest.mark.parametrize("block", [1, 5, 100_000])
@pytest.mark.parametrize("side", [0, 1])
def test_contests_are_what_looking_at_each_pair_tells(pairs, side, block, monkeypatch):
    monkeypatch.setattr(ragged, "BLOCK", block)
    random = np.random.default_rng(block)
    value, more = random.integers(-3, 4, (2, len(pairs.left))).astype(float)
    single = np.array([True, True, False])
    contest, names = contests(pairs)[side], pairs.prepared.sources[1]
    lone, near = random.random((2, len(value))) < 0.3
    (lead, after), crowd = contest.standing(value), contest.crowd(value, single, lone, near)
    groups = groups_of(pairs, side)
    assert (pairs.prepared.units >= 0).sum() == 15
    for (_, theirs), members in groups.items():
        for at, kin in members:
            others = [value[other] for other, of in members if of != kin]
            assert lead[at] == pytest.approx(value[at] - max(others) if others else np.nan, nan_ok=True)
            taken = sorted(np.exp(others))
            if not (single[names.tolist().index(theirs)] or lone[at]):
                taken = taken[:-1] if near[at] else []
            wanted = sum(taken)
            assert crowd[at] == pytest.approx(wanted, abs=1e-12)
    best = {key: max(value[at] for at, _ in members) for key, members in groups.items()}
    keys = zip(contest.record.tolist(), names[contest.partners], strict=True)
    assert dict(zip(keys, contest.best(value).tolist(), strict=True)) == best
    number = contest.of_pairs(np.arange(len(contest.record)))
    assert [number[at] for members in groups.values() for at, _ in members] == [
        [*zip(contest.record.tolist(), names[contest.partners], strict=True)].index(key)
        for key, members in groups.items()
        for _ in members
    ]
    found = np.nan_to_num(np.column_stack([after.value, after.lead, after.most(more)]), nan=99.0)
    wanted = [left_over(members, value, more) for members in groups.values() if len(members) > 1]
    assert sorted(found.tolist()) == sorted(np.nan_to_num(np.array(wanted), nan=99.0).tolist())


def left_over(members: list[tuple[int, int]], value: np.ndarray, more: np.ndarray) -> tuple[float, float, float]:
    """What a group would hold at best if its best pair were gone: see `NextBest`."""
    ordered = sorted((value[at] for at, _ in members), reverse=True)
    second = ordered[1]
    lower = [one for one in ordered if one < second]
    lead = second - lower[0] if lower else np.nan
    return second, lead, max(more[at] for at, _ in members if value[at] == second)


def test_no_pairs_no_contest():
    table = prepare(records(row("a:1", "Werk 1", point()), row("a:2", "Werk 2", point())))
    none = np.zeros(0, dtype=np.int64)
    for contest in contests(Compared(table, none, none)):
        assert len(contest.sizes) == len(contest.best(none)) == len(contest.of_pairs(none)) == 0
        lead, after = contest.standing(none)
        assert len(lead) == len(after.value) == len(after.lead) == len(after.most(none)) == 0
        assert len(contest.crowd(none, np.array([True]), none > 0, none > 0)) == 0


def test_a_row_that_tells_of_one_works_once_more_is_not_what_chance_would_find():
    """A register with a row for each year: were the first gone, the second would be as good, and of the same plant."""
    names = ("Peterborough", "Peterborough", "Cowes", "Cowes", "Barry")
    table = prepare(records(row("b:0", "PBRG", point()), *(row(f"a:{i}", n, point(20)) for i, n in enumerate(names))))
    pairs = Compared(table, np.arange(1, 6), np.zeros(5, dtype=np.int64))
    value, more = np.array([5.0, 5.0, 2.0, 3.0, -1.0]), np.arange(5.0)
    for repeated, second, lead in (([], 5.0, 2.0), (["a"], 3.0, 4.0)):
        contest = contests(pairs, repeated)[1]
        leads, after = contest.standing(value)
        assert after.value.tolist() == [second]
        assert after.lead.tolist() == [lead]
        assert after.most(more).tolist() == [1.0 if second == 5.0 else 3.0]
        assert contest.has_rivals.tolist() == [True]
        assert leads[0] == (2.0 if repeated else 0.0)
    same = Compared(table, np.arange(1, 3), np.zeros(2, dtype=np.int64))
    assert contests(same, ["a"])[1].has_rivals.tolist() == [False]
    assert contests(same)[1].has_rivals.tolist() == [True]
    assert len(contests(same, ["a"])[1].standing(value[:2])[1].value) == 0


def test_units_of_a_plant_stay_what_chance_may_find():
    """They take nothing from each other, and yet which of them is meant is a question."""
    names = ("Escombreras 1", "Escombreras 2", "Cartagena")
    table = prepare(records(row("b:0", "Lavrio", point()), *(row(f"a:{i}", n, point(20)) for i, n in enumerate(names))))
    pairs = Compared(table, np.arange(1, 4), np.zeros(3, dtype=np.int64))
    leads, after = contests(pairs, ["a"])[1].standing(np.array([5.0, 4.0, 1.0]))
    assert leads.tolist() == [4.0, 3.0, -4.0]
    assert after.value.tolist() == [4.0]
