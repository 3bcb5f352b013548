"""Capacities of which the head of the column tells the unit: "Leistung (kW)", "vykon_kW"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, Final

_UNIT: Final = re.compile(r"(?:^|[\s_(\[,/])([kg]w)(?:el?|th?|p)?[)\]]?\s*$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]")
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
    units = {_WRITTEN[found[1].lower()] if (found := _UNIT.search(name)) else "" for name in columns}
    unit = units.pop() if len(units) == 1 else ""
    return [_with(cell, unit) for cell in cells] if unit else list(cells)


def _with(cell: Any, unit: str) -> Any:
    """Return a cell with a unit, a number of a spreadsheet in megawatts: its point is no mark of thousands."""
    if isinstance(cell, Real) and not isinstance(cell, bool):
        return f"{float(cell) * _MEGAWATTS[unit]:.12g} MW"
    return cell if cell is None or _LETTER.search(str(cell)) else f"{cell} {unit}"
