"""The sign of a country before a postcode, which people write on letters from abroad: "D-08056", "CZ 360 01"."""

from __future__ import annotations

import re
from typing import Final

_SIGNED: Final = re.compile(r"\s*([A-Za-z]{1,3})[\s–-]*(?=\d{3}(?:\d|\s|$)|\d\d-\d{3})")
"""Before digits as countries group them: 1000, 360 01, 45-123. In "AB21 9AB" the letters are the code."""


def without_sign(code: str) -> tuple[str, str]:
    """Return the sign before a postcode ("" where there is none), and what is left of it."""
    found = _SIGNED.match(code)
    return ("", code) if found is None else (found[1].upper(), code[found.end() :])
