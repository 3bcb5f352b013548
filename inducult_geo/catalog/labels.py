"""Names of layers and values in the languages of the regions, for display.

They stand in three tables: `types.csv`, `themes.csv` and `labels.csv` (titles of layers, aspects, conditions, uses,
how places were found).
Each row says in `label_status` how far a label is to be trusted (`spell`: from memory, every word is in the language's
dictionary; `mem`: from memory only; `iD`: from iD's translations): none was read by a native speaker yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from inducult_geo.errors import CatalogError
from inducult_geo.text import packaged_rows

LANGUAGES: Final = ("en", "de", "cs", "it", "sl", "hr", "pl", "nl")
"""English first, which stands in for every label that is empty."""

KINDS: Final = ("layer", "type", "theme", "aspect", "status", "present_use", "geometry_origin")
"""What has labels."""


@cache
def labels(kind: str, language: str = "en") -> Mapping[str, str]:
    """Return every key of a kind with its label, in the order of the table.

    Parameters
    ----------
    kind
        One of `KINDS`.
    language
        One of `LANGUAGES`. An empty label falls back to English.

    Raises
    ------
    CatalogError
        Where there is no such kind or language.
    """
    if kind not in KINDS or language not in LANGUAGES:
        raise CatalogError(
            f"no labels of '{kind}' in '{language}'. Kinds: {', '.join(KINDS)}; languages: {', '.join(LANGUAGES)}."
        )
    told = {key: row[f"label_{language}"].strip() or row["label_en"] for key, row in _rows(kind).items()}
    return MappingProxyType(told)


def label_status(kind: str, key: str, language: str) -> str:
    """Return how far a label is to be trusted: `own` for English, else `iD`, `spell` or `mem`; "" where empty."""
    if language == "en":
        return "own"
    row = _rows(kind)[key]
    told = dict(part.split("=", 1) for part in row["label_status"].split(";") if "=" in part)
    return told.get(language, "mem") if row[f"label_{language}"].strip() else ""


@cache
def _rows(kind: str) -> Mapping[str, Mapping[str, str]]:
    if kind in ("type", "theme"):
        return {row[f"{kind}_id"]: row for row in packaged_rows(f"{kind}s.csv")}
    return {row["key"]: row for row in packaged_rows("labels.csv") if row["kind"] == kind}
