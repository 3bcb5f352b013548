"""How far apart sources place the same site: a check on the accuracy that each states."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

from inducult_geo.frames import Pairs

FEWEST: Final = 10
"""Fewer records tell a steward nothing of a source's accuracy."""

_UNTRUE_BELOW: Final = 0.5


def gaps(records: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Measure each source's places against those of other sources at the same sites.

    A record is compared with the truest of the records that it is joined to and that are of another source. What is
    wrongly joined, or not joined since it lies too far, counts as what it is taken for.

    Parameters
    ----------
    records
        `record_key`, `source`, `accuracy_m` in meters, and `reason`: what is not accepted does not count.
    pairs
        Kept pairs, with the sites of both records and `distance_m`, that of their shapes.

    Returns
    -------
    pandas.DataFrame
        By source: `compared` (records), `median_gap_m`, and `within_accuracy`: the share of them, 0 to 1, that lie no
        farther from the other place than the accuracies of both together.
    """
    accepted = records[records["reason"].isna()]
    joined = pairs[pairs["left_site"].eq(pairs["right_site"]) & pairs["distance_m"].notna()]
    table = both_ways(accepted, joined)
    mine, theirs = (accepted.iloc[table[side]].reset_index(drop=True) for side in ("mine", "other"))
    table = pd.DataFrame(
        {
            "record_key": mine["record_key"],
            "source": mine["source"],
            "gap_m": table["distance_m"],
            "theirs_m": theirs["accuracy_m"],
            "allowed_m": mine["accuracy_m"] + theirs["accuracy_m"],
        }
    )
    table = table[table["allowed_m"].notna()]
    first = table.sort_values(["record_key", "theirs_m", "gap_m"]).drop_duplicates("record_key")
    first = first.assign(is_within=first["gap_m"] <= first["allowed_m"])
    return first.groupby("source").agg(
        compared=("gap_m", "size"), median_gap_m=("gap_m", "median"), within_accuracy=("is_within", "mean")
    )


def with_gaps(sources: pd.DataFrame, records: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the table `sources` with what `gaps` tells of each, in whole decimeters; nothing compared is 0 of them."""
    found = gaps(records, pairs).reindex(sources["source"]).reset_index(drop=True)
    told = found.round({"median_gap_m": 1, "within_accuracy": 3}).assign(
        compared=found["compared"].fillna(0).astype("int64")
    )
    return pd.concat([sources.drop(columns=[*told], errors="ignore").reset_index(drop=True), told], axis=1)


def both_ways(records: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of records of two sources as seen from either: `mine` and `other` are numbers of rows of records.

    Pairs of which a record is not among the records are left out; the other columns are those of the pairs.
    """
    rows, source = pd.Index(records["record_key"]), records["source"].to_numpy(dtype=object)
    left, right = (rows.get_indexer(pairs[f"{side}_key"]) for side in ("left", "right"))
    table = pd.concat([pairs.assign(mine=left, other=right), pairs.assign(mine=right, other=left)], ignore_index=True)
    table = table[(table["mine"] >= 0) & (table["other"] >= 0)]
    is_of_two = source[table["mine"].to_numpy()] != source[table["other"].to_numpy()]
    return pd.DataFrame(table[is_of_two]).reset_index(drop=True)


def untrue_accuracies(records: pd.DataFrame, pairs: Pairs, sources: Collection[str]) -> tuple[str, ...]:
    """Say of which of some sources most places lie farther from others' than the accuracies of both allow."""
    told = gaps(records, pairs)
    doubtful = told[(told["compared"] >= FEWEST) & (told["within_accuracy"] < _UNTRUE_BELOW) & told.index.isin(sources)]
    return tuple(
        f"{name}: of {compared} records that other sources place, too, {round(compared * share)} lie as near to theirs "
        f"as both say to be true; half of them are more than {gap_m:.0f} m off. Ask how the places were found, and "
        "state what they are worth ([place] accuracy_m of the contract)."
        for name, compared, gap_m, share in zip(
            doubtful.index, doubtful["compared"], doubtful["median_gap_m"], doubtful["within_accuracy"], strict=True
        )
    )
