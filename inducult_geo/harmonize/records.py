"""Make records of raw rows: one CRS, one vocabulary, clean names, years as numbers; the rest is rejected or noticed."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from inducult_geo.catalog.models import ACCURACY_MAX_M, Contract
from inducult_geo.frames import Problem, RawTable, Records, as_records, to_json
from inducult_geo.harmonize.coordinates.lengths import parse_meters, unit_of_heads
from inducult_geo.harmonize.dates.read import date_texts, iso_date, life_span, parse_date, parse_end, tells_beginning
from inducult_geo.harmonize.places.elsewhere import note_elsewhere
from inducult_geo.harmonize.places.ground import Ground
from inducult_geo.harmonize.places.place import Placed, place, placeable
from inducult_geo.harmonize.words.dated_states import status_of, years_beside
from inducult_geo.harmonize.words.footnotes import without_footnotes
from inducult_geo.harmonize.words.kinds import codes_of_nace, types_and_themes
from inducult_geo.harmonize.words.meanings import YEARS, Meanings, check_meanings, settled_starts
from inducult_geo.harmonize.words.names import harmonize_names
from inducult_geo.harmonize.words.notices import Notices, Told, note_lost_characters, note_nothing
from inducult_geo.harmonize.words.plain import cells_of, plain_texts, texts_of
from inducult_geo.harmonize.words.uses import use_instead, use_of
from inducult_geo.harmonize.words.vocabulary import LISTED, Vocabulary
from inducult_geo.text import clean_text, known_text, named_text, says_unknown, wikidata_item
from inducult_geo.text.countries import NAMIBIA, country_code
from inducult_geo.values import ASPECTS, PRESENT_USES, STATUSES


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
    values["nace"], values["names"], values["country"] = codes_of_nace(rows), harmonize_names(rows), countries
    _origins(values, rows, table, contract, notices)
    values["type"], values["theme"] = types_and_themes(rows, contract, countries, vocabulary, notices)
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
        told = notices.of_cells(cells_of(rows, name), read, "unmapped_value", name)
        values[name] = [found or "unknown" for found in told]
    known = (values[name].tolist() for name in ("present_use", "status", "type"))
    cells = zip(*known, cells_of(rows, "status"), strict=True)
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
    texts = (date_texts(cells_of(rows, name), contract.values.get(name, {})) for name in YEARS)
    for start, end, status, cell in zip(*texts, values["status"].tolist(), cells_of(rows, "status"), strict=True):
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

    told = notices.of_cells(cells_of(rows, "country"), read, "unmapped_value", "country")
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
    for cell, country in zip(cells_of(rows, "accuracy_m"), countries, strict=True):
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
    numbers = zip(*(texts_of(rows, name, named_text) for name in schemes), strict=True) if schemes else [()] * len(rows)
    ids = [dict(zip((name[4:] for name in schemes), row, strict=True)) for row in numbers]
    values["ids"] = [to_json(entry | _item(entry)) if entry else None for entry in ids]
    values["record_key"] = contract.id + ":" + rows["key"].astype(str)
    values["source"] = contract.id
    values["region"] = contract.region
    values["licence"] = contract.licence
    values["retrieved_at"] = _date(contract.retrieved) or table.data_time
    stated = _date(contract.valid_at) or table.data_time
    days = notices.of_cells(texts_of(rows, "valid_at"), _valid_at, "unread_date", "valid_at")
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
