"""Which tags of OpenStreetMap hold names: the plain ones, those in a language or a role, and former ones."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from inducult_geo.catalog.models import CLOSED
from inducult_geo.name_keys import name_language
from inducult_geo.text import packaged_rows

NAME_KEYS: Final = ("name", "alt_name", "old_name", "short_name", "official_name")
FORMER, FURTHER = "old_name", "alt_name"

_FURTHER: Final = frozenset({*NAME_KEYS, "loc_name", "int_name", "nat_name", "reg_name"})
"""Keys of names that may stand in a language, too: "old_name:de" is how a works in Bohemia was called."""

_NUMBERED: Final = re.compile(r"(\w+_?name)_\d+")
_YEARS: Final = re.compile(r"\d{4}\b.*")
"""When a works was called so: `old_name:1946-1990`, `name:1946-1990`."""


@cache
def _ended() -> frozenset[str]:
    """Return the prefixes of a life that has ended."""
    rows = (row for row in packaged_rows("lifecycle.csv") if row["scheme"] == "osm_prefix")
    return frozenset(row["form"] for row in rows if row["inspire_condition"] in CLOSED)


def is_name(key: str) -> bool:
    """Whether a key holds a name: plain, in a role, or in a language (`name:de`, not `name:etymology`)."""
    return key in NAME_KEYS or name_language(key) is not None


def holds_name(key: str) -> bool:
    """Whether a key holds a name of any kind."""
    return "name" in key and (is_name(key) or further_name(key) is not None)


@lru_cache(maxsize=4096)
def further_name(key: str) -> str | None:
    """Return what a key that is no name by `is_name` holds: a former name, another one, or none (null).

    "disused:name" is what a works was called whose life has ended.
    """
    head, colon, tail = key.partition(":")
    if f"{head}:" in _ended():
        return FORMER if tail == "name" else None
    numbered = _NUMBERED.fullmatch(head)
    role = numbered[1] if numbered else head
    if role not in _FURTHER:
        return None
    if _YEARS.fullmatch(tail):
        return FORMER
    if colon and (role == "name" or not name_language(f"name:{tail}")):
        return None
    return FORMER if role == FORMER else FURTHER
