"""The results of commands: as tables for a person, and as plain values for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.markup import escape
from rich.table import Table

from inducult_geo.catalog import OSM
from inducult_geo.errors import located
from inducult_geo.frames import NO_COUNTS, REJECT_REASONS, REVIEW_REASONS, Counts, Problem
from inducult_geo.run import is_news
from inducult_geo.status import questions_of
from inducult_geo.text import counted

if TYPE_CHECKING:
    from rich.console import Console

    from inducult_geo.checking.check import CheckReport, DateShare
    from inducult_geo.pipeline import RunOutcome
    from inducult_geo.publish.promises.verify import Finding
    from inducult_geo.run import Run
    from inducult_geo.sources.web.fetch_plan import FetchOutcome
    from inducult_geo.status import Status

_NUMBERS = ("records in", "in sites", "in review", "rejected", "sites")
_ASKED = "whether two records are one site (both are in sites meanwhile), or where one in review lies"
_MOST_ROWS, _MOST_ALIKE = 20, 3


def outcome_as_dict(outcome: RunOutcome) -> dict[str, Any]:
    """Return a run's outcome as JSON can hold it."""
    return {
        "release": None if outcome.release is None else str(outcome.release),
        "is_new": outcome.is_new,
        "exit_code": outcome.exit_code,
        "failures": list(outcome.failures),
        "counts": outcome.counts.as_dict(),
        "sites": outcome.n_sites,
        "open_questions": questions_of(outcome.release),
        "withheld": outcome.withheld,
        "rejected_by_reason": dict(outcome.rejected_by_reason),
        "regions": [
            {
                "region": region.region,
                "state": region.state,
                "message": region.message,
                "counts": None if region.stage is None else region.stage.counts.as_dict(),
                "sites": None if region.stage is None else region.stage.n_sites,
                "sources": [] if region.stage is None else [fact.as_dict() for fact in region.stage.facts],
            }
            for region in outcome.regions
        ],
    }


def outcome_tables(outcome: RunOutcome, run: Run, console: Console) -> None:
    """Print the counts of a run, what failed, and the files to open."""
    title = "Sample data: for trying out, not for use" if run.folder.is_sample else None
    table = Table(title=title)
    table.add_column("region")
    for name in _NUMBERS:
        table.add_column(name, justify="right")
    table.add_column("state")
    for region in outcome.regions:
        stage = region.stage
        counts = NO_COUNTS if stage is None else stage.counts
        cells = _cells(counts, 0 if stage is None else stage.n_sites)
        table.add_row(
            escape(region.region), *cells, region.told_state if region.is_whole else f"[bold]{region.told_state}[/]"
        )
    rest = _rest(outcome)
    if rest != NO_COUNTS:
        # Where outlines overlap, both regions count what the release holds once.
        name = "outside these regions" if min(rest.as_dict().values()) >= 0 else "outside, less what two hold"
        table.add_row(name, *_cells(rest, 0)[:-1], "", "")
    table.add_section()
    table.add_row("all", *_cells(outcome.counts, outcome.n_sites), "[bold]not whole[/]" if outcome.exit_code else "")
    console.print(table)
    for reason, number in outcome.rejected_by_reason.items():
        console.print(f"{number:>11,} {reason}: {({**REJECT_REASONS, **REVIEW_REASONS}).get(reason, '')}")
    if asked := questions_of(outcome.release):
        console.print(f"{asked:>11,} open question{'s' if asked > 1 else ''}: {_ASKED}")
    if outcome.withheld:
        records = "records are" if outcome.withheld > 1 else "record is"
        console.print(
            f"{outcome.withheld:>11,} {records} withheld from the release: the contracts of their sources do not "
            "permit it (licence, publish). Write into them what the owners permit"
        )
    for line in (*_absent(outcome), *_failures(outcome), *_problems(outcome)):
        console.print(escape(line))
    if outcome.release is not None:
        if not outcome.is_new:
            console.print(f"\nNothing has changed: release {outcome.release.name} holds, nothing new is published.")
        # Where a disk knows no links, `current` is a file that no path leads through.
        link = outcome.release if run.folder.current.is_file() else run.folder.current
        ways = {"Open in QGIS": "inducult.gpkg", "Open in a browser": "index.html", "Read first": "README.txt"}
        console.print()
        for said, name in ways.items():
            # A path that is broken into lines cannot be copied.
            console.print(escape(f"{said + ':':<18} {link / name}"), soft_wrap=True)


def check_tables(report: CheckReport, console: Console) -> None:
    """Print what would become of a file."""
    values = report.as_dict()
    about = ("region", "outline") if values["region"] is not None else ("countries",)
    values["countries"] = ", ".join(report.countries) or None
    for name in ("source", *about, "crs", "reading", "operation", "accuracy_m"):
        console.print(f"{name:<12}{escape(str(values[name] if values[name] is not None else '-'))}")
    for file in report.facts.files:
        encoding = f", {file.encoding}" if file.encoding else ""
        console.print(f"{'file':<12}{escape(file.name)}: {file.kind}{encoding}, {counted(file.rows, 'row')}")
    rows = f"{values['rows_in']:,} in = {values['accepted']:,} accepted + {values['rejected']:,} not accepted"
    console.print(f"{'rows':<12}{rows}")
    for reason, number in report.facts.rejected_by_reason.items():
        meaning = {**REJECT_REASONS, **REVIEW_REASONS}.get(reason, "")
        console.print(escape(f"  {number:>6,} {reason}: {meaning}"))
    for line in _rows_by_detail(report.rows):
        console.print(escape(f"  {line}"))
    if report.noticed:
        console.print(f"{'noticed':<12}something about {counted(len(report.noticed), 'accepted row')}:")
    for line in _rows_by_detail(report.noticed):
        console.print(escape(f"  {line}"))
    for share in report.dates:
        console.print(escape(f"{'dates':<12}{_share_read(share)}"))
    for problem in report.facts.problems:
        console.print(escape(f"note        {problem.message}"))
    for line in report.beside:
        console.print(escape(f"beside      {line}"))
    for one in report.facts.candidates:
        console.print(
            escape(
                f"candidate   {one['crs']} {one['reading']}: {one['inside_share']:.0%} inside, {one['shift_m']} m away"
            )
        )
    console.print(report.drawing, markup=False)
    if report.refusal:
        console.print(escape(f"A run would take no row of this source, and report that it failed. {report.refusal}"))


def _rows_by_detail(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield a line for each row; what befell many alike is told once, with the first of them."""
    alike: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        alike.setdefault((row["reason"], row["detail"]), []).append(row)
    for (reason, detail), befallen in [*alike.items()][:_MOST_ROWS]:
        named = [": ".join(filter(None, (row["place"], row["name"]))) for row in befallen[:_MOST_ALIKE]]
        more = f" and {len(befallen) - _MOST_ALIKE:,} more" if len(befallen) > _MOST_ALIKE else ""
        yield ": ".join(filter(None, ("; ".join(named) + more, reason, detail)))
    if len(alike) > _MOST_ROWS:
        left = sum(map(len, [*alike.values()][_MOST_ROWS:]))
        yield f"... and {counted(left, 'row')} more (all with --json)"


def _share_read(share: DateShare) -> str:
    """Say how far a column of dates was read, and name what was not."""
    if not share.filled:
        return f"{share.column}: no cell is filled"
    told = f"{share.column}: {share.read:,} of {share.filled:,} read ({share.read / share.filled:.1%})"
    unread = [f"'{text}' ({number})" for text, number in list(share.unread.items())[:_MOST_ROWS]]
    more = len(share.unread) - _MOST_ROWS
    told += (f"; not: {', '.join(unread)}" if unread else "") + (f" and {more} more" if more > 0 else "")
    if share.last_years:
        told += f"; {share.last_years:,} tell a last year, too: map the column to end as well, if work ended then"
    return told


def finding_tables(findings: Iterable[Finding], console: Console) -> None:
    """Print each promise of a release and whether it is kept."""
    found = list(findings)
    for finding in found:
        detail = f": {finding.detail}" if finding.detail else ""
        console.print(escape(f"{'ok    ' if finding.ok else 'BROKEN'} {finding.promise}{detail}"))
    broken = sum(not finding.ok for finding in found)
    console.print(f"{counted(len(found) - broken, 'promise')} kept, {broken} broken")


def change_tables(changes: pd.DataFrame, console: Console) -> None:
    """Print what changed between two releases."""
    if changes.empty:
        console.print("nothing changed: no site is new, gone or different")
        return
    for row in changes.itertuples(index=False):
        about = f"{row.change:<9} {row.site_id}  {row.region}  {row.name if isinstance(row.name, str) else '-'}"
        told = [text for text in (row.detail, row.cause) if isinstance(text, str) and text]
        console.print(escape(about + (f": {' | '.join(told)}" if told else "")))
    console.print(counted(len(changes), "change"))


def fetched_as_dicts(outcomes: Iterable[FetchOutcome]) -> list[dict[str, Any]]:
    """Return what became of downloads as JSON can hold it."""
    from inducult_geo.sources.web.http import shown

    return [
        {
            "name": outcome.name,
            "regions": list(outcome.regions),
            "url": outcome.url and shown(outcome.url),
            "state": outcome.state,
            "file": str(outcome.fetched.path) if outcome.fetched else None,
            "message": outcome.message,
        }
        for outcome in outcomes
    ]


def fetched_lines(outcomes: Iterable[FetchOutcome], console: Console) -> None:
    """Print what became of downloads."""
    for outcome in outcomes:
        told = outcome.fetched.path.name if outcome.fetched else f"{outcome.name}: {outcome.message}"
        console.print(escape(f"{outcome.state:<9} {told}"))


def status_lines(status: Status, console: Console) -> None:
    """Print how the data folder stands: first whether anybody has to act, on what; last what one may know."""
    console.print(escape("all well" if status.is_well else f"needs a look: {'; '.join(status.reasons)}"))
    for kind, lines in status.to_act_on.items():
        for line in lines:
            console.print(escape(f"{kind:<9} {line}"))
    if status.last_run is not None:
        console.print(escape(f"last run  {status.last_run}"))
    if status.release is None:
        console.print("no whole release: run `inducult run`" if status.torn else "no release yet: run `inducult run`")
    else:
        name = escape(status.release.name)
        console.print(f"release   {name}, confirmed {status.age_h:.1f} h ago, {counted(status.sites, 'site')}")
        console.print(f"review    {counted(status.open_questions, 'open question')}")
    for source, number in status.withheld.items():
        told = f"{counted(number, 'record')} of {source}: its contract permits no release (licence, publish)"
        console.print(escape(f"withheld  {told}"))
    for line in status.changed:
        console.print(escape(f"changed   {line}"))
    for line in status.noticed:
        console.print(escape(f"noticed   {line}"))


def _cells(counts: Counts, sites: int) -> list[str]:
    numbers = (counts.records_in, counts.in_sites, counts.in_review, counts.rejected, sites)
    return [f"{number:,}" for number in numbers]


def _rest(outcome: RunOutcome) -> Counts:
    """Return the records of the release that are of no region of this run: of other regions, or of none."""
    counts = [region.stage.counts for region in outcome.regions if region.stage is not None]
    within = sum(counts, NO_COUNTS)
    whole = outcome.counts
    return Counts(
        whole.records_in - within.records_in,
        whole.in_sites - within.in_sites,
        whole.in_review - within.in_review,
        whole.rejected - within.rejected,
    )


_FEW = 3
"""So many lists without a file are named, more only counted."""


def _absent(outcome: RunOutcome) -> list[str]:
    facts = [f for region in outcome.regions if region.stage is not None for f in region.stage.facts]
    # One that has files in some regions, or should have, is told there.
    names = sorted({fact.source for fact in facts} - {fact.source for fact in facts if fact.state != "absent"})
    known, others = ([OSM] if OSM in names else []), [name for name in names if name != OSM]
    # A steward reads it every night: a dozen lists that the program knows, and nobody fetched, are no news.
    shown = others if len(others) <= _FEW else [f"{len(others)} lists that this program knows (`--json` names them)"]
    return [f"Not used, since their files are missing: {', '.join([*known, *shown])}"] if names else []


def _failures(outcome: RunOutcome) -> list[str]:
    lines = [f"FAILED {located(one.region, one.message)}" for one in outcome.regions if one.message]
    for one in outcome.regions:
        lines += [f"FAILED source {fact.source} in {located(one.region, fact.message)}" for fact in one.failed_sources]
    told = {fact.source for region in outcome.regions for fact in region.failed_sources}
    return lines + [f"FAILED source {fact.source}: {fact.message}" for fact in outcome.wide if fact.source not in told]


def _problems(outcome: RunOutcome) -> list[str]:
    lines = []
    noticed = outcome.noticed_of_regions
    for region in outcome.regions:
        stage = region.stage
        if stage is None:
            continue
        told = _worth_saying(problem for fact in stage.facts for problem in fact.problems)
        lines += [f"note {region.region} {problem.source}: {problem.message}" for problem in told]
        lines += [f"note {regions}: {text}" for text in stage.problems if (regions := noticed.pop(text, None))]
    return lines + [f"note {problem.source}: {problem.message}" for problem in _worth_saying(outcome.noticed)]


def _worth_saying(problems: Iterable[Problem]) -> list[Problem]:
    return [one for one in problems if one.kind not in ("note", "accuracy_assumed") and is_news(one)]
