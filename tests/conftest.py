"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
