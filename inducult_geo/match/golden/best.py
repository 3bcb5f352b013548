"""The best value of each attribute of a site, and which record it comes from.

Worked out for a block of sites at a time: what stands between the records and the rows is never larger than a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from inducult_geo.arrow.keys import order_of
from inducult_geo.arrow.texts import (
    as_column,
    bare,
    coded,
    either,
    first_of_each,
    joined,
    no_texts,
    replaced,
    taken,
    texts,
)
from inducult_geo.catalog.models import FINER_TYPES, Contract
from inducult_geo.errors import CountingError
from inducult_geo.frames import SITE_COLUMNS, TEXT, TOGETHER, WORK_CRS, Records, Sites, as_sites, from_json
from inducult_geo.match.golden.choice import Members
from inducult_geo.match.golden.filled import PLAIN, USED, FilledSites
from inducult_geo.match.golden.names import fill_names
from inducult_geo.match.golden.years import fill_dates
from inducult_geo.match.pairs.types import VAGUE_TYPES
from inducult_geo.ragged import Flags, Floats, Ints, Ragged, sets
from inducult_geo.text import wikidata_item

BLOCK: Final = 50_000
"""Records whose sites are filled at once; the records of one site stay together."""


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

    Returns
    -------
    Sites
        Sorted by `site_id`. `lineage` names the record of every value; where several together make a value (`names`,
        `aspect`), all of them, separated by "; ". `run_id` is null: what is found here goes into it.

    Raises
    ------
    CountingError
        Where a record has no `site_id`: it would get lost, or pass for one of another site.
    """
    if records.empty:
        return as_sites(gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=WORK_CRS))
    whole = pd.DataFrame(records)
    homeless = whole["site_id"].isna() if "site_id" in whole else pd.Series(True, index=whole.index)
    if homeless.any():
        first = whole.loc[homeless, "record_key"].iloc[0]
        raise CountingError(
            f"golden: {homeless.sum()} of {len(whole)} records have no site_id ('{first}'): give each one"
        )
    told = [name for name in USED if name in whole and whole[name].notna().any()]
    table = whole[[*told, "geometry"]]
    order = order_of(table, ["site_id", "record_key"])
    blocks = [
        _block(table.iloc[rows].reset_index(drop=True), contracts, confidence or Confidence({}, {}))
        for rows in _cut(texts(table["site_id"]), order)
    ]
    return _stacked(blocks)


def _cut(sites: pa.Array, order: Ints) -> Iterator[Ints]:
    """Cut ordered rows into blocks of about `BLOCK`, never within a site."""
    starts = np.append(np.flatnonzero(first_of_each(taken(sites, order))), len(order))
    ends = np.unique(starts[np.searchsorted(starts, [*range(0, len(order), BLOCK), len(order)])])
    return (order[start:end] for start, end in pairwise(ends))


def _block(table: pd.DataFrame, contracts: Mapping[str, Contract], sure: Confidence) -> dict[str, Any]:
    """Make the rows of some sites, of their records in the order of site and key: column -> values."""
    if "present_use" in table:
        # "unknown" is no value: who says nothing must not outvote one who does.
        table["present_use"] = table["present_use"].where(table["present_use"] != "unknown")
    members = Members(table, contracts)
    sites = FilledSites(members)
    _plain(sites)
    runs = _state(sites)
    _place(sites)
    _aspect(sites)
    _wikidata(sites)
    _credit(sites)
    fill_names(sites)
    fill_dates(sites, runs)
    ids = taken(members.text("site_id"), members.starts)
    sites.values |= {"site_id": ids, "n_records": members.sizes, "lineage": sites.lineage()}
    sites.values["confidence"] = _looked_up(sure.by_site, ids, 1.0)
    sites.values["n_review"] = _looked_up(sure.reviews, ids, 0.0)
    return {name: values for name, values in sites.values.items() if not _is_empty(values)}


def _is_empty(values: Any) -> bool:
    """Tell whether a column of texts has no value."""
    return isinstance(values, pa.Array) and bool(values.null_count == len(values))


def _looked_up(known: Mapping[str, float], ids: pa.Array, other: float) -> Floats:
    """Return the number of each site, another one where none is known."""
    return np.array([known.get(site, other) for site in ids.to_pylist()] if known else len(ids) * [other], dtype=float)


def _stacked(blocks: list[dict[str, Any]]) -> Sites:
    """Put blocks of sites one under the other; texts stay where they are, as one chunk a block."""
    sizes = [len(block["n_records"]) for block in blocks]
    size = sum(sizes)
    # Columns without any value share one: it is never written into.
    nothing = as_column(no_texts(size))
    columns: dict[str, Any] = {}
    for name, kind in SITE_COLUMNS.items():
        parts = [block.pop(name, None) for block in blocks]
        if all(part is None for part in parts):
            columns[name] = nothing.copy() if kind == TEXT else pd.Series(np.full(size, np.nan), dtype=kind)
        elif kind == TEXT:
            told = [no_texts(rows) if part is None else part for part, rows in zip(parts, sizes, strict=True)]
            columns[name] = as_column(pa.chunked_array(told))
        else:
            columns[name] = pd.Series(np.concatenate(parts), dtype=kind)
    shapes = np.concatenate([block.pop("geometry") for block in blocks])
    return as_sites(gpd.GeoDataFrame(columns, geometry=shapes, crs=WORK_CRS))


def _plain(sites: FilledSites) -> None:
    """Fill the columns of which the best record's value is taken, alone or together with others."""
    for column in PLAIN:
        sites.best(column)
    sites.values["present_use"] = either(sites.values["present_use"], "unknown")
    for columns in TOGETHER:
        _together(sites, columns)


def _together(sites: FilledSites, columns: Sequence[str]) -> None:
    """Fill columns for all of which one record speaks: the best of those that tell the first, or else any."""
    members = sites.members
    told = np.array([members.told(column) for column in columns])
    order = members.order(columns[0])
    rows = members.first_whole(order, told[0], *columns)
    rows = np.where(rows >= 0, rows, members.first_whole(order, np.any(told, axis=0), *columns))
    more = _completing(members, rows, columns, told)
    for column, is_told in zip(columns, told, strict=True):
        sites.take(column, np.where((rows >= 0) & is_told[rows], rows, more))


def _completing(members: Members, rows: Ints, columns: Sequence[str], told: Flags) -> Ints:
    """Find for each site the best record that tells what the one that speaks for it leaves out; -1 where none does.

    It must tell the same in the first column, but for how that is written, and contradict none of the others.

    Parameters
    ----------
    rows
        The record that speaks for each site; -1 for none.
    told
        Which records say something in each of the columns (columns, records).
    """
    speaks = rows[members.site]
    adds = (told & ~told[:, speaks]).any(axis=0)
    some = np.flatnonzero((speaks >= 0) & told[0] & told[0, speaks] & adds)
    fits = np.ones(len(some), dtype=bool)
    for column in columns:
        said = coded(bare(taken(members.text(column), np.concatenate([some, speaks[some]])))).codes
        mine, theirs = np.split(said, 2)
        fits &= (mine == theirs) | (mine < 0) | (theirs < 0)
    found = np.zeros(len(members), dtype=bool)
    found[some[fits]] = True
    return members.first_whole(members.order(columns[0]), found, *columns)


def _state(sites: FilledSites) -> Flags:
    """Fill status, type and theme; tells which sites are in production.

    A running factory's status holds before a monument's: a register of monuments tells of the monument, not of what
    goes on at the place. Type and theme of one record fit each other; those of two may not.
    """
    members = sites.members
    status = members.coded("status")
    running = status.is_one_of(["functional"]) & members.coded("aspect").is_one_of(["factory", "both"])
    runs = members.first(members.volatile, running)
    known = members.told("status") & ~status.is_one_of(["unknown"])
    sites.take("status", np.where(runs >= 0, runs, members.first(members.volatile, known)))
    sites.values["status"] = either(sites.values["status"], "unknown")
    told, vague = members.told("type"), members.coded("type").is_one_of(VAGUE_TYPES)
    # What the works were tells more than that there is a museum in them.
    clear = members.first(members.plain, told & ~vague & ~members.is_part)
    types = np.where(clear >= 0, _finer(members, clear, told & ~members.is_part), members.first(members.plain, told))
    sites.take("type", types)
    themes = members.first(members.plain, members.told("theme"))
    fits = np.where(types >= 0, members.told("theme")[types], False)
    sites.take("theme", np.where(fits, types, themes))
    return runs >= 0


def _finer(members: Members, rows: Ints, told: Flags) -> Ints:
    """Return for each site the best record that says more exactly what a record says of its type; else that record."""
    types = members.coded("type")
    for broad, finer in FINER_TYPES.items():
        is_broad = (rows >= 0) & types.is_one_of([broad])[rows]
        exact = members.first(members.plain, told & types.is_one_of(finer)) if is_broad.any() else rows
        rows = np.where(is_broad & (exact >= 0), exact, rows)
    return rows


def _place(sites: FilledSites) -> None:
    """Fill the place with its accuracy, origin and area."""
    members, shapes = sites.members, sites.members.shapes
    placed = ~shapely.is_missing(shapes)
    rows = members.first(members.places, placed)
    # A site without any place keeps what its record says of itself.
    said = np.where(rows >= 0, rows, members.first(members.places, np.ones(len(placed), dtype=bool)))
    sites.take("geometry_origin", said)
    sites.fill("accuracy_m", members.numbers("accuracy_m")[said], said)
    area = np.round(np.where(rows >= 0, np.nan_to_num(shapely.area(shapes[rows])), 0.0), 1)
    sites.fill("area_m2", np.where(area > 0, area, np.nan), rows)
    sites.values["geometry"] = shapes[rows]
    sites.values["geometry"][rows < 0] = None
    sites.origin["geometry"] = rows


def _aspect(sites: FilledSites) -> None:
    """Say what sites are, and whose words make them that: both, where monument and factory meet."""
    members, aspect = sites.members, sites.members.coded("aspect")
    said = ("both", "monument", "factory")
    both, monument, factory = (members.first(members.plain, aspect.is_one_of([one])) for one in said)
    meet = (both < 0) & (monument >= 0) & (factory >= 0)
    rows = np.select([both >= 0, meet, monument >= 0], [both, -1, monument], factory)
    sites.take("aspect", np.where(members.is_lone, members.starts, rows))
    sites.values["aspect"] = pc.coalesce(
        sites.values["aspect"], taken(texts(["unknown", "both"]), meet.astype(np.int64))
    )
    two = np.sort(np.column_stack([monument, factory])[meet], axis=1)
    keys = joined(members.text("record_key"), two.ravel(), np.full(len(two), 2), "; ")
    sites.say("aspect", np.flatnonzero(meet), keys)


def _wikidata(sites: FilledSites) -> None:
    """Fill the Wikidata item: that of the best record that tells one alone ("Q7;Q8" are two)."""
    members = sites.members
    ids = members.text("ids")
    maybe = np.flatnonzero(np.asarray(pc.fill_null(pc.match_substring(ids, "wikidata"), False), dtype=bool))
    items = [wikidata_item(str(from_json(text).get("wikidata"))) for text in taken(ids, maybe).to_pylist()]
    told = np.zeros(len(members), dtype=bool)
    told[maybe] = [item is not None for item in items]
    rows = members.first(members.plain, told)
    sites.origin["wikidata"] = rows
    sites.values["wikidata"] = taken(replaced(no_texts(len(members)), maybe, items), rows)


def _credit(sites: FilledSites) -> None:
    """Fill how many sources know a site, licenses and credit lines."""
    members = sites.members
    source = members.coded("source")
    credit = [members.contracts[name].attribution if name in members.contracts else None for name in source.listed]
    licence = members.coded("licence")
    sources, licences = (_of_sites(members, said.codes) for said in (source, licence))
    sites.values["n_sources"] = sources.counts
    sites.values["licence"] = _joined(licences, licence.listed)
    sites.values["attribution"] = _joined(sources, credit)


def _of_sites(members: Members, codes: Ints) -> Ragged:
    """Return the different codes of each site's records, without -1."""
    rows = np.flatnonzero(codes >= 0)
    return sets(members.site[rows], codes[rows], len(members.sizes))


def _joined(of_site: Ragged, listed: Sequence[str | None]) -> pa.Array:
    """Join the different texts of each site, sorted; null where there is none."""
    which, first = of_site.alike
    told = [{listed[code] or "" for code in of_site.row(site).tolist()} - {""} for site in first.tolist()]
    return taken(texts(["; ".join(sorted(some)) or None for some in told]), which)
