"""The state of a data folder: the last good release, its age, what is stale and what waits for a person."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from inducult_geo.errors import BusyError, DecisionError, StorageError
from inducult_geo.match.decided.decisions import Decisions, read_decisions
from inducult_geo.memory import registry_fault
from inducult_geo.outcome import last_run, told_by
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.release_folders import missing_files
from inducult_geo.releasing.left_answers import left_told
from inducult_geo.review.log_copies import copies_told
from inducult_geo.run import SourceFacts, new_versions, rows_gone
from inducult_geo.stage import kept_facts
from inducult_geo.store import DataFolder, confirmed_at, current_release, moment_of, read_json, unfetched, unwritable
from inducult_geo.text import first_few

AHEAD_H = 24.0
"""What lies further in the future was dated by a wrong clock, and would never grow old."""

_NAMED = 5
"""Missing files of a release that are named."""

_CLOCK = "Set the clock of this machine right, then: inducult run"
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}Z)(-\d+)?$")


@dataclass(frozen=True)
class Status:
    """The state of a data folder; `is_well` where nobody needs to look at it.

    Attributes
    ----------
    release
        The last good release.
    age_h
        Hours since a run last found that it tells what its sources say: since it was published, or confirmed.
    max_age_h
        Older than this, it needs a look.
    sites, open_questions
        How many sites it holds, and how many questions wait for a person: those answered since do not.
    stale
        Regions, sources and rasters of which it holds yesterday's data.
    last_run
        What the last run said of itself; null where there was none.
    last_run_failed
        Whether the last run failed, in part or in whole, or was killed.
    torn
        What is damaged: in the log of decisions, the registry of site ids, the release, or what was kept of a region.
    untaken
        Answers that nobody obeys: they stand in a copy of the log, or in a release, alone.
    withheld
        How many records of each source stay at home, since no contract lets any out.
    gone
        Of which sources many records are gone at once, until they are back or a run was made afresh.
    changed
        What new versions of lists brought in the last days; nobody needs to act on it.
    noticed
        What the last runs noticed of regions as a whole: words that contradict each other, a wrong system.
    unfetched
        Which files did not come for longer than `max_age_h`, though they were asked for: what is kept of them is old.
    blocked
        Why the next run will fail: the disk is full, or read-only.
    """

    release: Path | None
    age_h: float
    max_age_h: float
    sites: int
    open_questions: int
    stale: tuple[str, ...]
    last_run: str | None = None
    last_run_failed: bool = False
    torn: tuple[str, ...] = ()
    untaken: tuple[str, ...] = ()
    withheld: Mapping[str, int] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    noticed: tuple[str, ...] = ()
    unfetched: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    @property
    def to_act_on(self) -> dict[str, tuple[str, ...]]:
        """What somebody has to act on, by its kind, the worst first."""
        return {
            "blocked": self.blocked,
            "damaged": self.torn,
            "answers": self.untaken,
            "stale": self.stale,
            "gone": self.gone,
            "unfetched": self.unfetched,
        }

    @property
    def reasons(self) -> list[str]:
        """Why it needs a look, in a few words each; none where it is well."""
        reasons = ["there is no release"] if self.release is None else []
        if self.release is not None and self.age_h > self.max_age_h:
            reasons.append(f"the release is {self.age_h:.0f} h old, more than {self.max_age_h:g}")
        reasons += ["the last run failed"] if self.last_run_failed else []
        return reasons + [f"{len(lines)} {kind}" for kind, lines in self.to_act_on.items() if lines]

    @property
    def is_well(self) -> bool:
        """Whether there is a release that is young enough and holds nothing stale, and the last run was whole."""
        return not self.reasons

    def as_dict(self) -> dict[str, Any]:
        """Return the status as JSON can hold it."""
        return {
            "release": None if self.release is None else str(self.release),
            "age_h": round(self.age_h, 2),
            "max_age_h": self.max_age_h,
            "sites": self.sites,
            "open_questions": self.open_questions,
            "stale": list(self.stale),
            "last_run": self.last_run,
            "last_run_failed": self.last_run_failed,
            "torn": list(self.torn),
            "untaken": list(self.untaken),
            "withheld": dict(self.withheld),
            "gone": list(self.gone),
            "changed": list(self.changed),
            "noticed": list(self.noticed),
            "unfetched": list(self.unfetched),
            "blocked": list(self.blocked),
            "is_well": self.is_well,
        }


def status_of(
    folder: DataFolder, *, max_age_h: float, wanted: Collection[str] = (), now: datetime | None = None
) -> Status:
    """Read how a data folder stands.

    Parameters
    ----------
    max_age_h
        Hours from which a release, or the last look at one of its regions, is too old.
    wanted
        Regions that the map should hold, by id.
    now
        Time to measure ages from.
    """
    release = current_release(folder)
    manifest = None if release is None else read_json(release / "manifest.json")
    said, failed = _last_run(folder)
    # A run that this ended at once could not even note it.
    fault = unwritable(folder.processed) if folder.processed.is_dir() else None
    blocked = () if fault is None else (f"{folder.processed}: cannot be written: {fault}. The next run will fail.",)
    torn, untaken = _torn(folder)
    torn = (*torn, *_not_whole(release, manifest))
    if release is None or manifest is None:
        return Status(None, 0.0, max_age_h, 0, 0, (), said, failed, torn, untaken, blocked=blocked)
    moment = now or datetime.now(UTC)
    good = confirmed_at(folder) or _published(release)
    age_h = 0.0 if good is None else (moment - good).total_seconds() / 3600
    told = _told(release / GEOPACKAGE, folder, max_age_h, wanted, moment)
    if age_h < -AHEAD_H:
        told.stale.append(f"release {release.name}: its last run is of the future. {_CLOCK}")
    return Status(
        release,
        max(0.0, age_h),
        max_age_h,
        _sites(manifest),
        told.questions,
        tuple(told.stale),
        said,
        failed,
        (*torn, *told.damaged),
        untaken,
        told.withheld,
        tuple(told.gone),
        tuple(told.changed),
        tuple(f"{regions}: {problem}" for problem, regions in told_by(_noticed(manifest)).items()),
        tuple(_unfetched(folder, max_age_h, moment)),
        blocked,
    )


def _not_whole(release: Path | None, manifest: Mapping[str, Any] | None) -> Iterator[str]:
    """Tell what a release lacks: its manifest, or files that it lists. Whether these are altered `verify` tells."""
    if release is not None and manifest is None:
        yield f"{release / 'manifest.json'}: missing or not whole: no release without it. Run: inducult run"
    elif release is not None and (absent := missing_files(release)):
        yield f"{release}: {first_few(absent, _NAMED)} missing: this release is not whole. Run: inducult run"


def _sites(manifest: Mapping[str, Any]) -> int:
    """Return how many sites the manifest of a release tells; other versions may differ."""
    run = manifest.get("run")
    sites = run.get("sites") if isinstance(run, dict) else 0
    return sites if isinstance(sites, int) else 0


def _unfetched(folder: DataFolder, max_age_h: float, now: datetime) -> Iterator[str]:
    """Tell which files have not come for long: runs go on with what is kept of them, and are whole."""
    for name, told in sorted(unfetched(folder).items()):
        since = moment_of(told.get("since"))
        if since is None or (now - since).total_seconds() / 3600 > max_age_h:
            command = " ".join(map(str, ["inducult fetch", *(told.get("regions") or ["REGION"])]))
            yield f"{name}: has not come since {told.get('since')}. {told.get('message')} Then: {command}"


def questions_of(release: Path | None) -> int:
    """Return how many questions of a release wait for a person; 0 where it cannot be read, or is none."""
    if release is None:
        return 0
    try:
        with _opened(release / GEOPACKAGE) as connection:
            return _count(connection, "review")
    except sqlite3.Error:
        return 0


def _noticed(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the manifest of a release tells of its regions, each with its region; other versions may differ."""
    regions = manifest.get("regions")
    for name, told in sorted(regions.items()) if isinstance(regions, dict) else ():
        problems = told.get("problems") if isinstance(told, dict) else None
        yield from ((name, str(problem)) for problem in (problems if isinstance(problems, list) else ()))


def _opened(file: Path) -> closing[sqlite3.Connection]:
    """Open a GeoPackage to look into it; leaving closes it."""
    # As an address: a data folder may be called "Map #1" or "what?", which SQLite would cut off.
    return closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True))


class _Told(NamedTuple):
    """What a release says of itself, and what was kept of its regions and sources."""

    stale: list[str]
    questions: int = 0
    withheld: Mapping[str, int] = {}
    gone: Sequence[str] = ()
    changed: Sequence[str] = ()
    damaged: Sequence[str] = ()


def _told(file: Path, folder: DataFolder, max_age_h: float, wanted: Collection[str], now: datetime) -> _Told:
    """Read the GeoPackage of a release, and the notes of what is in it."""
    try:
        with _opened(file) as connection:
            stale = [*_stale(connection, "region", "regions"), *_stale(connection, "source", "sources")]
            stale += [*_forgotten(connection, folder, max_age_h, now), *_missing(connection, wanted)]
            questions = _waiting(connection, folder)
            withheld = dict(connection.execute("SELECT source, withheld FROM sources WHERE withheld > 0 ORDER BY 1"))
            noted, damaged = _noted(folder, *(_names(connection, kind) for kind in ("region", "source")))
    except sqlite3.Error as problem:
        return _Told([f"{file}: cannot be read ({problem}). Run again: inducult run"])
    gone = [line for one in noted for line in rows_gone(one.problems, one.region)]
    changed = [line for one in noted for line in new_versions(one.problems, one.region, day=now.date())]
    return _Told(stale, questions, withheld, gone, changed, damaged)


def _waiting(connection: sqlite3.Connection, folder: DataFolder) -> int:
    """Count the questions of a release that no word in the log of decisions has answered since."""
    asked = _count(connection, "review")
    try:
        # Who answered a file of before named records by the keys that they had then.
        log = read_decisions(folder.decisions) if asked else Decisions()
        answered = log.carried(_heirs(connection)).latest if log.last_words else {}
    except DecisionError:  # It is told as what is damaged.
        return asked
    pairs = connection.execute("SELECT left_key, right_key FROM review") if answered else ()
    return asked - sum(pair in answered or pair[::-1] in answered for pair in pairs)


def _heirs(connection: sqlite3.Connection) -> dict[str, str]:
    """Map the keys that records of a release had before to those that they have."""
    is_told = _count(connection, "former_keys") > 0
    return dict(connection.execute("SELECT former_key, record_key FROM former_keys")) if is_told else {}


def _published(release: Path) -> datetime | None:
    stamp = _STAMP.match(release.name)
    return datetime.strptime(stamp[1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else None


def _noted(folder: DataFolder, regions: Iterable[str], sources: Iterable[str]) -> tuple[list[SourceFacts], list[str]]:
    """Return what the last runs noted of the sources of a release, and beside it what is damaged among these notes.

    What the catalog no longer names is in no release.
    """
    noted: list[SourceFacts] = []
    torn = []
    notes = {folder.region(name) / "manifest.json": f"region {name}" for name in regions}
    notes |= {folder.wide / f"{name}.json": f"source {name}" for name in sources}
    for path, what in notes.items():
        facts = kept_facts(path) if path.is_file() else ()
        if facts is None:
            torn.append(f"{path}: what was kept of {what} is damaged or of another version. Run again: inducult run")
        noted += facts or ()
    return noted, torn


def _last_run(folder: DataFolder) -> tuple[str | None, bool]:
    """Say how the last run ended, and whether that is a failure; one that is at work now is none."""
    noted = last_run(folder)
    if noted is None and not folder.root.exists():
        return f"none: {folder.root} is not there. Is it the folder that --data should name?", False
    if noted is None and folder.noted.exists():
        return "unknown: the note of it is damaged. Run again: inducult run", True
    if noted is None:
        return None, False
    if noted.get("ended"):
        return f"{noted['ended']}: {noted.get('said')}", noted.get("exit_code") != 0
    try:
        with folder.lock(wait_s=0):
            return f"{noted.get('began')}: began and did not end (killed?). Run again: it goes on where it was.", True
    except BusyError:
        return f"{noted.get('began')}: at work now", False
    except StorageError as problem:
        return str(problem), True


def _torn(folder: DataFolder) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name what is damaged in the log of decisions (its last line, or one that makes every run fail), or the registry.

    Beside it the answers that stand elsewhere and not in the log. A registry that is gone is none: the next run makes
    it anew.
    """
    fault = registry_fault(folder.registry) if folder.registry.exists() else None
    found = () if fault is None else (fault,)
    try:
        log = read_decisions(folder.decisions)
        torn = [text for text in log.problems if "torn" in text]
        return (*torn, *found), (*copies_told(folder.decisions), *left_told(folder, log))
    except DecisionError as problem:
        return (str(problem), *found), ()


def _stale(connection: sqlite3.Connection, kind: str, table: str) -> list[str]:
    # Names of our own tables, never text from outside. Of a region in part its sources tell themselves, each once.
    told = "state <> 'fresh'" if kind == "source" else "state NOT IN ('fresh', 'partial')"
    sql = f"SELECT {kind}, state, message FROM {table} WHERE {told} ORDER BY 1"  # noqa: S608
    return [f"{kind} {name}: {state}" + (f": {why}" if why else "") for name, state, why in connection.execute(sql)]


def _forgotten(connection: sqlite3.Connection, folder: DataFolder, max_age_h: float, now: datetime) -> list[str]:
    """Name the regions that no run has looked at for long: a schedule that is gone fails in silence."""
    told = []
    for name in _names(connection, "region"):
        seen = moment_of((read_json(folder.region(name) / "state.json") or {}).get("at"))
        if seen is not None:
            age_h = (now - seen).total_seconds() / 3600
            told += [f"region {name}: no run for {age_h:.0f} h"] if age_h > max_age_h else []
            told += [f"region {name}: its last run is of the future. {_CLOCK} {name}"] if age_h < -AHEAD_H else []
    return told


def _missing(connection: sqlite3.Connection, wanted: Collection[str]) -> list[str]:
    """Name the regions that should be on the map, and are not: a new one whose schedule nobody started is silent."""
    absent = sorted({*wanted}.difference(_names(connection, "region")))
    return [f"region {name}: has data, and is not on the map yet. Run it: inducult run {name}" for name in absent]


def _names(connection: sqlite3.Connection, kind: str) -> list[str]:
    return [str(name) for (name,) in connection.execute(f"SELECT DISTINCT {kind} FROM {kind}s ORDER BY 1")]  # noqa: S608


def _count(connection: sqlite3.Connection, table: str) -> int:
    known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if known else 0  # noqa: S608
