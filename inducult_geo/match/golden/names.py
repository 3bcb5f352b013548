"""Fill the names of all sites at once; `merged_names` says how names are merged and which is shown.

Most records have one plain name. What `merged_names` would make of these is put together as columns of texts; any other
names are read one by one.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.arrow.texts import beside, either, joined, no_texts, one_after_the_other, only, strung, taken, texts
from inducult_geo.frames import to_json
from inducult_geo.match.golden.filled import FilledSites
from inducult_geo.match.golden.merged_names import display_name, first_told, merged_names, read_names
from inducult_geo.ragged import Flags, Ints

_HEAD: Final = '{"name": '
_PLAIN: Final = r'^\{"name": "[^"\\\x00-\x1f]+"\}$'
"""Names that are one, in JSON that needs no decoding."""
_ROLES: Final = ("name", *(f"name_{number}" for number in range(2, 10)))
"""Roles of the plain names of one site, in the order of JSON as well: with ten, "name_10" would come second."""


def fill_names(sites: FilledSites) -> None:
    """Fill the names of sites: all of them, the one to show, the English one."""
    members = sites.members
    names = members.text("names")
    plain = np.asarray(pc.fill_null(pc.match_substring_regex(names, _PLAIN), False), dtype=bool)
    odd = members.told("names") & ~plain
    size = len(members.sizes)
    sites.values |= {column: no_texts(size) for column in ("name", "name_en", "names")}
    sites.take("names", np.where(members.is_lone, members.starts, -1))
    shown = only(plain, pc.utf8_slice_codeunits(names, len(_HEAD) + 1, -2))
    rows = np.where(members.is_lone & plain[members.starts], members.starts, -1)
    sites.values["name"], sites.origin["name"] = taken(shown, rows), rows
    _lone(sites, np.flatnonzero(members.is_lone & odd[members.starts]))
    ranked = members.names
    codes = np.asarray(pc.fill_null(pc.dictionary_encode(names).indices, -1))
    # Each text of a site once, where it is told first.
    first = ranked[codes[ranked] >= 0]
    width = int(codes.max(initial=0)) + 1
    first = first[~pd.Index(members.site[first] * width + codes[first]).duplicated()]
    several = np.bincount(members.site[first], minlength=size)
    hard = np.logical_or.reduceat(odd, members.starts) | (several > len(_ROLES))
    easy = ~members.is_lone & ~hard & (several > 0)
    _joint_plain(sites, easy, first[easy[members.site[first]]], shown)
    _joint_odd(sites, np.flatnonzero(~members.is_lone & hard))


def _lone(sites: FilledSites, at: Ints) -> None:
    """Fill the names of sites whose one record has several, or none that is plain."""
    members = sites.members
    rows = members.starts[at]
    said = read_names(taken(members.text("names"), rows).to_pylist())
    countries = taken(members.text("country"), rows).to_pylist()
    found = {
        "name": [display_name(*one) for one in zip(said, countries, strict=True)],
        "name_en": [one.get("en") for one in said],
    }
    for column, values in found.items():
        sites.put(column, at, values)
        has = np.array([value is not None for value in values], dtype=bool)
        sites.origin[column][at[has]] = rows[has]


def _joint_plain(sites: FilledSites, where: Flags, rows: Ints, shown: pa.Array) -> None:
    """Fill the names of sites of several records, where each of these has a plain name or none.

    Parameters
    ----------
    where
        The sites.
    rows
        The records that tell a new name of them, the best of each site first.
    shown
        Plain name of each record.
    """
    members = sites.members
    at = np.flatnonzero(where)
    counts = np.bincount(members.site[rows], minlength=len(where))[at]
    starts = np.cumsum(counts) - counts
    place = np.arange(len(rows)) - np.repeat(starts, counts)
    heads = texts([f'{", " if number else "{"}"{role}": "' for number, role in enumerate(_ROLES)])
    pieces = np.column_stack([place, len(heads) + rows]).ravel()
    merged = strung(one_after_the_other([heads, either(beside(shown, '"'), "")]), pieces, 2 * counts)
    sites.put("names", at, beside(merged, "}"))
    sites.say("names", at, joined(members.text("record_key"), np.sort(rows), counts, "; "))
    sites.put("name", at, taken(shown, rows[starts]))
    sites.origin["name"][at] = rows[starts]


def _joint_odd(sites: FilledSites, at: Ints) -> None:
    """Fill the names of sites of several records one by one; names of single units come last."""
    members = sites.members
    some = np.zeros(len(members.sizes), dtype=bool)
    some[at] = True
    rows = members.names[some[members.site]]
    keys, said, countries = (taken(members.text(name), rows).to_pylist() for name in ("record_key", "names", "country"))
    named, lands = zip(keys, read_names(said), strict=True), iter(countries)
    told: dict[str, list[str | None]] = {"names": [], "name_en": [], "name": []}
    whose: dict[str, dict[int, str]] = {column: {} for column in told}
    for site, size in zip(at.tolist(), members.sizes[at].tolist(), strict=True):
        names, origin = merged_names(islice(named, size))
        name = display_name(names, first_told([*islice(lands, size)]))
        for column, value in zip(told, (to_json(names), names.get("en"), name), strict=True):
            told[column].append(value)
        whose["names"][site] = "; ".join(sorted(set(origin.values())))
        whose["name_en"][site] = origin.get("en", "")
        whose["name"][site] = next((origin[role] for role, value in names.items() if value == name), "")
    for column, values in told.items():
        sites.put(column, at, values)
    for column, keys in whose.items():
        known = {site: key for site, key in keys.items() if key}
        sites.say(column, np.array([*known], dtype=np.int64), [*known.values()])
