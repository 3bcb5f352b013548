"""Choose the record whose value a site shows, column by column: reliable sources first, then recent and precise ones.

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
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from inducult_geo.arrow.texts import Coded, coded, first_of_each, no_texts, taken, texts
from inducult_geo.catalog.generalization import accuracy_on_grid
from inducult_geo.catalog.models import AREA_RELIABLE, DEFAULT_RELIABILITY, MUSEUM_THEME, Contract
from inducult_geo.frames import TO_THE_YEAR, Records
from inducult_geo.match.golden.offices import at_offices
from inducult_geo.match.reading.prepare import accuracies
from inducult_geo.ragged import Flags, Floats, Ints, starts_of
from inducult_geo.text.clean import MARKUP, SPOILED

RELIABILITY_A_YEAR: Final = 1.0
"""What a year of age costs a source where things change (`VOLATILE`): 80, twenty years old, is worth 60."""

UNDATED_YEARS: Final = 10.0
"""Age of a record that has no date, beyond the newest of its site."""

VOLATILE: Final = (
    *("operator", "status", "present_use", "visitor_access", "opening_hours", "fee", "wheelchair", "website"),
)

_ADDRESS: Final = ("address", "postcode", "city")

_PRECISION: Final[Mapping[str, int]] = {**dict.fromkeys(TO_THE_YEAR, 0), "decade": 1, "range": 2}
_ROUGH: Final = 3
_SHOUTED: Final = r'^\{"name": "[^"\p{Ll}]*\p{Lu}{4}[^"\p{Ll}]*"'
"""Names of which the plain one is written in capitals; short ones may be initials ("AEG")."""

_PLACE_ORDER: Final[Mapping[str, int]] = {"surveyed": 0, "digitized": 1, "unknown": 2, "address": 3, "settlement": 4}


@dataclass(frozen=True)
class Members:
    """The records of sites, in the order of their site and key.

    Attributes
    ----------
    table
        One row a record, with `site_id`, `record_key`, `geometry`; a column that is not there tells nothing.
    contracts
        Source -> contract.
    """

    table: pd.DataFrame
    contracts: Mapping[str, Contract]

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def _texts(self) -> dict[str, pa.Array]:
        return {}

    @cached_property
    def _coded(self) -> dict[str, Coded]:
        return {}

    @cached_property
    def _spoiled_rows(self) -> dict[str, Ints]:
        return {}

    def text(self, name: str) -> pa.Array:
        """Return a column of texts."""
        if name not in self._texts:
            self._texts[name] = texts(self.table[name]) if name in self.table else no_texts(len(self))
        return self._texts[name]

    def coded(self, name: str) -> Coded:
        """Return a column of texts of which many are equal."""
        if name not in self._coded:
            self._coded[name] = coded(self.text(name))
        return self._coded[name]

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers, NaN for null."""
        if name not in self.table:
            return np.full(len(self), np.nan)
        return self.table[name].to_numpy(dtype="float64", na_value=np.nan)

    def told(self, name: str) -> Flags:
        """Tell which records say something in a column."""
        return self.table[name].notna().to_numpy(dtype=bool) if name in self.table else np.zeros(len(self), dtype=bool)

    def spoiled(self, *names: str) -> Flags:
        """Tell which have lost letters or markup in some columns ("K\N{REPLACEMENT CHARACTER}dzierzyn", "<b>")."""
        found = np.zeros(len(self), dtype=bool)
        for name in names:
            found[self._spoiled(name)] = True
        return found

    def _spoiled(self, name: str) -> Ints:
        """Return the rows with lost letters or markup in one column."""
        if name not in self._spoiled_rows:
            values = self.text(name)
            # What is lost leaves signs beyond ASCII, and markup begins with "<": most texts need no closer look.
            maybe = pc.or_(pc.invert(pc.string_is_ascii(values)), pc.match_substring(values, "<"))
            odd = np.flatnonzero(np.asarray(pc.fill_null(maybe, False), dtype=bool))
            is_spoiled = pc.match_substring_regex(taken(values, odd), f"{SPOILED}|{MARKUP}")
            self._spoiled_rows[name] = odd[np.asarray(is_spoiled, dtype=bool)]
        return self._spoiled_rows[name]

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """Shape of each record; None where it has no place."""
        return self.table["geometry"].to_numpy()

    @cached_property
    def site(self) -> Ints:
        """Number of each record's site, in the order of the site ids."""
        return np.cumsum(first_of_each(self.text("site_id"))) - 1

    @cached_property
    def sizes(self) -> Ints:
        """Number of records of each site."""
        return np.bincount(self.site)

    @cached_property
    def starts(self) -> Ints:
        """Row of each site's first record."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes, dtype=np.int64)

    @cached_property
    def is_lone(self) -> Flags:
        """Which sites have a single record."""
        return np.asarray(self.sizes == 1, dtype=bool)

    @cached_property
    def reliability(self) -> Floats:
        """What each record's source is worth (0 to 100)."""
        known = {source: float(contract.reliability) for source, contract in self.contracts.items()}
        return self.coded("source").numbers(known, DEFAULT_RELIABILITY)

    @cached_property
    def is_part(self) -> Flags:
        """Whether a record is one of several units or permits of its site, or a museum in it: it names only a part."""
        sources = self.coded("source")
        of_one = pd.Index(self.site * (len(sources.listed) + 1) + sources.codes).duplicated(keep=False)
        many = [source for source, contract in self.contracts.items() if contract.units_per_site]
        found = (sources.is_one_of(many) & of_one) | self.coded("theme").is_one_of([MUSEUM_THEME])
        return np.asarray(found, dtype=bool)

    @cached_property
    def is_at_office(self) -> Flags:
        """Whether a record tells where an office of its site is (see `offices`)."""
        return at_offices(self.site, self.shapes, self.coded("city"), self.text("country"), self.text("names"))

    @cached_property
    def accuracy_m(self) -> Floats:
        """How true each place is."""
        return accuracies(Records(gpd.GeoDataFrame(self.table.reindex(columns=["accuracy_m", "geometry_origin"]))))

    @cached_property
    def year(self) -> Floats:
        """Year (with a fraction) that a record's data speak of; NaN where it has no date."""
        return _years(coded(pc.coalesce(self.text("valid_at"), self.text("retrieved_at"))))

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
        """Rows for names: those of parts come last, then spoiled ones; works are renamed, so age counts.

        Of sources alike the one that writes in small letters, too: capitals tell less (`_SHOUTED`).
        """
        worth = RELIABILITY_A_YEAR * self.age_years - self.reliability
        shouted = pc.fill_null(pc.match_substring_regex(self.text("names"), _SHOUTED), False)
        return self._order(self.is_part, self.spoiled("names"), worth, np.asarray(shouted, dtype=bool))

    @cached_property
    def years(self) -> Ints:
        """Rows for years of building: of two sources alike the one that tells the year, not the century."""
        rough = self.coded("year_precision").numbers(_PRECISION, _ROUGH)
        return self._order(-self.reliability, rough, self.age_years)

    @cached_property
    def places(self) -> Ints:
        """Rows for the place: an area of a reliable source before points; then the truest, then the most reliable.

        That of an office comes last. What a source lets out on a grid only counts as it leaves: a point, as true as
        its cell.
        """
        cells = {source: contract.publish_grid_m or 0.0 for source, contract in self.contracts.items()}
        cell_m = self.coded("source").numbers(cells, 0.0)
        accuracy_m = accuracy_on_grid(self.accuracy_m, cell_m)
        area = np.where(cell_m > 0, 0.0, np.nan_to_num(shapely.area(self.shapes)))
        is_area = (area > 0) & (self.reliability >= AREA_RELIABLE)
        origin = self.coded("geometry_origin").numbers(_PLACE_ORDER, _PLACE_ORDER["unknown"])
        # The whole works before a part of it: among areas the largest speaks for the site.
        size = np.where(is_area, -area, 0.0)
        return self._order(self.is_at_office, ~is_area, size, accuracy_m, origin, -self.reliability, self.age_years)

    @cached_property
    def addresses(self) -> Ints:
        """Rows for the address: those of offices come last."""
        return self._order(self.is_at_office, -self.reliability, self.accuracy_m, self.age_years)

    def order(self, column: str) -> Ints:
        """Return the rows, the best of each site first, as they count for a column."""
        if column in _ADDRESS:
            return self.addresses
        return self.volatile if column in VOLATILE else self.plain

    def first(self, order: Ints, told: Flags) -> Ints:
        """Return for each site its first row in an order among those that tell; -1 where none does."""
        rows = order[told[order]]
        out = np.full(len(self.sizes), -1, dtype=np.int64)
        sites = self.site[rows]
        new = starts_of(sites)
        out[sites[new]] = rows[new]
        return out

    def first_whole(self, order: Ints, told: Flags, *names: str) -> Ints:
        """Return what `first` does, of records that are spoiled in some columns only where no other tells."""
        spoiled = self.spoiled(*names)
        if not spoiled.any():
            return self.first(order, told)
        whole = self.first(order, told & ~spoiled)
        return np.where(whole >= 0, whole, self.first(order, told))

    def _order(self, *by: Any) -> Ints:
        """Sort rows by site, then by these, then as they stand (by key)."""
        return np.lexsort((*by[::-1], self.site)).astype(np.int64)


def _years(said: Coded) -> Floats:
    """Read ISO dates as years with a fraction; equal texts once."""
    read = pd.to_datetime(pd.Series(said.listed, dtype="str").str[:10], errors="coerce", format="ISO8601")
    years = (read.dt.year + (read.dt.day_of_year - 1) / 366).to_numpy(dtype=float)
    return np.append(years, np.nan)[said.codes]
