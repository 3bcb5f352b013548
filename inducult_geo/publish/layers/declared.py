"""The layers of a release: each declaration gives the alias, form, style and documentation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from inducult_geo.publish.bundle import Bundle
from inducult_geo.publish.layers import columns
from inducult_geo.publish.layers.columns import Column
from inducult_geo.publish.layers.former_ids import FORMER_IDS, FORMER_KEYS, former_ids, former_keys


@dataclass(frozen=True)
class Layer:
    """One layer or table of the GeoPackage.

    Attributes
    ----------
    name, title, description
        Table name, the name that a person sees, and what it holds.
    geometry
        `Point`, `MultiPolygon`, or None for a table of attributes.
    columns
        Its columns in order, without `fid` and `geom`.
    style
        Template in `publish/styles/` of the default style.
    style_name
        What the default style is called.
    more_styles
        Names and templates of further styles that a person can choose.
    display
        Expression that names a feature in lists and map tips (QGIS).
    first
        Columns that its table of attributes shows first (QGIS): in words where QGIS has such for them.
    largest_first
        Number by which its table is sorted, the largest first (QGIS); "" for the order of the file.
    group
        Group of the embedded project's layer tree.
    always
        Whether the table stands in the file even where it has no rows.
    rows
        From what is published to the layer's rows, for a layer that `tables.layer_frames` does not know by name: the
        declared columns and, where it is spatial, a geometry in EPSG:3035.
    """

    name: str
    title: str
    description: str
    geometry: Literal["Point", "MultiPolygon"] | None
    columns: tuple[Column, ...]
    style: str = "table.qml.j2"
    style_name: str = "default"
    more_styles: tuple[tuple[str, str], ...] = ()
    display: str = ""
    first: tuple[str, ...] = ()
    largest_first: str = ""
    group: str = "Evidence"
    always: bool = False
    rows: Callable[[Bundle], pd.DataFrame] | None = None

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)


_SITE_NAME = 'coalesce("name", "name_en", if("type" is null, null, represent_value("type")), "site_id")'
"""A site without a name is called what it is ("Quarry"); its id would say nothing to a reader of the map."""

_RECORD_NAME = "coalesce(map_get(json_to_map(\"names\"), 'name') || ' (' || \"record_key\" || ')', \"record_key\")"
"""The lists of a form show records by name: of "osm:way/…" nobody knows what it is."""

_SITE_FIRST = (
    "name", "region", "type", "theme", "aspect", "status", "present_use", "start_year", "end_year", "city",
    "accuracy_m", "n_sources", "n_review", "site_id",
)  # fmt: skip
_OUTCOME_FIRST = ("name", "source", "outcome", "site_id", "type", "status", "start_year", "end_year", "place")
_REFUSED = ("record_key", "names", "reason", "detail", "place", "raw_x", "raw_y", "declared_crs")
"""By what a person corrects a rejected record: its first columns, and the first tab of its form."""

_REJECTED: tuple[Column, ...] = (
    *(replace(column, group="Why not used") for name in _REFUSED for column in columns.RECORDS if column.name == name),
    *(column for column in columns.RECORDS if column.name not in _REFUSED),
)

LAYERS: tuple[Layer, ...] = (
    Layer(
        "site_points",
        "Industrial sites",
        "Sites of industrial culture, one point each: monuments, active factories, and places that are both.",
        "Point",
        columns.SITES,
        style="site_points.qml.j2",
        style_name="by aspect",
        more_styles=(
            ("by branch", "site_points_by_theme.qml.j2"),
            ("heritage", "site_points_heritage.qml.j2"),
            ("production", "site_points_production.qml.j2"),
            ("data quality", "site_points_quality.qml.j2"),
            ("background", "site_points_background.qml.j2"),
        ),
        display=_SITE_NAME,
        first=_SITE_FIRST,
        group="Sites",
        always=True,
    ),
    Layer(
        "site_areas",
        "Outlines of sites",
        "Outlines of those sites of which a source knows the area; joined to site_points by site_id.",
        "MultiPolygon",
        columns.SITES,
        style="site_areas.qml.j2",
        display=_SITE_NAME,
        first=_SITE_FIRST,
        group="Sites",
    ),
    Layer(
        "review",
        "Open questions",
        "Questions that a person must answer: choose a decision for each and import the file again.",
        "Point",
        columns.REVIEW,
        style="review.qml.j2",
        display='coalesce("question", "review_id")',
        largest_first="priority",
        group="Review",
    ),
    Layer(
        "source_records",
        "Records of the sources",
        "Every record that is part of a site or waits for a person, at a point on its own geometry.",
        "Point",
        (*columns.RECORDS, *columns.OUTCOME),
        style="source_records.qml.j2",
        display=_RECORD_NAME,
        first=_OUTCOME_FIRST,
        always=True,
    ),
    Layer(
        "matches",
        "Compared records",
        "Pairs of records that may be one site, with the decision and the evidence: from a score of 0.05 on, and of "
        "less where others fit better, one lies in the other, or a person decided.",
        None,
        columns.PAIRS,
        display='"left_key" || \' - \' || "right_key"',
        first=("left_key", "right_key", "decision", "score", "distance_m", "why"),
    ),
    Layer(
        "rejected",
        "Rejected records",
        "Records that cannot be used, each with the reason and what to do about it.",
        None,
        _REJECTED,
        display=_RECORD_NAME,
        first=("name", "reason", "detail", "place", "source", "record_key"),
    ),
    Layer(
        "changes",
        "Changes since the last release",
        "Sites that are new, gone, moved, renamed, closed, reopened, merged, split or revised since the last release.",
        "Point",
        columns.CHANGES,
        style="changes.qml.j2",
        display='coalesce("name", "site_id")',
        first=("change", "name", "region", "detail", "cause"),
        group="Changes",
    ),
    Layer(
        "former_ids",
        "Former site ids",
        "Ids of sites that were merged into others since they were first published, and what they lead to now.",
        None,
        FORMER_IDS,
        display='"site_id" || \' is now \' || "merged_into"',
        group="Changes",
        rows=former_ids,
    ),
    Layer(
        "former_keys",
        "Former record keys",
        "Keys that records had before their sources gave them others (a list numbered anew, an area drawn again).",
        None,
        FORMER_KEYS,
        display='"former_key" || \' is now \' || "record_key"',
        group="Changes",
        rows=former_keys,
    ),
    Layer(
        "regions",
        "Regions",
        "Regions of the map with the counts of their records: records_in = in_sites + in_review + rejected.",
        "MultiPolygon",
        columns.REGIONS,
        style="regions.qml.j2",
        display='"title"',
        first=("title", "sites", "records_in", "in_sites", "in_review", "rejected", "state", "message"),
        group="Background",
        always=True,
    ),
    Layer(
        "sources",
        "Sources",
        "Every source with its license, the way its coordinates were read, and the counts of its records.",
        None,
        columns.SOURCES,
        display='"title"',
        first=("title", "source", "licence", "state", "records_in", "in_sites", "in_review", "rejected", "accuracy_m"),
        always=True,
    ),
    Layer(
        "runs",
        "This release",
        "One row: what the release holds and which run wrote it.",
        None,
        columns.RUNS,
        display='"title"',
        first=("title", "data_date", "run_id"),
        always=True,
    ),
    Layer(
        "dictionary",
        "Data dictionary",
        "Every column of every layer and table: title, meaning, kind, unit and list of values.",
        None,
        columns.DICTIONARY,
        display='"table_name" || \'.\' || "column_name"',
        group="Documentation",
        always=True,
    ),
    Layer(
        "vocabulary",
        "Lists of values",
        "Every value that a coded column can take, with its label in English and in the languages of the regions.",
        None,
        columns.VOCABULARY,
        display='"list" || \': \' || "label"',
        group="Documentation",
        always=True,
    ),
)
"""Every layer, the default one first."""


def layer_named(name: str) -> Layer:
    """Return a layer by its table name."""
    return next(layer for layer in LAYERS if layer.name == name)


def layer_id(name: str) -> str:
    """Return the id of a layer in the project: QGIS silently replaces short ones, so it ends in a hash."""
    return f"{name}_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
