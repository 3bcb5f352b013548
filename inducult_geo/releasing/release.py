"""Publish all regions as they were last kept as one release: write it aside, verify it, publish it.

What a release is made of is one stamp, kept beside `current`: where it is the same, nothing is assembled or written.
Where it is not but the bytes are, nothing new is published either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import TypeAdapter

from inducult_geo.arrow.keys import is_in
from inducult_geo.collecting.gather import wide_or_kept
from inducult_geo.errors import InducultError, RegionError, ReleaseError, StorageError, located, steady
from inducult_geo.frames import Counts, reasons_of
from inducult_geo.match.decided.asleep import asleep
from inducult_geo.match.identity.borders import shared_ids, since_own_records, with_own_ids
from inducult_geo.match.identity.continuity import former_keys, successors
from inducult_geo.match.identity.registry import merge_registries, merged_ids
from inducult_geo.memory import decisions_of, registry_of
from inducult_geo.of_sample import is_of_sample
from inducult_geo.outcome import RunOutcome
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.compared.changes import diff, with_changes, write_changes
from inducult_geo.publish.promises.verify import verify
from inducult_geo.publish.release import write_release
from inducult_geo.release_folders import new_release, release_is_whole, releases_of
from inducult_geo.releasing.assemble import assemble, release_manifest, with_surfaces
from inducult_geo.releasing.withholding import for_release
from inducult_geo.run import Run, unread
from inducult_geo.stage import Part, RegionOutcome, Stage, last_stage, last_state, note_state
from inducult_geo.stamps import declared, stamp
from inducult_geo.store import current_release, read_json, replacing, write_json
from inducult_geo.text import counted

T = TypeVar("T")


@dataclass(frozen=True)
class _Numbers:
    """What is noted of a release beside what it was made of."""

    counts: Counts
    n_sites: int
    withheld: int
    rejected_by_reason: dict[str, int]
    is_new: bool
    n_changes: int | None


_TOLD, _NOTICED = TypeAdapter(_Numbers), TypeAdapter(dict[str, list[str]])


def release(outcomes: Sequence[RegionOutcome], run: Run) -> RunOutcome:
    """Publish one release of all regions that have outputs: those of this run, and the others as last kept.

    Raises
    ------
    RegionError
        Where no region of this run has outputs: then there is nothing to tell. Where the outputs that were kept of
        one cannot be read.
    ReleaseError
        Where the new release breaks a promise; then nothing is published and `current` is as it was.
    StorageError
        Where the disk does not take it; likewise.
    """
    if not any(outcome.stage for outcome in outcomes):
        messages = "; ".join(located(outcome.region, outcome.message) for outcome in outcomes)
        raise RegionError(f"no region could be built, nothing is published. {messages}")
    for outcome in outcomes:
        note_state(outcome, run)
    now = {outcome.region: outcome for outcome in outcomes}
    stages = dict(_kept_stages(now, run))
    # Regions have schedules of their own: one that is not of this run stands as its own last run left it.
    told = {name: now.get(name) or last_state(stage, run) for name, stage in stages.items()}
    wide = {contract.id: wide_or_kept(contract, run) for contract in run.catalog.wide_sources()}
    made_of = _stamp(stages, told, wide, run)
    standing = _standing(made_of, run)
    if standing is not None and not run.afresh:
        outcomes = _now_told(outcomes, _as_noticed(stages, standing["noticed"]))
        return _outcome(outcomes, wide, standing["release"], standing["told"], run)
    bundle, registry = _with_own_ids(assemble(stages, told, wide, run), stages, run)
    stages = _with_noticed(stages, [bundle.overlaps, _asleep(bundle, registry, run)], now, run)
    bundle = replace(bundle, former=merged_ids(registry), former_keys=former_keys(registry))
    before = current_release(run.folder)
    since = _comparable(before, run)
    public, changes = _with_changes(with_surfaces(for_release(bundle, run.catalog.sources)), since, run)
    run.say(f"writing the release: {counted(len(public.sites), 'site')}")
    with new_release(run.folder) as draft:
        write_release(public, draft, release_manifest(public, stages, run))
        _verified(draft)
        with replacing(run.folder.registry) as kept:
            registry.to_parquet(kept, index=False)
    path = current_release(run.folder)
    assert path is not None  # noqa: S101 - it was published a line above
    is_new = before is None or path.name != before.name
    changed = _keep_changes(changes, since, path, run) if is_new else 0
    numbers = _numbers(bundle, public, changed) | {"is_new": is_new}
    _note(path, made_of, numbers, {name: [*stage.problems] for name, stage in stages.items()}, run)
    return _outcome(_now_told(outcomes, stages), wide, path.name, numbers, run)


def make_up_changes(run: Run) -> None:
    """Write what changed with the current release where the run that published it was killed then, or had no room."""
    current = current_release(run.folder)
    if current is None or any((run.folder.processed / "changes").glob(f"*_{current.name}.csv")):
        return
    earlier = [*takewhile(lambda one: one.name != current.name, releases_of(run.folder))]
    before = _comparable(earlier[-1], run) if earlier else None
    try:
        changes = None if before is None else diff(before, current)
    except ReleaseError as problem:
        run.say(f"what changed with {current.name} cannot be told: {problem}")
    else:
        _keep_changes(changes, before, current, run)


def _comparable(before: Path | None, run: Run) -> Path | None:
    """Return a release to compare with: nothing that is real came or went since one of the sample."""
    return before if before is None or is_of_sample(before) == run.folder.is_sample else None


def _with_changes(public: Bundle, before: Path | None, run: Run) -> tuple[Bundle, pd.DataFrame | None]:
    """Add what changed since the last release; where that cannot be read, there is nothing to tell."""
    try:
        return with_changes(public, before)
    except ReleaseError as problem:
        run.say(f"what changed since {before} is not in the release: {problem}")
        return public, None


def _stamp(stages: Mapping[str, Stage], told: Mapping[str, RegionOutcome], wide: Mapping[str, Part], run: Run) -> str:
    """Return the hash of all that a release is made of; of why something failed, what is the same each night."""
    return stamp(
        stages={name: _steady({**stage.manifest(), "outputs": None}) for name, stage in stages.items()},
        told={name: (one.state, steady(one.message)) for name, one in told.items()},
        wide={name: (part.digest, _steady(part.facts.as_dict())) for name, part in wide.items()},
        contracts={name: declared(contract) for name, contract in run.catalog.sources.items()},
        regions={name: declared(run.catalog.region(name)) for name in stages},
        rasters={name: declared(raster) for name, raster in run.catalog.rasters.items()},
        sample=run.folder.is_sample,
    )


def _steady(told: Any) -> Any:
    """Return what is told, with every message in it as it is on the next night, too (see `steady`)."""
    if isinstance(told, dict):
        return {name: steady(one) if name == "message" else _steady(one) for name, one in told.items()}
    return [_steady(one) for one in told] if isinstance(told, list | tuple) else told


def _standing(made_of: str, run: Run) -> dict[str, Any] | None:
    """Return what was noted of the current release, if it is made of the same, whole and unaltered."""
    noted, current = read_json(run.folder.released), current_release(run.folder)
    if noted is None or current is None or (noted.get("stamp"), noted.get("release")) != (made_of, current.name):
        return None
    told, noticed = _noted_of(_TOLD, noted.get("told")), _noted_of(_NOTICED, noted.get("noticed"))
    if told is None or noticed is None or not run.folder.registry.is_file():
        return None
    if not release_is_whole(current, run.hashes.of):
        run.say(f"{current.name}: was altered after it was published; the release is written anew")
        return None
    run.say(f"nothing has changed: release {current.name} holds")
    numbers = asdict(told) | {"is_new": False, "n_changes": 0}
    _note(current, made_of, numbers, noticed, run)
    return noted | {"told": numbers}


def _noted_of(kind: TypeAdapter[T], told: Any) -> T | None:
    """Return what was noted of a release; null where somebody wrote something else."""
    try:
        return kind.validate_python(told)
    except ValueError:
        return None


def _note(release: Path, made_of: str, told: Mapping[str, Any], noticed: Mapping[str, Sequence[str]], run: Run) -> None:
    """Note of a release what it is made of, its numbers, and what was noticed of each region."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    values = {"release": release.name, "stamp": made_of, "confirmed": now, "told": told, "noticed": noticed}
    try:
        write_json(run.folder.released, values)
    except StorageError as problem:
        raise StorageError(
            f"release {release.name} is published and valid, but this could not be recorded: {problem}"
        ) from None


def _numbers(bundle: Bundle, public: Bundle, changed: int | None) -> dict[str, Any]:
    row = bundle.run
    counts = Counts(row["records_in"], row["in_sites"], row["in_review"], row["rejected"])
    return {
        "counts": counts.as_dict(),
        "n_sites": int(public.run["sites"]),
        "withheld": int(public.run["withheld"]),
        "rejected_by_reason": reasons_of(bundle.records),
        "n_changes": changed,
    }


def _outcome(
    outcomes: Sequence[RegionOutcome], wide: Mapping[str, Part], name: str, told: Mapping[str, Any], run: Run
) -> RunOutcome:
    return RunOutcome(
        tuple(outcomes),
        run.folder.releases / name,
        Counts(**told["counts"]),
        told["n_sites"],
        told["withheld"],
        told["rejected_by_reason"],
        told["is_new"],
        told["n_changes"],
        (*(part.facts for part in wide.values() if part.facts.state in ("failed", "stale")), *unread(run)),
        tuple(problem for part in wide.values() for problem in part.facts.problems),
    )


def _verified(draft: Path) -> None:
    """Refuse a draft that breaks a promise."""
    broken = [finding for finding in verify(draft) if not finding.ok]
    if broken:
        promises = "; ".join(f"{finding.promise}: {finding.detail}" for finding in broken)
        raise ReleaseError(f"the new release breaks its promises and is not published: {promises}")


def _keep_changes(changes: pd.DataFrame | None, before: Path | None, path: Path, run: Run) -> int | None:
    """Write what changed since the last release; the new one is published already and stands in any case."""
    if before is None or changes is None:
        return None
    target = run.folder.processed / "changes" / f"{before.name}_{path.name}.csv"
    try:
        write_changes(changes, target)
    except (InducultError, OSError) as problem:
        run.say(f"what changed since {before.name} cannot be told: {problem}")
        return None
    run.say(f"{counted(len(changes), 'change')} since {before.name}: {target}")
    return len(changes)


def _kept_stages(now: Mapping[str, RegionOutcome], run: Run) -> Iterator[tuple[str, Stage]]:
    """Yield each region of the catalog with its outputs; one that never had any is no part of the release.

    Nor is one that no catalog declares any more: nobody knows its outline or its terms. That is told.

    Raises
    ------
    RegionError
        Where what was kept of one cannot be read: without it all of its sites would be told to be gone.
    """
    folder = run.folder.processed / "regions"
    kept = {path.parent.name for path in folder.glob("*/manifest.json")}
    for unknown in sorted(kept - run.catalog.regions.keys()):
        run.say(
            f"{unknown}: no catalog declares this region any more, so what {folder / unknown} keeps of it is not in "
            "the release; its ids stay. Where its catalog was forgotten, say --catalog; where it is called otherwise "
            "now, remove the folder."
        )
    for region_id in sorted((kept | now.keys()) & run.catalog.regions.keys()):
        stage = last_stage(region_id, run)
        if stage is not None and stage.is_whole(run.hashes.of):
            yield region_id, stage
        elif stage is not None or region_id in kept:
            why = now[region_id].message if region_id in now else None
            failed = f" This time it failed: {why}" if why else ""
            raise RegionError(
                f"{region_id}: what was kept of it is damaged or of another version, and nothing is published without "
                f"it.{failed} Run this region again: inducult run {region_id}"
            )


def _with_own_ids(bundle: Bundle, stages: Mapping[str, Stage], run: Run) -> tuple[Bundle, pd.DataFrame]:
    """Give sites that lie in two regions since a border moved an id each; returns the registry of all regions, too."""
    renamed = shared_ids(bundle.records, registry_of(run))
    known = {name: with_own_ids(stage.table("registry"), renamed, "site_id") for name, stage in stages.items()}
    registry = _registry(known, bundle, run)
    sides = ("left_site", "right_site")
    sites = with_own_ids(bundle.sites, renamed, "site_id", "part_of")
    return replace(
        bundle,
        sites=since_own_records(sites, registry),
        records=with_own_ids(bundle.records, renamed, "site_id"),
        pairs=with_own_ids(bundle.pairs, renamed, *sides),
        review=with_own_ids(bundle.review, renamed, *sides),
    ), registry


def _asleep(bundle: Bundle, registry: pd.DataFrame, run: Run) -> dict[str, list[str]]:
    """Tell of each region which words nobody obeys: a record is gone, cannot be used, or is another region's."""
    decisions = decisions_of(run)
    if not decisions.spoken:
        return {}
    columns = ["record_key", "region"]
    rows, placed = bundle.records[columns], bundle.records.loc[bundle.records["outcome"] == "site", columns]
    ever = pd.concat([rows, registry[columns]]).dropna()
    here, was = (dict(table.itertuples(index=False, name=None)) for table in (placed, ever))
    return asleep(decisions.carried(successors(decisions.spoken, registry, {}, here)), was, here)


def _with_noticed(
    stages: Mapping[str, Stage], noticed: Sequence[Mapping[str, Sequence[str]]], now: Collection[str], run: Run
) -> dict[str, Stage]:
    """Add to what is noticed of regions what only all of them tell; of those not of this run it is said."""
    found: dict[str, list[str]] = {}
    for told in noticed:
        for name, texts in told.items():
            found.setdefault(name, []).extend(texts)
    for name in sorted(found.keys() - {*now}):
        run.say(f"{name}: {' '.join(found[name])}")
    return {name: replace(stage, problems=(*stage.problems, *found.get(name, ()))) for name, stage in stages.items()}


def _now_told(outcomes: Sequence[RegionOutcome], stages: Mapping[str, Stage]) -> list[RegionOutcome]:
    """Return outcomes with what is noticed of their regions."""
    return [replace(one, stage=stages.get(one.region, one.stage)) for one in outcomes]


def _as_noticed(stages: Mapping[str, Stage], noticed: Mapping[str, Sequence[str]]) -> dict[str, Stage]:
    """Return stages with what was noticed of them when their release was written: nothing is worked out once more."""
    return {name: replace(stage, problems=(*noticed.get(name, ()),)) for name, stage in stages.items()}


def _registry(known: Mapping[str, pd.DataFrame], bundle: Bundle, run: Run) -> pd.DataFrame:
    """Return the registry of all regions: of its own records each region speaks, of the others the registry so far.

    A region also knows of records that are in another now, since they or the border moved: of these it is not asked.
    """
    placed = bundle.records.loc[bundle.records["region"].notna(), ["record_key", "region"]]
    elsewhere = {name: placed.loc[placed["region"] != name, "record_key"] for name in known}
    own = {name: table[~is_in(table["record_key"], elsewhere[name])] for name, table in known.items()}
    return merge_registries(registry_of(run), own)
