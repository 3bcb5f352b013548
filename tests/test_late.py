"""Answers of a file that were written before somebody else decided, be it under other keys of the same records."""

from __future__ import annotations

import pandas as pd
import pytest

from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.review.late import lateness

REGISTRY = pd.DataFrame({"record_key": ["list:8"], "succeeds": ["list:7"]})


@pytest.mark.parametrize(("in_file", "in_log"), [("list:7", "list:8"), ("list:8", "list:7"), ("list:8", "list:8")])
@pytest.mark.parametrize(("word", "is_late"), [("same", True), ("part_of", False)])
def test_a_row_that_was_numbered_anew_is_the_same_row(in_file: str, in_log: str, word: str, is_late: bool) -> None:
    log = replay([Decision("Eva", "2026-03-01", in_log, "osm:way/1", "part_of")])
    answer = Decision("Jan", "2026-03-02", in_file, "osm:way/1", word)
    late = lateness([answer], log, REGISTRY, lambda _: False)
    assert (late.why_late(answer, "Q-1", "") is not None) is is_late
    assert late.why_late(answer, "", "") is None, "a list made by hand, of what nobody asked"
