"""Postcodes without the sign of their country, which people write before them on letters from abroad."""

from __future__ import annotations

from typing import Any, Final

from inducult_geo.text import without_sign

_SIGNS: Final = {
    "AT": "A", "BE": "B", "DE": "D", "ES": "E", "FR": "F", "HU": "H", "IT": "I", "LI": "FL", "LU": "L", "SI": "SLO",
}  # fmt: skip
"""Country -> the sign of its cars, where that is not its code."""

_OWN: Final = frozenset({"LT", "LV", "MD"})
"""Countries whose postcodes begin with their code at home, too."""


def plain_postcode(code: Any, country: str | None) -> Any:
    """Return a postcode without the sign of its country ("H-3743" in HU is "3743"); any other, and a null, as it is.

    A sign of another country stays: "D-08056" in a Czech list of a border is a German address, and "08056" a Czech one.
    """
    if not isinstance(code, str) or country in _OWN:
        return code
    sign, plain = without_sign(code)
    return plain if sign and sign in (country, _SIGNS.get(country or "")) else code
