"""The print layout with one page for each site: map, facts, names, years and terms.

Its map is that of the main window, as that of the other layouts. What came from outside stands in labels as text that
QGIS evaluates nothing in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inducult_geo.publish.layers.declared import layer_named
from inducult_geo.publish.qgis.in_words import NO_END, year_in_words
from inducult_geo.publish.qgis.layouts import Box, Sheet

CARD = Sheet("Card of a site on A4", 210, 297)
SCALE = 100_000
"""Of its map: the site with its neighbors."""

BOXES = {
    "page": Box(0, 0, CARD.width_mm, CARD.height_mm),
    "title": Box(10, 8, 190, 13),
    "subtitle": Box(10, 22, 190, 9),
    "map": Box(10, 33, 190, 110),
    "here": Box(100.3, 83.3, 9.4, 9.4),
    "scale": Box(10, 145, 60, 10),
    "facts": Box(10, 158, 93, 106),
    "told": Box(107, 146, 93, 118),
    "credit": Box(10, 267, 190, 22),
}
"""Where each item lies on the page; a ring in the middle of the map says which of its sites the page is about.

It is as wide as goes between a symbol and the name beside it.
"""

_FACTS = (
    ("Monument or factory", "aspect"),
    ("Condition", "status"),
    ("Use today", "present_use"),
    ("Operator", "operator"),
    ("Address", ("address", "postcode", "city")),
    ("Heritage", ("heritage_scheme", "heritage_ref", "heritage_designation")),
    ("ERIH", "erih_role"),
    ("Visitors", ("visitor_access", "opening_hours", "fee")),
    ("Wheelchair", "wheelchair"),
    ("Website", "website"),
    ("Wikidata", "wikidata"),
    ("Part of", "part_of"),
)
"""What stands before a value, and its column, or the columns that are told in one line."""

_LISTS = (("Names", "names"), ("Past and present", "timeline"), ("Contradictions", "conflicts"))


def card(extent: tuple[float, float, float, float], records: str) -> dict[str, Any]:
    """Return what the template of the card needs.

    Parameters
    ----------
    extent
        Of all sites, in meters: the map stands in its middle until a page is shown.
    records
        Id of the relation from a site to its records.
    """
    box = BOXES["map"]
    width, height = box.width * SCALE / 1000, box.height * SCALE / 1000
    x, y = (extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2
    shown = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return {"sheet": CARD, "boxes": BOXES, "texts": _texts(records), "extent": shown, "scale": SCALE}


def _texts(records: str) -> dict[str, str]:
    """Return the text of each label, with expressions in it that QGIS evaluates for the site of the page."""
    return {
        "title": _of_site(layer_named("site_points").display, "Atlas > Preview Atlas shows the sites one by one"),
        "subtitle": _of_site(_joined([_words("type"), _words("theme"), _words("region"), '"country"'], " · ")),
        "facts": _of_site(_joined(_facts(records), "\\n")),
        "told": _of_site(_joined([_list(title, column) for title, column in _LISTS], "\\n\\n")),
        "credit": _of_site(
            "'License: ' || coalesce(\"licence\", '') || '. ' || coalesce(\"attribution\", '') || '\\n' || \"site_id\""
            " || ' · ' || @project_title || ' · ' || @inducult_date || ' · map in ' || @project_crs"
        ),
    }


def _of_site(expression: str, otherwise: str = "") -> str:
    """Return a label's text: the expression of the site, or other words as long as the atlas is not shown."""
    return f"[% if(@atlas_featureid is null, '{otherwise}', {expression}) %]"


def _facts(records: str) -> list[str]:
    lines = [_line(title, columns) for title, columns in _FACTS]
    begun, ended = (
        year_in_words("start_year", "year_precision", "'?'"),
        year_in_words("end_year", "end_precision", NO_END),
    )
    years = f"if(coalesce(\"start_year\", \"end_year\") is null, null, 'Years: ' || {begun} || ' – ' || {ended})"
    origin = 'lower(represent_value("geometry_origin"))'
    place = f"'Place: true to ' || to_string(ceil(\"accuracy_m\")) || ' m, ' || {origin}"
    sources = f"'Sources: ' || relation_aggregate('{records}', 'concatenate_unique', \"source\", ', ')"
    return [lines[0], years, *lines[1:], place, sources]


def _line(title: str, columns: str | Sequence[str]) -> str:
    if isinstance(columns, str):
        return f"'{title}: ' || {_words(columns)}"
    return f"'{title}: ' || nullif({_joined([_words(column) for column in columns], ', ')}, '')"


def _list(title: str, column: str) -> str:
    return f"'{title}\\n' || \"{column}_in_words\""


def _words(column: str) -> str:
    """Return a value in words; null where nothing is known."""
    return f"if(coalesce(\"{column}\", 'unknown') = 'unknown', null, represent_value(\"{column}\"))"


def _joined(parts: Sequence[str], between: str) -> str:
    """Join what is not null."""
    return f"array_to_string(array_filter(array({', '.join(parts)}), @element is not null), '{between}')"
