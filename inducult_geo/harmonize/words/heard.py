"""Find the trades that a name names, apart from its town, misleading words, and what the works merely have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, Literal

from inducult_geo.text import fold_once, packaged_rows, split_words, trades_in
from inducult_geo.text.lexicon import Concept

_WITH: Final = re.compile(r" (?:mit|samt|ohne|with|without|avec|sans|con|senza|met|zonder|ze?(?! o )|bez|brez) ")
"""Words after which a name goes on with a part of the works, or with what they lack ("Sägewerk mit Wasserkraft"). One
letter may be of a legal form, as "s" in "s.r.o.": of these only the Polish one counts, and not that of "z o.o."."""

_SEVERAL: Final = re.compile(r"[,;/&+]| (?:-|und|sowie|and|e|ed|et|en|i|a|in|oraz|ter|pri|u) ")
"""What stands between two things of which neither is a part of the other ("Hochofen und Gießerei")."""


def trades_heard(name: str, country: str | None, city: str | None) -> list[Concept]:
    """List the words of trade in a name by which its type may be guessed; those after "with" where none is before it.

    Parameters
    ----------
    country, city
        ISO code and town of the site, where they are known: see `Vocabulary.guess_type`.
    """
    heard = _no_trades("words").sub(" ", _without_town(" ".join(split_words(name)), city))
    if _no_trades("name").search(heard):
        return []
    parts = _WITH.split(heard, maxsplit=1)
    return trades_in(parts[0], country=country) or (trades_in(heard, country=country) if len(parts) > 1 else [])


def part_named_first(name: str, concepts: Sequence[Concept], kinds: Mapping[str, str | None]) -> set[str]:
    """Return the part of works that a name begins with ("Těžní věž dolu Josef"); of several things, or a museum, none.

    Parameters
    ----------
    name, concepts
        A name and its words of trade, as they stand in it.
    kinds
        Type -> its kind, of the types that are asked about.
    """
    first = next((concept for concept in concepts if kinds.keys() & concept.types), None)
    # A bridge or a lock is a part, too, and works are called by them.
    if first is None or first.role != "part" or "visitor" in kinds.values() or _SEVERAL.search(fold_once(name)):
        return set()
    return kinds.keys() & first.types if len(first.types) == 1 else set()


def _without_town(heard: str, city: str | None) -> str:
    """Take the town's name from words as `split_words` gives them; a name that is no more than its town's stays."""
    town, pattern = _town(city or "")
    if not town or town not in heard:
        return heard
    return pattern.sub(" ", heard).strip() or heard


@lru_cache(maxsize=10_000)
def _town(city: str) -> tuple[str, re.Pattern[str]]:
    """Return the words of a town's name, and the pattern that finds them among others."""
    town = " ".join(split_words(city))
    return town, re.compile(rf"\b{re.escape(town)}\b")


@cache
def _no_trades(reach: Literal["words", "name"]) -> re.Pattern[str]:
    """Return the pattern of the terms in `no_trades.csv`, for words as `split_words` gives them; `*` is any letters.

    Some take only their own words from a name ("Schutzhütte"), others tell what the whole is ("Kaplica w kopalni").
    """
    told = (
        [
            r"\w*" * word.startswith("*") + split_words(word)[0] + r"\w*" * word.endswith("*")
            for word in row["term"].split()
        ]
        for row in packaged_rows("no_trades.csv")
        if row["reach"] == reach
    )
    return re.compile(r"\b(?:" + "|".join(sorted({" ".join(words) for words in told})) + r")\b")
