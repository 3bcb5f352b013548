"""Describe the other sheets of a workbook: what they hold, and which are hidden or only sum up another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from inducult_geo.catalog import Read
from inducult_geo.drafting.text import comment, short
from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.readers import read_table
from inducult_geo.sources.formats.sheets import ALL_SHEETS, INSTEAD, OWN_COLUMN
from inducult_geo.text import first_few

_SHEETS_MAX: Final = 20
_SAID: Final = {"hidden_sheet": "hidden", "pivot_sheet": "a pivot table"}


@dataclass(frozen=True)
class Sheets:
    """The sheets of a workbook that hold anything: their rows, and what is said of some."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def others(self, own: str) -> list[tuple[str, pd.DataFrame]]:
        """Return all but one, each with the columns that hold anything in it."""
        frames = [(name, rows.dropna(axis=1, how="all")) for name, rows in self.frames.items() if name != own]
        return frames[:_SHEETS_MAX]

    def unread_lines(self, own: str) -> list[str]:
        """Say which sheets are not read where one is."""
        told = [f"{short(name)}{self.mark(name)}" for name in self.frames if name != own]
        if not told:
            return []
        return [comment(f"Not read, since one sheet is named: {first_few(told, _SHEETS_MAX)}")]

    def mark(self, name: str) -> str:
        """Return what is said of a sheet in parentheses, where anything is."""
        return f" ({self.said[name]})" if name in self.said else ""


def sheets_of(path: Path, read: Read) -> Sheets:
    """Read all sheets of a workbook; none where it cannot be read so, or is none."""
    try:
        table = read_table(path, read.model_copy(update={"sheet": ALL_SHEETS, "header_row": 1, "header_rows": 1}))
    except ContractError:
        return Sheets()
    if table.kind != "spreadsheet":
        return Sheets()
    own = INSTEAD if INSTEAD in table.frame else OWN_COLUMN
    frames = {str(name): rows.drop(columns=own) for name, rows in table.frame.groupby(own, sort=False)}
    marks: dict[str, list[str]] = {}
    for kind, told, _ in table.warnings:
        name = next((name for name in frames if told.startswith(f"sheet '{name}': ")), None)
        if name is not None and kind in _SAID:
            marks.setdefault(name, []).append(_SAID[kind])
    return Sheets(frames, {name: ", ".join(said) for name, said in marks.items()})
