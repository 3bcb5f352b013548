"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Browser
from filelock import FileLock
from hypothesis import settings
from spreading import TOGETHER, ByFile, place_of

if TYPE_CHECKING:
    from inducult_geo.publish.bundle import Bundle

REPOSITORY = Path(__file__).resolve().parent.parent
FEW = ("limburg", "opole", "zwickau")
SHARED = Path(os.environ.get("INDUCULT_SHARED", REPOSITORY.parent / "shared"))

# How long an example takes is the machine's matter: on a busy one a test would fail of it.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

# A test waits for no disk: that a file is whole before it bears its name is tried by killing, not by pulling the plug.
os.fsync = lambda _handle: None
# What is loaded and collected at the start stays: to look for cycles in it takes a fifth of the start of each process.
gc.disable()
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    items.sort(key=place_of)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """Give each process whole files, unless another way is named."""
    return ByFile(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish() -> None:
    """Leave all that was loaded so far out of every later search for cycles: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


class Running:
    """What several files of tests use, begun for the first that asks and ended after the last: it works unasked."""

    def __init__(self) -> None:
        self._begun: list[Any] = []
        self._end = ExitStack()

    def begun(self, begin: Callable[[], AbstractContextManager[Any]]) -> Any:
        """Return what runs, begun where nothing does."""
        if not self._begun:
            self._begun.append(self._end.enter_context(begin()))
        return self._begun[0]

    def end(self) -> None:
        self._begun.clear()
        self._end.close()


RUNNING = {what: Running() for what in TOGETHER}


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End what the next file of tests does not use."""
    for what, running in RUNNING.items():
        if nextitem is None or nextitem.path.stem not in TOGETHER[what]:
            running.end()


def pytest_sessionfinish() -> None:
    """End what still runs where a person broke the tests off."""
    for running in RUNNING.values():
        running.end()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository (or $INDUCULT_SHARED); absent in a public clone."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the folder of real data beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


def released(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    regions: Sequence[str],
    of: Path | None = None,
) -> Path:
    """Return a data folder with one release of the sample, run once for all workers; regions as `of` has kept them."""
    from inducult_geo.pipeline import run_all
    from inducult_geo.run import open_run

    base = tmp_path_factory.getbasetemp()
    shared_by_workers = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data = shared_by_workers / name
    with FileLock(shared_by_workers / f"{name}.lock"):
        if not (data / "processed" / "current").exists():
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(REPOSITORY / "data" / "raw" / "sample", data / "raw" / "sample")
            for region in regions if of is not None else ():
                kept = Path("processed", "regions", region)
                shutil.copytree(of / kept, data / kept, symlinks=True)
            run_all(regions, open_run(data))
    return data


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one release of the sample: to be read, or copied and changed."""
    return released(tmp_path_factory, "sample_data", [])


@pytest.fixture(scope="session")
def few_data(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """The same of the regions `FEW` alone, for tests that make releases: each takes half as long."""
    return released(tmp_path_factory, "few_data", FEW, sample_data)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """One Chromium for the pages that a worker opens: its start takes longer than most tests of a page."""
    return RUNNING["Chromium"].begun(lambda: closing(Browser(tmp_path_factory.mktemp("profile"), scale=0.25)))


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """What the page shows at which several files of tests look; others have a bundle of their own."""
    from page_shown import page_bundle

    return page_bundle()


@pytest.fixture(scope="session")
def file(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map page of this bundle."""
    from inducult_geo.publish.page.preview import preview_page

    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(preview_page(bundle), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Browser]:
    """This page as it opens; afterwards it has asked nobody and complained of nothing."""
    from page_shown import show

    # A third of the tests show it in another way.
    browser.before_use(lambda: show(browser, file))
    yield browser
    outside = [url for url in browser.requests if not url.startswith(("file:", "blob:", "data:"))]
    assert outside == [], "the page asked the network"
    assert {url.partition("#")[0] for url in browser.requests if url.startswith("file:")} == {file.as_uri()}
    # Performance remarks of the software that draws in place of a graphics card are none of the page's.
    assert [said for said in browser.complaints if "GL Driver Message" not in said] == []


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its state; the log of earlier nights in it is a long one."""
    home = tmp_path_factory.mktemp("prefect")
    with (home / "server.log").open("wb") as log:
        log.truncate(11_000_000)
    return home


@pytest.fixture(scope="module")
def server(home: Path) -> str:
    """A real Prefect server on loopback, for all files of a worker that need one; gives the address of its API."""
    return RUNNING["Prefect's server"].begun(lambda: _prefect(home))


@contextmanager
def _prefect(home: Path) -> Iterator[str]:
    code = (
        "import pathlib, signal, sys\nfrom flows.serve import free_port, server\n"
        # Where the tests run in the background of a shell, SIGINT would be ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with server(pathlib.Path(sys.argv[1]), port=free_port(0)) as (url, _):\n"
        "    print(url, flush=True)\n    signal.pause()\n"
    )
    command = [sys.executable, "-c", code, str(home)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        yield url
    finally:
        if "prefect.logging.handlers" in sys.modules:
            from prefect.logging.handlers import APILogHandler

            # What flows of this process still have to say would find nobody.
            APILogHandler().flush()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
