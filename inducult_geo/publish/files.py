"""Names of the files of a release that other parts of the program open again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

GEOPACKAGE: Final = "inducult.gpkg"
"""Never renamed: the project inside it names the file."""

SITES_FILE: Final = "sites.parquet"
RECORDS_FILE: Final = "records.parquet"
TILES: Final = "sites.pmtiles"
PAGE: Final = "index.html"
MANIFEST: Final = "manifest.json"


def write_text(path: Path, text: str) -> None:
    """Write a text whose lines end as it says; "?" stands for what no file can hold."""
    path.write_bytes(text.encode("utf-8", "replace"))
