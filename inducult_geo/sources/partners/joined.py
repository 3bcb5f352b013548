"""Join rows of one key into one record, as in answers to queries, which have a row for each of several values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import pandas as pd

from inducult_geo.frames import TOGETHER, content_hash, to_json
from inducult_geo.sources.formats.table import is_filled
from inducult_geo.text import counted

LISTED: Final = ("type", "theme", "sector", "status", "start", "end", "operator", "alt_name", "old_name", "fuel")
"""Fields of which a record may hold several values, with semicolons between them; of others the first counts."""

_PLACE: Final = ("x", "y", "text", "geometry")
_OF_ONE_ROW: Final = ((*_PLACE, "accuracy_m"), *TOGETHER)
"""Fields that say one thing together: an east of one row and a north of another are no place."""

_MOST_NAMED: Final = 5


def joined_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Make one row of all rows of one key, in the order of their first ones.

    Parameters
    ----------
    rows
        As `read_partner` makes them of a file: `key`, `place`, `reason`, `detail`, `tags` (JSON), `content_hash`, the
        contract's fields, and where they lie. A row that cannot be used (`reason`) stays as it is.

    Returns
    -------
    rows, told
        The joined rows: of the fields in `LISTED` all values, of names the first as `name` and others as `alt_name`,
        of all else the first; place, address and heritage are those of the first row that tells most of each. First is
        what is so by the text of the rows: a service gives them in any order. `tags` has lists where values differ.
        And sentences about what was joined, and which places differ within a key.
    """
    usable = rows["reason"].isna()
    groups = rows[usable].groupby("key", sort=False).indices
    if all(len(at) == 1 for at in groups.values()):
        return rows, []
    given = rows[usable]
    cells: list[dict[str, Any]] = [{str(name): cell for name, cell in row.items()} for row in given.to_dict("records")]
    made = {at[0]: _one([cells[n] for n in at]) for at in groups.values() if len(at) > 1}
    firsts = sorted(at[0] for at in groups.values())
    joined = [made.get(at) or cells[at] for at in firsts]
    # A name more may have come to a record that had one alone.
    columns = [*dict.fromkeys(chain(rows.columns, *joined))]
    order = [given.index[at] for at in firsts]
    whole = pd.DataFrame(joined, index=order, columns=columns, dtype=object)
    kept = rows[~usable].reindex(columns=columns)
    found = pd.concat([whole, kept]).astype(object).sort_index()
    found = found.where(found.notna(), None).reset_index(drop=True)
    return found, _told([given.iloc[at] for at in groups.values() if len(at) > 1], len(rows), len(found))


def _told(groups: Sequence[pd.DataFrame], rows: int, records: int) -> list[str]:
    """Say how many rows became how many records, and of which the rows lie at several places."""
    told = [
        f"{counted(rows, 'row')} of {counted(records, 'record')}: rows of one key are one record, as the contract says"
    ]
    apart = [
        group
        for group in groups
        if any(len({_text(cell) for cell in group[name] if cell is not None}) > 1 for name in _PLACE if name in group)
    ]
    if apart:
        named = ", ".join(f"'{group['key'].iloc[0]}' ({group['place'].iloc[0]})" for group in apart[:_MOST_NAMED])
        more = " and more" if len(apart) > _MOST_NAMED else ""
        told.append(
            f"{counted(len(apart), 'record')} whose rows give several places: {named}{more}. Only one is used, the "
            "first whose row has one"
        )
    return told


def _one(given: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Make one row of several, the same in whatever order a service gives them."""
    rows = sorted(given, key=_said)
    first = dict(rows[0])
    for field in first:
        values = list({_text(row[field]): row[field] for row in rows if is_filled(row[field])}.values())
        if field in LISTED and len(values) > 1:
            first[field] = "; ".join(map(_text, values))
        else:
            first[field] = values[0] if values else None
    names = list({_text(row["name"]): None for row in rows if is_filled(row["name"])}) if "name" in first else []
    if len(names) > 1:
        alternatives = [*names[1:], *([_text(first["alt_name"])] if is_filled(first.get("alt_name")) else [])]
        first["alt_name"] = "; ".join(alternatives)
    for fields in _OF_ONE_ROW:
        told = [field for field in fields if field in first]
        fullest = max(rows, key=lambda row: sum(is_filled(row[field]) for field in told))
        first |= {field: fullest[field] if is_filled(fullest[field]) else None for field in told}
    first["tags"] = to_json(_all_tags([json.loads(row["tags"] or "{}") for row in rows]))
    first["content_hash"] = content_hash(sorted(str(row["content_hash"]) for row in rows))
    first["place"] = f"{given[0]['place']} and {counted(len(rows) - 1, 'row')} of its key"
    first["reason"] = first["detail"] = None
    return first


def _said(row: Mapping[str, Any]) -> list[str]:
    """Return what a row says, cell by cell, to sort rows by it."""
    return [*map(str, json.loads(row["tags"] or "{}").values()), str(row["content_hash"])]


def _all_tags(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the rows say, cell by cell: a value, or the list of all where they differ."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = list({json.dumps(row[name]): row[name] for row in rows if row.get(name) not in (None, "")}.values())
        found[name] = values if len(values) > 1 else values[0] if values else None
    return found


def _text(cell: Any) -> str:
    return str(cell.wkb_hex if hasattr(cell, "wkb_hex") else cell).strip()
