"""Assemble one bundle of all regions as they were last kept, before licences are applied and files written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo import __version__
from inducult_geo.arrow.keys import is_in
from inducult_geo.catalog import Contract, RasterSource
from inducult_geo.collecting.boundaries import last_outline
from inducult_geo.enrich.density import density_surfaces
from inducult_geo.errors import RegionError
from inducult_geo.frames import (
    NO_COUNTS,
    OF_A_NIGHT,
    PAIR_COLUMNS,
    RECORD_COLUMNS,
    REVIEW_REASONS,
    SITE_COLUMNS,
    WORK_CRS,
    Counts,
    as_pairs,
    as_records,
    as_sites,
    counts_of,
    from_json,
    outcome_of,
    reasons_of,
)
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.publish.bundle import Bundle, withheld_sources
from inducult_geo.releasing.overlapping import left_to_others, pairs_of_each, sites_of_each
from inducult_geo.resolving.gaps import with_gaps
from inducult_geo.review.answers import PLACE
from inducult_geo.run import SCHEMA_VERSION, STATES, Run, SourceFacts, State, code_hash, run_id
from inducult_geo.stage import Part, RegionOutcome, Stage

TITLE = "InduCult2.0: sites of industrial culture"
_OF_KEYS = re.compile(r"'([^\s':]+):[^\s']")
"""Source of each record key in a text."""

_REVIEW_COLUMNS = (
    ("review_id", "kind", "region", "left_key", "right_key", "left_name", "right_name", "left_site", "right_site")
    + ("score", "distance_m", "question", "why", "priority", "decision", "decided_by", "note")
)  # fmt: skip


def assemble(
    stages: Mapping[str, Stage], told: Mapping[str, RegionOutcome], wide: Mapping[str, Part], run: Run
) -> Bundle:
    """Put the regions' outputs and what wide sources (by id) have outside them into one bundle.

    The counting law is asserted for every source and for the whole.

    A record that two regions hold, since their outlines overlap, is that of one of them (see `overlapping`).

    Raises
    ------
    CountingError
        Where records went missing or were made up.
    RegionError
        Where the kept outline of a region is damaged.
    """
    records = _concat([stage.records() for stage in stages.values()], (*RECORD_COLUMNS, "site_id", "outcome"))
    sites = as_sites(_concat([stage.sites() for stage in stages.values()], (*SITE_COLUMNS,)))
    pairs = as_pairs(pd.concat([_empty(PAIR_COLUMNS), *(stage.pairs() for stage in stages.values())]))
    review = pd.concat([_empty(_REVIEW_COLUMNS), *(stage.table("review") for stage in stages.values())])
    facts = [fact for stage in stages.values() for fact in stage.facts if fact.state != "absent"]
    left = left_to_others(records, pairs, run)
    if left:
        leaves = left.of(records)
        sites = sites_of_each(sites, records, leaves, run.catalog.sources)
        pairs, review = pairs_of_each(pairs, left), pairs_of_each(review, left)
        records = records[~leaves].reset_index(drop=True)
        facts = [left.fewer(fact) for fact in facts]
    for part in wide.values():
        rest = _elsewhere(part, records)
        if rest is not None:
            rest_records, rest_facts = rest
            records = _concat([records, rest_records], (*RECORD_COLUMNS, "site_id", "outcome"))
            facts.append(rest_facts)
    # Counted at the doors of the sources, and again at the end of the road: only then is it a check.
    came_in = sum(fact.counts.records_in for fact in facts)
    ended = counts_of(records["outcome"])
    counts = Counts(came_in, ended.in_sites, ended.in_review, ended.rejected).check("release")
    row = _run_row(stages, records, counts, len(sites), run)
    return Bundle(
        sites,
        records.sort_values("record_key").reset_index(drop=True),
        pairs,
        _review(review, records),
        _regions(stages, told, run),
        with_gaps(_sources(facts, stages, run), records, pairs),
        row,
        overlaps=left.told(),
    )


def with_surfaces(public: Bundle) -> Bundle:
    """Return what is to be published with the densities of its own sites.

    After the licenses are applied, never before: a surface that knew a withheld site would give its place away.
    """
    return replace(public, surfaces=density_surfaces(public.sites, public.regions))


def release_manifest(bundle: Bundle, stages: Mapping[str, Stage], run: Run) -> dict[str, Any]:
    """Return what a release tells of how it came about: inputs, counts, problems; nothing of the clock.

    What was noticed of sources that stay at home, or whose places leave on a grid only, names their records and places:
    it is told to who runs, and stands in no release.
    """
    hidden = withheld_sources(bundle.sources) | {*bundle.sources.dropna(subset=["publish_grid_m"])["source"]}
    shown = {*bundle.sources["source"]} - hidden
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "run": dict(bundle.run),
        "is_sample": run.folder.is_sample,
        "regions": {
            name: {
                "run_id": stage.run_id,
                "outline": dict(stage.outline),
                "sources": [_told(fact, run, is_shown=fact.source not in hidden) for fact in stage.facts],
                "problems": [_inside(text, run) for text in stage.problems if _is_of(text, shown, hidden)],
            }
            for name, stage in sorted(stages.items())
        },
    }


def _told(fact: SourceFacts, run: Run, *, is_shown: bool) -> dict[str, Any]:
    """Return a source's facts without what is true of one night alone; of one that is not shown without its values."""
    lasting = tuple(problem for problem in fact.problems if is_shown and problem.kind not in OF_A_NIGHT)
    candidates = fact.candidates if is_shown else ()
    return replace(fact, message=_inside(fact.message, run), problems=lasting, candidates=candidates).as_dict()


def _is_of(text: str, shown: Set[str], hidden: Set[str]) -> bool:
    """Whether what was noticed is about sources that are shown: it begins with its source, or names records by keys."""
    return text.partition(":")[0] not in hidden and shown >= {*_OF_KEYS.findall(text)}


def _elsewhere(part: Part, records: pd.DataFrame) -> tuple[gpd.GeoDataFrame, SourceFacts] | None:
    """Return a wide source's rows that no region of the release took, each with the reason why not."""
    if part.facts.state == "absent":
        return None
    whole = part.records()
    taken = records.loc[records["source"] == part.facts.source, "record_key"]
    rest = as_records(whole[~is_in(whole["record_key"], taken)])
    fine = rest["reason"].isna()
    rest.loc[fine, "reason"] = "outside_all_regions"
    rest.loc[fine, "detail"] = "its place lies in no region of this release"
    counts = counts_of(outcome_of(rest))
    facts = replace(part.facts, counts=counts, rejected_by_reason=reasons_of(rest))
    return rest.assign(site_id=None, outcome=outcome_of(rest)), facts


def _review(pairs: pd.DataFrame, records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the doubtful pairs and the doubtful places into one layer of questions, the weightiest first."""
    points = dict(
        zip(records["record_key"].tolist(), shapely.point_on_surface(records.geometry.to_numpy()), strict=True)
    )
    places = pd.DataFrame([*_place_questions(records)], columns=[*_REVIEW_COLUMNS])
    rows = pd.concat([pairs, places], ignore_index=True).reindex(columns=[*_REVIEW_COLUMNS])
    rows = rows.sort_values(["priority", "review_id"], ascending=[False, True], ignore_index=True)
    geometry = np.array([points[left] for left in rows["left_key"]], dtype=object)
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WORK_CRS)


def _place_questions(records: pd.DataFrame) -> Iterator[dict[str, Any]]:
    waiting = records[records["outcome"] == "review"]
    for key, names, region, reason, detail in waiting[["record_key", "names", "region", "reason", "detail"]].itertuples(
        index=False
    ):
        name = plain_name(from_json(names))
        yield {
            "review_id": f"{PLACE}{key}",
            "kind": "place",
            "region": region,
            "left_key": key,
            "left_name": name,
            "question": f"Where is {name or key}? {REVIEW_REASONS[reason].capitalize()}.",
            "why": detail,
            "priority": 1.0,
        }


def _regions(stages: Mapping[str, Stage], told: Mapping[str, RegionOutcome], run: Run) -> gpd.GeoDataFrame:
    rows = []
    for name, stage in sorted(stages.items()):
        region = run.catalog.region(name)
        land = last_outline(region, run)
        if land is None:
            raise RegionError(f"{name}: its outline is damaged. Run this region again: inducult run {name} --afresh")
        outline = gpd.GeoSeries([land.area], crs="EPSG:4326").to_crs(WORK_CRS).iloc[0]
        mine = told[name]
        rows.append(
            {
                "region": name,
                "title": (region.title or region.id) + (" (sample)" if run.folder.is_sample else ""),
                "country": region.country,
                "boundary_source": stage.outline["source"],
                "boundary_licence": stage.outline["licence"],
                "area_km2": round(outline.area / 1e6, 2),
                **stage.counts.as_dict(),
                "sites": stage.n_sites,
                "state": mine.told_state,
                "message": _inside(mine.message or _lacking(mine), run),
                "geometry": outline,
            }
        )
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=WORK_CRS)


def _lacking(told: RegionOutcome) -> str | None:
    """Name the sources of a region that are not of this run; why, their own rows say."""
    named = ", ".join(f"{fact.source} ({fact.state})" for fact in told.failed_sources)
    return f"not as they should be: {named}. Their rows among the sources say why." if named else None


def _sources(facts: Sequence[SourceFacts], stages: Mapping[str, Stage], run: Run) -> pd.DataFrame:
    """Make one row a source of what became of it in every region; a raster that is in use has its row, too."""
    facts = [replace(fact, message=_inside(fact.message, run)) for fact in facts]
    names = sorted({fact.source for fact in facts})
    rows = [_declared_row(n, [f for f in facts if f.source == n], run.catalog.sources) for n in names]
    told = [fact for stage in stages.values() for fact in stage.rasters if fact.state != "absent"]
    sampled = [replace(fact, message=_inside(fact.message, run)) for fact in told]
    rasters = sorted({fact.source for fact in sampled} & set(run.catalog.rasters))
    rows += [_raster_row(run.catalog.rasters[n], [fact for fact in sampled if fact.source == n]) for n in rasters]
    return pd.DataFrame(rows)


def _declared_row(name: str, facts: Sequence[SourceFacts], contracts: Mapping[str, Contract]) -> dict[str, Any]:
    """Make the row of a source; of one whose contract was taken away nobody knows the terms, so nothing leaves."""
    if name in contracts:
        return _source_row(contracts[name], facts)
    said = "no contract declares it any more: its records are withheld, until the region is run again without them"
    return _source_row(Contract(id=name, files=()), [replace(fact, state="stale", message=said) for fact in facts])


def _inside(message: str | None, run: Run) -> str | None:
    """Name files from the data folder on: where that lies is no part of the data, and nobody's business."""
    for root in (run.folder.root.resolve(), run.folder.root):
        # One that is relative ("data") may end other words, too: "https://example.org/opendata/works.csv".
        begins = "" if root.is_absolute() else r"(?<![\w./-])"
        message = message and re.sub(f"{begins}{re.escape(str(root))}/", "", message)
    return message


def _raster_row(raster: RasterSource, facts: Sequence[SourceFacts]) -> dict[str, Any]:
    valid_at = str(raster.valid_at) if raster.valid_at else None
    return {
        **_about(raster, facts),
        "publish": True,
        **NO_COUNTS.as_dict(),
        "retrieved_at": valid_at,
        "valid_at": valid_at,
    }


def _about(declared: Contract | RasterSource, facts: Sequence[SourceFacts]) -> dict[str, Any]:
    """Return what is told of every source: who it is, its files, and what became of it."""
    files = {file.name: file.sha256 for fact in facts for file in fact.files}
    regions = {fact.region for fact in facts}
    return {
        "source": declared.id,
        "title": declared.title or declared.id,
        "region": regions.pop() if len(regions) == 1 else None,
        "licence": declared.licence,
        # Whoever is not told how to be named is named by the title.
        "attribution": declared.attribution.strip() or declared.title or declared.id,
        "files": ", ".join(files) or None,
        "sha256": ", ".join(files.values()) or None,
        "state": _state({fact.state for fact in facts}),
        "message": _joined(fact.message for fact in facts),
    }


def _state(states: Set[State]) -> str:
    """Return the state of a source that has these, one for each region that reads it by itself."""
    worst = max(states, key=STATES.index)
    return "partial" if worst == "failed" and len(states) > 1 else worst


def _source_row(contract: Contract, facts: Sequence[SourceFacts]) -> dict[str, Any]:
    accuracies = [fact.accuracy_m for fact in facts if fact.accuracy_m is not None]
    data_time = max((fact.data_time for fact in facts if fact.data_time), default=None)
    return {
        **_about(contract, facts),
        "publish": contract.may_publish,
        "publish_grid_m": contract.publish_grid_m,
        **sum((fact.counts for fact in facts), NO_COUNTS).as_dict(),
        "crs": _joined(fact.crs for fact in facts),
        "reading": _joined(fact.reading for fact in facts),
        "operation": _joined(fact.operation for fact in facts),
        "accuracy_m": max(accuracies, default=None),
        "retrieved_at": str(contract.retrieved) if contract.retrieved else data_time,
        "valid_at": str(contract.valid_at) if contract.valid_at else data_time,
    }


def _joined(texts: Iterable[str | None]) -> str | None:
    *others, last = [*dict.fromkeys(text for text in texts if text)] or [""]
    return "; ".join([*(text.removesuffix(".") for text in others), last]) or None


def _run_row(
    stages: Mapping[str, Stage], records: pd.DataFrame, counts: Counts, n_sites: int, run: Run
) -> dict[str, Any]:
    dates = pd.concat([records["valid_at"], records["retrieved_at"]]).dropna()
    sample = run.folder.is_sample
    identities = {name: stage.run_id for name, stage in stages.items()}
    return {
        "run_id": run_id({"stages": identities, "counts": counts.as_dict()}),
        "title": TITLE + (" (sample)" if sample else ""),
        **counts.as_dict(),
        "sites": n_sites,
        "withheld": 0,
        "version": __version__,
        "schema_version": SCHEMA_VERSION,
        "data_date": str(dates.max())[:10] if len(dates) else None,
        "is_sample": sample,
        "code": code_hash(),
    }


def _concat(frames: Iterable[gpd.GeoDataFrame], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=WORK_CRS)
    return gpd.GeoDataFrame(pd.concat(kept, ignore_index=True), geometry="geometry", crs=WORK_CRS)


def _empty(columns: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
