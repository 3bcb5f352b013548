"""inducult-geo makes one map of sites of industrial culture from OpenStreetMap and partners' lists.

What notebooks and other programs need is here, and imported only when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inducult_geo.api import link, read_osm, read_source
    from inducult_geo.harmonize.coordinates.read import parse_coordinates
    from inducult_geo.harmonize.transforms.crs import transform_points
    from inducult_geo.opening.release import open_release
    from inducult_geo.pipeline import refresh, release

__version__ = "0.1.0"
__all__ = [
    "link",
    "open_release",
    "parse_coordinates",
    "read_osm",
    "read_source",
    "refresh",
    "release",
    "transform_points",
]

_HOMES = {
    "link": "inducult_geo.api",
    "open_release": "inducult_geo.opening.release",
    "parse_coordinates": "inducult_geo.harmonize.coordinates.read",
    "read_osm": "inducult_geo.api",
    "read_source": "inducult_geo.api",
    "refresh": "inducult_geo.pipeline",
    "release": "inducult_geo.pipeline",
    "transform_points": "inducult_geo.harmonize.transforms.crs",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'inducult_geo' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
