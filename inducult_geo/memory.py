"""What is kept between runs: stewards' decisions, weights fitted to them, and the ids of the sites."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from inducult_geo.errors import ConfigError, StorageError
from inducult_geo.match.decided.decisions import Decisions, read_decisions
from inducult_geo.match.identity.registry import empty_registry, registry_unlike
from inducult_geo.run import Run
from inducult_geo.typed import with_none

if TYPE_CHECKING:
    from inducult_geo.match.scoring.score import Weights


def decisions_of(run: Run) -> Decisions:
    """Read what stewards decided."""
    return read_decisions(run.folder.decisions)


def weights_of(run: Run) -> Weights | None:
    """Read the weights that the settings name; None for the shipped ones.

    Raises
    ------
    ConfigError
        Where the file is missing or holds no weights.
    """
    # Who only asks how a folder stands, or for an id, need not wait for the whole matcher.
    from inducult_geo.match.scoring.score import weights_from

    path = run.settings.weights
    if path is None:
        return None
    try:
        return weights_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ConfigError(
            f"weights = {path}: holds no weights of the matcher ({problem}). Write them with `inducult review fit`, or "
            "take the line out of inducult.toml."
        ) from problem


def registry_of(run: Run) -> pd.DataFrame:
    """Read the registry of site ids; an empty one where there is none yet.

    Raises
    ------
    StorageError
        Where it is damaged: without it every site would get another id.
    """
    path = run.folder.registry
    if not path.is_file():
        return empty_registry()
    fault = registry_fault(path)
    if fault is not None:
        raise StorageError(fault)
    try:
        return with_none(pd.read_parquet(path))
    except (OSError, ValueError) as problem:
        raise StorageError(_damaged(path, problem)) from problem


def registry_fault(path: Path) -> str | None:
    """Say why a registry of site ids cannot be read and what to do, as far as its columns tell; null where it can."""
    why: object
    try:
        why = registry_unlike(pq.read_schema(path))
    except (OSError, ValueError) as problem:
        why = problem
    return None if why is None else _damaged(path, why)


def _damaged(path: Path, why: object) -> str:
    if isinstance(why, OSError) and why.errno is not None:
        # Not the file is at fault: whoever removes it loses its ids for nothing.
        said = os.strerror(why.errno)
        return (
            f"{path}: cannot be read: {said}. This file holds the ids of all sites: give this program the right to "
            "read it."
        )
    return (
        f"{path}: the registry of site ids is damaged ({why}). Restore it from a backup, since without it sites would "
        "get other ids. Only if there is no backup: remove it, and the ids are taken from the last run or release."
    )
