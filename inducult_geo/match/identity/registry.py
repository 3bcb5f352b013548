"""The registry of site ids: one row for each record ever seen, and a tombstone for each id without a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import pandas_dtype

from inducult_geo.arrow.keys import earliest, is_in, order_of, places_in, repeated
from inducult_geo.arrow.texts import (
    as_column,
    no_texts,
    one_after_the_other,
    only,
    replaced,
    taken,
    text_or_none,
    texts,
    told,
)
from inducult_geo.frames import NUMBER, TEXT, Records
from inducult_geo.match.identity.continuity import FINGERPRINT_COLUMNS, Heir
from inducult_geo.ragged import Flags, Ints
from inducult_geo.typed import with_none

_SITE_COLUMNS: Final = ("site_id", "first_seen", "last_seen", "merged_into")
REGISTRY_COLUMNS: Final = (
    *("record_key", *_SITE_COLUMNS, *FINGERPRINT_COLUMNS),
    *("succeeds", "cause", "is_gone", "went_into"),
)
"""One row a record ever seen, with its fingerprint; `succeeds` is the vanished record as which it goes on, and `cause`
says why; `is_gone` tells that the last run of its region did not hold it (an older registry does not say), `went_into`
which record took it in then (two halls became one outline). A tombstone has no `record_key`, but `merged_into`, the id
that took its place, and the `cause`."""

NUMBERS: Final = ("x", "y", "area_m2")
_TYPES: Final = {name: NUMBER if name in NUMBERS else TEXT for name in REGISTRY_COLUMNS} | {"is_gone": "bool"}

NEVER: Final = "9999"
"""Later than any date."""

Stone = tuple[None, str, str | None, str | None, str, str | None]
"""A tombstone as a row of the registry: no record, id, dates, the id that took its place, and why."""

Home = tuple[str, str]
"""Where the records of a site are now, and why."""


def empty_registry() -> pd.DataFrame:
    """Return a registry in which nothing was ever seen."""
    return _nothing_seen().copy()


@cache
def _nothing_seen() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _TYPES.items()})


def registry_unlike(schema: pa.Schema) -> str | None:
    """Say how a table's columns are not those of a registry; null where they are, be it that of an older version."""
    kinds = {name: schema.field(name).type for name in REGISTRY_COLUMNS if name in schema.names}
    for name in ("record_key", "site_id"):
        if name not in kinds:
            return f"it has no column '{name}': it is another table"
    for name, kind in kinds.items():
        is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        is_right = pa.types.is_boolean(kind) if name == "is_gone" else is_number if name in NUMBERS else is_text
        if not (pa.types.is_null(kind) or is_right):
            return f"its column '{name}' holds {kind}"
    return None


def typed_registry(registry: pd.DataFrame) -> pd.DataFrame:
    """Bring a registry to its columns and types; a record that stands twice counts as last written."""
    typed = registry.reindex(columns=[*REGISTRY_COLUMNS])
    # What an earlier run wrote has its types already; bringing it there again copies every text twice.
    if any(typed[name].dtype != pandas_dtype(kind) for name, kind in _TYPES.items()):
        typed = with_none(typed).astype(_TYPES)
    if not repeated(texts(typed["record_key"])).any():
        return typed
    return typed[typed["record_key"].isna() | ~typed["record_key"].duplicated(keep="last")]


def rows_of(registry: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of records, without tombstones."""
    is_record = registry["record_key"].notna()
    return registry if is_record.all() else registry[is_record]


def first_seen_of(sites: pd.Series, registry: pd.DataFrame) -> pd.Series:
    """Return since when each site is known, be it by a record that has vanished; on the index of `sites`."""
    known = rows_of(registry)
    ids, dates = earliest(texts(known["site_id"]), texts(known["first_seen"]))
    return pd.Series(as_column(taken(dates, places_in(texts(sites), ids))), index=sites.index, name=sites.name)


def merged_ids(registry: pd.DataFrame) -> pd.DataFrame:
    """Return the ids of a registry that were merged, sorted: `site_id`, `merged_into`, the id that stands, `last_seen`.

    Where regions are resolved side by side, what one merged a site into another may have merged further.
    """
    stones = registry.loc[registry["merged_into"].notna(), ["site_id", "merged_into", "last_seen"]]
    into = dict(zip(stones["site_id"], stones["merged_into"], strict=True))
    stands = [_last_of(site, into) for site in stones["site_id"]]
    return stones.assign(merged_into=stands).sort_values("site_id", ignore_index=True)


def _last_of(site: str, into: Mapping[str, str]) -> str:
    """Follow an id to where it was merged in the end; of ids that lead in a ring none stands, so any will do."""
    passed: set[str] = set()
    while site in into and site not in passed:
        passed.add(site)
        site = into[site]
    return site


def merge_registries(before: pd.DataFrame, regions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make one registry of what each region's run knows: of its own records each region, of the others the rest.

    Regions are resolved side by side, each with the registry as it was, and some keep an earlier run's: only a
    region's own rows speak for it. A tombstone holds where no record bears its id; of several the last one of a region
    that holds the id it leads to.

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
    told = pd.concat(rows, ignore_index=True)
    # Where a border moved, two regions know of a record: the one that holds it, or saw it last, speaks for it.
    told = told.sort_values(["is_gone", "last_seen"], kind="stable", ascending=[False, True], na_position="first")
    records = _with_the_others(parts[0], told.drop_duplicates("record_key", keep="last"))
    # What a region was told of another one's sites may be old: what is not resolved anew keeps it.
    graves = [part[part["record_key"].isna()] for part in parts]
    is_own = np.concatenate(
        [is_in(some["merged_into"], own["site_id"]) for some, own in zip(graves, rows, strict=True)]
    )
    stones = pd.concat(graves, ignore_index=True).iloc[np.argsort(is_own, kind="stable")]
    stones = stones[~stones["site_id"].isin(records["site_id"])].drop_duplicates("site_id", keep="last")
    went = _went(parts[0], records)
    there = pd.MultiIndex.from_frame(went[["site_id", "home"]])
    # A region moves its share of a site, which is not the whole of it, or not what it has on the map.
    is_true = pd.MultiIndex.from_frame(stones[["site_id", "merged_into"]]).isin(there)
    stones = stones[is_true | ~is_in(stones["site_id"], went["site_id"])]
    whole = pd.concat([records, stones, *_unburied(went, records, stones)], ignore_index=True).astype(_TYPES)
    return in_order(whole)


def _went(before: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose site no record bears any more that is there, with the `home` of each record now."""
    rows = rows_of(before)
    lost = rows[~is_in(rows["site_id"], records.loc[~records["is_gone"].to_numpy(dtype=bool), "site_id"])]
    home = lost["record_key"].map(records.set_index("record_key")["site_id"]) if len(lost) else lost["site_id"]
    return lost.assign(home=home)[home.notna() & lost["site_id"].notna()]


def _with_the_others(before: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Let vanished records go where their site's others went, be it to another region (see `_none_left_behind`)."""
    went = _went(before, records).query("home != site_id")
    if went.empty:
        return records
    homes = _homes(*(went[name].astype(object) for name in ("site_id", "record_key", "home")))
    told = records["site_id"].map({site: home for site, (home, _) in homes.items()})
    return records.assign(site_id=told.fillna(records["site_id"]))


def _unburied(went: pd.DataFrame, records: pd.DataFrame, stones: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the tombstones of ids that no record bears any more and that no region buried.

    Where several regions hold records of a site, each of them moves its own, and leaves the id to the others.
    """
    lost = went[~(is_in(went["site_id"], records["site_id"]) | is_in(went["site_id"], stones["site_id"]))]
    if len(lost):
        moved = pd.DataFrame.from_dict(_homes(lost["site_id"], lost["record_key"], lost["home"]), orient="index")
        seen = lost.groupby("site_id").agg(first_seen=("first_seen", "min"), last_seen=("last_seen", "max"))
        yield seen.join(moved.set_axis(["merged_into", "cause"], axis=1)).reset_index()


def seen_dates(records: Records) -> pa.Array:
    """Return the date of the data in which each record was seen: retrieved, else valid; never the clock.

    When an object was last edited (its `valid_at` in OpenStreetMap) is another matter: what nobody has touched for ten
    years is seen today.
    """
    dates = pc.coalesce(texts(records["retrieved_at"]), texts(records["valid_at"]))
    return pc.utf8_slice_codeunits(dates, 0, 10)


@dataclass(frozen=True)
class News:
    """What a run says of its records, one value a record, in the order of their keys.

    Attributes
    ----------
    key, site
        Record keys and the ids of their sites.
    was
        The site that each record was of before, itself or as the one that it goes on as; null where it is new.
    row
        Row of the record among those of the registry (`rows_of`), -1 where it is new.
    seen
        The date of the data in which it was seen.
    marks
        Fingerprints (`FINGERPRINT_COLUMNS`).
    """

    key: pa.Array
    site: pa.Array
    was: pa.Array
    row: Ints
    seen: pa.Array
    marks: Mapping[str, Any]


def updated(before: pd.DataFrame, news: News, found: Mapping[str, Heir]) -> pd.DataFrame:
    """Bring rows and tombstones up to date; a vanished record goes where its heir went.

    Parameters
    ----------
    before
        The registry so far, typed.
    news
        What this run says.
    found
        Which of its records go on as vanished ones.
    """
    rows = rows_of(before)
    is_gone = np.ones(len(rows), dtype=bool)
    is_gone[news.row[news.row >= 0]] = False
    # Vanished records first, then those of this run.
    gone = np.flatnonzero(is_gone)
    row = np.r_[gone, news.row]
    now = {"record_key": news.key, "site_id": news.site, **news.marks}
    columns: dict[str, Any] = {}
    for name in REGISTRY_COLUMNS:
        if name in NUMBERS:
            columns[name] = np.r_[rows[name].to_numpy()[gone], news.marks[name]]
        elif name == "is_gone":
            columns[name] = np.r_[_left(rows, news)[gone], np.zeros(len(news.row), dtype=bool)]
        elif name == "went_into":
            columns[name] = one_after_the_other([taken(texts(rows[name]), gone), no_texts(len(news.row))])
        elif name in now:
            columns[name] = one_after_the_other([taken(texts(rows[name]), gone), now[name]])
        else:
            columns[name] = taken(texts(rows[name]), row)
    seen = one_after_the_other([no_texts(len(gone)), news.seen])
    columns |= _dates(columns["first_seen"], columns["last_seen"], seen)
    columns |= _followed(columns, news, len(gone), found)
    moved = _swallowed(news, found) | _moved(news)
    columns["site_id"] = _none_left_behind(columns, news, len(gone), moved)
    return _framed(columns, _tombstones(before, columns["site_id"], moved))


def _left(rows: pd.DataFrame, news: News) -> Flags:
    """Tell of the registry's rows which are gone once those of a run are here; other regions' stay as they were."""
    return np.asarray(rows["is_gone"], dtype=bool) | is_in(rows["region"], texts(news.marks["region"]))


def _dates(first: pa.Array, last: pa.Array, seen: pa.Array) -> dict[str, pa.Array]:
    """Return the first and the last date on which each record was seen; null where none is told."""
    never, nothing = (pa.scalar(text, first.type) for text in (NEVER, ""))
    earlier = pc.min_element_wise(first, last, seen, never)
    known = (pc.if_else(pc.equal(part, never), nothing, part) for part in (last, seen))
    later = pc.max_element_wise(*known, nothing)
    return {
        "first_seen": only(np.asarray(pc.not_equal(earlier, never)), earlier),
        "last_seen": only(np.asarray(pc.not_equal(later, nothing)), later),
    }


def _followed(columns: Mapping[str, Any], news: News, past: int, found: Mapping[str, Heir]) -> dict[str, pa.Array]:
    """Say of records that go on as vanished ones whom they follow, and let these move where they went.

    Whoever was of one site with its heir stays so, also when that one moves later: where a site is merged into another,
    none of its rows is left behind.
    """
    at = past + places_in(texts([*found]), news.key)
    succeeds = replaced(columns["succeeds"], at, [heir.old_key for heir in found.values()])
    some, gone, homes = told(succeeds), columns["record_key"][:past], columns["site_id"]
    ends = (part.filter(pa.array(some)).to_pylist() for part in (succeeds, columns["record_key"]))
    heir_of = dict(zip(*ends, strict=True))
    old = places_in(texts([*heir_of]), gone)
    new = places_in(texts([_last_of(key, heir_of) for key in heir_of]), news.key)
    were_one = np.asarray(pc.fill_null(pc.equal(taken(homes, old), taken(news.was, new)), False), dtype=bool)
    homes = replaced(homes, old[were_one], taken(news.site, new[were_one]))
    absorbed = [(old_key, key) for key, heir in found.items() for old_key, _ in heir.absorbs]
    old = places_in(texts([old_key for old_key, _ in absorbed]), gone)
    new = places_in(texts([key for _, key in absorbed]), news.key)
    return {
        "went_into": replaced(columns["went_into"], old, [key for _, key in absorbed]),
        "succeeds": succeeds,
        "cause": replaced(columns["cause"], at, [heir.cause for heir in found.values()]),
        "site_id": replaced(homes, old, taken(news.site, new)),
    }


def _none_left_behind(columns: Mapping[str, Any], news: News, past: int, moved: Mapping[str, Home]) -> pa.Array:
    """Let vanished records go where their site's others went (see `updated`), where none of this run bears its id.

    Else they would keep it from being buried, and who follows it would find nothing, though the site is there. Other
    regions' records are not of this run, and have not vanished.
    """
    homes = columns["site_id"]
    if not moved:
        return homes
    here = is_in(columns["region"], texts(news.marks["region"]))
    left = np.flatnonzero((is_in(homes, moved) & here)[:past])
    return replaced(homes, left, [moved[site][0] for site in taken(homes, left).to_pylist()])


def _framed(columns: dict[str, Any], stones: list[Stone]) -> pd.DataFrame:
    """Make the registry of columns and tombstones: by site and record, tombstones last within their site."""
    graves = pd.DataFrame(stones, columns=["record_key", *_SITE_COLUMNS, "cause"], dtype=object)
    for name, values in columns.items():
        told = graves[name] if name in graves else graves["record_key"]
        if isinstance(values, np.ndarray):
            columns[name] = np.r_[values, np.full(len(graves), np.nan if name in NUMBERS else False)]
        else:
            columns[name] = one_after_the_other([values, texts(told)])
    order = order_of(columns, ["site_id", "record_key"])
    nothing = as_column(no_texts(len(order)))
    for name, values in columns.items():
        if isinstance(values, np.ndarray):
            columns[name] = values[order]
        else:
            columns[name] = as_column(taken(values, order)) if values.null_count < len(order) else nothing.view()
    return pd.DataFrame(columns, columns=[*REGISTRY_COLUMNS])


def in_order(registry: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows of a registry by site and record, tombstones last within their site."""
    return registry.iloc[order_of(registry, ["site_id", "record_key"])].reset_index(drop=True)


def _tombstones(before: pd.DataFrame, alive: pa.Array, moved: Mapping[str, Home]) -> list[Stone]:
    """Rows for ids that no record bears any more: old ones that still hold, and those of new merges."""
    stones: dict[str, Stone] = {}
    graves = before.loc[before["merged_into"].notna(), [*_SITE_COLUMNS, "cause"]]
    graves = graves[~is_in(graves["site_id"], alive)]
    stones |= {site: (None, site, *told) for site, *told in with_none(graves).itertuples(index=False, name=None)}
    is_borne = is_in([*moved], alive)
    merged = {site: home for (site, home), borne in zip(moved.items(), is_borne, strict=True) if not borne}
    if merged:
        dates = ["first_seen", "last_seen"]
        held = before[is_in(before["site_id"], merged)].groupby("site_id")[dates].agg(["min", "max"])
        for site, (heir, cause) in merged.items():
            first, last = (held.loc[site, ends] for ends in (("first_seen", "min"), ("last_seen", "max")))
            stones[site] = (None, site, text_or_none(first), text_or_none(last), heir, cause)
    # A tombstone names the id that stands now, not one that was merged further.
    into = {site: heir for site, (*_, heir, _) in stones.items()}
    return [(*stone[:4], _last_of(site, into), stone[5]) for site, stone in sorted(stones.items())]


def _moved(news: News) -> dict[str, Home]:
    """Site that no record of this run bears any more -> the site that most of its records are in now, and why."""
    moved = np.flatnonzero(np.asarray(pc.fill_null(pc.not_equal(news.was, news.site), False), dtype=bool))
    moved = moved[~is_in(taken(news.was, moved), news.site)]
    return _homes(
        *(pd.Series(taken(part, moved).to_pylist(), dtype=object) for part in (news.was, news.key, news.site))
    )


def _homes(was: pd.Series, key: pd.Series, home: pd.Series) -> dict[str, Home]:
    """Map each site that records were of to the one that most of them are in now, and say why."""
    merged = {}
    for site, rows in was.groupby(was).groups.items():
        counts = home[rows].value_counts()
        heir = min(counts.index[counts == counts.max()])
        named = ", ".join(sorted(key[rows][home[rows] == heir])[:3])
        merged[str(site)] = heir, f"its records ({named}) are now there"
    return merged


def _swallowed(news: News, found: Mapping[str, Heir]) -> dict[str, Home]:
    """Site that no record of this run bears, since a new one took in what it was -> that record's site, and why."""
    parts = [(site, old_key, key) for key, heir in found.items() for old_key, site in heir.absorbs]
    homes = taken(news.site, places_in(texts([key for *_, key in parts]), news.key)).to_pylist()
    gone = ~is_in(texts([site for site, *_ in parts]), news.site)
    return {
        site: (home, f"its record {old_key} went into {key}")
        for (site, old_key, key), home, is_gone in zip(parts, homes, gone, strict=True)
        if is_gone
    }
