"""Resolve records into sites: compare, score, cluster, assign ids, choose values, count."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from inducult_geo.arrow.keys import is_in, order_of, places_in
from inducult_geo.arrow.texts import as_column, no_texts, taken, texts
from inducult_geo.catalog.models import Contract
from inducult_geo.errors import CountingError, InducultError
from inducult_geo.frames import Pairs, Records, Sites, as_pairs
from inducult_geo.match.clusters.cluster import Links, cluster, links_of
from inducult_geo.match.clusters.outcomes import Settled, museum_beside_works, outcomes
from inducult_geo.match.clusters.parts import Belonging, belonging, parts_of
from inducult_geo.match.decided.asleep import NAMED_MAX, named, without_effect
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.relations import conflicts, told, unheeded
from inducult_geo.match.decided.verdict import SAME
from inducult_geo.match.golden.best import Confidence, golden
from inducult_geo.match.identity.assign import assign_ids
from inducult_geo.match.identity.continuity import Heir, fingerprints, heirs, successors, traced
from inducult_geo.match.identity.registry import first_seen_of, typed_registry
from inducult_geo.match.pairs.candidates import compared
from inducult_geo.match.questions import questions
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.scoring.permits import sure_or_first
from inducult_geo.match.scoring.score import Scored, Weights, score
from inducult_geo.match.within_source.folds import Folds, as_one, folds_of, with_whole_shapes
from inducult_geo.ragged import Flags
from inducult_geo.text import counted, first_few

_LOG = logging.getLogger(__name__)


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
    problems
        What the decisions hold that contradicts itself, for a person.
    """

    sites: Sites
    members: pd.Series
    pairs: Pairs
    review: pd.DataFrame
    registry: pd.DataFrame
    problems: tuple[str, ...] = ()


def resolve(
    records: Records,
    *,
    contracts: Mapping[str, Contract],
    decisions: Decisions,
    registry: pd.DataFrame,
    comparing: Callable[..., Scored] | None = None,
) -> Resolution:
    """Resolve records into sites.

    Parameters
    ----------
    records, contracts
        Accepted records of all sources, in the work CRS; source -> contract.
    decisions, registry
        What stewards decided (obeyed, and never asked again); the registry of site ids so far.
    comparing
        What scores the records (ordered by key), told `many` and `apart`: `compare` where not given.

    Raises
    ------
    CountingError
        Where a record is in no site, or in two, or two records of one source are joined and nothing says why.
    InducultError
        Where a record key stands twice, or a rejected record is among them.
    """
    ordered = _by_key(records)
    marks = fingerprints(ordered)
    word, found = _carried(decisions, registry, ordered, marks)
    scored, folds = compare_speaking(ordered, contracts, word, comparing or compare)
    _LOG.debug("joining records, %s compared", counted(len(scored.probability), "pair"))
    many = sources_of_units(contracts)
    first = sure_or_first(scored, many)
    clusters = cluster(ordered, links(scored, word, folds.first, first), many=many, decisions=word, folded=folds.first)
    assigned = assign_ids(clusters.group, registry, ordered, marks=marks, found=found)
    members = assigned.members
    nested = _belonging(ordered, word, members, contracts)
    settled = Settled(ordered, clusters, word, folds, members, many, first, nested.parts)
    _LOG.debug("telling what became of the pairs")
    table, review = questions(outcomes(scored, settled), ordered)
    # What the pairs say has been told: of a million records that is as much again as all that is made from here on.
    del scored, clusters, marks, settled
    _LOG.debug("choosing what is said of each site")
    homed = _homed(with_whole_shapes(ordered, folds), members, assigned.registry)
    sites = golden(homed, contracts, confidence=_confidence(table, review, members))
    sites["part_of"] = _wholes(sites["site_id"], nested.whole_of)
    _count(ordered, sites, members)
    problems = (*_noticed(word, registry, ordered), *_gainsaid(word, members))
    return Resolution(sites, members, as_pairs(table), review, assigned.registry, problems)


def _by_key(records: Records) -> Records:
    """Return records in the order of their keys; those that are in it already are not copied."""
    _refuse_bad_keys(records)
    order = order_of(records, ["record_key"])
    is_ordered = np.array_equal(order, np.arange(len(order)))
    return Records((records if is_ordered else records.iloc[order]).reset_index(drop=True))


def _belonging(
    records: Records, decisions: Decisions, members: pd.Series, contracts: Mapping[str, Contract]
) -> Belonging:
    """Settle which sites are parts of which."""
    parts, words = parts_of(records), [*decisions.latest.values()]
    spoken = {key for one in words for key in one.pair} | {key for one in parts for key in (one.part, one.whole)}
    return belonging(
        parts, words, _sites_of(spoken, members), {name: float(one.reliability) for name, one in contracts.items()}
    )


def _sites_of(keys: Collection[str], members: pd.Series) -> dict[str, str]:
    """Return the sites of those of some records that are here, by key."""
    return {str(key): str(site) for key, site in members[is_in(members.index, keys)].items()}


def _wholes(site_ids: pd.Series, whole_of: Mapping[str, str]) -> pd.Series:
    """Return the whole of each site that is a part."""
    return site_ids.map(whole_of).astype("str") if whole_of else pd.Series(as_column(no_texts(len(site_ids))))


def _carried(
    decisions: Decisions, registry: pd.DataFrame, records: Records, marks: pd.DataFrame
) -> tuple[Decisions, Mapping[str, Heir]]:
    """Let decisions about vanished records speak of those that go on as them; returns these, too."""
    spoken = decisions.spoken
    known = typed_registry(registry)
    found = heirs(known, records, marks, spoken=traced(spoken, known))
    return decisions.carried(successors(spoken, known, found, records["record_key"])), found


def _noticed(decisions: Decisions, registry: pd.DataFrame, records: Records) -> Iterator[str]:
    """Yield what is wrong with decisions, but for what is about records of other regions: it is told there."""
    asked = decisions.spoken.union(*decisions.about.values())
    here = set(records["record_key"][is_in(records["record_key"], asked)])
    elsewhere = {*registry["record_key"][is_in(registry["record_key"], asked)]} - here
    for problem in decisions.problems:
        keys = decisions.about.get(problem, frozenset())
        if keys.isdisjoint(elsewhere) or not keys.isdisjoint(here):
            yield problem


def _gainsaid(decisions: Decisions, members: pd.Series) -> Iterator[str]:
    """Name the words `part_of` that others on the same sites overrule, and the words `same` that give way to others.

    What is told as a contradiction is left out: of several chains of words that contradict others, that tells one.
    """
    words = [*decisions.latest.values()]
    told_already = {one for said in conflicts(words) for one in said}
    homes = _sites_of(decisions.spoken, members)
    found = [(one, others) for one, others in unheeded(words, homes) if one not in told_already]
    if found:
        said = first_few([f"{told([one])}, but {told(others)}" for one, others in found], NAMED_MAX, "; ")
        yield (
            f"{without_effect([one for one, _ in found])}, since decisions about other records of the same sites say "
            f"otherwise ({said}). Decide one of each again: inducult review decide."
        )
    parted = [
        one
        for pair, one in sorted(decisions.latest.items())
        if one.decision == SAME
        and one not in told_already
        and homes.keys() >= {*pair}
        and homes[one.left] != homes[one.right]
    ]
    if parted:
        yield (
            f"{without_effect(parted)}, since other decisions keep the two sites apart ({named(parted)}): they are "
            "among those that contradict each other. Once these are settled, the decision holds again."
        )


def _homed(records: Records, members: pd.Series, registry: pd.DataFrame) -> Records:
    """Add to each record its site, since when that is known, and when the record was last seen."""
    keys = texts(records["record_key"])
    homes = taken(texts(members), places_in(keys, texts(members.index)))
    sites = pd.Series(as_column(homes), index=records.index)
    last_seen = taken(texts(registry["last_seen"]), places_in(keys, texts(registry["record_key"])))
    return Records(
        records.assign(site_id=sites, first_seen=first_seen_of(sites, registry), last_seen=as_column(last_seen))
    )


def compare(
    records: Records,
    weights: Weights | None = None,
    *,
    many: Collection[str] = (),
    apart: Collection[tuple[str, str]] = (),
) -> Scored:
    """Score the candidates among records of several sources.

    `many` names the sources of which several records may be one site (permits, units), `apart` the keys of pairs that
    are said to be two sites.
    """
    _LOG.debug("looking for candidates among %s", counted(len(records), "record"))
    pairs = compared(prepare(records))
    _LOG.debug("scoring %s", counted(len(pairs.left), "pair"))
    return score(pairs, weights, many=many, apart=pairs.are(apart))


def compare_speaking(
    records: Records,
    contracts: Mapping[str, Contract],
    decisions: Decisions,
    comparing: Callable[..., Scored],
) -> tuple[Scored, Folds]:
    """Score the pairs of a region as a run does: those of `speaking_records`; `comparing` as in `resolve`."""
    speaking, folds = speaking_records(records, contracts, decisions)
    apart = frozenset(
        (folds.first.get(one.left, one.left), folds.first.get(one.right, one.right))
        for one in decisions.latest.values()
        if one.decision != SAME
    )
    return comparing(speaking, many=sources_of_units(contracts), apart=apart), folds


def speaking_records(
    records: Records, contracts: Mapping[str, Contract], decisions: Decisions
) -> tuple[Records, Folds]:
    """Return the records of a region that are compared, and which others they stand for (see `folds`).

    Whoever scores the pairs of a run anew needs these: equals beside them would be their rivals.
    """
    folds = folds_of(records, _sources_in_pieces(contracts), decisions)
    return as_one(records, folds), folds


def sources_of_units(contracts: Mapping[str, Contract]) -> frozenset[str]:
    """Name the sources of which several records may be one site (permits, units)."""
    return frozenset(name for name, contract in contracts.items() if contract.units_per_site)


def _sources_in_pieces(contracts: Mapping[str, Contract]) -> frozenset[str]:
    """Name the sources that draw one works in several pieces (halls, tracks)."""
    return frozenset(name for name, contract in contracts.items() if contract.drawn_in_pieces)


def _refuse_bad_keys(records: Records) -> None:
    keys = records["record_key"]
    if keys.isna().any() or keys.duplicated().any():
        twice = keys[keys.duplicated() | keys.isna()].iloc[0]
        raise InducultError(f"record key '{twice}' is missing or stands twice: each record needs its own")
    if records["reason"].notna().any():
        named = keys[records["reason"].notna()].iloc[0]
        raise InducultError(f"record '{named}' was not accepted ({records['reason'].dropna().iloc[0]}): leave it out")


def links(scored: Scored, decisions: Decisions, folded: Mapping[str, str], is_first: Flags) -> Links:
    """Make links of scored pairs: what may join (`is_first` as `sure_or_first` tells), and what speaks against it."""
    pairs = scored.pairs
    tied = [*decisions.latest, *folded.items()]
    joins = scored.is_match & scored.is_backed & is_first
    # Few pairs join: only of these it matters what they are.
    rows = np.flatnonzero(joins)
    joins[rows] = ~museum_beside_works(pairs.take(rows))
    return links_of(pairs.prepared.key, (pairs.left, pairs.right), scored.probability, joins, tied)


def _confidence(pairs: pd.DataFrame, review: pd.DataFrame, members: pd.Series) -> Confidence:
    """Work out the weakest link of every site, and its open questions."""
    tied = pairs[(pairs["left_site"] == pairs["right_site"]) & (pairs["decision"] != "different")]
    strength = tied["score"].where(tied["decided_by"].isna() & tied["score"].notna(), 1.0).to_numpy()
    keys = np.r_[tied["left_key"].to_numpy(dtype=object), tied["right_key"].to_numpy(dtype=object)]
    best = pd.Series(np.r_[strength, strength]).groupby(keys).max()
    homes = members.reindex(best.index).to_numpy(dtype=object)
    by_site = best.groupby(homes).min().round(3)
    twice = review["left_site"] == review["right_site"]
    open_ = pd.concat([review["left_site"], review["right_site"][~twice]]).value_counts()
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
    known = is_in(records["record_key"], members.index).all() and is_in(members, sites["site_id"]).all()
    full = is_in(sites["site_id"], members).all() and sites["site_id"].is_unique and members.index.is_unique
    if not (len(records) == placed == counted and known and full):
        raise CountingError(
            f"resolve: {len(records)} records came in, {placed} were given a site and the sites hold {counted}. "
            "This is a fault of inducult-geo: please report it with the run's manifest."
        )
