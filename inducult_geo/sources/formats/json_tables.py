"""Read JSON that is a table: a list of objects, alone or in one member of an object, or a SPARQL answer.

In JSON Lines every line is an object of its own.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pandas as pd

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.markup import MAX_JSON_BYTES
from inducult_geo.sources.formats.nested import with_nested
from inducult_geo.sources.formats.paged import page_of
from inducult_geo.sources.formats.table import Table
from inducult_geo.text import storable

LINES: Final = (".jsonl", ".ndjson")
"""Endings of files that hold an object in each line."""

_OBJECTS: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_IS_GEOJSON: Final = re.compile(rb'"type"\s*:\s*"Feature')
_TOTALS: Final = ("count", "total", "totalCount", "total_count", "numFound")
"""Members in which services tell how many rows there are in all."""

_HALVES: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_HEAD: Final = 4096
_COLUMNS_MAX: Final = 2000


def read_json_table(path: Path) -> Table | None:
    """Read a file of JSON that is a table; null where it is none, which may be GeoJSON.

    Numbers stay as they are written. An object in a cell gives a column for each of its members, as in a GeoJSON.

    Raises
    ------
    ContractError
        Where its rows have more names than a table has columns.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
        if not _OBJECTS.match(head) or _IS_GEOJSON.search(head) or path.stat().st_size > MAX_JSON_BYTES:
            return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = _lines(text) if _is_lines(text, path.suffix.lower()) else {}
        content = [*lines.values()] or _whole_letters(text)
    except (ValueError, RecursionError):
        return None
    rows = _rows(content)
    if rows is None:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > _COLUMNS_MAX:
        raise ContractError(
            f"{path}: its {len(rows):,} objects have {len(names):,} different names of members, which is no table. "
            "Export it as CSV."
        )
    columns = {name: pd.Series([_cell(row.get(name)) for row in rows], dtype=object) for name in names}
    places = [f"{path.name} line {n}" for n in lines] or [f"{path.name} object {n}" for n in range(1, len(rows) + 1)]
    page = page_of(_total(content), len(rows))
    return with_nested(Table(pd.DataFrame(columns), places, kind="JSON", encoding="utf-8", page=page))


def _is_lines(text: str, ending: str) -> bool:
    """Whether the first line of several is an object that is complete; a file that is called so may have one."""
    first, _, others = text.strip().partition("\n")
    goes_on = others.lstrip().startswith("{") or (not others and ending in LINES)
    return first.startswith("{") and first.rstrip().endswith("}") and goes_on


def _lines(text: str) -> dict[int, Any]:
    """Return what each line tells, by its number; one that is blank is no row."""
    return {number: _whole_letters(line) for number, line in enumerate(text.split("\n"), 1) if line.strip()}


def _whole_letters(text: str) -> Any:
    """Return what JSON tells, numbers as they are written; half a character (an escape alone) is in no file."""
    content = json.loads(text, parse_int=str, parse_float=str, parse_constant=lambda _: None)
    return json.loads(storable(json.dumps(content, ensure_ascii=False))) if _HALVES.search(text) else content


def _rows(content: Any) -> list[dict[str, Any]] | None:
    """Return the rows of a list of objects, or of what a SPARQL service answers; null where it is neither."""
    if isinstance(content, dict):
        results = content.get("results")
        if answers := _objects(results.get("bindings") if isinstance(results, dict) else None):
            named = ([(name, cell) for name, cell in row.items() if isinstance(cell, dict)] for row in answers)
            return [{name: cell.get("value") for name, cell in row} for row in named]
        content = _listed(content)
    rows = _objects(content)
    # A list of features is no GeoJSON, and no table either.
    return None if rows is None or any(row.get("type") == "Feature" or "attributes" in row for row in rows) else rows


def _listed(content: dict[str, Any]) -> Any:
    """Return the one list that an object holds beside plain values ({"count": 2, "results": [...]}), or null."""
    lists = [value for value in content.values() if isinstance(value, list | dict)]
    return lists[0] if len(lists) == 1 and "type" not in content else None


def _total(content: Any) -> int:
    """Return how many rows a service says that it has; 0 where it does not."""
    told = [content.get(name) for name in _TOTALS] if isinstance(content, dict) else []
    return max((int(total) for total in told if isinstance(total, str) and total.isdecimal()), default=0)


def _objects(found: Any) -> list[dict[str, Any]] | None:
    is_list = isinstance(found, list) and bool(found) and all(isinstance(row, dict) for row in found)
    return found if is_list else None


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value if value and value.strip() else None
    return json.dumps(value)
