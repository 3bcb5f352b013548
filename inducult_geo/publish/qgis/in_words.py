"""Columns of JSON shown as lines of words, by virtual fields that QGIS computes; the file does not hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inducult_geo.frames import TO_THE_YEAR
from inducult_geo.publish.layers.columns import LANGUAGES, SITES, Column
from inducult_geo.publish.layers.declared import Layer
from inducult_geo.publish.layers.domains import DOMAINS

NO_END = "if(coalesce(\"status\", 'unknown') in ('disused', 'decommissioned', 'unknown'), '?', '')"
"""What stands for an end that is not told: what is in use has none, so only where it may have one is it a question."""

_KINDS = {"alt": "also", "old": "earlier", "official": "official", "short": "short", "en": "English"} | LANGUAGES
_LABELS = {column.name: column.alias for column in SITES} | {"geometry": "Place", "place": "Place"}


@dataclass(frozen=True)
class Spelled:
    """A field of QGIS that tells in words what a column of JSON holds.

    Attributes
    ----------
    column
        The field as a form shows it: label, tab and meaning are those of the column of JSON.
    of
        Name of the column of JSON.
    expression
        Expression of QGIS: text in lines, or null where the column is null.
    """

    column: Column
    of: str
    expression: str


def spelled(layer: Layer) -> tuple[Spelled, ...]:
    """Return the fields that tell a layer's columns of JSON in words, in the order of the columns."""
    return tuple(
        Spelled(replace(column, name=f"{column.name}_in_words", json=False), column.name, _expression(column.name))
        for column in layer.columns
        if column.json
    )


def name_alone(layer: Layer) -> Spelled | None:
    """Return the field that tells the name of a record in one line, as high as a row of the table of attributes is.

    None for a layer that has a column of names, or no names.
    """
    names = next((column for column in layer.columns if column.name == "names"), None)
    if names is None or any(column.name == "name" for column in layer.columns):
        return None
    column = replace(names, name="name_in_words", alias="Name", description="Name of the record.", json=False)
    told = "with_variable('told', json_to_map(\"names\"), coalesce(map_get(@told, 'name'), map_avals(@told)[0]))"
    return Spelled(column, "name", _if_told("names", told))


def _expression(column: str) -> str:
    if column == "names":
        return _names()
    if column == "timeline":
        return _timeline()
    if column == "conflicts":
        return _conflicts()
    return _lineage() if column == "lineage" else _pairs(column)


def _names() -> str:
    """One name a line, the name of the place first, each other with its kind or language."""
    keys = "map_akeys(@told)"
    first = f"array_prioritize({keys}, array('name'))"
    kind = "regexp_substr(@element, '^(?:name(?![a-z])[:_]?)?(.*?)(?:[_-]?[0-9]+)?$')"
    # A second name in no language has no kind.
    told = f"with_variable('kind', {kind}, if(@kind = '', '', ' (' || {_label('@kind', _KINDS)} || ')'))"
    said = f"if(@element = 'name', '', {told})"
    return _lines("names", f"array_foreach({first}, map_get(@told, @element) || {said})")


def _timeline() -> str:
    """One event a line: the year and how exact it is, what happened, the record that says so."""
    year = "if(@element['year'] < 0, abs(@element['year']) || ' BC', to_string(@element['year']))"
    exact = _loosely("@element['precision']")
    line = f"{year} || {exact} || ' ' || @element['event'] || ' · ' || @element['record']"
    return _if_told("timeline", _joined(f'array_foreach(from_json("timeline"), {line})'))


def _conflicts() -> str:
    """One statement a line: the column, its value in words, the record that says so."""
    said = "map_get(@told, @column)"
    value = f"map_get({said}, @element)"
    # Of what is no column, such as the place, QGIS has no words, and no answer at all.
    coded = ", ".join(_quoted(column.name) for column in SITES if column.domain)
    words = f"if(@column in ({coded}), represent_value({value}, @column), {_text(value)})"
    line = f"coalesce(@labels[@column], @column) || ': ' || {words} || ' · ' || @element"
    each = f"with_variable('column', @element, {_joined(f'array_foreach(map_akeys({said}), {line})')})"
    return _lines("conflicts", _labelled(f"array_foreach({_keys_in_order()}, {each})"))


def _lineage() -> str:
    """One value a line: its column, and the record that it comes from."""
    line = "coalesce(@labels[@element], @element) || ': ' || map_get(@told, @element)"
    return _lines("lineage", _labelled(f"array_foreach({_keys_in_order()}, {line})"))


def _pairs(column: str) -> str:
    """One key with its value a line."""
    value = _text("map_get(@told, @element)")
    return _lines(column, f"array_foreach(map_akeys(@told), @element || ': ' || {value})")


def year_in_words(column: str, precision: str, missing: str) -> str:
    """Return an expression of a year that tells how exact it is, where it is not exact to the year.

    Parameters
    ----------
    column, precision
        Names of the columns.
    missing
        Expression of what stands for a year that is not told.
    """
    exactly = _loosely(f'"{precision}"')
    return f'coalesce(to_string("{column}") || {exactly}, {missing})'


def _loosely(precision: str) -> str:
    """Return an expression that tells in brackets how exact a year is, "" where it is exact to the year or not told.

    Parameters
    ----------
    precision
        Expression that gives a value of the list `year_precision`.
    """
    loose = {value: label for value, label in DOMAINS["year_precision"].items() if value not in TO_THE_YEAR}
    return f"coalesce(' (' || lower({_map(loose)}[{precision}]) || ')', '')"


def _keys_in_order() -> str:
    """Return the keys of the map `@told` in the order of the columns of a site; behind them those that are none."""
    columns = f"array({', '.join(map(_quoted, _LABELS))})"
    return f"array_prioritize(map_akeys(@told), {columns})"


def _lines(column: str, lines: str) -> str:
    """Join lines that are made of the map `@told`, which a column holds."""
    return _if_told(column, f"with_variable('told', json_to_map(\"{column}\"), {_joined(lines)})")


def _if_told(column: str, lines: str) -> str:
    """Reckon nothing where the column is null, as most are: an export takes its time for each site."""
    return f'if("{column}" is null, null, {lines})'


def _labelled(expression: str) -> str:
    """Give the labels of columns to an expression as `@labels`: QGIS makes a map anew wherever it is written."""
    return f"with_variable('labels', {_map(_LABELS)}, {expression})"


def _joined(lines: str) -> str:
    return f"array_to_string({lines}, '\\n')"


def _text(value: str) -> str:
    """Return the text of a value; a list or a map as JSON."""
    return f"coalesce(to_string({value}), to_json({value}))"


def _label(key: str, labels: Mapping[str, str]) -> str:
    return f"coalesce({_map(labels)}[{key}], {key})"


def _map(values: Mapping[str, str]) -> str:
    return f"map({', '.join(_quoted(text) for pair in values.items() for text in pair)})"


def _quoted(text: str) -> str:
    """Return a text of our own, never outside's, as QGIS writes one."""
    return "'" + text.replace("'", "''") + "'"
