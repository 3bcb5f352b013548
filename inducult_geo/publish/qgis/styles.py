"""QGIS styles (QML), made from the declared layers and the templates in `publish/styles/`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from inducult_geo.publish.layers.columns import Column
from inducult_geo.publish.layers.declared import Layer
from inducult_geo.publish.layers.domains import DOMAINS
from inducult_geo.publish.qgis.attribute_tables import in_order, is_aside, width_px
from inducult_geo.publish.qgis.in_words import NO_END, Spelled, name_alone, spelled, year_in_words
from inducult_geo.publish.qgis.pictograms import embedded
from inducult_geo.publish.qgis.symbols import OTHER_COLOR, aspect_marks, theme_colors
from inducult_geo.publish.qgis.weblinks import WEB_LINKS

QGIS_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""What QGIS writes for null in a value map."""

ANSWERS = ("decision", "decided_by", "note")
"""The columns that a person fills in."""

ANY_YEARS = (1, 9999)
"""All years that QGIS knows."""

_MULTILINE = (
    "why", "detail", "message", "question", "note", "attribution",
    "description", "used_by", "operation", "boundary_source", "sha256",
)  # fmt: skip
_OF_TODAY = ("review", "changes")
"""Layers that speak of the data, and of no time before."""

_WIDE = 24
"""A list of values with more letters than these does not fit beside its label."""

# A thousandth less than a centimeter: a map at 1:100,000 is one at 1:99,999.9999 to QGIS 3.22, and not to 3.40.
_ROUGH = 'coalesce("accuracy_m", 0) >= 0.00999 * coalesce(@map_scale, 1e9)'
"""Whether the true place may lie a centimeter or more off on the map; in a legend, which has no scale, none does."""

_LEAST = 0.45
"""What is left of a sign's diameter on a small map where there is room."""

_ROOMY = {"site_points": 5_000, "review": 1_000}
"""So many rows leave a map of a continent free between their signs; the ring of a question is larger than a site."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Field:
    """A column as a form shows it: the widget's type and its settings; `expression` where QGIS reckons its values."""

    column: Column
    index: int
    widget: str
    config: Mapping[str, Any]
    editable: bool
    expression: str = ""

    @property
    def alias(self) -> str:
        """What stands beside the widget and above a column of the table."""
        return f"{self.column.label} (JSON)" if self.column.json else self.column.label

    @property
    def labels(self) -> list[str]:
        """The labels of its values, where they come from a list."""
        return [label for entry in self.config.get("map", ()) for label in entry]

    @property
    def is_wide(self) -> bool:
        """Whether it needs the width of the form: its label then stands above it, not beside."""
        return bool(self.config.get("IsMultiline")) or max(map(len, self.labels), default=0) > _WIDE


@cache
def environment() -> Environment:
    """Return the environment of the style templates: everything that is filled in is escaped."""
    loader = PackageLoader("inducult_geo.publish", "styles")
    # Autoescape is on for every file: QML is XML, and names come from outside.
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_xml_text,
    )


def _xml_text(value: Any) -> Any:
    """Take out of a text what XML 1.0 cannot hold."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)


def styles_of(
    layer: Layer, *, region_titles: Mapping[str, str], years: tuple[int, int] = ANY_YEARS, n_rows: int = 0
) -> dict[str, str]:
    """Return the QML of every style of a layer by name, the default one first.

    Parameters
    ----------
    layer
        The declared layer.
    region_titles
        Region id -> title, for the value map of the column `region`.
    years
        The first and the last year that the temporal controller shows of what does not tell when it began or ended.
    n_rows
        How many rows the layer has: the more, the smaller its signs on a map of many regions.
    """
    least = round(min(_LEAST, _LEAST * (_ROOMY.get(layer.name, _ROOMY["site_points"]) / max(n_rows, 1)) ** 0.5), 2)
    named = ((layer.style_name, layer.style), *layer.more_styles)
    return {name: _rendered(layer, tuple(region_titles.items()), years, template, least) for name, template in named}


@lru_cache(maxsize=64)
def _rendered(
    layer: Layer, region_titles: tuple[tuple[str, str], ...], years: tuple[int, int], template: str, least: float
) -> str:
    """Fill in a template; a service that publishes each night, and tests, ask for the same ones again and again."""
    titles = dict(region_titles)
    fields = [_field(layer, column, index, titles) for index, column in enumerate(layer.columns, start=1)]
    told = [*spelled(layer), *([alone] if (alone := name_alone(layer)) else [])]
    words = {one.of: _field_in_words(one, index) for index, one in enumerate(told, start=len(fields) + 1)}
    return (
        environment()
        .get_template(template)
        .render(
            layer=layer,
            fields=[*fields, *words.values()],
            table=_table(layer, [*fields, *words.values()]),
            tabs=_tabs([words.get(field.column.name, field) for field in fields]),
            web={link.column: link for link in WEB_LINKS if link.column in {one.column.name for one in fields}},
            lifetime=_lifetime(layer, years),
            pales=_has_years(layer),
            aspects=aspect_marks(),
            aspect_of={mark.value: mark for mark in aspect_marks()},
            themes=theme_colors(),
            theme=_theme_expressions(),
            drawings={value: embedded(value) for value in DOMAINS["theme"]},
            domains=DOMAINS,
            tip=_tip_expressions,
            tip_text=_tip_text,
            year=year_in_words,
            no_end=NO_END,
            rough=_ROUGH,
            least=least,
            labelled=_with_accuracy(layer.display),
        )
    )


def _field(layer: Layer, column: Column, index: int, region_titles: Mapping[str, str]) -> Field:
    widget, config = _widget(layer, column, region_titles)
    return Field(column, index, widget, config, layer.name != "review" or column.name in ANSWERS)


def _field_in_words(told: Spelled, index: int) -> Field:
    # Text and no HTML: what came from outside stands in it as it is.
    return Field(told.column, index, "TextEdit", {"IsMultiline": True, "UseHtml": False}, False, told.expression)


def _widget(layer: Layer, column: Column, region_titles: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Choose the widget of a column by what it holds."""
    if column.domain is not None:
        return "ValueMap", {"map": _value_map(DOMAINS[column.domain], with_open=layer.name == "review")}
    if column.name == "region" and layer.name != "regions":
        return "ValueMap", {"map": _value_map(region_titles, with_open=False)}
    if column.kind == "date":
        return "DateTime", {"display_format": "yyyy-MM-dd", "field_format": "yyyy-MM-dd", "allow_null": True}
    if column.kind == "flag":
        return "CheckBox", {"TextDisplayMethod": 0}
    # Numbers are text, too: a spin box is gray and puts them at its right end, beyond the edge of a narrow form.
    # A box of several lines holds "NULL" as its text where nothing is: what is written beside that keeps it.
    is_answer = layer.name == "review" and column.name in ANSWERS
    multiline = column.json or (column.name in _MULTILINE and not is_answer)
    return "TextEdit", {"IsMultiline": multiline, "UseHtml": False}


def _value_map(values: Mapping[str, str], *, with_open: bool) -> list[dict[str, str]]:
    entries = [{label: value} for value, label in values.items()]
    return ([{"(open)": QGIS_NULL}] if with_open else []) + entries


def _table(layer: Layer, fields: Sequence[Field]) -> list[tuple[str, int, bool]]:
    """Return the columns of the table of attributes in order: name, width in pixels, whether it is hidden."""
    named = {field.column.name: field for field in fields}
    widths = {name: width_px(field.column, field.alias, field.labels) for name, field in named.items()}
    order = in_order(layer, [*named])
    return [(name, widths[name], is_aside(layer, named[name].column, named)) for name in order]


def _tabs(fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    """Gather the fields of each tab, in the order in which the tabs are met first."""
    order = list(dict.fromkeys(field.column.group for field in fields))
    ranked = sorted(fields, key=lambda field: order.index(field.column.group))
    return [(name, list(group)) for name, group in groupby(ranked, key=lambda field: field.column.group)]


def _theme_expressions() -> dict[str, str]:
    """Return QGIS expressions that give the pictogram and the color of a site's theme, and the pictogram of no theme.

    The values are our own, never outside's.
    """
    return {
        "drawing": _by_theme({value: embedded(value) for value in DOMAINS["theme"]}, embedded("other")),
        "color": _by_theme({value: color for value, _, color in theme_colors()}, OTHER_COLOR),
        "other": embedded("other"),
    }


def _by_theme(values: Mapping[str, str], otherwise: str) -> str:
    pairs = ", ".join(f"'{theme}', '{value}'" for theme, value in values.items())
    return f"coalesce(map_get(map({pairs}), \"theme\"), '{otherwise}')"


def _with_accuracy(expression: str) -> str:
    """Return an expression of a site's label that tells the accuracy where the place is rough on the map at hand."""
    # Spaces that do not break: a label is wrapped at others.
    length = (
        'if("accuracy_m" < 1000, to_string(ceil("accuracy_m")) || \'\N{NO-BREAK SPACE}m\', '
        "to_string(ceil(\"accuracy_m\" / 100) / 10) || '\N{NO-BREAK SPACE}km')"
    )
    return f"{expression} || if({_ROUGH}, ' (±\N{NO-BREAK SPACE}' || {length} || ')', '')"


def _has_years(layer: Layer) -> bool:
    return {"start_year", "end_year"} <= {column.name for column in layer.columns}


def _lifetime(layer: Layer, years: tuple[int, int]) -> tuple[str, str] | None:
    """Return QGIS expressions of when a site or record began and ended, for its temporal controller.

    What is not known, or before our era, bounds nothing within the years that are shown: QGIS hides at all times what
    has a null there. Noon, lest another time zone moves a day into the next year. A question and a change are of the
    data: they stand in their last year alone.
    """
    first, last = years
    if layer.geometry is None:
        return None
    if layer.name in _OF_TODAY:
        return f"make_datetime({last}, 1, 1, 12, 0, 0)", f"make_datetime({last}, 12, 31, 12, 0, 0)"
    if not _has_years(layer):
        return None
    return (
        f'make_datetime(max(coalesce("start_year", {first}), 1), 1, 1, 12, 0, 0)',
        f'make_datetime(max(coalesce("end_year", {last}), 1), 12, 31, 12, 0, 0)',
    )


def _tip_expressions(column: str) -> str:
    """Return a QGIS expression that gives a column's text with HTML's own characters taken out of action."""
    return _tip_text(f'represent_value("{column}")')


def _tip_text(expression: str) -> str:
    return f"replace(coalesce({expression}, ''), map('&', '&amp;', '<', '&lt;', '>', '&gt;'))"
