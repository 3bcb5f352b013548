"""Fold records of one source that are one works: duplicates, repeated rows, pieces.

As rivals for one record of another source they would take from each other what fits it, and every question about them
would be asked as often as they stand there. So one speaks for all while records are compared; then all are of its site.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from inducult_geo.arrow.keys import is_in
from inducult_geo.frames import Records
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.relations import kept_apart
from inducult_geo.match.reading.plants import SPOT_M
from inducult_geo.match.reading.prepare import accuracies, prepare
from inducult_geo.match.within_source.duplicates import fold_duplicates
from inducult_geo.match.within_source.editions import MANY, may_give_again, stand_ins
from inducult_geo.match.within_source.pieces import pieces_of
from inducult_geo.ragged import Flags

DUPLICATE: Final = "exact duplicate within one source: same place, names and particulars"
AGAIN: Final = "'{source}' gives its works again: same names and particulars at one place, of another year"
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
    pieces
        The same as `first`, of those that are pieces of a works.
    shapes
        Key of each piece, and of the record that stands for it -> the shapes of the whole works.
    """

    first: Mapping[str, str]
    why: Mapping[str, str]
    pieces: Mapping[str, str]
    shapes: Mapping[str, shapely.Geometry]

    def reason(self, a: str, b: str) -> str | None:
        """Say why two records are one, or return None."""
        if self.first.get(a, a) != self.first.get(b, b):
            return None
        told = {self.why[key] for key in (a, b) if key in self.why}
        return next(iter(sorted(told - {DUPLICATE})), DUPLICATE)


def folds_of(records: Records, drawn: Collection[str], decisions: Decisions) -> Folds:
    """Find what records of one source are one.

    Parameters
    ----------
    records
        Records in the work CRS, by key.
    drawn
        Sources whose contract says `drawn_in_pieces`.
    decisions
        What stewards said: of those of whom they keep two apart none is folded, but for exact duplicates.
    """
    twice = fold_duplicates(records)
    once = records[~is_in(records["record_key"], twice)]
    is_drawn = once["source"].isin([*drawn])
    again = _given_again(Records(once[~is_drawn].reset_index(drop=True)), decisions)
    pieces = pieces_of(Records(once[is_drawn].reset_index(drop=True)), decisions) if is_drawn.any() else {}
    more = again | pieces
    folded = records.loc[is_in(records["record_key"], more), ["record_key", "source"]]
    source = dict(zip(folded["record_key"], folded["source"], strict=True))
    why = {key: (PIECE if key in pieces else AGAIN).format(source=source[key]) for key in more}
    return Folds(
        {key: more.get(one, one) for key, one in twice.items()} | more,
        {key: why.get(one, DUPLICATE) for key, one in twice.items()} | why,
        pieces,
        _whole_shapes(records, pieces),
    )


def _given_again(records: Records, decisions: Decisions) -> dict[str, str]:
    """Return which rows of lists that give many rows again another one stands for (see `editions`)."""
    sizes = records["source"].value_counts()
    beside = records[_beside_namesakes(records)]
    # One of each group stands for the others, and is not counted.
    most = (beside["source"].value_counts() - 1) / sizes
    beside = Records(beside[is_in(beside["source"], {*most.index[most >= MANY]})].reset_index(drop=True))
    givers = may_give_again(beside, prepare(beside), sizes) if len(beside) else set()
    if not givers:
        return {}
    # What is rare in a list is told by all of it.
    some = Records(records[records["source"].isin(givers)].reset_index(drop=True))
    first, keys = stand_ins(some, prepare(some)), some["record_key"].to_numpy(dtype=object)
    group = dict(zip(keys, first.tolist(), strict=True)) if decisions.latest else {}
    apart = kept_apart(decisions.latest.values(), group)
    moved = np.flatnonzero((first != np.arange(len(first))) & ~np.isin(first, [*apart]))
    return dict(zip(keys[moved], keys[first[moved]], strict=True))


def _beside_namesakes(records: Records) -> Flags:
    """Tell which records may lie where another one of their source and name does.

    All that are given again are among them. Most lists give nothing again, and to prepare these for nothing costs as
    much as to compare them.
    """
    told = np.flatnonzero(records["names"].notna() & records.duplicated(["source", "names"], keep=False))
    some = Records(records.iloc[told])
    codes = some.groupby(["source", "names"]).ngroup().to_numpy()
    west, reach_m = shapely.bounds(some.geometry.to_numpy())[:, 0], np.maximum(accuracies(some), SPOT_M)
    order = np.lexsort((west, codes))
    west, reach_m, codes = west[order], reach_m[order], codes[order]
    # Where no place is told nothing says that two lie apart.
    follows = np.zeros(len(order) + 1, dtype=bool)
    follows[1:-1] = (np.diff(codes) == 0) & ~(np.diff(west) > np.maximum(reach_m[1:], reach_m[:-1]))
    found = np.zeros(len(records), dtype=bool)
    found[told[order]] = follows[:-1] | follows[1:]
    return found


def as_one(records: Records, folds: Folds) -> Records:
    """Leave out all records that another stands for, which speaks for its pieces: their shapes are its own.

    Equals would be each other's rivals, and every question about them would be asked as often as they stand there.
    What the one that stands for others does not tell (an address, an identifier) is taken from the next that does.
    """
    if not folds.first:
        return records
    kept = Records(records[~is_in(records["record_key"], folds.first)].reset_index(drop=True))
    return _speaking_for(kept, records, folds) if folds.pieces else kept


def _speaking_for(kept: Records, records: Records, folds: Folds) -> Records:
    """Let records speak for their pieces, which are not among those kept."""
    whole = records["record_key"].map(_with_wholes(folds.pieces))
    some = records[whole.notna()].assign(whole=whole)
    groups = some.iloc[np.argsort(some["record_key"] != some["whole"], kind="stable")].groupby("whole")
    told = groups[[*_VOICE]].first()
    is_whole = kept["record_key"].isin(told.index)
    voice = {
        name: kept[name].where(~is_whole, kept["record_key"].map(told[name])).astype(kept[name].dtype)
        for name in _VOICE
    }
    return with_whole_shapes(Records(kept.assign(**voice)), folds)


def with_whole_shapes(records: Records, folds: Folds) -> Records:
    """Give every piece of a works the shapes of all of them: what a site made of them shows as its place."""
    if not folds.shapes:
        return records
    made = records.geometry.to_numpy().copy()
    for row in np.flatnonzero(is_in(records["record_key"], folds.shapes)):
        made[row] = folds.shapes[records["record_key"].iloc[row]]
    return Records(records.set_geometry(gpd.GeoSeries(made, index=records.index, crs=records.crs)))


def _with_wholes(pieces: Mapping[str, str]) -> dict[str, str]:
    """Add to each piece's record that stands for it those records themselves."""
    return {**pieces, **{key: key for key in pieces.values()}}


def _whole_shapes(records: Records, pieces: Mapping[str, str]) -> dict[str, shapely.Geometry]:
    """Return the shapes of all pieces of a works together, for each piece and the record that stands for it."""
    wholes = _with_wholes(pieces)
    some = records.loc[is_in(records["record_key"], wholes), ["record_key", "geometry"]]
    groups = some["geometry"].groupby(some["record_key"].map(wholes))
    united = {whole: _united(shapes.to_numpy()) for whole, shapes in groups}
    return {key: united[whole] for key, whole in wholes.items()}


def _united(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Unite the shapes of most dimensions: a point within an outline adds nothing to it."""
    dimension = shapely.get_dimensions(shapes)
    return shapely.union_all(shapely.make_valid(shapes[dimension == dimension.max()]))
