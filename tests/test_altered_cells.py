"""Cells for reading that came back changed: a correction is told, what a spreadsheet does by itself is not."""

from __future__ import annotations

import pandas as pd
import pytest

from inducult_geo.errors import ContractError
from inducult_geo.publish.compared.altered_cells import altered_told

ASKED = {
    "review_id": "Q-1",
    "left_key": "list:1",
    "right_key": "osm:node/1",
    "question": "Are 'Śluza' and 'B' one site?",
    "score": 0.7923,
    "left_name": "Śluza 'Mała'",
    "left_address": "3-7",
    "left_start_year": 1880,
    "left_longitude": 16.376604,
    "left_latitude": -0.5,
    "left_website": None,
    "left_operator": "50%",
}
ANOTHER = ASKED | {"review_id": "Q-2", "question": "Are 'C' and 'D' one site?", "left_name": "C"}


def told(*edited: dict, before: dict | None = None) -> list[str]:
    """What is told of edited rows, of which one release asked, and another one before."""
    asked = [pd.DataFrame([ASKED, ANOTHER]), *([pd.DataFrame([before])] if before else [])]
    return altered_told(pd.DataFrame(edited), asked, [*ASKED][1:])


@pytest.mark.parametrize(
    "changed",
    [
        {"score": "79%"},
        {"score": "0,79"},
        {"score": "7.9E-01"},
        {"left_longitude": "16376604"},
        {"left_longitude": "16.376.604"},
        {"left_longitude": "1,637660E+01"},
        {"left_longitude": "#####"},
        {"left_latitude": "-0,50"},
        {"left_start_year": "1880.0"},
        {"left_address": "03. Jul"},
        {"left_address": "2026-07-03 00:00:00"},
        {"left_address": "#NAME?"},
        {"left_operator": "50,00%"},
        {"left_operator": "0.5"},
        {"left_name": " Śluza  ‘Mała’ "},
        {"left_name": "?luza 'Ma?a'"},
        {"left_name": "Sluza 'Mala'"},
        # As a whole: the column was cleared.
        {"left_start_year": ""},
    ],
)
def test_what_a_spreadsheet_does_by_itself_is_no_correction(changed: dict) -> None:
    assert told(ASKED | changed) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"left_name": "Śluza 'Duża'"}, "left_name of Q-1 (list:1): 'Śluza 'Duża'' for 'Śluza 'Mała''"),
        ({"left_name": "Ślúza 'Mała'"}, "'Ślúza 'Mała'' for 'Śluza 'Mała''"),
        ({"left_name": "Šluza 'Mała'"}, "'Šluza 'Mała'' for 'Śluza 'Mała''"),
        ({"left_name": "SLUZA"}, "left_name of Q-1 (list:1): 'SLUZA' for"),
        ({"left_address": "3-8"}, "'3-8' for '3-7'"),
        ({"left_start_year": "1881"}, "'1881' for '1880'"),
        ({"left_longitude": "17.37"}, "'17.37' for '16.376604'"),
        ({"left_longitude": "1.6376604"}, "'1.6376604' for"),
        ({"left_latitude": "0.5"}, "'0.5' for '-0.5'"),
        ({"left_website": "example.org"}, "'example.org' for ''"),
        ({"left_operator": "5%"}, "'5%' for '50%'"),
        ({"score": "9e9999999999"}, "'9e9999999999' for"),
        # An answer that slipped into another column.
        ({"left_key": "same"}, "left_key of Q-1: 'same' for 'list:1'"),
    ],
)
def test_a_correction_is_told_with_its_question_its_record_and_where_it_belongs(changed: dict, says: str) -> None:
    where, what = told(ASKED | changed)
    assert "1 cell for reading only" in where
    assert "in its row of the list's file" in where
    assert says in what


def test_of_many_cells_some_are_told_and_the_rest_counted() -> None:
    rows = [ASKED | {"review_id": f"Q-{n}", "left_name": f"Mine {n}"} for n in range(23)]
    asked = [pd.DataFrame([row | {"left_name": "B"} for row in rows])]
    lines = altered_told(pd.DataFrame(rows), asked, ["left_name"])
    assert (len(lines), lines[0][:20], lines[-1]) == (22, "not taken: 23 cells ", "not taken: 3 more cells")


def test_a_cell_that_was_emptied_beside_others_is_told() -> None:
    assert "left_start_year of Q-1 (list:1): nothing for '1880'" in told(ASKED | {"left_start_year": ""}, ANOTHER)[1]


def test_a_table_that_is_older_than_the_list_is_not_altered() -> None:
    earlier = ASKED | {"left_name": "Śluza", "left_start_year": 1870}
    assert told(earlier, before=earlier) == []
    assert len(told(earlier | {"left_start_year": 1860}, before=earlier)) == 2


def test_a_question_that_is_settled_is_compared_with_the_release_that_asked_it() -> None:
    earlier = ASKED | {"review_id": "Q-0"}
    assert told(earlier, before=earlier) == []
    assert "'Mine' for" in told(earlier | {"left_name": "Mine"}, before=earlier)[1]


def test_answers_beside_other_questions_are_not_taken() -> None:
    with pytest.raises(ContractError, match=r"'question', 'left_name' stand beside the wrong .*Undo the sorting"):
        told(ASKED | {"review_id": "Q-2"}, ANOTHER | {"review_id": "Q-1"})
    assert told(ANOTHER, ASKED) == []


def test_an_answer_may_name_its_records_the_other_way_around() -> None:
    assert told(ASKED | {"decision": "part_of", "left_key": "osm:node/1", "right_key": "list:1"}) == []


def test_a_number_of_a_huge_power_is_another_one_like_any() -> None:
    assert told(ASKED | {"score": f"1e{'9' * 5000}"})
