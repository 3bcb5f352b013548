"""Words that nobody can obey are told: a record of theirs is gone, or the two lie in two regions."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from inducult_geo.match.decided.asleep import asleep
from inducult_geo.match.decided.decisions import Decision, replay
from inducult_geo.match.identity.registry import empty_registry
from inducult_geo.releasing import release


def told(*said: tuple[str, str, str], was: dict[str, str], here: dict[str, str]) -> dict[str, list[str]]:
    return asleep(replay(Decision("Eva", "2026-01-01", left, right, word) for left, word, right in said), was, here)


def test_a_word_whose_record_is_gone_is_told_and_one_of_nobody_known_is_not() -> None:
    said = ("a:1", "different", "b:1"), ("a:1", "same", "x:1"), ("y:1", "same", "y:2")
    both = {"a:1": "zwickau", "b:1": "zwickau"}
    assert told(*said, was=both, here=both) == {}, "of a record that was never here nothing is known"
    ((region, (text,)),) = told(*said, was=both, here={"a:1": "zwickau"}).items()
    assert region == "zwickau"
    assert text.startswith(
        "1 decision without effect, since a record is in no site: it is gone, or cannot be used "
        "(Eva: 'a:1' different 'b:1'). "
    )
    assert told(*said, was=both, here={}) == {}, "where both are gone there is nobody to be told of it"


def test_a_row_that_cannot_be_used_is_one_of_which_it_is_told(monkeypatch) -> None:
    """A word on a row that never had a place was obeyed by no run, and nobody was told."""
    said = replay([Decision("Eva", "2026-01-01", "a:1", "b:1", "same")])
    monkeypatch.setattr(release, "decisions_of", lambda _: said)
    rows = {"record_key": ["a:1", "b:1", None], "region": "opole", "outcome": ["site", "rejected", "rejected"]}
    found = release._asleep(SimpleNamespace(records=pd.DataFrame(rows)), empty_registry(), None)
    assert [*found] == ["opole"]


def test_of_two_regions_both_are_told_in_the_same_words_but_for_what_is_so_by_itself() -> None:
    here = {"a:1": "zwickau", "b:1": "opole"}
    assert told(("a:1", "different", "b:1"), was={}, here=here) == {}
    found = told(("a:1", "part_of", "b:1"), was={"b:1": "zwickau"}, here=here)
    assert [*found] == ["opole", "zwickau"], "where it is tonight counts, not where it was"
    (text,) = found["opole"]
    assert found["zwickau"] == [text]
    assert text.startswith("1 decision without effect, since the two records lie in two regions now (Eva: 'a:1' part_")


def test_of_many_words_the_first_are_named() -> None:
    was = {"a:1": "opole"} | {f"b:{n}": "opole" for n in range(2, 10)}
    words = [("a:1", "different", f"b:{n}") for n in range(2, 10)]
    ((text,),) = told(*words, was=was, here={"a:1": "opole"}).values()
    assert text.startswith("8 decisions without effect")
    assert "'b:6' and 3 more). If it comes back" in text
