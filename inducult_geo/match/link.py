"""Link two tables of records: find rows that are one site, with score and reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.frames import TEXT, Records, concat_records, from_json, own_keys
from inducult_geo.match.again import match_of, matches
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.match.link_words import NOTHING_SAID, are_different, with_words
from inducult_geo.match.pairs.candidates import candidates_of
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.comparisons import same_identifier, same_postcode, same_street, town_alone, towns_alike
from inducult_geo.match.pairs.types import same_kind
from inducult_geo.match.reading.places import place_order
from inducult_geo.match.scoring.permits import other_works
from inducult_geo.match.scoring.score import DOUBTED, TRADES_DOUBTED, UNIT, Scored, Weights, score
from inducult_geo.match.scoring.waterfall import explain
from inducult_geo.match.within_source.editions import given_once, told_of_all
from inducult_geo.ragged import Flags, Floats, Ints, ranks_within, starts_of

SECOND: Final = 0.3
"""Score from which a second choice is a question: what fits is shared, so the first is in doubt then, too."""

OF_ONE_NAME: Final = 3.0
"""Another pair of a record under a name that nearly all bear may be meant up to so many times as far apart."""

_DIGITS: Final = 4
"""Digits of a score that are told."""

NAMES_ALONE: Final = 0.95
"""Score up to which a match that only names speak for is doubtful: firms of one name stand in many towns."""

SAME_WHERE: Final = 0.85
OTHER_TOWN: Final = 0.5
"""How alike streets and towns are that tell of records without a place that they are at one; of two towns that they are
not, up to which one street in both ("Bahnhofstraße") tells nothing."""

SHARED: Final = "the works has several rows, which together reach"
"""What is said of a match that reaches the bar with other rows of its works only."""

_ORDER: Final = ["left_id", "score", "right_id"]

LINK_COLUMNS: Final = (
    *("left_id", "right_id", "left_name", "right_name", "score", "decision", "beside", "doubtful", "distance_m", "why"),
)


def link(
    left: Records,
    right: Records,
    *,
    review: bool = True,
    units: bool = False,
    weights: Weights | None = None,
    said: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Link two tables.

    Parameters
    ----------
    left, right
        Records in the work CRS.
    review, units
        Whether pairs for review are given too; whether several rows of the right may be permits or units of one left.
    weights, said
        What each comparison counts, else the shipped ones; what people said of pairs (see `link_words.with_words`).

    Returns
    -------
    pandas.DataFrame
        `left_id`, `right_id` (the sources' own keys), `left_name`, `right_name` (null where a row has none), `score`,
        `decision` (match, unit, review, or what was said), `beside` (of a unit or of works given again the left row's
        best match, else null), `doubtful` (worth a look: all for review, what is given again, a match that another left
        row fits better, what bears a name that nearly all bear, what only names speak for, or only a town (see
        `_is_anywhere`), two trades below `score.TRADES_DOUBTED`, a unit that only its place speaks for, and what else
        scores below `score.DOUBTED`),
        `distance_m`, `why`.
        A left row matches its best right row, which others may match, too (not all of many that merely lie around it,
        see `rivals.Contest.crowd`), and with it any that is of the same works given again (`again.matches`); a
        second one that may be right instead is for `review`. With `units` further
        right rows whose best left row it is are `unit`s, where it has a match. The score of a left row's best match is
        the chance that it is the one, that of a unit or of works given again that it is one of the right ones
        (`score.Scored.whole`): of two alike it may be the higher. Rows that a list gives again (a row a year, see
        `editions`) are all told what their latest is: left ones each with all of it, right ones beside the latest.
    """
    said = NOTHING_SAID if said is None else said
    if left.empty or right.empty:
        return with_words(pd.DataFrame({name: pd.Series(dtype=TEXT) for name in LINK_COLUMNS}), said)
    table = with_words(_linked(left, right, review, units, weights, said), said)
    table = table.sort_values(_ORDER, ascending=[True, False, True], ignore_index=True)
    table = table.assign(left_name=_names(left, table["left_id"]), right_name=_names(right, table["right_id"]))
    return table[[*LINK_COLUMNS]]


def _linked(
    left: Records, right: Records, review: bool, units: bool, weights: Weights | None, said: pd.DataFrame
) -> pd.DataFrame:
    """Link two tables that are not empty (see `link`); what was said to be one site is not told yet."""
    records = concat_records([_as_source(left, "left"), _as_source(right, "right")])
    prepared, told_by = given_once(records)
    split = int(np.count_nonzero(prepared.source == "left"))
    rows = place_order(prepared.xy, split)
    prepared, told_by = prepared.take(rows), np.argsort(rows)[told_by]
    every = Compared(prepared, *candidates_of(prepared, split=split))
    apart = are_different(every, said)
    scored = score(every, weights, many=("left",), apart=apart)
    if apart is not None:
        scored = _left_out(scored, apart)
    pairs, several = scored.pairs, scored.several
    rank = ranks_within(pairs.left, scored.probability)
    best, again, together = matches(scored, rank == 0, units=units)
    match = match_of(pairs, best)
    further = _further(several, best | again) & units & (match[pairs.left] >= 0)
    second = (rank == 1) & (scored.probability >= SECOND)
    asked = scored.is_question & ((rank == 0) | second) & ~best & ~again & ~further & review
    table = _table(scored, match, together, best=best, again=again, unit=further, asked=asked)
    if len(prepared) < len(records):
        return told_of_all(table, own_keys(records["record_key"]), told_by)
    return table


def _left_out(scored: Scored, apart: Flags) -> Scored:
    """Let pairs that are said to be two sites (`apart`) be no match, question or reason for doubt."""
    return replace(
        scored,
        base=np.where(apart, -np.inf, scored.base),
        probability=np.where(apart, 0.0, scored.probability),
        is_question=scored.is_question & ~apart,
        is_anybodys=scored.is_anybodys & ~apart,
    )


def _names(records: Records, ids: pd.Series) -> pd.Series:
    """Return what the records with these keys of their source are called; null where they have no name of their own."""
    told = pd.Series(records["names"].to_numpy(), index=own_keys(records["record_key"]), dtype=object)
    names = (from_json(text) for text in told[~told.index.duplicated()].reindex(ids))
    return pd.Series([plain_name(said) for said in names], index=ids.index, dtype=TEXT)


def _table(scored: Scored, match: Ints, together: Floats, **kinds: Flags) -> pd.DataFrame:
    """Tell of pairs of some kinds what `link` gives, and which records these are.

    Parameters
    ----------
    match
        The right row that each record matches, -1 for none.
    together
        Score of the works of each pair's left row (see `again.Matches`).
    """
    rows = np.flatnonzero(np.any([*kinds.values()], axis=0))
    pairs, several = scored.pairs, scored.several
    best, again, unit, asked = (kinds[kind][rows] for kind in ("best", "again", "unit", "asked"))
    one_of = again | unit
    unsure = asked | again | _is_one_of_many(scored)[rows] | _is_second(scored, kinds["best"])[rows]
    value = np.where(one_of, several.probability[rows], scored.probability[rows]).round(_DIGITS)
    unsure |= _is_anywhere(pairs.take(rows), value, scored.is_backed[rows]) | scored.is_elsewhere[rows]
    unsure |= scored.tell_two_trades(rows) & (value < TRADES_DOUBTED)
    unsure |= unit & ~scored.is_backed[rows]
    keys = own_keys(pd.Series(pairs.prepared.key, dtype=TEXT))
    match = match[pairs.left[rows]]
    table = pd.DataFrame(
        {
            "left_id": keys.to_numpy()[pairs.left[rows]],
            "right_id": keys.to_numpy()[pairs.right[rows]],
            "score": value,
            "decision": np.select([best | again, unit], ["match", "unit"], "review"),
            "beside": keys.reindex(np.where(one_of, match, -1)).reset_index(drop=True),
            "doubtful": unsure | (value < DOUBTED),
            "distance_m": pairs.distance_m[rows].round(1),
            "why": explain(scored, rows),
        }
    )
    table.loc[one_of, "why"] = explain(several, rows[one_of])
    by_others = best & (scored.probability[rows] < scored.bar[rows])
    told = zip(together[rows[by_others]], table.loc[by_others, "why"], strict=True)
    table.loc[by_others, "why"] = [f"{SHARED} {share:.0%}; {why}" for share, why in told]
    return table.assign(left=pairs.left[rows], right=pairs.right[rows])


def _is_one_of_many(scored: Scored) -> Flags:
    """Tell which pairs bear a name that nearly all bear where it says nothing.

    Houses stand side by side. Of works of one type only where another such pair of either record is not much farther
    apart, or the two lie at two places; one may have none.
    """
    pairs, rows = scored.pairs, np.flatnonzero(scored.is_anybodys)
    some = pairs.take(rows)
    distance_m = np.where(np.isnan(some.distance_m), 0.0, some.distance_m)
    nearest = np.full(len(rows), np.inf)
    for side in (some.left, some.right):
        order = np.lexsort((distance_m, side))
        starts, in_order = starts_of(side[order]), distance_m[order]
        counts = np.diff(np.append(starts, len(order)))
        other = np.repeat(in_order[starts], counts)
        other[starts] = np.where(counts > 1, np.append(in_order, np.inf)[starts + 1], np.inf)
        nearest[order] = np.minimum(nearest[order], other)
    found = np.zeros(len(pairs.left), dtype=bool)
    reach_m = OF_ONE_NAME * np.maximum(distance_m, some.unit_m)
    is_alone = (same_kind(some).value == 1.0) & (nearest > reach_m) & ~np.isnan(some.distance_m)
    found[rows] = ~is_alone | scored.is_other_address[rows]
    return found


def _is_anywhere(pairs: Compared, score: Floats, is_backed: Flags) -> Flags:
    """Tell which pairs only names speak for, below `NAMES_ALONE` or in two towns, or only where they are.

    The place of one is unknown. `is_backed` tells for which more speaks than where they are.
    """
    found = np.isnan(pairs.distance_m)
    rows = np.flatnonzero(found & is_backed)
    some = pairs.take(rows)
    town, street = town_alone(some).value, same_street(some).value
    is_other = town < OTHER_TOWN
    at_one = (towns_alike(some) >= SAME_WHERE) | ((street >= SAME_WHERE) & ~is_other)
    at_one |= (same_postcode(some).value == 1.0) | (same_identifier(some).value > 0)
    found[rows] = ~at_one & (is_other | (score[rows] < NAMES_ALONE))
    return found


def _is_second(scored: Scored, matched: Flags) -> Flags:
    """Tell which matches are with a right row that another left row fits better, but for units of one plant."""
    pairs, units = scored.pairs, scored.pairs.prepared.units
    rows = np.flatnonzero(matched)
    # Two that tell the same differ in their last digits by the order in which these were added up.
    told = scored.probability[rows].round(_DIGITS)
    left, right = pairs.left[rows], pairs.right[rows]
    first = np.zeros(len(pairs.prepared), dtype=np.int64)
    order = np.lexsort((left, told))
    # The last one stays, which is the best.
    first[right[order]] = order
    best = first[right]
    is_unit = (units[left] >= 0) & (units[left] == units[left[best]])
    found = np.zeros(len(matched), dtype=bool)
    found[rows] = (told < told[best]) & ~is_unit
    return found


def _further(several: Scored, matched: Flags) -> Flags:
    """Tell which pairs are a further permit or unit of a left row, its best, beside the one that it matches."""
    pairs, chance = several.pairs, several.probability
    own: Flags = several.is_match & (chance >= UNIT) & (ranks_within(pairs.right, chance) == 0)
    rows = np.flatnonzero(own | matched)
    own[rows[other_works(several, rows, pairs.left[rows], pairs.right[rows])]] = False
    own &= ~matched
    return own


def _as_source(records: Records, name: str) -> Records:
    """Call all records of a table one source, so that they have rivals among themselves only; in their keys' order.

    Of equals the first are chosen: a list that is sorted otherwise must find the same ones.
    """
    return Records(records.assign(source=name).sort_values("record_key", ignore_index=True))
