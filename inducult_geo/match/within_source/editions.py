"""Find rows that a list repeats: for each year, for each report, or the whole table twice.

Such rows would compete with each other for the same record of another list, and none of them would have it; and a list
of works would count as one that is several times as long. So one row stands for all, and what becomes of it becomes of
the others.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.frames import Records
from inducult_geo.match.reading.plants import SPOT_M, TELLING
from inducult_geo.match.reading.prepare import prepare
from inducult_geo.match.reading.prepared import Prepared
from inducult_geo.match.reading.units import at_one_place, several
from inducult_geo.match.within_source.duplicates import fold_duplicates
from inducult_geo.ragged import Flags, Floats, Ints

NEAR_M: Final = 100.0
"""Without an address in common places of one works differ by no more: by what rounding to three decimals takes."""

YEARLY: Final = 1.25
"""The next larger capacity of one works is at most so many times the next smaller one: it changes with the years."""

MANY: Final = 0.05
"""Share of a list's rows that are given again from which that is how the list is made. Fewer are rows of their own: a
register of permits holds some that differ in their keys alone."""

_TOLD: Final = ("type", "theme", "start_year", "ids", "heritage_ref")


def given_once(records: Records) -> tuple[Prepared, Ints]:
    """Prepare the rows of lists, of those that a list gives again only the one that stands for all.

    Returns
    -------
    prepared
        The rows that stand for themselves, and for others, in their order.
    told_by
        Which of these each record is told by.
    """
    prepared = prepare(records)
    first = stand_ins(records, prepared)
    kept = np.flatnonzero(first == np.arange(len(first)))
    if len(kept) == len(first):
        return prepared, kept
    # Words must not seem usual since their rows were given again.
    return prepare(Records(records.iloc[kept].reset_index(drop=True))), np.searchsorted(kept, first)


def told_of_all(table: pd.DataFrame, keys: pd.Series, told_by: Ints) -> pd.DataFrame:
    """Tell of the rows that another one stands for what is told of that one.

    Parameters
    ----------
    table
        What `link` gives, with the columns `left` and `right`: which prepared records these are.
    keys
        The sources' own key of each record.
    told_by
        By which prepared record each record is told.

    Returns
    -------
    pandas.DataFrame
        The same table, with each pair for all left rows that are told by its left one, and each match and unit for all
        right rows that are told by its right one: beside the best, and no question of their own.
    """
    rows = pd.DataFrame({"at": told_by, "key": keys.to_numpy()})
    every = table.merge(rows.rename(columns={"at": "left", "key": "left_key"}), on="left")
    every = every.merge(rows.rename(columns={"at": "right", "key": "right_key"}), on="right")
    is_other = every["right_key"] != every["right_id"]
    every["beside"] = every["beside"].where(every["beside"].notna() | ~is_other, every["right_id"])
    every = every[~is_other | (every["decision"] != "review")]
    return every.assign(left_id=every["left_key"], right_id=every["right_key"])


def stand_ins(records: Records, prepared: Prepared) -> Ints:
    """Return the record that stands for each: the latest of rows that tell of one works with the same particulars.

    Rows of one source do so that agree in everything that is compared, down to their identifiers, and bear a telling
    name, or one operator with such a name ("House" side by side are two, unless all that they say is equal, see
    `duplicates`). Their places are one: within their accuracy where they have an address in common, else within
    `NEAR_M` and their accuracy; their capacities may differ by `YEARLY`. What tells no place joins none that does. Of
    equally late ones (`valid_at`) the first stands for all.
    """
    first = np.arange(len(prepared), dtype=np.int64)
    rows, group = _agreeing(records, prepared)
    if not len(rows):
        return first
    told = _is_told(prepared, rows, group)
    if not told.all():
        # Houses side by side stay apart, and a house that is given three times is one.
        group = several(group, np.where(told, -1, _equals(records)[rows]))
    many = _is_many(prepared, rows, group)
    rows, group = rows[many], group[many]
    if not len(rows):
        return first
    late = pd.factorize(records["valid_at"].fillna("").to_numpy(dtype=object)[rows], sort=True)[0]
    order = np.lexsort((rows, -late, group))
    best = np.zeros(int(group.max()) + 1, dtype=np.int64)
    # The last one stays, which is the latest.
    best[group[order[::-1]]] = rows[order[::-1]]
    first[rows] = best[group]
    return first


def may_give_again(records: Records, prepared: Prepared, sizes: pd.Series) -> set[str]:
    """Name the sources that may give `MANY` of their rows again, however telling their names are.

    Parameters
    ----------
    records, prepared
        Rows, with all of each source that may be given again.
    sizes
        How many rows each source has, by its name.
    """
    rows, group = _agreeing(records, prepared)
    more = pd.Series(prepared.source[rows[pd.Index(group).duplicated()]], dtype=object).value_counts()
    share = more / sizes.reindex(more.index)
    return {str(name) for name in share.index[share >= MANY]}


def _agreeing(records: Records, prepared: Prepared) -> tuple[Ints, Ints]:
    """Return rows that agree with others in their particulars, places and capacities, and the group of each."""
    rows = _candidates(prepared)
    group = several(*(column[rows] for column in _particulars(records, prepared)))
    group = at_one_place(group, prepared.xy[rows], _bound_m(prepared, rows))
    group = _of_like_capacity(group, prepared.capacity[rows])
    group = _at_one_place_at_all(group, prepared, rows)
    return rows[group >= 0], group[group >= 0]


def _candidates(prepared: Prepared) -> Ints:
    """Return the rows whose names another row of their source bears: few are compared in full."""
    rows = np.flatnonzero(prepared.names.has_any)
    same = several(prepared.sources[0][rows], prepared.names.alike_in_order[0][rows])
    return rows[same >= 0]


def _particulars(records: Records, prepared: Prepared) -> list[NDArray[Any]]:
    """Return what must be the same in rows of one works, but for their places, as columns of numbers."""
    lists = (prepared.names, prepared.operators, prepared.streets, prepared.house_numbers, prepared.cities)
    return [
        prepared.sources[0],
        prepared.land,
        *(part.alike_in_order[0] for part in lists),
        prepared.postcode_codes,
        np.isnan(prepared.capacity),
        prepared.fuel,
        np.isnan(prepared.x),
        np.round(prepared.area_m2),
        *(pd.factorize(records[name])[0] for name in _TOLD),
    ]


def _of_like_capacity(group: Ints, capacity: Floats) -> Ints:
    """Cut groups of records where capacities differ by more than they do from year to year (see `YEARLY`)."""
    steps = np.log(np.where(capacity > 0, capacity, np.nan))
    return at_one_place(group, np.column_stack([steps, steps]), np.full(len(steps), np.log(YEARLY)))


def _at_one_place_at_all(group: Ints, prepared: Prepared, rows: Ints) -> Ints:
    """Leave of groups with rows too far from any that could stand for all only what lies at one point.

    Each of forty houses of one name is near the next one, and none is near all others.
    """
    code, bound_m, spots = group + 1, _bound_m(prepared, rows), _spots(prepared, rows)
    low, high, widest_m = (np.full((int(code.max(initial=0)) + 1, 2), start) for start in (np.inf, -np.inf, 0.0))
    np.fmin.at(low, code, prepared.xy[rows])
    np.fmax.at(high, code, prepared.xy[rows])
    np.maximum.at(widest_m, code, bound_m[:, None])
    is_wide = (np.hypot(*(high - low).T) > 2 * widest_m[:, 0])[code]
    found = several(code, *(np.where(is_wide, part, 0) for part in spots))
    return np.where(group >= 0, found, -1)


def _spots(prepared: Prepared, rows: Ints) -> tuple[Ints, Ints]:
    """Return the point of each of some rows, those that fall into one square of `SPOT_M` alike."""
    east, north = np.round(np.nan_to_num(prepared.xy[rows]) / SPOT_M).astype(np.int64).T
    return east, north


def _is_told(prepared: Prepared, rows: Ints, group: Ints) -> Flags:
    """Tell whose names and operators hold words that few works bear, each works counted once at each point."""
    words = prepared.lexicon
    once = np.ones(len(prepared), dtype=bool)
    once[rows] = ~pd.MultiIndex.from_arrays([group, *_spots(prepared, rows)]).duplicated()
    every = prepared.every_word
    seen = np.bincount(every.values[once[every.rows]], minlength=len(words.words))
    size = np.log(once.sum() + 20)
    rarity: Floats = np.where(words.exact, 0.0, np.log((once.sum() + 20) / np.maximum(seen, 1)) / size)
    some = every.take(rows)
    return np.asarray(np.bincount(some.rows, weights=rarity[some.values], minlength=len(rows)) >= TELLING, dtype=bool)


def _equals(records: Records) -> Ints:
    """Return for each record the first of its source that says the same in every column."""
    first = np.arange(len(records), dtype=np.int64)
    for places in records.groupby("source", dropna=False).indices.values():
        some = Records(records.iloc[places])
        row = dict(zip(some["record_key"], np.asarray(places).tolist(), strict=True))
        for key, equal in fold_duplicates(some).items():
            first[row[key]] = row[equal]
    return first


def _is_many(prepared: Prepared, rows: Ints, group: Ints) -> Flags:
    """Tell which rows are in a group, and of a list that gives many rows again (see `MANY`)."""
    told = group >= 0
    source = prepared.sources[0]
    more = np.flatnonzero(told)[pd.Index(group[told]).duplicated()]
    share = np.bincount(source[rows[more]], minlength=len(prepared.sources[1])) / np.bincount(source)
    return np.asarray(told & (share[source[rows]] >= MANY), dtype=bool)


def _bound_m(prepared: Prepared, rows: Ints) -> Floats:
    """Return how far the next row of one works may be from each row, in meters."""
    accuracy_m = prepared.accuracy_m[rows]
    has_address = prepared.streets.has_any[rows] & prepared.house_numbers.has_any[rows]
    return np.maximum(np.where(has_address, accuracy_m, np.minimum(accuracy_m, NEAR_M)), SPOT_M)
