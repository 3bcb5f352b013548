"""Find works that the right list has more than once: a permit for each kiln, a plant under its old and new name.

`link` gives each left row its best right row. Where another right row fits nearly as well and is evidently of the same
works as that one, it is a match, too: which of the two a list's author had in mind cannot be told, and either answer
alone would hide that the list has the works twice.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparing import compare_all
from inducult_geo.match.pairs.comparisons import SAME_STREET
from inducult_geo.match.reading.plants import SPOT_M, doors_of
from inducult_geo.match.scoring.evidence import SUPPORT, evidence
from inducult_geo.match.scoring.permits import other_works
from inducult_geo.match.scoring.score import DOUBTED, Scored, Weights
from inducult_geo.ragged import Flags, Floats, Ints

NEARLY: Final = 0.05
"""Score from which another right row fits nearly as well as the best: with less the best is clearly the one."""

SAME_WORKS: Final = 0.9
"""Score from which two right rows are of one works, by what they tell of themselves."""


class Matches(NamedTuple):
    """Which pairs match, one value a pair.

    Attributes
    ----------
    best, again
        Whether it is the match of its left row, or one beside it, of works that are given again.
    together
        Score of the works of the left row's best pair: of all its rows together.
    """

    best: Flags
    again: Flags
    together: Floats


def matches(scored: Scored, first: Flags, *, units: bool = False) -> Matches:
    """Tell which pairs are the match of their left row, and which are so beside it, of works that are given again.

    What fits a row is shared among all that fit it. Rows of one works share the chance of one works: of five alike none
    may reach the bar, and the works does.

    Parameters
    ----------
    first
        The best pair of each left row.
    units
        Whether the right list holds permits or units: then those at one address share the chance of one works, too.
    """
    again = _given_again(scored, first)
    of_one = first | again
    if units:
        of_one |= _at_one_door(scored.pairs, first)
    left, size = scored.pairs.left, len(scored.pairs.prepared)
    sums: Floats = np.bincount(left, weights=np.where(of_one, scored.probability, 0.0), minlength=size).astype(float)
    together = sums[left]
    best = first & (together >= scored.bar)
    return Matches(best, again & (match_of(scored.pairs, best)[left] >= 0), together)


def _given_again(scored: Scored, matched: Flags) -> Flags:
    """Tell which pairs match a left row with a right row that is of the same works as the one that it matches.

    Parameters
    ----------
    matched
        Which pairs are the match of their left row, one at most of each.

    Returns
    -------
    numpy.ndarray
        Of each pair whether it is another one: it would be a match that nobody doubts if others that fit took nothing
        from it (`score.Scored.whole`), has still `NEARLY` of what fits, and its right row and the matched one are of
        one works (score `SAME_WORKS` by their comparisons alone), or are units of one plant of which the left row names
        none. Other works' permits (`permits.other_works`) are not of the same works, nor is the gas turbine beside the
        coal block that the left row is.
    """
    pairs, several, match = scored.pairs, scored.several, match_of(scored.pairs, matched)
    fits = several.is_match & (several.probability >= DOUBTED) & (scored.probability >= NEARLY)
    rows = np.flatnonzero(fits & ~matched & (match[pairs.left] >= 0))
    best, other = match[pairs.left[rows]], pairs.right[rows]
    same = _of_one_works(Compared(pairs.prepared, best, other), scored.weights)
    plants, told = pairs.prepared.units, scored.scores["numbers"].of(rows)
    same |= (plants[best] >= 0) & (plants[best] == plants[other]) & (told > 0) & (told < 1)
    rows = rows[same & ~_burns_other(scored, rows, matched)]
    found = np.zeros(len(pairs.left), dtype=bool)
    found[rows[~other_works(several, rows, pairs.left[rows], pairs.right[rows])]] = True
    return found


def _burns_other(scored: Scored, rows: Ints, matched: Flags) -> Flags:
    """Tell which pairs have no fuel in common where the match of their left row has: another plant of the site."""
    fuel, own = scored.scores["fuel"], _pair_of(scored.pairs, matched)[scored.pairs.left[rows]]
    return np.asarray((fuel.of(rows) == 0) & (fuel.of(own) == 1), dtype=bool)


def _at_one_door(pairs: Compared, matched: Flags) -> Flags:
    """Tell which pairs are with a permit or unit at the address of the one that their left row matches.

    Permits are called by what they permit ("hot rolling mill", "blast furnace C"), seldom by the works.
    """
    doors = doors_of(pairs.prepared)
    door = doors[match_of(pairs, matched)[pairs.left]]
    return np.asarray((door >= 0) & (doors[pairs.right] == door), dtype=bool)


def _of_one_works(pairs: Compared, weights: Weights) -> Flags:
    """Tell which pairs of rows of one list are of one works.

    Other unit numbers are of two. A name that many bear ("House") and nearness do not make one of two: the house must
    be the same, or the street of two at one point (or of whom one has no place), or words that few names hold.
    """
    found = compare_all(pairs)
    seen = evidence(pairs, weights.points, weights.intercept, found)
    told = found["telling words"].value >= SUPPORT["telling words"]
    at_one = (found["house number"].value == 1) | ~(pairs.distance_m > SPOT_M)
    told |= (found["street"].value >= SAME_STREET) & at_one
    return told & ~seen.is_other_unit & ~seen.is_other_address & (weights.alone(seen.base) >= SAME_WORKS)


def match_of(pairs: Compared, matched: Flags) -> Ints:
    """Return the right row that each record matches, -1 where it matches none; `matched` as in `_given_again`."""
    found = _pair_of(pairs, matched)
    has_one = found >= 0
    found[has_one] = pairs.right[found[has_one]]
    return found


def _pair_of(pairs: Compared, matched: Flags) -> Ints:
    """Return the number of the pair that is each record's match, -1 where it matches none."""
    rows = np.flatnonzero(matched)
    found = np.full(len(pairs.prepared), -1, dtype=np.int64)
    found[pairs.left[rows]] = rows
    return found
