"""Set options of GDAL for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyogrio


@contextmanager
def gdal_set(settings: Mapping[str, str | bool]) -> Iterator[None]:
    """Let settings of GDAL hold, for this process; then what was set before holds again."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in settings}
    pyogrio.set_gdal_config_options(dict(settings))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
