"""Which slip of the pen may have misplaced a row, and which rows share a point that is nobody's own."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as some

from inducult_geo.harmonize.places.corrections import suggest
from inducult_geo.harmonize.places.readings import Land, Reading
from inducult_geo.harmonize.places.shared_places import SHARED_MAX, find_shared

OPOLE = (Land(shapely.box(17.0, 50.0, 18.5, 51.0), "PL"), (17.93, 50.67))
SISAK = (Land(shapely.box(15.9, 45.0, 17.2, 45.7), "HR"), (16.37, 45.48))
BUENOS_AIRES = (Land(shapely.box(-58.6, -34.8, -58.2, -34.4), "*"), (-58.4, -34.6))
DEGREES = Reading.as_declared("EPSG:4326")
PUWG = Reading.as_declared("EPSG:2180")


@pytest.mark.parametrize(
    ("x", "y", "where", "said"),
    [
        (50.67, 17.93, OPOLE, "with its axes swapped it would lie inside, at 50.67000, 17.93000"),
        (-17.93, 50.67, OPOLE, "with the sign of x reversed (17.93) it would lie inside, at 50.67000, 17.93000"),
        (17.93, -50.67, OPOLE, "with the sign of y reversed (50.67) it would lie inside, at 50.67000, 17.93000"),
        (58.4, 34.6, BUENOS_AIRES, "with both signs reversed it would lie inside, at -34.60000, -58.40000"),
        (71.93, 50.67, OPOLE, "with two digits exchanged in x (17.93 for 71.93) it would lie"),
        (17.93, 5.67, OPOLE, None),  # a digit that is missing is no slip that can be told
        (17.93, 5.067, OPOLE, None),
        (17.93, 56.07, OPOLE, "with two digits exchanged in y (50.67 for 56.07) it would lie inside, at 50.67"),
        (16.37, 54.48, SISAK, "with two digits exchanged in y (45.48 for 54.48) it would lie"),
        (61.37, 45.48, SISAK, "with two digits exchanged in x (16.37 for 61.37) it would lie"),
        (26.37, 45.48, SISAK, "with one digit changed in x (16.37 for 26.37) it would lie"),
        (16.37, 49.48, SISAK, "with one digit changed in y (45.48 for 49.48) it would lie"),
        (17.93, 51.95, OPOLE, "with one digit changed in y (50.95 for 51.95) it would lie"),
        (100.0, -80.0, OPOLE, None),
    ],
)
def test_the_commonest_slip_that_leads_inside_is_named(
    x: float, y: float, where: tuple[Land, tuple[float, float]], said: str | None
) -> None:
    found = suggest(x, y, DEGREES, *where)
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith(said)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (314_000.0, 431_000.0, "with its axes swapped"),
        (-431_000.0, 314_000.0, "with the sign of x reversed (431000)"),
        (431_000.5, -314_000.25, "with the sign of y reversed (314000.25)"),
        (341_000.0, 413_000.0, "with its axes swapped"),
        (931_000.0, 314_000.0, "with two digits exchanged in x (391000 for 931000)"),
        (941_000.0, 314_000.0, "with one digit changed in x (441000 for 941000)"),
        (431_000.0, 914_000.0, "with one digit changed in y (314000 for 914000)"),
        (431_000.0, 134_000.0, "with two digits exchanged in y (314000 for 134000)"),
        (431_000_125.0, 314_000.0, "with a decimal point lost in x (431000.125)"),
    ],
)
def test_slips_of_meters_are_of_their_leading_digits(x: float, y: float, said: str) -> None:
    found = suggest(x, y, PUWG, *OPOLE)
    assert found is not None
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (17930000, 50.67, "with a decimal point lost in x (17.93) it would lie inside, at 50.67000, 17.93000"),
        (17.93, 5067, "with a decimal point lost in y (50.67) it would lie inside, at 50.67000, 17.93000"),
        (1793123, 506712, "with a decimal point lost in x and y (17.93123 and 50.6712) it would lie inside"),
    ],
)
def test_a_row_of_degrees_that_lost_its_decimal_point_is_told_as_that(x: float, y: float, said: str) -> None:
    found = suggest(x, y, DEGREES, *OPOLE)
    assert found is not None
    assert found.startswith(said)


def test_a_row_of_meters_that_lost_its_decimal_point_or_is_in_another_unit_is_told_as_that() -> None:
    kilometers = Reading("kilometers", "EPSG:2180", scale=1000.0)
    told = [
        suggest(431_000.0, 3_140_001.0, PUWG, *OPOLE),
        suggest(431.0, 314.0, PUWG, *OPOLE),
        suggest(431_000.5, 314_000.1, kilometers, *OPOLE),
    ]
    assert [None if one is None else one.split(" it would")[0] for one in told] == [
        "with a decimal point lost in y (314000.1)",
        "read as kilometers",
        "read as meters",
    ]


def test_numbers_with_a_decimal_point_have_not_lost_it() -> None:
    assert suggest(1793.5, 50.67, DEGREES, *OPOLE) is None


def test_of_equal_slips_the_one_nearest_to_the_other_rows_is_named() -> None:
    """Longitude 1?.93: with 7 it lies by the other works, with 8 at the far end of the region."""
    assert "(17.43 for 19.43)" in str(suggest(19.43, 50.67, DEGREES, *OPOLE))
    east = (18.4, 50.67)
    assert "(18.43 for 19.43)" in str(suggest(19.43, 50.67, DEGREES, OPOLE[0], east))
    north = (17.4, 50.99)
    assert "(50.98 for 57.98)" in str(suggest(17.43, 57.98, DEGREES, OPOLE[0], north))
    # A degree to the east is shorter than one to the north.
    corners = shapely.union_all([shapely.box(17.95, 49.95, 18.05, 50.05), shapely.box(16.95, 50.95, 17.05, 51.05)])
    assert "(18.01 for 17.01)" in str(suggest(17.01, 50.01, DEGREES, Land(corners, "PL"), (17.1, 50.1)))


@settings(max_examples=30)
@given(some.floats(17.05, 18.45), some.floats(50.05, 50.95), some.sampled_from(["swap", "x", "y"]))
def test_a_slip_that_was_made_is_found(x: float, y: float, slip: str) -> None:
    x, y = round(x, 4), round(y, 4)
    wrong = {"swap": (y, x), "x": (-x, y), "y": (x, -y)}[slip]
    found = suggest(*wrong, DEGREES, *OPOLE)
    assert found is not None
    place = re.search(r"at (-?[\d.]+), (-?[\d.]+)$", found)
    assert place is not None
    assert (float(place[2]), float(place[1])) == pytest.approx((x, y), abs=1e-5)


def shared(*rows: tuple[float, float, str | None, str | None], units: bool = False) -> tuple[int, int, list[bool]]:
    """Rows of x, y, name and town; return how many share how many places, and which are doubted."""
    table = pd.DataFrame(rows, columns=["x", "y", "name", "city"]).astype({"name": object, "city": object})
    found = find_shared(table["x"].to_numpy(), table["y"].to_numpy(), table, units_per_site=units)
    return found.rows, found.places, found.doubtful.tolist()


def at_one_point(
    *names: str | None, towns: tuple[str | None, ...] = ()
) -> list[tuple[float, float, str | None, str | None]]:
    cities = towns or ("Opole",) * len(names)
    return [(17.9, 50.6, name, city) for name, city in zip(names, cities, strict=True)]


class TestSharedPlaces:
    def test_four_names_may_be_the_parts_of_one_site_and_five_are_a_town(self) -> None:
        assert len("ABCD") == SHARED_MAX
        assert shared(*at_one_point(*"ABCD")) == (4, 1, [False] * 4)
        assert shared(*at_one_point(*"ABCDE")) == (5, 1, [True] * 5)

    def test_only_the_crowd_is_doubted(self) -> None:
        others = [(17.1, 50.1, "X", None), (17.1, 50.1, "Y", None), (17.2, 50.2, "Z", None)]
        assert shared(*at_one_point(*"ABCDE"), *others) == (7, 2, [True] * 5 + [False] * 3)

    def test_points_that_share_one_number_alone_share_nothing(self) -> None:
        rows = [(17.9, 50.6 + n, f"{n}", None) for n in range(9)]
        assert shared(*rows) == (0, 0, [False] * 9)

    def test_names_are_counted_and_not_rows(self) -> None:
        assert shared(*at_one_point(*"AaAaAa", "B", " b ", "C", "D"))[2] == [False] * 10
        assert shared(*at_one_point(None, None, None, None, None))[2] == [True] * 5
        assert shared(*at_one_point("", "  ", "A", "B", "C"))[2] == [True] * 5, "who has no name counts for oneself"
        assert shared(*at_one_point(float("nan"), "A", "B", "C"))[2] == [False] * 4  # type: ignore[arg-type]

    def test_units_of_one_site_are_a_crowd_where_their_towns_differ(self) -> None:
        rows = at_one_point(*"ABCDE", towns=("Opole", "OPOLE", None, "Opole", "Opole "))
        assert shared(*rows, units=True)[2] == [False] * 5
        assert shared(*rows, units=False)[2] == [True] * 5
        rows = at_one_point(*"ABCDE", towns=("Opole", "Brzeg", None, None, None))
        assert shared(*rows, units=True)[2] == [True] * 5

    def test_what_a_steward_is_told(self) -> None:
        table = pd.DataFrame({"name": [*"ABCDEF"]}, dtype=object)
        x = np.full(6, 17.9)
        crowd = find_shared(x, x, table, units_per_site=False)
        assert crowd.message == (
            "6 rows share 1 exact place; 6 of them stand where more than 4 names share one point: a head office or a "
            "town's center? Their accuracy is taken as 2000 m at best"
        )
        assert crowd.note.startswith("shares its exact point with more than 4 names")
        assert crowd.note.endswith("its place is taken as true to 2000 m at best")
        assert find_shared(x[:2], x[:2], table[:2], units_per_site=False).message == "2 rows share 1 exact place"

    def test_half_a_place_is_none(self) -> None:
        rows = [(np.nan, 50.6, name, None) for name in "ABCDE"] + [(17.9, np.nan, name, None) for name in "ABCDE"]
        assert shared(*rows) == (0, 0, [False] * 10)
