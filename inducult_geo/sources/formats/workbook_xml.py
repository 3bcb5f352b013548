"""Read workbooks in one XML file, as Excel 2002 and 2003 wrote them and many portals still do, often as .xls.

What it says is handed on as what the reader of other spreadsheets says of a sheet (see `sheet_child`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.sheet_child import ERROR, NO_RESULT, as_whole, chosen_of
from inducult_geo.sources.formats.table import MAX_COLUMNS, check_cells
from inducult_geo.sources.formats.xml_tables import local, read_elements

NAMESPACE: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_MIDNIGHT: Final = "T00:00:00.000"
_DIGITS: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_HEAD: Final = 4096
_ROOT: Final = re.compile(rb"<(?:\w{1,20}:)?Workbook\s")


def is_workbook(path: Path) -> bool:
    """Whether a file begins as a workbook in XML does."""
    with path.open("rb") as handle:
        head = handle.read(_HEAD).replace(b"\x00", b"")
    return _ROOT.search(head) is not None and NAMESPACE[1:-1].encode() in head


def sheets_of_xml(path: Path, wanted: str | int | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of the sheet wanted; of the only one that holds any, where none is; of each for `EVERY`.

    Raises
    ------
    ContractError
        Where the file is damaged, too large or no workbook.
    """
    root = read_elements(path)
    worksheets = enumerate(root.iter(f"{NAMESPACE}Worksheet"), 1)
    sheets = {one.get(f"{NAMESPACE}Name", f"Sheet{number}"): one for number, one in worksheets}
    filled = {name: one for name, one in sheets.items() if next(one.iter(f"{NAMESPACE}Data"), None) is not None}
    names = [*(sheets if isinstance(wanted, int) or wanted in sheets else filled or sheets)]
    chosen = chosen_of(names, wanted)
    if not chosen:
        yield {"sheets": names, "name": None, **_nothing()}
    for name in chosen:
        hidden = sheets[name].iter("{urn:schemas-microsoft-com:office:excel}Visible")
        unseen = any("Hidden" in (one.text or "") for one in hidden)
        yield {"sheets": names, "name": name, "is_unseen": unseen, **_rows(path, sheets[name])}


def _nothing() -> dict[str, list[Any]]:
    return {"rows": [], "merged": [], "lost": [], "hidden": [], "folded": [], "remarks": []}


def _rows(path: Path, sheet: ET.Element) -> dict[str, list[Any]]:
    """Return rows, merged, lost and commented cells of a sheet, and its hidden rows and columns."""
    told, row, widest, column = _nothing(), 0, 1, 0
    for one in sheet.iter(f"{NAMESPACE}Column"):
        begin = _number(path, one, "Index", column + 1) - 1
        column = begin + 1 + _number(path, one, "Span", 0)
        told["folded"] += [[begin, column - 1]] if one.get(f"{NAMESPACE}Hidden") == "1" else []
    for one in sheet.iter(f"{NAMESPACE}Row"):
        row = _number(path, one, "Index", row + 1)
        if row <= len(told["rows"]):
            raise ContractError(f"{path}: its rows are out of order: it is damaged. Save it as .xlsx.")
        cells = _cells(path, one, row - 1, told)
        widest = max(widest, len(cells))
        check_cells(path, row, widest)
        told["rows"] += [[] for _ in range(row - 1 - len(told["rows"]))]
        told["rows"].append(cells)
        again = _number(path, one, "Span", 0)
        if one.get(f"{NAMESPACE}Hidden") == "1":
            told["hidden"].append([row - 1, row - 1 + again])
        row += again
    for cells in told["rows"]:
        cells += [None] * (widest - len(cells))
    return told


def _cells(path: Path, row: ET.Element, at: int, told: dict[str, list[Any]]) -> list[Any]:
    """Return the values of a row, and note its merged, lost and commented cells."""
    cells: list[Any] = []
    for cell in row.iter(f"{NAMESPACE}Cell"):
        column = _number(path, cell, "Index", len(cells) + 1)
        across, down = (_number(path, cell, name, 0) for name in ("MergeAcross", "MergeDown"))
        if column <= len(cells) or column + across > 4 * MAX_COLUMNS:
            raise ContractError(f"{path}: row {at + 1} has cells out of order: it is damaged. Save it as .xlsx.")
        cells += [None] * (column - 1 - len(cells))
        inside = {local(one): one for one in cell}
        value, why = _value(inside.get("Data"), has_formula=cell.get(f"{NAMESPACE}Formula") is not None)
        cells.append(value)
        told["lost"] += [[at, column - 1, why]] if why else []
        told["remarks"] += [[at, column - 1]] if "Comment" in inside else []
        if across or down:
            told["merged"].append([at, column - 1, at + down, column - 1 + across])
            cells += [None] * across
    return cells


def _value(data: ET.Element | None, *, has_formula: bool) -> tuple[Any, str | None]:
    """Return what a cell holds as text, and why it holds nothing that counts."""
    kind, text = ("", "") if data is None else (data.get(f"{NAMESPACE}Type", ""), "".join(data.itertext()))
    if kind == "Error":
        return None, ERROR
    if not text.strip():
        return None, NO_RESULT if has_formula and data is None else None
    return _plain(kind, text), None


def _plain(kind: str, text: str) -> Any:
    """Return a cell as those of other spreadsheets: numbers as such, days without an hour."""
    if kind == "DateTime":
        return text.removesuffix(_MIDNIGHT)
    if kind == "Number" and _DIGITS.fullmatch(text):
        return int(text)
    try:
        number = float(text) if kind == "Number" else math.nan
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return as_whole(number)


def _number(path: Path, element: ET.Element, name: str, otherwise: int) -> int:
    told = element.get(f"{NAMESPACE}{name}")
    if told is None:
        return otherwise
    if not told.isascii() or not told.isdigit() or len(told) > 8:
        raise ContractError(f"{path}: a cell has '{told[:20]}' as its {name}: it is damaged. Save it as .xlsx.")
    return int(told)
