"""Columns whose text is taken as it is: owners, addresses, websites, facilities for visitors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pandas as pd

from inducult_geo.harmonize.words.notices import Notices, Told
from inducult_geo.harmonize.words.websites import web_address
from inducult_geo.text import clean_text, known_text, named_text, of_each, plain_postcode

_NAMED: Final = ("operator", "address", "postcode", "city", "heritage_ref")
"""Columns that hold a name or a number: there "0" or "XXX" is none."""

_TOLD: Final = (
    *("website", "wikipedia", "image", "visitor_access", "opening_hours", "fee", "wheelchair"),
    *("heritage_scheme", "heritage_designation", "erih_role"),
)


def cells_of(rows: pd.DataFrame, name: str) -> Iterable[Any]:
    """Return the cells of a column of raw rows; nulls where it is not there."""
    return rows[name] if name in rows else [None] * len(rows)


def texts_of(rows: pd.DataFrame, name: str, read: Callable[[Any], str | None] = clean_text) -> list[str | None]:
    """Return the texts of a column of raw rows as `read` tells them; nulls where it is not there."""
    return of_each(rows[name], read) if name in rows else [None] * len(rows)


def plain_texts(rows: pd.DataFrame, countries: Sequence[str | None], notices: Notices) -> pd.DataFrame:
    """Return the texts of raw rows that are taken as they stand, null where a cell is not there or says nothing.

    Parameters
    ----------
    rows
        Raw rows; those of the columns that are not there are null.
    countries
        ISO code of each row: a postcode loses the sign of its own.
    notices
        Where texts in the column of websites that hold no web address are noted.
    """
    readers = dict.fromkeys(_NAMED, named_text) | dict.fromkeys(_TOLD, known_text)
    values = pd.DataFrame(
        {name: texts_of(rows, name, read) for name, read in readers.items()},
        index=rows.index,
    )
    values["website"] = notices.of_cells(values["website"], _website, "no_web_address", "website")
    values["postcode"] = [*map(plain_postcode, values["postcode"].tolist(), countries)]
    return values


def _website(text: Any) -> Told:
    """Return the web address that a text tells, or the text, where it tells none."""
    found = web_address(text)
    return Told(found, text if found is None and named_text(text) else None)
