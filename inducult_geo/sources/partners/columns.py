"""Which columns of a partner's table a contract reads, and whether they are there."""

from __future__ import annotations

import re
from pathlib import Path

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError, did_you_mean
from inducult_geo.sources.formats.table import Table, has_shapes
from inducult_geo.text import quoted


def wanted_columns(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Return for each field the columns that it is read from, the first choice first."""
    place = {"x": contract.place.x, "y": contract.place.y, "text": contract.place.text}
    return contract.mapped | {field: (column,) for field, column in place.items() if column is not None}


def check_columns(contract: Contract, path: Path, table: Table, wanted: dict[str, tuple[str, ...]]) -> None:
    """Refuse a table that lacks a column which the contract maps, with what may be meant.

    Raises
    ------
    ContractError
        Where a column is missing, holds only formulas without a result, or a table without shapes is asked for them.
    """
    found = [str(name) for name in table.frame.columns]
    lacking = {f: names for f, names in wanted.items() if "" not in names and not set(names).intersection(found)}
    # A page of an error that bears the list's name has one column by any delimiter.
    joined = [names for names in lacking.values() if len(found) == 1 and any(name in found[0] for name in names)]
    if 2 * len(joined) > len(lacking) and contract.read.delimiter is not None:
        raise ContractError(
            f"{path}: was read as a table of one column ({found[0][:100]}), so [read] delimiter of contract "
            f"{contract.id} seems to be another one. Remove that line: the delimiter is found without it."
        )
    if lacking:
        told = ", ".join(f"{quoted(names)} for {field}" for field, names in lacking.items())
        used = {*contract.ignore, *contract.private, *(name for names in wanted.values() for name in names)}
        meant = "".join(_meant(names[0], [name for name in found if name not in used]) for names in lacking.values())
        remedy = "If a column has a new name, write that name."
        if field := next((field for field in lacking if field in contract.columns), None):
            remedy += f" If either name may appear: {field} = [{quoted(lacking[field])}, 'its new name']."
        raise ContractError(
            f"{path}: no column {told}, as contract {contract.id} maps them.{meant} Found: {', '.join(found)}. {remedy}"
        )
    there = [set(names).intersection(found) for names in wanted.values()]
    if lost := {name for names in there if names <= table.valueless for name in names}:
        raise ContractError(
            f"{path}: column {quoted(sorted(lost))} holds only formulas without a result, or errors. Open the file in "
            "a spreadsheet program, make sure that the column shows values, and save it; or remove the column from "
            "the contract."
        )
    if contract.place.geometry and not has_shapes(table.frame):
        remedy = "Name it as [place] text" if "geometry" in found else "Name x and y"
        raise ContractError(f"{path}: has no geometry, which [place] geometry = true asks for. {remedy} instead.")


def _meant(column: str, found: list[str]) -> str:
    """Say which column may be meant by one that is not there."""
    doubles = [name for name in found if re.fullmatch(re.escape(column) + r" \(\d+\)", name)]
    if len(doubles) > 1:
        return f" It appears {len(doubles)} times in the header: name {' or '.join(map(repr, doubles))}."
    return did_you_mean(column, found)
