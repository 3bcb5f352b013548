"""Works that a source draws in several pieces: hall by hall, track by track, or as a point within their outline.

A map of things, such as OpenStreetMap, is no list of works. Its halls of one name side by side are one site, and as
rivals for one record of another source each of them would take from the others. Which sources draw so their contract
says (`drawn_in_pieces`); in a list of works two rows of one name ("Haus") are two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from inducult_geo.frames import Records
from inducult_geo.match.decisions import SAME, Decisions
from inducult_geo.match.prepare import prepare
from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Ints, sets

SIDE_BY_SIDE_M: Final = 50.0
"""Pieces of one works are no farther apart: a street or a yard lies between them, not another works."""


def pieces_of(records: Records, decisions: Decisions) -> dict[str, str]:
    """Find the pieces of works among records of sources that draw works in pieces.

    Pieces are of one source and type, bear one name that is not made of words of trade and numbers alone, do not tell
    two identifiers of one scheme, and lie no more than `SIDE_BY_SIDE_M` from the next one.

    Returns
    -------
    dict
        Record key -> key of the largest piece, for those that are not the largest themselves.
    """
    told = records["names"].notna() & records["type"].notna() & records.geometry.notna()
    some = Records(records[told].reset_index(drop=True))
    prepared = prepare(some)
    one, other = _side_by_side(some, prepared)
    same = [_may_be_one(prepared.ids[a], prepared.ids[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    one, other = one[same], other[same]
    graph = sparse.coo_matrix((np.ones(len(one), dtype=bool), (one, other)), shape=(len(some), len(some)))
    part = connected_components(graph, directed=False)[1]
    shapes = some.geometry.to_numpy()
    table = pd.DataFrame(
        {"key": prepared.key, "part": part, "area": shapely.area(shapes), "length": shapely.length(shapes)}
    )
    table = table[table["part"].duplicated(keep=False) & ~table["part"].isin(_kept_apart(table, decisions))]
    ordered = table.sort_values(["area", "length", "key"], ascending=[False, False, True])
    first = ordered.groupby("part")["key"].transform("first")
    return {key: whole for key, whole in zip(ordered["key"], first, strict=True) if key != whole}


def _side_by_side(records: Records, prepared: Prepared) -> tuple[Ints, Ints]:
    """Return the pairs of records of one source and type that share a name of their own and lie side by side."""
    variants, exact = prepared.variants, prepared.lexicon.exact
    is_own = np.bincount(variants.rows, weights=~exact[variants.values], minlength=len(variants)) > 0
    row, name = prepared.names.rows, prepared.names.values
    row, name = row[is_own[name]], name[is_own[name]]
    kind, source = prepared.coded["type"][0], prepared.sources[0]
    code = pd.factorize((name * (kind.max(initial=0) + 1) + kind[row]) * (source.max(initial=0) + 1) + source[row])[0]
    shared = pd.Index(code).duplicated(keep=False)
    row, code = row[shared], code[shared]
    names = sets(row, code.astype(np.int64), len(records))
    rows = np.unique(row)
    shapes = records.geometry.to_numpy()[rows]
    found = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SIDE_BY_SIDE_M)
    one, other = (rows[side[found[0] < found[1]]] for side in found)
    alike = [
        np.intersect1d(names.row(a), names.row(b)).size > 0 for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    return one[alike], other[alike]


def _may_be_one(mine: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Whether two records do not tell two identifiers of one scheme: two registered monuments are two."""
    return all(theirs.get(scheme, text) == text for scheme, text in mine.items())


def _kept_apart(table: pd.DataFrame, decisions: Decisions) -> set[int]:
    """Return the groups of pieces in which a steward keeps two apart."""
    part = dict(zip(table["key"], table["part"], strict=True))
    spoken = [one for one in decisions.latest.values() if one.decision != SAME]
    return {part[one.left] for one in spoken if one.left in part and part[one.left] == part.get(one.right)}
