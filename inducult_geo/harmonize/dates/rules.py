"""Rules that turn the tokens of a date expression into years, the most specific rule first.

Each rule replaces a run of codes by one code with a value; `@` stands for years that are understood. Offsets of
"early", "mid" and "late" and the counting of centuries (the 19th is 1800 to 1899) follow OpenHistoricalMap; "before
1855" ends in 1854 as in the OpenStreetMap wiki.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from inducult_geo.harmonize.dates.tokens import APPROXIMATE_YEARS, Years

_COARSE: Final = ("century", "part_of_century", "turn_of_century")
"""Of a range with such an end nobody knows the last year."""


def add_note(years: Years, note: str) -> Years:
    """Add one more doubt."""
    notes = years.note.split("; ") if years.note else []
    return years if note in notes else replace(years, note="; ".join([*notes, note]))


Build = Callable[[str, Sequence[Any]], Any]
_PARTS: Final = {
    "part_of_century": {"E": (0, 30), "M": (30, 70), "L": (70, 99), "H": (30, 70)},
    "part_of_decade": {"E": (0, 3), "M": (3, 7), "L": (7, 9), "H": (3, 7)},
}
NO_END: Final = ("century", "part_of_century", "turn_of_century", "period")
"""Precisions of which the last year is none in which anything ended."""

_LAST: Final = 4
_PIECES: Final = {"H": 2, "Q": 4, "T": 3, "d": 10}


def _of(codes: str, values: Sequence[Any], wanted: str) -> list[Any]:
    """Pick the values of the codes wanted, in order."""
    return [value for code, value in zip(codes, values, strict=True) if code in wanted]


def _century(codes: str, values: Sequence[Any]) -> int:
    """Find the first year of a century, given by number or by name."""
    named = _of(codes, values, "K")
    return int(named[0]) if named else (int(_of(codes, values, "NRs")[0]) - 1) * 100


def _turn(codes: str, values: Sequence[Any]) -> Years:
    """Read two centuries: ten years either side of their border; a range where they do not follow each other."""
    first, second = _of(codes, values, "c")
    if second - first == 100:
        return Years(second - 10, second + 10, "turn_of_century", "approximate")
    return Years(first, second + 99, "range", "within")


def _piece(codes: str, values: Sequence[Any]) -> Years | None:
    """Read halves, thirds, quarters and decades of a century, one or two of them; the fourth is also the last."""
    ordinals, (base,) = _of(codes, values, "n"), _of(codes, values, "c")
    count = next(_PIECES[code] for code in codes if code in _PIECES)
    if "d" in codes:
        first = last = 10 if ordinals[0] == _LAST else ordinals[0]
        return Years(base + 10 * (first - 1), base + 10 * last - 1, "decade")
    first, last = min(ordinals[0], count), min(ordinals[-1], count)
    return Years(base + 100 * (first - 1) // count, base + 100 * last // count - 1, "part_of_century")


def _part(codes: str, values: Sequence[Any]) -> Years | None:
    """Read "early", "mid" and "late" of a century or decade; of "late 1800s" nobody knows which of them is meant."""
    base = _of(codes, values, "cG")[0]
    if "G" in codes and base % 100:
        return _part_from(codes, base, "part_of_decade")
    # "Early 1900s" is early in both.
    if "G" in codes and "E" not in codes:
        return None
    return _part_from(codes, base, "part_of_century")


def _part_from(codes: str, base: int, what: str) -> Years:
    """Return the years of a named part of the century or decade that begins in a year."""
    first, last = next(_PARTS[what][code] for code in codes if code in _PARTS[what])
    return Years(base + first, base + last, what, "approximate")


def _decades(codes: str, values: Sequence[Any]) -> Years | None:
    """Read the nineties of a century, or the eighties and nineties; None where the numbers are no decades."""
    base, decades = _of(codes, values, "c")[0], _of(codes, values, "N")
    if any(decade % 10 for decade in decades):
        return None
    first, last = base + decades[0], base + decades[-1] + 9
    return Years(first, last, "decade") if len(decades) == 1 else Years(first, last, "range", "within")


def _decade_of(codes: str, values: Sequence[Any]) -> Years:
    """Read "20th century, 1980s": the decade, where it is of that century; else both are told."""
    base, decade = _of(codes, values, "c")[0], _of(codes, values, "G")[0]
    if base <= decade < base + 100:
        return Years(decade, decade + 9, "decade")
    return Years(base, base + 99, "century", "multiple_values")


def _part_of_its_decade(codes: str, values: Sequence[Any]) -> Years | None:
    """Read "20th century, late 80s", "2 poł. lat 30. XX w."; None where the number is no decade."""
    base, decade = _of(codes, values, "c")[0], _of(codes, values, "N")[0]
    if decade % 10:
        return None
    if "n" in codes:
        half = min(_of(codes, values, "n")[0], _PIECES["H"])
        return Years(base + decade + 5 * (half - 1), base + decade + 5 * half - 1, "part_of_decade")
    return _part_from(codes, base + decade, "part_of_decade")


def _half_of_named(codes: str, values: Sequence[Any]) -> Years | None:
    """Read "primo Novecento" and "secondo Ottocento", halves of a century in all but the word."""
    half, base = _of(codes, values, "nK")
    return _piece("nHc", [half, None, base]) if half <= _PIECES["H"] else None


def _two_decades(codes: str, values: Sequence[Any]) -> Years | None:
    """Read "1920s/30s"; None where the second is no later decade of the century."""
    first, second = _of(codes, values, "G")[0], _of(codes, values, "N")[0]
    later = first - first % 100 + second
    return Years(first, later + 9, "range", "within") if second % 10 == 0 and later > first else None


def _part_of_decade(codes: str, values: Sequence[Any]) -> Years | None:
    """Read "begin jaren 1950"; None where the year is not round."""
    year = _of(codes, values, "Y")[0]
    return None if year % 10 else _part_from(codes, year, "part_of_decade")


def _decade_or_year(codes: str, values: Sequence[Any]) -> Years:
    """Read the word for years before a number: a decade where the number is round."""
    year = _of(codes, values, "Y")[0]
    return Years(year, year + 9, "decade") if year % 10 == 0 else Years(year, year, "year")


def _range(codes: str, values: Sequence[Any]) -> Years:
    """Join two values; approximate ones are not widened, for the range says the doubt already."""
    first, second = _of(codes, values, "@")
    # Between years a slash is mostly an "and" of building and rebuilding ("1620/1857"); between days ISO 8601 has it.
    is_and = "/" in codes and not {first.precision, second.precision} <= {"day", "month"}
    is_within = is_and or not {"b", "O"}.isdisjoint(codes) or second.precision in _COARSE
    is_about = "A" in codes.partition("@")[0] or "@A" in codes
    start = add_note(first, "approximate") if is_about else first
    note = "within" if is_within else None
    joined = Years(first.start, second.end, "range", note, start.exactness, second.precision)
    if is_and and joined.width == "range":
        joined = add_note(joined, "multiple_values")
    doubtful = "A" in codes or any(part.note and "approximate" in part.note for part in (first, second))
    return add_note(joined, "approximate") if doubtful else joined


def _approximate(codes: str, values: Sequence[Any]) -> Years:
    """Widen a year that is only approximate."""
    years: Years = _of(codes, values, "@")[0]
    if years.precision == "year" and years.start is not None and years.end is not None:
        years = replace(years, start=years.start - APPROXIMATE_YEARS, end=years.end + APPROXIMATE_YEARS)
    return add_note(years, "approximate")


def _before(codes: str, values: Sequence[Any]) -> Years | None:
    """Leave the start open, the end just before the value (in the same year for a day or month); a range has none."""
    years: Years = _of(codes, values, "@")[0]
    if years.precision == "range":
        return None
    within = years.precision in ("day", "month", "season")
    return replace(
        years,
        start=None,
        end=None if years.start is None else years.start - (not within),
        precision="open_start",
        inner=None,
    )


def _until(codes: str, values: Sequence[Any]) -> Years:
    """Leave the start open, the end at the value."""
    years: Years = _of(codes, values, "@")[0]
    if "W" in codes:
        return add_note(replace(years, start=None, precision="open_start", inner=None), "mention")
    return replace(years, start=None, precision="open_start", inner=years.edge)


def _after(codes: str, values: Sequence[Any]) -> Years | None:
    """Leave the end open, the start at the end of the value; a range of years has no after."""
    years: Years = _of(codes, values, "@")[0]
    if years.precision == "range":
        return None
    return replace(years, start=years.end, end=None, precision="open_end")


def _since(codes: str, values: Sequence[Any]) -> Years:
    """Leave the end open, the start at the value."""
    years: Years = _of(codes, values, "@")[0]
    return replace(years, end=None, precision="open_end", inner=years.edge)


def _closed(codes: str, values: Sequence[Any]) -> Years:
    """Read when work ended: "closed 1993", "closed since 1993", "1993 closed"; "1872-1991 (closed)" is a whole life."""
    years: Years = _of(codes, values, "@")[0]
    # Within ten years it may be the closing that took so long: "1988-1990 closed".
    notes = years.note or ""
    is_life = "within" not in notes or "multiple_values" in notes  # "1872/1991 closed": a slash is no "between"
    if codes == "@x" and years.precision == years.width == "range" and is_life and years.last not in NO_END:
        return replace(years, precision="life", note=None if "multiple_values" in notes else years.note)
    # Of "closed 1872/1991" nobody knows in which of the two years.
    return replace(years, start=None, precision="open_start", inner=None if "multiple_values" in notes else years.edge)


def _lived(codes: str, values: Sequence[Any]) -> Years:
    """Join the first value and the end of work: "founded 1857, extended 1912, closed 1991"."""
    first, closed = _of(codes, values, "@")[0], _of(codes, values, "z")[0]
    if first.start is None:
        return add_note(closed, "multiple_values")
    if closed.inner in NO_END:
        return _since("@", [first])
    told = first.as_told
    is_about = closed.as_told != closed
    last = "approximate" if is_about else closed.exactness
    life = Years(told.start, closed.as_told.end, "life", first.note, first.edge, last)
    return add_note(life, "approximate") if is_about else life


def _closed_for_a_time(_codes: str, values: Sequence[Any]) -> Years | None:
    """Keep the range of "1872-1991 (closed), reopened 1999"; of "closed 1991, reopened 1999" nothing is left."""
    return replace(values[0], precision="range") if values[0].precision == "life" else None


def _bounded(_codes: str, values: Sequence[Any]) -> Years:
    """Read "1898 - after 1945": the first year is known, of the last one only a bound."""
    return _since("@", values[:1])


def _one_year(codes: str, values: Sequence[Any]) -> Years:
    """Read a plain year, or a month or season of it."""
    year = _of(codes, values, "Y")[0]
    precision = "month" if "m" in codes and "N" not in codes else "day" if "m" in codes else "year"
    return Years(year, year, precision, "season_dropped" if "J" in codes else None)


def _nothing(_codes: str, _values: Sequence[Any]) -> None:
    """Stand for a code that only had to go or to change."""


def _first(_codes: str, values: Sequence[Any]) -> Any:
    """Keep the value of the first code."""
    return values[0]


_LATER_WORKS: Final = "(?:[,;](?:@Z|Z@?))*$"
"""What may follow the end of work: it was pulled down or rebuilt. After anything else it may have begun again."""

_RULES: Final[tuple[tuple[re.Pattern[str], str, Build], ...]] = tuple(
    (re.compile(pattern), code, build)
    for pattern, code, build in (
        ("^[,;O]+|^s(?=[YN])|C(?=[YDG]|[NRors]C)|f(?=[ELMV])|l(?=Y(?!X))|P(?=P)", "", _nothing),
        ("(?:^|(?<=w))C(?=[YXlJmwELMVP]|[orn]?[HQT])|(?<=x),*w|w(?=x)|(?<=[,;]),+(?=w)", "", _nothing),
        ("[np]W|Wn|Wa", "W", _nothing),
        ("T(?=Q)", "n", lambda _codes, _values: 3),
        ("p(?=[HQTd])", "n", lambda _codes, _values: 1),
        ("p", "B", _nothing),
        ("f", "F", _nothing),
        ("[or](?=(?:[-/][or])?[HQTd])", "n", _first),
        ("o", "N", _first),
        ("r", "s", _first),
        ("Nm-?(?:Nm)?Y|mN,?Y|m(?:[-/]m)?Y|JY", "@", _one_year),
        # "anni 20 del sec. XX": the number before the word is the decade's, the one behind it the century's.
        ("(?:(?<=[Xl]N)|(?<=[Xl]N[-/,O]N))C(?=[Rs])", "", _nothing),
        ("N(?=[-/,UO](?:[EMLH]|n[HQT])?NC)|(?<=V)N(?=NC)", "c", lambda _codes, values: (values[0] - 1) * 100),
        ("nK", "@", _half_of_named),
        ("[NRs]C|C[NRs]|R|K", "c", _century),
        ("V?c/c|[Vb]c[-,]?c", "@", _turn),
        ("(?<=Lc),(?=Ec)", "-", _nothing),
        ("n(?:[-/]n)?-?[HQT]c|nX?dc|c,?n[HQTd](?!c)", "@", _piece),
        ("(?<=[EL])X(?=c)", "", _nothing),
        ("c,?[EML]N[Xl]?(?=$|[,;])|(?:nH|[EMLH])(?:[Xl]N|N[Xl]),?c", "@", _part_of_its_decade),
        ("[EMLH]-?c|[EML]-?G|c,?[EML](?!-?[cGY])", "@", _part),
        ("[Xl]N(?:[-/,O]N)?,?c|N(?:[-/,O]N)?[Xl],?c|c,?[Xl]N(?:[-/,O]N)?(?!c)", "@", _decades),
        ("c,?N(?:[-/,O]N)?[Xl]?(?=$|[,;])", "@", _decades),
        ("c,?G(?=$|[,;])", "@", _decade_of),
        ("[EML]-?XY", "@", _part_of_decade),
        ("G[-/]N", "@", _two_decades),
        ("XY(?![-/]Y)", "@", _decade_or_year),
        ("G", "@", lambda _codes, values: Years(values[0], values[0] + 9, "decade")),
        ("c", "@", lambda _codes, values: Years(values[0], values[0] + 99, "century")),
        ("[EML]?Y", "@", _one_year),
        ("P|D", "@", _first),
        ("@[Xl]", "@", _first),
        ("[Xl](?=@)|(?<=W)[,S](?=@)", "", _nothing),
        (r"@\?+|\?+@", "@", lambda codes, values: add_note(_of(codes, values, "@")[0], "uncertain")),
        ("[wx]U+a?A*@|(?:^|(?<=[,;]))U+A*@,?w", "z", _closed),
        ("w(?=S)|w(?=A*@[-/U]A*@)|(?<=S@),?w", "", _nothing),
        ("@[-/U]+[BF]-?@", "@", _bounded),
        (r"@[-/U]\?+(?=$|[,;])", "@", _since),
        (r"^\?+[-/U]@", "@", _until),
        ("bA*@[-/,]A*@|S?A*@A?[-/UO]A*@|S?A*@aA*@", "@", _range),
        ("a", "", _nothing),
        ("A+@|@A", "@", _approximate),
        ("@g@", "!", _nothing),
        ("(?:g[-/,]?@|@g)[-,;/]*", "", _nothing),
        ("x[BF]-?@", "Z", _nothing),
        ("xS?@|S@x(?=$|[,;Z])|@x(?=$|[,;Z])", "z", _closed),
        ("B-?@", "@", _before),
        ("W@|@,?W|U+@|^[-/]@", "@", _until),
        ("F-?@", "@", _after),
        ("S+@", "@", _since),
        ("@[-/U]*tw?|@[-/](?=$|[,;Z])", "@", _since),
        ("@(?:[,;](?:@Z?|Z@))*[-,;]?z(?=Z|" + _LATER_WORKS + ")", "@", _lived),
        ("^z(?=Z|" + _LATER_WORKS + ")", "@", _first),
        ("^z", "@", _closed_for_a_time),
    )
)


def reduce_tokens(codes: str, values: list[Any]) -> tuple[str, list[Any]]:
    """Apply the rules in their order, each as long as it finds something."""
    for pattern, code, build in _RULES:
        while found := pattern.search(codes):
            start, end = found.span()
            value = build(found[0], values[start:end])
            if code == "@" and value is None:
                return "!", [None]
            values = values[:start] + ([value] if code else []) + values[end:]
            codes = codes[:start] + code + codes[end:]
    return codes, values
