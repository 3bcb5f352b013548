"""Detect places in markup that are no numbers: GDAL reads "abc" as 0, "50,1" as 50, and skips what it cannot read.

What it hands on as it stands, such as NaN or a point of nothing (0, 0), costs its row later and is left alone here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import IO
from xml.etree import ElementTree
from xml.parsers.expat import errors

from inducult_geo.errors import ContractError

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_NUMBER_OR_NONE = re.compile(rf"{_NUMBER.pattern}|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_PLACED = ("wpt", "rtept", "trkpt")
_KML_SHAPES = ("Point", "LineString", "LinearRing")
_GML_SPACE = "{http://www.opengis.net/gml"
_GML_PLACES = ("pos", "posList", "coordinates", "X", "Y", "Z")
_COUNTED = (*_PLACED, "pos", "posList", "coordinates", "X")
_MOST_OF_POINT = 3
_EXTENT = "boundedBy"
_UNBOUND_PREFIX = errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]


def check_places(where: str, suffix: str, handle: IO[bytes]) -> None:
    """Refuse a GPX, KML or GML, judged by `check_xml`, with a place that would be lost or put elsewhere.

    Raises
    ------
    ContractError
        With the first such place, and what to do; of a GML also where it is no whole XML: of one whose first object
        holds the fault GDAL gives no rows, and no word.
    """
    handle.seek(0)
    fault, number, above = _FAULTS[suffix], 0, list[str]()
    try:
        for event, element in ElementTree.iterparse(handle, ("start", "end")):  # noqa: S314 (without entities)
            if event == "start":
                above.append(element.tag.rpartition("}")[2])
                continue
            kind = above.pop()
            # Attributes may be called "X", too.
            is_place = suffix != ".gml" or element.tag.startswith(_GML_SPACE)
            number += is_place and kind in _COUNTED and _EXTENT not in above
            if (told := fault(element, kind, above)) is not None:
                raise ContractError(
                    f"{where}: point {number} <{kind}> has {told}, which is not a number, or too many or too few "
                    "numbers: it would be lost or misplaced. Write degrees with a decimal point there, or remove it."
                )
            element.clear()
    except ElementTree.ParseError as problem:
        # Of other kinds GDAL says so itself; and it reads names with a prefix that nothing explains.
        if suffix == ".gml" and problem.code != _UNBOUND_PREFIX:
            raise ContractError(
                f"{where}: is no whole XML ({problem}): it holds a letter of another encoding or a '&' that is none, "
                "or was cut off. Correct it there, or ask for it again."
            ) from problem
    # An encoding that this reader does not know may be known to GDAL.
    except (ValueError, LookupError):
        return


def _of_gpx(element: ElementTree.Element, kind: str, _: Sequence[str]) -> str | None:
    told = {name: element.get(name, "") for name in ("lat", "lon")} if kind in _PLACED else {}
    wrong = (f"{name}={text[:40]!r}" for name, text in told.items() if not _NUMBER.fullmatch(text.strip()))
    return next(wrong, None)


def _of_kml(element: ElementTree.Element, kind: str, above: Sequence[str]) -> str | None:
    if kind != "coordinates" or not above or above[-1] not in _KML_SHAPES:
        return None
    text = element.text or ""
    places = re.sub(r"\s*,\s*", ",", text.strip()).split()
    is_one = len(places) <= 1 or above[-1] != "Point"
    is_right = is_one and all(_is_place(place) for place in places)
    return None if is_right and (places or not _is_of_several(above)) else repr(" ".join(text.split())[:40])


def _is_place(told: str) -> bool:
    """Whether it is longitude, latitude and perhaps a height, or a comma for one."""
    numbers = told.removesuffix(",").split(",")
    return len(numbers) in (2, _MOST_OF_POINT) and all(map(_NUMBER_OR_NONE.fullmatch, numbers))


def _of_gml(element: ElementTree.Element, kind: str, above: Sequence[str]) -> str | None:
    # The corners of an extent are no place of anything.
    if kind not in _GML_PLACES or not element.tag.startswith(_GML_SPACE) or _EXTENT in above:
        return None
    text, most = (element.text or "").strip(), None
    numbers = text.split()
    if kind == "coordinates":
        between = re.escape(element.get("cs", ",") + element.get("ts", " "))
        pieces = re.split(rf"\s*[{between}]\s*|\s+", text) if text else []
        numbers = [piece.replace(element.get("decimal", "."), ".") for piece in pieces]
        most = _MOST_OF_POINT if above[-1:] == ["Point"] else None
    is_right = all(map(_NUMBER.fullmatch, numbers)) and (most is None or len(numbers) <= most)
    return None if is_right and (numbers or not _is_of_several(above)) else repr(text[:40])


def _is_of_several(above: Sequence[str]) -> bool:
    """Whether a shape is one of several in a place, which 0, 0 would draw away."""
    return any(kind.startswith("Multi") for kind in above)


_FAULTS: dict[str, Callable[[ElementTree.Element, str, Sequence[str]], str | None]] = {
    ".gpx": _of_gpx,
    ".kml": _of_kml,
    ".gml": _of_gml,
}
