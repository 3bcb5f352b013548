"""Places by name, looked up with osmnx: for a researcher's small area, never for what runs unattended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import osmnx
import requests
from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import SourceError

TIMEOUT_S = 60


def look_up(place: str) -> BaseGeometry:
    """Return the polygon of a place by name, in EPSG:4326.

    Raises
    ------
    SourceError
        Where the place is unknown, has no polygon, or the server does not answer.
    """
    try:
        with _own_settings():
            found = osmnx.geocode_to_gdf(place)
    except (InsufficientResponseError, ResponseStatusCodeError, TypeError, KeyError) as problem:
        raise SourceError(
            f"no polygon of a place '{place}': {problem}. Name it as the map does, with its country."
        ) from problem
    except requests.RequestException as problem:
        raise SourceError(f"place '{place}': the server does not answer ({type(problem).__name__}).") from problem
    area: BaseGeometry = found.geometry.iloc[0]
    return area


@contextmanager
def _own_settings() -> Iterator[None]:
    """Keep osmnx from writing a cache into the working folder, and leave its settings as they were."""
    before = osmnx.settings.use_cache, osmnx.settings.requests_timeout
    osmnx.settings.use_cache, osmnx.settings.requests_timeout = False, TIMEOUT_S
    try:
        yield
    finally:
        osmnx.settings.use_cache, osmnx.settings.requests_timeout = before
