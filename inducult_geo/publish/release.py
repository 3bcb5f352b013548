"""Write one whole release into a folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inducult_geo.errors import ReleaseError
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.databases.geopackage import write_geopackage
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST, PAGE, TILES, write_text
from inducult_geo.publish.layers.tables import layer_frames
from inducult_geo.publish.page.preview import preview_page
from inducult_geo.publish.research.documents import write_research_files
from inducult_geo.publish.research.geoparquet import write_geoparquet
from inducult_geo.publish.research.listing import readme_text, sha256sums
from inducult_geo.publish.research.tiles import write_tiles
from inducult_geo.store import SUMS

_LOG = logging.getLogger(__name__)


def write_release(bundle: Bundle, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write all files of a release; their bytes depend on the arguments only.

    Parameters
    ----------
    bundle
        What is to be published: `withholding.for_release` has been applied.
    folder
        An existing, empty folder, not yet under its final name.
    manifest
        What the run read, did and wrote: anything that JSON can hold.

    Raises
    ------
    ReleaseError
        Where the folder is missing or not empty, or a layer breaks a promise.
    """
    if not folder.is_dir() or any(folder.iterdir()):
        raise ReleaseError(f"{folder}: a release is written into an existing, empty folder only. Give it a fresh one.")
    _write_from_layers(bundle, folder)
    _LOG.debug("writing the Parquet files")
    write_geoparquet(bundle, folder)
    _LOG.debug("writing %s", TILES)
    write_tiles(bundle, folder / TILES)
    write_text(folder / "README.txt", readme_text(bundle))
    write_text(folder / MANIFEST, _manifest_text(manifest))
    # Last, because it tells size and hash of the files before it.
    _LOG.debug("writing tables and documents")
    write_research_files(bundle, folder)
    write_sums(folder)


def _write_from_layers(bundle: Bundle, folder: Path) -> None:
    """Write what is made of the layers' rows: these are gathered once, and let go before the other files are made."""
    frames = layer_frames(bundle)
    _LOG.debug("writing %s", GEOPACKAGE)
    write_geopackage(bundle, folder / GEOPACKAGE, frames)
    _LOG.debug("writing %s", PAGE)
    write_text(folder / PAGE, preview_page(bundle, frames))


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS anew: call it again after adding files (rasters) to a release."""
    write_text(folder / SUMS, sha256sums(folder))


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"
