"""The best value of each attribute of a site, and which record it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import WORK_CRS, Records, Sites, as_sites, from_json, to_json
from inducult_geo.match.comparisons import VAGUE_TYPES
from inducult_geo.match.prepare import accuracies

DEFAULT_RELIABILITY: Final = 50
MAIN_ROLES: Final = ("name", "official_name", "alt_name", "short_name", "old_name")
"""Roles of a name that may become the display name, best first (after the region's own languages)."""

PLAIN: Final = (
    ("region", "country", "operator", "nace", "heritage_scheme", "heritage_designation", "heritage_ref")
    + ("erih_role", "present_use", "visitor_access", "opening_hours", "fee", "wheelchair", "website", "wikipedia")
    + ("image",)
)
"""Columns of which the best record's value is taken."""

TOGETHER: Final = (
    ("address", "postcode", "city"),
    ("start_year", "end_year", "year_precision"),
    ("heritage_scheme", "heritage_designation", "heritage_ref"),
)
"""Columns that are taken from one record together, so that they fit each other."""

_PLACE_ORDER: Final = {"surveyed": 0, "digitized": 1, "unknown": 2, "address": 3, "settlement": 4}
_AREA_RELIABLE: Final = 40
_LANGUAGES: Final = {
    "AT": "de",
    "DE": "de",
    "CZ": "cs",
    "IT": "it",
    "SI": "sl",
    "HR": "hr",
    "PL": "pl",
    "BE": "nl",
    "NL": "nl",
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
        Sorted by `site_id`.
    """
    if records.empty:
        return as_sites(gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=WORK_CRS))
    ranked = _ranked(records, contracts)
    best = ranked.groupby("site_id", sort=True)
    table = best[[*PLAIN]].first()
    lineage: dict[str, dict[str, str]] = {site: {} for site in table.index}
    for column in PLAIN:
        _note(lineage, column, ranked)
    for columns in TOGETHER:
        _take_together(table, ranked, columns, lineage)
    places = _places(ranked)
    table[["accuracy_m", "geometry_origin"]] = places[["accuracy_m", "geometry_origin"]]
    table["area_m2"] = places["area_m2"].where(places["area_m2"] > 0)
    for site, key in places["record_key"].items():
        lineage[str(site)]["geometry"] = key
    rows = {site: _judged(part, contracts, lineage[site]) for site, part in _by_site(ranked)}
    table = table.join(pd.DataFrame.from_dict(rows, orient="index"))
    table["present_use"] = table["present_use"].fillna("unknown")
    table["lineage"] = [to_json(lineage[str(site)]) for site in table.index]
    sure = confidence or Confidence({}, {})
    table["confidence"] = [sure.by_site.get(str(site), 1.0) for site in table.index]
    table["n_review"] = [sure.reviews.get(str(site), 0) for site in table.index]
    table["run_id"] = run_id
    frame = table.rename_axis("site_id").reset_index()
    return as_sites(gpd.GeoDataFrame(frame, geometry=places["geometry"].to_numpy(), crs=WORK_CRS))


def _ranked(records: Records, contracts: Mapping[str, Contract]) -> pd.DataFrame:
    """Sort records within their site: reliable sources first, then precise ones, then fresh ones."""
    table = pd.DataFrame(records).copy()
    told = {source: contract.reliability for source, contract in contracts.items()}
    table["_reliability"] = table["source"].map(told).fillna(DEFAULT_RELIABILITY).astype(float)
    table["_accuracy"] = accuracies(records)
    # "unknown" is no value: a source that says nothing must not outvote one that does.
    table["present_use"] = table["present_use"].where(table["present_use"] != "unknown")
    table["_fresh"] = table["valid_at"].where(table["valid_at"].notna(), table["retrieved_at"]).fillna("")
    order = ["site_id", "_reliability", "_accuracy", "_fresh", "record_key"]
    return table.sort_values(order, ascending=[True, False, True, False, True], ignore_index=True)


def _note(lineage: dict[str, dict[str, str]], column: str, ranked: pd.DataFrame) -> None:
    """Note which record a column's value comes from."""
    told = ranked[ranked[column].notna()].drop_duplicates("site_id")
    for site, key in zip(told["site_id"], told["record_key"], strict=True):
        lineage[site][column] = key


def _take_together(
    table: pd.DataFrame, ranked: pd.DataFrame, columns: tuple[str, ...], lineage: dict[str, dict[str, str]]
) -> None:
    """Take columns from one record: the best of those that tell the first, or else any of them."""
    told = ranked[ranked[[*columns]].notna().any(axis=1)]
    told = told.assign(_lacking=told[columns[0]].isna()).sort_values("_lacking", kind="stable")
    chosen = told.drop_duplicates("site_id").set_index("site_id")
    for column in columns:
        table[column] = chosen[column].reindex(table.index)
        present = chosen[chosen[column].notna()]
        for site in table.index:
            lineage[site].pop(column, None)
        for site, key in present["record_key"].items():
            lineage[str(site)][column] = key


def _places(ranked: pd.DataFrame) -> pd.DataFrame:
    """Choose the geometry: an area of a reliable source before points; then the truest, then the most reliable."""
    shapes = ranked["geometry"].to_numpy()
    area = np.nan_to_num(shapely.area(shapes))
    is_area = (area > 0) & (ranked["_reliability"] >= _AREA_RELIABLE).to_numpy()
    table = ranked[["site_id", "record_key", "geometry", "accuracy_m", "geometry_origin"]].assign(
        area_m2=area,
        _missing=shapely.is_missing(shapes),
        _no_area=~is_area,
        _origin=ranked["geometry_origin"].map(_PLACE_ORDER).fillna(2),
        _accuracy=ranked["_accuracy"],
        _rank=np.arange(len(ranked)),
    )
    # The whole works before a part of it: among areas the largest speaks for the site.
    table["_size"] = np.where(is_area, -area, 0.0)
    order = ["site_id", "_missing", "_no_area", "_size", "_accuracy", "_origin", "_rank"]
    return table.sort_values(order).drop_duplicates("site_id").set_index("site_id")


def _by_site(ranked: pd.DataFrame) -> Iterator[tuple[str, list[Row]]]:
    """Give each site with its records as plain mappings (frames of one row each would take minutes)."""
    columns = ("record_key", "source", "names", "ids", "aspect", "type", "theme", "status", "country", "licence")
    told = ranked.reindex(columns=["site_id", *columns, "first_seen", "last_seen"])
    values = [told[name].astype(object).where(told[name].notna(), None).tolist() for name in told]
    rows: Iterator[Row] = (dict(zip([*map(str, told)], row, strict=True)) for row in zip(*values, strict=True))
    for site, part in groupby(rows, key=itemgetter("site_id")):
        yield str(site), [*part]


def _told(part: Iterable[Row], column: str) -> list[str]:
    """Return what the records say of a column, the best first."""
    return [str(row[column]) for row in part if row[column] is not None]


def _judged(part: list[Row], contracts: Mapping[str, Contract], lineage: dict[str, str]) -> dict[str, Any]:
    """Work out the columns of one site that need more than the best record's value; records are ranked."""
    names = _names(part)
    name = _display_name(names, _LANGUAGES.get(next(iter(_told(part, "country")), "")))
    status, type_ = _status(part), _type(part)
    # Type and theme of one record fit each other; those of two may not.
    theme = type_ if type_ and type_["theme"] else next((row for row in part if row["theme"]), None)
    for column, chosen in (
        ("name", next((row for row in part if name and name in from_json(row["names"]).values()), None)),
        ("status", status),
        ("type", type_),
        ("theme", theme),
    ):
        if chosen is not None:
            lineage[column] = str(chosen["record_key"])
    wikidata = [from_json(row["ids"]).get("wikidata") for row in part]
    return {
        "name": name,
        "name_en": names.get("en"),
        "names": to_json(names),
        "aspect": _aspect(_told(part, "aspect")),
        "type": type_["type"] if type_ else None,
        "theme": theme["theme"] if theme else None,
        "status": status["status"] if status else "unknown",
        "wikidata": next((value for value in wikidata if value), None),
        "n_sources": len({row["source"] for row in part}),
        "n_records": len(part),
        "licence": _joined(_told(part, "licence")),
        "attribution": _joined(contracts[s].attribution for s in _told(part, "source") if s in contracts),
        "first_seen": min(_told(part, "first_seen"), default=None),
        "last_seen": max(_told(part, "last_seen"), default=None),
    }


def _names(part: Iterable[Row]) -> dict[str, str]:
    """Merge the names of all records; a second value of one role is kept under a numbered one."""
    merged: dict[str, str] = {}
    for row in part:
        for role, value in sorted(from_json(row["names"]).items()):
            if value not in merged.values():
                merged[role if role not in merged else _free_role(merged, role)] = value
    return merged


def _free_role(merged: Mapping[str, str], role: str) -> str:
    """Return the first unused numbered role: `name_2`, `name_3` ..."""
    number = 2
    while f"{role}_{number}" in merged:
        number += 1
    return f"{role}_{number}"


def _display_name(names: Mapping[str, str], language: str | None) -> str | None:
    """Choose the name to show: in the region's language, else the plain one, else any."""
    order = [role for role in (language, *MAIN_ROLES) if role is not None and role in names]
    return names[order[0]] if order else next((value for _, value in sorted(names.items())), None)


def _aspect(told: Iterable[str]) -> str:
    """Both where monument and factory meet."""
    seen = set(told)
    if "both" in seen or {"monument", "factory"} <= seen:
        return "both"
    return next((one for one in ("monument", "factory") if one in seen), "unknown")


def _status(part: Iterable[Row]) -> Row | None:
    """Choose whose status holds: the best record's that knows one, but a running factory's before a monument's.

    A register of monuments tells of the monument, not of what goes on at the place.
    """
    told = [row for row in part if row["status"] not in (None, "unknown")]
    running = (row for row in told if row["status"] == "functional" and row["aspect"] in ("factory", "both"))
    return next(running, told[0] if told else None)


def _type(part: Iterable[Row]) -> Row | None:
    """Choose whose type holds: the best record's that is not vague, else the best record's."""
    told = [row for row in part if row["type"] is not None]
    return next((row for row in told if row["type"] not in VAGUE_TYPES), told[0] if told else None)


def _joined(values: Iterable[str]) -> str | None:
    """Join the different texts, sorted."""
    return "; ".join(sorted({value for value in values if value})) or None
