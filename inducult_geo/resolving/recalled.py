"""Recognize a source that got another id: its records go on as before, with their sites and decisions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from inducult_geo.arrow.keys import is_in
from inducult_geo.arrow.texts import texts
from inducult_geo.frames import Records, own_keys
from inducult_geo.match.identity.agreeing import NEAR_M
from inducult_geo.match.identity.continuity import fingerprints
from inducult_geo.match.identity.registry import typed_registry
from inducult_geo.stage import Stage
from inducult_geo.text import counted

ROWS_MIN: Final = 3
SHARE_MIN: Final = 0.5
"""It takes so many rows, and such a share of a source's new ones, under the same keys at the same works to tell it."""


def recalled(records: Records, registry: pd.DataFrame, declared: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """Let new records of a source go on as those of one that nobody declares any more, where they are the same.

    Parameters
    ----------
    records
        A region's accepted records in the work CRS.
    registry
        The registry of site ids so far.
    declared
        Ids of all sources of the catalog.

    Returns
    -------
    tuple
        The registry, with a row for each record that goes on (under its new key, `succeeds` the old one), and what is
        to be told of each such source.
    """
    known = registry[registry["record_key"].notna()] if "record_key" in registry else registry.head(0)
    fresh = records[~is_in(records["record_key"], known["record_key"])] if len(known) else records.head(0)
    new = sorted(set(fresh["source"]))
    if not new:
        return registry, []
    sources = pc.list_element(pc.split_pattern(texts(known["record_key"]), ":", max_splits=1), 0)
    gone = [name for name in sorted(pc.unique(sources).to_pylist()) if name not in declared]
    rows, said = [registry], []
    for old in gone:
        before = typed_registry(known[pc.equal(sources, old).to_numpy(zero_copy_only=False)])
        before = before[~is_in(before["record_key"], known.get("succeeds", []))]
        followed = {name: _followed(before, Records(fresh[fresh["source"] == name]), old, name) for name in new}
        name = max(new, key=lambda one: len(followed[one]), default=None)
        if name is None or followed[name].empty:
            continue
        new.remove(name)
        rows.append(followed[name])
        said.append(
            f"{_cause(old, name)}: {counted(len(followed[name]), 'record')} of it, under the same keys at the same "
            "places, keep their site ids, and decisions on them hold"
        )
    return (pd.concat(rows, ignore_index=True) if said else registry), said


def undeclared(before: Stage | None, declared: Collection[str], told: Iterable[str]) -> list[str]:
    """Tell of each source with records in a region that nobody declares any more: its contract may have got lost.

    Parameters
    ----------
    before
        The region as the run before left it.
    declared
        As in `recalled`.
    told
        What that told: a source that is called otherwise has not gone.
    """
    said = tuple(told)
    left = (one for one in (before.facts if before else ()) if one.source not in declared and one.counts.records_in)
    return [
        f"{_left(one.source)}: {counted(one.counts.records_in, 'record')} of it left the region. Where that was not "
        "meant, put its contract back"
        for one in left
        if not any(text.startswith(f"source '{one.source}' is called ") for text in said)
    ]


def recalled_before(problems: Iterable[str]) -> list[str]:
    """Return what was told of sources that are called otherwise, or gone, of all that was told of a region."""
    return [text for text in problems if _TOLD.match(text)]


def _cause(old: str, name: str) -> str:
    return f"source '{old}' is called '{name}' now"


def _left(name: str) -> str:
    return f"no contract declares source '{name}' any more"


_TOLD: Final = re.compile(f"""(?:{_cause("[^']+", "[^']+")}|{_left("[^']+")}): """)


def _followed(before: pd.DataFrame, now: Records, old: str, name: str) -> pd.DataFrame:
    """Return the rows of a registry under the keys that a source has now; none where it is another list."""
    marks = fingerprints(now)[["name_key", "x", "y"]].add_suffix("_now").reset_index()
    marks["own"] = own_keys(marks["record_key"])
    both = before.assign(own=own_keys(before["record_key"])).merge(marks, on="own", suffixes=("", "_new"))
    x, y, x_now, y_now = (
        both[column].to_numpy(dtype=float, na_value=np.nan) for column in ("x", "y", "x_now", "y_now")
    )
    is_near = np.hypot(x - x_now, y - y_now) <= NEAR_M
    same = both[is_near & (both["name_key"].isna() | (both["name_key"] == both["name_key_now"]))]
    if len(same) < max(ROWS_MIN, SHARE_MIN * len(now)):
        return before.head(0)
    keys = {"succeeds": same["record_key"], "record_key": f"{name}:" + same["own"]}
    rows: pd.DataFrame = same.assign(**keys, cause=_cause(old, name))
    return rows[[*before.columns]]
