"""Refresh the regions and publish one release, as a Prefect flow; `python -m flows.refresh` runs it once.

A task a wide source, a task a region and stage (collect, resolve), one task for the release. Tasks take and give plain
values and paths, never frames. A failed region leaves the others whole: the flow publishes them, then fails and names
what is missing.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture, wait
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, Field

from inducult_geo import pipeline
from inducult_geo.errors import InducultError, RegionError, TransientError
from inducult_geo.gather import gather_wide
from inducult_geo.run import Run, open_run
from inducult_geo.stage import RegionOutcome, last_collected, last_stage

LOCK_WAIT_S = 3600.0
"""Regions on staggered schedules may still meet: the later one waits for the data folder."""


class Parameters(BaseModel):
    """What the flow is asked to do; the Prefect UI shows it as a form."""

    regions: list[str] = Field(default=[], description="Regions by id; all that have data where empty.")
    data: Path | None = Field(default=None, description="The data folder.")
    catalogs: list[Path] = Field(default=[], description="Catalog folders over the built-in one.")
    osm: Literal["files", "overpass", "none"] = Field(default="files", description="Where OpenStreetMap comes from.")
    osm_file: Path | None = Field(default=None, description="One extract for all regions.")

    def open(self) -> Run:
        """Prepare the run that these parameters describe."""
        return open_run(self.data, catalogs=self.catalogs, osm=self.osm, osm_file=self.osm_file, say=_say)


def is_transient(_task: Any, _task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether a failure may pass when asked again."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


@task(task_run_name="read-{source_id}")
def gather_source(source_id: str, parameters: Parameters) -> str:
    """Read and harmonize one wide source for all regions; returns its state."""
    run = parameters.open()
    return gather_wide(run.catalog.sources[source_id], run).facts.state


@task(task_run_name="collect-{region_id}", retries=2, retry_delay_seconds=30, retry_condition_fn=is_transient)
def collect_region(region_id: str, parameters: Parameters) -> str:
    """Collect and harmonize one region's records; returns their folder."""
    run = parameters.open()
    return str(pipeline.collect(run.catalog.region(region_id), run).folder)


@task(task_run_name="resolve-{region_id}")
def resolve_region(region_id: str, parameters: Parameters) -> str:
    """Resolve one region's records into sites; returns the folder of its outputs."""
    run = parameters.open()
    collected = last_collected(region_id, run)
    if collected is None:
        raise RegionError(f"{region_id}: what was collected is gone. Run again.")
    outcome = pipeline.settle(run.catalog.region(region_id), collected, run)
    assert outcome.stage is not None  # noqa: S101 - a region that was settled has its stage
    return str(outcome.stage.folder)


@task(task_run_name="release")
def publish_release(told: dict[str, str | None], parameters: Parameters) -> pipeline.RunOutcome:
    """Publish one release; `told` maps each region of this run to its failure, null where it is fresh."""
    run = parameters.open()
    return pipeline.release([_outcome(name, why, run) for name, why in told.items()], run)


def _run_name() -> str:
    parameters = flow_run.parameters.get("parameters") or {}
    names = parameters.get("regions") if isinstance(parameters, dict) else getattr(parameters, "regions", None)
    when = flow_run.scheduled_start_time
    return f"{', '.join(names or ()) or 'all regions'} {when:%Y-%m-%d %H:%M}"


@flow(name="refresh", flow_run_name=_run_name, task_runner=ThreadPoolTaskRunner(max_workers=2))  # type: ignore[arg-type]
def refresh(parameters: Parameters | None = None) -> State[Any]:
    """Refresh the regions, publish what is whole, and fail by name for the rest."""
    asked = parameters or Parameters()
    run = asked.open()
    regions = [region.id for region in pipeline.choose_regions(asked.regions, run)]
    with run.folder.lock(wait_s=LOCK_WAIT_S):
        # Wide sources first, once: every region takes its share of what they keep.
        wait([gather_source.submit(contract.id, asked) for contract in run.catalog.wide_sources()])
        collected = {region_id: collect_region.submit(region_id, asked) for region_id in regions}
        resolved = {
            region_id: resolve_region.submit(region_id, asked, return_state=False, wait_for=[future])
            for region_id, future in collected.items()
        }
        told = {region_id: _failure(collected[region_id], resolved[region_id]) for region_id in regions}
        outcome = publish_release(told, asked)
    _table(outcome)
    whole = sum(one.is_whole for one in outcome.regions)
    if outcome.exit_code == 0:
        return Completed(message=f"{whole}/{len(regions)} regions", data=outcome)
    failed = ", ".join(_named(one) for one in outcome.regions if not one.is_whole)
    return Failed(message=f"{whole}/{len(regions)} regions whole; failed: {failed}", data=outcome)


def _failure(*futures: PrefectFuture[Any]) -> str | None:
    """Wait for a region's tasks, whatever becomes of them; return the first failure in its own words."""
    wait([*futures])
    failed = [future.state for future in futures if not future.state.is_completed()]
    if not failed:
        return None
    problem = failed[0].result(raise_on_failure=False)
    return str(problem) if isinstance(problem, InducultError) else f"{type(problem).__name__}: {problem}"


def _outcome(region_id: str, failure: str | None, run: Run) -> RegionOutcome:
    stage = last_stage(region_id, run)
    if failure is None:
        return RegionOutcome(region_id, "fresh", stage)
    return RegionOutcome(region_id, "stale" if stage else "failed", stage, failure)


def _named(outcome: RegionOutcome) -> str:
    sources = ", ".join(fact.source for fact in outcome.failed_sources)
    return f"{outcome.region} ({sources})" if sources else outcome.region


def _table(outcome: pipeline.RunOutcome) -> None:
    rows = [
        {
            "region": one.region,
            "state": one.state,
            **(one.stage.counts.__dict__ if one.stage else {}),
            "sites": one.stage.n_sites if one.stage else 0,
            "message": one.message or "",
        }
        for one in outcome.regions
    ]
    create_table_artifact(key="counts", table=rows, description=f"Release {outcome.release}")


def _say(text: str) -> None:
    """Log a step where Prefect shows it; outside of a run there is nobody to tell."""
    with suppress(RuntimeError):
        get_run_logger().info(text)


def main(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder.")] = None,
    catalog: Annotated[list[Path] | None, typer.Option("--catalog", help="A catalog folder. Repeatable.")] = None,
    osm: Annotated[Path | None, typer.Option("--osm", help="One extract for the regions.")] = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from Overpass.")] = False,
) -> None:
    """Run the flow once, here; gives the same release as `inducult run`."""
    from inducult_geo.display import console
    from inducult_geo.report import outcome_tables

    parameters = Parameters(
        regions=regions or [],
        data=data,
        catalogs=catalog or [],
        osm="overpass" if overpass else "files",
        osm_file=osm,
    )
    try:
        parameters.open()
    except InducultError as problem:
        sys.stderr.write(f"inducult: {problem}\n")
        raise typer.Exit(2) from problem
    state = refresh(parameters, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, pipeline.RunOutcome):
        outcome_tables(outcome, parameters.open(), console())
        raise typer.Exit(outcome.exit_code)
    sys.stderr.write(f"inducult: {state.message}\n")
    raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
