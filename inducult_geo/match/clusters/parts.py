"""Find sites that are part of another one around them: the headframe in the colliery, the museum in the brewery.

Within one source two records are two things. Where the outline of one holds the other, and the two bear one name or the
kind of the inner one is that of a part, the inner one is a part of the outer one: both stay sites of their own, and the
part tells its whole. What a steward says of two sites goes before what their outlines say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import shapely

from inducult_geo.catalog.models import DEFAULT_RELIABILITY
from inducult_geo.frames import Records
from inducult_geo.match.decided.relations import wholes
from inducult_geo.match.decided.verdict import SAME, Decision
from inducult_geo.match.reading.prepare import accuracies, prepare
from inducult_geo.match.reading.prepared import NO_AREA_M2
from inducult_geo.ragged import Flags, Floats, Ints, Ragged
from inducult_geo.tangled import common_parts
from inducult_geo.text import packaged_rows

INSIDE: Final = 0.9
"""Share of a shape that lies in an outline from which it lies within it; outlines of two mappers never fit exactly."""

SMALLER: Final = 0.8
"""Share of an outline up to which another one may be a part of it: nearly the same outline is drawn twice."""

TRUE_TO_M: Final = 50.0
"""A place that is less true than this does not tell that it lies within an outline."""

ITS_NAME: Final = "lies within the other's outline and bears its name"
ITS_KIND: Final = "lies within the other's outline, and is of a kind that is part of works"
NAMELESS: Final = "lies within the other's outline, without a name of its own"

_COMPANY: Final = "industrial_building"
"""A building with another name than the works around it is another company's, for all that buildings are parts."""


class Part(NamedTuple):
    """A record that lies within another one of its source and belongs to it; `why` in words."""

    part: str
    whole: str
    why: str


@dataclass(frozen=True)
class Belonging:
    """Which sites are parts of which.

    Attributes
    ----------
    whole_of
        Site of the part -> site of the whole, by the words of stewards and by outlines.
    parts
        What of this outlines tell, and no steward.
    """

    whole_of: Mapping[str, str]
    parts: tuple[Part, ...]


def parts_of(records: Records) -> list[Part]:
    """Find records that lie within another one of their source and belong to it, each with the smallest such outline.

    One belongs to the other where all words of its own that either name has stand in the other's ("Hilti Werk 1" in
    "Hilti"), too; where it is of a kind that is a part of works (`kind` in `catalog/types.csv`), or a museum in works;
    or where it has no name of its own and is of that kind or of the theme of the other.

    Parameters
    ----------
    records
        Records in the work CRS.
    """
    inner, outer = _nested(records)
    if not len(inner):
        return []
    some, at = np.unique(np.r_[inner, outer], return_inverse=True)
    near = Records(records.iloc[some].reset_index(drop=True))
    inner, outer = at[: len(inner)], at[len(inner) :]
    why = _reasons(near, inner, outer)
    keys, area = near["record_key"].to_numpy(dtype=object), shapely.area(near.geometry.to_numpy())
    order = np.lexsort((keys[outer].astype(str), area[outer], keys[inner].astype(str)))
    found: dict[str, Part] = {}
    for row in order[np.array([why[row] is not None for row in order], dtype=bool)].tolist():
        part = Part(keys[inner[row]], keys[outer[row]], str(why[row]))
        found.setdefault(part.part, part)
    return [*found.values()]


def belonging(
    parts: Iterable[Part], words: Collection[Decision], homes: Mapping[str, str], trust: Mapping[str, float]
) -> Belonging:
    """Settle which sites are parts of which: what stewards say, and beside it what outlines say.

    Where records of one site lie within several works, the most reliable source tells of which it is a part, of equally
    reliable ones the record that is first by key; of a works and another one within it the inner one is the whole.

    Parameters
    ----------
    parts
        What outlines say (see `parts_of`).
    words
        Decisions in force.
    homes
        Record key -> its site.
    trust
        Source -> how reliable it is (0 to 100).
    """
    whole_of = {part: whole for part, (whole, _) in wholes(words, homes).items()}
    said = {*whole_of}
    spoken = {
        frozenset((homes[one.left], homes[one.right]))
        for one in words
        if one.decision != SAME and one.left in homes and one.right in homes
    }
    found: dict[str, dict[str, Part]] = {}
    for one in sorted(parts, key=lambda one: (-_trust_in(one, trust), one.part)):
        part, whole = homes[one.part], homes[one.whole]
        if part not in said and part != whole and frozenset((part, whole)) not in spoken:
            found.setdefault(part, {}).setdefault(whole, one)
    for part, named in found.items():
        first = next((whole for whole in named if not _reaches(whole_of, whole, part)), None)
        if first is not None:
            whole_of[part] = first
    return Belonging(whole_of, tuple(_inmost(part, found[part], whole_of, trust) for part in found if part in whole_of))


def _inmost(part: str, named: Mapping[str, Part], whole_of: dict[str, str], trust: Mapping[str, float]) -> Part:
    """Let the inner one of several wholes be the whole, and return what says so, with the reason of the choice."""
    first = whole_of[part]
    # What would make a ring is no choice.
    named = {whole: one for whole, one in named.items() if not _reaches(whole_of, whole, part)}
    for whole in named:
        if whole != whole_of[part] and _reaches(whole_of, whole, whole_of[part]):
            whole_of[part] = whole
    chosen = named[whole_of[part]]
    if len(named) == 1:
        return chosen
    is_first = [_trust_in(one, trust) for one in named.values()].count(_trust_in(chosen, trust)) > 1
    reason = "the first record by key tells" if is_first else f"the most reliable source, '{_source(chosen)}', tells"
    reason = reason if whole_of[part] == first else "lies within another"
    return chosen._replace(why=f"{chosen.why}; of {len(named)} works around records of this site the one that {reason}")


def _source(one: Part) -> str:
    return one.part.partition(":")[0]


def _trust_in(one: Part, trust: Mapping[str, float]) -> float:
    return trust.get(_source(one), DEFAULT_RELIABILITY)


def _reaches(whole_of: Mapping[str, str], site: str, goal: str) -> bool:
    """Whether one site is the other, or is part of it by way of others; stewards' words make no ring."""
    while site != goal and site in whole_of:
        site = whole_of[site]
    return site == goal


def _nested(records: Records) -> tuple[Ints, Ints]:
    """Return the pairs of records of one source of which the first lies within the outline of the second."""
    shapes, source = records.geometry.to_numpy().copy(), records["source"].to_numpy(dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    area = shapely.area(shapes)
    placed = np.flatnonzero(accuracies(records) <= TRUE_TO_M)
    outlines = placed[area[placed] > NO_AREA_M2]
    none = np.zeros(0, dtype=np.int64)
    if not len(outlines):
        return none, none
    at, held = shapely.STRtree(shapes[outlines]).query(shapes[placed], predicate="intersects")
    inner, outer = placed[at], outlines[held]
    fits = (source[inner] == source[outer]) & (area[inner] <= SMALLER * area[outer])
    inner, outer = inner[fits], outer[fits]
    within = _share_within(shapes[inner], shapes[outer]) >= INSIDE
    return inner[within], outer[within]


def _share_within(shapes: np.ndarray, outlines: np.ndarray) -> Floats:
    """Return how much of each shape lies within its outline: of its area or else its length; a point does or not.

    NaN where the two cross each other too often (see `tangled`).
    """
    share = shapely.covers(outlines, shapes).astype(float)
    rest = np.flatnonzero((share < 1) & (shapely.get_dimensions(shapes) > 0))
    common = common_parts(shapes[rest], outlines[rest])
    flat = shapely.get_dimensions(shapes[rest]) == 2
    whole, inside = (np.where(flat, shapely.area(each), shapely.length(each)) for each in (shapes[rest], common))
    share[rest] = inside / np.maximum(whole, NO_AREA_M2)
    return share


def _reasons(records: Records, inner: Ints, outer: Ints) -> list[str | None]:
    """Say of each pair why the first is a part of the second; None where it is not."""
    prepared = prepare(records)
    own = _own_words(prepared.name_words, prepared.lexicon.exact)
    types, themes = (records[name].to_numpy(dtype=object) for name in ("type", "theme"))
    kinds = [_kinds().get(one, "") for one in types]

    def reason(a: int, b: int) -> str | None:
        mine, theirs = own[a], own[b]
        if mine and theirs and (mine <= theirs or theirs <= mine):
            return ITS_NAME
        if kinds[b] == "site" and (kinds[a] == "visitor" or (kinds[a] == "part" and (types[a] != _COMPANY))):
            return ITS_KIND
        is_of_it = kinds[a] == "part" or (isinstance(themes[a], str) and themes[a] == themes[b])
        return NAMELESS if not mine and is_of_it and kinds[b] in ("site", "area") else None

    return [reason(a, b) for a, b in zip(inner.tolist(), outer.tolist(), strict=True)]


def _own_words(names: Ragged, exact: Flags) -> list[frozenset[int]]:
    """Return the words of each record's names that are no words of trade, numbers or single letters."""
    return [frozenset(words[~exact[words]].tolist()) for words in map(names.row, range(len(names)))]


@cache
def _kinds() -> dict[str, str]:
    """Type -> what it is of works (`site`, `area`, `part`, `visitor`)."""
    return {row["type_id"]: row["kind"] for row in packaged_rows("types.csv")}
