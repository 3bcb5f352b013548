"""Spreadsheets (.xlsx, .xls, .ods), read in a process of their own; formulas are never evaluated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.archives import checked_members
from inducult_geo.sources.table import Table, checked_header, choose, joined_header, nul_rows

_MEMORY_MB = 3_000
_SECONDS = 300
_CHILD = Path(__file__).with_name("sheet_child.py")


def read_sheet(path: Path, read: Read) -> Table:
    """Read one sheet; rows without any filled cell are left out, all others keep their number.

    Raises
    ------
    ContractError
        Where the file is damaged, a bomb, or reaches too far, or the sheet is not there or must be named.
    """
    if path.suffix.lower() != ".xls":
        checked_members(path)
    answer = _ask(path, read.sheet)
    name = choose(path, "sheet", read.sheet, answer["sheets"])
    cells: list[list[Any]] = answer["rows"]
    header_at, body_at = read.header_row - 1, read.header_row - 1 + read.header_rows
    if len(cells) < body_at:
        raise ContractError(f"{path}: sheet '{name}' has no row {body_at} to hold the column names.")
    body = [
        (number, row)
        for number, row in enumerate(cells[body_at:], body_at + 1)
        if any(cell is not None for cell in row)
    ]
    heads = cells[header_at:body_at]
    width = max((n for row in (*heads, *(row for _, row in body)) for n in _filled(row)), default=0)
    header, told = checked_header(path, joined_header([row[:width] for row in heads]))
    frame = pd.DataFrame([row[:width] for _, row in body], columns=header, dtype=object)
    places = [f"{path.name} row {number}" for number, _ in body]
    return Table(frame, places, nul_rows(frame), kind="spreadsheet", notes=(f"sheet '{name}'", *told))


def _filled(row: list[Any]) -> list[int]:
    """Return the number of the last filled cell of a row, if any: formatted but empty columns do not count."""
    return next(([n] for n in range(len(row), 0, -1) if row[n - 1] is not None), [])


def _ask(path: Path, sheet: str | int | None) -> dict[str, Any]:
    """Return what the child says: the names of the sheets, and the rows of the one wanted."""
    command = [sys.executable, "-I", str(_CHILD), str(path.resolve()), json.dumps(sheet), str(_MEMORY_MB)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, OSError, ValueError) as problem:
        raise ContractError(f"{path}: cannot be read as a spreadsheet: {problem}. Save it again as .xlsx.") from problem
    if not answer:
        raise ContractError(
            f"{path}: cannot be read as a spreadsheet: it needs more memory than {_MEMORY_MB // 1000} GB. Often a "
            "stray cell stands far outside the table: copy the table into a new sheet and save it as .xlsx."
        )
    if "error" in answer:
        raise ContractError(f"{path}: cannot be read as a spreadsheet: {answer['error']}. Save it again as .xlsx.")
    return answer
