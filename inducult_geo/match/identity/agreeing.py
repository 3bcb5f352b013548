"""Find vanished and new records that are plainly the same thing (the rules are in `continuity`)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from shapely.geometry.base import BaseGeometry

from inducult_geo.arrow.texts import text_or_none
from inducult_geo.ragged import Flags, Ints, blocks

NEAR_M: Final = 50.0
LARGEST_RADIUS_M: Final = 300.0
TOUCH_M: Final = 5.0
AREA_SHARE: Final = 0.2
ALIKE: Final = 0.85
"""Share of letters that two spellings of a name have in common ("Liechtensteinischer", "Liechtensteinischen")."""


@dataclass(frozen=True)
class Mark:
    """A record's fingerprint as it is compared."""

    key: str
    region: str | None
    words: frozenset[str]
    x: float
    y: float
    area_m2: float
    type: str | None

    @property
    def home(self) -> str:
        """Its source and region."""
        return f"{self.key.partition(':')[0]} {self.region}"

    @cached_property
    def is_named(self) -> bool:
        """Whether its name holds a word that is not only a word of trade or a number."""
        return any(word[:1] != "#" for word in self.own_words)

    @property
    def name(self) -> str:
        """The words of its name, in their order."""
        return " ".join(sorted(self.words))

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The words of its name that are not words of trade."""
        return frozenset(word for word in self.words if word[:1] != "@")

    @property
    def radius_m(self) -> float:
        """Radius of a circle as large as its shape."""
        return math.sqrt(self.area_m2 / math.pi)

    @property
    def reach_m(self) -> float:
        """How far away a thing of the same name may be."""
        return NEAR_M + min(LARGEST_RADIUS_M, self.radius_m)

    @property
    def touch_m(self) -> float:
        """How far away a thing without a name may be; the neighbor in a row of huts must not count."""
        return min(TOUCH_M, self.radius_m / 2) if self.area_m2 > 0 else TOUCH_M


_Columns = Mapping[str, NDArray[Any]]


class Bunch(NamedTuple):
    """Records that nothing but their keys tells apart: any of them may go on as another; keys in their order."""

    mark: Mark
    shape: BaseGeometry
    is_minor: bool
    keys: Sequence[str]


def marks_of(table: pd.DataFrame) -> Iterator[Mark]:
    """Yield the fingerprints of a table by record key; rows without a place are left out."""
    numbers = [pd.to_numeric(table[name], errors="coerce") for name in ("x", "y", "area_m2")]
    said = [[text_or_none(value) for value in table[name]] for name in ("region", "name_key", "type")]
    for key, region, words, kind, x, y, area_m2 in zip(table.index, *said, *numbers, strict=True):
        if math.isfinite(x) and math.isfinite(y):
            known_m2 = float(area_m2) if math.isfinite(area_m2) else 0.0
            yield Mark(str(key), region, frozenset((words or "").split()), float(x), float(y), known_m2, kind)


def bunches(marks: Iterable[tuple[Mark, BaseGeometry]], minor: Collection[str] = ()) -> list[Bunch]:
    """Put records together that only their keys tell apart: of a list placed by town, thousands lie at one spot.

    Parameters
    ----------
    marks
        Fingerprints with the shapes that they are compared by (work CRS).
    minor
        Keys of those whose turn comes after all others.
    """
    found: dict[tuple[object, ...], list[tuple[Mark, BaseGeometry]]] = {}
    for mark, shape in marks:
        # The words of what has no name count for nothing.
        told = (mark.home, mark.words if mark.is_named else None, mark.x, mark.y, mark.area_m2, mark.type)
        found.setdefault((*told, shape.wkb, mark.key in minor), []).append((mark, shape))
    firsts = ((some[0], sorted(mark.key for mark, _ in some)) for some in found.values())
    return [Bunch(mark, shape, mark.key in minor, keys) for (mark, shape), keys in firsts]


def agreements(old: Sequence[Bunch], new: Sequence[Bunch]) -> pd.DataFrame:
    """Find every pair of a vanished bunch and a new one that agrees, the best first.

    Returns
    -------
    pandas.DataFrame
        Numbers of both (`old`, `new`), `distance_m` of the old point from the new shape, `gap` (by which share the
        larger area the smaller one differs), `is_by_name` (else the shape tells it), and `rank`, the same for pairs of
        which none is better.
    """
    one, other = _columns(old), _columns(new)
    rows = shapely.STRtree(other["shape"]).query(one["shape"], predicate="dwithin", distance=one["reach_m"])
    return _ranked(pd.concat([_agreeing(one, other, *rows[:, here]) for here in blocks(rows.shape[1])]))


def _columns(some: Sequence[Bunch]) -> _Columns:
    """Return what is compared of bunches, one value each."""
    names = ("home", "words", "own_words", "name", "type")
    told = {name: [getattr(bunch.mark, name) for bunch in some] for name in names}
    told |= {"shape": [bunch.shape for bunch in some], "first_key": [bunch.keys[0] for bunch in some]}
    numbers = ("x", "y", "area_m2", "touch_m", "reach_m")
    return {
        **{name: pd.Series(values, dtype=object).to_numpy() for name, values in told.items()},
        **{name: np.array([getattr(bunch.mark, name) for bunch in some], dtype=float) for name in numbers},
        "is_named": np.array([bunch.mark.is_named for bunch in some], dtype=bool),
        "is_minor": np.array([bunch.is_minor for bunch in some], dtype=bool),
    }


def _agreeing(one: _Columns, other: _Columns, left: Ints, right: Ints) -> pd.DataFrame:
    """Return the pairs that are of one thing (see `agreements`), with what they are ranked by."""
    is_home = one["home"][left] == other["home"][right]
    left, right = left[is_home], right[is_home]
    distance_m = shapely.distance(one["shape"][left], other["shape"][right])
    areas = one["area_m2"][left], other["area_m2"][right]
    larger = np.maximum(*areas)
    gap = np.abs(np.subtract(*areas)) / np.where(larger > 0, larger, 1.0)
    words = one["words"][left], other["words"][right]
    is_within = (words[0] <= words[1]) | (words[1] <= words[0])
    # One of them may tell the trade, too; two trades of one name are two works.
    is_by_name = one["is_named"][left] & (one["own_words"][left] == other["own_words"][right]) & is_within
    is_near = (distance_m <= one["touch_m"][left]) & (gap <= AREA_SHARE)
    is_near &= pd.notna(one["type"])[left] & (one["type"][left] == other["type"][right])
    is_near[is_near] = _may_be_one(one, other, left[is_near], right[is_near], is_within[is_near])
    told = {"old": left, "new": right, "distance_m": distance_m, "gap": gap, "is_by_name": is_by_name}
    pairs = pd.DataFrame(told).loc[is_by_name | is_near]
    east_m, north_m = (one[axis][pairs["old"]] - other[axis][pairs["new"]] for axis in "xy")
    ranked: pd.DataFrame = pairs.assign(
        apart_m=np.hypot(east_m, north_m),
        is_minor=one["is_minor"][pairs["old"]],
        first_key=other["first_key"][pairs["new"]],
    )
    return ranked


def _may_be_one(one: _Columns, other: _Columns, left: Ints, right: Ints, is_within: Flags) -> Flags:
    """Tell which names do not speak against one thing: none, one within the other, or both nearly written alike."""
    may = is_within | ~one["is_named"][left] | ~other["is_named"][right]
    names = one["name"][left[~may]].tolist(), other["name"][right[~may]].tolist()
    may[~may] = process.cpdist(*names, scorer=fuzz.ratio, score_cutoff=100 * ALIKE) > 0
    return may


def _ranked(found: pd.DataFrame) -> pd.DataFrame:
    """Sort pairs, and number their ranks; among those of one rank the smaller key of a new record comes first."""
    found = found.assign(distance_mm=(1000 * found["distance_m"]).round(), gap_ppm=(1e6 * found["gap"]).round())
    by = ["is_minor", "distance_mm", "gap_ppm", "apart_m"]
    found = found.sort_values([*by, "first_key"], ignore_index=True)
    found["rank"] = (found[by] != found[by].shift()).any(axis=1).cumsum()
    return found
