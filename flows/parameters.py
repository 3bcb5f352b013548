"""What the flows are asked to do, and what they all share: the run, its log, names, retries and where tasks run."""

from __future__ import annotations

import logging
import math
import os
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from typing import Any, Literal

from prefect import get_run_logger
from prefect.client.schemas.objects import State, TaskRun
from prefect.concurrency.sync import concurrency
from prefect.context import TaskRunContext
from prefect.runtime import flow_run, task_run
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from pydantic import BaseModel, Field

from flows.limits import OVERPASS
from inducult_geo import pipeline
from inducult_geo.collecting.at_hand import choose_regions
from inducult_geo.errors import ConfigError, InducultError, StorageError, TransientError
from inducult_geo.outcome import last_run
from inducult_geo.run import Run, open_run
from inducult_geo.settings import NamedPath

LOCK_WAIT_S = 3600.0
"""Regions on staggered schedules may still meet: the later one waits for the data folder."""

THREADS = 2


class ToldAlready(logging.Filter):
    """Leaves out an "unexpected exception" of runs that failed by name: Prefect finds it odd that a failure is told."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what Prefect says, with the places in its code, where a failed run hands on what became of it."""
        problem = record.exc_info[1] if record.exc_info else None
        return not (isinstance(problem, TypeError) and str(problem).startswith("Unexpected result for failed state"))


logging.getLogger("prefect.flow_runs").addFilter(ToldAlready())


class SaidOnce(logging.Filter):
    """Says why a server is asked again, and of the same reason once: Prefect tells all of it before each try."""

    OF_PREFECT = "Task run failed with %s: %r - Retry %s/%s will start %s"

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Reword what Prefect says of a task that is tried again."""
        if record.msg != self.OF_PREFECT or not isinstance(record.args, tuple):
            return True
        _, problem, number, most, when = record.args
        task, why = str(getattr(record, "task_run_id", "")), str(problem)
        is_news = self._told.get(task) != why
        self._told[task] = why
        if number == most:
            del self._told[task]
        # "9.3718 second(s) from now", or "immediately".
        wait, _, in_seconds = str(when).partition(" ")
        soon = f"in {float(wait):.0f} s" if in_seconds else "at once"
        told = why if is_news else "The same as before."
        record.msg, record.args = (
            "%s Asked again %s (try %s of %s).",
            (told, soon, int(str(number)) + 1, int(str(most)) + 1),
        )
        return True


logging.getLogger("prefect.task_runs").addFilter(SaidOnce())


class Parameters(BaseModel):
    """What a flow is asked to do; the Prefect UI shows it as a form."""

    regions: list[str] = Field(default=[], title="Regions", description="Regions by id; all that have data if empty.")
    data: NamedPath | None = Field(default=None, title="Data folder", description="With raw/ and processed/.")
    catalogs: list[NamedPath] = Field(
        default=[], title="Catalogs", description="Catalog folders over the built-in one."
    )
    osm: Literal["files", "overpass", "none"] = Field(
        default="files", title="OpenStreetMap", description="From extracts, from an Overpass server, or not at all."
    )
    osm_file: NamedPath | None = Field(default=None, title="Extract", description="One extract for all regions.")
    afresh: bool = Field(default=False, title="Afresh", description="Run every stage, changed or not.")
    afresh_sources: list[str] = Field(
        default=[],
        title="Sources afresh",
        description="Sources by id that are taken as they come, whatever they were before.",
    )

    def open(self) -> Run:
        """Prepare the run that these parameters describe."""
        return open_run(
            self.data,
            catalogs=self.catalogs,
            osm=self.osm,
            osm_file=self.osm_file,
            say=say,
            afresh=self.afresh,
            afresh_sources=self.afresh_sources,
        )

    @property
    def command(self) -> str:
        """What a person types to do the same by hand; without data of its own choice, as the settings say."""
        words = ["inducult", "run", *self.regions]
        words += [] if self.data is None else ["--data", str(self.data.resolve())]
        words += [word for path in self.catalogs for word in ("--catalog", str(path.resolve()))]
        words += [] if self.osm_file is None else ["--osm", str(self.osm_file.resolve())]
        return shlex.join(words + (["--overpass"] if self.osm == "overpass" else []))

    def settled(self) -> Parameters:
        """Return the same with every region named and every path absolute: so a worker elsewhere understands them.

        Raises
        ------
        ConfigError
            Where a region is unknown or none has data.
        """
        run = self.open()
        return self.model_copy(
            update={
                "regions": [region.id for region in choose_regions(self.regions, run)],
                "data": run.folder.root.resolve(),
                "catalogs": [path.resolve() for path in self.catalogs],
                "osm_file": None if self.osm_file is None else self.osm_file.resolve(),
            }
        )


def run_of_task(parameters: Parameters) -> Run:
    """Prepare what a task works with: on another machine it must see the folder that the flow holds, not one like it.

    Raises
    ------
    StorageError
        Where no run is at work on what is seen here: a worker of its own files would give each region what these tell.
    """
    run = parameters.open()
    noted = last_run(run.folder)
    if noted is None or noted.get("ended") is not None:
        raise StorageError(
            f"{run.folder.root}: the worker on {socket.gethostname()} does not see the data folder of this run there. "
            "Every worker needs that one under the same path, on shared storage."
        )
    return run


def say(text: str) -> None:
    """Log a step where Prefect shows it; outside of a run there is nobody to tell."""
    with suppress(RuntimeError):
        get_run_logger().info(text)


def is_transient(_task: Any, _task_run: TaskRun, state: State[Any]) -> bool:
    """Return whether a failure may pass when asked again."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


def words_of(state: State[Any]) -> str | None:
    """Return a failed task's reason in its own words; null where it is whole."""
    if state.is_completed():
        return None
    if not state.is_final():
        return "its worker gave no answer; look at the worker's log"
    problem = state.result(raise_on_failure=False)
    return str(problem) if isinstance(problem, InducultError) else f"{type(problem).__name__}: {problem}"


def run_name() -> str:
    """Name a flow run by its regions and the time that it was meant for."""
    given = flow_run.parameters.get("parameters") or {}
    names = given.get("regions") if isinstance(given, dict) else getattr(given, "regions", None)
    shown = ", ".join([*(names or ())][:3]) + (f" and {len(names) - 3} more" if names and len(names) > 3 else "")
    when = flow_run.scheduled_start_time
    return f"{shown or 'all regions'} {when:%Y-%m-%d %H:%M}"


@contextmanager
def at_work(run: Run) -> Iterator[None]:
    """Hold the data folder, unless this flow is a part of one that does."""
    alone = flow_run.parent_flow_run_id is None
    with pipeline.at_work(run, wait_s=LOCK_WAIT_S) if alone else nullcontext():
        yield


@contextmanager
def slot(run: Run) -> Iterator[None]:
    """Wait for one of the slots that the Overpass servers are asked with; nobody waits for a file."""
    with concurrency(OVERPASS, strict=True) if run.osm == "overpass" else nullcontext():
        yield


def ask_until(run: Run) -> float:
    """Return until which moment of `time.monotonic` this task asks servers: its tries share the time of one region.

    The first one has all of it, however long it waited for its slot.
    """
    context = TaskRunContext.get()
    began = context.task_run.start_time if context is not None else None
    if began is None or task_run.run_count <= 1:
        return math.inf
    return time.monotonic() + run.settings.overpass_deadline_s - (datetime.now(UTC) - began).total_seconds()


def task_runner(run: Run) -> TaskRunner[Any]:
    """Return where tasks run: on the Dask cluster that is set, else in threads.

    Raises
    ------
    ConfigError
        Where the cluster's workers would not know which server to tell.
    """
    if run.settings.dask_address is None:
        return ThreadPoolTaskRunner(max_workers=THREADS)
    if not os.environ.get("PREFECT_API_URL"):
        raise ConfigError(
            "tasks on a Dask cluster need a Prefect server that every worker reaches: set PREFECT_API_URL to it, "
            "for the workers as well."
        )
    from prefect_dask.task_runners import DaskTaskRunner

    runner: TaskRunner[Any] = DaskTaskRunner(address=run.settings.dask_address)
    return runner
