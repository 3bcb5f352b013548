"""Postcodes without the sign of their country, which people write before them on letters from abroad."""

from __future__ import annotations

import re
from typing import Any, Final

_SIGNED: Final = re.compile(r"([A-Z]{1,3}) ?[-–] ?(\d{4,6}|\d{3} \d{2}|\d{2}-\d{3}|\d{4} ?[A-Z]{2})", re.ASCII)

_SIGNS: Final = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FR": "F", "HU": "H", "IT": "I", "LI": "FL", "LU": "L", "SI": "SLO",
}  # fmt: skip
"""Country -> the sign of its cars, where that is not its code."""

_OWN: Final = frozenset({"LT", "LV", "MD"})
"""Countries whose postcodes begin with their code at home, too."""


def plain_postcode(code: Any, country: str | None) -> Any:
    """Return a postcode without the sign of its country ("H-3743" in HU is "3743"); any other, and a null, as it is."""
    found = _SIGNED.fullmatch(code) if isinstance(code, str) else None
    if found is None or country in _OWN or found[1] not in (country, _SIGNS.get(country or "")):
        return code
    return found[2]
