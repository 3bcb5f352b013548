"""The rows of sites while they are filled: the values of each column, and which record each comes from."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from inducult_geo.frames import TOGETHER, to_json
from inducult_geo.match.choice import Members
from inducult_geo.ragged import Flags, Ints

PLAIN: Final = (
    "region",
    "country",
    "operator",
    "nace",
    "erih_role",
    "present_use",
    "visitor_access",
    "opening_hours",
    "fee",
) + ("wheelchair", "website", "wikipedia", "image")
"""Columns of which the best record's value is taken."""

YEARS: Final = ("start_year", "end_year", "year_precision")
PLACE: Final = ("accuracy_m", "geometry_origin")
_TEXT_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode

_LINEAGE: Final = tuple(
    sorted(
        {*PLAIN, *(name for group in TOGETHER for name in group), *YEARS, *PLACE}
        | {"area_m2", "geometry", "name", "name_en", "names", "aspect", "type", "theme", "status", "wikidata"}
    )
)
"""Columns whose origin is told."""


USED: Final = (
    *("record_key", "site_id", "source", "names", "ids", "type", "theme", "aspect", "status", "licence", "geometry"),
    *("valid_at", "retrieved_at", "first_seen", "last_seen", *PLAIN, *YEARS, *PLACE),
    *(name for group in TOGETHER for name in group),
)
"""Columns of a record that a site is made of."""


class FilledSites:
    """The sites while their columns are filled: values, and the row of the record that each comes from (-1: none)."""

    def __init__(self, members: Members) -> None:
        self.members = members
        size = len(members.sizes)
        self.values: dict[str, Any] = {}
        self.origin = {column: np.full(size, -1, dtype=np.int64) for column in _LINEAGE}
        self.shared: dict[int, dict[str, str]] = {}

    def take(self, column: str, rows: Ints) -> None:
        """Fill a column with the values in some rows of the records, one a site."""
        # Taken as the column is: as objects every text would be made anew, twice.
        self.values[column] = self.members.table[column].array.take(rows, allow_fill=True)
        self.origin[column] = np.where(self.values[column].isna(), -1, rows)

    def best(self, column: str, told: Flags, order: Ints | None = None) -> Ints:
        """Fill a column with the best record's value among those that tell; returns the rows."""
        rows = self.members.first(self.members.order(column) if order is None else order, told)
        self.take(column, rows)
        return rows


def lineage(sites: FilledSites, lone: Flags) -> list[str | None]:
    """Write for each site which record each value comes from."""
    has = np.column_stack([sites.origin[column] >= 0 for column in _LINEAGE])
    keys = sites.members.key
    out: list[str | None] = [None] * len(lone)
    at = np.flatnonzero(lone)
    # One number a site: sorting rows of flags takes longer than writing them.
    which, numbers = pd.factorize(has[at] @ (1 << np.arange(len(_LINEAGE), dtype=np.int64)))
    patterns = (numbers[:, None] >> np.arange(len(_LINEAGE)) & 1).tolist()
    hole = "\x00"
    forms = [to_json({c: hole for c, is_so in zip(_LINEAGE, row, strict=True) if is_so}) for row in patterns]
    blank = json.dumps(hole)
    for site, form in zip(at.tolist(), which.tolist(), strict=True):
        told = forms[form]
        own = _TEXT_AS_JSON(keys[sites.members.starts[site]])
        out[site] = told.replace(blank, own) if told is not None else None
    joint = np.flatnonzero(~lone)
    at, column = np.nonzero(has[joint])
    origin = np.column_stack([sites.origin[name][joint] for name in _LINEAGE])
    pairs = zip(np.array(_LINEAGE)[column].tolist(), keys[origin[at, column]].tolist(), strict=True)
    for site, count in zip(joint.tolist(), has[joint].sum(axis=1).tolist(), strict=True):
        out[site] = to_json(dict(islice(pairs, count)) | sites.shared.get(site, {}))
    return out
