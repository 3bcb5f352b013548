"""Find rows that a source gives more than once, and rows that only look like that.

Two rows are one where all that they say is equal: place, names, particulars, and every column that the contract does
not know (`tags`), but for those in which no value stands twice, since these number the rows. A row of houses that are
all called "Haus" differs in place, or in a remark, and stays apart.

Some files hold their whole table several times over. Then four rows of equal content, each three times, are four
things: where the number of equal rows is a multiple of `k` for every row of a source, each is held to stand `k` times.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.frames import Records, from_json, to_json

_SAID: Final = (
    *("source", "names", "type", "theme", "aspect", "status", "operator", "address", "postcode", "city", "ids"),
    *("start_year", "end_year", "heritage_ref"),
)


def fold_duplicates(records: Records) -> dict[str, str]:
    """Find exact duplicates inside each source.

    Returns
    -------
    dict
        Record key -> smallest key of its equals, for those that are not the smallest themselves. Records without
        a place, or with neither name nor identifier, are never folded.
    """
    told = (records["names"].notna() | records["ids"].notna()) & records.geometry.notna()
    # What differs in source, name or rough place is no duplicate: few are left to be compared in full.
    bounds = records.geometry.bounds.round(1)
    rough = pd.DataFrame(records[["source", "names"]]).assign(x=bounds["minx"], y=bounds["miny"])
    near = (told & rough.duplicated(keep=False)).to_numpy()
    if not near.any():
        return {}
    table = pd.DataFrame(records.loc[near, ["record_key", "tags", *_SAID]])
    table["shape"] = shapely.to_wkb(shapely.normalize(records.geometry.to_numpy()[near]))
    for rows in table.groupby("source").groups.values():
        table.loc[rows, "tags"] = _without_numbers(table.loc[rows, "tags"])
    table = table.sort_values("record_key", ignore_index=True)
    table["group"] = table.groupby([*_SAID, "tags", "shape"], dropna=False, sort=False).ngroup()
    table["size"] = table.groupby("group")["group"].transform("size")
    times = _times_whole(table, records["source"].value_counts())
    # Of equal rows in a table that stands k times, every (size / k)-th is the same thing.
    things = (table["size"] // table["source"].map(times)).where(table["source"].map(times) > 1, 1)
    table["thing"] = table.groupby("group").cumcount() % things
    first = table.groupby(["group", "thing"], sort=False)["record_key"].transform("first")
    moved = table["record_key"] != first
    return dict(zip(table.loc[moved, "record_key"], first[moved], strict=True))


def _without_numbers(column: pd.Series) -> list[str | None]:
    """Return what rows of one source say in JSON, without the entries in which no value stands twice."""
    said = [from_json(text) for text in column]
    values: dict[str, list[str]] = {}
    for row in said:
        for name, value in row.items():
            values.setdefault(name, []).append(str(value))
    numbering = {name for name, told in values.items() if len(set(told)) == len(told) == len(said)}
    return [to_json({name: value for name, value in row.items() if name not in numbering}) for row in said]


def _times_whole(table: pd.DataFrame, rows_of: pd.Series) -> dict[str, int]:
    """Source -> how often its whole table stands in it (1: once)."""
    return {
        str(source): _common(part["size"]) if len(part) == rows_of[source] else 1
        for source, part in table.groupby("source")
    }


def _common(sizes: Iterable[int]) -> int:
    return int(np.gcd.reduce(np.unique(np.asarray([*sizes]))))
