"""Units of capacities that the name of the column states: "Leistung (kW)", "vykon_kW"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from numbers import Real
from typing import Any, Final

from inducult_geo.text import fold_once, words_for_about

_UNIT: Final = re.compile(r"(?:^|[\s_(\[,/])([kg]w)[\s_(]{0,2}(?:el?|th?|p)?[)\]]?\s*$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]")
_NO_UNIT: Final = re.compile(rf"\b(?:{words_for_about()})\b|(?<=\d)e(?=[+-]?\d)")
"""Letters that are no unit, folded: a word for about, and the exponent of a number ("1.2E+03")."""

_NUMBER: Final = re.compile(r"\s*\d+([.,])\d+\s*", re.ASCII)
_FRACTION: Final = re.compile(r"\s*(?:(?:0|\d{4,})[.,]\d+|\d+[.,](?:\d{1,2}|\d{4,}))\s*", re.ASCII)
"""What has a decimal mark for sure: a register gives all its numbers three places ("2350.000" beside "12.500")."""

_WRITTEN: Final = {"kw": "kW", "gw": "GW"}
_MEGAWATTS: Final = {"kW": 1e-3, "GW": 1e3}


def with_unit(cells: Iterable[Any], columns: Sequence[str]) -> list[Any]:
    """Return capacities with the unit of their column, where it is not megawatts and the cell tells none.

    Parameters
    ----------
    cells
        What stands in the columns.
    columns
        Their heads; of several with different units nobody knows which one counts.
    """
    cells = list(cells)
    units = {_WRITTEN[found[1].lower()] if (found := _UNIT.search(name)) else "" for name in columns}
    unit = units.pop() if len(units) == 1 else ""
    if not unit:
        return cells
    fractions = (_NUMBER.fullmatch(cell) for cell in cells if isinstance(cell, str) and _FRACTION.fullmatch(cell))
    marks = {found[1] for found in fractions if found}
    return [_with(cell, unit, marks) for cell in cells]


def _with(cell: Any, unit: str, marks: Set[str]) -> Any:
    """Return a cell with a unit; in megawatts where its point (one of `marks`) is surely that of a fraction."""
    found = _NUMBER.fullmatch(cell) if isinstance(cell, str) else None
    if found and found[1] in marks:
        cell = float(cell.replace(",", "."))
    if isinstance(cell, Real) and not isinstance(cell, bool):
        return f"{float(cell) * _MEGAWATTS[unit]:.12g} MW"
    is_told = cell is None or _LETTER.search(_NO_UNIT.sub("", fold_once(str(cell))))
    return cell if is_told else f"{cell} {unit}"
