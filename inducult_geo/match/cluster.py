"""From scored pairs to clusters: the surest pair first, and no step that contradicts what is already known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from inducult_geo.frames import Records
from inducult_geo.match.decisions import DIFFERENT, Decisions
from inducult_geo.match.ragged import Flags, Floats, Ints

CONTRADICTED: Final = 0.3
"""Two groups are joined only where the mean score of the pairs looked at between them is at least this."""

Key = str


class Link(NamedTuple):
    """A scored pair, `left` < `right`; a strong one may join its two records."""

    left: Key
    right: Key
    probability: float
    strong: bool


@dataclass(frozen=True)
class Clusters:
    """What belongs together.

    Attributes
    ----------
    group
        Record key -> key of the record that stands for its cluster (the smallest).
    joined
        Pairs that are within one cluster by their own score or a decision.
    refused
        Pair -> why a good score did not join it; these are questions.
    """

    group: Mapping[Key, Key]
    joined: frozenset[tuple[Key, Key]]
    refused: Mapping[tuple[Key, Key], str]


@dataclass
class _Groups:
    """Groups under construction."""

    source: Mapping[Key, str]
    many: frozenset[str]
    parent: dict[Key, Key]
    members: dict[Key, set[Key]]
    sources: dict[Key, dict[str, int]]
    apart: dict[Key, set[Key]]
    folded: Mapping[Key, Key]
    pairs: dict[Key, dict[Key, float]] = field(default_factory=dict)

    def find(self, key: Key) -> Key:
        """Return the key that stands for a record's group."""
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def join(self, a: Key, b: Key) -> None:
        """Make two groups one; the smaller key stands for both."""
        first, second = sorted((self.find(a), self.find(b)))
        if first == second:
            return
        self.parent[second] = first
        self.members[first] |= self.members.pop(second)
        counts = self.sources[first]
        for name, count in self.sources.pop(second).items():
            counts[name] = counts.get(name, 0) + count

    def objection(self, a: Key, b: Key) -> str | None:
        """Say why the groups of two records must not become one, or None."""
        one, other = self.find(a), self.find(b)
        if len(self.members[one]) > len(self.members[other]):
            one, other = other, one
        if any(self.apart.get(key, set()) & self.members[other] for key in self.members[one]):
            return "a steward keeps records of these two groups apart"
        twice = sorted((self.sources[one].keys() & self.sources[other].keys()) - self.many)
        if twice:
            return f"it would put two records of '{twice[0]}' into one site"
        seen = [
            score
            for key in sorted(self.members[one])
            for partner, score in self.pairs.get(key, {}).items()
            if partner in self.members[other]
        ]
        if seen and sum(seen) / len(seen) < CONTRADICTED:
            return "other records of the two groups speak against it"
        return None


def fold_duplicates(records: Records) -> dict[Key, Key]:
    """Find exact duplicates inside each source: same place, names and particulars under different keys.

    Returns
    -------
    dict
        Record key -> smallest key of its equals, for those that are not the smallest themselves. Records without
        a place, or with neither name nor identifier, are never folded.
    """
    columns = ["source", "names", "type", "theme", "aspect", "operator", "address", "postcode", "city", "ids"]
    columns += ["start_year", "end_year", "heritage_ref"]
    shapes = records.geometry.normalize().to_wkb()
    table = pd.DataFrame(records[["record_key", *columns]]).assign(shape=shapes.to_numpy())
    told = table["names"].notna() | table["ids"].notna()
    table = table[told & table["shape"].notna()].sort_values("record_key")
    first = table.groupby([*columns, "shape"], dropna=False, sort=False)["record_key"].transform("first")
    moved = table["record_key"] != first
    return dict(zip(table.loc[moved, "record_key"], first[moved], strict=True))


def links_of(
    keys: NDArray[np.object_],
    ends: tuple[Ints, Ints],
    probability: Floats,
    strong: Flags,
    tied: Iterable[tuple[Key, Key]] = (),
) -> list[Link]:
    """Make links of scored pairs, without those that no clustering will look at.

    A weak pair counts only as a contradiction between records that strong ones, or a word of a steward, could bring
    together; all others (most of them) are left out.

    Parameters
    ----------
    keys
        Record keys.
    ends
        Row numbers of both records, one a pair.
    probability, strong
        Score of each pair, and whether it may join.
    tied
        Pairs of keys that are joined for another reason: decisions, exact duplicates.
    """
    row = {key: at for at, key in enumerate(keys)} if tied else {}
    more = [(row.setdefault(a, len(row)), row.setdefault(b, len(row))) for a, b in tied]
    extra = np.array(more, dtype=np.int64).reshape(-1, 2)
    one, other = (np.r_[end[strong], extra[:, side]] for side, end in enumerate(ends))
    size = max(len(keys), len(row))
    graph = sparse.coo_matrix((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    rows = np.flatnonzero(part[ends[0]] == part[ends[1]])
    named = zip(keys[ends[0][rows]], keys[ends[1][rows]], strict=True)
    chances = zip(probability[rows].round(6).tolist(), strong[rows].tolist(), strict=True)
    return [
        Link(a, b, chance, sure) if a < b else Link(b, a, chance, sure)
        for (a, b), (chance, sure) in zip(named, chances, strict=True)
    ]


def cluster(
    records: Records,
    links: Iterable[Link],
    *,
    many: Collection[str] = (),
    decisions: Decisions | None = None,
    folded: Mapping[Key, Key] | None = None,
) -> Clusters:
    """Join records into clusters; the order of records and links changes nothing.

    Parameters
    ----------
    records
        Accepted records.
    links
        Scored pairs, the weak ones too: they tell where a chain contradicts itself.
    many
        Sources of which several records may be one site (permits, units).
    decisions
        What stewards said: obeyed before any score.
    folded
        Exact duplicates within a source (see `fold_duplicates`).
    """
    word = decisions or Decisions()
    ordered = sorted(links, key=lambda link: (-link.probability, link.left, link.right))
    groups = _start(records, ordered, frozenset(many), word, folded or {})
    joined = _obey(groups, word)
    strong = _best_partners(groups, [link for link in ordered if link.strong])
    refused: dict[tuple[Key, Key], str] = {}
    for link in strong:
        pair = (link.left, link.right)
        if groups.find(link.left) == groups.find(link.right):
            joined.add(pair)
        elif reason := groups.objection(*pair):
            refused[pair] = reason
        else:
            groups.join(*pair)
            joined.add(pair)
    still = {pair: why for pair, why in refused.items() if groups.find(pair[0]) != groups.find(pair[1])}
    return Clusters({key: groups.find(key) for key in groups.parent}, frozenset(joined), still)


def _start(
    records: Records, links: Iterable[Link], many: frozenset[str], word: Decisions, folded: Mapping[Key, Key]
) -> _Groups:
    """Every record alone, but for exact duplicates."""
    source = dict(zip(records["record_key"], records["source"], strict=True))
    apart: dict[Key, set[Key]] = {}
    for left, right in (pair for pair, one in word.latest.items() if one.decision == DIFFERENT):
        apart.setdefault(left, set()).add(right)
        apart.setdefault(right, set()).add(left)
    groups = _Groups(
        source=source,
        many=many,
        parent={key: key for key in source},
        members={key: {key} for key in source},
        # A folded duplicate does not count as another record of its source.
        sources={key: {} if key in folded else {name: 1} for key, name in source.items()},
        apart=apart,
        folded=folded,
    )
    for link in links:
        groups.pairs.setdefault(link.left, {})[link.right] = link.probability
        groups.pairs.setdefault(link.right, {})[link.left] = link.probability
    for key, first in sorted(folded.items()):
        if first not in apart.get(key, set()):
            groups.join(key, first)
    return groups


def _obey(groups: _Groups, word: Decisions) -> set[tuple[Key, Key]]:
    """Join what stewards said is one site, unless that contradicts their own word."""
    joined: set[tuple[Key, Key]] = set()
    for pair, one in sorted(word.latest.items()):
        if one.decision == DIFFERENT or not all(key in groups.parent for key in pair):
            continue
        a, b = groups.find(pair[0]), groups.find(pair[1])
        if a != b and any(groups.apart.get(key, set()) & groups.members[b] for key in groups.members[a]):
            continue
        groups.join(*pair)
        joined.add(pair)
    return joined


def _best_partners(groups: _Groups, links: Iterable[Link]) -> list[Link]:
    """Keep of each record the best partner per other source; where a source may have many, its records choose."""
    taken: dict[tuple[Key, str], Key] = {}
    kept: list[Link] = []
    for link in links:
        choices = []
        for mine, theirs in ((link.left, link.right), (link.right, link.left)):
            place = (groups.folded.get(mine, mine), groups.source[theirs])
            held = taken.setdefault(place, groups.folded.get(theirs, theirs))
            choices.append(held == groups.folded.get(theirs, theirs) or groups.source[theirs] in groups.many)
        if all(choices):
            kept.append(link)
    return kept
