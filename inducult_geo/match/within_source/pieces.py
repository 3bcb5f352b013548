"""Find works that a source draws in pieces: hall by hall, track by track, or as a point within their outline.

A map of things, such as OpenStreetMap, is no list of works. Its halls of one name side by side are one site, and as
rivals for one record of another source each of them would take from the others. Which sources draw so their contract
says (`drawn_in_pieces`); in a list of works two rows of one name ("Haus") are two.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely

from inducult_geo.frames import Records
from inducult_geo.match.decided.decisions import Decisions
from inducult_geo.match.decided.relations import kept_apart
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.ragged import Flags, Ints, Small, components, cross, sets

SIDE_BY_SIDE_M: Final = 50.0
"""Pieces of one works are no farther apart: a street or a yard lies between them, not another works."""


def pieces_of(records: Records, decisions: Decisions) -> dict[str, str]:
    """Find the pieces of works among records of sources that draw works in pieces.

    Pieces are of one source and type, bear one name that is not made of words of trade and numbers alone, and lie no
    more than `SIDE_BY_SIDE_M` from the next one. No two pieces of one works tell two identifiers of one scheme: what
    tells none and lies between two that do is a piece of the nearer one.

    Returns
    -------
    dict
        Record key -> key of the largest piece, for those that are not the largest themselves.
    """
    told = records["names"].notna() & records["type"].notna() & records.geometry.notna()
    some = Records(records[told].reset_index(drop=True))
    prepared = prepare(some)
    one, other = _side_by_side(some, prepared)
    part = components(len(some), one, other)
    is_one = _of_one_identifier(some, prepared, one, other, part)
    part = components(len(some), one[is_one], other[is_one])
    shapes = some.geometry.to_numpy()
    table = pd.DataFrame(
        {"key": prepared.key, "part": part, "area": shapely.area(shapes), "length": shapely.length(shapes)}
    )
    table = table[table["part"].duplicated(keep=False)]
    group = dict(zip(table["key"], table["part"].tolist(), strict=True)) if decisions.latest else {}
    table = table[~table["part"].isin(kept_apart(decisions.latest.values(), group))]
    ordered = table.sort_values(["area", "length", "key"], ascending=[False, False, True])
    first = ordered.groupby("part")["key"].transform("first")
    return {key: whole for key, whole in zip(ordered["key"], first, strict=True) if key != whole}


def _side_by_side(records: Records, prepared: Prepared) -> tuple[Ints, Ints]:
    """Return the pairs of records of one source and type that share a name of their own and lie side by side."""
    row, name = prepared.names.rows, prepared.names.values
    row, name = row[prepared.is_own_name[name]], name[prepared.is_own_name[name]]
    kind, source = prepared.coded["type"][0], prepared.sources[0]
    code = pd.factorize((name * (kind.max(initial=0) + 1) + kind[row]) * (source.max(initial=0) + 1) + source[row])[0]
    shared = pd.Index(code).duplicated(keep=False)
    row, code = row[shared], code[shared]
    names = sets(row, code.astype(np.int64), len(records))
    rows = np.unique(row)
    shapes = records.geometry.to_numpy()[rows]
    found = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SIDE_BY_SIDE_M)
    one, other = (rows[side[found[0] < found[1]]] for side in found)
    pair, mine, theirs = cross(names, one, names, other)
    alike = np.unique(pair[mine == theirs])
    return one[alike], other[alike]


def _of_one_identifier(records: Records, prepared: Prepared, one: Ints, other: Ints, part: Small) -> Flags:
    """Tell which pairs stay where parts that tell two identifiers of one scheme are taken apart, the nearest first."""
    stays = ~np.isin(part[one], _with_two_identifiers(prepared, part))
    pairs = np.flatnonzero(~stays)
    shapes, keys = records.geometry.to_numpy(), prepared.key
    far = shapely.distance(shapes[one[pairs]], shapes[other[pairs]])
    ends = np.sort(np.column_stack([keys[one[pairs]], keys[other[pairs]]]), axis=1).astype(str)
    home: dict[int, int] = {}
    told: dict[int, dict[str, str]] = {}
    held: dict[int, list[int]] = {}
    for at in pairs[np.lexsort((ends[:, 1], ends[:, 0], far))].tolist():
        a, b = (home.setdefault(row, row) for row in (int(one[at]), int(other[at])))
        mine, theirs = (told.setdefault(row, dict(prepared.ids[row])) for row in (a, b))
        if a != b and all(theirs.get(scheme, text) == text for scheme, text in mine.items()):
            mine.update(theirs)
            for row in held.pop(b, [b]):
                home[row] = a
                held.setdefault(a, [a]).append(row)
        stays[at] = home[int(one[at])] == home[int(other[at])]
    return stays


def _with_two_identifiers(prepared: Prepared, part: Small) -> list[int]:
    """Return the parts in which two identifiers of one scheme are told."""
    rows = np.flatnonzero(prepared.has_ids).tolist()
    told = [(part[row], scheme, text) for row in rows for scheme, text in prepared.ids[row].items()]
    table = pd.DataFrame(told, columns=["part", "scheme", "text"])
    counts = table.groupby(["part", "scheme"])["text"].nunique()
    return [*counts.index[counts > 1].get_level_values("part")]
