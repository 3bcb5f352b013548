"""The ids that sites bore before they were merged, and the keys that records had, so that an older link is found."""

from __future__ import annotations

from typing import Final

import pandas as pd

from inducult_geo.arrow.keys import is_in
from inducult_geo.arrow.texts import texts
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.columns import Column

FORMER_IDS: Final = (
    Column(
        "site_id",
        "text",
        "Former site id",
        "Id that a site bore in an older release; no site of this release has it.",
    ),
    Column("merged_into", "text", "Site now", "Site of this release that the former one was merged into."),
    Column("last_seen", "date", "Last seen", "Date of the newest data in which a record still bore the former id."),
)
"""Columns of the table `former_ids`."""


def former_ids(bundle: Bundle) -> pd.DataFrame:
    """Return `FORMER_IDS`, sorted by `site_id`: the merged ids of the registry that lead to a site of this release.

    One that leads to a withheld site is left out: nothing may be told of that.
    """
    names = [column.name for column in FORMER_IDS]
    if bundle.former is None:
        return pd.DataFrame(columns=names)
    # As objects: pandas makes a scalar of Arrow of every text that it looks for, a second for 100,000 sites.
    told = bundle.former["merged_into"].astype(object).isin(bundle.sites["site_id"].astype(object))
    return bundle.former.loc[told, names].sort_values("site_id", ignore_index=True)


FORMER_KEYS: Final = (
    Column(
        "former_key",
        "text",
        "Former record key",
        "Key that the record had before its source gave it another one; no record of this release has it.",
    ),
    Column("record_key", "text", "Record now", "Record of this release that goes on as the former one."),
    Column("last_seen", "date", "Last seen", "Date of the newest data in which the record still had the former key."),
)
"""Columns of the table `former_keys`."""


def former_keys(bundle: Bundle) -> pd.DataFrame:
    """Return `FORMER_KEYS`, sorted by `former_key`: the keys of the registry that lead to a record of this release.

    One that leads to a withheld record is left out, and one that is a record's own again leads nowhere else.
    """
    names = [column.name for column in FORMER_KEYS]
    if bundle.former_keys is None:
        return pd.DataFrame(columns=names)
    here, told = texts(bundle.records["record_key"]), bundle.former_keys
    leads = is_in(told["record_key"], here) & ~is_in(told["former_key"], here)
    return told.loc[leads, names].sort_values("former_key", ignore_index=True)
