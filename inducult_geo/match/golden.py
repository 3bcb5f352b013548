"""The best value of each attribute of a site, and which record it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import SITE_COLUMNS, TOGETHER, WORK_CRS, Records, Sites, as_sites, from_json, to_json
from inducult_geo.match.choice import Members, absent
from inducult_geo.match.comparisons import VAGUE_TYPES
from inducult_geo.match.filled import PLACE, PLAIN, USED, YEARS, FilledSites, lineage
from inducult_geo.match.history import CLOSED, disagreements, timeline, written, years_of
from inducult_geo.match.lookup import order_of
from inducult_geo.match.naming import display_name, first_told, merged_names, read_names
from inducult_geo.ragged import Flags, Ints

FAR_M: Final = 1000.0
"""Places of one site farther apart than this, and than three times what they are true to, contradict each other."""

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
        Sorted by `site_id`. `lineage` names the record of every value; where several together make a value (`names`,
        `aspect`), all of them, separated by "; ".
    """
    if records.empty:
        return as_sites(gpd.GeoDataFrame({"site_id": []}, geometry=[], crs=WORK_CRS))
    members = Members(_sorted(records), contracts)
    sites = FilledSites(members)
    _plain(sites)
    runs = _state(sites)
    _place(sites)
    _wikidata(sites)
    _credit(sites)
    lone = members.sizes == 1
    _lone(sites, np.flatnonzero(lone), runs)
    _joint(sites, np.flatnonzero(~lone), runs)
    table = _table(sites, confidence or Confidence({}, {})).assign(run_id=run_id)
    shapes = members.table["geometry"].to_numpy()[sites.origin["geometry"]]
    shapes[sites.origin["geometry"] < 0] = None
    return as_sites(gpd.GeoDataFrame(table, geometry=shapes, crs=WORK_CRS))


def _table(sites: FilledSites, sure: Confidence) -> pd.DataFrame:
    """Put the columns of sites together."""
    ids = sites.members.column("site_id")[sites.members.starts]
    # Each column gets its type here: guessing it, and converting it at the end, would read every text three times.
    told = {name: pd.array(values, dtype=SITE_COLUMNS[name], copy=False) for name, values in sites.values.items()}
    return pd.DataFrame(told, index=np.arange(len(ids))).assign(
        site_id=ids,
        n_records=sites.members.sizes,
        confidence=[sure.by_site.get(site, 1.0) for site in ids],
        n_review=[sure.reviews.get(site, 0) for site in ids],
        lineage=np.array(lineage(sites, sites.members.sizes == 1), dtype=object),
    )


def _sorted(records: Records) -> pd.DataFrame:
    """Sort records by site and key; "unknown" is no value: who says nothing must not outvote one who does."""
    table = pd.DataFrame(records).reindex(columns=[*USED])
    table["present_use"] = table["present_use"].where(table["present_use"] != "unknown")
    return table.iloc[order_of(table, ["site_id", "record_key"])].reset_index(drop=True)


def _plain(sites: FilledSites) -> None:
    """Fill the columns of which the best record's value is taken, alone or together with others."""
    members = sites.members
    for column in PLAIN:
        sites.best(column, members.told(column))
    use = sites.values["present_use"]
    use[use.isna()] = "unknown"
    for columns in TOGETHER:
        # One record speaks for all of them: the best of those that tell the first, or else any.
        rows = members.first(members.plain, members.told(columns[0]))
        others = members.first(members.plain, np.any([members.told(column) for column in columns], axis=0))
        for column in columns:
            sites.take(column, np.where(rows >= 0, rows, others))


def _state(sites: FilledSites) -> Flags:
    """Fill status, type and theme; tells which sites are in production.

    A running factory's status holds before a monument's: a register of monuments tells of the monument, not of what
    goes on at the place. Type and theme of one record fit each other; those of two may not.
    """
    members = sites.members
    status, aspect = members.column("status"), members.column("aspect")
    known = members.told("status") & (status != "unknown")
    running = (status == "functional") & ((aspect == "factory") | (aspect == "both"))
    runs = members.first(members.volatile, running)
    rows = np.where(runs >= 0, runs, members.first(members.volatile, known))
    sites.origin["status"] = rows
    sites.values["status"] = np.where(rows >= 0, status[rows], "unknown")
    told, vague = members.told("type"), np.isin(members.column("type").astype(str), [*VAGUE_TYPES])
    # What the works were tells more than that there is a museum in them.
    clear = members.first(members.plain, told & ~vague & ~members.is_part)
    types = np.where(clear >= 0, clear, members.first(members.plain, told))
    sites.take("type", types)
    themes = members.first(members.plain, members.told("theme"))
    fits = np.where(types >= 0, members.told("theme")[types], False)
    sites.take("theme", np.where(fits, types, themes))
    return runs >= 0


def _place(sites: FilledSites) -> None:
    """Fill the place with its accuracy, origin and area."""
    members = sites.members
    shapes = members.table["geometry"].to_numpy()
    placed = ~shapely.is_missing(shapes)
    rows = members.first(members.places, placed)
    for column in PLACE:
        # A site without any place keeps what its record says of itself.
        sites.take(column, np.where(rows >= 0, rows, members.first(members.places, np.ones(len(placed), dtype=bool))))
    area = np.where(rows >= 0, np.nan_to_num(shapely.area(shapes[rows])), 0.0)
    sites.values["area_m2"] = np.where(area > 0, area, np.nan).astype(object)
    sites.origin["area_m2"] = np.where(area > 0, rows, -1)
    sites.origin["geometry"] = rows


def _wikidata(sites: FilledSites) -> None:
    """Fill the Wikidata item: that of the best record that tells one."""
    members = sites.members
    items = np.full(len(members.site), None, dtype=object)
    for row in np.flatnonzero(members.told("ids")).tolist():
        items[row] = from_json(members.column("ids")[row]).get("wikidata") or None
    rows = members.first(members.plain, ~absent(items))
    sites.origin["wikidata"] = rows
    sites.values["wikidata"] = items[rows]
    sites.values["wikidata"][rows < 0] = None


def _credit(sites: FilledSites) -> None:
    """Fill how many sources know a site, licenses and credit lines."""
    members = sites.members
    codes, names = pd.factorize(members.column("source"))
    pairs = np.unique(members.site * len(names) + codes)
    sites.values["n_sources"] = np.bincount(pairs // len(names), minlength=len(members.sizes)).astype(object)
    credit = np.array([members.contracts[n].attribution if n in members.contracts else None for n in names], object)
    at = np.flatnonzero(members.sizes > 1)
    ends = members.starts[at] + members.sizes[at]
    several = [*zip(at.tolist(), map(slice, members.starts[at].tolist(), ends.tolist()), strict=True)]
    for column, values in (("licence", members.column("licence")), ("attribution", credit[codes])):
        said = values[members.starts].astype(object)
        known: dict[tuple[str | None, ...], str | None] = {}
        for site, here in several:
            texts = tuple(values[here].tolist())
            if texts not in known:
                known[texts] = _joined(texts)
            said[site] = known[texts]
        sites.values[column] = np.array([value or None for value in said], dtype=object)


def _lone(sites: FilledSites, at: Ints, runs: Flags) -> None:
    """Fill what is left of the sites of one record: they say what it says."""
    members = sites.members
    rows = members.starts[at]
    for column in ("names", *YEARS, "first_seen", "last_seen"):
        own = members.values(column, members.starts)
        own[members.sizes > 1] = None
        sites.values[column] = own
    sites.values["end_year"][runs] = None
    aspect = members.values("aspect", members.starts)
    sites.values["aspect"] = np.where(absent(aspect), "unknown", aspect)
    for column in ("name", "name_en", "timeline", "conflicts"):
        sites.values[column] = np.full(len(members.sizes), None, dtype=object)
    names, country = (members.values(column, rows) for column in ("names", "country"))
    said = read_names(names)
    sites.values["name"][at] = [display_name(*one) for one in zip(said, country.tolist(), strict=True)]
    sites.values["name_en"][at] = [one.get("en") for one in said]
    dated = (members.told("start_year") | members.told("end_year"))[rows]
    told = _rows_of(members, rows[dated])
    for site, row in zip(at[dated], told, strict=True):
        sites.values["timeline"][site] = written(timeline([row]))
    for column in ("name", "name_en", "names", "aspect", *YEARS):
        has = ~absent(sites.values[column][at])
        sites.origin[column][at[has]] = rows[has]
    sites.origin["aspect"][at[absent(aspect[at])]] = -1


def _joint(sites: FilledSites, at: Ints, runs: Flags) -> None:
    """Fill what is left of the sites of several records."""
    members = sites.members
    for column, choose in (("first_seen", np.minimum), ("last_seen", np.maximum)):
        sites.values[column][at] = _extreme(members, column, choose)[at]
    sites.shared = {site: {} for site in at.tolist()}
    _aspect_joint(sites, at)
    _name_joint(sites, at)
    _date_joint(sites, at, runs)


def _aspect_joint(sites: FilledSites, at: Ints) -> None:
    """Say what sites of several records are, and whose words make them that: both, where monument and factory meet."""
    members = sites.members
    aspect = members.column("aspect")
    said = ("both", "monument", "factory")
    both, monument, factory = (members.first(members.plain, aspect == one)[at] for one in said)
    meet = (both < 0) & (monument >= 0) & (factory >= 0)
    rows = np.select([both >= 0, meet, monument >= 0], [both, -1, monument], factory)
    sites.origin["aspect"][at] = rows
    sites.values["aspect"][at] = np.where(rows >= 0, aspect[rows], np.where(meet, "both", "unknown"))
    for site, *two in zip(at[meet].tolist(), members.key[monument[meet]], members.key[factory[meet]], strict=True):
        sites.shared[site]["aspect"] = "; ".join(sorted(two))


def _extreme(members: Members, column: str, choose: np.ufunc) -> NDArray[np.object_]:
    """Return the first or the last text of each site in a column, None where no record tells one."""
    codes, texts = pd.factorize(members.column(column), sort=True)
    missing = len(texts) if choose is np.minimum else -1
    found = choose.reduceat(np.where(codes < 0, missing, codes), members.starts)
    return np.array([*texts, None], dtype=object)[np.where(found < 0, len(texts), found)]


def _name_joint(sites: FilledSites, at: Ints) -> None:
    """Fill the names of sites of several records; those of single units come last."""
    members = sites.members
    rows = members.names[(members.sizes > 1)[members.site]]
    named = zip(members.key[rows].tolist(), read_names(members.column("names")[rows]), strict=True)
    countries = iter(members.column("country")[rows].tolist())
    told: dict[str, list[str | None]] = {"names": [], "name_en": [], "name": []}
    for site, size in zip(at.tolist(), members.sizes[at].tolist(), strict=True):
        names, origin = merged_names(islice(named, size))
        name = display_name(names, first_told([*islice(countries, size)]))
        for column, value in zip(told, (to_json(names), names.get("en"), name), strict=True):
            told[column].append(value)
        sites.shared[site] |= {
            "names": "; ".join(sorted(set(origin.values()))),
            "name_en": origin.get("en", ""),
            "name": next((origin[role] for role, value in names.items() if value == name), ""),
        }
    for column, values in told.items():
        sites.values[column][at] = values


def _date_joint(sites: FilledSites, at: Ints, runs: Flags) -> None:
    """Fill years, timeline and conflicts of sites of several records; most tell none, and are left alone."""
    members = sites.members
    far = _far(sites, np.flatnonzero((members.sizes > 1)[members.site]))
    starts, ends = (np.add.reduceat(members.told(column), members.starts) for column in ("start_year", "end_year"))
    status = members.column("status")
    opened, closed = (
        np.logical_or.reduceat(np.isin(status, some), members.starts) for some in (["functional"], [*CLOSED])
    )
    dated = (starts > 0) | (ends > 0)
    differ = (opened & closed) | (starts > 1) | (ends > 1)
    some = at[(dated | differ)[at]]
    rows = np.flatnonzero(np.isin(members.site, some))
    told = dict(zip(rows.tolist(), _rows_of(members, rows), strict=True))
    for site in some.tolist():
        here = slice(members.starts[site], members.starts[site] + members.sizes[site])
        ranked, ordered = ([told[row] for row in order[here].tolist()] for order in (members.plain, members.years))
        _date(sites, site, ordered, "functional" if runs[site] else str(sites.values["status"][site]))
        conflicts = disagreements(ranked) | ({"place": far.pop(site)} if site in far else {})
        sites.values["conflicts"][site] = to_json(conflicts)
    for site, place in far.items():
        sites.values["conflicts"][site] = to_json({"place": place})


def _date(sites: FilledSites, site: int, part: Sequence[Row], status: str) -> None:
    """Fill the years of one site and its timeline; records are ranked for years."""
    years, shared = years_of(part, status), sites.shared[site]
    for column, (value, key) in years.items():
        sites.values[column][site], shared[column] = value, key
    if sites.values["status"][site] == "unknown" and "end_year" in years:
        sites.values["status"][site], shared["status"] = "disused", years["end_year"][1]
    sites.values["timeline"][site] = written(timeline(part))


def _rows_of(members: Members, rows: Ints) -> list[Row]:
    """Return some records as plain mappings (frames of one row each would take minutes)."""
    columns = ["record_key", "aspect", "theme", "status", "present_use", *YEARS]
    values = [members.values(column, rows).tolist() for column in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _far(sites: FilledSites, rows: Ints) -> dict[int, dict[str, str]]:
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


def _joined(values: Iterable[Any]) -> str | None:
    """Join the different texts, sorted."""
    return "; ".join(sorted({value for value in values if value})) or None
