"""One command for every night: a Prefect server on loopback, and the catalog's schedules served by it.

`python -m flows.serve` (or `inducult serve`). The server's state lives in the data folder (SQLite; another database
where `INDUCULT_DATABASE_URL` names one); where `PREFECT_API_URL` names a server, that one is used. Releases are shown
on loopback beside it. SIGINT and SIGTERM end all of it cleanly.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from flows.environment import reached
from flows.shelf import LOOPBACK, shelf
from inducult_geo.cli.common import Catalogs, Data, exit_code
from inducult_geo.collecting.at_hand import choose_regions
from inducult_geo.errors import ConfigError, InducultError
from inducult_geo.run import Run, open_run
from inducult_geo.sources.web.http import shown
from inducult_geo.store import DataFolder, held, storing
from inducult_geo.text import counted

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner
    from pydantic import SecretStr

START_S, STOP_S, LOOK_S = 180.0, 20.0, 1.0
PAGES = "pages"
LOG_BYTES = 10_000_000
"""A larger log of the server is put aside when the service starts, in place of the one before it."""


def deployments(run: Run, *, data: Path, catalogs: list[Path], regions: Sequence[str] = ()) -> list[RunnerDeployment]:
    """Return one deployment a region, of those named or all that have data, on its schedule and in its time zone.

    Raises
    ------
    ConfigError
        Where a schedule is none.
    """
    from prefect.schedules import Cron

    from flows.refresh import refresh

    made = []
    for region in choose_regions(regions, run):
        cron = run.settings.serve_cron or region.schedule
        try:
            schedule = Cron(cron, timezone=region.timezone)
        except ValueError:
            where = "INDUCULT_SERVE_CRON" if run.settings.serve_cron else "`schedule` in its TOML"
            raise ConfigError(
                f"{region.id}: '{cron}' is no schedule. Write {where} as cron does: '0 2 * * *' is two at night."
            ) from None
        parameters = {
            "regions": [region.id],
            "data": str(data.resolve()),
            "catalogs": [str(path.resolve()) for path in catalogs],
            "osm": run.osm,
        }
        deployment = refresh.to_deployment(
            name=region.id,
            description=region.title,
            schedule=schedule,
            parameters={"parameters": parameters},
            tags=["inducult"],
        )
        made.append(cast("RunnerDeployment", deployment))
    return made


@contextmanager
def server(
    home: Path, *, port: int, database: SecretStr | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a Prefect server on loopback with its state in `home`, or in a database; gives its API's address, and itself.

    Raises
    ------
    InducultError
        Where it does not answer in time; its log is named.
    """
    with storing(home):
        (home / PAGES).mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    url = f"http://{LOOPBACK}:{port}/api"
    # The pages in the browser ask the API at this address, not at the default port.
    environment = {**os.environ, "PREFECT_HOME": str(home.resolve()), "PREFECT_UI_API_URL": url}
    # Of itself Prefect keeps every run for ever, with its log and artifacts; so those of the last 90 days stay.
    environment.setdefault("PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED", "events,flow_runs")
    # Of itself Prefect unpacks its pages where it is installed, where a service may not write: then there are none.
    environment.setdefault("PREFECT_UI_STATIC_DIRECTORY", str(home.resolve() / PAGES))
    if database is not None:
        # By the environment, never by the command line: there every user of the machine could read it.
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database.get_secret_value()
    command = [*_tied(), sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name("server.log.1"))
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter, no text from outside
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(url, child, log, by=None if database is None else "the database of INDUCULT_DATABASE_URL")
        yield url, child
    finally:
        _stop(child)


def _tied() -> list[str]:
    """Return words before a command that let it end with its parent, even a killed one; none on some systems.

    A server that is left behind keeps its port, and two of them lock each other out of one SQLite database.
    """
    words = ["setpriv", "--pdeathsig", "INT"]
    if shutil.which(words[0]) is None:
        return []
    # Some systems have one that does less.
    does = subprocess.run([*words, sys.executable, "-c", ""], capture_output=True, check=False)  # noqa: S603 - as above
    return words if does.returncode == 0 else []


def free_port(wanted: int) -> int:
    """Return `wanted` where nobody listens on it, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigError("no free port on loopback")


def _ask_directly() -> None:
    """Keep what is asked on loopback, here and in the runs, from the proxy that an office's machines are set to."""
    for name in ("no_proxy", "NO_PROXY"):
        told = os.environ.get(name, "")
        # A star by itself means every address, in a list none.
        os.environ[name] = told if told == "*" else ",".join(filter(None, (told, LOOPBACK)))


def _wait(url: str, child: subprocess.Popen[bytes], log: Path, *, by: str | None) -> None:
    import requests

    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            hint = (
                f" Does {by} answer, and is it written as postgresql+asyncpg://user:password@host/name?" if by else ""
            )
            raise InducultError(f"the Prefect server ended at once; its log is {log}.{hint}")
        with suppress(requests.RequestException):
            if requests.get(f"{url}/health", timeout=5).ok:
                return
        time.sleep(0.5)
    raise InducultError(f"the Prefect server did not answer within {START_S:.0f} s; its log is {log}.")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGINT)
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from an Overpass server.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the server on loopback.", min=0, max=65535)] = 4200,
) -> None:
    """Serve the schedules of the regions until interrupted."""
    try:
        run = open_run(data, catalogs=catalog or (), osm="overpass" if overpass else "files")
        choose_regions(regions or [], run)
        # A shell that starts a program in the background lets it ignore SIGINT: here it always ends.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _as_interrupt)
        _start(run, catalog or [], port, regions or [])
    except InducultError as problem:
        sys.stderr.write(f"inducult: {problem}\n")
        raise typer.Exit(exit_code(problem)) from problem


@contextmanager
def alone(folder: DataFolder) -> Iterator[Path]:
    """Be the one service of a data folder; gives the folder of its state.

    Two of them would lock each other out of one database, and each take the other's runs for its own.

    Raises
    ------
    BusyError
        Where another one serves it.
    """
    home = folder.processed / ".prefect"
    with storing(home):
        busy = f"{folder.root}: another service serves this data folder. Leave it to that one, or end it first."
        lock = held(home, busy, wait_s=0)
    with lock:
        yield home


def _start(run: Run, catalogs: list[Path], port: int, regions: Sequence[str] = ()) -> None:
    """Serve on the server that the environment names, else on one of our own."""
    existing = reached()
    with alone(run.folder) as home:
        if existing:
            _serve(run, catalogs, existing, None, regions)
            return
        _ask_directly()
        chosen = free_port(port)
        if port not in (0, chosen):
            sys.stdout.write(f"Port {port} is taken by another program: the pages are at another one.\n")
        with server(home, port=chosen, database=run.settings.database_url) as (url, child):
            os.environ["PREFECT_API_URL"] = url
            os.environ["PREFECT_HOME"] = str(home.resolve())
            try:
                _serve(run, catalogs, url, child, regions)
            except InducultError:
                raise
            except Exception as problem:
                if not _has_ended(child):
                    raise
                # While the schedules were told to it.
                raise _of_ended(child) from problem


def _serve(
    run: Run, catalogs: list[Path], url: str, child: subprocess.Popen[bytes] | None, regions: Sequence[str]
) -> None:
    # Imported now: Prefect reads the address of its server once, when it is imported.
    from prefect.runner import Runner

    from flows.limits import create_limits
    from flows.restart import drop_missed, keep_pauses, make_up, retire

    class Served(Runner):
        """Prefect's runner, which SIGTERM ends as SIGINT does; its own way leaves a traceback and a run behind."""

        def handle_sigterm(self, *_arguments: object, **_named: object) -> None:
            signal.raise_signal(signal.SIGINT)

    logging.getLogger("prefect.runner").addFilter(Waiting())
    create_limits()
    runner = Served(pause_on_shutdown=False, limit=1)
    made = deployments(run, data=run.folder.root, catalogs=catalogs, regions=regions)
    keep_pauses(made)
    broken = make_up(made, run.folder)
    retired = retire(made, run.folder)
    missed = drop_missed(made)
    run.folder.releases.mkdir(parents=True, exist_ok=True)
    with shelf(run.folder.releases) as address:
        # The runs are processes of their own: they learn the address from the environment.
        os.environ.setdefault("INDUCULT_RELEASES_URL", address)
        shown_at = url.removesuffix("/api")
        sys.stdout.write(f"{counted(len(made), 'region')} scheduled. Open {shown_at} in a browser; Ctrl-C ends.\n")
        if retired:
            sys.stdout.write(f"Not served any more: {', '.join(retired)}.\n")
        if broken:
            sys.stdout.write(f"{counted(broken, 'run')} broke off when the service ended, and run again.\n")
        if missed:
            sys.stdout.write(f"{counted(missed, 'missed run')} dropped: a later one does the same work.\n")
        sys.stdout.flush()
        for deployment in made:
            runner.add_deployment(deployment)
        # Not `asyncio.run`: at its end it waits for every task, and one that an interrupt met badly may never end.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_until_interrupted(runner, url, child))
        sys.stdout.write("ended\n")


class Waiting(logging.Filter):
    """Says in plain words, and once, that runs wait: Prefect tells it every few seconds, as runs that are skipped."""

    told: object = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Reword what Prefect says of runs that wait; drop what was said before."""
        if "skipped (at capacity)" not in str(record.msg):
            return True
        record.msg = "one run at a time; waiting for the one at work: %d"
        is_news, self.told = record.args != self.told, record.args
        return is_news


async def _until_interrupted(runner: Runner, url: str, child: subprocess.Popen[bytes] | None) -> None:
    """Serve until SIGINT or SIGTERM; then let the runner end its runs, but not longer than `STOP_S`.

    Raises
    ------
    InducultError
        Where the server is gone: whoever started the service starts it anew, with a server.
    """
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    serving, waiting = asyncio.ensure_future(runner.start()), asyncio.ensure_future(told.wait())
    watching = asyncio.ensure_future(_gone(child))
    await asyncio.wait({serving, waiting, watching}, return_when=asyncio.FIRST_COMPLETED)
    is_told = told.is_set()
    for task in (serving, waiting, watching):
        task.cancel()
    await asyncio.wait({serving, waiting, watching}, timeout=STOP_S)
    if is_told:
        return
    # Whoever asks it may find it gone before it is looked after.
    if child is not None and _has_ended(child):
        raise _of_ended(child)
    problem = None if serving.cancelled() else serving.exception()
    raise InducultError(f"{shown(url)}: the Prefect server gives no answer any more. {_ANEW}") from problem


_ANEW = "What was published is whole. Start the service again: it makes up for the run that broke off."


async def _gone(child: subprocess.Popen[bytes] | None) -> None:
    """Wait until the server of our own has ended, if it is one of our own."""
    while child is None or child.poll() is None:
        await asyncio.sleep(LOOK_S)


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether the server of our own has ended, or is just about to: it answers no more before it is gone."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(LOOK_S)
    return child.returncode is not None


def _of_ended(child: subprocess.Popen[bytes]) -> InducultError:
    """Say how the server of our own ended, and what to do."""
    how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
    return InducultError(f"the Prefect server of this service ended ({how}). {_ANEW}")


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(main)
