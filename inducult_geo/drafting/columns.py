"""Guess what the columns of an unknown table hold: keys, names, coordinates, dates, postcodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from inducult_geo.drafting.column import Column, any_of, called, called_only, found_in, parted
from inducult_geo.drafting.names import is_further
from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import marked_angles
from inducult_geo.harmonize.coordinates.read import parse_coordinates
from inducult_geo.harmonize.dates.read import date_text, parse_date
from inducult_geo.harmonize.words.dated_states import status_of
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.match.reading.fuels import fuel_bits
from inducult_geo.sources.formats.table import has_shapes
from inducult_geo.sources.partners.marks import is_marked, says_yes_or_no
from inducult_geo.text import fold_once, wikidata_item
from inducult_geo.text.countries import country_code

_MOSTLY = 0.8
_SOME = 0.2
_FEW = 3
_ASKED = 2000
_HEADS_FIRST = ("type", "status")
"""Fields of which the cells are asked only where no column is called so."""

_LABEL = re.compile(r"(?<=[a-z])Label$")
"""How Wikidata's query service calls the column with the names of what another one numbers: "typeLabel"."""

OSM_KEYS = ("man_made", "industrial", "craft", "historic")
"""Tags of OpenStreetMap that tell a kind of works, in the order in which they are asked."""

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|info|eu|at|be|ch|cz|de|fr|hr|it|nl|pl|si)(?:/\S*)?"
)


@dataclass(frozen=True)
class Rule:
    """How a field's column is told: words in its name with a test of its cells, or by its cells alone."""

    field: str
    words: re.Pattern[str]
    test: Callable[[Column], bool]
    alone: Callable[[Column], bool] = lambda _: False

    def fits(self, column: Column) -> bool:
        """Whether a column looks like the field."""
        return self.names(column) or self.alone(column)

    def names(self, column: Column) -> bool:
        """Whether a column is called so, and its cells do not gainsay it."""
        name, inner = (fold_once(_LABEL.sub("", one)) for one in (column.name, _innermost(column.name)))
        if inner != name and any(rule.words.search(inner) for rule in RULES):
            # The town of an address is no address.
            name = inner
        is_called = self.words.search(name) is not None or self._is_part_of(column.name)
        return is_called and self.test(column)

    def _is_part_of(self, name: str) -> bool:
        """Whether a part of a name in one word says it: the last, but of a date any (dateOfStartOfOperation)."""
        if self.field in ("start", "end"):
            return self.words.search(fold_once(parted(name))) is not None
        # A contactName is no name, and one of a ParentCompany none of a site.
        return self.field != "name" and found_in(self.words, name) is not None


def _innermost(name: str) -> str:
    """Return what an element within others is called ("address.town"), as in XML and JSON; else the name itself."""
    parts = name.split(".")
    return parts[-1] if all(len(part) > 1 and part.isidentifier() for part in parts) else name


def _repeats(column: Column) -> bool:
    return len(column.cells) > _FEW and len(set(column.cells)) <= 0.5 * len(column.cells)


_OWNER = called("operator", "parent")
_REGION = any_of(whole=("state", "staat"))
"""What may be a condition, or a part of a country: a column that can only be the one goes before it."""

_USE = called("present_use")
_USE_OF_ANY_TIME = called_only("present_use")
"""Words for a use that leave open whether it is that of today ("Nutzung"): a list of old works tells their kinds so."""


def _says_kinds(column: Column) -> bool:
    """Whether most cells are words for kinds, and the same ones again and again: names of works tell them, too.

    A column of uses is no column of names; what is a use of today as well ("Museum") makes none of kinds of it.
    """
    vocabulary, name = load_vocabulary(), fold_once(column.name)
    if _USE.search(name):
        kinds = column.share(lambda cell: vocabulary.map_type(cell) is not None and vocabulary.map_use(cell) is None)
        return kinds > 0.5 and _USE_OF_ANY_TIME.search(name) is not None
    return _repeats(column) and column.share(lambda cell: vocabulary.map_type(cell) is not None) >= _MOSTLY


def _says_conditions(column: Column) -> bool:
    """Whether most cells are words for conditions: a yes, a no, and what is not known answer other questions, too."""
    if not _repeats(column) or any(is_marked([cell]) for cell in set(column.cells)):
        return False
    return column.share(lambda cell: status_of(cell, load_vocabulary()) not in (None, "unknown")) >= _MOSTLY


def is_item(cell: str) -> bool:
    """Whether a cell is the number or the address of an item of Wikidata."""
    return wikidata_item(cell) is not None


def _is_kind(column: Column) -> bool:
    """Whether a column may hold kinds of works: texts, but not those of objects of OpenStreetMap, nor items."""
    return _is_text(column) and not set(column.cells) <= {"node", "way", "relation"} and column.share(is_item) < _MOSTLY


def _is_text(column: Column) -> bool:
    return column.share(lambda cell: sum(map(str.isalpha, cell)) >= 2) >= 0.5


def _is_date(column: Column) -> bool:
    """Whether half of the cells are dates, and not moments at which a form was filled in."""
    moments = column.share(lambda cell: bool(re.search(r"[T ]\d\d:\d\d", cell)) and "00:00" not in cell)
    known = [cell for cell in column.sample if date_text(cell) is not None]
    return moments < 0.5 and bool(known) and sum(parse_date(cell) is not None for cell in known) >= 0.5 * len(known)


_POSTCODE: Final = re.compile(r"(?:[A-Z]{1,3}[- ] ?)?(?:\d{2}-?\d{2,3}|\d{3} ?\d{2}|\d{6})")


def _is_postcode(column: Column) -> bool:
    return column.share(lambda cell: bool(_POSTCODE.fullmatch(cell))) >= 0.7


def _is_capacity(column: Column) -> bool:
    """Whether the column holds numbers, or most cells do with a unit of power ("168 MW")."""
    with_unit = re.compile(r"[\d., ]+[kMG]W[a-z]{0,2}", re.IGNORECASE)
    return column.decimal is not None or column.share(lambda cell: bool(with_unit.fullmatch(cell))) >= _MOSTLY


def _names_fuels(column: Column) -> bool:
    """Whether most cells tell a fuel, and the same ones again and again: names of plants tell it, too."""
    return len(set(column.cells)) <= 0.5 * len(column.cells) and column.share(lambda c: fuel_bits(c) > 0) >= _MOSTLY


def _is_nace(column: Column) -> bool:
    """Whether most cells are codes of the classification of activities, as registers write them ("NACE_1.1:40.10")."""
    return column.share(lambda cell: bool(re.fullmatch(r"(?:[A-Z]{4}[^:]*:)?\d{2}(?:\.?\d{1,2})?", cell))) >= _MOSTLY


def _is_web(column: Column) -> bool:
    return column.share(lambda cell: _ADDRESS.fullmatch(cell.lower()) is not None) >= _MOSTLY


def _is_country(column: Column) -> bool:
    return column.share(lambda cell: country_code(cell) is not None) >= _MOSTLY


def _tells_accuracy(column: Column) -> bool:
    """Whether a column's name does not say that it is dates that are so exact."""
    return _OF_DATES.search(fold_once(column.name)) is None


def _is_text_of_place(cell: str) -> bool:
    try:
        return parse_coordinates(cell) is not None
    except CoordinateError:
        return False


_OF_DATES = called("of dates")
_END = called("end")
_OTHER_DAYS = called("reported", "demolished")
"""Words for a year or day of which a report tells, or in which was pulled down what may have stood idle for long."""

_FROM = ("od", "von", "ab", "van(?! sluiting)", "from", "da")
_BEGIN = called("beginning", also=_FROM)


def _is_called_end(column: Column) -> bool:
    """Whether a column's name says that it tells ends of work, and not from when to when ("od - do", "start/end")."""
    name = fold_once(parted(column.name))
    return _END.search(name) is not None and _BEGIN.search(name) is None


def _tells_no_beginning(column: Column) -> bool:
    is_other = _OTHER_DAYS.search(fold_once(parted(column.name))) is not None
    return is_other or _is_called_end(column) or _is_day_of_a_register(column)


def _is_day_of_a_register(column: Column) -> bool:
    """Whether a column is called "from" alone and tells days: since when a thing is protected, or a firm is listed."""
    day = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}\. ?\d{1,2}\. ?\d{4}\.?|\d{1,2}/\d{1,2}/\d{4}")
    is_bare = fold_once(column.name) in map(fold_once, _FROM)
    return is_bare and column.share(lambda cell: day.fullmatch(cell) is not None) >= _MOSTLY


RULES: tuple[Rule, ...] = (
    Rule("name", called("name"), _is_text),
    Rule("alt_name", called("alt_name"), _is_text),
    Rule("old_name", called("old_name"), _is_text),
    Rule(
        "start",
        called("start", "beginning", whole=_FROM),
        lambda column: _is_date(column) and not _tells_no_beginning(column),
    ),
    Rule("end", _END, lambda column: _is_date(column) and _is_called_end(column)),
    Rule(
        "status",
        called("status"),
        lambda column: _is_text(column) and not says_yes_or_no(column.cells),
        _says_conditions,
    ),
    Rule("fuel", called("fuel"), _is_text, _names_fuels),
    Rule("type", called("type", whole=OSM_KEYS), _is_kind, _says_kinds),
    Rule("nace", called("nace"), _is_nace),
    Rule("operator", called("operator"), _is_text),
    Rule("parent", called("parent"), _is_text),
    Rule(
        "heritage_ref",
        called("heritage_ref"),
        lambda column: column.share(lambda cell: any(map(str.isdigit, cell))) >= _MOSTLY,
    ),
    Rule("accuracy_m", called("accuracy_m"), _tells_accuracy),
    Rule("address", called("address"), _is_text),
    Rule("postcode", called("postcode"), _is_postcode),
    Rule("city", called("city"), lambda column: _is_text(column) and not _is_country(column)),
    Rule("country", called("country"), _is_country),
    Rule("capacity", called("capacity"), _is_capacity),
    Rule("present_use", _USE, _is_text),
    Rule("opening_hours", called("opening_hours"), lambda column: bool(column.cells)),
    Rule("website", called("website"), _is_web),
)
# Bare words for length and width in Czech, Slovene and Croatian would more often be the size of a building.
X_NAME = called("x")
Y_NAME = called("y")


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """Return a table's columns without its geometry, blank cells left out."""
    names = [name for name in frame.columns if name != "geometry" or not has_shapes(frame)]
    return [
        Column(str(name), tuple(str(c).strip() for c in frame[name] if c is not None and str(c).strip()), len(frame))
        for name in names
    ]


def placed_columns(frame: pd.DataFrame, places: Collection[str], columns: list[Column]) -> list[Column]:
    """Return a table's columns as the rows with a place have them: banners, sums and notes are rows without one.

    Parameters
    ----------
    places
        Names of the columns that tell the place; none where shapes do, or nothing does.
    columns
        Its columns in all rows.
    """
    names = ["geometry"] if has_shapes(frame) else [name for name in frame if str(name) in places]
    lacks = pd.Series(False, index=frame.index)
    for name in names:
        lacks |= frame[name].isna() | (frame[name] == "")
    return columns_of(frame[~lacks]) if lacks.any() else columns


def fields_of(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """Return for each field of a record the columns that look like it, the likeliest first."""
    found: dict[str, list[Column]] = {}
    known = list(columns)
    for rule in RULES:
        fitting = [column for column in known if column.cells and rule.fits(column)]
        if rule.field in _HEADS_FIRST and (named := [column for column in fitting if rule.names(column)]):
            fitting = named
        if rule.field == "name":
            # A list may tell nothing but what its sites were called, or who owns them.
            fitting = [column for column in fitting if not is_further(column)] or fitting
            fitting = [column for column in fitting if not _OWNER.search(fold_once(column.name))] or fitting
        if fitting:
            found[rule.field] = sorted(
                fitting,
                key=lambda one: (not rule.alone(one), _REGION.search(fold_once(one.name)) is not None, -len(one.cells)),
            )
    return found


def names_of(columns: Iterable[Column]) -> list[Column]:
    """Return the columns that may hold names though they are not called so: short texts, mostly all different."""

    def may_be(column: Column) -> bool:
        texts = column.share(lambda cell: 3 <= len(cell) <= 80 and sum(map(str.isalpha, cell)) >= 3)
        return texts >= _MOSTLY and not _is_web(column) and len(set(column.cells)) > 0.5 * len(column.cells)

    return sorted(
        (column for column in columns if len(column.cells) > 0.5 * column.rows and may_be(column)),
        key=lambda column: -len(set(column.cells)),
    )


def axes_of(columns: Iterable[Column]) -> tuple[Column, Column] | None:
    """Return the columns of the east-west and the north-south number, told by name, both full of numbers or angles.

    Of several pairs the first goes before whose numbers are of one kind (degrees, or lengths) and so are its names
    (letters, or words): an `N.` beside `Est` and `Nord` is the number of the row.
    """
    known = [column for column in columns if column.cells and (column.decimal or column.is_angle)]
    known = [column for column in known if not column.is_counter]
    across = [(column, found) for column in known if (found := found_in(X_NAME, column.name))]
    along = [(column, found) for column in known if (found := found_in(Y_NAME, column.name))]
    pairs = [
        ((x.is_small != y.is_small, _is_letter(x_found) != _is_letter(y_found)), x, y)
        for x, x_found in across
        for y, y_found in along
        if x.name != y.name
    ]
    best = min(pairs, key=lambda pair: pair[0], default=None)
    return None if best is None else (best[1], best[2])


def _is_letter(found: re.Match[str]) -> bool:
    return sum(map(str.isalpha, found[0])) == 1


def angles_of(x: str, y: str) -> tuple[float, float] | None:
    """Return longitude and latitude of two cells with degrees and minutes, read as the harmonizer does."""
    try:
        found = parse_coordinates(marked_angles(y, x))
    except CoordinateError:
        return None
    return (found.b, found.a) if found.kind == "latlon" else None


def place_text_of(columns: Iterable[Column]) -> Column | None:
    """Return a column in which nearly every cell is a place: degrees and minutes, WKT, links of maps."""
    return next((column for column in columns if column.cells and column.share(_is_text_of_place) >= _MOSTLY), None)


def half_places_of(columns: Iterable[Column]) -> tuple[Column, str] | None:
    """Return the column of which most cells can be read as places, and how many those are.

    They are too few for a guess, and enough to be offered: their rows would be rejected, all of them, without it.
    """
    best, most = None, (0, "")
    for column in columns:
        asked = column.cells[:: max(1, len(column.cells) // _ASKED)][:_ASKED]
        hits = sum(map(_is_text_of_place, asked))
        if hits > most[0] and (hits >= _FEW or hits >= _SOME * len(asked)):
            best, most = column, (hits, f"{hits:,} of {len(asked):,} cells read as places")
    return None if best is None else (best, most[1])
