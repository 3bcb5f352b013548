"""Everything that a release is made of, as frames: the only input of this package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from inducult_geo.frames import Pairs, Sites
from inducult_geo.surface import Surface


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
    changes
        What is different from the last release: `changes.CHANGE_COLUMNS` and a point; None where there is none to
        compare with.
    former
        Ids of sites that were merged: `site_id`, `merged_into` (the id that stands), `last_seen` (ISO 8601).
    former_keys
        Keys that records had: `former_key`, `record_key` (the key under which it goes on), `last_seen` (ISO 8601).
    surfaces
        Name ("monuments", "production") -> density of the sites that are in `sites`, and of no other: a surface
        that knew a withheld site would give its place away.
    overlaps
        Region -> which of the records that it holds another region has, in words, with what to do.
    """

    sites: Sites
    records: gpd.GeoDataFrame
    pairs: Pairs
    review: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    sources: pd.DataFrame
    run: Mapping[str, Any]
    surfaces: Mapping[str, Surface] = field(default_factory=dict)
    changes: gpd.GeoDataFrame | None = None
    former: pd.DataFrame | None = None
    former_keys: pd.DataFrame | None = None
    overlaps: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def used_sources(self) -> pd.DataFrame:
        """The sources of which records, or values sampled from a raster, are in the release: those to be named."""
        names = self.sources["source"]
        used = names.isin(self.records["source"].unique())
        lineage = self.sites["lineage"].dropna().astype(str)
        lineage = lineage[lineage.str.contains('"raster:', regex=False)]
        sampled = [not own and _names_raster(lineage, name) for name, own in zip(names, used, strict=True)]
        return self.sources[used | np.array(sampled, dtype=bool)]


def _names_raster(lineage: pd.Series, name: str) -> bool:
    """Tell whether a site's value comes from a raster: `"raster:<id>"` or `"raster:<id>@<date>"`."""
    return bool(lineage.str.contains(rf'"raster:{re.escape(str(name))}["@]').any())


def withheld_sources(sources: pd.DataFrame) -> frozenset[str]:
    """Name the sources of a table (`source`, `publish`) that may not be published; of a null nothing is said."""
    return frozenset(sources.loc[sources["publish"].eq(False).fillna(False).astype(bool), "source"])
