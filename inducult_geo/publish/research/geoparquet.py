"""Sites and records as GeoParquet 1.1: with a bbox covering, compressed with zstd, sorted by id.

Each file says in its metadata which release it is of and on which terms: files get parted from their folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inducult_geo.frames import RECORD_COLUMNS, SITE_COLUMNS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.degrees import written_crs
from inducult_geo.publish.files import RECORDS_FILE, SITES_FILE
from inducult_geo.publish.layers.columns import SITES
from inducult_geo.publish.layers.tables import days_of
from inducult_geo.publish.licences import credit_lines, licence_names
from inducult_geo.publish.qgis.metadata import release_title

ABOUT = b"inducult_release"
"""Key of the metadata of a file that tells its release, as JSON."""

_TYPES: Mapping[str, str] = {**RECORD_COLUMNS, **SITE_COLUMNS, "site_id": "str", "outcome": "str"}
_DATES = frozenset(column.name for column in SITES if column.kind == "date")
_ROWS_PER_GROUP = 20_000  # Small enough that a reader of one region skips most of the file.


def write_geoparquet(bundle: Bundle, folder: Path) -> None:
    """Write `sites.parquet` and `records.parquet`.

    Geometries are in EPSG:3035 as they are: outlines stay outlines, and a rejected record without a place has null.

    Parameters
    ----------
    bundle
        What is to be published, licenses already applied.
    folder
        An existing folder.
    """
    about = _about(bundle)
    _write(bundle.sites, "site_id", [*SITE_COLUMNS], folder / SITES_FILE, about)
    _write(bundle.records, "record_key", [*RECORD_COLUMNS, "site_id", "outcome"], folder / RECORDS_FILE, about)


def _about(bundle: Bundle) -> bytes:
    """Return what a file says of its release, as JSON."""
    told = {name: bundle.run[name] for name in ("run_id", "data_date", "version", "schema_version")}
    terms = {"licences": licence_names(bundle), "credit": credit_lines(bundle)}
    return json.dumps({"title": release_title(bundle), **told, **terms}, ensure_ascii=False).encode("utf-8", "replace")


def _write(frame: gpd.GeoDataFrame, key: str, columns: list[str], path: Path, about: bytes) -> None:
    ordered = frame[[*columns, "geometry"]].sort_values(key, kind="stable", ignore_index=True)
    # An all-null column must not become a column of nothing: types are those of the schema.
    typed = pd.DataFrame(ordered[columns]).astype({name: _TYPES[name] for name in columns})
    # DATE in the file, also where no day is known: the type that the GeoPackage has.
    days = {name: pd.Series(pd.arrays.ArrowExtensionArray(days_of(typed[name]))) for name in columns if name in _DATES}
    whole = gpd.GeoDataFrame(typed.assign(**days), geometry=ordered.geometry.to_numpy(), crs=written_crs())
    whole.to_parquet(
        path,
        index=False,
        compression="zstd",
        schema_version="1.1.0",
        write_covering_bbox=True,
        row_group_size=_ROWS_PER_GROUP,
    )
    _complete(path, about)


def _complete(path: Path, about: bytes) -> None:
    """Write what GeoPandas cannot: the release, and no box where there is no geometry (it makes one of nulls)."""
    table = pq.read_table(path)
    if table["geometry"].null_count:
        boxes = table["bbox"].combine_chunks()
        sides = [boxes.field(index) for index in range(boxes.type.num_fields)]
        is_nothing = pc.is_null(table["geometry"]).combine_chunks()
        cleared = pa.StructArray.from_arrays(sides, fields=list(boxes.type), mask=is_nothing)
        table = table.set_column(table.column_names.index("bbox"), table.schema.field("bbox"), cleared)
    table = table.replace_schema_metadata({**table.schema.metadata, ABOUT: about})
    pq.write_table(table, path, compression="zstd", row_group_size=_ROWS_PER_GROUP)
