"""Values that changed between releases: of sites that are in both, and of records whose source did not change.

What a site is called, where it lies and whether it is in use have kinds of change of their own (`changes`);
every other column that describes it is compared here. What only tells how the program came to it (confidence, lineage,
open questions), and what follows from its sources (credit, dates of the data), is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from inducult_geo.frames import RECORD_COLUMNS, from_json
from inducult_geo.publish.layers.columns import RECORDS, SITES, Kind
from inducult_geo.text import shortened

_OTHERWISE_TOLD = ("site_id", "name")
_EVIDENCE = (
    *("n_records", "n_review", "conflicts", "confidence", "attribution", "lineage"),
    *("first_seen", "last_seen", "run_id"),
)
COMPARED = tuple(column.name for column in SITES if column.name not in {*_OTHERWISE_TOLD, *_EVIDENCE})
"""The columns of a site that are compared, in the order in which they are told."""

_AS_SENT = (
    *("record_key", "source", "region", "raw_x", "raw_y", "tags", "content_hash", "retrieved_at", "valid_at"),
    *("place", "reason", "detail"),
)
READ = tuple(name for name in RECORD_COLUMNS if name not in _AS_SENT)
"""The columns of a record that tell how it was read, and not what its source sent."""

_KINDS: Mapping[str, Kind] = {column.name: column.kind for column in (*RECORDS, *SITES)}
_ALIKE = 0.01
"""Part by which a measure may differ and tell nothing: an outline that is drawn anew changes its area a little."""
_LONGEST = 80
_SAME_PLACE_M = 0.001


def revisions(was: pd.DataFrame, now: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Find the values of sites that differ.

    Parameters
    ----------
    was, now
        Sites with `COMPARED` (those that both have are compared), index `site_id`.

    Yields
    ------
    tuple
        Site id, column, and both values in words ("1890 -> 1904"; "-" where there is none), column by column.
    """
    both = [name for name in COMPARED if name in was and name in now]
    was, now = (frame[~frame.index.duplicated()] for frame in (was, now))
    ids = was.index.intersection(now.index)
    old, new = was.loc[ids], now.loc[ids]
    for name in both:
        left_values, right_values = old[name], new[name]
        # Most columns say the same of all sites, which is told at once.
        if left_values.equals(right_values):
            continue
        rows = np.flatnonzero(_differs(left_values, right_values, _KINDS[name]))
        for site_id, left, right in zip(ids[rows], left_values.iloc[rows], right_values.iloc[rows], strict=True):
            told = _told(name, left, right)
            if told:
                yield str(site_id), name, told


def read_otherwise(was: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    """Return the keys of records that were read otherwise: by another contract, another vocabulary or another rule.

    Parameters
    ----------
    was, now
        Records that say the same, with `record_key`; `READ` and `geometry` (WKB or shapes) where both have them.
    """
    old, new = (frame.drop_duplicates("record_key").set_index("record_key") for frame in (was, now))
    keys = old.index.intersection(new.index)
    old, new = old.loc[keys], new.loc[keys]
    found = np.zeros(len(keys), dtype=bool)
    for name in (name for name in READ if name in old and name in new):
        found |= _differs(old[name], new[name], _KINDS[name])
    if "geometry" in old and "geometry" in new:
        found |= ~shapely.equals_exact(_shapes(old["geometry"]), _shapes(new["geometry"]), _SAME_PLACE_M)
    return {str(key) for key in keys[found]}


def _shapes(column: pd.Series) -> np.ndarray:
    """Return geometries, read where they are WKB; an empty one for none."""
    given = column.to_numpy(dtype=object)
    shapes = given.copy() if str(column.dtype) == "geometry" else np.asarray(shapely.from_wkb(given))
    shapes[shapely.is_missing(shapes)] = shapely.Point()
    return shapes


def _differs(was: pd.Series, now: pd.Series, kind: Kind) -> np.ndarray:
    """Tell row by row whether values differ; none is like none, and a measure like one that is next to it."""
    if kind in ("whole", "number"):
        old, new = (pd.to_numeric(side).to_numpy(dtype=float, na_value=np.nan) for side in (was, now))
        apart = np.abs(old - new) > (_ALIKE * np.maximum(np.abs(old), np.abs(new)) if kind == "number" else 0)
        return np.asarray(apart | (np.isnan(old) != np.isnan(new)))
    left, right = was.isna().to_numpy(), now.isna().to_numpy()
    apart = was.astype("str").ne(now.astype("str")).to_numpy(dtype=bool)
    return np.asarray(apart & ~(left & right))


def _told(name: str, was: object, now: object) -> str:
    """Say both values; of a list only what went and what came, "" where that is nothing."""
    if name not in _ENTRIES:
        return f"{_text(was, _KINDS[name])} -> {_text(now, _KINDS[name])}"
    old, new = (_ENTRIES[name](value) for value in (was, now))
    went, came = (
        "; ".join(shortened(one, _LONGEST) for one in ours if one not in theirs)
        for ours, theirs in ((old, new), (new, old))
    )
    return f"{went or '-'} -> {came or '-'}" if went or came else ""


def _text(value: object, kind: Kind) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "-"
    if kind in ("whole", "number"):
        measure = float(value)  # type: ignore[arg-type]
        # So many digits that what differs is told to differ: 0.02 people per km2 are not as many as 0.04.
        return f"{measure:.3g}" if abs(measure) < 10 else f"{measure:.1f}".removesuffix(".0")
    return shortened(str(value), _LONGEST)


def _listed(value: object) -> Any:
    """Read JSON; nothing where it is none: a release need not be ours."""
    try:
        return from_json(value)
    except ValueError:
        return None


def _names(value: object) -> list[str]:
    """Return the names of a site beside its own, each with what it is."""
    told = _listed(value)
    return [f"{text} ({role})" for role, text in told.items() if role != "name"] if isinstance(told, dict) else []


def _events(value: object) -> list[str]:
    """Return the events of a site: year and what happened."""
    told = _listed(value)
    events = told if isinstance(told, list) else []
    return [f"{event.get('year')} {event.get('event')}" for event in events if isinstance(event, dict)]


def _licences(value: object) -> list[str]:
    return value.split("; ") if isinstance(value, str) else []


_ENTRIES: Mapping[str, Callable[[object], list[str]]] = {"names": _names, "timeline": _events, "licence": _licences}
