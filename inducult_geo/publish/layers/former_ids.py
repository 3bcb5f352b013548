"""The ids that sites bore before they were merged, so that a release tells what an older link means."""

from __future__ import annotations

from typing import Final

import pandas as pd

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
