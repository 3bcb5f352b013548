"""The whole story: every region is refreshed, and what is whole leaves as one release.

refresh: collect (outline, every source read and harmonized) -> settle (resolve into sites, enrich).
release: regions as they were last kept -> one bundle -> licences -> written aside, verified, published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.assemble import assemble, release_manifest, with_surfaces
from inducult_geo.boundaries import keep_outline, kept_file, outline
from inducult_geo.catalog import Region
from inducult_geo.enrich.sample import sample_rasters
from inducult_geo.errors import ConfigError, InducultError, RegionError, ReleaseError
from inducult_geo.frames import Counts, Records, as_records, concat_records, counts_of, outcome_of, reasons_of
from inducult_geo.gather import Gathered, find_extract, gather_region
from inducult_geo.match.decisions import Decisions, read_decisions
from inducult_geo.match.identity import empty_registry, merge_registries
from inducult_geo.match.resolve import Resolution, resolve
from inducult_geo.publish.changes import write_changes
from inducult_geo.publish.licences import for_release
from inducult_geo.publish.release import write_release
from inducult_geo.publish.verify import verify
from inducult_geo.run import Run, run_id
from inducult_geo.schemas import checked_sites
from inducult_geo.stage import Collected, RegionOutcome, Stage, keep_collected, keep_stage, last_stage
from inducult_geo.store import current_release, new_release, prune_releases, replacing, sha256


@dataclass(frozen=True)
class RunOutcome:
    """What a run did: its regions, the release that it published, and what of it is told to the shell."""

    regions: tuple[RegionOutcome, ...]
    release: Path | None
    counts: Counts
    n_sites: int
    withheld: int
    rejected_by_reason: Mapping[str, int]

    @property
    def exit_code(self) -> int:
        """0 whole, 1 partly done."""
        return 0 if all(region.is_whole for region in self.regions) else 1


def run_all(region_ids: Sequence[str], run: Run, *, publish: bool = True) -> RunOutcome:
    """Refresh the regions (all that have data where none is named) and publish one release.

    Raises
    ------
    ConfigError
        Where a region is unknown or there is no data at all.
    BusyError
        Where another run is at work on the same data folder.
    """
    regions = choose_regions(region_ids, run)
    with run.folder.lock():
        outcomes = tuple(_each(regions, run))
        if not any(outcome.stage for outcome in outcomes):
            messages = "; ".join(f"{outcome.region}: {outcome.message}" for outcome in outcomes)
            raise RegionError(f"no region could be built, nothing is published. {messages}")
        return release(outcomes, run) if publish else _unpublished(outcomes)


def _each(regions: Sequence[Region], run: Run) -> Iterator[RegionOutcome]:
    for done, region in enumerate(regions):
        run.advance(done, len(regions))
        yield try_refresh(region, run)
    run.advance(len(regions), len(regions))


def choose_regions(region_ids: Sequence[str], run: Run) -> list[Region]:
    """Return the regions named, or every region that has data.

    Raises
    ------
    ConfigError
        Where one is unknown, or none has data.
    """
    if region_ids:
        return [run.catalog.region(region_id) for region_id in dict.fromkeys(region_ids)]
    wide = any((run.folder.partners / name).is_file() for c in run.catalog.wide_sources() for name in c.files)
    with_data = [r for r in run.catalog.regions.values() if wide or _has_data(r, run)]
    if not with_data:
        raise ConfigError(
            f"{run.folder.root}: no region has data. Put OpenStreetMap extracts into {run.folder.raw / 'osm'} "
            f"or partner files with their contracts into {run.folder.partners}."
        )
    return sorted(with_data, key=lambda region: region.id)


def try_refresh(region: Region, run: Run) -> RegionOutcome:
    """Refresh one region; where it fails, its last good outputs stay and the others go on."""
    try:
        return refresh(region, run)
    except InducultError as problem:
        kept = last_stage(region.id, run)
        run.say(f"{region.id}: failed: {problem}" + (" Its last good outputs stay." if kept else ""))
        return RegionOutcome(region.id, "stale" if kept else "failed", kept, str(problem))


def refresh(region: Region, run: Run) -> RegionOutcome:
    """Build one region from its sources.

    Raises
    ------
    RegionError
        Where the region has no outline or none of its sources could be read.
    """
    return settle(region, collect(region, run), run)


def collect(region: Region, run: Run) -> Collected:
    """Collect and harmonize the records of every source of a region, and keep them.

    Raises
    ------
    RegionError
        Where the region has no outline or none of its sources could be read.
    """
    found = outline(region, run, extract=find_extract(region, run))
    gathered = gather_region(region, found.area, run)
    keep_outline(found, kept_file(region, run))
    return keep_collected(
        region.id,
        run,
        records=_records_of(region, gathered),
        facts=tuple(one.facts for one in gathered),
        outline={"source": found.source, "licence": found.licence, "attribution": found.attribution},
    )


def settle(region: Region, collected: Collected, run: Run) -> RegionOutcome:
    """Resolve a region's records into sites, enrich them, and keep both."""
    records = collected.records()
    identity = _run_id(region, collected, records, run)
    run.say(f"{region.id}: resolving {len(records)} records")
    resolution = resolve(
        as_records(records[records["reason"].isna().to_numpy()]),
        contracts=run.catalog.sources,
        decisions=decisions_of(run),
        registry=registry_of(run),
        run_id=identity,
    )
    enriched = sample_rasters(resolution.sites, tuple(run.catalog.rasters.values()), folder=run.folder.raw / "rasters")
    stage = keep_stage(
        collected,
        run,
        run_id=identity,
        frames=_frames(records, resolution) | {"sites": checked_sites(enriched.sites, region.id)},
        counts=counts_of(outcome_of(records)).check(region.id),
        problems=tuple(enriched.problems),
    )
    return RegionOutcome(region.id, "fresh", stage)


def release(outcomes: Sequence[RegionOutcome], run: Run) -> RunOutcome:
    """Publish one release of all regions that have outputs; those of this run fresh, the others as last kept.

    Raises
    ------
    ReleaseError
        Where the new release breaks a promise; then nothing is published and `current` is as it was.
    """
    told = {outcome.region: outcome for outcome in outcomes}
    stages = {region_id: stage for region_id in _kept_regions(run, told) if (stage := last_stage(region_id, run))}
    bundle = assemble(stages, told, run)
    public = with_surfaces(for_release(bundle, run.catalog.sources))
    before = current_release(run.folder)
    run.say(f"writing the release: {len(public.sites)} sites")
    with new_release(run.folder) as draft:
        write_release(public, draft, release_manifest(public, stages, run))
        broken = [finding for finding in verify(draft) if not finding.ok]
        if broken:
            promises = "; ".join(f"{finding.promise}: {finding.detail}" for finding in broken)
            raise ReleaseError(f"the new release breaks its promises and is not published: {promises}")
        _keep_registry(stages, run)
    path = current_release(run.folder)
    assert path is not None  # noqa: S101 - it was published a line above
    _keep_changes(before, path, run)
    prune_releases(run.folder, run.settings.releases_kept)
    numbers = bundle.run
    return RunOutcome(
        tuple(outcomes),
        path,
        Counts(numbers["records_in"], numbers["in_sites"], numbers["in_review"], numbers["rejected"]),
        public.run["sites"],
        public.run["withheld"],
        reasons_of(bundle.records),
    )


def _keep_changes(before: Path | None, path: Path, run: Run) -> None:
    """Write what changed since the last release; the new one is published already and stands in any case."""
    if before is None:
        return
    target = run.folder.processed / "changes" / f"{before.name}_{path.name}.csv"
    try:
        number = write_changes(before, path, target)
    except (InducultError, OSError) as problem:
        run.say(f"what changed since {before.name} cannot be told: {problem}")
    else:
        run.say(f"{number} changes since {before.name}: {target}")


def decisions_of(run: Run) -> Decisions:
    """Read what stewards decided."""
    return read_decisions(run.folder.decisions)


def registry_of(run: Run) -> pd.DataFrame:
    """Read the registry of site ids; an empty one where there is none yet."""
    path = run.folder.registry
    if not path.is_file():
        return empty_registry()
    kept = pd.read_parquet(path).astype(object)
    return kept.where(kept.notna(), None)


def _records_of(region: Region, gathered: Sequence[Gathered]) -> Records:
    """Put all sources' records together: nothing found is an answer, no source at all is not."""
    if not any(one.facts.state in ("fresh", "stale") for one in gathered):
        told = "; ".join(str(one.facts.message) for one in gathered if one.facts.message)
        raise RegionError(f"{region.id}: no source could be read. {told}")
    return concat_records([one.records for one in gathered])


def _frames(records: Records, resolution: Resolution) -> dict[str, pd.DataFrame]:
    told = records.assign(site_id=records["record_key"].map(resolution.members), outcome=outcome_of(records))
    return {
        "records": told,
        "pairs": resolution.pairs,
        "review": resolution.review,
        "registry": resolution.registry,
    }


def _run_id(region: Region, collected: Collected, records: Records, run: Run) -> str:
    decided = run.folder.decisions
    inputs: Mapping[str, Any] = {
        "region": region.model_dump(mode="json", exclude={"boundary"}),
        "outline": sha256(kept_file(region, run)),
        "records": records[["record_key", "content_hash", "region"]].to_json(),
        "contracts": {
            fact.source: run.catalog.sources[fact.source].model_dump(mode="json") for fact in collected.facts
        },
        "decisions": decided.read_text(encoding="utf-8") if decided.is_file() else "",
    }
    return run_id(inputs)


def _has_data(region: Region, run: Run) -> bool:
    return find_extract(region, run) is not None or bool(run.catalog.sources_of(region.id)) or run.osm == "overpass"


def _kept_regions(run: Run, told: Mapping[str, RegionOutcome]) -> list[str]:
    folder = run.folder.processed / "regions"
    kept = {path.parent.name for path in folder.glob("*/manifest.json")}
    return sorted((kept | set(told)) & set(run.catalog.regions))


def _keep_registry(stages: Mapping[str, Stage], run: Run) -> None:
    """Write the registry of all regions: of its own records each region speaks, of the others the registry so far."""
    told = {region_id: stage.table("registry") for region_id, stage in stages.items()}
    with replacing(run.folder.registry) as draft:
        merge_registries(registry_of(run), told).to_parquet(draft, index=False)


def _unpublished(outcomes: Sequence[RegionOutcome]) -> RunOutcome:
    """Sum up a run that publishes nothing."""
    stages = [outcome.stage for outcome in outcomes if outcome.stage is not None]
    counts = sum((stage.counts for stage in stages), Counts(0, 0, 0, 0))
    rejected: Counter[str] = Counter()
    for stage in stages:
        for fact in stage.facts:
            rejected.update(fact.rejected_by_reason)
    return RunOutcome(tuple(outcomes), None, counts, sum(stage.n_sites for stage in stages), 0, dict(rejected))
