"""Sites whose records were only numbered anew: which vanished record goes on as which new one.

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

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from rapidfuzz import fuzz
from shapely.geometry.base import BaseGeometry

from inducult_geo.arrow.keys import is_in, places_in
from inducult_geo.arrow.texts import as_column, joined, only, taken, text_or_none, texts
from inducult_geo.frames import Records, from_json
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.match.reading.places import points_in
from inducult_geo.ragged import Flags, blocks
from inducult_geo.text import TokenLists, prepare_names

FINGERPRINT_COLUMNS: Final = ("region", "name_key", "x", "y", "area_m2", "type")
"""What the registry keeps of a record: words of its name, sorted; a point of its shape (work CRS, whole meters)."""

NEAR_M: Final = 50.0
LARGEST_RADIUS_M: Final = 300.0
TOUCH_M: Final = 5.0
AREA_SHARE: Final = 0.2
_FOLLOWED: Final = (["record_key", "went_into"], ["succeeds", "record_key"])
"""Columns of the registry that tell of a record and the one after it; what goes on as it counts more."""
ALIKE: Final = 0.85
"""Share of letters that two spellings of a name have in common ("Liechtensteinischer", "Liechtensteinischen")."""


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


@dataclass(frozen=True)
class _Mark:
    """A record's fingerprint as it is compared."""

    key: str
    region: str | None
    words: frozenset[str]
    x: float
    y: float
    area_m2: float
    type: str | None

    @property
    def home(self) -> str:
        """Its source and region."""
        return f"{self.key.partition(':')[0]} {self.region}"

    @cached_property
    def is_named(self) -> bool:
        """Whether its name holds a word that is not only a word of trade or a number."""
        return any(word[:1] != "#" for word in self.own_words)

    @cached_property
    def name(self) -> str:
        """The words of its name, in their order."""
        return " ".join(sorted(self.words))

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The words of its name that are not words of trade."""
        return frozenset(word for word in self.words if word[:1] != "@")

    @property
    def radius_m(self) -> float:
        """Radius of a circle as large as its shape."""
        return math.sqrt(self.area_m2 / math.pi)

    @property
    def reach_m(self) -> float:
        """How far away a thing of the same name may be."""
        return NEAR_M + min(LARGEST_RADIUS_M, self.radius_m)

    @cached_property
    def touch_m(self) -> float:
        """How far away a thing without a name may be; the neighbor in a row of huts must not count."""
        return min(TOUCH_M, self.radius_m / 2) if self.area_m2 > 0 else TOUCH_M


_Agreement = tuple[float, float, float, str, str, str]
"""Distance of the old point from the new shape, gap of areas, distance of the points; old key, new key, cause."""


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
    order = np.argsort(np.array(said.tokens, dtype=object), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    counts = said.lists.counts
    ranked = said.lists.rows * max(len(rank), 1) + rank[said.lists.values]
    ranked.sort()
    return only(counts > 0, joined(texts([said.tokens[at] for at in order]), ranked % max(len(rank), 1), counts, " "))


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
    vanished = [*_marks(gone.set_index("record_key"))]
    fresh = {mark.key: mark for mark in _marks(marks[is_new])}
    shape_of = dict(zip(records["record_key"][is_new], shapes[is_new], strict=True))
    free = zip(gone["site_id"], ~gone["is_held"], strict=True)
    sites = dict(zip(gone["record_key"], free, strict=True))
    minor = {key for key, (_, is_free) in sites.items() if not is_free} - {*spoken}
    found = _agreements(vanished, [(mark, shape_of[key]) for key, mark in fresh.items()])
    agreed = sorted(found, key=lambda one: (one[3] in minor, one))
    return _absorbing(_paired(agreed, sites), agreed, sites, spoken)


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
    return _last(key, _followers(registry), ())


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


def _agreements(vanished: Sequence[_Mark], fresh: Sequence[tuple[_Mark, BaseGeometry]]) -> Iterator[_Agreement]:
    """Yield every pair that agrees."""
    points = np.array([shapely.Point(mark.x, mark.y) for mark in vanished], dtype=object)
    shapes = np.array([shape for _, shape in fresh], dtype=object)
    reach_m = np.array([mark.reach_m for mark in vanished])
    rows = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=reach_m)
    homes, new_homes = (np.array([mark.home for mark in marks]) for marks in (vanished, [mark for mark, _ in fresh]))
    # Of a list whose places are those of towns, thousands lie at one spot.
    for here in blocks(rows.shape[1]):
        some = rows[:, here]
        old_rows, new_rows = some[:, homes[some[0]] == new_homes[some[1]]]
        apart = zip(
            old_rows.tolist(),
            new_rows.tolist(),
            shapely.distance(points[old_rows], shapes[new_rows]).tolist(),
            strict=True,
        )
        for old_row, new_row, distance_m in apart:
            old, (new, _) = vanished[old_row], fresh[new_row]
            cause = _cause(old, new, distance_m)
            if cause is not None:
                apart_m = math.hypot(old.x - new.x, old.y - new.y)
                yield round(distance_m, 3), round(_area_gap(old, new), 6), apart_m, old.key, new.key, cause


def _cause(old: _Mark, new: _Mark, distance_m: float) -> str | None:
    """Say why two fingerprints are of one thing; None where they need not be."""
    # One of them may tell the trade, too; two trades of one name are two works.
    if old.own_words == new.own_words and old.is_named and (old.words <= new.words or new.words <= old.words):
        return f"the same name, {distance_m:.0f} m away"
    gap = _area_gap(old, new)
    if distance_m > old.touch_m or gap > AREA_SHARE or old.type is None or old.type != new.type:
        return None
    if old.is_named and new.is_named and not _alike(old, new):
        return None
    return f"the same place and type, {distance_m:.0f} m away, areas {gap:.0%} apart"


def _alike(old: _Mark, new: _Mark) -> bool:
    """Whether one name holds the other, or both are nearly written alike."""
    if old.words <= new.words or new.words <= old.words:
        return True
    return fuzz.ratio(old.name, new.name, score_cutoff=100 * ALIKE) > 0


def _area_gap(old: _Mark, new: _Mark) -> float:
    """Return by which share the larger area the smaller one differs; 0 for two points or lines."""
    larger = max(old.area_m2, new.area_m2)
    return abs(old.area_m2 - new.area_m2) / larger if larger > 0 else 0.0


def _paired(agreed: Iterable[_Agreement], sites: Mapping[str, tuple[str, bool]]) -> dict[str, Heir]:
    """Let each record take over, and be taken over, once; the pairs come in the order of their ranks."""
    found: dict[str, Heir] = {}
    gone: set[str] = set()
    for *_, old_key, new_key, cause in agreed:
        if old_key not in gone and new_key not in found:
            site_id, inherits = sites[old_key]
            found[new_key] = Heir(old_key, site_id, cause, bool(inherits))
            gone.add(old_key)
    return dict(sorted(found.items()))


def _absorbing(
    found: dict[str, Heir],
    agreed: Iterable[_Agreement],
    sites: Mapping[str, tuple[str, bool]],
    spoken: Collection[str],
) -> dict[str, Heir]:
    """Let new records take in what lies in them, agrees, and has no heir; not what a steward spoke of."""
    left = (
        {key for key, (_, is_free) in sites.items() if is_free}
        - {heir.old_key for heir in found.values()}
        - set(spoken)
    )
    more: dict[str, list[tuple[str, str]]] = {}
    for distance_m, *_, old_key, new_key, _ in agreed:
        if old_key in left and distance_m <= TOUCH_M:
            left.discard(old_key)
            more.setdefault(new_key, []).append((old_key, sites[old_key][0]))
    return found | {key: replace(found[key], absorbs=tuple(sorted(parts))) for key, parts in more.items()}


def _marks(table: pd.DataFrame) -> Iterator[_Mark]:
    """Yield the fingerprints of a table by record key; rows without a place are left out."""
    numbers = [pd.to_numeric(table[name], errors="coerce") for name in ("x", "y", "area_m2")]
    said = [[text_or_none(value) for value in table[name]] for name in ("region", "name_key", "type")]
    for key, region, words, kind, x, y, area_m2 in zip(table.index, *said, *numbers, strict=True):
        if math.isfinite(x) and math.isfinite(y):
            known_m2 = float(area_m2) if math.isfinite(area_m2) else 0.0
            yield _Mark(str(key), region, frozenset((words or "").split()), float(x), float(y), known_m2, kind)
