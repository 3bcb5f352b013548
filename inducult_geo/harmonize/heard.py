"""Which trades a name names: without its town, words that only sound like a trade, and what the works merely have."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

from inducult_geo.text import packaged_rows, split_words, trades_in
from inducult_geo.text.lexicon import Concept

_WITH: Final = re.compile(r" (?:mit|samt|ohne|with|without|avec|sans|con|senza|met|zonder|ze?(?! o )|bez|brez) ")
"""Words after which a name goes on with a part of the works, or with what they lack ("Sägewerk mit Wasserkraft"). One
letter may be of a legal form, as "s" in "s.r.o.": of these only the Polish one counts, and not that of "z o.o."."""


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


def _without_town(heard: str, city: str | None) -> str:
    """Take the town's name from words as `split_words` gives them; a name that is no more than its town's stays."""
    town = " ".join(split_words(city or ""))
    if not town or town not in heard:
        return heard
    return re.sub(rf"\b{re.escape(town)}\b", " ", heard).strip() or heard


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
