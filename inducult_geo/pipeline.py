"""The whole run: every region is refreshed, and the complete ones are published as one release.

refresh: collect (outline, every source read and harmonized) -> settle (resolve into sites, enrich).
release: regions as they were last kept -> one bundle -> licences -> written aside, verified, published.

Each stage keeps what it made and a stamp of what it was made of (`stamps`): a stage of which nothing has changed is not
run again, so a run after a crash goes on where the last one ended, and a night without news publishes nothing.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from inducult_geo.catalog import OSM, Region
from inducult_geo.collecting.at_hand import choose_regions, find_extract, refuse_emptied
from inducult_geo.collecting.boundaries import kept_outline
from inducult_geo.collecting.gather import gather_region
from inducult_geo.errors import InducultError, RegionError, StorageError, TransientError, fault_told
from inducult_geo.memory import decisions_of
from inducult_geo.of_sample import set_sample_aside
from inducult_geo.outcome import RunOutcome, begin, note, unpublished
from inducult_geo.releasing.left_answers import left_told, remove_old_releases
from inducult_geo.releasing.release import make_up_changes, release
from inducult_geo.releasing.rescuing import rescue_registry
from inducult_geo.resolving.region import settle
from inducult_geo.review.log_copies import copies_told
from inducult_geo.run import Run, keep_declared, unread
from inducult_geo.stage import (
    Collected,
    RegionOutcome,
    Stage,
    clear_unpointed,
    keep_collected,
    last_collected,
    last_stage,
)
from inducult_geo.store import clear_leftovers

__all__ = ["RunOutcome", "release", "run_all", "settle"]


def run_all(region_ids: Sequence[str], run: Run, *, publish: bool = True, wait_s: float = 1.0) -> RunOutcome:
    """Refresh the regions (all that have data where none is named) and publish one release.

    Raises
    ------
    ConfigError
        Where a region is unknown or there is no data at all.
    BusyError
        Where another run is at work on the same data folder, and still is after `wait_s` seconds.
    StorageError
        Where the data folder cannot be written.
    """
    regions = choose_regions(region_ids, run)
    with at_work(run, wait_s=wait_s):
        outcomes = tuple(_each(regions, run))
        outcome = release(outcomes, run) if publish else unpublished(outcomes, unread(run))
        note(outcome, run)
    return outcome


@contextmanager
def at_work(run: Run, *, wait_s: float = 1.0) -> Iterator[None]:
    """Hold the data folder for one run; what an earlier one left unfinished is cleared, what this one fails at noted.

    Raises
    ------
    BusyError, StorageError
        As `run_all`.
    ConfigError
        Where a folder of inputs is empty that held files in the last run.
    """
    with run.folder.lock(wait_s=wait_s):
        leftovers = [*clear_leftovers(run.folder), *clear_unpointed(run)]
        if leftovers:
            run.say(
                f"an earlier run was interrupted; its {len(leftovers)} unfinished outputs were removed, everything "
                "complete was kept"
            )
        with begin(run):
            refuse_emptied(run)
            keep_declared(run)
            log = decisions_of(run)
            for problem in (*log.problems, *copies_told(run.folder.decisions), *left_told(run.folder, log)):
                run.say(problem)
            set_sample_aside(run)
            rescue_registry(run)
            make_up_changes(run)
            # Before, too: on a full disk, or where nothing is new, fewer releases are to be kept from now on.
            remove_old_releases(run, log)
            yield
            remove_old_releases(run, log)
        run.hashes.save()


def _each(regions: Sequence[Region], run: Run) -> Iterator[RegionOutcome]:
    for done, region in enumerate(regions):
        run.advance(done, len(regions))
        yield _try_refresh(region, run)
    run.advance(len(regions), len(regions))


def _try_refresh(region: Region, run: Run) -> RegionOutcome:
    """Refresh one region; where it fails, its last good outputs stay and the others go on."""
    try:
        return refresh(region, run)
    except StorageError:
        # No other region could be written either.
        raise
    except Exception as problem:  # a fault in one region must not cost the others their night
        return failed(region.id, problem, run)


def failed(region_id: str, problem: BaseException | str, run: Run) -> RegionOutcome:
    """Say that a region failed; its last good outputs stay."""
    kept = last_stage(region_id, run)
    words = fault_told(problem)
    if isinstance(problem, BaseException) and not isinstance(problem, InducultError):
        run.say("".join(traceback.format_exception(problem)))
    run.say(f"{region_id}: failed: {words}" + (" The outputs of its last good run are kept." if kept else ""))
    return RegionOutcome(region_id, "stale" if kept else "failed", kept, words)


def refresh(region: Region, run: Run) -> RegionOutcome:
    """Build one region from its sources.

    Raises
    ------
    RegionError
        Where the region has no outline or none of its sources could be read.
    """
    return RegionOutcome(region.id, "fresh", settle(region, collect(region, run), run))


def collect(region: Region, run: Run, *, only: Container[str] | None = None, patient: bool = False) -> Collected:
    """Collect and harmonize the records of every source of a region (or of those named), and keep them.

    Raises
    ------
    RegionError
        Where the region has no outline.
    TransientError
        With `patient` alone: where a source may answer when it is asked again.
    """
    # The outline and the records share the time.
    until = min(run.ask_until, time.monotonic() + run.settings.overpass_deadline_s)
    run = replace(run, ask_until=until)
    try:
        ask = only is None or OSM in only
        land = kept_outline(region, run, extract=find_extract(region, run), ask=ask)
    except RegionError as problem:
        if patient and isinstance(problem.__cause__, TransientError) and problem.__cause__.soon:
            raise TransientError(str(problem)) from problem
        raise
    parts = gather_region(region, land, run, only=only, patient=patient)
    run.hashes.save()
    return keep_collected(region.id, run, parts, land.about, land.digest)


def settle_kept(region: Region, run: Run) -> Stage:
    """Settle a region with what was last collected of it: the second half of `refresh`, for whoever did the first.

    Raises
    ------
    RegionError
        Where nothing was collected, or nothing could be read.
    """
    collected = last_collected(region.id, run)
    if collected is None:
        raise RegionError(f"{region.id}: nothing was collected yet. Collect it first: inducult run {region.id}")
    return settle(region, collected, run)


def outcomes_of(told: Mapping[str, str | None], run: Run) -> list[RegionOutcome]:
    """Return what became of regions; `told` maps each to its failure, null where it is whole."""
    return [
        RegionOutcome(name, "fresh", last_stage(name, run)) if why is None else failed(name, why, run)
        for name, why in told.items()
    ]
