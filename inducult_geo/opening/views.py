"""The frames of a release as views in DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from pyarrow import dataset

from inducult_geo.errors import ConfigError
from inducult_geo.publish.spreadsheet import degrees

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FRAMES: Final = (
    *("matches", "review", "regions", "sources", "changes", "former_ids", "former_keys"),
    *("vocabulary", "dictionary", "runs"),
)
"""What is read from the GeoPackage, as it is."""

_ALIKE: Final = {
    "rejected": "records WHERE outcome = 'rejected'",
    "site_points": "sites",
    "site_areas": "sites WHERE area_m2 IS NOT NULL",
    "source_records": "records WHERE outcome <> 'rejected'",
}
"""Layers as the dictionary, and a query that was written for the GeoPackage, call them."""

_ORIGINS: Final = """
CREATE VIEW origins AS
WITH told AS (
    SELECT site_id, to_json(s) AS row, lineage, unnest(json_keys(lineage)) AS column_name
    FROM (SELECT * EXCLUDE (geometry, bbox) FROM sites_file) AS s
), named AS (
    SELECT site_id, column_name, row ->> ('$."' || column_name || '"') AS value,
           lineage ->> ('$."' || column_name || '"') AS keys
    FROM told
), single AS (
    -- A key of a partner may have "; " in it: only what is no key by itself names several.
    SELECT n.site_id, n.column_name, n.value,
           unnest(CASE WHEN r.record_key IS NULL THEN string_split(n.keys, '; ') ELSE [n.keys] END) AS record_key
    FROM named AS n LEFT JOIN records_file AS r ON r.record_key = n.keys
)
SELECT o.*, coalesce(r.source, s.source) AS source, coalesce(r.licence, s.licence) AS licence,
       coalesce(r.retrieved_at, s.retrieved_at) AS retrieved_at, coalesce(r.valid_at, s.valid_at) AS valid_at,
       r.place
FROM single AS o LEFT JOIN records_file AS r USING (record_key)
-- What a raster tells has its terms, too: "raster:dem@2011-01-01".
LEFT JOIN sources AS s ON r.record_key IS NULL AND s.source = regexp_extract(o.record_key, '^raster:([^@]+)', 1)
"""
EVENTS: Final = """
CREATE VIEW events AS
-- How many years earlier and later than the year that is told it may have begun; what ended is told by the last year.
WITH bounds(event_precision, earlier, later) AS (VALUES
    ('day', 0, 0), ('month', 0, 0), ('season', 0, 0), ('year', 0, 0), ('approximate', 5, 5), ('part_of_decade', 0, 4),
    ('decade', 0, 10), ('turn_of_century', 0, 20), ('part_of_century', 0, 49), ('century', 0, 99),
    ('period', 0, NULL), ('range', 0, NULL), ('open_start', NULL, 0), ('open_end', 0, NULL)
), told AS (
    SELECT site_id, (e.value ->> 'year')::INTEGER AS year, e.value ->> 'event' AS event,
           e.value ->> 'record' AS record_key, event IN ('closed', 'museum until', 'culture until') AS is_end
    FROM sites_file, json_each(timeline) AS e
), exact AS (
    SELECT t.*, r.source, r.licence, r.retrieved_at, r.valid_at, r.place,
           CASE WHEN is_end THEN {end_precision} ELSE r.year_precision END AS event_precision,
           is_end AND event_precision NOT IN ('open_start', 'open_end') AS is_turned
    FROM told AS t LEFT JOIN records_file AS r USING (record_key)
)
SELECT e.site_id, e.year, e.event, e.record_key, e.source, e.event_precision,
       e.year - CASE WHEN is_turned THEN b.later ELSE b.earlier END AS year_from,
       e.year + CASE WHEN is_turned THEN b.earlier ELSE b.later END AS year_to,
       e.licence, e.retrieved_at, e.valid_at, e.place
FROM exact AS e LEFT JOIN bounds AS b USING (event_precision)
"""
_END_ALONE: Final = "CASE WHEN r.start_year IS NULL THEN r.year_precision END"
_CONTRADICTIONS: Final = """
CREATE VIEW contradictions AS
WITH said AS (
    SELECT site_id, d.key AS column_name, v.key AS record_key, v.value ->> '$' AS value,
           lineage ->> ('$."' || d.key || '"') AS keys
    FROM sites_file, json_each(conflicts) AS d, json_each(d.value) AS v
), shown AS (
    -- What the site shows is taken from one record, and others may say the same.
    SELECT * EXCLUDE keys, coalesce(bool_or(keys = record_key OR list_contains(string_split(keys, '; '), record_key))
           OVER (PARTITION BY site_id, column_name, value), false) AS is_shown
    FROM said
)
SELECT c.site_id, c.column_name, c.record_key, c.value, r.source, c.is_shown,
       r.licence, r.retrieved_at, r.valid_at, r.place
FROM shown AS c LEFT JOIN records_file AS r USING (record_key)
"""


def connect(folder: Path, frame: Callable[[str], Any]) -> DuckDBPyConnection:
    """Open a connection in memory with a view a frame, and what JSON holds in rows; see `Release.duckdb`.

    Parameters
    ----------
    folder
        The release: its Parquet files are scanned where they lie.
    frame
        Gives the frame of a name.

    Raises
    ------
    ConfigError
        Where duckdb is not installed.
    """
    try:
        duckdb = import_module("duckdb")
    except ModuleNotFoundError:
        raise ConfigError(
            "duckdb is not installed: pip install 'inducult-geo[research]'. The data frames work without it."
        ) from None
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection: DuckDBPyConnection = duckdb.connect(":memory:", config=settings)
    keys = {"sites": "site_id", "records": "record_key"}
    # Before the files are scanned: of one that is damaged the frames say so in our words.
    places = {name: pa.Table.from_pandas(_places(frame(name), key)) for name, key in keys.items()}
    scanned = {name: dataset.dataset(folder / f"{name}.parquet", format="parquet") for name in keys}
    for name, key in keys.items():
        connection.register(f"{name}_file", scanned[name])
        connection.register(f"{name}_place", places[name])
        connection.execute(
            f"CREATE VIEW {name} AS SELECT f.* EXCLUDE (geometry, bbox), p.* EXCLUDE ({key}), "  # noqa: S608
            f"f.geometry::BLOB AS geometry_wkb FROM {name}_file AS f JOIN {name}_place AS p USING ({key})"
        )
    for view, rows in _ALIKE.items():
        connection.execute(f"CREATE VIEW {view} AS FROM {rows}")
    for name in _FRAMES:
        connection.register(name, pa.Table.from_pandas(_flat(frame(name)), preserve_index=False))
    # Older releases tell one precision a record, that of its first year.
    is_told = "end_precision" in scanned["records"].schema.names
    events = EVENTS.format(end_precision="r.end_precision" if is_told else _END_ALONE)
    for rows_of_json in (_ORIGINS, events, _CONTRADICTIONS):
        connection.execute(rows_of_json)
    return connection


def _places(frame: gpd.GeoDataFrame, key: str) -> pd.DataFrame:
    """Return a point on each geometry, in meters and in degrees, by key."""
    longitude, latitude = degrees(frame.geometry.to_numpy())
    points = frame.geometry.representative_point()
    told = {key: frame[key].to_numpy(), "x_m": points.x.to_numpy(), "y_m": points.y.to_numpy()}
    return pd.DataFrame({**told, "longitude": longitude, "latitude": latitude})


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its geometry as numbers and WKB."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    places = _places(frame.assign(_row=range(len(frame))), "_row").drop(columns="_row")
    plain = pd.DataFrame(frame.drop(columns="geometry")).reset_index(drop=True)
    return plain.join(places).assign(geometry_wkb=frame.geometry.to_wkb().to_numpy())
