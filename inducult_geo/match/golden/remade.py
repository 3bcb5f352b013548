"""Make a site again of the records that may be published, by the same rules, where one is withheld."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from inducult_geo.catalog.models import SAMPLED, Contract
from inducult_geo.errors import ReleaseError
from inducult_geo.frames import Records, Sites, from_json, to_json
from inducult_geo.match.golden.best import Confidence, golden
from inducult_geo.match.golden.filled import PLACE

_PLACE = ("geometry", *PLACE, "area_m2")
_LASTING = ("part_of", "first_seen", "last_seen", "run_id")
"""What is told of a site whatever records it has."""


def made_anew(sites: Sites, records: Records, contracts: Mapping[str, Contract]) -> Sites:
    """Make sites of the records that stay, as if the others had never been.

    Parameters
    ----------
    sites
        Those that lost a record.
    records
        All records that stay, with `site_id`: every site has one at least.
    contracts
        Source -> contract.

    Returns
    -------
    Sites
        The same sites under the same index. What the records do not tell is left as it was: since when the site is
        known, of what it is a part, how sure it is where several records stay; and where the record that placed it
        stays, the place with what rasters gave for it.

    Raises
    ------
    ReleaseError
        Where none of a site's records has a place.
    """
    staying = records[records["site_id"].isin(sites["site_id"])]
    sure = Confidence(dict(zip(sites["site_id"], sites["confidence"].fillna(1.0), strict=True)), {})
    anew = golden(Records(staying), contracts, confidence=sure).set_index("site_id")
    anew = anew.loc[sites["site_id"]].reset_index().set_index(sites.index)
    anew["confidence"] = anew["confidence"].mask(anew["n_records"] == 1, 1.0)
    anew[[*_LASTING]] = sites[[*_LASTING]]
    keys = frozenset(staying["record_key"])
    lineage = [_placed(old, new, keys) for old, new in zip(sites["lineage"], anew["lineage"], strict=True)]
    stands = pd.Series([told is not None for told in lineage], index=sites.index)
    anew["lineage"] = anew["lineage"].mask(stands, pd.Series(lineage, index=sites.index, dtype="str"))
    for column in (*_PLACE, *SAMPLED):
        anew[column] = anew[column].mask(stands, sites[column])
    nowhere = anew["site_id"][anew["geometry"].isna()]
    if len(nowhere):
        raise ReleaseError(f"site {nowhere.iloc[0]} has no record with a place that may be published: reject it first")
    return Sites(anew[[*sites.columns]])


def _placed(old: Any, new: Any, keys: Collection[str]) -> str | None:
    """Return the lineage of a site made anew that stands where it stood, null where another record places it now.

    The best of all is the best of fewer, too. Its shape may be that of several pieces, and what a raster gave was asked
    there: neither is found again in the records.
    """
    was = from_json(old)
    if was.get("geometry") not in keys:
        return None
    return to_json(from_json(new) | {column: was[column] for column in (*_PLACE, *SAMPLED) if column in was})
