"""One run: its settings and inputs, what happened to its sources, and the manifest that records it."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from inducult_geo.catalog import Catalog, load_catalog, told_by_stewards
from inducult_geo.digest import FileHashes
from inducult_geo.errors import ConfigError, in_words
from inducult_geo.frames import NEW_VERSION, NO_COUNTS, ROWS_GONE, Counts, FileRead, Problem
from inducult_geo.settings import Settings, load_settings
from inducult_geo.store import DataFolder, read_json, write_json

SCHEMA_VERSION = "1.2"
"""Version of the release's tables; its first number changes when a column goes or changes its meaning."""

OsmMode = Literal["files", "overpass", "none"]
LONGEST_PATH = 420
"""Bytes of the path of a data folder; the longest name of a file that SQLite opens in it has some 80 more."""
NEWS_DAYS = 7
"""So many days what a new version of a list brought is told."""
State = Literal["fresh", "stale", "failed", "absent"]
STATES: tuple[State, ...] = ("absent", "fresh", "stale", "failed")
"""Every state of a source, the worst last."""

log = logging.getLogger("inducult")
_CODE = {".py", ".csv", ".toml", ".json", ".j2", ".html", ".css", ".js", ".svg", ".txt"}


def _no_progress(done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Run:
    """What a run works with; it never changes while the run lasts.

    Attributes
    ----------
    settings, catalog, folder
        Settings, the catalog with the user's own over it, and the data folder.
    osm
        Where OpenStreetMap comes from; `osm_file` is one extract for all regions.
    say
        Told of every step.
    advance
        Told how many of how many regions are done, for a progress bar.
    afresh
        Run every stage, even where nothing that it depends on has changed.
    afresh_sources
        Sources that are taken as they come, whatever an earlier run kept of them; the rest of their region is not.
    made
        What this run has made of sources so far: where each is kept. Every region asks for a list of a whole country.
    hashes
        Hashes of input files, kept from run to run.
    ask_until
        Moment of `time.monotonic` after which no Overpass server is asked any more.
    """

    settings: Settings
    catalog: Catalog
    folder: DataFolder
    osm: OsmMode = "files"
    osm_file: Path | None = None
    say: Callable[[str], None] = log.info
    advance: Callable[[int, int], None] = _no_progress
    afresh: bool = False
    hashes: FileHashes = field(default_factory=FileHashes, compare=False)
    ask_until: float = math.inf
    afresh_sources: frozenset[str] = frozenset()
    made: set[Path] = field(default_factory=set, compare=False)

    def is_afresh(self, source_id: str) -> bool:
        """Whether a source is to be taken as it comes, whatever an earlier run kept of it."""
        return self.afresh or source_id in self.afresh_sources


def open_run(
    data: Path | None = None,
    *,
    catalogs: Iterable[Path] = (),
    osm: OsmMode = "files",
    osm_file: Path | None = None,
    contracts: bool = True,
    say: Callable[[str], None] = log.info,
    advance: Callable[[int, int], None] | None = None,
    afresh: bool = False,
    afresh_sources: Iterable[str] = (),
) -> Run:
    """Prepare a run on a data folder.

    A folder `catalog` in the data folder is read as each of `catalogs`, and before them: any command can be asked of
    what was made with a region of its own. `contracts` also reads those that stewards put beside their files, and their
    rasters' declarations; a command about one file needs none of them, and must not fail for another's. One of these
    that cannot be read is said, and costs its own source.

    Raises
    ------
    ConfigError
        Where settings or a catalog do not hold what they must, a source to take afresh is unknown, or a folder of
        inputs cannot be read.
    """
    settings = load_settings(data)
    folder = DataFolder(settings.data)
    _refuse_path(folder.root)
    if contracts:
        _refuse_unreadable(folder)
    catalog = load_catalog(
        [*([folder.catalog] if folder.catalog.is_dir() else []), *catalogs],
        contracts=[folder.partners] if contracts else (),
        rasters=[folder.rasters] if contracts else (),
        last_good=read_json(folder.declared),
    )
    for why in (*catalog.broken.values(), *catalog.unread.values()):
        say(why)
    _limit_gdal(settings.gdal_timeout_s)
    hashes = FileHashes(folder.processed / ".hashes.json")
    named = frozenset(map(catalog.source_id, afresh_sources))
    return Run(
        settings, catalog, folder, osm, osm_file, say, advance or _no_progress, afresh, hashes, afresh_sources=named
    )


def _refuse_path(root: Path) -> None:
    """Refuse a data folder under whose path no GeoPackage can be opened: it would fail at the very end of a run."""
    path = str(root.resolve())
    if any(unicodedata.category(letter) == "Cc" for letter in path):
        raise ConfigError(
            f"the path of the data folder holds a line break or another control character, which GDAL takes out: "
            f"{path!a}. Rename that folder."
        )
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise ConfigError(
            f"the path of the data folder is {length} bytes long; {LONGEST_PATH} leave room for the names in it: "
            f"SQLite opens files of 512 bytes in all. Move it nearer to the root: {root}"
        )


def _refuse_unreadable(folder: DataFolder) -> None:
    """Refuse inputs that are there and cannot be listed: they would be taken for gone, and their sites would leave."""
    raw = folder.root / "raw"
    inputs = ("osm", "partners", "rasters", "boundaries", "decisions")
    homes = [folder.root, folder.catalog, raw, *(raw / name for name in inputs)]
    for home in homes:
        try:
            with os.scandir(home) as listed:
                next(listed, None)
            if not os.access(home, os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(home))
        except (FileNotFoundError, NotADirectoryError):
            if home.is_symlink() and not home.exists():
                raise ConfigError(
                    f"{home}: is a link to {home.readlink()}, which is not there. Is its disk or share mounted? Mount "
                    "it, or remove the link. Until then nothing is done."
                ) from None
        except OSError as problem:
            raise ConfigError(f"{in_words(problem)} Until then nothing is done.") from problem


def keep_declared(run: Run) -> None:
    """Note what stewards declare, as this run reads it: what the next one falls back on where a file is broken."""
    told = told_by_stewards(run.catalog, (run.folder.partners, run.folder.rasters))
    if told != (read_json(run.folder.declared) or {}):
        write_json(run.folder.declared, told)


def unread(run: Run) -> tuple[SourceFacts, ...]:
    """Return the failure of each contract that no run has read yet, and of each raster's declaration: of no region."""
    return tuple(SourceFacts(name, None, "failed", message=why) for name, why in run.catalog.unread.items())


def _limit_gdal(timeout_s: int) -> None:
    """Let no GDAL wait longer for an address that a file points to; each reads its options from the environment."""
    for name in ("GDAL_HTTP_TIMEOUT", "GDAL_HTTP_CONNECTTIMEOUT"):
        os.environ.setdefault(name, str(timeout_s))
    os.environ.setdefault("GDAL_HTTP_MAX_RETRY", "0")


@dataclass(frozen=True)
class SourceFacts:
    """What became of one source in one run, for the layer `sources` and for the steward.

    `region` is null for a wide source. `state` is fresh, stale (an earlier run's records were kept), failed (nothing
    to keep) or absent (no file: named, not fatal).
    """

    # Of notes that another version wrote nothing is passed over: they are made again.
    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    source: str
    region: str | None
    state: State
    files: tuple[FileRead, ...] = ()
    counts: Counts = NO_COUNTS
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    crs: str | None = None
    reading: str | None = None
    operation: str | None = None
    accuracy_m: float | None = None
    candidates: tuple[Mapping[str, Any], ...] = ()
    data_time: str | None = None
    message: str | None = None
    problems: tuple[Problem, ...] = ()

    def with_counts(self, counts: Counts) -> SourceFacts:
        """Return the same facts with other counts."""
        return replace(self, counts=counts)

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        return asdict(self)


def rows_gone(problems: Iterable[Problem], region: str | None) -> list[str]:
    """Say of which sources many records are gone at once, each with what to do; `region` is null for wide sources."""
    where = f" in {region}" if region else ""
    return [f"{one.source}{where}: {one.message}" for one in problems if one.kind == ROWS_GONE]


def new_versions(
    problems: Iterable[Problem], region: str | None, *, day: date | None = None, days: int = NEWS_DAYS
) -> list[str]:
    """Say what new versions of lists brought in the last days before a day (today); `region` as `rows_gone`."""
    where = f" in {region}" if region else ""
    told = [one for one in problems if one.kind == NEW_VERSION and is_news(one, day=day, days=days)]
    return [f"{one.source}{where}: {one.message}" for one in told]


def is_news(problem: Problem, *, day: date | None = None, days: int = NEWS_DAYS) -> bool:
    """Whether a problem is to be told on a day (today): what a new version of a list brought is news for a week."""
    told = problem.message[: len("2026-01-01")]
    since = ((day or datetime.now(UTC).date()) - timedelta(days=days)).isoformat()
    return problem.kind != NEW_VERSION or told >= since


def reasons_told(by_reason: Mapping[str, int]) -> str:
    """Tell for which reasons rows are not accepted: each with how many."""
    return ", ".join(f"{number:,} {reason}" for reason, number in by_reason.items())


def command_afresh(facts: SourceFacts) -> str:
    """Return the command that takes a source as it is."""
    return " ".join(["inducult run", *([facts.region] if facts.region else []), "--afresh-source", facts.source])


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Return a short hash of this package's code, tables and weights: what a version number may forget to tell."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in _CODE and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def run_id(inputs: Mapping[str, Any]) -> str:
    """Return a short hash of what went into a run: files, catalog, decisions and code; never of the clock."""
    text = json.dumps({**inputs, "code": code_hash()}, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
