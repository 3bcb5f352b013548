"""How a data folder stands: the last good release, its age, what is stale and what waits for a person."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inducult_geo.store import DataFolder, current_release, read_json

_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}Z)(-\d+)?$")


@dataclass(frozen=True)
class Status:
    """The state of a data folder; `is_well` where nobody needs to look at it."""

    release: Path | None
    age_h: float
    max_age_h: float
    sites: int
    open_questions: int
    stale: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether there is a release that is young enough and holds nothing stale."""
        return self.release is not None and self.age_h <= self.max_age_h and not self.stale

    def as_dict(self) -> dict[str, Any]:
        """Return the status as JSON can hold it."""
        return {
            "release": None if self.release is None else str(self.release),
            "age_h": round(self.age_h, 2),
            "max_age_h": self.max_age_h,
            "sites": self.sites,
            "open_questions": self.open_questions,
            "stale": list(self.stale),
            "is_well": self.is_well,
        }


def status_of(folder: DataFolder, *, max_age_h: float, now: datetime | None = None) -> Status:
    """Read how a data folder stands; `now` is the time to measure the age from."""
    release = current_release(folder)
    manifest = None if release is None else read_json(release / "manifest.json")
    if release is None or manifest is None:
        return Status(None, 0.0, max_age_h, 0, 0, ())
    stamp = _STAMP.match(release.name)
    made = datetime.strptime(stamp[1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else None
    age_h = 0.0 if made is None else ((now or datetime.now(UTC)) - made).total_seconds() / 3600
    with closing(sqlite3.connect(f"file:{release / 'inducult.gpkg'}?mode=ro&immutable=1", uri=True)) as connection:
        stale = [*_stale(connection, "region", "regions"), *_stale(connection, "source", "sources")]
        questions = _count(connection, "review")
    return Status(release, age_h, max_age_h, int(manifest["run"]["sites"]), questions, tuple(stale))


def _stale(connection: sqlite3.Connection, kind: str, table: str) -> list[str]:
    # Names of our own tables, never text from outside.
    sql = f"SELECT {kind}, state, message FROM {table} WHERE state <> 'fresh' ORDER BY 1"  # noqa: S608
    return [f"{kind} {name}: {state}" + (f": {why}" if why else "") for name, state, why in connection.execute(sql)]


def _count(connection: sqlite3.Connection, table: str) -> int:
    known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if known else 0  # noqa: S608
