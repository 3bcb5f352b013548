"""Read a table of any known format as text, one row a record, without deciding what it means.

The format is told from the file's first bytes and its ending together: a file that is not what it says is refused.
Formulas are never evaluated, archives are judged by their directory, markup may hold no entities. Well-kept readers
do the work: the standard library for delimited text, calamine for spreadsheets, GDAL (pyogrio) for geometry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError, is_no_plain_file
from inducult_geo.sources.formats.archives import LOCKED, checked_members, is_locked, read_member
from inducult_geo.sources.formats.copied import copied
from inducult_geo.sources.formats.delimited import read_delimited
from inducult_geo.sources.formats.json_tables import LINES, read_json_table
from inducult_geo.sources.formats.sheets import read_sheet
from inducult_geo.sources.formats.table import MAX_BYTES, ChoiceError, Table, choose, tables_beside
from inducult_geo.sources.formats.vector_files import GEODATABASE, geodatabases
from inducult_geo.sources.formats.vectors import read_parquet, read_vector, read_vector_member
from inducult_geo.sources.formats.workbook_xml import is_workbook
from inducult_geo.sources.formats.xml_tables import read_elements, read_xml_table
from inducult_geo.text import quoted
from inducult_geo.text.misread import misread

__all__ = ["MAX_BYTES", "ChoiceError", "Table", "read_table"]

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
    (b"PAR1", "a Parquet file"),
    (b"fgb\x03", "a FlatGeobuf file"),
    (b"\x00\x00\x27\x0a", "a shapefile"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"PK\x05\x06", "an empty ZIP archive"),
)
_ZIPPED, _OLD_OFFICE, _SQLITE, _PARQUET, _FGB, _SHAPE = (_MAGIC[n][1] for n in (4, 5, 6, 10, 11, 12))


def read_table(path: Path, read: Read) -> Table:
    """Read one file.

    Raises
    ------
    ContractError
        Where the file is missing, empty, too large, of an unknown kind or not what its ending says; the message
        names the file, the fault and the remedy.
    """
    suffix = path.suffix.lower()
    if path.name.startswith(_IN_USE):
        raise ContractError(
            f"{path}: is not a table, but the mark that an office program leaves while somebody has the file open. "
            f"Name {path.name.removeprefix(_IN_USE)} instead."
        )
    if suffix == GEODATABASE and path.is_dir():
        raise ContractError(f"{path}: is a File Geodatabase, which is a folder. Pack it as ZIP, and name that.")
    head = _first_bytes(path)
    kind = _KINDS.get(suffix)
    if kind is None and suffix in _PARTS:
        raise ContractError(
            f"{path}: holds only a part of a table. Name {path.stem}{_PARTS[suffix]} in `files`, to which this "
            "file belongs."
        )
    if kind is None:
        remedy = _INSTEAD.get(suffix) or f"Known: {', '.join(sorted(_KINDS))}."
        raise ContractError(f"{path}: '{suffix}' is not a known kind of table. {remedy}")
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    _refuse_another_text(path, kind, head)
    if found == _OLD_OFFICE and is_locked(path):
        raise ContractError(f"{path}: cannot be read as a spreadsheet: {LOCKED}")
    is_text_of_sheet = found is None and kind.reader is read_sheet
    is_book = is_text_of_sheet and is_workbook(path)
    if is_text_of_sheet and not is_book and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise ContractError(
            f"{path}: is a page of HTML or XML with the ending '{suffix}', as many portals write them. Open it in a "
            "spreadsheet program and save it as .xlsx."
        )
    # "MZ" begins a program, but also an honest text.
    is_text = found == "a program" and None in kind.may_start_as and head[:16].isascii()
    if found not in kind.may_start_as and not is_text and not is_book:
        wanted = f"which begins as {kind.may_start_as[0]}" if kind.may_start_as[0] else "which is text"
        raise ContractError(
            f"{path}: is not what it says: the ending '{suffix}' stands for {kind.title}, {wanted}, "
            f"but the file holds {found or 'something else'}. Export it again, or give it its true ending."
        )
    return _with_tables_told(_with_letters_told(kind.reader(path, read)))


def _refuse_another_text(path: Path, kind: _Kind, head: bytes) -> None:
    """Refuse a web page under any ending but those of spreadsheets, and XML or JSON as delimited text."""
    # Of UTF-16 and UTF-32 with their marks every letter of a page's beginning has NULs beside it.
    begin = head.translate(None, b"\x00").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    if kind.reader is not read_sheet and begin.startswith((b"<!doctype html", b"<html")):
        raise ContractError(
            f"{path}: is a web page and not a table, often a page that asks for a login or shows an error instead of "
            "the download. Open the address in a browser, and save the file itself."
        )
    if kind is _TEXT and begin.startswith((b"{|", b"{{")):
        raise ContractError(
            f"{path}: is the source text of a wiki page, and not delimited text. Open the page itself in a browser, "
            "copy its table into a spreadsheet, and save that as .xlsx."
        )
    if kind is _TEXT and begin.startswith((b"<?xml", b'{"', b'[{"')):
        what = "XML" if begin.startswith(b"<") else "JSON"
        raise ContractError(
            f"{path}: is {what}, and not delimited text. Either it is an error message instead of the download, or a "
            "table with a wrong ending. Look into it; give it its true ending (.gml, .kml, .geojson), or ask for a "
            "CSV."
        )


def _with_tables_told(table: Table) -> Table:
    """Warn where the names of columns stand several times, side by side: the rows of one table alone are read."""
    number = tables_beside(table.frame) if table.kind in ("delimited text", "spreadsheet") else 1
    if number == 1:
        return table
    told = (
        f"the names of its columns appear {number} times: there are several tables side by side, of which the contract "
        "can name only one. Put the others below the first, or on sheets of their own; otherwise their rows are lost"
    )
    return replace(table, warnings=(*table.warnings, ("tables_side_by_side", told, number)))


def _with_letters_told(table: Table) -> Table:
    """Note where letters of a table seem to be of another encoding; delimited text is mended where it is read."""
    if table.kind == "delimited text":
        return table
    cells = (cell for name in table.frame for cell in table.frame[name] if isinstance(cell, str))
    if (wrong := misread(cells)) is None:
        return table
    mend = f'save it as CSV in UTF-8 and state [read] encoding = "{wrong.encoding}"'
    told = f"{wrong.told}: left as they stand. If so, {mend}"
    return replace(table, notes=(*table.notes, told))


def _first_bytes(path: Path) -> bytes:
    if is_no_plain_file(path):
        raise ContractError(f"{path}: is not a file, but a pipe or device. Put the file itself there.")
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            head = handle.read(64)
    except FileNotFoundError:
        raise ContractError(f"{path}: no such file. Put it there, or correct `files` in the contract.") from None
    except IsADirectoryError:
        raise ContractError(f"{path}: is a folder. Name a file in it.") from None
    except OSError as problem:
        raise ContractError(f"{path}: cannot be read: {problem.strerror or problem}.") from problem
    if size == 0:
        raise ContractError(f"{path}: the file is empty. Export it again.")
    if size > MAX_BYTES:
        raise ContractError(f"{path}: {size / 1024**3:.1f} GB is more than the {MAX_BYTES // 1024**3} GB allowed.")
    return head


def _read_zip(path: Path, read: Read) -> Table:
    """Read the one table of an archive, or the one that [read] member names."""
    names = [name for name in checked_members(path) if not _is_by_the_way(name)]
    tables = [name for name in names if _suffix(name) in _KINDS and _suffix(name) not in (".zip", *_BESIDE)]
    inner = [name for name in names if _suffix(name) in _PACKED]
    if read.member in inner or (inner and not (tables or read.member)):
        raise ContractError(
            f"{path}: holds archives in an archive ({quoted(inner[:6])}). Unpack it, and name the table inside."
        )
    databases = geodatabases(names)
    tables = [*(name for name in tables if not any(name.startswith(f"{one}/") for one in databases)), *databases]
    if not tables and any(_suffix(name) == ".gdbtable" for name in names):
        raise ContractError(f"{path}: holds the parts of a File Geodatabase. Pack their folder itself, NAME.gdb.")
    # A text beside a table tells of it; alone it may be one.
    tables = tables or [name for name in names if _suffix(name) in _BESIDE]
    if not tables:
        held = quoted(names[:6]) or "nothing"
        raise ContractError(
            f"{path}: holds no table (found: {held}). Known: {', '.join(sorted(_KINDS))}. Pack the table that is meant."
        )
    member = choose(path, "member", read.member, names if read.member in names else tables)
    table = _read_member(path, member, names, read)
    if not inner:
        return table
    return replace(table, notes=(*table.notes, f"holds also {quoted(inner[:6])}, archives that are not read"))


def _read_kmz(path: Path, read: Read) -> Table:
    """Read the root document of a KMZ: doc.kml, as the format has it, or the first; others are named."""
    names = checked_members(path)
    found = [name for name in names if _suffix(name) == ".kml" and not _is_by_the_way(name)]
    if not found:
        raise ContractError(f"{path}: holds no .kml (found: {quoted(names[:6]) or 'nothing'}). Export it again.")
    root = next((name for name in found if name.lower() == "doc.kml"), found[0])
    table = _read_member(path, choose(path, "member", read.member or root, found), names, read)
    if len(found) == 1 or read.member:
        return table
    others = quoted([name for name in found if name != root][:6])
    return replace(
        table, notes=(*table.notes, f"holds also {others}, which were not read: name one with [read] member")
    )


def _read_member(path: Path, member: str, names: list[str], read: Read) -> Table:
    """Read one file of a judged archive: with GDAL where it lies, else a copy of it."""
    kind = _KINDS.get(_suffix(member))
    if member in geodatabases(names) or (kind is not None and kind.reader is read_vector):
        return read_vector_member(path, member, names, read)
    name = PurePosixPath(member).name
    with copied(f"{path}: {member!r}", [(name, read_member(path, member))]) as folder:
        copy = folder / name
        try:
            return read_table(copy, read)
        except ChoiceError as problem:
            raise ChoiceError(_told_of(problem, copy, path, member), problem.what, problem.options) from None
        except ContractError as problem:
            raise ContractError(_told_of(problem, copy, path, member)) from None


def _told_of(problem: ContractError, copy: Path, path: Path, member: str) -> str:
    """Say what is wrong with a copy as of the file in its archive."""
    return str(problem).replace(str(copy), f"{path}: {member}")


def _is_by_the_way(name: str) -> bool:
    """Whether a file is one that systems add on their own."""
    return "__MACOSX" in name or PurePosixPath(name).name.startswith((".", _IN_USE))


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _read_text(path: Path, read: Read) -> Table:
    rows = read_delimited(path, read)
    if len(rows.frame.columns) > 1 and all(str(name).startswith("?") for name in rows.frame.columns):
        raise ContractError(
            f"{path}: is the raw answer of a query service (columns {quoted(map(str, rows.frame.columns))}), whose "
            "texts carry extra marks. Download the answer as CSV."
        )
    places = [f"{path.name} line {line}" for line in rows.lines]
    return Table(rows.frame, places, rows.bad_rows, None, "delimited text", rows.encoding, rows.notes)


def _read_json(path: Path, read: Read) -> Table:
    table = read_json_table(path)
    if table is None and path.suffix.lower() in LINES:
        raise ContractError(
            f"{path}: holds no table of JSON Lines, which has an object of plain values in each line: it is damaged, "
            "was cut short, or has shapes (features). What has shapes opens in QGIS: export it there as a GeoPackage."
        )
    return read_vector(path, read) if table is None else table


def _read_xml(path: Path, read: Read) -> Table:
    return read_sheet(path, read) if is_workbook(path) else read_xml_table(path, read_elements(path))


_BESIDE = (".txt", ".xml")
_IN_USE = "~$"
_PACKED = (".zip", ".7z", ".rar", ".gz", ".tgz", ".tar")


@dataclass(frozen=True)
class _Kind:
    """A kind of file: its title, how it may begin, and what reads it."""

    title: str
    may_start_as: tuple[str | None, ...]
    reader: Callable[[Path, Read], Table]


_SHEET, _DATABASE, _TEXTS = (
    "Open it in a spreadsheet program (LibreOffice, say) and save it as .xlsx.",
    "It is a database of Access: export the table from it as an Excel workbook (External data, Excel), each table that "
    "explains codes as a sheet beside it.",
    "It is a text, not a table: copy its table into a spreadsheet and save that as .xlsx.",
)
_INSTEAD: dict[str, str] = {
    **dict.fromkeys((".xlsm", ".xlsb", ".xltx", ".xlt", ".fods", ".ots", ".sxc", ".123", ".wk1", ".sdc"), _SHEET),
    ".numbers": "Export it from Numbers as Excel (File, Export to).",
    **dict.fromkeys((".mdb", ".accdb"), _DATABASE),
    ".odb": "It is a database of LibreOffice Base: copy the table from it into a spreadsheet, and save that as .xlsx.",
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf", ".pages"), _TEXTS),
    ".pdf": "A table in a PDF is a picture of one: ask the sender for the table that it was made from.",
    ".umap": "It is the whole map of uMap: in its menu, Share and download, choose GeoJSON.",
    **dict.fromkeys((".htm", ".html"), "Open the page in a spreadsheet program and save the table as .xlsx."),
    **dict.fromkeys((".sqlite", ".db", ".sqlite3"), "Open it in QGIS and export the layer as a GeoPackage."),
    **dict.fromkeys(
        (".qgz", ".qgs", ".qlr"), "It says how QGIS shows layers: export the layer itself as a GeoPackage."
    ),
    **dict.fromkeys(
        (".mxd", ".aprx", ".lyr", ".lyrx", ".mpk", ".lpk"), "It says how ArcGIS shows layers: ask for them."
    ),
    **dict.fromkeys((".geojsonl", ".geojsons"), "Open it in QGIS and export the layer as a GeoPackage."),
    ".dwg": "Export the drawing as DXF.",
    ".gdbtable": "It is a part of a File Geodatabase: pack its folder (NAME.gdb) as ZIP, and name that.",
    **dict.fromkeys((".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"), "Unpack it, and name what it held."),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "It is a picture: ask the sender for the table."),
}
"""Endings of what is no table, or none that is read -> what to do."""

_PARTS = dict.fromkeys((".dbf", ".shx", ".prj", ".cpg"), ".shp") | {".mid": ".mif"}
_PARTS |= dict.fromkeys((".dat", ".map", ".id"), ".tab")
_TEXT = _Kind("delimited text", (None,), _read_text)
_MAPINFO = _Kind("MapInfo", (None,), read_vector)
_KINDS: dict[str, _Kind] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".txt": _TEXT,
    ".xlsx": _Kind("an Excel workbook", (_ZIPPED,), read_sheet),
    ".xls": _Kind("an Excel workbook", (_OLD_OFFICE,), read_sheet),
    ".ods": _Kind("an OpenDocument spreadsheet", (_ZIPPED,), read_sheet),
    ".shp": _Kind("a shapefile", (_SHAPE, None), read_vector),
    ".zip": _Kind("a zipped table", (_ZIPPED,), _read_zip),
    ".geojson": _Kind("GeoJSON", (None,), read_vector),
    ".json": _Kind("GeoJSON", (None,), _read_json),
    ".xml": _Kind("XML", (None,), _read_xml),
    **dict.fromkeys(LINES, _Kind("JSON Lines", (None,), _read_json)),
    ".gpkg": _Kind("a GeoPackage", (_SQLITE,), read_vector),
    ".kml": _Kind("KML", (None,), read_vector),
    ".kmz": _Kind("KMZ", (_ZIPPED,), _read_kmz),
    ".gml": _Kind("GML", (None,), read_vector),
    ".gpx": _Kind("GPX", (None,), read_vector),
    ".dxf": _Kind("a DXF drawing", (None,), read_vector),
    ".tab": _MAPINFO,
    ".mif": _MAPINFO,
    ".fgb": _Kind("FlatGeobuf", (_FGB,), read_vector),
    ".parquet": _Kind("Parquet", (_PARQUET,), read_parquet),
    ".geoparquet": _Kind("Parquet", (_PARQUET,), read_parquet),
}
