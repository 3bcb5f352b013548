"""What a new version of a list brought: counted row by row, and refused where it is another list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from match_rows import point, records, row

from inducult_geo.collecting.versions import Difference, difference, refuse_other_list, with_news
from inducult_geo.errors import SourceError
from inducult_geo.frames import FileRead, Records
from inducult_geo.run import SourceFacts

WORKS = ("Odra", "Nysa", "Olza", "Bystra", "Wda", "Drwa", "Warta")
WAS, NOW = (
    SourceFacts("list", "here", "fresh", files=(FileRead("a.csv", digest, "csv", 0),)) for digest in ("old", "new")
)
NONE = Difference(0, 0, 0, 0, 0, (), ())


def works(*changes: dict[str, Any], by_content: bool = False, mark: str = "") -> Records:
    """Seven works 2 km apart, each with what is said of it otherwise."""
    more = [*changes, *[{}] * (len(WORKS) - len(changes))]
    told = [
        {"key": f"{mark}{n}", "name": f"Huta {name}", "at": 2000.0 * n, "hash": f"h{mark}{n}", "reason": None} | change
        for n, (name, change) in enumerate(zip(WORKS, more, strict=True))
    ]
    return records(
        *(
            row(
                f"list:{one['hash'] if by_content else one['key']}",
                one["name"],
                None if one["at"] is None else point(one["at"]),
                content_hash=one["hash"],
                reason=one["reason"],
                accuracy_m=one.get("accuracy_m", 10.0),
            )
            for one in told
        )
    )


def counts(before: Records, now: Records) -> tuple[int, int, int, int, int, int, int]:
    found = difference(before, now)
    told = (found.same, found.changed, found.others, found.unusable, found.rekeyed)
    return *told, len(found.gone), len(found.new)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (works(), works(), (7, 0, 0, 0, 0, 0, 0)),
        (works(), works({"hash": "x", "name": "Huta Nowa"}), (7, 1, 0, 0, 0, 0, 0)),
        (works(), works({"hash": "x", "at": 900.0}), (7, 1, 0, 0, 0, 0, 0)),
        (works(), works({"hash": "x", "at": 900.0, "name": "Huta Nowa"}), (7, 1, 1, 0, 0, 0, 0)),
        (works(), works({"hash": "x", "at": None, "reason": "no_coordinates"}), (7, 1, 0, 1, 0, 0, 0)),
        (works({"reason": "no_coordinates"}), works({"reason": "no_coordinates"}), (7, 0, 0, 0, 0, 0, 0)),
        (works(), works({"reason": "ambiguous_place"}), (7, 0, 0, 0, 0, 0, 0)),
        (works(), works(mark="X"), (0, 0, 0, 0, 7, 0, 0)),
        (works(), works({"at": 900.0}, {"name": "Walcownia"}, {"at": 900.0, "name": "Młyn"}, mark="X"), None),
        (works(), works(by_content=True), (0, 0, 0, 0, 7, 0, 0)),
        (works(by_content=True), works(), (0, 0, 0, 0, 7, 0, 0)),
        (works(by_content=True), works({"hash": "x"}, by_content=True), (7, 1, 0, 0, 0, 0, 0)),
    ],
)
def test_each_row_is_counted_as_what_became_of_it(before: Records, now: Records, expected: Any) -> None:
    # Two of one name, or at one place, show nobody which of them goes on: here a name or a place goes on alone.
    assert counts(before, now) == (expected or (0, 0, 0, 0, 6, 1, 1))


def test_rows_alike_go_on_under_no_new_key() -> None:
    """Two "Huta" at one place could each be either of two."""
    twice = [{"name": "Huta"}, {"name": "Huta", "at": 0.0}]
    assert counts(works(*twice), works(*twice, mark="X")) == (0, 0, 0, 0, 5, 2, 2)
    # What only name and place together tell apart, they tell.
    alike = [{"name": "Huta"}, {"name": "Huta"}, {"name": "Młyn", "at": 0.0}, {"name": "Młyn", "at": 2000.0}]
    assert counts(works(*alike), works(*alike, mark="X")) == (0, 0, 0, 0, 7, 0, 0)


@pytest.mark.parametrize(
    ("told", "is_refused"),
    [
        ({"same": 10, "others": 4}, False),
        ({"same": 10, "others": 5}, True),
        ({"same": 2, "others": 2, "new": ("a",) * 9}, False),
        ({"same": 3, "others": 3}, True),
        ({"gone": ("a",) * 2, "new": ("b",) * 9}, False),
        ({"gone": ("a",) * 3, "new": ("b",) * 9}, True),
        ({"rekeyed": 1, "gone": ("a",) * 9, "new": ("b",) * 99}, False),
        ({"rekeyed": 1, "gone": ("a",) * 10, "new": ("b",) * 99}, True),
        ({"same": 20, "others": 9, "gone": ("a",) * 99, "new": ("b",) * 99}, True),
    ],
)
def test_another_list_is_refused_and_what_is_read_otherwise_is_not(told: dict[str, Any], is_refused: bool) -> None:
    found = replace(NONE, **told)
    refuse_other_list(found, WAS, WAS)
    if is_refused:
        with pytest.raises(SourceError, match="seems to hold a different list"):
            refuse_other_list(found, WAS, NOW)
    else:
        refuse_other_list(found, WAS, NOW)


def told_of(before: Records, now: Records, *, file: SourceFacts = NOW) -> str:
    (problem,) = with_news(difference(before, now), WAS, file, (before, now), day=date(2026, 3, 1)).problems
    return f"{problem.count}: {problem.message.removeprefix('2026-03-01: ')}"


def test_what_moved_is_named_the_farthest_first() -> None:
    far = [{"hash": f"x{n}", "at": 2000.0 * n + 1000.0 * (n + 2)} for n in range(7)]
    assert told_of(works(), works(*far)) == (
        "7: a new version of a.csv: 7 rows; 7 changed; of them 7 moved (Huta Warta by 8.0 km, Huta Drwa by 7.0 km, "
        "Huta Wda by 6.0 km, Huta Bystra by 5.0 km, Huta Olza by 4.0 km and 2 more)."
    )
    rough = [{"hash": "x", "at": 3000.0, "accuracy_m": 2995.0}, {"hash": "y", "at": 2990.0}]
    assert " moved" not in told_of(works(), works(*rough)), "no farther than a kilometer, or than both are true to"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "1 changed (what is read from them is the same)"),
        ({"accuracy_m": 10.5}, "1 changed (what is read from them is the same)"),
        ({"accuracy_m": 20.0}, "1 changed"),
        ({"at": 0.5}, "1 changed (what is read from them is the same)"),
        ({"at": 5.0}, "1 changed"),
        ({"name": None}, "1 changed"),
        ({"at": None}, "1 changed"),
    ],
)
def test_what_is_written_otherwise_is_told_from_what_is_otherwise(change: dict[str, Any], said: str) -> None:
    assert told_of(works(), works({"hash": "x"} | change)) == f"1: a new version of a.csv: 7 rows; {said}."


def test_what_was_told_of_a_file_stays_until_another_one() -> None:
    assert told_of(works(), works({"key": "X", "name": None}), file=WAS) == (
        "1: a.csv is now read differently: 7 rows; 1 under a new key."
    )
    assert told_of(works(), works({"key": "X", "name": None, "at": 9.0})) == (
        "2: a new version of a.csv: 7 rows; 1 gone (Huta Odra); 1 new (key X)."
    )
    before = with_news(replace(NONE, same=7, changed=1), WAS, NOW, (works(), works({"hash": "x"})))
    kept = [len(with_news(NONE, before, one, (works(), works())).problems) for one in (NOW, WAS)]
    assert kept == [1, 0]
