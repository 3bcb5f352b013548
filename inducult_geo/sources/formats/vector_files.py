"""Judge vector files before GDAL opens them: which files belong together, and whether the content fits the ending.

Each kind is recognized by its own bytes before GDAL may choose a driver, so that no file is read as something else
than its ending says.
"""

from __future__ import annotations

import glob
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.archives import read_member
from inducult_geo.sources.formats.copied import copied
from inducult_geo.sources.formats.markup import MAX_JSON_BYTES, check_geojson, check_xml, holds
from inducult_geo.sources.formats.markup_places import check_places

_ROOTS = {".kml": ("kml",), ".gpx": ("gpx",), ".gml": ("FeatureCollection", "SpatialDataSet", "Dictionary")}
_BEGINS: dict[str, tuple[bytes, ...]] = {
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb\x03",),
    ".mif": (b"version",),
    ".tab": (b"!table",),
    ".gpkg": (b"sqlite format 3\x00",),
}
COMPANIONS: Mapping[str, tuple[str, ...]] = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id"),
    ".mif": (".mid",),
    ".gpkg": (".gpkg-wal",),
}
"""Ending -> those of the files that belong to such a one: what it holds stands in them, too."""

_NEEDED = frozenset((".mif", ".tab"))
"""Endings of files that are nothing without their companions."""

GEODATABASE = ".gdb"
"""Ending of a folder that is one table or several: a File Geodatabase of ArcGIS."""

_CATALOG = "a00000001.gdbtable"
_TABLE_BEGINS = (b"\x03\x00\x00\x00", b"\x04\x00\x00\x00")

_HEAD = 64
"""So many bytes tell the kind of a file."""


@dataclass(frozen=True)
class VectorFiles:
    """A vector file and those that belong to it, in a folder or in an archive.

    Attributes
    ----------
    path
        The file, or its archive: what refusals name.
    name
        The file's name.
    place
        Where GDAL finds it.
    parts
        Ending, in small letters -> the file with that ending and the same stem.
    content
        Gives the bytes of one of them.
    notes
        What a person should know of what the file holds.
    """

    path: Path
    name: str
    place: str
    parts: Mapping[str, str]
    content: Callable[[str], bytes]
    notes: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The file's ending, in small letters."""
        return PurePosixPath(self.name).suffix.lower()

    @contextmanager
    def copied(self, *endings: str) -> Iterator[str]:
        """Copy those of the parts that are there into a folder of its own, and give the path of the first."""
        stem = PurePosixPath(self.name).stem
        own = ((f"{stem}{ending}", self.content(self.parts[ending])) for ending in endings if ending in self.parts)
        with copied(f"{self.path}: {self.name!r}", own) as folder:
            yield f"{folder / stem}{endings[0]}"


def judged(path: Path) -> VectorFiles:
    """Return a vector file with those that belong to it, after its content was judged.

    Raises
    ------
    ContractError
        Where the content is not what the ending says or could reach outside itself, or a part is missing.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as handle:
        notes = _check_content(str(path), suffix, handle, path.stat().st_size)
    parts = {ending: other.name for ending, other in parts_beside(path).items()}
    _check_parts(path, path.name, parts)
    files = VectorFiles(path, path.name, str(path), parts, lambda name: path.with_name(name).read_bytes(), notes)
    return _whole(files)


def judged_member(path: Path, member: str, names: list[str]) -> VectorFiles:
    """Return a vector file in an archive that was judged (see `archives`), with those that belong to it.

    Parameters
    ----------
    member
        The file's name in the archive; those that belong to it stand beside it.
    names
        All names in the archive.

    Raises
    ------
    ContractError
        As `judged`.
    """
    suffix = PurePosixPath(member).suffix.lower()
    inside = f"/vsizip/{{{path.resolve()}}}/{member}"
    if suffix == GEODATABASE:
        _check_geodatabase(path, member, names)
        return VectorFiles(path, PurePosixPath(member).name, inside, {}, lambda name: read_member(path, name))
    content = read_member(path, member, _HEAD) if suffix in _BEGINS else read_member(path, member)
    notes = _check_content(f"{path}: {member}", suffix, io.BytesIO(content), len(content))
    beside = [name for name in names if _stem(name) == _stem(member)]
    parts = {PurePosixPath(name).suffix.lower(): name for name in (*beside, member)}
    name = PurePosixPath(member).name
    _check_parts(path, name, parts)
    return _whole(VectorFiles(path, name, inside, parts, lambda name: read_member(path, name), notes))


def geodatabases(names: Iterable[str]) -> list[str]:
    """Return the folders among the names of an archive that are File Geodatabases."""
    folders = (folder for name in names for folder in PurePosixPath(name).parents)
    return [*dict.fromkeys(str(folder) for folder in folders if folder.suffix.lower() == GEODATABASE)]


def _check_geodatabase(path: Path, folder: str, names: Iterable[str]) -> None:
    """Refuse a folder that is no File Geodatabase, or lacks a table: GDAL passes over what it cannot open."""
    tables = {name.lower(): name for name in names if name.startswith(f"{folder}/")}
    indexes = (f"{name[:-1]}e" for name in tables if name.endswith(".gdbtablx"))
    wanted = dict.fromkeys([f"{folder.lower()}/{_CATALOG}", *indexes])
    damaged = [
        name
        for name in wanted
        if name not in tables or not read_member(path, tables[name], _HEAD).startswith(_TABLE_BEGINS)
    ]
    if damaged:
        raise ContractError(
            f"{path}: {PurePosixPath(damaged[0]).name} is missing in {folder}, or damaged. Pack the whole folder "
            "again, or ask for a GeoPackage."
        )


def parts_beside(path: Path) -> dict[str, Path]:
    """Return the files with the stem of a file, itself among them, by their ending in small letters.

    "huty.old.gml" is none of "huty.gml".
    """
    named = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*"))
    beside = (other for other in named if other.stem == path.stem and other.is_file())
    return {other.suffix.lower(): other for other in (*beside, path)}


def _stem(name: str) -> str:
    """Return the name of a member of an archive without its ending, in small letters."""
    return name.lower().removesuffix(PurePosixPath(name).suffix.lower())


def _check_content(where: str, suffix: str, handle: IO[bytes], size: int) -> tuple[str, ...]:
    """Judge a file's bytes by the kind that its ending promises; return what a person should know of them."""
    if suffix in _ROOTS:
        check_xml(where, handle, _ROOTS[suffix])
        check_places(where, suffix, handle)
        if suffix == ".kml" and holds(handle, b"<NetworkLink"):
            return ("refers to other files (NetworkLink), which are not followed: ask for their content",)
    elif suffix in (".geojson", ".json"):
        if size > MAX_JSON_BYTES:
            raise ContractError(f"{where}: {size / 1e6:.0f} MB of JSON are too much: send it as a GeoPackage.")
        check_geojson(where, handle.read())
    elif suffix == ".dxf":
        head = handle.read(_HEAD).lstrip()
        if not head.startswith((b"0", b"999", b"AutoCAD Binary DXF")):
            raise ContractError(f"{where}: is not what it says, since it is no DXF drawing. Export it again.")
    elif suffix in _BEGINS and not handle.read(_HEAD).lstrip(b" \t\r\n").lower().startswith(_BEGINS[suffix]):
        raise ContractError(
            f"{where}: cannot be read: it is not what it says ('{suffix}'). Export it again, or give it its true "
            "ending."
        )
    return ()


def _whole(files: VectorFiles) -> VectorFiles:
    """Refuse a shapefile of which a part was cut short: GDAL passes over rows without a place, or without a word.

    Raises
    ------
    ContractError
        With the part, and what to do.
    """
    if files.suffix != ".shp":
        return files
    cut = [name for ending, name in sorted(files.parts.items()) if ending in _IS_CUT and _is_cut(files, ending)]
    if cut:
        raise ContractError(
            f"{files.path}: {PurePosixPath(cut[0]).name} was cut short: it says that it is longer. Copy all files of "
            "that name again, or ask for a GeoPackage."
        )
    if ".dbf" in files.parts:
        return files
    note = "came without its .dbf, which holds everything but the places: ask for all files with that name"
    return replace(files, notes=(*files.notes, note))


def _is_cut(files: VectorFiles, ending: str) -> bool:
    name = files.parts[ending]
    if files.place != str(files.path):
        content = files.content(name)
        return _IS_CUT[ending](content[:_HEAD], len(content))
    # Not the whole of it: shapes may be many.
    with files.path.with_name(name).open("rb") as handle:
        return _IS_CUT[ending](handle.read(_HEAD), handle.seek(0, io.SEEK_END))


def _is_cut_shapes(head: bytes, size: int) -> bool:
    """Whether a .shp or .shx is shorter than its head says, which counts words of two bytes."""
    return size < 2 * max(int.from_bytes(head[24:28], "big"), _SHAPES_HEAD_WORDS)


def _is_cut_rows(head: bytes, size: int) -> bool:
    """Whether a .dbf is shorter than its head says: so many rows of so many bytes, behind the head."""
    rows, begin, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    return size < max(begin + rows * width, _ROWS_HEAD)


_IS_CUT = {".shp": _is_cut_shapes, ".shx": _is_cut_shapes, ".dbf": _is_cut_rows}
_SHAPES_HEAD_WORDS, _ROWS_HEAD = 50, 32


def _check_parts(path: Path, name: str, there: Collection[str]) -> None:
    own = PurePosixPath(name)
    needed = COMPANIONS[own.suffix.lower()] if own.suffix.lower() in _NEEDED else ()
    missing = [part for part in needed if part not in there]
    if missing:
        names = ", ".join(f"{own.stem}{part}" for part in missing)
        raise ContractError(
            f"{path}: {names} is missing, which holds the rows. Ask for all files with that name, or for a GeoPackage."
        )
