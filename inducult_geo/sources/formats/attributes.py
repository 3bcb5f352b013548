"""Find the encoding of a shapefile's attributes where its .cpg is missing or wrong."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from inducult_geo.text import counted
from inducult_geo.text.encodings import best_encoding, guess_told

_HEADER_AT: Final = 32
_UTF8: Final = "utf-8"
_CUT_MOST: Final = 0.2
"""Share of the letters beyond ASCII that may be cut in half in a text of UTF-8: more, and it is none."""

_HALF: Final = re.compile("[\udc80-\udcff]")
_WHOLE: Final = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True)
class Attributes:
    """How to read a .dbf: its encoding (null: GDAL is right), what to tell, and its bytes where they were mended."""

    encoding: str | None = None
    notes: tuple[str, ...] = ()
    mended: bytes | None = None


def attributes_of(dbf: bytes, cpg: bytes | None, languages: Collection[str]) -> Attributes:
    """Return how to read the attributes of a shapefile.

    Parameters
    ----------
    dbf
        The table.
    cpg
        What the .cpg beside it says; null where there is none.
    languages
        Those that its letters may be of.
    """
    # Bytes 8 and 9 say where the rows begin: what is before them is no text.
    begin = int.from_bytes(dbf[8:10], "little")
    rows = dbf[begin:]
    if len(dbf) <= _HEADER_AT or rows.isascii():
        return Attributes()
    told = "" if cpg is None else cpg.decode("latin-1").strip("\ufeff\x00 \r\n\t")[:40]
    stated = _codec(told)
    text = rows.decode(_UTF8, errors="surrogateescape")
    cut, whole = len(_HALF.findall(text)), len(_WHOLE.findall(text))
    is_utf8 = cut <= _CUT_MOST * whole
    if is_utf8 and cut and (stated == _UTF8 or not told):
        # Fields are so and so many bytes wide: a letter of two may be cut in half at the end of its cell.
        note = (
            f"{counted(cut, 'letter')} cut in half at the end of a cell, and left out: ask for the data as a GeoPackage"
        )
        return Attributes(_UTF8, (note,), dbf[:begin] + _HALF.sub(" ", text).encode(_UTF8))
    if stated is not None and stated != _UTF8 and is_utf8 and not cut:
        return Attributes(_UTF8, (f"its .cpg says {told!r}, but its text is UTF-8 and was read so",))
    # Byte 29 names a code page; 0 and 87 ("that of the machine") say nothing.
    if stated == _UTF8 and not is_utf8:
        said = "its .cpg says UTF-8, which its letters are not: "
    elif told or dbf[29] not in (0, 87):
        return Attributes()
    else:
        said = ""
    found = best_encoding(b"\n".join(re.split(rb" {2,}|\x00+", rows)), languages)
    notes = () if found in (None, _UTF8) else (said + guess_told(rows, str(found)),)
    return Attributes(found, notes)


def _codec(told: str) -> str | None:
    """Return the name that Python gives to the encoding that a .cpg states; null where it knows none."""
    number = re.search(r"\d{3,5}", told)
    for name in (told, *(() if number is None else (f"cp{number[0]}", number[0].replace("8859", "iso8859-")))):
        try:
            return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    return None
