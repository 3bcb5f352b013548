"""Commands about matches: link two tables, take questions out and answers in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inducult_geo.cli.common import AsJson, Catalogs, Data, opened_run, print_json, refusal_is_two

if TYPE_CHECKING:
    from inducult_geo.run import Run


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    review = typer.Typer(no_args_is_help=True, help="Open questions: out as a table, answers back into the log.")
    app.command()(link)
    app.add_typer(review, name="review")
    review.command("export")(review_export)
    review.command("import")(review_import)


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

    with opened_run(data, catalog, quiet=as_json, contracts=False) as opened, refusal_is_two():
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
        print_json(numbers)
    else:
        typer.echo(
            f"{numbers['match']} matches and {numbers['review']} doubtful pairs of "
            f"{numbers['left']} and {numbers['right']} records: {out}"
        )


def review_export(
    release: Annotated[Path, typer.Argument(help="A release folder, such as data/processed/current.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write.")],
    as_json: AsJson = False,
) -> None:
    """Write the open questions as a CSV, both records side by side, to be answered in a spreadsheet."""
    from inducult_geo.reviewing import export_review

    with refusal_is_two():
        number = export_review(release, out)
    if as_json:
        print_json({"questions": number, "out": str(out)})
    else:
        typer.echo(f"{number} open questions: {out}. Fill in decision (same, part_of, different), decided_by, note.")


def review_import(
    source: Annotated[Path, typer.Argument(help="An edited copy of inducult.gpkg, or an edited CSV.")],
    who: Annotated[str | None, typer.Option("--who", help="Who decided, where decided_by is empty.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take answers into the decisions log; the next run obeys them and does not ask again."""
    from inducult_geo.reviewing import import_review

    with opened_run(data, None, quiet=True, contracts=False) as opened, refusal_is_two():
        outcome = import_review(source, opened, who=who)
    if as_json:
        print_json(outcome.as_dict())
    else:
        typer.echo("\n".join(outcome.lines()))
    raise typer.Exit(outcome.exit_code)


def _linked_table(side: Path, opened: Run) -> Any:
    from inducult_geo import api
    from inducult_geo.catalog import load_contract

    if side.is_dir():
        return api.records_of_release(side)
    return api.read_by_contract(load_contract(side), opened)[1].records
