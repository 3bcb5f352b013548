"""Identifiers that two lists number each for itself are none; those that lead to the same works are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from match_rows import point, records, row

from inducult_geo.frames import Records
from inducult_geo.match.link import link
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.trusted_identifiers import APART_M, SHARED_FROM

TREES = ("Ahorn", "Birken", "Eschen", "Linden", "Ulmen", "Tannen", "Weiden")
ENDS = ("bach", "berg", "hof", "tal", "grund", "feld")


def works(
    source: str,
    ids: dict[int, str],
    *,
    scheme: str = "register",
    east_m: float = 0,
    other: str = "",
    gap_m: float = 2e5,
) -> Records:
    """Works in a long row, each with the identifier that is given for its number."""
    return records(
        *(
            row(
                f"{source}:{i}",
                f"{other}{TREES[i % 7]}{ENDS[i % 6]}",
                point(gap_m * i + east_m),
                ids={scheme: number} if (number := ids.get(i)) else {},
            )
            for i in range(30)
        )
    )


def kept(*lists: Records) -> int:
    """How many records keep identifiers."""
    return sum(kept_by_source(*lists).values())


def kept_by_source(*lists: Records) -> dict[str, int]:
    prepared = prepare(Records(pd.concat(lists, ignore_index=True)))
    return {name: int(np.count_nonzero(prepared.has_ids & (prepared.source == name))) for name in {*prepared.source}}


def numbers(shift: int, count: int = 30) -> dict[int, str]:
    return {i: str((i + shift) % 30) for i in range(count)}


@pytest.mark.parametrize("scheme", ["register", "wikidata", "serial"])
def test_row_numbers_of_two_lists_are_no_identifiers(scheme):
    lists = works("a", numbers(0), scheme=scheme), works("b", numbers(11), scheme=scheme, east_m=150)
    assert kept(*lists) == 0
    without = [Records(part.assign(ids=None)) for part in lists]
    pd.testing.assert_frame_equal(link(*lists), link(*without))
    assert (link(*lists)["decision"] == "match").sum() == 30


@pytest.mark.parametrize("gap_m", [2_000.0, 20_000.0])
def test_row_numbers_of_two_lists_of_a_region_are_none_either(gap_m):
    lists = works("a", numbers(0), gap_m=gap_m), works("b", numbers(11), gap_m=gap_m, east_m=150)
    assert kept(*lists) == 0
    assert kept(lists[0], works("b", numbers(0), gap_m=gap_m, east_m=600)) == 60


def test_identifiers_that_lead_to_the_same_works_are_kept():
    assert kept(works("a", numbers(0)), works("b", numbers(0), east_m=150)) == 60


def test_words_in_common_are_enough_where_the_places_are_wrong():
    """A list with all its geocodes in another county keeps what says which works are meant."""
    assert kept(works("a", numbers(0)), works("b", numbers(0), east_m=APART_M * 1.5)) == 60
    assert kept(works("a", numbers(0)), works("b", numbers(0), east_m=APART_M * 1.5, other="Ober Unter Q")) == 60
    strange = Records(works("b", numbers(0), east_m=APART_M * 1.5).assign(names=None))
    assert kept(works("a", numbers(0)), strange) == 0


def test_few_that_are_shared_are_not_judged():
    few, enough = SHARED_FROM - 1, SHARED_FROM
    assert kept(works("a", numbers(0, few)), works("b", numbers(11))) == few + 30
    assert kept(works("a", numbers(0, enough)), works("b", numbers(11))) == 0


def test_another_scheme_of_the_same_lists_is_kept():
    left, right = (works(source, numbers(shift)) for source, shift in (("a", 0), ("b", 11)))
    left, right = (
        Records(part.assign(ids=[text[:-1] + f',"heritage":"H{i}"}}' for i, text in enumerate(part["ids"])]))
        for part in (left, right)
    )
    prepared = prepare(Records(pd.concat([left, right], ignore_index=True)))
    assert [*prepared.ids] == [{"heritage": f"h {i}"} for i in (*range(30), *range(30))]


def test_what_tells_neither_place_nor_name_is_no_witness():
    left, right = works("a", numbers(0)), works("b", numbers(0), east_m=150)
    half = Records(right.assign(**{name: right[name].where(right.index < 6) for name in ("names", "geometry")}))
    assert kept(left, half) == 60


def test_row_numbers_of_a_third_list_take_nothing_from_two_that_agree():
    left, right = works("a", numbers(0)), works("b", numbers(0), east_m=150)
    third, fourth = works("c", numbers(11), east_m=300), works("d", numbers(7), east_m=350)
    assert kept_by_source(left, third) == {"a": 0, "c": 0}
    assert kept_by_source(left, right, third) == {"a": 30, "b": 30, "c": 0}
    assert kept_by_source(third, left, fourth, right) == {"a": 30, "b": 30, "c": 0, "d": 0}


def test_two_pairs_that_agree_each_but_not_with_one_another_keep_what_is_not_in_doubt():
    east, west = ({"east_m": 50.0 * n} for n in (1, 2))
    first = works("a", numbers(0)), works("b", numbers(0), **east)
    second = works("c", numbers(11), **east), works("d", numbers(11), **west)
    assert kept_by_source(*first, *second) == dict.fromkeys("abcd", 0)
    assert kept_by_source(*first) == {"a": 30, "b": 30}


def test_few_that_many_lists_share_are_judged_together():
    lists = [works(name, {i: str((i + 7 * n) % 30) for i in range(8)}, gap_m=2e5) for n, name in enumerate("abcde")]
    assert kept(*lists[:2]) == 16
    shared = [works(name, {n: "1", n + 6: "2"}) for n, name in enumerate("abcde")]
    assert kept(*shared[:2]) == 4
    assert kept(*shared) == 0
