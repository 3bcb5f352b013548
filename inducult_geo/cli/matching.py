"""Commands about matches: link two tables, explain matches, export questions and import answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inducult_geo.cli.common import (
    AsJson,
    Catalogs,
    Data,
    file_to_write,
    named_path,
    opened_run,
    print_json,
    readable,
    refusal_is_two,
    refuse_foreign,
)
from inducult_geo.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from inducult_geo.catalog import Contract
    from inducult_geo.frames import Records
    from inducult_geo.opening.explaining import Explanation
    from inducult_geo.run import Run


DryRun = Annotated[bool, typer.Option("--dry-run", help="Report the same, and write nothing.")]

_DRY = "A dry run: nothing of this is written. Repeat it without --dry-run."


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    review = typer.Typer(no_args_is_help=True, help="Export open questions, import the answers.")
    app.command()(link)
    app.command()(explain)
    app.command()(ids)
    app.add_typer(review, name="review")
    review.command("export")(review_export)
    review.command("import")(review_import)
    review.command("decide")(review_decide)
    review.command("fit")(review_fit)


def link(
    left: Annotated[Path, typer.Argument(parser=named_path, help="A contract, or a release folder.")],
    right: Annotated[Path, typer.Argument(parser=named_path, help="A contract, or a release folder.")],
    out: Annotated[Path, typer.Option("--out", parser=file_to_write, help="The CSV or workbook (.xlsx) to write.")],
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Link two tables: find the rows of the left one and of the right one that are the same site.

    A contract is a .toml file that says how to read a table; `inducult draft TABLE.csv --out TABLE.toml` writes a
    first one. Rows without coordinates are linked by their names and addresses.

    If the CSV exists, decisions that a person wrote into its column decision (same, different) are obeyed and kept,
    and so are columns that were added to it. An existing workbook is never overwritten.

    Each left row gets its best match. If the right list has the same works twice, the second row is a match, too. If
    the right contract says units_per_site (permits, units), further rows of the same site get the decision 'unit'.
    In both cases the column beside names the best match. The column doubtful marks what a person should look at.
    If a contract names no key, the id of a row is made of its content: name a key to find your rows again. A value
    that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    from inducult_geo import api
    from inducult_geo.catalog import load_contract
    from inducult_geo.frames import own_keys
    from inducult_geo.match.link import LINK_COLUMNS
    from inducult_geo.memory import weights_of
    from inducult_geo.review.link_answers import Earlier

    _refuse_to_lose(out, LINK_COLUMNS)
    with opened_run(data, catalog, quiet=as_json, contracts=False) as opened, refusal_is_two():
        earlier = Earlier.of(out)
        contracts = [None if side.is_dir() or side.name == "current" else load_contract(side) for side in (left, right)]
        tables = [_linked_table(side, told, opened) for side, told in zip((left, right), contracts, strict=True)]
        opened.say(f"comparing {len(tables[0])} with {len(tables[1])} records")
        units = contracts[1] is not None and contracts[1].units_per_site
        pairs = api.link(*tables, units=units, weights=weights_of(opened), said=earlier.said)
    written = _write_pairs(earlier.added_to(pairs), out)
    numbers = _link_numbers(tables, pairs) | earlier.counts(pairs, [own_keys(table["record_key"]) for table in tables])
    if as_json:
        print_json({**numbers, "out": str(written)})
    else:
        typer.echo(_link_told(numbers, written))
    raise typer.Exit(0 if written == out else 1)


def explain(
    what: Annotated[str, typer.Argument(help="A site by its id or name, or the key of a record.", callback=readable)],
    other: Annotated[
        str | None,
        typer.Argument(help="The key of a second record: why are they one site or not?", callback=readable),
    ] = None,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Explain the score of two records, or where a site, its values and its id come from."""
    from inducult_geo.opening.tracing import id_history, site_of

    with opened_run(data, catalog, quiet=True) as opened, refusal_is_two():
        if other is not None:
            # Only a question about a pair needs the matcher, which takes long to load.
            from inducult_geo.opening.pairs import explain_pair

            pair = explain_pair(what, other, opened)
            if as_json:
                print_json(pair.as_dict())
            else:
                typer.echo("\n".join(pair.lines()))
            return
        site_id = site_of(what, opened)
        history = id_history(site_id, opened)
        told, note = _site_told(what, site_id, opened)
    if as_json:
        values = [] if told is None else told.values.to_dict("records")
        print_json({"site_id": site_id, "note": note or None, "history": history, "values": values})
    else:
        parts = [note, "" if told is None else str(told), "\n".join([f"The id {site_id}:", *history])]
        typer.echo("\n\n".join(filter(None, parts)))


def ids(
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List every known change of a site id, with its cause."""
    from inducult_geo.errors import none_built
    from inducult_geo.memory import registry_of
    from inducult_geo.opening.tracing import id_changes
    from inducult_geo.text import counted, printable

    with opened_run(data, None, quiet=True, contracts=False) as opened:
        if not opened.folder.registry.is_file():
            raise none_built(opened.folder.root)
        changes = id_changes(registry_of(opened))
    if as_json:
        print_json({"changes": json.loads(changes.to_json(orient="records"))})
        return
    typer.echo(f"{counted(len(changes), 'change')} of ids")
    for one in changes.itertuples():
        place = f" -> {one.other}" if one.change == "merged" else f": {one.other} goes on as {one.record_key}"
        # Of files without a date nobody knows when.
        when = f" ({seen})" if (seen := str(one.last_seen or "")) else ""
        typer.echo(printable(f"{one.change:<10} {one.site_id}{place}{when}: {one.cause}"))


def review_fit(data: Data = None, catalog: Catalogs = None, as_json: AsJson = False) -> None:
    """Refit the weights of the matcher to the decisions log; to use them, name them in inducult.toml."""
    from inducult_geo.review.refitting import refit_weights

    with opened_run(data, catalog, quiet=as_json) as opened, refusal_is_two():
        outcome = refit_weights(opened)
    if as_json:
        print_json(outcome.as_dict())
    else:
        typer.echo("\n".join(outcome.lines()))
    raise typer.Exit(outcome.exit_code)


def review_export(
    out: Annotated[Path, typer.Option("--out", parser=file_to_write, help="The CSV or workbook (.xlsx) to write.")],
    release: Annotated[
        Path | None, typer.Argument(parser=named_path, help="A release folder; the newest of the data folder if none.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Write the open questions as a table, both records side by side, to be answered in a spreadsheet.

    Questions that were answered since the newest release are left out and counted, unless a release is named.
    """
    from inducult_geo.opening.release import newest_release, release_folder
    from inducult_geo.review.answers import answered_questions
    from inducult_geo.review.table import export_review
    from inducult_geo.text import counted

    with refusal_is_two():
        answered: frozenset[str] = frozenset()
        if release is None:
            with opened_run(data, None, quiet=True, contracts=False) as opened:
                release, answered = newest_release(opened.folder), answered_questions(opened)
        number, left_out = export_review(release_folder(release), out, answered)
    if as_json:
        print_json({"questions": number, "answered": left_out, "out": str(out)})
        return
    todo = (
        "Fill in decision (same, part_of, different; undecided takes an answer back), decided_by and note. Questions "
        "of the kind place are settled in the file or its contract."
    )
    typer.echo(f"{counted(number, 'open question')}: {out}. {todo if number else 'There is nothing to answer.'}")
    if left_out:
        typer.echo(f"Left out, since they are answered in the decisions log: {left_out}. The next run drops them.")


def review_import(
    source: Annotated[
        Path, typer.Argument(parser=named_path, help="An edited copy of inducult.gpkg, or an edited CSV.")
    ],
    who: Annotated[str | None, typer.Option("--who", help="Who decided, where decided_by is empty.")] = None,
    overrule: Annotated[
        bool, typer.Option("--overrule", help="Import late answers, too: they overrule what others decided.")
    ] = False,
    dry_run: DryRun = False,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Import answers into the decisions log; the next run obeys them and does not ask again.

    An answer is late if it contradicts what somebody else decided after the file was written: it is listed, and not
    imported.
    """
    from inducult_geo.review.table import import_review

    with opened_run(data, catalog, quiet=True, contracts=False) as opened, refusal_is_two():
        outcome = import_review(source, opened, who=who, overrule=overrule, dry_run=dry_run)
    if as_json:
        print_json(outcome.as_dict() | {"dry_run": dry_run})
    else:
        typer.echo("\n".join([*outcome.lines(), *([_DRY] if dry_run else [])]))
    raise typer.Exit(outcome.exit_code)


def review_decide(
    left: Annotated[str, typer.Argument(help="Key of a record, such as osm:way/120809194; of a part, with part_of.")],
    decision: Annotated[str, typer.Argument(help="same, part_of, different; undecided takes it back.")],
    right: Annotated[str, typer.Argument(help="Key of the other record; of the whole, with part_of.")],
    who: Annotated[str | None, typer.Option("--who", help="Who decides.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why, in your words.")] = "",
    dry_run: DryRun = False,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Decide about two records without being asked: a wrong merge, a missed one, a part. The next run obeys.

    Undecided takes a decision back: the pair is judged, and may be asked about, as if nobody had decided.
    """
    from inducult_geo.review.table import decide

    with opened_run(data, catalog, quiet=True, contracts=False) as opened, refusal_is_two():
        outcome = decide(left, decision, right, opened, who=who, note=note, dry_run=dry_run)
    if as_json:
        print_json(outcome.as_dict() | {"dry_run": dry_run})
    else:
        known = ["This was already decided."] if outcome.unchanged else []
        # Where there is a remark, it says when the decision takes effect.
        taken = "The decision is in the log." if outcome.remarks else "It takes effect in the next run."
        end = taken if outcome.added else "Nothing is written."
        typer.echo("\n".join([*outcome.lines()[1:], *known, end, *([_DRY] if dry_run else [])]))
    raise typer.Exit(outcome.exit_code)


def _site_told(asked: str, site_id: str, opened: Run) -> tuple[Explanation | None, str]:
    """Explain a site of the current release, with a note where the release lacks it or the record asked for."""
    from inducult_geo.opening.befallen import called_before
    from inducult_geo.opening.release import open_release
    from inducult_geo.opening.tracing import why_unreleased, withheld_record

    if not opened.folder.current.exists():
        return None, ""
    release = open_release(opened.folder.root)
    if not release.holds(site_id):
        was = called_before(asked, opened).get(site_id)
        return None, " ".join(filter(None, (was, why_unreleased(site_id, opened, release.sources))))
    return release.site(site_id).explain(), withheld_record(asked, release.sources)


def _refuse_to_lose(out: Path, columns: Iterable[str]) -> None:
    """Refuse to overwrite what is no table of pairs, and any workbook, whose colors and comments would be lost."""
    from inducult_geo.publish.spreadsheet import is_workbook

    if not is_workbook(out):
        refuse_foreign(out, columns)
    elif out.is_file() and out.stat().st_size:
        raise ConfigError(
            f"{out}: is there already and may hold answers. Name another file; or save this one as '{out.stem}.csv' "
            "('CSV UTF-8') and name that: its answers are then obeyed."
        )


def _write_pairs(pairs: pd.DataFrame, out: Path) -> Path:
    """Write a table of pairs, and return where: one too long for a workbook goes into a CSV beside it.

    A new CSV has no byte order mark, which simple readers take for a part of `left_id`; an existing one keeps its own.
    """
    from inducult_geo.publish import spreadsheet
    from inducult_geo.store import replacing

    most = spreadsheet.MOST_ROWS
    if spreadsheet.is_workbook(out) and len(pairs) > most:
        beside = (out.with_name(f"{out.stem}{number}.csv") for number in chain([""], map("-{}".format, count(2))))
        written = next(path for path in beside if not path.exists())
        typer.echo(
            f"inducult: {len(pairs):,} rows are more than the {most:,} that Excel opens in a workbook: {out} is not "
            f"written, and all of them go into {written}.",
            err=True,
        )
        return _write_pairs(pairs, written)
    with replacing(out) as draft:
        if spreadsheet.is_workbook(out):
            spreadsheet.write_workbook(pairs, draft, "pairs")
        else:
            encoding, delimiter = spreadsheet.form_of(out)
            with draft.open("w", encoding=encoding, newline="") as handle:
                spreadsheet.write_plain_csv(spreadsheet.safe_texts(pairs), handle, delimiter)
    return out


def _linked_table(side: Path, contract: Contract | None, opened: Run) -> Records:
    """Read one side by its contract; the folder of a release where there is none."""
    from inducult_geo.api import records_of_release
    from inducult_geo.collecting.by_contract import read_by_contract

    if contract is None:
        return records_of_release(side)
    if "key" not in contract.columns:
        opened.say(f"{side}: its contract names no key, so the ids of its rows are made from their content")
    read = read_by_contract(contract, opened)[1]
    for told in read.placed.told:
        opened.say(f"{side}: {told}")
    return read.records


def _link_numbers(tables: list[Records], pairs: pd.DataFrame) -> dict[str, Any]:
    """Count what became of the rows: left = left_in_pairs + left_alone + what left_rejected counts."""
    from inducult_geo.api import takes_part
    from inducult_geo.frames import own_keys, reasons_of

    taking = [takes_part(table) for table in tables]
    rejected = [reasons_of(table[~kept]) for table, kept in zip(tables, taking, strict=True)]
    found = pairs.loc[pairs["decision"] != "different", "left_id"]
    paired = int(own_keys(tables[0].loc[taking[0], "record_key"]).isin(found).sum())
    return {
        "left": len(tables[0]),
        "right": len(tables[1]),
        **{name: int((pairs["decision"] == name).sum()) for name in ("match", "unit", "review")},
        "doubtful": int(pairs["doubtful"].sum()),
        **{f"{side}_nowhere": _nowhere(table) for side, table in zip(("left", "right"), tables, strict=True)},
        "left_in_pairs": paired,
        "left_alone": int(taking[0].sum()) - paired,
        "left_rejected": rejected[0],
        "right_rejected": rejected[1],
    }


def _nowhere(table: Records) -> int:
    """Count the rows that tell neither a place nor a country."""
    return int((table.geometry.isna() & table["country"].isna() & table["region"].isna()).sum())


def _link_told(numbers: dict[str, Any], out: Path) -> str:
    """Say in words what `_link_numbers` counts."""
    from inducult_geo.text import counted

    lines = [
        f"{numbers['match']} match{'' if numbers['match'] == 1 else 'es'}, {counted(numbers['unit'], 'further unit')} "
        f"and {counted(numbers['review'], 'pair')} for review of {numbers['left']} and {numbers['right']} records; "
        f"a person should look at {numbers['doubtful']} of them (column doubtful): {out}",
        f"left records: {numbers['left_in_pairs']} are in the table, {numbers['left_alone']} have no match",
    ]
    if numbers["same"] or numbers["different"]:
        lines.append(f"decisions in {out} that were obeyed: {numbers['same']} same, {numbers['different']} different")
    if numbers["unknown"]:
        lines.append(
            f"decisions without effect, since one of their rows is no longer in either list: {numbers['unknown']}"
        )
    if numbers["kept"]:
        lines.append(f"pairs no longer found, but kept because of their note: {counted(numbers['kept'], 'pair')}")
    for side in ("left", "right"):
        if rows := numbers[f"{side}_nowhere"]:
            hint = "a column for the country, or `countries` in the contract, would find more"
            lines.append(f"{side} records that state neither a place nor a country: {rows}; {hint}")
        if reasons := numbers[f"{side}_rejected"]:
            told = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            lines.append(f"{side} records that were left out: {told}. `inducult check` shows which ones, and why.")
    return "\n".join(lines)
