"""The words of the map page in every language: its controls (`page_words.csv`) and the values that it shows.

English stands in the page itself; the other languages are added beside it, and only where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from inducult_geo.catalog.labels import LANGUAGES, labels
from inducult_geo.text import packaged_rows

NAMES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "cs": "Čeština",
    "it": "Italiano",
    "sl": "Slovenščina",
    "hr": "Hrvatski",
    "pl": "Polski",
    "nl": "Nederlands",
}
"""What each language calls itself."""

VALUES = ("aspect", "theme", "type", "status", "present_use", "geometry_origin")
"""Columns whose values have labels in every language."""

SAMPLE_WORDS = "sample_notice"
"""The key of the notice that a sample bears."""

_YES_NO = {"yes": "yes", "no": "no", "limited": "access_limited"}
_ACCESS = {"open": "access_open", "limited": "access_limited", "closed": "access_closed"}


@cache
def page_words(language: str = "en") -> Mapping[str, str]:
    """Return the page's own words by key; an empty one falls back to English."""
    rows = packaged_rows("page_words.csv")
    return {row["key"]: row[f"label_{language}"].strip() or row["label_en"] for row in rows}


def access_words(language: str = "en") -> dict[str, str]:
    """Return words for the values of `visitor_access` that are codes; a partner's own words stay as they are."""
    words = page_words(language)
    return {value: words[key] for value, key in _ACCESS.items()}


def translations(*, of_sample: bool) -> dict[str, Any]:
    """Return all that the page needs to speak, by language: its name, its words, and the labels of values.

    The notice of the sample is left out where the release is none.
    """
    english = {key: text for key, text in page_words().items() if of_sample or key != SAMPLE_WORDS}
    return {
        language: {
            "name": NAMES[language],
            "words": {
                key: text
                for key, text in page_words(language).items()
                if key in english and (language == "en" or text != english[key])
            },
            "values": {} if language == "en" else _values(language),
        }
        for language in LANGUAGES
    }


def _values(language: str) -> dict[str, dict[str, str]]:
    """Return column -> value -> label, where it is another word than in English."""
    told = {
        column: {value: text for value, text in labels(column, language).items() if text != labels(column)[value]}
        for column in VALUES
    }
    words = page_words(language)
    yes_no = {value: words[key] for value, key in _YES_NO.items()}
    return told | {"visitor_access": access_words(language), "fee": yes_no, "wheelchair": yes_no}
