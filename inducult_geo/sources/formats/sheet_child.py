"""Read one spreadsheet in a process of its own, print its sheets as JSON: `sheet_child.py FILE SHEET MEMORY_MB`.

One stray cell in the last corner makes the reader ask for half a terabyte, which ends its process. So that it is not
ours, this file is run as a program by `sheets`; it needs nothing but the standard library, calamine and `sheet_opened`.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from inducult_geo.sources.formats.sheet_opened import cells_held, holds, local, opened, part_of

NO_RESULT, ERROR = "no result", "error"
"""Why a cell that holds something is read as empty: a formula that nobody calculated, or an error such as #REF!."""

EVERY = "*"
"""Asks for all sheets that hold anything."""

EXACT_BELOW = 2**53
"""Larger whole numbers lose their last digits as fractions."""

_HIDES = ("collapse", "filter")
_DAY_ZERO, _FIRST_DAY = datetime(1899, 12, 30), -115_858  # noqa: DTZ001
"""The day of the number 0 in a spreadsheet, and the number of the 15th of October 1582."""

_LENGTH = re.compile(r"(-?)PT(\d{1,7})H(\d{1,2})M(\d{1,2}(?:\.\d+)?)S", re.ASCII)
"""A length of time of a day or more, or below 0, as an .ods holds it."""

_SHOWN_ERROR = re.compile(r"#[^\W\d_]+(?:/[^\W_]+)?[!?]?|[^\W\d_]+\s?:\d{3}")
"""What a cell shows in place of a result, in the language of the program: #DIV/0!, #N/A, Err:502."""

_UNREADABLE = (ElementTree.ParseError, KeyError, ValueError)

_BESIDE = ("merged", "lost", "hidden", "folded", "remarks")
_Beside = tuple[list[list[int]], list[list[Any]] | None, list[list[int]], list[list[int]], list[list[int]]]
"""What is seen of a sheet beside its rows, see `read`."""


def _limit(megabytes: int) -> None:
    """Bound the memory where the system can."""
    try:
        import resource
    except ImportError:
        return
    bound, hard = megabytes << 20, resource.getrlimit(resource.RLIMIT_AS)[1]
    # Who started all of this may have set a lower one, which nobody can raise.
    bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def as_whole(number: float) -> int | float:
    """Return a whole number as one, and what is too large to be exact as it is: digits would be made up."""
    return int(number) if number.is_integer() and abs(number) < EXACT_BELOW else number


def _cell(value: Any) -> Any:
    """Return a cell as a person sees it: whole numbers without a decimal point, dates in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        return as_whole(value) if value == value else None
    if isinstance(value, timedelta):
        return _duration(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else str(value)


def _duration(value: timedelta) -> str:
    """Return a length of time as a sheet shows it: an angle that was typed as 50:43:12 is one of 50 hours to it."""
    hours, rest = divmod(round(abs(value) / timedelta(milliseconds=1)), 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, rest = divmod(rest, 1_000)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" + (f".{rest:03}".rstrip("0") if rest else "")


def _typed(cell: Any) -> Any:
    """Return a cell of an .ods as it was typed, where it is a length of time: 50:43:12 is held as PT50H43M12S."""
    found = _LENGTH.fullmatch(cell) if isinstance(cell, str) else None
    if found is None:
        return cell
    hours, minutes, seconds = int(found[2]), int(found[3]), float(found[4])
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return _duration(-length if found[1] else length)


def chosen_of(names: list[str], wanted: str | int | None) -> list[str]:
    """Return the sheets that are meant: by name, by number from 1 on, all for `EVERY`, or the only one there is."""
    if isinstance(wanted, int):
        return names[wanted - 1 : wanted] if wanted >= 1 else []
    if wanted == EVERY:
        return names
    return [wanted] if wanted in names else names if wanted is None and len(names) == 1 else []


def _is_filled(book: Any, name: str) -> bool:
    from python_calamine import CalamineError

    try:
        return bool(book.get_sheet_by_name(name).height)
    except CalamineError:
        # A sheet that cannot be read is none that can be passed over.
        return True


def read(path: str, wanted: str | int | None) -> Iterator[dict[str, Any]]:
    """Yield the names of the sheets and the rows of the one wanted; of the only one that holds any, where none is.

    `EVERY` are all that hold any, in one opening: that of an .ods reads all of it. `merged` are a sheet's merged cells
    (first row and column, last row and column, from 0 on), `lost` its cells that hold something, and no value (row,
    column, why); null where that cannot be told. `hidden` are its rows that nobody sees (first and last, from 0 on),
    `folded` its columns that are such, `is_unseen` says that all of it is, `is_pivot` that it sums another one up.
    `remarks` are the cells that somebody put a comment on, `early` those that hold a day before 1900 (row, column).
    """
    book = opened(path)
    names = list(book.sheet_names)
    if wanted in (None, EVERY) and len(names) > 1:
        # Older programs put three sheets into every new workbook.
        names = [name for name in names if _is_filled(book, name)] or names
    chosen = chosen_of(names, wanted)
    if not chosen:
        yield {"sheets": names, "name": None, "rows": []} | {name: [] for name in _BESIDE}
        return
    of_ods = _of_ods(path, chosen) if path.lower().endswith(".ods") else None
    unseen = {one.name for one in book.sheets_metadata if not str(one.visible).endswith(".Visible")}
    for name in chosen:
        sheet, held = cells_held(book, path, name)
        rows = [[_cell(value) for value in row] for row in held]
        if of_ods is not None:
            rows = [[_typed(value) for value in row] for row in rows]
        early = _with_early_days(path, name, held, rows)
        merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or ()]
        seen = _beside(path, name, merged) if of_ods is None else of_ods.get(name, (merged, None, [], [], []))
        told = {"sheets": names, "name": name, "is_unseen": name in unseen, "is_pivot": _is_pivot(path, name)}
        told["early"] = early
        yield told | {"rows": rows} | dict(zip(_BESIDE, seen, strict=True))


def _beside(path: str, name: str, merged: list[list[int]]) -> _Beside:
    """Return what is seen of a sheet that is in no .ods."""
    try:
        if path.lower().endswith(".xlsx"):
            lost, (rows, columns) = [*_lost_in_xlsx(path, name)], _hidden_in_xlsx(path, name)
            return merged, lost, rows, columns, sorted(_remarks_in_xlsx(path, name))
    except _UNREADABLE:
        # The reader was content with it: what it gave is no worse for not being looked at again.
        pass
    return merged, None, [], [], []


def _with_early_days(path: str, name: str, held: list[list[Any]], rows: list[list[Any]]) -> list[list[int]]:
    """Write days before 1900 into the rows of an .xlsx, and return where (row, column, from 0 on).

    Such a day is a number below 0 in a cell for dates, of which calamine keeps the time of day alone: 00:00:00.
    """
    places = {(r, c) for r, row in enumerate(held) for c, value in enumerate(row) if isinstance(value, time)}
    early: list[list[int]] = []
    if not places or not path.lower().endswith(".xlsx"):
        return early
    try:
        for row, column, number, counts_from_1904 in _below_zero_in_xlsx(path, name):
            if (row, column) in places:
                day = None if counts_from_1904 else _early_day(number)
                rows[row][column] = as_whole(number) if day is None else day
                early += [] if day is None else [[row, column]]
    except _UNREADABLE:
        return early
    return early


def _early_day(number: float) -> str | None:
    """Return the day of a number below 0 as LibreOffice shows it; null for what is none, such as -1 or -999.

    Before October 1582 programs count by another calendar.
    """
    if number > -1 or number < _FIRST_DAY or re.fullmatch(r"-(?:1|9+)\.0", str(number)):
        return None
    return str(_DAY_ZERO + timedelta(days=number)).removesuffix(" 00:00:00")


def _below_zero_in_xlsx(path: str, name: str) -> Iterator[tuple[int, int, float, bool]]:
    """Yield row, column and number of each cell below 0 of a sheet, and whether its days begin with 1904."""
    with zipfile.ZipFile(path) as archive:
        part, _ = part_of(archive, name)
        book = archive.read("xl/workbook.xml")
        counts_from_1904 = bool(re.search(rb"\bdate1904=[\"'](?:1|true)[\"']", book))
        with archive.open(part) as handle:
            if not holds(handle, b">-"):
                return
        with archive.open(part) as handle:
            for row, column, cell in _cells_of(handle):
                text = next((one.text or "" for one in cell if local(one) == "v"), "")
                if text.startswith("-") and cell.get("t", "n") == "n":
                    yield row, column, float(text), counts_from_1904


def _lost_in_xlsx(path: str, name: str) -> Iterator[list[Any]]:
    """Yield row, column (from 0 on) and reason of each cell of a sheet that holds something, and no value."""
    with zipfile.ZipFile(path) as archive:
        part, is_calculated = part_of(archive, name)
        no_results = ("",) if is_calculated else ("", "0")
        with archive.open(part) as handle:
            if not holds(handle, b"f>", b"f/>", b"<f ", b":f ", b"f />", b't="e"', b"t='e'"):
                return
        with archive.open(part) as handle:
            for row, column, cell in _cells_of(handle):
                inside = {local(one): one for one in cell}
                value = (inside["v"].text if "v" in inside else None) or ""
                # An empty text may be what a formula gave.
                is_result = cell.get("t") == "str" or value not in no_results
                if cell.get("t") == "e":
                    yield [row, column, ERROR]
                elif "f" in inside and not is_result:
                    yield [row, column, NO_RESULT]


def _hidden_in_xlsx(path: str, name: str) -> tuple[list[list[int]], list[list[int]]]:
    """Return first and last of the rows of a sheet that a filter or a person hides, and of the columns."""
    rows: list[list[int]] = []
    columns: list[list[int]] = []
    with zipfile.ZipFile(path) as archive:
        part, _ = part_of(archive, name)
        with archive.open(part) as handle:
            if not holds(handle, b'hidden="', b"hidden='"):
                return rows, columns
        with archive.open(part) as handle:
            row = -1
            for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314
                kind, is_hidden = local(element), element.get("hidden") in ("1", "true")
                if kind == "row" and event == "end":
                    element.clear()
                elif kind == "row":
                    row = int(element.get("r") or row + 2) - 1
                    rows += [[row, row]] if is_hidden else []
                elif kind == "col" and event == "end" and is_hidden:
                    columns.append([int(element.attrib["min"]) - 1, int(element.attrib["max"]) - 1])
    return rows, columns


def _remarks_in_xlsx(path: str, name: str) -> Iterator[list[int]]:
    """Yield row and column of each cell of a sheet that has a comment; what it says stays in the file."""
    with zipfile.ZipFile(path) as archive:
        for part in _beside_sheet(archive, name, "/comments"):
            for one in ElementTree.fromstring(archive.read(part)).iter():  # noqa: S314
                place = re.fullmatch(r"([A-Z]+)(\d+)", one.get("ref") or "") if local(one) == "comment" else None
                if place is not None:
                    yield [int(place[2]) - 1, _column(place[1])]


def _is_pivot(path: str, name: str) -> bool:
    """Whether a sheet of an .xlsx holds a pivot table."""
    if not path.lower().endswith(".xlsx"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_beside_sheet(archive, name, "/pivotTable"))
    except _UNREADABLE:
        return False


def _beside_sheet(archive: zipfile.ZipFile, name: str, kind: str) -> Iterator[str]:
    """Yield the files of a workbook that belong to a sheet, of one kind."""
    folder, _, file = part_of(archive, name)[0].rpartition("/")
    links = f"{folder}/_rels/{file}.rels"
    if links not in archive.namelist():
        return
    for link in ElementTree.fromstring(archive.read(links)):  # noqa: S314
        if (link.get("Type") or "").endswith(kind):
            yield posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")).lstrip("/")


def _cells_of(handle: Any) -> Iterator[tuple[int, int, ElementTree.Element]]:
    """Yield row, column and element of each cell of a sheet of an .xlsx; where they tell no place, the next one."""
    row, column = -1, -1
    for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314
        kind = local(element)
        if kind == "row" and event == "start":
            row, column = int(element.get("r") or row + 2) - 1, -1
        elif kind == "c" and event == "end":
            letters = re.match("[A-Z]+", element.get("r") or "")
            column = column + 1 if letters is None else _column(letters[0])
            yield row, column, element
        elif kind == "row":
            element.clear()


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _of_ods(path: str, names: list[str]) -> dict[str, _Beside]:
    """Return what is seen beside the rows of sheets of an .ods, all in one pass; none where it cannot be seen."""
    found: dict[str, _Beside] = {}
    try:
        for name, beside in _beside_in_ods(path):
            if name in names:
                found.setdefault(name, beside)
    except _UNREADABLE:
        return {}
    return found


def _beside_in_ods(path: str) -> Iterator[tuple[str | None, _Beside]]:
    """Yield each sheet's name with what is seen of it; lost cells as `_lost_in_xlsx`."""
    merged: list[list[int]] = []
    hidden: list[list[int]] = []
    folded: list[list[int]] = []
    remarks: list[list[int]] = []
    lost: list[list[Any]] = []
    row, column = 0, 0
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as handle:
        for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314
            kind, told = local(element), {key.rpartition("}")[2]: value for key, value in element.items()}
            if kind == "table" and event == "start":
                merged, hidden, folded, lost, remarks, row, column = [], [], [], [], [], 0, 0
            elif kind == "table":
                yield told.get("name"), (merged, lost, hidden, folded, remarks)
                element.clear()
            elif kind == "table-column" and event == "end":
                begin, column = column, column + max(int(told.get("number-columns-repeated", 1)), 1)
                if told.get("visibility") in _HIDES:
                    folded.append([begin, column - 1])
            elif kind == "table-row" and event == "start":
                column = 0
            elif kind == "table-row":
                begin, row = row, row + max(int(told.get("number-rows-repeated", 1)), 1)
                if told.get("visibility") in _HIDES:
                    hidden.append([begin, row - 1])
                element.clear()
            elif kind in ("table-cell", "covered-table-cell") and event == "end":
                if int(told.get("number-rows-spanned", 1)) > 1:
                    down, right = int(told["number-rows-spanned"]), int(told.get("number-columns-spanned", 1))
                    merged.append([row, column, row + down - 1, column + right - 1])
                if "formula" in told and (why := _why_empty(element)):
                    lost.append([row, column, why])
                if any(local(one) == "annotation" for one in element):
                    remarks.append([row, column])
                column += max(int(told.get("number-columns-repeated", 1)), 1)


def _why_empty(cell: ElementTree.Element) -> str | None:
    """Say why a cell of an .ods with a formula holds no value; null where it does."""
    if "error" in (value for key, value in cell.items() if key.endswith("}value-type")):
        return ERROR
    has_value = any(key.endswith("value-type") for key in cell.attrib) or any(local(one) == "p" for one in cell)
    shown = next(("".join(one.itertext()) for one in cell if local(one) == "p"), "")
    told = {key.rpartition("}")[2]: value for key, value in cell.items()}
    # Of OpenOffice and older programs such a cell is worth 0, or an empty text.
    is_worth_none = told.get("value") == "0" or told.get("string-value") == ""
    if is_worth_none and _SHOWN_ERROR.fullmatch(shown):
        return ERROR
    return None if has_value else NO_RESULT


def main() -> None:
    """Print the sheets, one a line, or what is wrong with them."""
    _limit(int(sys.argv[3]))
    try:
        for answer in read(sys.argv[1], json.loads(sys.argv[2])):
            sys.stdout.buffer.write(json.dumps(answer).encode("ascii") + b"\n")
    # The reader's faults come in every shape, its panics even outside of Exception.
    except BaseException as problem:
        told = {"error": f"{type(problem).__name__}: {str(problem)[:300]}"}
        sys.stdout.buffer.write(json.dumps(told).encode("ascii") + b"\n")


if __name__ == "__main__":
    main()
