"""Documents for researchers: a CSV in degrees, the data dictionary, a description in DCAT, a citation.

All of it is made from the bundle, the declarations and the files that are already there; no clock is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
from pyproj import CRS

from inducult_geo.catalog import OSM
from inducult_geo.digest import sha256
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.files import GEOPACKAGE, PAGE, RECORDS_FILE, SITES_FILE, TILES, write_text
from inducult_geo.publish.layers.dictionary import (
    DICTIONARY,
    SCHEMA,
    SHEET,
    csvt_text,
    dictionary_text,
    schema_text,
)
from inducult_geo.publish.layers.tables import days_of
from inducult_geo.publish.licences import credit_lines, licence_names
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, release_title, timestamp
from inducult_geo.publish.qgis.surfaces import write_density
from inducult_geo.publish.spreadsheet import degrees, write_csv
from inducult_geo.text import line_of

SITES_CSV, DCAT, CITATION = "sites.csv", "dcat.jsonld", "CITATION.cff"
SITES_CSVT, SITES_PRJ = "sites.csvt", "sites.prj"

ABSTRACT = (
    "Sites of industrial culture, past and present: monuments, active factories and places that are both, "
    "each site once, with the records of every source behind it."
)
KEYWORDS = ("industrial heritage", "industrial culture", "factories", "OpenStreetMap", "Central Europe")
MAKER = "InduCult2.0"

_MEDIA: Mapping[str, tuple[str, str]] = {
    # file: (media type, title)
    GEOPACKAGE: ("application/geopackage+sqlite3", "Everything, for QGIS (GeoPackage 1.3)"),
    SITES_FILE: ("application/vnd.apache.parquet", "Sites (GeoParquet 1.1, EPSG:3035)"),
    RECORDS_FILE: ("application/vnd.apache.parquet", "Records of all sources (GeoParquet 1.1, EPSG:3035)"),
    SITES_CSV: ("text/csv", "Sites for a spreadsheet (WGS84)"),
    TILES: ("application/vnd.pmtiles", "Sites as vector tiles"),
    "density_monuments.tif": ("image/tiff", "Monuments per km² (cloud-optimized GeoTIFF)"),
    "density_production.tif": ("image/tiff", "Production per km² (cloud-optimized GeoTIFF)"),
    "density_monuments_250m.tif": ("image/tiff", "Monuments per km², 250 m cells (GeoTIFF)"),
    "density_production_250m.tif": ("image/tiff", "Production per km², 250 m cells (GeoTIFF)"),
    PAGE: ("text/html", "The map, for a browser"),
}
_FORMATS: Mapping[str, str] = {
    ".gpkg": "GPKG", ".parquet": "PARQUET", ".csv": "CSV", ".tif": "GEOTIFF", ".html": "HTML",
}  # fmt: skip
"""Ending of a file -> its format in the list of file types that the portals of Europe share, where it has one."""

_LICENCES: Mapping[str, str] = {
    "ODbL-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "dl-de/by-2-0": "https://www.govdata.de/dl-de/by-2-0",
    "dl-de/zero-2-0": "https://www.govdata.de/dl-de/zero-2-0",
}
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "locn": "http://www.w3.org/ns/locn#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MAKER = {"@type": "foaf:Agent", "foaf:name": MAKER}
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_EUROPE = "http://publications.europa.eu/resource/authority/"
_THEMES = ("EDUC", "ECON")  # education, culture and sport; economy
_EPSG_3035 = "http://www.opengis.net/def/crs/EPSG/0/3035"


def write_research_files(bundle: Bundle, folder: Path) -> None:
    """Write the density surfaces, `sites.csv` with its types and system, the dictionary, the citation, `dcat.jsonld`.

    Parameters
    ----------
    bundle
        What is to be published, licenses already applied.
    folder
        The release, with its data files in place: `dcat.jsonld` tells size and hash of each. Before `SHA256SUMS`.

    Raises
    ------
    ReleaseError
        Where a surface cannot be written.
    """
    write_density(bundle, folder)
    write_csv(sites_table(bundle), folder / SITES_CSV)
    write_text(folder / SITES_CSVT, csvt_text(SHEET))
    write_text(folder / SITES_PRJ, CRS("EPSG:4326").to_wkt("WKT1_ESRI"))
    write_text(folder / DICTIONARY, dictionary_text())
    write_text(folder / SCHEMA, schema_text())
    write_text(folder / CITATION, citation_text(bundle))
    write_text(folder / DCAT, dcat_text(bundle, folder))


def sites_table(bundle: Bundle) -> pd.DataFrame:
    """Return the sites as `sites.csv` has them: the columns of `dictionary.SHEET`, sorted by id."""
    longitude, latitude = degrees(bundle.sites.geometry.to_numpy())
    table = pd.DataFrame(bundle.sites.drop(columns="geometry")).assign(longitude=longitude, latitude=latitude)
    for column in SHEET:
        if column.kind == "date":
            table[column.name] = pd.Series(days_of(table[column.name]).to_pylist(), index=table.index, dtype=object)
    return table[[column.name for column in SHEET]].sort_values("site_id", kind="stable", ignore_index=True)


def citation_text(bundle: Bundle) -> str:
    """Return `CITATION.cff` (1.2.0): the release as a data set, each source as a reference.

    The release names no license of its own there, because the format reads several as a choice; they stand in
    `dcat.jsonld` and `README.txt`. Nor does it name the day of its release, which no input tells. Title and abstract
    have the date of the data: what turns the file into BibTeX keeps the title, and neither version nor abstract.
    """
    run = bundle.run
    day = f"data up to {timestamp(bundle)[:10]}, " if run["data_date"] else ""
    title = f"{release_title(bundle)} ({day}run {run['run_id']})"
    lines = [
        "cff-version: 1.2.0",
        "type: dataset",
        'message: "Cite this data set so, and name its sources: whose data are shown must be credited."',
        f"title: {_quoted(title)}",
        f"abstract: {_quoted(' '.join([ABSTRACT, *_data_day(bundle), *_notice(bundle)]))}",
        "authors:",
        f"  - name: {_quoted(MAKER)}",
        f"version: {_quoted(str(run['run_id']))}",
        "keywords:",
        *(f"  - {_quoted(word)}" for word in KEYWORDS),
    ]
    references = [*_references(bundle)]
    return "\n".join([*lines, *(["references:", *references] if references else [])]) + "\n"


def dcat_text(bundle: Bundle, folder: Path) -> str:
    """Return `dcat.jsonld` (DCAT 3): the data set, its licenses and credits, and each file with size and hash.

    Addresses of files are relative: they hold wherever the folder is put.
    """
    day = timestamp(bundle)[:10]
    names = licence_names(bundle)
    there = (folder / name for name in _MEDIA if (folder / name).is_file())
    dataset: dict[str, Any] = {
        "@context": _CONTEXT,
        "@id": f"urn:inducult-geo:release:{bundle.run['run_id']}",
        "@type": "dcat:Dataset",
        "dct:identifier": str(bundle.run["run_id"]),
        "dct:title": {"@value": line_of(release_title(bundle)), "@language": "en"},
        "dct:description": {"@value": " ".join([ABSTRACT, *_notice(bundle)]), "@language": "en"},
        "dcat:keyword": [{"@value": word, "@language": "en"} for word in KEYWORDS],
        "dcat:theme": [_known("skos:Concept", f"{_EUROPE}data-theme/{theme}") for theme in _THEMES],
        "dct:creator": _MAKER,
        "dct:publisher": _MAKER,
        "dct:conformsTo": _known("dct:Standard", _EPSG_3035),
        "dct:license": [_known("dct:LicenseDocument", _LICENCES[name]) for name in names if name in _LICENCES],
        "dct:rights": [
            _rights(line)
            for line in [*credit_lines(bundle), *(f"License: {name}" for name in names if name not in _LICENCES)]
        ],
        "dct:source": [_source(row, bundle) for row in _used_sources(bundle)],
        "dcat:distribution": [{**_distribution(path), **_license_of_all(bundle, names)} for path in there],
    }
    if bundle.run["data_date"]:
        dataset["dct:modified"] = {"@value": day, "@type": "xsd:date"}
    if len(bundle.regions):
        dataset["dct:spatial"] = _spatial(bundle)
    return json.dumps(dataset, ensure_ascii=False, indent=1) + "\n"


def _spatial(bundle: Bundle) -> dict[str, Any]:
    """Return the bounding box of the regions in degrees, west to east, as WKT."""
    outline = bundle.regions.geometry.to_crs("EPSG:4326")
    west, south, east, north = (round(float(value), 4) for value in outline.total_bounds)
    wkt = shapely.to_wkt(shapely.box(west, south, east, north), rounding_precision=4)
    box = {"@value": wkt, "@type": "geosparql:wktLiteral"}
    titles = [line_of(title) for title in bundle.regions.sort_values("region")["title"]]
    return {"@type": "dct:Location", "locn:geographicName": titles, "dcat:bbox": box}


def _used_sources(bundle: Bundle) -> list[dict[str, Any]]:
    """Return the sources that took part, as rows, sorted."""
    used = bundle.used_sources.sort_values("source")
    return [{str(name): value for name, value in row.items()} for row in used.to_dict("records")]


def _source(row: Mapping[str, Any], bundle: Bundle) -> dict[str, Any]:
    """Describe a source: DCAT-AP takes no data set without a title and a description."""
    kind, licence = "dct:LicenseDocument", line_of(row["licence"])
    count = int((bundle.records["source"] == row["source"]).sum())
    # What is sampled from a raster makes no record.
    what = f"{count} of the records" if count else "values of sites"
    day = line_of(row["valid_at"])[:10]
    description = f"Source of {what} of this release" + (f", with data of {day}." if day else ".")
    return {
        "@type": "dcat:Dataset",
        "dct:identifier": line_of(row["source"]),
        "dct:title": line_of(row["title"]) or line_of(row["source"]),
        "dct:description": {"@value": description, "@language": "en"},
        "dct:rights": _rights(row["attribution"]),
        "dct:license": _known(kind, _LICENCES[licence]) if licence in _LICENCES else _named(kind, licence),
    }


def _rights(text: Any) -> dict[str, str]:
    return _named("dct:RightsStatement", line_of(text))


def _known(kind: str, address: str) -> dict[str, str]:
    """Return a thing that has an address; its kind is told, since who checks it does not look it up there."""
    return {"@id": address, "@type": kind}


def _named(kind: str, label: str) -> dict[str, str]:
    """Return a thing that is known by its words alone: DCAT takes no plain text there."""
    return {"@type": kind, "rdfs:label": label}


def _license_of_all(bundle: Bundle, names: Sequence[str]) -> dict[str, Any]:
    """Return the one license of the whole, which is where portals look for it; several would be read as a choice."""
    whole = ["ODbL-1.0"] if (bundle.records["source"] == OSM).any() else names
    known = [_LICENCES[name] for name in whole if name in _LICENCES]
    return {"dct:license": _known("dct:LicenseDocument", known[0])} if len(whole) == len(known) == 1 else {}


def _distribution(path: Path) -> dict[str, Any]:
    media, title = _MEDIA[path.name]
    return {
        "@type": "dcat:Distribution",
        "dct:title": {"@value": title, "@language": "en"},
        "dcat:downloadURL": {"@id": path.name},
        # Portals that follow DCAT-AP refuse a file without it, also where it can be downloaded.
        "dcat:accessURL": {"@id": path.name},
        "dcat:mediaType": _known("dct:MediaType", f"{_MEDIA_TYPES}{media}"),
        "dct:format": _format(path),
        "dcat:byteSize": {"@value": str(path.stat().st_size), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": _known("spdx:ChecksumAlgorithm", "spdx:checksumAlgorithm_sha256"),
            "spdx:checksumValue": {"@value": sha256(path), "@type": "xsd:hexBinary"},
        },
    }


def _format(path: Path) -> dict[str, str]:
    kind, code = "dct:MediaTypeOrExtent", _FORMATS.get(path.suffix)
    return _known(kind, f"{_EUROPE}file-type/{code}") if code else _named(kind, path.suffix[1:])


def _references(bundle: Bundle) -> Iterator[str]:
    for row in _used_sources(bundle):
        yield "  - type: data"
        title = line_of(row["title"]) or row["source"]
        yield f"    title: {_quoted(title)}"
        yield f"    authors:\n      - name: {_quoted(line_of(row['attribution']) or title)}"
        yield f"    notes: {_quoted('License: ' + line_of(row['licence']))}"


def _data_day(bundle: Bundle) -> list[str]:
    return [f"Data up to {timestamp(bundle)[:10]}."] if bundle.run["data_date"] else []


def _notice(bundle: Bundle) -> list[str]:
    return [SAMPLE_NOTICE] if bundle.run["is_sample"] else []


def _quoted(value: Any) -> str:
    """Return a value as a YAML string: a JSON string is one, once what cannot be printed is out of it."""
    return json.dumps(line_of(value), ensure_ascii=False)
