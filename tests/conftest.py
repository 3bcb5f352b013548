"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository (or $INDUCULT_SHARED); absent in a public clone."""
    folder = Path(os.environ.get("INDUCULT_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the folder of real data beside the repository")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A data folder with one release of the sample, run once: to be read, or copied and changed."""
    from inducult_geo.pipeline import run_all
    from inducult_geo.run import open_run

    base = tmp_path_factory.getbasetemp()
    shared_by_workers = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data = shared_by_workers / "sample_data"
    with FileLock(shared_by_workers / "sample_data.lock"):
        if not (data / "processed" / "current").exists():
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(repository / "data" / "raw" / "sample", data / "raw" / "sample")
            run_all([], open_run(data))
    return data
