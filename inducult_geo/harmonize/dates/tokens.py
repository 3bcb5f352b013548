"""Cut a date expression into tokens: dates, years, centuries, and words with a one-letter code.

The words of twelve languages and English stand in ``date_words.csv``; `CODES` gives the letter of each role there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

from inducult_geo.frames import TO_THE_YEAR
from inducult_geo.harmonize.dates.phrases import PHRASES
from inducult_geo.text import fold_once, packaged_rows


@dataclass(frozen=True)
class Years:
    """First and last year that a date expression allows.

    Parameters
    ----------
    start, end
        Earliest and latest year; None where the expression leaves that side open.
    precision
        ``day``, ``month``, ``season``, ``year``, ``decade``, ``part_of_decade``, ``century``, ``part_of_century``,
        ``turn_of_century``, ``period``, ``range``, ``life`` (founded and closed, in words), ``open_start`` or
        ``open_end``.
    note
        Doubts, separated by "; ": ``approximate``, ``uncertain``, ``ambiguous``, ``multiple_values``,
        ``extra_text``, ``season_dropped``, ``suspect_placeholder``, ``julian_calendar``, ``julian_day``, ``mention``,
        ``within`` (of a range: somewhere in it, not from its first year to its last).
    inner
        How exact the first year is (of a range, and of "since 1950") or the last one ("until 1990"), where the
        expression tells that year itself; None where it only bounds it ("before 1990").
    last
        Of a range or a life: the precision of what it ends with.
    """

    start: int | None
    end: int | None
    precision: str
    note: str | None = None
    inner: str | None = None
    last: str | None = field(default=None, compare=False)

    @property
    def exactness(self) -> str:
        """How exact the year is that these years are told as: `inner`, else `precision`; "approximate" if doubtful."""
        told = self.inner or self.precision
        return self._doubted(told, "uncertain", *(() if self.inner else ("approximate",)))

    @property
    def width(self) -> str:
        """How exact a year within these years is."""
        is_short = self.start is not None and self.end is not None and self.end - self.start <= _DECADE_YEARS
        return "decade" if is_short else "range"

    @property
    def edge(self) -> str:
        """How exact their first or last year is where they are the time of one event: of a range its `width`."""
        return self.width if self.precision == "range" else self.exactness

    @property
    def end_exactness(self) -> str:
        """How exact the last year is where work ended in it: of a range or a life what it ends with."""
        if self.precision == "life":
            return self.last or "year"
        if self.precision != "range":
            return self.edge
        return self._doubted(self.last or self.width, "uncertain", "approximate")

    def _doubted(self, told: str, *doubts: str) -> str:
        """Return how exact a year is that is told so, but for these doubts about it."""
        is_doubtful = not {*doubts}.isdisjoint((self.note or "").split("; "))
        return "approximate" if is_doubtful and told in TO_THE_YEAR else told

    @property
    def as_told(self) -> Years:
        """The same without the margin of an approximate year: of "c. 1890" that year."""
        if "approximate" not in (self.note or "").split("; ") or (self.inner or self.precision) not in _WIDENED:
            return self
        if self.precision == "open_end" and self.start is not None:
            return replace(self, start=self.start + APPROXIMATE_YEARS)
        if self.precision == "open_start" and self.end is not None:
            return replace(self, end=self.end - APPROXIMATE_YEARS)
        if self.precision == "year" and self.start is not None and self.end is not None:
            return replace(self, start=self.start + APPROXIMATE_YEARS, end=self.end - APPROXIMATE_YEARS)
        return self


APPROXIMATE_YEARS: Final = 5
"""Margin of a year that is only approximate, before and after it."""

_DECADE_YEARS: Final = 10

_WIDENED: Final = ("year", "approximate")


BESIDE_YEAR: Final = "beside_year"
"""The role of words that stand between a status and its year, not in a date."""

CODES: Final[Mapping[str, str]] = {
    "century": "C",
    "half": "H",
    "quarter": "Q",
    "third": "T",
    "early": "E",
    "mid": "M",
    "late": "L",
    "approximate": "A",
    "before": "B",
    "before_or_first": "p",
    "until": "U",
    "to_weak": "a",
    "after": "F",
    "after_or_on": "f",
    "since": "S",
    "between": "b",
    "decade": "X",
    "decade_or_year": "l",
    "century_name": "K",
    "period": "P",
    "turn": "V",
    "separator": ",",
    "alternative": "O",
    "rebuilt": "Z",
    "mentioned": "W",
    "season": "J",
    "tenth": "d",
    "ongoing": "t",
    "number": "N",
    "ordinal": "n",
    "month": "m",
    "closed": "x",
    "working": "w",
    "planned": "g",
    "noise": "",
}
_MARKS: Final = {
    "..": "-", "-": "-", "/": "/", "~": "A", "±": "A", "≈": "A", "+": ",", "&": ",", ",": ",", ";": ";", "?": "?",
    "<": "B", ">": "F",
}  # fmt: skip
_ROMAN: Final = re.compile(
    r"\b(?=[IVX])(X{0,2}(?:IX|IV|V?I{0,3}))(?=(?:w|[eè]me|d?e|è)?\b)|\b(?=[ivx]{2})(x{0,2}(?:ix|iv|v?i{0,3}))\b"
)
_SMALL_CAPITALS: Final = re.compile(
    r"\b(?:([ivx]+)(?:e|è|[eè]me)(?= si[eè]cle)|(x[ivx]+)(?:e|è|[eè]me)\b(?=.* si[eè]cle))", re.IGNORECASE
)
"""What a page shows in small capitals ("xixe siècle") is copied as small letters; "XIXE" is of a text of capitals."""

_A_MARKED: Final = re.compile(r"(?<=[\w.]) [àÀ] (?=([XVI]+e\b)?)")

_ROMAN_YEAR: Final = re.compile(r"\bMC?[DM]?C{0,4}(?:XC|XL|L?X{0,4})(?:IX|IV|V?I{0,4})\b")
_ROMAN_DIGITS: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_FIRST_ROMAN_YEAR: Final = 1500
"""Earlier ones are rather words ("MIX")."""

_OVER_A_CENTURY: Final = 25
"""So many years at most of "1899 - 01": more is rather a slip."""

_TOKEN: Final = re.compile(
    r"""
      jd:(?P<julian_day>\d{5,8})(?!\d)
    | j:(?P<julian>\d{4}-\d\d-\d\d)(?!\d)
    | (?P<ymd>\d{4}([-:./])\d{1,2}\4\d{1,2}(?!\d))([t\ ]\d\d?:\d\d(:\d\d(\.\d+)?)?(z|[+-]\d\d:?\d\d)?)?
    | (?P<dmy>\d{1,2}\.\s?\d{1,2}\.\s?\d{3,4}(?!\d)|\d{1,2}([/-])\d{1,2}\10\d{4}(?!\d))(?:\ \d\d?:\d\d(?::\d\d)?(?!\d))?
    | (?P<month_year>\d{1,2}[./]\s?\d{4}(?!\d))
    | (?P<year_and>\d{4}[-/]\d\d(?![\d-]))
    | (?P<year_to>\d{4}(?:\s{1,3}[-/]\s{0,3}|[-/]\s{1,3})\d\d(?!\s{0,3}(?!(?:und|and|oraz|et)\b)[\w-]|\.\s{0,3}\w))
    | (?P<decade>\d{3}0['’]?(?:s|-?er|-?tych|-?t?ih|-?te|-?ta)\b|\d{3}x\b)
    | ['’](?P<hundreds>[2-9])00(?!\d)
    | (?P<year>(?:\d{4}|(?<![a-z])\d{3})(?!\d))(?:[.,]0+(?!\d))?
    | \bc(?P<century>\d{1,2})(?!\d)
    | (?<![\d./-])(?P<century_begun>1[0-9]|20)(?:xx\b|\?\?)
    | (?P<small>\d{1,2})(?!\d)
      (?:-?(?:st|nd|rd|th|de|ste|er|ten|tes|ter|te|ta|eme|ere|re|e|a|ih|tih|tych|ych)\b|\.-?(?:ih|tih|tych|te|ta)\b)?[.ºª°]*
    | \{(?P<roman>\d+)\}(?:w|eme|d?e)?
    | (?P<word>[a-z]+)
    | (?P<mark>\.\.+|[-/,;?~+&<>±≈])
    | (?P<skip>[\s.'"\[\]:])
    | (?P<bad>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[str, Any]]:
    """Map every known word to its code and value."""
    found: dict[str, tuple[str, Any]] = {}
    for row in packaged_rows("date_words.csv"):
        if row["role"] == BESIDE_YEAR:
            continue
        value: Any = row["value"]
        if row["role"] == "period":
            first, last = map(int, value.split("/"))
            value = Years(first, last, "period", "approximate")
        elif value:
            value = int(value)
        for word in row["words"].split(";"):
            found.setdefault(word, (CODES[row["role"]], value))
    return found


ZERO_OF_OFFICE: Final = (1899, 12, 30)
"""The day that Access and LibreOffice write for 0."""


def _day(year: int, month: int, day: int, note: str | None = None) -> Years | None:
    """Check a calendar day; None where there is no such day."""
    try:
        date(year, month, day)
    except ValueError:
        return None
    if (year, month, day) == ZERO_OF_OFFICE:
        return None
    if (year, month, day) in ((1900, 1, 1), (1970, 1, 1)):
        note = "suspect_placeholder"
    return Years(year, year, "day", note)


def _day_number(number: int, note: str) -> Years | None:
    """Turn a Julian day number into the year of its Gregorian day."""
    ordinal = number - 1_721_425
    if not 1 <= ordinal <= date.max.toordinal():
        return None
    year = date.fromordinal(ordinal).year
    return Years(year, year, "day", note)


def _read_julian(text: str) -> Years | None:
    """Read a day of the Julian calendar."""
    year, month, day = map(int, text.split("-"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    # Day number of a Julian calendar day: years counted from March, so that the leap day comes last.
    shift = (14 - month) // 12
    years, months = year + 4800 - shift, month + 12 * shift - 3
    return _day_number(day + (153 * months + 2) // 5 + 365 * years + years // 4 - 32083, "julian_calendar")


def _read_year_first(text: str) -> Years | None:
    """Read a date written year, month, day."""
    year, month, day = map(int, re.findall(r"\d+", text))
    return _day(year, month, day)


def _read_day_first(text: str) -> Years | None:
    """Read a date written day, month, year."""
    day, month, year = map(int, re.findall(r"\d+", text))
    doubtful = "/" in text and day <= 12 and day != month
    return _day(year, month, day, "ambiguous" if "/" in text and (doubtful or day == month) else None)


def _read_year_and(text: str) -> Years | None:
    """Read "1848-07" (month), "1814-23" (season), "1890-91" and "1890/91" (range)."""
    year, tail = int(text[:4]), int(text[5:])
    if text[4] == "-" and 1 <= tail <= 12:
        doubtful = tail > year % 100
        return Years(year, year, "month", "ambiguous" if doubtful else None)
    if text[4] == "-" and 21 <= tail <= 24:
        return Years(year, year, "season")
    if tail > year % 100:
        return Years(year, year - year % 100 + tail, "range", "within" if text[4] == "/" else None, "year")
    return Years(year, year, "month") if 1 <= tail <= 12 else None


def _read_year_to(text: str) -> Years | None:
    """Read "1677 - 78" and, over the end of a century, "1899 - 01": with spaces, it tells no month."""
    year, tail = int(text[:4]), int(text[-2:])
    last = year - year % 100 + tail + (100 if tail < year % 100 else 0)
    is_short = last // 100 == year // 100 or last - year <= _OVER_A_CENTURY
    return Years(year, last, "range", "within" if "/" in text else None, "year") if last > year and is_short else None


def _read_month_year(text: str) -> Years | None:
    """Read "05/1890" and "5. 1890"."""
    month, year = map(int, re.findall(r"\d+", text))
    return Years(year, year, "month") if 1 <= month <= 12 else None


_DATES: Final[Mapping[str, Callable[[str], Years | None]]] = {
    "julian_day": lambda text: _day_number(int(text), "julian_day"),
    "julian": _read_julian,
    "ymd": _read_year_first,
    "dmy": _read_day_first,
    "month_year": _read_month_year,
    "year_and": _read_year_and,
    "year_to": _read_year_to,
}
_NUMBERS: Final[Mapping[str, Callable[[str], tuple[str, Any]]]] = {
    "decade": lambda text: ("G", int(text[:3]) * 10),
    "year": lambda text: ("Y", int(text)),
    "century": lambda text: ("c", (int(text) - 1) * 100),
    "century_begun": lambda text: ("c", int(text) * 100),
    "small": lambda text: ("o" if 1 <= int(text) <= 4 else "N", int(text)),
    "roman": lambda text: ("r" if int(text) <= 4 else "s" if int(text) <= 10 else "R", int(text)),
    "hundreds": lambda text: ("K", 1000 + 100 * int(text)),
    "word": lambda text: _words().get(text, ("!", None)),
    "mark": lambda text: (_MARKS[text if text[0] != "." else ".."], None),
    "bad": lambda _: ("!", None),
}


def date_tokens(text: str) -> tuple[str, list[Any]]:
    """Cut a text into codes, one letter each, and the values that belong to them."""
    codes: list[str] = []
    values: list[Any] = []
    # Without its mark the Czech word for a decade is the Slovene one for a year.
    text = re.sub(r"(?<=\d\d\d0)\.? ?l(?:éta|[eé]tech)\b", "s", text, flags=re.IGNORECASE)
    # A marked "a" is French or Italian "to", without its mark a Czech "and".
    written = fold_once(_mark_romans(_A_MARKED.sub(_to, text).replace("→", "->")))
    for pattern, instead in PHRASES:
        written = pattern.sub(instead, written)
    for found in _TOKEN.finditer(written):
        kind = next(name for name, part in found.groupdict().items() if part is not None)
        if kind == "skip":
            continue
        part = found[kind]
        if kind in _DATES:
            read = _DATES[kind](part)
            code, value = ("D", read) if read else ("!", None)
        else:
            code, value = _NUMBERS[kind](part)
        is_in = code == "," and kind == "word" and codes[-1:] == ["x"]  # "gesloten in 1987" is no list
        if code and not is_in:
            codes.append(code)
            values.append(value)
    return "".join(codes), values


def _to(marked: re.Match[str]) -> str:
    return " - " if marked[1] else " al "


def _mark_romans(text: str) -> str:
    """Write Roman numerals as numbers in braces, years as they are, while capitals still tell them from small words."""

    def year(found: re.Match[str]) -> str:
        number = _roman(found[0])
        return str(number) if number >= _FIRST_ROMAN_YEAR else found[0]

    text = _SMALL_CAPITALS.sub(lambda found: (found[1] or found[2]).upper(), _ROMAN_YEAR.sub(year, text))
    return _ROMAN.sub(lambda found: f"{{{_roman(found[0])}}}" if found[0] else "", text)


def _roman(letters: str) -> int:
    digits = [_ROMAN_DIGITS[letter] for letter in letters.lower()]
    return sum(-here if here < following else here for here, following in zip(digits, [*digits[1:], 0], strict=True))
