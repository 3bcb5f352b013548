"""What a restart of the service keeps and drops: a pause stays, of missed nights one is run, what broke off runs again.

Prefect registers a deployment anew each time that it is served, on its schedule, and makes up for every run that fell
into the time when nobody served; the last of them does the work of all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled, Crashed

from inducult_geo.errors import BusyError
from inducult_geo.store import DataFolder

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

MISSED = "missed while nobody served; a later run does its work"
BROKEN = "broke off when the service ended"
_AT_WORK = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_PAGE = 200


def keep_pauses(deployments: Iterable[RunnerDeployment]) -> None:
    """Pause the deployments, and the schedules, that are paused on the server in use."""
    made = {str(one.name): one for one in deployments}
    with get_client(sync_client=True) as client:
        known = client.read_deployments(**_ours(made.values()))
    for before in known:
        again = made[before.name]
        again.paused = before.paused
        if before.schedules and not any(one.active for one in before.schedules):
            for schedule in again.schedules or ():
                schedule.active = False


def retire(deployments: Iterable[RunnerDeployment], folder: DataFolder) -> list[str]:
    """Take the regions of this data folder that are served no more off the server; returns their names.

    Nobody would take up their runs to come, and the pages would tell each as late. A paused one has none, and stays.
    """
    made = [*deployments]
    names = {str(one.name) for one in made}
    flows = {str(one.flow_name) for one in made}
    gone: list[str] = []
    with get_client(sync_client=True) as client:
        for one in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[*flows]))):
            given = one.parameters.get("parameters")
            is_made_here = isinstance(given, dict) and given.get("regions") == [one.name]
            if is_made_here and _is_of(folder, one.parameters) and one.name not in names and not one.paused:
                client.delete_deployment(one.id)
                gone.append(one.name)
    return sorted(gone)


def drop_missed(deployments: Iterable[RunnerDeployment]) -> int:
    """Cancel overdue runs of which a later one does the same work; returns how many those are.

    The same work is that of one deployment with the same parameters: what a person asked for otherwise stays.
    """
    overdue: dict[str, Any] = {
        "state": {"type": {"any_": [StateType.SCHEDULED]}},
        "expected_start_time": {"before_": datetime.now(UTC)},
    }
    kept: set[tuple[Any, str]] = set()
    dropped = 0
    with get_client(sync_client=True) as client:
        latest_first = {"sort": FlowRunSort.EXPECTED_START_TIME_DESC}
        for run in _runs(client, overdue, **_ours(deployments), **latest_first):
            work = (run.deployment_id, json.dumps(run.parameters, sort_keys=True, default=str))
            if work in kept:
                client.set_flow_run_state(run.id, Cancelled(message=MISSED), force=True)
                dropped += 1
            kept.add(work)
    return dropped


def make_up(deployments: Iterable[RunnerDeployment], folder: DataFolder) -> int:
    """Run again what was at work when the service ended, which nobody else does; returns how many runs those are.

    For the one service of a data folder, before it begins. Whoever ended a run by hand, or paused its schedule, does
    not want it again. Where a run still holds the folder nothing is done: it may be one of these.
    """
    try:
        with folder.lock(wait_s=0), get_client(sync_client=True) as client:
            return _made_up(_ours(deployments), folder, client)
    except BusyError:
        return 0


def _made_up(ours: dict[str, Any], folder: DataFolder, client: SyncPrefectClient) -> int:
    known = {one.id: one for one in client.read_deployments(**ours)}
    left: dict[str, Any] = {"state": {"type": {"any_": _AT_WORK}}}
    again = 0
    for run in _runs(client, left, **ours):
        deployment = known.get(run.deployment_id) if run.deployment_id else None
        if deployment is None or not _is_of(folder, run.parameters):
            continue
        stages = _runs(client, {**left, "parent_flow_run_id": {"any_": [run.id]}})
        is_unwanted = run.state_type == StateType.CANCELLING
        for one in (*stages, run):
            end = Cancelled if is_unwanted else Crashed
            client.set_flow_run_state(one.id, end(message=BROKEN), force=True)
        if not is_unwanted and not deployment.paused:
            client.create_flow_run_from_deployment(deployment.id, parameters=run.parameters)
            again += 1
    return again


def _runs(client: SyncPrefectClient, about: dict[str, Any], **asked: Any) -> list[FlowRun]:
    """Return all runs that a filter lets through: the server gives so many at once."""
    found: list[FlowRun] = []
    asked["flow_run_filter"] = FlowRunFilter.model_validate(about)
    while page := client.read_flow_runs(**asked, limit=_PAGE, offset=len(found)):
        found += page
    return found


def _is_of(folder: DataFolder, parameters: dict[str, Any]) -> bool:
    """Whether a run is one of this data folder: a server of many may have services of several."""
    given = parameters.get("parameters")
    return isinstance(given, dict) and given.get("data") == str(folder.root.resolve())


def _ours(deployments: Iterable[RunnerDeployment]) -> dict[str, Any]:
    """Return the filters for these deployments: on a server of many, another flow may have one of the same name."""
    made = [*deployments]
    return {
        "flow_filter": FlowFilter(name=FlowFilterName(any_=[str(one.flow_name) for one in made])),
        "deployment_filter": DeploymentFilter(name=DeploymentFilterName(any_=[str(one.name) for one in made])),
    }
