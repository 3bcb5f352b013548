"""Merge the names of a site's records, with the record of each, and choose the one to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from inducult_geo.arrow.texts import text_or_none
from inducult_geo.frames import from_json

MAIN_ROLES: Final = ("name", "official_name", "alt_name", "short_name", "old_name")
"""Roles of a name that may become the display name, best first (after the region's own languages)."""

LANGUAGES: Final = {
    "AT": "de",
    "DE": "de",
    "CH": "de",
    "LI": "de",
    "CZ": "cs",
    "SK": "sk",
    "IT": "it",
    "SI": "sl",
    "HR": "hr",
    "PL": "pl",
    "BE": "nl",
    "NL": "nl",
    "FR": "fr",
    "HU": "hu",
}
"""Country -> language whose name of a site is shown."""

Names = Mapping[str, str]


def read_names(texts: Sequence[str | None]) -> list[Names]:
    """Read the names of records, role -> text in the order of the roles; equal ones are read once."""
    read = {text: dict(sorted(from_json(text).items())) for text in set(texts)}
    return [read[text] for text in texts]


def merged_names(part: Iterable[tuple[str, Names]]) -> tuple[dict[str, str], dict[str, str]]:
    """Merge the names of records, given with their keys, and say whose each is.

    A second value of one role gets a numbered role of its own.
    """
    merged: dict[str, str] = {}
    origin: dict[str, str] = {}
    for key, names in part:
        for role, value in names.items():
            if role in merged and value in merged.values():
                continue
            free = role if role not in merged else _free_role(merged, role)
            merged[free], origin[free] = value, key
    return merged, origin


def _free_role(merged: Mapping[str, str], role: str) -> str:
    """Return the first unused numbered role: `name_2`, `name_3` ..."""
    number = 2
    while f"{role}_{number}" in merged:
        number += 1
    return f"{role}_{number}"


def display_name(names: Names, country: str | None) -> str | None:
    """Choose the name to show: in the country's language, else the plain one, else any but a parent's."""
    language = LANGUAGES.get(country or "")
    if language is not None and language in names:
        return names[language]
    for role in MAIN_ROLES:
        if role in names:
            return names[role]
    return next((names[role] for role in sorted(names) if role != "parent"), None)


def plain_name(names: Names) -> str | None:
    """Return a record's plain name, else the first by its role; that of a parent is none of its own."""
    name = names.get("name") or next((names[role] for role in sorted(names) if role != "parent"), None)
    return text_or_none(name)


def first_told(values: Sequence[str | None]) -> str | None:
    """Return the first value that is told."""
    return next((value for value in values if value), None)
