"""The tables of a release as typed frames, as its columns are declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from inducult_geo.frames import WORK_CRS, read_shapes
from inducult_geo.publish.compared.changes import CHANGE_COLUMNS, changes_told
from inducult_geo.publish.compared.opened import tables_alone
from inducult_geo.publish.files import GEOPACKAGE
from inducult_geo.publish.layers.columns import OUTCOME, RECORDS, SITES, Column
from inducult_geo.publish.layers.declared import Layer, layer_named
from inducult_geo.publish.layers.tables import days_of
from inducult_geo.publish.spreadsheet import read_csv

_DTYPES: Mapping[str, str] = {
    "text": "str", "whole": "Int64", "number": "float64", "flag": "boolean", "date": "datetime64[ms]",
}  # fmt: skip


def read_frame(folder: Path, name: str) -> pd.DataFrame:
    """Read one table of a release.

    Parameters
    ----------
    folder
        The release.
    name
        "sites", "records", "changes" or a layer of the GeoPackage.

    Returns
    -------
    pandas.DataFrame
        The declared columns first, each of its declared type; a GeoDataFrame in EPSG:3035 where the table has shapes.
        What an older release of the same schema lacks is empty.
    """
    if name in ("sites", "records"):
        columns = SITES if name == "sites" else (*RECORDS, *OUTCOME)
        frame = _dated(read_shapes(folder / f"{name}.parquet"), columns)
        return gpd.GeoDataFrame(_with_columns(frame, columns))
    if name == "changes":
        return _told_changes(folder)
    return _layer(tables_alone(folder / GEOPACKAGE), layer_named(name))


def _told_changes(folder: Path) -> pd.DataFrame:
    """Read the layer of changes, or what stands beside a release that has none."""
    inside = changes_told(folder)
    if inside is not None:
        return pd.DataFrame(inside[[*CHANGE_COLUMNS]])
    beside = folder.parent.parent / "changes"
    told = sorted(beside.glob(f"*_{folder.name}.csv")) if beside.is_dir() else []
    table = read_csv(told[-1]) if told else pd.DataFrame(columns=[*CHANGE_COLUMNS], dtype="str")
    return table.replace("", None).astype(dict(CHANGE_COLUMNS))


def _layer(path: Path, layer: Layer) -> pd.DataFrame:
    """Read one layer as declared; without rows it is not in the file, and empty here."""
    names = [column.name for column in layer.columns]
    there = {str(name) for name, _ in pyogrio.list_layers(path)}
    if layer.name in there:
        frame = pyogrio.read_dataframe(path, layer=layer.name, read_geometry=layer.geometry is not None)
    else:
        frame = pd.DataFrame(columns=names)
    typed = frame.astype({c.name: _DTYPES[c.kind] for c in layer.columns if c.name in frame})
    if layer.geometry is not None and "geometry" not in typed:
        typed = gpd.GeoDataFrame(typed, geometry=[], crs=WORK_CRS)
    return _with_columns(typed, layer.columns)


def _dated(frame: gpd.GeoDataFrame, columns: Sequence[Column]) -> gpd.GeoDataFrame:
    """Return a frame whose days are dates to pandas, as in a layer of the GeoPackage; older releases wrote text."""
    days = {
        c.name: pd.Series(days_of(frame[c.name]).to_pylist(), index=frame.index, dtype=_DTYPES["date"])
        for c in columns
        if c.kind == "date" and c.name in frame
    }
    return frame.assign(**days)


def _with_columns(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Put the declared columns first; one that an older release of the same schema lacks is empty."""
    lacking = {
        c.name: pd.Series(None, index=frame.index, dtype=_DTYPES[c.kind]) for c in columns if c.name not in frame
    }
    declared = [column.name for column in columns]
    more = [str(name) for name in frame if name not in declared and name != "geometry"]
    shape = ["geometry"] if "geometry" in frame else []
    return frame.assign(**lacking)[[*declared, *more, *shape]]
