"""Read a table of any known format as text, one row a record, without deciding what it means.

The format is told from the file's first bytes and its ending together: a file that is not what it says is refused.
Formulas are never evaluated, archives never unpacked to disk. Well-kept readers do the work: the standard library
for delimited text, calamine for spreadsheets, GDAL (pyogrio) for everything with geometry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.delimited import read_delimited

MAX_BYTES = 2 * 1024**3
"""Larger files are refused: no partner's list of sites comes near it."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive (or a file made of one, such as .xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"SQLite format 3\x00", "an SQLite file (such as a GeoPackage)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_ZIPPED, _OLD_OFFICE, _SQLITE = _MAGIC[4][1], _MAGIC[5][1], _MAGIC[6][1]


@dataclass(frozen=True)
class Table:
    """A file's rows as they stand in it.

    Attributes
    ----------
    frame
        One row a record; cells are text, numbers or null, as the file holds them. `geometry` where it has any.
    places
        Where each row stands, for a person: "zabytki.csv line 14".
    bad_rows
        Position -> why the row does not have the shape of its table.
    crs
        The CRS that the file states, as an authority code or WKT.
    kind, encoding
        What the file turned out to be.
    notes
        What was decided while reading, for a person.
    """

    frame: pd.DataFrame
    places: list[str]
    bad_rows: dict[int, str] = field(default_factory=dict)
    crs: str | None = None
    kind: str = ""
    encoding: str | None = None
    notes: tuple[str, ...] = ()


def read_table(path: Path, read: Read) -> Table:
    """Read one file.

    Raises
    ------
    ContractError
        Where the file is missing, empty, too large, of an unknown kind or not what its ending says; the message
        names the file, the fault and the remedy.
    """
    suffix = path.suffix.lower()
    head = _first_bytes(path)
    kind = _KINDS.get(suffix)
    if kind is None:
        raise ContractError(f"{path}: '{suffix}' is no known kind of table. Known: {', '.join(sorted(_KINDS))}.")
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    if found not in kind.may_start_as:
        wanted = f"which begins as {kind.may_start_as[0]}" if kind.may_start_as[0] else "which is text"
        raise ContractError(
            f"{path}: is not what it says: the ending '{suffix}' stands for {kind.title}, {wanted}, "
            f"but the file holds {found or 'something else'}. Export it again, or give it its true ending."
        )
    return kind.reader(path, read)


def _first_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            head = handle.read(16)
    except FileNotFoundError:
        raise ContractError(f"{path}: no such file. Put it there, or mend `files` in the contract.") from None
    except OSError as problem:
        raise ContractError(f"{path}: cannot be read: {problem.strerror or problem}.") from problem
    if size == 0:
        raise ContractError(f"{path}: the file is empty. Export it again.")
    if size > MAX_BYTES:
        raise ContractError(f"{path}: {size / 1024**3:.1f} GB is more than the {MAX_BYTES // 1024**3} GB allowed.")
    return head


def _read_text(path: Path, read: Read) -> Table:
    rows = read_delimited(path, read)
    places = [f"{path.name} line {line}" for line in rows.lines]
    return Table(rows.frame, places, rows.bad_rows, None, "delimited text", rows.encoding, rows.notes)


def _read_sheet(path: Path, read: Read) -> Table:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        name = _choose(path, "sheet", read.sheet, book.sheet_names)
        cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as problem:
        raise ContractError(f"{path}: cannot be read as a spreadsheet: {problem}. Save it again as .xlsx.") from problem
    header_at = read.header_row - 1
    if len(cells) <= header_at:
        raise ContractError(f"{path}: sheet '{name}' has no row {read.header_row} to hold the column names.")
    header = [str(cell).strip() or f"column {number}" for number, cell in enumerate(cells[header_at], 1)]
    body = [
        (number, row)
        for number, row in enumerate(cells[header_at + 1 :], read.header_row + 1)
        if any(map(_filled, row))
    ]
    frame = pd.DataFrame(
        [[_cell(value) for value in row] for _, row in body], columns=_unique(path, header), dtype=object
    )
    places = [f"{path.name} row {number}" for number, _ in body]
    return Table(frame, places, kind="spreadsheet", notes=(f"sheet '{name}'",))


def _read_vector(path: Path, read: Read) -> Table:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        layer = _choose(path, "layer", read.layer, layers)
        options = {} if read.encoding is None else {"encoding": read.encoding}
        frame = pyogrio.read_dataframe(path, layer=layer, datetime_as_string=True, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as problem:
        raise ContractError(
            f"{path}: cannot be read: {problem}. Export it again, or name [read] layer or encoding."
        ) from problem
    crs = getattr(frame, "crs", None)
    stated = None if crs is None else (":".join(crs.to_authority() or ()) or crs.to_wkt())
    table = pd.DataFrame(frame).astype(object)
    table = table.where(table.notna(), None)
    places = [f"{path.name} feature {number}" for number in range(1, len(table) + 1)]
    return Table(table, places, crs=stated, kind="vector file", notes=(f"layer '{layer}'",))


def _read_parquet(path: Path, _: Read) -> Table:
    import geopandas as gpd

    try:
        frame: pd.DataFrame = gpd.read_parquet(path)
        crs = frame.crs.to_string() if frame.crs is not None else None
    except ValueError:
        frame, crs = pd.read_parquet(path), None
    except OSError as problem:
        raise ContractError(f"{path}: cannot be read as Parquet: {problem}.") from problem
    table = pd.DataFrame(frame).astype(object)
    places = [f"{path.name} row {number}" for number in range(1, len(table) + 1)]
    return Table(table.where(table.notna(), None), places, crs=crs, kind="Parquet")


def _choose(path: Path, what: str, wanted: str | int | None, found: list[str]) -> str:
    """Return the sheet or layer that is meant; several and none named is no time to guess."""
    if isinstance(wanted, int) and 1 <= wanted <= len(found):
        return found[wanted - 1]
    if wanted is None and len(found) == 1:
        return found[0]
    names = ", ".join(f"'{name}'" for name in found) or "none"
    if wanted is None:
        raise ContractError(f"{path}: has {len(found)} {what}s ({names}). Name the one meant as [read] {what}.")
    if wanted not in found:
        raise ContractError(f"{path}: no {what} '{wanted}', which [read] {what} names. Found: {names}.")
    return str(wanted)


def _filled(value: Any) -> bool:
    return value is not None and value != ""


def _cell(value: Any) -> Any:
    """Return a cell as a person sees it: whole numbers without a decimal point, dates in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else str(value)


def _unique(path: Path, header: list[str]) -> list[str]:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ContractError(f"{path}: column name(s) {', '.join(twice)} stand twice. Rename one of each.")
    return header


@dataclass(frozen=True)
class _Kind:
    """A kind of file: its title, how it may begin, and what reads it."""

    title: str
    may_start_as: tuple[str | None, ...]
    reader: Callable[[Path, Read], Table]


_TEXT = _Kind("delimited text", (None,), _read_text)
_KINDS: dict[str, _Kind] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".txt": _TEXT,
    ".xlsx": _Kind("an Excel workbook", (_ZIPPED,), _read_sheet),
    ".xls": _Kind("an Excel workbook", (_OLD_OFFICE,), _read_sheet),
    ".ods": _Kind("an OpenDocument spreadsheet", (_ZIPPED,), _read_sheet),
    ".shp": _Kind("a shapefile", (None,), _read_vector),
    ".zip": _Kind("a zipped shapefile", (_ZIPPED,), _read_vector),
    ".geojson": _Kind("GeoJSON", (None,), _read_vector),
    ".json": _Kind("GeoJSON", (None,), _read_vector),
    ".gpkg": _Kind("a GeoPackage", (_SQLITE,), _read_vector),
    ".kml": _Kind("KML", (None,), _read_vector),
    ".kmz": _Kind("KMZ", (_ZIPPED,), _read_vector),
    ".gml": _Kind("GML", (None,), _read_vector),
    ".gpx": _Kind("GPX", (None,), _read_vector),
    ".tab": _Kind("MapInfo", (None,), _read_vector),
    ".mif": _Kind("MapInfo", (None,), _read_vector),
    ".fgb": _Kind("FlatGeobuf", (None,), _read_vector),
    ".parquet": _Kind("Parquet", (None,), _read_parquet),
}
