"""Judge markup before any parser sees it: no entities, no unknown roots, no links.

GDAL chooses its driver by a file's content and follows what it finds there. So XML with a document type or entities,
XML of another root than the ending promises (a virtual data set names other files), and GeoJSON whose `crs` is a link
are refused here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

from inducult_geo.errors import ContractError

MAX_JSON_BYTES = 500 * 1024**2
_CHUNK = 1024**2
_OVERLAP = 64
_FORBIDDEN = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_KNOWN_ENCODINGS = re.compile(r"utf-?(8|16|16le|16be)|us-ascii|ascii|iso-?8859-\d+|latin-?\d|windows-12\d\d|cp12\d\d")
_SKIPPED = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_GEOJSON = frozenset(("FeatureCollection", "Feature", *_SHAPES))


def check_xml(where: str, handle: IO[bytes], roots: Iterable[str] | None) -> None:
    """Refuse XML that could reach outside itself or grow, and XML of another kind (where `roots` are named).

    Raises
    ------
    ContractError
        Where it has a document type or entities, an unusual encoding, or a root not among `roots`.
    """
    head = _plain_start(handle)
    declared = _ENCODING.match(head)
    if declared and not _KNOWN_ENCODINGS.fullmatch(declared[1].decode("latin-1").strip().lower()):
        raise ContractError(f"{where}: has an unusual encoding. Export it again as UTF-8.")
    at = 0
    while found := _SKIPPED.match(head, at):
        at = found.end()
    root = _ROOT.match(head, at)
    if _FORBIDDEN.match(head, at):
        raise ContractError(_entities(where))
    wanted = None if roots is None else tuple(roots)
    if wanted is not None and (root is None or root[1].decode("latin-1") not in wanted):
        holds = f"<{root[1].decode('latin-1')[:40]}>" if root else "something else"
        raise ContractError(
            f"{where}: is not what it says: it should begin with <{'> or <'.join(wanted)}>, but holds {holds}. "
            "Export it again, or give it its true ending."
        )
    handle.seek(0)
    for window in _windows(handle):
        if _FORBIDDEN.search(window):
            raise ContractError(_entities(where))


def holds(handle: IO[bytes], needle: bytes) -> bool:
    """Whether some ASCII bytes stand anywhere in a file, in UTF-16 too."""
    handle.seek(0)
    return any(needle in window for window in _windows(handle))


def _entities(where: str) -> str:
    return (
        f"{where}: holds a document type or entities (<!DOCTYPE, <!ENTITY), which can reach other files or grow "
        "without end. Remove them and export it again."
    )


def _plain_start(handle: IO[bytes]) -> bytes:
    """Return the first bytes as if they were ASCII: without marks and the NULs of UTF-16."""
    head = handle.read(4 * _CHUNK).replace(b"\x00", b"")
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    return head.lstrip()


def _windows(handle: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces that overlap, without NULs, so that UTF-16 hides nothing."""
    kept = b""
    while chunk := handle.read(_CHUNK):
        window = kept + chunk.replace(b"\x00", b"")
        yield window
        kept = window[-_OVERLAP:]


def check_geojson(where: str, data: bytes) -> None:
    """Refuse JSON that is neither GeoJSON nor the answer of an ArcGIS server, and GeoJSON that names its CRS by a link.

    Raises
    ------
    ContractError
        Where it is no JSON, JSON of another kind, a member of it is no Feature, or its legacy `crs` member is anything
        but a name.
    """
    if len(data) > MAX_JSON_BYTES:
        raise ContractError(f"{where}: {len(data) / 1e6:.0f} MB are too much for JSON: send it as a GeoPackage.")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ContractError(
            f"{where}: is not written in UTF-8, as GeoJSON must be. Save it again with the encoding UTF-8."
        ) from None
    except (ValueError, RecursionError) as problem:
        what = "too deeply nested" if isinstance(problem, RecursionError) else str(problem)
        if what.startswith("Extra data") and data.lstrip(b"\xef\xbb\xbf\x1e \r\n\t").startswith(b"{"):
            what += ". It seems to hold one shape in each line (JSON Lines): ask for a GeoJSON or a CSV"
        raise ContractError(
            f"{where}: cannot be read as JSON: it is damaged or was cut short, or is something else. Copy it again, or "
            f"export it again (the reader says: {what})."
        ) from problem
    if _is_of_esri(content):
        return
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(kind, str) or kind not in _GEOJSON:
        raise ContractError(
            f"{where}: is JSON, but not GeoJSON ({_held(content)}). Export it as GeoJSON, or its table as CSV."
        )
    _check_features(where, content)
    crs = content.get("crs")
    if crs is not None and not _is_named(crs):
        raise ContractError(
            f'{where}: its member `crs` does not hold a name. Remove it, or write {{"type": "name", "properties": '
            '{"name": "urn:ogc:def:crs:EPSG::2177"}}.'
        )


def _check_features(where: str, content: dict[str, Any]) -> None:
    """Refuse a collection with a member that is no Feature: GDAL passes over it in silence."""
    members = content.get("features") if content["type"] == "FeatureCollection" else []
    if not isinstance(members, list):
        raise ContractError(f"{where}: its member `features` is not a list. Export it again.")
    for number, member in enumerate(members, 1):
        if not isinstance(member, dict) or member.get("type") != "Feature":
            held = f"type {str(member.get('type'))[:40]!r}" if isinstance(member, dict) else f"{member!r:.40}"
            raise ContractError(
                f"{where}: feature {number} of {len(members)} is not a Feature (it holds {held}) and would be lost. "
                'Write "type": "Feature" in it, or remove it.'
            )


def _is_of_esri(content: Any) -> bool:
    """Whether it is the answer of an ArcGIS server (Esri JSON), each row of it with attributes."""
    rows = content.get("features") if isinstance(content, dict) and "type" not in content else None
    is_whole = isinstance(rows, list) and all(isinstance(row, dict) and "attributes" in row for row in rows)
    return is_whole and isinstance(content.get("fields"), list) and isinstance(content.get("geometryType"), str)


def _held(content: Any) -> str:
    if isinstance(content, dict):
        return "its top level holds " + (", ".join(f"'{str(key)[:30]}'" for key in list(content)[:6]) or "nothing")
    return f"its top level is a list of {len(content)}" if isinstance(content, list) else "it is a single value"


def _is_named(crs: Any) -> bool:
    """Whether a legacy CRS member is a plain name: a link would be fetched."""
    if not isinstance(crs, dict) or crs.get("type") not in ("name", "EPSG"):
        return False
    values = crs.get("properties")
    if not isinstance(values, dict):
        return False
    name = values.get("name", values.get("code"))
    return isinstance(name, str | int) and not str(name).lower().startswith(("http", "ftp", "file", "/"))
