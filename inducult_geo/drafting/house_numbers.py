"""The column that holds the numbers of houses beside that of streets: no key, and a part of the address."""

from __future__ import annotations

from collections.abc import Sequence

from inducult_geo.drafting.column import Column, any_of
from inducult_geo.drafting.text import quoted
from inducult_geo.text import fold_once

_LONGEST = 20
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
