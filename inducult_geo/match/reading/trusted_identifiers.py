"""Detect identifiers that two lists number independently: row numbers, or numbers of different registers.

An identifier in common outweighs all else. Where most of those that two lists share lead to works that have nothing in
common, it is no identifier: it says neither that two records are one, nor that they are not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.match.reading.likeness import plain_likeness
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.ragged import Floats, Ints

SHARED_FROM: Final = 5
"""Identifiers of a scheme that lists must share before they are judged."""

AGREE_FROM: Final = 0.5
"""Share of these that must lead to the same works."""

APART_M: Final = 50_000.0
"""Places from which on two records do not agree: more than a wrong geocode within a county."""

NEAR_M: Final = 1_000.0
CLOSER: Final = 0.25
"""... in lists of a region this share of the distance that records of different works have, but `NEAR_M` at least."""

TELLING: Final = 0.25
"""Rarity of the words that two names have in common from which the records agree all the same."""


def trusted(prepared: Prepared) -> Prepared:
    """Return the records without identifiers of a scheme that their sources number each for itself.

    Two sources do so that share at least `SHARED_FROM` values, where less than half (`AGREE_FROM`) of the records that
    do, and tell a place or a name, are near each other or have telling words in common; pairs of sources that share
    fewer are judged together. Near is nearer than `APART_M`, and in lists of a region than a part of what strangers are
    (`CLOSER`). Of two such sources the one keeps its identifiers that agrees with a third.
    """
    if not prepared.has_ids.any():
        return prepared
    chance = _by_chance(_shared(prepared))
    if not chance:
        return prepared
    kept = [
        {name: text for name, text in ids.items() if (name, source) not in chance}
        for ids, source in zip(prepared.ids, prepared.sources[0].tolist(), strict=True)
    ]
    return replace(prepared, ids=np.array(kept, dtype=object))


def _shared(prepared: Prepared) -> pd.DataFrame:
    """Return each identifier that two sources share: its scheme, both sources, and whether their records agree."""
    rows = np.flatnonzero(prepared.has_ids).tolist()
    told = [(scheme, text, row) for row in rows for scheme, text in prepared.ids[row].items()]
    table = pd.DataFrame(told, columns=["scheme", "text", "row"])
    table["source"] = prepared.sources[0][table["row"]]
    table = table.drop_duplicates(["scheme", "text", "source"])
    both = table.merge(table, on=["scheme", "text"], suffixes=("", "_of_other"))
    both = both[both["source"] < both["source_of_other"]].rename(columns={"source_of_other": "other"})
    one, other = (both[name].to_numpy(np.int64) for name in ("row", "row_of_other"))
    return both[["scheme", "source", "other"]].assign(agrees=_agree(prepared, one, other))


def _by_chance(shared: pd.DataFrame) -> set[tuple[str, int]]:
    """Return schemes of sources whose identifiers lead to the works of others by chance alone."""
    sides = ["scheme", "source", "other"]
    few = shared.groupby(sides)["agrees"].transform("count") < SHARED_FROM
    judges = shared.assign(**{side: shared[side].where(~few, -1) for side in sides[1:]}).groupby(sides)["agrees"]
    is_known = judges.transform("count") >= SHARED_FROM
    agrees = judges.transform("mean") >= AGREE_FROM
    good, bad = (shared.loc[is_known & some, sides].drop_duplicates() for some in (agrees, ~agrees))
    backed = {*_ends(good)}
    lost = {end for end in _ends(bad) if end not in backed}
    # Both agree with others, and not with each other: nobody knows whose numbers mean something else.
    torn = bad[[(scheme, a) not in lost and (scheme, b) not in lost for scheme, a, b in bad.itertuples(index=False)]]
    return lost | {*_ends(torn)}


def _ends(pairs: pd.DataFrame) -> list[tuple[str, int]]:
    """Return the scheme with either source of each pair."""
    return [(scheme, source) for scheme, *both in pairs.itertuples(index=False) for source in both]


def _agree(prepared: Prepared, one: Ints, other: Ints) -> Floats:
    """Tell which pairs of records may be one: 1 near or by telling words, else 0; NaN where none is told."""
    apart = prepared.apart_m(one, other)
    strangers = prepared.apart_m(one, np.roll(other, 1))
    usual = np.nanmedian(strangers) if not np.isnan(strangers).all() else APART_M
    bound = np.clip(CLOSER * usual, NEAR_M, APART_M)
    alike, which = plain_likeness(prepared, prepared.name_words, one, other)
    telling = alike.telling.take(which)
    return np.where(np.isnan(apart) & np.isnan(telling), np.nan, (apart <= bound) | (telling >= TELLING))
