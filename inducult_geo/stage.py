"""What stages keep for each other and for later runs: folders of frames, each with a manifest that points to it.

`sources/<source>.json` points to what one source gave, `collected.json` says what all of them gave in the last run,
and `manifest.json` points to what became of it. A folder is written whole under a name that begins with a dot,
synced, renamed, and only then pointed to; what it pointed to before goes last.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely
from pydantic import TypeAdapter

from inducult_geo.digest import sha256
from inducult_geo.frames import (
    Counts,
    Pairs,
    Records,
    Sites,
    as_pairs,
    as_records,
    as_sites,
    concat_records,
    read_shapes,
)
from inducult_geo.run import Run, SourceFacts
from inducult_geo.store import is_removed, read_json, storing, sync, write_json

T = TypeVar("T")
FRAMES = ("records", "sites", "pairs", "review", "registry")
_COLLECTED, _RESOLVED, _STATE = "collected.json", "manifest.json", "state.json"


@dataclass(frozen=True)
class Part:
    """What one source gave: facts, the folder of its records (none where there are none), and what they hash to.

    `stamp` tells what it was made of; null where that cannot be told (a server's answer).
    """

    facts: SourceFacts
    folder: Path | None = None
    digest: str = ""
    stamp: str | None = None

    def records(self) -> Records:
        """Read the records, the rejected ones too."""
        return concat_records([]) if self.folder is None else as_records(read_shapes(self._file))

    def records_in(self, area: shapely.Geometry) -> Records:
        """Read the accepted records whose place an area (in `WORK_CRS`, prepared) intersects."""
        if self.folder is None:
            return concat_records([])
        inside = read_shapes(self._file, within=area)
        return as_records(inside[inside["reason"].isna()])

    def record_keys(self) -> list[str]:
        """Read the record keys alone."""
        if self.folder is None:
            return []
        return [str(key) for key in pd.read_parquet(self._file, columns=["record_key"])["record_key"]]

    def is_whole(self, hash_of: Callable[[Path], str]) -> bool:
        """Whether its records are as they were kept: a disk may lose what was once whole, or not give it any more."""
        return self.folder is None or _hashes_to(lambda: hash_of(self._file), self.digest)

    def told(self) -> dict[str, Any]:
        """Return the part as JSON can hold it."""
        name = None if self.folder is None else self.folder.name
        return {"facts": self.facts.as_dict(), "outputs": name, "digest": self.digest, "stamp": self.stamp}

    @property
    def _file(self) -> Path:
        assert self.folder is not None  # noqa: S101 - every caller has looked
        return self.folder / "records.parquet"


@dataclass(frozen=True)
class Collected:
    """What the sources gave for a region in one run, in the order of their names.

    `outline` is what is told of the region's outline, `outline_digest` the hash of its file.
    """

    region: str
    parts: tuple[Part, ...]
    outline: Mapping[str, str]
    outline_digest: str

    @property
    def facts(self) -> tuple[SourceFacts, ...]:
        """What became of each source."""
        return tuple(part.facts for part in self.parts)

    def records(self) -> Records:
        """Read the records of all sources, the rejected ones too."""
        return concat_records([part.records() for part in self.parts if part.folder is not None])


@dataclass(frozen=True)
class Stage:
    """A region as the last good run left it.

    `folder` holds one Parquet file for each of `FRAMES`; records have `site_id` and `outcome` beside
    `RECORD_COLUMNS`. `stamp` is what it was made of, `registries` the shares of the registry with which making it
    again gives the same, `digest` a hash of its files. `rasters` says what became of each raster.
    """

    region: str
    folder: Path
    run_id: str
    counts: Counts
    n_sites: int
    facts: tuple[SourceFacts, ...]
    outline: Mapping[str, str]
    problems: tuple[str, ...]
    stamp: str = ""
    registries: tuple[str, ...] = ()
    digest: str = ""
    rasters: tuple[SourceFacts, ...] = ()

    def records(self) -> gpd.GeoDataFrame:
        """Read the region's records with their outcome."""
        return read_shapes(self.folder / "records.parquet")

    def one_record(self, key: str, *columns: str) -> list[tuple[Any, ...]]:
        """Read columns of the record with a key: one row, or none; null is None."""
        path = self.folder / "records.parquet"
        table = pq.read_table(path, columns=[*columns], filters=[("record_key", "==", key)])
        return [tuple(row[name] for name in columns) for row in table.to_pylist()]

    def sources_of(self, site_id: str) -> set[str]:
        """Read which sources a site's records are of; of one that is not here none."""
        path = self.folder / "records.parquet"
        return set(pq.read_table(path, columns=["source"], filters=[("site_id", "==", site_id)])["source"].to_pylist())

    def sites(self) -> Sites:
        """Read the region's sites."""
        return as_sites(read_shapes(self.folder / "sites.parquet"))

    def pairs(self) -> Pairs:
        """Read the region's kept pairs."""
        return as_pairs(pd.read_parquet(self.folder / "pairs.parquet"))

    def table(self, name: str) -> pd.DataFrame:
        """Read the region's `review` or `registry`."""
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def is_whole(self, hash_of: Callable[[Path], str]) -> bool:
        """Whether its files are as they were kept, and can be read; of one that notes no hash it is believed."""
        return not self.digest or _hashes_to(lambda: _digest(self.folder, hash_of), self.digest)

    def manifest(self) -> dict[str, Any]:
        """Return the stage as JSON can hold it."""
        return {
            "region": self.region,
            "run_id": self.run_id,
            "counts": self.counts.as_dict(),
            "n_sites": self.n_sites,
            "sources": [one.as_dict() for one in self.facts],
            "outline": dict(self.outline),
            "problems": list(self.problems),
            "stamp": self.stamp,
            "registries": list(self.registries),
            "digest": self.digest,
            "rasters": [one.as_dict() for one in self.rasters],
            "outputs": self.folder.name,
        }


@dataclass(frozen=True)
class RegionOutcome:
    """What became of one region: its stage (new, or the last good one), or why there is none."""

    region: str
    state: str
    stage: Stage | None
    message: str | None = None

    @property
    def failed_sources(self) -> tuple[SourceFacts, ...]:
        """The sources and rasters that failed in this run."""
        facts = (*self.stage.facts, *self.stage.rasters) if self.stage is not None else ()
        return tuple(one for one in facts if one.state in ("failed", "stale"))

    @property
    def is_whole(self) -> bool:
        """Whether the region and all its sources are as they should be."""
        return self.state == "fresh" and not self.failed_sources

    @property
    def told_state(self) -> str:
        """The state in one word for a table: that of the region, or "partial" where only some of its sources failed."""
        return "partial" if self.state == "fresh" and self.failed_sources else self.state


def last_part(home: Path, source: str) -> Part | None:
    """Return what a source last gave; None where it gave nothing, or not the whole of it is there."""
    found = _pointed_to(home, f"{source}.json", ("records",))
    return None if found is None else _part(found[1], found[0])


def keep_part(home: Path, records: Records, facts: SourceFacts, stamp: str | None) -> Part:
    """Keep what a source gave."""
    name = f"{facts.source}.json"
    with storing(home / name):
        folder = _write(home, facts.source, {"records": records})
        part = Part(facts, folder, sha256(folder / "records.parquet"), stamp)
        _point(home, name, part.told())
    return part


def drop_part(home: Path, source: str) -> None:
    """Forget what a source gave: its file was taken away."""
    (home / f"{source}.json").unlink(missing_ok=True)


def last_collected(region_id: str, run: Run) -> Collected | None:
    """Return what was last collected for a region; None where nothing was, or not the whole of it is there."""
    manifest, parts = _collected(region_id, run)
    told = {"region": region_id, "parts": parts, **{name: manifest.get(name) for name in ("outline", "outline_digest")}}
    return _read_as(Collected, told) if len(parts) == len(_told_parts(manifest)) else None


def keep_collected(
    region_id: str, run: Run, parts: Iterable[Part], outline: Mapping[str, str], outline_digest: str
) -> Collected:
    """Note what the sources gave for a region; what is known of its other sources stays."""
    known = {one.facts.source: one for one in (*_collected(region_id, run)[1], *parts)}
    contracts = run.catalog.sources
    own = {name for name in known if name in contracts and contracts[name].region in (None, region_id)}
    collected = Collected(region_id, tuple(known[name] for name in sorted(own)), outline, outline_digest)
    told = [part.told() for part in collected.parts]
    manifest = {"parts": told, "outline": dict(outline), "outline_digest": outline_digest}
    if read_json(run.folder.region(region_id) / _COLLECTED) != manifest:
        write_json(run.folder.region(region_id) / _COLLECTED, manifest)
    return collected


def _collected(region_id: str, run: Run) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Return the manifest of what was collected, and those of its parts that are whole."""
    root = run.folder.region(region_id)
    manifest = read_json(root / _COLLECTED) or {}
    parts = []
    for told in _told_parts(manifest):
        outputs = told.get("outputs") if isinstance(told, dict) else None
        folder = None if outputs is None else root / "sources" / str(outputs)
        part = _part(told, folder) if isinstance(told, dict) else None
        if part is not None and (folder is None or (folder / "records.parquet").is_file()):
            parts.append(part)
    return manifest, tuple(parts)


def _told_parts(manifest: Mapping[str, Any]) -> list[Any]:
    """Return what a manifest tells of its parts; nothing where another thing than a list stands there."""
    return found if isinstance(found := manifest.get("parts"), list) else []


def _part(told: Mapping[str, Any], folder: Path | None) -> Part | None:
    return _read_as(Part, {**told, "folder": folder})


def last_stage(region_id: str, run: Run) -> Stage | None:
    """Return a region's last good outputs; None where there are none."""
    found = _pointed_to(run.folder.region(region_id), _RESOLVED, FRAMES)
    return None if found is None else _stage(region_id, *found)


def _stage(region_id: str, folder: Path, manifest: Mapping[str, Any]) -> Stage | None:
    return _read_as(Stage, {**manifest, "region": region_id, "folder": folder, "facts": manifest.get("sources")})


def kept_facts(manifest: Path) -> tuple[SourceFacts, ...] | None:
    """Return what the manifest of a region, or of a wide source, tells of sources; null where it tells no such thing.

    It may be damaged, or of another version: then the next run makes anew what it points to.
    """
    told = read_json(manifest) or {}
    if "facts" in told:
        part = _part(told, None)
        return None if part is None else (part.facts,)
    stage = _stage(manifest.parent.name, manifest.parent, told)
    return None if stage is None else stage.facts


def _read_as(kind: type[T], values: Mapping[str, Any]) -> T | None:
    """Return what a manifest tells; null where it is damaged, or another version wrote it, with other words."""
    try:
        found: T = _readers()[kind].validate_python(values)
    except ValueError:
        return None
    return found


@cache
def _readers() -> Mapping[Any, TypeAdapter[Any]]:
    return {kind: TypeAdapter(kind) for kind in (Part, Collected, Stage)}


def keep_stage(stage: Stage, run: Run, frames: Mapping[str, pd.DataFrame]) -> Stage:
    """Keep what became of a region's records (one frame for each of `FRAMES`); returns it as it is kept."""
    root = run.folder.region(stage.region)
    with storing(root / _RESOLVED):
        folder = _write(root, Path(_RESOLVED).stem, frames)
        kept = replace(stage, folder=folder, digest=_digest(folder, sha256))
        _point(root, _RESOLVED, kept.manifest())
    return kept


def _hashes_to(take: Callable[[], str], digest: str) -> bool:
    """Whether a hash is the one that was noted; of a file that cannot be read it is not, and it is made anew."""
    try:
        return take() == digest
    except OSError:
        return False


def _digest(folder: Path, hash_of: Callable[[Path], str]) -> str:
    return " ".join(hash_of(folder / f"{name}.parquet")[:16] for name in FRAMES)


def renew_stage(stage: Stage, run: Run) -> Stage:
    """Note new facts of a stage whose frames stay."""
    if stage != last_stage(stage.region, run):
        write_json(run.folder.region(stage.region) / _RESOLVED, stage.manifest())
    return stage


def note_state(outcome: RegionOutcome, run: Run) -> None:
    """Note what became of a region, for releases of runs that it has no part in; and when that was."""
    values = {"state": outcome.state, "message": outcome.message, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    write_json(run.folder.region(outcome.region) / _STATE, values)


def last_state(stage: Stage, run: Run) -> RegionOutcome:
    """Return what became of a region in the last run that it had a part in."""
    noted = read_json(run.folder.region(stage.region) / _STATE) or {}
    state, message = noted.get("state"), noted.get("message")
    is_known = state in ("fresh", "stale", "failed") and isinstance(message, str | None)
    return RegionOutcome(stage.region, str(state) if is_known else "stale", stage, message if is_known else None)


def clear_unpointed(run: Run) -> list[str]:
    """Remove folders that no manifest points to, which a killed run leaves behind; names those that are gone."""
    gone: list[str] = []
    regions = [*run.folder.processed.glob("regions/*")]
    for root in (*regions, *(region / "sources" for region in regions), run.folder.wide):
        if not root.is_dir():
            continue
        pointed = {str((read_json(path) or {}).get("outputs")) for path in root.glob("*.json")}
        unpointed = (path for path in root.iterdir() if path.is_dir() and path.name not in {"sources", *pointed})
        gone += [path.name for path in unpointed if is_removed(path)]
    return gone


def _write(root: Path, name: str, frames: Mapping[str, pd.DataFrame]) -> Path:
    """Write a new folder of frames, whole and synced, under a name of its own."""
    folder = root / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir(parents=True)
    for frame_name, frame in frames.items():
        frame.to_parquet(draft / f"{frame_name}.parquet")
        sync(draft / f"{frame_name}.parquet")
    sync(draft)
    draft.rename(folder)
    sync(root)
    return folder


def _point(root: Path, name: str, manifest: Mapping[str, Any]) -> None:
    """Let a manifest point to a folder; what it pointed to before goes."""
    before = _pointed_to(root, name, ())
    write_json(root / name, manifest)
    if before is not None and before[0].name != manifest["outputs"]:
        shutil.rmtree(before[0], ignore_errors=True)


def _pointed_to(root: Path, name: str, frames: tuple[str, ...]) -> tuple[Path, dict[str, Any]] | None:
    """Return the folder that a manifest points to, and the manifest; None where either is not whole."""
    manifest = read_json(root / name)
    if manifest is None or not manifest.get("outputs"):
        return None
    folder = root / str(manifest["outputs"])
    whole = folder.is_dir() and all((folder / f"{frame}.parquet").is_file() for frame in frames)
    return (folder, manifest) if whole else None
