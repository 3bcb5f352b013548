"""Put a site's names from one source into one JSON text: language or role -> name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from inducult_geo.frames import to_json
from inducult_geo.name_keys import name_language
from inducult_geo.text import named_text, names_nobody, wikidata_item

ROLES: Final[Mapping[str, str]] = {
    "name": "name",
    "alt_name": "alt",
    "old_name": "old",
    "short_name": "short",
    "official_name": "official",
    "parent": "parent",
}
"""Column of a raw frame -> role in the JSON text; ``name:<language>`` columns give the language."""

_SEVERAL: Final = frozenset({"alt", "old"})


def harmonize_names(frame: pd.DataFrame) -> pd.Series:
    """Make the `names` column of records.

    Parameters
    ----------
    frame
        Raw rows with any of the columns of `ROLES` and ``name:<language>``. Other ``name:`` columns
        (``name:etymology:wikidata``) are left alone.

    Returns
    -------
    pandas.Series
        JSON text with sorted keys on the frame's index, null where a row has no name at all. Cells of ``alt_name``
        and ``old_name`` hold several names between semicolons: the second becomes ``alt_2``, and so on. A name that
        stands under an earlier key in the same words is not repeated, unless it tells a language.
    """
    columns = {str(column): role for column in frame.columns if (role := _role(str(column)))}
    if "name" in columns and (at := [one for one in ("key", "ids.wikidata") if one in frame]):
        frame = frame.assign(name=_without_items(frame["name"], [frame[one] for one in at]))
    if not columns:
        return pd.Series([None] * len(frame), index=frame.index, dtype="str")
    rows = zip(*(frame[column] for column in columns), strict=True)
    texts = [to_json(dict(_entries(dict(zip(columns.values(), row, strict=True))))) for row in rows]
    return pd.Series(texts, index=frame.index, dtype="str")


def _without_items(names: pd.Series, keys: Sequence[pd.Series]) -> pd.Series:
    """Leave out what is the number of the row's own item: so Wikidata names what has no name in the language asked."""
    items = [wikidata_item(name) if isinstance(name, str) else None for name in names]
    if not any(items):
        return names
    rows = zip(items, *keys, strict=True)
    own = [item is not None and item in [wikidata_item(str(key)) for key in told] for item, *told in rows]
    return names.mask(np.array(own, dtype=bool))


def _role(column: str) -> str | None:
    """Return the role or language that a column's names have; None for columns that hold no names."""
    return ROLES[column] if column in ROLES else name_language(column)


def _entries(cells: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give the names of one row with their keys, the main name first."""
    seen: set[str] = set()
    for role in sorted(cells, key=lambda role: role != "name"):
        text = named_text(cells[role])
        parts = [named_text(part) for part in (text or "").split(";")] if role in _SEVERAL else [text]
        fresh = [part for part in dict.fromkeys(parts) if part and not (role in _SEVERAL and part in seen)]
        fresh = [part for part in fresh if role == "parent" or not names_nobody(part)]
        seen.update(fresh)
        for number, part in enumerate(fresh, start=1):
            yield (role if number == 1 else f"{role}_{number}"), part
