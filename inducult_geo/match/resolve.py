"""Records become sites: compared, scored, joined, named and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import CountingError, InducultError
from inducult_geo.frames import Pairs, Records, Sites, as_pairs, from_json
from inducult_geo.match.candidates import candidates_of
from inducult_geo.match.cluster import Clusters, Link, cluster, fold_duplicates, links_of
from inducult_geo.match.comparisons import Compared, inside
from inducult_geo.match.decisions import Decisions
from inducult_geo.match.golden import Confidence, golden
from inducult_geo.match.identity import assign_ids, first_seen_of
from inducult_geo.match.prepare import prepare
from inducult_geo.match.ragged import Flags
from inducult_geo.match.score import Scored, explain, score

NEAR_MISS: Final = 0.05
"""Pairs with a lower score are not kept."""

INSIDE_FROM: Final = 0.9
REVIEW_COLUMNS: Final = (
    *("review_id", "kind", "region", "left_key", "right_key", "left_name", "right_name", "left_site", "right_site"),
    *("score", "distance_m", "question", "why", "priority"),
)


@dataclass(frozen=True)
class Resolution:
    """What resolving gave.

    Attributes
    ----------
    sites
        One row a site.
    members
        Record key -> site id, every accepted record once.
    pairs
        Kept pairs: matches, questions, decided ones, and near misses.
    review
        Questions for a steward (`REVIEW_COLUMNS`), the most urgent first.
    registry
        The registry of site ids, brought up to date.
    """

    sites: Sites
    members: pd.Series
    pairs: Pairs
    review: pd.DataFrame
    registry: pd.DataFrame


def resolve(
    records: Records,
    *,
    contracts: Mapping[str, Contract],
    decisions: Decisions,
    registry: pd.DataFrame,
    run_id: str,
    comparing: Callable[[Records], Scored] | None = None,
) -> Resolution:
    """Resolve records into sites.

    Parameters
    ----------
    records
        Accepted records of all sources, in the work CRS.
    contracts
        Source -> contract.
    decisions
        What stewards decided; obeyed, and never asked again.
    registry
        The registry of site ids so far.
    run_id
        Written to every site.
    comparing
        What scores the records (ordered by key); `compare` where not given. For wide areas see `tiling`.

    Raises
    ------
    CountingError
        Where a record is in no site, or in two.
    InducultError
        Where a record key stands twice, or a rejected record is among them.
    """
    _refuse_bad_keys(records)
    ordered = Records(records.sort_values("record_key", ignore_index=True))
    folded = fold_duplicates(ordered)
    # Equals would be each other's rivals, and every question about them would be asked as often as they stand there.
    scored = (comparing or compare)(Records(ordered[~ordered["record_key"].isin(folded)].reset_index(drop=True)))
    many = [name for name, contract in contracts.items() if contract.units_per_site]
    clusters = cluster(ordered, _links(scored, decisions, folded), many=many, decisions=decisions, folded=folded)
    assigned = assign_ids(clusters.group, registry, ordered)
    members = assigned.members
    pairs = _pairs(ordered, scored, clusters, decisions, folded, members)
    review = _review(ordered, pairs)
    homed = _homed(ordered, members, assigned.registry)
    sites = golden(homed, contracts, confidence=_confidence(pairs, review, members), run_id=run_id)
    _count(records, sites, members)
    return Resolution(sites, members, pairs, review, assigned.registry)


def _homed(records: Records, members: pd.Series, registry: pd.DataFrame) -> Records:
    """Add to each record its site, since when that is known, and when the record was last seen."""
    seen = registry[registry["record_key"].notna()].set_index("record_key")
    keys = records["record_key"]
    sites = keys.map(members)
    first_seen = first_seen_of(sites, registry)
    return Records(records.assign(site_id=sites, first_seen=first_seen, last_seen=keys.map(seen["last_seen"])))


def compare(records: Records) -> Scored:
    """Score the candidates among records of several sources."""
    prepared = prepare(records)
    return score(Compared(prepared, *candidates_of(prepared)))


def question_id(left: str, right: str) -> str:
    """Return the id of the question about two records: the same in every run, whichever comes first."""
    return "Q-" + hashlib.sha256("\n".join(sorted((left, right))).encode()).hexdigest()[:10]


def _refuse_bad_keys(records: Records) -> None:
    keys = records["record_key"]
    if keys.isna().any() or keys.duplicated().any():
        twice = keys[keys.duplicated() | keys.isna()].iloc[0]
        raise InducultError(f"record key '{twice}' is missing or stands twice: each record needs its own")
    if records["reason"].notna().any():
        named = keys[records["reason"].notna()].iloc[0]
        raise InducultError(f"record '{named}' was not accepted ({records['reason'].dropna().iloc[0]}): leave it out")


def _links(scored: Scored, decisions: Decisions | None = None, folded: Mapping[str, str] | None = None) -> list[Link]:
    pairs = scored.pairs
    tied = [*(decisions.latest if decisions else ()), *(folded or {}).items()]
    return links_of(
        pairs.prepared.key, (pairs.left, pairs.right), scored.probability, scored.is_match & scored.is_backed, tied
    )


def _contained(scored: Scored) -> Flags:
    """Tell which pairs are a monument in a factory's area (or the reverse): one site with two aspects, or a part."""
    p = scored.pairs.prepared
    aspects = np.array([p.aspect[scored.pairs.left], p.aspect[scored.pairs.right]]).astype(str)
    meet = (np.sort(aspects, axis=0) == np.array([["factory"], ["monument"]])).all(axis=0)
    a, b, _ = scored.pairs.areas
    point_in_area = (scored.pairs.distance_m <= 0) & ((a > 0) != (b > 0))
    return np.asarray(meet & (point_in_area | (np.nan_to_num(inside(scored.pairs).value) >= INSIDE_FROM)), dtype=bool)


def _worth_asking(scored: Scored) -> Flags:
    """Tell which doubtful pairs are worth a person's time: not every nameless thing beside a monument."""
    named = ~np.isnan(scored.scores["name"].value)
    return scored.is_question & (scored.is_backed | (scored.is_match & named))


def _pairs(
    records: Records,
    scored: Scored,
    clusters: Clusters,
    decisions: Decisions,
    folded: Mapping[str, str],
    members: pd.Series,
) -> Pairs:
    """Keep the pairs that say something, each with its outcome and why."""
    p = scored.pairs.prepared
    left, right = p.key[scored.pairs.left], p.key[scored.pairs.right]
    contained = _contained(scored)
    decided = np.zeros(len(left), dtype=bool)
    if decisions.latest:
        decided[:] = [decisions.of(a, b) is not None for a, b in zip(left, right, strict=True)]
    rows = np.flatnonzero((scored.probability >= NEAR_MISS) | contained | decided)
    why = explain(scored, rows)
    table = pd.DataFrame(
        {
            "left_key": left[rows],
            "right_key": right[rows],
            "score": scored.probability[rows].round(4),
            "distance_m": scored.pairs.distance_m[rows].round(1),
            "why": why,
            "contained": contained[rows],
            "asked": _worth_asking(scored)[rows],
        }
    )
    table = pd.concat([table, _unscored(records, decisions, folded, {*zip(left, right, strict=True)})])
    outcome = [_outcome(row, clusters, decisions, folded, members) for row in table.itertuples(index=False)]
    table["decision"], table["why"], table["decided_by"] = (
        (list(part) for part in zip(*outcome, strict=True)) if (outcome) else ([], [], [])
    )
    table["left_site"], table["right_site"] = (table[side].map(members) for side in ("left_key", "right_key"))
    regions = records.set_index("record_key")["region"]
    region = table["left_key"].map(regions)
    table["region"] = region.where(region.notna(), table["right_key"].map(regions))
    return as_pairs(table.sort_values(["left_key", "right_key"]))


def _unscored(
    records: Records, decisions: Decisions, folded: Mapping[str, str], seen: set[tuple[str, str]]
) -> pd.DataFrame:
    """Pairs that were never candidates, but were decided, or folded as duplicates."""
    present = set(records["record_key"])
    wanted = {pair for pair in decisions.latest if set(pair) <= present}
    wanted |= {(min(pair), max(pair)) for pair in folded.items()}
    rows = sorted(pair for pair in wanted if pair not in seen and pair[::-1] not in seen)
    if not rows:
        return pd.DataFrame()
    shapes = pd.Series(records.geometry.to_numpy(), index=records["record_key"])
    ends = [shapes.loc[[pair[side] for pair in rows]].to_numpy() for side in (0, 1)]
    table = pd.DataFrame(rows, columns=["left_key", "right_key"])
    return table.assign(score=np.nan, distance_m=shapely.distance(*ends).round(1), why="", contained=False, asked=False)


def _outcome(
    row: tuple[object, ...],
    clusters: Clusters,
    decisions: Decisions,
    folded: Mapping[str, str],
    members: pd.Series,
) -> tuple[str, str, str | None]:
    """Say what becomes of one pair, why, and who decided."""
    left, right, why = str(row.left_key), str(row.right_key), str(row.why)  # type: ignore[attr-defined]
    word = decisions.of(left, right)
    if word is not None:
        note = f": {word.note}" if word.note else ""
        return word.decision, f"decided by {word.who} on {word.when}{note}", word.who
    if folded.get(left) == right or folded.get(right) == left:
        return "match", "exact duplicate within one source: same place, names and particulars", None
    pair = (min(left, right), max(left, right))
    if members[left] == members[right]:
        return "match", why if pair in clusters.joined else f"one site through other records; {why}", None
    if reason := clusters.refused.get(pair):
        return "review", f"{reason}; {why}", None
    if row.contained:  # type: ignore[attr-defined]
        return "review", f"the monument lies inside the works: one site, or a part of it; {why}", None
    return ("review" if row.asked else "no_match"), why, None  # type: ignore[attr-defined]


def _review(records: Records, pairs: Pairs) -> pd.DataFrame:
    """Make a question of every open pair, the most urgent first."""
    names = dict(zip(records["record_key"], (_name(text) for text in records["names"]), strict=True))
    asked = pairs[pairs["decision"] == "review"].copy()
    asked["left_name"], asked["right_name"] = (asked[side].map(names) for side in ("left_key", "right_key"))
    asked["review_id"] = [question_id(a, b) for a, b in zip(asked["left_key"], asked["right_key"], strict=True)]
    asked["kind"] = "pair"
    asked["question"] = [
        f"Are '{a if isinstance(a, str) else left}' and '{b if isinstance(b, str) else right}' one site?"
        for a, b, left, right in zip(
            asked["left_name"], asked["right_name"], asked["left_key"], asked["right_key"], strict=True
        )
    ]
    # The closer to even, the more an answer tells.
    asked["priority"] = (1 - (asked["score"].fillna(0.5) - 0.5).abs() * 2).round(3)
    asked = asked.sort_values(["priority", "review_id"], ascending=[False, True], ignore_index=True)
    return asked.reindex(columns=[*REVIEW_COLUMNS])


def _name(text: object) -> str | None:
    """Return a record's plain name."""
    said = from_json(text)
    return said.get("name") or next((value for _, value in sorted(said.items())), None)


def _confidence(pairs: Pairs, review: pd.DataFrame, members: pd.Series) -> Confidence:
    """Work out the weakest link of every site, and its open questions."""
    tied = pairs[(pairs["left_site"] == pairs["right_site"]) & (pairs["decision"] != "different")]
    strength = tied["score"].where(tied["decided_by"].isna() & tied["score"].notna(), 1.0)
    ends = pd.concat([tied.assign(key=tied[side], strength=strength) for side in ("left_key", "right_key")])
    best = ends.groupby("key")["strength"].max()
    homes = members.reindex(best.index).to_numpy()
    by_site = best.groupby(homes).min().round(3)
    open_ = pd.concat([review["left_site"], review["right_site"]]).value_counts()
    return Confidence(
        {str(site): float(value) for site, value in by_site.items()},
        {str(site): int(count) for site, count in open_.items()},
    )


def _count(records: Records, sites: Sites, members: pd.Series) -> None:
    """Check that every record is in exactly one site.

    Raises
    ------
    CountingError
        Where it is not.
    """
    placed, counted = len(members), int(sites["n_records"].sum())
    known = set(members) == set(sites["site_id"]) and set(members.index) == set(records["record_key"])
    if not (len(records) == placed == counted and known and sites["site_id"].is_unique):
        raise CountingError(
            f"resolve: {len(records)} records came in, {placed} were given a site and the sites hold {counted}. "
            "This is a fault of inducult-geo: please report it with the run's manifest."
        )
