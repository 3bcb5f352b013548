"""Choose what stewards are asked: what would change the map, one question for two sites, biggest change first.

**Which pairs are asked about.** A pair that was kept apart is worth a question where its score is doubtful, where a
good score was not enough, or where a monument lies inside works; and only the best partner of a record in the other's
source. Where both of its records have a likelier one, joined or asked about, it waits for that answer. A pair that was
joined is worth a question where its score is below `score.DOUBTED`, or below `FAR_SURE` where its places contradict
each other with no address to confirm it (below `PRECISE_SURE` where either source knows these) or below
`score.TRADES_DOUBTED` where its types tell two trades, and nothing surer holds its two records together. Of several
such pairs between the same two sites, or the same two parts of a site that surer pairs hold together (a plant's units,
one by one), only the best is asked about: its answer settles the others. Of the further permits or units of a record
only sure ones are joined (`score.UNIT`), and none is asked about.
Sites that a steward keeps apart are never asked about again, whichever of their records the word was about; nor is one
whose outline tells that it is a part of the other (see `parts`).

**In which order.** `priority` is what an answer may be expected to change: the chance that it is not what the map
shows now times the number of things that would change, of `CHANGES`, over their number. Where a pair was kept apart,
that chance is its score if others that fit took nothing from it (`score.Scored.whole`): of two blocks of a plant that
fit one row either may be of that site. Where it was joined, it is what the score lacks to 1. A monument inside works
counts as even at least.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inducult_geo.arrow.keys import places_of
from inducult_geo.catalog.models import CLOSED
from inducult_geo.frames import Records, from_json
from inducult_geo.match.decided.verdict import PART_OF, SAME
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.match.reading.prepare import accuracies
from inducult_geo.match.scoring.score import DOUBTED, EVEN, TRADES_DOUBTED
from inducult_geo.ragged import Flags, Floats, Ints, components

LATER: Final = "both have a likelier partner, and that is asked about first"
"""Why a pair that would be worth a question is none yet."""

FAR_SURE: Final = 0.8
"""Score from which a pair is one site for all that its places contradict each other: a coordinate is wrong, which the
site's `conflicts` tell."""

PRECISE_SURE: Final = 0.99
"""The same where either source knows where its records are (`places.PRECISE_M`): two monuments of one name, in two
towns."""

CHANGES: Final = (
    "one site more or fewer",
    "monument and factory in one site, or not",
    "in use or closed",
    "where it lies",
)
"""What an answer may change on the map."""

REVIEW_COLUMNS: Final = (
    *("review_id", "kind", "region", "left_key", "right_key", "left_name", "right_name", "left_site", "right_site"),
    *("score", "distance_m", "question", "why", "priority"),
)


def question_id(left: str, right: str) -> str:
    """Return the id of the question about two records: the same in every run, whichever comes first."""
    return "Q-" + hashlib.sha256("\n".join(sorted((left, right))).encode()).hexdigest()[:10]


def questions(table: pd.DataFrame, records: Records) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make questions of open pairs.

    Parameters
    ----------
    table
        Pairs with their outcomes (see `outcomes`).
    records
        The records, in the order of their keys.

    Returns
    -------
    table, review
        The pairs, where those that are not asked about say why not; and the questions (`REVIEW_COLUMNS`), what
        changes most first.
    """
    rows = pd.Index(records["record_key"].to_numpy(dtype=object))
    ends = tuple(places_of(rows, table[side]) for side in ("left_key", "right_key"))
    out = _hushed(table)
    wanted = (out["decision"] == "review").to_numpy(dtype=bool)
    open_ = wanted & _is_next(out, ends, records)
    later = np.flatnonzero(wanted & ~open_)
    out.loc[later, "decision"] = "no_match"
    out.loc[later, "why"] = f"{LATER}; " + out.loc[later, "why"].astype(str)
    doubted, parts = _doubted(out, ends, len(rows))
    asked = _one_each(out, np.flatnonzero(open_ | doubted), parts)
    settled = np.setdiff1d(np.flatnonzero(open_), asked)
    out.loc[settled, "why"] = "asked once for both sites, by another pair; " + out.loc[settled, "why"].astype(str)
    return out, _written(out.iloc[asked], (ends[0][asked], ends[1][asked]), records)


def _hushed(table: pd.DataFrame) -> pd.DataFrame:
    """Close the questions about sites that a steward keeps apart, or of which one is a part of the other."""
    out = table.copy()
    told = (out["decided_by"].notna() & (out["decision"] != SAME)) | (out["decision"] == PART_OF)
    said = out[told & (out["left_site"] != out["right_site"])]
    words = {_sites(a, b): why for a, b, why in zip(said["left_site"], said["right_site"], said["why"], strict=True)}
    if words:
        review = out.index[out["decision"] == "review"]
        for row, a, b in zip(review, out.loc[review, "left_site"], out.loc[review, "right_site"], strict=True):
            if _sites(a, b) in words:
                out.loc[row, ["decision", "why"]] = ["no_match", f"other records of both: {words[_sites(a, b)]}"]
    return out


def _sites(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _is_next(table: pd.DataFrame, ends: tuple[Ints, ...], records: Records) -> Flags:
    """Tell which pairs may be asked about now.

    A pair is worth a question where it is the best of either record in the other's source. Where both have a partner
    there, or are asked about one, it waits: among three buildings that two registers call alike, three questions are
    enough. What is likelier than not (`EVEN`) is no rival, and a monument inside works another question: neither waits.
    Whom a steward keeps apart from a record is no partner of it.
    """
    apart = table["decided_by"].notna() & (table["decision"] != SAME)
    score = table["score"].fillna(1.0).mask(apart, 0.0).to_numpy(dtype=float)
    contained = table["contained"].to_numpy(dtype=bool)
    codes, sources = pd.factorize(records["source"])
    places = [mine * len(sources) + codes[theirs] for mine, theirs in (ends, ends[::-1])]
    best = np.zeros(len(table), dtype=bool)
    for side in places:
        best |= score >= pd.Series(score).groupby(side).transform("max").to_numpy() if len(table) else best
    wanted = best & (table["decision"] == "review").to_numpy(dtype=bool)
    asked: Flags = contained | (wanted & (score >= EVEN))
    joined = (table["left_site"] == table["right_site"]) & (table["direct"] | (table["decision"] == SAME))
    held = joined.to_numpy(dtype=bool) | (asked & ~contained)
    taken = {*np.concatenate([side[held] for side in places]).tolist()}
    asked[_in_turn(np.flatnonzero(wanted & ~asked), score, places, taken)] = True
    return asked


def _in_turn(rows: Ints, score: Floats, places: Sequence[Ints], taken: set[int]) -> list[int]:
    """Choose pairs with a free place, the likeliest first; of equals those first whose places are both free."""
    found: list[int] = []
    ordered = rows[np.argsort(-score[rows], kind="stable")].tolist()
    for _, equal in groupby(ordered, key=lambda row: round(float(score[row]), 2)):
        rest = [(row, {int(side[row]) for side in places}) for row in equal]
        for wish in (set.isdisjoint, lambda both, all_: not both <= all_):
            for row, both in rest:
                if wish(both, taken):
                    found.append(row)
                    taken |= both
    return found


def _doubted(table: pd.DataFrame, ends: tuple[Ints, ...], size: int) -> tuple[Flags, tuple[Ints, Ints]]:
    """Tell which pairs were joined in doubt, with nothing surer between their records.

    Returns
    -------
    doubted, parts
        One value a pair; and for either record of each the part of its site that sure pairs hold together.
    """
    same = (table["left_site"] == table["right_site"]).to_numpy(dtype=bool)
    score, decided = table["score"].fillna(1.0).to_numpy(dtype=float), table["decided_by"].notna().to_numpy()
    sure_from = np.where(table["precise"].to_numpy(dtype=bool), PRECISE_SURE, FAR_SURE)
    far = table["far"].to_numpy(dtype=bool) & (score < sure_from)
    other_trade = table["other_trade"].to_numpy(dtype=bool) & (score < TRADES_DOUBTED)
    match = table["direct"].to_numpy(dtype=bool) & (table["decision"] == "match").to_numpy()
    doubt = match & ((score < DOUBTED) | far | other_trade) & ~decided
    sure = same & ~doubt & ((score >= DOUBTED) | (decided & (table["decision"] == SAME).to_numpy()))
    part = components(size, ends[0][sure], ends[1][sure]).astype(np.int64)
    parts = part[ends[0]], part[ends[1]]
    return np.asarray(doubt & (parts[0] != parts[1]), dtype=bool), parts


def _one_each(table: pd.DataFrame, rows: Ints, parts: tuple[Ints, Ints]) -> Ints:
    """Keep of the pairs between two sites the best; and of those between two `parts` of one site."""
    some = table.iloc[rows]
    swap = (some["left_site"] > some["right_site"]).to_numpy()
    sides = [some[side].to_numpy(dtype=object) for side in ("left_site", "right_site")]
    within = sides[0] == sides[1]
    of_site = [part[rows] for part in parts]
    frame = pd.DataFrame(
        {
            "one": np.where(swap, sides[1], sides[0]),
            "other": np.where(swap, sides[0], sides[1]),
            "part": np.where(within, np.minimum(*of_site), -1),
            "beside": np.where(within, np.maximum(*of_site), -1),
            "score": some["score"].fillna(0.0).to_numpy(),
            "row": rows,
        }
    )
    ordered = frame.sort_values(["score", "row"], ascending=[False, True])
    kept = ordered.drop_duplicates(["one", "other", "part", "beside"])
    return np.sort(kept["row"].to_numpy(dtype=np.int64))


def _written(pairs: pd.DataFrame, ends: tuple[Ints, Ints], records: Records) -> pd.DataFrame:
    """Write the questions; the left record is the one that would be the part."""
    within = (pairs["left_site"] == pairs["right_site"]).to_numpy(dtype=bool)
    weights = _changes(ends, records)
    score, whole = (pairs[name].fillna(EVEN).to_numpy(dtype=float) for name in ("score", "whole"))
    contained = pairs["contained"].to_numpy(dtype=bool)
    chance = np.where(within, 1 - score, np.where(contained, np.maximum(whole, EVEN), whole))
    left, right, turned = _part_first(ends, records)
    keys = records["record_key"].to_numpy(dtype=object)
    texts = records["names"].to_numpy(dtype=object)
    names = [[plain_name(from_json(text)) for text in texts[side]] for side in (left, right)]
    told = [
        [name or key for name, key in zip(said, keys[at], strict=True)]
        for said, at in zip(names, (left, right), strict=True)
    ]
    asked = pd.DataFrame(
        {
            "review_id": [question_id(a, b) for a, b in zip(keys[left], keys[right], strict=True)],
            "kind": "pair",
            "region": pairs["region"].to_numpy(dtype=object),
            "left_key": keys[left],
            "right_key": keys[right],
            "left_name": names[0],
            "right_name": names[1],
            "left_site": np.where(turned, pairs["right_site"], pairs["left_site"]),
            "right_site": np.where(turned, pairs["left_site"], pairs["right_site"]),
            "score": pairs["score"].to_numpy(),
            "distance_m": pairs["distance_m"].to_numpy(),
            "question": _asked(told, within, contained),
            "why": [f"{_told(row)}; {why}" for row, why in zip(weights, pairs["why"], strict=True)],
            "priority": (chance * weights.sum(axis=1) / len(CHANGES)).round(3),
        },
        columns=[*REVIEW_COLUMNS],
    )
    return asked.sort_values(["priority", "review_id"], ascending=[False, True], ignore_index=True)


def _asked(told: list[list[str]], within: Flags, contained: Flags) -> list[str]:
    """Put every question in words."""
    return [
        f"Are '{a}' and '{b}' really one site, as the map shows them?"
        if joined
        else f"Is '{a}' part of '{b}', one site with it, or another?"
        if held
        else f"Are '{a}' and '{b}' one site?"
        for a, b, joined, held in zip(*told, within, contained, strict=True)
    ]


def _told(changes: Flags) -> str:
    return "an answer may change: " + ", ".join(text for text, is_so in zip(CHANGES, changes, strict=True) if is_so)


def _changes(ends: tuple[Ints, Ints], records: Records) -> Flags:
    """Tell what would change with an answer: one row a pair, one column for each of `CHANGES`."""
    aspect, status = (records[name].to_numpy(dtype=object) for name in ("aspect", "status"))
    monument, factory = np.isin(aspect, ["monument", "both"]), np.isin(aspect, ["factory", "both"])
    a, b = ends
    meet = ((monument[a] & factory[b]) | (factory[a] & monument[b])) & (aspect[a] != aspect[b])
    runs, closed = status == "functional", np.isin(status, CLOSED)
    differ = (runs[a] & closed[b]) | (closed[a] & runs[b])
    shapes, true_m = records.geometry.to_numpy(), accuracies(records)
    far = np.nan_to_num(shapely.distance(shapes[a], shapes[b])) > np.hypot(true_m[a], true_m[b])
    return np.column_stack([np.ones(len(a), dtype=bool), meet, differ, far])


def _part_first(ends: tuple[Ints, Ints], records: Records) -> tuple[Ints, Ints, Flags]:
    """Put the record that would be the part to the left: the smaller one; of two without area, the monument."""
    size: Floats = np.nan_to_num(shapely.area(records.geometry.to_numpy()))
    factory: NDArray[np.bool_] = (records["aspect"] == "factory").to_numpy(dtype=bool, na_value=False)
    a, b = ends
    turned = (size[a] > size[b]) | ((size[a] == size[b]) & factory[a] & ~factory[b])
    return np.where(turned, b, a), np.where(turned, a, b), np.asarray(turned, dtype=bool)
