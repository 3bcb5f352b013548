"""Find a region's outline: in a file, in the extract by its tags, at Overpass, or as it was last kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Geod
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import Read, Region
from inducult_geo.catalog.permissions import keeps_in_house, told_of_refusal
from inducult_geo.collecting.at_hand import kept_file, own_file
from inducult_geo.digest import sha256
from inducult_geo.errors import ContractError, RegionError, SourceError, TransientError, in_words, is_no_plain_file
from inducult_geo.run import Run
from inducult_geo.sources.formats.readers import ChoiceError, read_table
from inducult_geo.sources.formats.table import has_shapes
from inducult_geo.sources.osm.boundary import read_boundary
from inducult_geo.sources.osm.overpass import fetch_boundary, is_answer, read_answer_boundary
from inducult_geo.sources.osm.overpass_client import Patience
from inducult_geo.stamps import declared, files_stamp, stamp
from inducult_geo.store import read_json, replacing, write_json
from inducult_geo.tangled import TANGLED, is_tangled
from inducult_geo.text import quoted

AREA_TOLERANCE = 0.05
"""How far an outline out of OpenStreetMap may be from the official area, as a share."""

_GEOD = Geod(ellps="GRS80")
_ABOUT = ("source", "licence", "attribution")
_GLOBE = shapely.box(-180, -90, 180, 90)


@dataclass(frozen=True)
class Outline:
    """A region's polygon in EPSG:4326, and where it comes from."""

    area: BaseGeometry
    source: str
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class KeptOutline:
    """A region's outline as it is kept beside its outputs; `digest` is that of the file."""

    path: Path
    about: Mapping[str, str]
    digest: str

    @cached_property
    def area(self) -> BaseGeometry:
        """The polygon in EPSG:4326, exactly as it was written."""
        (feature,) = json.loads(self.path.read_text(encoding="utf-8"))["features"]
        return shapely.geometry.shape(feature["geometry"])


def kept_outline(region: Region, run: Run, *, extract: Path | None = None, ask: bool = True) -> KeptOutline:
    """Return a region's outline as it was kept, or find it anew where what it comes from has changed.

    A server is asked for it every time; without `ask` only where none is kept.

    Raises
    ------
    RegionError
        Where there is none; the message says where one can be put.
    """
    path = kept_file(region, run)
    made_of = _stamp(region, run, extract)
    kept = last_outline(region, run)
    told = read_json(path.with_suffix(".json")) or {}
    if kept is not None and made_of is not None and told.get("stamp") == made_of and not run.afresh:
        return kept
    if kept is not None and made_of is None and not ask:
        return kept
    found = outline(region, run, extract=extract)
    about = {name: getattr(found, name) for name in _ABOUT}
    feature = {"type": "Feature", "properties": about, "geometry": shapely.geometry.mapping(found.area)}
    with replacing(path) as draft:
        draft.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    digest = sha256(path)
    write_json(path.with_suffix(".json"), {"stamp": made_of, "digest": digest, "about": about})
    return KeptOutline(path, about, digest)


def last_outline(region: Region, run: Run) -> KeptOutline | None:
    """Return the outline that was last kept; None where there is none, or it is not whole."""
    path = kept_file(region, run)
    told = read_json(path.with_suffix(".json")) or {}
    about = told.get("about")
    if not isinstance(about, dict) or about.keys() != {*_ABOUT} or not path.is_file():
        return None
    is_whole = all(isinstance(text, str) for text in about.values()) and run.hashes.of(path) == told.get("digest")
    return KeptOutline(path, about, told["digest"]) if is_whole else None


def _stamp(region: Region, run: Run, extract: Path | None) -> str | None:
    """Return a hash of what an outline comes from; null where a server is asked."""
    files = [own_file(region, run)]
    if region.boundary.file is not None:
        files.append(region.declared_in.parent / region.boundary.file)
    try:
        found = files_stamp(files, run)
        if not found and run.osm == "overpass":
            return None
        if not found and extract is not None and extract.is_file():
            found = [(extract.name, run.hashes.of(extract))]
    except OSError as problem:
        raise RegionError(in_words(problem)) from problem
    return stamp(files=found, region=declared(region))


def outline(region: Region, run: Run, *, extract: Path | None = None) -> Outline:
    """Return a region's outline: file, extract, Overpass or kept, the first that there is.

    Raises
    ------
    RegionError
        Where there is none; the message says where one can be put.
    """
    ways: Iterable[Callable[[], Outline | None]] = (
        lambda: _from_file(region, run),
        lambda: _from_extract(region, extract),
        lambda: _from_overpass(region, run),
        lambda: _from_kept(region, run),
    )
    for way in ways:
        found = way()
        if found is not None:
            return found
    tags = " or ".join(f"{key}={'|'.join(values)}" for key, values in region.boundary.tags.items())
    by_tags = f", or an extract that holds the boundary tagged {tags}" if tags else ""
    raise RegionError(
        f"{region.id}: the region has no outline. Put one at {own_file(region, run)}{by_tags}, or name it as "
        "[boundary] file in the region's TOML."
    )


def outline_for_check(region: Region, run: Run) -> Outline:
    """Return the best outline at hand without an extract or the network; the bounding box where there is none."""
    sample = run.folder.root / "raw" / "sample" / "boundaries" / f"{region.id}.geojson"
    found = _from_file(region, run) or read_outline(kept_file(region, run)) or read_outline(sample)
    return found or Outline(shapely.box(*region.bbox), "bounding box, since the region's outline is missing")


def read_outline(path: Path) -> Outline | None:
    """Read a vector file with one or more polygons, judged as a partner's file is; None where there is no such file.

    Raises
    ------
    RegionError
        Where the file cannot be read or holds no polygon on the globe.
    """
    if not path.is_file() and not is_no_plain_file(path):
        return None
    try:
        table = read_table(path, Read())
    except ChoiceError as problem:
        several = f"{path}: has several {problem.what}s ({quoted(problem.options)}), but may hold only one"
        raise RegionError(f"{several}. Save the one with the outline as a file of its own.") from problem
    except ContractError as problem:
        told = str(problem).removeprefix(f"{path}: ")
        raise RegionError(f"{path}: cannot be read as a boundary: {told}") from problem
    shapes = table.frame["geometry"] if has_shapes(table.frame) else pd.Series(dtype=object)
    polygons = table.frame[[one is not None and one.geom_type in ("Polygon", "MultiPolygon") for one in shapes]]
    if polygons.empty or table.crs is None:
        raise RegionError(
            f"{path}: holds no polygon with a coordinate system. A region's boundary must be one or more polygons."
        )
    area = _one_area(path, polygons["geometry"].to_numpy(), table.crs)
    first = {str(name): str(value) for name, value in polygons.iloc[0].drop("geometry").items() if value is not None}
    source = first.get("note") or first.get("source") or path.name
    return Outline(area, source, first.get("licence", ""), first.get("attribution", ""))


def _one_area(path: Path, polygons: Any, crs: str) -> BaseGeometry:
    """Join polygons to one valid area in EPSG:4326.

    Raises
    ------
    RegionError
        Where one crosses itself at every turn, nothing is left of them, or they do not lie on the globe.
    """
    if any(map(is_tangled, polygons)):
        raise RegionError(f"{path}: a polygon {TANGLED}, so it cannot be the outline of a region. Draw it again.")
    try:
        degrees = gpd.GeoSeries([*polygons], crs=crs).make_valid().to_crs("EPSG:4326")
        area = shapely.make_valid(shapely.union_all(degrees.make_valid().to_numpy()))
    except (shapely.errors.ShapelyError, ProjError, ValueError) as problem:
        raise RegionError(
            f"{path}: its polygons cannot be joined into one outline: {problem}. Export it again."
        ) from problem
    if area.geom_type == "GeometryCollection":
        # Mending leaves lines where a polygon touches itself: no place lies within these.
        area = shapely.union_all([one for one in shapely.get_parts([area]) if one.geom_type.endswith("Polygon")])
    if area.is_empty or not _GLOBE.covers(shapely.box(*area.bounds)):
        raise RegionError(
            f"{path}: its polygons do not lie on the globe: in {crs} they span {_rounded(area.bounds)} degrees. Is the "
            "CRS that the file states the right one?"
        )
    return area


def _rounded(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:.6g}" for number in numbers)


def _from_file(region: Region, run: Run) -> Outline | None:
    put_there = own_file(region, run)
    own = _in_its_box(region, put_there)
    if own is not None:
        return _permitted(own, put_there)
    if region.boundary.file is None:
        return None
    path = region.declared_in.parent / region.boundary.file
    found = _in_its_box(region, path)
    if found is None:
        raise RegionError(
            f"{region.declared_in}: [boundary] file {path} is not there. Put it there, or correct the name."
        )
    declared = region.boundary
    outline = Outline(
        found.area,
        declared.source or found.source,
        declared.licence or found.licence,
        declared.attribution or found.attribution,
    )
    return _permitted(outline, path)


def _permitted(outline: Outline, path: Path) -> Outline:
    """Refuse an outline whose licence says that it stays in the house: every release shows it."""
    if keeps_in_house(outline.licence):
        refusal = told_of_refusal(outline.licence, "every release shows the outline, so use another one")
        raise RegionError(f"{path}: {refusal}.")
    return outline


def _in_its_box(region: Region, path: Path) -> Outline | None:
    """Read a region's outline unless it lies in another place: then all of its records would lie outside."""
    found = read_outline(path)
    if found is not None and not found.area.intersects(shapely.box(*region.bbox)):
        raise RegionError(
            f"{path}: is not an outline of {region.id}: it spans {_rounded(found.area.bounds)} degrees, and the "
            f"region's bbox is {_rounded(region.bbox)}. Are its axes swapped, does it show another region, or is the "
            "bbox wrong?"
        )
    return found


def _from_extract(region: Region, extract: Path | None) -> Outline | None:
    if extract is None or not region.boundary.tags:
        return None
    try:
        area = (read_answer_boundary if is_answer(extract) else read_boundary)(extract, region.boundary.tags)
    except SourceError as problem:
        raise RegionError(f"{region.id}: {problem}") from problem
    return _of_osm(region, area, f"OpenStreetMap extract {extract.name}")


def _from_kept(region: Region, run: Run) -> Outline | None:
    kept = last_outline(region, run)
    return None if kept is None else Outline(kept.area, **kept.about)


def _from_overpass(region: Region, run: Run) -> Outline | None:
    if run.osm != "overpass" or not region.boundary.tags:
        return None
    try:
        area = fetch_boundary(region, settings=run.settings, patience=Patience.of(run))
    except TransientError as problem:
        # Outlines seldom change: yesterday's is better than a region without its partners' records.
        kept = _from_kept(region, run)
        if kept is None:
            raise RegionError(f"{region.id}: {problem}") from problem
        run.say(f"{region.id}: {problem} The outline of the last good run stays.")
        return kept
    except SourceError as problem:
        raise RegionError(f"{region.id}: {problem}") from problem
    return _of_osm(region, area, "OpenStreetMap through Overpass")


def _of_osm(region: Region, area: BaseGeometry | None, source: str) -> Outline | None:
    """Take an outline that tags picked out, unless it is plainly another place or only a part."""
    if area is None:
        return None
    measured_km2 = abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(area))[0]) / 1e6
    official_km2 = region.area_km2
    if official_km2 is not None and abs(measured_km2 / official_km2 - 1) > AREA_TOLERANCE:
        raise RegionError(
            f"{region.id}: the outline in the {source} measures {measured_km2:,.0f} km2, not {official_km2:,.0f}. "
            "Either it is only a part, or the [boundary] tags select another place: give the region a file with its "
            "outline."
        )
    return Outline(area, source, "ODbL-1.0", "© OpenStreetMap contributors")
