"""Compare a source's new records with those of the last run: refuse or report changes that look like mistakes.

`inducult run --afresh-source ID` looks at no yesterday of one source, and takes all of it; `--afresh` does so of all.
"""

from __future__ import annotations

from dataclasses import replace

from inducult_geo.catalog import OSM
from inducult_geo.errors import SourceError
from inducult_geo.frames import ROWS_GONE, Problem, Records
from inducult_geo.harmonize.transforms.operations import operations
from inducult_geo.match.identity.renumbered import renumbered
from inducult_geo.run import Run, SourceFacts, command_afresh, reasons_told
from inducult_geo.text import counted

GONE_ROWS, GONE_ROWS_OSM, GONE_SHARE = 3, 5, 0.2
"""So many records and more than such a share of a source's records gone over night are told: lists rarely shrink so.

OpenStreetMap, which changes every night, loses a few of a small region at once by chance."""


def refuse_lost_grid(before: SourceFacts, now: SourceFacts, run: Run) -> None:
    """Refuse to move a source by a datum grid that has gone: its sites would shift by meters over night.

    Raises
    ------
    SourceError
        Where the last good run used a grid that is not at hand now.
    """
    known = {operation.grid for operation in operations() if operation.grid}
    lost = sorted(grid for grid in known if grid in (before.operation or "") and grid not in (now.operation or ""))
    lost = [grid for grid in lost if not (run.settings.grids_folder / grid).is_file()]
    if lost:
        raise SourceError(
            f"{now.source}: the datum grid {', '.join(lost)}, with which its places were transformed so far, is no "
            f"longer in {run.settings.grids_folder}. Put it back (inducult grids {' '.join(lost)}), or go on with "
            f"{now.accuracy_m} m instead of {before.accuracy_m} m: {command_afresh(now)}."
        )


def refuse_unusable(facts: SourceFacts, records: Records) -> None:
    """Refuse a list of which no row can be used: an export or a contract is broken, and all of its sites would leave.

    Raises
    ------
    SourceError
        With the reasons, the first row, and what to do.
    """
    if told := unusable(facts):
        first = records[["place", "detail"]].iloc[0]
        detail = str(first["detail"]).removesuffix(".")
        raise SourceError(
            f"{told} The first, {first['place']}: {detail}. Correct the file or the contract: `inducult check` "
            "names every row."
        )


def unusable(facts: SourceFacts) -> str | None:
    """Say why no row of a list can be used; null where one can, or there is none."""
    counts = facts.counts
    if not counts.records_in or counts.rejected < counts.records_in:
        return None
    reasons = reasons_told(facts.rejected_by_reason)
    return f"{facts.source}: none of its {counted(counts.records_in, 'row')} can be used ({reasons})."


def refuse_renumbered(before: Records, now: Records, facts: SourceFacts) -> None:
    """Refuse a list whose keys went to other rows: site ids and decisions would go with them.

    Raises
    ------
    SourceError
        With what to do, and the command that takes it nevertheless.
    """
    moved = renumbered(before, now)
    if moved:
        key, was = (own.partition(":")[2] for own in moved[0])
        raise SourceError(
            f"{facts.source}: {counted(len(moved), 'row')} now have the key of another row ('{key}' is the row that "
            f"was '{was}' before): the list was numbered anew, so that site ids and decisions would move to other "
            "works. Let [columns] key name a column whose values stay with their rows, or map no key. If this is "
            f"intended: `{command_afresh(facts)}`."
        )


def with_rows_gone(before: SourceFacts, now: SourceFacts) -> SourceFacts:
    """Add a problem where many rows are gone at once: an export that was cut reads as well as a whole one.

    It stays over later files, such as the next night's, until the rows are back: that no more than a share of them is
    missing still begins no notice, but ends none either.
    """
    had, has = (facts.counts.records_in - facts.counts.rejected for facts in (before, now))
    gone = sum(problem.count for problem in before.problems if problem.kind == ROWS_GONE)
    missing = had + gone - has
    if missing < (GONE_ROWS_OSM if now.source == OSM else GONE_ROWS) or (not gone and missing <= GONE_SHARE * had):
        return now
    had += gone
    told = (
        f"{counted(has, 'record')} can be used, but an earlier run had {had}: {had - has} are gone at once. If the "
        f"file was cut off, put the whole file back. If it is right: `{command_afresh(now)}` ends this notice."
    )
    return replace(now, problems=(*now.problems, Problem(now.source, ROWS_GONE, told, had - has)))
