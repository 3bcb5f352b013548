"""What changed between two releases, site by site, and which source made it change.

Both releases are read from `sites.parquet` and `records.parquet` alone, so that any two can be compared, whoever wrote
them. A site that two sources changed in two ways has two rows; a release compared with itself has none. The same
comparison, made before a release is written, is its layer `changes`: there each row stands on the map.

The words, exactly, where a record that bears another key now (`former_keys`) is the same record:

- **merged**: the id is gone, and records of it are now in a site that stood before, or `former_ids` says that it was
  merged into one. `site_id` is the id that is gone.
- **gone**: the id is gone, and no site that stood before took its records.
- **split**: the site holds records that belonged to another one, which still stands.
- **new**: the id is not in the older release, and no standing site lost records to it.
- **moved**: the representative point lies more than `MOVED_MIN_M` away from where it was.
- **renamed**: the name differs.
- **closed**: the status was `functional` and is now `disused` or `decommissioned`; **reopened** is the reverse.
- **revised**: any other value that describes the site differs (`revisions` says which are compared).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio

from inducult_geo.catalog import OSM
from inducult_geo.catalog.models import CLOSED
from inducult_geo.frames import REVIEW_REASONS, WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.compared.opened import tables_alone
from inducult_geo.publish.compared.revisions import read_otherwise, revisions
from inducult_geo.publish.compared.snapshot import Record, Snapshot, Word, read_snapshot, snapshot_of_bundle
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST
from inducult_geo.publish.layers.declared import layer_named
from inducult_geo.publish.layers.domains import DOMAINS, ON_GRID
from inducult_geo.publish.spreadsheet import write_csv
from inducult_geo.store import replacing

CHANGES = (*DOMAINS["change"],)
"""The kinds of change, in the order in which they are listed."""

CHANGE_COLUMNS: Mapping[str, str] = {
    column.name: "float64" if column.kind == "number" else "str" for column in layer_named("changes").columns
}

CHANGES_LAYER = "changes"
"""The layer of a release that tells what changed since the last one."""


_MOST_TOLD = 3

MOVED_MIN_M = 1.0
"""A place that shifts by less did not move: coordinates are given to about that."""

_NEW = "not in the release before"
"""No word of "first": a source that was withdrawn may be back, and its sites with the ids that they had."""


class _Row(NamedTuple):
    """A change before its cause is known."""

    change: str
    site_id: str
    detail: str
    distance_m: float | None = None


def diff(old: Path, new: Path) -> pd.DataFrame:
    """Compare two release folders.

    Parameters
    ----------
    old, new
        Folders with `sites.parquet` and `records.parquet`.

    Returns
    -------
    pd.DataFrame
        `CHANGE_COLUMNS`, ordered by kind of change (`CHANGES`), region and site id; empty where nothing changed.
        `cause` names who decided it ("Eva decided same"), and what happened to the site's records, by source:
        `appeared`, `vanished`, `withheld` (may not be published any more), `changed` (what it says), `rejected` or
        `asked about` (it was in a site), `regrouped` (it was in another site), `read otherwise` (it says what it
        said, be it that it could not be used: a contract, the vocabulary or a rule differs) or `under new keys` (its
        source gave it another key; `regrouped under new keys` where it was in another site, too); `matching` where no
        record differs, so that a rule of resolving did it.
        `distance_m` is given for `moved`.

    Raises
    ------
    ReleaseError
        Where a folder is no release: a file is missing or lacks a column.
    """
    return _changes(read_snapshot(old), read_snapshot(new))


def write_changes(changes: pd.DataFrame, path: Path) -> None:
    """Write what changed between two releases (`CHANGE_COLUMNS`) as a CSV that no spreadsheet takes for formulas.

    It lies outside the release: a release's bytes depend on its inputs alone, not on what was published before.

    Raises
    ------
    StorageError
        Where the disk does not take it.
    """
    with replacing(path) as draft:
        write_csv(changes, draft)


def with_changes(bundle: Bundle, last: Path | None) -> tuple[Bundle, pd.DataFrame | None]:
    """Return a bundle with its layer `changes`, each at its place, and all that is different from the last release.

    Whoever publishes the same once more gets the same file: where nothing changed and the run is the same, the changes
    that the last release told are told again. In the layer what may no longer be published is not told from the last
    release either; the table (as `diff`; null without a last release) is for the house.

    Parameters
    ----------
    bundle
        What is to be published, licenses already applied.
    last
        Folder of the last release; None where there is none.

    Raises
    ------
    ReleaseError
        Where that folder is no release.
    """
    if last is None:
        return bundle, None
    before = read_snapshot(last)
    after = snapshot_of_bundle(bundle)
    table = _changes(before, after)
    if table.empty and _run_of(last) == bundle.run["run_id"]:
        told = changes_told(last)
        return bundle if told is None else replace(bundle, changes=told), table
    return replace(bundle, changes=_on_the_map(_public(table, before, bundle.sources), before, after)), table


def _changes(before: Snapshot, after: Snapshot) -> pd.DataFrame:
    """Return `CHANGE_COLUMNS` of two releases, ordered."""
    before = before.under_the_keys_of(after)
    rows = [row for find in _FINDERS for row in find(before, after)]
    reread = _read_otherwise({row.site_id for row in rows}, before, after)
    described = [_describe(row, before, after, reread) for row in rows]
    table = pd.DataFrame(described, columns=[*CHANGE_COLUMNS]).astype(dict(CHANGE_COLUMNS))
    order = pd.Categorical(table["change"], CHANGES, ordered=True)
    ordered = table.assign(_order=order).sort_values(["_order", "region", "site_id"], kind="stable")
    return ordered.drop(columns="_order").reset_index(drop=True)


def _public(table: pd.DataFrame, before: Snapshot, sources: pd.DataFrame) -> pd.DataFrame:
    """Leave out what the last release told of sources that stay at home today, or whose places leave on a grid today.

    A name, a condition, a place or a distance of before would give away what the terms protect now; that records went
    is counted in the table of sources. Of a source that is called otherwise today, or that no contract declares any
    more, nobody knows the terms: nothing of it is told, either.
    """
    terms = sources[["source", "publish", "publish_grid_m"]].itertuples(index=False, name=None)
    silent = {
        str(source): _TELLS_VALUE if not bool(publish) else _TELLS_PLACE
        for source, publish, grid in terms
        if not bool(publish) or pd.notna(grid)
    }
    known = {OSM, *sources["source"]}
    silent |= {record.source: _TELLS_VALUE for record in before.records.values() if record.source not in known}
    told = zip(table["change"], table["site_id"], strict=True)
    hidden = [any(change in silent.get(s, ()) for s in _exact_sources(before, site, silent)) for change, site in told]
    return table[~pd.Series(hidden, index=table.index, dtype=bool)].reset_index(drop=True)


_TELLS_PLACE = ("gone", "merged", "moved", "revised")
_TELLS_VALUE = (*_TELLS_PLACE, "renamed", "closed", "reopened")


def _exact_sources(before: Snapshot, site_id: str, silent: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the sources of a site in the last release, but for those whose places were on a grid already."""
    records = (before.records[key] for key in before.members.get(site_id, ()))
    on_grid_only = {source for source, kinds in silent.items() if kinds == _TELLS_PLACE}
    return {r.source for r in records if not (r.source in on_grid_only and str(r.origin).startswith(ON_GRID))}


def _on_the_map(table: pd.DataFrame, before: Snapshot, after: Snapshot) -> gpd.GeoDataFrame:
    """Put every change where its site is, or was."""
    homes = [after.sites.get(site_id) or before.sites[site_id] for site_id in table["site_id"]]
    points = gpd.points_from_xy([site.x for site in homes], [site.y for site in homes])
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, index=table.index, crs=WORK_CRS))


def _run_of(release: Path) -> str | None:
    """Return the run that a release is of; None where its manifest does not say so."""
    try:
        return str(json.loads((release / MANIFEST).read_text(encoding="utf-8"))["run"]["run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def changes_told(release: Path) -> gpd.GeoDataFrame | None:
    """Return the layer `changes` of a release; None where it has none."""
    package = tables_alone(release / GEOPACKAGE)
    if CHANGES_LAYER not in {str(name) for name, _ in pyogrio.list_layers(package)}:
        return None
    table = pyogrio.read_dataframe(package, layer=CHANGES_LAYER, columns=[*CHANGE_COLUMNS])
    return gpd.GeoDataFrame(table.astype(dict(CHANGE_COLUMNS)), geometry="geometry", crs=WORK_CRS)


def _gone(before: Snapshot, after: Snapshot) -> Iterator[_Row]:
    """Find sites whose id no longer stands: `gone` or `merged`."""
    for site_id in before.sites.keys() - after.sites.keys():
        homes = _elsewhere(before.members.get(site_id, frozenset()), after, site_id)
        merged_into = after.former_ids.get(site_id)
        if not homes and merged_into in after.sites:
            homes = [str(merged_into)]
        taken = any(home in before.sites for home in homes)
        now = f"its records are now in {', '.join(homes)}" if homes else _without_site(site_id, before, after)
        yield _Row("merged" if taken else "gone", site_id, now)


def _without_site(site_id: str, before: Snapshot, after: Snapshot) -> str:
    """Say of a site that none of its records is in one, and why of those that are still there."""
    known = ((key, after.records.get(key)) for key in sorted(before.members.get(site_id, ())))
    why = [f"{key} {_left(record)} ({record.reason})" for key, record in known if record and record.reason]
    more = f" and {len(why) - _MOST_TOLD} more" if len(why) > _MOST_TOLD else ""
    return "none of its records is in a site" + (f": {', '.join(why[:_MOST_TOLD])}{more}" if why else "")


def _new(before: Snapshot, after: Snapshot) -> Iterator[_Row]:
    """Find sites that hold records of others: `split`; and new ids that do not: `new`."""
    merged_into: dict[str, list[str]] = {}
    for former, site_id in sorted(after.former_ids.items()):
        if former in before.sites:
            merged_into.setdefault(site_id, []).append(former)
    for site_id in after.sites:
        origins = _elsewhere(after.members.get(site_id, frozenset()), before, site_id)
        standing = [origin for origin in origins if origin in after.sites]
        origins = origins or merged_into.get(site_id, [])
        if standing:
            yield _Row("split", site_id, f"holds records that were in {', '.join(standing)}")
        elif site_id not in before.sites:
            yield _Row("new", site_id, f"takes the records of {', '.join(origins)}" if origins else _NEW)


def _elsewhere(keys: frozenset[str], release: Snapshot, site_id: str) -> list[str]:
    """Return the other sites in which a release has these records, sorted."""
    homes = {release.records[key].site_id for key in keys if key in release.records}
    return sorted(home for home in homes if home is not None and home != site_id)


def _standing(before: Snapshot, after: Snapshot) -> Iterator[_Row]:
    """Find sites that stand in both releases and were moved, renamed, closed or reopened."""
    for site_id in before.sites.keys() & after.sites.keys():
        was, now = before.sites[site_id], after.sites[site_id]
        distance_m = ((was.x - now.x) ** 2 + (was.y - now.y) ** 2) ** 0.5
        if distance_m > MOVED_MIN_M:
            yield _Row("moved", site_id, f"{distance_m:.0f} m", round(distance_m, 3))
        if was.name != now.name:
            yield _Row("renamed", site_id, f"{was.name or 'no name'} -> {now.name or 'no name'}")
        if _is_switch(was.status, now.status):
            kind = "closed" if was.status == "functional" else "reopened"
            yield _Row(kind, site_id, f"{was.status} -> {now.status}")


def _is_switch(was: str | None, now: str | None) -> bool:
    """Whether works closed, or reopened, between two conditions."""
    return (was == "functional" and now in CLOSED) or (was in CLOSED and now == "functional")


def _revised(before: Snapshot, after: Snapshot) -> Iterator[_Row]:
    """Find sites that differ in a value which has no kind of its own: a row a site, its columns one after the other."""
    told: dict[str, list[str]] = {}
    for site_id, column, text in revisions(before.values, after.values):
        if column != "status" or not _is_switch(before.sites[site_id].status, after.sites[site_id].status):
            told.setdefault(site_id, []).append(f"{column}: {text}")
    for site_id, texts in told.items():
        yield _Row("revised", site_id, "; ".join(texts))


_FINDERS: tuple[Callable[[Snapshot, Snapshot], Iterator[_Row]], ...] = (
    _gone,
    _new,
    _standing,
    _revised,
)
"""Each finds its kinds of change."""


def _describe(row: _Row, before: Snapshot, after: Snapshot, reread: Collection[str]) -> dict[str, Any]:
    """Complete a row with what the site is called and what caused the change."""
    site = after.sites.get(row.site_id) or before.sites[row.site_id]
    cause = _cause(row.site_id, before, after, reread)
    return {**row._asdict(), "name": site.name, "region": site.region, "cause": cause}


def _cause(site_id: str, before: Snapshot, after: Snapshot, reread: Collection[str]) -> str:
    """Say who decided it, where a person did, and what happened to a site's records, by source; else to its wholes'."""
    wholes = [release.whole_of.get(site_id) for release in (before, after)]
    told = _told(site_id, [site_id], before, after, reread)
    if not told and wholes[0] != wholes[1]:
        told = _told(site_id, [whole for whole in wholes if whole], before, after, reread)
    return "; ".join(told) or "matching"


def _told(
    site_id: str, looked_at: Collection[str], before: Snapshot, after: Snapshot, reread: Collection[str]
) -> list[str]:
    """Tell the causes of a site's change that lie in the records of some sites."""
    members = (release.members.get(site, frozenset()) for release in (before, after) for site in looked_at)
    keys = frozenset().union(*members)
    words = {word for key in keys for word in after.words.get(key, ()) if _is_obeyed(word, before, after)}
    spoken = {frozenset((word.left, word.right)) for key in keys for word in after.words.get(key, ())}
    said = {word for key in keys for word in before.words.get(key, ()) if {word.left, word.right} not in spoken}
    # What brought two together, or kept them apart, and was taken back since.
    dropped = {word for word in said if _is_obeyed(word, after, before)}
    events: dict[str, set[str]] = {}
    for key in keys:
        was, now = before.records.get(key), after.records.get(key)
        event = "withheld" if was and not now and was.source in after.withheld else _event(was, now)
        event = event or ("read otherwise" if key in reread else None)
        # What else moves along with a record that a person spoke of, moves by that word.
        record = now or was
        if record and event and not ((words or dropped) and event.startswith("regrouped")):
            events.setdefault(record.source, set()).add(event)
    if (source := _rekeyed(keys, site_id, before, after)) is not None:
        events[source] = {"under new keys"}
    told = sorted({f"{word.who} decided {word.decision}" for word in words})
    told += sorted({f"no longer decided {word.decision} ({word.who})" for word in dropped})
    told += [f"{source} {' and '.join(sorted(events[source]))}" for source in sorted(events)]
    return told


def _rekeyed(keys: Collection[str], site_id: str, before: Snapshot, after: Snapshot) -> str | None:
    """Return the source of a site that stands in both releases by other keys of it alone: nothing else bore its id."""
    was, now = (release.members.get(site_id, frozenset()) for release in (before, after))
    sources = {record.source for key in keys if (record := after.records.get(key) or before.records.get(key))}
    gone = not any(key in after.records for key in was) and not any(key in before.records for key in now)
    return sources.pop() if was and now and gone and len(sources) == 1 else None


def _is_obeyed(word: Word, before: Snapshot, after: Snapshot) -> bool:
    """Whether two records came together, or apart, or the site of one into that of the other, as a person said."""
    was, now = (release.are_together(word) for release in (before, after))
    became_part = word.decision == "part_of" and after.is_part(word) and not before.is_part(word)
    return became_part or (was, now, word.decision) in _OBEYED


_OBEYED = ((False, True, "same"), (True, False, "different"), (True, False, "part_of"))


def _left(record: Record) -> str:
    """Say what became of a record that is in no site any more."""
    return "asked about" if record.reason in REVIEW_REASONS else "rejected"


def _read_otherwise(site_ids: Collection[str], before: Snapshot, after: Snapshot) -> set[str]:
    """Return the keys of records of these sites that say what they said, and were read otherwise."""
    keys = {key for release in (before, after) for site_id in site_ids for key in release.members.get(site_id, ())}
    same = {key for key in keys if (was := before.records.get(key)) and _event(was, after.records.get(key)) is None}
    return read_otherwise(before.read(same), after.read(same)) if same else set()


def _event(was: Record | None, now: Record | None) -> str | None:
    """Name what happened to one record."""
    if was is None:
        return "appeared"
    if now is None:
        return "vanished"
    if was.site_id is not None and now.site_id is None:
        return _left(now)
    if was.had_another_key:
        return "under new keys" if was.site_id == now.site_id else "regrouped under new keys"
    if was.content_hash != now.content_hash:
        return "changed"
    if was.reason is not None and now.reason is None:
        return "read otherwise"
    return "regrouped" if was.site_id != now.site_id else None
