"""The outcome of each pair, and the reason for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from inducult_geo.arrow.keys import places_in, places_of
from inducult_geo.arrow.texts import coded, taken, texts
from inducult_geo.catalog.models import MUSEUM_THEME
from inducult_geo.errors import CountingError
from inducult_geo.frames import Records
from inducult_geo.match.clusters.cluster import Clusters
from inducult_geo.match.clusters.parts import Part
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.verdict import PART_OF, SAME, Decision
from inducult_geo.match.pairs.compared import Compared
from inducult_geo.match.pairs.places import are_precise, inside
from inducult_geo.match.scoring.evidence import CONFIRMED, contradicting_places
from inducult_geo.match.scoring.score import DOUBTED, EVEN, Scored
from inducult_geo.match.scoring.waterfall import explain
from inducult_geo.match.within_source.folds import Folds
from inducult_geo.ragged import Flags, Floats, Ints

NEAR_MISS: Final = 0.05
"""Pairs with a lower score are not kept, unless they have it only since others fit better."""

WORTH_ASKING: Final = 0.2
"""Score from which a run asks about a pair: of what scores less next to nothing is one site."""

INSIDE_FROM: Final = 0.9

FAR: Final = "the stated places contradict each other"
OTHER_TRADE: Final = "the types tell two trades"
MUSEUM: Final = "a museum and active works: one site, or a part of it"
INSIDE: Final = "the monument lies inside the works: one site, or a part of it"

FLAGS: Final = ("contained", "museum", "far", "precise", "other_trade", "asked")
"""What is told of a candidate with yes or no (see `outcomes`); of a pair that was none all are no."""

EXPLAINED: Final = 10_000
"""Pairs that are told of at once."""

Pair = tuple[str, str]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Settled:
    """What is known when pairs are told: records in the order of their keys, clusters, words, ids.

    `many` names the sources of which several records may be one site (permits, units); `is_first` tells of each scored
    pair what `permits.sure_or_first` says; `parts` are what outlines say of sites that belong to others (see `parts`).
    """

    records: Records
    clusters: Clusters
    decisions: Decisions
    folds: Folds
    members: pd.Series
    many: Collection[str]
    is_first: Flags
    parts: Sequence[Part] = ()

    @cached_property
    def keys(self) -> NDArray[np.object_]:
        """Record keys, sorted."""
        return self.records["record_key"].to_numpy(dtype=object)

    @cached_property
    def rows(self) -> pd.Index:
        """The same, to look keys up in."""
        return pd.Index(self.keys)

    @cached_property
    def homes(self) -> pa.Array:
        """Site of each record."""
        return taken(texts(self.members), places_in(texts(self.records["record_key"]), texts(self.members.index)))


def outcomes(scored: Scored, settled: Settled) -> pd.DataFrame:
    """Return the pairs that say something, each with its outcome and why.

    Returns
    -------
    pandas.DataFrame
        `left_key`, `right_key` (with `part_of` the part is left, else the smaller key), `score`, `distance_m`, `why`,
        `decision`, `decided_by`, `left_site`, `right_site`, `region`, and for the questions to be made of them:
        `whole` (the score if others that fit took nothing from it, see `score.Scored.whole`), `asked` (worth a person's
        time), `contained` (a monument inside works, a museum beside them), `museum` (the latter), `far` (the places
        contradict each other), `precise` (either place is true to `places.PRECISE_M`), `other_trade` (the types tell
        two trades, see `types.same_kind`), `direct` (joined by its own score).

    Raises
    ------
    CountingError
        Where two records of one source are in one site and nothing says why.
    """
    twins = _same_source(settled)
    reasons = _reasons(settled, twins)
    _refuse_silent_merges(twins, reasons)
    table = pd.concat([_scored(scored, settled), _unscored(scored, settled, twins)], ignore_index=True)
    homes, rows = settled.homes.to_numpy(zero_copy_only=False), settled.rows
    left, right = (places_of(rows, table[side]) for side in ("left_key", "right_key"))
    table["left_site"], table["right_site"] = homes[left], homes[right]
    regions = settled.records["region"].to_numpy(dtype=object)
    table["region"] = np.where(pd.notna(regions[left]), regions[left], regions[right]) if len(table) else None
    _tell(table, left * len(rows) + right, settled, reasons)
    return table.sort_values(["left_key", "right_key"], ignore_index=True)


def asked_from(scored: Scored) -> Floats:
    """Return the score from which a run asks about each pair: more where little else speaks for it."""
    bar = np.maximum(np.where(scored.is_backed, WORTH_ASKING, EVEN), scored.weights.review)
    bar[scored.is_elsewhere | scored.is_other_unit | scored.is_other_address] = DOUBTED
    return bar


def _contained_pairs(scored: Scored) -> Flags:
    """Tell which pairs are a monument in a factory's area (or the reverse): one site with two aspects, or a part."""
    p = scored.pairs.prepared
    monument, factory = p.aspect == "monument", p.aspect == "factory"
    left, right = scored.pairs.left, scored.pairs.right
    rows = np.flatnonzero((monument[left] & factory[right]) | (factory[left] & monument[right]))
    found = np.zeros(len(left), dtype=bool)
    if len(rows):
        some = scored.pairs.take(rows)
        a, b, _ = some.areas
        point_in_area = (some.distance_m <= 0) & ((a > 0) != (b > 0))
        found[rows] = point_in_area | (np.nan_to_num(inside(some).value) >= INSIDE_FROM)
    return found


def museum_beside_works(pairs: Compared) -> Flags:
    """Tell which pairs are a museum or visitor mine and active works: the one may be a part of the other."""
    p = pairs.prepared
    tells_museum = p.theme == MUSEUM_THEME
    if not tells_museum.any():
        return np.zeros(len(pairs.left), dtype=bool)
    museum, works = tells_museum & (p.aspect != "factory"), (p.aspect == "factory") & ~tells_museum & (p.theme != "")
    left, right = pairs.left, pairs.right
    return np.asarray((museum[left] & works[right]) | (works[left] & museum[right]), dtype=bool)


def codes_of(pairs: Collection[Pair], rows: pd.Index) -> Ints:
    """Return a number for each pair, made of the places of its keys in `rows`; pairs of absent records are left out."""
    ends = np.array([*pairs], dtype=object).reshape(-1, 2)
    left, right = (places_of(rows, ends[:, side]) for side in (0, 1))
    here = (left >= 0) & (right >= 0)
    low, high = np.minimum(left, right)[here], np.maximum(left, right)[here]
    return np.asarray(low * len(rows) + high, dtype=np.int64)


def _scored(scored: Scored, settled: Settled) -> pd.DataFrame:
    """Take the candidates that are near misses at least, decided, or contained."""
    low, high = _ends(scored, settled)
    contained, museum = _contained_pairs(scored), museum_beside_works(scored.pairs) & scored.is_match
    keep = (scored.probability >= NEAR_MISS) | contained | (scored.several.is_match & scored.is_backed)
    if settled.decisions.latest:
        keep |= np.isin(low * len(settled.keys) + high, codes_of(settled.decisions.latest.keys(), settled.rows))
    kept = np.flatnonzero(keep)
    named = ~np.isnan(scored.scores["name"].of(kept))
    # Not everything beside a monument is worth a person's time.
    told = scored.is_backed[kept] | named
    worth = settled.is_first[kept] & told & (scored.probability >= asked_from(scored))[kept]
    some = scored.pairs.take(kept)
    return pd.DataFrame(
        {
            "left_key": settled.keys[low[kept]],
            "right_key": settled.keys[high[kept]],
            "score": scored.probability[kept].round(4),
            "whole": scored.several.probability[kept].round(4),
            "distance_m": some.distance_m.round(1),
            "why": _why(scored, kept),
            "contained": (contained | museum)[kept],
            "museum": museum[kept],
            "far": contradicting_places(some, {name: scored.scores[name].of(kept) for name in CONFIRMED}),
            "precise": are_precise(some, either=True),
            "other_trade": scored.tell_two_trades(kept),
            "asked": worth,
        }
    )


def _ends(scored: Scored, settled: Settled) -> tuple[Ints, Ints]:
    """Return where in the order of the keys the records of each pair stand, the smaller key first."""
    place = places_of(settled.rows, scored.pairs.prepared.key)
    one, other = place[scored.pairs.left], place[scored.pairs.right]
    return np.minimum(one, other), np.maximum(one, other)


def _why(scored: Scored, rows: Ints) -> NDArray[np.object_]:
    """Tell why in words, of some pairs at a time: each has a text for every comparison while it is told."""
    parts = np.array_split(rows, len(rows) // EXPLAINED + 1)
    return np.array([text for part in parts for text in explain(scored, part)], dtype=object)


def _unscored(scored: Scored, settled: Settled, twins: Sequence[Pair]) -> pd.DataFrame:
    """Pairs that were no candidates, but were decided, folded, or are two records of one source in one site."""
    rows, keys = settled.rows, settled.keys
    wanted = {*settled.decisions.latest, *((min(pair), max(pair)) for pair in settled.folds.first.items())}
    wanted |= {(a, b) for a, b in twins if settled.folds.reason(a, b) is None}
    wanted |= {(min(one.part, one.whole), max(one.part, one.whole)) for one in settled.parts}
    codes = np.sort(codes_of(wanted, rows))
    if len(codes):
        low, high = _ends(scored, settled)
        codes = codes[~np.isin(codes, low * len(rows) + high)]
    left, right = codes // max(len(rows), 1), codes % max(len(rows), 1)
    shapes = settled.records.geometry.to_numpy()
    return pd.DataFrame(
        {
            "left_key": keys[left],
            "right_key": keys[right],
            "score": np.full(len(left), np.nan),
            "whole": np.full(len(left), np.nan),
            "distance_m": np.round(shapely.distance(shapes[left], shapes[right]), 1),
            "why": np.full(len(left), "", dtype=object),
            **{name: np.zeros(len(left), dtype=bool) for name in FLAGS},
        }
    )


def _same_source(settled: Settled) -> list[Pair]:
    """Pair each further record of a source in a site with the source's first one there."""
    source, site = (coded(part).codes for part in (texts(settled.records["source"]), settled.homes))
    place = site * (int(source.max(initial=0)) + 1) + source
    rows = np.flatnonzero(pd.Index(place).duplicated(keep=False))
    some = pd.DataFrame({"key": settled.keys[rows], "place": place[rows]})
    first = some.groupby("place")["key"].transform("first")
    return [(a, b) for a, b in zip(first, some["key"], strict=True) if a != b]


def _tell(table: pd.DataFrame, codes: Ints, settled: Settled, reasons: Mapping[Pair, str]) -> None:
    """Write outcome, reason and who decided into a table of pairs; what comes later here counts more."""
    rows, plain = settled.rows, table["why"].to_numpy(dtype=object)
    decision = np.full(len(table), "no_match", dtype=object)
    same = (table["left_site"] == table["right_site"]).to_numpy(dtype=bool)
    direct = np.isin(codes, codes_of(settled.clusters.joined, rows))
    inside_works, asked = table["contained"].to_numpy(dtype=bool), table["asked"].to_numpy(dtype=bool)
    decision[asked | inside_works] = "review"
    decision[same] = "match"
    beside = table["museum"].to_numpy(dtype=bool)
    why = _before(plain, INSIDE, inside_works & ~beside & ~same)
    why = _before(why, MUSEUM, beside & ~same)
    for reason, column in ((OTHER_TRADE, "other_trade"), (FAR, "far")):
        why = _before(why, reason, table[column].to_numpy(dtype=bool) & same & direct)
    why = _before(why, "one site through other records", same & ~direct)
    at = {code: row for row, code in enumerate(codes.tolist())}
    for row, reason in _rows_of(settled.clusters.refused, at, rows):
        decision[row], why[row] = "review", _joined(reason, plain[row])
    for row, reason in _rows_of(reasons, at, rows):
        why[row] = _joined(reason, plain[row])
    by = np.full(len(table), None, dtype=object)
    turned = np.zeros(len(table), dtype=bool)
    left = table["left_key"].to_numpy(dtype=object)
    for row, part in _rows_of({(one.part, one.whole): one for one in settled.parts}, at, rows):
        decision[row], why[row], turned[row] = PART_OF, part.why, left[row] != part.part
    for row, word in _rows_of(settled.decisions.reopened, at, rows):
        why[row] = _joined(_said("undecided again, said", word), why[row])
    for row, word in _rows_of(settled.decisions.latest, at, rows):
        decision[row], why[row], by[row] = word.decision, _said("decided by", word), word.who
        turned[row] = word.decision == PART_OF and left[row] != word.left
    table["decision"], table["why"], table["decided_by"], table["direct"] = decision, why, by, direct & same
    for one, other in (("left_key", "right_key"), ("left_site", "right_site")):
        table[one], table[other] = table[other].where(turned, table[one]), table[one].where(turned, table[other])


def _rows_of(values: Mapping[Pair, Value], at: Mapping[int, int], rows: pd.Index) -> list[tuple[int, Value]]:
    """Find the rows of pairs in a table, each with its value; pairs that are not in it are left out."""
    known = {pair: value for pair, value in values.items() if pair[0] in rows and pair[1] in rows}
    codes = codes_of([*known], rows).tolist()
    return [(at[code], value) for code, value in zip(codes, known.values(), strict=True) if code in at]


def _reasons(settled: Settled, twins: Sequence[Pair]) -> dict[Pair, str]:
    """Say why records of one source are one site."""
    folds = settled.folds
    homes = settled.members
    told = {(min(a, b), max(a, b)): folds.why[a] for a, b in folds.first.items() if homes[a] == homes[b]}
    if not twins:
        return told
    source = dict(zip(settled.keys, settled.records["source"], strict=True))
    spoken = _joined_by_words(settled)
    for a, b in twins:
        if reason := folds.reason(a, b):
            told[a, b] = reason
        elif source[a] in settled.many:
            told[a, b] = f"the contract of '{source[a]}' says that several of its records may be one site"
        elif homes[a] in spoken:
            told[a, b] = f"one site by the word of {spoken[homes[a]]}"
    return told


def _joined_by_words(settled: Settled) -> dict[str, str]:
    """Site -> who said `same` of records in it."""
    found: dict[str, set[str]] = {}
    homes = settled.members.to_dict()
    for one in settled.decisions.latest.values():
        home = homes.get(one.left)
        if one.decision == SAME and home is not None and home == homes.get(one.right):
            found.setdefault(str(home), set()).add(one.who)
    return {site: " and ".join(sorted(names)) for site, names in found.items()}


def _said(what: str, word: Decision) -> str:
    """Tell a decision in words: what was said, by whom, when and why."""
    return f"{what} {word.who} on {word.moment}" + (f": {word.note}" if word.note else "")


def _before(why: NDArray[np.object_], text: str, where: Flags) -> NDArray[np.object_]:
    """Put a text before some of the reasons."""
    out = why.copy()
    out[where] = [f"{text}; {one}" if one else text for one in why[where]]
    return out


def _joined(*texts: str) -> str:
    return "; ".join(text for text in texts if text)


def _refuse_silent_merges(twins: Sequence[Pair], reasons: Mapping[Pair, str]) -> None:
    """Check that no two records of one source are in one site without a written reason.

    Raises
    ------
    CountingError
        Where they are.
    """
    silent = [pair for pair in twins if pair not in reasons]
    if silent:
        a, b = silent[0]
        raise CountingError(
            f"'{a}' and '{b}', two records of one source, would be one site, and nothing says why ({len(silent)} such "
            "pairs). This is a fault of inducult-geo: please report it with the run's manifest."
        )
