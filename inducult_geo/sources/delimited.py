"""Delimited text in any encoding, with any delimiter and line ending; what was detected is said."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from charset_normalizer import from_bytes

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError

DELIMITERS = (";", ",", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MAX_CELL = 10_000_000


@dataclass(frozen=True)
class Rows:
    """Rows of text: a frame, the line that each begins on, those of a wrong shape, and what was detected."""

    frame: pd.DataFrame
    lines: list[int]
    bad_rows: dict[int, str]
    encoding: str
    notes: tuple[str, ...]


def read_delimited(path: Path, read: Read) -> Rows:
    """Read a delimited text file; every cell is text, an empty one null.

    Raises
    ------
    ContractError
        Where the bytes are no text in the encoding stated or found, or no line holds column names.
    """
    text, encoding, notes = _decode(path, read.encoding)
    delimiter = read.delimiter or _delimiter(path, text)
    if read.delimiter is None:
        notes = (*notes, f"delimiter {delimiter!r} detected")
    csv.field_size_limit(_MAX_CELL)
    parser = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in parser:
            if any(cell.strip() for cell in row):
                records.append((start, row))
            start = parser.line_num + 1
    except csv.Error as problem:
        raise ContractError(f"{path} line {parser.line_num}: no delimited text: {problem}.") from problem
    if len(records) < read.header_row:
        raise ContractError(f"{path}: no line holds column names. Export the table again, with its header.")
    header = _header(path, records[read.header_row - 1][1])
    return _shape(header, records[read.header_row :], encoding, notes)


def _shape(header: list[str], body: list[tuple[int, list[str]]], encoding: str, notes: tuple[str, ...]) -> Rows:
    """Bring rows to the header's width; rows that lack cells or have too many are kept and marked."""
    width = len(header)
    bad: dict[int, str] = {}
    cells: list[list[str | None]] = []
    for position, (_, row) in enumerate(body):
        surplus = [cell for cell in row[width:] if cell.strip()]
        if len(row) < width or surplus:
            bad[position] = f"{len(row)} cells where the header has {width}"
        cells.append([cell.strip() or None for cell in row[:width]] + [None] * (width - len(row)))
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    return Rows(frame, [line for line, _ in body], bad, encoding, notes)


def _decode(path: Path, stated: str | None) -> tuple[str, str, tuple[str, ...]]:
    data = path.read_bytes()
    bom = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    # A byte order mark is a fact of the file; a contract written for an earlier export is not.
    encoding = bom or stated
    notes: tuple[str, ...] = ()
    if encoding is None:
        encoding, notes = _detect(path, data)
    try:
        text = data.decode(encoding)
    except LookupError:
        raise ContractError(f"{path}: '{encoding}' is no known encoding. Mend [read] encoding, e.g. cp1250.") from None
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise ContractError(
            f"{path} line {line}: byte 0x{data[problem.start]:02x} is no {encoding}. "
            "Mend [read] encoding (often cp1250 in Poland, Czechia, Slovenia and Croatia, cp1252 elsewhere)."
        ) from problem
    if "\x00" in text:
        raise ContractError(f"{path}: is not what it says: no text, but binary data. Export it again as CSV.")
    return text, encoding, notes


def _detect(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data[:200_000]).best()
        if best is None or b"\x00" in data[:4096]:
            raise ContractError(
                f"{path}: is not what it says: no text in any encoding. Export it again, or name [read] encoding."
            ) from None
        return best.encoding, (f"encoding {best.encoding} guessed: state [read] encoding if names look wrong",)
    return "utf-8", ()


def _delimiter(path: Path, text: str) -> str:
    """Return the delimiter that cuts the first lines into most cells, all alike; a single column is allowed."""
    head = [line for line in text.splitlines()[:50] if line.strip()]
    best, best_width = ",", 0.0
    for delimiter in DELIMITERS:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter)]
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if alike * widths[0] > best_width:
            best, best_width = delimiter, alike * widths[0]
    if not head:
        raise ContractError(f"{path}: holds only blank lines. Export it again.")
    return best


def _header(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lstrip("\ufeff") or f"column {number}" for number, cell in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"{path}: column name(s) {', '.join(twice)} stand twice in the header. Rename one of each.")
    return names
