"""Works that a source draws in several pieces are one site, with a reason, and one voice in matching."""

from __future__ import annotations

import itertools

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from match_rows import HERE, backdrop, point, records, row, square

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import to_json
from inducult_geo.match.decided.decisions import Decision, Decisions, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.match.resolve import resolve
from inducult_geo.match.within_source.folds import DUPLICATE, as_one, folds_of
from inducult_geo.match.within_source.pieces import SIDE_BY_SIDE_M, pieces_of

DRAWN = Contract(id="osm", title="o", files="x", licence="CC0-1.0", attribution="o", drawn_in_pieces=True)
REASON = "the contract of 'osm' says that it draws works in pieces: one name and kind, side by side"


def hall(key, east_m=0.0, side_m=40.0, name="Swarovski AG", **more):
    return row(key, name, square(side_m, east_m), **({"type": "factory", "accuracy_m": 5.0} | more))


HALLS = (hall("osm:1"), hall("osm:2", 120, 100), hall("osm:3", 225, 20))
"""Gaps of 50 m and 45 m; the middle one is the largest."""


def run(*rows, words=(), drawn=True, registry=None):
    return resolve(
        records(*rows, *backdrop(12)),
        contracts={"osm": DRAWN if drawn else DRAWN.model_copy(update={"drawn_in_pieces": False})},
        decisions=replay(words),
        registry=empty_registry() if registry is None else registry,
    )


def word(left, right, decision, when="2026-01-01"):
    return Decision("Eva", when, left, right, decision, "seen")


def homes(made, *keys):
    return [made.members[key] for key in keys]


def test_halls_of_one_name_side_by_side_are_one_site_with_a_reason():
    made = run(*HALLS)
    assert len(set(homes(made, "osm:1", "osm:2", "osm:3"))) == 1
    why = made.pairs[made.pairs["left_key"].str.startswith("osm:")].set_index(["left_key", "right_key"])["why"]
    assert why.to_dict() == {("osm:1", "osm:2"): REASON, ("osm:2", "osm:3"): REASON}
    site = made.sites.set_index("site_id").loc[made.members["osm:1"]]
    assert (site["n_records"], site["name"]) == (3, "Swarovski AG")
    assert site["area_m2"] == pytest.approx(40**2 + 100**2 + 20**2)
    assert len(site["geometry"].geoms) == 3


def test_only_a_source_that_says_so_draws_in_pieces():
    made = run(*HALLS, drawn=False)
    assert len(set(homes(made, "osm:1", "osm:2", "osm:3"))) == 3


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(hall("osm:9", 40 + 50 + 1), id="too far"),
        pytest.param(hall("osm:9", 50, type="warehouse"), id="another kind"),
        pytest.param(hall("osm:9", 50, name="Swarovski Optik"), id="another name"),
        pytest.param(hall("osm:9", 50, type=None), id="no kind"),
        pytest.param(row("osm:9", "Swarovski AG", None, type="factory"), id="no place"),
        pytest.param(hall("osm:9", 50, ids={"wikidata": "Q2"}), id="another identifier"),
        pytest.param(hall("elsewhere:9", 50), id="another source"),
    ],
)
def test_what_is_no_piece(other):
    table = records(hall("osm:1", ids={"wikidata": "Q1"}), other)
    assert folds_of(table, {"osm", "elsewhere"}, Decisions()).first == {}


def test_pieces_share_name_and_kind_and_source_whatever_else_lies_there():
    """Of no two of these all three are the same, though each is among many that share two of them."""
    names, kinds = ("Swarovski AG", "Hilti AG", "Ivoclar AG"), ("factory", "warehouse", "brewery")
    every = itertools.product(names, kinds, ("osm", "plan"))
    rows = [hall(f"{source}:{n}", 2 * n, name=name, type=kind) for n, (name, kind, source) in enumerate(every)]
    assert pieces_of(records(*rows), Decisions()) == {}


def test_what_tells_no_kind_is_no_piece_of_its_like():
    assert pieces_of(records(hall("osm:1", type=None), hall("osm:2", 45, type=None)), Decisions()) == {}


@pytest.mark.parametrize("east_m", [40 + SIDE_BY_SIDE_M - 1, -40 - SIDE_BY_SIDE_M + 1])
def test_what_lies_just_near_enough_is_a_piece(east_m):
    assert pieces_of(records(hall("osm:1"), hall("osm:2", east_m)), Decisions()) == {"osm:2": "osm:1"}


def test_of_tracks_the_longest_stands_for_all():
    east = [HERE[0], HERE[0] + 100, HERE[0] + 900]
    lines = [shapely.LineString([(a, HERE[1]), (b, HERE[1])]) for a, b in itertools.pairwise(east)]
    rows = [row(f"osm:{n}", "Achenseebahn", line, type="industrial_railway") for n, line in enumerate(lines)]
    assert pieces_of(records(*rows), Decisions()) == {"osm:0": "osm:1"}


def test_a_name_of_words_of_trade_and_numbers_alone_makes_no_pieces():
    assert pieces_of(records(hall("osm:1", name="Papierfabrik 2"), hall("osm:2", 45, name="Papierfabrik 2")),
                     Decisions()) == {}  # fmt: skip


def test_a_point_within_its_outline_and_tracks_end_to_end_are_pieces():
    track = [
        row(f"osm:t{n}", "Achenseebahn", shapely.LineString([(HERE[0] + 5000 + 900 * n, HERE[1]),
            (HERE[0] + 5000 + 900 * (n + 1) - 10, HERE[1])]), type="industrial_railway")
        for n in range(4)
    ]  # fmt: skip
    dot = row("osm:0", "Swarovski AG", point(5, 5), type="factory")
    found = pieces_of(records(hall("osm:1"), dot, *track), Decisions())
    assert found == {"osm:0": "osm:1", "osm:t1": "osm:t0", "osm:t2": "osm:t0", "osm:t3": "osm:t0"}


def test_a_point_beside_its_outline_adds_nothing_to_the_shape():
    beside = row("osm:2", "Swarovski AG", point(60), type="factory")
    folds = folds_of(records(hall("osm:1"), beside), {"osm"}, Decisions())
    assert {key: shape.area for key, shape in folds.shapes.items()} == {"osm:1": 1600, "osm:2": 1600}
    assert {shape.geom_type for shape in folds.shapes.values()} == {"Polygon"}


def test_names_in_another_language_count():
    named = hall("osm:2", 45, names={"name": "Cartiera Verde", "name:de": "Swarovski AG"})
    assert pieces_of(records(hall("osm:1"), named), Decisions()) == {"osm:2": "osm:1"}


def test_the_order_of_records_changes_nothing():
    found = [pieces_of(records(*some), Decisions()) for some in itertools.permutations(HALLS)]
    assert found == [{"osm:1": "osm:2", "osm:3": "osm:2"}] * 6


@pytest.mark.parametrize("verdict", ["different", "part_of"])
def test_a_steward_takes_pieces_apart(verdict):
    made = run(*HALLS, words=[word("osm:1", "osm:3", verdict)])
    assert len(set(homes(made, "osm:1", "osm:2", "osm:3"))) == 3
    again = run(*HALLS, words=[word("osm:1", "osm:3", verdict), word("osm:1", "osm:3", "same", "2026-02-01")])
    assert len(set(homes(again, "osm:1", "osm:2", "osm:3"))) == 1


KEYS = ("osm:1", "osm:2", "osm:3", "p:1", "q:1")
WORDS = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(["same", "different", "part_of"]))
    .filter(lambda one: one[0] != one[1])
    .map(lambda one: word(*one)),
    max_size=5,
)


@settings(max_examples=6)
@given(WORDS)
def test_words_that_do_not_contradict_each_other_are_obeyed_whatever_is_a_piece(words):
    firms = [row(f"{source}:1", "Swarovski", point(20, 45), accuracy_m=10.0) for source in "pq"]
    made = run(*HALLS, *firms, words=words)
    if not made.problems:
        for one in replay(words).latest.values():
            assert (made.members[one.left] == made.members[one.right]) == (one.decision == "same")


def test_pieces_are_no_rivals_and_speak_with_one_voice():
    firm = row("p:1", "Swarovski", point(260), accuracy_m=50.0, address="Droeschistrasse 15", city="Triesen")
    told = hall("osm:3", 225, 20, address="Dröschistrasse 15", city="Triesen")
    apart, made = run(*HALLS[:2], told, firm, drawn=False), run(*HALLS[:2], told, firm)
    assert made.members["p:1"] == made.members["osm:1"]
    assert made.review.empty

    def score(pairs):
        ours = pairs[pairs["left_key"].str.startswith("osm:") & (pairs["right_key"] == "p:1")]
        return ours["score"].max(), ours.sort_values("score")["distance_m"].iloc[-1]

    assert score(made.pairs)[0] > score(apart.pairs)[0]
    # The nearest hall is 25 m away, the largest one 90 m.
    assert score(made.pairs)[1] == pytest.approx(25, abs=0.1)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("operator", "Swarovski KG"),
        ("address", "Swarovskistraße 30"),
        ("postcode", "6112"),
        ("city", "Wattens"),
        ("ids", to_json({"wikidata": "Q1"})),
        ("start_year", 1895),
        ("end_year", 1990),
    ],
)
def test_what_the_largest_piece_does_not_tell_another_one_tells_for_all(field, said):
    table = records(hall("osm:1", side_m=60), hall("osm:2", 60) | {field: said})
    (voice,) = as_one(table, folds_of(table, {"osm"}, Decisions())).to_dict("records")
    assert (voice["record_key"], voice[field]) == ("osm:1", said)


def test_one_that_speaks_for_others_keeps_what_it_tells_itself():
    table = records(
        hall("osm:1", operator="Small", postcode="9495", start_year=1950),
        hall("osm:2", 120, 100, operator="Large"),
        hall("osm:4", 1000, name="Hilti", operator="Hilti AG"),
    )
    made = as_one(table, folds_of(table, {"osm"}, Decisions())).set_index("record_key")
    assert [*made.index] == ["osm:2", "osm:4"]
    assert made["operator"].to_list() == ["Large", "Hilti AG"]
    assert (made.loc["osm:2", "postcode"], made.loc["osm:2", "start_year"]) == ("9495", 1950)
    assert made.loc["osm:2"].geometry.area == pytest.approx(100**2 + 40**2)
    assert made.loc["osm:4"].geometry.equals(table.geometry.iloc[2])
    assert made.crs == table.crs
    assert made.dtypes.equals(table.set_index("record_key").dtypes)


def test_a_duplicate_of_a_piece_goes_with_it_and_each_has_its_reason():
    table = records(hall("osm:1"), hall("osm:1b"), hall("osm:2", 120, 100))
    folds = folds_of(table, {"osm"}, Decisions())
    assert dict(folds.first) == {"osm:1b": "osm:2", "osm:1": "osm:2"}
    assert folds.reason("osm:1", "osm:2") == folds.reason("osm:1", "osm:1b") == REASON
    alone = folds_of(records(hall("osm:1"), hall("osm:1b")), {"osm"}, Decisions())
    assert alone.reason("osm:1", "osm:1b") == DUPLICATE
    assert alone.reason("osm:1", "osm:2") is None


def test_sites_that_become_pieces_of_one_leave_a_trace():
    before = run(*HALLS, drawn=False)
    after = run(*HALLS, registry=before.registry)
    kept = after.members["osm:1"]
    assert kept in homes(before, "osm:1", "osm:2", "osm:3")
    gone = {*homes(before, "osm:1", "osm:2", "osm:3")} - {kept}
    stones = after.registry.set_index("site_id")["merged_into"]
    assert {stones[site] for site in gone} == {kept}


def test_pieces_that_cross_themselves_are_united():
    bow = shapely.Polygon([(x + HERE[0], y + HERE[1]) for x, y in ((-50, -50), (50, 50), (50, -50), (-50, 50))])
    table = records(hall("osm:1") | {"geometry": bow}, hall("osm:2", 80, 100), hall("osm:3", 30, 40))
    made = as_one(table, folds_of(table, {"osm"}, Decisions()))
    assert len(made) == 1
    assert made.geometry.is_valid.all()


@pytest.mark.parametrize(("east_m", "near"), [(55, "osm:1"), (65, "osm:3")])
def test_what_lies_between_two_identifiers_is_a_piece_of_the_nearer_one(east_m, near):
    one, other = hall("osm:1", ids={"wikidata": "Q1"}), hall("osm:3", 120, ids={"wikidata": "Q2"})
    rows = [one, hall("osm:2", east_m, 20), other, hall("osm:4", 180, ids={"register": "7"}), hall("osm:5", 1000)]
    for some in (rows, rows[::-1], rows[2:] + rows[:2]):
        assert pieces_of(records(*some), Decisions()) == {"osm:2": near, "osm:4": "osm:3"}


@pytest.mark.parametrize("verdict", ["different", "part_of"])
def test_a_piece_that_is_a_works_and_one_that_is_not_are_taken_apart(verdict):
    firm = row("p:1", "Swarovski", point(0, 40), accuracy_m=10.0)
    made = run(*HALLS, firm, words=[word("osm:1", "p:1", "same"), word("p:1", "osm:2", verdict)])
    assert made.members["osm:1"] == made.members["p:1"] != made.members["osm:2"]
