"""Read one spreadsheet in a process of its own, print its sheets as JSON: `sheet_child.py FILE SHEET MEMORY_MB`.

One stray cell in the last corner makes the reader ask for half a terabyte, which ends its process. So that it is not
ours, this file is run as a program by `sheets`; it needs nothing but the standard library and calamine.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

NO_RESULT, ERROR = "no result", "error"
"""Why a cell that holds something is read as empty: a formula that nobody calculated, or an error such as #REF!."""

EVERY = "*"
"""Asks for all sheets that hold anything."""

EXACT_BELOW = 2**53
"""Larger whole numbers lose their last digits as fractions."""

_CHUNK = 1 << 20
_HIDES = ("collapse", "filter")
_STYLED = re.compile(
    rb"(?P<before><(?:\w+:)?c\b[^>]*?) s=[\"']\d+[\"']"
    rb"(?P<after>[^>]*>(?:<(?:\w+:)?f\b[^>]*>(?:[^<]*</(?:\w+:)?f>)?)?<(?:\w+:)?v>(?P<number>-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)<)"
)
"""A cell of an .xlsx that holds a number and has a format."""

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


def chosen_of(names: list[str], wanted: str | int | None) -> list[str]:
    """Return the sheets that are meant: by name, by number from 1 on, all for `EVERY`, or the only one there is."""
    if isinstance(wanted, int):
        return names[wanted - 1 : wanted] if wanted >= 1 else []
    if wanted == EVERY:
        return names
    return [wanted] if wanted in names else names if wanted is None and len(names) == 1 else []


def _opened(path: str) -> Any:
    """Open a workbook; an .ods so that calamine reads it: with its breaks, and not indented (as GDAL does)."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if not path.lower().endswith(".ods") or not _breaks(path):
            return CalamineWorkbook.from_path(path)
    except CalamineError:
        if not path.lower().endswith(".ods"):
            raise
    plain = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(plain, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "content.xml":
                data = re.sub(rb">\s+(?=</?(?:table|office|style|number):)", b">", data)
                data = re.sub(rb"(<table:table-cell[^>]*>)\s+(?=<text:)", rb"\1", data)
                # Calamine passes over both: "Huta 5" and "Opole" below it became "Huta 5Opole".
                data = re.sub(rb"<text:line-break\s*/>", b"&#10;", re.sub(rb"<text:tab\b[^>]*/>", b"&#9;", data))
            target.writestr(name, data)
    plain.seek(0)
    return CalamineWorkbook.from_filelike(plain)


def _without_endless(path: str, name: str) -> Any:
    """Open an .xlsx in which one cell of a sheet is a length of time too long for Python: as the number that it is."""
    from python_calamine import CalamineWorkbook

    def unstyled(cell: re.Match[bytes]) -> bytes:
        is_endless = abs(float(cell["number"])) > timedelta.max.days
        return cell["before"] + cell["after"] if is_endless else cell[0]

    plain = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(plain, "w") as target:
        part, _ = _part_of(source, name)
        for member in source.namelist():
            data = source.read(member)
            target.writestr(member, _STYLED.sub(unstyled, data) if member == part else data)
    plain.seek(0)
    return CalamineWorkbook.from_filelike(plain)


def _breaks(path: str) -> bool:
    """Whether cells of an .ods hold line breaks or tabs as elements of their own."""
    with zipfile.ZipFile(path) as archive:
        # Workbooks of another kind may bear this ending.
        if "content.xml" not in archive.namelist():
            return False
        with archive.open("content.xml") as handle:
            return _holds(handle, b"<text:line-break", b"<text:tab")


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
    `remarks` are the cells that somebody put a comment on (row, column).
    """
    book = _opened(path)
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
        sheet = book.get_sheet_by_name(name)
        try:
            held = sheet.to_python(skip_empty_area=False)
        except OverflowError:
            sheet = _without_endless(path, name).get_sheet_by_name(name)
            held = sheet.to_python(skip_empty_area=False)
        rows = [[_cell(value) for value in row] for row in held]
        merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or ()]
        seen = _beside(path, name, merged) if of_ods is None else of_ods.get(name, (merged, None, [], [], []))
        told = {"sheets": names, "name": name, "is_unseen": name in unseen, "is_pivot": _is_pivot(path, name)}
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


def _lost_in_xlsx(path: str, name: str) -> Iterator[list[Any]]:
    """Yield row, column (from 0 on) and reason of each cell of a sheet that holds something, and no value."""
    with zipfile.ZipFile(path) as archive:
        part, is_calculated = _part_of(archive, name)
        no_results = ("",) if is_calculated else ("", "0")
        with archive.open(part) as handle:
            if not _holds(handle, b"f>", b"f/>", b"<f ", b":f ", b"f />", b't="e"', b"t='e'"):
                return
        with archive.open(part) as handle:
            for row, column, cell in _cells_of(handle):
                inside = {_local(one): one for one in cell}
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
        part, _ = _part_of(archive, name)
        with archive.open(part) as handle:
            if not _holds(handle, b'hidden="', b"hidden='"):
                return rows, columns
        with archive.open(part) as handle:
            row = -1
            for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314
                kind, is_hidden = _local(element), element.get("hidden") in ("1", "true")
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
                place = re.fullmatch(r"([A-Z]+)(\d+)", one.get("ref") or "") if _local(one) == "comment" else None
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
    folder, _, file = _part_of(archive, name)[0].rpartition("/")
    links = f"{folder}/_rels/{file}.rels"
    if links not in archive.namelist():
        return
    for link in ElementTree.fromstring(archive.read(links)):  # noqa: S314
        if (link.get("Type") or "").endswith(kind):
            yield posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")).lstrip("/")


def _part_of(archive: zipfile.ZipFile, name: str) -> tuple[str, bool]:
    """Return where a sheet stands in a workbook, and whether its formulas were calculated by who wrote it.

    Programs without a calculator leave that to whoever opens the file, and write 0 for the time being.
    """
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target") or "" for link in links}
    sheets = [one for one in book.iter() if _local(one) == "sheet" and one.get("name") == name]
    asks = [one.get("fullCalcOnLoad") for one in book.iter() if _local(one) == "calcPr"]
    ids = [value for one in sheets[:1] for key, value in one.items() if key.endswith("}id")]
    target = targets.get(ids[0], "") if ids else ""
    return target[1:] if target.startswith("/") else f"xl/{target}", not {"1", "true"}.intersection(asks)


def _holds(handle: Any, *marks: bytes) -> bool:
    """Whether one of some marks stands in a file: to look for them is much faster than to parse it."""
    rest = b""
    while chunk := handle.read(_CHUNK):
        if any(mark in rest + chunk for mark in marks):
            return True
        rest = chunk[-16:]
    return False


def _cells_of(handle: Any) -> Iterator[tuple[int, int, ElementTree.Element]]:
    """Yield row, column and element of each cell of a sheet of an .xlsx; where they tell no place, the next one."""
    row, column = -1, -1
    for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314
        kind = _local(element)
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
            kind, told = _local(element), {key.rpartition("}")[2]: value for key, value in element.items()}
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
                if any(_local(one) == "annotation" for one in element):
                    remarks.append([row, column])
                column += max(int(told.get("number-columns-repeated", 1)), 1)


def _why_empty(cell: ElementTree.Element) -> str | None:
    """Say why a cell of an .ods with a formula holds no value; null where it does."""
    if "error" in (value for key, value in cell.items() if key.endswith("}value-type")):
        return ERROR
    has_value = any(key.endswith("value-type") for key in cell.attrib) or any(_local(one) == "p" for one in cell)
    return None if has_value else NO_RESULT


def _local(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


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
