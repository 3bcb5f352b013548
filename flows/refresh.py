"""One night: collect, resolve and release, as one Prefect flow; `python -m flows.refresh` runs it once.

The stages are flows of their own (`flows.stages`). A failed region or source leaves the others whole: the flow
publishes them, then fails with one sentence that names everything that is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.flows import FlowStateHook
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed

from flows import stages
from flows.artifacts import show
from flows.environment import reached
from flows.limits import create_limits
from flows.parameters import Parameters, at_work, run_name, task_runner, words_of
from flows.telling import tell_crash, tell_outcome
from inducult_geo import pipeline
from inducult_geo.cli.common import Catalogs, Data, exit_code, named_path, set_up_output
from inducult_geo.errors import InducultError
from inducult_geo.outcome import note

CRASHED = [cast("FlowStateHook[..., Any]", tell_crash)]


@flow(name="refresh", flow_run_name=run_name, on_crashed=CRASHED, on_failure=CRASHED)
def refresh(parameters: Parameters | None = None) -> State[Any]:
    """Refresh the regions, publish what is whole, and fail by name for the rest."""
    given = parameters or Parameters()
    asked = given.settled()
    run = asked.open()
    with at_work(run):
        told: dict[str, str] = {}
        for stage in (stages.ingest_osm, stages.ingest_partners):
            told = _failures(stages.on_cluster(stage, run)(asked, return_state=True), asked.regions) | told
        resolved = stages.on_cluster(stages.resolve, run)(asked, failed=told, return_state=True)
        told = _failures(resolved, asked.regions) | told
        published = stages.on_cluster(stages.release, run)(asked, failed=told, return_state=True)
        outcome = published.result()
        note(outcome, run)
    show(outcome, run)
    tell_outcome(outcome, run, again=given.command)
    end = Completed if outcome.exit_code == 0 else Failed
    return end(message=outcome.sentence, data=outcome)


def _failures(state: State[Any], regions: list[str]) -> dict[str, str]:
    """Return the regions that a stage failed for, with the reason; all of them where the stage itself broke."""
    told = state.result(raise_on_failure=False)
    if isinstance(told, dict):
        return {region_id: why for region_id, why in told.items() if why is not None}
    return dict.fromkeys(regions, words_of(state) or "the stage did not end")


def main(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
    osm: Annotated[Path | None, typer.Option("--osm", parser=named_path, help="One extract for the regions.")] = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from Overpass.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Run every stage, changed or not.")] = False,
    afresh_source: Annotated[
        list[str] | None, typer.Option("--afresh-source", help="Take this source as it comes. Repeatable.")
    ] = None,
) -> None:
    """Run the flow once, here; gives the same release as `inducult run`."""
    from inducult_geo.display import console
    from inducult_geo.report import outcome_tables

    set_up_output()
    parameters = Parameters(
        regions=regions or [],
        data=data,
        catalogs=catalog or [],
        osm="overpass" if overpass else "files",
        osm_file=osm,
        afresh=afresh,
        afresh_sources=afresh_source or [],
    )
    try:
        task_runner(parameters.settled().open())
        reached(PREFECT_API_URL.value())
    except InducultError as problem:
        sys.stderr.write(f"inducult: {problem}\n")
        raise typer.Exit(exit_code(problem)) from problem
    create_limits()
    state = refresh(parameters, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, pipeline.RunOutcome):
        outcome_tables(outcome, parameters.open(), console())
        raise typer.Exit(outcome.exit_code)
    sys.stderr.write(f"inducult: {words_of(state) or state.message}\n")
    raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
