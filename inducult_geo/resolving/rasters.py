"""Raster values of sites from run to run: where a raster cannot be read, the last values stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from inducult_geo.catalog.permissions import permits_release, told_of_refusal
from inducult_geo.enrich.sample import fill, raster_path, sample_rasters
from inducult_geo.frames import FileRead, Sites, as_sites, from_json
from inducult_geo.run import Run, SourceFacts, State
from inducult_geo.stage import Stage

_REFUSED = "what a raster gives is published with every site, so it is not used"

Kept = dict[str, tuple[object, str]]
"""Site -> value and lineage of yesterday."""


@dataclass(frozen=True)
class Sampled:
    """Sites with their rasters' values, one fact a raster, and what a steward should know."""

    sites: Sites
    facts: tuple[SourceFacts, ...]
    problems: tuple[str, ...]


def sampled(sites: Sites, region: str, before: Stage | None, run: Run) -> Sampled:
    """Write every raster's values at the sites of a region.

    Where a raster cannot be read, the sites that had a value of it in the last good run keep that value, and the
    raster is `stale`; where none had, it is `failed`, or `absent` where no file of it is there. One whose licence lets
    no value out is not read, and leaves none of yesterday.
    """
    rasters = run.catalog.rasters
    permitted = tuple(raster for raster in rasters.values() if permits_release(raster.licence))
    enriched = sample_rasters(sites, permitted, folder=run.folder.rasters)
    kept, table = _kept_values(before, enriched.unusable), enriched.sites
    facts = []
    for raster in rasters.values():
        files = raster_files(raster.id, run)
        why = enriched.unusable.get(raster.id)
        state: State = "fresh"
        if raster not in permitted:
            state, why = "failed", told_of_refusal(raster.licence, _REFUSED)
        elif why is not None:
            values = kept.get(raster.id, {})
            table = _filled(table, raster.column, values)
            state = "stale" if values else "failed" if files else "absent"
        told = tuple(FileRead(name, digest, "raster", 0) for name, digest in files)
        facts.append(SourceFacts(raster.id, region, state, told, message=why))
    unread = {f"raster {name}: {why}" for name, why in enriched.unusable.items()}
    return Sampled(table, tuple(facts), tuple(text for text in enriched.problems if text not in unread))


def raster_files(raster_id: str, run: Run) -> list[tuple[str, str]]:
    """Return name and hash of a raster's file, if it is there."""
    found = raster_path(run.catalog.rasters[raster_id], run.folder.rasters)
    return [] if found is None else [(found.name, run.hashes.of(found))]


def _kept_values(before: Stage | None, unusable: Mapping[str, str]) -> dict[str, Kept]:
    """Return raster -> what the last good run had of it."""
    if before is None or not unusable:
        return {}
    kept: dict[str, Kept] = {}
    for row in pd.DataFrame(before.sites().drop(columns="geometry")).to_dict("records"):
        for column, origin in from_json(row["lineage"]).items():
            # `raster:<id>` or `raster:<id>@<date>`
            kind, _, raster = str(origin).partition("@")[0].partition(":")
            if kind == "raster" and raster in unusable:
                kept.setdefault(raster, {})[row["site_id"]] = (row[column], origin)
    return kept


def _filled(sites: Sites, column: str, kept: Kept) -> Sites:
    """Return the sites with a column's nulls filled by yesterday's values, and the lineage of these."""
    if not kept:
        return sites
    table = pd.DataFrame(sites.drop(columns="geometry"))
    known = table["site_id"].map({site: value for site, (value, _) in kept.items()})
    origins = [kept[site][1] if site in kept else "" for site in table["site_id"]]
    filled = fill(table, column, known, origins)
    return as_sites(gpd.GeoDataFrame(filled, geometry=sites.geometry.to_numpy(), crs=sites.crs))
