"""The meanings that a contract gives to a source's words (`[values]`), checked on reading and looked up by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inducult_geo.catalog.models import Contract
from inducult_geo.errors import ContractError, did_you_mean
from inducult_geo.harmonize.dates.read import parse_date
from inducult_geo.harmonize.words.vocabulary import Vocabulary
from inducult_geo.text import clean_text, fold_once
from inducult_geo.text.countries import country_code
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES

YEARS = ("start", "end")
"""The columns of dates that make a life span."""

_LISTS = {"status": STATUSES, "aspect": ASPECTS, "present_use": PRESENT_USES}
KNOWN_WORDS = {name: f"Known: {', '.join(known)}." for name, known in _LISTS.items()}
KNOWN_WORDS |= dict.fromkeys(("type", "sector", "theme"), "The words for it stand in DICTIONARY.md of every release.")
KNOWN_WORDS |= {
    name: f'Say in [values.{name}] what they mean: "1930s", "1850..1900", or "" for nothing.' for name in YEARS
}
KNOWN_WORDS["valid_at"] = "Write days, such as 2021-05-03."
"""What the values of a column may be mapped to, said in a sentence."""


class Meanings:
    """What a contract says that the words of one column mean.

    A word counts as written, then without regard to case and marks. What programs write for nothing ("-", "None") is a
    word like any other here: whoever maps it says that it is one.
    """

    def __init__(self, contract: Contract, column: str) -> None:
        table = contract.values.get(column, {})
        self._as_written = {_as_text(word): meant for word, meant in table.items()}
        self._folded: dict[str, str] = {}
        for word, meant in self._as_written.items():
            self._folded.setdefault(fold_once(word), meant)

    def of(self, cell: Any) -> str | None:
        """Return what a cell means, "" where it means nothing; None where the contract does not say."""
        if not self._as_written:
            return None
        text = _as_text(cell)
        return self._as_written.get(text, self._folded.get(fold_once(text)))


def _as_text(cell: Any) -> str:
    return clean_text(cell) or (" ".join(cell.split()) if isinstance(cell, str) else "")


def settled_starts(contract: Contract) -> frozenset[str]:
    """Return the texts that a contract gives to words in the column of beginnings: a person said what they tell."""
    return frozenset(contract.values.get("start", {}).values())


def check_meanings(contract: Contract, vocabulary: Vocabulary) -> None:
    """Refuse a contract that maps values to a type, theme or condition that there is not: a slip of the pen."""
    trades = [*vocabulary.types, *vocabulary.themes]
    lists = {"type": trades, "sector": trades, "theme": [*vocabulary.themes]}
    lists |= {name: [*known] for name, known in _LISTS.items()}
    told = [(f"[values.{name}] '{text}'", name, meant) for name in lists for text, meant in _values(contract, name)]
    if "theme" in contract.defaults:
        told.append(("[defaults] theme", "theme", contract.defaults["theme"]))
    for where, name, meant in told:
        if meant and meant not in lists[name]:
            known = vocabulary.map_type(meant) if name == "type" else None
            remedy = f" Did you mean '{known}'?" if known else did_you_mean(meant, lists[name])
            remedy = remedy or f" {KNOWN_WORDS[name]}"
            raise ContractError(f"{contract.declared_in}: {where} = '{meant}': there is no such {name}.{remedy}")
    for text, meant in _values(contract, "country"):
        if country_code(meant) is None:
            raise ContractError(
                f"{contract.declared_in}: [values.country] '{text}' = '{meant}': there is no such country. "
                "Write its code of two letters."
            )
    for name in YEARS:
        for text, meant in _values(contract, name):
            if meant and parse_date(meant) is None:
                raise ContractError(
                    f"{contract.declared_in}: [values.{name}] '{text}' = '{meant}': this cannot be read as a date. "
                    'Write years: "1930s", "1850..1900", "before 1914", or "" for nothing.'
                )


def _values(contract: Contract, name: str) -> Iterable[tuple[str, str]]:
    return contract.values.get(name, {}).items()
