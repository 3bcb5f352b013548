"""Make of one table of a partner the rows of its contract, as they stand: fields, key, hash, and why a row is none."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import TOLD_IN_TAGS, content_hash, to_json
from inducult_geo.sources.formats.sheet_child import as_whole
from inducult_geo.sources.formats.table import Table, has_shapes, is_filled, rows_going_on
from inducult_geo.sources.partners.columns import check_columns, wanted_columns
from inducult_geo.sources.partners.marks import MARKED, said_by_marks
from inducult_geo.sources.partners.persons import check_private, is_private
from inducult_geo.sources.partners.second_heads import second_heads
from inducult_geo.sources.partners.units import with_unit
from inducult_geo.text import clean_text, is_blank, of_each, quoted

_JSON: Final = (str, bool, int, float)

_GOES_ON: Final = (
    "seems to continue the row above, as in a table copied from a PDF: only {said} is filled. Join the two rows in "
    "the file: the row above may lack the rest of its text"
)

JOINED: Final = ("address",)
"""Fields of which a list of columns is not a choice: street and number stand side by side."""


def rows_of(contract: Contract, path: Path, table: Table) -> pd.DataFrame:
    """Return a table's rows under the names of the contract's fields.

    Returns
    -------
    pandas.DataFrame
        A row for each of the table; its columns are those of `read_partner`.

    Raises
    ------
    ContractError
        Where the table lacks a column that the contract maps, or one that it keeps private.
    """
    wanted = wanted_columns(contract)
    check_columns(contract, path, table, wanted)
    check_private(contract, path, table, wanted)
    drawn = has_shapes(table.frame)
    written = table.frame.drop(columns="geometry") if drawn else table.frame
    shapes = table.frame["geometry"].tolist() if drawn else [None] * len(written)
    rows = pd.DataFrame(
        {field: _cells(table.frame, field, columns, contract) for field, columns in wanted.items()}, dtype=object
    )
    stated = _as_stated(written)
    rows["tags"] = _told(stated, rows, wanted, contract.private)
    rows["content_hash"] = _hashes(stated, shapes, table.derived, contract.private)
    if contract.place.geometry:
        rows["geometry"] = shapes
    rows["place"] = table.places
    cells = rows["key"] if "key" in rows else rows["content_hash"]
    keys = [_key(cell) if is_filled(cell) else None for cell in cells]
    again = second_heads(table)
    if again:
        _empty(rows, again, (field for field in wanted if field != "key"))
    no_key = f"column {quoted(wanted.get('key', ()))} is empty: give the row a key"
    refused = {position: ("no_key", no_key) for position, key in enumerate(keys) if not key}
    refused |= {position: ("bad_row", why) for position, why in _bad(table, rows, written, again).items()}
    # A row without a key is still one row: it is counted under the place where it stands.
    rows["key"] = [key or f"?{where}" for key, where in zip(keys, table.places, strict=True)]
    told = [refused.get(position, (None, None)) for position in range(len(rows))]
    for column, texts in (("reason", [reason for reason, _ in told]), ("detail", [detail for _, detail in told])):
        rows[column] = pd.Series(texts, dtype=object)
    return rows


def _as_stated(written: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return each row as JSON can hold it."""
    columns = [map(_plain, written[name].tolist()) for name in written]
    cells = zip(*columns, strict=True) if columns else [()] * len(written)
    return [dict(zip(written, row, strict=True)) for row in cells]


def _hashes(
    stated: Sequence[Mapping[Any, Any]], shapes: Sequence[Any], derived: Container[str], private: Sequence[str]
) -> list[str]:
    """Return a hash of what each row says and of its shape, without the columns that the reader made of others.

    It is published, so nothing private goes into it: all else of the row is known, and a telephone number soon tried.
    """
    names = [name for row in stated[:1] for name in row if name not in derived and not is_private(str(name), private)]
    return [
        content_hash([*(row[name] for name in names), None if shape is None else shape.wkb_hex])
        for row, shape in zip(stated, shapes, strict=True)
    ]


def _empty(rows: pd.DataFrame, again: Container[int], fields: Iterable[str]) -> None:
    """Take from rows that only repeat the heads what they say: it would be told as dates that cannot be read."""
    for field in fields:
        cells = rows[field].tolist()
        rows[field] = pd.Series([None if n in again else cell for n, cell in enumerate(cells)], dtype=object)


def _bad(table: Table, rows: pd.DataFrame, written: pd.DataFrame, again: Mapping[int, str]) -> dict[int, str]:
    """Say of each row that is none, by its position, why: what the reader found goes before all else."""
    found = dict(again)
    for position in _going_on(rows, written) - again.keys() if table.kind in ("spreadsheet", "delimited text") else ():
        said = quoted(str(name) for name in written if written[name].iloc[position] is not None)
        found[position] = _GOES_ON.format(said=said)
    return found | {position: f"{why}: correct the row in the file" for position, why in table.bad_rows.items()}


def _going_on(rows: pd.DataFrame, written: pd.DataFrame) -> set[int]:
    """Return the positions of rows that only go on the row above; what has a place of its own is a row of its own."""
    has_place = rows[[name for name in ("x", "y") if name in rows]].notna().all(axis=1) if "x" in rows else False
    for name in ("text", "geometry"):
        has_place = has_place | (rows[name].notna() if name in rows else False)
    placed = np.broadcast_to(has_place, len(rows))
    return {position for position in rows_going_on(written) if not placed[position]}


def _told(
    stated: Sequence[Mapping[Any, Any]], rows: pd.DataFrame, wanted: Mapping[str, Sequence[str]], private: Sequence[str]
) -> list[str | None]:
    """Return each row as JSON as it stands, and beside it what `TOLD_IN_TAGS` names, by the columns of the contract.

    What is private is left out.
    A column of the file that bears such a name and is not what the contract means by it is told as "capacity (in the
    file)".
    """
    known = {name: rows[name].tolist() for name in TOLD_IN_TAGS if name in rows}
    if "capacity" in known:
        known["capacity"] = with_unit(known["capacity"], wanted["capacity"])
    moved = {name: f"{name} (in the file)" for name in known if [*wanted[name]] != [name]}
    names = [name for row in stated[:1] for name in row if not is_private(str(name), private)]
    shown = {name: moved.get(str(name), str(name)) for name in names}
    said = []
    for at, row in enumerate(stated):
        told = {head: row[name] for name, head in shown.items()}
        mapped = {name: _plain(cells[at]) for name, cells in known.items()}
        said.append(to_json(told | {name: str(cell) for name, cell in mapped.items() if cell is not None}))
    return said


def _cells(table: pd.DataFrame, field: str, columns: Sequence[str], contract: Contract) -> pd.Series:
    """Return the cells of one field; where its columns only say yes or no, their heads are what they say."""
    marked = said_by_marks(table, columns, contract.values.get(field, ())) if field in MARKED else None
    if marked is not None:
        return marked
    return (_joined if field in JOINED else _first_filled)(table, columns)


def _joined(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return of several columns, in each row, all that is there and filled, one behind the other and each text once."""
    there = [name for name in columns if name in table]
    if len(there) < 2:
        return _first_filled(table, there)
    filled = (_told_in(table[name]) for name in there)
    rows = ([clean_text(_plain(cell)) for cell in cells] for cells in zip(*filled, strict=True))
    told = [" ".join(dict.fromkeys(filter(None, row))) or None for row in rows]
    return pd.Series(told, index=table.index, dtype=object)


def _first_filled(table: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return of several columns, in each row, the first that is there and filled."""
    there = [_told_in(table[name]) for name in columns if name in table]
    if not there:
        return pd.Series(None, index=table.index, dtype=object)
    column = there[0]
    for other in there[1:]:
        column = column.where(column.notna(), other)
    return column


def _told_in(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return what cells say: of a list its values with semicolons between them, of a blank one nothing."""
    return pd.Series(of_each(cells, _value), index=cells.index, dtype=object)


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return None if is_blank(cell) else cell
    if isinstance(cell, list | np.ndarray):
        return "; ".join(str(one) for one in map(_plain, cell) if is_filled(one)) or None
    return cell


def _key(cell: Any) -> str:
    """Return the text of a key; a column of doubles holds the 12 of one of integers or text as 12.0."""
    plain = _plain(cell)
    return str(as_whole(plain) if isinstance(plain, float) else plain).strip()


def _plain(value: Any) -> Any:
    """Return a cell as JSON can hold it."""
    if type(value) is str:
        return value
    if value is None or isinstance(value, _JSON):
        return None if isinstance(value, float) and value != value else value
    if isinstance(value, dict):
        return {str(name): _plain(cell) for name, cell in value.items()}
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        return [_plain(cell) for cell in value]
    return value.item() if hasattr(value, "item") else str(value)
