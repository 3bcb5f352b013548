"""The frames that stages pass to each other: their columns, types, and checks between stages.

A frame is named once here. `Raw` is what a source's reader gives, `Records` is what harmonizing makes of it,
`Sites` and `Pairs` are what matching makes of those. A rejected record never leaves the frame: it carries a
`reason`, so that counting is a matter of looking, not of trust.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NewType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from geopandas.array import from_shapely, from_wkb
from pyproj import CRS

from inducult_geo.errors import CountingError, InducultError
from inducult_geo.typed import typed

WORK_CRS = "EPSG:3035"
"""The CRS of every geometry between harmonizing and publishing (meters)."""

Raw = NewType("Raw", pd.DataFrame)
Records = NewType("Records", gpd.GeoDataFrame)
Sites = NewType("Sites", gpd.GeoDataFrame)
Pairs = NewType("Pairs", pd.DataFrame)

TEXT, WHOLE, NUMBER = "str", "Int64", "float64"

RECORD_COLUMNS: Mapping[str, str] = {
    "record_key": TEXT,
    "source": TEXT,
    "region": TEXT,
    "names": TEXT,  # JSON: language or role -> text
    "type": TEXT,
    "theme": TEXT,
    "aspect": TEXT,
    "status": TEXT,
    "start_year": WHOLE,
    "end_year": WHOLE,
    "year_precision": TEXT,
    "end_precision": TEXT,
    "operator": TEXT,
    "nace": TEXT,
    "address": TEXT,
    "postcode": TEXT,
    "city": TEXT,
    "country": TEXT,
    "ids": TEXT,  # JSON: wikidata, heritage, register ... -> text
    "website": TEXT,
    "wikipedia": TEXT,
    "image": TEXT,
    "visitor_access": TEXT,
    "opening_hours": TEXT,
    "fee": TEXT,
    "wheelchair": TEXT,
    "present_use": TEXT,
    "heritage_scheme": TEXT,
    "heritage_designation": TEXT,
    "heritage_ref": TEXT,
    "erih_role": TEXT,
    "geometry_origin": TEXT,
    "raw_x": TEXT,
    "raw_y": TEXT,
    "declared_crs": TEXT,
    "reading": TEXT,
    "operation": TEXT,
    "accuracy_m": NUMBER,
    "licence": TEXT,
    "retrieved_at": TEXT,
    "valid_at": TEXT,
    "tags": TEXT,  # JSON: everything the source said, as it said it
    "content_hash": TEXT,
    "place": TEXT,  # where it stands in its source: file and row
    "reason": TEXT,  # why it cannot be used; null where accepted
    "detail": TEXT,  # the same for a person, with what to do
}

SITE_COLUMNS: Mapping[str, str] = {
    "site_id": TEXT,
    "name": TEXT,
    "name_en": TEXT,
    "names": TEXT,
    "region": TEXT,
    "country": TEXT,
    "aspect": TEXT,
    "type": TEXT,
    "theme": TEXT,
    "status": TEXT,
    "start_year": WHOLE,
    "end_year": WHOLE,
    "year_precision": TEXT,
    "end_precision": TEXT,
    "timeline": TEXT,  # JSON: what happened when, how exactly that is known, and which record says so
    "operator": TEXT,
    "nace": TEXT,
    "address": TEXT,
    "postcode": TEXT,
    "city": TEXT,
    "heritage_scheme": TEXT,
    "heritage_designation": TEXT,
    "heritage_ref": TEXT,
    "erih_role": TEXT,
    "present_use": TEXT,
    "visitor_access": TEXT,
    "opening_hours": TEXT,
    "fee": TEXT,
    "wheelchair": TEXT,
    "website": TEXT,
    "wikidata": TEXT,
    "wikipedia": TEXT,
    "image": TEXT,
    "n_sources": WHOLE,
    "n_records": WHOLE,
    "n_review": WHOLE,  # open questions about this site
    "part_of": TEXT,  # the site that it lies in and belongs to, by its outline or a steward's word
    "conflicts": TEXT,  # JSON: column -> record key -> value, where records contradict each other
    "confidence": NUMBER,
    "accuracy_m": NUMBER,
    "area_m2": NUMBER,
    "geometry_origin": TEXT,
    "elevation_m": NUMBER,
    "land_cover": TEXT,
    "population_per_km2": NUMBER,
    "licence": TEXT,
    "attribution": TEXT,
    "lineage": TEXT,  # JSON: column -> record_key that the value comes from
    "first_seen": TEXT,
    "last_seen": TEXT,
    "run_id": TEXT,
}

TOGETHER: Final = (("address", "postcode", "city"), ("heritage_scheme", "heritage_designation", "heritage_ref"))
"""Columns of a site that one record gives together, so that they fit each other."""

TOLD_IN_TAGS: Final = ("capacity", "fuel")
"""Fields without a column of records: they are told in the tags, where matching reads them."""

PAIR_COLUMNS: Mapping[str, str] = {
    "left_key": TEXT,
    "right_key": TEXT,
    "region": TEXT,
    "score": NUMBER,  # calibrated probability that both are one site
    "decision": TEXT,  # match, review, no_match, part_of, or a steward's same, part_of, different
    "distance_m": NUMBER,
    "why": TEXT,  # the waterfall, for a person
    "left_site": TEXT,
    "right_site": TEXT,
    "decided_by": TEXT,  # null where the program decided
}

REJECT_REASONS: Mapping[str, str] = {
    "no_key": "the row has no key",
    "no_coordinates": "the row has no coordinates",
    "bad_coordinate": "the coordinate could only be guessed",
    "bad_geometry": "the geometry is empty or beyond repair",
    "bad_row": "the row does not fit its table",
    "outside_all_regions": "the place lies outside all regions",
    "lost_geometry": "the geometry is not in the extract",
}
REVIEW_REASONS: Mapping[str, str] = {
    "ambiguous_place": "the coordinates fit several readings",
    "outside_region": "it lies outside the region of its source",
}

TO_THE_YEAR: Final = ("day", "month", "season", "year")
"""Values of `year_precision` and `end_precision` that name one year."""

BEGINNINGS = ("founded", "production since", "museum since", "culture since")
ENDS = ("closed", "museum until", "culture until")
"""Events of a site's `timeline`: of a record's first year, and of its last one."""


# Made once: `json.dumps` with options makes an encoder for every call.
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_DECODE = json.JSONDecoder().raw_decode


def to_json(values: Mapping[str, Any]) -> str | None:
    """Write a mapping as JSON text with sorted keys, or None where nothing is in it."""
    kept = {key: value for key, value in values.items() if value is not None and value != ""}
    return _ENCODE(kept) if kept else None


def own_keys(keys: pd.Series) -> pd.Series:
    """Return the key that each record has in its own source: what stands after the first colon of its `record_key`."""
    return keys.str.replace("^[^:]*:", "", regex=True)


def from_json(text: Any) -> dict[str, Any]:
    """Read what `to_json` wrote; null gives an empty dictionary."""
    if not isinstance(text, str) or not text:
        return {}
    found: dict[str, Any]
    if text[0] == "{":
        found, end = _DECODE(text)
        if end == len(text):
            return found
    found = json.loads(text)
    return found


def content_hash(values: Iterable[Any]) -> str:
    """Return a short hash of a record's raw values, equal where and only where all of them are equal."""
    text = json.dumps(list(values), ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _require_work_crs(crs: Any, what: str) -> None:
    """Refuse a frame in another CRS: a geometry is never coerced."""
    known = CRS.from_user_input(crs) if crs is not None else None
    if known != CRS.from_user_input(WORK_CRS):
        name = known.name if known is not None else "no CRS"
        raise InducultError(f"{what} must be in {WORK_CRS}, not {name}: transform them first")


def as_records(frame: pd.DataFrame, *, geometry: Any = None) -> Records:
    """Make a `Records` frame: every column of `RECORD_COLUMNS` plus `geometry` in `WORK_CRS`.

    Parameters
    ----------
    frame
        Any columns of a record; missing ones become null. Its own `geometry` is taken where none is given.
    geometry
        Geometries in `WORK_CRS`, one a row; null, as those without any point become, for a record without a place.

    Raises
    ------
    InducultError
        Where the geometries say that they are in another CRS: a geometry is never coerced.
    """
    given = frame["geometry"] if geometry is None else geometry
    _require_work_crs(getattr(getattr(given, "array", given), "crs", None) or WORK_CRS, "records")
    # Not one by one: of a frame of geometries each would be looked up.
    shapes = from_shapely(np.array(given, dtype=object), crs=WORK_CRS)
    # A shape without any point is no place, and has none that could be asked for.
    shapes[shapes.is_empty] = np.nan
    table = typed(pd.DataFrame(frame), RECORD_COLUMNS)
    return Records(gpd.GeoDataFrame(table.reset_index(drop=True), geometry=shapes))


def as_sites(frame: gpd.GeoDataFrame) -> Sites:
    """Make a `Sites` frame: every column of `SITE_COLUMNS` plus `geometry` in `WORK_CRS`."""
    _require_work_crs(frame.crs, "sites")
    table = typed(pd.DataFrame(frame), SITE_COLUMNS).reset_index(drop=True)
    return Sites(gpd.GeoDataFrame(table, geometry=frame.geometry.array, crs=WORK_CRS))


def as_pairs(frame: pd.DataFrame) -> Pairs:
    """Make a `Pairs` frame: every column of `PAIR_COLUMNS`, in order."""
    return Pairs(typed(frame, PAIR_COLUMNS).reset_index(drop=True))


@cache
def _no_records() -> Records:
    return as_records(pd.DataFrame({"geometry": []}))


def concat_records(frames: Iterable[Records]) -> Records:
    """Put records of several sources one under the other; no frame at all gives an empty one."""
    kept = [frame for frame in frames if len(frame)]
    if not kept:
        return Records(_no_records().copy(deep=False))
    return Records(gpd.GeoDataFrame(pd.concat(kept, ignore_index=True), geometry="geometry", crs=WORK_CRS))


def read_shapes(
    path: Path, *, columns: Sequence[str] | None = None, within: shapely.Geometry | None = None
) -> gpd.GeoDataFrame:
    """Read a GeoParquet file of our own: as `geopandas.read_parquet` does; or its rows `within` an area alone.

    Raises
    ------
    ValueError, OSError
        Where it cannot be read, or tells no places.
    """
    table = pq.read_table(path, columns=columns)
    if "geometry" not in table.column_names or b"geo" not in (table.schema.metadata or {}):
        raise ValueError("no GeoParquet with a column `geometry`")
    told = json.loads(table.schema.metadata[b"geo"]).get("columns", {}).get("geometry", {})
    if "crs" not in told:
        raise ValueError("no GeoParquet that tells its coordinate system")
    if columns is None and "covering" in told:
        table = table.drop_columns(told["covering"]["bbox"]["xmin"][0])
    if within is not None:
        table = table.filter(shapely.intersects(within, shapely.from_wkb(table["geometry"].to_numpy())))
    frame = table.to_pandas()
    return gpd.GeoDataFrame(frame.assign(geometry=from_wkb(frame["geometry"], crs=_crs_of(json.dumps(told["crs"])))))


# PROJ reads the CRS as it stands in a file longer than the rest of a small table is read, and it is always the same.
@cache
def _crs_of(told: str) -> CRS | None:
    return None if told == "null" else CRS.from_user_input(told)


@dataclass(frozen=True)
class Counts:
    """The counting law's four numbers for a source, a region or a release."""

    records_in: int
    in_sites: int
    in_review: int
    rejected: int

    def check(self, where: str) -> Counts:
        """Return itself where the law holds.

        Raises
        ------
        CountingError
            Where `records_in` is not the sum of the other three.
        """
        accounted = self.in_sites + self.in_review + self.rejected
        if self.records_in != accounted:
            raise CountingError(
                f"{where}: {self.records_in} records came in, but {self.in_sites} are in sites, "
                f"{self.in_review} in review and {self.rejected} rejected ({accounted} in all). "
                "This is a fault of inducult-geo: please report it with the run's manifest."
            )
        return self

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by their names, as tables and JSON hold them."""
        return asdict(self)

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


NO_COUNTS: Final = Counts(0, 0, 0, 0)


ROWS_GONE, NEW_VERSION = OF_A_NIGHT = ("rows_gone", "new_version")
"""Kinds of problems that tell of a night and not of the data: they stand in no release."""


@dataclass(frozen=True)
class Problem:
    """Something that a steward should know of, though the run goes on: what, where and how often."""

    source: str
    kind: str
    message: str
    count: int = 1


@dataclass(frozen=True)
class FileRead:
    """One file as it was read."""

    name: str
    sha256: str
    kind: str
    rows: int
    encoding: str | None = None


@dataclass(frozen=True)
class RawTable:
    """What a source's reader gives: its rows, the CRS that its file states, the files, and what was noticed."""

    frame: Raw
    crs: str | None = None
    files: tuple[FileRead, ...] = ()
    problems: tuple[Problem, ...] = ()
    data_time: str | None = None


def outcome_of(records: Records) -> pd.Series:
    """Return `site`, `review` or `rejected` for each record, by its `reason` alone."""
    reason = records["reason"]
    outcome = pd.Series("rejected", index=records.index, dtype=TEXT)
    outcome[reason.isna()] = "site"
    outcome[reason.isin([*REVIEW_REASONS])] = "review"
    return outcome


def counts_of(outcomes: pd.Series) -> Counts:
    """Count records by their outcome (see `outcome_of`)."""
    number = outcomes.value_counts()
    return Counts(len(outcomes), *(int(number.get(name, 0)) for name in ("site", "review", "rejected")))


def reasons_of(records: pd.DataFrame) -> dict[str, int]:
    """Count the records that are not accepted by their reason, sorted."""
    return {str(reason): int(number) for reason, number in records["reason"].value_counts().sort_index().items()}
