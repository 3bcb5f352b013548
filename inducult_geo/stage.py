"""One region's outputs, kept between stages and between runs: folders of frames, each pointed to by its manifest.

`collected.json` points to what the sources gave, `manifest.json` to what became of it. A folder is written whole
under a name that begins with a dot, renamed, and only then pointed to.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from inducult_geo.frames import Counts, Pairs, Records, Sites, as_pairs, as_records, as_sites
from inducult_geo.run import Run, SourceFacts, facts_from
from inducult_geo.store import read_json, write_json

FRAMES = ("records", "sites", "pairs", "review", "registry")
_COLLECTED, _RESOLVED = "collected.json", "manifest.json"


@dataclass(frozen=True)
class Collected:
    """What the sources gave for a region in one run: harmonized records, facts of each source, the outline."""

    region: str
    folder: Path
    facts: tuple[SourceFacts, ...]
    outline: Mapping[str, str]

    def records(self) -> Records:
        """Read the records, the rejected ones too."""
        return as_records(gpd.read_parquet(self.folder / "records.parquet"))


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


def last_collected(region_id: str, run: Run) -> Collected | None:
    """Return what was last collected for a region; None where nothing was."""
    found = _pointed_to(run.folder.region(region_id), _COLLECTED, ("records",))
    if found is None:
        return None
    folder, manifest = found
    return Collected(region_id, folder, _facts(manifest), manifest["outline"])


def keep_collected(
    region_id: str, run: Run, *, records: Records, facts: tuple[SourceFacts, ...], outline: Mapping[str, str]
) -> Collected:
    """Keep what the sources gave for a region."""
    manifest = {"sources": [one.as_dict() for one in facts], "outline": dict(outline)}
    folder = _keep(run.folder.region(region_id), _COLLECTED, {"records": records}, manifest)
    return Collected(region_id, folder, facts, outline)


def last_stage(region_id: str, run: Run) -> Stage | None:
    """Return a region's last good outputs; None where there are none."""
    found = _pointed_to(run.folder.region(region_id), _RESOLVED, FRAMES)
    if found is None:
        return None
    folder, manifest = found
    return Stage(
        region_id,
        folder,
        manifest["run_id"],
        Counts(**manifest["counts"]),
        manifest["n_sites"],
        _facts(manifest),
        manifest["outline"],
        tuple(manifest["problems"]),
    )


def keep_stage(
    collected: Collected,
    run: Run,
    *,
    run_id: str,
    frames: Mapping[str, pd.DataFrame],
    counts: Counts,
    problems: tuple[str, ...],
) -> Stage:
    """Keep what became of a region's records: one frame for each of `FRAMES`."""
    manifest = {
        "region": collected.region,
        "run_id": run_id,
        "counts": counts.__dict__,
        "n_sites": len(frames["sites"]),
        "sources": [one.as_dict() for one in collected.facts],
        "outline": dict(collected.outline),
        "problems": list(problems),
    }
    folder = _keep(run.folder.region(collected.region), _RESOLVED, frames, manifest)
    n_sites = len(frames["sites"])
    return Stage(collected.region, folder, run_id, counts, n_sites, collected.facts, collected.outline, problems)


def _facts(manifest: Mapping[str, Any]) -> tuple[SourceFacts, ...]:
    return tuple(facts_from(values) for values in manifest["sources"])


def _keep(root: Path, name: str, frames: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> Path:
    """Write a new folder of frames, then the manifest that points to it; what it pointed to before goes last."""
    before = _pointed_to(root, name, ())
    folder = root / f"{Path(name).stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir(parents=True)
    for frame_name, frame in frames.items():
        frame.to_parquet(draft / f"{frame_name}.parquet")
    draft.rename(folder)
    write_json(root / name, {**manifest, "outputs": folder.name})
    if before is not None:
        shutil.rmtree(before[0], ignore_errors=True)
    return folder


def _pointed_to(root: Path, name: str, frames: tuple[str, ...]) -> tuple[Path, dict[str, Any]] | None:
    """Return the folder that a manifest points to, and the manifest; None where either is not whole."""
    manifest = read_json(root / name)
    if manifest is None:
        return None
    folder = root / str(manifest["outputs"])
    whole = folder.is_dir() and all((folder / f"{frame}.parquet").is_file() for frame in frames)
    return (folder, manifest) if whole else None
