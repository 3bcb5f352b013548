"""Columns of an address: house numbers beside streets, and postcodes that lost their leading zero."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from inducult_geo.drafting.column import Column, any_of, called
from inducult_geo.drafting.text import comment, quoted
from inducult_geo.text import fold_once

_LONGEST = 20
_DIGITS = 5
_ZERO_FIRST = ("DE", "EE", "ES", "FI", "FR", "IT", "LT", "SK")
"""Countries whose postcodes have five digits, some of them a zero first."""

_HOUSE_NUMBER = any_of("hausnr", "hausnummer", "haus-?nr", "hnr", "house ?(?:no|nr|number)", "addr:housenumber",
                       "numer domu", r"nr\.? (?:domu|bud\.?)", r"č\. ?p\.?", r"č\. ?d\.?", "čp",
                       "číslo (?:popisné|domu)", r"(?:n|nr|num|numero)?\.? ?civico",
                       "kućni broj", r"k\. ?br\.?", "hišna (?:številka|št)", r"h(?:iš)?\. ?št\.?",
                       "huisnr", "huisnummer")  # fmt: skip


_STREET = called("address")
_BARE_NUMBER = any_of(
    whole=(r"(?:nr|no|n|č|br|num)\.?", "n°", "numer", "numero", "číslo", "broj", "številka", "nummer", "numéro")
)
_POSTCODE = re.compile("[0-9]{4,5}")


def house_numbers(columns: Sequence[Column]) -> list[Column]:
    """Return the columns called the number of a house, or just a number right behind streets, with cells as short.

    One that is called the street as well ("Ulice, č. p.") holds whole addresses, and a French "CP" holds postcodes.
    """
    behind = {after.name for before, after in pairwise(columns) if _STREET.search(fold_once(before.name))}
    return [column for column in columns if _is_house_number(column, is_behind_streets=column.name in behind)]


def _is_house_number(column: Column, *, is_behind_streets: bool) -> bool:
    name = fold_once(column.name)
    is_called = _HOUSE_NUMBER.search(name) or (is_behind_streets and _BARE_NUMBER.search(name))
    if not is_called or _STREET.search(name):
        return False
    is_postcode = bool(column.cells) and all(map(_POSTCODE.fullmatch, column.sample))
    return not is_postcode and all(len(cell) <= _LONGEST for cell in column.sample)


def address_columns(street: Column, numbers: Sequence[Column]) -> str:
    """Return what a contract says of an address: the column of streets, with those of the numbers of houses."""
    if not numbers:
        return quoted(street.name)
    return f"[{', '.join(quoted(column.name) for column in (street, *numbers))}]"


def lost_zero_lines(postcodes: Column, country: str | None) -> list[str]:
    """Say that postcodes are shorter than those of their country, as a spreadsheet leaves them that takes numbers."""
    digits = [cell for cell in postcodes.cells if cell.isdecimal()]
    short = [cell for cell in digits if len(cell) < _DIGITS]
    if not short or country not in _ZERO_FIRST:
        return []
    return [
        comment(
            f"{quoted(postcodes.name)}: {len(short)} of {len(postcodes.cells)} have less than {_DIGITS} digits "
            f"({quoted(short[0])}): a spreadsheet removes the leading zero of a number. They are published as they "
            "stand: correct them in the file, or ask for a file with the postcodes as text."
        )
    ]
