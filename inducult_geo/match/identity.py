"""Site ids that stay: a registry of which record belongs to which site, and since when.

An id is made once, of the key of the record that founds the site, and then kept by whatever cluster holds most of the
site's records. Merges leave tombstones, splits bring the old id back, and nothing is ever forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from inducult_geo.frames import NUMBER, TEXT, Records
from inducult_geo.match.continuity import FINGERPRINT_COLUMNS, Heir, fingerprints, heirs

_SITE_COLUMNS: Final = ("site_id", "first_seen", "last_seen", "merged_into")
REGISTRY_COLUMNS: Final = ("record_key", *_SITE_COLUMNS, *FINGERPRINT_COLUMNS, "succeeds", "cause")
"""One row a record ever seen, with its fingerprint; `succeeds` is the vanished record as which it goes on, and `cause`
says why. A tombstone has no `record_key`, but `merged_into`, the id that took its place."""

_TYPES: Final = {name: NUMBER if name in ("x", "y", "area_m2") else TEXT for name in REGISTRY_COLUMNS}

PREFIX: Final = "IC"
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that an id can be read aloud."""

LENGTH: Final = 7
_FIELD: Final = 0b100101
_GENERATOR: Final = 2


Stone = tuple[None, str, str | None, str | None, str]
"""A tombstone as a row of the registry."""


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


def assign_ids(clusters: Mapping[str, str], registry: pd.DataFrame, records: Records) -> Assigned:
    """Give every cluster its id and bring the registry up to date.

    Parameters
    ----------
    clusters
        Record key -> key that stands for its cluster.
    registry
        The registry so far (`REGISTRY_COLUMNS`; an older one may lack the fingerprints).
    records
        The records of the clusters, for their dates and fingerprints.
    """
    before = _typed(registry)
    known = before[before["record_key"].notna() & before["site_id"].notna()]
    old_site = dict(zip(known["record_key"], known["site_id"], strict=True))
    dates = known["first_seen"].astype(object).where(known["first_seen"].notna(), None)
    first_seen: dict[str, str | None] = dict(zip(known["record_key"], dates, strict=True))
    marks = fingerprints(records)
    found = heirs(before, records, marks)
    old_site |= {key: heir.site_id for key, heir in found.items()}
    first_seen |= {key: first_seen[heir.old_key] for key, heir in found.items()}
    groups = _groups(clusters)
    chosen = _choose(groups, old_site, first_seen, _site_ages(before))
    used = set(before["site_id"].dropna())
    graves = set(before.loc[before["merged_into"].notna(), "site_id"])
    chosen |= _found(groups, chosen, used, graves, first_seen)
    members = pd.Series({key: chosen[group] for group, keys in groups.items() for key in keys}, dtype=TEXT)
    members = members.sort_index().rename("site_id").rename_axis("record_key")
    return Assigned(members, _updated(before, members, old_site, records, found, marks), found)


def first_seen_of(sites: pd.Series, registry: pd.DataFrame) -> pd.Series:
    """Return since when each site is known, be it by a record that has vanished; on the index of `sites`."""
    dates = registry.dropna(subset=["record_key", "first_seen"]).groupby("site_id")["first_seen"].min()
    return sites.map(dates)


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
    parts = [_typed(before), *(_typed(registry) for _, registry in sorted(regions.items()))]
    owners = [None, *sorted(regions)]
    rows = [
        part[part["record_key"].notna() & (part["region"] == owner if owner else ~part["region"].isin([*regions]))]
        for owner, part in zip(owners, parts, strict=True)
    ]
    # Rows of an older registry know no region; they hold until a region tells of the record.
    records = pd.concat(rows, ignore_index=True).drop_duplicates("record_key", keep="last")
    stones = pd.concat([part[part["record_key"].isna()] for part in parts], ignore_index=True)
    stones = stones[~stones["site_id"].isin(records["site_id"])].drop_duplicates("site_id", keep="last")
    whole = pd.concat([records, stones], ignore_index=True).astype(_TYPES)
    return whole.sort_values(["site_id", "record_key"], na_position="last", ignore_index=True)


def seen_dates(records: Records) -> dict[str, str | None]:
    """Return the date of the data in which each record was seen: retrieved, else valid; never the clock.

    When an object was last edited (its `valid_at` in OpenStreetMap) is another matter: what nobody has touched for ten
    years is seen today.
    """
    date = records["retrieved_at"].where(records["retrieved_at"].notna(), records["valid_at"])
    dated = zip(records["record_key"], date, strict=True)
    return {key: (when[:10] if isinstance(when, str) else None) for key, when in dated}


def _times(a: int, b: int) -> int:
    """Multiply two elements of the field of 32."""
    product = 0
    while b:
        product ^= a * (b & 1)
        a, b = a << 1, b >> 1
        a ^= _FIELD * (a >> 5)
    return product


def _groups(clusters: Mapping[str, str]) -> dict[str, list[str]]:
    """Cluster -> its records, all sorted."""
    groups: dict[str, list[str]] = {}
    for key in sorted(clusters):
        groups.setdefault(clusters[key], []).append(key)
    return dict(sorted(groups.items()))


def _site_ages(registry: pd.DataFrame) -> dict[str, str]:
    """Site -> oldest date seen."""
    dates = registry.assign(first_seen=registry["first_seen"].fillna("9999"))
    return {str(site): str(date) for site, date in dates.groupby("site_id")["first_seen"].min().items()}


def _choose(
    groups: Mapping[str, Sequence[str]],
    old_site: Mapping[str, str],
    first_seen: Mapping[str, str | None],
    ages: Mapping[str, str],
) -> dict[str, str]:
    """Let each cluster keep an id of its records: most records, then oldest, then smallest; each id once.

    Where two clusters hold as many records of one site, the one with its founding record keeps the id.
    """
    claims = []
    for group, keys in groups.items():
        counts: dict[str, list[str]] = {}
        for key in keys:
            if key in old_site:
                counts.setdefault(old_site[key], []).append(key)
        for site, held in counts.items():
            oldest = min(first_seen[key] or "9999" for key in held)
            founded = site in {new_site_id(key) for key in held}
            claims.append((-len(held), ages.get(site, "9999"), not founded, oldest, site, group))
    chosen: dict[str, str] = {}
    given: set[str] = set()
    for *_, site, group in sorted(claims):
        if group not in chosen and site not in given:
            chosen[group] = site
            given.add(site)
    return chosen


def _found(
    groups: Mapping[str, Sequence[str]],
    chosen: Mapping[str, str],
    used: Collection[str],
    graves: Collection[str],
    first_seen: Mapping[str, str | None],
) -> dict[str, str]:
    """Make ids for clusters without one; a cluster that a merge had swallowed gets its old id back."""
    taken = (set(used) - set(graves)) | set(chosen.values())
    made: dict[str, str] = {}
    for group, keys in groups.items():
        if group in chosen:
            continue
        founder = min(keys, key=lambda key: (first_seen.get(key) or "9999", key))
        # A buried id of any of the records comes first: that is what makes a split the reverse of a merge.
        buried = sorted({new_site_id(key) for key in keys} & (set(graves) - taken))
        salt = 0
        identifier = buried[0] if buried else new_site_id(founder)
        while identifier in taken or (not buried and identifier in graves):
            salt += 1
            identifier = new_site_id(founder, salt)
        made[group] = identifier
        taken.add(identifier)
    return made


def _typed(registry: pd.DataFrame) -> pd.DataFrame:
    """Bring a registry to its columns and types; a record that stands twice counts as last written."""
    whole = registry.reindex(columns=[*REGISTRY_COLUMNS])
    typed = whole.astype(object).where(whole.notna(), None).astype(_TYPES)
    return typed[typed["record_key"].isna() | ~typed["record_key"].duplicated(keep="last")]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows with None for null."""
    columns = {str(name): frame[name].astype(object).where(frame[name].notna(), None) for name in frame}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _updated(
    before: pd.DataFrame,
    members: pd.Series,
    old_site: Mapping[str, str],
    records: Records,
    found: Mapping[str, Heir],
    marks: pd.DataFrame,
) -> pd.DataFrame:
    """Bring rows and tombstones up to date; a vanished record goes where its heir went."""
    dates, homes = seen_dates(records), members.to_dict()
    homes |= {heir.old_key: homes[key] for key, heir in found.items()}
    rows = {row["record_key"]: row for row in _rows(before[before["record_key"].notna()])}
    fresh = {row["record_key"]: row for row in _rows(marks.reset_index())}
    for key, heir in found.items():
        fresh[key] |= {"succeeds": heir.old_key, "cause": heir.cause}
    table = []
    for key in {**rows, **fresh}:
        row = {**rows.get(key, {}), **fresh.get(key, {})}
        held = [row.get("first_seen"), row.get("last_seen"), dates.get(key)]
        first = min((date for date in held if date), default=None)
        last = max((date for date in held[1:] if date), default=None)
        table.append({**row, "site_id": homes.get(key, row.get("site_id")), "first_seen": first, "last_seen": last})
    stones = _tombstones(before, members, old_site, {str(row["site_id"]) for row in table})
    graves = [dict(zip(("record_key", *_SITE_COLUMNS), stone, strict=True)) for stone in stones]
    frame = pd.DataFrame([*table, *graves], columns=[*REGISTRY_COLUMNS]).astype(_TYPES)
    return frame.sort_values(["site_id", "record_key"], na_position="last", ignore_index=True)


def _tombstones(
    before: pd.DataFrame, members: pd.Series, old_site: Mapping[str, str], alive: Collection[str]
) -> list[Stone]:
    """Rows for ids that no record bears any more: old ones that still hold, and those of new merges."""
    stones: dict[str, Stone] = {}
    graves = before[before["merged_into"].notna()]
    columns = [graves[name].astype(object).where(graves[name].notna(), None) for name in _SITE_COLUMNS]
    for site, first, last, heir in zip(*columns, strict=True):
        if site not in alive:
            stones[site] = (None, site, first, last, heir)
    moved: dict[str, dict[str, int]] = {}
    for key, site in old_site.items():
        if site not in alive and key in members.index:
            heirs = moved.setdefault(site, {})
            heirs[members[key]] = heirs.get(members[key], 0) + 1
    for site, heirs in moved.items():
        heir = min(heirs, key=lambda one: (-heirs[one], one))
        held = before[before["site_id"] == site]
        stones[site] = (None, site, held["first_seen"].min(), held["last_seen"].max(), heir)
    return [_followed(stone, stones) for _, stone in sorted(stones.items())]


def _followed(stone: Stone, stones: Mapping[str, Stone]) -> Stone:
    """Let a tombstone name the id that is alive now, not one that was merged further."""
    heir, passed = stone[4], {stone[1]}
    while heir in stones and heir not in passed:
        passed.add(heir)
        heir = stones[heir][4]
    return (*stone[:4], heir)
