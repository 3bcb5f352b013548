"""Form clusters of scored pairs: the surest pair first, and no merge that contradicts what is already known.

Most records have one partner or none; those are settled as arrays. Only where three or more records hang together,
or a steward has spoken, are groups grown one pair at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inducult_geo.arrow.keys import places_in
from inducult_geo.arrow.texts import coded, taken, texts
from inducult_geo.errors import CountingError
from inducult_geo.frames import Records
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.verdict import SAME
from inducult_geo.ragged import Flags, Floats, Ints, blocks, components

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
class Links:
    """Scored pairs as arrays, one value a pair.

    Attributes
    ----------
    keys
        Record keys.
    ends
        Where in `keys` both records of each pair stand.
    probability, strong
        Score of each pair, and whether it may join its two records.
    """

    keys: NDArray[np.object_]
    ends: tuple[Ints, Ints]
    probability: Floats
    strong: Flags

    def __len__(self) -> int:
        return len(self.probability)

    def __iter__(self) -> Iterator[Link]:
        """Yield the pairs one by one, the smaller key first."""
        sides = (self.keys[end] for end in self.ends)
        for a, b, chance, sure in zip(*sides, self.probability.tolist(), self.strong.tolist(), strict=True):
            yield Link(a, b, chance, sure) if a < b else Link(b, a, chance, sure)

    def some(self, rows: Flags) -> Links:
        """Return some of the pairs."""
        return Links(self.keys, (self.ends[0][rows], self.ends[1][rows]), self.probability[rows], self.strong[rows])


class Grouping(Mapping[Key, Key]):
    """Record key -> key of the record that stands for its cluster; texts are looked up only where they are asked for.

    Parameters
    ----------
    record_keys
        Record keys.
    home
        Where among these that of the record stands which stands for each one's cluster.
    """

    def __init__(self, record_keys: pa.Array, home: Ints) -> None:
        self.record_keys, self.home = record_keys, home

    @classmethod
    def of(cls, told: Mapping[Key, Key]) -> Grouping:
        """Hold what any mapping tells as arrays.

        Raises
        ------
        CountingError
            Where a cluster bears the key of no record of these.
        """
        if isinstance(told, cls):
            return told
        keys = texts([*told])
        home = places_in(texts([*told.values()]), keys)
        if (home < 0).any():
            key, stands = [*told.items()][int(np.argmin(home))]
            raise CountingError(f"'{key}' is of the cluster of '{stands}', which is none of the records")
        return cls(keys, home)

    @cached_property
    def _told(self) -> dict[Key, Key]:
        return dict(zip(self.record_keys.to_pylist(), taken(self.record_keys, self.home).to_pylist(), strict=True))

    def __getitem__(self, key: Key) -> Key:
        return self._told[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self.record_keys)


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
    apart
        Pairs of which a steward keeps the two groups apart: nothing is asked about them.
    """

    group: Grouping
    joined: frozenset[tuple[Key, Key]]
    refused: Mapping[tuple[Key, Key], str]
    apart: frozenset[tuple[Key, Key]] = frozenset()


KEPT_APART: Final = "a steward keeps records of these two groups apart"


@dataclass
class _Groups:
    """Groups under construction."""

    source: Mapping[Key, str]
    many: frozenset[str]
    parent: dict[Key, Key]
    members: dict[Key, set[Key]]
    sources: dict[Key, set[str]]
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
        self.sources[first] |= self.sources.pop(second)

    def place(self, mine: Key, theirs: Key) -> tuple[tuple[Key, str], Key]:
        """Return the place that a record has for a partner of another one's source, and who would take it."""
        return (self.folded.get(mine, mine), self.source[theirs]), self.folded.get(theirs, theirs)

    def are_apart(self, a: Key, b: Key) -> bool:
        """Whether a steward keeps records of two groups apart."""
        if not self.apart:
            return False
        other = self.members[self.find(b)]
        return any(self.apart.get(key, set()) & other for key in self.members[self.find(a)])

    def objection(self, a: Key, b: Key) -> str | None:
        """Say why the groups of two records must not become one, or None."""
        one, other = self.find(a), self.find(b)
        if len(self.members[one]) > len(self.members[other]):
            one, other = other, one
        if self.are_apart(one, other):
            return KEPT_APART
        if twice := sorted((self.sources[one] & self.sources[other]) - self.many):
            return f"it would put two records of '{twice[0]}' into one site"
        seen = [
            score
            for key in sorted(self.members[one])
            for partner, score in self.pairs.get(key, {}).items()
            if partner in self.members[other]
        ]
        # A pair that stands alone speaks for itself: its score was high enough.
        if len(seen) > 1 and sum(seen) / len(seen) < CONTRADICTED:
            return "other records of the two groups speak against it"
        return None


def links_of(
    keys: NDArray[np.object_],
    ends: tuple[Ints, Ints],
    probability: Floats,
    strong: Flags,
    tied: Iterable[tuple[Key, Key]] = (),
) -> Links:
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
    known = [*tied]
    row = {key: at for at, key in enumerate(keys)} if known else {}
    more = [(row.setdefault(a, len(row)), row.setdefault(b, len(row))) for a, b in known]
    extra = np.array(more, dtype=np.int64).reshape(-1, 2)
    part = components(max(len(keys), len(row)), *(np.r_[end[strong], extra[:, side]] for side, end in enumerate(ends)))
    found = [
        here.start + np.flatnonzero(part.take(ends[0][here]) == part.take(ends[1][here]))
        for here in blocks(len(strong))
    ]
    rows = np.concatenate(found)
    return Links(keys, (ends[0][rows], ends[1][rows]), probability[rows].round(6), strong[rows])


def cluster(
    records: Records,
    links: Links,
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
        What stewards said: obeyed before any score. Of words `same` that contradict others the oldest gives way.
    folded
        Exact duplicates within a source (see `duplicates`).
    """
    keys, source = texts(records["record_key"]), texts(records["source"])
    word, twins = decisions or Decisions(), folded or {}
    place = places_in(texts(links.keys), keys)
    ends = place[links.ends[0]], place[links.ends[1]]
    spoken = places_in(texts([*word.spoken.union(twins, twins.values())]), keys)
    spoken = spoken[spoken >= 0]
    plain = _plain(len(keys), ends, links.strong, spoken)
    # Two records of one source need a reason, which the slower way writes down.
    of_source = coded(source).codes
    lone = plain & (of_source[ends[0]] != of_source[ends[1]])
    joined, home = _paired(links.some(lone), place, len(keys))
    rest = links.some(~lone)
    held = np.unique(np.r_[ends[0][~lone], ends[1][~lone], spoken])
    names, sources = (taken(part, held).to_pylist() for part in (keys, source))
    groups = _start(dict(zip(names, sources, strict=True)), rest, frozenset(many), word, twins)
    more, refused = _grow(groups, rest, word)
    apart = frozenset(pair for pair, why in refused.items() if why == KEPT_APART or groups.are_apart(*pair))
    at = dict(zip(names, held.tolist(), strict=True))
    home[held] = [at[groups.find(key)] for key in names]
    open_ = {pair: why for pair, why in refused.items() if pair not in apart}
    return Clusters(Grouping(keys, home), frozenset([*joined, *more]), open_, apart)


def _paired(links: Links, place: Ints, size: int) -> tuple[list[tuple[Key, Key]], Ints]:
    """Join pairs that nothing can object to: their keys, and for each of `size` records which one stands for it.

    `place` tells of each of the links' keys which record it is.
    """
    one, other = links.ends
    ordered = np.asarray(links.keys[one] < links.keys[other], dtype=bool)
    first, second = np.where(ordered, one, other), np.where(ordered, other, one)
    home = np.arange(size, dtype=np.int64)
    home[place[second]] = place[first]
    return [*zip(links.keys[first], links.keys[second], strict=True)], home


def _plain(size: int, ends: tuple[Ints, Ints], strong: Flags, spoken: Ints) -> Flags:
    """Tell which links are strong and all that their two records have, so that nothing can object."""
    busy = np.bincount(np.concatenate(ends), minlength=size) > 1
    busy[spoken] = True
    return np.asarray(strong & ~busy[ends[0]] & ~busy[ends[1]], dtype=bool)


def _grow(groups: _Groups, links: Links, word: Decisions) -> tuple[set[tuple[Key, Key]], dict[tuple[Key, Key], str]]:
    """Join what stewards said, then the surest pairs first; returns the pairs joined, and those refused with why."""
    ordered = sorted((link for link in links if link.strong), key=lambda one: (-one.probability, one.left, one.right))
    joined = _obey(groups, word)
    refused: dict[tuple[Key, Key], str] = {}
    for link in _best_partners(groups, ordered, refused):
        pair = (link.left, link.right)
        if groups.find(link.left) == groups.find(link.right):
            joined.add(pair)
        elif reason := groups.objection(*pair):
            refused[pair] = reason
        else:
            groups.join(*pair)
            joined.add(pair)
    still = {pair: why for pair, why in refused.items() if groups.find(pair[0]) != groups.find(pair[1])}
    return joined, still


def _start(
    source: Mapping[Key, str], links: Links, many: frozenset[str], word: Decisions, folded: Mapping[Key, Key]
) -> _Groups:
    """Every record alone, but for exact duplicates."""
    apart: dict[Key, set[Key]] = {}
    for left, right in (pair for pair, one in word.latest.items() if one.decision != SAME):
        apart.setdefault(left, set()).add(right)
        apart.setdefault(right, set()).add(left)
    groups = _Groups(
        source=source,
        many=many,
        parent={key: key for key in source},
        members={key: {key} for key in source},
        sources={key: {name} for key, name in source.items()},
        apart=apart,
        folded=folded,
    )
    for link in links:
        groups.pairs.setdefault(link.left, {})[link.right] = link.probability
        groups.pairs.setdefault(link.right, {})[link.left] = link.probability
    for key, first in sorted(folded.items()):
        if not groups.are_apart(key, first):
            groups.join(key, first)
    return groups


def _obey(groups: _Groups, word: Decisions) -> set[tuple[Key, Key]]:
    """Join what stewards said is one site, the latest words first, unless that contradicts their own words."""
    joined: set[tuple[Key, Key]] = set()
    for one in sorted(word.latest.values(), key=lambda one: one.order, reverse=True):
        here = one.left in groups.parent and one.right in groups.parent
        if one.decision == SAME and here and not groups.are_apart(*one.pair):
            groups.join(*one.pair)
            joined.add(one.pair)
    return joined


def _best_partners(groups: _Groups, links: Iterable[Link], refused: dict[tuple[Key, Key], str]) -> Iterator[Link]:
    """Keep of each record the best partner per other source; where a source may have many, its records choose.

    What is not kept is written to `refused`, with the partner that was better.
    """
    taken: dict[tuple[Key, str], Key] = {}
    source, many = groups.source, groups.many
    for link in _in_turn(groups, links, taken):
        if groups.are_apart(link.left, link.right):
            # Whom a steward keeps apart from a record takes no place of a partner.
            refused[link.left, link.right] = KEPT_APART
            continue
        kept = True
        for mine, theirs in ((link.left, link.right), (link.right, link.left)):
            place, partner = groups.place(mine, theirs)
            held = taken.setdefault(place, partner)
            if held != partner and source[theirs] not in many:
                refused[link.left, link.right] = f"'{mine}' has a surer partner in '{source[theirs]}': '{held}'"
                kept = False
        if kept:
            yield link


def _in_turn(groups: _Groups, links: Iterable[Link], taken: Mapping[tuple[Key, str], Key]) -> Iterator[Link]:
    """Yield links, of equally sure ones first those whose records are both without another partner by then.

    Of two rows that another list gives twice, too, each has one: by their keys alone the first would take both.
    """
    for _, equal in groupby(links, key=lambda link: link.probability):
        later = []
        for link in equal:
            ends = (groups.place(link.left, link.right), groups.place(link.right, link.left))
            if all(taken.get(place, partner) == partner for place, partner in ends):
                yield link
            else:
                later.append(link)
        yield from later
