"""Lines of a draft for tables from Wikidata or OpenStreetMap, and for kinds told by columns of yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from inducult_geo.drafting.column import Column
from inducult_geo.drafting.columns import OSM_KEYS, is_item
from inducult_geo.drafting.text import comment, quoted
from inducult_geo.harmonize.words.dated_states import status_of
from inducult_geo.harmonize.words.vocabulary import GENERIC_TYPES, load_vocabulary
from inducult_geo.sources.partners.marks import is_marked, word_of
from inducult_geo.text import counted

_MOSTLY: Final = 0.8
_OSM_ID: Final = re.compile(r"(node|way|relation)/\d+")
_ITEM_COLUMNS: Final = ("item", "place", "site")
"""How queries of Wikidata call the item that a row is about."""


def items_of(columns: Iterable[Column]) -> Column | None:
    """Return the first column in which nearly every cell is an item of Wikidata."""
    return next((column for column in columns if column.cells and column.share(is_item) >= _MOSTLY), None)


def one_record_lines(items: Column) -> list[str]:
    """Say that rows of one item are one record, where items have several."""
    different = len(set(items.cells))
    if different == len(items.cells):
        return []
    told = f"{counted(len(items.cells), 'row')} of {counted(different, 'item')}: a query gives a row for each value"
    return [f"one_record_per_key = true # guessed: {told}"]


def licence_lines(columns: Sequence[Column]) -> list[str]:
    """Offer the license of a table that seems to come from OpenStreetMap or Wikidata: what they publish has one."""
    if any(column.cells and column.share(_is_osm) >= _MOSTLY for column in columns):
        return [
            comment(
                "Its rows seem to be objects of OpenStreetMap, which a run reads by itself, with every tag: from an"
            ),
            comment(
                "extract (inducult fetch) or a server (inducult run --overpass). If this export is wanted as well:"
            ),
            comment('its licence is "ODbL-1.0", its attribution "© OpenStreetMap contributors".'),
        ]
    first = items_of(columns)
    if first is not None and first.name in _ITEM_COLUMNS:
        return [comment('If all of the table comes from Wikidata, its licence is "CC0-1.0".')]
    return []


def _is_osm(cell: str) -> bool:
    return bool(_OSM_ID.fullmatch(cell))


def marked_lines(columns: Sequence[Column]) -> tuple[list[str], set[str]]:
    """Return the lines for columns that are called by a kind or a condition and say yes or no, and their names."""
    vocabulary = load_vocabulary()
    asked = {column.name: word_of(column.name) for column in columns if is_marked(column.cells)}
    states = [name for name, word in asked.items() if status_of(word, vocabulary) is not None]
    types = {name: vocabulary.map_type(word) for name, word in asked.items() if name not in states}
    kinds = [name for name, found in types.items() if found is not None and found not in GENERIC_TYPES]
    lines = [f"type = [{_listed(kinds)}] # guessed: each is named after a kind, and says yes or no"] if kinds else []
    lines += [f"status = {quoted(name)} # guessed: says yes or no; what a no means is not known" for name in states[:1]]
    return lines, {*kinds, *states[:1]}


def tags_line(columns: Sequence[Column]) -> tuple[str, set[str]] | None:
    """Return the line for several tags of OpenStreetMap that tell kinds, and their names; None where there is one."""
    names = {column.name for column in columns} & {*OSM_KEYS}
    if len(names) < 2:
        return None
    return f"type = [{_listed(key for key in OSM_KEYS if key in names)}] # guessed: tags of OpenStreetMap", names


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
