"""One hash of everything that a stage's outputs depend on: while it is the same, the stage is not run again.

A stamp holds the inputs by their content, the configuration that the stage reads, this package's code and the
versions of the libraries that do the work. The clock and the paths are no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from glob import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.catalog import Contract, RasterSource, Region
from inducult_geo.digest import frame_digest
from inducult_geo.run import Run, code_hash

_WORKERS = (
    *("geopandas", "numpy", "osmium", "pandas", "protobuf", "pyarrow", "pyogrio", "pyproj", "python-calamine"),
    *("rapidfuzz", "rasterio", "scipy", "shapely"),
)


def stamp(**inputs: Any) -> str:
    """Return a hash of inputs (anything that JSON can hold), of this package's code and of the libraries."""
    text = json.dumps({**inputs, "code": code_hash(), "with": _libraries()}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def _libraries() -> dict[str, str]:
    found = {}
    for name in _WORKERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "?"
    return found


def files_stamp(paths: Iterable[Path], run: Run) -> list[tuple[str, str]]:
    """Return name and hash of each file, and of the sidecars that lie beside it (`.dbf`, `.prj` ... of a `.shp`)."""
    whole = dict.fromkeys(paths)
    for path in [*whole]:
        beside = path.parent.glob(f"{escape(path.stem)}.*") if path.parent.is_dir() else ()
        whole |= {other: None for other in sorted(beside) if other.is_file()}
    return [(path.name, run.hashes.of(path)) for path in whole if path.is_file()]


def declared(thing: Contract | Region | RasterSource) -> dict[str, Any]:
    """Return what a catalog declares of something, without where it is declared."""
    return thing.model_dump(mode="json")


def grids_stamp(run: Run) -> list[tuple[str, str]]:
    """Return name and hash of every datum grid that is at hand."""
    folder = run.settings.grids_folder
    found = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    return [(path.name, run.hashes.of(path)) for path in found if not path.name.startswith(".")]


def registry_share(registry: pd.DataFrame, region: str) -> str:
    """Return a hash of what a registry of site ids says of a region's records.

    Rows of an older registry, which know no region, count for every region.
    """
    if "region" not in registry or registry.empty:
        return frame_digest(registry)
    rows = registry[registry["record_key"].notna() & (registry["region"].isna() | (registry["region"] == region))]
    return frame_digest(rows.sort_values("record_key"))
