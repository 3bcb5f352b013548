"""Write lines of TOML for a draft: comments and strings of any content, numbers and texts shortened for a person."""

from __future__ import annotations

import json

import numpy as np

from inducult_geo.text import printable

_SHORT = 40


def comment(text: str) -> str:
    """Return a comment of one line, whatever the text holds."""
    return "# " + " ".join(printable(text).split())


def quoted(text: str) -> str:
    """Return a TOML string: as JSON, with the one control character that JSON leaves."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def short(text: str) -> str:
    """Return the beginning of a text, in quotes."""
    return "'" + " ".join(printable(text).split())[:_SHORT] + "'"


def number_range(numbers: np.ndarray) -> str:
    """Return the least and the largest of (n,) numbers, for a person."""
    return f"{numbers.min():.7g} to {numbers.max():.7g}" if len(numbers) else "no numbers"
