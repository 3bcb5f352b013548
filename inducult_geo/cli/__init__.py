"""The command line: one command for each job. Each imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated

import typer

from inducult_geo import __version__
from inducult_geo.cli import matching, partners, releases, running
from inducult_geo.cli.common import drop_unwritten, exit_code, set_up_output
from inducult_geo.cli.process import set_up_process
from inducult_geo.errors import InducultError

app = typer.Typer(
    name="inducult",
    help="Make one map of sites of industrial culture from OpenStreetMap and partners' lists.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Paragraphs are wrapped to the terminal: the other modes keep the line breaks of the source.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (running, partners, matching, releases):
    group.add_to(app)


def main() -> None:
    """Run the command line; an error for a person ends it with one line and its exit code."""
    set_up_process()
    set_up_output()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InducultError as problem:
        with suppress(OSError):
            sys.stderr.write(f"inducult: {problem}\n")
        sys.exit(exit_code(problem))
    except BrokenPipeError:
        # The reader of the pipe went away: there is nobody to tell.
        sys.exit(1)
    finally:
        drop_unwritten()


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"inducult-geo {__version__}")
        raise typer.Exit
