"""Words and signs for latitude, longitude and the four directions in eight languages.

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
        n breite, severní šířky, severní šířka, sev šířky, sev šířka, severně, severní, s š, s z š, sever,
        severne geografske širine, severne zemljepisne širine, severne širine, severna geografska širina,
        severna zemljepisna širina, severna širina, severno, s g š, sjeverne geografske širine,
        sjeverne zemljopisne širine, sjeverne širine, sjeverna geografska širina, sjeverna zemljopisna širina,
        sjeverna širina, sjeverno, sjever, szerokości północnej, szerokości geograficznej północnej,
        szerokość północna, szerokość geograficzna północna, północ, północna, płn, pn, noorderbreedte, noord,
        noordelijk, n b, latitudine nord, latitude nord""",
    "S": """
        süd, sud, south, süden, südlich, südl, südliche breite, südlicher breite, südl breite, südl br, s br,
        s breite, jižní šířky, jižní šířka, jižně, j š, j z š, jih, južne geografske širine, južna geografska širina,
        južne zemljepisne širine, južne zemljopisne širine, južno, j g š, jug,
        południe, południowa, płd, pd, zuiderbreedte, zuid, z b, latitudine sud, latitude sud""",
    "E": """
        east, est, ost, osten, östlich, östl, östliche länge, östlicher länge, östl länge, östl l, ö länge, ö l,
        východní délky, východní délka, vých délky, vých délka, východně, východní, v d, v z d, východ,
        vzhodne geografske dolžine, vzhodne zemljepisne dolžine, vzhodne dolžine, vzhodna geografska dolžina,
        vzhodna zemljepisna dolžina, vzhodna dolžina, vzhodno, v g d, vzhod, istočne geografske dužine,
        istočne zemljopisne dužine, istočne dužine, istočna geografska dužina, istočna zemljopisna dužina,
        istočna dužina, istočno, i g d, i z d, istok, długości wschodniej, długości geograficznej wschodniej,
        długość wschodnia, długość geograficzna wschodnia, wschód, wschodnia, wsch, oosterlengte, oost, oostelijk,
        o l, longitudine est, longitude est""",
    "W": """
        west, ovest, ouest, westen, westlich, westl, westliche länge, westlicher länge, westl länge, westl l, w l,
        w länge, západní délky, západní délka, západně, z d, z z d, západ, zahodne geografske dolžine,
        zahodne zemljepisne dolžine, zahodna dolžina, zahodno, zahod, z g d,
        zapadne geografske dužine, zapadne zemljopisne dužine, zapadna dužina, zapadno, zapad,
        zachód, zachodnia, zach, westerlengte, westelijk, longitudine ovest, longitude ouest""",
    "A": """
        lat, latitude, latitudine, breite, breitengrad, geogr breite, geographische breite, geografische breite,
        breedte, breedtegraad, geografische breedte,
        šířka, zem šířka, zeměpisná šířka, z š, zem š, širina, geografska širina, zemljepisna širina,
        zemljopisna širina, g š, geogr širina, szer, szerokość, szer geogr, szerokość geogr, szerokość geograficzna,
        φ""",
    "O": """
        lon, long, lng, longitude, longitudine, länge, längengrad, geogr länge, geographische länge, geografische länge,
        lengte, lengtegraad, geografische lengte,
        délka, zem délka, zeměpisná délka, dolžina, geografska dolžina, zemljepisna dolžina, g d,
        geogr dolžina, dužina, geografska dužina, zemljopisna dužina, geogr dužina,
        dł, długość, dł geogr, długość geogr, długość geograficzna, λ""",
    " ": """
        greenwich, gr, v greenwich, v gr, von greenwich, da greenwich, od greenwich, gps, wgs84, wgs 84, wgs-84,
        etrs89, etrs 89, etrs-89, de, di""",
    ",": "und, and, oraz, et, en, in",
    "°": """
        deg, degree, degrees, grad, grade, gradi, grado, degré, degrés, stupeň, stupně, stupňů, stopień, stopnie,
        stopni, stopinja, stopinje, stopinj, stupanj, stupnja, stupnjeva, graad, graden""",
    "'": """
        min, minute, minuten, minutes, minut, minuti, minuto, minuta, minuty, minutę, minuut, primi, primo""",
    '"': """
        sec, sek, sekunde, sekunden, second, seconds, seconde, seconden, secondes, sekund, secondo, secondi, sekundi,
        sekunda, sekundy, sekundę""",
}
_LATIN_LETTERS = {"n": "N", "s": "S", "e": "E", "w": "W", "o": "E"}
_SLAVIC_LETTERS = {"s": "N", "j": "S", "v": "E", "i": "E", "z": "W"}
_SLAVIC_COUNTRIES = frozenset({"CZ", "SI", "HR"})
_O_IS_WEST = frozenset({"IT", "FR", "ES", "PT"})
# Oost and Ouest, Ost and Ouest or Ovest live side by side there.
_O_IS_EITHER = frozenset({"BE", "CH", "LU"})
_LETTER = r"[^\W\d_]"
# Between two named directions a lone letter can only be "and": i (sl, hr, pl), a (cs), e (it).
_AND = re.compile(r"(?<=[NSEWAO\s]) [iae] (?=\s*[0-9NSEWAO])")
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


def mark_words(text: str, country: str | None) -> str:
    """Replace words of direction and axis by single capital letters.

    Parameters
    ----------
    text : str
        Any text with coordinates; case does not matter.
    country : str or None
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
    if len(re.findall("[NSEW]", marked)) == 2:
        marked = _AND.sub(" , ", marked)
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
        raise CoordinateError(f"The letters {', '.join(sorted(letters))} are not from one language.")
    if "s" in letters and country in _SLAVIC_COUNTRIES and "N" not in marked:
        raise CoordinateError("S may be south or sever (north) here: write the direction out.")
    if "w" in letters and country == "PL":
        raise CoordinateError("W may be west or wschód (east) here: write the direction out.")
    if "o" in letters and country in _O_IS_EITHER:
        raise CoordinateError("O may be oost or Ost (east) or ouest (west) here: write the direction out.")
    return {**_LATIN_LETTERS, "o": "W" if country in _O_IS_WEST else "E"}
