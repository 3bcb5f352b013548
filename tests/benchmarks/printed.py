"""Tables that read well on a terminal and are Markdown, so that the documentation shows what a bench printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

NUMBER = re.compile(r"-?[\d,.]*")


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Lay rows out under the names of their cells; numbers to the right. Every row has the cells of the first."""
    names = [*rows[0]]
    cells = [names, *([_text(row[name]) for name in names] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(names))]
    right = [all(NUMBER.fullmatch(text) for text in column) for column in zip(*cells[1:], strict=True)]
    lines = [
        "| " + " | ".join(f"{cell:{'>' if to_right else '<'}{width}}" for cell, to_right, width in columns) + " |"
        for columns in (zip(row, right, widths, strict=True) for row in cells)
    ]
    rule = "".join(
        f"|{'-' * (width + 1)}{':' if to_right else '-'}" for to_right, width in zip(right, widths, strict=True)
    )
    return "\n".join([lines[0], rule + "|", *lines[1:]])


def _text(cell: object) -> str:
    """Write a cell: a bar inside it would end it."""
    return f"{cell:,}" if isinstance(cell, int) else str(cell).replace("|", "\\|")
