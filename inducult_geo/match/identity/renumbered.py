"""Detect a list that was numbered again: its keys are the old ones, but at other rows.

Site ids and what people decided go by the keys of records. A key that vanished is followed by name and place
(`continuity`); one that is still there is believed, so a list that counts its rows must not count them differently.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from inducult_geo.frames import Records
from inducult_geo.match.identity.agreeing import NEAR_M
from inducult_geo.match.identity.continuity import fingerprints
from inducult_geo.ragged import Ints

ROWS_MIN: Final = 3
SHARE_MIN: Final = 0.1
"""Rows, and share of the keys that stayed, from which it is no correction of single rows."""


class Moved(NamedTuple):
    """A row that stands under the key that another row had: its key now, the one that it had."""

    key: str
    was: str


def renumbered(before: Records, now: Records) -> list[Moved]:
    """Find the rows of a source that changed keys among each other; none where those are too few to tell.

    Such a row has another place than the row that had its key before (more than `NEAR_M` away), and name and place of a
    row that had another key.

    Parameters
    ----------
    before, now
        The records of one source as an earlier run kept them, and as they are now; in the work CRS.
    """
    stayed = set(before["record_key"]) & set(now["record_key"])
    if len(stayed) < ROWS_MIN:
        return []
    old, new = (_placed(records) for records in (before, now))
    both = new.join(old.add_suffix("_before"), how="inner")
    apart_m = np.hypot(both["x"] - both["x_before"], both["y"] - both["y_before"])
    # Namesakes, too: of a list of houses each is called "House".
    other = both[apart_m > NEAR_M]
    found = [
        Moved(str(key), str(old.index[at]))
        for key, at in zip(other.index, _nearest(old, other), strict=True)
        if at >= 0
    ]
    return found if len(found) >= max(ROWS_MIN, SHARE_MIN * len(stayed)) else []


def _nearest(old: pd.DataFrame, rows: pd.DataFrame) -> Ints:
    """Return the number of the nearest old row of the name of each row, within `NEAR_M`; -1 where there is none."""
    # A third of a second that drafting a contract does not need.
    from scipy.spatial import KDTree

    names = pd.factorize(pd.concat([old["name_key"], rows["name_key"]]))[0]
    # A name as a third coordinate: of those that many bear ("House") not each row is held against each.
    points, asked = np.split(
        np.column_stack([*(np.r_[old[axis], rows[axis]] for axis in "xy"), names * (4 * NEAR_M)]), [len(old)]
    )
    gap_m, at = KDTree(points).query(asked, distance_upper_bound=2 * NEAR_M)
    return np.where(gap_m <= NEAR_M, at, -1)


def _placed(records: Records) -> pd.DataFrame:
    """Return name and point of the records that have both, by key."""
    marks = fingerprints(records)[["name_key", "x", "y"]]
    return marks.dropna().sort_index()
