"""Resolve one region: records become sites, are enriched, counted and kept, unless nothing has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from inducult_geo.catalog import Region
from inducult_geo.errors import RegionError
from inducult_geo.frames import Records, as_sites, counts_of, outcome_of
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.identity.continuity import successors
from inducult_geo.match.resolve import Resolution, compare, resolve
from inducult_geo.memory import decisions_of, registry_of, weights_of
from inducult_geo.resolving.cells import compare_by_cell
from inducult_geo.resolving.rasters import raster_files, sampled
from inducult_geo.resolving.recalled import recalled, recalled_before, undeclared
from inducult_geo.resolving.shifted import places_told
from inducult_geo.run import Run, run_id
from inducult_geo.schemas import checked_sites
from inducult_geo.stage import Collected, Part, Stage, keep_stage, last_stage, renew_stage
from inducult_geo.stamps import declared, registry_share, stamp
from inducult_geo.text import counted

WIDE_FROM = 300_000
"""From this many records on, a region is compared cell by cell (see `cells`)."""


def settle(region: Region, collected: Collected, run: Run) -> Stage:
    """Resolve a region's records into sites, enrich them, and keep both; what is kept already is taken as it is.

    Raises
    ------
    RegionError
        Where none of the region's sources could be read.
    """
    _refuse_nothing(collected)
    decisions, registry = decisions_of(run), registry_of(run)
    inputs = _inputs(region, collected, run)
    words = decided_here(collected.parts, decisions, _of_region(registry, region.id))
    made_of = stamp(inputs=inputs, decisions=words, rasters=_rasters(run))
    share, before = registry_share(registry, region.id), _whole_before(region, run)
    if before is not None and before.stamp == made_of and share in before.registries and not run.afresh:
        return renew_stage(replace(before, facts=collected.facts, outline=collected.outline), run)
    records = collected.records()
    run.say(f"{region.id}: resolving {counted(len(records), 'record')}")
    accepted = Records(records[records["reason"].isna().to_numpy()].reset_index(drop=True))
    registry, renamed = recalled(accepted, registry, run.catalog.sources)
    renamed = [*renamed, *undeclared(before, run.catalog.sources, renamed)] or still_told(before, made_of)
    resolution = resolve(
        accepted,
        contracts=run.catalog.sources,
        decisions=decisions,
        registry=registry,
        comparing=partial(compare_by_cell if len(records) >= WIDE_FROM else compare, weights=weights_of(run)),
    )
    enriched = sampled(resolution.sites, region.id, before, run)
    own = {name for name, contract in run.catalog.sources.items() if contract.region == region.id}
    # Who went on as whom tonight, resolving has found: words on what left for another region are none of this one.
    identity = run_id(inputs | {"decisions": heard_here(accepted["record_key"], decisions, resolution.registry)})
    sites = as_sites(enriched.sites.assign(run_id=identity))
    frames = _frames(records, resolution) | {"sites": checked_sites(sites, region.id)}
    stage = Stage(
        region.id,
        run.folder.region(region.id),
        identity,
        counts_of(outcome_of(records)).check(region.id),
        len(enriched.sites),
        collected.facts,
        collected.outline,
        (*renamed, *resolution.problems, *places_told(accepted, resolution.pairs, region, own), *enriched.problems),
        made_of,
        # With what it leaves in the registry itself, resolving gives the same once more.
        (share, registry_share(resolution.registry, region.id)),
        rasters=enriched.facts,
    )
    return keep_stage(stage, run, frames)


def _whole_before(region: Region, run: Run) -> Stage | None:
    """Return what was kept of a region last; null where nothing was, or it is damaged."""
    before = last_stage(region.id, run)
    if before is None or before.is_whole(run.hashes.of):
        return before
    run.say(f"{region.id}: what was kept of it is damaged, and is made anew")
    return None


def still_told(before: Stage | None, made_of: str) -> list[str]:
    """Return what was told last of sources that are called otherwise, or gone, where only the registry has changed.

    So it is where another region has some of the records: that is no news, and no reason to publish once more.
    """
    return recalled_before(before.problems) if before is not None and before.stamp == made_of else []


def _refuse_nothing(collected: Collected) -> None:
    """Refuse a region of which no source could be read; that nothing is found there is another matter."""
    if not any(fact.state in ("fresh", "stale") for fact in collected.facts):
        failed = [str(fact.message) for fact in collected.facts if fact.message and fact.state != "absent"]
        # What a person can correct must not stand among a dozen open data sets that nobody has put there.
        told = " ".join(failed) or (
            f"No file of any is there: put an extract into raw/osm/ ({collected.region}.osm.pbf), or a partner's file "
            "with its contract into raw/partners/."
        )
        raise RegionError(f"{collected.region}: no source could be read. {told}")


def _frames(records: Records, resolution: Resolution) -> dict[str, pd.DataFrame]:
    told = records.assign(site_id=records["record_key"].map(resolution.members), outcome=outcome_of(records))
    return {
        "records": told,
        "pairs": resolution.pairs,
        "review": resolution.review,
        "registry": resolution.registry,
    }


def _inputs(region: Region, collected: Collected, run: Run) -> dict[str, object]:
    """Return what goes into a region's sites, but for what people decided."""
    return {
        "region": region.model_dump(mode="json", exclude={"boundary"}),
        "outline": collected.outline_digest,
        "records": {part.facts.source: part.digest for part in collected.parts if part.folder is not None},
        "contracts": {
            fact.source: run.catalog.sources[fact.source].model_dump(mode="json") for fact in collected.facts
        },
        # Absent where the shipped ones are used, which the hash of the code tells of.
        **({"weights": repr(weights)} if (weights := weights_of(run)) is not None else {}),
    }


def _of_region(registry: pd.DataFrame, region_id: str) -> pd.DataFrame:
    """Return a region's rows; an older registry knows no regions."""
    known = registry.reindex(columns=["record_key", "region"])
    return known[known["region"] == region_id]


def decided_here(parts: Sequence[Part], decisions: Decisions, known: pd.DataFrame) -> list[str]:
    """Return the decisions about a record that is here, or about two that were: those of others change nothing.

    Two that are gone may have heirs here; who these are, is known when the region is resolved (`heard_here`).
    """
    words = decisions.last_words
    if not words:
        return []
    here = {key for part in parts for key in part.record_keys()}
    known_here = here | set(known["record_key"].dropna())
    found = {pair: one for pair, one in words.items() if known_here.issuperset(pair) or not here.isdisjoint(pair)}
    return sorted(one.as_line() for one in found.values())


def heard_here(keys: Iterable[str], decisions: Decisions, registry: pd.DataFrame) -> list[str]:
    """Return the decisions about a record that is here, be it under a former key.

    Parameters
    ----------
    keys
        Those of the region's records.
    registry
        The registry as resolving the region left it.
    """
    words = decisions.last_words
    here = {*keys} if words else set()
    heirs = successors(decisions.spoken, registry, {}, here)
    found = (one for pair, one in words.items() if not here.isdisjoint(heirs.get(key, key) for key in pair))
    return sorted(one.as_line() for one in found)


def _rasters(run: Run) -> list[tuple[object, object]]:
    return [(declared(raster), raster_files(raster.id, run)) for raster in run.catalog.rasters.values()]
