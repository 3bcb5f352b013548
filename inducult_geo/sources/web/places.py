"""Look up a place by name with osmnx: for a researcher's small area, never in unattended runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread

import osmnx
import requests
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from inducult_geo.errors import SourceError, TransientError


def look_up(place: str, *, deadline_s: float) -> BaseGeometry:
    """Return the polygon of a place by name, in EPSG:4326.

    osmnx asks an overloaded server again and again without end; here it has `deadline_s` in all.

    Raises
    ------
    SourceError
        Where the place is unknown or has no polygon.
    TransientError
        Where the server does not answer in time.
    """
    answers: Queue[GeoDataFrame | Exception] = Queue()

    def ask() -> None:
        try:
            answers.put(osmnx.geocode_to_gdf(place))
        except Exception as problem:
            answers.put(problem)

    with _own_settings(deadline_s):
        Thread(target=ask, daemon=True).start()
        try:
            found = answers.get(timeout=deadline_s)
        except Empty:
            raise TransientError(f"place '{place}': no answer within {deadline_s:g} s. Ask again later.") from None
    if isinstance(found, requests.RequestException):
        raise TransientError(f"place '{place}': the server does not answer ({type(found).__name__}).") from found
    if isinstance(found, Exception):
        raise SourceError(
            f"no polygon of a place '{place}': {found}. Name it as the map does, with its country."
        ) from found
    area: BaseGeometry = found.geometry.iloc[0]
    return area


@contextmanager
def _own_settings(deadline_s: float) -> Iterator[None]:
    """Keep osmnx from writing a cache into the working folder, and leave its settings as they were."""
    before = osmnx.settings.use_cache, osmnx.settings.requests_timeout
    osmnx.settings.use_cache, osmnx.settings.requests_timeout = False, deadline_s
    try:
        yield
    finally:
        osmnx.settings.use_cache, osmnx.settings.requests_timeout = before
