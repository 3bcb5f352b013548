"""The work CRS as files state it, and transformations to and from degrees, cached since PROJ is slow to find them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pyproj import CRS, Transformer

from inducult_geo.frames import WORK_CRS

_DEGREES = "EPSG:4326"


def written_crs() -> CRS:
    """Return the work CRS in one spelling: what PROJ says depends on its version and what ran before."""
    return CRS.from_json(files("inducult_geo").joinpath("publish", "epsg3035.json").read_text(encoding="utf-8"))


@cache
def to_degrees() -> Transformer:
    """Return what turns x and y in `WORK_CRS` into longitude and latitude."""
    return Transformer.from_crs(WORK_CRS, _DEGREES, always_xy=True)


@cache
def to_work() -> Transformer:
    """Return what turns longitude and latitude into x and y in `WORK_CRS`."""
    return Transformer.from_crs(_DEGREES, WORK_CRS, always_xy=True)
