"""Which record's value holds, column by column: reliable sources first, then what is fresh and true.

Every ranking sorts the records of a site from best to worst; the value of a column is that of the first record that
has one. Worked out as arrays over all sites at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import Records
from inducult_geo.match.history import MUSEUM_THEME
from inducult_geo.match.prepare import accuracies
from inducult_geo.ragged import Flags, Floats, Ints

DEFAULT_RELIABILITY: Final = 50

RELIABILITY_A_YEAR: Final = 1.0
"""What a year of age costs a source where things change (`VOLATILE`): 80, twenty years old, is worth 60."""

UNDATED_YEARS: Final = 10.0
"""Age of a record that has no date, beyond the newest of its site."""

VOLATILE: Final = (
    *("operator", "status", "present_use", "visitor_access", "opening_hours", "fee", "wheelchair", "website"),
)

_PRECISION: Final[Mapping[str, int]] = {"day": 0, "month": 0, "season": 0, "year": 0, "range": 1, "decade": 2}
_ROUGH: Final = 3
_PLACE_ORDER: Final = {"surveyed": 0, "digitized": 1, "unknown": 2, "address": 3, "settlement": 4}
_AREA_RELIABLE: Final = 40


@dataclass(frozen=True)
class Members:
    """The records of sites, in the order of their site and key.

    Attributes
    ----------
    table
        One row a record, with `site_id`.
    contracts
        Source -> contract.
    """

    table: pd.DataFrame
    contracts: Mapping[str, Contract]

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.object_]]:
        return {}

    def column(self, name: str) -> NDArray[np.object_]:
        """Return a column as objects, None for null."""
        if name not in self._columns:
            values = self.table[name].to_numpy(dtype=object).copy()
            values[pd.isna(values)] = None
            self._columns[name] = values
        return self._columns[name]

    def told(self, name: str) -> Flags:
        """Tell which records say something in a column."""
        return self.table[name].notna().to_numpy(dtype=bool)

    @cached_property
    def key(self) -> NDArray[np.object_]:
        """Record keys."""
        return self.column("record_key")

    @cached_property
    def site(self) -> Ints:
        """Number of each record's site, in the order of the site ids."""
        codes = pd.factorize(self.column("site_id"))[0]
        return np.asarray(codes, dtype=np.int64)

    @cached_property
    def sizes(self) -> Ints:
        """Number of records of each site."""
        return np.bincount(self.site)

    @cached_property
    def starts(self) -> Ints:
        """Row of each site's first record."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes, dtype=np.int64)

    @cached_property
    def reliability(self) -> Floats:
        """What each record's source is worth (0 to 100)."""
        told = {source: float(contract.reliability) for source, contract in self.contracts.items()}
        return np.asarray(self.table["source"].map(told).fillna(DEFAULT_RELIABILITY), dtype=float)

    @cached_property
    def is_part(self) -> Flags:
        """Whether a record is one of several units or permits of its site, or a museum in it: it names only a part."""
        many = [source for source, contract in self.contracts.items() if contract.units_per_site]
        several = self.table.duplicated(["site_id", "source"], keep=False)
        found = (self.table["source"].isin(many) & several) | (self.table["theme"] == MUSEUM_THEME)
        return found.to_numpy(dtype=bool, na_value=False)

    @cached_property
    def accuracy_m(self) -> Floats:
        """How true each place is."""
        return accuracies(Records(gpd.GeoDataFrame(self.table)))

    @cached_property
    def year(self) -> Floats:
        """Year (with a fraction) that a record's data speak of; NaN where it has no date."""
        told = self.table["valid_at"].where(self.table["valid_at"].notna(), self.table["retrieved_at"])
        return _years(told)

    @cached_property
    def age_years(self) -> Floats:
        """Years by which each record is older than the newest of its site."""
        newest = np.full(len(self.sizes), -np.inf)
        np.maximum.at(newest, self.site, np.nan_to_num(self.year, nan=-np.inf))
        age = newest[self.site] - self.year
        return np.where(np.isfinite(age), age, UNDATED_YEARS)

    @cached_property
    def plain(self) -> Ints:
        """Rows, the best of each site first: reliable sources, then precise places, then fresh records."""
        return self._order(-self.reliability, self.accuracy_m, self.age_years)

    @cached_property
    def volatile(self) -> Ints:
        """Rows for what changes with time: a year of age counts as `RELIABILITY_A_YEAR`."""
        return self._order(RELIABILITY_A_YEAR * self.age_years - self.reliability, self.accuracy_m)

    @cached_property
    def names(self) -> Ints:
        """Rows for names: those of parts come last; works are renamed, so that age counts."""
        return self._order(self.is_part.astype(float), RELIABILITY_A_YEAR * self.age_years - self.reliability)

    @cached_property
    def years(self) -> Ints:
        """Rows for years of building: of two sources alike the one that tells the year, not the century."""
        rough = self.table["year_precision"].map(dict(_PRECISION)).fillna(_ROUGH).to_numpy(dtype=float)
        return self._order(-self.reliability, rough, self.age_years)

    @cached_property
    def places(self) -> Ints:
        """Rows for the place: an area of a reliable source before points; then the truest, then the most reliable."""
        shapes = self.table["geometry"].to_numpy()
        area = np.nan_to_num(shapely.area(shapes))
        is_area = (area > 0) & (self.reliability >= _AREA_RELIABLE)
        origin = self.table["geometry_origin"].map(_PLACE_ORDER).fillna(2).to_numpy(dtype=float)
        # The whole works before a part of it: among areas the largest speaks for the site.
        size = np.where(is_area, -area, 0.0)
        missing = shapely.is_missing(shapes).astype(float)
        return self._order(missing, ~is_area, size, self.accuracy_m, origin, -self.reliability, self.age_years)

    def order(self, column: str) -> Ints:
        """Return the rows, the best of each site first, as they count for a column."""
        return self.volatile if column in VOLATILE else self.plain

    def first(self, order: Ints, told: Flags) -> Ints:
        """Return for each site its first row in an order among those that tell; -1 where none does."""
        rows = order[told[order]]
        out = np.full(len(self.sizes), -1, dtype=np.int64)
        sites = self.site[rows]
        new = np.flatnonzero(np.r_[True, sites[1:] != sites[:-1]]) if len(rows) else rows
        out[sites[new]] = rows[new]
        return out

    def values(self, column: str, rows: Ints) -> NDArray[np.object_]:
        """Return a column's values in some rows; None for row -1 and for null."""
        values = self.column(column)
        out = np.full(len(rows), None, dtype=object)
        out[rows >= 0] = values[rows[rows >= 0]]
        return out

    def _order(self, *by: Any) -> Ints:
        """Sort rows by site, then by these, then as they stand (by key)."""
        return np.lexsort((*by[::-1], self.site)).astype(np.int64)


def absent(values: NDArray[np.object_]) -> Flags:
    """Tell where values are null."""
    return np.asarray(pd.isna(values), dtype=bool)


def _years(told: pd.Series) -> Floats:
    """Read ISO dates as years with a fraction; equal texts once."""
    codes, texts = pd.factorize(told.to_numpy(dtype=object))
    read = pd.to_datetime(pd.Series(texts, dtype="str").str[:10], errors="coerce", format="ISO8601")
    years = (read.dt.year + (read.dt.day_of_year - 1) / 366).to_numpy(dtype=float)
    return np.where(codes >= 0, years[codes], np.nan) if len(texts) else np.full(len(told), np.nan)
