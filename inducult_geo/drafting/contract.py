"""Draft a contract for an unknown file, with every guess marked."""

from __future__ import annotations

import re
import shlex
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inducult_geo.catalog import Read, Region
from inducult_geo.drafting.codes import Codes, codes_of
from inducult_geo.drafting.column import Column
from inducult_geo.drafting.columns import (
    axes_of,
    columns_of,
    fields_of,
    half_places_of,
    names_of,
    place_text_of,
    placed_columns,
)
from inducult_geo.drafting.crs import PointsIn, SystemLines, crs_lines
from inducult_geo.drafting.heads import is_plain, read_headed
from inducult_geo.drafting.house_numbers import address_columns, house_numbers, lost_zero_lines
from inducult_geo.drafting.keys import doubled_keys_of, is_heritage_number, key_lines, key_of
from inducult_geo.drafting.named import named_lines
from inducult_geo.drafting.names import in_languages
from inducult_geo.drafting.points import (
    axes_inside,
    column_points,
    number_lines,
    shape_lines,
    shape_points,
    text_points,
    unit_lines,
    zone_lines,
)
from inducult_geo.drafting.schemes import scheme_lines
from inducult_geo.drafting.sheets import Sheets, sheets_of
from inducult_geo.drafting.sources import items_of, licence_lines, marked_lines, one_record_lines, tags_line
from inducult_geo.drafting.text import comment, number_range, quoted, short
from inducult_geo.errors import ContractError
from inducult_geo.harmonize.dates.read import date_text, life_span
from inducult_geo.harmonize.places.place import UNSTATED_ACCURACY_M
from inducult_geo.run import Run
from inducult_geo.sources.formats.sheets import ALL_SHEETS
from inducult_geo.sources.formats.table import ChoiceError, Table, has_shapes, names_of_a_row
from inducult_geo.sources.formats.vectors import ALL_LAYERS
from inducult_geo.sources.partners.changes import deleted_rows
from inducult_geo.sources.partners.partner import VALUES_AS_NAMES
from inducult_geo.sources.partners.persons import is_called_personal, seems_personal
from inducult_geo.text import counted, known_text, printable

_ID = re.compile(r"[^a-z0-9]+")
_UNMAPPED_MAX = 60
_ENDS = 0.1
_WORDS_MAX = 20
_MOSTLY = 0.5

_NO_PLACE = "No column looks like coordinates: a run takes no row without a place. See `inducult link`."
_HOW_TRUE = (
    f"# accuracy_m = {UNSTATED_ACCURACY_M['unknown']:g} # assumed as long as it is not stated",
    '# origin = "surveyed" # or digitized, address, settlement',
)


@dataclass
class _Draft:
    """The draft as it grows: lines of TOML by section."""

    head: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    values: list[list[str]] = field(default_factory=list)

    def text(self) -> str:
        sections = [
            self.head,
            ["[read]", *self.read],
            ["[place]", *self.place],
            ["[columns]", *self.columns],
            *self.values,
        ]
        return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


class _ToldBy(NamedTuple):
    """Which columns tell the places: two of coordinates, or one of texts."""

    axes: tuple[Column, Column] | None = None
    text: Column | None = None


def draft(path: Path, run: Run, *, region: str | None = None, read: Read | None = None) -> str:
    """Return the text of a first contract for a file.

    It loads as it stands. What could not be told is there as a comment, to be completed; `check` names what is
    missing. `place.crs` is set only where the file states a system that its numbers fit, or one candidate alone does.

    Parameters
    ----------
    path
        The file; nothing is written.
    region
        The region that it is about, by id; without it the regions in which its places lie are offered.
    read
        Which sheet, layer or member of the file is meant, where it holds several.

    Raises
    ------
    ContractError
        Where the file cannot be read at all; the message names the remedy.
    CatalogError
        Where the region is unknown.
    """
    about = run.catalog.region(region) if region is not None else None
    if not path.exists():
        raise ContractError(f"{path}: no such file. Look at its name and folder.")
    found, given = _Draft(), read or Read()
    _head(found, path, about)
    chosen = given.model_dump(include={"member", "sheet", "layer"}, exclude_none=True)
    found.read += [f"{what} = {quoted(str(name))} # stated" for what, name in chosen.items()]
    try:
        table, chosen_read = read_headed(path, given, () if about is None else about.languages)
    except ChoiceError as problem:
        _undecided(found, problem, sheets_of(path, given) if problem.what == "sheet" else Sheets())
        return found.text()
    size = f"{counted(len(table.frame), 'row')} in {counted(len(table.frame.columns), 'column')}"
    found.head.insert(2, comment(f"{size}; {table.kind}"))
    _say_how_read(found, table, chosen_read)
    columns = columns_of(table.frame)
    axes, text = told_by = _places_of(table, columns, about, run)
    systems = _say_place(found, table, columns, told_by, about, run)
    found.place += [*named_lines(path, table, chosen_read, systems), *_HOW_TRUE]
    used = {column.name for column in (*(axes or ()), text) if column is not None}
    of_a_sheet = table.kind == "spreadsheet" and chosen_read.sheet is not None
    sheets, own = sheets_of(path, chosen_read) if of_a_sheet else Sheets(), str(chosen_read.sheet)
    found.read += sheets.unread_lines(own)
    codes = codes_of(sheets.others(own), columns)
    found.values = [code.values for code in codes]
    _say_columns(found, columns, placed_columns(table.frame, used, columns), used, codes)
    _say_at_last(found, table, columns, about)
    return found.text()


def _say_at_last(found: _Draft, table: Table, columns: list[Column], about: Region | None) -> None:
    """Say where the table may come from, which rows are crossed out, and which columns hold nothing, or not all."""
    if about is not None:
        postcodes = fields_of(columns).get("postcode", [])[:1]
        found.columns += [line for one in postcodes for line in lost_zero_lines(one, about.country)]
    found.head += licence_lines(columns)
    found.head += [comment(told) for told, _ in deleted_rows(table.frame, table.places, ())]
    # A KML or GPX brings a dozen of them.
    empty = [quoted(column.name) for column in columns if not column.cells and is_plain(table)]
    found.head += [comment(f"Columns without a value in any row: {', '.join(empty[:_UNMAPPED_MAX])}")] if empty else []


def _accuracy_words(column: Column) -> list[list[str]]:
    """Return a section, or none, to be completed that says how many meters the words of a column of accuracies mean."""
    known = {cell for cell in column.cells if known_text(cell) and not any(map(str.isdigit, cell))}
    words = sorted(known) if column.decimal is None else []
    if not words or len(words) > _WORDS_MAX:
        return []
    return [["[values.accuracy_m]", *(f"# {quoted(word)} = 100 # meters" for word in words)]]


def _places_of(table: Table, columns: list[Column], about: Region | None, run: Run) -> _ToldBy:
    """Return the two columns that hold the coordinates, or the one in which places stand as texts."""
    if has_shapes(table.frame):
        return _ToldBy()
    axes = axes_of(columns)
    text = None if axes else place_text_of(columns)
    if about is not None and not (axes or text):
        axes = axes_inside(table.frame, columns, lambda points: PointsIn(points, about, run).candidates)
    return _ToldBy(axes, text)


def _head(found: _Draft, path: Path, about: Region | None) -> None:
    name = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode().lower()
    found.head += [
        comment(
            f"A first contract for {path.name}. Every line with 'guessed' holds a guess: check it, then remove the "
            "word."
        ),
        comment(
            "Lines that begin with '#' and hold a key are undecided: complete those that apply, and remove their '#'."
        ),
        f"id = {quoted(_ID.sub('_', name).strip('_')[:60] or 'source')} # guessed: from the file's name",
        f"title = {quoted(path.stem)} # guessed: from the file's name",
    ]
    if about is not None:
        found.head.append(f"region = {quoted(about.id)}")
    found.head += [
        f"files = [{quoted(path.name)}]",
        'licence = "unknown" # nothing is published until its licence is known',
        'attribution = ""',
        *_retrieved(path),
    ]


def _retrieved(path: Path) -> list[str]:
    """Offer the date of the file as that of its retrieval."""
    if not path.is_file():
        return []
    return [f"# retrieved = {datetime.fromtimestamp(path.stat().st_mtime, tz=UTC):%Y-%m-%d} # the date of the file"]


def _undecided(found: _Draft, problem: ChoiceError, sheets: Sheets) -> None:
    """Offer the sheets or layers; until one is named, nothing else can be told."""
    count, what, first = len(problem.options), problem.what, shlex.quote(printable(problem.options[0]))
    found.read += [
        comment(f"The file has {count} {what}s. Name one and draft again: inducult draft --{what} {first} ...")
    ]
    found.read += [
        f"# {what} = {quoted(name)}" + (f" # {said}" if (said := sheets.said.get(name)) else "")
        for name in problem.options
    ]
    if problem.what in ("layer", "sheet"):
        every = ALL_LAYERS if problem.what == "layer" else ALL_SHEETS
        found.read.append(f'# {problem.what} = "{every}" # all of them, with a column `{problem.what}`')


def _say_how_read(found: _Draft, table: Table, read: Read) -> None:
    if table.kind == "delimited text":
        guessed = " # guessed" if any("guessed" in note for note in table.notes) else " # detected"
        found.read.append(f"encoding = {quoted(table.encoding or 'utf-8')}{guessed}")
        delimiter = next((note.split("'")[1] for note in table.notes if note.startswith("delimiter")), "")
        # A tab cannot be written in a contract; it is detected each time. A first line "sep=;" says it itself.
        found.read += [f"delimiter = {quoted(delimiter)} # detected"] if len(delimiter) == 1 else []
        if len(table.frame.columns) == 1:
            told = (
                "Only one column was found. Where the file has more, save it again as CSV, with a mark between columns."
            )
            found.read.append(comment(told))
    if read.header_row > 1:
        found.read.append(f"header_row = {read.header_row} # guessed: the first row with names")
    if read.header_rows > 1:
        found.read.append(f"header_rows = {read.header_rows} # guessed: the row below holds names, too")
    warnings = (*table.warnings, *(table.page.told if table.page else ()))
    found.read += [comment(f"noticed: {note}") for note in (*table.notes, *(told for _, told, _ in warnings))]
    if values := names_of_a_row(table.frame):
        found.read.append(comment(f"{VALUES_AS_NAMES.format(values=short(values[0]))}."))
    if table.bad_rows:
        first = ", ".join(f"{table.places[row]}: {why}" for row, why in list(table.bad_rows.items())[:3])
        found.read.append(comment(f"{counted(len(table.bad_rows), 'row')} not of the shape of the table ({first})"))


def _say_place(
    found: _Draft, table: Table, columns: list[Column], told_by: _ToldBy, about: Region | None, run: Run
) -> SystemLines:
    """Write where the rows say their place, and in which system; return what is said of the systems."""
    if has_shapes(table.frame):
        found.place.append("geometry = true")
        points = shape_points(table.frame["geometry"])
    elif told_by.axes is not None:
        x, y = told_by.axes
        mark = "," if "," in (x.decimal, y.decimal) else "."
        if mark == ",":
            found.read.append('decimal = "," # guessed: the coordinates are numbers only so')
        points = column_points(table.frame, x, y, mark)
        for name, axis, numbers in (("x", x, points[:, 0]), ("y", y, points[:, 1])):
            looks = f"e.g. {short(axis.cells[0])}" if axis.is_angle else number_range(numbers)
            found.place.append(f"{name} = {quoted(axis.name)} # guessed: {looks}")
        found.place += zone_lines(columns)
    elif (text := told_by.text) is not None:
        found.place.append(f"text = {quoted(text.name)} # guessed: reads as places, e.g. {short(text.cells[0])}")
        points = text_points(text)
    else:
        found.place += [comment(_NO_PLACE)]
        found.place += number_lines(table.frame, columns)
        found.place += shape_lines(columns)
        found.place += ['# x = ""', '# y = ""', *_maybe_places(columns)]
        points = np.empty((0, 2))
    found.head += unit_lines(points)
    systems = crs_lines(table.crs, points, about, run)
    found.head += systems.head
    found.place += systems.place
    return systems


def _maybe_places(columns: list[Column]) -> list[str]:
    """Offer a column of which some cells read as places; `check` says of the others why they do not."""
    some = half_places_of(columns)
    return ['# text = ""'] if some is None else [f"# text = {quoted(some[0].name)} # {some[1]}"]


def _say_columns(
    found: _Draft, columns: list[Column], placed: list[Column], used: set[str], codes: list[Codes]
) -> None:
    """Write the columns that are understood, the rivals of each, and those that nobody mapped."""
    houses = house_numbers(columns)
    columns = [column for column in columns if column not in houses]
    used = _say_key(found, columns, placed, used)
    marked, asking = marked_lines([column for column in columns if column.name not in used])
    coded, in_scheme = scheme_lines([column for column in columns if column.name not in used | asking])
    found.columns += [*(code.line for code in codes), *marked, *coded]
    used = used | asking | in_scheme | {code.column for code in codes}
    told = {line.partition(" = ")[0] for line in found.columns}
    fields = fields_of(c for c in columns if c.name not in used and not is_called_personal(c.name))
    fields = {name: fitting for name, fitting in fields.items() if name not in told}
    for name, fitting in fields.items():
        free = [column for column in fitting if column.name not in used]
        if not free:
            # One column may tell two things: what a plant burns, and what it is.
            found.columns.append(f"# {name} = {quoted(fitting[0].name)}")
            continue
        if name == "type" and (tags := tags_line(free)) is not None:
            found.columns.append(tags[0])
            used = used | tags[1]
            continue
        lines, taken = _rival_lines(name, free[1:])
        used = used | {free[0].name} | taken
        said = (cell for cell in free[0].cells if date_text(cell) is not None)
        example = f"e.g. {short(next(said, free[0].cells[0]))}"
        written = address_columns(free[0], houses) if name == "address" else quoted(free[0].name)
        found.columns.append(f"{name} = {written} # guessed: {example}")
        found.columns += lines
        found.values += _accuracy_words(free[0]) if name == "accuracy_m" else []
        found.columns += _end_lines(free[0]) if name == "start" and "end" not in fields else []
    if not any(line.startswith("name = ") for line in found.columns):
        _say_no_name(found, [column for column in columns if column.name not in used], fields.get("operator", []))
    columns += [] if "address" in fields else houses
    found.head += _unmapped_lines([column for column in columns if column.name not in used and column.cells])


def _say_key(found: _Draft, columns: list[Column], placed: list[Column], used: set[str]) -> set[str]:
    """Write the key, what else may be it, and the items of Wikidata; return the columns that are used with these."""
    names = {column.name for column in columns} - used
    placed = [column for column in placed if column.name in names]
    key, unique = key_of(placed)
    used = used | ({key.name} if key else set())
    if (items := items_of(columns)) is not None and key is None and len(items.cells) == items.rows:
        found.head += one_record_lines(items)
        found.columns.append(f"key = {quoted(items.name)} # guessed: items of Wikidata")
    else:
        doubled = doubled_keys_of(column for column in placed if column.name not in used)
        found.columns += key_lines(key, unique, doubled)
        found.columns += [f"heritage_ref = {quoted(key.name)} # guessed"] if key and is_heritage_number(key) else []
        if items is not None and key is None:
            lacking = counted(items.rows - len(items.cells), "row")
            found.columns.append(comment(f"Of {short(items.name)} no key can be made: {lacking} would be rejected."))
    if items is None:
        return used
    found.columns.append(f'"ids.wikidata" = {quoted(items.name)} # guessed')
    return used | {items.name}


def _rival_lines(name: str, others: list[Column]) -> tuple[list[str], set[str]]:
    """Return the lines for the other columns that look like a field, and which of them are used: names by language."""
    named = in_languages(others) if name == "name" else {}
    taken = {column.name for column in named.values()}
    lines = [f'"name:{language}" = {quoted(column.name)} # guessed' for language, column in sorted(named.items())]
    rest = [column for column in others if column.name not in taken]
    return lines + [f"# {name} = {quoted(column.name)}" for column in rest[:3]], taken


def _say_no_name(found: _Draft, free: list[Column], operators: list[Column]) -> None:
    """Offer the columns that may hold names though none is called so."""
    # Of a list of firms the firm is what a site is called.
    offered = [f"# name = {quoted(column.name)} # if this is a list of companies" for column in operators]
    offered += [f"# name = {quoted(c.name)} # e.g. {short(c.cells[0])}" for c in names_of(free)[:3]]
    found.columns.append(comment("No column is called a name; one of these may hold it:" if offered else "No names."))
    found.columns += offered or ['# name = ""']


def _unmapped_lines(columns: list[Column]) -> list[str]:
    """Offer to keep the columns private that seem to hold data of persons, and to ignore the others."""
    persons = [column.name for column in columns if seems_personal(column.name, column.cells)]
    rest = [column.name for column in columns if column.name not in persons]
    lines = []
    if persons:
        lines.append(f"private = [{', '.join(map(quoted, persons))}] # guessed: personal data, which are not published")
    if rest:
        more = f" # and {len(rest) - _UNMAPPED_MAX} more" if len(rest) > _UNMAPPED_MAX else ""
        listed = ", ".join(map(quoted, rest[:_UNMAPPED_MAX]))
        lines.append("# Columns that were not mapped; those that nobody needs can be listed like this:")
        lines.append(f"# ignore = [{listed}]{more}")
    return lines


def _end_lines(start: Column) -> list[str]:
    """Offer that a column of dates tells the end of work, too, where cells tell from when to when."""
    told = [cell for cell in start.cells if life_span(cell, cell).end_year is not None]
    if len(told) < _ENDS * len(start.cells):
        return []
    many = f"{len(told)} of {len(start.cells)} cells tell a last year, too, e.g. {short(told[0])}"
    return [f"# end = {quoted(start.name)} # {many}: if work ended then"]
