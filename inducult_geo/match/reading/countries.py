"""Find the country of each record, also of those that do not state it, as in many lists of one country."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from inducult_geo.arrow.texts import different
from inducult_geo.catalog.outlines import country_at
from inducult_geo.frames import Records
from inducult_geo.match.reading.words import city_words
from inducult_geo.ragged import Floats

VOTES: Final = 3
"""So many of the nearest places that tell their country decide: one may tell a wrong one."""

AROUND_M: Final = 100_000.0
"""Places farther away have no say."""


def countries_of(records: Records, xy: Floats) -> NDArray[np.object_]:
    """Return each record's country, as its code; an empty text where it stays unknown.

    Where a record does not tell it, it is the one that most records of its region tell; else the one in which its place
    lies (`country_at`); else, near a border or outside of Europe, the one that most of the `VOTES` nearest places of
    any list tell (the nearest of even ones); else, without a place, that of most records of its town, or that of all,
    if it is one.

    Parameters
    ----------
    xy
        A point of each record in `WORK_CRS`, (n, 2); NaN where it has no place.
    """
    told = records["country"].fillna("").to_numpy(dtype=object)
    if (told == "").any():
        told = _of_most(records["region"], told)
        nowhere = np.isnan(xy[:, 0])
        unknown = np.flatnonzero((told == "") & ~nowhere)
        told[unknown] = country_at(xy[unknown])
        unknown = unknown[told[unknown] == ""]
        told[unknown] = _around(xy[unknown], xy, told)
        if (nowhere & (told == "")).any():
            told = np.where(nowhere, _of_most(_towns(records["city"]), told), told)
        some = np.unique(told[told != ""])
        if len(some) == 1:
            told[nowhere] = some[0]
    codes, texts = pd.factorize(told)
    # Equal ones are one object, not one a row.
    return np.asarray(texts, dtype=object)[codes]


def _towns(cities: pd.Series) -> pd.Series:
    """Return each record's town by its own name, folded; null where it tells none."""
    codes, said = different(cities)
    read = [" ".join(city_words(city, "")) or None for city in said]
    return pd.Series(np.array(read, dtype=object)[codes], index=cities.index, dtype="str")


def _of_most(groups: pd.Series, told: NDArray[np.object_]) -> NDArray[np.object_]:
    """Fill in what most of a group (a region, a town) tell; of even ones the first by name."""
    known = pd.DataFrame({"group": groups.to_numpy(dtype=object), "country": told})
    counts = known[known["country"] != ""].dropna().value_counts().rename("n").reset_index()
    counts = counts.sort_values(["n", "country"], ascending=[False, True]).drop_duplicates("group")
    usual = dict(zip(counts["group"], counts["country"], strict=True))
    return np.where(told == "", np.array([usual.get(group, "") for group in known["group"]], dtype=object), told)


def _around(points: Floats, xy: Floats, told: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the country of the places around each point; an empty text where there are none."""
    known = np.flatnonzero((told != "") & ~np.isnan(xy[:, 0]))
    if not len(known) or not len(points):
        return np.full(len(points), "", dtype=object)
    codes, lands = pd.factorize(told[known], sort=True)
    gap, near = KDTree(xy[known]).query(points, k=min(VOTES, len(known)), distance_upper_bound=AROUND_M)
    gap, near = gap.reshape(len(points), -1), near.reshape(len(points), -1)
    said = np.where(np.isfinite(gap), np.append(codes, -1)[near], -1)
    votes = np.stack([(said == said[:, [at]]).sum(axis=1) for at in range(said.shape[1])], axis=1)
    # Of even ones the first, which is the nearest.
    best = said[np.arange(len(said)), np.where(said >= 0, votes, -1).argmax(axis=1)]
    return np.asarray(np.array([*lands, ""], dtype=object)[best], dtype=object)
