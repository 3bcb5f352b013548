"""The tables beside the layers of a GeoPackage: aliases, lists of values, metadata, styles, project.

Rules: OGC GeoPackage 1.3 (12-128r17), extensions Schema (requirements 56-60, 103-110) and Metadata; the layouts of
`layer_styles` and `qgis_projects` are those that QGIS itself makes. Every value is bound, none is pasted into SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from inducult_geo.publish.layers.declared import Layer
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.layers.tables import GEOMETRY

_SCHEMA_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"
_METADATA_EXTENSION = "http://www.geopackage.org/spec121/#extension_metadata"

_DATA_COLUMNS = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
)"""
_CONSTRAINTS = """
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
)"""
_METADATA = """
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT ''
)"""
_REFERENCE = """
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
)"""
_BELONGS = ', CONSTRAINT "fk_{table}_site_id" FOREIGN KEY ("site_id") REFERENCES "site_points" ("site_id"))'
INDEXES = (
    ("site_points", "site_id", True),
    ("site_areas", "site_id", False),
    ("source_records", "record_key", False),
    ("source_records", "site_id", False),
    ("rejected", "record_key", False),
    ("matches", "left_site", False),
    ("matches", "right_site", False),
)
"""Table, column, and whether its values differ from row to row. All names are constants."""

BELONG = ("source_records", "site_areas")
"""Tables whose rows belong to a site."""

_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""


def add_schema(con: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    """Write alias, description and list of values of every column."""
    con.execute(_DATA_COLUMNS)
    con.execute(_CONSTRAINTS)
    used = sorted({column.domain for layer in layers for column in layer.columns if column.domain})
    con.executemany(
        "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
        "VALUES (?, 'enum', ?, ?)",
        [(name, value, label) for name in used for value, label in DOMAINS[name].items()],
    )
    con.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, ?, ?)", list(_column_rows(layers)))
    _register(con, "gpkg_schema", _SCHEMA_EXTENSION, ("gpkg_data_columns", "gpkg_data_column_constraints"))


def _column_rows(layers: Iterable[Layer]) -> Iterable[tuple[str | None, ...]]:
    for layer in layers:
        yield layer.name, "fid", "Row number", "Row number", "Number of the row in this file only.", None, None
        if layer.geometry:
            yield layer.name, GEOMETRY, "Geometry", "Geometry", "Place, in EPSG:3035 (meters).", None, None
        for c in layer.columns:
            # No media type: what is named JSON here QGIS 3.22 can neither export nor put through an algorithm.
            yield layer.name, c.name, c.label, c.label, c.description, None, c.domain


def add_metadata(con: sqlite3.Connection, documents: Mapping[str | None, str], stamp: str) -> None:
    """Write a QGIS metadata document (QMD) of the file (key None) and of each layer, dated `stamp`."""
    con.execute(_METADATA)
    con.execute(_REFERENCE)
    for number, (table, document) in enumerate(documents.items(), start=1):
        con.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', ?)",
            (number, document),
        )
        scope = "geopackage" if table is None else "table"
        con.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id) "
            "VALUES (?, ?, ?, ?)",
            (scope, table, stamp, number),
        )
    _register(con, "gpkg_metadata", _METADATA_EXTENSION, ("gpkg_metadata", "gpkg_metadata_reference"))


def add_styles(con: sqlite3.Connection, styles: Iterable[tuple[Layer, str, str, bool]], stamp: str) -> None:
    """Write styles (layer, name of the style, QML, whether it is the default) the way QGIS stores them."""
    con.execute(_STYLES)
    rows = [
        (layer.name, GEOMETRY if layer.geometry else "", name, qml, default, f"{layer.title}: {name}", stamp)
        for layer, name, qml, default in styles
    ]
    con.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, useAsDefault, description, owner, update_time) VALUES ('', '', ?, ?, ?, ?, ?, ?, '', ?)",
        rows,
    )
    con.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles of the layers, for QGIS.', ?, 0)",
        (stamp,),
    )


def add_project(con: sqlite3.Connection, name: str, content: bytes, stamp: str) -> None:
    """Write a QGIS project (the bytes of a `.qgz`)."""
    con.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    # QGIS reads both as text: JSON, and hexadecimal digits.
    about = f'{{"last_modified_time": "{stamp}", "last_modified_user": ""}}'
    con.execute("INSERT INTO qgis_projects VALUES (?, ?, ?)", (name, about, content.hex()))


def add_keys(con: sqlite3.Connection, layers: Sequence[Layer]) -> None:
    """Add indexes on the columns that tables are joined by, and say in the schema which row belongs to which site.

    GDAL (3.6 on) reads a foreign key as a relationship, so that programs find it without the project.
    """
    present = {layer.name for layer in layers}
    for table, column, unique in INDEXES:
        if table in present:
            kind = "UNIQUE INDEX" if unique else "INDEX"
            con.execute(f'CREATE {kind} "idx_{table}_{column}" ON "{table}" ("{column}")')
    if "site_points" not in present:
        return
    # The documented way to add a constraint to a table that GDAL has made: the rows stay as they are.
    con.execute("PRAGMA writable_schema = ON")
    for table in sorted(present & {*BELONG}):
        (made,) = con.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
        belongs = made.rstrip().removesuffix(")") + _BELONGS.format(table=table)
        con.execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (belongs, table))
    con.execute("PRAGMA writable_schema = OFF")


def _register(con: sqlite3.Connection, extension: str, definition: str, tables: Sequence[str]) -> None:
    con.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) "
        "VALUES (?, NULL, ?, ?, 'read-write')",
        [(table, extension, definition) for table in tables],
    )
