"""The columns of the published layers: name, type, title and meaning.

Names and order of sites, records and pairs are those of `inducult_geo.frames`; what is said here is what
a reader of the release gets to see (aliases, descriptions, units, lists of values).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["text", "whole", "number", "flag", "date"]


@dataclass(frozen=True)
class Column:
    """One column of a published layer.

    Attributes
    ----------
    name
        The column in the file.
    kind
        `text`, `whole` (32-bit), `number` (double), `flag` or `date`.
    alias
        What a form or table header shows; never equal to `name`, because GDAL ignores such an alias.
    description
        One sentence on what the value means.
    unit
        Unit of a number, where it has one.
    domain
        Key of `DOMAINS` where the values are a closed list.
    json
        Whether the text is JSON.
    group
        The tab of the form that shows it.
    """

    name: str
    kind: Kind
    alias: str
    description: str
    unit: str | None = None
    domain: str | None = None
    json: bool = False
    group: str = "General"

    @property
    def label(self) -> str:
        """The alias with its unit."""
        return f"{self.alias} [{self.unit}]" if self.unit else self.alias


def _group(group: str, *columns: Column) -> tuple[Column, ...]:
    """Put columns on one tab of the form."""
    return tuple(replace(column, group=group) for column in columns)


C = Column

LANGUAGES = {
    "de": "German", "cs": "Czech", "it": "Italian", "sl": "Slovenian", "hr": "Croatian", "pl": "Polish", "nl": "Dutch",
}  # fmt: skip
"""The languages of the regions besides English: code -> name."""

_SITE_ID = C("site_id", "text", "Site id", "Stable identifier of the site; it stays the same in every later release.")
_REGION = C("region", "text", "Region id", "Region of the map; its title stands in the table of regions.")
_ASPECT = C(
    "aspect",
    "text",
    "Monument or factory",
    "Whether the place is heritage, a factory or both; `status` tells whether a factory runs.",
    domain="aspect",
)
_TYPE = C("type", "text", "Type of place", "What kind of industrial place it is.", domain="type")
_THEME = C("theme", "text", "Branch of industry", "Branch of the type; without a type, as stated.", domain="theme")
_STATUS = C(
    "status",
    "text",
    "Condition",
    "State of the place, by the INSPIRE code list: a museum is in use, too (see `present_use`). OpenStreetMap has no"
    " tag for this, so works, railways and waterworks that it does not call closed count as in use.",
    domain="status",
)
_START = C(
    "start_year",
    "whole",
    "Start year",
    "Year in which it was built or opened, negative before our era. For a decade, a century or a span it is the first"
    " year: mind the precision.",
)
_END = C(
    "end_year",
    "whole",
    "End year",
    "Year in which it closed, for a decade or a span the last year; null where it is open or not known.",
)
_PRECISION = C(
    "year_precision", "text", "Precision of years",
    "How exact the start year is, or the end year where there is no other.", domain="year_precision",
)  # fmt: skip
_END_PRECISION = C("end_precision", "text", "Precision of the end year", "How exact the end year is.",
                   domain="year_precision")  # fmt: skip
_OPERATOR = C("operator", "text", "Operator or company", "Who runs or ran it, as the source writes it.")
_NACE = C(
    "nace", "text", "NACE code", "Economic activity as the source writes it: NACE Rev. 2 unless it names another one."
)
_ADDRESS = C("address", "text", "Street address", "Street and number.")
_POSTCODE = C("postcode", "text", "Postal code", "Postal code as text; with a sign only if of another country.")
_CITY = C("city", "text", "City or municipality", "City, town or municipality.")
_COUNTRY = C("country", "text", "Country code", "ISO 3166-1 alpha-2 code.")
_WEBSITE = C("website", "text", "Web address", "Web site of the place.")
_WIKIPEDIA = C("wikipedia", "text", "Wikipedia article", "Language and title of an article, or its address.")
_IMAGE = C("image", "text", "Image address", "Address of a picture.")
_ACCESS = C("visitor_access", "text", "Access for visitors", "`open`, `limited`, `closed`, or the source's own words.")
_HOURS = C("opening_hours", "text", "Hours of opening", "Opening hours, in OpenStreetMap's notation where known.")
_FEE = C("fee", "text", "Entrance fee", "What a visit costs: `yes`, `no`, or the source's own words.")
_WHEELCHAIR = C("wheelchair", "text", "Wheelchair access", "`yes`, `limited`, `no`, or the source's own words.")
_USE = C("present_use", "text", "Use today", "What stands or happens there today.", domain="present_use")
_SCHEME = C("heritage_scheme", "text", "Heritage list", "Register or list that protects the place.")
_DESIGNATION = C(
    "heritage_designation", "text", "Kind of protection", "Category of protection (in OSM a level, or yes)."
)
_REF = C("heritage_ref", "text", "Number in the heritage list", "Number of the entry in that list.")
_ERIH = C("erih_role", "text", "Role in ERIH", "Role in the European Route of Industrial Heritage.")
_ACCURACY = C(
    "accuracy_m",
    "number",
    "Accuracy of the place",
    "How far away the true place may be, all steps together. Not a bound: see `within_accuracy` of the sources.",
    unit="m",
)
_ORIGIN = C(
    "geometry_origin",
    "text",
    "What the place stands for",
    "How the place was found; the size of a grid cell is in the table of sources.",
    domain="geometry_origin",
)
_LICENCE = C("licence", "text", "License", "License of the data, as the source names it.")
_KEY = C("record_key", "text", "Record key", "Source id and the source's own key, unchanged.")
_WITHHELD = C("withheld", "whole", "Records withheld", "Records that may not be published; not in the other counts.")
_SOURCE = C("source", "text", "Source id", "Source of the record; its title stands in the table of sources.")
_REASON = C("reason", "text", "Why not used", "Why the record cannot be used as it is.", domain="reason")
_DETAIL = C("detail", "text", "Reason in words", "The same for a person, with what to do.")
_OUTCOME = C(
    "outcome",
    "text",
    "Outcome of the record",
    "Where the record ended: in a site, in review or rejected.",
    domain="outcome",
)
_RUN = C("run_id", "text", "Run id", "Hash of everything that went into the release.")
_STATE = C(
    "state",
    "text",
    "State in this release",
    "Whether this run read all of it, kept it from before, or failed on it.",
    domain="state",
)
_SOURCE_STATE = replace(_STATE, domain="source_state")
_MESSAGE = C("message", "text", "Message of the run", "What went wrong and what to do; empty where nothing did.")
_GRID = "where a place is published on a grid"
_SCORE = C("score", "number", "Probability", f"Probability that both are one site, null by a rule; one digit {_GRID}.")
_DISTANCE = C("distance_m", "number", "Distance apart", f"Between the two places; null {_GRID}.", unit="m")
_WHY = C("why", "text", "Evidence", "What speaks for and against it, with its weight.")

SITES: tuple[Column, ...] = (
    *_group(
        "Site",
        _SITE_ID,
        C("name", "text", "Name of the site", "Name in the language of the place."),
        C("name_en", "text", "Name in English", "English name, where a source gives one."),
        C("names", "text", "All names", "Every name known: language or role -> text.", json=True),
        _REGION,
        _COUNTRY,
    ),
    *_group(
        "Industry",
        _ASPECT, _TYPE, _THEME, _STATUS, _START, _END, _PRECISION, _END_PRECISION,
        C("timeline", "text", "Past and present",
          "Year, event (founded, closed, museum since, until ...), how exact (`precision`), whose record.", json=True),
        _OPERATOR, _NACE,
    ),
    *_group("Site", _ADDRESS, _POSTCODE, _CITY),
    *_group("Heritage", _SCHEME, _DESIGNATION, _REF, _ERIH, _USE),
    *_group("Visit", _ACCESS, _HOURS, _FEE, _WHEELCHAIR, _WEBSITE),
    *_group("Heritage", C("wikidata", "text", "Wikidata item", "Identifier of the item in Wikidata."), _WIKIPEDIA),
    *_group("Visit", _IMAGE),
    *_group(
        "Evidence",
        C("n_sources", "whole", "Number of sources", "How many sources know the site."),
        C("n_records", "whole", "Number of records", "How many records the site is made of."),
        C("n_review", "whole", "Open questions", "How many questions about the site wait for a person."),
        C("part_of", "text", "Part of site", "Site that this one belongs to, by outlines or as a person decided."),
        C("conflicts", "text", "Contradictions", "Column -> record -> value, where records disagree.", json=True),
        C("confidence", "number", "Confidence (0 to 1)", f"How surely its records belong together; one digit {_GRID}."),
        _ACCURACY,
        C("area_m2", "number", "Area", "Area of the site's outline in EPSG:3035; null for a point.", unit="m²"),
        _ORIGIN,
        C("elevation_m", "number", "Elevation", "Height of the ground, from the elevation raster.", unit="m"),
        C("land_cover", "text", "Land cover", "Land cover at the site, from the land cover raster."),
        C("population_per_km2", "number", "Population density",
          "People per km² around the site, from the population raster.", unit="1/km²"),
        _LICENCE,
        C("attribution", "text", "Credit line", "Who must be named when the site is shown."),
        C("lineage", "text", "Origin of values", "Column -> key of the record that its value comes from.", json=True),
        C("first_seen", "date", "First seen", "Date of the oldest data that show the site."),
        C("last_seen", "date", "Last seen", "Date of the newest data that show the site."),
        replace(_RUN, description="Hash of what the site's region was made from; the release has one of its own."),
    ),
)  # fmt: skip
"""Columns of `site_points` and `site_areas`: those of `SITE_COLUMNS`."""

RECORDS: tuple[Column, ...] = (
    *_group(
        "Record",
        _KEY,
        _SOURCE,
        _REGION,
        C("names", "text", "All names", "Every name the source gives: language or role -> text.", json=True),
        _TYPE, _THEME, _ASPECT, _STATUS, _START, _END, _PRECISION, _END_PRECISION,
        _OPERATOR, _NACE,
        _ADDRESS, _POSTCODE, _CITY, _COUNTRY,
        C("ids", "text", "Identifiers elsewhere", "Scheme -> identifier (Wikidata, register).", json=True),
        _WEBSITE, _WIKIPEDIA, _IMAGE, _ACCESS, _HOURS, _FEE, _WHEELCHAIR, _USE,
        _SCHEME, _DESIGNATION, _REF, _ERIH,
    ),
    *_group(
        "Place",
        _ORIGIN,
        C("raw_x", "text", "x as written", f"Easting or longitude exactly as the source writes it; null {_GRID}."),
        C("raw_y", "text", "y as written", f"Northing or latitude exactly as the source writes it; null {_GRID}."),
        C("declared_crs", "text", "CRS as declared", "Coordinate reference system that the source declares."),
        C("reading", "text", "Reading chosen", "How the coordinates were read: axes, units, signs."),
        C("operation", "text", "Transformation", "Coordinate operation that was used."),
        _ACCURACY,
    ),
    *_group(
        "Origin",
        _LICENCE,
        C("retrieved_at", "text", "Retrieved", "When the data were fetched (ISO 8601)."),
        C("valid_at", "text", "Valid at", "Date that the data speak of (ISO 8601)."),
        C("tags", "text", "As the source says", f"All that the source says, unchanged; null {_GRID}.", json=True),
        C("content_hash", "text", "Hash of the content", f"Changes if the raw values do; the published ones {_GRID}."),
        C("place", "text", "Place in the source", "File and row, or the object's id."),
        _REASON,
        _DETAIL,
    ),
)  # fmt: skip
"""Columns of a record: those of `RECORD_COLUMNS`."""

OUTCOME: tuple[Column, ...] = _group(
    "Record",
    C("site_id", "text", "Site id", "Site that the record is part of; null where it waits in review."),
    _OUTCOME,
)
"""What resolving adds to a record."""

PAIRS: tuple[Column, ...] = (
    C("left_key", "text", "Left record", "Key of one record."),
    C("right_key", "text", "Right record", "Key of the other record."),
    _REGION,
    _SCORE,
    C("decision", "text", "Decision taken", "What the score, or a person, made of the pair.", domain="pair_decision"),
    _DISTANCE,
    _WHY,
    C("left_site", "text", "Site of the left", "Site that the left record is part of."),
    C("right_site", "text", "Site of the right", "Site that the right record is part of."),
    C("decided_by", "text", "Decided by", "Who decided; null where the program did."),
)
"""Columns of `matches`: those of `PAIR_COLUMNS`."""

REVIEW: tuple[Column, ...] = (
    *_group(
        "Question",
        C("question", "text", "Question in words", "What is to be decided."),
        C("left_name", "text", "Name of the left", "Name of the left record."),
        C("right_name", "text", "Name of the right", "Name of the right record."),
        C("decision", "text", "Your decision", "Choose one; empty means still open.", domain="decision"),
        C("decided_by", "text", "Your name", "Who decides."),
        C("note", "text", "Your note", "Why; for those who come later."),
        _WHY,
        _SCORE,
        _DISTANCE,
    ),
    *_group(
        "Keys",
        C("review_id", "text", "Question id", "Identifier of the question; keep it when answering."),
        C("kind", "text", "Kind of question", "What a person is asked.", domain="question_kind"),
        _REGION,
        C("left_key", "text", "Left record", "Key of the record that is asked about."),
        C("right_key", "text", "Right record", "Key of the other record; null for a question about a place."),
        C("left_site", "text", "Site of the left", "Site that the left record is part of meanwhile."),
        C("right_site", "text", "Site of the right", "Site that the right record is part of meanwhile."),
        C("right_x_m", "number", "Easting of the right", "Place of the right record in EPSG:3035: x.", unit="m"),
        C("right_y_m", "number", "Northing of the right", "Place of the right record in EPSG:3035: y.", unit="m"),
        C("priority", "number", "Priority of the question", "Higher numbers first: these answers change the map most."),
    ),
)
"""Columns of `review`, the only layer that is there to be edited: what a person needs for an answer is one look."""

_COUNTS: tuple[Column, ...] = (
    C("records_in", "whole", "Records in", "Records that came in: in_sites + in_review + rejected."),
    C("in_sites", "whole", "Records in sites", "Records that are part of a site."),
    C("in_review", "whole", "Records in review", "Records that wait for a person."),
    C("rejected", "whole", "Records rejected", "Records that cannot be used, each with its reason."),
)
_SITES_COUNT = C("sites", "whole", "Number of sites", "Sites that are in this file.")

REGIONS: tuple[Column, ...] = (
    C("region", "text", "Region id", "Identifier of the region."),
    C("title", "text", "Title of the region", "Name in the language of the place."),
    _COUNTRY,
    C("boundary_source", "text", "Source of the outline", "Who made the outline."),
    C("boundary_licence", "text", "License of the outline", "License of the outline."),
    C("area_km2", "number", "Area of the region", "Area of the outline.", unit="km²"),
    *_COUNTS,
    _SITES_COUNT,
    _STATE,
    _MESSAGE,
)
"""Columns of `regions`."""

SOURCES: tuple[Column, ...] = (
    C("source", "text", "Source id", "Identifier of the source: the part of a record key before the colon."),
    C("title", "text", "Title of the source", "Name of the data set."),
    C("region", "text", "Region id", "Region that the source is about; null where it is wide."),
    _LICENCE,
    C("attribution", "text", "Credit line", "Who must be named when the data are shown."),
    C("publish", "flag", "Published", "Whether its records may be in this file."),
    C("publish_grid_m", "number", "Generalized to", "Cell of the grid that its places are moved to.", unit="m"),
    C("files", "text", "Files read", "Files of the source that were read."),
    C("sha256", "text", "SHA-256 of the files", "Hash of what was read."),
    *_COUNTS,
    _WITHHELD,
    C("crs", "text", "Coordinate system", "Coordinate reference system of the source."),
    C("reading", "text", "Reading chosen", "How the coordinates were read: axes, units, signs."),
    C("operation", "text", "Transformation", "Coordinate operation that was used."),
    C("accuracy_m", "number", "Accuracy of the source", "Median of its records after all steps.", unit="m"),
    C("compared", "whole", "Records compared", "Records whose site has a place from another source, too."),
    C("median_gap_m", "number", "Median gap", "Half of these are nearer to the most accurate other place.", unit="m"),
    C("within_accuracy", "number", "Share within accuracy", "Share of these within both accuracies."),
    C("retrieved_at", "text", "Retrieved", "When the data were fetched (ISO 8601)."),
    C("valid_at", "text", "Valid at", "Date that the data speak of (ISO 8601)."),
    _SOURCE_STATE,
    _MESSAGE,
)
"""Columns of `sources`."""

RUNS: tuple[Column, ...] = (
    _RUN,
    C("title", "text", "Title of the release", "Title of the release."),
    *_COUNTS,
    _SITES_COUNT,
    _WITHHELD,
    C("version", "text", "Version of inducult-geo", "Version of the program that wrote the file."),
    C("schema_version", "text", "Version of the schema", "Version of layers and columns."),
    C("data_date", "text", "Date of the data", "Date of the newest data in the release (ISO 8601)."),
    C("is_sample", "flag", "Sample data", "Whether this is the built-in sample: for trying out, not for use."),
    C("code", "text", "State of the code", "Hash of the code that wrote the file."),
)
"""Columns of `runs`: one row, the release itself."""

CHANGES: tuple[Column, ...] = (
    C("change", "text", "Kind of change", "What is different from the last release.", domain="change"),
    C("site_id", "text", "Site id", "Site that changed; one that is gone or merged is in the last release only."),
    C("name", "text", "Name of the site", "Name of the site, in this release if it is in it."),
    _REGION,
    C("detail", "text", "Change in words", "How far it moved, what it was and is, which sites share its records."),
    C(
        "cause",
        "text",
        "Cause of the change",
        "What happened to its records, by source (read otherwise: the contract changed); matching, where nothing did.",
    ),
    C("distance_m", "number", "Distance moved", "How far a site moved; null for other changes.", unit="m"),
)
"""Columns of `changes`."""

VOCABULARY: tuple[Column, ...] = (
    C("list", "text", "List of values", "Which list the value belongs to."),
    C("value", "text", "Value in the data", "The value as it is written in the columns that use the list."),
    C("label", "text", "Label in English", "What the value means."),
    *(C(f"label_{code}", "text", f"Label in {name}", f"What the value means, in {name}; null where not translated.")
      for code, name in LANGUAGES.items()),
    C("used_by", "text", "Columns that use it", "Tables and columns whose values come from the list."),
)  # fmt: skip
"""Columns of `vocabulary`."""

DICTIONARY: tuple[Column, ...] = (
    C("table_name", "text", "Layer or table", "Layer or table of this file."),
    C("column_name", "text", "Column of it", "Column of the layer or table."),
    C("title", "text", "Title of the column", "Name that forms and tables show."),
    C("description", "text", "Meaning of the column", "What the values mean."),
    C("kind", "text", "Kind of value", "Text, whole number, number, yes or no, or date."),
    C("unit", "text", "Unit of measure", "Unit of a number; null where it has none."),
    C("list", "text", "List of its values", "List that the values come from; null where they are free."),
)
"""Columns of `dictionary`."""
