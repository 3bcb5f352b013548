"""Which files of regions are to be downloaded (extracts, and sources with a URL), and the outcome of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from inducult_geo.catalog import Contract, Region
from inducult_geo.errors import InducultError, SourceError, StorageError
from inducult_geo.run import Run
from inducult_geo.sources.web.fetch import Fetched, fetch
from inducult_geo.store import unfetched, write_json

GEOFABRIK = "https://download.geofabrik.de"
_EXTRACT = ".osm.pbf"


@dataclass(frozen=True)
class FetchOutcome:
    """What became of one file.

    Attributes
    ----------
    name
        The file's name without a date; the region's id where it has no file.
    regions
        The regions that use it; none where it is a wide source's.
    url
        Where it comes from.
    fetched
        The file as it is kept; null where it could not be fetched.
    message
        Why not, and what to do.
    """

    name: str
    regions: tuple[str, ...]
    url: str
    fetched: Fetched | None = None
    message: str | None = None

    @property
    def state(self) -> str:
        """`new`, `same` or `failed`."""
        if self.fetched is None:
            return "failed"
        return "new" if self.fetched.changed else "same"


@dataclass(frozen=True)
class _Wanted:
    """One file to fetch."""

    name: str
    regions: tuple[str, ...]
    url: str
    folder: Path
    checksum_url: str | None = None


def geofabrik_url(region: Region, base: str = GEOFABRIK) -> str:
    """Return the address of a region's newest extract.

    Raises
    ------
    SourceError
        Where the region names none.
    """
    if not region.geofabrik:
        raise SourceError(
            f'{region.id}: names no extract. Add geofabrik = "europe/..." to its TOML, or put an extract of your own '
            f"into raw/osm as {region.id}{_EXTRACT}."
        )
    return f"{base.rstrip('/')}/{region.geofabrik.strip('/')}-latest{_EXTRACT}"


def fetch_all(region_ids: Sequence[str], run: Run, *, base: str = GEOFABRIK) -> list[FetchOutcome]:
    """Fetch the extracts of regions (all of the catalog where none is named), and the files of their sources.

    An extract that several regions share is fetched once. One that fails is told in its outcome; the others go on. A
    region that names no extract lives of its partners' files: that is a failure only of who asks for it by name.
    Extracts go to `raw/osm`, a source's file to the partners' folder; where the data folder holds only the sample,
    its sources are left alone.

    Raises
    ------
    CatalogError
        Where a region is unknown.
    """
    ids = [*dict.fromkeys(region_ids)] or sorted(run.catalog.regions)
    regions = [run.catalog.region(region_id) for region_id in ids]
    asked = [region for region in regions if region.id in region_ids and not region.geofabrik]
    without = [FetchOutcome(region.id, (region.id,), "", message=_why_not(region, base)) for region in asked]
    wanted = [*_extracts(regions, run, base), *_files(regions, run)]
    outcomes = []
    for done, one in enumerate(wanted):
        run.advance(done, len(wanted))
        outcomes.append(_fetch_one(one, run))
    run.advance(len(wanted), len(wanted))
    _note_failures(outcomes, run)
    return [*without, *outcomes]


def _note_failures(outcomes: Sequence[FetchOutcome], run: Run) -> None:
    """Note which files do not come, and since when: a run goes on with what is kept of them, and would never tell."""
    before = unfetched(run.folder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    regions = [*run.catalog.regions.values()]
    known = {one.name for one in (*_extracts(regions, run, ""), *_files(regions, run))}
    asked = {one.name: one for one in outcomes}
    failed = {name: told for name, told in before.items() if name in known - asked.keys()}
    for name, one in asked.items():
        if one.fetched is None:
            since = before.get(name, {}).get("since") or now
            failed[name] = {"since": since, "regions": list(one.regions), "message": one.message}
    if failed != before:
        try:
            write_json(run.folder.unfetched, failed)
        except StorageError as problem:
            run.say(str(problem))


def _why_not(region: Region, base: str) -> str | None:
    try:
        geofabrik_url(region, base)
    except SourceError as problem:
        return str(problem)
    return None


def _fetch_one(one: _Wanted, run: Run) -> FetchOutcome:
    run.say(f"{one.name}: asking {urlsplit(one.url).hostname}")
    try:
        got = fetch(one.url, one.folder, name=one.name, settings=run.settings, checksum_url=one.checksum_url)
    except InducultError as problem:
        run.say(f"{one.name}: failed: {problem}")
        return FetchOutcome(one.name, one.regions, one.url, message=str(problem))
    run.say(f"{one.name}: {got.path.name} {'is new' if got.changed else 'did not change'}")
    return FetchOutcome(one.name, one.regions, one.url, got)


def _extracts(regions: Sequence[Region], run: Run, base: str) -> Iterator[_Wanted]:
    users: dict[str, list[Region]] = {}
    for region in regions:
        if region.geofabrik:
            users.setdefault(region.geofabrik.strip("/"), []).append(region)
    for path, sharing in users.items():
        url = geofabrik_url(sharing[0], base)
        name = PurePosixPath(path).name + _EXTRACT
        # The run's own `raw` is the sample's folder as long as nothing else is there.
        folder = run.folder.root / "raw" / "osm"
        yield _Wanted(name, tuple(region.id for region in sharing), url, folder, f"{url}.md5")


def _files(regions: Sequence[Region], run: Run) -> Iterator[_Wanted]:
    contracts = [contract for region in regions for contract in run.catalog.sources_of(region.id)]
    for contract in (*contracts, *run.catalog.wide_sources()):
        name = named_file(contract)
        is_sample = run.folder.is_sample and contract.declared_in.parent == run.folder.partners
        if name is not None and contract.url is not None and not is_sample:
            target = run.folder.root / "raw" / "partners" / name
            regions_ = (contract.region,) if contract.region else ()
            yield _Wanted(target.name, regions_, contract.url, target.parent)


def named_file(contract: Contract) -> str | None:
    """Return which of a contract's files its `url` names: the one of that name, or the only one of that kind.

    None where the address is that of a page, or of a file that the contract does not read.
    """
    parts = urlsplit(contract.url or "")
    last = PurePosixPath(unquote(parts.path)).name
    safe = [name for name in contract.files if not Path(name).is_absolute() and ".." not in Path(name).parts]
    if parts.scheme not in ("http", "https") or not PurePosixPath(last).suffix:
        return None
    same = [name for name in safe if PurePosixPath(name).name == last]
    kind = PurePosixPath(last).suffix.lower()
    alike = [name for name in safe if PurePosixPath(name).suffix.lower() == kind]
    return same[0] if same else (alike[0] if len(alike) == 1 else None)
