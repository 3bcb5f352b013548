"""Drawings (DXF) whose symbols carry attributes: one row for each symbol, with a column for each of its attributes.

GDAL takes such a symbol to pieces: its circle, its name and its year would be three rows, the last one called "1872".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from inducult_geo.sources.formats.table import Table, blank_cells, checked_header, nul_rows
from inducult_geo.text import counted

_ATTRIBUTES: Final = "BlockAttributes"
_HANDLE: Final = "EntityHandle"
_OF_BLOCKS: Final = (
    _ATTRIBUTES,
    "BlockScale",
    "BlockAngle",
    "BlockOCSNormal",
    "BlockOCSCoords",
    "Block",
    "AttributeTag",
)


def with_attributes(path: Path, pieces: Table, symbols: Table) -> Table:
    """Return a drawing with one row for each symbol that carries attributes, all else as it is drawn.

    Parameters
    ----------
    pieces
        The drawing with all symbols taken to pieces.
    symbols
        The drawing with one row a symbol, which has what it draws no more; its attributes stand as "TAG value".

    Raises
    ------
    ContractError
        Where there are more than `MAX_COLUMNS` attributes.
    """
    frame = symbols.frame
    if _ATTRIBUTES not in frame:
        return pieces
    told = [_tagged(cell) for cell in frame[_ATTRIBUTES]]
    has_any = pd.Series([bool(tags) for tags in told], index=frame.index)
    if not has_any.any():
        return pieces
    plain = set(frame[_HANDLE][frame["BlockName"].notna() & ~has_any].dropna())
    drawn = pieces.frame[pieces.frame[_HANDLE].isin(plain)]
    kept = ~frame[_HANDLE].isin(set(drawn[_HANDLE]))
    names = {tag: tag if tag not in frame else f"{tag} (attribute)" for tags in told for tag in tags}
    columns = {name: [tags.get(tag) for tags in told] for tag, name in names.items()}
    tagged = pd.concat([frame, pd.DataFrame(columns, index=frame.index, dtype=object)], axis=1)
    whole = pd.concat([tagged[kept], drawn], ignore_index=True).drop(columns=[*_OF_BLOCKS], errors="ignore")
    header, notes = checked_header(path, [*whole.columns])
    whole = blank_cells(whole.set_axis(header, axis=1))
    note = f"{counted(int(has_any.sum()), 'symbol')} with attributes: one row each, at the place where it is put"
    places = [f"{path.name} feature {number}" for number in range(1, len(whole) + 1)]
    return replace(pieces, frame=whole, places=places, bad_rows=nul_rows(whole), notes=(*pieces.notes, *notes, note))


def _tagged(cell: Any) -> dict[str, str | None]:
    """Return the attributes of a symbol: tag -> value, null where there is none."""
    found = (str(text).partition(" ") for text in (() if cell is None else cell))
    return {tag: value.strip() or None for tag, _, value in found if tag}
