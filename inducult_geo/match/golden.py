"""The best value of each attribute of a site, and which record it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import WORK_CRS, Records, Sites, as_sites, from_json, to_json
from inducult_geo.match.choice import Members, absent
from inducult_geo.match.comparisons import VAGUE_TYPES
from inducult_geo.match.history import disagreements, timeline, written, years_of
from inducult_geo.match.ragged import Flags, Ints

MAIN_ROLES: Final = ("name", "official_name", "alt_name", "short_name", "old_name")
"""Roles of a name that may become the display name, best first (after the region's own languages)."""

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

TOGETHER: Final = (
    ("address", "postcode", "city"),
    ("heritage_scheme", "heritage_designation", "heritage_ref"),
)
"""Columns that are taken from one record together, so that they fit each other."""

FAR_M: Final = 1000.0
"""Places of one site farther apart than this, and than three times what they are true to, contradict each other."""

_YEARS: Final = ("start_year", "end_year", "year_precision")
_PLACE: Final = ("accuracy_m", "geometry_origin")
_TEXT_AS_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode
_UNKNOWN: Final = ("status", "present_use", "aspect")
_CLOSED: Final = ("disused", "decommissioned")
_LANGUAGES: Final = {
    "AT": "de",
    "DE": "de",
    "CH": "de",
    "LI": "de",
    "CZ": "cs",
    "SK": "sk",
    "IT": "it",
    "SI": "sl",
    "HR": "hr",
    "PL": "pl",
    "BE": "nl",
    "NL": "nl",
    "FR": "fr",
    "HU": "hu",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Confidence:
    """How sure a site is: the weakest link that holds its records together.

    A site of one record, or one that only stewards joined, counts 1; otherwise it is the lowest, over its records
    beyond the first, of the best score that ties each to the rest.
    """

    by_site: Mapping[str, float]
    reviews: Mapping[str, int]


_LINEAGE: Final = tuple(
    sorted(
        {*PLAIN, *(name for group in TOGETHER for name in group), *_YEARS, *_PLACE}
        | {"area_m2", "geometry", "name", "name_en", "names", "aspect", "type", "theme", "status", "wikidata"}
    )
)
"""Columns whose origin is told."""


class _Sites:
    """The sites while their columns are filled: values, and the row of the record that each comes from (-1: none)."""

    def __init__(self, members: Members) -> None:
        self.members = members
        size = len(members.sizes)
        self.values: dict[str, NDArray[np.object_]] = {}
        self.origin = {column: np.full(size, -1, dtype=np.int64) for column in _LINEAGE}
        self.shared: dict[int, dict[str, str]] = {}

    def take(self, column: str, rows: Ints) -> None:
        """Fill a column with the values in some rows of the records, one a site."""
        self.values[column] = self.members.values(column, rows)
        self.origin[column] = np.where(absent(self.values[column]), -1, rows)

    def best(self, column: str, told: Flags, order: Ints | None = None) -> Ints:
        """Fill a column with the best record's value among those that tell; returns the rows."""
        rows = self.members.first(self.members.order(column) if order is None else order, told)
        self.take(column, rows)
        return rows


def golden(
    records: Records,
    contracts: Mapping[str, Contract],
    *,
    confidence: Confidence | None = None,
    run_id: str | None = None,
) -> Sites:
    """Make one row a site.

    Parameters
    ----------
    records
        Records with a column `site_id` (and, where known, `first_seen`, `last_seen`).
    contracts
        Source -> contract, for reliability, licence and attribution.
    confidence
        Scores of the clusters.
    run_id
        Written to every row.

    Returns
    -------
    Sites
        Sorted by `site_id`. `lineage` names the record of every value; where several together make a value (`names`,
        `aspect`), all of them, separated by "; ".
    """
    if records.empty:
        return as_sites(gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=WORK_CRS))
    members = Members(_sorted(records), contracts)
    sites = _Sites(members)
    _plain(sites)
    runs = _state(sites)
    _place(sites)
    _credit(sites)
    lone = members.sizes == 1
    _lone(sites, np.flatnonzero(lone), runs)
    _joint(sites, np.flatnonzero(~lone), runs)
    ids = members.column("site_id")[members.starts]
    sure = confidence or Confidence({}, {})
    table = pd.DataFrame(sites.values).assign(
        site_id=ids,
        n_records=members.sizes,
        confidence=[sure.by_site.get(site, 1.0) for site in ids],
        n_review=[sure.reviews.get(site, 0) for site in ids],
        lineage=np.array(_lineage(sites, lone), dtype=object),
        run_id=run_id,
    )
    shapes = members.table["geometry"].to_numpy()[sites.origin["geometry"]]
    shapes[sites.origin["geometry"] < 0] = None
    return as_sites(gpd.GeoDataFrame(table, geometry=shapes, crs=WORK_CRS))


def _sorted(records: Records) -> pd.DataFrame:
    """Sort records by site and key; "unknown" is no value: who says nothing must not outvote one who does."""
    table = pd.DataFrame(records).copy()
    for column in ("first_seen", "last_seen"):
        if column not in table:
            table[column] = None
    table["present_use"] = table["present_use"].where(table["present_use"] != "unknown")
    order = [pd.factorize(table[name].to_numpy(dtype=object), sort=True)[0] for name in ("record_key", "site_id")]
    return table.iloc[np.lexsort(order)].reset_index(drop=True)


def _plain(sites: _Sites) -> None:
    """Fill the columns of which the best record's value is taken, alone or together with others."""
    members = sites.members
    for column in PLAIN:
        sites.best(column, members.told(column))
    sites.values["present_use"][absent(sites.values["present_use"])] = "unknown"
    for columns in TOGETHER:
        # One record speaks for all of them: the best of those that tell the first, or else any.
        rows = members.first(members.plain, members.told(columns[0]))
        others = members.first(members.plain, np.any([members.told(column) for column in columns], axis=0))
        for column in columns:
            sites.take(column, np.where(rows >= 0, rows, others))


def _state(sites: _Sites) -> Flags:
    """Fill status, type and theme; tells which sites are in production.

    A running factory's status holds before a monument's: a register of monuments tells of the monument, not of what
    goes on at the place. Type and theme of one record fit each other; those of two may not.
    """
    members = sites.members
    status, aspect = members.column("status"), members.column("aspect")
    known = members.told("status") & (status != "unknown")
    running = (status == "functional") & ((aspect == "factory") | (aspect == "both"))
    runs = members.first(members.volatile, running)
    sites.take("status", np.where(runs >= 0, runs, members.first(members.volatile, known)))
    sites.values["status"][absent(sites.values["status"])] = "unknown"
    told, vague = members.told("type"), np.isin(members.column("type").astype(str), [*VAGUE_TYPES])
    # What the works were tells more than that there is a museum in them.
    clear = members.first(members.plain, told & ~vague & ~members.is_part)
    types = np.where(clear >= 0, clear, members.first(members.plain, told))
    sites.take("type", types)
    themes = members.first(members.plain, members.told("theme"))
    fits = np.where(types >= 0, members.told("theme")[types], False)
    sites.take("theme", np.where(fits, types, themes))
    return runs >= 0


def _place(sites: _Sites) -> None:
    """Fill the place with its accuracy, origin and area."""
    members = sites.members
    shapes = members.table["geometry"].to_numpy()
    placed = ~shapely.is_missing(shapes)
    rows = members.first(members.places, placed)
    for column in _PLACE:
        # A site without any place keeps what its record says of itself.
        sites.take(column, np.where(rows >= 0, rows, members.first(members.places, np.ones(len(placed), dtype=bool))))
    area = np.where(rows >= 0, np.nan_to_num(shapely.area(shapes[rows])), 0.0)
    sites.values["area_m2"] = np.where(area > 0, area, np.nan).astype(object)
    sites.origin["area_m2"] = np.where(area > 0, rows, -1)
    sites.origin["geometry"] = rows


def _credit(sites: _Sites) -> None:
    """Fill how many sources know a site, licenses and credit lines."""
    members = sites.members
    codes, names = pd.factorize(members.column("source"))
    pairs = np.unique(members.site * len(names) + codes)
    sites.values["n_sources"] = np.bincount(pairs // len(names), minlength=len(members.sizes)).astype(object)
    credit = np.array([members.contracts[n].attribution if n in members.contracts else None for n in names], object)
    for column, values in (("licence", members.column("licence")), ("attribution", credit[codes])):
        said = values[members.starts].astype(object)
        for at in np.flatnonzero(members.sizes > 1):
            said[at] = _joined(values[members.starts[at] : members.starts[at] + members.sizes[at]])
        sites.values[column] = np.array([value or None for value in said], dtype=object)


def _lone(sites: _Sites, at: Ints, runs: Flags) -> None:
    """Fill what is left of the sites of one record: they say what it says."""
    members = sites.members
    rows = members.starts[at]
    for column in ("names", *_YEARS, "first_seen", "last_seen"):
        own = members.values(column, members.starts)
        own[members.sizes > 1] = None
        sites.values[column] = own
    sites.values["end_year"][runs] = None
    aspect = members.values("aspect", members.starts)
    sites.values["aspect"] = np.where(absent(aspect), "unknown", aspect)
    for column in ("name", "name_en", "wikidata", "timeline", "conflicts", "part_of"):
        sites.values[column] = np.full(len(members.sizes), None, dtype=object)
    names, ids, country = (members.values(column, rows) for column in ("names", "ids", "country"))
    for site, text, land in zip(at, names, country, strict=True):
        said = from_json(text)
        sites.values["name"][site] = _display_name(said, _LANGUAGES.get(land or ""))
        sites.values["name_en"][site] = said.get("en")
    for index in [index for index, text in enumerate(ids) if text is not None and "wikidata" in text]:
        sites.values["wikidata"][at[index]] = from_json(ids[index]).get("wikidata")
    dated = (members.told("start_year") | members.told("end_year"))[rows]
    told = _rows_of(members, rows[dated])
    for site, row in zip(at[dated], told, strict=True):
        sites.values["timeline"][site] = written(timeline([row]))
    for column in ("name", "name_en", "names", "wikidata", "aspect", *_YEARS):
        has = ~absent(sites.values[column][at])
        sites.origin[column][at[has]] = rows[has]
    sites.origin["aspect"][at[absent(aspect[at])]] = -1


def _joint(sites: _Sites, at: Ints, runs: Flags) -> None:
    """Fill what is left of the sites of several records."""
    members = sites.members
    rows = np.flatnonzero((members.sizes > 1)[members.site])
    told = dict(zip(rows.tolist(), _rows_of(members, rows), strict=True))
    far = _far(sites, rows)
    for site in at.tolist():
        here = slice(members.starts[site], members.starts[site] + members.sizes[site])
        ranked, named, dated = (
            [told[r] for r in o[here].tolist()] for o in (members.plain, members.names, members.years)
        )
        shared = sites.shared.setdefault(site, {})
        status = str(sites.values["status"][site])
        years = years_of(dated, "functional" if runs[site] else status)
        for column, (value, key) in years.items():
            sites.values[column][site], shared[column] = value, key
        if status == "unknown" and "end_year" in years:
            sites.values["status"][site], shared["status"] = "disused", years["end_year"][1]
        _named(sites, site, named, shared)
        sites.values["aspect"][site], shared["aspect"] = _aspect(ranked)
        items = ((from_json(row["ids"]).get("wikidata"), row["record_key"]) for row in ranked)
        sites.values["wikidata"][site], shared["wikidata"] = next((one for one in items if one[0]), (None, ""))
        sites.values["timeline"][site] = written(timeline(dated))
        differ = disagreements(ranked) | ({"place": far[site]} if site in far else {})
        sites.values["conflicts"][site] = json.dumps(differ, ensure_ascii=False, sort_keys=True) if differ else None
        for column, choose in (("first_seen", min), ("last_seen", max)):
            seen = [row[column] for row in ranked if row[column] is not None]
            sites.values[column][site] = choose(seen, default=None)


def _rows_of(members: Members, rows: Ints) -> list[Row]:
    """Return some records as plain mappings (frames of one row each would take minutes)."""
    columns = ["record_key", "source", "names", "ids", "aspect", "theme", "status", "country", "present_use"]
    columns += [*_YEARS, "first_seen", "last_seen"]
    values = [members.values(column, rows).tolist() for column in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _far(sites: _Sites, rows: Ints) -> dict[int, dict[str, str]]:
    """Find records that put their site far from where it is shown: site -> record key -> how far, in words."""
    members = sites.members
    shapes, shown = members.table["geometry"].to_numpy(), sites.origin["geometry"][members.site[rows]]
    apart_m = np.where(shown >= 0, shapely.distance(shapes[rows], shapes[shown]), np.nan)
    true_m = np.hypot(members.accuracy_m[rows], members.accuracy_m[shown])
    found: dict[int, dict[str, str]] = {}
    for row in np.flatnonzero(np.nan_to_num(apart_m) > np.maximum(FAR_M, 3 * true_m)):
        told = found.setdefault(int(members.site[rows[row]]), {})
        told[str(members.key[rows[row]])] = f"{apart_m[row] / 1000:.1f} km from the place shown"
    return found


def _named(sites: _Sites, site: int, part: Sequence[Row], shared: dict[str, str]) -> None:
    """Fill the names of a site; records are ranked, those of single units last."""
    names, origin = _names(part)
    name = _display_name(names, _LANGUAGES.get(next((row["country"] for row in part if row["country"]), "")))
    sites.values["names"][site], sites.values["name_en"][site] = to_json(names), names.get("en")
    sites.values["name"][site] = name
    shared["names"] = "; ".join(sorted(set(origin.values())))
    shared["name_en"] = origin.get("en", "")
    shared["name"] = next((origin[role] for role, value in names.items() if value == name), "")


def _lineage(sites: _Sites, lone: Flags) -> list[str | None]:
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
    for site in np.flatnonzero(~lone).tolist():
        from_rows = {c: str(keys[sites.origin[c][site]]) for c in _LINEAGE if sites.origin[c][site] >= 0}
        out[site] = to_json(from_rows | sites.shared.get(site, {}))
    return out


def _names(part: Iterable[Row]) -> tuple[dict[str, str], dict[str, str]]:
    """Merge the names of all records, and say whose each is; a second value of one role gets a numbered one."""
    merged: dict[str, str] = {}
    origin: dict[str, str] = {}
    for row in part:
        for role, value in sorted(from_json(row["names"]).items()):
            if role in merged and value in merged.values():
                continue
            free = role if role not in merged else _free_role(merged, role)
            merged[free], origin[free] = value, str(row["record_key"])
    return merged, origin


def _free_role(merged: Mapping[str, str], role: str) -> str:
    """Return the first unused numbered role: `name_2`, `name_3` ..."""
    number = 2
    while f"{role}_{number}" in merged:
        number += 1
    return f"{role}_{number}"


def _display_name(names: Mapping[str, str], language: str | None) -> str | None:
    """Choose the name to show: in the region's language, else the plain one, else any."""
    order = (role for role in (language, *MAIN_ROLES) if role is not None and role in names)
    role = next(order, None) or next((role for role in sorted(names) if role != "parent"), None)
    return names[role] if role is not None else None


def _aspect(part: Sequence[Row]) -> tuple[str, str]:
    """Say what a site is, and whose words make it that: both, where monument and factory meet."""
    said = {str(row["aspect"]): str(row["record_key"]) for row in reversed(part) if row["aspect"] is not None}
    if "both" in said:
        return "both", said["both"]
    if {"monument", "factory"} <= said.keys():
        return "both", "; ".join(sorted((said["monument"], said["factory"])))
    return next(((one, said[one]) for one in ("monument", "factory") if one in said), ("unknown", ""))


def _joined(values: Iterable[Any]) -> str | None:
    """Join the different texts, sorted."""
    return "; ".join(sorted({value for value in values if value})) or None
