"""Sum up what the comparisons of a pair found: its points, and which rules of a run it meets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from inducult_geo.match.pairs.compared import OTHER_TOWN, Compared
from inducult_geo.match.pairs.comparing import Finding, in_blocks
from inducult_geo.match.pairs.comparisons import BORNE_BY_MANY, SAME_STREET, name_within, towns_alike
from inducult_geo.match.pairs.places import are_precise
from inducult_geo.match.pairs.scores import Scores
from inducult_geo.match.pairs.types import same_kind
from inducult_geo.match.scoring.points import added
from inducult_geo.ragged import Flags, Floats, Ints, blocks

SUPPORT: Final[Mapping[str, float]] = {
    "name": 0.85,
    # A word of the trade ("porcelain") gives 0.2 at most, however few records there are: it is no name.
    "telling words": 0.21,
    "operator": 0.5,
    "words": 0.5,
    "street": 0.5,
    "name told": 0.85,
    "identifier": 0.5,
    "area": 0.5,
}
"""Comparison -> value from which it supports a match. Between two lists of one kind, being each other's nearest may be
enough; among sources of all kinds it is not: neighbors are near, too."""

FAR_UNITS: Final = 4.0
FAR_FROM_M: Final = 4000.0
PRECISE_FAR_M: Final = 1000.0
"""Places contradict each other where they are farther apart than so many times their accuracy, and than this; the
second where both are precise (see `places.are_precise`)."""

_FAR: Final = float(np.log10(1 + FAR_UNITS))

APART_UNITS: Final = 2.0
"""Places that are farther apart than so many times their accuracy, and have no street in common, are two where all that
their records have in common is a name of words of trade ("boiler house")."""

_APART: Final = float(np.log10(1 + APART_UNITS))

CONFIRMED: Final[Mapping[str, float]] = {"street": 0.85, "postcode": 1.0, "identifier": 1.0}
"""Comparison -> value from which it says that one of two contradicting coordinates is wrong, not the match."""

CONFIRMED_NEAR: Final = ("street", "identifier")
"""What of these says so where a name is of words of trade alone: many a mill has the same postcode."""

NAMED_ALIKE: Final[Mapping[str, float]] = {"name within": 0.2, "name told": 0.85}
"""Comparison -> value from which names have enough in common for a match of places that contradict each other: of what
lies elsewhere neither a number, an operator nor a fuel in common tells that it is one."""

SAME_CAPACITY: Final = 0.15
"""Capacities that differ by at most a tenth (see `comparisons.same_capacity`) support a match where a fuel is the same,
too: plants are known by abbreviations in some lists."""

SAME_FUEL: Final = 0.7
"""Score from which the same fuel supports a match of plants no farther apart than `FUEL_UNITS`: lists know them by
abbreviations, and what scores so high has no other about."""

FUEL_UNITS: Final = 2.0
"""Distance in units of how true both places are up to which it does: on a river the next plant is not far."""

SAME_PLANT: Final = 0.8
"""Score from which it supports a match of plants as near as their accuracies tell that both are power plants, where
one does not tell its fuel: lists know them by their towns or their companies."""

OTHER_STREET: Final = 0.3
BORNE_BY_ALL: Final = 0.1
"""Rarity of the words in common below which a name ("House") does not tell streets apart, nor places farther apart than
`FAR_UNITS`. (Below `comparisons.BORNE_BY_MANY` it does not tell one house of a street from the next.)"""

BORNE_BY_SOME: Final = 0.3
"""The same of a name ("monastery") below which it is no sign that a list tells of one works in several records."""


class Evidence(NamedTuple):
    """What the comparisons say, one value a pair.

    Attributes
    ----------
    base
        Log-odds by the comparisons alone.
    is_backed
        Whether more than nearness speaks for the pair (see `SUPPORT`).
    is_elsewhere
        Whether the places contradict each other, and the names have next to nothing in common (see `NAMED_ALIKE`), or
        the towns differ, too; or whether the names are of words of trade alone, with no operator in common, and the
        places farther apart than `FAR_UNITS`, or than `APART_UNITS` in two streets or towns.
    is_other_unit
        Whether the names have other unit numbers or sides (`words.SIDES`).
    is_other_address
        Whether both bear a name that many bear, at two addresses or places (see `BORNE_BY_ALL`), or one of
        words of trade alone (see `APART_UNITS`).
    is_anybodys
        Whether both bear a name that nearly all bear ("House") and have no address in common (see `BORNE_BY_ALL`).
    is_common
        Whether they do, or bear a name that some others bear, too, and have neither address nor operator in common (see
        `BORNE_BY_SOME`).
    is_of_place
        Whether nothing speaks for the pair but where it is: it lies near, at most in one street, at no one house in it,
        and is not of one type or fuel.
    has_fuel, has_other_fuel, has_capacity
        Whether both tell one fuel, or two; whether the capacity is the same.
    """

    base: Floats
    is_backed: Flags
    is_elsewhere: Flags
    is_other_unit: Flags
    is_other_address: Flags
    is_anybodys: Flags
    is_common: Flags
    is_of_place: Flags
    has_fuel: Flags
    has_other_fuel: Flags
    has_capacity: Flags


def evidence(
    pairs: Compared,
    points: Mapping[str, Sequence[float]],
    intercept: float,
    scores: Mapping[str, Scores | Finding] | None = None,
) -> Evidence:
    """Make all comparisons, but where that was done before, and keep what the score needs of them.

    Parameters
    ----------
    points, intercept
        Comparison -> log-odds at its knots; log-odds of a pair of which nothing is known.
    scores
        What `compare_all` gave, where that was done before.
    """
    size = len(pairs.left)
    seen = Evidence(np.empty(size), *(np.empty(size, dtype=bool) for _ in range(10)))
    for here, some, found in in_blocks(pairs) if scores is None else _known(pairs, scores):
        seen.base[here] = intercept + added(found, points)
        told = np.any([found[name] >= least for name, least in SUPPORT.items() if name != "street"], axis=0)
        seen.is_backed[here] = told | (found["street"] >= SUPPORT["street"])
        seen.is_of_place[here] = ~told & ~_one_house(found) & (found["kind"] != 1) & (found["fuel"] != 1)
        seen.is_elsewhere[here] = _elsewhere(some, found)
        seen.is_other_unit[here] = found["numbers"] == 0
        seen.is_other_address[here] = _other_address(some, found)
        seen.is_anybodys[here] = is_anybodys = _bear_one(found, BORNE_BY_ALL)
        nothing_else = ~_confirmed(found) & ~_one_operator(found)
        seen.is_common[here] = is_anybodys | (_bear_one(found, BORNE_BY_SOME) & nothing_else)
        seen.has_fuel[here], seen.has_other_fuel[here] = found["fuel"] == 1, found["fuel"] == 0
        seen.has_capacity[here] = found["capacity"] <= SAME_CAPACITY
    return seen


def _known(
    pairs: Compared, scores: Mapping[str, Scores | Finding]
) -> Iterator[tuple[slice, Compared, Mapping[str, Floats]]]:
    """Give what was found before as `in_blocks` does."""
    for here in blocks(len(pairs.left)):
        yield here, pairs.take(here), {name: one.of(here) for name, one in scores.items()}


def contradicting_places(pairs: Compared, found: Mapping[str, Floats], rows: Ints | slice = slice(None)) -> Flags:
    """Tell which of some pairs lie too far apart for their accuracies, with nothing of `CONFIRMED` found of them."""
    far_m = np.where(are_precise(pairs)[rows], PRECISE_FAR_M, FAR_FROM_M)
    is_far = pairs.distance_m[rows] > np.maximum(FAR_UNITS * pairs.unit_m[rows], far_m)
    return np.asarray(is_far & ~_confirmed(found), dtype=bool)


def _confirmed(found: Mapping[str, Floats], by: Iterable[str] = CONFIRMED) -> Flags:
    return np.asarray(np.any([found[name] >= CONFIRMED[name] for name in by], axis=0), dtype=bool)


def _elsewhere(pairs: Compared, found: Mapping[str, Floats]) -> Flags:
    """Tell which pairs lie elsewhere (see `Evidence`)."""
    elsewhere = np.zeros(len(pairs.left), dtype=bool)
    # A place that contradicts its own town is not where its record is: that one is unknown, not far.
    far = np.flatnonzero(found["place"] >= _FAR)
    far = far[contradicting_places(pairs, {name: found[name][far] for name in CONFIRMED}, far)]
    alike = np.any([found[name] >= least for name, least in NAMED_ALIKE.items()], axis=0)
    elsewhere[far] = ~alike[far]
    named = far[~elsewhere[far]]
    elsewhere[named] = towns_alike(pairs.take(named)) < OTHER_TOWN
    nothing_else = ~_one_operator(found) & ~_confirmed(found, CONFIRMED_NEAR)
    rows = np.flatnonzero((found["place"] >= _APART) & alike & nothing_else & ~elsewhere)
    of_trade = rows[~of_own_names(pairs, rows)]
    is_far = (found["place"][of_trade] >= _FAR) | (found["street"][of_trade] < OTHER_STREET)
    elsewhere[of_trade] = is_far | (towns_alike(pairs.take(of_trade)) < OTHER_TOWN)
    return elsewhere


def of_own_names(pairs: Compared, rows: Ints) -> Flags:
    """Tell of which of some pairs the names that are most alike have more than words of trade ("boiler house")."""
    variants = pairs.names[1][rows]
    return np.asarray((pairs.prepared.is_own_name[variants] & (variants >= 0)).any(axis=1), dtype=bool)


def _other_address(pairs: Compared, found: Mapping[str, Floats]) -> Flags:
    """Tell which pairs bear a name that many bear, at two addresses or places (see `BORNE_BY_ALL`)."""
    name, telling, street = (found[kind] for kind in ("name", "telling words", "street"))
    same_name, other_street, confirmed = name >= SUPPORT["name"], street < OTHER_STREET, _confirmed(found)
    other_house = (street >= SAME_STREET) & (found["house number"] == 0) & (telling < BORNE_BY_MANY)
    elsewhere = other_street | ((found["place"] >= _FAR) & ~confirmed)
    is_other = same_name & (other_house | (elsewhere & (telling < BORNE_BY_ALL)))
    apart = same_name & other_street & (found["place"] >= _APART) & ~confirmed & ~_one_operator(found)
    rows = np.flatnonzero(apart & ~is_other)
    is_other[rows] = ~of_own_names(pairs, rows)
    return np.asarray(is_other, dtype=bool)


def _one_operator(found: Mapping[str, Floats]) -> Flags:
    return np.asarray(found["operator"] >= SUPPORT["operator"], dtype=bool)


def _bear_one(found: Mapping[str, Floats], rarity: float) -> Flags:
    """Tell which pairs bear one name, of words below some rarity, and have no house in common."""
    told = (found["name"] >= SUPPORT["name"]) & (found["telling words"] < rarity)
    return np.asarray(told & ~_one_house(found), dtype=bool)


def _one_house(found: Mapping[str, Floats]) -> Flags:
    """Tell which pairs have a house number in common, in no other street."""
    return np.asarray((found["house number"] == 1) & ~(found["street"] < SAME_STREET), dtype=bool)


def of_one_kind(pairs: Compared, seen: Evidence, probability: Floats) -> Flags:
    """Tell which pairs it speaks for that they are of one kind.

    Of power plants one fuel, with the capacity (`SAME_CAPACITY`) or a good score (`SAME_FUEL`), or that both are some
    at one place (`SAME_PLANT`); of all others that both are of one type there, and the name of one is in the other's.
    """
    found = seen.has_fuel & seen.has_capacity
    plant, has_types = pairs.prepared.is_power_plant, "type" not in pairs.prepared.untold
    if not (plant.any() or has_types):
        return found
    rows = np.flatnonzero((probability >= np.where(seen.has_fuel, SAME_FUEL, SAME_PLANT)) & ~seen.has_other_fuel)
    some, fuel = pairs.take(rows), seen.has_fuel[rows]
    near = some.distance_m <= np.where(fuel, FUEL_UNITS, 1.0) * some.unit_m
    found[rows] |= (fuel | (plant[some.left] & plant[some.right])) & near
    if has_types:
        rows = rows[near & ~found[rows] & (same_kind(some).value == 1.0)]
        found[rows] = name_within(pairs.take(rows)).value >= SUPPORT["name"]
    return found
