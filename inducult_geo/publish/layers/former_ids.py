"""Former ids of merged sites and former keys of records, so that old links still lead somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from inducult_geo.arrow.keys import is_in
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
    return _leading(bundle.former, FORMER_IDS, bundle.sites["site_id"])


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
    return _leading(bundle.former_keys, FORMER_KEYS, bundle.records["record_key"])


def _leading(told: pd.DataFrame | None, columns: Sequence[Column], here: pd.Series) -> pd.DataFrame:
    """Return the rows whose second column is here and whose first is not, sorted by that."""
    names = [column.name for column in columns]
    if told is None:
        return pd.DataFrame(columns=names)
    former, now = names[:2]
    leads = is_in(told[now], here) & ~is_in(told[former], here)
    return told.loc[leads, names].sort_values(former, ignore_index=True)
