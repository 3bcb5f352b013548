"""Which regions have data, judged by which files are in the data folder; none of them is read.

Who only asks how a folder stands does not wait for what reads and compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inducult_geo.catalog import Contract, Region
from inducult_geo.errors import ConfigError, ContractError
from inducult_geo.run import Run
from inducult_geo.sources.osm.extracts import newest_extract
from inducult_geo.sources.partners.files import find_files
from inducult_geo.store import INPUTS, holds_files, read_json, write_json


def choose_regions(region_ids: Sequence[str], run: Run) -> list[Region]:
    """Return the regions named, or every region that has data.

    A list of whole countries is data of their regions as far as these have an outline: who keeps the list of one
    region has no failure for each of the others. Which they are is said.

    Raises
    ------
    ConfigError
        Where one is unknown, none has data, or a source to be taken afresh is of none of those named.
    """
    if region_ids:
        named = [run.catalog.region(region_id) for region_id in dict.fromkeys(region_ids)]
        _refuse_elsewhere(named, run)
        return named
    catalog = run.catalog
    wide = [contract for contract in catalog.wide_sources() if has_file(contract, run)]
    with_data = [region for region in catalog.regions.values() if _has_data(region, run)]
    about = [region for region in catalog.regions.values() if region not in with_data and _is_about(wide, region)]
    outlined = [region for region in about if _is_outlined(region, run)]
    missed = [region.id for region in about if region not in outlined]
    hint = (
        f"Of {', '.join(contract.id for contract in wide)} a region takes its share once its outline is in "
        f"{run.folder.raw / 'boundaries'}: {', '.join(sorted(missed))}."
    )
    if not (with_data or outlined):
        raise ConfigError(
            f"{run.folder.root}: no region has data. Put OpenStreetMap extracts into {run.folder.raw / 'osm'}, or "
            f"partners' files with their contracts into {run.folder.partners}." + (f" {hint}" if missed else "")
        )
    if missed:
        run.say(f"not every region was run. {hint}")
    return sorted([*with_data, *outlined], key=lambda region: region.id)


def refuse_emptied(run: Run) -> None:
    """Refuse a folder of inputs that held files in the last run and holds none: a share that is not mounted looks so.

    All of its sites would leave. Who took the files away for good removes the folder, too. What each holds now is noted
    for the next run.

    Raises
    ------
    ConfigError
        Where there is such a folder.
    """
    raw = run.folder.root / "raw"
    noted = (read_json(run.folder.held) or {}).get("folders")
    before = {name for name in noted if name in INPUTS} if isinstance(noted, list) else set()
    # An extract that is named, or a server, stands in for the folder.
    asked = INPUTS if run.osm == "files" and run.osm_file is None else INPUTS[1:]
    holding = {name for name in INPUTS if holds_files(raw / name)}
    for name in asked:
        home = raw / name if holds_files(raw) else raw
        if name in before - holding and home.is_dir():
            raise ConfigError(
                f"{home}: is empty, but held files in the last run, and all of their sites would disappear. Is its "
                "disk or share mounted? If the files were removed for good, remove the empty folder as well. Until "
                "then nothing is done."
            )
    now = sorted(holding | (before - {*asked}))
    if now != noted:
        write_json(run.folder.held, {"folders": now})


def find_extract(region: Region, run: Run) -> Path | None:
    """Return the OSM extract for a region: the run's own, or the newest by its name (see `newest_extract`)."""
    if run.osm_file is not None or run.osm != "files":
        return run.osm_file if run.osm == "files" else None
    return newest_extract(run.folder.raw / "osm", region, run.catalog.regions.values())


def has_file(contract: Contract, run: Run) -> bool:
    """Whether a file of a contract is there; of one that cannot be looked for the run is to say why."""
    try:
        return bool(find_files(contract, partners=run.folder.partners))
    except ContractError:
        return True


def _is_outlined(region: Region, run: Run) -> bool:
    """Tell whether a region's outline is at hand as a file: put there, named in the catalog, or kept from a run."""
    named = region.boundary.file
    files = [own_file(region, run), kept_file(region, run)]
    files += [region.declared_in.parent / named] if named is not None else []
    return any(path.is_file() for path in files)


def own_file(region: Region, run: Run) -> Path:
    """Return where a person puts the outline of a region."""
    return run.folder.raw / "boundaries" / f"{region.id}.geojson"


def kept_file(region: Region, run: Run) -> Path:
    """Return where a region's outline is kept after a run."""
    return run.folder.region(region.id) / "boundary.geojson"


def _refuse_elsewhere(regions: Sequence[Region], run: Run) -> None:
    """Refuse a source to be taken afresh that no region of the run has: it would be passed over in silence."""
    for name in sorted(run.afresh_sources):
        contract = run.catalog.sources.get(name)
        if contract and contract.region and contract.region not in {region.id for region in regions}:
            raise ConfigError(
                f"--afresh-source {name}: this source belongs to {contract.region}, which is not part of this run. "
                f"Use: inducult run {contract.region} --afresh-source {name}"
            )


def _is_about(wide: Sequence[Contract], region: Region) -> bool:
    """Whether a list of whole countries may hold something of a region."""
    return any(not contract.countries or region.country in contract.countries for contract in wide)


def _has_data(region: Region, run: Run) -> bool:
    return find_extract(region, run) is not None or bool(run.catalog.sources_of(region.id)) or run.osm == "overpass"
