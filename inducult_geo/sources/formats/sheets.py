"""Spreadsheets (.xlsx, .xls, .ods, XML of Excel), read in a process of their own; formulas are never evaluated.

A merged cell stands for all rows that it spans, and is told; a formula that nobody calculated is told, and no value.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.archives import LOCKED, checked_members, is_locked
from inducult_geo.sources.formats.sheet_child import ERROR, EVERY, NO_RESULT
from inducult_geo.sources.formats.table import (
    Table,
    blank_cells,
    check_cells,
    checked_header,
    choose,
    is_filled,
    joined_header,
    nul_rows,
)
from inducult_geo.sources.formats.workbook_xml import is_workbook, sheets_of_xml
from inducult_geo.text import counted, first_few, quoted

ALL_SHEETS = EVERY
"""As `[read] sheet`: all that hold anything, one under the other, with a column `sheet`."""

OWN_COLUMN, INSTEAD = "sheet", "name of the sheet"
"""What that column is called, and what where a sheet has one of that name itself."""

_MEMORY_MB = 3_000
_SECONDS = 300
_CHILD = Path(__file__).with_name("sheet_child.py")
_DAY_ZERO, _FIRST_DAY, _LAST_DAY = date(1899, 12, 30), "1904-02-09", "1905-07-22"
"""The day of the number 0 in a spreadsheet, and those of 1501 and 2030."""

_YEARS_MIN = 3
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: 00:00:00)?")
_MOST = 3
"""So many merged cells of a column are named: a hundred say no more."""

_COLUMNS = 6
_UNSEEN = "whether formulas lack their results, rows are hidden, and cells have comments, could not be seen"
_UNSEEN_SHEET = "the sheet is hidden in the file, but was read: if it holds an old or a different list, remove it"
_PIVOT = "the sheet holds a pivot table, which summarizes another table: its rows are not sites"
_WHY = {
    NO_RESULT: (
        "formula_without_result",
        "with a formula that was never calculated",
        "Open the file in a spreadsheet program, save it and send that.",
    ),
    ERROR: ("error_in_cell", "with an error such as #REF! or #N/A", "Correct them in the file."),
}
"""Why a cell has no value, as the child says it: the kind of problem, and what is told."""


def read_sheet(path: Path, read: Read) -> Table:
    """Read one sheet, or all of them; rows without any filled cell are left out, all others keep their number.

    Raises
    ------
    ContractError
        Where the file is damaged, a bomb, or reaches too far, or the sheet is not there or must be named.
    """
    if path.suffix.lower() != ".xls" and not is_workbook(path):
        checked_members(path)
    if read.sheet != ALL_SHEETS:
        return _read_one(path, read)
    tables = {}
    for answer in _ask(path, ALL_SHEETS):
        name = choose(path, "sheet", answer["name"], answer["sheets"])
        tables[name] = _table(path, read, name, answer)
    return _put_together(path, tables)


def _put_together(path: Path, tables: Mapping[str, Table]) -> Table:
    """Return the rows of several sheets one below the other, told apart by a column; what one lacks is told."""
    columns = dict.fromkeys(str(column) for table in tables.values() for column in table.frame)
    check_cells(path, sum(len(table.frame) for table in tables.values()), len(columns) + 1)
    own = OWN_COLUMN if OWN_COLUMN not in columns else INSTEAD
    frames = [table.frame.assign(**{own: name}) for name, table in tables.items()]
    whole = blank_cells(pd.concat(frames, ignore_index=True))
    starts = accumulate((len(frame) for frame in frames), initial=0)
    bad = {
        start + row: why
        for start, table in zip(starts, tables.values(), strict=False)
        for row, why in table.bad_rows.items()
    }
    lacking = {name: [column for column in columns if column not in table.frame] for name, table in tables.items()}
    apart = _strangers(tables)
    notes = [
        f"sheet '{name}' has no column {quoted(missing[:_COLUMNS])}, as others have: its rows are empty there"
        for name, missing in lacking.items()
        if missing and name not in apart
    ]
    sheets_of_notes = [
        (
            "sheet_of_notes",
            f"sheet '{name}' has none of the columns that other sheets share, but its rows are read like all others: "
            "if it holds notes, remove it from the file",
            len(tables[name].frame),
        )
        for name in apart
    ]
    valueless = frozenset().union(*(table.valueless for table in tables.values()))
    return Table(
        whole,
        [f"{place} of '{name}'" for name, table in tables.items() for place in table.places],
        bad,
        kind="spreadsheet",
        notes=(f"sheets {quoted([*tables])}", *notes, *_of_sheets(tables)),
        warnings=(
            *sheets_of_notes,
            *((kind, f"sheet '{name}': {told}", n) for name, t in tables.items() for kind, told, n in t.warnings),
        ),
        valueless=frozenset(column for column in valueless if whole[column].isna().all()),
    )


def _strangers(tables: Mapping[str, Table]) -> list[str]:
    """Return the sheets that share no column with any other, where others do share some."""
    often = Counter(str(column) for table in tables.values() for column in table.frame)
    shared = {column for column, number in often.items() if number > 1}
    return [name for name, table in tables.items() if shared and shared.isdisjoint(map(str, table.frame))]


def _of_sheets(tables: Mapping[str, Table]) -> list[str]:
    """Return what is noted of each sheet, beside its name."""
    return [f"sheet '{name}': {note}" for name, table in tables.items() for note in table.notes[1:]]


def _read_one(path: Path, read: Read) -> Table:
    """Read the sheet that is named, or the only one."""
    answer = next(_ask(path, read.sheet))
    return _table(path, read, choose(path, "sheet", read.sheet, answer["sheets"]), answer)


def _table(path: Path, read: Read, name: str, answer: Mapping[str, Any]) -> Table:
    """Make the table of a sheet of what the child says of it."""
    cells: list[list[Any]] = answer["rows"]
    header_at, body_at = read.header_row - 1, read.header_row - 1 + read.header_rows
    if len(cells) < body_at:
        raise ContractError(f"{path}: sheet '{name}' has no row {body_at} to hold the column names.")
    lost = [one for one in answer["lost"] or () if one[0] >= body_at]
    for row, column, _ in lost:
        if row < len(cells) and column < len(cells[row]):
            cells[row][column] = None
    # Those beside or below the table hold nothing, however many they are.
    merged = [one for one in answer["merged"] if body_at <= one[0] < len(cells) and one[1] < len(cells[one[0]])]
    if sum(max(min(last, len(cells)) - first, 0) for first, _, last, _ in merged) > sum(map(len, cells)):
        raise ContractError(f"{path}: its merged cells overlap, so it is damaged. Save it again as .xlsx.")
    filled = _fill_merged(cells, merged)
    body = [(number, row) for number, row in enumerate(cells[body_at:], body_at + 1) if any(map(is_filled, row))]
    heads = cells[header_at:body_at]
    width = max((n for row in (*heads, *(row for _, row in body)) for n in _filled(row)), default=0)
    header, told = checked_header(path, joined_header([row[:width] for row in heads]))
    frame = pd.DataFrame([row[:width] for _, row in body], columns=header, dtype=object)
    places = [f"{path.name} row {number}" for number, _ in body]
    notes = (f"sheet '{name}'", *told, *(() if answer["lost"] is not None else (_UNSEEN,)))
    names = dict(enumerate(header))
    unseen = {row for first, last in answer["hidden"] for row in range(first, min(last + 1, len(cells)))}
    hidden = [number for number, _ in body if number - 1 in unseen]
    warnings = (
        *_merged_told(filled, names), *_lost_told(lost, names), *_hidden_told(hidden),
        *_folded_told(answer["folded"], frame), *_years_as_days_told(frame),
        *_remarks_told(answer["remarks"], names),
        *_early_told([one for one in answer.get("early", ()) if one[0] >= body_at], cells, names),
        *([("hidden_sheet", _UNSEEN_SHEET, len(frame))] if answer.get("is_unseen") and read.sheet != name else ()),
        *([("pivot_sheet", _PIVOT, len(frame))] if answer.get("is_pivot") else ()),
    )  # fmt: skip
    valueless = frozenset(names[c] for c in {c for _, c, _ in lost} & names.keys() if frame[names[c]].isna().all())
    return Table(
        frame, places, nul_rows(frame), kind="spreadsheet", notes=notes, warnings=warnings, valueless=valueless
    )


def _fill_merged(cells: list[list[Any]], merged: Sequence[Sequence[int]]) -> list[tuple[int, int, int, int]]:
    """Let the value of a merged cell stand in each row that it spans, as it is seen.

    Returns its column (from 0 on), its first and last row (from 1 on) and how many rows it fills.

    A row without a cell of its own is the rest of the one above, whose cells are merged because they are high. What
    is merged sideways is a heading: it stays where it is.
    """
    has_own = [any(map(is_filled, row)) for row in cells]
    filled = []
    for first, column, last, _ in merged:
        value = cells[first][column]
        rows = [row for row in range(first + 1, min(last + 1, len(cells))) if has_own[row]]
        if value is None or not rows:
            continue
        for row in rows:
            cells[row][column] = value
        filled.append((column, first + 1, rows[-1] + 1, len(rows)))
    return filled


def _merged_told(filled: Sequence[tuple[int, int, int, int]], names: Mapping[int, str]) -> list[tuple[str, str, int]]:
    """Say which columns had merged cells, and in which rows they stand now."""
    told = []
    for column in sorted({column for column, *_ in filled}):
        spans = sorted((first, last) for at, first, last, _ in filled if at == column)
        where = first_few([f"{first} to {last}" for first, last in spans], _MOST)
        told.append(f"'{names[column]}' (rows {where})")
    if not told:
        return []
    message = (
        f"the value of a merged cell is taken for all rows that it spans: {', '.join(told)}. If it belongs to the "
        "first row only (a sum, for example), split the cell in the file."
    )
    return [("merged_cells", message, sum(number for *_, number in filled))]


def _lost_told(lost: Sequence[tuple[int, int, str]], names: Mapping[int, str]) -> list[tuple[str, str, int]]:
    """Say which columns have cells that hold a formula or an error, and no value."""
    told = []
    for why, (kind, words, remedy) in _WHY.items():
        rows: dict[int, list[int]] = {}
        for row, column, reason in lost:
            if reason == why and column in names:
                rows.setdefault(column, []).append(row + 1)
        if rows:
            where = ", ".join(
                f"{names[column]!r} ({len(found)}, first in row {found[0]})" for column, found in sorted(rows.items())
            )
            number = sum(map(len, rows.values()))
            told.append((kind, f"{counted(number, 'cell')} {words}, read as empty: {where}. {remedy}", number))
    return told


def _hidden_told(rows: Sequence[int]) -> list[tuple[str, str, int]]:
    """Say which rows (from 1 on) nobody sees in the sheet: whether they are meant, only a person knows."""
    if not rows:
        return []
    where = first_few([*map(str, rows)], _MOST)
    message = (
        f"{counted(len(rows), 'row')} hidden in the sheet, by hand or by a filter, but read like all others: {where}. "
        "Delete in the file those that do not belong to the list."
    )
    return [("hidden_rows", message, len(rows))]


def _folded_told(spans: Sequence[Sequence[int]], frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Say which filled columns (first and last of each span, from 0 on) nobody sees in the sheet."""
    unseen = [
        str(name)
        for at, name in enumerate(frame)
        if any(first <= at <= last for first, last in spans) and frame.iloc[:, at].notna().any()
    ]
    if not unseen:
        return []
    message = (
        f"{counted(len(unseen), 'column')} hidden in the sheet, but read like all others: {quoted(unseen[:_COLUMNS])}. "
        "List those that must not be published in `private`, or delete them in the file."
    )
    return [("hidden_columns", message, len(unseen))]


def _remarks_told(cells: Sequence[Sequence[int]], names: Mapping[int, str]) -> list[tuple[str, str, int]]:
    """Say which cells somebody put a comment on; not what it says: this is published, and may name persons."""
    if not cells:
        return []
    where = first_few([f"row {row + 1}" + (f" {names[at]!r}" if at in names else "") for row, at in cells], _MOST)
    message = (
        f"{counted(len(cells), 'cell')} with a comment, which is not read: {where}. If a comment says something about "
        "a site (for example, that its place is wrong), write it into the row."
    )
    return [("comments", message, len(cells))]


def _early_told(
    places: Sequence[Sequence[int]], cells: Sequence[Sequence[Any]], names: Mapping[int, str]
) -> list[tuple[str, str, int]]:
    """Say which cells hold days before 1900: a program shows them, and another one does not."""
    if not places:
        return []
    where = first_few([f"row {row + 1} {names[at]!r} {cells[row][at]}" for row, at in places if at in names], _MOST)
    message = (
        f"{counted(len(places), 'cell')} with a day before 1900, which Excel cannot show (#####), read as LibreOffice "
        f"shows it: {where}."
    )
    return [("days_before_1900", message, len(places))]


def _years_as_days_told(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Say which columns hold days that seem to be years: 1890 in a cell for dates is the 4th of March 1905."""
    told = []
    for place, name in enumerate(frame.columns):
        cells = [cell for cell in frame.iloc[:, place] if cell is not None]
        if len(set(cells)) < _YEARS_MIN or not all(map(_is_year_as_day, cells)):
            continue
        year = (date.fromisoformat(cells[0][:10]) - _DAY_ZERO).days
        message = (
            f"'{name}' holds only days between {_FIRST_DAY[:4]} and {_LAST_DAY[:4]}, as years look in cells for dates "
            f"({cells[0][:10]} is the number {year}). If they are years, format the column as a number."
        )
        told.append(("years_as_days", message, len(cells)))
    return told


def _is_year_as_day(cell: Any) -> bool:
    return isinstance(cell, str) and bool(_ISO_DAY.fullmatch(cell)) and _FIRST_DAY <= cell[:10] <= _LAST_DAY


def _filled(row: list[Any]) -> list[int]:
    """Return the number of the last filled cell of a row, if any: formatted but empty columns do not count."""
    return next(([n] for n in range(len(row), 0, -1) if is_filled(row[n - 1])), [])


def _ask(path: Path, sheet: str | int | None) -> Iterator[dict[str, Any]]:
    """Yield what the file says: the names of the sheets, and the rows of the one wanted, or of each."""
    yield from sheets_of_xml(path, sheet) if is_workbook(path) else _ask_child(path, sheet)


def _ask_child(path: Path, sheet: str | int | None) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-I", str(_CHILD), str(path.resolve()), json.dumps(sheet), str(_MEMORY_MB)]
    refused = f"{path}: cannot be read as a spreadsheet: "
    if is_locked(path):
        raise ContractError(f"{refused}{LOCKED}")
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError) as problem:
        raise ContractError(f"{refused}{problem}. Save it again as .xlsx.") from problem
    if done.returncode != 0 or not done.stdout:
        raise ContractError(
            f"{refused}it needs more memory than {_MEMORY_MB // 1000} GB, or than this machine has. Often the cause is "
            "a stray cell far outside the table: copy the table into a new sheet and save it as .xlsx."
        )
    for line in io.BytesIO(done.stdout):
        answer: dict[str, Any] = json.loads(line)
        if "PasswordError" in answer.get("error", ""):
            raise ContractError(f"{refused}{LOCKED}")
        if "error" in answer:
            raise ContractError(
                f"{refused}it is damaged or was cut short. Copy it again, or, where a spreadsheet program opens it, "
                f"save it there as .xlsx (the reader says: {answer['error']})."
            )
        yield answer
