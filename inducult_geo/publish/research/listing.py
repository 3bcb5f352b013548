"""README.txt and the list of hashes of a release."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from inducult_geo.catalog import OSM
from inducult_geo.digest import sha256
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.files import GEOPACKAGE, MANIFEST, PAGE, RECORDS_FILE, SITES_FILE, TILES
from inducult_geo.publish.layers.declared import LAYERS
from inducult_geo.publish.licences import ODBL, credit_lines
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, data_date, release_title
from inducult_geo.store import SUMS
from inducult_geo.text import line_of

LAW_SQL = (
    "SELECT records_in = in_sites + in_review + rejected FROM runs;",
    "SELECT region FROM regions WHERE records_in <> in_sites + in_review + rejected;",
    "SELECT source FROM sources WHERE records_in <> in_sites + in_review + rejected;",
    "SELECT count(*) - (SELECT in_sites FROM runs) FROM source_records WHERE outcome = 'site';",
    "SELECT count(*) - (SELECT in_review FROM runs) FROM source_records WHERE outcome = 'review';",
    "SELECT count(*) - (SELECT sites FROM runs) FROM site_points;",
)
"""The counting law on the file itself: the first gives 1, the next two give no row, the last three give 0."""

FILES = (
    (GEOPACKAGE, "everything, for QGIS: open the project inside it (do not rename the file)"),
    (SITES_FILE, "the sites, for code (GeoParquet 1.1, EPSG:3035)"),
    (RECORDS_FILE, "every record of every source with its outcome, the rejected ones too"),
    (TILES, "the sites as vector tiles, for web maps (PMTiles 3, zooms 4 to 11)"),
    (PAGE, "the map with search and filters, for a browser: a double click opens it, no network is needed"),
    (MANIFEST, "what the run read, did and wrote"),
    ("sites.csv", "the sites, for a spreadsheet (longitude and latitude, WGS84)"),
    ("sites.csvt", "the kinds of its columns, for QGIS: keep it beside sites.csv"),
    ("sites.prj", "the coordinate system of sites.csv, for QGIS"),
    ("DICTIONARY.md", "every column and list of values, explained"),
    ("schema.json", "the same for programs (JSON Schema)"),
    ("dcat.jsonld", "the release described for catalogs (DCAT 3)"),
    ("CITATION.cff", "how to cite it"),
    ("README.txt", "this text"),
    (SUMS, "hashes of all files: sha256sum -c SHA256SUMS"),
)


def readme_text(bundle: Bundle) -> str:
    """Return the text of README.txt."""
    return (
        _environment()
        .get_template("README.txt")
        .render(
            title=line_of(release_title(bundle)),
            run=bundle.run,
            data_date=data_date(bundle),
            notice=SAMPLE_NOTICE if bundle.run["is_sample"] else "",
            files=FILES,
            layers=LAYERS,
            regions=[
                _row(row) for row in bundle.regions.sort_values("region").drop(columns="geometry").to_dict("records")
            ],
            sources=[_row(row) for row in bundle.sources.sort_values("source").to_dict("records")],
            credits=[line_of(line) for line in credit_lines(bundle)],
            law=LAW_SQL,
            odbl=ODBL if (bundle.records["source"] == OSM).any() else "",
        )
    )


@cache
def _environment() -> Environment:
    # Plain text is not escaped: nobody reads it as HTML.
    return Environment(
        loader=PackageLoader("inducult_geo.publish", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sha256sums(folder: Path) -> str:
    """Return the lines of SHA256SUMS: every file below a folder but that list itself, sorted by name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    return "".join(lines)


def _row(row: dict[Any, Any]) -> dict[str, str]:
    """Return the values of a row as text on one line each, nothing for null."""
    return {str(name): line_of(value) for name, value in row.items()}
