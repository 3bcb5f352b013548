"""Records that two regions hold, since their outlines overlap: one region keeps each, so that it is published once.

A region is often called otherwise, divided or merged with a neighbor, while what was kept under its old name still lies
in the data folder. That is no reason to publish nothing of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from inducult_geo.arrow.keys import is_in
from inducult_geo.catalog import Contract
from inducult_geo.collecting.at_hand import find_extract, has_file
from inducult_geo.frames import Counts, Pairs, Records, Sites, as_sites, counts_of
from inducult_geo.match.decided.verdict import PART_OF, SAME
from inducult_geo.match.golden.remade import made_anew
from inducult_geo.memory import registry_of
from inducult_geo.ragged import Small, components
from inducult_geo.run import Run, SourceFacts
from inducult_geo.text import counted

_REMEDY = (
    "Draw one outline so that it ends where the other begins. If one of the two is called otherwise now, was divided "
    "or merged, remove what is kept under the old name: the folder of that name in processed/regions. Ids and "
    "decisions stay."
)


@dataclass(frozen=True)
class Left:
    """What regions leave to others that hold it, too.

    Attributes
    ----------
    rows
        Columns `record_key`, `region` (that leaves it), `source`, `outcome`, `to` (the region that has it).
    """

    rows: pd.DataFrame

    def __bool__(self) -> bool:
        """Whether any record is left to another region."""
        return not self.rows.empty

    def of(self, frame: pd.DataFrame, column: str = "record_key") -> pd.Series:
        """Tell of each row of a frame with `region` whether the record of a column is left to another region."""
        return pd.Series(is_in(_owned(frame["region"], frame[column]), self._owned), index=frame.index, dtype=bool)

    def fewer(self, fact: SourceFacts) -> SourceFacts:
        """Return what is told of a source in one region without the records that this leaves to others."""
        mine = self.rows[(self.rows["region"] == fact.region) & (self.rows["source"] == fact.source)]
        if mine.empty:
            return fact
        less, had = counts_of(mine["outcome"]).as_dict(), fact.counts.as_dict()
        return replace(fact, counts=Counts(**{name: had[name] - less[name] for name in had}))

    def told(self) -> dict[str, list[str]]:
        """Tell of each region that leaves records how many, to which, and what to do."""
        found: dict[str, list[str]] = {}
        used = self.rows[self.rows["outcome"] != "rejected"]
        for (region, to), some in used.groupby(["region", "to"]):
            found.setdefault(str(region), []).append(
                f"{counted(len(some), 'record')} ('{min(some['record_key'])}' is the first) "
                f"{'lies' if len(some) == 1 else 'lie'} in {to}, too: the outlines overlap. On the map each is there "
                f"once, in {to}. {_REMEDY}"
            )
        return found

    @property
    def _owned(self) -> pd.Series:
        return _owned(self.rows["region"], self.rows["record_key"])


def _owned(region: pd.Series, key: pd.Series) -> pd.Series:
    """Return a key of each region's own as one text."""
    # No id of a region holds a line feed.
    return region.astype("str") + "\n" + key.astype("str")


def left_to_others(records: pd.DataFrame, pairs: pd.DataFrame, run: Run) -> Left:
    """Find the records that several regions hold, and who has each.

    It is a region that uses it rather than one that rejects it, and one that has files rather than one of which only
    earlier outputs are left. Of several such all that any of them makes one site of goes to one: to one with a record
    of its own that a person called the same, or a part; to one that has others of the site, which stays whole; to the
    one that had most of them before; to the first by name.

    Parameters
    ----------
    records
        Those of all regions: `record_key`, `source`, `region`, `outcome`, `site_id`.
    pairs
        Those of all regions.
    """
    named = ["record_key", "region", "source", "outcome"]
    told = records.loc[records["record_key"].notna(), [*named, "site_id"]]
    held = told[told["record_key"].duplicated(keep=False)]
    if held.empty:
        return Left(held[named].assign(to=pd.Series(dtype="str")))
    stray = {name for name in held["region"].unique() if not _is_read(str(name), run)}
    unfit = 2 * (held["outcome"] == "rejected") + held["region"].isin(stray)
    fit = held[unfit == unfit.groupby(held["record_key"]).transform("min")]
    asked = fit[fit["record_key"].duplicated(keep=False)]
    sure = pd.concat([told.drop(index=held.index), fit.drop(index=asked.index)])
    ranked = pd.concat([fit.drop(index=asked.index), _ranked(asked, sure, pairs, run)])
    owner = ranked.drop_duplicates("record_key").set_index("record_key")["region"]
    given = held.assign(to=held["record_key"].map(owner)).sort_values(["record_key", "region"])
    return Left(given.loc[given["to"] != given["region"], [*named, "to"]])


def _ranked(asked: pd.DataFrame, sure: pd.DataFrame, pairs: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Put the regions that may have records in their order, the best first; `sure` are rows that have one region."""
    if asked.empty:
        return asked
    known = registry_of(run)[["record_key", "region"]].dropna().drop_duplicates("record_key").set_index("record_key")
    near = pairs[pairs["decision"].isin((SAME, PART_OF)) & pairs["decided_by"].notna()]
    ends = [_owned(near["region"], near[side]) for side in ("left_key", "right_key")]
    own = _owned(sure["region"], sure["record_key"])
    said = pd.concat([end[is_in(other, own)] for end, other in (ends, ends[::-1])])
    rows = asked.assign(
        group=_groups(asked),
        said=is_in(_owned(asked["region"], asked["record_key"]), said),
        others=is_in(_homes(asked), _homes(sure)),
        before=asked["region"] == asked["record_key"].map(known["region"]),
    )
    best = ["said", "others", "before"]
    told = rows.groupby(["group", "region"])[best].agg({"said": "any", "others": "any", "before": "sum"})
    ordered = rows.drop(columns=best).join(told, on=["group", "region"])
    return ordered.sort_values(["record_key", *best, "region"], ascending=[True, False, False, False, True])


def _homes(rows: pd.DataFrame) -> pd.Series:
    """Return the site of each record in its region as one text; of one that has none it is the record."""
    return _owned(rows["region"], rows["site_id"].fillna(rows["record_key"]))


def _groups(rows: pd.DataFrame) -> Small:
    """Give one number to all records that any region makes one site of, and so on over regions."""
    keys, sites = (pd.factorize(column)[0] for column in (rows["record_key"], _homes(rows)))
    first = int(keys.max()) + 1
    return components(first + int(sites.max()) + 1, keys, first + sites)[keys]


def _is_read(region_id: str, run: Run) -> bool:
    """Whether a run can read anything of a region alone."""
    has_extract = run.osm == "overpass" or find_extract(run.catalog.region(region_id), run) is not None
    return has_extract or any(has_file(contract, run) for contract in run.catalog.sources_of(region_id))


def sites_that_stay(
    sites: Sites, records: gpd.GeoDataFrame, leaves: pd.Series, contracts: Mapping[str, Contract]
) -> Sites:
    """Return the sites that still have a record where some leave, those that lose one made anew (see `golden.remade`).

    Parameters
    ----------
    sites
        With different ids.
    records
        Their records, with `site_id` and `outcome`.
    leaves
        One flag a record.
    contracts
        Source -> contract.
    """
    inside = records[~leaves & (records["outcome"] == "site")]
    kept = sites[is_in(sites["site_id"], inside["site_id"])].reset_index(drop=True)
    touched = is_in(kept["site_id"], records.loc[leaves, "site_id"])
    out = kept.copy()
    if touched.any():
        rows = pd.concat([pd.DataFrame(kept[~touched]), made_anew(Sites(kept[touched]), Records(inside), contracts)])
        out = as_sites(gpd.GeoDataFrame(rows.sort_index(), geometry="geometry", crs=kept.crs))
    out["part_of"] = out["part_of"].where(is_in(out["part_of"], out["site_id"]))
    return out


def sites_of_each(
    sites: Sites, records: gpd.GeoDataFrame, leaves: pd.Series, contracts: Mapping[str, Contract]
) -> Sites:
    """Return the sites of all regions without the records that each leaves to others, one flag a record."""
    losing = {*records.loc[leaves, "region"]}
    # Two regions may know one site by the same id, so that each is looked at for itself.
    parts = [pd.DataFrame(sites[~sites["region"].isin(losing)])]
    for region in sorted(losing):
        here = records["region"] == region
        mine = Sites(sites[sites["region"] == region])
        parts.append(pd.DataFrame(sites_that_stay(mine, records[here], leaves[here], contracts)))
    return as_sites(gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=sites.crs))


def pairs_of_each(pairs: pd.DataFrame, left: Left) -> Pairs:
    """Return the pairs (or the questions) of which no record is left to another region."""
    return Pairs(pairs[~(left.of(pairs, "left_key") | left.of(pairs, "right_key"))])
