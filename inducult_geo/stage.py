"""One region's outputs, kept between runs: a folder of frames that its manifest points to."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from inducult_geo.frames import Counts, Pairs, Sites, as_pairs, as_sites
from inducult_geo.run import Run, SourceFacts, facts_from
from inducult_geo.store import read_json, write_json

FRAMES = ("records", "sites", "pairs", "review", "registry")


@dataclass(frozen=True)
class Stage:
    """A region as the last good run left it.

    `folder` holds one Parquet file for each of `FRAMES`; records have `site_id` and `outcome` beside
    `RECORD_COLUMNS`.
    """

    region: str
    folder: Path
    run_id: str
    counts: Counts
    n_sites: int
    facts: tuple[SourceFacts, ...]
    outline: Mapping[str, str]
    problems: tuple[str, ...]

    def records(self) -> gpd.GeoDataFrame:
        """Read the region's records with their outcome."""
        return gpd.read_parquet(self.folder / "records.parquet")

    def sites(self) -> Sites:
        """Read the region's sites."""
        return as_sites(gpd.read_parquet(self.folder / "sites.parquet"))

    def pairs(self) -> Pairs:
        """Read the region's kept pairs."""
        return as_pairs(pd.read_parquet(self.folder / "pairs.parquet"))

    def table(self, name: str) -> pd.DataFrame:
        """Read the region's `review` or `registry`."""
        return pd.read_parquet(self.folder / f"{name}.parquet")


@dataclass(frozen=True)
class RegionOutcome:
    """What became of one region: its stage (new, or the last good one), or why there is none."""

    region: str
    state: str
    stage: Stage | None
    message: str | None = None

    @property
    def failed_sources(self) -> tuple[SourceFacts, ...]:
        """The sources that failed in this run."""
        facts = self.stage.facts if self.stage is not None else ()
        return tuple(one for one in facts if one.state in ("failed", "stale"))

    @property
    def is_whole(self) -> bool:
        """Whether the region and all its sources are as they should be."""
        return self.state == "fresh" and not self.failed_sources


def last_stage(region_id: str, run: Run) -> Stage | None:
    """Return a region's last good outputs; None where there are none."""
    root = run.folder.region(region_id)
    manifest = read_json(root / "manifest.json")
    if manifest is None or not all((root / manifest["outputs"] / f"{name}.parquet").is_file() for name in FRAMES):
        return None
    return Stage(
        region_id,
        root / manifest["outputs"],
        manifest["run_id"],
        Counts(**manifest["counts"]),
        manifest["n_sites"],
        tuple(facts_from(values) for values in manifest["sources"]),
        manifest["outline"],
        tuple(manifest["problems"]),
    )


def keep_stage(
    region_id: str,
    run: Run,
    *,
    run_id: str,
    frames: Mapping[str, pd.DataFrame],
    counts: Counts,
    facts: tuple[SourceFacts, ...],
    outline: Mapping[str, str],
    problems: tuple[str, ...],
) -> Stage:
    """Keep a region's outputs: a new folder first, the manifest that points to it last, then the old ones go."""
    root = run.folder.region(region_id)
    outputs = f"{run_id}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    draft = root / f".{outputs}"
    draft.mkdir(parents=True)
    for name in FRAMES:
        frames[name].to_parquet(draft / f"{name}.parquet")
    draft.rename(root / outputs)
    manifest: dict[str, Any] = {
        "region": region_id,
        "outputs": outputs,
        "run_id": run_id,
        "counts": counts.__dict__,
        "n_sites": len(frames["sites"]),
        "sources": [one.as_dict() for one in facts],
        "outline": dict(outline),
        "problems": list(problems),
    }
    write_json(root / "manifest.json", manifest)
    for old in root.iterdir():
        if old.is_dir() and old.name != outputs:
            shutil.rmtree(old, ignore_errors=True)
    stage = last_stage(region_id, run)
    assert stage is not None  # noqa: S101 - it was written a line above
    return stage
