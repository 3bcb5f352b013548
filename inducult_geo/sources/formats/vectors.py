"""Read files with geometry by GDAL, after their content was judged; and Parquet.

A GeoPackage holds several layers, a KML folders, a GPX file always five: empty ones, and the points that GPX repeats
for each track, do not count.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import shapely

from inducult_geo.catalog.models import Read
from inducult_geo.errors import ContractError
from inducult_geo.gdal import gdal_set
from inducult_geo.sources.formats import kml_schema
from inducult_geo.sources.formats.attribute_cells import Cells, as_text, with_own_kinds
from inducult_geo.sources.formats.attributes import Attributes, attributes_of
from inducult_geo.sources.formats.descriptions import with_described
from inducult_geo.sources.formats.drawings import with_attributes
from inducult_geo.sources.formats.geopackage_cells import Strays, stray_cells, with_strays
from inducult_geo.sources.formats.geopackages import check_views, leave_out
from inducult_geo.sources.formats.markup import holds
from inducult_geo.sources.formats.nested import with_nested
from inducult_geo.sources.formats.paged import cut_list
from inducult_geo.sources.formats.pictures import MARK as OVERLAY
from inducult_geo.sources.formats.pictures import without_pictures
from inducult_geo.sources.formats.references import MARK, with_references
from inducult_geo.sources.formats.table import (
    MAX_BYTES,
    MAX_COLUMNS,
    Table,
    blank_cells,
    check_cells,
    checked_header,
    choose,
    nul_rows,
)
from inducult_geo.sources.formats.vector_cells import EVERY_BYTE, exact, with_marks, with_whole_numbers
from inducult_geo.sources.formats.vector_files import COMPANIONS, VectorFiles, judged, judged_member
from inducult_geo.text import quoted
from inducult_geo.text.encodings import gdal_name

# The address of a schema, which a GML may name, is asked by nobody; before GDAL 3.12 the option had another name.
_SCHEMA = "GML_DOWNLOAD_SCHEMA" if pyogrio.__gdal_version__ >= (3, 12) else "GML_DOWNLOAD_WFS_SCHEMA"
pyogrio.set_gdal_config_options({_SCHEMA: False})

ALL_LAYERS = "*"
"""As `[read] layer`: all layers, one under the other, with a column `layer`."""

_ATTRIBUTE = b"ATTRIB"
(_LOG,) = COMPANIONS[".gpkg"]

_GPX_REPEATS = {"route_points", "track_points"}

_CALLED_SO = "its column 'geometry' is not read, since the shapes have that name: rename the column"

_WHOLE = {"integer_object_nulls": True}
"""How whole numbers of a Parquet stay such in columns with an empty cell."""

_ANSWERS = (".geojson", ".json", ".gml")
"""What servers answer with, a page at a time."""


def read_vector(path: Path, read: Read) -> Table:
    """Read one layer of a vector file.

    Raises
    ------
    ContractError
        Where the content is not what the ending says, a part of it is missing, it is damaged or could reach outside
        itself, or the layer is not there or must be named.
    """
    return _read_files(judged(path), read)


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
    return _read_files(judged_member(path, member, names), read)


def _read_files(files: VectorFiles, read: Read) -> Table:
    """Read one layer, and note what was seen of the file before.

    Raises
    ------
    ContractError
        As `read_vector`; and where nothing is in it but what was noted of it, such as addresses of other files.
    """
    table = _told(_read_kind(files, read), files.notes)
    if files.suffix == ".kml" and files.notes and table.frame.empty:
        raise ContractError(f"{files.path}: holds nothing itself: it {'; '.join(files.notes)}.")
    if files.suffix in _ANSWERS:
        return replace(table, page=cut_list(files.content(files.parts[files.suffix]), files.suffix, len(table.frame)))
    return table


def _read_kind(files: VectorFiles, read: Read) -> Table:
    """Read one layer, from a copy where GDAL would write beside the file."""
    suffix, path = files.suffix, files.path
    if suffix == ".shp":
        return _read_shapefile(files, read)
    if suffix == ".gpkg":
        return _read_geopackage(files, read)
    if suffix == ".dxf":
        return _read_drawing(files, read)
    if suffix == ".gml":
        # GDAL keeps what it learned of a GML beside it, and believes it the next time.
        with files.copied(suffix) as place:
            table = _read_layer(path, place, read)
        if not _holds(files, MARK):
            return table
        with files.copied(suffix) as place, gdal_set({"GML_ATTRIBUTES_TO_OGR_FIELDS": True}):
            return with_references(table, _read_layer(path, place, read))
    if suffix == ".kml":
        table = _read_kml(files, read)
        return with_described(without_pictures(table) if _holds(files, OVERLAY) else table)
    table = _read_layer(path, files.place, read)
    return with_nested(table) if suffix in (".geojson", ".json") else table


def _read_kml(files: VectorFiles, read: Read) -> Table:
    kml, kinds = kml_schema.as_text(files.content(files.parts[files.suffix]))
    if not kinds:
        return _read_layer(files.path, files.place, read)
    with files.copied(files.suffix) as place:
        Path(place).write_bytes(kml)
        return kml_schema.with_own_kinds(_read_layer(files.path, place, read), kinds)


def _holds(files: VectorFiles, mark: bytes) -> bool:
    return holds(io.BytesIO(files.content(files.parts[files.suffix])), mark)


def _read_shapefile(files: VectorFiles, read: Read) -> Table:
    """Read a shapefile, of which nobody may believe what it says of its encoding, or whose index may be missing."""
    parts, found, cells = files.parts, Attributes(), Cells(b"")
    if ".dbf" in parts:
        dbf = files.content(parts[".dbf"])
        if read.encoding is None:
            cpg = files.content(parts[".cpg"]) if ".cpg" in parts else None
            found = attributes_of(dbf, cpg, read.languages)
            read = read.model_copy(update={"encoding": found.encoding})
        cells = as_text(dbf if found.mended is None else found.mended)
    told = (*found.notes, *cells.told)
    if ".shx" in parts and found.mended is None and not cells.misfits:
        return _told(_read_layer(files.path, files.place, read, deleted=cells.deleted), told)
    with files.copied(files.suffix, *COMPANIONS[files.suffix]) as place:
        if cells.dbf:
            Path(place).with_suffix(".dbf").write_bytes(cells.dbf)
        read_copy = _read_layer if ".shx" in parts else _without_index
        table = _told(read_copy(files.path, place, read, deleted=cells.deleted), told)
    return with_own_kinds(table, cells.misfits) if cells.misfits else table


def _read_drawing(files: VectorFiles, read: Read) -> Table:
    """Read a drawing, again with its symbols in one piece where they carry attributes."""
    pieces = _read_layer(files.path, files.place, read)
    if _ATTRIBUTE not in files.content(files.parts[files.suffix]):
        return pieces
    with gdal_set({"DXF_INLINE_BLOCKS": False}):
        symbols = _read_layer(files.path, files.place, read.model_copy(update={"layer": "entities"}))
    return with_attributes(files.path, pieces, symbols)


def _read_geopackage(files: VectorFiles, read: Read) -> Table:
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


def _told(table: Table, notes: tuple[str, ...]) -> Table:
    return replace(table, notes=(*table.notes, *notes))


def _without_index(path: Path, place: str, read: Read, *, deleted: int) -> Table:
    """Read a shapefile that came without its .shx: a copy gets a new one, the partner's folder stays as it is."""
    with gdal_set({"SHAPE_RESTORE_SHX": True}):
        table = _read_layer(path, place, read.model_copy(update={"layer": None}), deleted=deleted)
    note = "came without its .shx: the index was rebuilt"
    return _told(table, (note,))


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
                f"{path}: cannot be read: it is damaged or was cut short, or [read] layer or encoding is wrong. Copy "
                f"it again, or ask for another export (the reader says: {_words(problem)})."
            ) from problem
        finally:
            said += sorted({" ".join(str(entry.message).split())[:200] for entry in caught})


def _words(problem: BaseException) -> str:
    """Return the words of a reader, as one sentence without its stop."""
    return " ".join(str(problem)[:300].split()).rstrip(". ")


def _read_layer(path: Path, place: str, read: Read, *, deleted: int = 0) -> Table:
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
        frames = {layer: _read_whole(path, place, layer, counted[layer], options, deleted) for layer in meant}
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
    if any("geometry" in counted[layer]["fields"] for layer in meant):
        told = (*told, _CALLED_SO)
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


def _read_whole(path: Path, place: str, layer: str, info: Any, options: dict[str, str], deleted: int) -> Any:
    """Read one layer, and refuse one that is cut off; GDAL counts rows that are marked as deleted, and reads none."""
    _check_extent(path, info)
    strays = stray_cells(Path(place), layer) if place.lower().endswith(".gpkg") else Strays()
    how = {"datetime_as_string": True, "on_invalid": "ignore", "fid_as_index": bool(strays.cells)}
    names = [*info["fields"]]
    left_out = [name for name in names if name in strays.without_room]
    columns = [name for name in names if name not in left_out] if left_out else None
    reading = partial(pyogrio.read_dataframe, place, layer=layer, columns=columns, **how)
    try:
        frame = reading(**options)
    except UnicodeDecodeError:
        # SQLite takes any bytes for a text: a cell of another encoding must not cost the others.
        if options or not path.name.lower().endswith(".gpkg"):
            raise
        frame = with_marks(reading(encoding=EVERY_BYTE))
    announced = int(info["features"]) - deleted
    if announced > len(frame):
        raise ContractError(
            f"{path}: says that it holds {announced} features, but only {len(frame)} can be read: it is cut off. "
            "Ask for it again."
        )
    for name in left_out:
        frame.insert(names.index(name), name, None)
    whole = with_whole_numbers(frame, info, partial(exact, place, layer, options))
    return with_strays(whole, strays) if strays.cells else whole


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
    # A drawing's own plane ("Nonearth" of MapInfo), or what a GeoPackage calls undefined, is no system.
    if crs is None or crs.type_name == "Engineering CRS" or crs.name.lower().startswith("undefined "):
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

    crs, is_called_so = None, False
    with _said(path) as said:
        file = pq.ParquetFile(path)
        facts = file.metadata
        if twice := [name for name, number in Counter(file.schema_arrow.names).items() if number > 1]:
            raise ContractError(f"{path}: there are two columns {quoted(twice)}. Rename one, and export it again.")
        _check_extent(path, {"fields": range(facts.num_columns), "features": facts.num_rows})
        size = sum(facts.row_group(n).total_byte_size for n in range(facts.num_row_groups))
        if size > MAX_BYTES:
            raise ContractError(f"{path}: would grow to {size / 1024**3:.1f} GB. Export only what is needed.")
        if b"geo" in (facts.metadata or {}):
            shapes = gpd.read_parquet(path, to_pandas_kwargs=_WHOLE)
            crs = _stated(shapes.crs)
            frame: pd.DataFrame = shapes
            if shapes.geometry.name != "geometry":
                is_called_so = "geometry" in shapes
                frame = shapes.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
        else:
            frame = _with_shapes(pd.read_parquet(path, engine="pyarrow", to_pandas_kwargs=_WHOLE))
    table, told = _named(path, blank_cells(frame.reset_index(drop=True)))
    places = [f"{path.name} row {number}" for number in range(1, len(table) + 1)]
    notes = (*told, *([_CALLED_SO] if is_called_so else ()), *(f"noticed: {text}" for text in said))
    return Table(table, places, nul_rows(table), crs, "Parquet", None, notes)
