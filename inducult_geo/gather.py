"""Collect and harmonize a region's records from every source; a source that fails costs itself alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import Contract, Region
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.frames import (
    WORK_CRS,
    Counts,
    RawTable,
    Records,
    as_records,
    concat_records,
    counts_of,
    outcome_of,
    reasons_of,
)
from inducult_geo.harmonize.crs import transform_geometries
from inducult_geo.harmonize.place import Ground
from inducult_geo.harmonize.records import Harmonized, harmonize
from inducult_geo.harmonize.vocabulary import Vocabulary, load_vocabulary
from inducult_geo.run import Run, SourceFacts, State, facts_from, run_id
from inducult_geo.schemas import checked_records
from inducult_geo.sources.osm_pbf import read_objects
from inducult_geo.sources.osm_records import records_of
from inducult_geo.sources.overpass import fetch_objects, is_answer, read_answer
from inducult_geo.sources.partner import find_files, read_partner
from inducult_geo.stage import last_stage
from inducult_geo.store import read_json, replacing, sha256, write_json

OSM = "osm"
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}")
_EXTRACTS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".json.gz")


@dataclass(frozen=True)
class Gathered:
    """The records of one source in one region, with what became of it."""

    records: Records
    facts: SourceFacts


def find_extract(region: Region, run: Run) -> Path | None:
    """Return the newest OSM extract for a region: named after it, or after its Geofabrik extract.

    Among files of one name a dated one (`sachsen-2026-11-20.osm.pbf`, as `inducult fetch` keeps them) goes before one
    without a date (`sachsen-latest.osm.pbf`), whose age nobody knows.
    """
    if run.osm_file is not None or run.osm != "files":
        return run.osm_file if run.osm == "files" else None
    folder = run.folder.raw / "osm"
    stems = [region.id, *([region.geofabrik.rsplit("/", 1)[-1]] if region.geofabrik else [])]
    for stem in stems:
        found = [p for p in folder.glob(f"{stem}*") if p.name.endswith(_EXTRACTS) and _is_named(p.name, stem)]
        if found:
            return max(found, key=lambda path: (bool(_DATED.search(path.name)), path.name))
    return None


def gather_region(region: Region, area: BaseGeometry, run: Run) -> list[Gathered]:
    """Collect and harmonize every source that has records of a region.

    Each source's failure is its own: then the records that an earlier run kept of it stay (`stale`), or there are
    none (`failed`). A source without a file is `absent`.
    """
    ground = Ground(region.id, region.country, area, region.crs, run.settings.grids_folder)
    gatherers: list[tuple[str, Callable[[], Gathered]]] = [
        (OSM, lambda: _gather_osm(region, ground, run)),
        *((c.id, partial(_gather_partner, c, ground, run)) for c in run.catalog.sources_of(region.id)),
        *((c.id, partial(_gather_share, c, region, area, run)) for c in run.catalog.wide_sources()),
    ]
    return [_or_kept(source, region, run, gather) for source, gather in gatherers]


def gather_wide(contract: Contract, run: Run) -> Gathered:
    """Harmonize a wide source once for all regions; kept until its file, contract or this program changes."""
    files = find_files(contract, partners=run.folder.partners)
    if not files:
        return _absent(contract, None)
    stamp = run_id({"files": [sha256(path) for path in files], "contract": contract.model_dump(mode="json")})
    folder = run.folder.source(contract.id)
    kept = read_json(folder / "manifest.json")
    if kept is None or kept["stamp"] != stamp:
        run.say(f"{contract.id}: reading {', '.join(path.name for path in files)}")
        country = contract.countries[0] if len(contract.countries) == 1 else None
        ground = Ground("the world", country, None, (), run.settings.grids_folder)
        table = read_partner(contract, files)
        fresh = _harmonized(contract, None, table, ground)
        with replacing(folder / "records.parquet") as draft:
            fresh.records.to_parquet(draft)
        write_json(folder / "manifest.json", {"stamp": stamp, "facts": fresh.facts.as_dict()})
        return fresh
    records = read_records(folder / "records.parquet")
    return Gathered(records, facts_from(kept["facts"]))


def wide_or_kept(contract: Contract, run: Run) -> Gathered:
    """Harmonize a wide source; where that fails, take what an earlier run kept of it, and say so."""
    try:
        return gather_wide(contract, run)
    except (SourceError, ContractError) as problem:
        folder = run.folder.source(contract.id)
        kept = read_json(folder / "manifest.json")
        if kept is None:
            return Gathered(concat_records([]), SourceFacts(contract.id, None, "failed", message=str(problem)))
        facts = replace(facts_from(kept["facts"]), state="stale", message=str(problem))
        return Gathered(read_records(folder / "records.parquet"), facts)


def read_records(path: Path) -> Records:
    """Read records that an earlier stage kept."""
    return as_records(gpd.read_parquet(path))


def harmonized(contract: Contract, table: RawTable, ground: Ground) -> Harmonized:
    """Harmonize one source's table with the packaged vocabulary."""
    return harmonize(table, contract, ground, _vocabulary())


def _gather_osm(region: Region, ground: Ground, run: Run) -> Gathered:
    contract = run.catalog.sources[OSM]
    assert ground.area is not None  # noqa: S101 - a region's ground always has its outline
    if run.osm == "overpass":
        objects = fetch_objects(region.id, area=ground.area, settings=run.settings, archive=run.folder.raw / "osm")
    else:
        extract = find_extract(region, run)
        if extract is None:
            return _without_extract(contract, region, run)
        run.say(f"{region.id}: reading {extract.name}")
        objects = (read_answer if is_answer(extract) else read_objects)(extract, area=ground.area)
    return _harmonized(contract, region.id, records_of(objects), ground)


def _without_extract(contract: Contract, region: Region, run: Run) -> Gathered:
    folder = run.folder.raw / "osm"
    others = run.osm == "files" and folder.is_dir() and any(p.name.endswith(_EXTRACTS) for p in folder.iterdir())
    if others:
        raise SourceError(
            f"{region.id}: no OpenStreetMap extract for this region. Put it at {folder}/{region.id}.osm.pbf."
        )
    return _absent(contract, region.id)


def _gather_partner(contract: Contract, ground: Ground, run: Run) -> Gathered:
    files = find_files(contract, partners=run.folder.partners)
    if not files:
        # A steward who put a contract there means its file to be there; a packaged one only offers itself.
        if contract.declared_in.parent == run.folder.partners:
            raise SourceError(
                f"{contract.id}: {', '.join(contract.files)} is missing beside {contract.declared_in.name}."
            )
        return _absent(contract, contract.region)
    run.say(f"{contract.region}: reading {', '.join(path.name for path in files)}")
    return _harmonized(contract, contract.region, read_partner(contract, files), ground)


def _gather_share(contract: Contract, region: Region, area: BaseGeometry, run: Run) -> Gathered:
    """Take a region's share of a wide source: the accepted rows whose place lies in it."""
    whole = gather_wide(contract, run)
    if whole.facts.state == "absent":
        return whole
    outline, _, _ = transform_geometries(
        gpd.GeoSeries([area], crs="EPSG:4326").to_numpy(),
        source_crs="EPSG:4326",
        target_crs=WORK_CRS,
        country=region.country,
    )
    shapely.prepare(outline)
    records = whole.records
    inside = records["reason"].isna().to_numpy() & shapely.intersects(outline[0], records.geometry.to_numpy())
    share = as_records(records[inside].assign(region=region.id))
    counts = Counts(len(share), len(share), 0, 0)
    facts = whole.facts.with_counts(counts)
    return Gathered(
        share, facts_from({**facts.as_dict(), "region": region.id, "rejected_by_reason": {}, "problems": []})
    )


def _harmonized(contract: Contract, region_id: str | None, table: RawTable, ground: Ground) -> Gathered:
    result = harmonized(contract, table, ground)
    records = checked_records(as_records(result.records.assign(region=region_id)), contract.id)
    return Gathered(records, facts_of(contract, region_id, table, result))


def facts_of(contract: Contract, region_id: str | None, table: RawTable, result: Harmonized) -> SourceFacts:
    """Say what became of one source's table."""
    # What came in is counted at the source's door, not after harmonizing: only then is it a check.
    counts = replace(counts_of(outcome_of(result.records)), records_in=len(table.frame))
    accuracy = result.records.loc[result.records["reason"].isna(), "accuracy_m"]
    return SourceFacts(
        contract.id,
        region_id,
        "fresh",
        table.files,
        counts.check(contract.id),
        reasons_of(result.records),
        result.first(result.placed.crs),
        result.first(result.placed.reading),
        result.first(result.placed.operation),
        round(float(accuracy.median()), 2) if len(accuracy) else None,
        result.placed.candidates,
        table.data_time or (str(contract.retrieved) if contract.retrieved else None),
        None,
        result.problems,
    )


def _or_kept(source: str, region: Region, run: Run, gather: Callable[[], Gathered]) -> Gathered:
    """Gather a source; where it fails, take what an earlier run kept of it, and say so."""
    try:
        return gather()
    except (SourceError, ContractError) as problem:
        stage = last_stage(region.id, run)
        kept = concat_records([]) if stage is None else read_records(stage.folder / "records.parquet")
        own = as_records(kept[(kept["source"] == source).to_numpy()])
        # A source that had nothing here last time has still been read last time: nothing is what stays.
        told = () if stage is None else stage.facts
        was_read = any(fact.source == source and fact.state in ("fresh", "stale") for fact in told)
        state: State = "stale" if was_read else "failed"
        run.say(f"{region.id}: {problem}" + (" The records of the last good run stay." if was_read else ""))
        counts = counts_of(outcome_of(own))
        return Gathered(own, SourceFacts(source, region.id, state, counts=counts, message=str(problem)))


def _absent(contract: Contract, region_id: str | None) -> Gathered:
    names = ", ".join(contract.files) or "no extract"
    return Gathered(concat_records([]), SourceFacts(contract.id, region_id, "absent", message=f"not there: {names}"))


def _is_named(name: str, stem: str) -> bool:
    """Whether a file is the stem's own: `opole.osm`, `opole-2026-11-20.osm.pbf`, `sachsen-latest.osm.pbf`."""
    rest = name[len(stem) :]
    return rest.startswith((".osm", "-"))


@lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    return load_vocabulary()
