"""Collect and harmonize a region's records from every source; where one source fails, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import OSM, Contract, Region
from inducult_geo.collecting.at_hand import find_extract
from inducult_geo.collecting.boundaries import KeptOutline
from inducult_geo.collecting.guards import refuse_lost_grid, refuse_renumbered, refuse_unusable, with_rows_gone
from inducult_geo.collecting.versions import difference, refuse_other_list, with_news
from inducult_geo.errors import ContractError, CoordinateError, SourceError, TransientError, in_words, located
from inducult_geo.frames import (
    WORK_CRS,
    Counts,
    Problem,
    RawTable,
    Records,
    as_records,
    concat_records,
    counts_of,
    outcome_of,
    reasons_of,
)
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.records import Harmonized, harmonize
from inducult_geo.harmonize.transforms.crs import transform_geometries
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.run import Run, SourceFacts, reasons_told
from inducult_geo.schemas import checked_records
from inducult_geo.sources.osm.extracts import EXTRACTS
from inducult_geo.sources.osm.overpass import Held, fetch_objects, is_answer, read_answer
from inducult_geo.sources.osm.overpass_client import Patience
from inducult_geo.sources.osm.pbf import read_objects
from inducult_geo.sources.osm.records import records_of
from inducult_geo.sources.partners.files import find_files, near_name
from inducult_geo.sources.partners.partner import read_partner
from inducult_geo.sources.web.fetch_plan import named_file
from inducult_geo.stage import Part, drop_part, keep_part, last_part
from inducult_geo.stamps import declared, files_stamp, grids_stamp, stamp


@dataclass(frozen=True)
class Gathered:
    """The records of one source in one region, with what became of it."""

    records: Records
    facts: SourceFacts


@dataclass(frozen=True)
class _Here:
    """A region whose sources are gathered, with its outline; `home` is where they are kept."""

    region: Region
    land: KeptOutline
    run: Run

    @property
    def home(self) -> Path:
        """Folder of the region's sources."""
        return self.run.folder.region(self.region.id) / "sources"

    @property
    def ground(self) -> Ground:
        """What is known of its land."""
        return ground_of_region(self.region, self.land.area, self.run)


@dataclass(frozen=True)
class _Source:
    """One source of a region: what it is made of (null: nobody can tell), and how; `home` is where it is kept."""

    id: str
    home: Path
    stamp: Callable[[], str | None]
    make: Callable[[], Gathered]
    is_share: bool = False


def gather_region(
    region: Region, land: KeptOutline, run: Run, *, only: Container[str] | None = None, patient: bool = False
) -> list[Part]:
    """Collect and harmonize every source that has records of a region; what has not changed is taken as it was kept.

    Each source's failure is its own: then the records that an earlier run kept of it stay (`stale`), or there are
    none (`failed`). A source without a file is `absent`.

    Parameters
    ----------
    region, land, run
        The region, its outline and the run.
    only
        Ids of the sources wanted; all where null.
    patient
        Whether somebody will ask again: then a source that may answer later raises instead of falling back.

    Raises
    ------
    TransientError
        With `patient` alone.
    """
    sources = [one for one in _sources_of(_Here(region, land, run)) if only is None or one.id in only]
    return [_or_kept(one, region.id, run, patient=patient) for one in sources]


def gather_wide(contract: Contract, run: Run) -> Part:
    """Harmonize a wide source once for all regions; kept until its file, contract or this program changes.

    Raises
    ------
    SourceError, ContractError
        Where its file cannot be used.
    """
    return _made(_wide(contract, run), run)


def wide_or_kept(contract: Contract, run: Run) -> Part:
    """Harmonize a wide source; where that fails, take what an earlier run kept of it, and say so."""
    return _or_kept(_wide(contract, run), None, run)


def _sources_of(here: _Here) -> list[_Source]:
    catalog = here.run.catalog
    return [
        _osm(here),
        *(_partner(contract, here) for contract in catalog.sources_of(here.region.id)),
        *(_share(contract, here) for contract in catalog.wide_sources()),
    ]


def _made(source: _Source, run: Run) -> Part:
    """Take a source as it was kept where nothing that it is made of has changed, else make it anew and keep it."""
    if source.id in run.catalog.broken:
        raise ContractError(run.catalog.broken[source.id])
    stamp = source.stamp()
    kept, place = _kept(source, run), source.home / source.id
    is_afresh = run.is_afresh(source.id) and place not in run.made
    if kept is not None and kept.stamp == stamp and stamp is not None and not is_afresh:
        return kept
    made = source.make()
    if made.facts.state == "absent":
        drop_part(source.home, source.id)
        return Part(made.facts)
    facts = made.facts
    if source.id != OSM:
        refuse_unusable(facts, made.records)
    if kept is not None and not is_afresh:
        refuse_lost_grid(kept.facts, facts, run)
        # Of a wide source's share nothing is told: that of the whole is.
        if not source.is_share:
            facts = _compared(kept, made.records, facts)
    run.made.add(place)
    return keep_part(source.home, made.records, facts, stamp)


def _compared(kept: Part, records: Records, facts: SourceFacts) -> SourceFacts:
    """Refuse what no version of a list may be after the one kept, and tell what it brought; OSM's are told if cut."""
    if facts.source != OSM:
        before = kept.records()
        refuse_renumbered(before, records, facts)
        found = difference(before, records)
        refuse_other_list(found, kept.facts, facts)
        facts = with_news(found, kept.facts, facts, (before, records))
    return with_rows_gone(kept.facts, facts)


def _kept(source: _Source, run: Run) -> Part | None:
    """Return what an earlier run kept of a source, where that is as it was."""
    kept = last_part(source.home, source.id)
    return kept if kept is not None and kept.is_whole(run.hashes.of) else None


def _or_kept(source: _Source, region_id: str | None, run: Run, *, patient: bool = False) -> Part:
    """Gather a source; where it fails, take what an earlier run kept of it, and say so."""
    try:
        return _made(source, run)
    except (SourceError, ContractError, CoordinateError, OSError) as problem:
        if patient and isinstance(problem, TransientError) and problem.soon:
            raise
        kept, why = _kept(source, run), in_words(problem)
        where = region_id or source.id
        told = located(where, why)
        run.say(f"{told.rstrip('.')}. The records of the last good run stay." if kept else told)
        if kept is None:
            return Part(SourceFacts(source.id, region_id, "failed", message=why))
        return replace(kept, facts=replace(kept.facts, state="stale", message=why))


def harmonized(contract: Contract, table: RawTable, ground: Ground) -> Harmonized:
    """Harmonize one source's table with the packaged vocabulary."""
    return harmonize(table, contract, ground, load_vocabulary())


def _osm(here: _Here) -> _Source:
    region, run = here.region, here.run
    contract = run.catalog.sources[OSM]
    extract = find_extract(region, run)

    def stamp_of() -> str | None:
        if extract is None or not extract.is_file():
            return None
        return _stamp([extract], contract, here, run)

    def make() -> Gathered:
        if run.osm == "overpass":
            archive = run.folder.raw / "osm"
            objects = fetch_objects(
                region.id,
                area=here.land.area,
                settings=run.settings,
                archive=archive,
                held=_held(here),
                patience=Patience.of(run),
            )
        elif extract is None:
            return _without_extract(contract, region, run, was_there=last_part(here.home, OSM) is not None)
        else:
            run.say(f"{region.id}: reading {extract.name}")
            objects = (read_answer if is_answer(extract) else read_objects)(extract, area=here.land.area)
        return _harmonized(contract, region.id, records_of(objects), here.ground)

    return _Source(OSM, here.home, stamp_of, make)


def _held(here: _Here) -> Held | None:
    """Say what an earlier run holds of a region's OpenStreetMap; null where that is not to be compared with."""
    kept = None if here.run.is_afresh(OSM) else last_part(here.home, OSM)
    if kept is None:
        return None
    return Held(kept.facts.data_time, kept.facts.counts.records_in - kept.facts.counts.rejected)


def _without_extract(contract: Contract, region: Region, run: Run, *, was_there: bool) -> Gathered:
    """Return nothing where nobody expects an extract of the region; it is expected where one is named or was read."""
    folder = run.folder.raw / "osm"
    others = run.osm == "files" and folder.is_dir() and any(p.name.endswith(EXTRACTS) for p in folder.iterdir())
    if others and (region.geofabrik or was_there):
        raise SourceError(
            f"{region.id}: no OpenStreetMap extract for this region. Put it at {folder}/{region.id}.osm.pbf"
            + (f", or get it: inducult fetch {region.id}." if region.geofabrik else ".")
        )
    if others:
        run.say(
            f"{region.id}: built without OpenStreetMap: the catalog names no extract, and {folder} holds none for this "
            "region"
        )
    return _absent(contract, region.id)


def _partner(contract: Contract, here: _Here) -> _Source:
    region, run = here.region, here.run

    def make() -> Gathered:
        files = find_files(contract, partners=run.folder.partners)
        if not files:
            # A steward who put a contract there means its file to be there; a packaged one only offers itself.
            if contract.declared_in.parent == run.folder.partners:
                raise SourceError(
                    f"{contract.id}: {', '.join(contract.files)} is missing beside {contract.declared_in.name}."
                    + near_name(contract)
                    + (f" Get it: inducult fetch {region.id}" if named_file(contract) else "")
                )
            return _absent(contract, region.id)
        run.say(f"{region.id}: reading {', '.join(path.name for path in files)}")
        table = read_partner(in_languages_of(contract, region), files)
        return _harmonized(contract, region.id, table, here.ground)

    return _Source(contract.id, here.home, partial(_files_stamp, contract, here, run), make)


def _wide(contract: Contract, run: Run) -> _Source:
    def make() -> Gathered:
        files = find_files(contract, partners=run.folder.partners)
        if not files:
            return _absent(contract, None)
        run.say(f"{contract.id}: reading {', '.join(path.name for path in files)}")
        return _harmonized(contract, None, read_partner(contract, files), ground_of_the_world(contract, run))

    return _Source(contract.id, run.folder.wide, partial(_files_stamp, contract, None, run), make)


def _share(contract: Contract, here: _Here) -> _Source:
    """Take a region's share of a wide source: the accepted rows whose place lies in it."""
    region, run = here.region, here.run

    def make() -> Gathered:
        if not find_files(contract, partners=run.folder.partners):
            return _absent(contract, None)
        whole = gather_wide(contract, run)
        area, _, _ = transform_geometries(
            np.array([here.land.area], dtype=object),
            source_crs="EPSG:4326",
            target_crs=WORK_CRS,
            country=region.country,
        )
        shapely.prepare(area)
        inside = whole.records_in(area[0])
        # A row that tells no country lies in that of the region.
        share = as_records(inside.assign(region=region.id, country=inside["country"].fillna(region.country)))
        facts = replace(whole.facts, region=region.id, rejected_by_reason={}, problems=())
        return Gathered(share, facts.with_counts(Counts(len(share), len(share), 0, 0)))

    return _Source(contract.id, here.home, partial(_files_stamp, contract, here, run), make, is_share=True)


def _files_stamp(contract: Contract, here: _Here | None, run: Run) -> str:
    return _stamp(find_files(contract, partners=run.folder.partners), contract, here, run)


def _stamp(paths: list[Path], contract: Contract, here: _Here | None, run: Run) -> str:
    return stamp(
        files=files_stamp(paths, run),
        contract=declared(contract),
        region=None if here is None else declared(here.region),
        outline=None if here is None else here.land.digest,
        grids=grids_stamp(run),
    )


def in_languages_of(contract: Contract, region: Region) -> Contract:
    """Return a contract whose file holds the languages of its region, unless it names others."""
    languages = contract.read.languages or region.languages
    return contract.model_copy(update={"read": contract.read.model_copy(update={"languages": languages})})


def ground_of_the_world(contract: Contract, run: Run) -> Ground:
    """Return what is known of the land that a wide source is about."""
    country = contract.countries[0] if len(contract.countries) == 1 else None
    return Ground("the world", country, grids=run.settings.grids_folder, countries=contract.countries)


def ground_of_region(region: Region, area: BaseGeometry, run: Run) -> Ground:
    """Return what is known of the land that a source of a region is about; `area` is its outline in EPSG:4326."""
    return Ground(region.id, region.country, area, region.crs, run.settings.grids_folder)


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
        _each_once(result.placed.systems),
        _each_once(result.placed.reading),
        _each_once(result.placed.operation),
        round(float(accuracy.median()), 2) if len(accuracy) else None,
        result.placed.candidates,
        table.data_time or (str(contract.retrieved) if contract.retrieved else None),
        None,
        (*result.problems, *_mostly_rejected(contract, result)),
    )


def _mostly_rejected(contract: Contract, result: Harmonized) -> list[Problem]:
    """Say that most rows of a list are rejected, though some can be used: mostly its export or contract is wrong."""
    counts = counts_of(outcome_of(result.records))
    if contract.id == OSM or not counts.records_in / 2 < counts.rejected < counts.records_in:
        return []
    reasons = reasons_told(reasons_of(result.records))
    told = f"{counts.rejected:,} of {counts.records_in:,} rows are rejected ({reasons}): is the contract right?"
    return [Problem(contract.id, "mostly_rejected", told, counts.rejected)]


def _each_once(facts: Iterable[str | None]) -> str | None:
    """Join what is told of the rows (their CRS, say): each fact once, sorted; null where none is."""
    return "; ".join(sorted({fact for fact in facts if fact})) or None


def _absent(contract: Contract, region_id: str | None) -> Gathered:
    names = ", ".join(contract.files) or "no extract"
    return Gathered(concat_records([]), SourceFacts(contract.id, region_id, "absent", message=f"not there: {names}"))
