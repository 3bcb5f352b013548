"""Keys of names in a language: `name:de`, as OpenStreetMap and contracts write it."""

from __future__ import annotations

import re
from typing import Final

_IN_LANGUAGE: Final = re.compile(r"name:([a-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*)")
_ROLES: Final = frozenset({"alt", "old"})
"""What stands there in place of `alt_name` and `old_name`, and is no language."""


def name_language(key: str) -> str | None:
    """Return the language that a key has names in ("sr-Latn" of `name:sr-Latn`); None of `name:etymology`."""
    found = _IN_LANGUAGE.fullmatch(key)
    return found[1] if found and found[1] not in _ROLES else None
