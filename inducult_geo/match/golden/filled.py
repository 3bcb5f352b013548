"""Rows of sites that are being filled: the values of each column, and the record that each comes from."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa

from inducult_geo.arrow.texts import in_json, one_after_the_other, only, replaced, strung, taken, texts, told
from inducult_geo.frames import TOGETHER
from inducult_geo.match.golden.choice import Members
from inducult_geo.ragged import Floats, Ints

PLAIN: Final = (
    *("region", "country", "operator", "nace", "erih_role", "present_use", "visitor_access", "opening_hours", "fee"),
    *("wheelchair", "website", "wikipedia", "image"),
)
"""Columns of which the best record's value is taken."""

YEARS: Final = ("start_year", "end_year", "year_precision", "end_precision")
PLACE: Final = ("accuracy_m", "geometry_origin")

_LINEAGE: Final = tuple(
    sorted(
        {*PLAIN, *(name for group in TOGETHER for name in group), *YEARS, *PLACE}
        | {"area_m2", "geometry", "name", "name_en", "names", "aspect", "type", "theme", "status", "wikidata"}
    )
)
"""Columns whose origin is told."""

USED: Final = (
    *("record_key", "site_id", "source", "names", "ids", "type", "theme", "aspect", "status", "licence"),
    *("valid_at", "retrieved_at", "first_seen", "last_seen", *PLAIN, *YEARS, *PLACE),
    *(name for group in TOGETHER for name in group),
)
"""Columns of a record that a site is made of."""


class FilledSites:
    """The sites while their columns are filled.

    Attributes
    ----------
    members
        Their records.
    values
        Column -> one value a site: texts of Arrow, or numbers with NaN for null.
    origin
        Column -> row of the record that each value comes from; -1 where there is none.
    """

    def __init__(self, members: Members) -> None:
        self.members = members
        size = len(members.sizes)
        self.values: dict[str, Any] = {}
        self.origin = {column: np.full(size, -1, dtype=np.int64) for column in _LINEAGE}
        self._said: list[pa.Array] = []

    def take(self, column: str, rows: Ints) -> None:
        """Fill a column of texts with the values in some rows of the records, one a site."""
        self.values[column] = taken(self.members.text(column), rows)
        self.origin[column] = np.where(told(self.values[column]), rows, -1)

    def fill(self, column: str, numbers: Floats, rows: Ints) -> None:
        """Fill a column of numbers, which come from some rows of the records, one a site."""
        self.values[column] = numbers
        self.origin[column] = np.where(np.isnan(numbers), -1, rows)

    def best(self, column: str) -> None:
        """Fill a column of texts with the best record's value among those that tell one."""
        told_there = self.members.told(column)
        self.take(column, self.members.first_whole(self.members.order(column), told_there, column))

    def put(self, column: str, sites: Ints, values: Any) -> None:
        """Put texts into a column, of some sites."""
        self.values[column] = replaced(self.values[column], sites, values)

    def say(self, column: str, sites: Ints, origins: Any) -> None:
        """Tell in words where the values of some sites come from: texts of several keys, one a site."""
        start = len(self.members) + sum(map(len, self._said))
        self.origin[column][sites] = start + np.arange(len(sites))
        self._said.append(texts(origins))

    def lineage(self) -> pa.Array:
        """Write for each site which record each value comes from, as JSON."""
        whole = np.column_stack([self.origin[column] for column in _LINEAGE])
        site, column = np.nonzero(whole >= 0)
        counts = np.bincount(site, minlength=len(whole))
        has = counts > 0
        is_later = np.arange(len(site)) > (np.cumsum(counts) - counts)[site]
        # For each value a head and a key, and for each site a bracket at the end.
        pieces = np.zeros(2 * len(site) + np.count_nonzero(has), dtype=np.int64)
        at = 2 * np.arange(len(site)) + (np.cumsum(has) - has)[site]
        heads = ["}", *(f"{sign}{json.dumps(name)}: " for sign in ("{", ", ") for name in _LINEAGE)]
        pieces[at] = 1 + column + len(_LINEAGE) * is_later
        pieces[at + 1] = len(heads) + whole[site, column]
        said = in_json(one_after_the_other([self.members.text("record_key"), *self._said]))
        return only(has, strung(one_after_the_other([texts(heads), said]), pieces, 2 * counts + has))
