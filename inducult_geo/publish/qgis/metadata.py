"""Metadata that travel inside the GeoPackage, as QGIS reads them (QMD): title, license, credit, extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pyproj import CRS

from inducult_geo.frames import WORK_CRS
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.declared import Layer
from inducult_geo.publish.licences import credit_text, licence_names
from inducult_geo.publish.qgis.styles import environment

SAMPLE_NOTICE = "SAMPLE DATA: for trying out the program only. Do not use it for any decision."


def crs_facts() -> dict[str, str]:
    """Return what QGIS asks about the CRS of the file."""
    crs = CRS.from_user_input(WORK_CRS)
    proj4 = "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs"
    return {"wkt": crs.to_wkt("WKT1_GDAL"), "proj4": proj4, "code": WORK_CRS[5:], "authid": WORK_CRS, "name": crs.name}


def extent_of(frame: pd.DataFrame) -> tuple[float, float, float, float]:
    """Return xmin, ymin, xmax, ymax of a layer in meters, rounded to a millimeter; the CRS's origin where empty."""
    bounds = [float(value) for value in frame.geometry.total_bounds] if len(frame) else [4321000.0, 3210000.0] * 2
    west, south, east, north = (round(value, 3) for value in bounds)
    return west, south, east, north


def timestamp(bundle: Bundle) -> str:
    """Return the time that stands in the file: that of the data, as `YYYY-MM-DDThh:mm:ss.000Z`."""
    day = pd.to_datetime(str(bundle.run["data_date"]), errors="coerce", format="ISO8601", utc=True)
    moment = pd.Timestamp("1970-01-01", tz="UTC") if pd.isna(day) else day
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def data_date(bundle: Bundle) -> str:
    """Return the date of the newest data in words, and how many sources tell none."""
    newest = bundle.run["data_date"]
    if not newest:
        return "an unknown date"
    records = bundle.records
    tells = records["valid_at"].notna() | records["retrieved_at"].notna()
    sources, dated = records["source"].nunique(), records.loc[tells, "source"].nunique()
    return str(newest) + (f" ({sources - dated} of {sources} sources tell no date)" if dated < sources else "")


def years_shown(bundle: Bundle) -> tuple[int, int] | None:
    """Return the first and last year of the temporal controller: from the oldest site to the day of the data.

    Null where no site tells a year.
    """
    told = pd.concat([bundle.sites["start_year"], bundle.sites["end_year"]]).dropna().astype(int)
    told = told[told > 0]
    if told.empty:
        return None
    day = str(bundle.run["data_date"] or "")
    last = int(day[:4]) if day[:4].isdigit() else int(told.max())
    return int(told.min()), max(last, int(told.max()))


def release_title(bundle: Bundle) -> str:
    """Return the title of the release; a sample says so first."""
    title = str(bundle.run["title"])
    return f"SAMPLE: {title.removesuffix(' (sample)')}" if bundle.run["is_sample"] and "SAMPLE" not in title else title


def metadata_documents(
    bundle: Bundle, layers: Sequence[Layer], frames: Mapping[str, pd.DataFrame]
) -> dict[str | None, str]:
    """Return the QMD of the file (key None) and of each layer (key: its name)."""
    template = environment().get_template("metadata.qmd.j2")
    run = bundle.run
    shared: dict[str, Any] = {
        "licences": licence_names(bundle),
        "rights": credit_text(bundle),
        "notice": SAMPLE_NOTICE if run["is_sample"] else "",
        "crs": crs_facts(),
        "history": f"inducult-geo {run['version']} wrote it from data up to {data_date(bundle)}, run {run['run_id']}.",
    }
    whole = extent_of(frames["regions"])
    about = {"identifier": "inducult", "parent": "", "title": release_title(bundle), "spatial": True, "extent": whole}
    abstract = "Sites of industrial culture, past and present, with the records and decisions behind them."
    documents: dict[str | None, str] = {None: template.render(**shared, **about, abstract=abstract)}
    for layer in layers:
        spatial = layer.geometry is not None
        documents[layer.name] = template.render(
            **shared,
            identifier=layer.name,
            parent="inducult",
            title=layer.title,
            abstract=layer.description,
            spatial=spatial,
            extent=extent_of(frames[layer.name]) if spatial else whole,
        )
    return documents
