"""From cells to places: precision, readings, what lies outside, what shares a point, and which slip was made."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from inducult_geo.catalog import Contract
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.harmonize.coordinates.cells import HALF_MINUTE_M, read_cells
from inducult_geo.harmonize.coordinates.parsed import DEGREE_M
from inducult_geo.harmonize.places.corrections import suggest
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import place
from inducult_geo.harmonize.places.readings import Land, Reading
from inducult_geo.harmonize.places.shared_places import find_shared

AREA = shapely.box(17.0, 50.0, 18.5, 51.0)
GROUND = Ground("opole", "PL", AREA, ("EPSG:2180", "EPSG:2177", "EPSG:4326"))
ANYWHERE = Ground("the world", None)
INSIDE = [(17.9, 50.6), (17.5, 50.3), (18.1, 50.8), (17.2, 50.45), (18.3, 50.2), (17.77, 50.66)]


def contract(crs: str | None = "EPSG:4326", **more: Any) -> Contract:
    place_of = {"crs": crs, "x": "X", "y": "Y", **more.pop("place", {})}
    return Contract(id="test", files=("a.csv",), place=place_of, declared_in=Path("test.toml"), **more)


def raw(points: list[tuple[Any, Any]], **columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"x": [p[0] for p in points], "y": [p[1] for p in points], **columns}, dtype=object)


def cells(x: Any, y: Any, decimal: str = ".") -> Any:
    declared = contract(read={"decimal": decimal})
    return read_cells(raw([(x, y)]), declared, crs="EPSG:4326", country="PL")


# --- cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "precision_m"),
    [
        ("17.9", "50.6", math.sqrt(2) * 0.5 * DEGREE_M * 0.1),
        ("17.92345", "50.6", math.sqrt(2) * 0.5 * DEGREE_M * 1e-5),
        ("17.916667", "50.716667", HALF_MINUTE_M),  # 17°55' 50°43'
        ("17.9", "50.716667", HALF_MINUTE_M),  # 17°54'
        ("17.8833", "50.7167", HALF_MINUTE_M),
        ("17.916668", "50.716667", math.sqrt(2) * 0.5 * DEGREE_M * 1e-6),  # a micro degree off
        ("17.916667", "50.716123", math.sqrt(2) * 0.5 * DEGREE_M * 1e-6),  # one axis alone
        ("17.90", "50.60", math.sqrt(2) * 0.5 * DEGREE_M * 0.01),  # too few decimals to tell
        ("438500", "352100", math.sqrt(2) * 0.5),
        ("438500.25", "352100.5", math.sqrt(2) * 0.5 * 0.01),
    ],
)
def test_precision_follows_the_digits_and_whole_minutes(x: str, y: str, precision_m: float) -> None:
    assert cells(x, y).precision_m[0] == pytest.approx(precision_m)


def test_few_random_coordinates_are_taken_for_minutes() -> None:
    chance = np.random.default_rng(3)
    points = [(f"{x:.5f}", f"{y:.5f}") for x, y in chance.uniform((12, 45), (18, 51), (2000, 2))]
    found = read_cells(raw(points), contract(), crs="EPSG:4326", country="PL")
    assert (found.precision_m == HALF_MINUTE_M).sum() == 0


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        (None, "50.6", "no_coordinates"),
        ("", "", "no_coordinates"),
        (float("nan"), 50.6, "no_coordinates"),
        ("0", "0", "bad_coordinate"),
        ("east", "50.6", "bad_coordinate"),
        ("17,9", "50,6", None),
        ("1e3", "50.6", "bad_coordinate"),
        (17.9, 50.6, None),
    ],
)
def test_a_cell_is_read_or_refused(x: Any, y: Any, reason: str | None) -> None:
    found = cells(x, y, decimal="," if isinstance(x, str) and "," in x else ".")
    assert found.reason[0] == reason
    assert math.isnan(found.x[0]) == (reason is not None)
    assert (found.detail[0] is None) == (reason is None)


def test_geometries_are_repaired_flattened_and_unwrapped() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shapes = [bow, shapely.Point(1, 2, 3), shapely.MultiPoint([(5, 6)]), shapely.Point(), None]
    frame = pd.DataFrame({"geometry": pd.Series(shapes, dtype=object)})
    declared = Contract(id="t", files=("a",), place={"geometry": True, "crs": "EPSG:2180"})
    found = read_cells(frame, declared, crs="EPSG:2180", country="PL")
    assert found.reason == [None, None, None, "bad_geometry", "no_coordinates"]
    assert found.shapes[0].is_valid
    assert not found.shapes[1].has_z
    assert found.shapes[2].geom_type == "Point"
    assert "repaired" in (found.detail[0] or "")
    assert found.detail[1] is None


def _placed_shapes(shapes: list[Any], **columns: list[Any]) -> Any:
    frame = pd.DataFrame({"geometry": pd.Series(shapes, dtype=object), **columns})
    declared = Contract(
        id="t", files=("a",), place={"geometry": True, "crs": "EPSG:4326", "accuracy_m": 5}, declared_in=Path("t.toml")
    )
    return place(frame, declared, GROUND)


def _around(x: float, y: float, *corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(x + dx / 1000, y + dy / 1000) for dx, dy in corners])


BOW = ((0, 0), (2, 2), (2, 0), (0, 2))
SQUARE = ((0, 0), (2, 0), (2, 2), (0, 2))
INVALID = {
    "bow tie": _around(17.9, 50.6, *BOW),
    "hole outside": shapely.Polygon(
        [(17.9, 50.6), (17.91, 50.6), (17.91, 50.61), (17.9, 50.61)], [[(17.92, 50.6), (17.93, 50.6), (17.93, 50.61)]]
    ),
    "overlapping parts": shapely.MultiPolygon([_around(17.9, 50.6, *SQUARE), _around(17.901, 50.601, *SQUARE)]),
    "spike": _around(17.9, 50.6, (0, 0), (2, 0), (2, 2), (5, 2), (2, 2), (0, 2)),
    "doubled ring": _around(17.9, 50.6, *SQUARE, *SQUARE),
}


@pytest.mark.parametrize("kind", INVALID)
def test_an_invalid_outline_is_repaired_and_marked(kind: str) -> None:
    assert not INVALID[kind].is_valid
    placed = _placed_shapes([INVALID[kind], *(shapely.Point(at) for at in INSIDE)])
    shape = placed.geometry[0]
    assert shape.is_valid
    assert shape.geom_type in ("Polygon", "MultiPolygon")
    assert shape.area > 10_000
    assert placed.cells.reason == [None] * 7
    assert "repaired" in placed.cells.detail[0]
    assert placed.cells.detail[1:] == [None] * 6
    assert [(p.kind, p.count) for p in placed.problems] == [("geometry_repaired", 1)]


def test_what_cannot_be_repaired_is_rejected_with_its_reason() -> None:
    nothing = shapely.Polygon([(17.9, 50.6), (17.91, 50.61), (17.9, 50.6), (17.9, 50.6)])
    endless = shapely.Polygon([(17.9, 50.6), (float("inf"), 50.6), (17.9, 50.7)])
    shapes = [nothing, endless, shapely.Polygon(), shapely.GeometryCollection(), shapely.Point(float("nan"), 1), None]
    placed = _placed_shapes([*shapes, *(shapely.Point(at) for at in INSIDE)])
    assert placed.cells.reason[:6] == ["bad_geometry"] * 5 + ["no_coordinates"]
    assert all("draw it again" in detail for detail in placed.cells.detail[:6])
    assert shapely.is_missing(placed.geometry[:6]).all()
    assert placed.cells.reason[6:] == [None] * 6


def test_mixed_kinds_of_geometry_are_kept_flat() -> None:
    x, y = 17.9, 50.6
    shapes = [
        shapely.Point(x, y, 230.0),
        shapely.LineString([(x, y, 1), (x + 0.01, y, 2)]),
        shapely.from_wkt(f"POINT M ({x} {y} 7)"),
        shapely.from_wkt(f"POINT ZM ({x} {y} 7 8)"),
        _around(x, y, *SQUARE),
        shapely.MultiPolygon([_around(x, y, *SQUARE), _around(x + 0.1, y, *SQUARE)]),
        shapely.MultiPoint([(x, y), (x + 0.01, y)]),
        shapely.MultiLineString([[(x, y), (x + 0.01, y)]]),
    ]
    placed = _placed_shapes(shapes)
    assert [shape.geom_type for shape in placed.geometry] == [
        "Point", "LineString", "Point", "Point", "Polygon", "MultiPolygon", "MultiPoint", "MultiLineString",
    ]  # fmt: skip
    assert not shapely.has_z(placed.geometry).any()
    assert not shapely.has_m(placed.geometry).any()
    assert placed.cells.reason == [None] * 8


def test_drawn_outlines_are_read_as_a_whole_file_is() -> None:
    """Swapped axes move every corner; an outline that lies outside waits for a person, without a suggestion."""
    swapped = [shapely.Polygon([(b, a) for a, b in _around(*at, *SQUARE).exterior.coords]) for at in INSIDE]
    placed = _placed_shapes(swapped)
    assert set(placed.reading) == {"axes swapped"}
    right = _placed_shapes([_around(*at, *SQUARE) for at in INSIDE])
    assert shapely.equals_exact(shapely.normalize(placed.geometry), shapely.normalize(right.geometry), 0.001).all()
    outside = _placed_shapes([*(_around(*at, *SQUARE) for at in INSIDE), _around(20.5, 50.6, *SQUARE)])
    assert outside.cells.reason == [None] * 6 + ["outside_region"]
    assert "km outside opole" in outside.cells.detail[6]
    assert "would" not in outside.cells.detail[6]


@pytest.mark.parametrize(("away_m", "reason"), [(300, None), (700, "outside_region")])
def test_the_distance_outside_is_the_stated_one(away_m: float, reason: str | None) -> None:
    east = 18.5 + away_m / (111_320 * math.cos(math.radians(50.6)))
    placed = place(raw([*INSIDE, (east, 50.6)]), contract(), GROUND)
    assert placed.cells.reason[6] == reason


def test_a_list_of_works_just_beyond_the_outline_is_placed() -> None:
    beyond = [(lon, 51.0 + 300 / DEGREE_M) for lon in (17.1, 17.4, 17.7, 18.0, 18.3)]
    placed = place(raw(beyond), contract(), GROUND)
    assert placed.cells.reason == [None] * 5
    assert set(placed.reading) == {"as declared"}


def test_text_says_its_own_system() -> None:
    declared = Contract(id="t", files=("a",), place={"text": "T", "crs": "EPSG:2180"})
    frame = pd.DataFrame({"text": ["50°36'N 17°54'E", "438500 352100", "no place", None]}, dtype=object)
    found = read_cells(frame, declared, crs="EPSG:2180", country="PL")
    assert found.crs[:2] == ["EPSG:4326", "EPSG:2180"]
    assert found.reason == [None, None, "bad_coordinate", "no_coordinates"]


@pytest.mark.parametrize(
    ("crs", "text", "expected"),
    [
        ("EPSG:4314", "50°43'12\"N 12°29'45\"E", "EPSG:4314"),
        ("EPSG:4314", "geo:50.7201,12.4958", "EPSG:4326"),
        ("EPSG:31468", "50°43'12\"N 12°29'45\"E", "EPSG:4326"),
        (None, "50.7201, 12.4958", "EPSG:4326"),
        ("EPSG:4314", "SRID=31468;POINT(4534567 5619432)", "EPSG:31468"),
    ],
)
def test_degrees_without_a_system_are_in_the_declared_one_if_that_is_of_degrees(
    crs: str | None, text: str, expected: str
) -> None:
    declared = Contract(id="t", files=("a",), place={"text": "T", "crs": crs})
    found = read_cells(pd.DataFrame({"text": [text]}, dtype=object), declared, crs=crs, country="DE")
    assert found.crs == [expected]


def test_a_cell_of_the_other_decimal_mark_stays_in_the_declared_datum() -> None:
    declared = Contract(id="t", files=("a",), place={"x": "X", "y": "Y", "crs": "EPSG:4314"})
    found = read_cells(raw([("12.4958", "50.7201"), ("12,4958", "50,7201")]), declared, crs="EPSG:4314", country="DE")
    assert found.crs == ["EPSG:4314"] * 2
    assert found.x[1] == found.x[0]


# --- place -------------------------------------------------------------------------------------------------------


def test_rows_are_placed_with_reading_operation_and_accuracy() -> None:
    placed = place(raw(INSIDE), contract(), GROUND)
    assert [shape.geom_type for shape in placed.geometry] == ["Point"] * 6
    assert set(placed.reading) == {"as declared"}
    assert all(placed.operation)
    assert (placed.accuracy_m >= 100).all()
    assert any(problem.kind == "accuracy_assumed" for problem in placed.problems)


def test_a_file_that_lies_about_its_crs_is_overruled_by_the_contract_and_said() -> None:
    placed = place(raw(INSIDE), contract(), GROUND, file_crs="EPSG:2180")
    assert any(problem.kind == "crs_differs" for problem in placed.problems)


def test_swapped_columns_are_read_once_for_all() -> None:
    placed = place(raw([(y, x) for x, y in INSIDE]), contract(), GROUND)
    assert set(placed.reading) == {"axes swapped"}
    assert shapely.equals_exact(placed.geometry, place(raw(INSIDE), contract(), GROUND).geometry, 0.01).all()


def test_numbers_of_no_reading_are_refused() -> None:
    with pytest.raises(ContractError, match=r"wrong \[place\] crs"):
        place(raw([(5e7, 9e7)] * 6), contract(), GROUND)


def test_a_wide_source_of_no_degrees_is_refused_and_single_rows_are_rejected() -> None:
    with pytest.raises(ContractError, match="83% of the numbers are not degrees"):
        place(raw([(438500, 352100)] * 5 + [(17.9, 50.6)]), contract(), ANYWHERE)
    placed = place(raw([*INSIDE, (438500, 352100)]), contract("EPSG:4326"), ANYWHERE)
    assert placed.cells.reason == [None] * 6 + ["bad_coordinate"]
    assert placed.geometry[6] is None


def test_too_few_inside_fails_the_source() -> None:
    rows = raw([*INSIDE, *[(x + 3, y) for x, y in INSIDE]])
    declared = contract(expect={"inside_share_min": 0.9}, place={"reading": "as declared"})
    with pytest.raises(SourceError, match="50% of the rows"):
        place(rows, declared, GROUND)


@pytest.mark.parametrize(
    ("slip", "said", "at"),
    [
        ((50.6, 17.9), "axes swapped", (50.6, 17.9)),
        ((-17.9, 50.6), "sign of x", (50.6, 17.9)),
        ((71.9, 50.6), r"two digits exchanged in x \(17\.9 for 71\.9\)", (50.6, 17.9)),
        ((17.9, 53.6), r"one digit changed in y \(50\.6 for 53\.6\)", (50.6, 17.9)),
    ],
)
def test_a_row_outside_names_the_slip_and_stays_where_it_is(
    slip: tuple[float, float], said: str, at: tuple[float, float]
) -> None:
    placed = place(raw([*INSIDE, slip]), contract(), GROUND)
    assert placed.cells.reason == [None] * 6 + ["outside_region"]
    detail = placed.cells.detail[6] or ""
    import re

    assert re.search(said, detail), detail
    assert f"{at[0]:.5f}, {at[1]:.5f}" in detail
    assert "would" in detail
    assert placed.cells.x[6] == slip[0]


def test_a_row_that_no_slip_explains_gets_no_suggestion() -> None:
    placed = place(raw([*INSIDE, (-99.5, -33.3)]), contract(), GROUND)
    assert "would" not in (placed.cells.detail[6] or "")


def test_slips_of_plane_coordinates() -> None:
    where = (Land(AREA, "PL"), (17.9, 50.6))
    reading = Reading.as_declared("EPSG:2180")
    assert "one digit changed in x (400000 for 900000)" in (suggest(900000.0, 302100.0, reading, *where) or "")
    assert "axes swapped" in (suggest(302100.0, 437000.0, reading, *where) or "")


# --- shared places -----------------------------------------------------------------------------------------------


def test_rows_at_one_point_are_counted_and_crowds_are_doubted() -> None:
    points = [(17.9, 50.6)] * 6 + [(17.5, 50.3)] * 3 + INSIDE[2:]
    placed = place(raw(points), contract(place={"accuracy_m": 10}), GROUND)
    shared = next(problem for problem in placed.problems if problem.kind == "shared_place")
    assert shared.count == 9
    assert shared.message.startswith(
        "9 rows share 2 exact places; 6 of them stand where more than 4 names share one point"
    )
    assert (placed.accuracy_m[:6] >= 2000).all()
    assert placed.origin[:7] == ["settlement"] * 6 + ["unknown"]
    assert all("shares its exact point" in (detail or "") for detail in placed.cells.detail[:6])
    assert placed.cells.reason[:6] == [None] * 6
    assert placed.cells.detail[6] is None
    rough = place(raw(points), contract(place={"accuracy_m": 9000}), GROUND)
    assert (rough.accuracy_m[:6] >= 9000).all(), "what is less true by itself stays so"
    # Three at one point may be the parts of one site: only the digits written limit them.
    assert placed.accuracy_m[6] < placed.accuracy_m[0] + 6000


@pytest.mark.parametrize(("origin", "expected"), [("address", "address"), ("digitized", "settlement")])
def test_a_crowd_of_geocodes_stays_an_address(origin: str, expected: str) -> None:
    placed = place(raw([(17.91234, 50.61234)] * 5 + INSIDE), contract(place={"origin": origin}), GROUND)
    assert placed.origin[0] == expected
    assert placed.origin[5] == origin


def test_units_of_one_site_are_no_crowd_unless_their_towns_differ() -> None:
    x, y = np.full(6, 17.9), np.full(6, 50.6)
    same = pd.DataFrame({"city": ["Opole"] * 5 + ["OPOLE "]})
    other = pd.DataFrame({"city": ["Opole"] * 5 + ["Brzeg"]})
    assert not find_shared(x, y, same, units_per_site=True).doubtful.any()
    assert find_shared(x, y, other, units_per_site=True).doubtful.all()
    assert find_shared(x, y, other.rename(columns={"city": "postcode"}), units_per_site=True).doubtful.all()
    assert find_shared(x, y, same, units_per_site=False).doubtful.all()


def test_a_monument_of_many_buildings_at_one_address_is_no_crowd() -> None:
    x, y = np.full(6, 17.9), np.full(6, 50.6)
    told = ["ul. Grobla 15"] * 5 + ["UL. GROBLA 15 "]
    gasworks = pd.DataFrame({"name": [*"ABCDEF"], "aspect": "monument", "address": told})
    assert not find_shared(x, y, gasworks, units_per_site=False).doubtful.any()
    others = (
        gasworks.assign(aspect="factory"),  # at the head office
        gasworks.assign(aspect=["monument"] * 5 + ["factory"]),
        gasworks.assign(address="ul. Grobla"),
        gasworks.assign(address=["ul. Grobla 15"] * 5 + ["ul. Grobla 25"]),
        gasworks.assign(address=["ul. Grobla 15"] * 5 + [None]),
    )
    assert all(find_shared(x, y, rows, units_per_site=False).doubtful.all() for rows in others)


def test_two_rows_at_one_place_are_told_and_not_doubted() -> None:
    found = find_shared(
        np.array([17.9, 17.9, 18.0]), np.full(3, 50.6), pd.DataFrame(index=range(3)), units_per_site=False
    )
    assert (found.rows, found.places, found.doubtful.any()) == (2, 1, False)


def test_a_record_that_is_repeated_crowds_no_place() -> None:
    x, y = np.full(9, 17.9), np.full(9, 50.6)
    names = pd.DataFrame({"name": ["Huta", "HUTA ", "Młyn"] * 3}, dtype=object)
    assert not find_shared(x, y, names, units_per_site=False).doubtful.any()
    assert find_shared(x, y, names.assign(name=None), units_per_site=False).doubtful.all()


def test_an_outline_under_many_names_is_no_office() -> None:
    """Only points stand for one: who draws the land of an estate for each firm on it says where they are."""
    placed = _placed_shapes([_around(17.9, 50.6, *SQUARE)] * 6, name=[*"ABCDEF"])
    assert [problem.kind for problem in placed.problems] == []
    assert (placed.accuracy_m < 100).all()


def test_rows_without_a_place_share_none() -> None:
    nowhere = np.full(9, np.nan)
    assert find_shared(nowhere, nowhere, pd.DataFrame(index=range(9)), units_per_site=False).rows == 0


def test_places_are_moved_by_the_grids_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "de_adv_BETA2007.tif").write_bytes(b"another file")
    with pytest.raises(ContractError, match=r"de_adv_BETA2007\.tif"):
        place(raw([(4468000, 5333000)]), contract("EPSG:31468"), Ground("the world", "DE", grids=tmp_path))
