"""The data dictionary of a release, made from the declarations of its layers: for people, and as JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from inducult_geo.catalog.labels import KINDS, label_status, labels
from inducult_geo.publish.layers.columns import LANGUAGES, OUTCOME, RECORDS, SITES, Column, Kind
from inducult_geo.publish.layers.declared import LAYERS, Layer
from inducult_geo.publish.layers.domains import DOMAINS

DICTIONARY, SCHEMA = "DICTIONARY.md", "schema.json"

LONGITUDE = Column("longitude", "number", "Longitude", "Longitude of the site's point, WGS84.", unit="°")
LATITUDE = Column("latitude", "number", "Latitude", "Latitude of the site's point, WGS84.", unit="°")
SHEET: tuple[Column, ...] = (*SITES[:3], LONGITUDE, LATITUDE, *SITES[3:])
"""Columns of `sites.csv`: those of a site, and its place in degrees."""

_KINDS: dict[Kind, tuple[str, str, str]] = {
    "text": ("text", "string", "String"),
    "whole": ("whole number", "integer", "Integer"),
    "number": ("number", "number", "Real"),
    # A CSV has True and False, which GDAL takes for no number.
    "flag": ("yes or no", "boolean", "String"),
    "date": ("date", "string", "Date"),
}
"""Kind of value -> its name for a person, in JSON Schema and in a `.csvt`."""

_NEVER_NULL = frozenset({"site_id", "record_key", "source", "outcome"})
_HEADER = "| column | title | kind | unit | list | meaning |\n|---|---|---|---|---|---|"


def csvt_text(columns: Iterable[Column]) -> str:
    """Return a `.csvt`: the kinds of a CSV's columns on one line; without it GDAL and QGIS read all of them as text."""
    coordinates = {LONGITUDE.name: "CoordX", LATITUDE.name: "CoordY"}
    return ",".join(f'"{coordinates.get(column.name, _KINDS[column.kind][2])}"' for column in columns) + "\n"


def dictionary_rows() -> list[dict[str, str | None]]:
    """Return the rows of the table `dictionary`: every column of every layer, in their order."""
    return [
        {
            "table_name": layer.name,
            "column_name": column.name,
            "title": column.alias,
            "description": column.description,
            "kind": "JSON text" if column.json else _KINDS[column.kind][0],
            "unit": column.unit,
            "list": column.domain,
        }
        for layer in LAYERS
        for column in layer.columns
    ]


def vocabulary_rows() -> list[dict[str, str | None]]:
    """Return the rows of the table `vocabulary`: every value of every list with its labels, in their order."""
    return [
        {"list": name, "value": value, "label": label, "used_by": ", ".join(_users(name)), **_translated(name, value)}
        for name in _used_domains()
        for value, label in DOMAINS[name].items()
    ]


def _users(domain: str) -> list[str]:
    return [f"{layer.name}.{column.name}" for layer in LAYERS for column in layer.columns if column.domain == domain]


def _translated(domain: str, value: str) -> dict[str, str | None]:
    """Return the labels of a value in other languages; None where there is none of its own."""
    if domain not in KINDS:
        return {f"label_{code}": None for code in LANGUAGES}
    return {
        f"label_{code}": labels(domain, code).get(value) if label_status(domain, value, code) else None
        for code in LANGUAGES
    }


def dictionary_text() -> str:
    """Return `DICTIONARY.md`: every layer, table and file with its columns, then every list of values."""
    parts = [
        "# Data dictionary",
        "Geometries are in EPSG:3035 (ETRS89 / LAEA Europe, meters) unless said otherwise. An empty value means: not "
        "known. `inducult.gpkg` holds every layer named here (one without rows is left out of the file); "
        "`sites.parquet` has the columns of `site_points`, `records.parquet` those of `source_records` (with the "
        "rejected ones), `sites.csv` those listed under its name.",
        *(_layer_text(layer) for layer in LAYERS),
        "## sites.csv: sites for a spreadsheet\n\n"
        "Comma, UTF-8 with a byte order mark. Text that a spreadsheet would take for a formula has a leading "
        f"apostrophe.\n\n{_table(SHEET)}",
        "# Lists of values",
        *(_domain_text(name) for name in _used_domains()),
    ]
    return "\n\n".join(parts) + "\n"


def schema_text() -> str:
    """Return `schema.json`: JSON Schema (2020-12) of a site, a record, and a document of both."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:inducult-geo:release",
        "title": "Sites of industrial culture and the records behind them",
        "type": "object",
        "properties": {
            "sites": {"type": "array", "items": {"$ref": "#/$defs/site"}},
            "records": {"type": "array", "items": {"$ref": "#/$defs/record"}},
        },
        "$defs": {
            "site": _object("One site: a row of sites.parquet without its geometry.", SITES),
            "record": _object("One record: a row of records.parquet without its geometry.", (*RECORDS, *OUTCOME)),
        },
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _object(description: str, columns: Iterable[Column]) -> dict[str, Any]:
    properties = {column.name: _property(column) for column in columns}
    required = [name for name in properties if name in _NEVER_NULL - {"site_id"} or name == next(iter(properties))]
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    kind = _KINDS[column.kind][1]
    # A record that waits in review has no site.
    never_null = column.name in _NEVER_NULL and column not in OUTCOME[:1]
    said: dict[str, Any] = {"title": column.label, "description": column.description}
    said["type"] = kind if never_null else [kind, "null"]
    if column.domain:
        values: list[str | None] = [*DOMAINS[column.domain]]
        said["enum"] = values if never_null else [*values, None]
    if column.kind == "date":
        said["format"] = "date"
    if column.json:
        said["contentMediaType"] = "application/json"
    if column.unit:
        said["x-unit"] = column.unit
    return said


def _layer_text(layer: Layer) -> str:
    geometry = f"Geometry: `geom`, {layer.geometry}." if layer.geometry else "A table without geometry."
    return f"## {layer.name}: {layer.title}\n\n{layer.description} {geometry}\n\n{_table(layer.columns)}"


def _table(columns: Iterable[Column]) -> str:
    return "\n".join([_HEADER, *(_row(column) for column in columns)])


def _row(column: Column) -> str:
    kind = "JSON text" if column.json else _KINDS[column.kind][0]
    domain = f"[{column.domain}](#{column.domain})" if column.domain else ""
    cells = (f"`{column.name}`", _cell(column.alias), kind, column.unit or "", domain, _cell(column.description))
    return f"| {' | '.join(cells)} |"


def _domain_text(name: str) -> str:
    rows = (f"| `{value}` | {_cell(label)} |" for value, label in DOMAINS[name].items())
    return "\n".join([f"## {name}", "", "| value | meaning |", "|---|---|", *rows])


def _used_domains() -> list[str]:
    """Return the lists that columns use, sorted."""
    return sorted({column.domain for layer in LAYERS for column in layer.columns if column.domain})


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
