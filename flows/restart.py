"""What a restart of the service keeps and drops: a pause that a person made stays, of missed nights one is run.

Prefect registers a deployment anew each time that it is served, on its schedule, and makes up for every run that fell
into the time when nobody served; the last of them does the work of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

MISSED = "missed while nobody served; a later run does its work"
_PAGE = 200


def keep_pauses(deployments: Iterable[RunnerDeployment]) -> None:
    """Pause the deployments, and the schedules, that are paused on the server in use."""
    made = {str(one.name): one for one in deployments}
    with get_client(sync_client=True) as client:
        known = client.read_deployments(deployment_filter=_named(made))
    for before in known:
        again = made[before.name]
        again.paused = before.paused
        if before.schedules and not any(one.active for one in before.schedules):
            for schedule in again.schedules or ():
                schedule.active = False


def drop_missed(deployments: Iterable[RunnerDeployment]) -> int:
    """Cancel the runs that are overdue, but for the latest of each deployment; returns how many those are."""
    overdue: dict[str, Any] = {
        "state": {"type": {"any_": [StateType.SCHEDULED]}},
        "expected_start_time": {"before_": datetime.now(UTC)},
    }
    kept, dropped = set(), 0
    with get_client(sync_client=True) as client:
        late = client.read_flow_runs(
            deployment_filter=_named(str(one.name) for one in deployments),
            flow_run_filter=FlowRunFilter.model_validate(overdue),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=_PAGE,
        )
        for run in late:
            if run.deployment_id in kept:
                client.set_flow_run_state(run.id, Cancelled(message=MISSED), force=True)
                dropped += 1
            kept.add(run.deployment_id)
    return dropped


def _named(names: Iterable[str]) -> DeploymentFilter:
    return DeploymentFilter(name=DeploymentFilterName(any_=[*names]))
