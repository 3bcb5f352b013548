"""Read XML that is a table: one list of elements of one name, as archives and registers export it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pandas as pd

from inducult_geo.errors import ContractError
from inducult_geo.sources.formats.markup import check_xml
from inducult_geo.sources.formats.table import Table, check_cells, nul_rows
from inducult_geo.text import first_few, quoted

MAX_XML_BYTES: Final = 200 * 1024**2
_ELEMENTS_MAX: Final = 5_000_000
_DEEPEST: Final = 50
_COLUMNS_MAX: Final = 2000
_TOLD: Final = 6
_NAMING: Final = ("name", "key", "code")
"""Attributes that say of an element what it holds, where all are called alike: <field name="town">."""

_FIELDS: Final = ("field", "str", "int", "long", "float", "double", "date", "bool", "attribute", "property", "col",
                  "column", "value", "data", "element", "metadata", "item")  # fmt: skip

_BETWEEN: Final = "; "
_NO_TABLE: Final = {
    "kml": "It is a KML: give it the ending .kml.",
    "gpx": "It is a GPX: give it the ending .gpx.",
    "FeatureCollection": "It is a GML: give it the ending .gml.",
    "osm": "It is an extract of OpenStreetMap: give it to `inducult run --osm`.",
    "mediawiki": "It is a dump of a wiki: ask for its table as CSV.",
    "html": "It is a web page: open it in a spreadsheet program and save the table as .xlsx.",
    "document": "It is a document of an office program: open it there and save it as .xlsx.",
    "OGRVRTDataSource": "It names other files: give one of those.",
}
"""Root of XML that is another format -> what to do."""


def read_elements(path: Path) -> ET.Element:
    """Return the root of a file of XML, without entities and of a size that fits.

    Raises
    ------
    ContractError
        Where it is too large or too deep, is damaged, or has a document type or entities.
    """
    if path.stat().st_size > MAX_XML_BYTES:
        raise ContractError(f"{path}: {path.stat().st_size / 1e6:.0f} MB are too much for XML: ask for a CSV.")
    with path.open("rb") as handle:
        check_xml(str(path), handle, None)
        handle.seek(0)
        depth, root = 0, None
        try:
            # Neither entities nor a document type are left in it.
            element: ET.Element
            for number, (event, element) in enumerate(ET.iterparse(handle, ("start", "end"))):  # noqa: S314
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                if depth > _DEEPEST or number > 2 * _ELEMENTS_MAX:
                    how = "too deeply nested" if depth > _DEEPEST else "of too many elements"
                    raise ContractError(f"{path}: is XML {how} for a table. Ask for its table as CSV or .xlsx.")
        except (ET.ParseError, ValueError, LookupError) as problem:
            raise ContractError(
                f"{path}: cannot be read as XML: it is damaged or was cut short. Copy it again, or export it again "
                f"(the reader says: {problem})."
            ) from problem
    assert root is not None  # noqa: S101
    return root


def read_xml_table(path: Path, root: ET.Element) -> Table:
    """Return the rows of a file of XML; each element and attribute within a row is a column.

    An element within another is called "address.town"; what stands several times in a row is one cell with ";" between.

    Raises
    ------
    ContractError
        Where it is XML of another format, or holds no list or several.
    """
    if (remedy := _NO_TABLE.get(local(root))) is not None:
        raise ContractError(f"{path}: is not a table of records. {remedy}")
    rows, beside = _rows(path, root)
    cells: list[dict[str, str]] = []
    several: dict[str, None] = {}
    for row in rows:
        found: dict[str, dict[str, None]] = {}
        for name, text in _cells(row, ""):
            found.setdefault(name, {})[text] = None
        several |= dict.fromkeys(name for name, texts in found.items() if len(texts) > 1)
        cells.append({name: _BETWEEN.join(texts) for name, texts in found.items()})
    names = list(dict.fromkeys(name for row_cells in cells for name in row_cells))
    check_cells(path, len(cells), len(names))
    if not names or len(names) > _COLUMNS_MAX:
        raise ContractError(f"{path}: its <{local(rows[0])}> make {len(names):,} columns. Ask for its table as CSV.")
    frame = pd.DataFrame({name: pd.Series([one.get(name) for one in cells], dtype=object) for name in names})
    tag = local(rows[0])
    notes = [f"each <{tag}> is a row"]
    notes += [f"holds also {quoted(beside[:_TOLD])} beside the rows, which is not read"] if beside else []
    notes += (
        [f"appears several times in a row, and becomes one cell: {first_few([*several], _TOLD)}"] if several else []
    )
    places = [f"{path.name} {tag} {number}" for number in range(1, len(cells) + 1)]
    return Table(frame, places, nul_rows(frame), kind="XML", notes=tuple(notes))


def local(element: ET.Element) -> str:
    """Return the name of an element without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _rows(path: Path, root: ET.Element) -> tuple[list[ET.Element], list[str]]:
    """Return the elements that are rows, and the names of what else holds something beside them.

    They are those of one name, one below the other, that lie the least deep; or the only one that holds plain values.
    """
    level, passed = [root], dict[str, None]()
    while level:
        lists = [
            (name, one)
            for one in level
            for name, number in Counter(map(local, filter(_is_filled, one))).items()
            if number > 1
        ]
        inside = [inner for one in level for inner in one if local(inner)]
        if len(lists) > 1:
            told = ", ".join(f"<{name}> in <{local(one)}>" for name, one in lists[:_TOLD])
            raise ContractError(
                f"{path}: holds several lists ({told}), but a contract reads only one. Ask for the right one as a file "
                "of its own, or as CSV."
            )
        if lists:
            ((name, parent),) = lists
            rows = [inner for inner in parent if local(inner) == name]
            others = [*passed, *map(local, level), *(local(inner) for inner in inside if local(inner) != name)]
            return rows, [*dict.fromkeys(one for one in others if one not in map(local, (root, parent)))]
        passed |= dict.fromkeys(map(local, level))
        level = [inner for inner in inside if len(inner)]
    alone = [one for one in root.iter() if len(one) > 1 and not any(map(_is_filled, one))]
    if len(alone) != 1:
        raise ContractError(
            f"{path}: holds no list of records: elements of one name, one below the other. Ask for its table as CSV or "
            ".xlsx, or open it in a spreadsheet program and save that."
        )
    return alone, []


def _is_filled(element: ET.Element) -> bool:
    """Whether an element holds more than a text: others, or attributes."""
    return bool(local(element)) and (len(element) > 0 or bool(element.attrib))


def _cells(element: ET.Element, at: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each attribute and element within a row that holds anything."""
    naming = _naming(element) if at else None
    for attribute, value in element.attrib.items():
        if attribute != naming and value.strip():
            yield f"{at}.{attribute.rpartition('}')[2]}".removeprefix("."), value.strip()
    if any((text or "").strip() for text in (element.text, *(one.tail for one in element))):
        # What stands within a text marks words of it: <name>The <i>old</i> mill</name>.
        yield at or "text", " ".join("".join(element.itertext()).split())
        return
    for one in element:
        if name := local(one):
            named = _naming(one)
            yield from _cells(one, f"{at}.{one.attrib[named] if named else name}".removeprefix("."))


def _naming(element: ET.Element) -> str | None:
    """Return the attribute that says what an element without others holds: <field name="town">Opole</field>."""
    only = [*element.attrib]
    is_named = len(only) == 1 and only[0] in _NAMING and len(element) == 0 and local(element) in _FIELDS
    return only[0] if is_named and element.attrib[only[0]].strip() else None
