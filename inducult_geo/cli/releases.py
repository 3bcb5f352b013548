"""Commands about a finished release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from inducult_geo.cli.common import AsJson, named_path, print_json, refusal_is_two, show


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (verify, diff, publish):
        app.command()(command)


def verify(
    release: Annotated[
        Path, typer.Argument(parser=named_path, help="A release folder, such as data/processed/current.")
    ],
    as_json: AsJson = False,
) -> None:
    """Verify a release: its files, tables, counts and links, each promise by itself."""
    from inducult_geo.display import progress
    from inducult_geo.opening.release import release_folder
    from inducult_geo.publish.promises.verify import verify as verify_release
    from inducult_geo.report import finding_tables

    with progress(quiet=as_json):
        findings = verify_release(release_folder(release))
    if as_json:
        rows = [{"promise": f.promise, "ok": f.ok, "detail": f.detail} for f in findings]
        print_json({"release": str(release), "ok": all(f.ok for f in findings), "findings": rows})
    else:
        show(lambda console: finding_tables(findings, console))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def diff(
    old: Annotated[Path, typer.Argument(parser=named_path, help="The older release folder.")],
    new: Annotated[Path, typer.Argument(parser=named_path, help="The newer one, such as data/processed/current.")],
    as_json: AsJson = False,
) -> None:
    """Show what changed between two releases, site by site."""
    from inducult_geo.opening.release import release_folder
    from inducult_geo.publish.compared.changes import diff as diff_releases
    from inducult_geo.publish.promises.files import refuse_altered
    from inducult_geo.report import change_tables

    with refusal_is_two():
        folders = [release_folder(old), release_folder(new)]
        changes = diff_releases(*folders)
        for folder in folders:
            refuse_altered(folder)
    if as_json:
        print_json({"changes": json.loads(changes.to_json(orient="records"))})
    else:
        show(lambda console: change_tables(changes, console))


def publish(
    release: Annotated[
        Path, typer.Argument(parser=named_path, help="A release folder, such as data/processed/current.")
    ],
    to: Annotated[str, typer.Option("--to", help="postgresql://user@host/database; the password from PGPASSWORD.")],
    schema: Annotated[str, typer.Option("--schema", help="The schema to replace.")] = "inducult",
    as_json: AsJson = False,
) -> None:
    """Load a release into a PostGIS database in place of the one that is there, in one transaction."""
    from inducult_geo.display import progress
    from inducult_geo.errors import ReleaseError
    from inducult_geo.opening.release import release_folder
    from inducult_geo.publish.databases.postgis import load_postgis
    from inducult_geo.publish.promises.verify import verify as verify_release

    folder = release_folder(release)
    with progress(quiet=as_json) as (say, _):
        broken = [finding for finding in verify_release(folder) if not finding.ok]
        if broken:
            told = "; ".join(f"{finding.promise}: {finding.detail}" for finding in broken[:3])
            raise ReleaseError(f"{release}: breaks its promises and is not published:  {told}")
        say(f"loading it into schema {schema}")
        rows = load_postgis(folder, to, schema=schema)
    if as_json:
        print_json({"schema": schema, "rows": rows})
    else:
        typer.echo(f"schema {schema}: " + ", ".join(f"{name} {number}" for name, number in rows.items()))
