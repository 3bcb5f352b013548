"""The four stages as flows, each with one task a region: ingest OpenStreetMap, ingest partners, resolve, release.

Each can be started alone from the UI; `flows.refresh` starts them one after the other. Tasks take and give plain values
and paths, never frames. A failed region leaves the others whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture, wait
from prefect.runtime import task_run
from prefect.states import Completed, Failed
from prefect.tasks import exponential_backoff

from flows.parameters import (
    Parameters,
    ask_until,
    at_work,
    is_transient,
    run_name,
    run_of_task,
    slot,
    task_runner,
    words_of,
)
from inducult_geo import pipeline
from inducult_geo.catalog import OSM
from inducult_geo.collecting.gather import wide_or_kept
from inducult_geo.run import Run

RETRIES = 2
"""How often a server that may answer later is asked again, beyond the retries of each request."""

RETRY_FIRST = 6
"""The first wait between two tries, in `retry_base_s`."""

Told = dict[str, str | None]
"""Region -> why it failed, null where it is whole."""


@task(
    task_run_name="osm-{region_id}",
    retries=RETRIES,
    retry_condition_fn=is_transient,
    retry_jitter_factor=0.5,
)
def ingest_osm_of(region_id: str, parameters: Parameters) -> str:
    """Collect one region's records of OpenStreetMap; returns the region's folder."""
    run = run_of_task(parameters)
    with slot(run):
        # Who asks for the last time takes yesterday's records where there is no answer.
        patient = task_run.run_count <= RETRIES
        timed = replace(run, ask_until=ask_until(run))
        pipeline.collect(run.catalog.region(region_id), timed, only={OSM}, patient=patient)
    return str(run.folder.region(region_id))


@task(task_run_name="read-{source_id}")
def read_wide(source_id: str, parameters: Parameters) -> str:
    """Read and harmonize one wide source for all regions; returns its state."""
    run = run_of_task(parameters)
    return wide_or_kept(run.catalog.sources[source_id], run).facts.state


@task(task_run_name="partners-{region_id}")
def ingest_partners_of(region_id: str, parameters: Parameters) -> str:
    """Collect one region's records of its partners and its share of the wide sources; returns the region's folder."""
    run = run_of_task(parameters)
    pipeline.collect(run.catalog.region(region_id), run, only={*run.catalog.sources} - {OSM})
    return str(run.folder.region(region_id))


@task(task_run_name="resolve-{region_id}")
def resolve_one(region_id: str, parameters: Parameters) -> str:
    """Resolve one region's records into sites; returns the folder of its outputs."""
    run = run_of_task(parameters)
    return str(pipeline.settle_kept(run.catalog.region(region_id), run).folder)


@task(task_run_name="release")
def publish(told: Told, parameters: Parameters) -> pipeline.RunOutcome:
    """Publish one release; `told` maps each region of this run to its failure, null where it is whole."""
    run = run_of_task(parameters)
    return pipeline.release(pipeline.outcomes_of(told, run), run)


@flow(name="ingest-osm", flow_run_name=run_name)
def ingest_osm(parameters: Parameters) -> Any:
    """Collect OpenStreetMap's records of every region; gives each region's failure, null where it is whole."""
    asked = parameters.settled()
    run = asked.open()
    base_s = max(run.settings.retry_base_s * RETRY_FIRST, 0.01)
    ingest = ingest_osm_of.with_options(retry_delay_seconds=exponential_backoff(base_s))
    with at_work(run):
        return _told("osm", asked.regions, lambda region_id: ingest.submit(region_id, asked))


@flow(name="ingest-partners", flow_run_name=run_name)
def ingest_partners(parameters: Parameters) -> Any:
    """Collect the partners' records of every region; gives each region's failure, null where it is whole."""
    asked = parameters.settled()
    run = asked.open()
    with at_work(run):
        # Wide sources first, once: every region takes its share of what they keep.
        wait([read_wide.submit(contract.id, asked) for contract in run.catalog.wide_sources()])
        return _told("partners", asked.regions, lambda region_id: ingest_partners_of.submit(region_id, asked))


@flow(name="resolve", flow_run_name=run_name)
def resolve(parameters: Parameters, failed: dict[str, str] | None = None) -> Any:
    """Resolve every region's records into sites; `failed` names regions that cannot be, with the reason."""
    asked = parameters.settled()
    run = asked.open()
    lost = failed or {}
    whole = [region_id for region_id in asked.regions if region_id not in lost]
    with at_work(run):
        return _told("resolve", whole, lambda region_id: resolve_one.submit(region_id, asked), lost)


@flow(name="release", flow_run_name=run_name)
def release(parameters: Parameters, failed: dict[str, str] | None = None) -> Any:
    """Publish one release of all regions as they were last kept; `failed` names those that are not of this night."""
    asked = parameters.settled()
    lost = failed or {}
    with at_work(asked.open()):
        outcome = publish({region_id: lost.get(region_id) for region_id in asked.regions}, asked)
    return Completed(message=outcome.sentence, data=outcome)


def on_cluster(stage: Any, run: Run) -> Any:
    """Return a stage's flow with its tasks where the run wants them."""
    return stage.with_options(task_runner=task_runner(run))


def _told(
    what: str,
    regions: list[str],
    submit: Callable[[str], PrefectFuture[Any]],
    lost: Mapping[str, str] | None = None,
) -> Any:
    """Run one task a region, wait for all, and say what became of each."""
    shown = cast("UUID", create_progress_artifact(0.0, key=f"progress-{what}", description=f"{what}: regions done"))
    futures = {region_id: submit(region_id) for region_id in regions}
    told: Told = dict(lost or {})
    for done, (region_id, future) in enumerate(futures.items(), start=1):
        wait([future])
        told[region_id] = words_of(future.state)
        update_progress_artifact(shown, 100.0 * done / len(futures))
    failures = {region_id: why for region_id, why in told.items() if why is not None}
    if not failures:
        return Completed(message=f"{len(told)} of {len(told)} regions", data=told)
    named = "; ".join(f"{region_id} ({why.rstrip('.')})" for region_id, why in sorted(failures.items()))
    return Failed(message=f"{len(told) - len(failures)} of {len(told)} regions; failed: {named}", data=told)
