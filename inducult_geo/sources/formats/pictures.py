"""Drop the pictures that a KML lays over the map: GDAL reads each as a feature with an outline."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from inducult_geo.sources.formats.table import Table, has_shapes

MARK: Final = b"<GroundOverlay"
"""A file in which it does not stand has no pictures."""

_WHY: Final = "is a picture laid over the map (GroundOverlay), not a site"
_COLUMN: Final = "icon"


def without_pictures(table: Table) -> Table:
    """Return a table in which the rows of pictures are none of its shape: those with an icon and an outline."""
    if _COLUMN not in table.frame or not has_shapes(table.frame):
        return table
    cells = zip(table.frame[_COLUMN], table.frame["geometry"], strict=True)
    rows = [n for n, (icon, shape) in enumerate(cells) if icon and shape is not None and shape.geom_type == "Polygon"]
    return replace(table, bad_rows={**dict.fromkeys(rows, _WHY), **table.bad_rows})
