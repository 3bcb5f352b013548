"""Withhold what must not be published: sources, exact places, and values of sites that come from withheld records.

A source's contract says `publish = false` (nothing of it leaves) or `publish_grid_m` (its places leave as the centers
of grid cells only). Both are obeyed for records, for the sites, pairs and questions made of them, and for every text
that would give the coordinates away: raw values, original rows, distances. What a contract maps (a street address,
say) is published as mapped: a source whose addresses are confidential must not map them.

The values of a site are chosen before anybody asks what may be published. One that loses a record is made anew of those
that stay, by the very rules of all others: nothing in it tells that the withheld record was ever there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.arrow.keys import is_in
from inducult_geo.catalog import Contract
from inducult_geo.catalog.generalization import accuracy_on_grid
from inducult_geo.catalog.models import SAMPLED
from inducult_geo.frames import (
    NO_COUNTS,
    RECORD_COLUMNS,
    REJECT_REASONS,
    REVIEW_REASONS,
    Pairs,
    Sites,
    content_hash,
    counts_of,
    from_json,
    to_json,
)
from inducult_geo.publish.bundle import Bundle, withheld_sources
from inducult_geo.publish.layers.domains import ON_GRID
from inducult_geo.publish.licences import text_of
from inducult_geo.releasing.overlapping import sites_that_stay
from inducult_geo.resolving.gaps import with_gaps

NOT_SHOWN = "Not shown: the place of a record in question is published on a grid only."

_TELLS_PLACE = ("raw_x", "raw_y", "tags")
_NOT_CONTENT = (
    *("content_hash", "place", "retrieved_at", "valid_at", "operation", "accuracy_m", "reason", "detail"),
    "region",  # Another outline, or a region more, changes nothing of what the source says.
)
_TELLS_NO_PLACE = ("no_key", "no_coordinates", "bad_geometry", "bad_row", "outside_all_regions")
"""Reasons whose words hold nothing of the coordinate."""

_LENGTH = re.compile(r"\d[\d.,]*\s?k?m(²|\b)")  # A distance or an area in words, as in "place 31 m".
_POINTS = re.compile(r"(; rest)? [+-]\d+(\.\d+)?(?=[;,]|$)")  # What counted how much, as in "place 31 m +2.9".
_OF_EXACT_PLACES = (*SAMPLED, "area_m2")
_COARSE = 1
"""Digits of a score that hides a distance: the place counts by how far away it is, and all else of a pair is known."""


@dataclass(frozen=True)
class Terms:
    """Which sources stay at home, and on what grid the places of others leave (meters)."""

    withheld: frozenset[str]
    grids: Mapping[str, float]

    def is_withheld(self, keys: pd.Series) -> pd.Series:
        """Tell of each record key (null gives False) whether its source stays at home."""
        return source_of(keys).isin(self.withheld)

    def grid_m(self, keys: pd.Series) -> pd.Series:
        """Return the cell of each record key's source in meters, NaN where its place may be shown."""
        return source_of(keys).map(dict(self.grids)).astype("float64")


def source_of(keys: pd.Series) -> pd.Series:
    """Return the source of each record key: what stands before the first colon."""
    sources = [key.split(":", 1)[0] if isinstance(key, str) else None for key in keys.tolist()]
    return pd.Series(sources, index=keys.index, dtype="str")


def for_release(bundle: Bundle, contracts: Mapping[str, Contract]) -> Bundle:
    """Return the part of a bundle that may be published, with counts of what is in it.

    Parameters
    ----------
    bundle
        All that a run knows.
    contracts
        Source id -> contract. A source without one follows its row in `bundle.sources`.

    Returns
    -------
    Bundle
        `run["withheld"]` and `sources["withheld"]` count the records that stay; all other counts are of what is
        in the bundle returned, so that `records_in = in_sites + in_review + rejected` holds in the file.
    """
    terms = _terms(bundle.sources, contracts)
    stays = bundle.records["source"].isin(terms.withheld)
    records = _generalized_records(bundle.records[~stays], terms)
    sites = _published_sites(bundle, stays, terms, contracts)
    released = replace(
        bundle,
        records=records,
        sites=sites,
        pairs=Pairs(_published_pairs(bundle.pairs, terms)),
        review=_published_review(bundle.review, terms),
    )
    if terms.withheld or terms.grids:
        # Of one or two records that were compared, how far they lie apart is a circle around what is hidden.
        released = replace(released, sources=with_gaps(bundle.sources, released.records, released.pairs))
    return _counted(_credited(released), bundle.records[stays]["source"].value_counts(), terms)


def grid_centers(shapes: Any, cell_m: Any) -> np.ndarray:
    """Return for each geometry the center of its grid cell in EPSG:3035, as a point.

    Parameters
    ----------
    shapes
        Geometries in meters; null stays null.
    cell_m
        Side of a cell, one for each geometry.
    """
    cells = np.asarray(cell_m, dtype=float)
    points = shapely.point_on_surface(np.asarray(shapes, dtype=object))
    x = (np.floor(shapely.get_x(points) / cells) + 0.5) * cells
    y = (np.floor(shapely.get_y(points) / cells) + 0.5) * cells
    placed = ~(np.isnan(x) | np.isnan(y))
    centers = np.full(len(points), None, dtype=object)
    centers[placed] = shapely.points(x[placed], y[placed])
    return centers


def _terms(sources: pd.DataFrame, contracts: Mapping[str, Contract]) -> Terms:
    """Gather the terms of all sources; where contract and table differ, the stricter one holds."""
    withheld = {name for name, contract in contracts.items() if not contract.may_publish}
    withheld |= withheld_sources(sources)
    declared = sources.dropna(subset=["publish_grid_m"])
    grids = {str(name): float(cell) for name, cell in zip(declared["source"], declared["publish_grid_m"], strict=True)}
    for name, contract in contracts.items():
        if contract.publish_grid_m:
            grids[name] = max(contract.publish_grid_m, grids.get(name, 0.0))
    return Terms(frozenset(withheld), grids)


def _on_grid(frame: gpd.GeoDataFrame, cells: pd.Series) -> gpd.GeoDataFrame:
    """Move the rows that have a cell to its center and say so; their accuracy grows by half a diagonal."""
    moved = cells.notna()
    if not moved.any():
        return frame
    out = frame.copy()
    shapes = out.geometry.to_numpy().copy()
    shapes[moved] = grid_centers(shapes[moved], cells[moved])
    out = out.set_geometry(gpd.GeoSeries(list(shapes), index=out.index, crs=frame.crs))
    if "accuracy_m" in out:
        out.loc[moved, "accuracy_m"] = _with_cell(out.loc[moved, "accuracy_m"], cells[moved])
    if "geometry_origin" in out:
        out.loc[moved, "geometry_origin"] = ON_GRID
    return out


def _with_cell(accuracy_m: pd.Series, cell_m: pd.Series) -> pd.Series:
    """Return `accuracy_on_grid` of rows in whole centimeters; where an accuracy is not known, that of the cell."""
    true_m = accuracy_on_grid(accuracy_m.astype("float64").fillna(0.0), cell_m)
    # Rounded up: no place is truer than it is.
    return pd.Series(np.ceil(true_m * 100) / 100, index=cell_m.index)


def _emptied(frame: gpd.GeoDataFrame, rows: pd.Series, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Set columns of some rows to null."""
    out = frame.copy()
    for name in columns:
        if name in out:
            out[name] = out[name].mask(rows)
    return out


def _generalized_records(records: gpd.GeoDataFrame, terms: Terms) -> gpd.GeoDataFrame:
    cells = records["source"].map(dict(terms.grids)).astype("float64")
    shown = _emptied(_on_grid(records, cells), cells.notna(), _TELLS_PLACE).reset_index(drop=True)
    on_grid = cells.notna().to_numpy()
    hidden = on_grid & ~shown["reason"].isin(_TELLS_NO_PLACE)
    shown.loc[on_grid, "content_hash"] = _hashes_of_shown(shown[on_grid])
    shown["detail"] = shown["detail"].mask(hidden, pd.Series(map(_without_value, shown["reason"]), dtype="str"))
    return shown


def _hashes_of_shown(records: gpd.GeoDataFrame) -> list[str]:
    """Hash what is published of records.

    The hash of the row as it came would give the place away: all else of the row is known, and a cell of the grid holds
    only about a million coordinates to try.
    """
    told = [name for name in RECORD_COLUMNS if name in records and name not in _NOT_CONTENT]
    rows = records[told].astype(object).itertuples(index=False, name=None)
    shapes = shapely.to_wkb(records.geometry.to_numpy(), hex=True)
    return [content_hash([*row, shape]) for row, shape in zip(rows, shapes, strict=True)]


def _without_value(reason: Any) -> str | None:
    """Say why a record cannot be used, without the value that would give its place away; null where it can."""
    if not isinstance(reason, str):
        return None
    meaning = ({**REJECT_REASONS, **REVIEW_REASONS}).get(reason, reason)
    return (
        f"{meaning}; what is written there is not shown, since the places of this source are published on a grid only: "
        "the check of its contract shows it"
    )


def _published_pairs(pairs: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    stays = terms.is_withheld(pairs["left_key"]) | terms.is_withheld(pairs["right_key"])
    return pd.DataFrame(_without_distance(pairs[~stays].reset_index(drop=True), terms))


def _published_review(review: gpd.GeoDataFrame, terms: Terms) -> gpd.GeoDataFrame:
    stays = terms.is_withheld(review["left_key"]) | terms.is_withheld(review["right_key"])
    kept = review[~stays].reset_index(drop=True)
    # The point may be of either record: the coarser grid hides both.
    cells = pd.concat([terms.grid_m(kept["left_key"]), terms.grid_m(kept["right_key"])], axis=1).max(axis=1)
    moved = _without_distance(_on_grid(kept, cells), terms)
    places = cells.notna() & moved["kind"].eq("place")
    # The words of such a question name the readings that fit, with their coordinates.
    moved["question"] = moved["question"].mask(places, NOT_SHOWN)
    moved["why"] = moved["why"].mask(places, NOT_SHOWN)
    return gpd.GeoDataFrame(moved, geometry="geometry", crs=review.crs)


def _without_distance(frame: Any, terms: Terms) -> Any:
    """Take out how far apart two places are, where one may be shown on a grid only: circles would give it away.

    So would points and the digits of a score: they tell how much the distance counted.
    """
    hidden = terms.grid_m(frame["left_key"]).notna() | terms.grid_m(frame["right_key"]).notna()
    out = frame.copy()
    out["distance_m"] = out["distance_m"].mask(hidden)
    for column in ("score", "priority"):
        if column in out:
            out[column] = out[column].mask(hidden, out[column].round(_COARSE))
    for column in ("why", "question"):
        if column in out:
            told = [
                _LENGTH.sub(r"… m\1", _POINTS.sub("", text)) if is_hidden and isinstance(text, str) else None
                for text, is_hidden in zip(out[column], hidden, strict=True)
            ]
            out[column] = out[column].mask(hidden, pd.Series(told, index=out.index, dtype="str"))
    return out


def _published_sites(bundle: Bundle, stays: pd.Series, terms: Terms, contracts: Mapping[str, Contract]) -> Sites:
    """Keep the sites that published records carry: made anew where one `stays`, on the grid of their place."""
    inside = bundle.records[~stays & (bundle.records["outcome"] == "site")]
    sites = sites_that_stay(bundle.sites, bundle.records, stays, contracts)
    placed_by = [from_json(text).get("geometry") if terms.grids else None for text in sites["lineage"].tolist()]
    cells = terms.grid_m(pd.Series(placed_by, index=sites.index, dtype="str"))
    if terms.grids:
        told = [
            _without_places(text, terms.grids.keys(), shown_on_grid=on_grid)
            for text, on_grid in zip(sites["conflicts"].tolist(), cells.notna().tolist(), strict=True)
        ]
        sites["conflicts"] = pd.Series(told, index=sites.index, dtype="str")
        holds_one = is_in(sites["site_id"], inside.loc[inside["source"].isin(terms.grids), "site_id"])
        sites["confidence"] = sites["confidence"].mask(holds_one, sites["confidence"].round(_COARSE))
    shown = _emptied(_on_grid(sites, cells), cells.notna(), _OF_EXACT_PLACES)
    lineage = zip(shown["lineage"].tolist(), cells.notna().tolist(), strict=True)
    told = [_without(text, _OF_EXACT_PLACES) if on_grid else text for text, on_grid in lineage]
    return Sites(shown.assign(lineage=pd.Series(told, index=shown.index, dtype="str")))


def _without(lineage: str, names: Iterable[str]) -> str | None:
    """Return a lineage without what tells where some values come from."""
    return to_json({name: of for name, of in from_json(lineage).items() if name not in names})


def _without_places(conflicts: Any, hidden: Collection[str], *, shown_on_grid: bool) -> str | None:
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
    return to_json(said)


def _credited(bundle: Bundle) -> Bundle:
    """Write license and credit of every site from the sources that it is made of."""
    about = bundle.sources.set_index("source")
    inside = bundle.records[bundle.records["outcome"] == "site"]
    made_of: dict[str, set[str]] = {}
    for site, source in zip(inside["site_id"].tolist(), inside["source"].tolist(), strict=True):
        made_of.setdefault(site, set()).add(source)
    sites = bundle.sites.copy()
    for column in ("licence", "attribution"):
        said = {key: text_of(value) for key, value in about[column].items()}
        sites[column] = [_joined(said.get(source, "") for source in made_of[key]) for key in sites["site_id"].tolist()]
    return replace(bundle, sites=Sites(sites))


def _counted(bundle: Bundle, withheld: pd.Series, terms: Terms) -> Bundle:
    """Count anew what is in the bundle, and tell of each source how true its places are as they are published."""
    sources = _with_counts(bundle.sources, "source", bundle.records)
    cells = sources["source"].map(dict(terms.grids)).astype("float64")
    on_grid = cells.notna() & sources["accuracy_m"].notna()
    sources.loc[on_grid, "accuracy_m"] = _with_cell(sources.loc[on_grid, "accuracy_m"], cells[on_grid])
    sources["withheld"] = sources["source"].map(withheld).fillna(0).astype("Int64")
    regions = _with_counts(bundle.regions, "region", bundle.records)
    regions["sites"] = regions["region"].map(bundle.sites["region"].value_counts()).fillna(0).astype("Int64")
    asked = pd.concat([bundle.review["left_site"], bundle.review["right_site"]]).dropna()
    pairs = bundle.review[["left_site", "right_site"]]
    # A question between two records of one site is one question about it.
    same = pairs.loc[pairs["left_site"].eq(pairs["right_site"]), "left_site"].dropna().value_counts()
    open_questions = asked.value_counts().sub(same, fill_value=0)
    sites = bundle.sites.copy()
    sites["n_review"] = sites["site_id"].map(open_questions).fillna(0).astype("Int64")
    totals = counts_of(bundle.records["outcome"])
    run = {**bundle.run, **totals.as_dict(), "sites": len(sites), "withheld": int(withheld.sum())}
    return replace(bundle, sources=sources, regions=regions, sites=Sites(sites), run=run)


def _with_counts(frame: Any, key: str, records: pd.DataFrame) -> Any:
    out = frame.copy()
    groups = {name: counts_of(group).as_dict() for name, group in records.groupby(key)["outcome"]}
    empty = NO_COUNTS.as_dict()
    for name in empty:
        out[name] = pd.array([groups.get(value, empty)[name] for value in out[key]], dtype="Int64")
    return out


def _joined(texts: Iterable[str]) -> str | None:
    """Join the different texts, sorted."""
    return "; ".join(sorted({text for text in texts if text})) or None
