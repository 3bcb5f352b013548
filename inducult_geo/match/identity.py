"""Site ids that stay: a registry of which record belongs to which site, and since when.

An id is made once, of the key of the record that founds the site, and then kept by whatever cluster holds most of the
site's records. Merges leave tombstones, splits bring the old id back, and nothing is ever forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from inducult_geo.frames import TEXT, Records

REGISTRY_COLUMNS: Final = ("record_key", "site_id", "first_seen", "last_seen", "merged_into")
"""One row a record ever seen; a tombstone has no `record_key`, but `merged_into`, the id that took its place."""

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
    return pd.DataFrame({name: pd.Series(dtype=TEXT) for name in REGISTRY_COLUMNS})


@dataclass(frozen=True)
class Assigned:
    """Outcome of assigning ids.

    Attributes
    ----------
    members
        Record key -> site id, for the records of this run.
    registry
        The registry as it is now.
    """

    members: pd.Series
    registry: pd.DataFrame


def assign_ids(clusters: Mapping[str, str], registry: pd.DataFrame, records: Records) -> Assigned:
    """Give every cluster its id and bring the registry up to date.

    Parameters
    ----------
    clusters
        Record key -> key that stands for its cluster.
    registry
        The registry so far (`REGISTRY_COLUMNS`).
    records
        The records of the clusters, for their dates.
    """
    before = registry.reindex(columns=[*REGISTRY_COLUMNS])
    known = before[before["record_key"].notna() & before["site_id"].notna()]
    old_site = dict(zip(known["record_key"], known["site_id"], strict=True))
    first_seen = dict(zip(known["record_key"], known["first_seen"], strict=True))
    groups = _groups(clusters)
    chosen = _choose(groups, old_site, first_seen, _site_ages(before))
    used = set(before["site_id"].dropna())
    graves = set(before.loc[before["merged_into"].notna(), "site_id"])
    chosen |= _found(groups, chosen, used, graves, first_seen)
    members = pd.Series({key: chosen[group] for group, keys in groups.items() for key in keys}, dtype=TEXT)
    members = members.sort_index().rename("site_id").rename_axis("record_key")
    return Assigned(members, _updated(before, members, old_site, records))


def seen_dates(records: Records) -> dict[str, str | None]:
    """Return the date of each record's data: when it was valid, else when it was retrieved; never the clock."""
    date = records["valid_at"].where(records["valid_at"].notna(), records["retrieved_at"])
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


def _updated(before: pd.DataFrame, members: pd.Series, old_site: Mapping[str, str], records: Records) -> pd.DataFrame:
    """Bring rows and tombstones up to date."""
    dates = seen_dates(records)
    rows = {row.record_key: row for row in before[before["record_key"].notna()].itertuples(index=False)}
    table = []
    for key in sorted({*rows, *members.index}):
        old, now = rows.get(key), dates.get(key)
        first, last = (old.first_seen, old.last_seen) if old is not None else (None, None)
        seen = [date for date in (first, last, now) if isinstance(date, str)]
        site = members.get(key, old.site_id if old is not None else None)
        fresh = last if key not in members.index else max([d for d in (last, now) if isinstance(d, str)], default=None)
        table.append((key, site, min(seen, default=None), fresh, None))
    alive = {str(site) for _, site, *_ in table}
    stones = _tombstones(before, members, old_site, alive)
    frame = pd.DataFrame([*table, *stones], columns=[*REGISTRY_COLUMNS])
    typed = frame.astype(dict.fromkeys(REGISTRY_COLUMNS, TEXT))
    return typed.sort_values(["site_id", "record_key"], na_position="last", ignore_index=True)


def _tombstones(
    before: pd.DataFrame, members: pd.Series, old_site: Mapping[str, str], alive: Collection[str]
) -> list[Stone]:
    """Rows for ids that no record bears any more: old ones that still hold, and those of new merges."""
    stones: dict[str, Stone] = {}
    graves = before[before["merged_into"].notna()]
    columns = [graves[name].astype(object).where(graves[name].notna(), None) for name in REGISTRY_COLUMNS[1:]]
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
