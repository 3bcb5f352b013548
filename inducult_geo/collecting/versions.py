"""Compare a new version of a list with the last one: report what changed, refuse what is another list.

Of OpenStreetMap, which differs every night, nothing is told so: its sites stand in the layer `changes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.errors import SourceError
from inducult_geo.frames import NEW_VERSION, REVIEW_REASONS, Problem, Records, from_json, own_keys
from inducult_geo.match.golden.merged_names import plain_name
from inducult_geo.match.identity.agreeing import NEAR_M
from inducult_geo.match.identity.continuity import fingerprints
from inducult_geo.ragged import Flags
from inducult_geo.run import SourceFacts, command_afresh
from inducult_geo.text import counted, first_few

ROWS_MIN: Final = 3
KNOWN_MIN, OTHERS_MAX = 0.1, 0.5
"""A list is another one where less than such a share of its rows, and of those before, are in both versions; or where
more than such a share of the keys that stayed stand at other works. It takes `ROWS_MIN` rows to tell."""

_NAMED_MAX: Final = 5
_FAR_M: Final = 1000.0
"""So far nothing is moved that was drawn more carefully."""

_MOSTLY: Final = 0.5

_HOW_IT_IS_WRITTEN: Final = frozenset({
    "geometry", "accuracy_m", "raw_x", "raw_y", "declared_crs", "reading", "operation", "tags", "content_hash", "place",
    "retrieved_at", "valid_at", "licence", "detail",
})  # fmt: skip
"""Columns of a record that another system, program or day alone makes different."""

_SAME_PLACE_M: Final = 1.0
_SAME_ACCURACY: Final = 0.1
"""Share of the larger one by which two accuracies of one place may differ: no two operations are equally true."""


@dataclass(frozen=True)
class Difference:
    """What became of a list's rows from one version to the next: numbers of rows, or their record keys.

    `same` kept their key, `changed` of them tell something else, `others` of them are plainly other works, `unusable`
    can no longer be used, `rekeyed` go on under a new key (name or place show it); `gone` and `new` are the rest.
    """

    same: int
    changed: int
    others: int
    unusable: int
    rekeyed: int
    gone: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Whether both versions tell the same under the same keys."""
        return not (self.changed or self.unusable or self.rekeyed or self.gone or self.new)


def difference(before: Records, now: Records) -> Difference:
    """Compare two versions of one list.

    Parameters
    ----------
    before, now
        The records as an earlier run kept them, and as they are now, the rejected ones too; in the work CRS.
    """
    old, new = _in_both(before, now)
    both = old.index
    changed = both[_differ(old, new)]
    lost = _is_usable(old) & ~_is_usable(new)
    gone, came = (_of(records, ~records["record_key"].isin(both)) for records in (before, now))
    followed = _followed(gone, came)
    others = _others(_of(before, before["record_key"].isin(changed)), _of(now, now["record_key"].isin(changed)))
    # Where no key is mapped it is made of the row, and a row that tells something else has another one.
    edited = len(followed) if _is_by_content(before) and _is_by_content(now) else 0
    return Difference(
        len(both) + edited,
        len(changed) + edited,
        others,
        int(lost.sum()),
        len(followed) - edited,
        tuple(key for key in gone["record_key"] if key not in followed),
        tuple(key for key in came["record_key"] if key not in {*followed.values()}),
    )


def refuse_other_list(found: Difference, before: SourceFacts, now: SourceFacts) -> None:
    """Refuse a file in which another list stands: all sites would leave the map, or their ids go to other works.

    Raises
    ------
    SourceError
        With what to do, and the command that takes it nevertheless.
    """
    had, has = found.same + found.rekeyed + len(found.gone), found.same + found.rekeyed + len(found.new)
    known = found.same + found.rekeyed - found.others
    is_unknown = known < KNOWN_MIN * had and known < KNOWN_MIN * has
    is_another = found.others >= max(ROWS_MIN, OTHERS_MAX * found.same)
    if had < ROWS_MIN or not (is_unknown or is_another) or not _is_other_file(before, now):
        return
    raise SourceError(
        f"{now.source}: {_files(now)} seems to hold a different list than before: of its {counted(has, 'row')} {known} "
        f"are known. If it is the wrong file, put the right one there. If it is right: `{command_afresh(now)}`."
    )


def with_news(
    found: Difference,
    before: SourceFacts,
    now: SourceFacts,
    records: tuple[Records, Records],
    *,
    day: date | None = None,
) -> SourceFacts:
    """Add what a new version of a list brought, with the day of the run; the same file keeps what was told of it.

    Parameters
    ----------
    found
        The difference of the two versions.
    before, now
        What became of them.
    records
        Their records, for the names of rows.
    day
        Day of the run; today where not given.
    """
    if found.is_none:
        kept = [] if _is_other_file(before, now) else [one for one in before.problems if one.kind == NEW_VERSION]
        return replace(now, problems=(*now.problems, *kept))
    was, has = (len(frame) for frame in records)
    what = (
        f"a new version of {_files(now)}" if _is_other_file(before, now) else f"{_files(now)} is now read differently"
    )
    told = [f"{what}: {counted(has, 'row')}" + (f", before {was}" if was != has else "")]
    told += [f"{len(found.gone)} gone ({_names(records[0], found.gone)})"] if found.gone else []
    told += [f"{len(found.new)} new ({_names(records[1], found.new)})"] if found.new else []
    told += [f"{found.changed} changed{_read_the_same(*records)}"] if found.changed else []
    told += [f"of them {len(moved)} moved ({first_few(moved, _NAMED_MAX)})"] if (moved := _moved(*records)) else []
    told += [f"{found.unusable} can no longer be used"] if found.unusable else []
    told += [_rekeyed(found)] if found.rekeyed else []
    message = f"{(day or datetime.now(UTC).date()).isoformat()}: {'; '.join(told)}."
    number = len(found.gone) + len(found.new) + found.changed + found.rekeyed
    return replace(now, problems=(*now.problems, Problem(now.source, NEW_VERSION, message, number)))


def _read_the_same(before: Records, now: Records) -> str:
    """Say of how many changed rows all that is read is as it was: another system or program writes every row anew."""
    kept = _in_both(before, now)
    differs = _differ(*kept)
    old, new = (records[differs] for records in kept)
    number, is_same = len(old), np.ones(len(old), dtype=bool)
    for column in set(old.columns) - _HOW_IT_IS_WRITTEN:
        cells = (records[column].astype(object) for records in (old, new))
        was, has = (said.where(said.notna(), None).to_numpy() for said in cells)
        is_same &= (was == has).astype(bool)
    shapes = [np.asarray(records.geometry) for records in (old, new)]
    was_m, has_m = (records["accuracy_m"].to_numpy(float) for records in (old, new))
    is_near = shapely.distance(*shapes) <= _SAME_PLACE_M
    is_near &= np.abs(was_m - has_m) <= _SAME_ACCURACY * np.maximum(was_m, has_m)
    same = int((is_same & (is_near | (shapely.is_missing(shapes[0]) & shapely.is_missing(shapes[1])))).sum())
    if not same:
        return ""
    return (
        " (what is read from them is the same)"
        if same == number
        else f" (for {same} of them, what is read is the same)"
    )


def _rekeyed(found: Difference) -> str:
    """Say how many rows go on under new keys; where none kept its own, what to do."""
    if found.same:
        return f"{found.rekeyed} under a new key"
    return (
        f"all rows have new keys, and {found.rekeyed} were recognized by name or place. Let [columns] key name a "
        "column whose values stay with their rows, or map no key"
    )


def _in_both(before: Records, now: Records) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the rows that kept their key as they were and as they are, by key, in one order."""
    old, new = (records.set_index("record_key") for records in (before, now))
    both = old.index.intersection(new.index)
    return old.loc[both], new.loc[both]


def _differ(old: pd.DataFrame, new: pd.DataFrame) -> Flags:
    """Tell which rows hold something else than they held."""
    return np.asarray(old["content_hash"].to_numpy() != new["content_hash"].to_numpy(), dtype=bool)


def _of(records: Records, wanted: pd.Series) -> Records:
    return Records(records[wanted.to_numpy(dtype=bool)])


def _is_by_content(records: Records) -> bool:
    return bool((own_keys(records["record_key"]) == records["content_hash"]).mean() > _MOSTLY)


def _is_usable(records: pd.DataFrame) -> np.ndarray:
    reason = records["reason"]
    return (reason.isna() | reason.isin([*REVIEW_REASONS])).to_numpy(dtype=bool)


def _followed(gone: Records, came: Records) -> dict[str, str]:
    """Return the rows that go on under another key: the old key, the new one."""
    if gone.empty or came.empty:
        return {}
    old, new = (fingerprints(records)[["name_key", "x", "y"]].reset_index() for records in (gone, came))
    found: dict[str, str] = {}
    for marks in (["name_key", "x", "y"], ["name_key"], ["x", "y"]):
        left, right = (frame.dropna(subset=marks).drop_duplicates(marks, keep=False) for frame in (old, new))
        pairs = left.merge(right, on=marks, suffixes=("_old", "_new"))
        found |= dict(zip(pairs["record_key_old"], pairs["record_key_new"], strict=True))
        old, new = old[~old["record_key"].isin(found)], new[~new["record_key"].isin({*found.values()})]
    return found


def _others(before: Records, now: Records) -> int:
    """Count the keys under which plainly other works stand than before: with another name, at another place."""
    if before.empty:
        return 0
    old, new = (fingerprints(records)[["name_key", "x", "y"]].dropna() for records in (before, now))
    both = new.join(old.add_suffix("_before"), how="inner")
    apart_m = np.hypot(both["x"] - both["x_before"], both["y"] - both["y_before"])
    return int(((both["name_key"] != both["name_key_before"]) & (apart_m > NEAR_M)).sum())


def _moved(before: Records, now: Records) -> list[str]:
    """Say which rows lie far from where they lay, by more than both accuracies, with how far: the farthest first."""
    old, new = _in_both(before, now)
    apart_m = shapely.distance(*(np.asarray(records.geometry) for records in (old, new)))
    within_m = sum(records["accuracy_m"].fillna(0).to_numpy(dtype=float) for records in (old, new))
    far = np.flatnonzero(np.nan_to_num(apart_m) > np.maximum(within_m, _FAR_M))
    far = far[np.argsort(-apart_m[far], kind="stable")]
    told = [f"{_names(now, [str(old.index[int(at)])])} by {apart_m[at] / 1000:,.1f} km" for at in far[:_NAMED_MAX]]
    return [*told, *[""] * (len(far) - len(told))]


def _is_other_file(before: SourceFacts, now: SourceFacts) -> bool:
    return {file.sha256 for file in before.files} != {file.sha256 for file in now.files}


def _files(facts: SourceFacts) -> str:
    return ", ".join(file.name for file in facts.files) or facts.source


def _names(records: Records, keys: Sequence[str]) -> str:
    """Name some rows: by their name, or their own key where they have none."""
    some = records[records["record_key"].isin([*keys][: _NAMED_MAX + 1])]
    names = (plain_name(from_json(text)) for text in some["names"])
    told = [name or f"key {key}" for name, key in zip(names, own_keys(some["record_key"]), strict=True)]
    return first_few([*told, *[""] * (len(keys) - len(told))], _NAMED_MAX)
