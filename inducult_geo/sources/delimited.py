"""Delimited text in any encoding, with any delimiter and line ending; what was detected is said."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.encodings import best_encoding
from inducult_geo.sources.table import MAX_CELL, checked_header

DELIMITERS = (";", ",", "\t", "|")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NULS_MAX = 0.001
"""Share of NUL characters up to which a file is text with lost bytes, beyond which it is no text."""


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
    csv.field_size_limit(MAX_CELL)
    parser = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in parser:
            if any(cell.strip() for cell in row):
                records.append((start, row))
            start = parser.line_num + 1
    except csv.Error as problem:
        raise ContractError(
            f"{path} line {parser.line_num}: no delimited text: {problem}. "
            "Is a quote not closed, or [read] delimiter wrong?"
        ) from problem
    if len(records) < read.header_row:
        raise ContractError(f"{path}: no line holds column names. Export the table again, with its header.")
    header = checked_header(path, records[read.header_row - 1][1])
    return _shape(header, records[read.header_row :], delimiter, encoding, notes)


def _shape(
    header: list[str], body: list[tuple[int, list[str]]], delimiter: str, encoding: str, notes: tuple[str, ...]
) -> Rows:
    """Bring rows to the header's width; rows that lack cells or have too many are kept and marked."""
    width = len(header)
    bad: dict[int, str] = {}
    cells: list[list[str | None]] = []
    for position, (_, row) in enumerate(body):
        fault = _fault(row, width, delimiter)
        if fault is not None:
            bad[position] = fault
        cells.append([cell.strip() or None for cell in row[:width]] + [None] * (width - len(row)))
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    return Rows(frame, [line for line, _ in body], bad, encoding, notes)


def _fault(row: list[str], width: int, delimiter: str) -> str | None:
    """Say what is wrong with a row's shape: cells too few or too many, NUL, rows swallowed by an open quote."""
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        return f"{len(row)} cells where the header has {width}"
    for number, cell in enumerate(row[:width], 1):
        if "\x00" in cell:
            return f"cell {number} holds NUL characters: bytes were lost"
        inner = cell.splitlines()[1:] if "\n" in cell or "\r" in cell else []
        swallowed = sum(line.count(delimiter) >= width - 1 for line in inner) if width > 2 else 0
        if swallowed:
            return f"cell {number} holds what looks like {swallowed} further rows: a quote is not closed"
    return None


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
    # Not every codec of Python is one of text.
    if not isinstance(text, str) or text.count("\x00") > max(8, _NULS_MAX * len(text)) or _is_binary(text):
        raise ContractError(f"{path}: is not what it says: no text, but binary data. Export it again as CSV.")
    # The end mark of old systems is no row.
    return text.rstrip("\x1a"), encoding, notes


def _is_binary(text: str) -> bool:
    """Whether the first part of a text is full of control characters, as only binary data is."""
    head = text[:4096]
    controls = sum(letter < " " and letter not in "\t\n\r\x00\x1a\x0b\x0c" for letter in head)
    return controls > max(8, 0.02 * len(head))


def _detect(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    found = best_encoding(data)
    if found is None:
        raise ContractError(
            f"{path}: is not what it says: no text in any encoding. Export it again, or name [read] encoding."
        )
    if found == "utf-8":
        return found, ()
    return found, (f"encoding {found} guessed: state [read] encoding if names look wrong",)


def _delimiter(path: Path, text: str) -> str:
    """Return the delimiter that cuts the first lines into most cells, all alike; a single column is allowed."""
    head = [line for line in text[:2_000_000].splitlines()[:50] if line.strip()]
    best, best_width = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(head, delimiter=delimiter)]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if alike * widths[0] > best_width:
            best, best_width = delimiter, alike * widths[0]
    if not head:
        raise ContractError(f"{path}: holds only blank lines. Export it again.")
    return best
