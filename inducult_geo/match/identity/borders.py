"""Sites of two regions that are one: where an outline moved, each region may hold some of a site's records.

Each would give its share the id that the site has had. The region with more of its records keeps the id (of as many,
that in which it was, else the first by name); the share of any other gets an id of its own, which the registry then
remembers. So it is where a record goes to another region, and the rest of its site stays. Where outlines overlap, a
share may bear the id of a record that its region leaves to the other one: that goes with the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TypeVar

import pandas as pd

from inducult_geo.arrow.keys import is_in
from inducult_geo.match.identity.registry import first_seen_of
from inducult_geo.match.identity.site_ids import new_site_id

Frame = TypeVar("Frame", bound=pd.DataFrame)
Renamed = Mapping[tuple[str, str], str]
"""Region and id -> the id that the region's share of the site has from now on."""


def shared_ids(records: pd.DataFrame, registry: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Find ids that sites of several regions bear, or that other regions' records had, and make ids for all but one.

    Parameters
    ----------
    records
        `record_key`, `region` and `site_id` of all regions; records without a site are passed over.
    registry
        The registry so far: every id that was ever given, and the regions in which it was.
    """
    placed = records[["record_key", "region", "site_id"]].dropna()
    if placed.empty:
        return {}
    shares = placed.groupby(["site_id", "region"])["record_key"].agg(["size", "min"]).reset_index()
    shares["lent"] = _lent(shares, placed, registry)
    shares = shares[shares.duplicated("site_id", keep=False) | shares["lent"]]
    was = pd.MultiIndex.from_frame(registry[["site_id", "region"]])
    shares["stayed"] = pd.MultiIndex.from_frame(shares[["site_id", "region"]]).isin(was)
    by = ["site_id", "lent", "size", "stayed", "region"]
    ordered = shares.sort_values(by, ascending=[True, True, False, False, True])
    rest = ordered[ordered.duplicated("site_id") | ordered["lent"]]
    if rest.empty:
        return {}
    taken = {*registry["site_id"].dropna(), *placed["site_id"]}
    own = _own_ids(placed, rest, registry)
    made: dict[tuple[str, str], str] = {}
    given: set[str] = set()
    for site_id, region, founder in zip(rest["site_id"], rest["region"], rest["min"], strict=True):
        # Where outlines overlap, its region joins it every night with what the other one has.
        identifier = own.get((site_id, region))
        if identifier is None or identifier in given:
            identifier = next(one for salt in count() if (one := new_site_id(founder, salt)) not in taken)
            taken.add(identifier)
        given.add(identifier)
        made[str(region), str(site_id)] = identifier
    return made


def _lent(shares: pd.DataFrame, placed: pd.DataFrame, registry: pd.DataFrame) -> pd.Series:
    """Tell of each share whether its id is that of records which all are in other regions now."""
    had = registry.loc[is_in(registry["record_key"], placed["record_key"]), ["record_key", "site_id"]]
    had = had[is_in(had["site_id"], shares["site_id"])].merge(placed[["record_key", "region"]])
    here = pd.MultiIndex.from_frame(had[["site_id", "region"]])
    is_here = pd.MultiIndex.from_frame(shares[["site_id", "region"]]).isin(here)
    return pd.Series(is_in(shares["site_id"], had["site_id"]) & ~is_here, index=shares.index)


def _own_ids(placed: pd.DataFrame, rest: pd.DataFrame, registry: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Map the shares of `rest` whose records had an id that no site bears now to it: that of most of them."""
    mine = placed.merge(rest[["site_id", "region"]])
    had = registry.loc[is_in(registry["record_key"], mine["record_key"]), ["record_key", "site_id", "region"]]
    known = mine.merge(had, on=["record_key", "region"], suffixes=("", "_had"))
    known = known[~is_in(known["site_id_had"], placed["site_id"])]
    counts = known.groupby(["site_id", "region", "site_id_had"]).size().reset_index(name="size")
    counts = counts.sort_values(["size", "site_id_had"], ascending=[False, True])
    first = counts.drop_duplicates(["site_id", "region"])
    return {(site, region): own for site, region, own, _ in first.itertuples(index=False, name=None)}


def with_own_ids(frame: Frame, renamed: Renamed, *columns: str) -> Frame:
    """Return a frame with `region` whose columns of site ids hold the ids that each region's sites have now."""
    if not renamed or frame.empty:
        return frame
    out = frame.copy()
    regions = frame["region"].tolist()
    for column in columns:
        ids = frame[column].tolist()
        told = [renamed.get((region, site), site) for region, site in zip(regions, ids, strict=True)]
        out[column] = pd.Series(told, index=frame.index, dtype=frame[column].dtype)
    return out


def since_own_records(sites: Frame, registry: pd.DataFrame) -> Frame:
    """Return sites known since their own records are.

    Where regions share an id, or hold a record both, each resolved its sites as if what the other one has were its own.

    Parameters
    ----------
    sites
        `site_id` and `first_seen` of all regions, under the ids that hold.
    registry
        The registry of all regions, under the ids that hold.
    """
    return sites.assign(first_seen=first_seen_of(sites["site_id"], registry))
