"""Rows that a list gives again each year are one site in a run, too, with the reason."""

from __future__ import annotations

import pytest
from match_rows import backdrop, point, records, row

from inducult_geo.frames import to_json
from inducult_geo.match.decided.decisions import Decision, Decisions, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import resolve
from inducult_geo.match.within_source.editions import MANY
from inducult_geo.match.within_source.folds import AGAIN, DUPLICATE, PIECE, Folds, folds_of

YEARS = range(2019, 2023)
AGAIN_IN_P = AGAIN.format(source="p")
PLANTS = (("Kraftwerk Donaubogen", 0), ("Zementwerk Steinleiten", 3_000), ("Papierfabrik Auwald", 6_000))


def year(key, name, east_m, when, **more):
    told = {"tags": to_json({"year": str(when)}), "valid_at": f"{when}-12-31", "accuracy_m": 50.0}
    return row(f"p:{key}/{when}", name, more.pop("geometry", point(east_m)), **(told | more))


def register(**more):
    return [year(number, name, east_m, when, **more) for number, (name, east_m) in enumerate(PLANTS) for when in YEARS]


def run(*rows, words=()):
    return resolve(records(*rows, *backdrop(12)), contracts={}, decisions=replay(words), registry=empty_registry())


def test_a_row_a_year_is_one_site_a_works_told_by_the_latest():
    made = run(*register())
    homes = {made.members[f"p:0/{when}"] for when in YEARS}
    assert len(homes) == 1
    assert made.members[[key for key in made.members.index if key.startswith("p:")]].nunique() == len(PLANTS)
    why = made.pairs.set_index(["left_key", "right_key"])["why"]
    assert why["p:0/2019", "p:0/2022"] == AGAIN_IN_P
    assert folds_of(records(*register()), (), Decisions()).first["p:0/2019"] == "p:0/2022"
    assert made.sites.set_index("site_id").loc[homes.pop(), "n_records"] == len(YEARS)


def test_years_are_no_rivals_for_a_record_of_another_source():
    made = run(*register(), row("q:1", PLANTS[0][0], point(60), accuracy_m=50.0))
    assert made.members["q:1"] == made.members["p:0/2022"]
    assert made.review.empty


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"operator": "Another AG"}, id="another operator"),
        pytest.param({"type": "brewery"}, id="another kind"),
        pytest.param({"ids": {"register": "7"}}, id="another identifier"),
        pytest.param({"geometry": point(400)}, id="elsewhere"),
    ],
)
def test_a_row_that_tells_another_thing_is_another_site(other):
    rows = [*register(), year(0, PLANTS[0][0], 0, 2023, **other)]
    folds = folds_of(records(*rows), (), Decisions())
    assert "p:0/2023" not in folds.first
    assert "p:0/2023" not in folds.first.values()


@pytest.mark.parametrize("true_to_m", [(300.0, 300.0), (300.0, 20.0), (20.0, 300.0)])
def test_years_of_one_address_lie_as_far_apart_as_their_places_are_rough(true_to_m):
    """They are sought by where they lie: the rougher of two says how far, be it the one in the west or in the east."""
    rows = [
        year(
            n, name, east_m + 150 * (when % 2), when, accuracy_m=true_to_m[when % 2], address=f"Kai {n + 1}", city="Au"
        )
        for n, (name, east_m) in enumerate(PLANTS)
        for when in (2021, 2022)
    ]
    assert folds_of(records(*rows), (), Decisions()).first == {f"p:{n}/2021": f"p:{n}/2022" for n in range(len(PLANTS))}


def test_years_of_works_that_no_place_is_told_of_are_sought_too():
    rows = register(geometry=None, accuracy_m=None)
    assert folds_of(records(*rows), (), Decisions()).first["p:0/2019"] == "p:0/2022"


@pytest.mark.parametrize(("size", "is_folded"), [(int(1 / MANY), True), (int(1 / MANY) + 1, False)])
def test_what_a_list_gives_again_is_sought_where_it_may_be_enough_of_its_rows(size, is_folded):
    rows = [year("0", *PLANTS[0], when, geometry=point(when - 2021)) for when in (2021, 2022)]
    others = [row(f"p:x{n}", f"Werk {chr(97 + n)}{chr(99 + n)}hausen", point(9_000 * n)) for n in range(1, size - 1)]
    assert folds_of(records(*rows, *others), (), Decisions()).first == ({"p:0/2021": "p:0/2022"} if is_folded else {})


def test_a_piece_tells_more_than_a_row_that_stands_twice():
    folds = Folds({"a:2": "a:1", "a:3": "a:1"}, {"a:2": PIECE, "a:3": DUPLICATE}, {"a:2": "a:1"}, {})
    said = [folds.reason(*pair) for pair in (("a:2", "a:3"), ("a:3", "a:2"), ("a:1", "a:3"), ("a:1", "b:1"))]
    assert said == [PIECE, PIECE, DUPLICATE, None]


def test_a_list_that_gives_a_few_rows_again_is_left_as_it_is():
    few = [year(n, PLANTS[n][0], PLANTS[n][1], when) for n in (0, 1) for when in (2021, 2022)]
    others = [year(f"x{n}", f"Werk {chr(97 + n % 26) * (3 + n // 26)}dorf", 20_000 + 900 * n, 2021) for n in range(50)]
    assert folds_of(records(*few, *others), (), Decisions()).first == {}
    assert len(folds_of(records(*few, *others[:20]), (), Decisions()).first) == 2


def test_a_steward_takes_years_apart():
    word = Decision("Eva", "2026-01-01", "p:0/2019", "p:0/2022", "different", "rebuilt")
    made = run(*register(), words=[word])
    assert made.members["p:0/2019"] != made.members["p:0/2022"]
    assert made.members["p:1/2019"] == made.members["p:1/2022"]


def test_a_row_that_stands_twice_and_each_year_goes_with_its_works():
    rows = [*register(), year(0, PLANTS[0][0], 0, 2019) | {"record_key": "p:0/2019b"}]
    folds = folds_of(records(*rows), (), Decisions())
    assert folds.first["p:0/2019b"] == folds.first["p:0/2019"] == "p:0/2022"
    assert folds.reason("p:0/2019", "p:0/2022") == AGAIN_IN_P
    # Of the one that speaks for it it is no exact duplicate.
    assert folds.why["p:0/2019b"] == AGAIN_IN_P
    assert folds_of(records(rows[0], rows[-1]), (), Decisions()).why == {"p:0/2019b": DUPLICATE}


def test_what_is_rare_is_told_by_the_whole_list():
    """Barns ("stodola") by twos among many barns are two each; a firm's works among others' are one each."""
    barns = [row(f"p:{n}", "Stodola", point(9_000 * n)) for n in range(20)]
    twos = [
        row(f"p:{n}{side}", "Stodola", point(500_000 + 9_000 * n, 60 * side), tags=to_json({"n": f"{n}{side}"}))
        for n in (101, 102)
        for side in (0, 1)
    ]
    assert folds_of(records(*barns, *twos), (), Decisions()).first == {}
    works = [year(n, "Wienerberger", 9_000 * n, when) for n in range(12) for when in (2021, 2022)]
    others = [year(f"x{n}", f"Werk {chr(97 + n % 26) * (3 + n // 26)}dorf", 9_000 * n, 2021) for n in range(200)]
    others = [one | {"geometry": point(9_000 * n, 50_000)} for n, one in enumerate(others)]
    assert len(folds_of(records(*works, *others), (), Decisions()).first) == 12


def test_years_of_which_a_steward_says_that_one_is_another_works_are_taken_apart():
    firm = row("q:1", "Donaubogen", point(60), accuracy_m=50.0)
    words = [
        Decision("Eva", "2026-01-01", "p:0/2019", "q:1", "same", "seen"),
        Decision("Eva", "2026-01-01", "p:0/2022", "q:1", "different", "seen"),
    ]
    made = run(*register(), firm, words=words)
    assert made.members["p:0/2019"] == made.members["q:1"] != made.members["p:0/2022"]
