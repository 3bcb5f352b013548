"""Find rows with exactly the same place: a head office, a geocoder's town center, or records of one site.

Two works never measure the same point to the last digit. Up to four names may be the parts of one site (permits,
units, listed buildings of one decision); more than `SHARED_MAX` at one point say that the point stands for a town or
an office, whatever the source states of its accuracy. Names are counted, not rows: a register that repeats every
record, or has one a year, crowds no place. Their accuracy is widened to `SHARED_ACCURACY_M`, so that
matching does not trust the place, and the origin becomes "settlement" ("address" where the source geocodes
addresses). Of a source with several units a site, only points are meant whose rows name several towns or postcodes.
Monuments have no head office: where all of one point tell one address with a number, it is a works that is listed
building by building, and the point is as true as stated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inducult_geo.text import counted

SHARED_MAX = 4
"""So many differently named rows may share one exact point without its being doubted."""

SHARED_ACCURACY_M = 2000.0
"""As for a place known by its settlement only."""


@dataclass(frozen=True)
class Shared:
    """What n rows share: how many rows and places, and which rows (n,) are at a place of too many."""

    rows: int
    places: int
    doubtful: np.ndarray

    @property
    def message(self) -> str:
        """What a steward should know."""
        text = f"{self.rows} rows share {counted(self.places, 'exact place')}"
        crowded = int(self.doubtful.sum())
        if crowded:
            text += (
                f"; {crowded} of them stand where more than {SHARED_MAX} names share one point: "
                "a head office or a town's center? "
                f"Their accuracy is taken as {SHARED_ACCURACY_M:g} m at best"
            )
        return text

    @property
    def note(self) -> str:
        """What is noted of each row at a crowded place."""
        return (
            f"shares its exact point with more than {SHARED_MAX} names, as a head office or a town's center does: "
            f"its place is taken as true to {SHARED_ACCURACY_M:g} m at best"
        )


def find_shared(x: np.ndarray, y: np.ndarray, rows: pd.DataFrame, *, units_per_site: bool) -> Shared:
    """Find rows that share one exact pair of numbers.

    Parameters
    ----------
    x, y
        (n,) numbers as written; NaN rows share nothing.
    rows
        The n raw rows; equal names are one, `city` and `postcode` tell a site's units from an office's works, `aspect`
        and `address` the buildings of one monument.
    units_per_site
        Whether the source lists several units of a site on purpose.
    """
    table = pd.DataFrame({"x": x, "y": y})
    known = np.isfinite(x) & np.isfinite(y)
    size = table[known].groupby(["x", "y"])["x"].transform("size").reindex(table.index, fill_value=0).to_numpy()
    shared = size > 1
    doubtful = _counted(table, _names(rows, len(table))) > SHARED_MAX
    if units_per_site and doubtful.any():
        doubtful = doubtful & _disagree(table, rows)
    if doubtful.any():
        doubtful = doubtful & ~_are_one_monument(table, rows)
    return Shared(int(shared.sum()), len(table[shared].drop_duplicates()), doubtful)


def _names(rows: pd.DataFrame, n: int) -> list[str]:
    """Return each row's name; a row without one counts for itself."""
    names = rows["name"] if "name" in rows else [None] * n
    return [_said(name) or f"row {number}" for number, name in enumerate(names)]


def _said(cell: object) -> str | None:
    """Return a cell's text, folded so that spelling in capitals does not count."""
    return None if cell is None or cell != cell else str(cell).casefold().strip() or None


def _counted(table: pd.DataFrame, said: list[str] | list[str | None]) -> np.ndarray:
    """Return for each row (n,) how many different texts are said at its point."""
    named = table.assign(said=pd.Series(said, index=table.index, dtype=object))
    return np.asarray(named.groupby(["x", "y"])["said"].transform("nunique").fillna(0))


def _disagree(table: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Tell the rows at whose point more than one town or postcode is named."""
    several = np.zeros(len(table), dtype=bool)
    for name in ("city", "postcode"):
        if name in rows:
            several |= _counted(table, [_said(cell) for cell in rows[name]]) > 1
    return several


def _are_one_monument(table: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Tell the rows at whose point all are monuments and tell one address with a number."""
    if "aspect" not in rows or "address" not in rows:
        return np.zeros(len(table), dtype=bool)
    addresses = [_said(cell) or "" for cell in rows["address"]]
    are_told = [any(map(str.isdigit, text)) for text in addresses] & (rows["aspect"] == "monument").to_numpy()
    everywhere = table.assign(told=are_told).groupby(["x", "y"])["told"].transform("all").fillna(False).to_numpy()
    return np.asarray(everywhere.astype(bool) & (_counted(table, addresses) == 1))
