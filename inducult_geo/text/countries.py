"""Read countries as codes: names in twelve languages, codes of two and three letters, codes of cars."""

from __future__ import annotations

import gettext
from functools import lru_cache
from typing import Final

from inducult_geo.text.clean import clean_text
from inducult_geo.text.folding import fold_once

_LANGUAGES: Final = ("de", "cs", "it", "sl", "hr", "pl", "nl", "fr", "hu", "ro", "sk")
_ALSO: Final = {
    "el": "GR",  # Eurostat's codes for Greece and the United Kingdom
    "uk": "GB",
    "xi": "GB",  # Northern Ireland in EU registers since 2021
    "xk": "XK",  # Kosovo has no code in ISO 3166, and this one in use
    "kosovo": "XK",
    "great britain": "GB",
    "czech rep.": "CZ",
    "holland": "NL",
    "turkey": "TR",
    "macedonia": "MK",
    "bosnia": "BA",
    "slovenska republika": "SK",  # what Slovaks call their own country
    **dict.fromkeys(("england", "scotland", "wales", "grossbritannien", "velka britanie"), "GB"),
    **dict.fromkeys(("holandsko", "the netherlands"), "NL"),
    **dict.fromkeys(("brd", "ger", "srn", "nsr", "rfn", "ddr", "nrd", "ndr", "gdr", "rda"), "DE"),
    **dict.fromkeys(("ceska rep.", "rep. ceca", "tschech. rep."), "CZ"),
    "rh": "HR",
}
ON_CARS: Final = {
    "a": "AT", "b": "BE", "d": "DE", "e": "ES", "f": "FR", "h": "HU", "i": "IT", "l": "LU", "n": "NO", "p": "PT",
    "s": "SE", "cro": "HR", "fin": "FI", "fl": "LI", "irl": "IE", "slo": "SI",
}  # fmt: skip
"""Distinguishing signs of vehicles in international traffic where they are no code of ISO 3166."""

_MARKED: Final = {"čr": "CZ"}
"""Texts that without their marks are the code of another country (Costa Rica)."""

NAMIBIA: Final = "NA"
"""A code that many programs write for nothing: in a cell it has to be told what it means."""


def country_code(value: object) -> str | None:
    """Return the ISO 3166-1 code of two letters that a cell means; null where it is none that is known.

    Reads codes of two and three letters, signs of vehicles ("A", "SLO"), and names in English, German, Czech, Italian,
    Slovene, Croatian, Polish, Dutch, French, Hungarian, Romanian and Slovak (Debian's translations of ISO 3166, by way
    of pycountry). Case and marks do not matter, but in "NA" (Namibia; "n/a" and "na" are none) and in "ČR".
    """
    if isinstance(value, str) and value.strip() == NAMIBIA:
        return NAMIBIA
    text = clean_text(value)
    return None if text is None else _MARKED.get(text.casefold()) or _codes().get(_folded(text))


def _folded(text: str) -> str:
    return fold_once(text.replace("&", "and"))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Return folded name or code -> code; a name of two countries means neither."""
    # The tables take a tenth of a second to load, and most sources write codes only.
    import pycountry

    found: dict[str, set[str]] = {}
    translations = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for language in _LANGUAGES
    ]
    for country in pycountry.countries:
        names = [getattr(country, key, None) for key in ("name", "common_name", "official_name")]
        told = {name for name in names if name}
        spoken = {translation.gettext(name) for translation in translations for name in told}
        for name in (country.alpha_2, country.alpha_3, *told, *spoken):
            found.setdefault(_folded(name), set()).add(country.alpha_2)
    return {name: min(codes) for name, codes in found.items() if len(codes) == 1} | ON_CARS | _ALSO
