"""Raw rows made into records: one CRS, one vocabulary, clean names, years as numbers; what cannot be is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inducult_geo.catalog.models import ACCURACY_MAX_M, NAME_FIELDS, Contract
from inducult_geo.errors import ContractError, did_you_mean
from inducult_geo.frames import ASPECTS, PRESENT_USES, STATUSES, Problem, RawTable, Records, as_records, to_json
from inducult_geo.harmonize.countries import NAMIBIA, country_code
from inducult_geo.harmonize.dates import date_texts, iso_date, life_span, parse_date, parse_end, reasons_unread
from inducult_geo.harmonize.names import harmonize_names
from inducult_geo.harmonize.place import Ground, Placed, place
from inducult_geo.harmonize.vocabulary import GENERIC_TYPES, SCHEMES, Sector, Vocabulary
from inducult_geo.text import MAYBE_NAMES, clean_text, fold_once, known_text, lost_characters

_PLAIN = (
    "operator", "address", "postcode", "city", "website", "wikipedia", "image", "visitor_access",
    "opening_hours", "fee", "wheelchair", "heritage_scheme", "heritage_designation", "heritage_ref", "erih_role",
    "nace",
)  # fmt: skip
_NAMED = frozenset(("operator", "address", "city")) | NAME_FIELDS
_WEB = re.compile(r"^(https?://)?[\w.-]+\.[a-z]{2,}(:\d+)?([/?#]\S*)?$", re.IGNORECASE)
_MOST_NAMED = 5
_IN_DICTIONARY = "The words for it stand in DICTIONARY.md of every release."
_YEARS = ("start", "end")
_LISTS = {"status": STATUSES, "aspect": ASPECTS, "present_use": PRESENT_USES}
_LISTED = {name: f"Known: {', '.join(known)}." for name, known in _LISTS.items()}
_LISTED |= dict.fromkeys(("type", "sector", "theme"), _IN_DICTIONARY)
_LISTED |= {
    name: f'Say in [values.{name}] what they mean: "1930s", "1850..1900", or "" for nothing.' for name in _YEARS
}
_LISTED["valid_at"] = "Write days, such as 2021-05-03."
"""What the values of a column may be mapped to, said in a sentence."""
_LONGEST_TEXT = 200
_NO_TEXT = frozenset(
    ("key", "place", "tags", "content_hash", "reason", "detail", "geometry", "x", "y", "text", "valid_at")
    # A question mark is at home in a web address.
    + ("website", "image", "wikipedia")
)


@dataclass(frozen=True)
class Harmonized:
    """A source's records with how they were placed and what was noticed on the way."""

    records: Records
    placed: Placed
    problems: tuple[Problem, ...]


def harmonize(table: RawTable, contract: Contract, ground: Ground, vocabulary: Vocabulary) -> Harmonized:
    """Make records of a source's raw rows.

    Every row in is a row out; one that cannot be used carries `reason` and `detail`. A type that the source does
    not state is read from the words of its name where exactly one type is meant ("Ziegelwerk").

    Raises
    ------
    ContractError, SourceError
        Where the file as a whole cannot be placed (see `place`), or the contract maps a value to none that there is.
    """
    _check_meanings(contract, vocabulary)
    notices = _Notices(contract.id)
    rows = _accuracies(_with_defaults(table.frame, contract), contract, notices)
    placed = place(rows, contract, ground, file_crs=table.crs)
    values = pd.DataFrame(
        {name: [known_text(cell) for cell in _column(rows, name)] for name in _PLAIN}, index=rows.index
    )
    values["website"] = values["website"].map(_website)
    values["names"] = harmonize_names(rows)
    _types(values, rows, contract, vocabulary, notices)
    _states(values, rows, contract, vocabulary, notices)
    _years(values, rows, contract, notices)
    _origins(values, rows, table, contract, ground, notices)
    _note_lost_characters(rows, notices)
    _note_nothing(rows, notices)
    values["geometry_origin"] = placed.origin
    for name, facts in (("declared_crs", placed.crs), ("reading", placed.reading), ("operation", placed.operation)):
        values[name] = facts
    values["raw_x"], values["raw_y"] = placed.cells.raw_x, placed.cells.raw_y
    values["accuracy_m"] = np.round(placed.accuracy_m, 2)
    # What the reader found wrong with a row goes before what its coordinates lack.
    values["reason"] = rows["reason"].where(rows["reason"].notna(), pd.Series(placed.cells.reason, index=rows.index))
    values["detail"] = rows["detail"].where(rows["detail"].notna(), pd.Series(placed.cells.detail, index=rows.index))
    records = as_records(values, geometry=placed.geometry)
    return Harmonized(records, placed, (*table.problems, *placed.problems, *notices.problems()))


def _check_meanings(contract: Contract, vocabulary: Vocabulary) -> None:
    """Refuse a contract that maps values to a type, theme or condition that there is not: a slip of the pen."""
    trades = [*vocabulary.types, *vocabulary.themes]
    lists = {"type": trades, "sector": trades, "theme": [*vocabulary.themes]}
    lists |= {name: [*known] for name, known in _LISTS.items()}
    told = [(f"[values.{name}] '{text}'", name, meant) for name in lists for text, meant in _values(contract, name)]
    if "theme" in contract.defaults:
        told.append(("[defaults] theme", "theme", contract.defaults["theme"]))
    for where, name, meant in told:
        if meant and meant not in lists[name]:
            known = vocabulary.map_type(meant) if name == "type" else None
            remedy = f" Did you mean '{known}'?" if known else did_you_mean(meant, lists[name])
            remedy = remedy or f" {_LISTED[name]}"
            raise ContractError(f"{contract.declared_in}: {where} = '{meant}': there is no such {name}.{remedy}")
    for text, meant in _values(contract, "country"):
        if country_code(meant) is None:
            raise ContractError(
                f"{contract.declared_in}: [values.country] '{text}' = '{meant}': there is no such country. "
                "Write its code of two letters."
            )
    for name in _YEARS:
        for text, meant in _values(contract, name):
            if meant and parse_date(meant) is None:
                raise ContractError(
                    f"{contract.declared_in}: [values.{name}] '{text}' = '{meant}': that is no date that can be read. "
                    'Write years: "1930s", "1850..1900", "before 1914", or "" for nothing.'
                )


def _values(contract: Contract, name: str) -> Iterable[tuple[str, str]]:
    return contract.values.get(name, {}).items()


class _Notices:
    """Values that nobody mapped, gathered by kind, with how often and a few of them named."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._seen: dict[tuple[str, str], Counter[str]] = {}

    def add(self, kind: str, column: str, value: str) -> None:
        """Count one value."""
        self._seen.setdefault((kind, column), Counter())[value] += 1

    def problems(self) -> list[Problem]:
        """Return one problem a kind and column."""
        texts = {
            "unmapped_value": "values of '{column}' that nobody mapped: {some}. Map them in [values.{column}].{known}",
            "dates_contradict": "rows end before they start ({some}): the end is left out. Mend the file.",
            "unread_date": "dates in '{column}' that cannot be read: {some}.{known}",
            "lost_characters": "characters in '{column}' were lost before the file came here: {some}. "
            "Ask for a new export, or mend [read] encoding.",
            "read_as_empty": "cells of '{column}' that say {some} are read as empty, since programs write that for "
            "nothing. Where one is a name, write it with a word more ('Comune None').",
        }
        found = []
        for (kind, column), counter in sorted(self._seen.items()):
            most = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
            some = ", ".join(f"'{value}' ({number})" for value, number in most[:_MOST_NAMED])
            rest = f" and {len(most) - _MOST_NAMED} more" if len(most) > _MOST_NAMED else ""
            known = f" {_LISTED[column]}" if column in _LISTED else ""
            if kind == "unread_date" and column in _YEARS:
                known = reasons_unread(counter) + known
            message = texts[kind].format(column=column, some=some + rest, known=known)
            found.append(Problem(self._source, kind, message, sum(counter.values())))
        return found


def _with_defaults(raw: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Fill empty cells with the contract's defaults."""
    rows = raw.copy()
    for name, value in contract.defaults.items():
        column = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=object)
        rows[name] = column.where(column.notna(), value)
    return rows


def _column(rows: pd.DataFrame, name: str) -> Iterable[Any]:
    return rows[name] if name in rows else [None] * len(rows)


def _clean(rows: pd.DataFrame, name: str) -> list[str | None]:
    return [clean_text(value) for value in _column(rows, name)]


def _website(text: str | None) -> str | None:
    """Return a web address with its scheme; anything else (a script, a mail) is no website."""
    if not isinstance(text, str) or not _WEB.match(text):
        return None
    return text if text.lower().startswith(("http://", "https://")) else f"https://{text}"


def _types(
    values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: _Notices
) -> None:
    """Set `type` and `theme`."""
    overrides = contract.values.get("type", {})
    sectors = contract.values.get("sector", {})
    types: list[str | None] = []
    themes: list[str | None] = []
    for raw_type, raw_sector, raw_theme, name, coded in zip(
        *(_clean(rows, column) for column in ("type", "sector", "theme", "name")),
        _coded_sectors(rows, contract, vocabulary, notices),
        strict=True,
    ):
        found = vocabulary.map_type(raw_type, overrides=overrides) if raw_type else None
        if raw_type and found is None:
            notices.add("unmapped_value", "type", raw_type)
        if found is None and raw_sector:
            found = vocabulary.map_type(raw_sector, overrides=sectors)
            if found is None and raw_sector not in sectors:
                notices.add("unmapped_value", "sector", raw_sector)
        found = found or coded.type
        if name and (found is None or found in GENERIC_TYPES):
            found = vocabulary.guess_type(name) or found
        types.append(found)
        stated = raw_theme if raw_theme in vocabulary.themes else None
        if raw_theme and stated is None:
            notices.add("unmapped_value", "theme", raw_theme)
        mapped = sectors.get(raw_sector or "")
        broad = mapped if mapped in vocabulary.themes else coded.theme
        themes.append(
            stated
            or (vocabulary.theme_of(found) if found and found not in GENERIC_TYPES else None)
            or broad
            or vocabulary.theme_of(found)
        )
    values["type"], values["theme"] = types, themes


def _coded_sectors(rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: _Notices) -> list[Sector]:
    """Return what each row's code in a public scheme means (columns `sector:<scheme>` and `nace`), the finest first."""
    columns = [str(name) for name in rows.columns if str(name).startswith("sector:")]
    for column in columns:
        if not vocabulary.knows_scheme(column[7:]):
            known = ", ".join(sorted(SCHEMES))
            raise ContractError(f"{contract.declared_in}: [columns] {column}: no such scheme. Known: {known}.")
    found = [Sector(None, None)] * len(rows)
    for column in [*columns, *(["nace"] if "nace" in rows else [])]:
        scheme = column.removeprefix("sector:")
        for n, code in enumerate(_clean(rows, column)):
            meant = vocabulary.map_sector(scheme, code)
            if meant is None and code and column != "nace":
                notices.add("unmapped_value", column, code)
            if meant is not None and found[n].theme is None:
                found[n] = meant
    return found


def _states(
    values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, vocabulary: Vocabulary, notices: _Notices
) -> None:
    """Set `status`, `aspect` and `present_use`."""
    statuses = []
    for raw in _clean(rows, "status"):
        found = (
            raw if raw in STATUSES else vocabulary.map_status(raw, contract.values.get("status", {})) if raw else None
        )
        if raw and found is None:
            notices.add("unmapped_value", "status", raw)
        statuses.append(found or "unknown")
    values["status"] = statuses
    for name, allowed in (("aspect", ASPECTS), ("present_use", PRESENT_USES)):
        mapping = contract.values.get(name, {})
        column = []
        for cell, raw in zip(_column(rows, name), _clean(rows, name), strict=True):
            # "none" is a use, though as a text it says nothing.
            found = mapping.get(raw or "", cell if isinstance(cell, str) and cell in allowed else raw)
            if found is not None and found not in allowed:
                notices.add("unmapped_value", name, found)
                found = None
            column.append(found or "unknown")
        values[name] = column


def _years(values: pd.DataFrame, rows: pd.DataFrame, contract: Contract, notices: _Notices) -> None:
    """Set `start_year`, `end_year` and `year_precision`."""
    spans = []
    texts = (date_texts(_column(rows, name), contract.values.get(name, {})) for name in _YEARS)
    for start, end in zip(*texts, strict=True):
        span = life_span(start, end)
        spans.append(span)
        if start and parse_date(start) is None:
            notices.add("unread_date", "start", start)
        if end and (parse_date(end) if end == start else parse_end(end)) is None:
            notices.add("unread_date", "end", end)
        if span.note and "before start" in span.note:
            notices.add("dates_contradict", "end", f"{start} - {end}")
    values["start_year"] = [span.start_year for span in spans]
    values["end_year"] = [span.end_year for span in spans]
    values["year_precision"] = [span.year_precision for span in spans]


def _countries(rows: pd.DataFrame, contract: Contract, ground: Ground, notices: _Notices) -> list[str | None]:
    """Return the code of each row's country: the stated one, else that of the region."""
    overrides = contract.values.get("country", {})
    is_asked = NAMIBIA not in (*overrides, contract.defaults.get("country"))
    codes: list[str | None] = []
    for cell in _column(rows, "country"):
        text = cell.strip() if isinstance(cell, str) else clean_text(cell)
        # Namibia, or what many programs write for nothing: only a person can tell.
        doubtful = text == NAMIBIA and is_asked
        code = None if doubtful else country_code(overrides.get(text or "", text))
        if text and code is None and (doubtful or clean_text(text)):
            notices.add("unmapped_value", "country", text)
        codes.append(code or ground.country)
    return codes


def _accuracies(rows: pd.DataFrame, contract: Contract, notices: _Notices) -> pd.DataFrame:
    """Return rows whose `accuracy_m` is in meters where the contract maps words to them ("exact", "approximate")."""
    meters = contract.values.get("accuracy_m", {})
    if "accuracy_m" not in rows:
        return rows
    words = {fold_once(word): value for word, value in meters.items()}
    mapped: list[Any] = []
    for cell in rows["accuracy_m"]:
        text = clean_text(cell)
        value = None if text is None else words.get(fold_once(text), text)
        number = pd.to_numeric(str(value).replace(",", "."), errors="coerce") if value is not None else None
        if text is not None and not (number is not None and 0 < number <= ACCURACY_MAX_M):
            notices.add("unmapped_value", "accuracy_m", text)
            number = None
        mapped.append(number)
    return rows.assign(accuracy_m=pd.Series(mapped, index=rows.index, dtype=object))


def _origins(
    values: pd.DataFrame,
    rows: pd.DataFrame,
    table: RawTable,
    contract: Contract,
    ground: Ground,
    notices: _Notices,
) -> None:
    """Set what tells where a record comes from and under which terms."""
    schemes = [str(name) for name in rows.columns if str(name).startswith("ids.")]
    # Two sites whose number is "brak" (none) would be one by it.
    ids = [{name[4:]: known_text(row[name]) for name in schemes} for row in rows[schemes].to_dict("records")]
    values["ids"] = [to_json(entry) for entry in ids]
    values["record_key"] = contract.id + ":" + rows["key"].astype(str)
    values["source"] = contract.id
    values["region"] = contract.region
    values["country"] = _countries(rows, contract, ground, notices)
    values["licence"] = contract.licence
    values["retrieved_at"] = _date(contract.retrieved) or table.data_time
    stated = _date(contract.valid_at) or table.data_time
    values["valid_at"] = [_valid_at(text, notices) or stated for text in _clean(rows, "valid_at")]
    for name in ("tags", "content_hash", "place"):
        values[name] = list(_column(rows, name))


def _valid_at(text: str | None, notices: _Notices) -> str | None:
    """Return the day that a row speaks of: the youngest goes first where records disagree, so it must be one."""
    found = iso_date(text)
    if found is None and known_text(text) is not None:
        notices.add("unread_date", "valid_at", str(text))
    return found


def _date(value: object) -> str | None:
    return None if value is None else str(value)


def _note_lost_characters(rows: pd.DataFrame, notices: _Notices) -> None:
    """Note how many rows show lost or misread characters, by column and by what was lost, and the first of them."""
    first: dict[tuple[str, str], str] = {}
    for cell in lost_cells(rows):
        place = first.setdefault((cell.column, cell.detail), cell.place)
        notices.add("lost_characters", cell.column, f"{cell.detail}, first in {place}")


def _note_nothing(rows: pd.DataFrame, notices: _Notices) -> None:
    """Note cells of names that hold a program's word for nothing, which may be a name."""
    for column in rows.columns:
        if column in _NAMED or str(column).startswith("name:"):
            for cell in rows[column]:
                if isinstance(cell, str) and cell.strip().casefold() in MAYBE_NAMES and clean_text(cell) is None:
                    notices.add("read_as_empty", str(column), cell.strip())


@dataclass(frozen=True)
class LostCell:
    """A cell that shows lost or misread characters: where it stands, what it holds, what is wrong."""

    place: str
    column: str
    text: str
    detail: str


def lost_cells(rows: pd.DataFrame) -> Iterator[LostCell]:
    """Yield every cell of a text column of a `Raw` frame that shows lost or misread characters, column by column."""
    for column in rows.columns:
        if column in _NO_TEXT:
            continue
        for text, where in zip(rows[column], _column(rows, "place"), strict=True):
            found = lost_characters(text) if isinstance(text, str) else None
            if found:
                yield LostCell(str(where), str(column), text[:_LONGEST_TEXT], found)
