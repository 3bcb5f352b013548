"""Sites that lose a record on the way out: their values are filled anew from the records that stay.

The values of a site are chosen before anybody asks what may be published. Where one of its records is withheld, only
what a published record says may remain; the lineage tells which that is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog.models import AREA_RELIABLE, DEFAULT_RELIABILITY
from inducult_geo.errors import ReleaseError
from inducult_geo.frames import ENDS, RECORD_COLUMNS, SITE_COLUMNS, TOGETHER, from_json, to_json

SAMPLED = ("elevation_m", "land_cover", "population_per_km2")
"""Columns that rasters gave for the true place."""

_PLACE = ("accuracy_m", "geometry_origin")
_OWN = ("region", "country", "names", "aspect", "licence", *_PLACE)
_YEARS = ("start_year", "end_year", "year_precision", "end_precision")
_JOINED = {*_OWN, *_YEARS, *(name for group in TOGETHER for name in group)}
_PLAIN = tuple(name for name in SITE_COLUMNS if name in RECORD_COLUMNS and name not in _JOINED)
"""Columns of a site that are one record's value, whatever the others are."""


def rebuilt(
    sites: gpd.GeoDataFrame, touched: pd.Series, records: gpd.GeoDataFrame, reliability: Mapping[str, float]
) -> gpd.GeoDataFrame:
    """Return the sites with those that lost a record filled anew: reliable sources first, then true places.

    Parameters
    ----------
    sites
        `SITE_COLUMNS` and geometry.
    touched
        True for each row of `sites` that lost a record.
    records
        The records that stay as they leave, with `site_id`: every site has one at least.
    reliability
        Source -> what it is worth (0 to 100).

    Raises
    ------
    ReleaseError
        Where a site loses its place, and none of its other records has one.
    """
    lost = sites[touched]
    if lost.empty:
        return sites.copy()
    staying = records[records["site_id"].isin(lost["site_id"])]
    worth = staying["source"].map(dict(reliability)).astype("float64").fillna(DEFAULT_RELIABILITY)
    ordered = staying.assign(unworthy=-worth).sort_values(["unworthy", "accuracy_m", "record_key"], na_position="last")
    members = {str(key): rows for key, rows in ordered.groupby("site_id")}
    rows = [_filled(site, members[site["site_id"]]) for site in lost.to_dict("records")]
    filled = pd.DataFrame(rows, index=lost.index)[[*sites.columns]]
    whole = pd.concat([pd.DataFrame(sites[~touched]).astype(object), filled.astype(object)]).sort_index()
    typed = whole.astype({**SITE_COLUMNS})
    return gpd.GeoDataFrame(typed, geometry="geometry", crs=sites.crs)


def _filled(site: dict[Any, Any], members: pd.DataFrame) -> dict[Any, Any]:
    """Return one site with nothing in it but what these records say."""
    keys = set(members["record_key"])
    lineage = {column: key for column, key in from_json(site["lineage"]).items() if key in keys}
    out = dict(site)
    for column in _PLAIN:
        if column not in lineage:
            out[column], lineage[column] = _first(members, column)
    for group in TOGETHER:
        if not lineage.keys() & {*group}:
            _refill(out, members, group, lineage)
    _redate(out, members, lineage)
    out["aspect"] = _aspect(members["aspect"])
    items = [from_json(text).get("wikidata") for text in members["ids"]]
    out["wikidata"] = next((item for item in items if item), None)
    _rename(out, members, lineage)
    if "geometry" in lineage:
        lineage |= _of_rasters(site["lineage"])
    else:
        lineage["geometry"] = _replace_place(out, members)
        lineage |= dict.fromkeys(_PLACE, lineage["geometry"])
    if len(keys) == 1:
        out["confidence"] = 1.0
    out["lineage"] = to_json(lineage)
    events = _retold(_events(site["timeline"]), members)
    out["timeline"] = json.dumps(events, ensure_ascii=False, sort_keys=True) if events else None
    said = {column: _said_by(keys, values) for column, values in from_json(site["conflicts"]).items()}
    out["conflicts"] = _contradicting(said)
    return out


def _of_rasters(lineage: Any) -> dict[str, str]:
    """Return which raster gave which value: it was asked at the site's place, whoever else is withheld."""
    return {column: key for column, key in from_json(lineage).items() if column in SAMPLED}


def without_places(conflicts: Any, hidden: Collection[str], *, shown_on_grid: bool) -> str | None:
    """Return contradictions without how far apart places are, where one of them is hidden: a circle gives it away.

    Parameters
    ----------
    conflicts
        A site's contradictions as JSON.
    hidden
        Sources whose places are published on a grid only.
    shown_on_grid
        Whether the site's own place is.
    """
    said = from_json(conflicts)
    if shown_on_grid or any(key.split(":", 1)[0] in hidden for key in said.get("place", {})):
        said.pop("place", None)
    return _contradicting(said)


def _events(timeline: Any) -> list[dict[str, Any]]:
    return json.loads(timeline) if isinstance(timeline, str) else []


def _retold(events: Sequence[Mapping[str, Any]], members: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the events that a staying record tells; an event that several told names the first of them alone."""
    keys = set(members["record_key"])
    own = {(event["record"], event["year"]) for event in events}
    kept = []
    for event in events:
        column = "end_year" if event["event"] in ENDS else "start_year"
        same = members["record_key"][(members[column] == event["year"]).fillna(False).to_numpy(dtype=bool)]
        others = (key for key in same if (key, event["year"]) not in own)
        teller = event["record"] if event["record"] in keys else next(others, None)
        if teller is not None:
            kept.append({**event, "record": teller})
    return kept


def _said_by(keys: Collection[str], values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key in keys}


def _contradicting(said: Mapping[str, Mapping[str, str]]) -> str | None:
    """Write what is still a contradiction: of places one record's word is enough, of all else it takes two."""
    kept = {column: dict(v) for column, v in said.items() if len(set(v.values())) > 1 or (column == "place" and v)}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None


def _first(members: pd.DataFrame, column: str) -> tuple[Any, str | None]:
    """Return the best record's value and the record's key, nothing where none has one; "unknown" outvotes nobody."""
    # Of two columns only: to choose the rows of the whole frame would copy each of its columns, for every value asked.
    values = members[column]
    known = values.notna().to_numpy()
    said = known & ~values.isin(["unknown"]).to_numpy()
    rows = np.flatnonzero(said if said.any() else known)
    return (values.iloc[rows[0]], members["record_key"].iloc[rows[0]]) if len(rows) else (None, None)


def _refill(site: dict[Any, Any], members: pd.DataFrame, group: Sequence[str], lineage: dict[str, Any]) -> None:
    """Let one record speak for all columns of a group, in place: the best that tells the first, or else any."""
    speaks = next((key for name in group if (key := _first(members, name)[1]) is not None), None)
    said = members[members["record_key"] == speaks]
    for column in group:
        site[column], lineage[column] = _first(said, column)


def _redate(site: dict[Any, Any], members: pd.DataFrame, lineage: dict[str, Any]) -> None:
    """Fill the years that no staying record gives yet, in place: none ends before it begins, or while it produces."""
    if "start_year" not in lineage:
        last = site["end_year"] if "end_year" in lineage else None
        fits = members if last is None else members[~(members["start_year"] > last).fillna(False)]
        (site["start_year"], lineage["start_year"]) = _first(fits, "start_year")
        said = members[members["record_key"] == (lineage["start_year"] or lineage.get("end_year"))]
        site["year_precision"], lineage["year_precision"] = _first(said, "year_precision")
    if "end_year" not in lineage:
        ends = members if site["status"] != "functional" else members[:0]
        if lineage["start_year"] is not None:
            ends = ends[(ends["end_year"] >= site["start_year"]).fillna(False)]
        site["end_year"], lineage["end_year"] = _first(ends, "end_year")
        said = members[members["record_key"] == lineage["end_year"]]
        site["end_precision"], lineage["end_precision"] = _first(said, "end_precision")


def _rename(site: dict[Any, Any], members: pd.DataFrame, lineage: dict[str, Any]) -> None:
    """Leave the names that these records give, in place."""
    names: dict[str, str] = {}
    for text in members["names"]:
        names = {**from_json(text), **names}
    if site["name"] not in names.values():
        site["name"] = names.get("name", next(iter(names.values()), None))
    site["name_en"] = names.get("en")
    site["names"] = to_json(names)
    lineage["name"] = lineage.get("name") or _first(members, "names")[1]


def _aspect(said: Iterable[Any]) -> str:
    """Return what the aspects of several records make of a site: both, where monument and factory meet."""
    found = {aspect for aspect in said if isinstance(aspect, str)}
    if "both" in found or {"monument", "factory"} <= found:
        return "both"
    return next((aspect for aspect in ("monument", "factory") if aspect in found), "unknown")


def _replace_place(site: dict[Any, Any], members: pd.DataFrame) -> str:
    """Put a site where its best record is, in place; return that record's key.

    As for a site that lost none: an outline of a reliable source before points, the largest first; then the truest.
    """
    placed = members[members["geometry"].notna()]
    if placed.empty:
        raise ReleaseError(f"site {site['site_id']} has no record with a place that may be published: reject it first")
    areas = shapely.area(placed["geometry"].to_numpy()) * (placed["unworthy"].to_numpy() <= -AREA_RELIABLE)
    best = placed.iloc[np.lexsort((placed["accuracy_m"].to_numpy(dtype=float, na_value=np.inf), -areas))[0]]
    area = round(float(best["geometry"].area), 1)
    site.update({column: best[column] for column in _PLACE})
    site.update({"geometry": best["geometry"], "area_m2": area if area > 0 else None})
    site.update(dict.fromkeys(SAMPLED))
    return str(best["record_key"])
