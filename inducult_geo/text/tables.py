"""Read the packaged tables of words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


def packaged_rows(name: str) -> list[dict[str, str]]:
    """Read the rows of a CSV table of the packaged catalog, each as a mapping from column to text.

    Parameters
    ----------
    name
        File name in ``inducult_geo/catalog``, for example ``"types.csv"``.
    """
    text = (files("inducult_geo") / "catalog" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@lru_cache(maxsize=8)
def packaged_words(name: str, column: str) -> Mapping[str, frozenset[str]]:
    """Read a table whose column `words` holds words of all languages, folded and separated by ";".

    Parameters
    ----------
    name
        As for `packaged_rows`.
    column
        What the words stand for: each of its values gets the words of all its rows.
    """
    found: dict[str, set[str]] = {}
    for row in packaged_rows(name):
        found.setdefault(row[column], set()).update(row["words"].split(";"))
    return {meaning: frozenset(words) for meaning, words in found.items()}


def words_for_about() -> str:
    """Return the words for "about" ("ca", "um", "około") as alternatives of a regular expression, folded."""
    return "|".join(sorted(packaged_words("date_words.csv", "role")["approximate"]))
