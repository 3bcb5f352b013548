"""Files that mix systems: the rows of the other one stay rejected, and what they may be in is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from test_place import ANYWHERE, AREA, GROUND, contract, raw

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.mixed import another_system, two_systems, whereabouts
from inducult_geo.harmonize.places.place import Placed, place
from inducult_geo.harmonize.places.readings import Land, Reading
from inducult_geo.harmonize.transforms.crs import transform_points

LON, LAT = (values.ravel() for values in np.meshgrid([17.2, 17.6, 18.1, 18.3], [50.2, 50.5, 50.8]))
LAND = Land(AREA, "PL")


def numbers(crs: str, count: int = 12) -> list[tuple[float, float]]:
    """Return places all over the region in a system, to the millimeter."""
    done = transform_points(LON[:count], LAT[:count], source_crs="EPSG:4326", target_crs=crs, country="PL")
    return [(round(float(x), 3), round(float(y), 3)) for x, y in zip(done.x, done.y, strict=True)]


def mixed(*points: tuple[float, float], crs: str = "EPSG:2180") -> Placed:
    return place(raw([*numbers(crs), *points]), contract(crs), GROUND)


def told(placed: Placed) -> list[str]:
    return [problem.message for problem in placed.problems if problem.kind == "mixed_systems"]


@pytest.mark.parametrize("other", ["EPSG:2177", "EPSG:4326", "EPSG:3857"])
def test_rows_of_another_system_are_rejected_with_the_system_that_they_are_in(other: str) -> None:
    placed = mixed(*numbers(other, 7))
    assert placed.cells.reason == [None] * 12 + ["outside_region"] * 7
    (message,) = told(placed)
    assert message.startswith(
        f"7 of the 7 rows outside opole would lie inside in {other}: the file seems to mix systems"
    )
    assert "a file of their own" in message
    for detail in placed.cells.detail[12:]:
        assert f"check the coordinate; in {other} it would lie inside" in str(detail)
    (problem,) = (problem for problem in placed.problems if problem.kind == "mixed_systems")
    assert (problem.source, problem.count) == ("test", 7)


def test_of_a_few_rows_each_is_told_in_which_system_it_would_lie_inside() -> None:
    """Too few to say something of the file; a person sees at once what they are."""
    placed = mixed(*numbers("EPSG:2177", 2), (1.0, 1.0))
    assert placed.cells.reason[12:] == ["outside_region"] * 3
    for detail in placed.cells.detail[12:14]:
        assert "; in EPSG:2177 it would lie inside, at 50.2" in str(detail)
        assert str(detail).endswith(": ask the sender")
    assert "inside" not in str(placed.cells.detail[14])


def test_rows_that_are_no_place_in_the_stated_system_may_be_one_in_another() -> None:
    placed = mixed(*numbers("EPSG:2180", 6), (4e6, 4e6), crs="EPSG:4326")
    assert placed.cells.reason == [None] * 12 + ["bad_coordinate"] * 7
    (message,) = told(placed)
    assert message.startswith("6 of the 7 rows outside opole would lie inside in EPSG:2180: the file seems to mix")
    for detail in placed.cells.detail[12:18]:
        assert str(detail).startswith("not a place in EPSG:4326: check the coordinate and [place] crs; in EPSG:2180 it")
    assert str(placed.cells.detail[18]).endswith("[place] crs")


@pytest.mark.parametrize("crs", ["EPSG:2180", "EPSG:4326"])
def test_axes_that_are_swapped_in_some_rows_are_said_to_be(crs: str) -> None:
    placed = mixed(*((y, x) for x, y in numbers(crs, 6)), crs=crs)
    (message,) = told(placed)
    assert f"6 of the 6 rows outside opole would lie inside in {crs} (axes swapped): the file seems to write" in message
    assert "in two ways" in message


def test_of_two_systems_more_in_a_list_each_is_said_of_its_own_rows_only() -> None:
    placed = mixed(*numbers("EPSG:2177", 6), *numbers("EPSG:4326", 4))
    assert told(placed)[0].startswith("6 of the 10 rows outside opole would lie inside in EPSG:2177: the file seems")
    placed = mixed(*numbers("EPSG:2177", 5), *numbers("EPSG:4326", 5))
    (message,) = told(placed)
    assert "5 of the 10" in message
    assert ("EPSG:2177" in message) is not ("EPSG:4326" in message)


def test_rows_that_say_a_wrong_system_themselves_are_not_told_to_be_written_in_two_ways() -> None:
    """The stray row alone is said to be in the system that would suit the others."""

    def say(crs: str, points: list[tuple[float, float]]) -> list[str]:
        return [f"SRID={crs.removeprefix('EPSG:')};POINT({x} {y})" for x, y in points]

    right = [*say("EPSG:2180", numbers("EPSG:2180")), *say("EPSG:2177", numbers("EPSG:2177"))]
    wrong = [*say("EPSG:2180", numbers("EPSG:2177", 7)), "SRID=2177;POINT(6500000 9000000)"]
    declared = Contract(id="test", files=("a.csv",), place={"crs": "EPSG:4326", "text": "text"})
    placed = place(pd.DataFrame({"text": [*right, *wrong]}, dtype=object), declared, GROUND)
    assert placed.cells.reason[:24] == [None] * 24
    (message,) = told(placed)
    assert message == (
        "7 of the 8 rows outside opole would lie inside in EPSG:2177: their cells state EPSG:2180, which takes "
        "precedence over the contract. Ask the sender which system is right, and have the cells corrected in the file."
    )


def test_rows_that_it_does_not_explain_keep_the_hint_of_their_own() -> None:
    east, north = numbers("EPSG:2180")[4]
    slip = (float(str(east)[1] + str(east)[0] + str(east)[2:]), north)
    placed = mixed(*numbers("EPSG:2177", 6), slip, (-9e6, -9e6))
    assert told(placed)[0].startswith("6 of the 8 rows outside opole")
    assert "digits exchanged" in str(placed.cells.detail[18])
    assert "would" not in str(placed.cells.detail[19])


@pytest.mark.parametrize(
    "points",
    [
        numbers("EPSG:2177", 4),
        numbers("EPSG:2177", 1) * 9,
        [(500_000.0 + 1000 * n, 700_000.0) for n in range(9)],
        [],
    ],
    ids=["too few", "one place", "elsewhere", "none"],
)
def test_where_nothing_explains_the_rows_nothing_is_said(points: list[tuple[float, float]]) -> None:
    placed = mixed(*points)
    assert told(placed) == []
    assert placed.cells.reason == [None] * 12 + ["outside_region"] * len(points)
    assert not any("as others of this file" in str(detail) for detail in placed.cells.detail)


def test_outlines_are_not_read_as_points() -> None:
    shapes = [shapely.Point(*at).buffer(50) for at in [*numbers("EPSG:2180"), *numbers("EPSG:2177", 7)]]
    frame = pd.DataFrame({"geometry": pd.Series(shapes, dtype=object)})
    declared = Contract(id="test", files=("a.gpkg",), place={"crs": "EPSG:2180", "geometry": True})
    placed = place(frame, declared, GROUND)
    assert placed.cells.reason == [None] * 12 + ["outside_region"] * 7
    assert told(placed) == []


def test_a_wide_source_has_no_region_to_lie_outside_of() -> None:
    placed = place(raw([*numbers("EPSG:4326"), *numbers("EPSG:2180", 5)]), contract("EPSG:4326"), ANYWHERE)
    assert told(placed) == []


def test_all_systems_that_would_do_are_named_and_the_best_reading_counts() -> None:
    x, y = (np.array(axis) for axis in zip(*numbers("EPSG:2177"), strict=True))
    found = another_system(x, y, LAND, ("EPSG:2180", "EPSG:2177", "EPSG:2176"))
    assert found is not None
    assert (found.reading, found.systems[0]) == (Reading("as written", "EPSG:2177"), "EPSG:2177")
    assert found.fits.all()
    many = type(found)(found.reading, found.fits, ("A", "B", "C", "D"))
    assert many.words == "A or B or C or another"
    assert type(found)(Reading("axes swapped", "A", swap=True), found.fits, ("A",)).words == "A (axes swapped)"


def test_numbers_that_are_no_place_are_not_inside() -> None:
    far = np.array([1e300, 17.5, np.inf]), np.array([1e300, 50.5, 50.5])
    assert LAND.locate(Reading.as_declared("EPSG:4326"), *far).inside.tolist() == [False, True, False]


SISAK = Ground("sisak-moslavina", "HR", shapely.box(15.7, 45.0, 17.2, 45.7), ("EPSG:3765", "EPSG:31275", "EPSG:31276"))


def of_two_zones(count: int) -> list[tuple[float, float]]:
    """Places of a region that lies across two zones, each in the zone of its own; one more in the eastern one."""
    found = []
    for n in range(count):
        west = n % 2 == 1
        done = transform_points(
            [15.9 + 0.05 * n if west else 16.6 + 0.05 * n], [45.2 + 0.04 * n],
            source_crs="EPSG:4326", target_crs="EPSG:31275" if west else "EPSG:31276", country="HR",
        )  # fmt: skip
        found.append((round(float(done.x[0]), 1), round(float(done.y[0]), 1)))
    return found


def test_rows_that_wait_since_one_zone_fits_half_of_them_name_both() -> None:
    found = place(raw(of_two_zones(9)), contract(None), SISAK)
    assert set(found.cells.reason) == {"ambiguous_place"}
    assert "too few for a repair" in str(found.cells.detail[0])
    assert "The file seems to mix two systems" in str(found.cells.detail[0])
    assert "5 rows in EPSG:31276" in str(found.cells.detail[0])
    assert "into the contract, below" not in str(found.cells.detail[0])


@pytest.mark.parametrize("crs", ["EPSG:31276", "EPSG:3765", None])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("count", [4, 9])
def test_a_file_with_the_numbers_of_two_zones_says_so(crs: str | None, swapped: bool, count: int) -> None:
    points = [(y, x) if swapped else (x, y) for x, y in of_two_zones(count)]
    with pytest.raises(ContractError, match="seems to mix two systems") as refused:
        place(raw(points), contract(crs, expect={"inside_share_min": 0.9}), SISAK)
    how = " (axes swapped)" if swapped else ""
    for number, system, (x, y) in ((-(-count // 2), "EPSG:31276", points[0]), (count // 2, "EPSG:31275", points[1])):
        assert f"{number} rows in {system}{how} (e.g. x {x:.10g}, y {y:.10g})" in str(refused.value)
    assert str(refused.value).endswith("a file of their own, with a contract that names their system.")


def test_rows_of_which_half_have_their_axes_swapped_are_said_to_be_written_in_two_ways() -> None:
    """Each half was offered as a reading of the whole file, to be settled in the contract, which nothing could do."""
    rows = [(15.9 + 0.1 * n, 45.1 + 0.05 * n)[:: -1 if n % 2 else 1] for n in range(10)]
    found = place(raw(rows), contract("EPSG:4326"), SISAK)
    (said,) = set(found.cells.detail)
    assert "in two ways: 5 rows in EPSG:4326 (e.g. x 15.9, y 45.1) and 5 rows in EPSG:4326 (axes swapped) " in str(said)
    assert "into the contract, below" not in str(said)


def test_numbers_that_no_two_systems_explain_are_not_called_mixed() -> None:
    land = Land(SISAK.area, "HR") if SISAK.area is not None else LAND
    for points in ([(1.0, 1.0), (2.0, 2.0)], [*of_two_zones(6), (1.0, 1.0)], of_two_zones(8)[::2]):
        x, y = np.array(points).T
        assert two_systems(x, y, land, SISAK.crs) == ""


def test_a_row_of_the_zone_beside_is_told_along_with_the_slip_that_explains_it_as_well() -> None:
    """The zones M31 and M34 of Austria lie as in a mirror: a row of one was told to lack its minus only."""
    leoben = Ground("leoben", "AT", shapely.box(14.5, 47.2, 15.3, 47.7), ("EPSG:31256", "EPSG:31255"))

    def numbers_in(crs: str, lon: list[float], lat: list[float]) -> list[tuple[float, float]]:
        done = transform_points(lon, lat, source_crs="EPSG:4326", target_crs=crs, country="AT")
        return [(round(float(x), 1), round(float(y), 1)) for x, y in zip(done.x, done.y, strict=True)]

    east = numbers_in("EPSG:31256", [14.9, 15.0, 15.1, 15.2, 14.95, 15.05], [47.3, 47.4, 47.5, 47.35, 47.45, 47.55])
    west = numbers_in("EPSG:31255", [14.75], [47.4])
    placed = place(raw([*east, *west]), contract("EPSG:31256"), leoben)
    told = str(placed.cells.detail[-1])
    assert "with the sign of x reversed" in told
    assert "; or in EPSG:31255 it would lie inside, at 47.40000, 14.75000: ask the sender" in told


def test_of_a_row_whose_axes_are_swapped_that_is_told_alone() -> None:
    """The systems of Czechia that count to south and west put swapped rows without signs into the region as well."""
    vary = Ground("karlovy-vary", "CZ", shapely.box(12.0, 49.9, 13.3, 50.5), ("EPSG:5514", "EPSG:5513", "EPSG:2065"))
    lon, lat = np.linspace(12.3, 13.1, 40), np.linspace(50.0, 50.3, 40)
    done = transform_points(lon, lat, source_crs="EPSG:4326", target_crs="EPSG:5514", country="CZ")
    rows = [(-round(float(x), 1), -round(float(y), 1)) for x, y in zip(done.x, done.y, strict=True)]
    told = str(place(raw([*rows, rows[2][::-1]]), contract("EPSG:5514"), vary).cells.detail[-1])
    assert "with its axes swapped it would lie inside, at 50.0" in told
    assert " in EPSG:" not in told


def test_a_row_that_lies_inside_in_both_systems_is_counted_in_one() -> None:
    x, y = np.array([300_000.0, 500_000.0, 700_000.0]), np.full(3, 5_540_000.0)
    told = two_systems(x, y, Land(shapely.box(8, 48, 16, 52), "DE"), ("EPSG:25832", "EPSG:25833"))
    assert "2 rows in EPSG:25832 (e.g. x 500000, y 5540000) and 1 row in EPSG:25833 (e.g. x 300000, " in told


def test_of_fewer_than_half_of_the_rows_outside_nothing_is_said() -> None:
    elsewhere = [(500_000.0 + 1000 * n, 700_000.0) for n in range(6)]
    assert told(mixed(*numbers("EPSG:2177", 5), *elsewhere)) == []
    assert told(mixed(*numbers("EPSG:2177", 6), *elsewhere))[0].startswith("6 of the 12 rows outside opole")


def test_rows_are_written_in_two_ways_where_all_of_them_say_the_system_that_suits() -> None:
    x, y = np.array(LAT), np.array(LON)
    found = another_system(x, y, LAND, ("EPSG:2180",), ["EPSG:4258"] * len(x))
    assert found is not None
    assert (found.is_own, found.reading.crs) == (True, "EPSG:4258")
    found = another_system(x, y, LAND, ("EPSG:2180",), ["EPSG:4258", "EPSG:2180"] * (len(x) // 2))
    assert found is not None
    assert not found.is_own


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([120.0, 120.2, 9e6], [30.0, 30.1, 9e6], "at latitude 30.100, longitude 120.200: look there on a map"),
        ([30.0], [120.0], ""),
        ([-181.0], [20.0], ""),
    ],
)
def test_the_middle_of_degrees_is_a_place_whatever_one_row_says(x: list[float], y: list[float], said: str) -> None:
    told = whereabouts(np.array(x), np.array(y), None, "PL")
    assert told.removeprefix(" As degrees their middle is ").removesuffix(".") == said


def test_of_many_rows_all_are_counted() -> None:
    x, y = np.array(of_two_zones(9) * 400).T
    told = two_systems(x, y, Land(shapely.box(15.7, 45.0, 17.2, 45.7), "HR"), SISAK.crs)
    assert "2000 rows in EPSG:31276" in told.replace(",", "")
    assert "1600 rows in EPSG:31275" in told.replace(",", "")
