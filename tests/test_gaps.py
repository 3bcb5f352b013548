"""What is told of how true the stated accuracies are is counted over what is joined, and over nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from inducult_geo.frames import as_pairs
from inducult_geo.resolving.gaps import FEWEST, gaps, untrue_accuracies


def joined(*rows: tuple[str, str, float, str, str]) -> pd.DataFrame:
    names = ("left_key", "right_key", "distance_m", "left_site", "right_site")
    return as_pairs(pd.DataFrame([*rows], columns=[*names]))


def records(**accuracy_m: float) -> pd.DataFrame:
    keys = [key.replace("_", ":") for key in accuracy_m]
    sources = [key.partition(":")[0] for key in keys]
    return pd.DataFrame(
        {"record_key": keys, "source": sources, "accuracy_m": [*accuracy_m.values()], "reason": None}, dtype=object
    )


def test_a_record_is_measured_by_the_truest_of_those_that_it_is_joined_to() -> None:
    told = gaps(
        records(a_1=10, a_2=10, b_1=20, b_2=500, c_1=300),
        joined(
            ("a:1", "b:1", 31, "S", "S"),
            ("a:1", "c:1", 5, "S", "S"),
            ("a:2", "b:2", 400, "T", "T"),
            # Another site; and another record of one source.
            ("a:2", "b:1", 9000, "T", "S"),
            ("b:1", "b:2", 9000, "S", "S"),
        ),
    )
    assert told.loc["a"].tolist() == [2, (31 + 400) / 2, 0.5]
    assert told.loc["b"].tolist() == [2, (31 + 400) / 2, 0.5]
    assert told.loc["c"].tolist() == [1, 5, 1.0]


def test_rows_that_are_not_accepted_do_not_count_whatever_their_keys() -> None:
    """Another region may reject what one takes, and rows without a key have none in common."""
    twice = pd.concat([records(a_1=10, b_1=20), records(a_1=9000).assign(reason="outside_all_regions")])
    keyless = records(a_2=1, a_3=1).assign(record_key=None, reason="no_key")
    told = gaps(pd.concat([twice, keyless]), joined(("a:1", "b:1", 25, "S", "S")))
    assert told["within_accuracy"].to_dict() == {"a": 1.0, "b": 1.0}


def test_what_has_no_distance_or_states_no_accuracy_is_not_counted() -> None:
    some = joined(("a:1", "b:1", float("nan"), "S", "S"), ("a:2", "b:2", 3, "T", "T"))
    assert gaps(records(a_1=10, a_2=float("nan"), b_1=20, b_2=20), some).empty
    assert gaps(records(a_1=10), joined()).empty


@pytest.mark.parametrize(("far", "is_told"), [(FEWEST, True), (FEWEST // 2, False), (0, False)])
def test_a_list_most_of_which_lies_farther_off_than_it_says_is_told(far: int, is_told: bool) -> None:
    some = joined(*((f"a:{n}", f"osm:{n}", 120.0 if n < far else 1.0, f"S{n}", f"S{n}") for n in range(FEWEST)))
    accuracies = {f"a_{n}": 20.0 for n in range(FEWEST)} | {f"osm_{n}": 5.0 for n in range(FEWEST)}
    told = untrue_accuracies(records(**accuracies), some, {"a"})
    assert len(told) == is_told
    if is_told:
        assert told[0].startswith("a: of 10 records that other sources place, too, 0 lie as near to theirs as both say")
        assert "half of them are more than 120 m off" in told[0]
    assert untrue_accuracies(records(**accuracies), some, set()) == ()
