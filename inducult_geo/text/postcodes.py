"""Remove the country's sign before a postcode, as on letters from abroad: "D-08056"."""

from __future__ import annotations

import re
from typing import Any, Final

from inducult_geo.text.countries import ON_CARS

_SIGNED: Final = re.compile(r"\s*([A-Za-z]{1,3})[\s–-]*(?=\d{3}(?:\d|\s|$)|\d\d-\d{3})")
"""Before digits as countries group them: 1000, 360 01, 45-123. In "AB21 9AB" the letters are the code."""

_OWN: Final = frozenset({"LT", "LV", "MD"})
"""Countries whose postcodes begin with their code at home, too."""


def without_sign(code: str) -> tuple[str, str]:
    """Return the sign before a postcode ("" where there is none), and what is left of it."""
    found = _SIGNED.match(code)
    return ("", code) if found is None else (found[1].upper(), code[found.end() :])


def plain_postcode(code: Any, country: str | None) -> Any:
    """Return a postcode without the sign of its country ("H-3743" in HU is "3743"); any other, and a null, as it is.

    A sign of another country stays: "D-08056" in a Czech list of a border is a German address, and "08056" a Czech one.
    """
    if not isinstance(code, str) or country is None or country in _OWN:
        return code
    sign, plain = without_sign(code)
    return plain if sign and country in (sign, ON_CARS.get(sign.lower())) else code
