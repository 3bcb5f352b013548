"""Commands about partners' files and coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inducult_geo.cli.common import (
    AsJson,
    Catalogs,
    Data,
    file_to_write,
    named_path,
    opened_run,
    print_json,
    refusal_is_two,
    refuse_foreign_picture,
    show,
)
from inducult_geo.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (check, draft, grids, transform):
        app.command()(command)


def check(
    contract: Annotated[Path, typer.Argument(parser=named_path, help="The contract (TOML) beside the partner's file.")],
    picture: Annotated[
        Path | None, typer.Option("--map", parser=named_path, help="Also draw the map as a picture: FILE.svg.")
    ] = None,
    data: Data = None,
    catalog: Catalogs = None,
    as_json: AsJson = False,
) -> None:
    """Show how a partner's file would be read: rows, encoding, CRS, rejected rows. Keeps nothing."""
    from inducult_geo.checking.check import check as check_contract
    from inducult_geo.checking.map import PICTURE_MARK
    from inducult_geo.report import check_tables
    from inducult_geo.store import replacing

    if picture is not None and picture.suffix.lower() != ".svg":
        raise ConfigError(f"--map {picture}: the picture is an SVG. Name it {picture.stem}.svg.")
    if picture is not None:
        refuse_foreign_picture(picture, PICTURE_MARK)
    with opened_run(data, catalog, quiet=as_json, contracts=False) as opened, refusal_is_two():
        report = check_contract(contract, opened)
    if picture is not None:
        with replacing(picture) as written:
            written.write_text(report.picture(), encoding="utf-8")
    if as_json:
        print_json(report.as_dict())
    else:
        show(lambda console: check_tables(report, console))
    raise typer.Exit(1 if report.refusal else 0)


def draft(
    file: Annotated[Path, typer.Argument(parser=named_path, help="The partner's file.")],
    region: Annotated[str | None, typer.Option("--region", help="The region that the file is about, by id.")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet to read; '*' for all.")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="The layer to read; '*' for all.")] = None,
    member: Annotated[str | None, typer.Option("--member", help="The file to read in an archive.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", parser=file_to_write, help="Write the contract to this file instead of printing it."),
    ] = None,
    data: Data = None,
    catalog: Catalogs = None,
) -> None:
    """Draft a contract for an unknown file; every guess in it is marked."""
    from inducult_geo.catalog import Read
    from inducult_geo.drafting.contract import draft as draft_contract
    from inducult_geo.store import replacing

    chosen = Read(sheet=sheet, layer=layer, member=member)
    with opened_run(data, catalog, quiet=True, contracts=False) as opened, refusal_is_two():
        if out is not None and out.exists():
            # A draft may ask to be made again with a sheet, layer or member: one that nobody edited holds no work.
            untouched = draft_contract(file, opened, region=region) if chosen != Read() else None
            if untouched is None or out.read_bytes() != untouched.encode():
                raise ConfigError(f"--out {out}: is there already. Name another file, or remove it.")
        text = draft_contract(file, opened, region=region, read=chosen)
    if out is None:
        typer.echo(text, nl=False)
        return
    with replacing(out) as written:
        written.write_text(text, encoding="utf-8")
    typer.echo(f"{out}: look at every line with 'guessed', then run: inducult check {out}")


def grids(
    only: Annotated[list[str] | None, typer.Argument(help="Grids by name, or countries; all if none.")] = None,
    source: Annotated[
        Path | None, typer.Option("--from", parser=named_path, help="Copy from a folder instead of PROJ's server.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Fetch nothing; report which are there.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the datum grids, and report how much less accurate places are without each."""
    from functools import partial

    from inducult_geo.grids import fetch_grids
    from inducult_geo.grids import grids as known_grids

    with opened_run(data, None, quiet=as_json, contracts=False) as opened:
        folder = opened.settings.grids_folder
        ask = partial(fetch_grids, source=source, say=opened.say) if not show else known_grids
        found = ask(folder, only=only or ())
    if as_json:
        print_json({"folder": str(folder), "grids": [grid.as_dict() for grid in found]})
    else:
        for grid in found:
            typer.echo(f"{grid.state:<12} {grid.name}: {grid.cost}" + (f" ({grid.detail})" if grid.detail else ""))
    raise typer.Exit(0 if all(grid.state in ("there", "fetched") for grid in found) or show else 1)


def transform(
    points: Annotated[
        Path, typer.Argument(parser=named_path, help="A CSV with the columns x (easting, longitude) and y.")
    ],
    source: Annotated[str, typer.Option("--from", help="CRS of the points, e.g. EPSG:31468.")],
    target: Annotated[str, typer.Option("--to", help="CRS wanted, e.g. EPSG:25833.")],
    country: Annotated[str, typer.Option("--country", help="Two letters; the right operation depends on it.")],
    data: Data = None,
) -> None:
    """Transform points by the pinned operation of a country; each row names the operation and its accuracy."""
    import io
    from functools import partial

    from inducult_geo.harmonize.places.points import transform_table
    from inducult_geo.harmonize.transforms.crs import transform_points
    from inducult_geo.publish.spreadsheet import write_plain_csv

    with opened_run(data, None, quiet=True, contracts=False) as opened, refusal_is_two():
        move = partial(
            transform_points,
            source_crs=source,
            target_crs=target,
            country=country.upper(),
            grids=opened.settings.grids_folder,
        )
        result, bad = transform_table(_read_points(points), source, target, move)
    text = io.StringIO(newline="")
    write_plain_csv(result, text)
    typer.echo(text.getvalue(), nl=False)
    if bad:
        typer.echo(f"inducult: {bad} of {len(result)} rows have no place; the column 'problem' says why.", err=True)
    raise typer.Exit(1 if bad else 0)


def _read_points(path: Path) -> Any:
    """Read a CSV of points as texts, with any delimiter, and name its coordinates x and y."""
    import pandas as pd

    try:
        first = path.read_text(encoding="utf-8-sig").partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        table = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: cannot be read as CSV in UTF-8: {problem}.") from problem
    if not isinstance(table.index, pd.RangeIndex):
        # pandas takes the first column for an index then, and every name belongs to the wrong column.
        raise ConfigError(
            f"{path}: rows have more cells than the first line has names. Either a name is missing, or numbers have a "
            "decimal comma. Name every column; if numbers have commas, separate the columns with semicolons."
        )
    names = {name: str(name).strip().lower() for name in table}
    table = table.rename(columns={name: short for name, short in names.items() if short in ("x", "y")})
    missing = [name for name in ("x", "y") if [*table].count(name) != 1]
    if missing:
        found = ", ".join(map(str, table.columns))
        raise ConfigError(
            f"{path}: needs exactly one column {' and one '.join(missing)}. Found: {found}. Name them x (easting, "
            "longitude) and y."
        )
    return table
