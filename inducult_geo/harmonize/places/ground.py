"""What is known of the land that a source is about: where its points must lie, and which systems are usual there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog.outlines import area_of
from inducult_geo.harmonize.coordinates.parsed import DEGREE_M
from inducult_geo.harmonize.places.readings import Land

OUTSIDE_M: Final = 500.0
"""A partner's site this far outside its region is still taken as inside: outlines are simplified."""

_AT_SEA_DEG: Final = 0.5
"""So far outside of its countries a point of a wide source still tells for a reading: wind parks, platforms."""

_COARSE_DEG: Final = 0.1


@dataclass(frozen=True)
class Ground:
    """What is known of the land that a source is about.

    `area` is the region's polygon in EPSG:4326 (null for a wide source), `crs` the systems usual there,
    `grids` the folder of datum grids, `countries` the codes of those that a wide source is about.
    """

    name: str
    country: str | None
    area: BaseGeometry | None = None
    crs: tuple[str, ...] = ()
    grids: Path | None = None
    countries: tuple[str, ...] = ()

    def told_by(self, rows: Sequence[str | None]) -> Ground:
        """Return the ground of a wide source that names no countries: those that its rows tell, if most tell one."""
        told = [country for country in rows if country]
        if self.area is not None or self.countries or len(told) <= len(rows) / 2:
            return self
        return replace(self, countries=tuple(sorted(set(told))))

    @cached_property
    def land(self) -> Land:
        """Where points must lie for a reading to fit; empty for a wide source of which no outline is known.

        It is a region widened by about `OUTSIDE_M`, or the countries of a wide source with the sea before them.
        """
        area = self._wider()
        shapely.prepare(area)
        return Land(area, self.country or "", self.grids)

    def _wider(self) -> BaseGeometry:
        if self.area is not None:
            return self.area.buffer(OUTSIDE_M / DEGREE_M)
        countries = area_of(self.countries)
        return shapely.Point() if countries is None else countries.simplify(_COARSE_DEG).buffer(_AT_SEA_DEG)
