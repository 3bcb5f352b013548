"""Write a release as one GeoPackage that QGIS opens with its styles, forms, relations and project.

The layers are written by GDAL; what GDAL does not write (aliases, lists of values, metadata, styles, project) is
added by SQL. The same bundle gives the same bytes: no clock is asked, and the file is packed at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pandas as pd
import pyogrio

from inducult_geo.errors import ReleaseError
from inducult_geo.frames import WORK_CRS
from inducult_geo.gdal import gdal_set
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.databases import gpkg_schema
from inducult_geo.publish.layers.declared import LAYERS, Layer
from inducult_geo.publish.layers.tables import GEOMETRY, arrow_table, layer_frames
from inducult_geo.publish.qgis.coverage import add_coverages
from inducult_geo.publish.qgis.metadata import metadata_documents, timestamp, years_shown
from inducult_geo.publish.qgis.project import PROJECT_NAME, project_file
from inducult_geo.publish.qgis.styles import ANY_YEARS, styles_of
from inducult_geo.store import sync

_DRAFT: Final = {"OGR_SQLITE_SYNCHRONOUS": "OFF"}
"""What a crash leaves of a draft is of no use to anybody: only what is packed of it has to reach the disk."""

_VERSION = "1.3"  # QGIS 3.22 and GDAL 3.6 warn about anything newer.


def write_geopackage(bundle: Bundle, path: Path, frames: Mapping[str, pd.DataFrame] | None = None) -> None:
    """Write the GeoPackage of a release; an existing file is replaced only once the new one is whole.

    Parameters
    ----------
    bundle
        What is to be published, licenses already applied.
    path
        Target; should be called `inducult.gpkg`, because the embedded project names it so.
    frames
        The rows of its layers where they are there already; see `layer_frames`.

    Raises
    ------
    ReleaseError
        Where the target cannot be replaced (it is open in another program), or a record has no place.
    """
    frames = layer_frames(bundle) if frames is None else frames
    present = [layer for layer in LAYERS if layer.name in frames]
    try:
        with TemporaryDirectory(prefix=".gpkg-", dir=path.parent) as beside:
            draft, packed = Path(beside, "draft.gpkg"), Path(beside, "packed.gpkg")
            # The tiled coverages ask for reference systems in a second spelling.
            options = {"VERSION": _VERSION} | ({"CRS_WKT_EXTENSION": "YES"} if bundle.surfaces else {})
            with gdal_set(_DRAFT):
                for layer in present:
                    _write_layer(draft, layer, frames[layer.name], options)
            _complete(draft, bundle, present, frames)
            _pack(draft, packed)
            sync(packed)
            packed.replace(path)
    except PermissionError as error:
        raise ReleaseError(f"{path}: cannot be replaced: {error}. Close it in QGIS and run again.") from error


def _write_layer(path: Path, layer: Layer, frame: pd.DataFrame, dataset_options: Mapping[str, str]) -> None:
    """Write one layer with GDAL, appending to the file where it exists."""
    options = {"FID": "fid", "IDENTIFIER": layer.title, "DESCRIPTION": layer.description}
    if layer.geometry:
        options |= {"GEOMETRY_NULLABLE": "NO", "SPATIAL_INDEX": "YES"}
    pyogrio.write_arrow(
        arrow_table(frame, layer),
        path,
        layer=layer.name,
        driver="GPKG",
        geometry_name=GEOMETRY if layer.geometry else None,
        geometry_type=layer.geometry,
        crs=WORK_CRS if layer.geometry else None,
        append=path.exists(),
        dataset_options=None if path.exists() else dict(dataset_options),
        layer_options=options,
    )


def _complete(path: Path, bundle: Bundle, layers: list[Layer], frames: Mapping[str, pd.DataFrame]) -> None:
    """Add what GDAL does not write."""
    stamp = timestamp(bundle)
    titles = dict(zip(bundle.regions["region"], bundle.regions["title"], strict=True))
    years = years_shown(bundle) or ANY_YEARS
    qml = {
        layer.name: styles_of(layer, region_titles=titles, years=years, n_rows=len(frames[layer.name]))
        for layer in layers
    }
    styles = [
        (layer, name, text, name == layer.style_name) for layer in layers for name, text in qml[layer.name].items()
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as con:
        con.execute("PRAGMA journal_mode = DELETE")
        con.execute("PRAGMA synchronous = OFF")
        con.execute("BEGIN")
        add_coverages(con, bundle, stamp)
        gpkg_schema.add_schema(con, layers)
        gpkg_schema.add_metadata(con, metadata_documents(bundle, layers, frames), stamp)
        gpkg_schema.add_styles(con, styles, stamp)
        gpkg_schema.add_project(con, PROJECT_NAME, project_file(bundle, layers, frames, qml), stamp)
        gpkg_schema.add_keys(con, layers)
        con.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
        con.execute("COMMIT")


def _pack(draft: Path, target: Path) -> None:
    """Copy the database without gaps.

    A copy, because SQLite counts changes in a file's header, and how many GDAL makes depends on its threads.
    """
    with closing(sqlite3.connect(draft, isolation_level=None)) as con:
        con.execute("PRAGMA synchronous = OFF")
        con.execute("VACUUM INTO ?", (str(target),))
