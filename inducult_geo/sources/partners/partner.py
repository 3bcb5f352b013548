"""Read a partner's file by its contract: files, columns, rows; nothing is interpreted yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from inducult_geo.catalog.models import Contract
from inducult_geo.catalog.permissions import keeps_in_house, told_of_refusal
from inducult_geo.errors import ContractError, SourceError
from inducult_geo.frames import FileRead, Problem, Raw, RawTable
from inducult_geo.sources.formats.paged import CUT_LIST, Page, pages_told
from inducult_geo.sources.formats.table import Table, has_shapes, names_of_a_row
from inducult_geo.sources.partners.changes import deleted_rows
from inducult_geo.sources.partners.columns import wanted_columns
from inducult_geo.sources.partners.joined import joined_rows
from inducult_geo.sources.partners.lacking import lacking_told
from inducult_geo.sources.partners.persons import persons_in_texts, persons_told
from inducult_geo.sources.partners.rows import rows_of
from inducult_geo.sources.partners.several import several_told
from inducult_geo.sources.partners.steady import read_steadily
from inducult_geo.text import clean_text, counted, is_blank, quoted

_MOST_REPEATED: Final = 5
"""So many rows with the key of another one are named: a hundred say no more."""

VALUES_AS_NAMES: Final = (
    "the names of its columns look like values ({values}): if the first row already belongs to the data, put a row "
    "with names above it. Otherwise that row is lost"
)
"""What is told of a table without names, with some of the values."""


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
        frames.append(rows_of(contract, path, table))
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
    asked = {name for names in wanted_columns(contract).values() for name in names}
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


def _is_filled(cells: pd.Series[Any]) -> bool:
    return any(not is_blank(str(cell)) for cell in cells.dropna())


def _notices(contract: Contract, path: Path, table: Table) -> list[Problem]:
    mapped = [column for columns in wanted_columns(contract).values() for column in columns]
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
