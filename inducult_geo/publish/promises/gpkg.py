"""Verify the GeoPackage as a file: intact, described, styled, and with a project that opens.

Rules: OGC GeoPackage 1.3 (12-128r17), requirements 1-15 (container, contents) and 103-110 (schema extension).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree as ET

from inducult_geo.publish.compared.opened import Opened
from inducult_geo.publish.files import GEOPACKAGE

LAYERS = ("site_points", "source_records", "regions", "sources", "runs")
"""The layers and tables without which the file is no release."""

_APPLICATION_ID = int.from_bytes(b"GPKG", "big")
_VERSION = 10300
_LARGEST_PROJECT = 100_000_000  # bytes unpacked: more is no project but a bomb


def container_is_right(release: Opened) -> Iterator[str]:
    """Check the file's header: a GeoPackage 1.3 that needs no write-ahead log to be read."""
    with release.geopackage.open("rb") as handle:
        header = handle.read(100)
    if header[:16] != b"SQLite format 3\x00":
        yield "it is no SQLite database"
        return
    if header[18:20] != b"\x01\x01":
        yield "it is in WAL mode: it cannot be read from a folder without the right to write"
    if release.one("PRAGMA application_id") != _APPLICATION_ID:
        yield "its application id is not GPKG"
    version = release.one("PRAGMA user_version")
    if version != _VERSION:
        yield f"its version is {version}, not {_VERSION}"


def database_is_whole(release: Opened) -> Iterator[str]:
    """Ask SQLite itself."""
    for (told,) in release.rows("PRAGMA integrity_check(5)"):
        if told != "ok":
            yield f"integrity: {told}"
    for table, row, parent, _ in release.rows("PRAGMA foreign_key_check"):
        yield f"foreign key: row {row} of {table} points to nothing in {parent}"


def layers_are_described(release: Opened) -> Iterator[str]:
    """Check that the layers are there, registered and described, and none is an empty feature layer."""
    tables = {name for (name,) in release.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for name in LAYERS:
        if name not in release.layers:
            yield f"layer {name} is missing"
    for name, identifier, description in release.rows("SELECT table_name, identifier, description FROM gpkg_contents"):
        if name not in tables:
            yield f"layer {name} is listed but is no table"
        if not (identifier or "").strip() or not (description or "").strip():
            yield f"layer {name} has no title or no description"


def columns_are_described(release: Opened) -> Iterator[str]:
    """Check that each column has an alias that GDAL shows (it must differ from the name) and a description."""
    for table in release.layers:
        said = {
            str(column): (alias or "", title or "", description or "")
            for column, alias, title, description in release.rows(
                "SELECT column_name, name, title, description FROM gpkg_data_columns WHERE table_name = ?", table
            )
        }
        for column in release.columns(table):
            alias, title, description = said.get(column, ("", "", ""))
            if not alias.strip() or alias == column or not title.strip():
                yield f"{table}.{column} has no alias"
            if not description.strip():
                yield f"{table}.{column} has no description"


def coded_columns_have_lists(release: Opened) -> Iterator[str]:
    """Check that each column that the dictionary calls coded has its list in the schema, and that the list is whole."""
    lists: dict[str, set[str]] = {}
    for name, value in release.rows(
        "SELECT constraint_name, value FROM gpkg_data_column_constraints WHERE constraint_type = 'enum'"
    ):
        lists.setdefault(name, set()).add(value)
    told = dict(release.rows("SELECT list, count(*) FROM vocabulary GROUP BY list"))
    for table, column, name in release.rows(
        "SELECT table_name, column_name, list FROM dictionary WHERE list IS NOT NULL"
    ):
        if table not in release.layers:
            continue
        said = release.one(
            "SELECT constraint_name FROM gpkg_data_columns WHERE table_name = ? AND column_name = ?", table, column
        )
        if said != name:
            yield f"{table}.{column} has the list {said}, the dictionary says {name}"
        elif len(lists.get(name, ())) != told.get(name):
            yield f"the list {name} has {len(lists.get(name, ()))} values, the vocabulary {told.get(name)}"


def dictionary_lists_every_column(release: Opened) -> Iterator[str]:
    """Check that the table `dictionary` explains each column of each layer in words."""
    told = {
        (table, column): (title or "").strip() and (meaning or "").strip()
        for table, column, title, meaning in release.rows(
            "SELECT table_name, column_name, title, description FROM dictionary"
        )
    }
    for table in release.layers:
        for column in release.columns(table):
            if column not in ("fid", "geom") and not told.get((table, column)):
                yield f"the dictionary does not explain {table}.{column}"


def styles_are_there(release: Opened) -> Iterator[str]:
    """Check each layer's styles: QGIS draws something else, and says nothing, where one is broken."""
    for table, kind in release.layers.items():
        styles = release.rows(
            "SELECT styleName, styleQML, useAsDefault FROM layer_styles WHERE f_table_name = ?", table
        )
        if sum(bool(default) for *_, default in styles) != 1:
            yield f"layer {table} has not one default style"
        for name, qml, _ in styles:
            yield from _style_faults(f"style '{name}' of {table}", qml, kind)


def _style_faults(where: str, qml: str, kind: str) -> Iterator[str]:
    try:
        tag, has_renderer = _style_of(qml)
    except ET.ParseError as problem:
        yield f"{where} is not well-formed: {problem}"
        return
    if tag != "qgis":
        yield f"{where} is no QML"
    elif kind == "features" and not has_renderer:
        yield f"{where} has no renderer"


# A process that makes release after release meets the same styles in each.
@lru_cache(maxsize=64)
def _style_of(qml: str) -> tuple[str, bool]:
    """Return the outermost element of a style, and whether it says how features are drawn."""
    root = _parse(qml)
    return root.tag, root.find("renderer-v2") is not None


def project_opens(release: Opened) -> Iterator[str]:
    """Check the embedded project: it unpacks, is XML, and each layer's source lies in this very file."""
    projects = [*_projects(release)]
    if not projects:
        yield "there is no embedded project"
    for where, root in projects:
        if isinstance(root, ET.Element):
            yield from _project_faults(where, root, release)
        else:
            yield f"{where} cannot be opened: {root}"


def _project_faults(where: str, root: ET.Element, release: Opened) -> Iterator[str]:
    sources = {layer.findtext("id", ""): layer.findtext("datasource", "") for layer in root.iter("maplayer")}
    if not sources:
        yield f"{where} has no layers"
    for source in sources.values():
        if not _lies_inside(source, release):
            yield f"{where}: layer source '{source}' is not in {GEOPACKAGE}"
    for node in root.iter("layer-tree-layer"):
        if node.get("id") not in sources:
            yield f"{where}: its tree shows a layer '{node.get('name')}' that it does not hold"


def _lies_inside(source: str, release: Opened) -> bool:
    """Whether a layer of the project is a layer of this file, or a raster of it."""
    if source.startswith("GPKG:"):
        file, _, table = source.removeprefix("GPKG:").rpartition(":")
        return file.removeprefix("./") == GEOPACKAGE and table in release.coverages
    file, _, layer = source.partition("|layername=")
    return file.removeprefix("./") == GEOPACKAGE and layer.partition("|")[0] in release.layers


def themes_show_layers(release: Opened) -> Iterator[str]:
    """Check that the project has map themes, and that each shows layers and styles that are there."""
    for where, root in _projects(release):
        if not isinstance(root, ET.Element):
            continue  # told by `project_opens`
        styles = {
            layer.findtext("id", ""): {style.get("name") for style in layer.iter("map-layer-style")}
            for layer in root.iter("maplayer")
        }
        themes = [*root.iter("visibility-preset")]
        if not themes:
            yield f"{where} has no map theme"
        for theme in themes:
            shown = theme.findall("layer")
            lost = [layer for layer in shown if layer.get("style") not in styles.get(layer.get("id", ""), ())]
            if not shown or lost:
                yield f"{where}: map theme '{theme.get('name')}' shows what is not there"


def _projects(release: Opened) -> Iterator[tuple[str, ET.Element | Exception]]:
    """Yield each embedded project with its XML, read once for all who ask, or with what is wrong with it."""
    for name, content in release.rows("SELECT name, content FROM qgis_projects"):
        where = f"project '{name}'"
        try:
            yield where, release.once(("project", content), lambda: _parse(_project_text(content)))  # noqa: B023
        except (ValueError, zipfile.BadZipFile, ET.ParseError) as problem:
            yield where, problem


def _project_text(content: str | bytes) -> bytes:
    """Unpack the `.qgs` of a project as QGIS stores it: a zip file in hexadecimal digits."""
    text = content.decode("ascii") if isinstance(content, bytes) else content
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(text))) as archive:
        inside = [entry for entry in archive.infolist() if entry.filename.endswith(".qgs")]
        if len(inside) != 1:
            raise ValueError(f"it holds {len(inside)} .qgs files, not one")
        if inside[0].file_size > _LARGEST_PROJECT:
            raise ValueError("it is too large to be a project")
        return archive.read(inside[0])


def _parse(text: str | bytes) -> ET.Element:
    """Parse XML of a release; expat itself stops entities that multiply, and none outside is ever fetched."""
    return ET.fromstring(text.strip())  # noqa: S314
