"""Everything that one release is made of, as frames: the only input of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from inducult_geo.frames import Pairs, Sites


@dataclass(frozen=True)
class Bundle:
    """One release before it is written. All geometries are in EPSG:3035.

    Attributes
    ----------
    sites
        `SITE_COLUMNS` and geometry: a point, or the outline of the site.
    records
        `RECORD_COLUMNS`, `site_id`, `outcome` ("site", "review" or "rejected") and geometry, which may be null
        for a rejected record only.
    pairs
        `PAIR_COLUMNS`.
    review
        Open questions: the columns of the layer `review` and a point.
    regions
        The columns of the layer `regions` and the outline.
    sources
        The columns of the table `sources`.
    run
        The one row of the table `runs`; `data_date` is the date of the newest data (ISO 8601).
    """

    sites: Sites
    records: gpd.GeoDataFrame
    pairs: Pairs
    review: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    sources: pd.DataFrame
    run: Mapping[str, Any]
