"""What the columns of an unknown table look like: keys, names, coordinates, dates, postcodes; every answer a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from inducult_geo.drafting.column import Column, any_of, found_in, parted
from inducult_geo.errors import CoordinateError
from inducult_geo.harmonize.coordinates.parsed import marked_angles
from inducult_geo.harmonize.coordinates.read import parse_coordinates
from inducult_geo.harmonize.dates.read import date_text, parse_date
from inducult_geo.harmonize.words.dated_states import status_of
from inducult_geo.harmonize.words.vocabulary import load_vocabulary
from inducult_geo.match.reading.trades import fuel_bits
from inducult_geo.sources.formats.table import has_shapes
from inducult_geo.sources.partners.marks import is_marked
from inducult_geo.text import fold_once, wikidata_item

_MOSTLY = 0.8
_SOME = 0.2
_FEW = 3
_ASKED = 2000
_HEADS_FIRST = ("type", "status")
"""Fields of which the cells are asked only where no column is called so."""

_LABEL = re.compile(r"(?<=[a-z])Label$")
"""How Wikidata's query service calls the column with the names of what another one numbers: "typeLabel"."""

OSM_KEYS = ("man_made", "industrial", "craft", "historic")
"""Tags of OpenStreetMap that tell a kind of works, in the order in which they are asked."""

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|info|eu|at|be|ch|cz|de|fr|hr|it|nl|pl|si)(?:/\S*)?"
)


@dataclass(frozen=True)
class Rule:
    """How a field's column is told: words in its name with a test of its cells, or by its cells alone."""

    field: str
    words: re.Pattern[str]
    test: Callable[[Column], bool]
    alone: Callable[[Column], bool] = lambda _: False

    def fits(self, column: Column) -> bool:
        """Whether a column looks like the field."""
        return self.names(column) or self.alone(column)

    def names(self, column: Column) -> bool:
        """Whether a column is called so, and its cells do not gainsay it."""
        name, inner = (fold_once(_LABEL.sub("", one)) for one in (column.name, _innermost(column.name)))
        if inner != name and any(rule.words.search(inner) for rule in RULES):
            # The town of an address is no address.
            name = inner
        is_called = self.words.search(name) is not None or self._is_part_of(column.name)
        return is_called and self.test(column)

    def _is_part_of(self, name: str) -> bool:
        """Whether a part of a name in one word says it: the last, but of a date any (dateOfStartOfOperation)."""
        if self.field in ("start", "end"):
            return self.words.search(fold_once(parted(name))) is not None
        # A contactName is no name, and one of a ParentCompany none of a site.
        return self.field != "name" and found_in(self.words, name) is not None


def _innermost(name: str) -> str:
    """Return what an element within others is called ("address.town"), as in XML and JSON; else the name itself."""
    parts = name.split(".")
    return parts[-1] if all(len(part) > 1 and part.isidentifier() for part in parts) else name


def _repeats(column: Column) -> bool:
    return len(column.cells) > _FEW and len(set(column.cells)) <= 0.5 * len(column.cells)


def _says_kinds(column: Column) -> bool:
    """Whether most cells are words for kinds, and the same ones again and again: names of works tell them, too."""
    return _repeats(column) and column.share(lambda cell: load_vocabulary().map_type(cell) is not None) >= _MOSTLY


def _says_conditions(column: Column) -> bool:
    """Whether most cells are words for conditions: a yes, a no, and what is not known answer other questions, too."""
    if not _repeats(column) or any(is_marked([cell]) for cell in set(column.cells)):
        return False
    return column.share(lambda cell: status_of(cell, load_vocabulary()) not in (None, "unknown")) >= _MOSTLY


def is_item(cell: str) -> bool:
    """Whether a cell is the number or the address of an item of Wikidata."""
    return wikidata_item(cell) is not None


def _is_kind(column: Column) -> bool:
    """Whether a column may hold kinds of works: texts, but not those of objects of OpenStreetMap, nor items."""
    return _is_text(column) and not set(column.cells) <= {"node", "way", "relation"} and column.share(is_item) < _MOSTLY


def _is_text(column: Column) -> bool:
    return column.share(lambda cell: sum(map(str.isalpha, cell)) >= 2) >= 0.5


def _is_date(column: Column) -> bool:
    """Whether half of the cells are dates, and not moments at which a form was filled in."""
    moments = column.share(lambda cell: bool(re.search(r"[T ]\d\d:\d\d", cell)) and "00:00" not in cell)
    known = [cell for cell in column.sample if date_text(cell) is not None]
    return moments < 0.5 and bool(known) and sum(parse_date(cell) is not None for cell in known) >= 0.5 * len(known)


_POSTCODE: Final = re.compile(r"(?:[A-Z]{1,3}[- ] ?)?(?:\d{2}-?\d{2,3}|\d{3} ?\d{2}|\d{6})")


def _is_postcode(column: Column) -> bool:
    return column.share(lambda cell: bool(_POSTCODE.fullmatch(cell))) >= 0.7


def _is_capacity(column: Column) -> bool:
    """Whether the column holds numbers, or most cells do with a unit of power ("168 MW")."""
    with_unit = re.compile(r"[\d., ]+[kMG]W[a-z]{0,2}", re.IGNORECASE)
    return column.decimal is not None or column.share(lambda cell: bool(with_unit.fullmatch(cell))) >= _MOSTLY


def _names_fuels(column: Column) -> bool:
    """Whether most cells tell a fuel, and the same ones again and again: names of plants tell it, too."""
    return len(set(column.cells)) <= 0.5 * len(column.cells) and column.share(lambda c: fuel_bits(c) > 0) >= _MOSTLY


def _is_nace(column: Column) -> bool:
    """Whether most cells are codes of the classification of activities, as registers write them ("NACE_1.1:40.10")."""
    return column.share(lambda cell: bool(re.fullmatch(r"(?:[A-Z]{4}[^:]*:)?\d{2}(?:\.?\d{1,2})?", cell))) >= _MOSTLY


def _is_web(column: Column) -> bool:
    return column.share(lambda cell: _ADDRESS.fullmatch(cell.lower()) is not None) >= _MOSTLY


def _is_country(column: Column) -> bool:
    return column.share(lambda cell: cell.isalpha() and len(cell) >= 2) >= _MOSTLY


def _tells_accuracy(column: Column) -> bool:
    """Whether a column's name does not say that it is dates that are so exact."""
    return _OF_DATES.search(fold_once(column.name)) is None


def _is_text_of_place(cell: str) -> bool:
    try:
        return parse_coordinates(cell) is not None
    except CoordinateError:
        return False


_OF_DATES = any_of("date", "year", "jahr", "datierung", "datace", "datazione", "datacija", "datacje", "datowania",
                   "datering", "datation", "rok", "roku", "leto", "leta", "anno", "godine", "jaar", "année",
                   "time")  # fmt: skip
_END = any_of("end", "eindbouwjr", "year_decommissioned", "retired date", "end_year", "closed", "stillgelegt",
              "stilllegung", "schließung", "betriebsende", "chiusura", "dismissione", "cessazione", "fine",
              "decommissioned", "gesloten", "sluiting", "sluitingsjaar", "einde", "eindjaar", "zamknięcie",
              "zamknięcia", "likwidacja", "likwidacji", "zatvaranje", "zatvaranja", "zatvoreno", "prestanak",
              "prestanka", "zaprtje", "zaprtja", "prenehanje", "prenehanja", "uzavření", "ukončení", "zánik", "zániku",
              "konec", "fermeture", "do", "bis", "tot", "until", "dissolved", "abolished",
              "stilllegungsjahr", "außerbetriebnahme", "ende", "zakończenie", "zakończenia", "ukinitev", "ukinitve",
              "fino", "fino al", "jusque", "jusqu.(?:en|au?)",
              "bezárás", "bezárása", "megszűnés", "zatvorenia", "ukončenia", "închidere",
              "închiderii")  # fmt: skip
_BEGINNINGS = ("inception", "start", "start_year", "begbouwjr", "baujahr", "bouwjaar", "rok_budowy", "powstanie",
               "commissioned", "yearbuilt", "builtyear", "yearfounded", "startyear", "startdate", "yearopened",
               "commissioning_year", "year_commissioned", "founded", "gründung", "built", "erbaut", "opened", "bauzeit",
               "entstehung", "vznik", "vzniku", "nastanek", "czas powstania", "vrijeme gradnje", "start date",
               "bouwperiode", "zahájení", "začátek", "počátek", "początek", "početak", "začetek", "inizio",
               "seit", "since", "sinds", "depuis", "vanaf", "dal", "od (?:roku|leta|godine)", "construction",
               "costruzione", "budowy", "powstania", "uruchomienia", "výstavby", "uvedení do provozu", "nastanka",
               "izgradnje", "puštanje u pogon", "letnica", "van bouw", "dateringen", "indienststelling", "fondazione",
               "messa in esercizio", "avvio", "baubeginn", "baudatum", "errichtung", "errichtet", "errichtungsjahr",
               "gründungsjahr", "inbetriebnahme", "inbetriebnahmejahr", "commissioning date",
               "osnutka", "osnivanja", "gradnje", "ustanovitve", "założenia", "založení", "oprichting",
               "építés", "építése", "alapítás", "alapítása", "založenia", "construcției",
               "înființării", "înființare", "construirii",
               "gegr", "gegründet", "begründet", "fondata", "fondato", "fondée", "opgericht", "gesticht", "zał",
               "założona", "založeno", "založena", "ustanovljeno", "osnovano")  # fmt: skip
_REPORTED = any_of("reporting", "reported", "report", "reference", "berichtsjahr", "bezugsjahr", "meldejahr",
                   "verslagjaar", "sprawozdawczy", "inventory", "submission")  # fmt: skip
"""Words for a year or day of which a report tells, and nothing of the works."""

_FROM = ("od", "von", "ab", "van(?! sluiting)", "from", "da")
_BEGIN = any_of(*_FROM, *_BEGINNINGS)


def _is_called_end(column: Column) -> bool:
    """Whether a column's name says that it tells ends of work, and not from when to when ("od - do", "start/end")."""
    name = fold_once(column.name)
    return _END.search(name) is not None and _BEGIN.search(name) is None


def _tells_no_beginning(column: Column) -> bool:
    is_reported = _REPORTED.search(fold_once(parted(column.name))) is not None
    return is_reported or _is_called_end(column) or _is_day_of_a_register(column)


def _is_day_of_a_register(column: Column) -> bool:
    """Whether a column is called "from" alone and tells days: since when a thing is protected, or a firm is listed."""
    day = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}\. ?\d{1,2}\. ?\d{4}\.?|\d{1,2}/\d{1,2}/\d{4}")
    is_bare = fold_once(column.name) in map(fold_once, _FROM)
    return is_bare and column.share(lambda cell: day.fullmatch(cell) is not None) >= _MOSTLY


RULES: tuple[Rule, ...] = (
    Rule("name", any_of("name", "nazwa", "naziv", "naam", "nome", "nazev", "název", "bezeichnung", "objekt", "ime",
                        "denominazione", "sitename", "facilityname", "nazwa_wlasna", "plant_name", "imie",
                        "denominazion[ei]", "objektname", "descrizione", "generation plant", "anlagenname", "werksname",
                        "betriebsname", "denkmalname", "standortname", "benennung", "benaming", "megnevezés", "názov",
                        "denumire", "denumirea",
                        whole=("nom", "plant", "power plant", "facility", "installation", "werk", "kraftwerk", "zakład",
                               "obiekt", "závod", "impianto", "stabilimento", "obrat", "pogon", "fabriek", "betrieb",
                               "industriebetrieb", "fabrik", "anlage", "bedrijf", "podnik", "továrna", "tovarna",
                               "tvornica", "fabryka", "fabbrica", "item", "site", "titel", "title", "titolo",
                               "nameoffeature",
                               "zabytek", "památka", "bergwerk", "brauerei", "kopalnia", "elektrownia", "důl", "rudnik",
                               "miniera", "zakład górniczy", "zakład przemysłowy", "důlní dílo")), _is_text),
    Rule("start", any_of(*_BEGINNINGS, "leto", "anno", "godina", "year", "rok", "datacija", "datace", "datovani",
                         "datazione", "datowanie", "datierung", "datering", "datiranje", "epoca", "année", "datovanie",
                         "datálás", "datare", "építési év",
                         whole=("periode", "periodo", "vrijeme", "razdoblje", "obdobje", "období", "okres", *_FROM)),
         lambda column: _is_date(column) and not _tells_no_beginning(column)),
    Rule("end", _END, lambda column: _is_date(column) and _is_called_end(column)),
    Rule("status", any_of("status", "stan", "stav", "zustand", "stato", "stanje", "toestand", "conservazione", "état",
                          "condition", "condizione", "betriebszustand", "erhaltungszustand", "statut",
                          "betriebsstatus", "bewaringstoestand", "ohranjenost", "očuvanost", "állapot",
                          "állapota", "stare",
                          whole=("state", "staat")), _is_text, _says_conditions),
    Rule("fuel", any_of("fuel", "fueltype", "brennstoff", "energieträger", "energy source", "energy_source", "paliwo",
                        "combustibile", "palivo", "brandstof", "gorivo"), _is_text, _names_fuels),
    Rule("type", any_of("type", "types", "typ", "tipo", "tip", "tipologia", "technology", "rodzaj", "druh", "soort",
                        "vrsta", "zvrst", "oorsprfunc", "funkcja", "art", "objektart", "objekttyp", "kind",
                        "erfgoedtype", "typologie", "industriezweig", "wirtschaftszweig", "bautyp", "típus",
                        "típusa", "jelleg",
                        whole=("gattung", "genre", "genere", "category", "kategorie", "kategorien", "categoria",
                               "kategorija", "kategoria", "categorie", "branche", "branża", "obor", "dejavnost",
                               "djelatnost",
                               "namjena", "odvětví", "sparte", "settore", "functie", "funkce", "funzione", "funktion",
                               "function", "fonction", "instance", "instanceof", "instance of", *OSM_KEYS)), _is_kind,
         _says_kinds),
    Rule("nace", any_of("nace", "activity", "nacecode", "nace_code", "onace", "nacebel",
                        "nacemaineconomicactivitycode"), _is_nace),
    Rule("operator", any_of("operator", "betreiber", "owner", "eigentümer", "company", "firma", "company name",
                            "parentcompanyname", "ditta", "vlastnik",
                            "gestore", "provozovatel", "proprietario", "esercente",
                            "upravljavec", "upravljalec", "lastnik", "operater", "vlasnik", "upravitelj",
                            "właściciel", "zarządca", "exploitant", "eigenaar", "beheerder", "propriétaire",
                            "inhaber"), _is_text),
    Rule("heritage_ref", any_of("heritage (?:no|number|ref)", "denkmal-?(?:nr|nummer)", "denkmalschutznummer",
                                "monument-?(?:nr|nummer)", "rijksmonument-?(?:nr|nummer)", "rijksmonnr", "uskp",
                                "rejst(?:říkové)? (?:č|číslo)", "n(?:ume)?r (?:w )?rej(?:estru|estrze)?",
                                "rejestr zabytków", "ešd", "registarski broj", "broj registra", "vincolo", "mérimée"),
         lambda column: column.share(lambda cell: any(map(str.isdigit, cell))) >= _MOSTLY),
    Rule("accuracy_m", any_of("accuracy", "accuracy_m", "genauigkeit", "lagegenauigkeit", "přesnost", "accuratezza",
                              "precisione", "natančnost", "točnost", "dokładność", "nauwkeurigheid", "précision",
                              "precision", "coordinateuncertaintyinmeters"), _tells_accuracy),
    Rule("address", any_of("address", "anschrift", "adresse", "adres", "adresa", "indirizzo", "naslov", "street",
                           "streetname", "ulica", "straat", "strasse", "straße", "via", "ulice",
                           "addr:street", "rue", "cím", "utca", "strada"), _is_text),
    Rule("postcode", any_of("postcode", "postalcode", "plz", "psc", "psč", "cap", "zip", "kod_pocztowy",
                            "addr:postcode", "irányítószám", "irsz", "cod poștal"), _is_postcode),
    Rule("city", any_of("city", "ort", "miasto", "miejscowosc", "miejscowość", "obec", "comune", "plaats", "grad",
                        "kraj", "gemeente", "gemeinde", "gmina", "addr:city", "town", "opcina", "općina", "stadt",
                        "stad", "město", "mjesto", "naselje", "občina", "ville", "commune", "település", "helység",
                        "mesto", "localitate", "localitatea", "comuna"), _is_text),
    Rule("country", any_of("country", "countrycode", "country_code", "land", "kraj", "paese", "zeme",
                           "država", "stát", "pays", whole=("stato",)), _is_country),
    Rule("capacity", any_of("capacity", "kapazität", "leistung", "nennleistung", "nettonennleistung", "moc", "potenza",
                            "výkon", "vermogen", "snaga", "moč", "mw"), _is_capacity),
    Rule("present_use", any_of("present use", "current use", "use today", "heutige nutzung", "aktuelle nutzung",
                               "nachnutzung", "současné využití", "uso attuale", "sedanja raba", "današnja namjena",
                               "obecne użytkowanie", "obecna funkcja", "huidig gebruik", "usage actuel",
                               whole=("use", "nutzung", "využití", "raba", "uporaba", "gebruik", "usage", "uso")),
         _is_text),
    Rule("opening_hours", any_of("opening hours", "öffnungszeiten", "otevírací doba", "orari", "orario",
                                 "odpiralni čas", "radno vrijeme", "godziny otwarcia", "openingsuren",
                                 "openingstijden", "horaires"), lambda column: bool(column.cells)),
    Rule("website", any_of("url", "website", "web", "www", "link", "links", "weblink", "weblinks", "homepage",
                           "kich_url"), _is_web),
)  # fmt: skip
# Bare words for length and width in Czech, Slovene and Croatian would more often be the size of a building.
X_NAME = any_of("x", "lon", "lng", "long", "longitude", "e", "east", "easting", "rechtswert", "rechts", "rw", "r-wert",
                "ostwert", "ost", "laenge", "länge", "longitudine", "est", "dlugosc", "długość", "wschod", "wschód",
                "lengtegraad", "oosterlengte", "ol",
                "zemepisna delka", "zeměpisná délka", "vychod", "východ", "zemljepisna dolzina",
                "zemljepisna dolžina", "vzhod", "geografska duzina", "geografska dužina", "zemljopisna duzina",
                "zemljopisna dužina", "istok", "x_coord", "xcoord",
                "coordx", "point_x", "koord_x", "koordx", "x_koord", "xkoord", "gps_x", "gkx", "längengrad",
                "longitudewgs84", r"dł\. ?geogr", "gps délka",
                r"(?:zem|geogr|geo)\.? ?(?:delka|dužina|dolžina|länge)")  # fmt: skip
Y_NAME = any_of("y", "lat", "latitude", "n", "north", "northing", "hochwert", "hoch", "hw", "h-wert", "nordwert",
                "nord", "breite", "latitudine", "szerokosc", "szerokość", "polnoc", "północ", "breedtegraad",
                "noorderbreedte", "nb",
                "zemepisna sirka", "zeměpisná šířka", "sever", "zemljepisna sirina", "zemljepisna širina",
                "geografska sirina", "geografska širina", "zemljopisna sirina",
                "zemljopisna širina", "sjever", "y_coord", "ycoord", "coordy", "point_y",
                "koord_y", "koordy", "y_koord", "ykoord", "gps_y", "gky", "breitengrad", "latitudewgs84",
                r"szer\. ?geogr", "gps šířka", r"(?:zem|geogr|geo)\.? ?(?:šířka|širina|breite)")  # fmt: skip


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """Return a table's columns without its geometry, blank cells left out."""
    names = [name for name in frame.columns if name != "geometry" or not has_shapes(frame)]
    return [
        Column(str(name), tuple(str(c).strip() for c in frame[name] if c is not None and str(c).strip()), len(frame))
        for name in names
    ]


def fields_of(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """Return for each field of a record the columns that look like it, the likeliest first."""
    found: dict[str, list[Column]] = {}
    known = list(columns)
    for rule in RULES:
        fitting = [column for column in known if column.cells and rule.fits(column)]
        if rule.field in _HEADS_FIRST and (named := [column for column in fitting if rule.names(column)]):
            fitting = named
        if fitting:
            found[rule.field] = sorted(fitting, key=lambda column: (not rule.alone(column), -len(column.cells)))
    return found


def names_of(columns: Iterable[Column]) -> list[Column]:
    """Return the columns that may hold names though they are not called so: short texts, mostly all different."""

    def may_be(column: Column) -> bool:
        texts = column.share(lambda cell: 3 <= len(cell) <= 80 and sum(map(str.isalpha, cell)) >= 3)
        return texts >= _MOSTLY and not _is_web(column) and len(set(column.cells)) > 0.5 * len(column.cells)

    return sorted(
        (column for column in columns if len(column.cells) > 0.5 * column.rows and may_be(column)),
        key=lambda column: -len(set(column.cells)),
    )


def axes_of(columns: Iterable[Column]) -> tuple[Column, Column] | None:
    """Return the columns of the east-west and the north-south number, told by name, both full of numbers or angles.

    Of several pairs the first goes before whose numbers are of one kind (degrees, or lengths) and so are its names
    (letters, or words): an `N.` beside `Est` and `Nord` is the number of the row.
    """
    known = [column for column in columns if column.cells and (column.decimal or column.is_angle)]
    known = [column for column in known if not column.is_counter]
    across = [(column, found) for column in known if (found := found_in(X_NAME, column.name))]
    along = [(column, found) for column in known if (found := found_in(Y_NAME, column.name))]
    pairs = [
        ((x.is_small != y.is_small, _is_letter(x_found) != _is_letter(y_found)), x, y)
        for x, x_found in across
        for y, y_found in along
        if x.name != y.name
    ]
    best = min(pairs, key=lambda pair: pair[0], default=None)
    return None if best is None else (best[1], best[2])


def _is_letter(found: re.Match[str]) -> bool:
    return sum(map(str.isalpha, found[0])) == 1


def angles_of(x: str, y: str) -> tuple[float, float] | None:
    """Return longitude and latitude of two cells with degrees and minutes, read as the harmonizer does."""
    try:
        found = parse_coordinates(marked_angles(y, x))
    except CoordinateError:
        return None
    return (found.b, found.a) if found.kind == "latlon" else None


def place_text_of(columns: Iterable[Column]) -> Column | None:
    """Return a column in which nearly every cell is a place: degrees and minutes, WKT, links of maps."""
    return next((column for column in columns if column.cells and column.share(_is_text_of_place) >= _MOSTLY), None)


def half_places_of(columns: Iterable[Column]) -> tuple[Column, str] | None:
    """Return the column of which most cells can be read as places, and how many those are.

    They are too few for a guess, and enough to be offered: their rows would be rejected, all of them, without it.
    """
    best, most = None, (0, "")
    for column in columns:
        asked = column.cells[:: max(1, len(column.cells) // _ASKED)][:_ASKED]
        hits = sum(map(_is_text_of_place, asked))
        if hits > most[0] and (hits >= _FEW or hits >= _SOME * len(asked)):
            best, most = column, (hits, f"{hits:,} of {len(asked):,} cells read as places")
    return None if best is None else (best, most[1])
