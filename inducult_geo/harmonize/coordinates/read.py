"""Read one text as coordinates; what cannot be read without guessing is refused.

Each form that is known has one function that gives a result, or None when the text is not of its form, or refuses.
The first that answers wins. A pair of plain degrees counts as latitude, longitude only where the region of the project
leaves no other order. Nothing is decided here about systems or axes of plane coordinates: see `placement`.
"""

from __future__ import annotations

import html
import re

from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.codes import CODE_FORMS
from inducult_geo.harmonize.coordinates.links import LINK_FORMS, NO_POINT, is_shape, unwrap_template
from inducult_geo.harmonize.coordinates.parsed import Form, Parsed, is_european, last_digit_m, sexagesimal, signed
from inducult_geo.harmonize.coordinates.words import mark_words
from inducult_geo.text import fold_once, packaged_words

_LONGEST = 300
_SAME = str.maketrans(
    {
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t\r\n", " "
        ),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\ufeff\u2060", ""),
        **dict.fromkeys("’‘ʹ´`′‛＇", "'"),
        **dict.fromkeys("″”“„ʺ〃＂˝", '"'),
        **dict.fromkeys("º˚∘⁰", "°"),
        **dict.fromkeys("−–‐‑‒", "-"),
    }
)


# What stands before coordinates, or after them in parentheses, and says nothing of where they lie.
_OPENING = re.compile(
    r"^(?:(?:gps|wgs[- ]?(?:19)?84|etrs[- ]?(?:19)?89|geo|coord(?:inate)?s?|coordinat[ae]|coordonnées|"
    r"coördina(?:at|ten)|koord|koordinaten?|koordinat[ae]|souřadnice|współrzędne|pos(?:ition)?|lage|loc|lok|standort|lokalita)"
    r"\b\.?(?: ?/)? ?[:=]? ?)+",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"\([^()]*[^\W\d_][^()]*\)$")
_WORD = re.compile(r"[^\W\d_]+\.?|\?|±.*$")
ROUGHLY = packaged_words("date_words.csv", "role")["approximate"]
"""Words for "about", folded."""

_CLOSING = re.compile(
    r" ?[,;]? ?\(? ?(?:epsg: ?4326|epsg: ?4258|wgs[- ]?(?:19)?84|etrs[- ]?(?:19)?89) ?\)?$", re.IGNORECASE
)


def parse_coordinates(text: str, *, country: str | None = None) -> Parsed:
    """Read one pair of coordinates.

    Parameters
    ----------
    text : str
        Degrees in decimals, minutes or seconds with the words of eight languages, labelled or plain plane coordinates,
        UTM, MGRS, full plus codes, geo URIs, links of the usual maps, WKT, WKB and GeoJSON points, ISO 6709.
    country : str, optional
        ISO 3166 code of two letters; it decides what the letters O and S mean.

    Returns
    -------
    Parsed
        The numbers, and what is known of their meaning.

    Raises
    ------
    CoordinateError
        The text holds no coordinates, or could mean several things.
    """
    clean = _cleaned(text)
    if is_shape(clean):
        raise CoordinateError(f"{clean[:40]!r}... {NO_POINT}.")
    if not clean or len(clean) > _LONGEST:
        raise CoordinateError(f"No coordinates in {str(text)[:60]!r}.")
    for form in _FORMS:
        found = form(clean, country)
        if found is not None:
            return _checked(found, clean)
    doubt = _doubt_in(clean, country)
    raise CoordinateError(
        f"{clean[:80]!r} cannot be read as coordinates without guessing."
        + (f" Beside them stands {doubt!r}: write how true the place is into a column of its own." if doubt else "")
    )


def _doubt_in(text: str, country: str | None) -> str | None:
    """Return what says beside coordinates that they are rough, or what a bracket adds; None where they stay unread."""
    rough = (one for one in _WORD.finditer(text) if fold_once(one[0].rstrip(".")) in ROUGHLY or one[0][0] in "?±")
    found = _BRACKET.search(text) or next(rough, None)
    if found is None:
        return None
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip(" ,;?.")
    known = any(form(rest, country) is not None for form in _FORMS) if rest and rest != text else False
    return text[found.start() : found.end()].strip() if known else None


def _cleaned(text: str) -> str:
    """Give a text in one spelling of spaces, signs and marks, without what says nothing of the place."""
    written = str(text)
    if len(written) > 4 * _LONGEST:
        return written
    if written.strip().lower().startswith(("http://", "https://", "www.")):
        # In a link &para begins a parameter; only the ampersand itself may be an entity.
        return written.strip().replace("&amp;", "&")
    clean = re.sub(r"\s+", " ", html.unescape(written).translate(_SAME).replace("''", '"')).strip()
    if clean.startswith(("{", "geo:")):
        return unwrap_template(clean)
    clean = _CLOSING.sub("", _OPENING.sub("", clean)).strip()
    if clean.startswith("(") and clean.endswith(")") and "(" not in clean[1:]:
        clean = clean[1:-1].strip()
    return clean


def _checked(found: Parsed, text: str) -> Parsed:
    """Refuse a zero, which stands for "unknown", and degrees off the globe."""
    if found.a == 0 or found.b == 0:
        raise CoordinateError(f"{text[:80]!r} has a 0 as a coordinate, which stands for an unknown place.")
    if found.kind != "xy" and not (abs(found.a) <= 90 and abs(found.b) <= 180):
        raise CoordinateError(f"{text[:80]!r} lies off the globe (latitude {found.a}, longitude {found.b}).")
    return found


_UNIT = re.compile(r"\s*(?:m|meters?|metres?|°)$", re.IGNORECASE)
_NUMBER = {
    # decimal mark -> (whole with groups of thousands, fraction)
    ".": re.compile(r"([+-]?)([0-9]{1,9}|[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+|(?:'[0-9]{3})+))(?:\.([0-9]*))?"),
    ",": re.compile(r"([+-]?)([0-9]{1,9}|[0-9]{1,3}(?:(?:\.[0-9]{3})+|(?: [0-9]{3})+|(?:'[0-9]{3})+))(?:,([0-9]*))?"),
}
_ONE_COMMA_GROUP = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")


def parse_number(text: str, *, decimal: str = ".") -> float:
    """Read one number of a column of coordinates.

    Parameters
    ----------
    text : str
        The cell: a number with or without separators of thousands, quotes around it, a unit of meters or degrees.
    decimal : str
        The column's decimal mark, ``.`` or ``,``.

    Returns
    -------
    float
        The number, finite.

    Raises
    ------
    CoordinateError
        No number, not finite, in scientific notation, or of two meanings ("12,495" where the point is the mark).
    """
    if decimal not in _NUMBER:
        raise CoordinateError(f"The decimal mark must be '.' or ',', not {decimal!r}.")
    clean = re.sub(r"\s+", " ", str(text).translate(_SAME)).strip().strip("'\"").strip()
    clean = _UNIT.sub("", clean)
    match = _NUMBER[decimal].fullmatch(clean)
    if match is None or len(clean) > _LONGEST or not clean[-1:].isdigit():
        raise CoordinateError(f"{str(text)[:40]!r} is not a number with the decimal mark {decimal!r}.")
    if decimal == "." and _ONE_COMMA_GROUP.fullmatch(clean):
        raise CoordinateError(f"{clean!r} may be a thousand times as large: is the comma the decimal mark?")
    return float(match[1] + re.sub("[^0-9]", "", match[2]) + "." + (match[3] or "0"))


_PLAIN = r"[+-]?[0-9]+(?:[.,][0-9]+)?"
_GROUPED = (
    r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+(?:,[0-9]+)?|(?: [0-9]{3})+(?:[.,][0-9]+)?|(?:'[0-9]{3})+(?:[.,][0-9]+)?)|"
    + _PLAIN
)
_AXES = (
    r"RECHTSWERT|HOCHWERT|RECHTS|HOCH|OSTWERT|NORDWERT|EASTING|NORTHING|EAST|NORTH|OST|NORD|EST|GKX|GKY|RW|HW|[XYRHEN]"
)
_LABELLED = re.compile(
    rf"({_AXES})\.? ?[=:]? ?({_GROUPED})(?: ?m)?[ ,;/|]+({_AXES})\.? ?[=:]? ?({_GROUPED})(?: ?m)?",
    re.ASCII | re.IGNORECASE,
)
_HEADED = re.compile(rf"([XYRHEN]) ?[/,;] ?([XYRHEN]) ?[:=]? ({_GROUPED})(?: ?[;/|] ?|, | )({_GROUPED})", re.IGNORECASE)
_LABEL_PAIRS = tuple(
    frozenset(pair.split())
    for pair in (
        "X Y", "R H", "RW HW", "RECHTSWERT HOCHWERT", "RECHTS HOCH", "OSTWERT NORDWERT", "GKX GKY", "EASTING NORTHING",
        "EAST NORTH", "OST NORD", "EST NORD", "E N",
    )
)  # fmt: skip
# These name directions of degrees as well as axes of a plane.
_DIRECTIONS = frozenset({"E", "N", "EAST", "NORTH", "OST", "NORD", "EST", "EASTING", "NORTHING"})
_PLANE = (
    r"[+-]?(?:[1-9][0-9]{4,7}(?:[.,][0-9]+)?|[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,2},[0-9]+|[1-9][0-9]?(?:\.[0-9]{3}){2})"
)
_PLANE_PAIR = re.compile(
    rf"({_PLANE})(?: ?[;/|] ?|, | )({_PLANE})|([+-]?[1-9][0-9]{{4,7}}\.[0-9]+),([+-]?[1-9][0-9]{{4,7}}\.[0-9]+)",
    re.ASCII,
)
_NINES = re.compile(r"-?9{5,}")


def _labelled(text: str, _country: str | None) -> Parsed | None:
    """Read plane coordinates with the names of their axes, in the order written."""
    match = _LABELLED.fullmatch(text)
    headed = None if match else _HEADED.fullmatch(text)
    if match is not None:
        labels, numbers = (match[1], match[3]), (match[2], match[4])
    elif headed is not None:
        labels, numbers = (headed[1], headed[2]), (headed[3], headed[4])
    else:
        return None
    named = frozenset(label.upper() for label in labels)
    if named not in _LABEL_PAIRS:
        return None
    if named <= _DIRECTIONS:
        north, east = numbers if labels[0].upper().startswith("N") else numbers[::-1]
        # Of "N 46.361, E 14.305" both would be too small for any grid, were the marks of thousands.
        if re.fullmatch(r"[+-]?[3-7][0-9][.,][0-9]+ [+-]?[0-9]{1,2}[.,][0-9]+", f"{north} {east}"):
            return None
        _refuse_packed(north, east)
    a, b = _grouped(numbers[0]), _grouped(numbers[1])
    if named <= _DIRECTIONS and min(abs(a), abs(b)) < 1000:
        return None
    precision = max(last_digit_m(_ungrouped(number), 1.0) for number in numbers)
    return Parsed("xy", a, b, labels, None, precision)


def _refuse_packed(north: str, east: str) -> None:
    """Refuse N 504312 E 122945, which are meters or degrees, minutes and seconds without separators."""
    if not (re.fullmatch("[0-9]{6}", north) and re.fullmatch("[0-9]{6,7}", east)):
        return
    angles = [[int(n[:-4]), int(n[-4:-2]), int(n[-2:])] for n in (north, east)]
    if all(minutes < 60 and seconds < 60 for _, minutes, seconds in angles) and is_european(angles[0][0], angles[1][0]):
        raise CoordinateError(f"{north} and {east} may be meters, or degrees, minutes and seconds without marks.")


def _ungrouped(number: str) -> str:
    """Drop the separators of thousands."""
    grouped = re.fullmatch(r"([+-]?[0-9]{1,3}(?:([. '])[0-9]{3})(?:\2[0-9]{3})*)([.,][0-9]+)?", number)
    if grouped is None:
        return number
    return grouped[1].replace(grouped[2], "") + (grouped[3] or "")


def _grouped(number: str) -> float:
    """Read a number of a labelled pair; refuse 850.000, which is 850000 or 850."""
    if re.fullmatch(r"[+-]?[0-9]{1,3}[.,][0-9]{3}", number):
        raise CoordinateError(
            f"{number!r} may be a thousand times as large: its mark may be that of decimals or that of thousands."
        )
    return float(_ungrouped(number).replace(",", "."))


def _plane_pair(text: str, _country: str | None) -> Parsed | None:
    """Read two numbers far too large for degrees, in the order written."""
    match = _PLANE_PAIR.fullmatch(text)
    if match is None:
        return None
    plain = [_ungrouped(number) for number in (match.group(1, 2) if match[1] else match.group(3, 4))]
    if len({mark for number in plain for mark in number if mark in ".,"}) > 1:
        return None
    a, b = (float(number.replace(",", ".")) for number in plain)
    small, large = sorted((abs(a), abs(b)))
    # Two of five digits are postcodes, two of eight are dates; one plus sign is a telephone's.
    if small < 10_000 or large < 100_000 or small >= 1e7 or len([n for n in plain if n[0] == "+"]) == 1:
        return None
    if all(_NINES.fullmatch(number) for number in plain):
        raise CoordinateError(f"{text[:80]!r} stands for an unknown place.")
    _refuse_packed(*plain)
    _refuse_packed(*reversed(plain))
    return Parsed("xy", a, b, None, None, max(last_digit_m(number, 1.0) for number in plain))


_TOKEN = re.compile(r"\s*(?:([+-]?)([0-9]+(?:[.,][0-9]+)?)|([°'\"])|([NSEWAO])|([,;/|]|(?<=[AO] )[:=]|[:=]))", re.ASCII)
_BODY = r"(?:nd?|nd?nm?|ndnm?ns?|nnn)"
_MARKED_BODY = r"(?:nd|ndnm|ndnmns|ndnmn)"
_STYLES = (
    # (pattern of the whole text, where its directions and bodies stand)
    re.compile(rf"(?P<l1>[AO])?(?P<h1>[NSEW])(?P<b1>{_BODY})c*(?P<l2>[AO])?(?P<h2>[NSEW])(?P<b2>{_BODY})"),
    re.compile(rf"(?P<l1>[AO])?(?P<b1>{_BODY})(?P<h1>[NSEW])c*(?P<l2>[AO])?(?P<b2>{_BODY})(?P<h2>[NSEW])"),
    re.compile(rf"(?P<h1>[AO])(?P<b1>{_BODY})c*(?P<h2>[AO])(?P<b2>{_BODY})"),
    re.compile(rf"(?P<b1>{_BODY})(?P<h1>[AO])c*(?P<b2>{_BODY})(?P<h2>[AO])"),
    re.compile(rf"(?P<h1>[AO])c?(?P<h2>[AO])c?(?P<b1>{_MARKED_BODY}|n)c?(?P<b2>{_MARKED_BODY}|n)"),
    re.compile(rf"(?P<b1>{_MARKED_BODY}|n)c?(?P<b2>{_MARKED_BODY}|n)"),
)
_NORTHWARD = frozenset("NSA")


# 50:43:12 N, 50-43-12 N and 50d43m12s N are as plain as 50 43 12 N.
_COLONS = re.compile(r"(?<=[0-9]):(?=[0-9]{2}(?![0-9]))")
_HYPHENS = re.compile(r"(?<![0-9.,-])([0-9]{1,3})-([0-9]{1,2})-([0-9]{1,2}(?:[.,][0-9]+)?)(?![0-9.,-])")
_LETTERS = re.compile(r"([0-9]{1,3}) ?d ?([0-9]{1,2}) ?(?:m|') ?(?:([0-9]{1,2}(?:[.,][0-9]+)?) ?(?:s|\"))?(?![a-z])")


def _spoken(text: str, country: str | None) -> Parsed | None:
    """Read degrees, minutes and seconds with words, letters or nothing to tell the axes."""
    # In 50,7201,12,4958 the comma would have two senses at once.
    if re.search(r"[0-9],[0-9]+,[0-9]", text):
        return None
    text = _LETTERS.sub(lambda m: f"{m[1]}°{m[2]}'" + (f'{m[3]}"' if m[3] else ""), text)
    if re.search("[A-Za-z]", text):
        text = _HYPHENS.sub(r"\1 \2 \3", text)
    marked = mark_words(_COLONS.sub(" ", text), country)
    # After a direction a hyphen parts the two; between bare numbers it may be a range or a minus.
    tokens = _tokens(re.sub(r"(?<=[NSEW])\.? +- +", " , ", marked))
    if tokens and re.search(r"[0-9°'\"][+-][0-9]", text):
        raise CoordinateError(f"In {text[:80]!r} a hyphen may either separate two numbers or be a minus sign.")
    while tokens and tokens[0][0] == "c":
        tokens = tokens[1:]
    if not tokens:
        return None
    # "Latitude north" says the axis twice: the direction is enough.
    twice = {("A", "N"), ("A", "S"), ("O", "E"), ("O", "W")}
    following = [kind for kind, _ in tokens[1:]] + [""]
    kept = [token for token, after in zip(tokens, following, strict=True) if (token[0], after) not in twice]
    shape = "".join(kind for kind, _ in kept)
    for style in _STYLES:
        match = style.fullmatch(shape)
        if match is not None:
            return _pair(match, kept)
    return None


def _tokens(marked: str) -> list[tuple[str, str]] | None:
    """Cut a marked text into (kind, value); kinds: n number, d m s the marks of angles, c separator, N S E W A O."""
    found: list[tuple[str, str]] = []
    at, marked = 0, marked.rstrip(" .")
    while at < len(marked):
        match = _TOKEN.match(marked, at)
        if match is None or match.end() == at:
            return None
        sign, number, mark, letter, _separator = match.groups()
        if number is not None:
            found.append(("n", sign + number))
        elif mark:
            found.append(({"°": "d", "'": "m", '"': "s"}[mark], mark))
        elif letter:
            found.append((letter, letter))
        elif not (match[5] in ":=" and found and found[-1][0] in "AONSEW"):
            found.append(("c", match[5]))
        at = match.end()
    return found


def _pair(match: re.Match[str], tokens: list[tuple[str, str]]) -> Parsed | None:
    """Turn a matched style into latitude and longitude."""
    bodies = [[value for kind, value in tokens[slice(*match.span(b))] if kind == "n"] for b in ("b1", "b2")]
    numbers = [number for body in bodies for number in body]
    if any("," in number for number in numbers) and any("." in number for number in numbers):
        return None
    named = "h1" in match.groupdict() and match["h1"] is not None
    marks = (match["h1"], match["h2"]) if named else ("", "")
    values = [_angle(body, mark) for body, mark in zip(bodies, marks, strict=True)]
    precision = max(value[1] for value in values)
    first, second = values[0][0], values[1][0]
    if not named:
        _refuse_unless_european(first, second, numbers, bodies)
        return Parsed("latlon", first, second, None, None, precision)
    if (marks[0] in _NORTHWARD) == (marks[1] in _NORTHWARD):
        raise CoordinateError("Both numbers are given for the same axis.")
    for label, mark in zip((match.groupdict().get("l1"), match.groupdict().get("l2")), marks, strict=True):
        if label is not None and (label in _NORTHWARD) != (mark in _NORTHWARD):
            raise CoordinateError(
                "A number is given as a latitude with east or west, or as a longitude with north or south."
            )
    lat, lon = (first, second) if marks[0] in _NORTHWARD else (second, first)
    return Parsed("latlon", lat, lon, None, None, precision)


def _refuse_unless_european(first: float, second: float, numbers: list[str], bodies: list[list[str]]) -> None:
    """Refuse a pair without names unless Europe leaves one order, latitude first, and it has decimals or minutes."""
    if all(len(body) == 1 for body in bodies) and not all(re.search("[.,]", number) for number in numbers):
        raise CoordinateError("Two bare numbers without decimals are not enough to be coordinates.")
    if not is_european(first, second):
        raise CoordinateError(
            f"{first}, {second} does not say which number is which, and is not a latitude and longitude in Europe."
        )


def _angle(numbers: list[str], mark: str) -> tuple[float, float]:
    """Give signed degrees and the worth of the last digit in meters."""
    sign = numbers[0][0] if numbers[0][0] in "+-" else ""
    if any(number[0] in "+-" for number in numbers[1:]) or (sign and mark in tuple("NSEW")):
        raise CoordinateError("A plus or minus sign stands where none belongs.")
    value, precision = sexagesimal([number.lstrip("+-").replace(",", ".") for number in numbers])
    return signed(value, sign or mark), precision


_FORMS: tuple[Form, ...] = (*LINK_FORMS, *CODE_FORMS, _labelled, _plane_pair, _spoken)
