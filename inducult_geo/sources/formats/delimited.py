"""Read delimited text in any encoding, with any delimiter and line ending; what was detected is reported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mode

import pandas as pd

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.table import MAX_CELL, MAX_CELLS, check_cells, checked_header, joined_header
from inducult_geo.sources.formats.twice import encoded_once, partly_twice
from inducult_geo.text import counted, is_blank, whole_text
from inducult_geo.text.encodings import best_encoding, guess_told
from inducult_geo.text.misread import as_meant, misread

DELIMITERS = (";", ",", "\t", "|")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_STATED = re.compile(r"""["']?sep=([^\w\s"']|\t)["']?[ \t]*(?=\r|\n|$)""", re.IGNORECASE)
"""The first line of a table that is meant for Excel names the delimiter."""

_READ_AS = re.compile(r"(\S+) read as (\S+)")
"""What [read] encoding says of a file whose letters were read in the wrong table and written as UTF-8."""

_CLIPPED = 10_000
_OPEN = f"a quote is not closed, or a cell has more than {MAX_CELL:,} characters"
_Record = tuple[int, list[str]]
_MOST_ALIKE = 0.5
"""Share of the first lines that must be as wide as the very first, else that is a title."""

_MOSTLY = 0.5
_COMMAS = (
    "{wide} have more cells than the header has names: if numbers have a decimal comma, export the table with "
    "semicolons between its cells"
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
    # Python allows 131,072 characters, and keeps the number for the whole process.
    csv.field_size_limit(MAX_CELL)
    text, encoding, notes = _decode(path, read)
    stated = _STATED.match(text)
    header_row = read.header_row
    if stated:
        # Its line stays, as a blank one: all others keep their number, and who counted it as the first is right.
        text, header_row = text[stated.end() :], max(1, header_row - 1)
    delimiter = read.delimiter or (stated[1] if stated else _delimiter(path, text))
    if read.delimiter is None and not stated:
        notes = (*notes, f"delimiter {delimiter!r} detected")
    records, broken = _records(path, text, delimiter, header_row)
    body_at = header_row - 1 + read.header_rows
    if len(records) < body_at:
        raise ContractError(f"{path}: no line holds column names. Export the table again, with its header.")
    heads = [row for _, row in records[header_row - 1 : body_at]]
    width = _width(heads, [row for _, row in records[body_at:]])
    header, told = checked_header(path, joined_header([row[:width] for row in heads]))
    check_cells(path, len(records), len(header))
    rows = _shape(header, records[body_at:], encoding, (*notes, *told))
    wide = sum(len(row) > len(header) for _, row in records[body_at:])
    if delimiter == "," and wide > _MOSTLY * len(rows.lines):
        rows = replace(rows, notes=(*rows.notes, _COMMAS.format(wide=counted(wide, "row"))))
    rows.bad_rows.update({n: _OPEN for n, line in enumerate(rows.lines) if line in broken})
    return rows


def _records(path: Path, text: str, delimiter: str, header_row: int) -> tuple[list[_Record], set[int]]:
    """Return the rows that hold anything with the line each begins on, and the lines on which a quote stays open.

    Such a quote swallows the rows that follow it. So its line is taken as a (bad) row of its own, and reading goes on
    with the line after it.
    """
    lines = list(io.StringIO(text, newline=""))
    records: list[_Record] = []
    broken: set[int] = set()
    at = cells = 0
    while at < len(lines):
        for first, end, parsed in _parsed(lines, at, delimiter):
            at = end
            width = len(records[header_row - 1][1]) if len(records) >= header_row else None
            if parsed is None or (end - first > 1 and width and _is_open(parsed, lines[first:end], delimiter, width)):
                parsed, at = _clipped(lines[first], delimiter), first + 1
                broken.add(at)
            if not all(map(is_blank, parsed)):
                records.append((first + 1, parsed))
                cells += len(parsed)
            if cells > MAX_CELLS:
                raise ContractError(f"{path}: more than {MAX_CELLS:,} cells. Export only what is needed.")
            if at != end:
                break
    return records, broken


def _parsed(lines: list[str], begin: int, delimiter: str) -> Iterator[tuple[int, int, list[str] | None]]:
    """Yield each row from a line on: where it begins and ends, and its cells; null, and no more, where it has none."""
    parser = csv.reader((lines[n] for n in range(begin, len(lines))), delimiter=delimiter)
    first = begin
    while True:
        try:
            row = next(parser)
        except StopIteration:
            return
        except csv.Error:
            yield first, -1, None
            return
        end = begin + parser.line_num
        yield first, end, row
        first = end


def _is_open(row: list[str], written: list[str], delimiter: str, width: int) -> bool:
    """Whether a row of several lines is one by mistake: a quote is not closed, or a cell holds what looks like rows."""
    try:
        next(csv.reader(written, delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return True
    inner = [line for cell in row for line in cell.splitlines()[1:]]
    return len(row) != width and width > 1 and any(line.count(delimiter) >= width - 1 for line in inner)


def _clipped(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line whose quotes mean nothing, none of them endless."""
    return [cell[:_CLIPPED] for cell in line.rstrip("\r\n").split(delimiter)]


def _width(heads: list[list[str]], body: list[list[str]]) -> int:
    """Return the number of columns: those at the end of the header that have neither name nor content do not count."""
    width = max(map(len, heads))
    return max(_filled(row[:width]) for row in (*heads, *body)) or width


def _filled(row: list[str]) -> int:
    return next((n for n in range(len(row), 0, -1) if row[n - 1].strip()), 0)


def _shape(header: list[str], body: list[_Record], encoding: str, notes: tuple[str, ...]) -> Rows:
    """Bring rows to the header's width; rows that lack cells or have too many are kept and marked."""
    width = len(header)
    bad: dict[int, str] = {}
    cells: list[list[str | None]] = []
    for position, (_, row) in enumerate(body):
        fault = _fault(row, width)
        if fault is not None:
            bad[position] = fault
        cells.append([None if is_blank(cell) else cell.strip() for cell in row[:width]] + [None] * (width - len(row)))
    frame = pd.DataFrame(cells, columns=header, dtype=object)
    return Rows(frame, [line for line, _ in body], bad, encoding, notes)


def _fault(row: list[str], width: int) -> str | None:
    """Say what is wrong with a row's shape: cells too few or too many, NUL."""
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        return f"{len(row)} cells where the header has {width}"
    for number, cell in enumerate(row[:width], 1):
        if "\x00" in cell:
            return f"cell {number} holds NUL characters: bytes were lost"
    return None


def _decode(path: Path, read: Read) -> tuple[str, str, tuple[str, ...]]:
    data = path.read_bytes()
    bom = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    # A byte order mark is a fact of the file; a contract written for an earlier export is not.
    meant = _READ_AS.fullmatch(read.encoding or "")
    encoding = bom or ("utf-8" if meant else read.encoding)
    notes: tuple[str, ...] = ()
    if encoding is None:
        encoding, notes = _detect(path, data, read.languages)
    try:
        text = data.decode(encoding)
    except LookupError:
        raise ContractError(
            f"{path}: '{encoding}' is not a known encoding. Correct [read] encoding, e.g. cp1250."
        ) from None
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise ContractError(
            f"{path} line {line}: byte 0x{data[problem.start]:02x} is no {encoding}. "
            "Correct [read] encoding (often cp1250 in Poland, Czechia, Slovenia and Croatia, cp1252 elsewhere)."
        ) from problem
    except UnicodeError as problem:
        raise ContractError(f"{path}: cannot be read as '{encoding}': {problem}. Correct [read] encoding.") from problem
    # Not every codec of Python is one of text.
    if not isinstance(text, str) or text.count("\x00") > max(8, _NULS_MAX * len(text)) or _is_binary(text):
        raise ContractError(f"{path}: is not a text file, but holds binary data. Export it again as CSV.")
    if meant:
        text, encoding = _as_stated(path, text, meant), meant[0]
    elif encoding.startswith("utf"):
        text, told = _once(text)
        notes = (*notes, *told)
    # The end mark of old systems is no row; half a character (as UTF-7 and UTF-16 can hold) is one that was lost.
    return whole_text(text.rstrip("\x1a")), encoding, notes


def _once(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text as it was before it was encoded a second time, and what a person should know of that."""
    if (whole := encoded_once(text)) is not None:
        return whole[0], (f"encoded twice ({whole[1]}): read as it was meant. Compare the names",)
    if (part := partly_twice(text)) is not None:
        told = (
            f"{counted(part.lines, 'line')} encoded twice ({part.words}): read as before. The others, such as line "
            f"{part.other_line}, stand as they are. Compare the names"
        )
        return part.text, (told,)
    if (wrong := misread([text])) is None:
        return text, ()
    with suppress(UnicodeError):
        if wrong.is_sure:
            meant = as_meant(text, wrong.written, wrong.taken_for)
            return meant, (f"{wrong.told}: read as they were meant. Compare the names",)
    return text, (f'{wrong.told}: left as they stand. If so, state [read] encoding = "{wrong.encoding}"',)


def _as_stated(path: Path, text: str, meant: re.Match[str]) -> str:
    """Return a text as its contract says that it was meant, see `_READ_AS`."""
    try:
        return as_meant(text, meant[1], meant[2])
    except (LookupError, UnicodeError) as problem:
        told = f"{path}: cannot be read as '{meant[0]}': {str(problem)[:200]}. Correct [read] encoding."
        raise ContractError(told) from problem


def _is_binary(text: str) -> bool:
    """Whether the first part of a text is full of control characters, as only binary data is."""
    head = text[:4096]
    controls = sum(letter < " " and letter not in "\t\n\r\x00\x1a\x0b\x0c" for letter in head)
    return controls > max(8, 0.02 * len(head))


def _detect(path: Path, data: bytes, languages: Collection[str]) -> tuple[str, tuple[str, ...]]:
    found = best_encoding(data, languages)
    if found is None:
        raise ContractError(
            f"{path}: is not what it says: no text in any encoding. Export it again, or name [read] encoding."
        )
    if found == "utf-8":
        return found, ()
    return found, (guess_told(data, found),)


def _delimiter(path: Path, text: str) -> str:
    """Return the delimiter that cuts the first lines into most cells, all alike; a single column is allowed.

    Alike to the first line; where most lines are not, whatever the delimiter, that is a title, and they count.
    """
    head = [line for line in text[:2_000_000].splitlines()[:50] if line.strip()]
    if not head:
        raise ContractError(f"{path}: holds only blank lines. Export it again.")
    widths: dict[str, list[int]] = {}
    for delimiter in DELIMITERS:
        with suppress(csv.Error):
            widths[delimiter] = [len(row) for row in csv.reader(head, delimiter=delimiter)]
    by_first = [(_cells_alike(found, found[0]), found[0], delimiter) for delimiter, found in widths.items()]
    by_most = [(_cells_alike(found, mode(found)), mode(found), delimiter) for delimiter, found in widths.items()]
    for ranked, least in ((by_first, _MOST_ALIKE), (by_most, 0.0)):
        cells, width, delimiter = max(ranked, key=lambda one: one[0], default=(0.0, 0, ","))
        if cells > least * width:
            return delimiter
    return ","


def _cells_alike(widths: list[int], width: int) -> float:
    """Return how many cells lines of a width hold, less as fewer of them are as wide; 0 for a single cell."""
    return width * widths.count(width) / len(widths) if width > 1 else 0.0
