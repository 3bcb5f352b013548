"""Find answers that a steward wrote into a release itself, not into a copy: they would be lost with the release."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inducult_geo.errors import ContractError
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.release_folders import prune_releases, releases_of
from inducult_geo.run import Run
from inducult_geo.store import SUMS, DataFolder
from inducult_geo.text import counted

_LOG_SUFFIX: Final = "-wal"


def answered_releases(folder: DataFolder, log: Decisions) -> dict[Path, int]:
    """Return the releases in whose layer of questions answers stand that the log has not, with how many."""
    said = {(*pair, word) for pair, word in _words(log)}
    found: dict[Path, int] = {}
    for release in releases_of(folder):
        package = release / GEOPACKAGE
        if _is_touched(package, release / SUMS):
            number = sum(1 for answer in _answers(package) if answer not in said)
            found |= {release: number} if number else {}
    return found


def spared_releases(folder: DataFolder, log: Decisions) -> set[Path]:
    """Return the releases that are not to be removed yet: those with answers, and those that a program has open.

    What is saved there after the release is gone is lost, and the program says that it was saved.
    """
    are_open = (one for one in releases_of(folder) if _log_of(one / GEOPACKAGE).exists())
    return {*answered_releases(folder, log), *are_open}


def remove_old_releases(run: Run, log: Decisions) -> None:
    """Remove the releases that are more than the settings say, but for those that are spared."""
    prune_releases(run.folder, run.settings.releases_kept, spared=spared_releases(run.folder, log))


def left_told(folder: DataFolder, log: Decisions) -> list[str]:
    """Say which releases hold answers that nobody obeys, and what to do."""
    return [
        f"{release / GEOPACKAGE}: holds {counted(number, 'answer')} that nobody obeys, given in the release itself. "
        f"Import it: inducult review import {shlex.quote(str(release / GEOPACKAGE))} --who NAME. Answer in a copy from "
        "now on, since the release no longer fits its checksums"
        for release, number in answered_releases(folder, log).items()
    ]


def _is_touched(package: Path, sums: Path) -> bool:
    """Whether a GeoPackage was written after its release was made: only then it is looked into."""
    try:
        log = _log_of(package)
        is_open = log.is_file() and log.stat().st_size > 0
        return is_open or package.stat().st_mtime_ns > sums.stat().st_mtime_ns
    except OSError:
        return False


def _log_of(package: Path) -> Path:
    return package.with_name(package.name + _LOG_SUFFIX)


def _answers(package: Path) -> Iterator[tuple[str, str, str]]:
    # Who asks how a folder stands does not wait for what reads tables, unless there is one to be read.
    from inducult_geo.publish.compared.review_table import read_answers
    from inducult_geo.review.answers import canonical

    try:
        rows = read_answers(package)
    except ContractError:
        # A release without questions; one that is damaged is told by those who read it.
        return
    for row in rows:
        if row["decision"] and row["kind"] == "pair":
            left, right = sorted((row["left_key"], row["right_key"]))
            yield left, right, canonical(row["decision"])


def _words(log: Decisions) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield every word that the log holds of a pair, be it that a later one took its place."""
    yield from ((pair, one.decision) for pair, one in (*log.latest.items(), *log.reopened.items()))
    for earlier, _ in (*log.overruled, *log.taken_back):
        yield earlier.pair, earlier.decision
