"""Read the dates of registers and tags: first and last year of an expression in twelve languages and English.

A text is cut into tokens (`tokens`), and rules put them together until one value is left (`rules`). What is
not understood to the end is not guessed at: `parse_date` returns None.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

from inducult_geo.harmonize.dates.rules import NO_END, add_note, reduce_tokens
from inducult_geo.harmonize.dates.tokens import ZERO_OF_OFFICE, Years, date_tokens
from inducult_geo.text import fold_once, known_text

_DAY_NUMBER: Final = re.compile(r"[2-4][0-9]{4}")

FIRST_YEAR: Final = -3000
LAST_YEAR: Final = 2100
_LONGEST_TEXT: Final = 200
_ORDINAL_MARKS: Final = dict.fromkeys(map(ord, "º°ª^"), ".")
_FRACTION: Final = "\u2044"
"""The stroke of a half that is one sign ("½ XIX w."), as NFKC writes it."""

_ABBREVIATED_BEFORE: Final = re.compile(r"[vV]\. ?\d{3,4}", re.ASCII)
"""In German before a year, in Czech in one: nobody knows which."""

_BARE_DECADE: Final = re.compile(r"(?<!\d)(?:['’]\d0(?!\d)|\d0(?:-? ?er|['’]?s|-?te|-?tych|-?ih|-?ta|-?e)\b)")
"""A decade of which the century is not told: "'30", "80er"."""

_SMALLEST_WRITTEN_YEAR: Final = 100

_SUPERSCRIPT: Final = "[¹²³⁴⁵⁶⁷⁸⁹⁰]"
_FOOTNOTE: Final = re.compile(rf"(?:(?<=\b\d{{4}})|(?<=[^\W\d])|(?<=\.))[*†‡]{{0,3}}{_SUPERSCRIPT}+$")
"""A mark of a footnote behind a year or a word: "1890¹" was not 18901."""

_FILLER: Final = re.compile(
    r"0|0000|999|9999|(?:0000-00-00|00\.00\.0000|0001-01-01|0?1([./])0?1\1(?:0001)|9999-12-31|31([./])12\2(?:9999))"
    r"(?:[T ]\S.*)?"
)
"""Years, and first and last days of what a database can hold, that stand where none is known."""

_SOME_VALUE: Final = re.compile(r"https?://www\.wikidata\.org/\.well-known/genid/\w+")
"""What Wikidata answers where it is only known that there was a value."""

_YEAR_AS_MOMENT: Final = re.compile(
    r"(?<!\d)(?:\+?(\d{4})-(?:01-01[T ]00:00:00(?:\.0+)?Z?|00-00(?:[T ]00:00:00(?:\.0+)?Z?)?)"
    r"|0?1([./])0?1\2(\d{4}) 0?0:00(?::00)?)(?![\d:.])", re.ASCII
)  # fmt: skip
"""A year as databases write it that know moments alone: that it was the first of January, nobody says."""


def date_text(cell: Any) -> str | None:
    """Return a cell's text, or None where it says that no date is known."""
    text = known_text(cell)
    if text is None or _FILLER.fullmatch(text) or _SOME_VALUE.fullmatch(text):
        return None
    return _YEAR_AS_MOMENT.sub(r"\1\3", text)


def date_texts(cells: Iterable[Any], meanings: Mapping[str, str]) -> list[str | None]:
    """Return the text of each cell of a column of dates, or what a contract says that it means.

    Parameters
    ----------
    cells
        The column.
    meanings
        Words of the file -> words that `parse_date` reads; an empty text says that no date is known. Letters' case
        and marks do not matter.
    """
    meant = {fold_once(word): text for word, text in meanings.items()}
    return [_meant_date(cell, meant) for cell in cells]


def _meant_date(cell: Any, meant: Mapping[str, str]) -> str | None:
    """Return the text of a cell, or what it means; of several values between semicolons those of which one is known."""
    text = known_text(cell)
    if text is None or fold_once(text) in meant or ";" not in text:
        return None if text is None else date_text(meant.get(fold_once(text), text))
    told = (_meant_date(part, meant) for part in text.split(";"))
    return "; ".join(dict.fromkeys(part for part in told if part)) or None


def iso_date(cell: Any) -> str | None:
    """Return the day (or month, or year) that a cell names, in ISO 8601; None where it names none that can be.

    Read are ISO dates, whose time of day stays as it is written, and days first as the eight countries write them.
    """
    text = known_text(cell) or ""
    if _FILLER.fullmatch(text):
        return None
    if turned := re.fullmatch(r"(\d{1,2})([./])\s?(\d{1,2})\2\s?(\d{4})( \d\d?:\d\d(?::\d\d)?)?", text):
        text = f"{turned[4]}-{int(turned[3]):02}-{int(turned[1]):02}{turned[5] or ''}"
    text = re.sub(" 0?0:00(?::00)?$", "", text)
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ]\d\d:\d\d\S*)?)?)?", text, re.ASCII)
    try:
        day = date(*(int(part or 1) for part in found.groups())) if found else None
    except ValueError:
        return None
    is_one = day is not None and day.year <= LAST_YEAR and day != date(*ZERO_OF_OFFICE)
    return text if is_one else None


@dataclass(frozen=True)
class Span:
    """Years in which a site worked, as far as two columns tell; ``note`` says what was left out.

    ``year_precision`` is that of the start year, of the end year where there is no other, None where there is none;
    ``end_precision`` is that of the end year in any case.
    """

    start_year: int | None
    end_year: int | None
    year_precision: str | None
    note: str | None = None
    end_precision: str | None = None


def _choose(codes: str, values: Sequence[Any]) -> Years | None:
    """Choose from several values: the widest span of a list with semicolons, else the first."""
    spans = [value for value in values if isinstance(value, Years)]
    if re.fullmatch("@(;@)+", codes) or (re.fullmatch("@([,;]@)+", codes) and all(map(_tells_end, spans))):
        starts = [span.start for span in spans if span.start is not None]
        ends = [span.end for span in spans if span.end is not None]
        if len(starts) + len(ends) < 2 * len(spans):
            return None
        first, last = spans[starts.index(min(starts))], spans[ends.index(max(ends))]
        whole = Years(min(starts), max(ends), "range", "multiple_values", first.exactness, last.end_exactness)
        # Of "1850; 1920" the last value is no end of work: something else began, or was built.
        return whole if last.precision in ("range", "life") else add_note(whole, "within")
    # "1912 extended" alone says nothing of the beginning.
    if not re.match("@(?:$|[,;]|Z.)", codes):
        return None
    first = values[0]
    if _is_built_again(codes[1:], values[1:]):
        # "Closed 1945, rebuilt 1950": in which year work ended then, it does not say.
        if first.precision == "open_start" and first.inner is not None:
            return None
        first = replace(first, end=None, precision="open_end") if first.precision == "life" else first
        first = add_note(first, "within") if first.precision == "range" else first
    if len(codes) > 1:
        first = add_note(first, "extra_text" if codes[1] == "Z" else "multiple_values")
    # Of "1898-1945, again from 1947" nobody knows the last year, of "1898-1945, demolished 1950" one does.
    if first.precision in ("range", "life") and re.search("(?<!Z)@(?!Z)", codes[1:]):
        first = add_note(first, "within")
    return first


def _is_built_again(codes: str, values: Sequence[Any]) -> bool:
    """Whether tokens tell of building after destruction, not only of a change."""
    return any(code == "Z" and value for code, value in zip(codes, values, strict=True))


def _years_in(text: str) -> Years | None:
    """Read a text without brackets."""
    return _choose(*reduce_tokens(*date_tokens(text)))


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Years | None:
    """Read a text; see `parse_date`."""
    text = _FOOTNOTE.sub("", text.strip())
    # Of "187²" nobody knows whether a figure was set too high.
    if re.search(rf"\d{_SUPERSCRIPT}", text):
        return None
    # Before the small letters of "1º" become large ones.
    text = " ".join(unicodedata.normalize("NFKC", text.translate(_ORDINAL_MARKS)).split())
    # A month is written with a hyphen: of "1900–02" the dash is "to".
    text = re.sub(r"(?<=\b\d{4})[–—](?=\d\d(?![\d–—-]))", " - ", text)
    text = re.sub("[‐‑‒–—―−]", "-", text).replace(_FRACTION, "/")
    if _ABBREVIATED_BEFORE.fullmatch(text):
        return None
    if (twice := _said_twice(text)) is not None:
        return twice
    notes = []
    if re.fullmatch(r"\([^()]*\)", text):
        text, notes = text[1:-1], ["uncertain"]
    text = re.sub(r"\(([^()]*)\)", _opened, text)
    asides = re.findall(r"\(([^()]*)\)", text)
    if asides:
        notes = ["uncertain" if aside.strip() == "?" else "extra_text" for aside in asides]
        text = re.sub(r"\([^()]*\)", " ", text).strip()
    years = _years_in(text)
    finer = [found for aside in asides if years and (found := _finer(aside, text, years))]
    if len(finer) == 1 == len(asides):
        return finer[0]
    for note in notes:
        years = add_note(years, note) if years else None
    # The year before the year 1 is 1 BC.
    years = replace(years, start=1) if years and years.start == 0 and years.end else years
    return years if years and _plausible(years) else None


def _said_twice(text: str) -> Years | None:
    """Return the years of a text that says them in two languages: "vers 1900 / ca. 1900"."""
    parts = text.split(" / ")
    years = [_parse(part) for part in parts] if len(parts) == 2 else []
    return years[0] if len(years) == 2 and years[0] is not None and years[0] == years[1] else None


def _opened(found: re.Match[str]) -> str:
    """Return an aside without its brackets where it belongs to what stands before it, else as it stands.

    It says which part of a century is meant ("sec. XIX (seconda metà)"), how the year is known ("1900 (circa)"), what
    took place ("1898 (progetto)") or when work ended ("1907 (sluiting 1987)"). "1857 (closed)" may be either end.
    """
    aside, before = found[1], found.string[: found.start()]
    codes, _ = date_tokens(aside)
    has_first = len(re.findall(r"\d{3,4}", before)) > 1
    # Of a year in which it was seen nobody knows how old it was.
    was_seen = re.fullmatch("[np]?W", codes) and re.fullmatch(r"\d{3,4}", before.strip(), re.ASCII)
    if was_seen or re.fullmatch("[EML]|[nopr][HQTd]|A+|g", codes) or (codes == "x" and has_first):
        return aside
    is_end = re.fullmatch("[xw]*[SU]?A*[YD],?[xw]?", codes) and not {"x", "U"}.isdisjoint(codes)
    return f"{', ' if 'x' in codes else ' '}{aside}" if is_end else found[0]


def _finer(aside: str, before: str, whole: Years) -> Years | None:
    """Return the years that an aside gives, where it says when within the century `before` it: "sec. XIX (1859)".

    A decade is one of that century ("XX w. (lata 80.)"). Of a range ("1880-1920 (1900)") nobody knows whether it says
    when, or what else came to pass meanwhile.
    """
    found = _years_in(aside) or _years_in(f"{before} {aside}")
    if found is None or found.note not in (None, "approximate"):
        return None
    if None in (found.start, found.end, whole.start, whole.end):
        return None
    is_inside = whole.start <= found.start <= found.end <= whole.end  # type: ignore[operator]
    if whole.precision == "range" or not is_inside or (found.start, found.end) == (whole.start, whole.end):
        return None
    return add_note(found, "within") if found.precision == "range" else found


def _plausible(years: Years) -> bool:
    """Tell whether both ends lie within the years accepted, in their order, and one is known."""
    known = [year for year in (years.start, years.end) if year is not None]
    return bool(known) and all(FIRST_YEAR <= year <= LAST_YEAR for year in known) and known == sorted(known)


def parse_date(text: str | float | None) -> Years | None:
    """Read one date expression: its earliest and latest year.

    Understands the forms of OpenStreetMap's ``start_date`` and EDTF, days and months as the eight countries write
    them, decades, centuries and their parts in twelve languages and English, ranges, open ranges and numbers of a
    spreadsheet (``1890.0``). Of several values separated by commas or "and" the first counts (building, then
    rebuilding); values separated by semicolons span all of them.

    Parameters
    ----------
    text
        A cell. Two-digit years and numbers below 100 are not read: they may mean anything.

    Returns
    -------
    Years or None
        None where the text says nothing, is not understood, or leads outside -3000 to 2100.
    """
    if text is None or isinstance(text, bool):
        return None
    if isinstance(text, (int, float)):
        if not math.isfinite(text) or text != int(text) or abs(text) < _SMALLEST_WRITTEN_YEAR:
            return None
        years = Years(int(text), int(text), "year")
        return years if _plausible(years) else None
    written = str(text)
    return _parse(written) if len(written) <= _LONGEST_TEXT else None


def parse_end(text: str | float | None) -> Years | None:
    """Read an expression of a column of ends as `parse_date` does; None where it tells no year in which work ended.

    Of several years ("1945, 1998") nobody says which it was: the first may be a break, the last a new beginning. A
    century or a part of it ("XX w.") ends in a year of its own, 1999, that nobody told.
    """
    years = parse_date(text)
    if years is None or (_tells_end(years) and not _names_century(years)):
        return years
    return None if _is_list(years) or _names_century(years) else years


def tells_beginning(text: str, end: str | None = None, settled: Container[str] = ()) -> bool:
    """Whether an expression of a column of beginnings is read, and what it tells is no end alone ("closed 1990").

    Where `end` is the same text, one column stands for both, and its end is taken. "Before 1850" tells no beginning,
    unless it is `settled`: a contract says that a word of the file means that.
    """
    span = life_span(text, end)
    if text in settled and parse_date(text) is not None:
        return True
    return span.start_year is not None or (text == end and span.end_year is not None)


def _is_list(years: Years) -> bool:
    return "multiple_values" in (years.note or "").split("; ")


def why_unread(text: str) -> str | None:
    """Return what a text lacks of which no year is taken, in words; None where only a person can tell."""
    if _DAY_NUMBER.fullmatch(text):
        return "may be how a spreadsheet counts days (33000 is 1990-05-07): show the column as dates there, and save it"
    codes, values = date_tokens(text)
    years = parse_date(text)
    if years is not None and years.start is None and years.inner is None and not _is_list(years):
        was_seen = "mention" in (years.note or "").split("; ")
        return "says when the place was seen, not when work began" if was_seen else "only says what it is older than"
    if years is not None and years.start is None and _tells_end(years):
        return "says when work ended, but not when it began: if the column holds both, map it as `end`, too"
    if years is not None:
        told = "a century alone" if _names_century(years) else "several years"
        return f"names {told}, but not the year in which work ended"
    if "g" in codes:
        return "names a plan, not the beginning of work"
    if "x" in codes and _is_built_again(codes, values):
        return "names a closing and a rebuilding after it"
    if "x" in codes and "!" in codes and re.search("[YDG]", codes):
        return "names a closing, with words beside it that are not understood"
    if re.fullmatch("[MLH]-?G", codes):
        return "may mean a decade or a whole century"
    is_part = re.search("[Xl],*[No]|[No][Xl]|[HQTEML]", codes) or _BARE_DECADE.search(text)
    if is_part and not re.search("[CcKRY@G]", codes):
        return "names no century"
    if re.fullmatch(",*w+,*@?Y?", codes):
        return "may mean when work began, or when it was seen to be going on"
    return None


def reasons_unread(texts: Iterable[str]) -> str:
    """Say why texts are no dates, in sentences that each begin with a space: one text a reason of `why_unread`."""
    first = {reason: text for text in sorted(texts, reverse=True) if (reason := why_unread(text))}
    return "".join(f" '{text}' {reason}." for reason, text in sorted(first.items()))


def life_span(start_text: str | float | None, end_text: str | float | None) -> Span:
    """Read the columns about beginning and end of a site.

    The start year is the earliest year of the start expression, the end year the latest of the end expression. A
    range in the start column alone ("1890-1902") says when building took place, not when work ended: no end is made
    of it. Only where both texts are the same, because a contract maps one column to both, a range is start and end;
    a single date there is a start alone, and so are a range in which it happened ("between 1890 and 1902", "1890 or
    1891", "18th to 19th century") and a list ("1850; 1920"); "until 1990" and "closed 1990" are ends. Of a year that
    the text calls approximate ("c. 1890") that year is taken. Of a list of ends ("1945, 1998") and of a century
    ("closed in the 20th century") none is. An end before the start is left out, with a note.

    Returns
    -------
    Span
        ``year_precision`` of a range that is start and end, and of "since 1917", is that of the year it begins with
        (of "1917-1988" the year); of a range that only says when building took place it is ``range``, or ``decade``
        where that took ten years at most. ``end_precision`` of a range that is start and end ("1904-1990s") is that
        of the year it ends with, of one that only says when closing took place as above.
    """
    start, end = parse_date(start_text), parse_date(end_text)
    if end != start:
        end = parse_end(end_text)
    is_life = start is not None and start == end and _tells_end(start)
    if start is not None and start == end and not is_life:
        end = None
    start_year, end_year = start.as_told.start if start else None, end.as_told.end if end else None
    told = start if start_year is not None else end if end_year is not None else None
    precision = None
    if told is not None:
        precision = told.exactness if is_life else told.edge
    noted = told or start or end
    notes = [noted.note] if noted is not None and noted.note else []
    if start_year is not None and end_year is not None and end_year < start_year:
        notes.append(f"end {end_year} before start {start_year}: left out")
        end_year = None
    end_precision = None if end is None or end_year is None else _end_precision(start, end)
    return Span(start_year, end_year, precision, "; ".join(notes) or None, end_precision)


def _end_precision(start: Years | None, end: Years) -> str:
    """Tell how exact the last year of an end is: of a range that is no life, somewhere in it."""
    is_life = start is not None and end.as_told.start == start.as_told.start
    return end.width if end.precision == "range" and not is_life else end.end_exactness


def _names_century(years: Years) -> bool:
    """Tell whether an expression names no more than a century, or a part of it: "XX w.", "closed in the XXth c."."""
    return {"range": years.last, "open_start": years.inner}.get(years.precision, years.precision) in NO_END


def _tells_end(years: Years) -> bool:
    """Tell whether an expression alone says when work ended: "1917-1988", "until 1990"."""
    if years.precision == "open_start":
        return years.inner is not None and not _names_century(years)
    return years.precision == "life" or (years.precision == "range" and "within" not in (years.note or ""))
