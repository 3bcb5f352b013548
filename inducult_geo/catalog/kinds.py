"""Types of values in declarations; each error says how the value is to be written."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from inducult_geo.text import packaged_rows


def _like(pattern: str, advice: str) -> AfterValidator:
    """Return a check of a text's form that tells how to write it instead of showing a pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"'{text[:40]}' is not accepted here; write {advice}")
        return text

    return AfterValidator(check)


_AN_ID = _like(r"[a-z0-9][a-z0-9_-]{0,63}", "small letters, digits, - and _ (64 at most), such as opole_monuments")
Identifier = Annotated[str, _AN_ID]
RegionId = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True), _AN_ID]

_IN_USE: Final = "XK"
"""Kosovo has no code in ISO 3166, and this one in use."""


@cache
def _in_tables(column: str) -> frozenset[str]:
    return frozenset(code for row in packaged_rows("languages.csv") for code in row[column].split())


def _of_a_country(code: str) -> str:
    if code == _IN_USE or code in _in_tables("country"):
        return code
    # Its tables take longer to load than the whole catalog, whose countries are all in ours.
    import pycountry

    if pycountry.countries.get(alpha_2=code) is None:
        raise ValueError(
            f"'{code}' is not the code of a country; write the code of ISO 3166, such as CZ (GB instead of UK, GR "
            "instead of EL)"
        )
    return code


def _of_a_language(code: str) -> str:
    if code in _in_tables("languages"):
        return code
    import pycountry

    if pycountry.languages.get(alpha_2=code) is None:
        raise ValueError(
            f"'{code}' is not the code of a language; write the code of ISO 639, such as cs (not cz), sl (not si)"
        )
    return code


LanguageCode = Annotated[str, _like(r"[a-z]{2}", "two small letters such as cs"), AfterValidator(_of_a_language)]
CountryCode = Annotated[str, _like(r"[A-Z]{2}", "two capital letters such as CZ"), AfterValidator(_of_a_country)]
ColumnName = Annotated[str, AfterValidator(lambda name: " ".join(name.split()))]
"""White space is one space, as readers make it of headings."""

ONE_OR_MANY: Final = BeforeValidator(lambda told: (told,) if isinstance(told, str) else told)
"""Of a list of texts a single one may be written without brackets."""
