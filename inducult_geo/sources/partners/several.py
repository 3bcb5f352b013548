"""Rows that name works in two towns ("Werk I und II, Zwickau und Crimmitschau"): read as one site, and reported."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

from inducult_geo.catalog.models import Contract
from inducult_geo.frames import Problem
from inducult_geo.sources.formats.table import Table
from inducult_geo.text import counted, first_few, fold_once

_SHOWN, _SHORT = 3, 60
_LONGEST: Final = 250
"""Characters of a name or of towns; longer ones are texts, which tell of many places."""

_BETWEEN: Final = re.compile(r"[,;&]|\s(?:und|u\.|and|oraz|ed|en|e|i|a|in)\s", re.IGNORECASE)
"""What stands between two names of places in the languages of the regions; no dash or slash: a railway goes from one
town to another, and a town has a name in each of two languages."""

_TOGETHER: Final = re.compile(r"[^\W\d_a-z][\w.' -]+ (?:und|oraz) [^\W\d_a-z][\w.' -]+")
"""Two towns in one cell that no other row names; few towns have such a word in their name."""


def several_told(contract: Contract, path: Path, table: Table) -> list[Problem]:
    """Tell which rows of a table name places in several towns: none is split or moved."""
    names, cities = (_column(contract, table, field) for field in ("name", "city"))
    towns = {fold_once(city.strip()) for city in cities if city.strip()} - _counties(cities)
    found = []
    for place, name, city in zip(table.places, names, cities, strict=True):
        # "Dagenham, Essex" is one town, with its county: unless the name tells of two as well.
        is_list = "," not in city or len(_BETWEEN.split(name)) > 1
        if _towns_in(name, towns) > 1:
            found.append(f"{place}: '{name.strip()[:_SHORT]}'")
        elif (is_list and _towns_in(city, towns) > 1) or _TOGETHER.fullmatch(city.strip()):
            found.append(f"{place}: '{city.strip()[:_SHORT]}'")
    if not found:
        return []
    message = (
        f"{path.name}: {counted(len(found), 'row')} seem to name works in several towns, but each becomes one site, at "
        f"the one place that is given: {first_few(found, _SHOWN)}. If these are several works, give each a row of its "
        "own."
    )
    return [Problem(contract.id, "several_towns", message, len(found))]


def _counties(cities: list[str]) -> set[str]:
    """Return what stands last after the comma of several towns ("Exeter, Devon"; "Barnstaple, Devon"), and never first.

    A row may name nothing but its county, which makes that no town.
    """
    lists = {tuple(fold_once(piece.strip()) for piece in city.split(",")) for city in cities if "," in city}
    last = Counter(pieces[-1] for pieces in lists)
    return {name for name, times in last.items() if times > 1} - {pieces[0] for pieces in lists}


def _column(contract: Contract, table: Table, field: str) -> list[str]:
    column = next((name for name in contract.mapped.get(field, ()) if name in table.frame), None)
    cells = [None] * len(table.frame) if column is None else table.frame[column].tolist()
    return [cell if isinstance(cell, str) and len(cell) <= _LONGEST else "" for cell in cells]


def _towns_in(text: str, towns: set[str]) -> int:
    return len({fold_once(piece.strip()) for piece in _BETWEEN.split(text)} & towns) if towns else 0
