"""The words and signs by which eight languages say latitude, longitude and the four directions.

`mark_words` replaces every such phrase in a text by one capital letter: N, S, E, W for a direction, A for "this is the
latitude", O for "this is the longitude". The sense of some letters depends on the language: S is sever (north) in
Czech but south in English, O is Ost (east) in German and Dutch but Ovest (west) in Italian.
"""

from __future__ import annotations

import re
from functools import lru_cache

from inducult_geo.errors import CoordinateError

# Abbreviations are written without dots: "s g š" finds "s. g. š.", "s.g.š." and "sgš".
_PHRASES = {
    "N": """
        nord, north, norden, nördlich, nördl, nördliche breite, nördlicher breite, nördl breite, nördl br, n br,
        severní šířky, severní šířka, sev šířky, s š, s z š, sever, severne geografske širine, severne širine,
        severna geografska širina, severna širina, s g š, s z š, sjeverne geografske širine, sjeverne širine,
        sjeverna geografska širina, sjeverna širina, sjever, szerokości północnej, szerokości geograficznej północnej,
        północ, północna, płn, pn, noorderbreedte, noord, n b""",
    "S": """
        süd, sud, south, süden, südlich, südl, südliche breite, südlicher breite, südl breite, südl br, s br,
        jižní šířky, jižní šířka, j š, j z š, jih, južne geografske širine, južna geografska širina, j g š, jug,
        południe, południowa, płd, pd, zuiderbreedte, zuid, z b""",
    "E": """
        east, est, ost, osten, östlich, östl, östliche länge, östlicher länge, östl länge, östl l, ö länge, ö l,
        východní délky, východní délka, vých délky, v d, v z d, východ, vzhodne geografske dolžine, vzhodne dolžine,
        vzhodna geografska dolžina, vzhodna dolžina, v g d, vzhod, istočne geografske dužine, istočne dužine,
        istočna geografska dužina, istočna dužina, i g d, istok, długości wschodniej,
        długości geograficznej wschodniej, wschód, wschodnia, wsch, oosterlengte, oost, o l""",
    "W": """
        west, ovest, westen, westlich, westl, westliche länge, westlicher länge, westl länge, westl l, w l,
        západní délky, západní délka, z d, z z d, západ, zahodne geografske dolžine, zahodna dolžina, zahod, z g d,
        zapadne geografske dužine, zapadna dužina, zapad, zachód, zachodnia, zach, westerlengte""",
    "A": """
        lat, latitude, latitudine, breite, breitengrad, geogr breite, geographische breite, breedte, breedtegraad,
        šířka, zem šířka, zeměpisná šířka, z š, zem š, širina, geografska širina, zemljepisna širina, g š, geogr širina,
        szer, szerokość, szer geogr, szerokość geogr, szerokość geograficzna""",
    "O": """
        lon, long, lng, longitude, longitudine, länge, längengrad, geogr länge, geographische länge, lengte,
        lengtegraad, délka, zem délka, zeměpisná délka, dolžina, geografska dolžina, zemljepisna dolžina, g d,
        geogr dolžina, dužina, geografska dužina, zemljopisna dužina, geogr dužina,
        dł, długość, dł geogr, długość geogr, długość geograficzna""",
    " ": "greenwich, gr, gps, wgs84, wgs 84, wgs-84",
    "°": "deg, degree, degrees, grad, gradi, stupňů, stopni, stopinj, stupnjeva, graden",
    "'": "min, minuten, minutes, minut, minuti, minuta, minuty",
    '"': "sec, sek, sekunden, seconds, sekund, secondi, sekundi, sekunda, sekundy, seconden",
}
_LATIN_LETTERS = {"n": "N", "s": "S", "e": "E", "w": "W", "o": "E"}
_SLAVIC_LETTERS = {"s": "N", "j": "S", "v": "E", "i": "E", "z": "W"}
_SLAVIC_COUNTRIES = frozenset({"CZ", "SI", "HR"})
_O_IS_OVEST = frozenset({"IT"})
_LETTER = r"[^\W\d_]"
_BARE = re.compile(rf"(?<!{_LETTER})([nsewojviz])(?!{_LETTER})\.?")


def _spelling(phrase: str) -> str:
    """Spell a phrase as a pattern: dots and spaces between its parts are free, single letters may be joined."""
    parts = phrase.split()
    gap = r"\.?\s*" if all(len(part) == 1 for part in parts) else r"(?:\.\s*|\s+)"
    return gap.join(re.escape(part) for part in parts)


@lru_cache(maxsize=1)
def _phrases() -> tuple[re.Pattern[str], dict[str, str]]:
    """Compile the table into one pattern, longest phrase first, and give each phrase's mark by its letters."""
    found = {" ".join(text.split()): mark for mark, texts in _PHRASES.items() for text in texts.split(",")}
    spellings = "|".join(_spelling(phrase) for phrase in sorted(found, key=len, reverse=True))
    # Digits may touch a phrase, letters may not.
    pattern = re.compile(rf"(?<!{_LETTER})(?:{spellings})(?!{_LETTER})\.?")
    return pattern, {_letters(phrase): mark for phrase, mark in found.items()}


def _letters(phrase: str) -> str:
    """Drop the dots and spaces of a phrase."""
    return re.sub(r"[.\s]", "", phrase)


def mark_words(text: str, country: str | None = None) -> str:
    """Replace words of direction and axis by single capital letters.

    Parameters
    ----------
    text : str
        Any text with coordinates; case does not matter.
    country : str, optional
        ISO 3166 code of two letters; it decides what O and S mean.

    Returns
    -------
    str
        The text in lower case, with N, S, E, W for directions, A for latitude, O for longitude.

    Raises
    ------
    CoordinateError
        A letter means different directions in different languages and nothing tells which.
    """
    pattern, marks = _phrases()
    marked = pattern.sub(lambda match: f" {marks[_letters(match.group())]} ", text.lower())
    letters = frozenset(_BARE.findall(marked))
    if not letters:
        return marked
    meaning = _meaning(letters, marked, (country or "").upper())
    return _BARE.sub(lambda match: f" {meaning[match.group(1)]} ", marked)


def _meaning(letters: frozenset[str], marked: str, country: str) -> dict[str, str]:
    """Tell what single letters mean, from each other and from the country."""
    if letters & {"v", "i", "j", "z"}:
        if letters <= set(_SLAVIC_LETTERS):
            return _SLAVIC_LETTERS
        raise CoordinateError(f"The letters {', '.join(sorted(letters))} do not belong to one language.")
    if "s" in letters and country in _SLAVIC_COUNTRIES and "N" not in marked:
        raise CoordinateError("S may be south or sever (north) here: write the direction out.")
    if "w" in letters and country == "PL":
        raise CoordinateError("W may be west or wschód (east) here: write the direction out.")
    return {**_LATIN_LETTERS, "o": "W" if country in _O_IS_OVEST else "E"}
