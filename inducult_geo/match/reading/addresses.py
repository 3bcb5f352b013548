"""Read addresses: the words of the street, and the numbers of the houses.

Lists tell where works are in three ways: a house in a street, a post box, a place along a road. Only the first has a
house number: that of a box is left out (what has a box alone has no street), and so is that of a flat ("12 bus 3").
That of a road ("N-240", "SS 106", "B 93") is a word of the street, and so are a milestone ("km 38,9") and a day
("27 Grudnia"). "3-7" are the houses from 3 to 7. And some write the company instead of a street, or beside it
("Uddeholms AB"): that is an operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inducult_geo.arrow.texts import different
from inducult_geo.text.folding import spelling_key
from inducult_geo.text.legal import UNMISTAKABLE, ends_in_form, strip_legal_form
from inducult_geo.text.lexicon import words_in
from inducult_geo.text.tables import packaged_rows

_BOX: Final = re.compile(
    r"\b(?:(?:p\.?\s?o\.?\s?|post(?:al)?\s?)?box|post(?:fach|schliessfach|bus|boks|ilokero)|boite postale|"
    r"casella postale|apartado|ap(?:ar|t)?do|postafiok|skrytka|skr|casuta postala|"
    r"b\.?\s?p|p\.?\s?b|p\.?\s?l|p\.?\s?f|c\.?\s?p|c\.?\s?s|t\.?\s?s\.?\s?a)"
    r"(?:\s?(?:(?:de )?correos|postal|pocztowa|poczt)\b)?[\s.:*-]*(?:n[°ºro]{1,2}\s?)?\d[\d-]*"
)
"""Post boxes in languages of Europe, with their number, folded."""

_ROAD: Final = re.compile(
    r"\b(?:(?!(?:km|nr|no|pk)\b)([a-z]{1,2})\s?-\s?|"
    r"(s\.?\s?s\.?|s\.?\s?p\.?|sts|sr|rd|rn|cd|cv|cm|lp|dn|dj|en|statale|provincial[ei]?|national[ea]?|nacional|"
    r"departementale)\s?|"
    r"(?<![\w./'])(?<!\d\s)(?<!\d\w\s)(?<!\d,\s)[bdekl]\s)(?=\d)"
)
"""What stands before the number of a road: letters and a hyphen, or what means a road, or the letter of its class.

Such a letter behind the number of a house is of the house. Left out are those that mean "number", "and" or "street".
"""

_WRITTEN_OUT: Final = {"sts": "ss", "statale": "ss", "provinciale": "sp", "nationale": "rn", "departementale": "rd"}
_STONE: Final = re.compile(
    r"\b(?:km|p\.?k)\b[\s.:]*(\d+)(?:[.,+]\d+)?|\b(?:km|pk)(\d+)(?:[.,+]\d+)?|"
    r"(?<![-\w])(\d+)(?:[.,+]\d+)?(?:o|os|th|st|nd|rd)?\s?(?:km|chlm?|chil(?:iometro)?)\b\.?(?!\W*\d)"
)
"""A milestone, before or behind its number ("17o chlm" in Greece); its fraction is left out."""


@cache
def _words_of(table: str, column: str, value: str) -> tuple[str, ...]:
    """Return the words of all languages of a packaged table, folded, of the rows where a column holds a value."""
    told = (row["words"] for row in packaged_rows(table) if row[column] == value)
    return tuple(dict.fromkeys(word for words in told for word in spelling_key(words).split()))


def _months(written: str) -> str:
    """Return a pattern of the months of streets that are called by a day, in the languages that write it so."""
    return "|".join(_words_of("street_months.csv", "written", written))


_ORDINAL: Final = r"(?:[\s-]?(?:st|nd|rd|th|go|is|ti|ri|vi|mi|osios)\b)?"
_DATE: Final = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?P<th>{_ORDINAL})[\s.-]*(?:de |d\W|of )?(?P<month>{_months('day first')})"
    r"\b(?!-[a-z])(?: (?:de |del )?1[89]\d\d\b)?"
)
"""A day that a street is called by ("27 Grudnia", "8 Mai 1945"), folded; "August-Bebel-Platz" is none."""

_MONTH_DAY: Final = re.compile(
    rf"\b(?P<month>{_months('month first')})\s(?P<day>\d{{1,2}})(?!\d)(?P<th>\.|{_ORDINAL})(?=\s?[a-z])"
)
"""... the month first ("Március 15. tér", "Kovo 11-osios g."), before the word for the street."""

_STREET: Final = re.compile(r"(?<=\w)(strasse|strase|str)\b\.?|\b(strasse|str)\b\.?")
_RANGE: Final = re.compile(r"\b(\d{1,4})\s?-\s?(\d{1,4})\b")
_NUMBER: Final = re.compile(
    r"\b(\d+)(?:(?:\s*/\s*|\s*|-(?=\w(?:[\s,]|$)))"
    r"(?!n/a|s/n|c/o|(?<!\d)(?:[a-z]\.\s?[a-z]|(?:[aeiouy]\.?|bis)\s\d))([a-z]|bis)\b)?\b"
)
"""A number and its letter ("3/A", "3 a", "8 bis"), which is no abbreviation and no word for "and" before a number."""

_FLAT: Final = re.compile(
    r"(\d[a-z]?)[\s,]+(?:bus|bte|boite|lok|m|byt|apt|app|top|stiege|int|interno)\b\.?\s?"
    r"(?:\d{1,4}[a-z]?|[a-z]\d{0,3})\b"
)
"""The box or flat within a house, behind the number of that."""

_PARCEL: Final = re.compile(
    r"\b(?:parc(?:\.|(?=\s(?:c|st|kat)\b)|el(?:le|[ae]))|dz(?:ialk[ai])?|dzialek|flst|flurst(?:uck)?|"
    r"(?:(?<![erm]\s)flur|flur(?=[\s\d,]{1,12}fl(?:st|urst)))|gst|grundst(?:uck)?|[pk]\.\s?c|"
    r"kat\.\s?c|mapp(?:ale)?|part\.|(?<=\d\s)part|foglio|fg)(?![a-z])"
    r"[\s.:°-]*(?:(?:ewid|[ck]at|nr|no|c|st|br|n)(?![a-z])[\s.:°-]*){0,3}\d+(?:\s?[/-]\s?\d+)*"
)
"""A parcel of land with its number, folded: no house.

Those of "Rue du Parc 12", "Auf der Flur 4", "Duna part 1" (a shore) and the village "Kożuszki Parcel 42" are.
"""

_OF_A_STREET: Final = re.compile(r"\bc/|\bs\W{0,2}n\b|\bbb\b|\bbez (?:cisla|broja)\b")
"""Signs of streets: "C/", and what stands for the number of a house that has none ("s/n", "s. n.", "bb")."""

_HOUSE_SIGN: Final = re.compile(r"\bč\.?\s?p\.?\s?(?=\d)", re.IGNORECASE)
"""Before the number of a Czech house; without its mark it is that of an Italian or French box."""

_EMPTY: Final = frozenset(("snc", "nr", "no", "km", "via", "str", "de", "la", "le", "les", "di", "der", "die", "am"))
_LONGEST_NUMBER: Final = 4
"""Digits of a house number; longer ones are postcodes."""

_LONGEST_RANGE: Final = 20
"""Houses from one number to another; what is longer is no range."""

_BEFORE_COMPANY: Final = re.compile(
    r"[,;]|\d\S*|\(?\bc/o\b|(?<=[\w-])(?:stra(?:ß|ss)e|str\.|straat|gatan|vägen)(?!\w)", re.IGNORECASE
)
"""What stands in an address line before a company begins."""

_CARE_OF: Final = re.compile(r"\(?\bc/o\b", re.IGNORECASE)
_FORM: Final = re.compile(
    r"\b(?:" + "|".join(r"\.?\s?".join(form) for form in sorted(UNMISTAKABLE)) + r")\b\.?", re.IGNORECASE
)
_OF_ADDRESSES: Final = frozenset(("sc", "se", "sn", "snc", "ss"))
"""Legal forms that in an address mean another thing as often: no number, a road, a quarter of the compass."""

_STREET_AND_HOUSE: Final = re.compile(r"(\D*[ ,.])([0-9]{1,4})")
"""A line with one number, at its end: what it tells besides does not depend on which number it is."""

_A_HOUSE: Final = "1"
"""The number that stands for all of those of a street."""

_SHORTEST_COMPANY: Final = 2
LONGEST_LINE: Final = 250
"""Characters of an address; longer ones are texts, and stay as they are."""


def companies_apart(addresses: pd.Series, country: NDArray[np.object_]) -> tuple[pd.Series, pd.Series]:
    """Take companies that stand in addresses apart.

    Parameters
    ----------
    addresses, country
        One text a record each; a record without a country (an empty text) keeps its address as it is.

    Returns
    -------
    addresses, companies
        What is left of each address, and the company (null where none).
    """
    codes, told = different(addresses)
    lands, names = pd.factorize(country)
    width = max(len(names), 1)
    rows, pairs = pd.factorize(codes * width + lands)
    at, land = np.divmod(pairs, width)
    # Whether a company stands in a line does not depend on which house is at its end.
    lines = [_street(text)[0] if isinstance(text, str) else "" for text in told]
    line, streets = pd.factorize(np.array(lines, dtype=object))
    asked, first = pd.factorize(line[at] * width + land)
    holds = [_told(streets[one // width], names[one % width])[1] is not None for one in first.tolist()]
    left, companies = told[at], np.full(len(pairs), None, dtype=object)
    for number in np.flatnonzero(np.array(holds, dtype=bool)[asked]).tolist():
        left[number], companies[number] = _told(left[number], names[land[number]])
    index = addresses.index
    return pd.Series(left[rows], index=index, dtype=object), pd.Series(companies[rows], index=index, dtype=object)


def _told(address: str, country: str) -> tuple[str | None, str | None]:
    """Return what is left of an address without a company that stands in it, and the company, or None."""
    if not country or len(address) > LONGEST_LINE:
        return address, None
    end = _end_of_company(address, country)
    if not end:
        return address, None
    begin = max((found.end() for found in _BEFORE_COMPANY.finditer(address, 0, end)), default=0)
    company = address[begin:end].strip(" -–)")
    name, kind = strip_legal_form(company, country=country)
    form = re.sub(r"\W", "", company[len(name) :].lower())
    if kind is None or form in _OF_ADDRESSES or len(name) < _SHORTEST_COMPANY:
        return address, None
    left = (_CARE_OF.sub("", address[:begin]) + address[end:]).split()
    return " ".join(left).strip(" ,;-") or None, company


def _end_of_company(address: str, country: str) -> int:
    """Return where a company may end; 0 where none does.

    At the end of the line any form of the country tells one; before a street only one that means nothing else.
    """
    if ends_in_form(address, country):
        return len(address)
    found = _FORM.search(address)
    return found.end() if found and ends_in_form(address[: found.end()], country) else 0


def read_addresses(addresses: Iterable[object]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield what `read_address` returns of each address, nothing of what is no text; a street is read but once."""
    streets: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for address in addresses:
        if not isinstance(address, str):
            yield (), ()
            continue
        street, house = _street(address)
        if house:
            if street not in streets:
                streets[street] = read_address(street)
            words, numbers = streets[street]
            if numbers == (_A_HOUSE,):
                yield words, (house,)
                continue
        yield read_address(address)


def tells_street(address: str) -> bool:
    """Tell whether an address that has no number of a house tells a street, and no estate, village or works.

    By the words for streets in `catalog/street_words.csv`, a road, a milestone, or that it says to have none ("s/n").
    """
    told = spelling_key(address)
    if _OF_A_STREET.search(told) or _ROAD.search(told) or _STONE.search(told):
        return True
    words = words_in(told)
    known, endings, first = (_words_of("street_words.csv", "stands", how) for how in ("word", "ending", "first"))
    return (
        not {*words}.isdisjoint(known)
        or not {*words[:1]}.isdisjoint(first)
        or any(word.endswith(endings) for word in words)
    )


def _street(address: str) -> tuple[str, str]:
    """Return an address with house 1 in place of the one at its end, and that; where none is, the address alone."""
    found = _STREET_AND_HOUSE.fullmatch(address)
    return (found[1] + _A_HOUSE, found[2]) if found else (address, "")


def read_address(address: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of the street and the house numbers ("24", "24a") of an address, folded.

    Without a post box, a flat and what is no number of a house (see the module).
    """
    folded = spelling_key(_HOUSE_SIGN.sub(" ", address))
    told = _FLAT.sub(r"\1 ", _BOX.sub(" ", _PARCEL.sub(" ", _STREET.sub("str ", folded))))
    told = _MONTH_DAY.sub(_day, _DATE.sub(_day, told))
    told = _ROAD.sub(_joined, _STONE.sub(lambda found: f" km{found[found.lastindex or 0]} ", told))
    numbers = [n + letter for n, letter in _NUMBER.findall(told) if len(n) <= _LONGEST_NUMBER]
    for first, last in _RANGE.findall(told):
        if int(first) < int(last) <= int(first) + _LONGEST_RANGE:
            numbers += [str(between) for between in range(int(first) + 1, int(last))]
    words = [word for word in words_in(_NUMBER.sub(" ", told)) if len(word) > 1 and word not in _EMPTY]
    return tuple(words), tuple(numbers)


def _day(found: re.Match[str]) -> str:
    """Write a day as one word; what begins an address without another number is a house ("12 Mars Street").

    No house bears an ordinal ("16-osios").
    """
    alone = not (found.start() or found["th"]) and not _NUMBER.search(found.string, found.end())
    return found[0] if alone else f" {found['day']}{found['month']} "


def _joined(found: re.Match[str]) -> str:
    """Write the letters of a road so that its number grows onto them."""
    letters = re.sub(r"\W", "", found[0])
    return _WRITTEN_OUT.get(letters, letters)
