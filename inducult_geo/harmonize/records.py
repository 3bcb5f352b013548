"""Make records of raw rows: one CRS, one vocabulary, clean names, years as numbers; the rest is rejected or noticed."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from inducult_geo.catalog.models import ACCURACY_MAX_M, MUSEUM_THEME, Contract
from inducult_geo.errors import ContractError
from inducult_geo.frames import Problem, RawTable, Records, as_records, to_json
from inducult_geo.harmonize.coordinates.lengths import parse_meters, unit_of_heads
from inducult_geo.harmonize.dates.read import date_texts, iso_date, life_span, parse_date, parse_end, tells_beginning
from inducult_geo.harmonize.places.elsewhere import note_elsewhere
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import Placed, place, placeable
from inducult_geo.harmonize.words.dated_states import status_of, years_beside
from inducult_geo.harmonize.words.footnotes import without_footnotes
from inducult_geo.harmonize.words.meanings import YEARS, Meanings, check_meanings, settled_starts
from inducult_geo.harmonize.words.names import harmonize_names
from inducult_geo.harmonize.words.notices import Notices, Told, note_lost_characters, note_nothing
from inducult_geo.harmonize.words.plain import plain_texts
from inducult_geo.harmonize.words.uses import use_instead, use_of
from inducult_geo.harmonize.words.vocabulary import (
    GENERIC_TYPES,
    LISTED,
    SCHEMES,
    Sector,
    Vocabulary,
    finest,
    nace_code,
)
from inducult_geo.text import clean_text, known_text, named_text, of_each, says_unknown, wikidata_item
from inducult_geo.text.countries import NAMIBIA, country_code
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES

_UNSPECIFIED: Final = GENERIC_TYPES | {"industrial_building"}
"""Types of works, and of their buildings, of which nothing is told but that they are that."""

_NAMES_OF_ALL: Final = frozenset({"ironworks"})
"""Types whose words are in the names of other works of their branch, too ("Huta Aluminium")."""

_BURN_LIME: Final = {"sugar_factory": frozenset({"cement_works", "lime_kiln"})}
"""Type that a name tells -> types of branches that such works are in for a kiln of theirs (sugar is made with lime)."""


@dataclass(frozen=True)
class Harmonized:
    """A source's records with how they were placed and what was noticed on the way.

    `countries` are those in which a source without a region was expected to lie: of its contract, else of its rows.
    """

    records: Records
    placed: Placed
    problems: tuple[Problem, ...]
    countries: tuple[str, ...]


def harmonize(table: RawTable, contract: Contract, ground: Ground, vocabulary: Vocabulary) -> Harmonized:
    """Make records of a source's raw rows.

    Every row in is a row out; one that cannot be used carries `reason` and `detail`. A type that the source does
    not state is read from the words of its name where exactly one type is meant ("Ziegelwerk").

    Raises
    ------
    ContractError, SourceError
        Where the file as a whole cannot be placed (see `place`), or the contract maps a value to none that there is.
    """
    check_meanings(contract, vocabulary)
    notices = Notices(contract.id)
    rows = _with_defaults(table.frame, contract)
    countries = _countries(rows, contract, ground, notices)
    rows = without_footnotes(_accuracies(rows, contract, notices, countries), notices)
    ground = ground.told_by(countries)
    placed = place(placeable(rows), contract, ground, file_crs=table.crs)
    note_elsewhere(placed, rows, countries, contract.id, ground)
    values = plain_texts(rows, countries, notices)
    values["nace"], values["names"], values["country"] = _nace(rows), harmonize_names(rows), countries
    _origins(values, rows, table, contract, notices)
    _types(values, rows, contract, vocabulary, notices)
    _states(values, rows, contract, vocabulary, notices)
    _years(values, rows, contract, notices)
    note_lost_characters(rows, notices)
    note_nothing(rows, notices)
    values["geometry_origin"] = placed.origin
    for name, facts in (("declared_crs", placed.crs), ("reading", placed.reading), ("operation", placed.operation)):
        values[name] = facts
    values["raw_x"], values["raw_y"] = placed.cells.raw_x, placed.cells.raw_y
    values["accuracy_m"] = np.round(placed.accuracy_m, 2)
    # What the reader found wrong with a row goes before what its coordinates lack.
    values["reason"] = rows["reason"].where(rows["reason"].notna(), pd.Series(placed.cells.reason, index=rows.index))
    values["detail"] = rows["detail"].where(rows["detail"].notna(), pd.Series(placed.cells.detail, index=rows.index))
    # What may be read in two ways stands where the likelier one puts it, and nobody knows how true that is.
    values["accuracy_m"] = values["accuracy_m"].mask(values["reason"].eq("ambiguous_place"))
    records = as_records(values, geometry=placed.geometry)
    return Harmonized(
        records, placed, (*table.problems, *placed.problems, *notices.problems()), tuple(sorted(ground.countries))
    )


def _with_defaults(raw: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Fill empty cells with the contract's defaults."""
    rows = raw.copy()
    for name, value in contract.defaults.items():
        column = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=object)
        # The unit of a column is not that of what a contract says.
        told = f"{value} m" if name == "accuracy_m" and value[-1:].isdigit() else value
        rows[name] = column.where(column.notna(), told)
    return rows


def _column(rows: pd.DataFrame, name: str) -> Iterable[Any]:
    return rows[name] if name in rows else [None] * len(rows)


def _clean(rows: pd.DataFrame, name: str, read: Callable[[Any], str | None] = clean_text) -> list[str | None]:
    return of_each(rows[name], read) if name in rows else [None] * len(rows)


def _schemes(rows: pd.DataFrame) -> dict[str, str]:
    """Return the columns of codes in public schemes (`sector:<scheme>`), each with its scheme."""
    return {name: name.removeprefix("sector:") for name in map(str, rows) if name.startswith("sector:")}


def _types(
    values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: Notices
) -> None:
    """Set `type` and `theme`; what short words mean depends on `country`."""
    types: list[str | None] = []
    themes: list[str | None] = []
    for kind, sector, raw_theme, name, coded, country, city in zip(
        *(_trades(rows, column, Meanings(contract, column), vocabulary) for column in ("type", "sector")),
        *(_clean(rows, column, read) for column, read in (("theme", clean_text), ("name", named_text))),
        _coded_sectors(rows, contract, vocabulary, notices),
        values["country"].tolist(),
        _clean(rows, "city", named_text),
        strict=True,
    ):
        for column, trade in (("type", kind), ("sector", sector)):
            if trade.unmapped and (column == "type" or kind.type is None):
                notices.add("unmapped_value", column, trade.unmapped)
        found = told = kind.type or sector.type or coded.type
        if name and (kind.type is None or kind.type in _UNSPECIFIED):
            found = _refined(told, vocabulary.guess_type(name, country, city), coded.works, vocabulary)
        types.append(found)
        stated = vocabulary.map_theme(raw_theme)
        if raw_theme and stated is None and not says_unknown(raw_theme):
            notices.add("unmapped_value", "theme", raw_theme)
        if found != told and stated == vocabulary.theme_of(told):
            stated = None
        themes.append(
            stated
            or (vocabulary.theme_of(found) if found and found not in GENERIC_TYPES else None)
            or kind.theme
            or sector.theme
            or coded.theme
            or vocabulary.theme_of(found)
        )
    values["type"], values["theme"] = types, themes


def _refined(told: str | None, guessed: str | None, works: str | None, vocabulary: Vocabulary) -> str | None:
    """Return the type that a name tells where the source tells none, or only what all works of a branch are.

    A branch says less than a name that fits it: lime works are among "Cement", rolling mills among "Iron and steel";
    but a smelter may be called a "Huta" (the `works` of its class of NACE tell), and a paper mill a
    "Mill". Works are no museum by their name.
    """
    theme = vocabulary.theme_of(guessed)
    if told in {None, *_UNSPECIFIED} and guessed in _NAMES_OF_ALL and theme == vocabulary.theme_of(works):
        return works
    if told is None or guessed is None:
        return guessed or told
    if told in _BURN_LIME.get(guessed, ()):
        return guessed
    if told in _UNSPECIFIED:
        return told if theme == MUSEUM_THEME or guessed in GENERIC_TYPES else guessed
    return guessed if theme == vocabulary.theme_of(told) and guessed not in _NAMES_OF_ALL else told


class _Trade(NamedTuple):
    """What a word for a trade means: a type, or a theme where the contract says no more; else the word itself."""

    type: str | None = None
    theme: str | None = None
    unmapped: str | None = None


def _trades(rows: pd.DataFrame, column: str, meanings: Meanings, vocabulary: Vocabulary) -> list[_Trade]:
    """Return what each cell of a column of words for trades means; the contract decides first."""
    told = cache(partial(_trade, vocabulary))

    def meant_by(cell: Any) -> _Trade:
        text, meant = clean_text(cell), meanings.of(cell)
        parts = [part for part in text.split(";") if part.strip()] if text and meant is None and ";" in text else []
        said = [_meant_trade(meanings.of(part), clean_text(part), told, vocabulary) for part in parts]
        return _of_several(said, vocabulary) or _meant_trade(meant, text, told, vocabulary)

    return of_each(_column(rows, column), meant_by)


def _meant_trade(meant: str | None, text: str | None, told: Callable[[str], _Trade], vocabulary: Vocabulary) -> _Trade:
    """Return what a cell says of a trade: what the contract says that it means, else what its words do."""
    if meant is not None:
        return _Trade(theme=meant) if meant in vocabulary.themes else _Trade(meant or None)
    return _Trade() if text is None or says_unknown(text) else told(text)


def _of_several(said: Sequence[_Trade], vocabulary: Vocabulary) -> _Trade | None:
    """Return the one kind of works of which several values of a cell tell; None where they tell of none, or of two.

    That works are a museum now, or a monument, says less than what they were.
    """
    types = {trade.type for trade in said if trade.type}
    works = {found for found in types if vocabulary.theme_of(found) != MUSEUM_THEME} - GENERIC_TYPES
    found = finest(works or types)
    return _Trade(found.pop()) if len(found) == 1 else None


def _trade(vocabulary: Vocabulary, text: str) -> _Trade:
    """Return what a text says of a trade: a type, else a branch; of several branches none is the site's one."""
    found = vocabulary.map_type(text)
    parts = [text] if vocabulary.map_theme(text) else [part for part in LISTED.split(text) if part.strip()]
    branches = {vocabulary.map_theme(part) or vocabulary.theme_of(vocabulary.map_type(part)) for part in parts}
    if found and branches <= {None, vocabulary.theme_of(found)}:
        return _Trade(found)
    theme = branches.pop() if len(branches) == 1 else None
    return _Trade(theme=theme, unmapped=None if theme else text)


def _coded_sectors(rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: Notices) -> list[Sector]:
    """Return what each row's code in a public scheme means (columns `sector:<scheme>` and `nace`), the finest first."""
    schemes = _schemes(rows)
    for column, scheme in schemes.items():
        if not vocabulary.knows_scheme(scheme):
            known = ", ".join(sorted(SCHEMES))
            raise ContractError(f"{contract.declared_in}: [columns] {column}: no such scheme. Known: {known}.")
    found = [Sector(None, None)] * len(rows)
    for column, scheme in (schemes | {"nace": "nace"}).items():
        if column not in rows:
            continue
        for n, code in enumerate(_clean(rows, column)):
            meant = vocabulary.map_sector(scheme, code)
            if meant is None and code and column != "nace":
                notices.add("unmapped_value", column, code)
            if meant is not None and found[n].theme is None:
                found[n] = meant
    return found


def _nace(rows: pd.DataFrame) -> list[str | None]:
    """Return each row's code of NACE: the one that is stated as such, else that of a column of its scheme."""
    codes: list[str | None] = [None] * len(rows)
    for column, scheme in ({"nace": "nace"} | _schemes(rows)).items():
        cells = zip(codes, _clean(rows, column, known_text), strict=True)
        codes = [code or (cell and nace_code(scheme, cell)) for code, cell in cells]
    return codes


def _states(
    values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: Notices
) -> None:
    """Set `status`, `aspect` and `present_use`."""
    readers = {
        "status": partial(_status, Meanings(contract, "status"), vocabulary),
        "aspect": partial(_listed, Meanings(contract, "aspect"), ASPECTS, lambda _: None),
        "present_use": partial(_listed, Meanings(contract, "present_use"), PRESENT_USES, vocabulary.map_use),
    }
    for name, read in readers.items():
        told = notices.of_cells(_column(rows, name), read, "unmapped_value", name)
        values[name] = [found or "unknown" for found in told]
    known = (values[name].tolist() for name in ("present_use", "status", "type"))
    cells = zip(*known, _column(rows, "status"), strict=True)
    values["present_use"] = [use_of(use, status, cell, kind, vocabulary) for use, status, kind, cell in cells]


def _status(meanings: Meanings, vocabulary: Vocabulary, cell: Any) -> Told:
    """Return the status that a cell tells, or its several words, where all mean the same."""
    found, raw = meanings.of(cell), clean_text(cell)
    if found is not None or raw is None:
        return Told(found)
    found = raw if raw in STATUSES else status_of(raw, vocabulary)
    parts = [part for part in LISTED.split(raw) if part.strip()] if found is None else []
    told = {meanings.of(part) or status_of(part, vocabulary) for part in parts}
    found = told.pop() if len(told) == 1 else found
    is_strange = found is None and use_instead(raw, vocabulary) is None and not says_unknown(raw)
    return Told(found, raw if is_strange else None)


def _listed(
    meanings: Meanings, allowed: Container[str], map_word: Callable[[str | None], str | None], cell: Any
) -> Told:
    """Return the value of a list that a cell tells, in the list's own word or by `map_word`."""
    found, raw = meanings.of(cell), clean_text(cell)
    if found is not None:
        return Told(found)
    # "none" is a use, though as a text it says nothing.
    word = cell.strip().lower() if isinstance(cell, str) else ""
    found = word if word in allowed else map_word(raw)
    return Told(found, raw if raw and found is None and not says_unknown(raw) else None)


def _years(values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, notices: Notices) -> None:
    """Set `start_year`, `end_year`, `year_precision` and `end_precision`; a status may tell them, too."""
    spans = []
    settled = settled_starts(contract)
    span_of = cache(life_span)
    texts = (date_texts(_column(rows, name), contract.values.get(name, {})) for name in YEARS)
    for start, end, status, cell in zip(*texts, values["status"].tolist(), _column(rows, "status"), strict=True):
        opened, closed = years_beside(status, cell)
        start, end = start or opened, end or closed
        span = span_of(start, end)
        spans.append(span)
        if start and not tells_beginning(start, end, settled):
            notices.add("unread_date", "start", start)
        if end and (parse_date(end) if end == start else parse_end(end)) is None:
            notices.add("unread_date", "end", end)
        if span.note and "before start" in span.note:
            notices.add("dates_contradict", "end", f"{start} - {end}")
    for name in ("start_year", "end_year", "year_precision", "end_precision"):
        values[name] = [getattr(span, name) for span in spans]


def _countries(rows: pd.DataFrame, contract: Contract, ground: Ground, notices: Notices) -> list[str | None]:
    """Return the code of each row's country: the stated one, else that of the region."""
    meanings = Meanings(contract, "country")
    is_asked = meanings.of(NAMIBIA) is None and contract.defaults.get("country") != NAMIBIA

    def read(cell: Any) -> Told:
        text = cell.strip() if isinstance(cell, str) else clean_text(cell)
        # Namibia, or what many programs write for nothing: only a person can tell.
        doubtful = text == NAMIBIA and is_asked
        code = None if doubtful else country_code(meanings.of(cell) or text)
        return Told(code, text if text and code is None and (doubtful or clean_text(text)) else None)

    told = notices.of_cells(_column(rows, "country"), read, "unmapped_value", "country")
    return [code or ground.country for code in told]


def _accuracies(
    rows: pd.DataFrame, contract: Contract, notices: Notices, countries: Iterable[str | None]
) -> pd.DataFrame:
    """Return rows with `accuracy_m` in meters: the row's own, words mapped ("exact"), else that of its country."""
    by_country = contract.place.accuracy_m_by_country
    if "accuracy_m" not in rows and not by_country:
        return rows
    meanings = Meanings(contract, "accuracy_m")
    unit_m = unit_of_heads(contract.mapped.get("accuracy_m", ()))
    mapped: list[Any] = []
    for cell, country in zip(_column(rows, "accuracy_m"), countries, strict=True):
        meant, text = meanings.of(cell), clean_text(cell)
        value = text if meant is None else meant
        given = cell if meant is None else meant
        decimal, unit = (contract.read.decimal, unit_m) if meant is None else (".", 1.0)
        number = parse_meters(given, decimal=decimal, unit_m=unit)
        is_known = number is not None and 0 < number <= ACCURACY_MAX_M
        if value and not is_known and not says_unknown(value):
            notices.add("unmapped_value", "accuracy_m", text or value)
        mapped.append(number if is_known else by_country.get(country or ""))
    return rows.assign(accuracy_m=pd.Series(mapped, index=rows.index, dtype=object))


def _origins(values: pd.DataFrame, rows: pd.DataFrame, table: RawTable, contract: Contract, notices: Notices) -> None:
    """Set what tells where a record comes from and under which terms."""
    schemes = [str(name) for name in rows.columns if str(name).startswith("ids.")]
    # Two sites whose number is "brak" (none) would be one by it.
    numbers = zip(*(_clean(rows, name, named_text) for name in schemes), strict=True) if schemes else [()] * len(rows)
    ids = [dict(zip((name[4:] for name in schemes), row, strict=True)) for row in numbers]
    values["ids"] = [to_json(entry | _item(entry)) if entry else None for entry in ids]
    values["record_key"] = contract.id + ":" + rows["key"].astype(str)
    values["source"] = contract.id
    values["region"] = contract.region
    values["licence"] = contract.licence
    values["retrieved_at"] = _date(contract.retrieved) or table.data_time
    stated = _date(contract.valid_at) or table.data_time
    days = notices.of_cells(_clean(rows, "valid_at"), _valid_at, "unread_date", "valid_at")
    values["valid_at"] = [day or stated for day in days]
    for name in ("tags", "content_hash", "place"):
        values[name] = rows[name].array if name in rows else None


def _item(ids: dict[str, str | None]) -> dict[str, str]:
    """Return the number of an item of Wikidata however it is told: other sources tell the bare number."""
    found = wikidata_item(ids.get("wikidata") or "")
    return {"wikidata": found} if found else {}


def _valid_at(text: str | None) -> Told:
    """Return the day that a row speaks of: the youngest goes first where records disagree, so it must be one."""
    found = iso_date(text)
    return Told(found, str(text) if found is None and known_text(text) is not None else None)


def _date(value: object) -> str | None:
    return None if value is None else str(value)
