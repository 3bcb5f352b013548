"""Assign site ids: each cluster of records keeps an id or gets a new one.

An id is made once, of the key of the record that founds the site, and then kept by whatever cluster holds most of the
records that the site had in the last run. Merges leave tombstones, splits bring the old id back, and nothing is ever
forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.arrow.keys import among, earliest, is_in, places_in, ranks, repeated
from inducult_geo.arrow.texts import as_column, either, one_after_the_other, only, replaced, taken, texts, told
from inducult_geo.frames import Records
from inducult_geo.match.clusters.cluster import Grouping
from inducult_geo.match.identity.continuity import FINGERPRINT_COLUMNS, Heir, fingerprints, heirs
from inducult_geo.match.identity.registry import NEVER, NUMBERS, News, rows_of, seen_dates, typed_registry, updated
from inducult_geo.match.identity.site_ids import new_site_id, new_site_ids
from inducult_geo.ragged import Flags, Ints

_SALTS: Final = 8
"""Ids that a record may found: of a million sites each is taken with a chance of one in thirty thousand."""


@dataclass(frozen=True)
class Assigned:
    """Outcome of assigning ids.

    Attributes
    ----------
    members
        Record key -> site id, for the records of this run.
    registry
        The registry as it is now.
    heirs
        Records of this run that go on as vanished ones.
    """

    members: pd.Series
    registry: pd.DataFrame
    heirs: Mapping[str, Heir]


@dataclass(frozen=True)
class _Grouped:
    """The records of a run, by key.

    Attributes
    ----------
    key
        Record keys.
    group
        Number of each record's cluster, in the order of the keys that stand for them.
    row
        Row of the record in the registry, -1 where it is new.
    was
        The site that it was of before, null where it is new.
    first_seen
        Since when it is known; `NEVER` where it is new.
    was_there
        Whether the last run held it, or one that went on as it, or the one as which it goes on.
    succeeds
        Record key -> the key of the vanished record as which it goes on, of records and of those gone before them.
    """

    key: pa.Array
    group: Ints
    row: Ints
    was: pa.Array
    first_seen: pa.Array
    was_there: Flags
    succeeds: Mapping[str, str]

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.group.max(initial=-1)) + 1


def _borne(key: str, succeeds: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys that a record has borne, this one first: each of them may have founded a site."""
    passed: set[str] = set()
    while key not in passed:
        yield key
        passed.add(key)
        key = succeeds.get(key, key)


def assign_ids(
    clusters: Mapping[str, str],
    registry: pd.DataFrame,
    records: Records,
    *,
    marks: pd.DataFrame | None = None,
    found: Mapping[str, Heir] | None = None,
) -> Assigned:
    """Give every cluster its id and bring the registry up to date.

    Parameters
    ----------
    clusters
        Record key -> key that stands for its cluster.
    registry
        The registry so far (`REGISTRY_COLUMNS`; an older one may lack the fingerprints).
    records
        The records of the clusters, for their dates and fingerprints.
    marks, found
        The records' fingerprints and heirs, where they are known already.

    Raises
    ------
    CountingError
        Where a cluster bears the key of none of the records in `clusters`.
    """
    before = typed_registry(registry)
    marks = fingerprints(records) if marks is None else marks
    found = heirs(before, records, marks) if found is None else found
    grouped = _grouped(Grouping.of(clusters), rows_of(before), found)
    sites = _founded(grouped, _kept(grouped, before), before)
    homes = taken(sites, grouped.group)
    seen = taken(seen_dates(records), places_in(grouped.key, texts(records["record_key"])))
    news = News(grouped.key, homes, grouped.was, grouped.row, seen, _ordered(marks, grouped.key))
    index = pd.Index(as_column(grouped.key), name="record_key")
    members = pd.Series(as_column(homes), index=index, name="site_id")
    return Assigned(members, updated(before, news, found), found)


def _ordered(marks: pd.DataFrame, keys: pa.Array) -> dict[str, Any]:
    """Return the columns of fingerprints in the order of some keys, null where there is none."""
    at = places_in(keys, texts(marks.index))
    numbers = {name: np.append(marks[name].to_numpy(dtype=float), np.nan)[at] for name in NUMBERS}
    return {name: taken(texts(marks[name]), at) for name in FINGERPRINT_COLUMNS if name not in NUMBERS} | numbers


def _grouped(clusters: Grouping, rows: pd.DataFrame, found: Mapping[str, Heir]) -> _Grouped:
    """Look the records of clusters up in the registry's rows; who goes on as another was of the same site."""
    keys, group = _numbered(clusters)
    row = places_in(keys, texts(rows["record_key"]))
    first_seen, was = texts(rows["first_seen"]), taken(texts(rows["site_id"]), row)
    since = only(told(was), taken(first_seen, row))
    renumbered = rows.loc[rows["succeeds"].notna(), ["record_key", "succeeds"]]
    succeeds = dict(renumbered.itertuples(index=False, name=None)) | {key: heir.old_key for key, heir in found.items()}
    stayed = np.append(_stayed(rows, succeeds), False)
    was_there = stayed[row]
    gone = {key: heir for key, heir in found.items() if heir.inherits}
    if gone:
        at = places_in(texts([*gone]), keys)
        old = places_in(texts([heir.old_key for heir in gone.values()]), texts(rows["record_key"]))
        was = replaced(was, at, [heir.site_id for heir in gone.values()])
        since = replaced(since, at, taken(first_seen, old))
        was_there[at] = stayed[old]
    return _Grouped(keys, group, row, was, either(since, NEVER), was_there, succeeds)


def _stayed(rows: pd.DataFrame, succeeds: Mapping[str, str]) -> Flags:
    """Tell which records of a registry's rows the last run held; with who went on as another, that one is there."""
    stayed = ~rows["is_gone"].to_numpy(dtype=bool)
    heirs_there = rows["record_key"][stayed & rows["succeeds"].notna().to_numpy()]
    followed = {*chain.from_iterable(_borne(key, succeeds) for key in heirs_there)}
    return stayed | is_in(rows["record_key"], followed) if followed else stayed


def _numbered(clusters: Grouping) -> tuple[pa.Array, Ints]:
    """Return record keys in their order, and the number of each one's cluster (see `_Grouped.group`)."""
    order = np.asarray(pc.sort_indices(clusters.record_keys), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    stands_for = rank[clusters.home[order]]
    stands = np.zeros(len(order), dtype=bool)
    stands[stands_for] = True
    return taken(clusters.record_keys, order), (np.cumsum(stands) - 1)[stands_for]


def _kept(grouped: _Grouped, before: pd.DataFrame) -> pa.Array:
    """Let each cluster keep an id of its records: most records, then oldest, then the founder's; each id once.

    Records that were away in the last run and come back do not take the id from one that bore it all the time. Where
    two clusters hold as many records of one site, the one with its founding record keeps the id.

    Returns
    -------
    pyarrow.Array
        Id of each group, null where it keeps none.
    """
    known = pc.dictionary_encode(grouped.was)
    code = np.asarray(pc.fill_null(known.indices, -1))
    width = max(len(known.dictionary), 1)
    claims, of, size = np.unique((grouped.group * width + code)[code >= 0], return_inverse=True, return_counts=True)
    stayed = np.bincount(of, weights=grouped.was_there[code >= 0], minlength=len(claims)).astype(np.int64)
    group, site = claims // width, claims % width
    disputed = pd.Index(group).duplicated(keep=False) | pd.Index(site).duplicated(keep=False)
    chosen = np.full(grouped.count, -1, dtype=np.int64)
    chosen[group[~disputed]] = site[~disputed]
    if disputed.any():
        number = {name: code for code, name in enumerate(known.dictionary.to_pylist())}
        names = taken(known.dictionary, site[disputed]).to_pylist()
        parts = (column[disputed].tolist() for column in (stayed, size, group))
        for one, name in _settled([*zip(*parts, names, strict=True)], grouped, before):
            chosen[one] = number[name]
    return taken(known.dictionary, chosen)


def _settled(
    claims: Sequence[tuple[int, int, int, str]], grouped: _Grouped, before: pd.DataFrame
) -> Iterator[tuple[int, str]]:
    """Yield group and id where several groups claim an id, or a group several ids.

    A claim tells how many records of the site were there in the last run, how many there are, the group and the id.
    """
    rows = np.flatnonzero(np.isin(grouped.group, [group for *_, group, _ in claims]) & told(grouped.was))
    oldest: dict[tuple[int, str], str] = {}
    founded: dict[int, set[str]] = {}
    founders: dict[int, tuple[str, str]] = {}
    columns = (taken(part, rows).to_pylist() for part in (grouped.was, grouped.first_seen, grouped.key))
    for group, site, date, key in zip(grouped.group[rows].tolist(), *columns, strict=True):
        oldest[group, site] = min(date, oldest.get((group, site), NEVER))
        founded.setdefault(group, set()).update(map(new_site_id, _borne(key, grouped.succeeds)))
        founders[group] = min((date, key), founders.get(group, (NEVER, key)))
    first = {group: {*map(new_site_id, _borne(key, grouped.succeeds))} for group, (_, key) in founders.items()}
    some = before[is_in(before["site_id"], {site for *_, site in claims})]
    ids, dates = earliest(texts(some["site_id"]), texts(some["first_seen"]))
    ages = dict(zip(ids.to_pylist(), either(dates, NEVER).to_pylist(), strict=True))
    graves = set(before.loc[before["merged_into"].notna(), "site_id"])
    # What a merge had swallowed, and comes back, has a buried id of its own: it does not take that of the whole.
    ordered = sorted(
        (
            *(-stayed, -size, ages.get(site, NEVER), site not in founded[group], bool(founded[group] & graves)),
            *(oldest[group, site], site not in first[group], site, group),
        )
        for stayed, size, group, site in claims
    )
    kept: set[int] = set()
    given: set[str] = set()
    for *_, site, group in ordered:
        if group not in kept and site not in given:
            kept.add(group)
            given.add(site)
            yield group, site


def _founded(grouped: _Grouped, chosen: pa.Array, before: pd.DataFrame) -> pa.Array:
    """Make ids for clusters without one; a cluster that a merge had swallowed gets its old id back."""
    empty = ~told(chosen)
    rows = np.flatnonzero(empty[grouped.group])
    if not len(rows):
        return chosen
    # The oldest record founds the site; the rows are in the order of their keys: of equals the smallest key.
    size = len(grouped.key)
    first = np.full(grouped.count, np.iinfo(np.int64).max)
    np.minimum.at(first, grouped.group[rows], ranks(taken(grouped.first_seen, rows)) * size + rows)
    groups = np.flatnonzero(empty)
    keys = taken(grouped.key, first[groups] % size)
    made = new_site_ids(keys)
    used, graves = before["site_id"].dropna(), before.loc[before["merged_into"].notna(), "site_id"]
    own = _buried(grouped, rows, graves) if len(graves) else {}
    clash = is_in(made, used) | np.isin(groups, [*own]) | repeated(made)
    if clash.any():
        known = (chosen, made.filter(pa.array(~clash)))
        some = keys.filter(pa.array(clash)).to_pylist()
        others = _salted(groups[clash].tolist(), some, own, (texts(used), *known), graves)
        made = replaced(made, np.flatnonzero(clash), others)
    return replaced(chosen, groups, made)


def _salted(
    groups: Iterable[int],
    keys: Sequence[str],
    own: Mapping[int, set[str]],
    known: Sequence[pa.Array],
    graves: pd.Series,
) -> list[str]:
    """Make ids where the plain one is taken, or the cluster has one in a grave.

    `known` are the ids of the registry, with those in graves, and then those of the other clusters.
    """
    # Of a million ids only those matter that one of these could get.
    tried = {key: [new_site_id(key, salt) for salt in range(_SALTS)] for key in keys}
    wanted = {*chain.from_iterable(own.values()), *chain.from_iterable(tried.values())}
    buried = {*among(texts(graves), wanted)}
    used = ({*among(known[0], wanted)} - buried).union(*(among(ids, wanted) for ids in known[1:]))
    made = []
    for group, key in zip(groups, keys, strict=True):
        # A buried id of any of the records comes first: that is what makes a split the reverse of a merge. So does one
        # that was made for its oldest when it was split off before, and the plain one stayed with the others.
        returned = sorted(own.get(group, set()) - used)
        returned += [identifier for identifier in tried[key] if identifier in buried and identifier not in used]
        free = (identifier for identifier in tried[key] if identifier not in used and identifier not in buried)
        made.append(returned[0] if returned else next(free))
        used.add(made[-1])
    return made


def _buried(grouped: _Grouped, rows: Ints, graves: pd.Series) -> dict[int, set[str]]:
    """Group -> ids of tombstones that its records once founded, under whatever key."""
    keys, groups = taken(grouped.key, rows), grouped.group[rows]
    renumbered = np.flatnonzero(is_in(keys, grouped.succeeds))
    former = [[*_borne(key, grouped.succeeds)][1:] for key in keys.take(renumbered).to_pylist()]
    ids = new_site_ids(one_after_the_other([keys, texts([*chain.from_iterable(former)])]))
    groups = np.r_[groups, np.repeat(groups[renumbered], [*map(len, former)])]
    here = is_in(ids, graves)
    found: dict[int, set[str]] = {}
    for group, identifier in zip(groups[here].tolist(), ids.filter(pa.array(here)).to_pylist(), strict=True):
        found.setdefault(group, set()).add(identifier)
    return found
