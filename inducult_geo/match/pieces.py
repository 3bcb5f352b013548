"""Works that a source draws in several pieces: hall by hall, track by track, or as a point within their outline.

A map of things, such as OpenStreetMap, is no list of works. Its halls of one name side by side are one site, and as
rivals for one record of another source each of them would take from the others. Which sources draw so their contract
says (`drawn_in_pieces`); in a list of works two rows of one name ("Haus") are two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from inducult_geo.frames import Records
from inducult_geo.match.decisions import SAME, Decisions
from inducult_geo.match.duplicates import fold_duplicates
from inducult_geo.match.lookup import is_in
from inducult_geo.match.prepare import prepare
from inducult_geo.match.prepared import Prepared
from inducult_geo.ragged import Ints, sets

SIDE_BY_SIDE_M: Final = 50.0
"""Pieces of one works are no farther apart: a street or a yard lies between them, not another works."""

DUPLICATE: Final = "exact duplicate within one source: same place, names and particulars"
PIECE: Final = "the contract of '{source}' says that it draws works in pieces: one name and kind, side by side"

_VOICE: Final = ("operator", "address", "postcode", "city", "ids", "start_year", "end_year")


@dataclass(frozen=True)
class Folds:
    """Records that another one of their source stands for.

    Attributes
    ----------
    first
        Record key -> key of the record that stands for it.
    why
        Record key -> why, for the same records.
    """

    first: Mapping[str, str]
    why: Mapping[str, str]

    def reason(self, a: str, b: str) -> str | None:
        """Say why two records are one, or return None."""
        if self.first.get(a, a) != self.first.get(b, b):
            return None
        told = {self.why[key] for key in (a, b) if key in self.why}
        return next(iter(sorted(told - {DUPLICATE})), DUPLICATE)


def folds_of(records: Records, drawn: Collection[str], decisions: Decisions) -> Folds:
    """Find the exact duplicates of every source, and the pieces of works in the sources `drawn` in pieces.

    Parameters
    ----------
    records
        Records in the work CRS, by key.
    drawn
        Sources whose contract says `drawn_in_pieces`.
    decisions
        What stewards said: pieces of which they keep two apart are no pieces.
    """
    twice = fold_duplicates(records)
    mine = records["source"].isin([*drawn]) & ~is_in(records["record_key"], twice)
    pieces = pieces_of(Records(records[mine].reset_index(drop=True)), decisions) if mine.any() else {}
    source = dict(zip(records["record_key"], records["source"], strict=True)) if pieces else {}
    first = {key: pieces.get(one, one) for key, one in twice.items()} | pieces
    why = dict.fromkeys(twice, DUPLICATE) | {key: PIECE.format(source=source[key]) for key in pieces}
    return Folds(first, why)


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


def as_one(records: Records, folds: Folds) -> Records:
    """Leave out all records that another stands for, which speaks for its pieces: their shapes are its own.

    Equals would be each other's rivals, and every question about them would be asked as often as they stand there.
    What the one that stands for others does not tell (an address, an identifier) is taken from the next that does.
    """
    if not folds.first:
        return records
    kept = Records(records[records["record_key"].map(folds.first).isna()].reset_index(drop=True))
    pieces = {key: folds.first[key] for key, why in folds.why.items() if why != DUPLICATE}
    return _speaking_for(kept, records, pieces) if pieces else kept


def _speaking_for(kept: Records, records: Records, pieces: Mapping[str, str]) -> Records:
    """Let records speak for their pieces, which are not among those kept."""
    whole = records["record_key"].map({**pieces, **{key: key for key in pieces.values()}})
    some = records[whole.notna()].assign(whole=whole)
    groups = some.iloc[np.argsort(some["record_key"] != some["whole"], kind="stable")].groupby("whole")
    told, shapes = groups[[*_VOICE]].first(), kept.geometry.to_numpy().copy()
    is_whole = kept["record_key"].isin(told.index)
    for row in np.flatnonzero(is_whole):
        shapes[row] = _united(groups.get_group(kept["record_key"].iloc[row]).geometry.to_numpy())
    voice = {
        name: kept[name].where(~is_whole, kept["record_key"].map(told[name])).astype(kept[name].dtype)
        for name in _VOICE
    }
    return Records(kept.assign(**voice).set_geometry(gpd.GeoSeries(shapes, index=kept.index, crs=kept.crs)))


def _united(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Unite the shapes of most dimensions: a point within an outline adds nothing to it."""
    dimension = shapely.get_dimensions(shapes)
    return shapely.union_all(shapely.make_valid(shapes[dimension == dimension.max()]))


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
