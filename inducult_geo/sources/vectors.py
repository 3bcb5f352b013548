"""Files with geometry, read by GDAL after their content was judged; and Parquet.

Each kind is recognized by its own bytes before GDAL may choose a driver, so that no file is read as something else
than its ending says. A GeoPackage holds several layers, a KML folders, a GPX file always five: empty ones, and the
points that GPX repeats for each track, do not count.
"""

from __future__ import annotations

import glob
import io
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyogrio
import shapely

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.sources.archives import read_member
from inducult_geo.sources.geopackages import check_views, leave_out
from inducult_geo.sources.markup import MAX_JSON_BYTES, check_geojson, check_xml, holds
from inducult_geo.sources.table import (
    MAX_BYTES,
    MAX_COLUMNS,
    Table,
    blank_cells,
    check_cells,
    checked_header,
    choose,
    nul_rows,
)
from inducult_geo.text import quoted
from inducult_geo.text.encodings import best_encoding, gdal_name, guess_told

# The address of a schema, which a GML may name, is asked by nobody; before GDAL 3.12 the option had another name.
_SCHEMA = "GML_DOWNLOAD_SCHEMA" if pyogrio.__gdal_version__ >= (3, 12) else "GML_DOWNLOAD_WFS_SCHEMA"
pyogrio.set_gdal_config_options({_SCHEMA: False})

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

(_LOG,) = COMPANIONS[".gpkg"]
ALL_LAYERS = "*"
"""As `[read] layer`: all layers, one under the other, with a column `layer`."""

_DBF_HEADER_AT = 32

_GPX_REPEATS = {"route_points", "track_points"}


def read_vector(path: Path, read: Read) -> Table:
    """Read one layer of a vector file.

    Raises
    ------
    ContractError
        Where the content is not what the ending says, a part of it is missing, it is damaged or could reach outside
        itself, or the layer is not there or must be named.
    """
    with path.open("rb") as handle:
        told = _check_content(str(path), path.suffix.lower(), handle, path.stat().st_size)
    parts = {ending: other.name for ending, other in parts_beside(path).items()}
    files = _Files(path, path.name, str(path), parts, lambda name: path.with_name(name).read_bytes())
    return _told(_read_files(files, read), told)


def parts_beside(path: Path) -> dict[str, Path]:
    """Return the files with the stem of a file, itself among them, by their ending in small letters.

    "huty.old.gml" is none of "huty.gml".
    """
    named = sorted(path.parent.glob(f"{glob.escape(path.stem)}.*"))
    beside = (other for other in named if other.stem == path.stem and other.is_file())
    return {other.suffix.lower(): other for other in (*beside, path)}


def read_vector_member(path: Path, member: str, names: list[str], read: Read) -> Table:
    """Read one layer of a vector file in an archive that was judged (see `archives`), unpacking what GDAL needs.

    Parameters
    ----------
    member
        The file's name in the archive; those that belong to it stand beside it.
    names
        All names in the archive.

    Raises
    ------
    ContractError
        As `read_vector`.
    """
    suffix = PurePosixPath(member).suffix.lower()
    whole = None if suffix in _BEGINS else read_member(path, member)
    content = io.BytesIO(whole if whole is not None else read_member(path, member, 64))
    told = _check_content(f"{path}: {member}", suffix, content, len(content.getvalue()))
    beside = [name for name in names if _stem(name) == _stem(member)]
    parts = {PurePosixPath(name).suffix.lower(): name for name in (*beside, member)}
    inside = f"/vsizip/{{{path.resolve()}}}/{member}"
    files = _Files(path, PurePosixPath(member).name, inside, parts, lambda name: read_member(path, name))
    return _told(_read_files(files, read), told)


def _stem(name: str) -> str:
    """Return the name of a member of an archive without its ending, in small letters."""
    return name.lower().removesuffix(PurePosixPath(name).suffix.lower())


@dataclass(frozen=True)
class _Files:
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
    """

    path: Path
    name: str
    place: str
    parts: Mapping[str, str]
    content: Callable[[str], bytes]

    @property
    def suffix(self) -> str:
        """The file's ending, in small letters."""
        return PurePosixPath(self.name).suffix.lower()

    @contextmanager
    def copied(self, *endings: str) -> Iterator[str]:
        """Copy those of the parts that are there into a folder of its own, and give the path of the first."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / PurePosixPath(self.name).stem
            for ending in endings:
                if ending in self.parts:
                    copy.with_name(copy.name + ending).write_bytes(self.content(self.parts[ending]))
            yield f"{copy}{endings[0]}"


def _read_files(files: _Files, read: Read) -> Table:
    """Read one layer of a file whose content was judged, from a copy where GDAL would write beside it."""
    suffix, parts, path = files.suffix, files.parts, files.path
    _check_parts(path, suffix, set(parts))
    if suffix == ".shp":
        told: tuple[str, ...] = ()
        if ".dbf" in parts and ".cpg" not in parts:
            read, told = _attributes(read, files.content(parts[".dbf"]))
        if ".shx" in parts:
            return _told(_read_layer(path, files.place, read), told)
        with files.copied(suffix, *COMPANIONS[suffix]) as place:
            return _told(_without_index(path, place, read), told)
    if suffix == ".gpkg":
        return _read_geopackage(files, read)
    if suffix == ".gml":
        # GDAL keeps what it learned of a GML beside it, and believes it the next time.
        with files.copied(suffix) as place:
            return _read_layer(path, place, read)
    return _read_layer(path, files.place, read)


def _read_geopackage(files: _Files, read: Read) -> Table:
    """Read a GeoPackage after its views were judged."""
    path, layer = files.path, None if read.layer == ALL_LAYERS else read.layer
    is_open = _LOG in files.parts and bool(files.content(files.parts[_LOG]))
    left_out = check_views(path, path, layer) if not is_open and files.place == str(path) else None
    if left_out == ():
        return _read_layer(path, files.place, read)
    # To open it would write the log into the partner's file, and take it away from whom it belongs to.
    with files.copied(".gpkg", _LOG) as place:
        told = leave_out(path, Path(place), check_views(path, Path(place), layer) if left_out is None else left_out)
        note = f"a program has it open, or broke off: what stands in {files.name}-wal is read as well"
        return _told(_read_layer(path, place, read), (*told, note) if is_open else told)


def _attributes(read: Read, dbf: bytes) -> tuple[Read, tuple[str, ...]]:
    """Return how to read the attributes of a shapefile that does not state their encoding: GDAL would take Latin-1."""
    # Bytes 8 and 9 say where the rows begin: what is before them is no text.
    rows = dbf[int.from_bytes(dbf[8:10], "little") :]
    # Byte 29 names a code page; 0 and 87 ("that of the machine") say nothing.
    if read.encoding is not None or len(dbf) <= _DBF_HEADER_AT or dbf[29] not in (0, 87) or rows.isascii():
        return read, ()
    found = best_encoding(b"\n".join(re.split(rb" {2,}|\x00+", rows)))
    if found is None or found == "utf-8":
        return read.model_copy(update={"encoding": found}), ()
    return read.model_copy(update={"encoding": found}), (guess_told(rows, found),)


def _told(table: Table, notes: tuple[str, ...]) -> Table:
    return replace(table, notes=(*table.notes, *notes))


def _check_content(where: str, suffix: str, handle: Any, size: int) -> tuple[str, ...]:
    """Judge a file's bytes by the kind that its ending promises; return what a person should know of them."""
    if suffix in _ROOTS:
        check_xml(where, handle, _ROOTS[suffix])
        if suffix == ".kml" and holds(handle, b"<NetworkLink"):
            return ("names other files (NetworkLink), which nobody follows: ask for their content",)
    elif suffix in (".geojson", ".json"):
        if size > MAX_JSON_BYTES:
            raise ContractError(f"{where}: {size / 1e6:.0f} MB of JSON are too much: send it as a GeoPackage.")
        check_geojson(where, handle.read())
    elif suffix == ".dxf":
        head = handle.read(64).lstrip()
        if not head.startswith((b"0", b"999", b"AutoCAD Binary DXF")):
            raise ContractError(f"{where}: is not what it says: no DXF drawing. Export it again.")
    elif suffix in _BEGINS and not handle.read(64).lstrip(b" \t\r\n").lower().startswith(_BEGINS[suffix]):
        raise ContractError(
            f"{where}: cannot be read: it is not what it says ('{suffix}'). Export it again, or give it its true "
            "ending."
        )
    return ()


def _check_parts(path: Path, suffix: str, there: set[str]) -> None:
    missing = [part for part in COMPANIONS.get(suffix, ()) if suffix in _NEEDED and part not in there]
    if missing:
        names = ", ".join(f"{path.stem}{part}" for part in missing)
        raise ContractError(
            f"{path}: {names} is missing, which holds the rows. Ask for all files of that name, or for a GeoPackage."
        )


def _without_index(path: Path, place: str, read: Read) -> Table:
    """Read a shapefile that came without its .shx: a copy gets a new one, the partner's folder stays as it is."""
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        table = _read_layer(path, place, read.model_copy(update={"layer": None}))
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
    note = "came without its .shx: the index was made anew"
    return Table(table.frame, table.places, table.bad_rows, table.crs, table.kind, table.encoding, (*table.notes, note))


@contextmanager
def _said(path: Path) -> Iterator[list[str]]:
    """Gather what GDAL warns of, and turn its faults into refusals."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield said
        except ContractError:
            raise
        # A damaged file fails in any shape: a struct, a geometry library, an encoding.
        except Exception as problem:
            raise ContractError(
                f"{path}: cannot be read: {str(problem)[:300]}. Export it again, or name [read] layer or encoding."
            ) from problem
        finally:
            said += sorted({" ".join(str(entry.message).split())[:200] for entry in caught})


def _read_layer(path: Path, place: str, read: Read) -> Table:
    options = {} if read.encoding is None else {"encoding": gdal_name(read.encoding)}
    with _said(path) as said:
        layers = [str(name) for name in pyogrio.list_layers(place)[:, 0]]
        named = None if read.layer in (None, ALL_LAYERS) else choose(path, "layer", read.layer, layers)
        asked = layers if named is None else [named]
        counted = {layer: pyogrio.read_info(place, layer=layer, force_feature_count=True) for layer in asked}
        if read.layer == ALL_LAYERS:
            meant = _worth_reading(counted)
        else:
            meant = [named or choose(path, "layer", None, _worth_reading(counted))]
        frames = {layer: _read_whole(path, place, layer, counted[layer], options) for layer in meant}
    systems = {layer: _stated(getattr(frame, "crs", None)) for layer, frame in frames.items()}
    if len(set(systems.values())) > 1:
        raise ContractError(f"{path}: its layers have several CRS ({systems}). Name one as [read] layer.")
    whole = [blank_cells(frame) for frame in frames.values()]
    if len(whole) > 1:
        whole = [frame.assign(layer=layer) for layer, frame in zip(frames, whole, strict=True)]
    table, told = _named(path, blank_cells(pd.concat(whole, ignore_index=True)))
    places = [
        f"{path.name} feature {number}" + (f" of '{layer}'" if len(frames) > 1 else "")
        for layer, frame in frames.items()
        for number in range(1, len(frame) + 1)
    ]
    notes = (f"layer {quoted(meant)}", *told, *(f"GDAL says: {message}" for message in said))
    return Table(
        table,
        places,
        nul_rows(table),
        systems[meant[0]],
        "vector file",
        read.encoding or counted[meant[0]].get("encoding"),
        notes,
    )


def _read_whole(path: Path, place: str, layer: str, info: Any, options: dict[str, str]) -> Any:
    """Read one layer, and refuse one that is cut off."""
    _check_extent(path, info)
    frame = pyogrio.read_dataframe(place, layer=layer, datetime_as_string=True, on_invalid="ignore", **options)
    announced = int(info["features"])
    if announced > len(frame):
        raise ContractError(
            f"{path}: says that it holds {announced} features, but only {len(frame)} can be read: it is cut off. "
            "Ask for it again."
        )
    return frame


def _with_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    """Read the geometries of a Parquet file that does not declare them: a column `geometry` of well-known binary."""
    cells = frame["geometry"].dropna() if "geometry" in frame else pd.Series(dtype=object)
    if not len(cells) or not all(isinstance(cell, bytes) for cell in cells):
        return frame
    return frame.assign(geometry=pd.Series([*shapely.from_wkb(frame["geometry"], on_invalid="ignore")], dtype=object))


def _named(path: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose columns have names of their own, that of its shapes being "geometry"."""
    names, told = checked_header(path, list(table.columns))
    table.columns = pd.Index(names)
    return table, told


def _stated(crs: Any) -> str | None:
    """Return the CRS that a file states: its code where it has one, else WKT; longitude, latitude is EPSG:4326."""
    if crs is None:
        return None
    code = ":".join(crs.to_authority() or ())
    return "EPSG:4326" if code == "OGC:CRS84" else code or str(crs.to_wkt())


def _worth_reading(counted: dict[str, Any]) -> list[str]:
    """Return the layers that may be meant: those with features, without what GPX repeats; all, if none has any."""
    filled = [layer for layer, info in counted.items() if int(info["features"]) != 0]
    kept = [layer for layer in filled if layer not in _GPX_REPEATS] if set(counted) > _GPX_REPEATS else filled
    return kept or list(counted)[:1]


def _check_extent(path: Path, info: Any) -> None:
    if len(info["fields"]) > MAX_COLUMNS:
        raise ContractError(
            f"{path}: {len(info['fields'])} columns are more than the {MAX_COLUMNS} allowed. "
            "Export only what is needed."
        )
    check_cells(path, int(info["features"]), len(info["fields"]) + 1)


def read_parquet(path: Path, _: Read) -> Table:
    """Read a (Geo)Parquet file.

    Raises
    ------
    ContractError
        Where it is damaged or holds too much.
    """
    import geopandas as gpd
    import pyarrow.parquet as pq

    crs = None
    with _said(path) as said:
        facts = pq.ParquetFile(path).metadata
        _check_extent(path, {"fields": range(facts.num_columns), "features": facts.num_rows})
        size = sum(facts.row_group(n).total_byte_size for n in range(facts.num_row_groups))
        if size > MAX_BYTES:
            raise ContractError(f"{path}: would grow to {size / 1024**3:.1f} GB. Export only what is needed.")
        if b"geo" in (facts.metadata or {}):
            shapes = gpd.read_parquet(path)
            crs = _stated(shapes.crs)
            frame: pd.DataFrame = shapes.rename_geometry("geometry") if "geometry" not in shapes else shapes
        else:
            frame = _with_shapes(pd.read_parquet(path))
    table, told = _named(path, blank_cells(frame.reset_index(drop=True)))
    places = [f"{path.name} row {number}" for number in range(1, len(table) + 1)]
    notes = (*told, *(f"noticed: {text}" for text in said))
    return Table(table, places, nul_rows(table), crs, "Parquet", None, notes)
