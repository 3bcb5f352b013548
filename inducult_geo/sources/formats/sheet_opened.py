"""Workbooks opened so that calamine reads what they hold: what it would refuse or pass over is written otherwise.

Used in the process that reads a spreadsheet (see `sheet_child`), and of nothing but the standard library and calamine.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

_CHUNK = 1 << 20
_STYLED = re.compile(
    rb"(?P<before><(?:\w+:)?c\b[^>]*?) s=[\"']\d+[\"']"
    rb"(?P<after>[^>]*>(?:<(?:\w+:)?f\b[^>]*>(?:[^<]*</(?:\w+:)?f>)?)?<(?:\w+:)?v>(?P<number>-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)<)"
)
"""A cell of an .xlsx that holds a number and has a format."""

_FAILED = re.compile(
    rb"(?P<before><(?:\w+:)?c\b[^>]*? t=[\"']e[\"'][^>]*>"
    rb"(?:<(?:\w+:)?f\b[^>]*>(?:[^<]*</(?:\w+:)?f>)?)?<(?:\w+:)?v>)[^<]*"
)
"""A cell of an .xlsx that holds an error."""


def opened(path: str) -> Any:
    """Open a workbook; an .ods so that calamine reads it: with its breaks, and not indented (as GDAL does)."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if not path.lower().endswith(".ods") or not _breaks(path):
            return CalamineWorkbook.from_path(path)
    except CalamineError:
        if not path.lower().endswith(".ods"):
            raise
    return _changed(path, ["content.xml"], _plain_text)


def cells_held(book: Any, path: str, name: str) -> tuple[Any, list[list[Any]]]:
    """Return a sheet and its cells, also where one of them is none to calamine.

    A length of time too long for Python is the number that it is. Errors that LibreOffice writes by its own names
    (Err:502, #WERT!) stand for #N/A: one of them refused the whole workbook.
    """
    from python_calamine import CalamineError

    try:
        sheet = book.get_sheet_by_name(name)
        return sheet, sheet.to_python(skip_empty_area=False)
    except OverflowError:
        change = _without_endless
    except CalamineError as problem:
        if "cell error" not in str(problem) or not path.lower().endswith(".xlsx"):
            raise
        change = _with_known_errors
    with zipfile.ZipFile(path) as archive:
        part, _ = part_of(archive, name)
    sheet = _changed(path, [part], change).get_sheet_by_name(name)
    return sheet, sheet.to_python(skip_empty_area=False)


def _plain_text(content: bytes) -> bytes:
    content = re.sub(rb">\s+(?=</?(?:table|office|style|number):)", b">", content)
    content = re.sub(rb"(<table:table-cell[^>]*>)\s+(?=<text:)", rb"\1", content)
    # Calamine passes over both: "Huta 5" and "Opole" below it became "Huta 5Opole".
    return re.sub(rb"<text:line-break\s*/>", b"&#10;", re.sub(rb"<text:tab\b[^>]*/>", b"&#9;", content))


def _without_endless(sheet: bytes) -> bytes:
    def unstyled(cell: re.Match[bytes]) -> bytes:
        is_endless = abs(float(cell["number"])) > timedelta.max.days
        return cell["before"] + cell["after"] if is_endless else cell[0]

    return _STYLED.sub(unstyled, sheet)


def _with_known_errors(sheet: bytes) -> bytes:
    return _without_endless(_FAILED.sub(rb"\g<before>#N/A", sheet))


def _changed(path: str, parts: Iterable[str], change: Callable[[bytes], bytes]) -> Any:
    """Open a workbook of which some parts are written otherwise."""
    from python_calamine import CalamineWorkbook

    plain = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(plain, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            target.writestr(member, change(data) if member in parts else data)
    plain.seek(0)
    return CalamineWorkbook.from_filelike(plain)


def _breaks(path: str) -> bool:
    """Whether cells of an .ods hold line breaks or tabs as elements of their own."""
    with zipfile.ZipFile(path) as archive:
        # Workbooks of another kind may bear this ending.
        if "content.xml" not in archive.namelist():
            return False
        with archive.open("content.xml") as handle:
            return holds(handle, b"<text:line-break", b"<text:tab")


def part_of(archive: zipfile.ZipFile, name: str) -> tuple[str, bool]:
    """Return where a sheet stands in a workbook, and whether its formulas were calculated by who wrote it.

    Programs without a calculator leave that to whoever opens the file, and write 0 for the time being.
    """
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target") or "" for link in links}
    sheets = [one for one in book.iter() if local(one) == "sheet" and one.get("name") == name]
    asks = [one.get("fullCalcOnLoad") for one in book.iter() if local(one) == "calcPr"]
    ids = [value for one in sheets[:1] for key, value in one.items() if key.endswith("}id")]
    target = targets.get(ids[0], "") if ids else ""
    return target[1:] if target.startswith("/") else f"xl/{target}", not {"1", "true"}.intersection(asks)


def holds(handle: Any, *marks: bytes) -> bool:
    """Whether one of some marks stands in a file: to look for them is much faster than to parse it."""
    rest = b""
    while chunk := handle.read(_CHUNK):
        if any(mark in rest + chunk for mark in marks):
            return True
        rest = chunk[-16:]
    return False


def local(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
