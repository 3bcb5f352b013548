"""Columns of an address: the numbers of houses beside the streets, and postcodes that lost the zero before them."""

from __future__ import annotations

from collections.abc import Sequence

from inducult_geo.drafting.column import Column, any_of
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


def is_house_number(column: Column) -> bool:
    """Whether a column is called the number of a house, and its cells are as short as one."""
    return _HOUSE_NUMBER.search(fold_once(column.name)) is not None and all(
        len(cell) <= _LONGEST for cell in column.sample
    )


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
            f"({quoted(short[0])}): a spreadsheet takes the zero before a number away. They are published as they "
            "stand: mend them in the file, or ask for it with postcodes as text."
        )
    ]
