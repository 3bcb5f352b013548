"""Site ids that stay: a registry of which record belongs to which site, and since when.

An id is made once, of the key of the record that founds the site, and then kept by whatever cluster holds most of the
site's records. Merges leave tombstones, splits bring the old id back, and nothing is ever forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import pandas_dtype

from inducult_geo.frames import NUMBER, TEXT, Records
from inducult_geo.match.continuity import FINGERPRINT_COLUMNS, Heir, fingerprints, heirs
from inducult_geo.match.lookup import earliest, is_in, order_of, places_of

_SITE_COLUMNS: Final = ("site_id", "first_seen", "last_seen", "merged_into")
REGISTRY_COLUMNS: Final = ("record_key", *_SITE_COLUMNS, *FINGERPRINT_COLUMNS, "succeeds", "cause")
"""One row a record ever seen, with its fingerprint; `succeeds` is the vanished record as which it goes on, and `cause`
says why. A tombstone has no `record_key`, but `merged_into`, the id that took its place, and the `cause`."""

_TYPES: Final = {name: NUMBER if name in ("x", "y", "area_m2") else TEXT for name in REGISTRY_COLUMNS}

PREFIX: Final = "IC"
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that an id can be read aloud."""

LENGTH: Final = 7
_FIELD: Final = 0b100101
_GENERATOR: Final = 2


Stone = tuple[None, str, str | None, str | None, str, str | None]
"""A tombstone as a row of the registry: no record, id, dates, the id that took its place, and why."""

_NEVER: Final = "9999"


def new_site_id(founding_key: str, salt: int = 0) -> str:
    """Make an id, such as `IC-7K3QF2M-X`, of a record's raw key; `salt` gives another one where it is taken."""
    text = founding_key if not salt else f"{founding_key}\n{salt}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    body = "".join(DIGITS[number >> (5 * place) & 31] for place in range(LENGTH))
    return f"{PREFIX}-{body}-{check_character(body)}"


def check_character(body: str) -> str:
    """Return the check character: finds every wrong character and every swap of two neighbors.

    A weighted sum in the field of 32 elements: each place counts with another power of the generator (the scheme of
    Reed-Solomon codes with one check symbol).
    """
    total, power = 0, 1
    for character in body:
        power = _times(power, _GENERATOR)
        total ^= _times(power, DIGITS.index(character))
    return DIGITS[total]


def check_site_id(text: str) -> bool:
    """Tell whether a text is a well-formed site id with the right check character."""
    parts = text.split("-") if isinstance(text, str) else []
    if len(parts) != 3 or parts[0] != PREFIX or len(parts[1]) != LENGTH or len(parts[2]) != 1:
        return False
    return all(character in DIGITS for character in parts[1]) and check_character(parts[1]) == parts[2]


def new_site_ids(founding_keys: Sequence[str]) -> NDArray[np.object_]:
    """Make the ids of many founding records at once (see `new_site_id`)."""
    digests = b"".join(hashlib.sha256(key.encode()).digest()[:8] for key in founding_keys)
    numbers = np.frombuffer(digests, dtype=">u8").astype(np.uint64)
    values = np.column_stack([(numbers >> np.uint64(5 * place)) & np.uint64(31) for place in range(LENGTH)])
    check = np.zeros(len(numbers), dtype=np.int64)
    power = 1
    for place in range(LENGTH):
        power = _times(power, _GENERATOR)
        check ^= np.array([_times(power, value) for value in range(len(DIGITS))])[values[:, place].astype(np.int64)]
    letters = np.array([*DIGITS])
    signs = [letters[values[:, place].astype(np.int64)] for place in range(LENGTH)]
    text = np.full(len(numbers), f"{PREFIX}-")
    for part in (*signs, np.full(len(numbers), "-"), letters[check]):
        text = np.char.add(text, part)
    return text.astype(object)


def empty_registry() -> pd.DataFrame:
    """Return a registry in which nothing was ever seen."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _TYPES.items()})


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
    """
    before = typed_registry(registry)
    known = before[before["record_key"].notna() & before["site_id"].notna()].set_index("record_key")
    marks = fingerprints(records) if marks is None else marks
    found = heirs(before, records, marks) if found is None else found
    table = _table(clusters, known, found)
    ages = earliest(before["site_id"], before["first_seen"]).fillna(_NEVER)
    chosen = _choose(table, ages)
    graves = set(before.loc[before["merged_into"].notna(), "site_id"])
    chosen = _found(table, chosen, set(before["site_id"].dropna()), graves)
    members = pd.Series(chosen[table["group"].to_numpy()], index=table.index.rename("record_key"), dtype=TEXT)
    members = members.rename("site_id")
    old_site = table["old_site"].dropna()
    return Assigned(members, _updated(before, members, old_site, records, found, marks), found)


def _table(clusters: Mapping[str, str], known: pd.DataFrame, found: Mapping[str, Heir]) -> pd.DataFrame:
    """Return one row a record, by key: number of its `group` (in the order of their keys), `old_site`, `first_seen`."""
    homes = pd.Series(clusters, dtype=object).sort_index()
    heirs_of = {key: heir for key, heir in found.items() if heir.inherits}
    before = known.reindex(homes.index)
    old_site, first_seen = before["site_id"].astype(object), before["first_seen"].astype(object)
    for key, heir in heirs_of.items():
        old_site[key], first_seen[key] = heir.site_id, known.loc[heir.old_key, "first_seen"]
    return pd.DataFrame(
        {
            "group": pd.factorize(homes.to_numpy(dtype=object), sort=True)[0],
            "old_site": old_site.where(old_site.notna(), None),
            "first_seen": first_seen.where(first_seen.notna(), _NEVER),
        },
        index=homes.index,
    )


def first_seen_of(sites: pd.Series, registry: pd.DataFrame) -> pd.Series:
    """Return since when each site is known, be it by a record that has vanished; on the index of `sites`."""
    known = registry[registry["record_key"].notna()]
    return sites.map(earliest(known["site_id"], known["first_seen"]))


def merge_registries(before: pd.DataFrame, regions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make one registry of what each region's run knows: of its own records each region, of the others the rest.

    Regions are resolved side by side, each with the registry as it was, and some keep an earlier run's: only a
    region's own rows speak for it. A tombstone holds where no record bears its id.

    Parameters
    ----------
    before
        The registry as it was.
    regions
        Region -> the registry that resolving it gave.
    """
    parts = [typed_registry(before), *(typed_registry(registry) for _, registry in sorted(regions.items()))]
    owners = [None, *sorted(regions)]
    rows = [
        part[part["record_key"].notna() & (part["region"] == owner if owner else ~part["region"].isin([*regions]))]
        for owner, part in zip(owners, parts, strict=True)
    ]
    # Rows of an older registry know no region; they hold until a region tells of the record.
    told = pd.concat(rows, ignore_index=True).sort_values("last_seen", kind="stable", na_position="first")
    # Where a border moved, two regions know of a record: the one that saw it last speaks for it.
    records = told.drop_duplicates("record_key", keep="last")
    stones = pd.concat([part[part["record_key"].isna()] for part in parts], ignore_index=True)
    stones = stones[~stones["site_id"].isin(records["site_id"])].drop_duplicates("site_id", keep="last")
    whole = pd.concat([records, stones], ignore_index=True).astype(_TYPES)
    return _in_order(whole)


def seen_dates(records: Records) -> dict[str, str | None]:
    """Return the date of the data in which each record was seen: retrieved, else valid; never the clock.

    When an object was last edited (its `valid_at` in OpenStreetMap) is another matter: what nobody has touched for ten
    years is seen today.
    """
    date = records["retrieved_at"].where(records["retrieved_at"].notna(), records["valid_at"]).str[:10]
    dates = date.astype(object).where(date.notna(), None)
    return dict(zip(*(part.to_numpy(dtype=object) for part in (records["record_key"], dates)), strict=True))


def _times(a: int, b: int) -> int:
    """Multiply two elements of the field of 32."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1, b >> 1
        a ^= _FIELD * (a >> 5)
    return product


def _choose(table: pd.DataFrame, ages: pd.Series) -> NDArray[np.object_]:
    """Let each cluster keep an id of its records: most records, then oldest, then smallest; each id once.

    Where two clusters hold as many records of one site, the one with its founding record keeps the id.

    Returns
    -------
    numpy.ndarray
        Id of each group, None where it keeps none.
    """
    chosen = np.full(int(table["group"].max()) + 1 if len(table) else 0, None, dtype=object)
    held = table[table["old_site"].notna()]
    claim = held.groupby(["group", "old_site"], sort=False).ngroup()
    first = earliest(claim, held["first_seen"]).to_numpy(dtype=object)
    claims = held[["group", "old_site"]][~claim.duplicated()].assign(size=np.bincount(claim), min=first)
    disputed = claims.duplicated("group", keep=False) | claims.duplicated("old_site", keep=False)
    calm = claims[~disputed]
    chosen[calm["group"]] = calm["old_site"]
    given: set[str] = set()
    rivals = claims[disputed]
    members = held[held["group"].isin(rivals["group"])].groupby("group").groups
    told = zip(rivals["group"], rivals["old_site"], rivals["size"], rivals["min"], strict=True)
    ordered = sorted(
        (-size, ages.get(site, _NEVER), site not in {new_site_id(key) for key in members[group]}, oldest, site, group)
        for group, site, size, oldest in told
    )
    for *_, site, group in ordered:
        if chosen[group] is None and site not in given:
            chosen[group] = site
            given.add(site)
    return chosen


def _found(
    table: pd.DataFrame, chosen: NDArray[np.object_], used: Collection[str], graves: Collection[str]
) -> NDArray[np.object_]:
    """Make ids for clusters without one; a cluster that a merge had swallowed gets its old id back."""
    out = chosen.copy()
    empty = np.asarray(pd.isna(out), dtype=bool)
    some = table[empty[table["group"].to_numpy()]]
    if some.empty:
        return out
    # The rows are in the order of their keys: of equals the smallest key founds the site.
    age = pd.factorize(some["first_seen"].to_numpy(dtype=object), sort=True)[0]
    founders = some.iloc[np.lexsort((age, some["group"]))].drop_duplicates("group")
    groups, keys = founders["group"].to_numpy(), founders.index.to_numpy(dtype=object)
    made = new_site_ids(keys.tolist())
    taken = (set(used) - set(graves)) | set(out[~empty])
    own = _buried(some, graves) if graves else {}
    clash = pd.Series(made).duplicated(keep=False).to_numpy() | np.isin(made, [*taken, *graves])
    clash |= np.isin(groups, [*own])
    out[groups[~clash]] = made[~clash]
    taken |= set(made[~clash])
    for group, key in zip(groups[clash], keys[clash], strict=True):
        # A buried id of any of the records comes first: that is what makes a split the reverse of a merge.
        buried = sorted(own.get(group, set()) - taken)
        salt = 0
        identifier = buried[0] if buried else new_site_id(key)
        while identifier in taken or (not buried and identifier in graves):
            salt += 1
            identifier = new_site_id(key, salt)
        out[group] = identifier
        taken.add(identifier)
    return out


def _buried(some: pd.DataFrame, graves: Collection[str]) -> dict[int, set[str]]:
    """Group -> ids of tombstones that its records once founded."""
    ids = new_site_ids(some.index.tolist())
    here = np.isin(ids, [*graves])
    found: dict[int, set[str]] = {}
    for group, identifier in zip(some["group"].to_numpy()[here], ids[here], strict=True):
        found.setdefault(group, set()).add(identifier)
    return found


def typed_registry(registry: pd.DataFrame) -> pd.DataFrame:
    """Bring a registry to its columns and types; a record that stands twice counts as last written."""
    typed = registry.reindex(columns=[*REGISTRY_COLUMNS])
    # What an earlier run wrote has its types already; bringing it there again copies every text twice.
    if any(typed[name].dtype != pandas_dtype(kind) for name, kind in _TYPES.items()):
        typed = typed.astype(object).where(typed.notna(), None).astype(_TYPES)
    return typed[typed["record_key"].isna() | ~typed["record_key"].duplicated(keep="last")]


def _updated(
    before: pd.DataFrame,
    members: pd.Series,
    old_site: pd.Series,
    records: Records,
    found: Mapping[str, Heir],
    marks: pd.DataFrame,
) -> pd.DataFrame:
    """Bring rows and tombstones up to date; a vanished record goes where its heir went."""
    rows = before[before["record_key"].notna()].set_index("record_key").astype(object)
    whole = rows.reindex(rows.index.append(members.index[~is_in(members.index, rows.index)]))
    here = places_of(members.index, whole.index) >= 0
    seen = pd.Series(seen_dates(records), dtype=object).reindex(whole.index)
    whole.loc[here, "site_id"] = members.reindex(whole.index[here]).to_numpy(dtype=object)
    fresh = marks.reindex(whole.index[here])
    for name in FINGERPRINT_COLUMNS:
        whole.loc[here, name] = fresh[name].to_numpy(dtype=object)
    for key, heir in found.items():
        whole.loc[key, ["succeeds", "cause"]] = [heir.old_key, heir.cause]
        if heir.inherits:
            whole.loc[heir.old_key, "site_id"] = members[key]
    dates = [whole["first_seen"].fillna(_NEVER), whole["last_seen"].fillna(_NEVER), seen.fillna(_NEVER)]
    first: NDArray[np.object_] = np.minimum.reduce([part.to_numpy(dtype=object) for part in dates])
    ever = [part.where(part != _NEVER, "").to_numpy(dtype=object) for part in dates[1:]]
    last: NDArray[np.object_] = np.maximum.reduce(ever)
    first[first == _NEVER] = None
    last[last == ""] = None
    whole = whole.assign(first_seen=first, last_seen=last)
    stones = _tombstones(before, members, old_site, set(whole["site_id"].to_numpy(dtype=object)))
    graves = pd.DataFrame(stones, columns=["record_key", *_SITE_COLUMNS, "cause"], dtype=object)
    frame = pd.concat([whole.rename_axis("record_key").reset_index(), graves], ignore_index=True)
    return _in_order(frame.reindex(columns=[*REGISTRY_COLUMNS]).astype(_TYPES))


def _in_order(registry: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows of a registry by site and record, tombstones last within their site."""
    return registry.iloc[order_of(registry, ["site_id", "record_key"])].reset_index(drop=True)


def _tombstones(before: pd.DataFrame, members: pd.Series, old_site: pd.Series, alive: Collection[str]) -> list[Stone]:
    """Rows for ids that no record bears any more: old ones that still hold, and those of new merges."""
    stones: dict[str, Stone] = {}
    graves = before[before["merged_into"].notna()].reindex(columns=[*_SITE_COLUMNS, "cause"])
    columns = [graves[name].astype(object).where(graves[name].notna(), None) for name in graves]
    for site, first, last, heir, cause in zip(*columns, strict=True):
        if site not in alive:
            stones[site] = (None, site, first, last, heir, cause)
    gone = old_site[~is_in(old_site, alive)]
    homes = members.reindex(gone.index)
    held = (
        before[is_in(before["site_id"], set(gone))].groupby("site_id")[["first_seen", "last_seen"]].agg(["min", "max"])
    )
    for site, keys in gone.groupby(gone).groups.items():
        counts = homes[keys].value_counts()
        heir = min(counts.index[counts == counts.max()])
        named = ", ".join(sorted(keys[homes[keys] == heir])[:3])
        dates = held.loc[str(site)]
        first, last = dates[("first_seen", "min")], dates[("last_seen", "max")]
        stones[str(site)] = (None, str(site), _text(first), _text(last), heir, f"its records ({named}) are now there")
    return [_followed(stone, stones) for _, stone in sorted(stones.items())]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _followed(stone: Stone, stones: Mapping[str, Stone]) -> Stone:
    """Let a tombstone name the id that is alive now, not one that was merged further."""
    heir, passed = stone[4], {stone[1]}
    while heir in stones and heir not in passed:
        passed.add(heir)
        heir = stones[heir][4]
    return (*stone[:4], heir, stone[5])
