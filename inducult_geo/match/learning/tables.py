"""Read records from a CSV table of sites, for training and measuring, without contract and harmonizing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from inducult_geo.errors import InducultError
from inducult_geo.frames import TOLD_IN_TAGS, WORK_CRS, Records, as_records, to_json
from inducult_geo.text import clean_text

PLAIN: Final = ("operator", "address", "postcode", "city", "country")


def records_from_csv(path: Path, source: str, columns: Mapping[str, str] | None = None) -> Records:
    """Read records of a CSV with `id`, `name`, `lon`, `lat` (EPSG:4326), cleaned as a run does; a dash is nothing.

    Parameters
    ----------
    source
        What stands before the ":" of every record key.
    columns
        Field (of `PLAIN` or `TOLD_IN_TAGS`) -> the table's column, where it bears another name.

    Raises
    ------
    InducultError
        Where the table lacks a column that is needed.
    """
    # pandas takes "NA", "None" or "nan" for nothing: Namibia, a town in Piedmont, a name.
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    table = table.rename(columns={theirs: mine for mine, theirs in (columns or {}).items()})
    missing = [name for name in ("id", "name", "lon", "lat") if name not in table]
    if missing:
        raise InducultError(f"{path}: no column {', '.join(missing)}: id, name, lon and lat are needed")
    said = [name for name in ("name", *PLAIN) if name in table]
    # A row may be named "NA" or "None": here no contract says what stands for nothing.
    table[said] = table[said].map(lambda text: clean_text(text) or text)
    table = table.replace({"-": None, "": None})
    points = gpd.points_from_xy(pd.to_numeric(table["lon"]), pd.to_numeric(table["lat"]), crs="EPSG:4326")
    shapes = gpd.GeoSeries(points).to_crs(WORK_CRS)
    shapes[table["lon"].isna().to_numpy()] = None
    told = table[[name for name in TOLD_IN_TAGS if name in table]]
    frame = pd.DataFrame(
        {
            "record_key": source + ":" + table["id"],
            "source": source,
            "names": [to_json({"name": None if pd.isna(name) else name}) for name in table["name"]],
            "tags": [
                to_json({str(k): v for k, v in row.items() if isinstance(v, str)}) for row in told.to_dict("records")
            ]
            if len(told.columns)
            else None,
            **{name: table[name] for name in PLAIN if name in table},
        }
    )
    return as_records(frame, geometry=shapes)
