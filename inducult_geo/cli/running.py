"""Commands that run the pipeline, download its inputs, and report its state."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inducult_geo.cli.common import AsJson, Catalogs, Data, named_path, opened_run, print_json, show
from inducult_geo.errors import ConfigError

if TYPE_CHECKING:
    from inducult_geo.run import OsmMode, Run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, fetch, status, serve):
        app.command()(command)


def run(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    osm: Annotated[
        Path | None, typer.Option("--osm", parser=named_path, help="One OpenStreetMap extract for the regions.")
    ] = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from an Overpass server.")] = False,
    data: Data = None,
    catalog: Catalogs = None,
    no_release: Annotated[bool, typer.Option("--no-release", help="Build the regions, publish nothing.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Run every stage, even if nothing changed.")] = False,
    afresh_source: Annotated[
        list[str] | None,
        typer.Option(
            "--afresh-source", help="Read this source again, and accept it however much it differs. Repeatable."
        ),
    ] = None,
    wait_s: Annotated[float, typer.Option("--wait-s", help="Seconds to wait for another run to end.", min=0)] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Collect, harmonize, match, enrich and release: all regions that have data, or those named."""
    if osm is not None and overpass:
        raise ConfigError("--osm and --overpass cannot be used together: either name an extract, or ask the server.")
    if osm is not None and not osm.is_file():
        raise ConfigError(f"--osm {osm}: no such file.")
    from inducult_geo.pipeline import run_all
    from inducult_geo.report import outcome_as_dict, outcome_tables

    mode: OsmMode = "overpass" if overpass else "files"
    with opened_run(
        data, catalog, osm=mode, osm_file=osm, quiet=as_json, afresh=afresh, afresh_sources=afresh_source or ()
    ) as opened:
        outcome = run_all(regions or [], opened, publish=not no_release, wait_s=wait_s)
    if as_json:
        print_json(outcome_as_dict(outcome))
    else:
        show(lambda console: outcome_tables(outcome, opened, console))
    raise typer.Exit(outcome.exit_code)


def fetch(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all of the catalog if none.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Download the regions' extracts and the files of sources that have a URL; only what changed."""
    from inducult_geo.report import fetched_as_dicts, fetched_lines
    from inducult_geo.sources.web.fetch_plan import fetch_all

    with opened_run(data, catalog, quiet=as_json) as opened:
        outcomes = fetch_all(regions or [], opened, base=opened.settings.geofabrik_url)
    if as_json:
        print_json({"fetched": fetched_as_dicts(outcomes)})
    else:
        show(lambda console: fetched_lines(outcomes, console))
    raise typer.Exit(1 if any(outcome.state == "failed" for outcome in outcomes) else 0)


def status(
    regions: Annotated[
        list[str] | None, typer.Argument(help="Regions that the map should hold; all that have data if none.")
    ] = None,
    data: Data = None,
    catalog: Catalogs = None,
    max_age_h: Annotated[
        float, typer.Option("--max-age-h", help="Hours after which a release is too old.", min=0)
    ] = 36.0,
    as_json: AsJson = False,
) -> None:
    """Report the state of the data folder: last good release, its age, what is stale, what waits for review."""
    from inducult_geo.report import status_lines
    from inducult_geo.status import status_of

    with opened_run(data, catalog, quiet=True) as opened:
        found = status_of(opened.folder, max_age_h=max_age_h, wanted=_wanted(regions or [], opened))
    if as_json:
        print_json(found.as_dict())
    else:
        show(lambda console: status_lines(found, console))
    raise typer.Exit(0 if found.is_well else 1)


def _wanted(region_ids: list[str], opened: Run) -> list[str]:
    """Return the ids of the regions named, or of all that have data; none where no region has."""
    from inducult_geo.collecting.at_hand import choose_regions

    try:
        return [region.id for region in choose_regions(region_ids, opened)]
    except ConfigError:
        if region_ids:
            raise
        return []


def serve(
    regions: Annotated[list[str] | None, typer.Argument(help="Regions by id; all that have data if none.")] = None,
    data: Data = None,
    catalog: Catalogs = None,
    overpass: Annotated[bool, typer.Option("--overpass", help="Get OpenStreetMap from an Overpass server.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the server on loopback.", min=0, max=65535)] = 4200,
) -> None:
    """Run a Prefect server with the schedules of the regions until it is interrupted."""
    arguments = [sys.executable, "-m", "flows.serve", *(regions or []), "--port", str(port)]
    arguments += ["--overpass"] if overpass else []
    arguments += ["--data", str(data)] if data is not None else []
    for folder in catalog or []:
        arguments += ["--catalog", str(folder)]
    # The program becomes the server, so that an interrupt reaches it and nothing stands between.
    os.execv(sys.executable, arguments)  # noqa: S606
