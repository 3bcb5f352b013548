"""Which reading of a file's numbers is taken, when a person is asked, and how the answer settles it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from test_place import contract, raw

from inducult_geo.errors import ContractError, SourceError
from inducult_geo.frames import Raw, RawTable
from inducult_geo.harmonize.coordinates.parsed import DEGREE_M
from inducult_geo.harmonize.places.corrections import ROWS_MAX
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import UNSTATED_ACCURACY_M, Placed, place
from inducult_geo.harmonize.places.placement import usual_there
from inducult_geo.harmonize.records import harmonize
from inducult_geo.harmonize.words.vocabulary import load_vocabulary

GROUND = Ground(
    "zwickau", "DE", shapely.box(12.2, 50.6, 12.8, 50.9), ("EPSG:4258", "EPSG:4314", "EPSG:31468", "EPSG:25833")
)
POINTS = [(round(12.40123 + n / 40 + n * n / 7001, 5), round(50.65017 + n / 60 + n * n / 9001, 5)) for n in range(8)]
"""Eight works, in degrees: by ETRS89 or by the old German datum, 174 m apart, which nobody can tell by looking."""

WORTH_M = np.sqrt(2) * 0.5 * DEGREE_M * 1e-5


def placed(points: list[Any], crs: str | None = None, *, reading: str | None = None, **more: Any) -> Placed:
    return place(raw(points), contract(crs, place={"reading": reading}, **more), GROUND)


def refused(points: list[Any], crs: str | None = None, **said: Any) -> str:
    with pytest.raises(ContractError) as told:
        placed(points, crs, **said)
    return str(told.value)


def shifted(points: list[tuple[float, float]], east: float) -> list[tuple[float, float]]:
    return [(x + east, y) for x, y in points]


SWAPPED = [(y, x) for x, y in POINTS]
COUNTRIES = Ground("the world", None, countries=("DE", "PL"))


def wide(points: list[Any], crs: str, **more: Any) -> Placed:
    return place(raw(points), contract(crs, countries=COUNTRIES.countries, **more), COUNTRIES)


class TestAFileOfTwoMeanings:
    def test_every_row_waits_and_is_told_what_fits(self) -> None:
        found = placed(POINTS)
        assert set(found.cells.reason) == {"ambiguous_place"}
        assert set(found.cells.detail) == {
            "no system is declared, and 2 readings fit: 'as written' in EPSG:4258 (100% inside, 0 m away); "
            "'as written' in EPSG:4314 (100% inside, 174 m away). Write the right one into the "
            'contract, below [place]: crs = "EPSG:4258" or crs = "EPSG:4314".'
        }
        assert [candidate["crs"] for candidate in found.candidates] == ["EPSG:4258", "EPSG:4314"]
        assert [candidate["shift_m"] for candidate in found.candidates] == pytest.approx([0, 174], abs=0.5)
        # Until then they stand, for the map of questions, where the likelier reading puts them.
        assert not shapely.is_missing(found.geometry).any()
        assert set(found.systems) == {"EPSG:4258"}
        assert set(found.crs) == {None}

    def test_nobody_knows_yet_how_true_they_are(self) -> None:
        blank = {"reason": None, "detail": None, "place": "", "tags": "{}", "content_hash": ""}
        rows = raw(POINTS, key=[str(n) for n in range(len(POINTS))]).assign(**blank).astype(object)
        records = harmonize(RawTable(Raw(rows)), contract(None, place={}), GROUND, load_vocabulary()).records
        assert set(records["reason"]) == {"ambiguous_place"}
        assert records["accuracy_m"].isna().all()

    @pytest.mark.parametrize("crs", ["EPSG:4258", "EPSG:4314"])
    def test_a_person_s_answer_settles_it(self, crs: str) -> None:
        found = placed(POINTS, reading=f"{crs} as written")
        assert set(found.cells.reason) == {None}
        assert set(found.systems) == {crs}
        assert found.candidates == ()

    def test_an_answer_that_names_both_is_asked_to_name_one(self) -> None:
        assert refused(POINTS, reading="as written") == (
            "test.toml: [place] reading 'as written' fits several readings. Write one of 'EPSG:4258 as written', "
            "'EPSG:4314 as written'."
        )

    def test_an_answer_that_does_not_fit_is_told_what_does(self) -> None:
        assert refused(POINTS, reading="axes swapped") == (
            "test.toml: [place] reading 'axes swapped' does not fit. "
            "Fitting: EPSG:4258 as written, EPSG:4314 as written."
        )
        assert "Fitting: none." in refused(shifted(POINTS, 30), reading="axes swapped")

    def test_a_declared_system_leaves_no_question(self) -> None:
        found = placed(POINTS, "EPSG:4314")
        assert (set(found.cells.reason), set(found.systems)) == ({None}, {"EPSG:4314"})


class TestARepair:
    SWAPPED = tuple((y, x) for x, y in POINTS)

    def test_it_is_made_for_the_whole_file_and_said(self) -> None:
        found = placed([*self.SWAPPED], "EPSG:4326")
        assert set(found.reading) == {"axes swapped"}
        assert set(found.cells.reason) == {None}

    def test_who_says_as_declared_is_taken_at_their_word(self) -> None:
        found = placed([*self.SWAPPED], "EPSG:4326", reading="as declared")
        assert set(found.reading) == {"as declared"}
        assert set(found.cells.reason) == {"outside_region"}

    def test_who_names_it_gets_it(self) -> None:
        assert set(placed([*self.SWAPPED], "EPSG:4326", reading="axes swapped").cells.reason) == {None}

    def test_one_that_fits_half_of_the_rows_is_only_offered(self) -> None:
        mixed = [*self.SWAPPED[:5], *[(y + 3, x) for x, y in POINTS[:4]]]
        found = placed(mixed, "EPSG:4326")
        assert set(found.cells.reason) == {"ambiguous_place"}
        assert "'axes swapped' would put 56% of the points inside, too few for a repair" in str(found.cells.detail[0])
        settled = placed(mixed, "EPSG:4326", reading="axes swapped")
        assert settled.cells.reason == [None] * 5 + ["outside_region"] * 4

    def test_a_system_that_nobody_declared_is_not_taken_where_half_the_rows_lie_inside(self) -> None:
        x, y = pyproj.Transformer.from_crs(4326, 25833, always_xy=True).transform(*zip(*POINTS, strict=True))
        east = [x[n] + (300_000 if n >= 5 else 0) for n in range(8)]
        ground = Ground("zwickau", "DE", GROUND.area, ("EPSG:25833",))
        found = place(raw([*zip(east, y, strict=True)]), contract(None, place={}), ground)
        assert set(found.cells.reason) == {"ambiguous_place"}
        assert "'as written' would put 62% of the points inside, too few" in str(found.cells.detail[0])

    @pytest.mark.parametrize("n_reversed", [4, 3], ids=["two readings fit", "one fits most"])
    def test_rows_that_wait_are_shown_where_they_may_be(self, n_reversed: int) -> None:
        """Half of a Czech list with minus signs, half without: its questions stood in the Arctic, in QGIS as well."""
        ground = Ground("karlovy-vary", "CZ", shapely.box(12.1, 49.9, 13.3, 50.9), ("EPSG:5514", "EPSG:5513"))
        east, north = pyproj.Transformer.from_crs(4258, 5514, always_xy=True).transform(*zip(*POINTS, strict=True))
        signs = [-1 if n < n_reversed else 1 for n in range(len(POINTS))]
        mixed = [(sign * y, sign * x) for sign, x, y in zip(signs, east, north, strict=True)]
        found = place(raw(mixed), contract("EPSG:5514"), ground)
        assert set(found.cells.reason) == {"ambiguous_place"}
        turned = "axes swapped + signs reversed"
        assert found.reading == [turned if sign < 0 else "axes swapped" for sign in signs]
        degrees = pyproj.Transformer.from_crs(3035, 4258, always_xy=True).transform
        shown = np.array([degrees(point.x, point.y) for point in found.geometry])
        assert np.abs(shown - POINTS).max() < 1e-4

    def test_rows_of_another_county_do_not_cost_a_file_its_declared_reading(self) -> None:
        found = placed([*POINTS[:5], *shifted(POINTS[:4], 3)], "EPSG:4326")
        assert found.cells.reason == [None] * 5 + ["outside_region"] * 4
        assert set(found.reading) == {"as declared"}

    def test_a_row_that_a_slip_explains_states_no_accuracy(self) -> None:
        """Five rows of the zone beside it waited in review, true to 100 m as they said, and 786 km off."""
        swapped, elsewhere = POINTS[0][::-1], (POINTS[0][0] + 3.333, POINTS[0][1] + 3.333)
        found = placed([*POINTS, swapped, elsewhere], "EPSG:4326")
        assert found.cells.reason[-2:] == ["outside_region"] * 2
        assert np.isnan(found.accuracy_m).tolist() == [False] * len(POINTS) + [True, False]


class TestNothingFits:
    def test_a_declared_system_is_told_with_what_is_usual(self) -> None:
        assert refused(shifted(POINTS, 30), "EPSG:4326") == (
            "test.toml: wrong [place] crs, x or y for a.csv: as declared in EPSG:4326 0% of the points lie in the "
            "area, and no other reading fits. As declared their middle is at latitude {:.3f}, longitude {:.3f}: look "
            "there on a map. Usual in zwickau: EPSG:4258, EPSG:4314, EPSG:31468, EPSG:25833. "
            'Is the list about more than zwickau? Write countries = ["DE"] instead of region. Correct the contract.'
        ).format(*np.median(shifted(POINTS, 30), axis=0)[::-1])

    def test_a_usual_system_of_which_nothing_can_be_read_is_told(self) -> None:
        told = usual_there(("EPSG:4326", "EPSG:31700", "EPSG:25834"), "EPSG:4326", "hunedoara", "RO")
        assert told == (
            " Usual in hunedoara: EPSG:31700, EPSG:25834. Of these EPSG:31700 cannot be read: no operation is "
            "registered for country 'RO'."
        )

    def test_degrees_that_lost_their_decimal_points_are_told_as_that(self) -> None:
        told = refused([(round(x * 10**6), round(y * 10**6)) for x, y in POINTS], "EPSG:4326")
        assert "Divided by 1,000,000 most are degrees in the area" in told
        assert "ask for the original file" in told
        assert "Divided by" not in refused(shifted(POINTS, 30), "EPSG:4326")

    def test_without_one_all_that_were_tried_are_named(self) -> None:
        told = refused(shifted(POINTS, 30))
        assert "no reading in EPSG:4258, EPSG:4314, EPSG:31468, EPSG:25833 lies in the area" in told
        with pytest.raises(
            ContractError, match="no system is declared, and the region does not name the systems in use there"
        ):
            place(raw(POINTS), contract(None), replace(GROUND, crs=()))
        latitude, longitude = np.median(shifted(POINTS, 30), axis=0)[::-1]
        assert f"As degrees their middle is at latitude {latitude:.3f}, longitude {longitude:.3f}: look there" in told

    @pytest.mark.parametrize(("point", "crs"), [((7_000_000, 900_000), None), ((4e8, 4e8), "EPSG:31468")])
    def test_of_numbers_that_are_no_place_no_place_is_told(self, point: tuple[float, float], crs: str | None) -> None:
        told = refused([(point[0] + n, point[1] + n) for n in range(6)], crs)
        assert "their middle" not in told

    def test_what_would_fit_in_another_system_is_told(self) -> None:
        meters = [(4_530_000 + 700 * n, 5_621_000 + 500 * n) for n in range(8)]
        assert set(placed(meters, "EPSG:31468").cells.reason) == {None}
        told = refused(meters, "EPSG:4326")
        assert "What fits: EPSG:31468 as written (100% inside)" in told

    def test_an_unknown_system_is_told_as_the_contract_s(self) -> None:
        assert refused(POINTS, "EPSG:99999").startswith(
            "test.toml: [place] crs: Unknown coordinate system 'EPSG:99999'"
        )


class TestAWideSource:
    def test_it_must_state_its_system(self) -> None:
        with pytest.raises(ContractError, match=r"test\.toml: states no CRS\. Name \[place\] crs, e\.g\. EPSG:4326\."):
            place(raw(POINTS), contract(None), Ground("the world", None))

    def test_half_of_its_numbers_may_be_off_the_globe_and_no_more(self) -> None:
        world = Ground("the world", None)
        off = [(438_500.0, 352_100.0)] * 8
        found = place(raw([*POINTS, *off]), contract("EPSG:4326"), world)
        assert found.cells.reason == [None] * 8 + ["bad_coordinate"] * 8
        with pytest.raises(
            ContractError, match=r"EPSG:4326 is in degrees, but 53% .* \(x 12 to 438500, y 51 to 352100\)"
        ):
            place(raw([*POINTS, *off, off[0]]), contract("EPSG:4326"), world)
        edge = place(raw([(180.0, 0.1), (-180.0, 90.0)]), contract("EPSG:4326"), world)
        assert edge.cells.reason == [None, None]

    @pytest.mark.parametrize(
        ("points", "reading"),
        [
            (POINTS, "as declared"),
            (SWAPPED, "axes swapped"),
            ([*POINTS[:4], *shifted(POINTS[:4], 30)], "as declared"),
            # Fewer than five places are taken as declared, too, where they lie there.
            (POINTS[:1], "as declared"),
            # A wind park far out, and one row of five at the other end of the world.
            ([(6.8, 54.3), *POINTS[:4], (-12.4, -50.6)], "as declared"),
        ],
    )
    def test_it_is_looked_for_in_its_countries(self, points: list[Any], reading: str) -> None:
        found = wide(points, "EPSG:4326")
        assert (set(found.reading), set(found.cells.reason)) == ({reading}, {None})
        assert not [problem for problem in found.problems if problem.kind == "outside_countries"]

    def test_swapped_axes_lead_to_the_same_places(self) -> None:
        assert shapely.equals_exact(wide(SWAPPED, "EPSG:4326").geometry, wide(POINTS, "EPSG:4326").geometry, 1e-6).all()

    def test_numbers_that_fit_swapped_as_well_are_as_declared(self) -> None:
        """Lambert 72 counts east and north alike: who swaps Hasselt is in Belgium still."""
        found = place(raw([(217_000, 180_000)]), contract("EPSG:31370"), Ground("the world", "BE", countries=("BE",)))
        assert (set(found.reading), set(found.cells.reason)) == ({"as declared"}, {None})

    def test_a_person_s_word_holds_where_both_ways_lie_in_the_countries(self) -> None:
        """The steward knows that they are swapped; Lambert 72 does not tell."""
        belgium = Ground("the world", "BE", countries=("BE",))
        rows = [(180_000.0 + n, 217_000.0) for n in range(8)]
        found = place(raw(rows), contract("EPSG:31370", place={"reading": "axes swapped"}), belgium)
        straight = place(raw([(y, x) for x, y in rows]), contract("EPSG:31370"), belgium)
        assert (set(found.reading), set(straight.reading)) == ({"axes swapped"}, {"as declared"})
        assert shapely.equals_exact(found.geometry, straight.geometry, 1e-6).all()

    def test_a_repair_of_few_places_waits_for_a_person(self) -> None:
        found = wide(SWAPPED[:4], "EPSG:4326")
        assert set(found.cells.reason) == {"ambiguous_place"}
        assert 'reading = "axes swapped"' in (found.cells.detail[0] or "")
        settled = wide(SWAPPED[:4], "EPSG:4326", place={"reading": "axes swapped"})
        assert (set(settled.reading), set(settled.cells.reason)) == ({"axes swapped"}, {None})

    def test_what_lies_elsewhere_by_every_reading_is_as_declared_and_told(self) -> None:
        africa = [(20 + n / 10, 5 + n / 10) for n in range(8)]
        found = wide(africa, "EPSG:4326")
        assert (set(found.reading), set(found.cells.reason)) == ({"as declared"}, {None})
        (told,) = (problem.message for problem in found.problems if problem.kind == "outside_countries")
        assert told == (
            "as declared in EPSG:4326 0% of the points lie in the area, and no other reading fits. Check its countries "
            "(DE, PL) and [place] of the contract."
        )

    def test_what_fits_another_system_alone_is_refused(self) -> None:
        web_mercator = [(1_380_000.0 + 1000 * n, 6_560_000.0 + 700 * n * n) for n in range(8)]
        with pytest.raises(ContractError, match=r"as declared in EPSG:25833 0% .* What fits: EPSG:3857 as written"):
            wide(web_mercator, "EPSG:25833")

    @pytest.mark.parametrize(
        ("told", "countries"),
        [
            (["PL", "DE", "DE"], ("DE", "PL")),
            (["DE", None], ()),
            (["DE", "DE", None], ("DE",)),
            ([], ()),
        ],
    )
    def test_where_it_names_no_countries_its_rows_do(self, told: list[str | None], countries: tuple[str, ...]) -> None:
        assert Ground("the world", None).told_by(told).countries == countries
        assert COUNTRIES.told_by(["AT"] * 3) == COUNTRIES
        assert GROUND.told_by(["AT"] * 3) == GROUND

    def test_a_list_that_only_its_rows_place_is_looked_for_in_their_countries(self) -> None:
        blank = {"reason": None, "detail": None, "place": "", "tags": "{}", "content_hash": "", "country": "DE"}
        rows = raw(SWAPPED, key=[str(n) for n in range(len(SWAPPED))]).assign(**blank).astype(object)
        table = RawTable(Raw(rows))
        found = harmonize(table, contract("EPSG:4326"), Ground("the world", None), load_vocabulary())
        assert set(found.records["reading"]) == {"axes swapped"}

    @pytest.mark.parametrize(("n_inside", "fits"), [(6, True), (5, False)])
    def test_so_many_rows_lie_in_its_countries_as_its_contract_expects(self, n_inside: int, fits: bool) -> None:
        rows = [*POINTS[:n_inside], *shifted(POINTS[n_inside:], 30)]
        if fits:
            assert set(wide(rows, "EPSG:4326", expect={"inside_share_min": 0.75}).cells.reason) == {None}
        else:
            with pytest.raises(SourceError, match=r"62% of the rows lie in DE, PL, where the contract expects .* 75%"):
                wide(rows, "EPSG:4326", expect={"inside_share_min": 0.75})

    def test_what_cannot_be_expected_is_told(self) -> None:
        expecting = contract("EPSG:4326", expect={"inside_share_min": 0.75})
        found = place(raw(POINTS), expecting, Ground("the world", None, countries=("US",)))
        assert [problem.message for problem in found.problems if problem.kind == "unchecked_share"] == [
            "[expect] inside_share_min is not checked, since no outline of the list's countries is known"
        ]
        assert "unchecked_share" not in [problem.kind for problem in wide(POINTS, "EPSG:4326").problems]

    def test_a_datum_of_one_country_needs_that_country_alone(self) -> None:
        gauss_krueger = [(4_533_700.0 + 1000 * n, 5_626_300.0 + 700 * n) for n in range(8)]
        with pytest.raises(
            ContractError,
            match=r"from EPSG:4314 to ETRS89 depends on the country, and no single one is named\. There are operations "
            r'for DE\. .* names that one alone: countries = \["DE"\]\.',
        ):
            wide(gauss_krueger, "EPSG:31468")
        found = place(raw(gauss_krueger), contract("EPSG:31468"), Ground("the world", "DE", countries=("DE",)))
        assert (set(found.reading), set(found.cells.reason)) == ({"as declared"}, {None})

    @pytest.mark.parametrize("countries", [(), ("DE", "US")])
    def test_of_countries_without_an_outline_nothing_is_checked(self, countries: tuple[str, ...]) -> None:
        world = replace(COUNTRIES, countries=countries)
        assert set(place(raw(SWAPPED), contract("EPSG:4326"), world).reading) == {"as declared"}
        said = contract("EPSG:4326", place={"reading": "axes swapped"})
        assert set(place(raw(SWAPPED), said, world).reading) == {"axes swapped"}
        with pytest.raises(
            ContractError, match=r"reading 'swapped' is none of EPSG:4326\. Known: 'as declared', 'axes"
        ):
            place(raw(SWAPPED), contract("EPSG:4326", place={"reading": "swapped"}), world)


@pytest.mark.parametrize(
    ("file_crs", "declared", "told"),
    [
        ("EPSG:2180", "EPSG:4326", ["the file states EPSG:2180 and the contract EPSG:4326: the contract is followed"]),
        ("epsg:4326", "EPSG:4326", []),
        ("EPSG:4326", None, []),
        (None, "EPSG:4326", []),
    ],
)
def test_the_contract_goes_before_the_file_and_says_so(
    file_crs: str | None, declared: str | None, told: list[str]
) -> None:
    found = place(raw(POINTS), contract(declared), GROUND, file_crs=file_crs)
    assert [problem.message for problem in found.problems if problem.kind == "crs_differs"] == told
    assert set(found.systems) == {"EPSG:4326"}


@pytest.mark.parametrize(
    ("file_crs", "said"),
    [
        (pyproj.CRS(2180).to_wkt(), "EPSG:2180"),
        ("+proj=lcc +lat_0=50 +lon_0=17 +lat_1=49 +lat_2=52 +datum=WGS84 +type=crs", "a system without a name"),
        (
            pyproj.CRS(2180).to_wkt().replace("CS92", "CS92 of ours").replace("0.9993", "0.9995"),
            "'ETRF2000-PL / CS92 of ours'",
        ),
        ("EPSG:0000", "'EPSG:0000'"),
    ],
)
def test_a_file_s_system_told_at_length_is_called_by_code_or_name(file_crs: str, said: str) -> None:
    found = place(raw(POINTS), contract("EPSG:4326"), GROUND, file_crs=file_crs)
    (message,) = (problem.message for problem in found.problems if problem.kind == "crs_differs")
    assert message == f"the file states {said} and the contract EPSG:4326: the contract is followed"


def test_a_file_that_writes_out_the_system_of_the_contract_differs_in_nothing() -> None:
    found = place(raw(POINTS), contract("EPSG:4326"), GROUND, file_crs=pyproj.CRS(4326).to_wkt())
    assert "crs_differs" not in [problem.kind for problem in found.problems]


def test_what_was_noticed_of_the_cells_is_a_problem_of_the_source() -> None:
    commas = [(str(x).replace(".", ","), str(y).replace(".", ",")) for x, y in POINTS]
    found = place(raw(commas), contract("EPSG:4258"), GROUND)
    (problem,) = (problem for problem in found.problems if problem.kind == "decimal_differs")
    assert problem.source == "test"
    assert problem.message.endswith("Correct [read] decimal.")
    assert set(found.cells.reason) == {None}


class TestAccuracy:
    @pytest.mark.parametrize("origin", UNSTATED_ACCURACY_M)
    def test_what_nobody_stated_is_assumed_by_what_the_point_stands_for(self, origin: str) -> None:
        found = place(raw(POINTS), contract("EPSG:4258", place={"origin": origin}), GROUND)
        own_m = UNSTATED_ACCURACY_M[origin]
        assert found.accuracy_m == pytest.approx(np.hypot(WORTH_M, own_m), abs=0.2)
        (problem,) = (problem for problem in found.problems if problem.kind == "accuracy_assumed")
        assert problem.message == f"[place] accuracy_m is not stated: {own_m:g} m is assumed"

    def test_what_the_contract_states_is_taken_without_a_word(self) -> None:
        found = place(raw(POINTS), contract("EPSG:4258", place={"accuracy_m": 40}), GROUND)
        assert found.accuracy_m == pytest.approx(40, abs=0.1)
        assert found.problems == []

    def test_what_a_row_states_goes_before_what_the_contract_does(self) -> None:
        stated = [5.0, None, -1.0, 0.0, float("nan"), float("inf"), "x", 3000.0]
        rows = raw(POINTS, accuracy_m=stated)
        found = place(rows, contract("EPSG:4258", place={"accuracy_m": 40}), GROUND)
        assert found.accuracy_m == pytest.approx([np.hypot(5, WORTH_M), *[40.0] * 6, 3000.0], abs=0.2)

    def test_a_map_of_degrees_is_worth_what_its_datum_is(self) -> None:
        """Without a grid the old datum is good for meters only: the digits written cannot be better."""
        found = place(raw(POINTS), contract("EPSG:4314", place={"accuracy_m": 0.01}), GROUND)
        assert (found.accuracy_m >= 2).all()
        better = place(raw(POINTS), contract("EPSG:4258", place={"accuracy_m": 0.01}), GROUND)
        assert better.accuracy_m == pytest.approx(WORTH_M, abs=0.1)


class TestOutside:
    def test_a_source_that_lies_elsewhere_fails_by_what_its_contract_expects(self) -> None:
        points = [*POINTS, *shifted(POINTS[:2], 3)]
        for share, is_refused in ((0.8, False), (0.81, True)):
            declared = contract("EPSG:4258", expect={"inside_share_min": share}, place={"reading": "as declared"})
            if not is_refused:
                found = place(raw(points), declared, GROUND)
                assert found.cells.reason == [None] * 8 + ["outside_region"] * 2
                continue
            with pytest.raises(SourceError) as told:
                place(raw(points), declared, GROUND)
            assert str(told.value) == (
                "test: 80% of the rows lie in zwickau, where the contract expects at least 81%. "
                "Check the file and [place] crs. The records of the last good run are kept."
            )

    def test_rows_without_a_place_do_not_count(self) -> None:
        declared = contract("EPSG:4258", expect={"inside_share_min": 1.0}, place={"reading": "as declared"})
        found = place(raw([*POINTS, (None, None)]), declared, GROUND)
        assert found.cells.reason[-1] == "no_coordinates"
        nothing = place(raw([(None, None)]), declared, GROUND)
        assert nothing.cells.reason == ["no_coordinates"]

    def test_how_far_is_told_in_kilometers(self) -> None:
        found = placed([*POINTS, (13.9, 50.7)], "EPSG:4258")
        # 1.1 degrees of longitude at 50.7 degrees north are 77.7 km.
        assert str(found.cells.detail[8]).startswith("lies 77.7 km outside zwickau: check the coordinate")

    def test_of_very_many_only_the_first_get_a_suggestion(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert ROWS_MAX >= 100
        monkeypatch.setattr("inducult_geo.harmonize.places.place.ROWS_MAX", 2)
        found = placed([*POINTS, *[(50.7 + n / 1000, 12.5) for n in range(3)]], "EPSG:4258")
        assert ["axes swapped" in str(detail) for detail in found.cells.detail[8:]] == [True, True, False]
