"""A list whose keys went to other rows is told, a list that was only corrected is not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from inducult_geo.frames import Records, as_records, to_json
from inducult_geo.match.identity.renumbered import Moved, renumbered

NAMES = ("Ciglana Nova", "Huta Alba", "Mlin Kolar", "Pivovara Sava", "Rudnik Tirna", "Pilana Gora", "Kovnica Bela")


def listed(names: list[str], keys: list[str] | None = None, shift_m: float = 0.0) -> Records:
    """Works a kilometer apart, each where its name is, under these keys."""
    places = [shapely.Point(4_500_000 + 1000 * NAMES.index(name) + shift_m, 3_000_000) for name in names]
    table = {"record_key": [f"list:{key}" for key in keys or range(len(names))], "source": "list", "country": "HR"}
    return as_records(pd.DataFrame({**table, "names": [to_json({"name": name}) for name in names]}), geometry=places)


BEFORE = listed([*NAMES])


def test_a_list_that_was_numbered_anew_is_told() -> None:
    found = renumbered(BEFORE, listed([*NAMES[1:], NAMES[0]]))
    assert found == [Moved(f"list:{n}", f"list:{(n + 1) % 7}") for n in range(7)]
    assert len(renumbered(listed([*NAMES[:3]]), listed([*NAMES[1:3], NAMES[0]]))) == 3


@pytest.mark.parametrize(
    "now",
    [
        listed([*NAMES]),
        listed([*NAMES], shift_m=300.0),
        listed([*NAMES], shift_m=30.0),
        listed([*NAMES], keys=list("abcdefg")),
        listed([NAMES[1], NAMES[0], *NAMES[2:]]),
        listed([*NAMES[:3]]),
        listed([*NAMES[::-1]], keys=[*map(str, range(6, -1, -1))]),
        listed([*NAMES[1:], NAMES[0]], shift_m=80.0),
        Records(BEFORE.set_geometry(np.roll(BEFORE.geometry.to_numpy(), 1), crs=BEFORE.crs)),
    ],
    ids=[
        *(
            "the same",
            "all moved",
            "all moved a little",
            "other keys",
            "two rows changed places",
            "rows gone",
            "another order",
        ),
        *("other rows, and not where these were", "names stayed, places did not"),
    ],
)
def test_a_list_that_was_mended_is_not(now: Records) -> None:
    assert renumbered(BEFORE, now) == []


def test_of_a_name_that_thousands_bear_not_each_is_held_against_each() -> None:
    """A register of 12,000 houses and villas took 4 GB."""
    rows = 2_000
    table = {"record_key": [f"list:{key}" for key in range(rows)], "source": "list", "country": "HR"}
    names = np.array([to_json({"name": name}) for name in ("Kuća", "Vila")])[np.arange(rows) // 2 % 2]
    x = 4_500_000 + 1000.0 * np.arange(rows)
    before, now = (
        as_records(pd.DataFrame({**table, "names": names[order]}), geometry=shapely.points(x[order], 3_000_000.0))
        for order in (np.arange(rows), np.roll(np.arange(rows), -2))
    )
    tracemalloc.start()
    found, peak_bytes = renumbered(before, now), tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[:2] == [Moved("list:0", "list:2"), Moved("list:1", "list:3")]
    assert peak_bytes < 20e6


def test_a_list_of_namesakes_that_was_numbered_anew_is_told() -> None:
    """Every name stayed with its key, and ids and decisions went to the next house."""
    table = {"record_key": [f"list:{key}" for key in range(40)], "source": "list", "names": to_json({"name": "Kuća"})}
    x = 4_500_000 + 1000.0 * np.arange(40)
    before, now, moved, few, enough = (
        as_records(pd.DataFrame({**table, "country": "HR"}), geometry=shapely.points(places, 3_000_000.0))
        for places in (x, np.roll(x, -1), x + 300, *(np.r_[np.roll(x[:rows], -1), x[rows:]] for rows in (3, 4)))
    )
    assert renumbered(before, now)[0] == Moved("list:0", "list:1")
    assert renumbered(before, moved) == renumbered(before, before) == renumbered(before, few) == []
    assert len(renumbered(before, enough)) == 4


@settings(max_examples=40)
@given(st.permutations(NAMES))
def test_each_row_that_is_told_is_where_it_is_said_to_have_been(names: list[str]) -> None:
    found = renumbered(BEFORE, listed(names))
    moved = [n for n in range(7) if names[n] != NAMES[n]]
    assert [one.key for one in found] == ([f"list:{n}" for n in moved] if len(moved) >= 3 else [])
    assert all(NAMES[int(one.was[5:])] == names[int(one.key[5:])] for one in found)
