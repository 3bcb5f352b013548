"""Follow records that got another key: which vanished record goes on as which new one.

OpenStreetMap's ids are no stable keys: an area that is drawn again, or a node that becomes an area, is another object.
The registry keeps a small fingerprint of every record (`FINGERPRINT_COLUMNS`), and a record that is new takes over from
a vanished one of the same source and region where both are plainly the same thing:

- **by name**: the same words, at least one more than a word of trade (of which one side may tell more: "Lawena",
  "Kraftwerk Lawena"), and the old point within `NEAR_M` of the new shape, plus the radius of a circle as large as the
  old shape (at most `LARGEST_RADIUS_M`);
- **by shape**, where one of them has no name or only words of trade, where one name holds the other, or where they
  differ by a few letters (`ALIKE`): the old point in the new shape or within `TOUCH_M` of it (half its radius, where
  that is less), areas that differ by `AREA_SHARE` at most, and the same type.

A site that other records still hold needs no heir: there a record is followed by its key alone, after all others. Each
record takes over, and is taken over, once; the nearest first. What lies in a new record and would go on as it, too (two
halls of one works that became one outline), goes into it: its site is merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from inducult_geo.arrow.keys import is_in, places_in
from inducult_geo.arrow.texts import as_column, joined, only, taken, texts
from inducult_geo.frames import Records, from_json
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.match.identity.agreeing import TOUCH_M, Bunch, agreements, bunches, marks_of
from inducult_geo.match.reading.places import points_in
from inducult_geo.ragged import Flags
from inducult_geo.text import TokenLists, prepare_names

FINGERPRINT_COLUMNS: Final = ("region", "name_key", "x", "y", "area_m2", "type")
"""What the registry keeps of a record: words of its name, sorted; a point of its shape (work CRS, whole meters)."""

_FOLLOWED: Final = (["record_key", "went_into"], ["succeeds", "record_key"])
"""Columns of the registry that tell of a record and the one after it; what goes on as it counts more."""


@dataclass(frozen=True)
class Heir:
    """A new record that goes on as a vanished one.

    Attributes
    ----------
    old_key
        The vanished record.
    site_id
        Its site.
    cause
        Why both are the same, for a person.
    inherits
        Whether it takes over the site, too: not where other records still hold it.
    absorbs
        Further vanished records that are in it, and their sites, which are merged into its own.
    """

    old_key: str
    site_id: str
    cause: str
    inherits: bool = True
    absorbs: tuple[tuple[str, str], ...] = ()


def fingerprints(records: Records) -> pd.DataFrame:
    """Return `FINGERPRINT_COLUMNS` of records in the work CRS, by record key; what is unknown is null."""
    told = pc.dictionary_encode(texts(records["names"]))
    plain = texts([plain_name(from_json(text)) for text in told.dictionary.to_pylist()])
    names = taken(plain, np.asarray(pc.fill_null(told.indices, -1)))
    lists, which = prepare_names(pd.Series(as_column(names)), records["country"])
    shapes = records.geometry.to_numpy()
    x, y = np.round(points_in(shapes)).T
    table = {
        "region": records["region"].array,
        "name_key": as_column(taken(_in_order(lists), which)),
        "x": x,
        "y": y,
        "area_m2": np.round(shapely.area(shapes)),
        "type": records["type"].array,
    }
    return pd.DataFrame(table, index=pd.Index(records["record_key"].array, name="record_key"))


def _in_order(said: TokenLists) -> pa.Array:
    """Write the tokens of each list, sorted; null where there are none."""
    tokens = np.array([*said.numbers], dtype=object)
    order = np.argsort(tokens, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    counts = said.lists.counts
    ranked = said.lists.rows * max(len(rank), 1) + rank[said.lists.values]
    ranked.sort()
    return only(counts > 0, joined(texts(tokens[order]), ranked % max(len(rank), 1), counts, " "))


def heirs(
    registry: pd.DataFrame, records: Records, marks: pd.DataFrame, *, spoken: Collection[str] = ()
) -> dict[str, Heir]:
    """Find which new records go on as vanished ones.

    Parameters
    ----------
    registry
        The registry so far; rows without a fingerprint (an older registry's) have no heirs.
    records
        The records of this run.
    marks
        Their `fingerprints`.
    spoken
        Records that a steward decided about: their heirs are chosen with those of sites, and nothing takes them in.

    Returns
    -------
    dict
        Key of a new record -> whom it follows; the same whatever the order of the input.
    """
    shapes = records.geometry.to_numpy()
    row = places_in(texts(records["record_key"]), texts(registry["record_key"]))
    has_site = registry["site_id"].notna().to_numpy(dtype=bool)
    is_new = ~np.append(has_site, False)[row] & ~shapely.is_missing(shapes)
    is_here = np.zeros(len(registry), dtype=bool)
    is_here[row[row >= 0]] = True
    if not is_new.any():
        return {}
    gone = _gone(registry, is_here)
    # Another region's records are not of this run: that they are not here does not mean that they are gone.
    gone = gone[gone["region"].isin(records["region"].dropna().unique())]
    if gone.empty:
        return {}
    shape_of = dict(zip(records["record_key"][is_new], shapes[is_new], strict=True))
    free = zip(gone["site_id"], ~gone["is_held"], strict=True)
    sites = dict(zip(gone["record_key"], free, strict=True))
    minor = {key for key, (_, is_free) in sites.items() if not is_free} - {*spoken}
    vanished = ((mark, shapely.Point(mark.x, mark.y)) for mark in marks_of(gone.set_index("record_key")))
    old = bunches(vanished, minor)
    new = bunches((mark, shape_of[mark.key]) for mark in marks_of(marks[is_new]))
    agreed = agreements(old, new)
    found = _paired(agreed, old, new, sites)
    told = {*spoken, *(heir.old_key for heir in found.values())}
    left = {key: site_id for key, (site_id, is_free) in sites.items() if is_free and key not in told}
    return _absorbing(found, agreed, old, new, left)


def _gone(registry: pd.DataFrame, is_here: Flags) -> pd.DataFrame:
    """Return the rows of records that are gone and that none has followed.

    `is_held` tells whether records that are here hold the site.
    """
    gone = registry[~is_here & (registry["record_key"].notna() & registry["site_id"].notna()).to_numpy(dtype=bool)]
    gone = gone[~is_in(gone["record_key"], registry["succeeds"])] if len(gone) else gone
    return gone.assign(is_held=is_in(gone["site_id"], registry["site_id"][is_here]))


def successors(
    keys: Iterable[str], registry: pd.DataFrame, found: Mapping[str, Heir], present: Iterable[str]
) -> dict[str, str]:
    """Return for each of some records that are gone the record of this run as which it goes on, over many runs.

    Where a list has its old keys back, a record that had gone on under a new key goes on under the old one again.

    Parameters
    ----------
    keys
        The records asked about.
    registry
        The registry so far, which tells who followed whom.
    found
        The heirs of this run.
    present
        Keys of the records of this run.
    """
    asked = set(keys)
    here = set(present) if asked else set()
    gone = asked - here
    if not gone:
        return {}
    after = _followers(registry)
    after |= {heir.old_key: key for key, heir in found.items()}
    ends = {key: _last(key, after, here) for key in gone}
    before = dict(registry[["record_key", "succeeds"]].dropna().itertuples(index=False, name=None))
    before |= {key: heir.old_key for key, heir in found.items()}
    ends |= {key: _last(key, before, here) for key, end in ends.items() if end not in here}
    return {key: end for key, end in ends.items() if end in here}


def traced(keys: Collection[str], registry: pd.DataFrame) -> set[str]:
    """Return records with all that went on as them so far: what was said of the first is true of the last."""
    after = _followers(registry)
    found = set(keys)
    waiting = [after[key] for key in keys if key in after]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [after[key]] if key in after else []
    return found


def heir_of(key: str, registry: pd.DataFrame) -> str:
    """Return the key under which a record goes on last; its own where it is not known to go on under another."""
    return last_keys([key], registry).get(key, key)


def last_keys(keys: Iterable[str], registry: pd.DataFrame, present: Iterable[str] = ()) -> dict[str, str]:
    """Return for each of some records that go on under another key the last one, or the first that is `present`."""
    after, here = _followers(registry), set(present)
    ends = {key: _last(key, after, here) for key in keys}
    return {key: end for key, end in ends.items() if end != key}


def former_keys(registry: pd.DataFrame) -> pd.DataFrame:
    """Return every key of a record that went on as another or into it, sorted, with the key under which it is last.

    Returns
    -------
    pandas.DataFrame
        `former_key`, `record_key`, and `last_seen` of the former key (ISO 8601).
    """
    after = _followers(registry)
    known = registry[is_in(registry["record_key"], after)] if after else registry.iloc[:0]
    last = [_last(key, after, ()) for key in known["record_key"]]
    told = pd.DataFrame({"former_key": known["record_key"].array, "record_key": last, "last_seen": known["last_seen"]})
    return told.sort_values("former_key", ignore_index=True)


def _followers(registry: pd.DataFrame) -> dict[str, str]:
    """Map each record to the one that went on as it, or took it in."""
    told = (registry.reindex(columns=columns).dropna() for columns in _FOLLOWED)
    return {old: new for rows in told for old, new in rows.itertuples(index=False, name=None)}


def _last(key: str, after: Mapping[str, str], here: Collection[str]) -> str:
    """Follow a key to the first one that is here, or to where its trace ends."""
    seen = {key}
    while key not in here and key in after and after[key] not in seen:
        key = after[key]
        seen.add(key)
    return key


def _paired(
    agreed: pd.DataFrame, old: Sequence[Bunch], new: Sequence[Bunch], sites: Mapping[str, tuple[str, bool]]
) -> dict[str, Heir]:
    """Let each record take over, and be taken over, once; the best pairs first, of those of one rank by their keys."""
    found: dict[str, Heir] = {}
    followed: set[str] = set()
    free = [[*reversed(bunch.keys)] for bunch in new]
    told = agreed[["rank", "old", "new", "distance_m", "gap", "is_by_name"]].itertuples(index=False, name=None)
    for _, pairs in groupby(told, key=itemgetter(0)):
        partners: dict[int, list[list[Any]]] = {}
        for _, one, *other in pairs:
            partners.setdefault(one, []).append(other)
        waiting = sorted((key, one) for one in partners for key in old[one].keys if key not in followed)
        for old_key, one in waiting:
            partners[one] = some = [other for other in partners[one] if free[other[0]]]
            if some:
                other, *facts = min(some, key=lambda pair: free[pair[0]][-1])
                site_id, inherits = sites[old_key]
                found[free[other].pop()] = Heir(old_key, site_id, _cause(*facts), bool(inherits))
                followed.add(old_key)
    return dict(sorted(found.items()))


def _cause(distance_m: float, gap: float, is_by_name: bool) -> str:
    """Say why two records are of one thing."""
    if is_by_name:
        return f"the same name, {distance_m:.0f} m away"
    return f"the same place and type, {distance_m:.0f} m away, areas {gap:.0%} apart"


def _absorbing(
    found: dict[str, Heir],
    agreed: pd.DataFrame,
    old: Sequence[Bunch],
    new: Sequence[Bunch],
    left: Mapping[str, str],
) -> dict[str, Heir]:
    """Let new records take in what lies in them, agrees, and has no heir.

    `left` are the records that may go into another, with their sites.
    """
    more: dict[str, list[tuple[str, str]]] = {}
    best = agreed[agreed["distance_m"].round(3) <= TOUCH_M].drop_duplicates("old")
    for one, other in best[["old", "new"]].itertuples(index=False, name=None):
        parts = [(key, left[key]) for key in old[one].keys if key in left]
        if parts:
            more.setdefault(new[other].keys[0], []).extend(parts)
    return found | {key: replace(found[key], absorbs=tuple(sorted(parts))) for key, parts in more.items()}
