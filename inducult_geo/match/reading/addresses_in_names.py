"""Find addresses in names: "Kamienica, ul. Garbary 12", "Villa Lindenstraße 5", or nothing but the address.

Registers of monuments call houses so. Where a record has no address of its own, what its name tells is one, and the
rest is the name: "ul. Garbary 12" and "Dom" are not two names of two houses.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inducult_geo.match.reading.record_names import LONGEST_NAME, Texts

_NUMBER: Final = r"\d{1,4}(?:\s?/)?\s?[a-z]?(?:\s?[-–/,]\s?\d{1,4}\s?[a-z]?){0,4}"
_NUMBER_FIRST: Final = r"\d{1,4}(?:\s?[a-z])?(?:[-–/]\d{1,4}[a-z]?)?"
"""... before its street: what stands apart ("Hall 3, 12 rue Nord") is none of it."""

_END: Final = r"(?=\s*(?:[,;)]|$))"
_BEFORE: Final = (
    r"(?:ul\.?|ulic[ae]|al\.|aleja|aleje|pl\.|plac|os\.|osiedle|n[aá]m\.|n[aá]m[eě]st[ií]|t[rř]\.|t[rř][ií]da|trg|"
    r"via|viale|corso|piazza|piazzale|vicolo|strada|calle|c/|avda\.?|avenida|paseo|plaza|carrer|rua|str\.)"
)
"""Words for a street that stand before its name."""

_WITHIN: Final = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|ufer|damm|straat|laan|plein|kade|gracht|steenweg|vej|gade|gatan|"
    r"vägen|gata)"
)
"""... that its name ends in, in one word or two."""

_NO_STREET: Final = r"[\w.-]{0,40}(?:staudamm|lagerplatz|parkplatz)\b"
"""... and what ends so and is none ("Staudamm 2")."""

_BEHIND: Final = r"(?:ulica|cesta|trg|ulice|třída|náměstí|utca|út|tér|street|road|lane|avenue)"
"""... that stand behind its name."""

_FIRST: Final = r"(?:rue|avenue|boulevard|chemin|quai|place|impasse|allée)"
"""... that stand behind the number of the house."""

_ADDRESS: Final = re.compile(
    rf"(?<!\w)(?:{_BEFORE}(?:\s|(?<=[./]))[^,;()]{{2,60}}?\s{_NUMBER}{_END}"
    rf"|(?!{_NO_STREET})(?:[\w.-]{{2,40}}{_WITHIN}|[\w.-]{{2,40}}\s(?:{_WITHIN}|{_BEHIND}))\s{_NUMBER}{_END}"
    rf"|{_NUMBER_FIRST},?\s(?:{_FIRST}\s[^,;()]{{2,60}}|(?:[\w'’-]{{2,40}}\s){{1,3}}(?:street|road|lane|avenue)){_END})",
    re.IGNORECASE,
)

_STREET: Final = f"(?i){_BEFORE}|{_WITHIN}|{_BEHIND}|{_FIRST}"
"""Any of these, as Arrow reads it."""


def addresses_in_names(names: Texts, addresses: pd.Series) -> tuple[Texts, pd.Series]:
    """Take addresses out of the names of records that have none.

    Returns
    -------
    names, addresses
        The names without them (none where nothing is left), and the addresses, of several the first.
    """
    untold = addresses.isna().to_numpy() | addresses.eq("").to_numpy(dtype=bool, na_value=False)
    asked = np.unique(names.numbers[untold[names.rows]])
    if not len(asked):
        return names, addresses
    # Few names hold a digit and a word for a street: the others need no closer look.
    for pattern in (r"\d", _STREET):
        told = pc.match_substring_regex(pa.array(names.listed[asked], type=pa.string()), pattern)
        asked = asked[told.to_numpy(zero_copy_only=False).astype(bool)]
    apart = {number: parts for number in asked.tolist() if (parts := _apart(names.listed[number]))}
    if not apart:
        return names, addresses
    here = np.flatnonzero(untold[names.rows] & np.isin(names.numbers, [*apart]))
    found = pd.Series([apart[number][0] for number in names.numbers[here].tolist()], index=names.rows[here])
    first = found[~found.index.duplicated()]
    filled = addresses.to_numpy(dtype=object).copy()
    filled[first.index] = first
    left = [apart[number][1] for number in names.numbers[here].tolist()]
    numbers, listed = names.numbers.copy(), np.array([*names.listed, *left], dtype=object)
    numbers[here] = len(names.listed) + np.arange(len(here))
    kept = np.ones(len(numbers), dtype=bool)
    kept[here] = [bool(text) for text in left]
    return replace(names, rows=names.rows[kept], numbers=numbers[kept], listed=listed), pd.Series(
        filled, addresses.index
    )


def _apart(name: str) -> tuple[str, str] | None:
    """Return the address in a name and what is left of it; None where there is none."""
    found = _ADDRESS.search(name) if len(name) <= LONGEST_NAME else None
    if not found:
        return None
    left = f"{name[: found.start()].rstrip(' ,;(–-')} {name[found.end() :].lstrip(' ,;)')}"
    return found[0], left.strip()
