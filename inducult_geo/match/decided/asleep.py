"""Decisions without effect: a record is in no site any more, or the two are in different regions.

Whoever resolves one region knows neither what others hold tonight nor where a record went: it is told of all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.verdict import DIFFERENT, Decision
from inducult_geo.text import counted, first_few

NAMED_MAX: Final = 5
"""Decisions that are named, where more have no effect."""


def asleep(decisions: Decisions, was: Mapping[str, str], here: Mapping[str, str]) -> dict[str, list[str]]:
    """Name the decisions in force of which one record is here, and the other is in no site, or in another region.

    A row that another key, name and place were given at once is another row, and what was said of it is not carried.

    Parameters
    ----------
    decisions
        What is in force, carried to the heirs of records that are gone.
    was
        Record key -> region, of all records that were ever there, those among them that cannot be used.
    here
        Record key -> region, of those that are in a site.

    Returns
    -------
    dict
        Region -> what is to be told of it; what concerns two regions, of both in the same words.
    """
    homes = {**was, **here}
    gone: dict[str, list[Decision]] = {}
    parted: dict[tuple[str, str], list[Decision]] = {}
    for pair, one in sorted(decisions.latest.items()):
        if here.keys().isdisjoint(pair) or not homes.keys() >= {*pair}:
            continue
        regions = sorted({homes[key] for key in pair})
        if len(regions) == 1 and not here.keys() >= {*pair}:
            gone.setdefault(regions[0], []).append(one)
        # Of two regions' records "different" is true by itself.
        elif len(regions) == 2 and one.decision != DIFFERENT:
            parted.setdefault((regions[0], regions[1]), []).append(one)
    told: dict[str, list[str]] = {}
    for region, words in sorted(gone.items()):
        told.setdefault(region, []).append(
            f"{without_effect(words)}, since a record is in no site: it is gone, or cannot be used ({named(words)}). "
            "If it comes back, or its row is corrected, the decision holds; if it has another key now, decide again: "
            "inducult review decide."
        )
    for both, words in sorted(parted.items()):
        said = (
            f"{without_effect(words)}, since the two records lie in two regions now ({named(words)}), and each "
            "region's sites are made of its own. Where one lies wrong, correct its place in its list; else take the "
            "decision back: inducult review decide ... undecided."
        )
        for region in both:
            told.setdefault(region, []).append(said)
    return told


def without_effect(some: Sequence[Decision]) -> str:
    """Say how many decisions have no effect."""
    return f"{counted(len(some), 'decision')} without effect"


def named(some: Sequence[Decision]) -> str:
    """Name decisions, the first of many."""
    return first_few([f"{one.who}: '{one.left}' {one.decision} '{one.right}'" for one in some], NAMED_MAX, "; ")
