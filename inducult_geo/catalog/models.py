"""What a catalog declares: regions, sources (their contracts) and rasters, as frozen models.

Unknown keys are errors everywhere: a misspelled option that is silently ignored is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from inducult_geo.catalog.crs_names import CrsCode, is_no_system
from inducult_geo.catalog.kinds import ONE_OR_MANY, ColumnName, CountryCode, Identifier, LanguageCode, RegionId
from inducult_geo.catalog.permissions import permits_release, says_nothing
from inducult_geo.errors import did_you_mean, slip_of
from inducult_geo.name_keys import name_language
from inducult_geo.text import fold_once

Share = Annotated[float, Field(ge=0, le=1)]

ACCURACY_MAX_M = 1_000_000.0
"""A place that may be a thousand kilometers away is none; beyond it numbers end in infinity."""

Meters = Annotated[float, Field(gt=0, le=ACCURACY_MAX_M)]
GRID_MAX_M = 100_000.0

RECORD_FIELDS = frozenset(
    ("key", "name", "type", "theme", "aspect", "status", "start", "end", "operator", "nace", "sector")
    + ("address", "postcode", "city", "country", "website", "wikipedia", "image", "visitor_access")
    + ("opening_hours", "fee", "wheelchair", "present_use", "heritage_scheme", "heritage_designation")
    + ("heritage_ref", "erih_role", "valid_at", "capacity", "fuel", "accuracy_m")
)
"""What a contract's `[columns]` may map, beside `name:<language>`, `alt_name`, `old_name` ..., `ids.<scheme>` and
`sector:<scheme>` (a code of NACE, E-PRTR, EU ETS, ERIH, TICCIH, GEM or Hotmaps)."""

MAPPED_FIELDS = frozenset(
    ("type", "sector", "status", "aspect", "present_use", "country", "accuracy_m", "start", "end")
)
"""Fields whose values a contract's `[values]` may map; all others are taken as they stand."""

_FOLDED_FIELDS: Final = ("start", "end", "accuracy_m")
"""Those of them whose words are looked up without regard to case and marks."""

DEFAULT_RELIABILITY: Final = 50
"""What a source is worth whose contract does not say it (0 to 100)."""

CLOSED: Final = ("disused", "decommissioned")
"""States in which work has ended."""

MUSEUM_THEME: Final = "museum_memory"
"""Theme of what is visited beside the works, or since they closed."""

FINER_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "mine": frozenset(("coal_mine", "ore_mine", "opencast_mine")),
    "power_station": frozenset(("hydro_power",)),
    "grain_mill": frozenset(("watermill", "windmill")),
    "textile_mill": frozenset(("spinning_mill", "weaving_mill", "textile_finishing")),
}
"""Type -> types that say the same more exactly: of a name with both ("Watermolen Pollismolen") the finer one counts."""

AREA_RELIABLE: Final = 40
"""What a source must be worth so that its outline of a site goes before the points of others."""

NAME_FIELDS = frozenset({"name", "alt_name", "old_name", "short_name", "official_name", "parent"})


class Declared(BaseModel):
    """The habits of everything that a catalog declares."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


class Boundary(Declared):
    """Where a region's outline comes from: a file, or tags that pick it out of an extract or Overpass.

    Attributes
    ----------
    file
        A vector file with one or more polygons, beside the TOML or absolute.
    tags
        OSM tags, each with its accepted values (old and new codes); a relation or closed way with
        `boundary=administrative` that carries any value of every tag named is the region.
    source, licence, attribution
        Who made the file, for the release's attribution.
    """

    file: Path | None = None
    tags: dict[str, tuple[str, ...]] = {}
    source: str = ""
    licence: str = ""
    attribution: str = ""

    @model_validator(mode="before")
    @classmethod
    def _gather_tags(cls, values: Any) -> Any:
        """Take every key that is not a field as a tag, so that `"ISO3166-2" = ["CZ-41"]` reads as written."""
        if not isinstance(values, dict):
            return values
        for name in values:
            if (meant := slip_of(name, cls.model_fields)) is not None:
                raise ValueError(f"unknown key '{name}'. Did you mean '{meant}'? A tag belongs into `tags`")
        fields = {name: value for name, value in values.items() if name in cls.model_fields}
        tags = fields.pop("tags", {})
        if not isinstance(tags, dict):
            return values
        tags = {**tags, **{name: value for name, value in values.items() if name not in cls.model_fields}}
        return {**fields, "tags": {name: (value,) if isinstance(value, str) else value for name, value in tags.items()}}

    @model_validator(mode="after")
    def _named_somehow(self) -> Boundary:
        if self.file is None and not any(self.tags.values()):
            raise ValueError('name a `file`, or a tag such as "ISO3166-2" = ["CZ-41"]')
        return self


# A folder of hundreds of files is gone through for it.
_time_zones = cache(available_timezones)


class Region(Declared):
    """One region of the map.

    `bbox` is west, south, east, north in degrees: a coarse guard, never the boundary. `crs` lists the systems in
    which partners there send coordinates. `geofabrik` is the extract's path there. `area_km2` is the official area: an
    outline that tags pick out must come near it. `schedule` (cron, in `timezone`) says when `inducult serve` runs it.
    `country` is a code of two letters. `languages` tell encodings. `nuts`, `wikidata` and `partner` are for people.
    """

    id: Identifier
    title: str = ""
    country: Annotated[CountryCode, Field(examples=['country = "PL"'])]
    languages: Annotated[tuple[str, ...], ONE_OR_MANY] = ()
    timezone: str = "UTC"
    bbox: Annotated[tuple[float, float, float, float], Field(examples=["bbox = [16.9, 49.9, 18.8, 51.3]"])]
    crs: Annotated[tuple[CrsCode, ...], ONE_OR_MANY] = ()
    geofabrik: str | None = None
    schedule: str = "0 2 * * *"
    nuts: str | None = None
    wikidata: str | None = None
    partner: str | None = None
    area_km2: Annotated[float, Field(gt=0)] | None = None
    boundary: Annotated[
        Boundary, Field(examples=['[boundary] and below it file = "x.geojson" or "ISO3166-2" = ["CZ-41"]'])
    ]
    declared_in: Path = Field(default=Path(), exclude=True)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        known = _time_zones()
        # A machine without any time zone data must still be able to read a catalog.
        if known and name not in known:
            raise ValueError(f"'{name}' is not a time zone; write one such as Europe/Prague")
        return name

    @field_validator("crs")
    @classmethod
    def _known_systems(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := next(filter(is_no_system, codes), None):
            raise ValueError(f"'{unknown}' is not a coordinate system; look up its code on epsg.io, such as EPSG:25833")
        return codes

    @field_validator("bbox")
    @classmethod
    def _ordered(cls, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        west, south, east, north = box
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise ValueError("must be west, south, east, north in degrees")
        return box


class Read(Declared):
    """How a file is to be read, where that cannot be told from the file; `member` names a file in an archive.

    `header_row` holds the names of the columns; with `header_rows = 2` the row below it does so, too, as under merged
    cells: the lower name counts, the upper one where there is none below. `languages` (codes of two letters; those of
    the region where none are named) decide between encodings that fit a few letters alike.
    """

    # A tab is a delimiter, not white space to be trimmed.
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    encoding: str | None = None
    languages: Annotated[tuple[LanguageCode, ...], ONE_OR_MANY] = ()
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] = "."
    sheet: str | int | None = None
    layer: str | None = None
    member: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    header_rows: Literal[1, 2] = 1


class Place(Declared):
    """Where a row says its place: two columns, one text column, or the file's own geometry.

    `x` is the column of the easting or longitude, `y` that of the northing or latitude; which is which in truth
    is decided for the whole file (`reading` settles it by name). `accuracy_m` is how true the source's own
    coordinates are, `accuracy_m_by_country` where they are truer or less true; `origin` says what the point stands for.
    """

    crs: CrsCode | None = None
    x: ColumnName | None = None
    y: ColumnName | None = None
    text: ColumnName | None = None
    geometry: bool = False
    reading: str | None = None
    accuracy_m: Meters | None = None
    accuracy_m_by_country: dict[CountryCode, Meters] = {}
    origin: Literal["surveyed", "digitized", "address", "settlement", "unknown"] = "unknown"

    @model_validator(mode="after")
    def _one_way(self) -> Place:
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y must both be given")
        if sum([self.x is not None, self.text is not None, self.geometry]) > 1:
            raise ValueError("give either x and y, or text, or geometry = true")
        if self.accuracy_m_by_country and self.accuracy_m is None:
            raise ValueError("accuracy_m_by_country needs accuracy_m as well, which holds in all other countries")
        return self


class Expect(Declared):
    """What a good file looks like; a file outside it fails its source, and yesterday's records stay."""

    rows_min: Annotated[int, Field(ge=0)] = 1
    rows_max: Annotated[int, Field(ge=1)] | None = None
    inside_share_min: Share | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Expect:
        if self.rows_max is not None and self.rows_max < self.rows_min:
            raise ValueError(f"rows_max = {self.rows_max} is less than rows_min = {self.rows_min}: no file fits both")
        return self


def _no_field(name: str, known: Set[str]) -> str:
    return f"'{name}' is not a field of a record.{did_you_mean(name, known)} Known: {', '.join(sorted(known))}"


class Contract(Declared):
    """What one source is, how it is read and what its columns mean.

    `region` is the region that the source is about; a wide source names `countries` instead (or neither, which means
    any place). `publish = false` keeps its records out of releases; `publish_grid_m` lets them out with their place on
    a grid of that many meters only, and needs a key of their own. `reliability` (0-100) tells which source wins an
    attribute. `units_per_site` says that several of its records may be one site, `drawn_in_pieces` that it draws one
    works in several, `one_record_per_key` that rows of one key are one record, of which each tells more (the answer to
    a query has a row for each value). A list of columns for one field means the first of them that is there and
    filled, row by row: names differ between versions; "" in it means that the file may have none of them. Those of
    `address` are put together. What stands in columns that are `private` (persons, phones) never leaves.
    """

    id: Identifier
    title: str = ""
    region: RegionId | None = None
    countries: Annotated[tuple[CountryCode, ...], ONE_OR_MANY] = ()
    files: Annotated[tuple[str, ...], ONE_OR_MANY, Field(examples=['files = ["list.csv"]'])]
    url: str | None = None
    licence: str = "unknown"
    attribution: str = ""
    publish: bool = True
    publish_grid_m: Annotated[float, Field(gt=0, le=GRID_MAX_M)] | None = None
    reliability: Annotated[int, Field(ge=0, le=100)] = DEFAULT_RELIABILITY
    retrieved: date | None = None
    valid_at: date | None = None
    units_per_site: bool = False
    drawn_in_pieces: bool = False
    one_record_per_key: bool = False
    read: Read = Read()
    place: Place = Place()
    columns: dict[str, ColumnName | Annotated[tuple[ColumnName, ...], Field(min_length=1)]] = {}
    ignore: Annotated[tuple[ColumnName, ...], ONE_OR_MANY] = ()
    private: Annotated[tuple[ColumnName, ...], ONE_OR_MANY] = ()
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}
    expect: Expect = Expect()
    declared_in: Path = Field(default=Path(), exclude=True)

    @field_validator("licence")
    @classmethod
    def _said_or_unknown(cls, licence: str) -> str:
        return "unknown" if says_nothing(licence) else licence

    @field_validator("url")
    @classmethod
    def _can_be_asked(cls, url: str | None) -> str | None:
        try:
            # The port is read only when it is asked for.
            _ = urlsplit(url or "").port
        except ValueError:
            raise ValueError("this address cannot be used: check host and port") from None
        return url

    @field_validator("columns", mode="before")
    @classmethod
    def _flatten_ids(cls, value: Any) -> Any:
        """Turn TOML's `ids.wikidata = "..."` into the flat key `ids.wikidata`."""
        if not isinstance(value, dict):
            return value
        ids = value.get("ids", {})
        if not isinstance(ids, dict):
            raise ValueError("'ids' needs a scheme: write ids.wikidata, ids.heritage or another")
        flat = {name: column for name, column in value.items() if name != "ids"}
        flat |= {f"ids.{scheme}": column for scheme, column in ids.items()}
        for name, column in flat.items():
            named = column if isinstance(column, list | tuple) else [column]
            if not named or not all(isinstance(one, str) for one in named):
                raise ValueError(f"'{name}': write the name of a column in quotes, or a list of names")
        return flat

    @field_validator("columns")
    @classmethod
    def _known_fields(cls, columns: dict[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
        for name in columns:
            known = name in RECORD_FIELDS | NAME_FIELDS or name.startswith(("ids.", "sector:"))
            if name.startswith("name:") and not name_language(name):
                raise ValueError(f"'{name}' names no language: write its code in small letters, as in name:de")
            if not known and not name_language(name):
                said = _no_field(name, RECORD_FIELDS | NAME_FIELDS)
                raise ValueError(f"{said}, name:<language>, ids.<scheme>, sector:<scheme>")
        return columns

    @field_validator("values", "defaults")
    @classmethod
    def _fields_of_records(cls, table: dict[str, Any]) -> dict[str, Any]:
        for name in table:
            if name not in RECORD_FIELDS:
                raise ValueError(_no_field(name, RECORD_FIELDS))
        return table

    @field_validator("values")
    @classmethod
    def _mapped_fields(cls, table: dict[str, Any]) -> dict[str, Any]:
        for name in table:
            if name not in MAPPED_FIELDS:
                raise ValueError(
                    f"'{name}' is taken as it stands: its values cannot be mapped. Values can be mapped for these "
                    f"fields: {', '.join(sorted(MAPPED_FIELDS))}"
                )
        for name in _FOLDED_FIELDS:
            seen: dict[str, tuple[str, str]] = {}
            for word, text in table.get(name, {}).items():
                other, meant = seen.setdefault(fold_once(word), (word, text))
                if meant != text:
                    raise ValueError(
                        f"'{other}' and '{word}' of '{name}' count as one word, since case and marks do not matter, "
                        f"but are given two meanings, '{meant}' and '{text}': keep one of them"
                    )
        return table

    @model_validator(mode="after")
    def _keys_without_places(self) -> Contract:
        if self.publish_grid_m is not None and self.files and "key" not in self.columns:
            # The key is made of the whole row then, and whoever knows the rest of the row can try all coordinates.
            raise ValueError("publish_grid_m needs a key in [columns]: one made from the row reveals its place")
        if self.one_record_per_key and "key" not in self.columns:
            raise ValueError("one_record_per_key needs a key in [columns]: rows with the same key become one record")
        return self

    @property
    def may_publish(self) -> bool:
        """Whether records may leave the house: both the contract and its licence must permit it."""
        return self.publish and permits_release(self.licence)

    @property
    def mapped(self) -> dict[str, tuple[str, ...]]:
        """For each field of `columns` those that it is read from, the first choice first."""
        return {field: (said,) if isinstance(said, str) else said for field, said in self.columns.items()}

    @property
    def is_wide(self) -> bool:
        """Whether the source is about more than one region."""
        return self.region is None


_Sampled = Literal["elevation_m", "land_cover", "population_per_km2"]
SAMPLED: Final[tuple[str, ...]] = get_args(_Sampled)
"""Columns of a site that rasters give for its place."""


class RasterSource(Declared):
    """A raster that a steward puts beside the data, sampled at every site into one column."""

    id: Identifier
    title: str
    file: str
    column: _Sampled
    band: Annotated[int, Field(ge=1)] = 1
    valid_at: date | None = None
    licence: Annotated[str, Field(min_length=1)]
    attribution: str
    values: dict[str, str] = {}
    declared_in: Path = Field(default=Path(), exclude=True)
