"""Read the packaged tables of words."""

from __future__ import annotations

import csv
import io
from importlib.resources import files


def packaged_rows(name: str) -> list[dict[str, str]]:
    """Read the rows of a CSV table of the packaged catalog, each as a mapping from column to text.

    Parameters
    ----------
    name
        File name in ``inducult_geo/catalog``, for example ``"types.csv"``.
    """
    text = (files("inducult_geo") / "catalog" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
