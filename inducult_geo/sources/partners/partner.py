"""Read a partner's file by its contract: files, columns, rows; nothing is interpreted yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from inducult_geo.catalog.models import Contract
from inducult_geo.catalog.permissions import keeps_in_house, told_of_refusal
from inducult_geo.errors import ContractError, SourceError, did_you_mean
from inducult_geo.frames import TOLD_IN_TAGS, FileRead, Problem, Raw, RawTable, content_hash, to_json
from inducult_geo.sources.formats.paged import CUT_LIST, Page, pages_told
from inducult_geo.sources.formats.sheet_child import as_whole
from inducult_geo.sources.formats.table import Table, has_shapes, is_filled, names_of_a_row, rows_going_on
from inducult_geo.sources.partners.changes import deleted_rows
from inducult_geo.sources.partners.joined import joined_rows
from inducult_geo.sources.partners.lacking import lacking_told
from inducult_geo.sources.partners.marks import MARKED, said_by_marks
from inducult_geo.sources.partners.persons import check_private, is_private, persons_in_texts, persons_told
from inducult_geo.sources.partners.second_heads import second_heads
from inducult_geo.sources.partners.several import several_told
from inducult_geo.sources.partners.steady import read_steadily
from inducult_geo.sources.partners.units import with_unit
from inducult_geo.text import clean_text, counted, is_blank, of_each, quoted

_MOST_REPEATED: Final = 5
"""So many rows with the key of another one are named: a hundred say no more."""

_JSON: Final = (str, bool, int, float)

_GOES_ON: Final = (
    "seems to continue the row above, as in a table copied from a PDF: only {said} is filled. Join the two rows in "
    "the file: the row above may lack the rest of its text"
)

VALUES_AS_NAMES: Final = (
    "the names of its columns look like values ({values}): if the first row already belongs to the data, put a row "
    "with names above it. Otherwise that row is lost"
)
"""What is told of a table without names, with some of the values."""

JOINED: Final = ("address",)
"""Fields of which a list of columns is not a choice: street and number stand side by side."""


def read_partner(contract: Contract, files: Iterable[Path]) -> RawTable:
    """Read a contract's files into one `Raw` frame.

    Returns
    -------
    RawTable
        Columns `key`, `place`, `reason`, `detail`, `tags` (JSON of the row as it stands), `content_hash`, the
        contract's fields, and `x`, `y` or `text` or `geometry`. Rows of a wrong shape or without a key carry a
        reason. Several rows of one key stay apart: the first keeps it, the second is keyed `key#2`; unless the
        contract says that they are one record (`joined_rows`).

    Raises
    ------
    ContractError
        Where a file cannot be read or lacks a column that the contract maps, or files of different systems are put
        together without a word of the contract.
    SourceError
        Where the number of rows is outside what the contract expects.
    """
    frames, read_files, problems = [], [], []
    stated: dict[str, str | None] = {}
    pages: list[tuple[str, Page | None, frozenset[str]]] = []
    for path in files:
        table, digest = _read(contract, path)
        frames.append(_rows(contract, path, table))
        pages.append((path.name, table.page, frozenset(frames[-1]["content_hash"])))
        problems += _notices(contract, path, table)
        read_files.append(FileRead(path.name, digest, table.kind, len(table.frame), table.encoding))
        if has_shapes(table.frame):
            stated[path.name] = table.crs
    problems += _told_of_files(contract, pages)
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    _check_size(contract, len(whole))
    if contract.one_record_per_key and not whole.empty:
        whole, joined = joined_rows(whole)
        problems += [Problem(contract.id, "joined_rows", f"{told}.") for told in joined]
    unique = _unique_keys(whole)
    repeated = _repeated(whole, unique)
    problems += _told_of_contract(contract)
    if repeated:
        named = "; ".join(repeated[:_MOST_REPEATED]) + ("; and more" if len(repeated) > _MOST_REPEATED else "")
        message = (
            f"{counted(len(repeated), 'row')} with the key of another row; each is kept, the later one under a key of "
            f"its own: {named}. If they are the same site, keep one of the rows, or, if each row says more about it, "
            "write one_record_per_key = true above the sections of the contract. Otherwise give each row its own key."
        )
        problems.append(Problem(contract.id, "repeated_key", message, len(repeated)))
    return RawTable(Raw(unique), _one_system(contract, stated), tuple(read_files), tuple(problems))


def _read(contract: Contract, path: Path) -> tuple[Table, str]:
    """Read a file, its columns called as in the contract where only what nobody sees sets them apart."""
    table, digest = read_steadily(path, contract.read)
    asked = {name for names in _wanted_columns(contract).values() for name in names}
    asked |= {*contract.ignore, *contract.private}
    alike: dict[str | None, list[str]] = {}
    for name in map(str, table.frame):
        alike.setdefault(clean_text(name), []).append(name)
    lacking = {name: alike.get(clean_text(name), []) for name in sorted(asked.difference(table.frame))}
    meant = {found[0]: name for name, found in lacking.items() if len(found) == 1 and found[0] not in asked}
    if not meant:
        return table, digest
    derived = frozenset(meant.get(name, name) for name in table.derived)
    valueless = frozenset(meant.get(name, name) for name in table.valueless)
    return replace(table, frame=table.frame.rename(columns=meant), derived=derived, valueless=valueless), digest


def _told_of_contract(contract: Contract) -> Iterator[Problem]:
    """Tell what a contract says that holds otherwise, or not at all."""
    if contract.publish and keeps_in_house(contract.licence):
        message = told_of_refusal(contract.licence, "nothing that comes from this source alone is published")
        yield Problem(contract.id, "licence", message)
    if contract.region is not None and contract.countries:
        message = f"`countries` has no effect, since the contract names the region {contract.region}: keep one of both"
        yield Problem(contract.id, "no_effect", message)


def _told_of_files(contract: Contract, pages: Sequence[tuple[str, Page | None, frozenset[str]]]) -> list[Problem]:
    """Tell what is missing of a source of several files."""
    if len(contract.files) == 1:
        return []
    missing = [Problem(contract.id, CUT_LIST, f"{told}.", number) for told, number in pages_told(pages)]
    return [*lacking_told(contract, [name for name, _, _ in pages]), *missing]


def _one_system(contract: Contract, stated: Mapping[str, str | None]) -> str | None:
    """Return the CRS that the files state (by name); of several none is taken for the others' rows."""
    if len(set(stated.values())) > 1 and contract.place.crs is None:
        told = ", ".join(f"{name} {'says none' if crs is None else f'says {crs[:60]}'}" for name, crs in stated.items())
        raise ContractError(
            f"{contract.declared_in}: its files state several CRS ({told}). If all files are in one system, name it as "
            "[place] crs; otherwise give each system a contract of its own."
        )
    return next(filter(None, stated.values()), None)


def _told(
    values: Sequence[Mapping[Any, Any]], rows: pd.DataFrame, wanted: Mapping[str, Sequence[str]], private: Sequence[str]
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
    names = [name for row in values[:1] for name in row if not is_private(str(name), private)]
    shown = {name: moved.get(str(name), str(name)) for name in names}
    said = []
    for at, row in enumerate(values):
        told = {head: row[name] for name, head in shown.items()}
        mapped = {name: _plain(cells[at]) for name, cells in known.items()}
        said.append(to_json(told | {name: str(cell) for name, cell in mapped.items() if cell is not None}))
    return said


def _rows(contract: Contract, path: Path, table: Table) -> pd.DataFrame:
    wanted = _wanted_columns(contract)
    _check_columns(contract, path, table, wanted)
    check_private(contract, path, table, wanted)
    source = table.frame
    rows = pd.DataFrame(
        {field: _cells(source, field, columns, contract) for field, columns in wanted.items()}, dtype=object
    )
    drawn = has_shapes(source)
    original = source.drop(columns="geometry") if drawn else source
    names = original.columns.tolist()
    columns = [map(_plain, original[name].tolist()) for name in names]
    cells = zip(*columns, strict=True) if columns else [()] * len(original)
    values = [dict(zip(names, row, strict=True)) for row in cells]
    rows["tags"] = _told(values, rows, wanted, contract.private)
    shapes = source["geometry"] if drawn else [None] * len(source)
    written = [name for name in names if name not in table.derived]
    rows["content_hash"] = [
        content_hash([*(row[name] for name in written), None if shape is None else shape.wkb_hex])
        for row, shape in zip(values, shapes, strict=True)
    ]
    if contract.place.geometry:
        rows["geometry"] = list(shapes)
    rows["place"] = table.places
    if "key" not in rows:
        rows["key"] = rows["content_hash"]
    keys = [_key(cell) if is_filled(cell) else None for cell in rows["key"]]
    no_key = f"column {quoted(wanted.get('key', ()))} is empty: give the row a key"
    reasons = [None if key else "no_key" for key in keys]
    details = [None if key else no_key for key in keys]
    again = second_heads(table)
    # They tell nothing of a site, and would be told as dates and words that cannot be read.
    for field in (field for field in wanted if again and field != "key"):
        cells = rows[field].tolist()
        rows[field] = pd.Series([None if n in again else cell for n, cell in enumerate(cells)], dtype=object)
    for position, why in again.items():
        reasons[position], details[position] = "bad_row", why
    for position in _going_on(rows, original) - again.keys() if table.kind in ("spreadsheet", "delimited text") else ():
        said = quoted(str(name) for name in original if original[name].iloc[position] is not None)
        reasons[position], details[position] = "bad_row", _GOES_ON.format(said=said)
    for position, why in table.bad_rows.items():
        reasons[position], details[position] = "bad_row", f"{why}: correct the row in the file"
    # A row without a key is still one row: it is counted under the place where it stands.
    rows["key"] = [key or f"?{where}" for key, where in zip(keys, table.places, strict=True)]
    rows["reason"], rows["detail"] = pd.Series(reasons, dtype=object), pd.Series(details, dtype=object)
    return rows


def _going_on(rows: pd.DataFrame, original: pd.DataFrame) -> set[int]:
    """Return the positions of rows that only go on the row above; what has a place of its own is a row of its own."""
    has_place = rows[[name for name in ("x", "y") if name in rows]].notna().all(axis=1) if "x" in rows else False
    for name in ("text", "geometry"):
        has_place = has_place | (rows[name].notna() if name in rows else False)
    placed = np.broadcast_to(has_place, len(rows))
    return {position for position in rows_going_on(original) if not placed[position]}


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


def _wanted_columns(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Return for each field the columns that it is read from, the first choice first."""
    place = {"x": contract.place.x, "y": contract.place.y, "text": contract.place.text}
    return contract.mapped | {field: (column,) for field, column in place.items() if column is not None}


def _check_columns(contract: Contract, path: Path, table: Table, wanted: dict[str, tuple[str, ...]]) -> None:
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


def _is_filled(cells: pd.Series[Any]) -> bool:
    return any(not is_blank(str(cell)) for cell in cells.dropna())


def _notices(contract: Contract, path: Path, table: Table) -> list[Problem]:
    mapped = [column for columns in _wanted_columns(contract).values() for column in columns]
    known = {*mapped, *contract.ignore, *contract.private, *(["geometry"] if has_shapes(table.frame) else [])}
    # What holds nothing in any row is no news: a KML or GPX brings a dozen such columns.
    unread = [str(name) for name in table.frame.columns if name not in known and _is_filled(table.frame[name])]
    notices = [Problem(contract.id, "note", f"{path.name}: {note}") for note in table.notes]
    seen = (*table.warnings, *(table.page.told if table.page and len(contract.files) == 1 else ()))
    notices += [Problem(contract.id, kind, f"{path.name}: {told}", number) for kind, told, number in seen]
    gone = deleted_rows(table.frame, table.places, known)
    notices += [Problem(contract.id, "deleted_rows", f"{path.name}: {told}", number) for told, number in gone]
    if table.kind in ("spreadsheet", "delimited text") and (values := names_of_a_row(table.frame)):
        told = VALUES_AS_NAMES.format(values=quoted(values[:_MOST_REPEATED]))
        notices.append(Problem(contract.id, "values_as_names", f"{path.name}: {told}", len(values)))
    notices += [*persons_told(contract, path, table, mapped), *persons_in_texts(contract, path, table)]
    notices += several_told(contract, path, table)
    if unread:
        message = (
            f"{path.name}: columns that the contract does not mention: {', '.join(unread)}. Map them, or list them in "
            "`ignore`."
        )
        notices.append(Problem(contract.id, "unmapped_column", message, len(unread)))
    return notices


def _check_size(contract: Contract, rows: int) -> None:
    expect = contract.expect
    if rows < expect.rows_min or (expect.rows_max is not None and rows > expect.rows_max):
        limits = f"{expect.rows_min} to {expect.rows_max if expect.rows_max is not None else 'any number'}"
        raise SourceError(
            f"{contract.id}: {counted(rows, 'row')} in {', '.join(contract.files)}, where the contract expects "
            f"{limits}. Check the export; if the new number is right, change [expect]."
        )


def _unique_keys(rows: pd.DataFrame) -> pd.DataFrame:
    """Give every row a key of its own; of equal keys the first in the file keeps it, whatever is added behind it."""
    late = pd.Series(False, index=rows.index)
    # Again, since a key that was made so may be another row's own ("1#2"): that row keeps it.
    while not rows.empty and rows["key"].duplicated().any():
        order = rows.assign(_late=late).sort_values(["key", "_late"], kind="stable").index
        rank = rows.loc[order].groupby("key", sort=False).cumcount().reindex(rows.index)
        rows = rows.assign(key=rows["key"].where(rank == 0, rows["key"] + "#" + (rank + 1).astype(str)))
        late |= rank > 0
    return rows


def _repeated(rows: pd.DataFrame, unique: pd.DataFrame) -> list[str]:
    """Tell of each row that bears the key of an earlier one where both stand, and how it is called instead."""
    if rows.empty:
        return []
    first = rows.groupby("key", sort=False)["place"].transform("first")
    late = rows["key"].duplicated()
    told = zip(rows["place"][late], rows["key"][late], first[late], unique["key"][late], strict=True)
    return [f"{place} has the key '{key}' of {other} and is kept as '{own}'" for place, key, other, own in told]


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
