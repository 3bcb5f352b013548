"""The data of the page's map: columns of plain values, small enough to be part of the page.

Repeated words stand once in a table and are meant by their number; 0 stands for null in columns of text and years
(there is no year 0). `web/src/data.js` reads it.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from inducult_geo.catalog import OSM
from inducult_geo.frames import BEGINNINGS, ENDS, WORK_CRS, from_json
from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.layers.tables import clean_text
from inducult_geo.publish.licences import ODBL
from inducult_geo.publish.page.drawing import CITIES
from inducult_geo.publish.page.overlays import density_overlays
from inducult_geo.publish.page.pagewords import access_words, translations
from inducult_geo.publish.qgis.metadata import SAMPLE_NOTICE, data_date, release_title
from inducult_geo.publish.qgis.pictograms import PICTOGRAMS
from inducult_geo.publish.qgis.symbols import aspect_marks, theme_colors
from inducult_geo.text import of_each, packaged_rows

SHAPES: Mapping[str, str] = {
    "circle": "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
    "square": "M-.9-.9H.9V.9H-.9Z",
    "diamond": "M0-1L1 0L0 1L-1 0Z",
}
"""The shapes of the marks of aspects as SVG paths in a square from -1 to 1."""

FACETS = ("region", "aspect", "theme", "status", "visitor_access")
"""Columns by which the map can be filtered."""

PICTOGRAM = "24 "
"""Begins the name of a shape that is drawn on a grid of 24 by 24; the others lie in a square from -1 to 1."""

CODED = (*FACETS, "type", "country", "present_use", "year_precision", "end_precision", "geometry_origin",
         "licence", "attribution", "opening_hours", "fee", "wheelchair", "erih_role", "heritage_scheme")  # fmt: skip
"""Columns of few values: a table of words and a number a site."""

TEXTS = ("name", "name_en", "operator", "address", "postcode", "city", "heritage_designation", "heritage_ref",
         "wikidata", "wikipedia")  # fmt: skip
LINKS = ("website", "image")
YEARS = ("start_year", "end_year")

_TIMELINE_TABLES = ("event", "year_precision")

_WEB = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_NEXT_LINK = re.compile(r"\s*;\s*(?=https?://|www\.)", re.IGNORECASE)
_LEADING_SIGNS = re.compile(r"^[\W_]+")
_NUMBER = re.compile(r"[0-9]+")
_DIGITS = 9  # "Shaft 9" stands before "Shaft 10"; longer numbers are none that one counts by.
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_OUTLINE_STEP_M = 120.0  # On a map without streets nobody sees more of a region's border.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def map_data(bundle: Bundle, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return everything that the map shows, as JSON can hold it.

    Parameters
    ----------
    bundle
        What is to be published: `withholding.for_release` has been applied.
    frames
        Its layers, from `layer_frames`.
    """
    points = _by_name(frames["site_points"])
    regions = gpd.GeoDataFrame(frames["regions"])
    coded = {name: _words(points[name], name) for name in CODED}
    tables = _tables(coded, regions) | {"event": [[event, event] for event in (*BEGINNINGS, *ENDS)]}
    return {
        "title": release_title(bundle),
        "release": _release(bundle),
        "sites": len(points),
        "facets": [*FACETS],
        "tables": tables,
        "columns": _columns(points, bundle.records, tables)
        | {"former": _former(points, frames.get("former_ids"))}
        | {name: _numbers(words, tables[name]) for name, words in coded.items()},
        "sources": _sources(frames["sources"]),
        "outlines": _outlines(regions),
        "towns": [[name, *place] for name, place in CITIES.items()],
        "other_names": _other_town_names(points["city"]),
        "languages": translations(of_sample=bool(bundle.run["is_sample"])),
        "density": density_overlays(bundle),
        "marks": {
            "shapes": {name: [path] for name, path in SHAPES.items()} | _pictograms(),
            "aspect": {
                mark.value: [[[ring.shape, ring.color, 0], share] for ring, share in mark.rings]
                for mark in aspect_marks()
            },
            "theme": {value: [PICTOGRAM + value, color, 0] for value, _, color in theme_colors()},
        },
    }


def json_for_page(value: Any) -> str:
    """Return JSON that can stand inside a `<script>` block: no character of it can end the block."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: _UNSAFE[found.group()], text)


def _by_name(points: pd.DataFrame) -> pd.DataFrame:
    """Sort the sites by name as a reader would, those without a name last."""
    names = points["name"].fillna(points["name_en"])
    keys = [(pd.isna(name), _plain_letters(clean_text(name) or "")) for name in names]
    order = sorted(range(len(keys)), key=keys.__getitem__)  # stable: equal names stay in the order of their ids
    return points.iloc[order].reset_index(drop=True)


def _plain_letters(text: str) -> str:
    """Return a name without case, diacritics and leading signs, its numbers filled up so that they sort as numbers."""
    if text.isascii():
        plain = text.lower()
    else:
        parts = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(char for char in parts if not unicodedata.combining(char)).translate(_LETTERS)
    return _NUMBER.sub(lambda found: found.group().zfill(_DIGITS), _LEADING_SIGNS.sub("", plain))


def _tables(coded: Mapping[str, list[str | None]], regions: pd.DataFrame) -> dict[str, list[list[str]]]:
    """Return for each coded column its values with their words: the declared ones first, then what else is there."""
    known: dict[str, Mapping[str, str]] = {name: DOMAINS[name] for name in CODED if name in DOMAINS}
    titles = zip(regions["region"], regions["title"], strict=True)
    known |= {
        "end_precision": DOMAINS["year_precision"],
        "region": {str(key): clean_text(title) or str(key) for key, title in titles},
        "visitor_access": access_words(),
    }
    tables = {}
    for name, words in coded.items():
        declared = known.get(name, {})
        others = sorted({word for word in words if word} - {*declared})
        tables[name] = [[value, label] for value, label in declared.items()] + [[value, value] for value in others]
    return tables


def _words(values: Iterable[Any], name: str) -> list[str | None]:
    """Return the values of a coded column; an aspect or branch that the legend does not know is unknown or other."""
    fallback = {"aspect": "unknown", "status": "unknown"}.get(name)
    strange = {"aspect": "unknown", "theme": "other"}.get(name)
    # Few values, many sites: each value is cleaned once.
    codes, uniques = pd.factorize(pd.Series(values, dtype=object))
    clean = [clean_text(value) or fallback for value in uniques] + [fallback]
    words = [clean[code] for code in codes]
    return [word if word is None or word in DOMAINS[name] else strange for word in words] if strange else words


def _numbers(words: Iterable[str | None], table: Sequence[Sequence[str]]) -> list[int]:
    """Return the place of each word in its table, -1 for none."""
    places = {value: place for place, (value, _) in enumerate(table)}
    return [places.get(word, -1) if word else -1 for word in words]


def _former(points: pd.DataFrame, former: pd.DataFrame | None) -> list[list[str] | int]:
    """Return the ids that each site bore before, 0 for none."""
    into = {} if former is None else {site: [*ids] for site, ids in former.groupby("merged_into")["site_id"]}
    return [into.get(site, 0) for site in points["site_id"]]


def _release(bundle: Bundle) -> dict[str, Any]:
    """Return what a file of some sites must say of the release; `terms` is asked beside the credit of a source."""
    run = bundle.run
    return {
        "run_id": str(run["run_id"]),
        "data_date": str(run["data_date"] or ""),
        "data_up_to": data_date(bundle),
        "notice": SAMPLE_NOTICE if run["is_sample"] else "",
        "terms": {OSM: f"Derived database under {ODBL}"},
    }


def _columns(
    points: pd.DataFrame, records: pd.DataFrame, tables: Mapping[str, Sequence[Sequence[str]]]
) -> dict[str, list[Any]]:
    place = gpd.GeoSeries(points["geometry"], crs=WORK_CRS).to_crs("EPSG:4326")
    keys = _record_keys(points, records)
    columns: dict[str, list[Any]] = {
        "site_id": _texts(points["site_id"]),
        "lon": place.x.round(6).tolist(),
        "lat": place.y.round(6).tolist(),
        "names": [
            _other_names(*row)
            for row in zip(*(points[name].tolist() for name in ("names", "name", "name_en")), strict=True)
        ],
        "accuracy_m": [0 if pd.isna(value) else _up_to_cm(value) for value in points["accuracy_m"]],
        "n_review": _whole(points["n_review"]),
        "records": keys,
        "ids": _identifiers(points, records),
        "timeline": _timelines(points["timeline"], keys, tables),
        "part_of": _wholes(points),
        "conflicts": of_each(points["conflicts"], _disagreements),
    }
    columns |= {name: _texts(points[name]) for name in TEXTS}
    columns |= {name: of_each(points[name], _link) for name in LINKS}
    return columns | {name: _whole(points[name]) for name in YEARS}


def _wholes(points: pd.DataFrame) -> list[int]:
    """Return the place of each site's whole among the sites, counted from 1; 0 where it is a part of none."""
    places = {site: number for number, site in enumerate(points["site_id"].tolist(), start=1)}
    return [places.get(whole, 0) for whole in points["part_of"].tolist()]


def _texts(values: Iterable[Any]) -> list[Any]:
    return of_each(values, lambda value: clean_text(value) or 0)


def _whole(values: Iterable[Any]) -> list[int]:
    return [0 if pd.isna(value) else int(value) for value in values]


def _up_to_cm(meters: float) -> float:
    """Round an accuracy up: a smaller one would promise too much."""
    return math.ceil(round(meters * 100, 6)) / 100


def _link(value: Any) -> Any:
    """Return a web address, or several as a source gives them; 0 where one is none: no page offers `javascript:`."""
    text = clean_text(value) or ""
    first, *others = _NEXT_LINK.split(text)
    others = [f"https://{other}" if other[0] in "wW" else other for other in others]
    return text if all(_WEB.fullmatch(address) for address in (first, *others)) else 0


def _other_names(names: Any, *shown: Any) -> Any:
    """Return language and text of every further name, in one flat list."""
    try:
        said = json.loads(names) if isinstance(names, str) else {}
    except ValueError:
        return 0
    if not isinstance(said, dict):
        return 0
    others: list[str] = []
    for language, text in said.items():
        clean = clean_text(text)
        if clean and clean not in shown and clean not in others[1::2]:
            others += [clean_text(language) or "", clean]
    return others or 0


def _disagreements(conflicts: Any) -> Any:
    """Return column, record key and value of everything that records say against each other, in one flat list."""
    told = [(column, key, value) for column, said in from_json(conflicts).items() for key, value in said.items()]
    return [clean_text(text) or "" for row in told for text in row] or 0


def _timelines(
    timelines: Iterable[Any],
    keys: Iterable[Sequence[str]],
    tables: Mapping[str, Sequence[Sequence[str]]],
) -> list[Any]:
    """Return year, event, record and precision of all that happened at each site, in one flat list; 0 for nothing.

    The record is its place among the site's records, the precision its place in the table; -1 for none.
    """
    events, precisions = ({value: code for code, (value, _) in enumerate(tables[name])} for name in _TIMELINE_TABLES)
    rows = []
    for text, own in zip(timelines, keys, strict=True):
        row: list[int] = []
        for event in json.loads(text) if isinstance(text, str) else ():
            key = clean_text(event["record"])
            exact = precisions.get(event.get("precision"), -1)
            row += [int(event["year"]), events[event["event"]], own.index(key) if key in own else -1, exact]
        rows.append(row or 0)
    return rows


def _other_town_names(cities: Iterable[Any]) -> dict[str, str]:
    """Return the names in other languages of the towns that sites name: who asks for Karlsbad finds Karlovy Vary."""
    named = {clean_text(city) for city in cities}
    told: dict[str, list[str]] = {}
    for row in packaged_rows("exonyms.csv"):
        if row["own_name"] in named:
            told.setdefault(row["own_name"], []).append(row["exonym"])
    return {town: " ".join(dict.fromkeys(names)) for town, names in sorted(told.items())}


def _record_keys(points: pd.DataFrame, records: pd.DataFrame) -> list[list[str]]:
    """Return the keys of each site's records, sorted."""
    told = records.loc[records["outcome"] == "site", ["site_id", "record_key"]].astype(str)
    sites = points["site_id"].astype(str).tolist()
    keys: dict[str, list[str]] = {site: [] for site in sites}
    for site, key in sorted(zip(told["site_id"].tolist(), told["record_key"].tolist(), strict=True)):
        keys.setdefault(site, []).append(clean_text(key) or "")
    return [keys[site] for site in sites]


def _identifiers(points: pd.DataFrame, records: pd.DataFrame) -> list[list[str] | int]:
    """Return what other lists call each site, by its records; 0 where none says more than the site's own columns."""
    told = records.loc[records["outcome"].eq("site") & (records["ids"].notna() | records["heritage_ref"].notna())]
    named: dict[str, set[str]] = {}
    for site, ids, ref in zip(*(told[name].tolist() for name in ("site_id", "ids", "heritage_ref")), strict=True):
        named.setdefault(str(site), set()).update(_parts(*from_json(ids).values(), ref))
    found: list[list[str] | int] = []
    for site, *own in zip(*(points[name].tolist() for name in ("site_id", "wikidata", "heritage_ref")), strict=True):
        found.append(sorted(named.get(str(site), set()) - _parts(*own)) or 0)
    return found


def _parts(*texts: Any) -> set[str]:
    """Return what stands between the semicolons of some texts."""
    return {part.strip() for text in texts for part in (clean_text(text) or "").split(";")} - {""}


def _sources(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return source id -> title, license and credit."""
    rows = zip(frame["source"], frame["title"], frame["licence"], frame["attribution"], strict=True)
    return {str(source): [clean_text(text) or "" for text in about] for source, *about in rows}


def _outlines(regions: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return each region with its rings in degrees, as fine as a map without streets can show."""
    simple = gpd.GeoSeries(shapely.simplify(regions.geometry.to_numpy(), _OUTLINE_STEP_M), crs=WORK_CRS)
    placed = simple.to_crs("EPSG:4326")
    rows = zip(regions["region"], regions["title"], placed, strict=True)
    return [
        {"region": str(key), "title": clean_text(title) or str(key), "box": _box(shape), "rings": _rings(shape)}
        for key, title, shape in rows
    ]


def _box(shape: shapely.Geometry) -> list[float]:
    """Return the box of a region, at which its name is written."""
    return [round(float(value), 4) for value in shapely.bounds(shape)]


def _rings(shape: shapely.Geometry) -> list[list[list[list[float]]]]:
    """Return the coordinates of a MultiPolygon, to the fourth decimal."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return [
        [np.round(shapely.get_coordinates(ring), 4).tolist() for ring in (part.exterior, *part.interiors)]
        for part in parts
    ]


def _pictograms() -> dict[str, list[str]]:
    """Return the drawing of each branch: the same as in QGIS."""
    return {PICTOGRAM + value: [*PICTOGRAMS.get(value, PICTOGRAMS["other"])] for value in DOMAINS["theme"]}
