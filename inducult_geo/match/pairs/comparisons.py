"""The comparisons of two records: each is one function and one entry of `COMPARISONS`.

A comparison returns a value and can say in words what it saw. Where a side does not tell, the value is unknown (NaN),
never 0: absent is not different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.places import are_precise, in_outline, place, same_area
from inducult_geo.match.pairs.scores import Scores, chosen, percent
from inducult_geo.match.pairs.types import same_kind
from inducult_geo.match.reading.fuels import fuel_bits
from inducult_geo.match.reading.identifiers import contradict
from inducult_geo.match.reading.likeness import covered, told_beside
from inducult_geo.match.reading.plants import stand_for_all
from inducult_geo.match.reading.prepared import AMONG_WORKS, HOUSE, LISTED, Prepared
from inducult_geo.ragged import Floats, Ints
from inducult_geo.text import token_in_words

UNIQUE_SCHEMES: Final = frozenset(("wikidata", "heritage", "register", "heritage_ref"))
"""Identifiers of which two different ones speak against one site."""

_FIELDS: Final = fuel_bits("wind solar")
"""Fuels of power plants that are fields of machines."""

SAME_STREET: Final = 0.85

BORNE_BY_MANY: Final = 0.5
"""Rarity of the words in common below which a name ("Villa") does not tell one house of a street from the next."""

_SAME_ADDRESS: Final = 0.5
"""Likeness from which a street and an estate or works are told alike."""

_MAY_BE_ONE: Final = 0.5

_SERVICES: Final[Mapping[tuple[int, int], float]] = {
    (HOUSE, HOUSE): 1.0,
    (HOUSE, AMONG_WORKS): 0.0,
    # No labels tell this one: two lists of power plants agree best on their partners in a third list with it.
    (LISTED, AMONG_WORKS): _MAY_BE_ONE,
}
"""What two records are to each other by what they tell of being power houses, in any order; unknown otherwise."""


def same_name(pairs: Compared) -> Scores:
    """How alike the best names are, 0 to 1: rare words tell more, both directions count."""
    found, best = pairs.names
    variants, words = pairs.prepared.variants, pairs.prepared.lexicon.words

    def told(variant: int) -> str:
        return " ".join(map(token_in_words, words[variants.row(variant)])) if variant >= 0 else ""

    def detail(rows: Ints) -> list[str]:
        sides = [[told(variant) for variant in best[rows, side]] for side in (0, 1)]
        return [f"'{a}' / '{b}'" for a, b in zip(*sides, strict=True)]

    return Scores(found.mean, detail)


def name_within(pairs: Compared) -> Scores:
    """How much of the shorter name is in the longer one, 0 to 1."""
    found = pairs.names[0].within
    return Scores(found, percent(found))


def telling_words(pairs: Compared) -> Scores:
    """How rare the words are that both names hold, 0 to 1."""
    found = pairs.names[0].telling
    return Scores(found, percent(found))


def same_numbers(pairs: Compared) -> Scores:
    """Compare unit numbers and letters of the names: 1 the same, 0 different, 0.5 one side has none; else unknown.

    Unknown, too, where the names have the number alone in common ("Solkan 1", "Formin 1"). A row that stands for the
    whole plant of a unit (see `plants.stand_for_all`) has none, whatever number it bears.
    """
    found = pairs.names[0].numbers.copy()
    rows = np.flatnonzero(found == 0)
    for mine, theirs in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        found[rows[stand_for_all(pairs.prepared, mine[rows], theirs[rows])]] = 0.5
    return Scores(found, chosen(found, {1.0: "same", 0.0: "different", 0.5: "on one side only"}))


def same_operator(pairs: Compared) -> Scores:
    """How alike operator and operator, or operator and name, are, 0 to 1; unknown where neither tells an operator."""
    found = pairs.operators
    return Scores(found, percent(found))


def words_covered(pairs: Compared) -> Scores:
    """How much of the words of name and operator together have partners, 0 to 1; unknown without any operator."""
    found = pairs.all_words
    return Scores(found, percent(found))


def same_street(pairs: Compared) -> Scores:
    """How alike the words of the streets are, 0 to 1.

    Unknown where only one of two addresses tells a street and the other an estate, a village or the works, unless these
    are alike; unknown, too, where one is that of an office.
    """
    found = _streets_alike(pairs)
    found[pairs.is_at_office] = np.nan
    return Scores(found, percent(found))


def _streets_alike(pairs: Compared) -> Floats:
    p = pairs.prepared
    alike, which = pairs.words(p.streets)
    found = alike.mean.take(which)
    found[(found < _SAME_ADDRESS) & (p.has_street.take(pairs.left) != p.has_street.take(pairs.right))] = np.nan
    return found


def same_house_number(pairs: Compared) -> Scores:
    """House numbers: 1 one in common, 0 none in common; unknown where a side has none."""
    found = pairs.house_numbers
    value = np.where(np.isnan(found), np.nan, (found > 0).astype(float))
    return Scores(value, chosen(value, {1.0: "one in common", 0.0: "none in common"}))


def next_door(pairs: Compared) -> Scores:
    """Two houses of one street: 1 where both records know their places and have no rare word in common; else unknown.

    Lists of works give the addresses of gates and offices. A register that knows its places means the house.
    """
    rows = np.flatnonzero((pairs.house_numbers == 0) & are_precise(pairs))
    rows = rows[~(pairs.names[0].telling[rows] >= BORNE_BY_MANY)]
    rows = rows[_streets_alike(pairs.take(rows)) >= SAME_STREET]
    value = np.full(len(pairs.left), np.nan)
    value[rows] = 1.0
    return Scores(value, chosen(value, {1.0: "two houses of one street"}))


def same_postcode(pairs: Compared) -> Scores:
    """Postcodes: 1 the same, less the earlier they part; unknown across countries, and where one is an office's."""
    p = pairs.prepared
    codes, texts = p.coded["postcode"]
    one, other = codes.take(pairs.left), codes.take(pairs.right)
    told = p.is_postcode
    known = np.flatnonzero(told.take(one) & told.take(other) & (p.land.take(pairs.left) == p.land.take(pairs.right)))
    which, different = pd.factorize(one.take(known) * len(texts) + other.take(known))
    share = _prefix_share(p.postcode_signs, *np.divmod(different, max(len(texts), 1)))
    shared = np.full(len(one), np.nan)
    shared[known] = share[which]
    shared[pairs.is_at_office] = np.nan
    return Scores(shared, lambda rows: [f"{texts[one[i]]} / {texts[other[i]]}" for i in rows])


def towns_alike(pairs: Compared) -> Floats:
    """Return how alike the towns' names are, 0 to 1; NaN where a side tells none."""
    return pairs.within(pairs.prepared.cities)


def town_alone(pairs: Compared) -> Scores:
    """How alike the towns' names are, 0 to 1, where no distance tells: beside one, they say nothing more.

    Of two towns, how much of the one all words of the other record tell: an address may be that of a head office, and
    its town the municipality.
    """
    found = np.full(len(pairs.left), np.nan)
    rows = np.flatnonzero(pairs.is_placeless)
    if len(rows):
        found[rows] = towns_alike(pairs.take(rows))
        unlike = np.flatnonzero(found < 1)
        found[unlike] = np.fmax(found[unlike], _told_elsewhere(pairs.take(unlike)))
    return Scores(found, percent(found))


def _told_elsewhere(pairs: Compared) -> Floats:
    """Share of the words of one town that name, operator or address of the other record tell, the better of both."""
    p, ends = pairs.prepared, (pairs.left, pairs.right)
    both = [covered(p, (p.cities, p.everything), sides) for sides in (ends, ends[::-1])]
    return np.asarray(np.fmax(*both), dtype=float)


def name_told(pairs: Compared) -> Scores:
    """How much of the name of a record without a town is in name, operator or address of the other, 0 to 1.

    Unknown where both tell a town, or neither: a list without addresses names its works by their town.
    """
    found = told_beside(pairs.prepared, pairs.left, pairs.right)
    return Scores(found, percent(found))


def same_identifier(pairs: Compared) -> Scores:
    """Compare identifiers: 1 shared by these two alone, 0.5 with others too, 0 different; else unknown.

    Unknown, too, where they differ as written, and the digits of one stand in the other.
    """
    p = pairs.prepared
    value = np.full(len(pairs.left), np.nan)
    for at in np.flatnonzero(p.has_ids[pairs.left] & p.has_ids[pairs.right]):
        value[at] = _identifier(p, pairs.left[at], pairs.right[at])
    return Scores(value, chosen(value, {1.0: "shared by these alone", 0.5: "shared with others", 0.0: "different"}))


def same_years(pairs: Compared) -> Scores:
    """Years between the beginnings, as log10(1 + years); unknown where a side does not tell."""
    start = pairs.prepared.start_year
    gap = np.abs(start[pairs.left] - start[pairs.right])
    return Scores(np.log10(1 + gap), lambda rows: [f"{gap[i]:.0f} years apart" for i in rows])


def same_service(pairs: Compared) -> Scores:
    """Power houses: 1 both are one, 0 one of the two; unknown where neither is, or a list does not tell of other works.

    Against one of a list of power plants a record that tells none, among other works, is likelier the neighbor, but it
    may have a name that does not tell (0.5). Wind and sun alone make no works: beside such a plant it is the neighbor.
    """
    service = pairs.prepared.service
    table = np.full((LISTED + 1, LISTED + 1), np.nan)
    for (one, other), known in _SERVICES.items():
        table[one, other] = table[other, one] = known
    value = table[service.take(pairs.left), service.take(pairs.right)]
    fuels = pairs.prepared.fuel.take(pairs.left) | pairs.prepared.fuel.take(pairs.right)
    value[(value == _MAY_BE_ONE) & (fuels > 0) & (fuels & ~_FIELDS == 0)] = 0.0
    told = {1.0: "both", _MAY_BE_ONE: "the other does not tell one", 0.0: "one of the two"}
    return Scores(value, chosen(value, told))


def same_capacity(pairs: Compared) -> Scores:
    """Capacities: how often the smaller fits into the larger, as log2; unknown where a side does not tell.

    Of a unit beside a record that is none of several, that of all units of its plant counts where it fits better.
    """
    p = pairs.prepared
    a, b = _better_fitting(p, pairs.left, pairs.right), _better_fitting(p, pairs.right, pairs.left)
    return Scores(np.abs(np.log2(a / b)), lambda rows: [f"{a[i]:g} / {b[i]:g}" for i in rows])


def _better_fitting(p: Prepared, records: Ints, others: Ints) -> Floats:
    """Return the capacity of each record, or of all units of its plant where that is nearer to the other's capacity."""
    found = p.capacity[records]
    at = np.flatnonzero((p.units[records] >= 0) & (p.units[others] < 0))
    whole, other = p.plant_capacity[records[at]], p.capacity[others[at]]
    nearer = np.abs(np.log2(whole / other)) < np.abs(np.log2(found[at] / other))
    found[at[nearer]] = whole[nearer]
    return found


def same_fuel(pairs: Compared) -> Scores:
    """Fuels: 1 one in common, 0 none in common; unknown where a side does not tell."""
    fuel = pairs.prepared.fuel
    a, b = fuel[pairs.left], fuel[pairs.right]
    value = np.where((a == 0) | (b == 0), np.nan, ((a & b) != 0).astype(float))
    return Scores(value, chosen(value, {1.0: "one in common", 0.0: "none in common"}))


@dataclass(frozen=True)
class Comparison:
    """An entry of the list of comparisons.

    Attributes
    ----------
    name
        Its name in `weights.json` and in explanations.
    compare
        The function.
    fields
        Columns of a record without which it is unknown (any of them).
    learned
        Whether its weights come from labelled pairs; the others are judgments, set by hand.
    knots
        Values between which the weight changes evenly.
    judged
        Log-odds at the knots, set by hand, for a comparison that `weights.json` does not know yet.
    """

    name: str
    compare: Callable[[Compared], Scores]
    fields: tuple[str, ...]
    learned: bool
    knots: tuple[float, ...]
    judged: tuple[float, ...] = ()


COMPARISONS: Final = (
    Comparison("name", same_name, ("names",), True, (0.0, 0.3, 0.6, 0.85, 1.0)),
    Comparison("name within", name_within, ("names",), True, (0.0, 0.5, 0.8, 1.0)),
    Comparison("telling words", telling_words, ("names",), True, (0.0, 0.25, 0.5, 1.0)),
    Comparison("numbers", same_numbers, ("names",), True, (0.0, 0.5, 1.0)),
    Comparison("power house", same_service, ("names", "type", "tags"), True, (0.0, 1.0)),
    Comparison("operator", same_operator, ("operator", "names"), True, (0.0, 0.5, 0.8, 1.0)),
    Comparison("words", words_covered, ("operator", "names"), True, (0.0, 0.3, 0.6, 1.0)),
    Comparison("street", same_street, ("address",), True, (0.0, 0.5, 0.85, 1.0)),
    Comparison("house number", same_house_number, ("address",), True, (0.0, 1.0)),
    Comparison("next door", next_door, ("address",), False, (0.0, 1.0)),
    Comparison("postcode", same_postcode, ("postcode",), True, (0.0, 0.5, 1.0)),
    Comparison("town alone", town_alone, ("city",), True, (0.0, 0.7, 1.0)),
    Comparison("name told", name_told, ("city",), True, (0.0, 0.3, 0.6, 1.0)),
    Comparison("place", place, ("geometry",), True, (0.0, 0.15, 0.4, 0.8, 1.2, 1.7, 2.5)),
    Comparison("identifier", same_identifier, ("ids",), False, (0.0, 0.5, 1.0)),
    Comparison("area", same_area, ("geometry",), False, (0.0, 0.2, 0.5, 0.8, 1.0)),
    Comparison("outline", in_outline, ("geometry",), False, (-1.5, 0.0, 5.0)),
    Comparison("kind", same_kind, ("type", "theme"), False, (0.0, 0.25, 0.5, 1.0)),
    Comparison("capacity", same_capacity, ("tags",), True, (0.0, 0.15, 0.5, 1.0, 2.0, 3.0)),
    Comparison("fuel", same_fuel, ("tags", "type"), True, (0.0, 1.0)),
    Comparison("years", same_years, ("start_year",), False, (0.0, 0.5, 1.0, 2.0)),
)
"""Every comparison of two records. What the neighbors add (competition) is worked out from these in `score`."""


def _prefix_share(signs: NDArray[np.uint32], a: Ints, b: Ints) -> Floats:
    """Share of two codes that agrees from the start, one a pair; `signs` are those of each, 0 beyond its end."""
    letters = signs.take(a, axis=0), signs.take(b, axis=0)
    length = np.maximum(*((side != 0).sum(axis=1) for side in letters))
    agree = np.logical_and.accumulate((letters[0] == letters[1]) & (letters[0] != 0), axis=1).sum(axis=1)
    return np.asarray(agree / np.maximum(length, 1), dtype=float)


def _identifier(p: Prepared, left: int, right: int) -> float:
    """Compare the identifiers of two records (see `same_identifier`)."""
    holders = p.id_holders
    a, b = p.ids[left], p.ids[right]
    shared = a.items() & b.items()
    if shared:
        alone = any(holders[p.source[left], k, v] == 1 == holders[p.source[right], k, v] for k, v in shared)
        return 1.0 if alone else 0.5
    both = [(a[scheme], b[scheme]) for scheme in a.keys() & b.keys() & UNIQUE_SCHEMES]
    return 0.0 if any(contradict(*told) for told in both) else np.nan
