"""Turn objects of OpenStreetMap into raw records, the same for extracts and Overpass.

The accuracy of a place is 5 m: objects are traced from orthophotos whose own error and offset is of that size (the
usual finding of comparisons with official building data is 2-5 m), or come from surveys that are better. Where a part
of the geometry is missing, half the size of what is there is added, at least 50 m.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from inducult_geo.catalog import OSM
from inducult_geo.catalog.models import CLOSED
from inducult_geo.frames import Problem, Raw, RawTable, content_hash, to_json
from inducult_geo.sources.osm.names import NAME_KEYS, further_name, is_name
from inducult_geo.sources.osm.objects import OSM_CRS, OsmObjects
from inducult_geo.sources.osm.shapes import INCOMPLETE
from inducult_geo.sources.osm.tags import Tags, TagTable, is_museum, is_there, load_tag_table, values_of
from inducult_geo.text import counted

ACCURACY_M = 5.0
INCOMPLETE_ACCURACY_M = 50.0
LOST_REASON = "lost_geometry"
_ENDS_EARLY = (
    "the extract holds no relations, which are the last objects of a complete extract. If it was cut off, works are "
    "missing: compare its size or checksum, or download it again."
)
_TORN = (
    "the extract lacks parts of works: members of {relations}, nodes of {ways}. It was cut through them; what is "
    f"there is drawn, with a lower accuracy, or they are rejected ({LOST_REASON}). Cut it with `osmium extract "
    "--strategy=smart`, or get a larger one."
)
_GEOD = Geod(ellps="GRS80")

FIRST_OF: Mapping[str, tuple[str, ...]] = {
    "start": ("start_date", "construction_date", "year_of_construction", "building:start_date"),
    "end": ("end_date", "closing_date", "demolished_date", "abandoned:end_date", "disused:end_date"),
    "operator": ("operator", "owner"),
    "postcode": ("addr:postcode", "contact:postcode"),
    "city": ("addr:city", "addr:town", "addr:village", "addr:place", "contact:city"),
    "country": ("addr:country",),
    "website": ("website", "contact:website", "url", "operator:website"),
    "wikipedia": ("wikipedia",),
    "image": ("image",),
    "opening_hours": ("opening_hours",),
    "fee": ("fee", "charge"),
    "wheelchair": ("wheelchair",),
    "heritage_designation": ("heritage", "protection_title"),
    "ids.wikidata": ("wikidata",),
}
"""Field of a record -> the keys that may hold it, best first."""

_PERSONAL = frozenset({"phone", "mobile", "fax", "email", "whatsapp"})


@dataclass(frozen=True, slots=True)
class HeritageKey:
    """A key that holds a register's number; `scheme` names the register, since two of them changed their numbers."""

    key: str
    scheme: str


HERITAGE_KEYS = (
    HeritageKey("ref:npu", "npu"),
    HeritageKey("ref:hr:uzkb", "uzkb"),
    HeritageKey("ref:nid", "nid"),
    HeritageKey("ref:OnroerendErfgoed", "OnroerendErfgoed"),
    HeritageKey("ref:at:bda", "bda-objektid"),
    HeritageKey("ref:AT:bda", "bda-objektid"),
    HeritageKey("ref:BLfD", "BLfD"),
    HeritageKey("ref:lfd", "lfd"),
    HeritageKey("ref:whc", "whc"),
    HeritageKey("ref:ckkp", "ckkp"),
)
"""Registers of the regions' countries, in the order in which they speak for an object (sources: osm_evidence.csv)."""

OPERATORS: Mapping[str, str] = {
    "národní památkový ústav": "npu",
    "bundesdenkmalamt": "bda",
    "narodowy instytut dziedzictwa": "nid",
    "onroerend erfgoed": "OnroerendErfgoed",
    "agentschap onroerend erfgoed": "OnroerendErfgoed",
    "bayerisches landesamt für denkmalpflege": "BLfD",
}
"""Full names that stand in `heritage:operator` instead of the usual short ones."""

_SHOWN = "visitor_mine"
_CULTURE = frozenset(
    {"arts_centre", "theatre", "cinema", "community_centre", "library", "events_venue", "music_venue", "nightclub"}
)

_USES: tuple[tuple[str, Callable[[Tags], bool]], ...] = (
    ("museum", is_museum),
    (
        "culture",
        lambda tags: tags.get("amenity") in _CULTURE,
    ),
    (
        "housing",
        lambda tags: (
            tags.get("building") in {"apartments", "residential", "house"}
            or "residential" in values_of(tags.get("landuse", ""))
        ),
    ),
    (
        "business",
        lambda tags: is_there(tags, "shop") or is_there(tags, "office") or tags.get("building") in {"office", "retail"},
    ),
)
_ACCESS: Mapping[str, str] = {
    "yes": "open",
    "permissive": "open",
    "customers": "limited",
    "permit": "limited",
    "private": "closed",
    "no": "closed",
}


def records_of(objects: OsmObjects) -> RawTable:
    """Return one raw record for every object, the lost ones with their reason.

    Parameters
    ----------
    objects
        What a reader of OpenStreetMap gave.

    Returns
    -------
    RawTable
        Its frame has columns of text as `Raw` asks: key and place are "way/123", `valid_at` is the date of the
        object's last edit, else of the data, `tags` is JSON of all tags but telephone numbers and mail addresses;
        and `geometry` in EPSG:4326, null for lost objects.
    """
    rules = load_tag_table()
    day = (objects.data_time or "")[:10] or None
    rows: list[dict[str, Any]] = [
        _row(f"{kind}/{number}", tags, rules, (stamp or "")[:10] if isinstance(stamp, str) else None, day)
        | {"accuracy_m": _accuracy_m(shape, note), "geometry": shape, "reason": None, "detail": None}
        for kind, number, tags, stamp, note, shape in objects.features[
            ["osm_type", "osm_id", "tags", "timestamp", "note", "geometry"]
        ].itertuples(index=False, name=None)
    ]
    rows += [
        _row(f"{kind}/{number}", tags, rules, None, day)
        | {"accuracy_m": None, "geometry": None, "reason": LOST_REASON, "detail": _detail(kind, number, why)}
        for kind, number, why, tags in objects.lost.itertuples(index=False, name=None)
    ]
    return RawTable(Raw(_frame(rows)), crs=OSM_CRS, problems=_problems(objects), data_time=objects.data_time)


def _problems(objects: OsmObjects) -> tuple[Problem, ...]:
    """Tell what the extract seems to lack."""
    early = (Problem(OSM, "ends_early", _ENDS_EARLY),) if objects.ends_early else ()
    relations, ways = (objects.torn.get(kind, 0) for kind in ("relation", "way"))
    if not relations + ways:
        return early
    said = _TORN.format(relations=counted(relations, "relation"), ways=counted(ways, "way"))
    return (*early, Problem(OSM, "torn", said, relations + ways))


def _frame(rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    plain = ("key", "place", *NAME_KEYS, "type", "theme", "aspect", "status", *FIRST_OF, "nace", "address")
    more = (
        "ids.heritage",
        "heritage_scheme",
        "heritage_ref",
        "visitor_access",
        "present_use",
        "tags",
        "valid_at",
        "content_hash",
    )
    columns = dict.fromkeys((*plain, *more, "accuracy_m", "reason", "detail"))
    languages = sorted({name for row in rows for name in row if name not in columns and name != "geometry"})
    hashed = [{**row, "content_hash": content_hash([row["key"], row["tags"], str(row["geometry"])])} for row in rows]
    table = pd.DataFrame(hashed, columns=[*columns, *languages]).astype("str")
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=OSM_CRS)
    return gpd.GeoDataFrame(table, geometry=shapes)


def _row(key: str, tags: Tags, table: TagTable, edited: str | None, day: str | None) -> dict[str, object]:
    kind, theme = table.type_of(tags)
    status, aspect = table.status_of(tags, day), table.aspect_of(tags, day)
    return {
        "key": key,
        "place": key,
        **_names(tags),
        **{field: _first(tags, keys) for field, keys in FIRST_OF.items()},
        "type": kind,
        "theme": theme,
        "aspect": aspect,
        "status": status,
        "address": _address(tags),
        **_heritage(tags),
        "visitor_access": _visitor_access(tags),
        "present_use": _present_use(tags, kind, status, aspect),
        "tags": to_json({name: text for name, text in tags.items() if not _is_personal(name)}),
        "valid_at": edited or day,
    }


def _names(tags: Tags) -> dict[str, str]:
    """Return names by their keys; further ones ("old_name:de", "disused:name") stand behind the plain old and other."""
    found = {key: text for key, text in tags.items() if is_name(key)}
    for key in sorted(key for key in tags.keys() - found.keys() if "name" in key):
        plain = further_name(key)
        if plain is not None:
            found[plain] = ";".join(text for text in (found.get(plain), tags[key]) if text)
    return found


def _is_personal(key: str) -> bool:
    """Whether a key may hold a person's number or address: a map of sites has no need of them."""
    # "operator:phone", "disused:contact:email", "phone_2"; but "fax" is a language, too.
    parts = () if is_name(key) else key.split(":")
    return any(part.rstrip("_0123456789") in _PERSONAL for part in parts)


def _first(tags: Tags, keys: Sequence[str]) -> str | None:
    return next((tags[key].strip() for key in keys if tags.get(key, "").strip()), None)


def _address(tags: Tags) -> str | None:
    street = _first(tags, ("addr:street", "addr:place", "contact:street"))
    number = _first(tags, ("addr:housenumber", "addr:conscriptionnumber", "contact:housenumber"))
    return " ".join(part for part in (street, number) if part) or None


def _heritage(tags: Tags) -> dict[str, str | None]:
    """Return scheme and number: a register's own key first, else `heritage:ref` with the operator as scheme."""
    for entry in HERITAGE_KEYS:
        if tags.get(entry.key):
            number = values_of(tags[entry.key])[0] if values_of(tags[entry.key]) else tags[entry.key]
            return _numbered(entry.scheme, number)
    operator = tags.get("heritage:operator")
    scheme = OPERATORS.get(operator.casefold(), operator) if operator else None
    return _numbered(scheme, tags.get("heritage:ref"))


def _numbered(scheme: str | None, number: str | None) -> dict[str, str | None]:
    whole = f"{scheme}:{number}" if scheme and number else None
    return {"heritage_scheme": scheme, "heritage_ref": number, "ids.heritage": whole}


def _visitor_access(tags: Tags) -> str | None:
    """Return open, limited or closed: a museum is open, an attraction too; else what `access` says."""
    if tags.get("tourism") in ("museum", "attraction"):
        return _ACCESS.get(tags.get("access", "yes"), "open")
    return _ACCESS.get(tags.get("access", ""))


def _present_use(tags: Tags, kind: str | None, status: str, aspect: str) -> str:
    """Return one of `PRESENT_USES`: what is tagged there, else production where a factory runs, none where it ended.

    A mine that visitors are let into is a museum, though nothing is won there any more.
    """
    for use, holds in _USES:
        if holds(tags):
            return use
    if kind == _SHOWN and tags.get("tourism") == "attraction":
        return "museum"
    if status in CLOSED:
        return "housing" if tags.get("landuse") == "residential" else "none"
    return "production" if status == "functional" and aspect in ("factory", "both") else "unknown"


def _accuracy_m(shape: BaseGeometry, note: object) -> str:
    if note != INCOMPLETE:
        return f"{ACCURACY_M:g}"
    west, south, east, north = shapely.bounds(shape)
    half = _GEOD.line_length([west, east], [south, north]) / 2
    return f"{ACCURACY_M + max(INCOMPLETE_ACCURACY_M, half):.0f}"


def _detail(kind: str, number: int, why: str) -> str:
    page = f"https://www.openstreetmap.org/{kind}/{number}"
    return f"{kind}/{number}: {why}. Take a larger extract, or correct it at {page}"
