"""Detect files read in a similar system: all places are off by the same way. Reported, never applied.

Where numbers fall inside a region in either of two systems, no outline can tell which one is meant: D48 called D96 lies
612 m off, DHDN called WGS 84 174 m. What other sources say of the same sites can.

The rule
--------
Of the records of one source in one declared system those count that are joined to a record of another source, or asked
about with it, and whose own extents and accuracies are less than half of what the two systems differ by. For each
system that puts the same numbers 30 to 2,000 m elsewhere it is counted how many records would come to lie nearer to
the other source's than half of that way; and how many would if the way led to the left, to the right or back. Errors of
another kind know no direction. It is told from 5 records on, where so many the one way are less likely than 1 in 2,000:
the tail of a binomial distribution of 1/4, for each system that is tried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely
from scipy.special import bdtrc

from inducult_geo.catalog import OSM, Region
from inducult_geo.errors import CoordinateError
from inducult_geo.frames import WORK_CRS, Pairs, Records
from inducult_geo.harmonize.coordinates.parsed import WGS84
from inducult_geo.harmonize.transforms.crs import Transformed, transform_points
from inducult_geo.harmonize.transforms.systems import HUB, crs_of, systems_over
from inducult_geo.ragged import Flags, Floats
from inducult_geo.resolving.gaps import both_ways, untrue_accuracies
from inducult_geo.text import counted, first_few

RECORDS_MIN: Final = 5
"""Fewer records off alike are told of nobody."""

_SHIFT_MIN_M, _SHIFT_MAX_M = 30.0, 2000.0
_ALIKE_M = 10.0
_ONE_WAY, _CHANCE_MAX = 1 / 4, 1 / 2000
_NAMED_MAX = 8
_JOINED = ("match", "review", "same")
_WORDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True)
class _Seen:
    """Records of one source in one system beside those of others: a row a record, meters in `WORK_CRS`.

    `rows` are their numbers among all records; `away` is how far they lie from the others' places, as complex numbers,
    east and north; `reach_m` how far both places may be from the truth, and half of their extents.
    """

    source: str
    crs: str
    key: np.ndarray
    rows: np.ndarray
    east: Floats
    north: Floats
    away: np.ndarray
    reach_m: Floats


@dataclass(frozen=True)
class _Shift:
    """What another system explains: which records of how many, by what way, and how far off they would be then.

    `right` are those that lie well as they are.
    """

    seen: _Seen
    crs: str
    explained: Flags
    right: Flags
    usable: Flags
    way: complex
    left_m: float
    chance: float

    @property
    def words(self) -> str:
        """What a steward reads."""
        n, total, right = (int(flags.sum()) for flags in (self.explained, self.usable, self.right))
        keys = self.seen.key[self.explained]
        where = _WORDS[round(np.degrees(np.angle(1j * np.conj(-self.way))) / 45) % 8]
        advice = (
            "If it is so, write it into the contract ([place] crs)."
            if not right
            else "If it is so, put these rows into a file of their own, with a contract that names their system."
        )
        beside = f"{counted(right, 'other record')} of it {'lies' if right == 1 else 'lie'} well. " if right else ""
        named = first_few([f"'{key}'" for key in keys], _NAMED_MAX)
        return (
            f"{self.seen.source}: of {counted(total, 'record')} that other sources place, too, {n} lie some "
            f"{round(abs(self.way), -1):.0f} m {where} of theirs, all alike: {named}. Read as {self.crs} "
            f"({crs_of(self.crs).name}) and not as {self.seen.crs} they would lie {self.left_m:.0f} m from them. "
            f"{beside}Ask the sender which system {'these rows are' if right else 'the file is'} in. {advice}"
        )


def places_told(records: Records, pairs: Pairs, region: Region, own: Collection[str]) -> tuple[str, ...]:
    """Say what sources show of each other's places: a wrong system, and of a region's own lists a wrong accuracy.

    What a wrong system explains is told once.

    Parameters
    ----------
    records
        A region's accepted records, in the work CRS.
    pairs
        Its kept pairs.
    region
        Its country picks the operations, its box the systems that are tried.
    own
        Sources of which a steward of the region writes the contract.
    """
    found = [*_shifts(records, pairs, region)]
    others = {*own} - {shift.seen.source for shift in found}
    return (*(shift.words for shift in found), *untrue_accuracies(records, pairs, others))


def _shifts(records: Records, pairs: Pairs, region: Region) -> Iterator[_Shift]:
    """Yield what a wrong system explains, the likeliest first."""
    table = _beside(records, pairs)
    while (shift := _likeliest(records, table, region)) is not None:
        yield shift
        # The others lie off it as it lies off them, which is no fault of theirs.
        off = shift.seen.rows[shift.explained]
        table = table[~(table["mine"].isin(off) | table["other"].isin(off))]


def _beside(records: Records, pairs: Pairs) -> pd.DataFrame:
    """Return the rows of two records of several sources that are joined, or asked about, both ways.

    `mine` and `other` are numbers of rows, `score` that of the pair.
    """
    kept = pairs.loc[pairs["decision"].isin(_JOINED), ["left_key", "right_key", "score"]]
    return both_ways(records, kept.fillna({"score": 1.0}))


def _likeliest(records: Records, table: pd.DataFrame, region: Region) -> _Shift | None:
    """Return what another system explains best, of all sources; null where it explains nothing."""
    found = [shift for seen in _seen(records, table) if (shift := _explained(seen, region)) is not None]
    return min(found, key=lambda one: (one.chance, one.left_m), default=None)


def _seen(records: Records, table: pd.DataFrame) -> Iterator[_Seen]:
    """Yield the records of each source and declared system, each beside the likeliest of the others' records.

    Those of OpenStreetMap are in WGS 84, whatever lies beside them.
    """
    if len(table) < RECORDS_MIN:
        return
    ordered = table.sort_values(["score", "mine", "other"], ascending=[False, True, True]).drop_duplicates("mine")
    about = (
        records[["source", "declared_crs"]]
        .iloc[ordered["mine"]]
        .assign(mine=ordered["mine"].to_numpy(), other=ordered["other"].to_numpy())
    )
    key = records["record_key"].to_numpy(dtype=object)
    shapes, accuracy_m = records.geometry.to_numpy(), records["accuracy_m"].to_numpy(dtype=float)
    east, north = (of(shapely.centroid(shapes)) for of in (shapely.get_x, shapely.get_y))
    reach_m = accuracy_m + _radius_m(shapes)
    for (name, crs), group in about[about["source"] != OSM].groupby(["source", "declared_crs"]):
        mine, other = group["mine"].to_numpy(), group["other"].to_numpy()
        away = (east[mine] - east[other]) + 1j * (north[mine] - north[other])
        yield _Seen(str(name), str(crs), key[mine], mine, east[mine], north[mine], away, reach_m[mine] + reach_m[other])


def _radius_m(shapes: np.ndarray) -> Floats:
    """Return half of the diagonal of each shape's box: how far its middle may be from what a point stands for."""
    west, south, east, north = shapely.bounds(shapes).T
    return np.asarray(np.hypot(east - west, north - south) / 2)


def _explained(seen: _Seen, region: Region) -> _Shift | None:
    """Return the system that explains best how a source's places lie; null where none does."""
    # Errors of other kinds do not lead many one way: without this most sources would be tried in vain.
    far = (np.abs(seen.away) > _SHIFT_MIN_M / 2) & (np.abs(seen.away) < 1.5 * _SHIFT_MAX_M)
    if far.sum() < RECORDS_MIN:
        return None
    # Of those that put places alike, the one that the region's lists are in is likelier than any other.
    usual = [*region.crs, HUB, WGS84]
    try:
        said = transform_points(seen.east, seen.north, source_crs=WORK_CRS, target_crs=seen.crs, country=region.country)
    except CoordinateError:
        return None
    tried = (_tried(seen, said, crs, region.country) for crs in _relatives(seen.crs, region))
    found = [shift for shift in tried if shift is not None]
    return min(found, key=lambda one: (one.chance, one.left_m // _ALIKE_M, _place_in(usual, one.crs)), default=None)


def _place_in(usual: Sequence[str], crs: str) -> int:
    return usual.index(crs) if crs in usual else len(usual)


def _relatives(crs: str, region: Region) -> list[str]:
    """Name the other systems of the same kind, of degrees or of a plane, that are in use over a region."""
    try:
        in_degrees = crs_of(crs).is_geographic
    except CoordinateError:
        return []
    return [code for code in systems_over(region.bbox, in_degrees=in_degrees) if code != crs]


def _tried(seen: _Seen, said: Transformed, crs: str, country: str) -> _Shift | None:
    """Count what another system explains; null where it puts the numbers too near or too far, or explains too few.

    The numbers are those that the source `said`, in the system that it declares.
    """
    try:
        way = _way(seen, said, crs, country)
    except CoordinateError:
        return None
    known = np.isfinite(way)
    length_m = np.abs(way)
    if not known.any() or not _SHIFT_MIN_M <= np.median(length_m[known]) <= _SHIFT_MAX_M:
        return None
    usable = np.isfinite(seen.away) & (seen.reach_m < length_m / 2)
    nearer = [usable & (np.abs(seen.away + way * turn) < length_m / 2) for turn in (1, 1j, -1, -1j)]
    counts = [int(flags.sum()) for flags in nearer]
    chance = float(bdtrc(counts[0] - 1, sum(counts), _ONE_WAY))
    if counts[0] < RECORDS_MIN or chance > _CHANCE_MAX:
        return None
    left_m = float(np.median(np.abs(seen.away + way)[nearer[0]]))
    right = usable & (np.abs(seen.away) < length_m / 2)
    middle = complex(np.median(way.real[known]), np.median(way.imag[known]))
    return _Shift(seen, crs, nearer[0], right, usable, middle, left_m, chance)


def _way(seen: _Seen, said: Transformed, crs: str, country: str) -> np.ndarray:
    """Return how far another system would put the same numbers, in meters east and north."""
    then = transform_points(said.x, said.y, source_crs=crs, target_crs=WORK_CRS, country=country)
    return np.asarray((then.x - seen.east) + 1j * (then.y - seen.north))
