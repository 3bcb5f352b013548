"""The face: one command a job. Each imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inducult_geo import __version__
from inducult_geo.errors import BusyError, ConfigError, InducultError

if TYPE_CHECKING:
    from inducult_geo.run import OsmMode, Run

app = typer.Typer(
    name="inducult",
    help="Records of industrial culture in, one map of sites out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
review = typer.Typer(no_args_is_help=True, help="Open questions: out as a table, answers back into the log.")
app.add_typer(review, name="review")

Data = Annotated[Path | None, typer.Option("--data", help="The data folder, with raw/ and processed/.")]
Catalogs = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A folder with regions/, sources/, rasters/ over the built-in catalog. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the same facts as JSON.")]


def main() -> None:
    """Run the command line; an error for a person ends it with one line and its exit code."""
    try:
        app()
    except InducultError as problem:
        sys.stderr.write(f"inducult: {problem}\n")
        sys.exit(_exit_code(problem))
    except BrokenPipeError:
        # The reader of the pipe went away; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"inducult-geo {__version__}")
        raise typer.Exit


@app.command()
def run(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    osm: Annotated[Path | None, typer.Option("--osm", help="One OpenStreetMap extract for the regions.")] = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from an Overpass server.")] = False,
    data: Data = None,
    catalog: Catalogs = None,
    no_release: Annotated[bool, typer.Option("--no-release", help="Build the regions, publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Collect, harmonize, match, enrich and release: all regions that have data, or those named."""
    if osm is not None and overpass:
        raise ConfigError("--osm and --overpass exclude each other: name an extract, or ask the server.")
    if osm is not None and not osm.is_file():
        raise ConfigError(f"--osm {osm}: no such file.")
    from inducult_geo.pipeline import run_all
    from inducult_geo.report import outcome_as_dict, outcome_tables

    with _opened(data, catalog, osm="overpass" if overpass else "files", osm_file=osm, quiet=as_json) as opened:
        outcome = run_all(regions or [], opened, publish=not no_release)
    if as_json:
        _print_json(outcome_as_dict(outcome))
    else:
        _show(lambda console: outcome_tables(outcome, opened, console))
    raise typer.Exit(outcome.exit_code)


@app.command()
def check(contract: Path, data: Data = None, catalog: Catalogs = None, as_json: AsJson = False) -> None:
    """Say what would become of a partner's file: rows, encoding, CRS, reading, rejected rows. Writes nothing."""
    from inducult_geo.checking import check as check_contract
    from inducult_geo.report import check_tables

    with _opened(data, catalog, quiet=True, contracts=False) as opened, _refusal_is_two():
        report = check_contract(contract, opened)
    if as_json:
        _print_json(report.as_dict())
    else:
        _show(lambda console: check_tables(report, console))


@app.command()
def link(
    left: Path,
    right: Annotated[Path, typer.Argument(help="A contract, or a release folder.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write.")],
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Link two tables: which rows of the left are the same site as which of the right."""
    from inducult_geo import api
    from inducult_geo.store import replacing

    with _opened(data, catalog, quiet=as_json, contracts=False) as opened, _refusal_is_two():
        tables = [_linked_table(side, opened) for side in (left, right)]
        opened.say(f"comparing {len(tables[0])} with {len(tables[1])} records")
        pairs = api.link(tables[0], tables[1])
    with replacing(out) as draft:
        pairs.to_csv(draft, index=False, lineterminator="\n")
    numbers = {
        "left": len(tables[0]),
        "right": len(tables[1]),
        **{name: int((pairs["decision"] == name).sum()) for name in ("match", "review")},
        "out": str(out),
    }
    if as_json:
        _print_json(numbers)
    else:
        typer.echo(
            f"{numbers['match']} matches and {numbers['review']} doubtful pairs of "
            f"{numbers['left']} and {numbers['right']} records: {out}"
        )


@app.command()
def fetch(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all of the catalog if none.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Download the regions' extracts and the files of sources with an address; only what changed."""
    from inducult_geo.report import fetched_as_dicts, fetched_lines
    from inducult_geo.sources.fetch_plan import fetch_all

    with _opened(data, catalog, quiet=as_json) as opened:
        outcomes = fetch_all(regions or [], opened, base=opened.settings.geofabrik_url)
    if as_json:
        _print_json({"fetched": fetched_as_dicts(outcomes)})
    else:
        _show(lambda console: fetched_lines(outcomes, console))
    raise typer.Exit(1 if any(outcome.state == "failed" for outcome in outcomes) else 0)


@app.command()
def verify(release: Path, as_json: AsJson = False) -> None:
    """Check every promise of a release folder."""
    if not release.is_dir():
        raise ConfigError(f"{release}: no such folder. Name a release, such as data/processed/current.")
    from inducult_geo.publish.verify import verify as verify_release
    from inducult_geo.report import finding_tables

    findings = verify_release(release.resolve())
    if as_json:
        rows = [{"promise": f.promise, "ok": f.ok, "detail": f.detail} for f in findings]
        _print_json({"release": str(release), "ok": all(f.ok for f in findings), "findings": rows})
    else:
        _show(lambda console: finding_tables(findings, console))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def diff(old: Path, new: Path, as_json: AsJson = False) -> None:
    """Say what changed between two releases, site by site."""
    from inducult_geo.publish.changes import diff as diff_releases
    from inducult_geo.report import change_tables

    changes = diff_releases(old, new)
    if as_json:
        _print_json({"changes": json.loads(changes.to_json(orient="records"))})
    else:
        _show(lambda console: change_tables(changes, console))


@app.command()
def status(
    data: Data = None,
    max_age_h: Annotated[float, typer.Option("--max-age-h", help="Older than this, the release needs a look.")] = 36.0,
    as_json: AsJson = False,
) -> None:
    """Say how the data folder stands: last good release, its age, what is stale, what waits for review."""
    from inducult_geo.report import status_lines
    from inducult_geo.settings import load_settings
    from inducult_geo.status import status_of
    from inducult_geo.store import DataFolder

    found = status_of(DataFolder(load_settings(data).data), max_age_h=max_age_h)
    if as_json:
        _print_json(found.as_dict())
    else:
        _show(lambda console: status_lines(found, console))
    raise typer.Exit(0 if found.is_well else 1)


@review.command("export")
def review_export(
    release: Annotated[Path, typer.Argument(help="A release folder, such as data/processed/current.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write.")],
    as_json: AsJson = False,
) -> None:
    """Write the open questions as a CSV, both records side by side, to be answered in a spreadsheet."""
    from inducult_geo.reviewing import export_review

    with _refusal_is_two():
        number = export_review(release, out)
    if as_json:
        _print_json({"questions": number, "out": str(out)})
    else:
        typer.echo(f"{number} open questions: {out}. Fill in decision (same, part_of, different), decided_by, note.")


@review.command("import")
def review_import(
    source: Annotated[Path, typer.Argument(help="An edited copy of inducult.gpkg, or an edited CSV.")],
    who: Annotated[str | None, typer.Option("--who", help="Who decided, where decided_by is empty.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take answers into the decisions log; the next run obeys them and does not ask again."""
    from inducult_geo.reviewing import import_review

    with _opened(data, None, quiet=True, contracts=False) as opened, _refusal_is_two():
        outcome = import_review(source, opened, who=who)
    if as_json:
        _print_json(outcome.as_dict())
    else:
        typer.echo("\n".join(outcome.lines()))
    raise typer.Exit(outcome.exit_code)


@app.command()
def transform(
    points: Annotated[Path, typer.Argument(help="A CSV with the columns x (easting, longitude) and y.")],
    source: Annotated[str, typer.Option("--from", help="CRS of the points, e.g. EPSG:31468.")],
    target: Annotated[str, typer.Option("--to", help="CRS wanted, e.g. EPSG:25833.")],
    country: Annotated[str, typer.Option("--country", help="Two letters: which operation is right depends on it.")],
    data: Data = None,
) -> None:
    """Transform points by the pinned operation of a country; says the operation and its accuracy."""
    import pandas as pd

    from inducult_geo.harmonize.crs import transform_points

    with _opened(data, None, quiet=True, contracts=False) as opened, _refusal_is_two():
        table = _read_points(points)
        moved = transform_points(
            table["x"].to_numpy(),
            table["y"].to_numpy(),
            source_crs=source,
            target_crs=target,
            country=country.upper(),
            grids=opened.settings.grids_folder,
        )
    result = table.assign(x=moved.x, y=moved.y, operation=moved.operation, accuracy_m=moved.accuracy_m)
    typer.echo(pd.DataFrame(result).to_csv(index=False, lineterminator="\n"), nl=False)


@app.command()
def serve(data: Data = None, catalog: Catalogs = None) -> None:
    """Run a Prefect server with the catalog's schedules until it is interrupted."""
    arguments = [sys.executable, "-m", "flows.serve"]
    arguments += ["--data", str(data)] if data is not None else []
    for folder in catalog or []:
        arguments += ["--catalog", str(folder)]
    # The program becomes the server, so that an interrupt reaches it and nothing stands between.
    os.execv(sys.executable, arguments)  # noqa: S606


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="The partner's file.")],
    region: Annotated[str | None, typer.Option("--region", help="The region that it is about, by id.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write it there instead of printing it.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
) -> None:
    """Write a first contract for an unknown file; every guess is marked, nothing decided in silence."""
    from inducult_geo.drafting import draft as draft_contract
    from inducult_geo.store import replacing

    if out is not None and out.exists():
        raise ConfigError(f"--out {out}: is there already. Name another file, or remove it.")
    with _opened(data, catalog, quiet=True, contracts=False) as opened, _refusal_is_two():
        text = draft_contract(file, opened, region=region)
    if out is None:
        typer.echo(text, nl=False)
        return
    with replacing(out) as written:
        written.write_text(text, encoding="utf-8")
    typer.echo(f"{out}: look at every line with 'guessed', then run: inducult check {out}")


@app.command()
def grids(
    only: Annotated[list[str] | None, typer.Argument(help="Grids by name, or countries; all if none.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Copy from a folder instead of PROJ's server.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Only say what is there and what is missing.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the datum grids, and say what the absence of each costs."""
    from inducult_geo.grids import fetch_grids
    from inducult_geo.grids import grids as known_grids

    with _opened(data, None, quiet=as_json, contracts=False) as opened:
        folder = opened.settings.grids_folder
        found = known_grids(folder) if show else fetch_grids(folder, source=source, only=only or (), say=opened.say)
    if as_json:
        _print_json({"folder": str(folder), "grids": [grid.as_dict() for grid in found]})
    else:
        for grid in found:
            typer.echo(f"{grid.state:<12} {grid.name}: {grid.cost}" + (f" ({grid.detail})" if grid.detail else ""))
    raise typer.Exit(0 if all(grid.state in ("there", "fetched") for grid in found) or show else 1)


def _exit_code(problem: InducultError) -> int:
    return 2 if isinstance(problem, ConfigError | BusyError) else 1


@contextmanager
def _refusal_is_two() -> Iterator[None]:
    """Treat a file that cannot be used as a wrong call: the command is about that file alone."""
    try:
        yield
    except ConfigError:
        raise
    except InducultError as problem:
        raise ConfigError(str(problem)) from problem


@contextmanager
def _opened(
    data: Path | None,
    catalogs: list[Path] | None,
    *,
    osm: OsmMode = "files",
    osm_file: Path | None = None,
    quiet: bool = False,
    contracts: bool = True,
) -> Iterator[Run]:
    """Open a run with a progress bar on a terminal, plain lines elsewhere, or nothing."""
    from inducult_geo.display import progress
    from inducult_geo.run import open_run

    with progress(quiet=quiet) as (say, advance):
        yield open_run(
            data, catalogs=catalogs or (), osm=osm, osm_file=osm_file, contracts=contracts, say=say, advance=advance
        )


def _linked_table(side: Path, opened: Run) -> Any:
    from inducult_geo import api
    from inducult_geo.catalog import load_contract

    if side.is_dir():
        return api.records_of_release(side)
    return api.read_by_contract(load_contract(side), opened)[1].records


def _read_points(path: Path) -> Any:
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: cannot be read as CSV: {problem}.") from problem
    missing = [name for name in ("x", "y") if name not in table]
    if missing:
        found = ", ".join(map(str, table.columns))
        raise ConfigError(f"{path}: no column {' and '.join(missing)}. Found: {found}. Name them x (easting) and y.")
    for name in ("x", "y"):
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.isna().any():
            line = int(numbers.isna().to_numpy().argmax()) + 2
            raise ConfigError(f"{path} line {line}: '{table[name].iloc[line - 2]}' in column {name} is no number.")
        table[name] = numbers
    return table


def _show(draw: Callable[[Any], None]) -> None:
    from inducult_geo.display import console

    draw(console())


def _print_json(values: dict[str, Any]) -> None:
    typer.echo(json.dumps(values, ensure_ascii=False, indent=1, default=str))
