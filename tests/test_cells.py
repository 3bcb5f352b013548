"""Coordinates cell by cell: numbers as written, how exact they can be, and why a row has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as some

from inducult_geo.catalog import Contract
from inducult_geo.harmonize.coordinates.cells import HALF_MINUTE_M, REPAIRED, Cells, read_cells
from inducult_geo.tangled import common_parts

NOT_WRITTEN = (None, float("nan"), "", "  ")


def contract(**read: Any) -> Contract:
    return Contract(id="t", files=("a.csv",), declared_in=Path("t.toml"), read=read)


def read(x: Any, y: Any, *, crs: str | None = "EPSG:2180", country: str = "PL", decimal: str = ".") -> Cells:
    """One row of two columns."""
    return read_cells(
        pd.DataFrame({"x": [x], "y": [y]}, dtype=object), contract(decimal=decimal), crs=crs, country=country
    )


def read_text(text: Any, *, crs: str | None = None, country: str = "PL") -> Cells:
    return read_cells(pd.DataFrame({"text": [text]}, dtype=object), contract(), crs=crs, country=country)


def read_shapes(*shapes: shapely.Geometry | None) -> Cells:
    frame = pd.DataFrame({"geometry": np.array(shapes, dtype=object)})
    return read_cells(frame, contract(), crs="EPSG:2180", country="PL")


@pytest.mark.parametrize(
    ("x", "y", "decimal", "expected"),
    [
        ("17.93", "50.67", ".", (17.93, 50.67)),
        ("17,93", "50,67", ",", (17.93, 50.67)),
        (" 423 500,25 ", "5 621 000,5", ",", (423500.25, 5621000.5)),
        (423500, 5621000.5, ".", (423500, 5621000.5)),
        ("-5806323", "0", ".", (-5806323, 0)),
    ],
)
def test_two_columns_are_numbers_as_written(x: Any, y: Any, decimal: str, expected: tuple[float, float]) -> None:
    cells = read(x, y, decimal=decimal)
    assert (cells.x[0], cells.y[0]) == expected
    assert (cells.raw_x[0], cells.raw_y[0]) == (str(x).strip(), str(y).strip())
    assert (cells.reason[0], cells.crs[0]) == (None, "EPSG:2180")


@pytest.mark.parametrize("blank", NOT_WRITTEN)
@pytest.mark.parametrize("side", ["x", "y", "both"])
def test_a_coordinate_that_is_not_written_is_none(blank: Any, side: str) -> None:
    x, y = (blank if side in ("x", "both") else "17.9"), (blank if side in ("y", "both") else "50.6")
    cells = read(x, y)
    assert cells.reason == ["no_coordinates"]
    assert cells.detail == ["a coordinate is empty: give both, or leave the site to other sources"]
    assert np.isnan(cells.x[0])
    assert np.isnan(cells.y[0])
    # What stood in the other cell is kept for whoever looks.
    assert cells.raw_x[0] == (None if side in ("x", "both") else "17.9")


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ("0", "0", "0, 0 is not the place of a site: give the true coordinate, or leave both empty"),
        ("0.0", "0.000", "0, 0 is not the place of a site"),
        ("1000000000", "5", "'1000000000' is not a number with the decimal mark '.'"),
        ("X 423500", "Y 321000", "'X 423500' is not a number"),  # which is which is for the whole file to say
        ("4.53E+06", "5.62E+06", "'4.53E+06' is not a number"),  # a spreadsheet showed it so: its digits are lost
        ("16°23'61,0\" I", "45°27'00,0\" S", "Minutes and seconds must be below 60: write the next minute"),
        ("inf", "5", ""),
        ("nan", "5", ""),
        ("brak", "danych", ""),
        ("tel. 774", "50.6", ""),
        ("17.9.3", "50.6", ""),
        ("17.9.3", "50.6.3", ""),
        ("50 40 12", "17 55 48", "is not a latitude and longitude in Europe"),
    ],
)
def test_a_number_that_is_no_place_is_refused_and_kept_as_written(x: str, y: str, said: str) -> None:
    cells = read(x, y)
    assert cells.reason == ["bad_coordinate"]
    assert said in str(cells.detail[0])
    assert (cells.raw_x, cells.raw_y) == ([x], [y])
    assert np.isnan(cells.x[0])


def test_zero_in_one_column_alone_is_a_number() -> None:
    """Greenwich and the equator, and the false origins of many systems."""
    assert read("0", "51.48").reason == [None]
    assert read("9.45", "0").reason == [None]


@pytest.mark.parametrize(
    ("x", "y", "crs", "expected"),
    [
        ("17°55'48\"E", "50°40'12\"N", None, (17.93, 50.67)),
        ("17 55 48 E", "50 40 12 N", "EPSG:4326", (17.93, 50.67)),
        ("E 17,93", "N 50,67", "EPSG:4326", (17.93, 50.67)),
        ("17 55 48", "50 40 12", None, (17.93, 50.67)),  # as the Polish weather service writes its stations
        ("17.55.48", "50.40.12,0", "EPSG:4326", (17.93, 50.67)),
    ],
)
def test_columns_of_degrees_and_minutes_are_read(
    x: str, y: str, crs: str | None, expected: tuple[float, float]
) -> None:
    cells = read(x, y, crs=crs)
    assert cells.reason == [None]
    assert (cells.x[0], cells.y[0]) == pytest.approx(expected)
    assert cells.crs == ["EPSG:4326"]


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        (None, "EPSG:4326"),
        ("EPSG:2180", "EPSG:4326"),
        ("EPSG:4258", "EPSG:4258"),
        ("EPSG:99999", "EPSG:4326"),
    ],
)
def test_degrees_in_a_text_are_of_the_declared_system_if_that_is_of_degrees(declared: str | None, found: str) -> None:
    cells = read_text("50°40'12\"N 17°55'48\"E", crs=declared)
    assert cells.crs == [found]
    assert (cells.x[0], cells.y[0]) == pytest.approx((17.93, 50.67))


@pytest.mark.parametrize("blank", NOT_WRITTEN)
def test_a_text_that_is_not_written_is_none(blank: Any) -> None:
    cells = read_text(blank)
    assert (cells.reason, cells.detail) == (["no_coordinates"], ["the coordinate is empty"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("POINT (1e12 5)", "1e+12, 5 is not a place on earth: correct it"),
        ("X: -1234567890123 Y: 5", "-1.23457e+12, 5 is not a place on earth: correct it"),
        ("SRID=2180;POINT(3 1000000000)", "3, 1e+09 is not a place on earth: correct it"),
        ("POINT (0 0)", "has a 0 as a coordinate, which stands for an unknown place"),
        ("POINT (1e400 5)", "cannot be read as coordinates without guessing"),
        ("ul. Fabryczna 1, Opole", "cannot be read as coordinates without guessing"),
    ],
)
def test_a_text_that_is_no_place_is_refused_with_the_reason(text: str, said: str) -> None:
    cells = read_text(text)
    assert cells.reason == ["bad_coordinate"]
    assert said in str(cells.detail[0])
    assert cells.raw_x == [text]


@pytest.mark.parametrize(
    ("text", "crs", "expected"),
    [
        ("SRID=2180;POINT (423500 321000)", None, ("EPSG:2180", 423500, 321000)),
        ("POINT (423500 321000)", "EPSG:2180", ("EPSG:2180", 423500, 321000)),
    ],
)
def test_a_text_may_state_its_system(text: str, crs: str | None, expected: tuple[str, float, float]) -> None:
    cells = read_text(text, crs=crs)
    assert (cells.crs[0], cells.x[0], cells.y[0]) == expected


@pytest.mark.parametrize(
    ("x", "y", "precision_m"),
    [
        ("423500", "321000", 0.7071),
        ("423500.25", "321000.2", 0.00707),  # the finer of the two: the other lost its last zero
        ("17.9", "50.6", 7871),
        ("17.931", "50.672", 78.7),
        ("17.9312345", "50.6723456", 0.00787),
        ("17", "50", 78715),
        ("179", "179", 78715),  # in whichever order: a longitude may come second
        ("181.5", "50.5", 0.0707),  # no degrees, so meters
        ("50.5", "181.5", 0.0707),
        ("50.716667", "17.533333", HALF_MINUTE_M),  # 50°43', 17°32': minutes were rounded, decimals are none
        ("50.7167", "17.5333", HALF_MINUTE_M),
        ("50.716667", "17.531234", 0.0787),
        ("50.5000", "17.2500", HALF_MINUTE_M),
        ("50.50", "17.25", 787.15),
        ("-50,716667", "17,533333", HALF_MINUTE_M),
        ("17,931°", "50,672 °", 78.7),
        ("'50.716667'", "17.533333°", HALF_MINUTE_M),
        ("423500,25", "3.423.500", 0.00707),
    ],
)
def test_how_exact_a_number_can_be_stands_in_its_last_digit(x: str, y: str, precision_m: float) -> None:
    assert read(x, y, decimal="," if "," in x else ".").precision_m[0] == pytest.approx(precision_m, rel=2e-3)


def test_a_point_of_a_layer_is_as_exact_as_the_same_one_of_a_table() -> None:
    """A list without an outline in it was true to the meter as GeoJSON, and to 787 m as CSV."""
    written = [("17.9", "50.6"), ("17.931", "50.672"), ("17", "50"), ("50.716667", "17.533333"), ("423500", "321000")]
    shapes = [shapely.Point(float(x), float(y)) for x, y in written]
    frame = pd.DataFrame({"geometry": pd.Series([*shapes, shapes[0].buffer(0.1)], dtype=object)})
    cells = read_cells(frame, contract(), crs="EPSG:4326", country="PL")
    assert cells.precision_m.tolist() == [*(read(x, y).precision_m[0] for x, y in written), 0]


def rows(*pairs: tuple[Any, Any], decimal: str = ".") -> Cells:
    frame = pd.DataFrame(pairs, columns=["x", "y"], dtype=object)
    return read_cells(frame, contract(decimal=decimal), crs="EPSG:2180", country="PL")


class TestTheOtherDecimalMark:
    COMMAS = tuple((f"17,9312{n}", f"50,6721{n}") for n in range(9))

    def test_a_whole_file_of_it_is_read_as_written_and_told(self) -> None:
        cells = rows(*self.COMMAS)
        assert cells.x[1] == 17.93121
        assert set(cells.reason) == {None}
        ((kind, message),) = cells.notes
        assert kind == "decimal_differs"
        assert "written with ',' as decimal mark, the contract says '.'" in message
        assert "for example 17,93120 50,67210. Correct [read] decimal." in message

    def test_points_where_commas_are_declared(self) -> None:
        cells = rows(*[(x.replace(",", "."), y.replace(",", ".")) for x, y in self.COMMAS], decimal=",")
        assert cells.x[1] == 17.93121
        assert "written with '.'" in cells.notes[0][1]

    def test_four_rows_are_too_few_to_tell(self) -> None:
        assert rows(*self.COMMAS[:4]).notes == []
        assert len(rows(*self.COMMAS[:5]).notes) == 1

    def test_rows_that_the_declared_mark_reads_keep_it(self) -> None:
        mixed = [*self.COMMAS[:7], ("17.931", "50.672"), ("17.932", "50.673")]
        assert rows(*mixed).notes == [], "two of nine are more than a few"
        assert len(rows(*mixed[:-1]).notes) == 1

    def test_a_column_that_is_mostly_no_numbers_is_no_reason(self) -> None:
        assert rows(*self.COMMAS, ("brak", "brak"), ("?", "?")).notes == []
        assert len(rows(*self.COMMAS, ("brak", "brak")).notes) == 1

    def test_empty_cells_do_not_count(self) -> None:
        assert len(rows(*self.COMMAS, *[(None, None)] * 50).notes) == 1


class TestShapes:
    SQUARE = shapely.box(423_000, 321_000, 423_100, 321_100)

    def test_a_shape_is_kept_with_a_point_on_it(self) -> None:
        ring = self.SQUARE.difference(shapely.box(423_010, 321_010, 423_090, 321_090))
        cells = read_shapes(self.SQUARE, ring)
        assert cells.shapes[0].equals(self.SQUARE)
        assert shapely.Point(cells.x[1], cells.y[1]).intersects(ring), "a centroid would lie in the hole"
        assert cells.raw_x[0] == repr(float(cells.x[0]))
        assert cells.reason == [None, None]

    @pytest.mark.parametrize(
        ("shape", "reason"),
        [
            (None, "no_coordinates"),
            (shapely.Point(), "bad_geometry"),
            (shapely.Polygon(), "bad_geometry"),
            (shapely.Point(np.nan, 5), "bad_geometry"),
            (shapely.Point(np.inf, 5), "bad_geometry"),
            (shapely.Point(1e9, 5), "bad_geometry"),
            (shapely.LineString([(0, 0), (0, 0)]), "bad_geometry"),
            (shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)]), "bad_geometry"),
        ],
    )
    def test_a_shape_that_is_none_is_refused_with_what_to_do(self, shape: shapely.Geometry | None, reason: str) -> None:
        cells = read_shapes(self.SQUARE, shape)
        assert cells.reason == [None, reason]
        assert cells.detail[1] == "the geometry is null, empty or beyond repair: draw it again"
        assert np.isnan(cells.x[1])
        assert cells.shapes[1] is None

    def test_a_point_at_the_origin_is_no_place(self) -> None:
        cells = read_shapes(self.SQUARE, shapely.Point(0, 0))
        assert cells.reason == [None, "bad_coordinate"]
        assert np.isnan(cells.x[1])
        assert cells.shapes[1] is None

    def test_what_crosses_itself_at_every_turn_is_refused_at_once(self) -> None:
        """To repair it would take a minute and gigabytes, and more than there is where a line runs to and fro."""
        random = np.random.default_rng(1)
        tangle, to_and_fro = random.random((3000, 2)), np.column_stack([np.arange(20_000) % 2, np.zeros(20_000)])
        # Cells of a raster share their sides, and a long outline may slip now and then: both are repaired.
        raster = shapely.MultiPolygon([shapely.box(x, y, x + 1, y + 1) for x in range(20) for y in range(20)])
        around = np.column_stack([np.cos(np.arange(3000) / 477.5), np.sin(np.arange(3000) / 477.5)]) * 10
        around[[500, 501]] = around[[501, 500]]
        shapes = [shapely.Polygon(tangle), shapely.Polygon(to_and_fro), raster, shapely.Polygon(around), self.SQUARE]
        cells = read_shapes(*shapes, shapely.LineString(tangle), shapely.LineString(around))
        assert cells.reason == ["bad_geometry", "bad_geometry", None, None, None, "bad_geometry", None]
        told = "the geometry crosses itself at every turn: draw it again"
        assert cells.detail == [told, told, REPAIRED, REPAIRED, None, told, None]

    def test_what_two_combs_share_is_not_asked_for(self) -> None:
        """Each is sound by itself; of 3,000 corners each they would take a minute and 3 GB."""
        tooth = np.array([[0, 0], [0, 10], [0.01, 10], [0.01, 0]])
        comb = np.vstack([[0, -1], *(tooth + [at * 0.02, 0] for at in range(500)), [10, -1]])
        combs = np.array([shapely.Polygon(comb), shapely.Polygon(comb[:, ::-1]), shapely.Polygon(comb + [0.005, 0])])
        aside = shapely.box(-5, -5, 0.001, 5)
        assert shapely.is_valid(combs).all()
        shared = common_parts(combs[[0, 0, 0]], np.array([combs[1], combs[2], aside]))
        assert shared[0] is None
        assert shapely.equals(shared[1:], shapely.intersection(combs[0], [combs[2], aside])).all()

    def test_a_bow_tie_is_repaired_and_the_row_says_so(self) -> None:
        bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
        cells = read_shapes(self.SQUARE, bow)
        assert (cells.reason, cells.detail) == ([None, None], [None, REPAIRED])
        assert cells.shapes[1].is_valid
        assert cells.shapes[1].area == pytest.approx(50)

    def test_heights_and_measures_are_left_behind(self) -> None:
        cells = read_shapes(shapely.Point(423_000, 321_000, 187.5))
        assert not cells.shapes[0].has_z
        assert (cells.x[0], cells.y[0]) == (423_000, 321_000)

    def test_a_multipoint_of_one_is_a_point_and_one_of_two_stays(self) -> None:
        cells = read_shapes(shapely.MultiPoint([(1, 2)]), shapely.MultiPoint([(1, 2), (3, 4)]))
        assert [shape.geom_type for shape in cells.shapes] == ["Point", "MultiPoint"]


def test_a_contract_that_maps_no_place_says_so_in_every_row() -> None:
    cells = read_cells(pd.DataFrame({"name": ["a", "b"]}), contract(), crs=None, country=None)
    assert cells.reason == ["no_coordinates"] * 2
    assert "name x and y or text in [place], or `geometry = true`" in str(cells.detail[0])


CELL = some.text(max_size=12) | some.integers(-9, 9_999_999).map(str) | some.floats(-180, 180).map("{:.4f}".format)


@settings(max_examples=30)
@given(some.lists(some.tuples(CELL, CELL), max_size=12))
def test_whatever_stands_in_two_columns_a_row_has_numbers_or_a_reason(pairs: list[tuple[str, str]]) -> None:
    cells = rows(*pairs)
    assert len(cells.x) == len(pairs)
    for n in range(len(pairs)):
        placed = np.isfinite(cells.x[n]) and np.isfinite(cells.y[n])
        assert placed == (cells.reason[n] is None)
        assert placed or cells.detail[n]
        assert cells.precision_m[n] >= 0


@settings(max_examples=30)
@given(some.floats(-1e8, 1e8).filter(lambda number: abs(number) > 1e-6), some.integers(0, 6), some.sampled_from(".,"))
def test_a_number_is_read_within_what_its_digits_are_worth(number: float, decimals: int, mark: str) -> None:
    text = f"{number:.{decimals}f}"
    cells = read(text.replace(".", mark), "1" + mark + "5", decimal=mark)
    assert cells.reason == [None]
    assert cells.x[0] == float(text)
    assert abs(cells.x[0] - number) <= 0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-8 * abs(number)


def test_degrees_that_were_minutes_are_worth_half_a_minute_either_way() -> None:
    nautical_mile_m = 1852
    assert pytest.approx(2**0.5 * nautical_mile_m / 2, rel=0.01) == HALF_MINUTE_M
